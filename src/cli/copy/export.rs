//! `newswire export`: stored articles as files. The same choice gives the same bytes.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::bundle;
use crate::store::{self, ArticleFilter, CopyPlan, DocumentRow, Reader};
use clap::{Args, ValueEnum};

use super::bundle_folder::document_of;
use super::whole_folder::WholeFolder;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::files::write_atomically;
use crate::cli::read::damage;
use crate::cli::read::filter::FilterArguments;
use crate::cli::terminal::article_forms;
use crate::cli::terminal::delimited::{Formulas, comma_separated};
use crate::cli::terminal::logging::Manner;
use crate::cli::terminal::signals::{self, Interrupt};
use crate::cli::terminal::text::{counted, for_terminal};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire export --format bundle --source dailytimes --since 2d --out bundle/
  newswire export --format jsonl --where \"language = 'es' AND words > 300\" > articles.jsonl")]
pub(crate) struct ExportCommand {
    /// What to write
    #[arg(long, default_value = "jsonl", value_name = "FORMAT")]
    pub(crate) format: ExportFormat,

    #[command(flatten)]
    pub(crate) filter: FilterArguments,

    /// A folder for a bundle, a file for the others (default: standard output)
    #[arg(long, value_name = "PATH")]
    pub(crate) out: Option<PathBuf>,

    /// Replace the file if it is there, or the documents of an earlier bundle in the folder
    #[arg(long, visible_alias = "force")]
    pub(crate) replace: bool,

    /// In CSV, leave fields that a spreadsheet would take for formulas as they are
    #[arg(long)]
    pub(crate) raw_csv: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// A folder of documents
    Bundle,
    /// One JSON object a line
    Jsonl,
    /// Comma-separated values (RFC 4180)
    Csv,
}

const CSV_COLUMNS: [&str; 16] = [
    "id",
    "url",
    "title",
    "date",
    "published_at",
    "language",
    "authors",
    "source",
    "words",
    "body_kind",
    "quality",
    "duplicate_of",
    "first_seen_at",
    "revision",
    "sha256",
    "body",
];

pub(crate) fn run(context: &mut Context, command: &ExportCommand) -> Result<(), Failure> {
    let config = context.configure(Manner::OneShot)?;
    let reader = Context::reader(&config.store.path)?;
    let filter = command.filter.filter(&reader)?;
    let interrupt = signals::watch()?;
    match (command.format, &command.out) {
        (ExportFormat::Bundle, None) => {
            return Err(Failure::Usage("a bundle is a folder of files: name it with --out DIR".to_owned()));
        }
        (ExportFormat::Bundle, Some(folder)) => {
            let n_documents = write_bundle(&reader, &filter, folder, command.replace, &interrupt)?;
            eprintln!("{} in {}", counted(n_documents, "document"), folder.display());
        }
        (_, Some(path)) if path.as_os_str() != "-" => {
            let plan = CopyPlan { database: &config.store.path, target: path, replaces: command.replace };
            store::remove_leftovers(store::check_target(plan)?);
            let n_articles = write_atomically(path, |file| write_lines(&reader, &filter, command, &interrupt, file))?;
            eprintln!("{} in {}", counted(n_articles, "article"), path.display());
        }
        _ => {
            let stdout = std::io::stdout();
            write_lines(&reader, &filter, command, &interrupt, &mut BufWriter::new(stdout.lock()))?;
        }
    }
    damage::report(&reader)
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
    reader: &Reader,
    filter: &ArticleFilter,
    folder: &Path,
    is_replacing: bool,
    interrupt: &Interrupt,
) -> Result<usize, Failure> {
    if folder.is_dir() {
        check_folder(folder, folder, is_replacing)?;
    }
    let whole = WholeFolder::begin(folder)?;
    let mut n_documents = 0;
    reader.for_each_document(filter, |row| {
        interrupt.check(|| format!("nothing is written to {}", folder.display()))?;
        let text = document_of(&row);
        let path = whole.path().join(bundle::file_name(n_documents, &bundle::hex_sha256(text.as_bytes())));
        fs::write(&path, text).map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))?;
        n_documents += 1;
        Ok::<(), Failure>(())
    })?;
    whole.finish(|present| check_folder(present, folder, is_replacing))?;
    Ok(n_documents)
}

fn write_lines(
    reader: &Reader,
    filter: &ArticleFilter,
    command: &ExportCommand,
    interrupt: &Interrupt,
    out: &mut dyn Write,
) -> Result<usize, Failure> {
    let formulas = if command.raw_csv { Formulas::Kept } else { Formulas::Disarmed };
    let mut n_articles = 0;
    if command.format == ExportFormat::Csv {
        out.write_all(comma_separated(CSV_COLUMNS, formulas).as_bytes())?;
    }
    reader.for_each_document(filter, |row| {
        interrupt.check(|| format!("not all is written, only {}", counted(n_articles, "article")))?;
        n_articles += 1;
        match command.format {
            ExportFormat::Csv => out.write_all(csv_line(&row, formulas).as_bytes())?,
            ExportFormat::Jsonl | ExportFormat::Bundle => {
                let id = row.article.row.id;
                let (sightings, revisions) = (reader.sightings(id)?, reader.revisions(id)?);
                let value = article_forms::exported(&row.article, &row.sources, &sightings, &revisions);
                writeln!(out, "{}", for_terminal(value.to_string()))?;
            }
        }
        Ok::<(), Failure>(())
    })?;
    out.flush()?;
    Ok(n_articles)
}

/// An article as a line of [`CSV_COLUMNS`].
fn csv_line(row: &DocumentRow, formulas: Formulas) -> String {
    let article = &row.article;
    let optional = |text: &Option<String>| text.clone().unwrap_or_default();
    let fields = [
        article.row.id.to_string(),
        optional(&article.row.url),
        optional(&article.row.title),
        optional(&article.row.date),
        optional(&article.row.published_at),
        optional(&article.row.language),
        article.authors.join("; "),
        optional(&article.row.source),
        article.row.words.to_string(),
        article.row.body_kind.clone(),
        article.row.quality.to_string(),
        article.row.duplicate_of.map(|of| of.to_string()).unwrap_or_default(),
        article.first_seen_at.clone(),
        article.row.revision.to_string(),
        article.sha256.clone(),
        article.body.clone(),
    ];
    comma_separated(fields, formulas)
}
