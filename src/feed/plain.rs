//! A clean RSS feed, put together from what the check passes over.
//!
//! Most feeds are RSS 2.0 and hold nothing but texts: a title, an address, a date, a summary. The check sees all of them on its
//! way, and feed-rs would take four times as long to see them again. So they are kept as they go by, with the meaning that
//! feed-rs gives them. Whatever takes more than that is left to feed-rs: an item without a link, an author with a mail
//! address, a reference that is not one of XML's own. What is put together here reads to the letter as feed-rs would read it;
//! a test holds the two side by side.

use std::borrow::Cow;

use super::markup::Tag;
use super::vocabulary::{Dialect, Family, Name};

/// A feed as it was kept.
#[derive(Debug, Default)]
pub(super) struct PlainFeed<'t> {
    pub(super) title: Option<Cow<'t, str>>,
    pub(super) links: Vec<PlainLink<'t>>,
    pub(super) language: Option<Cow<'t, str>>,
    /// The dates of the channel itself: they show how those of the items are meant.
    pub(super) dates: Vec<Cow<'t, str>>,
    pub(super) items: Vec<PlainItem<'t>>,
}

/// A link of the channel.
#[derive(Debug)]
pub(super) struct PlainLink<'t> {
    pub(super) href: Cow<'t, str>,
    pub(super) rel: Option<Cow<'t, str>>,
    pub(super) media_type: Option<Cow<'t, str>>,
}

/// An item, its texts as they stand in the document with their references decoded.
#[derive(Debug, Default)]
pub(super) struct PlainItem<'t> {
    pub(super) title: Option<Cow<'t, str>>,
    /// The first.
    pub(super) link: Option<Cow<'t, str>>,
    pub(super) guid: Option<Cow<'t, str>>,
    pub(super) published: Option<Cow<'t, str>>,
    pub(super) updated: Option<Cow<'t, str>>,
    pub(super) authors: Vec<Cow<'t, str>>,
    pub(super) summary: Option<Cow<'t, str>>,
    pub(super) content: Option<Cow<'t, str>>,
}

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Title,
    Link,
    Language,
    Date,
    ItemTitle,
    ItemLink,
    Guid,
    Published,
    Updated,
    Author,
    Summary,
    Content,
}

/// Keeps the texts of a feed as they go by.
#[derive(Debug)]
pub(super) struct Keeper<'t> {
    feed: PlainFeed<'t>,
    item: PlainItem<'t>,
    /// The element that is open, and its text so far.
    open: Option<(Field, Option<Cow<'t, str>>)>,
    /// Whether all that has gone by could be kept.
    is_whole: bool,
}

impl<'t> Keeper<'t> {
    /// Begins with the root of a document.
    pub(super) fn new(dialect: Dialect, root: &Tag<'t>) -> Keeper<'t> {
        let is_whole = dialect == Dialect::Rss && root.attribute("version").as_deref() == Some("2.0");
        Keeper { feed: PlainFeed::default(), item: PlainItem::default(), open: None, is_whole }
    }

    /// Keeps no more: another reads the feed.
    pub(super) fn give_up(&mut self) {
        self.is_whole = false;
    }

    /// The feed, if all of it could be kept.
    pub(super) fn finish(self) -> Option<PlainFeed<'t>> {
        self.is_whole.then_some(self.feed)
    }

    /// A start tag of the document goes by.
    pub(super) fn tag(&mut self, tag: &Tag<'t>) {
        // What is within a text ends it for feed-rs, a base changes what its addresses mean, and a prefix may stand for something else
        // from here on.
        let changes_meaning = || tag.attribute("xml:base").is_some() || tag.attributes.contains("xmlns");
        if self.open.is_some() || (tag.mentions_xml() && changes_meaning()) {
            self.is_whole = false;
        }
    }

    /// A child of the channel begins that is no item.
    pub(super) fn begin_in_channel(&mut self, tag: &Tag<'t>, name: &Name<'t>) {
        if !self.is_whole {
            return;
        }
        // Under a prefix that is not declared, feed-rs takes any element for one of RSS.
        self.is_whole = name.is_exact;
        match (name.family, name.local) {
            (Family::Native | Family::Rss, "title") => self.begin(Field::Title),
            (Family::Native | Family::Rss, "link") => self.begin(Field::Link),
            (Family::Native | Family::Rss, "language") => self.begin(Field::Language),
            (Family::Native | Family::Rss, "pubDate" | "lastBuildDate" | "updated") => self.begin(Field::Date),
            (Family::Atom, "link") => self.link_of_channel(tag),
            _ => {}
        }
    }

