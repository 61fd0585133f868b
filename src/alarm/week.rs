//! How often a source brings something at each hour of the week: the intensity of a point process whose rate depends on
//! the hour and the weekday (Cox and Lewis, The Statistical Analysis of Series of Events, 1966), learned with slow
//! forgetting.
//!
//! Hours are those of UTC. What a change to summer time moves is learned anew, and hours beside one another speak for one
//! another meanwhile.

use super::packed::{Packer, Unpacker};

const HOUR_S: i64 = 3600;
const HOURS: usize = 168;

/// After this many days what was seen counts a third: some six weeks show a habit, and a trend is followed.
const FADES_D: f64 = 42.0;

/// Hours of experience that the habit of all days is worth against that of one day, and a day's against that of an hour.
const DAY_DOUBT_H: f64 = 4.0;
const WEEKDAY_DOUBT_H: f64 = 16.0;
const CELL_DOUBT_H: f64 = 2.0;

/// The least share of its usual rate that a source is taken to have at any hour.
const SHARE_MIN: f64 = 0.004;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Week {
    n: [f32; HOURS],
    seen_h: [f32; HOURS],
    /// Day up to which it has faded.
    day: i64,
}

impl Default for Week {
    fn default() -> Week {
        Week { n: [0.0; HOURS], seen_h: [0.0; HOURS], day: 0 }
    }
}

/// A stretch of time within an hour of the week.
#[derive(Clone, Copy)]
struct Piece {
    hour: usize,
    length_h: f64,
}

impl Week {
    pub(super) fn pack(&self, packer: &mut Packer) {
        packer.whole(self.day);
        packer.roughly(&self.n);
        packer.roughly(&self.seen_h);
    }

    pub(super) fn unpack(from: &mut Unpacker<'_>) -> Week {
        Week { day: from.whole(), n: from.roughly(), seen_h: from.roughly() }
    }

    /// How many times it is expected to bring something in a stretch of time.
    pub(super) fn expected(&self, from_s: i64, to_s: i64) -> f64 {
        let rate = self.rate();
        pieces(from_s, to_s).map(|piece| self.rate_at(piece.hour, rate) * piece.length_h).sum()
    }

    /// Takes in that something came, or nothing, in a stretch of time that counts by `weight`.
    pub(super) fn learn(&mut self, from_s: i64, to_s: i64, has_come: bool, weight: f64) {
        self.fade(to_s);
        let whole_h = (to_s - from_s) as f64 / HOUR_S as f64;
        for piece in pieces(from_s, to_s) {
            self.seen_h[piece.hour] += (piece.length_h * weight) as f32;
            if has_come && whole_h > 0.0 {
                self.n[piece.hour] += (piece.length_h / whole_h) as f32;
            }
        }
    }

    /// Times a month.
    pub(super) fn a_month(&self) -> f64 {
        self.rate() * 730.0
    }

    /// Hours that were seen and have not faded.
    pub(super) fn seen_h(&self) -> f64 {
        sum(&self.seen_h)
    }

    fn fade(&mut self, now_s: i64) {
        let day = now_s.div_euclid(24 * HOUR_S);
        let n_days = day - self.day;
        if n_days <= 0 {
            return;
        }
        let share = if self.day == 0 { 1.0 } else { (-(n_days as f64) / FADES_D).exp() as f32 };
        self.day = day;
        for count in self.n.iter_mut().chain(&mut self.seen_h) {
            *count *= share;
        }
    }

    fn rate(&self) -> f64 {
        (sum(&self.n) + 0.1) / (sum(&self.seen_h) + 24.0)
    }

    /// Times an hour at an hour of the week: what was seen then, and as far as that is little, what other hours of that day
    /// and the same hour of other days let expect.
    fn rate_at(&self, hour: usize, rate: f64) -> f64 {
        let of_day = |hour: usize| {
            let same = |counts: &[f32; HOURS]| (0..7).map(|day| f64::from(counts[day * 24 + hour % 24])).sum::<f64>();
            (same(&self.n), same(&self.seen_h))
        };
        let ((before_n, before_h), (n, seen_h), (after_n, after_h)) =
            (of_day(hour + 23), of_day(hour), of_day(hour + 1));
        let day_n = 0.5 * n + 0.25 * (before_n + after_n);
        let day_h = 0.5 * seen_h + 0.25 * (before_h + after_h);
        let by_hour = (day_n + rate * DAY_DOUBT_H) / (day_h + DAY_DOUBT_H);
        let weekday = hour / 24 * 24..hour / 24 * 24 + 24;
        let (weekday_n, weekday_h) = (sum(&self.n[weekday.clone()]), sum(&self.seen_h[weekday]));
        let by_weekday = (weekday_n / rate + WEEKDAY_DOUBT_H) / (weekday_h + WEEKDAY_DOUBT_H);
        let guess = by_hour * by_weekday;
        let beside = |counts: &[f32; HOURS]| {
            let at = |shift: usize| f64::from(counts[(hour + shift) % HOURS]);
            0.6 * at(0) + 0.2 * (at(1) + at(HOURS - 1))
        };
        let seen = (beside(&self.n) + guess * CELL_DOUBT_H) / (beside(&self.seen_h) + CELL_DOUBT_H);
        seen.max(rate * SHARE_MIN)
    }
}

fn sum(counts: &[f32]) -> f64 {
    counts.iter().map(|count| f64::from(*count)).sum()
}

/// A stretch of time, cut at full hours.
fn pieces(from_s: i64, to_s: i64) -> impl Iterator<Item = Piece> {
    let mut at_s = from_s;
    std::iter::from_fn(move || {
        (at_s < to_s).then(|| {
            let end_s = ((at_s.div_euclid(HOUR_S) + 1) * HOUR_S).min(to_s);
            // The first of January 1970 was a Thursday; weeks begin on Monday.
            let hour = (at_s.div_euclid(HOUR_S) + 72).rem_euclid(HOURS as i64) as usize;
            let length_h = (end_s - at_s) as f64 / HOUR_S as f64;
            at_s = end_s;
            Piece { hour, length_h }
        })
    })
}
