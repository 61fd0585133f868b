//! Reads the files of an import, whatever they are, and hands what is in them to the intake.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::Seek;
use std::path::{Path, PathBuf};

use tokio::task::{JoinHandle, spawn_blocking};

use crate::app::App;
use crate::model::{Article, ArticleRecord, Companions};
use crate::pipeline::{self, JsonArticle, WarcArticle, WarcPage};

use super::archive::{ArchivePages, Found};
use super::files::{Kind, kind_of, read_whole};
use super::intake::{Counts, Intake, NewArticle, Place, Spot};
use super::lines::{Batch, Batches};
use crate::cli::failure::Failure;
use crate::cli::files::{STANDARD_INPUT, standard_input};
use crate::cli::terminal::progress::Progress;
use crate::cli::terminal::signals::Interrupt;
use crate::cli::terminal::text::{counted, one_line};

/// The source of articles that have an identity in a source but do not name it.
const DEFAULT_SOURCE: &str = "import";

/// Different keys that mean nothing, and languages that are none, and are told. A file with more of them has another shape than we know.
const UNKNOWN_KEYS_MAX: usize = 50;

/// An import under way.
pub(super) struct Import<'a> {
    app: &'a App,
    pub(super) intake: Intake<'a>,
    /// Keys of JSON lines that were told to mean nothing, and languages that were told to be none.
    unknown_keys: HashSet<String>,
    unknown_languages: HashSet<String>,
    progress: Progress,
    interrupt: Interrupt,
    /// Bytes of the files that are read.
    n_bytes_read: u64,
}

