//! Forms of links, and of what their source said of them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::form::{Form, Maybe, forms};
use super::scalar::{Canonical, Moment};
use super::source::FullTextForm;
use crate::model::{CanonicalUrl, EntryMark, FeedText, FullText, LinkHints, ListedLink};

#[derive(Serialize, Deserialize)]
#[serde(remote = "ListedLink")]
pub(super) struct ListedLinkForm {
    #[serde(with = "Canonical")]
    url: CanonicalUrl,
    publisher: String,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "Maybe::<Moment>")]
    updated_at: Option<Timestamp>,
    is_refetch: bool,
    url_as_given: String,
    #[serde(with = "LinkHintsForm")]
    hints: LinkHints,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "Maybe::<EntryMarkForm>")]
    entry: Option<EntryMark>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "LinkHints")]
pub(super) struct LinkHintsForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    guid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<String>,
    authors: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    from_sitemap: bool,
    #[serde(with = "FeedTextForm")]
    text: FeedText,
    #[serde(with = "FullTextForm")]
    full_text: FullText,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "FeedText")]
struct FeedTextForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
    is_cut: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "EntryMark")]
struct EntryMarkForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<i64>,
    text: i64,
    shares_address: bool,
}

forms! {
    ListedLinkForm of ListedLink;
    EntryMarkForm of EntryMark;
}
