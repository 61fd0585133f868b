//! The root of a document, which says what the document is.

use super::markup::{Scanner, Tag, Token};
use super::text;
use super::vocabulary::{self, Dialect};

/// The element that says what a document is.
pub(super) enum Root<'t> {
    Feed { dialect: Dialect, tag: Tag<'t>, start: usize, behind: usize },
    Sitemap { tag: Tag<'t>, behind: usize },
    Html,
    Other(&'t str),
    None,
}

/// Looks for the root. What stands before it (a declaration, or the error messages of a server) is passed over, and
/// also a page of HTML that was put around it.
pub(super) fn find_root(text: &str) -> Root<'_> {
    let mut scanner = Scanner::new(text);
    let (mut first, mut is_html, mut is_within_html) = (None, false, false);
    while let Some(token) = scanner.next() {
        let tag = match token {
            Token::Open(tag) => tag,
            Token::Other(inside) => {
                // It takes an element to be a page: there are feeds that claim this document type.
                is_html |= is_html_document_type(inside);
                continue;
            }
            _ => continue,
        };
        let (start, behind) = (scanner.token_start(), scanner.position());
        let mut buffer = [0_u8; 16];
        let dialect = match vocabulary::lower_case(tag.local_name(), &mut buffer) {
            Some("rdf") => Dialect::Rdf,
            Some("feed" | "entry") => Dialect::Atom,
            Some("channel") if tag.attribute("href").is_some() || tag.name == "CHANNEL" => Dialect::Cdf,
            Some("rss" | "channel") => Dialect::Rss,
            Some("urlset" | "sitemapindex") => return Root::Sitemap { tag, behind },
            Some("html" | "frameset") => {
                if !has_feed_within(&text[behind..]) {
                    return Root::Html;
                }
                is_within_html = true;
                continue;
            }
            Some("script" | "style") if is_within_html => {
                scanner.skip_raw_text(tag.name);
                continue;
            }
            // Pages have elements of their own with such names.
            _ if is_within_html && !is_root_of_feed(&tag) => continue,
            _ => {
                first.get_or_insert(tag.name);
                continue;
            }
        };
        return Root::Feed { dialect, tag, start, behind };
    }
    match first {
        _ if is_html || is_within_html => Root::Html,
        None => Root::None,
        Some(name) if text::is_html_element(name) || is_html_head(name) => Root::Html,
        // What else looks like a tag may be so by chance.
        Some(name) if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte)) => Root::None,
        Some(name) => Root::Other(name),
    }
}

/// Whether a page without its outer tags may begin with an element.
fn is_html_head(name: &str) -> bool {
    ["title", "link", "base", "noscript", "template"].iter().any(|element| element.eq_ignore_ascii_case(name))
}

/// Whether it is worth looking for a feed in a page.
fn has_feed_within(page: &str) -> bool {
    ["<rss", "<feed", "<rdf:RDF"].iter().any(|tag| memchr::memmem::find(page.as_bytes(), tag.as_bytes()).is_some())
}

fn is_root_of_feed(tag: &Tag<'_>) -> bool {
    (tag.name == "rss" && tag.attribute("version").is_some())
        || (matches!(tag.name, "feed" | "rdf:RDF") && tag.attribute("xmlns").is_some())
}

fn is_html_document_type(inside: &str) -> bool {
    inside.get(.."doctype".len()).is_some_and(|word| word.eq_ignore_ascii_case("doctype"))
        && inside["doctype".len()..]
            .trim_start()
            .get(.."html".len())
            .is_some_and(|word| word.eq_ignore_ascii_case("html"))
}
