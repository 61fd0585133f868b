//! The attributes that are read.

use scraper::node::Element as TreeElement;

/// Attributes whose values name an element's role; ids and classes first of all.
pub(super) const NAMING_ATTRIBUTES: [&str; 7] =
    ["class", "id", "itemprop", "role", "data-component", "data-testid", "data-qa"];

/// The attributes that are read anywhere, beside those above. The page is parsed without all others: who wants to read
/// another puts it here. The last three decide how the parser goes on.
const READ_ATTRIBUTES: [&str; 27] = [
    "content",
    "data-date",
    "data-datetime",
    "data-epoch",
    "data-pubdate",
    "data-published",
    "data-published-at",
    "data-seconds",
    "data-time",
    "data-timestamp",
    "data-utc",
    "data-utime",
    "datetime",
    "href",
    "hidden",
    "aria-hidden",
    "http-equiv",
    "lang",
    "name",
    "property",
    "rel",
    "style",
    "title",
    "xml:lang",
    "type",
    "encoding",
    "shadowrootmode",
];

/// For each length the first letters of the attributes that are read, a bit each: most names are told by these alone.
const READ_BEGINNINGS: [u32; 32] = {
    let mut beginnings = [0; 32];
    let mut position = 0;
    while position < NAMING_ATTRIBUTES.len() + READ_ATTRIBUTES.len() {
        let name = if position < NAMING_ATTRIBUTES.len() {
            NAMING_ATTRIBUTES[position].as_bytes()
        } else {
            READ_ATTRIBUTES[position - NAMING_ATTRIBUTES.len()].as_bytes()
        };
        beginnings[name.len() % 32] |= 1 << (name[0] % 32);
        position += 1;
    }
    beginnings
};

/// Whether an attribute of that name is read.
pub(in super::super) fn is_read(name: &[u8]) -> bool {
    let begins_so = name.first().is_some_and(|first| READ_BEGINNINGS[name.len() % 32] & (1 << (first % 32)) != 0);
    let is_it = |read: &str| read.len() == name.len() && read.as_bytes().eq_ignore_ascii_case(name);
    begins_so && NAMING_ATTRIBUTES.iter().chain(&READ_ATTRIBUTES).any(|read| is_it(read))
}

/// The value of an attribute. Elements have few, and looking through them takes less than making out by which number
/// the parser knows the name, as the tree's own method does.
pub(super) fn attribute<'a>(element: &'a TreeElement, name: &str) -> Option<&'a str> {
    element.attrs.iter().find(|(known, _)| &*known.local == name && known.ns.is_empty()).map(|(_, value)| &**value)
}
