//! What is said on stderr.

use std::fmt::Arguments;
use std::io::Write;

use crate::cli::terminal::text::messages_width;
use crate::cli::terminal::wrap::wrapped;

/// Columns by which the later lines of a message stand in.
const INDENT: &str = "  ";

/// Says a line on stderr, as `eprintln!` does. Where nobody takes it any more, the work goes on all the same: `eprintln!` would panic.
macro_rules! say {
    ($($text:tt)*) => {
        $crate::cli::terminal::messages::say_line(format_args!($($text)*))
    };
}

pub(crate) use say;

/// What [`say!`] does.
pub(crate) fn say_line(line: Arguments<'_>) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Says something on stderr: on a terminal in lines that break between words, elsewhere in one.
pub(crate) fn tell(message: &str) {
    let Some(columns) = messages_width() else {
        say!("{message}");
        return;
    };
    for line in message.lines() {
        let indent = line.len() - line.trim_start_matches(' ').len();
        let (first, text) = line.split_at(indent);
        for line in wrapped(text, columns, first, &format!("{first}{INDENT}")) {
            say!("{line}");
        }
    }
}
