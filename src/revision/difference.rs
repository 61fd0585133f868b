//! What changed between two wordings, by paragraphs, and by words within a paragraph that was changed.

use super::sequence::{self, Stretch};
use super::wording::Wording;
use crate::scripts::is_unspaced;

/// Two paragraphs with at least this share of their words in common are one that was changed; with less, the words that
/// they share are those that all texts share.
const SAME_PARAGRAPH_SHARE: f64 = 0.4;

/// Most pairs of paragraphs that are compared between two that stayed. Where more were replaced at once, nobody reads
/// which became which.
const PAIRS_MAX: usize = 2500;

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference<'a> {
    /// The headline, where it changed.
    pub title: Option<Step<'a>>,
    /// The paragraphs of both texts, in their order.
    pub paragraphs: Vec<Step<'a>>,
}

/// What became of a paragraph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// It stands in both.
    Kept(&'a str),
    /// It stands in the old text.
    Removed(&'a str),
    /// It stands in the new text.
    Added(&'a str),
    /// It stands in both, with other words.
    Changed(Vec<Piece<'a>>),
}

/// A part of a paragraph that was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// It stands in both.
    Kept(&'a str),
    /// It stands in the old paragraph.
    Removed(&'a str),
    /// It stands in the new paragraph.
    Added(&'a str),
}

/// How much changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Whether the headline did.
    pub has_new_title: bool,
    /// Paragraphs that were changed.
    pub n_changed: usize,
    /// Paragraphs that were added.
    pub n_added: usize,
    /// Paragraphs that were removed.
    pub n_removed: usize,
    /// Words that came in.
    pub n_words_added: usize,
    /// Words that went.
    pub n_words_removed: usize,
}

impl<'a> Difference<'a> {
    /// Compares two wordings, to the letter.
    #[must_use]
    pub fn between(old: Wording<'a>, new: Wording<'a>) -> Difference<'a> {
        let title = match (old.title, new.title) {
            (Some(old), Some(new)) if old != new => Some(Step::Changed(pieces(old, new))),
            (Some(old), None) => Some(Step::Removed(old)),
            (None, Some(new)) => Some(Step::Added(new)),
            _ => None,
        };
        let (old, new): (Vec<&str>, Vec<&str>) = (old.body.lines().collect(), new.body.lines().collect());
        let mut paragraphs = Vec::new();
        for Stretch { old: old_range, new: new_range, is_same } in sequence::compare(&old, &new) {
            if is_same {
                paragraphs.extend(old[old_range].iter().map(|paragraph| Step::Kept(paragraph)));
            } else {
                replaced(&old[old_range], &new[new_range], &mut paragraphs);
            }
        }
        Difference { title, paragraphs }
    }

    /// The new paragraphs, made of the old ones. Absent when those are others than were compared.
    #[must_use]
    pub fn apply(&self, old: &[&str]) -> Option<Vec<String>> {
        let mut old = old.iter();
        let mut new = Vec::new();
        for step in &self.paragraphs {
            match step {
                Step::Kept(paragraph) => {
                    old.next().filter(|there| *there == paragraph)?;
                    new.push((*paragraph).to_owned());
                }
                Step::Removed(paragraph) => {
                    old.next().filter(|there| *there == paragraph)?;
                }
                Step::Added(paragraph) => new.push((*paragraph).to_owned()),
                Step::Changed(pieces) => {
                    let before: String = pieces.iter().filter_map(Piece::before).collect();
                    old.next().filter(|there| **there == before)?;
                    new.push(pieces.iter().filter_map(Piece::after).collect());
                }
            }
        }
        old.next().is_none().then_some(new)
    }

    /// How much changed.
    #[must_use]
    pub fn extent(&self) -> Extent {
        let mut extent = Extent { has_new_title: self.title.is_some(), ..Extent::default() };
        for step in &self.paragraphs {
            match step {
                Step::Kept(_) => {}
                Step::Removed(paragraph) => {
                    extent.n_removed += 1;
                    extent.n_words_removed += n_words(paragraph);
                }
                Step::Added(paragraph) => {
                    extent.n_added += 1;
                    extent.n_words_added += n_words(paragraph);
                }
                Step::Changed(pieces) => {
                    extent.n_changed += 1;
                    for piece in pieces {
                        match piece {
                            Piece::Kept(_) => {}
                            Piece::Removed(text) => extent.n_words_removed += n_words(text),
                            Piece::Added(text) => extent.n_words_added += n_words(text),
                        }
                    }
                }
            }
        }
        extent
    }
}

impl<'a> Piece<'a> {
    fn before(&self) -> Option<&'a str> {
        match self {
            Piece::Kept(text) | Piece::Removed(text) => Some(text),
            Piece::Added(_) => None,
        }
    }

    fn after(&self) -> Option<&'a str> {
        match self {
            Piece::Kept(text) | Piece::Added(text) => Some(text),
            Piece::Removed(_) => None,
        }
    }
}

impl std::fmt::Display for Extent {
    /// `headline, 2 paragraphs changed, 1 added (+34 -12 words)`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Extent { has_new_title, n_changed, n_added, n_removed, n_words_added, n_words_removed } = *self;
        let mut parts = Vec::new();
        if has_new_title {
            parts.push("headline".to_owned());
        }
        let mut has_noun = false;
        for (number, what) in [(n_changed, "changed"), (n_added, "added"), (n_removed, "removed")] {
            if number > 0 {
                let noun = match (has_noun, number) {
                    (true, _) => "",
                    (false, 1) => " paragraph",
                    (false, _) => " paragraphs",
                };
                parts.push(format!("{number}{noun} {what}"));
                has_noun = true;
            }
        }
        if parts.is_empty() {
            return f.write_str("nothing");
        }
        f.write_str(&parts.join(", "))?;
        if n_words_added + n_words_removed > 0 {
            write!(f, " (+{n_words_added} -{n_words_removed} words)")?;
        }
        Ok(())
    }
}

