//! What the names in a feed mean: namespaces, and the elements of an entry in all the dialects that are written.

use std::borrow::Cow;

use super::markup::{Tag, local_name};

/// The dialects of XML feeds, by their root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `rss`, items within the channel.
    Rss,
    /// `rdf:RDF`: RSS 0.90 and 1.0, items beside the channel.
    Rdf,
    /// `feed` or `entry`.
    Atom,
    /// `CHANNEL`: the Channel Definition Format, a forerunner.
    Cdf,
}

/// The namespaces that matter, each under whatever address it has gone by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// The dialect's own elements.
    Native,
    Atom,
    Rss,
    Rdf,
    Content,
    Dublin,
    DublinTerms,
    Feedburner,
    Syndication,
    Itunes,
    Media,
    News,
    Xhtml,
    Other,
}

/// Prefixes that mean one thing, declared or not.
const PREFIXES: [(&str, Family); 15] = [
    ("atom", Family::Atom),
    ("atom10", Family::Atom),
    ("a10", Family::Atom),
    ("rss", Family::Rss),
    ("rdf", Family::Rdf),
    ("content", Family::Content),
    ("dc", Family::Dublin),
    ("dcterms", Family::DublinTerms),
    ("feedburner", Family::Feedburner),
    ("sy", Family::Syndication),
    ("itunes", Family::Itunes),
    ("media", Family::Media),
    ("news", Family::News),
    ("xhtml", Family::Xhtml),
    ("html", Family::Xhtml),
];

/// Addresses of namespaces, without scheme and without a slash or hash at the end. The first of a family is the one
/// in force, and with `http://` in front the only one that feed-rs knows.
const ADDRESSES: [(&str, Family); 28] = [
    ("www.w3.org/2005/atom", Family::Atom),
    ("purl.org/atom/ns", Family::Atom),
    ("purl.org/pie", Family::Atom),
    ("purl.org/echo", Family::Atom),
    ("purl.org/rss/1.0", Family::Rss),
    ("my.netscape.com/rdf/simple/0.9", Family::Rss),
    ("channel.netscape.com/rdf/simple/0.9", Family::Rss),
    ("my.netscape.com/publish/formats/rss-0.91.dtd", Family::Rss),
    ("purl.org/net/rss1.1", Family::Rss),
    ("backend.userland.com/rss", Family::Rss),
    ("backend.userland.com/rss2", Family::Rss),
    ("backend.userland.com/rss091", Family::Rss),
    ("blogs.law.harvard.edu/tech/rss", Family::Rss),
    ("cyber.law.harvard.edu/rss/rss.html", Family::Rss),
    ("www.w3.org/1999/02/22-rdf-syntax-ns", Family::Rdf),
    ("purl.org/rss/1.0/modules/content", Family::Content),
    ("purl.org/dc/elements/1.1", Family::Dublin),
    ("purl.org/dc/elements/1.0", Family::Dublin),
    ("purl.org/dc/terms", Family::DublinTerms),
    ("rssnamespace.org/feedburner/ext/1.0", Family::Feedburner),
    ("purl.org/rss/1.0/modules/syndication", Family::Syndication),
    ("www.itunes.com/dtds/podcast-1.0.dtd", Family::Itunes),
    ("search.yahoo.com/mrss", Family::Media),
    ("search.yahoo.com/searchmonkey/media", Family::Media),
    ("www.google.com/schemas/sitemap-news/0.9", Family::News),
    ("www.google.com/schemas/sitemap-news/0.84", Family::News),
    ("www.w3.org/1999/xhtml", Family::Xhtml),
    ("www.w3.org/tr/rec-html40", Family::Xhtml),
];

/// The addresses as feed-rs compares them.
const EXACT_ADDRESSES: [&str; 5] = [
    "http://www.w3.org/2005/Atom",
    "http://purl.org/rss/1.0/",
    "http://purl.org/rss/1.0/modules/content/",
    "http://purl.org/dc/elements/1.1/",
    "http://search.yahoo.com/mrss/",
];

