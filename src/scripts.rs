//! Scripts that are written without spaces between words, so that their characters are counted in place of words; and that count.

use unicode_normalization::char::is_combining_mark;

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

/// The number of words: runs of letters and digits, where each Han or Kana character is a word of its own, and some
/// characters of the alphabets without blanks between words are one.
#[must_use]
pub fn count_words(text: &str) -> u32 {
    let mut words = 0_u32;
    let mut in_word = false;
    let mut n_unspaced = 0_usize;
    let mut rest = text;
    loop {
        // Most of most texts, looked up byte by byte; the apostrophe is the only one that stands inside of words.
        let n_ascii = rest.bytes().position(|byte| !byte.is_ascii()).unwrap_or(rest.len());
        for byte in &rest.as_bytes()[..n_ascii] {
            let continues = IN_WORDS[usize::from(*byte)];
            words += u32::from(continues && !in_word);
            in_word = continues || (in_word && *byte == b'\'');
        }
        n_unspaced = if n_ascii > 0 { 0 } else { n_unspaced };
        rest = &rest[n_ascii..];
        let Some(character) = rest.chars().next() else { return words };
        rest = &rest[character.len_utf8()..];
        if is_unspaced_alphabet(character) {
            words += u32::from(n_unspaced.is_multiple_of(UNSPACED_WORD_CHARACTERS));
            n_unspaced += 1;
            in_word = false;
            continue;
        }
        n_unspaced = 0;
        if is_han_or_kana(character) {
            words += 1;
            in_word = false;
        } else if character.is_alphanumeric() {
            words += u32::from(!in_word);
            in_word = true;
        } else if !matches!(character, '\u{2019}' | '\u{200c}' | '\u{200d}') && !is_combining_mark(character) {
            in_word = false;
        }
    }
}

/// Which bytes of ASCII are letters and digits.
static IN_WORDS: [bool; 256] = {
    let mut in_words = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        in_words[byte as usize] = byte.is_ascii_alphanumeric();
        byte += 1;
    }
    in_words
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_in_every_script() {
        assert_eq!(count_words("It’s a well-known fact"), 5);
        assert_eq!(count_words("東京の天気"), 5);
        assert_eq!(count_words("Привет, мир 2026"), 3);
        assert_eq!(count_words(" – … "), 0);
    }

    #[test]
    fn scripts_are_told_apart() {
        let all = |text: &str, is: fn(char) -> bool| text.chars().for_each(|c| assert!(is(c), "{c}"));
        all("習近平々〇ひらがなカタカナーｶﾀｶﾅ㐀𠀀", is_han_or_kana);
        all("ภาษาไทย໑ພາສາမြန်မာភាសាខ្មែរ", is_unspaced_alphabet);
        all("漢字ภาษา", is_unspaced);
        all("한국어 abc жук ・。、！अब", |c| !is_unspaced(c));
    }
}
