//! Running text in lines that fit the terminal.

use std::borrow::Cow;

use textwrap::{Options, WordSeparator, WordSplitter};

/// Breaks a text into lines of at most so many columns: between words, within a word only where it alone is longer, and within scripts that
/// are written without spaces where the Unicode line breaking algorithm (UAX 14) allows it. `first` stands before the first line, `others`
/// before each later one; both count. Styles that are open at the end of a line are opened again on the next, since pagers end them there.
pub(crate) fn wrapped(text: &str, columns: usize, first: &str, others: &str) -> Vec<String> {
    let options = Options::new(columns.max(1))
        .initial_indent(first)
        .subsequent_indent(others)
        .word_separator(WordSeparator::UnicodeBreakProperties)
        .word_splitter(WordSplitter::NoHyphenation);
    let lines = textwrap::wrap(text, options);
    let mut open = String::new();
    lines.iter().map(|line| restyled(line, &mut open)).collect()
}

/// The same for texts with options and addresses in them: between blanks alone, so that these stay whole, however long they are.
pub(crate) fn wrapped_whole(text: &str, columns: usize, first: &str, others: &str) -> Vec<String> {
    let options = Options::new(columns.max(1)).initial_indent(first).subsequent_indent(others);
    let options = options.word_separator(WordSeparator::AsciiSpace).break_words(false);
    textwrap::wrap(text, options).into_iter().map(Cow::into_owned).collect()
}

/// A line with the styles that are open before it, which are ended at its end. `open` is then what is open for the next.
fn restyled(line: &str, open: &mut String) -> String {
    let before = open.clone();
    let mut rest = line;
    while let Some(at) = rest.find("\u{1b}[") {
        let code = &rest[at..];
        let Some(end) = code.find('m') else { break };
        match &code[..=end] {
            "\u{1b}[0m" => open.clear(),
            style => open.push_str(style),
        }
        rest = &code[end + 1..];
    }
    let end = if open.is_empty() { "" } else { "\u{1b}[0m" };
    format!("{before}{line}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_hang_under_their_first() {
        let check = |text: &str, columns: usize, expected: &[&str]| {
            assert_eq!(wrapped(text, columns, "- ", "  "), expected, "{text:?} in {columns}");
        };
        check("a tram reaches the docks", 12, &["- a tram", "  reaches", "  the docks"]);
        check("short", 40, &["- short"]);
        check("", 40, &["- "]);
        check("a\u{a0}b c", 5, &["- a\u{a0}b", "  c"]);
        check("unbreakable", 6, &["- unbr", "  eaka", "  ble"]);
        // Two columns a letter, and no full stop at the beginning of a line.
        check("朝霧市の駅舎。図書館", 14, &["- 朝霧市の駅", "  舎。図書館"]);
        // Marks take no column.
        check("e\u{301}te\u{301} e\u{301}te\u{301}", 5, &["- e\u{301}te\u{301}", "  e\u{301}te\u{301}"]);
    }

    #[test]
    fn styles_go_on_over_the_end_of_a_line() {
        let lines = wrapped("\u{1b}[31mgone with it\u{1b}[0m and so on", 12, "", "");
        assert_eq!(lines, ["\u{1b}[31mgone with it\u{1b}[0m", "and so on"]);
        let lines = wrapped("\u{1b}[31mgone with it\u{1b}[0m and", 8, "", "");
        assert_eq!(lines, ["\u{1b}[31mgone\u{1b}[0m", "\u{1b}[31mwith it\u{1b}[0m", "and"]);
    }
}
