//! Links of a page to the other pages of its article, by what the page says of them.

use super::super::page::Page;
use super::super::page::class_names::Marks;
use super::super::page::tags::Tag;
use super::page_address::{is_word_for_page, page_number};

/// Links of one relation that are looked at. A page has one of them, or two: in its head and in its text.
const LINKS_MAX: usize = 20;

/// Numbers of pages that are looked at.
const PAGE_LINKS_MAX: usize = 100;

/// Classes of what holds the numbers of an article's pages, or of each of them: WordPress, its older themes and its plug-ins.
const PAGE_LINKS: [&str; 14] = [
    "page-links",
    "page-link",
    "pages-links",
    "pagelinks",
    "pagelink",
    "post-nav-links",
    "post-page-numbers",
    "post-page-links",
    "link-pages",
    "wp-link-pages",
    "wp_link_pages",
    "article-pagination",
    "entry-pagination",
    "post-pagination",
];

/// Classes of the number of the page that is shown.
const CURRENT: [&str; 5] = ["current", "active", "selected", "is-active", "is-current"];

/// So far above a number stands what holds them all.
const PAGE_LINKS_DEPTH_MAX: usize = 4;

/// So far above the numbers of pages stands what says that they lead through comments, or through pages.
const HOLDERS_DEPTH_MAX: usize = 8;

/// Links and link elements whose relation is one of these, with their addresses.
pub(super) fn related<'a>(page: &Page<'a>, relations: &[&str]) -> impl Iterator<Item = &'a str> {
    let is_so_related = |element: &usize| {
        page.attribute(*element, "rel").is_some_and(|relation| {
            relation.split_ascii_whitespace().any(|word| relations.iter().any(|name| word.eq_ignore_ascii_case(name)))
        })
    };
    all(page).filter(is_so_related).take(LINKS_MAX).filter_map(|element| page.attribute(element, "href"))
}

/// Addresses of links that stand among the numbers of the article's pages, of those addresses that are asked for.
pub(super) fn listed<'a>(page: &Page<'a>, is_asked: impl Fn(&str) -> bool) -> impl Iterator<Item = &'a str> {
    let links = all(page).filter_map(|link| Some((link, page.attribute(link, "href")?)));
    let among_numbers = links.filter(move |(link, href)| is_asked(href) && is_page_link(page, *link));
    among_numbers.take(PAGE_LINKS_MAX).map(|(_, href)| href)
}

/// Links in the text of the page, as elements and with their addresses.
pub(super) fn in_text<'a>(page: &Page<'a>) -> impl Iterator<Item = (usize, &'a str)> {
    let links = page.elements.iter().enumerate().filter(|(_, element)| element.tag == Tag::Link);
    links.filter_map(|(element, _)| Some((element, page.attribute(element, "href")?)))
}

/// The number that is all the text of a link, but for a word for a page, where it is not that of a page of comments.
pub(super) fn number_on(page: &Page<'_>, link: usize) -> Option<u32> {
    let text = page.text_of(link);
    let number = match text.split_once(' ') {
        Some((word, number)) if is_word_for_page(word) => page_number(number),
        _ => page_number(&text),
    }?;
    (!stands_in(page, link, Marks::COMMENTS)).then_some(number)
}

/// Whether a link stands in what a reader finds his way by.
pub(super) fn is_in_navigation(page: &Page<'_>, link: usize) -> bool {
    stands_in(page, link, Marks::NAVIGATION)
}

fn stands_in(page: &Page<'_>, link: usize, marks: Marks) -> bool {
    // What the root and the body are called is of the whole page.
    let holders = above(page, link).take(HOLDERS_DEPTH_MAX).map(|element| &page.elements[element]);
    holders.filter(|element| element.depth > 1).any(|element| element.marks.has(marks))
}

/// Whether a link is marked as that of the page which is shown.
pub(super) fn is_current(page: &Page<'_>, link: usize) -> bool {
    above(page, link).take(2).any(|element| has_class(page, element, &CURRENT))
}

fn all(page: &Page<'_>) -> impl Iterator<Item = usize> {
    let elements = page.elements.iter().enumerate();
    elements.filter(|(_, element)| matches!(element.tag, Tag::LinkRelation | Tag::Link)).map(|(index, _)| index)
}

fn is_page_link(page: &Page<'_>, link: usize) -> bool {
    above(page, link).take(PAGE_LINKS_DEPTH_MAX).any(|element| has_class(page, element, &PAGE_LINKS))
}

/// An element and those that it stands in, from the inside.
fn above(page: &Page<'_>, element: usize) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(element), |element| Some(page.elements[*element].parent))
}

fn has_class(page: &Page<'_>, element: usize, names: &[&str]) -> bool {
    page.attribute(element, "class").is_some_and(|classes| {
        classes.split_ascii_whitespace().any(|class| names.iter().any(|name| class.eq_ignore_ascii_case(name)))
    })
}
