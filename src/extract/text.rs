//! What can be read off a line of text without knowing where it stands.

use crate::scripts::{UNSPACED_WORD_CHARACTERS, is_han_or_kana, is_unspaced_alphabet};

/// Text put together from pieces, white space folded to single blanks, none at the ends.
#[derive(Debug, Default)]
pub(super) struct FoldedText {
    text: String,
    blank_due: bool,
}

impl FoldedText {
    /// Adds a piece; blanks at its ends count, so that `a` and ` b` do not run together.
    pub(super) fn push(&mut self, piece: &str) {
        let mut at = 0;
        while at < piece.len() {
            let start = end_of_blanks(piece, at);
            self.blank_due |= start > at;
            at = end_of_words(piece, start);
            if start < at {
                if self.blank_due && !self.text.is_empty() {
                    self.text.push(' ');
                }
                self.blank_due = false;
                self.text.push_str(&piece[start..at]);
            }
        }
    }

    /// A border between pieces that belong to different words, such as two cells of a table.
    pub(super) fn push_border(&mut self) {
        self.blank_due = true;
    }

    /// Bytes so far.
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The text so far; what follows is a new one, for which the room is kept.
    pub(super) fn take(&mut self) -> String {
        self.blank_due = false;
        let text = self.text.as_str().to_owned();
        self.text.clear();
        text
    }

    /// All of the text.
    pub(super) fn into_string(self) -> String {
        self.text
    }
}

/// The length of the blank that begins here, 0 where none does.
fn blank_at(text: &str, at: usize) -> usize {
    match text.as_bytes().get(at) {
        Some(b' ' | b'\t'..=b'\r') => 1,
        // The bytes with which blanks beyond ASCII begin.
        Some(0xc2 | 0xe1 | 0xe2 | 0xe3 | 0xef) => {
            // U+FEFF and U+200B are no white space by Unicode, but stand on pages for nothing at all.
            let is_blank = |c: &char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}');
            text[at..].chars().next().filter(is_blank).map_or(0, char::len_utf8)
        }
        _ => 0,
    }
}

fn end_of_blanks(text: &str, start: usize) -> usize {
    let mut at = start;
    loop {
        match blank_at(text, at) {
            0 => return at,
            length => at += length,
        }
    }
}

/// The end of the words that begin here and have a single space between them.
fn end_of_words(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let mut at = start;
    while let Some(length) = bytes[at..].iter().position(|byte| MAY_BE_BLANK[usize::from(*byte)]) {
        at += length;
        if bytes[at] == b' ' {
            if at + 1 == bytes.len() || blank_at(text, at + 1) > 0 {
                return at;
            }
        } else if blank_at(text, at) > 0 {
            return at;
        }
        at += 1;
    }
    bytes.len()
}

/// The bytes with which a blank may begin.
static MAY_BE_BLANK: [bool; 256] = {
    let mut may_be = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        may_be[byte] = matches!(byte, 0x20 | 0x09..=0x0d | 0xc2 | 0xe1 | 0xe2 | 0xe3 | 0xef);
        byte += 1;
    }
    may_be
};

/// One text with white space folded.
pub(super) fn fold(text: &str) -> String {
    let mut folded = FoldedText { text: String::with_capacity(text.len()), blank_due: false };
    folded.push(text);
    folded.into_string()
}

/// Counts words: runs of letters and digits; each Han or Kana character is one, and so are some characters of the
/// alphabets without blanks between words.
pub(super) fn count_words(text: &str) -> usize {
    let (mut n_words, mut inside) = (0, false);
    let mut n_unspaced = 0;
    let mut rest = text;
    loop {
        // Most of most texts: a table, byte by byte, costs a quarter of the looks at a character.
        let n_ascii = n_ascii(rest);
        for byte in &rest.as_bytes()[..n_ascii] {
            let is_word = IS_WORD[usize::from(*byte)];
            n_words += usize::from(is_word && !inside);
            inside = is_word;
        }
        n_unspaced = if n_ascii > 0 { 0 } else { n_unspaced };
        rest = &rest[n_ascii..];
        let Some(c) = rest.chars().next() else { return n_words };
        rest = &rest[c.len_utf8()..];
        if is_han_or_kana(c) {
            n_words += 1;
            inside = false;
        } else if is_unspaced_alphabet(c) {
            n_words += usize::from(n_unspaced % UNSPACED_WORD_CHARACTERS == 0);
            n_unspaced += 1;
            inside = false;
            continue;
        } else if c == '’' || c == '\u{ad}' {
            // An apostrophe or soft hyphen neither begins nor ends a word.
        } else {
            let is_word = is_letter_or_digit(c) || is_combining(c);
            n_words += usize::from(is_word && !inside);
            inside = is_word;
        }
        n_unspaced = 0;
    }
}

