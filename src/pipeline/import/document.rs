//! What a file says of an article as an article: brought into normal form, or where it is our own, kept to the letter.

use jiff::tz::Offset;
use url::Url;

use crate::bundle;
use crate::dates;
use crate::model::{Article, CanonicalUrl, ExtractedArticle, LinkHints, Origin, Published};
use crate::normalize::{self, Surroundings};
use crate::scripts;

/// Brings an article into normal form.
pub(super) fn from_file(extracted: &ExtractedArticle) -> Result<Article, String> {
    let hints = LinkHints::default();
    let surroundings = Surroundings { answered: None, hints: &hints, first_seen_at: None };
    let mut article = normalize::normalize(extracted, surroundings).map_err(|error| error.to_string())?;
    // Whoever wrote the file knew the article; a date in its address is a guess beside theirs.
    let date = extracted.published.first().and_then(|date| dates::read(&date.value));
    article.published = date
        .map(|date| Published {
            instant: date.instant,
            offset: date.offset.unwrap_or(Offset::UTC),
            precision: date.precision,
            origin: Origin::File,
        })
        .or(article.published);
    Ok(article)
}

/// Takes title and text as they stand where that gives the document with this hash.
pub(super) fn keep_to_the_letter(article: &mut Article, written: &ExtractedArticle, sha256: &str) -> bool {
    let is_plain = |text: &String| !text.is_empty() && !text.chars().any(char::is_control);
    let title = written.title.as_ref().map(|title| title.value.clone());
    let is_text = title.iter().chain(&written.paragraphs).all(is_plain);
    let body = written.paragraphs.join("\n");
    // Checked for what can be followed by whoever made the article, and the same address to the letter.
    let url = written.canonical_urls.first().and_then(|claimed| Url::parse(&claimed.value).ok());
    let url = url.filter(|_| article.url.is_some());
    let day = article.published.map(|published| published.day());
    let document = bundle::document(title.as_deref(), day.as_deref(), url.as_ref().map(Url::as_str), &body);
    if !is_text || bundle::hex_sha256(document.as_bytes()) != sha256 {
        return false;
    }
    if (&article.title, &article.body) != (&title, &body) {
        article.words = scripts::count_words(&body);
        article.fingerprint = normalize::fingerprint(title.as_deref(), &body, article.words);
    }
    article.url = url.map(CanonicalUrl::from_canonical);
    (article.title, article.body) = (title, body);
    true
}
