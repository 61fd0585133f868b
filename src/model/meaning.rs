//! What a text means, as a vector.

/// A direction in a space of meanings: texts that say the same point the same way, in whatever language.
///
/// Kept as small numbers, each a step of the largest one: of two vectors only the angle between them counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meaning {
    values: Box<[i8]>,
}

impl Meaning {
    /// The direction of a vector.
    #[must_use]
    pub fn of(vector: &[f32]) -> Meaning {
        let largest = vector.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        let step = if largest > 0.0 { f32::from(i8::MAX) / largest } else { 0.0 };
        Meaning { values: vector.iter().map(|value| small(value * step)).collect() }
    }

    /// From what [`Meaning::to_bytes`] gave.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Meaning {
        Meaning { values: bytes.iter().map(|byte| byte.cast_signed()).collect() }
    }

    /// The vector as bytes, one for each dimension.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.values.iter().map(|value| value.cast_unsigned()).collect()
    }

    /// The sign of each dimension, as bits: of vectors whose signs differ in many, the cosine is small.
    #[must_use]
    pub fn signs(&self) -> Vec<u64> {
        let of_chunk = |values: &[i8]| values.iter().fold(0, |bits, value| bits << 1 | u64::from(*value >= 0));
        self.values.chunks(64).map(of_chunk).collect()
    }

    /// The cosine of the angle between two vectors: 1 for the same direction, about 0 for unrelated ones. 0 where one of
    /// them has no direction, or they are of different spaces.
    #[must_use]
    pub fn cosine(&self, other: &Meaning) -> f64 {
        if self.values.len() != other.values.len() {
            return 0.0;
        }
        let squares = f64::from(product(&self.values, &self.values)) * f64::from(product(&other.values, &other.values));
        if squares > 0.0 { f64::from(product(&self.values, &other.values)) / squares.sqrt() } else { 0.0 }
    }
}

/// The sum of the products. Some ten thousand dimensions fit the number.
fn product(left: &[i8], right: &[i8]) -> i32 {
    left.iter().zip(right).map(|(left, right)| i32::from(i16::from(*left) * i16::from(*right))).sum()
}

#[expect(clippy::cast_possible_truncation, reason = "rounded, and no larger than the largest")]
fn small(value: f32) -> i8 {
    value.round() as i8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(left: &[f32], right: &[f32], cosine: f64) {
        let found = Meaning::of(left).cosine(&Meaning::of(right));
        assert!((found - cosine).abs() < 0.01, "{left:?} and {right:?}: {found}");
    }

    #[test]
    fn only_the_direction_counts() {
        check(&[1.0, 0.0], &[0.02, 0.0], 1.0);
        check(&[1.0, 0.0], &[0.0, -3.0], 0.0);
        check(&[1.0, 2.0], &[-1.0, -2.0], -1.0);
        check(&[1.0, 0.0], &[1.0, 1.0], 0.5_f64.sqrt());
        // No direction, another space.
        check(&[0.0, 0.0], &[1.0, 1.0], 0.0);
        check(&[1.0], &[1.0, 1.0], 0.0);
    }

    #[test]
    fn bytes_are_the_vector() {
        let meaning = Meaning::of(&[0.3, -0.7, 0.0]);
        assert_eq!(Meaning::from_bytes(&meaning.to_bytes()), meaning);
    }
}
