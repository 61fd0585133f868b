//! The numbers that articles have for feed readers.
//!
//! They are numbers of 64 bits, which readers write in three ways: in decimal, in sixteen hexadecimal digits behind
//! `tag:google.com,2005:reader/item/`, and in hexadecimal digits alone, without zeros before them. So that no number can be read in two
//! ways, ours begin with the digit `a` in hexadecimal. Behind it stands how often the database had been put back from a copy when it gave
//! the number: what came in after that is not taken for what was lost. JavaScript knows all of them exactly.

use crate::serve::miss::Miss;
use crate::store::{Names, Numbered, Reader};

const PREFIX: &str = "tag:google.com,2005:reader/item/";

/// What all begin with, and the bits behind it.
const MARK: u64 = 0xa;
const MARK_BITS: u32 = 48;

/// Bits of an article's own number.
const NUMBER_BITS: u32 = 32;

/// The numbers of a database's articles.
#[derive(Debug)]
pub(super) struct ItemIds(Names);

impl ItemIds {
    pub(super) fn of(reader: &Reader) -> Result<ItemIds, Miss> {
        Ok(ItemIds(reader.names()?))
    }

    /// The number of an article; one whose own has no room in it has none.
    pub(super) fn number(&self, article: i64) -> Option<u64> {
        let own = u32::try_from(article).ok()?;
        let times = u16::try_from(self.0.n_before(Numbered::Article(article))).ok()?;
        Some(MARK << MARK_BITS | u64::from(times) << NUMBER_BITS | u64::from(own))
    }

    /// The same in its long form.
    pub(super) fn long(&self, article: i64) -> Option<String> {
        self.number(article).map(|number| format!("{PREFIX}{number:016x}"))
    }

    /// The article that a reader means; nothing for one of another database, or of a lost state of this one.
    ///
    /// # Errors
    ///
    /// Where this is no number in any form.
    pub(super) fn article(&self, text: &str) -> Result<Option<i64>, Miss> {
        let text = text.trim();
        let digits = text.strip_prefix(PREFIX).unwrap_or(text);
        let read = [16, 10].map(|radix| u64::from_str_radix(digits, radix).ok());
        // Google's were often below zero in decimal.
        if read == [None, None] && digits.parse::<i64>().is_err() {
            return Err(Miss::Wrong("i: must be the number of an item".to_owned()));
        }
        let ours = read.into_iter().flatten().find(|number| number >> MARK_BITS == MARK);
        let article = ours.and_then(|number| i64::try_from(number & u64::from(u32::MAX)).ok());
        Ok(article.filter(|article| self.number(*article) == ours))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_every_form_and_never_as_another() {
        let ids = ItemIds(Names::one("a".to_owned()));
        let mut articles: Vec<i64> = (1..=70_000).collect();
        articles.extend((0..32).flat_map(|bit| [(1_i64 << bit) - 1, 1 << bit, (1 << bit) + 1]));
        // A walk without a pattern (a linear congruential generator).
        let mut seed = 7_u64;
        articles.extend((0..70_000).map(|_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            i64::from((seed >> 32) as u32)
        }));
        for article in articles {
            let number = ids.number(article).unwrap();
            assert!(number < 1 << 53);
            for form in [
                number.to_string(),
                format!("{number:x}"),
                format!("{number:X}"),
                format!("{number:016x}"),
                format!("{PREFIX}{number:x}"),
                ids.long(article).unwrap(),
            ] {
                assert_eq!(ids.article(&form).unwrap(), Some(article), "{form}");
            }
        }
    }

    #[test]
    fn others_are_nobodys() {
        let ids = ItemIds(Names::one("a".to_owned()));
        for other in ["5", "10", "000000000000007b", "-355401917359550817", "fb115bd6d34a8e9f", "1a00000000000001", "0"]
        {
            assert_eq!(ids.article(other).unwrap(), None, "{other}");
        }
        // Put back once more than this database ever was.
        assert_eq!(ids.article("000a000100000005").unwrap(), None);
        for none in ["", "x", "feed/5", "1.5", "tag:google.com,2005:reader/item/", "١"] {
            assert!(ids.article(none).is_err(), "{none}");
        }
        assert_eq!((ids.number(-1), ids.number(1 << 32)), (None, None));
    }
}