/// Words, two characters of Han or Kana being one.
pub(super) fn weighed_words(text: &str) -> usize {
    count_words(text) - count_wide(text) / 2
}

/// Characters of Han and Kana.
pub(super) fn count_wide(text: &str) -> usize {
    // They all begin with such a byte in UTF-8, and typographic marks, Latin and Cyrillic letters do not.
    let may_have_some = text.as_bytes().iter().any(|byte| *byte >= 0xe3);
    if may_have_some { text.chars().filter(|c| is_han_or_kana(*c)).count() } else { 0 }
}

/// Which bytes of ASCII stand in words.
static IS_WORD: [bool; 256] = {
    let mut is_word = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        is_word[byte as usize] = byte.is_ascii_alphanumeric() || byte == b'\'';
        byte += 1;
    }
    is_word
};

/// `char::is_alphanumeric`, which is slow beyond ASCII, with the letters of most texts told by their range.
fn is_letter_or_digit(c: char) -> bool {
    match c {
        '\u{d7}' | '\u{f7}' => false,
        '\u{c0}'..='\u{24f}'
        | '\u{400}'..='\u{481}'
        | '\u{48a}'..='\u{52f}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}' => true,
        c => c.is_alphanumeric(),
    }
}

/// Vowel signs and marks of Indic and Arabic script, which `char::is_alphanumeric` does not all count.
fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{900}'..='\u{dff}'
        | '\u{200c}' | '\u{200d}')
}

/// Whether the text ends as a sentence does, in any script; quotes and brackets after the stop are looked through.
pub(super) fn ends_like_sentence(text: &str) -> bool {
    let last = text.chars().rev().find(|c| {
        !matches!(c, '"' | '\'' | ')' | ']' | '”' | '“' | '’' | '‘' | '»' | '«' | '›' | '‹' | '」' | '』' | '）' | ' ')
    });
    last.is_some_and(|c| {
        matches!(c, '.' | '!' | '?' | '…' | '。' | '！' | '？' | '｡' | '؟' | '۔' | '।' | '॥' | '։' | '።')
    })
}

/// Whether the text breaks off with dots, as a teaser does.
pub(super) fn ends_with_ellipsis(text: &str) -> bool {
    let text = text.trim_end_matches([']', ')', ' ']);
    text.ends_with('…') || text.ends_with("...")
}

/// Puts a text in lower case, as [`lower_case`] has it, in the place of another.
pub(super) fn lower_case_into(text: &str, lower: &mut String) {
    lower.clear();
    let mut rest = text;
    while !rest.is_empty() {
        let (n_ascii, start) = (n_ascii(rest), lower.len());
        lower.push_str(&rest[..n_ascii]);
        lower[start..].make_ascii_lowercase();
        rest = &rest[n_ascii..];
        let Some(c) = rest.chars().next() else { return };
        // What these two give depends on what stands around them.
        if matches!(c, 'Σ' | 'İ') {
            lower.clear();
            lower.push_str(&lower_case(text));
            return;
        }
        lower.extend(c.to_lowercase());
        rest = &rest[c.len_utf8()..];
    }
}

/// A text in lower case. The dotted capital of Turkish gives a plain `i`, and not one with a second dot that no phrase has.
pub(super) fn lower_case(text: &str) -> String {
    let lower = text.to_lowercase();
    if text.contains('İ') { lower.replace("i\u{307}", "i") } else { lower }
}

/// The letters and digits of a text in lower case: two texts with equal keys say the same.
pub(super) fn key(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let n_ascii = n_ascii(rest);
        push_ascii_key(&rest.as_bytes()[..n_ascii], &mut key);
        rest = &rest[n_ascii..];
        let others = rest.chars().take_while(|c| !c.is_ascii());
        let n_others = others.inspect(|c| push_key(*c, &mut key)).map(char::len_utf8).sum();
        rest = &rest[n_others..];
    }
    key
}

/// How many bytes a text begins with that are ASCII.
pub(super) fn n_ascii(text: &str) -> usize {
    text.bytes().position(|byte| !byte.is_ascii()).unwrap_or(text.len())
}

fn push_key(c: char, key: &mut String) {
    if is_letter_or_digit(c) {
        key.extend(c.to_lowercase());
    }
}

