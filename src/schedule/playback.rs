//! Two weeks of invented newsrooms played back against three plans: the adaptive one, every fifteen minutes, every hour.
//!
//! `cargo test --lib playback -- --nocapture` prints the table.

use std::collections::HashSet;

use jiff::Timestamp;

use super::cadence::{Pulse, next_poll};
use super::rhythm::Rhythm;
use crate::config;
use crate::model::{PollFacts, SourceKind};

const DAYS: i64 = 14;

/// A Monday.
const START: &str = "2026-03-02T00:00:00Z";

/// A source: when it brings items, and how many its list holds.
struct Newsroom {
    name: &'static str,
    window: usize,
    /// Publication times in seconds since the start, in order.
    items: Vec<i64>,
}

/// The same numbers every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(self.0 >> 33).unwrap()) / f64::from(1_u32 << 31)
    }

    fn between(&mut self, low: i64, high: i64) -> i64 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "some thousands")]
        let offset = (self.roll() * (high - low) as f64) as i64;
        low + offset
    }
}

/// Items an hour through a working day that begins at 5 and ends at 23, with a morning and an evening.
const CURVE: [f64; 24] = [
    0.1, 0.05, 0.05, 0.05, 0.1, 0.4, 0.9, 1.2, 1.4, 1.5, 1.5, 1.4, 1.2, 1.3, 1.5, 1.6, 1.7, 1.6, 1.3, 1.0, 0.9, 0.7,
    0.4, 0.2,
];

/// Throws items minute by minute, at a rate of `rate` an hour on the average of a weekday.
fn thrown(seed: u64, rate: f64, weekend: f64, curve: impl Fn(usize) -> f64) -> Vec<i64> {
    let mut dice = Dice(seed);
    let mut items = Vec::new();
    for minute in 0..DAYS * 24 * 60 {
        let hour = usize::try_from(minute / 60 % 24).unwrap();
        let is_weekend = minute / 60 / 24 % 7 >= 5;
        let mut expected = rate * curve(hour) * if is_weekend { weekend } else { 1.0 } / 60.0;
        while dice.roll() < expected {
            items.push(minute * 60 + dice.between(0, 60));
            expected -= 1.0;
        }
    }
    items.sort_unstable();
    items
}

/// The newsrooms in one of many possible times.
fn newsrooms(draw: u64) -> Vec<Newsroom> {
    let seed = |own: u64| draw * 1000 + own;
    let mut bursty = thrown(seed(3), 0.8, 0.4, |hour| CURVE[hour]);
    let mut dice = Dice(seed(33));
    for day in 0..DAYS {
        // An edition in the morning, an assembly at noon, a match in the evening; at the weekend only the match.
        let usual_hours: &[i64] = if day % 7 < 5 { &[6, 12, 18] } else { &[18] };
        for usual_hour in usual_hours {
            let start_s = (day * 24 + usual_hour) * 3600 + dice.between(-2400, 2400);
            let length_s = dice.between(1500, 2700);
            for _ in 0..dice.between(20, 34) {
                bursty.push(start_s + dice.between(0, length_s));
            }
        }
    }
    bursty.sort_unstable();
    let busy = thrown(seed(1), 18.0, 0.5, |hour| CURVE[hour]);
    let daily = thrown(seed(2), 2.2, 0.6, |hour| CURVE[hour]);
    let blog = thrown(seed(4), 0.06, 1.2, |hour| if (7..21).contains(&hour) { 1.7 } else { 0.0 });
    vec![
        Newsroom { name: "busy agency", window: 30, items: busy },
        Newsroom { name: "daily paper", window: 25, items: daily },
        Newsroom { name: "bursty portal", window: 25, items: bursty },
        Newsroom { name: "quiet blog", window: 20, items: blog },
    ]
}

enum Plan {
    Adaptive,
    Every(i64),
}

struct Played {
    n_items: usize,
    n_caught: usize,
    n_requests: usize,
    n_cut_off: usize,
    delay_s: i64,
}

