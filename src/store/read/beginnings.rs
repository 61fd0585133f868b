//! The newest articles with a word that begins so, where very many have one.
//!
//! FTS5 gathers all places of all such words before it tells of the first article, and does so again to rank them and to cut out passages.
//! Where there are very many, the newest articles have such words too, and are soon found by reading them.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, ToSql};
use unicode_normalization::char::is_combining_mark;

use crate::scripts::is_unspaced;
use crate::store::file::characters;
use crate::store::file::volumes::article_body;
use crate::store::read::article_filter::{ArticleFilter, UserCondition};
use crate::store::read::few::{few_by_condition, few_by_index};
use crate::store::read::hit::Index;
use crate::store::read::reader::list;
use crate::store::read::unicode61::{folded, is_accent, is_of_word, lowered, runs, words};

/// To rank the articles with words at so many places takes some twenty milliseconds. To count no more than these takes five.
const PLACES_MAX: u32 = 50_000;

/// So many articles are read, which takes twice as long. Of 10⁶ articles that have words at just too many places, a hundred are among them.
const READ_MAX: u32 = 5000;

/// The places of all words in `articles_fts`, in the order of the words. FTS5 knows them as a table, which is no part of the file.
const PLACES: &str =
    "CREATE VIRTUAL TABLE IF NOT EXISTS temp._places USING fts5vocab('main', 'articles_fts', 'instance')";

/// The beginning of a word.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Beginning {
    /// As the index of words writes it.
    folded: String,
    /// As that of characters does, which leaves accents where they are.
    lower: String,
}

/// What articles are ordered by, as in lists.
const TIME: &str = "coalesce(articles.published_at, articles.first_seen_at)";

/// An article, with the index and the word by which it is found.
pub(super) struct WithBeginning {
    pub(super) id: i64,
    pub(super) index: Index,
    pub(super) word: String,
}

/// The newest articles of a choice with words that begin so, newest first.
pub(super) struct Begun {
    pub(super) newest: Vec<WithBeginning>,
    /// Whether there are no others.
    pub(super) are_all: bool,
}

impl Beginning {
    /// The one that is all that an expression asks for: `"harbo"*`.
    pub(super) fn of(expression: &str) -> Option<Beginning> {
        let beginning = expression.strip_prefix('"')?.strip_suffix("\"*")?;
        let is_word = !beginning.is_empty() && beginning.chars().all(|c| is_of_word(c) && !is_unspaced(c));
        is_word.then(|| Beginning {
            folded: beginning.chars().map(folded).collect(),
            lower: beginning.chars().map(lowered).collect(),
        })
    }

    /// Whether words that begin so stand at very many places. Those are counted no further.
    pub(super) fn is_at_many_places(&self, connection: &Connection) -> rusqlite::Result<bool> {
        connection.execute_batch(PLACES)?;
        let sql = "SELECT count(*) FROM (SELECT 1 FROM temp._places WHERE term >= ?1 AND term < ?1 || char(1114111) LIMIT ?2)";
        let n_places: u32 = connection.query_row(sql, (&self.folded, PLACES_MAX + 1), |row| row.get(0))?;
        Ok(n_places > PLACES_MAX)
    }

