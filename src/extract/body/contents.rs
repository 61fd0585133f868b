//! Tables of contents: links to the headings of the text, which says them again.

use std::collections::HashSet;

use super::super::page::Page;
use super::super::page::tags::Tag;
use super::features::Feature;
use super::line_features::LineProfile;

/// Fewest entries that say a heading again.
const ENTRIES_MIN: usize = 3;

/// Most words of the line that heads such a table: `In this article`.
const HEAD_WORDS_MAX: usize = 4;

/// The lines of `chosen`, which is in page order, that lead to places on the page itself, where at least half of them
/// repeat the heading of a place behind, and the line that heads them.
pub(super) fn in_text(page: &Page<'_>, profiles: &[LineProfile], chosen: &[usize]) -> HashSet<usize> {
    let is_link = |line: &usize| profiles[*line].features.0[Feature::AllLink as usize] > 0.0;
    let linked: Vec<usize> = chosen.iter().copied().filter(is_link).collect();
    if linked.len() < ENTRIES_MIN {
        return HashSet::new();
    }
    let leads_within = |element: usize| {
        page.elements[element].tag == Tag::Link
            && page.attribute(element, "href").is_some_and(|address| address.starts_with('#'))
    };
    let within: HashSet<usize> = (0..page.elements.len())
        .filter(|element| leads_within(*element))
        .map(|link| page.elements[link].lines_start)
        .collect();
    let mut entries: HashSet<usize> = linked.into_iter().filter(|line| within.contains(line)).collect();
    let Some(first) = entries.iter().min().copied() else { return HashSet::new() };
    let is_heading = |line: usize| matches!(page.elements[page.lines[line].block].tag, Tag::Heading(_));
    let headings: HashSet<&str> = (first..page.lines.len())
        .filter(|line| is_heading(*line))
        .map(|line| unnumbered(&profiles[line].key))
        .collect();
    let n_repeated = entries.iter().filter(|line| headings.contains(unnumbered(&profiles[**line].key))).count();
    if n_repeated < ENTRIES_MIN || n_repeated * 2 < entries.len() {
        return HashSet::new();
    }
    let before = chosen.iter().copied().take_while(|line| *line < first).last();
    entries.extend(before.filter(|line| *line + 1 == first && profiles[*line].n_words <= HEAD_WORDS_MAX));
    entries
}

/// A line's key without the number that only one of the two has.
fn unnumbered(key: &str) -> &str {
    key.trim_start_matches(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use crate::extract::tests::extract;
    use crate::model::LinkHints;

    #[test]
    fn a_table_of_contents_is_no_part_of_the_text() {
        let sections = [
            (
                "Why the weir broke",
                "The weir below Harn Bridge broke in the flood, which tore a gap into it that nobody has mended since.",
            ),
            (
                "Who pays for it",
                "The money comes from a fund for the old works of the river, into which every house has paid since spring.",
            ),
            (
                "When work begins",
                "Work will begin once the herons have left, which the warden of the reserve expects by the end of August.",
            ),
            (
                "What the miller says",
                "The miller has waited for this since the night of the flood, he says, and his wheel has stood still since.",
            ),
        ];
        let told = sections.map(|(heading, text)| format!("<h2 id=a>{heading}</h2><p>{text}</p>")).concat();
        let items = sections.map(|(heading, _)| format!("<li><a href=#a>{heading}</a></li>")).concat();
        let expected: Vec<&str> = sections.iter().flat_map(|(heading, text)| [*heading, *text]).collect();
        let paragraphs = |contents: &str| {
            let page = format!(
                "<title>Weir to be rebuilt</title><article><h1>Weir to be rebuilt</h1>{contents}{told}</article>"
            );
            extract(page, &LinkHints::default()).unwrap().paragraphs
        };
        assert_eq!(paragraphs(&format!("<p>In this article</p><ol>{items}</ol>")), expected);
        assert_eq!(paragraphs(&format!("<div><p><b>Contents</b></p>{}</div>", items.replace("li>", "p>"))), expected);
    }
}
