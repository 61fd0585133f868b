//! A text as folded words: without what a copyist changes, and each with what tells a name from another word.

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

use super::hash::{EMPTY, mix, with};
use crate::scripts::{is_han_or_kana, is_unspaced_alphabet};

/// A word between spaces.
pub(super) const WORD_UNITS: u32 = 4;

/// A Han or Kana character: two make a word.
const IDEOGRAPH_UNITS: u32 = 2;

/// A character of Thai, Lao, Khmer or Myanmar: four make a word.
const LETTER_UNITS: u32 = 1;

/// A word, or a character of a script that does not part words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    /// Of the folded word.
    pub(super) hash: u64,
    /// Of the folded word without an English genitive: that of `Lorne` for `Lorne's`.
    pub(super) base: u64,
    pub(super) paragraph: u32,
    /// How much of a shingle it fills.
    pub(super) units: u32,
    pub(super) n_letters: u32,
    pub(super) is_number: bool,
    /// Whether it begins with a capital letter.
    pub(super) is_capitalised: bool,
    /// Whether it is the first of its paragraph, or stands behind the end of a sentence or a quotation mark.
    pub(super) starts_sentence: bool,
    /// Where it begins and ends, in bytes of its paragraph.
    pub(super) start: usize,
    pub(super) end: usize,
}

/// A headline and a text as folded words: all that is told of either is told from these.
#[derive(Clone, Debug, Default)]
pub struct FoldedText {
    pub(super) headline: Vec<Token>,
    /// Those of the body, paragraph by paragraph.
    pub(super) body: Vec<Token>,
    /// Where each paragraph begins, in bytes of the body.
    pub(super) paragraphs: Vec<usize>,
}

impl FoldedText {
    /// Takes a text apart; the body has a paragraph a line.
    #[must_use]
    pub fn of(title: Option<&str>, body: &str) -> FoldedText {
        let mut folded = FoldedText { body: Vec::with_capacity(body.len() / 6), ..FoldedText::default() };
        read_tokens(title.unwrap_or_default(), 0, &mut folded.headline);
        let mut start = 0;
        for (number, paragraph) in (0..).zip(body.split_inclusive('\n')) {
            read_tokens(paragraph, number, &mut folded.body);
            folded.paragraphs.push(start);
            start += paragraph.len();
        }
        folded
    }

    /// Whether there are no words in the body.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.body.is_empty()
    }
}

/// Splits a paragraph into folded words.
pub(super) fn read_tokens(paragraph: &str, position: u32, tokens: &mut Vec<Token>) {
    let mut reader = WordReader::new(position, tokens);
    let bytes = paragraph.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if byte.is_ascii_alphanumeric() {
            at = reader.read_ascii_letters(bytes, at);
        } else if *byte == b' ' {
            reader.end_word();
            at += 1;
        } else {
            // Always on the border of a character: what came before was whole.
            let Some(character) = paragraph[at..].chars().next() else { break };
            reader.read(character, at);
            at += character.len_utf8();
        }
    }
    reader.end_word();
}

/// Reads a paragraph from left to right.
struct WordReader<'a> {
    tokens: &'a mut Vec<Token>,
    /// What a word is before its first letter.
    blank: Token,
    word: Token,
    /// The word up to its last apostrophe.
    owner: Token,
}

