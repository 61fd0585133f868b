//! Closing a month: its texts go to a volume, and out of the database when they are safe there.
//!
//! The steps are rows of `volumes`. Each can be repeated, so that whoever was killed in one goes on with the same command: the row with its
//! token, the file of that token, the texts that the file has. A text is only taken out where the file, which is whole, synced and was read
//! again, has the very same one.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::config::StoreSettings;
use crate::store::file::columns::public_time;
use crate::store::file::error::StoreError;
use crate::store::file::open::open_for_reading;
use crate::store::file::volume_file::{self, VolumeFigures, fault_of};
use crate::store::file::volumes::{self, Month, file_of, folder_of_volumes};
use crate::store::write::beside::beside;
use crate::store::write::packing::Shortened;

/// So many texts are taken out in one transaction: the daemon waits some tenths of a second for it.
const MOVED_AT_ONCE: u32 = 100;

/// Pages that are merged of the full-text index in one transaction.
const MERGED_PAGES: i32 = 500;

/// How far the closing of a month is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClosingStage {
    /// Texts are written to the file: so many articles so far.
    Writing(u64),
    /// Texts are taken out of the database: so many articles so far, of so many.
    Moving(u64, u64),
    /// What the full-text index had of them is taken out of it.
    Merging,
}

/// What became of a month that was to be closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closing {
    /// It is closed.
    Closed {
        /// Articles in its file.
        n_articles: u64,
        /// Earlier wordings in its file.
        n_revisions: u64,
        /// Size of its file.
        bytes: u64,
    },
    /// It was closed before.
    WasClosed,
    /// No article with a text was first seen in it.
    Empty,
    /// It was given up; the same again goes on.
    Stopped,
}

/// Closes a month, beside a running daemon. `go_on` is told how far it is, and ends it by `false`.
///
/// # Errors
///
/// [`StoreError::Unusable`] for a month that is not over, and where the file cannot be written or is not as it was written; when the database
/// cannot be written. No text is gone then.
pub fn close_month_beside(
    settings: &StoreSettings,
    month: Month,
    now: Timestamp,
    mut go_on: impl FnMut(ClosingStage) -> bool,
) -> Result<Closing, StoreError> {
    let database = &settings.path;
    if month >= Month::of(now) {
        let reason = format!("{month} is not over (in UTC); close it when it is");
        return Err(StoreError::Unusable { path: database.display().to_string(), reason });
    }
    let begun = beside(settings, |connection| begin(connection, month))?;
    let (state, token) = match begun {
        None => return Ok(Closing::Empty),
        Some((state, _)) if state == "closed" => return Ok(Closing::WasClosed),
        Some(begun) => begun,
    };
    if state == "writing" {
        let source = open_for_reading(database, settings.busy_timeout)?.connection;
        let mut is_stopped = false;
        let written = volume_file::write(&source, database, month, &token, |n_articles| {
            is_stopped = !go_on(ClosingStage::Writing(n_articles));
            !is_stopped
        });
        let figures = match written {
            Err(_) if is_stopped => return Ok(Closing::Stopped),
            written => written?,
        };
        beside(settings, |connection| note_written(connection, month, &figures))?;
    }
    if !move_texts(settings, month, &token, &mut go_on)? {
        return Ok(Closing::Stopped);
    }
    // Before it is said to be closed: whoever is killed here leaves it to the next one, as anywhere else.
    for index in ["articles_fts", "articles_characters"] {
        if !merge_index(settings, index, &mut go_on)? {
            return Ok(Closing::Stopped);
        }
    }
    beside(settings, |connection| {
        connection.execute(
            "UPDATE volumes SET state = 'closed', closed_at = ?2 WHERE month = ?1",
            params![month, public_time(now)],
        )?;
        connection.query_row("SELECT n_articles, n_revisions, bytes FROM volumes WHERE month = ?1", [month], |row| {
            Ok(Closing::Closed { n_articles: row.get(0)?, n_revisions: row.get(1)?, bytes: row.get(2)? })
        })
    })
}

