//! Printing: tables on a terminal, tab-separated lines in a pipe, JSON where it is asked for.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

use clap::ValueEnum;
use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, presets};
use serde_json::Value;

use crate::cli::terminal::delimited::tab_separated;
use crate::cli::terminal::text::{for_terminal, one_line, terminal_width};

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Standard output, as the user wants it.
pub(crate) struct Output {
    out: BufWriter<Stdout>,
    is_json: bool,
    is_decorated: bool,
    has_header: bool,
}

/// A row of a list: as JSON, and as cells.
pub(crate) type ListRow = (Value, Vec<String>);

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column<'a> {
    name: &'a str,
    is_number: bool,
    /// Whether it stays in one piece however narrow the terminal is.
    is_whole: bool,
}

/// A column of text.
pub(crate) const fn text(name: &str) -> Column<'_> {
    Column { name, is_number: false, is_whole: false }
}

/// A column of addresses, which are of no use in pieces.
pub(crate) const fn address(name: &str) -> Column<'_> {
    Column { name, is_number: false, is_whole: true }
}

/// A column of numbers, aligned at the right.
pub(crate) const fn number(name: &str) -> Column<'_> {
    Column { name, is_number: true, is_whole: false }
}

impl Output {
    /// `has_header`: whether the names of the columns stand above tab-separated lines.
    pub(crate) fn new(is_json: bool, color: ColorChoice, has_header: bool) -> Self {
        let is_decorated = match color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => io::stdout().is_terminal(),
        };
        Output { out: BufWriter::new(io::stdout()), is_json, is_decorated, has_header }
    }

    /// Whether JSON was asked for.
    pub(crate) fn is_json(&self) -> bool {
        self.is_json
    }

    /// Whether a person looks at it: headers, tables, emphasis.
    pub(crate) fn is_decorated(&self) -> bool {
        self.is_decorated && !self.is_json
    }

    /// Prints a list: JSON lines, a table, or tab-separated values.
    pub(crate) fn list(&mut self, columns: &[Column<'_>], rows: Vec<ListRow>) -> io::Result<()> {
        if self.is_json {
            return rows.iter().try_for_each(|(value, _)| self.json(value));
        }
        if !self.is_decorated {
            self.header(columns.iter().map(|column| column.name))?;
            return rows.iter().try_for_each(|(_, cells)| self.row(cells));
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

    /// Prints the names of columns above tab-separated lines, where they are asked for.
    pub(crate) fn header<T: AsRef<str>>(&mut self, names: impl IntoIterator<Item = T>) -> io::Result<()> {
        if self.has_header && !self.is_json && !self.is_decorated { self.row(names) } else { Ok(()) }
    }

    /// Prints a row as a tab-separated line.
    pub(crate) fn row<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) -> io::Result<()> {
        writeln!(self.out, "{}", tab_separated(cells))
    }

    /// Prints one thing: a JSON document, or what `describe` writes.
    pub(crate) fn one(
        &mut self,
        value: impl FnOnce() -> Value,
        describe: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<()> {
        if self.is_json { writeln!(self.out, "{}", for_terminal(format!("{:#}", value()))) } else { describe(self) }
    }

    /// Prints a value as a line of JSON.
    pub(crate) fn json(&mut self, value: &Value) -> io::Result<()> {
        writeln!(self.out, "{}", for_terminal(value.to_string()))
    }

    /// Prints a line as it is.
    pub(crate) fn line(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.out, "{line}")
    }

    /// Prints text as it is.
    pub(crate) fn raw(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())
    }

    /// Prints a name and a value, if there is one; in a pipe with a tab between them.
    pub(crate) fn field(&mut self, name: &str, value: Option<&str>) -> io::Result<()> {
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
    pub(crate) fn bold(&self, text: &str) -> String {
        self.styled(text, "1")
    }

    /// Text in a faint colour, on a terminal.
    pub(crate) fn faint(&self, text: &str) -> String {
        self.styled(text, "2")
    }

    /// Text in the colour of what is well, on a terminal.
    pub(crate) fn good(&self, text: &str) -> String {
        self.styled(text, "32")
    }

    /// Text in the colour of what is gone, on a terminal.
    pub(crate) fn removed(&self, text: &str) -> String {
        self.styled(text, "31")
    }

    /// Text in a colour of warning, on a terminal.
    pub(crate) fn warning(&self, text: &str) -> String {
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
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
