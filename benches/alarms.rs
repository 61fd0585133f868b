//! Alarms on newsrooms with known losses: `cargo bench --bench alarms`, with `-- --quick` in seconds, with `-- --seed N` on others; with
//! `-- --looks` what a daemon's look at a database of 10,000 sources costs.
//!
//! Sources of several makes are played back poll by poll for 19 weeks, the last 13 of which are judged. None of them is made by the
//! model that judges them. A loss is found by an alarm of its source that is open while it lasts. The rhythm of a source is how long
//! one who begins to wait at that hour of the week waits for a poll that brings something: the 99th of 100 such waits, known from what
//! the source would have brought without losses. A false alarm is one that opens while nothing of its source is lost, nor has been
//! within a rhythm. What is inside the measurement of time: the learning and the judgment, and not what makes up the sources.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::too_many_lines,
    reason = "what is made up is of moderate size"
)]

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use newswire::alarm::{Habits, Newsroom, Poll, Reading, Symptom};
use newswire::config;
use newswire::daemon::AlarmWatch;
use newswire::store::Store;
use rusqlite::{Connection, params};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
const WEEK: i64 = 7 * DAY;

/// Monday, 27 January 2025.
const BEGINS: i64 = 1_737_936_000;
const LEARNED: i64 = BEGINS + 6 * WEEK;
const ENDS: i64 = LEARNED + 13 * WEEK;

/// Failures in a row from which a source fails, whatever its habits.
const FAILURES: u32 = 3;

struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.next()
    }

    fn log_between(&mut self, low: f64, high: f64) -> f64 {
        self.between(low.ln(), high.ln()).exp()
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.next()).ln()
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.next()).ln()).sqrt() * (std::f64::consts::TAU * self.next()).cos()
    }

    fn is(&mut self, probability: f64) -> bool {
        self.next() < probability
    }
}

/// A country: its language, its time and its holidays.
struct Country {
    language: [u8; 2],
    offset_s: i64,
    /// When its clocks go forward.
    summer: Option<i64>,
    holidays: Vec<i64>,
}

impl Country {
    fn local(&self, at: i64) -> i64 {
        at + self.offset_s + if self.summer.is_some_and(|summer| at >= summer) { HOUR } else { 0 }
    }

    /// The instant at which clocks show this.
    fn instant(&self, local: i64) -> i64 {
        let at = local - self.offset_s;
        if self.summer.is_some_and(|summer| at >= summer) { at - HOUR } else { at }
    }

    fn is_holiday(&self, at: i64) -> bool {
        self.holidays.contains(&self.local(at).div_euclid(DAY))
    }
}

