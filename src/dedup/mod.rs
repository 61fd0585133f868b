//! Seen before? Decides what an article is to those already stored. Pure: the store looks up the candidates, inside
//! the transaction that will write the answer, and asks here.
//!
//! An article is first recognised by what it is called ([`judge`]): its address, its GUID, its exact wording. Where all
//! of these are new it may still be made from an earlier one. Then
//! * [`shingle`] takes its text apart,
//! * [`sketch`] chooses what an index keeps of it, and the few earlier texts that share some of that,
//! * [`likeness`] compares two texts in full, and
//! * [`lineage`] says which earlier article it copies and which paragraphs are whose.
//!
//! What is new may still tell of the same event as others: [`story`] puts it among them.

mod hash;

mod words;

pub mod shingle;

pub mod sketch;

pub mod likeness;

pub mod lineage;

pub mod story;

use std::collections::HashSet;

use crate::model::{Article, BodyKind, DuplicateKind, Verdict};

/// Share of paragraphs in common from which two wordings are two states of one article, if their titles differ.
const SAME_ARTICLE_SHARE: f64 = 0.2;

/// A stored article that may be the one at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its row.
    pub id: i64,
    /// Its headline.
    pub title: Option<String>,
    /// Its body, a paragraph a line.
    pub body: String,
    /// The word of its `body_kind` column.
    pub body_kind: String,
}

/// What the store found, by each kind of identity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lookalikes {
    /// The article that the fetched address itself has led to before.
    pub by_link: Option<Known>,
    /// The article with the canonical address that the page claims.
    pub by_canonical_url: Option<Known>,
    /// The article that the same source listed under the same GUID; for a document without any address, the same one
    /// from an earlier import.
    pub by_guid: Option<Known>,
    /// The first article with the same wording.
    pub by_wording: Option<i64>,
}

/// What the article is, and whether the page's canonical address can be believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The page claims the address of an article that is plainly another one: keep it under the address that answered.
    pub canonical_is_wrong: bool,
}

/// Judges an article: identity by canonical address, then by a GUID, then by content.
///
/// A canonical address or GUID that already belongs to another text is a mistake of the site (a template with a fixed
/// address, a counter that starts over), so those two count only if title or paragraphs agree.
#[must_use]
pub fn judge(article: &Article, lookalikes: &Lookalikes) -> Judgement {
    let is_same = |known: &&Known| is_same_article(article, known);
    let canonical_is_wrong =
        lookalikes.by_link.is_none() && lookalikes.by_canonical_url.as_ref().is_some_and(|known| !is_same(&known));
    let known = lookalikes
        .by_link
        .as_ref()
        .or_else(|| lookalikes.by_canonical_url.as_ref().filter(is_same))
        .or_else(|| lookalikes.by_guid.as_ref().filter(is_same));
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

fn is_same_article(article: &Article, known: &Known) -> bool {
    let titles_agree = match (&article.title, &known.title) {
        (Some(left), Some(right)) => words_of(left).eq(words_of(right)),
        _ => false,
    };
    titles_agree || paragraphs_in_common(article, known) >= SAME_ARTICLE_SHARE
}

/// Share of the shorter text's paragraphs that stand in the other too.
fn paragraphs_in_common(article: &Article, known: &Known) -> f64 {
    let ours: HashSet<&str> = article.paragraphs().collect();
    let theirs: HashSet<&str> = known.body.lines().collect();
    let fewest = ours.len().min(theirs.len());
    if fewest == 0 {
        return 0.0;
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of paragraphs are far below 2^52")]
    let share = ours.intersection(&theirs).count() as f64 / fewest as f64;
    share
}

/// Whether title and body have the same words: white space, quotes and dashes make no revision.
fn reads_the_same(article: &Article, known: &Known) -> bool {
    words_of(&article.body).eq(words_of(&known.body))
        && words_of(article.title.as_deref().unwrap_or_default())
            .eq(words_of(known.title.as_deref().unwrap_or_default()))
}

/// Whether a wall, a teaser, or an article without all its pages would replace more than it brings.
fn is_worse(article: &Article, known: &Known) -> bool {
    let brings_less = matches!(article.body_kind, BodyKind::Wall | BodyKind::Teaser | BodyKind::Feed);
    let lacks_pages = article.quality.lacks_pages();
    (brings_less || lacks_pages) && known.body_kind == BodyKind::Full.as_str()
        || lacks_pages && article.body.len() < known.body.len()
}

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Fingerprint, Quality};

    fn article(title: &str, body: &str) -> Article {
        Article {
            url: None,
            title: Some(title.to_owned()),
            published: None,
            modified_at: None,
            language: None,
            authors: Vec::new(),
            site_name: None,
            section: None,
            tags: Vec::new(),
            image_url: None,
            reservations: Vec::new(),
            body: body.to_owned(),
            words: 0,
            body_kind: BodyKind::Full,
            quality: Quality { score: 100, reasons: Vec::new() },
            fingerprint: Fingerprint([0; 32]),
        }
    }

    fn known(title: &str, body: &str) -> Known {
        Known { id: 7, title: Some(title.to_owned()), body: body.to_owned(), body_kind: "full".to_owned() }
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
        (first_page.body_kind, first_page.quality.reasons) = (BodyKind::Partial, vec![Quality::PAGES_MISSING]);
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
    fn equal_wording_elsewhere_is_an_exact_duplicate() {
        let lookalikes = Lookalikes { by_wording: Some(3), ..Lookalikes::default() };
        let verdict = judge(&article("A", "x"), &lookalikes).verdict;
        assert_eq!(verdict, Verdict::Duplicate { of: 3, kind: DuplicateKind::Exact });
    }
}
