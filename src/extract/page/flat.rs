//! The arrays of a page.
//!
//! All questions ("what stands above this line", "how much text is in this element") are answered from indices: an
//! element's parent stands before it, and its lines are those between its `lines_start` and its `lines_end`.

use std::ops::Range;

use super::super::text::{FoldedText, fold};
use super::attributes::is_read;
use super::class_names::Marks;
use super::tags::Tag;
use super::tree::{Content, Node};
use super::unshown::{is_for_screen_readers, is_hidden};

/// Longest text taken from one element by [`Page::text_of`]: titles, names, dates.
const SHORT_TEXT_BYTES_MAX: usize = 2000;

/// Nodes walked for it: an element with more is no title, name or date, whatever it is called.
const SHORT_TEXT_NODES_MAX: usize = 1000;

/// Most pieces taken from one byline.
const PIECES_MAX: usize = 20;

/// Whether a text is that of a picture or a script.
fn stands_in_silence(node: Node<'_>) -> bool {
    node.text().is_some() && node.ancestors().take(2).filter_map(Node::tag).any(Tag::is_silent)
}

/// An element of the page.
#[derive(Debug)]
pub(in super::super) struct PageElement<'a> {
    /// Where it stands in the tree, with its name and attributes.
    pub(in super::super) node: Node<'a>,
    /// What it is.
    pub(in super::super) tag: Tag,
    /// Its parent; the root is its own.
    pub(in super::super) parent: usize,
    /// Distance from the root.
    pub(in super::super) depth: u32,
    /// What its names say of it, without what its ancestors' say.
    pub(in super::super) marks: Marks,
    /// Hash of the tags above it and of its own tag and class: alike for elements that play the same role.
    pub(in super::super) path: u64,
    /// Its first line.
    pub(in super::super) lines_start: usize,
    /// After its last line.
    pub(in super::super) lines_end: usize,
    /// Whether it holds an image, and whether it holds a button or field.
    pub(in super::super) holds_image: bool,
    pub(in super::super) holds_input: bool,
}

/// A line of the page.
#[derive(Debug)]
pub(in super::super) struct Line {
    /// Its text, white space folded, never empty.
    pub(in super::super) text: String,
    /// The deepest element that holds all of it.
    pub(in super::super) owner: usize,
    /// The element that begins the line: the deepest block above `owner`.
    pub(in super::super) block: usize,
    /// Bytes of the text that stand in links.
    pub(in super::super) link_bytes: usize,
    /// Bytes of the text that are set apart, bold or italic.
    pub(in super::super) emphasis_bytes: usize,
    /// Links it holds.
    pub(in super::super) n_links: usize,
    /// Whether it ended at an empty line made of `<br>`.
    pub(in super::super) ends_at_break: bool,
    /// Images that stand before its end on the page.
    pub(in super::super) n_images: usize,
}

/// A page in document order.
#[derive(Debug, Default)]
pub(in super::super) struct Page<'a> {
    pub(in super::super) elements: Vec<PageElement<'a>>,
    pub(in super::super) lines: Vec<Line>,
    /// `meta` elements.
    pub(in super::super) metas: Vec<usize>,
    /// `link` elements.
    pub(in super::super) link_relations: Vec<usize>,
    /// `time` elements, and others with a `datetime` attribute.
    pub(in super::super) times: Vec<usize>,
    /// First-level headings.
    pub(in super::super) top_headings: Vec<usize>,
    /// Elements whose names say that they hold authors or dates.
    pub(in super::super) bylines: Vec<usize>,
    /// Texts of `script` elements of type `application/ld+json`.
    pub(in super::super) json_ld: Vec<String>,
    /// Text of the `title` element.
    pub(in super::super) document_title: Option<String>,
}

impl<'a> Page<'a> {
    /// The value of an attribute of an element, trimmed, absent where empty.
    pub(in super::super) fn attribute(&self, element: usize, name: &str) -> Option<&'a str> {
        debug_assert!(is_read(name), "{name} is not among the attributes that are read");
        self.any_attribute(element, name)
    }

    /// The same for an attribute that only a rule for the site reads, whose pages are parsed with all of theirs.
    pub(in super::super) fn any_attribute(&self, element: usize, name: &str) -> Option<&'a str> {
        self.elements[element].node.attribute(name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// The text inside an element, scripts and the like left out, cut off where it is no short text any more.
    pub(in super::super) fn text_of(&self, element: usize) -> String {
        let (mut text, mut n_nodes) = (FoldedText::default(), 0);
        let root = self.elements[element].node;
        let mut next = Some(root);
        while let Some(node) = next {
            let mut inside = node.first_child();
            match node.content() {
                Content::Text(piece) => text.push(piece),
                Content::Element(_) => {
                    let tag = node.tag().unwrap_or(Tag::Inline);
                    inside = inside.filter(|_| node.id() == root.id() || !tag.is_silent());
                    if tag.breaks_line() || matches!(tag, Tag::LineBreak | Tag::Cell) {
                        text.push_border();
                    }
                }
                _ => {}
            }
            n_nodes += 1;
            if text.len() > SHORT_TEXT_BYTES_MAX || n_nodes > SHORT_TEXT_NODES_MAX {
                break;
            }
            next = inside.or_else(|| node.next_behind(root));
        }
        text.take()
    }

    /// The texts of an element's text nodes, each on its own: the names of a byline often stand in elements of
    /// their own with nothing between them.
    pub(in super::super) fn pieces_of(&self, element: usize) -> Vec<String> {
        self.elements[element]
            .node
            .descendants()
            .take(SHORT_TEXT_NODES_MAX)
            .filter(|node| !stands_in_silence(*node))
            .filter_map(Node::text)
            .map(fold)
            .filter(|piece| !piece.is_empty())
            .take(PIECES_MAX)
            .collect()
    }

    /// Whether an element's own attributes keep it from being seen.
    pub(in super::super) fn is_unshown(&self, element: usize) -> bool {
        let PageElement { node, marks, .. } = self.elements[element];
        marks.has(Marks::HIDDEN | Marks::CONTROL) && (is_hidden(node) || is_for_screen_readers(node))
    }

    /// The deepest element that holds both.
    pub(super) fn common_ancestor(&self, one: usize, other: usize) -> usize {
        let (mut one, mut other) = (one, other);
        // Parents have smaller indices than their children.
        while one != other {
            if one > other {
                one = self.elements[one].parent;
            } else {
                other = self.elements[other].parent;
            }
        }
        one
    }

    /// The element itself where it begins a line, or else the nearest above it that does.
    pub(super) fn block_of(&self, element: usize) -> usize {
        let mut block = element;
        while !self.elements[block].tag.breaks_line() && self.elements[block].parent != block {
            block = self.elements[block].parent;
        }
        block
    }

    /// The elements that stand in another one.
    pub(in super::super) fn elements_in(&self, element: usize) -> Range<usize> {
        let depth = self.elements[element].depth;
        let after = &self.elements[element + 1..];
        let n_inside = after.iter().position(|other| other.depth <= depth).unwrap_or(after.len());
        element + 1..element + 1 + n_inside
    }

    /// The elements from `element` up to, and without, `end`.
    pub(in super::super) fn path_up(&self, element: usize, end: usize) -> impl Iterator<Item = usize> + '_ {
        let mut next = Some(element).filter(|element| *element != end);
        std::iter::from_fn(move || {
            let current = next?;
            let parent = self.elements[current].parent;
            next = (parent != end && parent != current).then_some(parent);
            Some(current)
        })
    }
}
