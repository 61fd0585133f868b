//! Which articles a command is about.

use clap::Args;
use jiff::Timestamp;
use url::Url;

use crate::store::{ArticleFilter, Reader, SourceRow};

use super::extract::{is_url, parse_url};
use super::failure::Failure;
use super::stories;
use super::times::parse_time;

/// A choice of stored articles.
#[derive(Debug, Args)]
pub(super) struct ChoiceArguments {
    /// Seen in this source (slug, unique prefix or address)
    #[arg(long, value_name = "SOURCE")]
    pub(super) source: Option<String>,

    /// Published at this time or later: 2026-11-20, 2d, 12h, yesterday
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(super) since: Option<Timestamp>,

    /// Published before this time
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(super) until: Option<Timestamp>,

    /// Of this story (`newswire stories` lists them)
    #[arg(long, value_name = "ID")]
    pub(super) story: Option<i64>,

    /// A condition in SQL over the columns of the table articles
    #[arg(long = "where", value_name = "SQL")]
    pub(super) condition: Option<String>,

    /// Leave out duplicates of earlier articles
    #[arg(long)]
    pub(super) no_duplicates: bool,
}

impl ChoiceArguments {
    /// The choice as the store understands it.
    pub(super) fn filter(&self, reader: &Reader) -> Result<ArticleFilter, Failure> {
        let source_id = self.source.as_deref().map(|word| one_source(reader, word)).transpose()?.map(|row| row.id);
        if let Some(story) = self.story {
            stories::find(reader, story)?;
        }
        Ok(ArticleFilter {
            source_id,
            story_id: self.story,
            since: self.since,
            until: self.until,
            condition: self.condition.clone(),
            without_duplicates: self.no_duplicates,
        })
    }
}

/// The source that a word names: by slug, address or unique prefix.
pub(super) fn one_source(reader: &Reader, word: &str) -> Result<SourceRow, Failure> {
    // An address is compared in the form in which addresses are stored.
    let url = is_url(word).then(|| parse_url(word)).transpose()?;
    let mut found = reader.sources_named(url.as_ref().map_or(word, Url::as_str))?;
    // One that is gone is meant only where nothing else can be.
    if found.len() > 1 && found.iter().any(|row| row.state != "removed") {
        found.retain(|row| row.state != "removed");
    }
    match found.len() {
        0 => Err(Failure::Usage(format!("no source {word:?}; `newswire sources ls` lists them"))),
        1 => Ok(found.remove(0)),
        _ => {
            let slugs: Vec<&str> = found.iter().take(8).map(|row| row.slug.as_str()).collect();
            Err(Failure::Usage(format!("{word:?} may be any of {}", slugs.join(", "))))
        }
    }
}
