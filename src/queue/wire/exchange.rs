//! Forms of HTTP exchanges and their failures.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::form::{Form, Maybe, forms};
use super::scalar::{ClockTime, Lapse};
use crate::model::{ErrorClass, Exchange, Failure, Purpose, Validators};

#[derive(Serialize, Deserialize)]
#[serde(remote = "Exchange")]
pub(super) struct ExchangeForm {
    url: String,
    #[serde(with = "PurposeForm")]
    purpose: Purpose,
    #[serde(with = "ClockTime")]
    started_at: Timestamp,
    #[serde(with = "Lapse")]
    elapsed: Duration,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    bytes: u64,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "Maybe::<FailureForm>")]
    failure: Option<Failure>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redirected_to: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Purpose", rename_all = "kebab-case")]
enum PurposeForm {
    Poll,
    Article,
    Robots,
    Discovery,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Failure")]
pub(super) struct FailureForm {
    #[serde(with = "ErrorClassForm")]
    class: ErrorClass,
    reason: String,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ErrorClass", rename_all = "kebab-case")]
enum ErrorClassForm {
    Dns,
    Tls,
    Connect,
    Header,
    ShortBody,
    Coding,
    Timeout,
    Http4xx,
    Http5xx,
    TooLarge,
    Redirect,
    Robots,
    Address,
    Parse,
    Empty,
    NotArticle,
    OtherPage,
    Internal,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Validators")]
pub(super) struct ValidatorsForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_modified: Option<String>,
}

forms! {
    ExchangeForm of Exchange;
    FailureForm of Failure;
    ValidatorsForm of Validators;
}
