//! A card for a data set, as Hugging Face has them: a README.md with a head in YAML.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::article_files::{CSV_COLUMNS, ExportFormat};
use super::manifest::{Export, Tally};
use super::parquet_file;
use crate::cli::failure::Failure;
use crate::cli::files::write_atomically;
use crate::store;

/// By this the card of an earlier export is known.
pub(super) const SIGN: &str = "<!-- Written by newswire export. -->";

/// Rows of a table in a card; a long list of sources stands in the manifest.
const ROWS_MAX: usize = 50;

/// The keys of a JSON line.
const JSON_KEYS: [&str; 31] = [
    "id",
    "url",
    "title",
    "published",
    "published_at",
    "published_offset",
    "date_source",
    "modified_at",
    "authors",
    "language",
    "source",
    "sources",
    "site_name",
    "section",
    "keywords",
    "image_url",
    "paragraphs",
    "words",
    "body_kind",
    "quality",
    "quality_reasons",
    "reservations",
    "duplicate_of",
    "duplicate_kind",
    "first_seen_at",
    "updated_at",
    "removed_at",
    "revision",
    "sha256",
    "sightings",
    "revisions",
];

/// What a column means where it is none of the table `articles`.
const MEANINGS: [(&str, &str); 6] = [
    (
        "published",
        "When it was published at the publisher's offset, RFC 3339, or the day alone where no more is known.",
    ),
    ("source", "Name of the source that had it first."),
    ("sources", "Names of all sources in which it was seen."),
    ("paragraphs", "The text, a list of paragraphs."),
    ("sightings", "Where it was seen, and when first and last."),
    ("revisions", "Its earlier wordings."),
];

/// The place of the card of a file or folder: beside it.
pub(super) fn place_beside(target: &Path) -> PathBuf {
    target.with_file_name("README.md")
}

/// Writes a card.
pub(super) fn write(path: &Path, format: ExportFormat, export: &Export<'_>, data: &str) -> Result<(), Failure> {
    let text = card(format, export, data, &columns(format)?);
    write_atomically(path, |out| Ok(out.write_all(text.as_bytes())?))
}

/// The columns with their meanings; none for a bundle.
fn columns(format: ExportFormat) -> Result<Vec<(String, String)>, Failure> {
    let names: Vec<&str> = match format {
        ExportFormat::Bundle => return Ok(Vec::new()),
        ExportFormat::Jsonl => JSON_KEYS.to_vec(),
        ExportFormat::Csv => CSV_COLUMNS.to_vec(),
        ExportFormat::Parquet => parquet_file::COLUMNS.iter().map(|(name, _)| *name).collect(),
    };
    let docs = store::docs()?;
    let meaning = |name: &str| {
        let own = MEANINGS.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned());
        let of_table =
            || docs.iter().find(|row| row.table_name == "articles" && row.column_name.as_deref() == Some(name));
        own.or_else(|| of_table().map(|row| row.text.clone())).unwrap_or_default()
    };
    Ok(names.into_iter().map(|name| (name.to_owned(), meaning(name))).collect())
}

fn card(format: ExportFormat, export: &Export<'_>, data: &str, columns: &[(String, String)]) -> String {
    let tally = export.tally;
    let mut text = head(tally, format, data);
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        "{SIGN}\n\n# {data}\n\n{} news articles, {} words, of {} sources in {} languages{}. Format: {}.\n\n",
        tally.n_articles,
        tally.n_words,
        tally.by_source.keys().filter(|name| !name.is_empty()).count(),
        tally.by_language.keys().filter(|name| !name.is_empty()).count(),
        tally.published.as_ref().map(|(first, last)| format!(", published from {first} to {last}")).unwrap_or_default(),
        export.format,
    );
    let _ = write!(
        text,
        "## How it was made\n\nnewswire followed feeds, sitemaps and pages of news sites, fetched what they listed as far as \
         robots.txt allows it, took the text out of each page, and kept one row for each article, with copies told from \
         originals ({} of these articles repeat another one). This is the choice `{}` of such a store, whose schema has \
         version {}. The manifest beside it has the hashes of the files.\n\n",
        tally.n_duplicates, export.query, export.schema_version,
    );
    text.push_str(
        "## Rights\n\nThe texts belong to their publishers and authors; that they are here gives nobody a licence. What the \
         publishers say against text mining and AI training was looked for in robots.txt, headers and pages:\n\n",
    );
    table(&mut text, "reservation", "none found", &tally.by_reservations);
    for (title, unknown, counts) in [
        ("language", "unknown", &tally.by_language),
        ("source", "none", &tally.by_source),
        ("body_kind", "unknown", &tally.by_body_kind),
    ] {
        let _ = write!(text, "## By {title}\n\n");
        table(&mut text, title, unknown, counts);
    }
    if !columns.is_empty() {
        text.push_str("## Columns\n\n| column | meaning |\n| --- | --- |\n");
        for (name, meaning) in columns {
            let _ = writeln!(text, "| `{name}` | {} |", cell(meaning));
        }
    }
    text
}

/// The head in YAML. Texts stand in it as JSON, which YAML reads.
fn head(tally: &Tally, format: ExportFormat, data: &str) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let files = if format == ExportFormat::Bundle { format!("{data}/*.txt") } else { data.to_owned() };
    let mut languages = String::new();
    for language in tally.by_language.keys().filter(|language| !language.is_empty()) {
        let start = if languages.is_empty() { "language:\n" } else { "" };
        let _ = writeln!(languages, "{start}- {}", quoted(language));
    }
    format!(
        "---\n{languages}license: other\nlicense_name: rights-of-the-publishers\npretty_name: {}\nsize_categories:\n- {}\n\
         tags:\n- news\nconfigs:\n- config_name: default\n  data_files: {}\n---\n",
        quoted(data),
        size_category(tally.n_articles),
        quoted(&files),
    )
}

/// The size as Hugging Face classes it.
fn size_category(n_articles: usize) -> &'static str {
    match n_articles {
        0..1_000 => "n<1K",
        1_000..10_000 => "1K<n<10K",
        10_000..100_000 => "10K<n<100K",
        100_000..1_000_000 => "100K<n<1M",
        1_000_000..10_000_000 => "1M<n<10M",
        _ => "10M<n<100M",
    }
}

fn table(text: &mut String, title: &str, unknown: &str, counts: &BTreeMap<String, u64>) {
    let mut rows: Vec<(&String, u64)> = counts.iter().map(|(name, count)| (name, *count)).collect();
    // Stable: those of one number stay in the order of their names.
    rows.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let _ = writeln!(text, "| {title} | articles |\n| --- | ---: |");
    for (name, count) in rows.iter().take(ROWS_MAX) {
        let name = if name.is_empty() { unknown.to_owned() } else { cell(name) };
        let _ = writeln!(text, "| {name} | {count} |");
    }
    if rows.len() > ROWS_MAX {
        let n_more: u64 = rows[ROWS_MAX..].iter().map(|(_, count)| count).sum();
        let _ = writeln!(text, "| {} more | {n_more} |", rows.len() - ROWS_MAX);
    }
    text.push('\n');
}

/// A text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace(['\n', '\r'], " ").replace('|', "\\|")
}
