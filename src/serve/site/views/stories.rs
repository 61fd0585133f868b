//! `/stories` and `/stories/ID`: who told what, and when.

use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::Value;
use url::form_urlencoded;

use crate::forms;
use crate::serve::miss::Miss;
use crate::store::{MemberRow, Numbered, Reader, StoryFilter, StoryRow};

use super::orders;
use super::view::{View, wants_feed};
use crate::forms::words::counted;
use crate::serve::site::asked::{Asked, Form};
use crate::serve::site::parts::{after, headline, shown, time, time_line};
use crate::serve::site::plots;
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
    rows: Vec<StoryRow>,
    /// The articles of each, for a page.
    members: Vec<Vec<MemberRow>>,
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
        if wants_feed(asked) { last_changed(reader, &filter)? } else { reader.stories(&filter, Some(STORIES_MAX))? };
    let members = if asked.form == Form::Html { members_of(reader, &rows)? } else { Vec::new() };
    Ok(StoryList { filter, rows, members, base: asked.base.clone() })
}

fn members_of(reader: &Reader, rows: &[StoryRow]) -> Result<Vec<Vec<MemberRow>>, Miss> {
    rows.iter().map(|row| Ok(reader.story_members(row.id)?)).collect()
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
    let members = members_of(reader, &rows)?;
    Ok(rows.into_iter().zip(members).collect())
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
            @if self.rows.is_empty() { p.none { "No stories match." } }
            ol.stories { @for (row, members) in self.rows.iter().zip(&self.members) { (story_item(row, members, false, now)) } }
        }
    }

    fn json(&self) -> Value {
        self.rows.iter().map(forms::stories::row).collect()
    }

    fn is_feed(&self) -> bool {
        true
    }

    /// A story changes when articles come and go, and when they do.
    fn state(&self, reader: &Reader) -> Result<Option<String>, Miss> {
        let state = |row: &StoryRow| format!("{} {} {} {:?}\n", row.id, row.updated_at, row.n_articles, row.title);
        let stories: String = self.rows.iter().map(state).collect();
        let ids: Vec<i64> = self.rows.iter().map(|row| row.id).collect();
        Ok(Some(format!("{stories}{:?}", reader.last_changes_in_stories(&ids)?)))
    }

    fn feed(&self, reader: &Reader) -> Result<Option<Feed>, Miss> {
        let members = members_of(reader, &self.rows)?;
        let entries = self.rows.iter().zip(&members).map(|(row, members)| FeedEntry {
            name: format!("stories/{}", row.id),
            number: Some(Numbered::Story(row.id)),
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
                            " (" (member.publisher_told()) ", " (member.at) ")"
                        }
                    }
                }
            }
            .into_string(),
        });
        Ok(Some(Feed { title: self.title(), entries: entries.collect() }))
    }
}

/// A story in a list: its headline, who told it first, who followed, and when.
/// On the front page it stands below a heading of its own.
pub(super) fn story_item(row: &StoryRow, members: &[MemberRow], is_below_heading: bool, now: Timestamp) -> Markup {
    let mut followers: Vec<&MemberRow> = Vec::new();
    for member in members.iter().skip(1).filter(|member| member.reason != "copy") {
        let is_known = members[0].publisher == member.publisher
            || followers.iter().any(|known| known.publisher == member.publisher);
        if !is_known {
            followers.push(member);
        }
    }
    let title = headline(&format!("/stories/{}", row.id), row.title.as_deref(), None);
    let languages = forms::stories::languages(members);
    let n_more = followers.len().saturating_sub(FOLLOWERS_MAX);
    html! {
        li.story {
            @if is_below_heading { h3.headline { (title) } } @else { h2.headline { (title) } }
            @if let Some(first) = members.first() {
                p.about {
                    b { bdi { (first.publisher_told()) } } " " (time(&first.at, now))
                    @for follower in followers.iter().take(FOLLOWERS_MAX) {
                        " · " bdi { (follower.publisher_told()) }
                        @if let Some(after) = after(&first.at, &follower.at) { " " span.after { (after) } }
                    }
                    @if n_more > 0 { " · " (n_more) " more" }
                }
                div.spread {
                    (time_line(members))
                    span {
                        (counted(row.n_sources, "source")) ", " (counted(row.n_articles, "article"))
                        @if languages.len() > 1 { ", " (languages.join(" ")) }
                    }
                }
            }
        }
    }
}

