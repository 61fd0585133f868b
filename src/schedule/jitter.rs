//! Due times that are spread, so that not all that fell due together does so again.

use jiff::{SignedDuration, Timestamp};

/// `now` plus some seconds, spread by up to `jitter_percent` of them, so that what fell due together does not stay
/// together. The spread depends on `seed` alone: the same question has the same answer.
pub(super) fn later(now: Timestamp, seconds: u32, jitter_percent: u32, seed: u64) -> Timestamp {
    let spread = i64::from(seconds) * i64::from(jitter_percent) / 100;
    // SplitMix64's finalizer: neighbouring seeds land far apart.
    let mut mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    let width = u64::try_from(2 * spread + 1).unwrap_or(1);
    let offset = i64::try_from(mixed % width).unwrap_or(0) - spread;
    now.checked_add(SignedDuration::from_secs(i64::from(seconds) + offset)).unwrap_or(Timestamp::MAX)
}
