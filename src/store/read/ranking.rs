//! The rank of articles with words that stand in very many others.
//!
//! BM25 as FTS5 has it (Robertson and Zaragoza, *The Probabilistic Relevance Framework*, 2009). FTS5 goes through all articles that have a
//! word to weigh it, before it ranks the first. Here a word is weighed by how close together its newest articles stand, and the texts of
//! those that are ranked are read: of words in very many articles they are the last that came in, and stand side by side in the file.

use memchr::memmem;
use rusqlite::Connection;

use crate::store::file::characters;
use crate::store::file::volumes::article_body;
use crate::store::read::hit::{Hit, Index};
use crate::store::read::reader::list;
use crate::store::read::unicode61::{folded, is_accent, is_of_word, words};
use crate::store::read::volume_hits::Files;

/// FTS5 goes through so many articles for the weights of words, in some three milliseconds.
const GONE_THROUGH_MAX: f64 = 100_000.0;

/// To go through the articles with a phrase takes FTS5 so much longer than through those with the rarest of its words.
const PHRASE_TAKES: f64 = 4.0;

/// By so many of its newest articles a word is weighed.
const WEIGHED_BY: u32 = 1000;

/// How soon more of the same word counts no more, and how much length counts.
const K1: f64 = 1.2;
const B: f64 = 0.75;

/// What a match in a title counts, and one in a body.
const WEIGHTS: [f64; 2] = [5.0, 1.0];

/// The least weight of a word: one that more than half of the articles have tells nothing.
const WEIGHT_MIN: f64 = 1e-6;

/// How the hits of an expression are ranked by their texts.
#[derive(Debug)]
pub(super) struct Ranking {
    phrases: Vec<Phrase>,
}

/// Words that stand one behind another, and what they weigh.
#[derive(Debug)]
struct Phrase {
    /// As the index writes them.
    words: Vec<String>,
    /// Looks for the first of them, where it is of ASCII.
    first: Option<memmem::Finder<'static>>,
    weight: f64,
}

impl Ranking {
    /// That of an expression for which FTS5 would go through very many articles. `None`: it goes through few, or the expression is more than a
    /// list of words and phrases in quotes.
    pub(super) fn of(connection: &Connection, expression: &str) -> rusqlite::Result<Option<Ranking>> {
        let Some(phrases) = phrases_of(expression) else { return Ok(None) };
        let Some(n_articles) = last(connection)? else { return Ok(None) };
        let mut n_gone_through = 0.0;
        for words in &phrases {
            let rarest = n_with_rarest(connection, words, n_articles)?;
            n_gone_through += if words.len() > 1 { PHRASE_TAKES * rarest } else { rarest };
        }
        if n_gone_through <= GONE_THROUGH_MAX {
            Ok(None)
        } else {
            Ranking::weighed(connection, phrases, n_articles).map(Some)
        }
    }

    /// That of an expression for articles of several files: each index would weigh a word by how rare it is in its own month, so that those
    /// of a month that hardly had it came before all others. `None`: the expression is more than a list of words and phrases in quotes.
    pub(super) fn of_files(files: Files<'_>, expression: &str) -> rusqlite::Result<Option<Ranking>> {
        let Some(phrases) = phrases_of(expression) else { return Ok(None) };
        let Some(n_articles) = last(files.connection)? else { return Ok(None) };
        Ranking::weighed_by(phrases, n_articles, |phrase| n_in_files(files, phrase, n_articles)).map(Some)
    }

    fn weighed(connection: &Connection, phrases: Vec<Vec<String>>, n_articles: u32) -> rusqlite::Result<Ranking> {
        Ranking::weighed_by(phrases, n_articles, |phrase| n_articles_with(connection, phrase, n_articles))
    }

    /// `n_with` counts the articles that have a phrase.
    fn weighed_by(
        phrases: Vec<Vec<String>>,
        n_articles: u32,
        n_with: impl Fn(&str) -> rusqlite::Result<f64>,
    ) -> rusqlite::Result<Ranking> {
        // What is asked for alone weighs the same in all articles.
        let is_alone = phrases.len() == 1;
        let weighed = phrases.into_iter().map(|words| {
            let n_having = if is_alone { 0.0 } else { n_with(&words.join(" "))? };
            let weight = ((f64::from(n_articles) - n_having + 0.5) / (n_having + 0.5)).ln();
            let first = words.first().filter(|word| word.is_ascii());
            let first = first.map(|word| memmem::Finder::new(word).into_owned());
            Ok(Phrase { words, first, weight: weight.max(WEIGHT_MIN) })
        });
        Ok(Ranking { phrases: weighed.collect::<rusqlite::Result<_>>()? })
    }

