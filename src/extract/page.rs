//! The page as flat arrays: one walk over the tree, elements and lines in document order.
//!
//! A line is what a reader would call a paragraph: text between two borders, where a border is the begin or end of a
//! block element or an empty line made of two `<br>`. Bare text in a `div` is a line; inline elements do not end one.
//! All later questions ("what stands above this line", "how much text is in this element") are answered from
//! indices: an element's descendants are the elements between it and its `end`, its lines those between
//! `lines_start` and `lines_end`.

use std::collections::HashSet;

use ego_tree::{NodeId, NodeRef};
use scraper::{Html, Node, node::Element as TreeElement};

use super::marks::{Marks, marks_of_names};
use super::tags::Tag;
use super::text::{FoldedText, hash};

/// Attributes whose values name an element's role; ids and classes first of all.
const NAMING_ATTRIBUTES: [&str; 7] = ["class", "id", "itemprop", "role", "data-component", "data-testid", "data-qa"];

/// The attributes that are read anywhere, beside those above. The page is parsed without all others: who wants to read
/// another puts it here. The last three decide how the parser goes on.
const READ_ATTRIBUTES: [&str; 15] = [
    "content",
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
pub(super) fn is_read(name: &[u8]) -> bool {
    let begins_so = name.first().is_some_and(|first| READ_BEGINNINGS[name.len() % 32] & (1 << (first % 32)) != 0);
    let is_it = |read: &str| read.len() == name.len() && read.as_bytes().eq_ignore_ascii_case(name);
    begins_so && NAMING_ATTRIBUTES.iter().chain(&READ_ATTRIBUTES).any(|read| is_it(read))
}

/// A row of a table that is longer than this is laid out with the table, not tabulated: each cell is its own line.
const CELL_BYTES_MAX: usize = 160;

/// Longest text taken from one element by [`Page::text_of`]: titles, names, dates.
const SHORT_TEXT_BYTES_MAX: usize = 2000;

/// Nodes walked for it: an element with more is no title, name or date, whatever it is called.
const SHORT_TEXT_NODES_MAX: usize = 1000;

/// Most pieces taken from one byline.
const PIECES_MAX: usize = 20;

/// An element of the page.
#[derive(Debug)]
pub(super) struct PageElement<'a> {
    /// Name and attributes.
    pub(super) tree: &'a TreeElement,
    /// What it is.
    pub(super) tag: Tag,
    /// Its parent; the root is its own.
    pub(super) parent: usize,
    /// Distance from the root.
    pub(super) depth: u32,
    /// What its names say of it, without what its ancestors' say.
    pub(super) marks: Marks,
    /// Hash of the tags above it and of its own tag and class: alike for elements that play the same role.
    pub(super) path: u64,
    /// Its first line.
    pub(super) lines_start: usize,
    /// After its last line.
    pub(super) lines_end: usize,
    /// Whether it holds an image, and whether it holds a button or field.
    pub(super) holds_image: bool,
    pub(super) holds_input: bool,
    /// Where it stands in the tree.
    pub(super) node: NodeRef<'a, Node>,
}

/// A line of the page.
#[derive(Debug)]
pub(super) struct Line {
    /// Its text, white space folded, never empty.
    pub(super) text: String,
    /// The deepest element that holds all of it.
    pub(super) owner: usize,
    /// The element that begins the line: the deepest block above `owner`.
    pub(super) block: usize,
    /// Bytes of the text that stand in links.
    pub(super) link_bytes: usize,
    /// Bytes of the text that are set apart, bold or italic.
    pub(super) emphasis_bytes: usize,
    /// Links it holds.
    pub(super) n_links: usize,
    /// Whether it ended at an empty line made of `<br>`.
    pub(super) ends_at_break: bool,
    /// Images that stand before its end on the page.
    pub(super) n_images: usize,
}

