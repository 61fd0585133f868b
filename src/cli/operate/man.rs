//! `newswire man`: the manual, as one page or as one a command.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, Args, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};

use crate::cli::arguments::{EXAMPLES, EXIT_CODES};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::files::write_atomically;
use crate::cli::help::{self, Block};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire man | man -l -                                 read it
  sudo newswire man --out /usr/local/share/man/man1       keep it, for `man newswire` and `man newswire-fetch`")]
pub(crate) struct ManCommand {
    /// Write a page for each command into this folder, instead of one page to standard output
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Where the program is told what to do, beside its command line.
const ENVIRONMENT: [(&str, &str); 7] = [
    ("NEWSWIRE_CONFIG", "The settings file, as --config."),
    ("NEWSWIRE_DB", "The database, as --db."),
    (
        "NEWSWIRE__SECTION__KEY",
        "Any setting: NEWSWIRE__FETCH__HOST_DELAY_MS=2000 is host_delay_ms in the section fetch. It goes over the settings \
         file, and flags go over it.",
    ),
    ("XDG_CONFIG_HOME", "In newswire/ below it are the settings of a user; ~/.config where it is not set."),
    ("XDG_DATA_HOME", "In newswire/ below it is the database of a user; ~/.local/share where it is not set."),
    ("NO_COLOR", "If it is set, nothing is coloured."),
    (
        "NEWSWIRE_PAGER, PAGER",
        "The program that shows what is longer than the screen: the first of the two that is set, else less. Empty or cat: none.",
    ),
];

/// Files, by their usual names.
const FILES: [(&str, &str); 6] = [
    (
        "newswire.toml, config/newswire.toml, ~/.config/newswire/newswire.toml, /etc/newswire/newswire.toml",
        "The settings: the first that there is. `newswire config init` writes one with every key explained, `newswire config show \
         --paths` says which files count and why.",
    ),
    ("sources.toml", "The list of sources, beside the settings."),
    ("sites/*.toml", "Rules for single sites, beside the settings."),
    (
        "newswire.db, ~/.local/share/newswire/newswire.db",
        "The database, of SQLite, unless store.path or --db names another: the one of the working directory if there is one, or settings \
         or a list of sources; else, and with settings in ~/.config/newswire, the user's.",
    ),
    (
        "newswire.db-wal, newswire.db-shm",
        "They belong to the database, also while nothing runs, and are copied or moved with it; `newswire backup` needs no \
         such care.",
    ),
    ("newswire.db-lock", "Held by the process that ingests."),
];

/// Writes the manual of the command line that it is handed.
pub(crate) fn run(context: &mut Context, command: &ManCommand, program: Command) -> Result<(), Failure> {
    let program = prepared(program);
    match &command.out {
        None => context.output.raw(&whole_manual(&program)?)?,
        Some(folder) => write_pages(folder, &program)?,
    }
    Ok(())
}

fn write_pages(folder: &Path, program: &Command) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| Failure::Failed(format!("{}: {error}", folder.display())))?;
    for command in listed(program) {
        write_page(folder, command, &command_page(command)?)?;
    }
    write_page(folder, program, &program_page(program)?)
}

fn write_page(folder: &Path, command: &Command, page: &str) -> Result<(), Failure> {
    let path = folder.join(format!("{}.1", page_name(command)));
    write_atomically(&path, |out| Ok(out.write_all(page.as_bytes())?))
}

/// The program with all of its commands, on one page.
fn whole_manual(program: &Command) -> io::Result<String> {
    let mut page = opening(program)?;
    page += &heading("SH", "COMMANDS");
    for command in listed(program) {
        page += &command_section(command)?;
        for action in listed(command) {
            page += &command_section(action)?;
        }
    }
    page += &closing();
    Ok(page)
}

/// The program alone, with a list of its commands.
fn program_page(program: &Command) -> io::Result<String> {
    let mut page = opening(program)?;
    page += &heading("SH", "COMMANDS");
    let commands: Vec<(String, String)> =
        listed(program).map(|command| (format!("{}(1)", page_name(command)), about(command))).collect();
    page += &definitions(commands.iter().map(|(name, about)| (name.as_str(), about.as_str())));
    page += &closing();
    Ok(page)
}

/// One command, with the actions that it has.
fn command_page(command: &Command) -> io::Result<String> {
    let mut page = opening(command)?;
    if listed(command).next().is_some() {
        page += &heading("SH", "COMMANDS");
        for action in listed(command) {
            page += &command_section(action)?;
        }
    }
    page += &notes(command);
    page += &heading("SH", "SEE ALSO");
    page += &text([bold("newswire"), roman("(1) has the options of all commands, exit codes, environment and files.")]);
    Ok(page)
}

