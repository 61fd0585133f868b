//! Takes the article out of a page: parses it, asks each part what it finds, and puts the article together.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use url::Url;

use super::body::{self, Body, Trace};
use super::by_selectors::selectors::SelectablePage;
use super::by_selectors::site_rule;
use super::error::ExtractError;
use super::explanation::{TextSource, TitleVotes};
use super::fields::declared::Declared;
use super::fields::layout::Layout;
use super::fields::metadata::Metadata;
use super::fields::title::without_markup;
use super::fields::{authors, dates};
use super::fragment::fragment_paragraphs;
use super::later_pages::further_pages::FurtherPages;
use super::later_pages::numbered_page;
use super::page::{Page, Tree};
use super::script_text::{self, ScriptText};
use super::source::{decode, document};
use super::text;
use super::verdict::Findings;
use super::verdict::no_article::NoArticle;
use crate::config::{ExtractSettings, SiteRule};
use crate::model::{BodyKind, Evidence, ExtractedArticle, FetchedDocument, LinkHints, NO_ADDRESS, Origin, Quality};

/// Share of the structured text's words below which the body found in the page is given up for it: below, the page
/// shows an excerpt and keeps the text for a script; above, the two differ by boxes and captions.
const STRUCTURED_INSTEAD_SHARE: f32 = 0.35;

/// Fewest words of a structured text that is taken instead of the page's.
const STRUCTURED_INSTEAD_WORDS: usize = 100;

/// Takes articles out of pages.
#[derive(Clone, Debug)]
pub struct Extractor {
    pub(super) settings: ExtractSettings,
    further_pages: Option<FurtherPages>,
}

impl Extractor {
    /// An extractor with these limits.
    #[must_use]
    pub fn new(settings: &ExtractSettings) -> Self {
        Extractor { settings: settings.clone(), further_pages: None }
    }

