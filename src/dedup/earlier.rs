//! An earlier article, as others are compared with it.

use std::sync::Arc;

use super::shingle::ShingledText;

/// An earlier article, taken apart.
#[derive(Clone, Debug)]
pub struct Earlier {
    /// Its row.
    pub id: i64,
    /// Its text.
    pub text: Arc<ShingledText>,
    /// Whether it comes from the publisher of the article that it is compared with.
    pub is_same_publisher: bool,
    /// Whether others of its make are known.
    pub is_routine: bool,
}

impl Earlier {
    /// Whether its headline has the telling words of another text's, and there are any.
    #[must_use]
    pub fn has_headline_of(&self, text: &ShingledText) -> bool {
        !text.headline.is_empty() && self.text.headline == text.headline
    }
}
