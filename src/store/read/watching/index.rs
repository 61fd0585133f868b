//! Which of many queries a text answers: each query stands under one of its words, the rarest, so that a text has to be compared with those
//! queries alone that have one of its words.

use std::collections::{BTreeSet, HashMap};

use crate::store::file::characters;

use super::words::{Alphabet, Phrase, Question, questions};

/// Between the last word of a title and the first of the body: no phrase reaches over it.
const GAP: u32 = 1000;

/// Queries by their words. They are known by numbers of whoever gave them.
#[derive(Debug)]
pub(super) struct QueryIndex {
    words: Lexicon,
    characters: Lexicon,
}

/// The queries of an alphabet.
#[derive(Debug)]
struct Lexicon {
    alphabet: Alphabet,
    /// Whole words, and beginnings of words, with the numbers by which they are compared.
    whole: HashMap<String, u32>,
    beginnings: HashMap<String, u32>,
    /// In bytes.
    lengths_of_beginnings: BTreeSet<usize>,
    questions: Vec<Asked>,
    /// The questions that stand under a word.
    under: HashMap<u32, Vec<usize>>,
}

/// A question in numbers.
#[derive(Debug)]
struct Asked {
    query: usize,
    phrases: Vec<Vec<u32>>,
}

impl QueryIndex {
    /// An index of queries. `rarity` says how often a word stands in texts, as far as it matters.
    pub(super) fn new<'a>(
        queries: impl Iterator<Item = (usize, &'a str)>,
        rarity: &mut dyn FnMut(&str) -> u32,
    ) -> QueryIndex {
        let mut index =
            QueryIndex { words: Lexicon::new(Alphabet::Words), characters: Lexicon::new(Alphabet::Characters) };
        for (query, text) in queries {
            for question in questions(text) {
                match question.alphabet {
                    Alphabet::Words => index.words.add(query, &question, rarity),
                    // How often a character stands in texts nobody has counted: all are taken for as rare.
                    Alphabet::Characters => index.characters.add(query, &question, &mut |_| 0),
                }
            }
        }
        index
    }

    /// The queries that an article answers, each once.
    pub(super) fn answered_by(&self, title: &str, body: &str) -> Vec<usize> {
        let mut answered = self.words.answered_by(title, body);
        if !self.characters.questions.is_empty() && (characters::has_some(title) || characters::has_some(body)) {
            answered.extend(self.characters.answered_by(title, body));
        }
        answered.sort_unstable();
        answered.dedup();
        answered
    }
}

impl Lexicon {
    fn new(alphabet: Alphabet) -> Lexicon {
        Lexicon {
            alphabet,
            whole: HashMap::new(),
            beginnings: HashMap::new(),
            lengths_of_beginnings: BTreeSet::new(),
            questions: Vec::new(),
            under: HashMap::new(),
        }
    }

    fn add(&mut self, query: usize, question: &Question, rarity: &mut dyn FnMut(&str) -> u32) {
        let mut rarest: Option<(u32, u32)> = None;
        let mut phrases = Vec::new();
        for Phrase { words, is_beginning } in &question.phrases {
            let mut phrase = Vec::new();
            for (position, word) in words.iter().enumerate() {
                let is_beginning = *is_beginning && position + 1 == words.len();
                let number = self.number_of(word, is_beginning);
                phrase.push(number);
                // Very many words may begin so.
                let n_texts = if is_beginning { u32::MAX } else { rarity(word) };
                if rarest.is_none_or(|(least, _)| n_texts < least) {
                    rarest = Some((n_texts, number));
                }
            }
            phrases.push(phrase);
        }
        if let Some((_, word)) = rarest {
            self.under.entry(word).or_default().push(self.questions.len());
            self.questions.push(Asked { query, phrases });
        }
    }

    fn number_of(&mut self, word: &str, is_beginning: bool) -> u32 {
        let next = u32::try_from(self.whole.len() + self.beginnings.len()).unwrap_or(u32::MAX);
        if is_beginning {
            self.lengths_of_beginnings.insert(word.len());
            *self.beginnings.entry(word.to_owned()).or_insert(next)
        } else {
            *self.whole.entry(word.to_owned()).or_insert(next)
        }
    }

