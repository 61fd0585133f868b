//! `search`, `article` and `diff`: articles, and how they read before.

use serde_json::{Value, json};

use super::counts::{self, COUNTED_MAX};
use super::marks;
use crate::forms;
use crate::forms::revisions::{History, RevisionRange};
use crate::mcp::answer::{Answer, Rest};
use crate::mcp::arguments::{Arguments, Kind, Parameter, Refusal};
use crate::mcp::definition::{Basis, Definition};
use crate::store::{
    ArticleDetails, ArticleFilter, Count, MATCH_MARKS, Order, RANKED_MAX, Reader, SearchHit, SourceRow, expression_of,
    operators_taken_for_words,
};

/// Rows that are told where nobody says otherwise, and the most of them; and how far one may go down a list. What is behind that is found by
/// another question.
const LIMIT: i64 = 20;
const LIMIT_MAX: i64 = 200;
const OFFSET_MAX: i64 = 5_000;

/// Paragraphs in an answer where nobody says otherwise.
const PARAGRAPHS: i64 = 200;

/// Sightings, copies and wordings of one article that are told.
const BELONGINGS_MAX: usize = 40;

/// A parameter that need not be given.
const fn may(name: &'static str, kind: Kind, about: &'static str) -> Parameter {
    Parameter { name, kind, is_required: false, about }
}

pub(super) static SEARCH: Definition = Definition {
    name: "search",
    title: "Search articles",
    about: "Finds articles by words in titles and texts, best first; without a query the newest, newest first. Gives rows with id, source, \
            times, language, body kind, quality and reservations, below `untrusted` title, address and the passage that matched, and how many there \
            are in all (`n_found`). `article` gives the text of one.",
    parameters: &[
        may(
            "query",
            Kind::Text,
            "Words as people type them; all must occur. \"Words in quotes\" are a phrase, harbo* is any word that begins so. Without it: the newest articles.",
        ),
        may("source", Kind::Text, "Only articles seen in this source: its slug, as `sources` lists it."),
        may("language", Kind::Text, "Only articles in this language: its code of two letters, such as en or fr."),
        may(
            "since",
            Kind::Time,
            "Only articles published then or later: 2026-11-20, 2026-11-20T10:00:00Z, or an age such as 12h, 7d.",
        ),
        may("until", Kind::Time, "Only articles published before: in the same forms."),
        may(
            "story",
            Kind::Whole { least: 1, most: i64::MAX, default: None },
            "Only articles of the story with this id.",
        ),
        may("without_copies", Kind::Flag, "Whether copies of earlier articles are left out."),
        may(
            "offset",
            Kind::Whole { least: 0, most: OFFSET_MAX, default: Some(0) },
            "How many rows are passed over: to go on where an answer ended.",
        ),
        may("limit", Kind::Whole { least: 1, most: LIMIT_MAX, default: Some(LIMIT) }, "How many rows at most."),
    ],
    answer: search,
};

fn search(reader: &Reader, arguments: &Arguments, basis: &Basis) -> Result<Answer, Refusal> {
    let filter = ArticleFilter {
        source_id: arguments.text("source").map(|slug| source(reader, "source", slug)).transpose()?.map(|row| row.id),
        since: arguments.time("since"),
        until: arguments.time("until"),
        story_id: arguments.number("story"),
        language: arguments
            .text("language")
            .map(|code| forms::words::language(code).map_err(|rule| Refusal::wrong("language", rule)))
            .transpose()?,
        without_duplicates: arguments.flag("without_copies"),
        ..ArticleFilter::default()
    };
    if let Some(story) = filter.story_id {
        reader.story(story)?.ok_or_else(|| no_story(story))?;
    }
    let (offset, limit) = (arguments.count("offset"), arguments.count("limit"));
    let mut n_sought = offset + limit + 1;
    let mut notes = Vec::new();
    let (hits, count, order) = match arguments.text("query") {
        Some(query) => {
            let expression = expression_of(query);
            if expression.is_empty() {
                return Err(Refusal::wrong("query", "must have a word in it: letters or digits"));
            }
            notes.extend(operators_taken_for_words(query));
            // With more, others would be ranked: each page is of the same.
            n_sought = n_sought.min(RANKED_MAX);
            let found = reader.search(&expression, &filter, n_sought)?;
            let (n_found, order) = match found.order {
                Order::BestOfAll(n_found) => (Some(n_found), "best-first"),
                Order::BestOfNewest(_) => (None, "best-of-the-newest"),
                Order::NewestOfAll(n_found) => (Some(n_found), "newest-first"),
                Order::Newest => (None, "newest-first"),
            };
            let count = n_found.map(|n_found| Count { n: n_found as u64, is_all: true });
            if count.is_none() {
                notes.push(format!(
                    "more than {RANKED_MAX} articles may match, of which these are {}; the others are not told: other words, a source or a time \
                     leave fewer",
                    if order == "newest-first" { "the newest" } else { "the best of those that came in last" }
                ));
            }
            (found.hits, count, order)
        }
        None => {
            let rows = reader.articles(&filter, n_sought)?;
            let hits = rows.into_iter().map(|row| SearchHit { row, snippet: String::new() }).collect();
            (hits, Some(reader.n_articles_up_to(&filter, COUNTED_MAX)?), "newest-first")
        }
    };
    let is_more = hits.len() > (offset + limit) as usize;
    let shown = hits.iter().skip(offset as usize).take(limit as usize);
    let mut rows: Vec<Value> = shown.map(hit).collect();
    marks::add(reader, &mut rows)?;
    let answer = counts::add(Answer::of(json!({}), basis.now), count, "articles", notes);
    answer.with_ours("order", json!(order)).with_rows("articles", rows, &Rest::offset(offset, is_more))
}

