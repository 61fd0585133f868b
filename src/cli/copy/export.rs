//! `newswire export`: stored articles as files. The same choice gives the same bytes.

use std::fs;
use std::io::{BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::bundle;
use crate::cli::terminal::messages::say;
use crate::forms::times::{parse_time, rfc3339};
use crate::store::{self, AsOf, CopyPlan};

use super::article_files::{ArticleWriter, ExportFormat};
use super::bundle_folder::document_of;
use super::dataset_card;
use super::manifest::{self, Export, ExportedFile, Hashing, Tally};
use super::selection::Selection;
use super::whole_folder::WholeFolder;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::files::write_atomically;
use crate::cli::read::damage::Damage;
use crate::cli::read::filter::FilterArguments;
use crate::cli::terminal::delimited::Formulas;
use crate::cli::terminal::logging::Verbosity;
use crate::cli::terminal::progress::Progress;
use crate::cli::terminal::signals;
use crate::cli::terminal::text::counted;

#[derive(Debug, Args)]
#[command(after_help = "\
With --as-of or --as-of-seq the articles are those that the store had then, in the wording of then, and what was removed
since is there. What has no history (date, authors, language, quality, whose copy it is) is as it is now, and what was
deleted from the store since is missing.

Beside a file or folder stands NAME.manifest.json: what was asked for, how many articles came of each source, language,
kind and reservation, and the SHA-256 of each file. Nothing in it depends on the machine or the time.

Examples:
  newswire export --format bundle --source dailytimes --since 2d --out bundle/
  newswire export --format parquet --card --no-duplicates --out corpus/articles.parquet
  newswire export --as-of 2026-11-20T12:00:00Z --out as-it-was.jsonl
  newswire export --format jsonl --where \"language = 'es' AND words > 300\" > articles.jsonl")]
pub(crate) struct ExportCommand {
    /// What to write
    #[arg(long, default_value = "jsonl", value_name = "FORMAT")]
    pub(crate) format: ExportFormat,

    #[command(flatten)]
    pub(crate) filter: FilterArguments,

    /// As the store was at this time: 2026-11-20 (its beginning), 2026-11-20T12:00:00Z, 2d
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = parse_time)]
    pub(crate) as_of: Option<Timestamp>,

    /// As the store was behind the change with this number
    #[arg(long, value_name = "N", conflicts_with = "as_of", allow_negative_numbers = true, value_parser = parse_change)]
    pub(crate) as_of_seq: Option<i64>,

    /// A folder for a bundle, a file for the others (default: standard output)
    #[arg(long, value_name = "PATH")]
    pub(crate) out: Option<PathBuf>,

    /// Replace the file if it is there, or the documents of an earlier bundle in the folder
    #[arg(long, visible_alias = "force")]
    pub(crate) replace: bool,

    /// In CSV, leave fields that a spreadsheet would take for formulas as they are
    #[arg(long)]
    pub(crate) raw_csv: bool,

    #[command(flatten)]
    pub(crate) beside: BesideArguments,
}

/// What is written beside an export.
#[derive(Debug, Args)]
pub(crate) struct BesideArguments {
    /// Write no manifest beside the file or folder
    #[arg(long)]
    pub(crate) no_manifest: bool,

    /// Write a card beside it, README.md, as Hugging Face has them for data sets
    #[arg(long)]
    pub(crate) card: bool,
}

fn parse_change(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| "must be the number of a change: articles.change_seq".to_owned())
}

