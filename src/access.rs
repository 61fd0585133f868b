//! Who may do what with a file, in words: what stands in the way, whose it is, and who asks.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

/// What somebody wants to do with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Read it.
    Read,
    /// Write to it; or make it where it is not there.
    Write,
}

/// Numbers of accounts that belong to services and not to people: those of the system (`SYS_UID_MAX` of login.defs(5)), those that
/// systemd hands out for the time of a service (`DynamicUser=` in systemd.exec(5)), and nobody's. 0 is root's.
const SERVICE_ACCOUNTS: [std::ops::RangeInclusive<u32>; 3] = [1..=999, 61184..=65519, 65534..=65534];

/// What keeps this process from a file: the file, or the folder on the way to it, with what the system says, whose it is and who asks.
/// Nothing where nothing does. Files are asked about and not opened: to close a database would take away the locks that SQLite holds on it.
#[must_use]
pub fn obstacle(path: &Path, wish: Wish) -> Option<String> {
    let path = &std::path::absolute(path).ok()?;
    let folders: Vec<&Path> = path.ancestors().skip(1).collect();
    let closed = folders.iter().rev().find_map(|folder| refusal(folder, Access::EXEC_OK));
    closed.or_else(|| match (wish, folders.first()) {
        (Wish::Read, _) => refusal(path, Access::READ_OK),
        (Wish::Write, Some(folder)) if !path.exists() => refusal(folder, Access::WRITE_OK | Access::EXEC_OK),
        (Wish::Write, _) => refusal(path, Access::WRITE_OK),
    })
}

/// Where a path leads to behind symbolic links at its end, whether something is there or not: what lies beside a file lies there.
#[must_use]
pub fn behind_links(path: &Path) -> PathBuf {
    let mut behind = path.to_owned();
    for _ in 0..LINKS_MAX {
        let Ok(target) = fs::read_link(&behind) else { break };
        behind = behind.parent().unwrap_or(Path::new("")).join(target);
    }
    behind
}

/// Links that are followed: as many as Linux follows (`path_resolution(7)`). What has more cannot be opened either.
const LINKS_MAX: usize = 40;

/// An error as it is told: with what stands in the way, where the system has only said that something is not permitted.
#[must_use]
pub fn explained(error: &io::Error, path: &Path, wish: Wish) -> String {
    let is_refusal = matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem);
    match obstacle(path, wish).filter(|_| is_refusal) {
        Some(obstacle) => format!("{error}; {obstacle}"),
        None => error.to_string(),
    }
}

/// The service account that a folder belongs to, where this process is root's: a file that root makes there, the service cannot write.
#[must_use]
pub fn service_behind(folder: &Path) -> Option<String> {
    let owner = fs::metadata(folder).ok()?.uid();
    let is_services = SERVICE_ACCOUNTS.iter().any(|accounts| accounts.contains(&owner));
    (is_services && is_root()).then(|| user_name(owner))
}

/// Whether this process is root's.
#[must_use]
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// What the system says to a wish, with the names; nothing where it says yes, or that there is no such file.
fn refusal(path: &Path, wish: Access) -> Option<String> {
    let error = access(path, wish).err().filter(|error| *error != rustix::io::Errno::NOENT)?;
    let told = format!("{}: {}", path.display(), io::Error::from(error));
    Some(match fs::metadata(path) {
        Ok(metadata) => {
            let (user, group) = (user_name(metadata.uid()), group_name(metadata.gid()));
            let (mode, us) = (metadata.mode() & 0o7777, user_name(rustix::process::geteuid().as_raw()));
            format!("{told}: it belongs to {user}:{group}, mode {mode:04o}, and this process runs as {us}")
        }
        Err(_) => told,
    })
}

/// The name of a user, or the number where this machine's own list has none.
#[must_use]
pub fn user_name(id: u32) -> String {
    name_in("/etc/passwd", id).unwrap_or_else(|| format!("user {id}"))
}

/// The name of a group, likewise.
#[must_use]
pub fn group_name(id: u32) -> String {
    name_in("/etc/group", id).unwrap_or_else(|| format!("group {id}"))
}

fn name_in(list: &str, id: u32) -> Option<String> {
    let list = fs::read_to_string(list).ok()?;
    let wanted = id.to_string();
    list.lines().find_map(|line| {
        // passwd(5) and group(5): name, password, number, …
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == wanted).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn what_stands_in_the_way_is_named_with_its_owner_and_who_asks() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("closed/a.db");
        fs::create_dir(folder.path().join("closed")).unwrap();
        fs::write(&file, "").unwrap();
        assert_eq!(obstacle(&file, Wish::Read), None);
        assert_eq!(obstacle(&file, Wish::Write), None);
        assert_eq!(obstacle(&folder.path().join("new.db"), Wish::Write), None);
        assert_eq!(obstacle(Path::new("new.db"), Wish::Read), None, "what is not there does not refuse");
        if is_root() {
            // Nothing is closed to root; the box with a service in it sees what others are told.
            return;
        }
        fs::set_permissions(&file, fs::Permissions::from_mode(0o440)).unwrap();
        let told = obstacle(&file, Wish::Write).unwrap();
        assert!(told.contains("a.db: Permission denied") && told.contains("mode 0440"), "{told}");
        fs::set_permissions(folder.path().join("closed"), fs::Permissions::from_mode(0o000)).unwrap();
        let told = obstacle(&file, Wish::Read).unwrap();
        assert!(told.contains("closed: Permission denied") && told.contains("and this process runs as"), "{told}");
        fs::set_permissions(folder.path().join("closed"), fs::Permissions::from_mode(0o700)).unwrap();
    }

    #[test]
    fn root_is_told_whose_folder_it_is() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(service_behind(folder.path()), None);
        if is_root() {
            let given = |owner| std::os::unix::fs::chown(folder.path(), Some(owner), None).unwrap();
            given(1000);
            assert_eq!(service_behind(folder.path()), None, "a person's");
            for service in [998, 65534] {
                given(service);
                assert!(service_behind(folder.path()).is_some(), "{service}");
            }
        }
    }

    #[test]
    fn accounts_have_names() {
        assert_eq!((user_name(0), group_name(0)), ("root".to_owned(), "root".to_owned()));
        assert_eq!(user_name(4_294_967_000), "user 4294967000");
    }

    #[test]
    fn links_are_followed_also_to_what_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("far")).unwrap();
        symlink("far/second", path("first")).unwrap();
        symlink("../real.db", path("far/second")).unwrap();
        symlink("round", path("round")).unwrap();
        assert_eq!(behind_links(&path("first")), path("far/../real.db"));
        assert_eq!(behind_links(&path("real.db")), path("real.db"));
        assert_eq!(behind_links(&path("round")), path("round"));
    }
}
