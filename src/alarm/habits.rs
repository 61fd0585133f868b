//! What a source is used to, and whether it is as it was.

use super::common::{Lately, Newsroom};
use super::drift::{IN_DOUBT, IS_BACK};
use super::levels::Levels;
use super::packed::{Packer, Unpacker};
use super::silence::Silences;
use super::verdict::{CLOSES_BELOW, Doubt, Ending, OPENS_AT, Symptom, confidence, evidence};
use super::week::Week;

const FORMAT: u8 = 1;
const HOUR_S: i64 = 3600;
const DAY_S: i64 = 24 * HOUR_S;

/// Nothing is judged before so much was seen of a source: three weekends.
const KNOWN_AFTER_S: i64 = 21 * DAY_S;
const KNOWN_AFTER_N: f64 = 4.0;

/// Between two polls that lie further apart than this, or three times as far as usual, nobody looked: the process did not run,
/// or the source was paused.
const LOOKED_MAX_S: i64 = 8 * HOUR_S;

/// Numbers of items are not judged before weekends have been seen three times.
const FLOW_KNOWN_AFTER_S: i64 = 23 * DAY_S;

/// Share of the usual below which all sources are quiet, as on a holiday. At night and on weekends the others are few, and what they do is
/// known to a third.
const COMMON_SHARE: f64 = 0.6;

/// Blocks of time in a month, after each of which a test of its items may begin.
const BLOCKS_A_MONTH: f64 = 30.0;

/// How often a source is taken to lose something in a month, by which an alarm opens: more where alarms by chance are few for what they find.
const SILENCES_A_MONTH: f64 = 0.65;
const THINNED_A_MONTH: f64 = 0.67;

/// Evidence of a silence from which it is no habit.
const NO_HABIT: f64 = 0.4;

/// What is expected of a block of time in which the number of items is judged, and its least length.
const BLOCK_ITEMS: f64 = 6.0;
const BLOCK_S: i64 = 6 * HOUR_S;

/// The part of its items that a source is taken to bring when some are lost.
const FEWER_SHARE: f64 = 0.3;

/// How much more than by chance the numbers of items vary, before it is known, and the blocks that this is worth.
const VARIES: f64 = 1.3;
const VARIES_N: f64 = 3.0;

/// Blocks, over so long a time, that make fewer items a habit.
const HABIT_BLOCKS: f64 = 20.0;
const HABIT_S: i64 = 30 * DAY_S;

/// A poll that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Poll {
    /// When, in seconds of Unix time.
    pub at_s: i64,
    /// Items that it brought; nothing where it failed.
    pub n_new: Option<u32>,
}

/// What is judged of an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Its number, larger than those of earlier ones.
    pub id: i64,
    /// When it came in, in seconds of Unix time.
    pub at_s: i64,
    /// Its quality, 0 to 100.
    pub quality: u8,
    /// Its words.
    pub n_words: u32,
    /// Whether all of it is there.
    pub is_whole: bool,
    /// The first two letters of its language's code, lower case.
    pub language: Option<[u8; 2]>,
}

/// Whether fewer items come than are expected.
#[derive(Clone, Debug, Default, PartialEq)]
struct Flow {
    /// Items of a poll that brought some.
    n_items: f64,
    n_polls: f64,
    /// The block that is being filled.
    from_s: i64,
    expected: f64,
    seen: f64,
    /// How much more than by chance numbers vary.
    varies: f64,
    n_blocks: f64,
    /// The test.
    sum: f64,
    since_s: i64,
    back: f64,
    n_since: f64,
    expected_since: f64,
    seen_since: f64,
    is_open: bool,
}

/// What a source is used to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Habits {
    week: Week,
    silences: Silences,
    levels: Levels,
    flow: Flow,
    lately: Lately,
    first_polled_s: i64,
    polled_s: i64,
    /// Seconds between two polls, usually.
    usual_s: f64,
    /// Whether a poll has failed since.
    is_cut: bool,
    came_s: i64,
    /// The present silence, in its own time.
    silent: f64,
    silent_opened: f64,
    /// Articles in a month.
    article_id: i64,
    /// The language of most of its articles, and by how many.
    language: [u8; 2],
    n_language: i64,
    is_silent: bool,
    ended: Vec<(Symptom, Ending)>,
}

