//! What only shows once the lines are chosen: repetitions, headings of nothing, a title, captions.

use std::collections::{HashMap, HashSet};

use super::super::explanation::Rule;
use super::super::page::Page;
use super::super::page::tags::Tag;
use super::super::text::lower_case;
use super::features::Feature;
use super::known_texts::KnownTexts;
use super::line_features::LineProfile;
use super::{closings, details, next_article, phrases, replies, slides, unshown};

/// Fewest bytes of a key that may not stand twice: shorter lines are repeated on purpose.
const REPEATED_KEY_BYTES_MIN: usize = 40;

/// Lines before the text that may be taken off: a rubric, a byline, a date.
const OPENING_LINES_MAX: usize = 3;

/// Fewest bytes of a title's key that is the title behind whatever else: a kicker, a site's name.
const TITLE_KEY_BYTES_MIN: usize = 20;

/// Most words of a caption that is no sentence.
const CAPTION_WORDS_MAX: usize = 20;

/// Lines of the text for each such caption in it.
const CAPTION_LINES_MIN: usize = 4;

/// Takes out what is no part of the body: the title, lines that say again what was said, what asks to pay for the rest,
/// headings that head nothing, what a picture shows, what nobody sees, the next article, and what closes a page. `tell`
/// hears of each line that is taken out, and why.
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
    // Within the text, a first-level heading is one of the page's titles too.
    let is_a_title = |line: usize| texts.title_keys.contains(&profiles[line].key);
    let text_start = chosen.iter().copied().find(|line| !is_a_title(*line)).unwrap_or(usize::MAX);
    let is_title = |line: usize| {
        let may_head = line > text_start && is_heading(page, line);
        if may_head { texts.title_keys.first() == Some(&profiles[line].key) } else { is_a_title(line) }
    };
    chosen.retain(|line| keep_unless(*line, is_title(*line), Rule::RepeatsTitle));
    let is_caption = |line: usize| {
        let holds = |feature: Feature| profiles[line].features.0[feature as usize] > 0.0;
        holds(Feature::Caption) && !holds(Feature::Sentence) && profiles[line].n_words <= CAPTION_WORDS_MAX
    };
    // Where most lines stand under the name of a caption, it means something else.
    let n_captions = chosen.iter().filter(|line| is_caption(**line)).count();
    if n_captions * CAPTION_LINES_MIN <= chosen.len() {
        chosen.retain(|line| keep_unless(*line, is_caption(*line), Rule::Caption));
    }
    let repeated = repeated(profiles, chosen);
    chosen.retain(|line| keep_unless(*line, repeated.contains(line), Rule::RepeatsLine));
    let slides = slides::in_text(page, profiles, chosen);
    chosen.retain(|line| keep_unless(*line, slides.contains(line), Rule::Slide));
    let unshown = unshown::in_text(page, profiles, chosen);
    chosen.retain(|line| keep_unless(*line, unshown.contains(line), Rule::Unshown));
    let details = details::in_text(page, profiles, chosen);
    chosen.retain(|line| keep_unless(*line, details.contains(line), Rule::Details));
    let next = next_article::start(page, profiles, chosen).unwrap_or(usize::MAX);
    chosen.retain(|line| keep_unless(*line, *line >= next, Rule::NextArticle));
    let replies = replies::in_text(page, profiles, chosen);
    chosen.retain(|line| keep_unless(*line, replies.contains(line), Rule::Comment));
    let translation = closings::translation(page, profiles, chosen).unwrap_or(usize::MAX);
    chosen.retain(|line| keep_unless(*line, *line >= translation, Rule::Translation));
    let closings = closings::in_text(page, profiles, chosen);
    chosen.retain(|line| keep_unless(*line, closings.contains(line), Rule::Closing));
    // An article begins neither with a link elsewhere nor with its byline or date, which may stand in its text, nor with
    // its title behind a kicker.
    let is_opening = |line: usize| {
        let holds = |feature: Feature| profiles[line].features.0[feature as usize] > 0.0;
        let is_heading = is_heading(page, line);
        let is_of_head = holds(Feature::AllLink) || holds(Feature::Byline) || holds(Feature::Dated) && !is_heading;
        let ends_with_title = |key: &String| {
            texts.title_keys.iter().any(|title| title.len() >= TITLE_KEY_BYTES_MIN && key.ends_with(title.as_str()))
        };
        is_of_head && !holds(Feature::Sentence) || is_heading && ends_with_title(&profiles[line].key)
    };
    let n_opening = chosen.iter().take(OPENING_LINES_MAX).take_while(|line| is_opening(**line)).count();
    for line in chosen.drain(..n_opening) {
        tell(line, Rule::Opening);
    }
    if chosen.len() > 1
        && let Some(line) = chosen.pop_if(|line| demands(page, profiles, *line))
    {
        tell(line, Rule::Demand);
    }
    while let Some(line) = chosen.pop_if(|line| is_heading(page, *line)) {
        tell(line, Rule::HeadsNothing);
    }
}

