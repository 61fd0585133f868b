//! What an article means, for those who have a sentence encoder.

use std::sync::Arc;

use crate::encode::SentenceEncoder;
use crate::model::{Article, BodyKind, ReadPage};

/// Notes in articles what they mean. Cheap to clone. Does nothing where there is no encoder.
#[derive(Clone, Debug, Default)]
pub struct Meanings {
    encoder: Option<Arc<SentenceEncoder>>,
}

impl Meanings {
    /// By this encoder.
    #[must_use]
    pub fn new(encoder: Option<Arc<SentenceEncoder>>) -> Meanings {
        Meanings { encoder }
    }

    /// Notes what an article means, where the encoder knows its language. Takes some milliseconds.
    pub fn note(&self, article: &mut Article) {
        let Some(encoder) = &self.encoder else { return };
        if article.body_kind != BodyKind::Wall && SentenceEncoder::knows(article.language.as_deref()) {
            article.meaning = Some(encoder.encode(article.title.as_deref(), &article.body));
        }
    }

    pub(super) fn noted(&self, mut page: ReadPage) -> ReadPage {
        self.note(&mut page.article);
        page
    }
}
