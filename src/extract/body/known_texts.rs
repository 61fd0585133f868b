//! What is known of the article before its lines are judged.

/// Texts that are known of the article before its lines are looked for.
#[derive(Debug, Default)]
pub(in super::super) struct KnownTexts {
    /// Keys of all titles that the page gives itself.
    pub(in super::super) title_keys: Vec<String>,
    /// Keys of its descriptions.
    pub(in super::super) description_keys: Vec<String>,
    /// The text by structured data.
    pub(in super::super) structured_body: Option<String>,
}