/// Writes the row of a month, if there is anything to close, and tells how far it is.
fn begin(connection: &Connection, month: Month) -> rusqlite::Result<Option<(String, String)>> {
    let known = connection
        .query_row("SELECT state, token FROM volumes WHERE month = ?1", [month], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if known.is_some() {
        return Ok(known);
    }
    // By the time of the first sighting: that of the publication changes with what publishers say. An import of an earlier wording alone may
    // set it back; what stands in a volume stays in it.
    connection
        .query_row(
            "INSERT INTO volumes (month, state, token)
             SELECT ?1, 'writing', lower(hex(randomblob(16))) WHERE EXISTS (
                 SELECT 1 FROM articles WHERE first_seen_at >= ?1 AND first_seen_at < ?2 AND volume IS NULL AND body <> '')
             RETURNING state, token",
            [month, month.next()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()
}

fn note_written(connection: &Connection, month: Month, figures: &VolumeFigures) -> rusqlite::Result<()> {
    let VolumeFigures { n_articles, n_revisions, bytes, sha256, last_id } = figures;
    connection
        .execute(
            "UPDATE volumes SET state = 'moving', n_articles = ?2, n_revisions = ?3, bytes = ?4, sha256 = ?5, last_id = ?6
             WHERE month = ?1 AND state = 'writing'",
            params![month, n_articles, n_revisions, bytes, sha256, last_id],
        )
        .map(|_| ())
}

/// Takes out of the database the texts that the file has. Returns whether all are.
fn move_texts(
    settings: &StoreSettings,
    month: Month,
    token: &str,
    go_on: &mut impl FnMut(ClosingStage) -> bool,
) -> Result<bool, StoreError> {
    let path = file_of(&folder_of_volumes(&settings.path), month);
    let wrong = |reason: String| StoreError::Unusable { path: path.display().to_string(), reason };
    let (sha256, n_articles): (Option<String>, u64) = beside(settings, |connection| {
        let sql = "SELECT sha256, n_articles FROM volumes WHERE month = ?1";
        connection.query_row(sql, [month], |row| Ok((row.get(0)?, row.get(1)?)))
    })?;
    // It may have been written by a process of long ago.
    if let Some(fault) = fault_of(&path, month, token, sha256.as_deref()) {
        return Err(wrong(fault));
    }
    let volume = volumes::open(&path, month, Some(token)).map_err(wrong)?;
    let unread = |error: rusqlite::Error| wrong(error.to_string());
    let mut n_passed = 0;
    for (table, key, article) in [("articles", "id", "id"), ("revisions", "row", "article_id")] {
        let sql =
            format!("SELECT {key}, {article}, body FROM {table} WHERE {key} > ?1 ORDER BY {key} LIMIT {MOVED_AT_ONCE}");
        let mut last = 0;
        loop {
            let mut statement = volume.prepare_cached(&sql).map_err(unread)?;
            let texts = statement.query_map([last], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
            let texts: Vec<(i64, i64, String)> =
                texts.and_then(|texts| texts.collect::<Result<_, _>>()).map_err(unread)?;
            let Some((end, ..)) = texts.last() else { break };
            last = *end;
            beside(settings, |connection| {
                let mut moved = Moved { articles: Shortened::articles(), wordings: Shortened::revisions() };
                for (row, id, body) in &texts {
                    match table {
                        "articles" => moved.text(connection, month, *id, body)?,
                        _ => moved.wording(connection, month, (*id, -row), body)?,
                    }
                }
                moved.articles.pack(connection)?;
                moved.wordings.pack(connection)
            })?;
            if table == "articles" {
                n_passed += texts.len() as u64;
            }
            if !go_on(ClosingStage::Moving(n_passed, n_articles)) {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// What was taken out in a transaction.
struct Moved {
    articles: Shortened,
    wordings: Shortened,
}

impl Moved {
    /// Takes the text of an article out, wherever it stands: a later wording may have moved it to the earlier ones since it was written.
    fn text(&mut self, connection: &Connection, month: Month, id: i64, body: &str) -> rusqlite::Result<()> {
        let n_moved = connection
            .prepare_cached(
                "UPDATE articles SET body = '', volume = ?2 WHERE id = ?1 AND volume IS NULL AND body = ?3",
            )?
            .execute(params![id, month, body])?;
        if n_moved == 0 {
            return self.wording(connection, month, (id, id), body);
        }
        self.articles.add(id, body.len() as u64);
        Ok(())
    }

    /// Takes the text of an earlier wording out. Where several have the same text, the file's is that of all.
    fn wording(
        &mut self,
        connection: &Connection,
        month: Month,
        (article_id, volume_row): (i64, i64),
        body: &str,
    ) -> rusqlite::Result<()> {
        let rows: Vec<i64> = connection
            .prepare_cached(
                "UPDATE revisions SET body = '', volume = ?2, volume_row = ?3
                 WHERE article_id = ?1 AND volume IS NULL AND body = ?4 RETURNING rowid",
            )?
            .query_map(params![article_id, month, volume_row, body], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for row in rows {
            self.wordings.add(row, body.len() as u64);
        }
        Ok(())
    }
}

/// Merges the parts of a full-text index, which has the words of what was taken out until then. Returns whether nothing is left to merge.
fn merge_index(
    settings: &StoreSettings,
    index: &str,
    go_on: &mut impl FnMut(ClosingStage) -> bool,
) -> Result<bool, StoreError> {
    // As the documentation of FTS5 has it: below zero to begin with all parts, and less than two changes tell that nothing is left.
    let mut n_pages = -MERGED_PAGES;
    loop {
        let n_changes = beside(settings, |connection| {
            let before = connection.total_changes();
            connection.execute(&format!("INSERT INTO {index} ({index}, rank) VALUES ('merge', ?1)"), [n_pages])?;
            Ok(connection.total_changes() - before)
        })?;
        if n_changes < 2 {
            return Ok(true);
        }
        if !go_on(ClosingStage::Merging) {
            return Ok(false);
        }
        n_pages = MERGED_PAGES;
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::store::file::open::open_for_writing;
    use crate::store::file::volumes::{ARTICLE_BODY, REVISION_BODY};

    const N_ARTICLES: u32 = 230;

    /// Steps of a closing that is given up when the full-text indexes are merged, after all texts have moved.
    const UNTIL_MERGING: u32 = u32::MAX - 1;

    /// Articles of September with an earlier wording for each third, and some of October.
    fn fill(settings: &StoreSettings) {
        let connection = open_for_writing(settings).unwrap();
        connection
            .execute_batch(&format!(
                "WITH numbers (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM numbers WHERE id < {N_ARTICLES} + 20)
                 INSERT INTO articles (id, title, words, body, body_kind, quality, revision, first_seen_at, updated_at, sha256, change_seq, new_seq)
                 SELECT id, 'Report ' || id, 5, 'The ferry number ' || id || ' sails; 第' || id || '号の台風.', 'full', 90, 1 + (id % 3 = 0),
                     iif(id <= {N_ARTICLES}, '2026-09-30T23:59:59Z', '2026-10-01T00:00:00Z'), '2026-10-02T00:00:00Z', '', id, id
                 FROM numbers;
                 INSERT INTO revisions (article_id, revision, title, body, seen_at)
                 SELECT id, 1, title, 'The ferry number ' || id || ' waits.', first_seen_at FROM articles WHERE id % 3 = 0"
            ))
            .unwrap();
        drop(connection);
        beside(settings, |_| Ok(())).unwrap();
    }

    /// All texts, wherever they stand.
    fn texts(path: &Path) -> Vec<(i64, i64, Option<String>)> {
        let connection = open_for_reading(path, std::time::Duration::ZERO).unwrap().connection;
        let sql = format!(
            "SELECT id, 0, {ARTICLE_BODY} FROM articles UNION ALL SELECT article_id, revision, {REVISION_BODY} FROM revisions ORDER BY 1, 2"
        );
        let mut statement = connection.prepare(&sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn a_closing_that_is_given_up_at_any_step_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let settings = StoreSettings { path: folder.path().join("a.db"), ..crate::config::defaults().store };
        fill(&settings);
        let (month, now): (Month, Timestamp) = ("2026-09".parse().unwrap(), "2026-10-03T00:00:00Z".parse().unwrap());
        let before = texts(&settings.path);
        assert_eq!(before.len(), (N_ARTICLES + 20 + (N_ARTICLES + 20) / 3) as usize);
        let mut stops = Vec::new();
        for n_steps in [1, 100, N_ARTICLES + 1, 1, 2, 1, UNTIL_MERGING, u32::MAX] {
            let mut n_left = n_steps;
            let mut last = None;
            let closing = close_month_beside(&settings, month, now, |stage| {
                last = Some(stage);
                n_left -= 1;
                n_left > 0 && (n_steps != UNTIL_MERGING || stage != ClosingStage::Merging)
            });
            assert_eq!(texts(&settings.path), before, "after {n_steps} steps");
            if closing.unwrap() == Closing::Stopped {
                stops.push(last.unwrap());
            }
        }
        let moved = |n| ClosingStage::Moving(n, u64::from(N_ARTICLES));
        assert_eq!(stops.pop(), Some(ClosingStage::Merging), "what is merged halfway is not closed");
        let expected =
            [ClosingStage::Writing(1), ClosingStage::Writing(100), moved(100), moved(100), moved(200), moved(100)];
        assert_eq!(stops, expected);
        let connection = open_for_writing(&settings).unwrap();
        let left: (u32, u32, String, i64) = connection
            .query_row(
                "SELECT count(*) FILTER (WHERE volume IS NULL), count(*) FILTER (WHERE body = '' AND volume = '2026-09'),
                     (SELECT state FROM volumes), max(change_seq) FROM articles",
                [],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
            )
            .unwrap();
        assert_eq!(left, (20, N_ARTICLES, "closed".to_owned(), i64::from(N_ARTICLES) + 20));
        assert_eq!(close_month_beside(&settings, month, now, |_| true).unwrap(), Closing::WasClosed);
        assert!(
            close_month_beside(&settings, month.next(), now, |_| true).unwrap_err().to_string().contains("not over")
        );
    }
}
