//! Stories and their articles.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, ToSql, params};
use url::Url;

use crate::model::publisher_of;
use crate::store::file::columns::public_time;
use crate::store::file::error::StoreError;
use crate::store::read::article_filter::Parameters;
use crate::store::read::cells::Cells;
use crate::store::read::reader::{Reader, ids_of, in_parts, list};

/// A choice of stories.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoryFilter {
    /// Last article published at this time or later.
    pub since: Option<Timestamp>,
    /// First article published before this time.
    pub until: Option<Timestamp>,
    /// Has at least this many articles.
    pub articles_min: u32,
    /// Has at least this many sources.
    pub sources_min: u32,
    /// Is no routine.
    pub is_news: bool,
}

/// A story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryRow {
    /// Row id.
    pub id: i64,
    /// Headline of its most central article.
    pub title: Option<String>,
    /// When its first article was published.
    pub first_published_at: Option<String>,
    /// When its last article was published.
    pub last_published_at: Option<String>,
    /// Number of articles.
    pub n_articles: u32,
    /// Number of sources. Those that only have copies do not count.
    pub n_sources: u32,
    /// When it last changed: an article came or went.
    pub updated_at: String,
    /// Whether all of its articles are of a make that has others: weather, results, notices.
    pub is_routine: bool,
}

/// An article of a story.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberRow {
    /// Row id of the article.
    pub id: i64,
    /// Headline.
    pub title: Option<String>,
    /// When it was published; where that is unknown, first seen.
    pub at: String,
    /// Who published it: the registrable domain, or the slug of the source where it has no address.
    pub publisher: String,
    /// What that one is called: as the article's page says, or its source where that is the publisher's own.
    pub publisher_name: Option<String>,
    /// Language code.
    pub language: Option<String>,
    /// Why it is in the story: `first`, `alike`, `copy` or `hand`.
    pub reason: String,
    /// Its likeness to the story.
    pub score: Option<f64>,
    /// The words in common that counted most.
    pub terms: Vec<String>,
}

impl MemberRow {
    /// Who published it, for people.
    #[must_use]
    pub fn publisher_told(&self) -> &str {
        self.publisher_name.as_deref().unwrap_or(&self.publisher)
    }
}

/// So many stories are looked at because they are of a time, in some ten milliseconds. Where more are, those of the most sources are gone through
/// in an index until enough of them are of that time.
const FEW_STORIES: u32 = 3000;

/// So many that were told last are looked through for those of a choice, in some fifteen milliseconds.
const TOLD_LAST_MAX: u32 = 20_000;

/// By what stories are looked up in an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StoryIndex {
    Sources,
    Time,
}

impl StoryFilter {
    /// The conditions for stories, and their parameters. Behind a plus a column is not looked up in an index.
    pub(super) fn conditions(&self, index: StoryIndex) -> (Vec<String>, Parameters) {
        let (sources, last_published_at) = match index {
            StoryIndex::Sources => ("n_sources", "+last_published_at"),
            StoryIndex::Time => ("+n_sources", "last_published_at"),
        };
        let mut conditions = vec!["n_articles >= :articles_min".to_owned(), format!("{sources} >= :sources_min")];
        let mut parameters: Parameters =
            vec![(":articles_min", Box::new(self.articles_min.max(1))), (":sources_min", Box::new(self.sources_min))];
        if let Some(since) = self.since {
            // Not `coalesce`: both halves are found in the index.
            conditions.push(format!(
                "({last_published_at} >= :since OR {last_published_at} IS NULL AND updated_at >= :since)"
            ));
            parameters.push((":since", Box::new(public_time(since))));
        }
        if let Some(until) = self.until {
            conditions.push("coalesce(first_published_at, updated_at) < :until".to_owned());
            parameters.push((":until", Box::new(public_time(until))));
        }
        if self.is_news {
            conditions.push("NOT is_routine".to_owned());
        }
        (conditions, parameters)
    }

    /// The index by which all stories of a choice are found soonest.
    pub(super) fn index(&self) -> StoryIndex {
        if self.since.is_some() { StoryIndex::Time } else { StoryIndex::Sources }
    }
}

