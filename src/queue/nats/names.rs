//! How everything in NATS is called: subjects, streams, buckets.
//!
//! All names begin with the prefix of the database, so that several go by one server.

use std::fmt::Write as _;

use super::super::question::BusError;

/// The consumer by which the writer takes reports.
pub(super) const CONSUMER: &str = "writer";

/// Longest prefix. Names of streams are names of folders at the server.
const PREFIX_CHARS_MAX: usize = 64;

/// The names of one database.
#[derive(Clone, Debug)]
pub(super) struct Names {
    prefix: String,
}

impl Names {
    /// Those with this prefix.
    pub(super) fn new(prefix: &str) -> Result<Names, BusError> {
        let is_usual = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if prefix.is_empty() || prefix.len() > PREFIX_CHARS_MAX || !prefix.chars().all(is_usual) {
            return Err(BusError::Wrong(format!(
                "the prefix {prefix:?} of names in NATS: it must have 1 to {PREFIX_CHARS_MAX} letters, digits, - or _"
            )));
        }
        Ok(Names { prefix: prefix.to_owned() })
    }

    /// Where the writer is asked.
    pub(super) fn work(&self) -> String {
        format!("{}.work", self.prefix)
    }

    /// Where who looks after a shard is asked.
    pub(super) fn turn(&self, shard: u8) -> String {
        format!("{}.turn.{shard}", self.prefix)
    }

    /// Where workers say that they are there.
    pub(super) fn presence(&self) -> String {
        format!("{}.presence", self.prefix)
    }

    /// All reports.
    pub(super) fn reports(&self) -> String {
        format!("{}.reports.>", self.prefix)
    }

    /// Where a report goes.
    pub(super) fn report(&self, id: &str) -> String {
        format!("{}.reports.{}", self.prefix, token(id))
    }

    /// What is kept of reports until it is committed.
    pub(super) fn reports_stream(&self) -> String {
        format!("{}_REPORTS", self.prefix.to_ascii_uppercase())
    }

    /// Where it is told what has changed.
    pub(super) fn changes(&self) -> String {
        format!("{}.articles.changed", self.prefix)
    }

    /// What is kept of changes.
    pub(super) fn changes_stream(&self) -> String {
        format!("{}_CHANGES", self.prefix.to_ascii_uppercase())
    }

    /// The bucket of leases.
    pub(super) fn bucket(&self) -> String {
        format!("{}_shards", self.prefix)
    }

    /// The stream below that bucket.
    pub(super) fn bucket_stream(&self) -> String {
        format!("KV_{}", self.bucket())
    }

    /// Where the record of a shard is: its key in the bucket is `shard.{n}`.
    pub(super) fn record(&self, shard: u8) -> String {
        format!("$KV.{}.shard.{shard}", self.bucket())
    }

    /// Where answers come to a process. Its user may be kept from hearing those of others.
    pub(super) fn inbox(&self, process: &str) -> String {
        format!("{}{}", self.inboxes(), token(process))
    }

    /// With what the subjects begin at which any process of this database is answered.
    pub(super) fn inboxes(&self) -> String {
        format!("_INBOX.{}.", self.prefix)
    }
}

/// A text as one token of a subject; different texts give different ones.
pub(super) fn token(text: &str) -> String {
    if text.is_empty() {
        return "=".to_owned();
    }
    text.bytes().fold(String::with_capacity(text.len()), |mut token, byte| {
        if byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' {
            token.push(char::from(byte));
        } else {
            let _ = write!(token, "={byte:02X}");
        }
        token
    })
}

#[cfg(test)]
mod tests {
    use super::{Names, token};

    #[test]
    fn a_text_is_one_token_and_no_other_text_gives_the_same() {
        assert_eq!(token("worker-1_a"), "worker-1_a");
        assert_eq!(token("a.b"), "a=2Eb");
        assert_eq!(token("a=2Eb"), "a=3D2Eb");
        assert_eq!(token("*"), "=2A");
        assert_eq!(token(""), "=");
    }

    #[test]
    fn a_prefix_that_would_be_several_tokens_is_refused() {
        for prefix in ["", "a.b", "a b", "a*", "ä", &"a".repeat(65)] {
            assert!(Names::new(prefix).is_err(), "{prefix:?}");
        }
        assert_eq!(Names::new("desk-2_b").expect("a prefix").reports_stream(), "DESK-2_B_REPORTS");
    }
}
