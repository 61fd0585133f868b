//! What values mean: strings as a page or file gave them become an [`Article`] in normal form. Pure.

mod alphabets;

mod amp_cache;

mod function_words;

pub mod language;

pub mod text;

pub mod url;

use std::borrow::Cow;

use ::url::Url;
use jiff::Timestamp;
use jiff::tz::Offset;
use sha2::{Digest, Sha256};

use crate::dates;
use crate::model::{
    Article, CanonicalUrl, DatePrecision, Evidence, ExtractedArticle, Fingerprint, InvalidUrl, LinkHints, Origin,
    Published,
};
use crate::scripts;

/// Bodies with fewer words are fingerprinted together with their title.
const TELLING_WORDS_MIN: u32 = 25;

/// Longest title kept; longer ones are text that stands in the wrong place.
const TITLE_CHARACTERS_MAX: usize = 500;

/// What is known of an article besides what its page says.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// The address that answered; absent for what came from a file.
    pub answered: Option<&'a Url>,
    /// What the source said of it.
    pub hints: &'a LinkHints,
    /// When it was first seen. A date of publication cannot lie after it; absent when nobody saw it arrive.
    pub first_seen_at: Option<Timestamp>,
}

/// Brings an article into normal form.
///
/// # Errors
///
/// When the address that answered cannot be followed, which a document that was fetched never has.
pub fn normalize(extracted: &ExtractedArticle, surroundings: Surroundings<'_>) -> Result<Article, InvalidUrl> {
    let hints = surroundings.hints;
    let url = match surroundings.answered {
        Some(answered) => Some(url::choose_canonical(answered, &extracted.canonical_urls)?),
        None => extracted.canonical_urls.iter().find_map(|claimed| url::parse(&claimed.value, None).ok()),
    };
    let title = extracted
        .title
        .as_ref()
        .map(|title| text::clean_line(&title.value))
        .filter(|title| !title.is_empty())
        .or_else(|| hints.title.as_deref().map(text::clean_line).filter(|title| !title.is_empty()))
        .map(|title| shorten(title, TITLE_CHARACTERS_MAX));
    let body = text::clean_paragraphs(extracted.paragraphs.iter().map(String::as_str)).join("\n");
    let words = scripts::count_words(&body);
    let declared = extracted.language.as_ref().map(|tag| tag.value.as_str()).or(hints.language.as_deref());
    let language = if body.is_empty() {
        language::language_of(title.as_deref().unwrap_or_default(), declared)
    } else {
        language::language_of(&body, declared)
    };
    // The extractor has considered the feed's bylines too; those that it left out name nobody.
    let authors = clean_names(extracted.authors.iter().map(|author| author.value.as_str()));
    let clean = |evidence: &Option<Evidence<String>>| {
        evidence.as_ref().map(|found| text::clean_line(&found.value)).filter(|value| !value.is_empty())
    };
    let language_of_dates = language_of_dates(declared, language.as_deref(), url.as_ref().map(CanonicalUrl::as_url));
    let customs = dates::Context { language: language_of_dates.as_deref(), order: None };
    let modified = extracted.modified.as_ref().and_then(|date| dates::read_in(&date.value, customs));
    Ok(Article {
        published: published(extracted, &surroundings, url.as_ref(), customs),
        modified_at: modified.map(|date| date.instant),
        language,
        authors,
        site_name: clean(&extracted.site_name),
        section: clean(&extracted.section),
        tags: clean_names(extracted.tags.iter().map(String::as_str)),
        image_url: extracted
            .image
            .as_ref()
            .and_then(|image| Url::options().base_url(surroundings.answered).parse(image.value.trim()).ok())
            .filter(|image| matches!(image.scheme(), "http" | "https"))
            .map(String::from),
        words,
        body_kind: extracted.body_kind,
        quality: extracted.quality.clone(),
        // They are not in what was extracted, but around it.
        reservations: Vec::new(),
        // So is this, where it is asked for.
        meaning: None,
        fingerprint: fingerprint(title.as_deref(), &body, words),
        url,
        title,
        body,
    })
}

