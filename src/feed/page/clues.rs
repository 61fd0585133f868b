//! What a page tells of the feeds and sitemaps of its site: those that it names, those that it links to, and what it was
//! made with, which says where they usually are.

use url::Url;

use super::super::address::resolve;
use super::super::markup::{Scanner, Tag, Token};
use super::super::{title, unpack};
use super::announcement::{Announced, Announcement, is_label_of_feed, is_label_of_subscription};
use super::html::{base_of, is, skip_if_raw};
use super::link_header;
use crate::charset;
use crate::model::FetchedDocument;

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
    /// The feeds that it or its `Link` header names, in their order.
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
        Ok(bytes) => read_clues(
            &charset::decode(&bytes, document.content_type.as_deref()),
            document.link.as_deref(),
            &document.final_url,
            Wanted::All,
        ),
        Err(_) => PageClues::default(),
    }
}

/// The feeds that a page names, absolute, in its order.
#[must_use]
pub fn feeds_of_page(document: &FetchedDocument) -> Vec<Url> {
    match unpack::unpacked(&document.body) {
        Ok(bytes) => {
            let html = charset::decode(&bytes, document.content_type.as_deref());
            feeds_of_html(&html, document.link.as_deref(), &document.final_url)
        }
        Err(_) => Vec::new(),
    }
}

/// As [`feeds_of_page`], for a page that has been decoded.
pub(in super::super) fn feeds_of_html(html: &str, link_header: Option<&str>, page: &Url) -> Vec<Url> {
    read_clues(html, link_header, page, Wanted::Named).alternates.into_iter().map(|feed| feed.url).collect()
}

/// Which clues are wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// What the page names.
    Named,
    /// Everything.
    All,
}

fn read_clues(html: &str, link_header: Option<&str>, page: &Url, wanted: Wanted) -> PageClues {
    let mut reader =
        ClueReader { base: page.clone(), clues: PageClues::default(), link: None, subscriptions: Vec::new() };
    for announcement in link_header.iter().flat_map(|header| link_header::read(header)) {
        reader.take_announced(&announcement);
    }
    let mut scanner = Scanner::new(html);
    while let Some(token) = scanner.next() {
        match token {
            Token::Open(tag) => {
                if is(&tag, "base") {
                    reader.base = base_of(&tag, page).unwrap_or(reader.base);
                } else if is(&tag, "link") {
                    reader.take_announced(&Announcement::of_tag(&tag));
                } else if wanted == Wanted::All && is(&tag, "meta") {
                    take_generator(&tag, &mut reader.clues);
                } else if is(&tag, "a") || is(&tag, "area") {
                    reader.begin_link(&tag, wanted);
                } else {
                    if let Some(link) = &mut reader.link {
                        link.take_picture(&tag);
                    }
                    skip_if_raw(&tag, &mut scanner);
                }
            }
            Token::Close(name) if name.eq_ignore_ascii_case("a") => reader.end_link(),
            Token::Text(piece) => {
                if let Some(link) = &mut reader.link
                    && link.text.len() < LINK_TEXT_BYTES_MAX
                {
                    link.text.push_str(piece);
                }
            }
            _ => {}
        }
    }
    reader.end_link();
    // Of a page that has other links to feeds, those that merely say “subscribe” are about something else.
    let ClueReader { mut clues, subscriptions, .. } = reader;
    if clues.alternates.is_empty() && clues.links.is_empty() {
        for feed in subscriptions {
            add(&mut clues.links, feed);
        }
    }
    clues
}

/// Bytes of a link's text that are gathered; that of a link to a feed is short.
const LINK_TEXT_BYTES_MAX: usize = 200;

struct ClueReader {
    base: Url,
    clues: PageClues,
    link: Option<OpenLink>,
    /// Links to somewhere where one can subscribe, be it to a feed or to the paper.
    subscriptions: Vec<NamedFeed>,
}

/// A link that is open.
struct OpenLink {
    url: Url,
    text: String,
    /// What else it is called: by its own title, or that of a picture within.
    names: Vec<String>,
}