fn family_of_address(address: &str) -> Option<Family> {
    let address = address.trim();
    let bare = address.strip_prefix("http://").or_else(|| address.strip_prefix("https://")).unwrap_or(address);
    let bare = bare.trim_end_matches(['/', '#']);
    ADDRESSES.iter().find(|(known, _)| known.eq_ignore_ascii_case(bare)).map(|(_, family)| *family)
}

/// A name with its namespace resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name<'t> {
    pub(super) family: Family,
    pub(super) local: &'t str,
    /// Whether feed-rs resolves it to the same family.
    pub(super) is_exact: bool,
}

impl Name<'_> {
    /// Whether it is an element of the dialect or of one of the two that all others grew from.
    pub(super) fn is_core(&self) -> bool {
        matches!(self.family, Family::Native | Family::Rss | Family::Atom)
    }
}

/// The declarations of a document. They count wherever they stand, since a feed that gives a prefix two meanings has
/// not been seen, and one that declares it in the wrong place has.
pub(super) struct Namespaces<'t> {
    prefixes: Vec<(&'t str, Family, bool)>,
    default: (Family, bool),
    dialect: Dialect,
}

/// Most declarations that are kept; feeds have about a dozen.
const DECLARATIONS_MAX: usize = 64;

impl<'t> Namespaces<'t> {
    pub(super) fn of_root(dialect: Dialect, root: &Tag<'t>) -> Self {
        let mut namespaces = Namespaces { prefixes: Vec::new(), default: (Family::Native, true), dialect };
        namespaces.declare(root);
        namespaces.declare_prefix_of(root);
        if let Some(address) = default_namespace(root) {
            namespaces.default = match family_of_address(&address) {
                // Whatever else it is called, it is the root's namespace, and the root is that of a feed.
                None | Some(Family::Rss | Family::Atom) => {
                    (Family::Native, address.is_empty() || namespaces.is_native(&address))
                }
                Some(family) => (family, false),
            };
        }
        namespaces
    }

    /// Whatever the prefix of the root is declared to be, it is the root's namespace, and the root is that of a feed.
    fn declare_prefix_of(&mut self, root: &Tag<'t>) {
        let Some((prefix, _)) = root.name.split_once(':') else { return };
        match self.prefixes.iter_mut().find(|(known, ..)| *known == prefix) {
            Some((_, family @ Family::Other, is_exact)) => (*family, *is_exact) = (Family::Native, false),
            None if family_of_prefix(prefix) == Family::Other => self.prefixes.push((prefix, Family::Native, false)),
            _ => {}
        }
    }

    fn is_native(&self, address: &str) -> bool {
        address == if self.dialect == Dialect::Atom { EXACT_ADDRESSES[0] } else { EXACT_ADDRESSES[1] }
    }

    /// Takes over the `xmlns:prefix` attributes of a tag.
    pub(super) fn declare(&mut self, tag: &Tag<'t>) {
        if !tag.mentions_xml() {
            return;
        }
        for (name, address) in tag.attributes() {
            let Some(prefix) = name.strip_prefix("xmlns:") else {
                continue;
            };
            if self.prefixes.len() < DECLARATIONS_MAX && !self.prefixes.iter().any(|(known, ..)| *known == prefix) {
                let family = family_of_address(address).unwrap_or(Family::Other);
                let family = if family == Family::Other { family_of_prefix(prefix) } else { family };
                let is_exact = EXACT_ADDRESSES.contains(&address)
                    || !matches!(family, Family::Atom | Family::Rss | Family::Content | Family::Dublin);
                self.prefixes.push((prefix, family, is_exact));
            }
        }
    }

