//! How much of a page is parsed.
//!
//! **What nobody reads is left out.** Half of a news page is the text of its scripts and style sheets, and half of the
//! rest are attributes that say nothing of its text. Where they begin and end can be told at a small part of the cost
//! of parsing them. The tree is otherwise the one that the whole page would have given: elements stay, though empty.
//!
//! **What takes too long is cut off.** The HTML standard's algorithm is quadratic on some inputs, and its
//! implementation follows it: every start and end tag may look through the stack of open elements, formatting
//! elements left open are opened again in every later paragraph, each attribute is compared with those before it in
//! its tag, and those of a second `<body>` are put in order among the first's. Nesting a hundred thousand elements, or
//! leaving a thousand `<b id=N>` open, takes minutes and gigabytes; and eight megabytes of nothing but `<p>` take
//! seconds. So what the tags will cost is added up while the page is looked through, and where the sum passes the
//! budget the page is cut off. No honest page comes near.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memchr2_iter};

use super::super::page::is_read;
use super::scan::{Attribute, Markup, end_of_raw_text, end_of_script, read_markup};

/// The budget where no settings are at hand: for pieces of HTML inside of feeds and of structured data.
pub(in super::super) const STEPS_MAX: usize = 64 << 20;

// What the parts of a page cost, in steps. A step is what passing one open element takes, some four nanoseconds. The
// others are measured in it, together with what the later stages do with them.

/// A tag: a node begins or ends, and with it perhaps a line. Comments are nodes too.
const TAG_STEPS: usize = 256;

/// An attribute: its name is looked up among all known ones, its value kept.
const ATTRIBUTE_STEPS: usize = 48;

/// A `<` that begins no tag, or an `&`: each is a token of its own.
const CHARACTER_STEPS: usize = 192;

/// Reopening one formatting element: a node is made.
const REOPENING_STEPS: usize = 64;

/// Each attribute of it: copied, and sorted to be compared.
const REOPENING_ATTRIBUTE_STEPS: usize = 16;

/// Attributes of the first `html` or `body` that make room for one of a second in one step.
const ROOM_PER_STEP: usize = 4;

/// What of the page within the budget is parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Keep {
    /// What is read by anybody.
    Read,
    /// Everything, for those who look for what nobody else does.
    All,
}

/// The part of the page that is worth parsing and within the budget.
pub(in super::super) fn parseable(html: &str, steps_max: usize, keep: Keep) -> Cow<'_, str> {
    let bytes = html.as_bytes();
    let mut scan = Scan { n_steps_left: steps_max, ..Scan::default() };
    let mut kept = Kept { html, text: String::new(), from: 0 };
    let mut attributes = Vec::new();
    let mut at = 0;
    while let Some(start) = memchr(b'<', &bytes[at..]).map(|position| at + position) {
        if let Err(n_read) = scan.read_text(memchr_iter(b'&', &bytes[at..start])) {
            return kept.up_to(at + n_read);
        }
        let Some(markup) = read_markup(bytes, start, &mut attributes) else {
            if scan.spend(CHARACTER_STEPS).is_none() {
                return kept.up_to(start);
            }
            at = start + 1;
            continue;
        };
        if markup.name.is_empty() {
            // Within SVG and MathML, and from the first CDATA section on, it cannot be told without a parser where a
            // comment or a script ends, and so everything counts.
            scan.is_lost |= bytes[start..].starts_with(b"<![CDATA[");
            if scan.spend(TAG_STEPS).is_none() {
                return kept.up_to(start);
            }
            at = if scan.is_lost { start + 1 } else { markup.end };
            continue;
        }
        let tag = &bytes[start..markup.end];
        let n_references = memchr_iter(b'&', tag).count();
        let taken =
            scan.spend(n_references * CHARACTER_STEPS).and_then(|()| scan.take(bytes, &markup, attributes.len()));
        let Some((is_read_in_part, raw)) = taken else { return kept.up_to(start) };
        if is_read_in_part && keep == Keep::Read {
            kept.leave_out_attributes(bytes, &markup, &attributes);
        }
        at = markup.end;
        let Some(raw) = raw else { continue };
        at = match raw {
            Raw::Script => end_of_script(bytes, markup.end),
            Raw::Silent | Raw::Text => end_of_raw_text(bytes, markup.end, &bytes[markup.name.clone()]),
        };
        let is_read = raw == Raw::Text || raw == Raw::Script && may_hold_data(tag);
        if !is_read && keep == Keep::Read {
            kept.leave_out(markup.end, at);
        } else if let Err(n_read) = scan.read_text(memchr2_iter(b'<', b'&', &bytes[markup.end..at])) {
            return kept.up_to(markup.end + n_read);
        }
    }
    match scan.read_text(memchr_iter(b'&', &bytes[at..])) {
        Ok(()) => kept.up_to(html.len()),
        Err(n_read) => kept.up_to(at + n_read),
    }
}

