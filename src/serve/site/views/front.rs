//! `/`: what several newsrooms tell today, and what is new.

use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use serde_json::{Value, json};

use crate::forms;
use crate::model::QueueState;
use crate::serve::miss::Miss;
use crate::store::{Alarm, ArticleFilter, ArticleRow, Happened, MemberRow, Reader, StoryFilter, StoryRow};

use super::alarms::subject;
use super::happened::{self, Kind};
use super::view::View;
use crate::forms::queue::old_since;
use crate::forms::words::counted;
use crate::serve::site::asked::Asked;
use crate::serve::site::parts::{article_item, time};
use crate::serve::site::views::stories::{story_item, with_members};

/// A day.
const TODAY: SignedDuration = SignedDuration::from_hours(24);

/// Stories and articles shown: what one looks through over coffee.
const STORIES_MAX: u32 = 20;
const ARTICLES_MAX: u32 = 30;

/// Revisions and removals shown.
const HAPPENED_MAX: u32 = 8;

pub(super) struct Front {
    /// Whether the stories are of the last day, or the last ones that there were.
    are_of_today: bool,
    stories: Vec<(StoryRow, Vec<MemberRow>)>,
    n_new: u64,
    new: Vec<ArticleRow>,
    revised: Vec<Happened>,
    removed: Vec<Happened>,
    alarms: Vec<Alarm>,
    queue: Option<QueueState>,
}

pub(super) fn read(reader: &Reader, now: Timestamp) -> Result<Front, Miss> {
    let since = now - TODAY;
    let of_several = StoryFilter { since: Some(since), sources_min: 2, is_news: true, ..StoryFilter::default() };
    let mut rows = reader.stories(&of_several, Some(STORIES_MAX))?;
    let are_of_today = !rows.is_empty();
    if !are_of_today {
        rows = reader.stories(&StoryFilter { since: None, ..of_several }, Some(STORIES_MAX))?;
    }
    let published_today = ArticleFilter { since: Some(since), ..ArticleFilter::default() };
    Ok(Front {
        are_of_today,
        stories: with_members(reader, rows)?,
        n_new: reader.n_articles(&published_today)?,
        new: reader.articles(&ArticleFilter { without_duplicates: true, ..ArticleFilter::default() }, ARTICLES_MAX)?,
        revised: of_today(happened::last(reader, Kind::Revised, HAPPENED_MAX)?, since),
        removed: of_today(happened::last(reader, Kind::Removed, HAPPENED_MAX)?, since),
        alarms: reader.alarms(now)?,
        queue: reader.queue_state()?.filter(|queue| old_since(queue, now).is_none()),
    })
}

/// Those of the last day.
fn of_today(happened: Vec<Happened>, since: Timestamp) -> Vec<Happened> {
    happened.into_iter().filter(|one| one.at.parse().is_ok_and(|at: Timestamp| at >= since)).collect()
}

impl View for Front {
    fn title(&self) -> String {
        "Today".to_owned()
    }

    fn main(&self, _: &Asked, now: Timestamp) -> Markup {
        html! {
            @if let Some(first) = self.alarms.first() {
                p.attention {
                    a href="/alarms" { (counted(self.alarms.len(), "alarm")) } ": "
                    (subject(first)) " " (first.kind.as_str())
                    @if let Some(at) = &first.since { " since " (time(at, now)) }
                    @if self.alarms.len() > 1 { " …" }
                }
            }
            @if let Some(queue) = &self.queue { p.about { a href="/workers" { "Workers" } ": " (queue.in_words()) } }
            section aria-labelledby="told" {
                h2 #told {
                    @if self.are_of_today { "Told by several newsrooms in 24 hours" } @else { "Told by several newsrooms" }
                }
                @if self.stories.is_empty() { p.none { "No story is told by more than one source yet." } }
                ol.stories { @for (row, members) in &self.stories { (story_item(row, members, true, now)) } }
                p.more { a href="/stories?min_sources=2" { "All stories" } }
            }
            div.pair {
                (happened_section("revised", "Revised in 24 hours", &self.revised, Kind::Revised, now))
                (happened_section("removed", "Removed in 24 hours", &self.removed, Kind::Removed, now))
            }
            section aria-labelledby="new" {
                h2 #new { "New" }
                p.about { (counted(self.n_new, "article")) " published in 24 hours; copies are left out below" }
                @if self.new.is_empty() { p.none { "No articles yet: newswire fetch URL brings the first." } }
                ol.items { @for row in &self.new { (article_item(row, now)) } }
                p.more { a href="/search" { "All articles" } }
            }
        }
    }

    fn json(&self) -> Value {
        let stories = self.stories.iter().map(|(row, members)| forms::stories::whole(row, members));
        json!({
            "are_of_today": self.are_of_today,
            "stories": stories.collect::<Vec<_>>(),
            "n_new": self.n_new,
            "new": self.new.iter().map(forms::articles::row).collect::<Vec<_>>(),
            "revised": self.revised.iter().map(|one| forms::articles::row(&one.row)).collect::<Vec<_>>(),
            "removed": self.removed.iter().map(|one| forms::articles::row(&one.row)).collect::<Vec<_>>(),
            "alarms": self.alarms.iter().map(forms::alarms::row).collect::<Vec<_>>(),
        })
    }
}

/// Revisions or removals, where there are any.
fn happened_section(id: &str, heading: &str, happened: &[Happened], kind: Kind, now: Timestamp) -> Markup {
    html! {
        @if !happened.is_empty() {
            section aria-labelledby=(id) {
                h2 id=(id) { (heading) }
                ol.items { @for one in happened { (happened::item(one, kind, now)) } }
                p.more { a href={ "/" (id) } { "All" } }
            }
        }
    }
}
