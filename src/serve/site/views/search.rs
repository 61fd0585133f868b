//! `/search`: articles that match, best first; without words the newest.

use std::collections::BTreeMap;

use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::{Value, json};

use crate::forms;
use crate::serve::miss::Miss;
use crate::store::{ArticleDetails, ArticleFilter, ArticleRow, MATCH_MARKS, Order, Reader, SearchHit, expression_of};

use super::view::{Texts, View, source, wants_texts};
use crate::forms::words::counted;
use crate::serve::site::asked::{Asked, Form};
use crate::serve::site::parts::{article_item, headline, notes, passage, time};
use crate::serve::site::syndication::{Feed, FeedEntry};

/// Articles on a page, and entries of a feed.
const SHOWN_MAX: usize = 50;

/// So many are counted by source, language and day.
const COUNTED_MAX: u32 = 500;

/// So many are looked at for the newest that match: all that a search ranks, since the newest need not be the best.
const RANKED_MAX: u32 = 1000;

/// Sources, languages and days that are listed.
const FACETS_MAX: usize = 12;

pub(super) struct Search {
    query: Option<String>,
    source: Option<String>,
    hits: Vec<SearchHit>,
    order: Option<Order>,
    /// With the texts, for a feed, and how many paragraphs of each.
    articles: Vec<ArticleDetails>,
    n_paragraphs: usize,
}

pub(super) fn read(reader: &Reader, asked: &Asked) -> Result<Search, Miss> {
    let row = asked.text("source").map(|slug| source(reader, slug)).transpose()?;
    let filter = ArticleFilter {
        source_id: row.as_ref().map(|row| row.id),
        since: asked.time("since")?,
        until: asked.time("until")?,
        story_id: asked.number("story")?,
        language: asked.text("lang").map(str::to_owned),
        without_duplicates: asked.text("copies") == Some("no"),
        ..ArticleFilter::default()
    };
    let query = asked.text("q").map(str::to_owned);
    let mut search = match &query {
        Some(query) => {
            let expression = expression_of(query);
            if expression.is_empty() {
                return Err(Miss::Wrong("there is no word in the query".to_owned()));
            }
            let n_max = if wants_texts(asked) { RANKED_MAX } else { COUNTED_MAX };
            let found = reader.search(&expression, &filter, n_max)?;
            Search { order: Some(found.order), hits: found.hits, ..Search::empty() }
        }
        None => {
            let unmatched = |row: ArticleRow| SearchHit { row, snippet: String::new() };
            let hits = reader.articles(&filter, COUNTED_MAX)?.into_iter().map(unmatched).collect();
            Search { hits, ..Search::empty() }
        }
    };
    search.query = query;
    search.source = row.map(|row| row.slug);
    if wants_texts(asked) {
        let texts = Texts::asked(asked)?;
        search.articles = search.articles_with(reader, texts)?;
        search.n_paragraphs = texts.n_paragraphs;
    }
    Ok(search)
}

impl Search {
    fn empty() -> Search {
        Search { query: None, source: None, hits: Vec::new(), order: None, articles: Vec::new(), n_paragraphs: 0 }
    }

    /// The newest of the hits that are wanted, with their texts.
    fn articles_with(&self, reader: &Reader, texts: Texts) -> Result<Vec<ArticleDetails>, Miss> {
        let mut articles = Vec::new();
        for id in self.newest(reader)? {
            if articles.len() == SHOWN_MAX {
                break;
            }
            let article = reader.article(id)?;
            articles.extend(article.filter(|article| texts.has(article)));
        }
        Ok(articles)
    }

    /// The hits in the order in which lists have articles: what is subscribed to is what comes next, not what fits best.
    fn newest(&self, reader: &Reader) -> Result<Vec<i64>, Miss> {
        if self.query.is_none() {
            return Ok(self.hits.iter().map(|hit| hit.row.id).collect());
        }
        let mut dated = Vec::with_capacity(self.hits.len());
        for SearchHit { row, .. } in &self.hits {
            let at = match &row.published_at {
                Some(at) => Some(at.clone()),
                None => reader.article(row.id)?.map(|article| article.first_seen_at),
            };
            dated.push((at, row.id));
        }
        dated.sort_unstable_by(|left, right| right.cmp(left));
        Ok(dated.into_iter().map(|(_, id)| id).collect())
    }

    /// How many of the hits have each value of something, most first.
    fn facet<'a>(&'a self, value: impl Fn(&'a ArticleRow) -> Option<&'a str>) -> Vec<(&'a str, u64)> {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for value in self.hits.iter().filter_map(|hit| value(&hit.row)) {
            *counts.entry(value).or_default() += 1;
        }
        let mut counts: Vec<(&str, u64)> = counts.into_iter().collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        counts.truncate(FACETS_MAX);
        counts
    }

    fn facets(&self, asked: &Asked) -> Markup {
        let sources = self.facet(|row| row.source.as_deref());
        let languages = self.facet(|row| row.language.as_deref());
        html! {
            (facet(asked, "Source", "source", &sources))
            (facet(asked, "Language", "lang", &languages))
            (self.days())
        }
    }

    /// How many there are of each day.
    fn days(&self) -> Markup {
        let mut days = self.facet(|row| row.date.as_deref());
        days.sort_by(|a, b| b.0.cmp(a.0));
        let most = days.iter().map(|day| day.1).max().unwrap_or(1);
        html! {
            @if days.len() > 1 {
                h2 { "Day" }
                ul.facet {
                    @for (day, count) in &days { li { span { (dashed(day)) } (bar(*count, most)) } }
                }
            }
        }
    }

    /// What the hits are of all that there are.
    fn told(&self) -> String {
        let n = self.hits.len() as u64;
        match (self.order, self.query.is_some()) {
            (Some(Order::BestOfNewest(n_ranked)), _) => {
                format!("the best of the newest {n_ranked}; a source or a day leaves fewer")
            }
            (Some(Order::Newest), _) => "the newest with a word that begins so; more letters leave fewer".to_owned(),
            _ if n >= u64::from(COUNTED_MAX) => format!("more than {COUNTED_MAX} articles"),
            (_, true) => format!("{}, best first", counted(n, "article")),
            (_, false) => format!("{}, newest first", counted(n, "article")),
        }
    }
}

