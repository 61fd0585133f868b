//! `/search`: articles that match, best first; without words the newest.

use std::collections::BTreeMap;

use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::{Value, json};

use crate::forms;
use crate::serve::miss::Miss;
use crate::store::{
    ArticleDetails, ArticleFilter, ArticleRow, CountedHit, MATCH_MARKS, Numbered, Order, Reader, SearchHit,
    expression_of, operators_taken_for_words,
};

use super::view::{Texts, View, source, wants_feed};
use crate::forms::words::counted;
use crate::serve::site::asked::{Asked, Form};
use crate::serve::site::parts::{article_item, headline, notes, passage, source_of, time};
use crate::serve::site::syndication::{Feed, FeedEntry};

/// Articles on a page, and entries of a feed.
const SHOWN_MAX: u32 = 50;

/// Words of a query: each costs a look at the index, and nobody remembers so many.
const WORDS_MAX: usize = 32;

/// So many are counted by source, language and day.
const COUNTED_MAX: u32 = 500;

/// Sources, languages and days that are listed.
const FACETS_MAX: usize = 12;

pub(super) struct Search {
    query: Option<String>,
    /// What the source is called.
    source: Option<String>,
    is_without_copies: bool,
    /// Those that are shown.
    hits: Vec<SearchHit>,
    /// All that are counted, in the same order.
    counted: Vec<CountedHit>,
    order: Option<Order>,
    /// What a feed has of them.
    texts: Texts,
}

pub(super) fn read(reader: &Reader, asked: &Asked) -> Result<Search, Miss> {
    let source = asked.text("source").map(|slug| source(reader, slug)).transpose()?;
    let filter = ArticleFilter {
        source_id: source.as_ref().map(|row| row.id),
        since: asked.time("since")?,
        until: asked.time("until")?,
        story_id: asked.number("story")?,
        language: asked.text("lang").map(forms::words::language).transpose().map_err(Miss::Wrong)?,
        without_duplicates: asked.text("copies") == Some("no"),
        ..ArticleFilter::default()
    };
    let query = asked.text("q").map(str::to_owned);
    let texts = if wants_feed(asked) { Texts::asked(asked)? } else { Texts::ALL };
    let unmatched = |row: ArticleRow| SearchHit { row, snippet: String::new() };
    // A feed needs more than it shows only where it leaves some out.
    let n_of_feed = |n: u32| if texts.are_reserved_in { n } else { COUNTED_MAX };
    let mut search = match &query {
        Some(query) => {
            let expression = expression_of(query);
            if expression.is_empty() {
                return Err(Miss::Wrong("there is no word in the query".to_owned()));
            }
            if expression.matches('"').count() > 2 * WORDS_MAX {
                return Err(Miss::Wrong(format!("a query has {WORDS_MAX} words at most")));
            }
            if wants_feed(asked) {
                // What is subscribed to is what comes next, not what fits best.
                let rows = reader.newest_matching(&expression, &filter, n_of_feed(SHOWN_MAX))?;
                Search { hits: rows.into_iter().map(unmatched).collect(), ..Search::empty() }
            } else {
                let (found, counted) = reader.search_and_count(&expression, &filter, SHOWN_MAX, COUNTED_MAX)?;
                Search { order: Some(found.order), hits: found.hits, counted, ..Search::empty() }
            }
        }
        None if wants_feed(asked) => {
            let rows = reader.articles_arrived_last(&filter, n_of_feed(SHOWN_MAX))?;
            Search { hits: rows.into_iter().map(unmatched).collect(), ..Search::empty() }
        }
        None => {
            let mut rows = reader.articles(&filter, COUNTED_MAX)?;
            let counted = rows.iter().map(counted_hit).collect();
            rows.truncate(SHOWN_MAX as usize);
            Search { hits: rows.into_iter().map(unmatched).collect(), counted, ..Search::empty() }
        }
    };
    search.query = query;
    search.source = source.map(|row| row.title.unwrap_or(row.slug));
    search.is_without_copies = filter.without_duplicates;
    search.texts = texts;
    if texts.are_reserved_in {
        search.hits.truncate(SHOWN_MAX as usize);
    }
    Ok(search)
}

impl Search {
    fn empty() -> Search {
        Search {
            query: None,
            source: None,
            is_without_copies: false,
            hits: Vec::new(),
            counted: Vec::new(),
            order: None,
            texts: Texts::ALL,
        }
    }

    /// The hits that a feed has, with their texts.
    fn articles(&self, reader: &Reader) -> Result<Vec<ArticleDetails>, Miss> {
        let mut articles = Vec::new();
        for hit in &self.hits {
            if articles.len() == SHOWN_MAX as usize {
                break;
            }
            let article = reader.article(hit.row.id)?;
            articles.extend(article.filter(|article| self.texts.has(article)));
        }
        Ok(articles)
    }

