//! The elements of HTML, by what they are to a list of links.

use url::Url;

use super::super::address::resolve;
use super::super::markup::{Scanner, Tag};

pub(super) fn is(tag: &Tag<'_>, name: &str) -> bool {
    tag.name.eq_ignore_ascii_case(name)
}

pub(super) fn base_of(tag: &Tag<'_>, page: &Url) -> Option<Url> {
    resolve(&tag.attribute("href")?, page)
}

/// Elements whose content is no markup.
pub(super) fn skip_if_raw(tag: &Tag<'_>, scanner: &mut Scanner<'_>) {
    if ["script", "style", "textarea", "template", "noscript", "svg"].iter().any(|name| is(tag, name)) && !tag.is_empty
    {
        scanner.skip_raw_text(tag.name);
    }
}

/// Elements that hold what a page is about.
pub(super) fn is_content(name: &str) -> bool {
    ["main", "article", "section"].iter().any(|content| content.eq_ignore_ascii_case(name))
}

pub(super) fn is_inline(name: &str) -> bool {
    ["span", "b", "i", "em", "strong", "u", "mark", "small", "sup", "sub", "font", "wbr", "q", "cite"]
        .iter()
        .any(|inline| inline.eq_ignore_ascii_case(name))
}

pub(super) fn is_heading(name: &str) -> bool {
    matches!(name.as_bytes(), [b'h' | b'H', b'1'..=b'6'])
}
