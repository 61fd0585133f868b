//! What only shows once the lines are chosen.

use std::collections::HashSet;

use super::super::page::Page;
use super::super::tags::Tag;
use super::lines::Look;

/// Fewest bytes of a key that is not let stand twice: below that repetition is a manner of writing.
const REPEATED_KEY_BYTES_MIN: usize = 40;

/// Takes out lines that say again what was said, and headings that head nothing.
pub(super) fn clear(page: &Page<'_>, looks: &[Look], chosen: &mut Vec<usize>) {
    let mut seen: HashSet<&str> = HashSet::new();
    chosen.retain(|line| looks[*line].key.len() < REPEATED_KEY_BYTES_MIN || seen.insert(looks[*line].key.as_str()));
    while chosen.last().is_some_and(|line| is_heading(page, *line)) {
        chosen.pop();
    }
}

fn is_heading(page: &Page<'_>, line: usize) -> bool {
    matches!(page.elements[page.lines[line].block].tag, Tag::Heading(_))
}
