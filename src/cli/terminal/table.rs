//! Tables that fit the terminal: what is long is cut or broken between words, columns that do not fit are left out from the right, which is
//! said, and where nothing stands well beside anything each row is a few lines.

use crate::cli::terminal::style::Style;
use crate::cli::terminal::text::{cut, padded, text_width};
use crate::cli::terminal::wrap::wrapped;

/// A column of a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column<'a> {
    /// As programs know it: the header of tab-separated lines.
    pub(crate) name: &'a str,
    heading: Option<&'a str>,
    kind: Kind,
    place: Place,
    is_kept: bool,
}

/// What is in a column, which says what becomes of it where there is little room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Text that is broken between words.
    Text,
    /// Text that is cut, so that a row is a line.
    Title,
    /// What is of no use in pieces: slugs, addresses.
    Whole,
    /// Likewise, aligned at the right.
    Number,
    /// A number that commands take.
    Id,
    /// An instant in RFC 3339, which people read as how long ago it was.
    Time,
}

/// Who sees a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    All,
    Programs,
    People,
}

/// A column of text.
pub(crate) const fn text(name: &str) -> Column<'_> {
    Column { name, heading: None, kind: Kind::Text, place: Place::All, is_kept: false }
}

/// The column that a row is known by, which is never left out.
pub(crate) const fn title(name: &str) -> Column<'_> {
    Column { kind: Kind::Title, is_kept: true, ..text(name) }
}

/// A column of slugs or addresses, which are of no use in pieces.
pub(crate) const fn whole(name: &str) -> Column<'_> {
    Column { kind: Kind::Whole, ..text(name) }
}

/// A column of numbers, aligned at the right.
pub(crate) const fn number(name: &str) -> Column<'_> {
    Column { kind: Kind::Number, ..text(name) }
}

/// A column of numbers that commands take, which is never left out.
pub(crate) const fn id(name: &str) -> Column<'_> {
    Column { kind: Kind::Id, is_kept: true, ..text(name) }
}

/// A column of instants in RFC 3339.
pub(crate) const fn time(name: &str) -> Column<'_> {
    Column { kind: Kind::Time, ..text(name) }
}

impl<'a> Column<'a> {
    /// With another name for people.
    pub(crate) const fn headed(self, heading: &'a str) -> Column<'a> {
        Column { heading: Some(heading), ..self }
    }

    /// Never left out.
    pub(crate) const fn kept(self) -> Column<'a> {
        Column { is_kept: true, ..self }
    }

    /// For programs only.
    pub(crate) const fn for_programs(self) -> Column<'a> {
        Column { place: Place::Programs, ..self }
    }

    /// For people only.
    pub(crate) const fn for_people(self) -> Column<'a> {
        Column { place: Place::People, ..self }
    }

    pub(crate) fn is_for_programs(&self) -> bool {
        self.place != Place::People
    }

    pub(crate) fn is_for_people(&self) -> bool {
        self.place != Place::Programs
    }

    pub(crate) fn is_time(&self) -> bool {
        self.kind == Kind::Time
    }

    fn heading(&self) -> &'a str {
        self.heading.unwrap_or(self.name)
    }

    /// How narrow it may become.
    fn width_min(&self) -> usize {
        match self.kind {
            Kind::Text => 16,
            Kind::Title => 24,
            Kind::Whole | Kind::Number | Kind::Id | Kind::Time => usize::MAX,
        }
    }
}

/// Columns of a terminal on which no table is tried.
const TABLE_WIDTH_MIN: usize = 40;

/// Between two columns.
const GUTTER: usize = 2;

