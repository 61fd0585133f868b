//! Why a message was not delivered.

use std::fmt;
use std::time::Duration;

/// Characters of a reason.
const REASON_CHARACTERS_MAX: usize = 300;

/// Why a message was not delivered, or perhaps was not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelivered {
    /// In words, which may be those of the receiver: a line of bounded length with nothing in it that a terminal obeys.
    pub reason: String,
    /// How long the receiver asks to be left in peace.
    pub retry_after: Option<Duration>,
    /// Whether it says that it is no more.
    pub is_gone: bool,
    /// Whether it says that it will not take this message, whenever it is sent.
    pub is_refusal: bool,
}

impl Undelivered {
    /// What may be otherwise the next time.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "errors are mapped by its name")]
    pub fn passing(reason: String) -> Undelivered {
        Undelivered::told(&reason)
    }

    /// What a receiver says, which may pass.
    pub(super) fn told(reason: &str) -> Undelivered {
        let shown = reason.chars().map(|c| if is_obeyed(c) { ' ' } else { c });
        let mut reason: String = shown.clone().take(REASON_CHARACTERS_MAX).collect();
        if shown.count() > REASON_CHARACTERS_MAX {
            reason.push('…');
        }
        Undelivered { reason: reason.trim().to_owned(), retry_after: None, is_gone: false, is_refusal: false }
    }
}

/// Whether a terminal does something at this character, or shows what follows in another direction or on another line.
fn is_obeyed(c: char) -> bool {
    let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns || matches!(c, '\u{2028}' | '\u{2029}')
}

impl fmt::Display for Undelivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Undelivered {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_receiver_says_is_a_line_that_turns_nothing_around() {
        let long = "é".repeat(5000);
        for (said, shown) in [
            ("HTTP 500: no room", "HTTP 500: no room"),
            ("a\u{1b}[31mb\u{9b}2J\r\n", "a [31mb 2J"),
            ("\u{202e}fdp.exe\u{202c} \u{2067}b\u{2069}\u{2028}c", "fdp.exe   b  c"),
            ("قرية جبلية", "قرية جبلية"),
            (long.as_str(), &format!("{}…", "é".repeat(300))),
        ] {
            assert_eq!(Undelivered::passing(said.to_owned()).reason, shown);
        }
    }
}
