//! Bytes of an HTML page to the article in it. Pure: same bytes, same article.
//!
//! ```text
//! bytes ─► charset ─► bounds ─► tree ─► page ─┬─► declared, json_ld ─► title, dates, authors
//!                                             └─► body ─► verdict
//! ```
//!
//! * `bounds`: leaves out what nobody reads and cuts off what the parser could not read in linear time, from where
//!   `scan` says that tags begin and end.
//! * `page`: one walk over the tree into flat arrays: elements and lines, with `tags` and `marks` saying what an
//!   element is by its tag and by its names.
//! * `declared` and `json_ld`: what the page says of itself in `meta` elements and in structured data.
//! * `title`, `dates`, `authors`: all places where each may stand, in the order of trust.
//! * `body`: which lines are the article; every line is judged by weighed features, twice.
//! * `verdict`: whether that is an article at all, how much of it, how far to trust it.
//! * `fragment`: the same paragraphs for HTML that is all text, a feed's entry.
//!
//! Where the body in the page falls far short of the text in structured data, that text is taken; where the page
//! holds no article and the feed brought its text, the feed's. Deliberately absent: rules for single sites, and any
//! reading of dates, addresses or languages, which is for `normalize`.

use scraper::Html;
use url::Url;

use crate::config::ExtractSettings;
use crate::model::{BodyKind, ErrorClass, Evidence, ExtractedArticle, FetchedDocument, LinkHints, Quality};

mod authors;
mod body;
mod bounds;
mod dates;
mod declared;
mod fragment;
mod json_ld;
mod marks;
mod page;
mod scan;
mod tags;
mod text;
mod title;
mod verdict;

#[cfg(test)]
mod any_bytes;
#[cfg(test)]
mod tests;

use body::Body;
use declared::Declared;
use json_ld::StructuredArticle;
use page::Page;
use verdict::Findings;

pub use fragment::fragment_paragraphs;
pub use verdict::{NoArticle, Wall};

/// Share of the structured text's words below which the body found in the page is given up for it: below, the page
/// shows an excerpt and keeps the text for a script; above, the two differ by boxes and captions.
const STRUCTURED_INSTEAD_SHARE: f32 = 0.35;

/// Fewest words of a structured text that is taken instead of the page's.
const STRUCTURED_INSTEAD_WORDS: usize = 100;

/// Why no article was taken from a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExtractError {
    /// The bytes are no text: an image, a PDF, an archive.
    #[error("not a page of text: {0}")]
    NotText(String),
    /// A page without an article on it.
    #[error("no article on the page: {0}")]
    NoArticle(NoArticle),
}

impl ExtractError {
    /// The kind of failure under which it is stored.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self {
            ExtractError::NotText(_) => ErrorClass::Parse,
            ExtractError::NoArticle(_) => ErrorClass::NotArticle,
        }
    }
}

/// Takes articles out of pages.
#[derive(Clone, Debug)]
pub struct Extractor {
    settings: ExtractSettings,
}

impl Extractor {
    /// An extractor with these limits.
    #[must_use]
    pub fn new(settings: &ExtractSettings) -> Self {
        Extractor { settings: settings.clone() }
    }

    /// The article of a page. `hints` is what the source said of the link: its title votes for the headline, its date
    /// and authors stand in where the page has none, its full text where the page is a wall.
    ///
    /// # Errors
    ///
    /// [`ExtractError::NotText`] for bytes that are no text, [`ExtractError::NoArticle`] for a page that holds none.
    pub fn extract(&self, document: &FetchedDocument, hints: &LinkHints) -> Result<ExtractedArticle, ExtractError> {
        check_text(document)?;
        let text = crate::charset::decode(&document.body, document.content_type.as_deref());
        let tree = Html::parse_document(&bounds::parseable(&text, self.settings.parse_steps_max));
        let page = Page::read(&tree, self.settings.depth_max);
        let found = Found::read(&page, document, hints);
        let body = body::choose(&page, &found.evidence(hints));
        let mut article = found.article(&page, document, hints);
        let head = &page.lines[body.head.clone()];
        dates::add_from_head(&mut article.published, head);
        authors::add_from_head(&mut article.authors, head, &found.site_names);
        self.fill_body(&mut article, &page, &found, &body, hints)?;
        Ok(article)
    }

