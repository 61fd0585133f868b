//! Forms of what is known of hosts.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::exchange::FailureForm;
use super::form::{Form, Many, Maybe, forms};
use super::scalar::{Bytes, Moment};
use crate::model::{Failure, HostHold, HostMemory, KnownRobots};

#[derive(Serialize, Deserialize)]
#[serde(remote = "HostMemory")]
pub(super) struct HostMemoryForm {
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "Many::<KnownRobotsForm>")]
    robots: Vec<KnownRobots>,
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "Many::<HostHoldForm>")]
    holds: Vec<HostHold>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "KnownRobots")]
struct KnownRobotsForm {
    origin: String,
    #[serde(with = "RobotsTextForm")]
    text: Result<Vec<u8>, Failure>,
    #[serde(with = "Moment")]
    expires_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Result<Vec<u8>, Failure>")]
enum RobotsTextForm {
    #[serde(rename = "file")]
    Ok(#[serde(with = "Bytes")] Vec<u8>),
    #[serde(rename = "failure")]
    Err(#[serde(with = "FailureForm")] Failure),
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "HostHold")]
struct HostHoldForm {
    publisher: String,
    #[serde(with = "Moment")]
    until: Timestamp,
    n_complaints: u32,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "Maybe::<Moment>")]
    complained_until: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "is_false")]
    is_borrowed: bool,
}

// By reference, as `serde` asks.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_false(value: &bool) -> bool {
    !value
}

forms! {
    KnownRobotsForm of KnownRobots;
    HostHoldForm of HostHold;
}
