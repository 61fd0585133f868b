//! Printing: tables on a terminal, tab-separated lines in a pipe, JSON where it is asked for.

use std::io::{self, BufWriter, IsTerminal, Write};

use clap::ValueEnum;
use jiff::Timestamp;
use serde_json::Value;

use crate::cli::failure::Failure;
use crate::cli::terminal::delimited::tab_separated;
use crate::cli::terminal::messages::tell;
use crate::cli::terminal::pager::Paged;
use crate::cli::terminal::style::Style;
use crate::cli::terminal::table::{Column, labelled, table};
use crate::cli::terminal::template::{RowArguments, Template};
use crate::cli::terminal::text::{
    TEXT_WIDTH_MAX, for_terminal, one_line, padded, terminal_rows, terminal_width, text_width, without_overrides,
};
use crate::cli::terminal::wrap::wrapped;
use crate::forms::times;

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

/// How the user wants standard output.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manners {
    pub(crate) is_json: bool,
    pub(crate) color: ColorChoice,
    /// Whether the names of the columns stand above tab-separated lines.
    pub(crate) has_header: bool,
    pub(crate) times: Times,
    /// Whether more than a screenful goes through a pager.
    pub(crate) is_paged: bool,
}

/// How people see times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Times {
    /// As how long ago they were.
    Relative,
    /// As they are, in UTC.
    Utc,
}

/// Who reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// A program that wants JSON.
    Json,
    /// A program that wants lines.
    Lines,
    /// A person.
    Decorated,
}

/// Standard output, as the user wants it.
pub(crate) struct Output {
    out: BufWriter<Paged>,
    form: Form,
    is_terminal: bool,
    has_header: bool,
    is_paged: bool,
    times: Times,
    style: Style,
    now: Timestamp,
    template: Option<Template>,
    /// What each row ends with.
    row_end: &'static str,
    /// What is said on stderr when all is printed.
    notes: Vec<String>,
}

/// A row of a list: as JSON, and as cells.
pub(crate) type ListRow = (Value, Vec<String>);

/// Columns that names of values take.
const LABEL_WIDTH: usize = 11;

/// Columns that the number of an article takes in a list.
const ID_COLUMNS: usize = 5;