/// Lays rows out for a terminal of so many columns. Each row has a cell for each column, as it is to be shown; columns without any text are
/// left out.
pub(crate) fn table(columns: &[Column<'_>], rows: &[Vec<String>], width: usize, style: Style) -> Vec<String> {
    let used: Vec<Wide<'_>> = columns
        .iter()
        .enumerate()
        .filter_map(|(index, column)| {
            let cells = rows.iter().filter_map(|row| row.get(index));
            let widest = cells.map(|cell| text_width(cell)).max().filter(|widest| *widest > 0 || column.is_kept)?;
            Some(Wide { index, column: *column, width: widest.max(text_width(column.heading())) })
        })
        .collect();
    let Some(Fitted { shown, left_out }) = fitted(&used, width) else {
        return stacked(&used, rows, width, style);
    };
    let headings: Vec<String> = shown.iter().map(|wide| wide.column.heading().to_uppercase()).collect();
    let mut lines = vec![style.faint(&beside(&shown, &headings, |_, text| text).concat())];
    for row in rows {
        let cells: Vec<&str> =
            shown.iter().map(|wide| row.get(wide.index).map(String::as_str).unwrap_or_default()).collect();
        lines.extend(beside(&shown, &cells, |wide, text| match wide.column.kind {
            Kind::Time => style.faint(&text),
            Kind::Id => style.id(&text),
            _ => text,
        }));
    }
    if !left_out.is_empty() {
        let told = format!("no room for: {}", left_out.join(", "));
        lines.extend(wrapped(&told, width, "", "  ").iter().map(|line| style.faint(line)));
    }
    lines
}

/// A column with the width that it has, or may have.
#[derive(Clone, Copy)]
struct Wide<'a> {
    index: usize,
    column: Column<'a>,
    width: usize,
}

/// What stands in a table, and the headings of what does not.
struct Fitted<'a> {
    shown: Vec<Wide<'a>>,
    left_out: Vec<&'a str>,
}

/// The columns that fit beside each other, narrowed where they may be; nothing where a table is not worth it.
fn fitted<'a>(used: &[Wide<'a>], width: usize) -> Option<Fitted<'a>> {
    let mut shown = used.to_vec();
    let mut left_out = Vec::new();
    loop {
        if let Some(widths) = narrowed(&shown, width) {
            shown.iter_mut().zip(widths).for_each(|(wide, width)| wide.width = width);
            left_out.reverse();
            return Some(Fitted { shown, left_out });
        }
        let last = shown.iter().skip(1).rposition(|wide| !wide.column.is_kept).filter(|_| width >= TABLE_WIDTH_MIN)?;
        left_out.push(shown.remove(last + 1).column.heading());
    }
}

