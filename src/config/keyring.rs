//! Where the credentials of sources are kept: outside of the settings, of the list of sources and of the database.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::access::{self, Wish};
use crate::model::{Credential, parse_credentials};

/// In which folder systemd puts what `LoadCredential=` names, for the service alone (systemd.exec(5)).
const SERVICE_FOLDER: &str = "CREDENTIALS_DIRECTORY";

/// What the names of credentials in the environment begin with.
const VARIABLE_START: &str = "NEWSWIRE_CREDENTIAL_";

/// The folder beside the settings file.
const FOLDER: &str = "credentials";

/// What others than owner and group may do with a file.
const MODE_OTHERS: u32 = 0o007;

/// The credentials of sources, by their names. Each is read when it is first asked for, and anew when the settings are; clones
/// share what was read. What was missing or wrong is looked for again the next time.
#[derive(Clone, Default)]
pub struct Keyring {
    /// The folder that systemd has made for this service.
    service_folder: Option<PathBuf>,
    /// The folder beside the settings file.
    folder: Option<PathBuf>,
    /// Those of the environment, by the names that they have there.
    variables: BTreeMap<String, String>,
    found: Arc<Mutex<HashMap<String, Arc<Vec<Credential>>>>>,
}

impl Keyring {
    /// Where to look, by the environment and the place of the settings file.
    pub(super) fn new(environment: impl Iterator<Item = (String, String)>, settings_file: Option<&Path>) -> Keyring {
        let mut keyring = Keyring {
            folder: settings_file.map(|path| path.parent().unwrap_or(Path::new("")).join(FOLDER)),
            ..Keyring::default()
        };
        for (name, value) in environment {
            if name == SERVICE_FOLDER {
                keyring.service_folder = Some(PathBuf::from(value)).filter(|path| path.is_absolute());
            } else if name.starts_with(VARIABLE_START) {
                keyring.variables.insert(name, value);
            }
        }
        keyring
    }