impl Habits {
    /// Reads what [`Habits::to_bytes`] wrote. What cannot be read is as if nothing had been seen.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Habits {
        let Some((&FORMAT, rest)) = bytes.split_first() else { return Habits::default() };
        let mut from = Unpacker(rest);
        let whole = std::array::from_fn::<i64, 6, _>(|_| from.whole());
        let [first_polled_s, polled_s, came_s, article_id, n_language, flags] = whole;
        let lately = Lately { expected: from.exact(), seen: from.exact(), at_s: from.whole() };
        let (usual_s, silent, silent_opened) = (from.exact(), from.exact(), from.exact());
        let language = u16::try_from(from.whole()).unwrap_or(0).to_le_bytes();
        let (week, silences, mut levels) =
            (Week::unpack(&mut from), Silences::unpack(&mut from), Levels::unpack(&mut from));
        let flow = Flow::unpack(&mut from);
        // Not there in what earlier versions kept: then it is learned anew, from thirty articles.
        levels.unpack_fall(&mut from);
        Habits {
            week,
            silences,
            levels,
            flow,
            lately,
            first_polled_s,
            polled_s,
            usual_s,
            is_cut: flags & 1 != 0,
            came_s,
            silent,
            silent_opened,
            article_id,
            language,
            n_language,
            is_silent: flags & 2 != 0,
            ended: Vec::new(),
        }
    }

    /// The form in which they are kept, of two kilobytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut packer = Packer::new(FORMAT);
        let flags = i64::from(self.is_cut) | i64::from(self.is_silent) << 1;
        for whole in [self.first_polled_s, self.polled_s, self.came_s, self.article_id, self.n_language, flags] {
            packer.whole(whole);
        }
        packer.exact(self.lately.expected);
        packer.exact(self.lately.seen);
        packer.whole(self.lately.at_s);
        for exact in [self.usual_s, self.silent, self.silent_opened] {
            packer.exact(exact);
        }
        packer.whole(i64::from(u16::from_le_bytes(self.language)));
        self.week.pack(&mut packer);
        self.silences.pack(&mut packer);
        self.levels.pack(&mut packer);
        self.flow.pack(&mut packer);
        self.levels.pack_fall(&mut packer);
        packer.into_bytes()
    }

    /// When the last poll was made that they have learned from.
    #[must_use]
    pub fn polled_s(&self) -> i64 {
        self.polled_s
    }

    /// The last article that they have learned from.
    #[must_use]
    pub fn article_id(&self) -> i64 {
        self.article_id
    }

    /// Puts what the source did lately to what the others did, after a start.
    pub fn join(&self, room: &mut Newsroom) {
        room.join(self.language(), self.lately);
    }

    /// Takes in a poll.
    pub fn take_poll(&mut self, poll: Poll, room: &mut Newsroom) {
        let Poll { at_s, n_new: Some(n_new) } = poll else {
            self.is_cut = true;
            return;
        };
        let from_s = self.polled_s;
        self.polled_s = from_s.max(at_s);
        if from_s == 0 {
            // All is new in the first list, and when it came is not known.
            (self.first_polled_s, self.came_s) = (at_s, at_s);
            return;
        }
        let length_s = at_s - from_s;
        if length_s <= 0 {
            return;
        }
        let has_come = n_new > 0;
        let was_unseen = self.is_cut || length_s as f64 > (LOOKED_MAX_S as f64).max(3.0 * self.usual_s);
        self.is_cut = false;
        self.usual_s = if self.usual_s > 0.0 { self.usual_s * 0.95 + length_s as f64 * 0.05 } else { length_s as f64 };
        if was_unseen {
            // Nobody looked: how long this silence was is not known.
            self.flow.forget_block();
            if has_come {
                self.end_silence(at_s, false);
            }
            return;
        }
        let expected = self.week.expected(from_s, at_s);
        let share = room.share(self.language(), self.lately);
        let seen = f64::from(u8::from(has_come));
        // What is wrong with this one says nothing of the others, nor what is expected of it before it is known.
        if self.is_known() && !self.is_silent && !self.flow.is_open {
            room.add(self.language(), expected, seen, at_s);
            self.lately.add(expected, seen, at_s);
        }
        self.silent += expected * share;
        let doubt = self.silence_evidence();
        if doubt < NO_HABIT && self.flow.sum < IN_DOUBT {
            self.week.learn(from_s, at_s, has_come, share);
        }
        if !self.is_silent {
            let is_known = self.polled_s - self.first_polled_s >= FLOW_KNOWN_AFTER_S;
            let ended = self.flow.take(from_s, at_s, expected * share, n_new, is_known, share < COMMON_SHARE);
            self.ended.extend(ended.map(|ending| (Symptom::Fewer, ending)));
        }
        if has_come {
            self.end_silence(at_s, true);
        }
        self.doubts();
    }

    /// Something came.
    fn end_silence(&mut self, at_s: i64, was_seen: bool) {
        if was_seen {
            // What was told as a loss may have been one. As a silence it counts for no more than it took to tell it.
            let length = if self.is_silent { self.silent.min(self.silent_opened) } else { self.silent };
            self.silences.learn(length);
        }
        if std::mem::take(&mut self.is_silent) {
            self.flow.forget_block();
            self.ended.push((Symptom::Silent, Ending::Back));
        }
        (self.silent, self.came_s) = (0.0, at_s);
    }

    /// Takes in an article.
    pub fn take_article(&mut self, reading: &Reading) {
        if reading.id <= self.article_id {
            return;
        }
        self.article_id = reading.id;
        if let Some(language) = reading.language {
            // The majority vote of Boyer and Moore.
            if self.language == language {
                self.n_language = (self.n_language + 1).min(50);
            } else if self.n_language > 0 {
                self.n_language -= 1;
            } else {
                (self.language, self.n_language) = (language, 1);
            }
        }
        let ended = self.levels.take(reading.quality, reading.n_words, reading.is_whole, reading.at_s);
        self.ended.extend(ended);
        self.doubts();
    }

    /// What is in doubt now, and what has ended since this was last asked.
    pub fn judge(&mut self) -> (Vec<Doubt>, Vec<(Symptom, Ending)>) {
        (self.doubts(), std::mem::take(&mut self.ended))
    }

    /// What is in doubt, and stays so until it has ended. Asked after all that is taken in, so that what is learned from the past is judged
    /// as it would have been then.
    fn doubts(&mut self) -> Vec<Doubt> {
        let mut doubts = Vec::new();
        if self.is_known() {
            let sure = self.silence_evidence();
            if !self.is_silent && sure >= OPENS_AT {
                (self.is_silent, self.silent_opened) = (true, self.silent);
            } else if self.is_silent && sure < CLOSES_BELOW {
                self.is_silent = false;
                self.ended.push((Symptom::Silent, Ending::Back));
            }
            if self.is_silent {
                doubts.push(Doubt {
                    symptom: Symptom::Silent,
                    since_s: self.came_s,
                    confidence: confidence(Symptom::Silent, sure),
                    why: format!(
                        "its list is answered and has had nothing new for {}, a time in which it is used to bring something {:.0} times",
                        span(self.polled_s - self.came_s),
                        self.silent.max(1.0),
                    ),
                });
            }
            if self.is_silent {
                self.flow.forget_doubt();
            }
            doubts.extend(self.flow.doubt());
        }
        let n_a_month = (self.week.a_month() * self.flow.items_a_poll()).max(1.0);
        doubts.extend(self.levels.doubts(n_a_month));
        doubts
    }

    /// Whether enough was seen of it.
    fn is_known(&self) -> bool {
        self.polled_s - self.first_polled_s >= KNOWN_AFTER_S
            && self.silences.n() >= KNOWN_AFTER_N
            && self.week.seen_h() >= 0.5 * KNOWN_AFTER_S as f64 / HOUR_S as f64
    }

    fn silence_evidence(&self) -> f64 {
        if !self.is_known() {
            return 0.0;
        }
        evidence(self.week.a_month() * self.silences.longer_than(self.silent), SILENCES_A_MONTH)
    }

    fn language(&self) -> Option<[u8; 2]> {
        (self.n_language > 0).then_some(self.language)
    }
}

