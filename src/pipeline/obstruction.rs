//! What stands where an article should: by what it is recognised again, and what stands in for the article meanwhile.

use sha2::{Digest, Sha256};
use url::Url;

use crate::feed;
use crate::model::{BodyKind, FetchedDocument, LinkHints, ReadPage};

use super::feed_text;

/// Fewest words by which a page is known. Of pages with fewer many are alike by nature.
const WORDS_MIN: usize = 5;

/// Signs of a page that stands in the way: the address that it was found at, if that is another than was asked for, and
/// its words. Several links that lead to something with the same sign have a gate before them.
pub(super) fn signs(asked: &Url, document: &FetchedDocument) -> Vec<String> {
    let place = |url: &Url| format!("{}{}", url.host_str().unwrap_or_default(), url.path().trim_end_matches('/'));
    let at = place(&document.final_url);
    let moved = (at != place(asked)).then(|| format!("at {at}"));
    moved.into_iter().chain(words_sign(document)).collect()
}

/// The words of a page as a sign. Numbers and what is not text differ from one answer to the next.
fn words_sign(document: &FetchedDocument) -> Option<String> {
    let text = feed::text_of_html(&String::from_utf8_lossy(&document.body));
    let mut words = Sha256::new();
    let mut n_words = 0;
    for word in text.split_whitespace().filter(|word| word.chars().all(|c| !c.is_ascii_digit())) {
        words.update(word.as_bytes());
        words.update(b" ");
        n_words += 1;
    }
    (n_words >= WORDS_MIN).then(|| {
        let hash = words.finalize();
        hash.iter().take(8).fold("text ".to_owned(), |sign, byte| format!("{sign}{byte:02x}"))
    })
}

/// Whether the entry that led to a page has a text of its own.
pub(super) fn has_text(hints: &LinkHints) -> bool {
    hints.text.content.is_some() || hints.text.summary.is_some()
}

/// An article as its entry has it, to stand in for its page. Where the entry is not known to have the whole text, it is a
/// teaser.
pub(super) fn stand_in(mut entry: ReadPage, hints: &LinkHints) -> ReadPage {
    if entry.article.body_kind == BodyKind::Feed && !feed_text::is_whole(&hints.text) {
        entry.article.body_kind = BodyKind::Teaser;
    }
    entry
}
