//! One pass over a feed before feed-rs sees it, that asks: does feed-rs read all of it, and as it is meant?
//!
//! Failing to parse is the lesser problem. feed-rs also reads, without a word, a title up to its first tag and none
//! of a channel under a foreign default namespace; it takes the title of a picture for that of its entry where a prefix
//! is not declared; it nests as deep as the document does, and compares each attribute of a tag with all others. This
//! pass finds such places, and costs a fraction of the parsing itself. What must not reach feed-rs goes to
//! [`super::repair`].

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::address;
use super::markup::{CDATA_START, Scanner, Tag, Token};
use super::plain::{Keeper, PlainFeed};
use super::vocabulary::{self, Dialect, Family, Name, Namespaces};

/// Deepest nesting that is handed to feed-rs, which recurses in places. Texts in XHTML nest some twenty deep.
const DEPTH_MAX: usize = 96;

/// Longest run of attributes handed on, in bytes: a bound for what is quadratic in their number or multiplied by the
/// number of elements. Long tags are images with data in their address, which are no loss.
const ATTRIBUTES_MAX: usize = 8 * 1024;

/// Most attributes in a tag. Roots that declare two dozen namespaces are seen.
const ATTRIBUTES_NUMBER_MAX: usize = 64;

/// Made once: a feed has thousands of sections, most of them short.
static CDATA_FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(CDATA_START));

/// What the pass found.
#[derive(Debug)]
pub(super) struct Precheck<'t> {
    /// Why the document has to be repaired before feed-rs sees it; `None` for a clean one.
    pub(super) flaw: Option<&'static str>,
    /// Entries seen.
    pub(super) n_entries: usize,
    /// Where the root element ends.
    pub(super) end: usize,
    /// What feed-rs does not tell of the channel.
    pub(super) channel: ChannelFacts,
    /// The feed itself, where it is so plain that it needs no other reader.
    pub(super) plain: Option<PlainFeed<'t>>,
}

/// What a channel says of itself and feed-rs does not pass on.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ChannelFacts {
    /// `ttl`, in minutes.
    pub(super) ttl: Option<u32>,
    /// `sy:updatePeriod`, in seconds.
    pub(super) update_period_s: Option<u32>,
    /// `sy:updateFrequency`: how often within the period.
    pub(super) update_frequency: Option<u32>,
    /// `language` as it is written, which feed-rs puts in lower case, or `dc:language`.
    pub(super) language: Option<String>,
}

impl ChannelFacts {
    /// The time between two polls that the channel asks for, in seconds.
    pub(super) fn ttl_s(&self) -> Option<u32> {
        let from_ttl = self.ttl.filter(|minutes| *minutes > 0).map(|minutes| minutes.saturating_mul(60));
        let frequency = self.update_frequency.unwrap_or(1).max(1);
        from_ttl.or_else(|| Some((self.update_period_s? / frequency).max(1)))
    }

    /// Notes the text of an element of the channel.
    fn note(&mut self, name: &Name<'_>, text: &str) {
        let text = text.trim();
        match (name.family, name.local) {
            (Family::Native | Family::Rss, "ttl") => self.ttl = text.parse().ok(),
            (Family::Syndication, "updatePeriod") => {
                self.update_period_s = match text {
                    "hourly" => Some(3600),
                    "daily" => Some(86_400),
                    "weekly" => Some(7 * 86_400),
                    "monthly" => Some(30 * 86_400),
                    "yearly" => Some(365 * 86_400),
                    _ => None,
                }
            }
            (Family::Syndication, "updateFrequency") => self.update_frequency = text.parse().ok(),
            (Family::Native | Family::Rss | Family::Dublin, "language") if !text.is_empty() => {
                self.language = Some(text.to_owned());
            }
            _ => {}
        }
    }
}

/// What may stand within the element that was opened last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// Elements, each with its own meaning.
    Elements,
    /// Text that feed-rs takes up to the first tag.
    Text,
    /// A person's name and address as one text.
    Person,
    /// Anything: feed-rs reads it right or passes it over.
    Anything,
}

