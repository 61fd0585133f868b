//! What is to be fetched: words on the command line, and lines of files and of standard input.

use std::collections::HashSet;

use crate::cli::addresses;
use crate::cli::failure::Failure;
use crate::cli::files::{STANDARD_INPUT, read_input};
use crate::cli::sources::named::{Meant, find_source, one_source, unknown_among};
use crate::model::Source;
use crate::store::Reader;

/// A word that names an address or a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) word: String,
    /// File and line, for what was not on the command line.
    pub(crate) place: Option<String>,
}

/// All that is named.
pub(crate) struct Targets {
    pub(crate) list: Vec<Target>,
    /// Whether only sources may be named.
    pub(crate) are_sources: bool,
}

impl Targets {
    /// What one of them means.
    pub(crate) fn meaning(&self, reader: &Reader, target: &Target) -> Result<Meant, Failure> {
        if self.are_sources {
            return one_source(reader, &target.word).map(|row| Meant::Source(Box::new(row)));
        }
        find_source(reader, &target.word)
    }
}

impl Targets {
    /// Refuses words that can name nothing where no database is there yet: none is begun for them.
    pub(crate) fn check_without_database(&self, sources: &[Source]) -> Result<(), Failure> {
        let is_listed =
            |word: &str| sources.iter().any(|source| source.slug.starts_with(word) || source.url.as_str() == word);
        let can_be = |target: &Target| {
            is_listed(&target.word)
                || match addresses::recognize(&target.word) {
                    Some(Ok(address)) if self.are_sources => {
                        address.forms().iter().any(|form| is_listed(form.as_str()))
                    }
                    address => matches!(address, Some(Ok(_))),
                }
        };
        match self.list.first() {
            Some(first) if !self.list.iter().any(can_be) => match addresses::recognize(&first.word) {
                Some(Err(fault)) => Err(fault),
                _ => Err(unknown_among(&first.word, sources.iter().map(|source| source.slug.as_str()))),
            },
            _ => Ok(()),
        }
    }
}

/// The words themselves, and for `-` and `@FILE` the lines there, without comments and blank lines, each once.
pub(crate) fn read(words: &[String]) -> Result<Vec<Target>, Failure> {
    let mut targets = Vec::new();
    let mut seen = HashSet::new();
    for word in words.iter().filter(|word| seen.insert(word.as_str())) {
        let (name, input) = match word.strip_prefix('@') {
            Some(file) => (file, file),
            None if word == STANDARD_INPUT => ("standard input", STANDARD_INPUT),
            None => {
                targets.push(Target { word: word.clone(), place: None });
                continue;
            }
        };
        let bytes = read_input(input).map_err(|error| Failure::Failed(format!("{name}: {error}")))?;
        targets.extend(lines(&String::from_utf8_lossy(&bytes), name));
    }
    let mut seen = HashSet::new();
    targets.retain(|target| seen.insert(target.word.clone()));
    Ok(targets)
}

fn lines(text: &str, name: &str) -> impl Iterator<Item = Target> {
    text.trim_start_matches('\u{feff}').lines().enumerate().filter_map(move |(index, line)| {
        let line = line.trim();
        // Within a line # is a part of an address; after white space nothing of an address follows.
        let word = line.split(" #").next().unwrap_or_default().trim_end();
        let is_word = !word.is_empty() && !word.starts_with('#');
        is_word.then(|| Target { word: word.to_owned(), place: Some(format!("{name}:{}", index + 1)) })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_blank_lines_name_nothing() {
        let text =
            "\u{feff}# a list\n\nhttps://a.example/1#top\n  b.example/2   # the second\r\n#c\nhttps://a.example/3";
        let read: Vec<(String, Option<String>)> =
            lines(text, "list.txt").map(|target| (target.word, target.place)).collect();
        let expected = [("https://a.example/1#top", 3), ("b.example/2", 4), ("https://a.example/3", 6)];
        let expected = expected.map(|(word, line)| (word.to_owned(), Some(format!("list.txt:{line}"))));
        assert_eq!(read, expected);
    }
}
