//! The next poll of a source that was polled well.

use jiff::{SignedDuration, Timestamp};

use crate::config::ScheduleSettings;
use crate::model::{PollFacts, PollHints, SourceKind};

use super::rhythm::Rhythm;

/// Share of a list that may be new at the next poll, as far as habit tells. The rest is for what habit does not tell.
const EXPECTED_SHARE_MAX: f64 = 0.4;

/// Share of a list that may be new if a surge comes such as there have been.
const SURGE_SHARE_MAX: f64 = 0.7;

/// Lists shorter than this tell nothing by being all new: a feed of the latest one or two items is always so.
const WINDOW_MIN: u16 = 3;

/// How far a due time is moved out of hours and days that a document asks to skip. A week holds all of them; who skips
/// everything has made a mistake.
const SKIPPED_HOURS_MAX: i64 = 7 * 24;

/// What the decision rests on besides what the poll found.
#[derive(Clone, Copy, Debug)]
pub struct Pulse<'a> {
    /// The source's row, as the seed of the spread.
    pub source_id: i64,
    /// What it is.
    pub kind: SourceKind,
    /// When a poll last went well; absent before the first.
    pub last_ok_at: Option<Timestamp>,
    /// What was remembered then.
    pub rhythm: &'a Rhythm,
}

/// When to come back, and what to remember until then.
#[derive(Clone, Debug, PartialEq)]
pub struct NextPoll {
    /// The due time.
    pub due_at: Timestamp,
    /// Seconds until then, before they are spread.
    pub interval_s: u32,
    /// What is remembered.
    pub rhythm: Rhythm,
    /// Whether nothing in the list had been seen before, though something should have been: what came between the last
    /// poll and the oldest entry was missed.
    pub is_cut_off: bool,
}

/// Decides when to come back after a poll.
///
/// A source is asked again when the items that it will have brought by then are worth a request: what they have waited
/// adds up to what one item waits in a source that brings one each `poll_interval_typical_s`. So the interval goes with
/// the square root of the rate, the night is passed over, and the hour in which a source begins its day is not. It is
/// cut short where the list would be renewed too far in between, in the ordinary way or by a surge such as there have
/// been. All this lies between the settings' bounds. What the document and its server ask for (`ttl`, `sy:updatePeriod`,
/// `Cache-Control`, `Expires`) is a lower bound, as long as it is not above the longest interval; hours and days that it
/// asks to skip are skipped.
#[must_use]
pub fn next_poll(settings: &ScheduleSettings, pulse: Pulse<'_>, facts: PollFacts, now: Timestamp) -> NextPoll {
    let mut rhythm = pulse.rhythm.clone();
    let seed = pulse.source_id.unsigned_abs().wrapping_mul(1_000_003) ^ now.as_second().unsigned_abs();
    if pulse.kind == SourceKind::Article {
        let interval_s = settings.article_interval_s;
        let due_at = super::jitter::later(now, interval_s, settings.jitter_percent, seed);
        return NextPoll { due_at, interval_s, rhythm, is_cut_off: false };
    }
    let is_cut_off = shares_nothing(pulse, facts) && !facts.reaches_back;
    if facts.n_entries > 0 {
        rhythm.window = narrow(facts.n_entries);
    }
    // An answer without a document says nothing of them, and neither does a document without both.
    let asked = PollHints { max_age_s: None, ..facts.hints };
    if facts.n_entries > 0 || asked != PollHints::default() {
        rhythm.asked = asked;
    }
    if let Some(last_ok_at) = pulse.last_ok_at {
        // Old items under other addresses are no news.
        let n_new = if facts.reaches_back { 0 } else { facts.n_new };
        rhythm.observe(last_ok_at, now, n_new, is_cut_off);
    }
    let wanted_s = match pulse.last_ok_at {
        None => settings.poll_interval_first_s,
        Some(_) if is_cut_off => settings.poll_interval_min_s,
        Some(_) => worthwhile_s(settings, &rhythm, now),
    };
    let asked_s = rhythm.asked.ttl_s.max(facts.hints.max_age_s).unwrap_or(0).min(settings.poll_interval_max_s);
    let interval_s = wanted_s.clamp(settings.poll_interval_min_s, settings.poll_interval_max_s).max(asked_s);
    let spread = super::jitter::later(now, interval_s, settings.jitter_percent, seed);
    let asked_at = now.checked_add(SignedDuration::from_secs(i64::from(asked_s))).unwrap_or(Timestamp::MAX);
    let due_at = unskipped(spread.max(asked_at), rhythm.asked, seed);
    NextPoll { due_at, interval_s, rhythm, is_cut_off }
}

