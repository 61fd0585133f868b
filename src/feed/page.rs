//! Pages that link to articles, for publishers without feeds; and the feeds that a page names.
//!
//! Article links are told by their shape alone: a headline for a text, and an address that looks like that of one
//! text among many. Which part of the page is its list is not asked, since no two publishers agree on how to mark it.

mod clues;

use std::borrow::Cow;
use std::collections::HashMap;

use url::Url;

use super::convert::resolve;
use super::markup::{Scanner, Tag, Token, local_name};
use super::{Listing, text, unpack};
use crate::charset;
use crate::config::FeedSettings;
use crate::model::{FetchedDocument, FoundLink, SourceKind};

pub(super) use clues::feeds_of_html;
pub use clues::{NamedFeed, PageClues, clues_of_page, feeds_of_page, looks_like_list};

/// Fewest words of a headline. Sections and buttons have three at most, few headlines have less than four.
const HEADLINE_WORDS_MIN: usize = 4;

/// Fewest characters of a headline in a script that does not part words: four words are about eight characters.
const HEADLINE_HAN_MIN: usize = 8;

/// Longest headline in bytes that is kept; what is longer is a teaser within the link, and is cut there.
const HEADLINE_BYTES_MAX: usize = 300;

/// Evidence that an address needs, in the points of [`address_points`]: a slug alone is enough, a number alone is
/// not.
const ADDRESS_POINTS_MIN: u32 = 2;

/// Fewest words in a slug that is a headline and not the name of a section.
const SLUG_WORDS_MIN: usize = 3;

/// Fewest digits of a number that identifies an article and is no year.
const NUMBER_DIGITS_MIN: usize = 5;

/// Elements whose links lead around the site and not to its articles.
const SIDE_ELEMENTS: [&str; 4] = ["nav", "footer", "form", "dialog"];

/// Deepest nesting of such elements that is followed.
const SIDE_DEPTH_MAX: usize = 64;

/// First parts of paths under which there are lists and services.
const OTHER_SECTIONS: [&str; 26] = [
    "tag",
    "tags",
    "category",
    "categories",
    "author",
    "authors",
    "topic",
    "topics",
    "search",
    "login",
    "signin",
    "register",
    "account",
    "subscribe",
    "newsletter",
    "newsletters",
    "about",
    "contact",
    "privacy",
    "terms",
    "jobs",
    "legal",
    "impressum",
    "datenschutz",
    "help",
    "page",
];

/// Endings of files that are no pages.
const OTHER_FILES: [&str; 17] = [
    ".jpg", ".jpeg", ".png", ".gif", ".webp", ".svg", ".pdf", ".mp3", ".mp4", ".zip", ".gz", ".css", ".js", ".xml",
    ".rss", ".json", ".ics",
];

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
        link: None,
        places: HashMap::new(),
        listing,
        entries_max: settings.entries_max,
    };
    reader.run(&html);
    let mut listing = reader.listing;
    listing.links.retain(|link| link.title.as_deref().is_some_and(is_headline));
    if listing.links.is_empty() {
        listing.problems.push("no links on the page look like those of articles".to_owned());
    }
    for link in &mut listing.links {
        link.language.clone_from(&listing.language);
    }
    listing
}

fn is(tag: &Tag<'_>, name: &str) -> bool {
    tag.name.eq_ignore_ascii_case(name)
}

fn base_of(tag: &Tag<'_>, page: &Url) -> Option<Url> {
    resolve(&tag.attribute("href")?, page)
}

/// Elements whose content is no markup.
fn skip_if_raw(tag: &Tag<'_>, scanner: &mut Scanner<'_>) {
    if ["script", "style", "textarea", "template", "noscript", "svg"].iter().any(|name| is(tag, name)) && !tag.is_empty
    {
        scanner.skip_raw_text(tag.name);
    }
}

/// A link that is open.
struct OpenLink {
    url: Url,
    text: String,
    /// The heading within, for links around a whole teaser, and where in `text` it begins while it is open.
    heading: String,
    heading_start: Option<usize>,
    /// The text of its pictures, for links without any other.
    picture: String,
}