    /// Whether the document at an address may say that it is one of several pages of an article.
    #[must_use]
    pub fn may_be_numbered_page(url: &Url) -> bool {
        numbered_page::is_possible(url)
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

    /// Reads a page and hands it on with what was made of it. `trace` keeps what led to the choice of lines, for those
    /// who ask.
    pub(super) fn read<T>(
        &self,
        document: &FetchedDocument,
        hints: &LinkHints,
        mut trace: Option<&mut Trace>,
        finish: impl FnOnce(&Page<'_>, Reading, Option<&mut Trace>) -> T,
    ) -> Result<T, ExtractError> {
        let text = decode::text_of(document)?;
        let rule_by_address = self.rule_by_address(document);
        let may_have_rule = rule_by_address.is_some() || self.may_claim_rule(document);
        let parsed = Parsed::of(&text, self.settings.parse_steps_max, may_have_rule);
        let page = Page::read(parsed.tree(), self.settings.depth_max);
        let mut metadata = Metadata::read(&page, document, hints);
        let (depth_max, words_min) = (self.settings.depth_max, self.settings.words_min);
        let rule = rule_by_address.or_else(|| self.claimed_rule(document, &metadata.declared));
        let ruled = match (rule, &parsed) {
            (Some(rule), Parsed::Selectable(selectable)) => {
                site_rule::apply(rule, selectable, &page, depth_max, words_min)
            }
            _ => site_rule::Ruled::default(),
        };
        if let Some(title) = ruled.title {
            metadata.titles.insert(0, Evidence::new(title, Origin::SiteRule));
            metadata.title_votes.insert(0, None);
        }
        let is_ruled = ruled.body.is_some();
        let (text_page, body) = match ruled.body {
            Some((ruled_page, body)) => {
                // How each line would have fared is only for those who ask.
                if let Some(trace) = trace.as_deref_mut() {
                    let general = body::choose(&ruled_page, &metadata.known_texts(hints), Some(trace));
                    trace.rule_out(general.lines.into_iter().filter(|line| body.lines.binary_search(line).is_err()));
                }
                (Some(ruled_page), body)
            }
            None => (None, body::choose(&page, &metadata.known_texts(hints), trace.as_deref_mut())),
        };
        let text_layout = Layout::of(text_page.as_ref().unwrap_or(&page), &body.lines, &metadata.titles);
        // What a rule leaves out of the text may hold its date and its authors: they are looked for on the whole page,
        // whose lines are others.
        let layout = if is_ruled { Layout::default() } else { text_layout.clone() };
        let mut article = metadata.article(&page, &layout, document, hints);
        let Metadata { declared, structured, site_names, .. } = &metadata;
        let mut authors = authors::authors(&page, &layout, declared, structured, hints, site_names);
        let page = text_page.unwrap_or(page);
        dates::add_from_lines(&mut article.published, &page, &text_layout, &body.lines);
        let modified = article.modified.as_ref();
        dates::prefer_shown(&mut article.published, modified, document.fetched_at, &page, &text_layout);
        article.published.splice(0..0, ruled.date.map(|date| Evidence::new(date, Origin::SiteRule)));
        article.rule_faults = ruled.faults;
        if is_ruled {
            authors::add_from_head(&mut authors, &page, &text_layout, site_names);
        }
        let by_rule = authors::in_bylines(&ruled.bylines, Origin::SiteRule, site_names);
        article.authors = if by_rule.is_empty() { authors.named() } else { by_rule };
        let scripted = if is_ruled || !article.says_article || has_words(&page, &body, STRUCTURED_INSTEAD_WORDS) {
            None
        } else {
            script_text::read(&text, &metadata.known_texts(hints), &self.settings)
        };
        if let Some(scripted) = &scripted {
            metadata.add_from_script(&mut article, &scripted.fields);
        }
        let address = is_known(&document.final_url).then(|| document.final_url.to_string());
        let found = Found { scripted, is_ruled, address };
        let (text_from, refusal) = self.fill_body(&mut article, &page, &metadata, &body, found, hints);
        let Metadata { titles, title_votes, .. } = metadata;
        let reading = Reading { article, refusal, text_from, titles, title_votes, chosen: body.lines };
        Ok(finish(&page, reading, trace))
    }

    /// The rule for the document's site, by its address.
    fn rule_by_address(&self, document: &FetchedDocument) -> Option<&SiteRule> {
        let rules = &self.settings.site_rules;
        if rules.is_empty() || !is_known(&document.final_url) {
            return None;
        }
        rules.find(&document.final_url, fetched_on(document))
    }

    /// Whether the page may be of a site with a rule by what it says: a page from a file has no other address.
    fn may_claim_rule(&self, document: &FetchedDocument) -> bool {
        !self.settings.site_rules.is_empty() && !is_known(&document.final_url)
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
    pub(super) fn fill_body(
        &self,
        article: &mut ExtractedArticle,
        page: &Page<'_>,
        metadata: &Metadata<'_>,
        body: &Body,
        found: Found,
        hints: &LinkHints,
    ) -> (TextSource, Option<NoArticle>) {
        let Found { scripted, is_ruled, address } = found;
        let structured_body = text::told_once(metadata.structured.body.as_deref().unwrap_or_default());
        let structured_words = text::count_words(structured_body);
        let mut paragraphs: Vec<String> = body.lines.iter().map(|line| page.lines[*line].text.clone()).collect();
        let mut n_words = body.lines.iter().map(|line| page.lines[*line].n_words).sum();
        let falls_short = |n_known: usize| text::number(n_words) < text::number(n_known) * STRUCTURED_INSTEAD_SHARE;
        let is_structured = !is_ruled && structured_words >= STRUCTURED_INSTEAD_WORDS && falls_short(structured_words);
        let scripted = scripted.filter(|scripted| {
            let is_same = n_words < self.settings.words_min || holds_most(&scripted.paragraphs, &paragraphs);
            !is_structured && is_same && falls_short(count_all(&scripted.paragraphs))
        });
        let source = match (&scripted, is_structured) {
            (Some(_), _) => TextSource::Script,
            (None, true) => TextSource::StructuredData,
            (None, false) => TextSource::Page,
        };
        let mut sureness = body.sureness.clone();
        if let Some(scripted) = scripted {
            (paragraphs, sureness) = (scripted.paragraphs, scripted.sureness);
        } else if is_structured {
            paragraphs = structured_body.lines().map(text::fold).filter(|line| !line.is_empty()).collect();
        }
        let further = self.further_pages.as_ref();
        paragraphs.extend(further.into_iter().flat_map(|pages| pages.paragraphs.iter().cloned()));
        paragraphs.truncate(self.settings.paragraphs_max);
        if source != TextSource::Page || paragraphs.len() != body.lines.len() {
            n_words = count_all(&paragraphs);
        }
        let findings = Findings {
            page,
            body,
            paragraphs: &paragraphs,
            n_words,
            title: article.title.as_ref().map(|title| title.value.as_str()),
            has_date: dates::has_date(&article.published),
            says_article: is_ruled || article.says_article,
            says_paid: metadata.structured.is_paid,
            structured_words,
            source,
            address: article.canonical_urls.first().map(|url| url.value.as_str()).or(address.as_deref()),
            sureness: &sureness,
        };
        let refusal = findings.check_article(self.settings.words_min).err();
        let (mut body_kind, mut quality) = findings.judge();
        if further.is_some_and(|pages| !pages.is_complete) {
            body_kind = BodyKind::Partial;
            quality.score = quality.score.saturating_sub(PAGES_MISSING_COST);
            quality.reasons.push(Quality::PAGES_MISSING.into());
        }
        if !article.rule_faults.is_empty() {
            quality.score = quality.score.saturating_sub(RULE_FAILED_COST);
            quality.reasons.push("site-rule-failed".into());
        }
        (article.paragraphs, article.body_kind, article.quality) = (paragraphs, body_kind, quality);
        if refusal.is_some()
            && let Some(fed) = self.fed_paragraphs(hints)
        {
            article.paragraphs = fed;
            article.body_kind = BodyKind::Feed;
            article.quality = Quality { score: FED_QUALITY, reasons: vec!["feed-text".into()] };
            // What such a page is headed is said of itself.
            if let (Some(NoArticle::Wall(_)), Some(title)) = (&refusal, &hints.title) {
                article.title = Some(Evidence::new(without_markup(title), Origin::Feed));
            }
            return (TextSource::Feed, None);
        }
        (source, refusal)
    }

    /// The feed's own full text, where it is long enough to be one.
    fn fed_paragraphs(&self, hints: &LinkHints) -> Option<Vec<String>> {
        let mut paragraphs = fragment_paragraphs(hints.text.content.as_deref()?);
        paragraphs.truncate(self.settings.paragraphs_max);
        let n_words: usize = paragraphs.iter().map(|paragraph| text::count_words(paragraph)).sum();
        (n_words >= self.settings.words_min).then_some(paragraphs)
    }
}

/// A page that was parsed.
enum Parsed {
    /// With what is read of it.
    Plain(Tree),
    /// As selectors need it.
    Selectable(Box<SelectablePage>),
}

impl Parsed {
    fn of(html: &str, steps_max: usize, may_have_rule: bool) -> Parsed {
        if may_have_rule {
            Parsed::Selectable(Box::new(SelectablePage::parse(html, steps_max)))
        } else {
            Parsed::Plain(document::parse(html, steps_max))
        }
    }

    fn tree(&self) -> &Tree {
        match self {
            Parsed::Plain(tree) => tree,
            Parsed::Selectable(selectable) => &selectable.tree,
        }
    }
}

/// What else is known of the body.
#[derive(Default)]
pub(super) struct Found {
    /// The text that the page's scripts hold.
    pub(super) scripted: Option<ScriptText>,
    /// Whether a rule for the site found it.
    pub(super) is_ruled: bool,
    /// The address from which the page came, where it came from one.
    pub(super) address: Option<String>,
}

/// Whether an address is one: that of a page from a file is not.
fn is_known(url: &Url) -> bool {
    !url.as_str().starts_with(NO_ADDRESS)
}

fn count_all(paragraphs: &[String]) -> usize {
    paragraphs.iter().map(|paragraph| text::count_words(paragraph)).sum()
}

/// Whether a text holds more than half of an excerpt, paragraph by paragraph.
fn holds_most(text: &[String], excerpt: &[String]) -> bool {
    let keys: Vec<String> = text.iter().map(|paragraph| text::key(paragraph)).collect();
    let is_held = |paragraph: &&String| {
        let key = text::key(paragraph);
        keys.iter().any(|held| held.contains(&key))
    };
    let n_held: usize = excerpt.iter().filter(is_held).map(|paragraph| text::count_words(paragraph)).sum();
    n_held * 2 > count_all(excerpt)
}

/// Whether the lines that were chosen have so many words.
fn has_words(page: &Page<'_>, body: &Body, n_min: usize) -> bool {
    let mut n_words = 0;
    body.lines.iter().any(|line| {
        n_words += page.lines[*line].n_words;
        n_words >= n_min
    })
}

/// The day a document was fetched, by which rules for sites are valid or not.
fn fetched_on(document: &FetchedDocument) -> Date {
    document.fetched_at.to_zoned(TimeZone::UTC).date()
}

/// Quality of a feed's own text: the publisher's words, though nobody has checked that they are all.
const FED_QUALITY: u8 = 80;

/// What a rule that does not fit costs: somebody found it necessary.
const RULE_FAILED_COST: u8 = 10;

/// What it costs that pages of the article are missing: as much as a text that falls short of the declared one.
const PAGES_MISSING_COST: u8 = 20;

/// What was made of a page, before it is said whether that is an article.
pub(super) struct Reading {
    pub(super) article: ExtractedArticle,
    /// Why it is none.
    pub(super) refusal: Option<NoArticle>,
    pub(super) text_from: TextSource,
    /// All titles that the page gives itself, the best first.
    pub(super) titles: Vec<Evidence<String>>,
    /// What speaks for each of them.
    pub(super) title_votes: Vec<Option<TitleVotes>>,
    /// The lines that were chosen, in page order.
    pub(super) chosen: Vec<usize>,
}
