//! What is found in volumes: which of the articles with the words are in a choice, which the database makes.
//!
//! Each volume has an index of its own over the texts of its month; of these articles the database has the headlines alone in its index,
//! and none of them counts as found there. The hits of all files are put together by their numbers, the newest first. Those of words and
//! phrases are ranked by their texts, as those of very common words are (`ranking`); those of other expressions by BM25 as each file gives
//! it, where a word is weighed by how rare it is in its own month.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use rusqlite::types::{FromSql, Value};
use rusqlite::{Connection, ToSql};

use crate::store::file::volumes::{Closed, Month, Volumes};
use crate::store::read::hit::{Hit, Index};
use crate::store::read::reader::list;

/// So many hits of a volume are taken at a time, and those that are in the choice kept; twice as many each time, up to the second.
const TAKEN_AT_ONCE: u32 = 1000;
const TAKEN_AT_ONCE_MAX: u32 = 20_000;

/// The files in which words are looked for.
#[derive(Clone, Copy)]
pub(super) struct Files<'a> {
    /// The database.
    pub(super) connection: &'a Connection,
    pub(super) volumes: Option<&'a Volumes>,
    /// The one with the latest articles first.
    pub(super) closed: &'a [Closed],
}

/// Which hits of the volumes are wanted.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) indexes: &'a [Index],
    pub(super) n_max: u32,
    /// Where the choice is a list: the volumes that are asked, with those of its articles that each may have.
    pub(super) among: Option<&'a BTreeMap<Month, Vec<i64>>>,
}

/// How close together the articles of a volume stand that have a phrase.
pub(super) struct Density {
    newest: f64,
    /// Among so many the newest are; absent where they are all that there are.
    among: Option<f64>,
    /// All of the volume.
    pub(super) all: f64,
}

impl Density {
    /// About how many have it.
    pub(super) fn n_with(&self) -> f64 {
        match self.among {
            Some(among) => (self.newest * self.all / among.max(1.0)).min(self.all),
            None => self.newest,
        }
    }
}

