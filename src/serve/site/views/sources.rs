//! `/sources` and `/sources/SLUG`: what is followed, and how it goes. What needs attention stands first.

use std::collections::HashMap;

use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::Value;

use crate::forms;
use crate::model::without_credentials;
use crate::serve::miss::Miss;
use crate::store::{ArticleFilter, ArticleRow, PollOutcome, PollRow, Reader, SourceDetails, SourceRow};

use super::orders;
use super::view::{View, source};
use crate::serve::site::asked::Asked;
use crate::serve::site::parts::{article_item, outward, time};

/// Polls in a bar.
const POLLS_MAX: u32 = 60;

/// Articles shown of a source.
const ARTICLES_MAX: u32 = 20;

/// Whether somebody should look at a source.
pub(super) fn is_in_trouble(row: &SourceRow) -> bool {
    row.state == "gone" || row.state == "active" && row.failures_in_a_row > 0
}

pub(super) struct SourceList {
    /// Those in trouble first.
    rows: Vec<SourceRow>,
    polls: HashMap<i64, Vec<PollRow>>,
}

pub(super) fn read_list(reader: &Reader) -> Result<SourceList, Miss> {
    let mut rows = reader.sources()?;
    rows.retain(|row| row.state != "removed");
    rows.sort_by_key(|row| (!is_in_trouble(row), row.state != "active"));
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    Ok(SourceList { polls: reader.last_polls(&ids, POLLS_MAX)?, rows })
}

impl View for SourceList {
    fn title(&self) -> String {
        "Sources".to_owned()
    }

    fn main(&self, _: &Asked, now: Timestamp) -> Markup {
        let n_in_trouble = self.rows.iter().filter(|row| is_in_trouble(row)).count();
        html! {
            @if n_in_trouble > 0 { p.attention { (n_in_trouble) " need attention" } }
            @if self.rows.is_empty() { p.none { "Nothing is followed yet: " code { "newswire sources add URL" } } }
            div.wide {
                table {
                    thead { tr {
                        th scope="col" { "source" } th scope="col" { "kind" } th scope="col" { "state" }
                        th.number scope="col" { "7 days" } th scope="col" { "polls" } th scope="col" { "last answer" } th scope="col" { "next" }
                        th scope="col" { "trouble" }
                    } }
                    tbody {
                        @for row in &self.rows {
                            tr.trouble[is_in_trouble(row)] {
                                th scope="row" { a href={ "/sources/" (row.slug) } { (row.slug) } }
                                td { (row.kind.as_deref().unwrap_or("")) }
                                td { (row.state) }
                                td.number { (row.articles_7d) }
                                td.polls { (poll_bar(self.polls.get(&row.id).map_or(&[], Vec::as_slice))) }
                                td { @if let Some(at) = &row.last_ok_at { (time(at, now)) } @else { "never" } }
                                td { @if let Some(at) = &row.next_due_at { (due(at, now)) } }
                                td.error { @if let Some(error) = &row.error { (row.failures_in_a_row) "× " (error) } }
                            }
                        }
                    }
                }
            }
        }
    }

    fn json(&self) -> Value {
        self.rows.iter().map(forms::sources::row).collect()
    }
}

/// The last polls from left to right: a high mark is an answer, a low one that nothing had changed, a red one a failure.
fn poll_bar(polls: &[PollRow]) -> Markup {
    let n_of = |outcome: PollOutcome| polls.iter().filter(|poll| poll.outcome == outcome).count();
    let told = format!(
        "{} answers, {} unchanged, {} failed",
        n_of(PollOutcome::Answered),
        n_of(PollOutcome::Unchanged),
        n_of(PollOutcome::Failed)
    );
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

pub(super) fn read_one(reader: &Reader, slug: &str) -> Result<OneSource, Miss> {
    let row = source(reader, slug)?;
    let filter = ArticleFilter { source_id: Some(row.id), ..ArticleFilter::default() };
    let polls = reader.last_polls(&[row.id], POLLS_MAX)?.remove(&row.id).unwrap_or_default();
    Ok(OneSource { articles: reader.articles(&filter, ARTICLES_MAX)?, polls, details: reader.source(row)? })
}

impl View for OneSource {
    fn title(&self) -> String {
        let row = &self.details.row;
        row.title.clone().unwrap_or_else(|| row.slug.clone())
    }

    fn main(&self, asked: &Asked, now: Timestamp) -> Markup {
        let SourceDetails { row, last_new_article_at, problems, n_articles, n_waiting, fetches, .. } = &self.details;
        html! {
            @if let Some(error) = &row.error { p.attention { (row.failures_in_a_row) "× " (error) } }
            @if asked.terms.takes_orders { (orders::of_source(row)) }
            div.beside {
                div {
                    h2 { "Newest" }
                    @if self.articles.is_empty() { p.none { "Nothing yet." } }
                    ol.items { @for article in &self.articles { (article_item(article, now)) } }
                    p.more { a href={ "/search?source=" (row.slug) } { "All of it" } " · "
                             a href=(asked.with_token(format!("/search.atom?source={}", row.slug))) { "as a feed with full texts" } }
                }
                aside {
                    dl {
                        dt { "slug" } dd { (row.slug) }
                        dt { "kind" } dd { (row.kind.as_deref().unwrap_or("not known yet")) }
                        @if let Some(url) = row.url.as_deref().map(without_credentials) { dt { "address" } dd { (outward(&url, &url)) } }
                        dt { "state" } dd { (row.state) " (from the " (row.origin) ")" }
                        @if !row.tags.is_empty() { dt { "tags" } dd { (row.tags.join(", ")) } }
                        dt { "last answer" } dd { @if let Some(at) = &row.last_ok_at { (time(at, now)) } @else { "never" } }
                        @if let Some(at) = &row.next_due_at { dt { "next poll" } dd { (due(at, now)) } }
                        dt { "articles" } dd { (n_articles) ", " (row.articles_7d) " in 7 days, " (n_waiting) " waiting" }
                        @if let Some(at) = last_new_article_at { dt { "last new" } dd { (time(at, now)) } }
                        @for problem in problems { dt { "problem" } dd.trouble { (problem) } }
                    }
                    @if !self.polls.is_empty() { h2 { "Last polls" } (poll_bar(&self.polls)) }
                    h2 { "Last exchanges" }
                    ul.exchanges {
                        @for fetch in fetches {
                            li.trouble[fetch.error.is_some()] {
                                (time(&fetch.started_at, now)) " " (fetch.purpose) " "
                                @if let Some(status) = fetch.status { b { (status) } } @else { "–" }
                                " " (fetch.elapsed_ms) " ms"
                                @if let Some(error) = &fetch.error { " " (error) }
                            }
                        }
                    }
                }
            }
        }
    }

    fn json(&self) -> Value {
        forms::sources::details(&self.details)
    }
}
