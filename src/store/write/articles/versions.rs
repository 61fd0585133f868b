//! Versions of one article from files: which of them is its present wording, and where the others stand among its earlier
//! ones. Their dates say it: of change, else of publication. Between versions of one date, and where there is none, the
//! later one in the order of the files is the later one.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::model::Article;
use crate::revision::{Wording, substance};
use crate::store::file::change_seq::NEXT_CHANGE;
use crate::store::file::columns::public_time;
use crate::store::file::volumes::KNOWN_REVISION_BODY;

/// What a version from a file is to the stored wordings of its article.
pub(super) enum Version {
    /// Later than all of them.
    Latest,
    /// Earlier than the present one.
    Earlier,
    /// One of the earlier ones.
    Known,
}

/// Places a version that differs from the present wording.
pub(super) fn place(connection: &Connection, article: &Article, id: i64, at: Timestamp) -> rusqlite::Result<Version> {
    let at = public_time(at);
    let present_since: String = connection
        .prepare_cached("SELECT updated_at FROM articles WHERE id = ?1")?
        .query_row([id], |row| row.get(0))?;
    let is_dated = article.modified_at.is_some() || article.published.is_some();
    // The text of before may be put back; the same file may be read again.
    if !(is_dated && at > present_since)
        && is_stored(connection, wording_of(article), article.site_name.as_deref(), id)?
    {
        return Ok(Version::Known);
    }
    Ok(if at >= present_since { Version::Latest } else { Version::Earlier })
}

/// The wording of a version.
pub(super) fn wording_of(article: &Article) -> Wording<'_> {
    Wording { title: article.title.as_deref(), body: &article.body }
}

/// Whether a version reads as one of the earlier wordings.
pub(super) fn is_stored(
    connection: &Connection,
    version: Wording<'_>,
    site_name: Option<&str>,
    id: i64,
) -> rusqlite::Result<bool> {
    let sql = format!("SELECT title, {KNOWN_REVISION_BODY} FROM revisions WHERE article_id = ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([id])?;
    while let Some(row) = rows.next()? {
        let (title, body) = (row.get_ref(0)?.as_str_or_null()?, row.get_ref(1)?.as_str()?);
        if substance::reads_the_same(Wording { title, body }, version, site_name) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Puts a version among the earlier wordings of its article. Later ones, and the present one, are counted on by one.
pub(super) fn insert_earlier(
    connection: &Connection,
    version: Wording<'_>,
    id: i64,
    at: Timestamp,
    first_seen_at: Timestamp,
) -> rusqlite::Result<()> {
    let at = public_time(at);
    let number: i64 = connection
        .prepare_cached("SELECT count(*) + 1 FROM revisions WHERE article_id = ?1 AND seen_at <= ?2")?
        .query_row(params![id, at], |row| row.get(0))?;
    // In two steps, so that no number is there twice in between.
    connection
        .prepare_cached("UPDATE revisions SET revision = -revision - 1 WHERE article_id = ?1 AND revision >= ?2")?
        .execute([id, number])?;
    connection
        .prepare_cached("UPDATE revisions SET revision = -revision WHERE article_id = ?1 AND revision < 0")?
        .execute([id])?;
    connection
        .prepare_cached(
            "INSERT INTO revisions (article_id, revision, title, body, seen_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![id, number, version.title, version.body, at])?;
    connection
        .prepare_cached(&format!(
            "UPDATE articles SET revision = revision + 1, first_seen_at = min(first_seen_at, ?2), change_seq = {NEXT_CHANGE}
             WHERE id = ?1"
        ))?
        .execute(params![id, public_time(first_seen_at)])?;
    Ok(())
}
