//! Articles on their way into the database: gathered into groups that share a transaction, in the order in which they
//! came, while the group before is being stored.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use tokio::task::JoinHandle;

use crate::app::App;
use crate::cli::failure::Failure;
use crate::cli::terminal::progress::Progress;
use crate::cli::terminal::text::{counted, one_line};
use crate::config;
use crate::model::{Article, ArticleRecord, ImportedArticle, Verdict};
use crate::store::{ImportOutcome, StoreError};

/// Fewest articles that share a transaction, if they are there: each changed page is written once for all of them. A crash
/// repeats no more than two groups.
const GROUP_MIN: usize = 512;

/// Text of the articles in a group, beyond which it is not filled up.
const GROUP_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What became of what was read.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::cli::ingest) struct Counts {
    pub(in crate::cli::ingest) new: usize,
    pub(in crate::cli::ingest) duplicates: usize,
    pub(in crate::cli::ingest) known: usize,
    /// Deleted here before, so that they do not come back.
    pub(in crate::cli::ingest) deleted: usize,
    pub(in crate::cli::ingest) revisions: usize,
    pub(in crate::cli::ingest) sources: usize,
    pub(in crate::cli::ingest) failed: usize,
    /// Records of web archives that are no articles.
    pub(in crate::cli::ingest) passed_over: usize,
}

impl Counts {
    /// How many there are, and how many of them a second.
    fn told(self, elapsed: Duration) -> String {
        let Counts { new, duplicates, known, deleted, revisions, .. } = self;
        let n_articles = new + duplicates + known + deleted + revisions;
        let in_ms = u128::try_from(n_articles * 1000).unwrap_or(0);
        let a_second = in_ms / elapsed.as_millis().max(1);
        format!("{new} new, {}, {known} known, {a_second} articles/s", counted(duplicates, "duplicate"))
    }
}

/// Where an article stands.
#[derive(Clone, Debug)]
pub(in crate::cli::ingest) struct Place {
    file: PathBuf,
    spot: Spot,
}

/// Which part of a file.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli::ingest) enum Spot {
    Whole,
    Line(usize),
    /// What begins at this byte.
    Byte(u64),
    /// The article with this number in a database.
    Article(i64),
}

impl Place {
    pub(in crate::cli::ingest) fn of(file: &Path, spot: Spot) -> Place {
        Place { file: file.to_owned(), spot }
    }

    /// As a compiler names it.
    fn shown(&self) -> String {
        let file = self.file.display();
        match self.spot {
            Spot::Whole => file.to_string(),
            Spot::Line(line) => format!("{file}:{line}"),
            Spot::Byte(offset) => format!("{file} at byte {offset}"),
            Spot::Article(id) => format!("{file}: article {id}"),
        }
    }

    /// As a sentence names it.
    pub(in crate::cli::ingest) fn in_words(&self) -> String {
        let file = self.file.display();
        match self.spot {
            Spot::Whole => file.to_string(),
            Spot::Line(line) => format!("line {line} of {file}"),
            Spot::Byte(offset) => format!("byte {offset} of {file}"),
            Spot::Article(id) => format!("article {id} of {file}"),
        }
    }
}

/// An article on its way into the database, with what its file says of it.
pub(in crate::cli::ingest) struct NewArticle {
    pub(in crate::cli::ingest) article: Article,
    pub(in crate::cli::ingest) guid: Option<String>,
    pub(in crate::cli::ingest) source: Option<String>,
    pub(in crate::cli::ingest) first_seen_at: Option<Timestamp>,
    /// Whether its address is the file's word, and not a page's.
    pub(in crate::cli::ingest) is_address_given: bool,
    pub(in crate::cli::ingest) record: Option<ArticleRecord>,
}

impl NewArticle {
    /// An article of which its file says nothing else.
    pub(in crate::cli::ingest) fn of(article: Article) -> Self {
        NewArticle { article, guid: None, source: None, first_seen_at: None, is_address_given: true, record: None }
    }
}

