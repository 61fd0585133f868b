//! What a page says of being one of several of an article, where its own address has a page number: where the first one
//! is.
//!
//! The number alone says nothing: `/news/3` and `?page=3` may be articles of their own. The page must name another one of
//! the series, by `rel=prev`, `rel=first` or `rel=next`, among the numbers of its pages, or by a link whose text is that
//! page's number; or it must call the address without the number its own. Even then it may be the third of some articles that
//! are numbered. That is settled by the first page, which must name the second.

use url::Url;

use super::super::page::Page;
use super::page_address::{Numbered, base_of, numbered, of_same_host};
use super::page_links;
use crate::model::{Evidence, NumberedPage};

/// Largest number that is that of a page. Larger ones count articles.
const NUMBER_MAX: u32 = 99;

/// What relations of links call the page before, and the first.
const PREVIOUS: [&str; 2] = ["prev", "previous"];
const FIRST: [&str; 2] = ["first", "start"];

/// Whether the document at an address may say that it is one of several pages.
pub(in super::super) fn is_possible(own: &Url) -> bool {
    numbered(own).iter().any(|own| own.number <= NUMBER_MAX)
}

/// What the page at `own`, whose addresses are relative to `base`, says of being one of several. `canonical_urls` are the
/// addresses that it gives itself.
pub(in super::super) fn find(
    page: &Page<'_>,
    own: &Url,
    base: &Url,
    canonical_urls: &[Evidence<String>],
) -> Option<NumberedPage> {
    let ways = numbered(own);
    let canonical = canonical_urls.first().and_then(|url| of_same_host(own, base, &url.value));
    ways.iter().filter(|way| way.number <= NUMBER_MAX).find_map(|way| {
        let mut series = Series { own, base, way, first: None, numbered_first: None, is_named: false };
        series.hear(page);
        series.conclude(canonical.as_ref())
    })
}

/// The series in which a page stands, by its address, and what the page says of it.
struct Series<'a> {
    own: &'a Url,
    base: &'a Url,
    way: &'a Numbered,
    /// The first page, at an address without a number.
    first: Option<Url>,
    /// The first page, at an address with its number.
    numbered_first: Option<Url>,
    /// Whether some page of the series is named.
    is_named: bool,
}

/// A page of the series.
enum Member {
    First(Url),
    NumberedFirst(Url),
    Other(u32),
}

impl Member {
    fn number(&self) -> u32 {
        match self {
            Member::First(_) | Member::NumberedFirst(_) => 1,
            Member::Other(number) => *number,
        }
    }
}

