//! Why a page holds no article.

/// What stands in the place of an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wall {
    /// A question about cookies.
    #[error("a consent wall")]
    Consent,
    /// A demand to log in or to subscribe.
    #[error("a login wall")]
    Login,
    /// A test for robots, a refusal, or a page for other browsers.
    #[error("a bot wall")]
    Bot,
    /// A notice that the page is gone, under repair, or not for the reader's country.
    #[error("a notice that the page is not available")]
    Unavailable,
}

/// Why a page holds no article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoArticle {
    /// Fewer words than an article has.
    #[error("{n_words} words, fewer than {words_min}")]
    TooShort {
        /// Words found.
        n_words: usize,
        /// The setting `extract.words_min`.
        words_min: usize,
    },
    /// A page that lists articles.
    #[error("a list of links")]
    ListOfLinks,
    /// A page on which the site tells of itself.
    #[error("a page about the site")]
    OfTheHouse,
    /// A page that offers a job.
    #[error("a job advertisement")]
    JobAd,
    /// Something in its place.
    #[error("{0}")]
    Wall(Wall),
}
