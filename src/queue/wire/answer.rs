//! The writer answers who asked for work.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::candidate::CandidateForm;
use super::code::{Envelope, Versioned, decode, encode};
use super::error::WireError;
use super::form::{Boxed, Form};
use super::host::HostMemoryForm;
use super::scalar::Lapse;
use super::source::DueSourceForm;
use crate::model::{Candidate, DueSource, HostMemory};

/// What the writer answers who asked for work.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// What there is to do, which may be nothing.
    Work {
        /// The run of the writer, which no other has ever had.
        run: String,
        /// How long the worker may ask hosts, from when it sent its question.
        #[serde(with = "Lapse")]
        lasts: Duration,
        /// What is to be done.
        jobs: Vec<Job>,
        /// Whether no other worker is there.
        sole: bool,
    },
    /// This worker gets nothing to do. Read whatever its version, since a version may be the reason.
    Refused {
        /// [`super::VERSION`] of the writer.
        version: u32,
        /// Why, for people.
        reason: String,
    },
}

/// A piece of work.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    /// By which its outcome is told from that of others: no other job has ever had it.
    pub ticket: String,
    /// The shard of its publisher.
    pub shard: u8,
    /// The epoch of that shard's lease under which it was given out.
    pub epoch: u64,
    /// What is known of its publisher's hosts.
    #[serde(with = "HostMemoryForm")]
    pub hosts: HostMemory,
    /// What is to be done.
    pub task: Task,
}

/// What is to be done.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// A source to poll.
    Poll(#[serde(with = "Boxed::<DueSourceForm>")] Box<DueSource>),
    /// An article to fetch.
    Article(#[serde(with = "Boxed::<CandidateForm>")] Box<Candidate>),
}

impl Answer {
    /// As bytes. Addresses go without their credentials: see [`DueSource::has_secrets`].
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        encode(&Envelope::of(self))
    }

    /// From bytes.
    ///
    /// # Errors
    ///
    /// When they are none of an answer, or of work by another version.
    pub fn decode(bytes: &[u8]) -> Result<Answer, WireError> {
        decode("the writer's answer", bytes).map(|envelope: Envelope<Answer>| envelope.message)
    }
}

impl Versioned for Envelope<Answer> {
    fn version(&self) -> Option<u32> {
        match self.message {
            Answer::Work { .. } => Some(self.its_version()),
            Answer::Refused { .. } => None,
        }
    }
}