    /// The newest articles of a choice with words that begin so: as many as are asked for, or all of a choice of few articles; `None` where they
    /// are not soon found.
    pub(super) fn newest(
        &self,
        connection: &Connection,
        filter: &ArticleFilter,
        limit: u32,
    ) -> rusqlite::Result<Option<Begun>> {
        if let Some(ids) = few(connection, filter)? {
            return self.newest_among(connection, &ids, limit).map(Some);
        }
        let (mut conditions, parameters) = filter.conditions(UserCondition::RowByRow);
        let mut parameters: Vec<(&str, &dyn ToSql)> =
            parameters.iter().map(|(name, value)| (*name, &**value)).collect();
        let last = last_read(connection, filter)?;
        if let Some(last) = &last {
            conditions.push(format!("{TIME} >= :last"));
            parameters.push((":last", last));
        }
        let clause = if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) };
        let body = article_body(connection);
        // By this index alone the last ones need not be read.
        let sql = format!(
            "SELECT articles.id, title, {body} FROM articles INDEXED BY articles_time {clause} ORDER BY {TIME} DESC, articles.id DESC"
        );
        let mut newest = Vec::new();
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query(parameters.as_slice())?;
        while newest.len() < limit as usize {
            let Some(row) = rows.next()? else { return Ok(None) };
            newest.extend(self.found_in(row)?);
        }
        Ok(Some(Begun { newest, are_all: false }))
    }

    /// The newest of these articles with words that begin so.
    fn newest_among(&self, connection: &Connection, ids: &[i64], limit: u32) -> rusqlite::Result<Begun> {
        // Their texts are not sorted with them.
        let sql = format!(
            "SELECT articles.id FROM articles NOT INDEXED WHERE articles.id IN rarray(?1) ORDER BY {TIME} DESC, articles.id DESC"
        );
        let mut statement = connection.prepare(&sql)?;
        let ids: Vec<i64> = statement.query_map([list(ids)], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        let body = article_body(connection);
        let mut statement =
            connection.prepare(&format!("SELECT articles.id, title, {body} FROM articles WHERE articles.id = ?1"))?;
        let mut newest = Vec::new();
        for id in ids {
            if newest.len() >= limit as usize {
                return Ok(Begun { newest, are_all: false });
            }
            let mut rows = statement.query([id])?;
            if let Some(row) = rows.next()? {
                newest.extend(self.found_in(row)?);
            }
        }
        Ok(Begun { newest, are_all: true })
    }

    /// The article of a row (number, title, text), if it has a word that begins so.
    fn found_in(&self, row: &Row<'_>) -> rusqlite::Result<Option<WithBeginning>> {
        let texts = [row.get_ref(1)?, row.get_ref(2)?].map(|text| text.as_bytes_or_null().ok().flatten());
        let texts = texts.map(|text| String::from_utf8_lossy(text.unwrap_or_default()));
        let Some((index, word)) = self.word_in(&texts) else { return Ok(None) };
        Ok(Some(WithBeginning { id: row.get(0)?, index, word: word.to_owned() }))
    }

    /// The first word that begins so, and the index that has an article with these texts by it.
    fn word_in<'a>(&self, texts: &'a [impl AsRef<str>]) -> Option<(Index, &'a str)> {
        let mut all = texts.iter().map(AsRef::as_ref);
        let is_by_character = all.clone().any(characters::has_some);
        if let Some(word) = all.clone().find_map(|text| self.among_words(text)) {
            return Some((Index::Words, word));
        }
        let word = is_by_character.then(|| all.find_map(|text| self.among_characters(text)))??;
        Some((Index::Characters, word))
    }

    /// What stands in one piece with characters of a script without blanks is left to the other index.
    fn among_words<'a>(&self, text: &'a str) -> Option<&'a str> {
        words(text).find(|word| {
            begins(word.chars().filter(|c| !is_accent(*c)).map(folded), &self.folded) && !characters::has_some(word)
        })
    }

    fn among_characters<'a>(&self, text: &'a str) -> Option<&'a str> {
        let begins_word = |c| is_of_word(c) && !is_unspaced(c);
        let goes_on = |c| (is_of_word(c) || is_combining_mark(c)) && !is_unspaced(c);
        runs(text, begins_word, goes_on).find(|word| begins(word.chars().map(lowered), &self.lower))
    }
}

/// Whether characters begin with those.
fn begins(mut characters: impl Iterator<Item = char>, beginning: &str) -> bool {
    beginning.chars().all(|c| characters.next() == Some(c))
}

