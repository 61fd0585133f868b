//! `newswire why`: what has become of an address.

use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::forms;
use crate::forms::times::rfc3339;
use crate::model::{CanonicalUrl, publisher_of, without_credentials};
use crate::normalize;
use crate::schedule::horizon::latest_due;
use crate::store::{
    AddressHistory, ArticleDetails, ExchangeRow, LinkHistory, Reader, SightingRow, SourceOfHost, StoryRow, is_locked_by,
};

use super::diagnosis::diagnose;
use super::evidence::{Diagnosis, Evidence};
use super::lineage::Descent;
use crate::cli::addresses;
use crate::cli::context::Context;
use crate::cli::failure::{Failure, no_article};
use crate::cli::sources::named::{Meant, find_source};
use crate::cli::terminal::article_words;
use crate::cli::terminal::output::Output;

/// Addresses of one article that are told.
const ADDRESSES_MAX: u32 = 20;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire why https://example.org/2026/11/a-story/
  newswire why example.org/2026/11/a-story             as people paste it
  newswire why 42                                      the address of an article
  newswire why harbour-post                            the address of a source

Tells in order who listed the address, what was asked for it and what came of it: the article, the wait for its next
attempt, the refusal or the failure; and what to do next. Ends with 1 where nothing is known of it.

Requests are on record for store.fetches_keep_days.")]
pub(crate) struct WhyCommand {
    /// The address, in any form that leads to the same page; or the number of an article, or a source
    #[arg(value_name = "URL")]
    pub(crate) url: String,
}

pub(crate) fn run(context: &mut Context, command: &WhyCommand) -> Result<(), Failure> {
    let config = context.configure_for_reading()?;
    let reader = Context::reader(&config.store.path)?;
    let url = address_of(&reader, &command.url)?;
    let mut history = reader.address_history(&url)?;
    // A clock that was ahead may have written later times than those that count.
    if let Some(link) = &mut history.link {
        let latest = latest_due(&config.schedule, Timestamp::now());
        for time in [&mut link.due_at, &mut link.revisit_at, &mut link.publisher_ready_at, &mut link.held_until] {
            *time = time.map(|time| time.min(latest));
        }
    }
    let article_id = history.link.as_ref().and_then(|link| link.article_id);
    let stored = article_id.map(|id| Stored::read(&reader, id)).transpose()?.flatten();
    let sources = reader.sources_of_publisher(&url)?;
    let itself = sources
        .iter()
        .find(|source| normalize::url::parse(&source.url, None).is_ok_and(|of_source| of_source.key() == url.key()));
    let evidence = Evidence {
        url: history.link.as_ref().map_or(url.as_str(), |link| &link.url),
        publisher: &publisher_of(url.as_url()),
        history: &history,
        article: stored.as_ref().map(|stored| &stored.article.row),
        sources: &sources,
        itself,
        is_ingesting: is_locked_by(reader.path()).is_some(),
        keep_days: config.store.fetches_keep_days,
        now: Timestamp::now(),
    };
    context.output.page();
    let diagnosis = diagnose(&evidence);
    let account = Account {
        asked: &command.url,
        url: &url,
        history: &history,
        stored: stored.as_ref(),
        itself,
        diagnosis: &diagnosis,
    };
    context.output.one(|| account.value(&sources), |output| account.describe(output))?;
    match diagnosis.state {
        "unknown" => Err(Failure::Failed(format!("nothing is known of {url}"))),
        _ => Ok(()),
    }
}

/// The address that somebody asks about: one that they give, or that of an article or a source that they name.
fn address_of(reader: &Reader, word: &str) -> Result<CanonicalUrl, Failure> {
    let no_address = |what: String| Failure::Failed(format!("{what} has no address"));
    let address = match word.trim().parse::<i64>() {
        Ok(id) => {
            let Some(article) = reader.article(id)? else { return Err(no_article(id, reader.last_article()?)) };
            article.row.url.ok_or_else(|| no_address(format!("article {id}")))?
        }
        Err(_) => match find_source(reader, word) {
            Ok(Meant::Source(row)) => row.url.ok_or_else(|| no_address(format!("source {}", row.slug)))?,
            Ok(Meant::Address(address)) => address.url.into(),
            // The name of a host that no list of suffixes has.
            Err(Failure::Usage(_)) if word.contains(['.', ':']) => addresses::parse(word)?.url.into(),
            Err(failure) => return Err(failure),
        },
    };
    let address = addresses::parse(&address)?;
    normalize::url::canonicalize(&address.url).map_err(|error| Failure::Usage(error.to_string()))
}

/// The article that an address leads to.
struct Stored {
    article: ArticleDetails,
    descent: Descent,
    story: Option<StoryRow>,
    addresses: Vec<String>,
}

impl Stored {
    fn read(reader: &Reader, id: i64) -> Result<Option<Stored>, Failure> {
        let Some(article) = reader.article(id)? else { return Ok(None) };
        Ok(Some(Stored {
            descent: Descent::new(reader.lineage(id)?, article.row.duplicate_kind.clone()),
            story: reader.story_of(id)?.map(|story| reader.story(story)).transpose()?.flatten(),
            addresses: reader.addresses_of(id, ADDRESSES_MAX)?,
            article,
        }))
    }