impl<'a> WordReader<'a> {
    fn new(position: u32, tokens: &'a mut Vec<Token>) -> WordReader<'a> {
        let blank = Token {
            hash: EMPTY,
            base: EMPTY,
            paragraph: position,
            units: WORD_UNITS,
            n_letters: 0,
            is_number: false,
            is_capitalised: false,
            starts_sentence: true,
            start: 0,
            end: 0,
        };
        WordReader { tokens, blank, word: blank, owner: blank }
    }

    /// Reads the letters and digits of ASCII that stand in a row from a place on, of which there is one at least. Returns where
    /// they end.
    fn read_ascii_letters(&mut self, bytes: &[u8], start: usize) -> usize {
        if self.word.n_letters == 0 {
            self.word.is_number = bytes[start].is_ascii_digit();
            self.word.is_capitalised = bytes[start].is_ascii_uppercase();
            self.word.start = start;
        }
        let (mut hash, mut n_letters) = (self.word.hash, 0);
        for byte in bytes[start..].iter().take_while(|byte| byte.is_ascii_alphanumeric()) {
            hash = with(hash, u64::from(byte.to_ascii_lowercase()));
            n_letters += 1;
        }
        self.word.hash = hash;
        self.word.n_letters = self.word.n_letters.saturating_add(u32::try_from(n_letters).unwrap_or(u32::MAX));
        self.word.end = start + n_letters;
        self.word.end
    }

    /// Reads any other character.
    fn read(&mut self, character: char, at: usize) {
        if is_dropped(character) {
            if is_apostrophe(character) {
                self.owner = self.word;
            }
            self.blank.starts_sentence |= self.word.n_letters == 0 && is_opening(character);
            self.word.starts_sentence |= self.blank.starts_sentence && self.word.n_letters == 0;
            return;
        }
        let end = at + character.len_utf8();
        if let Some(units) = units_without_spaces(character) {
            self.end_word();
            let mut hash = EMPTY;
            decompose_compatible(character, |part| hash = with(hash, u64::from(part)));
            let is_number = character.is_numeric();
            let hash = mix(hash);
            self.tokens.push(Token { hash, base: hash, units, n_letters: 1, is_number, start: at, end, ..self.blank });
        } else if character.is_alphanumeric() || is_combining_mark(character) {
            if self.word.n_letters == 0 {
                self.word.is_number = character.is_numeric();
                self.word.is_capitalised = character.is_uppercase();
                self.word.start = at;
            }
            self.word.hash = with_folded(self.word.hash, character);
            // A syllable of Hangul is worth two letters.
            self.word.n_letters += if matches!(character, '\u{ac00}'..='\u{d7a3}') { 2 } else { 1 };
            self.word.end = end;
        } else {
            self.end_word();
            if matches!(character, '.' | '!' | '?' | ':' | '…') || is_opening(character) {
                self.blank.starts_sentence = true;
                self.word.starts_sentence = true;
            }
        }
    }

    /// Adds the word that was read, if there is one.
    fn end_word(&mut self) {
        let WordReader { tokens, blank, word, owner } = self;
        if word.n_letters == 0 {
            return;
        }
        let is_genitive = owner.n_letters > 0
            && owner.n_letters + 1 == word.n_letters
            && owner.start == word.start
            && word.hash == with(owner.hash, u64::from(b's'));
        let base = mix(if is_genitive { owner.hash } else { word.hash });
        tokens.push(Token { hash: mix(word.hash), base, ..*word });
        blank.starts_sentence = false;
        *word = *blank;
    }
}

/// Marks behind which a sentence may begin that is somebody's words.
fn is_opening(character: char) -> bool {
    matches!(character, '"' | '“' | '„' | '«' | '»' | '‘' | '¿' | '¡')
}

/// What stands before the `s` of a genitive.
fn is_apostrophe(character: char) -> bool {
    matches!(character, '\'' | '`' | '\u{b4}' | '\u{2bc}' | '\u{2019}' | '\u{2032}' | '\u{ff07}')
}

/// Characters that one wording has and the same wording elsewhere lacks: apostrophes and what takes their place,
/// accents and vowel points, joiners.
fn is_dropped(character: char) -> bool {
    matches!(character, '\'' | '`' | '\u{b4}' | '\u{2bc}' | '\u{2018}' | '\u{2019}' | '\u{2032}' | '\u{ff07}'
        | '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5bd}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{200c}' | '\u{200d}')
}

/// How much a character counts, if its script does not part words.
fn units_without_spaces(character: char) -> Option<u32> {
    if is_han_or_kana(character) {
        Some(IDEOGRAPH_UNITS)
    } else if is_unspaced_alphabet(character) && (character.is_alphanumeric() || is_combining_mark(character)) {
        Some(LETTER_UNITS)
    } else {
        None
    }
}

/// Goes on with a word by a character beyond ASCII: in lower case, without its accents, in its usual width. Letters
/// that are an accented one to their readers and not to Unicode are spelled as an ASCII filter would spell them.
fn with_folded(hash: u64, character: char) -> u64 {
    let mut hash = hash;
    let mut spell = |text: &str| hash = text.bytes().fold(hash, |hash, byte| with(hash, u64::from(byte)));
    match character {
        'ß' | 'ẞ' => spell("ss"),
        'æ' | 'Æ' => spell("ae"),
        'œ' | 'Œ' => spell("oe"),
        'ø' | 'Ø' => spell("o"),
        'đ' | 'Đ' | 'ð' | 'Ð' => spell("d"),
        'ł' | 'Ł' => spell("l"),
        'ı' => spell("i"),
        'þ' | 'Þ' => spell("th"),
        _ => {
            for lower in character.to_lowercase() {
                // A precomposed syllable of Hangul is a letter like others; there is no accent in it.
                if matches!(lower, '\u{ac00}'..='\u{d7a3}') {
                    hash = with(hash, u64::from(lower));
                    continue;
                }
                decompose_compatible(lower, |part| {
                    if !is_dropped(part) {
                        hash = with(hash, u64::from(part));
                    }
                });
            }
        }
    }
    hash
}
