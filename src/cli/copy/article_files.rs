//! Articles as one file: a line each, or a table.

use std::io::{self, Write};

use clap::ValueEnum;
use parquet::errors::ParquetError;

use super::parquet_file::ParquetFile;
use super::selection::Chosen;
use crate::cli::failure::Failure;
use crate::cli::terminal::delimited::{Formulas, comma_separated};
use crate::cli::terminal::text::for_terminal;
use crate::forms;
use crate::store::DocumentRow;

/// What an export is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// A folder of documents
    Bundle,
    /// One JSON object a line
    Jsonl,
    /// Comma-separated values (RFC 4180)
    Csv,
    /// A table in typed columns, as pandas and others read them
    Parquet,
}

impl ExportFormat {
    /// Its name on the command line.
    pub(super) fn name(self) -> &'static str {
        match self {
            ExportFormat::Bundle => "bundle",
            ExportFormat::Jsonl => "jsonl",
            ExportFormat::Csv => "csv",
            ExportFormat::Parquet => "parquet",
        }
    }
}

/// The columns of a CSV file.
pub(super) const CSV_COLUMNS: [&str; 16] = [
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

/// Writes articles one after the other.
pub(super) enum ArticleWriter<'a> {
    JsonLines(&'a mut (dyn Write + Send)),
    Csv(&'a mut (dyn Write + Send), Formulas),
    Parquet(Box<ParquetFile<&'a mut (dyn Write + Send)>>),
}

impl<'a> ArticleWriter<'a> {
    /// Writes what stands before the first article.
    pub(super) fn begin(
        format: ExportFormat,
        formulas: Formulas,
        out: &'a mut (dyn Write + Send),
    ) -> Result<Self, Failure> {
        match format {
            ExportFormat::Csv => {
                out.write_all(comma_separated(CSV_COLUMNS, formulas).as_bytes())?;
                Ok(ArticleWriter::Csv(out, formulas))
            }
            ExportFormat::Parquet => {
                let file = ParquetFile::begin(out).map_err(parquet_failure)?;
                Ok(ArticleWriter::Parquet(Box::new(file)))
            }
            ExportFormat::Jsonl | ExportFormat::Bundle => Ok(ArticleWriter::JsonLines(out)),
        }
    }

    /// Whether it writes where an article was seen and how it read before.
    pub(super) fn has_history(&self) -> bool {
        matches!(self, ArticleWriter::JsonLines(_))
    }

    /// Writes an article.
    pub(super) fn add(&mut self, chosen: Chosen) -> Result<(), Failure> {
        let Chosen { document: row, sightings, revisions } = chosen;
        match self {
            ArticleWriter::JsonLines(out) => {
                let value = forms::articles::exported(&row.article, &row.sources, &sightings, &revisions);
                Ok(writeln!(out, "{}", for_terminal(value.to_string()))?)
            }
            ArticleWriter::Csv(out, formulas) => Ok(out.write_all(csv_line(&row, *formulas).as_bytes())?),
            ArticleWriter::Parquet(file) => file.add(row).map_err(parquet_failure),
        }
    }

    /// Writes what stands behind the last article.
    pub(super) fn finish(self) -> Result<(), Failure> {
        match self {
            ArticleWriter::JsonLines(out) | ArticleWriter::Csv(out, _) => Ok(out.flush()?),
            ArticleWriter::Parquet(file) => Ok(file.finish().map_err(parquet_failure)?.flush()?),
        }
    }
}

fn parquet_failure(error: ParquetError) -> Failure {
    match error {
        ParquetError::External(cause) => match cause.downcast::<io::Error>() {
            Ok(error) => (*error).into(),
            Err(other) => Failure::Failed(other.to_string()),
        },
        other => Failure::Failed(other.to_string()),
    }
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
