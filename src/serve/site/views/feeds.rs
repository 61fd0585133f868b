//! `/feeds`: what can be subscribed to.

use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::{Value, json};

use crate::serve::miss::Miss;
use crate::store::Reader;

use super::view::{View, source};
use crate::serve::site::asked::{Asked, Form};
use crate::serve::site::syndication::Outline;

/// Sources of which the feeds are on a page. A list to import has all.
const SOURCES_MAX: u32 = 200;

/// What each of those that there always are has, as it says itself, and its path without the form.
const FIXED: [(&str, &str, &str); 7] = [
    ("Articles", "/search", ""),
    ("Articles without copies", "/search", "?copies=no"),
    ("Revised", "/revised", ""),
    ("Removed", "/removed", ""),
    ("Alarms", "/alarms", ""),
    ("Stories of at least 2 sources", "/stories", "?min_sources=2"),
    ("Stories of at least 3 sources", "/stories", "?min_sources=3"),
];

pub(super) struct Feeds {
    /// What each has, and its path without the form.
    feeds: Vec<(String, String, String)>,
    /// The source behind which there are more.
    last: Option<String>,
}

pub(super) fn read(reader: &Reader, asked: &Asked) -> Result<Feeds, Miss> {
    let after = asked.text("after").map(|slug| source(reader, slug)).transpose()?;
    let (sources, are_more) = match asked.form {
        Form::Opml => (reader.sources()?.into_iter().filter(|row| row.state != "removed").collect(), false),
        _ => reader.sources_after(after.as_ref(), SOURCES_MAX)?,
    };
    let last = sources.last().filter(|_| are_more).map(|row| row.slug.clone());
    let fixed: &[_] = if after.is_none() || asked.form == Form::Opml { &FIXED } else { &[] };
    let mut feeds: Vec<(String, String, String)> =
        fixed.iter().map(|(what, path, query)| ((*what).to_owned(), (*path).to_owned(), (*query).to_owned())).collect();
    feeds.extend(sources.into_iter().map(|row| {
        let query = format!("?source={}", row.slug);
        (row.title.unwrap_or(row.slug), "/search".to_owned(), query)
    }));
    Ok(Feeds { feeds, last })
}

impl View for Feeds {
    fn title(&self) -> String {
        "Feeds".to_owned()
    }

    fn main(&self, asked: &Asked, _: Timestamp) -> Markup {
        html! {
            p.about {
                "Every search and every list of stories is a feed as well: its address with .atom or .feed.json behind the path. "
                code { "body=lead" } " leaves the first paragraph of each text, " code { "reserved=no" }
                " leaves out what publishers reserve against mining. A feed reader takes all of these at once from "
                a href="/feeds.opml" { "OPML" } "."
            }
            div.wide { table {
                thead { tr { th scope="col" { "what" } th scope="col" { "Atom" } th scope="col" { "JSON Feed" } } }
                tbody {
                    @for (what, path, query) in &self.feeds {
                        tr {
                            th scope="row" dir="auto" { a href={ (path) (query) } { (what) } }
                            td { a href={ (asked.base) (asked.with_token(format!("{path}.atom{query}"))) } { (path) ".atom" (query) } }
                            td { a href={ (asked.base) (asked.with_token(format!("{path}.feed.json{query}"))) } { "JSON" } }
                        }
                    }
                }
            } }
            @if let Some(last) = &self.last {
                p.more { a rel="next" href=(asked.address(Form::Html, Some(("after", Some(last))))) { "More feeds" } }
            }
        }
    }

    fn json(&self) -> Value {
        let feeds = self.feeds.iter().map(|(what, path, query)| {
            json!({ "title": what, "atom": format!("{path}.atom{query}"), "json_feed": format!("{path}.feed.json{query}") })
        });
        feeds.collect()
    }

    fn outlines(&self) -> Option<Vec<Outline>> {
        let outlines = self.feeds.iter().map(|(what, path, query)| Outline {
            title: what.clone(),
            atom: format!("{path}.atom{query}"),
            page: format!("{path}{query}"),
        });
        Some(outlines.collect())
    }
}