    /// Resolves the name of an end tag, or of a start tag without a default namespace of its own.
    pub(super) fn resolve(&self, name: &'t str) -> Name<'t> {
        let Some((prefix, local)) = name.split_once(':') else {
            return Name { family: self.default.0, local: name, is_exact: self.default.1 };
        };
        let local = local_name(local);
        match self.prefixes.iter().find(|(known, ..)| *known == prefix) {
            Some((_, family, is_exact)) => Name { family: *family, local, is_exact: *is_exact },
            None => Name { family: family_of_prefix(prefix), local, is_exact: false },
        }
    }

    /// Resolves the name of a start tag.
    pub(super) fn resolve_tag(&self, tag: &Tag<'t>) -> Name<'t> {
        let name = self.resolve(tag.name);
        if tag.attributes.is_empty() || tag.name.contains(':') {
            return name;
        }
        match default_namespace(tag) {
            None => name,
            Some(address) => {
                let family = if address.is_empty() {
                    Family::Native
                } else {
                    family_of_address(&address).unwrap_or(Family::Other)
                };
                let is_exact = self.is_native(&address) && self.default.1;
                Name { family, local: name.local, is_exact }
            }
        }
    }
}

fn family_of_prefix(prefix: &str) -> Family {
    PREFIXES.iter().find(|(known, _)| known.eq_ignore_ascii_case(prefix)).map_or(Family::Other, |(_, family)| *family)
}

fn default_namespace<'t>(tag: &Tag<'t>) -> Option<Cow<'t, str>> {
    if tag.mentions_xml() { tag.attribute("xmlns") } else { None }
}

/// What an element within an entry is. The number is its rank: of several that say the same, the lowest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EntryField {
    Title(u8),
    /// With an `href`, or with the address as its text.
    Link,
    /// The address behind a counting redirect.
    OriginalLink,
    Id(u8),
    Published(u8),
    Updated(u8),
    Author(u8),
    Summary(u8),
    Content(u8),
}

impl EntryField {
    /// A number for each kind of field, whatever its rank, from 0 to 8.
    pub(super) fn kind(self) -> u8 {
        match self {
            EntryField::Title(_) => 0,
            EntryField::Link => 1,
            EntryField::OriginalLink => 2,
            EntryField::Id(_) => 3,
            EntryField::Published(_) => 4,
            EntryField::Updated(_) => 5,
            EntryField::Author(_) => 6,
            EntryField::Summary(_) => 7,
            EntryField::Content(_) => 8,
        }
    }

    /// Whether this says something only where its better is absent.
    pub(super) fn is_substitute(self) -> bool {
        match self {
            EntryField::Link | EntryField::OriginalLink => false,
            EntryField::Title(rank)
            | EntryField::Id(rank)
            | EntryField::Published(rank)
            | EntryField::Updated(rank)
            | EntryField::Author(rank)
            | EntryField::Summary(rank)
            | EntryField::Content(rank) => rank > 0,
        }
    }
}

/// What an element within an entry is; `None` for those that say nothing to us.
pub(super) fn entry_field(dialect: Dialect, name: &Name<'_>) -> Option<EntryField> {
    let mut buffer = [0_u8; 16];
    let local = lower_case(name.local, &mut buffer)?;
    Some(match (name.family, local) {
        (Family::Native | Family::Rss | Family::Atom, _) => return core_field(dialect, local),
        (Family::Content, "encoded") => EntryField::Content(0),
        (Family::Xhtml, "body" | "div") => EntryField::Content(2),
        (Family::Dublin, "title") => EntryField::Title(1),
        (Family::Dublin, "date") | (Family::DublinTerms, "issued") => EntryField::Published(1),
        (Family::Dublin, "creator" | "author") | (Family::DublinTerms, "creator") => EntryField::Author(0),
        (Family::Dublin, "description") => EntryField::Summary(1),
        (Family::Dublin, "identifier") => EntryField::Id(2),
        (Family::DublinTerms, "created") => EntryField::Published(2),
        (Family::DublinTerms, "modified") => EntryField::Updated(1),
        // Under the name of whichever service counts.
        (_, "origlink") => EntryField::OriginalLink,
        (Family::Itunes, "author") => EntryField::Author(1),
        (Family::Itunes, "summary" | "subtitle") => EntryField::Summary(2),
        (Family::Media, "title") => EntryField::Title(2),
        (Family::Media, "description") => EntryField::Summary(3),
        _ => return None,
    })
}

