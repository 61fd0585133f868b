//! `newswire status --sizes`: what takes how much room, and how fast it grows.

use std::io;
use std::path::Path;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cli::terminal::messages::say;
use crate::store::{PageOwners, SizeReport, SizesStage, TableSize, TextSize, VolumeSize};

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::terminal::logging::Verbosity;
use crate::cli::terminal::output::{ListRow, Output};
use crate::cli::terminal::progress::Progress;
use crate::cli::terminal::table::{number, text, whole};
use crate::cli::terminal::text::{counted, size};

/// Sources that a terminal shows; the rest is counted.
const SOURCES_SHOWN_MAX: usize = 20;

/// Tables that take less of all, in thousandths, are one line on a terminal.
const SMALL_PER_MILLE: u64 = 5;

/// What a source is called that there is none of.
const NO_SOURCE: &str = "(no source)";

/// Looks at it, and prints what it is in the form that is asked for.
pub(super) fn run(context: &mut Context, database: &Path) -> Result<(), Failure> {
    // Before the file is opened otherwise.
    let owners = PageOwners::read(database);
    let reader = Context::reader(database)?;
    let progress = Progress::without_end("looking at", context.verbosity == Verbosity::Quiet);
    let report = reader.sizes(Timestamp::now(), owners.as_ref(), &mut |stage| {
        progress.set_message(match stage {
            SizesStage::Pages { done, total } => format!("pages, {} of {}", size(done), size(total)),
            SizesStage::Texts => "texts in the database".to_owned(),
            SizesStage::Volume(month) => format!("texts of {month}"),
        });
    });
    progress.finish();
    Ok(print(&mut context.output, &report?)?)
}

fn print(output: &mut Output, report: &SizeReport) -> io::Result<()> {
    if report.tables.is_none() && !output.is_json() {
        say!("newswire: this SQLite cannot tell what tables take: it was built without dbstat");
    }
    let n_left_out = report.volumes.iter().filter(|volume| !volume.is_counted).count();
    if n_left_out > 0 {
        let months = counted(n_left_out, "closed month");
        say!(
            "newswire: texts of {months} are not counted: files are missing, or cannot be read; `newswire volumes check` says which"
        );
    }
    if output.is_json() {
        output.one(|| to_json(report), |_| Ok(()))
    } else if output.is_decorated() {
        describe(output, report)
    } else {
        let columns =
            ["kind", "name", "articles", "bytes", "index_bytes", "bytes_a_day_7d", "bytes_a_day_30d"].map(text);
        output.list(&columns, rows(report))
    }
}

/// Lines of a kind each: `file` and what of it is free, a `table`, the file of a month (`volume`), the texts of a `source`, and those of
/// `all`.
fn rows(report: &SizeReport) -> Vec<ListRow> {
    let row = |cells: [String; 7]| (Value::Null, Vec::from(cells));
    let file = |name: &str, bytes: u64| {
        row(["file".into(), name.into(), String::new(), bytes.to_string(), String::new(), String::new(), String::new()])
    };
    let table = |table: &TableSize| {
        let TableSize { name, row_bytes, index_bytes } = table;
        let bytes = row_bytes + index_bytes;
        row([
            "table".into(),
            name.clone(),
            String::new(),
            bytes.to_string(),
            index_bytes.to_string(),
            String::new(),
            String::new(),
        ])
    };
    let volume = |volume: &VolumeSize| {
        let VolumeSize { month, n_articles, bytes, .. } = volume;
        row([
            "volume".into(),
            month.to_string(),
            n_articles.to_string(),
            bytes.to_string(),
            String::new(),
            String::new(),
            String::new(),
        ])
    };
    let texts = |kind: &str, texts: &TextSize| {
        let (of_7d, of_30d) = a_day(texts);
        row([
            kind.into(),
            texts.slug.clone().unwrap_or_default(),
            texts.n_articles.to_string(),
            texts.text_bytes.to_string(),
            String::new(),
            of_7d.to_string(),
            of_30d.to_string(),
        ])
    };
    let mut rows = vec![file("whole", report.file_bytes), file("free", report.free_bytes)];
    rows.extend(report.tables.iter().flatten().map(table));
    rows.extend(report.volumes.iter().map(volume));
    rows.extend(report.sources.iter().map(|source| texts("source", source)));
    rows.push(texts("all", &report.all));
    rows
}

/// Bytes of text a day, in the last 7 and in the last 30 days.
fn a_day(texts: &TextSize) -> (u64, u64) {
    (texts.text_bytes_7d / 7, texts.text_bytes_30d / 30)
}

