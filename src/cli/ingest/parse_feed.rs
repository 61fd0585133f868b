//! `newswire parse-feed`: feeds and sitemaps in, one JSON object a file out.

use clap::Args;
use serde_json::{Value, json};
use url::Url;

use crate::dates::{self, ReadDate};
use crate::feed;
use crate::forms::times::rfc3339;
use crate::model::{FetchedDocument, FoundLink};

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::files::read_input;
use crate::cli::terminal::text::counted;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire parse-feed feed.xml                                      what is in it, as a line of JSON
  curl -s https://example.org/feed/ | newswire parse-feed - | jq    what a server sends just now

No database is opened. What was wrong with a document is among its problems; one of which nothing can be read has an error, exit code 1.")]
pub(crate) struct ParseFeedCommand {
    /// Feed or sitemap files, or - for standard input
    #[arg(value_name = "FILE", required = true)]
    pub(crate) inputs: Vec<String>,
}

/// The base of relative addresses in a feed that came without one of its own. Entries never show it.
const NO_ADDRESS: &str = "http://file.invalid/";

pub(crate) fn run(context: &mut Context, command: &ParseFeedCommand) -> Result<(), Failure> {
    let config = context.configure_for_reading()?;
    let base = Url::parse(NO_ADDRESS).expect("a literal address parses");
    let mut n_failed = 0;
    for input in &command.inputs {
        let read = read_input(input).map_err(|error| error.to_string());
        let listing = read.and_then(|bytes| {
            let document = FetchedDocument::from_file(bytes, base.clone());
            feed::read(&document, &config.feed).map_err(|error| error.to_string())
        });
        n_failed += usize::from(listing.is_err());
        let value = match listing {
            Ok(listing) => json!({
                "file": input,
                "error": null,
                "problems": listing.problems,
                "kind": listing.kind.as_str(),
                "format": listing.format,
                "title": listing.title,
                "language": listing.language,
                "entries": listing.links.iter().map(entry).collect::<Vec<_>>(),
                "sitemaps": listing.children.iter().map(Url::as_str).collect::<Vec<_>>(),
            }),
            Err(error) => json!({
                "file": input, "error": error, "problems": [], "kind": null, "title": null, "entries": [],
            }),
        };
        context.output.json(&value)?;
    }
    match n_failed {
        0 => Ok(()),
        _ if n_failed == command.inputs.len() => {
            Err(Failure::Failed(format!("no feed in {}", counted(n_failed, "file"))))
        }
        _ => Err(Failure::Partly(format!("no feed in {n_failed} of {}", counted(command.inputs.len(), "file")))),
    }
}

fn entry(link: &FoundLink) -> Value {
    let [published, updated] = [&link.published, &link.updated].map(|text| text.as_deref().and_then(dates::read));
    let instant = |date: ReadDate| rfc3339(date.instant);
    let html = link.text.content.as_ref().or(link.text.summary.as_ref());
    json!({
        "title": link.title,
        "url": link.url.as_ref().map(Url::as_str).filter(|url| !url.starts_with(NO_ADDRESS)),
        "id": link.guid,
        "published": published.map(|date| date.to_rfc3339()),
        "published_at": published.map(instant),
        "updated": updated.map(|date| date.to_rfc3339()),
        "modified_at": updated.map(instant),
        "authors": link.authors,
        "author": (!link.authors.is_empty()).then(|| link.authors.join(", ")),
        "content_text": html.map(|html| feed::text_of_html(html)).filter(|text| !text.is_empty()),
    })
}
