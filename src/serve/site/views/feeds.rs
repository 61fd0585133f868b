//! `/feeds`: what can be subscribed to.

use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::{Value, json};

use crate::serve::miss::Miss;
use crate::store::Reader;

use super::view::View;
use crate::serve::site::asked::{Asked, Form};
use crate::serve::site::syndication::Outline;

pub(super) struct Feeds {
    /// What each has, and its path without the form.
    feeds: Vec<(String, String, String)>,
}

pub(super) fn read(reader: &Reader) -> Result<Feeds, Miss> {
    let fixed = [
        ("All articles, with their texts", "/search", ""),
        ("All articles, copies left out", "/search", "?copies=no"),
        ("Revisions, with what changed", "/revised", ""),
        ("Articles that their publishers removed", "/removed", ""),
        ("What of the intake is wrong", "/alarms", ""),
        ("Stories of at least two sources", "/stories", "?min_sources=2"),
        ("Stories of at least three sources", "/stories", "?min_sources=3"),
    ];
    let mut feeds: Vec<(String, String, String)> =
        fixed.iter().map(|(what, path, query)| ((*what).to_owned(), (*path).to_owned(), (*query).to_owned())).collect();
    let sources = reader.sources()?.into_iter().filter(|row| row.state != "removed");
    feeds.extend(sources.map(|row| {
        let what = row.title.clone().unwrap_or_else(|| row.slug.clone());
        (what, "/search".to_owned(), format!("?source={}", row.slug))
    }));
    Ok(Feeds { feeds })
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
                a href=(asked.address(Form::Opml, None)) { "OPML" } "."
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
