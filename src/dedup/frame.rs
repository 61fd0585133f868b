//! Texts of one make: weather reports, obituaries, results, appeals. They have most words in common, and other names and
//! numbers in the same places.
//!
//! What they have in common is their frame. It says nothing of what happened, so it is evidence neither for a copy nor for a
//! story: that is for what stands outside of it. Whose frame it is does not matter: agencies, funeral homes and programs write
//! for many papers. Nothing is learned that a restart could forget: frames are seen in the texts themselves.

use super::earlier::Earlier;
use super::likeness::{Particulars, n_in_both, ratio};
use super::shingle::ShingledText;
use super::slots::{Slots, have_other_headlines};

/// Texts of one make share so much of the shorter one, at least. What changes breaks three shingles, so it is far less than what
/// they share of their words.
const FRAME_SHARE_MIN: f64 = 0.2;

/// Fewer shingles in common can be a formula in a text of one's own.
const FRAME_SHINGLES_MIN: usize = 12;

/// In a short text, which goes the same way as another from beginning to end, so many are enough: hardly more are left between
/// the names and numbers of a result or an appeal.
const SHORT_FRAME_SHINGLES_MIN: usize = 6;

/// Texts of more words have more shingles in common if they are of a make.
const SHORT_WORDS_MAX: usize = 120;

/// A copy shares so much of what is outside of its frame.
const BEYOND_SHARE_MIN: f64 = 0.4;

/// Of fewer shingles outside of a frame nothing can be told.
const BEYOND_SHINGLES_MIN: usize = 6;

/// What an article has in common with earlier ones of its make.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// The words of those, by the hashes of their folded forms, ascending.
    words: Vec<u64>,
    /// Their shingles, ascending.
    shingles: Vec<u64>,
    /// Those articles.
    pub articles: Vec<i64>,
}