struct Checker<'t> {
    dialect: Dialect,
    namespaces: Namespaces<'t>,
    open: Vec<&'t str>,
    /// The depth at which entries stand.
    entry_depth: usize,
    /// The depth and kind of the element whose inside is not looked at for structure.
    leaf: Option<(usize, Inside)>,
    is_in_entry: bool,
    /// Bits by `EntryField::kind`: fields that feed-rs reads, and substitutes that it does not.
    fields_read: u16,
    fields_missed: u16,
    n_dates: u8,
    /// Whether the text that comes next is an Atom title without a type.
    is_untyped_title: bool,
    /// The channel's element whose text comes next.
    channel_name: Option<Name<'t>>,
    keeper: Keeper<'t>,
    findings: Precheck<'t>,
}

/// Looks over the document that begins with the tag `root`; `text` begins right behind it.
pub(super) fn check<'t>(dialect: Dialect, root: &Tag<'t>, text: &'t str) -> Precheck<'t> {
    let mut checker = Checker {
        dialect,
        namespaces: Namespaces::of_root(dialect, root),
        open: Vec::with_capacity(16),
        entry_depth: if dialect == Dialect::Rss { 3 } else { 2 },
        leaf: None,
        is_in_entry: false,
        fields_read: 0,
        fields_missed: 0,
        n_dates: 0,
        is_untyped_title: false,
        channel_name: None,
        keeper: Keeper::new(dialect, root),
        findings: Precheck { flaw: None, n_entries: 0, end: text.len(), channel: ChannelFacts::default(), plain: None },
    };
    checker.root(root);
    let mut scanner = Scanner::new(text);
    while let Some(token) = scanner.next() {
        match token {
            Token::Open(tag) => checker.open(&tag),
            Token::Close(name) => {
                checker.close(name);
                if checker.open.is_empty() {
                    return Precheck { end: scanner.position(), plain: checker.keeper.finish(), ..checker.findings };
                }
            }
            Token::Text(piece) => {
                checker.keeper.text(piece);
                checker.text(piece);
            }
            Token::CData(piece) => {
                if CDATA_FINDER.find(piece.as_bytes()).is_some() {
                    checker.flaw("a section holds another, or has no end");
                }
                checker.keeper.section(piece);
                checker.text(piece);
            }
            Token::Other(_) => {}
        }
    }
    checker.flaw("the document ends early");
    checker.findings
}

impl<'t> Checker<'t> {
    fn flaw(&mut self, what: &'static str) {
        self.findings.flaw.get_or_insert(what);
        self.keeper.give_up();
    }

    fn root(&mut self, root: &Tag<'t>) {
        self.open.push(root.name);
        self.attributes(root);
        self.well_formed(root);
        let is_known = match (self.dialect, root.name) {
            (Dialect::Rss, "rss") => {
                matches!(root.attribute("version").as_deref(), Some("2.0" | "0.91" | "0.92"))
                    && root.attributes.contains("version")
            }
            (Dialect::Atom, "feed") => true,
            // feed-rs drops `rdf:about`, which is the identity of an entry there, and does not know CDF; the base of
            // a lone `entry` is all that it has.
            _ => false,
        };
        if !is_known || !self.namespaces.resolve(root.local_name()).is_exact {
            self.flaw("the root element is not as feed-rs wants it");
        }
        if root.is_empty {
            self.flaw("the root element is empty");
        }
    }

    fn attributes(&mut self, tag: &Tag<'t>) {
        if tag.attributes.len() > 80
            && (tag.attributes.len() > ATTRIBUTES_MAX || tag.attributes().nth(ATTRIBUTES_NUMBER_MAX).is_some())
        {
            self.flaw("a tag has more attributes than any sane one");
        }
    }

    /// Attributes that feed-rs would leave out, or resolve as if nothing were around them.
    fn well_formed(&mut self, tag: &Tag<'t>) {
        if !tag.has_quoted_attributes() {
            self.flaw("an attribute is not in quotes");
        }
        if tag.mentions_xml() && tag.attribute("xml:base").is_some_and(|base| !base.contains("://")) {
            self.flaw("feed-rs does not know what a base is relative to");
        }
    }

    fn open(&mut self, tag: &Tag<'t>) {
        let depth = self.open.len() + 1;
        if !tag.attributes.is_empty() {
            self.attributes(tag);
        }
        if depth > DEPTH_MAX {
            self.flaw("elements nest too deep");
            return;
        }
        if !tag.is_empty {
            self.open.push(tag.name);
        }
        self.keeper.tag(tag);
        match self.leaf {
            None => {}
            Some((_, Inside::Text | Inside::Person)) => return self.flaw("a text has tags in it"),
            Some(_) => return,
        }
        if !tag.attributes.is_empty() {
            self.well_formed(tag);
        }
        self.namespaces.declare(tag);
        let inside = self.place(tag, depth);
        if tag.is_empty {
            self.keeper.end();
        } else if inside != Inside::Elements {
            self.leaf = Some((depth, inside));
        }
    }

