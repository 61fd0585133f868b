//! The newest articles of a source or in a language, without a look at all that there are.
//!
//! Those that a source had first stand in an index in the order of their times. Those that it had after others are known to `sightings` alone,
//! which do not know the times of articles. But none is seen long before its time: so where a list is full of what the source had first,
//! what it saw since the last of these is looked at. Where it is not, or that is much, articles are gone through from the newest on, in indexes
//! and not in the table, as far as that takes less than to look at all of the source.
//!
//! Of those in a language an index knows in which order they came in, which is mostly that of their times: the last of them are looked at, and
//! from there on only what came in before them and is newer, for which an index of times is gone through and not the table.

use std::rc::Rc;

use jiff::{SignedDuration, Timestamp};
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, Params, Row, ToSql};

use crate::store::file::columns::public_time;
use crate::store::read::article_filter::{ArticleFilter, Parameters, UserCondition, clause};
use crate::store::read::reader::list;

/// For a list of more articles all of the source are looked at.
pub(super) const LIST_MAX: u32 = 1000;

/// All articles of a source that has no more than these are looked at, in some two milliseconds.
const FEW_ARTICLES: u32 = 2000;

/// How long before its time an article may be seen: it may be listed some hours before it is fetched, and no date is later than that.
const EARLY_MAX: SignedDuration = SignedDuration::from_hours(12);

/// So much that a source has seen since a time is looked through.
const SEEN_SINCE_MAX: u32 = 2000;

const N_SEEN_SINCE: &str =
    "SELECT count(*) FROM (SELECT 1 FROM sightings WHERE source_id = ?1 AND first_seen_at >= ?2 LIMIT ?3)";

/// What a source has seen since a time, without most of what it had first, which an index knows to be newer.
const SEEN_AFTER_OTHERS_SINCE: &str = "SELECT article_id FROM sightings WHERE source_id = ?1 AND first_seen_at >= ?2
     AND article_id NOT IN (SELECT id FROM articles WHERE source_id = ?1 AND published_at >= ?2)";

/// So many articles are gone through, in some five milliseconds, and more for a longer list. Fifty of them are of a source that brings one
/// article in two hundred.
const PASSED_MAX: u32 = 10_000;
const PASSED_FOR_EACH: u32 = 60;

/// So many of the newest are looked at for those that meet a condition, in some hundred milliseconds at most. Beyond them an index may be of use.
const PASSED_BY_CONDITION: u32 = 50_000;

/// All articles in a language that has no more than these are looked at, in some twenty milliseconds. Of those in one that has more, a list
/// is had from the newest on.
const FEW_IN_LANGUAGE: u32 = 10_000;

/// For each article of a list so many of its language are looked at, the last that came in.
const ARRIVED_FOR_EACH: u32 = 2;

/// What articles are ordered by.
const TIME: &str = "coalesce(articles.published_at, articles.first_seen_at)";

/// A time as it stands in the file, where other programs may have written any bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Time(Vec<u8>);

impl ToSql for Time {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Text(&self.0)))
    }
}

/// The time and the number of an article: the greater is listed first.
type Place = (Time, i64);

/// The newest articles of a choice by source, newest first, so many at most. `None`: all of the source have to be looked at.
pub(super) fn newest_of_source(
    connection: &Connection,
    filter: &ArticleFilter,
    limit: u32,
) -> rusqlite::Result<Option<Vec<i64>>> {
    let Some(source_id) = filter.source_id else { return Ok(None) };
    if filter.story_id.is_some() || !(1..=LIST_MAX).contains(&limit) || has_few(connection, source_id)? {
        return Ok(None);
    }
    let choice = Choice::of_source(filter, source_id);
    let mut newest = choice.had_first(connection, limit)?;
    // Older ones than the last of these are none of the newest.
    let last = newest.get(limit as usize - 1).map(|(time, _)| time.clone());
    if let Some(last) = &last
        && let Some(seen) = choice.seen_since(connection, source_id, last, limit)?
    {
        newest.extend(seen);
        sort(&mut newest, limit);
        return Ok(Some(ids_of(newest)));
    }
    let passed_last = choice.time_behind(connection, PASSED_MAX.max(PASSED_FOR_EACH * limit))?;
    let seen = choice.seen(connection, last.as_ref().max(passed_last.as_ref()), limit)?;
    let are_all_passed = passed_last.is_none() || last >= passed_last;
    if !are_all_passed && seen.len() < limit as usize {
        return Ok(None);
    }
    newest.extend(seen);
    sort(&mut newest, limit);
    Ok(Some(ids_of(newest)))
}

