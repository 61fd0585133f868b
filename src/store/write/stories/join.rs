//! Which story a new article belongs to, decided and written down inside the transaction that stores it.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::dedup::story::active::Joining;
use crate::dedup::story::terms::Terms;
use crate::model::{Article, BodyKind, CanonicalUrl, SourceId, publisher_of};

use crate::store::file::columns::{json_list, public_time};
use crate::store::write::cache::WriteTransaction;

/// An article that has just been stored.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Arrived {
    pub(in crate::store) id: i64,
    pub(in crate::store) source: Option<SourceId>,
    /// Whether it was fetched, so that it arrives about when it is published.
    pub(in crate::store) is_fetched: bool,
    pub(in crate::store) first_seen_at: Timestamp,
    pub(in crate::store) now: Timestamp,
}

/// Lets an article join the story that it belongs to: that of its original, if it is a copy, else the one it is most
/// like, else one of its own. What is no article's text belongs to none.
pub(in crate::store) fn join(
    transaction: &WriteTransaction<'_>,
    article: &Article,
    url: Option<&CanonicalUrl>,
    arrived: &Arrived,
    original: Option<i64>,
) -> rusqlite::Result<()> {
    if article.body_kind == BodyKind::Wall {
        return Ok(());
    }
    let connection: &Connection = transaction;
    let terms = Terms::of(article.title.as_deref(), &article.body, article.language.as_deref());
    let memory = &mut *transaction.memory();
    let stories = memory.stories(connection, arrived.id)?;
    terms.note(&mut stories.frequencies);
    let signature = terms.signature(&stories.frequencies);
    if signature.is_empty() {
        return Ok(());
    }
    // What a file brings without a date may be of any time.
    let dated = article.published.map(|published| published.instant);
    let at = dated.or(arrived.is_fetched.then_some(arrived.first_seen_at));
    let at_s = at.map(Timestamp::as_second);
    let with_original = match original {
        Some(original) => story_of(connection, original)?,
        None => None,
    };
    let placed = match with_original {
        Some(story) => Some((story, "copy", None, stories.active.in_common(story, &signature))),
        None => {
            let placement = stories.active.place(&signature, at_s);
            placement.map(|placement| (placement.story, "alike", Some(placement.score), placement.terms))
        }
    };
    let is_copy = with_original.is_some();
    let (story, reason, score, common) = match placed {
        Some(placed) => placed,
        None => (open(connection, article, at, arrived)?, "first", None, Vec::new()),
    };
    let words = terms.spelled(&common, article.title.as_deref(), &article.body);
    let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
    let publisher = printed_by(connection, url, arrived.source)?;
    let membership = Membership { story, reason, score, words, publisher, is_copy, at };
    let has_own_headline = !is_copy && article.title.is_some();
    membership.record(connection, arrived)?;
    connection
        .prepare_cached(
            "INSERT INTO _story_signatures (article_id, at_s, has_own_headline, signature) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![arrived.id, at_s, has_own_headline, signature.to_bytes()])?;
    connection
        .prepare_cached("DELETE FROM _story_signatures WHERE article_id <= ?1")?
        .execute([arrived.id - stories.articles_max])?;
    stories.active.join(Joining { story, article: arrived.id, signature, at_s, has_own_headline });
    if reason != "first"
        && let Some(central) = stories.active.most_central(story)
    {
        connection
            .prepare_cached(
                "UPDATE stories SET title_article_id = ?2, title = (SELECT title FROM articles WHERE id = ?2)
                 WHERE id = ?1 AND title_article_id IS NOT ?2 AND EXISTS (SELECT 1 FROM articles WHERE id = ?2)",
            )?
            .execute([story, central])?;
    }
    Ok(())
}

/// An article's place in a story, as it is written down.
struct Membership {
    story: i64,
    reason: &'static str,
    score: Option<f64>,
    words: Vec<String>,
    publisher: String,
    is_copy: bool,
    at: Option<Timestamp>,
}

impl Membership {
    /// Writes it down, and counts it in its story, which a first article has done by opening it.
    fn record(&self, connection: &Connection, arrived: &Arrived) -> rusqlite::Result<()> {
        let Membership { story, reason, score, words, publisher, is_copy, at } = self;
        if *reason != "first" {
            connection
                .prepare_cached(
                    "UPDATE stories SET n_articles = n_articles + 1, updated_at = ?2,
                         first_published_at = min(coalesce(first_published_at, ?3), coalesce(?3, first_published_at)),
                         last_published_at = max(coalesce(last_published_at, ?3), coalesce(?3, last_published_at)),
                         n_sources = n_sources + (NOT ?4 AND NOT EXISTS
                             (SELECT 1 FROM story_members WHERE story_id = ?1 AND publisher = ?5 AND NOT is_copy))
                     WHERE id = ?1",
                )?
                .execute(params![story, public_time(arrived.now), at.map(public_time), is_copy, publisher])?;
        }
        connection
            .prepare_cached(
                "INSERT INTO story_members (article_id, story_id, reason, score, terms, told_at, publisher, is_copy)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                arrived.id,
                story,
                reason,
                score,
                json_list(words),
                at.map(public_time),
                publisher,
                is_copy
            ])?;
        connection
            .prepare_cached("UPDATE articles SET story_id = ?2 WHERE id = ?1")?
            .execute([arrived.id, *story])
            .map(|_| ())
    }
}

/// Gives stories the new headline of an article whose headline they have.
pub(in crate::store) fn retitle(connection: &Connection, article_id: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE stories SET title = (SELECT title FROM articles WHERE id = ?1)
             WHERE id = (SELECT story_id FROM articles WHERE id = ?1) AND title_article_id = ?1",
        )?
        .execute([article_id])?;
    Ok(())
}

fn open(connection: &Connection, article: &Article, at: Option<Timestamp>, arrived: &Arrived) -> rusqlite::Result<i64> {
    connection
        .prepare_cached(
            "INSERT INTO stories (title, first_published_at, last_published_at, n_articles, n_sources, title_article_id,
                 updated_at)
             VALUES (?1, ?2, ?2, 1, 1, ?3, ?4)",
        )?
        .insert(params![article.title, at.map(public_time), arrived.id, public_time(arrived.now)])
}

fn story_of(connection: &Connection, article_id: i64) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT story_id FROM articles WHERE id = ?1")?
        .query_row([article_id], |row| row.get(0))
        .optional()
        .map(Option::flatten)
}

/// Who printed an article: what its address says, else the source that it came from.
fn printed_by(
    connection: &Connection,
    url: Option<&CanonicalUrl>,
    source: Option<SourceId>,
) -> rusqlite::Result<String> {
    if let Some(url) = url {
        return Ok(publisher_of(url.as_url()));
    }
    let Some(source) = source else { return Ok(String::new()) };
    connection.prepare_cached("SELECT slug FROM sources WHERE id = ?1")?.query_row([source.0], |row| row.get(0))
}
