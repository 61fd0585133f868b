//! The few shingles of a text that the index keeps, and the earlier texts worth a closer look.

use super::hash::{NumberMap, mix};
use super::likeness::PART_SHARE_MIN;
use super::shingle::{self, ShingledText};
use super::words::FoldedText;

/// One shingle in so many is kept, the same ones in every text. A brief of sixty shingles, all taken from a longer
/// report, then shares seven or eight with it, and fewer than two in one case of two hundred.
const KEPT_ONE_IN: u64 = 8;

/// Of short texts more are kept, so that two of them meet.
const KEPT_MIN: usize = 8;

/// Of very long texts fewer are kept: those of the first three thousand words' worth. It bounds what one text costs.
const KEPT_MAX: usize = 400;

/// A shingle held by more texts is in everybody's mouth. The index need not know more than that.
pub const HOLDERS_MAX: usize = 50;

/// A shingle held by so many texts that are not copies of each other belongs to none of them: an idiom, an agency's
/// formula, the lines under every article of a site. It takes four such articles to show; until then the rules about
/// headlines keep two short ones apart.
const COMMON_FROM: usize = 4;

/// So many copies of one text hold a shingle in the index; the next ones need not. It keeps a report that everybody
/// prints from looking like an idiom.
const HOLDERS_OF_ONE_LINEAGE: usize = 4;

/// A text that shares fewer kept shingles is not looked at.
const HITS_MIN: u32 = 2;

/// So many of the texts with the most hits are looked at. More find nothing that these do not.
const CANDIDATES_MAX: usize = 8;

/// A text that shares such a part of the kept shingles may be of the same make.
const MAKE_SHARE_MIN: f64 = 0.2;

/// So many of these are looked at, those with the most hits: one shows the frame, the others that it is not a chance.
const OF_ONE_MAKE_MAX: usize = 2;

/// Paragraphs in a row are common when so many of their kept shingles are: fewer can be phrases in one's own words.
const COMMON_IN_PARAGRAPHS_MIN: u32 = 3;

/// And when these are so many of four: a site changes a name or a year in the lines under its articles.
const COMMON_QUARTERS_MIN: u32 = 3;

/// The texts that hold each shingle of a sketch, in the sketch's order.
pub type Postings = Vec<Vec<i64>>;

/// Kept shingles that belong to no text in particular, ascending.
pub type Common = Vec<u64>;

/// What the index keeps of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sketch {
    hashes: Vec<u64>,
}

/// What comparing a sketch with the index brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lookup {
    /// Texts that share enough for a closer look, and how many kept shingles they share: most first, then earliest
    /// first.
    pub candidates: Vec<(i64, u32)>,
    /// Shingles that many texts hold.
    pub common: Common,
    /// Texts that share a good part of the kept shingles, common ones counted too, and are no candidates.
    pub of_one_make: Vec<i64>,
}

impl Sketch {
    /// Chooses the shingles to keep.
    #[must_use]
    pub fn of(text: &ShingledText) -> Sketch {
        Sketch::from_shingles(|| text.distinct.iter().copied())
    }

    /// The same from the words of a text, without the rest of what its shingles tell: most articles are like no other, and
    /// nobody asks for that.
    #[must_use]
    pub fn of_folded(text: &FoldedText) -> Sketch {
        Sketch::from_shingles(|| shingle::hashes(text))
    }

    fn from_shingles<I: Iterator<Item = u64>>(all: impl Fn() -> I) -> Sketch {
        let is_kept = |hash: &u64| hash.is_multiple_of(KEPT_ONE_IN);
        let distinct = |mut hashes: Vec<u64>| {
            hashes.sort_unstable();
            hashes.dedup();
            hashes
        };
        let mut hashes = distinct(all().filter(is_kept).collect());
        if hashes.len() < KEPT_MIN {
            hashes = distinct(all().collect());
            // An order of its own, so that it favours no part of the range; the same one in every text.
            hashes.sort_unstable_by_key(|hash| (!is_kept(hash), mix(*hash)));
            hashes.truncate(KEPT_MIN);
        } else if hashes.len() > KEPT_MAX {
            hashes.sort_unstable_by_key(|hash| mix(*hash));
            hashes.truncate(KEPT_MAX);
        }
        hashes.sort_unstable();
        Sketch { hashes }
    }

