//! What every page is.

use jiff::Timestamp;
use maud::Markup;
use serde_json::Value;

use crate::serve::miss::Miss;
use crate::serve::site::asked::{Asked, Form};
use crate::serve::site::syndication::Feed;
use crate::store::{Reader, SourceRow};

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
}

/// The source with a slug.
pub(in crate::serve::site) fn source(reader: &Reader, slug: &str) -> Result<SourceRow, Miss> {
    reader.source_with_slug(slug)?.ok_or_else(|| no_source(slug))
}

/// The number of the source with a slug.
pub(super) fn source_id(reader: &Reader, slug: &str) -> Result<i64, Miss> {
    reader.source_id(slug)?.ok_or_else(|| no_source(slug))
}

fn no_source(slug: &str) -> Miss {
    Miss::NotFound(format!("there is no source {slug}"))
}

/// Whether a feed is wanted.
pub(super) fn wants_feed(asked: &Asked) -> bool {
    matches!(asked.form, Form::Atom | Form::JsonFeed)
}