/// Whether a script's tag may say that it holds structured data; where a character reference is in it, it may.
fn may_hold_data(tag: &[u8]) -> bool {
    const KIND: &[u8] = b"ld+json";
    memchr(b'&', tag).is_some() || tag.windows(KIND.len()).any(|part| part.eq_ignore_ascii_case(KIND))
}

/// The page without what was left out.
struct Kept<'a> {
    html: &'a str,
    /// What is kept of the page before `from`.
    text: String,
    from: usize,
}

impl<'a> Kept<'a> {
    fn leave_out(&mut self, start: usize, end: usize) {
        if start < end {
            self.text.push_str(&self.html[self.from..start]);
            self.from = end;
        }
    }

    /// Leaves out the attributes that nobody reads, each with the blanks before it.
    fn leave_out_attributes(&mut self, bytes: &[u8], tag: &Markup, attributes: &[Attribute]) {
        let mut before = tag.name.end;
        for attribute in attributes {
            // Where the next begins without a blank, this one keeps the two apart.
            let stands_alone =
                matches!(bytes.get(attribute.end), Some(b' ' | b'\t' | b'\n' | b'\r' | b'\x0c' | b'/' | b'>'));
            if stands_alone && !is_read(&bytes[attribute.name.clone()]) {
                self.leave_out(before, attribute.end);
            }
            before = attribute.end;
        }
    }

    fn up_to(mut self, end: usize) -> Cow<'a, str> {
        if self.from == 0 {
            return Cow::Borrowed(&self.html[..end]);
        }
        // What was left out may reach beyond the end.
        self.text.push_str(&self.html[self.from.min(end)..end]);
        Cow::Owned(self.text)
    }
}

/// What the tags so far have cost, and what is open.
#[derive(Default)]
struct Scan {
    n_steps_left: usize,
    names: Names,
    n_open: usize,
    /// The attributes of each formatting element that is open.
    formatting: Vec<usize>,
    n_formatting_attributes: usize,
    n_root_attributes: usize,
    n_foreign: usize,
    /// Whether it cannot be told any more what is a tag.
    is_lost: bool,
}

impl Scan {
    /// Takes steps out of the budget; nothing where it does not hold so many.
    fn spend(&mut self, n_steps: usize) -> Option<()> {
        self.n_steps_left = self.n_steps_left.checked_sub(n_steps)?;
        Some(())
    }

    /// Pays for a text in which these characters stand; where it has to end if that is too much.
    fn read_text(&mut self, mut characters: impl Iterator<Item = usize>) -> Result<(), usize> {
        characters.find(|_| self.spend(CHARACTER_STEPS).is_none()).map_or(Ok(()), Err)
    }

    /// Pays for a tag; whether those attributes that nobody reads can be left out of it, and what the text behind it
    /// is, if no tags are read in it.
    fn take(&mut self, bytes: &[u8], tag: &Markup, n_attributes: usize) -> Option<(bool, Option<Raw>)> {
        self.spend(TAG_STEPS + self.n_open)?;
        self.spend(self.formatting.len() * REOPENING_STEPS + self.n_formatting_attributes * REOPENING_ATTRIBUTE_STEPS)?;
        self.spend(n_attributes * ATTRIBUTE_STEPS + n_attributes.saturating_mul(n_attributes) / 2)?;
        let is_foreign = self.n_foreign > 0;
        let name = self.names.find(&bytes[tag.name.clone()]);
        let kind = name.kind;
        if tag.is_end {
            if name.n_open > 0 {
                name.n_open -= 1;
                self.n_open -= 1;
                match kind {
                    Kind::Formatting => self.n_formatting_attributes -= self.formatting.pop().unwrap_or_default(),
                    Kind::Foreign => self.n_foreign -= 1,
                    _ => {}
                }
            }
            return Some((!self.is_lost && !is_foreign, None));
        }
        let closes_itself = tag.closes_itself && (is_foreign || kind == Kind::Foreign);
        if !closes_itself && !matches!(kind, Kind::ClosedByOthers | Kind::Root) {
            name.n_open += 1;
            self.n_open += 1;
            match kind {
                Kind::Formatting => {
                    self.formatting.push(n_attributes);
                    self.n_formatting_attributes += n_attributes;
                }
                Kind::Foreign => self.n_foreign += 1,
                // A frameset takes no scripts, and after `plaintext` nothing is a tag.
                Kind::EndsAll => self.is_lost = true,
                _ => {}
            }
        }
        if kind == Kind::Root {
            self.spend(n_attributes * (self.n_root_attributes / ROOM_PER_STEP))?;
            self.n_root_attributes += n_attributes;
        }
        // Formatting elements are told apart by all of their attributes. Drawings end in more ways than are told here,
        // so that a script may be taken for a part of one; its text must stay as it is.
        let is_read_in_part = match kind {
            Kind::Formatting => false,
            Kind::Drawing => true,
            _ => !is_foreign,
        };
        let raw = match kind {
            Kind::Raw(raw) if !is_foreign => Some(raw),
            _ => None,
        };
        Some(if self.is_lost { (false, None) } else { (is_read_in_part, raw) })
    }
}

