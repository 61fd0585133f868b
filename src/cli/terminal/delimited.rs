//! Rows as lines of delimited fields: tab-separated for shells, comma-separated for spreadsheets.

use std::borrow::Cow;

/// What becomes of fields that a spreadsheet would take for formulas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Formulas {
    /// An apostrophe stands before them, so that they are text.
    Disarmed,
    /// They are left as they are, for programs.
    Kept,
}

/// Characters with which a formula may begin, by OWASP's page on CSV injection: those of full width count as well where
/// such letters are typed.
const FORMULA_STARTS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// A row as a tab-separated line, without its end. A row is one line and a tab ends a field: `\t`, `\n`, `\r` and `\\` stand for what is in
/// a field, spaces for other control characters. Nothing is quoted; `\"` stands for a quotation mark at the beginning of a field, which
/// readers of CSV dialects would take for the begin of a quoted one.
pub(crate) fn tab_separated<T: AsRef<str>>(fields: impl IntoIterator<Item = T>) -> String {
    let fields: Vec<String> = fields.into_iter().map(|field| tab_field(field.as_ref()).into_owned()).collect();
    fields.join("\t")
}

fn tab_field(text: &str) -> Cow<'_, str> {
    let is_escaped = |c: char| c == '\\' || c.is_control();
    if !text.contains(is_escaped) && !text.starts_with('"') {
        return Cow::Borrowed(text);
    }
    let start = if text.starts_with('"') { "\\" } else { "" };
    Cow::Owned(text.chars().fold(start.to_owned(), |mut field, c| {
        match c {
            '\\' => field.push_str("\\\\"),
            '\t' => field.push_str("\\t"),
            '\n' => field.push_str("\\n"),
            '\r' => field.push_str("\\r"),
            c if c.is_control() => field.push(' '),
            c => field.push(c),
        }
        field
    }))
}

/// A row as RFC 4180 has it, with its end.
pub(crate) fn comma_separated<T: AsRef<str>>(fields: impl IntoIterator<Item = T>, formulas: Formulas) -> String {
    let fields: Vec<String> = fields.into_iter().map(|field| comma_field(field.as_ref(), formulas)).collect();
    format!("{}\r\n", fields.join(","))
}

fn comma_field(text: &str, formulas: Formulas) -> String {
    let text = match formulas {
        Formulas::Disarmed if is_formula(text) => Cow::Owned(format!("'{text}")),
        _ => Cow::Borrowed(text),
    };
    if text.contains([',', '"', '\n', '\r']) { quoted(&text) } else { text.into_owned() }
}

/// Whether a spreadsheet may take a text for a formula. A number with its sign is none.
fn is_formula(text: &str) -> bool {
    text.starts_with(FORMULA_STARTS) && text.parse::<f64>().is_err()
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_with_commas_are_quoted_where_they_must_be() {
        let check = |text: &str, expected: &str| assert_eq!(comma_field(text, Formulas::Disarmed), expected);
        check("plain", "plain");
        check("a, \"b\"\nc", "\"a, \"\"b\"\"\nc\"");
        check("O'Brien's\ttab", "O'Brien's\ttab");
        assert_eq!(comma_separated(["a", "", "b"], Formulas::Disarmed), "a,,b\r\n");
    }

    #[test]
    fn formulas_are_texts_and_numbers_are_numbers() {
        let check = |text: &str, expected: &str| {
            assert_eq!(comma_field(text, Formulas::Disarmed), expected);
            assert!(!comma_field(text, Formulas::Kept).contains('\''), "{text:?}");
        };
        check("=HYPERLINK(1)", "'=HYPERLINK(1)");
        check("=HYPERLINK(\"http://bad.example\")", "\"'=HYPERLINK(\"\"http://bad.example\"\")\"");
        check("+cmd|' /C calc'!A0".replace('\'', "").as_str(), "'+cmd| /C calc!A0");
        check("- a list", "'- a list");
        check("@SUM(A1)", "'@SUM(A1)");
        check("\t=1", "'\t=1");
        check("\r=1", "\"'\r=1\"");
        check("＝1+1", "'＝1+1");
        for number in ["-5", "+5", "-0.25", "-1e9", "7", "a-b"] {
            check(number, number);
        }
        check("+05:00", "'+05:00");
    }

    #[test]
    fn a_row_of_tabs_is_one_line_whatever_is_in_its_fields() {
        let row = tab_separated(["a\tb", "c\r\nd\\e\u{1b}", "“e”", "she said \"no\"", "\"No\", she said"]);
        assert_eq!(row, "a\\tb\tc\\r\\nd\\\\e \t“e”\tshe said \"no\"\t\\\"No\", she said");
    }
}
