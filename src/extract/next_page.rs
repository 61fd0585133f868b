//! The next page of an article that is spread over several.
//!
//! Two must agree. The page says `rel=next`, which alone may as well mean the next article, or the link stands among the
//! numbers of the article's pages, as WordPress writes them (`page-links`); and the address is the page's
//! own with a page number in it that is one more. A number without a word for it (`/story/2`) counts only behind an
//! address that has none or where it is not the first: `/news/1` and `/news/2` are two articles.

use url::Url;

use super::page::Page;
use super::tags::Tag;
use crate::model::NextPage;

/// Links that say `rel=next` and are looked at. A page has one of them, or two: in its head and in its text.
const LINKS_MAX: usize = 20;

/// Numbers of pages that are looked at.
const PAGE_LINKS_MAX: usize = 100;

/// Most digits of a page number; longer numbers name articles.
const DIGITS_MAX: usize = 3;

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

/// So far above a number stands what holds them all.
const PAGE_LINKS_DEPTH_MAX: usize = 4;

/// Words for a page in paths, after a `/`, `-`, `_` or `,` and before the number.
const PATH_WORDS: [&str; 15] = [
    "page", "pages", "pag", "pagina", "p", "pg", "seite", "side", "sida", "strona", "stranka", "sayfa", "oldal",
    "sivu", "halaman",
];

/// Parameters that are page numbers, `-` and `_` left out.
const PARAMETERS: [&str; 18] = [
    "page",
    "p",
    "pg",
    "pag",
    "pagina",
    "pageno",
    "pagenum",
    "pagenumber",
    "pagewanted",
    "paged",
    "currentpage",
    "articlepage",
    "seite",
    "side",
    "sida",
    "strona",
    "sayfa",
    "sivu",
];

/// Endings of paths that say how a page is made and not which one it is.
const ENDINGS: [&str; 7] = [".html", ".htm", ".shtml", ".xhtml", ".php", ".aspx", ".jsp"];

/// The page that the document at `own` names as its next one.
pub(super) fn find(page: &Page<'_>, own: &Url) -> Option<NextPage> {
    let is_next = |relation: &str| relation.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case("next"));
    let links = || {
        let elements = page.elements.iter().enumerate();
        elements.filter(|(_, element)| matches!(element.tag, Tag::LinkRelation | Tag::Link)).map(|(index, _)| index)
    };
    let next = |index: usize| following(own, page.attribute(index, "href")?);
    links()
        .filter(|index| page.attribute(*index, "rel").is_some_and(is_next))
        .take(LINKS_MAX)
        .find_map(next)
        .or_else(|| links().filter(|index| is_page_link(page, *index)).take(PAGE_LINKS_MAX).find_map(next))
}

/// Whether a link stands among the numbers of the article's pages.
fn is_page_link(page: &Page<'_>, link: usize) -> bool {
    let is_so_called = |element: usize| {
        page.attribute(element, "class").is_some_and(|classes| {
            classes.split_ascii_whitespace().any(|class| PAGE_LINKS.iter().any(|name| class.eq_ignore_ascii_case(name)))
        })
    };
    std::iter::successors(Some(link), |element| Some(page.elements[*element].parent))
        .take(PAGE_LINKS_DEPTH_MAX)
        .any(is_so_called)
}

/// The address as the next page of `own`, if it is that.
fn following(own: &Url, href: &str) -> Option<NextPage> {
    let mut url = own.join(href).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    url.set_fragment(None);
    if (url.host(), url.port()) != (own.host(), own.port()) {
        return None;
    }
    let follows = |next: &Numbered| match next.number {
        0 | 1 => false,
        2 => {
            next.base == base_of(own)
                || numbered(own).iter().any(|own| own.number == 1 && own.is_named && own.base == next.base)
        }
        number => numbered(own).iter().any(|own| own.number > 1 && own.number + 1 == number && own.base == next.base),
    };
    let number = numbered(&url).iter().find(|next| follows(next))?.number;
    Some(NextPage { url, number })
}

/// An address taken apart.
struct Numbered {
    /// What it is without the number: path without ending, and query.
    base: String,
    number: u32,
    /// Whether a word says that the number is that of a page.
    is_named: bool,
}

/// All ways to see a page number in an address.
fn numbered(url: &Url) -> Vec<Numbered> {
    let pairs: Vec<&str> = pairs(url).collect();
    let in_query = pairs.iter().enumerate().filter_map(|(position, pair)| {
        let (name, value) = pair.split_once('=')?;
        let name = name.replace(['-', '_'], "").to_ascii_lowercase();
        let number = PARAMETERS.contains(&name.as_str()).then(|| page_number(value)).flatten()?;
        let others: Vec<&str> = [&pairs[..position], &pairs[position + 1..]].concat();
        Some(Numbered { base: format!("{}?{}", stem(url.path()).0, others.join("&")), number, is_named: true })
    });
    let in_path = in_path(url.path()).map(|(stem, number, is_named)| Numbered {
        base: format!("{stem}?{}", pairs.join("&")),
        number,
        is_named,
    });
    in_query.chain(in_path).filter(|numbered| numbered.base != "?").collect()
}

/// An address as it stands, in the form of [`Numbered::base`].
fn base_of(url: &Url) -> String {
    format!("{}?{}", stem(url.path()).0, pairs(url).collect::<Vec<_>>().join("&"))
}

fn pairs(url: &Url) -> impl Iterator<Item = &str> {
    url.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty())
}

/// A path without slashes at its end and without its ending, and whether it had one.
fn stem(path: &str) -> (&str, bool) {
    let path = path.trim_end_matches('/');
    let without = ENDINGS.iter().find_map(|ending| path.strip_suffix(ending));
    (without.unwrap_or(path), without.is_some())
}

/// A path without the number at its end, that number, and whether a word says what it is.
fn in_path(path: &str) -> Option<(&str, u32, bool)> {
    let (whole, has_ending) = stem(path);
    let before = whole.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = page_number(&whole[before.len()..])?;
    let unmarked = before.trim_end_matches(['/', '-', '_', ',', '=', '.']);
    let named = unmarked.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let word = unmarked[named.len()..].to_ascii_lowercase();
    if PATH_WORDS.contains(&word.as_str()) && named.ends_with(['/', '-', '_', ',', '.']) {
        return Some((stem(named.trim_end_matches(['-', '_', ',', '.'])).0, number, true));
    }
    // A hyphen before a number is as often part of a name: blogs call the second "Harbour reopens" harbour-reopens-2.
    let is_set_apart = before.ends_with(['/', '_', ',']) || before.ends_with('-') && has_ending;
    is_set_apart.then(|| (stem(unmarked).0, number, false))
}

fn page_number(digits: &str) -> Option<u32> {
    let is_plain = (1..=DIGITS_MAX).contains(&digits.len()) && !digits.starts_with('0');
    digits.parse().ok().filter(|_| is_plain && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use scraper::Html;

    use super::*;

    fn check(own: &str, next: &str, expected: Option<u32>) {
        let found = following(&Url::parse(own).unwrap(), next);
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
    fn the_page_must_say_next() {
        let own = Url::parse("https://e.org/story").unwrap();
        let find_in = |html: &str| {
            let tree = Html::parse_document(html);
            find(&Page::read(&tree, 100), &own).map(|page| page.url.to_string())
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
        assert_eq!(find_in("<link rel=prev href=/story/2><a href=/story/2 class=next>2</a>"), None);
    }
}
