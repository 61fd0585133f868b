//! The walk over the tree that makes elements and lines of it.

use std::collections::HashSet;

use super::super::text::{fold, hash};
use super::class_names::Marks;
use super::element_marks::MarkReader;
use super::flat::{Line, Page, PageElement};
use super::open_line::{LineFacts, OpenLine};
use super::tags::Tag;
use super::tree::{Content, Node, NodeId, Tree};
use super::unshown::{is_for_screen_readers, is_hidden, is_left_out};

/// A row of a table that is longer than this is laid out with the table, not tabulated: each cell is its own line.
const CELL_BYTES_MAX: usize = 160;

/// What somebody who knows the site has chosen of its tree before lines are made of it.
#[derive(Debug, Default)]
pub(in super::super) struct Choice {
    /// Elements that hold the body. Whatever their tag, a line begins and ends with them.
    pub(in super::super) chosen: HashSet<NodeId>,
    /// Elements that are left out where they stand in a chosen one.
    pub(in super::super) dropped: HashSet<NodeId>,
}

impl<'a> Page<'a> {
    /// Walks the tree once, down to `depth_max`. No recursion: hostile pages nest deeper than the stack.
    pub(in super::super) fn read(tree: &'a Tree, depth_max: usize) -> Page<'a> {
        Page::read_choice(tree, depth_max, &Choice::default())
    }

    /// [`Page::read`] with a choice of elements: no line stands half in a chosen element, and none has a part in a
    /// dropped one.
    pub(in super::super) fn read_choice(tree: &'a Tree, depth_max: usize, choice: &Choice) -> Page<'a> {
        let mut reader = Reader {
            page: Page::default(),
            open: Vec::new(),
            line: OpenLine::default(),
            n_images: 0,
            marks: MarkReader::new(),
            choice,
            n_chosen_open: 0,
        };
        let root = tree.root();
        let mut node = root;
        loop {
            let goes_down = reader.enter(node, depth_max);
            if goes_down && let Some(child) = node.first_child() {
                node = child;
                continue;
            }
            loop {
                reader.leave(node);
                if node.id() == root.id() {
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
}

struct Reader<'a, 'c> {
    page: Page<'a>,
    /// Elements from the root to the current one.
    open: Vec<usize>,
    line: OpenLine,
    /// Images so far.
    n_images: usize,
    marks: MarkReader,
    choice: &'c Choice,
    n_chosen_open: usize,
}

impl<'a> Reader<'a, '_> {
    /// Takes in a node; whether its children are to be visited.
    fn enter(&mut self, node: Node<'a>, depth_max: usize) -> bool {
        match node.content() {
            Content::Root => true,
            Content::Text(text) => {
                self.add_text(text);
                false
            }
            Content::Element(element) => {
                let tag = if is_shadow_root(node) { Tag::Block } else { element.tag() };
                let is_chosen = self.choice.chosen.contains(&node.id());
                self.n_chosen_open += usize::from(is_chosen);
                let is_dropped = self.n_chosen_open > 0 && self.choice.dropped.contains(&node.id());
                if is_chosen || tag.breaks_line() {
                    self.end_line_in_cell(false);
                }
                self.open_element(node, tag);
                let is_left_out = is_dropped || self.is_hidden_within_line(node, tag);
                if is_left_out && has_blank_edge(node) {
                    self.line.push_border();
                }
                !tag.is_silent() && !is_left_out && self.open.len() < depth_max
            }
            Content::Other => false,
        }
    }

    fn leave(&mut self, node: Node<'a>) {
        if !node.is_element() {
            return;
        }
        let Some(element) = self.open.pop() else { return };
        let tag = self.page.elements[element].tag;
        let is_chosen = self.choice.chosen.contains(&node.id());
        self.n_chosen_open -= usize::from(is_chosen);
        if is_chosen || tag.breaks_line() || tag == Tag::Cell && self.line.len() > CELL_BYTES_MAX {
            self.end_line(false);
        } else if tag == Tag::Cell {
            self.line.push_border();
        }
        self.page.elements[element].lines_end = self.page.lines.len();
    }

    fn open_element(&mut self, node: Node<'a>, tag: Tag) {
        match tag {
            Tag::Cell => self.line.begin_cell(),
            Tag::LineBreak => self.add_break(),
            Tag::Link if !self.line.is_empty() || node.attribute("href").is_some() => {
                self.line.facts_mut().n_links += 1;
            }
            _ => {}
        }
        let index = self.page.elements.len();
        let parent = self.open.last().copied().unwrap_or(index);
        let (marks, class_hash) = self.marks.read(node, tag);
        self.put_on_lists(index, node, tag, marks);
        let above = if parent == index { 0 } else { self.page.elements[parent].path };
        let path = hash(hash(above, node.name().as_bytes()), &class_hash.to_le_bytes());
        let depth = u32::try_from(self.open.len()).unwrap_or(u32::MAX);
        let lines_start = self.page.lines.len();
        self.page.elements.push(PageElement {
            node,
            tag,
            parent,
            depth,
            marks,
            path,
            lines_start,
            lines_end: lines_start,
            holds_image: false,
            holds_input: false,
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

    /// Whether an element within a line, which was just opened, holds words that only a screen reader says, or a few
    /// that nobody sees. A long hidden text may be the rest of a paragraph, which a click shows.
    fn is_hidden_within_line(&self, node: Node<'a>, tag: Tag) -> bool {
        let may_be = matches!(tag, Tag::Inline | Tag::Emphasis)
            && self.page.elements.last().is_some_and(|own| own.marks.has(Marks::HIDDEN | Marks::CONTROL));
        may_be && (is_for_screen_readers(node) || (is_hidden(node) || is_left_out(node)) && holds_little(node))
    }

    /// Puts an element on the page's lists of those that somebody asks for by their kind.
    fn put_on_lists(&mut self, index: usize, node: Node<'a>, tag: Tag, marks: Marks) {
        let page = &mut self.page;
        match tag {
            Tag::Meta => page.metas.push(index),
            Tag::LinkRelation => page.link_relations.push(index),
            Tag::Heading(1) => page.top_headings.push(index),
            Tag::Script if is_json_ld(node) => page.json_ld.push(raw_text(node)),
            Tag::DocumentTitle if page.document_title.is_none() => page.document_title = Some(fold(&raw_text(node))),
            _ => {}
        }
        if tag == Tag::Time || node.attribute("datetime").is_some() {
            page.times.push(index);
        }
        if marks.has(Marks::AUTHOR | Marks::DATE) {
            page.bylines.push(index);
        }
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

    /// Takes in a `<br>`: the second in a row ends the line.
    fn add_break(&mut self) {
        if self.line.push_break() {
            self.end_line_in_cell(true);
        }
    }

    fn add_text(&mut self, piece: &str) {
        let Some(&current) = self.open.last() else { return };
        let is_begun = !self.line.is_empty();
        let n_bytes = self.line.push(piece);
        if n_bytes == 0 {
            return;
        }
        let link_bytes = if self.is_within(Tag::Link) { n_bytes } else { 0 };
        let emphasis_bytes = if self.is_within(Tag::Emphasis) { n_bytes } else { 0 };
        let facts = self.line.facts_mut();
        facts.owner = if is_begun { self.page.common_ancestor(facts.owner, current) } else { current };
        facts.link_bytes += link_bytes;
        facts.emphasis_bytes += emphasis_bytes;
    }

    /// Whether the text that is being read stands in such an inline element. These nest a few deep; the nearest block
    /// ends the search.
    fn is_within(&self, tag: Tag) -> bool {
        let mut tags = self.open.iter().rev().map(|element| self.page.elements[*element].tag);
        tags.find(|open| *open == tag || open.breaks_line()) == Some(tag)
    }

    /// Ends the line within a cell: a row whose cells hold several lines is no row of a table, and what the cells
    /// before gave is a line of its own.
    fn end_line_in_cell(&mut self, at_break: bool) {
        let inside = self.open.last().copied().unwrap_or_default();
        match self.line.end_in_cell(inside) {
            Some([(text, before), (rest, after)]) => {
                self.push_line(text, before, false);
                self.push_line(rest, after, at_break);
            }
            None => self.end_line(at_break),
        }
    }

    fn end_line(&mut self, at_break: bool) {
        if let Some((text, facts)) = self.line.end() {
            self.push_line(text, facts, at_break);
        }
    }

    fn push_line(&mut self, text: String, facts: LineFacts, ends_at_break: bool) {
        self.page.lines.push(Line {
            text,
            owner: facts.owner,
            block: self.page.block_of(facts.owner),
            link_bytes: facts.link_bytes,
            emphasis_bytes: facts.emphasis_bytes,
            n_links: facts.n_links,
            ends_at_break,
            n_images: self.n_images,
        });
    }
}

/// Whether a `template` is drawn where it stands.
fn is_shadow_root(element: Node<'_>) -> bool {
    element.name() == "template" && element.attribute("shadowrootmode").is_some()
}

/// Most bytes of a hidden text within a line that is left out.
const HIDDEN_BYTES_MAX: usize = 80;

fn holds_little(node: Node<'_>) -> bool {
    let mut n_bytes = 0;
    node.descendants().filter_map(Node::text).all(|text| {
        n_bytes += text.trim().len();
        n_bytes <= HIDDEN_BYTES_MAX
    })
}

fn is_json_ld(element: Node<'_>) -> bool {
    element.attribute("type").is_some_and(|kind| kind.trim().to_ascii_lowercase().starts_with("application/ld+json"))
}

/// Whether the text of an element begins or ends with white space, which parts words also where the rest is left out.
fn has_blank_edge(node: Node<'_>) -> bool {
    let mut texts = node.descendants().filter_map(Node::text);
    let first = texts.next();
    let last = texts.last().or(first);
    first.is_some_and(|text| text.starts_with(char::is_whitespace))
        || last.is_some_and(|text| text.ends_with(char::is_whitespace))
}

/// The text nodes right under an element, as they are: the content of a script.
fn raw_text(node: Node<'_>) -> String {
    node.children().filter_map(Node::text).collect()
}
