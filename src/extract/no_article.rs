//! Why a page holds no article.

/// What stands in the place of an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wall {
    /// A question about cookies.
    Consent,
    /// A demand to log in or to subscribe.
    Login,
    /// A test for robots, a refusal, or a page for other browsers.
    Bot,
    /// A notice that the page is gone, under repair, or not for the reader's country.
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
    /// Something in its place.
    #[error("{}", match .0 {
        Wall::Consent => "a consent wall",
        Wall::Login => "a login wall",
        Wall::Bot => "a bot wall",
        Wall::Unavailable => "a notice that the page is not available",
    })]
    Wall(Wall),
}
