//! Numbers as they are kept: few bytes, of which a sixteenth of a hundredth may be lost.

/// Writes numbers down.
pub(super) struct Packer(Vec<u8>);

impl Packer {
    /// Bytes that begin with the number of their format.
    pub(super) fn new(format: u8) -> Packer {
        Packer(vec![format])
    }

    /// A number of which two or three digits count.
    pub(super) fn rough(&mut self, number: f32) {
        // The upper half of its bits, rounded: sign, exponent and seven digits of the mantissa.
        let bits = number.to_bits().saturating_add(0x8000) >> 16;
        self.0.extend(u16::try_from(bits).unwrap_or(0).to_le_bytes());
    }

    /// Numbers of which two or three digits count.
    pub(super) fn roughly(&mut self, numbers: &[f32]) {
        for number in numbers {
            self.rough(*number);
        }
    }

    pub(super) fn exact(&mut self, number: f64) {
        self.0.extend(number.to_le_bytes());
    }

    pub(super) fn whole(&mut self, number: i64) {
        self.0.extend(number.to_le_bytes());
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// Reads them back. At the end of the bytes everything is 0.
pub(super) struct Unpacker<'a>(pub(super) &'a [u8]);

impl Unpacker<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (taken, rest) = self.0.split_first_chunk::<N>().unwrap_or((&[0; N], &[]));
        let taken = *taken;
        self.0 = rest;
        taken
    }

    pub(super) fn rough(&mut self) -> f32 {
        let number = f32::from_bits(u32::from(u16::from_le_bytes(self.take())) << 16);
        if number.is_finite() { number } else { 0.0 }
    }

    pub(super) fn roughly<const N: usize>(&mut self) -> [f32; N] {
        std::array::from_fn(|_| self.rough())
    }

    pub(super) fn exact(&mut self) -> f64 {
        let number = f64::from_le_bytes(self.take());
        if number.is_finite() { number } else { 0.0 }
    }

    pub(super) fn whole(&mut self) -> i64 {
        i64::from_le_bytes(self.take())
    }
}
