//! `newswire sources ls`.

use crate::config::Config;
use crate::store::SourceRow;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::sources::rows::{rows, to_json};
use crate::cli::terminal::output::{number, text};

pub(crate) fn list(context: &mut Context, config: &Config, all: bool) -> Result<(), Failure> {
    let mut rows = rows(config)?;
    rows.retain(|row| all || row.state != "removed");
    if rows.is_empty() {
        eprintln!("no sources yet; `newswire sources add URL` adds one");
    }
    let columns =
        [text("slug"), text("kind"), text("state"), number("7 days"), text("last ok"), text("next"), text("trouble")];
    let rows = rows.iter().map(|row| (to_json(row), cells(row))).collect();
    context.output.list(&columns, rows)?;
    Ok(())
}

fn cells(row: &SourceRow) -> Vec<String> {
    let minutes = |time: &Option<String>| {
        time.as_deref().and_then(|time| time.get(..16)).map(|time| time.replace('T', " ")).unwrap_or_default()
    };
    let trouble = row.error.as_ref().map(|error| format!("{}×: {error}", row.failures_in_a_row));
    vec![
        row.slug.clone(),
        row.kind.clone().unwrap_or_default(),
        row.state.clone(),
        row.articles_7d.to_string(),
        minutes(&row.last_ok_at),
        minutes(&row.next_due_at),
        trouble.unwrap_or_default(),
    ]
}
