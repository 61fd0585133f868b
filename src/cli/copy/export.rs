//! `newswire export`: stored articles as files. The same choice gives the same bytes.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::bundle;
use crate::store::{self, ArticleFilter, CopyPlan, DocumentRow, Reader};
use clap::{Args, ValueEnum};

use super::bundle_folder::document_of;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::files::write_atomically;
use crate::cli::read::filter::FilterArguments;
use crate::cli::terminal::article_forms;
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
            Err(Failure::Usage("a bundle is a folder of files: name it with --out DIR".to_owned()))
        }
        (ExportFormat::Bundle, Some(folder)) => {
            let n_documents = write_bundle(&reader, &filter, folder, command.replace, &interrupt)?;
            eprintln!("{} in {}", counted(n_documents, "document"), folder.display());
            Ok(())
        }
        (format, Some(path)) if path.as_os_str() != "-" => {
            let plan = CopyPlan { database: &config.store.path, target: path, replaces: command.replace };
            store::check_target(plan)?;
            let n_articles = write_atomically(path, |file| write_lines(&reader, &filter, format, &interrupt, file))?;
            eprintln!("{} in {}", counted(n_articles, "article"), path.display());
            Ok(())
        }
        (format, _) => {
            let stdout = std::io::stdout();
            write_lines(&reader, &filter, format, &interrupt, &mut BufWriter::new(stdout.lock())).map(|_| ())
        }
    }
}

/// Looks whether a bundle can be written into a folder: one that is not there yet, or that holds nothing, or with
/// `is_replacing` nothing but a bundle. Returns the documents in it.
fn check_folder(folder: &Path, is_replacing: bool) -> Result<Vec<PathBuf>, Failure> {
    let failed = |path: &Path, error: &std::io::Error| Failure::Failed(format!("{}: {error}", path.display()));
    let is_there = match fs::metadata(folder) {
        Ok(metadata) if !metadata.is_dir() => {
            return Err(Failure::Failed(format!("{} is a file; name a folder", folder.display())));
        }
        Ok(_) => true,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
        Err(error) => return Err(failed(folder, &error)),
    };
    let mut present = Vec::new();
    let entries = if is_there { Some(fs::read_dir(folder).map_err(|error| failed(folder, &error))?) } else { None };
    for entry in entries.into_iter().flatten() {
        let path = entry.map_err(|error| failed(folder, &error))?.path();
        let is_document =
            path.file_name().and_then(|name| name.to_str()).is_some_and(|name| bundle::hash_in_name(name).is_some());
        if !is_replacing || !is_document {
            let advice = if is_document { "--replace removes the bundle in it" } else { "name another folder" };
            return Err(Failure::Failed(format!("{} is not empty; {advice}", folder.display())));
        }
        present.push(path);
    }
    check_writable(folder)?;
    Ok(present)
}

/// Looks whether something can be made in a folder, or in the folder that it will be made in.
pub(crate) fn check_writable(folder: &Path) -> Result<(), Failure> {
    let existing = folder.ancestors().find(|ancestor| ancestor.exists() || ancestor.as_os_str().is_empty());
    let existing = existing.filter(|ancestor| !ancestor.as_os_str().is_empty()).unwrap_or(Path::new("."));
    tempfile::Builder::new().prefix(".newswire-").tempfile_in(existing).map_err(|error| {
        Failure::Failed(format!("{}: nothing can be written to {}: {error}", folder.display(), existing.display()))
    })?;
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
    let failed = |path: &Path, error: &std::io::Error| Failure::Failed(format!("{}: {error}", path.display()));
    let present = check_folder(folder, is_replacing)?;
    let is_new = !folder.exists();
    fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    let written = write_documents(reader, filter, folder, interrupt).and_then(|(workshop, names)| {
        for path in present {
            fs::remove_file(&path).map_err(|error| failed(&path, &error))?;
        }
        for name in &names {
            let path = folder.join(name);
            fs::rename(workshop.path().join(name), &path).map_err(|error| failed(&path, &error))?;
        }
        Ok(names.len())
    });
    if written.is_err() && is_new {
        // Only if it is empty.
        let _ = fs::remove_dir(folder);
    }
    written
}

/// Writes the documents of a bundle into a new folder within its folder.
fn write_documents(
    reader: &Reader,
    filter: &ArticleFilter,
    folder: &Path,
    interrupt: &Interrupt,
) -> Result<(tempfile::TempDir, Vec<String>), Failure> {
    let failed = |path: &Path, error: &std::io::Error| Failure::Failed(format!("{}: {error}", path.display()));
    let workshop = tempfile::Builder::new().prefix(".newswire-").tempdir_in(folder);
    let workshop = workshop.map_err(|error| failed(folder, &error))?;
    let mut names = Vec::new();
    reader.for_each_document(filter, |row| {
        interrupt.check(|| format!("nothing is written to {}", folder.display()))?;
        let text = document_of(&row);
        let name = bundle::file_name(names.len(), &bundle::hex_sha256(text.as_bytes()));
        let path = workshop.path().join(&name);
        fs::write(&path, text).map_err(|error| failed(&path, &error))?;
        names.push(name);
        Ok::<(), Failure>(())
    })?;
    Ok((workshop, names))
}

fn write_lines(
    reader: &Reader,
    filter: &ArticleFilter,
    format: ExportFormat,
    interrupt: &Interrupt,
    out: &mut dyn Write,
) -> Result<usize, Failure> {
    let mut n_articles = 0;
    if format == ExportFormat::Csv {
        write!(out, "{}\r\n", CSV_COLUMNS.join(","))?;
    }
    reader.for_each_document(filter, |row| {
        interrupt.check(|| format!("not all is written, only {}", counted(n_articles, "article")))?;
        n_articles += 1;
        match format {
            ExportFormat::Csv => write!(out, "{}\r\n", csv_line(&row))?,
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

fn csv_line(row: &DocumentRow) -> String {
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
    fields.iter().map(|field| csv_field(field)).collect::<Vec<_>>().join(",")
}

/// A field as RFC 4180 writes it.
fn csv_field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        assert_eq!(csv_field("plain"), "plain");
        assert_eq!(csv_field("a, \"b\"\nc"), "\"a, \"\"b\"\"\nc\"");
    }
}