pub(super) struct Story {
    row: StoryRow,
    members: Vec<MemberRow>,
}

pub(super) fn read_one(reader: &Reader, asked: &Asked, id: i64) -> Result<Story, Miss> {
    let Some(row) = reader.story(id)? else {
        if let Some(into) = reader.story_merged_into(id)? {
            let path = format!("/stories/{into}{}", asked.form.ending());
            return Err(Miss::Moved(forms::stories::merged(id, into), path));
        }
        return Err(Miss::NotFound(forms::stories::none(id, reader.last_story()?)));
    };
    Ok(Story { row, members: reader.story_members(id)? })
}

impl View for Story {
    fn title(&self) -> String {
        shown(self.row.title.as_deref())
    }

    fn main(&self, asked: &Asked, now: Timestamp) -> Markup {
        let languages = forms::stories::languages(&self.members);
        let terms = forms::stories::terms(&self.members);
        let takes_orders = asked.terms.takes_orders;
        html! {
            p.about {
                "Story " (self.row.id) ": " (counted(self.row.n_articles, "article")) " of " (counted(self.row.n_sources, "source"))
                @if let (Some(first), Some(last)) = (&self.row.first_published_at, &self.row.last_published_at) {
                    ", told " (time(first, now)) " to " (time(last, now))
                }
                @if languages.len() > 1 { ", in " (languages.join(", ")) }
                @if self.row.is_routine { ", routine" }
            }
            @if !terms.is_empty() {
                p.about {
                    "In common: "
                    @for (at, term) in terms.iter().enumerate() {
                        @if at > 0 { ", " }
                        a href=(self.search_for(term)) dir="auto" { (term) }
                    }
                }
            }
            (plots::story(&self.members, now))
            @if self.members.len() > MEMBERS_MAX { p.none { "The first " (MEMBERS_MAX) " of them:" } }
            ol.members {
                @for member in self.members.iter().take(MEMBERS_MAX) {
                    li.item.copy[member.reason == "copy"] {
                        span.when { @if takes_orders { (orders::mark(member.id)) } (time(&member.at, now)) }
                        span.headline { (headline(&format!("/articles/{}", member.id), member.title.as_deref(), member.language.as_deref())) }
                        span.about {
                            bdi { (member.publisher_told()) } " · "
                            @if languages.len() > 1 { @if let Some(language) = &member.language { (language) " · " } }
                            (because(member))
                        }
                    }
                }
            }
            @if takes_orders { (orders::of_story(&self.row)) }
        }
    }

    fn json(&self) -> Value {
        forms::stories::whole(&self.row, &self.members)
    }
}

impl Story {
    /// Where its articles with a word are found.
    fn search_for(&self, term: &str) -> String {
        let id = self.row.id.to_string();
        let query =
            form_urlencoded::Serializer::new(String::new()).extend_pairs([("q", term), ("story", &id)]).finish();
        format!("/search?{query}")
    }
}

/// Why an article is in its story, in words.
fn because(member: &MemberRow) -> String {
    match (member.reason.as_str(), member.terms.is_empty()) {
        ("first", _) => "told it first".to_owned(),
        ("copy", _) => "a copy".to_owned(),
        ("hand", _) => "put here by hand".to_owned(),
        ("translated", true) => "the same in another language".to_owned(),
        (_, true) => "alike".to_owned(),
        (_, false) => format!("in common: {}", member.terms.join(", ")),
    }
}
