//! Candidates for the date of publication, best first, as the page writes them. What they mean is for others to say.

use jiff::Timestamp;

use super::super::page::Page;
use super::declared::Declared;
use super::json_ld::StructuredArticle;
use super::layout::Layout;
use super::visible_dates;
use crate::dates::{self, ReadDate};
use crate::model::{DatePrecision, Evidence, FetchedDocument, LinkHints, Origin};

/// Names of `meta` elements that hold the date of publication, the most reliable first.
const PUBLISHED_NAMES: [&str; 29] = [
    "article:published_time",
    "og:article:published_time",
    "datepublished",
    "article.published",
    "published_time",
    "parsely-pub-date",
    "cxenseparse:recs:publishtime",
    "cxenseparse:publishtime",
    "sailthru.date",
    "dcterms.created",
    "dc.date.issued",
    "dc.date",
    "dcterms.date",
    "pubdate",
    "publishdate",
    "publish-date",
    "publication_date",
    "article:create_at",
    "date",
    "publishtime",
    "og:published_time",
    "citation_date",
    "article_date_original",
    "displaydate",
    "dc.date.created",
    "dc:created",
    "datecreated",
    "creation_date",
    "created",
];

/// Names of `meta` elements that hold the date of the last change.
const MODIFIED_NAMES: [&str; 6] =
    ["article:modified_time", "og:updated_time", "datemodified", "lastmod", "last-modified", "dcterms.modified"];

/// Most candidates of one origin: a page has one date, and lists those of others.
const SAME_ORIGIN_MAX: usize = 3;

/// The name of a `meta` element that holds the date of the publication on some sites, and of the change on others: it
/// counts for no more than what the page shows.
const DOUBTFUL_NAME: &str = "last-modified-date";

/// Names of other `meta` elements that hold the date of publication have one of these in them.
const PUBLISHED_NAME_PARTS: [&str; 7] =
    ["publish", "publication", "pubdate", "pub-date", "pub_date", "issued", "ptime"];

/// And those that hold the date of a change, one of these.
const CHANGED_NAME_PARTS: [&str; 3] = ["updat", "modif", "revis"];

/// All candidates for the date of publication.
pub(in super::super) fn published(
    page: &Page<'_>,
    layout: &Layout,
    declared: &Declared<'_>,
    structured: &StructuredArticle,
    document: &FetchedDocument,
    hints: &LinkHints,
) -> Vec<Evidence<String>> {
    let mut dates = Dates::default();
    dates.add(structured.published.as_deref(), Origin::JsonLd);
    for name in PUBLISHED_NAMES {
        dates.add(declared.first(&[name]), Origin::Meta);
    }
    let others = declared.with_name_parts(&PUBLISHED_NAME_PARTS, &CHANGED_NAME_PARTS);
    for content in others.filter(|content| dates::read(content).is_some()) {
        dates.add(Some(content), Origin::Meta);
    }
    for microdata in published_microdata(page, layout) {
        dates.add(Some(&microdata), Origin::Time);
    }
    let is_told = dates.begin_with_instant();
    let visible =
        if is_told { visible_dates::instants(page, layout) } else { visible_dates::in_elements(page, layout) };
    for date in visible {
        dates.add(Some(&date.value), date.origin);
    }
    let hint_origin = if hints.from_sitemap { Origin::Sitemap } else { Origin::Feed };
    dates.add(hints.published.as_deref(), hint_origin);
    dates.add(declared.first(&[DOUBTFUL_NAME]), Origin::Text);
    dates.add(in_address(document.final_url.path()).as_deref(), Origin::Url);
    dates.0
}

/// Adds what looks like a date in the lines around the text, for pages that say it nowhere else, or so that it may be
/// several days. `text_lines` are those of the text.
pub(in super::super) fn add_from_lines(
    dates: &mut Vec<Evidence<String>>,
    page: &Page<'_>,
    layout: &Layout,
    text_lines: &[usize],
) {
    let reading = |date: &Evidence<String>| dates::interpret(&date.value, dates::Context::default());
    // A template fills in the year 1 where nobody told it one.
    let is_told = |date: &Evidence<String>| reading(date).date.is_some() && !reading(date).is_open;
    if dates.iter().any(is_told) {
        return;
    }
    let mut visible = visible_dates::in_lines(page, layout, |line| text_lines.binary_search(&line).is_ok());
    if visible.is_empty() && dates.is_empty() {
        visible = visible_dates::anywhere(page, layout);
    }
    dates.append(&mut listed(visible));
}

