//! Where things stand on a page in relation to its article: to its headline and to its text.
//!
//! Pages show dates and names of much else: of other articles, of comments, of the day on which they were asked for.
//! Names of elements tell some of these apart, where the element does not hold the article itself: a class such as
//! `grid` says something of a card, and nothing of the page that is laid out in a grid. Where they say nothing, the
//! place does.

use std::borrow::Cow;
use std::ops::Range;

use super::super::page::class_names::Marks;
use super::super::page::tags::Tag;
use super::super::page::{Line, Page, PageElement};
use super::super::text::key;
use crate::model::Evidence;

/// Lines before the headline that may still be about its article: a kicker, a date.
const LINES_ABOVE_HEADLINE: usize = 4;

/// Lines before the text that are its head where no headline is known, and lines at its beginning.
const HEAD_LINES: usize = 8;
const HEAD_LINES_INSIDE: usize = 3;

/// Lines of the text that may stand before the rest of the head as a lead, and lines of that rest.
const LEAD_LINES_MAX: usize = 3;
const REST_OF_HEAD_LINES_MAX: usize = 12;

/// Lines behind the text that may still be about it.
const FOOT_LINES: usize = 6;

/// How far before the text its headline is looked for, in lines: pictures and players stand between.
const HEADLINE_DISTANCE_MAX: usize = 60;

/// Where something stands, the surest place for what is said of an article first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum Standing {
    /// Between the headline and the text, or in its first lines.
    Head,
    /// Right above the headline.
    AboveHead,
    /// Within the text.
    Text,
    /// Right behind the text.
    Foot,
    /// Anywhere else.
    Away,
}

/// Where the article stands on its page.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Layout {
    headline: Option<usize>,
    /// From the first line of the text to the last; empty where there is none.
    text: Range<usize>,
    /// Where the head ends: within the first lines of the text, or where it goes on behind a lead.
    head_end: usize,
}

impl Layout {
    /// The layout of a page with these lines as its text, in page order, and these titles, the best first.
    pub(in super::super) fn of(page: &Page<'_>, text_lines: &[usize], titles: &[Evidence<String>]) -> Layout {
        let (Some(first), Some(last)) = (text_lines.first(), text_lines.last()) else {
            return Layout::default();
        };
        // The headline may be among the chosen lines.
        let range = first.saturating_sub(HEADLINE_DISTANCE_MAX)..(first + 1).min(page.lines.len());
        let title_keys: Vec<String> = titles.iter().map(|title| key(&title.value)).collect();
        let is_title = |line: &usize| title_keys.contains(&key(&page.lines[*line].text));
        let headings = page.top_headings.iter().map(|heading| page.elements[*heading].lines_start);
        let headings: Vec<usize> = headings.filter(|line| range.contains(line)).collect();
        let headline = headings
            .iter()
            .copied()
            .rfind(|line| is_title(line))
            .or_else(|| range.clone().rfind(is_title))
            .or(headings.last().copied());
        Layout { headline, text: *first..last + 1, head_end: end_of_head(text_lines) }
    }

    /// Whether it is known where the text stands.
    pub(in super::super) fn has_text(&self) -> bool {
        !self.text.is_empty()
    }

    /// Where a line stands.
    pub(in super::super) fn standing(&self, line: usize) -> Standing {
        if self.text.is_empty() {
            return Standing::Head;
        }
        let headline = self.headline.unwrap_or(self.text.start.saturating_sub(HEAD_LINES));
        if line >= self.text.end + FOOT_LINES || line + LINES_ABOVE_HEADLINE < headline {
            Standing::Away
        } else if line >= self.text.end {
            Standing::Foot
        } else if line >= self.head_end {
            Standing::Text
        } else if line >= headline {
            Standing::Head
        } else {
            Standing::AboveHead
        }
    }

    /// The lines between the headline and the text, those right above and those that begin the text.
    pub(in super::super) fn head(&self) -> Range<usize> {
        let first = self.headline.map_or(self.text.start.saturating_sub(HEAD_LINES), |headline| {
            headline.saturating_sub(LINES_ABOVE_HEADLINE)
        });
        first..self.text.end.min(self.head_end)
    }

