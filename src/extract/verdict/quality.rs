//! What the F1 of a text is to be expected as, from what is known of its page as a whole.
//!
//! The lines' own probabilities know nothing of the page: those of a list of teasers are as sure of each teaser as those
//! of an article of each paragraph. Facts about the page are weighed by logistic regression, and what comes out is
//! calibrated by isotonic regression (Zadrozny and Elkan 2002). `quality.py` learned both from pages left out of what
//! the lines were learned from.

/// Facts about a page and the text found in it, in the order of [`Fact`].
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Facts(pub(in super::super) [f32; COUNT]);

/// What speaks for or against a text as a whole.
#[derive(Clone, Copy, Debug)]
pub(in super::super) enum Fact {
    /// Logit of the F1 that the lines' probabilities add up to, over four.
    Certainty,
    /// Words, as a logarithm over ten.
    Words,
    /// Share of the text that stands in links.
    Links,
    /// Share of the lines right behind a linked headline.
    Teasers,
    /// Linked headlines on the page for each line of the text, as a logarithm over four.
    Headlines,
    /// The page calls itself an article.
    SaysArticle,
    /// It has a date.
    HasDate,
    /// It has a title.
    HasTitle,
    /// Structured data holds a text.
    HasStructured,
    /// The text is far shorter than that of structured data.
    FallsShort,
    /// The text is that of structured data or of scripts.
    FromElsewhere,
    /// Share of its bytes in lines that end like sentences.
    Sentences,
    /// Share of its lines that have fewer than ten words.
    ShortLines,
    /// Elements right above its lines, for each line.
    Parents,
    /// Share of the page's text, in bytes, that it holds.
    OfPage,
    /// It breaks off.
    BreaksOff,
    /// A demand to subscribe stands behind it.
    AsksToSubscribe,
}

/// Weights of the logistic regression: what holds for every page, then those of the facts.
const WEIGHTS: [f32; COUNT + 1] = [
    -1.23, 3.24, -0.62, -1.88, -0.71, 0.10, 1.09, 1.15, -0.72, 0.41, 0.03, 0.00, 0.26, -0.27, -1.51, 1.17, -0.07, -0.31,
];

/// The calibration: logits, and the F1 that pages around them had. Between two it is drawn straight.
const KNOTS: [(f32, f32); 21] = [
    (-2.60, 0.097),
    (-1.07, 0.192),
    (-0.43, 0.319),
    (0.04, 0.529),
    (0.47, 0.657),
    (0.78, 0.664),
    (1.16, 0.723),
    (1.43, 0.797),
    (1.59, 0.864),
    (1.93, 0.908),
    (2.30, 0.926),
    (2.71, 0.943),
    (2.97, 0.950),
    (3.09, 0.961),
    (3.25, 0.971),
    (3.38, 0.974),
    (3.74, 0.974),
    (4.14, 0.980),
    (4.25, 0.986),
    (4.56, 0.992),
    (5.18, 0.995),
];

/// How many facts there are.
pub(in super::super) const COUNT: usize = 17;

impl Facts {
    pub(in super::super) fn set(&mut self, fact: Fact, value: f32) {
        self.0[fact as usize] = value;
    }

    pub(in super::super) fn mark(&mut self, fact: Fact, holds: bool) {
        self.set(fact, f32::from(u8::from(holds)));
    }

    /// The F1 to be expected: 0 to 1.
    pub(in super::super) fn expected(&self) -> f32 {
        let logit = WEIGHTS[0] + WEIGHTS[1..].iter().zip(&self.0).map(|(weight, fact)| weight * fact).sum::<f32>();
        let after = KNOTS.partition_point(|(at, _)| *at < logit);
        let (Some(end), Some(start)) = (KNOTS.get(after), after.checked_sub(1).map(|before| KNOTS[before])) else {
            return KNOTS[after.min(KNOTS.len() - 1)].1;
        };
        start.1 + (end.1 - start.1) * (logit - start.0) / (end.0 - start.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_certainty_never_lowers_what_is_expected() {
        let expected = |certainty: f32| {
            let mut facts = Facts::default();
            facts.set(Fact::Certainty, certainty);
            facts.mark(Fact::SaysArticle, true);
            facts.expected()
        };
        let steps: Vec<f32> = (-20..=40_i16).map(|step| expected(f32::from(step) / 10.0)).collect();
        assert!(steps.is_sorted(), "{steps:?}");
        assert!(steps.iter().all(|expected| (0.0..=1.0).contains(expected)));
        assert!(steps[0] < 0.5 && steps[steps.len() - 1] > 0.95);
    }

    #[test]
    fn a_list_of_teasers_is_trusted_less_than_an_article() {
        let mut article = Facts::default();
        article.set(Fact::Certainty, 0.9);
        article.set(Fact::Sentences, 0.95);
        article.set(Fact::OfPage, 0.7);
        article.mark(Fact::SaysArticle, true);
        article.mark(Fact::HasDate, true);
        let mut list = Facts::default();
        list.set(Fact::Certainty, 0.9);
        list.set(Fact::Sentences, 0.95);
        list.set(Fact::Teasers, 0.8);
        list.set(Fact::Parents, 0.9);
        list.set(Fact::Headlines, 0.3);
        assert!(article.expected() > 0.9 && list.expected() < 0.7, "{} {}", article.expected(), list.expected());
    }
}