pub(crate) fn run(context: &mut Context, command: &ExportCommand) -> Result<(), Failure> {
    let config = context.configure_for_reading()?;
    let reader = Context::reader(&config.store.path)?;
    let as_of = command.as_of.map(AsOf::Time).or(command.as_of_seq.map(AsOf::Change));
    let filter = store::ArticleFilter { as_of, ..command.filter.filter(context, &reader)? };
    // What is printed on the terminal itself shows how far it is.
    let goes_to_terminal = command.out.is_none() && std::io::stdout().is_terminal();
    let progress = Progress::start("exporting", goes_to_terminal || context.verbosity == Verbosity::Quiet);
    let selection = Selection { reader: &reader, filter: &filter, interrupt: &signals::watch()?, progress: &progress };
    let mut damage = Damage::default();
    let Some(target) = command.out.as_deref().filter(|path| path.as_os_str() != "-") else {
        if command.replace {
            return Err(Failure::Usage("--replace: there is no file to replace; name it with --out".to_owned()));
        }
        let written = write_to_stdout(command, &selection);
        progress.finish();
        written?;
        damage.name(&reader, |told| context.output.note(told));
        return damage.outcome();
    };
    let beside = Beside::check(command, target)?;
    let written = match command.format {
        ExportFormat::Bundle => write_bundle(&selection, target, command.replace, &beside),
        ExportFormat::Jsonl | ExportFormat::Csv | ExportFormat::Parquet => {
            let plan = CopyPlan { database: &config.store.path, target, replaces: command.replace };
            store::remove_leftovers(store::check_target(plan)?);
            write_file(command, &selection, target, &beside)
        }
    };
    progress.finish();
    let (mut tally, files) = written?;
    damage.name(&reader, |told| context.output.note(told));
    tally.n_left_out = damage.n_left_out();
    beside.write(
        command,
        target,
        &Export {
            format: command.format.name(),
            query: query(command),
            schema_version: reader.schema_version()?,
            tally: &tally,
            files: &files,
        },
    )?;
    let thing = if command.format == ExportFormat::Bundle { "document" } else { "article" };
    say!("{} in {}", counted(tally.n_articles, thing), target.display());
    damage.outcome()
}

/// The choice, as the options name it. Ages are times by now.
fn query(command: &ExportCommand) -> Value {
    let FilterArguments { source, lang, since, until, story, condition, no_duplicates } = &command.filter;
    let time = |time: &Option<Timestamp>| time.map(rfc3339);
    let mut query = Map::new();
    let mut add = |name: &str, value: Value| {
        if !value.is_null() {
            query.insert(name.to_owned(), value);
        }
    };
    add("source", json!(source));
    add("lang", json!(lang));
    add("since", json!(time(since)));
    add("until", json!(time(until)));
    add("story", json!(story));
    add("where", json!(condition));
    add("no_duplicates", if *no_duplicates { json!(true) } else { Value::Null });
    add("as_of", json!(time(&command.as_of)));
    add("as_of_seq", json!(command.as_of_seq));
    add("raw_csv", if command.raw_csv { json!(true) } else { Value::Null });
    query.into()
}

/// What is written beside an export.
struct Beside {
    manifest: Option<PathBuf>,
    card: Option<PathBuf>,
}

impl Beside {
    /// Looks whether it can be written: what is there must be of an earlier export.
    fn check(command: &ExportCommand, target: &Path) -> Result<Beside, Failure> {
        let manifest = (!command.beside.no_manifest).then(|| manifest::place_beside(target));
        if let Some(path) = &manifest {
            manifest::check_place(path, &manifest::sign(), "--no-manifest")?;
        }
        let card = command.beside.card.then(|| dataset_card::place_beside(target));
        if let Some(path) = &card {
            manifest::check_place(path, dataset_card::SIGN, "no --card")?;
        }
        Ok(Beside { manifest, card })
    }

    /// Takes away what is about files that are replaced now: without a manifest nobody trusts what stands in a wrong one.
    fn clear(&self) -> Result<(), Failure> {
        for path in self.manifest.iter().chain(&self.card).filter(|path| path.exists()) {
            fs::remove_file(path).map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))?;
        }
        Ok(())
    }

    fn write(&self, command: &ExportCommand, target: &Path, export: &Export<'_>) -> Result<(), Failure> {
        if let Some(path) = &self.card {
            dataset_card::write(path, command.format, export, &name_of(target))?;
        }
        self.manifest.as_ref().map_or(Ok(()), |path| manifest::write(path, export))
    }
}