impl<'a> Import<'a> {
    pub(super) fn new(app: &'a App, progress: Progress, interrupt: Interrupt) -> Import<'a> {
        let intake = Intake::new(app, progress.clone());
        Import {
            app,
            intake,
            unknown_keys: HashSet::new(),
            unknown_languages: HashSet::new(),
            progress,
            interrupt,
            n_bytes_read: 0,
        }
    }

    /// Reads files and stores what is in them. What is wrong with a file is told and counted; an error is one of the
    /// database, or the end that somebody asked for. What was counted until then comes with it.
    pub(super) async fn files(&mut self, files: &[PathBuf], source: Option<&str>) -> (Counts, Result<(), Failure>) {
        let outcome = self.read_all(files, source).await;
        (self.intake.counts, outcome)
    }

    async fn read_all(&mut self, files: &[PathBuf], source: Option<&str>) -> Result<(), Failure> {
        let size_of = |file: &PathBuf| std::fs::metadata(file).map_or(0, |metadata| metadata.len());
        let sizes: Vec<u64> = files.iter().map(size_of).collect();
        self.progress.set_length(sizes.iter().sum());
        if let Some(name) = source {
            self.intake.set_source(name).await?;
        }
        for (position, file) in files.iter().enumerate() {
            self.progress.set_at_work(file.display().to_string());
            self.file(file).await?;
            self.n_bytes_read += sizes[position];
            self.progress.set_position(self.n_bytes_read);
            let n_left = files.len() - position - 1;
            if n_left > 0 && self.interrupt.is_stopped() {
                return self.end_early(&format!("{} not begun", counted(n_left, "file"))).await;
            }
        }
        self.intake.finish().await
    }

    /// Ends before all is read. `unread` says what was not.
    async fn end_early(&mut self, unread: &str) -> Result<(), Failure> {
        let left = match self.intake.give_up().await? {
            Some(first) => format!("{} and what follows are not stored", first.in_words()),
            None => unread.to_owned(),
        };
        self.interrupt
            .check(|| format!("{left}; the same command again goes on, and what is stored already is not stored twice"))
    }

    async fn file(&mut self, path: &Path) -> Result<(), Failure> {
        if path.as_os_str() == STANDARD_INPUT {
            return self.standard_input().await;
        }
        // A named file of an unknown type is read as a document: that is what it most likely is.
        let kind = kind_of(path).unwrap_or(Kind::Document);
        let place = Place::of(path, Spot::Whole);
        if matches!(kind, Kind::JsonLines | Kind::Archive) {
            return match File::open(path) {
                Ok(file) if kind == Kind::Archive => self.archive(path, file).await,
                Ok(file) => self.json_lines(path, file).await,
                Err(error) => {
                    self.intake.fault(&place, &error.to_string());
                    Ok(())
                }
            };
        }
        let bytes = match read_whole(path) {
            Ok(bytes) => bytes,
            Err(reason) => {
                self.intake.fault(&place, &reason);
                return Ok(());
            }
        };
        match kind {
            Kind::Opml => self.opml(&place, &bytes).await,
            Kind::Page => self.page(place, bytes).await,
            Kind::Document | Kind::JsonLines | Kind::Archive => self.document(path, &bytes).await,
        }
    }

    /// JSON lines from standard input. They go through a file, since what they are shows when all have been seen.
    async fn standard_input(&mut self) -> Result<(), Failure> {
        let progress = self.progress.clone();
        let spool = spawn_blocking(move || -> std::io::Result<File> {
            let mut file = tempfile::tempfile()?;
            std::io::copy(&mut standard_input(|told| progress.tell(told))?, &mut file)?;
            file.rewind()?;
            Ok(file)
        });
        let path = Path::new(STANDARD_INPUT);
        match self.interrupt.race(spool).await?.map_err(std::io::Error::other).and_then(|spooled| spooled) {
            Ok(file) => {
                let size = file.metadata().map_or(0, |metadata| metadata.len());
                self.progress.add_length(size);
                self.json_lines(path, file).await?;
                self.n_bytes_read += size;
                Ok(())
            }
            Err(error) => {
                self.intake.fault(&Place::of(path, Spot::Whole), &error.to_string());
                Ok(())
            }
        }
    }

    async fn document(&mut self, path: &Path, bytes: &[u8]) -> Result<(), Failure> {
        let place = Place::of(path, Spot::Whole);
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        match pipeline::bundle_document(bytes, name) {
            Ok((article, notes)) => {
                for note in notes {
                    self.intake.note(&place, &format!("{note}; it is read all the same"));
                }
                let article = self.noted(article).await?;
                self.intake.add(place, NewArticle::of(article)).await
            }
            Err(reason) => {
                self.intake.fault(&place, &reason);
                Ok(())
            }
        }
    }

    async fn page(&mut self, place: Place, bytes: Vec<u8>) -> Result<(), Failure> {
        match pipeline::html_page(&self.app.stages.extractor, bytes, None) {
            Ok(article) => {
                let article = self.noted(article).await?;
                let page = NewArticle { is_address_given: false, ..NewArticle::of(article) };
                self.intake.add(place, page).await
            }
            Err(failure) => {
                self.intake.fault(&place, &failure.to_string());
                Ok(())
            }
        }
    }

    /// The article, with what it means. That is found out beside the loop that waits for the database.
    async fn noted(&self, mut article: Article) -> Result<Article, Failure> {
        let meanings = self.app.stages.meanings.clone();
        let noted = spawn_blocking(move || {
            meanings.note([&mut article]);
            article
        });
        noted.await.map_err(|error| Failure::Failed(error.to_string()))
    }

    async fn json_lines(&mut self, path: &Path, file: File) -> Result<(), Failure> {
        let batches = match Batches::of(file) {
            Ok(batches) => batches,
            Err(error) => {
                self.intake.fault(&Place::of(path, Spot::Whole), &error.to_string());
                return Ok(());
            }
        };
        let companions = Companions::default();
        let mut next = self.read_ahead(batches);
        loop {
            let (batches, batch) = next.await.map_err(|error| Failure::Failed(error.to_string()))?;
            if batch.is_empty() {
                return Ok(());
            }
            self.progress.set_position(self.n_bytes_read + batches.n_bytes());
            next = self.read_ahead(batches);
            for (line, read) in batch {
                let place = Place::of(path, Spot::Line(line));
                if self.interrupt.is_stopped() {
                    return self.end_early(&format!("{} and what follows are not stored", place.in_words())).await;
                }
                match read {
                    Ok(read) => self.json_article(place, read, &companions).await?,
                    Err(reason) => self.intake.fault(&place, &reason),
                }
            }
        }
    }

    /// Begins to read the next lines, and to find out what their articles mean, while those before are stored.
    fn read_ahead(&self, mut batches: Batches) -> JoinHandle<(Batches, Batch)> {
        let meanings = self.app.stages.meanings.clone();
        spawn_blocking(move || {
            let mut batch = batches.next();
            meanings.note(batch.iter_mut().filter_map(|(_, read)| Some(&mut read.as_mut().ok()?.article)));
            (batches, batch)
        })
    }

    async fn json_article(&mut self, place: Place, read: JsonArticle, companions: &Companions) -> Result<(), Failure> {
        for note in &read.notes {
            self.intake.note(&place, &one_line(note));
        }
        if let Some(language) = read.unknown_language
            && self.unknown_languages.len() < UNKNOWN_KEYS_MAX
            && self.unknown_languages.insert(language.clone())
        {
            self.intake.note(
                &place,
                &format!(
                    "the language {:?} is no code such as en or pt-BR: articles that have it are taken for what their words say",
                    one_line(&language)
                ),
            );
        }
        for key in read.unknown_keys {
            if self.unknown_keys.len() < UNKNOWN_KEYS_MAX && self.unknown_keys.insert(key.clone()) {
                self.intake
                    .note(&place, &format!("the key {:?} means nothing here and is passed over", one_line(&key)));
            }
        }
        let source = match &read.source_title {
            Some(name) => Some(self.intake.slug_of(name).await?),
            None => read.source.or_else(|| self.intake.source().cloned()),
        };
        let needs_source = read.guid.is_some() && read.record.is_none();
        let source = source.or_else(|| needs_source.then(|| DEFAULT_SOURCE.to_owned()));
        let record = read.record.map(|record| ArticleRecord { companions: companions.clone(), ..record });
        let new = NewArticle {
            guid: read.guid,
            source,
            first_seen_at: read.first_seen_at,
            record,
            ..NewArticle::of(read.article)
        };
        self.intake.add(place, new).await
    }

    /// The pages of a web archive. What is none is counted.
    async fn archive(&mut self, path: &Path, file: File) -> Result<(), Failure> {
        let pages = match ArchivePages::of(file, &self.app.stages, self.app.config.fetch.page_bytes_max) {
            Ok(pages) => pages,
            Err(error) => {
                self.intake.fault(&Place::of(path, Spot::Whole), &error.to_string());
                return Ok(());
            }
        };
        let mut passed_over = BTreeMap::<String, usize>::new();
        let mut next = spawn_blocking(move || pages.read_some());
        loop {
            let (pages, found) = next.await.map_err(|error| Failure::Failed(error.to_string()))?;
            if found.is_empty() {
                break;
            }
            self.progress.set_position(self.n_bytes_read + pages.position());
            next = spawn_blocking(move || pages.read_some());
            for Found { offset, page } in found {
                let place = Place::of(path, Spot::Byte(offset));
                if self.interrupt.is_stopped() {
                    return self.end_early(&format!("{} and what follows are not stored", place.in_words())).await;
                }
                match page {
                    Ok(WarcPage::Article(read)) => {
                        let WarcArticle { article, fetched_at, is_address_given } = *read;
                        let first_seen_at = Some(fetched_at);
                        let new = NewArticle { first_seen_at, is_address_given, ..NewArticle::of(article) };
                        self.intake.add(place, new).await?;
                    }
                    Ok(WarcPage::PassedOver(what)) => {
                        self.intake.counts.passed_over += 1;
                        *passed_over.entry(what).or_default() += 1;
                    }
                    Err(reason) => self.intake.fault(&place, &reason),
                }
            }
        }
        if !passed_over.is_empty() {
            let kinds: Vec<String> = passed_over.iter().map(|(what, count)| format!("{count} {what}")).collect();
            self.intake.note(&Place::of(path, Spot::Whole), &format!("passed over: {}", kinds.join(", ")));
        }
        Ok(())
    }

    /// The sources of a list. What was read before them is stored before them: whoever comes first has a slug.
    async fn opml(&mut self, place: &Place, bytes: &[u8]) -> Result<(), Failure> {
        let found = match pipeline::opml_sources(bytes) {
            Ok(found) => found,
            Err(reason) => {
                self.intake.fault(place, &reason);
                return Ok(());
            }
        };
        self.intake.finish().await?;
        for problem in &found.problems {
            self.intake.fault(place, problem);
        }
        self.intake.counts.known += found.duplicates.len();
        for added in self.app.store.add_sources(found.sources).await? {
            self.intake.counts.sources += usize::from(added.is_new);
            self.intake.counts.known += usize::from(!added.is_new);
        }
        Ok(())
    }
}
