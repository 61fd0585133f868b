//! Where settings, and what belongs to them, are looked for, in which order, and what was found there.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::access::{self, Wish};

use super::problem::{Problem, Problems};
use super::service::SERVICE_SETTINGS;

/// The settings of a folder in which somebody works.
const LOCAL_SETTINGS: [(&str, &str); 2] =
    [("newswire.toml", "in this folder"), ("config/newswire.toml", "in config/ of this folder")];

/// The lists of sources that count where there are no settings.
const LOCAL_LISTS: [&str; 2] = ["sources.toml", "config/sources.toml"];

/// The database where nobody says otherwise, as the defaults have it.
const DATABASE: &str = "newswire.db";

/// A file or folder that was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// `settings`, `sources`, `sites` or `database`.
    pub file: &'static str,
    /// Where.
    pub path: PathBuf,
    /// Why there.
    pub reason: String,
    /// Whether it is there.
    pub is_there: bool,
    /// Whether it is the one that counts. Of a database that is not there: where one would be made.
    pub is_in_force: bool,
}

impl Place {
    pub(super) fn new(file: &'static str, path: PathBuf, reason: impl Into<String>) -> Place {
        let is_there = path.exists();
        Place { file, path, reason: reason.into(), is_there, is_in_force: false }
    }
}

