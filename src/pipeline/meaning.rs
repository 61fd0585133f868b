//! What an article means, for those who have a sentence encoder.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::encode::SentenceEncoder;
use crate::model::{Article, BodyKind, ReadPage};

/// Notes in articles what they mean. Cheap to clone. Does nothing where there is no encoder.
#[derive(Clone, Debug, Default)]
pub struct Meanings {
    encoder: Option<Arc<Opened>>,
}

/// An encoder, and the file it was read from.
#[derive(Debug)]
struct Opened {
    path: PathBuf,
    encoder: SentenceEncoder,
}

impl Meanings {
    /// By the encoder in a file, if one is named. It takes a second to read, so it stays where it is the one in use.
    ///
    /// # Errors
    ///
    /// A sentence, when the file cannot be read or is no encoder.
    pub fn by(&self, path: Option<&Path>) -> Result<Meanings, String> {
        let Some(path) = path else { return Ok(Meanings::default()) };
        if self.encoder.as_ref().is_some_and(|opened| opened.path == path) {
            return Ok(self.clone());
        }
        let encoder = SentenceEncoder::open(path).map_err(|error| format!("stories.encoder: {error}"))?;
        Ok(Meanings { encoder: Some(Arc::new(Opened { path: path.to_owned(), encoder })) })
    }

    /// Notes what an article means, where the encoder knows its language. Takes some milliseconds.
    pub fn note(&self, article: &mut Article) {
        let Some(Opened { encoder, .. }) = self.encoder.as_deref() else { return };
        if article.body_kind != BodyKind::Wall && SentenceEncoder::knows(article.language.as_deref()) {
            article.meaning = Some(encoder.encode(article.title.as_deref(), &article.body));
        }
    }

    pub(super) fn noted(&self, mut page: ReadPage) -> ReadPage {
        self.note(&mut page.article);
        page
    }
}
