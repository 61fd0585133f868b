//! Pieces of text as they may go to a terminal, a field or a shell.

use std::borrow::Cow;
use std::io::IsTerminal;

pub(crate) use crate::forms::words::{counted, shell_word};

/// Running text in wider lines than this is hard to read.
pub(crate) const TEXT_WIDTH_MAX: usize = 100;

/// Text from a document as it may go to a terminal or into a field: control characters become spaces.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    if text.chars().any(char::is_control) {
        Cow::Owned(text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// JSON without the control characters beyond ASCII, which it need not escape and some terminals obey. They stand in
/// texts only, where their escape means the same.
pub(crate) fn for_terminal(json: String) -> String {
    let is_obeyed = |c: char| ('\u{7f}'..='\u{9f}').contains(&c);
    if !json.contains(is_obeyed) {
        return json;
    }
    json.chars().fold(String::new(), |mut text, c| {
        if is_obeyed(c) {
            let _ = std::fmt::Write::write_fmt(&mut text, format_args!("\\u{:04x}", u32::from(c)));
        } else {
            text.push(c);
        }
        text
    })
}

/// Text cut to a number of columns, wide characters counting two.
pub(crate) fn cut(text: &str, columns: usize) -> Cow<'_, str> {
    console::truncate_str(text, columns, "…")
}

/// Text in a column of its own: cut to a number of columns, or filled up to it.
pub(crate) fn padded(text: &str, columns: usize) -> String {
    let text = cut(text, columns);
    let n_missing = columns.saturating_sub(text_width(&text));
    format!("{text}{}", " ".repeat(n_missing))
}

/// Columns that a text takes.
pub(crate) fn text_width(text: &str) -> usize {
    console::measure_text_width(text)
}

/// Columns of the terminal, or those that `COLUMNS` says; a usual number where there is none.
pub(crate) fn terminal_width() -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).filter(|columns| *columns > 0);
    let columns = said.or_else(|| Some(usize::from(console::Term::stdout().size_checked()?.1)));
    columns.unwrap_or(100).max(20)
}

/// Columns of the terminal that messages go to; nothing where they go elsewhere.
pub(crate) fn messages_width() -> Option<usize> {
    let terminal = std::io::stderr().is_terminal().then(console::Term::stderr)?;
    terminal.size_checked().map(|(_, columns)| usize::from(columns))
}

/// Lines of the terminal; a usual number where there is none.
pub(crate) fn terminal_rows() -> usize {
    console::Term::stdout().size_checked().map_or(24, |(rows, _)| usize::from(rows))
}

/// Text without the marks that put what follows in another direction, on a line that is not its own alone. Letters have their direction
/// without them.
pub(crate) fn without_overrides(text: &str) -> Cow<'_, str> {
    let is_override = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if text.contains(is_override) { Cow::Owned(text.replace(is_override, "")) } else { Cow::Borrowed(text) }
}

/// A size as people read it.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let unit = (bytes.max(1).ilog2() / 10).min(4);
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let value = bytes as f64 / f64::from(1_u32 << (10 * unit.min(3))) / if unit == 4 { 1024.0 } else { 1.0 };
    let digits = usize::from(unit > 0);
    format!("{value:.digits$} {}", UNITS[unit as usize])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn control_characters_do_not_reach_a_terminal() {
        assert_eq!(one_line("a\u{1b}[31mb\tc\nd"), "a [31mb c d");
        assert_eq!(one_line("plain “text”"), "plain “text”");
        let value = serde_json::json!("a\u{9b}2J\u{7f}\u{1b}é");
        let written = for_terminal(value.to_string());
        assert_eq!(written, r#""a\u009b2J\u007f\u001bé""#);
        assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), value);
    }

    #[test]
    fn nothing_turns_the_rest_of_a_line_around() {
        assert_eq!(without_overrides("a \u{202e}fdp.exe\u{202c} \u{2067}b\u{2069}"), "a fdp.exe b");
        assert_eq!(without_overrides("قرية جبلية"), "قرية جبلية");
    }
}
