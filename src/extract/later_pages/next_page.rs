//! The next page of an article that is spread over several.
//!
//! Two must agree. The page says `rel=next`, which alone may as well mean the next article, or the link stands among the
//! numbers of the article's pages, as WordPress writes them (`page-links`), or is in a navigation the very number that its
//! address has; and the address is the page's own with a page number in it that is one more. A number without a word for it
//! (`/story/2`) counts only behind an address that has none or where it is not the first: `/news/1` and `/news/2` are two
//! articles.

use url::Url;

use super::super::page::Page;
use super::page_address::{Numbered, base_of, may_be_numbered, numbered, of_same_host};
use super::page_links;
use crate::model::NextPage;

/// The page that the document at `own` names as its next one, in addresses that are relative to `base`.
pub(in super::super) fn find(page: &Page<'_>, own: &Url, base: &Url) -> Option<NextPage> {
    let next = |href: &str| following(own, base, href);
    page_links::related(page, &["next"])
        .find_map(next)
        .or_else(|| page_links::listed(page).find_map(next))
        .or_else(|| by_its_number(page, own, base))
}

/// The next page by a link of a navigation whose text is its number.
fn by_its_number(page: &Page<'_>, own: &Url, base: &Url) -> Option<NextPage> {
    let links = || page_links::in_text(page).filter(|(_, href)| may_be_numbered(href));
    let next = links().find_map(|(link, href)| {
        following(own, base, href).filter(|next| {
            page_links::number_on(page, link) == Some(next.number) && page_links::is_in_navigation(page, link)
        })
    })?;
    // The list of a story's chapters, or of a series, counts from another page.
    let is_other_first = |link: usize, href: &str| {
        let is_first = |first: &Numbered| first.number == 1 && !first.is_named && first.base == base_of(own);
        of_same_host(own, base, href).is_some_and(|url| numbered(&url).iter().any(is_first))
            && page_links::number_on(page, link) == Some(1)
            && !page_links::is_current(page, link)
    };
    (!links().any(|(link, href)| is_other_first(link, href))).then_some(NextPage { is_by_number: true, ..next })
}

