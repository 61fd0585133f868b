//! A message to bytes and back.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::WireError;

/// The version of the messages that are written here, and the only one that is read.
pub const VERSION: u32 = 1;

/// A message that says its version.
pub(super) trait Versioned {
    /// Its version; `None` where it is read whatever its version is.
    fn version(&self) -> Option<u32>;
}

/// A message that has no version of its own.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Envelope<M> {
    version: u32,
    pub(super) message: M,
}

impl<M> Envelope<M> {
    pub(super) fn of(message: M) -> Envelope<M> {
        Envelope { version: VERSION, message }
    }

    pub(super) fn its_version(&self) -> u32 {
        self.version
    }
}

pub(super) fn encode<M: Serialize>(message: &M) -> Vec<u8> {
    // What fails are maps whose keys are no text, and there is no map.
    serde_json::to_vec(message).unwrap_or_default()
}

pub(super) fn decode<M: DeserializeOwned + Versioned>(name: &'static str, bytes: &[u8]) -> Result<M, WireError> {
    let of_another = |version: Option<u32>| version.filter(|version| *version != VERSION);
    let other = |theirs: u32| WireError::Version { message: name, theirs, ours: VERSION };
    match serde_json::from_slice::<M>(bytes) {
        Ok(message) => match of_another(message.version()) {
            None => Ok(message),
            Some(theirs) => Err(other(theirs)),
        },
        // Of another version, all else may be other too.
        Err(error) => {
            let version = serde_json::from_slice(bytes).ok().map(|Head { version }| version);
            Err(of_another(version).map_or_else(|| WireError::unreadable(name, &error.to_string()), other))
        }
    }
}

#[derive(Deserialize)]
struct Head {
    version: u32,
}
