//! `/sources` and `/sources/SLUG`: what is followed, and how it goes. What needs attention stands first.

use std::collections::HashMap;

use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::Value;

use crate::forms;
use crate::model::without_credentials;
use crate::serve::miss::Miss;
use crate::store::{
    ArticleFilter, ArticleRow, FetchRow, GapRow, HostState, PollOutcome, PollRow, Reader, SourceDetails, SourceRow,
};

use super::orders;
use super::view::{View, source};
use crate::forms::words::counted;
use crate::serve::site::asked::{Asked, Form};
use crate::serve::site::parts::{article_item, outward, time};
use crate::serve::site::plots;

/// Sources on a page.
const SOURCES_MAX: u32 = 200;

/// Polls in a bar.
const POLLS_MAX: u32 = 60;

/// Articles shown of a source.
const ARTICLES_MAX: u32 = 20;

pub(super) struct SourceList {
    /// Those that need attention first.
    rows: Vec<SourceRow>,
    polls: HashMap<i64, Vec<PollRow>>,
    /// How many need attention; told on the first page alone.
    n_in_trouble: Option<u64>,
    /// Whether there are more behind these.
    are_more: bool,
}

pub(super) fn read_list(reader: &Reader, asked: &Asked) -> Result<SourceList, Miss> {
    let last = asked.text("after").map(|slug| source(reader, slug)).transpose()?;
    let (rows, are_more) = reader.sources_after(last.as_ref(), SOURCES_MAX)?;
    let n_in_trouble = if last.is_none() { Some(reader.n_sources_in_trouble()?) } else { None };
    // JSON has no bars.
    let ids: Vec<i64> = if asked.form == Form::Html { rows.iter().map(|row| row.id).collect() } else { Vec::new() };
    Ok(SourceList { polls: reader.last_polls(&ids, POLLS_MAX)?, rows, n_in_trouble, are_more })
}

impl View for SourceList {
    fn title(&self) -> String {
        "Sources".to_owned()
    }

    fn main(&self, asked: &Asked, now: Timestamp) -> Markup {
        html! {
            @if let Some(n @ 1..) = self.n_in_trouble { p.attention { (n) @if n == 1 { " needs" } @else { " need" } " attention" } }
            @if self.rows.is_empty() {
                @if self.n_in_trouble.is_some() {
                    p.none { "Nothing is followed yet: " code { "newswire sources add URL" } }
                } @else {
                    p.none { "There are no more." }
                }
            } @else {
                table.rows {
                    thead { tr {
                        th scope="col" { "source" } th scope="col" { "polls" } th scope="col" { "last new" }
                        th scope="col" { "next" } th.number scope="col" { "gaps" } th.number scope="col" { "7 days" }
                    } }
                    tbody { @for row in &self.rows { (self.line(row, now)) } }
                }
            }
            @if let Some(last) = self.rows.last().filter(|_| self.are_more) {
                p.more { a rel="next" href=(asked.address(Form::Html, Some(("after", Some(&last.slug))))) { "More sources" } }
            }
        }
    }

    fn json(&self) -> Value {
        self.rows.iter().map(forms::sources::row).collect()
    }
}

impl SourceList {
    fn line(&self, row: &SourceRow, now: Timestamp) -> Markup {
        let n_failures = row.failures_in_a_row;
        html! {
            tr.trouble[row.needs_attention()] {
                th scope="row" {
                    a href={ "/sources/" (row.slug) } dir="auto" { (row.title.as_deref().unwrap_or(&row.slug)) }
                    span.about {
                        @if row.title.is_some() { (row.slug) }
                        @if row.state != "active" { " " b { (row.state) } }
                    }
                    @if let Some(error) = &row.error { span.error { @if n_failures > 0 { (n_failures) "× " } (error) } }
                }
                td.polls { (poll_bar(self.polls.get(&row.id).map_or(&[], Vec::as_slice))) }
                td data-label="last new" { @if let Some(at) = &row.last_new_article_at { (time(at, now)) } }
                td data-label="next" { @if let Some(at) = &row.next_due_at { (due(at, now)) } }
                td.number data-label="gaps" { @if row.n_gaps > 0 { (row.n_gaps) } }
                td.number data-label="7 days" { (row.articles_7d) }
            }
        }
    }
}

