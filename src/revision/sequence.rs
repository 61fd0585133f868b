//! What two sequences have in common, in their order: the shortest way from one to the other by the greedy algorithm of
//! Myers (1986), and where that would be too long, a way that is found in linear time.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Range;

/// Longest way that is looked for, in items removed and added. What is remembered of it grows with its square: four
/// megabytes here. Two wordings of one article are seldom more than some dozens apart.
const EDITS_MAX: usize = 1000;

/// Most items that are compared while a way is looked for: some milliseconds. Only texts that repeat themselves without
/// end need it.
const COMPARISONS_MAX: usize = 4_000_000;

/// A stretch that is in both, or one that differs; then either side may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Its place in the old sequence.
    pub old: Range<usize>,
    /// Its place in the new sequence.
    pub new: Range<usize>,
    /// Whether the items are the same ones.
    pub is_same: bool,
}

/// Cuts two sequences into stretches that they share and stretches that differ, in turns.
#[must_use]
pub fn compare<T: Eq + Hash>(old: &[T], new: &[T]) -> Vec<Stretch> {
    let mut numbers: HashMap<&T, usize> = HashMap::new();
    let mut numbered = Vec::with_capacity(old.len() + new.len());
    for item in old.iter().chain(new) {
        let next = numbers.len();
        numbered.push(*numbers.entry(item).or_insert(next));
    }
    let (old, new) = numbered.split_at(old.len());
    let n_before = n_alike(old.iter(), new.iter());
    let (old_rest, new_rest) = (&old[n_before..], &new[n_before..]);
    let n_after = n_alike(old_rest.iter().rev(), new_rest.iter().rev());
    let (old_middle, new_middle) = (&old_rest[..old_rest.len() - n_after], &new_rest[..new_rest.len() - n_after]);
    let middle = shortest_way(old_middle, new_middle).unwrap_or_else(|| by_landmarks(old_middle, new_middle));

    let mut stretches = Stretches::default();
    stretches.share(0, 0, n_before);
    for block in middle {
        stretches.share(block.old + n_before, block.new + n_before, block.length);
    }
    stretches.share(old.len() - n_after, new.len() - n_after, n_after);
    stretches.end(old.len(), new.len());
    stretches.found
}

fn n_alike<'a>(left: impl Iterator<Item = &'a usize>, right: impl Iterator<Item = &'a usize>) -> usize {
    left.zip(right).take_while(|(left, right)| left == right).count()
}

/// Items in a row that both have.
#[derive(Clone, Copy, Debug)]
struct Block {
    old: usize,
    new: usize,
    length: usize,
}

/// The result while it grows.
#[derive(Default)]
struct Stretches {
    found: Vec<Stretch>,
    old_end: usize,
    new_end: usize,
}

impl Stretches {
    fn share(&mut self, old: usize, new: usize, length: usize) {
        if length == 0 {
            return;
        }
        self.end(old, new);
        match self.found.last_mut() {
            Some(last) if last.is_same => {
                last.old.end += length;
                last.new.end += length;
            }
            _ => self.found.push(Stretch { old: old..old + length, new: new..new + length, is_same: true }),
        }
        (self.old_end, self.new_end) = (old + length, new + length);
    }

    /// What has not been shared up to here differs.
    fn end(&mut self, old: usize, new: usize) {
        if old > self.old_end || new > self.new_end {
            self.found.push(Stretch { old: self.old_end..old, new: self.new_end..new, is_same: false });
            (self.old_end, self.new_end) = (old, new);
        }
    }
}

/// What both have, on the way with the fewest edits; nothing when that is too long to be looked for.
///
/// A diagonal `k` holds the places where `old - new` is `k`. For each number of edits the furthest place on every
/// diagonal is kept, as its `old`, and from the last one the way is followed back.
fn shortest_way(old: &[usize], new: &[usize]) -> Option<Vec<Block>> {
    let square = Square { old_length: old.len(), new_length: new.len() };
    let edits_max = (old.len() + new.len()).min(EDITS_MAX);
    let mut furthest_by_edits: Vec<Vec<usize>> = Vec::new();
    let mut n_comparisons = 0;
    for n_edits in 0..=edits_max {
        // Diagonals from `-n_edits` to `n_edits` in steps of two, by position.
        let mut furthest = vec![NONE; n_edits + 1];
        for (position, place) in furthest.iter_mut().enumerate() {
            let Some((entered, _)) = square.entry(&furthest_by_edits, n_edits, position) else { continue };
            let mut at = entered;
            let mut new_at = at + n_edits - 2 * position;
            while at < old.len() && new_at < new.len() && old[at] == new[new_at] {
                (at, new_at) = (at + 1, new_at + 1);
                n_comparisons += 1;
            }
            *place = at;
            if at == old.len() && new_at == new.len() {
                return Some(square.way_back(&furthest_by_edits, n_edits));
            }
        }
        n_comparisons += n_edits + 1;
        if n_comparisons > COMPARISONS_MAX {
            return None;
        }
        furthest_by_edits.push(furthest);
    }
    None
}

