//! The likeliest pieces of a text: those whose weights have the largest sum (the algorithm of Viterbi).

use std::collections::HashMap;

/// The number of what no piece fits.
const UNKNOWN: usize = 0;

/// The number of the mark at the start of a text.
pub(super) const START: usize = 1;

/// The number of the mark at its end.
pub(super) const END: usize = 2;

/// So much less likely than the least likely piece is a character that is none.
const UNKNOWN_COST: f32 = 10.0;

/// All pieces.
#[derive(Debug)]
pub(super) struct Pieces {
    /// Number and weight by text.
    by_text: HashMap<Box<str>, (usize, f32)>,
    n: usize,
    /// Bytes of the longest.
    bytes_max: usize,
    unknown_weight: f32,
}

impl Pieces {
    /// All pieces in the order of their numbers, with their weights.
    pub(super) fn of(pieces: Vec<(&str, f32)>) -> Result<Pieces, String> {
        if pieces.len() <= END {
            return Err("it has no pieces of words".to_owned());
        }
        let least = pieces.iter().map(|(_, weight)| *weight).fold(f32::INFINITY, f32::min);
        Ok(Pieces {
            n: pieces.len(),
            bytes_max: pieces.iter().map(|(text, _)| text.len()).max().unwrap_or_default(),
            unknown_weight: least - UNKNOWN_COST,
            by_text: pieces
                .into_iter()
                .enumerate()
                .filter(|(_, (text, _))| !text.is_empty())
                .map(|(number, (text, weight))| (text.into(), (number, weight)))
                .collect(),
        })
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.n
    }

    /// The numbers of the likeliest pieces that make up a text; that of something unknown for an empty one.
    pub(super) fn likeliest(&self, text: &str) -> Vec<usize> {
        // At each byte where a character ends: the largest sum up to there, where its last piece starts, which that is.
        let mut best: Vec<(f32, usize, usize)> = vec![(f32::NEG_INFINITY, 0, UNKNOWN); text.len() + 1];
        best[0].0 = 0.0;
        for (start, character) in text.char_indices() {
            let so_far = best[start].0;
            let first_end = start + character.len_utf8();
            let mut is_known = false;
            let ends = text[start..].char_indices().map(|(at, character)| start + at + character.len_utf8());
            for end in ends.take_while(|end| end - start <= self.bytes_max) {
                let Some((number, weight)) = self.by_text.get(&text[start..end]) else { continue };
                is_known |= end == first_end;
                if so_far + weight > best[end].0 {
                    best[end] = (so_far + weight, start, *number);
                }
            }
            if !is_known && so_far + self.unknown_weight > best[first_end].0 {
                best[first_end] = (so_far + self.unknown_weight, start, UNKNOWN);
            }
        }
        let mut numbers = Vec::new();
        let mut end = text.len();
        while end > 0 {
            let (_, start, number) = best[end];
            numbers.push(number);
            end = start;
        }
        numbers.reverse();
        if numbers.is_empty() { vec![UNKNOWN] } else { numbers }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_pieces_are_taken() {
        let pieces = [
            ("", 0.0),
            ("", 0.0),
            ("", 0.0),
            ("▁sno", -3.0),
            ("▁snow", -4.0),
            ("fall", -3.5),
            ("w", -2.0),
            ("雪", -5.0),
        ];
        let pieces = Pieces::of(pieces.to_vec()).unwrap();
        assert_eq!(pieces.len(), 8);
        assert_eq!(pieces.likeliest("▁snowfall"), [4, 5]);
        assert_eq!(pieces.likeliest("▁snow雪"), [4, 7]);
        // A character that is no piece is one that is unknown, also before and within pieces.
        assert_eq!(pieces.likeliest("▁snowyfall"), [4, 0, 5]);
        assert_eq!(pieces.likeliest("я雪"), [0, 7]);
        assert_eq!(pieces.likeliest(""), [0]);
    }

    #[test]
    fn a_file_without_pieces_is_told() {
        assert!(Pieces::of(vec![("a", 0.0)]).is_err());
    }
}