fn name_of(target: &Path) -> String {
    target.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn write_to_stdout(command: &ExportCommand, selection: &Selection<'_>) -> Result<(), Failure> {
    match command.format {
        ExportFormat::Bundle => Err(Failure::Usage("a bundle is a folder of files: name it with --out DIR".to_owned())),
        ExportFormat::Parquet if std::io::stdout().is_terminal() => {
            Err(Failure::Usage("a Parquet file is not for terminals: name it with --out FILE".to_owned()))
        }
        _ if command.beside.card => Err(Failure::Usage("--card: there is no place beside standard output".to_owned())),
        _ => {
            let told = "not all is written";
            write_articles(command, selection, told, &mut BufWriter::new(std::io::stdout())).map(|_| ())
        }
    }
}

/// Writes one file, whole or not at all.
fn write_file(
    command: &ExportCommand,
    selection: &Selection<'_>,
    target: &Path,
    beside: &Beside,
) -> Result<(Tally, Vec<ExportedFile>), Failure> {
    write_atomically(target, |file| {
        let mut out = Hashing::new(file);
        let told = format!("nothing is written to {}", target.display());
        let tally = write_articles(command, selection, &told, &mut out)?;
        beside.clear()?;
        Ok((tally, vec![out.into_file(name_of(target))]))
    })
}

fn write_articles(
    command: &ExportCommand,
    selection: &Selection<'_>,
    at_interrupt: &str,
    out: &mut (dyn Write + Send),
) -> Result<Tally, Failure> {
    let formulas = if command.raw_csv { Formulas::Kept } else { Formulas::Disarmed };
    let mut writer = ArticleWriter::begin(command.format, formulas, out)?;
    let mut tally = Tally::default();
    selection.for_each(
        writer.has_history(),
        || at_interrupt.to_owned(),
        |chosen| {
            tally.add(&chosen.document.article);
            writer.add(chosen)
        },
    )?;
    writer.finish()?;
    Ok(tally)
}

/// Looks whether a bundle may be put where a folder is: nothing is in it, or with `is_replacing` nothing but a bundle.
/// `shown` is what it is called in messages.
fn check_folder(folder: &Path, shown: &Path, is_replacing: bool) -> Result<(), Failure> {
    let failed = |error: &std::io::Error| Failure::Failed(format!("{}: {error}", shown.display()));
    for entry in fs::read_dir(folder).map_err(|error| failed(&error))? {
        let name = entry.map_err(|error| failed(&error))?.file_name();
        let name = name.to_string_lossy();
        if store::is_unfinished(&name) {
            continue;
        }
        let is_document = bundle::hash_in_name(&name).is_some();
        if !is_replacing || !is_document {
            let advice = if is_document { "--replace removes the bundle in it" } else { "name another folder" };
            return Err(Failure::Failed(format!("{} is not empty; {advice}", shown.display())));
        }
    }
    Ok(())
}

/// Writes a bundle into a folder, which must hold nothing yet, or with `is_replacing` nothing but a bundle. It is written
/// beside its place: what is there stays as it is until the whole is there.
fn write_bundle(
    selection: &Selection<'_>,
    folder: &Path,
    is_replacing: bool,
    beside: &Beside,
) -> Result<(Tally, Vec<ExportedFile>), Failure> {
    if folder.is_dir() {
        check_folder(folder, folder, is_replacing)?;
    }
    let whole = WholeFolder::begin(folder)?;
    let mut tally = Tally::default();
    let mut files = Vec::new();
    selection.for_each(
        false,
        || format!("nothing is written to {}", folder.display()),
        |chosen| {
            let text = document_of(&chosen.document);
            let sha256 = bundle::hex_sha256(text.as_bytes());
            let name = bundle::file_name(tally.n_articles, &sha256);
            let path = whole.path().join(&name);
            fs::write(&path, &text).map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))?;
            tally.add(&chosen.document.article);
            files.push(ExportedFile {
                name: format!("{}/{name}", name_of(folder)),
                n_bytes: text.len() as u64,
                sha256,
            });
            Ok(())
        },
    )?;
    beside.clear()?;
    whole.finish(|present| check_folder(present, folder, is_replacing))?;
    Ok((tally, files))
}
