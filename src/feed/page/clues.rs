//! What a page tells of the feeds and sitemaps of its site: those that it names, those that it links to, and what it was
//! made with, which says where they usually are.

use url::Url;

use super::super::address::resolve;
use super::super::markup::{Scanner, Tag, Token};
use super::super::{title, unpack};
use super::html::{base_of, is, skip_if_raw};
use crate::charset;
use crate::model::FetchedDocument;

/// The types of feeds in `<link rel="alternate" type="…">`.
const FEED_TYPES: [&str; 5] =
    ["application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml", "text/rss"];

/// Most addresses of each kind that are taken from a page. A page of all feeds of a large site has a hundred.
const ADDRESSES_MAX: usize = 100;

/// A feed that a page names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedFeed {
    /// Its address.
    pub url: Url,
    /// What the page calls it.
    pub title: Option<String>,
}

/// What a page tells of the feeds of its site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageClues {
    /// The feeds that it names by `link rel=alternate`, in its order.
    pub alternates: Vec<NamedFeed>,
    /// Links whose address or text looks like that of a feed or sitemap, likewise.
    pub links: Vec<NamedFeed>,
    /// What the page was made with, by its own word: `WordPress 6.7`.
    pub generator: Option<String>,
}

/// Whether an address is that of a feed or sitemap, by its looks. Where the looks deceive, the answer decides.
#[must_use]
pub fn looks_like_list(url: &Url) -> bool {
    let path = url.path().trim_end_matches('/').to_ascii_lowercase();
    let last = path.rsplit('/').next().unwrap_or_default();
    let is_home_page = path.is_empty() && url.query().is_none();
    let has_list_ending = [".xml", ".rss", ".atom", ".rdf", ".xml.gz"].iter().any(|ending| last.ends_with(ending));
    let is_list_name = matches!(last, "feed" | "feeds" | "rss" | "rss2" | "atom" | "rdf" | "feed.json");
    let asks_for_feed = url.query_pairs().any(|(name, value)| name == "feed" || value == "rss" || value == "atom");
    !is_home_page && (has_list_ending || is_list_name || asks_for_feed)
}

/// What a page tells of the feeds of its site.
#[must_use]
pub fn clues_of_page(document: &FetchedDocument) -> PageClues {
    match unpack::unpacked(&document.body) {
        Ok(bytes) => {
            read_clues(&charset::decode(&bytes, document.content_type.as_deref()), &document.final_url, Wanted::All)
        }
        Err(_) => PageClues::default(),
    }
}

/// The feeds that a page names, absolute, in its order.
#[must_use]
pub fn feeds_of_page(document: &FetchedDocument) -> Vec<Url> {
    match unpack::unpacked(&document.body) {
        Ok(bytes) => feeds_of_html(&charset::decode(&bytes, document.content_type.as_deref()), &document.final_url),
        Err(_) => Vec::new(),
    }
}

/// As [`feeds_of_page`], for a page that has been decoded.
pub(in super::super) fn feeds_of_html(html: &str, page: &Url) -> Vec<Url> {
    read_clues(html, page, Wanted::Named).alternates.into_iter().map(|feed| feed.url).collect()
}

/// Which clues are wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// What the page names.
    Named,
    /// Everything.
    All,
}

fn read_clues(html: &str, page: &Url, wanted: Wanted) -> PageClues {
    let mut base = page.clone();
    let mut clues = PageClues::default();
    let mut link: Option<(Url, String)> = None;
    let mut scanner = Scanner::new(html);
    while let Some(token) = scanner.next() {
        match token {
            Token::Open(tag) => {
                if is(&tag, "base") {
                    base = base_of(&tag, page).unwrap_or(base);
                } else if is(&tag, "link") {
                    take_named(&tag, &base, &mut clues);
                } else if wanted == Wanted::All && is(&tag, "meta") {
                    take_generator(&tag, &mut clues);
                } else if wanted == Wanted::All && is(&tag, "a") {
                    end_link(link.take(), &mut clues);
                    link = tag.attribute("href").and_then(|href| resolve(&href, &base)).map(|url| (url, String::new()));
                } else {
                    skip_if_raw(&tag, &mut scanner);
                }
            }
            Token::Close(name) if name.eq_ignore_ascii_case("a") => end_link(link.take(), &mut clues),
            Token::Text(piece) => {
                if let Some((_, text)) = &mut link
                    && text.len() < LINK_TEXT_BYTES_MAX
                {
                    text.push_str(piece);
                }
            }
            _ => {}
        }
    }
    end_link(link, &mut clues);
    clues
}

/// Bytes of a link's text that are gathered; that of a link to a feed is short.
const LINK_TEXT_BYTES_MAX: usize = 200;

