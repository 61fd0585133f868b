//! A broken or foreign feed, rewritten so that feed-rs reads it.
//!
//! feed-rs stays the one that gives elements their meaning; this gives it a document that it understands. Whatever
//! came in (RSS of any version, RDF, Atom 0.3, CDF; names in upper case, prefixes without declaration, HTML among
//! the text, tags that cross each other, half a document), what goes out is Atom 1.0, the richer of feed-rs's
//! dialects: declared, nested and escaped as it should be, and flat.
//!
//! Structure is taken from the few names that cannot be anything else: an entry lasts until its end tag, the next
//! entry or the end of the feed, and a text until its end tag or the next element that no text holds. An entry within
//! which the document ends is left out, since nobody knows what is missing.

use std::borrow::Cow;

use url::Url;

use super::entities::{self, push_attribute};
use super::entry::Entry;
use super::markup::{CDATA_START, Scanner, Tag, Token, local_name};
use super::text_value::{Kind, Value, ValueBuilder};
use super::vocabulary::{self, Dialect, EntryField, Family, Name, Namespaces};
use super::{address, persons, text};

/// A document in the dialect of feed-rs.
pub(super) struct Repaired {
    /// The document.
    pub(super) document: String,
    /// Its entries.
    pub(super) n_entries: usize,
    /// What could not be saved.
    pub(super) problems: Vec<String>,
}

/// Tags that a text cannot hold, so that one of them ends it even where its end tag is missing.
const ENDS_OF_TEXT: [&str; 6] = ["item", "entry", "channel", "guid", "pubdate", "published"];

/// Tags that end a text as well unless it is XML itself: HTML has no such elements.
const ENDS_OF_HTML: [&str; 4] = ["author", "content", "updated", "id"];

/// Names of open elements that are remembered within a text; deeper ones are not needed to find its end.
const OPEN_MAX: usize = 64;

/// Rewrites the document that begins with the tag `root`; `text` begins right behind it. `base` is the address of
/// the document.
pub(super) fn repair<'t>(dialect: Dialect, root: &Tag<'t>, text: &'t str, base: &Url, entries_max: usize) -> Repaired {
    let mut repair = Repair {
        dialect,
        namespaces: Namespaces::of_root(dialect, root),
        scanner: Scanner::new(text),
        document_base: base,
        feed: Entry::default(),
        entry: None,
        body: String::with_capacity(text.len() + text.len() / 4),
        n_entries: 0,
        is_behind_entry: false,
        entries_max,
        rewind_budget: text.len().saturating_mul(2),
        problems: Vec::new(),
    };
    repair.root(root);
    repair.run();
    repair.finish()
}

struct Repair<'t, 'b> {
    dialect: Dialect,
    namespaces: Namespaces<'t>,
    scanner: Scanner<'t>,
    document_base: &'b Url,
    /// Title, links, authors, language and base of the feed itself.
    feed: Entry,
    entry: Option<Entry>,
    /// The entries written so far.
    body: String,
    n_entries: usize,
    /// Whether the last thing that ended was an entry.
    is_behind_entry: bool,
    entries_max: usize,
    /// How many bytes may still be read a second time, so that many unclosed elements do not take for ever.
    rewind_budget: usize,
    problems: Vec<String>,
}