/// A group that is being stored.
struct InFlight {
    places: Vec<Place>,
    stored: JoinHandle<Result<Vec<ImportOutcome>, StoreError>>,
}

/// Takes articles in.
pub(in crate::cli::ingest) struct Intake<'a> {
    app: &'a App,
    progress: Progress,
    /// The source that articles are said to come from which do not say it themselves.
    source: Option<String>,
    /// Names of sources that are no slugs, and the slugs that were made of them.
    names: HashMap<String, String>,
    places: Vec<Place>,
    group: Vec<(ImportedArticle, Option<ArticleRecord>)>,
    n_group_bytes: usize,
    in_flight: Option<InFlight>,
    pub(in crate::cli::ingest) counts: Counts,
}

impl<'a> Intake<'a> {
    pub(in crate::cli::ingest) fn new(app: &'a App, progress: Progress) -> Intake<'a> {
        Intake {
            app,
            progress,
            source: None,
            names: HashMap::new(),
            places: Vec::new(),
            group: Vec::new(),
            n_group_bytes: 0,
            in_flight: None,
            counts: Counts::default(),
        }
    }

    /// Names the source of articles that do not name theirs.
    pub(in crate::cli::ingest) async fn set_source(&mut self, name: &str) -> Result<(), Failure> {
        self.source = Some(self.slug_of(name).await?);
        Ok(())
    }

    /// That source.
    pub(in crate::cli::ingest) fn source(&self) -> Option<&String> {
        self.source.as_ref()
    }

    /// The slug of a source by the name that somebody gave it. A name that is no slug becomes its title.
    pub(in crate::cli::ingest) async fn slug_of(&mut self, name: &str) -> Result<String, Failure> {
        let slug = config::slug_for_name(name);
        if slug != name.trim() && !self.names.contains_key(name) {
            self.app.store.name_source(slug.clone(), one_line(name.trim()).into_owned()).await?;
            self.names.insert(name.to_owned(), slug.clone());
        }
        Ok(slug)
    }

    /// Takes an article in. It is stored when its group is full, or with [`Intake::finish`].
    pub(in crate::cli::ingest) async fn add(&mut self, place: Place, new: NewArticle) -> Result<(), Failure> {
        let NewArticle { article, guid, source, first_seen_at, is_address_given, record } = new;
        let source = source.or_else(|| self.source.clone());
        // An article that says when it was published counts as having arrived then, so that an archive keeps its order.
        let now = Timestamp::now();
        let published = article.published.map(|published| published.instant);
        let modified = article.modified_at.map(|modified| modified.min(now));
        let arrived_at = first_seen_at.or(published).or(modified).unwrap_or(now);
        self.n_group_bytes += article.body.len();
        self.places.push(place);
        self.group.push((ImportedArticle { article, source, guid, arrived_at, is_address_given }, record));
        let is_full = self.group.len() >= GROUP_MIN.max(self.app.config.store.batch_max);
        if is_full || self.n_group_bytes >= GROUP_BYTES_MAX { self.send().await } else { Ok(()) }
    }

    /// Stores what was taken in.
    pub(in crate::cli::ingest) async fn finish(&mut self) -> Result<(), Failure> {
        self.send().await?;
        self.settle().await
    }

    /// Waits for what is being stored, and lets go of the rest. Returns where that begins.
    pub(in crate::cli::ingest) async fn give_up(&mut self) -> Result<Option<Place>, Failure> {
        self.group.clear();
        let first = self.places.drain(..).next();
        self.settle().await?;
        Ok(first)
    }

    /// Begins to store the group. The one before is stored then.
    async fn send(&mut self) -> Result<(), Failure> {
        self.settle().await?;
        if !self.group.is_empty() {
            let (group, places) = (std::mem::take(&mut self.group), std::mem::take(&mut self.places));
            self.n_group_bytes = 0;
            let store = self.app.store.clone();
            let stored = tokio::spawn(async move { store.import_all(group).await });
            self.in_flight = Some(InFlight { places, stored });
        }
        Ok(())
    }

    /// Waits for the group that is being stored, and counts what became of it. An article that the database refuses is told
    /// like any other fault.
    async fn settle(&mut self) -> Result<(), Failure> {
        let Some(InFlight { places, stored }) = self.in_flight.take() else { return Ok(()) };
        let stored = stored.await.map_err(|error| Failure::Failed(error.to_string()))??;
        let mut failure = None;
        for (place, stored) in places.iter().zip(stored) {
            match stored {
                Ok(Some(stored)) => match stored.verdict {
                    Verdict::New => self.counts.new += 1,
                    Verdict::Duplicate { .. } => self.counts.duplicates += 1,
                    Verdict::Known { .. } => self.counts.known += 1,
                    Verdict::Revision { .. } => self.counts.revisions += 1,
                },
                Ok(None) => self.counts.deleted += 1,
                Err(StoreError::Sql(reason)) => self.fault(
                    place,
                    &format!(
                        "refused by the database: {reason}; `newswire doctor` looks whether something is wrong with it"
                    ),
                ),
                // What comes after it is not stored either.
                Err(error) => {
                    failure.get_or_insert(error);
                }
            }
        }
        self.progress.set_message(self.counts.told(self.progress.elapsed()));
        failure.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Tells what is wrong with something, and counts it.
    pub(in crate::cli::ingest) fn fault(&mut self, place: &Place, reason: &str) {
        self.counts.failed += 1;
        self.note(place, reason);
    }

    /// Tells something about what was read.
    pub(in crate::cli::ingest) fn note(&self, place: &Place, text: &str) {
        self.progress.tell(&format!("newswire: {}: {text}", place.shown()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_of_all_articles_that_were_looked_at() {
        let counts = Counts { new: 1500, duplicates: 1, known: 499, ..Counts::default() };
        assert_eq!(counts.told(Duration::from_secs(4)), "1500 new, 1 duplicate, 499 known, 500 articles/s");
        assert_eq!(Counts::default().told(Duration::ZERO), "0 new, 0 duplicates, 0 known, 0 articles/s");
    }

    #[tokio::test]
    async fn articles_share_transactions_and_come_in_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = config::defaults();
        config.store.path = folder.path().join("a.db");
        let app = App::build(config.into()).unwrap();
        let before = app.store.n_commits();
        let mut intake = Intake::new(&app, Progress::start("test", true));
        let n_articles = 2 * GROUP_MIN + 10;
        for number in 0..n_articles {
            // Each text comes twice, so that the second of both is a copy.
            let text = (0..40).map(|word| format!("w{}x{word}", number / 2)).collect::<Vec<_>>().join(" ");
            let line = format!(r#"{{"id": "{number}", "title": "Number {number}", "text": "{text}"}}"#);
            let read = crate::pipeline::json_line(&line).unwrap();
            let new = NewArticle { guid: read.guid, source: Some("a".to_owned()), ..NewArticle::of(read.article) };
            intake.add(Place::of(Path::new("a.jsonl"), Spot::Line(number + 1)), new).await.unwrap();
        }
        intake.finish().await.unwrap();
        let Counts { new, duplicates, failed, .. } = intake.counts;
        assert_eq!((new, duplicates, failed), (n_articles / 2, n_articles / 2, 0));
        assert!(app.store.n_commits() - before <= 3, "{} transactions", app.store.n_commits() - before);
        app.store.clone().close().await.unwrap();
        let reader = crate::store::Reader::open(&app.config.store.path).unwrap();
        for (id, number) in [(1, 0), (2, 1), (600, 599), (n_articles, n_articles - 1)] {
            let article = reader.article(i64::try_from(id).unwrap()).unwrap().unwrap();
            assert_eq!(article.row.title, Some(format!("Number {number}")));
        }
    }
}
