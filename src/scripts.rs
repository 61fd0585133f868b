//! Scripts that are written without spaces between words, so that their characters are counted in place of words.

/// Han, Hiragana and Katakana, also in half width: a character is about a syllable, and two are about a word. Marks
/// between words, as the middle dot, are none of them.
#[must_use]
pub fn is_han_or_kana(character: char) -> bool {
    matches!(character, '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{3096}' | '\u{309d}'..='\u{309f}'
        | '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{323af}')
}

/// Thai, Lao, Myanmar and Khmer, their vowel signs and digits included: alphabets, in which some four characters are a
/// word.
#[must_use]
pub fn is_unspaced_alphabet(character: char) -> bool {
    matches!(character, '\u{0e01}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{a9e0}'..='\u{a9ff}' | '\u{aa60}'..='\u{aa7f}')
}

/// Characters of an alphabet without blanks between words, vowel signs included, that are counted as a word.
pub const UNSPACED_WORD_CHARACTERS: usize = 4;

/// Any of these.
#[must_use]
pub fn is_unspaced(character: char) -> bool {
    // Most characters of most texts.
    !character.is_ascii() && (is_han_or_kana(character) || is_unspaced_alphabet(character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_told_apart() {
        let all = |text: &str, is: fn(char) -> bool| text.chars().for_each(|c| assert!(is(c), "{c}"));
        all("習近平々〇ひらがなカタカナーｶﾀｶﾅ㐀𠀀", is_han_or_kana);
        all("ภาษาไทย໑ພາສາမြန်မာភាសាខ្មែរ", is_unspaced_alphabet);
        all("漢字ภาษา", is_unspaced);
        all("한국어 abc жук ・。、！अब", |c| !is_unspaced(c));
    }
}
