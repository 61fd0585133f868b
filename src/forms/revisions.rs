//! How an article read before, and what changed since.

use serde_json::{Value, json};

use crate::revision::Wording;
use crate::revision::difference::{Difference, Piece, Step};
use crate::store::{ArticleDetails, RevisionRow};

/// Two revisions of an article; without the second it is how the article reads now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RevisionRange {
    pub(crate) from: u32,
    pub(crate) to: Option<u32>,
}

/// Reads `1..3`, `1..` and `1`.
pub(crate) fn parse_range(text: &str) -> Result<RevisionRange, String> {
    let wrong = || "must be two numbers of revisions (1..3), or one (1) for all that changed since".to_owned();
    let number = |text: &str| text.trim().parse::<u32>().map_err(|_| wrong());
    let (from, to) = text.split_once("..").unwrap_or((text, ""));
    let to = if to.trim().is_empty() { None } else { Some(number(to)?) };
    Ok(RevisionRange { from: number(from)?, to })
}

/// All wordings of an article, the first one first.
pub(crate) struct History<'a> {
    pub(crate) wordings: Vec<Dated<'a>>,
}

/// A wording and when it was first seen.
pub(crate) struct Dated<'a> {
    pub(crate) revision: u32,
    pub(crate) seen_at: &'a str,
    pub(crate) wording: Wording<'a>,
}

impl<'a> History<'a> {
    pub(crate) fn new(article: &'a ArticleDetails, earlier: &'a [RevisionRow]) -> History<'a> {
        let mut wordings: Vec<Dated<'a>> = earlier
            .iter()
            .map(|row| Dated {
                revision: row.revision,
                seen_at: &row.seen_at,
                wording: Wording { title: row.title.as_deref(), body: &row.body },
            })
            .collect();
        wordings.push(Dated {
            revision: article.row.revision,
            seen_at: &article.updated_at,
            wording: Wording { title: article.row.title.as_deref(), body: &article.body },
        });
        History { wordings }
    }

    /// What came with the wording at a position.
    pub(crate) fn change(&self, position: usize) -> String {
        match position.checked_sub(1) {
            None => "as it was first seen".to_owned(),
            Some(before) => {
                Difference::between(self.wordings[before].wording, self.wordings[position].wording).extent().to_string()
            }
        }
    }

    /// The wordings as JSON, each with what came with it.
    pub(crate) fn value(&self) -> Value {
        let wordings = self.wordings.iter().enumerate().map(|(position, dated)| {
            json!({
                "revision": dated.revision,
                "seen_at": dated.seen_at,
                "change": self.change(position),
                "title": dated.wording.title,
                "paragraphs": dated.wording.body.lines().collect::<Vec<_>>(),
            })
        });
        wordings.collect()
    }

    /// What changed from one wording to another.
    pub(crate) fn compare(&self, range: RevisionRange) -> Result<Comparison<'_>, String> {
        let from = self.find(range.from)?;
        let to = range.to.map_or_else(|| Ok(self.wordings.len() - 1), |to| self.find(to))?;
        if from == to {
            let revision = self.wordings[from].revision;
            return Err(match self.wordings.len() {
                1 => format!("there is only wording {revision} of it, and nothing to compare it with"),
                _ => format!(
                    "{revision} to {revision} is one wording; name two, such as 1.. for all that changed since the first"
                ),
            });
        }
        let (from, to) = (&self.wordings[from], &self.wordings[to]);
        Ok(Comparison { from, to, difference: Difference::between(from.wording, to.wording) })
    }

    fn find(&self, revision: u32) -> Result<usize, String> {
        self.wordings.iter().position(|dated| dated.revision == revision).ok_or_else(|| {
            let known: Vec<String> = self.wordings.iter().map(|dated| dated.revision.to_string()).collect();
            let known = match known.split_last() {
                Some((last, [])) => format!("only {last}"),
                Some((last, others)) => format!("{} and {last}", others.join(", ")),
                None => "none".to_owned(),
            };
            format!("there is no revision {revision} of it; there is {known}")
        })
    }
}

/// What changed from one wording to another.
pub(crate) struct Comparison<'a> {
    pub(crate) from: &'a Dated<'a>,
    pub(crate) to: &'a Dated<'a>,
    pub(crate) difference: Difference<'a>,
}

impl Comparison<'_> {
    /// As JSON.
    pub(crate) fn value(&self, article_id: i64) -> Value {
        let end = |dated: &Dated<'_>| json!({ "revision": dated.revision, "seen_at": dated.seen_at });
        json!({
            "id": article_id,
            "from": end(self.from),
            "to": end(self.to),
            "change": self.difference.extent().to_string(),
            "title": self.difference.title.as_ref().map(step_value),
            "paragraphs": self.difference.paragraphs.iter().map(step_value).collect::<Vec<_>>(),
        })
    }
}

fn step_value(step: &Step<'_>) -> Value {
    let pieces = |pieces: &[Piece<'_>]| -> Value {
        let piece = |piece: &Piece<'_>| match piece {
            Piece::Kept(text) => json!({ "change": "kept", "text": text }),
            Piece::Removed(text) => json!({ "change": "removed", "text": text }),
            Piece::Added(text) => json!({ "change": "added", "text": text }),
        };
        pieces.iter().map(piece).collect()
    };
    match step {
        Step::Kept(text) => json!({ "change": "kept", "text": text }),
        Step::Removed(text) => json!({ "change": "removed", "text": text }),
        Step::Added(text) => json!({ "change": "added", "text": text }),
        Step::Changed(parts) => json!({ "change": "changed", "parts": pieces(parts) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_end_now_unless_they_say_otherwise() {
        let read = |text: &str| parse_range(text).map(|range| (range.from, range.to)).ok();
        assert_eq!(read("1..3"), Some((1, Some(3))));
        assert_eq!(read("1.."), Some((1, None)));
        assert_eq!(read("2"), Some((2, None)));
        for wrong in ["", "..3", "a..b", "1...3", "1-3", "1..-2"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