/// A page in document order.
#[derive(Debug, Default)]
pub(super) struct Page<'a> {
    pub(super) elements: Vec<PageElement<'a>>,
    pub(super) lines: Vec<Line>,
    /// `meta` elements.
    pub(super) metas: Vec<usize>,
    /// `link` elements.
    pub(super) link_relations: Vec<usize>,
    /// `time` elements, and others with a `datetime` attribute.
    pub(super) times: Vec<usize>,
    /// First-level headings.
    pub(super) top_headings: Vec<usize>,
    /// Elements whose names say that they hold authors or dates.
    pub(super) bylines: Vec<usize>,
    /// Texts of `script` elements of type `application/ld+json`.
    pub(super) json_ld: Vec<String>,
    /// Text of the `title` element.
    pub(super) document_title: Option<String>,
}

/// What somebody who knows the site has chosen of its tree before lines are made of it.
#[derive(Debug, Default)]
pub(super) struct Choice {
    /// Elements that hold the body. Whatever their tag, a line begins and ends with them.
    pub(super) chosen: HashSet<NodeId>,
    /// Elements that are left out where they stand in a chosen one.
    pub(super) dropped: HashSet<NodeId>,
}

impl<'a> Page<'a> {
    /// Walks the tree once, down to `depth_max`. No recursion: hostile pages nest deeper than the stack.
    pub(super) fn read(html: &'a Html, depth_max: usize) -> Page<'a> {
        Page::read_choice(html, depth_max, &Choice::default())
    }

    /// [`Page::read`] with a choice of elements: no line stands half in a chosen element, and none has a part in a
    /// dropped one.
    pub(super) fn read_choice(html: &'a Html, depth_max: usize, choice: &Choice) -> Page<'a> {
        let mut reader = Reader {
            page: Page::default(),
            open: Vec::new(),
            line: OpenLine::default(),
            n_breaks: 0,
            n_images: 0,
            classes: [(0, Marks::NONE); CLASSES_REMEMBERED],
            choice,
            n_chosen_open: 0,
        };
        let root = html.tree.root();
        let mut node = root;
        loop {
            let goes_down = reader.enter(node, depth_max);
            if goes_down && let Some(child) = node.first_child() {
                node = child;
                continue;
            }
            loop {
                reader.leave(node);
                if node == root {
                    return reader.page;
                }
                if let Some(sibling) = node.next_sibling() {
                    node = sibling;
                    break;
                }
                match node.parent() {
                    Some(parent) => node = parent,
                    None => return reader.page,
                }
            }
        }
    }

    /// The value of an attribute of an element, trimmed, absent where empty.
    pub(super) fn attribute(&self, element: usize, name: &str) -> Option<&'a str> {
        debug_assert!(is_read(name.as_bytes()), "{name} is not among the attributes that are read");
        self.any_attribute(element, name)
    }

    /// The same for an attribute that only a rule for the site reads, whose pages are parsed with all of theirs.
    pub(super) fn any_attribute(&self, element: usize, name: &str) -> Option<&'a str> {
        attribute(self.elements[element].tree, name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// The text inside an element, scripts and the like left out, cut off where it is no short text any more.
    pub(super) fn text_of(&self, element: usize) -> String {
        let (mut text, mut n_nodes) = (FoldedText::default(), 0);
        let root = self.elements[element].node;
        let mut node = root;
        loop {
            let mut goes_down = true;
            match node.value() {
                Node::Text(piece) => text.push(piece),
                Node::Element(inner) => {
                    let tag = Tag::of(inner.name());
                    goes_down = node == root || !tag.is_silent();
                    if tag.breaks_line() || matches!(tag, Tag::LineBreak | Tag::Cell) {
                        text.push_border();
                    }
                }
                _ => {}
            }
            n_nodes += 1;
            if text.len() > SHORT_TEXT_BYTES_MAX || n_nodes > SHORT_TEXT_NODES_MAX {
                return text.take();
            }
            if goes_down && let Some(child) = node.first_child() {
                node = child;
                continue;
            }
            loop {
                if node == root {
                    return text.take();
                }
                if let Some(sibling) = node.next_sibling() {
                    node = sibling;
                    break;
                }
                match node.parent() {
                    Some(parent) => node = parent,
                    None => return text.take(),
                }
            }
        }
    }

    /// The texts of an element's text nodes, each on its own: the names of a byline often stand in elements of
    /// their own with nothing between them.
    pub(super) fn pieces_of(&self, element: usize) -> Vec<String> {
        self.elements[element]
            .node
            .descendants()
            .take(SHORT_TEXT_NODES_MAX)
            .filter_map(|node| node.value().as_text())
            .map(|piece| super::text::fold(piece))
            .filter(|piece| !piece.is_empty())
            .take(PIECES_MAX)
            .collect()
    }

    /// The elements from `element` up to, and without, `end`.
    pub(super) fn path_up(&self, element: usize, end: usize) -> impl Iterator<Item = usize> + '_ {
        let mut next = Some(element).filter(|element| *element != end);
        std::iter::from_fn(move || {
            let current = next?;
            let parent = self.elements[current].parent;
            next = (parent != end && parent != current).then_some(parent);
            Some(current)
        })
    }
}

/// The line being read.
#[derive(Debug, Default)]
struct OpenLine {
    text: FoldedText,
    owner: usize,
    link_bytes: usize,
    emphasis_bytes: usize,
    n_links: usize,
    /// The line as it stood when the current table cell began.
    at_cell: LineStart,
}

/// How far a line had come.
#[derive(Clone, Copy, Debug, Default)]
struct LineStart {
    n_bytes: usize,
    owner: usize,
    link_bytes: usize,
    emphasis_bytes: usize,
    n_links: usize,
}

impl OpenLine {
    fn so_far(&self) -> LineStart {
        LineStart {
            n_bytes: self.text.len(),
            owner: self.owner,
            link_bytes: self.link_bytes,
            emphasis_bytes: self.emphasis_bytes,
            n_links: self.n_links,
        }
    }
}

struct Reader<'a, 'c> {
    page: Page<'a>,
    /// Elements from the root to the current one.
    open: Vec<usize>,
    line: OpenLine,
    /// `<br>` since the last text.
    n_breaks: usize,
    /// Images so far.
    n_images: usize,
    /// The marks of classes by their hash: the same few stand on most elements of a page.
    classes: [(u64, Marks); CLASSES_REMEMBERED],
    choice: &'c Choice,
    n_chosen_open: usize,
}

/// A power of two.
const CLASSES_REMEMBERED: usize = 128;

impl<'a> Reader<'a, '_> {
    /// Takes in a node; whether its children are to be visited.
    fn enter(&mut self, node: NodeRef<'a, Node>, depth_max: usize) -> bool {
        match node.value() {
            Node::Document | Node::Fragment => true,
            Node::Text(text) => {
                self.add_text(text);
                false
            }
            Node::Element(element) => {
                let tag = Tag::of(element.name());
                let is_chosen = self.choice.chosen.contains(&node.id());
                self.n_chosen_open += usize::from(is_chosen);
                let is_dropped = self.n_chosen_open > 0 && self.choice.dropped.contains(&node.id());
                if is_chosen || tag.breaks_line() {
                    self.end_line_in_cell(false);
                }
                self.open_element(node, element, tag);
                if is_dropped && has_blank_edge(node) {
                    self.line.text.push_border();
                }
                !tag.is_silent() && !is_dropped && self.open.len() < depth_max
            }
            _ => false,
        }
    }

