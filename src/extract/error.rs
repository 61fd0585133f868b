//! Why a document gives no article.

use super::verdict::no_article::NoArticle;
use crate::model::ErrorClass;

/// Why no article was taken from a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExtractError {
    /// The bytes are no text: an image, a PDF, an archive.
    #[error("not a page of text: {0}")]
    NotText(String),
    /// A page without an article on it.
    #[error("no article on the page: {0}")]
    NoArticle(NoArticle),
    /// A page without an article on it, as far as can be seen without the rule for its site, which does not fit it.
    #[error("no article on the page: {reason}; {}", .faults.join("; "))]
    RuleFailed {
        /// What the page is without the rule.
        reason: NoArticle,
        /// What the rule has not found.
        faults: Vec<String>,
    },
}

impl ExtractError {
    /// The kind of failure under which it is stored.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self {
            ExtractError::NotText(_) => ErrorClass::Parse,
            ExtractError::NoArticle(_) | ExtractError::RuleFailed { .. } => ErrorClass::NotArticle,
        }
    }
}