/// Tells which of the paragraphs that were replaced at one place became which.
fn replaced<'a>(old: &[&'a str], new: &[&'a str], steps: &mut Vec<Step<'a>>) {
    let (mut old_at, mut new_at) = (0, 0);
    let ends = [(old.len(), new.len())];
    for (old_next, new_next) in pairs(old, new).into_iter().chain(ends) {
        steps.extend(old[old_at..old_next].iter().map(|paragraph| Step::Removed(paragraph)));
        steps.extend(new[new_at..new_next].iter().map(|paragraph| Step::Added(paragraph)));
        if let (Some(before), Some(after)) = (old.get(old_next), new.get(new_next)) {
            steps.push(Step::Changed(pieces(before, after)));
        }
        (old_at, new_at) = (old_next + 1, new_next + 1);
    }
}

/// The pairs of like paragraphs, in the order of both, that have most words in common altogether.
fn pairs(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    if old.is_empty() || new.is_empty() || old.len().saturating_mul(new.len()) > PAIRS_MAX {
        return Vec::new();
    }
    let words =
        |paragraphs: &[&str]| -> Vec<Vec<String>> { paragraphs.iter().map(|text| sorted_words(text)).collect() };
    let (old_words, new_words) = (words(old), words(new));
    let width = new.len() + 1;
    // The best sum for what lies beyond each place, from the end.
    let mut best = vec![0.0_f64; (old.len() + 1) * width];
    let mut likeness = vec![0.0_f64; old.len() * new.len()];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            let share = share_in_common(&old_words[i], &new_words[j]);
            let paired = if share >= SAME_PARAGRAPH_SHARE { share + best[(i + 1) * width + j + 1] } else { 0.0 };
            likeness[i * new.len() + j] = share;
            best[i * width + j] = paired.max(best[(i + 1) * width + j]).max(best[i * width + j + 1]);
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut found = Vec::new();
    while i < old.len() && j < new.len() {
        let here = best[i * width + j];
        if here <= best[(i + 1) * width + j] {
            i += 1;
        } else if here <= best[i * width + j + 1] {
            j += 1;
        } else {
            found.push((i, j));
            (i, j) = (i + 1, j + 1);
        }
    }
    found
}

fn sorted_words(text: &str) -> Vec<String> {
    let mut words: Vec<String> =
        tokens(text).into_iter().filter(|token| is_word(token)).map(str::to_lowercase).collect();
    words.sort_unstable();
    words
}

/// Share of the longer one's words that the other has too.
fn share_in_common(left: &[String], right: &[String]) -> f64 {
    let (mut i, mut j, mut n_common) = (0, 0, 0_usize);
    while let (Some(a), Some(b)) = (left.get(i), right.get(j)) {
        match a.cmp(b) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => (i, j, n_common) = (i + 1, j + 1, n_common + 1),
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of words are far below 2^52")]
    let share = n_common as f64 / left.len().max(right.len()).max(1) as f64;
    share
}

/// The pieces of a text that was changed, removed ones before added ones.
fn pieces<'a>(old: &'a str, new: &'a str) -> Vec<Piece<'a>> {
    let (old_tokens, new_tokens) = (tokens(old), tokens(new));
    let mut stretches = sequence::compare(&old_tokens, &new_tokens);
    // Blanks and marks that happen to stand in both, between words that do not, only tear the change to pieces.
    let holds_word = |stretch: &Stretch| old_tokens[stretch.old.clone()].iter().any(|token| is_word(token));
    let last = stretches.len().saturating_sub(1);
    for (at, stretch) in stretches.iter_mut().enumerate() {
        stretch.is_same = stretch.is_same && (at == 0 || at == last || holds_word(stretch));
    }
    let mut pieces = Vec::new();
    let (mut old_offset, mut new_offset) = (0, 0);
    let length_of = |tokens: &[&str]| tokens.iter().map(|token| token.len()).sum::<usize>();
    for group in stretches.chunk_by(|left, right| left.is_same == right.is_same) {
        let old_length: usize = group.iter().map(|stretch| length_of(&old_tokens[stretch.old.clone()])).sum();
        let new_length: usize = group.iter().map(|stretch| length_of(&new_tokens[stretch.new.clone()])).sum();
        let old_text = &old[old_offset..old_offset + old_length];
        let new_text = &new[new_offset..new_offset + new_length];
        if group[0].is_same {
            pieces.push(Piece::Kept(old_text));
        } else {
            pieces.extend([Piece::Removed(old_text)].into_iter().filter(|_| old_length > 0));
            pieces.extend([Piece::Added(new_text)].into_iter().filter(|_| new_length > 0));
        }
        (old_offset, new_offset) = (old_offset + old_length, new_offset + new_length);
    }
    pieces
}

/// Cuts a text into words, blanks and marks; together they are the text. In scripts without spaces a character is a
/// word.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut start = 0;
    let mut kind = Kind::Single;
    for (at, character) in text.char_indices() {
        let next = Kind::of(character);
        if at > start && (next != kind || kind == Kind::Single) {
            tokens.push(&text[start..at]);
            start = at;
        }
        kind = next;
    }
    if start < text.len() {
        tokens.push(&text[start..]);
    }
    tokens
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    Blank,
    Single,
}

