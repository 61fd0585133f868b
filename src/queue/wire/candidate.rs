//! Form of an article to fetch.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::exchange::ValidatorsForm;
use super::form::{Form, Maybe, forms};
use super::link::LinkHintsForm;
use super::scalar::{Canonical, ClaimIdForm, ClockTime, LinkIdForm, LoginForm, RouteForm, SourceIdForm};
use crate::model::{Candidate, CanonicalUrl, ClaimId, LinkHints, LinkId, LoginName, Route, SourceId, Validators};

#[derive(Serialize, Deserialize)]
#[serde(remote = "Candidate")]
pub(super) struct CandidateForm {
    #[serde(with = "LinkIdForm")]
    link: LinkId,
    #[serde(with = "ClaimIdForm")]
    claim: ClaimId,
    #[serde(with = "Canonical")]
    url: CanonicalUrl,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "Maybe::<Canonical>")]
    other_form: Option<CanonicalUrl>,
    publisher: String,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "Maybe::<SourceIdForm>")]
    source: Option<SourceId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_slug: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "Maybe::<RouteForm>")]
    proxy: Option<Route>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "Maybe::<LoginForm>")]
    login: Option<LoginName>,
    #[serde(with = "LinkHintsForm")]
    hints: LinkHints,
    #[serde(with = "ValidatorsForm")]
    validators: Validators,
    failures_in_a_row: u32,
    #[serde(with = "ClockTime")]
    first_seen_at: Timestamp,
    is_probe: bool,
}

forms! {
    CandidateForm of Candidate;
}
