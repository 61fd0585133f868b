//! What all pages have around what they show.

use hyper::StatusCode;
use maud::{Markup, html};

use super::asked::{Asked, Form};
use super::assets;
use super::frame::Frame;
use super::order;
use super::views::View;
use crate::forms::words::counted;

/// Where the links at the top of each page lead.
const PLACES: [(&str, &str); 10] = [
    ("/", "Today"),
    ("/stories", "Stories"),
    ("/search", "Articles"),
    ("/revised", "Revised"),
    ("/removed", "Removed"),
    ("/sources", "Sources"),
    ("/gaps", "Gaps"),
    ("/alarms", "Alarms"),
    ("/why", "Why"),
    ("/feeds", "Feeds"),
];

/// And one more where there is a queue.
const WORKERS: (&str, &str) = ("/workers", "Workers");

/// What there is to say of the database beside a view of it.
pub(super) struct Beside {
    /// Rows that could not be read.
    pub(super) n_damaged: usize,
    /// What changes behind this is not on the page.
    pub(super) cursor: Option<String>,
}

/// A page with a view.
pub(super) fn page(view: &dyn View, asked: &Asked, frame: &Frame, beside: &Beside) -> String {
    let n_damaged = beside.n_damaged;
    let feed = view.is_feed().then(|| asked.subscription(Form::Atom));
    let title = view.title();
    whole(
        &title,
        Some(&asked.path),
        feed.as_deref(),
        &html! {
            h1 dir="auto" { (title) }
            @if let Some(cursor) = &beside.cursor {
                a.news href=(asked.address(Form::Html, None)) data-cursor=(cursor) role="status" hidden {}
            }
            @if let Some(told) = order::told(asked) { p.done role="status" { (told) } }
            (view.main(asked, frame.now))
            @if n_damaged > 0 {
                p.trouble {
                    (counted(n_damaged, "row"))
                    " could not be read, and the rest is shown; " code { "newswire doctor" } " says more"
                }
            }
        },
        &html! {
            a href=(asked.address(Form::Json, None)) { "JSON" }
            @if let Some(feed) = &feed {
                " · " a href=(feed) { "Atom" } " · " a href=(asked.subscription(Form::JsonFeed)) { "JSON Feed" }
            }
        },
        asked.text("q"),
        frame,
    )
}

/// A page that says why there is nothing to show.
pub(super) fn miss(reason: &str, status: StatusCode, frame: &Frame) -> String {
    let title = status.canonical_reason().unwrap_or("Not answered");
    let main = html! { h1 { (title) } p dir="auto" { (reason) } p { a href="/" { "Today's stories" } } };
    whole(title, None, None, &main, &html! {}, None, frame)
}

fn whole(
    title: &str,
    path: Option<&str>,
    feed: Option<&str>,
    main: &Markup,
    forms: &Markup,
    query: Option<&str>,
    frame: &Frame,
) -> String {
    let is_here = |place: &str| match path {
        Some(path) => path == place || place != "/" && path.starts_with(&format!("{place}/")),
        None => false,
    };
    let page = html! {
        (maud::DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · newswire" }
                link rel="stylesheet" href=(assets::STYLE.path);
                link rel="icon" type="image/svg+xml" href=(assets::ICON.path);
                @if let Some(feed) = feed {
                    link rel="alternate" type="application/atom+xml" title=(title) href=(feed);
                }
                script src=(assets::SCRIPT.path) integrity=(assets::SCRIPT.integrity) defer {}
            }
            body {
                a.skip href="#main" { "Skip to what is shown" }
                header {
                    a.name href="/" { "newswire" }
                    nav aria-label="Pages" {
                        @for (place, name) in PLACES.into_iter().chain(frame.basis.has_queue.then_some(WORKERS)) {
                            a href=(place) aria-current=[is_here(place).then_some("page")] { (name) }
                        }
                    }
                    form role="search" action="/search" {
                        input type="search" name="q" value=[query] aria-label="Search titles and texts" placeholder="Search";
                        button { "Search" }
                    }
                }
                main id="main" { (main) }
                footer {
                    span { (frame.database()) " at " time datetime=(format!("{:.0}", frame.now)) { (format!("{:.0}", frame.now)) } }
                    span { (forms) }
                    span { "newswire " (env!("CARGO_PKG_VERSION")) }
                }
            }
        }
    };
    page.into_string()
}
