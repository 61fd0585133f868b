//! `/alarms`: what of the intake is wrong now.

use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::Value;

use crate::forms;
use crate::serve::miss::Miss;
use crate::store::{Alarm, AlarmKind, Reader};

use super::view::View;
use crate::serve::site::asked::Asked;
use crate::serve::site::parts::time;

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
            @if self.alarms.is_empty() { p.none { "None: every source answers, and nothing was missed in seven days." } } @else {
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
                                td.error { (alarm.why) }
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
}

/// Whose alarm it is, with the way to more about it.
pub(super) fn subject(alarm: &Alarm) -> Markup {
    match (alarm.kind, &alarm.subject) {
        (AlarmKind::Failing | AlarmKind::Gone | AlarmKind::Gap, Some(slug)) => {
            html! { a href={ "/sources/" (slug) } { (slug) } }
        }
        (_, Some(publisher)) => html! { (publisher) },
        (AlarmKind::List, None) => html! { "the list of sources" },
        (_, None) => html! { "the database" },
    }
}
