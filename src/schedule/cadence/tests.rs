use super::*;
use crate::config;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

const NOON: &str = "2026-11-20T12:00:00Z";

/// Settings without spread.
fn settings() -> ScheduleSettings {
    ScheduleSettings { jitter_percent: 0, ..config::defaults().schedule }
}

/// The decision about a source that has been polled every half hour for ten days and brought so many items each time.
fn decide(n_each: u32, facts: PollFacts) -> NextPoll {
    let mut rhythm = Rhythm::default();
    rhythm.window = 20;
    let noon = at(NOON);
    for half_hour in (1..=480).rev() {
        let from = noon - SignedDuration::from_mins(30 * half_hour);
        rhythm.observe(from, from + SignedDuration::from_mins(30), n_each, false);
    }
    let pulse = Pulse { source_id: 1, kind: SourceKind::Feed, last_ok_at: Some(noon), rhythm: &rhythm };
    next_poll(&settings(), pulse, facts, noon + SignedDuration::from_mins(30))
}

fn facts(n_entries: u32, n_new: u32) -> PollFacts {
    PollFacts { n_entries, n_new, ..PollFacts::default() }
}

#[track_caller]
fn check(next: &NextPoll, expected_s: std::ops::RangeInclusive<u32>) {
    assert!(expected_s.contains(&next.interval_s), "{} is not in {expected_s:?}", next.interval_s);
    let due_s = next.due_at.duration_since(at(NOON)).as_secs() - 1800;
    assert_eq!(due_s, i64::from(next.interval_s));
}

#[test]
fn the_interval_goes_with_the_root_of_the_rate() {
    // Two an hour, eight an hour, none.
    check(&decide(1, facts(20, 1)), 2000..=2800);
    check(&decide(4, facts(20, 4)), 1000..=1400);
    check(&decide(0, facts(20, 0)), 20_000..=21_600);
}

#[test]
fn what_is_more_than_usual_brings_the_next_poll_closer() {
    let usual = decide(1, facts(20, 1)).interval_s;
    let more = decide(1, facts(20, 8)).interval_s;
    let none = decide(1, facts(20, 0)).interval_s;
    assert!(more < usual && usual < none, "{more} {usual} {none}");
}

#[test]
fn a_list_that_is_all_new_was_cut_off() {
    let next = decide(2, facts(20, 20));
    assert!(next.is_cut_off);
    check(&next, 300..=300);
    // A list of one or two items is always new.
    assert!(!decide(2, facts(2, 2)).is_cut_off);
    assert!(!decide(2, facts(20, 19)).is_cut_off);
    // Nor is one that goes back far enough under other addresses.
    let relaunched = decide(2, PollFacts { reaches_back: true, ..facts(20, 20) });
    assert!(!relaunched.is_cut_off && relaunched.interval_s > 300);
    let rhythm = Rhythm::default();
    let first = Pulse { source_id: 1, kind: SourceKind::Feed, last_ok_at: None, rhythm: &rhythm };
    let next = next_poll(&settings(), first, facts(20, 20), at(NOON));
    assert_eq!((next.interval_s, next.is_cut_off, next.rhythm.window), (1800, false, 20));
}

#[test]
fn what_is_asked_for_is_a_lower_bound_and_is_remembered() {
    let hints = |ttl_s, max_age_s| PollHints { ttl_s, max_age_s, ..PollHints::default() };
    let with = |hints| decide(4, PollFacts { hints, ..facts(20, 4) });
    check(&with(hints(Some(7200), None)), 7200..=7200);
    check(&with(hints(None, Some(5000))), 5000..=5000);
    check(&with(hints(Some(60), Some(60))), 1000..=1400);
    check(&with(hints(Some(10_000_000), None)), 21_600..=21_600);
    // Also where the source is asked sooner than usual.
    check(&decide(4, PollFacts { hints: hints(Some(7200), None), ..facts(20, 20) }), 7200..=7200);
    // An answer without a document says nothing new of `ttl`, and of its own freshness alone.
    let before = with(hints(Some(7200), Some(9000)));
    let pulse = Pulse { source_id: 1, kind: SourceKind::Feed, last_ok_at: Some(at(NOON)), rhythm: &before.rhythm };
    let unchanged = next_poll(&settings(), pulse, facts(0, 0), at("2026-11-20T14:00:00Z"));
    assert_eq!(unchanged.interval_s.max(7200), unchanged.interval_s);
    assert!(unchanged.interval_s < 9000, "{}", unchanged.interval_s);
    // The spread does not undercut it.
    let settings = config::defaults().schedule;
    for source_id in 0..50 {
        let pulse = Pulse { source_id, ..pulse };
        let next = next_poll(&settings, pulse, facts(0, 0), at("2026-11-20T14:00:00Z"));
        assert!(next.due_at >= at("2026-11-20T16:00:00Z"), "{}", next.due_at);
    }
}

#[test]
fn hours_and_days_to_skip_are_skipped() {
    let due = |skip_hours, skip_days| {
        let hints = PollHints { skip_hours, skip_days, ..PollHints::default() };
        decide(1, PollFacts { hints, ..facts(20, 1) }).due_at
    };
    // Noon to six; the 20th is a Friday.
    let due_at = due(0b11_1111 << 12, 0);
    assert!(due_at >= at("2026-11-20T18:00:00Z") && due_at < at("2026-11-20T19:00:00Z"), "{due_at}");
    let due_at = due(0, 0b111_0000);
    assert!(due_at >= at("2026-11-23T00:00:00Z") && due_at < at("2026-11-23T01:00:00Z"), "{due_at}");
    // Who skips everything is asked all the same.
    assert!(due(0xff_ffff, 0x7f) < at("2026-11-20T14:00:00Z"));
}

#[test]
fn bounds_hold_whatever_was_remembered() {
    let settings = config::defaults().schedule;
    for (n_each, n_new) in [(0, 0), (1, 20), (1000, 1000), (60_000, 60_000)] {
        let next = decide(n_each, facts(20, n_new));
        let bounds = settings.poll_interval_min_s..=settings.poll_interval_max_s;
        assert!(bounds.contains(&next.interval_s), "{n_each} {n_new}: {}", next.interval_s);
    }
    let mut hurried = settings;
    (hurried.poll_interval_min_s, hurried.poll_interval_max_s) = (1, 2);
    let rhythm = Rhythm::default();
    let pulse = Pulse { source_id: 3, kind: SourceKind::Page, last_ok_at: Some(at(NOON)), rhythm: &rhythm };
    assert!((1..=2).contains(&next_poll(&hurried, pulse, facts(20, 0), at(NOON)).interval_s));
}

#[test]
fn an_article_is_looked_at_again_at_its_own_interval() {
    let rhythm = Rhythm::default();
    let pulse = Pulse { source_id: 1, kind: SourceKind::Article, last_ok_at: Some(at(NOON)), rhythm: &rhythm };
    let next = next_poll(&settings(), pulse, facts(1, 0), at(NOON));
    assert_eq!((next.interval_s, next.is_cut_off), (86_400, false));
}

#[test]
fn sources_that_were_due_together_spread() {
    let settings = config::defaults().schedule;
    let rhythm = Rhythm::default();
    let due: std::collections::HashSet<i64> = (0..100)
        .map(|source_id| {
            let pulse = Pulse { source_id, kind: SourceKind::Feed, last_ok_at: None, rhythm: &rhythm };
            next_poll(&settings, pulse, PollFacts::default(), at(NOON)).due_at.as_second()
        })
        .collect();
    assert!(due.len() > 50, "{} of 100 differ", due.len());
}