    fn leave(&mut self, node: NodeRef<'a, Node>) {
        if !node.value().is_element() {
            return;
        }
        let Some(element) = self.open.pop() else { return };
        let tag = self.page.elements[element].tag;
        let is_chosen = self.choice.chosen.contains(&node.id());
        self.n_chosen_open -= usize::from(is_chosen);
        if is_chosen || tag.breaks_line() || tag == Tag::Cell && self.line.text.len() > CELL_BYTES_MAX {
            self.end_line(false);
        } else if tag == Tag::Cell {
            self.line.text.push_border();
        }
        self.page.elements[element].lines_end = self.page.lines.len();
    }

    fn open_element(&mut self, node: NodeRef<'a, Node>, tree: &'a TreeElement, tag: Tag) {
        let index = self.page.elements.len();
        let parent = self.open.last().copied().unwrap_or(index);
        match tag {
            Tag::Cell => self.line.at_cell = self.line.so_far(),
            Tag::LineBreak => {
                self.n_breaks += 1;
                self.line.text.push_border();
                if self.n_breaks == 2 {
                    self.end_line_in_cell(true);
                }
            }
            Tag::Link if !self.line.text.is_empty() || attribute(tree, "href").is_some() => self.line.n_links += 1,
            Tag::Meta => self.page.metas.push(index),
            Tag::LinkRelation => self.page.link_relations.push(index),
            Tag::Heading(1) => self.page.top_headings.push(index),
            Tag::Script if is_json_ld(tree) => self.page.json_ld.push(raw_text(node)),
            Tag::DocumentTitle if self.page.document_title.is_none() => {
                self.page.document_title = Some(super::text::fold(&raw_text(node)));
            }
            _ => {}
        }
        if tag == Tag::Time || attribute(tree, "datetime").is_some() {
            self.page.times.push(index);
        }
        let (mut marks, mut class_hash) = (marks_of_tag(tag), 0);
        if !tag.is_silent() {
            for (name, value) in tree.attrs() {
                if name == "class" {
                    class_hash = hash(1, value.as_bytes());
                    // The upper bits of such a hash are mixed better than the lower.
                    let remembered = &mut self.classes[(class_hash >> 32) as usize % CLASSES_REMEMBERED];
                    if remembered.0 != class_hash {
                        *remembered = (class_hash, marks_of_names(value));
                    }
                    marks |= remembered.1;
                } else if NAMING_ATTRIBUTES.contains(&name) {
                    marks |= marks_of_names(value);
                } else if hides(name, value) {
                    marks |= Marks::HIDDEN;
                } else if name == "rel" && value == "author" {
                    marks |= Marks::AUTHOR;
                }
            }
        }
        if marks.has(Marks::AUTHOR | Marks::DATE) {
            self.page.bylines.push(index);
        }
        let above = if parent == index { 0 } else { self.page.elements[parent].path };
        let path = hash(hash(above, tree.name().as_bytes()), &class_hash.to_le_bytes());
        let depth = u32::try_from(self.open.len()).unwrap_or(u32::MAX);
        let lines_start = self.page.lines.len();
        self.page.elements.push(PageElement {
            tree,
            tag,
            parent,
            depth,
            marks,
            path,
            lines_start,
            lines_end: lines_start,
            holds_image: false,
            holds_input: false,
            node,
        });
        match tag {
            Tag::Image => {
                self.n_images += 1;
                self.tell_above(parent, |element| std::mem::replace(&mut element.holds_image, true));
            }
            Tag::Input | Tag::Control => {
                self.tell_above(parent, |element| std::mem::replace(&mut element.holds_input, true));
            }
            _ => {}
        }
        self.open.push(index);
    }

