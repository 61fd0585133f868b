//! Where the next article begins on a page that goes on with others, as one without end does.

use super::super::page::Page;
use super::super::page::tags::Tag;
use super::features::Feature;
use super::line_features::LineProfile;

/// Lines of an element among which the headline is that it begins with.
const HEADLINE_LINES: usize = 3;

/// Lines behind a headline among which an article says who wrote it, and when.
const BYLINE_LINES: usize = 4;

/// Fewest words before it that are an article.
const WORDS_BEFORE_MIN: usize = 50;

/// The line with which the next article begins: where an element begins with a headline, says who wrote what follows or
/// when, and is of the same make and stands beside the one that holds the title and the text; or where an `article`
/// stands apart from that of the title and begins with a headline that is signed, of the first level, or a link to where
/// the article has a page of its own. `chosen` is in page order.
pub(super) fn start(page: &Page<'_>, profiles: &[LineProfile], chosen: &[usize]) -> Option<usize> {
    let (first, last) = (*chosen.first()?, *chosen.last()?);
    let is_title = |line: &usize| profiles[*line].features.0[Feature::IsTitle as usize] > 0.0;
    let title = (0..=first).rfind(is_title)?;
    let n_words_before = |line: usize| -> usize {
        chosen.iter().take_while(|chosen| **chosen < line).map(|chosen| profiles[*chosen].n_words).sum()
    };
    let is_heading = |line: &usize| matches!(page.elements[page.lines[*line].block].tag, Tag::Heading(_));
    let is_other = |line: &usize| profiles[*line].key != profiles[title].key;
    // Whether it heads the element `other`, and the text before stands in `own`.
    let is_next = |own: usize, other: usize, line: usize| {
        let [own, next] = [own, other].map(|element| &page.elements[element]);
        line < next.lines_start + HEADLINE_LINES
            && first < own.lines_end
            && n_words_before(next.lines_start) >= WORDS_BEFORE_MIN
    };
    (first + 1..=last).filter(is_heading).filter(is_other).find_map(|line| {
        let [title, headline] = [title, line].map(|line| page.lines[line].block);
        let alike = beside(page, title, headline)
            .filter(|(own, other)| page.elements[*own].path == page.elements[*other].path)
            .filter(|(own, other)| is_next(*own, *other, line) && is_signed(page, *other, line));
        let apart = || {
            let (own, other) = articles_apart(page, title, headline)?;
            let holds = |feature: Feature| profiles[line].features.0[feature as usize] > 0.0;
            let is_headline = holds(Feature::TopHeading) || holds(Feature::AllLink) || is_signed(page, other, line);
            (is_headline && is_next(own, other, line)).then_some((own, other))
        };
        let (_, next) = alike.or_else(apart)?;
        Some(page.elements[next].lines_start)
    })
}

/// The nearest `article` above the one and above the other, where neither holds the other.
fn articles_apart(page: &Page<'_>, one: usize, other: usize) -> Option<(usize, usize)> {
    let article_of = |element: usize| page.path_up(element, 0).find(|above| page.elements[*above].tag == Tag::Article);
    let (one, other) = (article_of(one)?, article_of(other)?);
    let ends_before = |one: usize, other: usize| page.elements[one].lines_end <= page.elements[other].lines_start;
    ends_before(one, other).then_some((one, other))
}

/// The elements that hold the one and the other, right under the deepest that holds both.
fn beside(page: &Page<'_>, one: usize, other: usize) -> Option<(usize, usize)> {
    let (mut one, mut other) = (one, other);
    // Parents have smaller indices than their children.
    while page.elements[one].parent != page.elements[other].parent {
        if page.elements[one].parent > page.elements[other].parent {
            one = page.elements[one].parent;
        } else {
            other = page.elements[other].parent;
        }
    }
    (one != other).then_some((one, other))
}