/// The articles of a story. Source and article are looked up by their ids.
const MEMBERS_SQL: &str =
    "SELECT article_id, articles.title, coalesce(published_at, first_seen_at) AS at, publisher, reason, score, terms, language,
         site_name, sources.slug, sources.url, nullif(sources.title, sources.slug)
     FROM story_members JOIN articles ON articles.id = article_id LEFT JOIN sources ON sources.id = articles.source_id
     WHERE story_members.story_id = ?1 ORDER BY at, article_id";

/// What is longer is no name, whatever a page says.
const NAME_BYTES_MAX: usize = 80;

/// What [`story`] reads.
const STORY_COLUMNS: &str =
    "id, title, first_published_at, last_published_at, n_articles, n_sources, is_routine, updated_at";

/// Those of the most sources first, among equals the latest.
const BY_SOURCES: &str = "n_sources DESC, n_articles DESC, last_published_at DESC, id DESC";

impl Reader {
    /// Stories, those with the most sources first; among equals the latest first.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn stories(&self, filter: &StoryFilter, limit: Option<u32>) -> Result<Vec<StoryRow>, StoreError> {
        let index = match filter.since {
            Some(since) if limit.is_some() && !self.are_few_since(since)? => StoryIndex::Sources,
            _ => filter.index(),
        };
        match (index, limit) {
            (StoryIndex::Sources, Some(limit)) => self.stories_by_sources(filter, limit),
            (StoryIndex::Sources, None) => self.stories_by(BY_SOURCES, filter, index, limit),
            (StoryIndex::Time, _) => self.stories_by(&format!("+{BY_SOURCES}"), filter, index, limit),
        }
    }

    /// Passes stories to `visit` in the order of [`Reader::stories`], some thousand of them being in memory at one time: of the others only
    /// the numbers are.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or `visit` fails.
    pub fn for_each_story<E: From<StoreError>>(
        &self,
        filter: &StoryFilter,
        limit: u32,
        visit: impl FnMut(StoryRow) -> Result<(), E>,
    ) -> Result<(), E> {
        if limit <= FEW_STORIES {
            return self.stories(filter, Some(limit))?.into_iter().try_for_each(visit);
        }
        let ids = self.numbers_of_stories(filter, limit)?;
        let among = ["id IN rarray(:ids)".to_owned()];
        let order = format!("+{BY_SOURCES}");
        let read = |ids: &[i64]| self.stories_where(&among, vec![(":ids", Box::new(list(ids)))], &order, None);
        in_parts(&ids, read, visit)
    }

    /// The numbers of stories, in the same order.
    fn numbers_of_stories(&self, filter: &StoryFilter, limit: u32) -> Result<Vec<i64>, StoreError> {
        let (conditions, mut parameters) = filter.conditions(filter.index());
        parameters.push((":limit", Box::new(limit)));
        let conditions = conditions.join(" AND ");
        let sql = format!("SELECT id FROM stories WHERE {conditions} ORDER BY {BY_SOURCES} LIMIT :limit");
        Ok(ids_of(self.connection(), &sql, &parameters)?)
    }

    /// The same, for each number of sources by itself: of those with as many sources an index knows which have enough articles, and those
    /// that have not are not gone through.
    fn stories_by_sources(&self, filter: &StoryFilter, limit: u32) -> Result<Vec<StoryRow>, StoreError> {
        let mut stories = Vec::new();
        self.for_each_number_of_sources(filter.sources_min, |n_sources| {
            let (mut conditions, mut parameters) = filter.conditions(StoryIndex::Sources);
            conditions.push("n_sources = :n_sources".to_owned());
            parameters.push((":n_sources", Box::new(n_sources)));
            let n_left = limit - u32::try_from(stories.len()).unwrap_or(limit);
            stories.extend(self.stories_where(&conditions, parameters, BY_SOURCES, Some(n_left))?);
            Ok(stories.len() < limit as usize)
        })?;
        Ok(stories)
    }

    /// Asks about each number of sources that stories have, the greatest first, until that is enough.
    fn for_each_number_of_sources(
        &self,
        least: u32,
        mut ask: impl FnMut(u32) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let sql = "SELECT max(n_sources) FROM stories WHERE n_sources < ?1 AND n_sources >= ?2";
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut n_sources = u32::MAX;
        while let Some(next) = statement.query_row([n_sources, least], |row| row.get(0))? {
            n_sources = next;
            if !ask(n_sources)? {
                break;
            }
        }
        Ok(())
    }

    /// Stories, those first whose last article was published last. Where very many have as many articles and sources, those are left out that
    /// were told before the last twenty thousand of all.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn stories_told_last(&self, filter: &StoryFilter, limit: u32) -> Result<Vec<StoryRow>, StoreError> {
        if self.are_few_of_size(filter)? {
            let mut stories = self.stories_by_sources(filter, FEW_STORIES)?;
            stories.sort_by(|one, other| (&other.last_published_at, other.id).cmp(&(&one.last_published_at, one.id)));
            stories.truncate(limit as usize);
            return Ok(stories);
        }
        let sql = "SELECT last_published_at FROM stories ORDER BY last_published_at DESC LIMIT 1 OFFSET ?1";
        let last: Option<Option<String>> =
            self.connection().prepare_cached(sql)?.query_row([TOLD_LAST_MAX], |row| row.get(0)).optional()?;
        let (mut conditions, mut parameters) = filter.conditions(StoryIndex::Time);
        if let Some(last) = last.flatten() {
            conditions.push("last_published_at >= :last".to_owned());
            parameters.push((":last", Box::new(last)));
        }
        self.stories_where(&conditions, parameters, "last_published_at DESC, id DESC", Some(limit))
    }

    /// Whether few stories have as many articles and sources as are asked for, which an index tells.
    fn are_few_of_size(&self, filter: &StoryFilter) -> Result<bool, StoreError> {
        let sql = "SELECT count(*) FROM (SELECT 1 FROM stories WHERE n_sources = ?1 AND n_articles >= ?2 LIMIT ?3)";
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut n_stories = 0;
        self.for_each_number_of_sources(filter.sources_min, |n_sources| {
            let n_max = FEW_STORIES + 1 - n_stories;
            n_stories += statement.query_row([n_sources, filter.articles_min, n_max], |row| row.get::<_, u32>(0))?;
            Ok(n_stories <= FEW_STORIES)
        })?;
        Ok(n_stories <= FEW_STORIES)
    }

    fn stories_by(
        &self,
        order: &str,
        filter: &StoryFilter,
        index: StoryIndex,
        limit: Option<u32>,
    ) -> Result<Vec<StoryRow>, StoreError> {
        let (conditions, parameters) = filter.conditions(index);
        self.stories_where(&conditions, parameters, order, limit)
    }

    fn stories_where(
        &self,
        conditions: &[String],
        mut parameters: Parameters,
        order: &str,
        limit: Option<u32>,
    ) -> Result<Vec<StoryRow>, StoreError> {
        parameters.push((":limit", Box::new(limit.map_or(-1, i64::from))));
        let parameters: Vec<(&str, &dyn ToSql)> = parameters.iter().map(|(name, value)| (*name, &**value)).collect();
        self.readable_rows(
            &format!(
                "SELECT {STORY_COLUMNS} FROM stories WHERE {} ORDER BY {order} LIMIT :limit",
                conditions.join(" AND ")
            ),
            parameters.as_slice(),
            |story: &StoryRow| format!("story {}", story.id),
            story,
        )
    }

    fn are_few_since(&self, since: Timestamp) -> Result<bool, StoreError> {
        let sql = "SELECT count(*) FROM (SELECT 1 FROM stories WHERE last_published_at >= ?1 LIMIT ?2)";
        let parameters = params![public_time(since), FEW_STORIES + 1];
        let n_stories: u32 = self.connection().query_row(sql, parameters, |row| row.get(0))?;
        Ok(n_stories <= FEW_STORIES)
    }

    /// A story by its row id. What cannot be read of it is replaced.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn story(&self, id: i64) -> Result<Option<StoryRow>, StoreError> {
        let sql = format!("SELECT {STORY_COLUMNS} FROM stories WHERE id = ?1");
        let found = self.rows(&sql, params![id], |row| Ok(story(&Cells::new(row))));
        Ok(self.unless_damaged(found, || format!("story {id}"))?.pop())
    }

    /// The story with which one that is no more was merged by hand.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn story_merged_into(&self, id: i64) -> Result<Option<i64>, StoreError> {
        if !self.connection().table_exists(Some("main"), "_merged_stories")? {
            return Ok(None);
        }
        let sql = "SELECT into_id FROM _merged_stories WHERE story_id = ?1 AND into_id IN (SELECT id FROM stories)";
        Ok(self.connection().query_row(sql, [id], |row| row.get(0)).optional()?)
    }

    /// The articles of a story, earliest first.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn story_members(&self, id: i64) -> Result<Vec<MemberRow>, StoreError> {
        self.readable_rows(
            MEMBERS_SQL,
            params![id],
            |member: &MemberRow| format!("article {}", member.id),
            |cells| MemberRow {
                id: cells.value(0),
                title: cells.optional_text(1),
                at: cells.text(2),
                publisher: cells.text(3),
                reason: cells.text(4),
                score: cells.value(5),
                terms: cells.list(6),
                language: cells.optional_text(7),
                publisher_name: publisher_name(cells),
            },
        )
    }

    /// The story that an article belongs to. Where it cannot be read it is noted as damage.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn story_of(&self, article_id: i64) -> Result<Option<i64>, StoreError> {
        let name = || format!("the story of article {article_id}");
        let sql = "SELECT story_id FROM story_members WHERE article_id = ?1";
        let story = self.readable_rows(sql, params![article_id], |_| name(), |cells| cells.value(0));
        Ok(self.unless_damaged(story, name)?.first().copied())
    }
}

