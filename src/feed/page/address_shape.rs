//! What an address looks like: that of an article, one of many of the same form, or that of something else.

use url::Url;

use crate::model;

/// Evidence that an address needs, in the points of [`points`]: a slug alone is enough, a number alone is not.
const POINTS_MIN: u32 = 2;

/// Fewest words in a slug that is a headline and not the name of a section.
const SLUG_WORDS_MIN: usize = 3;

/// Most words of a slug that is the name of a service: `subscribe-now-and-save` is one, a headline that begins with such
/// a word is longer.
const SERVICE_WORDS_MAX: usize = 6;

/// Fewest percent signs of a slug in another script.
const ENCODED_CHARACTERS_MIN: usize = 8;

/// Fewest digits of a number that identifies an article and is no year.
const NUMBER_DIGITS_MIN: usize = 5;

/// Parts of paths under which there are lists and services, wherever they stand.
const LIST_PARTS: [&str; 35] = [
    "tag",
    "tags",
    "category",
    "categories",
    "author",
    "authors",
    "topic",
    "topics",
    "search",
    "login",
    "signin",
    "register",
    "account",
    "subscribe",
    "newsletter",
    "newsletters",
    "page",
    "archive",
    "archives",
    "autor",
    "autoren",
    "auteur",
    "kategorie",
    "categoria",
    "categorie",
    "etiqueta",
    "schlagwort",
    "suche",
    "recherche",
    "mot-cle",
    "mots-cles",
    "buscar",
    "abo",
    "profile",
    "profil",
];

/// The same for first parts: further down they may be the name of a section.
const SERVICE_PARTS: [&str; 9] =
    ["about", "contact", "privacy", "terms", "jobs", "legal", "impressum", "datenschutz", "help"];

/// How the slugs of services begin that stand at the root of a site.
const SERVICE_WORDS: [&str; 16] = [
    "subscribe",
    "newsletter",
    "privacy",
    "cookie",
    "cookies",
    "terms",
    "contact",
    "about",
    "advertise",
    "advertising",
    "accessibility",
    "imprint",
    "impressum",
    "datenschutz",
    "kontakt",
    "careers",
];

/// Parameters that choose a part of a list.
const LIST_PARAMETERS: [&str; 9] = ["page", "paged", "offset", "start", "seite", "sort", "year", "month", "tag"];

/// Endings of files that are no pages.
const OTHER_FILES: [&str; 17] = [
    ".jpg", ".jpeg", ".png", ".gif", ".webp", ".svg", ".pdf", ".mp3", ".mp4", ".zip", ".gz", ".css", ".js", ".xml",
    ".rss", ".json", ".ics",
];

/// What an address is by its looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// That of an article.
    Article,
    /// One of many that differ in a number alone: if there are many on the page, those of articles.
    OneOf(String),
    /// That of something else.
    Other,
}

/// Whether an address looks like that of an article of this page's publisher.
pub(super) fn judge(url: &Url, page: &Url) -> Shape {
    if registrable_domain(url) != registrable_domain(page) {
        return Shape::Other;
    }
    let path = url.path();
    if path.len() <= 1 && url.query().is_none() || path == page.path() && url.query() == page.query() {
        return Shape::Other;
    }
    if url.query_pairs().any(|(name, _)| LIST_PARAMETERS.contains(&name.as_ref())) {
        return Shape::Other;
    }
    let lower = path.to_ascii_lowercase();
    let parts: Vec<&str> = lower.split('/').filter(|part| !part.is_empty()).collect();
    if OTHER_FILES.iter().any(|ending| lower.ends_with(ending)) || is_of_a_list(&parts) || is_service(&parts) {
        return Shape::Other;
    }
    if points(url, &lower, &parts) >= POINTS_MIN {
        return Shape::Article;
    }
    form_of(url, &parts).map_or(Shape::Other, Shape::OneOf)
}

/// Whether a path is that of a list: under the name of one, or nothing but a date at its end.
fn is_of_a_list(parts: &[&str]) -> bool {
    let is_date_part = |part: &&str| {
        part.bytes().all(|byte| byte.is_ascii_digit()) && (part.len() <= 2 || part.len() == 4 && is_year(part))
    };
    let n_date_parts = parts.iter().rev().take_while(|part| is_date_part(part)).count();
    let ends_with_date = parts[parts.len() - n_date_parts..].first().is_some_and(|part| is_year(part));
    ends_with_date
        || parts.first().is_some_and(|part| SERVICE_PARTS.contains(part))
        || parts.iter().any(|part| LIST_PARTS.contains(part))
}

/// Whether a path is that of a service: a slug at the root that begins as those do.
fn is_service(parts: &[&str]) -> bool {
    let [slug] = parts else {
        return false;
    };
    let words: Vec<&str> = slug.split(['-', '_', '.']).filter(|word| !word.is_empty()).collect();
    words.len() <= SERVICE_WORDS_MAX && words.first().is_some_and(|word| SERVICE_WORDS.contains(word))
}

