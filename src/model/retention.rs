//! How long what is stored is kept.

/// Days for which articles and parts of them are kept; absent: for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Whole articles, from their time of publication on, or from when they were first seen where that is unknown.
    pub articles_days: Option<u32>,
    /// Their texts: what is known about them otherwise stays.
    pub texts_days: Option<u32>,
    /// Earlier wordings, from when each was first seen.
    pub revisions_days: Option<u32>,
}
