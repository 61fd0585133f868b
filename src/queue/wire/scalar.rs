//! Forms of values that stand in one text or number, and are read back by what checks them.

use std::fmt::Write;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::tz::Offset;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::{Origin, Url};

use super::form::{Form, forms, read_text};
use crate::model::{CanonicalUrl, ClaimId, Fingerprint, LinkId, LoginName, Meaning, Route, SourceId, public_url};

/// Time spans are no longer, so that one can be added to any moment of a clock: nobody who asks for more means it.
pub(super) const LAPSE_MAX: Duration = Duration::from_hours(100 * 365 * 24);

/// The end of the year 8999: clocks do not show more, and a time span can be added to it.
pub(super) const CLOCK_MAX: Timestamp = Timestamp::constant(221_845_391_999, 0);

#[derive(Serialize, Deserialize)]
#[serde(remote = "SourceId")]
pub(super) struct SourceIdForm(i64);

#[derive(Serialize, Deserialize)]
#[serde(remote = "LinkId")]
pub(super) struct LinkIdForm(i64);

#[derive(Serialize, Deserialize)]
#[serde(remote = "ClaimId")]
pub(super) struct ClaimIdForm(i64);

forms! {
    SourceIdForm of SourceId;
    LinkIdForm of LinkId;
    ClaimIdForm of ClaimId;
}

/// A moment: RFC 3339, to the nanosecond.
pub(super) struct Moment;

impl Form for Moment {
    type Value = Timestamp;

    fn serialize<S: Serializer>(value: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        read_text(deserializer, |text| text.parse().map_err(|_| format!("{text:?} is no time")))
    }
}

/// A moment by the clock of who writes, with which is reckoned: from 1970 on, and what is too late for a clock is read as the last moment
/// that is not.
pub(super) struct ClockTime;

impl Form for ClockTime {
    type Value = Timestamp;

    fn serialize<S: Serializer>(value: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        Moment::serialize(value, serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        Ok(Moment::deserialize(deserializer)?.clamp(Timestamp::UNIX_EPOCH, CLOCK_MAX))
    }
}

/// A time span, of a hundred years at most: what is longer is read as that.
pub(super) struct Lapse;

impl Form for Lapse {
    type Value = Duration;

    fn serialize<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        value.serialize(serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        Ok(Duration::deserialize(deserializer)?.min(LAPSE_MAX))
    }
}

/// An offset from UTC, in seconds.
pub(super) struct OffsetForm;

impl Form for OffsetForm {
    type Value = Offset;