fn hit(hit: &SearchHit) -> Value {
    let mut value = forms::articles::row(&hit.row);
    if !hit.snippet.is_empty() {
        value["snippet"] = json!(hit.snippet.replace([MATCH_MARKS.0, MATCH_MARKS.1], ""));
    }
    value
}

pub(super) static ARTICLE: Definition = Definition {
    name: "article",
    title: "Read one article",
    about: "One article with its text: source, times, body kind, quality and reservations; whose text it is (`copy_of`, with shares) and who copied \
            it (`copies`); its story, its sightings and its wordings. Title, paragraphs, authors and so on stand below `untrusted`. A long text \
            comes in parts.",
    parameters: &[
        Parameter {
            name: "article",
            kind: Kind::Name,
            is_required: true,
            about: "Its id, or an address that leads to it.",
        },
        may(
            "offset",
            Kind::Whole { least: 0, most: i64::MAX, default: Some(0) },
            "How many paragraphs are passed over.",
        ),
        may(
            "limit",
            Kind::Whole { least: 0, most: 2_000, default: Some(PARAGRAPHS) },
            "How many paragraphs at most; 0 for none.",
        ),
    ],
    answer: article,
};

fn article(reader: &Reader, arguments: &Arguments, basis: &Basis) -> Result<Answer, Refusal> {
    let article = find(reader, arguments)?;
    let id = article.row.id;
    let mut value = forms::articles::details(&article, &[]);
    let lineage = forms::lineage::value(&reader.lineage(id)?, article.row.duplicate_kind.as_deref());
    let story = reader.story_of(id)?.map(|story| reader.story(story)).transpose()?.flatten();
    let mut n_all = 0;
    let mut first_of = |mut rows: Vec<Value>| {
        n_all = rows.len();
        rows.truncate(BELONGINGS_MAX);
        (rows, n_all)
    };
    let sightings = reader.sightings(id)?;
    let (sightings, n_sightings) = first_of(
        sightings
            .iter()
            .map(|row| json!({ "source": row.source, "first_seen_at": row.first_seen_at, "last_seen_at": row.last_seen_at }))
            .collect(),
    );
    let (mut copies, n_copies) = first_of(lineage["copies"].as_array().cloned().unwrap_or_default());
    marks::add(reader, &mut copies)?;
    let mut origins = [lineage["copy_of"].clone(), lineage["first"].clone()];
    marks::add(reader, &mut origins)?;
    let [copy_of, first] = origins;
    let revisions = reader.revisions(id)?;
    let (revisions, _) =
        first_of(revisions.iter().map(|row| json!({ "revision": row.revision, "seen_at": row.seen_at })).collect());
    let paragraphs: Vec<Value> = article.body.lines().map(|paragraph| json!(paragraph)).collect();
    if let Value::Object(fields) = &mut value {
        fields.remove("paragraphs");
        fields.remove("sources");
        fields.insert("is_reserved".to_owned(), json!(!article.reservations.is_empty()));
        fields.insert("n_paragraphs".to_owned(), json!(paragraphs.len()));
        fields.insert("copy_of".to_owned(), copy_of);
        fields.insert("first".to_owned(), first);
        fields.insert("spans".to_owned(), lineage["paragraphs"].clone());
        fields.insert("n_copies".to_owned(), json!(n_copies));
        fields.insert("copies".to_owned(), copies.into());
        fields.insert("story".to_owned(), json!(story.as_ref().map(forms::stories::row)));
        fields.insert("n_sightings".to_owned(), json!(n_sightings));
        fields.insert("sightings".to_owned(), sightings.into());
        fields.insert("earlier_revisions".to_owned(), revisions.into());
    }
    let offset = arguments.number("offset").and_then(|offset| usize::try_from(offset).ok()).unwrap_or_default();
    let limit = arguments.count("limit") as usize;
    let is_more = paragraphs.len() > offset.saturating_add(limit);
    let told = paragraphs.into_iter().skip(offset).take(limit).collect();
    let rest = Rest { is_more, next: Box::new(move |n_told| Ok(json!({ "offset": offset + n_told }))) };
    Answer::of(value, basis.now).with_ours("first_paragraph", json!(offset + 1)).with_texts("paragraphs", told, &rest)
}

