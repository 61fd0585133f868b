//! A stored article, as far as it is needed to compare it, and whether another text is it.

use std::collections::HashSet;

use crate::model::Article;
use crate::revision::substance;

/// Share of paragraphs in common from which two wordings are two states of one article, if their titles differ.
const SAME_ARTICLE_SHARE: f64 = 0.2;

/// A stored article that may be the one at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its row.
    pub id: i64,
    /// Its headline.
    pub title: Option<String>,
    /// Its body, a paragraph a line.
    pub body: String,
    /// The word of its `body_kind` column.
    pub body_kind: String,
    /// The day of its publication, as `YYYYMMDD`.
    pub day: Option<String>,
}

/// Whether an article has the headline of a stored one, or some of its text.
#[must_use]
pub fn is_same_article(article: &Article, known: &Known) -> bool {
    let titles_agree = match (&article.title, &known.title) {
        (Some(left), Some(right)) => substance::titles_agree(right, left, article.site_name.as_deref()),
        _ => false,
    };
    titles_agree || paragraphs_in_common(article, known) >= SAME_ARTICLE_SHARE
}

/// Share of the shorter text's paragraphs that stand in the other too.
fn paragraphs_in_common(article: &Article, known: &Known) -> f64 {
    let ours: HashSet<&str> = article.paragraphs().collect();
    let theirs: HashSet<&str> = known.body.lines().collect();
    let fewest = ours.len().min(theirs.len());
    if fewest == 0 {
        return 0.0;
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of paragraphs are far below 2^52")]
    let share = ours.intersection(&theirs).count() as f64 / fewest as f64;
    share
}
