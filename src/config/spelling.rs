//! How near the spellings of two words are.

/// The words that one may have been meant for, the nearest first: no more letters differ than by a slip of the hand.
#[must_use]
pub fn meant_by<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let distance_max = if written.chars().count() < 5 { 1 } else { 2 };
    let mut near: Vec<(usize, &str)> = known
        .into_iter()
        .map(|word| (edit_distance(written, word), word))
        .filter(|(distance, _)| (1..=distance_max).contains(distance))
        .collect();
    near.sort_unstable();
    near.truncate(NAMED_MAX);
    near.into_iter().map(|(_, word)| word).collect()
}

/// More words than these help nobody.
const NAMED_MAX: usize = 3;

/// Levenshtein's distance, for naming the key that was probably meant.
pub(super) fn edit_distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut previous: Vec<usize> = (0..=right.len()).collect();
    for (row, a) in left.chars().enumerate() {
        let mut current = vec![row + 1];
        for (column, b) in right.iter().enumerate() {
            let substituted = previous[column] + usize::from(a != *b);
            current.push(substituted.min(previous[column + 1] + 1).min(current[column] + 1));
        }
        previous = current;
    }
    previous[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_hand_are_understood() {
        let slugs = ["harbour-post", "harbour-post-city", "meridian-wire", "bbc"];
        for (written, expected) in [
            ("harbor-post", &["harbour-post"][..]),
            ("meridan-wier", &[]),
            ("meridian-wrie", &["meridian-wire"]),
            ("bbd", &["bbc"]),
            ("nbd", &[]),
            ("bbc", &[]),
        ] {
            assert_eq!(meant_by(written, slugs), expected, "{written}");
        }
    }
}
