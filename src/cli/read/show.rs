//! `newswire show`: one article.

use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use crate::config::Config;
use crate::forms;
use crate::schedule::horizon::latest_due;
use crate::store::{ArticleDetails, Lineage, Reader, RevisionRow, SightingRow, StoryRow, WaitingLink};

use super::damage;
use super::lineage;
use super::revisions;
use crate::cli::addresses::NamedArticle;
use crate::cli::context::Context;
use crate::cli::failure::{Failure, no_article};
use crate::cli::sources::named::one_article;
use crate::cli::terminal::article_words;
use crate::cli::terminal::output::Output;
use crate::cli::terminal::text::one_line;
use crate::forms::revisions::{History, RevisionRange, parse_range};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire show 42                        the article, where it was seen, whose text it is
  newswire show 42 --revisions            and a line for each wording that it had
  newswire show 42 --diff 1..3            what changed from the first to the third
  newswire show 42 --diff 2               what changed since the second

In a difference - stands before a paragraph that went, + before one that came, ~ before one in which [-words went-] and
{+words came+}.")]
pub(crate) struct ShowCommand {
    /// Its id, or an address that leads to it
    #[arg(value_name = "ID or URL", allow_negative_numbers = true)]
    pub(crate) article: String,

    /// Its wordings as well, with what changed in each
    #[arg(long)]
    pub(crate) revisions: bool,

    /// What changed from one revision to another, instead of the article: 1..3, or 1 for all since the first
    #[arg(long, value_name = "A..B", value_parser = parse_range, conflicts_with = "revisions")]
    pub(crate) diff: Option<RevisionRange>,
}

pub(crate) fn run(context: &mut Context, command: &ShowCommand) -> Result<(), Failure> {
    let config = context.configure_for_reading()?;
    let reader = Context::reader(&config.store.path)?;
    context.output.page();
    let id = find(&reader, &config, &command.article)?;
    let Some(article) = reader.article(id)? else {
        return Err(no_article(id, reader.last_article()?));
    };
    let found = Found {
        sightings: reader.sightings(id)?,
        lineage: reader.lineage(id)?,
        revisions: reader.revisions(id)?,
        story: reader.story_of(id)?.map(|story| reader.story(story)).transpose()?.flatten(),
        article,
    };
    let history = History::new(&found.article, &found.revisions);
    if let Some(range) = command.diff {
        let comparison = history.compare(range).map_err(Failure::Failed)?;
        context.output.one(|| comparison.value(id), |output| revisions::describe(&comparison, output))?;
        return damage::report(context, &reader);
    }
    let value = || {
        let sources: Vec<String> = found.sightings.iter().map(|sighting| sighting.source.clone()).collect();
        let mut value = forms::articles::details(&found.article, &sources);
        value["lineage"] = forms::lineage::value(&found.lineage, found.article.row.duplicate_kind.as_deref());
        value["story_id"] = json!(found.story.as_ref().map(|story| story.id));
        if command.revisions {
            value["revisions"] = history.value();
        }
        value
    };
    context.output.one(value, |output| found.describe(output, command.revisions.then_some(&history)))?;
    damage::report(context, &reader)
}

fn find(reader: &Reader, config: &Config, word: &str) -> Result<i64, Failure> {
    let url = match one_article(reader, word)? {
        NamedArticle::Id(id) => return Ok(id),
        NamedArticle::At(url) => url,
    };
    if let Some(id) = reader.article_at(&url.key())? {
        return Ok(id);
    }
    // A clock that was ahead may have written a later time than the one that counts.
    let latest = latest_due(&config.schedule, Timestamp::now());
    Err(Failure::Failed(match reader.waiting_link(&url.key())? {
        None => format!("no article at {url}; `newswire fetch {url}` fetches it"),
        Some(WaitingLink { due_at, last_error }) => {
            let why = last_error.map(|error| format!(": {error}")).unwrap_or_default();
            let next =
                due_at.map_or("it is not tried again".to_owned(), |due| format!("next try at {:.0}", due.min(latest)));
            format!("{url} is known and gave no article yet{why}; {next}")
        }
    }))
}

struct Found {
    article: ArticleDetails,
    sightings: Vec<SightingRow>,
    lineage: Lineage,
    revisions: Vec<RevisionRow>,
    story: Option<StoryRow>,
}

impl Found {
    fn describe(&self, output: &mut Output, history: Option<&History<'_>>) -> std::io::Result<()> {
        let ArticleDetails { row, body, .. } = &self.article;
        let title = output.bold(&one_line(row.title.as_deref().unwrap_or("(no title)")));
        output.line(&title)?;
        output.line("")?;
        output.field("published", self.published(output).as_deref())?;
        output.field("modified", self.article.modified_at.as_deref().map(|at| output.when(at)).as_deref())?;
        output.field("authors", Some(&self.article.authors.join(", ")))?;
        output.field("site", self.article.site_name.as_deref())?;
        output.field("section", self.article.section.as_deref())?;
        output.field("language", row.language.as_deref())?;
        output.field("url", row.url.as_deref())?;
        output.field("text", Some(&article_words::text_in_short(&self.article)))?;
        lineage::describe(&self.lineage, row.duplicate_kind.as_deref(), output)?;
        output.field("story", self.story.as_ref().and_then(article_words::story_told_by_others).as_deref())?;
        for sighting in &self.sightings {
            let seen = format!("{} since {}", sighting.source, output.when(&sighting.first_seen_at));
            output.field("seen in", Some(&seen))?;
        }
        output.field("removed", self.article.removed_at.as_deref().map(|at| output.when(at)).as_deref())?;
        match history {
            Some(history) => revisions::describe_all(history, output)?,
            None => output.field("revision", article_words::last_revision(&self.article, output).as_deref())?,
        }
        output.line("")?;
        for paragraph in body.lines() {
            output.hanging("", &one_line(paragraph), 0)?;
            output.line("")?;
        }
        Ok(())
    }

    /// When it was published, and where that was found; for programs always the instant.
    fn published(&self, output: &Output) -> Option<String> {
        let ArticleDetails { row, date_source, .. } = &self.article;
        let (instant, source) = row.published_at.as_ref().zip(date_source.as_ref())?;
        let time = if output.is_decorated() { output.when(&forms::articles::time_of(row)) } else { instant.clone() };
        Some(format!("{time} (by {source})"))
    }
}
