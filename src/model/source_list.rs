//! A list of sources: what stands in it, and what came of asking for one that lies at an address.

use jiff::Timestamp;
use url::Url;

use super::{Exchange, Failure, Source, Validators};

/// A source as a list has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedSource {
    /// The source. A slug that the list does not give is made from the address, and may have to give way to others.
    pub source: Source,
    /// Whether it is paused from the start.
    pub is_paused: bool,
    /// Whether the list gives the slug.
    pub is_named: bool,
}

/// A list at an address, and what is known of it from the last time that it was taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownList {
    /// Where it is.
    pub url: Url,
    /// Its validators, for a conditional request.
    pub validators: Validators,
    /// SHA-256 of it: one that is as it was is recognised where a server has no validators.
    pub body_sha256: Option<[u8; 32]>,
    /// When it was last asked for.
    pub asked_at: Option<Timestamp>,
    /// How long after that it is to be asked for again.
    pub wait_s: u32,
    /// Failures in a row.
    pub n_failures: u32,
}

impl KnownList {
    /// One of which nothing is known yet: it is asked for as a whole.
    #[must_use]
    pub fn untried(url: Url) -> KnownList {
        KnownList {
            url,
            validators: Validators::default(),
            body_sha256: None,
            asked_at: None,
            wait_s: 0,
            n_failures: 0,
        }
    }
}

/// What came of asking for a list at an address.
#[derive(Clone, Debug)]
pub struct ListPoll {
    /// Where it is.
    pub url: Url,
    /// The exchanges that it took.
    pub exchanges: Vec<Exchange>,
    /// When the last of them ended.
    pub finished_at: Timestamp,
    /// What it brought.
    pub result: ListResult,
    /// How long until it is to be asked for again.
    pub wait_s: u32,
}

/// What a list at an address brought.
#[derive(Clone, Debug)]
pub enum ListResult {
    /// It is as it was when it was last taken over.
    Unchanged,
    /// It was read whole.
    Listed {
        /// What it lists.
        sources: Vec<ListedSource>,
        /// What it says that is not taken from a list at an address, and what it says twice.
        notices: Vec<String>,
        /// For the next conditional request.
        validators: Validators,
        /// SHA-256 of it.
        body_sha256: [u8; 32],
    },
    /// It could not be had, or not be read whole.
    Failed(Failure),
}
