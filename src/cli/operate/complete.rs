//! What may stand at the cursor of a command line that is being typed: asked for by the scripts of `newswire completions`.
//!
//! It answers with a line for each candidate: the word, a tab, and what it is. `:files` and `:folders` stand for those that the shell
//! knows. It only reads, makes nothing, and where something is amiss it has nothing to say: whoever presses a key is not to be told of
//! faults in the settings.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write;
use std::path::PathBuf;

use clap::{Arg, ArgAction, Args, Command};

use crate::config::{self, Overrides};
use crate::forms;
use crate::store::{ArticleFilter, Reader, WatchRow};

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::terminal::text::{counted, cut, one_line};

/// The name by which the scripts call it.
pub(crate) const NAME: &str = "__complete";

/// More candidates are of no use to anybody.
const CANDIDATES_MAX: usize = 200;

/// Numbers with headlines: a screenful.
const NUMBERS_MAX: usize = 30;

/// Columns of what is said of a candidate.
const MEANING_COLUMNS: usize = 60;

#[derive(Debug, Args)]
pub(crate) struct CompleteCommand {
    /// The words of the command line behind the program's name, up to the cursor
    #[arg(value_name = "WORD", allow_hyphen_values = true)]
    words: Vec<OsString>,
}

/// A word that may stand at the cursor, and what it is.
#[derive(Debug, PartialEq, Eq)]
struct Candidate {
    word: String,
    meaning: String,
}

/// What the values of an argument are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Words(&'static [&'static str]),
    /// Sources in one of these states; in any but `removed` where none is named.
    Sources(&'static [&'static str]),
    Articles,
    Stories,
    Tags,
    Watches,
    /// Receivers, those of the settings or those that are no longer there.
    Receivers {
        are_in_settings: bool,
    },
    Template,
    Files,
    Folders,
    Other,
}

/// Prints the candidates for the command line that it is handed.
pub(crate) fn run(context: &mut Context, command: &CompleteCommand, mut program: Command) -> Result<(), Failure> {
    program.build();
    let words: Vec<String> = command.words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let (typed, line) = words.split_last().map_or(("", &[][..]), |(last, line)| (last.as_str(), line));
    let cursor = Cursor::behind(line, &program);
    let stored = Stored { overrides: cursor.overrides(&context.overrides) };
    let mut text = String::new();
    for Candidate { word, meaning } in cursor.candidates(typed, &stored).into_iter().take(CANDIDATES_MAX) {
        let _ = writeln!(text, "{}\t{}", one_line(&word), cut(&one_line(&meaning), MEANING_COLUMNS));
    }
    context.output.raw(&text)?;
    Ok(())
}

/// Where in a command line the next word stands.
struct Cursor<'c> {
    /// The names of the command and its action.
    path: Vec<&'c str>,
    command: &'c Command,
    /// The option whose value comes next.
    awaiting: Option<&'c Arg>,
    n_positionals: usize,
    is_behind_dashes: bool,
    settings_file: Option<PathBuf>,
    database: Option<String>,
}

impl<'c> Cursor<'c> {
    fn behind(line: &[String], program: &'c Command) -> Cursor<'c> {
        let mut cursor = Cursor {
            path: Vec::new(),
            command: program,
            awaiting: None,
            n_positionals: 0,
            is_behind_dashes: false,
            settings_file: None,
            database: None,
        };
        for word in line {
            cursor.pass(word);
        }
        cursor
    }

    fn pass(&mut self, word: &str) {
        // Bash parts words at it.
        if word == "=" && self.awaiting.is_some() {
            return;
        }
        if let Some(option) = self.awaiting.take() {
            self.take_value(option, word);
        } else if self.is_behind_dashes || !word.starts_with('-') || word == "-" {
            let is_command = self.n_positionals == 0 && !self.is_behind_dashes;
            match self.command.find_subcommand(word).filter(|_| is_command) {
                // Its words are those of another command line.
                Some(command) if command.get_name() == "help" => {}
                Some(command) => {
                    self.path.push(command.get_name());
                    self.command = command;
                }
                None => self.n_positionals += 1,
            }
        } else if word == "--" {
            self.is_behind_dashes = true;
        } else if let Some((option, value)) = self.long_option(word) {
            match value {
                Some(value) => self.take_value(option, value),
                None => self.awaiting = Some(option),
            }
        } else if let Some(short) = word.chars().last().filter(|_| !word.starts_with("--")) {
            self.awaiting = self.options().find(|option| option.get_short() == Some(short) && takes_value(option));
        }
    }

    /// The option that a word names, if it takes a value, and its value if it stands there too.
    fn long_option<'w>(&self, word: &'w str) -> Option<(&'c Arg, Option<&'w str>)> {
        let name = word.strip_prefix("--")?;
        let (name, value) = name.split_once('=').map_or((name, None), |(name, value)| (name, Some(value)));
        let option = self.options().find(|option| option.get_long() == Some(name) && takes_value(option))?;
        Some((option, value))
    }

