//! Which articles a command is about.

use clap::Args;
use jiff::Timestamp;

use crate::forms::times::parse_time;
use crate::forms::words::language;
use crate::store::{ArticleFilter, Reader};

use super::stories;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::sources::named::one_source;
use crate::cli::terminal::logging::Verbosity;
use crate::cli::terminal::messages::say;

/// A choice of stored articles.
#[derive(Debug, Args)]
pub(crate) struct FilterArguments {
    /// Seen in this source (slug, unique prefix or address)
    #[arg(long, value_name = "SOURCE")]
    pub(crate) source: Option<String>,

    /// In this language: en, de, ja
    #[arg(long, value_name = "LANGUAGE", value_parser = language)]
    pub(crate) lang: Option<String>,

    /// Published at this time or later: 2026-11-20, 2d, 12h, yesterday
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = parse_time)]
    pub(crate) since: Option<Timestamp>,

    /// Published before this time
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = parse_time)]
    pub(crate) until: Option<Timestamp>,

    /// Of this story (`newswire stories` lists them)
    #[arg(long, value_name = "ID", allow_negative_numbers = true, value_parser = stories::parse_story)]
    pub(crate) story: Option<i64>,

    /// A condition in SQL over the columns of the table articles
    #[arg(long = "where", value_name = "SQL")]
    pub(crate) condition: Option<String>,

    /// Leave out duplicates of earlier articles
    #[arg(long)]
    pub(crate) no_duplicates: bool,
}

impl FilterArguments {
    /// The choice as the store understands it.
    pub(crate) fn filter(&self, context: &Context, reader: &Reader) -> Result<ArticleFilter, Failure> {
        let source_id = self.source.as_deref().map(|word| one_source(reader, word)).transpose()?.map(|row| row.id);
        if let Some(story) = self.story {
            stories::find(reader, story)?;
        }
        if let (Some(since), Some(until)) = (self.since, self.until)
            && since >= until
            && context.verbosity != Verbosity::Quiet
        {
            // It may be what a script asks, of a time in which there happens to be nothing.
            say!(
                "newswire: nothing is published at {since} or later and before {until}: --until must be after --since"
            );
        }
        if let Some(condition) = &self.condition {
            reader.check_condition(condition)?;
        }
        Ok(ArticleFilter {
            source_id,
            story_id: self.story,
            language: self.lang.clone(),
            since: self.since,
            until: self.until,
            condition: self.condition.clone(),
            without_duplicates: self.no_duplicates,
            as_of: None,
        })
    }
}
