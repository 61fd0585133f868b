//! Whether it runs and brings something: what `newswire status` ends with, and what a monitor asks for.

use jiff::{SignedDuration, Timestamp};

use crate::model::QueueState;
use crate::store::{DaemonSign, FailingList, StatusReport};

/// A daemon that has not given a sign for so long has a problem.
pub(super) const SILENCE_MAX: SignedDuration = SignedDuration::from_secs(60);

/// Sources are polled four times in this, even the quietest by the default settings. When none of them has answered, the network is gone,
/// or whoever stands between.
const ANSWER_AGE_MAX: SignedDuration = SignedDuration::from_hours(24);

/// A list of sources may be gone for so long, or for so many of its intervals if they are longer: its server comes back, or somebody mends
/// what they wrote, and meanwhile the sources that it had are followed.
const LIST_FAILURE_MAX: SignedDuration = SignedDuration::from_hours(24);
const LIST_FAILURES_MAX: i64 = 3;

/// A queue may be away for so long, and hosts without a worker: a server that is started over is back by then, and workers that come or go have
/// passed hosts on.
const QUEUE_PATIENCE: SignedDuration = SignedDuration::from_mins(1);

/// What is known of who ingests.
#[derive(Clone, Copy, Debug)]
pub(super) struct Circumstances<'a> {
    /// How the process that ingests now describes itself.
    pub(super) holder: Option<&'a str>,
    /// Whether the file was ever ingested into at this place. A daemon's sign in a backup is that of another file.
    pub(super) is_at_work_here: bool,
    /// Whether a daemon that was stopped is missed too.
    pub(super) is_wanted: bool,
    /// The newest article must not be older than this.
    pub(super) since: Timestamp,
    /// Time between two requests for the list of sources; 0 where the settings have none at an address.
    pub(super) list_interval_s: u32,
    /// The names of the receivers that the settings have.
    pub(super) receivers: &'a [&'a str],
    pub(super) now: Timestamp,
}

/// What is wrong; nothing where all is well. What a daemon brings is judged from its start on; of what stands still on purpose nothing is
/// expected, unless it is wanted.
pub(super) fn troubles(report: &StatusReport, circumstances: Circumstances<'_>) -> Vec<String> {
    let Circumstances { holder, is_at_work_here, is_wanted, since, now, .. } = circumstances;
    let sign = report.daemon.as_ref().filter(|sign| is_at_work_here && !sign.is_one_shot);
    let is_up = holder.is_some() && sign.is_some_and(|sign| sign.stopped_at.is_none());
    let mut troubles: Vec<String> = trouble_of_daemon(report, sign, circumstances).into_iter().collect();
    let is_expected = is_up || is_wanted;
    if let Some(list) = &report.failing_list
        && (is_expected || is_asked_for(list, sign, circumstances))
    {
        troubles.extend(trouble_of_list(list, circumstances));
    }
    if !is_expected {
        return troubles;
    }
    if is_up && let Some(queue) = &report.queue {
        troubles.extend(troubles_of_queue(queue, now));
    }
    troubles.extend(report.receivers.iter().filter_map(|state| {
        let trouble = state.trouble(circumstances.receivers.contains(&state.name.as_str()), now)?;
        Some(trouble.why)
    }));
    if !report.sources_by_state.iter().any(|(state, count)| state == "active" && *count > 0) {
        return troubles;
    }
    let began_at = sign.filter(|_| is_up).map(|sign| sign.started_at);
    let told = |what: &str, last: Option<Timestamp>| match last {
        Some(last) => format!("no {what} since {last:.0}"),
        None => format!("no {what} yet"),
    };
    for (what, last, since) in [
        ("source has answered", report.last_answer_at, now - ANSWER_AGE_MAX),
        ("article has come", report.last_article_at, since),
    ] {
        if last.max(began_at).is_none_or(|last| last < since) {
            troubles.push(told(what, last));
        }
    }
    troubles
}

