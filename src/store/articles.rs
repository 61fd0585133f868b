//! Committing an article: the article, its sightings and the release of its claim are one transaction, and whether it
//! was seen before is judged inside it.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::bundle;
use crate::config::ScheduleSettings;
use crate::dedup::{self, Known, Lookalikes};
use crate::model::{
    Absence, Alias, Article, ArticleOutcome, ArticleRecord, ArticleResult, Candidate, CanonicalUrl, DatePrecision,
    DuplicateKind, ImportedArticle, SourceId, StoredArticle, Validators, Verdict, publisher_of,
};

use super::changes::NEXT_CHANGE;
use super::claims::refresh_publisher;
use super::copies::{self, Comparison};
use super::looks::{self, Looks};
use super::memory::WriteTransaction;
use super::rows::{json_list, private_time, public_time};
use super::stories::{self, Arrived};
use super::{fetches, links, polls, sources};

/// What became of the fetch of an article.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArticleCommit {
    /// The article, when there was one.
    pub stored: Option<StoredArticle>,
    /// The lease had run out and another fetch has taken its place: only the exchanges were written down.
    pub is_stale: bool,
    /// The article that was found to be gone.
    pub removed: Option<i64>,
}

pub(super) fn commit(
    transaction: &WriteTransaction<'_>,
    outcome: &ArticleOutcome,
    schedule: &ScheduleSettings,
) -> rusqlite::Result<ArticleCommit> {
    let connection: &Connection = transaction;
    let ArticleOutcome { candidate, exchanges, finished_at, host_ready_at, result } = outcome;
    let now = *finished_at;
    let link_id = candidate.link.0;
    let link: Option<(Option<i64>, Option<i64>)> = connection
        .prepare_cached("SELECT claim_id, article_id FROM _links WHERE id = ?1")?
        .query_row([link_id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (claim, known_article_id) = link.unwrap_or_default();
    if claim != Some(candidate.claim.0) {
        fetches::record(connection, exchanges, candidate.source, None)?;
        return Ok(ArticleCommit { is_stale: true, ..ArticleCommit::default() });
    }
    let looks = Looks { connection, candidate, schedule, now };
    // Whether what was read is, instead of the article that was known there, something else.
    let stands_for = |is_else: &dyn Fn(&Article, &Known) -> bool, article: &Article| -> rusqlite::Result<bool> {
        let known = known_article_id.map(|id| known(connection, id)).transpose()?.flatten();
        Ok(known.is_some_and(|known| is_else(article, &known)))
    };
    let mut stored = None;
    let mut removed = None;
    match result {
        ArticleResult::Article { article, answered, .. } if is_deleted(connection, candidate, article, answered)? => {
            finish_link(connection, link_id, known_article_id, None, None)?;
        }
        ArticleResult::Article { article, .. } if stands_for(&dedup::is_barrier, article)? => {
            let look_at = known_article_id.map(|id| looks.next(id)).transpose()?.flatten();
            finish_link(connection, link_id, known_article_id, None, look_at)?;
            stored = known_article_id.map(|id| StoredArticle { id, verdict: Verdict::Known { article_id: id } });
        }
        ArticleResult::Article { article, .. } if stands_for(&dedup::is_notice_of_absence, article)? => {
            removed = looks.after_failure(known_article_id, Absence::Likely, None)?;
        }
        ArticleResult::Article { article, answered, publisher, validators } => {
            let arrival = Arrival {
                source: candidate.source,
                guid: candidate.hints.guid.as_deref(),
                known_article_id,
                answered: Some(answered),
                first_seen_at: candidate.first_seen_at,
                now,
                record: None,
            };
            let kept = keep(transaction, article, &arrival)?;
            let canonical = kept.url.clone().map(|url| Alias { url, publisher: publisher.clone() });
            // What was made of a feed's entry has no page to look at.
            let look_at = if exchanges.is_empty() { None } else { looks.next(kept.stored.id)? };
            finish_link(connection, link_id, Some(kept.stored.id), Some(validators), look_at)?;
            looks::note_return(connection, kept.stored.id)?;
            for alias in canonical.iter().chain([answered]) {
                links::lead_to(connection, alias, kept.stored.id, now)?;
            }
            if let Some(replaced) = known_article_id.filter(|known| *known != kept.stored.id) {
                // Its address leads to another article now.
                looks::note_removal(connection, replaced, now)?;
                removed = Some(replaced);
            }
            let sources = links::move_sightings(connection, link_id, kept.stored.id)?;
            if matches!(kept.stored.verdict, Verdict::New | Verdict::Duplicate { .. }) {
                for source in sources {
                    polls::note_new_article(connection, source.0, now)?;
                }
            }
            stored = Some(kept.stored);
        }
        ArticleResult::Unchanged => {
            let look_at = known_article_id.map(|id| looks.next(id)).transpose()?.flatten();
            finish_link(connection, link_id, known_article_id, None, look_at)?;
            if let Some(id) = known_article_id {
                looks::note_return(connection, id)?;
            }
        }
        ArticleResult::Postponed { until } => looks::postpone(connection, link_id, *until, now)?,
        ArticleResult::Failed { retry_at, absence, .. } => {
            removed = looks.after_failure(known_article_id, *absence, *retry_at)?;
        }
    }
    if let Some(source) = candidate.source {
        match result {
            ArticleResult::Postponed { .. } => {}
            ArticleResult::Failed { failure, .. } => {
                let failure = Some((failure.class.as_str(), failure.reason.as_str()));
                polls::note_article_source(connection, source.0, failure, now)?;
            }
            _ => polls::note_article_source(connection, source.0, None, now)?,
        }
    }
    fetches::record(connection, exchanges, candidate.source, stored.as_ref().map(|stored| stored.id))?;
    let ready_at = match result {
        ArticleResult::Postponed { until } => (*until).max(*host_ready_at),
        _ => *host_ready_at,
    };
    refresh_publisher(connection, &candidate.publisher, ready_at)?;
    Ok(ArticleCommit { stored, is_stale: false, removed })
}

/// Whether one of the addresses led to an article that is no longer stored. It is known, and does not come back as new.
fn is_deleted(
    connection: &Connection,
    candidate: &Candidate,
    article: &Article,
    answered: &Alias,
) -> rusqlite::Result<bool> {
    let canonical = article.url.as_ref().unwrap_or(&candidate.url);
    connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM _links WHERE url_key IN (?1, ?2, ?3) AND article_id IS NOT NULL
                 AND NOT EXISTS (SELECT 1 FROM articles WHERE articles.id = _links.article_id))",
        )?
        .query_row([candidate.url.key(), canonical.key(), answered.url.key()], |row| row.get(0))
}

