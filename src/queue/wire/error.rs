//! Why a message is refused.

/// Longest account of a fault: what somebody sent may stand in it.
const FAULT_CHARS_MAX: usize = 300;

/// Why a message is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// It is of another version.
    #[error(
        "{message} is of version {theirs} of what goes between workers and writer, and this newswire reads version {ours}: have the same \
         newswire on all machines"
    )]
    Version {
        /// Which message.
        message: &'static str,
        /// Its version.
        theirs: u32,
        /// [`super::VERSION`].
        ours: u32,
    },
    /// It is not as it has to be.
    #[error("{message} cannot be read: {fault}")]
    Unreadable {
        /// Which message.
        message: &'static str,
        /// What is wrong in it.
        fault: String,
    },
}

impl WireError {
    /// What is wrong in a message, as far as it can be printed.
    pub(super) fn unreadable(message: &'static str, fault: &str) -> WireError {
        let printable = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
        WireError::Unreadable { message, fault: fault.chars().take(FAULT_CHARS_MAX).map(printable).collect() }
    }
}