    /// Tells an element and all above it something, up to the first that knows it: each hears it once.
    fn tell_above(&mut self, element: usize, mut knew: impl FnMut(&mut PageElement<'a>) -> bool) {
        let mut element = element;
        while let Some(current) = self.page.elements.get_mut(element) {
            if knew(current) || current.parent == element {
                break;
            }
            element = current.parent;
        }
    }

    fn add_text(&mut self, piece: &str) {
        let Some(&current) = self.open.last() else { return };
        let before = self.line.text.len();
        self.line.text.push(piece);
        let n_bytes = self.line.text.len() - before;
        if n_bytes == 0 {
            return;
        }
        self.n_breaks = 0;
        self.line.owner = if before == 0 { current } else { self.common_ancestor(self.line.owner, current) };
        // Inline elements nest a few deep; the nearest block ends the search.
        for &element in self.open.iter().rev() {
            match self.page.elements[element].tag {
                Tag::Link => {
                    self.line.link_bytes += n_bytes;
                    break;
                }
                tag if tag.breaks_line() => break,
                _ => {}
            }
        }
        for &element in self.open.iter().rev() {
            match self.page.elements[element].tag {
                Tag::Emphasis => {
                    self.line.emphasis_bytes += n_bytes;
                    break;
                }
                tag if tag.breaks_line() => break,
                _ => {}
            }
        }
    }

    fn common_ancestor(&self, one: usize, other: usize) -> usize {
        let (mut one, mut other) = (one, other);
        // Parents have smaller indices than their children.
        while one != other {
            if one > other {
                one = self.page.elements[one].parent;
            } else {
                other = self.page.elements[other].parent;
            }
        }
        one
    }

    /// Ends the line within a cell: a row whose cells hold several lines is no row of a table, and what the cells
    /// before gave is a line of its own.
    fn end_line_in_cell(&mut self, at_break: bool) {
        let before = std::mem::take(&mut self.line.at_cell);
        if before.n_bytes > 0 && before.n_bytes < self.line.text.len() {
            let inside = self.open.last().copied().unwrap_or_default();
            let mut text = self.line.text.take();
            let rest = text.split_off(before.n_bytes);
            let after = LineStart {
                n_bytes: rest.len(),
                owner: inside,
                link_bytes: self.line.link_bytes - before.link_bytes,
                emphasis_bytes: self.line.emphasis_bytes - before.emphasis_bytes,
                n_links: self.line.n_links - before.n_links,
            };
            self.push_line(text, before, false);
            self.push_line(rest.trim_start().to_owned(), after, at_break);
            (self.line.link_bytes, self.line.emphasis_bytes, self.line.n_links) = (0, 0, 0);
            self.n_breaks = 0;
            return;
        }
        self.end_line(at_break);
    }

    fn end_line(&mut self, at_break: bool) {
        self.n_breaks = 0;
        let whole = self.line.so_far();
        let text = self.line.text.take();
        self.line = OpenLine::default();
        if !text.is_empty() {
            self.push_line(text, whole, at_break);
        }
    }

    fn push_line(&mut self, text: String, line: LineStart, ends_at_break: bool) {
        let mut block = line.owner;
        while !self.page.elements[block].tag.breaks_line() && self.page.elements[block].parent != block {
            block = self.page.elements[block].parent;
        }
        self.page.lines.push(Line {
            text,
            owner: line.owner,
            block,
            link_bytes: line.link_bytes,
            emphasis_bytes: line.emphasis_bytes,
            n_links: line.n_links,
            ends_at_break,
            n_images: self.n_images,
        });
    }
}

/// The value of an attribute. Elements have few, and looking through them takes less than making out by which number
/// the parser knows the name, as the tree's own method does.
fn attribute<'a>(element: &'a TreeElement, name: &str) -> Option<&'a str> {
    element.attrs.iter().find(|(known, _)| &*known.local == name && known.ns.is_empty()).map(|(_, value)| &**value)
}