/// The newest articles of a choice by language, newest first, so many at most. `None`: they have to be looked for in another way.
pub(super) fn newest_in_language(
    connection: &Connection,
    filter: &ArticleFilter,
    limit: u32,
) -> rusqlite::Result<Option<Vec<i64>>> {
    let is_by_language = filter.language.is_some() && filter.source_id.is_none() && filter.story_id.is_none();
    if !is_by_language || filter.until.is_some() || !(1..=LIST_MAX).contains(&limit) {
        return Ok(None);
    }
    let choice = Choice::of(filter);
    let n_arrived = ARRIVED_FOR_EACH * limit;
    let sql = "SELECT id FROM articles WHERE language = ?1 ORDER BY id DESC LIMIT ?2";
    let arrived = read_ids(connection, sql, (&filter.language, n_arrived))?;
    let mut newest = choice.newest(connection, &Part::among(&arrived, None), limit)?;
    if arrived.len() < n_arrived as usize {
        return Ok(Some(ids_of(newest)));
    }
    // Others may be newer than the last of the list, but not if all that are newer came in later.
    let (Some((last, _)), Some(first_arrived)) = (newest.get(limit as usize - 1).cloned(), arrived.last()) else {
        return Ok(None);
    };
    let condition = format!("articles.id < {first_arrived}");
    newest.extend(choice.newest(connection, &Part { from: Some(&last), ..Part::with(TIME, &condition) }, limit)?);
    sort(&mut newest, limit);
    Ok(Some(ids_of(newest)))
}

/// The newest articles that meet the user's condition, newest first, so many at most, where they are among the newest of all. `None`: they have to
/// be looked for in another way.
pub(super) fn newest_by_condition(
    connection: &Connection,
    filter: &ArticleFilter,
    limit: u32,
) -> rusqlite::Result<Option<Vec<i64>>> {
    let is_by_condition = filter.condition.is_some() && filter.source_id.is_none() && filter.story_id.is_none();
    if !is_by_condition || !(1..=LIST_MAX).contains(&limit) {
        return Ok(None);
    }
    let choice = Choice::of(filter);
    let passed_last = choice.time_behind(connection, PASSED_BY_CONDITION)?;
    let newest = choice.newest(connection, &Part { from: passed_last.as_ref(), ..Part::with(TIME, "TRUE") }, limit)?;
    let is_found = passed_last.is_none() || newest.len() == limit as usize;
    Ok(is_found.then(|| ids_of(newest)))
}

/// The articles in a language, where they are so few that all of them are looked at.
pub(super) fn few_in_language(connection: &Connection, language: &str) -> rusqlite::Result<Option<Vec<i64>>> {
    let sql = "SELECT id FROM articles WHERE language = ?1 LIMIT ?2";
    let ids = read_ids(connection, sql, (language, FEW_IN_LANGUAGE + 1))?;
    Ok((ids.len() <= FEW_IN_LANGUAGE as usize).then_some(ids))
}

fn read_ids(connection: &Connection, sql: &str, parameters: impl Params) -> rusqlite::Result<Vec<i64>> {
    connection.prepare_cached(sql)?.query_map(parameters, |row| row.get(0))?.collect()
}