/// Takes in an article from a file. It has no link to release; a source, where one is named, is made if it is missing.
/// With a record of it, where it was seen is left to whoever reads the record.
pub(super) fn import(
    transaction: &WriteTransaction<'_>,
    imported: &ImportedArticle,
    record: Option<&ArticleRecord>,
) -> rusqlite::Result<StoredArticle> {
    let connection: &Connection = transaction;
    let ImportedArticle { article, source, guid, arrived_at } = imported;
    let now = *arrived_at;
    let source = source.as_deref().map(|slug| sources::ensure_import_source(connection, slug, now)).transpose()?;
    let arrival = Arrival {
        source,
        guid: guid.as_deref(),
        known_article_id: None,
        answered: None,
        first_seen_at: now,
        now,
        record,
    };
    let kept = keep(transaction, article, &arrival)?;
    if let Some(url) = kept.url {
        let publisher = publisher_of(url.as_url());
        links::lead_to(connection, &Alias { url, publisher }, kept.stored.id, now)?;
    }
    let is_seen_by_record = record.is_some_and(|record| !record.sightings.is_empty());
    if let Some(source) = source.filter(|_| !is_seen_by_record) {
        connection
            .prepare_cached(
                "INSERT INTO sightings (article_id, source_id, guid, url, first_seen_at, last_seen_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?5)
                 ON CONFLICT (article_id, source_id) DO UPDATE SET last_seen_at = max(last_seen_at, excluded.last_seen_at)",
            )?
            .execute(params![
                kept.stored.id,
                source.0,
                guid,
                article.url.as_ref().map(CanonicalUrl::as_str),
                public_time(now),
            ])?;
        if matches!(kept.stored.verdict, Verdict::New | Verdict::Duplicate { .. }) {
            polls::note_new_article(connection, source.0, now)?;
        }
    }
    Ok(kept.stored)
}