/// The address as the next page of `own`, if it is that.
fn following(own: &Url, base: &Url, href: &str) -> Option<NextPage> {
    let url = of_same_host(own, base, href)?;
    let follows = |next: &Numbered| match next.number {
        0 | 1 => false,
        2 => {
            next.base == base_of(own)
                || numbered(own).iter().any(|own| own.number == 1 && own.is_named && own.base == next.base)
        }
        number => numbered(own).iter().any(|own| own.number > 1 && own.number + 1 == number && own.base == next.base),
    };
    let number = numbered(&url).iter().find(|next| follows(next))?.number;
    Some(NextPage { url, number, is_by_number: false })
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::parsed;
    use super::*;

    fn check(own: &str, next: &str, expected: Option<u32>) {
        let own = Url::parse(own).unwrap();
        let found = following(&own, &own, next);
        assert_eq!(found.map(|page| page.number), expected, "{own} {next}");
    }

    #[test]
    fn the_own_address_with_the_next_number_is_the_next_page() {
        for next in [
            "/story/2",
            "/story/2/",
            "https://e.org/story/2#top",
            "http://e.org/story/page/2",
            "/story/seite-2",
            "/story/p2",
            "/story-page-2.html",
            "/story_2.html",
            "/story-2.html",
            "/story,2",
            "?page=2",
            "/story?pg=2",
            "/story.html?page_number=2",
        ] {
            check("https://e.org/story", next, Some(2));
            check("https://e.org/story/", next.strip_prefix('?').map_or(next, |_| "?page=2"), Some(2));
        }
        check("https://e.org/story.html", "story.html/2", Some(2));
        check("https://e.org/story?id=7", "?id=7&page=2", Some(2));
        check("https://e.org/?id=7", "?page=2&id=7", Some(2));
        check("https://e.org/story?page=1", "/story?page=2", Some(2));
        check("https://e.org/story/seite-1", "seite-2", Some(2));
        check("https://e.org/story/2", "/story/3", Some(3));
        check("https://e.org/story/9", "10", Some(10));
        check("https://e.org/story?page=2", "?page=3", Some(3));
        check("https://e.org/2024/05/30/12345", "/2024/05/30/12345/2", Some(2));
    }

    #[test]
    fn other_addresses_are_not() {
        for (own, next) in [
            // The same page, the page before, the page after next.
            ("/story/2", "/story/2"),
            ("/story/2", "/story"),
            ("/story/2", "/story/1"),
            ("/story", "/story/3"),
            ("/story", "/story?page=1"),
            // Other articles.
            ("/story", "/another-story"),
            ("/story", "/story-2"),
            ("/story", "/another-story/2"),
            ("/news/1", "/news/2"),
            ("/news/12345", "/news/12346"),
            ("/story", "/story/part-2"),
            ("/2024/05/01", "/2024/05/02"),
            // Comments, other parameters, other hosts, the home page.
            ("/story", "/story/comment-page-2"),
            ("/story", "/story?cpage=2"),
            ("/story?id=7", "/story?id=8&page=2"),
            ("/story?id=7", "/story?page=2"),
            ("/story", "https://other.example/story/2"),
            ("/story", "https://e.org:8080/story/2"),
            ("/", "/2"),
            ("/", "/?page=2"),
            ("/story", "javascript:next(2)"),
            ("/story", "/story/0002"),
            ("/story", ""),
        ] {
            check(&format!("https://e.org{own}"), next, None);
        }
    }

    #[test]
    fn addresses_are_relative_to_the_base_of_the_page() {
        let own = Url::parse("https://e.org/news/story").unwrap();
        let tree = parsed("<link rel=next href=news/story/2>");
        let page = Page::read(&tree, 100);
        let find_from = |base: &str| find(&page, &own, &Url::parse(base).unwrap()).map(|next| next.url.to_string());
        assert_eq!(find_from("https://e.org/"), Some("https://e.org/news/story/2".to_owned()));
        assert_eq!(find_from(own.as_str()), None);
    }

    #[test]
    fn the_page_must_say_next() {
        let own = Url::parse("https://e.org/story").unwrap();
        let find_in = |html: &str| {
            let tree = parsed(html);
            find(&Page::read(&tree, 100), &own, &own).map(|page| page.url.to_string())
        };
        let expected = Some("https://e.org/story/2".to_owned());
        assert_eq!(find_in("<link rel=next href=/story/2>"), expected);
        assert_eq!(find_in("<link rel=next href=/other><p><a href=/story/2 rel='nofollow Next'>2</a>"), expected);
        let numbers = |class: &str, tag: &str, next: &str| {
            format!(
                "<{tag} class='{class}'>Pages: <span>1</span> <a href='{next}'><b>2</b></a> <a href=/story/3>3</a></{tag}>"
            )
        };
        for (class, tag) in [("page-links", "div"), ("post-nav-links x", "nav"), ("Link-Pages", "p")] {
            assert_eq!(find_in(&numbers(class, tag, "/story/2")), expected, "{class}");
            let by_parameter = Some("https://e.org/story?page=2".to_owned());
            assert_eq!(find_in(&numbers(class, tag, "?page=2")), by_parameter, "{class}");
            assert_eq!(find_in(&numbers(class, tag, "/other/2")), None, "{class}");
        }
        let marked = "<span class='post-page-numbers current'>1</span> <a class=post-page-numbers href=/story/2/>2</a>";
        assert_eq!(find_in(marked), Some("https://e.org/story/2/".to_owned()));
        assert_eq!(find_in(&numbers("comments", "div", "/story/2")), None);
        // In a navigation it may be all the text of the link.
        assert_eq!(find_in(&numbers("x", "nav", "/story/2")), expected);
        assert_eq!(find_in("<div class=pagination><b>1</b> <a href=/story/2><span>Page </span>2</a></div>"), expected);
        for other in [
            "<nav><a href=/story/2>Two</a></nav>",
            "<nav><a href=/story/2>3</a> <a href=/story/3>2</a></nav>",
            "<div id=comments><nav><ul><li><a href=/story/2>2</a></ul></nav></div>",
            "<nav>Chapters: <a href=/story/1>1</a> <a href=/story/2>2</a> <a href=/story/3>3</a></nav>",
        ] {
            assert_eq!(find_in(other), None, "{other}");
        }
        let marked = "<nav><a class=active href=/story/1>1</a> <a href=/story/2>2</a></nav>";
        assert_eq!(find_in(marked), expected);
        assert_eq!(find_in("<link rel=prev href=/story/2><a href=/story/2 class=next>2</a>"), None);
    }
}
