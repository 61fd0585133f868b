//! What sources do at once. On a holiday those of a country are quiet together, and then each is expected to be; where
//! nearly all are silent, it is the intake that has lost something, and not a hundred sources.

use std::collections::HashMap;

/// After so many hours what was seen counts a third: a holiday shows by its noon, and is over on the next morning.
const FADES_H: f64 = 9.0;

/// So much has to be expected of the others before what they do says something.
const EXPECTED_MIN: f64 = 4.0;

/// Doubt, in times that something comes.
const DOUBT: f64 = 2.0;

/// The same, for whether all are silent: that is told within hours.
const ALL_FADES_H: f64 = 2.0;

/// From so much that is expected, and below this share of it, all are silent, and until another share of it comes.
const ALL_EXPECTED_MIN: f64 = 12.0;
const ALL_SHARE_MAX: f64 = 0.1;
const ALL_BACK_SHARE: f64 = 0.3;

/// What was expected lately, and what came.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Lately {
    pub(super) expected: f64,
    pub(super) seen: f64,
    pub(super) at_s: i64,
}

impl Lately {
    /// As it counts at a later time.
    pub(super) fn at(self, now_s: i64) -> Lately {
        self.faded(now_s, FADES_H)
    }

    fn faded(self, now_s: i64, fades_h: f64) -> Lately {
        if now_s <= self.at_s {
            return self;
        }
        let share = (-((now_s - self.at_s) as f64) / (3600.0 * fades_h)).exp();
        Lately { expected: self.expected * share, seen: self.seen * share, at_s: now_s }
    }

    pub(super) fn add(&mut self, expected: f64, seen: f64, at_s: i64) {
        *self = self.at(at_s);
        self.expected += expected;
        self.seen += seen;
    }

    /// How much of what was expected may be expected of somebody else, by what came of it: 1, or less where that is plain.
    fn share_without(self, own: Lately) -> Option<f64> {
        let own = own.at(self.at_s);
        let (expected, seen) = (self.expected - own.expected, (self.seen - own.seen).max(0.0));
        (expected >= EXPECTED_MIN).then(|| ((seen + 1.5 * seen.sqrt() + DOUBT) / (expected + DOUBT)).min(1.0))
    }
}

/// What all sources did lately, and those of each group.
#[derive(Clone, Debug, Default)]
pub struct Newsroom {
    all: Lately,
    /// The same of the last two hours.
    soon: Lately,
    is_silent: bool,
    groups: HashMap<[u8; 2], Lately>,
}

impl Newsroom {
    /// Adds what one did.
    pub(super) fn add(&mut self, group: Option<[u8; 2]>, expected: f64, seen: f64, at_s: i64) {
        self.all.add(expected, seen, at_s);
        self.soon = self.soon.faded(at_s, ALL_FADES_H);
        self.soon.expected += expected;
        self.soon.seen += seen;
        let Lately { expected: due, seen: come, .. } = self.soon;
        self.is_silent = if self.is_silent {
            come < ALL_BACK_SHARE * due
        } else {
            due >= ALL_EXPECTED_MIN && come <= ALL_SHARE_MAX * due
        };
        if let Some(group) = group {
            self.groups.entry(group).or_default().add(expected, seen, at_s);
        }
    }

    /// Adds what one did before.
    pub(super) fn join(&mut self, group: Option<[u8; 2]>, lately: Lately) {
        let at_s = self.all.at_s.max(lately.at_s);
        let lately = lately.at(at_s);
        self.all.add(lately.expected, lately.seen, at_s);
        if let Some(group) = group {
            self.groups.entry(group).or_default().add(lately.expected, lately.seen, at_s);
        }
    }

    /// The share of its habit that may be expected of one that did this itself.
    pub(super) fn share(&self, group: Option<[u8; 2]>, own: Lately) -> f64 {
        let of_group = group.and_then(|group| self.groups.get(&group)).and_then(|lately| lately.share_without(own));
        let of_all = self.all.share_without(own);
        of_group.unwrap_or(1.0).min(of_all.unwrap_or(1.0))
    }

    /// Whether nearly nothing comes of all that is expected, of several sources.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.is_silent
    }

    /// Takes note that all were silent when a process before this one looked.
    pub fn was_silent(&mut self) {
        self.is_silent = true;
    }
}
