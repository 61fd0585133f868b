//! Articles as items, and streams of them.

use std::collections::HashMap;

use jiff::Timestamp;
use maud::html;
use serde_json::{Value, json};

use super::item_ids::ItemIds;
use super::lists;
use super::question::Question;
use super::streams::{self, Stream, feed, label, state};
use crate::serve::miss::Miss;
use crate::serve::site::web_address;
use crate::store::{ArticleDetails, Reader, ReadingMarks, Subscription};

/// Numbers in an answer: one of them asks for so many, and for no more.
const NUMBERS_MAX: u32 = 10_000;

/// Articles in an answer, and those that may be asked for by their numbers at one time.
const ITEMS_MAX: u32 = 250;
const NAMED_MAX: usize = 1000;

/// Bytes of texts in an answer, and of one text.
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
    source_id: i64,
}

/// The numbers of a stream's articles.
pub(super) fn numbers(reader: &Reader, question: &Question) -> Result<Value, Miss> {
    let stream = question.one("s")?.map_or(Ok(Stream::All), Stream::read)?;
    let subscriptions = reader.subscriptions()?;
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

/// Articles by their numbers. What is not there is left out.
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
    if question.one("r")? != Some("o") {
        ids.reverse();
    }
    let subscriptions = reader.subscriptions()?;
    let mut told = Told { bytes_left: ANSWER_BYTES_MAX, base: &question.base, item_ids };
    let items = told.items(reader, &ids)?;
    Ok(answer(&state("reading-list"), &items, &subscriptions))
}

/// The articles of a stream.
pub(super) fn contents(reader: &Reader, name: &str, question: &Question) -> Result<Value, Miss> {
    let subscriptions = reader.subscriptions()?;
    let (items, last) = items_of(reader, &subscriptions, name, question)?;
    let name = if name.is_empty() { state("reading-list") } else { name.to_owned() };
    Ok(continued(answer(&name, &items, &subscriptions), last))
}

/// The articles of a stream, and behind which of them it goes on.
pub(super) fn items_of(
    reader: &Reader,
    subscriptions: &[Subscription],
    name: &str,
    question: &Question,
) -> Result<(Vec<Item>, Option<i64>), Miss> {
    let name = if name.is_empty() { question.one("s")?.unwrap_or_default() } else { name };
    let stream = if name.is_empty() { Stream::All } else { Stream::read(name)? };
    let filter = streams::filter(reader, subscriptions, &stream, question, ITEMS_MAX)?;
    let (ids, mut last) = streams::page(reader, &filter)?;
    let mut told = Told { bytes_left: ANSWER_BYTES_MAX, base: &question.base, item_ids: ItemIds::of(reader)? };
    let mut items = Vec::new();
    // So many that their texts have room.
    for (position, id) in ids.iter().enumerate() {
        items.extend(told.items(reader, &[*id])?);
        if told.bytes_left < TEXT_BYTES_MAX && position + 1 < ids.len() {
            last = Some(*id);
            break;
        }
    }
    Ok((items, last))
}

fn continued(mut answer: Value, last: Option<i64>) -> Value {
    if let Some(last) = last {
        answer["continuation"] = json!(last.to_string());
    }
    answer
}

fn answer(name: &str, items: &[Item], subscriptions: &[Subscription]) -> Value {
    let by_id: HashMap<i64, &Subscription> =
        subscriptions.iter().map(|subscription| (subscription.source_id, subscription)).collect();
    let items: Vec<Value> = items.iter().map(|item| item.value(by_id.get(&item.source_id).copied())).collect();
    json!({ "direction": "ltr", "id": name, "updated": Timestamp::now().as_second(), "items": items })
}

/// What is told in one answer.
struct Told<'a> {
    bytes_left: usize,
    base: &'a str,
    item_ids: ItemIds,
}

impl Told<'_> {
    /// Articles in this order; those that no source brought are left out, since nobody can subscribe to them.
    fn items(&mut self, reader: &Reader, ids: &[i64]) -> Result<Vec<Item>, Miss> {
        let marks: HashMap<i64, ReadingMarks> =
            reader.reading_marks(ids)?.into_iter().map(|marks| (marks.id, marks)).collect();
        let mut items = Vec::with_capacity(ids.len());
        for id in ids {
            let Some(marks) = marks.get(id) else { continue };
            let (Some(source_id), Some(item_id)) = (marks.source_id, self.item_ids.long(*id)) else { continue };
            let Some(article) = reader.article(*id)? else { continue };
            let arrived_at = reader.arrived_at(*id)?;
            items.push(self.item(item_id, source_id, arrived_at, marks, article));
        }
        Ok(items)
    }

    fn item(
        &mut self,
        id: String,
        source_id: i64,
        arrived_at: i64,
        marks: &ReadingMarks,
        article: ArticleDetails,
    ) -> Item {
        let row = article.row;
        let at = |text: &str| text.parse::<Timestamp>().ok();
        let published_at = row.published_at.as_deref().and_then(at).or_else(|| at(&article.first_seen_at));
        let link = row.url.as_deref().and_then(web_address);
        let link = link.unwrap_or_else(|| format!("{}/articles/{}", self.base, row.id));
        let content = self.content(&article.body, row.language.as_deref(), &link);
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
            source_id,
        }
    }

    /// A text as HTML, as far as there is room for it.
    fn content(&mut self, body: &str, language: Option<&str>, link: &str) -> String {
        let bytes_max = self.bytes_left.min(TEXT_BYTES_MAX);
        let mut n_bytes = 0;
        let paragraphs = body.lines().take_while(|paragraph| {
            n_bytes += paragraph.len();
            n_bytes <= bytes_max
        });
        let paragraphs: Vec<&str> = paragraphs.collect();
        let is_cut = n_bytes > bytes_max;
        let content = html! {
            div lang=[language] dir="auto" { @for paragraph in paragraphs { p { (paragraph) } } }
            @if is_cut { p { "The rest of this text is too long for this: " a href=(link) { (link) } } }
        };
        self.bytes_left = self.bytes_left.saturating_sub(n_bytes.min(bytes_max));
        content.into_string()
    }
}

impl Item {
    fn value(&self, subscription: Option<&Subscription>) -> Value {
        let states = [Some("reading-list"), (!self.is_unread).then_some("read"), self.is_starred.then_some("starred")];
        let labels = subscription.iter().flat_map(|subscription| &subscription.tags).map(|tag| label(tag));
        let categories: Vec<String> = states.into_iter().flatten().map(state).chain(labels).collect();
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
                "streamId": feed(self.source_id),
                "title": subscription.map_or("", lists::title),
                "htmlUrl": subscription.map(lists::page).unwrap_or_default(),
            },
        });
        if !self.authors.is_empty() {
            value["author"] = json!(self.authors.join(", "));
        }
        value
    }
}
