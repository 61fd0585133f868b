//! Bytes of an HTML page to the article in it. Pure: same bytes, same article.
//!
//! ```text
//! bytes ─► charset ─► bounds ─► tree ─► page ─┬─► declared, json_ld ─► title, dates, authors
//!                                             └─► site_rule or body ─► verdict
//! ```
//!
//! * `bounds`: leaves out what nobody reads and cuts off what the parser could not read in linear time, from where
//!   `scan` says that tags begin and end.
//! * `page`: one walk over the tree into flat arrays: elements and lines, with `tags` and `marks` saying what an
//!   element is by its tag and by its names.
//! * `declared` and `json_ld`: what the page says of itself in `meta` elements and in structured data.
//! * `title`, `dates`, `authors`: all places where each may stand, in the order of trust.
//! * `site_rule`: what a rule for the site finds, where there is one; it goes before all else, and what it does not
//!   find is found in the general way.
//! * `body`: which lines are the article; every line is judged by weighed features, twice.
//! * `next_page` and `further_pages`: which page the article goes on with, and what such pages add to it.
//! * `verdict`: whether that is an article at all, how much of it, how far to trust it.
//! * `explain`: the same reading with its reasons, for people who ask why a page reads as it does.
//! * `chosen_links`: the links that a source's own selectors choose on a page of links.
//! * `fragment`: the same paragraphs for HTML that is all text, a feed's entry.
//!
//! Where the body in the page falls far short of the text in structured data, that text is taken; where the page
//! holds no article and the feed brought its text, the feed's. Deliberately absent: any reading of dates, addresses or
//! languages, which is for `normalize`.

use jiff::tz::TimeZone;
use scraper::Html;
use url::Url;

use crate::config::{ExtractSettings, SiteRule};
use crate::model::{
    BodyKind, ErrorClass, Evidence, ExtractedArticle, FetchedDocument, LinkHints, NO_ADDRESS, Origin, Quality,
};

mod authors;
mod body;
mod bounds;
mod chosen_links;
mod dates;
mod declared;
mod explain;
mod fragment;
mod further_pages;
mod json_ld;
mod marks;
mod next_page;
mod page;
mod reservations;
mod scan;
mod site_rule;
mod tags;
mod text;
mod title;
mod verdict;

#[cfg(test)]
mod any_bytes;
#[cfg(test)]
mod tests;

use body::{Body, Steps};
use bounds::Keep;
use declared::Declared;
use json_ld::StructuredArticle;
use page::Page;
use verdict::Findings;

pub use chosen_links::ChosenLink;
pub use explain::{Contribution, ExplainedLine, Explanation, Rule, TextSource, TitleVotes, Verdict};
pub use fragment::fragment_paragraphs;
pub use further_pages::FurtherPages;
pub use reservations::reservations;
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
    /// A page without an article on it, as far as can be seen without the rule for its site, which does not fit it.
    #[error("no article on the page: {reason}; {}", .faults.join("; "))]
    RuleFailed {
        /// What the page is without the rule.
        reason: NoArticle,
        /// What the rule has not found.
        faults: Vec<String>,
    },
}

impl ExtractError {
    /// The kind of failure under which it is stored.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self {
            ExtractError::NotText(_) => ErrorClass::Parse,
            ExtractError::NoArticle(_) | ExtractError::RuleFailed { .. } => ErrorClass::NotArticle,
        }
    }
}

/// Takes articles out of pages.
#[derive(Clone, Debug)]
pub struct Extractor {
    settings: ExtractSettings,
    further_pages: Option<FurtherPages>,
}

impl Extractor {
    /// An extractor with these limits.
    #[must_use]
    pub fn new(settings: &ExtractSettings) -> Self {
        Extractor { settings: settings.clone(), further_pages: None }
    }

    /// The same for an article's further pages, of which the last may be very short.
    #[must_use]
    pub fn for_further_pages(&self) -> Self {
        Extractor { settings: ExtractSettings { words_min: 1, ..self.settings.clone() }, further_pages: None }
    }

