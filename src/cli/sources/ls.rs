//! `newswire sources ls`.

use crate::config::Config;
use crate::forms;
use crate::model::without_credentials;
use crate::store::SourceRow;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::sources::rows::{next_poll, rows};
use crate::cli::terminal::table::{number, text, time, whole};
use crate::cli::terminal::template::RowArguments;

pub(crate) fn list(context: &mut Context, config: &Config, all: bool, shape: &RowArguments) -> Result<(), Failure> {
    context.output.shape(shape)?;
    let mut rows = rows(config)?;
    rows.retain(|row| all || row.state != "removed");
    if rows.is_empty() {
        context.output.note("no sources yet; `newswire sources add URL` adds one");
    }
    let columns = [
        whole("slug").kept(),
        whole("kind"),
        whole("state").for_programs(),
        // Worth its room where it is not what is expected.
        whole("state").for_people(),
        number("articles_7d").headed("7 d"),
        time("last_ok_at").headed("last ok"),
        time("next_due_at").for_programs(),
        time("next").for_people(),
        number("failures_in_a_row").for_programs(),
        text("error").for_programs(),
        text("trouble").for_people(),
        whole("url").for_programs(),
    ];
    context.output.page();
    let rows = rows.iter().map(|row| (forms::sources::row(row), cells(row))).collect();
    context.output.list(&columns, rows)?;
    Ok(())
}

fn cells(row: &SourceRow) -> Vec<String> {
    let trouble = row.error.as_ref().map(|error| format!("{}× {error}", row.failures_in_a_row));
    vec![
        row.slug.clone(),
        row.kind.clone().unwrap_or_default(),
        row.state.clone(),
        if row.state == "active" { String::new() } else { row.state.clone() },
        row.articles_7d.to_string(),
        row.last_ok_at.clone().unwrap_or_default(),
        row.next_due_at.clone().unwrap_or_default(),
        next_poll(row),
        row.failures_in_a_row.to_string(),
        row.error.clone().unwrap_or_default(),
        trouble.unwrap_or_default(),
        row.url.as_deref().map(without_credentials).unwrap_or_default().into_owned(),
    ]
}
