//! Keeps what is followed in step with a list of sources at an address.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tracing::{error, info, warn};
use url::Url;

use crate::app::App;
use crate::model::{KnownList, ListResult, public_url};
use crate::pipeline;
use crate::store::{ListCommit, StoreError, SyncReport};

/// Between two looks at what is due: a clock that was set, or a machine that slept, is noticed after this long.
const LOOK_PAUSE: Duration = Duration::from_mins(1);

/// Asks for the list whenever it is due, with the parts that are in force. New parts are those of a reload: whoever asked for it wants the
/// list as it is now. Ends when nobody gives parts any more.
pub async fn follow_source_list(mut parts: watch::Receiver<App>) {
    let mut told = Told::default();
    let mut is_wanted_now = false;
    loop {
        let app = parts.borrow_and_update().clone();
        let pause = match ask_if_due(&app, is_wanted_now, &mut told).await {
            Ok(due_at) => {
                due_at.map(|due_at| until(due_at, Timestamp::now()).clamp(Duration::from_secs(1), LOOK_PAUSE))
            }
            Err(StoreError::Closed) => return,
            Err(error) => {
                error!("the list of sources is not taken over: {error}");
                Some(LOOK_PAUSE)
            }
        };
        let next_look = async {
            match pause {
                Some(pause) => tokio::time::sleep(pause).await,
                None => std::future::pending().await,
            }
        };
        is_wanted_now = tokio::select! {
            () = next_look => false,
            changed = parts.changed() => {
                if changed.is_err() {
                    return;
                }
                true
            }
        };
    }
}

/// Asks for the list once, if it is due: for one-shot work that does what is due.
///
/// # Errors
///
/// When the database cannot be written.
pub async fn ask_for_due_source_list(app: &App) -> Result<(), StoreError> {
    ask_if_due(app, false, &mut Told::default()).await.map(|_| ())
}

/// Asks for the list if it is due, or wanted now. Returns when it is due next; nothing where the settings name none.
async fn ask_if_due(app: &App, is_wanted_now: bool, told: &mut Told) -> Result<Option<Timestamp>, StoreError> {
    let Some(list) = &app.config.list_at_address else { return Ok(None) };
    let known = app.store.known_list(list.url.clone()).await?;
    let due_at = due_at(&known, list.interval_s, Timestamp::now());
    if due_at > Timestamp::now() && !is_wanted_now {
        return Ok(Some(due_at));
    }
    let poll = pipeline::poll_source_list(&app.stages, known, list.interval_s).await;
    if let ListResult::Listed { notices, .. } = &poll.result {
        for notice in notices {
            warn!("list of sources {}: {notice}", public_url(&list.url));
        }
    }
    let next_due_at = after(poll.finished_at, poll.wait_s);
    let commit = app.store.commit_list(poll).await?;
    told.tell(&public_url(&list.url), &commit);
    Ok(Some(next_due_at))
}

/// When a list is due. One that was asked for in the future, by a clock that was ahead, is due.
fn due_at(known: &KnownList, interval_s: u32, now: Timestamp) -> Timestamp {
    match known.asked_at {
        Some(asked_at) if asked_at <= now => {
            // The settings may have changed since; a wait after a failure is not theirs.
            let wait_s = if known.n_failures == 0 { known.wait_s.min(interval_s) } else { known.wait_s };
            after(asked_at, wait_s)
        }
        _ => now,
    }
}

fn after(time: Timestamp, wait_s: u32) -> Timestamp {
    time.saturating_add(SignedDuration::from_secs(i64::from(wait_s))).unwrap_or(Timestamp::MAX)
}

fn until(due: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(due.duration_since(now)).unwrap_or_default()
}

/// What the log says of the list: each change, and a failure once for as long as it is the same. With other settings it may be another list.
#[derive(Debug, Default)]
struct Told {
    failure: Option<(Url, String)>,
}

impl Told {
    fn tell(&mut self, url: &Url, commit: &ListCommit) {
        let ListCommit { report, failure } = commit;
        log_changes(report);
        let failure = failure.as_ref().map(|failure| (url.clone(), failure.to_string()));
        match (&failure, &self.failure) {
            (Some(new), old) if old.as_ref() != Some(new) => {
                let reason = &new.1;
                warn!(%url, "list of sources {url}: {reason}; the sources that it had are followed on");
            }
            (None, Some((failed, _))) if failed == url => info!(%url, "list of sources {url}: it can be read again"),
            _ => {}
        }
        self.failure = failure;
    }
}

/// Says in the log what a list has changed.
pub fn log_changes(report: &SyncReport) {
    for (slugs, what) in [(&report.added, "new"), (&report.changed, "changed"), (&report.removed, "no longer listed")] {
        if !slugs.is_empty() {
            info!("sources {what}: {}", slugs.join(", "));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_due_after_its_wait_whatever_the_clock_did() {
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let check = |asked_minutes_ago: Option<i64>, wait_s, n_failures, expected_minutes: i64| {
            let url = Url::parse("https://lists.example/ours.opml").unwrap();
            let asked_at = asked_minutes_ago.map(|minutes| now - SignedDuration::from_mins(minutes));
            let known = KnownList { asked_at, wait_s, n_failures, ..KnownList::untried(url) };
            let expected = now + SignedDuration::from_mins(expected_minutes);
            assert_eq!(due_at(&known, 3600, now), expected, "{asked_minutes_ago:?} {wait_s} {n_failures}");
        };
        check(None, 0, 0, 0);
        check(Some(10), 3600, 0, 50);
        check(Some(10), 86_400, 0, 50);
        check(Some(10), 86_400, 1, 1430);
        check(Some(10), 300, 1, -5);
        check(Some(-10), 3600, 0, 0);
    }
}
