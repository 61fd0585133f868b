//! `newswire merge`: all of another newswire database.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;

use super::import::intake::{Counts, Intake, NewArticle, Place, Spot};
use crate::app::App;
use crate::cli::context::Context;
use crate::cli::failure::{Failure, with_file};
use crate::cli::terminal::logging::{Manner, Verbosity};
use crate::cli::terminal::messages::say;
use crate::cli::terminal::progress::Progress;
use crate::cli::terminal::signals::{self, Interrupt};
use crate::cli::terminal::text::counted;
use crate::forms;
use crate::model::{ArticleRecord, Companions, DeletedIdentity, MergedMarks};
use crate::pipeline;
use crate::store::{Reader, StoreError};

#[derive(Debug, Args)]
#[command(after_help = "\
Articles are known again as by import: by address, GUID or words. Sources, sightings, earlier wordings, removals, further addresses
and stories come along, also of articles that both have; the sources are not polled here. What was deleted in either stays deleted,
what feed readers have read or starred in either is read or starred.
OTHER.db is only read. The same once more changes nothing, and goes on where a merge was interrupted. Of a damaged OTHER.db all comes
that can be read, and the rest is told, by what is wrong with it (exit code 3).

Examples:
  newswire --db all.db merge laptop.db")]
pub(crate) struct MergeCommand {
    /// The database that is taken in
    #[arg(value_name = "OTHER.db")]
    other: PathBuf,
}

/// What was taken over besides articles.
#[derive(Clone, Copy, Debug, Default)]
struct Besides {
    deletions: usize,
    /// Articles that went to another story.
    in_stories: usize,
    /// Articles that were read or starred there.
    marks: usize,
}

pub(crate) fn run(context: &mut Context, command: &MergeCommand) -> Result<(), Failure> {
    let config = context.configure(Manner::OneShot)?;
    let interrupt = signals::watch()?;
    let same = |path: &Path| std::fs::canonicalize(path).ok();
    if same(&command.other).is_some() && same(&command.other) == same(&config.store.path) {
        return Err(Failure::Usage(format!("{} is the database itself; name another one", command.other.display())));
    }
    let reader = Context::reader(&command.other).map_err(with_file)?;
    reader.check_mergeable()?;
    let app = App::build(config)?;
    context.tell_new_database();
    let progress = Progress::start("merging", context.verbosity == Verbosity::Quiet);
    let intake = Intake::new(&app, progress.clone());
    let mut merge = Merge {
        app: &app,
        reader: &reader,
        path: &command.other,
        intake,
        slugs: HashMap::new(),
        keeps_what_is_read: false,
        lost: BTreeMap::new(),
        lacking: Vec::new(),
    };
    let outcome = Context::block_on(async {
        let outcome = merge.all(&progress, &interrupt).await;
        let (counts, lacking) = (merge.intake.counts, std::mem::take(&mut merge.lacking));
        merge.tell_lost();
        app.store.clone().close().await?;
        Ok::<_, Failure>((counts, lacking, outcome))
    })?;
    progress.finish();
    let (counts, lacking, outcome) = outcome?;
    let Counts { new, duplicates, known, deleted, revisions, failed, .. } = counts;
    let Besides { deletions, in_stories, marks } = outcome.as_ref().copied().unwrap_or_default();
    if context.output.is_json() {
        let value = serde_json::json!({
            "new": new, "duplicates": duplicates, "known": known, "deleted": deleted, "revisions": revisions,
            "failed": failed, "lacking": lacking.len(), "deletions": deletions, "in_stories": in_stories, "marks": marks,
        });
        context.output.line(&value.to_string())?;
    } else {
        say!(
            "{new} new, {}, {known} known, {}, {deleted} deleted here before, {failed} failed; {} taken over, {} to other stories",
            counted(duplicates, "duplicate"),
            counted(revisions, "revision"),
            counted(deletions, "deletion"),
            counted(in_stories, "article"),
        );
        if marks > 0 {
            say!("{} read or starred as there", counted(marks, "article"));
        }
    }
    if !lacking.is_empty() {
        say!(
            "newswire: {} without something on damaged pages (where it was seen, an address or an earlier wording): {}",
            if lacking.len() == 1 {
                "1 article is stored".to_owned()
            } else {
                format!("{} articles are stored", lacking.len())
            },
            few(&lacking)
        );
    }
    outcome?;
    match (failed, lacking.len()) {
        (0, 0) => Ok(()),
        (0, _) => Err(Failure::Partly("all articles are stored, and some of them lack something".to_owned())),
        _ => Err(Failure::Partly(format!(
            "{failed} could not be taken in, the rest is stored; `newswire merge BACKUP` adds what an older copy of that file has of them"
        ))),
    }
}