    /// The last line of the text, and those right behind it: some are signed and dated there.
    pub(in super::super) fn last_lines(&self) -> Range<usize> {
        self.text.end.saturating_sub(1)..self.text.end + FOOT_LINES
    }

    /// Whether an element is part of something else that the page shows: comments, another article, its masthead.
    pub(in super::super) fn is_elsewhere(&self, page: &Page<'_>, element: usize) -> bool {
        const IN_HEAD: Marks =
            Marks::any(&[Marks::COMMENTS, Marks::CONTROL, Marks::NAVIGATION, Marks::QUOTE, Marks::CAPTION]);
        const ELSEWHERE: Marks = Marks::any(&[IN_HEAD, Marks::EMBED, Marks::TEASER, Marks::RELATED]);
        // The parts of an article's head may be laid out in a grid, or be called as those of a list of news are.
        let is_in_head =
            !self.text.is_empty() && self.standing(page.elements[element].lines_start) <= Standing::AboveHead;
        let own = if is_in_head { IN_HEAD } else { ELSEWHERE };
        let inherited = if is_in_head { IN_HEAD | Marks::RELATED } else { own };
        // What the names of `html` and `body` say is about the page, not about what stands in it.
        let above = page.path_up(element, 0).filter(|above| page.elements[*above].depth > 1);
        // What holds the article, all above it does too.
        above.take_while(|above| self.text.is_empty() || !self.holds_article(page, *above)).any(|above| {
            let PageElement { marks, tag, .. } = &page.elements[above];
            // What holds the date and the number of comments is no comment.
            let is_dated = is_in_head && marks.has(Marks::DATE);
            let marks = if is_dated { marks.without(Marks::COMMENTS) } else { *marks };
            marks.has(if above == element { own } else { inherited })
                || *tag == Tag::Article && !self.text.is_empty()
                || (marks.has(Marks::HEADER) || *tag == Tag::Aside) && self.is_masthead(page, above)
        })
    }

    /// Whether an element behind the head is part of an `article` that holds neither the headline nor the text.
    pub(in super::super) fn is_of_other_article(&self, page: &Page<'_>, element: usize) -> bool {
        let is_behind = self.has_text() && self.standing(page.elements[element].lines_start) > Standing::AboveHead;
        let mut apart = page.path_up(element, 0).take_while(|above| !self.holds_article(page, *above));
        is_behind && apart.any(|above| page.elements[above].tag == Tag::Article)
    }

    /// Whether an element stands above the headline and is a part of the page around the article: what holds the headline
    /// and the text does not hold it, and what holds all three is no `article` and has the page's menus or its foot, too.
    pub(in super::super) fn is_above_article(&self, page: &Page<'_>, element: usize) -> bool {
        let Some(headline) = self.headline.filter(|_| self.has_text()) else { return false };
        let first = page.elements[element].lines_start;
        if first >= headline {
            return false;
        }
        let holds = |above: usize, line: usize| {
            let PageElement { lines_start, lines_end, .. } = page.elements[above];
            (lines_start..lines_end).contains(&line)
        };
        let mut holders = page
            .path_up(page.lines[self.text.start].owner, 0)
            .filter(|above| holds(*above, headline) && holds(*above, self.text.start))
            .peekable();
        let Some(article) = holders.peek().copied() else { return false };
        let Some(common) = holders.find(|above| holds(*above, first)).filter(|common| *common != article) else {
            return false;
        };
        let is_article = |above: usize| page.elements[above].tag == Tag::Article;
        let is_in_article = is_article(common) || holders.any(is_article);
        !is_in_article && (page.elements[common].depth <= 1 || has_frame(page, common, article))
    }

    /// Whether an element holds the headline or the beginning of the text.
    fn holds_article(&self, page: &Page<'_>, element: usize) -> bool {
        let lines = page.elements[element].lines_start..page.elements[element].lines_end;
        self.headline.is_some_and(|headline| lines.contains(&headline))
            || !self.text.is_empty() && lines.contains(&self.text.start)
    }