impl View for Search {
    fn title(&self) -> String {
        match (&self.query, &self.source) {
            (Some(query), _) => query.clone(),
            (None, Some(source)) => format!("Articles of {source}"),
            (None, None) => "Articles".to_owned(),
        }
    }

    fn main(&self, asked: &Asked, now: Timestamp) -> Markup {
        let shown = self.hits.iter().take(SHOWN_MAX);
        html! {
            p.about {
                (self.told())
                @for name in ["source", "lang", "since", "until", "story"] {
                    @if let Some(value) = asked.text(name) {
                        " · " (name) " " b { (value) } " "
                        a href=(asked.address(Form::Html, Some((name, None)))) aria-label={ "without " (name) " " (value) } { "×" }
                    }
                }
            }
            div.beside {
                div {
                    @if self.hits.is_empty() { p.none { "Nothing found." } }
                    @if self.query.is_some() {
                        ol.hits { @for hit in shown { (hit_item(hit, now)) } }
                    } @else {
                        ol.items { @for hit in shown { (article_item(&hit.row, now)) } }
                    }
                }
                aside { (self.facets(asked)) }
            }
        }
    }

    fn json(&self) -> Value {
        let hits = self.hits.iter().take(SHOWN_MAX).map(|hit| {
            let mut value = forms::articles::row(&hit.row);
            if self.query.is_some() {
                value["snippet"] = json!(hit.snippet.replace([MATCH_MARKS.0, MATCH_MARKS.1], ""));
            }
            value
        });
        let counts = |facet: Vec<(&str, u64)>| -> Value {
            facet.into_iter().map(|(value, count)| json!({ "value": value, "articles": count })).collect()
        };
        json!({
            "articles": hits.collect::<Vec<_>>(),
            "sources": counts(self.facet(|row| row.source.as_deref())),
            "languages": counts(self.facet(|row| row.language.as_deref())),
            "days": counts(self.facet(|row| row.date.as_deref())),
        })
    }

    fn is_feed(&self) -> bool {
        true
    }

    fn feed(&self) -> Option<Feed> {
        let entries = self.articles.iter().map(|article| feed_entry(article, self.n_paragraphs));
        Some(Feed { title: self.title(), entries: entries.collect() })
    }
}

/// An article as an entry of a feed, with so much of its text.
fn feed_entry(article: &ArticleDetails, n_paragraphs: usize) -> FeedEntry {
    FeedEntry {
        name: format!("articles/{}", article.row.id),
        page: format!("articles/{}", article.row.id),
        title: article.row.title.clone(),
        url: article.row.url.clone(),
        updated_at: article.updated_at.clone(),
        published_at: article.row.published_at.clone(),
        authors: article.authors.clone(),
        language: article.row.language.clone(),
        content: html! { @for paragraph in article.body.lines().take(n_paragraphs) { p { (paragraph) } } }
            .into_string(),
    }
}

fn hit_item(hit: &SearchHit, now: Timestamp) -> Markup {
    let row = &hit.row;
    let at = forms::articles::time_of(row);
    html! {
        li.hit {
            h2.headline { (headline(&format!("/articles/{}", row.id), row.title.as_deref(), row.language.as_deref())) }
            p.about {
                @if !at.is_empty() { (time(&at, now)) }
                @if let Some(source) = &row.source { " · " a.source href={ "/sources/" (source) } { (source) } }
                @for note in notes(row) { " · " (note) }
            }
            p.passage lang=[row.language.as_deref()] dir="auto" { (passage(&hit.snippet, MATCH_MARKS)) }
        }
    }
}

fn facet(asked: &Asked, name: &str, parameter: &str, counts: &[(&str, u64)]) -> Markup {
    let most = counts.iter().map(|count| count.1).max().unwrap_or(1);
    html! {
        @if counts.len() > 1 {
            h2 { (name) }
            ul.facet {
                @for (value, count) in counts {
                    li { a href=(asked.address(Form::Html, Some((parameter, Some(value))))) { (value) } (bar(*count, most)) }
                }
            }
        }
    }
}

/// A number and a bar as long as it is large.
fn bar(count: u64, most: u64) -> Markup {
    html! {
        svg.bar viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" {
            rect width=(count * 100 / most.max(1)) height="8" {}
        }
        span.count { (count) }
    }
}

/// `20261120` as people write days.
fn dashed(day: &str) -> String {
    match (day.get(..4), day.get(4..6), day.get(6..8)) {
        (Some(year), Some(month), Some(day)) => format!("{year}-{month}-{day}"),
        _ => day.to_owned(),
    }
}
