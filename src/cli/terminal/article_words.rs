//! Articles in words, the same in every command that tells of them.

use crate::store::{ArticleDetails, ArticleRow, StoryRow};

use super::output::Output;
use super::text::counted;

/// What there is to say of an article in a list: `= 6` for the text of article 6, `~ 6` for one made from it, `r2` for its second wording,
/// and what its text is if not the whole article.
pub(crate) fn in_short(row: &ArticleRow) -> String {
    let copy = row.duplicate_of.map(|of| format!("{} {of}", copy_mark(row.duplicate_kind.as_deref())));
    let kind = Some(row.body_kind.clone()).filter(|kind| kind != "full");
    let revision = (row.revision > 1).then(|| format!("r{}", row.revision));
    [copy, kind, revision].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// What stands before the article that a copy is one of: `=` for the same text, `~` for one that was made from it.
pub(crate) fn copy_mark(kind: Option<&str>) -> &'static str {
    if kind == Some("near") { "~" } else { "=" }
}

/// Kind, length and quality of an article's text.
pub(crate) fn text_in_short(article: &ArticleDetails) -> String {
    let ArticleDetails { row, quality_reasons, .. } = article;
    let reasons = quality_reasons.join(", ");
    let reasons = if reasons.is_empty() { reasons } else { format!(" ({reasons})") };
    format!("{}, {} words, quality {}{reasons}", row.body_kind, row.words, row.quality)
}

/// Which wording an article has and since when; nothing for the first.
pub(crate) fn last_revision(article: &ArticleDetails, output: &Output) -> Option<String> {
    let revision = article.row.revision;
    (revision > 1).then(|| format!("{revision}, last change seen {}", output.when(&article.updated_at)))
}

/// The story that an article tells of; nothing where no other does.
pub(crate) fn story_told_by_others(story: &StoryRow) -> Option<String> {
    let StoryRow { id, title, n_articles, n_sources, .. } = story;
    let title = title.as_deref().unwrap_or("(no title)");
    let (articles, sources) = (counted(*n_articles, "article"), counted(*n_sources, "source"));
    (*n_articles > 1).then(|| format!("{id}: {title} ({articles}, {sources})"))
}
