//! The sitemaps that a sitemap index names: which of them are read in a poll, and what is remembered of them.
//!
//! Those that were read before are asked for conditionally, and what has not changed is not read again. An index that
//! is as it was says nothing of its sitemaps, since many indexes name them without dates: then those that were read
//! last are asked for.

use std::collections::VecDeque;

use sha2::{Digest, Sha256};
use url::Url;

use crate::fetch::FetchRequest;
use crate::model::{ChildSitemap, Exchange, Failure, Fetched, ListedLink, Purpose, SourceKind, Validators, public_url};

use super::listing::{Reading, read_with};
use super::stages::Stages;

/// What the sitemaps of an index brought.
#[derive(Debug, Default)]
pub(super) struct Children {
    /// The links of those that changed.
    pub(super) links: Vec<ListedLink>,
    /// What was wrong with them.
    pub(super) problems: Vec<String>,
    /// Those that are to be remembered.
    pub(super) remembered: Vec<ChildSitemap>,
    /// How many were read, and found changed or new.
    pub(super) n_read: usize,
    /// How many are as they were.
    pub(super) n_unchanged: usize,
    /// Why the last of those that could not be read could not.
    pub(super) last_failure: Option<Failure>,
}

impl Children {
    /// Why nothing is known of any of them, if that is so.
    pub(super) fn failure(&self) -> Option<Failure> {
        self.last_failure.clone().filter(|_| self.n_read + self.n_unchanged == 0)
    }

    /// Whether all that could be asked for are as they were.
    pub(super) fn are_unchanged(&self) -> bool {
        self.n_read == 0 && self.last_failure.is_none()
    }
}

/// Reads the first sitemaps of a list, as many as the settings allow. One that fails is a problem of the list, not its
/// end; one that is an index itself has its own first ones read next.
pub(super) async fn read_children(
    stages: &Stages,
    reading: &Reading,
    named: Vec<Url>,
    known: &[ChildSitemap],
    exchanges: &mut Vec<Exchange>,
) -> Children {
    let deadline = stages.deadline();
    let mut children = Children::default();
    let mut waiting = VecDeque::from(named);
    let mut asked: Vec<Url> = Vec::new();
    while asked.len() < stages.index_sitemaps_max {
        let Some(url) = waiting.pop_front() else { break };
        // An index that names itself would be read for ever.
        if asked.contains(&url) {
            continue;
        }
        asked.push(url.clone());
        let before = known.iter().find(|child| child.url == url);
        let validators = before.map(|child| child.validators.clone()).unwrap_or_default();
        let request = FetchRequest { url: &url, purpose: Purpose::Poll, validators: &validators };
        let report = stages.fetch_patiently(request, deadline).await;
        exchanges.extend(report.exchanges);
        let failure = match report.result {
            Ok(Fetched::NotModified { .. }) => {
                children.n_unchanged += 1;
                children.remembered.extend(before.cloned());
                continue;
            }
            Ok(Fetched::Document(document)) => {
                let child = ChildSitemap {
                    url: url.clone(),
                    validators: document.validators.clone(),
                    body_sha256: Sha256::digest(&document.body).into(),
                };
                if before.is_some_and(|before| before.body_sha256 == child.body_sha256) {
                    children.n_unchanged += 1;
                    children.remembered.push(child);
                    continue;
                }
                match read_with(stages, document, reading.of_kind(SourceKind::Sitemap)).await {
                    Ok(inner) => {
                        children.n_read += 1;
                        // Of an index it is its sitemaps that matter: it is read each time, and so is what was cut off.
                        let is_known = inner.children.is_empty() && !inner.is_cut;
                        children.remembered.push(if is_known { child } else { forgotten(url) });
                        inner.children.into_iter().rev().for_each(|url| waiting.push_front(url));
                        let room = stages.feed.entries_max.saturating_sub(children.links.len());
                        children.links.extend(inner.links.into_iter().take(room));
                        children.problems.extend(inner.problems);
                        continue;
                    }
                    Err(failure) => failure,
                }
            }
            Err(error) => error.failure(),
        };
        children.problems.push(format!("{}: {failure}", public_url(&url)));
        // It may be well again the next time, and is then read as if it were new.
        children.remembered.push(forgotten(url));
        if let Some(last) = exchanges.last_mut()
            && last.failure.is_none()
        {
            last.failure = Some(failure.clone());
        }
        children.last_failure = Some(failure);
    }
    if !waiting.is_empty() {
        let n_left_out = waiting.len();
        children
            .problems
            .push(format!("{n_left_out} older sitemaps of the index are not read (fetch.index_sitemaps_max)"));
    }
    children
}

/// A sitemap that is read the next time whether it has changed or not.
fn forgotten(url: Url) -> ChildSitemap {
    ChildSitemap { url, validators: Validators::default(), body_sha256: [0; 32] }
}

/// As [`read_children`], for an index that is as it was.
pub(super) async fn read_known(
    stages: &Stages,
    reading: &Reading,
    known: &[ChildSitemap],
    exchanges: &mut Vec<Exchange>,
) -> Children {
    let named = known.iter().map(|child| child.url.clone()).collect();
    read_children(stages, reading, named, known, exchanges).await
}
