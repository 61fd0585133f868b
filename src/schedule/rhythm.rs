//! What is remembered of a source between its polls: how many items it brings at which hour of the day, and what it
//! asked for. Some 150 bytes a source, and 12 before anything has been seen.
//!
//! Counts fade: an hour of the day speaks for about the last five days, a surge for about the last twenty. So a source
//! that changes its habits is followed within days, and what it does now counts within hours.

use jiff::Timestamp;

use crate::model::PollHints;

/// Hours seen of one hour of the day after which what was counted there has faded to a third. A weekend has to be
/// noticed, a single quiet day must not be taken for a habit.
const COUNT_FADES_H: f64 = 5.0;

/// The same for surges, which are rarer, and no two of them alike: the worst of some weeks is what the next may be.
const SURGE_FADES_H: f64 = 20.0;

/// How fast the present fades: after this many hours what was seen counts a third. A surge of an hour and a strike of a
/// day are both to be noticed while they last.
const PRESENT_FADES_H: f64 = 2.0;

/// An hour of the day is taken to be like all others until this many hours of it have been seen.
const LIKE_OTHERS_H: f64 = 0.5;

/// Before anything is seen a source is taken to bring this many items in [`UNSEEN_H`] hours: few enough that a quiet one is
/// let alone within a day.
const UNSEEN_ITEMS: f64 = 0.5;
const UNSEEN_H: f64 = 0.5;

/// How much evidence, in items, the present needs to be believed against habit.
const PRESENT_DOUBT_ITEMS: f64 = 1.5;

/// By how much the present may differ from habit.
const PRESENT_BOUNDS: (f64, f64) = (0.25, 12.0);

/// Least share of a list that must be new for the time before to count as a surge; less is the ordinary.
const SURGE_SHARE: f64 = 0.25;

/// Fewest items of a surge, and the shortest time that one is measured over: two items in ten seconds are chance, and who
/// polls by hand a moment after the daemon shall not leave a source hurried for weeks.
const SURGE_ITEMS_MIN: f64 = 3.0;
const SURGE_MEASURED_MIN_S: i64 = 600;

/// Where a whole list was new, it brought more than we saw: by about this much.
const CUT_OFF_FACTOR: f64 = 1.5;

/// Of a source that is new to us we do not know its surges. At first one is thought possible that renews its whole list in
/// this time; the thought fades as its days are seen. Less asks new sources often, more misses their first surges.
const UNKNOWN_SURGE_H: f64 = 0.35;
const UNKNOWN_FADES_H: f64 = 30.0;

/// A surge is expected at its hour and the hours beside it; at other hours in which the source works, to this share.
const SURGE_ELSEWHERE: f64 = 0.7;

/// Share of the usual rate above which a source is at work.
const AT_WORK_SHARE: f64 = 0.3;

/// What lies longer ago than this says nothing of single hours of a day.
const OBSERVED_MAX_S: i64 = 86_400;

const FORMAT: u8 = 1;
const HEAD_BYTES: usize = 12;
const BYTES: usize = HEAD_BYTES + 2 * 2 + 24 * 3 * 2;

/// The rhythm of a source.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rhythm {
    /// Entries of its last list that had some: how far back a poll can see.
    pub window: u16,
    /// What its document last asked for; an answer without a body says nothing new of it.
    pub asked: PollHints,
    /// Items that came lately, and how many habit would have brought; both fade.
    present: (f64, f64),
    hours: [Hour; 24],
}

/// What is remembered of an hour of the day, in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Hour {
    n_new: f64,
    seen_h: f64,
    /// Items an hour at the worst.
    surge: f64,
}

/// What is to be expected of a stretch of time within an hour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Expected {
    /// Hours from the question to the end of the stretch.
    pub(super) until_h: f64,
    /// Length in hours.
    pub(super) length_h: f64,
    /// Items an hour.
    pub(super) rate: f64,
    /// Items an hour if a surge comes.
    pub(super) surge: f64,
}