/// How polls ended.
fn polls_told(polls: &[PollRow]) -> String {
    let n_of = |outcome: PollOutcome| polls.iter().filter(|poll| poll.outcome == outcome).count();
    let n_answers = counted(n_of(PollOutcome::Answered), "answer");
    format!("{n_answers}, {} unchanged, {} failed", n_of(PollOutcome::Unchanged), n_of(PollOutcome::Failed))
}

/// The last polls from left to right: a high mark is an answer, a low one that nothing had changed, a red one a failure.
fn poll_bar(polls: &[PollRow]) -> Markup {
    let told = polls_told(polls);
    html! {
        @if !polls.is_empty() {
            svg.poll-bar viewBox={ "0 0 " (POLLS_MAX * 3) " 12" } role="img" aria-label=(told) preserveAspectRatio="xMinYMid" {
                title { (told) }
                @for (at, poll) in polls.iter().enumerate() {
                    @let (class, top) = match poll.outcome {
                        PollOutcome::Answered => ("answered", 1),
                        PollOutcome::Unchanged => ("unchanged", 8),
                        PollOutcome::Failed => ("failed", 1),
                    };
                    rect.(class) x=(at * 3) y=(top) width="2" height=(12 - top) {}
                }
            }
        }
    }
}

/// When something is due: what has been due for a while is due now.
fn due(at: &str, now: Timestamp) -> Markup {
    match at.parse::<Timestamp>() {
        Ok(due_at) if due_at <= now => html! { "now" },
        _ => time(at, now),
    }
}

pub(super) struct OneSource {
    details: SourceDetails,
    articles: Vec<ArticleRow>,
    polls: Vec<PollRow>,
}

pub(super) fn read_one(reader: &Reader, slug: &str, now: Timestamp) -> Result<OneSource, Miss> {
    let row = source(reader, slug)?;
    let filter = ArticleFilter { source_id: Some(row.id), ..ArticleFilter::default() };
    let polls = reader.last_polls(&[row.id], POLLS_MAX)?.remove(&row.id).unwrap_or_default();
    let mut articles = reader.articles(&filter, ARTICLES_MAX)?;
    for article in &mut articles {
        // Here that goes without saying.
        article.source.take_if(|source| *source == row.slug);
    }
    Ok(OneSource { articles, polls, details: reader.source(row, now)? })
}

impl View for OneSource {
    fn title(&self) -> String {
        let row = &self.details.row;
        row.title.clone().unwrap_or_else(|| row.slug.clone())
    }

    fn main(&self, asked: &Asked, now: Timestamp) -> Markup {
        let SourceDetails { row, hours, gaps, host, fetches, .. } = &self.details;
        html! {
            @if let Some(error) = &row.error {
                p.attention { @if row.failures_in_a_row > 0 { (row.failures_in_a_row) "× " } (error) }
            }
            @if asked.terms.takes_orders { (orders::of_source(row)) }
            div.beside {
                div {
                    (plots::hours_of_day(hours))
                    h2 { "Newest" }
                    @if self.articles.is_empty() { p.none { "Nothing yet." } }
                    ol.items { @for article in &self.articles { (article_item(article, now)) } }
                    p.more { a href={ "/search?source=" (row.slug) } { "All of it" } " · "
                             a href=(asked.with_token(format!("/search.atom?source={}", row.slug))) { "as a feed with full texts" } }
                }
                aside {
                    (self.facts(now))
                    @if let Some(host) = host { (host_section(host, now)) }
                    @if !gaps.is_empty() { (gap_section(gaps, now)) }
                    @if !self.polls.is_empty() { h2 { "Last polls" } (poll_bar(&self.polls)) p.about { (polls_told(&self.polls)) } }
                    h2 { "Last exchanges" }
                    ul.exchanges { @for fetch in fetches { (exchange(fetch, now)) } }
                }
            }
        }
    }

