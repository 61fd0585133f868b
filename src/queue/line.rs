//! What other machines say of themselves, as lines that one can read.

/// A text as a line of so many characters at most: without what moves a cursor, colours a terminal or turns the direction of writing.
#[must_use]
pub fn line_of(text: &str, chars_max: usize) -> String {
    let is_plain = |c: char| {
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        !c.is_control() && !turns
    };
    text.chars().take(chars_max).map(|c| if is_plain(c) { c } else { ' ' }).collect()
}

#[cfg(test)]
mod tests {
    use super::line_of;

    #[test]
    fn a_line_moves_nothing() {
        assert_eq!(line_of("pier\n\u{1b}[31m\u{202e}\u{7}é", 50), "pier  [31m  é");
        assert_eq!(line_of("éééé", 2), "éé");
    }
}