    /// What the index knows each kept shingle by, ascending. Half of the hash is enough: among fifty million of them a chance
    /// meeting is one in a hundred, and two with the same text are needed.
    #[must_use]
    pub fn keys(&self) -> impl ExactSizeIterator<Item = u32> {
        self.hashes.iter().map(|hash| key(*hash))
    }

    /// Finds the earlier texts worth a closer look. `root_of` tells the first text of the lineage that one belongs to.
    ///
    /// # Errors
    ///
    /// Those of `root_of`.
    pub fn candidates<E>(
        &self,
        postings: &Postings,
        mut root_of: impl FnMut(i64) -> Result<i64, E>,
    ) -> Result<Lookup, E> {
        let mut common = Common::new();
        let mut hits: NumberMap<i64, u32> = NumberMap::default();
        let mut common_hits: NumberMap<i64, u32> = NumberMap::default();
        for (hash, holders) in self.hashes.iter().zip(postings) {
            if is_common(holders, &mut root_of)? {
                common.push(*hash);
                for holder in holders {
                    *common_hits.entry(*holder).or_default() += 1;
                }
            } else {
                for holder in holders {
                    *hits.entry(*holder).or_default() += 1;
                }
            }
        }
        let mut candidates: Vec<(i64, u32)> = hits.into_iter().filter(|(_, n_hits)| *n_hits >= HITS_MIN).collect();
        candidates.sort_unstable_by_key(|(holder, n_hits)| (u32::MAX - n_hits, *holder));
        candidates.truncate(CANDIDATES_MAX);
        let is_good_part = |n_hits: u32| f64::from(n_hits) >= MAKE_SHARE_MIN * as_f64(self.hashes.len());
        let mut of_one_make: Vec<(i64, u32)> =
            common_hits.into_iter().filter(|(_, n_hits)| *n_hits >= HITS_MIN && is_good_part(*n_hits)).collect();
        of_one_make.retain(|(holder, _)| candidates.iter().all(|(id, _)| id != holder));
        of_one_make.sort_unstable_by_key(|(holder, n_hits)| (u32::MAX - n_hits, *holder));
        of_one_make.truncate(OF_ONE_MAKE_MAX);
        let of_one_make = of_one_make.into_iter().map(|(holder, _)| holder).collect();
        Ok(Lookup { candidates, common, of_one_make })
    }

    /// Whether a text of some words, with which so many kept shingles are shared, can still be found to be alike. Those
    /// kept are a sample: far fewer hits than a copy's share would give on average speak against reading it.
    #[must_use]
    pub fn may_be_alike(&self, n_hits: u32, n_shingles: usize, n_words_earlier: u32) -> bool {
        let (kept, all) = (as_f64(self.hashes.len()), as_f64(n_shingles.max(1)));
        let words = f64::from(n_words_earlier.max(1));
        let rate = (1.0 / f64::from(u32::try_from(KEPT_ONE_IN).unwrap_or(u32::MAX)))
            .min(kept / all)
            .min(as_f64(KEPT_MAX) / words);
        let expected = PART_SHARE_MIN * all.min(words * DISTINCT_SHARE) * rate;
        let hits = f64::from(n_hits);
        hits + DEVIATIONS * hits.sqrt() + DEVIATIONS >= expected
    }

    /// The keys that a text of the lineage of `root` brings to the index.
    ///
    /// # Errors
    ///
    /// Those of `root_of`.
    pub fn keys_to_add<E>(
        &self,
        postings: &Postings,
        root: Option<i64>,
        mut root_of: impl FnMut(i64) -> Result<i64, E>,
    ) -> Result<Vec<u32>, E> {
        let mut keys = Vec::with_capacity(self.hashes.len());
        for (hash, holders) in self.hashes.iter().zip(postings) {
            let mut n_relatives = 0;
            if let Some(root) = root {
                for holder in holders.iter().take(HOLDERS_MAX) {
                    n_relatives += usize::from(root_of(*holder)? == root);
                }
            }
            if holders.len() <= HOLDERS_MAX && n_relatives < HOLDERS_OF_ONE_LINEAGE {
                keys.push(key(*hash));
            }
        }
        Ok(keys)
    }
}

