//! A worker asks for work.

use serde::{Deserialize, Serialize};

use super::code::{Versioned, decode, encode};
use super::error::WireError;

/// A worker asks for work, and by that says that it lives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// [`super::VERSION`] of who asks.
    pub version: u32,
    /// How many questions it has asked before this one.
    pub number: u64,
    /// That of the last question whose answer has come. What later ones gave out has got lost on the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heard: Option<u64>,
    /// The name of its process, which no other has ever had.
    pub worker: String,
    /// Its host and process id, for people.
    pub machine: String,
    /// The version of its newswire.
    pub program: String,
    /// A digest of the settings that must be alike.
    pub settings: String,
    /// How much it does at a time.
    pub slots: Slots,
    /// How much of that is free.
    pub room: Room,
    /// The shards whose leases it holds, each with its epoch.
    pub shards: Vec<(u8, u64)>,
    /// How many jobs it has not reported yet.
    pub n_in_work: u32,
    /// The run of the writer that it last heard of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
}

/// How much a worker does at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slots {
    /// Polls.
    pub polls: u32,
    /// Articles.
    pub articles: u32,
}

/// For how much more a worker has room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// Polls.
    pub polls: Share,
    /// Articles.
    pub articles: Share,
}

/// Room of one kind of work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// For hosts that answer as they should.
    pub sound: u32,
    /// For those that were never reached, or are slow.
    pub probes: u32,
}

impl Ask {
    /// As bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        encode(self)
    }

    /// From bytes.
    ///
    /// # Errors
    ///
    /// When they are none of a question for work, or of another version.
    pub fn decode(bytes: &[u8]) -> Result<Ask, WireError> {
        decode("a worker's question for work", bytes)
    }
}

impl Versioned for Ask {
    fn version(&self) -> Option<u32> {
        Some(self.version)
    }
}
