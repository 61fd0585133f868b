//! Articles from an export, stored again as they were: number, times, sources, wordings and lineage.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::model::{
    ArticleRecord, DuplicateKind, ImportedArticle, RecordedAddress, RecordedLineage, RecordedWording, SourceId,
    StoredArticle, Verdict,
};
use crate::revision::{Wording, substance};
use crate::store::file::columns::{json_list, public_time};
use crate::store::file::volumes::KNOWN_BODY;
use crate::store::write::articles::{copies, import, row, versions};
use crate::store::write::links;
use crate::store::write::removal::walk::TEXT_GONE;
use crate::store::write::sources::add;
use crate::store::write::transaction::WriteTransaction;

/// Numbers above this are not taken over: the index of shingles holds none that is much larger, and whoever gives the
/// last number there is leaves none for the next article.
const NUMBER_MAX: i64 = i32::MAX as i64;

/// Takes in an article from an export, if it is none that was deleted here. What is known here already is left as it reads here.
///
/// Articles must come in the order of their numbers, so that each comes after those that it repeats; into an empty
/// database all of them then get the numbers that they had.
pub(in crate::store) fn restore(
    transaction: &WriteTransaction<'_>,
    imported: &ImportedArticle,
    record: &ArticleRecord,
) -> rusqlite::Result<Option<StoredArticle>> {
    let connection: &Connection = transaction;
    // It may be done again, after a transaction that came to nothing.
    record.companions.forget(record.id);
    let mut stored = match stored_before(connection, imported, record)? {
        Some(id) => StoredArticle { id, verdict: Verdict::Known { article_id: id } },
        None => {
            reserve_number(connection, record.id)?;
            match import::import(transaction, imported, Some(record))? {
                Some(stored) => stored,
                None => return Ok(None),
            }
        }
    };
    let is_new = matches!(stored.verdict, Verdict::New | Verdict::Duplicate { .. });
    if is_new {
        stored.verdict = complete(transaction, &stored, imported, record)?;
    } else {
        take_over_history(connection, stored.id, imported, record)?;
    }
    for RecordedAddress { key, url, publisher } in &record.addresses {
        links::lead_to(connection, key, (url, publisher), stored.id, imported.arrived_at)?;
    }
    for sighting in &record.sightings {
        let source = add::ensure_import_source(connection, &sighting.source, sighting.first_seen_at)?;
        if let Some(title) = &sighting.source_title {
            set_title(connection, source, title)?;
        }
        connection
            .prepare_cached(
                "INSERT INTO sightings (article_id, source_id, guid, url, first_seen_at, last_seen_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (article_id, source_id) DO UPDATE SET guid = coalesce(guid, excluded.guid),
                     url = coalesce(url, excluded.url), first_seen_at = min(first_seen_at, excluded.first_seen_at),
                     last_seen_at = max(last_seen_at, excluded.last_seen_at)",
            )?
            .execute(params![
                stored.id,
                source.0,
                sighting.guid,
                sighting.url,
                public_time(sighting.first_seen_at),
                public_time(sighting.last_seen_at),
            ])?;
    }
    // With the article: a merge that is interrupted and done again finds it here, and what is here somebody has yet to read.
    if is_new && record.counts_as_read.unwrap_or_else(|| import::is_of_archive(imported)) {
        import::count_as_read(connection, stored.id)?;
    }
    record.companions.insert(record.id, stored.id, is_new);
    Ok(Some(stored))
}

/// The article from an earlier import of the same export: by its number, or where its address leads to another one of
/// the export, by its document.
fn stored_before(
    connection: &Connection,
    imported: &ImportedArticle,
    record: &ArticleRecord,
) -> rusqlite::Result<Option<i64>> {
    let by_number: Option<i64> = connection
        .prepare_cached("SELECT id FROM articles WHERE id = ?1 AND sha256 = ?2")?
        .query_row(params![record.id, record.sha256], |row| row.get(0))
        .optional()?;
    if by_number.is_some_and(|id| !record.companions.contains(id)) {
        return Ok(by_number);
    }
    let Some(url) = &imported.article.url else { return Ok(None) };
    let at_address: Option<i64> = connection
        .prepare_cached("SELECT article_id FROM _links WHERE url_key = ?1")?
        .query_row([url.key()], |row| row.get(0))
        .optional()?
        .flatten();
    if !at_address.is_some_and(|id| record.companions.contains(id)) {
        return Ok(None);
    }
    let mut statement = connection.prepare_cached("SELECT id FROM articles WHERE sha256 = ?1 ORDER BY id")?;
    let mut rows = statement.query([&record.sha256])?;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        if !record.companions.contains(id) {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// Makes the row that holds the last number of an article, which SQLite makes with the first article.
pub(in crate::store) fn begin_numbers(connection: &Connection) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO sqlite_sequence (name, seq)
             SELECT 'articles', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'articles')",
        )?
        .execute([])?;
    Ok(())
}