/// Many rising numbers in few words, `3, 7-12`: what lies on damaged pages mostly came one after the other.
fn few(numbers: &[i64]) -> String {
    let runs: Vec<&[i64]> = numbers.chunk_by(|one, next| one + 1 == *next).collect();
    let named: Vec<String> = runs
        .iter()
        .take(FEW)
        .map(|run| match run {
            [first, .., last] => format!("{first}-{last}"),
            run => run[0].to_string(),
        })
        .collect();
    let more = if runs.len() > FEW { " …" } else { "" };
    format!("{}{more}", named.join(", "))
}

/// Runs of numbers that are named.
const FEW: usize = 10;

/// A merge under way.
struct Merge<'a> {
    app: &'a App,
    reader: &'a Reader,
    path: &'a Path,
    intake: Intake<'a>,
    /// The slugs that the sources there have here.
    slugs: HashMap<String, String>,
    /// Whether it is known there what feed readers have read.
    keeps_what_is_read: bool,
    /// Articles that could not be read, by what is wrong with them: of a damaged file it is mostly the same with many.
    lost: BTreeMap<String, Vec<i64>>,
    /// Articles of which something besides could not be read: where they were seen, an address, an earlier wording.
    lacking: Vec<i64>,
}

impl Merge<'_> {
    async fn all(&mut self, progress: &Progress, interrupt: &Interrupt) -> Result<Besides, Failure> {
        self.sources().await?;
        self.keeps_what_is_read = match self.reader.keeps_what_is_read() {
            // It is told where the marks are read.
            Err(StoreError::Malformed { .. }) => false,
            answer => answer?,
        };
        let ids = self.reader.article_ids()?;
        self.tell_damage();
        progress.set_length(u64::try_from(ids.len()).unwrap_or(0));
        let companions = Companions::default();
        for (position, id) in ids.iter().enumerate() {
            if interrupt.is_stopped() {
                let first = self.intake.give_up().await?.unwrap_or(Place::of(self.path, Spot::Article(*id)));
                interrupt.check(|| {
                    format!("{} and what follows are not stored; the same command again goes on", first.in_words())
                })?;
            }
            self.article(*id, &companions).await?;
            progress.set_position(u64::try_from(position + 1).unwrap_or(0));
        }
        self.intake.finish().await?;
        let deleted = self.deleted()?;
        let deletions = self.app.store.merge_deleted(deleted).await?;
        let here = |articles: Vec<i64>| articles.into_iter().filter_map(|id| companions.number_of(id)).collect();
        let shared = self.reader.shared_stories();
        let shared = self.unless_damaged(shared, "its stories")?.into_iter().map(here).collect();
        let in_stories = self.app.store.merge_stories(shared).await?;
        let marked = self.reader.merged_marks(Timestamp::now());
        let marked = self
            .unless_damaged(marked, "what was read")?
            .into_iter()
            .filter_map(|marks| Some(MergedMarks { article_id: companions.number_of(marks.article_id)?, ..marks }));
        let marks = self.app.store.merge_marks(marked.collect()).await?;
        Ok(Besides { deletions, in_stories, marks })
    }

    async fn sources(&mut self) -> Result<(), Failure> {
        let there = self.unless_damaged(self.reader.merged_sources(), "its sources")?;
        let slugs: Vec<String> = there.iter().map(|source| source.slug.clone()).collect();
        let here = self.app.store.merge_sources(there).await?;
        self.slugs = slugs.into_iter().zip(here).collect();
        Ok(())
    }

    /// Takes in an article, by way of what an export would say of it.
    async fn article(&mut self, id: i64, companions: &Companions) -> Result<(), Failure> {
        let place = Place::of(self.path, Spot::Article(id));
        let article = match self.reader.article(id) {
            Ok(Some(article)) => article,
            // Deleted meanwhile.
            Ok(None) => return Ok(()),
            Err(StoreError::Malformed { damage, .. }) => {
                self.lose(id, format!("on damaged pages of the file: {damage}"));
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let of_article = self.reader.take_damage();
        let (sightings, revisions) = (self.reader.sightings(id)?, self.reader.revisions(id)?);
        let addresses = self.reader.links_of(id)?;
        let counts_as_read = self.keeps_what_is_read.then(|| self.reader.counts_as_read(id)).transpose()?;
        let is_whole = of_article.iter().all(|row| row.is_left_out);
        let besides = self.reader.take_damage();
        if !is_whole {
            let faults: Vec<String> = of_article.into_iter().chain(besides).flat_map(|row| row.faults).collect();
            self.lose(id, faults.join("; "));
            return Ok(());
        }
        if !of_article.is_empty() || !besides.is_empty() {
            self.lacking.push(id);
        }
        let exported = forms::articles::exported(&article, &[], &sightings, &revisions);
        let read = match pipeline::json_line(&exported.to_string()) {
            Ok(read) => read,
            Err(reason) => {
                self.intake.fault(&place, &reason);
                return Ok(());
            }
        };
        let record = read.record.map(|mut record| {
            for sighting in &mut record.sightings {
                self.rename(&mut sighting.source);
            }
            ArticleRecord { addresses, counts_as_read, companions: companions.clone(), ..record }
        });
        let mut source = read.source;
        if let Some(slug) = &mut source {
            self.rename(slug);
        }
        let new = NewArticle {
            guid: read.guid,
            source,
            first_seen_at: read.first_seen_at,
            record,
            ..NewArticle::of(read.article)
        };
        self.intake.add(place, new).await
    }

    /// Counts an article that cannot be read.
    fn lose(&mut self, id: i64, reason: String) {
        self.intake.counts.failed += 1;
        self.lost.entry(reason).or_default().push(id);
    }

    /// Tells what could not be read of articles, each kind of fault once.
    fn tell_lost(&self) {
        for (reason, ids) in &self.lost {
            let told = match ids.len() {
                1 => format!("article {}: {reason}", ids[0]),
                n => format!("{n} articles ({}): {reason}", few(ids)),
            };
            self.intake.note(&Place::of(self.path, Spot::Whole), &told);
        }
    }

    /// Tells what could not be read of the file.
    fn tell_damage(&mut self) {
        for row in self.reader.take_damage() {
            self.intake.fault(&Place::of(self.path, Spot::Whole), &row.to_string());
        }
    }

    /// What lies on a damaged page is told, and goes without, as do rows that cannot be read.
    fn unless_damaged<T>(&mut self, answer: Result<Vec<T>, StoreError>, what: &str) -> Result<Vec<T>, Failure> {
        self.tell_damage();
        match answer {
            Err(StoreError::Malformed { damage, .. }) => {
                let place = Place::of(self.path, Spot::Whole);
                self.intake.fault(&place, &format!("{what} cannot be read: {damage}"));
                Ok(Vec::new())
            }
            answer => Ok(answer?),
        }
    }

    fn deleted(&mut self) -> Result<Vec<DeletedIdentity>, Failure> {
        let identities = self.reader.deleted_identities();
        let mut identities = self.unless_damaged(identities, "what was deleted in it")?;
        for identity in &mut identities {
            if let DeletedIdentity::Guid { source, .. } = identity {
                self.rename(source);
            }
        }
        Ok(identities)
    }

    /// Gives a source the slug that it has here.
    fn rename(&self, slug: &mut String) {
        if let Some(here) = self.slugs.get(slug) {
            slug.clone_from(here);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_numbers_are_few_words() {
        assert_eq!(few(&[5]), "5");
        assert_eq!(few(&[3, 7, 8, 9, 12, 13]), "3, 7-9, 12-13");
        let odd: Vec<i64> = (0..20).map(|n| 2 * n + 1).collect();
        assert_eq!(few(&odd), "1, 3, 5, 7, 9, 11, 13, 15, 17, 19 …");
    }
}
