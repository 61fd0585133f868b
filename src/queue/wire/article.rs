//! Forms of an article.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::tz::Offset;
use serde::{Deserialize, Deserializer, Serialize};

use super::form::{Form, Maybe, forms};
use super::scalar::{Canonical, FingerprintForm, MeaningForm, Moment, OffsetForm};
use crate::model::{Article, BodyKind, CanonicalUrl, DatePrecision, Fingerprint, Meaning, Origin, Published, Quality};

#[derive(Serialize, Deserialize)]
#[serde(remote = "Article")]
pub(super) struct ArticleForm {
    #[serde(default, skip_serializing_if = "Option::is_none", with = "Maybe::<Canonical>")]
    url: Option<CanonicalUrl>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "Maybe::<PublishedForm>")]
    published: Option<Published>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "Maybe::<Moment>")]
    modified_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    authors: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    site_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    section: Option<String>,
    tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_url: Option<String>,
    body: String,
    words: u32,
    #[serde(with = "BodyKindForm")]
    body_kind: BodyKind,
    #[serde(with = "QualityForm")]
    quality: Quality,
    #[serde(with = "FingerprintForm")]
    fingerprint: Fingerprint,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "Maybe::<MeaningForm>")]
    meaning: Option<Meaning>,
    reservations: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Published")]
struct PublishedForm {
    #[serde(with = "Moment")]
    instant: Timestamp,
    #[serde(with = "OffsetForm")]
    offset: Offset,
    #[serde(with = "DatePrecisionForm")]
    precision: DatePrecision,
    #[serde(with = "OriginForm")]
    origin: Origin,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "DatePrecision", rename_all = "kebab-case")]
enum DatePrecisionForm {
    Day,
    Instant,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Origin", rename_all = "kebab-case")]
enum OriginForm {
    SiteRule,
    JsonLd,
    Meta,
    Time,
    Feed,
    Sitemap,
    Url,
    Byline,
    Text,
    Heading,
    Link,
    File,
    Detected,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "BodyKind", rename_all = "kebab-case")]
enum BodyKindForm {
    Full,
    Partial,
    Teaser,
    Wall,
    Feed,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Quality")]
struct QualityForm {
    #[serde(deserialize_with = "read_score")]
    score: u8,
    reasons: Vec<Cow<'static, str>>,
}

fn read_score<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    let score = u8::deserialize(deserializer)?;
    if score <= 100 {
        Ok(score)
    } else {
        Err(serde::de::Error::custom(format!("a quality must be 0 to 100, not {score}")))
    }
}

forms! {
    ArticleForm of Article;
    PublishedForm of Published;
}