fn countries(random: &mut Random) -> Vec<Country> {
    let europe = Some(BEGINS + 62 * DAY + HOUR);
    let america = Some(BEGINS + 41 * DAY + 7 * HOUR);
    [
        (*b"en", 0, europe),
        (*b"de", HOUR, europe),
        (*b"es", -5 * HOUR, america),
        (*b"ja", 9 * HOUR, None),
        (*b"hi", 19_800, None),
    ]
    .into_iter()
    .map(|(language, offset_s, summer)| {
        let mut holidays: Vec<i64> =
            (0..4).map(|_| BEGINS.div_euclid(DAY) + random.between(10.0, 130.0) as i64).collect();
        // A long one, as at Easter.
        let long = BEGINS.div_euclid(DAY) + random.between(60.0, 110.0) as i64;
        holidays.extend([long, long + 1, long + 2, long + 3]);
        Country { language, offset_s, summer, holidays }
    })
    .collect()
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Make {
    Hourly,
    Bursts,
    Editions,
    Weekdays,
    QuietWeekends,
    Weekly,
    Daily,
    Trend,
}

const MAKES: [Make; 8] = [
    Make::Hourly,
    Make::Bursts,
    Make::Editions,
    Make::Weekdays,
    Make::QuietWeekends,
    Make::Weekly,
    Make::Daily,
    Make::Trend,
];

/// When a source publishes, without losses.
///
/// Of those that are Poisson, the second is how many are expected in each hour.
fn published(make: Make, country: &Country, random: &mut Random) -> (Vec<i64>, Vec<f64>) {
    let peak = random.between(8.0, 16.0);
    let width = random.between(3.0, 7.0);
    let night = random.between(0.0, 0.15);
    let holiday = random.between(0.1, 0.4);
    let weekend = match make {
        Make::Weekdays => 0.0,
        Make::QuietWeekends => random.between(0.03, 0.2),
        _ => random.between(0.5, 1.0),
    };
    let growth = random.between(-1.2, 1.2);
    let profile = |at: i64| {
        let local = country.local(at);
        let hour = local.rem_euclid(DAY) as f64 / HOUR as f64;
        let distance = (hour - peak).abs().min(24.0 - (hour - peak).abs());
        let by_hour = night + (-(distance / width).powi(2)).exp();
        // 1 January 1970 was a Thursday.
        let is_weekend = (local.div_euclid(DAY) + 3).rem_euclid(7) >= 5;
        let by_day = if is_weekend { weekend } else { 1.0 };
        let by_trend =
            if make == Make::Trend { (growth * (at - BEGINS) as f64 / (ENDS - BEGINS) as f64).exp() } else { 1.0 };
        by_hour * by_day * by_trend * if country.is_holiday(at) { holiday } else { 1.0 }
    };
    let mut times = Vec::new();
    let mut hourly = Vec::new();
    let mut poisson = |a_day: f64, random: &mut Random| {
        let most = 1.2 * if make == Make::Trend { 3.4 } else { 1.0 };
        let mean = DAY as f64 / (a_day * most * 24.0 / (width * 1.77 + night * 24.0));
        hourly = (BEGINS..ENDS)
            .step_by(HOUR as usize)
            .map(|at| profile(at + HOUR / 2) / most * HOUR as f64 / mean)
            .collect();
        let mut times = Vec::new();
        let mut at = BEGINS as f64;
        loop {
            at += random.exponential(mean);
            if at >= ENDS as f64 {
                return times;
            }
            if random.is(profile(at as i64) / most) {
                times.push(at as i64);
            }
        }
    };
    match make {
        Make::Hourly | Make::QuietWeekends | Make::Trend => {
            let a_day = random.log_between(8.0, 200.0);
            times = poisson(a_day, random);
        }
        Make::Weekdays => {
            let a_day = random.log_between(4.0, 80.0);
            times = poisson(a_day, random);
        }
        Make::Daily => times = poisson(1.0, random),
        Make::Bursts => {
            let a_day = random.log_between(4.0, 30.0);
            let (children, delay) = (random.between(0.5, 0.8), random.log_between(600.0, 7200.0));
            let mut open = poisson(a_day, random);
            while let Some(at) = open.pop() {
                times.push(at);
                if times.len() > 60_000 {
                    break;
                }
                // A geometric number of others in its wake.
                while random.is(children / (1.0 + children)) {
                    let later = at + random.exponential(delay) as i64;
                    if later < ENDS {
                        open.push(later);
                    }
                }
            }
        }
        Make::Editions => {
            let n_editions = 1 + (random.next() * 4.0) as usize;
            let hours: Vec<f64> = (0..n_editions).map(|_| random.between(5.0, 21.0)).collect();
            let (items, jitter) = (random.log_between(3.0, 40.0), random.between(60.0, 1200.0));
            let skips = random.between(0.0, 0.02);
            for day in country.local(BEGINS).div_euclid(DAY)..country.local(ENDS).div_euclid(DAY) {
                let is_weekend = (day + 3).rem_euclid(7) >= 5;
                for hour in &hours {
                    let at =
                        country.instant(day * DAY + (hour * HOUR as f64) as i64) + (jitter * random.normal()) as i64;
                    if random.is(skips)
                        || is_weekend && weekend < 0.7 && random.is(0.9)
                        || country.is_holiday(at) && random.is(0.5)
                    {
                        continue;
                    }
                    let n_items = 1 + (items * random.between(0.6, 1.4)) as usize;
                    times.extend((0..n_items).map(|_| at + random.exponential(120.0) as i64));
                }
            }
        }
        Make::Weekly => {
            let (day, hour, items) =
                ((random.next() * 7.0) as i64, random.between(6.0, 20.0), 1 + (random.next() * 12.0) as usize);
            for week in 0..(ENDS - BEGINS) / WEEK {
                let late = if random.is(0.1) { DAY } else { 0 };
                let local = country.local(BEGINS) + week * WEEK + day * DAY + (hour * HOUR as f64) as i64 + late;
                let at = country.instant(local) + (4000.0 * random.normal()) as i64;
                times.extend((0..items).map(|number| at + number as i64));
            }
        }
    }
    times.retain(|at| (BEGINS..ENDS).contains(at));
    times.sort_unstable();
    if make == Make::Bursts {
        hourly.clear();
    }
    (times, hourly)
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Kind {
    /// Polls fail.
    Outage,
    /// Polls are answered, and nothing is new.
    Silence,
    /// Some of the items do not come.
    Part,
    /// Texts are cut, short or bad.
    Redesign,
    /// Texts stand behind a wall.
    Wall,
}

#[derive(Clone, Copy)]
struct Loss {
    kind: Kind,
    from: i64,
    until: i64,
    /// How much is lost, of its items or of their texts.
    share: f64,
    rhythm_s: f64,
    found: Option<i64>,
    /// Whether an alarm was open when it began.
    was_open: Option<bool>,
}

struct Source {
    make: Make,
    country: usize,
    times: Vec<i64>,
    hourly: Vec<f64>,
    next_item: usize,
    poll_s: f64,
    losses: Vec<Loss>,
    habits: Habits,
    /// Alarms that are open: the most confidence that they have stated, and whether they opened on a loss.
    open: HashMap<Symptom, (f64, bool)>,
    n_failures: u32,
    /// Items that no poll has listed, for the next that is answered.
    waiting: u32,
    /// What its articles are like: share of videos and briefs, and words.
    mixture: (f64, f64, f64),
    is_video: bool,
    random: Random,
}

fn source(number: usize, countries: &[Country], seed: u64) -> Source {
    let mut random = Random(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ (number as u64) << 20);
    let make = MAKES[number % MAKES.len()];
    let country = number / MAKES.len() % countries.len();
    let (times, hourly) = published(make, &countries[country], &mut random);
    let a_day = times.len() as f64 / ((ENDS - BEGINS) as f64 / DAY as f64);
    let poll_s = (DAY as f64 / a_day / 2.0).clamp(600.0, 3.0 * HOUR as f64);
    let mut source = Source {
        make,
        country,
        times,
        hourly,
        next_item: 0,
        poll_s,
        losses: Vec::new(),
        habits: Habits::default(),
        open: HashMap::new(),
        n_failures: 0,
        waiting: 0,
        mixture: (random.between(0.0, 0.3), random.between(0.0, 0.3), random.log_between(200.0, 900.0)),
        is_video: false,
        random,
    };
    source.lose();
    source
}

impl Source {
    /// Gives three in four sources a loss.
    fn lose(&mut self) {
        if self.random.is(0.25) || self.times.len() < 10 {
            return;
        }
        let n_learned = self.times.partition_point(|at| *at < LEARNED);
        let kinds: &[Kind] = if n_learned >= 100 {
            &[Kind::Outage, Kind::Silence, Kind::Silence, Kind::Part, Kind::Redesign, Kind::Wall]
        } else {
            &[Kind::Outage, Kind::Silence]
        };
        let kind = kinds[(self.random.next() * kinds.len() as f64) as usize];
        let from = LEARNED
            + self
                .random
                .between(0.05, if self.make == Make::Weekly { 0.3 } else { 0.6 })
                .mul_add((ENDS - LEARNED) as f64, 0.0) as i64;
        let rhythm_s = self.rhythm(from);
        let length = match kind {
            Kind::Outage => self.random.log_between(12.0, 96.0) * HOUR as f64,
            Kind::Silence if self.random.is(0.5) => 1e9,
            Kind::Silence => rhythm_s * self.random.between(3.5, 8.0),
            _ => 1e9,
        };
        let until = (from as f64 + length).min(ENDS as f64) as i64;
        let share = match kind {
            Kind::Part => self.random.between(0.5, 0.8),
            _ => self.random.between(0.6, 1.0),
        };
        self.losses.push(Loss { kind, from, until, share, rhythm_s, found: None, was_open: None });
    }

    /// How long one who begins to wait at this hour of the week waits for something, 99 of 100 times.
    fn rhythm(&self, from: i64) -> f64 {
        let mut waits = Vec::new();
        for week in -18..=18 {
            for shift in -2..=2 {
                let at = from + week * WEEK + shift * 1800;
                if at < BEGINS {
                    continue;
                }
                if let Some(next) = self.times.get(self.times.partition_point(|time| *time < at)) {
                    // It is seen by the poll behind it.
                    waits.push((next - at) as f64 + self.poll_s / 2.0);
                }
            }
        }
        waits.sort_by(f64::total_cmp);
        waits.get(waits.len() * 99 / 100).copied().unwrap_or(WEEK as f64)
    }

    fn loss(&self, kind: Kind, at: i64) -> Option<f64> {
        self.losses
            .iter()
            .find(|loss| loss.kind == kind && (loss.from..loss.until).contains(&at))
            .map(|loss| loss.share)
    }

    fn reading(&mut self, at: i64, id: i64, language: [u8; 2]) -> Reading {
        let (videos, briefs, words) = self.mixture;
        // Videos come in runs.
        self.is_video = if self.is_video { self.random.is(0.5 + videos / 2.0) } else { self.random.is(videos / 2.0) };
        let (mut words, mut quality, mut is_whole) = if self.is_video {
            (self.random.log_between(15.0, 80.0), self.random.between(30.0, 55.0), self.random.is(0.4))
        } else if self.random.is(briefs) {
            (self.random.log_between(50.0, 150.0), self.random.between(55.0, 85.0), true)
        } else {
            (words * (0.5 * self.random.normal()).exp(), self.random.between(70.0, 98.0), self.random.is(0.98))
        };
        if let Some(share) = self.loss(Kind::Redesign, at)
            && self.random.is(share)
        {
            (words, quality) = (words * self.random.between(0.05, 0.25), quality * self.random.between(0.3, 0.7));
        }
        if let Some(share) = self.loss(Kind::Wall, at)
            && self.random.is(share)
        {
            (words, is_whole) = (words.min(self.random.between(30.0, 90.0)), false);
        }
        Reading { id, at_s: at, quality: quality as u8, n_words: words as u32, is_whole, language: Some(language) }
    }
}

#[derive(Default)]
struct Row {
    n: u32,
    /// Found when an alarm was open already.
    n_open_before: u32,
    /// Of losses of a part of what a Poisson process brings: items expected within 3 rhythms, that time in months, the share that is
    /// lost, and whether it was found by then.
    parts: Vec<(f64, f64, f64, bool)>,
    n_found: u32,
    /// In rhythms, hours and articles.
    delays: Vec<(f64, f64, f64)>,
}

#[derive(Default)]
struct Report {
    rows: BTreeMap<(Kind, Make), Row>,
    n_false: BTreeMap<(Make, String), u32>,
    source_months: BTreeMap<Make, f64>,
    /// Alarms that opened with so much confidence, and those that were true; and by the most confidence that they stated.
    stated: BTreeMap<u32, [(u32, u32); 2]>,
    n_polls: u64,
    spent: Duration,
    bytes: usize,
}

impl Report {
    fn state(&mut self, column: usize, confidence: f64, is_true: bool) {
        let stated = &mut self.stated.entry((confidence * 20.0).floor() as u32 * 5).or_default()[column];
        stated.0 += 1;
        stated.1 += u32::from(is_true);
    }
}

fn play(n_sources: usize, seed: u64, report: &mut Report, is_told: bool) {
    let mut random = Random(seed);
    let countries = countries(&mut random);
    let mut sources: Vec<Source> = (0..n_sources).map(|number| source(number, &countries, seed)).collect();
    let mut room = Newsroom::default();
    let mut due: BinaryHeap<Reverse<(i64, usize)>> =
        (0..n_sources).map(|number| Reverse((BEGINS + random.between(0.0, 3600.0) as i64, number))).collect();
    let mut article_id = 0;
    // The daemon does not run for half a day, once.
    let stopped = LEARNED + 40 * DAY..LEARNED + 40 * DAY + 12 * HOUR;
    while let Some(Reverse((at, number))) = due.pop() {
        if at >= ENDS {
            continue;
        }
        if stopped.contains(&at) {
            due.push(Reverse((stopped.end + (at - stopped.start) % 1800, number)));
            continue;
        }
        let source = &mut sources[number];
        let wait = source.poll_s * source.random.between(0.7, 1.3);
        due.push(Reverse((at + wait as i64, number)));
        let language = countries[source.country].language;
        let mut readings = Vec::new();
        while let Some(time) = source.times.get(source.next_item).copied().filter(|time| *time <= at) {
            source.next_item += 1;
            let is_lost = source.loss(Kind::Silence, time).is_some()
                || source.loss(Kind::Part, time).is_some_and(|share| source.random.is(share));
            if !is_lost {
                source.waiting += 1;
            }
        }
        let fails = source.loss(Kind::Outage, at).is_some() || source.random.is(0.003);
        let n_new = if fails { None } else { Some(std::mem::take(&mut source.waiting)) };
        for _ in 0..n_new.unwrap_or(0).min(30) {
            article_id += 1;
            readings.push(source.reading(at, article_id, language));
        }
        source.n_failures = if fails { source.n_failures + 1 } else { 0 };
        let begun = Instant::now();
        source.habits.take_poll(Poll { at_s: at, n_new }, &mut room);
        for reading in &readings {
            source.habits.take_article(reading);
        }
        let (doubts, _) = source.habits.judge();
        report.spent += begun.elapsed();
        report.n_polls += 1;
        let is_failing = source.n_failures >= FAILURES;
        if at < LEARNED {
            source.open = doubts.iter().map(|doubt| (doubt.symptom, (doubt.confidence, false))).collect();
            continue;
        }
        for loss in source.losses.iter_mut().filter(|loss| (loss.from..loss.until).contains(&at)) {
            loss.was_open.get_or_insert(!source.open.is_empty());
            if loss.found.is_none() && (is_failing || !doubts.is_empty()) {
                loss.found = Some(at);
            }
        }
        let is_true = source
            .losses
            .iter()
            .any(|loss| at >= loss.from && (at as f64) < loss.until as f64 + loss.rhythm_s.max(DAY as f64));
        for doubt in &doubts {
            if source.open.contains_key(&doubt.symptom) {
                continue;
            }
            if !is_true {
                *report.n_false.entry((source.make, format!("{:?}", doubt.symptom))).or_default() += 1;
                if is_told {
                    println!(
                        "false: source {number} {:?} {:?} day {:.2} confidence {:.3}: {}",
                        source.make,
                        doubt.symptom,
                        (at - BEGINS) as f64 / DAY as f64,
                        doubt.confidence,
                        doubt.why
                    );
                }
            }
            report.state(0, doubt.confidence, is_true);
        }
        let mut open = HashMap::new();
        for doubt in &doubts {
            let (most, was_true) = source.open.remove(&doubt.symptom).unwrap_or((0.0, is_true));
            open.insert(doubt.symptom, (most.max(doubt.confidence), was_true));
        }
        for (most, was_true) in std::mem::replace(&mut source.open, open).into_values() {
            report.state(1, most, was_true);
        }
    }
    for (number, source) in sources.iter().enumerate() {
        source.open.values().for_each(|(most, was_true)| report.state(1, *most, *was_true));
        report.bytes = report.bytes.max(source.habits.to_bytes().len());
        *report.source_months.entry(source.make).or_default() += (ENDS - LEARNED) as f64 / (30.4 * DAY as f64);
        for loss in &source.losses {
            let row = report.rows.entry((loss.kind, source.make)).or_default();
            row.n += 1;
            if loss.kind == Kind::Part && !source.hourly.is_empty() {
                let until = loss.from + (3.0 * loss.rhythm_s) as i64;
                let expected = expected(&source.hourly, loss.from, until);
                let is_found = loss.found.is_some_and(|at| at <= until);
                row.parts.push((expected, 3.0 * loss.rhythm_s / (30.4 * DAY as f64), loss.share, is_found));
            }
            if let Some(at) = loss.found {
                row.n_found += 1;
                row.n_open_before += u32::from(loss.was_open == Some(true));
                let delay = (at - loss.from) as f64;
                let n_items = source.times.iter().filter(|time| (loss.from..at).contains(*time)).count();
                row.delays.push((delay / loss.rhythm_s, delay / HOUR as f64, n_items as f64));
            } else if is_told {
                println!(
                    "missed: source {number} {:?} {:?} share {:.2} for {:.1} h, rhythm {:.1} h",
                    source.make,
                    loss.kind,
                    loss.share,
                    (loss.until - loss.from) as f64 / 3600.0,
                    loss.rhythm_s / 3600.0
                );
            }
        }
    }
}

/// Items expected in a stretch of time.
fn expected(hourly: &[f64], from: i64, until: i64) -> f64 {
    let hours = hourly.iter().zip((BEGINS..).step_by(HOUR as usize));
    hours.map(|(rate, at)| rate * ((at + HOUR).min(until) - at.max(from)).max(0) as f64 / HOUR as f64).sum()
}

/// How often the best test of all (Neyman and Pearson) tells a Poisson count whose mean has fallen, where it is told of one that has not
/// with a given probability.
fn best(expected: f64, lost: f64, by_chance: f64) -> f64 {
    let (mut p0, mut p1) = ((-expected).exp(), (-expected * (1.0 - lost)).exp());
    let (mut left, mut power) = (by_chance.min(1.0), 0.0);
    for n in 0..2000 {
        if p0 >= left {
            return power + p1 * left / p0.max(f64::MIN_POSITIVE);
        }
        left -= p0;
        power += p1;
        p0 *= expected / f64::from(n + 1);
        p1 *= expected * (1.0 - lost) / f64::from(n + 1);
    }
    power
}

fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values
        .get(((values.len() as f64 * share) as usize).min(values.len().saturating_sub(1)))
        .copied()
        .unwrap_or(f64::NAN)
}

fn line(name: &str, rows: &[&Row]) {
    let (n, n_found) = (rows.iter().map(|row| row.n).sum::<u32>(), rows.iter().map(|row| row.n_found).sum::<u32>());
    let of = |pick: fn(&(f64, f64, f64)) -> f64| {
        rows.iter().flat_map(|row| row.delays.iter().map(pick)).collect::<Vec<f64>>()
    };
    let (mut rhythms, mut hours, mut items) = (of(|delay| delay.0), of(|delay| delay.1), of(|delay| delay.2));
    let within = rhythms.iter().filter(|delay| **delay <= 3.0).count();
    println!(
        "{name:28} {n:5} {:6.3} {:7.3} {:7.2} {:7.2} {:8.1} {:8.1} {:7.0}",
        f64::from(n_found) / f64::from(n),
        within as f64 / f64::from(n),
        quantile(&mut rhythms, 0.5),
        quantile(&mut rhythms, 0.95),
        quantile(&mut hours, 0.5),
        quantile(&mut hours, 0.95),
        quantile(&mut items, 0.5),
    );
}

/// Processor time of this process, in milliseconds, to the hundredth of a second.
fn spent_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() * 10.0
}

