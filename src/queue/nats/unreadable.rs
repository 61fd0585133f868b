//! Messages of the stream of reports that no client can read, which therefore nobody would ever acknowledge.
//!
//! A server takes any bytes as a subject and as headers. The client takes both as text: it gives up the connection over a message in which they
//! are not, or takes it for word from the server. Such a message came again each minute, for ever. By the API of `JetStream` it can be read
//! all the same, since it stands in JSON there, and be deleted by its number.

use std::str::FromStr;

use async_nats::HeaderName;
use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;

use super::super::question::BusError;
use super::connection::{Connection, in_words, no_api};

/// Where there is one, it is looked for others until so many messages behind the last one can be read: those that come next would each cost a
/// connection.
const READABLE_IN_A_ROW: u64 = 256;

/// How headers begin. What follows in the same line is word from a server.
const HEADERS_BEGIN: &str = "NATS/1.0";

/// A message, as the API tells of it: what is not UTF-8 in its subject is U+FFFD.
#[derive(Debug, Deserialize)]
struct Stored {
    seq: u64,
    #[serde(default)]
    subject: String,
    /// In Base64.
    #[serde(default)]
    hdrs: Option<String>,
}

#[derive(Deserialize)]
struct Got {
    message: Stored,
}

#[derive(Deserialize)]
struct Deleted {}

/// Deletes the messages from number `from` to `until` that cannot be read, and such that follow soon. Those of which `is_known` says so have been
/// read. Returns how many it has deleted. Asks the server of one message after the other.
///
/// # Errors
///
/// When the server does not answer, or may not be asked this. Some may be deleted then.
pub(super) async fn delete(
    connection: &Connection,
    from: u64,
    until: u64,
    is_known: impl Fn(u64) -> bool,
) -> Result<u64, BusError> {
    let (mut n_deleted, mut until, mut next) = (0, until, from);
    loop {
        while next <= until && is_known(next) {
            next += 1;
        }
        if next > until {
            return Ok(n_deleted);
        }
        let Some(stored) = first_from(connection, next).await?.filter(|stored| stored.seq <= until) else {
            return Ok(n_deleted);
        };
        next = stored.seq.saturating_add(1);
        if !is_readable(&stored) {
            delete_one(connection, stored.seq).await?;
            n_deleted += 1;
            until = until.max(stored.seq.saturating_add(READABLE_IN_A_ROW));
        }
    }
}

/// The first message with this number or a higher one.
async fn first_from(connection: &Connection, number: u64) -> Result<Option<Stored>, BusError> {
    let wanted = json!({ "seq": number, "next_by_subj": connection.names.reports() });
    match ask::<Got>(connection, "GET", &wanted).await? {
        Response::Ok(got) => Ok(Some(got.message)),
        Response::Err { error } if error.error_code() == ErrorCode::NO_MESSAGE_FOUND => Ok(None),
        Response::Err { error } => Err(BusError::Away(in_words(&error))),
    }
}

async fn delete_one(connection: &Connection, number: u64) -> Result<(), BusError> {
    // The bytes need not be written over.
    match ask::<Deleted>(connection, "DELETE", &json!({ "seq": number, "no_erase": true })).await? {
        Response::Ok(Deleted {}) => Ok(()),
        Response::Err { error } if error.error_code() == ErrorCode::SEQUENCE_NOT_FOUND => Ok(()),
        Response::Err { error } => Err(BusError::Away(in_words(&error))),
    }
}

async fn ask<T: serde::de::DeserializeOwned>(
    connection: &Connection,
    verb: &str,
    question: &serde_json::Value,
) -> Result<Response<T>, BusError> {
    connection.check()?;
    let subject = format!("STREAM.MSG.{verb}.{}", connection.names.reports_stream());
    let answer = connection.jetstream.request(subject, question).await;
    answer.map_err(|error| BusError::Away(no_api(error.kind())))
}

/// Whether the client can read a message: as strict as no report needs.
fn is_readable(stored: &Stored) -> bool {
    let is_plain = !stored.subject.is_empty() && stored.subject.bytes().all(|byte| byte.is_ascii_graphic());
    is_plain
        && stored
            .hdrs
            .as_deref()
            .is_none_or(|headers| STANDARD.decode(headers).is_ok_and(|headers| are_headers(&headers)))
}

fn are_headers(headers: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(headers) else { return false };
    let mut lines = text.split("\r\n").filter(|line| !line.is_empty());
    let is_header = |line: &str| {
        let has_name = line.split_once(':').is_some_and(|(name, _)| HeaderName::from_str(name).is_ok());
        has_name && !line.contains(|c: char| c.is_control() && c != '\t')
    };
    lines.next() == Some(HEADERS_BEGIN) && lines.all(is_header)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(subject: &str, headers: Option<&[u8]>) -> Stored {
        Stored { seq: 1, subject: subject.to_owned(), hdrs: headers.map(|headers| STANDARD.encode(headers)) }
    }

    #[test]
    fn a_report_can_be_read_and_what_the_client_stumbles_over_cannot() {
        let report = "newswire.reports.run-1_3_00ff=2E";
        let id: &[u8] = b"NATS/1.0\r\nNats-Msg-Id: run-1-0of1\r\nNats-Expected-Stream: NEWSWIRE_REPORTS\r\n\r\n";
        for headers in [None, Some(id), Some(b"NATS/1.0\r\n\r\n".as_slice()), Some(b"NATS/1.0\r\na:\r\n\r\n")] {
            assert!(is_readable(&stored(report, headers)), "{:?}", headers.map(String::from_utf8_lossy));
        }
        // The second is several words to the client where there are headers.
        for subject in ["newswire.reports.\u{fffd}", "newswire.reports.a\u{a0}b", "newswire.reports.\u{1b}", ""] {
            assert!(!is_readable(&stored(subject, None)), "{subject:?}");
        }
        let wrong: [&[u8]; 7] = [
            b"NATS/1.0\r\na: \xff\r\n\r\n",
            b"NATS/1.0\r\na\r\n\r\n",
            b"NATS/1.0\r\na b\r\n\r\n",
            b"NATS/1.0\r\na: b\nc\r\n\r\n",
            b"NATS/1.0 409 Consumer Deleted\r\n\r\n",
            b"HTTP/1.1\r\n\r\n",
            b"",
        ];
        for headers in wrong {
            assert!(!is_readable(&stored(report, Some(headers))), "{:?}", String::from_utf8_lossy(headers));
        }
    }
}
