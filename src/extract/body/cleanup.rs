//! What only shows once the lines are chosen: repetitions, headings of nothing, a title, captions.

use std::collections::HashSet;

use super::super::explanation::Rule;
use super::super::page::Page;
use super::super::page::tags::Tag;
use super::features::Feature;
use super::known_texts::KnownTexts;
use super::line_features::LineProfile;

/// Fewest bytes of a key that may not stand twice: shorter lines are repeated on purpose.
const REPEATED_KEY_BYTES_MIN: usize = 40;

/// Lines before the text that may be taken off: a rubric, a byline, a date.
const OPENING_LINES_MAX: usize = 3;

/// Most words of a caption that is no sentence.
const CAPTION_WORDS_MAX: usize = 20;

/// Lines of the text for each such caption in it.
const CAPTION_LINES_MIN: usize = 4;

/// Takes out lines that say again what was said, and headings that head nothing, and what a picture shows, and the
/// title, which is no part of the body. `tell` hears of each line that is taken out, and why.
pub(super) fn clean_up(
    page: &Page<'_>,
    profiles: &[LineProfile],
    texts: &KnownTexts,
    chosen: &mut Vec<usize>,
    mut tell: impl FnMut(usize, Rule),
) {
    let mut keep_unless = |line: usize, is_out: bool, rule: Rule| {
        if is_out {
            tell(line, rule);
        }
        !is_out
    };
    chosen.retain(|line| keep_unless(*line, texts.title_keys.contains(&profiles[*line].key), Rule::RepeatsTitle));
    let is_caption = |line: usize| {
        let holds = |feature: Feature| profiles[line].features.0[feature as usize] > 0.0;
        holds(Feature::Caption) && !holds(Feature::Sentence) && profiles[line].n_words <= CAPTION_WORDS_MAX
    };
    // Where most lines stand under the name of a caption, it means something else.
    let n_captions = chosen.iter().filter(|line| is_caption(**line)).count();
    if n_captions * CAPTION_LINES_MIN <= chosen.len() {
        chosen.retain(|line| keep_unless(*line, is_caption(*line), Rule::Caption));
    }
    let mut seen: HashSet<&str> = HashSet::new();
    chosen.retain(|line| {
        let key = profiles[*line].key.as_str();
        keep_unless(*line, key.len() >= REPEATED_KEY_BYTES_MIN && !seen.insert(key), Rule::RepeatsLine)
    });
    // An article begins neither with a link elsewhere nor with its byline, which may stand in its text.
    let is_opening = |line: usize| {
        let holds = |feature: Feature| profiles[line].features.0[feature as usize] > 0.0;
        let is_link = holds(Feature::AllLink) && !holds(Feature::Sentence);
        is_link || holds(Feature::Byline) && !holds(Feature::Sentence)
    };
    let n_opening = chosen.iter().take(OPENING_LINES_MAX).take_while(|line| is_opening(**line)).count();
    for line in chosen.drain(..n_opening) {
        tell(line, Rule::Opening);
    }
    while let Some(line) = chosen.pop_if(|line| is_heading(page, *line)) {
        tell(line, Rule::HeadsNothing);
    }
}

fn is_heading(page: &Page<'_>, line: usize) -> bool {
    matches!(page.elements[page.lines[line].block].tag, Tag::Heading(_))
}
