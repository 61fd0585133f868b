//! A walk through all articles in the order of their time, a stretch at a time, which takes away what is older than the rules say. What
//! somebody has starred stays, with its text.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use crate::bundle;
use crate::config::Config;
use crate::model::Retention;
use crate::store::file::change_seq::NEXT_CHANGE;
use crate::store::file::columns::public_time;
use crate::store::file::volumes;
use crate::store::write::packing::Shortened;
use crate::store::write::removal::delete;

/// Articles that are looked at in one stretch: some milliseconds.
const LOOKED_AT_MAX: usize = 4000;

/// So much goes at a sign of life of the daemon.
const TAKEN_MAX: u64 = 100;

/// Free pages are kept for new articles up to one part of so many of the file.
const FREE_PART: u64 = 8;

/// Pages given back at a sign of life of the daemon.
const PAGES_MAX: u32 = 256;

/// Reason that an article without its text has in `quality_reasons`.
pub(in crate::store) const TEXT_GONE: &str = "text-pruned";

/// How long what is stored is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RetentionRules {
    /// For whatever has no rule of its own; nothing goes where it says nothing.
    pub general: Retention,
    /// For the articles of some sources, by their slugs: in place of the general rule.
    pub of_sources: BTreeMap<String, Retention>,
}

impl RetentionRules {
    /// The rules of the settings and of the list of sources.
    #[must_use]
    pub fn of(config: &Config) -> RetentionRules {
        let listed = config.sources.iter();
        let of_sources = listed.filter_map(|source| Some((source.slug.clone(), source.retention?))).collect();
        RetentionRules { general: config.retention, of_sources }
    }

    fn all(&self) -> impl Iterator<Item = &Retention> {
        self.of_sources.values().chain([&self.general])
    }

    /// Whether nothing ever goes.
    #[must_use]
    pub fn keep_all(&self) -> bool {
        self.all().all(|rule| *rule == Retention::default())
    }
}

/// What was taken away, or would be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Articles.
    pub articles: u64,
    /// Texts of articles that stay.
    pub texts: u64,
    /// Earlier wordings of articles that stay.
    pub revisions: u64,
    /// HTTP exchanges.
    pub fetches: u64,
    /// Articles that stay though they are old, since a table of somebody else refers to them.
    pub kept: u64,
}

/// How far a walk is.
#[derive(Clone, Debug, Default)]
pub(in crate::store) struct Walk {
    /// Time and number of the last article that was looked at.
    position: (String, i64),
    /// What was taken away, or would be.
    pub(in crate::store) pruned: Pruned,
}

/// What a stretch of a walk does.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Stretch {
    /// So much goes at most.
    pub(in crate::store) n_max: u64,
    /// Whether it only counts.
    pub(in crate::store) is_dry: bool,
}

/// A rule as times: what is older goes.
#[derive(Clone, Debug, Default)]
struct Limits {
    articles: Option<String>,
    texts: Option<String>,
}

impl Limits {
    fn of(rule: &Retention, now: Timestamp) -> Limits {
        Limits { articles: limit(rule.articles_days, now), texts: limit(rule.texts_days, now) }
    }

    fn latest(&self) -> Option<&String> {
        self.articles.iter().chain(&self.texts).max()
    }
}

/// The time before which things of an age of days go.
pub(super) fn limit(days: Option<u32>, now: Timestamp) -> Option<String> {
    let age = SignedDuration::from_hours(24 * i64::from(days?));
    now.checked_sub(age).ok().map(public_time)
}

