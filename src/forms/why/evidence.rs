//! What is on record of an address, and the words for it that several answers share.

use jiff::Timestamp;

use crate::store::{AddressHistory, ArticleRow, ExchangeRow, SourceOfHost};

use crate::forms::words::shell_word;

/// All that the answer is found from.
pub(super) struct Evidence<'a> {
    /// The address.
    pub(super) url: &'a str,
    /// Who publishes there.
    pub(super) publisher: &'a str,
    pub(super) history: &'a AddressHistory,
    /// The article that it leads to, if it is stored.
    pub(super) article: Option<&'a ArticleRow>,
    /// Our sources of the same publisher.
    pub(super) sources: &'a [SourceOfHost],
    /// The source whose address it is.
    pub(super) itself: Option<&'a SourceOfHost>,
    /// Whether some process ingests into the database now.
    pub(super) is_ingesting: bool,
    /// Days for which exchanges stay on record.
    pub(super) keep_days: u32,
    pub(super) now: Timestamp,
}

/// What has become of an address.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Diagnosis {
    /// The kind of answer, for programs.
    pub(crate) state: &'static str,
    /// The answer, for people.
    pub(crate) text: String,
    /// What can be done, each in a sentence.
    pub(crate) next: Vec<String>,
}

impl Evidence<'_> {
    /// The last exchange, if it failed.
    pub(super) fn last_failure(&self) -> Option<&ExchangeRow> {
        self.history.exchanges.last().filter(|exchange| exchange.error_class.is_some())
    }

    /// Why the last attempt failed, to be put behind a sentence.
    pub(super) fn because(&self) -> String {
        let error = self.last_failure().and_then(|exchange| exchange.error.as_deref());
        error.map(|error| format!(": {error}")).unwrap_or_default()
    }

    /// How to fetch it by hand, as a sentence.
    pub(super) fn fetch(&self, does: &str) -> String {
        let alone = if self.is_ingesting { ", once the process that ingests now has ended" } else { "" };
        format!("`newswire fetch {}` {does}{alone}", shell_word(self.url))
    }

    /// How to see how its page reads, as a sentence.
    pub(super) fn explain(&self) -> String {
        format!("`newswire extract --explain {}` shows how its page reads", shell_word(self.url))
    }
}
