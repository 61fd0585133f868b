//! What a rule for a site finds on a page.
//!
//! The rule says which elements hold the body; lines are made of them as of any page, by a second walk that knows
//! what was chosen and what is left out. What a rule does not find is found in the general way, and is told.

use std::collections::HashSet;

use super::super::body::Body;
use super::super::page::{Choice, NodeId, Page};
use super::super::text::fold;
use super::selectors::{STEPS_MAX, SelectablePage};
use crate::config::{ElementSelector, SiteRule};

/// Most elements from which authors are taken.
const BYLINES_MAX: usize = 50;

/// Longest text or attribute taken for a title, a date or an author.
const VALUE_BYTES_MAX: usize = 2000;

/// What a rule found. What is missing here is to be found otherwise.
#[derive(Debug, Default)]
pub(in super::super) struct Ruled<'a> {
    /// The page as the rule has cut it into lines, and the lines of the body.
    pub(in super::super) body: Option<(Page<'a>, Body)>,
    pub(in super::super) title: Option<String>,
    /// The date as the page writes it.
    pub(in super::super) date: Option<String>,
    /// Texts that name authors.
    pub(in super::super) bylines: Vec<String>,
    /// What the rule ought to have found and has not, each as a sentence.
    pub(in super::super) faults: Vec<String>,
}

/// Looks for what the rule names. A page without authors is no fault of the rule.
pub(in super::super) fn apply<'a>(
    rule: &SiteRule,
    selectable: &'a SelectablePage,
    page: &Page<'a>,
    depth_max: usize,
    words_min: usize,
) -> Ruled<'a> {
    let mut ruled = Ruled::default();
    let selectors = [&rule.body, &rule.drop, &rule.title, &rule.date, &rule.authors];
    if selectable.n_steps(selectors.into_iter().flatten()) > STEPS_MAX {
        ruled.faults.push(format!("the rule at {} is not tried: the page is too large for its selectors", rule.place));
        return ruled;
    }
    let fault = |key: &str, selectors: &[ElementSelector], what: &str| {
        let texts: Vec<String> = selectors.iter().map(|selector| format!("{:?}", selector.text)).collect();
        format!("the rule at {}: {key} = {} {what}", rule.place, texts.join(", "))
    };
    if !rule.body.is_empty() {
        match read_body(rule, selectable, depth_max) {
            (_, _, 0) => ruled.faults.push(fault("body", &rule.body, "finds nothing")),
            (_, _, n_words) if n_words < words_min => {
                let what = format!("finds {n_words} words, fewer than {words_min}");
                ruled.faults.push(fault("body", &rule.body, &what));
            }
            (page, body, _) => ruled.body = Some((page, body)),
        }
    }
    let one = |selectors: &[ElementSelector]| {
        selectors.iter().find_map(|selector| values(selectable, page, selector, 1).into_iter().next())
    };
    for (key, selectors, place) in [("title", &rule.title, &mut ruled.title), ("date", &rule.date, &mut ruled.date)] {
        *place = one(selectors);
        if place.is_none() && !selectors.is_empty() {
            ruled.faults.push(fault(key, selectors, "finds nothing"));
        }
    }
    ruled.bylines = rule
        .authors
        .iter()
        .flat_map(|selector| values(selectable, page, selector, BYLINES_MAX))
        .take(BYLINES_MAX)
        .collect();
    ruled
}

/// The page as the rule cuts it, the body in it, and how many words that has.
fn read_body<'a>(rule: &SiteRule, selectable: &'a SelectablePage, depth_max: usize) -> (Page<'a>, Body, usize) {
    let all = |selectors: &[ElementSelector]| -> HashSet<NodeId> {
        selectors.iter().flat_map(|selector| selectable.elements(selector)).collect()
    };
    let choice = Choice { chosen: all(&rule.body), dropped: all(&rule.drop) };
    let page = Page::read_choice(&selectable.tree, depth_max, &choice);
    let mut lines = Vec::new();
    // Elements come in the order of the page, an outer one before those in it.
    let mut next = 0;
    for element in page.elements.iter().filter(|element| choice.chosen.contains(&element.node.id())) {
        lines.extend(element.lines_start.max(next)..element.lines_end);
        next = next.max(element.lines_end);
    }
    let n_words = lines.iter().map(|line: &usize| page.lines[*line].n_words).sum();
    let body = Body::of_lines(lines);
    (page, body, n_words)
}