impl Output {
    pub(crate) fn new(manners: Manners) -> Self {
        let Manners { is_json, color, has_header, times, is_paged } = manners;
        let is_terminal = io::stdout().is_terminal();
        let is_decorated = match color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => is_terminal,
        };
        let form = match (is_json, is_decorated) {
            (true, _) => Form::Json,
            (false, true) => Form::Decorated,
            (false, false) => Form::Lines,
        };
        let is_colored = form == Form::Decorated && (color == ColorChoice::Always || may_be_colored());
        Output {
            out: BufWriter::new(Paged::direct()),
            form,
            is_terminal,
            has_header,
            is_paged,
            times,
            style: Style::new(is_colored),
            now: Timestamp::now(),
            template: None,
            row_end: "\n",
            notes: Vec::new(),
        }
    }

    /// Whether JSON was asked for.
    pub(crate) fn is_json(&self) -> bool {
        self.form == Form::Json
    }

    /// Whether a person looks at it: headers, tables, emphasis.
    pub(crate) fn is_decorated(&self) -> bool {
        self.form == Form::Decorated
    }

    /// Whether times are wanted as they are.
    pub(crate) fn is_utc(&self) -> bool {
        self.times == Times::Utc
    }

    /// From now on rows are printed as the user says.
    ///
    /// # Errors
    ///
    /// The user wants JSON as well.
    pub(crate) fn shape(&mut self, rows: &RowArguments) -> Result<(), Failure> {
        if self.is_json() && (rows.format.is_some() || rows.null) {
            return Err(Failure::Usage("--format, --null and --json: a row is printed in one form".to_owned()));
        }
        self.template.clone_from(&rows.format);
        if rows.null {
            self.row_end = "\0";
        }
        if rows.format.is_some() || rows.null {
            self.form = Form::Lines;
        }
        Ok(())
    }

    /// From now on more than a screenful goes through a pager, where a person looks at it.
    pub(crate) fn page(&mut self) {
        if self.is_paged && self.is_terminal {
            self.out.get_mut().page(terminal_rows());
        }
    }

    /// Says something on stderr, after all that is printed: nothing of it stands in a pager, and a person finds it at the end.
    pub(crate) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Prints a list: JSON lines, a table, or tab-separated values.
    pub(crate) fn list(&mut self, columns: &[Column<'_>], rows: Vec<ListRow>) -> io::Result<()> {
        let mut list = self.begin_list(columns)?;
        rows.into_iter().try_for_each(|row| list.push(row))?;
        list.end().map(|_| ())
    }

    /// Prints a list likewise, of rows that come one after the other.
    pub(crate) fn begin_list<'a>(&'a mut self, columns: &'a [Column<'a>]) -> io::Result<List<'a>> {
        if !self.is_decorated() {
            self.header(columns.iter().filter(|column| column.is_for_programs()).map(|column| column.name))?;
        }
        Ok(List { output: self, columns, held: Vec::new(), n_rows: 0 })
    }

    /// Prints the names of columns above tab-separated lines, where they are asked for.
    pub(crate) fn header<T: AsRef<str>>(&mut self, names: impl IntoIterator<Item = T>) -> io::Result<()> {
        let has_header = self.has_header && self.form == Form::Lines && self.template.is_none();
        if has_header { self.row(names) } else { Ok(()) }
    }

    /// Prints a row for programs: as a line of JSON, as the user says, or tab-separated.
    pub(crate) fn record<T: AsRef<str>>(
        &mut self,
        value: &Value,
        cells: impl IntoIterator<Item = T>,
    ) -> io::Result<()> {
        let line = match &self.template {
            _ if self.is_json() => return self.json(value),
            Some(template) => {
                let keeps_lines = self.row_end == "\0" && !self.is_terminal;
                template.fill(value, keeps_lines).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?
            }
            None => tab_separated(cells),
        };
        write!(self.out, "{line}{}", self.row_end)
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
        if self.is_json() { writeln!(self.out, "{}", for_terminal(format!("{:#}", value()))) } else { describe(self) }
    }

    /// Prints a value as a line of JSON.
    pub(crate) fn json(&mut self, value: &Value) -> io::Result<()> {
        writeln!(self.out, "{}", for_terminal(value.to_string()))
    }

    /// Prints a line: on a terminal broken between words where it is longer than that is wide, what follows under its first word.
    pub(crate) fn line(&mut self, line: &str) -> io::Result<()> {
        let indent = line.len() - line.trim_start_matches(' ').len();
        let (first, text) = line.split_at(indent);
        self.broken(first, text, indent, terminal_width())
    }

    /// Prints running text after something that stands before its first line; later lines stand under it by so many columns.
    pub(crate) fn hanging(&mut self, first: &str, text: &str, indent: usize) -> io::Result<()> {
        self.broken(first, text, indent, terminal_width().min(TEXT_WIDTH_MAX.max(indent + 40)))
    }

    fn broken(&mut self, first: &str, text: &str, indent: usize, columns: usize) -> io::Result<()> {
        if !self.is_decorated() || text.is_empty() {
            return writeln!(self.out, "{first}{text}");
        }
        for line in wrapped(&without_overrides(text), columns, first, &" ".repeat(indent)) {
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }

    /// Prints an article of a list: its number and headline, below that what is said of it. Returns by how many columns that stands in.
    pub(crate) fn entry(&mut self, id: i64, headline: &str, about: &str) -> io::Result<usize> {
        let id = self.id(&format!("{id:>ID_COLUMNS$}")) + "  ";
        let indent = text_width(&id);
        self.hanging(&id, headline, indent)?;
        let about = self.faint(about);
        self.hanging(&" ".repeat(indent), &about, indent)?;
        Ok(indent)
    }

    /// Prints text as it is.
    pub(crate) fn raw(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())
    }

    /// Prints a name and a value, if there is one; in a pipe with a tab between them.
    pub(crate) fn field(&mut self, name: &str, value: Option<&str>) -> io::Result<()> {
        let Some(value) = value.filter(|value| !value.is_empty()) else {
            return Ok(());
        };
        if !self.is_decorated() {
            return self.row([name, value]);
        }
        let label = self.style.faint(&padded(name, LABEL_WIDTH.max(text_width(name))));
        for line in labelled(&label, LABEL_WIDTH, &without_overrides(&one_line(value)), terminal_width()) {
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }

    /// An instant in RFC 3339 as it is to be read: by people as how long ago it was, unless they want it as it is.
    pub(crate) fn when(&self, instant: &str) -> String {
        if self.is_decorated() && self.times == Times::Relative {
            times::relative(instant, self.now)
        } else {
            instant.to_owned()
        }
    }

    /// Text in bold, on a terminal.
    pub(crate) fn bold(&self, text: &str) -> String {
        self.style.bold(text)
    }

    /// Text in a faint colour, on a terminal.
    pub(crate) fn faint(&self, text: &str) -> String {
        self.style.faint(text)
    }

    /// Text in the colour of what is well, on a terminal.
    pub(crate) fn good(&self, text: &str) -> String {
        self.style.good(text)
    }

    /// Text in the colour of what is gone, on a terminal.
    pub(crate) fn removed(&self, text: &str) -> String {
        self.style.removed(text)
    }

    /// The number of an article or story, on a terminal in the colour of what one types to have more of it.
    pub(crate) fn id(&self, text: &str) -> String {
        self.style.id(text)
    }

    /// Text in a colour of warning, on a terminal.
    pub(crate) fn warning(&self, text: &str) -> String {
        self.style.warning(text)
    }

    /// Writes out what is buffered.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Writes out what is buffered, waits until a pager was left, and says what is to be said then.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        let (flushed, finished) = (self.out.flush(), self.out.get_mut().finish());
        for note in self.notes.drain(..) {
            tell(&note);
        }
        flushed.and(finished)
    }
}