    /// What an element is, by its name and depth; notes what feed-rs would miss.
    fn place(&mut self, tag: &Tag<'t>, depth: usize) -> Inside {
        let name = self.namespaces.resolve_tag(tag);
        if self.is_in_entry {
            return if depth == self.entry_depth + 1 { self.entry_child(tag, &name) } else { Inside::Anything };
        }
        if name.is_core() && (name.local.eq_ignore_ascii_case("item") || name.local.eq_ignore_ascii_case("entry")) {
            let expected = if self.dialect == Dialect::Atom { "entry" } else { "item" };
            if depth != self.entry_depth || name.local != expected || !name.is_exact {
                self.flaw("an entry is not where feed-rs looks for it");
            }
            if tag.attributes.contains("xml:lang") {
                self.flaw("feed-rs does not read the language of an entry");
            }
            self.findings.n_entries += 1;
            (self.is_in_entry, self.fields_read, self.fields_missed, self.n_dates) = (!tag.is_empty, 0, 0, 0);
            if tag.is_empty {
                self.keeper.end_item();
            }
            return Inside::Elements;
        }
        if self.dialect == Dialect::Rss && depth == 2 {
            if name.local != "channel" || !name.is_exact || !name.is_core() {
                self.flaw("the root holds something else than a channel");
                return Inside::Anything;
            }
            return Inside::Elements;
        }
        self.channel_child(tag, &name)
    }

    fn channel_child(&mut self, tag: &Tag<'t>, name: &Name<'t>) -> Inside {
        self.channel_name = Some(*name);
        self.keeper.begin_in_channel(tag, name);
        if !name.is_core() {
            if !name.is_exact && vocabulary::entry_field(self.dialect, name).is_some() {
                self.flaw("a prefix is not declared, or not as feed-rs knows it");
            }
            return Inside::Anything;
        }
        let mut buffer = [0_u8; 16];
        let lower = vocabulary::lower_case(name.local, &mut buffer);
        match lower {
            Some("title" | "link" | "language") if name.local.bytes().any(|byte| byte.is_ascii_uppercase()) => {
                self.flaw("names are in upper case");
                Inside::Anything
            }
            Some("title") => {
                self.typed_text(tag);
                self.is_untyped_title = self.dialect == Dialect::Atom && tag.attribute("type").is_none();
                if is_xhtml(tag) { Inside::Anything } else { Inside::Text }
            }
            Some("subtitle" | "rights") if self.dialect == Dialect::Atom => {
                self.typed_text(tag);
                Inside::Anything
            }
            Some("link") if name.family != Family::Atom && self.dialect == Dialect::Rss => Inside::Text,
            Some("managingeditor" | "webmaster") => Inside::Person,
            _ => Inside::Anything,
        }
    }

    fn entry_child(&mut self, tag: &Tag<'t>, name: &Name<'t>) -> Inside {
        use vocabulary::EntryField as Field;
        self.keeper.begin_in_item(name);
        let Some(field) = vocabulary::entry_field(self.dialect, name) else {
            if vocabulary::is_group_of_media(name) {
                // It may hold a title and a description, which say something where the entry has none.
                self.fields_missed |= (1 << Field::Title(0).kind()) | (1 << Field::Summary(0).kind());
            } else if name.is_core() && matches!(name.local, "item" | "entry") {
                self.flaw("an entry stands in another, which has no end");
            }
            return Inside::Anything;
        };
        let bit = 1_u16 << field.kind();
        let is_read = vocabulary::feed_rs_reads_field(self.dialect, name);
        if !is_read {
            if name.is_exact && field.is_substitute() {
                self.fields_missed |= bit;
            } else if field == Field::Link && name.family == Family::Atom && self.dialect == Dialect::Rss {
                // Beside a `link` of its own an item's `atom:link` adds nothing; `rel="self"` is what it mostly is.
                self.fields_missed |= bit;
            } else {
                self.flaw("feed-rs does not know an element that matters");
            }
            return Inside::Anything;
        }
        let is_repeated = self.fields_read & bit != 0;
        self.fields_read |= bit;
        match field {
            Field::Title(_) | Field::Summary(_) | Field::Content(_) if is_repeated => {
                self.flaw("feed-rs would take the last of several texts");
                Inside::Anything
            }
            Field::Title(_) | Field::Summary(_) | Field::Content(_) if self.dialect == Dialect::Atom => {
                self.typed_text(tag);
                self.is_untyped_title = matches!(field, Field::Title(_)) && tag.attribute("type").is_none();
                if is_xhtml(tag) || tag.attribute("src").is_some() { Inside::Anything } else { Inside::Text }
            }
            Field::Link if self.dialect == Dialect::Atom => {
                if tag.attribute("href").is_none() {
                    self.flaw("a link has its address as text");
                }
                Inside::Anything
            }
            Field::Link if vocabulary::address_attribute(tag).is_some() => {
                self.flaw("a link has its address as an attribute");
                Inside::Anything
            }
            Field::Author(_) if self.dialect == Dialect::Atom => Inside::Elements,
            Field::Author(_) => Inside::Person,
            Field::Published(_) | Field::Updated(_) => {
                self.n_dates += u8::from(matches!(field, Field::Published(_)));
                if self.n_dates > 1 {
                    self.flaw("feed-rs would take the last of several dates");
                    self.n_dates = 0;
                }
                Inside::Text
            }
            _ => Inside::Text,
        }
    }

