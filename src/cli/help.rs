//! Help: the commands in groups, and notes and examples that fit the width of the terminal.
//!
//! A command's `after_help` says what there is to add, as plain text: paragraphs, which are wrapped, and lists. A list begins with a line
//! that ends in a colon; each of its lines is a command line and, behind two spaces or more, what it does.

use clap::Command;
use clap::builder::StyledStr;

use crate::cli::arguments::STYLES;
use crate::cli::terminal::text::{TEXT_WIDTH_MAX, text_width};
use crate::cli::terminal::wrap::wrapped_whole;

/// The commands, in the order in which one needs them.
pub(crate) const GROUPS: [(&str, &[&str]); 7] = [
    ("Begin", &["demo", "config", "discover"]),
    ("Bring in", &["sources", "run", "work", "fetch", "import", "merge"]),
    ("Read", &["ls", "show", "search", "stories", "tail", "why", "sql", "serve", "mcp"]),
    ("Give out", &["watch", "receivers", "export", "snapshot"]),
    ("Keep it well", &["status", "alarms", "doctor", "rm", "prune", "volumes", "backup", "restore"]),
    ("Try on files, without a database", &["extract", "parse-feed"]),
    ("Learn more", &["help", "man", "schema", "completions"]),
];

/// What whoever calls it without a command is told.
const FIRST_STEPS: &str = "\
First steps:
  newswire sources add example.org   follow a site by the best of its feeds
  newswire run                       poll, fetch and store, until Ctrl-C
  newswire ls                        what came; then `newswire show ID`

`newswire demo` shows all of it on an invented news web, without a network. `newswire --help` lists the commands, `newswire help COMMAND` \
tells more of one.";

/// A part of what stands below a command's options.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Block {
    /// Running text.
    Paragraph(String),
    /// Command lines, each with what it does.
    List {
        /// What is listed, with a colon.
        heading: String,
        /// The lines.
        lines: Vec<(String, String)>,
    },
}

/// Reads the text of an `after_help`.
pub(crate) fn blocks(text: &str) -> Vec<Block> {
    text.split("\n\n").filter(|block| !block.trim().is_empty()).map(block).collect()
}

fn block(text: &str) -> Block {
    match text.trim_matches('\n').split_once('\n') {
        Some((heading, lines)) if heading.ends_with(':') && lines.lines().all(|line| line.starts_with("  ")) => {
            Block::List { heading: heading.to_owned(), lines: lines.lines().map(command_line).collect() }
        }
        _ => Block::Paragraph(text.split_whitespace().collect::<Vec<_>>().join(" ")),
    }
}

fn command_line(line: &str) -> (String, String) {
    let (line, meaning) = line.trim().split_once("  ").unwrap_or((line.trim(), ""));
    (line.to_owned(), meaning.trim().to_owned())
}

/// What whoever calls it without a command is told, in so many columns.
pub(crate) fn first_steps(columns: usize) -> String {
    console::strip_ansi_codes(&laid_out(blocks(FIRST_STEPS).iter(), columns.min(TEXT_WIDTH_MAX))).into_owned()
}

/// The program with help that fits so many columns.
pub(crate) fn arranged(program: Command, columns: usize) -> Command {
    let columns = columns.min(TEXT_WIDTH_MAX);
    let template = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{}{}\n{{options}}{{after-help}}",
        groups(&program, columns),
        header("Global options:")
    );
    arranged_command(program.help_template(template), columns)
}

fn arranged_command(command: Command, columns: usize) -> Command {
    let command = match command.get_after_help().map(StyledStr::to_string) {
        None => command,
        Some(text) => {
            let blocks = blocks(&text);
            let lists = blocks.iter().filter(|block| matches!(block, Block::List { .. }));
            let (long, short) = (laid_out(blocks.iter(), columns), laid_out(lists, columns));
            let command = command.after_long_help(long);
            // An empty one would leave empty lines.
            if short.is_empty() { command.after_help(None::<&str>) } else { command.after_help(short) }
        }
    };
    command.term_width(columns).mut_subcommands(|command| arranged_command(command, columns))
}