    fn fill_body(
        &self,
        article: &mut ExtractedArticle,
        page: &Page<'_>,
        found: &Found<'_>,
        body: &Body,
        hints: &LinkHints,
    ) -> Result<(), ExtractError> {
        let structured_body = found.structured.body.as_deref().unwrap_or_default();
        let structured_words = text::count_words(structured_body);
        let mut paragraphs: Vec<String> = body.lines.iter().map(|line| page.lines[*line].text.clone()).collect();
        let n_words: usize = paragraphs.iter().map(|paragraph| text::count_words(paragraph)).sum();
        let is_structured = structured_words >= STRUCTURED_INSTEAD_WORDS
            && text::number(n_words) < text::number(structured_words) * STRUCTURED_INSTEAD_SHARE;
        if is_structured {
            paragraphs = structured_body.lines().map(text::fold).filter(|line| !line.is_empty()).collect();
        }
        paragraphs.truncate(self.settings.paragraphs_max);
        let findings = Findings {
            page,
            body,
            paragraphs: &paragraphs,
            title: article.title.as_ref().map(|title| title.value.as_str()),
            has_date: !article.published.is_empty(),
            says_article: found.structured.is_article || found.declared.is_article(),
            says_paid: found.structured.is_paid,
            structured_words,
            is_structured,
        };
        let checked = findings.check_article(self.settings.words_min);
        let (body_kind, quality) = findings.judge();
        if let Err(reason) = checked {
            let fed = self.fed_paragraphs(hints).ok_or(ExtractError::NoArticle(reason))?;
            article.paragraphs = fed;
            article.body_kind = BodyKind::Feed;
            article.quality = Quality { score: FED_QUALITY, reasons: vec!["feed-text"] };
            return Ok(());
        }
        (article.paragraphs, article.body_kind, article.quality) = (paragraphs, body_kind, quality);
        Ok(())
    }

    /// The feed's own full text, where it is long enough to be one.
    fn fed_paragraphs(&self, hints: &LinkHints) -> Option<Vec<String>> {
        let mut paragraphs = fragment_paragraphs(hints.text.content.as_deref()?);
        paragraphs.truncate(self.settings.paragraphs_max);
        let n_words: usize = paragraphs.iter().map(|paragraph| text::count_words(paragraph)).sum();
        (n_words >= self.settings.words_min).then_some(paragraphs)
    }
}

/// Quality of a feed's own text: the publisher's words, though nobody has checked that they are all.
const FED_QUALITY: u8 = 80;

/// What the page says of its article outside the text.
struct Found<'a> {
    declared: Declared<'a>,
    structured: StructuredArticle,
    site_names: Vec<String>,
    titles: Vec<Evidence<String>>,
}

impl<'a> Found<'a> {
    fn read(page: &Page<'a>, document: &FetchedDocument, hints: &LinkHints) -> Found<'a> {
        let declared = Declared::read(page);
        let structured = json_ld::read(&page.json_ld, document.final_url.as_str());
        // A page read from a file has no host of its own, but may say where it stood.
        let addresses: Vec<Url> = declared
            .canonical_urls(&document.final_url)
            .iter()
            .filter_map(|url| Url::parse(&url.value).ok())
            .chain([document.final_url.clone()])
            .collect();
        let site_names = title::site_name_keys(&declared, &structured, &addresses);
        let titles = title::candidates(page, &declared, &structured, hints, &site_names);
        Found { declared, structured, site_names, titles }
    }

    fn evidence(&self, hints: &LinkHints) -> body::Evidence {
        let summary = hints.text.summary.as_deref().map(|summary| fragment_paragraphs(summary).join(" "));
        let descriptions = self.declared.descriptions().chain(self.structured.description.as_deref());
        let mut description_keys: Vec<String> = descriptions.chain(summary.as_deref()).map(text::key).collect();
        description_keys.retain(|key| !key.is_empty());
        body::Evidence {
            title_keys: self.titles.iter().map(|title| text::key(&title.value)).collect(),
            description_keys,
            structured_body: self.structured.body.clone(),
        }
    }

    fn article(&self, page: &Page<'_>, document: &FetchedDocument, hints: &LinkHints) -> ExtractedArticle {
        let (declared, structured) = (&self.declared, &self.structured);
        ExtractedArticle {
            title: self.titles.first().cloned(),
            published: dates::published(page, declared, structured, document, hints),
            modified: dates::modified(declared, structured),
            canonical_urls: declared.canonical_urls(&document.final_url),
            authors: authors::authors(page, declared, structured, hints, &self.site_names),
            language: declared.language(structured, document),
            site_name: declared.site_name(structured),
            section: declared.section(structured),
            tags: declared.tags(structured),
            image: declared.image(structured, &document.final_url),
            paragraphs: Vec::new(),
            body_kind: BodyKind::Full,
            quality: Quality { score: 0, reasons: Vec::new() },
        }
    }
}

/// Content types that are no page, by their beginning.
const FOREIGN_TYPES: [&str; 9] = [
    "image/",
    "audio/",
    "video/",
    "font/",
    "application/pdf",
    "application/zip",
    "application/gzip",
    "application/msword",
    "application/vnd.",
];

/// Bytes looked through for signs of a binary file.
const SNIFFED_BYTES: usize = 4096;

fn check_text(document: &FetchedDocument) -> Result<(), ExtractError> {
    let content_type = document.content_type.as_deref().unwrap_or_default().trim().to_ascii_lowercase();
    if FOREIGN_TYPES.iter().any(|foreign| content_type.starts_with(foreign)) {
        return Err(ExtractError::NotText(format!("content type {content_type}")));
    }
    let start = &document.body[..document.body.len().min(SNIFFED_BYTES)];
    let is_utf16 = matches!(crate::charset::encoding_of(start, None).name(), "UTF-16LE" | "UTF-16BE");
    if start.contains(&0) && !is_utf16 {
        return Err(ExtractError::NotText("binary data".to_owned()));
    }
    if start.starts_with(b"%PDF-") {
        return Err(ExtractError::NotText("a PDF file".to_owned()));
    }
    Ok(())
}
