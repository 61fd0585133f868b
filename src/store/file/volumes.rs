//! Volumes: files beside the database with the texts of months that are over. Which month, which file, and reading texts from them.
//!
//! Each is opened by itself, for reading, when something in it is asked for, and the last few stay open. `ATTACH` would show them to SQL as
//! further schemas of one connection: but SQLite attaches ten by default and never more than 125, by how it was built; none can be attached or
//! detached within a transaction, in which a reader mostly is; and one file that is missing would make every statement fail that names it.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, OptionalExtension, ToSql};
use tracing::warn;
use url::Url;

use crate::store::file::new_file::beside;

/// `PRAGMA application_id` of a volume: "nwsv".
pub(in crate::store) const VOLUME_APPLICATION_ID: i32 = 0x6e77_7376;

/// `PRAGMA user_version` of the volumes that this program makes.
pub(in crate::store) const VOLUME_VERSION: i32 = 1;

/// Volumes that stay open: of more than these a search opens each anew, in about a millisecond. Each takes up to two megabytes.
const OPEN_MAX: usize = 16;

/// How the name of the folder ends that has the volumes of a database.
const FOLDER_ENDING: &str = ".volumes";

/// The text of an article of a statement of ours that names `articles`: NULL where it cannot be had. For files of this version.
pub(in crate::store) const ARTICLE_BODY: &str =
    "CASE WHEN articles.volume IS NULL THEN articles.body ELSE volume_text(articles.volume, articles.id) END";

/// The same of an earlier wording, in one that names `revisions`.
pub(in crate::store) const REVISION_BODY: &str = "CASE WHEN revisions.volume IS NULL THEN revisions.body ELSE volume_text(revisions.volume, revisions.volume_row) END";

/// What a writer compares with: empty where the file cannot be read, as no text in a volume is.
pub(in crate::store) const KNOWN_BODY: &str = "CASE WHEN articles.volume IS NULL THEN articles.body ELSE coalesce(volume_text(articles.volume, articles.id), '') END";

/// The same of an earlier wording.
pub(in crate::store) const KNOWN_REVISION_BODY: &str = "CASE WHEN revisions.volume IS NULL THEN revisions.body
     ELSE coalesce(volume_text(revisions.volume, revisions.volume_row), '') END";

/// A month in UTC, `2026-09`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    year: i16,
    month: i8,
}

impl Month {
    /// The one in which an instant is.
    #[must_use]
    pub fn of(instant: Timestamp) -> Month {
        let date = instant.to_zoned(jiff::tz::TimeZone::UTC).date();
        Month { year: date.year(), month: date.month() }
    }

    /// The one behind it.
    #[must_use]
    pub fn next(self) -> Month {
        match self.month {
            12 => Month { year: self.year + 1, month: 1 },
            month => Month { year: self.year, month: month + 1 },
        }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for Month {
    type Err = String;

    fn from_str(text: &str) -> Result<Month, String> {
        let wrong = || format!("{text:?} is no month; one is written 2026-09");
        let (year, month) =
            text.split_once('-').filter(|(year, month)| year.len() == 4 && month.len() == 2).ok_or_else(wrong)?;
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let parts = (is_digits(year) && is_digits(month), year.parse(), month.parse());
        let (true, Ok(year), Ok(month)) = parts else { return Err(wrong()) };
        if (1..=12).contains(&month) && (1..9999).contains(&year) { Ok(Month { year, month }) } else { Err(wrong()) }
    }
}

impl ToSql for Month {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.to_string()))
    }
}

/// The folder with the volumes of a database.
pub(in crate::store) fn folder_of_volumes(database: &Path) -> PathBuf {
    // Where the database is a link, its volumes lie beside what it leads to.
    let database = database.canonicalize().unwrap_or_else(|_| database.to_owned());
    beside(&database, FOLDER_ENDING)
}

/// The file of a volume, in the folder.
pub(in crate::store) fn file_of(folder: &Path, month: Month) -> PathBuf {
    folder.join(format!("{month}.db"))
}

/// A month that is closed, or of which texts have begun to move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) struct Closed {
    pub(in crate::store) month: Month,
    pub(in crate::store) token: String,
    pub(in crate::store) last_id: i64,
    pub(in crate::store) n_articles: u32,
}

