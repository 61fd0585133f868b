//! `newswire import`: bundles, JSON lines, saved pages, lists of sources.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;

use crate::app::App;
use crate::bundle;
use crate::config;
use crate::model::{Article, ImportedArticle, Verdict};
use crate::pipeline::{self, OpmlSource};
use crate::store::NewSource;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::terminal::logging::Manner;
use crate::cli::terminal::progress::Progress;
use crate::cli::terminal::text::counted;

#[derive(Debug, Args)]
#[command(after_help = "\
A folder with bundle documents (000_0123456789abcdef.txt) is read as a bundle; of any other folder all *.txt, *.jsonl,
*.html and *.opml files are read. JSON lines have url or id, title, published, modified, authors, language, paragraphs or
text, source; lines with one url are versions of one article. The sources of an OPML file are followed from then on.")]
pub(crate) struct ImportCommand {
    /// Files and folders
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,

    /// The source that the articles are said to come from, where they do not say it themselves
    #[arg(long, value_name = "SLUG")]
    pub(crate) source: Option<String>,
}

/// The source of articles that have an identity in a source but do not name it.
const DEFAULT_SOURCE: &str = "import";

/// Longest line of JSON that is read. The longest real articles have a tenth of it.
const LINE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Largest file that is read as one document.
const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;

pub(crate) fn run(context: &mut Context, command: &ImportCommand) -> Result<(), Failure> {
    let config = context.configure(Manner::OneShot)?;
    if let Some(slug) = &command.source {
        config::check_slug(slug).map_err(|rule| Failure::Usage(format!("--source {slug:?}: {rule}")))?;
    }
    let mut files = Vec::new();
    let mut faults = Vec::new();
    for path in &command.paths {
        collect(path, true, &mut files, &mut faults);
    }
    let progress = Progress::start("importing", false);
    for fault in &faults {
        progress.tell(&format!("newswire: {fault}"));
    }
    let app = App::build(config)?;
    let mut import = Import {
        app: &app,
        source: command.source.clone(),
        progress: progress.clone(),
        counts: Counts { failed: faults.len(), ..Counts::default() },
    };
    let outcome = Context::runtime()?.block_on(async {
        progress.set_length(u64::try_from(files.len()).unwrap_or(0));
        let mut outcome = Ok(());
        for (position, file) in files.iter().enumerate() {
            outcome = import.file(file).await;
            progress.set_position(u64::try_from(position + 1).unwrap_or(0));
            if outcome.is_err() {
                break;
            }
        }
        let counts = import.counts;
        app.store.clone().close().await?;
        outcome.map(|()| counts)
    });
    progress.finish();
    let counts = outcome?;
    let Counts { new, duplicates, known, revisions, sources, failed } = counts;
    let value = serde_json::json!({
        "new": new, "duplicates": duplicates, "known": known, "revisions": revisions, "sources": sources, "failed": failed,
    });
    if context.output.is_json() {
        context.output.line(&value.to_string())?;
    } else {
        eprintln!(
            "{new} new, {}, {known} known, {}, {}, {failed} failed",
            counted(duplicates, "duplicate"),
            counted(revisions, "revision"),
            counted(sources, "source"),
        );
    }
    match failed {
        0 => Ok(()),
        _ if new + duplicates + known + revisions + sources == 0 => {
            Err(Failure::Failed("nothing was imported".to_owned()))
        }
        _ => Err(Failure::Partly(format!("{failed} could not be imported, the rest is stored"))),
    }
}

/// Finds the files to read. A folder that holds bundle documents is a bundle, and nothing else in it counts.
fn collect(path: &Path, is_named: bool, files: &mut Vec<PathBuf>, faults: &mut Vec<String>) {
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) => {
            faults.push(format!("{}: {error}", path.display()));
            return;
        }
    };
    if !metadata.is_dir() {
        if is_named || kind_of(path).is_some() {
            files.push(path.to_owned());
        }
        return;
    }
    let mut inner: Vec<PathBuf> = match std::fs::read_dir(path) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(error) => {
            faults.push(format!("{}: {error}", path.display()));
            return;
        }
    };
    inner.sort();
    let is_document = |path: &PathBuf| {
        path.file_name().and_then(|name| name.to_str()).is_some_and(|name| bundle::hash_in_name(name).is_some())
    };
    if inner.iter().any(is_document) {
        inner.retain(|path| is_document(path) || path.is_dir());
    }
    for path in inner {
        collect(&path, false, files, faults);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Document,
    JsonLines,
    Page,
    Opml,
}

fn kind_of(path: &Path) -> Option<Kind> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "txt" => Some(Kind::Document),
        "jsonl" | "ndjson" | "json" => Some(Kind::JsonLines),
        "html" | "htm" | "xhtml" => Some(Kind::Page),
        "opml" | "xml" => Some(Kind::Opml),
        _ => None,
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    new: usize,
    duplicates: usize,
    known: usize,
    revisions: usize,
    sources: usize,
    failed: usize,
}

struct Import<'a> {
    app: &'a App,
    source: Option<String>,
    progress: Progress,
    counts: Counts,
}