    fn take_value(&mut self, option: &Arg, value: &str) {
        match option.get_id().as_str() {
            "config" => self.settings_file = Some(value.into()),
            "db" => self.database = Some(value.to_owned()),
            _ => {}
        }
    }

    fn options(&self) -> impl Iterator<Item = &'c Arg> + use<'c> {
        self.command.get_arguments().filter(|argument| !argument.is_positional() && !argument.is_hide_set())
    }

    /// The settings and the database that the command would use.
    fn overrides(&self, given: &Overrides) -> Overrides {
        let mut overrides = given.clone();
        if let Some(file) = &self.settings_file {
            overrides.settings_file = Some((file.clone(), "--config"));
        }
        if let Some(database) = &self.database {
            overrides.flags.push(("store.path", database.clone(), "--db"));
        }
        overrides
    }

    fn candidates(&self, typed: &str, stored: &Stored) -> Vec<Candidate> {
        // The sign alone, where bash parts words at it.
        let typed = if typed == "=" && self.awaiting.is_some() { "" } else { typed };
        if let Some(option) = self.awaiting {
            return self.values(option, typed, stored);
        }
        if typed.starts_with('-') && !self.is_behind_dashes {
            if let Some((option, Some(value))) = self.long_option(typed) {
                let name = typed.strip_suffix(value).unwrap_or_default();
                let whole = |candidate: Candidate| Candidate { word: format!("{name}{}", candidate.word), ..candidate };
                return self.values(option, value, stored).into_iter().map(whole).collect();
            }
            let long = |option: &Arg| Some(candidate(&format!("--{}", option.get_long()?), &help_of(option)));
            return begun(self.options().filter_map(long), typed);
        }
        let mut found = Vec::new();
        if self.n_positionals == 0 && !self.is_behind_dashes {
            let commands = self.command.get_subcommands().filter(|command| !command.is_hide_set());
            let about = |command: &Command| command.get_about().map(ToString::to_string).unwrap_or_default();
            found.extend(begun(commands.map(|command| candidate(command.get_name(), &about(command))), typed));
        }
        let mut positionals = self.command.get_positionals();
        let many = |argument: &&Arg| matches!(argument.get_action(), ArgAction::Append);
        let argument = positionals.nth(self.n_positionals);
        if let Some(argument) = argument.or_else(|| self.command.get_positionals().last().filter(many)) {
            found.extend(self.values(argument, typed, stored));
        }
        found
    }

    fn values(&self, argument: &Arg, typed: &str, stored: &Stored) -> Vec<Candidate> {
        let possible = argument.get_possible_values();
        if !possible.is_empty() {
            let help = |value: &clap::builder::PossibleValue| value.get_help().map(ToString::to_string);
            let values = possible.iter().filter(|value| !value.is_hide_set());
            let values = values.map(|value| candidate(value.get_name(), &help(value).unwrap_or_default()));
            return begun(values, typed);
        }
        match self.kind_of(argument) {
            Kind::Words(words) => begun(words.iter().map(|word| candidate(word, "")), typed),
            Kind::Sources(states) => begun(stored.sources(states).into_iter(), typed),
            Kind::Articles => stored.articles(typed),
            Kind::Stories => stored.stories(typed),
            Kind::Tags => begun(stored.tags().into_iter(), typed),
            Kind::Watches => begun(stored.watches().into_iter(), typed),
            Kind::Receivers { are_in_settings } => begun(stored.receivers(are_in_settings).into_iter(), typed),
            Kind::Template => stored.fields(typed),
            Kind::Files => vec![candidate(":files", "")],
            Kind::Folders => vec![candidate(":folders", "")],
            Kind::Other => Vec::new(),
        }
    }

    fn kind_of(&self, argument: &Arg) -> Kind {
        let value = argument.get_value_names().and_then(|names| names.first()).map_or("", |name| name.as_str());
        match (self.path.as_slice(), argument.get_id().as_str()) {
            (["sources", "resume"], _) => Kind::Sources(&["paused", "gone"]),
            (["sources", "pause"], _) => Kind::Sources(&["active"]),
            (["fetch"], "targets") | (_, "source" | "sources") => Kind::Sources(&[]),
            (["show"], "article") | (["rm"] | ["stories", "split"], "articles") => Kind::Articles,
            (["stories", ..], "story" | "into" | "others") | (_, "story") => Kind::Stories,
            (_, "tags") => Kind::Tags,
            (["watch", "rm" | "pause" | "resume"], "names") | (["watch", "test"], "query") => Kind::Watches,
            (["watch", "add"], "receivers") => Kind::Receivers { are_in_settings: true },
            (["receivers", action], "name") => Kind::Receivers { are_in_settings: *action != "forget" },
            (["sources", "add"], "kind") => Kind::Words(&["feed", "sitemap", "page", "article"]),
            (["sources", "add"], "full_text") => Kind::Words(&["auto", "feed", "page"]),
            (["ls" | "search"], "format") => Kind::Template,
            _ if ["DIR", "FOLDER"].contains(&value) => Kind::Folders,
            _ if ["FILE", "PATH", "OUT", "OPML", "OTHER.db", "FILE or URL"].contains(&value) => Kind::Files,
            _ => Kind::Other,
        }
    }
}

