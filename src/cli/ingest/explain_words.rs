//! What all forms of an explanation say alike.

use crate::dates;
use crate::extract::{Contribution, Explanation, Verdict};
use crate::model::{CanonicalUrl, Evidence, Origin};
use crate::normalize;
use crate::pipeline::ExplainedPage;

/// Contributions told of a line where there is little room.
pub(crate) const CONTRIBUTIONS_TOLD: usize = 3;

/// The candidates for the title that were not taken.
pub(crate) fn other_titles(explanation: &Explanation) -> &[Evidence<String>] {
    explanation.titles.get(1..).unwrap_or_default()
}

/// The candidates for the date of publication that were not taken, as the page writes them.
pub(crate) fn other_dates(page: &ExplainedPage) -> Vec<&Evidence<String>> {
    let taken = page.article.published.as_ref();
    let declared = page.explanation.article.language.as_ref().map(|tag| tag.value.as_str());
    let url = page.article.url.as_ref().map(CanonicalUrl::as_url);
    let language = normalize::language_of_dates(declared, page.article.language.as_deref(), url);
    let context = dates::Context { language: language.as_deref(), order: None };
    let is_taken = |candidate: &Evidence<String>| {
        taken.is_some_and(|taken| {
            taken.origin == candidate.origin
                && dates::read_in(&candidate.value, context).is_some_and(|date| date.instant == taken.instant)
        })
    };
    page.explanation.article.published.iter().filter(|candidate| !is_taken(candidate)).collect()
}

/// Where the language is from: the page's word where it agrees, else the text itself.
pub(crate) fn language_origin(page: &ExplainedPage) -> Option<&'static str> {
    let language = page.article.language.as_deref()?;
    let declared = page.explanation.article.language.as_ref();
    let agreeing = declared.filter(|tag| tag.value.to_ascii_lowercase().starts_with(language));
    Some(match agreeing.map(|tag| tag.origin) {
        None => Origin::Detected.as_str(),
        // Of all origins only this one needs telling apart here: it is no heading that says so.
        Some(Origin::Heading) => "html lang",
        Some(origin) => origin.as_str(),
    })
}

/// How many lines were kept, dropped as unlikely, and ruled out.
pub(crate) fn counts(explanation: &Explanation) -> [usize; 3] {
    let count = |is: fn(Verdict) -> bool| explanation.lines.iter().filter(|line| is(line.verdict)).count();
    [count(Verdict::is_kept), count(|verdict| verdict == Verdict::Unlikely), count(|verdict| verdict.rule().is_some())]
}

/// `+1.3 ends like a sentence`.
pub(crate) fn told(contribution: &Contribution) -> String {
    format!("{:+.1} {}", contribution.logit, contribution.words)
}
