//! Articles as items, and streams of them.

use std::collections::HashMap;

use jiff::Timestamp;
use maud::html;
use serde_json::{Value, json};

use super::item_ids::ItemIds;
use super::lists;
use super::question::Question;
use super::streams::{self, Stream, Subscriptions, WATCHED, feed, label, state, watch_feed};
use crate::serve::miss::Miss;
use crate::serve::site::web_address;
use crate::store::{ArticleDetails, Reader, ReadingMarks, Standing};

/// Numbers in an answer: one of them asks for so many, and for no more.
const NUMBERS_MAX: u32 = 10_000;

/// Articles in an answer, and those that may be asked for by their numbers at one time.
const ITEMS_MAX: u32 = 250;
const NAMED_MAX: usize = 1000;

/// Bytes of texts in an answer, and of one text. Who asks for more gets the first items of what was asked for, and asks for the others again.
const ANSWER_BYTES_MAX: usize = 8 << 20;
const TEXT_BYTES_MAX: usize = 1 << 20;

/// An article, ready to be told.
#[derive(Debug)]
pub(super) struct Item {
    /// Its number in the long form.
    pub(super) id: String,
    pub(super) title: String,
    /// Where the publisher has it, or else its page here.
    pub(super) link: String,
    pub(super) authors: Vec<String>,
    pub(super) published_at: Timestamp,
    pub(super) updated_at: String,
    /// HTML.
    pub(super) content: String,
    pub(super) is_unread: bool,
    pub(super) is_starred: bool,
    /// Microseconds since 1970.
    arrived_at: i64,
    labels: Vec<String>,
    origin: Origin,
}

/// The subscription that an item is told to be of.
#[derive(Debug)]
struct Origin {
    stream: String,
    title: String,
    page: String,
}

/// The numbers of a stream's articles.
pub(super) fn numbers(reader: &Reader, question: &Question) -> Result<Value, Miss> {
    let stream = question.one("s")?.map_or(Ok(Stream::All), Stream::read)?;
    let subscriptions = Subscriptions::of(reader)?;
    let filter = streams::filter(reader, &subscriptions, &stream, question, NUMBERS_MAX)?;
    let (ids, last) = streams::page(reader, &filter)?;
    let item_ids = ItemIds::of(reader)?;
    let mut refs = Vec::with_capacity(ids.len());
    for id in ids {
        let Some(number) = item_ids.number(id) else { continue };
        let arrived_at = reader.arrived_at(id)?.to_string();
        refs.push(json!({ "id": number.to_string(), "directStreamIds": [], "timestampUsec": arrived_at }));
    }
    Ok(continued(json!({ "itemRefs": refs }), last))
}

/// Articles by their numbers. What is not there is left out, and so is whatever has no room: `NetNewsWire` and `ReadYou` ask again for what
/// they lack.
pub(super) fn named(reader: &Reader, question: &Question) -> Result<Value, Miss> {
    let item_ids = ItemIds::of(reader)?;
    let named: Result<Vec<Option<i64>>, Miss> = question.all("i").map(|text| item_ids.article(text)).collect();
    let named = named?;
    if named.len() > NAMED_MAX {
        return Err(Miss::Wrong(format!("ask for {NAMED_MAX} items at most at one time")));
    }
    let mut ids: Vec<i64> = named.into_iter().flatten().collect();
    ids.sort_unstable();
    ids.dedup();
    if !question.is_oldest_first()? {
        ids.reverse();
    }
    let subscriptions = Subscriptions::of(reader)?;
    let told = Told { base: &question.base, item_ids, subscriptions: &subscriptions, asked: None };
    let (items, _) = told.items(reader, &ids)?;
    Ok(answer(&state("reading-list"), &items))
}