fn takes_value(option: &Arg) -> bool {
    option.get_action().takes_values()
}

fn help_of(argument: &Arg) -> String {
    argument.get_help().map(ToString::to_string).unwrap_or_default()
}

fn candidate(word: &str, meaning: &str) -> Candidate {
    Candidate { word: word.to_owned(), meaning: meaning.to_owned() }
}

/// Those that begin so.
fn begun(candidates: impl Iterator<Item = Candidate>, typed: &str) -> Vec<Candidate> {
    candidates.filter(|candidate| candidate.word.starts_with(typed)).collect()
}

/// What the database knows, or else the settings. Whatever fails is nothing.
struct Stored {
    overrides: Overrides,
}

impl Stored {
    fn reader(&self) -> Option<Reader> {
        let (config, _) = config::load_for_reading(&self.overrides).ok()?;
        Reader::open(&config.store.path).ok()
    }

    fn sources(&self, states: &[&str]) -> Vec<Candidate> {
        let Ok((config, _)) = config::load_for_reading(&self.overrides) else { return Vec::new() };
        if let Some(rows) = Reader::open(&config.store.path).ok().and_then(|reader| reader.sources().ok()) {
            let is_meant = |state: &str| if states.is_empty() { state != "removed" } else { states.contains(&state) };
            let rows = rows.iter().filter(|row| is_meant(&row.state));
            return rows.map(|row| candidate(&row.slug, row.title.as_deref().unwrap_or_default())).collect();
        }
        config.sources.iter().map(|source| candidate(&source.slug, "")).collect()
    }

    fn tags(&self) -> Vec<Candidate> {
        let rows = self.reader().and_then(|reader| reader.sources().ok()).unwrap_or_default();
        let mut tags: BTreeMap<&str, usize> = BTreeMap::new();
        for tag in rows.iter().filter(|row| row.state != "removed").flat_map(|row| &row.tags) {
            *tags.entry(tag).or_default() += 1;
        }
        tags.into_iter().map(|(tag, n_sources)| candidate(tag, &format!("of {n_sources}"))).collect()
    }

    fn watches(&self) -> Vec<Candidate> {
        let rows = self.reader().and_then(|reader| reader.watches().ok()).unwrap_or_default();
        let meaning = |row: &WatchRow| row.watch.query.clone().unwrap_or_else(|| row.watch.kind.as_str().to_owned());
        rows.iter().map(|row| candidate(&row.watch.name, &meaning(row))).collect()
    }

    fn receivers(&self, are_in_settings: bool) -> Vec<Candidate> {
        let Ok((config, _)) = config::load_for_reading(&self.overrides) else { return Vec::new() };
        if are_in_settings {
            return config.receivers.iter().map(|receiver| candidate(&receiver.name, receiver.kind.as_str())).collect();
        }
        let states = Reader::open(&config.store.path).ok().and_then(|reader| reader.receivers_to_look_at().ok());
        let missing = states.unwrap_or_default().into_iter().filter(|state| !config.has_receiver(&state.name));
        missing.map(|state| candidate(&state.name, &counted(state.n_waiting, "message"))).collect()
    }

    fn articles(&self, typed: &str) -> Vec<Candidate> {
        let rows = self.reader().and_then(|reader| reader.articles_numbered(typed, NUMBERS_MAX).ok());
        numbers(rows.unwrap_or_default())
    }

    fn stories(&self, typed: &str) -> Vec<Candidate> {
        let rows = self.reader().and_then(|reader| reader.stories_numbered(typed, NUMBERS_MAX).ok());
        numbers(rows.unwrap_or_default())
    }

    /// Fields of a row, behind the brace that is open.
    fn fields(&self, typed: &str) -> Vec<Candidate> {
        let before = typed.rfind('{').map_or(typed, |at| &typed[..at]);
        let rows = self.reader().and_then(|reader| reader.articles(&ArticleFilter::default(), 1).ok());
        let row = rows.unwrap_or_default().first().map(forms::articles::row);
        let names = row.as_ref().and_then(|row| row.as_object()).into_iter().flat_map(|row| row.keys());
        begun(names.map(|name| candidate(&format!("{before}{{{name}}}"), "")), typed)
    }
}

fn numbers(rows: Vec<(i64, Option<String>)>) -> Vec<Candidate> {
    rows.into_iter().map(|(id, title)| candidate(&id.to_string(), &title.unwrap_or_default())).collect()
}
