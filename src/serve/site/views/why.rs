//! `/why?url=`: what has become of an address.

use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::{Value, json};

use crate::forms::addresses;
use crate::forms::times::rfc3339;
use crate::forms::why::{Account, Led};
use crate::serve::miss::Miss;
use crate::store::{ExchangeRow, Reader};

use super::view::View;
use crate::serve::site::asked::Asked;
use crate::serve::site::frame::Frame;
use crate::serve::site::parts::{commands, headline, outward, time};

/// What there is to say of an address; nothing where none was given.
pub(super) struct Why {
    account: Option<Account>,
}

pub(super) fn read(reader: &Reader, asked: &Asked, frame: &Frame) -> Result<Why, Miss> {
    let Some(word) = asked.text("url") else { return Ok(Why { account: None }) };
    let url = addresses::canonical(&address_of(reader, word)?).map_err(Miss::Wrong)?;
    let settings = (&frame.basis.store, &frame.basis.schedule);
    Ok(Why { account: Some(Account::read(reader, word, &url, settings, frame.now)?) })
}

/// The address that is meant: one that is given, or that of an article or a source.
fn address_of(reader: &Reader, word: &str) -> Result<String, Miss> {
    let no_address = || Miss::NotFound(format!("{word} has no address"));
    if let Ok(id) = word.parse() {
        let article = reader.article(id)?.ok_or_else(|| Miss::NotFound(format!("there is no article {id}")))?;
        return article.row.url.ok_or_else(no_address);
    }
    match reader.source_with_slug(word)? {
        Some(source) => source.url.ok_or_else(no_address),
        None => Ok(word.to_owned()),
    }
}

impl View for Why {
    fn title(&self) -> String {
        "What has become of an address".to_owned()
    }

    fn main(&self, asked: &Asked, now: Timestamp) -> Markup {
        html! {
            form.choice action="/why" {
                label { "Address " input.address type="text" name="url" inputmode="url" placeholder="https://example.org/2026/11/a-story/"
                    value=[asked.text("url")]; }
                button { "Why" }
            }
            @if let Some(account) = &self.account { (told(account, now)) }
            @else { p.none { "Any address, in any form that leads to the same page; the number of an article, or a source." } }
        }
    }

    fn json(&self) -> Value {
        self.account.as_ref().map_or_else(|| json!({}), Account::value)
    }
}

fn told(account: &Account, now: Timestamp) -> Markup {
    let history = &account.history;
    html! {
        p { (commands(&account.diagnosis.text)) }
        @if !account.diagnosis.next.is_empty() {
            ul.next { @for next in &account.diagnosis.next { li { (commands(next)) } } }
        }
        dl {
            dt { "address" } dd { (outward(&account.url, &account.url)) }
            @if let Some(source) = account.itself() {
                dt { "source" } dd { a href={ "/sources/" (source.slug) } { (source.slug) } ", " (source.state) }
            }
            @for sighting in &history.sightings {
                dt { "listed by" }
                dd {
                    a href={ "/sources/" (sighting.source) } { (sighting.source) }
                    " since " (time(&sighting.first_seen_at, now))
                    @if sighting.last_seen_at != sighting.first_seen_at { ", last " (time(&sighting.last_seen_at, now)) }
                    @if let Some(given) = sighting.url.as_deref().filter(|given| *given != account.url) { ", as " (given) }
                }
            }
            @if let Some(link) = history.link.as_ref().filter(|_| history.sightings.is_empty()) {
                dt { "known since" } dd { (time(&rfc3339(link.first_seen_at), now)) ", listed by no source" }
            }
            @for from in &history.redirected_from { dt { "led here" } dd { (outward(from, from)) } }
            @if let Some(led) = &account.led { (article(account, led, now)) }
        }
        @if !history.exchanges.is_empty() {
            h2 { "Asked" }
            div.wide { table {
                thead { tr { th scope="col" { "when" } th scope="col" { "answer" } th.number scope="col" { "bytes" } th.number scope="col" { "ms" }
                    th scope="col" { "what" } } }
                tbody { @for exchange in &history.exchanges { (row(account, exchange, now)) } }
            } }
        }
    }
}

fn article(account: &Account, led: &Led, now: Timestamp) -> Markup {
    let row = &led.article.row;
    html! {
        dt { "article" } dd { (headline(&format!("/articles/{}", row.id), row.title.as_deref(), row.language.as_deref())) }
        @if let Some(story) = led.story.as_ref().filter(|story| story.n_articles > 1) {
            dt { "story" } dd { (headline(&format!("/stories/{}", story.id), story.title.as_deref(), None)) }
        }
        @if let Some(at) = &led.article.removed_at { dt { "removed" } dd { (time(at, now)) } }
        @for address in led.addresses.iter().filter(|address| **address != account.url) {
            dt { "also at" } dd { (outward(address, address)) }
        }
        @if let Some(link) = &account.history.link {
            @if let Some(at) = link.gone_at { dt { "missing" } dd { "since " (time(&rfc3339(at), now)) } }
            @if let Some(at) = link.due_at.or(link.revisit_at) { dt { "next look" } dd { (time(&rfc3339(at), now)) } }
        }
    }
}

fn row(account: &Account, exchange: &ExchangeRow, now: Timestamp) -> Markup {
    let answer = match exchange.status {
        Some(status) => status.to_string(),
        None if exchange.elapsed_ms == 0 => "not asked".to_owned(),
        None => "no answer".to_owned(),
    };
    html! {
        tr {
            td { (time(&exchange.started_at, now)) }
            td { (answer) }
            td.number { (exchange.bytes) }
            td.number { (exchange.elapsed_ms) }
            td {
                @if exchange.url != account.url { (exchange.url) " " }
                @if let Some(error) = &exchange.error { (error) }
                @if let Some(onward) = &exchange.redirected_to { " on to " (onward) }
            }
        }
    }
}