fn marks_of_tag(tag: Tag) -> Marks {
    match tag {
        Tag::Nav => Marks::NAVIGATION,
        Tag::Aside => Marks::ASIDE,
        Tag::Header => Marks::HEADER,
        Tag::Footer => Marks::FOOTER,
        Tag::Article => Marks::ARTICLE,
        Tag::Main => Marks::MAIN,
        Tag::Control | Tag::Form => Marks::CONTROL,
        Tag::Figure | Tag::Caption => Marks::CAPTION,
        Tag::Time => Marks::DATE,
        Tag::Quote => Marks::QUOTE,
        _ => Marks::NONE,
    }
}

fn hides(name: &str, value: &str) -> bool {
    match name {
        "hidden" => true,
        "aria-hidden" => value == "true",
        "style" => {
            let mut squeezed = value.bytes().filter(|byte| !byte.is_ascii_whitespace()).take(200);
            let squeezed: Vec<u8> = squeezed.by_ref().map(|byte| byte.to_ascii_lowercase()).collect();
            squeezed.windows(12).any(|part| part == b"display:none")
        }
        _ => false,
    }
}

fn is_json_ld(element: &TreeElement) -> bool {
    attribute(element, "type").is_some_and(|kind| kind.trim().to_ascii_lowercase().starts_with("application/ld+json"))
}

/// Whether the text of an element begins or ends with white space, which parts words also where the rest is left out.
fn has_blank_edge(node: NodeRef<'_, Node>) -> bool {
    let mut texts = node.descendants().filter_map(|inner| inner.value().as_text());
    let first = texts.next();
    let last = texts.last().or(first);
    first.is_some_and(|text| text.starts_with(char::is_whitespace))
        || last.is_some_and(|text| text.ends_with(char::is_whitespace))
}

/// The text nodes right under an element, as they are: the content of a script.
fn raw_text(node: NodeRef<'_, Node>) -> String {
    node.children().filter_map(|child| child.value().as_text()).map(|text| &**text).collect()
}