impl Flow {
    fn pack(&self, packer: &mut Packer) {
        let Flow { n_items, n_polls, from_s, expected, seen, varies, n_blocks, .. } = self;
        let Flow { sum, since_s, back, n_since, expected_since, seen_since, is_open, .. } = self;
        for number in
            [n_items, n_polls, expected, seen, varies, n_blocks, sum, back, n_since, expected_since, seen_since]
        {
            packer.exact(*number);
        }
        for whole in [*from_s, *since_s, i64::from(*is_open)] {
            packer.whole(whole);
        }
    }

    fn unpack(from: &mut Unpacker<'_>) -> Flow {
        let exact = std::array::from_fn(|_| from.exact());
        let [n_items, n_polls, expected, seen, varies, n_blocks, sum, back, n_since, expected_since, seen_since] =
            exact;
        let (from_s, since_s, is_open) = (from.whole(), from.whole(), from.whole() != 0);
        Flow {
            n_items,
            n_polls,
            from_s,
            expected,
            seen,
            varies,
            n_blocks,
            sum,
            since_s,
            back,
            n_since,
            expected_since,
            seen_since,
            is_open,
        }
    }

    fn items_a_poll(&self) -> f64 {
        (self.n_items + 1.0) / (self.n_polls + 1.0)
    }

