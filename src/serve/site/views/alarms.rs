//! `/alarms`: what of the intake is wrong now.

use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::Value;

use crate::forms;
use crate::forms::times::rfc3339;
use crate::serve::miss::Miss;
use crate::store::{Alarm, AlarmKind, Reader};

use super::view::View;
use crate::serve::site::asked::Asked;
use crate::serve::site::parts::time;
use crate::serve::site::syndication::{Feed, FeedEntry, MAKER};

pub(super) struct Alarms {
    alarms: Vec<Alarm>,
}

pub(super) fn read(reader: &Reader, now: Timestamp) -> Result<Alarms, Miss> {
    Ok(Alarms { alarms: reader.alarms(now)? })
}

impl View for Alarms {
    fn title(&self) -> String {
        "Alarms".to_owned()
    }

    fn main(&self, _: &Asked, now: Timestamp) -> Markup {
        html! {
            @if self.alarms.is_empty() { p.none { "None: every source answers and is as it is used to be, and nothing was missed in seven days." } } @else {
                div.wide { table {
                    thead { tr {
                        th scope="col" { "what" } th scope="col" { "of" } th scope="col" { "since" } th scope="col" { "why" }
                    } }
                    tbody {
                        @for alarm in &self.alarms {
                            tr {
                                td { (alarm.kind.as_str()) }
                                th scope="row" { (subject(alarm)) }
                                td { @if let Some(since) = &alarm.since { (time(since, now)) } }
                                td.error {
                                    (alarm.why)
                                    @if let Some(sure) = alarm.confidence { " (" (format!("{:.0}", 100.0 * sure)) " % sure)" }
                                }
                            }
                        }
                    }
                } }
            }
        }
    }

    fn json(&self) -> Value {
        self.alarms.iter().map(forms::alarms::row).collect()
    }

    fn is_feed(&self) -> bool {
        true
    }

    fn state(&self, _: &Reader) -> Result<Option<String>, Miss> {
        Ok(Some(self.json().to_string()))
    }

    fn feed(&self, _: &Reader) -> Result<Option<Feed>, Miss> {
        let entries = self.alarms.iter().map(|alarm| {
            let subject = alarm.subject.as_deref().unwrap_or("newswire");
            let kind = alarm.kind.as_str();
            let since = alarm.since.as_deref().unwrap_or("now");
            FeedEntry {
                // One that is over and comes again is another.
                name: format!("alarms/{kind}/{subject}/{since}"),
                number: None,
                page: "alarms".to_owned(),
                title: Some(format!("{subject}: {kind}")),
                url: None,
                updated_at: alarm.since.clone().unwrap_or_else(|| rfc3339(Timestamp::UNIX_EPOCH)),
                published_at: None,
                authors: vec![MAKER.to_owned()],
                language: Some("en".to_owned()),
                content: html! { p { (alarm.why) } }.into_string(),
            }
        });
        Ok(Some(Feed { title: self.title(), entries: entries.collect() }))
    }
}

/// Whose alarm it is, with the way to more about it.
pub(super) fn subject(alarm: &Alarm) -> Markup {
    match (alarm.kind, &alarm.subject) {
        (kind, Some(slug)) if kind.is_of_source() => html! { a href={ "/sources/" (slug) } { (slug) } },
        (_, Some(publisher)) => html! { (publisher) },
        (AlarmKind::List, None) => html! { "the list of sources" },
        (AlarmKind::Intake, None) => html! { "the intake" },
        (AlarmKind::Queue, None) => html! { a href="/workers" { "the queue" } },
        (AlarmKind::Disk | AlarmKind::Clock, None) => html! { "this machine" },
        (_, None) => html! { "the database" },
    }
}
