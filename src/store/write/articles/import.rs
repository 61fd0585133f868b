//! Importing an article from a file.

use jiff::Timestamp;
use rusqlite::Connection;

use crate::model::{
    Alias, ArticleRecord, CanonicalUrl, ImportedArticle, NEWS_AGE_MAX, StoredArticle, Verdict, publisher_of,
};
use crate::store::write::articles::arrival::{Arrival, Identity};
use crate::store::write::articles::upsert::{Upserted, upsert};
use crate::store::write::removal::delete;
use crate::store::write::sources::{add, schedule};
use crate::store::write::transaction::WriteTransaction;
use crate::store::write::{links, sightings};

/// Stores an article from a file, if it is none that was deleted here. It has no link to release. Its source, where one is named, is
/// added if it is missing. Sightings that a record tells of are left to whoever reads the record.
pub(in crate::store) fn import(
    transaction: &WriteTransaction<'_>,
    imported: &ImportedArticle,
    record: Option<&ArticleRecord>,
) -> rusqlite::Result<Option<StoredArticle>> {
    let connection: &Connection = transaction;
    let ImportedArticle { article, source, guid, arrived_at, is_address_given } = imported;
    let (guid, first_seen_at) = (guid.as_deref(), *arrived_at);
    // A version counts as of when it was changed, which cannot be in the future.
    let now = article.modified_at.unwrap_or(first_seen_at).min(Timestamp::now()).max(first_seen_at);
    let source =
        source.as_deref().map(|slug| add::ensure_import_source(connection, slug, first_seen_at)).transpose()?;
    if delete::deleted_before(connection, imported, source)?.is_some() {
        return Ok(None);
    }
    let arrival = Arrival {
        source,
        guid,
        identity: Identity::default(),
        answered: None,
        asked: None,
        further_pages: &[],
        was_cut_off: false,
        is_entry: false,
        is_address_given: *is_address_given,
        first_seen_at,
        now,
        record,
    };
    let Upserted { stored, url, .. } = upsert(transaction, article, &arrival)?;
    let is_new = matches!(stored.verdict, Verdict::New | Verdict::Duplicate { .. });
    if let Some(url) = url {
        let publisher = publisher_of(url.as_url());
        links::add_alias(connection, &Alias { url, publisher }, stored.id, first_seen_at)?;
    }
    if let Some(source) = source {
        let url = article.url.as_ref().map(CanonicalUrl::as_str);
        if record.is_none_or(|record| record.sightings.is_empty()) {
            sightings::record_import(connection, stored.id, source, guid, url, first_seen_at)?;
        }
        if is_new {
            schedule::note_new_article(connection, source, first_seen_at)?;
        }
    }
    if is_new && record.is_none() && is_of_archive(imported) {
        count_as_read(connection, stored.id)?;
    }
    Ok(Some(stored))
}

/// Whether an article from a file is no news: who brings in an archive has not to read all of it before what comes in today.
pub(super) fn is_of_archive(imported: &ImportedArticle) -> bool {
    let published = imported.article.published.as_ref().map(|published| published.instant);
    Timestamp::now().duration_since(published.unwrap_or(imported.arrived_at)) > NEWS_AGE_MAX
}

/// Has feed readers take an article for read that has just come in.
pub(super) fn count_as_read(connection: &Connection, article: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM reading WHERE article_id = ?1 AND read_at IS NULL AND starred_at IS NULL")?
        .execute([article])?;
    Ok(())
}