/// The months of which texts stand in volumes, the one with the latest articles first. None in a file of an earlier version.
pub(in crate::store) fn closed(connection: &Connection) -> rusqlite::Result<Vec<Closed>> {
    let sql = "SELECT month, token, coalesce(last_id, 0), coalesce(n_articles, 0) FROM volumes WHERE state <> 'writing' ORDER BY 3 DESC";
    // Where there is no such table: of one that is never closed this is all that reading costs more.
    let Ok(mut statement) = connection.prepare_cached(sql) else { return Ok(Vec::new()) };
    let rows = statement.query_map([], |row| {
        let month: String = row.get(0)?;
        let Ok(month) = month.parse() else { return Ok(None) };
        Ok(Some(Closed { month, token: row.get(1)?, last_id: row.get(2)?, n_articles: row.get(3)? }))
    })?;
    let rows: Vec<Option<Closed>> = rows.collect::<Result<_, _>>()?;
    Ok(rows.into_iter().flatten().collect())
}

/// The texts of articles as a statement of ours has them: `articles.body` in a file without volumes, whatever its version.
pub(in crate::store) fn article_body(connection: &Connection) -> &'static str {
    if has_some(connection) { ARTICLE_BODY } else { "articles.body" }
}

/// The same for earlier wordings.
pub(in crate::store) fn revision_body(connection: &Connection) -> &'static str {
    if has_some(connection) { REVISION_BODY } else { "revisions.body" }
}

/// Whether texts stand in volumes, or may soon. A row is there long before the first text moves, so that whoever asks next reads what moves
/// meanwhile.
pub(in crate::store) fn has_some(connection: &Connection) -> bool {
    let Ok(mut statement) = connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM volumes)") else {
        return false;
    };
    // Where that table is damaged each article says where its text is.
    statement.query_row([], |row| row.get(0)).unwrap_or(true)
}

/// What a volume could not give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) struct Unread {
    pub(in crate::store) month: Month,
    /// The file, what is wrong with it, and what to do.
    pub(in crate::store) fault: String,
    /// How many texts were asked for in vain.
    pub(in crate::store) n_texts: u64,
}

/// The volumes of a database, as one connection reads them.
#[derive(Debug)]
pub(in crate::store) struct Volumes {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    folder: Option<PathBuf>,
    is_writer: bool,
    /// Those that are open, the one that was asked last at the end.
    open: VecDeque<(Month, Connection)>,
    unread: BTreeMap<Month, (String, u64)>,
    /// By which files are told from others of that name, as far as they are known.
    tokens: BTreeMap<Month, String>,
}

impl Volumes {
    /// Gives a connection that writes the function that its statements read texts with. Nothing is opened. Nobody asks a writer what it could
    /// not read: the log says so, once of each volume.
    pub(in crate::store) fn attach_to_writer(connection: &Connection) -> rusqlite::Result<()> {
        Volumes::attach(connection, true).map(|_| ())
    }

    /// The same for a connection that reads.
    pub(in crate::store) fn attach_to(connection: &Connection) -> rusqlite::Result<Arc<Volumes>> {
        Volumes::attach(connection, false)
    }

    fn attach(connection: &Connection, is_writer: bool) -> rusqlite::Result<Arc<Volumes>> {
        let database = connection.path().filter(|path| !path.is_empty()).map(Path::new);
        let folder = database.map(folder_of_volumes);
        let state =
            State { folder, is_writer, open: VecDeque::new(), unread: BTreeMap::new(), tokens: BTreeMap::new() };
        let volumes = Arc::new(Volumes { state: Mutex::new(state) });
        let asked = Arc::clone(&volumes);
        // Not deterministic: a file may come back. Only statements of ours call it, no view and no trigger.
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DIRECTONLY;
        connection.create_scalar_function("volume_text", 2, flags, move |context| {
            let month = context.get_raw(0).as_str().ok().and_then(|month| month.parse().ok());
            let row = match context.get_raw(1) {
                ValueRef::Integer(row) => Some(row),
                _ => None,
            };
            Ok(month.zip(row).and_then(|(month, row)| asked.text(month, row)))
        })?;
        Ok(volumes)
    }