    /// Whether an element before the headline is not about the article: the two stand in no `article` together, nor in
    /// anything else that does not hold the text, too.
    fn is_masthead(&self, page: &Page<'_>, element: usize) -> bool {
        let is_before = self.headline.is_some_and(|headline| page.elements[element].lines_end <= headline);
        let mut holders = page.path_up(element, 0).filter(|above| self.holds_article(page, *above)).peekable();
        let holds_text = |above: &usize| {
            let PageElement { lines_start, lines_end, .. } = page.elements[*above];
            (lines_start..lines_end).contains(&self.text.start)
        };
        is_before
            && holders.peek().is_none_or(holds_text)
            && !holders.any(|above| page.elements[above].tag == Tag::Article)
    }
}

/// Whether an element has the page's menus or its foot in it, beside another one that is within it.
fn has_frame(page: &Page<'_>, element: usize, within: usize) -> bool {
    // A breadcrumb belongs to the article.
    const MENU_LINES_MIN: usize = 5;
    let is_frame = |other: usize| {
        let PageElement { tag, marks, lines_start, lines_end, .. } = &page.elements[other];
        let is_menu = *tag == Tag::Nav || marks.has(Marks::NAVIGATION);
        *tag == Tag::Footer || marks.has(Marks::FOOTER) || is_menu && lines_end - lines_start >= MENU_LINES_MIN
    };
    let (all, inner) = (page.elements_in(element), page.elements_in(within));
    (all.start..within).chain(inner.end..all.end).any(is_frame)
}

/// Where the head of an article with these lines ends. A lead may be chosen that stands before the byline: then the
/// head goes on with the lines behind it that are not chosen.
fn end_of_head(text_lines: &[usize]) -> usize {
    let start = text_lines.first().copied().unwrap_or_default();
    let gap = |pair: &&[usize]| pair[1] > pair[0] + 1;
    let mut behind_gap = text_lines.windows(2).take(LEAD_LINES_MAX).filter(gap).map(|pair| pair[1]);
    let rest = behind_gap.rfind(|end| *end <= start + LEAD_LINES_MAX + REST_OF_HEAD_LINES_MAX);
    rest.unwrap_or_default().max(start + HEAD_LINES_INSIDE)
}

/// The text of a line with a blank between its elements: a style sheet often puts one there.
pub(super) fn spaced_line<'p>(page: &Page<'_>, line: &'p Line) -> Cow<'p, str> {
    let glued = glued_pieces_of_line(page, line);
    glued.map_or(Cow::Borrowed(line.text.as_str()), |pieces| Cow::Owned(pieces.join(" ")))
}

/// The pieces of a line that stand in elements with nothing between them, in its order; nothing where it has a blank
/// wherever an element ends.
pub(super) fn glued_pieces_of_line(page: &Page<'_>, line: &Line) -> Option<Vec<String>> {
    let owner = &page.elements[line.owner];
    if owner.lines_end != owner.lines_start + 1 {
        return None;
    }
    glued_pieces(page, line.owner, &line.text)
}

/// The same for the text of an element.
pub(super) fn glued_pieces(page: &Page<'_>, element: usize, text: &str) -> Option<Vec<String>> {
    let pieces = page.pieces_of(element);
    let n_bytes = pieces.iter().map(|piece| piece.len() + " ".len()).sum::<usize>().saturating_sub(1);
    let n_letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
    // Pieces that are not shown are none of the text's.
    let is_same = || pieces.iter().map(|piece| n_letters(piece)).sum::<usize>() == n_letters(text);
    (pieces.len() > 1 && n_bytes > text.len() && is_same()).then_some(pieces)
}

#[cfg(test)]
mod tests {
    use super::end_of_head;

    #[test]
    fn a_lead_may_stand_before_the_rest_of_the_head() {
        let check =
            |text_lines: &[usize], expected: usize| assert_eq!(end_of_head(text_lines), expected, "{text_lines:?}");
        check(&[5, 6, 7, 8, 9], 8);
        check(&[5, 11, 12, 13], 11);
        check(&[5, 6, 12, 13], 12);
        check(&[5, 6, 7, 8, 12], 8);
        check(&[5, 60, 61], 8);
        check(&[], 3);
    }
}