/// Has the next article get this number, if no article has had it or a later one.
fn reserve_number(connection: &Connection, number: i64) -> rusqlite::Result<()> {
    if !(1..=NUMBER_MAX).contains(&number) {
        return Ok(());
    }
    begin_numbers(connection)?;
    connection
        .prepare_cached("UPDATE sqlite_sequence SET seq = ?1 WHERE name = 'articles' AND seq < ?1")?
        .execute([number - 1])?;
    Ok(())
}

/// Writes down what the export says of a new article.
fn complete(
    transaction: &WriteTransaction<'_>,
    stored: &StoredArticle,
    imported: &ImportedArticle,
    record: &ArticleRecord,
) -> rusqlite::Result<Verdict> {
    let connection: &Connection = transaction;
    let id = stored.id;
    connection
        .prepare_cached(
            "UPDATE articles SET words = coalesce(?2, words), quality_reasons = ?3, updated_at = ?4, removed_at = ?5,
                 revision = ?6
             WHERE id = ?1",
        )?
        .execute(params![
            id,
            record.words,
            json_list(&record.quality_reasons),
            public_time(record.updated_at),
            record.removed_at.map(public_time),
            record.revision,
        ])?;
    for wording in record.earlier.iter().filter(|wording| wording.revision < record.revision) {
        connection
            .prepare_cached(
                "INSERT OR IGNORE INTO revisions (article_id, revision, title, body, seen_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![id, wording.revision, wording.title, wording.body, public_time(wording.seen_at)])?;
    }
    let judged = match stored.verdict {
        Verdict::Duplicate { of, kind } => Some((of, kind)),
        _ => None,
    };
    let recorded = match record.lineage {
        // An export of a choice of articles may lack the one that is repeated.
        RecordedLineage::CopyOf(of, kind) => record.companions.number_of(of).map(|of| (of, kind)).or(judged),
        // The export knows nothing of what was stored here before it.
        RecordedLineage::Original => judged.filter(|(of, _)| !record.companions.contains(*of)),
    };
    if recorded == judged {
        return Ok(stored.verdict.clone());
    }
    let (of, kind) = recorded.unzip();
    connection
        .prepare_cached("UPDATE articles SET duplicate_of = ?2, duplicate_kind = ?3 WHERE id = ?1")?
        .execute(params![id, of, kind.map(DuplicateKind::as_str)])?;
    if judged.map(|(of, _)| of) != of {
        connection.prepare_cached("DELETE FROM _copies WHERE article_id = ?1")?.execute([id])?;
        transaction.cache().roots().remove(&id);
        if let Some((of, DuplicateKind::Exact)) = recorded {
            copies::record_exact(connection, id, of, imported.article.paragraphs().count())?;
        }
    }
    Ok(recorded.map_or(Verdict::New, |(of, kind)| Verdict::Duplicate { of, kind }))
}

/// Adds the wordings to those of an article that it has there and not here, and its removal there, if that was seen later than its
/// present wording. What was taken away here for its age does not come back.
fn take_over_history(
    connection: &Connection,
    id: i64,
    imported: &ImportedArticle,
    record: &ArticleRecord,
) -> rusqlite::Result<()> {
    if record.earlier.is_empty() && record.removed_at.is_none() {
        return Ok(());
    }
    let (title, body, updated_at, is_text_gone): (Option<String>, String, String, bool) = connection
        .prepare_cached(&format!(
            "SELECT title, {KNOWN_BODY}, updated_at, instr(quality_reasons, ?2) > 0 FROM articles WHERE id = ?1"
        ))?
        .query_row(params![id, TEXT_GONE], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    let site_name = imported.article.site_name.as_deref();
    let present = Wording { title: title.as_deref(), body: &body };
    for RecordedWording { title, body, seen_at, .. } in record.earlier.iter().filter(|_| !is_text_gone) {
        let earlier = Wording { title: title.as_deref(), body };
        let is_here = substance::reads_the_same(present, earlier, site_name)
            || versions::is_stored(connection, earlier, site_name, id)?;
        if !is_here {
            versions::insert_earlier(connection, earlier, id, *seen_at, *seen_at)?;
        }
    }
    match record.removed_at {
        Some(at) if public_time(at) >= updated_at => row::mark_removed(connection, id, at).map(|_| ()),
        _ => Ok(()),
    }
}

/// Makes a source that imported articles are said to come from, and gives it a title if it has none.
pub(in crate::store) fn name_source(
    connection: &Connection,
    slug: &str,
    title: &str,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let source = add::ensure_import_source(connection, slug, now)?;
    set_title(connection, source, title)
}

/// Gives a source a title if it has none.
fn set_title(connection: &Connection, source: SourceId, title: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE sources SET title = ?2 WHERE id = ?1 AND (title IS NULL OR title = slug)")?
        .execute(params![source.0, title])?;
    Ok(())
}