    fn answered_by(&self, title: &str, body: &str) -> Vec<usize> {
        if self.questions.is_empty() {
            return Vec::new();
        }
        let mut places: HashMap<u32, Vec<u32>> = HashMap::new();
        let mut place = 0;
        for text in [title, body] {
            self.alphabet.for_each_word(text, |word| {
                if let Some(number) = self.whole.get(word) {
                    places.entry(*number).or_default().push(place);
                }
                for length in &self.lengths_of_beginnings {
                    let Some(beginning) = word.get(..*length) else { continue };
                    if let Some(number) = self.beginnings.get(beginning) {
                        places.entry(*number).or_default().push(place);
                    }
                }
                place += 1;
            });
            place += GAP;
        }
        let stands = |phrase: &Vec<u32>| {
            let Some(first) = places.get(&phrase[0]) else { return false };
            phrase.len() == 1 || {
                let goes_on = |start: &u32| {
                    (1_u32..).zip(&phrase[1..]).all(|(offset, word)| {
                        places.get(word).is_some_and(|places| places.binary_search(&(start + offset)).is_ok())
                    })
                };
                first.iter().any(goes_on)
            }
        };
        let looked_at = places.keys().filter_map(|word| self.under.get(word)).flatten();
        let questions = looked_at.map(|question| &self.questions[*question]);
        questions.filter(|asked| asked.phrases.iter().all(stands)).map(|asked| asked.query).collect()
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::store::file::schema::in_memory;
    use crate::store::read::typed_query::expression_of;

    const QUERIES: [&str; 17] = [
        "harbour storm",
        "storm harbour",
        "\"night train\"",
        "\"train night\"",
        "harbo*",
        "har* \"the nig*\"",
        "covid-19",
        "O'Brien",
        "cafe",
        "CAFÉ zürich",
        "\"storm the\"",
        "東京",
        "京東",
        "東京 storm",
        "ｶﾞｽ",
        "Straße",
        "nothing",
    ];

    const ARTICLES: [(&str, &str); 9] = [
        ("Harbour shut by storm", "The night train from the café did not run."),
        ("Storm", "The harbour is open, and the train at night runs."),
        ("A harbor", "Nobody spoke of COVID-19, nor of O’Brien."),
        ("Covid 19", "O'Brien was in Zürich, in a cafe of the Straße."),
        ("東京の港", "嵐が来た。"),
        ("港", "storm は東京に来た。ガスが止まった。"),
        ("Zurich", "Cafe\u{301}s, and one Café."),
        ("Harbour", ""),
        ("", "Night. Train!"),
    ];

    /// What FTS5 finds, by the tables of the file itself.
    fn found_by_search(connection: &Connection, query: &str, id: i64) -> bool {
        let expression = expression_of(query);
        let (table, expression) = if characters::has_some(&expression) {
            let spelled = crate::store::read::spellings::spellings(&expression);
            let asked: Vec<String> =
                spelled.iter().map(|text| format!("({})", characters::by_character(text))).collect();
            (characters::INDEX, asked.join(" OR "))
        } else {
            ("articles_fts", expression)
        };
        let sql = format!("SELECT count(*) FROM {table} WHERE {table} MATCH ?1 AND rowid = ?2");
        connection.query_row(&sql, (expression, id), |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_query_finds_the_articles_that_a_search_for_it_finds() {
        let connection = in_memory().unwrap();
        for (id, (title, body)) in (1_i64..).zip(ARTICLES) {
            let values = (id, title, body);
            connection.execute("INSERT INTO articles_fts (rowid, title, body) VALUES (?1, ?2, ?3)", values).unwrap();
            let spaced = (id, characters::spaced(title), characters::spaced(body));
            let sql = "INSERT INTO articles_characters (rowid, title, body) VALUES (?1, ?2, ?3)";
            connection.execute(sql, spaced).unwrap();
        }
        let mut n_found = 0;
        // Whatever a query stands under, it is found.
        for rarity in [
            |_: &str| 0,
            |word: &str| u32::try_from(word.len()).unwrap(),
            |word: &str| 100 - u32::try_from(word.len()).unwrap(),
        ] {
            let index = QueryIndex::new(QUERIES.into_iter().enumerate(), &mut { rarity });
            for (id, (title, body)) in (1_i64..).zip(ARTICLES) {
                let answered = index.answered_by(title, body);
                for (number, query) in QUERIES.into_iter().enumerate() {
                    let is_found = found_by_search(&connection, query, id);
                    assert_eq!(answered.contains(&number), is_found, "{query} in {title} / {body}");
                    n_found += usize::from(is_found);
                }
            }
        }
        assert!(n_found > 40, "{n_found}");
    }
}
