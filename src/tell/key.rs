//! Idempotency keys: by what a receiver knows a message that it has had.

use std::fmt::Write as _;

use ring::digest::{SHA256, digest};

/// Bytes of the hash that a key has: two messages never share so many by chance.
const KEY_BYTES: usize = 16;

/// The key of what these parts say together.
pub(super) fn of(parts: &[&str]) -> String {
    let mut text = String::new();
    for part in parts {
        // A part has no line break that another could have instead.
        let _ = writeln!(text, "{} {part}", part.len());
    }
    let hash = digest(&SHA256, text.as_bytes());
    let mut key = "msg_".to_owned();
    for byte in hash.as_ref().iter().take(KEY_BYTES) {
        let _ = write!(key, "{byte:02x}");
    }
    key
}
