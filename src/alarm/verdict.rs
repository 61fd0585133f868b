//! What may be wrong with a source, and how sure that is.

/// Evidence from which an alarm opens, and below which one closes that nothing else has ended.
pub(super) const OPENS_AT: f64 = 0.5;
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

/// How much speaks for a loss, where the same would come about by chance so many times a month, and losses of that kind are taken to
/// come so many times: 0 to 1. By chance is what the tests' inequalities promise, which is more than comes about.
pub(super) fn evidence(by_chance_a_month: f64, losses_a_month: f64) -> f64 {
    losses_a_month / (losses_a_month + by_chance_a_month)
}

/// The probability that something is lost, by the evidence for it: knots of its log odds, between which lines are drawn. They are shares
/// of true alarms among those whose evidence came so far, in newsrooms whose losses were known (`benches/alarms.rs`, seeds 1 to 6), in
/// which a source loses something four times in 16 months. Numbers of items vary more than tests take them to, so that more evidence
/// is asked of them, and articles that fall by chance are few.
pub(super) fn confidence(symptom: Symptom, evidence: f64) -> f64 {
    let knots: &[(f64, f64)] = match symptom {
        Symptom::Silent => {
            &[(0.0, 0.39), (0.5, 0.46), (1.0, 0.52), (2.0, 0.6), (3.0, 0.67), (5.0, 0.81), (7.0, 0.89), (12.0, 0.98)]
        }
        Symptom::Fewer => {
            &[(0.0, 0.41), (0.5, 0.46), (1.0, 0.52), (2.0, 0.64), (3.0, 0.76), (5.0, 0.91), (7.0, 0.96), (12.0, 0.99)]
        }
        Symptom::Quality | Symptom::Shorter | Symptom::Partial => {
            &[(0.0, 0.59), (1.0, 0.63), (2.0, 0.7), (3.0, 0.84), (4.0, 0.9), (6.0, 0.94), (12.0, 0.98)]
        }
    };
    let odds = (evidence / (1.0 - evidence).max(1e-9)).ln();
    let above = knots.partition_point(|(at, _)| *at <= odds);
    match (above.checked_sub(1).map(|below| knots[below]), knots.get(above)) {
        (Some((low, low_share)), Some((high, high_share))) => {
            low_share + (high_share - low_share) * (odds - low) / (high - low)
        }
        (Some((_, share)), None) => share,
        (None, _) => knots[0].1,
    }
}