impl Frame {
    /// Finds the frame of an article among earlier ones. Nothing where none is of its make. Of a known make less tells.
    #[must_use]
    pub fn of<'a>(text: &ShingledText, earlier: impl IntoIterator<Item = &'a Earlier>) -> Frame {
        let mut frame = Frame::default();
        for earlier in earlier {
            if Resemblance::of(text, &earlier.text).is_some_and(|found| found.is_of_make(earlier.is_routine)) {
                frame.add(earlier);
            }
        }
        frame
    }

    /// The same among the articles of a story that it is like. What differs from one of them may be too little to tell, and be
    /// enough from several.
    #[must_use]
    pub fn of_story(text: &ShingledText, members: &[Earlier]) -> Frame {
        let alike: Vec<(&Earlier, Resemblance)> =
            members.iter().filter_map(|member| Some((member, Resemblance::of(text, &member.text)?))).collect();
        let together = alike.iter().filter_map(|(_, found)| found.particulars).sum::<Particulars>();
        let are_of_make = together.tell_of_other_events();
        let mut frame = Frame::default();
        for (member, found) in alike {
            if are_of_make && found.particulars.is_some() || found.is_of_make(member.is_routine) {
                frame.add(member);
            }
        }
        frame
    }

    /// What an article alone says, as the frame of others of its make.
    #[must_use]
    pub fn from_one(text: &ShingledText) -> Frame {
        Frame { words: text.vocabulary.clone(), shingles: text.distinct.clone(), articles: Vec::new() }
    }

    /// Adds what another frame of the same article has.
    pub fn extend(&mut self, other: Frame) {
        merge(&mut self.words, &other.words);
        merge(&mut self.shingles, &other.shingles);
        let more = other.articles.into_iter().filter(|article| !self.articles.contains(article)).collect::<Vec<_>>();
        self.articles.extend(more);
    }

    fn add(&mut self, Earlier { id, text, .. }: &Earlier) {
        merge(&mut self.words, &text.vocabulary);
        merge(&mut self.shingles, &text.distinct);
        self.articles.push(*id);
    }

    /// Whether one of two texts can still be a copy of the other for what is outside of the frame.
    #[must_use]
    pub fn leaves_alike(&self, left: &ShingledText, right: &ShingledText) -> bool {
        // So it is for most articles.
        if self.shingles.is_empty() {
            return true;
        }
        let beyond = |text: &ShingledText| -> Vec<u64> {
            text.distinct.iter().copied().filter(|hash| self.shingles.binary_search(hash).is_err()).collect()
        };
        let (left, right) = (beyond(left), beyond(right));
        let n_shorter = left.len().min(right.len());
        n_shorter < BEYOND_SHINGLES_MIN || ratio(n_in_both(&left, &right), n_shorter) >= BEYOND_SHARE_MIN
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

/// Two texts that have so much in common that it can be a frame.
struct Resemblance {
    /// Names and numbers by the words around them, where more than a short note is in common.
    particulars: Option<Particulars>,
    /// And in each other's place, where these can tell anything.
    slots: Option<Slots>,
}

impl Resemblance {
    fn of(text: &ShingledText, other: &ShingledText) -> Option<Resemblance> {
        let n_common = n_in_both(&text.distinct, &other.distinct);
        let n_words = text.words.len().min(other.words.len());
        let is_short = n_words <= SHORT_WORDS_MAX && n_common >= SHORT_FRAME_SHINGLES_MIN;
        let is_long = n_common >= FRAME_SHINGLES_MIN;
        if !is_short && !is_long || ratio(n_common, text.len().min(other.len())) < FRAME_SHARE_MIN {
            return None;
        }
        let slots = (is_short || have_other_headlines(text, other)).then(|| Slots::of(text, other));
        let slots = slots.filter(Slots::are_of_one_make);
        let particulars = is_long.then(|| Particulars::of(text, other));
        Some(Resemblance { particulars, slots })
    }

    /// Whether the texts are of one make and tell of two events; of a make that is known, less tells.
    fn is_of_make(&self, is_known: bool) -> bool {
        let Resemblance { particulars, slots } = self;
        particulars.is_some_and(|particulars| particulars.tell_of_other_events() || is_known && particulars.differ())
            || slots.as_ref().is_some_and(|slots| slots.tell_of_other_events() || is_known && slots.differ())
    }
}

fn merge(values: &mut Vec<u64>, more: &[u64]) {
    values.extend(more);
    values.sort_unstable();
    values.dedup();
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
                text: ShingledText::new(Some(title), body).into(),
                is_same_publisher: false,
                is_routine: false,
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
    fn what_is_too_little_of_one_text_is_enough_of_several() {
        let note = |street: &str, hour: u32| {
            let body = format!(
                "Rails are mended in {street}, and nobody can drive there until {hour} in the evening.\nRails cannot be welded without \
                 dust and noise, and whoever lives there is asked for patience. Bus 7 goes by way of Garrick Hill."
            );
            Earlier {
                id: i64::from(hour),
                text: ShingledText::new(Some("Rails"), &body).into(),
                is_same_publisher: false,
                is_routine: false,
            }
        };
        let notes =
            [("Kettle Row", 9), ("Marlow Quay", 4), ("Ansel Green", 11)].map(|(street, hour)| note(street, hour));
        assert!(Frame::of_story(&notes[1].text, &notes[..1]).is_empty());
        let found = Frame::of_story(&notes[2].text, &notes[..2]);
        assert_eq!(found.articles, [9, 4]);
        // Of a make that is known, one is enough.
        let known = [Earlier { is_routine: true, ..notes[0].clone() }];
        assert_eq!(Frame::of_story(&notes[1].text, &known).articles, [9]);
        assert_eq!(Frame::of(&notes[1].text, &known).articles, [9]);
        assert!(Frame::of_story(&notes[0].text, &known).is_empty() && Frame::of(&notes[0].text, &known).is_empty());
        // By what the third does not say, the first two have nothing in common.
        assert!(!Frame::from_one(&notes[2].text).leaves_alike(&notes[0].text, &notes[1].text));
        assert!(Frame::default().leaves_alike(&notes[0].text, &notes[1].text));
    }

    #[test]
    fn reports_of_an_event_have_no_frame() {
        let left = "Nell Garrow found forty sheep of Upper Ashby on the motorway at two in the night, and drove them home alone.";
        let right = "Forty sheep kept Upper Ashby awake: shepherd Nell Garrow brought them home from the motorway.";
        assert!(frame("Sheep", left, &[("Sheep", right)]).is_empty());
    }
}