/// How an article came in.
struct Arrival<'a> {
    source: Option<SourceId>,
    guid: Option<&'a str>,
    /// The article that the fetched link has led to before.
    known_article_id: Option<i64>,
    answered: Option<&'a Alias>,
    first_seen_at: Timestamp,
    now: Timestamp,
    /// What an export says of it.
    record: Option<&'a ArticleRecord>,
}

/// An article's place, and the canonical address that it is kept under.
struct Kept {
    stored: StoredArticle,
    url: Option<CanonicalUrl>,
}

/// Reads, decides, writes.
fn keep(transaction: &WriteTransaction<'_>, article: &Article, arrival: &Arrival<'_>) -> rusqlite::Result<Kept> {
    let connection: &Connection = transaction;
    let lookalikes = find_lookalikes(connection, article, arrival)?;
    // A headline that only the feed knew is not lost with the feed's word.
    let titled;
    let article = match lookalikes.by_link.as_ref().and_then(|known| known.title.clone()) {
        Some(title) if article.title.is_none() => {
            titled = Article { title: Some(title), ..article.clone() };
            &titled
        }
        _ => article,
    };
    let judgement = dedup::judge(article, &lookalikes);
    let url = match arrival.answered {
        Some(answered) if judgement.canonical_is_wrong => Some(answered.url.clone()),
        None if judgement.canonical_is_wrong => None,
        _ => article.url.clone(),
    };
    let row = Row { article, url: url.as_ref(), arrival };
    let mut verdict = judgement.verdict;
    // In a file under an address that is another article's, it is known by its text, as one without an address is.
    if url.is_none()
        && article.url.is_some()
        && let Some(article_id) = same_document(connection, article)?
    {
        verdict = Verdict::Known { article_id };
    }
    let id = match verdict {
        Verdict::New => {
            let comparison = Comparison::of(transaction, article, url.as_ref(), None)?;
            let original = comparison.as_ref().and_then(Comparison::original);
            let id = row.insert(connection, original.map(|of| (of, DuplicateKind::Near)))?;
            if let Some(comparison) = comparison {
                comparison.record(transaction, id)?;
            }
            if let Some(of) = original {
                verdict = Verdict::Duplicate { of, kind: DuplicateKind::Near };
            }
            stories::join(transaction, article, url.as_ref(), &row.arrived(id), original)?;
            id
        }
        Verdict::Duplicate { of, kind } => {
            let id = row.insert(connection, Some((of, kind)))?;
            copies::record_exact(connection, id, of, article.paragraphs().count())?;
            stories::join(transaction, article, url.as_ref(), &row.arrived(id), Some(of))?;
            id
        }
        Verdict::Known { article_id } => article_id,
        Verdict::Revision { article_id } => {
            row.revise(transaction, article_id, lookalikes.by_wording)?;
            article_id
        }
    };
    Ok(Kept { stored: StoredArticle { id, verdict }, url })
}

fn find_lookalikes(connection: &Connection, article: &Article, arrival: &Arrival<'_>) -> rusqlite::Result<Lookalikes> {
    // What came from the same export was told apart by whoever exported it.
    let is_apart = |id: &i64| arrival.record.is_some_and(|record| record.companions.contains(*id));
    let by_id = |id: Option<i64>| {
        id.filter(|id| !is_apart(id)).map(|id| known(connection, id)).transpose().map(Option::flatten)
    };
    let article_at = |url: &CanonicalUrl| -> rusqlite::Result<Option<i64>> {
        connection
            .prepare_cached("SELECT article_id FROM _links WHERE url_key = ?1")?
            .query_row([url.key()], |row| row.get(0))
            .optional()
            .map(Option::flatten)
    };
    let by_guid = match (arrival.source, arrival.guid) {
        (Some(source), Some(guid)) => connection
            .prepare_cached(
                "SELECT article_id FROM sightings WHERE source_id = ?1 AND guid = ?2 ORDER BY article_id DESC LIMIT 1",
            )?
            .query_row(params![source.0, guid], |row| row.get(0))
            .optional()?,
        (_, None) if article.url.is_none() && arrival.answered.is_none() => same_document(connection, article)?,
        _ => None,
    };
    let answered_id = arrival.answered.map(|answered| article_at(&answered.url)).transpose()?.flatten();
    let by_wording = connection
        .prepare_cached("SELECT article_id FROM _wordings WHERE wording = ?1")?
        .query_row([&article.fingerprint.0], |row| row.get(0))
        .optional()?;
    Ok(Lookalikes {
        by_link: by_id(arrival.known_article_id)?,
        is_from_elsewhere: arrival.answered.is_some() && answered_id != arrival.known_article_id,
        by_canonical_url: by_id(article.url.as_ref().map(article_at).transpose()?.flatten())?,
        by_guid: by_id(by_guid)?,
        by_wording,
    })
}

