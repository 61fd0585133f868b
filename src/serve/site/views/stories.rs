//! `/stories` and `/stories/ID`: who told what, and when.

use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::Value;

use crate::forms;
use crate::serve::miss::Miss;
use crate::store::{MemberRow, Reader, StoryFilter, StoryRow};

use super::view::{View, wants_texts};
use crate::forms::words::counted;
use crate::serve::site::asked::Asked;
use crate::serve::site::parts::{after, headline, shown, time, time_line};
use crate::serve::site::syndication::{Feed, FeedEntry, MAKER};

/// Stories on a page, and entries of a feed.
const STORIES_MAX: u32 = 60;

/// So many are looked through for those that changed last, which no index knows: a day of a large store, in some milliseconds.
const TOLD_LAST_MAX: u32 = 2000;

/// Articles of a story on its page, and in its entry in a feed. JSON has all.
const MEMBERS_MAX: usize = 500;
const MEMBERS_OF_ENTRY_MAX: usize = 50;

/// Those who followed that are named in a list.
const FOLLOWERS_MAX: usize = 5;

pub(super) struct StoryList {
    filter: StoryFilter,
    stories: Vec<(StoryRow, Vec<MemberRow>)>,
    /// Where this server was reached: links in a feed are whole.
    base: String,
}

pub(super) fn read_list(reader: &Reader, asked: &Asked) -> Result<StoryList, Miss> {
    let filter = StoryFilter {
        since: asked.time("since")?,
        until: asked.time("until")?,
        articles_min: asked.number("min_articles")?.unwrap_or(2),
        sources_min: asked.number("min_sources")?.unwrap_or(1),
        is_news: asked.text("routine").is_none(),
    };
    let rows =
        if wants_texts(asked) { last_changed(reader, &filter)? } else { reader.stories(&filter, Some(STORIES_MAX))? };
    Ok(StoryList { filter, stories: with_members(reader, rows)?, base: asked.base.clone() })
}

/// The stories that changed last, of those that were told last: what is subscribed to is what comes next, not what was told most.
fn last_changed(reader: &Reader, filter: &StoryFilter) -> Result<Vec<StoryRow>, Miss> {
    let mut rows = reader.stories_told_last(filter, TOLD_LAST_MAX)?;
    rows.sort_by(|left, right| (&right.updated_at, right.id).cmp(&(&left.updated_at, left.id)));
    rows.truncate(STORIES_MAX as usize);
    Ok(rows)
}

/// Each story with its articles.
pub(super) fn with_members(reader: &Reader, rows: Vec<StoryRow>) -> Result<Vec<(StoryRow, Vec<MemberRow>)>, Miss> {
    let with_members = rows.into_iter().map(|row| {
        let members = reader.story_members(row.id)?;
        Ok((row, members))
    });
    with_members.collect()
}

impl View for StoryList {
    fn title(&self) -> String {
        match self.filter.sources_min {
            0 | 1 => "Stories".to_owned(),
            n => format!("Stories of at least {}", counted(n, "source")),
        }
    }

    fn main(&self, asked: &Asked, now: Timestamp) -> Markup {
        let since = asked.text("since");
        html! {
            form.choice action="/stories" {
                label { "Sources, at least " input type="number" name="min_sources" min="1" max="99" value=(self.filter.sources_min); }
                label { "Since " input type="text" name="since" size="12" placeholder="2d, 2026-11-20" value=[since]; }
                button { "Show" }
            }
            @if self.stories.is_empty() { p.none { "No stories match." } }
            ol.stories { @for (row, members) in &self.stories { (story_item(row, members, false, now)) } }
        }
    }

    fn json(&self) -> Value {
        self.stories.iter().map(|(row, _)| forms::stories::row(row)).collect()
    }

    fn is_feed(&self) -> bool {
        true
    }

    fn feed(&self) -> Option<Feed> {
        let entries = self.stories.iter().map(|(row, members)| FeedEntry {
            name: format!("stories/{}", row.id),
            page: format!("stories/{}", row.id),
            title: row.title.clone(),
            url: None,
            updated_at: row.updated_at.clone(),
            published_at: row.first_published_at.clone(),
            authors: vec![MAKER.to_owned()],
            language: None,
            content: html! {
                ul {
                    @for member in members.iter().take(MEMBERS_OF_ENTRY_MAX) {
                        li {
                            a href={ (self.base) "/articles/" (member.id) } { (shown(member.title.as_deref())) }
                            " (" (member.publisher) ", " (member.at) ")"
                        }
                    }
                }
            }
            .into_string(),
        });
        Some(Feed { title: self.title(), entries: entries.collect() })
    }
}