    /// The credentials of a name: of the file of that name in the service's own folder, else in the folder beside the settings,
    /// else of the environment.
    ///
    /// # Errors
    ///
    /// A sentence that says where they were looked for, or what is wrong with them, without what stands there.
    pub fn get(&self, name: &str) -> Result<Arc<Vec<Credential>>, String> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = found.get(name) {
            return Ok(Arc::clone(known));
        }
        let fresh = Arc::new(self.look_up(name, parse_credentials)?);
        found.insert(name.to_owned(), Arc::clone(&fresh));
        Ok(fresh)
    }

    /// The folder of the service manager, where this process may not look into it: systemd hides it from whatever it starts besides the
    /// service itself, `ExecReload=` included.
    #[must_use]
    pub fn closed_folder(&self) -> Option<&Path> {
        let folder = self.service_folder.as_deref()?;
        let looked = fs::metadata(folder.join("."));
        looked.is_err_and(|error| error.kind() == ErrorKind::PermissionDenied).then_some(folder)
    }

    /// A secret that is no credential of a website: the one line `secret VALUE`, kept where credentials are. It is read each time.
    ///
    /// # Errors
    ///
    /// As [`Keyring::get`].
    pub fn secret(&self, name: &str) -> Result<String, String> {
        self.look_up(name, |text| {
            let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
            match (lines.next().and_then(|line| line.strip_prefix("secret ")), lines.next()) {
                (Some(secret), None) if !secret.trim().is_empty() => Ok(secret.trim().to_owned()),
                _ => Err("must be one line, `secret VALUE`".to_owned()),
            }
        })
    }

    fn look_up<T>(&self, name: &str, parse: impl Fn(&str) -> Result<T, String>) -> Result<T, String> {
        let mut looked_for = Vec::new();
        for (folder, is_guarded) in [(&self.service_folder, true), (&self.folder, false)] {
            let Some(path) = folder.as_ref().map(|folder| folder.join(name)) else { continue };
            match read(&path, is_guarded) {
                Ok(Some(text)) => {
                    return parse(&text).map_err(|rule| format!("{}: {rule}", path.display()));
                }
                Ok(None) => looked_for.push(format!("there is no {}", path.display())),
                Err(rule) => return Err(format!("{}: {rule}", path.display())),
            }
        }
        let variable = variable_of(name);
        match self.variables.get(&variable) {
            Some(text) => parse(text).map_err(|rule| format!("{variable}: {rule}")),
            None => {
                looked_for.push(format!("{variable} is not set"));
                Err(format!("not found: {}", looked_for.join(", ")))
            }
        }
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// The text of a file, if there is one. A folder that somebody has made guards its files by itself only when systemd made it.
fn read(path: &Path, is_guarded: bool) -> Result<Option<String>, String> {
    let unreadable = |error: io::Error| format!("cannot be read: {}", access::explained(&error, path, Wish::Read));
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    let mode = metadata.permissions().mode();
    if !is_guarded && mode & MODE_OTHERS != 0 {
        return Err(format!(
            "may be read or written by others (mode {:04o}), and is not used: `chmod o= {}`",
            mode & 0o7777,
            path.display()
        ));
    }
    fs::read_to_string(path).map(Some).map_err(unreadable)
}

/// The name of a credential as a variable of the environment has it.
fn variable_of(name: &str) -> String {
    let letters = name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' });
    VARIABLE_START.chars().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "zq7KeyOfOurs";

    /// A folder of settings, and one as systemd makes it.
    struct Places {
        root: tempfile::TempDir,
    }

    impl Places {
        fn new() -> Places {
            let root = tempfile::tempdir().unwrap();
            for folder in ["credentials", "service"] {
                fs::create_dir(root.path().join(folder)).unwrap();
            }
            Places { root }
        }

        fn write(&self, file: &str, text: &str, mode: u32) {
            let path = self.root.path().join(file);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }

        fn keyring(&self, variables: &[(&str, &str)]) -> Keyring {
            let service = self.root.path().join("service").display().to_string();
            let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            let environment = variables.chain([(SERVICE_FOLDER.to_owned(), service)]);
            Keyring::new(environment, Some(&self.root.path().join("newswire.toml")))
        }
    }

    fn user_of(keyring: &Keyring, name: &str) -> String {
        match keyring.get(name).unwrap().first() {
            Some(Credential::Basic { user, .. }) => user.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_services_own_folder_goes_before_the_settings_and_these_before_the_environment() {
        let places = Places::new();
        let keyring = || places.keyring(&[("NEWSWIRE_CREDENTIAL_DAILY_2", "basic environment:a")]);
        assert_eq!(user_of(&keyring(), "daily-2"), "environment");
        places.write("credentials/daily-2", "basic settings:a\n", 0o640);
        assert_eq!(user_of(&keyring(), "daily-2"), "settings");
        let earlier = keyring();
        assert_eq!(user_of(&earlier, "daily-2"), "settings");
        // Whoever may read it there is for systemd to say.
        places.write("service/daily-2", "basic service:a\n", 0o444);
        assert_eq!(user_of(&keyring(), "daily-2"), "service");
        assert_eq!(user_of(&earlier.clone(), "daily-2"), "settings", "it is read once");
    }

    #[test]
    fn what_is_missing_or_wrong_is_told_without_what_is_secret() {
        let places = Places::new();
        places.write("credentials/open", &format!("basic ana:{SECRET}\n"), 0o644);
        places.write("credentials/writable", &format!("basic ana:{SECRET}\n"), 0o602);
        places.write("credentials/wrong", &format!("ana:{SECRET}\n"), 0o600);
        let keyring = places.keyring(&[("NEWSWIRE_CREDENTIAL_BARE", SECRET)]);
        for (name, told) in [
            ("open", "may be read or written by others (mode 0644), and is not used: `chmod o= "),
            ("writable", "(mode 0602)"),
            ("wrong", "credentials/wrong: line 1: must be `basic"),
            ("bare", "NEWSWIRE_CREDENTIAL_BARE: line 1: must be `basic"),
            ("none", "credentials/none, NEWSWIRE_CREDENTIAL_NONE is not set"),
        ] {
            let error = keyring.get(name).unwrap_err();
            assert!(error.contains(told) && !error.contains(SECRET), "{name}: {error}");
        }
        places.write("credentials/none", "basic ana:a", 0o600);
        assert!(keyring.get("none").is_ok(), "it is there now");
        assert!(!format!("{keyring:?}").contains(SECRET));
    }

    #[test]
    fn without_settings_there_is_the_environment() {
        let keyring = Keyring::new([("NEWSWIRE_CREDENTIAL_A".to_owned(), "cookie a=b".to_owned())].into_iter(), None);
        assert!(keyring.get("a").is_ok());
        assert_eq!(keyring.get("b").unwrap_err(), "not found: NEWSWIRE_CREDENTIAL_B is not set");
    }
}
