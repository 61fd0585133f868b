//! Seen before? Decides what an article is to those already stored. Pure: the store looks up the candidates, inside
//! the transaction that will write the answer, and asks here.
//!
//! An article is first recognised by what it is called ([`judge`]): its address, its GUID, its exact wording. Where all
//! of these are new it may still be made from an earlier one. Then
//! * [`words`] and [`shingle`] take its text apart, once ([`text`]),
//! * [`sketch`] chooses what an index keeps of it, and the few earlier texts that share some of that,
//! * [`likeness`] compares two texts in full, and `slots` what they say in each other's place,
//! * [`frame`] tells what texts of one make have in common, whatever they tell, and
//! * [`lineage`] says which earlier article it copies and which paragraphs are whose.
//!
//! [`presence`] tells whether a page that held a known article still does, and [`reading`] what it means that it reads
//! otherwise.
//!
//! What is new may still tell of the same event as others: [`story`] puts it among them.

pub(crate) mod hash;

mod quotes;

pub mod words;

mod known;

pub mod shingle;

pub mod text;

pub mod sketch;

pub mod likeness;

mod slots;

pub mod earlier;

pub mod frame;

pub mod lineage;

pub mod presence;

pub mod reading;

pub mod story;

#[cfg(test)]
mod example;

pub use known::{Known, is_same_article};

use crate::model::{Article, BodyKind, DuplicateKind, Verdict};
use crate::revision::{Wording, substance};

/// Fewest words of a text of its own. Under a photo of the day, a cartoon or a video stand fewer or none, and the same ones
/// every day.
const OWN_TEXT_WORDS_MIN: u32 = 10;

/// A text of fewer words may be said again of another day: a caption, the weather, the lottery.
const TELLING_WORDS_MIN: u32 = 25;

/// Whether an article can be told to be a copy of one that says the same, by that: of a text of no words nobody can tell,
/// and a short one of another day is another one.
#[must_use]
pub fn can_be_copy(words: u32, day: Option<&str>, other_day: Option<&str>) -> bool {
    let is_of_other_day = day.zip(other_day).is_some_and(|(day, other)| day != other);
    has_own_text(words) && (words >= TELLING_WORDS_MIN || !is_of_other_day)
}

/// Whether a body of so many words says anything that no other article does.
#[must_use]
pub fn has_own_text(words: u32) -> bool {
    words >= OWN_TEXT_WORDS_MIN
}

/// What the store found, by each kind of identity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lookalikes {
    /// The article that the fetched address itself has led to before.
    pub by_link: Option<Known>,
    /// Whether the page came from an address that has not led to that article before.
    pub is_from_elsewhere: bool,
    /// The article with the canonical address that the page claims.
    pub by_canonical_url: Option<Known>,
    /// Whether that address is the word of a file that says which article it is, and not something that stands in a page.
    pub is_address_given: bool,
    /// The article that the same source listed under the same GUID; for a document without any address, the same one
    /// from an earlier import.
    pub by_guid: Option<Known>,
    /// The article that was made of one of its further pages alone.
    pub by_part: Option<Known>,
    /// The first article with the same wording.
    pub by_wording: Option<i64>,
}

impl Lookalikes {
    /// The one of them with this row.
    #[must_use]
    pub fn known(&self, id: i64) -> Option<&Known> {
        [&self.by_link, &self.by_canonical_url, &self.by_guid, &self.by_part]
            .into_iter()
            .flatten()
            .find(|known| known.id == id)
    }
}

/// What the article is, and whether the page's canonical address can be believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The page claims the address of an article that is plainly another one: keep it under the address that answered.
    pub canonical_is_wrong: bool,
}