    /// Gives each hit its rank, by the texts as they stand there now.
    pub(super) fn rank(&self, connection: &Connection, hits: &mut [Hit]) -> rusqlite::Result<()> {
        // The newest come first, and are read in the order of the file.
        let ids: Vec<i64> = hits.iter().rev().map(|hit| hit.id).collect();
        let body = article_body(connection);
        let sql = format!("SELECT id, words, title, {body} FROM articles WHERE id IN rarray(?1)");
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query([list(&ids)])?;
        let mut counted = Vec::with_capacity(hits.len());
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            let Ok(place) = hits.binary_search_by(|hit| id.cmp(&hit.id)) else { continue };
            let n_words = row.get_ref(1)?.as_i64_or_null().ok().flatten().unwrap_or(0);
            let texts = [row.get_ref(2)?, row.get_ref(3)?].map(|text| text.as_bytes_or_null().ok().flatten());
            let texts = texts.map(|text| String::from_utf8_lossy(text.unwrap_or_default()));
            let n_words = f64::from(u32::try_from(n_words).unwrap_or(0));
            counted.push((place, n_words, self.count(&texts, hits[place].index)));
        }
        let n_counted = f64::from(u32::try_from(counted.len()).unwrap_or(u32::MAX));
        let mean = counted.iter().map(|(_, n_words, _)| n_words).sum::<f64>() / n_counted.max(1.0);
        for (place, n_words, often) in counted {
            hits[place].score = self.score(&often, n_words / mean.max(1.0));
        }
        Ok(())
    }

    /// How often each phrase stands in the title and the body of an article, by the weight of the place.
    fn count(&self, texts: &[impl AsRef<str>; 2], index: Index) -> Vec<f64> {
        let mut often = vec![0.0; self.phrases.len()];
        for (text, weight) in texts.iter().zip(WEIGHTS) {
            let text = Text::of(text.as_ref(), index);
            for (phrase, often) in self.phrases.iter().zip(&mut often) {
                *often += weight * f64::from(text.count(phrase));
            }
        }
        often
    }

    /// Less is better, as with FTS5. The length is that of the article among the others.
    fn score(&self, often: &[f64], length: f64) -> f64 {
        let length = K1 * (1.0 - B + B * length);
        let of_each = self.phrases.iter().zip(often);
        -of_each.map(|(phrase, often)| phrase.weight * often * (K1 + 1.0) / (often + length)).sum::<f64>()
    }
}

/// A text in which words are looked for.
enum Text<'a> {
    /// In small letters, where none is to be taken for another of ASCII: a word of ASCII is looked for by its bytes.
    Plain(String),
    /// One by word.
    Words(Vec<&'a str>),
    /// One of a script without blanks, which has them here.
    Spaced(String),
}

impl<'a> Text<'a> {
    fn of(text: &'a str, index: Index) -> Text<'a> {
        match index {
            Index::Characters => Text::Spaced(characters::spaced(text)),
            Index::Words if text.bytes().any(begins_other_letters) => Text::Words(words(text).collect()),
            Index::Words => Text::Plain(text.to_ascii_lowercase()),
        }
    }

    /// How often a phrase stands in it.
    fn count(&self, phrase: &Phrase) -> u32 {
        let among = |words: &[&str]| {
            words.windows(phrase.words.len()).filter(|here| phrase.stands(here.iter().copied())).count()
        };
        let n = match (self, &phrase.first) {
            (Text::Plain(text), Some(first)) => {
                first.find_iter(text.as_bytes()).filter(|at| phrase.stands_at(text, *at)).count()
            }
            (Text::Plain(text) | Text::Spaced(text), _) => among(&words(text).collect::<Vec<_>>()),
            (Text::Words(words), _) => among(words),
        };
        u32::try_from(n).unwrap_or(u32::MAX)
    }
}

/// Whether a byte of UTF-8 begins characters of which some are accents, or letters of ASCII to the index. The signs of Kelvin and Ångström are
/// such too, and nobody means them.
fn begins_other_letters(byte: u8) -> bool {
    matches!(byte, 0xc3..=0xcd | 0xe1)
}

impl Phrase {
    /// Whether these words of a text begin with it.
    fn stands<'a>(&self, mut here: impl Iterator<Item = &'a str>) -> bool {
        self.words.iter().all(|word| {
            let mut rest = word.chars();
            let is_begun = here
                .next()
                .is_some_and(|here| here.chars().filter(|c| !is_accent(*c)).all(|c| rest.next() == Some(folded(c))));
            is_begun && rest.next().is_none()
        })
    }

    /// Whether it stands there in a plain text, where the letters of its first word do.
    fn stands_at(&self, text: &str, at: usize) -> bool {
        let is_within_word = text[..at].chars().next_back().is_some_and(is_of_word);
        !is_within_word && self.stands(words(&text[at..]))
    }
}

