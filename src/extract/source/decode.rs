//! The bytes of a document as text. Images, archives and the like are refused.

use std::borrow::Cow;

use super::super::error::ExtractError;
use super::double_encoding;
use crate::charset;
use crate::model::FetchedDocument;

/// Content types that are no page, by their beginning.
const FOREIGN_TYPES: [&str; 9] = [
    "image/",
    "audio/",
    "video/",
    "font/",
    "application/pdf",
    "application/zip",
    "application/gzip",
    "application/msword",
    "application/vnd.",
];

/// Bytes looked through for signs of a binary file.
const SNIFFED_BYTES: usize = 4096;

/// The text of a document.
///
/// # Errors
///
/// [`ExtractError::NotText`] where it has none.
pub(in super::super) fn text_of(document: &FetchedDocument) -> Result<Cow<'_, str>, ExtractError> {
    check_text(document)?;
    Ok(double_encoding::undo(charset::decode(&document.body, document.content_type.as_deref())))
}

fn check_text(document: &FetchedDocument) -> Result<(), ExtractError> {
    let content_type = document.content_type.as_deref().unwrap_or_default().trim().to_ascii_lowercase();
    if FOREIGN_TYPES.iter().any(|foreign| content_type.starts_with(foreign)) {
        return Err(ExtractError::NotText(format!("content type {content_type}")));
    }
    let start = &document.body[..document.body.len().min(SNIFFED_BYTES)];
    let is_utf16 = matches!(charset::encoding_of(start, None).name(), "UTF-16LE" | "UTF-16BE");
    if start.contains(&0) && !is_utf16 {
        return Err(ExtractError::NotText("binary data".to_owned()));
    }
    if start.starts_with(b"%PDF-") {
        return Err(ExtractError::NotText("a PDF file".to_owned()));
    }
    Ok(())
}
