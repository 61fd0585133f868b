//! Makes the explanation of a page: what was decided of each of its lines, and by what.
//!
//! Nothing is decided here. The passes over the lines keep what they found when they are asked to, and this module puts
//! it into words.

use std::collections::HashMap;

use super::body::Trace;
use super::error::ExtractError;
use super::explanation::{ExplainedLine, Explanation, Rule, TextSource, Verdict};
use super::extractor::{Extractor, Reading};
use super::page::class_names::{Marks, marks_of_names};
use super::page::{Page, PageElement};
use crate::model::{FetchedDocument, LinkHints};

/// Elements right above a line that its path names whatever they are; of those further up only the ones that mean
/// something.
const NEAREST_ELEMENTS: usize = 2;

/// Most elements of a path, and most names of an element: it is to be read, not followed.
const PATH_ELEMENTS_MAX: usize = 4;
const ELEMENT_NAMES_MAX: usize = 2;

/// Names of an element that are looked at.
const ELEMENT_NAMES_READ_MAX: usize = 40;

/// Longest name of an element, in characters.
const NAME_CHARACTERS_MAX: usize = 28;

/// Stands in a path for elements left out.
const LEFT_OUT: &str = "…";

impl Extractor {
    /// [`Extractor::extract`] with its reasons: what was decided of each line of the page, and by what. A page without an article
    /// has an explanation too.
    ///
    /// # Errors
    ///
    /// [`ExtractError::NotText`] for bytes that are no text.
    pub fn explain(&self, document: &FetchedDocument, hints: &LinkHints) -> Result<Explanation, ExtractError> {
        let mut trace = Trace::default();
        self.read(document, hints, Some(&mut trace), |page, reading, trace| {
            explanation(page, reading, trace.map_or(&Trace::default(), |trace| &*trace))
        })
    }
}

/// Puts into words what was found while a page was read.
fn explanation(page: &Page<'_>, reading: Reading, trace: &Trace) -> Explanation {
    let Reading { article, refusal, text_from, titles, title_votes, chosen } = reading;
    let mut verdicts = vec![Verdict::Unlikely; page.lines.len()];
    for (line, rule) in &trace.taken_out {
        verdicts[*line] = Verdict::Ruled(*rule);
    }
    for (position, line) in chosen.into_iter().enumerate() {
        verdicts[line] = match text_from {
            TextSource::Page if position < article.paragraphs.len() => {
                let rule = trace.ruled_in.iter().find(|(ruled, _)| *ruled == line);
                rule.map_or(Verdict::Kept, |(_, rule)| Verdict::RuledIn(*rule))
            }
            TextSource::Page => Verdict::Ruled(Rule::TooMany),
            TextSource::StructuredData | TextSource::Script | TextSource::Feed => Verdict::Ruled(Rule::OtherText),
        };
    }
    let mut paths = Paths { page, names: HashMap::new() };
    let place = trace.place().map(|place| paths.path(place));
    let lines = page.lines.iter().zip(verdicts).enumerate().map(|(position, (line, verdict))| ExplainedLine {
        text: line.text.clone(),
        path: paths.path(line.owner),
        verdict,
        probability: trace.probability(position),
        first_pass: trace.first_pass(position),
        contributions: trace.contributions(position),
    });
    Explanation { article, refusal, text_from, titles, title_votes, place, lines: lines.collect() }
}

/// Ways to elements, for people. Each element is named once: many lines stand under the same.
struct Paths<'a> {
    page: &'a Page<'a>,
    names: HashMap<usize, String>,
}

impl Paths<'_> {
    fn path(&mut self, element: usize) -> String {
        let page = self.page;
        let mut upwards: Vec<Option<usize>> = Vec::new();
        let mut is_left_out = false;
        for (distance, above) in page.path_up(element, 0).enumerate() {
            let PageElement { depth, marks, .. } = &page.elements[above];
            if distance < NEAREST_ELEMENTS || *marks != Marks::NONE {
                if upwards.iter().flatten().count() >= PATH_ELEMENTS_MAX {
                    is_left_out = true;
                    break;
                }
                if std::mem::take(&mut is_left_out) {
                    upwards.push(None);
                }
                upwards.push(Some(above));
            } else {
                // That a line stands in the body of the page goes without saying.
                is_left_out |= *depth > 1;
            }
        }
        if upwards.is_empty() {
            upwards.push(Some(element));
        }
        if is_left_out {
            upwards.push(None);
        }
        let mut path = String::new();
        for (position, part) in upwards.into_iter().rev().enumerate() {
            path.push_str(if position > 0 { " > " } else { "" });
            match part {
                None => path.push_str(LEFT_OUT),
                Some(above) => path.push_str(self.names.entry(above).or_insert_with(|| element_name(page, above))),
            }
        }
        path
    }
}

