//! The language of an article, by which its words are told from those of others.

use super::super::hash::{mix, with};

/// A language, as a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Language(pub(super) u64);

impl Language {
    /// By its code, as `en` or `en-GB`: regions are not told apart. Absent is a language too.
    #[must_use]
    pub(super) fn of(code: Option<&str>) -> Language {
        let code = code.unwrap_or_default();
        let code = code.split(['-', '_']).next().unwrap_or_default();
        Language(code.bytes().fold(0, |hash, byte| mix(with(hash, u64::from(byte.to_ascii_lowercase())))))
    }
}
