//! The article as we keep it.

use jiff::{SignedDuration, Timestamp, tz::Offset};

use super::{BodyKind, CanonicalUrl, Meaning, Origin, Quality};

/// How exactly a date of publication is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatePrecision {
    /// The calendar day only.
    Day,
    /// The instant.
    Instant,
}

/// What was published longer ago when it came in is no news. A newsroom's day and the next: a feed that was not to be had overnight, or over
/// one day, is told yet.
pub const NEWS_AGE_MAX: SignedDuration = SignedDuration::from_hours(48);

/// When an article was published, by whose word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// The instant; where only the day is known, its midnight at `offset`.
    pub instant: Timestamp,
    /// The publisher's own offset where the page or feed gave one, else UTC.
    pub offset: Offset,
    /// What of it is known.
    pub precision: DatePrecision,
    /// Where it was found.
    pub origin: Origin,
}

impl Published {
    /// The calendar day in the publisher's offset, as `YYYYMMDD`.
    #[must_use]
    pub fn day(&self) -> String {
        let date = self.offset.to_datetime(self.instant).date();
        format!("{:04}{:02}{:02}", date.year(), date.month(), date.day())
    }
}

/// What an article's wording is recognised by: SHA-256 of its words, case, white space and punctuation folded.
///
/// A body too short to tell articles apart (a match result, a weather line) is taken together with the title, so equal
/// fingerprints mean the same text in either case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

/// An article in normal form. An `Option` means that the document had none.
#[derive(Clone, Debug)]
pub struct Article {
    /// Its canonical address; an imported file may have none.
    pub url: Option<CanonicalUrl>,
    /// Headline, one line, NFC.
    pub title: Option<String>,
    /// When it was published.
    pub published: Option<Published>,
    /// When it was last changed, by its own word.
    pub modified_at: Option<Timestamp>,
    /// ISO 639-1 code, or 639-3 where there is none.
    pub language: Option<String>,
    /// Names of people, in the order of the page.
    pub authors: Vec<String>,
    /// Name of the publication.
    pub site_name: Option<String>,
    /// Section or rubric.
    pub section: Option<String>,
    /// Keywords.
    pub tags: Vec<String>,
    /// Address of the lead image.
    pub image_url: Option<String>,
    /// The body: NFC, one paragraph a line, no blank lines.
    pub body: String,
    /// Words in the body; each Han or Kana character counts as one.
    pub words: u32,
    /// How much of the article the body is.
    pub body_kind: BodyKind,
    /// How far to trust it.
    pub quality: Quality,
    /// What its wording is recognised by.
    pub fingerprint: Fingerprint,
    /// What it means, whatever its language; where the user has a sentence encoder that knows the language.
    pub meaning: Option<Meaning>,
    /// What its publisher says against text mining and AI training, each as `place: word`; for a page that was fetched.
    pub reservations: Vec<String>,
}

impl Article {
    /// The paragraphs of the body.
    pub fn paragraphs(&self) -> impl Iterator<Item = &str> {
        self.body.lines()
    }
}

/// How an article repeats an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DuplicateKind {
    /// The same wording.
    Exact,
    /// Made from it: edited, cut, extended, or a brief of it.
    Near,
}

impl DuplicateKind {
    /// The word stored in `articles.duplicate_kind`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            DuplicateKind::Exact => "exact",
            DuplicateKind::Near => "near",
        }
    }
}
