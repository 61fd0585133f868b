//! The hash that shingles are known by. It is written into the database, so it must never change; and it is no secret:
//! whoever makes texts collide can only have them compared.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hasher, RandomState};

/// Where a hash begins.
pub(super) const EMPTY: u64 = 0xcbf2_9ce4_8422_2325;

/// Goes on by a value.
pub(super) fn with(hash: u64, value: u64) -> u64 {
    // One step of FNV-1a, on more than a byte at a time.
    (hash ^ value).wrapping_mul(0x0000_0100_0000_01b3)
}

/// Spreads what has been taken in over all bits (the finisher of `SplitMix64`).
pub(super) fn mix(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// A map by numbers.
pub(crate) type NumberMap<K, V> = HashMap<K, V, NumberState>;

/// A set of numbers.
pub(crate) type NumberSet<K> = HashSet<K, NumberState>;

/// Where the hashes of a map by numbers begin: elsewhere in each, so that no text is written that makes its words collide.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NumberState(u64);

impl Default for NumberState {
    fn default() -> NumberState {
        NumberState(RandomState::new().build_hasher().finish())
    }
}

impl BuildHasher for NumberState {
    type Hasher = NumberHasher;

    fn build_hasher(&self) -> NumberHasher {
        NumberHasher(self.0)
    }
}

/// Hashes numbers that are spread or counted up: most are hashes themselves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_i64(&mut self, number: i64) {
        self.write_u64(number.cast_unsigned());
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = mix(with(self.0, number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_what_it_has_always_been() {
        let hash = "shingle".bytes().fold(EMPTY, |hash, byte| with(hash, u64::from(byte)));
        assert_eq!(hash, 0xc902_91d0_85e6_a14d);
        assert_eq!(mix(0x9e37_79b9_7f4a_7c15), 0xe220_a839_7b1d_cdaf);
    }
}