/// The same for ASCII, which is most of most texts: without a look at the room that is left for each letter.
fn push_ascii_key(bytes: &[u8], key: &mut String) {
    const BYTES: usize = 64;
    for piece in bytes.chunks(BYTES) {
        let (mut letters, mut n_letters) = ([0; BYTES], 0);
        for byte in piece {
            letters[n_letters % BYTES] = byte.to_ascii_lowercase();
            n_letters += usize::from(byte.is_ascii_alphanumeric());
        }
        key.push_str(std::str::from_utf8(&letters[..n_letters]).unwrap_or_default());
    }
}

/// A hash that is the same in every run and on every machine (FNV-1a, 64 bits).
pub(super) fn hash(seed: u64, bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(seed ^ 0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// `part / whole`, 0 where there is no whole.
#[expect(clippy::cast_precision_loss, reason = "lengths of texts: beyond 24 bits the share does not change")]
pub(super) fn share(part: usize, whole: usize) -> f32 {
    if whole == 0 { 0.0 } else { part as f32 / whole as f32 }
}

/// A count as a number to weigh.
#[expect(clippy::cast_precision_loss, reason = "counts beyond 24 bits weigh the same")]
pub(super) fn number(count: usize) -> f32 {
    count as f32
}

/// A text without its repetition, where it stands twice: templates write one into structured data for each of two
/// fields that hold the same.
pub(super) fn told_once(text: &str) -> &str {
    /// Bytes of the beginning by which the second telling is found. Less may well stand twice.
    const BEGINNING_BYTES: usize = 80;
    let mut text = text.trim();
    loop {
        let (beginning, rest) = text.split_at(text.floor_char_boundary(BEGINNING_BYTES));
        let again = memchr::memmem::find(rest.as_bytes(), beginning.as_bytes()).filter(|_| !rest.is_empty());
        let Some((first, second)) = again.and_then(|at| text.split_at_checked(beginning.len() + at)) else {
            return text;
        };
        let first = first.trim_end();
        if first.starts_with(second) {
            return first;
        }
        if !second.starts_with(first) {
            return text;
        }
        text = second;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_are_folded() {
        let check = |pieces: &[&str], expected: &str| {
            let mut folded = FoldedText::default();
            for piece in pieces {
                folded.push(piece);
            }
            assert_eq!(folded.take(), expected, "{pieces:?}");
        };
        check(&["  a b\n\tc  d "], "a b c d");
        check(&["a", " b", "c ", " ", "", "d"], "a bc d");
        check(&["\u{a0}a\u{3000}b\u{feff}", "\u{200b}c…é 字 "], "a b c…é 字");
        check(&[" \u{85} "], "");
    }

    #[test]
    fn keys_hold_letters_and_digits_in_lower_case() {
        assert_eq!(key("It’s 20 “ÉCOLES” – İ. 字A-b"), "its20écolesi\u{307}字ab");
        assert_eq!(key(" -–"), "");
    }

    #[test]
    fn a_text_that_stands_twice_is_told_once() {
        let text = "The weir below Harn Bridge will be rebuilt from next spring, eleven years after the flood. \
                    The council voted for it on Tuesday; nobody could be found who was against it.";
        let check = |told: &str, expected: &str| assert_eq!(told_once(told), expected, "{told}");
        check(text, text);
        check(&format!("{text}\n{text}"), text);
        check(&[text; 3].join(" "), text);
        check(&format!("{text} {}", &text[..100]), text);
        check(&format!("{text} Not so the herons. {text}"), &format!("{text} Not so the herons."));
        check("again and again", "again and again");
        check("", "");
        told_once(&"a".repeat(100_000));
    }

    #[test]
    fn a_text_is_put_in_lower_case_in_the_place_of_another() {
        let mut lower = "before".to_owned();
        for text in ["", "Plain ASCII", "Ärger an der Straße, ÉTÉ", "ΟΔΟΣ", "İLGİLİ", "字 Ａ"] {
            lower_case_into(text, &mut lower);
            assert_eq!(lower, lower_case(text));
        }
    }

    #[test]
    fn letters_are_told_by_their_range() {
        assert!(('\0'..=char::MAX).all(|c| is_letter_or_digit(c) == c.is_alphanumeric()));
    }

    #[test]
    fn words_are_runs_of_letters_and_digits() {
        let check = |text: &str, expected: usize| assert_eq!(count_words(text), expected, "{text}");
        check("It’s a well-known fact, 'tis", 6);
        check("Straße über\u{ad}all", 2);
        check("東京の天気 a", 6);
        check("สภาเทศบาลลงมติ ซื้อ", 5);
        check(" – … ", 0);
    }
}