/// What every page begins with.
fn opening(command: &Command) -> io::Result<String> {
    let source = concat!("newswire ", env!("CARGO_PKG_VERSION"));
    let man =
        Man::new(command.clone()).title(page_name(command).to_uppercase()).source(source).manual("newswire manual");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    let mut opening = Roff::new().render() + &sections(&page, str::to_owned);
    opening += &heading("SH", "SYNOPSIS");
    opening += &synopses(command);
    let mut page = Vec::new();
    man.render_description_section(&mut page)?;
    if has_options(command) {
        man.render_options_section(&mut page)?;
    }
    Ok(opening + &sections(&page, str::to_owned))
}

/// Whether a command takes anything of its own.
fn has_options(command: &Command) -> bool {
    command.get_arguments().any(|argument| !argument.is_hide_set())
}

/// How a command is called, and each of those below it.
fn synopses(command: &Command) -> String {
    listed(command).fold(synopsis(command), |text, below| text + &line_break() + &synopses(below))
}

/// How a command is called: all options that it takes, and what stands behind them.
fn synopsis(command: &Command) -> String {
    let mut line = vec![bold(called(command))];
    let shown = || command.get_arguments().filter(|argument| !argument.is_hide_set());
    for option in shown().filter(|argument| !argument.is_positional()) {
        let short = option.get_short().map(|short| format!("-{short}"));
        let long = option.get_long().map(|long| format!("--{long}"));
        line.push(roman(" ["));
        line.push(bold(short.into_iter().chain(long).collect::<Vec<_>>().join("|")));
        if option.get_action().takes_values() {
            line.extend([roman(" "), italic(value_name(option))]);
        }
        line.push(roman("]"));
        if matches!(option.get_action(), ArgAction::Append | ArgAction::Count) {
            line.push(roman("..."));
        }
    }
    for argument in shown().filter(|argument| argument.is_positional()) {
        let (before, behind) = if argument.is_required_set() { (" ", "") } else { (" [", "]") };
        line.extend([roman(before), italic(value_name(argument)), roman(behind)]);
        if matches!(argument.get_action(), ArgAction::Append) {
            line.push(roman("..."));
        }
    }
    if listed(command).next().is_some() && !command.is_args_conflicts_with_subcommands_set() {
        line.extend([roman(" "), italic("COMMAND")]);
    }
    text(line)
}

fn value_name(argument: &Arg) -> String {
    let names = argument.get_value_names().unwrap_or_default();
    if names.is_empty() { argument.get_id().to_string().to_uppercase() } else { names.join(" ") }
}

/// What the program's page ends with.
fn closing() -> String {
    let codes: Vec<(String, &str)> = EXIT_CODES.iter().map(|(code, _, text)| (code.to_string(), *text)).collect();
    [
        heading("SH", "EXIT STATUS"),
        definitions(codes.iter().map(|(code, text)| (code.as_str(), *text))),
        heading("SH", "ENVIRONMENT"),
        definitions(ENVIRONMENT),
        heading("SH", "FILES"),
        definitions(FILES),
        heading("SH", "EXAMPLES"),
        help::blocks(EXAMPLES).iter().map(examples).collect(),
    ]
    .concat()
}

fn examples(block: &Block) -> String {
    match block {
        Block::List { lines, .. } => command_lines(lines),
        Block::Paragraph(_) => set(block),
    }
}

/// A command as a part of a page.
fn command_section(command: &Command) -> io::Result<String> {
    let mut section = heading("SS", called(command));
    section += &synopsis(command);
    section += &paragraph();
    section += &text([roman(format!("{}.", about(command)))]);
    if has_options(command) {
        let mut rendered = Vec::new();
        Man::new(command.clone()).render_options_section(&mut rendered)?;
        section += &sections(&rendered, |_| String::new());
    }
    for block in blocks_of(command) {
        section += &paragraph();
        section += &set(&block);
    }
    Ok(section)
}

/// What a command's help says at its end.
fn blocks_of(command: &Command) -> Vec<Block> {
    command.get_after_help().map(|text| help::blocks(&text.to_string())).unwrap_or_default()
}

/// The same on a page of its own: notes, then examples.
fn notes(command: &Command) -> String {
    let (lists, notes): (Vec<_>, Vec<_>) =
        blocks_of(command).into_iter().partition(|block| matches!(block, Block::List { .. }));
    let mut page = String::new();
    for (at, note) in notes.iter().enumerate() {
        page += &if at == 0 { heading("SH", "NOTES") } else { paragraph() };
        page += &set(note);
    }
    for list in &lists {
        if let Block::List { heading: name, lines } = list {
            page += &heading("SH", &name.trim_end_matches(':').to_uppercase());
            page += &command_lines(lines);
        }
    }
    page
}

fn set(block: &Block) -> String {
    match block {
        Block::Paragraph(words) => text([roman(words.clone())]),
        Block::List { heading, lines } => text([roman(heading.clone())]) + &command_lines(lines),
    }
}

