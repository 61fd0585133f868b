//! Articles as lines of JSON: those of anybody, and those of our own exports.

use std::borrow::Cow;

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::config;
use crate::dates;
use crate::model::{
    Article, ArticleRecord, BodyKind, Companions, DatePrecision, DuplicateKind, Evidence, ExtractedArticle, Origin,
    Quality, RecordedLineage, RecordedSighting, RecordedWording,
};
use crate::normalize;

use super::document::{from_file, keep_to_the_letter};

/// An article from one JSON line.
#[derive(Clone, Debug)]
pub struct JsonArticle {
    /// The article.
    pub article: Article,
    /// Its identity where it has no address.
    pub guid: Option<String>,
    /// `source`, as a slug.
    pub source: Option<String>,
    /// `source` as it stands, where it is no slug.
    pub source_title: Option<String>,
    /// `first_seen_at`.
    pub first_seen_at: Option<Timestamp>,
    /// What else an export says of it.
    pub record: Option<ArticleRecord>,
    /// Keys that mean nothing to us.
    pub unknown_keys: Vec<String>,
    /// `language`, where it is the code of none.
    pub unknown_language: Option<String>,
    /// What is odd about it: a date that stands for none.
    pub notes: Vec<String>,
}

/// The keys that are read, and those of exports that follow from others.
const KEYS: [&str; 40] = [
    "url",
    "id",
    "title",
    "published",
    "published_at",
    "published_offset",
    "date",
    "date_source",
    "modified",
    "modified_at",
    "authors",
    "language",
    "source",
    "sources",
    "site_name",
    "section",
    "keywords",
    "tags",
    "image_url",
    "paragraphs",
    "text",
    "body",
    "words",
    "body_kind",
    "quality",
    "quality_reasons",
    "reservations",
    "duplicate_of",
    "duplicate_kind",
    "story_id",
    "lineage",
    "first_seen_at",
    "updated_at",
    "removed_at",
    "revision",
    "revisions",
    "sha256",
    "sightings",
    "file",
    "date_precision",
];

/// The keys with the dates that an article had at its publisher.
const PUBLISHERS_DATES: [&str; 5] = ["published", "published_at", "date", "modified", "modified_at"];

/// The keys with times at which something happened to it where it was stored.
const STORED_TIMES: [&str; 3] = ["first_seen_at", "updated_at", "removed_at"];

/// The number that an article has in the export that a line is of; nothing for any other line.
#[must_use]
pub fn json_record_id(line: &str) -> Option<i64> {
    #[derive(Deserialize)]
    struct Head {
        id: i64,
        sha256: Option<String>,
        first_seen_at: Option<String>,
    }
    let Head { id, sha256, first_seen_at } = serde_json::from_str(line).ok()?;
    (sha256.is_some() && first_seen_at.is_some()).then_some(id)
}

