//! Boxes within the text that are not shown. A hidden text may as well be the rest of an article, which a click shows, or
//! all of it, until a script has run; it is none where the article goes on behind it and needs it not.

use std::collections::HashSet;
use std::ops::Range;

use super::super::page::Page;
use super::features::Feature;
use super::line_features::LineProfile;

/// Boxes from which they are the article's own: questions show their answers one by one.
const BOXES_MIN: usize = 3;

/// Times that the shown words must outweigh those that are not.
const SHOWN_TIMES_MIN: usize = 3;

/// The lines of `chosen`, which is in page order, that stand in boxes nobody sees.
pub(super) fn in_text(page: &Page<'_>, profiles: &[LineProfile], chosen: &[usize]) -> HashSet<usize> {
    // The features know of classes too, which say less; and not of what holds most of the page's prose.
    let may_be_unshown = |line: usize| {
        [Feature::Hidden, Feature::Control].iter().any(|mark| profiles[line].features.0[*mark as usize] > 0.0)
    };
    let mut boxes: Vec<Range<usize>> = Vec::new();
    for line in chosen.iter().copied().filter(|line| may_be_unshown(*line)) {
        if boxes.last().is_none_or(|last| last.end <= line)
            && let Some(element) = outermost_unshown(page, page.lines[line].owner)
        {
            boxes.push(page.elements[element].lines_start..page.elements[element].lines_end);
        }
    }
    let last = chosen.last().copied().unwrap_or_default();
    boxes.retain(|unshown| unshown.end <= last);
    if boxes.is_empty() || boxes.len() >= BOXES_MIN {
        return HashSet::new();
    }
    let lines: HashSet<usize> = chosen.iter().copied().filter(|line| boxes.iter().any(|b| b.contains(line))).collect();
    let n_words = |is_unshown: bool| -> usize {
        chosen.iter().filter(|line| lines.contains(line) == is_unshown).map(|line| profiles[*line].n_words).sum()
    };
    if n_words(false) >= n_words(true) * SHOWN_TIMES_MIN { lines } else { HashSet::new() }
}

/// The outermost element above a line that its own attributes hide.
fn outermost_unshown(page: &Page<'_>, owner: usize) -> Option<usize> {
    page.path_up(owner, 0).filter(|element| page.is_unshown(*element)).last()
}

#[cfg(test)]
mod tests {
    use crate::extract::tests::extract;
    use crate::model::LinkHints;

    const TEXT: [&str; 5] = [
        "The weir below Harn Bridge will be rebuilt from next spring, eleven years after a flood tore a gap into it.",
        "The council of Mell voted for the plan on Tuesday evening, after a debate in which nobody was against it.",
        "Work will begin once the herons have left, which the warden of the reserve expects in the middle of August.",
        "The money comes from a fund for the old works of the river, into which every house has paid since spring.",
        "“We have waited for this since the night of the flood,” said the miller, whose wheel has stood still since.",
    ];
    const UNSHOWN: &str =
        "This line was written for machines, and nobody who reads the page with eyes will ever see it.";

    fn check(body: &str, expected: &[&str]) {
        let page = format!("<title>Weir to be rebuilt</title><article><h1>Weir to be rebuilt</h1>{body}</article>");
        assert_eq!(extract(page, &LinkHints::default()).unwrap().paragraphs, expected, "{body}");
    }

    fn paragraphs(text: &[&str]) -> String {
        format!("<p>{}</p>", text.join("</p><p>"))
    }

    #[test]
    fn boxes_that_nobody_sees_are_left_out() {
        for unshown in [
            format!("<p style='display: none'>{UNSHOWN}</p>"),
            format!("<p hidden>{UNSHOWN}</p>"),
            format!("<div style='visibility:hidden;height:0'><div><p>{UNSHOWN}</p></div></div>"),
            format!("<p style='position:absolute; left:-9999px'>{UNSHOWN}</p>"),
            format!("<div class=sr-only><p>{UNSHOWN}</p></div>"),
        ] {
            check(&format!("{}{unshown}{}", paragraphs(&TEXT[..3]), paragraphs(&TEXT[3..])), &TEXT);
        }
    }

    #[test]
    fn the_rest_of_an_article_is_kept_though_a_click_shows_it() {
        check(&format!("{}<div style='display:none'>{}</div>", paragraphs(&TEXT[..3]), paragraphs(&TEXT[3..])), &TEXT);
        check(&format!("<div style='display:none'>{}</div>", paragraphs(&TEXT)), &TEXT);
        let answered = TEXT.map(|text| format!("<h3>What then?</h3><div hidden><p>{text}</p></div>")).concat();
        let expected: Vec<&str> = TEXT.iter().flat_map(|text| ["What then?", text]).collect();
        check(&answered, &expected);
    }
}