/// The language that the dates around an article are in: the one that its page declares, since both are of the site's
/// template; that of its text where nothing is declared. English is declared by many templates that were not adapted,
/// and counts where the text is English too; which English, the country of the site tells where nothing else does.
#[must_use]
pub fn language_of_dates<'a>(
    declared: Option<&'a str>,
    language: Option<&'a str>,
    url: Option<&Url>,
) -> Option<Cow<'a, str>> {
    let is_english = |tag: &str| tag.get(..2).is_some_and(|primary| primary.eq_ignore_ascii_case("en"));
    let language = match (declared, language) {
        (Some(declared), Some(language)) if is_english(declared) && !is_english(language) => language,
        (declared, language) => declared.or(language)?,
    };
    Some(dates::language_at(language, url.and_then(Url::host_str).unwrap_or_default()))
}

/// The date of publication: the most trusted one that can be read. Structured data goes before `meta`, before `time`,
/// before the feed, the sitemap and the address. Where that one gives only the day, the time of a less trusted one for
/// the same day is taken with it; where it gives an instant in UTC, the offset with which another writes the same. Of
/// numbers that may be several days those count that another date has. A date later than the first sighting is that of
/// the first sighting.
fn published(
    extracted: &ExtractedArticle,
    surroundings: &Surroundings<'_>,
    url: Option<&CanonicalUrl>,
    customs: dates::Context<'_>,
) -> Option<Published> {
    let hints = surroundings.hints;
    let hint_origin = if hints.from_sitemap { Origin::Sitemap } else { Origin::Feed };
    let from_hints = hints.published.as_deref().map(|text| (text.to_owned(), hint_origin));
    let from_url = url.and_then(|url| url::day_in_path(url.as_url())).map(|day| (day, Origin::Url));
    let found = extracted.published.iter().map(|date| (date.value.clone(), date.origin));
    let found: Vec<(String, Origin)> = found.chain(from_hints).chain(from_url).collect();
    let as_published = |date: dates::ReadDate, origin: Origin| Published {
        instant: date.instant,
        offset: date.offset.unwrap_or(Offset::UTC),
        precision: date.precision,
        origin,
    };
    let sure: Vec<dates::ReadDate> = found
        .iter()
        .map(|(text, _)| dates::interpret(text, customs))
        .filter_map(|reading| reading.date.filter(|_| !reading.is_open))
        .collect();
    let mut candidates: Vec<Published> = found
        .iter()
        .filter_map(|(text, origin)| Some(as_published(read_beside(text, customs, &sure)?, *origin)))
        .collect();
    candidates.sort_by_key(|candidate| candidate.origin);
    let best = *candidates.first()?;
    let mut chosen = match best.precision {
        DatePrecision::Instant => best,
        DatePrecision::Day => candidates
            .iter()
            .find(|other| other.precision == DatePrecision::Instant && other.day() == best.day())
            .map_or(best, |other| *other),
    };
    let is_local =
        |other: &&Published| other.offset != Offset::UTC && other.instant.as_second() == chosen.instant.as_second();
    if chosen.precision == DatePrecision::Instant
        && chosen.offset == Offset::UTC
        && let Some(local) = candidates.iter().find(is_local)
    {
        chosen.offset = local.offset;
    }
    if let Some(first_seen_at) = surroundings.first_seen_at
        && chosen.instant > first_seen_at
    {
        chosen.instant = first_seen_at;
    }
    Some(chosen)
}

/// Reads a date beside others of the same article: what its numbers leave open, one that is sure may decide.
fn read_beside(text: &str, customs: dates::Context<'_>, sure: &[dates::ReadDate]) -> Option<dates::ReadDate> {
    let reading = dates::interpret(text, customs);
    if !reading.is_open {
        return reading.date;
    }
    let day = |date: &dates::ReadDate| date.to_rfc3339().get(.."2026-11-24".len()).map(str::to_owned);
    let in_order = |order| dates::read_in(text, dates::Context { order: Some(order), ..customs });
    let is_confirmed = |date: &dates::ReadDate| sure.iter().any(|other| day(other) == day(date));
    let orders = [dates::Order::DayMonthYear, dates::Order::MonthDayYear, dates::Order::YearMonthDay];
    orders.into_iter().filter_map(in_order).find(is_confirmed).or(reading.date)
}

