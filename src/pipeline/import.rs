//! Files to articles: bundle documents, JSON lines, saved pages.

use serde_json::Value;
use url::Url;

use crate::bundle;
use crate::dates;
use crate::extract::Extractor;
use crate::model::{
    Article, BodyKind, Evidence, ExtractedArticle, Failure, FetchedDocument, LinkHints, NO_ADDRESS, Origin, Quality,
};
use crate::normalize::{self, Surroundings};

use super::page::{ExplainedPage, explain_page, read_page};

/// An article from one JSON line.
#[derive(Clone, Debug)]
pub struct JsonArticle {
    /// The article.
    pub article: Article,
    /// `id`, where there is no `url`.
    pub guid: Option<String>,
    /// `source`.
    pub source: Option<String>,
}

/// Reads a bundle document. The second value is a note on its name: a hash that does not match its bytes.
///
/// # Errors
///
/// Why it is no document.
pub fn bundle_document(bytes: &[u8], name: &str) -> Result<(Article, Option<String>), String> {
    let document = bundle::read(bytes).map_err(|error| error.to_string())?;
    let article = from_file(&document.article)?;
    let note = bundle::hash_in_name(name).and_then(|named| {
        let actual = bundle::hex_sha256(bytes);
        (!actual.starts_with(&named.to_ascii_lowercase()))
            .then(|| format!("the hash in its name does not match its content, which has {}", &actual[..16]))
    });
    Ok((article, note))
}

/// Reads one line of JSON: `url` or `id`, `title`, `published`, `modified`, `authors`, `language`, `paragraphs` or
/// `text`, `source`. Other keys are passed over.
///
/// # Errors
///
/// Which key is wrong, or missing.
pub fn json_line(line: &str) -> Result<JsonArticle, String> {
    let value: Value = serde_json::from_str(line).map_err(|error| format!("not JSON: {error}"))?;
    let Value::Object(object) = value else {
        return Err("not a JSON object".to_owned());
    };
    let text = |key: &str| match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.trim().is_empty())),
        Some(Value::Number(number)) if key == "id" => Ok(Some(number.to_string())),
        Some(_) => Err(format!("{key}: must be a text")),
    };
    let list = |key: &str| match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(vec![text.clone()])),
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect::<Option<Vec<_>>>()
            .map(Some)
            .ok_or_else(|| format!("{key}: must be a list of texts")),
        Some(_) => Err(format!("{key}: must be a list of texts")),
    };
    let (url, id) = (text("url")?, text("id")?);
    if url.is_none() && id.is_none() {
        return Err("url or id: one of them must be given".to_owned());
    }
    if let Some(url) = &url {
        normalize::url::parse(url, None).map_err(|error| format!("url: {error}"))?;
    }
    let published = text("published")?;
    if let Some(date) = &published
        && dates::read(date).is_none()
    {
        return Err(format!("published: {date:?} is no date"));
    }
    let paragraphs = match list("paragraphs")? {
        Some(paragraphs) => paragraphs,
        None => text("text")?.map(|text| text.lines().map(str::to_owned).collect()).unwrap_or_default(),
    };
    let title = text("title")?;
    if title.is_none() && paragraphs.iter().all(|paragraph| paragraph.trim().is_empty()) {
        return Err("title, paragraphs, text: at least one of them must be given".to_owned());
    }
    let found = |value: String| Evidence::new(value, Origin::File);
    let extracted = ExtractedArticle {
        title: title.map(found),
        published: published.map(found).into_iter().collect(),
        modified: text("modified")?.map(found),
        canonical_urls: url.clone().map(found).into_iter().collect(),
        authors: list("authors")?.unwrap_or_default().into_iter().map(found).collect(),
        language: text("language")?.map(found),
        site_name: None,
        section: None,
        tags: Vec::new(),
        image: None,
        paragraphs,
        body_kind: BodyKind::Full,
        quality: Quality { score: 100, reasons: Vec::new() },
        rule_faults: Vec::new(),
        next_page: None,
    };
    let source = text("source")?;
    if let Some(slug) = &source {
        crate::config::check_slug(slug).map_err(|rule| format!("source: {rule}"))?;
    }
    Ok(JsonArticle { article: from_file(&extracted)?, guid: id.filter(|_| url.is_none()), source })
}

/// Reads a saved page. `address` is where it came from, if that is known; else the page's own word for it counts.
///
/// # Errors
///
/// Why there is no article in it.
pub fn html_page(extractor: &Extractor, bytes: Vec<u8>, address: Option<&Url>) -> Result<Article, Failure> {
    let hints = LinkHints::default();
    let surroundings = Surroundings { answered: address, hints: &hints, first_seen_at: None };
    let article = read_page(extractor, &saved_document(bytes, address), &hints, surroundings)?;
    Ok(without_invented_addresses(article))
}

/// Reads a saved page and says why it reads as it does.
///
/// # Errors
///
/// Why there is nothing to explain: it is no text.
pub fn explain_html_page(
    extractor: &Extractor,
    bytes: Vec<u8>,
    address: Option<&Url>,
) -> Result<ExplainedPage, Failure> {
    let hints = LinkHints::default();
    let surroundings = Surroundings { answered: address, hints: &hints, first_seen_at: None };
    let page = explain_page(extractor, &saved_document(bytes, address), &hints, surroundings)?;
    Ok(ExplainedPage { article: without_invented_addresses(page.article), ..page })
}

fn saved_document(bytes: Vec<u8>, address: Option<&Url>) -> FetchedDocument {
    let base = address.cloned().unwrap_or_else(|| Url::parse(NO_ADDRESS).expect("a literal address parses"));
    FetchedDocument::from_file(bytes, base)
}

fn without_invented_addresses(mut article: Article) -> Article {
    let is_invented = |url: &str| url.starts_with(NO_ADDRESS);
    article.url = article.url.filter(|url| !is_invented(url.as_str()));
    article.image_url = article.image_url.filter(|url| !is_invented(url));
    article
}

fn from_file(extracted: &ExtractedArticle) -> Result<Article, String> {
    let hints = LinkHints::default();
    let surroundings = Surroundings { answered: None, hints: &hints, first_seen_at: None };
    normalize::normalize(extracted, surroundings).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_json_line_is_an_article() {
        let line = r#"{"id": 7, "title": "Harbour reopens", "published": "2026-11-20T08:00:00+01:00",
            "authors": "Ana Ruiz", "text": "Ships came back.\nAll of them.", "source": "daily", "extra": 1}"#;
        let read = json_line(line).unwrap();
        assert_eq!(read.guid.as_deref(), Some("7"));
        assert_eq!(read.source.as_deref(), Some("daily"));
        assert_eq!(read.article.body, "Ships came back.\nAll of them.");
        assert_eq!(read.article.authors, ["Ana Ruiz"]);
        assert_eq!(read.article.published.unwrap().day(), "20261120");
    }

    #[test]
    fn a_wrong_json_line_says_which_key() {
        for (line, expected) in [
            ("{", "not JSON"),
            ("[]", "not a JSON object"),
            (r#"{"title": "x"}"#, "url or id"),
            (r#"{"id": "1"}"#, "title, paragraphs, text"),
            (r#"{"id": "1", "title": 5}"#, "title: must be a text"),
            (r#"{"id": "1", "title": "x", "published": "soon"}"#, "published: \"soon\" is no date"),
            (r#"{"url": "nowhere", "title": "x"}"#, "url: "),
        ] {
            let error = json_line(line).unwrap_err();
            assert!(error.starts_with(expected), "{line}: {error}");
        }
    }
}
