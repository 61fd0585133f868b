//! Sitemaps (<https://www.sitemaps.org/protocol.html>) with the news extension, and indexes of them.

use std::borrow::Cow;
use std::cmp::Reverse;

use jiff::Timestamp;
use url::Url;

use super::address::{is_of_the_web, resolve};
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
    /// Whether it is a sitemap that an index names.
    is_child: bool,
    /// Whether it is no more than a `loc`.
    is_bare: bool,
    location: String,
    /// What stands where no address should: plain text, or an element of another name.
    elsewhere: String,
    /// The first address in an attribute.
    attribute: Option<String>,
    last_modified: String,
    title: String,
    published: String,
    language: String,
}

impl Record {
    fn new(is_child: bool) -> Self {
        Record { is_child, ..Record::default() }
    }

    fn take_attribute(&mut self, tag: &Tag<'_>) {
        if tag.attributes.is_empty() || self.attribute.is_some() {
            return;
        }
        let address = ["loc", "href", "url", "rdf:about"].iter().find_map(|name| tag.attribute(name));
        self.attribute = address.map(Cow::into_owned);
    }

    /// Whether there is nothing in it: the element around another of its name.
    fn is_empty(&self) -> bool {
        [&self.location, &self.elsewhere, &self.last_modified].iter().all(|text| text.trim().is_empty())
            && self.attribute.is_none()
    }

    fn address(&self, base: &Url) -> Option<Url> {
        resolve(&self.location, base)
            .or_else(|| {
                self.elsewhere.split_whitespace().find(|word| is_of_the_web(word)).and_then(|word| resolve(word, base))
            })
            .or_else(|| resolve(self.attribute.as_deref()?, base))
    }
}

/// An element of a record whose text is being read.
#[derive(Clone, Copy)]
enum Field {
    Location,
    Elsewhere,
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
                let is_own = !tag.name.contains(':') || name.family == Family::Native;
                if is_own && is_record(name.local) {
                    // Around another of its name an element says nothing.
                    found.take(record.take().filter(|record| !record.is_empty()), base, &mut listing.problems);
                    record = Some(Record::new(is_index || name.local.eq_ignore_ascii_case("sitemap")));
                    field = Some(Field::Elsewhere);
                } else {
                    field = field_of(name.family, is_own, name.local);
                    if is_own && record.is_none() && matches!(field, Some(Field::Location)) {
                        // The element around it is missing.
                        record = Some(Record { is_bare: true, ..Record::new(is_index) });
                    }
                }
                if let (Some(record), true) = (&mut record, is_own || name.family == Family::Xhtml) {
                    record.take_attribute(&tag);
                }
                if tag.is_empty {
                    field = Some(Field::Elsewhere);
                }
            }
            Token::Close(name) => {
                let has_location = field.take().is_some_and(|field| matches!(field, Field::Location));
                let is_bare = has_location && record.as_ref().is_some_and(|record| record.is_bare);
                if is_record(local_name(name)) || is_bare {
                    found.take(record.take(), base, &mut listing.problems);
                }
                field = Some(Field::Elsewhere);
            }
            Token::Text(piece) => append(record.as_mut(), field, &entities::decode(piece)),
            Token::CData(piece) => append(record.as_mut(), field, piece),
            Token::Other(_) => {}
        }
    }
    match field {
        Some(Field::Location) => listing.problems.push("the document ends within an address".to_owned()),
        _ => found.take(record, base, &mut listing.problems),
    }
    found.into_listing(listing, entries_max)
}

fn is_record(local: &str) -> bool {
    local.eq_ignore_ascii_case("url") || local.eq_ignore_ascii_case("sitemap")
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

fn field_of(family: Family, is_own: bool, local: &str) -> Option<Field> {
    let is_news = family == Family::News;
    let is = |name: &str| local.eq_ignore_ascii_case(name);
    if is_own && is("loc") {
        Some(Field::Location)
    } else if is_own && is("lastmod") {
        Some(Field::LastModified)
    } else if is_news && is("title") {
        Some(Field::Title)
    } else if is_news && is("publication_date") {
        Some(Field::Published)
    } else if is_news && is("language") {
        Some(Field::Language)
    } else if (is_own && ["link", "location", "address", "uri", "href"].iter().any(|name| is(name)))
        || (is_news && (is("loc") || is("url")))
    {
        Some(Field::Elsewhere)
    } else {
        None
    }
}

fn append(record: Option<&mut Record>, field: Option<Field>, piece: &str) {
    let (Some(record), Some(field)) = (record, field) else {
        return;
    };
    match field {
        Field::Location => record.location.push_str(piece),
        Field::Elsewhere => {
            record.elsewhere.push(' ');
            record.elsewhere.push_str(piece);
        }
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
    fn take(&mut self, record: Option<Record>, base: &Url, problems: &mut Vec<String>) {
        let Some(record) = record else { return };
        let Some(url) = record.address(base) else {
            let number = self.links.len() + self.children.len() + 1;
            problems.push(format!("record {number} has no address that can be followed"));
            return;
        };
        let updated = dates::read(&record.last_modified);
        if record.is_child {
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
