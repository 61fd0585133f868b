//! Pages that link to articles, for publishers without feeds; and the feeds that a page names.
//!
//! Article links are told by their shape: a headline for a text, and an address that looks like that of one text among
//! many, by itself or together with others of the same form. Which part of the page is its list is not asked, since no
//! two publishers agree on how to mark it; what leads around the site is told by how it is marked, where it is.

mod address_shape;
mod announcement;
mod clues;
mod html;
mod link_header;
mod navigation;

use std::borrow::Cow;
use std::collections::HashMap;

use url::Url;

use super::address::resolve;
use super::listing::Listing;
use super::markup::{Scanner, Tag, Token, local_name};
use super::{bounds, title, unpack};
use crate::charset;
use crate::config::FeedSettings;
use crate::model::{FetchedDocument, FoundLink, SourceKind};
use crate::scripts::is_unspaced;

use address_shape::Shape;
use html::{base_of, is, is_content, is_heading, is_inline, skip_if_raw};

pub(super) use clues::feeds_of_html;
pub use clues::{NamedFeed, PageClues, clues_of_page, feeds_of_page, looks_like_list};

/// Fewest words of a headline. Sections and buttons have three at most, few headlines have less than four.
const HEADLINE_WORDS_MIN: usize = 4;

/// Fewest characters of a headline in a script that does not part words: four words are about eight characters.
const HEADLINE_HAN_MIN: usize = 8;

/// Longest headline in bytes that is kept; what is longer is a teaser within the link, and is cut there.
const HEADLINE_BYTES_MAX: usize = 300;

/// Fewest links of one form, each with a headline, that are articles though their addresses alone do not tell.
const SAME_FORM_MIN: usize = 3;

/// Deepest nesting of elements with links around the site that is followed.
const SIDE_DEPTH_MAX: usize = 64;

/// Reads an HTML page as a list of article links: in the order of the page, each address once, with the link's text
/// as the title.
#[must_use]
pub fn read_page(document: &FetchedDocument, settings: &FeedSettings) -> Listing {
    let mut listing = Listing::empty(SourceKind::Page, "html page");
    let Ok(bytes) = unpack::unpacked(&document.body) else {
        listing.problems.push("the page cannot be unpacked".to_owned());
        return listing;
    };
    let html = charset::decode(&bytes, document.content_type.as_deref());
    let mut reader = PageReader {
        page: &document.final_url,
        base: document.final_url.clone(),
        side: Vec::new(),
        n_content_open: 0,
        link: None,
        heading: Heading::None,
        places: HashMap::new(),
        found: Vec::new(),
        listing,
        entries_max: settings.entries_max,
    };
    reader.run(&html);
    let mut listing = reader.finish();
    bounds::bound(&mut listing, settings);
    listing
}

/// A link that is open.
struct OpenLink {
    url: Url,
    /// What its address has in common with others, where it does not tell an article by itself.
    form: Option<String>,
    text: String,
    /// The heading within, for links around a whole teaser, and where in `text` it begins while it is open.
    heading: String,
    heading_start: Option<usize>,
    /// The text of its pictures, for links without any other.
    picture: String,
}

/// A link that may be one to an article.
struct Found {
    url: Url,
    form: Option<String>,
    title: Option<String>,
    /// Whether the title is only that of a picture.
    is_picture: bool,
}

/// The last heading, for links that stand under it and say no more than “read on”.
enum Heading {
    None,
    Open { text: String, has_link: bool },
    Closed(String),
}

/// An element whose links lead around the site, and how many of its name are open within.
struct Side {
    name: String,
    n_within: usize,
}

struct PageReader<'p> {
    page: &'p Url,
    base: Url,
    /// The side elements that are open.
    side: Vec<Side>,
    /// How many elements are open that hold what the page is about, and whose headers are no header of the page.
    n_content_open: usize,
    link: Option<OpenLink>,
    heading: Heading,
    /// Where an address stands in the list.
    places: HashMap<Url, usize>,
    found: Vec<Found>,
    listing: Listing,
    entries_max: usize,
}

