//! What may be wrong with a source, and how sure that is.

/// How often something of a source is lost before anything is seen of it: some times a year.
pub const LOSSES_A_MONTH: f64 = 0.2;

/// Confidence from which an alarm opens, and below which one closes that nothing else has ended.
pub const OPENS_AT: f64 = 0.5;
/// See [`OPENS_AT`].
pub(super) const CLOSES_BELOW: f64 = 0.2;

/// What may be wrong with a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Symptom {
    /// Nothing comes, for longer than it is used to.
    Silent,
    /// Less comes than it is used to.
    Fewer,
    /// Articles are of a lower quality.
    Quality,
    /// Articles are shorter.
    Shorter,
    /// Fewer articles are whole.
    Partial,
}

/// A symptom, and how sure it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Doubt {
    /// What it is.
    pub symptom: Symptom,
    /// Since when, in seconds of Unix time.
    pub since_s: i64,
    /// How sure, 0 to 1.
    pub confidence: f64,
    /// What is seen, in a sentence.
    pub why: String,
}

/// Why something is no longer in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It is as it was.
    Back,
    /// It has stayed so for long that this is its habit now.
    Habit,
}

/// The probability that something is lost, where the same would come about by chance so many times a month.
pub(super) fn confidence(by_chance_a_month: f64) -> f64 {
    (LOSSES_A_MONTH / (LOSSES_A_MONTH + by_chance_a_month)).min(0.99)
}
