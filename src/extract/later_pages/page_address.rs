//! Page numbers in addresses: what all pages of an article share, and which one an address is of.

use std::ops::Range;

use url::Url;

/// Most digits of a page number; longer numbers name articles.
const DIGITS_MAX: usize = 3;

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

/// A way to see a page number in an address.
#[derive(Debug)]
pub(super) struct Numbered {
    /// What the address is without the number: path without ending, and query.
    pub(super) base: String,
    pub(super) number: u32,
    /// Whether a word says that the number is that of a page.
    pub(super) is_named: bool,
    place: Place,
}

/// Where the number stands.
#[derive(Debug)]
enum Place {
    /// In this parameter of the query.
    Parameter { position: usize, name: String },
    /// In the path: these bytes are the number, and this is what the path is without it and its word.
    Path { digits: Range<usize>, without: String },
}

impl Numbered {
    /// The address of another page of the same series.
    pub(super) fn with_number(&self, own: &Url, number: u32) -> Url {
        let mut url = own.clone();
        match &self.place {
            Place::Parameter { position, name } => {
                let numbered = format!("{name}={number}");
                let with_it: Vec<&str> =
                    pairs(own).enumerate().map(|(at, pair)| if at == *position { &numbered } else { pair }).collect();
                set_pairs(&mut url, &with_it);
            }
            Place::Path { digits, .. } => {
                let path = own.path();
                url.set_path(&format!("{}{number}{}", &path[..digits.start], &path[digits.end..]));
            }
        }
        url
    }

    /// The address without the number, as most sites have the first page.
    pub(super) fn without_number(&self, own: &Url) -> Url {
        let mut url = own.clone();
        match &self.place {
            Place::Parameter { position, .. } => {
                let others: Vec<&str> =
                    pairs(own).enumerate().filter(|(at, _)| at != position).map(|(_, pair)| pair).collect();
                set_pairs(&mut url, &others);
            }
            Place::Path { without, .. } => url.set_path(without),
        }
        url
    }

    /// Whether another address has its number in the same way: as one more page beside this one.
    pub(super) fn is_beside(&self, own: &Url, other: &Numbered, other_url: &Url) -> bool {
        let is_same_way = match (&self.place, &other.place) {
            (Place::Parameter { name, .. }, Place::Parameter { name: other, .. }) => name.eq_ignore_ascii_case(other),
            (Place::Path { digits, .. }, Place::Path { digits: others, .. }) => {
                let rest = |url: &Url, end: usize| url.path()[end..].trim_end_matches('/').to_owned();
                own.path()[..digits.start] == other_url.path()[..others.start]
                    && rest(own, digits.end) == rest(other_url, others.end)
            }
            _ => false,
        };
        is_same_way && self.base == other.base
    }
}

/// All ways to see a page number in an address.
pub(super) fn numbered(url: &Url) -> Vec<Numbered> {
    let pairs: Vec<&str> = pairs(url).collect();
    let in_query = pairs.iter().enumerate().filter_map(|(position, pair)| {
        let (name, value) = pair.split_once('=')?;
        let plain_name = name.replace(['-', '_'], "").to_ascii_lowercase();
        let number = PARAMETERS.contains(&plain_name.as_str()).then(|| page_number(value)).flatten()?;
        let others: Vec<&str> = [&pairs[..position], &pairs[position + 1..]].concat();
        let base = format!("{}?{}", stem(url.path()).0, others.join("&"));
        let place = Place::Parameter { position, name: name.to_owned() };
        Some(Numbered { base, number, is_named: true, place })
    });
    let in_path = in_path(url.path()).map(|InPath { before, number, digits, ending, is_named }| {
        let is_folder = ending.is_empty() && url.path().ends_with('/') && stem(before).1.is_empty();
        let without = format!("{before}{ending}{}", if is_folder { "/" } else { "" });
        let base = format!("{}?{}", stem(before).0, pairs.join("&"));
        Numbered { base, number, is_named, place: Place::Path { digits, without } }
    });
    in_query.chain(in_path).filter(|numbered| numbered.base != "?").collect()
}