/// The articles of a stream.
pub(super) fn contents(reader: &Reader, name: &str, question: &Question) -> Result<Value, Miss> {
    let subscriptions = Subscriptions::of(reader)?;
    let (items, last) = items_of(reader, &subscriptions, name, question)?;
    let name = if name.is_empty() { state("reading-list") } else { name.to_owned() };
    Ok(continued(answer(&name, &items), last))
}

/// The articles of a stream, and behind which of them it goes on.
pub(super) fn items_of(
    reader: &Reader,
    subscriptions: &Subscriptions,
    name: &str,
    question: &Question,
) -> Result<(Vec<Item>, Option<i64>), Miss> {
    let name = if name.is_empty() { question.one("s")?.unwrap_or_default() } else { name };
    let stream = if name.is_empty() { Stream::All } else { Stream::read(name)? };
    let filter = streams::filter(reader, subscriptions, &stream, question, ITEMS_MAX)?;
    let (ids, last) = streams::page(reader, &filter)?;
    let asked = stream.standing(subscriptions);
    let told = Told { base: &question.base, item_ids: ItemIds::of(reader)?, subscriptions, asked: asked.as_ref() };
    let (items, told_last) = told.items(reader, &ids)?;
    Ok((items, told_last.or(last)))
}

fn continued(mut answer: Value, last: Option<i64>) -> Value {
    if let Some(last) = last {
        answer["continuation"] = json!(last.to_string());
    }
    answer
}

fn answer(name: &str, items: &[Item]) -> Value {
    let items: Vec<Value> = items.iter().map(Item::value).collect();
    json!({ "direction": "ltr", "id": name, "updated": Timestamp::now().as_second(), "items": items })
}

/// What is told in one answer.
struct Told<'a> {
    base: &'a str,
    item_ids: ItemIds,
    subscriptions: &'a Subscriptions,
    /// What was asked for, if that is not all.
    asked: Option<&'a Standing>,
}

impl Told<'_> {
    /// Articles in this order, as far as their texts have room, and the last of them where there is none for those behind it. Those that no
    /// source brought are left out, since nobody can subscribe to them.
    fn items(&self, reader: &Reader, ids: &[i64]) -> Result<(Vec<Item>, Option<i64>), Miss> {
        let marks: HashMap<i64, ReadingMarks> =
            reader.reading_marks(ids)?.into_iter().map(|marks| (marks.id, marks)).collect();
        let mut items = Vec::with_capacity(ids.len());
        let mut n_bytes = 0;
        for (position, id) in ids.iter().enumerate() {
            let Some(marks) = marks.get(id) else { continue };
            let (Some(origin), Some(item_id)) = (self.origin(marks), self.item_ids.long(*id)) else { continue };
            let Some(article) = reader.article(*id)? else { continue };
            n_bytes += article.body.len().min(TEXT_BYTES_MAX);
            if n_bytes > ANSWER_BYTES_MAX {
                return Ok((items, ids[..position].last().copied()));
            }
            items.push(self.item(item_id, origin, reader.arrived_at(*id)?, marks, article));
        }
        Ok((items, None))
    }

    /// The first subscription that an article stands with: of those that were asked for, where it does with one of these.
    fn origin(&self, marks: &ReadingMarks) -> Option<Origin> {
        let Standing { sources, watches } = &marks.stands_with;
        let first = marks.source_id.filter(|first| sources.contains(first));
        let listed = || first.into_iter().chain(sources.iter().copied());
        let is_asked = |id: &i64| self.asked.is_none_or(|asked| asked.sources.contains(id));
        let asked_watch = |id: &i64| self.asked.is_some_and(|asked| asked.watches.contains(id));
        let source = |is_wanted: &dyn Fn(&i64) -> bool| {
            let mut shown = listed().filter(is_wanted).filter_map(|id| self.subscriptions.source(id));
            shown.next().map(|source| Origin {
                stream: feed(source.source_id),
                title: lists::title(source).to_owned(),
                page: lists::page(source),
            })
        };
        let watch = || {
            let mut told = watches.iter().filter(|id| asked_watch(id)).filter_map(|id| self.subscriptions.watch(*id));
            told.next().map(|watch| Origin {
                stream: watch_feed(watch.watch_id),
                title: watch.name.clone(),
                page: String::new(),
            })
        };
        // What is starred is told also where its source is not followed any more.
        let gone = || {
            let id = marks.source_id.or_else(|| sources.first().copied())?;
            Some(Origin { stream: feed(id), title: String::new(), page: String::new() })
        };
        source(&is_asked).or_else(watch).or_else(|| source(&|_| true)).or_else(gone)
    }

    /// The labels of what an article stands with.
    fn labels(&self, standing: &Standing) -> Vec<String> {
        let sources = standing.sources.iter().filter_map(|id| self.subscriptions.source(*id));
        let mut labels: Vec<&str> = sources.flat_map(|source| &source.tags).map(String::as_str).collect();
        labels.extend(standing.watches.iter().find_map(|id| self.subscriptions.watch(*id)).map(|_| WATCHED));
        labels.sort_unstable();
        labels.dedup();
        labels.into_iter().map(label).collect()
    }

    fn item(&self, id: String, origin: Origin, arrived_at: i64, marks: &ReadingMarks, article: ArticleDetails) -> Item {
        let row = article.row;
        let at = |text: &str| text.parse::<Timestamp>().ok();
        let published_at = row.published_at.as_deref().and_then(at).or_else(|| at(&article.first_seen_at));
        let link = row.url.as_deref().and_then(web_address);
        let link = link.unwrap_or_else(|| format!("{}/articles/{}", self.base, row.id));
        let content = content(&article.body, row.language.as_deref(), &link);
        let authors = article.authors.into_iter().map(|name| name.trim().to_owned());
        Item {
            id,
            title: row.title.unwrap_or_default(),
            link,
            authors: authors.filter(|name| !name.is_empty()).collect(),
            published_at: published_at.unwrap_or(Timestamp::UNIX_EPOCH),
            updated_at: article.updated_at,
            content,
            is_unread: marks.is_unread,
            is_starred: marks.is_starred,
            arrived_at,
            labels: self.labels(&marks.stands_with),
            origin,
        }
    }
}

