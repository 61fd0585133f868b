//! Form of what a poll came to.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use super::exchange::{FailureForm, ValidatorsForm};
use super::form::{Form, Many, Maybe};
use super::link::ListedLinkForm;
use super::scalar::{Address, ClockTime, Sha256};
use super::source::{ChildSitemapForm, SourceKindForm};
use crate::model::{ChildSitemap, Failure, ListedLink, PollHints, PollResult, SourceKind, Validators};

#[derive(Serialize, Deserialize)]
#[serde(remote = "PollResult", rename_all = "kebab-case")]
pub(super) enum PollResultForm {
    Listed {
        #[serde(with = "SourceKindForm")]
        kind: SourceKind,
        #[serde(skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        #[serde(with = "Many::<ListedLinkForm>")]
        links: Vec<ListedLink>,
        problems: Vec<String>,
        #[serde(with = "ValidatorsForm")]
        validators: Validators,
        #[serde(default, skip_serializing_if = "Option::is_none", with = "Maybe::<Sha256>")]
        body_sha256: Option<[u8; 32]>,
        #[serde(with = "PollHintsForm")]
        hints: PollHints,
        #[serde(with = "Many::<ChildSitemapForm>")]
        children: Vec<ChildSitemap>,
        #[serde(default, skip_serializing_if = "Option::is_none", with = "Maybe::<Address>")]
        moved_to: Option<Url>,
    },
    Unchanged {
        #[serde(default, skip_serializing_if = "Option::is_none", with = "Maybe::<ValidatorsForm>")]
        validators: Option<Validators>,
        #[serde(with = "PollHintsForm")]
        hints: PollHints,
        #[serde(default, skip_serializing_if = "Option::is_none", with = "Maybe::<Address>")]
        moved_to: Option<Url>,
    },
    Postponed {
        #[serde(with = "ClockTime")]
        until: Timestamp,
    },
    Failed {
        #[serde(with = "FailureForm")]
        failure: Failure,
        #[serde(with = "ClockTime")]
        retry_at: Timestamp,
        gone: bool,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "PollHints")]
struct PollHintsForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl_s: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_age_s: Option<u32>,
    skip_hours: u32,
    skip_days: u8,
}
