//! What every page is.

use jiff::Timestamp;
use maud::Markup;
use serde_json::Value;

use crate::serve::miss::Miss;
use crate::serve::site::asked::{Asked, Form};
use crate::serve::site::syndication::{Feed, Outline};
use crate::store::{ArticleDetails, Reader, SourceRow};

/// What a page shows.
pub(in crate::serve::site) trait View {
    /// Its headline.
    fn title(&self) -> String;

    /// As HTML.
    fn main(&self, asked: &Asked, now: Timestamp) -> Markup;

    /// As JSON.
    fn json(&self) -> Value;

    /// Whether it can be subscribed to.
    fn is_feed(&self) -> bool {
        false
    }

    /// Of a feed, what its entries are and how far they have changed: while this is the same, the feed is.
    fn state(&self, _: &Reader) -> Result<Option<String>, Miss> {
        Ok(None)
    }

    /// As a feed, with the texts of its entries, which are read now.
    fn feed(&self, _: &Reader) -> Result<Option<Feed>, Miss> {
        Ok(None)
    }

    /// As a list of feeds.
    fn outlines(&self) -> Option<Vec<Outline>> {
        None
    }
}

/// The source with a slug.
pub(in crate::serve::site) fn source(reader: &Reader, slug: &str) -> Result<SourceRow, Miss> {
    reader.source_with_slug(slug)?.ok_or_else(|| no_source(slug))
}

fn no_source(slug: &str) -> Miss {
    Miss::NotFound(format!("there is no source {slug}"))
}

/// Whether a feed is wanted.
pub(super) fn wants_feed(asked: &Asked) -> bool {
    matches!(asked.form, Form::Atom | Form::JsonFeed)
}

/// What a feed is to have of articles.
#[derive(Clone, Copy, Debug)]
pub(super) struct Texts {
    /// So many paragraphs of each at most.
    pub(super) n_paragraphs: usize,
    /// Whether it has those of which publishers have reserved rights.
    pub(super) are_reserved_in: bool,
}

impl Texts {
    pub(super) const ALL: Texts = Texts { n_paragraphs: usize::MAX, are_reserved_in: true };

    pub(super) fn asked(asked: &Asked) -> Result<Texts, Miss> {
        let n_paragraphs = match asked.text("body") {
            None | Some("full") => usize::MAX,
            Some("lead") => 1,
            Some(other) => return Err(Miss::Wrong(format!("body={other}: must be full or lead"))),
        };
        let are_reserved_in = match asked.text("reserved") {
            None | Some("yes") => true,
            Some("no") => false,
            Some(other) => return Err(Miss::Wrong(format!("reserved={other}: must be yes or no"))),
        };
        Ok(Texts { n_paragraphs, are_reserved_in })
    }

    pub(super) fn has(self, article: &ArticleDetails) -> bool {
        self.are_reserved_in || article.reservations.is_empty()
    }
}