    fn forget_block(&mut self) {
        (self.expected, self.seen, self.from_s) = (0.0, 0.0, 0);
    }

    /// Where nothing comes at all, that is told as such.
    fn forget_doubt(&mut self) {
        self.forget_block();
        if !self.is_open {
            self.sum = 0.0;
        }
    }

    /// Takes in a poll that was expected to bring something `expected` times. At the end of a block the numbers are judged: the log
    /// likelihood ratio of Poisson counts, divided by how much more than those they vary (`McCullagh` and Nelder, Generalized Linear
    /// Models, 1989, on overdispersion).
    fn take(
        &mut self,
        from_s: i64,
        at_s: i64,
        expected: f64,
        n_new: u32,
        is_known: bool,
        is_common: bool,
    ) -> Option<Ending> {
        if self.from_s == 0 {
            self.from_s = from_s;
        }
        self.expected += expected * self.items_a_poll();
        self.seen += f64::from(n_new);
        if n_new > 0 && self.sum < IN_DOUBT {
            let fade = 0.998;
            self.n_items = self.n_items * fade + f64::from(n_new);
            self.n_polls = self.n_polls * fade + 1.0;
        }
        if self.expected < BLOCK_ITEMS || at_s - self.from_s < BLOCK_S {
            return None;
        }
        let (expected, seen, from_s) = (self.expected, self.seen, self.from_s);
        self.forget_block();
        let varies = ((self.varies + VARIES * VARIES_N) / (self.n_blocks + VARIES_N)).max(1.0);
        let ratio = (seen * FEWER_SHARE.ln() + expected * (1.0 - FEWER_SHARE)) / varies;
        if self.sum <= 0.0 {
            (self.since_s, self.n_since, self.expected_since, self.seen_since) = (from_s, 0.0, 0.0, 0.0);
        }
        self.n_since += 1.0;
        self.expected_since += expected;
        self.seen_since += seen;
        // On a holiday, which comes and goes within a block, numbers say little.
        if is_known && !is_common {
            self.sum = (self.sum + ratio).clamp(0.0, 25.0);
        }
        if self.is_open {
            self.back = (self.back - ratio).max(0.0);
            let is_habit = self.n_since >= HABIT_BLOCKS && at_s - self.since_s >= HABIT_S;
            if self.back >= IS_BACK || is_habit {
                if is_habit {
                    self.n_items *= self.seen_since / self.expected_since.max(1.0);
                }
                (self.sum, self.back, self.is_open) = (0.0, 0.0, false);
                return Some(if is_habit { Ending::Habit } else { Ending::Back });
            }
        } else if self.sum < IN_DOUBT {
            self.varies = self.varies * 0.98 + (seen - expected).powi(2) / expected;
            self.n_blocks = self.n_blocks * 0.98 + 1.0;
        }
        None
    }

    fn doubt(&mut self) -> Option<Doubt> {
        let sure = evidence(BLOCKS_A_MONTH * (-self.sum).exp(), THINNED_A_MONTH);
        let sure = if self.is_open { sure.max(OPENS_AT) } else { sure };
        if sure < OPENS_AT {
            return None;
        }
        if !self.is_open {
            (self.is_open, self.back) = (true, 0.0);
        }
        let why =
            format!("it has brought {:.0} items where it is used to bring {:.0}", self.seen_since, self.expected_since);
        let confidence = confidence(Symptom::Fewer, sure);
        Some(Doubt { symptom: Symptom::Fewer, since_s: self.since_s, confidence, why })
    }
}

/// A length of time in words.
fn span(seconds: i64) -> String {
    match seconds {
        ..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / HOUR_S),
        _ => format!("{} days", seconds / DAY_S),
    }
}
