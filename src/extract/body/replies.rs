//! Comments whose elements have no telling names: each is answered by a link of its own.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::super::page::Page;
use super::super::page::tags::Tag;
use super::super::text::lower_case;
use super::line_features::LineProfile;

/// What the link says with which a comment is answered.
const REPLIES: [&str; 26] = [
    "reply",
    "reply to this",
    "antworten",
    "antwort",
    "répondre",
    "responder",
    "rispondi",
    "reageer",
    "beantwoorden",
    "antwoorden",
    "svar",
    "svara",
    "besvar",
    "vastaa",
    "odpowiedz",
    "odpovědět",
    "odpovedať",
    "válasz",
    "răspunde",
    "ответить",
    "відповісти",
    "απάντηση",
    "yanıtla",
    "回复",
    "返信",
    "답글",
];

/// Fewest comments: a single link of the kind may stand under the article itself.
const COMMENTS_MIN: usize = 2;

/// Levels above the link up to the element that holds its comment.
const LEVELS_MAX: usize = 4;

/// Fewest words before the first comment that are an article. In a forum the first post is answered as the others are.
const WORDS_BEFORE_MIN: usize = 50;

/// The lines of `chosen`, which is in page order, that are comments behind the text: elements of one make that each end
/// with a link to answer them, and the heading above the first.
pub(super) fn in_text(page: &Page<'_>, profiles: &[LineProfile], chosen: &[usize]) -> HashSet<usize> {
    let comments = comments_behind(page, profiles, chosen);
    let Some(first) = comments.iter().map(|comment| comment.start).min() else { return HashSet::new() };
    let is_comment = |line: usize| comments.iter().any(|comment| comment.contains(&line));
    let heads = |line: usize| matches!(page.elements[page.lines[line].block].tag, Tag::Heading(_)) && line + 1 == first;
    chosen.iter().copied().filter(|line| is_comment(*line) || heads(*line)).collect()
}

/// The lines of each comment behind the text.
fn comments_behind(page: &Page<'_>, profiles: &[LineProfile], chosen: &[usize]) -> Vec<Range<usize>> {
    let Some(text_start) = chosen.first().copied() else { return Vec::new() };
    let mut by_make: HashMap<u64, Vec<Range<usize>>> = HashMap::new();
    for (line, profile) in profiles.iter().enumerate().skip(text_start) {
        if answers(&page.lines[line].text, profile.n_words)
            && let Some(comment) = comment_above(page, line)
        {
            let element = &page.elements[comment];
            by_make.entry(element.path).or_default().push(element.lines_start..element.lines_end);
        }
    }
    let n_words_before = |start: usize| -> usize {
        chosen.iter().take_while(|line| **line < start).map(|line| profiles[*line].n_words).sum()
    };
    let are_comments =
        |made: &Vec<Range<usize>>| made.len() >= COMMENTS_MIN && n_words_before(made[0].start) >= WORDS_BEFORE_MIN;
    by_make.into_values().filter(are_comments).flatten().collect()
}

fn answers(text: &str, n_words: usize) -> bool {
    const WORDS_MAX: usize = 3;
    n_words <= WORDS_MAX && REPLIES.contains(&lower_case(text).trim_matches(|c: char| !c.is_alphanumeric()))
}

/// The element that holds a comment with the link to answer it as its last line: the nearest above that link of more
/// than one line.
fn comment_above(page: &Page<'_>, link: usize) -> Option<usize> {
    let holds_more = |element: &usize| page.elements[*element].lines_end - page.elements[*element].lines_start > 1;
    let comment = page.path_up(page.lines[link].block, 0).take(LEVELS_MAX).find(holds_more)?;
    (page.elements[comment].lines_end == link + 1).then_some(comment)
}

#[cfg(test)]
mod tests {
    use crate::extract::tests::{WEIR as TEXT, extract};
    use crate::model::LinkHints;

    #[test]
    fn comments_are_told_by_the_links_to_answer_them() {
        let said = [
            "They have known about that gap since I was at school, and I am a grandmother now. Eleven years is nothing.",
            "My neighbour carried sandbags there for nothing that night, and he was eighty. What a disgrace this was.",
        ];
        for reply in ["Reply", "Antworten", "回复"] {
            let comments =
                said.map(|said| format!("<div class=a7><p>Ida</p><p>{said}</p><a>{reply}</a></div>")).concat();
            let text = TEXT.join("</p><p>");
            let page = format!(
                "<title>Weir to be rebuilt</title><article><h1>Weir to be rebuilt</h1><p>{text}</p>\
                 <h2>What readers say</h2>{comments}</article>"
            );
            assert_eq!(extract(page, &LinkHints::default()).unwrap().paragraphs, TEXT, "{reply}");
        }
    }
}