/// Reads one line of JSON: `url` or `id`, `title`, `published`, `authors`, `language`, `paragraphs` or `text`, `source`,
/// `site_name`, `section`, `keywords` or `tags`, `image_url`, `modified_at`, and what an export has besides.
///
/// A line of an export that nobody has changed is kept to the letter. A date that stands for none is left out, and told in
/// the notes.
///
/// # Errors
///
/// Which key is wrong, or missing.
pub fn json_line(line: &str) -> Result<JsonArticle, String> {
    let value: Value = serde_json::from_str(line).map_err(|error| format!("not JSON: {error}"))?;
    let Value::Object(mut object) = value else {
        return Err("not a JSON object".to_owned());
    };
    let notes = leave_out_dates_that_are_none(&mut object);
    let fields = Fields(&object);
    let (url, id) = (fields.text("url")?, fields.id()?);
    if url.is_none() && id.is_none() {
        return Err("url or id: one of them must be given".to_owned());
    }
    if let Some(url) = &url {
        normalize::url::parse(url, None).map_err(|error| format!("url: {error}"))?;
    }
    let extracted = fields.extracted(url.clone())?;
    if extracted.title.is_none() && extracted.paragraphs.iter().all(|paragraph| paragraph.trim().is_empty()) {
        return Err("title, paragraphs, text: at least one of them must be given".to_owned());
    }
    let mut article = from_file(&extracted)?;
    if extracted.published.is_empty() {
        // An export without a date means that: the address may look like one all the same.
        article.published = article.published.filter(|_| !object.contains_key("sha256"));
    } else {
        fields.place(&mut article)?;
    }
    article.reservations = fields.texts("reservations")?.unwrap_or_default();
    let record = fields.record(&mut article, &extracted)?;
    let name = fields.text("source")?.map(|name| name.trim().to_owned());
    let source = name.as_deref().map(config::slug_for_name);
    let source_title = name.filter(|name| source.as_ref() != Some(name));
    // Of an export the number is no identity: it is one that we once gave.
    let guid = match &record {
        Some(record) => record
            .sightings
            .iter()
            .find(|sighting| Some(&sighting.source) == source.as_ref())
            .and_then(|sighting| sighting.guid.clone()),
        None => id,
    };
    let first_seen_at = fields.time("first_seen_at")?;
    let unknown_keys = object.keys().filter(|key| !KEYS.contains(&key.as_str())).cloned().collect();
    let guid = guid.filter(|_| url.is_none());
    let unknown_language = fields.text("language")?.filter(|text| !normalize::language::is_tag(text));
    Ok(JsonArticle {
        article,
        guid,
        source,
        source_title,
        first_seen_at,
        record,
        unknown_keys,
        unknown_language,
        notes,
    })
}

/// Leaves out the dates that stand for none, and those that no column can hold. Returns what is to be told of them.
fn leave_out_dates_that_are_none(object: &mut Map<String, Value>) -> Vec<String> {
    let mut notes = Vec::new();
    let offset = object.get("published_offset").and_then(Value::as_str).and_then(read_offset);
    for key in PUBLISHERS_DATES.into_iter().chain(STORED_TIMES) {
        let Some(text) = object.get(key).and_then(Value::as_str) else { continue };
        let is_none = if STORED_TIMES.contains(&key) {
            read_time(text).is_none() && dates::stands_for_none(text)
        } else {
            dates::stands_for_none(&at_offset(text, offset))
        };
        if is_none {
            notes.push(format!("{key}: {text:?} is the date of no publication; the article comes in without it"));
            object.remove(key);
        }
    }
    notes
}

