//! Lists of what there is to know about an article: who published it and when, beside its text.

use std::collections::HashSet;

use super::super::page::Page;
use super::super::page::tags::Tag;
use super::features::Feature;
use super::line_features::LineProfile;

/// Most lines of such a list, and most words of each. A longer one is a glossary.
const LINES_MAX: usize = 16;
const WORDS_MAX: usize = 20;

/// The lines of `chosen`, which is in page order, of lists of terms in which a date stands below what a byline says of
/// one: `Published`, `Last updated`.
pub(super) fn in_text(page: &Page<'_>, profiles: &[LineProfile], chosen: &[usize]) -> HashSet<usize> {
    let (Some(first), Some(last)) = (chosen.first(), chosen.last()) else { return HashSet::new() };
    let holds = |line: usize, feature: Feature| profiles[line].features.0[feature as usize] > 0.0;
    let tells_date = |line: usize| holds(line, Feature::Byline) && holds(line + 1, Feature::Dated);
    let is_of_details = |element: usize| {
        let terms = &page.elements[element];
        let lines = terms.lines_start..terms.lines_end;
        terms.tag == Tag::List
            && terms.node.name() == "dl"
            && lines.start <= *last
            && lines.end > *first
            && lines.len() <= LINES_MAX
            && lines.clone().all(|line| profiles[line].n_words <= WORDS_MAX)
            && (lines.start..lines.end.saturating_sub(1)).any(tells_date)
    };
    let lists: Vec<usize> = (0..page.elements.len()).filter(|element| is_of_details(*element)).collect();
    let is_in = |line: &usize| {
        lists.iter().any(|list| (page.elements[*list].lines_start..page.elements[*list].lines_end).contains(line))
    };
    chosen.iter().copied().filter(is_in).collect()
}

#[cfg(test)]
mod tests {
    use crate::extract::tests::extract;
    use crate::model::LinkHints;

    const LEAD: &str = "A zone has been declared after the flu of birds was found on a farm above the weir of Harn.";
    const TEXT: [&str; 3] = [
        "Work on the farm has stopped, and all birds that were kept there will be put down before the end of the week.",
        "Whoever keeps birds within three miles of the weir must house them, and write down who comes to visit them.",
        "The warden of the reserve has asked walkers to keep their dogs on a lead, and to stay on the path by the river.",
    ];

    fn check(list: &str, expected: &[&str]) {
        let text = TEXT.join("</p><p>");
        let page = format!(
            "<title>Flu of birds at Harn</title><main><h1>Flu of birds at Harn</h1><p class=lead>{LEAD}</p><dl>{list}</dl>\
             <div><p>{text}</p></div></main>"
        );
        assert_eq!(extract(page, &LinkHints::default()).unwrap().paragraphs, expected, "{list}");
    }

    #[test]
    fn who_published_an_article_and_when_is_no_part_of_it() {
        let expected = [LEAD, TEXT[0], TEXT[1], TEXT[2]];
        check(
            "<dt>From:</dt><dd><a href=/farms>Office of Farms</a></dd><dt>Published</dt><dd>16 November 2026</dd>\
             <dt>Last updated</dt><dd>25 November 2026 — <a href=/updates>See all updates</a></dd>",
            &expected,
        );
    }
}