/// The longer lines that say again what was said. Where many do so one by one, each behind another line than before, they
/// are meant: the meals of a week, the rounds of a contest.
fn repeated(profiles: &[LineProfile], chosen: &[usize]) -> HashSet<usize> {
    /// From so many on they are meant.
    const MEANT_MIN: usize = 8;
    /// Lines in their order from which they are a copy.
    const COPY_MIN: usize = 4;
    let longer: Vec<usize> =
        chosen.iter().copied().filter(|line| profiles[*line].key.len() >= REPEATED_KEY_BYTES_MIN).collect();
    let mut first_told: HashMap<&str, usize> = HashMap::new();
    // Runs of lines that were told before in the same order, as positions among the longer lines.
    let mut copies: Vec<Vec<usize>> = Vec::new();
    let mut before = None;
    for (position, line) in longer.iter().enumerate() {
        let first = *first_told.entry(profiles[*line].key.as_str()).or_insert(position);
        let told = (first < position).then_some(first);
        match (copies.last_mut(), told) {
            (Some(copy), Some(first)) if before.is_some_and(|before| before + 1 == first) => copy.push(position),
            (_, Some(_)) => copies.push(vec![position]),
            (_, None) => {}
        }
        before = told;
    }
    let n_alone: usize = copies.iter().map(Vec::len).filter(|length| *length < COPY_MIN).sum();
    copies.retain(|copy| copy.len() >= COPY_MIN || n_alone < MEANT_MIN);
    copies.into_iter().flatten().map(|position| longer[position]).collect()
}

/// Whether a line asks to pay or to sign in for the rest.
fn demands(page: &Page<'_>, profiles: &[LineProfile], line: usize) -> bool {
    profiles[line].n_words < phrases::WORDS_MAX && phrases::demands(&lower_case(&page.lines[line].text))
}

fn is_heading(page: &Page<'_>, line: usize) -> bool {
    matches!(page.elements[page.lines[line].block].tag, Tag::Heading(_))
}

#[cfg(test)]
mod tests {
    use crate::extract::tests::{WEIR as TEXT, extract};
    use crate::model::LinkHints;

    fn check(body: &str, expected: &[&str]) {
        let page = format!("<title>Weir below Harn Bridge to be rebuilt</title><article>{body}</article>");
        assert_eq!(extract(page, &LinkHints::default()).unwrap().paragraphs, expected, "{body}");
    }

    fn paragraphs(text: &[&str]) -> String {
        format!("<p>{}</p>", text.join("</p><p>"))
    }

    #[test]
    fn what_heads_a_text_is_no_part_of_it() {
        let title = "<h1>Weir below Harn Bridge to be rebuilt</h1>";
        check(&format!("{title}<p>20 November 2026, 09:30</p>{}", paragraphs(&TEXT)), &TEXT);
        check(&format!("<h2>Mell: Weir below Harn Bridge to be rebuilt</h2>{}", paragraphs(&TEXT)), &TEXT);
    }

    #[test]
    fn a_copy_of_the_text_is_left_out() {
        check(&(paragraphs(&TEXT) + &paragraphs(&TEXT)), &TEXT);
        let again: Vec<&str> = TEXT.into_iter().chain([TEXT[1]]).collect();
        check(&paragraphs(&again), &TEXT);
    }

    #[test]
    fn lines_that_are_told_again_and_again_are_meant() {
        let meals = [
            "Oats with a grated apple, two spoons of yoghurt and a handful of walnuts from the tree behind the mill",
            "Soup of leeks and potatoes with a slice of rye bread, and what is left of the cheese of the day before",
            "Trout from the Mell with beetroot and horseradish, and a small glass of what the miller drinks himself",
        ];
        let order = [0, 1, 2, 2, 0, 1, 0, 2, 1, 1, 0, 2, 2, 1, 0];
        let week: Vec<&str> = TEXT.into_iter().chain(order.iter().map(|meal| meals[*meal])).collect();
        check(&paragraphs(&week), &week);
    }
}