impl Series<'_> {
    /// Takes in what the links of the page say.
    fn hear(&mut self, page: &Page<'_>) {
        let number = self.way.number;
        self.hear_of(page_links::related(page, &PREVIOUS), |named| named + 1 == number);
        self.hear_of(page_links::related(page, &FIRST), |named| named == 1);
        self.hear_of(page_links::related(page, &["next"]), |named| named == number + 1);
        self.hear_of(page_links::listed(page), |_| true);
        for (link, href) in page_links::in_text(page) {
            if let Some(member) = self.member(href)
                && page_links::number_on(page, link) == Some(member.number())
            {
                self.note(member);
            }
        }
    }

    fn hear_of<'h>(&mut self, links: impl Iterator<Item = &'h str>, is_right: impl Fn(u32) -> bool) {
        for href in links {
            if let Some(member) = self.member(href).filter(|member| is_right(member.number())) {
                self.note(member);
            }
        }
    }

    /// The address as that of another page of the series.
    fn member(&self, href: &str) -> Option<Member> {
        let url = of_same_host(self.own, self.base, href)?;
        if base_of(&url) == self.way.base {
            return Some(Member::First(url));
        }
        let beside = numbered(&url).into_iter().find(|other| self.way.is_beside(self.own, other, &url))?;
        match beside.number {
            number if number == self.way.number => None,
            // Without a word for it, the first of several is as well one of some articles.
            1 if beside.is_named => Some(Member::NumberedFirst(url)),
            number => Some(Member::Other(number)),
        }
    }

    fn note(&mut self, member: Member) {
        self.is_named = true;
        match member {
            Member::First(url) => self.first = self.first.take().or(Some(url)),
            Member::NumberedFirst(url) => self.numbered_first = self.numbered_first.take().or(Some(url)),
            Member::Other(_) => {}
        }
    }

    /// What all of it comes to; nothing where no page of the series is named.
    fn conclude(self, canonical: Option<&Url>) -> Option<NumberedPage> {
        let Series { own, way, first, numbered_first, is_named, .. } = self;
        let canonical = canonical.filter(|url| base_of(url) == way.base);
        // The first page goes by the address that it gives itself, whatever leads to it.
        let is_known_first = way.number == 1 && canonical.is_some();
        if is_known_first || !is_named && canonical.is_none() {
            return None;
        }
        let names_first = first.is_some() || numbered_first.is_some() || canonical.is_some();
        let is_canonical = canonical.is_some();
        let unnumbered = canonical.cloned().or(first).unwrap_or_else(|| way.without_number(own));
        Some(NumberedPage {
            number: way.number,
            first_pages: std::iter::once(unnumbered).chain(numbered_first).collect(),
            second_page: way.with_number(own, 2),
            names_first,
            is_canonical,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::parsed;
    use super::*;
    use crate::model::Origin;

    const NUMBERS: &str = "<nav><a href=/story>1</a> <a href=/story/2>2</a> <b>3</b> <a href=/story/4>4</a></nav>";

    fn find_in(own: &str, html: &str, canonical: &str) -> Option<NumberedPage> {
        find_from(own, "", html, canonical)
    }

    fn find_from(own: &str, base: &str, html: &str, canonical: &str) -> Option<NumberedPage> {
        let tree = parsed(html);
        let canonical = [Evidence::new(format!("https://e.org{canonical}"), Origin::Link)];
        let own = Url::parse(&format!("https://e.org{own}")).unwrap();
        find(&Page::read(&tree, 100), &own, &own.join(base).unwrap(), &canonical)
    }

    /// What a page is found to say: its number, the paths of the first and of the second page, and whether it names the first.
    fn check(own: &str, html: &str, expected: Option<(u32, &[&str], &str, bool)>) {
        let found = find_in(own, html, own);
        let path = |url: &Url| url.as_str().strip_prefix("https://e.org").unwrap().to_owned();
        let found = found.map(|page| {
            let first_pages: Vec<String> = page.first_pages.iter().map(path).collect();
            assert!(!page.is_canonical);
            (page.number, first_pages, path(&page.second_page), page.names_first)
        });
        let expected = expected.map(|(number, first, second, names_first)| {
            (number, first.iter().map(|path| (*path).to_owned()).collect(), second.to_owned(), names_first)
        });
        assert_eq!(found, expected, "{own} {html}");
    }

    #[test]
    fn a_later_page_names_another_one_of_its_series() {
        check("/story/3", NUMBERS, Some((3, &["/story"], "/story/2", true)));
        check("/story/3", "<link rel=prev href=/story/2>", Some((3, &["/story"], "/story/2", false)));
        check("/story/2", "<link rel=next href=/story/3>", Some((2, &["/story"], "/story/2", false)));
        check("/story/2/", "<a rel=prev href=/story/>back</a>", Some((2, &["/story/"], "/story/2/", true)));
        check("/story/3", "<link rel=first href=/story>", Some((3, &["/story"], "/story/2", true)));
        let both = &["/story", "/story?page=1"];
        check("/story?page=3", "<a href='?page=1'>Page 1</a>", Some((3, both, "/story?page=2", true)));
        check("/story?page=1", "<a href='?page=2'>2</a>", Some((1, &["/story"], "/story?page=2", false)));
        let of_word_press = "<div class=page-links>Pages: <a href=/story/>First</a> <a href=/story/2/>Second</a></div>";
        check("/story/3/", of_word_press, Some((3, &["/story/"], "/story/2/", true)));
        let chapters = "<a href=/book/1>1</a> <a href=/book/2>2</a> <b>3</b>";
        check("/book/3", chapters, Some((3, &["/book"], "/book/2", false)));
    }

    #[test]
    fn addresses_are_relative_to_the_base_of_the_page() {
        for html in [
            "<link rel=prev href='news/story?page=2'>",
            "<link rel=first href=news/story>",
            "<div class=page-links><a href=news/story>First</a></div>",
            "<nav><a href=news/story>1</a> <a href='news/story?page=2'>2</a></nav>",
        ] {
            let found = find_from("/news/story?page=3", "/", html, "/news/story?page=3");
            assert!(found.is_some_and(|found| found.first_pages[0].path() == "/news/story"), "{html}");
            assert_eq!(find_from("/news/story?page=3", "", html, "/news/story?page=3"), None, "{html}");
        }
    }

    #[test]
    fn a_number_alone_says_nothing() {
        for (own, html) in [
            ("/news/3", ""),
            ("/news/3", "<link rel=prev href=/news/a-story><link rel=next href=/news/another>"),
            ("/news/3", "<a href=/news/2>Yesterday</a> <a href=/news/7>2</a>"),
            // The page after next, and the same page again.
            ("/news/3", "<link rel=next href=/news/5><link rel=prev href=/news/1><a href=/news/3>3</a>"),
            ("/news/103", "<link rel=prev href=/news/102>"),
            ("/story?page=3", "<link rel=prev href='/story?cpage=2'><link rel=prev href=/story/2>"),
            ("/story?page=3", "<div class=comment-list><p><a href='?page=1'>1</a> <a href='?page=2'>2</a></div>"),
            ("/story?page=3", "<link rel=prev href='https://other.example/story?page=2'>"),
            ("/page/3/", "<link rel=prev href=/page/2/>"),
            ("/story", "<link rel=prev href=/story/2>"),
        ] {
            check(own, html, None);
        }
    }

    #[test]
    fn a_page_may_give_the_address_of_the_first_as_its_own() {
        let found = find_in("/story/3", "", "/story").unwrap();
        assert_eq!((found.number, found.is_canonical, found.names_first), (3, true, true));
        assert_eq!(found.first_pages[0].as_str(), "https://e.org/story");
        assert_eq!(find_in("/story/3", "", "/other"), None);
        // That of the first page itself needs no other look.
        assert_eq!(find_in("/story?page=1", "<link rel=next href='?page=2'>", "/story"), None);
    }
}
