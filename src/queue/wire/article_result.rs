//! Forms of what the fetch of an article came to.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::article::ArticleForm;
use super::exchange::{FailureForm, ValidatorsForm};
use super::form::{Boxed, Form, Many, Maybe, forms};
use super::scalar::{Canonical, ClockTime};
use crate::model::{
    Absence, Alias, Article, ArticleResult, CanonicalUrl, Failure, Obstruction, PageRole, PageSigns, ReadPage,
    Validators,
};

#[derive(Serialize, Deserialize)]
#[serde(remote = "ArticleResult", rename_all = "kebab-case")]
pub(super) enum ArticleResultForm {
    Article(#[serde(with = "ReadPageForm")] ReadPage),
    Obstructed(#[serde(with = "Boxed::<ObstructionForm>")] Box<Obstruction>),
    Unvouched(#[serde(with = "Boxed::<ObstructionForm>")] Box<Obstruction>),
    Unchanged,
    Postponed {
        #[serde(with = "ClockTime")]
        until: Timestamp,
    },
    Failed {
        #[serde(with = "FailureForm")]
        failure: Failure,
        #[serde(default, skip_serializing_if = "Option::is_none", with = "Maybe::<ClockTime>")]
        retry_at: Option<Timestamp>,
        #[serde(with = "AbsenceForm")]
        absence: Absence,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Obstruction")]
struct ObstructionForm {
    #[serde(with = "FailureForm")]
    failure: Failure,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "Maybe::<ClockTime>")]
    retry_at: Option<Timestamp>,
    #[serde(with = "AbsenceForm")]
    absence: Absence,
    #[serde(with = "PageSignsForm")]
    signs: PageSigns,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "Maybe::<ReadPageForm>")]
    page: Option<ReadPage>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "Maybe::<ReadPageForm>")]
    entry: Option<ReadPage>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "PageSigns")]
struct PageSignsForm {
    place: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    parts: Vec<String>,
    links_min: u32,
    text_links_min: u32,
    is_above: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ReadPage")]
struct ReadPageForm {
    #[serde(with = "Boxed::<ArticleForm>")]
    article: Box<Article>,
    #[serde(with = "AliasForm")]
    answered: Alias,
    publisher: String,
    #[serde(with = "ValidatorsForm")]
    validators: Validators,
    #[serde(with = "PageRoleForm")]
    role: PageRole,
    #[serde(with = "Many::<AliasForm>")]
    further_pages: Vec<Alias>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Alias")]
struct AliasForm {
    #[serde(with = "Canonical")]
    url: CanonicalUrl,
    publisher: String,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "PageRole", rename_all = "kebab-case")]
enum PageRoleForm {
    Own,
    Later,
    WithoutFirst(#[serde(with = "Boxed::<AliasForm>")] Box<Alias>),
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Absence", rename_all = "kebab-case")]
enum AbsenceForm {
    Unknown,
    Likely,
    Certain,
}

forms! {
    ObstructionForm of Obstruction;
    ReadPageForm of ReadPage;
    AliasForm of Alias;
}