impl OpenLink {
    fn take_picture(&mut self, tag: &Tag<'_>) {
        let name_of = |attribute: &str| tag.attribute(attribute).map(|name| title::text_of_title(&name));
        if is(tag, "img") {
            // An address as a last resort: `rss-icon.png`.
            let file =
                || Some(tag.attribute("src")?.rsplit('/').next()?.split(['.', '?']).next()?.replace(['-', '_'], " "));
            self.names
                .extend(name_of("alt").filter(|name| !name.is_empty()).or_else(|| name_of("title")).or_else(file));
        } else if is(tag, "svg") || is(tag, "i") || is(tag, "span") {
            self.names.extend(["aria-label", "title"].iter().find_map(|attribute| name_of(attribute)));
            // Icons out of fonts: `<i class="fa fa-rss">`.
            let class = tag.attribute("class").unwrap_or_default();
            if class.split([' ', '-', '_']).any(|word| word.eq_ignore_ascii_case("rss")) {
                self.names.push("RSS".to_owned());
            }
        }
    }
}

impl ClueReader {
    fn take_announced(&mut self, announcement: &Announcement<'_>) {
        // The way in which WordPress says that it is there, also where the generator is kept secret.
        if self.clues.generator.is_none() && announcement.rel.contains("api.w.org") {
            self.clues.generator = Some("WordPress".to_owned());
        }
        let announced = announcement.judge();
        if announced == Announced::Nothing {
            return;
        }
        let Some(url) = resolve(&announcement.href, &self.base) else { return };
        let title = announcement.title.as_deref().map(title::text_of_title).filter(|title| !title.is_empty());
        match announced {
            Announced::Feed => add(&mut self.clues.alternates, NamedFeed { url, title }),
            Announced::Sitemap => add(&mut self.clues.links, NamedFeed { url, title: None }),
            Announced::Perhaps if looks_like_list(&url) => add(&mut self.clues.alternates, NamedFeed { url, title }),
            Announced::Perhaps => add(&mut self.clues.links, NamedFeed { url, title }),
            Announced::Nothing => {}
        }
    }