impl Walk {
    /// What a daemon does at each sign of life: it goes on for a short stretch, begins anew at the end, and gives some of the space back
    /// where there is much.
    pub(in crate::store) fn beat(
        &mut self,
        connection: &Connection,
        rules: &RetentionRules,
        now: Timestamp,
    ) -> rusqlite::Result<()> {
        if rules.keep_all() {
            return Ok(());
        }
        let stretch = Stretch { n_max: TAKEN_MAX, is_dry: false };
        if self.go_on(connection, rules, stretch, now)? {
            *self = Walk::default();
        }
        prune_revisions(connection, rules, stretch, now)?;
        let pages = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, u64>(0));
        if pages("freelist_count")? * FREE_PART > pages("page_count")? {
            let mut statement = connection.prepare_cached(&format!("PRAGMA incremental_vacuum({PAGES_MAX})"))?;
            let mut rows = statement.query([])?;
            while rows.next()?.is_some() {}
        }
        Ok(())
    }

    /// Goes on for a stretch. Returns whether it has come to the end of what may go.
    pub(in crate::store) fn go_on(
        &mut self,
        connection: &Connection,
        rules: &RetentionRules,
        stretch: Stretch,
        now: Timestamp,
    ) -> rusqlite::Result<bool> {
        let limits = limits_by_source(connection, rules, now)?;
        let general = Limits::of(&rules.general, now);
        let Some(latest) = limits.values().chain([&general]).filter_map(Limits::latest).max() else { return Ok(true) };
        let remembered = generation(connection)?;
        let mut is_remembered = false;
        let n_before = self.n_taken();
        let articles = self.next_articles(connection, latest)?;
        let mut is_end = articles.len() < LOOKED_AT_MAX;
        let mut going = Vec::new();
        let mut shortened = Shortened::articles();
        for article in articles {
            if self.n_taken() - n_before + going.len() as u64 >= stretch.n_max {
                is_end = false;
                break;
            }
            self.position = (article.at.clone(), article.id);
            if article.is_starred {
                continue;
            }
            let limits = article.source.and_then(|source| limits.get(&source)).unwrap_or(&general);
            let is_older = |limit: &Option<String>| limit.as_ref().is_some_and(|limit| article.at < *limit);
            if is_older(&limits.articles) {
                going.push(article.id);
            } else if article.has_text && is_older(&limits.texts) {
                self.pruned.texts += 1;
                self.pruned.revisions += n_revisions(connection, article.id)?;
                if !stretch.is_dry {
                    shortened.add(article.id, take_text(connection, article.id)?);
                }
            }
        }
        shortened.pack(connection)?;
        // Copies go before what they copy, or each would take the place of the one before it for nothing.
        for id in going.into_iter().rev() {
            let was_remembered = is_in_stories(connection, id)?;
            if stretch.is_dry || delete::delete(connection, id)? {
                self.pruned.articles += 1;
                is_remembered |= was_remembered;
            } else {
                self.pruned.kept += 1;
            }
        }
        stretch.settle(connection, remembered, is_remembered)?;
        Ok(is_end)
    }

    fn n_taken(&self) -> u64 {
        self.pruned.articles + self.pruned.texts
    }

    fn next_articles(&self, connection: &Connection, before: &str) -> rusqlite::Result<Vec<OldArticle>> {
        let (at, id) = &self.position;
        // What is only counted is counted in a file of an earlier version too.
        let is_starred = if connection.table_exists(Some("main"), "reading")? {
            "EXISTS (SELECT 1 FROM reading WHERE article_id = articles.id AND starred_at IS NOT NULL)"
        } else {
            "FALSE"
        };
        let is_in_volume = if volumes::has_some(connection) { "volume IS NOT NULL" } else { "FALSE" };
        connection
            .prepare_cached(&format!(
                "SELECT id, coalesce(published_at, first_seen_at), source_id, body <> '' OR {is_in_volume}, {is_starred} FROM articles
                 WHERE coalesce(published_at, first_seen_at) >= ?1 AND coalesce(published_at, first_seen_at) < ?2
                     AND NOT (coalesce(published_at, first_seen_at) = ?1 AND id <= ?3)
                 ORDER BY coalesce(published_at, first_seen_at), id LIMIT ?4"
            ))?
            .query_map(params![at, before, id, LOOKED_AT_MAX], |row| {
                Ok(OldArticle {
                    id: row.get(0)?,
                    at: row.get(1)?,
                    source: row.get(2)?,
                    has_text: row.get(3)?,
                    is_starred: row.get(4)?,
                })
            })?
            .collect()
    }
}

struct OldArticle {
    id: i64,
    at: String,
    source: Option<i64>,
    has_text: bool,
    /// Somebody wants to keep it.
    is_starred: bool,
}

fn limits_by_source(
    connection: &Connection,
    rules: &RetentionRules,
    now: Timestamp,
) -> rusqlite::Result<BTreeMap<i64, Limits>> {
    let mut limits = BTreeMap::new();
    for (slug, rule) in &rules.of_sources {
        let id: Option<i64> = connection
            .prepare_cached("SELECT id FROM sources WHERE slug = ?1")?
            .query_row([slug], |row| row.get(0))
            .optional()?;
        limits.extend(id.map(|id| (id, Limits::of(rule, now))));
    }
    Ok(limits)
}

