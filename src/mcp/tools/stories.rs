//! `stories` and `story`: events, and who told of them.

use serde_json::{Value, json};

use super::articles::no_story;
use super::counts::{self, COUNTED_MAX};
use super::marks;
use crate::forms;
use crate::mcp::answer::{Answer, Rest};
use crate::mcp::arguments::{Arguments, Kind, Parameter, Refusal};
use crate::mcp::definition::{Basis, Definition};
use crate::store::{Reader, StoryFilter};

const OFFSET: Parameter = Parameter {
    name: "offset",
    kind: Kind::Whole { least: 0, most: 100_000, default: Some(0) },
    is_required: false,
    about: "How many rows are passed over: to go on where an answer ended.",
};

const LIMIT: Parameter = Parameter {
    name: "limit",
    kind: Kind::Whole { least: 1, most: 500, default: Some(50) },
    is_required: false,
    about: "How many rows at most.",
};

pub(super) static STORIES: Definition = Definition {
    name: "stories",
    title: "List stories",
    about: "Events that several articles tell of, those with the most sources first: when the first and the last article was published, how many \
            articles and sources there are, and below `untrusted` a headline. `story` gives the articles of one. Copies do not count as sources.",
    parameters: &[
        Parameter {
            name: "since",
            kind: Kind::Time,
            is_required: false,
            about: "Only stories whose last article was published then or later: 2026-11-20, 2026-11-20T10:00:00Z, or an age such as 12h, 7d.",
        },
        Parameter {
            name: "until",
            kind: Kind::Time,
            is_required: false,
            about: "Only stories whose first article was published before: in the same forms.",
        },
        Parameter {
            name: "min_sources",
            kind: Kind::Whole { least: 0, most: 10_000, default: Some(1) },
            is_required: false,
            about: "Only stories that so many sources tell of.",
        },
        Parameter {
            name: "min_articles",
            kind: Kind::Whole { least: 1, most: 100_000, default: Some(2) },
            is_required: false,
            about: "Only stories of so many articles.",
        },
        Parameter {
            name: "with_routine",
            kind: Kind::Flag,
            is_required: false,
            about: "Whether routine is told too: weather, results, notices.",
        },
        OFFSET,
        LIMIT,
    ],
    answer: stories,
};

fn stories(reader: &Reader, arguments: &Arguments, basis: &Basis) -> Result<Answer, Refusal> {
    let filter = StoryFilter {
        since: arguments.time("since"),
        until: arguments.time("until"),
        articles_min: arguments.count("min_articles"),
        sources_min: arguments.count("min_sources"),
        is_news: !arguments.flag("with_routine"),
    };
    let (offset, limit) = (arguments.count("offset"), arguments.count("limit"));
    let rows = reader.stories(&filter, Some(offset + limit + 1))?;
    let is_more = rows.len() > (offset + limit) as usize;
    let rows = rows.iter().skip(offset as usize).take(limit as usize).map(forms::stories::row).collect();
    let count = reader.n_stories_up_to(&filter, COUNTED_MAX)?;
    let answer = counts::add(Answer::of(json!({}), basis.now), Some(count), "stories", Vec::new());
    answer.with_rows("stories", rows, &Rest::offset(offset, is_more))
}

pub(super) static STORY: Definition = Definition {
    name: "story",
    title: "Read one story",
    about: "One event with its articles, earliest first, so that the first of them told it first: publisher, time, language, body kind, quality and \
            reservations of each, and why it belongs here (`first`, `alike`, `copy`, `translated`, `hand`). Headlines and words in common stand below \
            `untrusted`.",
    parameters: &[
        Parameter {
            name: "story",
            kind: Kind::Whole { least: 1, most: i64::MAX, default: None },
            is_required: true,
            about: "Its id, as `stories`, `article` and `why` tell it.",
        },
        OFFSET,
        LIMIT,
    ],
    answer: story,
};

fn story(reader: &Reader, arguments: &Arguments, basis: &Basis) -> Result<Answer, Refusal> {
    let id = arguments.number("story").unwrap_or_default();
    let row = reader.story(id)?.ok_or_else(|| no_story(id))?;
    let members = reader.story_members(id)?;
    let (offset, limit) = (arguments.count("offset"), arguments.count("limit"));
    let shown = members.iter().skip(offset as usize).take(limit as usize);
    let mut rows: Vec<Value> = shown.map(forms::stories::member).collect();
    marks::add(reader, &mut rows)?;
    let mut value = forms::stories::whole(&row, &[]);
    value["languages"] = json!(forms::stories::languages(&members));
    value["terms"] = json!(forms::stories::terms(&members));
    let rest = Rest::offset(offset, members.len() > (offset + limit) as usize);
    Answer::of(value, basis.now).with_rows("articles", rows, &rest)
}
