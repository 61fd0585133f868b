//! A list of sources as a whole: OPML, or as `sources.toml` is one. Read, and asked for where it lies at an address.

use std::collections::HashSet;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use url::Url;

use crate::config::{self, Problem, Problems};
use crate::fetch::FetchRequest;
use crate::model::{
    ErrorClass, Failure, Fetched, KnownList, ListPoll, ListResult, ListedSource, Purpose, Retry, Source, public_url,
};
use crate::schedule::backoff;

use super::opml::opml_sources;
use super::stages::Stages;

/// Faults of a list that are named in one message.
const FAULTS_NAMED: usize = 3;

/// A list of sources as it was read.
#[derive(Clone, Debug)]
pub struct SourceList {
    /// What it lists.
    pub sources: Vec<ListedSource>,
    /// What it lists twice, or says in vain.
    pub notices: Vec<String>,
    /// Whether it is in OPML, which has no word for some keys and need not name its sources.
    pub is_opml: bool,
}

/// Reads a list. One with a fault is refused as a whole: what it leaves out would be taken out.
///
/// # Errors
///
/// Every fault in it, with its line after `place`.
pub fn read_source_list(bytes: Vec<u8>, place: &str) -> Result<SourceList, Problems> {
    let problem = |subject: &str, rule: String| Problem { place: place.to_owned(), subject: subject.to_owned(), rule };
    let refused = |rule: String| Problems(vec![problem("list of sources", rule)]);
    let text = String::from_utf8_lossy(&bytes);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.is_empty() {
        return Err(refused("is empty; a file with only a comment is an empty list".to_owned()));
    }
    // Lists in OPML may be in other encodings.
    let is_markup = text.starts_with('<') || bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    if !is_markup {
        let text = String::from_utf8(bytes).map_err(|_| refused("is not UTF-8".to_owned()))?;
        let named = |source| ListedSource { source, is_paused: false, is_named: true };
        let sources = config::parse_source_list(&text, place)?;
        let twice = |(source, first): (&Source, &Source)| {
            format!("{}: {} is listed twice, first as {}", source.slug, public_url(&source.url), first.slug)
        };
        let notices = config::listed_twice(&sources).into_iter().map(twice).collect();
        let sources = sources.into_iter().map(named).collect();
        return Ok(SourceList { sources, notices, is_opml: false });
    }
    let found = opml_sources(&bytes).map_err(refused)?;
    if found.problems.is_empty() {
        return Ok(SourceList { sources: found.sources, notices: found.duplicates, is_opml: true });
    }
    Err(Problems(found.problems.into_iter().map(|rule| problem("outline", rule)).collect()))
}

/// Asks for a list at an address, with the validators of its last answer, and reads it.
pub async fn poll_source_list(stages: &Stages, known: KnownList, interval_s: u32) -> ListPoll {
    let KnownList { url, validators, body_sha256, n_failures, .. } = known;
    let request = FetchRequest { url: &url, purpose: Purpose::Poll, validators: &validators };
    let report = stages.fetch_patiently(request, stages.deadline()).await;
    let mut exchanges = report.exchanges;
    let mut retry = Retry::Backoff;
    let result = match report.result {
        Ok(Fetched::NotModified { .. }) => ListResult::Unchanged,
        // What it leaves out would be taken out.
        Ok(Fetched::Document(document)) if document.is_cut_short => {
            ListResult::Failed(Failure { class: ErrorClass::ShortBody, reason: "what it packs ends early".to_owned() })
        }
        Ok(Fetched::Document(document)) => {
            let sha256: [u8; 32] = Sha256::digest(&document.body).into();
            if body_sha256 == Some(sha256) {
                ListResult::Unchanged
            } else {
                let (n_bytes, validators) = (document.body.len(), document.validators.clone());
                let read = stages
                    .parse(n_bytes, move || {
                        read_source_list(document.body, "the list").map_err(|problems| told(&problems))
                    })
                    .await;
                match read.and_then(|read| read.map_err(unreadable)) {
                    Ok(SourceList { sources, mut notices, .. }) => {
                        let sources = from_elsewhere(sources, &url, &mut notices);
                        ListResult::Listed { sources, notices, validators, body_sha256: sha256 }
                    }
                    Err(failure) => ListResult::Failed(failure),
                }
            }
        }
        Err(error) => {
            retry = error.retry();
            ListResult::Failed(error.failure())
        }
    };
    let mut wait_s = interval_s;
    if let ListResult::Failed(failure) = &result {
        if let Some(last) = exchanges.last_mut().filter(|last| last.failure.is_none()) {
            last.failure = Some(failure.clone());
        }
        wait_s = wait_after_failure(stages, n_failures + 1, retry, interval_s);
    }
    ListPoll { url, exchanges, finished_at: Timestamp::now(), result, wait_s }
}

/// A list that cannot be had is asked for again sooner than one that can: its owner, or the network, may be back in a minute.
fn wait_after_failure(stages: &Stages, n_failures: u32, retry: Retry, interval_s: u32) -> u32 {
    let retry = if matches!(retry, Retry::Never | Retry::WhileYoung) { Retry::Backoff } else { retry };
    let now = Timestamp::now();
    let next = backoff::next_try(&stages.schedule, n_failures, retry, 0, now);
    let wait_s = next.map_or(interval_s, |next| u32::try_from(next.duration_since(now).as_secs()).unwrap_or(u32::MAX));
    // What the server itself asks for may be longer.
    if matches!(retry, Retry::After(_)) { wait_s } else { wait_s.min(interval_s) }
}

fn unreadable(reason: String) -> Failure {
    Failure { class: ErrorClass::Parse, reason }
}

/// Faults in one line.
fn told(problems: &Problems) -> String {
    let n_more = problems.0.len().saturating_sub(FAULTS_NAMED);
    let named: Vec<String> = problems.0.iter().take(FAULTS_NAMED).map(ToString::to_string).collect();
    let more = if n_more > 0 { format!("; and {n_more} more") } else { String::new() };
    format!("{}{more}", named.join("; "))
}

/// What is taken of a list that somebody else keeps: not whom the credentials kept here are for, nor by which way something is
/// asked, which may lead to a network of one's own; nor how long articles stay. A list that has itself on it is no source, and an address is
/// one source, however often it is listed.
fn from_elsewhere(mut sources: Vec<ListedSource>, itself: &Url, notices: &mut Vec<String>) -> Vec<ListedSource> {
    let mut known = HashSet::from([itself.clone()]);
    sources.retain(|listed| known.insert(listed.source.url.clone()));
    for ListedSource { source, .. } in &mut sources {
        let Source { slug, proxy, credentials, retention, .. } = source;
        let said = [
            ("proxy", proxy.take().is_some()),
            ("credentials", credentials.take().is_some()),
            ("retention", retention.take().is_some()),
        ];
        for (key, _) in said.into_iter().filter(|(_, is_said)| *is_said) {
            notices.push(format!("{slug}: {key} is not taken from a list at an address"));
        }
    }
    sources
}
