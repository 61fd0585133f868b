//! Many phrases, looked for in one pass over a text.

/// Phrases of several kinds. A bit for each beginning of three bytes tells at nearly every place of a text that no
/// phrase begins there.
pub(crate) struct PhraseIndex<K> {
    beginnings: [u64; BEGINNING_BITS / 64],
    /// By beginning, for binary search.
    phrases: Vec<(u32, &'static str, K)>,
}

const BEGINNING_BITS: usize = 1 << 14;

impl<K: Copy> PhraseIndex<K> {
    /// An index of phrases, each of three bytes at least; shorter ones are never found.
    pub(crate) fn of(kinds: &[(K, &[&'static str])]) -> PhraseIndex<K> {
        let all = kinds.iter().flat_map(|(kind, phrases)| phrases.iter().map(move |phrase| (*phrase, *kind)));
        let mut phrases: Vec<(u32, &'static str, K)> = all
            .filter_map(|(phrase, kind)| Some((beginning(*phrase.as_bytes().first_chunk()?), phrase, kind)))
            .collect();
        phrases.sort_by_key(|(beginning, _, _)| *beginning);
        let mut beginnings = [0; BEGINNING_BITS / 64];
        for (beginning, _, _) in &phrases {
            let bit = bit_of(*beginning);
            beginnings[bit / 64] |= 1 << (bit % 64);
        }
        PhraseIndex { beginnings, phrases }
    }

    /// Tells of each phrase that stands in a text in lower case, with its kind, as often as it does.
    pub(crate) fn find_in(&self, lower: &str, mut tell: impl FnMut(K, &'static str)) {
        let bytes = lower.as_bytes();
        let [first, second, rest @ ..] = bytes else { return };
        let mut beginning = beginning([0, *first, *second]);
        for (at, third) in rest.iter().enumerate() {
            beginning = beginning << 8 & 0x00ff_ffff | u32::from(*third);
            let bit = bit_of(beginning);
            if self.beginnings[bit / 64] & (1 << (bit % 64)) == 0 {
                continue;
            }
            let from = self.phrases.partition_point(|(known, _, _)| *known < beginning);
            for (known, phrase, kind) in &self.phrases[from..] {
                if *known != beginning {
                    break;
                }
                if bytes[at..].starts_with(phrase.as_bytes()) {
                    tell(*kind, phrase);
                }
            }
        }
    }
}

fn beginning(bytes: [u8; 3]) -> u32 {
    u32::from(bytes[0]) << 16 | u32::from(bytes[1]) << 8 | u32::from(bytes[2])
}

fn bit_of(beginning: u32) -> usize {
    // Multiplicative hashing: the upper bits are well mixed.
    (beginning.wrapping_mul(0x9E37_79B1) >> 18) as usize % BEGINNING_BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_found_wherever_they_stand() {
        let index = PhraseIndex::of(&[(1, &["weir", "weir lane"]), (2, &["堰の道", "no"])]);
        let found = |text: &str| {
            let mut found = Vec::new();
            index.find_in(text, |kind, phrase| found.push((kind, phrase)));
            found
        };
        assert_eq!(found("at weir lane"), [(1, "weir"), (1, "weir lane")]);
        assert_eq!(found("この堰の道"), [(2, "堰の道")]);
        assert_eq!(found("no"), []);
    }
}
