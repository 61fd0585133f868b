//! By which names others know what is stored: those of the database at the time when each got its number.

use rusqlite::params;

use crate::store::file::error::StoreError;
use crate::store::read::reader::Reader;

/// A number that a name is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbered {
    /// Of an article.
    Article(i64),
    /// Of a story.
    Story(i64),
    /// Of a change.
    Change(i64),
}

/// What a database was called while it gave which numbers. It has another name since it was put back from a copy: what came after the copy
/// was made is lost, and its numbers are given again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// In their order.
    spans: Vec<Span>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Span {
    name: String,
    after_article: i64,
    after_story: i64,
    after_change: i64,
}

impl Names {
    /// The names of what has had but one.
    #[must_use]
    pub fn one(name: String) -> Names {
        Names { spans: vec![Span { name, after_article: 0, after_story: 0, after_change: 0 }] }
    }

    /// The name that stays for ever.
    #[must_use]
    pub fn first(&self) -> &str {
        self.spans.first().map_or("", |span| span.name.as_str())
    }

    /// The name that the database had when it gave a number. Two that are not the same never have number and name in common.
    #[must_use]
    pub fn of(&self, number: Numbered) -> &str {
        let is_of = |span: &&Span| match number {
            Numbered::Article(id) => span.after_article < id,
            Numbered::Story(id) => span.after_story < id,
            Numbered::Change(change_seq) => span.after_change < change_seq,
        };
        self.spans.iter().rev().find(is_of).map_or(self.first(), |span| span.name.as_str())
    }

    /// How many names came before the one that the database had when it gave a number.
    #[must_use]
    pub fn n_before(&self, number: Numbered) -> usize {
        let name = self.of(number);
        self.spans.iter().position(|span| span.name == name).unwrap_or(0)
    }
}

impl Reader {
    /// The names of the database.
    ///
    /// # Errors
    ///
    /// As [`Reader::database_name`].
    pub fn names(&self) -> Result<Names, StoreError> {
        let present = self.database_name()?;
        if !self.connection().table_exists(Some("main"), "_names")? {
            return Ok(Names::one(present));
        }
        let spans = self.rows(
            "SELECT name, after_article, after_story, after_change FROM _names ORDER BY rowid",
            params![],
            |row| {
                Ok(Span {
                    name: row.get(0)?,
                    after_article: row.get(1)?,
                    after_story: row.get(2)?,
                    after_change: row.get(3)?,
                })
            },
        )?;
        Ok(if spans.is_empty() { Names::one(present) } else { Names { spans } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_after_a_copy_was_made_has_another_name() {
        let span = |name: &str, after_article, after_story, after_change| Span {
            name: name.to_owned(),
            after_article,
            after_story,
            after_change,
        };
        let names = Names { spans: vec![span("a", 0, 0, 0), span("b", 100, 50, 300), span("c", 80, 60, 250)] };
        let of = |number| names.of(number);
        assert_eq!((names.first(), of(Numbered::Article(80)), of(Numbered::Article(81))), ("a", "a", "c"));
        assert_eq!((of(Numbered::Story(50)), of(Numbered::Story(55)), of(Numbered::Story(61))), ("a", "b", "c"));
        assert_eq!((of(Numbered::Change(250)), of(Numbered::Change(251))), ("a", "c"));
        assert_eq!(Names::one("d".to_owned()).of(Numbered::Article(0)), "d");
    }
}
