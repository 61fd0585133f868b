//! `newswire merge`: all of another newswire database.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use clap::Args;

use super::import::intake::{Counts, Intake, NewArticle, Place, Spot};
use crate::app::App;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::terminal::article_forms;
use crate::cli::terminal::logging::Manner;
use crate::cli::terminal::progress::Progress;
use crate::cli::terminal::signals::{self, Interrupt};
use crate::cli::terminal::text::counted;
use crate::model::{ArticleRecord, Companions, DeletedIdentity, MergedSource};
use crate::pipeline;
use crate::store::{Reader, SourceRow};

#[derive(Debug, Args)]
#[command(after_help = "\
Articles are known again as by import: by address, GUID or words. Sources, sightings, earlier wordings and stories come along; the
sources are not polled here. What was deleted in either stays deleted. OTHER.db is only read. The same once more changes nothing.

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
}

pub(crate) fn run(context: &mut Context, command: &MergeCommand) -> Result<(), Failure> {
    let config = context.configure(Manner::OneShot)?;
    let interrupt = signals::watch()?;
    let same = |path: &Path| std::fs::canonicalize(path).ok();
    if same(&command.other).is_some() && same(&command.other) == same(&config.store.path) {
        return Err(Failure::Usage(format!("{} is the database itself; name another one", command.other.display())));
    }
    let reader = Context::reader(&command.other)?;
    reader.check_mergeable()?;
    let app = App::build(config)?;
    let progress = Progress::start("merging", false);
    let intake = Intake::new(&app, progress.clone());
    let mut merge = Merge { app: &app, reader: &reader, path: &command.other, intake, slugs: HashMap::new() };
    let outcome = Context::block_on(async {
        let outcome = merge.all(&progress, &interrupt).await;
        let counts = merge.intake.counts;
        app.store.clone().close().await?;
        Ok::<_, Failure>((counts, outcome))
    })?;
    progress.finish();
    let (counts, outcome) = outcome?;
    let Counts { new, duplicates, known, deleted, revisions, failed, .. } = counts;
    let Besides { deletions, in_stories } = outcome.as_ref().copied().unwrap_or_default();
    if context.output.is_json() {
        let value = serde_json::json!({
            "new": new, "duplicates": duplicates, "known": known, "deleted": deleted, "revisions": revisions,
            "failed": failed, "deletions": deletions, "in_stories": in_stories,
        });
        context.output.line(&value.to_string())?;
    } else {
        eprintln!(
            "{new} new, {}, {known} known, {}, {deleted} deleted here before, {failed} failed; {} taken over, {} to other stories",
            counted(duplicates, "duplicate"),
            counted(revisions, "revision"),
            counted(deletions, "deletion"),
            counted(in_stories, "article"),
        );
    }
    outcome?;
    if failed > 0 {
        return Err(Failure::Partly(format!("{failed} could not be taken in, the rest is stored")));
    }
    Ok(())
}

/// A merge under way.
struct Merge<'a> {
    app: &'a App,
    reader: &'a Reader,
    path: &'a Path,
    intake: Intake<'a>,
    /// The slugs that the sources there have here.
    slugs: HashMap<String, String>,
}

impl Merge<'_> {
    async fn all(&mut self, progress: &Progress, interrupt: &Interrupt) -> Result<Besides, Failure> {
        self.sources().await?;
        let ids = self.reader.article_ids()?;
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
        let deletions = self.app.store.merge_deleted(self.deleted()?).await?;
        let here = |articles: Vec<i64>| articles.into_iter().filter_map(|id| companions.number_of(id)).collect();
        let shared = self.reader.shared_stories()?.into_iter().map(here).collect();
        let in_stories = self.app.store.merge_stories(shared).await?;
        Ok(Besides { deletions, in_stories })
    }

    async fn sources(&mut self) -> Result<(), Failure> {
        let there = self.reader.sources()?;
        let slugs: Vec<String> = there.iter().map(|source| source.slug.clone()).collect();
        let here = self.app.store.merge_sources(there.into_iter().map(merged).collect()).await?;
        self.slugs = slugs.into_iter().zip(here).collect();
        Ok(())
    }

    /// Takes in an article, by way of what an export would say of it.
    async fn article(&mut self, id: i64, companions: &Companions) -> Result<(), Failure> {
        let place = Place::of(self.path, Spot::Article(id));
        // Deleted meanwhile.
        let Some(article) = self.reader.article(id)? else { return Ok(()) };
        let (sightings, revisions) = (self.reader.sightings(id)?, self.reader.revisions(id)?);
        let damage = self.reader.take_damage();
        if !damage.is_empty() {
            let faults: Vec<String> = damage.into_iter().flat_map(|row| row.faults).collect();
            self.intake.fault(&place, &faults.join("; "));
            return Ok(());
        }
        let exported = article_forms::exported(&article, &[], &sightings, &revisions);
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
            ArticleRecord { companions: companions.clone(), ..record }
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

    fn deleted(&self) -> Result<Vec<DeletedIdentity>, Failure> {
        let mut identities = self.reader.deleted_identities()?;
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

fn merged(source: SourceRow) -> MergedSource {
    let SourceRow { slug, url, kind, title, tags, site_url, .. } = source;
    MergedSource { slug, url, kind, title, tags, site_url }
}