/// An element in which `<` begins no tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Raw {
    /// `script`.
    Script,
    /// No text for readers.
    Silent,
    /// Text.
    Text,
}

/// What an element costs by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Void, or its end tag is implied by the next of its kind: they do not pile up.
    ClosedByOthers,
    /// `html` and `body`, which there is one of.
    Root,
    /// Opened again where it was left open. `a` is not: it is closed by the next `a`.
    Formatting,
    /// `svg` and `math`.
    Foreign,
    /// What a drawing is made of.
    Drawing,
    /// `frameset` and `plaintext`.
    EndsAll,
    Raw(Raw),
    Other,
}

const KINDS: [(Kind, &str); 9] = [
    (
        Kind::ClosedByOthers,
        "p li dt dd tr td th tbody thead tfoot caption colgroup option optgroup br img hr input meta link area base \
         col embed param source track wbr head",
    ),
    (Kind::Root, "html body"),
    (Kind::Formatting, "b big code em font i s small strike strong tt u"),
    (Kind::Foreign, "svg math"),
    (Kind::Drawing, "path g circle ellipse rect polygon polyline line use defs stop lineargradient clippath"),
    (Kind::EndsAll, "frameset plaintext"),
    (Kind::Raw(Raw::Script), "script"),
    (Kind::Raw(Raw::Silent), "style noscript textarea iframe noembed noframes"),
    (Kind::Raw(Raw::Text), "title xmp"),
];

impl Kind {
    fn of(name: &[u8]) -> Kind {
        let is_listed =
            |names: &str| names.split_ascii_whitespace().any(|listed| listed.as_bytes().eq_ignore_ascii_case(name));
        KINDS.iter().find(|(_, names)| is_listed(names)).map_or(Kind::Other, |(kind, _)| *kind)
    }
}

/// A name, and how many elements of it are open.
struct Name {
    hash: u64,
    kind: Kind,
    n_open: usize,
}

/// The names on a page, each looked at once.
struct Names {
    slots: [Option<Name>; SLOTS],
    n_known: usize,
    /// Shared by the names beyond the first [`NAMES_MAX`].
    other: Name,
}

/// Names counted one by one; real pages use some forty.
const NAMES_MAX: usize = 128;

/// A power of two, twice the names.
const SLOTS: usize = 256;

impl Default for Names {
    fn default() -> Names {
        Names { slots: [const { None }; SLOTS], n_known: 0, other: Name { hash: 0, kind: Kind::Other, n_open: 0 } }
    }
}

impl Names {
    fn find(&mut self, name: &[u8]) -> &mut Name {
        let hash = hash_of(name);
        // The upper bits of such a hash are mixed better than the lower.
        let mut slot = (hash >> 32) as usize % SLOTS;
        while self.slots[slot].as_ref().is_some_and(|known| known.hash != hash) {
            slot = (slot + 1) % SLOTS;
        }
        if self.slots[slot].is_none() && self.n_known == NAMES_MAX {
            self.other.kind = Kind::of(name);
            return &mut self.other;
        }
        self.slots[slot].get_or_insert_with(|| {
            self.n_known += 1;
            Name { hash, kind: Kind::of(name), n_open: 0 }
        })
    }
}