impl PageReader<'_> {
    fn run(&mut self, html: &str) {
        let mut scanner = Scanner::new(html);
        let mut is_in_title = false;
        while let Some(token) = scanner.next() {
            match token {
                Token::Open(tag) => {
                    is_in_title = is(&tag, "title") && self.listing.title.is_none();
                    self.open(&tag);
                    skip_if_raw(&tag, &mut scanner);
                }
                Token::Close(name) => {
                    is_in_title = false;
                    self.close(local_name(name));
                }
                Token::Text(piece) if is_in_title => {
                    self.listing.title = Some(title::text_of_title(piece)).filter(|title| !title.is_empty());
                }
                Token::Text(piece) => {
                    if let Some(link) = &mut self.link
                        && link.text.len() < HEADLINE_BYTES_MAX
                    {
                        link.text.push_str(piece);
                    }
                    if let Heading::Open { text, .. } = &mut self.heading
                        && text.len() < HEADLINE_BYTES_MAX
                    {
                        text.push_str(piece);
                    }
                }
                Token::CData(_) | Token::Other(_) => {}
            }
        }
        self.end_link();
    }

    fn open(&mut self, tag: &Tag<'_>) {
        if let Some(side) = self.side.last_mut()
            && is(tag, &side.name)
        {
            side.n_within += usize::from(!tag.is_empty);
        }
        self.n_content_open += usize::from(is_content(tag.name));
        if is(tag, "a") {
            self.end_link();
            self.link = self.begin_link(tag);
            if let Heading::Open { has_link, .. } = &mut self.heading {
                *has_link |= self.link.is_some();
            }
        } else if is(tag, "img") {
            if let (Some(link), Some(alternative)) = (&mut self.link, tag.attribute("alt")) {
                link.picture = alternative.into_owned();
            }
        } else if is(tag, "base") {
            self.base = base_of(tag, self.page).unwrap_or_else(|| self.base.clone());
        } else if is(tag, "html") {
            self.listing.language = tag.attribute("lang").map(Cow::into_owned).filter(|language| !language.is_empty());
        } else if !tag.is_empty && self.side.len() < SIDE_DEPTH_MAX && self.leads_around(tag) {
            self.end_link();
            self.side.push(Side { name: tag.name.to_ascii_lowercase(), n_within: 0 });
        } else if !is_inline(tag.name) {
            self.part_words();
            if is_heading(tag.name) {
                self.heading = Heading::Open { text: String::new(), has_link: self.link.is_some() };
                if let Some(link) = &mut self.link {
                    link.heading_start = Some(link.text.len());
                }
            }
        }
    }

    /// Whether an element holds links around the site and not to its articles.
    fn leads_around(&self, tag: &Tag<'_>) -> bool {
        navigation::is_side(tag) || is(tag, "header") && self.n_content_open == 0
    }

    fn close(&mut self, name: &str) {
        if is_content(name) {
            self.n_content_open = self.n_content_open.saturating_sub(1);
        }
        if name.eq_ignore_ascii_case("a") {
            self.end_link();
        } else if self.side.last().is_some_and(|side| side.n_within > 0 && side.name.eq_ignore_ascii_case(name)) {
            if let Some(side) = self.side.last_mut() {
                side.n_within -= 1;
            }
        } else if let Some(at) = self.side.iter().rposition(|open| open.name.eq_ignore_ascii_case(name)) {
            self.end_link();
            self.side.truncate(at);
        } else if !is_inline(name) {
            if is_heading(name) {
                self.close_heading();
            }
            self.part_words();
        }
    }

    fn close_heading(&mut self) {
        if let Some(link) = &mut self.link
            && link.heading.is_empty()
            && let Some(start) = link.heading_start.take()
        {
            link.heading = link.text[start..].to_owned();
        }
        // One that is a link itself has said what it had to say.
        self.heading = match std::mem::replace(&mut self.heading, Heading::None) {
            Heading::Open { text, has_link: false } => Heading::Closed(text),
            _ => Heading::None,
        };
    }

    fn part_words(&mut self) {
        if let Some(link) = &mut self.link {
            link.text.push(' ');
        }
        if let Heading::Open { text, .. } = &mut self.heading {
            text.push(' ');
        }
    }

    fn begin_link(&self, tag: &Tag<'_>) -> Option<OpenLink> {
        if !self.side.is_empty() {
            return None;
        }
        let mut url = resolve(&tag.attribute("href")?, &self.base)?;
        url.set_fragment(None);
        let form = match address_shape::judge(&url, self.page) {
            Shape::Article => None,
            Shape::OneOf(form) => Some(form),
            Shape::Other => return None,
        };
        Some(OpenLink {
            url,
            form,
            text: String::new(),
            heading: String::new(),
            heading_start: None,
            picture: String::new(),
        })
    }

    fn end_link(&mut self) {
        let Some(link) = self.link.take() else { return };
        let as_title = |text: &str| Some(title::text_of_title(text)).filter(|title| !title.is_empty());
        let mut title = as_title(&link.heading).or_else(|| as_title(&link.text));
        if !title.as_deref().is_some_and(is_headline)
            && let Heading::Closed(heading) = &self.heading
        {
            title = as_title(heading).filter(|heading| is_headline(heading)).or(title);
            self.heading = Heading::None;
        }
        let is_picture = title.is_none();
        let title = title.or_else(|| as_title(&link.picture));
        match self.places.get(&link.url) {
            // The picture of an article links to it, its headline does, and so does the number of its comments: the
            // first text that can be a headline counts.
            Some(place) => {
                let known = &mut self.found[*place];
                let is_better = known.is_picture && !is_picture && title.as_deref().is_some_and(is_headline);
                if is_better || !known.title.as_deref().is_some_and(is_headline) && title.is_some() {
                    (known.title, known.is_picture) = (title, is_picture);
                }
            }
            None if self.places.len() < self.entries_max => {
                self.places.insert(link.url.clone(), self.found.len());
                self.found.push(Found { url: link.url, form: link.form, title, is_picture });
            }
            None => {}
        }
    }

    fn finish(self) -> Listing {
        let mut listing = self.listing;
        let mut found = self.found;
        found.retain(|link| link.title.as_deref().is_some_and(is_headline));
        let mut n_of_form: HashMap<String, usize> = HashMap::new();
        for form in found.iter().filter_map(|link| link.form.as_ref()) {
            *n_of_form.entry(form.clone()).or_default() += 1;
        }
        let is_article = |link: &Found| {
            link.form.as_ref().is_none_or(|form| n_of_form.get(form).is_some_and(|number| *number >= SAME_FORM_MIN))
        };
        let language = listing.language.clone();
        listing.links = found
            .into_iter()
            .filter(is_article)
            .map(|Found { url, title, .. }| FoundLink {
                url: Some(url),
                title,
                language: language.clone(),
                ..FoundLink::default()
            })
            .collect();
        if listing.links.is_empty() {
            listing.problems.push("no links on the page look like those of articles".to_owned());
        }
        listing
    }
}

fn is_headline(title: &str) -> bool {
    title.split_whitespace().count() >= HEADLINE_WORDS_MIN
        || title.chars().filter(|c| is_unspaced(*c)).count() >= HEADLINE_HAN_MIN
}

#[cfg(test)]
mod tests;
