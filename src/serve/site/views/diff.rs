//! `/articles/ID/diff/1..3`: what changed between two wordings, word by word.

use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::Value;

use crate::forms::revisions::{Comparison, History, RevisionRange, parse_range};
use crate::revision::difference::{Piece, Step};
use crate::serve::miss::Miss;
use crate::store::{ArticleDetails, Reader, RevisionRow};

use super::view::View;
use crate::serve::site::asked::Asked;
use crate::serve::site::parts::{headline, shown, time};

pub(super) struct Diff {
    article: ArticleDetails,
    revisions: Vec<RevisionRow>,
    range: RevisionRange,
}

pub(super) fn read(reader: &Reader, id: i64, range: &str) -> Result<Diff, Miss> {
    let range = parse_range(range).map_err(Miss::Wrong)?;
    let article = reader.article(id)?.ok_or_else(|| Miss::NotFound(format!("there is no article {id}")))?;
    let revisions = reader.revisions(id)?;
    History::new(&article, &revisions).compare(range).map_err(Miss::NotFound)?;
    Ok(Diff { article, revisions, range })
}

impl View for Diff {
    fn title(&self) -> String {
        format!("Changed: {}", shown(self.article.row.title.as_deref()))
    }

    fn main(&self, _: &Asked, now: Timestamp) -> Markup {
        let id = self.article.row.id;
        let history = History::new(&self.article, &self.revisions);
        let Ok(comparison) = history.compare(self.range) else { return html! {} };
        let (from, to) = (comparison.from, comparison.to);
        html! {
            p.about {
                (headline(&format!("/articles/{id}"), Some("the article as it reads now"), None)) " · "
                "wording " (from.revision) ", seen " (time(from.seen_at, now)) ", to wording " (to.revision) ", seen " (time(to.seen_at, now))
                " · " (comparison.difference.extent())
            }
            @if self.revisions.len() > 1 {
                nav.steps aria-label="Wordings" {
                    @for pair in history.wordings.windows(2) {
                        a href={ "/articles/" (id) "/diff/" (pair[0].revision) ".." (pair[1].revision) }
                            aria-current=[((pair[0].revision, pair[1].revision) == (from.revision, to.revision)).then_some("page")] {
                            (pair[0].revision) " → " (pair[1].revision)
                        }
                        " "
                    }
                }
            }
            article.diff lang=[self.article.row.language.as_deref()] dir="auto" {
                (marked(&comparison))
            }
        }
    }

    fn json(&self) -> Value {
        let history = History::new(&self.article, &self.revisions);
        history.compare(self.range).map_or(Value::Null, |comparison| comparison.value(self.article.row.id))
    }
}

/// What changed, with what came and what went marked.
pub(super) fn marked(comparison: &Comparison<'_>) -> Markup {
    html! {
        @if let Some(title) = &comparison.difference.title { h2 dir="auto" { (step(title)) } }
        @for (at, paragraph) in comparison.difference.paragraphs.iter().enumerate() {
            @match paragraph {
                Step::Kept(text) if is_far(&comparison.difference.paragraphs, at) => p.kept.far dir="auto" { (text) },
                other => p.(class(other)) dir="auto" { (step(other)) },
            }
        }
    }
}

/// Whether nothing changed beside a paragraph: it is shown pale.
fn is_far(steps: &[Step<'_>], at: usize) -> bool {
    let is_kept = |at: Option<usize>| at.and_then(|at| steps.get(at)).is_none_or(|step| matches!(step, Step::Kept(_)));
    is_kept(at.checked_sub(1)) && is_kept(Some(at + 1))
}

fn class(step: &Step<'_>) -> &'static str {
    match step {
        Step::Kept(_) => "kept",
        Step::Removed(_) => "removed",
        Step::Added(_) => "added",
        Step::Changed(_) => "changed",
    }
}

fn step(step: &Step<'_>) -> Markup {
    match step {
        Step::Kept(text) => html! { (text) },
        Step::Removed(text) => html! { del { (text) } },
        Step::Added(text) => html! { ins { (text) } },
        Step::Changed(pieces) => html! {
            @for piece in pieces {
                @match piece {
                    Piece::Kept(text) => { (text) }
                    Piece::Removed(text) => { del { (text) } }
                    Piece::Added(text) => { ins { (text) } }
                }
            }
        },
    }
}