/// FNV-1a over the name in lower case.
fn hash_of(name: &[u8]) -> u64 {
    name.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(page: &str) -> Cow<'_, str> {
        parseable(page, STEPS_MAX, Keep::Read)
    }

    #[test]
    fn honest_pages_are_kept_whole() {
        let page = "<!doctype html><!-- <div> --><p class=\"a>b\">x<br>y &amp; z<ul><li>one<li>two</ul>".repeat(5000);
        assert_eq!(kept(&page).len(), page.len());
    }

    #[test]
    fn what_nobody_reads_is_left_out() {
        let check = |page: &str, expected: &str| assert_eq!(kept(page), expected, "{page}");
        check("<style>p{}</style><p>x", "<style></style><p>x");
        check("<script>if (a<b) '<div>'</script>x<script>y", "<script></script>x<script>");
        check("<SCRIPT src=x>y</SCRIPT x>z<noscript><img></noscript>", "<SCRIPT></SCRIPT>z<noscript></noscript>");
        check("<script><!--<script>a</script>b--></script>c", "<script></script>c");
        for whole in [
            "<script type=application/ld+json>{}</script>",
            "<script type='application/LD+JSON; x'>{}</script>",
            "<script type='application/ld&#43;json'>{}</script>",
            "<title>x</title><xmp>y</xmp>",
            "<!-- <script>x</script> --></ <script>x</script>",
            "<p class='<script>'>x</p><p class='</script>'>",
            "<svg><script>x</script></svg>",
            "<math><style>x</style></math>",
            "<svg><p><script type='application/ld+json'>'<b id=x><i onclick=y>'</script>",
            "<frameset><script>x</script>",
            "<plaintext><script>x</script>",
            "<r#ript>x</r#ript>",
        ] {
            check(whole, whole);
        }
        check("<svg><path/></svg><script>x</script>", "<svg><path/></svg><script></script>");
        check("<svg/><script>x</script>", "<svg/><script></script>");
    }

    #[test]
    fn attributes_that_nobody_reads_are_left_out() {
        let check = |page: &str, expected: &str| assert_eq!(kept(page), expected, "{page}");
        check("<p onclick=x class=y  data-z=\"<a>\" ID='i'\n>z", "<p class=y ID='i'\n>z");
        check("<br/data-x><img src=a/ alt=b />", "<br><img />");
        check("<a href=\"x\"target=y rel=z>", "<a href=\"x\" rel=z>");
        check("<a target=\"y\"href=x>", "<a target=\"y\"href=x>");
        check("<svg viewBox='0 0 1 1'><path d='M0'/></svg>", "<svg><path/></svg>");
        for whole in
            ["<b onclick=x>y</b>", "<svg><desc lang=x onclick=y>", "<!-- <p onclick=x> -->", "<title><p x=y></title>"]
        {
            check(whole, whole);
        }
    }

    #[test]
    fn all_is_kept_where_that_is_asked_for() {
        let page = "<p onclick=x>y<script>z</script><style>p{}</style>";
        assert_eq!(parseable(page, STEPS_MAX, Keep::All), page);
        assert!(parseable(&"<div>".repeat(100_000), STEPS_MAX, Keep::All).len() < 100_000);
    }

    #[test]
    fn nesting_without_end_is_cut_off() {
        let page = "<div>".repeat(100_000);
        let n_kept = kept(&page).len() / "<div>".len();
        assert!((10_000..13_000).contains(&n_kept), "{n_kept}");
    }

    #[test]
    fn what_piles_up_is_cut_off() {
        let numbered = |count: usize, one: fn(usize) -> String| (0..count).map(one).collect::<Vec<_>>().concat();
        for page in [
            numbered(5000, |number| format!("<b id={number}><p>")),
            numbered(5000, |number| {
                let attributes: Vec<String> = (0..50).map(|n| format!("a{n}={number}")).collect();
                format!("<b {}><p>", attributes.join(" "))
            }),
            numbered(500_000, |number| format!("<body a{number}>")),
            numbered(500_000, |number| format!("<x-{number}>")),
            "<p>".repeat(1_000_000),
            "<".repeat(1_000_000),
            "<!-->".repeat(1_000_000),
            "&amp;".repeat(1_000_000),
            "<title>".to_owned() + &"</titl".repeat(1_000_000),
            "<p>".to_owned() + &"&#39;".repeat(1_000_000) + "<p>",
            "<div>ä".repeat(100_000),
        ] {
            assert!(kept(&page).len() < page.len() && kept(&page).len() > page.len() / 2000, "{}", &page[..20]);
        }
    }

    #[test]
    fn a_tag_of_a_hundred_thousand_attributes_is_cut_off() {
        let page = format!("<p>before<p {}>", (0..100_000).map(|n| format!("a{n} ")).collect::<Vec<_>>().concat());
        assert_eq!(kept(&page), "<p>before");
    }
}
