//! A wording of an article.

/// A headline and a text, as they read at one time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wording<'a> {
    /// The headline.
    pub title: Option<&'a str>,
    /// The text, a paragraph a line.
    pub body: &'a str,
}
