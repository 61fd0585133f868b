//! Runs of four words of a text, by which it is told how much of it another text holds.

use std::collections::HashSet;

use super::super::text::{count_words, hash, share};
use crate::scripts::is_han_or_kana;

/// Runs of four words of a text, as hashes.
pub(super) struct Shingles {
    hashes: HashSet<u64>,
    pub(super) n_words: usize,
}

const SHINGLE_WORDS: usize = 4;

impl Shingles {
    pub(super) fn of(text: &str) -> Shingles {
        let hashes: HashSet<u64> = shingles(text).collect();
        Shingles { hashes, n_words: count_words(text) }
    }

    pub(super) fn share_of(&self, text: &str) -> f32 {
        let (mut n_all, mut n_known) = (0, 0);
        for shingle in shingles(text) {
            n_all += 1;
            n_known += usize::from(self.hashes.contains(&shingle));
        }
        share(n_known, n_all)
    }
}

pub(super) fn shingles(text: &str) -> impl Iterator<Item = u64> {
    let mut words: Vec<u64> = Vec::new();
    let mut word: u64 = 0;
    let flush = |word: &mut u64, words: &mut Vec<u64>| {
        if *word != 0 {
            words.push(std::mem::take(word));
        }
    };
    for c in text.chars() {
        if is_han_or_kana(c) {
            flush(&mut word, &mut words);
            words.push(u64::from(c));
        } else if c.is_alphanumeric() {
            word = word.wrapping_mul(0x0100_0000_01b3) ^ (u64::from(c) + 1);
        } else if c != '\u{ad}' {
            flush(&mut word, &mut words);
        }
    }
    flush(&mut word, &mut words);
    let n_shingles = if words.is_empty() { 0 } else { words.len().saturating_sub(SHINGLE_WORDS - 1).max(1) };
    (0..n_shingles).map(move |start| {
        words[start..words.len().min(start + SHINGLE_WORDS)]
            .iter()
            .fold(0, |hashed, word| hash(hashed, &word.to_le_bytes()))
    })
}