/// SHA-256 over the words in lower case, a space between them.
pub(crate) fn fingerprint(title: Option<&str>, body: &str, words: u32) -> Fingerprint {
    let title = if words < TELLING_WORDS_MIN { title.unwrap_or_default() } else { "" };
    let mut folded = String::with_capacity(title.len() + body.len() + 2);
    for text in [title, body] {
        let mut rest = text;
        while !rest.is_empty() {
            // Most of most texts: copied as they stand, and folded all at once below.
            let n_ascii = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
            folded.push_str(&rest[..n_ascii]);
            let mut characters = rest[n_ascii..].chars();
            match characters.next() {
                Some(character) if !character.is_ascii() && character.is_alphanumeric() => {
                    folded.extend(character.to_lowercase());
                }
                Some(_) if !folded.ends_with(' ') => folded.push(' '),
                _ => {}
            }
            rest = characters.as_str();
        }
        folded.push(' ');
    }
    folded.make_ascii_lowercase();
    Fingerprint(Sha256::digest(folded.as_bytes()).into())
}

/// Names and keywords: cleaned, without empty ones and repetitions, in their order.
fn clean_names<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut cleaned: Vec<String> = Vec::new();
    for name in names.map(text::clean_line) {
        if !name.is_empty() && !cleaned.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
            cleaned.push(name);
        }
    }
    cleaned
}

