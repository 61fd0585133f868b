//! `sources`, `alarms` and `why`: what is followed, and how that goes.

use serde_json::{Value, json};

use super::articles::source;
use crate::forms;
use crate::forms::why::Account;
use crate::mcp::answer::{Answer, Rest};
use crate::mcp::arguments::{Arguments, Kind, Parameter, Refusal};
use crate::mcp::definition::{Basis, Definition};
use crate::model::CanonicalUrl;
use crate::store::Reader;

pub(super) static SOURCES: Definition = Definition {
    name: "sources",
    title: "Sources and their health",
    about: "The sources that are followed, those in trouble first: state, last success, failures in a row, next poll, articles of seven days, gaps. With \
            `slug` one of them with its rhythm, its host and its last requests. Addresses, titles and messages of errors stand below `untrusted`.",
    parameters: &[
        Parameter {
            name: "slug",
            kind: Kind::Text,
            is_required: false,
            about: "One source alone, with details: its slug.",
        },
        Parameter {
            name: "in_trouble",
            kind: Kind::Flag,
            is_required: false,
            about: "Whether only sources in trouble are told: those that fail, or are gone.",
        },
        Parameter {
            name: "after",
            kind: Kind::Text,
            is_required: false,
            about: "Go on behind the source with this slug, in the same order.",
        },
        Parameter {
            name: "limit",
            kind: Kind::Whole { least: 1, most: 500, default: Some(100) },
            is_required: false,
            about: "How many rows at most.",
        },
    ],
    answer: sources,
};

fn sources(reader: &Reader, arguments: &Arguments, basis: &Basis) -> Result<Answer, Refusal> {
    if let Some(slug) = arguments.text("slug") {
        let details = reader.source(source(reader, "slug", slug)?, basis.now)?;
        return Ok(Answer::of(forms::sources::details(&details), basis.now));
    }
    let limit = arguments.count("limit");
    let last = arguments.text("after").map(|slug| source(reader, "after", slug)).transpose()?;
    let (mut rows, mut is_more) = reader.sources_after(last.as_ref(), limit)?;
    if arguments.flag("in_trouble") {
        // They stand first.
        let n_in_trouble = rows.iter().take_while(|row| row.needs_attention()).count();
        is_more = is_more && n_in_trouble == rows.len();
        rows.truncate(n_in_trouble);
    }
    let slugs: Vec<String> = rows.iter().map(|row| row.slug.clone()).collect();
    let behind = last.map(|row| row.slug).unwrap_or_default();
    let next = move |n_told: usize| {
        let last = n_told.checked_sub(1).and_then(|at| slugs.get(at)).unwrap_or(&behind);
        Ok(json!({ "after": last }))
    };
    let n_in_trouble = reader.n_sources_in_trouble()?;
    Answer::of(json!({ "n_in_trouble": n_in_trouble }), basis.now).with_rows(
        "sources",
        rows.iter().map(forms::sources::row).collect(),
        &Rest { is_more, next: Box::new(next) },
    )
}

pub(super) static ALARMS: Definition = Definition {
    name: "alarms",
    title: "What is wrong now",
    about: "What of the intake is wrong now: sources that fail poll after poll (`failing`) or are gone, publishers with a notice before their articles \
            (`gate`), stretches of time that were missed (`gap`), a list of sources that cannot be read (`list`), a log that cannot be folded in (`log`), \
            a full disk or a wrong clock (`disk`, `clock`); and by their habits, with a confidence, sources that are `silent`, bring `fewer` items, or whose \
            articles are of less `quality`, `shorter` or `partial`, or all of them at once (`intake`). \
            Each with its subject and since when; why stands below `untrusted`, since it quotes servers.",
    parameters: &[Parameter {
        name: "offset",
        kind: Kind::Whole { least: 0, most: 1_000_000, default: Some(0) },
        is_required: false,
        about: "How many rows are passed over: to go on where an answer ended.",
    }],
    answer: alarms,
};

fn alarms(reader: &Reader, arguments: &Arguments, basis: &Basis) -> Result<Answer, Refusal> {
    let alarms = reader.alarms(basis.now)?;
    let offset = arguments.count("offset");
    let rows = alarms.iter().skip(offset as usize).map(forms::alarms::row).collect();
    Answer::of(json!({ "n_found": alarms.len() }), basis.now).with_rows("alarms", rows, &Rest::offset(offset, false))
}

pub(super) static WHY: Definition = Definition {
    name: "why",
    title: "What became of an address",
    about: "What became of an address, an article or a source: which sources listed it, what was asked for it and what came of that, the article that it \
            leads to, or why there is none. `state` says it in a word; the sentence (`outcome`), what can be done (`next`) and the requests quote addresses \
            and servers, so they stand below `untrusted`. The commands in `next` are for the user to run.",
    parameters: &[Parameter {
        name: "address",
        kind: Kind::Name,
        is_required: true,
        about: "The address, in any form that leads to the same page; or the id of an article, or the slug of a source.",
    }],
    answer: why,
};

fn why(reader: &Reader, arguments: &Arguments, basis: &Basis) -> Result<Answer, Refusal> {
    let word = arguments.required_text("address")?;
    let url = address_of(reader, word)?;
    let settings = (&basis.config.store, &basis.config.schedule);
    let account = Account::read(reader, word, &url, settings, basis.now)?;
    let mut value = account.value();
    let reservations = account.led.as_ref().map(|led| &led.article.reservations);
    if let (Some(reservations), Value::Object(article)) = (reservations, &mut value["article"]) {
        article.insert("is_reserved".to_owned(), json!(!reservations.is_empty()));
        // Its copies and spans are told by `article`.
        article.remove("lineage");
    }
    Ok(Answer::of(value, basis.now))
}

/// The address that is meant: one that is given, or that of an article or a source.
fn address_of(reader: &Reader, word: &str) -> Result<CanonicalUrl, Refusal> {
    let has_none = || Refusal::NotFound("address: this has none of its own".to_owned());
    let of_other = match word.parse::<i64>() {
        Ok(id) => {
            let article = reader.article(id)?;
            let article = article.ok_or_else(|| Refusal::NotFound(format!("address: there is no article {id}")))?;
            Some(article.row.url.ok_or_else(has_none)?)
        }
        Err(_) => reader.source_with_slug(word)?.map(|row| row.url.ok_or_else(has_none)).transpose()?,
    };
    let must = "must be an address such as https://example.org/2026/11/a-story/, the id of an article, or the slug of a source";
    forms::addresses::canonical(of_other.as_deref().unwrap_or(word)).map_err(|_| Refusal::wrong("address", must))
}
