//! Printing: tables on a terminal, tab-separated lines in a pipe, JSON where it is asked for.

use std::borrow::Cow;
use std::fmt::Display;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, presets};
use serde_json::Value;

use super::arguments::ColorChoice;

/// Standard output, as the user wants it.
pub(super) struct Output {
    out: BufWriter<Stdout>,
    is_json: bool,
    is_decorated: bool,
}

/// A row of a list: as JSON, and as cells.
pub(super) type ListRow = (Value, Vec<String>);

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column<'a> {
    name: &'a str,
    is_number: bool,
    /// Whether it stays in one piece however narrow the terminal is.
    is_whole: bool,
}

/// A column of text.
pub(super) const fn text(name: &str) -> Column<'_> {
    Column { name, is_number: false, is_whole: false }
}

/// A column of addresses, which are of no use in pieces.
pub(super) const fn address(name: &str) -> Column<'_> {
    Column { name, is_number: false, is_whole: true }
}

/// A column of numbers, aligned at the right.
pub(super) const fn number(name: &str) -> Column<'_> {
    Column { name, is_number: true, is_whole: false }
}

impl Output {
    pub(super) fn new(is_json: bool, color: ColorChoice) -> Self {
        let is_decorated = match color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => io::stdout().is_terminal(),
        };
        Output { out: BufWriter::new(io::stdout()), is_json, is_decorated }
    }

    /// Whether JSON was asked for.
    pub(super) fn is_json(&self) -> bool {
        self.is_json
    }

    /// Whether a person looks at it: headers, tables, emphasis.
    pub(super) fn is_decorated(&self) -> bool {
        self.is_decorated && !self.is_json
    }

    /// Prints a list: JSON lines, a table, or tab-separated values.
    pub(super) fn list(&mut self, columns: &[Column<'_>], rows: Vec<ListRow>) -> io::Result<()> {
        if self.is_json {
            return rows.iter().try_for_each(|(value, _)| self.json(value));
        }
        if !self.is_decorated {
            for (_, cells) in rows {
                let line: Vec<String> = cells.iter().map(|cell| one_line(cell).into_owned()).collect();
                writeln!(self.out, "{}", line.join("\t"))?;
            }
            return Ok(());
        }
        if rows.is_empty() {
            return Ok(());
        }
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(terminal_width());
        table.set_header(columns.iter().map(|column| Cell::new(column.name.to_uppercase())));
        for (_, cells) in rows {
            table.add_row(cells.iter().map(|cell| Cell::new(one_line(cell))));
        }
        for (index, column) in columns.iter().enumerate() {
            if let Some(styled) = table.column_mut(index) {
                styled.set_padding((0, 2));
                if column.is_whole {
                    styled.set_constraint(ColumnConstraint::ContentWidth);
                }
                if column.is_number {
                    styled.set_cell_alignment(CellAlignment::Right);
                }
            }
        }
        writeln!(self.out, "{}", table.trim_fmt())
    }

    /// Prints one thing: a JSON document, or what `describe` writes.
    pub(super) fn one(
        &mut self,
        value: impl FnOnce() -> Value,
        describe: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<()> {
        if self.is_json { writeln!(self.out, "{}", for_terminal(format!("{:#}", value()))) } else { describe(self) }
    }

    /// Prints a value as a line of JSON.
    pub(super) fn json(&mut self, value: &Value) -> io::Result<()> {
        writeln!(self.out, "{}", for_terminal(value.to_string()))
    }

    /// Prints a line as it is.
    pub(super) fn line(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.out, "{line}")
    }

    /// Prints text as it is.
    pub(super) fn raw(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())
    }

    /// Prints a name and a value, if there is one; in a pipe with a tab between them.
    pub(super) fn field(&mut self, name: &str, value: Option<&str>) -> io::Result<()> {
        match value.filter(|value| !value.is_empty()) {
            None => Ok(()),
            Some(value) if self.is_decorated => {
                let label = self.bold(&format!("{name:<12}"));
                writeln!(self.out, "{label} {}", one_line(value))
            }
            Some(value) => writeln!(self.out, "{name}\t{}", one_line(value)),
        }
    }

    /// Text in bold, on a terminal.
    pub(super) fn bold(&self, text: &str) -> String {
        self.styled(text, "1")
    }

    /// Text in a faint colour, on a terminal.
    pub(super) fn faint(&self, text: &str) -> String {
        self.styled(text, "2")
    }

    /// Text in the colour of what is well, on a terminal.
    pub(super) fn good(&self, text: &str) -> String {
        self.styled(text, "32")
    }

    /// Text in the colour of what is gone, on a terminal.
    pub(super) fn removed(&self, text: &str) -> String {
        self.styled(text, "31")
    }

    /// Text in a colour of warning, on a terminal.
    pub(super) fn warning(&self, text: &str) -> String {
        self.styled(text, "33")
    }

    fn styled(&self, text: &str, code: &str) -> String {
        if self.is_decorated() && std::env::var_os("NO_COLOR").is_none() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// Writes out what is buffered.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// So many of a thing, whose plural is made with an s: `1 article`, `2 articles`.
pub(super) fn counted(number: impl Display, thing: &str) -> String {
    let number = number.to_string();
    let plural = if number == "1" { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// Text from a document as it may go to a terminal or into a field: control characters become spaces.
pub(super) fn one_line(text: &str) -> Cow<'_, str> {
    if text.chars().any(char::is_control) {
        Cow::Owned(text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// JSON without the control characters beyond ASCII, which it need not escape and some terminals obey. They stand in
/// texts only, where their escape means the same.
fn for_terminal(json: String) -> String {
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
pub(super) fn cut(text: &str, columns: usize) -> Cow<'_, str> {
    console::truncate_str(text, columns, "…")
}

/// Text in a column of its own: cut to a number of columns, or filled up to it.
pub(super) fn padded(text: &str, columns: usize) -> String {
    let text = cut(text, columns);
    let n_missing = columns.saturating_sub(text_width(&text));
    format!("{text}{}", " ".repeat(n_missing))
}

/// Columns that a text takes.
pub(super) fn text_width(text: &str) -> usize {
    console::measure_text_width(text)
}

/// Columns of the terminal; a usual number where there is none.
pub(super) fn terminal_width() -> u16 {
    console::Term::stdout().size_checked().map_or(100, |(_, columns)| columns.max(40))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_do_not_reach_a_terminal() {
        assert_eq!(one_line("a\u{1b}[31mb\tc\nd"), "a [31mb c d");
        assert_eq!(one_line("plain “text”"), "plain “text”");
        let value = serde_json::json!("a\u{9b}2J\u{7f}\u{1b}é");
        let written = for_terminal(value.to_string());
        assert_eq!(written, r#""a\u009b2J\u007f\u001bé""#);
        assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), value);
    }
}
