//! Forms of a source to poll.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use super::exchange::ValidatorsForm;
use super::form::{Form, Many, Maybe, forms};
use super::scalar::{Address, ClaimIdForm, LoginForm, Moment, RouteForm, Sha256, SourceIdForm};
use crate::model::{
    ChildSitemap, ClaimId, DueSource, FullText, LoginName, Route, SourceId, SourceKind, TimeSpan, Validators,
};

#[derive(Serialize, Deserialize)]
#[serde(remote = "DueSource")]
pub(super) struct DueSourceForm {
    #[serde(with = "SourceIdForm")]
    id: SourceId,
    #[serde(with = "ClaimIdForm")]
    claim: ClaimId,
    slug: String,
    #[serde(with = "Address")]
    url: Url,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "Maybe::<SourceKindForm>")]
    kind: Option<SourceKind>,
    #[serde(with = "ValidatorsForm")]
    validators: Validators,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "Maybe::<Sha256>")]
    body_sha256: Option<[u8; 32]>,
    failures_in_a_row: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval_s: Option<u32>,
    #[serde(with = "FullTextForm")]
    full_text: FullText,
    link_selectors: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "Maybe::<RouteForm>")]
    proxy: Option<Route>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "Maybe::<LoginForm>")]
    login: Option<LoginName>,
    #[serde(with = "Many::<ChildSitemapForm>")]
    children: Vec<ChildSitemap>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "Maybe::<TimeSpanForm>")]
    gap: Option<TimeSpan>,
    is_probe: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "SourceKind", rename_all = "kebab-case")]
pub(super) enum SourceKindForm {
    Feed,
    Sitemap,
    Page,
    Article,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "FullText", rename_all = "kebab-case")]
pub(super) enum FullTextForm {
    Auto,
    Feed,
    Page,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ChildSitemap")]
pub(super) struct ChildSitemapForm {
    #[serde(with = "Address")]
    url: Url,
    #[serde(with = "ValidatorsForm")]
    validators: Validators,
    #[serde(with = "Sha256")]
    body_sha256: [u8; 32],
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "TimeSpan")]
struct TimeSpanForm {
    #[serde(with = "Moment")]
    from: Timestamp,
    #[serde(with = "Moment")]
    until: Timestamp,
}

forms! {
    DueSourceForm of DueSource;
    SourceKindForm of SourceKind;
    ChildSitemapForm of ChildSitemap;
    TimeSpanForm of TimeSpan;
}
