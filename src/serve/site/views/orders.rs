//! The buttons by which pages are told to do something, where they may be.

use maud::{Markup, html};

use crate::store::{SourceRow, StoryRow};

/// What can be done with a source.
pub(super) fn of_source(row: &SourceRow) -> Markup {
    let deeds: &[(&str, &str)] = match row.state.as_str() {
        "active" => &[("poll", "Poll now"), ("pause", "Pause"), ("retry", "Retry articles that were given up")],
        "paused" | "gone" => &[("resume", "Resume"), ("retry", "Retry articles that were given up")],
        _ => return html! {},
    };
    html! {
        form.orders method="post" action={ "/sources/" (row.slug) } {
            @for (deed, name) in deeds { button name="do" value=(deed) { (name) } " " }
        }
    }
}

/// What can be done with a story. Which articles are to be split off is marked at each of them.
pub(super) fn of_story(row: &StoryRow) -> Markup {
    let action = format!("/stories/{}", row.id);
    html! {
        form.orders id=(SPLIT_FORM) method="post" action=(action) {
            button name="do" value="split" { "Split the marked articles off" }
        }
        form.orders method="post" action=(action) {
            label { "Stories " input type="text" name="story" size="12" required inputmode="numeric" placeholder="12, 15"; }
            button name="do" value="merge" { "Merge them into this one" }
        }
    }
}

const SPLIT_FORM: &str = "split";

/// The mark of an article in a story.
pub(super) fn mark(article: i64) -> Markup {
    html! { input.mark type="checkbox" form=(SPLIT_FORM) name="article" value=(article) aria-label={ "Split article " (article) " off" }; " " }
}
