//! The list of sources, with the line of everything that is wrong in it.

use std::collections::HashMap;

use sha2::{Digest, Sha256};
use toml::de::{DeTable, DeValue};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use url::Url;

use crate::model::{FullText, LoginName, Retention, Route, Source, SourceKind, public_url};

use super::problem::Problem;
use super::sites::ElementSelector;
use super::tables::Tables;

const KNOWN_KEYS: [&str; 9] =
    ["slug", "url", "kind", "tags", "full_text", "links", "proxy", "credentials", "retention"];

const RETENTION_KEYS: [&str; 3] = ["articles_days", "texts_days", "revisions_days"];

/// Longest slug.
pub const SLUG_BYTES_MAX: usize = 64;

/// Sources, and for each slug the place where it is listed: file and line.
pub(super) type ListedSources = (Vec<Source>, HashMap<String, String>);

/// Reads a sources file. Sources without a fault are returned beside the problems of the others.
pub(super) fn parse(text: &str, place: &str) -> (ListedSources, Vec<Problem>) {
    let mut tables = Tables::new(text, place);
    let mut sources = tables.read_each("source", read_source);
    let mut lines_of_slugs: HashMap<String, usize> = HashMap::new();
    sources.retain(|(at, source): &(usize, Source)| {
        let first = *lines_of_slugs.entry(source.slug.clone()).or_insert(*at);
        if first != *at {
            let rule = format!("is used twice, first in line {}", tables.line(first));
            tables.problem(*at, &format!("slug = {:?}", source.slug), &rule);
        }
        first == *at
    });
    let places = sources.iter().map(|(at, source)| (source.slug.clone(), tables.place(*at))).collect();
    ((sources.into_iter().map(|(_, source)| source).collect(), places), tables.problems)
}

/// Sources at an address that the list has before, each with the first one there. Nothing is wrong with them, but both are polled.
#[must_use]
pub fn listed_twice(sources: &[Source]) -> Vec<(&Source, &Source)> {
    let mut firsts: HashMap<&Url, &Source> = HashMap::new();
    let mut pairs = Vec::new();
    for source in sources {
        let first = *firsts.entry(&source.url).or_insert(source);
        if first.slug != source.slug {
            pairs.push((source, first));
        }
    }
    pairs
}

fn read_source(tables: &mut Tables<'_>, at: usize, table: &DeTable<'_>) -> Option<(usize, Source)> {
    let n_problems = tables.problems.len();
    tables.reject_unknown_keys(table, &KNOWN_KEYS);
    let slug = tables.text_of(at, table, "slug", true);
    let url = tables.text_of(at, table, "url", true);
    let kind = tables.text_of(at, table, "kind", false);
    let tags = read_tags(tables, table);

    if let Some((at, slug)) = &slug
        && let Err(rule) = check_slug(slug)
    {
        tables.problem(*at, &format!("slug = {slug:?}"), &rule);
    }
    let url = url.and_then(|(at, text)| match parse_source_url(&text) {
        Ok(url) => Some(url),
        Err(rule) => {
            tables.problem(at, &format!("url = {text:?}"), &rule);
            None
        }
    });
    let kind = kind.and_then(|(at, text)| match text.parse::<SourceKind>() {
        Ok(kind) => Some(kind),
        Err(rule) => {
            tables.problem(at, &format!("kind = {text:?}"), &rule);
            None
        }
    });
    let full_text =
        tables.text_of(at, table, "full_text", false).map(|(at, text)| (at, text.parse::<FullText>(), text));
    let link_selectors = read_link_selectors(tables, table);
    let proxy = read_proxy(tables, at, table);
    let credentials = read_credentials(tables, at, table, url.as_ref());
    let retention = read_retention(tables, table);
    match &full_text {
        Some((at, Err(rule), text)) => tables.problem(*at, &format!("full_text = {text:?}"), rule),
        Some((at, Ok(_), text)) if kind.is_some_and(|kind| kind != SourceKind::Feed) => {
            tables.problem(*at, &format!("full_text = {text:?}"), "is for feeds: no other source brings texts");
        }
        _ => {}
    }
    if let Some(value) = table.get("links")
        && kind.is_some_and(|kind| kind != SourceKind::Page)
    {
        tables.problem(
            value.span().start,
            "links",
            "is for kind = \"page\": other sources list their links themselves",
        );
    }
    if tables.problems.len() > n_problems {
        return None;
    }
    // Links are chosen on a page, so it is one.
    let kind = if link_selectors.is_empty() { kind } else { Some(SourceKind::Page) };
    let full_text = full_text.and_then(|(_, choice, _)| choice.ok()).unwrap_or_default();
    let source = Source::new(slug?.1, url?);
    Some((at, Source { kind, tags, full_text, link_selectors, proxy, credentials, retention, ..source }))
}

