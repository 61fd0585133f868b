//! A folder of backups with the times in their names, of which the newest are kept.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::store::file::new_file::folder_of;

/// How the time is written in the name of a backup: in UTC, so that the order of the names is that of the times.
const TIME: &str = "%Y%m%dT%H%M%SZ";

/// The folder of backups beside a database, as newswire-backup.service has it.
const FOLDER: &str = "backups";

/// The name that a backup of a database has in a folder of them: `newswire-20261120T030000Z.db`.
#[must_use]
pub fn backup_name(database: &Path, now: Timestamp) -> String {
    format!("{}{}.db", prefix_of(database), now.strftime(TIME))
}

/// Removes backups of a database from a folder, all but the newest `n_kept`. What has another name stays. Returns what was removed.
///
/// # Errors
///
/// When the folder cannot be read, or a file in it cannot be removed.
pub fn remove_older_backups(folder: &Path, database: &Path, n_kept: usize) -> io::Result<Vec<PathBuf>> {
    let mut removed = Vec::new();
    let mut names = backups_in(folder, database)?;
    names.truncate(names.len().saturating_sub(n_kept));
    for name in names {
        let path = folder.join(name);
        fs::remove_file(&path)?;
        removed.push(path);
    }
    Ok(removed)
}

/// The newest backup of a database that lies beside it, or in the folder for that.
pub(in crate::store) fn newest_backup(database: &Path) -> Option<PathBuf> {
    let beside = folder_of(database);
    let newest_in = |folder: PathBuf| {
        let name = backups_in(&folder, database).ok()?.pop()?;
        Some((name.clone(), folder.join(name)))
    };
    let newest = [beside.join(FOLDER), beside.to_owned()].into_iter().filter_map(newest_in).max()?;
    Some(newest.1)
}

/// The names of the backups of a database in a folder, the oldest first.
fn backups_in(folder: &Path, database: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.extend(entry?.file_name().into_string());
    }
    Ok(of_prefix(names, &prefix_of(database)))
}

fn prefix_of(database: &Path) -> String {
    format!("{}-", database.file_stem().unwrap_or_default().to_string_lossy())
}

/// Those of the names that are backups with this prefix, the oldest first.
fn of_prefix(names: Vec<String>, prefix: &str) -> Vec<String> {
    let is_backup = |name: &String| {
        let time = name.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(".db"));
        // `20261120T030000Z` and nothing else: `newswire-old.db` and `newswire-20261120T030000Z-keep.db` are somebody's own.
        time.is_some_and(|time| {
            let shape = time.chars().map(|c| if c.is_ascii_digit() { '9' } else { c });
            shape.eq("99999999T999999Z".chars())
        })
    };
    let mut backups: Vec<String> = names.into_iter().filter(is_backup).collect();
    backups.sort();
    backups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_backups_are_kept_and_what_is_somebodys_own() {
        let names = [
            "newswire-20261120T030000Z.db",
            "newswire-20261118T030000Z.db",
            "newswire-20261119T030000Z.db",
            "newswire-old.db",
            "newswire-20261101T030000Z-keep.db",
            "newswire-20261101T030000Z.db.gz",
            "newswire-2-20261101T030000Z.db",
            "other-20261101T030000Z.db",
            "notes.txt",
        ];
        let of_before = ["newswire-20261118T030000Z.db", "newswire-20261119T030000Z.db", names[0]];
        assert_eq!(of_prefix(names.map(str::to_owned).to_vec(), "newswire-"), of_before);
        let now: Timestamp = "2026-11-20T03:00:00.5Z".parse().unwrap();
        assert_eq!(backup_name(Path::new("/var/lib/newswire/newswire.db"), now), names[0]);
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("newswire.db");
        assert_eq!(newest_backup(&database), None);
        for name in names {
            fs::write(folder.path().join(name), "").unwrap();
        }
        for (n_kept, expected) in [(9, &[][..]), (3, &[]), (2, &of_before[..1]), (1, &of_before[1..2])] {
            let removed = remove_older_backups(folder.path(), &database, n_kept).unwrap();
            assert_eq!(removed, expected.iter().map(|name| folder.path().join(name)).collect::<Vec<_>>(), "{n_kept}");
        }
        assert_eq!(newest_backup(&database), Some(folder.path().join(names[0])));
        let later = folder.path().join("backups/newswire-20261121T030000Z.db");
        fs::create_dir(folder.path().join("backups")).unwrap();
        fs::write(&later, "").unwrap();
        assert_eq!(newest_backup(&database), Some(later));
    }
}
