//! Sitemaps (<https://www.sitemaps.org/protocol.html>) with the news extension, and indexes of them.

use std::cmp::Reverse;

use jiff::Timestamp;
use url::Url;

use super::address::resolve;
use super::listing::Listing;
use super::markup::{Scanner, Tag, Token, local_name};
use super::text::said;
use super::vocabulary::{Dialect, Family, Namespaces};
use super::{entities, title};
use crate::dates;
use crate::model::{FoundLink, SourceKind};

/// The texts of one `url` or `sitemap` element.
#[derive(Default)]
struct Record {
    location: String,
    last_modified: String,
    title: String,
    published: String,
    language: String,
}

/// An element of a record whose text is being read.
#[derive(Clone, Copy)]
enum Field {
    Location,
    LastModified,
    Title,
    Published,
    Language,
}

/// Reads the sitemap or index that begins with the tag `root`; `document` begins right behind it. A record that the
/// document ends within counts if its address is whole.
pub(super) fn read(root: &Tag<'_>, document: &str, base: &Url, entries_max: usize) -> Listing {
    let is_index = root.local_name().eq_ignore_ascii_case("sitemapindex");
    let mut listing = Listing::empty(SourceKind::Sitemap, if is_index { "sitemap index" } else { "sitemap" });
    let mut found = Found::default();
    let mut namespaces = Namespaces::of_root(Dialect::Rss, root);
    let mut record: Option<Record> = None;
    let mut field = None;
    for token in Scanner::new(document) {
        match token {
            Token::Open(tag) => {
                namespaces.declare(&tag);
                let name = namespaces.resolve(tag.name);
                let is_record = !tag.name.contains(':') || name.family == Family::Native;
                if is_record && (name.local == "url" || name.local == "sitemap") {
                    found.take(record.take(), is_index, base, &mut listing.problems);
                    record = Some(Record::default());
                }
                field = if tag.is_empty { None } else { field_of(name.family, tag.name.contains(':'), name.local) };
            }
            Token::Close(name) => {
                field = None;
                if matches!(local_name(name), "url" | "sitemap") {
                    found.take(record.take(), is_index, base, &mut listing.problems);
                }
            }
            Token::Text(piece) => append(record.as_mut(), field, &entities::decode(piece)),
            Token::CData(piece) => append(record.as_mut(), field, piece),
            Token::Other(_) => {}
        }
    }
    match field {
        Some(Field::Location) => listing.problems.push("the document ends within an address".to_owned()),
        _ => found.take(record, is_index, base, &mut listing.problems),
    }
    found.into_listing(listing, entries_max)
}

/// Reads a sitemap in its plainest form, an address a line; `None` if a line is anything else.
pub(super) fn read_lines(document: &str, entries_max: usize) -> Option<Listing> {
    let mut found = Found::default();
    for line in document.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if !line.starts_with("http") {
            return None;
        }
        let url = Url::parse(line).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        found.links.push((None, FoundLink { url: Some(url), ..FoundLink::default() }));
    }
    if found.links.is_empty() {
        return None;
    }
    Some(found.into_listing(Listing::empty(SourceKind::Sitemap, "sitemap text"), entries_max))
}

fn field_of(family: Family, has_prefix: bool, local: &str) -> Option<Field> {
    let is_news = family == Family::News;
    match local {
        "loc" if !has_prefix || family == Family::Native => Some(Field::Location),
        "lastmod" if !has_prefix || family == Family::Native => Some(Field::LastModified),
        "title" if is_news => Some(Field::Title),
        "publication_date" if is_news => Some(Field::Published),
        "language" if is_news => Some(Field::Language),
        _ => None,
    }
}

fn append(record: Option<&mut Record>, field: Option<Field>, piece: &str) {
    let (Some(record), Some(field)) = (record, field) else {
        return;
    };
    match field {
        Field::Location => record.location.push_str(piece),
        Field::LastModified => record.last_modified.push_str(piece),
        Field::Title => record.title.push_str(piece),
        Field::Published => record.published.push_str(piece),
        Field::Language => record.language.push_str(piece),
    }
}

/// What has been found, each with its date.
#[derive(Default)]
struct Found {
    links: Vec<(Option<Timestamp>, FoundLink)>,
    children: Vec<(Option<Timestamp>, Url)>,
}