impl Import<'_> {
    /// Reads one file. What is wrong with it is told and counted; an error is one of the database.
    async fn file(&mut self, path: &Path) -> Result<(), Failure> {
        // A named file of an unknown type is read as a document: that is what it most likely is.
        match kind_of(path).unwrap_or(Kind::Document) {
            Kind::JsonLines => self.json_lines(path).await,
            kind => {
                let bytes = match read_whole(path) {
                    Ok(bytes) => bytes,
                    Err(reason) => {
                        self.fault(path, None, &reason);
                        return Ok(());
                    }
                };
                match kind {
                    Kind::Opml => self.opml(path, &bytes).await,
                    Kind::Page => match pipeline::html_page(&self.app.stages.extractor, bytes, None) {
                        Ok(article) => self.store(article, None, self.source.clone(), false).await,
                        Err(failure) => {
                            self.fault(path, None, &failure.to_string());
                            Ok(())
                        }
                    },
                    Kind::Document | Kind::JsonLines => self.document(path, &bytes).await,
                }
            }
        }
    }

    async fn document(&mut self, path: &Path, bytes: &[u8]) -> Result<(), Failure> {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        match pipeline::bundle_document(bytes, name) {
            Ok((article, note)) => {
                if let Some(note) = note {
                    self.progress.tell(&format!("newswire: {}: {note}; it is read all the same", path.display()));
                }
                self.store(article, None, self.source.clone(), true).await
            }
            Err(reason) => {
                self.fault(path, None, &reason);
                Ok(())
            }
        }
    }

    async fn json_lines(&mut self, path: &Path) -> Result<(), Failure> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) => {
                self.fault(path, None, &error.to_string());
                return Ok(());
            }
        };
        let mut reader = BufReader::new(file);
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let read = std::io::Read::take(&mut reader, LINE_BYTES_MAX).read_until(b'\n', &mut line);
            match read {
                Ok(0) => break,
                Ok(_) if line.len() as u64 == LINE_BYTES_MAX => {
                    self.fault(path, Some(number), "the line is longer than 64 MiB; the rest of the file is left out");
                    break;
                }
                Ok(_) => {}
                Err(error) => {
                    self.fault(path, Some(number), &error.to_string());
                    break;
                }
            }
            let text = String::from_utf8_lossy(&line);
            let text = text.trim().trim_start_matches('\u{feff}');
            if text.is_empty() {
                continue;
            }
            match pipeline::json_line(text) {
                Ok(read) => {
                    let source = read.source.or_else(|| self.source.clone());
                    let source = if read.guid.is_some() { source.or(Some(DEFAULT_SOURCE.to_owned())) } else { source };
                    self.store(read.article, read.guid, source, true).await?;
                }
                Err(reason) => self.fault(path, Some(number), &reason),
            }
        }
        Ok(())
    }

    async fn opml(&mut self, path: &Path, bytes: &[u8]) -> Result<(), Failure> {
        match pipeline::opml_sources(bytes) {
            Ok(found) => {
                for problem in &found.problems {
                    self.fault(path, None, problem);
                }
                self.counts.known += found.duplicates.len();
                let listed = found.sources.into_iter();
                let new = listed.map(|OpmlSource { source, is_paused }| NewSource { source, is_paused }).collect();
                for added in self.app.store.add_sources(new).await? {
                    self.counts.sources += usize::from(added.is_new);
                    self.counts.known += usize::from(!added.is_new);
                }
            }
            Err(reason) => self.fault(path, None, &reason),
        }
        Ok(())
    }

    async fn store(
        &mut self,
        article: Article,
        guid: Option<String>,
        source: Option<String>,
        is_address_given: bool,
    ) -> Result<(), Failure> {
        // An article that says when it was published counts as having arrived then, so that an archive keeps its order.
        let now = Timestamp::now();
        let published = article.published.map(|published| published.instant);
        let arrived_at = published.or(article.modified_at.map(|modified| modified.min(now))).unwrap_or(now);
        let stored =
            self.app.store.import(ImportedArticle { article, source, guid, arrived_at, is_address_given }).await?;
        match stored.verdict {
            Verdict::New => self.counts.new += 1,
            Verdict::Duplicate { .. } => self.counts.duplicates += 1,
            Verdict::Known { .. } => self.counts.known += 1,
            Verdict::Revision { .. } => self.counts.revisions += 1,
        }
        let Counts { new, duplicates, .. } = self.counts;
        self.progress.set_message(format!("{new} new, {duplicates} duplicates"));
        Ok(())
    }

    fn fault(&mut self, path: &Path, line: Option<usize>, reason: &str) {
        self.counts.failed += 1;
        let line = line.map(|line| format!(":{line}")).unwrap_or_default();
        self.progress.tell(&format!("newswire: {}{line}: {reason}", path.display()));
    }
}

fn read_whole(path: &Path) -> Result<Vec<u8>, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > FILE_BYTES_MAX {
        return Err(format!("the file has {size} bytes, more than a document can have"));
    }
    std::fs::read(path).map_err(|error| error.to_string())
}
