//! The seed-bundle format, both ways. Pure: documents in and out, no files.
//!
//! A document is UTF-8 text: the title, the date of publication as `YYYYMMDD` and the canonical address, a line each
//! and empty where unknown, then the body, one paragraph a line. A bundle is a folder of documents, named by their
//! place and the first 16 hex digits of the SHA-256 of their bytes.

mod read;

mod write;

pub use read::{Document, UnreadableDocument, hash_in_name, read};
pub use write::{document, file_name, hex, hex_sha256};