fn ids_of(places: Vec<Place>) -> Vec<i64> {
    places.into_iter().map(|(_, id)| id).collect()
}

fn has_few(connection: &Connection, source_id: i64) -> rusqlite::Result<bool> {
    let sql = "SELECT count(*) FROM (SELECT 1 FROM sightings WHERE source_id = ?1 LIMIT ?2)";
    let n_seen: u32 = connection.query_row(sql, (source_id, FEW_ARTICLES + 1), |row| row.get(0))?;
    Ok(n_seen <= FEW_ARTICLES)
}

/// Newest first, each once, so many at most.
fn sort(places: &mut Vec<Place>, limit: u32) {
    places.sort_unstable_by(|one, other| other.cmp(one));
    places.dedup();
    places.truncate(limit as usize);
}

/// Which of the articles of a choice are gone through.
struct Part<'a> {
    /// What they are ordered by.
    time: &'a str,
    condition: &'a str,
    /// The numbers that the condition names.
    among: Option<Rc<Vec<Value>>>,
    /// Older ones are left out.
    from: Option<&'a Time>,
}

impl<'a> Part<'a> {
    fn with(time: &'a str, condition: &'a str) -> Part<'a> {
        Part { time, condition, among: None, from: None }
    }

    fn among(ids: &[i64], from: Option<&'a Time>) -> Part<'a> {
        Part { among: Some(list(ids)), from, ..Part::with(TIME, "articles.id IN rarray(:among)") }
    }
}

/// A choice, in parts.
struct Choice {
    since: Option<String>,
    until: Option<String>,
    /// Beside source and times. A language is not looked up in an index.
    conditions: Vec<String>,
    parameters: Parameters,
}

impl Choice {
    fn of(filter: &ArticleFilter) -> Choice {
        let others = ArticleFilter { source_id: None, since: None, until: None, ..filter.clone() };
        let (conditions, parameters) = others.conditions(UserCondition::RowByRow);
        let [since, until] = [filter.since, filter.until].map(|time| time.map(public_time));
        Choice { since, until, conditions, parameters }
    }

    fn of_source(filter: &ArticleFilter, source_id: i64) -> Choice {
        let mut choice = Choice::of(filter);
        choice.parameters.push((":source", Box::new(source_id)));
        choice
    }

    /// Those that the source had first: with a time of publication, and without.
    fn had_first(&self, connection: &Connection, limit: u32) -> rusqlite::Result<Vec<Place>> {
        let mut newest = Vec::new();
        for (time, is_dated) in [("articles.published_at", "IS NOT NULL"), ("articles.first_seen_at", "IS NULL")] {
            let condition = format!("articles.source_id = :source AND articles.published_at {is_dated}");
            newest.extend(self.newest(connection, &Part::with(time, &condition), limit)?);
        }
        sort(&mut newest, limit);
        Ok(newest)
    }

    /// Those that were seen in the source and are no older than a time, if few were seen since.
    fn seen_since(
        &self,
        connection: &Connection,
        source_id: i64,
        from: &Time,
        limit: u32,
    ) -> rusqlite::Result<Option<Vec<Place>>> {
        let time = std::str::from_utf8(&from.0).ok().and_then(|time| time.parse::<Timestamp>().ok());
        let Some(seen_from) = time.and_then(|time| time.checked_sub(EARLY_MAX).ok()) else { return Ok(None) };
        let seen_from = public_time(seen_from);
        let n_seen: u32 = connection
            .prepare_cached(N_SEEN_SINCE)?
            .query_row((source_id, &seen_from, SEEN_SINCE_MAX + 1), |row| row.get(0))?;
        if n_seen > SEEN_SINCE_MAX {
            return Ok(None);
        }
        let seen = read_ids(connection, SEEN_AFTER_OTHERS_SINCE, (source_id, &seen_from))?;
        self.newest(connection, &Part::among(&seen, Some(from)), limit).map(Some)
    }