impl Found {
    fn take(&mut self, record: Option<Record>, is_index: bool, base: &Url, problems: &mut Vec<String>) {
        let Some(record) = record else { return };
        let Some(url) = resolve(&record.location, base) else {
            let number = self.links.len() + self.children.len() + 1;
            problems.push(format!("record {number} has no address that can be followed"));
            return;
        };
        let updated = dates::read(&record.last_modified);
        if is_index {
            self.children.push((updated.map(|date| date.instant), url));
            return;
        }
        let published = dates::read(&record.published);
        let link = FoundLink {
            url: Some(url),
            title: said(title::text_of_undeclared_title(&record.title)),
            published: published.map(|date| date.to_rfc3339()),
            updated: updated.map(|date| date.to_rfc3339()),
            language: said(record.language),
            ..FoundLink::default()
        };
        self.links.push((published.or(updated).map(|date| date.instant), link));
    }

    /// Of more links than allowed the newest are kept: large sitemaps are archives, and many begin with the oldest.
    fn into_listing(mut self, mut listing: Listing, entries_max: usize) -> Listing {
        if self.links.len() > entries_max {
            let n_links = self.links.len();
            self.links.sort_by_key(|(date, _)| Reverse(*date));
            self.links.truncate(entries_max);
            listing.problems.push(format!("of {n_links} addresses the {entries_max} newest are read"));
        }
        // Without a date of its own a sitemap has that in its name, and one for news is of today.
        let is_undated_news = |date: Option<Timestamp>, url: &Url| date.is_none() && is_named_news(url);
        self.children.sort_by_cached_key(|(date, url)| {
            let date = date.or_else(|| date_in_name(url));
            (Reverse(is_undated_news(date, url)), Reverse(date))
        });
        listing.links = self.links.into_iter().map(|(_, link)| link).collect();
        listing.children = self.children.into_iter().map(|(_, url)| url).collect();
        listing
    }
}

/// The date in the last part of an address: `sitemap-2026-11.xml`, `20261120.xml`. A month counts as its first day.
fn date_in_name(url: &Url) -> Option<Timestamp> {
    let name = url.path_segments()?.next_back()?;
    let runs: Vec<&str> = name.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).collect();
    let (year, month, day) = match runs.as_slice() {
        [run, ..] if run.len() == 8 => (run.get(..4)?, run.get(4..6)?, run.get(6..)?),
        [run, ..] if run.len() == 6 => (run.get(..4)?, run.get(4..)?, "01"),
        [year, month, day, ..] if year.len() == 4 && month.len() <= 2 && day.len() <= 2 => (*year, *month, *day),
        [year, month, ..] if year.len() == 4 && month.len() <= 2 => (*year, *month, "01"),
        [year] if year.len() == 4 => (*year, "01", "01"),
        _ => return None,
    };
    let year = year.parse().ok().filter(|year| (1990..=2100).contains(year))?;
    let date = jiff::civil::Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()?;
    jiff::tz::Offset::UTC.to_timestamp(date.to_datetime(jiff::civil::Time::midnight())).ok()
}

fn is_named_news(url: &Url) -> bool {
    url.path_segments()
        .and_then(|mut parts| parts.next_back())
        .is_some_and(|name| name.to_ascii_lowercase().contains("news"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_sitemaps_of_an_index_come_first() {
        let check = |listed: &[(&str, &str)], expected: &[&str]| {
            let record =
                |(name, date): &(&str, &str)| format!("<sitemap><loc>/{name}</loc><lastmod>{date}</lastmod></sitemap>");
            let records = listed.iter().map(record).collect::<Vec<_>>().concat();
            let base = Url::parse("https://paper.example/").unwrap();
            let document = format!("<sitemapindex>{records}</sitemapindex>");
            let mut scanner = Scanner::new(&document);
            let Some(Token::Open(root)) = scanner.next() else { panic!("a root") };
            let listing = read(&root, &document[scanner.position()..], &base, 100);
            let names: Vec<&str> = listing.children.iter().map(|url| &url.path()[1..]).collect();
            assert_eq!(names, expected);
        };
        check(&[("a", "2020-01-01"), ("b", "2026-11-20"), ("c", "")], &["b", "a", "c"]);
        check(
            &[("posts-2024-12.xml", ""), ("posts-2026-11.xml", ""), ("pages.xml", ""), ("posts-202602.xml.gz", "")],
            &["posts-2026-11.xml", "posts-202602.xml.gz", "posts-2024-12.xml", "pages.xml"],
        );
        check(
            &[("day-20261119.xml", ""), ("post.xml", "2026-11-18"), ("sitemap-news.xml", ""), ("2026/11.xml", "")],
            &["sitemap-news.xml", "day-20261119.xml", "post.xml", "2026/11.xml"],
        );
        check(&[("1.xml", ""), ("2.xml", ""), ("posts-9999-99.xml", "")], &["1.xml", "2.xml", "posts-9999-99.xml"]);
    }
}
