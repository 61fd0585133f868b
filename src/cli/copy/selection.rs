//! The articles of an export, as they read now or at an earlier time.

use crate::bundle;
use crate::cli::failure::Failure;
use crate::cli::terminal::progress::Progress;
use crate::cli::terminal::signals::Interrupt;
use crate::scripts;
use crate::store::{ArticleFilter, AsOf, DocumentRow, Reader, RevisionRow, SightingRow};

use super::bundle_folder::document_of;

/// A choice of articles.
pub(super) struct Selection<'a> {
    pub(super) reader: &'a Reader,
    pub(super) filter: &'a ArticleFilter,
    pub(super) interrupt: &'a Interrupt,
    pub(super) progress: &'a Progress,
}

/// An article with what is on record of it.
pub(super) struct Chosen {
    pub(super) document: DocumentRow,
    pub(super) sightings: Vec<SightingRow>,
    pub(super) revisions: Vec<RevisionRow>,
}

impl Selection<'_> {
    /// Passes each article to `visit`, in the order of a bundle; with its sightings and earlier wordings if `has_history`
    /// asks for them. `at_interrupt` tells what has become of the work when a signal ends it.
    pub(super) fn for_each(
        &self,
        has_history: bool,
        at_interrupt: impl Fn() -> String,
        mut visit: impl FnMut(Chosen) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        // Before the first article comes the order of all is looked up.
        self.reader.end_when(self.interrupt.flag())?;
        // A file that is damaged cannot be counted, and is exported all the same.
        if self.progress.is_shown()
            && let Ok(n_articles) = self.reader.n_articles(self.filter)
        {
            self.progress.set_length(n_articles);
        }
        let mut n_visited = 0;
        let passed = self.reader.for_each_document(self.filter, |document| {
            self.interrupt.check(&at_interrupt)?;
            n_visited += 1;
            self.progress.set_position(n_visited);
            let id = document.article.row.id;
            let (sightings, revisions) = if has_history || self.filter.as_of.is_some() {
                (self.reader.sightings(id)?, self.reader.revisions(id)?)
            } else {
                (Vec::new(), Vec::new())
            };
            let mut chosen = Chosen { document, sightings, revisions };
            if let Some(as_of) = self.filter.as_of {
                self.go_back(&mut chosen, as_of)?;
            }
            visit(chosen)
        });
        if passed.is_err() {
            self.interrupt.check(&at_interrupt)?;
        }
        passed
    }

    /// Undoes what came later: wordings, a removal and, where a time is asked for, sightings.
    fn go_back(&self, chosen: &mut Chosen, as_of: AsOf) -> Result<(), Failure> {
        let state = self.reader.state_as_of(&chosen.document.article, &chosen.revisions, as_of)?;
        let article = &mut chosen.document.article;
        if state.was_there {
            article.removed_at = None;
        }
        if let Some(RevisionRow { revision, title, body, seen_at }) = state.wording {
            article.row.words = scripts::count_words(&body);
            article.row.title = title;
            article.row.revision = revision;
            article.body = body;
            article.updated_at = seen_at;
            chosen.revisions.retain(|earlier| earlier.revision < revision);
            let text = document_of(&chosen.document);
            chosen.document.article.sha256 = bundle::hex_sha256(text.as_bytes());
        }
        if let AsOf::Time(time) = as_of {
            let time = format!("{time:.0}");
            chosen.sightings.retain(|sighting| sighting.first_seen_at <= time);
            for sighting in &mut chosen.sightings {
                sighting.last_seen_at = std::mem::take(&mut sighting.last_seen_at).min(time.clone());
            }
            let seen_in = |slug: &String| chosen.sightings.iter().any(|sighting| sighting.source == *slug);
            chosen.document.sources.retain(seen_in);
        }
        Ok(())
    }
}
