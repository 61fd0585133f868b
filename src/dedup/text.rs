//! The text of an article, taken apart once for all that is told of its words.

use std::cell::OnceCell;

use super::shingle::ShingledText;
use super::words::FoldedText;
use crate::model::Article;

/// The text of an article, taken apart.
#[derive(Clone, Debug)]
pub struct ArticleText<'a> {
    article: &'a Article,
    folded: FoldedText,
    shingled: OnceCell<ShingledText>,
}

impl<'a> ArticleText<'a> {
    /// Takes headline and body apart.
    #[must_use]
    pub fn of(article: &'a Article) -> ArticleText<'a> {
        let folded = FoldedText::of(article.title.as_deref(), &article.body);
        ArticleText { article, folded, shingled: OnceCell::new() }
    }

    /// Its words.
    #[must_use]
    pub fn folded(&self) -> &FoldedText {
        &self.folded
    }

    /// Its shingles.
    #[must_use]
    pub fn shingled(&self) -> &ShingledText {
        self.shingled.get_or_init(|| ShingledText::of(&self.folded, &self.article.body))
    }
}