/// A text as HTML. What is too long is cut, and says so.
fn content(body: &str, language: Option<&str>, link: &str) -> String {
    let mut n_bytes = 0;
    let paragraphs = body.lines().take_while(|paragraph| {
        n_bytes += paragraph.len();
        n_bytes <= TEXT_BYTES_MAX
    });
    let paragraphs: Vec<&str> = paragraphs.collect();
    let is_cut = n_bytes > TEXT_BYTES_MAX;
    let content = html! {
        div lang=[language] dir="auto" { @for paragraph in paragraphs { p { (paragraph) } } }
        @if is_cut { p { "The rest of this text is too long for this: " a href=(link) { (link) } } }
    };
    content.into_string()
}

impl Item {
    fn value(&self) -> Value {
        let states = [Some("reading-list"), (!self.is_unread).then_some("read"), self.is_starred.then_some("starred")];
        let states = states.into_iter().flatten().map(state);
        let categories: Vec<String> = states.chain(self.labels.iter().cloned()).collect();
        let mut value = json!({
            "id": self.id,
            "crawlTimeMsec": (self.arrived_at / 1000).to_string(),
            "timestampUsec": self.arrived_at.to_string(),
            "published": self.published_at.as_second(),
            // Readers take it for HTML.
            "title": html! { (self.title) }.into_string(),
            "canonical": [{ "href": self.link }],
            "alternate": [{ "href": self.link, "type": "text/html" }],
            "summary": { "direction": "ltr", "content": self.content },
            "categories": categories,
            "origin": {
                "streamId": self.origin.stream,
                "title": self.origin.title,
                "htmlUrl": self.origin.page,
            },
        });
        if !self.authors.is_empty() {
            value["author"] = json!(self.authors.join(", "));
        }
        value
    }
}
