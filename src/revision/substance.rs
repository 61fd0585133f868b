//! Whether anything changed between two wordings that counts: words, and the few signs that change what is said.

use super::boilerplate;
use super::wording::Wording;
use crate::scripts::is_unspaced;

/// What stands between a headline and the name of its site.
const SITE_NAME_SEPARATORS: [&str; 7] = [" | ", " - ", " – ", " — ", " · ", " • ", "｜"];

/// Whether two wordings say the same. White space, quotes, dashes and other punctuation, the cut of the text into
/// paragraphs, the site's name behind the headline, and [`boilerplate`] make no difference.
#[must_use]
pub fn reads_the_same(old: Wording<'_>, new: Wording<'_>, site_name: Option<&str>) -> bool {
    old == new
        || said_in_title(old.title, site_name) == said_in_title(new.title, site_name)
            && said_in_body(old.body) == said_in_body(new.body)
}

/// Whether two headlines say the same.
#[must_use]
pub fn titles_agree(old: &str, new: &str, site_name: Option<&str>) -> bool {
    said_in_title(Some(old), site_name) == said_in_title(Some(new), site_name)
}

fn said_in_title(title: Option<&str>, site_name: Option<&str>) -> String {
    let mut said = String::new();
    let title = without_site_name(title.unwrap_or_default(), site_name);
    boilerplate::without_labels(title, |part| say(part, &mut said));
    said
}

fn said_in_body(body: &str) -> String {
    let mut said = String::with_capacity(body.len());
    for paragraph in body.lines() {
        boilerplate::without_boilerplate(paragraph, |part| say(part, &mut said));
    }
    said
}

fn without_site_name<'a>(title: &'a str, site_name: Option<&str>) -> &'a str {
    let Some(site_name) = site_name.filter(|name| !name.is_empty()) else {
        return title;
    };
    SITE_NAME_SEPARATORS
        .iter()
        .find_map(|separator| title.strip_suffix(site_name)?.strip_suffix(separator))
        .unwrap_or(title)
}

/// Writes down the words of a text, and its signs that count, with a blank before each.
fn say(text: &str, said: &mut String) {
    let mut in_word = false;
    let mut previous = ' ';
    let mut characters = text.chars().map(unfolded).peekable();
    while let Some(character) = characters.next() {
        // There a blank says nothing, and every character is a word.
        let is_single = is_unspaced(character);
        if character.is_alphanumeric() || is_single {
            if !in_word || is_single {
                said.push(' ');
            }
            said.push(character);
            in_word = !is_single;
        } else {
            in_word = false;
            let is_minus = matches!(character, '-' | '−' | '–')
                && !previous.is_alphanumeric()
                && characters.peek().is_some_and(char::is_ascii_digit);
            if is_minus || counts(character) {
                said.push(' ');
                said.push(if is_minus { '-' } else { character });
            }
        }
        previous = character;
    }
}

/// Signs that say something that no word beside them does.
fn counts(character: char) -> bool {
    matches!(character, '?' | '!' | '%' | '‰' | '°' | '+' | '=' | '<' | '>' | '≤' | '≥' | '±' | '$' | '£' | '¥' | '€')
        || ('\u{20a0}'..='\u{20cf}').contains(&character)
}

/// Full-width forms as the plain ones, and the question mark of Arabic as ours.
fn unfolded(character: char) -> char {
    match character {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character),
        '\u{3000}' => ' ',
        '؟' => '?',
        '٪' => '%',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(old: &str, new: &str, is_same: bool) {
        let wording = |body| Wording { title: Some("A"), body };
        assert_eq!(reads_the_same(wording(old), wording(new), None), is_same, "{old:?} and {new:?}");
    }

    #[test]
    fn what_is_not_said_does_not_count() {
        check("“It’s so” – he said…", "\"It's  so\" - he said...", true);
        check("One.\nTwo.", "One. Two.", true);
        check("東京は 2026年、雨だ。", "東京は２０２６年 雨だ", true);
        check("« Quoi\u{a0}? »", "\"Quoi?\"", true);
        check("10 % mehr", "10% mehr", true);
        check("the coal-fired plant", "the coal fired plant", true);
    }

    #[test]
    fn what_is_said_counts() {
        check("Forty men", "Fifty men", false);
        check("It is 5 degrees", "It is -5 degrees", false);
        check("It costs $5", "It costs €5", false);
        check("He resigns.", "He resigns?", false);
        check("1.5 litres", "15 litres", false);
        check("the Bill", "the bill", false);
        check("雨だ", "雪だ", false);
    }

    #[test]
    fn a_headline_is_compared_without_its_site() {
        let check = |old: &str, new: &str, is_same: bool| {
            assert_eq!(titles_agree(old, new, Some("The Post")), is_same, "{old} and {new}");
        };
        check("Storm ends", "Storm ends | The Post", true);
        check("Storm ends", "Storm ends (updated)", true);
        check("Storm ends", "Storm ends | The Pest", false);
        check("Storm ends", "Storm begins", false);
    }
}