    /// The same for the first page of an article whose further pages are known: their paragraphs become part of it.
    #[must_use]
    pub fn adding(&self, further_pages: FurtherPages) -> Self {
        Extractor { settings: self.settings.clone(), further_pages: Some(further_pages) }
    }

    /// The article of a page. `hints` is what the source said of the link: its title votes for the headline, its date
    /// and authors stand in where the page has none, its full text where the page is a wall.
    ///
    /// # Errors
    ///
    /// [`ExtractError::NotText`] for bytes that are no text, [`ExtractError::NoArticle`] for a page that holds none.
    pub fn extract(&self, document: &FetchedDocument, hints: &LinkHints) -> Result<ExtractedArticle, ExtractError> {
        let reading = self.read(document, hints, None, |_, reading, _| reading)?;
        match (reading.refusal, reading.article.rule_faults.is_empty()) {
            (None, _) => Ok(reading.article),
            (Some(reason), true) => Err(ExtractError::NoArticle(reason)),
            (Some(reason), false) => Err(ExtractError::RuleFailed { reason, faults: reading.article.rule_faults }),
        }
    }

    /// The same with its reasons: what was decided of each line of the page, and by what. A page without an article
    /// has an explanation too.
    ///
    /// # Errors
    ///
    /// [`ExtractError::NotText`] for bytes that are no text.
    pub fn explain(&self, document: &FetchedDocument, hints: &LinkHints) -> Result<Explanation, ExtractError> {
        let mut steps = Steps::default();
        self.read(document, hints, Some(&mut steps), |page, reading, steps| {
            explain::explain(page, reading, steps.map_or(&Steps::default(), |steps| &*steps))
        })
    }

