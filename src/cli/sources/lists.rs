//! `newswire sources import, export`: lists of sources in OPML.

use std::collections::HashMap;
use std::path::Path;

use serde_json::json;
use url::Url;

use crate::cli::terminal::messages::say;
use crate::config::Config;
use crate::model::{ListedSource, Source, SourceKind, public_url};
use crate::pipeline;
use crate::store::{self, SourceRow};

use super::rows::rows;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::files::{read_input, write_atomically};
use crate::cli::terminal::table::{text, whole};
use crate::cli::terminal::text::{counted, one_line};

/// Follows what OPML files list. What is followed already is left as it is; what is broken is told with its line.
pub(crate) fn import(context: &mut Context, config: &Config, files: &[String]) -> Result<(), Failure> {
    let (mut n_broken, mut n_unread) = (0, 0);
    let mut listed = Vec::new();
    for file in files {
        let read = read_input(file).map_err(|error| error.to_string());
        match read.and_then(|bytes| pipeline::opml_sources(&bytes)) {
            Ok(found) => {
                for note in found.duplicates.iter().chain(&found.problems) {
                    say!("newswire: {file}: {}", one_line(note));
                }
                n_broken += found.problems.len();
                listed.extend(found.sources);
            }
            Err(reason) => {
                say!("newswire: {file}: {reason}");
                n_unread += 1;
            }
        }
    }
    if n_unread == files.len() {
        return Err(Failure::Failed("no list could be read, and nothing was taken".to_owned()));
    }
    let by_address: HashMap<&Url, &Source> = config.sources.iter().map(|source| (&source.url, source)).collect();
    let in_file = |url: &Url| by_address.get(url);
    let (known, new): (Vec<ListedSource>, Vec<ListedSource>) =
        listed.into_iter().partition(|listed| in_file(&listed.source.url).is_some());
    for ListedSource { source, .. } in &known {
        let slug = in_file(&source.url).map_or("", |listed| listed.slug.as_str());
        say!("newswire: {} is listed in the sources file already, as {slug}", public_url(&source.url));
    }
    let added = if new.is_empty() { Vec::new() } else { store::add_sources_beside(&config.store, &new)? };
    context.tell_new_database();
    let mut n_added = 0;
    let mut lines = Vec::new();
    for (new, added) in new.iter().zip(added) {
        let url = public_url(&new.source.url);
        let url = url.as_str();
        if !added.is_new {
            say!("newswire: {url} is followed already, as {}", added.slug);
            continue;
        }
        n_added += 1;
        let what = if new.is_paused { "paused" } else { "followed from now on" };
        lines.push((
            json!({"slug": added.slug, "url": url, "is_new": true}),
            vec![added.slug, url.to_owned(), what.to_owned()],
        ));
    }
    let n_known = known.len() + new.len() - n_added;
    context.output.list(&[text("slug"), whole("url"), text("what")], lines)?;
    let (added, faulty) = (counted(n_added, "source"), counted(n_broken, "outline"));
    say!("{added} added, {n_known} followed already, {faulty} with faults");
    match (n_broken, n_unread) {
        (0, 0) => Ok(()),
        _ if n_added + n_known == 0 => Err(Failure::Failed("no source was taken".to_owned())),
        (0, _) => Err(Failure::Partly(format!("{} could not be read, the rest is taken", counted(n_unread, "file")))),
        _ => Err(Failure::Partly(format!("{n_broken} outlines have faults, the rest is taken"))),
    }
}

/// Writes all that is followed.
pub(crate) fn export(context: &mut Context, config: &Config, out: Option<&Path>) -> Result<(), Failure> {
    let sources: Vec<ListedSource> = rows(config)?.into_iter().filter_map(listed).collect();
    let opml = pipeline::write_opml(&sources);
    match out {
        Some(path) => {
            write_atomically(path, |file| Ok(file.write_all(opml.as_bytes())?))?;
            say!("{} in {}", counted(sources.len(), "source"), path.display());
        }
        None => context.output.raw(&opml)?,
    }
    Ok(())
}

/// A source that is followed, or was until its server said that it is gone. What was fetched once, or imported, is not.
fn listed(row: SourceRow) -> Option<ListedSource> {
    if !matches!(row.state.as_str(), "active" | "paused" | "gone") {
        return None;
    }
    // A list is handed on.
    let public = |url: &str| Url::parse(url).map(|url| public_url(&url).into_owned());
    let url = public(row.url.as_deref()?).ok()?;
    let kind: Option<SourceKind> = row.kind.and_then(|kind| kind.parse().ok());
    let is_feed = matches!(kind, None | Some(SourceKind::Feed));
    // A feed's page for people is mostly the home page of its host.
    let home = || url.join("/").ok().filter(|_| is_feed);
    let source = Source {
        kind,
        tags: row.tags,
        title: row.title,
        site_url: row.site_url.and_then(|site| public(&site).ok()).or_else(home),
        full_text: row.full_text.parse().unwrap_or_default(),
        link_selectors: row.link_selectors,
        proxy: row.proxy.and_then(|proxy| proxy.parse().ok()),
        ..Source::new(row.slug, url)
    };
    Some(ListedSource { source, is_paused: row.state == "paused", is_named: true })
}
