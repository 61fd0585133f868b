//! `newswire import`: bundles, JSON lines, saved pages, lists of sources.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;

use crate::app::App;
use crate::bundle;
use crate::config;
use crate::model::{Article, ArticleRecord, Companions, ImportedArticle, RecordedLineage, Verdict};
use crate::pipeline::{self, JsonArticle, JsonRecord, OpmlSource};
use crate::store::{NewSource, StoreError};

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::files::{STANDARD_INPUT, standard_input};
use crate::cli::terminal::logging::Manner;
use crate::cli::terminal::progress::Progress;
use crate::cli::terminal::signals::{self, Interrupt};
use crate::cli::terminal::text::{counted, one_line};

#[derive(Debug, Args)]
#[command(after_help = "\
A folder with bundle documents (000_0123456789abcdef.txt) is read as a bundle; of any other folder all *.txt, *.jsonl,
*.html and *.opml files are read. JSON lines have url or id, title, published, authors, language, paragraphs or text,
source (any name), site_name, section, keywords or tags, image_url, modified_at; lines with one url are versions of one
article. The sources of an OPML file are followed from then on.

Lines that `newswire export` wrote are stored again as they were: numbers (where they are free), times, sources, earlier
wordings and whose text it is. The same file a second time changes nothing.

Examples:
  newswire import bundle/ articles.jsonl
  newswire --db old.db export | newswire --db new.db import -")]
pub(crate) struct ImportCommand {
    /// Files and folders, or - for JSON lines on standard input
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,

    /// The source that the articles are said to come from, where they do not say it themselves; any name
    #[arg(long, value_name = "NAME")]
    pub(crate) source: Option<String>,
}

/// The source of articles that have an identity in a source but do not name it.
const DEFAULT_SOURCE: &str = "import";

/// Longest line of JSON that is read. The longest real articles have a tenth of it.
const LINE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Different keys that mean nothing, and are told. A file with more of them has another shape than we know.
const UNKNOWN_KEYS_MAX: usize = 50;

/// So many lines are read before their articles are stored, or lines of so many bytes: what articles mean is told sooner of
/// several at once.
const LINES_AT_ONCE: usize = 16;
const BYTES_AT_ONCE: usize = 1024 * 1024;

/// Largest file that is read as one document.
const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;

pub(crate) fn run(context: &mut Context, command: &ImportCommand) -> Result<(), Failure> {
    let config = context.configure(Manner::OneShot)?;
    let interrupt = signals::watch()?;
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
        source: None,
        names: HashMap::new(),
        unknown_keys: HashSet::new(),
        progress: progress.clone(),
        interrupt: interrupt.clone(),
        counts: Counts { failed: faults.len(), ..Counts::default() },
    };
    let outcome = Context::block_on(async {
        progress.set_length(u64::try_from(files.len()).unwrap_or(0));
        if let Some(name) = &command.source {
            import.source = Some(import.slug_of(name).await?);
        }
        let mut outcome = Ok(());
        for (position, file) in files.iter().enumerate() {
            outcome = import.file(file).await;
            progress.set_position(u64::try_from(position + 1).unwrap_or(0));
            if outcome.is_err() {
                break;
            }
            let n_left = files.len() - position - 1;
            if n_left > 0 {
                outcome = interrupt.check(|| waiting(&format!("{} not begun", counted(n_left, "file"))));
            }
        }
        let counts = import.counts;
        app.store.clone().close().await?;
        Ok::<_, Failure>((counts, outcome))
    })?;
    progress.finish();
    let (counts, outcome) = outcome?;
    let Counts { new, duplicates, known, deleted, revisions, sources, failed } = counts;
    let value = serde_json::json!({
        "new": new, "duplicates": duplicates, "known": known, "deleted": deleted, "revisions": revisions, "sources": sources, "failed": failed,
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
    if deleted > 0 && !context.output.is_json() {
        let them = if deleted == 1 { "it" } else { "them" };
        eprintln!(
            "{} left out: deleted here before; `newswire rm --forget ADDRESS` lets {them} come back",
            counted(deleted, "article")
        );
    }
    outcome?;
    match failed {
        0 => Ok(()),
        _ if new + duplicates + known + deleted + revisions + sources == 0 => {
            Err(Failure::Failed("nothing was imported".to_owned()))
        }
        _ => Err(Failure::Partly(format!("{failed} could not be imported, the rest is stored"))),
    }
}

/// How an import that was interrupted goes on.
fn waiting(what: &str) -> String {
    format!("{what}; the same command again goes on, and what is stored already is not stored twice")
}

/// Finds the files to read. A folder that holds bundle documents is a bundle, and nothing else in it counts.
fn collect(path: &Path, is_named: bool, files: &mut Vec<PathBuf>, faults: &mut Vec<String>) {
    if is_named && path.as_os_str() == STANDARD_INPUT {
        // What it brings is the same however often it is named.
        if !files.iter().any(|file| file.as_os_str() == STANDARD_INPUT) {
            files.push(path.to_owned());
        }
        return;
    }
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
    /// Deleted here before, so that they do not come back.
    deleted: usize,
    revisions: usize,
    sources: usize,
    failed: usize,
}

struct Import<'a> {
    app: &'a App,
    source: Option<String>,
    /// Names of sources that are no slugs, and the slugs that were made of them.
    names: HashMap<String, String>,
    /// Keys of JSON lines that were told to mean nothing.
    unknown_keys: HashSet<String>,
    progress: Progress,
    interrupt: Interrupt,
    counts: Counts,
}

