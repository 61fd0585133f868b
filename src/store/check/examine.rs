//! Looking at a database from all sides.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use crate::store::check::finding::{Examining, ExaminingWatcher, Finding, Subject};
use crate::store::check::{contents, pages, surroundings};
use crate::store::file::error::{StoreError, explain};
use crate::store::file::identity::is_snapshot;
use crate::store::file::open::{OpenedForReading, cut_off_error, open_for_reading};
use crate::store::file::schema::VERSION;

/// Longest wait for a lock, as for other readers.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Looks at a database from all sides, beside a running daemon or without one, and hands over what it finds: first what is beside it, which
/// takes no time, and then what is in it. It reads the whole file.
///
/// # Errors
///
/// When the database cannot be opened or read at all, or the watcher ends it.
pub fn examine(path: &Path, now: Timestamp, watcher: &mut ExaminingWatcher<'_>) -> Result<(), StoreError> {
    let OpenedForReading { connection, cut_off, .. } = open_for_reading(path, BUSY_TIMEOUT)?;
    if let Some(damage) = cut_off {
        return Err(cut_off_error(path, damage));
    }
    let wrap = |error: rusqlite::Error| explain(&error, path);
    watcher.watch(&connection).map_err(wrap)?;
    // What keeps it from looking around is damage, of which the look at the pages knows more.
    let around = surroundings::look(&connection, path, now, watcher);
    let version: usize = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(wrap)?;
    let mut look_at_pages = || watcher.look_at(Subject::Pages, || pages::look(&connection)).map_err(wrap);
    if is_snapshot(&connection).map_err(wrap)? {
        // It has no triggers, nor what belongs to ingesting.
        look_at_pages()?;
    } else if version != VERSION {
        look_at_pages()?;
        let text = format!("of version {version} and not {VERSION}, so what stands in the tables was not looked at");
        let advice = "the next `newswire run` or `fetch` brings the file to this version; look again then";
        let finding = Finding { advice: Some(advice), ..Finding::well(Subject::Schema, text) };
        (watcher.tell)(Examining::Found(finding));
    } else {
        contents::look(&connection, watcher).map_err(wrap)?;
    }
    around.map_err(wrap)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::config::StoreSettings;
    use crate::store::file::open::open_for_writing;

    /// Looks at an empty database until `last` is looked at. Returns what was told, and whether it came to its end.
    fn told_until(last: Option<Subject>) -> (Vec<Examining>, bool) {
        let folder = tempfile::tempdir().unwrap();
        let settings = StoreSettings { path: folder.path().join("a.db"), ..crate::config::defaults().store };
        drop(open_for_writing(&settings).unwrap());
        let stop = Arc::new(AtomicBool::new(false));
        let mut told = Vec::new();
        let mut tell = |stage: Examining| {
            if last.is_some_and(|last| stage == Examining::LookingAt(last)) {
                stop.store(true, Ordering::Relaxed);
            }
            told.push(stage);
        };
        let mut watcher = ExaminingWatcher { stop: Arc::clone(&stop), tell: &mut tell };
        let examined = examine(&settings.path, Timestamp::now(), &mut watcher);
        (told, examined.is_ok())
    }

    #[test]
    fn each_side_is_named_before_it_is_looked_at_and_what_takes_long_comes_last() {
        let (told, is_ended) = told_until(None);
        assert!(is_ended);
        let mut sides = Vec::new();
        for pair in told.chunks(2) {
            match pair {
                [Examining::LookingAt(subject), Examining::Found(finding)] => {
                    assert_eq!(*subject, finding.subject);
                    sides.push(finding.subject.as_str());
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(sides[..6], ["log", "space", "clock", "permissions", "leftovers", "pages"]);
        assert_eq!(sides.last(), Some(&"full text"));
    }

    #[test]
    fn a_look_that_is_ended_tells_no_more_and_takes_its_end_for_no_damage() {
        for last in [Subject::Pages, Subject::References, Subject::FullText] {
            let (told, is_ended) = told_until(Some(last));
            assert!(!is_ended, "{last:?}");
            assert_eq!(told.last(), Some(&Examining::LookingAt(last)));
        }
    }
}