/// The same document from an earlier import, where it has neither an address nor an id to be known by.
fn same_document(connection: &Connection, article: &Article) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached(
            "WITH alike AS (
                 SELECT article_id AS id FROM _wordings WHERE wording = ?1
                 UNION SELECT articles.id FROM _wordings JOIN articles ON articles.duplicate_of = _wordings.article_id
                 WHERE wording = ?1)
             SELECT articles.id FROM alike JOIN articles ON articles.id = alike.id
             WHERE articles.url IS NULL AND articles.title IS ?2 ORDER BY articles.id LIMIT 1",
        )?
        .query_row(params![article.fingerprint.0, article.title], |row| row.get(0))
        .optional()
}

fn known(connection: &Connection, id: i64) -> rusqlite::Result<Option<Known>> {
    connection
        .prepare_cached("SELECT id, title, body, body_kind FROM articles WHERE id = ?1")?
        .query_row([id], |row| {
            Ok(Known { id: row.get(0)?, title: row.get(1)?, body: row.get(2)?, body_kind: row.get(3)? })
        })
        .optional()
}

/// An article on its way into its columns.
struct Row<'a> {
    article: &'a Article,
    url: Option<&'a CanonicalUrl>,
    arrival: &'a Arrival<'a>,
}

impl Row<'_> {
    fn sha256(&self) -> String {
        let day = self.article.published.map(|published| published.day());
        let url = self.url.map(CanonicalUrl::as_str);
        let text = bundle::document(self.article.title.as_deref(), day.as_deref(), url, &self.article.body);
        bundle::hex_sha256(text.as_bytes())
    }

    fn arrived(&self, id: i64) -> Arrived {
        let Arrival { source, first_seen_at, now, answered, .. } = *self.arrival;
        Arrived { id, source, is_fetched: answered.is_some(), first_seen_at, now }
    }

    fn insert(&self, connection: &Connection, duplicate: Option<(i64, DuplicateKind)>) -> rusqlite::Result<i64> {
        let article = self.article;
        let (of, kind) = duplicate.unzip();
        let id = connection
            .prepare_cached(&format!(
                "INSERT INTO articles (source_id, title, date, published_at, url, language, words, body, authors,
                     body_kind, quality, date_source, duplicate_of, duplicate_kind, first_seen_at, updated_at, sha256,
                     change_seq, date_precision, published_offset, modified_at, site_name, section, keywords, image_url,
                     quality_reasons, reservations)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, {NEXT_CHANGE},
                     ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26)"
            ))?
            .insert(params![
                self.arrival.source.map(|id| id.0),
                article.title,
                article.published.map(|published| published.day()),
                article.published.map(|published| public_time(published.instant)),
                self.url.map(CanonicalUrl::as_str),
                article.language,
                article.words,
                article.body,
                json_list(&article.authors),
                article.body_kind.as_str(),
                article.quality.score.min(100),
                article.published.map(|published| published.origin.as_str()),
                of,
                kind.map(DuplicateKind::as_str),
                public_time(self.arrival.first_seen_at),
                public_time(self.arrival.now),
                self.sha256(),
                article.published.map(|published| precision_word(published.precision)),
                article.published.map(|published| offset_text(published.offset)),
                article.modified_at.map(public_time),
                article.site_name,
                article.section,
                json_list(&article.tags),
                article.image_url,
                json_list(&article.quality.reasons),
                json_list(&article.reservations),
            ])?;
        remember_wording(connection, article, id)?;
        Ok(id)
    }

    /// Puts a new wording in the place of the old one, which moves to `revisions`. It may repeat other articles than the
    /// old one did, but only earlier ones: else two articles could be copies of each other.
    fn revise(&self, transaction: &WriteTransaction<'_>, id: i64, by_wording: Option<i64>) -> rusqlite::Result<()> {
        let connection: &Connection = transaction;
        let article = self.article;
        let exact = by_wording.filter(|other| *other < id);
        let comparison = match exact {
            Some(_) => None,
            None => Comparison::of(transaction, article, self.url, Some(id))?,
        };
        let near = comparison.as_ref().and_then(Comparison::original);
        let (duplicate_of, kind) =
            exact.map(|of| (of, DuplicateKind::Exact)).or(near.map(|of| (of, DuplicateKind::Near))).unzip();
        copies::forget(transaction, id)?;
        connection
            .prepare_cached(
                "INSERT INTO revisions (article_id, revision, title, body, seen_at)
                 SELECT id, revision, title, body, updated_at FROM articles WHERE id = ?1",
            )?
            .execute([id])?;
        connection
            .prepare_cached(&format!(
                "UPDATE articles SET title = ?2, body = ?3, words = ?4, body_kind = ?5, quality = ?6, quality_reasons = ?7,
                     authors = CASE ?8 WHEN '[]' THEN authors ELSE ?8 END, modified_at = ?9, language = ?10, sha256 = ?11, updated_at = ?12,
                     duplicate_of = ?13, duplicate_kind = ?20, reservations = ?21,
                     date = coalesce(?14, date), published_at = coalesce(?15, published_at),
                     date_source = coalesce(?16, date_source), date_precision = coalesce(?17, date_precision),
                     published_offset = coalesce(?18, published_offset), url = coalesce(?19, url),
                     revision = revision + 1, change_seq = {NEXT_CHANGE}
                 WHERE id = ?1"
            ))?
            .execute(params![
                id,
                article.title,
                article.body,
                article.words,
                article.body_kind.as_str(),
                article.quality.score.min(100),
                json_list(&article.quality.reasons),
                json_list(&article.authors),
                article.modified_at.map(public_time),
                article.language,
                self.sha256(),
                public_time(self.arrival.now),
                duplicate_of,
                article.published.map(|published| published.day()),
                article.published.map(|published| public_time(published.instant)),
                article.published.map(|published| published.origin.as_str()),
                article.published.map(|published| precision_word(published.precision)),
                article.published.map(|published| offset_text(published.offset)),
                self.url.map(CanonicalUrl::as_str),
                kind.map(DuplicateKind::as_str),
                json_list(&article.reservations),
            ])?;
        if let Some(of) = exact {
            copies::record_exact(connection, id, of, article.paragraphs().count())?;
        } else if let Some(comparison) = comparison {
            comparison.record(transaction, id)?;
        }
        stories::retitle(connection, id)?;
        connection.prepare_cached("DELETE FROM _wordings WHERE article_id = ?1")?.execute([id])?;
        remember_wording(connection, article, id)
    }
}

