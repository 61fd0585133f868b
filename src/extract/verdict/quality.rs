//! What the F1 of a text is to be expected as, from what is known of its page as a whole.
//!
//! The lines' own probabilities know nothing of the page: those of a list of teasers are as sure of each teaser as those
//! of an article of each paragraph. Facts about the page are weighed by logistic regression, and what comes out is
//! calibrated by isotonic regression (Zadrozny and Elkan 2002). A text of an F1 under .8 counts as none: who trusts it is
//! misled. `quality.py` learned both from pages left out of what the lines were learned from.

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
    /// The page calls itself an article.
    SaysArticle,
    /// It has a date.
    HasDate,
    /// It has a title.
    HasTitle,
    /// Elements right above its lines, for each line.
    Parents,
    /// A demand to subscribe stands behind it.
    AsksToSubscribe,
    /// Words that the last part of its address has more than one, up to eight, over eight: articles have headlines there.
    Slug,
    /// The last part of its address has a number of five digits or more.
    Numbered,
    /// Lines between the title and the text, as a logarithm over six.
    TitleGap,
    /// Share of readers' comments in the prose of comments and text together.
    Comments,
    /// Share of its words in list items.
    Items,
    /// Share of its words in small elements with a button or field.
    WithInputs,
}

/// Weights of the logistic regression: what holds for every page, then those of the facts.
const WEIGHTS: [f32; COUNT + 1] =
    [-1.48, 4.08, 0.13, -1.56, -0.68, 0.54, 1.19, -1.43, -0.95, -0.29, 1.12, 0.44, -1.01, 1.58, 0.74, -0.46];

/// The calibration: logits, and the F1 that pages around them had. Between two it is drawn straight.
const KNOTS: [(f32, f32); 25] = [
    (-2.94, 0.057),
    (-1.44, 0.127),
    (-0.78, 0.280),
    (-0.22, 0.363),
    (0.21, 0.440),
    (0.54, 0.666),
    (0.80, 0.744),
    (1.03, 0.756),
    (1.26, 0.837),
    (1.56, 0.874),
    (1.82, 0.899),
    (2.16, 0.921),
    (2.46, 0.936),
    (2.76, 0.936),
    (3.10, 0.954),
    (3.29, 0.962),
    (3.48, 0.965),
    (3.67, 0.972),
    (3.76, 0.977),
    (3.91, 0.978),
    (4.19, 0.980),
    (4.48, 0.985),
    (4.73, 0.989),
    (5.25, 0.994),
    (6.10, 0.995),
];

/// How many facts there are.
pub(in super::super) const COUNT: usize = 15;

impl Facts {
    pub(in super::super) fn set(&mut self, fact: Fact, value: f32) {
        self.0[fact as usize] = value;
    }

    pub(in super::super) fn mark(&mut self, fact: Fact, holds: bool) {
        self.set(fact, f32::from(u8::from(holds)));
    }

    /// The F1 to be expected, where one under .8 counts as none: 0 to 1.
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
        article.set(Fact::Slug, 0.6);
        article.set(Fact::TitleGap, 0.3);
        article.mark(Fact::SaysArticle, true);
        article.mark(Fact::HasDate, true);
        let mut list = Facts::default();
        list.set(Fact::Certainty, 0.9);
        list.set(Fact::Teasers, 0.8);
        list.set(Fact::Parents, 0.9);
        assert!(article.expected() > 0.9 && list.expected() < 0.8, "{} {}", article.expected(), list.expected());
    }
}