fn read_proxy(tables: &mut Tables<'_>, at: usize, table: &DeTable<'_>) -> Option<Route> {
    let (at, text) = tables.text_of(at, table, "proxy", false)?;
    match text.parse() {
        Ok(route) => Some(route),
        Err(rule) => {
            // What is no address may have credentials anywhere in it.
            let shown = if text.contains('@') { "***".to_owned() } else { text };
            tables.problem(at, &format!("proxy = {shown:?}"), &rule);
            None
        }
    }
}

/// The name of credentials. What is no name may be the secret itself, so it is not shown.
fn read_credentials(tables: &mut Tables<'_>, at: usize, table: &DeTable<'_>, url: Option<&Url>) -> Option<String> {
    let (at, name) = tables.text_of(at, table, "credentials", false)?;
    match check_credentials(&name, url) {
        Ok(()) => Some(name),
        Err(rule) => {
            tables.problem(at, "credentials", &rule);
            None
        }
    }
}

/// Checks under which name the credentials of a source at an address are kept.
///
/// # Errors
///
/// The rule that is broken, without the name.
pub fn check_credentials(name: &str, url: Option<&Url>) -> Result<(), String> {
    LoginName::check(name)?;
    match url {
        Some(url) if *public_url(url) != *url => {
            Err("must be absent where the address has USER:PASSWORD@ itself".to_owned())
        }
        _ => Ok(()),
    }
}

fn read_retention(tables: &mut Tables<'_>, table: &DeTable<'_>) -> Option<Retention> {
    let value = table.get("retention")?;
    let DeValue::Table(kept) = value.get_ref() else {
        tables.problem(value.span().start, "retention", "must be a table, e.g. { articles_days = 30 }");
        return None;
    };
    tables.reject_unknown_keys(kept, &RETENTION_KEYS);
    let [articles_days, texts_days, revisions_days] = RETENTION_KEYS.map(|key| {
        let value = kept.get(key)?;
        let days = match value.get_ref() {
            DeValue::Integer(number) => number.as_str().parse::<u32>().ok().filter(|days| *days <= 36_500),
            _ => None,
        };
        if days.is_none() {
            tables.problem(value.span().start, key, "must be a number of days from 0 (for ever) to 36500");
        }
        days.filter(|days| *days > 0)
    });
    Some(Retention { articles_days, texts_days, revisions_days })
}

fn read_link_selectors(tables: &mut Tables<'_>, table: &DeTable<'_>) -> Vec<String> {
    let rule = "must be a CSS selector in quotes, or a list of them, e.g. \"main article h2 a\"";
    let given = tables.texts_of(table, "links", rule);
    let mut selectors = Vec::with_capacity(given.len());
    for (at, text) in given {
        match check_link_selector(&text) {
            Ok(()) => selectors.push(text),
            Err(rule) => tables.problem(at, &format!("links = {text:?}"), &rule),
        }
    }
    selectors
}

/// Checks a selector of links.
///
/// # Errors
///
/// The rule that it breaks.
pub fn check_link_selector(text: &str) -> Result<(), String> {
    match ElementSelector::parse(text)? {
        ElementSelector { attribute: Some(attribute), .. } => {
            Err(format!("must be without @{attribute}: it chooses links, or elements with links in them"))
        }
        _ => Ok(()),
    }
}

fn read_tags(tables: &mut Tables<'_>, table: &DeTable<'_>) -> Vec<String> {
    let Some(value) = table.get("tags") else {
        return Vec::new();
    };
    let texts = match value.get_ref() {
        DeValue::Array(items) => items
            .iter()
            .map(|item| match item.get_ref() {
                DeValue::String(text) => Some(text.to_string()),
                _ => None,
            })
            .collect::<Option<Vec<_>>>(),
        _ => None,
    };
    texts.unwrap_or_else(|| {
        tables.problem(value.span().start, "tags", "must be a list of texts, e.g. [\"en\", \"pk\"]");
        Vec::new()
    })
}

/// Reads the address of a source.
///
/// # Errors
///
/// The rule that the text breaks.
pub(crate) fn parse_source_url(text: &str) -> Result<Url, String> {
    let url =
        Url::parse(text).map_err(|error| format!("must be an address such as https://example.org/feed: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("must begin with http:// or https://".to_owned());
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("must name a host".to_owned());
    }
    Ok(url)
}

/// Checks a slug: letters a–z, digits, `-`, `_` and `.`, beginning with a letter or digit, at most 64.
///
/// # Errors
///
/// The rule that it breaks.
pub fn check_slug(slug: &str) -> Result<(), String> {
    let is_wellformed = slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b))
        && slug.starts_with(|c: char| c.is_ascii_alphanumeric());
    if is_wellformed && slug.len() <= SLUG_BYTES_MAX {
        Ok(())
    } else {
        Err("must be 1 to 64 of a-z, 0-9, '-', '_' and '.', beginning with a letter or a digit".to_owned())
    }
}

