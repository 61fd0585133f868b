//! Where the service has its settings and its database, and who would make another one beside it.

use std::path::{Path, PathBuf};

/// The settings that hold for the whole machine, in whatever folder a command is run.
pub const SERVICE_SETTINGS: &str = "/etc/newswire/newswire.toml";

/// The database for settings in a folder: for `/etc/NAME`, `/var/lib/NAME/newswire.db`, as the Filesystem Hierarchy Standard (3.0, sections
/// 3.7 and 5.8) divides what administrators write from what programs keep. Elsewhere the working directory decides, and nothing is returned.
#[must_use]
pub fn database_for(folder: &Path) -> Option<PathBuf> {
    let folder = std::path::absolute(folder).ok()?;
    let rest = folder.strip_prefix("/etc").ok().filter(|rest| !rest.as_os_str().is_empty())?;
    Some(Path::new("/var/lib").join(rest).join("newswire.db"))
}

/// How the settings were come by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<'a> {
    /// The settings file, if there is one.
    pub(super) settings: Option<&'a Path>,
    /// Whether somebody named it.
    pub(super) is_named: bool,
    /// Whether this process is root's.
    pub(super) is_root: bool,
}

/// Why a command must not make a new database at a path that only settings name: with the service's own settings, a relative path means
/// another file in every folder; and root, who administers the service, has hardly meant a new one by settings that happened to be there.
pub(super) fn why_unplaced(path: &Path, found: Found<'_>, service: &Path) -> Option<String> {
    if path.is_absolute() || !service.is_file() {
        return None;
    }
    let shown = service.display();
    let database =
        service.parent().and_then(database_for).unwrap_or_else(|| PathBuf::from("/var/lib/newswire/newswire.db"));
    if found.settings.is_some_and(|settings| is_same(settings, service)) {
        let line = format!("path = {:?}", database.display().to_string());
        return Some(format!(
            "{shown}, which holds in every folder, leaves open where it is: write `{line}` in its section [store], or name one with --db"
        ));
    }
    (found.is_root && !found.is_named).then(|| {
        let here = path.display();
        format!("the service has one by {shown}: `--config {shown}` means that one, `--db {here}` a new one here")
    })
}

fn is_same(left: &Path, right: &Path) -> bool {
    left == right || left.canonicalize().is_ok_and(|left| right.canonicalize().is_ok_and(|right| left == right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_administrators_write_and_what_programs_keep_stand_apart() {
        let check = |folder: &str, expected: Option<&str>| {
            assert_eq!(database_for(Path::new(folder)), expected.map(PathBuf::from), "{folder}");
        };
        check("/etc/newswire", Some("/var/lib/newswire/newswire.db"));
        check("/etc/newswire/", Some("/var/lib/newswire/newswire.db"));
        check("/etc/wire-2", Some("/var/lib/wire-2/newswire.db"));
        check("/etc", None);
        check(".", None);
        check("/etcetera/newswire", None);
        check("/home/ana/etc/newswire", None);
    }

    #[test]
    fn no_database_is_made_beside_the_services() {
        let folder = tempfile::tempdir().unwrap();
        let service = folder.path().join("newswire.toml");
        let own = Path::new("newswire.toml");
        let why = |path: &str, settings: Option<&Path>, is_named, is_root| {
            why_unplaced(Path::new(path), Found { settings, is_named, is_root }, &service)
        };
        assert_eq!(why("newswire.db", None, false, true), None, "there is no service");
        std::fs::write(&service, "").unwrap();
        for (is_named, is_root) in [(false, false), (true, false), (false, true), (true, true)] {
            let told = why("newswire.db", Some(&service), is_named, is_root).unwrap();
            assert!(told.contains("leaves open where it is"), "{told}");
            assert_eq!(why("/srv/newswire.db", Some(&service), is_named, is_root), None);
        }
        for settings in [None, Some(own)] {
            let told = why("newswire.db", settings, false, true).unwrap();
            assert!(told.contains("`--db newswire.db` a new one here"), "{told}");
            assert_eq!(why("newswire.db", settings, false, false), None, "people have what they like");
        }
        assert_eq!(why("newswire.db", Some(own), true, true), None, "it was named");
    }
}
