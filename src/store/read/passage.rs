//! The passage of a text in which the words of a query stand, where the full-text index has no texts to cut it from.

use unicode_normalization::char::is_combining_mark;

use crate::scripts::is_unspaced;

/// Characters of a passage: some two lines of a terminal in scripts whose characters are wide.
const PASSAGE_CHARACTERS: usize = 60;

/// Characters of it before the first word.
const CHARACTERS_BEFORE: usize = 12;

/// Characters by which it is longer at either end so that no word is cut. What is longer than that is no word of a language.
const WORD_CHARACTERS_MAX: usize = 24;

/// The words of an expression of FTS5, without its syntax.
pub(super) fn words_of(expression: &str) -> Vec<String> {
    let is_between = |c: char| c.is_whitespace() || matches!(c, '"' | '(' | ')' | '*' | ':' | '+' | '^' | '{' | '}');
    let is_operator = |word: &str| matches!(word, "AND" | "OR" | "NOT" | "NEAR");
    let words = expression.split(is_between).filter(|word| !word.is_empty() && !is_operator(word));
    words.map(str::to_lowercase).collect()
}

/// The passage of a text with the first of the words in it, and marks around each; the beginning of the text where none is.
pub(super) fn best(text: &str, words: &[String], (mark, end_mark): (char, char)) -> String {
    let characters: Vec<char> = text.chars().map(|c| if c == '\n' { ' ' } else { c }).collect();
    // Lower case that takes several characters would shift what is behind it.
    let folded: Vec<char> = characters.iter().map(|c| c.to_lowercase().next().unwrap_or(*c)).collect();
    let words: Vec<Vec<char>> = words.iter().map(|word| word.chars().collect()).collect();
    let word_at = |at: usize| words.iter().filter(|word| folded[at..].starts_with(word)).map(Vec::len).max();
    // Where a word begins with it, rather than where it stands within another.
    let mut found = (0..folded.len()).filter(|at| word_at(*at).is_some());
    let anywhere = found.next();
    let first = anywhere.into_iter().chain(found).find(|at| is_border(&characters, *at)).or(anywhere).unwrap_or(0);
    let start = first.saturating_sub(CHARACTERS_BEFORE);
    let end = (start + PASSAGE_CHARACTERS).min(characters.len());
    let start = (start.saturating_sub(WORD_CHARACTERS_MAX)..=start)
        .rev()
        .find(|at| is_border(&characters, *at))
        .unwrap_or(start);
    let end_max = (end + WORD_CHARACTERS_MAX).min(characters.len());
    let end = (end..=end_max).find(|at| is_border(&characters, *at)).unwrap_or(end);
    let mut passage = String::new();
    if start > 0 {
        passage.push('…');
    }
    let mut at = start;
    while at < end {
        match word_at(at) {
            Some(length) => {
                passage.push(mark);
                passage.extend(&characters[at..at + length]);
                passage.push(end_mark);
                at += length;
            }
            None => {
                passage.push(characters[at]);
                at += 1;
            }
        }
    }
    if at < characters.len() {
        passage.push('…');
    }
    passage
}

/// Whether no word is cut before this character, by blanks and signs. Between characters that are written without blanks there is no telling.
fn is_border(characters: &[char], at: usize) -> bool {
    let is_of_word = |at: usize| {
        characters.get(at).is_some_and(|c| {
            !is_unspaced(*c) && (c.is_alphanumeric() || is_combining_mark(*c) || matches!(c, '\'' | '’'))
        })
    };
    at == 0 || !(is_of_word(at - 1) && is_of_word(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passage_has_its_words_marked() {
        let text = "港の倉庫で火災があった。\n消防によると、東京から来た車両も加わった。".repeat(3);
        let passage = best(&text, &words_of("\"東京\""), ('[', ']'));
        assert!(passage.contains("、[東京]から来た"), "{passage}");
        assert!(passage.starts_with('…') && passage.ends_with('…') && !passage.contains('\n'), "{passage}");
        assert_eq!(best("短い", &words_of("東京"), ('[', ']')), "短い");
    }

    #[test]
    fn a_passage_cuts_no_word() {
        let text = "Restarting the thunderstorm models took the meteorologists nearly until midnight; the storm off Lorne, \
                    which nobody's forecasts had mentioned beforehand, reached the breakwater after breakfast.";
        let passage = best(text, &words_of("storm"), ('[', ']'));
        assert_eq!(passage, "…midnight; the [storm] off Lorne, which nobody's forecasts had mentioned…");
        // What stands within words alone is shown all the same, and what is no word of any language is cut.
        assert!(best(text, &words_of("hunder"), ('[', ']')).contains(" t[hunder]storm "), "{text}");
        let long = format!("{} storm {}", "a".repeat(200), "b".repeat(200));
        assert!(best(&long, &words_of("storm"), ('[', ']')).chars().count() < 90);
    }

    #[test]
    fn words_are_those_of_an_expression() {
        assert_eq!(words_of("title:東京 AND (\"iPhone 発表\" OR 台風*)"), ["title", "東京", "iphone", "発表", "台風"]);
    }
}
