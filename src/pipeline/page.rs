//! One page to an article in normal form.

use tracing::warn;

use crate::extract::{self, Explanation, ExtractError, Extractor};
use crate::model::{Article, ErrorClass, ExtractedArticle, Failure, FetchedDocument, LinkHints};
use crate::normalize::{self, Surroundings};

/// A page with the reasons why it reads as it does.
#[derive(Clone, Debug)]
pub struct ExplainedPage {
    /// The reasons.
    pub explanation: Explanation,
    /// The article in normal form, or what would have been it.
    pub article: Article,
}

/// A page to an article in normal form, without a candidate: for files and one-shot commands.
///
/// # Errors
///
/// Why there is no article in it.
pub fn read_page(
    extractor: &Extractor,
    document: &FetchedDocument,
    hints: &LinkHints,
    surroundings: Surroundings<'_>,
) -> Result<Article, Failure> {
    let extracted = extractor.extract(document, hints).map_err(|error| extraction_failure(&error))?;
    normalized(document, &extracted, surroundings)
}

/// The same with the reasons. A page without an article has them too: see `refusal` of the explanation.
///
/// # Errors
///
/// Why there is nothing to explain: the document is no text.
pub fn explain_page(
    extractor: &Extractor,
    document: &FetchedDocument,
    hints: &LinkHints,
    surroundings: Surroundings<'_>,
) -> Result<ExplainedPage, Failure> {
    let explanation = extractor.explain(document, hints).map_err(|error| extraction_failure(&error))?;
    let article = normalized(document, &explanation.article, surroundings)?;
    Ok(ExplainedPage { explanation, article })
}

pub(super) fn extraction_failure(error: &ExtractError) -> Failure {
    Failure { class: error.class(), reason: error.to_string() }
}

/// What was taken from a page, in normal form.
pub(super) fn normalized(
    document: &FetchedDocument,
    extracted: &ExtractedArticle,
    surroundings: Surroundings<'_>,
) -> Result<Article, Failure> {
    warn_of_rule(document, extracted);
    let mut article = normalize::normalize(extracted, surroundings)
        .map_err(|error| Failure { class: ErrorClass::Parse, reason: error.to_string() })?;
    article.reservations.clone_from(&document.reservations);
    article.reservations.extend(extract::reservations(&document.body));
    Ok(article)
}

/// Says that a rule for a site needs mending. The page is read in the general way meanwhile.
pub(super) fn warn_of_rule(document: &FetchedDocument, extracted: &ExtractedArticle) {
    let url = &document.final_url;
    for fault in &extracted.rule_faults {
        warn!(url = %url, "{url} does not fit {fault}");
    }
}