/// Plays a plan. What the source had before is known from its first poll, at the start.
fn play(newsroom: &Newsroom, plan: &Plan, source_id: i64) -> Played {
    let settings = config::defaults().schedule;
    let start: Timestamp = START.parse().unwrap();
    let mut played = Played { n_items: newsroom.items.len(), n_caught: 0, n_requests: 0, n_cut_off: 0, delay_s: 0 };
    let mut rhythm = Rhythm::default();
    let mut seen = HashSet::new();
    let (mut now_s, mut last_ok_at) = (0, None);
    while now_s <= DAYS * 86_400 {
        played.n_requests += 1;
        let n_published = newsroom.items.partition_point(|item_s| *item_s <= now_s);
        let listed = n_published.saturating_sub(newsroom.window)..n_published;
        // Items of the time before fill the list until there are enough new ones.
        let n_before = newsroom.window - listed.len();
        let fresh: Vec<usize> = listed.filter(|item| seen.insert(*item)).collect();
        played.n_caught += fresh.len();
        played.delay_s += fresh.iter().map(|item| now_s - newsroom.items[*item]).sum::<i64>();
        let n_old = if last_ok_at.is_none() { n_before } else { 0 };
        let facts = PollFacts {
            n_entries: u32::try_from(newsroom.window).unwrap(),
            n_new: u32::try_from(fresh.len() + n_old).unwrap(),
            ..PollFacts::default()
        };
        let now = Timestamp::from_second(start.as_second() + now_s).unwrap();
        now_s = match plan {
            Plan::Every(seconds) => {
                played.n_cut_off += usize::from(fresh.len() == newsroom.window);
                now_s + seconds
            }
            Plan::Adaptive => {
                let pulse = Pulse { source_id, kind: SourceKind::Feed, last_ok_at, rhythm: &rhythm };
                let next = next_poll(&settings, pulse, facts, now);
                played.n_cut_off += usize::from(next.is_cut_off);
                // As it comes back out of its column.
                rhythm = Rhythm::from_bytes(&next.rhythm.to_bytes());
                next.due_at.as_second() - start.as_second()
            }
        };
        last_ok_at = Some(now);
    }
    // What came after the last poll is nobody's loss.
    played.n_items = newsroom.items.partition_point(|item_s| *item_s < DAYS * 86_400 - 21_600);
    played.n_caught = seen.iter().filter(|item| **item < played.n_items).count();
    played
}

/// What a plan came to over all that it was played against.
#[derive(Clone, Copy, Default)]
struct Sum {
    n_items: usize,
    n_caught: usize,
    n_requests: usize,
    delay_min: i64,
}

impl Sum {
    fn add(&mut self, played: &Played) {
        self.n_items += played.n_items;
        self.n_caught += played.n_caught;
        self.n_requests += played.n_requests;
        self.delay_min += played.delay_s / 60;
    }
}

const PLANS: [(&str, Plan); 3] =
    [("adaptive", Plan::Adaptive), ("every 15 min", Plan::Every(900)), ("every hour", Plan::Every(3600))];

#[test]
fn playback_of_two_weeks() {
    println!("source         plan            items   caught  requests  cut off  mean delay");
    let mut sums = [Sum::default(); 3];
    for (position, newsroom) in newsrooms(0).iter().enumerate() {
        let played = PLANS.each_ref().map(|(_, plan)| play(newsroom, plan, i64::try_from(position).unwrap()));
        for (((name, _), played), sum) in PLANS.iter().zip(&played).zip(&mut sums) {
            let Played { n_items, n_caught, n_requests, n_cut_off, delay_s } = played;
            #[expect(clippy::cast_precision_loss, reason = "figures for people")]
            let share = 100.0 * *n_caught as f64 / *n_items as f64;
            let delay_min = delay_s / 60 / i64::try_from(*n_caught).unwrap().max(1);
            let source = newsroom.name;
            println!(
                "{source:<14} {name:<13} {n_items:>7} {share:>6.1} % {n_requests:>9} {n_cut_off:>8} {delay_min:>7} min"
            );
            sum.add(played);
        }
        let [adaptive, quarter, hour] = played;
        assert!(adaptive.n_caught >= quarter.n_caught.max(hour.n_caught), "{} loses items", newsroom.name);
        assert!(adaptive.n_requests < quarter.n_requests, "{}: {} requests", newsroom.name, adaptive.n_requests);
    }
    let [adaptive, quarter, hour] = sums;
    for ((name, _), sum) in PLANS.iter().zip(sums) {
        println!("all            {name:<13} {} requests, {} item-hours of waiting", sum.n_requests, sum.delay_min / 60);
    }
    assert!(adaptive.n_requests * 10 < quarter.n_requests * 6, "far fewer requests");
    assert!(adaptive.delay_min * 2 < hour.delay_min, "news come sooner than by the hour");
}

#[test]
fn playback_of_many_times() {
    const DRAWS: u64 = 20;
    for position in 0..newsrooms(0).len() {
        let mut sums = [Sum::default(); 3];
        let mut name = "";
        for draw in 1..=DRAWS {
            let newsroom = &newsrooms(draw)[position];
            name = newsroom.name;
            for ((_, plan), sum) in PLANS.iter().zip(&mut sums) {
                sum.add(&play(newsroom, plan, i64::try_from(draw).unwrap()));
            }
        }
        let [adaptive, quarter, hour] = sums;
        let missed = sums.map(|sum| sum.n_items - sum.n_caught);
        println!(
            "{name:<14} of {} items missed {missed:?}, requests {:?}",
            adaptive.n_items,
            sums.map(|sum| sum.n_requests)
        );
        // Chance has its part: five in a thousand are allowed it, where the hourly plan loses many times as many.
        assert!(missed[0] * 200 <= missed[1] * 200 + adaptive.n_items, "{name}: {missed:?}");
        assert!(missed[0] * 4 <= hour.n_items - hour.n_caught || missed[0] == 0, "{name}: {missed:?}");
        assert!(adaptive.n_requests < quarter.n_requests, "{name}");
    }
}