/// Where this user's programs have their files, by the XDG Base Directory Specification (0.8).
#[derive(Clone, Debug, Default)]
pub(super) struct UserFolders {
    config: Option<(PathBuf, &'static str)>,
    data: Option<(PathBuf, &'static str)>,
}

impl UserFolders {
    /// By the variables of an environment, which are the process's own where none is given.
    pub(super) fn of(environment: Option<&HashMap<String, String>>) -> UserFolders {
        let variable = |name: &str| match environment {
            Some(given) => given.get(name).map(OsString::from),
            None => std::env::var_os(name),
        };
        UserFolders {
            config: user_folder(variable, "XDG_CONFIG_HOME", ".config"),
            data: user_folder(variable, "XDG_DATA_HOME", ".local/share"),
        }
    }
}

/// A folder of this user's that a variable names, else one below the home folder, with what names it. By the rules of these variables
/// a relative path counts for none.
pub(super) fn user_folder(
    variable: impl Fn(&str) -> Option<OsString>,
    name: &'static str,
    below_home: &'static str,
) -> Option<(PathBuf, &'static str)> {
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let named = absolute(name).map(|path| (path, name));
    named.or_else(|| absolute("HOME").map(|home| (home.join(below_home), "HOME")))
}

/// Whose settings they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// Those of the folder in which somebody works.
    Here,
    /// Those of this user.
    User,
    /// Those of the machine, which are a service's.
    Machine,
    /// Those of a folder that was named.
    Elsewhere,
}

/// The settings that were found, and where they were looked for.
#[derive(Debug)]
pub(super) struct FoundSettings {
    pub(super) file: Option<(PathBuf, Owner)>,
    pub(super) places: Vec<Place>,
}

/// Looks for the settings: those that are named, and no others, or the first that there are.
pub(super) fn find_settings(
    named: Option<(&Path, &'static str)>,
    folders: &UserFolders,
) -> Result<FoundSettings, Problems> {
    if let Some((path, by)) = named {
        check_settings(path)?;
        let owner = if LOCAL_SETTINGS.iter().any(|(local, _)| is_same(path, Path::new(local))) {
            Owner::Here
        } else if path.starts_with("/etc") || is_same(path, Path::new(SERVICE_SETTINGS)) {
            Owner::Machine
        } else {
            Owner::Elsewhere
        };
        let place = Place { is_in_force: true, ..Place::new("settings", path.to_owned(), by) };
        return Ok(FoundSettings { file: Some((path.to_owned(), owner)), places: vec![place] });
    }
    let mut owners = Vec::new();
    let mut places = Vec::new();
    for (path, reason) in LOCAL_SETTINGS {
        owners.push(Owner::Here);
        places.push(Place::new("settings", PathBuf::from(path), reason));
    }
    if let Some((folder, by)) = &folders.config {
        owners.push(Owner::User);
        places.push(Place::new("settings", folder.join("newswire/newswire.toml"), format!("of this user, by {by}")));
    }
    owners.push(Owner::Machine);
    places.push(Place::new("settings", PathBuf::from(SERVICE_SETTINGS), "of this machine"));
    let found = places.iter().position(|place| place.path.is_file());
    if let Some(found) = found {
        places[found].is_in_force = true;
    }
    let file = found.map(|found| (places[found].path.clone(), owners[found]));
    Ok(FoundSettings { file, places })
}

/// Refuses settings that were named and are not there.
fn check_settings(path: &Path) -> Result<(), Problems> {
    let refused = |rule: String| {
        Err(Problems(vec![Problem { place: path.display().to_string(), subject: "settings file".to_owned(), rule }]))
    };
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => Ok(()),
        Ok(_) => refused("must be a file".to_owned()),
        Err(error) => {
            let told = access::explained(&error, path, Wish::Read);
            let is_missing = error.kind() == std::io::ErrorKind::NotFound;
            let advice = if is_missing { "; `newswire config init` writes one" } else { "" };
            refused(format!("cannot be read: {told}{advice}"))
        }
    }
}

/// Where a list of sources is, or would be: beside the settings, or without any at the usual places.
pub(super) fn find_list(settings: Option<&Path>, named: &str, is_default: bool) -> Vec<Place> {
    let mut places = match settings.and_then(Path::parent) {
        Some(folder) => vec![Place::new("sources", folder.join(named), "beside the settings")],
        None if is_default => {
            LOCAL_LISTS.map(|path| Place::new("sources", PathBuf::from(path), "without settings")).into()
        }
        None => vec![Place::new("sources", PathBuf::from(named), "sources.file")],
    };
    let found = places.iter().position(|place| place.path.is_file());
    if let Some(place) = places.get_mut(found.unwrap_or(0)) {
        place.is_in_force = found.is_some() || !is_default;
    }
    places
}

/// How the database was named.
#[derive(Clone, Copy, Debug)]
pub(super) enum NamedBy<'a> {
    /// By a flag or the environment.
    Call(&'a str),
    /// By the settings.
    Settings(&'a str),
}

/// The database, where it was looked for, and whether its folder is this user's, to be made where it is missing.
#[derive(Debug)]
pub(super) struct FoundDatabase {
    pub(super) path: PathBuf,
    pub(super) is_at_home: bool,
    pub(super) places: Vec<Place>,
}

/// Looks for the database. `written` is `store.path`. As the defaults have it, it is the one of this folder if there is one; else the one
/// beside settings that were named, and without settings, and without a list of sources here, this user's. With settings of this user it
/// is always that one: their list of sources is not for a database that happens to lie in a folder.
pub(super) fn find_database(
    written: &str,
    named: Option<NamedBy<'_>>,
    settings: Option<&(PathBuf, Owner)>,
    has_list_here: bool,
    folders: &UserFolders,
) -> FoundDatabase {
    let mut found = look_for_database(written, named, settings, has_list_here, folders);
    let behind = access::behind_links(&found.path);
    if behind != found.path {
        for place in found.places.iter_mut().filter(|place| place.is_in_force) {
            place.reason = format!("{}; {} leads there", place.reason, place.path.display());
            place.path.clone_from(&behind);
        }
        found.path = behind;
    }
    found
}

fn look_for_database(
    written: &str,
    named: Option<NamedBy<'_>>,
    settings: Option<&(PathBuf, Owner)>,
    has_list_here: bool,
    folders: &UserFolders,
) -> FoundDatabase {
    let owner = settings.map(|(_, owner)| *owner);
    let users = || folders.data.as_ref().map(|(folder, by)| (folder.join("newswire"), *by));
    let alone = |path: PathBuf, reason: String, is_at_home: bool| {
        let place = Place { is_in_force: true, ..Place::new("database", path.clone(), reason) };
        FoundDatabase { path, is_at_home, places: vec![place] }
    };
    let written_path = PathBuf::from(written);
    match named {
        Some(NamedBy::Call(by)) => return alone(written_path, by.to_owned(), false),
        Some(NamedBy::Settings(by)) if written != DATABASE => {
            // These settings hold in every folder, and so does their database.
            if let Some((folder, variable)) =
                users().filter(|_| owner == Some(Owner::User) && written_path.is_relative())
            {
                return alone(folder.join(written), format!("store.path, in the folder of data by {variable}"), true);
            }
            return alone(written_path, format!("store.path in {by}"), false);
        }
        _ => {}
    }
    let fallback = match owner {
        Some(Owner::Here | Owner::Machine) => None,
        Some(Owner::Elsewhere) => settings
            .and_then(|(file, _)| file.parent())
            .map(|folder| (folder.join(DATABASE), "beside the settings".to_owned(), false)),
        None if has_list_here => None,
        Some(Owner::User) | None => {
            users().map(|(folder, by)| (folder.join(DATABASE), format!("of this user, by {by}"), true))
        }
    };
    let here = Place::new("database", PathBuf::from(DATABASE), "in this folder");
    let fallback = fallback.filter(|(path, ..)| !is_same(path, &here.path));
    let is_here = fallback.is_none() || here.is_there && owner != Some(Owner::User);
    let mut places = vec![Place { is_in_force: is_here, ..here }];
    let (mut path, mut is_at_home) = (PathBuf::from(DATABASE), false);
    if let Some((other, reason, is_users)) = fallback {
        places.push(Place { is_in_force: !is_here, ..Place::new("database", other.clone(), reason) });
        if !is_here {
            (path, is_at_home) = (other, is_users);
        }
    }
    FoundDatabase { path, is_at_home, places }
}

/// Whether two paths are of one file, be it there or not.
fn is_same(left: &Path, right: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path)).ok();
    left == right || real(left) == real(right)
}