impl<'t> Repair<'t, '_> {
    fn root(&mut self, root: &Tag<'t>) {
        self.take_base(root);
        self.feed.language = root.attribute("xml:lang").map(Cow::into_owned);
        let name = self.namespaces.resolve(root.local_name());
        if is_entry(&name) {
            self.begin_entry(root);
        } else if let Some(href) = root.attribute("href") {
            self.feed.link(None, None, &href);
        }
    }

    fn run(&mut self) {
        let (mut text_before, mut is_behind_link) = (None, false);
        while self.n_entries < self.entries_max {
            let Some(token) = self.scanner.next() else { return };
            match token {
                Token::Open(tag) => self.element(&tag),
                Token::Close(written) => {
                    let name = self.namespaces.resolve(written);
                    if is_entry(&name) || is_container(&name) {
                        self.end_entry();
                        self.is_behind_entry = is_entry(&name);
                    } else if let Some(text) = text_before {
                        self.end_without_start(written, &name, text);
                    }
                    if is_container(&name) && !name.local.eq_ignore_ascii_case("channel") {
                        return;
                    }
                }
                // What makes HTML of a feed takes `link` for an element without content.
                Token::Text(piece) if is_behind_link && address::is_of_the_web(piece.trim_ascii_start()) => {
                    self.entry.as_mut().unwrap_or(&mut self.feed).link(None, None, &entities::decode(piece));
                }
                Token::Text(_) | Token::CData(_) | Token::Other(_) => {}
            }
            is_behind_link = matches!(token, Token::Open(tag) if tag.local_name().eq_ignore_ascii_case("link"));
            text_before = match token {
                Token::Text(piece) | Token::CData(piece) if !piece.trim_ascii().is_empty() => Some(token),
                _ => None,
            };
        }
        self.problems.push(format!("the document has more than {} entries, the rest is not read", self.entries_max));
    }

    fn element(&mut self, tag: &Tag<'t>) {
        self.namespaces.declare(tag);
        let name = self.namespaces.resolve_tag(tag);
        if is_entry(&name) {
            self.end_entry();
            self.begin_entry(tag);
            if tag.is_empty {
                self.end_entry();
            }
        } else if self.entry.is_some() {
            self.entry_child(tag, &name);
        } else {
            self.feed_child(tag, &name);
        }
    }

    /// An end tag right behind a text, both in an entry or in the feed: the start tag is missing.
    fn end_without_start(&mut self, written: &'t str, name: &Name<'t>, text: Token<'t>) {
        let Some(field) = vocabulary::entry_field(self.dialect, name) else { return };
        let tag = Tag { name: written, attributes: "", is_empty: false };
        let mut builder = ValueBuilder::new(Kind::of(self.dialect, &tag, name));
        builder.token(text);
        let value = builder.finish();
        let Some(entry) = &mut self.entry else {
            if field == EntryField::Title(0) {
                self.feed.title.offer_better(0, value);
            }
            return;
        };
        match field {
            EntryField::Title(rank) => entry.title.offer_better(rank, value),
            EntryField::Summary(rank) => entry.summary.offer_better(rank, value),
            EntryField::Content(rank) => entry.content.offer_better(rank, value),
            EntryField::Link => entry.link(None, None, &value.text),
            EntryField::OriginalLink => {}
            EntryField::Id(rank) => entry.id.offer_better(rank, value.text.trim().to_owned()),
            EntryField::Published(rank) => entry.published.offer_better(rank, value.text),
            EntryField::Updated(rank) => entry.updated.offer_better(rank, value.text),
            EntryField::Author(rank) => {
                for person in persons::names_of_persons(&value.text) {
                    entry.author(rank, person);
                }
            }
        }
    }

    fn begin_entry(&mut self, tag: &Tag<'t>) {
        let mut entry = Entry { language: tag.attribute("xml:lang").map(Cow::into_owned), ..Entry::default() };
        if let Some(about) = tag.attribute("rdf:about") {
            entry.id.offer(1, about.into_owned());
        }
        if let Some(href) = tag.attribute("href") {
            entry.link(None, None, &href);
        }
        if let Some(modified) = tag.attribute("lastmod") {
            entry.updated.offer(1, modified.into_owned());
        }
        entry.base = self.base_of(tag, self.feed.base.as_ref());
        self.entry = Some(entry);
    }

    /// Takes over `xml:base`, or CDF's `BASE`, for the feed.
    fn take_base(&mut self, tag: &Tag<'t>) {
        if let Some(base) = self.base_of(tag, self.feed.base.as_ref()) {
            self.feed.base = Some(base);
        }
    }

    fn base_of(&self, tag: &Tag<'t>, outer: Option<&Url>) -> Option<Url> {
        if tag.attributes.is_empty() {
            return None;
        }
        let base = tag.attribute("xml:base").or_else(|| tag.attribute("base"))?;
        outer.unwrap_or(self.document_base).join(base.trim()).ok()
    }

    fn end_entry(&mut self) {
        let Some(entry) = self.entry.take() else { return };
        let feed_base = self.feed.base.as_ref();
        entry.write(&mut self.body, feed_base);
        self.n_entries += 1;
    }

    fn entry_child(&mut self, tag: &Tag<'t>, name: &Name<'t>) {
        if vocabulary::is_about_something_else(name) {
            return self.skip(tag);
        }
        if let (Some(entry), Some((kind, href))) = (&mut self.entry, vocabulary::recording(tag, name)) {
            entry.link(Some("enclosure"), kind.as_deref(), &href);
            return self.skip(tag);
        }
        let Some(field) = vocabulary::entry_field(self.dialect, name) else {
            // HTML that has lost its element is passed over tag by tag, since its tags need not match. A group of media
            // says about them what the entry may not.
            let is_html = name.is_core() && text::is_html_element(name.local);
            if !is_html && !vocabulary::is_group_of_media(name) {
                self.skip(tag);
            }
            return;
        };
        match field {
            EntryField::Link => {
                let link = self.link(tag, name);
                if let (Some(entry), Some((rel, kind, href))) = (&mut self.entry, link) {
                    entry.link(rel.as_deref(), kind.as_deref(), &href);
                }
            }
            EntryField::Author(rank) => {
                for person in self.persons(tag) {
                    if let Some(entry) = &mut self.entry {
                        entry.author(rank, person);
                    }
                }
            }
            EntryField::Title(rank) | EntryField::Summary(rank) | EntryField::Content(rank) => {
                let language = if tag.attributes.is_empty() { None } else { tag.attribute("xml:lang") };
                let kind = Kind::of(self.dialect, tag, name);
                let value = match field {
                    EntryField::Title(_) => self.title(tag, kind),
                    _ => self.value(tag, kind, false),
                };
                let source = if matches!(field, EntryField::Content(_)) { tag.attribute("src") } else { None };
                let Some(entry) = &mut self.entry else { return };
                entry.content_source = source.map(Cow::into_owned).or(entry.content_source.take());
                if entry.language.is_none() {
                    entry.language = language.map(Cow::into_owned);
                }
                match field {
                    EntryField::Title(_) => entry.title.offer_better(rank, value),
                    EntryField::Summary(_) => entry.summary.offer_better(rank, value),
                    _ => entry.content.offer_better(rank, value),
                }
            }
            EntryField::OriginalLink | EntryField::Id(_) | EntryField::Published(_) | EntryField::Updated(_) => {
                let text = self.value(tag, Kind::Text, true).text.trim().to_owned();
                let Some(entry) = &mut self.entry else { return };
                match field {
                    EntryField::Id(rank) => entry.id.offer(rank, text),
                    EntryField::Published(rank) => entry.published.offer(rank, text),
                    EntryField::Updated(rank) => entry.updated.offer(rank, text),
                    _ => entry.original_link = Some(text),
                }
            }
        }
    }

    fn feed_child(&mut self, tag: &Tag<'t>, name: &Name<'t>) {
        if self.begins_entry(name) {
            self.begin_entry(&Tag { name: "item", attributes: "", is_empty: false });
            return self.entry_child(tag, name);
        }
        if is_container(name) {
            self.is_behind_entry = false;
            self.take_base(tag);
            if let Some(href) = tag.attribute("href") {
                self.feed.link(None, None, &href);
            }
            return;
        }
        let mut buffer = [0_u8; 16];
        let local = vocabulary::lower_case(name.local, &mut buffer).unwrap_or_default();
        match (name.is_core(), local) {
            (true, "title") => {
                let kind = Kind::of(self.dialect, tag, name);
                let value = self.title(tag, kind);
                self.feed.title.offer_better(0, value);
            }
            (true, "link") => {
                if let Some((rel, kind, href)) = self.link(tag, name) {
                    self.feed.link(rel.as_deref(), kind.as_deref(), &href);
                }
            }
            (true, "language") => self.feed.language = Some(self.value(tag, Kind::Text, true).text.trim().to_owned()),
            (true, "author") if self.dialect == Dialect::Atom => {
                for person in self.persons(tag) {
                    self.feed.author(0, person);
                }
            }
            (false, "title") if name.family == Family::Dublin => {
                let value = self.value(tag, Kind::Html, true);
                self.feed.title.offer_better(1, value);
            }
            _ => self.skip(tag),
        }
    }

    /// Whether an element outside of all entries must be in one, whose start tag is missing: it is nothing that a feed
    /// has, or a second title behind another entry.
    fn begins_entry(&self, name: &Name<'_>) -> bool {
        self.is_behind_entry
            && name.is_core()
            && (name.local.eq_ignore_ascii_case("guid")
                || (name.local.eq_ignore_ascii_case("title") && self.feed.title.is_some()))
    }

    /// A link, as its `rel`, its `type` and its address.
    #[expect(clippy::type_complexity, reason = "three values that go straight on to `Entry::link`")]
    fn link(
        &mut self,
        tag: &Tag<'t>,
        name: &Name<'t>,
    ) -> Option<(Option<Cow<'t, str>>, Option<Cow<'t, str>>, Cow<'t, str>)> {
        let Some(href) = vocabulary::address_attribute(tag) else {
            // Atom's links have no text of their own.
            let is_text = name.family != Family::Atom || self.dialect == Dialect::Atom;
            let text = self.value(tag, Kind::Text, true).text;
            return is_text.then_some((None, None, Cow::Owned(text)));
        };
        let outer = self.entry.as_ref().and_then(|entry| entry.base.as_ref()).or(self.feed.base.as_ref());
        let href = match self.base_of(tag, outer) {
            Some(base) => base.join(&address::meant(href.trim())).map_or(href, |url| Cow::Owned(url.into())),
            None => href,
        };
        Some((tag.attribute("rel"), tag.attribute("type"), href))
    }

    /// A person: the `name` within, or else the names in the text, or else the mail address.
    fn persons(&mut self, tag: &Tag<'t>) -> Vec<String> {
        let (mut person_name, mut mail, mut text) = (String::new(), String::new(), String::new());
        if tag.is_empty {
            return Vec::new();
        }
        while let Some(token) = self.scanner.next() {
            match token {
                Token::Text(piece) => text.push_str(&entities::decode(piece)),
                Token::CData(piece) => text.push_str(piece),
                Token::Other(_) => {}
                Token::Open(inner) => {
                    let mut buffer = [0_u8; 16];
                    match vocabulary::lower_case(inner.local_name(), &mut buffer) {
                        Some("name") => person_name = self.value(&inner, Kind::Text, true).text,
                        Some("email") => mail = self.value(&inner, Kind::Text, true).text,
                        Some("uri" | "url" | "homepage") => drop(self.value(&inner, Kind::Text, true)),
                        _ if self.ends_text(&inner, tag, Kind::Text, true) => {
                            self.scanner.rewind_to(self.scanner.token_start());
                            break;
                        }
                        _ => {}
                    }
                }
                Token::Close(closed) if closed.eq_ignore_ascii_case(tag.name) => break,
                Token::Close(closed) => {
                    let closed = self.namespaces.resolve(closed);
                    if is_entry(&closed) || is_container(&closed) {
                        self.scanner.rewind_to(self.scanner.token_start());
                    }
                    break;
                }
            }
        }
        let mut candidates =
            if person_name.trim().is_empty() { persons::names_of_persons(&text) } else { vec![person_name] };
        candidates.retain(|name| !name.trim().is_empty());
        if candidates.is_empty() {
            candidates.push(mail);
        }
        candidates.into_iter().map(|name| name.trim().to_owned()).collect()
    }

    fn title(&mut self, tag: &Tag<'t>, kind: Kind) -> Value {
        let value = self.value(tag, kind, true);
        // In XHTML every tag is meant as one, those of formulas and drawings too; elsewhere they may be text.
        if kind == Kind::Xhtml {
            value.without_tags()
        } else if kind == Kind::Text && tag.attribute("type").is_none() {
            value.perhaps_html()
        } else {
            value
        }
    }

    /// The text of an element, up to where it ends. In short texts any element of an entry ends it, in long ones only
    /// those that HTML does not have.
    fn value(&mut self, tag: &Tag<'t>, kind: Kind, is_short: bool) -> Value {
        let mut builder = ValueBuilder::new(kind);
        if tag.is_empty {
            return builder.finish();
        }
        let mut open: Vec<&str> = Vec::new();
        let (mut n_same, mut is_behind_cdata) = (0_usize, false);
        while let Some(token) = self.scanner.next() {
            let was_behind_cdata = std::mem::replace(&mut is_behind_cdata, matches!(token, Token::CData(_)));
            match token {
                // The end of a section within a section.
                Token::Text(piece) if was_behind_cdata => builder.text(piece.strip_prefix("]]>").unwrap_or(piece)),
                Token::CData(piece) => {
                    let inside = self.inside_of_unclosed(piece, tag.name);
                    builder.cdata(inside.unwrap_or(piece));
                    if let Some(inside) = inside {
                        self.scanner.rewind_to(self.scanner.token_start() + CDATA_START.len() + inside.len());
                    }
                }
                Token::Text(_) | Token::Other(_) => builder.token(token),
                Token::Open(inner) => {
                    if self.ends_text(&inner, tag, kind, is_short) {
                        self.scanner.rewind_to(self.scanner.token_start());
                        break;
                    }
                    if inner.name.eq_ignore_ascii_case(tag.name) && !inner.is_empty {
                        n_same += 1;
                    } else if !inner.is_empty && open.len() < OPEN_MAX && !text::is_html_element(inner.local_name()) {
                        open.push(inner.name);
                    }
                    builder.open(&inner);
                }
                Token::Close(name) if name.eq_ignore_ascii_case(tag.name) => {
                    if n_same == 0 {
                        break;
                    }
                    n_same -= 1;
                    builder.close(name);
                }
                Token::Close(name) => {
                    if let Some(at) = open.iter().rposition(|opened| opened.eq_ignore_ascii_case(name)) {
                        open.truncate(at);
                        builder.close(name);
                    } else if text::is_html_element(local_name(name)) {
                        builder.close(name);
                    } else {
                        // The end of something that did not begin in here: of what this stands in, or a misspelt end
                        // of this itself.
                        let resolved = self.namespaces.resolve(name);
                        if is_entry(&resolved) || is_container(&resolved) {
                            self.scanner.rewind_to(self.scanner.token_start());
                        }
                        break;
                    }
                }
            }
        }
        builder.finish()
    }

    /// Of a CDATA section that holds another, or all the rest of the document: what is in front of the end tag of the
    /// element that it stands in, since it is its own end that is missing.
    fn inside_of_unclosed(&mut self, section: &'t str, element: &str) -> Option<&'t str> {
        let nested = section.find(CDATA_START).or_else(|| self.scanner.is_at_end().then_some(section.len()))?;
        let end = section[..nested].match_indices("</").find(|(at, _)| section[at + 2..].starts_with(element))?.0;
        // What follows is read again.
        self.rewind_budget = self.rewind_budget.checked_sub(section.len())?;
        Some(&section[..end])
    }

    fn ends_text(&self, inner: &Tag<'t>, outer: &Tag<'t>, kind: Kind, is_short: bool) -> bool {
        let name = self.namespaces.resolve_tag(inner);
        let mut buffer = [0_u8; 16];
        let Some(local) = vocabulary::lower_case(name.local, &mut buffer) else {
            return false;
        };
        if inner.name.eq_ignore_ascii_case(outer.name) || name.family == Family::Xhtml {
            return false;
        }
        let is_known = vocabulary::entry_field(self.dialect, &name).is_some();
        if !name.is_core() {
            return is_known && (is_short || kind != Kind::Xhtml);
        }
        ENDS_OF_TEXT.contains(&local)
            || (kind != Kind::Xhtml && ENDS_OF_HTML.contains(&local))
            || (is_short && is_known && !text::is_html_element(local))
    }

    /// Passes over an element with all that is in it. If its end does not come before that of the entry, it has none,
    /// and only its tag is passed over.
    fn skip(&mut self, tag: &Tag<'t>) {
        if tag.is_empty {
            return;
        }
        let start = self.scanner.position();
        let mut n_same = 0_usize;
        loop {
            let is_boundary = match self.scanner.next() {
                None => true,
                Some(Token::Open(inner)) if inner.name.eq_ignore_ascii_case(tag.name) => {
                    n_same += usize::from(!inner.is_empty);
                    false
                }
                Some(Token::Close(name)) if name.eq_ignore_ascii_case(tag.name) => {
                    if n_same == 0 {
                        return;
                    }
                    n_same -= 1;
                    false
                }
                Some(Token::Open(inner)) => is_entry(&self.namespaces.resolve_tag(&inner)),
                Some(Token::Close(name)) => {
                    let name = self.namespaces.resolve(name);
                    is_entry(&name) || is_container(&name)
                }
                Some(_) => false,
            };
            if is_boundary {
                let boundary = self.scanner.token_start();
                let length = boundary - start;
                let target = if length <= self.rewind_budget { start } else { boundary };
                self.rewind_budget = self.rewind_budget.saturating_sub(length);
                return self.scanner.rewind_to(target);
            }
        }
    }

    fn finish(mut self) -> Repaired {
        if self.entry.is_some() && self.scanner.is_at_end() && self.n_entries < self.entries_max {
            let number = self.n_entries + 1;
            self.problems.push(format!("the document ends within entry {number}, which is left out"));
        }
        let mut document = String::with_capacity(self.body.len() + 1024);
        document.push_str("<feed xmlns=\"http://www.w3.org/2005/Atom\"");
        if let Some(language) = &self.feed.language {
            push_attribute(&mut document, "xml:lang", language);
        }
        document.push('>');
        self.feed.write_head(&mut document);
        document.push_str(&self.body);
        document.push_str("</feed>");
        Repaired { document, n_entries: self.n_entries, problems: self.problems }
    }
}

fn is_entry(name: &Name<'_>) -> bool {
    name.is_core() && (name.local.eq_ignore_ascii_case("item") || name.local.eq_ignore_ascii_case("entry"))
}

/// Whether an element is one of those around the entries.
fn is_container(name: &Name<'_>) -> bool {
    (name.is_core() || name.family == Family::Rdf)
        && ["rss", "rdf", "feed", "channel"].iter().any(|container| name.local.eq_ignore_ascii_case(container))
}
