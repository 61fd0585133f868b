//! Feeds: RSS 2.0, Atom, JSON Feed, a news sitemap, and one that is broken. Stories come newest first.

use std::fmt::Write;

use jiff::Timestamp;
use quick_xml::escape::escape;
use serde_json::json;

use super::markup;
use super::story::{Paper, Story};

/// Characters of an entry's summary.
const SUMMARY_CHARS: usize = 600;

/// RSS 2.0. Every link carries `tracking`, as a query without its question mark; an empty one is left away.
pub(super) fn rss(paper: &Paper, title: &str, stories: &[&Story], tracking: &str) -> String {
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n<channel>\n\
         <title>{}</title>\n<link>{}</link>\n<description>{}</description>\n<language>{}</language>\n",
        escape(title),
        paper.url("/"),
        escape(&paper.tagline),
        paper.language,
    );
    if let Some(newest) = stories.first() {
        let _ = writeln!(xml, "<lastBuildDate>{}</lastBuildDate>", paper.rfc822(newest.published));
    }
    for story in stories {
        let query = if tracking.is_empty() { String::new() } else { format!("?{tracking}") };
        let _ = write!(
            xml,
            "<item>\n<title>{}</title>\n<link>{}</link>\n<description>{}</description>\n<dc:creator>{}</dc:creator>\n\
             <category>{}</category>\n<guid isPermaLink=\"false\">{}</guid>\n<pubDate>{}</pubDate>\n</item>\n",
            escape(&story.title),
            escape(paper.url(&format!("{}{query}", story.path))),
            escape(story.summary(SUMMARY_CHARS)),
            escape(story.byline(", ")),
            escape(&story.section),
            story.id,
            paper.rfc822(story.published),
        );
    }
    xml.push_str("</channel>\n</rss>\n");
    xml
}

/// RSS as a failing publishing system leaves it: an ampersand that begins no reference, and no end.
pub(super) fn broken_rss(paper: &Paper, title: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\">\n<channel>\n<title>{title}</title>\n<link>{}</link>\n\
         <description>Food & drink, homes & gardens, cats & dogs</description>\n<item>\n<title>Where to eat on the quay this",
        paper.url("/"),
    )
}

/// Atom.
pub(super) fn atom(paper: &Paper, stories: &[Story], updated: Timestamp) -> String {
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{}\">\n<title>{}</title>\n\
         <subtitle>{}</subtitle>\n<link rel=\"self\" href=\"{}\"/>\n<link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>\n\
         <id>{}</id>\n<updated>{}</updated>\n",
        paper.language,
        escape(&paper.name),
        escape(&paper.tagline),
        paper.url("/atom.xml"),
        paper.url("/"),
        paper.url("/"),
        paper.rfc3339(updated),
    );
    let host = paper.base_url.rsplit('/').next().unwrap_or_default();
    for story in stories {
        let _ = write!(
            xml,
            "<entry>\n<title>{}</title>\n<link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>\n\
             <id>tag:{host},2019:article-{}</id>\n",
            escape(markup::french_spaces(&story.title)),
            paper.url(&story.path),
            story.id,
        );
        for author in &story.authors {
            let _ = writeln!(xml, "<author><name>{}</name></author>", escape(author));
        }
        let _ = write!(
            xml,
            "<category term=\"{}\"/>\n<published>{}</published>\n<updated>{}</updated>\n<summary type=\"html\">{}</summary>\n</entry>\n",
            escape(&story.section),
            paper.rfc3339(story.published),
            paper.rfc3339(story.modified),
            // HTML inside XML: escaped twice.
            escape(format!("<p>{}</p>", escape(markup::french_spaces(&story.summary(SUMMARY_CHARS))))),
        );
    }
    xml.push_str("</feed>\n");
    xml
}

/// JSON Feed 1.1.
pub(super) fn json_feed(paper: &Paper, stories: &[Story]) -> String {
    let items: Vec<_> = stories
        .iter()
        .map(|story| {
            let url = paper.url(&story.path);
            json!({"id": url, "url": url, "title": story.title, "summary": story.summary(SUMMARY_CHARS),
                "content_text": story.summary(SUMMARY_CHARS), "language": story.language, "tags": [story.section],
                "authors": story.authors.iter().map(|name| json!({"name": name})).collect::<Vec<_>>(),
                "date_published": paper.rfc3339(story.published), "date_modified": paper.rfc3339(story.modified)})
        })
        .collect();
    json!({"version": "https://jsonfeed.org/version/1.1", "title": paper.name, "description": paper.tagline,
        "home_page_url": paper.url("/"), "feed_url": paper.url("/feed.json"), "language": paper.language, "items": items})
    .to_string()
}

/// A sitemap with the news extension.
pub(super) fn news_sitemap(paper: &Paper, stories: &[Story]) -> String {
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" \
         xmlns:news=\"http://www.google.com/schemas/sitemap-news/0.9\">\n",
    );
    for story in stories {
        let _ = write!(
            xml,
            "<url>\n<loc>{}</loc>\n<lastmod>{}</lastmod>\n<news:news>\n<news:publication><news:name>{}</news:name>\
             <news:language>{}</news:language></news:publication>\n<news:publication_date>{}</news:publication_date>\n\
             <news:title>{}</news:title>\n</news:news>\n</url>\n",
            paper.url(&story.path),
            paper.rfc3339(story.modified),
            escape(&paper.name),
            paper.language,
            paper.rfc3339(story.published),
            escape(&story.title),
        );
    }
    xml.push_str("</urlset>\n");
    xml
}

/// robots.txt with what nobody should crawl.
pub(super) fn robots(disallowed: &[&str], sitemap: Option<String>) -> String {
    let mut text = String::from("User-agent: *\n");
    for path in disallowed {
        let _ = writeln!(text, "Disallow: {path}");
    }
    if let Some(sitemap) = sitemap {
        let _ = writeln!(text, "\nSitemap: {sitemap}");
    }
    text
}