    fn json(&self) -> Value {
        forms::sources::details(&self.details)
    }
}

impl OneSource {
    fn facts(&self, now: Timestamp) -> Markup {
        let SourceDetails { row, problems, n_articles, n_waiting, n_entries, moved, .. } = &self.details;
        html! {
            dl {
                dt { "slug" } dd { (row.slug) }
                dt { "kind" } dd {
                    (row.kind.as_deref().unwrap_or("not known yet"))
                    @if let Some(n) = n_entries { ", " (n) " entries" }
                }
                @if let Some(url) = row.url.as_deref().map(without_credentials) { dt { "address" } dd { (outward(&url, &url)) } }
                @if let Some(to) = &moved.to {
                    dt { "moved" }
                    dd {
                        "to " (outward(to, to)) ", by " (counted(moved.n_answers, "answer")) " in a row"
                        @if moved.in_force().is_some() { "; it is asked there now" }
                    }
                }
                dt { "state" } dd { (row.state) " (from the " (row.origin) ")" }
                @if !row.tags.is_empty() { dt { "tags" } dd { (row.tags.join(", ")) } }
                dt { "articles" } dd { (n_articles) ", " (row.articles_7d) " in 7 days, " (n_waiting) " waiting" }
                @if let Some(at) = &row.last_new_article_at { dt { "last new" } dd { (time(at, now)) } }
                dt { "last answer" } dd { @if let Some(at) = &row.last_ok_at { (time(at, now)) } @else { "never" } }
                dt { "next poll" }
                dd {
                    @if let Some(at) = &row.next_due_at { (due(at, now)) } @else { "none" }
                    @if let Some(because) = forms::sources::due_because(&self.details) { span.about { " – " (because) } }
                }
                @for problem in problems { dt { "problem" } dd.trouble { (problem) } }
            }
        }
    }
}

/// How its host is doing, and whether it wants to be left in peace.
fn host_section(host: &HostState, now: Timestamp) -> Markup {
    let HostState { n_requests_24h, n_failed_24h, n_refused_24h, n_complaints, .. } = host;
    html! {
        h2 { "Host" }
        dl {
            dt { "name" } dd { (host.publisher) }
            dt { "24 hours" }
            dd {
                (counted(n_requests_24h, "request"))
                @if let Some(elapsed) = host.mean_elapsed_ms { ", " (elapsed) " ms each" }
                @if *n_failed_24h > 0 { ", " (n_failed_24h) " failed" }
                @if *n_refused_24h > 0 { ", " b { (n_refused_24h) " answered with 429" } }
            }
            @if let Some(until) = &host.held_until {
                dt { "left in peace" }
                dd.trouble { (time(until, now)) @if *n_complaints > 0 { ", " (counted(n_complaints, "complaint")) " in a row" } }
            }
            @if let Some(at) = &host.ready_at { dt { "next article" } dd { (time(at, now)) } }
            @if let Some(error) = &host.robots_error { dt { "robots.txt" } dd.trouble { "forbids all while it cannot be read: " (error) } }
        }
    }
}

fn gap_section(gaps: &[GapRow], now: Timestamp) -> Markup {
    html! {
        h2 { a href="/gaps" { "Gaps" } }
        ul.exchanges {
            @for gap in gaps {
                li {
                    (time(&gap.began_at, now)) " "
                    @match gap.n_missed { Some(n) => { "about " (counted(n, "item")) }, None => { "some items" } }
                    " missed"
                    @if let Some(n) = gap.n_healed { ", " (n) " found since" }
                }
            }
        }
    }
}

fn exchange(fetch: &FetchRow, now: Timestamp) -> Markup {
    html! {
        li.exchange.trouble[fetch.error.is_some()] {
            (time(&fetch.started_at, now))
            span { (fetch.purpose) }
            b { @if let Some(status) = fetch.status { (status) } @else { "–" } }
            span.number { (fetch.elapsed_ms) " ms" }
            @if let Some(to) = &fetch.redirected_to { span.rest { "→ " (to) } }
            @if let Some(error) = &fetch.error { span.rest { (error) } }
        }
    }
}
