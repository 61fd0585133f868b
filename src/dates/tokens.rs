//! Cuts a text into numbers, words and marks.

use unicode_normalization::char::is_combining_mark;

use super::names;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'t> {
    Number(Number),
    /// A run of letters; in a script without spaces one name out of it.
    Word(&'t str),
    /// Anything else but white space. Its full-width and typographic forms are one.
    Mark(char),
}

/// A run of digits, of whatever script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number {
    /// Saturates; nothing with so many digits is a part of a date.
    pub(super) value: u64,
    pub(super) digits: usize,
    /// Of the first of them.
    pub(super) digits_of: Digits,
}

impl Number {
    /// Its value, if it has one or two digits.
    pub(super) fn short(self) -> Option<u32> {
        if self.digits <= 2 { u32::try_from(self.value).ok() } else { None }
    }
}

/// What digits tell of their writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Digits {
    Western,
    /// Those of Persian and Urdu.
    Persian,
    Other,
}

/// A token and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'t> {
    pub(super) token: Token<'t>,
    /// Whether nothing stands between it and the token before it, not even a space.
    pub(super) is_glued: bool,
    /// In bytes.
    pub(super) start: usize,
}

/// The value of a decimal digit of any script (general category Nd of Unicode) that news is written in.
pub(super) fn digit(c: char) -> Option<u32> {
    if c.is_ascii() {
        return c.to_digit(10);
    }
    ZEROS.iter().map(|zero| u32::from(c).wrapping_sub(u32::from(*zero))).find(|value| *value < 10)
}

/// Whether a text has a digit, or the character that makes digits of Chinese numerals.
pub(super) fn has_digit(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit()) || text.contains('年') || text.chars().any(|c| digit(c).is_some())
}

/// The zeros of scripts: Arabic, Persian, N’Ko, Devanagari, Bengali, Gurmukhi, Gujarati, Odia, Tamil, Telugu, Kannada,
/// Malayalam, Sinhala, Thai, Lao, Tibetan, Burmese, Khmer, Mongolian, and the full-width ones of East Asia.
const ZEROS: [char; 20] = [
    '\u{660}', '\u{6f0}', '\u{7c0}', '\u{966}', '\u{9e6}', '\u{a66}', '\u{ae6}', '\u{b66}', '\u{be6}', '\u{c66}',
    '\u{ce6}', '\u{d66}', '\u{de6}', '\u{e50}', '\u{ed0}', '\u{f20}', '\u{1040}', '\u{17e0}', '\u{1810}', '\u{ff10}',
];

/// Chinese numerals, by their value: as digits (二〇二六) and in words up to ninety-nine (二十五).
const HAN_DIGITS: [&str; 10] = ["〇零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];

/// What Chinese numerals count in a date. 元 is the first year of an era.
const HAN_UNITS: [char; 8] = ['年', '月', '日', '号', '號', '时', '時', '点'];

pub(super) fn cut(text: &str) -> Vec<Piece<'_>> {
    let mut pieces: Vec<Piece<'_>> = Vec::with_capacity(24);
    let mut at = 0;
    let mut is_glued = false;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        if is_space(first) {
            at += first.len_utf8();
            // Marks of the direction are no spaces, but digits on their two sides are two numbers.
            is_glued &= !first.is_whitespace();
            continue;
        }
        let (token, length) = if let Some(value) = digit(first) {
            number(rest, value, first)
        } else if first.is_alphabetic() {
            word(rest, first)
        } else {
            (Token::Mark(plain_mark(first)), first.len_utf8())
        };
        pieces.push(Piece { token, is_glued, start: at });
        at += length;
        is_glued = true;
    }
    pieces
}

fn is_space(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn plain_mark(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{2010}' | '\u{2011}' | '\u{2212}' => '-',
        '،' | '、' | '፣' | '፡' | '՝' | '၊' => ',',
        '。' | '॰' | '।' | '․' | '։' | '۔' | '።' | '။' | '។' => '.',
        '؛' => ';',
        '【' => '[',
        '】' => ']',
        '\u{2019}' | '׳' | '`' | '´' => '\'',
        '״' => '"',
        _ => c,
    }
}

fn number(rest: &str, first_value: u32, first: char) -> (Token<'_>, usize) {
    let digits_of = match first {
        '0'..='9' => Digits::Western,
        '\u{6f0}'..='\u{6f9}' => Digits::Persian,
        _ => Digits::Other,
    };
    let mut number = Number { value: u64::from(first_value), digits: 1, digits_of };
    let mut length = first.len_utf8();
    for c in rest[length..].chars() {
        let Some(value) = digit(c) else { break };
        number.value = number.value.saturating_mul(10).saturating_add(u64::from(value));
        number.digits += 1;
        length += c.len_utf8();
    }
    (Token::Number(number), length)
}

fn word(rest: &str, first: char) -> (Token<'_>, usize) {
    let is_unspaced = is_of_unspaced_script(first);
    let is_arabic = ('\u{600}'..='\u{6ff}').contains(&first);
    let is_first_latin = is_latin(first);
    let in_word = |c: char| {
        (c.is_alphabetic() && is_of_unspaced_script(c) == is_unspaced && (is_latin(c) == is_first_latin || is_modifier(c)))
            || is_combining_mark(c)
            || matches!(c, '\u{200d}' | '\u{640}')
            // It parts the words of a name in Persian, and the parts of a letter in India.
            || (c == '\u{200c}' && !is_arabic)
    };
    let length = rest.find(|c| !in_word(c)).unwrap_or(rest.len());
    let run = &rest[..length];
    if !is_unspaced {
        return (Token::Word(run), length);
    }
    if let Some(end) = names::longest_at_start(run) {
        return (Token::Word(&run[..end]), end);
    }
    if let Some((number, length)) = han_number(run) {
        return (Token::Number(number), length);
    }
    (Token::Word(run), length)
}

/// Whether words stand in a script without spaces between them, or none where a number ends: Thai, Lao, Burmese, Khmer,
/// Chinese, Japanese, Korean.
fn is_of_unspaced_script(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{3007}')
}

/// Whether a letter is Latin. Other scripts write their endings on to Latin words: `PMకి`.
fn is_latin(c: char) -> bool {
    c < '\u{370}' || ('\u{1e00}'..='\u{1eff}').contains(&c)
}

/// Whether it is a letter that stands for an apostrophe, in any script.
fn is_modifier(c: char) -> bool {
    ('\u{2b0}'..='\u{2ff}').contains(&c)
}

/// A number in Chinese numerals, if a unit of dates follows: `二十五日`, `二〇二六年`, `元年`.
fn han_number(run: &str) -> Option<(Number, usize)> {
    let end = run.find(HAN_UNITS)?;
    let numeral = &run[..end];
    let digit = |c: char| (0_u64..).zip(HAN_DIGITS).find(|(_, forms)| forms.contains(c)).map(|(value, _)| value);
    let mut chars = numeral.chars();
    let value = match (chars.next()?, chars.next(), chars.next(), chars.next()) {
        ('元', None, ..) => 1,
        ('十', None, ..) => 10,
        ('十', Some(ones), None, _) => 10 + digit(ones)?,
        (tens, Some('十'), None, _) => 10 * digit(tens)?,
        (tens, Some('十'), Some(ones), None) => 10 * digit(tens)? + digit(ones)?,
        _ => numeral.chars().try_fold(0, |value: u64, c| Some(value.saturating_mul(10).saturating_add(digit(c)?)))?,
    };
    let digits = if value < 100 { 2 } else { numeral.chars().count() };
    Some((Number { value, digits, digits_of: Digits::Other }, end))
}