/// No place on a diagonal: it lies outside of the square.
const NONE: usize = usize::MAX;

/// What the places lie in.
#[derive(Clone, Copy)]
struct Square {
    old_length: usize,
    new_length: usize,
}

impl Square {
    /// The furthest place in `old` at which a diagonal is entered with the last of some edits, and whether that is an
    /// addition, from the diagonal above it, or a removal, from the one below.
    fn entry(self, furthest_by_edits: &[Vec<usize>], n_edits: usize, position: usize) -> Option<(usize, bool)> {
        let Some(before) = n_edits.checked_sub(1).map(|fewer| &furthest_by_edits[fewer]) else {
            return Some((0, false));
        };
        let place = |position: usize| before.get(position).copied().filter(|at| *at != NONE);
        let is_inside =
            |at: usize| (at + n_edits).checked_sub(2 * position).is_some_and(|new_at| new_at <= self.new_length);
        let added = place(position).filter(|at| is_inside(*at));
        let removed = position.checked_sub(1).and_then(place).map(|at| at + 1);
        let removed = removed.filter(|at| *at <= self.old_length && is_inside(*at));
        match (added, removed) {
            (Some(added), removed) if removed.is_none_or(|removed| removed <= added) => Some((added, true)),
            (_, removed) => removed.map(|removed| (removed, false)),
        }
    }

    /// Follows the way back from the end, which was reached with `n_edits`.
    fn way_back(self, furthest_by_edits: &[Vec<usize>], n_edits: usize) -> Vec<Block> {
        let (mut old_at, mut new_at) = (self.old_length, self.new_length);
        let mut blocks = Vec::new();
        for n_edits in (0..=n_edits).rev() {
            let position = (old_at + n_edits - new_at) / 2;
            let Some((entered, is_addition)) = self.entry(furthest_by_edits, n_edits, position) else { break };
            let length = old_at - entered;
            (old_at, new_at) = (entered, new_at - length);
            if length > 0 {
                blocks.push(Block { old: old_at, new: new_at, length });
            }
            if n_edits > 0 && is_addition {
                new_at -= 1;
            } else if n_edits > 0 {
                old_at -= 1;
            }
        }
        blocks.reverse();
        blocks
    }
}

/// What both have between items that each has once, in the longest row in which they stand in both.
fn by_landmarks(old: &[usize], new: &[usize]) -> Vec<Block> {
    let mut places: HashMap<usize, (u32, u32, usize, usize)> = HashMap::new();
    for (at, item) in old.iter().enumerate() {
        let place = places.entry(*item).or_default();
        (place.0, place.2) = (place.0 + 1, at);
    }
    for (at, item) in new.iter().enumerate() {
        let place = places.entry(*item).or_default();
        (place.1, place.3) = (place.1 + 1, at);
    }
    let mut landmarks: Vec<(usize, usize)> =
        places.values().filter(|place| place.0 == 1 && place.1 == 1).map(|place| (place.2, place.3)).collect();
    landmarks.sort_unstable();
    let mut blocks: Vec<Block> = Vec::new();
    for (old_at, new_at) in longest_rising(&landmarks) {
        let (old_from, new_from) =
            blocks.last().map_or((0, 0), |last| (last.old + last.length, last.new + last.length));
        if old_at < old_from || new_at < new_from {
            // It was reached from the landmark before.
            continue;
        }
        let n_before = n_alike(old[old_from..old_at].iter().rev(), new[new_from..new_at].iter().rev());
        let n_after = n_alike(old[old_at..].iter(), new[new_at..].iter());
        blocks.push(Block { old: old_at - n_before, new: new_at - n_before, length: n_before + n_after });
    }
    blocks
}

