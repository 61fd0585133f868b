//! `newswire man`: the manual, as one page or as one a command.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, roman};

use crate::cli::arguments::{EXAMPLES, EXIT_CODES};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::files::write_atomically;

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
const ENVIRONMENT: [(&str, &str); 6] = [
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

/// Writes the manual of the command line that it is handed, which is not yet completed: its commands don't repeat the
/// options that all have.
pub(crate) fn run(context: &mut Context, command: &ManCommand, program: Command) -> Result<(), Failure> {
    let program = named(program, None);
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
    page += &notes(command, "SH");
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
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    let has_options = command.get_arguments().next().is_some();
    if has_options {
        man.render_options_section(&mut page)?;
    }
    let preamble: String = Roff::new().render();
    Ok(preamble + &sections(&page, str::to_owned))
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
        verbatim(EXAMPLES.trim_start_matches("Examples:\n")),
    ]
    .concat()
}

/// A command as a part of a page.
fn command_section(command: &Command) -> io::Result<String> {
    let mut section = heading("SS", command.get_bin_name().unwrap_or_else(|| command.get_name()));
    let man = Man::new(command.clone());
    let mut rendered = Vec::new();
    man.render_synopsis_section(&mut rendered)?;
    section += &sections(&rendered, |_| String::new());
    section += &paragraph();
    section += &text([roman(format!("{}.", about(command)))]);
    if command.get_arguments().next().is_some() {
        let mut rendered = Vec::new();
        man.render_options_section(&mut rendered)?;
        section += &sections(&rendered, |_| String::new());
    }
    section += &notes(command, "PP");
    Ok(section)
}

/// What a command's help says at its end, which is laid out already.
fn notes(command: &Command, macro_name: &str) -> String {
    let Some(notes) = command.get_after_long_help().or_else(|| command.get_after_help()) else {
        return String::new();
    };
    let before = if macro_name == "SH" { heading("SH", "NOTES") } else { paragraph() };
    before + &verbatim(&notes.to_string())
}

/// Gives commands the names that they are called by.
fn named(command: Command, parent: Option<(&str, &str)>) -> Command {
    let name = command.get_name().to_owned();
    let is_program = parent.is_none();
    let (display_name, bin_name) = match parent {
        None => (name.clone(), name),
        Some((page, called)) => (format!("{page}-{name}"), format!("{called} {name}")),
    };
    command
        .display_name(display_name.clone())
        .bin_name(bin_name.clone())
        .subcommand_value_name("COMMAND")
        .disable_help_flag(!is_program)
        .mut_subcommands(move |action| named(action, Some((&display_name, &bin_name))))
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

fn text(words: impl Into<Vec<Inline>>) -> String {
    roff(|roff| {
        roff.text(words);
    })
}

/// Terms with what they mean.
fn definitions<'a>(list: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    roff(|roff| {
        for (term, meaning) in list {
            roff.control("TP", []).text([bold(term)]).text([roman(meaning)]);
        }
    })
}

/// Text whose lines and columns stay as they are.
fn verbatim(text: &str) -> String {
    roff(|roff| {
        roff.control("nf", []);
        for line in text.lines() {
            roff.text([roman(line)]);
        }
        roff.control("fi", []);
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
        let program = named(Arguments::command(), None);
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
    }
}