    fn link_of_channel(&mut self, tag: &Tag<'t>) {
        // feed-rs decodes fewer references in attributes, and takes names of attributes by their case.
        self.is_whole = self.is_whole && !tag.attributes.contains('&');
        let value =
            |name: &str| tag.attributes().find(|(found, _)| *found == name).map(|(_, value)| Cow::Borrowed(value));
        if let Some(href) = value("href") {
            let rel = value("rel").unwrap_or(Cow::Borrowed("alternate"));
            self.feed.links.push(PlainLink { href, rel: Some(rel), media_type: value("type") });
        }
    }

    /// A child of an item begins.
    pub(super) fn begin_in_item(&mut self, name: &Name<'t>) {
        if !self.is_whole {
            return;
        }
        self.is_whole = name.is_exact;
        match (name.family, name.local) {
            (Family::Native | Family::Rss, "title") => self.begin(Field::ItemTitle),
            (Family::Native | Family::Rss, "link") => self.begin(Field::ItemLink),
            (Family::Native | Family::Rss, "guid") => self.begin(Field::Guid),
            (Family::Native | Family::Rss, "pubDate") | (Family::Dublin, "date") => self.begin(Field::Published),
            (Family::Native | Family::Rss | Family::Atom, "updated") => self.begin(Field::Updated),
            (Family::Native | Family::Rss, "author") | (Family::Dublin, "creator") => self.begin(Field::Author),
            (Family::Native | Family::Rss, "description") => self.begin(Field::Summary),
            (Family::Content, "encoded") => self.begin(Field::Content),
            _ => {}
        }
    }

    fn begin(&mut self, field: Field) {
        self.open = Some((field, None));
    }

    /// A piece of text goes by.
    pub(super) fn text(&mut self, piece: &'t str) {
        if self.open.is_some() {
            match decoded(piece) {
                Some(piece) => self.push(piece),
                None => self.is_whole = false,
            }
        }
    }

    /// The inside of a section goes by.
    pub(super) fn section(&mut self, piece: &'t str) {
        self.push(Cow::Borrowed(piece));
    }

    fn push(&mut self, piece: Cow<'t, str>) {
        let Some((_, text)) = self.open.as_mut().filter(|_| !piece.is_empty()) else { return };
        match text {
            Some(text) => text.to_mut().push_str(&piece),
            None => *text = Some(piece),
        }
    }

    /// The element that was open ends. Of those that say the same, the last counts, as in feed-rs.
    pub(super) fn end(&mut self) {
        let Some((field, text)) = self.open.take().filter(|_| self.is_whole) else { return };
        let PlainItem { title, link, guid, published, updated, authors, summary, content } = &mut self.item;
        match field {
            Field::Title => self.feed.title = text,
            Field::Link => {
                self.feed.links.extend(text.map(|href| PlainLink { href, rel: None, media_type: None }));
            }
            Field::Language => self.feed.language = text,
            Field::Date => self.feed.dates.extend(text),
            Field::ItemTitle => *title = text,
            Field::ItemLink => *link = link.take().or(text),
            Field::Guid => *guid = text.or(guid.take()),
            Field::Published => *published = text,
            Field::Updated => *updated = text,
            Field::Author => {
                // What is the name beside an address takes some finding out.
                self.is_whole = text.as_ref().is_none_or(|text| !text.contains('@'));
                authors.extend(text);
            }
            Field::Summary => *summary = text,
            Field::Content => *content = text,
        }
    }

    /// An item ends. One without a link may have a recording, or its identity for one.
    pub(super) fn end_item(&mut self) {
        self.is_whole = self.is_whole && self.item.link.is_some();
        if self.is_whole {
            self.feed.items.push(std::mem::take(&mut self.item));
        }
    }
}

/// A text with its references decoded, as far as they are XML's own: five names, and the numbers of characters that XML
/// allows and that mean what they say. Nothing for a text with others.
fn decoded(text: &str) -> Option<Cow<'_, str>> {
    let Some(first) = memchr::memchr(b'&', text.as_bytes()) else { return Some(Cow::Borrowed(text)) };
    let mut decoded = String::with_capacity(text.len());
    decoded.push_str(&text[..first]);
    for piece in text[first + 1..].split('&') {
        let (name, behind) = piece.split_once(';')?;
        let c = match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => character(name.strip_prefix('#')?)?,
        };
        decoded.push(c);
        decoded.push_str(behind);
    }
    Some(Cow::Owned(decoded))
}

fn character(number: &str) -> Option<char> {
    let is_number =
        |digits: &str, is_digit: fn(&u8) -> bool| !digits.is_empty() && digits.bytes().all(|byte| is_digit(&byte));
    let code = match number.strip_prefix('x') {
        Some(hex) => u32::from_str_radix(hex, 16).ok().filter(|_| is_number(hex, u8::is_ascii_hexdigit)),
        None => number.parse().ok().filter(|_| is_number(number, u8::is_ascii_digit)),
    };
    char::from_u32(code?).filter(|c| *c != '\0')
}
