//! What is said on stderr.

use crate::cli::terminal::text::messages_width;
use crate::cli::terminal::wrap::wrapped;

/// Columns by which the later lines of a message stand in.
const INDENT: &str = "  ";

/// Says something on stderr: on a terminal in lines that break between words, elsewhere in one.
pub(crate) fn tell(message: &str) {
    let Some(columns) = messages_width() else {
        eprintln!("{message}");
        return;
    };
    for line in message.lines() {
        let indent = line.len() - line.trim_start_matches(' ').len();
        let (first, text) = line.split_at(indent);
        for line in wrapped(text, columns, first, &format!("{first}{INDENT}")) {
            eprintln!("{line}");
        }
    }
}