/// Puts the date that readers see in the place of the declared one, where that is rather the time of the last change,
/// or had not come when the page was fetched, and the other is earlier.
pub(in super::super) fn prefer_shown(
    dates: &mut Vec<Evidence<String>>,
    modified: Option<&Evidence<String>>,
    fetched_at: Timestamp,
    page: &Page<'_>,
    layout: &Layout,
) {
    let declared = dates.first().filter(|date| matches!(date.origin, Origin::JsonLd | Origin::Meta));
    let Some(declared) = declared.and_then(|date| dates::read(&date.value)) else { return };
    let changed = modified.and_then(|date| dates::read(&date.value));
    let is_to_come = |date: ReadDate| date.instant.duration_since(fetched_at).as_hours() > DAY_HOURS_MAX;
    if !changed.is_some_and(|changed| is_change(declared, changed)) && !is_to_come(declared) {
        return;
    }
    let shown = visible_dates::in_head(page, layout);
    let is_earlier = |date: &Evidence<String>| {
        let shown = dates::interpret(&date.value, dates::Context::default());
        let is_earlier = |date| hours_between(date, declared) > DAY_HOURS_MAX && !is_to_come(date);
        shown.date.is_some_and(|date| !shown.is_open && is_earlier(date))
    };
    if shown.first().is_some_and(is_earlier) {
        *dates = listed(shown);
    }
}

fn listed(found: Vec<Evidence<String>>) -> Vec<Evidence<String>> {
    let mut dates = Dates::default();
    for date in found {
        dates.add(Some(&date.value), date.origin);
    }
    dates.0
}

/// Hours by which a day may seem earlier than an instant that is of it somewhere on Earth.
const DAY_HOURS_MAX: i64 = 48;

/// Whether the declared time of publication is that of the last change, or of a copy made by a system: the two are one
/// instant, be it in another zone, or the change stands before the publication.
fn is_change(declared: ReadDate, changed: ReadDate) -> bool {
    const SAME_SECONDS_MAX: i64 = 60;
    const HOUR_SECONDS: i64 = 3600;
    let seconds = changed.instant.as_second() - declared.instant.as_second();
    let is_zone_apart = seconds % HOUR_SECONDS == 0 && seconds <= 14 * HOUR_SECONDS;
    seconds <= SAME_SECONDS_MAX || is_zone_apart
}

fn hours_between(earlier: ReadDate, later: ReadDate) -> i64 {
    (later.instant.as_second() - earlier.instant.as_second()) / 3600
}

/// The date of the last change.
pub(in super::super) fn modified(declared: &Declared<'_>, structured: &StructuredArticle) -> Option<Evidence<String>> {
    let mut dates = Dates::default();
    dates.add(structured.modified.as_deref(), Origin::JsonLd);
    dates.add(declared.first(&MODIFIED_NAMES), Origin::Meta);
    dates.0.into_iter().next()
}

#[derive(Default)]
struct Dates(Vec<Evidence<String>>);

impl Dates {
    /// Whether the surest of them tells the time too.
    fn begin_with_instant(&self) -> bool {
        let first = self.0.first().and_then(|date| dates::read(&date.value));
        first.is_some_and(|date| date.precision == DatePrecision::Instant)
    }

    fn add(&mut self, text: Option<&str>, origin: Origin) {
        let Some(text) = text.map(str::trim).filter(|text| looks_like_date(text)) else {
            return;
        };
        let n_same = self.0.iter().filter(|date| date.origin == origin).count();
        if n_same < SAME_ORIGIN_MAX && !self.0.iter().any(|date| date.value == text) {
            self.0.push(Evidence::new(text.to_owned(), origin));
        }
    }
}