struct PageReader<'p> {
    page: &'p Url,
    base: Url,
    /// Names of the side elements that are open.
    side: Vec<String>,
    link: Option<OpenLink>,
    /// Where an address stands in the list.
    places: HashMap<Url, usize>,
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
                    self.listing.title = Some(text::text_of_title(piece)).filter(|title| !title.is_empty());
                }
                Token::Text(piece) => {
                    if let Some(link) = &mut self.link
                        && link.text.len() < HEADLINE_BYTES_MAX
                    {
                        link.text.push_str(piece);
                    }
                }
                Token::CData(_) | Token::Other(_) => {}
            }
        }
        self.end_link();
    }

    fn open(&mut self, tag: &Tag<'_>) {
        if is(tag, "a") {
            self.end_link();
            self.link = self.begin_link(tag);
        } else if is(tag, "img") {
            if let (Some(link), Some(alternative)) = (&mut self.link, tag.attribute("alt")) {
                link.picture = alternative.into_owned();
            }
        } else if is(tag, "base") {
            self.base = base_of(tag, self.page).unwrap_or_else(|| self.base.clone());
        } else if is(tag, "html") {
            self.listing.language = tag.attribute("lang").map(Cow::into_owned).filter(|language| !language.is_empty());
        } else if SIDE_ELEMENTS.iter().any(|name| is(tag, name)) && self.side.len() < SIDE_DEPTH_MAX {
            self.end_link();
            self.side.push(tag.name.to_ascii_lowercase());
        } else if !is_inline(tag.name) {
            self.part_words();
            if let Some(link) = &mut self.link
                && is_heading(tag.name)
            {
                link.heading_start = Some(link.text.len());
            }
        }
    }

    fn close(&mut self, name: &str) {
        if name.eq_ignore_ascii_case("a") {
            self.end_link();
        } else if let Some(at) = self.side.iter().rposition(|open| open.eq_ignore_ascii_case(name)) {
            self.end_link();
            self.side.truncate(at);
        } else if !is_inline(name) {
            if let Some(link) = &mut self.link
                && is_heading(name)
                && link.heading.is_empty()
                && let Some(start) = link.heading_start.take()
            {
                link.heading = link.text[start..].to_owned();
            }
            self.part_words();
        }
    }

    fn part_words(&mut self) {
        if let Some(link) = &mut self.link {
            link.text.push(' ');
        }
    }

    fn begin_link(&self, tag: &Tag<'_>) -> Option<OpenLink> {
        if !self.side.is_empty() {
            return None;
        }
        let mut url = resolve(&tag.attribute("href")?, &self.base)?;
        url.set_fragment(None);
        is_article_address(&url, self.page).then(|| OpenLink {
            url,
            text: String::new(),
            heading: String::new(),
            heading_start: None,
            picture: String::new(),
        })
    }

    fn end_link(&mut self) {
        let Some(link) = self.link.take() else { return };
        let texts = [&link.heading, &link.text, &link.picture];
        let title = texts.into_iter().map(|text| text::text_of_title(text)).find(|title| !title.is_empty());
        match self.places.get(&link.url) {
            // The picture of an article links to it, its headline does, and so does the number of its comments: the
            // first text that can be a headline counts.
            Some(place) => {
                let known = &mut self.listing.links[*place].title;
                if !known.as_deref().is_some_and(is_headline) && title.is_some() {
                    *known = title;
                }
            }
            None if self.places.len() < self.entries_max => {
                self.places.insert(link.url.clone(), self.listing.links.len());
                self.listing.links.push(FoundLink { url: Some(link.url), title, ..FoundLink::default() });
            }
            None => {}
        }
    }
}

fn is_inline(name: &str) -> bool {
    ["span", "b", "i", "em", "strong", "u", "mark", "small", "sup", "sub", "font", "wbr", "q", "cite"]
        .iter()
        .any(|inline| inline.eq_ignore_ascii_case(name))
}

fn is_heading(name: &str) -> bool {
    matches!(name.as_bytes(), [b'h' | b'H', b'1'..=b'6'])
}

fn is_headline(title: &str) -> bool {
    let is_unparted =
        |c: &char| matches!(c, '\u{0e00}'..='\u{0e7f}' | '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}');
    title.split_whitespace().count() >= HEADLINE_WORDS_MIN
        || title.chars().filter(is_unparted).count() >= HEADLINE_HAN_MIN
}

/// Whether an address looks like that of an article of this page's publisher.
fn is_article_address(url: &Url, page: &Url) -> bool {
    if registrable_domain(url) != registrable_domain(page) {
        return false;
    }
    let path = url.path();
    if path.len() <= 1 && url.query().is_none() || path == page.path() && url.query() == page.query() {
        return false;
    }
    let lower = path.to_ascii_lowercase();
    if OTHER_FILES.iter().any(|ending| lower.ends_with(ending)) {
        return false;
    }
    let first = lower.split('/').find(|segment| !segment.is_empty()).unwrap_or_default();
    !OTHER_SECTIONS.contains(&first) && address_points(url, &lower) >= ADDRESS_POINTS_MIN
}

/// The registrable domain by the public suffix list, or the host where it has none.
fn registrable_domain(url: &Url) -> Option<&str> {
    let host = url.host_str()?;
    Some(psl::domain_str(host).unwrap_or(host))
}

/// How much an address looks like that of one text: two points for a slug of words, two for a date in the path, one
/// each for a long number, for depth, and for the ending of a page.
fn address_points(url: &Url, path: &str) -> u32 {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let has_slug = segments.iter().any(|segment| {
        segment.split(['-', '_', '+']).filter(|word| !word.is_empty()).count() > SLUG_WORDS_MIN - 1
            && segment.bytes().any(|byte| byte.is_ascii_alphabetic())
    }) || segments.last().is_some_and(|last| last.matches('%').count() >= HEADLINE_HAN_MIN);
    let query = url.query().unwrap_or_default();
    let has_number = digit_runs(path).chain(digit_runs(query)).any(|run| run.len() >= NUMBER_DIGITS_MIN);
    let has_page_ending =
        [".html", ".htm", ".php", ".aspx", ".shtml", ".ece", ".cms"].iter().any(|end| path.ends_with(end));
    2 * u32::from(has_slug)
        + 2 * u32::from(has_date(&segments))
        + u32::from(has_number)
        + u32::from(segments.len() >= 3)
        + u32::from(has_page_ending)
}

fn digit_runs(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty())
}

/// A year followed by a month: as segments (`/2026/11/`), within one (`2026-11-20`), or in eight digits.
fn has_date(segments: &[&str]) -> bool {
    let is_year = |text: &str| text.len() == 4 && (text.starts_with("19") || text.starts_with("20"));
    let is_month = |text: &str| text.len() <= 2 && text.parse::<u8>().is_ok_and(|month| (1..=12).contains(&month));
    let runs: Vec<&str> = segments.iter().flat_map(|segment| digit_runs(segment)).collect();
    runs.windows(2).any(|pair| is_year(pair[0]) && is_month(pair[1]))
        || runs.iter().any(|run| run.len() == 8 && run.starts_with("20") && run.get(4..6).is_some_and(is_month))
}
