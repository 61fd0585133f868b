//! The parts of `newswire show` that tell how an article read before, and what changed since.

use serde_json::{Value, json};

use crate::revision::Wording;
use crate::revision::difference::{Difference, Piece, Step};
use crate::store::{ArticleDetails, RevisionRow};

use crate::cli::failure::Failure;
use crate::cli::terminal::output::Output;
use crate::cli::terminal::text::one_line;

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
    wordings: Vec<Dated<'a>>,
}

/// A wording and when it was first seen.
struct Dated<'a> {
    revision: u32,
    seen_at: &'a str,
    wording: Wording<'a>,
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
    fn change(&self, position: usize) -> String {
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

    /// A line for each wording.
    pub(crate) fn describe(&self, output: &mut Output) -> std::io::Result<()> {
        for (position, dated) in self.wordings.iter().enumerate() {
            let line = format!("{} seen {}: {}", dated.revision, output.when(dated.seen_at), self.change(position));
            output.field("revision", Some(&line))?;
        }
        Ok(())
    }

    /// What changed from one wording to another.
    pub(crate) fn compare(&self, range: RevisionRange) -> Result<Comparison<'_>, Failure> {
        let from = self.find(range.from)?;
        let to = range.to.map_or_else(|| Ok(self.wordings.len() - 1), |to| self.find(to))?;
        let (from, to) = (&self.wordings[from], &self.wordings[to]);
        Ok(Comparison { from, to, difference: Difference::between(from.wording, to.wording) })
    }

    fn find(&self, revision: u32) -> Result<usize, Failure> {
        self.wordings.iter().position(|dated| dated.revision == revision).ok_or_else(|| {
            let known: Vec<String> = self.wordings.iter().map(|dated| dated.revision.to_string()).collect();
            let known = match known.split_last() {
                Some((last, [])) => format!("only {last}"),
                Some((last, others)) => format!("{} and {last}", others.join(", ")),
                None => "none".to_owned(),
            };
            Failure::Failed(format!("there is no revision {revision} of it; there is {known}"))
        })
    }
}

/// What changed from one wording to another.
pub(crate) struct Comparison<'a> {
    from: &'a Dated<'a>,
    to: &'a Dated<'a>,
    difference: Difference<'a>,
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

    /// As text: a sign before each line, and within a paragraph that was changed the words that went and came in
    /// brackets, so that nothing depends on colour.
    pub(crate) fn describe(&self, output: &mut Output) -> std::io::Result<()> {
        for (word, dated) in [("from", self.from), ("to  ", self.to)] {
            let end = format!("{word} revision {}, seen {}", dated.revision, output.when(dated.seen_at));
            output.line(&output.faint(&end))?;
        }
        output.line("")?;
        let title = self.to.wording.title.or(self.from.wording.title).unwrap_or("(no title)");
        match &self.difference.title {
            None => output.hanging("  ", &output.bold(&one_line(title)), INDENT)?,
            Some(step) => output.hanging("", &shown(step, output), INDENT)?,
        }
        output.line("")?;
        let mut n_kept = 0;
        for step in &self.difference.paragraphs {
            if matches!(step, Step::Kept(_)) {
                n_kept += 1;
                continue;
            }
            tell_kept(output, n_kept)?;
            n_kept = 0;
            output.hanging("", &shown(step, output), INDENT)?;
        }
        tell_kept(output, n_kept)?;
        output.line("")?;
        output.line(&self.difference.extent().to_string())
    }
}

/// Columns of the sign before a line of a difference.
const INDENT: usize = 2;

fn tell_kept(output: &mut Output, n_kept: usize) -> std::io::Result<()> {
    let line = match n_kept {
        0 => return Ok(()),
        1 => "  (a paragraph as it was)".to_owned(),
        _ => format!("  ({n_kept} paragraphs as they were)"),
    };
    let line = output.faint(&line);
    output.line(&line)
}

fn shown(step: &Step<'_>, output: &Output) -> String {
    match step {
        Step::Kept(text) => format!("  {}", one_line(text)),
        Step::Removed(text) => output.removed(&format!("- {}", one_line(text))),
        Step::Added(text) => output.good(&format!("+ {}", one_line(text))),
        Step::Changed(pieces) => {
            let piece = |piece: &Piece<'_>| match piece {
                Piece::Kept(text) => one_line(text).into_owned(),
                Piece::Removed(text) => output.removed(&format!("[-{}-]", one_line(text))),
                Piece::Added(text) => output.good(&format!("{{+{}+}}", one_line(text))),
            };
            format!("~ {}", pieces.iter().map(piece).collect::<String>())
        }
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
