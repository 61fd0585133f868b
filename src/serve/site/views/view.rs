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

    /// As a feed, with the texts of its entries.
    fn feed(&self) -> Option<Feed> {
        None
    }
}

/// The source with a slug.
pub(in crate::serve::site) fn source(reader: &Reader, slug: &str) -> Result<SourceRow, Miss> {
    reader.source_with_slug(slug)?.ok_or_else(|| Miss::NotFound(format!("there is no source {slug}")))
}

/// Where a feed of these is wanted, it has the texts.
pub(super) fn wants_texts(asked: &Asked) -> bool {
    matches!(asked.form, Form::Atom | Form::JsonFeed)
}