impl Import<'_> {
    /// Reads one file. What is wrong with it is told and counted; an error is one of the database.
    async fn file(&mut self, path: &Path) -> Result<(), Failure> {
        if path.as_os_str() == STANDARD_INPUT {
            return self.standard_input().await;
        }
        // A named file of an unknown type is read as a document: that is what it most likely is.
        match kind_of(path).unwrap_or(Kind::Document) {
            Kind::JsonLines => match File::open(path) {
                Ok(file) => self.json_lines(path, file).await,
                Err(error) => {
                    self.fault(path, None, &error.to_string());
                    Ok(())
                }
            },
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
                        Ok(article) => {
                            let article = self.noted(article).await?;
                            let page = NewArticle { is_address_given: false, ..NewArticle::of(article) };
                            self.store(path, None, page).await.map(|_| ())
                        }
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

    /// JSON lines from standard input. They go through a file, since what they are shows when all have been seen.
    async fn standard_input(&mut self) -> Result<(), Failure> {
        let progress = self.progress.clone();
        let spool = tokio::task::spawn_blocking(move || -> std::io::Result<File> {
            let mut file = tempfile::tempfile()?;
            std::io::copy(&mut standard_input(|told| progress.tell(told))?, &mut file)?;
            file.rewind()?;
            Ok(file)
        });
        let path = Path::new(STANDARD_INPUT);
        match self.interrupt.race(spool).await?.map_err(std::io::Error::other).and_then(|spooled| spooled) {
            Ok(file) => self.json_lines(path, file).await,
            Err(error) => {
                self.fault(path, None, &error.to_string());
                Ok(())
            }
        }
    }

    async fn document(&mut self, path: &Path, bytes: &[u8]) -> Result<(), Failure> {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        match pipeline::bundle_document(bytes, name) {
            Ok((article, notes)) => {
                for note in notes {
                    self.progress.tell(&format!("newswire: {}: {note}; it is read all the same", path.display()));
                }
                let article = self.noted(article).await?;
                self.store(path, None, NewArticle::of(article)).await.map(|_| ())
            }
            Err(reason) => {
                self.fault(path, None, &reason);
                Ok(())
            }
        }
    }

    /// The article, with what it means. That is found out beside the loop that waits for the database.
    async fn noted(&self, mut article: Article) -> Result<Article, Failure> {
        let meanings = self.app.stages.meanings.clone();
        let noted = tokio::task::spawn_blocking(move || {
            meanings.note([&mut article]);
            article
        });
        noted.await.map_err(|error| Failure::Failed(error.to_string()))
    }

    /// Reads JSON lines. Those of an export are taken in the order of their numbers, in which each article comes after
    /// those that it repeats.
    async fn json_lines(&mut self, path: &Path, file: File) -> Result<(), Failure> {
        let mut lines = Lines { reader: BufReader::new(file), number: 0, offset: 0, line: Vec::new() };
        let export = match lines.of_export() {
            Ok(export) => export,
            Err(error) => {
                self.fault(path, None, &error.to_string());
                return Ok(());
            }
        };
        let mut numbers = HashMap::new();
        let companions = Companions::default();
        let batches = Batches { lines, is_export: !export.is_empty(), ahead: export.into_iter() };
        let mut next = self.read_ahead(batches);
        loop {
            let (batches, batch) = next.await.map_err(|error| Failure::Failed(error.to_string()))?;
            if batch.is_empty() {
                return Ok(());
            }
            next = self.read_ahead(batches);
            for (line, read) in batch {
                let place = || format!("line {line} of {} and what follows are not stored", path.display());
                self.interrupt.check(|| waiting(&place()))?;
                match read {
                    Ok(read) => self.json_article(path, line, read, &mut numbers, &companions).await?,
                    Err(reason) => self.fault(path, Some(line), &reason),
                }
            }
        }
    }

    /// Begins to read the next lines, and to find out what their articles mean, while those before are stored.
    fn read_ahead(&self, mut batches: Batches) -> tokio::task::JoinHandle<(Batches, Batch)> {
        let meanings = self.app.stages.meanings.clone();
        tokio::task::spawn_blocking(move || {
            let mut batch = batches.next();
            meanings.note(batch.iter_mut().filter_map(|(_, read)| Some(&mut read.as_mut().ok()?.article)));
            (batches, batch)
        })
    }

    async fn json_article(
        &mut self,
        path: &Path,
        line: usize,
        read: JsonArticle,
        numbers: &mut HashMap<i64, i64>,
        companions: &Companions,
    ) -> Result<(), Failure> {
        for note in &read.notes {
            self.progress.tell(&format!("newswire: {}:{line}: {}", path.display(), one_line(note)));
        }
        for key in read.unknown_keys {
            if self.unknown_keys.len() < UNKNOWN_KEYS_MAX && self.unknown_keys.insert(key.clone()) {
                let place = format!("{}:{line}", path.display());
                let key = one_line(&key).into_owned();
                self.progress
                    .tell(&format!("newswire: {place}: the key {key:?} means nothing here and is passed over"));
            }
        }
        let source = match &read.source_title {
            Some(name) => Some(self.slug_of(name).await?),
            None => read.source.or_else(|| self.source.clone()),
        };
        let needs_source = read.guid.is_some() && read.record.is_none();
        let source = source.or_else(|| needs_source.then(|| DEFAULT_SOURCE.to_owned()));
        let exported_as = read.record.as_ref().map(|record| record.record.id);
        let record = read.record.map(|JsonRecord { record, duplicate_of }| {
            let lineage = match duplicate_of {
                None => RecordedLineage::Original,
                // An export of a choice of articles may lack the one that is repeated.
                Some((of, kind)) => {
                    numbers.get(&of).map_or(RecordedLineage::Unknown, |of| RecordedLineage::CopyOf(*of, kind))
                }
            };
            ArticleRecord { lineage, companions: companions.clone(), ..record }
        });
        let first_seen_at = read.first_seen_at;
        let new = NewArticle {
            article: read.article,
            guid: read.guid,
            source,
            first_seen_at,
            is_address_given: true,
            record,
        };
        if let Some(id) = self.store(path, Some(line), new).await?
            && let Some(exported_as) = exported_as
        {
            companions.insert(id);
            numbers.insert(exported_as, id);
        }
        Ok(())
    }

    /// The slug of a source by the name that somebody gave it. A name that is no slug becomes its title.
    async fn slug_of(&mut self, name: &str) -> Result<String, Failure> {
        let slug = config::slug_for_name(name);
        if slug != name.trim() && !self.names.contains_key(name) {
            self.app.store.name_source(slug.clone(), one_line(name.trim()).into_owned()).await?;
            self.names.insert(name.to_owned(), slug.clone());
        }
        Ok(slug)
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

    /// Stores an article and returns its number. One that the database refuses is told like any other fault.
    async fn store(&mut self, path: &Path, line: Option<usize>, new: NewArticle) -> Result<Option<i64>, Failure> {
        let NewArticle { article, guid, source, first_seen_at, is_address_given, record } = new;
        let source = source.or_else(|| self.source.clone());
        // An article that says when it was published counts as having arrived then, so that an archive keeps its order.
        let now = Timestamp::now();
        let published = article.published.map(|published| published.instant);
        let modified = article.modified_at.map(|modified| modified.min(now));
        let arrived_at = first_seen_at.or(published).or(modified).unwrap_or(now);
        let imported = ImportedArticle { article, source, guid, arrived_at, is_address_given };
        let outcome = match record {
            Some(record) => self.app.store.restore(imported, record).await,
            None => self.app.store.import(imported).await,
        };
        let stored = match outcome {
            Ok(Some(stored)) => stored,
            Ok(None) => {
                self.counts.deleted += 1;
                return Ok(None);
            }
            Err(StoreError::Sql(reason)) => {
                self.fault(path, line, &format!("refused by the database: {reason}"));
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        match stored.verdict {
            Verdict::New => self.counts.new += 1,
            Verdict::Duplicate { .. } => self.counts.duplicates += 1,
            Verdict::Known { .. } => self.counts.known += 1,
            Verdict::Revision { .. } => self.counts.revisions += 1,
        }
        let Counts { new, duplicates, .. } = self.counts;
        self.progress.set_message(format!("{new} new, {duplicates} duplicates"));
        Ok(Some(stored.id))
    }

    fn fault(&mut self, path: &Path, line: Option<usize>, reason: &str) {
        self.counts.failed += 1;
        let line = line.map(|line| format!(":{line}")).unwrap_or_default();
        self.progress.tell(&format!("newswire: {}{line}: {reason}", path.display()));
    }
}

/// An article on its way into the database, with what its file says of it.
struct NewArticle {
    article: Article,
    guid: Option<String>,
    source: Option<String>,
    first_seen_at: Option<Timestamp>,
    /// Whether its address is the file's word, and not a page's.
    is_address_given: bool,
    record: Option<ArticleRecord>,
}

impl NewArticle {
    /// An article of which its file says nothing else.
    fn of(article: Article) -> Self {
        NewArticle { article, guid: None, source: None, first_seen_at: None, is_address_given: true, record: None }
    }
}

/// Lines by their numbers, and what was read of them or why nothing.
type Batch = Vec<(usize, Result<JsonArticle, String>)>;

/// The lines of a file, several at a time.
struct Batches {
    lines: Lines,
    /// The places of lines that are read next.
    ahead: std::vec::IntoIter<Place>,
    /// Whether there are no lines behind these.
    is_export: bool,
}

impl Batches {
    /// The next lines with text; none at the end. What cannot be read is the last.
    fn next(&mut self) -> Batch {
        let mut batch = Batch::new();
        let mut n_bytes = 0;
        while batch.is_empty() || batch.len() < LINES_AT_ONCE && n_bytes < BYTES_AT_ONCE {
            let there = match self.ahead.next() {
                Some(place) => self.lines.go_to(place).and_then(|()| self.lines.next()),
                // An export ends with its last line.
                None if self.is_export => Ok(false),
                None => self.lines.next(),
            };
            match there {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    batch.push((self.lines.number, Err(error.to_string())));
                    (self.ahead, self.is_export) = (Vec::new().into_iter(), true);
                    break;
                }
            }
            n_bytes += self.lines.line.len();
            if let Some(text) = self.lines.text().transpose() {
                batch.push((self.lines.number, text.and_then(pipeline::json_line)));
            }
        }
        batch
    }
}

/// Where a line begins, and its number.
#[derive(Clone, Copy)]
struct Place {
    offset: u64,
    number: usize,
}

/// The lines of a file.
struct Lines {
    reader: BufReader<File>,
    number: usize,
    offset: u64,
    line: Vec<u8>,
}

impl Lines {
    /// Reads the next line; whether there is one.
    fn next(&mut self) -> std::io::Result<bool> {
        self.line.clear();
        self.number += 1;
        let n_bytes = std::io::Read::take(&mut self.reader, LINE_BYTES_MAX).read_until(b'\n', &mut self.line)?;
        if n_bytes as u64 == LINE_BYTES_MAX {
            let reason = "the line is longer than 64 MiB; the rest of the file is left out";
            return Err(std::io::Error::other(reason));
        }
        self.offset += n_bytes as u64;
        Ok(n_bytes > 0)
    }

    /// The line's text, unless there is nothing in it. What is not UTF-8 is no text: JSON has no other encoding
    /// (RFC 8259, section 8.1), and letters would be lost without a word.
    fn text(&self) -> Result<Option<&str>, String> {
        let text = std::str::from_utf8(&self.line)
            .map_err(|error| format!("not UTF-8: its byte {} is none of a character", error.valid_up_to() + 1))?;
        let text = text.trim().trim_start_matches('\u{feff}').trim_start();
        Ok((!text.is_empty()).then_some(text))
    }

    fn go_to(&mut self, place: Place) -> std::io::Result<()> {
        if self.offset != place.offset {
            self.reader.seek(SeekFrom::Start(place.offset))?;
        }
        (self.offset, self.number) = (place.offset, place.number - 1);
        Ok(())
    }

    /// The lines of an export in the order of the articles' numbers, those that are no articles first; nothing if the
    /// first line with text is none of an export. Either way it is read from the start.
    fn of_export(&mut self) -> std::io::Result<Vec<Place>> {
        let mut places = Vec::new();
        let mut is_first = true;
        loop {
            let place = Place { offset: self.offset, number: self.number + 1 };
            // What cannot be read is told when it comes to its turn.
            let is_there = self.next();
            let is_end = !matches!(is_there, Ok(true));
            if is_end && is_there.is_ok() {
                break;
            }
            // Nor what is not UTF-8; it tells nothing of what the other lines are.
            let text = if is_end { Ok(None) } else { self.text() };
            let number = text.as_ref().ok().and_then(|text| pipeline::json_record_id((*text)?));
            if is_first && number.is_none() && matches!(text, Ok(Some(_))) {
                break;
            }
            is_first &= number.is_none();
            if is_end || !matches!(text, Ok(None)) {
                places.push((number, place));
            }
            if is_end {
                break;
            }
        }
        self.reader.rewind()?;
        (self.number, self.offset) = (0, 0);
        places.sort_by_key(|(number, place)| (*number, place.number));
        Ok(places.into_iter().map(|(_, place)| place).collect())
    }
}

fn read_whole(path: &Path) -> Result<Vec<u8>, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > FILE_BYTES_MAX {
        return Err(format!("the file has {size} bytes, more than a document can have"));
    }
    std::fs::read(path).map_err(|error| error.to_string())
}