    /// Reads a page and hands it on with what was made of it. `steps` keeps what led to the choice of lines, for those
    /// who ask.
    fn read<T>(
        &self,
        document: &FetchedDocument,
        hints: &LinkHints,
        mut steps: Option<&mut Steps>,
        finish: impl FnOnce(&Page<'_>, Reading, Option<&mut Steps>) -> T,
    ) -> Result<T, ExtractError> {
        check_text(document)?;
        let text = crate::charset::decode(&document.body, document.content_type.as_deref());
        // A rule may name any attribute.
        let rule_by_address = self.rule_by_address(document);
        let may_have_rule = rule_by_address.is_some() || self.may_claim_rule(document);
        let keep = if may_have_rule { Keep::All } else { Keep::Read };
        let tree = Html::parse_document(&bounds::parseable(&text, self.settings.parse_steps_max, keep));
        let page = Page::read(&tree, self.settings.depth_max);
        let mut found = Found::read(&page, document, hints);
        let (depth_max, words_min) = (self.settings.depth_max, self.settings.words_min);
        let rule = rule_by_address.or_else(|| self.claimed_rule(document, &found.declared));
        let ruled = rule.map(|rule| site_rule::apply(rule, &tree, &page, depth_max, words_min)).unwrap_or_default();
        if let Some(title) = ruled.title {
            found.titles.insert(0, Evidence::new(title, Origin::SiteRule));
            found.title_votes.insert(0, None);
        }
        let mut article = found.article(&page, document, hints);
        article.published.splice(0..0, ruled.date.map(|date| Evidence::new(date, Origin::SiteRule)));
        article.rule_faults = ruled.faults;
        let mut authors = authors::authors(&page, &found.declared, &found.structured, hints, &found.site_names);
        let is_ruled = ruled.body.is_some();
        let (page, body) = match ruled.body {
            Some((page, body)) => {
                // How each line would have fared is only for those who ask.
                if let Some(steps) = steps.as_deref_mut() {
                    let general = body::choose(&page, &found.evidence(hints), Some(steps));
                    steps.rule_out(general.lines.into_iter().filter(|line| body.lines.binary_search(line).is_err()));
                }
                (page, body)
            }
            None => {
                let body = body::choose(&page, &found.evidence(hints), steps.as_deref_mut());
                (page, body)
            }
        };
        let head = &page.lines[body.head.clone()];
        dates::add_from_head(&mut article.published, head);
        authors::add_from_head(&mut authors, head, &found.site_names);
        let by_rule = authors::in_bylines(&ruled.bylines, Origin::SiteRule, &found.site_names);
        article.authors = if by_rule.is_empty() { authors.named() } else { by_rule };
        let (text_from, refusal) = self.fill_body(&mut article, &page, &found, &body, hints, is_ruled);
        let Found { titles, title_votes, .. } = found;
        let reading = Reading { article, refusal, text_from, titles, title_votes, chosen: body.lines };
        Ok(finish(&page, reading, steps))
    }

    /// The rule for the document's site, by its address.
    fn rule_by_address(&self, document: &FetchedDocument) -> Option<&SiteRule> {
        let rules = &self.settings.site_rules;
        if rules.is_empty() || document.final_url.as_str().starts_with(NO_ADDRESS) {
            return None;
        }
        rules.find(&document.final_url, fetched_on(document))
    }

    /// Whether the page may be of a site with a rule by what it says: a page from a file has no other address.
    fn may_claim_rule(&self, document: &FetchedDocument) -> bool {
        !self.settings.site_rules.is_empty() && document.final_url.as_str().starts_with(NO_ADDRESS)
    }

    /// The rule for the site that a page from a file says it is of.
    fn claimed_rule(&self, document: &FetchedDocument, declared: &Declared<'_>) -> Option<&SiteRule> {
        if !self.may_claim_rule(document) {
            return None;
        }
        let claimed = declared.canonical_urls(&document.final_url);
        let rules = &self.settings.site_rules;
        claimed.iter().find_map(|url| rules.find(&Url::parse(&url.value).ok()?, fetched_on(document)))
    }

    /// Fills in the body: where it is from, and why it is that of no article.
    fn fill_body(
        &self,
        article: &mut ExtractedArticle,
        page: &Page<'_>,
        found: &Found<'_>,
        body: &Body,
        hints: &LinkHints,
        is_ruled: bool,
    ) -> (TextSource, Option<NoArticle>) {
        let structured_body = found.structured.body.as_deref().unwrap_or_default();
        let structured_words = text::count_words(structured_body);
        let mut paragraphs: Vec<String> = body.lines.iter().map(|line| page.lines[*line].text.clone()).collect();
        let n_words: usize = paragraphs.iter().map(|paragraph| text::count_words(paragraph)).sum();
        let is_structured = !is_ruled
            && structured_words >= STRUCTURED_INSTEAD_WORDS
            && text::number(n_words) < text::number(structured_words) * STRUCTURED_INSTEAD_SHARE;
        if is_structured {
            paragraphs = structured_body.lines().map(text::fold).filter(|line| !line.is_empty()).collect();
        }
        let further = self.further_pages.as_ref();
        paragraphs.extend(further.into_iter().flat_map(|pages| pages.paragraphs.iter().cloned()));
        paragraphs.truncate(self.settings.paragraphs_max);
        let findings = Findings {
            page,
            body,
            paragraphs: &paragraphs,
            title: article.title.as_ref().map(|title| title.value.as_str()),
            has_date: !article.published.is_empty(),
            says_article: is_ruled || found.structured.is_article || found.declared.is_article(),
            says_paid: found.structured.is_paid,
            structured_words,
            is_structured,
        };
        let refusal = findings.check_article(self.settings.words_min).err();
        let (mut body_kind, mut quality) = findings.judge();
        if further.is_some_and(|pages| !pages.is_complete) {
            body_kind = BodyKind::Partial;
            quality.score = quality.score.saturating_sub(PAGES_MISSING_COST);
            quality.reasons.push(Quality::PAGES_MISSING);
        }
        if !article.rule_faults.is_empty() {
            quality.score = quality.score.saturating_sub(RULE_FAILED_COST);
            quality.reasons.push("site-rule-failed");
        }
        (article.paragraphs, article.body_kind, article.quality) = (paragraphs, body_kind, quality);
        if refusal.is_some()
            && let Some(fed) = self.fed_paragraphs(hints)
        {
            article.paragraphs = fed;
            article.body_kind = BodyKind::Feed;
            article.quality = Quality { score: FED_QUALITY, reasons: vec!["feed-text"] };
            return (TextSource::Feed, None);
        }
        (if is_structured { TextSource::StructuredData } else { TextSource::Page }, refusal)
    }

    /// The feed's own full text, where it is long enough to be one.
    fn fed_paragraphs(&self, hints: &LinkHints) -> Option<Vec<String>> {
        let mut paragraphs = fragment_paragraphs(hints.text.content.as_deref()?);
        paragraphs.truncate(self.settings.paragraphs_max);
        let n_words: usize = paragraphs.iter().map(|paragraph| text::count_words(paragraph)).sum();
        (n_words >= self.settings.words_min).then_some(paragraphs)
    }
}

/// The day a document was fetched, by which rules for sites are valid or not.
fn fetched_on(document: &FetchedDocument) -> jiff::civil::Date {
    document.fetched_at.to_zoned(TimeZone::UTC).date()
}

/// Quality of a feed's own text: the publisher's words, though nobody has checked that they are all.
const FED_QUALITY: u8 = 80;

/// What a rule that does not fit costs: somebody found it necessary.
const RULE_FAILED_COST: u8 = 10;

/// What it costs that pages of the article are missing: as much as a text that falls short of the declared one.
const PAGES_MISSING_COST: u8 = 20;

/// What was made of a page, before it is said whether that is an article.
struct Reading {
    article: ExtractedArticle,
    /// Why it is none.
    refusal: Option<NoArticle>,
    text_from: TextSource,
    /// All titles that the page gives itself, the best first.
    titles: Vec<Evidence<String>>,
    /// What speaks for each of them.
    title_votes: Vec<Option<TitleVotes>>,
    /// The lines that were chosen, in page order.
    chosen: Vec<usize>,
}

/// What the page says of its article outside the text.
struct Found<'a> {
    declared: Declared<'a>,
    structured: StructuredArticle,
    site_names: Vec<String>,
    titles: Vec<Evidence<String>>,
    /// What speaks for each of them; nothing for that of a rule for the site.
    title_votes: Vec<Option<TitleVotes>>,
}