/// The commands under their headings.
fn groups(program: &Command, columns: usize) -> String {
    let width = GROUPS.iter().flat_map(|(_, names)| *names).map(|name| name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for (heading, names) in GROUPS {
        text += &header(&format!("{heading}:"));
        text.push('\n');
        for command in names.iter().filter_map(|name| program.find_subcommand(name)) {
            let about = command.get_about().map(StyledStr::to_string).unwrap_or_default();
            let name = literal(command.get_name());
            let first = format!("  {name}{}", " ".repeat(width + 2 - command.get_name().len()));
            text += &wrapped_whole(&about, columns, &first, &" ".repeat(width + 4)).join("\n");
            text.push('\n');
        }
        text.push('\n');
    }
    text
}

/// Blocks below one another, of at most so many columns.
fn laid_out<'b>(blocks: impl Iterator<Item = &'b Block>, columns: usize) -> String {
    let set = |block: &Block| match block {
        Block::Paragraph(text) => wrapped_whole(text, columns, "", "").join("\n"),
        Block::List { heading, lines } => format!("{}\n{}", header(heading), list(lines, columns)),
    };
    blocks.map(set).collect::<Vec<_>>().join("\n\n")
}

/// Command lines beside what they do, or below it where there is no room.
fn list(lines: &[(String, String)], columns: usize) -> String {
    let explained = || lines.iter().filter(|(_, meaning)| !meaning.is_empty());
    let width = explained().map(|(line, _)| text_width(line)).max().unwrap_or_default();
    let is_beside = explained().all(|(_, meaning)| 2 + width + 3 + text_width(meaning) <= columns);
    let mut set = Vec::new();
    for (line, meaning) in lines {
        if is_beside && !meaning.is_empty() {
            set.push(format!("  {line}{}   {meaning}", " ".repeat(width - text_width(line))));
        } else {
            if !meaning.is_empty() {
                set.extend(wrapped_whole(meaning, columns, "  # ", "  # "));
            }
            set.extend(continued(line, columns));
        }
    }
    set.join("\n")
}

/// A command line as a shell takes it, continued on the next line where it is too long: between words only, never inside quotes.
fn continued(line: &str, columns: usize) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for part in line.split(' ') {
        match words.last_mut().filter(|word| is_open(word)) {
            Some(word) => *word = format!("{word} {part}"),
            None => words.push(part.to_owned()),
        }
    }
    let mut lines = Vec::new();
    let mut current = String::from(" ");
    for (at, word) in words.iter().enumerate() {
        let tail = if at + 1 < words.len() { 2 } else { 0 };
        if at > 0 && text_width(&current) + 1 + text_width(word) + tail > columns {
            lines.push(format!("{current} \\"));
            current = String::from("     ");
        }
        current.push(' ');
        current += word;
    }
    lines.push(current);
    lines
}

/// Whether a quote begins in a word that does not end there.
fn is_open(word: &str) -> bool {
    let mut quote = None;
    for c in word.chars() {
        match quote {
            Some(mark) if c == mark => quote = None,
            None if matches!(c, '\'' | '"') => quote = Some(c),
            _ => {}
        }
    }
    quote.is_some()
}

fn header(text: &str) -> String {
    let style = STYLES.get_header();
    format!("{}{text}{}", style.render(), style.render_reset())
}

fn literal(text: &str) -> String {
    let style = STYLES.get_literal();
    format!("{}{text}{}", style.render(), style.render_reset())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_and_examples_fit_their_width() {
        let text = "What it is\nabout.\n\nExamples:\n  newswire ls   all\n  newswire ls --where 'a = 1'\n";
        let list = |lines: &[(&str, &str)]| Block::List {
            heading: "Examples:".to_owned(),
            lines: lines.iter().map(|(line, meaning)| ((*line).to_owned(), (*meaning).to_owned())).collect(),
        };
        let read = blocks(text);
        let expected = list(&[("newswire ls", "all"), ("newswire ls --where 'a = 1'", "")]);
        assert_eq!(read, [Block::Paragraph("What it is about.".to_owned()), expected]);
        let check = |columns: usize, expected: &str| {
            assert_eq!(console::strip_ansi_codes(&laid_out(read.iter(), columns)), expected, "{columns}");
        };
        check(80, "What it is about.\n\nExamples:\n  newswire ls   all\n  newswire ls --where 'a = 1'");
        check(
            18,
            "What it is about.\n\nExamples:\n  # all\n  newswire ls\n  newswire ls \\\n      --where \\\n      'a = 1'",
        );
    }
}
