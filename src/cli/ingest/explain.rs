//! `newswire extract --explain` and `--html`: why a page reads as it does, on a terminal, in a pipe, as JSON, and as a
//! page for a browser.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::cli::terminal::messages::say;
use crate::extract::Extractor;
use crate::model::LinkHints;
use crate::pipeline::{self};

use super::explain_html;
use super::explain_text::print;
use super::pages::{Source, read_all};
use crate::cli::addresses::recognize_beside_files;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::files::write_atomically;
use crate::cli::terminal::logging::Verbosity;

/// Longest name made for a file, in characters: with its ending far from the 255 bytes that file systems allow.
const FILE_NAME_CHARACTERS_MAX: usize = 50;

/// What is to be explained, and where to.
pub(crate) struct Explain<'a> {
    /// Files, addresses, or - for standard input.
    pub(crate) inputs: &'a [String],
    /// Where the files are said to come from.
    pub(crate) url: Option<&'a str>,
    /// Whether it goes to standard output.
    pub(crate) is_printed: bool,
    /// Where pages for a browser go.
    pub(crate) html: Option<&'a Path>,
}

pub(crate) fn run(context: &mut Context, command: &Explain<'_>) -> Result<(), Failure> {
    let mut destination = command.html.map(|out| Destination::of(out, command)).transpose()?;
    let read = |extractor: &Extractor, source: Source<'_>| match source {
        Source::Saved(bytes, address) => pipeline::explain_html_page(extractor, bytes, address),
        Source::Fetched(document, _) => {
            let hints = LinkHints::default();
            pipeline::explain_page(extractor, &document, &hints, Source::surroundings(&document, &hints))
        }
    };
    read_all(context, command.inputs, command.url, read, |context, input, result| {
        let page = match result {
            Ok(page) => page,
            Err(refusal) if context.output.is_json() => {
                return Ok(context.output.json(&json!({"file": input, "error": refusal.reason}))?);
            }
            Err(_) => return Ok(()),
        };
        if command.is_printed {
            print(&mut context.output, input, &page)?;
        }
        match &mut destination {
            None => Ok(()),
            Some(Destination::Output) => Ok(context.output.raw(&explain_html::page(input, &page))?),
            Some(destination) => {
                let path = destination.path_for(input);
                let html = explain_html::page(input, &page);
                write_atomically(&path, |file| Ok(file.write_all(html.as_bytes())?))?;
                if context.verbosity != Verbosity::Quiet {
                    say!("{input}: explained in {}", path.display());
                }
                Ok(())
            }
        }
    })
}

/// Where the pages for a browser go.
enum Destination {
    Output,
    File(PathBuf),
    /// A folder, and the names that have been given in it, each with the last number that was put behind it.
    Folder(PathBuf, HashMap<String, usize>),
}

impl Destination {
    /// Looks at it before anything is read, so that no work is done for nothing.
    fn of(out: &Path, command: &Explain<'_>) -> Result<Destination, Failure> {
        let named = out.display();
        let is_single = command.inputs.len() == 1;
        if out.as_os_str() == "-" {
            return match (is_single, command.is_printed) {
                (true, false) => Ok(Destination::Output),
                (false, _) => Err(Failure::Usage("--html - takes one page".to_owned())),
                (true, true) => {
                    Err(Failure::Usage("--html - and --explain would both go to standard output".to_owned()))
                }
            };
        }
        match fs::metadata(out) {
            Ok(found) if found.is_dir() => Ok(Destination::Folder(out.to_owned(), HashMap::new())),
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Failure::Failed(format!("{named}: {error}"))),
            _ if !is_single => {
                Err(Failure::Usage(format!("{named}: several pages need a folder for --html, and one that exists")))
            }
            Ok(found) if !found.is_file() => Err(Failure::Failed(format!("{named}: is there and is no plain file"))),
            Ok(_) if command.inputs.iter().any(|input| is_same_file(input, out)) => {
                Err(Failure::Usage(format!("{named}: is the page itself")))
            }
            _ => Ok(Destination::File(out.to_owned())),
        }
    }

    /// The file for a page. In a folder its name is made from the page's, and differs from it: the folder may well be
    /// the one with the pages.
    fn path_for(&mut self, input: &str) -> PathBuf {
        match self {
            Destination::Output => PathBuf::from("-"),
            Destination::File(path) => path.clone(),
            Destination::Folder(folder, given) => {
                let stem = file_stem(input);
                let n_same = given.get(&stem).copied().unwrap_or(0);
                // Of so many numbers one is free.
                let number = (n_same + 1..=n_same + 1 + given.len())
                    .find(|number| !given.contains_key(&numbered(&stem, *number)))
                    .unwrap_or(1);
                let name = numbered(&stem, number);
                given.insert(name.clone(), 1);
                given.insert(stem, number);
                folder.join(format!("{name}.explained.html"))
            }
        }
    }
}

fn numbered(stem: &str, number: usize) -> String {
    if number == 1 { stem.to_owned() } else { format!("{stem}-{number}") }
}

fn is_same_file(one: &str, other: &Path) -> bool {
    matches!((fs::canonicalize(one), fs::canonicalize(other)), (Ok(one), Ok(other)) if one == other)
}

/// A file name for a page, from its file name or address.
fn file_stem(input: &str) -> String {
    let stem = match input {
        "-" => "page",
        _ if recognize_beside_files(input).is_some() => input.split_once("://").map_or(input, |(_, rest)| rest),
        _ => Path::new(input).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default(),
    };
    let words: Vec<&str> =
        stem.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '.').filter(|word| !word.is_empty()).collect();
    let name: String = words.join("-").trim_matches('.').chars().take(FILE_NAME_CHARACTERS_MAX).collect();
    if name.is_empty() { "page".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_after_pages() {
        let check = |input: &str, expected: &str| assert_eq!(file_stem(input), expected, "{input}");
        check("saved/ferry page.html", "ferry-page");
        check("-", "page");
        check("https://news.example/2024/05/ferry?id=3#top", "news.example-2024-05-ferry-id-3-top");
        check("../..", "page");
        check("フェリー.html", "フェリー");
        let mut folder = Destination::Folder(PathBuf::from("out"), HashMap::new());
        let paths = ["a/ferry.html", "b/ferry.htm", "c/ferry.html"].map(|input| folder.path_for(input));
        let expected = ["out/ferry.explained.html", "out/ferry-2.explained.html", "out/ferry-3.explained.html"];
        assert_eq!(paths, expected.map(PathBuf::from));
    }
}
