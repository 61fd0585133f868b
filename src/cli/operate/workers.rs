//! The queue of the workers and who works, as a section of `newswire status`.

use std::io;

use jiff::Timestamp;
use serde_json::Value;

use crate::forms::queue::{note_of, old_since, shards_told, state_of, work_told};
use crate::forms::times::rfc3339;
use crate::model::{QueueState, QueueWorker};

use crate::cli::terminal::output::Output;
use crate::cli::terminal::table::{Column, number, text, time, title, whole};

const COLUMNS: [Column<'_>; 7] = [
    title("worker"),
    whole("version"),
    number("n_in_work").headed("in work"),
    number("n_slots").headed("slots"),
    number("n_shards").headed("shards"),
    time("heard_at").headed("heard"),
    text("note").headed("state"),
];

/// Prints it: in a pipe each worker as a line of its own.
pub(super) fn describe(output: &mut Output, state: &QueueState, now: Timestamp) -> io::Result<()> {
    let QueueState { servers, workers, .. } = state;
    let since = output.when(&rfc3339(state.since));
    let error = state.error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
    let sole = if state.is_sole { "; the daemon goes on alone" } else { "" };
    let was = old_since(state, now).map(|at| format!("; that was {}", output.when(&rfc3339(at)))).unwrap_or_default();
    let connection = if state.is_away { "away since" } else { "connected since" };
    output.field("queue", Some(&format!("{servers}, {connection} {since}{error}{sole}{was}")))?;
    output.field("handed out", Some(&work_told(state)))?;
    let refused = if state.n_refused > 0 { format!(", {} get no work", state.n_refused) } else { String::new() };
    output.field("workers", Some(&format!("{}{refused}; {}", state.n_workers, shards_told(state))))?;
    if output.is_decorated() {
        return output.list(&COLUMNS, workers.iter().map(|worker| (Value::Null, cells(worker).into())).collect());
    }
    workers.iter().try_for_each(|worker| {
        let epoch = worker.epoch.to_string();
        let [machine, version, in_work, slots, shards, heard_at, note] = cells(worker);
        output.row([
            "worker",
            &machine,
            &version,
            state_of(worker),
            &in_work,
            &slots,
            &shards,
            &epoch,
            &heard_at,
            &note,
        ])
    })
}

fn cells(worker: &QueueWorker) -> [String; 7] {
    let n_slots = worker.n_poll_slots.saturating_add(worker.n_article_slots);
    [
        worker.machine.clone(),
        worker.version.clone(),
        worker.n_in_work.to_string(),
        n_slots.to_string(),
        worker.n_shards.to_string(),
        rfc3339(worker.heard_at),
        note_of(worker),
    ]
}
