//! The place of the article: the element in which it stands.

use super::super::page::Page;
use super::super::text::number;
use super::line_features::LineProfile;

/// Words from which a longer line counts no more: one very long line, a wall of terms for one, is not a long article.
const WORDS_MAX: usize = 120;

/// And from which an unlikely one does: a notice between paragraphs that repeats itself does not part an article.
const WORDS_AGAINST_MAX: usize = 30;

/// The element whose lines are worth the most: a line likely to be text counts for it with its words, an unlikely one
/// against it, so that the sum grows up to the element that holds the whole article and falls beyond it. Of equals
/// the deepest, since what it holds is all that counts.
pub(super) fn find(page: &Page<'_>, profiles: &[LineProfile], first: &[f32]) -> Option<usize> {
    let mut worth_before: Vec<f32> = Vec::with_capacity(profiles.len() + 1);
    worth_before.push(0.0);
    let mut sum = 0.0;
    for (profile, probability) in profiles.iter().zip(first) {
        let n_words_max = if *probability < 0.5 { WORDS_AGAINST_MAX } else { WORDS_MAX };
        sum += number(profile.n_words.clamp(1, n_words_max)) * (2.0 * probability - 1.0);
        worth_before.push(sum);
    }
    let worth = |element: usize| {
        let element = &page.elements[element];
        worth_before[element.lines_end] - worth_before[element.lines_start]
    };
    let mut best: Option<(usize, f32)> = None;
    for element in 0..page.elements.len() {
        let worth = worth(element);
        // Deeper elements come later; equal but for rounding is equal.
        if worth > 0.0 && best.is_none_or(|(_, most)| worth >= most - 0.01) {
            best = Some((element, worth.max(best.map_or(0.0, |(_, most)| most))));
        }
    }
    best.map(|(element, _)| element)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::body::line_features;
    use crate::extract::tests::{known_texts_of, parsed};

    #[test]
    fn notices_between_paragraphs_do_not_part_an_article() {
        let paragraph = format!("<div><p>{}</p></div>", "word ".repeat(40));
        let notice = format!("<div><p>{}</p></div>", "notice ".repeat(60));
        let sections = [paragraph.as_str(); 4].join(&notice);
        let tree = parsed(&format!("<main>{sections}</main><footer><p>{notice}</p></footer>"));
        let page = Page::read(&tree, 512);
        let profiles = line_features::profiles(&page, &known_texts_of(&page, "https://news.example/page"));
        let likely: Vec<f32> =
            page.lines.iter().map(|line| if line.text.starts_with("word") { 0.95 } else { 0.05 }).collect();
        let place = &page.elements[find(&page, &profiles, &likely).expect("a place")];
        let n_paragraphs =
            page.lines[place.lines_start..place.lines_end].iter().filter(|line| line.text.starts_with("word")).count();
        assert_eq!(n_paragraphs, 4);
    }
}
