//! What can be read off a line of text without knowing where it stands.

/// Text put together from pieces, white space folded to single blanks, none at the ends.
#[derive(Debug, Default)]
pub(super) struct FoldedText {
    text: String,
    blank_due: bool,
}

impl FoldedText {
    /// Adds a piece; blanks at its ends count, so that `a` and ` b` do not run together.
    pub(super) fn push(&mut self, piece: &str) {
        let mut rest = piece;
        while !rest.is_empty() {
            let word_start = rest.find(|c: char| !is_blank(c)).unwrap_or(rest.len());
            self.blank_due |= word_start > 0;
            rest = &rest[word_start..];
            let word_end = rest.find(is_blank).unwrap_or(rest.len());
            if word_end > 0 {
                if self.blank_due && !self.text.is_empty() {
                    self.text.push(' ');
                }
                self.blank_due = false;
                self.text.push_str(&rest[..word_end]);
                rest = &rest[word_end..];
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

    /// The text so far; what follows starts anew.
    pub(super) fn take(&mut self) -> String {
        self.blank_due = false;
        std::mem::take(&mut self.text)
    }
}

fn is_blank(c: char) -> bool {
    // U+FEFF and U+200B are no white space by Unicode, but stand on pages for nothing at all.
    c.is_whitespace() || c == '\u{feff}' || c == '\u{200b}'
}

/// One text with white space folded.
pub(super) fn fold(text: &str) -> String {
    let mut folded = FoldedText::default();
    folded.push(text);
    folded.take()
}

/// Whether the character belongs to a script that is written without blanks between words and in which one character
/// is about one syllable or word: Han and Kana.
pub(super) fn is_han_or_kana(c: char) -> bool {
    matches!(c,
        '\u{3005}' | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}')
}

/// Counts words: runs of letters and digits; each Han or Kana character is one.
pub(super) fn count_words(text: &str) -> usize {
    let (mut n_words, mut inside) = (0, false);
    for c in text.chars() {
        if c.is_ascii() {
            let is_word = c.is_ascii_alphanumeric() || c == '\'';
            n_words += usize::from(is_word && !inside);
            inside = is_word;
        } else if is_han_or_kana(c) {
            n_words += 1;
            inside = false;
        } else if c == '’' || c == '\u{ad}' {
            // An apostrophe or soft hyphen neither begins nor ends a word.
        } else {
            let is_word = c.is_alphanumeric() || is_combining(c);
            n_words += usize::from(is_word && !inside);
            inside = is_word;
        }
    }
    n_words
}

/// Vowel signs and marks of Indic, Arabic and Thai script, which `char::is_alphanumeric` does not all count.
fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{900}'..='\u{dff}'
        | '\u{e31}'..='\u{e4e}' | '\u{200c}' | '\u{200d}')
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

/// The letters and digits of a text in lower case: two texts with equal keys say the same.
pub(super) fn key(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            if c.is_ascii_alphanumeric() {
                key.push(c.to_ascii_lowercase());
            }
        } else if c.is_alphanumeric() {
            key.extend(c.to_lowercase());
        }
    }
    key
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
