//! The parts of `newswire show` that tell how an article read before, and what changed since.

use crate::forms::revisions::{Comparison, History};
use crate::revision::difference::{Piece, Step};

use crate::cli::terminal::output::Output;
use crate::cli::terminal::text::one_line;

/// A line for each wording.
pub(crate) fn describe_all(history: &History<'_>, output: &mut Output) -> std::io::Result<()> {
    for (position, dated) in history.wordings.iter().enumerate() {
        let line = format!("{} seen {}: {}", dated.revision, output.when(dated.seen_at), history.change(position));
        output.field("revision", Some(&line))?;
    }
    Ok(())
}

/// As text: a sign before each line, and within a paragraph that was changed the words that went and came in
/// brackets, so that nothing depends on colour.
pub(crate) fn describe(comparison: &Comparison<'_>, output: &mut Output) -> std::io::Result<()> {
    for (word, dated) in [("from", comparison.from), ("to  ", comparison.to)] {
        let end = format!("{word} revision {}, seen {}", dated.revision, output.when(dated.seen_at));
        output.line(&output.faint(&end))?;
    }
    output.line("")?;
    let title = comparison.to.wording.title.or(comparison.from.wording.title).unwrap_or("(no title)");
    match &comparison.difference.title {
        None => output.hanging("  ", &output.bold(&one_line(title)), INDENT)?,
        Some(step) => output.hanging("", &shown(step, output), INDENT)?,
    }
    output.line("")?;
    let mut n_kept = 0;
    for step in &comparison.difference.paragraphs {
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
    output.line(&comparison.difference.extent().to_string())
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