fn trouble_of_daemon(
    report: &StatusReport,
    sign: Option<&DaemonSign>,
    circumstances: Circumstances<'_>,
) -> Option<String> {
    let Circumstances { holder, is_wanted, now, .. } = circumstances;
    let sign = sign?;
    match (sign.stopped_at, holder) {
        (None, None) if report.last_answer_at <= Some(sign.heartbeat_at + SILENCE_MAX) => {
            Some(format!("the daemon ended without stopping after {:.0}", sign.heartbeat_at))
        }
        (None, Some(holder)) => {
            let silence = now.duration_since(sign.heartbeat_at);
            let is_daemon = holder.ends_with(&format!(" {}", sign.pid));
            let told = || format!("the daemon has given no sign of life for {} s", silence.as_secs());
            (is_daemon && silence > SILENCE_MAX).then(told)
        }
        // Where a timer does its work now, sources have answered since.
        (Some(stopped_at), None) if is_wanted && report.last_answer_at <= Some(stopped_at) => {
            Some(format!("the daemon was stopped at {stopped_at:.0}"))
        }
        _ => None,
    }
}

/// What keeps work from workers. Of a daemon that gives no sign of life that is told, and no more.
fn troubles_of_queue(queue: &QueueState, now: Timestamp) -> Vec<String> {
    if now.duration_since(queue.told_at) > SILENCE_MAX {
        return Vec::new();
    }
    let trouble = queue.trouble(now, QUEUE_PATIENCE).map(|trouble| trouble.why);
    trouble.into_iter().chain(queue.refusals()).collect()
}

/// What is said of a list that cannot be read, also before it is a trouble.
pub(super) fn describe_list(list: &FailingList) -> String {
    let FailingList { url, since, error, .. } = list;
    format!("the list of sources {url} could not be read since {since:.0}: {error}")
}

/// A list that cannot be read for long. That its server was away for some hours is nothing that somebody must get up for.
fn trouble_of_list(list: &FailingList, circumstances: Circumstances<'_>) -> Option<String> {
    let age = circumstances.now.duration_since(list.since);
    (age > patience_with_list(circumstances)).then(|| describe_list(list))
}

/// Whether a timer goes on asking for a list, where no daemon does.
fn is_asked_for(list: &FailingList, sign: Option<&DaemonSign>, circumstances: Circumstances<'_>) -> bool {
    let by_daemon_until = sign.map(|sign| sign.stopped_at.unwrap_or(sign.heartbeat_at + SILENCE_MAX));
    circumstances.is_at_work_here
        && by_daemon_until.is_none_or(|until| list.asked_at > until)
        && circumstances.now.duration_since(list.asked_at) <= patience_with_list(circumstances)
}