/// The fields of a line, each of the type that it must have.
#[derive(Clone, Copy)]
struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    fn get(self, key: &str) -> Option<&'a Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    fn text(self, key: &str) -> Result<Option<String>, String> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.trim().is_empty())),
            Some(_) => Err(format!("{key}: must be a text")),
        }
    }

    /// The first of several names for the same.
    fn text_of(self, keys: &[&str]) -> Result<Option<String>, String> {
        keys.iter().try_fold(None, |found, key| Ok(found.or(self.text(key)?)))
    }

    /// An identity; many give numbers.
    fn id(self) -> Result<Option<String>, String> {
        match self.get("id") {
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(value) if !value.is_string() => Err("id: must be a text or a number".to_owned()),
            _ => self.text("id"),
        }
    }

    fn texts(self, key: &str) -> Result<Option<Vec<String>>, String> {
        let wrong = || format!("{key}: must be a list of texts");
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(vec![text.clone()])),
            Some(Value::Array(items)) => {
                let texts = items.iter().map(|item| item.as_str().map(str::to_owned));
                texts.collect::<Option<Vec<_>>>().map(Some).ok_or_else(wrong)
            }
            Some(_) => Err(wrong()),
        }
    }

    fn number(self, key: &str, max: u32) -> Result<Option<u32>, String> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok()).filter(|number| *number <= max);
        number.map(Some).ok_or_else(|| format!("{key}: must be a whole number up to {max}"))
    }

    fn time(self, key: &str) -> Result<Option<Timestamp>, String> {
        self.text(key)?.map(|text| read_time(&text).ok_or_else(|| format!("{key}: {text:?} is no time"))).transpose()
    }

    fn extracted(self, url: Option<String>) -> Result<ExtractedArticle, String> {
        let found = |value: String| Evidence::new(value, Origin::File);
        let offset = self.text("published_offset")?.as_deref().and_then(read_offset);
        let date_of = |keys: &[&str]| -> Result<Option<String>, String> {
            let date = self.text_of(keys)?;
            match date.as_deref().filter(|date| dates::read(&at_offset(date, offset)).is_none()) {
                Some(date) => Err(format!("{}: {date:?} is no date", keys[0])),
                None => Ok(date),
            }
        };
        let published =
            date_of(&["published", "published_at", "date"])?.map(|text| at_offset(&text, offset).into_owned());
        let modified = date_of(&["modified_at", "modified"])?;
        let paragraphs = match self.texts("paragraphs")? {
            Some(paragraphs) => paragraphs,
            None => self
                .text_of(&["text", "body"])?
                .map(|text| text.lines().map(str::to_owned).collect())
                .unwrap_or_default(),
        };
        let mut tags = self.texts("keywords")?.unwrap_or_default();
        tags.extend(self.texts("tags")?.unwrap_or_default());
        let kinds = [BodyKind::Full, BodyKind::Partial, BodyKind::Teaser, BodyKind::Wall, BodyKind::Feed];
        let body_kind = match self.text("body_kind")? {
            None => BodyKind::Full,
            Some(word) => kinds
                .into_iter()
                .find(|kind| kind.as_str() == word)
                .ok_or_else(|| format!("body_kind: {word:?} must be one of full, partial, teaser, wall, feed"))?,
        };
        let score = self.number("quality", 100)?.and_then(|score| u8::try_from(score).ok()).unwrap_or(100);
        Ok(ExtractedArticle {
            title: self.text("title")?.map(found),
            published: published.map(found).into_iter().collect(),
            modified: modified.map(found),
            canonical_urls: url.map(found).into_iter().collect(),
            authors: self.texts("authors")?.unwrap_or_default().into_iter().map(found).collect(),
            language: self.text("language")?.map(found),
            site_name: self.text("site_name")?.map(found),
            section: self.text("section")?.map(found),
            tags,
            image: self.text("image_url")?.map(found),
            paragraphs,
            body_kind,
            quality: Quality { score, reasons: Vec::new() },
            rule_faults: Vec::new(),
            next_page: None,
            numbered_page: None,
            says_article: false,
        })
    }

    /// Puts the date where the publisher's clocks are, and says whose word it is.
    fn place(self, article: &mut Article) -> Result<(), String> {
        let Some(published) = &mut article.published else { return Ok(()) };
        if let Some(text) = self.text("published_offset")? {
            let offset = read_offset(&text).ok_or_else(|| format!("published_offset: {text:?} must be like +05:00"))?;
            if published.precision == DatePrecision::Day {
                let midnight = published.offset.to_datetime(published.instant);
                published.instant = offset.to_timestamp(midnight).unwrap_or(published.instant);
            }
            published.offset = offset;
        }
        if let Some(word) = self.text("date_source")? {
            published.origin = origin_named(&word).unwrap_or(Origin::File);
        }
        Ok(())
    }

    /// What an export says besides. Where its document is as it was exported, all of it is kept to the letter.
    fn record(self, article: &mut Article, extracted: &ExtractedArticle) -> Result<Option<ArticleRecord>, String> {
        let (Some(id), Some(sha256)) = (self.get("id").and_then(Value::as_i64), self.text("sha256")?) else {
            return Ok(None);
        };
        let Some(first_seen_at) = self.time("first_seen_at")? else { return Ok(None) };
        let is_as_exported = keep_to_the_letter(article, extracted, &sha256);
        if is_as_exported {
            let text = |found: &Option<Evidence<String>>| found.as_ref().map(|found| found.value.clone());
            article.language = text(&extracted.language);
            article.authors = extracted.authors.iter().map(|author| author.value.clone()).collect();
            article.site_name = text(&extracted.site_name);
            article.section = text(&extracted.section);
            article.tags.clone_from(&extracted.tags);
            article.image_url = text(&extracted.image);
        }
        let kind = match self.text("duplicate_kind")?.as_deref() {
            Some("near") => DuplicateKind::Near,
            _ => DuplicateKind::Exact,
        };
        let lineage = match self.get("duplicate_of") {
            None => RecordedLineage::Original,
            Some(of) => {
                RecordedLineage::CopyOf(of.as_i64().ok_or("duplicate_of: must be the number of an article")?, kind)
            }
        };
        let record = ArticleRecord {
            id,
            sha256,
            lineage,
            words: self.number("words", u32::MAX)?.filter(|_| is_as_exported),
            quality_reasons: self.texts("quality_reasons")?.unwrap_or_default(),
            updated_at: self.time("updated_at")?.unwrap_or(first_seen_at),
            removed_at: self.time("removed_at")?,
            revision: self.number("revision", u32::MAX)?.unwrap_or(1).max(1),
            earlier: self.earlier()?,
            sightings: self.sightings(first_seen_at)?,
            addresses: Vec::new(),
            counts_as_read: None,
            companions: Companions::default(),
        };
        Ok(Some(record))
    }

    fn objects(self, key: &str) -> Result<Vec<Fields<'a>>, String> {
        let wrong = || format!("{key}: must be a list of objects");
        match self.get(key) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => {
                items.iter().map(|item| item.as_object().map(Fields).ok_or_else(wrong)).collect()
            }
            Some(_) => Err(wrong()),
        }
    }

    fn earlier(self) -> Result<Vec<RecordedWording>, String> {
        let within = |reason: String| format!("revisions: {reason}");
        let read = |fields: Fields<'_>| -> Result<RecordedWording, String> {
            Ok(RecordedWording {
                revision: fields.number("revision", u32::MAX)?.ok_or("revision: is missing")?,
                title: fields.text("title")?,
                body: fields.texts("paragraphs")?.unwrap_or_default().join("\n"),
                seen_at: fields.time("seen_at")?.ok_or("seen_at: is missing")?,
            })
        };
        self.objects("revisions")?.into_iter().map(|fields| read(fields).map_err(within)).collect()
    }

    /// Where it was seen. Older exports have the names of the sources alone.
    fn sightings(self, first_seen_at: Timestamp) -> Result<Vec<RecordedSighting>, String> {
        let within = |reason: String| format!("sightings: {reason}");
        let read = |fields: Fields<'_>| -> Result<RecordedSighting, String> {
            let source = fields.text("source")?.ok_or("source: is missing")?;
            let first_seen_at = fields.time("first_seen_at")?.unwrap_or(first_seen_at);
            Ok(RecordedSighting {
                source: config::slug_for_name(&source),
                source_title: fields.text("source_title")?.map(to_one_line),
                guid: fields.text("guid")?,
                url: fields.text("url")?,
                first_seen_at,
                last_seen_at: fields.time("last_seen_at")?.unwrap_or(first_seen_at),
            })
        };
        if self.get("sightings").is_some() {
            return self.objects("sightings")?.into_iter().map(|fields| read(fields).map_err(within)).collect();
        }
        let names = self.texts("sources")?.unwrap_or_default();
        let sighting = |name: String| RecordedSighting {
            source: config::slug_for_name(&name),
            source_title: None,
            guid: None,
            url: None,
            first_seen_at,
            last_seen_at: first_seen_at,
        };
        Ok(names.into_iter().map(sighting).collect())
    }
}