/// The texts, or attributes, of the elements that a selector chooses, in the order of the page, without empty ones.
fn values(selectable: &SelectablePage, page: &Page<'_>, selector: &ElementSelector, n_max: usize) -> Vec<String> {
    let chosen = selectable.elements(selector);
    let is_chosen = |index: &usize| chosen.contains(&page.elements[*index].node.id());
    (0..page.elements.len())
        .filter(is_chosen)
        .map(|index| match &selector.attribute {
            Some(name) => page.any_attribute(index, name).map(fold).unwrap_or_default(),
            None => page.text_of(index),
        })
        .filter(|value| !value.is_empty() && value.len() <= VALUE_BYTES_MAX)
        .take(n_max)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use url::Url;

    use crate::config::SiteRules;
    use crate::extract::{ExtractError, Extractor, Rule, Verdict};
    use crate::model::{ExtractedArticle, FetchedDocument, LinkHints, NO_ADDRESS, Origin};

    const FIRST: &str =
        "The lock at Weir Lane was emptied on Monday for the first time since the flood of nine years ago.";
    const SECOND: &str =
        "Divers found two bicycles, an anchor and a bell that nobody in the town claims to have missed.";

    /// A page with nothing to go by: no paragraphs, no names that mean something, and an odd order.
    fn stubborn_page() -> String {
        format!(
            "<html><head><title>q7</title><link rel=canonical href=\"https://www.stubborn.example/a/7\"></head><body>\
             <table><tr><td>Weather <span class=k3>Lock emptied <i>at last</i></span> Sport</td>\
             <td class=z1>{FIRST}<em class=ad> Buy a boat! </em>More water than expected<br><br>{SECOND}\
             <div class=z9>Read also: boats</div><div>and boats again</div></td></tr></table>\
             <u class=w1 data-when=\"2026-03-04T05:06:00Z\">yesterday</u> <s class=w2>by Ada Quill</s><s class=w2>Ben Okri</s>\
             </body></html>"
        )
    }

    fn extract(rules: &str, page: &str, address: &str) -> Result<ExtractedArticle, ExtractError> {
        let mut settings = crate::config::defaults().extract;
        settings.site_rules = Arc::new(SiteRules::of_text(rules));
        let document = FetchedDocument::from_file(page.into(), Url::parse(address).unwrap());
        Extractor::new(&settings).extract(&document, &LinkHints::default())
    }

    #[test]
    fn a_rule_says_what_the_article_is() {
        let rule = "[[site]]\nhost = \"stubborn.example\"\nbody = \".z1\"\ndrop = [\".ad\", \".z9 ~ *\", \".z9\", \"tr\"]\n\
                    title = [\"h1\", \".k3\"]\ndate = \"u@data-when\"\nauthors = \".w2\"\n";
        for address in ["https://stubborn.example/a/7", NO_ADDRESS] {
            let article = extract(rule, &stubborn_page(), address).unwrap();
            let title = article.title.unwrap();
            assert_eq!((title.value.as_str(), title.origin), ("Lock emptied at last", Origin::SiteRule));
            assert_eq!(article.published[0].value, "2026-03-04T05:06:00Z");
            let authors: Vec<&str> = article.authors.iter().map(|author| author.value.as_str()).collect();
            assert_eq!(authors, ["Ada Quill", "Ben Okri"]);
            // Lines are made as of any page: white space folded, ended by empty lines.
            assert_eq!(article.paragraphs, [&format!("{FIRST} More water than expected"), SECOND]);
            assert_eq!(article.rule_faults, [""; 0]);
        }
    }

    #[test]
    fn lines_begin_and_end_with_chosen_elements() {
        let page =
            format!("<div>Before <b>{FIRST}</b> between <span><b>{SECOND} <b>And</b> more</b></span> after</div>");
        let article = extract("[[site]]\nhost = \"a.example\"\nbody = \"b\"\n", &page, "https://a.example/").unwrap();
        assert_eq!(article.paragraphs, [FIRST, SECOND, "And", "more"]);
    }

    #[test]
    fn where_a_rule_does_not_fit_the_page_is_read_otherwise() {
        let page =
            format!("<html><body><h1>Lock emptied</h1><article><p>{FIRST}</p><p>{SECOND}</p></article></body></html>");
        let check = |rule: &str, expected_faults: &[&str]| {
            let rule = format!("[[site]]\nhost = \"a.example\"\n{rule}\n");
            let article = extract(&rule, &page, "https://a.example/x").unwrap();
            assert_eq!(article.paragraphs, [FIRST, SECOND], "{rule}");
            assert_eq!(article.rule_faults, expected_faults, "{rule}");
            assert_eq!(
                article.quality.reasons.contains(&"site-rule-failed".into()),
                !expected_faults.is_empty(),
                "{rule}"
            );
        };
        check("body = \"article\"", &[]);
        check("body = [\".gone\", \"#too\"]", &["the rule at sites.toml:1: body = \".gone\", \"#too\" finds nothing"]);
        check("body = \"h1\"", &["the rule at sites.toml:1: body = \"h1\" finds 2 words, fewer than 20"]);
        check("body = \"article\"\ndrop = \"p\"", &["the rule at sites.toml:1: body = \"article\" finds nothing"]);
        check("title = \"h2\"", &["the rule at sites.toml:1: title = \"h2\" finds nothing"]);
        check("date = \"time@datetime\"", &["the rule at sites.toml:1: date = \"time@datetime\" finds nothing"]);
        check("authors = \".byline\"", &[]);
        check("body = \".gone\"\nvalid_to = 2020-01-01", &[]);
        check("body = \".gone\"\npath = \"/y\"", &[]);

        let error =
            extract("[[site]]\nhost = \"a.example\"\nbody = \".gone\"\n", "<p>Gone.</p>", "https://a.example/x");
        let expected =
            "no article on the page: 0 words, fewer than 20; the rule at sites.toml:1: body = \".gone\" finds nothing";
        assert_eq!(error.unwrap_err().to_string(), expected);
    }

    #[test]
    fn what_a_rule_chooses_is_explained() {
        let mut settings = crate::config::defaults().extract;
        settings.site_rules = Arc::new(SiteRules::of_text("[[site]]\nhost = \"a.example\"\nbody = \"#x\"\n"));
        let page = format!("<article><h1>Lock emptied</h1><p>{FIRST}</p><p id=x>{SECOND} {FIRST}</p></article>");
        let document = FetchedDocument::from_file(page.into(), Url::parse("https://a.example/x").unwrap());
        let explanation = Extractor::new(&settings).explain(&document, &LinkHints::default()).unwrap();
        let verdicts: Vec<Verdict> = explanation.lines.iter().map(|line| line.verdict).collect();
        assert_eq!(verdicts[1..], [Verdict::Ruled(Rule::SiteRule), Verdict::Kept]);
        assert_eq!(explanation.article.paragraphs, [format!("{SECOND} {FIRST}")]);
    }

    #[test]
    fn pages_made_to_take_long_do_not() {
        let rule =
            "[[site]]\nhost = \"a.example\"\nbody = [\"p\", \"h2 ~ p\", \"div:has(~ h2)\", \"p:nth-child(3n+1)\"]\n";
        for page in ["<p>a".repeat(50_000), "<div>".repeat(10_000), "<div>".repeat(5000), "<p>a".repeat(6000)] {
            let started = Instant::now();
            let _ = extract(rule, &page, "https://a.example/");
            // Debug builds are some twenty times slower than what is promised for release builds.
            assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
        }
    }
}