/// Takes the text of an article away, and those of its earlier wordings. Its page is not read again, or the text would come back. Returns how many
/// bytes the text had.
fn take_text(connection: &Connection, id: i64) -> rusqlite::Result<u64> {
    let sql = "SELECT title, date, url, octet_length(body) FROM articles WHERE id = ?1";
    let (title, day, url, bytes) = connection.prepare_cached(sql)?.query_row([id], |row| {
        let text = |column: usize| row.get_ref(column).map(|value| value.as_str().ok().map(str::to_owned));
        Ok((text(0)?, text(1)?, text(2)?, row.get(3)?))
    })?;
    let document = bundle::document(title.as_deref(), day.as_deref(), url.as_deref(), "");
    connection
        .prepare_cached(&format!(
            "UPDATE articles SET body = '', volume = NULL, sha256 = ?2, quality_reasons = json_insert(quality_reasons, '$[#]', ?3),
                 change_seq = {NEXT_CHANGE}
             WHERE id = ?1"
        ))?
        .execute(params![id, bundle::hex_sha256(document.as_bytes()), TEXT_GONE])?;
    for sql in [
        "DELETE FROM revisions WHERE article_id = ?1",
        "DELETE FROM _copies WHERE article_id = ?1",
        "UPDATE _links SET look_at = NULL WHERE article_id = ?1",
    ] {
        connection.prepare_cached(sql)?.execute([id])?;
    }
    Ok(bytes)
}

fn n_revisions(connection: &Connection, id: i64) -> rusqlite::Result<u64> {
    connection.prepare_cached("SELECT count(*) FROM revisions WHERE article_id = ?1")?.query_row([id], |row| row.get(0))
}

/// Whether an article is among those by which stories of others are found.
fn is_in_stories(connection: &Connection, id: i64) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM _story_signatures WHERE article_id = ?1)")?
        .query_row([id], |row| row.get(0))
}

fn generation(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("SELECT generation FROM _story_state")?.query_row([], |row| row.get(0))
}

impl Stretch {
    /// Whoever has stories in memory reads them anew where one of the articles was among them, and only then: that takes a while.
    fn settle(self, connection: &Connection, generation: i64, is_remembered: bool) -> rusqlite::Result<()> {
        if !is_remembered && !self.is_dry {
            let sql = "UPDATE _story_state SET generation = ?1 WHERE generation <> ?1";
            connection.prepare_cached(sql)?.execute([generation])?;
        }
        Ok(())
    }
}

/// Deletes earlier wordings that are older than the rules say, so many at most; or counts them.
pub(in crate::store) fn prune_revisions(
    connection: &Connection,
    rules: &RetentionRules,
    stretch: Stretch,
    now: Timestamp,
) -> rusqlite::Result<u64> {
    let mut n_pruned = 0;
    let own: Vec<&String> = rules.of_sources.keys().collect();
    let own = serde_json::Value::from(own.into_iter().cloned().collect::<Vec<_>>()).to_string();
    let general = [(None, &rules.general)];
    for (slug, rule) in general.into_iter().chain(rules.of_sources.iter().map(|(slug, rule)| (Some(slug), rule))) {
        let Some(before) = limit(rule.revisions_days, now) else { continue };
        let chosen = "SELECT revisions.rowid FROM revisions JOIN articles ON articles.id = article_id
             LEFT JOIN sources ON sources.id = source_id
             WHERE seen_at < ?1 AND iif(?2 IS NULL,
                 coalesce(slug NOT IN (SELECT value FROM json_each(?3)), TRUE), slug = ?2) LIMIT ?4";
        let n_max = i64::try_from(stretch.n_max).unwrap_or(i64::MAX);
        n_pruned += if stretch.is_dry {
            let sql = format!("SELECT count(*) FROM ({chosen})");
            connection.prepare_cached(&sql)?.query_row(params![before, slug, own, n_max], |row| row.get::<_, u64>(0))?
        } else {
            let sql = format!("DELETE FROM revisions WHERE rowid IN ({chosen})");
            connection.prepare_cached(&sql)?.execute(params![before, slug, own, n_max])? as u64
        };
    }
    Ok(n_pruned)
}
