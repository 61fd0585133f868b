//! Why a document is no list of links.

use url::Url;

use crate::model::ErrorClass;

/// Why a document could not be read as a feed or sitemap.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FeedError {
    /// There is nothing in it.
    #[error("the body is empty")]
    Empty,
    /// It is a web page; the feeds that it links to come along.
    #[error("this is an HTML page and not a feed{}", named(.feeds))]
    Html {
        /// Addresses of its feeds, in the order of the page.
        feeds: Vec<Url>,
    },
    /// It is XML of another kind.
    #[error("the root element <{root}> is not that of a feed or sitemap")]
    OtherRoot {
        /// The name of the root element.
        root: String,
    },
    /// It is neither XML nor JSON.
    #[error("this is neither XML nor JSON")]
    NoMarkup,
    /// The compression is broken, or hides more than allowed.
    #[error("unpacking failed: {reason}")]
    Compressed {
        /// What happened.
        reason: String,
    },
    /// It begins as JSON and goes on as something else.
    #[error("broken JSON at line {line}, column {column}: {reason}")]
    Json {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong there.
        reason: String,
    },
    /// It is JSON, and no JSON Feed.
    #[error("this is JSON without the items of a JSON Feed")]
    OtherJson,
    /// It is a feed, and too broken for repair.
    #[error("the feed cannot be read: {reason}")]
    Xml {
        /// What the parser said.
        reason: String,
    },
}

impl FeedError {
    /// The kind of failure that it is for the source.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self {
            FeedError::Empty => ErrorClass::Empty,
            FeedError::Html { .. }
            | FeedError::OtherRoot { .. }
            | FeedError::NoMarkup
            | FeedError::Compressed { .. }
            | FeedError::Json { .. }
            | FeedError::OtherJson
            | FeedError::Xml { .. } => ErrorClass::Parse,
        }
    }
}

fn named(feeds: &[Url]) -> String {
    match feeds {
        [] => String::new(),
        [first, ..] => format!(", its own feed is {first}"),
    }
}