/// Tag and names of an element as selectors write them: the names that say something to us, or else the first.
fn element_name(page: &Page<'_>, element: usize) -> String {
    let words = |attribute: &str| page.attribute(element, attribute).unwrap_or_default().split_ascii_whitespace();
    let selectors = words("class")
        .map(|word| (word, ".", ""))
        .chain(words("id").map(|word| (word, "#", "")))
        .chain(words("itemprop").map(|word| (word, "[itemprop=", "]")))
        .chain(words("role").map(|word| (word, "[role=", "]")));
    let (mut telling, silent): (Vec<_>, Vec<_>) =
        selectors.take(ELEMENT_NAMES_READ_MAX).partition(|(word, _, _)| marks_of_names(word) != Marks::NONE);
    telling.truncate(ELEMENT_NAMES_MAX);
    if telling.is_empty() {
        telling.extend(silent.first());
    }
    let mut name = shortened(page.elements[element].node.name());
    for (word, before, after) in telling {
        name.extend([before, &shortened(word), after]);
    }
    name
}

fn shortened(name: &str) -> String {
    match name.char_indices().nth(NAME_CHARACTERS_MAX) {
        None => name.to_owned(),
        Some((end, _)) => format!("{}{LEFT_OUT}", &name[..end]),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::tests::{described, document, extractor, fixtures};
    use super::*;
    use crate::extract::{NoArticle, Wall};
    use crate::model::FeedText;

    fn explained(page: &str) -> Explanation {
        explained_by(&extractor(), page, &LinkHints::default())
    }

    fn explained_by(extractor: &Extractor, page: &str, hints: &LinkHints) -> Explanation {
        extractor.explain(&document(page.into(), "https://news.example/page"), hints).unwrap()
    }

    fn verdicts(explanation: &Explanation) -> Vec<Verdict> {
        explanation.lines.iter().map(|line| line.verdict).collect()
    }

    /// A page's lines, as recorded in `lines.txt` where a case has it: verdict, rule, path and text.
    fn check_lines(case: &Path, explanation: &Explanation) {
        let recorded = case.join("lines.txt");
        let Ok(expected) = std::fs::read_to_string(&recorded) else { return };
        let lines = explanation.lines.iter().map(|line| {
            let rule = line.verdict.rule().map_or("", Rule::as_str);
            [line.verdict.as_str(), rule, &line.path, &line.text].join("\t")
        });
        let found = lines.collect::<Vec<_>>().join("\n") + "\n";
        if std::env::var_os("UPDATE_FIXTURES").is_some() {
            std::fs::write(&recorded, found).unwrap();
            return;
        }
        assert_eq!(found, expected, "{}", case.display());
    }

    #[test]
    fn explanations_are_those_of_the_extraction() {
        for case in fixtures() {
            let page = document(std::fs::read(case.join("page.html")).unwrap(), "https://news.example/page");
            let explanation = extractor().explain(&page, &LinkHints::default()).unwrap();
            check_lines(&case, &explanation);
            match extractor().extract(&page, &LinkHints::default()) {
                Ok(article) => {
                    assert_eq!(explanation.refusal, None, "{}", case.display());
                    assert_eq!(described(&Ok(explanation.article.clone())), described(&Ok(article)));
                }
                Err(error) => {
                    let refusal = explanation.refusal.map(crate::extract::ExtractError::NoArticle);
                    assert_eq!(refusal, Some(error), "{}", case.display());
                }
            }
            let kept = explanation.lines.iter().filter(|line| line.verdict.is_kept());
            let kept: Vec<&str> = kept.map(|line| line.text.as_str()).collect();
            if explanation.text_from == TextSource::Page {
                assert_eq!(kept, explanation.article.paragraphs, "{}", case.display());
            } else {
                assert!(kept.is_empty(), "{}", case.display());
            }
            assert_eq!(explanation.titles.first(), explanation.article.title.as_ref());
            for line in &explanation.lines {
                let is_likely = !matches!(line.verdict, Verdict::Unlikely | Verdict::RuledIn(_));
                assert_eq!(line.probability > 0.5, is_likely, "{}: {line:?}", case.display());
                let weights: Vec<f32> = line.contributions.iter().map(|told| told.logit.abs()).collect();
                assert!(weights.is_sorted_by(|one, other| one >= other), "{line:?}");
                assert!(line.contributions.iter().all(|told| !told.meaning.is_empty()), "{line:?}");
            }
        }
    }

    const LONG: &str = "The ferry left at noon, with mail, milk and forty-one passengers who had slept in the hall.";
    const OTHER: &str = "It came back at seven, and the captain said that she had never seen so calm a sea in May.";

    #[test]
    fn lines_beyond_the_limit_are_told_of() {
        let settings = crate::config::ExtractSettings { paragraphs_max: 1, ..crate::config::defaults().extract };
        let page = format!("<article><p>{LONG}</p><p>{OTHER}</p></article>");
        let explanation = explained_by(&Extractor::new(&settings), &page, &LinkHints::default());
        assert_eq!(verdicts(&explanation), [Verdict::Kept, Verdict::Ruled(Rule::TooMany)]);
    }

    #[test]
    fn text_from_elsewhere_takes_the_place_of_lines() {
        let numbered = |number: usize| format!("{number}. {LONG} {OTHER}");
        let text: Vec<String> = (1..=8).map(numbered).collect();
        let page = format!(
            "<script type=\"application/ld+json\">{}</script><article><p>{}</p></article>",
            serde_json::json!({"@type": "NewsArticle", "headline": "Calm", "articleBody": text.join("\n")}),
            text[0],
        );
        let explanation = explained(&page);
        assert_eq!(explanation.text_from, TextSource::StructuredData);
        assert_eq!(explanation.article.paragraphs, text);
        assert_eq!(verdicts(&explanation), [Verdict::Ruled(Rule::OtherText)]);

        let wall = fixtures().into_iter().find(|case| case.ends_with("consent-wall")).unwrap();
        let wall = std::fs::read_to_string(wall.join("page.html")).unwrap();
        assert_eq!(explained(&wall).refusal, Some(NoArticle::Wall(Wall::Consent)));
        let text = FeedText { content: Some(format!("<p>{LONG}<p>{OTHER}")), summary: None, is_cut: false };
        let title = Some("Ferries <i>keep</i> to the harbour".to_owned());
        let hints = LinkHints { title, text, ..LinkHints::default() };
        let explanation = explained_by(&extractor(), &wall, &hints);
        assert_eq!((explanation.refusal, explanation.text_from), (None, TextSource::Feed));
        // The wall has a headline too, which is not that of the article.
        let title = explanation.article.title.map(|title| title.value);
        assert_eq!(title.as_deref(), Some("Ferries keep to the harbour"));
        assert_eq!(explanation.article.paragraphs, [LONG, OTHER]);
    }

    #[test]
    fn pages_without_text_are_explained_too() {
        assert_eq!(verdicts(&explained("")), []);
        let explanation = explained("<p>Nothing");
        assert_eq!(verdicts(&explanation), [Verdict::Unlikely]);
        assert!(explanation.refusal.is_some() && explanation.place.is_none());
        assert!(explanation.lines[0].contributions.iter().any(|told| told.feature == "Tiny" && told.logit < 0.0));
    }

    #[test]
    fn paths_are_short_and_name_what_matters() {
        let check = |page: &str, expected: &str| assert_eq!(explained(page).lines[0].path, expected, "{page}");
        check("text", "body");
        check("<p>text", "body > p");
        check("<div id=a class='x y'><div><p class=lead-in>text", "… > div > p.lead-in");
        check("<section><div><div><p><b>text", "… > p > b");
        check("<div class='l-12 comments open'><div><div><div><p>text", "div.comments > … > div > p");
        let nested = "<div class=comment>".repeat(50) + "text";
        check(&nested, "… > div.comment > div.comment > div.comment > div.comment");
        check(&format!("<p id={}>text", "x".repeat(99)), &format!("body > p#{}…", "x".repeat(28)));
    }
}