impl Kind {
    fn of(character: char) -> Kind {
        if is_unspaced(character) {
            Kind::Single
        } else if character.is_alphanumeric() {
            Kind::Word
        } else if character.is_whitespace() {
            Kind::Blank
        } else {
            Kind::Single
        }
    }
}

fn is_word(token: &str) -> bool {
    token.chars().any(char::is_alphanumeric)
}

fn n_words(text: &str) -> usize {
    tokens(text).into_iter().filter(|token| is_word(token)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(pieces: &[Piece<'_>]) -> String {
        let piece = |piece: &Piece<'_>| match piece {
            Piece::Kept(text) => (*text).to_owned(),
            Piece::Removed(text) => format!("[-{text}-]"),
            Piece::Added(text) => format!("{{+{text}+}}"),
        };
        pieces.iter().map(piece).collect()
    }

    #[test]
    fn words_are_marked_within_a_paragraph() {
        let check = |old: &str, new: &str, expected: &str| assert_eq!(shown(&pieces(old, new)), expected);
        check("The bridge opens at noon.", "The bridge opens at one.", "The bridge opens at [-noon-]{+one+}.");
        check("Ten men were hurt.", "Ten men and a boy were hurt.", "Ten men {+and a boy +}were hurt.");
        check("a red house", "a blue, old shed", "a [-red house-]{+blue, old shed+}");
        check("東京は雨だ。", "東京は雪だ。", "東京は[-雨-]{+雪+}だ。");
        check("same", "same", "same");
    }

    #[test]
    fn paragraphs_are_kept_changed_added_and_removed() {
        let old = Wording {
            title: Some("Ferry is late"),
            body: "The ferry left at noon with forty men.\nNobody was hurt.\nThe harbour was closed all day.",
        };
        let new = Wording {
            title: Some("Ferry is lost"),
            body: "The ferry left at one with forty men.\nNobody was hurt.\nDivers searched the wreck.\nIt rained.",
        };
        let difference = Difference::between(old, new);
        let [Step::Changed(first), Step::Kept("Nobody was hurt."), rest @ ..] = difference.paragraphs.as_slice() else {
            panic!("{difference:?}")
        };
        assert_eq!(shown(first), "The ferry left at [-noon-]{+one+} with forty men.");
        assert!(matches!(rest, [Step::Removed(_), Step::Added(_), Step::Added(_)]), "{rest:?}");
        assert_eq!(difference.extent().to_string(), "headline, 1 paragraph changed, 2 added, 1 removed (+7 -7 words)");
        assert_eq!(Difference::between(old, old).extent().to_string(), "nothing");
    }

    proptest! {
        #[test]
        fn applied_to_the_old_text_it_gives_the_new_one(
            old in proptest::collection::vec("[a-d ,.雨雪]{0,12}", 0..12),
            new in proptest::collection::vec("[a-d ,.雨雪]{0,12}", 0..12),
        ) {
            let texts = (old.join("\n"), new.join("\n"));
            let difference = Difference::between(
                Wording { title: None, body: &texts.0 }, Wording { title: None, body: &texts.1 },
            );
            let paragraphs: Vec<&str> = texts.0.lines().collect();
            let applied = difference.apply(&paragraphs).expect("it is the text that was compared");
            prop_assert_eq!(applied, texts.1.lines().map(str::to_owned).collect::<Vec<_>>());
        }

        #[test]
        fn any_text_can_be_compared(old in any::<String>(), new in any::<String>()) {
            let difference = Difference::between(
                Wording { title: Some(&old), body: &old }, Wording { title: Some(&new), body: &new },
            );
            let paragraphs: Vec<&str> = old.lines().collect();
            prop_assert_eq!(difference.apply(&paragraphs).expect("the same text").len(), new.lines().count());
        }
    }
}
