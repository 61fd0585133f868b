//! What is read on a page that was fetched, against the stored text of its article, where the two differ: a new wording, or
//! the same one in another form or cut off.
//!
//! An article stands on several pages: its own, one for AMP, one to be printed, the third of three. They differ by a few
//! words for ever, so only the page that gave the stored text can say that it was changed. Another one can only say more of
//! it. And the page itself shows less now and then, while it is being worked on or broken; that is believed once it is so
//! twice in a row.

use super::known::Known;
use super::likeness::{n_in_both, ratio};
use super::shingle::ShingledText;
use crate::model::Article;

/// What the page that was read is to the stored text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageForm {
    /// It gave that text, or nobody knows which page did.
    OfText,
    /// It reads as it did when it was last read, which is not as the stored text does.
    AsBefore,
    /// Another page gave that text.
    Other,
    /// Another page gave that text, and this is the one that the article goes by.
    Own,
}

/// What its text is to the stored one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// A new wording.
    Revised,
    /// The same article in a form that has more of it.
    Fuller,
    /// The same article in a form that has no more of it.
    OtherForm,
    /// A part of what is known, or far less, without a word why.
    CutOff,
}

/// A part counts as cut off when it has less of the article than three quarters. Fewer sentences are taken out by way of
/// correction.
const PART_MAX: (usize, usize) = (3, 4);

/// A text that is not a part, likewise: less than a third.
const FAR_SHORTER_MAX: (usize, usize) = (1, 3);

/// So much of a part stands in the whole.
const PART_SHARE_MIN: f64 = 0.8;

/// So much of the stored text stands in one that is fuller.
const FULLER_SHARE_MIN: f64 = 0.5;

/// Less of a text stands in one that is another part of the article.
const OTHER_PART_SHARE_MAX: f64 = 0.2;

/// Words that say why an article is short now, in lower case.
const REASONS: [&str; 34] = [
    "correction",
    "corrected",
    "retract",
    "withdrawn",
    "withdrew",
    "removed",
    "taken down",
    "deleted",
    "no longer available",
    "unpublished",
    "editor's note",
    "legal reasons",
    "berichtig",
    "korrektur",
    "korrigiert",
    "zurückgezogen",
    "gelöscht",
    "entfernt",
    "nicht mehr verfügbar",
    "rectifica",
    "rectificatif",
    "retiré",
    "supprimé",
    "correctif",
    "corrección",
    "retirado",
    "eliminado",
    "correzione",
    "rimosso",
    "ritirato",
    "correção",
    "removido",
    "rectificatie",
    "verwijderd",
];

/// Judges a text that differs from the stored one of its article.
#[must_use]
pub fn read(article: &Article, known: &Known, form: PageForm) -> Reading {
    match form {
        PageForm::Other if is_fuller(article, known) => Reading::Fuller,
        // What stood on the other page was another part.
        PageForm::Own if is_fuller(article, known) || has_nothing_of(article, known) => Reading::Fuller,
        PageForm::AsBefore | PageForm::Other | PageForm::Own => Reading::OtherForm,
        PageForm::OfText if is_cut_off(article, known) => Reading::CutOff,
        PageForm::OfText => Reading::Revised,
    }
}

/// Whether a text is a part of the stored one, or far shorter, and does not say why.
#[must_use]
pub fn is_cut_off(article: &Article, known: &Known) -> bool {
    let has_less_than = |(part, of): (usize, usize)| article.body.len() * of < known.body.len() * part;
    has_less_than(PART_MAX)
        && (has_less_than(FAR_SHORTER_MAX) || share_in(&article.body, &known.body) >= PART_SHARE_MIN)
        && !says_why(article, known)
}

/// Whether a text is a part of another one, or all of it.
#[must_use]
pub fn is_part_of(part: &str, whole: &str) -> bool {
    part.len() <= whole.len() && share_in(part, whole) >= PART_SHARE_MIN
}

/// Whether hardly anything of a text stands in the stored one.
fn has_nothing_of(article: &Article, known: &Known) -> bool {
    share_in(&article.body, &known.body) < OTHER_PART_SHARE_MAX
}

fn is_fuller(article: &Article, known: &Known) -> bool {
    article.body.len() > known.body.len() && share_in(&known.body, &article.body) >= FULLER_SHARE_MIN
}

/// How much of a text stands in another one.
fn share_in(text: &str, other: &str) -> f64 {
    let (text, other) = (ShingledText::new(None, text), ShingledText::new(None, other));
    ratio(n_in_both(&text.distinct, &other.distinct), text.len())
}

/// Whether the text says why it is short: with a word that the article did not have.
fn says_why(article: &Article, known: &Known) -> bool {
    let fold = |title: Option<&str>, body: &str| format!("{} {body}", title.unwrap_or_default()).to_lowercase();
    let (text, before) = (fold(article.title.as_deref(), &article.body), fold(known.title.as_deref(), &known.body));
    REASONS.iter().any(|reason| text.contains(reason) && !before.contains(reason))
}