/// The articles of a choice of no more than are read. What a source has is not listed for this: there may be very many.
fn few(connection: &Connection, filter: &ArticleFilter) -> rusqlite::Result<Option<Vec<i64>>> {
    if filter.source_id.is_some() {
        return Ok(None);
    }
    match few_by_condition(connection, filter, READ_MAX)? {
        Some(ids) => Ok(Some(ids)),
        None => few_by_index(connection, filter, READ_MAX),
    }
}

/// The time of the last article that is read, if there are more within the times of a choice.
fn last_read(connection: &Connection, filter: &ArticleFilter) -> rusqlite::Result<Option<Value>> {
    let times = ArticleFilter { since: filter.since, until: filter.until, ..ArticleFilter::default() };
    let (clause, parameters) = times.to_sql();
    let sql = format!("SELECT {TIME} FROM articles {clause} ORDER BY {TIME} DESC LIMIT 1 OFFSET {}", READ_MAX - 1);
    let parameters: Vec<(&str, &dyn ToSql)> = parameters.iter().map(|(name, value)| (*name, &**value)).collect();
    connection.prepare(&sql)?.query_row(parameters.as_slice(), |row| row.get(0)).optional()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_is_one_word_and_a_star() {
        for (expression, expected) in [
            ("\"harbo\"*", Some("harbo")),
            ("\"HARBO\"*", Some("harbo")),
            ("\"Émi\"*", Some("emi")),
            ("\"Порт\"*", Some("порт")),
            ("\"harbo\"", None),
            ("\"*", None),
            ("\"\"*", None),
            ("\"night tra\"*", None),
            ("\"covid-19\"*", None),
            ("\"ferry\" \"harbo\"*", None),
            ("\"港\"*", None),
            ("harbo*", None),
        ] {
            let found = Beginning::of(expression).map(|beginning| beginning.folded);
            assert_eq!(found.as_deref(), expected, "{expression}");
        }
    }

    #[test]
    fn words_are_found_by_their_beginning() {
        for (beginning, text, expected) in [
            ("vot", "They vote.", Some((Index::Words, "vote"))),
            ("vot", "VOTING is over", Some((Index::Words, "VOTING"))),
            ("vot", "a pivot, two votes", Some((Index::Words, "votes"))),
            ("vot", "a pivot", None),
            ("vot", "vo", None),
            ("vot", "a-voter", Some((Index::Words, "voter"))),
            ("vot", "投票vote投票", Some((Index::Characters, "vote"))),
            ("vot", "vote投票, votes", Some((Index::Words, "votes"))),
            ("vot", "🤖vote", None),
            ("émil", "投票Émilie", Some((Index::Characters, "Émilie"))),
            ("emil", "投票Émilie", None),
            ("emil", "投票 Émilie", Some((Index::Words, "Émilie"))),
            ("emil", "E\u{301}milie", Some((Index::Words, "E\u{301}milie"))),
            ("ÉMIL", "emilie", Some((Index::Words, "emilie"))),
            ("порт", "В Портах", Some((Index::Words, "Портах"))),
            ("λόγος", "Ὁ ΛΌΓΟΣ", Some((Index::Words, "ΛΌΓΟΣ"))),
            ("19", "covid-19", Some((Index::Words, "19"))),
            // Vowel signs and points part words.
            ("क", "ताक", Some((Index::Words, "क"))),
            ("क", "पहाड़", None),
            ("ক", "নৌকা", Some((Index::Words, "ক"))),
            ("க", "ஆகம்", None),
            ("ம", "ஆகாமல்", Some((Index::Words, "மல"))),
            ("ين", "الْمِينَاءُ", Some((Index::Words, "ين"))),
            ("ס", "נִסְגַּר", Some((Index::Words, "ס"))),
            ("क", "投票 ताक", Some((Index::Words, "क"))),
        ] {
            let found = Beginning::of(&format!("\"{beginning}\"*")).expect("a beginning");
            assert_eq!(found.word_in(&[text]), expected, "{beginning} in {text}");
        }
    }
}