/// A text as it stands, where it is one line.
fn to_one_line(text: String) -> String {
    if text.contains(char::is_control) { normalize::text::clean_line(&text) } else { text }
}

/// A time as we write it, or as others write theirs. Times before the first year have no place in our columns.
fn read_time(text: &str) -> Option<Timestamp> {
    let written: Option<Timestamp> = text.trim().parse().ok();
    let written = written.filter(|time| Offset::UTC.to_datetime(*time).year() >= 0);
    written.or_else(|| dates::read(text).map(|date| date.instant))
}

/// An instant as the publisher's clocks showed it: by its year there it is told whether it is a date of a publication,
/// when it is written and when it is read again.
fn at_offset(text: &str, offset: Option<Offset>) -> Cow<'_, str> {
    match (text.trim().parse::<Timestamp>(), offset) {
        (Ok(instant), Some(offset)) => Cow::Owned(instant.display_with_offset(offset).to_string()),
        _ => Cow::Borrowed(text),
    }
}

/// An offset as RFC 3339 has it.
fn read_offset(text: &str) -> Option<Offset> {
    let (sign, rest) = match text.trim().split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-" | "\u{2212}", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    let seconds = SignedDuration::from_secs(sign * (hours * 3600 + minutes * 60)).as_secs();
    Offset::from_seconds(i32::try_from(seconds).ok()?).ok()
}