    /// How many of the hits have each value of something, most first.
    fn facet<'a>(&'a self, value: impl Fn(&'a CountedHit) -> Option<&'a str>) -> Vec<(&'a str, u64)> {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for value in self.counted.iter().filter_map(value) {
            *counts.entry(value).or_default() += 1;
        }
        let mut counts: Vec<(&str, u64)> = counts.into_iter().collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        counts.truncate(FACETS_MAX);
        counts
    }

    fn facets(&self, asked: &Asked) -> Markup {
        let sources = self.facet(|hit| hit.source.as_deref());
        let languages = self.facet(|hit| hit.language.as_deref());
        html! {
            (facet(asked, "Source", "source", &sources))
            (facet(asked, "Language", "lang", &languages))
            (self.days())
        }
    }

    /// How many there are of each day.
    fn days(&self) -> Markup {
        let mut days = self.facet(|hit| hit.date.as_deref());
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
        let n = self.counted.len() as u64;
        match (self.order, self.query.is_some()) {
            (Some(Order::BestOfNewest(n_ranked)), _) => {
                format!("the best of the {n_ranked} that came in last; a source or a day leaves fewer")
            }
            (Some(Order::Newest), _) => "the newest with a word that begins so; more letters leave fewer".to_owned(),
            (Some(Order::NewestOfAll(n_found)), _) => format!("{}, newest first", counted(n_found as u64, "article")),
            _ if n >= u64::from(COUNTED_MAX) => format!("more than {COUNTED_MAX} articles"),
            (_, true) => format!("{}, best first", counted(n, "article")),
            (_, false) => format!("{}, newest first", counted(n, "article")),
        }
    }

    /// How many there are, where that is known.
    fn n_found(&self) -> Option<usize> {
        match self.order {
            Some(Order::BestOfAll(n_found) | Order::NewestOfAll(n_found)) => Some(n_found),
            Some(Order::BestOfNewest(_) | Order::Newest) => None,
            None => Some(self.counted.len()).filter(|n| *n < COUNTED_MAX as usize),
        }
    }

    /// How many of those that were found are shown, if not all.
    fn told_of_rest(&self) -> Option<String> {
        let n_counted = self.counted.len();
        (n_counted > self.hits.len()).then(|| {
            let bound = if n_counted >= COUNTED_MAX as usize { "the first " } else { "all " };
            format!("{} are shown, and {bound}{n_counted} counted by source, language and day", self.hits.len())
        })
    }
}

impl View for Search {
    fn title(&self) -> String {
        match (&self.query, &self.source) {
            (Some(query), _) => query.clone(),
            (None, Some(source)) => format!("Articles of {source}"),
            (None, None) if self.is_without_copies => "Articles without copies".to_owned(),
            (None, None) => "Articles".to_owned(),
        }
    }

    fn main(&self, asked: &Asked, now: Timestamp) -> Markup {
        html! {
            p.about {
                (self.told())
                @if let Some(rest) = self.told_of_rest() { " · " (rest) }
                @for name in ["source", "lang", "since", "until", "story"] {
                    @if let Some(value) = asked.text(name) {
                        " · " (name) " " b { (value) } " "
                        a href=(asked.address(Form::Html, Some((name, None)))) aria-label={ "without " (name) " " (value) } { "×" }
                    }
                }
            }
            @if let Some(taken) = self.query.as_deref().and_then(operators_taken_for_words) { p.trouble { (taken) } }
            div.beside {
                div {
                    @if self.hits.is_empty() { p.none { "Nothing found." } }
                    @if self.query.is_some() {
                        ol.hits { @for hit in &self.hits { (hit_item(hit, now)) } }
                    } @else {
                        ol.items { @for hit in &self.hits { (article_item(&hit.row, now)) } }
                    }
                }
                aside { (self.facets(asked)) }
            }
        }
    }

    fn json(&self) -> Value {
        let hits = self.hits.iter().map(|hit| {
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
            "n_found": self.n_found(),
            "note": self.query.as_deref().and_then(operators_taken_for_words),
            "sources": counts(self.facet(|hit| hit.source.as_deref())),
            "languages": counts(self.facet(|hit| hit.language.as_deref())),
            "days": counts(self.facet(|hit| hit.date.as_deref())),
        })
    }

    fn is_feed(&self) -> bool {
        true
    }

    fn state(&self, reader: &Reader) -> Result<Option<String>, Miss> {
        let ids: Vec<i64> = self.hits.iter().map(|hit| hit.row.id).collect();
        Ok(Some(format!("{ids:?} {:?}", reader.last_changes_of(&ids)?)))
    }

    fn feed(&self, reader: &Reader) -> Result<Option<Feed>, Miss> {
        let articles = self.articles(reader)?;
        let entries = articles.iter().map(|article| feed_entry(article, self.texts.n_paragraphs));
        let title = match (&self.query, &self.source) {
            (None, Some(source)) => source.clone(),
            _ => self.title(),
        };
        Ok(Some(Feed { title, entries: entries.collect() }))
    }
}

/// An article as an entry of a feed, with so much of its text.
fn feed_entry(article: &ArticleDetails, n_paragraphs: usize) -> FeedEntry {
    FeedEntry {
        name: format!("articles/{}", article.row.id),
        number: Some(Numbered::Article(article.row.id)),
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

fn counted_hit(row: &ArticleRow) -> CountedHit {
    CountedHit {
        id: row.id,
        published_at: row.published_at.clone(),
        date: row.date.clone(),
        source: row.source.clone(),
        language: row.language.clone(),
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
                @if let Some(source) = source_of(row) { " · " (source) }
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