/// A slug for an address that came without one: its host without `www.`, then the parts of its path that tell it
/// from others.
#[must_use]
pub fn slug_for(url: &Url) -> String {
    let host = url.host_str().unwrap_or("source");
    let mut words = vec![host.strip_prefix("www.").unwrap_or(host).to_owned()];
    if let Some(port) = url.port() {
        words.push(port.to_string());
    }
    words.extend(url.path().split(['/', '.', '_']).filter(|part| !part.is_empty()).map(str::to_owned));
    let mut slug = String::new();
    for character in words.join("-").to_lowercase().chars() {
        match character {
            'a'..='z' | '0'..='9' | '.' => slug.push(character),
            _ if slug.ends_with('-') || slug.is_empty() => {}
            _ => slug.push('-'),
        }
    }
    let slug = slug.trim_start_matches('.');
    let slug = slug[..slug.len().min(SLUG_BYTES_MAX)].trim_end_matches(['-', '.']);
    if slug.is_empty() { "source".to_owned() } else { slug.to_owned() }
}

/// A slug for the name of a source: the name itself where it is a slug, else its words. A name that has letters which no
/// slug can have gets a part of its hash, so that two such names are two slugs.
#[must_use]
pub fn slug_for_name(name: &str) -> String {
    let name = name.trim();
    if check_slug(name).is_ok() {
        return name.to_owned();
    }
    let mut slug = String::new();
    let mut is_whole = true;
    for character in name.nfkd().filter(|character| !is_combining_mark(*character)).flat_map(char::to_lowercase) {
        match character {
            'a'..='z' | '0'..='9' => slug.push(character),
            '.' if !slug.is_empty() => slug.push('.'),
            '\'' | '’' => {}
            _ => {
                is_whole &= !character.is_alphanumeric();
                if !slug.is_empty() && !slug.ends_with('-') {
                    slug.push('-');
                }
            }
        }
    }
    let slug = slug.trim_matches(['-', '.']);
    if is_whole && !slug.is_empty() && slug.len() <= SLUG_BYTES_MAX {
        return slug.to_owned();
    }
    let hash = Sha256::digest(name.as_bytes());
    let hash = format!("{:02x}{:02x}{:02x}{:02x}", hash[0], hash[1], hash[2], hash[3]);
    let start = &slug[..slug.len().min(SLUG_BYTES_MAX - hash.len() - 1)];
    let start = if start.is_empty() { "source" } else { start.trim_end_matches(['-', '.']) };
    format!("{start}-{hash}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read() {
        let ((sources, places), problems) = parse(
            "[[source]]\nslug = \"daily\"\nurl = \"https://daily.example/feed/\"\nkind = \"feed\"\ntags = [\"en\"]\n",
            "s.toml",
        );
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(sources[0].slug, "daily");
        assert_eq!(sources[0].kind, Some(SourceKind::Feed));
        assert_eq!(sources[0].tags, ["en"]);
        assert_eq!(sources[0].full_text, FullText::Auto);
        assert_eq!(places["daily"], "s.toml:1");
    }

    #[test]
    fn every_fault_has_its_line_and_the_good_ones_stay() {
        let text = "[[source]]\nslug = \"Bad Slug\"\nurl = \"ftp://x.example/\"\n\n[[source]]\nslug = \"good\"\n\
                    url = \"https://a.example/\"\n\n[[source]]\nslug = \"good\"\nurl = \"https://b.example/\"\n\
                    [[source]]\nurl = \"https://c.example/\"\nkind = \"blog\"\ncolour = 1\n";
        let ((sources, _), problems) = parse(text, "s.toml");
        let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(sources.len(), 1);
        for expected in [
            "s.toml:2: slug = \"Bad Slug\": must be 1 to 64",
            "s.toml:3: url = \"ftp://x.example/\": must begin with http",
            "s.toml:9: slug = \"good\": is used twice, first in line 5",
            "s.toml:12: slug: is missing",
            "s.toml:14: kind = \"blog\": unknown kind",
            "s.toml:15: colour: unknown key",
        ] {
            assert!(shown.iter().any(|line| line.starts_with(expected)), "{expected} not in {shown:#?}");
        }
    }

    #[test]
    fn a_long_list_takes_as_long_a_source_as_a_short_one() {
        let time_for = |n_sources: usize| {
            let entry = |number| {
                let fault = if number % 2 == 0 { "" } else { "colour = 1\n" };
                format!("[[source]]\nslug = \"s-{number}\"\nurl = \"https://s-{number}.example/\"\n{fault}")
            };
            let text: String = (0..n_sources).map(entry).collect();
            let began = std::time::Instant::now();
            let ((sources, _), problems) = parse(&text, "s.toml");
            assert_eq!(sources.len() + problems.len(), n_sources);
            began.elapsed()
        };
        // What a busy machine does to one measurement it does not do to all of them.
        let least = |n_sources| (0..2).map(|_| time_for(n_sources)).min().unwrap();
        let (few, many) = (least(2_000), least(32_000));
        // Sixteen times as many; where each goes through all before it, it is a hundred times as long.
        assert!(many < few * 48, "{few:?} for 2000, {many:?} for 32000");
    }

    #[test]
    fn choices_for_one_kind_are_refused_with_others() {
        let check = |lines: &str, expected: &str| {
            let text = format!("[[source]]\nslug = \"a\"\nurl = \"https://a.example/\"\n{lines}\n");
            let ((sources, _), problems) = parse(&text, "s.toml");
            let shown = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
            assert_eq!(sources.is_empty(), !expected.is_empty(), "{lines}: {shown}");
            assert!(shown.starts_with(expected), "{lines}: {shown}");
            sources.into_iter().next()
        };
        let page = check("links = [\"main h2 a\", \".teaser\"]", "").unwrap();
        assert_eq!((page.kind, page.link_selectors.len()), (Some(SourceKind::Page), 2));
        let feed = check("full_text = \"feed\"", "").unwrap();
        assert_eq!((feed.kind, feed.full_text), (None, FullText::Feed));
        check("kind = \"page\"\nlinks = \"h2 a\"", "");
        check(
            "full_text = \"all\"",
            "s.toml:4: full_text = \"all\": unknown choice \"all\", must be one of feed, page",
        );
        check("kind = \"page\"\nfull_text = \"feed\"", "s.toml:5: full_text = \"feed\": is for feeds");
        check("links = \"main ..a\"", "s.toml:4: links = \"main ..a\": must be a CSS selector: ");
        check("links = [\"h2 a\", \"\"]", "s.toml:4: links = \"\": must be a CSS selector: ");
        check("links = \"h2 a@href\"", "s.toml:4: links = \"h2 a@href\": must be without @href");
        check("links = 5", "s.toml:4: links: must be a CSS selector in quotes");
        check("kind = \"feed\"\nlinks = \"h2 a\"", "s.toml:5: links: is for kind = \"page\"");
    }

    #[test]
    fn syntax_errors_have_their_line() {
        let (_, problems) = parse("[[source]]\nslug = \nurl = \"https://a.example/\"\n", "s.toml");
        assert!(problems[0].place.starts_with("s.toml:2"), "{problems:?}");
    }

    #[test]
    fn slugs_are_made_from_names() {
        assert_eq!(slug_for_name("The Guardian"), "the-guardian");
        assert_eq!(slug_for_name(" Le Soir d’Été, n° 7 "), "le-soir-dete-no-7".replace("no-7", "n-7"));
        assert_eq!(slug_for_name("daily_news.1"), "daily_news.1");
        assert_eq!(slug_for_name("El País"), "el-pais");
        let names =
            ["Газета", "Правда", "Газета.ru", "新华社", "!!!", &"Long name ".repeat(20), &"Long name ".repeat(21)];
        let slugs: Vec<String> = names.iter().map(|name| slug_for_name(name)).collect();
        for (position, slug) in slugs.iter().enumerate() {
            assert_eq!(check_slug(slug), Ok(()), "{slug}");
            assert!(!slugs[..position].contains(slug), "{slugs:?}");
            assert_eq!(slug_for_name(slug), *slug);
        }
    }

    #[test]
    fn slugs_are_made_from_addresses() {
        let slug = |url: &str| slug_for(&Url::parse(url).unwrap());
        assert_eq!(slug("https://www.example.org/rss/World_News.xml"), "example.org-rss-world-news-xml");
        assert_eq!(slug("http://127.0.0.1:8080/feed/"), "127.0.0.1-8080-feed");
        let long = format!("https://paper.example/{}", "section/".repeat(20));
        for url in ["http://.dotted.example/", "http://_._/", "http://[::]/", &long] {
            assert_eq!(check_slug(&slug(url)), Ok(()), "{url}");
        }
    }
}
