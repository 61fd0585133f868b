//! Texts of one make: weather reports, obituaries, results, appeals. They have most words in common, and other names and
//! numbers in the same places.
//!
//! What they have in common is their frame. It says nothing of what happened, so it is evidence neither for a copy nor for a
//! story: that is for what stands outside of it. Whose frame it is does not matter: agencies, funeral homes and programs write
//! for many papers. Nothing is learned that a restart could forget: frames are seen in the texts themselves.

use super::likeness::{n_in_both, ratio, tell_of_other_events};
use super::lineage::Earlier;
use super::shingle::ShingledText;

/// Texts of one make share so much of the shorter one, at least. What changes breaks three shingles, so it is far less than what
/// they share of their words.
const FRAME_SHARE_MIN: f64 = 0.25;

/// Fewer shingles in common can be a formula in a text of one's own.
const FRAME_SHINGLES_MIN: usize = 12;

/// What an article has in common with earlier ones of its make.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// The words of those, by the hashes of their folded forms, ascending.
    pub(super) words: Vec<u64>,
    /// Those articles.
    pub articles: Vec<i64>,
}

impl Frame {
    /// Finds the frame of an article among earlier ones. Nothing where none is of its make.
    #[must_use]
    pub fn of<'a>(text: &ShingledText, earlier: impl IntoIterator<Item = &'a Earlier>) -> Frame {
        let mut frame = Frame::default();
        for Earlier { id, text: earlier, .. } in earlier {
            if are_of_one_make(text, earlier) {
                frame.words.extend(&earlier.vocabulary);
                frame.articles.push(*id);
            }
        }
        frame.words.sort_unstable();
        frame.words.dedup();
        frame
    }

    /// Whether a word, by the hash of its folded form, stands in it.
    pub(super) fn has(&self, word: u64) -> bool {
        self.words.binary_search(&word).is_ok()
    }

    /// Whether the article is the only one of its make.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.articles.is_empty()
    }
}

fn are_of_one_make(text: &ShingledText, earlier: &ShingledText) -> bool {
    let n_common = n_in_both(&text.distinct, &earlier.distinct);
    n_common >= FRAME_SHINGLES_MIN
        && ratio(n_common, text.len().min(earlier.len())) >= FRAME_SHARE_MIN
        && tell_of_other_events(text, earlier)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn appeal(place: &str, officer: &str, hour: u32) -> String {
        format!(
            "Rangers ask for help after sheep were let out of a fold near {place} at about {hour} in the night.\nWhoever saw a \
             light on the hill or heard dogs is asked to come forward, said {officer}, who leads the search.\nA reward is paid \
             by the Guild of Shepherds for word that leads to the sheep."
        )
    }

    fn frame(title: &str, body: &str, earlier: &[(&str, &str)]) -> Frame {
        let earlier: Vec<Earlier> = (1..)
            .zip(earlier)
            .map(|(id, (title, body))| Earlier {
                id,
                text: ShingledText::new(Some(title), body),
                is_same_publisher: false,
            })
            .collect();
        Frame::of(&ShingledText::new(Some(title), body), &earlier)
    }

    #[test]
    fn other_names_in_the_same_places_make_a_frame() {
        let (first, second) = (appeal("Upper Ashby", "Nell Garrow", 2), appeal("Quorn Hill", "Piet Anders", 4));
        let found = frame("Sheep let out", &second, &[("Sheep gone", &first), ("Storm", "A storm came ashore.")]);
        assert_eq!(found.articles, [1]);
        assert!(!found.words.is_empty() && !found.is_empty());
        // The same appeal in another paper is of the same event.
        let longer = format!("{first}\nThe Ashby fair goes ahead as planned.");
        assert!(frame("Sheep let out", &longer, &[("Sheep gone", &first)]).is_empty());
    }

    #[test]
    fn reports_of_an_event_have_no_frame() {
        let left = "Nell Garrow found forty sheep of Upper Ashby on the motorway at two in the night, and drove them home alone.";
        let right = "Forty sheep kept Upper Ashby awake: shepherd Nell Garrow brought them home from the motorway.";
        assert!(frame("Sheep", left, &[("Sheep", right)]).is_empty());
    }
}