impl Rhythm {
    /// Reads what [`Rhythm::to_bytes`] wrote. What cannot be read is as if nothing had been seen.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Rhythm {
        let mut rhythm = Rhythm::default();
        if bytes.first() != Some(&FORMAT) || bytes.len() < HEAD_BYTES {
            return rhythm;
        }
        let short = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        let long = |at: usize| u32::from(short(at)) | u32::from(short(at + 2)) << 16;
        rhythm.window = short(1);
        let (ttl_s, skip_hours, skip_days) = (long(3), long(7), bytes[11]);
        rhythm.asked =
            PollHints { ttl_s: Some(ttl_s).filter(|ttl_s| *ttl_s > 0), max_age_s: None, skip_hours, skip_days };
        if bytes.len() == BYTES {
            let number = |at: usize| decoded(short(HEAD_BYTES + 2 * at));
            rhythm.present = (number(0), number(1));
            for (position, hour) in rhythm.hours.iter_mut().enumerate() {
                let at = 2 + 3 * position;
                *hour = Hour { n_new: number(at), seen_h: number(at + 1), surge: number(at + 2) };
            }
        }
        rhythm
    }

    /// The form in which it is kept. Numbers lose some precision, more the larger they are.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let Rhythm { window, asked, present, hours } = self;
        let mut bytes = Vec::with_capacity(BYTES);
        bytes.push(FORMAT);
        bytes.extend(window.to_le_bytes());
        bytes.extend(asked.ttl_s.unwrap_or(0).to_le_bytes());
        bytes.extend(asked.skip_hours.to_le_bytes());
        bytes.push(asked.skip_days);
        if hours.iter().all(|hour| hour.seen_h <= 0.0) {
            return bytes;
        }
        let numbers = hours.iter().flat_map(|hour| [hour.n_new, hour.seen_h, hour.surge]);
        for number in [present.0, present.1].into_iter().chain(numbers) {
            bytes.extend(encoded(number).to_le_bytes());
        }
        bytes
    }

    /// Takes in what came between two polls.
    pub(super) fn observe(&mut self, from: Timestamp, to: Timestamp, n_new: u32, is_cut_off: bool) {
        let whole_s = to.as_second() - from.as_second();
        if whole_s <= 0 {
            return;
        }
        let observed_s = whole_s.min(OBSERVED_MAX_S);
        let rate = f64::from(n_new) * 3600.0 / seconds(whole_s);
        let overall = self.overall();
        let is_surge = f64::from(n_new) >= (SURGE_SHARE * f64::from(self.window)).max(SURGE_ITEMS_MIN);
        let seen = f64::from(n_new) * 3600.0 / seconds(whole_s.max(SURGE_MEASURED_MIN_S));
        let surge = if is_cut_off { seen * CUT_OFF_FACTOR } else { seen };
        let mut expected = 0.0;
        for (position, length_h) in stretches(to.as_second() - observed_s, observed_s) {
            expected += self.habit(position, overall) * length_h;
            let hour = &mut self.hours[position];
            let fading = (-length_h / COUNT_FADES_H).exp();
            hour.n_new = hour.n_new * fading + rate * length_h;
            hour.seen_h = hour.seen_h * fading + length_h;
            hour.surge *= (-length_h / SURGE_FADES_H).exp();
            if is_surge {
                hour.surge = hour.surge.max(surge);
            }
        }
        let observed_h = seconds(observed_s) / 3600.0;
        let fading = (-observed_h / PRESENT_FADES_H).exp();
        self.present = (self.present.0 * fading + rate * observed_h, self.present.1 * fading + expected);
    }

    /// What is to be expected from `now` on, hour by hour, without end.
    pub(super) fn expected(&self, now: Timestamp) -> impl Iterator<Item = Expected> {
        let overall = self.overall();
        let surge_max = self.hours.iter().map(|hour| hour.surge).fold(0.0, f64::max);
        let seen_h: f64 = self.hours.iter().map(|hour| hour.seen_h).sum();
        let unknown = f64::from(self.window) / UNKNOWN_SURGE_H * (-seen_h / UNKNOWN_FADES_H).exp();
        let (brought, expected) = self.present;
        let present = ((brought + PRESENT_DOUBT_ITEMS) / (expected + PRESENT_DOUBT_ITEMS))
            .clamp(PRESENT_BOUNDS.0, PRESENT_BOUNDS.1);
        let mut until_h = 0.0;
        stretches(now.as_second(), i64::MAX / 2).map(move |(position, length_h)| {
            // The present goes over into habit as fast as it fades.
            let likeness = 1.0 + (present - 1.0) * (-until_h / PRESENT_FADES_H).exp();
            let habit = self.habit(position, overall);
            let beside = [(position + 23) % 24, position, (position + 1) % 24];
            let near = beside.iter().map(|beside| self.hours[*beside].surge).fold(0.0, f64::max);
            let is_at_work = habit >= AT_WORK_SHARE * overall;
            until_h += length_h;
            Expected {
                until_h,
                length_h,
                rate: habit * likeness,
                surge: if is_at_work { near.max(SURGE_ELSEWHERE * surge_max) } else { near }.max(unknown),
            }
        })
    }

    /// Items that habit would bring between two times.
    #[must_use]
    pub fn habitual(&self, from: Timestamp, to: Timestamp) -> f64 {
        let whole_s = (to.as_second() - from.as_second()).clamp(0, 31 * OBSERVED_MAX_S);
        let overall = self.overall();
        stretches(from.as_second(), whole_s).map(|(position, length_h)| self.habit(position, overall) * length_h).sum()
    }

    /// Items that habit brings in each hour of the day, in UTC; absent before anything has been seen.
    #[must_use]
    pub fn by_hour(&self) -> Option<[f64; 24]> {
        let overall = self.overall();
        let is_known = self.hours.iter().any(|hour| hour.seen_h > 0.0);
        is_known.then(|| std::array::from_fn(|position| self.habit(position, overall)))
    }

    /// Items an hour, whatever the hour.
    fn overall(&self) -> f64 {
        let (n_new, seen_h) =
            self.hours.iter().fold((0.0, 0.0), |(n_new, seen_h), hour| (n_new + hour.n_new, seen_h + hour.seen_h));
        (n_new + UNSEEN_ITEMS) / (seen_h + UNSEEN_H)
    }

    fn habit(&self, position: usize, overall: f64) -> f64 {
        let Hour { n_new, seen_h, .. } = self.hours[position];
        (n_new + LIKE_OTHERS_H * overall) / (seen_h + LIKE_OTHERS_H)
    }
}

