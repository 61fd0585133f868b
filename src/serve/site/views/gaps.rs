//! `/gaps`: what was missed between two polls of a source, and what healed it.

use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::Value;

use crate::forms;
use crate::serve::miss::Miss;
use crate::store::{GapRow, Reader};

use super::view::View;
use crate::forms::words::counted;
use crate::serve::site::asked::Asked;
use crate::serve::site::parts::time;

/// Gaps shown.
const SHOWN_MAX: usize = 200;

pub(super) struct Gaps {
    /// The last first.
    rows: Vec<GapRow>,
    n_all: usize,
}

pub(super) fn read(reader: &Reader) -> Result<Gaps, Miss> {
    let mut rows = reader.gaps()?;
    let n_all = rows.len();
    rows.reverse();
    rows.truncate(SHOWN_MAX);
    Ok(Gaps { rows, n_all })
}

impl View for Gaps {
    fn title(&self) -> String {
        "Gaps".to_owned()
    }

    fn main(&self, _: &Asked, now: Timestamp) -> Markup {
        html! {
            p.about { "Stretches of time of which a source's items were missing when it was asked again." }
            @if self.rows.is_empty() { p.none { "None: every poll joined the one before it." } } @else {
                div.wide { table {
                    thead { tr {
                        th scope="col" { "source" } th scope="col" { "from" } th scope="col" { "to" }
                        th.number scope="col" { "missed" } th.number scope="col" { "healed" } th scope="col" { "noticed" }
                    } }
                    tbody {
                        @for row in &self.rows {
                            tr {
                                th scope="row" { a href={ "/sources/" (row.source) } { (row.source) } }
                                td { (time(&row.began_at, now)) }
                                td { (time(&row.ended_at, now)) }
                                td.number { @if let Some(n) = row.n_missed { "about " (n) } @else { "?" } }
                                td.number { @if let Some(n) = row.n_healed { (n) } @else { "not asked yet" } }
                                td { (time(&row.noticed_at, now)) }
                            }
                        }
                    }
                } }
            }
            @if self.n_all > self.rows.len() { p.none { "and " (counted(self.n_all - self.rows.len(), "earlier gap")) } }
        }
    }

    fn json(&self) -> Value {
        self.rows.iter().map(forms::gaps::row).collect()
    }
}