fn origin_named(word: &str) -> Option<Origin> {
    use Origin::{Byline, Detected, Feed, File, Heading, JsonLd, Link, Meta, SiteRule, Sitemap, Text, Time, Url};
    [SiteRule, JsonLd, Meta, Time, Feed, Sitemap, Url, Byline, Text, Heading, Link, File, Detected]
        .into_iter()
        .find(|origin| origin.as_str() == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_json_line_is_an_article() {
        let line = r#"{"id": 7, "title": "Harbour reopens", "published": "2026-11-20T08:00:00+01:00",
            "authors": "Ana Ruiz", "text": "Ships came back.\nAll of them.", "source": "daily", "extra": 1}"#;
        let read = json_line(line).unwrap();
        assert_eq!(read.guid.as_deref(), Some("7"));
        assert_eq!((read.source.as_deref(), read.source_title), (Some("daily"), None));
        assert_eq!(read.article.body, "Ships came back.\nAll of them.");
        assert_eq!(read.article.authors, ["Ana Ruiz"]);
        assert_eq!(read.article.published.unwrap().day(), "20261120");
        assert_eq!(read.unknown_keys, ["extra"]);
    }

    #[test]
    fn all_that_is_said_of_an_article_comes_in() {
        let line = r#"{"url": "https://e.example/a", "title": "Harbour reopens", "modified_at": "2026-11-21T08:00:00Z",
            "section": "Ports", "site_name": "The Quay", "keywords": ["ships"], "tags": ["harbour", "Ships"],
            "image_url": "https://e.example/a.jpg", "source": "The Guardian", "first_seen_at": "2026-11-22T00:00:00Z",
            "body_kind": "teaser", "quality": 40}"#;
        let JsonArticle { article, source, source_title, first_seen_at, unknown_keys, .. } = json_line(line).unwrap();
        assert_eq!(article.modified_at.unwrap().to_string(), "2026-11-21T08:00:00Z");
        assert_eq!((article.section.as_deref(), article.site_name.as_deref()), (Some("Ports"), Some("The Quay")));
        assert_eq!(article.tags, ["ships", "harbour"]);
        assert_eq!(article.image_url.as_deref(), Some("https://e.example/a.jpg"));
        assert_eq!((source.as_deref(), source_title.as_deref()), (Some("the-guardian"), Some("The Guardian")));
        assert_eq!(first_seen_at.unwrap().to_string(), "2026-11-22T00:00:00Z");
        assert_eq!((article.body_kind, article.quality.score), (BodyKind::Teaser, 40));
        assert_eq!(unknown_keys, Vec::<String>::new());
    }

    #[test]
    fn a_date_that_stands_for_none_is_left_out_and_told() {
        let line = r#"{"url": "https://e.example/a", "title": "x", "published": "0001-01-01T00:00:00",
            "modified_at": "9999-12-31T23:59:59Z", "first_seen_at": "9999-12-31T23:59:59Z"}"#;
        let read = json_line(line).unwrap();
        assert_eq!((read.article.published, read.article.modified_at, read.first_seen_at), (None, None, None));
        let keys: Vec<&str> = read.notes.iter().filter_map(|note| Some(note.split_once(':')?.0)).collect();
        assert_eq!(keys, ["published", "modified_at", "first_seen_at"]);
        // An instant of a day that counts where it was published.
        let line = r#"{"id": 1, "title": "x", "published": "1899-12-31T00:00:00Z", "published_offset": "-05:00"}"#;
        let read = json_line(line).unwrap();
        assert_eq!((read.article.published.unwrap().day().as_str(), read.notes.len()), ("18991230", 0));
        let line = r#"{"id": 1, "title": "x", "first_seen_at": "0001-01-01T00:00:00Z"}"#;
        assert_eq!(json_line(line).unwrap().first_seen_at.unwrap().to_string(), "0001-01-01T00:00:00Z");
    }

    #[test]
    fn the_date_that_a_file_gives_goes_before_the_one_in_the_address() {
        let day = |line: &str| json_line(line).unwrap().article.published.map(|published| published.day());
        let line = r#"{"url": "https://e.example/2024/05/09/a", "title": "x", "published": "2024-05-06"}"#;
        assert_eq!(day(line).as_deref(), Some("20240506"));
        assert_eq!(day(r#"{"url": "https://e.example/2024/05/09/a", "title": "x"}"#).as_deref(), Some("20240509"));
    }

    #[test]
    fn a_wrong_json_line_says_which_key() {
        for (line, expected) in [
            ("{", "not JSON"),
            ("[]", "not a JSON object"),
            (r#"{"title": "x"}"#, "url or id"),
            (r#"{"id": "1"}"#, "title, paragraphs, text"),
            (r#"{"id": true, "title": "x"}"#, "id: must be a text or a number"),
            (r#"{"id": "1", "title": 5}"#, "title: must be a text"),
            (r#"{"id": "1", "title": "x", "published": "soon"}"#, "published: \"soon\" is no date"),
            (r#"{"id": "1", "title": "x", "published": 20241120}"#, "published: must be a text"),
            (r#"{"id": "1", "title": "x", "modified_at": "soon"}"#, "modified_at: \"soon\" is no date"),
            (r#"{"id": "1", "title": "x", "section": ["a"]}"#, "section: must be a text"),
            (r#"{"id": "1", "title": "x", "keywords": [1]}"#, "keywords: must be a list of texts"),
            (r#"{"id": "1", "title": "x", "tags": {}}"#, "tags: must be a list of texts"),
            (r#"{"id": "1", "title": "x", "site_name": 5}"#, "site_name: must be a text"),
            (r#"{"id": "1", "title": "x", "image_url": 5}"#, "image_url: must be a text"),
            (r#"{"id": "1", "title": "x", "quality": 101}"#, "quality: must be a whole number up to 100"),
            (r#"{"id": "1", "title": "x", "body_kind": "all"}"#, "body_kind: \"all\" must be one of"),
            (r#"{"id": "1", "title": "x", "first_seen_at": "then"}"#, "first_seen_at: \"then\" is no time"),
            (r#"{"url": "nowhere", "title": "x"}"#, "url: "),
        ] {
            let error = json_line(line).unwrap_err();
            assert!(error.starts_with(expected), "{line}: {error}");
        }
    }

    #[test]
    fn offsets_are_read_as_we_write_them() {
        let seconds = |text: &str| read_offset(text).map(Offset::seconds);
        assert_eq!(seconds("+05:00"), Some(18_000));
        assert_eq!(seconds("-03:30"), Some(-12_600));
        assert_eq!(seconds("+00:00"), Some(0));
        assert_eq!((seconds("05:00"), seconds("+5"), seconds("+99:00"), seconds("é")), (None, None, None, None));
    }
}