impl Files<'_> {
    /// The database alone.
    #[cfg(test)]
    pub(super) fn of(connection: &Connection) -> Files<'_> {
        Files { connection, volumes: None, closed: &[] }
    }

    /// Whether texts stand in other files than the database.
    pub(super) fn has_volumes(self) -> bool {
        !self.closed.is_empty()
    }

    /// The largest number of an article whose text stands in a volume: behind it all are in the database.
    pub(super) fn last_in_volumes(self) -> Option<i64> {
        self.closed.iter().map(|one| one.last_id).max()
    }

    /// Says of hits in which volume their texts stand, where they do.
    pub(super) fn place(self, hits: &mut [Hit]) -> rusqlite::Result<()> {
        if !self.has_volumes() {
            return Ok(());
        }
        let ids: Vec<i64> = hits.iter().map(|hit| hit.id).collect();
        let sql = "SELECT id, volume FROM articles WHERE id IN rarray(?1) AND volume IS NOT NULL";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([list(&ids)], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
        let volumes: HashMap<i64, String> = rows.collect::<rusqlite::Result<_>>()?;
        for hit in hits {
            hit.volume = volumes.get(&hit.id).and_then(|month| month.parse().ok());
        }
        Ok(())
    }

    /// Adds the newest hits of the volumes to those of the database, until there are so many that all further ones are older; without ranks.
    /// `choose` keeps those of some numbers that are in the choice; `sql` is told among how many articles of a volume they are, if that is known.
    pub(super) fn add_newest(
        self,
        hits: &mut Vec<Hit>,
        Wanted { indexes, n_max, among }: Wanted<'_>,
        sql: impl Fn(Index, Option<usize>) -> String,
        parameters: &[(&str, &dyn ToSql)],
        choose: impl Fn(Month, &[i64]) -> rusqlite::Result<Vec<i64>>,
    ) -> rusqlite::Result<()> {
        let Some(volumes) = self.volumes else { return Ok(()) };
        for Closed { month, last_id, .. } in self.closed {
            let there = among.map(|among| among.get(month));
            let there = match there {
                Some(None) => continue,
                Some(Some(ids)) => Some((list(ids), ids)),
                None => None,
            };
            let first = there.as_ref().and_then(|(_, ids)| ids.iter().min());
            let last = there.as_ref().and_then(|(_, ids)| ids.iter().max());
            // Both indexes may have an article.
            let newer = || hits.iter().map(|hit| hit.id).filter(|id| id > last_id).collect::<HashSet<i64>>();
            if hits.len() >= n_max as usize && newer().len() >= n_max as usize {
                break;
            }
            let behind = last.map_or(i64::MAX, |last| last + 1);
            for &index in indexes {
                let (mut n_found, mut before, mut limit) = (0, behind, n_max.clamp(1, TAKEN_AT_ONCE));
                while n_found < n_max as usize {
                    let taken = volumes.ask(*month, 0, |volume| {
                        let mut parameters = parameters.to_vec();
                        parameters.extend([(":before", &before as &dyn ToSql), (":limit", &limit)]);
                        if let (Some((ids, _)), Some(first)) = (&there, first) {
                            parameters.extend([(":ids", ids as &dyn ToSql), (":first", first)]);
                        }
                        let n_among = there.as_ref().map(|(ids, _)| ids.len());
                        let mut statement = volume.prepare_cached(&sql(index, n_among))?;
                        let ids = statement.query_map(parameters.as_slice(), |row| row.get(0))?;
                        ids.collect::<rusqlite::Result<Vec<i64>>>()
                    });
                    // That a volume cannot be read is noted, and costs its hits alone.
                    let Some(taken) = taken else { break };
                    let Some(last) = taken.last() else { break };
                    before = *last;
                    let chosen = choose(*month, &taken)?;
                    n_found += chosen.len();
                    let hit = |id| Hit { volume: Some(*month), ..Hit::unscored(id, index) };
                    hits.extend(chosen.into_iter().map(hit));
                    if taken.len() < limit as usize {
                        break;
                    }
                    // Where few are in the choice, more are looked at.
                    limit = (2 * limit).min(TAKEN_AT_ONCE_MAX);
                }
            }
        }
        Ok(())
    }

    /// Those of some articles that have their texts in volumes, by these. Of more than so many each volume may have all: to look at each article
    /// takes longer than to ask all volumes.
    pub(super) fn by_volume(
        self,
        ids: &Rc<Vec<Value>>,
        n_looked_at: usize,
    ) -> rusqlite::Result<BTreeMap<Month, Vec<i64>>> {
        if ids.len() > n_looked_at {
            let number = |id: &Value| if let Value::Integer(id) = id { Some(*id) } else { None };
            let all: Vec<i64> = ids.iter().filter_map(number).collect();
            return Ok(self.closed.iter().map(|one| (one.month, all.clone())).collect());
        }
        let sql = "SELECT id, volume FROM articles WHERE id IN rarray(?1) AND volume IS NOT NULL";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([ids])?;
        let mut by_volume: BTreeMap<Month, Vec<i64>> = BTreeMap::new();
        while let Some(row) = rows.next()? {
            if let Ok(month) = row.get_ref(1)?.as_str().unwrap_or_default().parse() {
                by_volume.entry(month).or_default().push(row.get(0)?);
            }
        }
        Ok(by_volume)
    }

    /// How many articles of each volume have a phrase, as far as its newest tell.
    pub(super) fn count_newest(self, expression: &str, n_max: u32) -> Vec<Density> {
        let counted = self.closed.iter().filter_map(|Closed { month, last_id, n_articles, .. }| {
            let sql = "SELECT coalesce(min(rowid), 0), count(*) FROM
                 (SELECT rowid FROM articles_fts WHERE articles_fts MATCH ?1 ORDER BY rowid DESC LIMIT ?2)";
            let (oldest, n_newest): (i64, u32) = self.volumes?.ask(*month, 0, |volume| {
                let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
                volume.prepare_cached(sql)?.query_row((expression, n_max), row)
            })?;
            let n_among = (n_newest == n_max).then(|| u32::try_from(last_id - oldest + 1).unwrap_or(u32::MAX));
            Some(Density { newest: f64::from(n_newest), among: n_among.map(f64::from), all: f64::from(*n_articles) })
        });
        counted.collect()
    }

    /// For each hit in a volume, what a column of its index or of its articles says.
    pub(super) fn of_hits<T: FromSql>(
        self,
        hits: &[Hit],
        index: Index,
        sql: &str,
        parameters: &[(&str, &dyn ToSql)],
    ) -> HashMap<i64, T> {
        let mut found = HashMap::new();
        let Some(volumes) = self.volumes else { return found };
        let mut by_month: BTreeMap<Month, Vec<i64>> = BTreeMap::new();
        for hit in hits.iter().filter(|hit| hit.index == index) {
            if let Some(month) = hit.volume {
                by_month.entry(month).or_default().push(hit.id);
            }
        }
        for (month, ids) in by_month {
            let texts = volumes.ask(month, ids.len() as u64, |volume| {
                let ids = list(&ids);
                let mut parameters = parameters.to_vec();
                parameters.push((":ids", &ids));
                let mut statement = volume.prepare_cached(sql)?;
                let rows = statement.query_map(parameters.as_slice(), |row| Ok((row.get(0)?, row.get(1)?)))?;
                rows.collect::<rusqlite::Result<Vec<(i64, T)>>>()
            });
            found.extend(texts.into_iter().flatten());
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::config::StoreSettings;
    use crate::store::file::open::open_for_writing;
    use crate::store::file::volumes::closed;
    use crate::store::read::article_filter::ArticleFilter;
    use crate::store::read::hits::Asked;
    use crate::store::write::beside::beside;
    use crate::store::write::volumes::close_month_beside;
    use crate::store::{Order, Reader, StoreError};

    const N_ARTICLES: u32 = 3200;

    /// Articles of four months, one after the other but for each fiftieth, which came in early: all have `ferry`, every third `harbour` too,
    /// every fourth some Chinese, of which every eighth has another word.
    fn fill(settings: &StoreSettings) {
        let connection = open_for_writing(settings).unwrap();
        connection
            .execute_batch(&format!(
                "INSERT INTO sources (id, slug, state, origin, created_at) VALUES (1, 'coast', 'manual', 'command', ''), (2, 'quay', 'manual', 'command', '');
                 WITH numbers (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM numbers WHERE id < {N_ARTICLES})
                 INSERT INTO articles (id, source_id, title, language, words, body, body_kind, quality, first_seen_at, updated_at, published_at, sha256, change_seq, new_seq)
                 SELECT id, 1 + id % 2, 'Report ' || id, iif(id % 10, 'en', 'de'), id % 100,
                     'The ferry sails.' || iif(id % 3, '', ' The harbour waits for the ferry.') || iif(id % 4, '', '台风接近港口') || iif(id % 8, '', '。东京'),
                     'full', 90, iif(id % 50, '2026-0' || (1 + 4 * (id - 1) / {N_ARTICLES}), '2026-01') || '-15T00:00:00Z', '2026-06-01T00:00:00Z',
                     '2026-0' || (1 + id % 7) || '-01T00:00:00Z', '', id, id
                 FROM numbers;
                 INSERT INTO sightings (article_id, source_id, first_seen_at, last_seen_at) SELECT id, 1, '', '' FROM articles WHERE id % 6 = 0"
            ))
            .unwrap();
        drop(connection);
        beside(settings, |_| Ok(())).unwrap();
    }

    /// What is found for a number of expressions and choices, by the numbers of the articles, and whether that is all.
    fn found(reader: &Reader) -> Vec<(String, Vec<i64>, bool)> {
        let closed = closed(reader.connection()).unwrap();
        let files = Files { connection: reader.connection(), volumes: Some(reader.volumes()), closed: &closed };
        let all = ArticleFilter::default();
        let day = |day: &str| format!("{day}T00:00:00Z").parse().ok();
        let filters = [
            all.clone(),
            ArticleFilter { source_id: Some(1), ..all.clone() },
            ArticleFilter { language: Some("de".to_owned()), ..all.clone() },
            ArticleFilter { since: day("2026-05-01"), ..all.clone() },
            ArticleFilter { until: day("2026-03-01"), ..all.clone() },
            ArticleFilter { condition: Some("words = 7".to_owned()), ..all.clone() },
            ArticleFilter { condition: Some("id % 397 = 0".to_owned()), source_id: Some(2), ..all },
        ];
        let mut found = Vec::new();
        for expression in [
            "\"ferry\"",
            "\"ferry\" \"harbour\"",
            "ferry NOT harbour",
            "\"台风\"",
            "\"东京\"",
            "\"report\"",
            "title:ferry",
        ] {
            for filter in &filters {
                for n_max in [30, 1000, u32::MAX] {
                    let hits = Asked::of(expression).hits(files, filter, n_max).unwrap();
                    let are_all = hits.are_all;
                    let mut ids: Vec<i64> = hits.best(u32::MAX).iter().map(|hit| hit.id).collect();
                    ids.sort_unstable();
                    found.push((format!("{expression} {filter:?} {n_max}"), ids, are_all));
                }
            }
        }
        found
    }

    #[test]
    fn the_newest_hits_in_a_choice_are_the_same_wherever_their_texts_stand() {
        let folder = tempfile::tempdir().unwrap();
        let settings = StoreSettings { path: folder.path().join("a.db"), ..crate::config::defaults().store };
        fill(&settings);
        let before = found(&Reader::open(&settings.path).unwrap());
        assert!(before.iter().filter(|(_, ids, _)| !ids.is_empty()).count() > 90);
        for month in ["2026-03", "2026-01", "2026-02"] {
            close_month_beside(&settings, month.parse().unwrap(), "2026-06-01T00:00:00Z".parse().unwrap(), |_| true)
                .unwrap();
            let after = found(&Reader::open(&settings.path).unwrap());
            for (before, after) in before.iter().zip(&after) {
                assert!(before == after, "after {month} was closed: {before:?} {after:?}");
            }
        }
    }

    #[test]
    fn of_a_short_list_the_volumes_are_asked_that_have_some_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let settings = StoreSettings { path: folder.path().join("a.db"), ..crate::config::defaults().store };
        fill(&settings);
        for month in ["2026-01", "2026-02", "2026-03"] {
            close_month_beside(&settings, month.parse().unwrap(), "2026-06-01T00:00:00Z".parse().unwrap(), |_| true)
                .unwrap();
        }
        // A volume that cannot be read is noted when it is asked.
        let february = folder.path().join("a.db.volumes/2026-02.db");
        std::fs::rename(&february, folder.path().join("elsewhere")).unwrap();
        let reader = Reader::open(&settings.path).unwrap();
        let found = |condition: &str| {
            let filter = ArticleFilter { condition: Some(condition.to_owned()), ..ArticleFilter::default() };
            let newest = reader.newest_matching("\"ferry\"", &filter, 10).unwrap();
            (newest.iter().map(|row| row.id).collect::<Vec<_>>(), reader.take_damage().len())
        };
        assert_eq!(found("id IN (5, 1700, 3000)"), (vec![3000, 1700, 5], 0));
        assert_eq!(found("id = 0"), (Vec::new(), 0));
        assert_eq!(found("id IN (5, 1001)"), (vec![5], 1));
        // More than are looked up one by one.
        assert_eq!(found("id IN (SELECT id FROM articles WHERE id < 400)").0.len(), 10);
    }

    #[test]
    fn hits_that_are_shown_in_parts_are_the_same_in_the_same_order() {
        let folder = tempfile::tempdir().unwrap();
        let settings = StoreSettings { path: folder.path().join("a.db"), ..crate::config::defaults().store };
        fill(&settings);
        let all = ArticleFilter::default();
        let german = ArticleFilter { language: Some("de".to_owned()), ..all.clone() };
        let check = || {
            let reader = Reader::open(&settings.path).unwrap();
            for (expression, filter, n_hits) in [
                ("\"ferry\"", &all, 3200),
                ("\"ferry\" \"sails\"", &all, 3200),
                ("\"sai\"*", &all, 3200),
                ("ferry NOT harbour", &all, 2134),
                ("\"台风\"", &all, 800),
                ("\"ferry\"", &german, 320),
            ] {
                let found = reader.search(expression, filter, u32::MAX).unwrap();
                let mut hits = Vec::new();
                let push = |hit| {
                    hits.push(hit);
                    Ok::<_, StoreError>(())
                };
                let order = reader.for_each_hit(expression, filter, u32::MAX, push).unwrap();
                assert_eq!((order, hits.len()), (Order::BestOfAll(n_hits), n_hits), "{expression}");
                assert!(hits == found.hits, "{expression}");
            }
        };
        check();
        close_month_beside(&settings, "2026-02".parse().unwrap(), "2026-06-01T00:00:00Z".parse().unwrap(), |_| true)
            .unwrap();
        check();
        // A month is closed while somebody looks at the first hits: of the others none is missing.
        let reader = Reader::open(&settings.path).unwrap();
        let mut n_hits = 0;
        let close = |_| {
            n_hits += 1;
            if n_hits == 1 {
                let now = "2026-06-01T00:00:00Z".parse().unwrap();
                close_month_beside(&settings, "2026-01".parse().unwrap(), now, |_| true)?;
            }
            Ok::<_, StoreError>(())
        };
        reader.for_each_hit("\"ferry\"", &all, u32::MAX, close).unwrap();
        assert_eq!(n_hits, N_ARTICLES);
    }

    #[test]
    fn a_word_weighs_the_same_in_all_files() {
        let folder = tempfile::tempdir().unwrap();
        let settings = StoreSettings { path: folder.path().join("a.db"), ..crate::config::defaults().store };
        let connection = open_for_writing(&settings).unwrap();
        // In the first month one article tells of a strike, in the second all do; one of them is about that in the harbour.
        connection
            .execute_batch(
                "WITH numbers (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM numbers WHERE id < 200)
                 INSERT INTO articles (id, title, words, body, body_kind, quality, first_seen_at, updated_at, sha256, change_seq, new_seq)
                 SELECT id, 'Report ' || id, 12, CASE
                         WHEN id = 1 THEN 'A strike in the harbour is told of among other things here.'
                         WHEN id = 150 THEN 'The strike in the harbour: the harbour rests, says the harbour office.'
                         WHEN id > 100 THEN 'Of the strike it is said that it goes on for days yet.'
                         ELSE 'Of the weather it is said that it stays as it is now.' END,
                     'full', 90, iif(id <= 100, '2026-01', '2026-02') || '-15T00:00:00Z', '2026-03-01T00:00:00Z', '', id, id
                 FROM numbers",
            )
            .unwrap();
        drop(connection);
        beside(&settings, |_| Ok(())).unwrap();
        let best = || {
            let reader = Reader::open(&settings.path).unwrap();
            let found = reader.search("\"strike\" \"harbour\"", &ArticleFilter::default(), 10).unwrap();
            found.hits.iter().map(|hit| (hit.row.id, hit.snippet.clone())).collect::<Vec<_>>()
        };
        let before = best();
        assert_eq!(before.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [150, 1]);
        let now = "2026-06-01T00:00:00Z".parse().unwrap();
        for month in ["2026-01", "2026-02"] {
            close_month_beside(&settings, month.parse().unwrap(), now, |_| true).unwrap();
            assert_eq!(best(), before, "after {month} was closed");
        }
    }

    #[test]
    fn of_a_word_of_all_headlines_no_headline_is_looked_at_of_what_stands_in_volumes() {
        let folder = tempfile::tempdir().unwrap();
        let settings = StoreSettings { path: folder.path().join("a.db"), ..crate::config::defaults().store };
        fill(&settings);
        for month in ["2026-01", "2026-02", "2026-03", "2026-04"] {
            close_month_beside(&settings, month.parse().unwrap(), "2026-06-01T00:00:00Z".parse().unwrap(), |_| true)
                .unwrap();
        }
        let reader = Reader::open(&settings.path).unwrap();
        let n_steps = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&n_steps);
        let count = move || {
            counted.fetch_add(1, Ordering::Relaxed);
            false
        };
        reader.connection().progress_handler(1, Some(count)).unwrap();
        let closed = closed(reader.connection()).unwrap();
        let files = Files { connection: reader.connection(), volumes: Some(reader.volumes()), closed: &closed };
        let hits = Asked::of("\"report\"").newest_ids(files, &ArticleFilter::default(), 30).unwrap();
        assert_eq!(hits.len(), 30);
        // To look at each article takes ten steps and more.
        let n_steps = n_steps.load(Ordering::Relaxed);
        assert!(n_steps < N_ARTICLES, "{n_steps}");
    }
}
