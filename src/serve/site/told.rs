//! Which feeds have not changed since they were told.
//!
//! A feed's tag stands for its entries and how far each has changed, and not for the database: articles come in all the time, and few of
//! them belong to a feed. Whoever asks again while no article at all has changed is answered without a look at that.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};

/// So many feeds are remembered, some hundred bytes each. Where more are asked for, they are forgotten and looked at again.
const FEEDS_MAX: usize = 10_000;

/// Bytes of the hash in a tag.
const HASH_BYTES: usize = 12;

/// The feeds that were asked for last.
#[derive(Debug, Default)]
pub(super) struct Told {
    by_address: Mutex<HashMap<String, AsOf>>,
}

/// The tag of a feed after a change of the database.
#[derive(Debug)]
struct AsOf {
    database: String,
    last_change: i64,
    tag: String,
}

impl Told {
    /// The tag of the feed at an address, if no article has changed since it was noted.
    pub(super) fn tag(&self, address: &str, database: &str, last_change: i64) -> Option<String> {
        let by_address = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        let known = by_address.get(address)?;
        (known.database == database && known.last_change == last_change).then(|| known.tag.clone())
    }

    /// Makes the tag of a feed that is in some state, and remembers it.
    pub(super) fn note(&self, address: &str, database: &str, last_change: i64, state: &str) -> String {
        let tag = tag_of(database, state);
        let mut by_address = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        if by_address.len() >= FEEDS_MAX && !by_address.contains_key(address) {
            by_address.clear();
        }
        let as_of = AsOf { database: database.to_owned(), last_change, tag: tag.clone() };
        by_address.insert(address.to_owned(), as_of);
        tag
    }
}

/// A tag of a state, without quotes. Another version of the program may tell the same in another way.
fn tag_of(database: &str, state: &str) -> String {
    format!("{database}-{}-{}", digest(state), env!("CARGO_PKG_VERSION"))
}

/// A short text that stands for a long one.
pub(super) fn digest(text: &str) -> String {
    Sha256::digest(text).iter().take(HASH_BYTES).fold(String::new(), |mut hash, byte| {
        let _ = write!(hash, "{byte:02x}");
        hash
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_known_until_an_article_changes() {
        let told = Told::default();
        assert_eq!(told.tag("/search.atom", "a", 5), None);
        let tag = told.note("/search.atom", "a", 5, "1 2 3");
        assert_eq!(told.tag("/search.atom", "a", 5), Some(tag.clone()));
        for (address, database, last_change) in
            [("/search.atom", "a", 6), ("/search.atom", "b", 5), ("/stories.atom", "a", 5)]
        {
            assert_eq!(told.tag(address, database, last_change), None, "{address} {database} {last_change}");
        }
        assert_eq!(told.note("/search.atom", "a", 6, "1 2 3"), tag, "the same state has the same tag");
        assert_ne!(told.note("/search.atom", "a", 7, "1 2 4"), tag);
    }

    #[test]
    fn no_more_are_remembered_than_a_bounded_number() {
        let told = Told::default();
        for number in 0..=FEEDS_MAX {
            told.note(&format!("/search.atom?q={number}"), "a", 1, "");
        }
        assert!(told.by_address.lock().unwrap().len() <= FEEDS_MAX);
    }
}