    /// Those that were seen in the source, no older than a time.
    fn seen(&self, connection: &Connection, from: Option<&Time>, limit: u32) -> rusqlite::Result<Vec<Place>> {
        let condition = "EXISTS (SELECT 1 FROM sightings
             WHERE sightings.article_id = articles.id AND sightings.source_id = :source)";
        self.newest(connection, &Part { from, ..Part::with(TIME, condition) }, limit)
    }

    fn newest(&self, connection: &Connection, part: &Part<'_>, limit: u32) -> rusqlite::Result<Vec<Place>> {
        let Part { time, condition, among, from } = part;
        let mut conditions = vec![(*condition).to_owned()];
        conditions.extend(from.map(|_| format!("{time} >= :from")));
        conditions.extend(self.since.as_ref().map(|_| format!("{time} >= :since")));
        conditions.extend(self.until.as_ref().map(|_| format!("{time} < :until")));
        conditions.extend_from_slice(&self.conditions);
        // Numbers are looked up in no other index.
        let not_indexed = if among.is_some() { "NOT INDEXED" } else { "" };
        let sql = format!(
            "SELECT {time}, articles.id FROM articles {not_indexed} WHERE {}
             ORDER BY {time} DESC, articles.id DESC LIMIT {limit}",
            conditions.join(" AND ")
        );
        let mut parameters: Vec<(&str, &dyn ToSql)> = Vec::new();
        parameters.extend(among.as_ref().map(|ids| (":among", ids as &dyn ToSql)));
        parameters.extend(from.map(|from| (":from", from as &dyn ToSql)));
        parameters.extend(self.times());
        let is_named = |name: &str| conditions.iter().any(|condition| condition.contains(name));
        let others = self.parameters.iter().filter(|(name, _)| is_named(name));
        parameters.extend(others.map(|(name, value)| (*name, &**value)));
        let mut statement = connection.prepare_cached(&sql)?;
        let places = statement.query_map(parameters.as_slice(), |row| Ok((time_of(row)?, row.get(1)?)))?;
        places.collect()
    }

    fn times(&self) -> impl Iterator<Item = (&'static str, &dyn ToSql)> {
        let since = self.since.as_ref().map(|time| (":since", time as &dyn ToSql));
        let until = self.until.as_ref().map(|time| (":until", time as &dyn ToSql));
        since.into_iter().chain(until)
    }

    /// The time of the last of so many articles of all sources, if there are more.
    fn time_behind(&self, connection: &Connection, n_articles: u32) -> rusqlite::Result<Option<Time>> {
        let since = self.since.as_ref().map(|_| format!("{TIME} >= :since"));
        let until = self.until.as_ref().map(|_| format!("{TIME} < :until"));
        let conditions: Vec<String> = since.into_iter().chain(until).collect();
        let clause = clause(&conditions);
        let sql = format!("SELECT {TIME} FROM articles {clause} ORDER BY {TIME} DESC LIMIT 1 OFFSET {n_articles}");
        let times: Vec<(&str, &dyn ToSql)> = self.times().collect();
        connection.prepare_cached(&sql)?.query_row(times.as_slice(), time_of).optional()
    }
}