/// Widths with which columns fit: those that need less than their share have what they need, the others share the rest.
fn narrowed(columns: &[Wide<'_>], width: usize) -> Option<Vec<usize>> {
    let mut left = width.checked_sub(GUTTER * columns.len().saturating_sub(1))?;
    let mut widths: Vec<Option<usize>> = vec![None; columns.len()];
    for (place, wide) in widths.iter_mut().zip(columns) {
        if wide.width <= wide.column.width_min() {
            *place = Some(wide.width);
            left = left.checked_sub(wide.width)?;
        }
    }
    loop {
        let open: Vec<usize> = (0..columns.len()).filter(|at| widths[*at].is_none()).collect();
        let Some(share) = left.checked_div(open.len()) else {
            return widths.into_iter().collect();
        };
        let modest: Vec<usize> = open.iter().copied().filter(|at| columns[*at].width <= share).collect();
        if modest.is_empty() {
            let is_enough = open.iter().all(|at| share >= columns[*at].column.width_min());
            let mut n_wider = left % open.len();
            for at in open {
                let extra = usize::from(n_wider > 0);
                n_wider -= extra;
                widths[at] = Some(share + extra);
            }
            return is_enough.then(|| widths.into_iter().collect()).flatten();
        }
        for at in modest {
            widths[at] = Some(columns[at].width);
            left -= columns[at].width;
        }
    }
}

/// The lines of a row.
fn beside<T: AsRef<str>>(shown: &[Wide<'_>], cells: &[T], styled: impl Fn(&Wide<'_>, String) -> String) -> Vec<String> {
    let parts: Vec<Vec<String>> = shown
        .iter()
        .zip(cells)
        .map(|(wide, cell)| match wide.column.kind {
            Kind::Text => wrapped(cell.as_ref(), wide.width, "", ""),
            _ => vec![cut(cell.as_ref(), wide.width).into_owned()],
        })
        .collect();
    let height = parts.iter().map(Vec::len).max().unwrap_or_default();
    (0..height)
        .map(|line| {
            let mut text = String::new();
            for (at, (wide, part)) in shown.iter().zip(&parts).enumerate() {
                let cell = part.get(line).map(String::as_str).unwrap_or_default();
                let gap = if at + 1 < shown.len() { GUTTER } else { 0 };
                let cell = match wide.column.kind {
                    Kind::Number | Kind::Id => {
                        format!("{}{cell}", " ".repeat(wide.width.saturating_sub(text_width(cell))))
                    }
                    _ => padded(cell, wide.width),
                };
                text.push_str(&styled(wide, cell));
                text.push_str(&" ".repeat(gap));
            }
            text.trim_end().to_owned()
        })
        .collect()
}

/// Each row as lines of a name and a value.
fn stacked(used: &[Wide<'_>], rows: &[Vec<String>], width: usize, style: Style) -> Vec<String> {
    let label_width = used.iter().map(|wide| text_width(wide.column.heading())).max().unwrap_or_default();
    let mut lines = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        if number > 0 {
            lines.push(String::new());
        }
        for wide in used {
            let Some(cell) = row.get(wide.index).filter(|cell| !cell.is_empty()) else { continue };
            let label = style.faint(&padded(wide.column.heading(), label_width));
            lines.extend(labelled(&label, label_width, cell, width));
        }
    }
    lines
}

/// A value beside its name, or under it where there is little room.
pub(crate) fn labelled(label: &str, label_width: usize, value: &str, width: usize) -> Vec<String> {
    let indent = label_width + GUTTER;
    // An address that is broken cannot be clicked or copied.
    if value.starts_with("http://") || value.starts_with("https://") {
        return vec![format!("{label}{}{value}", " ".repeat(GUTTER))];
    }
    let first = format!("{label}{}", " ".repeat(GUTTER));
    if width < indent + 12 {
        let mut lines = vec![label.trim_end().to_owned()];
        lines.extend(wrapped(value, width, "  ", "  "));
        return lines;
    }
    wrapped(value, width, &first, &" ".repeat(indent))
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column<'_>; 5] =
        [number("id"), whole("source"), number("words"), text("trouble").headed("what is wrong"), title("title")];

    fn drawn(rows: &[[&str; 5]], width: usize) -> String {
        let rows: Vec<Vec<String>> =
            rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect();
        table(&COLUMNS, &rows, width, Style::PLAIN).join("\n")
    }

    const ROWS: [[&str; 5]; 2] = [
        [
            "7",
            "harbour-post",
            "273",
            "the server answered with an error",
            "Tram line 9 reaches the docks, eleven months late",
        ],
        ["12", "asagiri", "1301", "", "廃線の駅舎が図書館に 朝霧市、山あいの集落で開館、三十年ぶり"],
    ];

    #[test]
    fn what_fits_is_shown_as_it_is() {
        let lines = drawn(&[["7", "harbour-post", "273", "", "Tram"]], 80);
        assert_eq!(lines, "ID  SOURCE        WORDS  TITLE\n 7  harbour-post    273  Tram");
    }

    #[test]
    fn texts_break_and_titles_are_cut() {
        let expected = "\
ID  SOURCE        WORDS  WHAT IS WRONG               TITLE
 7  harbour-post    273  the server answered with    Tram line 9 reaches the …
                         an error
12  asagiri        1301                              廃線の駅舎が図書館に 朝…";
        assert_eq!(drawn(&ROWS, 78), expected);
    }

    #[test]
    fn columns_are_left_out_from_the_right_and_named() {
        let expected = "\
ID  SOURCE        TITLE
 7  harbour-post  Tram line 9 reaches the docks…
12  asagiri       廃線の駅舎が図書館に 朝霧市、…
no room for: words, what is wrong";
        assert_eq!(drawn(&ROWS, 48), expected);
    }

    #[test]
    fn rows_are_stacked_where_there_is_no_room_for_a_table() {
        let expected = "\
id             7
source         harbour-post
words          273
what is wrong  the server
               answered with
               an error
title          Tram line 9
               reaches the
               docks, eleven
               months late

id             12
source         asagiri
words          1301
title          廃線の駅舎が図
               書館に 朝霧市、
               山あいの集落で
               開館、三十年ぶ
               り";
        assert_eq!(drawn(&ROWS, 30), expected);
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in 24..120 {
            for line in drawn(&ROWS, width).lines() {
                assert!(text_width(line) <= width, "{width}: {line}");
            }
        }
    }
}