    fn begin_link(&mut self, tag: &Tag<'_>, wanted: Wanted) {
        self.end_link();
        let announcement = Announcement::of_tag(tag);
        if !announcement.rel.is_empty() && announcement.judge() == Announced::Feed {
            return self.take_announced(&announcement);
        }
        if wanted == Wanted::Named {
            return;
        }
        let Some(url) = resolve(&announcement.href, &self.base) else { return };
        let name_of = |attribute: &str| tag.attribute(attribute).map(|name| title::text_of_title(&name));
        let mut names: Vec<String> = ["title", "aria-label", "alt"].iter().filter_map(|name| name_of(name)).collect();
        let has_scheme_of_feeds = announcement
            .href
            .trim_start()
            .get(.."feed:".len())
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case("feed:"));
        if announcement.is_of_feed_type() || has_scheme_of_feeds {
            names.push("RSS".to_owned());
        }
        self.link = Some(OpenLink { url, text: String::new(), names });
        if is(tag, "area") {
            self.end_link();
        }
    }

    /// Takes a link if it looks like one to a feed: by its address, or because it is called one.
    fn end_link(&mut self) {
        let Some(OpenLink { url, text, names }) = self.link.take() else { return };
        let text = title::text_of_title(&text);
        let mut labels = std::iter::once(&text).chain(&names);
        let is_called_feed = labels.clone().any(|label| is_label_of_feed(label));
        let label = Some(&text).filter(|text| !text.is_empty()).or_else(|| names.iter().find(|name| !name.is_empty()));
        let is_call = url.host_str() == self.base.host_str() && labels.any(|label| is_label_of_subscription(label));
        let feed = NamedFeed { title: label.cloned(), url };
        if is_called_feed || looks_like_list(&feed.url) {
            add(&mut self.clues.links, feed);
        } else if is_call {
            add(&mut self.subscriptions, feed);
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

    fn clues_of(page: &str, link: Option<&str>) -> PageClues {
        let mut document = FetchedDocument::from_file(page.into(), Url::parse("https://paper.example/").unwrap());
        document.link = link.map(str::to_owned);
        clues_of_page(&document)
    }

    fn paths(feeds: &[NamedFeed]) -> Vec<&str> {
        feeds.iter().map(|feed| feed.url.as_str().trim_start_matches("https://paper.example")).collect()
    }

    #[test]
    fn feeds_are_announced_in_many_ways() {
        let check =
            |page: &str, expected: &[&str]| assert_eq!(paths(&clues_of(page, None).alternates), expected, "{page}");
        for media_type in [
            "application/rss+xml",
            "APPLICATION/ATOM+XML; charset=UTF-8",
            "application/rss&#43;xml",
            "application/feed+json",
            "application/rdf+xml",
            "application/x-rss+xml",
            "application/x.atom+xml",
            "application/xml+rss",
            "application/rss",
            "text/rss+xml",
        ] {
            check(&format!("<link REL='Alternate nofollow' type='{media_type}' href=/f>"), &["/f"]);
        }
        check("<link rel=alternate type=application/xml title='News RSS' href=/odd>", &["/odd"]);
        check("<link rel=alternate type=text/xml href=/rss.xml>", &["/rss.xml"]);
        check("<link rel=alternate type=application/json title='JSON Feed' href=/j>", &["/j"]);
        check(
            "<link rel=alternate title=RSS href=/r><link rel=feed href=/s><link rel='alternate feed' href=/t>",
            &["/r", "/s", "/t"],
        );
        check(
            "<link type=application/atom+xml href=/a><link rel=service.feed type=application/atom+xml href=/b>",
            &["/a", "/b"],
        );
        check("<body><p><a rel='alternate' type='application/rss+xml' href='feed://paper.example/f'>x</a>", &["/f"]);
        check("<link rel=alternate type=application/rss+xml href=feed:https://paper.example/f>", &["/f"]);
        check(
            "<!-- <link rel=alternate type=application/rss+xml href=/no> --><link rel=alternate type=application/rss+xml>\
             <link rel=alternate type='application/atom+xml;type=entry' href=/no><link rel=alternate hreflang=de href=/de/>\
             <link rel=alternate type=application/json href=/wp-json/wp/v2/pages/2>\
             <link rel=alternate type=application/json+oembed href='/oembed?url=feed'>\
             <link rel=alternate type=text/xml+oembed href='/oembed?format=xml'>\
             <link rel='alternate stylesheet' type=text/css title=feed href=/a.css>\
             <link rel=search type=application/opensearchdescription+xml href=/o.xml><link rel=feed type=text/html href=/h>\
             <link rel=alternate media=handheld href=/m><link rel=alternate href=android-app://x/feed>",
            &[],
        );
        assert_eq!(paths(&clues_of("<link rel=alternate type=application/xml href=/odd>", None).links), ["/odd"]);
    }

    #[test]
    fn the_link_header_announces_feeds_before_the_page_does() {
        let header = "</about>; rel=\"author\", <odd.atom>; rel=\"alternate\"; type=\"application/atom+xml\"; title=\"a, b\", \
            <https://cdn.example/a.css>; rel=preload; as=style";
        let clues = clues_of("<base href='/deep/'><link rel=alternate type=application/rss+xml href=f>", Some(header));
        assert_eq!(paths(&clues.alternates), ["/odd.atom", "/deep/f"]);
        assert_eq!(clues.alternates[0].title.as_deref(), Some("a, b"));
        let wordpress = clues_of("", Some("<https://paper.example/wp-json/>; rel=\"https://api.w.org/\""));
        assert_eq!(wordpress.generator.as_deref(), Some("WordPress"));
    }

    #[test]
    fn links_that_are_called_feeds_are_tried() {
        let check = |page: &str, expected: &[&str]| assert_eq!(paths(&clues_of(page, None).links), expected, "{page}");
        check("<a href=/x><img src=/i.png alt='RSS feed'></a>", &["/x"]);
        check("<a href=/x><img src=/img/rss-icon.png></a>", &["/x"]);
        check(
            "<a href=/x title='Subscribe via RSS'><i></i></a><a href=/y><i class='fa fa-rss'></i></a>",
            &["/x", "/y"],
        );
        check("<a href=/x aria-label='Atom feed'></a><a href=/y>XML</a><a href=/z>Flux RSS</a>", &["/x", "/y", "/z"]);
        check("<a href=/x type=application/rss+xml>All news</a>", &["/x"]);
        check("<map><area href=/x alt=RSS></map>", &["/x"]);
        check("<a href='feed://paper.example/x'>Follow</a><a href=feed:https://paper.example/y>us</a>", &["/x", "/y"]);
        check("<a href=/x>Subscribe</a><a href=https://shop.example/y>Subscribe</a>", &["/x"]);
        check("<a href=/x>Subscribe</a><a href=/rss>News</a>", &["/rss"]);
        check("<a href=/x>Feed the birds</a><a href=/y>Atom splitting explained</a><!-- <a href=/rss>RSS</a> -->", &[]);
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