    /// Atom's `type`: feed-rs gives up on those that it does not know.
    fn typed_text(&mut self, tag: &Tag<'t>) {
        if self.dialect != Dialect::Atom || tag.attributes.is_empty() {
            return;
        }
        let is_known = matches!(tag.attribute("type").as_deref(), None | Some("text" | "html" | "xhtml" | "text/html"));
        if !is_known || tag.attribute("mode").is_some() {
            self.flaw("a text is of a type that feed-rs does not know");
        }
        if tag.mentions_xml() && tag.attributes.contains("xml:lang") && !tag.name.ends_with("content") {
            self.flaw("feed-rs does not read the language of an entry");
        }
    }

    fn text(&mut self, piece: &str) {
        match self.leaf {
            // feed-rs cuts the address out by bytes and panics where a wider character stands beside it.
            Some((_, Inside::Person))
                if piece.find('@').is_some_and(|at| !piece.is_ascii() || piece[at + 1..].contains('@')) =>
            {
                self.flaw("feed-rs panics on such a name, or takes two for one");
            }
            Some((_, Inside::Text)) if self.is_untyped_title && (piece.contains('<') || piece.contains("&lt;")) => {
                self.flaw("nothing says whether a title is HTML");
            }
            Some((_, Inside::Text)) if is_broken_address(piece.trim_ascii()) => {
                self.flaw("an address is broken over several lines");
            }
            // The two ends of a section within a section.
            Some((_, Inside::Text)) if piece.starts_with("]]>") => self.flaw("a section ends twice"),
            None if self.open.len() <= self.entry_depth && address::is_of_the_web(piece.trim_ascii_start()) => {
                self.flaw("an address stands behind its element");
            }
            None if self.is_in_entry && self.open.len() > self.entry_depth && !piece.trim_ascii().is_empty() => {
                self.flaw("a person's name is no element of its own");
            }
            Some((_, Inside::Anything)) if !self.is_in_entry => {
                if let Some(name) = self.channel_name.take() {
                    self.findings.channel.note(&name, piece);
                }
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        if self.open.last() == Some(&name) {
            self.open.pop();
        } else {
            self.flaw("tags are not closed as they were opened");
            // What was opened within ends with it; what was never opened does not end.
            let Some(opened) = self.open.iter().rposition(|open| *open == name) else {
                return;
            };
            self.open.truncate(opened);
        }
        let depth = self.open.len() + 1;
        if self.leaf.is_some_and(|(leaf_depth, _)| depth <= leaf_depth) {
            self.leaf = None;
            self.keeper.end();
            self.is_untyped_title = false;
            self.channel_name = None;
        }
        if self.is_in_entry && depth <= self.entry_depth {
            self.is_in_entry = false;
            self.keeper.end_item();
            if self.fields_missed & !self.fields_read != 0 {
                self.flaw("feed-rs does not know an element that matters");
            }
        }
    }
}

fn is_broken_address(text: &str) -> bool {
    address::is_of_the_web(text) && text.contains(['\n', '\r', '\t'])
}

fn is_xhtml(tag: &Tag<'_>) -> bool {
    tag.attribute("type").as_deref() == Some("xhtml")
}
