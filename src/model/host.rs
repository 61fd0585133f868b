//! What hosts have said that holds beyond one process.

use jiff::Timestamp;

use super::Failure;

/// What is known of hosts: read when a process starts, and written as it changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostMemory {
    /// What was found of robots.txt files, and is believed still.
    pub robots: Vec<KnownRobots>,
    /// Publishers that are to be left in peace, or were lately.
    pub holds: Vec<HostHold>,
}

impl HostMemory {
    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.robots.is_empty() && self.holds.is_empty()
    }
}

/// A robots.txt as it was last asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownRobots {
    /// Scheme, host and port that it is for.
    pub origin: String,
    /// The file; empty where there is none, which allows everything too. Or why it could not be read, which disallows
    /// everything.
    pub text: Result<Vec<u8>, Failure>,
    /// Until when it is believed.
    pub expires_at: Timestamp,
}

impl KnownRobots {
    /// Larger files are not kept for others than who has read them. Most have some kilobytes.
    pub const KEPT_BYTES_MAX: usize = 64 * 1024;
}

/// What a publisher asked for by `Retry-After` or a 429.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostHold {
    /// The publisher, as its turns are counted.
    pub publisher: String,
    /// Not to be asked before this.
    pub until: Timestamp,
    /// How often in a row it complained without saying when to come back.
    pub n_complaints: u32,
    /// Until when the last complaint is remembered.
    pub complained_until: Option<Timestamp>,
    /// Whether it was heard in a turn that another process had lent, which hears of it too and counts the complaints: `n_complaints` tells
    /// nothing then.
    pub is_borrowed: bool,
}

impl HostHold {
    /// What is known after this was heard, where `known` was before. One that was heard in a borrowed turn takes nothing back.
    #[must_use]
    pub fn after(self, known: Option<&HostHold>) -> HostHold {
        match known {
            Some(known) if self.is_borrowed => HostHold {
                until: self.until.max(known.until),
                n_complaints: known.n_complaints,
                complained_until: self.complained_until.max(known.complained_until),
                is_borrowed: known.is_borrowed,
                publisher: self.publisher,
            },
            _ => self,
        }
    }
}