fn core_field(dialect: Dialect, local: &str) -> Option<EntryField> {
    Some(match local {
        "title" => EntryField::Title(0),
        "link" | "url" => EntryField::Link,
        "guid" | "id" => EntryField::Id(0),
        "pubdate" | "published" | "issued" => EntryField::Published(0),
        "date" => EntryField::Published(1),
        "created" => EntryField::Published(2),
        "updated" | "modified" | "lastmod" => EntryField::Updated(0),
        "author" | "creator" => EntryField::Author(0),
        "abstract" => EntryField::Summary(0),
        "description" => EntryField::Summary(u8::from(dialect == Dialect::Atom)),
        // Beside a `description`, the `summary` of an RSS item is the shorter of the two.
        "summary" => EntryField::Summary(u8::from(dialect != Dialect::Atom)),
        "content" => EntryField::Content(u8::from(dialect != Dialect::Atom)),
        "encoded" | "fullitem" | "body" | "content_encoded" => EntryField::Content(1),
        _ => return None,
    })
}

/// Whether feed-rs gives an element of an entry, under exactly this name, the meaning that [`entry_field`] does.
pub(super) fn feed_rs_reads_field(dialect: Dialect, name: &Name<'_>) -> bool {
    if !name.is_exact {
        return false;
    }
    match (dialect, name.family) {
        (Dialect::Rss, Family::Native | Family::Rss) => {
            matches!(name.local, "title" | "link" | "description" | "author" | "guid" | "pubDate" | "updated")
        }
        (Dialect::Rss, Family::Content) => name.local == "encoded",
        (Dialect::Rss, Family::Dublin) => matches!(name.local, "date" | "creator"),
        (Dialect::Rss, Family::Atom) => name.local == "updated",
        (Dialect::Atom, Family::Native | Family::Atom) => {
            matches!(
                name.local,
                "title" | "link" | "id" | "published" | "pubDate" | "updated" | "author" | "summary" | "content"
            )
        }
        _ => false,
    }
}

/// A short ASCII name in lower case; longer ones mean nothing to us.
pub(super) fn lower_case<'b>(name: &str, buffer: &'b mut [u8; 16]) -> Option<&'b str> {
    let lower = buffer.get_mut(..name.len())?;
    lower.copy_from_slice(name.as_bytes());
    lower.make_ascii_lowercase();
    std::str::from_utf8(lower).ok()
}

/// The address that a link has as an attribute, under whichever name.
pub(super) fn address_attribute<'t>(tag: &Tag<'t>) -> Option<Cow<'t, str>> {
    if tag.attributes.is_empty() {
        return None;
    }
    ["href", "xlink:href", "rdf:resource", "url", "src"].iter().find_map(|name| tag.attribute(name))
}

/// The recording that an element attaches to its entry, as its type and its address.
pub(super) fn recording<'t>(tag: &Tag<'t>, name: &Name<'_>) -> Option<(Option<Cow<'t, str>>, Cow<'t, str>)> {
    let is_attachment = (name.is_core() && name.local.eq_ignore_ascii_case("enclosure"))
        || (name.family == Family::Media && name.local == "content");
    if !is_attachment {
        return None;
    }
    let kind = tag.attribute("type").or_else(|| tag.attribute("medium"));
    if kind.as_deref().is_some_and(|kind| kind.trim().to_ascii_lowercase().starts_with("image")) {
        return None;
    }
    Some((tag.attribute("type"), address_attribute(tag)?))
}

/// Whether an element holds the media of an entry, with their title and description.
pub(super) fn is_group_of_media(name: &Name<'_>) -> bool {
    name.family == Family::Media && name.local == "group"
}

/// Elements that hold elements with the names of an entry's own, about something else.
pub(super) fn is_about_something_else(name: &Name<'_>) -> bool {
    let mut buffer = [0_u8; 16];
    let local = lower_case(name.local, &mut buffer);
    name.is_core()
        && matches!(
            local,
            Some(
                "source"
                    | "image"
                    | "textinput"
                    | "contributor"
                    | "cloud"
                    | "skiphours"
                    | "skipdays"
                    | "items"
                    | "rights"
            )
        )
}
