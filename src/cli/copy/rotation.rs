//! `newswire backup --keep`: a folder of backups, of which the newest are kept.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

/// How the time is written in the name of a backup: in UTC, so that the order of the names is that of the times.
const TIME: &str = "%Y%m%dT%H%M%SZ";

/// The name that a backup of a database has in a folder of them: `newswire-20261120T030000Z.db`.
pub(super) fn name_of(database: &Path, now: Timestamp) -> String {
    format!("{}{}.db", prefix_of(database), now.strftime(TIME))
}

/// Removes backups of a database from a folder, all but the newest `n_kept`. What has another name stays. Returns what was removed.
pub(super) fn remove_older(folder: &Path, database: &Path, n_kept: usize) -> io::Result<Vec<PathBuf>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.extend(entry?.file_name().into_string());
    }
    let mut removed = Vec::new();
    for name in superseded(names, &prefix_of(database), n_kept) {
        let path = folder.join(name);
        fs::remove_file(&path)?;
        removed.push(path);
    }
    Ok(removed)
}

fn prefix_of(database: &Path) -> String {
    format!("{}-", database.file_stem().unwrap_or_default().to_string_lossy())
}

/// Those of the names that are backups with this prefix, without the newest, the oldest first.
fn superseded(names: Vec<String>, prefix: &str, n_kept: usize) -> Vec<String> {
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
    let n_old = backups.len().saturating_sub(n_kept);
    backups.truncate(n_old);
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
        let check = |n_kept: usize, expected: &[&str]| {
            assert_eq!(superseded(names.map(str::to_owned).to_vec(), "newswire-", n_kept), expected, "{n_kept}");
        };
        check(1, &["newswire-20261118T030000Z.db", "newswire-20261119T030000Z.db"]);
        check(2, &["newswire-20261118T030000Z.db"]);
        check(3, &[]);
        check(9, &[]);
        let now: Timestamp = "2026-11-20T03:00:00.5Z".parse().unwrap();
        assert_eq!(name_of(Path::new("/var/lib/newswire/newswire.db"), now), names[0]);
    }
}