/// The longest row of pairs that rises in both, out of pairs that rise in the first.
fn longest_rising(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // For each length of a row the pair that ends the lowest one, and for each pair the one before it.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (at, pair) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| pairs[*end].1 < pair.1);
        before.push(length.checked_sub(1).map(|shorter| ends[shorter]));
        if length == ends.len() {
            ends.push(at);
        } else {
            ends[length] = at;
        }
    }
    let mut row = Vec::with_capacity(ends.len());
    let mut next = ends.last().copied();
    while let Some(at) = next {
        row.push(pairs[at]);
        next = before[at];
    }
    row.reverse();
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The new sequence, built from the old one and the stretches.
    fn rebuilt(old: &[u8], new: &[u8], stretches: &[Stretch]) -> Vec<u8> {
        let pick = |stretch: &Stretch| {
            if stretch.is_same { old[stretch.old.clone()].to_vec() } else { new[stretch.new.clone()].to_vec() }
        };
        stretches.iter().flat_map(pick).collect()
    }

    fn n_edits(stretches: &[Stretch]) -> usize {
        stretches.iter().filter(|stretch| !stretch.is_same).map(|stretch| stretch.old.len() + stretch.new.len()).sum()
    }

    /// The length of the shortest way, by the table that everybody knows.
    fn least_edits(old: &[u8], new: &[u8]) -> usize {
        let mut row: Vec<usize> = (0..=new.len()).collect();
        for (i, left) in old.iter().enumerate() {
            let mut diagonal = row[0];
            row[0] = i + 1;
            for (j, right) in new.iter().enumerate() {
                let best = if left == right { diagonal } else { 1 + row[j].min(row[j + 1]) };
                (diagonal, row[j + 1]) = (row[j + 1], best);
            }
        }
        row[new.len()]
    }

    #[test]
    fn common_items_are_found() {
        let check = |old: &str, new: &str, expected: usize| {
            let stretches = compare(old.as_bytes(), new.as_bytes());
            assert_eq!(rebuilt(old.as_bytes(), new.as_bytes(), &stretches), new.as_bytes());
            assert_eq!(n_edits(&stretches), expected, "{old} {new} {stretches:?}");
        };
        check("", "", 0);
        check("", "abc", 3);
        check("abc", "", 3);
        check("abc", "abc", 0);
        check("abcabba", "cbabac", 5);
        check("xaby", "xcdy", 4);
    }

    #[test]
    fn hostile_lengths_take_no_time() {
        let began = std::time::Instant::now();
        let old: Vec<u32> = (0..200_000).map(|n| n % 7).collect();
        let new: Vec<u32> = (0..200_000).map(|n| n % 11).collect();
        assert!(!compare(&old, &new).is_empty());
        let turned: Vec<u32> = (0..200_000).rev().collect();
        let rising: Vec<u32> = (0..200_000).collect();
        assert!(!compare(&rising, &turned).is_empty());
        let shifted: Vec<u32> = (0..200_000).map(|n| if n % 50 == 0 { 1_000_000 + n } else { n }).collect();
        let n_same = |stretch: &Stretch| if stretch.is_same { stretch.old.len() } else { 0 };
        assert_eq!(compare(&rising, &shifted).iter().map(n_same).sum::<usize>(), 196_000);
        assert!(began.elapsed() < std::time::Duration::from_secs(20), "{:?}", began.elapsed());
    }

    proptest! {
        #[test]
        fn the_way_leads_there_and_is_the_shortest(
            old in proptest::collection::vec(0_u8..5, 0..40), new in proptest::collection::vec(0_u8..5, 0..40),
        ) {
            let stretches = compare(&old, &new);
            prop_assert_eq!(rebuilt(&old, &new, &stretches), new.clone());
            prop_assert_eq!(n_edits(&stretches), least_edits(&old, &new));
            prop_assert!(stretches.windows(2).all(|pair| pair[0].is_same != pair[1].is_same));
            for stretch in stretches.iter().filter(|stretch| stretch.is_same) {
                prop_assert_eq!(&old[stretch.old.clone()], &new[stretch.new.clone()]);
            }
        }

        #[test]
        fn landmarks_lead_there_too(
            old in proptest::collection::vec(0_usize..30, 0..40), new in proptest::collection::vec(0_usize..30, 0..40),
        ) {
            let mut end = (0, 0);
            for block in by_landmarks(&old, &new) {
                prop_assert!(block.old >= end.0 && block.new >= end.1 && block.length > 0);
                end = (block.old + block.length, block.new + block.length);
                prop_assert_eq!(&old[block.old..end.0], &new[block.new..end.1]);
            }
        }
    }
}