/// The words of the phrases of an expression, as the index writes them. `None` where it is more than a list of words and phrases in quotes.
fn phrases_of(expression: &str) -> Option<Vec<Vec<String>>> {
    let is_list = expression.split('"').step_by(2).all(|between| between.chars().all(char::is_whitespace));
    let quoted = expression.split('"').skip(1).step_by(2);
    let fold = |word: &str| word.chars().filter(|c| !is_accent(*c)).map(folded).collect();
    let phrases = quoted.map(|phrase| words(phrase).map(fold).collect::<Vec<String>>());
    let phrases: Vec<_> = phrases.filter(|words| !words.is_empty()).collect();
    (is_list && !phrases.is_empty()).then_some(phrases)
}

/// The number of the last article: about as many there are.
fn last(connection: &Connection) -> rusqlite::Result<Option<u32>> {
    let last: Option<i64> = connection.query_row("SELECT max(id) FROM articles", [], |row| row.get(0))?;
    Ok(last.and_then(|last| u32::try_from(last).ok()))
}

/// How many articles have that of some words which the fewest have.
fn n_with_rarest(connection: &Connection, words: &[String], n_articles: u32) -> rusqlite::Result<f64> {
    words.iter().try_fold(f64::INFINITY, |rarest, word| Ok(n_articles_with(connection, word, n_articles)?.min(rarest)))
}

/// How many articles have a word or a phrase, as far as its newest tell.
fn n_articles_with(connection: &Connection, phrase: &str, n_articles: u32) -> rusqlite::Result<f64> {
    let sql = "SELECT min(rowid), count(*) FROM (SELECT rowid FROM articles_fts WHERE articles_fts MATCH ?1 ORDER BY rowid DESC LIMIT ?2)";
    let newest = (format!("\"{phrase}\""), WEIGHED_BY);
    let (oldest, n_newest): (Option<i64>, u32) =
        connection.prepare_cached(sql)?.query_row(newest, |row| Ok((row.get(0)?, row.get(1)?)))?;
    let Some(oldest) = oldest.filter(|_| n_newest == WEIGHED_BY) else { return Ok(f64::from(n_newest)) };
    let n_among = u32::try_from(i64::from(n_articles) - oldest + 1).unwrap_or(1).max(1);
    Ok(f64::from(n_newest) * f64::from(n_articles) / f64::from(n_among))
}