/// Whether a list shares no item with those before it, though it should.
#[must_use]
pub fn shares_nothing(pulse: Pulse<'_>, facts: PollFacts) -> bool {
    pulse.kind != SourceKind::Article
        && pulse.last_ok_at.is_some()
        && facts.n_new == facts.n_entries
        && pulse.rhythm.window.min(narrow(facts.n_entries)) >= WINDOW_MIN
}

/// Seconds until a request is worth its while, at most the longest interval.
fn worthwhile_s(settings: &ScheduleSettings, rhythm: &Rhythm, now: Timestamp) -> u32 {
    let longest_h = f64::from(settings.poll_interval_max_s) / 3600.0;
    let typical_h = f64::from(settings.poll_interval_typical_s) / 3600.0;
    let window = f64::from(rhythm.window.max(WINDOW_MIN));
    // In item-hours; and in items.
    let mut waiting_left = typical_h * typical_h / 2.0;
    let mut waiting = 0.0;
    let mut items_left = EXPECTED_SHARE_MAX * window;
    let mut surge_left = SURGE_SHARE_MAX * window;
    for stretch in rhythm.expected(now) {
        let began_h = stretch.until_h - stretch.length_h;
        // Those that wait already go on waiting, and more join them.
        let until_waited = crossing_h(waiting, stretch.rate, waiting_left);
        let until_renewed = items_left / stretch.rate;
        let until_surged = surge_left / stretch.surge;
        // A rate of zero divides to infinity, which is never first.
        let first_h = until_waited.min(until_renewed).min(until_surged);
        if first_h <= stretch.length_h || stretch.until_h >= longest_h {
            return whole_seconds((began_h + first_h).min(longest_h) * 3600.0);
        }
        let items = stretch.rate * stretch.length_h;
        waiting_left -= (waiting + items / 2.0) * stretch.length_h;
        waiting += items;
        items_left -= items;
        surge_left -= stretch.surge * stretch.length_h;
    }
    settings.poll_interval_max_s
}

/// Hours after which items that wait, and those that come at a rate, have waited `left` item-hours in all.
fn crossing_h(n_waiting: f64, rate: f64, left: f64) -> f64 {
    // The root of rate/2 t² + n t = left, in the form that holds for a rate of zero.
    2.0 * left / (n_waiting + (n_waiting * n_waiting + 2.0 * rate * left).sqrt())
}

/// Moves a time out of the hours and days that a document asks to skip, and in the first hour after them to a place that
/// depends on the seed: many feeds skip the same hours.
fn unskipped(due_at: Timestamp, asked: PollHints, seed: u64) -> Timestamp {
    let is_skipped = |hour: i64| {
        // 1970 began on a Thursday; a Monday is day 0.
        let day = (hour.div_euclid(24) + 3).rem_euclid(7);
        asked.skip_hours & (1 << hour.rem_euclid(24)) != 0 || asked.skip_days & (1 << day) != 0
    };
    let due_hour = due_at.as_second().div_euclid(3600);
    if !is_skipped(due_hour) {
        return due_at;
    }
    let open = (due_hour..due_hour + SKIPPED_HOURS_MAX).find(|hour| !is_skipped(*hour));
    let within_s = i64::try_from(seed % 1800).unwrap_or(0);
    open.and_then(|hour| Timestamp::from_second(hour * 3600 + within_s).ok()).unwrap_or(due_at)
}

fn narrow(number: u32) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded by the longest interval")]
fn whole_seconds(seconds: f64) -> u32 {
    seconds.max(0.0) as u32
}

#[cfg(test)]
mod tests;
