//! Articles and stories by how their numbers begin, for whoever has typed the beginning of one.

use rusqlite::params;

use crate::store::file::error::StoreError;
use crate::store::read::reader::Reader;

/// Digits of the greatest number.
const DIGITS_MAX: u32 = 19;

impl Reader {
    /// Articles whose numbers begin with these digits, the last ones first, with their headlines.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn articles_numbered(&self, digits: &str, limit: usize) -> Result<Vec<(i64, Option<String>)>, StoreError> {
        self.numbered("articles", digits, limit)
    }

    /// Stories whose numbers begin with these digits, the last ones first, with their titles.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn stories_numbered(&self, digits: &str, limit: usize) -> Result<Vec<(i64, Option<String>)>, StoreError> {
        self.numbered("stories", digits, limit)
    }

    fn numbered(&self, table: &str, digits: &str, limit: usize) -> Result<Vec<(i64, Option<String>)>, StoreError> {
        let sql = format!("SELECT id, title FROM {table} WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT ?3");
        let mut found = Vec::new();
        // The longest numbers are the greatest. Each length is a range of the primary key, so nothing is gone through.
        for (first, last) in ranges(digits).into_iter().rev() {
            let wanted = i64::try_from(limit - found.len()).unwrap_or(i64::MAX);
            let name = |row: &(i64, Option<String>)| format!("{table} {}", row.0);
            found.extend(self.readable_rows(&sql, params![first, last, wanted], name, |cells| {
                (cells.value(0), cells.optional_text(1))
            })?);
            if found.len() >= limit {
                break;
            }
        }
        Ok(found)
    }
}

/// The ranges of numbers that begin with these digits, the shortest numbers first; all numbers where there are none.
fn ranges(digits: &str) -> Vec<(i64, i64)> {
    if digits.is_empty() {
        return vec![(0, i64::MAX)];
    }
    let Some(begun) = digits.parse::<i64>().ok().filter(|begun| *begun > 0 && !digits.starts_with(['0', '+'])) else {
        return Vec::new();
    };
    let n_more = DIGITS_MAX.saturating_sub(begun.ilog10() + 1);
    let range = |n: u32| {
        let step = 10_i64.checked_pow(n)?;
        let first = begun.checked_mul(step)?;
        Some((first, first.saturating_add(step - 1)))
    };
    (0..=n_more).map_while(range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_that_begin_so_are_ranges() {
        assert_eq!(ranges("")[..], [(0, i64::MAX)]);
        assert_eq!(ranges("42")[..3], [(42, 42), (420, 429), (4200, 4299)]);
        assert_eq!(ranges("42").len(), 18);
        assert_eq!(ranges("9223372036854775807")[..], [(i64::MAX, i64::MAX)]);
        assert_eq!(ranges("9").last(), Some(&(9_000_000_000_000_000_000, i64::MAX)));
        for none in ["0", "042", "-1", "+1", "4x", "92233720368547758070"] {
            assert_eq!(ranges(none)[..], [], "{none}");
        }
    }
}