fn as_f64(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

fn key(hash: u64) -> u32 {
    u32::try_from(hash >> 32).unwrap_or_default()
}

/// Whether texts of several lineages hold a shingle.
fn is_common<E>(holders: &[i64], root_of: &mut impl FnMut(i64) -> Result<i64, E>) -> Result<bool, E> {
    if holders.len() > HOLDERS_MAX {
        return Ok(true);
    }
    if holders.len() < COMMON_FROM {
        return Ok(false);
    }
    let mut roots: Vec<i64> = Vec::with_capacity(COMMON_FROM);
    for holder in holders {
        let root = root_of(*holder)?;
        if !roots.contains(&root) {
            roots.push(root);
            if roots.len() == COMMON_FROM {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Standard deviations of a count by which hits may fall short of the mean.
const DEVIATIONS: f64 = 3.0;

/// Least share of a text's words that begin a run of three that it has once only.
const DISTINCT_SHARE: f64 = 0.7;

/// A text without the paragraphs whose kept shingles are nearly all common ones: what a site puts under each of its articles is no
/// part of any. None where that is the whole text.
pub(super) fn without_common(text: &ShingledText, common: &[u64]) -> Option<ShingledText> {
    if common.is_empty() {
        return None;
    }
    let mut tallies = vec![Tally::default(); usize::try_from(text.n_paragraphs).unwrap_or_default()];
    for shingle in &text.shingles {
        if let Some(tally) = usize::try_from(shingle.paragraph).ok().and_then(|at| tallies.get_mut(at)) {
            let is_common = common.binary_search(&shingle.hash).is_ok();
            tally.n_common += u32::from(is_common);
            tally.n_kept += u32::from(is_common || shingle.hash.is_multiple_of(KEPT_ONE_IN));
        }
    }
    // Short lines that follow each other count together.
    let mut is_left_out = Vec::with_capacity(tallies.len());
    for run in tallies.chunk_by(|left, right| left.is_mostly_common() && right.is_mostly_common()) {
        let n_common: u32 = run.iter().map(|tally| tally.n_common).sum();
        let is_common = n_common >= COMMON_IN_PARAGRAPHS_MIN && run[0].is_mostly_common();
        is_left_out.extend(run.iter().map(|tally| is_common && tally.n_kept > 0));
    }
    if !is_left_out.contains(&true) {
        return None;
    }
    Some(text.without(|paragraph| usize::try_from(paragraph).ok().and_then(|at| is_left_out.get(at)) == Some(&true)))
}

/// The kept shingles of a paragraph.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    n_kept: u32,
    n_common: u32,
}

impl Tally {
    fn is_mostly_common(self) -> bool {
        4 * self.n_common >= COMMON_QUARTERS_MIN * self.n_kept
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn text(n_words: u32) -> ShingledText {
        let words: Vec<String> = (0..n_words).map(|number| format!("word{number}")).collect();
        ShingledText::new(None, &words.join(" "))
    }

    #[test]
    fn a_sketch_is_an_eighth_of_a_text_within_bounds() {
        for (n_words, expected) in
            [(0, 0..=0), (3, 1..=1), (12, 8..=8), (60, 8..=20), (800, 70..=130), (9000, 400..=400)]
        {
            let sketch = Sketch::of(&text(n_words));
            assert!(expected.contains(&sketch.keys().len()), "{n_words}: {}", sketch.keys().len());
            assert_eq!(sketch, Sketch::of(&text(n_words)));
        }
        let (part, whole) = (Sketch::of(&text(200)), Sketch::of(&text(2000)));
        assert!(part.hashes.iter().all(|hash| whole.hashes.contains(hash)), "a part's sketch is a part of the sketch");
    }

    fn lookup(sketch: &Sketch, postings: &Postings, roots: &[(i64, i64)]) -> Lookup {
        let root_of =
            |id| Ok::<_, Infallible>(roots.iter().find(|(copy, _)| *copy == id).map_or(id, |(_, root)| *root));
        sketch.candidates(postings, root_of).unwrap_or_default()
    }

    fn ids(found: &Lookup) -> Vec<i64> {
        found.candidates.iter().map(|(id, _)| *id).collect()
    }

    #[test]
    fn few_hits_for_long_texts_are_chance() {
        let sketch = Sketch { hashes: (0..100).collect() };
        let check = |n_hits, n_words, expected| {
            assert_eq!(sketch.may_be_alike(n_hits, 800, n_words), expected, "{n_hits} hits, {n_words} words");
        };
        // A brief is read for any hits, a long text only for as many as a copy can be expected to have.
        check(2, 60, true);
        check(2, 150, true);
        check(2, 1000, false);
        check(10, 1000, false);
        check(40, 1000, true);
    }

    #[test]
    fn the_words_of_a_text_are_enough_for_its_sketch() {
        for n_words in [0, 1, 2, 3, 20, 400, 8000] {
            let body = (0..n_words).map(|word| format!("w{word}")).collect::<Vec<_>>().join(" ");
            let (from_words, from_text) =
                (Sketch::of_folded(&FoldedText::of(None, &body)), Sketch::of(&ShingledText::new(None, &body)));
            assert_eq!(from_words, from_text, "{n_words}");
        }
    }

    #[test]
    fn candidates_share_what_is_not_common() {
        let sketch = Sketch { hashes: vec![8, 16, 24, 32] };
        let found = lookup(&sketch, &vec![vec![1, 2], vec![2, 3], vec![2, 3], vec![4]], &[]);
        assert_eq!(ids(&found), [2, 3], "most hits first, and a single hit is none");
        // Four texts without a relation make a shingle common, four copies of one text do not.
        let postings = vec![vec![1, 2, 3, 4], vec![1, 2, 3, 4], vec![1], vec![1]];
        let found = lookup(&sketch, &postings, &[]);
        assert_eq!((ids(&found), found.common), (vec![1], vec![8, 16]));
        let found = lookup(&sketch, &postings, &[(2, 1), (3, 1), (4, 1)]);
        assert_eq!((ids(&found), found.common), (vec![1, 2, 3, 4], vec![]));
        let found = lookup(&sketch, &vec![(1..=51).collect(); 4], &(1..=51).map(|id| (id, 1)).collect::<Vec<_>>());
        assert_eq!(ids(&found), [] as [i64; 0], "what everybody holds says nothing");
    }

    #[test]
    fn the_index_gets_no_more_than_it_needs() {
        let sketch = Sketch { hashes: vec![1 << 32, 2 << 32, 3 << 32] };
        let postings = vec![vec![1, 2, 3, 4], (1..=51).collect(), vec![9]];
        let related = |id| Ok::<_, Infallible>(if id <= 4 { 1 } else { id });
        assert_eq!(sketch.keys_to_add(&postings, Some(1), related), Ok(vec![3]));
        assert_eq!(sketch.keys_to_add(&postings, None, related), Ok(vec![1, 3]));
    }

    #[test]
    fn paragraphs_of_common_shingles_are_left_out() {
        let words = |part| (0..40).map(|n| format!("p{part}w{n}")).collect::<Vec<_>>().join(" ");
        let body: Vec<String> = (0..3).map(words).collect();
        let text = ShingledText::new(None, &body.join("\n"));
        let common = ShingledText::new(None, &body[2]);
        let common: Common = Sketch::of(&common).hashes;
        let rest = without_common(&text, &common).unwrap();
        assert_eq!(rest.len(), text.len() - 38);
        assert!(rest.shingles.iter().all(|shingle| shingle.paragraph < 2));
    }
}
