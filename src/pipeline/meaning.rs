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

    /// Notes what articles mean, where the encoder knows their language. Takes some milliseconds each, and less for many at
    /// once.
    pub fn note<'a>(&self, articles: impl IntoIterator<Item = &'a mut Article>) {
        let Some(Opened { encoder, .. }) = self.encoder.as_deref() else { return };
        let is_known = |article: &&mut Article| {
            article.body_kind != BodyKind::Wall && SentenceEncoder::knows(article.language.as_deref())
        };
        let mut articles: Vec<&mut Article> = articles.into_iter().filter(is_known).collect();
        let texts: Vec<(Option<&str>, &str)> =
            articles.iter().map(|article| (article.title.as_deref(), article.body.as_str())).collect();
        let meanings = encoder.encode_all(&texts);
        for (article, meaning) in articles.iter_mut().zip(meanings) {
            article.meaning = Some(meaning);
        }
    }

    pub(super) fn noted(&self, mut page: ReadPage) -> ReadPage {
        self.note([&mut *page.article]);
        page
    }
}
