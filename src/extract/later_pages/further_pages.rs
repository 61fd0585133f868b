//! What the further pages of an article add to its first.
//!
//! Pages of one article repeat things: the lead, the title, a box. What has been read on an earlier page is not read
//! again. Where the first page ends it is not judged whether the article does: with the further pages known, the first is
//! extracted once more, and what it is judged by is the whole text.

use std::collections::HashSet;

use super::super::text::key;
use crate::model::ExtractedArticle;

/// The paragraphs of an article's further pages, in their order.
#[derive(Clone, Debug)]
pub struct FurtherPages {
    pub(in super::super) paragraphs: Vec<String>,
    pub(in super::super) is_complete: bool,
    /// Keys of all that has been read.
    known: HashSet<String>,
}

impl FurtherPages {
    /// None yet, behind this first page.
    #[must_use]
    pub fn behind(first: &ExtractedArticle) -> Self {
        let title = first.title.iter().map(|title| title.value.as_str());
        let known = first.paragraphs.iter().map(String::as_str).chain(title).map(key).collect();
        FurtherPages { paragraphs: Vec::new(), is_complete: true, known }
    }

    /// Adds the next page. Returns whether it brings anything new; a server that has no such page often gives another.
    pub fn add(&mut self, page: &ExtractedArticle) -> bool {
        let n_before = self.paragraphs.len();
        let mut keys = Vec::new();
        for paragraph in &page.paragraphs {
            let key = key(paragraph);
            // What has no key, a line of stars for one, parts what stands around it.
            if !self.known.contains(&key) || key.is_empty() {
                self.paragraphs.push(paragraph.clone());
            }
            keys.push(key);
        }
        // Within a page a line may well repeat: an answer in an interview.
        self.known.extend(keys);
        self.paragraphs[n_before..].iter().any(|paragraph| !key(paragraph).is_empty())
    }

    /// Whether a page shows at least half of the first one again, as no other part of an article does.
    #[must_use]
    pub fn repeats(first: &ExtractedArticle, page: &ExtractedArticle) -> bool {
        let shown: HashSet<String> = page.paragraphs.iter().map(|paragraph| key(paragraph)).collect();
        let keys = || first.paragraphs.iter().map(|paragraph| key(paragraph));
        let n_repeated: usize = keys().filter(|key| shown.contains(key)).map(|key| key.len()).sum();
        n_repeated * 2 >= keys().map(|key| key.len()).sum()
    }

    /// Notes that there are more pages, which could not be had.
    pub fn leave_rest_out(&mut self) {
        self.is_complete = false;
    }

    /// Whether no page is known to be missing.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Whether they change nothing of the first page's article.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.paragraphs.is_empty() && self.is_complete
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::extract::Extractor;
    use crate::model::{BodyKind, FetchedDocument, LinkHints};

    const TITLE: &str = "Lock emptied at Weir Lane";
    const LEAD: &str = "For the first time in nine years the old lock stands dry, and the town comes to look.";

    fn page(paragraphs: &[&str]) -> FetchedDocument {
        let body = paragraphs.iter().map(|paragraph| format!("<p>{paragraph}</p>")).collect::<Vec<_>>().concat();
        let html = format!(
            "<html><head><title>{TITLE}</title><meta name=date content=2026-03-04><link rel=canonical \
             href=/lock-emptied-at-weir-lane></head><body><article><h1>{TITLE}</h1>{body}</article></body></html>"
        );
        FetchedDocument::from_file(html.into(), Url::parse("https://e.org/story").unwrap())
    }

    fn sentence(number: usize) -> String {
        format!(
            "In its chamber number {number} divers found a bicycle, an anchor and a bell that nobody claims to have \
             missed, and they carried all of it up to the square in front of the town hall before noon."
        )
    }

    fn joined(first: &[&str], further: &[&[&str]], is_complete: bool) -> ExtractedArticle {
        let extractor = Extractor::new(&crate::config::defaults().extract);
        let hints = LinkHints::default();
        let article = extractor.extract(&page(first), &hints).unwrap();
        let mut pages = FurtherPages::behind(&article);
        for page_paragraphs in further {
            let article = extractor.for_further_pages().extract(&page(page_paragraphs), &hints).unwrap();
            assert!(pages.add(&article));
        }
        if !is_complete {
            pages.leave_rest_out();
        }
        extractor.adding(pages).extract(&page(first), &hints).unwrap()
    }

    #[test]
    fn what_repeats_is_not_doubled_and_the_whole_is_judged() {
        let (one, two, three) = (sentence(1), sentence(2), sentence(3));
        let cut = "And then, when everybody had already gone home for supper, the keeper of the lock saw that there was \
                   one thing more";
        let article = joined(&[LEAD, &one, cut], &[&[LEAD, &two], &[LEAD, &three, "That was all of it."]], true);
        assert_eq!(article.paragraphs, [LEAD, &one, cut, &two, &three, "That was all of it."]);
        assert_eq!((article.body_kind, article.quality.reasons.as_slice()), (BodyKind::Full, [].as_slice()));
    }

    #[test]
    fn an_article_without_all_its_pages_is_partial() {
        let article = joined(&[LEAD, &sentence(1), &sentence(2)], &[&[&sentence(3)]], false);
        assert_eq!(article.body_kind, BodyKind::Partial);
        assert_eq!(article.quality.reasons, ["pages-missing"]);
        assert_eq!(article.paragraphs.len(), 4);
    }

    #[test]
    fn a_page_that_shows_most_of_the_first_again_is_told() {
        let extractor = Extractor::new(&crate::config::defaults().extract);
        let article = |paragraphs: &[&str]| extractor.extract(&page(paragraphs), &LinkHints::default()).unwrap();
        let first = article(&[LEAD, &sentence(1), &sentence(2)]);
        assert!(FurtherPages::repeats(&first, &article(&[LEAD, &sentence(1), &sentence(3)])));
        assert!(!FurtherPages::repeats(&first, &article(&[LEAD, &sentence(3), &sentence(4)])));
    }

    #[test]
    fn a_page_that_brings_nothing_new_is_told() {
        let extractor = Extractor::new(&crate::config::defaults().extract);
        let article = extractor.extract(&page(&[LEAD, &sentence(1)]), &LinkHints::default()).unwrap();
        let mut pages = FurtherPages::behind(&article);
        assert!(!pages.add(&article));
        assert!(pages.is_empty());
        pages.leave_rest_out();
        assert!(!pages.is_empty());
    }
}