/// The registrable domain by the public suffix list, or the host where it has none.
fn registrable_domain(url: &Url) -> Option<&str> {
    let host = url.host_str()?;
    Some(model::registrable_domain(host).unwrap_or(host))
}

/// How much an address looks like that of one text: two points for a slug of words, two for a date in the path, one
/// each for a long number, for a part that is nothing else, for depth, and for the ending of a page.
fn points(url: &Url, path: &str, parts: &[&str]) -> u32 {
    let has_slug = parts.iter().any(|part| {
        part.split(['-', '_', '+']).filter(|word| !word.is_empty()).count() >= SLUG_WORDS_MIN
            && part.bytes().any(|byte| byte.is_ascii_alphabetic())
    }) || parts.last().is_some_and(|last| last.matches('%').count() >= ENCODED_CHARACTERS_MIN);
    let query = url.query().unwrap_or_default();
    let has_number = digit_runs(path).chain(digit_runs(query)).any(|run| run.len() >= NUMBER_DIGITS_MIN);
    let is_number = |part: &&str| part.len() >= NUMBER_DIGITS_MIN && part.bytes().all(|byte| byte.is_ascii_digit());
    let has_page_ending =
        [".html", ".htm", ".php", ".aspx", ".shtml", ".ece", ".cms"].iter().any(|end| path.ends_with(end));
    2 * u32::from(has_slug)
        + 2 * u32::from(has_date(parts))
        + u32::from(has_number)
        + u32::from(parts.last().is_some_and(is_number))
        + u32::from(parts.len() >= 3)
        + u32::from(has_page_ending)
}

/// An address with the numbers in its last part, or in its query, left out; nothing where there are none.
fn form_of(url: &Url, parts: &[&str]) -> Option<String> {
    let (last, before) = parts.split_last()?;
    let mut form = before.join("/");
    form.push('/');
    let is_digit = |c: char| c.is_ascii_digit();
    let has_number = last.contains(is_digit);
    form.extend(last.split(is_digit).filter(|piece| !piece.is_empty()).map(|piece| format!("{piece}#")));
    let mut has_identity = false;
    for (name, value) in url.query_pairs() {
        has_identity |= value.contains(is_digit);
        form.push('?');
        form.push_str(&name);
    }
    (has_number || has_identity).then_some(form)
}

fn digit_runs(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty())
}

fn is_year(text: &str) -> bool {
    text.len() == 4 && (text.starts_with("19") || text.starts_with("20"))
}

/// A year followed by a month: as segments (`/2026/11/`), within one (`2026-11-20`), or in eight digits.
fn has_date(parts: &[&str]) -> bool {
    let is_month = |text: &str| text.len() <= 2 && text.parse::<u8>().is_ok_and(|month| (1..=12).contains(&month));
    let runs: Vec<&str> = parts.iter().flat_map(|part| digit_runs(part)).collect();
    runs.windows(2).any(|pair| is_year(pair[0]) && is_month(pair[1]))
        || runs.iter().any(|run| run.len() == 8 && run.starts_with("20") && run.get(4..6).is_some_and(is_month))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_judged_by_their_looks() {
        let page = Url::parse("https://paper.example/news?x=1").unwrap();
        let check = |address: &str, expected: &str| {
            let shown = match judge(&page.join(address).unwrap(), &page) {
                Shape::Article => "article".to_owned(),
                Shape::OneOf(form) => form,
                Shape::Other => "other".to_owned(),
            };
            assert_eq!(shown, expected, "{address}");
        };
        for article in [
            "/2026/11/20/gates",
            "/news/harbour-wall-cracks",
            "/harbour_wall_cracks.html",
            "/news/uk/2026-11-20",
            "/n/20261120-gates",
            "/news/local/123456",
            "/sport/88207",
            "/story/4471902.html",
            "/%D0%BF%D0%BE%D1%80%D1%82-%D0%B2%D0%BD%D0%BE%D0%B2%D1%8C",
            "https://www.paper.example/news/subscribe-now-say-the-ferrymen-of-the-estuary",
            "/about-face-on-the-plan-for-the-harbour-wall",
        ] {
            check(article, "article");
        }
        for other in [
            "/",
            "/news",
            "/news?x=1",
            "/sport/",
            "/2026/11/",
            "/archive/2026/11/20",
            "/2026",
            "/tag/harbour-wall-cracks",
            "/en/author/ada-marsh-quill",
            "/subscribe-now-and-save",
            "/cookie-policy-of-this-site",
            "/i/harbour-wall-cracks.jpg",
            "/news?page=12345",
            "https://other.example/news/harbour-wall-cracks",
        ] {
            check(other, "other");
        }
        check("/news/article/12", "news/article/");
        check("/a/ASV81K", "a/asv#k#");
        check("/detail.php?id=12", "/detail.php#?id");
    }
}