/// What the publisher of a row of [`MEMBERS_SQL`] is called. The title of a source that lists others' articles is not their name.
fn publisher_name(cells: &Cells<'_, '_>) -> Option<String> {
    let is_name = |name: &String| !name.is_empty() && name.len() <= NAME_BYTES_MAX;
    let name = |index: usize| cells.text_of_other(index).map(|name| name.trim().to_owned()).filter(is_name);
    if let Some(own) = name(8) {
        return Some(own);
    }
    let title = name(11)?;
    let publisher = cells.text(3);
    let is_at = |url: String| Url::parse(&url).is_ok_and(|url| publisher_of(&url) == publisher);
    let is_own =
        cells.text_of_other(9).is_some_and(|slug| slug == publisher) || cells.text_of_other(10).is_some_and(is_at);
    is_own.then_some(title)
}

fn story(cells: &Cells<'_, '_>) -> StoryRow {
    StoryRow {
        id: cells.value(0),
        title: cells.optional_text(1),
        first_published_at: cells.optional_text(2),
        last_published_at: cells.optional_text(3),
        n_articles: cells.value(4),
        n_sources: cells.value(5),
        is_routine: cells.value(6),
        updated_at: cells.text(7),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::store::file::open::open_for_writing;
    use crate::store::file::schema::in_memory;
    use crate::store::read::counts::Count;

    #[test]
    fn stories_since_a_time_are_the_same_however_they_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = config::defaults().store;
        settings.path = folder.path().join("a.db");
        let connection = open_for_writing(&settings).unwrap();
        connection
            .execute_batch(&format!(
                "WITH numbers (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM numbers WHERE id < 3 * {FEW_STORIES})
                 INSERT INTO stories (id, title, first_published_at, last_published_at, n_articles, n_sources, updated_at, is_routine)
                 SELECT id, id, iif(id % 50, '2026-01-01T00:00:00Z', NULL),
                     iif(id % 50, strftime('%Y-%m-%dT%H:%M:%SZ', 1767225600 + id * 60, 'unixepoch'), NULL),
                     1 + id % 11, 1 + id % 7, strftime('%Y-%m-%dT%H:%M:%SZ', 1767225600 + id * 60, 'unixepoch'), id % 13 = 0
                 FROM numbers"
            ))
            .unwrap();
        let reader = Reader::open(&settings.path).unwrap();
        for (since, are_few) in [("2026-01-01T12:00:00Z", false), ("2026-01-06T12:00:00Z", true)] {
            let since: Timestamp = since.parse().unwrap();
            assert_eq!(reader.are_few_since(since).unwrap(), are_few);
            for (sources_min, until) in
                [(1, None), (3, None), (9, None), (2, Some("2026-01-01T00:00:01Z".parse().unwrap()))]
            {
                let filter = StoryFilter { since: Some(since), until, sources_min, articles_min: 2, is_news: true };
                // All are found by their time.
                let all = reader.stories(&filter, None).unwrap();
                let first = reader.stories(&filter, Some(20)).unwrap();
                assert_eq!(first, all[..all.len().min(20)], "{filter:?}");
                assert_eq!(all.is_empty(), sources_min == 9);
                let n_all = all.len() as u64;
                assert_eq!(reader.n_stories(&filter).unwrap(), n_all);
                assert_eq!(reader.n_stories_up_to(&filter, n_all).unwrap(), Count { n: n_all, is_all: true });
                if n_all > 0 {
                    let counted = reader.n_stories_up_to(&filter, n_all - 1).unwrap();
                    assert_eq!(counted, Count { n: n_all - 1, is_all: false });
                }
            }
        }
        // Few have nine articles of seven sources, and many have one article.
        let mut are_few = Vec::new();
        for (articles_min, sources_min, since) in
            [(9, 7, None), (1, 1, None), (9, 3, Some("2026-01-03T12:00:00Z".parse().unwrap())), (12, 1, None)]
        {
            let filter = StoryFilter { since, articles_min, sources_min, ..StoryFilter::default() };
            let mut all = reader.stories(&filter, None).unwrap();
            assert_eq!(reader.stories(&filter, Some(50)).unwrap(), all[..all.len().min(50)], "{filter:?}");
            all.sort_by_key(|story| std::cmp::Reverse((story.last_published_at.clone(), story.id)));
            all.truncate(40);
            assert_eq!(reader.stories_told_last(&filter, 40).unwrap(), all, "{filter:?}");
            are_few.push(reader.are_few_of_size(&filter).unwrap());
        }
        assert_eq!(are_few, [true, false, true, true]);
        let plan_of = |sql: &str| -> String {
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            statement.query_map([], |row| row.get(3)).unwrap().collect::<Result<Vec<String>, _>>().unwrap().join("; ")
        };
        // What has too few articles is not gone through.
        let of_size = format!("SELECT * FROM stories WHERE n_sources = 3 AND n_articles >= 5000 ORDER BY {BY_SOURCES}");
        let plan_of_size = plan_of(&of_size);
        assert_eq!(plan_of_size, "SEARCH stories USING INDEX stories_sources (n_sources=? AND n_articles>?)");
        let plan = |index: StoryIndex| -> Vec<String> {
            let (conditions, _) =
                StoryFilter { since: Some(Timestamp::UNIX_EPOCH), ..StoryFilter::default() }.conditions(index);
            let order = if index == StoryIndex::Sources { "n_sources" } else { "+n_sources" };
            let sql = format!(
                "EXPLAIN QUERY PLAN SELECT id FROM stories WHERE {} ORDER BY {order} DESC LIMIT 9",
                conditions.join(" AND ")
            );
            let mut statement = connection.prepare(&sql).unwrap();
            let parameters = rusqlite::params_from_iter(std::iter::repeat_n(1, statement.parameter_count()));
            statement.query_map(parameters, |row| row.get(3)).unwrap().map(Result::unwrap).collect()
        };
        assert!(plan(StoryIndex::Sources)[0].contains("stories_sources"), "{:?}", plan(StoryIndex::Sources));
        assert!(
            plan(StoryIndex::Time).iter().any(|step| step.contains("stories_time")),
            "{:?}",
            plan(StoryIndex::Time)
        );
    }

    #[test]
    fn publishers_are_named_by_rows_that_are_read_anyway() {
        let connection = in_memory().unwrap();
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {MEMBERS_SQL}")).unwrap();
        let plan: Vec<String> = statement.query_map([1], |row| row.get(3)).unwrap().collect::<Result<_, _>>().unwrap();
        for step in [
            "SEARCH story_members USING INDEX story_members_story (story_id=?)",
            "SEARCH articles USING INTEGER PRIMARY KEY (rowid=?)",
            "SEARCH sources USING INTEGER PRIMARY KEY (rowid=?)",
        ] {
            assert!(plan.iter().any(|line| line.starts_with(step)), "{step}: {plan:#?}");
        }
    }
}
