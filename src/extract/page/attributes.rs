//! The attributes that are read.

use std::sync::LazyLock;

use html5ever::LocalName;

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

/// Those attributes as the parser knows them.
static READ_NAMES: LazyLock<Vec<LocalName>> =
    LazyLock::new(|| NAMING_ATTRIBUTES.iter().chain(&READ_ATTRIBUTES).map(|name| LocalName::from(*name)).collect());

/// Whether an attribute of that name is read.
pub(in super::super) fn is_read(name: &str) -> bool {
    position(name).is_some()
}

/// The name of an attribute that is read, as the parser knows it.
pub(in super::super) fn read_name(name: &str) -> Option<LocalName> {
    position(name).and_then(|position| READ_NAMES.get(position).cloned())
}

fn position(name: &str) -> Option<usize> {
    let first = name.as_bytes().first()?;
    if READ_BEGINNINGS[name.len() % 32] & (1 << (first % 32)) == 0 {
        return None;
    }
    NAMING_ATTRIBUTES.iter().chain(&READ_ATTRIBUTES).position(|read| read.eq_ignore_ascii_case(name))
}
