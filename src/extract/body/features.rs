//! What speaks for and against a line being part of the article, as numbers with a name, two weights and a meaning.
//!
//! The weights add up to a logit. The first is used for the first look, which sees the line and what stands above it
//! and serves to find the article's place; the second for the second look, which also sees the line's neighbours and
//! its place in relation to the article's. They were learned (`learn`) on pages whose article is known, and rounded.

/// Declares the features, so that name, weights and meaning stand in one line of one table.
macro_rules! features {
    ($($(#[$meaning:meta])* $name:ident: $first:expr, $second:expr;)*) => {
        /// A property of a line that is weighed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Feature {
            $($(#[$meaning])* $name,)*
        }

        /// Names, in the order of the table.
        #[cfg(test)]
        pub(super) const NAMES: &[&str] = &[$(stringify!($name),)*];

        /// Weights of the first look.
        pub(super) const FIRST: [f32; COUNT] = [$($first,)*];

        /// Weights of the second look.
        pub(super) const SECOND: [f32; COUNT] = [$($second,)*];

        /// How many features there are.
        pub(super) const COUNT: usize = [$(stringify!($name),)*].len();
    };
}

include!("weights.rs");

/// The features of one line.
#[derive(Clone, Debug)]
pub(super) struct Features(pub(super) [f32; COUNT]);

impl Features {
    pub(super) fn new() -> Self {
        let mut features = Features([0.0; COUNT]);
        features.set(Feature::Always, 1.0);
        features
    }

    pub(super) fn set(&mut self, feature: Feature, value: f32) {
        self.0[feature as usize] = value;
    }

    pub(super) fn mark(&mut self, feature: Feature, holds: bool) {
        self.set(feature, f32::from(u8::from(holds)));
    }

    /// The probability that the line is part of the article.
    pub(super) fn probability(&self, weights: &[f32; COUNT]) -> f32 {
        let logit: f32 = self.0.iter().zip(weights).map(|(value, weight)| value * weight).sum();
        1.0 / (1.0 + (-logit).exp())
    }
}