    /// Learns which files are meant.
    pub(in crate::store) fn learn(&self, closed: &[Closed]) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for one in closed.iter().filter(|one| state.tokens.get(&one.month) != Some(&one.token)).collect::<Vec<_>>() {
            state.open.retain(|(month, _)| *month != one.month);
            state.tokens.insert(one.month, one.token.clone());
        }
    }

    /// A text; nothing where its file cannot be read, which is noted, or has no such text.
    fn text(&self, month: Month, row: i64) -> Option<String> {
        self.ask(month, 1, |connection| {
            let (sql, row) = match row {
                0.. => ("SELECT body FROM articles WHERE id = ?1", row),
                _ => ("SELECT body FROM revisions WHERE row = ?1", -row),
            };
            connection.prepare_cached(sql)?.query_row([row], |row| row.get(0)).optional()
        })
        .flatten()
    }

    /// Asks a volume. Nothing where it cannot be read; that is noted, with how many texts were asked for.
    pub(in crate::store) fn ask<T>(
        &self,
        month: Month,
        n_texts: u64,
        question: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Option<T> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = state.opened(month).and_then(|connection| {
            question(connection).map_err(|error| format!("{error}; `newswire volumes check {month}` looks into it"))
        });
        match answer {
            Ok(answer) => Some(answer),
            Err(fault) => {
                let path = state.folder.as_ref().map_or_else(PathBuf::new, |folder| file_of(folder, month));
                let is_writer = state.is_writer;
                let noted = state.unread.entry(month).or_insert_with(|| {
                    if is_writer {
                        warn!(
                            "{}: {fault}; until then articles whose texts are in it count as unchanged",
                            path.display()
                        );
                    }
                    (format!("{}: {fault}", path.display()), 0)
                });
                noted.1 += n_texts;
                None
            }
        }
    }

    /// What could not be had since this was asked last.
    pub(in crate::store) fn take_unread(&self) -> Vec<Unread> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let unread = std::mem::take(&mut state.unread);
        unread.into_iter().map(|(month, (fault, n_texts))| Unread { month, fault, n_texts }).collect()
    }

    /// Whether something could not be had.
    pub(in crate::store) fn has_unread(&self) -> bool {
        !self.state.lock().unwrap_or_else(PoisonError::into_inner).unread.is_empty()
    }
}

impl State {
    fn opened(&mut self, month: Month) -> Result<&Connection, String> {
        if let Some(at) = self.open.iter().position(|(open, _)| *open == month) {
            self.open.make_contiguous()[at..].rotate_left(1);
        } else {
            let folder = self.folder.as_ref().ok_or("this database is in no folder")?;
            let connection = open(&file_of(folder, month), month, self.tokens.get(&month).map(String::as_str))?;
            if self.open.len() == OPEN_MAX {
                self.open.pop_front();
            }
            self.open.push_back((month, connection));
        }
        self.open.back().map(|(_, connection)| connection).ok_or_else(String::new)
    }
}

/// Opens a volume as it lies: nobody writes to it, so that it takes no locks, and no files beside it. Says what is wrong with it.
pub(in crate::store) fn open(path: &Path, month: Month, token: Option<&str>) -> Result<Connection, String> {
    if !path.exists() {
        return Err("is not there; put it back from where it was moved to, or from a copy".to_owned());
    }
    let mut url = path.canonicalize().ok().and_then(|path| Url::from_file_path(path).ok()).ok_or("cannot be named")?;
    url.set_query(Some("immutable=1"));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let wrong = |error: rusqlite::Error| format!("{error}; put it back from a copy");
    let connection = Connection::open_with_flags(url.as_str(), flags).map_err(wrong)?;
    let id: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(wrong)?;
    if id != VOLUME_APPLICATION_ID {
        return Err("is no volume; put it back from a copy".to_owned());
    }
    let version: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(wrong)?;
    if version > VOLUME_VERSION {
        return Err("was made by a later version of newswire, which can read it".to_owned());
    }
    let (has, made): (String, String) = connection
        .query_row("SELECT month, token FROM volume", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .map_err(wrong)?;
    if has != month.to_string() || token.is_some_and(|token| token != made) {
        return Err("is another volume, or one of another database; put the right one back".to_owned());
    }
    // Lists as parameters: `rarray(?1)`.
    rusqlite::vtab::array::load_module(&connection).map_err(wrong)?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_written_with_its_year() {
        let month: Month = "2026-12".parse().unwrap();
        assert_eq!((month.to_string(), month.next().to_string()), ("2026-12".to_owned(), "2027-01".to_owned()));
        assert_eq!(Month::of("2026-12-31T23:59:59Z".parse().unwrap()), month);
        for wrong in ["2026-13", "2026-00", "2026-9", "26-09", "2026-09-01", "+026-09", "2026", ""] {
            assert!(wrong.parse::<Month>().unwrap_err().contains("2026-09"), "{wrong}");
        }
    }
}