fn take_named(tag: &Tag<'_>, base: &Url, clues: &mut PageClues) {
    let Some(rel) = tag.attribute("rel") else { return };
    // The way in which WordPress says that it is there, also where the generator is kept secret.
    if clues.generator.is_none() && rel.contains("api.w.org") {
        clues.generator = Some("WordPress".to_owned());
    }
    let says = |word: &str| rel.split_ascii_whitespace().any(|given| given.eq_ignore_ascii_case(word));
    let media_type = tag.attribute("type").unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    let is_feed = FEED_TYPES.iter().any(|known| known.eq_ignore_ascii_case(media_type));
    if (says("alternate") || says("feed")) && is_feed {
        let Some(url) = tag.attribute("href").and_then(|href| resolve(&href, base)) else { return };
        let title = tag.attribute("title").map(|title| title::text_of_title(&title)).filter(|title| !title.is_empty());
        add(&mut clues.alternates, NamedFeed { url, title });
    } else if says("sitemap") {
        let url = tag.attribute("href").and_then(|href| resolve(&href, base));
        if let Some(url) = url {
            add(&mut clues.links, NamedFeed { url, title: None });
        }
    }
}

fn take_generator(tag: &Tag<'_>, clues: &mut PageClues) {
    if tag.attribute("name").is_some_and(|name| name.eq_ignore_ascii_case("generator"))
        && let Some(content) = tag.attribute("content")
    {
        let generator = title::text_of_title(&content);
        clues.generator = Some(generator).filter(|generator| !generator.is_empty()).or(clues.generator.take());
    }
}

/// Takes a link if it looks like one to a feed: by its address, or because its text is the word for it.
fn end_link(link: Option<(Url, String)>, clues: &mut PageClues) {
    let Some((url, label)) = link else { return };
    let label = title::text_of_title(&label);
    let is_word = ["rss", "rss feed", "rss feeds", "rss-feed", "rss-feeds", "atom", "feed", "feeds", "atom feed"]
        .iter()
        .any(|word| word.eq_ignore_ascii_case(&label));
    if is_word || looks_like_list(&url) {
        add(&mut clues.links, NamedFeed { url, title: Some(label).filter(|label| !label.is_empty()) });
    }
}

fn add(feeds: &mut Vec<NamedFeed>, feed: NamedFeed) {
    if feeds.len() < ADDRESSES_MAX && !feeds.iter().any(|known| known.url == feed.url) {
        feeds.push(feed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_told_from_articles_by_their_addresses() {
        for list in
            ["https://e.org/feed/", "https://e.org/rss.xml", "https://e.org/?feed=rss2", "https://e.org/sitemap.xml.gz"]
        {
            assert!(looks_like_list(&Url::parse(list).unwrap()), "{list}");
        }
        for other in ["https://e.org/", "https://e.org/2026/11/feeding-the-birds", "https://e.org/a.html"] {
            assert!(!looks_like_list(&Url::parse(other).unwrap()), "{other}");
        }
    }

    #[test]
    fn a_page_tells_where_the_feeds_are() {
        let page = "<html><head><base href='https://paper.example/en/'><meta name=Generator content='WordPress 6.7'>\
            <link rel='alternate' type='application/rss+xml; charset=utf-8' title='Paper &raquo; Feed' href='feed/'>\
            <link rel=alternate type=application/rss+xml title=Comments href='/comments/feed/'>\
            <link rel=alternate type=application/rss+xml href='feed/'><link rel=alternate hreflang=de href=/de/>\
            <link rel=sitemap type=application/xml href=/map.xml></head><body><script><a href=/no/feed></script>\
            <a href='/about'>About</a> <a href='/feeds-for-the-birds'>Feeds for the birds</a>\
            <a href=/service/abo><i>RSS</i></a><a href=/sport/rss.xml>Sport</a><a href='ftp://x/rss'>old</a>";
        let document = FetchedDocument::from_file(page.into(), Url::parse("https://paper.example/").unwrap());
        let clues = clues_of_page(&document);
        let shown = |feeds: &[NamedFeed]| {
            let show = |feed: &NamedFeed| format!("{} {}", feed.url, feed.title.as_deref().unwrap_or("-"));
            feeds.iter().map(show).collect::<Vec<_>>()
        };
        assert_eq!(
            shown(&clues.alternates),
            ["https://paper.example/en/feed/ Paper » Feed", "https://paper.example/comments/feed/ Comments"]
        );
        assert_eq!(
            shown(&clues.links),
            [
                "https://paper.example/map.xml -",
                "https://paper.example/service/abo RSS",
                "https://paper.example/sport/rss.xml Sport"
            ]
        );
        assert_eq!(clues.generator.as_deref(), Some("WordPress 6.7"));
        assert_eq!(feeds_of_page(&document).len(), 2);

        let hidden = "<link rel='https://api.w.org/' href='/wp-json/'><p>Nothing else";
        let document = FetchedDocument::from_file(hidden.into(), Url::parse("https://paper.example/").unwrap());
        assert_eq!(clues_of_page(&document).generator.as_deref(), Some("WordPress"));
    }
}