/// Cuts a stretch of time at the full hours: which hour of the day each piece is in, and its length in hours.
fn stretches(from_s: i64, length_s: i64) -> impl Iterator<Item = (usize, f64)> {
    let end_s = from_s.saturating_add(length_s);
    let mut at_s = from_s;
    std::iter::from_fn(move || {
        let until_s = (at_s.div_euclid(3600) + 1).saturating_mul(3600).min(end_s);
        let position = usize::try_from(at_s.div_euclid(3600).rem_euclid(24)).unwrap_or(0);
        let piece_s = until_s - at_s;
        at_s = until_s;
        (piece_s > 0).then(|| (position, seconds(piece_s) / 3600.0))
    })
}

#[expect(clippy::cast_precision_loss, reason = "some days, in seconds")]
fn seconds(number: i64) -> f64 {
    number as f64
}

/// Numbers up to 4096 in two bytes, by their square root: near zero to a millionth, at a hundred to a fiftieth.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded the line before")]
fn encoded(number: f64) -> u16 {
    let root = (number.max(0.0).sqrt() * 1024.0).round().min(f64::from(u16::MAX));
    root as u16
}

fn decoded(code: u16) -> f64 {
    let root = f64::from(code) / 1024.0;
    root * root
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// A source that brought six items in every hour from 8 to 18, polled every half hour for some days.
    fn working(n_days: i64) -> Rhythm {
        let mut rhythm = Rhythm { window: 20, ..Rhythm::default() };
        let start = at("2026-03-02T00:00:00Z").as_second();
        for half_hour in 0..n_days * 48 {
            let from = Timestamp::from_second(start + half_hour * 1800).unwrap();
            let to = Timestamp::from_second(start + (half_hour + 1) * 1800).unwrap();
            let is_at_work = (16..36).contains(&(half_hour % 48));
            rhythm.observe(from, to, if is_at_work { 3 } else { 0 }, false);
        }
        rhythm
    }

    #[test]
    fn the_hours_of_the_day_are_told_apart() {
        let rhythm = working(5);
        let rates: Vec<f64> =
            rhythm.expected(at("2026-03-07T00:00:00Z")).take(24).map(|expected| expected.rate).collect();
        assert!(rates[3] < 0.4, "{rates:?}");
        assert!((5.0..7.0).contains(&rates[12]), "{rates:?}");
        let day = rhythm.habitual(at("2026-03-07T00:00:00Z"), at("2026-03-08T00:00:00Z"));
        assert!((55.0..65.0).contains(&day), "{day}");
        let by_hour = rhythm.by_hour().unwrap();
        assert!(by_hour[3] < 0.4 && (5.0..7.0).contains(&by_hour[12]), "{by_hour:?}");
        assert_eq!(Rhythm { window: 20, ..Rhythm::default() }.by_hour(), None);
    }

    #[test]
    fn the_present_outweighs_habit_for_some_hours() {
        let mut rhythm = working(5);
        rhythm.observe(at("2026-03-07T12:00:00Z"), at("2026-03-07T12:30:00Z"), 19, false);
        let stretches: Vec<Expected> = rhythm.expected(at("2026-03-07T12:30:00Z")).take(8).collect();
        assert!(stretches[0].rate > 10.0, "{stretches:?}");
        assert!(stretches[5].rate < 7.5, "{stretches:?}");
        assert!((37.0..39.0).contains(&stretches[0].surge), "{stretches:?}");
        assert!((0.49..0.51).contains(&stretches[0].length_h) && (1.49..1.51).contains(&stretches[1].until_h));
    }

    #[test]
    fn a_moment_is_too_short_for_a_surge() {
        let mut rhythm = working(5);
        rhythm.observe(at("2026-03-07T12:00:00Z"), at("2026-03-07T12:00:01Z"), 2, false);
        let surge = |rhythm: &Rhythm| rhythm.expected(at("2026-03-07T12:30:00Z")).next().unwrap().surge;
        assert!(surge(&rhythm) < 10.0, "{}", surge(&rhythm));
        rhythm.observe(at("2026-03-07T12:00:01Z"), at("2026-03-07T12:00:02Z"), 10, false);
        assert!((59.0..61.0).contains(&surge(&rhythm)), "{}", surge(&rhythm));
    }

    #[test]
    fn it_survives_its_column() {
        let mut rhythm = working(2);
        rhythm.asked = PollHints { ttl_s: Some(3600), max_age_s: None, skip_hours: 0xff_00ff, skip_days: 0x41 };
        let bytes = rhythm.to_bytes();
        assert_eq!(bytes.len(), BYTES);
        let back = Rhythm::from_bytes(&bytes);
        assert_eq!((back.window, back.asked), (rhythm.window, rhythm.asked));
        assert!((back.overall() - rhythm.overall()).abs() < 0.01);
        assert_eq!(Rhythm::from_bytes(&back.to_bytes()).to_bytes(), back.to_bytes());
        let fresh = Rhythm { window: 25, ..Rhythm::default() };
        assert_eq!(fresh.to_bytes().len(), HEAD_BYTES);
        assert_eq!(Rhythm::from_bytes(&fresh.to_bytes()), fresh);
        for broken in [&b""[..], b"\x07", b"\x01abc", &[0; 200], &bytes[..100]] {
            let _ = Rhythm::from_bytes(broken).expected(at("2026-03-07T12:30:00Z")).next();
        }
        assert_eq!(Rhythm::from_bytes(b"\x01ab"), Rhythm::default());
    }

    #[test]
    fn times_that_run_backwards_or_far_do_no_harm() {
        let mut rhythm = working(1);
        let before = rhythm.clone();
        rhythm.observe(at("2026-03-07T12:00:00Z"), at("2026-03-07T11:00:00Z"), 9, false);
        assert_eq!(rhythm, before);
        rhythm.observe(Timestamp::MIN, at("2026-03-07T11:00:00Z"), u32::MAX, true);
        assert!(rhythm.to_bytes().len() == BYTES && rhythm.overall().is_finite());
    }
}