fn describe(output: &mut Output, report: &SizeReport) -> io::Result<()> {
    let SizeReport { file_bytes, free_bytes, all, sources, .. } = report;
    output.field("file", Some(&format!("{}, of it {} free", size(*file_bytes), size(*free_bytes))))?;
    if !report.volumes.is_empty() {
        let bytes = report.volumes.iter().map(|volume| volume.bytes).sum();
        let months = counted(report.volumes.len(), "closed month");
        output.field("volumes", Some(&format!("{} for {months}", size(bytes))))?;
    }
    let (of_7d, of_30d) = a_day(all);
    let growth = |text: u64| format!("{} a day ({} of text)", size(report.with_all_that_belongs_to(text)), size(text));
    output.field("growth", Some(&format!("{} in the last 7 days", growth(of_7d))))?;
    output.field("", Some(&format!("{} in the last 30 days", growth(of_30d))))?;
    output.line("")?;
    output.list(&[whole("table"), number("size"), number("indexes")], table_rows(report))?;
    if report.tables.is_some() {
        output.line("")?;
    }
    let columns = [whole("source"), number("articles"), number("text"), number("a day (7 d)"), number("a day (30 d)")];
    output.list(&columns, sources.iter().take(SOURCES_SHOWN_MAX).map(source_row).collect())?;
    let rest = sources.get(SOURCES_SHOWN_MAX..).unwrap_or_default();
    if !rest.is_empty() {
        let text_bytes = rest.iter().map(|source| source.text_bytes).sum();
        output.line(&format!("and {} more with {} of text", counted(rest.len(), "source"), size(text_bytes)))?;
    }
    Ok(())
}

fn table_rows(report: &SizeReport) -> Vec<ListRow> {
    let is_small =
        |table: &TableSize| (table.row_bytes + table.index_bytes) * 1000 < report.file_bytes * SMALL_PER_MILLE;
    let row =
        |name: String, row_bytes: u64, index_bytes: u64| (Value::Null, vec![name, size(row_bytes), size(index_bytes)]);
    let (small, large): (Vec<&TableSize>, Vec<&TableSize>) =
        report.tables.iter().flatten().partition(|table| is_small(table));
    let mut rows: Vec<ListRow> =
        large.into_iter().map(|table| row(table.name.clone(), table.row_bytes, table.index_bytes)).collect();
    if !small.is_empty() {
        let (row_bytes, index_bytes) =
            small.iter().fold((0, 0), |(rows, indexes), table| (rows + table.row_bytes, indexes + table.index_bytes));
        rows.push(row(format!("({} smaller)", small.len()), row_bytes, index_bytes));
    }
    rows
}

fn source_row(source: &TextSize) -> ListRow {
    let (of_7d, of_30d) = a_day(source);
    let slug = source.slug.clone().unwrap_or_else(|| NO_SOURCE.to_owned());
    (Value::Null, vec![slug, source.n_articles.to_string(), size(source.text_bytes), size(of_7d), size(of_30d)])
}

fn to_json(report: &SizeReport) -> Value {
    let texts = |texts: &TextSize| {
        let (of_7d, of_30d) = a_day(texts);
        json!({
            "articles": texts.n_articles, "text_bytes": texts.text_bytes,
            "text_bytes_a_day_7d": of_7d, "text_bytes_a_day_30d": of_30d,
        })
    };
    let tables = report.tables.as_ref().map(|tables| {
        let table = |TableSize { name, row_bytes, index_bytes }: &TableSize| {
            json!({"name": name, "bytes": row_bytes + index_bytes, "index_bytes": index_bytes})
        };
        tables.iter().map(table).collect::<Vec<_>>()
    });
    let volumes = report.volumes.iter().map(|volume| {
        let VolumeSize { month, n_articles, bytes, is_counted } = volume;
        json!({"month": month.to_string(), "articles": n_articles, "bytes": bytes, "counted": is_counted})
    });
    let sources = report.sources.iter().map(|source| {
        let mut value = json!({"slug": source.slug});
        if let (Some(value), Value::Object(rest)) = (value.as_object_mut(), texts(source)) {
            value.extend(rest);
        }
        value
    });
    let (of_7d, of_30d) = a_day(&report.all);
    let mut all = texts(&report.all);
    all["file_bytes_a_day_7d"] = json!(report.with_all_that_belongs_to(of_7d));
    all["file_bytes_a_day_30d"] = json!(report.with_all_that_belongs_to(of_30d));
    json!({
        "file_bytes": report.file_bytes,
        "free_bytes": report.free_bytes,
        "tables": tables,
        "volumes": volumes.collect::<Vec<_>>(),
        "sources": sources.collect::<Vec<_>>(),
        "all": all,
    })
}
