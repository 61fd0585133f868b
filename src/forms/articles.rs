//! Articles as JSON.

use serde_json::{Value, json};

use crate::model::{Article, CanonicalUrl, DatePrecision, Published};
use crate::store::{ArticleDetails, ArticleRow, RevisionRow, SightingRow};

use super::times::rfc3339;

/// A date of publication as people and programs read it: the day alone where that is all that is known.
pub(crate) fn published_text(published: &Published) -> String {
    match published.precision {
        DatePrecision::Day => published.offset.to_datetime(published.instant).date().to_string(),
        DatePrecision::Instant => match published.offset.seconds() {
            0 => published.instant.to_string(),
            _ => published.instant.display_with_offset(published.offset).to_string(),
        },
    }
}

/// An article that has not been stored.
pub(crate) fn not_stored(file: &str, article: &Article) -> Value {
    json!({
        "file": file,
        "url": article.url.as_ref().map(CanonicalUrl::as_str),
        "title": article.title,
        "published": article.published.as_ref().map(published_text),
        "published_at": article.published.map(|published| rfc3339(published.instant)),
        "date_source": article.published.map(|published| published.origin.as_str()),
        "modified_at": article.modified_at.map(rfc3339),
        "authors": article.authors,
        "language": article.language,
        "site_name": article.site_name,
        "section": article.section,
        "keywords": article.tags,
        "image_url": article.image_url,
        "paragraphs": article.paragraphs().collect::<Vec<_>>(),
        "words": article.words,
        "body_kind": article.body_kind.as_str(),
        "quality": article.quality.score,
        "quality_reasons": article.quality.reasons,
    })
}

/// A stored article in a list.
pub(crate) fn row(row: &ArticleRow) -> Value {
    json!({
        "id": row.id,
        "published_at": row.published_at,
        "date_precision": row.date_precision,
        "source": row.source,
        "language": row.language,
        "words": row.words,
        "body_kind": row.body_kind,
        "quality": row.quality,
        "title": row.title,
        "url": row.url,
        "duplicate_of": row.duplicate_of,
        "duplicate_kind": row.duplicate_kind,
        "revision": row.revision,
    })
}

/// A stored article as an export has it: with what it takes to store it again as it is.
pub(crate) fn exported(
    article: &ArticleDetails,
    sources: &[String],
    sightings: &[SightingRow],
    revisions: &[RevisionRow],
) -> Value {
    let mut value = details(article, sources);
    let sighting = |row: &SightingRow| {
        json!({
            "source": row.source,
            "source_title": row.source_title,
            "guid": row.guid,
            "url": row.url,
            "first_seen_at": row.first_seen_at,
            "last_seen_at": row.last_seen_at,
        })
    };
    value["sightings"] = sightings.iter().map(sighting).collect();
    let wording = |row: &RevisionRow| {
        json!({
            "revision": row.revision,
            "seen_at": row.seen_at,
            "title": row.title,
            "paragraphs": row.body.lines().collect::<Vec<_>>(),
        })
    };
    value["revisions"] = revisions.iter().map(wording).collect();
    value
}

/// A stored article with all that is known of it. What is here can be imported again.
pub(crate) fn details(article: &ArticleDetails, sources: &[String]) -> Value {
    let published = match article.row.date_precision.as_deref() {
        Some("day") => day_of(&article.row),
        _ => article.row.published_at.clone(),
    };
    json!({
        "id": article.row.id,
        "url": article.row.url,
        "title": article.row.title,
        "published": published,
        "published_at": article.row.published_at,
        "published_offset": article.published_offset,
        "date_source": article.date_source,
        "modified_at": article.modified_at,
        "authors": article.authors,
        "language": article.row.language,
        "source": article.row.source,
        "sources": sources,
        "site_name": article.site_name,
        "section": article.section,
        "keywords": article.keywords,
        "image_url": article.image_url,
        "paragraphs": article.body.lines().collect::<Vec<_>>(),
        "words": article.row.words,
        "body_kind": article.row.body_kind,
        "quality": article.row.quality,
        "quality_reasons": article.quality_reasons,
        "reservations": article.reservations,
        "duplicate_of": article.row.duplicate_of,
        "duplicate_kind": article.row.duplicate_kind,
        "first_seen_at": article.first_seen_at,
        "updated_at": article.updated_at,
        "removed_at": article.removed_at,
        "revision": article.row.revision,
        "sha256": article.sha256,
    })
}

/// When an article was published: the instant, the day alone, or nothing.
pub(crate) fn time_of(row: &ArticleRow) -> String {
    match (&row.published_at, row.date_precision.as_deref()) {
        (Some(time), Some("day")) => day_of(row).unwrap_or_else(|| time.clone()),
        (Some(time), _) => time.clone(),
        (None, _) => String::new(),
    }
}

/// The day of publication as its publisher counts days, not that of the instant, which in UTC may be the one before.
fn day_of(row: &ArticleRow) -> Option<String> {
    let day = row.date.as_ref()?;
    Some(format!("{}-{}-{}", day.get(..4)?, day.get(4..6)?, day.get(6..)?))
}