fn shorten(text: String, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((end, _)) => text[..end].trim_end().to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BodyKind, Quality};

    fn extracted() -> ExtractedArticle {
        ExtractedArticle {
            title: Some(Evidence::new("  Harbour   reopens ".to_owned(), Origin::Meta)),
            published: Vec::new(),
            modified: None,
            canonical_urls: Vec::new(),
            authors: Vec::new(),
            language: None,
            site_name: None,
            section: None,
            tags: Vec::new(),
            image: None,
            paragraphs: vec!["Ships  came\nback.".to_owned(), "\u{200b}".to_owned(), "All &amp; sundry.".to_owned()],
            body_kind: BodyKind::Full,
            quality: Quality { score: 100, reasons: Vec::new() },
            rule_faults: Vec::new(),
            next_page: None,
            numbered_page: None,
            says_article: false,
        }
    }

    fn with_dates(dates: &[(&str, Origin)], feed: Option<&str>, seen: &str) -> Option<Published> {
        let mut article = extracted();
        article.published = dates.iter().map(|(text, origin)| Evidence::new((*text).to_owned(), *origin)).collect();
        let hints = LinkHints { published: feed.map(str::to_owned), ..LinkHints::default() };
        let answered = Url::parse("https://e.org/2026/11/18/x").unwrap();
        let surroundings =
            Surroundings { answered: Some(&answered), hints: &hints, first_seen_at: Some(seen.parse().unwrap()) };
        normalize(&article, surroundings).unwrap().published
    }

    const SEEN: &str = "2026-11-20T12:00:00Z";

    #[test]
    fn a_paragraph_is_a_line() {
        let hints = LinkHints::default();
        let surroundings = Surroundings { answered: None, hints: &hints, first_seen_at: None };
        let article = normalize(&extracted(), surroundings).unwrap();
        assert_eq!(article.body, "Ships came\nback.\nAll & sundry.");
        assert_eq!(article.title.as_deref(), Some("Harbour reopens"));
    }

    #[test]
    fn the_language_of_the_page_decides_between_day_and_month() {
        let day_at = |answered: Option<&Url>, declared: Option<&str>, date: &str| {
            let mut article = extracted();
            article.published = vec![Evidence::new(date.to_owned(), Origin::Text)];
            article.language = declared.map(|tag| Evidence::new(tag.to_owned(), Origin::Heading));
            let surroundings = Surroundings { answered, hints: &LinkHints::default(), first_seen_at: None };
            normalize(&article, surroundings).unwrap().published.map(|published| published.day())
        };
        let day = |declared: Option<&str>, date: &str| day_at(None, declared, date);
        assert_eq!(day(Some("en-GB"), "04/11/2026 06:30").as_deref(), Some("20261104"));
        assert_eq!(day(Some("en-US"), "04/11/2026 06:30").as_deref(), Some("20260411"));
        assert_eq!(day(Some("pt_BR"), "04/11/2026 06h30").as_deref(), Some("20261104"));
        assert_eq!(day(Some("hr"), "25. listopada 2026.").as_deref(), Some("20261025"));
        assert_eq!(day(None, "04/11/2026 06:30"), None);
        let adapted = language_of_dates(Some("en-US"), Some("de"), None);
        assert_eq!(adapted.as_deref(), Some("de"), "a template that was not adapted");
        for (host, declared, expected) in [
            ("paper.co.uk", "en", Some("20261104")),
            ("paper.com.au", "en", Some("20261104")),
            ("paper.example.us", "en", Some("20260411")),
            ("paper.com", "en", None),
            // What the page says itself goes before.
            ("paper.co.uk", "en-US", Some("20260411")),
        ] {
            let answered = Url::parse(&format!("https://{host}/a")).unwrap();
            assert_eq!(day_at(Some(&answered), Some(declared), "04/11/2026").as_deref(), expected, "{host}");
        }
    }

    #[test]
    fn the_most_trusted_date_counts_and_keeps_its_offset() {
        let date = with_dates(
            &[("2026-11-19T08:00:00Z", Origin::Time), ("2026-11-20T01:30:00+05:00", Origin::JsonLd)],
            Some("2026-11-17T00:00:00Z"),
            SEEN,
        )
        .unwrap();
        assert_eq!(date.origin, Origin::JsonLd);
        assert_eq!(date.day(), "20261120");
        assert_eq!(date.instant.to_string(), "2026-11-19T20:30:00Z");
    }

    #[test]
    fn a_day_takes_its_time_from_the_feed() {
        let date = with_dates(&[("2026-11-19", Origin::Meta)], Some("2026-11-19T07:15:00+01:00"), SEEN).unwrap();
        assert_eq!((date.origin, date.precision), (Origin::Feed, DatePrecision::Instant));
        let date = with_dates(&[("2026-11-19", Origin::Meta)], Some("2026-11-17T07:15:00Z"), SEEN).unwrap();
        assert_eq!((date.origin, date.precision), (Origin::Meta, DatePrecision::Day));
    }

    #[test]
    fn an_instant_in_utc_takes_the_offset_that_another_date_has() {
        let universal = ("2026-11-19T02:30:00Z", Origin::Meta);
        let date = with_dates(&[universal, ("2026-11-18T18:30:00-08:00", Origin::Time)], None, SEEN).unwrap();
        assert_eq!((date.origin, date.day().as_str()), (Origin::Meta, "20261118"));
        let date = with_dates(&[universal, ("2026-11-18T18:00:00-08:00", Origin::Time)], None, SEEN).unwrap();
        assert_eq!(date.day(), "20261119", "another instant");
    }

    #[test]
    fn numbers_that_may_be_several_days_are_read_beside_other_dates() {
        let day = |dates: &[(&str, Origin)]| with_dates(dates, None, SEEN).unwrap().day();
        assert_eq!(day(&[("08-11-2026", Origin::Meta), ("November 8, 2026", Origin::Text)]), "20261108");
        assert_eq!(day(&[("11-08-2026", Origin::Meta), ("November 8, 2026", Origin::Text)]), "20261108");
    }

    #[test]
    fn a_date_in_the_future_is_clamped_and_an_unreadable_one_is_passed_over() {
        let date = with_dates(&[("soon", Origin::JsonLd), ("2027-01-01T00:00:00Z", Origin::Meta)], None, SEEN).unwrap();
        assert_eq!(date.instant.to_string(), SEEN);
    }

    #[test]
    fn the_address_is_the_last_resort() {
        let date = with_dates(&[], None, SEEN).unwrap();
        assert_eq!((date.origin, date.day().as_str()), (Origin::Url, "20261118"));
    }

    #[test]
    fn equal_wording_has_equal_fingerprints() {
        let long = "The harbour reopened on Friday after a week of storms, and the first ships came in at noon, watched by \
            hundreds of people who had come to the quays to see them.";
        let words = scripts::count_words(long);
        let quoted = long.replace("quays", "“quays”").replace(", ", " – ");
        assert_eq!(fingerprint(Some("A"), long, words), fingerprint(Some("B"), &quoted, words));
        assert_ne!(fingerprint(Some("A"), "Rain.", 1), fingerprint(Some("B"), "Rain.", 1));
    }
}
