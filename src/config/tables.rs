//! TOML files that are lists of tables, such as `[[source]]`, with the line of everything that is wrong in them.

use toml::de::{DeTable, DeValue};

use super::problem::Problem;
use super::spelling::edit_distance;

/// A file in which tables are read, and what was found wrong so far.
pub(super) struct Tables<'a> {
    text: &'a str,
    place: &'a str,
    /// Where its lines end, so that none is counted again for each place.
    line_ends: Vec<usize>,
    /// Whether the syntax of the table at hand is broken: what is missing or unknown in it may be so because of that, and is not told.
    is_broken: bool,
    pub(super) problems: Vec<Problem>,
}

/// What makes a text no TOML: of each line the first fault, since others follow from it.
pub(super) fn syntax_problems(text: &str, place: &str) -> Vec<Problem> {
    let mut tables = Tables::new(text, place);
    let (_, errors) = DeTable::parse_recoverable(text);
    tables.note_syntax(&errors);
    tables.problems
}

/// Whether an unknown key was meant for another. No two known ones are as near.
fn is_misspelt(written: &str, meant: &str) -> bool {
    written != meant && edit_distance(written, meant) <= 2
}

impl<'a> Tables<'a> {
    /// A file by its text and its name.
    pub(super) fn new(text: &'a str, place: &'a str) -> Self {
        let line_ends = memchr::memchr_iter(b'\n', text.as_bytes()).collect();
        Tables { text, place, line_ends, is_broken: false, problems: Vec::new() }
    }

    /// Reads every table of a file that must hold nothing but `[[name]]`. `read` is given where the table begins, and
    /// returns nothing for one in which it found a fault.
    pub(super) fn read_each<T>(
        &mut self,
        name: &str,
        mut read: impl FnMut(&mut Self, usize, &DeTable<'_>) -> Option<T>,
    ) -> Vec<T> {
        let (root, syntax_errors) = DeTable::parse_recoverable(self.text);
        let broken = self.note_syntax(&syntax_errors);
        let mut values = Vec::new();
        for (key, value) in root.get_ref() {
            let at = key.span().start;
            let problem = match value.get_ref() {
                _ if key.get_ref() != name => (key.get_ref().to_string(), format!("unknown key, must be [[{name}]]")),
                DeValue::Array(tables) => {
                    for (index, table) in tables.iter().enumerate() {
                        let start = table.span().start;
                        let end = tables.get(index + 1).map_or(usize::MAX, |next| next.span().start);
                        let fault = broken.get(broken.partition_point(|at| *at < start));
                        self.is_broken = fault.is_some_and(|at| *at < end);
                        match table.get_ref() {
                            DeValue::Table(table_values) => values.extend(read(self, start, table_values)),
                            _ => self.problem(start, name, "must be a table"),
                        }
                    }
                    self.is_broken = false;
                    continue;
                }
                _ => (name.to_owned(), format!("must be written [[{name}]], with double brackets")),
            };
            if broken.is_empty() {
                self.problem(at, &problem.0, &problem.1);
            }
        }
        values
    }

    /// Notes of each line what its syntax is broken by first, and tells where, in the order of the text.
    fn note_syntax(&mut self, errors: &[toml::de::Error]) -> Vec<usize> {
        let mut broken: Vec<(usize, &toml::de::Error)> =
            errors.iter().map(|error| (error.span().map_or(0, |span| span.start), error)).collect();
        broken.sort_by_key(|(at, _)| *at);
        broken.dedup_by_key(|(at, _)| self.line(*at));
        for (at, error) in &broken {
            self.problem(*at, "syntax", error.message());
        }
        broken.into_iter().map(|(at, _)| at).collect()
    }

    /// The line of a byte, counted from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        self.line_ends.partition_point(|end| *end < at) + 1
    }

    /// Where something stands, as problems name it.
    pub(super) fn place(&self, at: usize) -> String {
        format!("{}:{}", self.place, self.line(at))
    }

    /// Notes what is wrong.
    pub(super) fn problem(&mut self, at: usize, subject: &str, rule: &str) {
        let place = self.place(at);
        self.problems.push(Problem { place, subject: subject.to_owned(), rule: rule.to_owned() });
    }

    /// Notes the keys of a table that are not among the known ones.
    pub(super) fn reject_unknown_keys(&mut self, table: &DeTable<'_>, known: &[&str]) {
        if self.is_broken {
            return;
        }
        for key in table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())) {
            let meant = known.iter().find(|known| is_misspelt(key.get_ref(), known));
            let rule = match meant {
                Some(meant) => format!("unknown key, did you mean {meant}?"),
                None => format!("unknown key, must be one of {}", known.join(", ")),
            };
            self.problem(key.span().start, key.get_ref(), &rule);
        }
    }

    /// A text and where it stands; `at` is where the table begins.
    pub(super) fn text_of(
        &mut self,
        at: usize,
        table: &DeTable<'_>,
        key: &str,
        is_required: bool,
    ) -> Option<(usize, String)> {
        match table.get(key) {
            // One that is misspelt has been told.
            None if is_required
                && !self.is_broken
                && !table.keys().any(|written| is_misspelt(written.get_ref(), key)) =>
            {
                self.problem(at, key, "is missing");
                None
            }
            None => None,
            Some(value) => match value.get_ref() {
                DeValue::String(text) => Some((value.span().start, text.to_string())),
                _ => {
                    self.problem(value.span().start, key, "must be a text in quotes");
                    None
                }
            },
        }
    }

    /// A list of texts, or one text alone, each with where it stands; `rule` is said where it is neither.
    pub(super) fn texts_of(&mut self, table: &DeTable<'_>, key: &str, rule: &str) -> Vec<(usize, String)> {
        let Some(value) = table.get(key) else {
            return Vec::new();
        };
        let items = match value.get_ref() {
            DeValue::String(text) => return vec![(value.span().start, text.to_string())],
            DeValue::Array(items) => items.iter(),
            _ => {
                self.problem(value.span().start, key, rule);
                return Vec::new();
            }
        };
        let mut texts = Vec::new();
        for item in items {
            match item.get_ref() {
                DeValue::String(text) => texts.push((item.span().start, text.to_string())),
                _ => self.problem(item.span().start, key, rule),
            }
        }
        texts
    }
}