fn time_of(row: &Row<'_>) -> rusqlite::Result<Time> {
    Ok(Time(match row.get_ref(0)? {
        ValueRef::Text(time) => time.to_vec(),
        _ => Vec::new(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::file::schema::in_memory;

    /// Some of what source 1 has and all that source 3 has was had first by others. Source 2 gives no dates, and all of source 4 is old. Somebody has struck some sightings.
    const ARTICLES: &str = "
        INSERT INTO sources (id, slug, state, origin, created_at)
        VALUES (1, 'coast', 'manual', 'command', ''), (2, 'quay', 'manual', 'command', ''), (3, 'pier', 'manual', 'command', ''),
            (4, 'wharf', 'manual', 'command', ''), (5, 'ferry', 'manual', 'command', '');
        WITH numbers (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM numbers WHERE id < 14000),
        times (id, source_id, day) AS (SELECT id, id % 4 + 1, strftime('%Y-%m-%dT%H:%M:%SZ', 1750000000 + id % 1000 * 700, 'unixepoch') FROM numbers)
        INSERT INTO articles (id, source_id, published_at, first_seen_at, updated_at, words, body, body_kind, quality, duplicate_of,
            sha256, change_seq, new_seq)
        SELECT id, nullif(source_id, 3), CASE source_id WHEN 2 THEN NULL WHEN 4 THEN '2020-01-01T00:00:00Z' ELSE day END, day, day, id % 100, '',
            'full', 100, iif(id % 5, NULL, 1), '', id, id
        FROM times;
        INSERT INTO sightings (article_id, source_id, first_seen_at, last_seen_at)
        SELECT id, source_id, first_seen_at, first_seen_at FROM articles
        WHERE source_id IN (1, 2) AND id % 7 OR source_id = 4 AND id % 3
        UNION ALL SELECT id, 1, first_seen_at, first_seen_at FROM articles WHERE source_id = 2 AND id % 5 = 0
        UNION ALL SELECT id, 3, first_seen_at, first_seen_at FROM articles WHERE id % 4 <> 1 AND id % 3 = 0
        UNION ALL SELECT id, 5, first_seen_at, first_seen_at FROM articles WHERE id % 1000 = 0";

    fn connection() -> Connection {
        let connection = in_memory().unwrap();
        rusqlite::vtab::array::load_module(&connection).unwrap();
        connection.pragma_update(None, "foreign_keys", false).unwrap();
        connection.execute_batch(ARTICLES).unwrap();
        connection
    }

    fn by_looking_at_all(connection: &Connection, filter: &ArticleFilter, limit: u32) -> Vec<i64> {
        let (clause, parameters) = filter.to_sql();
        let sql = format!("SELECT id FROM articles {clause} ORDER BY {TIME} DESC, id DESC LIMIT {limit}");
        let parameters: Vec<(&str, &dyn ToSql)> = parameters.iter().map(|(name, value)| (*name, &**value)).collect();
        let mut statement = connection.prepare(&sql).unwrap();
        statement.query_map(parameters.as_slice(), |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn the_newest_of_a_source_are_those_of_all_that_it_has() {
        let connection = connection();
        let at = |time: &str| Some(time.parse().unwrap());
        for source_id in 1..=5 {
            let of_source = ArticleFilter { source_id: Some(source_id), ..ArticleFilter::default() };
            for (filter, limit) in [
                (of_source.clone(), 50),
                (of_source.clone(), 1),
                (of_source.clone(), LIST_MAX),
                (ArticleFilter { without_duplicates: true, ..of_source.clone() }, 20),
                (ArticleFilter { condition: Some("words > 20 -- and more".to_owned()), ..of_source.clone() }, 20),
                (ArticleFilter { since: at("2025-06-20T00:00:00Z"), ..of_source.clone() }, 20),
                (ArticleFilter { since: at("2025-06-23T10:00:00Z"), ..of_source.clone() }, 1000),
                (ArticleFilter { until: at("2025-06-20T00:00:00Z"), ..of_source.clone() }, 20),
            ] {
                let expected = by_looking_at_all(&connection, &filter, limit);
                let newest = newest_of_source(&connection, &filter, limit).unwrap();
                // What source 4 has is far behind the newest, and source 5 has few.
                let has_bounds = filter.since.is_some() || filter.until.is_some() || limit == LIST_MAX;
                assert_eq!(newest.is_some(), source_id < 4 || (source_id == 4 && has_bounds), "{filter:?}, {limit}");
                assert_eq!(newest.unwrap_or_else(|| expected.clone()), expected, "{filter:?}, {limit}");
            }
        }
        let of_source = ArticleFilter { source_id: Some(1), ..ArticleFilter::default() };
        assert_eq!(newest_of_source(&connection, &of_source, u32::MAX).unwrap(), None);
        assert_eq!(newest_of_source(&connection, &ArticleFilter::default(), 20).unwrap(), None);
    }

    /// One article in two is in English, one in seven hundred in Maltese; half of the Welsh ones have come in long after their time.
    #[test]
    fn the_newest_in_a_language_are_those_of_all_in_it() {
        let connection = connection();
        connection
            .execute_batch(
                "UPDATE articles SET language = CASE WHEN id % 2 THEN 'en' WHEN id % 700 = 0 THEN 'mt' WHEN id % 6 = 0 THEN 'cy' ELSE 'de' END;
                 UPDATE articles SET published_at = '2020-01-01T00:00:00Z' WHERE language = 'cy' AND id > 7000",
            )
            .unwrap();
        let at = |time: &str| Some(time.parse().unwrap());
        for language in ["en", "mt", "cy", "de", "fi"] {
            let in_language = ArticleFilter { language: Some(language.to_owned()), ..ArticleFilter::default() };
            for (filter, limit, is_found) in [
                (in_language.clone(), 50, true),
                (in_language.clone(), 1, true),
                (in_language.clone(), LIST_MAX, true),
                (ArticleFilter { without_duplicates: true, ..in_language.clone() }, 20, true),
                (ArticleFilter { since: at("2025-06-20T00:00:00Z"), ..in_language.clone() }, 20, language != "cy"),
                (ArticleFilter { condition: Some("words > 20".to_owned()), ..in_language.clone() }, 20, true),
                (ArticleFilter { until: at("2025-06-20T00:00:00Z"), ..in_language.clone() }, 20, false),
            ] {
                let newest = newest_in_language(&connection, &filter, limit).unwrap();
                assert_eq!(newest.is_some(), is_found, "{filter:?}, {limit}");
                let expected = by_looking_at_all(&connection, &filter, limit);
                assert_eq!(newest.unwrap_or_else(|| expected.clone()), expected, "{filter:?}, {limit}");
            }
        }
        // Of those that meet a condition.
        for (condition, limit, is_found) in
            [("words > 20", 20, true), ("id < 3", 20, true), ("words > 20", LIST_MAX + 1, false)]
        {
            let filter = ArticleFilter { condition: Some(condition.to_owned()), ..ArticleFilter::default() };
            let newest = newest_by_condition(&connection, &filter, limit).unwrap();
            assert_eq!(newest.is_some(), is_found, "{condition}");
            let expected = by_looking_at_all(&connection, &filter, limit);
            assert_eq!(newest.unwrap_or_else(|| expected.clone()), expected, "{condition}");
        }
        // Where too many are newer than those that meet it, another way has to be found.
        connection
            .execute_batch(
                "WITH numbers (id) AS (SELECT 20000 UNION ALL SELECT id + 1 FROM numbers WHERE id < 70100)
                 INSERT INTO articles (id, first_seen_at, updated_at, words, body, body_kind, quality, sha256, change_seq)
                 SELECT id, '2026-01-01T00:00:00Z', '', 0, '', 'full', 100, '', 1000000 + id FROM numbers",
            )
            .unwrap();
        let by_condition = |condition: &str| {
            let filter = ArticleFilter { condition: Some(condition.to_owned()), ..ArticleFilter::default() };
            newest_by_condition(&connection, &filter, 20).unwrap()
        };
        assert_eq!(by_condition("words > 20"), None);
        assert_eq!(by_condition("words = 0").unwrap()[..2], [70_100, 70_099]);
        assert_eq!(few_in_language(&connection, "mt").unwrap().map(|ids| ids.len()), Some(20));
        assert_eq!(few_in_language(&connection, "fi").unwrap(), Some(Vec::new()));
    }
}