/// Looks at a database of many sources, each of which is polled every half hour and brings something every five hours, minute by minute.
fn look(n_sources: i64) {
    const MINUTE: i64 = 60;
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = config::defaults();
    config.store.path = folder.path().join("news.db");
    let store = Store::open(&config.store, &config.schedule).expect("a database");
    let mut writing = Connection::open(&config.store.path).expect("a database");
    writing.busy_timeout(Duration::from_mins(1)).expect("it is set");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut n_articles = 0;
    let mut write = |minutes: std::ops::Range<i64>| {
        let writing = writing.transaction().expect("it is begun");
        for minute in minutes {
            let at = Timestamp::from_second(BEGINS + minute * MINUTE).expect("a time");
            let shown = format!("{at:.0}");
            for source in (minute % 30..n_sources).step_by(30) {
                let poll = "INSERT INTO fetches (url, source_id, purpose, started_at, elapsed_ms, bytes) VALUES ('', ?1, 'poll', ?2, 9, 9)";
                writing
                    .prepare_cached(poll)
                    .and_then(|mut sql| sql.execute(params![source + 1, shown]))
                    .expect("it is written");
                let pulse = "UPDATE _source_schedule SET last_polled_at = ?2, last_ok_at = ?2 WHERE source_id = ?1";
                writing
                    .prepare_cached(pulse)
                    .and_then(|mut sql| sql.execute(params![source + 1, at.as_millisecond()]))
                    .expect("it is written");
                if (source + minute / 30) % 10 != 0 {
                    continue;
                }
                n_articles += 1;
                let article = "INSERT INTO articles (id, source_id, words, body, body_kind, quality, first_seen_at, updated_at, sha256, change_seq, new_seq)
                               VALUES (?1, ?2, 300, '', 'full', 90, ?3, ?3, '', ?1, ?1)";
                let sighting = "INSERT INTO sightings (article_id, source_id, first_seen_at, last_seen_at) VALUES (?1, ?2, ?3, ?3)";
                for sql in [article, sighting] {
                    writing
                        .prepare_cached(sql)
                        .and_then(|mut sql| sql.execute(params![n_articles, source + 1, shown]))
                        .expect("it is written");
                }
            }
        }
        writing.commit().expect("it is written");
    };
    let sources = Connection::open(&config.store.path).expect("a database");
    sources
        .execute_batch(&format!(
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {n_sources})
             INSERT INTO sources (id, slug, kind, url, state, origin, created_at)
                 SELECT n, 'source-' || n, 'feed', 'https://' || n || '.example/', 'active', 'file', '' FROM numbers;
             INSERT INTO _source_schedule (source_id) SELECT id FROM sources;"
        ))
        .expect("it is written");
    let config = Arc::new(config);
    let mut watch = AlarmWatch::default();
    let mut look = |minute: i64| {
        let now = Timestamp::from_second(BEGINS + minute * MINUTE + 1).expect("a time");
        let begun = spent_ms();
        runtime.block_on(watch.look(&store, &config, now)).expect("it is looked");
        spent_ms() - begun
    };
    let (learned, n_looks) = (3 * 24 * 60, 60);
    write(0..learned);
    println!(
        "{n_sources} sources: the first look, at three days of them, {:.0} ms of processor time",
        look(learned - 1)
    );
    let mut spent = Vec::new();
    for minute in learned..learned + n_looks {
        write(minute..minute + 1);
        spent.push(look(minute));
    }
    let mean = spent.iter().sum::<f64>() / n_looks as f64;
    let (median, most) = (quantile(&mut spent, 0.5), quantile(&mut spent, 1.0));
    println!("later ones {mean:.0} ms on average, half of them at most {median:.0}, all at most {most:.0}");
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.iter().any(|word| word == "--looks") {
        return look(10_000);
    }
    let after =
        |name: &str| arguments.iter().position(|word| word == name).and_then(|at| arguments.get(at + 1)?.parse().ok());
    let is_quick = arguments.iter().any(|word| word == "--quick");
    let (n_sources, n_rooms) = if is_quick { (80, 1) } else { (400, after("--rooms").unwrap_or(5)) };
    let seed: u64 = after("--seed").unwrap_or(1000);
    let mut report = Report::default();
    for room in 0..n_rooms {
        play(n_sources, seed + room, &mut report, arguments.iter().any(|word| word == "--tell"));
    }
    println!(
        "{:28} {:>5} {:>6} {:>7} {:>7} {:>7} {:>8} {:>8} {:>7}",
        "loss", "n", "found", "in 3", "rhythms", "95 %", "hours", "95 %", "items"
    );
    for kind in [Kind::Outage, Kind::Silence, Kind::Part, Kind::Redesign, Kind::Wall] {
        let rows: Vec<_> = report.rows.iter().filter(|(key, _)| key.0 == kind).collect();
        for (key, row) in &rows {
            line(&format!("{kind:?} of {:?}", key.1), &[row]);
        }
        line(&format!("{kind:?}"), &rows.iter().map(|(_, row)| *row).collect::<Vec<_>>());
    }
    line("all", &report.rows.values().collect::<Vec<_>>());
    let n_open_before: u32 = report.rows.values().map(|row| row.n_open_before).sum();
    println!("of those found, {n_open_before} began while an alarm of the source was open");
    println!("\nfalse alarms a source-month");
    let months: f64 = report.source_months.values().sum();
    for (make, months) in &report.source_months {
        let of_make = report.n_false.iter().filter(|(key, _)| key.0 == *make);
        let kinds: Vec<String> =
            of_make.clone().map(|((_, symptom), n)| format!("{symptom} {:.3}", f64::from(*n) / months)).collect();
        let n: u32 = of_make.map(|(_, n)| n).sum();
        println!("{:20} {:.3}  {}", format!("{make:?}"), f64::from(n) / months, kinds.join(", "));
    }
    println!("{:20} {:.3}", "all", f64::from(report.n_false.values().sum::<u32>()) / months);
    let a_month = f64::from(report.n_false.values().sum::<u32>()) / months;
    let parts: Vec<_> = report.rows.values().flat_map(|row| &row.parts).collect();
    let n_found = parts.iter().filter(|(.., is_found)| *is_found).count();
    let bound: f64 = parts.iter().map(|(expected, months, lost, _)| best(*expected, *lost, a_month * months)).sum();
    let n = parts.len().max(1) as f64;
    println!(
        "\npart of the items of Poisson sources, within 3 rhythms: found {:.3}, at most {:.3} by any test with so many false alarms",
        n_found as f64 / n,
        bound / n
    );
    println!(
        "\nconfidence: alarms that opened with it, of them true; alarms that came to state as much or more, of them true"
    );
    for (bin, [opened, _]) in &report.stated {
        let came_to = report.stated.range(bin..).map(|(_, [_, most])| *most);
        let came_to = came_to.fold((0, 0), |(n, n_true), (m, m_true)| (n + m, n_true + m_true));
        let columns = [*opened, came_to].map(|(n, n_true)| format!("{n:6} {:.3}", f64::from(n_true) / f64::from(n)));
        println!("{:.2} {}", f64::from(*bin) / 100.0, columns.join("  "));
    }
    println!(
        "\n{} polls with their articles: {:.2} µs each; habits of at most {} bytes",
        report.n_polls,
        report.spent.as_secs_f64() * 1e6 / report.n_polls as f64,
        report.bytes
    );
}