    fn serialize<S: Serializer>(value: &Offset, serializer: S) -> Result<S::Ok, S::Error> {
        value.seconds().serialize(serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Offset, D::Error> {
        let seconds = i32::deserialize(deserializer)?;
        Offset::from_seconds(seconds).map_err(|_| fault(format!("{seconds} s is no offset from UTC")))
    }
}

/// An address, without the credentials that it may have.
pub(super) struct Address;

impl Form for Address {
    type Value = Url;

    fn serialize<S: Serializer>(value: &Url, serializer: S) -> Result<S::Ok, S::Error> {
        public_url(value).as_str().serialize(serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Url, D::Error> {
        read_text(deserializer, read_address)
    }
}

/// An address in canonical form.
pub(super) struct Canonical;

impl Form for Canonical {
    type Value = CanonicalUrl;

    fn serialize<S: Serializer>(value: &CanonicalUrl, serializer: S) -> Result<S::Ok, S::Error> {
        Address::serialize(value.as_url(), serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<CanonicalUrl, D::Error> {
        read_text(deserializer, |text| {
            let url = read_address(text)?;
            // Such a one has a host.
            let can_be_followed = matches!(url.scheme(), "http" | "https");
            if can_be_followed {
                Ok(CanonicalUrl::from_canonical(url))
            } else {
                Err(format!("{text:?} cannot be followed"))
            }
        })
    }
}

fn read_address(text: &str) -> Result<Url, String> {
    // Neither is shown: what is no address may have credentials anywhere in it.
    let url = Url::parse(text).map_err(|error| format!("an address cannot be read: {error}"))?;
    if *public_url(&url) == url { Ok(url) } else { Err("an address must be without credentials".to_owned()) }
}

/// A way to a host: `direct`, or the address of a proxy without its credentials.
pub(super) struct RouteForm;

impl Form for RouteForm {
    type Value = Route;

    fn serialize<S: Serializer>(value: &Route, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&value.without_credentials())
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Route, D::Error> {
        read_text(deserializer, |text| {
            let route: Route = text.parse().map_err(|rule| format!("a proxy {rule}"))?;
            let is_public = route.proxy().is_none_or(|proxy| !proxy.has_credentials());
            if is_public { Ok(route) } else { Err("a proxy must be without credentials".to_owned()) }
        })
    }
}

/// The name of credentials, and who gets them: nobody, where there is no origin.
pub(super) struct LoginForm;

#[derive(Serialize, Deserialize)]
struct NameAndOrigin {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
}

impl Form for LoginForm {
    type Value = LoginName;

    fn serialize<S: Serializer>(value: &LoginName, serializer: S) -> Result<S::Ok, S::Error> {
        let LoginName { name, origin } = value;
        let origin = origin.is_tuple().then(|| origin.ascii_serialization());
        NameAndOrigin { name: name.clone(), origin }.serialize(serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<LoginName, D::Error> {
        let NameAndOrigin { name, origin } = NameAndOrigin::deserialize(deserializer)?;
        LoginName::check(&name).map_err(|rule| fault(format!("the name of credentials {rule}")))?;
        let Some(text) = origin else { return Ok(LoginName { name, origin: Origin::new_opaque() }) };
        let url = Url::parse(&text).ok().filter(|url| url.origin().ascii_serialization() == text);
        url.map(|url| LoginName::of(&name, &url)).ok_or_else(|| fault("who gets credentials cannot be read".to_owned()))
    }
}

/// Bytes, as base64.
pub(super) struct Bytes;

impl Form for Bytes {
    type Value = Vec<u8>;

    fn serialize<S: Serializer>(value: &Vec<u8>, serializer: S) -> Result<S::Ok, S::Error> {
        STANDARD.encode(value).serialize(serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        read_text(deserializer, |text| STANDARD.decode(text).map_err(|error| format!("bytes cannot be read: {error}")))
    }
}

/// A vector, as the base64 of its bytes.
pub(super) struct MeaningForm;

impl Form for MeaningForm {
    type Value = Meaning;

    fn serialize<S: Serializer>(value: &Meaning, serializer: S) -> Result<S::Ok, S::Error> {
        Bytes::serialize(&value.to_bytes(), serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Meaning, D::Error> {
        Ok(Meaning::from_bytes(&Bytes::deserialize(deserializer)?))
    }
}

/// A SHA-256, in hex.
pub(super) struct Sha256;

impl Form for Sha256 {
    type Value = [u8; 32];

    fn serialize<S: Serializer>(value: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = String::with_capacity(2 * value.len());
        for byte in value {
            // A text takes whatever is written to it.
            let _ = write!(text, "{byte:02x}");
        }
        text.serialize(serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
        read_text(deserializer, |text| read_hex(text).ok_or_else(|| format!("{text:?} is no SHA-256 in hex")))
    }
}

fn read_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 2 * bytes.len() {
        return None;
    }
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = digit(digits[0])? << 4 | digit(digits[1])?;
    }
    Some(bytes)
}

/// The fingerprint of a wording, in hex.
pub(super) struct FingerprintForm;

impl Form for FingerprintForm {
    type Value = Fingerprint;

    fn serialize<S: Serializer>(value: &Fingerprint, serializer: S) -> Result<S::Ok, S::Error> {
        let Fingerprint(sha256) = value;
        Sha256::serialize(sha256, serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Fingerprint, D::Error> {
        Sha256::deserialize(deserializer).map(Fingerprint)
    }
}

fn fault<E: serde::de::Error>(fault: String) -> E {
    E::custom(fault)
}
