//! What was found at a look at one side of a database, and whoever follows the look at all of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::{Connection, ffi};

/// Steps of SQLite's machine, or pages that it checks, between two looks at whether somebody still waits: less than a millisecond's work.
const STEPS_PER_LOOK: i32 = 1000;

/// Faults that are named; the rest is counted.
const NAMED_MAX: usize = 5;

/// What was looked at, in the order in which it is mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The pages of the file, as SQLite checks them.
    Pages,
    /// Values that must not be where they are.
    Values,
    /// Tables, views, indexes and triggers, as this program makes them.
    Schema,
    /// Tables of this program that have one row.
    State,
    /// Rows that refer to others that are not there.
    References,
    /// The numbers of changes.
    Changes,
    /// The full-text index.
    FullText,
    /// The full-text index by character.
    Characters,
    /// What stories count.
    Stories,
    /// Texts that cannot be read, and lists that are none.
    Texts,
    /// What is known of copies.
    Copies,
    /// The write-ahead log and its readers.
    Log,
    /// Free pages within the file, and the disk.
    Space,
    /// The clock of this machine against what was written.
    Clock,
    /// Who may read and write the files.
    Permissions,
    /// What killed processes left.
    Leftovers,
    /// The files with the texts of months that are closed.
    Volumes,
}

impl Subject {
    /// Its name for people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Subject::Pages => "pages",
            Subject::Values => "values",
            Subject::Schema => "schema",
            Subject::State => "state",
            Subject::References => "references",
            Subject::Changes => "changes",
            Subject::FullText => "full text",
            Subject::Characters => "characters",
            Subject::Stories => "stories",
            Subject::Texts => "texts",
            Subject::Copies => "copies",
            Subject::Log => "log",
            Subject::Space => "space",
            Subject::Clock => "clock",
            Subject::Permissions => "permissions",
            Subject::Leftovers => "leftovers",
            Subject::Volumes => "volumes",
        }
    }
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub subject: Subject,
    /// Whether it is as it should be.
    pub is_well: bool,
    /// What there is to say.
    pub text: String,
    /// What to do, where something is wrong and it cannot be mended here.
    pub advice: Option<&'static str>,
    /// Whether it can be mended here.
    pub is_mendable: bool,
}

impl Finding {
    /// All is well.
    pub(super) fn well(subject: Subject, text: impl Into<String>) -> Finding {
        Finding { subject, is_well: true, text: text.into(), advice: None, is_mendable: false }
    }

    /// Something is wrong, and can be mended here.
    pub(super) fn mendable(subject: Subject, text: impl Into<String>) -> Finding {
        Finding { is_well: false, is_mendable: true, ..Finding::well(subject, text) }
    }

    /// Something is wrong, and somebody must do something.
    pub(super) fn wrong(subject: Subject, text: impl Into<String>, advice: &'static str) -> Finding {
        Finding { is_well: false, advice: Some(advice), ..Finding::well(subject, text) }
    }
}

/// The first of several faults, and how many there are.
pub(super) fn listed(faults: &[String]) -> String {
    let named = faults.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>().join("; ");
    match faults.len() {
        0..=NAMED_MAX => named,
        number => format!("{named}; and so on, {number} in all"),
    }
}

/// How far a look at a database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Examining {
    /// It looks at a side now.
    LookingAt(Subject),
    /// It has looked at one.
    Found(Finding),
}

/// Whoever follows a look at a database, and may end it.
pub struct ExaminingWatcher<'a> {
    /// Set to true to end it: the look fails then, and no more is told.
    pub stop: Arc<AtomicBool>,
    /// Told each side before it is looked at, and what was found there.
    pub tell: &'a mut dyn FnMut(Examining),
}

impl ExaminingWatcher<'_> {
    /// Has a connection end what it is at when the look is to end.
    pub(super) fn watch(&self, connection: &Connection) -> rusqlite::Result<()> {
        let stop = Arc::clone(&self.stop);
        connection.progress_handler(STEPS_PER_LOOK, Some(move || stop.load(Ordering::Relaxed)))
    }

    /// Looks at a side, and tells what is found there. Returns whether all is well with it.
    pub(super) fn look_at(
        &mut self,
        subject: Subject,
        look: impl FnOnce() -> rusqlite::Result<Finding>,
    ) -> rusqlite::Result<bool> {
        (self.tell)(Examining::LookingAt(subject));
        let found = look();
        // A look that was ended may take that for damage.
        if self.stop.load(Ordering::Relaxed) {
            return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_INTERRUPT), None));
        }
        let finding = found?;
        let is_well = finding.is_well;
        (self.tell)(Examining::Found(finding));
        Ok(is_well)
    }
}
