//! What an element's tag and attributes say of its content.

use super::super::text::hash;
use super::attributes::NAMING_ATTRIBUTES;
use super::class_names::{Marks, marks_of_names};
use super::tags::Tag;
use super::tree::Node;
use super::unshown;

/// Classes whose marks are remembered. A power of two.
const CLASSES_REMEMBERED: usize = 128;

/// Reads the marks of elements. It remembers those of classes by their hash: the same few stand on most elements of a
/// page.
pub(super) struct MarkReader {
    classes: [(u64, Marks); CLASSES_REMEMBERED],
}

impl MarkReader {
    pub(super) fn new() -> MarkReader {
        MarkReader { classes: [(0, Marks::NONE); CLASSES_REMEMBERED] }
    }

    /// The marks of an element, and the hash of its class: 0 where it has none or is silent.
    pub(super) fn read(&mut self, node: Node<'_>, tag: Tag) -> (Marks, u64) {
        let (mut marks, mut class_hash) = (marks_of_tag(tag), 0);
        if tag.is_silent() {
            return (marks, class_hash);
        }
        for (name, value) in node.attributes() {
            let (name, value) = (&**name, &**value);
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
        (marks, class_hash)
    }
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

/// Whether an attribute says that its element is not shown, or not read out.
fn hides(name: &str, value: &str) -> bool {
    match name {
        "hidden" => true,
        "aria-hidden" => value == "true",
        "style" => unshown::hides(value),
        _ => false,
    }
}