/// Command lines with what they do.
fn command_lines(lines: &[(String, String)]) -> String {
    definitions(lines.iter().map(|(line, meaning)| (line.as_str(), meaning.as_str())))
}

/// The program as its pages have it: commands know the names that they are called by, and the options that all have stand with the
/// program alone.
fn prepared(program: Command) -> Command {
    let mut program = named(program, None);
    program.build();
    program.mut_subcommands(with_its_own_alone)
}

fn with_its_own_alone(command: Command) -> Command {
    let is_of_all = |argument: Arg| if argument.is_global_set() { argument.hide(true) } else { argument };
    command.mut_args(is_of_all).mut_subcommands(with_its_own_alone)
}

fn named(command: Command, parent: Option<(&str, &str)>) -> Command {
    let name = command.get_name().to_owned();
    let (display_name, bin_name) = match parent {
        None => (name.clone(), name),
        Some((page, called)) => (format!("{page}-{name}"), format!("{called} {name}")),
    };
    command
        .display_name(display_name.clone())
        .bin_name(bin_name.clone())
        .mut_subcommands(move |action| named(action, Some((&display_name, &bin_name))))
}

fn called(command: &Command) -> &str {
    command.get_bin_name().unwrap_or_else(|| command.get_name())
}

fn listed(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|command| !command.is_hide_set())
}

fn page_name(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

/// Sections come each with a preamble, which a page needs once, and with headings, which fit one page only.
fn sections(rendered: &[u8], heading: impl Fn(&str) -> String) -> String {
    let rendered = String::from_utf8_lossy(rendered);
    let mut page = String::with_capacity(rendered.len());
    for line in rendered.split_inclusive('\n') {
        if line.starts_with(".SH") {
            page.push_str(&heading(line));
        } else if !is_preamble(line) {
            page.push_str(line);
        }
    }
    page
}

/// Whether a line is one of those with which `roff` begins: they define how an apostrophe is written.
fn is_preamble(line: &str) -> bool {
    line.starts_with(".ie \\n(.g") || line.starts_with(".el .ds")
}

fn heading(macro_name: &str, words: &str) -> String {
    roff(|roff| {
        roff.control(macro_name, [words]);
    })
}

fn paragraph() -> String {
    roff(|roff| {
        roff.control("PP", []);
    })
}

fn line_break() -> String {
    roff(|roff| {
        roff.control("br", []);
    })
}

fn text(words: impl Into<Vec<Inline>>) -> String {
    roff(|roff| {
        roff.text(words);
    })
}

/// Terms with what they mean.
fn definitions<'a>(list: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    roff(|roff| {
        for (term, meaning) in list {
            roff.control("TP", []).text([bold(term)]);
            if !meaning.is_empty() {
                roff.text([roman(meaning)]);
            }
        }
    })
}

/// A piece of a page, without the preamble that stands at its beginning.
fn roff(write: impl FnOnce(&mut Roff)) -> String {
    let mut roff = Roff::new();
    write(&mut roff);
    let rendered = roff.render();
    rendered.split_inclusive('\n').filter(|line| !is_preamble(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Arguments;
    use clap::CommandFactory;

    #[test]
    fn the_manual_has_every_command_and_all_that_is_around_them() {
        let program = prepared(Arguments::command());
        let manual = whole_manual(&program).unwrap();
        assert_eq!(manual.matches(".TH ").count(), 1);
        assert_eq!(manual.matches(".ie ").count(), 1, "the preamble stands once");
        for command in listed(&program) {
            let bin_name = command.get_bin_name().unwrap();
            assert!(manual.contains(&heading("SS", bin_name)), "{bin_name}");
            for action in listed(command) {
                assert!(manual.contains(&heading("SS", action.get_bin_name().unwrap())), "{bin_name}");
            }
        }
        for section in ["NAME", "SYNOPSIS", "OPTIONS", "COMMANDS", "EXIT STATUS", "ENVIRONMENT", "FILES", "EXAMPLES"] {
            assert_eq!(manual.matches(&heading("SH", section)).count(), 1, "{section}");
        }
        assert!(!manual.contains("Exit codes:"), "they have a section of their own");
        // The synopsis has every option, those of actions too, and those that all commands have once.
        let (_, synopsis) = manual.split_once(&heading("SH", "SYNOPSIS")).unwrap();
        let (synopsis, _) = synopsis.split_once(".SH").unwrap();
        let synopsis = synopsis.replace('\\', "");
        for option in ["--no-duplicates", "--min-sources", "--full-text", "--as-of-seq", "--exit-code"] {
            assert!(synopsis.contains(option), "{option}: {synopsis}");
        }
        assert_eq!(synopsis.matches("--log-format").count(), 1);
    }
}
