//! How the queue of the workers is, as JSON and in words.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::times::rfc3339;
use crate::model::{QueueState, QueueWorker};

/// A daemon writes it every ten seconds. What is older than this is how it was.
const AGE_MAX: SignedDuration = SignedDuration::from_secs(60);

/// As JSON.
pub(crate) fn value(state: &QueueState) -> Value {
    let servers: Vec<&str> = state.servers.split(", ").collect();
    json!({
        "told_at": rfc3339(state.told_at),
        "servers": servers,
        "server": state.server,
        "is_away": state.is_away,
        "since": rfc3339(state.since),
        "error": state.error,
        "error_since": state.error_since.map(rfc3339),
        "is_sole": state.is_sole,
        "n_workers": state.n_workers,
        "n_refused": state.n_refused,
        "n_waiting": state.n_in_stock,
        "n_out": state.n_out,
        "n_reports_waiting": state.n_reports_waiting,
        "n_shards": state.n_shards,
        "n_shards_held": state.n_shards_held,
        "unattended_since": state.unattended_since.map(rfc3339),
        "epoch": state.epoch,
        "n_reported": state.n_reported,
        "n_lost": state.n_lost,
        "n_stale": state.n_stale,
        "workers": state.workers.iter().map(worker).collect::<Vec<_>>(),
    })
}

fn worker(worker: &QueueWorker) -> Value {
    json!({
        "machine": worker.machine,
        "version": worker.version,
        "state": state_of(worker),
        "n_in_work": worker.n_in_work,
        "poll_slots": worker.n_poll_slots,
        "article_slots": worker.n_article_slots,
        "n_shards": worker.n_shards,
        "epoch": worker.epoch,
        "heard_at": rfc3339(worker.heard_at),
        "is_embedded": worker.is_embedded,
        "refused": worker.refused,
    })
}

/// In a word, how a worker is: `works`, `refused` or `silent`.
pub(crate) fn state_of(worker: &QueueWorker) -> &'static str {
    match worker {
        QueueWorker { is_heard: false, .. } => "silent",
        QueueWorker { refused: Some(_), .. } => "refused",
        _ => "works",
    }
}

/// The same for people, with what there is to say of it.
pub(crate) fn note_of(worker: &QueueWorker) -> String {
    let place = if worker.is_embedded { "works in the daemon" } else { "works" };
    match (state_of(worker), &worker.refused) {
        ("refused", Some(why)) => format!("gets no work: {why}"),
        ("silent", _) => "silent".to_owned(),
        _ => place.to_owned(),
    }
}

/// What is handed out and what comes back, in a line.
pub(crate) fn work_told(state: &QueueState) -> String {
    let QueueState { n_in_stock, n_out, n_reported, n_lost, n_stale, .. } = state;
    let reports = match state.n_reports_waiting {
        Some(n @ 1..) => format!(", {n} reports to be taken in"),
        _ => String::new(),
    };
    format!(
        "{n_in_stock} waiting, {n_out} with workers{reports}; since the start {n_reported} came back, {n_lost} were lost with their \
         workers, {n_stale} came too late"
    )
}

/// Who looks after which part of the hosts, in a line.
pub(crate) fn shards_told(state: &QueueState) -> String {
    let QueueState { n_shards, n_shards_held, epoch, .. } = state;
    if state.is_sole {
        return "all hosts are asked by the daemon alone".to_owned();
    }
    format!("{n_shards_held} of {n_shards} shards looked after, highest epoch {epoch}")
}

/// When it was last told, where that is too long ago to be how it is.
pub(crate) fn old_since(state: &QueueState, now: Timestamp) -> Option<Timestamp> {
    (now.duration_since(state.told_at) > AGE_MAX).then_some(state.told_at)
}
