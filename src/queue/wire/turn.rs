//! Turns at the hosts of a shard, asked of who looks after it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::code::{Envelope, Versioned, decode, encode};
use super::error::WireError;
use super::form::{Form, Maybe, There};
use super::scalar::Lapse;

/// Asks who looks after a shard for a turn at a host of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TurnAsk {
    /// For a turn.
    Begin {
        /// By which the turn is told from others: no other has ever had it.
        loan: String,
        /// The publisher, as its turns are counted.
        publisher: String,
        /// The pause between two requests.
        #[serde(with = "Lapse")]
        pause: Duration,
        /// How many requests may be under way at one time.
        n_at_once: usize,
        /// How long the turn is waited for.
        #[serde(with = "Lapse")]
        patience: Duration,
    },
    /// For more time.
    Extend {
        /// The turn.
        loan: String,
    },
    /// The request has ended.
    End {
        /// The turn.
        loan: String,
        /// What the host said.
        word: HostWord,
    },
}

/// What who looks after the shard answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TurnAnswer {
    /// The host may be asked now.
    Granted {
        /// For how long, from when the question was sent.
        #[serde(with = "Lapse")]
        lasts: Duration,
    },
    /// It may not.
    Busy {
        /// When to ask again.
        #[serde(with = "Lapse")]
        wait: Duration,
    },
    /// Somebody else looks after that shard.
    NotMine,
    /// There is no such turn any more.
    Unknown,
    /// The turn is given back.
    Ended,
}

/// What a host said of how it wants to be asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostWord {
    /// Whether it complained of too many requests; within, for how long it wants to be left in peace, if it said so.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "There::<Maybe<Lapse>>")]
    pub complaint: Option<Option<Duration>>,
    /// For how long it is to be left in peace for other reasons.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "Maybe::<Lapse>")]
    pub hold: Option<Duration>,
    /// Whether it gave what was asked for.
    pub is_content: bool,
}

impl TurnAsk {
    /// As bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        encode(&Envelope::of(self))
    }

    /// From bytes.
    ///
    /// # Errors
    ///
    /// When they are none of a question for a turn, or of another version.
    pub fn decode(bytes: &[u8]) -> Result<TurnAsk, WireError> {
        decode("a question for a turn at a host", bytes).map(|envelope: Envelope<TurnAsk>| envelope.message)
    }
}

impl TurnAnswer {
    /// As bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        encode(&Envelope::of(self))
    }

    /// From bytes.
    ///
    /// # Errors
    ///
    /// When they are none of an answer about a turn, or of another version.
    pub fn decode(bytes: &[u8]) -> Result<TurnAnswer, WireError> {
        decode("an answer about a turn at a host", bytes).map(|envelope: Envelope<TurnAnswer>| envelope.message)
    }
}

impl Versioned for Envelope<TurnAsk> {
    fn version(&self) -> Option<u32> {
        Some(self.its_version())
    }
}

impl Versioned for Envelope<TurnAnswer> {
    fn version(&self) -> Option<u32> {
        Some(self.its_version())
    }
}