impl<'a> Found<'a> {
    fn read(page: &Page<'a>, document: &FetchedDocument, hints: &LinkHints) -> Found<'a> {
        let declared = Declared::read(page);
        // A page read from a file has no host of its own, but may say where it stood.
        let addresses: Vec<Url> = declared
            .canonical_urls(&document.final_url)
            .iter()
            .filter_map(|url| Url::parse(&url.value).ok())
            .chain([document.final_url.clone()])
            .collect();
        let structured = json_ld::read(&page.json_ld, &addresses);
        let site_names = title::site_name_keys(&declared, &structured, &addresses);
        let (titles, title_votes) = title::candidates(page, &declared, &structured, hints, &site_names)
            .into_iter()
            .map(|(title, votes)| (title, Some(votes)))
            .unzip();
        Found { declared, structured, site_names, titles, title_votes }
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
            authors: Vec::new(),
            language: declared.language(structured, document),
            site_name: declared.site_name(structured),
            section: declared.section(structured),
            tags: declared.tags(structured),
            image: declared.image(structured, &document.final_url),
            paragraphs: Vec::new(),
            body_kind: BodyKind::Full,
            quality: Quality { score: 0, reasons: Vec::new() },
            rule_faults: Vec::new(),
            next_page: next_page::find(page, &document.final_url),
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
