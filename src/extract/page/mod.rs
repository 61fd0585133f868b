//! The page as flat arrays: one walk over the tree, elements and lines in document order.
//!
//! A line is what a reader would call a paragraph: text between two borders, where a border is the start or end of a
//! block element or an empty line made of two `<br>`. Bare text in a `div` is a line; inline elements do not end one.
//!
//! * `tree`: the tree, in arrays too; `tree_sink` builds it as the parser says.
//! * `flat`: the arrays of the page, and what is asked of them.
//! * `reader`: the walk that fills them, with `open_line` for the line it is in.
//! * `attributes`: which attributes are read at all; `element_marks`: what those of an element say of it; `unshown`: whether
//!   they keep it from being seen.
//! * `tags` and `class_names`: what an element is by its tag and by its names.

mod attributes;
pub(super) mod class_names;
mod element_marks;
mod flat;
mod open_line;
mod reader;
pub(super) mod tags;
mod tree;
mod tree_sink;
mod unshown;

pub(super) use attributes::read_name;
pub(super) use flat::{Line, Page, PageElement};
pub(super) use reader::Choice;
pub(super) use tree::{Content, NodeId, Tree};
pub(super) use tree_sink::PageSink;