/// Whether an element says close behind its headline who wrote it or when.
fn is_signed(page: &Page<'_>, element: usize, headline: usize) -> bool {
    let is_near = |signature: &&usize| {
        (headline + 1..=headline + BYLINE_LINES).contains(&page.elements[**signature].lines_start)
            && page.path_up(**signature, 0).any(|above| above == element)
    };
    page.times.iter().chain(&page.bylines).any(|signature| is_near(&signature))
}

#[cfg(test)]
mod tests {
    use crate::extract::tests::extract;
    use crate::model::LinkHints;

    const TEXT: [&str; 3] = [
        "The weir below Harn Bridge will be rebuilt from next spring, eleven years after a flood tore a gap into it.",
        "The council of Mell voted for the plan on Tuesday evening, after a debate in which nobody was against it.",
        "Work will begin once the herons have left, which the warden of the reserve expects in the middle of August.",
    ];
    const OTHER: [&str; 3] = [
        "A ferry that was to be broken up in Quell has been bought by a school, which wants to teach its pupils to sail.",
        "The boat had lain in the harbour for nine years, and the harbour master had asked for its removal every month.",
        "Pupils will paint it in summer, and in autumn a first crew of twelve is to take it along the coast to Orrey.",
    ];

    fn paragraphs(text: &[&str]) -> String {
        format!("<p>{}</p>", text.join("</p><p>"))
    }

    fn check(articles: &str, expected: &[&str]) {
        let page = format!(
            "<title>Weir to be rebuilt</title><meta property=og:title content=\"Weir to be rebuilt\"><main>{articles}</main>"
        );
        assert_eq!(extract(page, &LinkHints::default()).unwrap().paragraphs, expected, "{articles}");
    }

    #[test]
    fn the_next_articles_of_a_page_without_end_are_left_out() {
        let article = |level: u8, title: &str, text: &[&str]| {
            format!(
                "<div class=a1><h{level} class=a2>{title}</h{level}><div class=a3>By Ida Holm, <time>20 November \
                 2026</time></div><div class=a4>{}</div></div>",
                paragraphs(text)
            )
        };
        for level in [1, 2] {
            let articles = article(1, "Weir to be rebuilt", &TEXT) + &article(level, "School buys a ferry", &OTHER);
            check(&articles, &TEXT);
        }
    }

    #[test]
    fn articles_that_stand_apart_need_not_be_of_the_same_make() {
        let own = format!("<article class=a1><h1>Weir to be rebuilt</h1>{}</article>", paragraphs(&TEXT));
        let next = |headline: &str| {
            own.clone() + &format!("<div class=a2><article class=a3>{headline}{}</article></div>", paragraphs(&OTHER))
        };
        check(&next("<h1>School buys a ferry</h1>"), &TEXT);
        check(&next("<h2><a href=/school>School buys a ferry</a></h2>"), &TEXT);
        check(&next("<h2>School buys a ferry</h2><p class=byline>By Ida Holm</p>"), &TEXT);
    }

    #[test]
    fn a_box_of_another_article_ends_no_text() {
        let card = "<article class=card><h2><a href=/school>School buys a ferry</a></h2></article>";
        let text = format!("<h1>Weir to be rebuilt</h1>{}{card}{}", paragraphs(&TEXT[..2]), paragraphs(&TEXT[2..]));
        for articles in [format!("<article class=a1>{text}</article>"), text] {
            let page = format!("<title>Weir to be rebuilt</title><main>{articles}</main>");
            let found = extract(page, &LinkHints::default()).unwrap().paragraphs;
            assert_eq!(found.last().map(String::as_str), TEXT.last().copied(), "{articles}");
        }
    }

    #[test]
    fn sections_of_an_article_are_kept() {
        let section = |level: u8, title: &str, text: &[&str]| {
            format!("<section class=a1><h{level} class=a2>{title}</h{level}>{}</section>", paragraphs(text))
        };
        for level in [1, 2] {
            let sections = section(1, "Weir to be rebuilt", &TEXT) + &section(level, "A school and a ferry", &OTHER);
            let expected: Vec<&str> = TEXT.into_iter().chain(["A school and a ferry"]).chain(OTHER).collect();
            check(&sections, &expected);
        }
    }
}
