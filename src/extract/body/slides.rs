//! The slides of a gallery that was set into an article: each has a heading that counts it, `3/12`, and a caption.

use std::collections::HashSet;
use std::ops::Range;

use super::super::page::Page;
use super::super::page::tags::Tag;
use super::line_features::LineProfile;

/// Slides from which they are a gallery.
const SLIDES_MIN: usize = 3;

/// Fewest words of the text around it: with less, the gallery is the article.
const TEXT_WORDS_MIN: usize = 100;

/// The lines of `chosen` that are slides, where there is a text around them.
pub(super) fn in_text(page: &Page<'_>, profiles: &[LineProfile], chosen: &[usize]) -> HashSet<usize> {
    let is_counted = |line: &&usize| {
        let line = &page.lines[**line];
        matches!(page.elements[line.block].tag, Tag::Heading(_)) && begins_with_count(&line.text)
    };
    let counted: Vec<usize> = chosen.iter().filter(is_counted).copied().collect();
    if counted.len() < SLIDES_MIN {
        return HashSet::new();
    }
    let slides: Vec<Range<usize>> = counted
        .iter()
        .map(|heading| &page.elements[page.elements[page.lines[*heading].block].parent])
        .map(|slide| slide.lines_start..slide.lines_end)
        .collect();
    // Where slides stand in no element each, it is not known where they end.
    let is_apart = slides.windows(2).all(|pair| pair[0].end <= pair[1].start);
    let lines: HashSet<usize> = chosen.iter().copied().filter(|line| slides.iter().any(|s| s.contains(line))).collect();
    let n_words: usize = chosen.iter().filter(|line| !lines.contains(line)).map(|line| profiles[*line].n_words).sum();
    if is_apart && n_words >= TEXT_WORDS_MIN { lines } else { HashSet::new() }
}

/// Whether a text begins with a place in a sequence: `3/12`, `3 of 12`.
fn begins_with_count(text: &str) -> bool {
    let number = |text: &str| -> Option<(u32, usize)> {
        let length = text.bytes().take_while(u8::is_ascii_digit).count();
        Some((text.get(..length)?.parse().ok()?, length)).filter(|_| length <= 3)
    };
    let Some((place, length)) = number(text) else { return false };
    let rest = text[length..].trim_start();
    let Some(rest) = rest.strip_prefix('/').or_else(|| rest.strip_prefix("of ")) else { return false };
    let Some((all, length)) = number(rest.trim_start()) else { return false };
    // A date or a fraction of something goes on.
    (1..=all).contains(&place) && all > 1 && !rest.trim_start()[length..].starts_with(['/', '.', ',', '-'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::tests::extract;
    use crate::model::LinkHints;

    #[test]
    fn slides_are_counted() {
        for text in ["1/50 A boat", "12 / 12", "3 of 9: the weir"] {
            assert!(begins_with_count(text), "{text}");
        }
        for text in ["1/12/2026", "13/12 A boat", "0/4", "3 of them", "24/7", "1/1", "5", "", "2024/2025 in the valley"]
        {
            assert!(!begins_with_count(text), "{text}");
        }
    }

    #[test]
    fn a_gallery_is_no_part_of_the_text_it_stands_in() {
        let paragraph = |n: usize| {
            format!(
                "<p>Paragraph {n}: the weir below Harn Bridge will be rebuilt from next spring, eleven years after a \
                 flood tore a gap of four metres into it, and the council of Mell voted for the plan on Tuesday.</p>"
            )
        };
        let slide = |n: usize| {
            format!(
                "<li><h2>{n}/4 Boats in the valley</h2><p>Boat {n} was bought by a school in Quell, which wants to teach \
                 its pupils to sail on it, and has been painted in the colours of its house.</p></li>"
            )
        };
        let slides: String = (1..=4).map(slide).collect();
        let extracted = |text: &str| {
            let page = format!("<title>Weir to be rebuilt</title><article><h1>Weir to be rebuilt</h1>{text}</article>");
            extract(page, &LinkHints::default()).unwrap().paragraphs
        };
        let with =
            |slides: &str| format!("{}{}<ul>{slides}</ul>{}{}", paragraph(1), paragraph(2), paragraph(3), paragraph(4));
        assert_eq!(extracted(&with(&slides)), extracted(&with("")));
        assert_eq!(extracted(&format!("<ul>{slides}</ul>")).len(), 8);
    }
}
