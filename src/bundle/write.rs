//! Articles to documents.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// One article as a document. All parts must be in normal form: one line each, the body a paragraph a line.
///
/// The view `bundle_documents` builds the same text in SQL; a test holds the two together.
#[must_use]
pub fn document(title: Option<&str>, day: Option<&str>, url: Option<&str>, body: &str) -> String {
    let mut text = String::with_capacity(body.len() + 256);
    for line in [title, day, url] {
        text.push_str(line.unwrap_or_default());
        text.push('\n');
    }
    if !body.is_empty() {
        text.push_str(body);
        text.push('\n');
    }
    text
}

/// The name of a document's file: its place in the bundle, then its hash.
#[must_use]
pub fn file_name(position: usize, sha256_hex: &str) -> String {
    format!("{position:03}_{}.txt", &sha256_hex[..sha256_hex.len().min(16)])
}

/// SHA-256 in lower-case hex.
#[must_use]
pub fn hex_sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes in lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_lines_are_empty_and_the_end_is_one_line_end() {
        assert_eq!(document(None, Some("20261120"), None, "One\nTwo"), "\n20261120\n\nOne\nTwo\n");
        assert_eq!(document(Some("T"), None, None, ""), "T\n\n\n");
    }

    #[test]
    fn names_have_place_and_hash() {
        assert_eq!(file_name(7, &hex_sha256(b"")), "007_e3b0c44298fc1c14.txt");
        assert_eq!(file_name(1234, &hex_sha256(b"")), "1234_e3b0c44298fc1c14.txt");
    }
}
