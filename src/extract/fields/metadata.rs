//! What the page says of its article outside the text: in its head, in structured data, in headings and bylines.

use url::Url;

use super::super::body::KnownTexts;
use super::super::explanation::TitleVotes;
use super::super::fragment::fragment_paragraphs;
use super::super::later_pages::{next_page, numbered_page};
use super::super::page::Page;
use super::super::script_text::ScriptFields;
use super::super::text;
use super::declared::Declared;
use super::json_ld::{Own, StructuredArticle};
use super::layout::Layout;
use super::{authors, dates, json_ld, title};
use crate::model::{BodyKind, Evidence, ExtractedArticle, FetchedDocument, LinkHints, Origin, Quality};

/// What the page says of its article outside the text.
pub(in super::super) struct Metadata<'a> {
    pub(in super::super) declared: Declared<'a>,
    pub(in super::super) structured: StructuredArticle,
    pub(in super::super) site_names: Vec<String>,
    pub(in super::super) titles: Vec<Evidence<String>>,
    /// What speaks for each of them; nothing for that of a rule for the site.
    pub(in super::super) title_votes: Vec<Option<TitleVotes>>,
}

impl<'a> Metadata<'a> {
    pub(in super::super) fn read(page: &Page<'a>, document: &FetchedDocument, hints: &LinkHints) -> Metadata<'a> {
        let declared = Declared::read(page);
        // A page read from a file has no host of its own, but may say where it stood.
        let addresses: Vec<Url> = declared
            .canonical_urls(&document.final_url)
            .iter()
            .filter_map(|url| Url::parse(&url.value).ok())
            .chain([document.final_url.clone()])
            .collect();
        let title_keys = title::own_keys(page, &declared);
        let structured = json_ld::read(&page.json_ld, Own { addresses: &addresses, titles: &title_keys });
        let site_names = title::site_name_keys(page, &declared, &structured, &addresses);
        let (titles, title_votes) = title::candidates(page, &declared, &structured, hints, &site_names)
            .into_iter()
            .map(|(title, votes)| (title, Some(votes)))
            .unzip();
        Metadata { declared, structured, site_names, titles, title_votes }
    }

    /// The texts by which lines are known that are no text of the article, or are some.
    pub(in super::super) fn known_texts(&self, hints: &LinkHints) -> KnownTexts {
        let summary = hints.text.summary.as_deref().map(|summary| fragment_paragraphs(summary).join(" "));
        let descriptions = self.declared.descriptions().chain(self.structured.description.as_deref());
        let mut description_keys: Vec<String> = descriptions.chain(summary.as_deref()).map(text::key).collect();
        description_keys.retain(|key| !key.is_empty());
        KnownTexts {
            title_keys: self.titles.iter().map(|title| text::key(&title.value)).collect(),
            description_keys,
            structured_body: self.structured.body.clone(),
        }
    }

    /// Adds what scripts say of the article to what the page says.
    pub(in super::super) fn add_from_script(&self, article: &mut ExtractedArticle, fields: &ScriptFields) {
        if article.published.is_empty() {
            article.published.extend(fields.published.clone().map(|date| Evidence::new(date, Origin::Text)));
        }
        if article.authors.is_empty() {
            article.authors = authors::in_bylines(&fields.bylines, Origin::Text, &self.site_names);
        }
    }

    /// The article as far as it is known without its text and its authors.
    pub(in super::super) fn article(
        &self,
        page: &Page<'_>,
        layout: &Layout,
        document: &FetchedDocument,
        hints: &LinkHints,
    ) -> ExtractedArticle {
        let (declared, structured) = (&self.declared, &self.structured);
        let base = declared.base(&document.final_url);
        let canonical_urls = declared.canonical_urls(&document.final_url);
        ExtractedArticle {
            title: self.titles.first().cloned(),
            published: dates::published(page, layout, declared, structured, document, hints),
            modified: dates::modified(declared, structured),
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
            next_page: next_page::find(page, &document.final_url, &base),
            numbered_page: numbered_page::find(page, &document.final_url, &base, &canonical_urls),
            canonical_urls,
            says_article: structured.is_article || declared.is_article(),
        }
    }
}