/// The article that is named by its id or an address.
fn find(reader: &Reader, arguments: &Arguments) -> Result<ArticleDetails, Refusal> {
    let word = arguments.required_text("article")?;
    let id = match word.parse::<i64>() {
        Ok(id) => id,
        Err(_) => {
            let must = "must be the id of an article or an address that leads to one, such as https://example.org/2026/11/a-story/";
            let url = forms::addresses::canonical(word).map_err(|_| Refusal::wrong("article", must))?;
            reader.article_at(&url.key())?.ok_or_else(|| {
                Refusal::NotFound("article: there is none at this address; `why` says what became of it".to_owned())
            })?
        }
    };
    match reader.article(id)? {
        Some(article) => Ok(article),
        None => Err(Refusal::NotFound(format!(
            "article: there is no article {id}; the last one is {}",
            reader.last_article()?
        ))),
    }
}

pub(super) static DIFF: Definition = Definition {
    name: "diff",
    title: "Compare wordings of an article",
    about: "What changed in an article between two of its wordings (revisions), paragraph by paragraph and word by word: `kept`, `removed`, `added`, \
            or `changed` with parts. The texts stand below `untrusted`. Wordings are numbered from 1; `article` tells how many there are.",
    parameters: &[
        Parameter {
            name: "article",
            kind: Kind::Name,
            is_required: true,
            about: "Its id, or an address that leads to it.",
        },
        may("from", Kind::Whole { least: 1, most: 1_000_000, default: Some(1) }, "The number of the earlier wording."),
        may(
            "to",
            Kind::Whole { least: 1, most: 1_000_000, default: None },
            "The number of the later wording; without it the present one.",
        ),
        may("with_kept", Kind::Flag, "Whether paragraphs that did not change are told too."),
        may(
            "offset",
            Kind::Whole { least: 0, most: i64::MAX, default: Some(0) },
            "How many paragraphs of the comparison are passed over.",
        ),
    ],
    answer: diff,
};

fn diff(reader: &Reader, arguments: &Arguments, basis: &Basis) -> Result<Answer, Refusal> {
    let article = find(reader, arguments)?;
    let revisions = reader.revisions(article.row.id)?;
    let to = arguments.number("to").and_then(|to| u32::try_from(to).ok());
    let history = History::new(&article, &revisions);
    let range = RevisionRange { from: arguments.count("from"), to };
    // It names numbers alone.
    let comparison = history.compare(range).map_err(|rule| Refusal::wrong("from and to", rule))?;
    let mut value = comparison.value(article.row.id);
    let change = value["change"].take();
    let mut steps = Vec::new();
    if let Value::Array(paragraphs) = value["paragraphs"].take() {
        for (n, mut step) in (1..).zip(paragraphs) {
            if arguments.flag("with_kept") || step["change"] != "kept" {
                step["paragraph"] = json!(n);
                steps.push(step);
            }
        }
    }
    if let Value::Object(fields) = &mut value {
        fields.remove("paragraphs");
        fields.remove("change");
        fields.insert("source".to_owned(), json!(article.row.source));
        fields.insert("body_kind".to_owned(), json!(article.row.body_kind));
        fields.insert("quality".to_owned(), json!(article.row.quality));
        fields.insert("is_reserved".to_owned(), json!(!article.reservations.is_empty()));
    }
    let offset = arguments.number("offset").and_then(|offset| usize::try_from(offset).ok()).unwrap_or_default();
    let steps: Vec<Value> = steps.into_iter().skip(offset).collect();
    let rest = Rest { is_more: false, next: Box::new(move |n_told| Ok(json!({ "offset": offset + n_told }))) };
    // The extent is said in words of this program: numbers of paragraphs.
    Answer::of(value, basis.now).with_ours("change", change).with_texts("paragraphs", steps, &rest)
}

/// The source with a slug.
pub(super) fn source(reader: &Reader, argument: &str, slug: &str) -> Result<SourceRow, Refusal> {
    let must = "must be the slug of a source; `sources` lists them";
    reader.source_with_slug(slug.trim())?.ok_or_else(|| Refusal::wrong(argument, must))
}

/// There is no such story.
pub(super) fn no_story(id: i64) -> Refusal {
    Refusal::NotFound(format!("story: there is no story {id}; `stories` lists them"))
}