    fn describe(&self, output: &mut Output, link: &LinkHistory) -> std::io::Result<()> {
        let ArticleDetails { row, removed_at, .. } = &self.article;
        let title = row.title.as_deref().unwrap_or("(no title)");
        output.field("article", Some(&format!("{}: {title}", row.id)))?;
        output.field("text", Some(&article_words::text_in_short(&self.article)))?;
        output.field("revision", article_words::last_revision(&self.article, output).as_deref())?;
        self.descent.describe(output)?;
        output.field("story", self.story.as_ref().and_then(article_words::story_told_by_others).as_deref())?;
        output.field("removed", removed_at.as_deref().map(|at| output.when(at)).as_deref())?;
        for address in self.addresses.iter().filter(|address| **address != link.url) {
            output.field("also at", Some(address))?;
        }
        Ok(())
    }

    fn value(&self) -> Value {
        let ArticleDetails { quality_reasons, first_seen_at, updated_at, removed_at, .. } = &self.article;
        let mut value = forms::articles::row(&self.article.row);
        value["quality_reasons"] = json!(quality_reasons);
        value["first_seen_at"] = json!(first_seen_at);
        value["updated_at"] = json!(updated_at);
        value["removed_at"] = json!(removed_at);
        value["story_id"] = json!(self.story.as_ref().map(|story| story.id));
        value["lineage"] = self.descent.value();
        value["addresses"] = json!(self.addresses);
        value
    }
}

/// The whole answer.
struct Account<'a> {
    asked: &'a str,
    url: &'a CanonicalUrl,
    history: &'a AddressHistory,
    stored: Option<&'a Stored>,
    itself: Option<&'a SourceOfHost>,
    diagnosis: &'a Diagnosis,
}

impl Account<'_> {
    fn describe(&self, output: &mut Output) -> std::io::Result<()> {
        let AddressHistory { link, sightings, exchanges, n_fetches, redirected_from } = self.history;
        let url = link.as_ref().map_or(self.url.as_str(), |link| &link.url);
        output.field("url", Some(url))?;
        output.field("asked about", Some(self.asked).filter(|asked| *asked != url))?;
        if let Some(SourceOfHost { slug, kind, state, .. }) = self.itself {
            output
                .field("source", Some(&format!("{slug} ({}, {state})", kind.as_deref().unwrap_or("not read yet"))))?;
        }
        for SightingRow { source, url: given, first_seen_at, last_seen_at, .. } in sightings {
            let [first, last] = [first_seen_at, last_seen_at].map(|at| output.when(at));
            let last = if last_seen_at == first_seen_at { String::new() } else { format!(", last {last}") };
            let given = given.as_deref().filter(|given| *given != url);
            let given = given.map(|given| format!(", as {given}")).unwrap_or_default();
            output.field("listed by", Some(&format!("{source} since {first}{last}{given}")))?;
        }
        if let Some(link) = link.as_ref().filter(|_| sightings.is_empty()) {
            output
                .field("known since", Some(&format!("{}, listed by no source", instant(output, link.first_seen_at))))?;
        }
        for from in redirected_from {
            output.field("led here", Some(from))?;
        }
        let n_told = exchanges.iter().filter(|exchange| !exchange.is_redirected).count();
        let n_untold = usize::try_from(*n_fetches).unwrap_or(usize::MAX).saturating_sub(n_told);
        if n_untold > 0 {
            output.field("asked", Some(&format!("{n_untold} times before")))?;
        }
        for exchange in exchanges {
            output.field("asked", Some(&told(exchange, url, output)))?;
        }
        if let (Some(stored), Some(link)) = (self.stored, link) {
            stored.describe(output, link)?;
        }
        if let Some(link) = link.as_ref().filter(|_| self.stored.is_some()) {
            output.field("missing", link.gone_at.map(|at| format!("since {}", instant(output, at))).as_deref())?;
            output.field("next look", link.due_at.or(link.revisit_at).map(|at| instant(output, at)).as_deref())?;
        }
        output.field("outcome", Some(&self.diagnosis.text))?;
        for next in &self.diagnosis.next {
            output.field("next", Some(next))?;
        }
        Ok(())
    }

    fn value(&self, sources: &[SourceOfHost]) -> Value {
        let AddressHistory { link, sightings, exchanges, n_fetches, redirected_from } = self.history;
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
        let sources = sources.iter().map(|source| {
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
            "url": link.as_ref().map_or(self.url.as_str(), |link| &link.url),
            "asked_about": self.asked,
            "state": self.diagnosis.state,
            "outcome": self.diagnosis.text,
            "next": self.diagnosis.next,
            "link": link_value,
            "sightings": sightings.collect::<Vec<_>>(),
            "redirected_from": redirected_from,
            "fetches": n_fetches,
            "exchanges": exchanges.collect::<Vec<_>>(),
            "article": self.stored.map(Stored::value),
            "sources_of_publisher": sources.collect::<Vec<_>>(),
        })
    }
}

fn instant(output: &Output, at: Timestamp) -> String {
    output.when(&rfc3339(at))
}

/// An exchange in a line; its address where it is not the one that was asked about.
fn told(exchange: &ExchangeRow, url: &str, output: &Output) -> String {
    let ExchangeRow { started_at, elapsed_ms, bytes, .. } = exchange;
    let address = if exchange.url == url { String::new() } else { format!("{} · ", exchange.url) };
    let answer = match exchange.status {
        Some(status) => format!("{status}, {bytes} bytes in {elapsed_ms} ms"),
        None if *elapsed_ms == 0 => "not asked".to_owned(),
        None => format!("no answer in {elapsed_ms} ms"),
    };
    let error = exchange.error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
    let onward = exchange.redirected_to.as_ref().map(|to| format!(", on to {to}")).unwrap_or_default();
    format!("{} · {address}{answer}{error}{onward}", output.when(started_at))
}