/// Whether a word is one for a page.
pub(super) fn is_word_for_page(word: &str) -> bool {
    PATH_WORDS.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Whether an address may have a page number at its end, by a look at its last bytes: most have none.
pub(super) fn may_be_numbered(address: &str) -> bool {
    let address = address.split('#').next().unwrap_or_default();
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    in_path(path).is_some()
        || query.split('&').any(|pair| pair.split_once('=').is_some_and(|(_, value)| page_number(value).is_some()))
}

/// An address as it stands, in the form of [`Numbered::base`].
pub(super) fn base_of(url: &Url) -> String {
    format!("{}?{}", stem(url.path()).0, pairs(url).collect::<Vec<_>>().join("&"))
}

/// A link of the page at `own`, whose addresses are relative to `base`, to an address of the same host, without its
/// fragment.
pub(super) fn of_same_host(own: &Url, base: &Url, href: &str) -> Option<Url> {
    let mut url = base.join(href).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    url.set_fragment(None);
    ((url.host(), url.port()) == (own.host(), own.port())).then_some(url)
}

/// A number that may be that of a page.
pub(super) fn page_number(digits: &str) -> Option<u32> {
    let is_plain = (1..=DIGITS_MAX).contains(&digits.len()) && !digits.starts_with('0');
    digits.parse().ok().filter(|_| is_plain && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

fn pairs(url: &Url) -> impl Iterator<Item = &str> {
    url.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty())
}

fn set_pairs(url: &mut Url, pairs: &[&str]) {
    url.set_query(Some(pairs.join("&").as_str()).filter(|query| !query.is_empty()));
}

/// A path without slashes at its end and without its ending, and that.
fn stem(path: &str) -> (&str, &str) {
    let path = path.trim_end_matches('/');
    let ending = ENDINGS.iter().copied().find(|ending| path.ends_with(ending)).unwrap_or_default();
    (&path[..path.len() - ending.len()], ending)
}

/// A path with a number at its end.
struct InPath<'a> {
    /// The path without the number and what sets it apart.
    before: &'a str,
    number: u32,
    digits: Range<usize>,
    ending: &'a str,
    /// Whether a word says what it is.
    is_named: bool,
}

fn in_path(path: &str) -> Option<InPath<'_>> {
    let (whole, ending) = stem(path);
    let start = whole.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = start.len()..whole.len();
    let number = page_number(&whole[digits.clone()])?;
    let unmarked = start.trim_end_matches(['/', '-', '_', ',', '=', '.']);
    let named = unmarked.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let word = unmarked[named.len()..].to_ascii_lowercase();
    if PATH_WORDS.contains(&word.as_str()) && named.ends_with(['/', '-', '_', ',', '.']) {
        let before = named.trim_end_matches(['/', '-', '_', ',', '.']);
        return Some(InPath { before, number, digits, ending, is_named: true });
    }
    // A hyphen before a number is as often part of a name: blogs call the second "Harbour reopens" harbour-reopens-2.
    let is_set_apart = start.ends_with(['/', '_', ',']) || start.ends_with('-') && !ending.is_empty();
    is_set_apart.then_some(InPath { before: unmarked, number, digits, ending, is_named: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_brought_to_that_of_another_page() {
        for (own, first, second) in [
            ("/story?page=3", "/story", "/story?page=2"),
            ("/story?id=7&page=3&x=1", "/story?id=7&x=1", "/story?id=7&page=2&x=1"),
            ("/?id=7&p=3", "/?id=7", "/?id=7&p=2"),
            ("/story/3", "/story", "/story/2"),
            ("/story/3/", "/story/", "/story/2/"),
            ("/story/page/3/", "/story/", "/story/page/2/"),
            ("/story/seite-3", "/story", "/story/seite-2"),
            ("/story,3.html", "/story.html", "/story,2.html"),
            ("/story-3.html", "/story.html", "/story-2.html"),
            ("/story-page-3.html", "/story.html", "/story-page-2.html"),
            ("/story_3", "/story", "/story_2"),
            ("/story.html/3", "/story.html", "/story.html/2"),
            ("/story.html/3/", "/story.html", "/story.html/2/"),
        ] {
            let address = |path: &str| Url::parse(&format!("https://e.org{path}")).unwrap();
            let url = address(own);
            let found = numbered(&url);
            assert_eq!(found.len(), 1, "{own}");
            assert_eq!(found[0].number, 3, "{own}");
            assert_eq!(found[0].without_number(&url), address(first), "{own}");
            assert_eq!(found[0].with_number(&url, 2), address(second), "{own}");
            assert!(may_be_numbered(own), "{own}");
            assert!(found[0].is_beside(&url, &numbered(&address(second))[0], &address(second)), "{own}");
        }
        for own in ["/story", "/story-3", "/3", "/?page=3", "/page/3/", "/story/12345", "/story/03", "/story?x=3"] {
            assert!(numbered(&Url::parse(&format!("https://e.org{own}")).unwrap()).is_empty(), "{own}");
        }
    }

    #[test]
    fn addresses_whose_number_stands_elsewhere_are_of_another_series() {
        let is_beside = |one: &str, other: &str| {
            let address = |path: &str| Url::parse(&format!("https://e.org{path}")).unwrap();
            let (one, other) = (address(one), address(other));
            numbered(&one)[0].is_beside(&one, &numbered(&other)[0], &other)
        };
        assert!(is_beside("/story/3", "/story/4/"));
        assert!(is_beside("/story?page=3&id=7", "/story?id=7&page=4"));
        for (one, other) in [
            ("/blog/?p=12", "/blog/?paged=2"),
            ("/story/3", "/story/page/2"),
            ("/story/3", "/story?page=2"),
            ("/story/3", "/other/2"),
            ("/story?id=7&page=3", "/story?id=8&page=2"),
        ] {
            assert!(!is_beside(one, other), "{one} {other}");
        }
    }
}
