//! Sources as they are listed, in the database or before its first use in the settings.

use jiff::Timestamp;

use crate::config::Config;
use crate::model::Source;
use crate::schedule::horizon::latest_due;
use crate::store::{SourceRow, StoreError};

use crate::cli::context::Context;
use crate::cli::failure::Failure;

/// All sources, or before the first run those of the file.
pub(crate) fn rows(config: &Config) -> Result<Vec<SourceRow>, Failure> {
    match Context::reader(&config.store.path) {
        Ok(reader) => Ok(reader.sources()?.into_iter().map(|row| as_taken(row, config)).collect()),
        Err(StoreError::Missing { .. }) => Ok(config.sources.iter().map(listed_row).collect()),
        Err(error) => Err(error.into()),
    }
}

/// A source with the due time that counts: a clock that was ahead may have written a later one.
pub(crate) fn as_taken(row: SourceRow, config: &Config) -> SourceRow {
    let latest = format!("{:.0}", latest_due(&config.schedule, Timestamp::now()));
    // In this form the later time is the greater text.
    SourceRow { next_due_at: row.next_due_at.map(|due_at| due_at.min(latest)), ..row }
}

/// When it is polled next; a time that has passed is none to wait for.
pub(crate) fn next_poll(row: &SourceRow) -> String {
    let due_at = row.next_due_at.clone().unwrap_or_default();
    let is_due = due_at.parse::<Timestamp>().is_ok_and(|due_at| due_at <= Timestamp::now());
    if is_due { "now".to_owned() } else { due_at }
}

fn listed_row(source: &Source) -> SourceRow {
    SourceRow {
        id: 0,
        slug: source.slug.clone(),
        kind: source.kind.map(|kind| kind.to_string()),
        url: Some(source.url.to_string()),
        title: None,
        state: "active".to_owned(),
        tags: source.tags.clone(),
        origin: "file".to_owned(),
        full_text: source.full_text.to_string(),
        link_selectors: source.link_selectors.clone(),
        proxy: source.proxy.as_ref().map(|route| route.without_credentials().to_string()),
        credentials: source.credentials.clone(),
        site_url: None,
        last_ok_at: None,
        next_due_at: None,
        failures_in_a_row: 0,
        last_new_article_at: None,
        articles_7d: 0,
        n_gaps: 0,
        error: None,
        error_class: None,
    }
}