/// Judges an article: identity by canonical address, then by a GUID, then by one of its pages, then by content.
///
/// A canonical address or GUID that already belongs to another text is a mistake of the site (a template with a fixed
/// address, a counter that starts over), so those two count only if title or paragraphs agree. So does the fetched
/// address itself once it sends its readers elsewhere. What a file gives as the address of an article is taken at its word:
/// two texts under it are two versions.
#[must_use]
pub fn judge(article: &Article, lookalikes: &Lookalikes) -> Judgement {
    let is_same = |known: &&Known| is_same_article(article, known);
    let by_link = lookalikes.by_link.as_ref().filter(|known| !lookalikes.is_from_elsewhere || is_same(known));
    let is_at_address = |known: &&Known| lookalikes.is_address_given || is_same(known);
    let canonical_is_wrong =
        by_link.is_none() && lookalikes.by_canonical_url.as_ref().is_some_and(|known| !is_at_address(&known));
    let known = by_link
        .or_else(|| lookalikes.by_canonical_url.as_ref().filter(is_at_address))
        .or_else(|| lookalikes.by_guid.as_ref().filter(is_same))
        .or(lookalikes.by_part.as_ref());
    let verdict = match (known, lookalikes.by_wording) {
        (Some(known), _) if reads_the_same(article, known) || is_worse(article, known) => {
            Verdict::Known { article_id: known.id }
        }
        (Some(known), _) => Verdict::Revision { article_id: known.id },
        (None, Some(of)) => Verdict::Duplicate { of, kind: DuplicateKind::Exact },
        (None, None) => Verdict::New,
    };
    Judgement { verdict, canonical_is_wrong }
}

/// Whether title and body say the same: white space, punctuation and boilerplate make no revision, nor does a page that
/// no longer has a headline.
#[must_use]
pub fn reads_the_same(article: &Article, known: &Known) -> bool {
    let title = article.title.as_deref().or(known.title.as_deref());
    substance::reads_the_same(
        Wording { title: known.title.as_deref(), body: &known.body },
        Wording { title, body: &article.body },
        article.site_name.as_deref(),
    )
}

/// Whether a page shows that a text which was held for a teaser, or for a part, is the whole.
#[must_use]
pub fn is_whole_of(article: &Article, known: &Known) -> bool {
    article.body_kind == BodyKind::Full
        && [BodyKind::Teaser, BodyKind::Partial].iter().any(|kind| known.body_kind == kind.as_str())
        && reads_the_same(article, known)
}

/// Whether a wall, a teaser, or an article without all its pages would replace more than it brings.
fn is_worse(article: &Article, known: &Known) -> bool {
    let worth = |kind: &str| match kind {
        "wall" => 0,
        "teaser" => 1,
        "feed" | "partial" => 2,
        _ => 3,
    };
    article.body_kind == BodyKind::Wall
        || worth(article.body_kind.as_str()) < worth(&known.body_kind)
        || article.quality.lacks_pages() && article.body.len() < known.body.len()
}

#[cfg(test)]
mod tests {
    use super::example::article;
    use super::*;
    use crate::model::Quality;

    fn known(title: &str, body: &str) -> Known {
        Known { id: 7, title: Some(title.to_owned()), body: body.to_owned(), body_kind: "full".to_owned(), day: None }
    }

    #[test]
    fn nothing_alike_is_new() {
        let judgement = judge(&article("A", "x"), &Lookalikes::default());
        assert_eq!(judgement, Judgement { verdict: Verdict::New, canonical_is_wrong: false });
    }

    #[test]
    fn the_same_address_is_known_or_a_revision() {
        let by = |body: &str| Lookalikes { by_link: Some(known("A", body)), ..Lookalikes::default() };
        assert_eq!(judge(&article("A", "It’s “so”."), &by("It's \"so\"")).verdict, Verdict::Known { article_id: 7 });
        assert_eq!(judge(&article("A", "It is so."), &by("It's so")).verdict, Verdict::Revision { article_id: 7 });
    }

    #[test]
    fn a_wall_does_not_replace_a_full_text() {
        let mut wall = article("A", "Subscribe to read on.");
        wall.body_kind = BodyKind::Wall;
        let lookalikes = Lookalikes { by_link: Some(known("A", "The full text.")), ..Lookalikes::default() };
        assert_eq!(judge(&wall, &lookalikes).verdict, Verdict::Known { article_id: 7 });
    }

    #[test]
    fn an_article_without_all_its_pages_does_not_replace_more() {
        let mut first_page = article("A", "One. Again.");
        (first_page.body_kind, first_page.quality.reasons) = (BodyKind::Partial, vec![Quality::PAGES_MISSING.into()]);
        let verdict = |body: &str, kind: BodyKind| {
            let known = Known { body_kind: kind.as_str().to_owned(), ..known("A", body) };
            judge(&first_page, &Lookalikes { by_link: Some(known), ..Lookalikes::default() }).verdict
        };
        assert_eq!(verdict("One.", BodyKind::Full), Verdict::Known { article_id: 7 });
        assert_eq!(verdict("One.\nTwo.\nThree.", BodyKind::Partial), Verdict::Known { article_id: 7 });
        assert_eq!(verdict("One.", BodyKind::Partial), Verdict::Revision { article_id: 7 });
    }