/// Whether the text can be a date: short, with a number of four digits or three numbers, or seconds since 1970.
fn looks_like_date(text: &str) -> bool {
    if text.len() < 6 || !dates::may_be_date(text) {
        return false;
    }
    let mut n_runs = 0;
    let mut has_year = false;
    let mut run: u64 = 0;
    let mut length = 0;
    for c in text.chars().chain([' ']) {
        if let Some(digit) = dates::digit(c) {
            run = run.saturating_mul(10).saturating_add(u64::from(digit));
            length += 1;
        } else if length > 0 {
            n_runs += 1;
            // Years of all calendars, and dates written without separators.
            has_year |= length == 4 && (1300..2700).contains(&run) || matches!(length, 8 | 10 | 12 | 13 | 14);
            (run, length) = (0, 0);
        }
    }
    // The first year of an era has no number: 元年.
    has_year || n_runs >= 3 || text.contains('年')
}

/// Values of elements with `itemprop=datePublished`, or what they show.
fn published_microdata(page: &Page<'_>, layout: &Layout) -> Vec<String> {
    let is_published = |element: &usize| {
        page.attribute(*element, "itemprop").is_some_and(|name| name.eq_ignore_ascii_case("datepublished"))
    };
    let value = |element: usize| page.attribute(element, "datetime").or_else(|| page.attribute(element, "content"));
    let values =
        page.times.iter().chain(&page.bylines).copied().filter(is_published).filter_map(|element| {
            match value(element).filter(|_| !layout.is_elsewhere(page, element)) {
                Some(value) => Some(value.to_owned()),
                None => visible_dates::of_microdata(page, layout, element),
            }
        });
    values.take(SAME_ORIGIN_MAX).collect()
}

/// The date in an address such as `/2024/05/31/`, `/2024-05-31-` or `/20240531/`.
fn in_address(path: &str) -> Option<String> {
    let digits: Vec<(usize, &str)> = path
        .match_indices(|c: char| c.is_ascii_digit())
        .map(|(at, _)| at)
        .filter(|at| *at == 0 || !path.as_bytes()[at - 1].is_ascii_digit())
        .map(|at| {
            let length = path[at..].bytes().take_while(u8::is_ascii_digit).count();
            (at, &path[at..at + length])
        })
        .collect();
    let date = |year: &str, month: &str, day: &str| {
        let (y, m, d): (u32, u32, u32) = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
        ((1990..2100).contains(&y) && (1..=12).contains(&m) && (1..=31).contains(&d))
            .then(|| format!("{y:04}-{m:02}-{d:02}"))
    };
    for (position, (at, run)) in digits.iter().enumerate() {
        if run.len() == 8
            && let Some(found) = date(&run[..4], &run[4..6], &run[6..])
        {
            return Some(found);
        }
        if let (4, Some((month_at, month)), Some((day_at, day))) =
            (run.len(), digits.get(position + 1), digits.get(position + 2))
            && *month_at == at + 5
            && *day_at == month_at + month.len() + 1
            && month.len() <= 2
            && day.len() <= 2
            && let Some(found) = date(run, month, day)
        {
            return Some(found);
        }
    }
    None
}

/// Whether one of these says a day, or one that may be several: `03/04/2026`.
pub(in super::super) fn has_date(dates: &[Evidence<String>]) -> bool {
    dates.iter().any(|date| {
        let reading = dates::interpret(&date.value, dates::Context::default());
        reading.date.is_some() || reading.is_open
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_told_from_other_texts() {
        for text in [
            "2024-05-01",
            "1 мая 2024",
            "20240501",
            "1714521600",
            "٣ مايو ٢٠٢٤",
            "2024年5月1日",
            "令和元年5月1日",
            "۵ آذر ۱۴۰۵",
            "01.05.24, 12:30",
        ] {
            assert!(looks_like_date(text), "{text}");
        }
        for text in ["", "today", "5 min read", "12 comments", "undefined", "{{date}}", "10:30 Uhr"] {
            assert!(!looks_like_date(text), "{text}");
        }
    }

    #[test]
    fn addresses_give_days() {
        let check = |path: &str, expected: Option<&str>| assert_eq!(in_address(path).as_deref(), expected, "{path}");
        check("/2024/05/31/ferry", Some("2024-05-31"));
        check("/news/2024-5-3-ferry", Some("2024-05-03"));
        check("/n1/20240531/c90000.html", Some("2024-05-31"));
        check("/2024/15/31/ferry", None);
        check("/story/12345678/", None);
        check("/2024/05/ferry", None);
    }
}