fn patience_with_list(circumstances: Circumstances<'_>) -> SignedDuration {
    LIST_FAILURE_MAX.max(SignedDuration::from_secs(LIST_FAILURES_MAX * i64::from(circumstances.list_interval_s)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::ReceiverState;

    const NOW: &str = "2026-11-20T12:00:00Z";

    fn at(hours_ago: i64) -> Timestamp {
        NOW.parse::<Timestamp>().unwrap() - SignedDuration::from_hours(hours_ago)
    }

    /// A daemon that has run for ten days, and a source that has answered and brought something an hour ago.
    fn well() -> StatusReport {
        let daemon = DaemonSign {
            pid: 7,
            is_one_shot: false,
            version: String::new(),
            started_at: at(240),
            heartbeat_at: at(0),
            stopped_at: None,
        };
        StatusReport {
            daemon: Some(daemon),
            queue: None,
            file_bytes: 0,
            n_articles: 1,
            n_duplicates: 0,
            n_revisions: 0,
            n_articles_24h: 1,
            sources_by_state: vec![("active".to_owned(), 1)],
            failing: Vec::new(),
            n_sources_due: 0,
            n_links_due: 0,
            n_links_later: 0,
            n_links_given_up: 0,
            fetches_24h: (1, 0),
            last_answer_at: Some(at(1)),
            last_article_at: Some(at(1)),
            failing_list: None,
            receivers: Vec::new(),
        }
    }

    fn of(holder: Option<&str>) -> Circumstances<'_> {
        Circumstances {
            holder,
            is_at_work_here: true,
            is_wanted: false,
            since: at(72),
            list_interval_s: 3600,
            receivers: &["desk"],
            now: at(0),
        }
    }

    /// What is told without and with a wish that it runs.
    #[track_caller]
    fn check(report: &StatusReport, holder: Option<&str>, expected: [&str; 2]) {
        let told = [false, true].map(|is_wanted| {
            let circumstances = Circumstances { is_wanted, ..of(holder) };
            troubles(report, circumstances).join("; ")
        });
        assert_eq!(told, expected);
    }

    #[test]
    fn a_daemon_that_is_dead_or_hangs_is_told() {
        let holder = Some("newswire, process 7");
        let died = "the daemon ended without stopping after 2026-11-20T12:00:00Z";
        check(&well(), holder, ["", ""]);
        check(&well(), None, [died, died]);
        let mut report = well();
        report.daemon.as_mut().unwrap().heartbeat_at = at(1);
        let silent = "the daemon has given no sign of life for 3600 s";
        check(&report, holder, [silent, silent]);
        check(&report, Some("newswire, process 77"), ["", ""]);
        let of_backup = Circumstances { is_at_work_here: false, ..of(None) };
        assert_eq!(troubles(&report, of_backup), Vec::<String>::new());
    }

    #[test]
    fn a_daemon_that_was_stopped_is_missed_by_who_wants_it() {
        let mut report = well();
        report.daemon.as_mut().unwrap().stopped_at = Some(at(0));
        check(&report, None, ["", "the daemon was stopped at 2026-11-20T12:00:00Z"]);
        // A timer has taken over.
        report.daemon.as_mut().unwrap().stopped_at = Some(at(2));
        check(&report, None, ["", ""]);
        report.daemon.as_mut().unwrap().is_one_shot = true;
        report.daemon.as_mut().unwrap().stopped_at = Some(at(0));
        check(&report, None, ["", ""]);
        report.daemon = None;
        check(&report, None, ["", ""]);
    }

    #[test]
    fn what_brings_nothing_for_long_is_told() {
        let holder = Some("newswire, process 7");
        let mut report = well();
        report.last_article_at = Some(at(73));
        let told = "no article has come since 2026-11-17T11:00:00Z";
        check(&report, holder, [told, told]);
        report.last_answer_at = Some(at(25));
        let told = "no source has answered since 2026-11-19T11:00:00Z; no article has come since 2026-11-17T11:00:00Z";
        check(&report, holder, [told, told]);
        // It was switched on just now.
        report.daemon.as_mut().unwrap().started_at = at(0);
        check(&report, holder, ["", ""]);
        // An archive, and a daemon that follows nothing.
        report.daemon = None;
        check(&report, None, ["", told]);
        (report.last_answer_at, report.last_article_at) = (None, None);
        check(&report, None, ["", "no source has answered yet; no article has come yet"]);
        report.sources_by_state = vec![("paused".to_owned(), 1)];
        check(&report, None, ["", ""]);
    }

    #[test]
    fn a_receiver_that_takes_nothing_is_told_where_a_daemon_is_to_run() {
        let holder = Some("newswire, process 7");
        let paused = |name: &str| ReceiverState {
            name: name.to_owned(),
            n_waiting: 1,
            paused_at: Some("2026-11-20T11:00:00Z".to_owned()),
            error: Some("HTTP 410".to_owned()),
            ..ReceiverState::default()
        };
        let mut report = well();
        report.receivers = vec![paused("desk")];
        let told = "receiver desk is paused, and its messages wait until `newswire receivers resume desk`: HTTP 410";
        check(&report, holder, [told, told]);
        report.receivers = vec![paused("quay")];
        let told = "the settings have no receiver quay, for which messages wait: put it back, or `newswire receivers forget quay` gives \
                    them up";
        check(&report, holder, [told, told]);
        report.daemon = None;
        check(&report, None, ["", told]);
    }

    /// A queue without workers, which went away, or whose last worker did, so many minutes ago.
    fn queue(is_away: bool, since_minutes: i64) -> QueueState {
        let since = at(0) - SignedDuration::from_mins(since_minutes);
        let unattended_since = (!is_away).then_some(since);
        QueueState {
            is_away,
            since,
            unattended_since,
            n_workers: 0,
            n_shards_held: 0,
            workers: Vec::new(),
            ..QueueState::of_tests()
        }
    }

    #[test]
    fn a_queue_that_is_away_or_without_workers_is_told_after_a_minute_while_the_daemon_runs() {
        let holder = Some("newswire, process 7");
        let with = |queue: QueueState| StatusReport { queue: Some(queue), ..well() };
        check(&with(queue(true, 1)), holder, ["", ""]);
        let told = "the queue at queue.example:4222 is away since 2026-11-20T11:58:00Z: the connection is lost";
        check(&with(queue(true, 2)), holder, [told, told]);
        let told = "no worker has asked for work since 2026-11-20T11:58:00Z, and nothing is fetched until one does (`newswire work`)";
        check(&with(queue(false, 2)), holder, [told, told]);
        let refused = "2 more workers get no work";
        let mixed = QueueState { n_refused: 2, ..queue(false, 1) };
        check(&with(mixed.clone()), holder, [refused, refused]);
        // It says nothing any more.
        let died = "the daemon ended without stopping after 2026-11-20T12:00:00Z";
        check(&with(mixed.clone()), None, [died, died]);
        check(&with(QueueState { told_at: at(1), ..mixed }), holder, ["", ""]);
    }

    #[test]
    fn a_list_of_sources_that_cannot_be_read_is_told_after_a_day_or_three_of_its_intervals() {
        let holder = Some("newswire, process 7");
        let failing = |hours_ago| {
            let url = "https://lists.example/ours.opml".to_owned();
            let list = FailingList {
                url,
                since: at(hours_ago),
                asked_at: at(hours_ago),
                error: "server error 500".to_owned(),
            };
            StatusReport { failing_list: Some(list), ..well() }
        };
        check(&failing(23), holder, ["", ""]);
        let told = "the list of sources https://lists.example/ours.opml could not be read since 2026-11-19T11:00:00Z: \
                    server error 500";
        check(&failing(25), holder, [told, told]);
        // A daemon that has just been started over may have failed to read it all along, and have nothing else to follow.
        let mut report = failing(25);
        report.daemon.as_mut().unwrap().started_at = at(0);
        report.sources_by_state = vec![("manual".to_owned(), 1)];
        check(&report, holder, [told, told]);
        // Only who wants that it is followed misses it where nobody does.
        report.daemon = None;
        check(&report, None, ["", told]);
        // A timer asks for it in a daemon's place.
        report.failing_list.as_mut().unwrap().asked_at = at(2);
        check(&report, None, [told, told]);
        let of_backup = Circumstances { is_at_work_here: false, ..of(None) };
        assert_eq!(troubles(&report, of_backup), Vec::<String>::new());
        report.daemon = well().daemon;
        report.daemon.as_mut().unwrap().stopped_at = Some(at(1));
        check(&report, None, ["", &format!("the daemon was stopped at 2026-11-20T11:00:00Z; {told}")]);
        report.daemon.as_mut().unwrap().stopped_at = Some(at(3));
        report.last_answer_at = Some(at(2));
        check(&report, None, [told, told]);
        let seldom = Circumstances { list_interval_s: 86_400, ..of(holder) };
        assert_eq!(troubles(&failing(71), seldom), Vec::<String>::new());
        assert_eq!(troubles(&failing(73), seldom).len(), 1);
    }
}