/// The same in the database and its volumes, of which the database has the headlines alone.
fn n_in_files(files: Files<'_>, phrase: &str, n_articles: u32) -> rusqlite::Result<f64> {
    let (mut n_with, mut n_moved) = (0.0, 0.0);
    for of_volume in files.count_newest(&format!("\"{phrase}\""), WEIGHED_BY) {
        n_moved += of_volume.all;
        n_with += of_volume.n_with();
    }
    let here = n_articles_with(files.connection, phrase, n_articles)?;
    let share_here = (1.0 - n_moved / f64::from(n_articles)).clamp(0.0, 1.0);
    // So few are counted, and of more it is told how many there would be in all.
    Ok(n_with + if here < f64::from(WEIGHED_BY) { here } else { here * share_here })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::file::schema::in_memory;

    /// Articles of which the even ones have what is asked for: the ferry up to five times, the harbour twice or three times, the two side by
    /// side in every sixth, and the ferry in the title of every tenth. Those without it are as long.
    fn articles(n_articles: u32) -> Connection {
        let connection = in_memory().unwrap();
        rusqlite::vtab::array::load_module(&connection).unwrap();
        connection.pragma_update(None, "foreign_keys", false).unwrap();
        let mut insert = connection
            .prepare(
                "INSERT INTO articles (id, title, words, body, body_kind, quality, first_seen_at, updated_at, sha256, change_seq)
                 VALUES (?1, ?2, ?3, ?4, 'full', 100, '2026-02-01T00:00:00Z', '2026-02-01T00:00:00Z', '', ?1)",
            )
            .unwrap();
        for number in 1..=n_articles {
            let even = number.div_ceil(2) * 2;
            let mut body = "a b c d e f g h i j ".repeat(1 + even as usize / 6 % 3);
            body += &"Férry, ".repeat(1 + even as usize / 2 % 4);
            body += &"k the HARBOUR ".repeat(1 + even as usize / 2 % 2);
            body += if even % 6 == 0 { "ferry harbour l" } else { "ferry l harbour" };
            if number % 2 == 1 {
                body = "m ".repeat(words(&body).count());
            }
            let title = if number % 10 == 0 { "The ferry" } else { "A quay" };
            insert.execute((number, title, words(&body).count() + 2, body)).unwrap();
        }
        drop(insert);
        connection
            .execute_batch("INSERT INTO articles_fts (rowid, title, body) SELECT id, title, body FROM articles")
            .unwrap();
        connection
    }

    /// The hits as FTS5 ranks them, newest first.
    fn hits_of(connection: &Connection, expression: &str) -> Vec<Hit> {
        let sql = "SELECT rowid, bm25(articles_fts, 5.0, 1.0) FROM articles_fts WHERE articles_fts MATCH ?1 ORDER BY rowid DESC";
        let mut statement = connection.prepare(sql).unwrap();
        let hit = |row: &rusqlite::Row<'_>| {
            Ok(Hit { id: row.get(0)?, index: Index::Words, score: row.get(1)?, volume: None })
        };
        statement.query_map([expression], hit).unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn hits_are_ranked_by_their_texts_as_fts5_ranks_them() {
        let n_articles = 288;
        let connection = articles(n_articles);
        for expression in [
            "\"ferry\"",
            "\"FERRY\" \"harbour\"",
            "\"ferry harbour\"",
            "\"ferry harbour\" \"k\"",
            "\"ferry-harbour\" \"a\"",
        ] {
            let expected = hits_of(&connection, expression);
            let mut hits: Vec<Hit> = expected.iter().map(|hit| Hit::unscored(hit.id, hit.index)).collect();
            let phrases = phrases_of(expression).unwrap();
            Ranking::weighed(&connection, phrases, n_articles).unwrap().rank(&connection, &mut hits).unwrap();
            assert!(hits.len() >= 40, "{expression}: {hits:?}");
            // But for the weights, which stand for all articles alike where one thing is asked for.
            let scale = expected[0].score / hits[0].score;
            for (hit, expected) in hits.iter().zip(&expected) {
                assert!((scale * hit.score / expected.score - 1.0).abs() < 1e-6, "{expression}: {hit:?}, {expected:?}");
            }
        }
    }

    #[test]
    fn only_lists_are_ranked_by_their_texts() {
        for (expression, expected) in [
            ("\"Ferry\" \"Café au lait\"", Some(vec![vec!["ferry"], vec!["cafe", "au", "lait"]])),
            ("\"covid-19\" \"…\"", Some(vec![vec!["covid", "19"]])),
            ("\"harbo\"*", None),
            ("\"ferry\" OR \"harbour\"", None),
            ("ferry", None),
            ("\"…\"", None),
            ("", None),
        ] {
            let expected: Option<Vec<Vec<String>>> = expected.map(|phrases| {
                phrases.iter().map(|words| words.iter().map(|&word| word.to_owned()).collect()).collect()
            });
            assert_eq!(phrases_of(expression), expected, "{expression}");
        }
    }

    #[test]
    fn words_of_few_articles_are_left_to_fts5() {
        let connection = articles(2100);
        let n_with = |phrase: &str| n_articles_with(&connection, phrase, 2100).unwrap();
        assert!((n_with("ferry") - 1050.0).abs() < 2.0, "{}", n_with("ferry"));
        assert!((n_with("ferry harbour") - 350.0).abs() < f64::EPSILON, "{}", n_with("ferry harbour"));
        assert!(n_with("nowhere").abs() < f64::EPSILON);
        assert!(Ranking::of(&connection, "\"ferry\"").unwrap().is_none());
    }

    #[test]
    fn in_plain_texts_no_letter_is_to_be_taken_for_another() {
        let is_other = |c: &char| !c.is_ascii() && (is_accent(*c) || is_of_word(*c) && folded(*c).is_ascii());
        let begins = |c: char| begins_other_letters(c.encode_utf8(&mut [0; 4]).as_bytes()[0]);
        let missed: Vec<char> = ('\u{80}'..=char::MAX).filter(is_other).filter(|c| !begins(*c)).collect();
        assert_eq!(missed, ['\u{212a}', '\u{212b}']);
    }

    #[test]
    fn phrases_are_counted_alike_in_all_texts() {
        for (text, phrase, expected) in [
            ("Ferry, ferries; FERRY-boat “ferry” ferry2 порт", "ferry", 3),
            ("bananana ana", "ana", 1),
            ("the port of the port", "the port", 2),
            ("the port of the port", "the", 2),
            ("Covid-19 and COVID 19, covid—19", "covid-19", 3),
            ("порт Порт порта", "порт", 2),
            ("portпорт", "port", 0),
            ("", "ferry", 0),
        ] {
            let connection = articles(1);
            let phrases = phrases_of(&format!("\"{phrase}\"")).unwrap();
            let ranking = Ranking::weighed(&connection, phrases, 1).unwrap();
            let plain = Text::of(text, Index::Words);
            assert!(matches!(plain, Text::Plain(_)), "{text}");
            // An accent anywhere has the text parted into words.
            let accented = format!("{text} é");
            let parted = Text::of(&accented, Index::Words);
            assert!(matches!(parted, Text::Words(_)), "{text}");
            let of_others = Text::of(text, Index::Characters);
            for text in [plain, parted, of_others] {
                assert_eq!(text.count(&ranking.phrases[0]), expected, "{phrase}");
            }
        }
    }
}
