//! What was fetched, as it is listed, summed up and made an exit code: alike whichever process did it.

use serde_json::json;

use crate::cli::failure::{Failure, outcome_of_fetching};
use crate::cli::terminal::logging::Verbosity;
use crate::cli::terminal::messages::say;
use crate::cli::terminal::output::ListRow;
use crate::cli::terminal::table::{Column, id, title, whole};
use crate::cli::terminal::text::counted;
use crate::daemon::Tally;
use crate::model::Verdict;

/// The columns of [`row`].
pub(super) const COLUMNS: [Column<'static>; 4] = [id("id"), whole("verdict"), title("title"), whole("url")];

/// An article as it is listed.
pub(super) fn row(id: Option<i64>, verdict: &str, source: Option<&str>, title: Option<&str>, url: &str) -> ListRow {
    let value = json!({"id": id, "verdict": verdict, "source": source, "title": title, "url": url});
    let id = id.map(|id| id.to_string()).unwrap_or_default();
    (value, vec![id, verdict.to_owned(), title.unwrap_or_default().to_owned(), url.to_owned()])
}

/// A verdict in a word.
pub(super) fn word_for(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::New => "new",
        Verdict::Known { .. } => "known",
        Verdict::Revision { .. } => "revised",
        Verdict::Duplicate { .. } => "duplicate",
    }
}

/// Tells the sums.
pub(super) fn summarize(tally: &Tally, verbosity: Verbosity) {
    if verbosity == Verbosity::Quiet {
        return;
    }
    let Tally { polls, polls_unchanged, articles, duplicates, revisions, unchanged, removed, .. } = tally;
    let taken_away = if *removed > 0 { format!(", {removed} taken away") } else { String::new() };
    say!(
        "{} ({}), {revisions} revised, {unchanged} as they were{taken_away}; {} polled ({polls_unchanged} unchanged); \
         {} failed",
        counted(articles, "new article"),
        counted(duplicates, "duplicate"),
        counted(polls, "source"),
        tally.n_failed()
    );
}

/// What was named and has to wait is missing as what failed is: it was asked for, and did not come.
pub(super) fn exit(tally: &Tally, n_missing: u64) -> Result<(), Failure> {
    let (n_done, n_without) = (tally.n_done(), tally.n_failed() + n_missing);
    if n_done == 0 && n_without > 0 && n_without == tally.refused {
        return Err(Failure::Refused("refused by policy".to_owned()));
    }
    outcome_of_fetching(n_done, n_without)
}
