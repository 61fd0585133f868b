//! The newest articles with a word that begins so, where very many have one.
//!
//! FTS5 gathers all places of all such words before it tells of the first article, and does so again to rank them and to cut out passages.
//! Where there are very many, the newest articles have such words too, and are soon found by reading them.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, ToSql};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::scripts::is_unspaced;
use crate::store::file::characters;
use crate::store::read::article_filter::{ArticleFilter, UserCondition};
use crate::store::read::hits::Index;

/// To rank the articles with words at so many places takes some twenty milliseconds. To count no more than these takes five.
const PLACES_MAX: u32 = 50_000;

/// So many articles are read, which takes twice as long. Of 10⁶ articles that have words at just too many places, a hundred are among them.
const READ_MAX: u32 = 5000;

/// The places of all words in `articles_fts`, in the order of the words. FTS5 knows them as a table, which is no part of the file.
const PLACES: &str =
    "CREATE VIRTUAL TABLE IF NOT EXISTS temp._places USING fts5vocab('main', 'articles_fts', 'instance')";

/// The beginning of a word, as the full-text index writes words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Beginning(String);

/// What articles are ordered by, as in lists.
const TIME: &str = "coalesce(articles.published_at, articles.first_seen_at)";

/// An article, with the index and the word by which it is found.
pub(super) struct WithBeginning {
    pub(super) id: i64,
    pub(super) index: Index,
    pub(super) word: String,
}

impl Beginning {
    /// The one that is all that an expression asks for: `"harbo"*`.
    pub(super) fn of(expression: &str) -> Option<Beginning> {
        let beginning = expression.strip_prefix('"')?.strip_suffix("\"*")?;
        let is_word = !beginning.is_empty() && beginning.chars().all(|c| c.is_alphanumeric() && !is_unspaced(c));
        is_word.then(|| Beginning(beginning.chars().map(folded).collect()))
    }

    /// Whether words that begin so stand at very many places. Those are counted no further.
    pub(super) fn is_at_many_places(&self, connection: &Connection) -> rusqlite::Result<bool> {
        connection.execute_batch(PLACES)?;
        let sql = "SELECT count(*) FROM (SELECT 1 FROM temp._places WHERE term >= ?1 AND term < ?1 || char(1114111) LIMIT ?2)";
        let n_places: u32 = connection.query_row(sql, (&self.0, PLACES_MAX + 1), |row| row.get(0))?;
        Ok(n_places > PLACES_MAX)
    }

    /// The newest articles of a choice with words that begin so, newest first: as many as are asked for, or `None` where they are not soon
    /// found.
    pub(super) fn newest(
        &self,
        connection: &Connection,
        filter: &ArticleFilter,
        limit: u32,
    ) -> rusqlite::Result<Option<Vec<WithBeginning>>> {
        let (mut conditions, parameters) = filter.conditions(UserCondition::RowByRow);
        let mut parameters: Vec<(&str, &dyn ToSql)> =
            parameters.iter().map(|(name, value)| (*name, &**value)).collect();
        let last = last_read(connection, filter)?;
        if let Some(last) = &last {
            conditions.push(format!("{TIME} >= :last"));
            parameters.push((":last", last));
        }
        let clause = if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) };
        // By this index alone the last ones need not be read.
        let sql = format!(
            "SELECT articles.id, title, body FROM articles INDEXED BY articles_time {clause} ORDER BY {TIME} DESC, articles.id DESC"
        );
        let mut newest = Vec::new();
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query(parameters.as_slice())?;
        while newest.len() < limit as usize {
            let Some(row) = rows.next()? else { return Ok(None) };
            let texts = [row.get_ref(1)?, row.get_ref(2)?].map(|text| text.as_bytes_or_null().ok().flatten());
            let texts = texts.map(|text| String::from_utf8_lossy(text.unwrap_or_default()));
            let Some(word) = texts.iter().find_map(|text| self.word_in(text)) else { continue };
            let is_by_character = texts.iter().any(|text| characters::has_some(text));
            let index = if is_by_character { Index::Characters } else { Index::Words };
            newest.push(WithBeginning { id: row.get(0)?, index, word: word.to_owned() });
        }
        Ok(Some(newest))
    }

    /// The first word of a text that begins so.
    fn word_in<'a>(&self, text: &'a str) -> Option<&'a str> {
        let mut rest = text;
        loop {
            rest = &rest[rest.find(is_of_word)?..];
            let end = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
            let (word, behind) = rest.split_at(end);
            let mut characters = word.chars().filter(|c| !is_combining_mark(*c)).map(folded);
            if self.0.chars().all(|c| characters.next() == Some(c)) {
                return Some(word);
            }
            rest = behind;
        }
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

/// Whether a character stands within a word, as SQLite's tokenizer `unicode61` sees it. Those of scripts without blanks are words of their
/// own.
fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || (!c.is_ascii() && (c.is_alphanumeric() || is_combining_mark(c)) && !is_unspaced(c))
}

/// A character of a word in lower case, and without its accent where that leaves a letter of ASCII, as `unicode61` has it.
fn folded(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let lower = c.to_lowercase().next().unwrap_or(c);
    std::iter::once(lower).nfd().next().filter(char::is_ascii).unwrap_or(lower)
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
            assert_eq!(Beginning::of(expression), expected.map(|word| Beginning(word.to_owned())), "{expression}");
        }
    }

    #[test]
    fn words_are_found_by_their_beginning() {
        for (beginning, text, expected) in [
            ("vot", "They vote.", Some("vote")),
            ("vot", "VOTING is over", Some("VOTING")),
            ("vot", "a pivot, two votes", Some("votes")),
            ("vot", "a pivot", None),
            ("vot", "vo", None),
            ("vot", "a-voter", Some("voter")),
            ("vot", "投票vote投票", Some("vote")),
            ("emil", "Émilie", Some("Émilie")),
            ("emil", "E\u{301}milie", Some("E\u{301}milie")),
            ("порт", "В Портах", Some("Портах")),
            ("19", "covid-19", Some("19")),
        ] {
            assert_eq!(Beginning(beginning.to_owned()).word_in(text), expected, "{beginning} in {text}");
        }
    }
}