/// Puts the articles that this transaction brought into the full-text index.
pub(super) fn index_new(connection: &Connection) -> rusqlite::Result<()> {
    let n_indexed = connection
        .prepare_cached(
            "INSERT INTO articles_fts (rowid, title, body)
             SELECT id, title, body FROM articles WHERE id > (SELECT indexed_up_to FROM _fts_state) ORDER BY id",
        )?
        .execute([])?;
    if n_indexed > 0 {
        connection
            .prepare_cached("UPDATE _fts_state SET indexed_up_to = (SELECT max(id) FROM articles)")?
            .execute([])?;
    }
    Ok(())
}

/// The first article with a wording keeps it.
fn remember_wording(connection: &Connection, article: &Article, id: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO _wordings (wording, article_id) VALUES (?1, ?2)")?
        .execute(params![article.fingerprint.0, id])?;
    Ok(())
}

fn finish_link(
    connection: &Connection,
    link_id: i64,
    article_id: Option<i64>,
    validators: Option<&Validators>,
    look_at: Option<Timestamp>,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE _links SET claim_id = NULL, due_at = NULL, failures_in_a_row = 0, hints = NULL, article_id = ?2,
                 look_at = ?3, gone_at = NULL
             WHERE id = ?1",
        )?
        .execute(params![link_id, article_id, look_at.map(private_time)])?;
    if let Some(Validators { etag, last_modified }) = validators {
        connection
            .prepare_cached("UPDATE _links SET etag = ?2, last_modified = ?3 WHERE id = ?1")?
            .execute(params![link_id, etag, last_modified])?;
    }
    Ok(())
}

fn precision_word(precision: DatePrecision) -> &'static str {
    match precision {
        DatePrecision::Day => "day",
        DatePrecision::Instant => "instant",
    }
}

/// An offset as RFC 3339 writes it.
fn offset_text(offset: jiff::tz::Offset) -> String {
    let seconds = offset.seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.unsigned_abs() / 60;
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}
