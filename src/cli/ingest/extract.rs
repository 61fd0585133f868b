//! `newswire extract`: HTML in, article out. Touches no database.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::bundle;
use crate::extract::Extractor;
use crate::forms;
use crate::model::{Article, CanonicalUrl};
use crate::pipeline::{self};

use super::explain::{self, Explain};
use super::pages::{Source, read_all};
use crate::cli::context::Context;
use crate::cli::failure::Failure;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire extract page.html                        the article, as a line of JSON
  newswire extract --explain page.html              why each line of the page was kept or dropped
  newswire extract --html why.html page.html        the same as a page for a browser
  newswire extract --html folder/ saved/*.html      one page each, folder/NAME.explained.html

An explanation is given for pages without an article too, and is no failure.")]
pub(crate) struct ExtractCommand {
    /// HTML files, addresses, or - for standard input
    #[arg(value_name = "FILE or URL", required = true)]
    pub(crate) inputs: Vec<String>,

    /// What to print
    #[arg(long, default_value = "json", value_name = "FORMAT")]
    pub(crate) format: ExtractFormat,

    /// Print, instead of the article, what became of each line of the page and why
    #[arg(long, conflicts_with = "format")]
    pub(crate) explain: bool,

    /// Write the explanation as a page for a browser: a file, - for standard output, or a folder that exists, which it
    /// must be where there are several pages
    #[arg(long, value_name = "OUT", conflicts_with = "format")]
    pub(crate) html: Option<PathBuf>,

    /// Where the file came from, for relative addresses and the canonical one
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExtractFormat {
    /// One JSON object a line
    Json,
    /// Title and paragraphs
    Text,
    /// A bundle document
    Bundle,
}

pub(crate) fn run(context: &mut Context, command: &ExtractCommand) -> Result<(), Failure> {
    if command.explain || command.html.is_some() {
        let ExtractCommand { inputs, url, explain: is_printed, html, .. } = command;
        return explain::run(
            context,
            &Explain { inputs, url: url.as_deref(), is_printed: *is_printed, html: html.as_deref() },
        );
    }
    let read = |extractor: &Extractor, source: Source<'_>| match source {
        Source::Saved(bytes, address) => pipeline::html_page(extractor, bytes, address),
        Source::Fetched(document, way) => way.runtime.block_on(pipeline::read_fetched(way.stages, *document)),
    };
    read_all(context, &command.inputs, command.url.as_deref(), read, |context, input, result| match result {
        Ok(article) => print(context, command.format, input, &article),
        Err(refusal) if command.format == ExtractFormat::Json => {
            Ok(context.output.json(&json!({"file": input, "error": refusal.reason}))?)
        }
        Err(_) => Ok(()),
    })
}

fn print(context: &mut Context, format: ExtractFormat, input: &str, article: &Article) -> Result<(), Failure> {
    match format {
        ExtractFormat::Json => context.output.json(&forms::articles::not_stored(input, article))?,
        ExtractFormat::Text => {
            let title = context.output.bold(article.title.as_deref().unwrap_or("(no title)"));
            context.output.hanging("", &format!("{title}\n\n{}\n", article.body.replace('\n', "\n\n")), 0)?;
        }
        ExtractFormat::Bundle => {
            let day = article.published.map(|published| published.day());
            let url = article.url.as_ref().map(CanonicalUrl::as_str);
            context.output.raw(&bundle::document(article.title.as_deref(), day.as_deref(), url, &article.body))?;
        }
    }
    Ok(())
}