/// A story in a list: its headline, who told it first, who followed, and when.
/// On the front page it stands below a heading of its own.
pub(super) fn story_item(row: &StoryRow, members: &[MemberRow], is_below_heading: bool, now: Timestamp) -> Markup {
    let mut followers: Vec<(&str, &str)> = Vec::new();
    for member in members.iter().skip(1).filter(|member| member.reason != "copy") {
        let is_known =
            members[0].publisher == member.publisher || followers.iter().any(|known| known.0 == member.publisher);
        if !is_known {
            followers.push((&member.publisher, &member.at));
        }
    }
    let title = headline(&format!("/stories/{}", row.id), row.title.as_deref(), None);
    let n_more = followers.len().saturating_sub(FOLLOWERS_MAX);
    html! {
        li.story {
            @if is_below_heading { h3.headline { (title) } } @else { h2.headline { (title) } }
            @if let Some(first) = members.first() {
                p.about {
                    b { (first.publisher) } " " (time(&first.at, now))
                    @for (publisher, at) in followers.iter().take(FOLLOWERS_MAX) {
                        " · " (publisher)
                        @if let Some(after) = after(&first.at, at) { " " span.after { (after) } }
                    }
                    @if n_more > 0 { " · " (n_more) " more" }
                }
                div.spread {
                    (time_line(members))
                    span { (counted(row.n_sources, "source")) ", " (counted(row.n_articles, "article")) }
                }
            }
        }
    }
}

pub(super) struct Story {
    row: StoryRow,
    members: Vec<MemberRow>,
}

pub(super) fn read_one(reader: &Reader, id: i64) -> Result<Story, Miss> {
    let row = reader.story(id)?.ok_or_else(|| Miss::NotFound(format!("there is no story {id}")))?;
    Ok(Story { row, members: reader.story_members(id)? })
}

impl View for Story {
    fn title(&self) -> String {
        shown(self.row.title.as_deref())
    }

    fn main(&self, _: &Asked, now: Timestamp) -> Markup {
        html! {
            p.about {
                (counted(self.row.n_articles, "article")) " of " (counted(self.row.n_sources, "source"))
                @if let (Some(first), Some(last)) = (&self.row.first_published_at, &self.row.last_published_at) {
                    ", told " (time(first, now)) " to " (time(last, now))
                }
                @if self.row.is_routine { ", routine" }
            }
            (hours(&self.members))
            @if self.members.len() > MEMBERS_MAX { p.none { "The first " (MEMBERS_MAX) " of them:" } }
            ol.members {
                @for member in self.members.iter().take(MEMBERS_MAX) {
                    li.item.copy[member.reason == "copy"] {
                        span.when { (time(&member.at, now)) }
                        span.headline { (headline(&format!("/articles/{}", member.id), member.title.as_deref(), None)) }
                        span.about { (member.publisher) " · " (because(member)) }
                    }
                }
            }
        }
    }

    fn json(&self) -> Value {
        forms::stories::whole(&self.row, &self.members)
    }
}

/// Why an article is in its story, in words.
fn because(member: &MemberRow) -> String {
    match (member.reason.as_str(), member.terms.is_empty()) {
        ("first", _) => "told it first".to_owned(),
        ("copy", _) => "a copy".to_owned(),
        ("hand", _) => "put here by hand".to_owned(),
        (_, true) => "alike".to_owned(),
        (_, false) => format!("in common: {}", member.terms.join(", ")),
    }
}

/// How many told it in each hour: own reports below, copies above.
fn hours(members: &[MemberRow]) -> Markup {
    let instants = members.iter().filter_map(|member| {
        let at: Timestamp = member.at.parse().ok()?;
        Some((at.as_second().div_euclid(3600), member.reason == "copy"))
    });
    let instants: Vec<(i64, bool)> = instants.collect();
    let (Some(first), Some(last)) = (instants.iter().map(|at| at.0).min(), instants.iter().map(|at| at.0).max()) else {
        return html! {};
    };
    // A story of weeks is counted by larger steps.
    let step = ((last - first) / BARS_MAX) + 1;
    let n_bars = (last - first) / step + 1;
    if n_bars < 3 {
        return html! {};
    }
    let mut bars = vec![(0_i64, 0_i64); usize::try_from(n_bars).unwrap_or(0)];
    for (hour, is_copy) in instants {
        let Some(bar) = usize::try_from((hour - first) / step).ok().and_then(|at| bars.get_mut(at)) else { continue };
        if is_copy { bar.1 += 1 } else { bar.0 += 1 }
    }
    let most = bars.iter().map(|(own, copies)| own + copies).max().unwrap_or(1).max(1);
    let height = |n: i64| n * PLOT_HEIGHT / most;
    let told = if step == 1 { "articles an hour".to_owned() } else { format!("articles in {step} hours each") };
    html! {
        figure.plot {
            svg viewBox={ "0 0 " (n_bars * 6) " " (PLOT_HEIGHT) } role="img" aria-label=(told) preserveAspectRatio="none" {
                @for (at, (own, copies)) in (0_i64..).zip(&bars) {
                    rect.own x=(at * 6) y=(PLOT_HEIGHT - height(*own)) width="5" height=(height(*own)) {}
                    rect.copy x=(at * 6) y=(PLOT_HEIGHT - height(own + copies)) width="5" height=(height(own + copies) - height(*own)) {}
                }
            }
            figcaption { (told) "; copies are pale" }
        }
    }
}

/// Bars of a plot, and its height.
const BARS_MAX: i64 = 72;
const PLOT_HEIGHT: i64 = 48;
