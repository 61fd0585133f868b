//! What has become of an address: what is on record of it, and what follows from that.
//!
//! * [`evidence`]: what is on record, and the words for it that several answers share.
//! * [`diagnosis`]: the answer in a sentence, and what can be done next.

mod evidence;

mod diagnosis;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::config::{ScheduleSettings, StoreSettings};
use crate::forms::times::rfc3339;
use crate::forms::{articles, lineage};
use crate::model::{CanonicalUrl, publisher_of, without_credentials};
use crate::normalize;
use crate::schedule::horizon::latest_due;
use crate::store::{AddressHistory, ArticleDetails, Lineage, Reader, SourceOfHost, StoreError, StoryRow, is_locked_by};

use diagnosis::diagnose;
pub(crate) use evidence::Diagnosis;
use evidence::Evidence;

/// Addresses of one article that are told.
const ADDRESSES_MAX: u32 = 20;

/// The article that an address leads to.
pub(crate) struct Led {
    pub(crate) article: ArticleDetails,
    pub(crate) lineage: Lineage,
    pub(crate) story: Option<StoryRow>,
    /// Addresses that lead to it, this one among them.
    pub(crate) addresses: Vec<String>,
}

impl Led {
    fn read(reader: &Reader, id: i64) -> Result<Option<Led>, StoreError> {
        let Some(article) = reader.article(id)? else { return Ok(None) };
        Ok(Some(Led {
            lineage: reader.lineage(id)?,
            story: reader.story_of(id)?.map(|story| reader.story(story)).transpose()?.flatten(),
            addresses: reader.addresses_of(id, ADDRESSES_MAX)?,
            article,
        }))
    }

    fn value(&self) -> Value {
        let ArticleDetails { row, quality_reasons, first_seen_at, updated_at, removed_at, .. } = &self.article;
        let mut value = articles::row(row);
        value["quality_reasons"] = json!(quality_reasons);
        value["first_seen_at"] = json!(first_seen_at);
        value["updated_at"] = json!(updated_at);
        value["removed_at"] = json!(removed_at);
        value["story_id"] = json!(self.story.as_ref().map(|story| story.id));
        value["lineage"] = lineage::value(&self.lineage, row.duplicate_kind.as_deref());
        value["addresses"] = json!(self.addresses);
        value
    }
}

/// The whole answer.
pub(crate) struct Account {
    /// As it was asked.
    pub(crate) asked: String,
    /// As it is stored, where it is.
    pub(crate) url: String,
    pub(crate) history: AddressHistory,
    pub(crate) led: Option<Led>,
    /// Our sources of the same publisher.
    sources: Vec<SourceOfHost>,
    /// Which of them has this address.
    itself: Option<usize>,
    pub(crate) diagnosis: Diagnosis,
}

impl Account {
    /// Reads what is on record of an address. The settings are those by which the database is written.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub(crate) fn read(
        reader: &Reader,
        asked: &str,
        url: &CanonicalUrl,
        settings: (&StoreSettings, &ScheduleSettings),
        now: Timestamp,
    ) -> Result<Account, StoreError> {
        let (store, schedule) = settings;
        let mut history = reader.address_history(url)?;
        // A clock that was ahead may have written later times than those that count.
        if let Some(link) = &mut history.link {
            let latest = latest_due(schedule, now);
            for time in [&mut link.due_at, &mut link.revisit_at, &mut link.publisher_ready_at, &mut link.held_until] {
                *time = time.map(|time| time.min(latest));
            }
        }
        let article_id = history.link.as_ref().and_then(|link| link.article_id);
        let led = article_id.map(|id| Led::read(reader, id)).transpose()?.flatten();
        let sources = reader.sources_of_publisher(url)?;
        let itself = sources.iter().position(|source| {
            normalize::url::parse(&source.url, None).is_ok_and(|of_source| of_source.key() == url.key())
        });
        let known_url = history.link.as_ref().map_or(url.as_str(), |link| &link.url).to_owned();
        let diagnosis = diagnose(&Evidence {
            url: &known_url,
            publisher: &publisher_of(url.as_url()),
            history: &history,
            article: led.as_ref().map(|led| &led.article.row),
            sources: &sources,
            itself: itself.and_then(|at| sources.get(at)),
            is_ingesting: is_locked_by(reader.path()).is_some(),
            keep_days: store.fetches_keep_days,
            now,
        });
        Ok(Account { asked: asked.to_owned(), url: known_url, history, led, sources, itself, diagnosis })
    }

    /// The source whose address it is.
    pub(crate) fn itself(&self) -> Option<&SourceOfHost> {
        self.itself.and_then(|at| self.sources.get(at))
    }

    /// As JSON.
    pub(crate) fn value(&self) -> Value {
        let AddressHistory { link, sightings, exchanges, n_fetches, redirected_from } = &self.history;
        let time = |time: Option<Timestamp>| time.map(rfc3339);
        let link_value = link.as_ref().map(|link| {
            json!({
                "first_seen_at": time(Some(link.first_seen_at)),
                "source": link.source,
                "article_id": link.article_id,
                "due_at": time(link.due_at),
                "is_in_work": link.is_claimed,
                "failures_in_a_row": link.failures_in_a_row,
                "look_at": time(link.revisit_at),
                "missing_since": time(link.gone_at),
                "publisher_ready_at": time(link.publisher_ready_at.max(link.held_until)),
                "before_it": link.n_before,
            })
        });
        let sightings = sightings.iter().map(|sighting| {
            json!({
                "source": sighting.source,
                "guid": sighting.guid,
                "url": sighting.url,
                "first_seen_at": sighting.first_seen_at,
                "last_seen_at": sighting.last_seen_at,
            })
        });
        let exchanges = exchanges.iter().map(|exchange| {
            json!({
                "started_at": exchange.started_at,
                "url": exchange.url,
                "is_redirected": exchange.is_redirected,
                "status": exchange.status,
                "elapsed_ms": exchange.elapsed_ms,
                "bytes": exchange.bytes,
                "error_class": exchange.error_class,
                "error": exchange.error,
                "redirected_to": exchange.redirected_to,
            })
        });
        let sources = self.sources.iter().map(|source| {
            json!({
                "slug": source.slug,
                "url": without_credentials(&source.url),
                "kind": source.kind,
                "state": source.state,
                "last_ok_at": time(source.last_ok_at),
                "error": source.error,
            })
        });
        json!({
            "url": self.url,
            "asked_about": self.asked,
            "state": self.diagnosis.state,
            "outcome": self.diagnosis.text,
            "next": self.diagnosis.next,
            "link": link_value,
            "sightings": sightings.collect::<Vec<_>>(),
            "redirected_from": redirected_from,
            "fetches": n_fetches,
            "exchanges": exchanges.collect::<Vec<_>>(),
            "article": self.led.as_ref().map(Led::value),
            "sources_of_publisher": sources.collect::<Vec<_>>(),
        })
    }
}
