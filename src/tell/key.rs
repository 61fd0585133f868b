//! Idempotency keys: by what a receiver knows a message that it has had.

use ring::digest::{SHA256, digest};

/// Bytes of the hash that a key has: two messages never share so many by chance.
const KEY_BYTES: usize = 16;

/// The key of what these parts say together.
pub(super) fn of(parts: &[&str]) -> String {
    // A part has no line break that another could have instead.
    let text = parts.iter().map(|part| format!("{} {part}\n", part.len())).collect::<String>();
    let hash = digest(&SHA256, text.as_bytes());
    let hex: String = hash.as_ref().iter().take(KEY_BYTES).map(|byte| format!("{byte:02x}")).collect();
    format!("msg_{hex}")
}