    #[test]
    fn a_canonical_address_that_belongs_to_another_text_is_wrong() {
        let lookalikes = Lookalikes { by_canonical_url: Some(known("Storm", "One\nTwo")), ..Lookalikes::default() };
        let judgement = judge(&article("Football", "Three\nFour"), &lookalikes);
        assert_eq!(judgement, Judgement { verdict: Verdict::New, canonical_is_wrong: true });
    }

    #[test]
    fn a_guid_counts_when_the_text_agrees() {
        let lookalikes = Lookalikes { by_guid: Some(known("Storm", "One\nTwo")), ..Lookalikes::default() };
        assert_eq!(judge(&article("Storm", "One\nTwo"), &lookalikes).verdict, Verdict::Known { article_id: 7 });
        assert_eq!(judge(&article("Football", "Three"), &lookalikes).verdict, Verdict::New);
    }

    #[test]
    fn an_article_of_which_a_page_was_stored_is_that_one() {
        let by_part = Lookalikes { by_part: Some(known("Storm", "Two")), ..Lookalikes::default() };
        assert_eq!(judge(&article("Storm", "One\nTwo"), &by_part).verdict, Verdict::Revision { article_id: 7 });
        let at_address = Known { id: 3, ..known("Storm", "One") };
        let lookalikes = Lookalikes { by_canonical_url: Some(at_address), ..by_part };
        assert_eq!(judge(&article("Storm", "One\nTwo"), &lookalikes).verdict, Verdict::Revision { article_id: 3 });
    }

    #[test]
    fn an_address_that_sends_elsewhere_counts_when_the_text_agrees() {
        let verdict = |title: &str, body: &str| {
            let by_link = Some(known("Storm", "One\nTwo"));
            let lookalikes = Lookalikes { by_link, is_from_elsewhere: true, ..Lookalikes::default() };
            judge(&article(title, body), &lookalikes).verdict
        };
        assert_eq!(verdict("Storm", "One\nTwo and more"), Verdict::Revision { article_id: 7 });
        assert_eq!(verdict("Football", "Three\nFour"), Verdict::New);
    }

    #[test]
    fn what_has_no_text_of_its_own_is_no_copy() {
        assert!(!can_be_copy(0, None, None));
        assert!(!can_be_copy(9, Some("20261116"), Some("20261116")));
        assert!(can_be_copy(10, Some("20261116"), Some("20261116")) && can_be_copy(10, None, Some("20261116")));
        assert!(!can_be_copy(24, Some("20261116"), Some("20261117")));
        assert!(can_be_copy(25, Some("20261116"), Some("20261117")));
    }

    #[test]
    fn an_address_that_a_file_gives_is_believed() {
        let by_canonical_url = Some(known("Storm", "One\nTwo"));
        let lookalikes = Lookalikes { by_canonical_url, is_address_given: true, ..Lookalikes::default() };
        let judgement = judge(&article("Power is out", "Three"), &lookalikes);
        assert_eq!(judgement, Judgement { verdict: Verdict::Revision { article_id: 7 }, canonical_is_wrong: false });
    }

    #[test]
    fn boilerplate_makes_no_revision() {
        let lookalikes = |body: &str| Lookalikes { by_link: Some(known("Storm", body)), ..Lookalikes::default() };
        let verdict = |old: &str, new: &str| judge(&article("Storm", new), &lookalikes(old)).verdict;
        let (same, other) = (Verdict::Known { article_id: 7 }, Verdict::Revision { article_id: 7 });
        assert_eq!(verdict("Updated 5 minutes ago\nOne", "Updated 2 hours ago\nOne"), same);
        assert_eq!(verdict("One\nComments (3)", "One\nSee also: Two"), same);
        assert_eq!(verdict("One\nComments (3)", "Two\nComments (3)"), other);
    }

    #[test]
    fn equal_wording_elsewhere_is_an_exact_duplicate() {
        let lookalikes = Lookalikes { by_wording: Some(3), ..Lookalikes::default() };
        let verdict = judge(&article("A", "x"), &lookalikes).verdict;
        assert_eq!(verdict, Verdict::Duplicate { of: 3, kind: DuplicateKind::Exact });
    }
}