/// Rows that a table is laid out of: its columns are as wide as these need. More of them get another table.
const TABLE_ROWS_MAX: usize = 10_000;

/// A list whose rows are printed as they come; for people some thousand of them together.
pub(crate) struct List<'a> {
    output: &'a mut Output,
    columns: &'a [Column<'a>],
    /// As cells for people.
    held: Vec<Vec<String>>,
    n_rows: usize,
}

impl List<'_> {
    /// Takes the next row.
    pub(crate) fn push(&mut self, (value, cells): ListRow) -> io::Result<()> {
        self.n_rows += 1;
        let cells = self.columns.iter().zip(cells);
        if !self.output.is_decorated() {
            let cells = cells.filter(|(column, _)| column.is_for_programs()).map(|(_, cell)| cell);
            return self.output.record(&value, cells);
        }
        let shown = |column: &Column<'_>, cell: String| {
            if column.is_time() { self.output.when(&cell) } else { without_overrides(&one_line(&cell)).into_owned() }
        };
        let cells = cells.filter(|(column, _)| column.is_for_people()).map(|(column, cell)| shown(column, cell));
        self.held.push(cells.collect());
        if self.held.len() < TABLE_ROWS_MAX { Ok(()) } else { self.lay_out() }
    }

    /// Prints what is held. Returns how many rows there were.
    pub(crate) fn end(mut self) -> io::Result<usize> {
        self.lay_out()?;
        Ok(self.n_rows)
    }

    fn lay_out(&mut self) -> io::Result<()> {
        let rows = std::mem::take(&mut self.held);
        if rows.is_empty() {
            return Ok(());
        }
        let columns: Vec<Column<'_>> = self.columns.iter().copied().filter(Column::is_for_people).collect();
        let lines = table(&columns, &rows, terminal_width(), self.output.style);
        lines.iter().try_for_each(|line| writeln!(self.output.out, "{line}"))
    }
}

/// Whether there may be colours where nobody said that there must: no-color.org, and terminals that know none.
fn may_be_colored() -> bool {
    let is_off = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !is_off && std::env::var_os("TERM").is_none_or(|terminal| terminal != "dumb")
}
