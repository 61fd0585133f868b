//! `newswire schema`: the public tables and views, and what they mean. Needs no database.

use clap::Args;
use serde_json::json;

use crate::store::{DocRow, SchemaEntry, datasette_metadata, docs, public_schema};

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::terminal::table::{text, whole};
use crate::cli::terminal::text::for_terminal;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire schema                    the tables and views, as SQL
  newswire schema --docs             what each of them and each of their columns means
  newswire schema --datasette > metadata.json; datasette newswire.db --metadata metadata.json
  newswire sql \"SELECT column_name, text FROM docs WHERE table_name = 'articles'\"

It is the schema of this program; no database is opened. Names stay and columns are only added;
indexes may change, and tables that begin with _ are private and not shown. Where the name of a
column is empty (null with --json), the line is about the table or view itself.")]
pub(crate) struct SchemaCommand {
    /// What each table and column means: the table docs
    #[arg(long)]
    pub(crate) docs: bool,

    /// The same for Datasette, with questions that are often asked: its metadata
    #[arg(long, conflicts_with = "docs")]
    pub(crate) datasette: bool,
}

pub(crate) fn run(context: &mut Context, command: &SchemaCommand) -> Result<(), Failure> {
    if command.datasette {
        let config = context.configure_for_reading()?;
        let name = config.store.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let metadata = datasette_metadata(&name)?;
        context
            .output
            .raw(&format!("{}\n", for_terminal(serde_json::to_string_pretty(&metadata).unwrap_or_default())))?;
        return Ok(());
    }
    let output = &mut context.output;
    if command.docs {
        let rows = docs()?.into_iter().map(|row| {
            let DocRow { table_name, column_name, text } = row;
            let value = json!({"table_name": table_name, "column_name": column_name, "text": text});
            (value, vec![table_name, column_name.unwrap_or_default(), text])
        });
        output.list(&[whole("table_name"), whole("column_name"), text("text")], rows.collect())?;
        return Ok(());
    }
    let mut last_table = None;
    for entry in public_schema()? {
        let SchemaEntry { kind, name, table_name, sql } = entry;
        if output.is_json() {
            output.json(&json!({"type": kind, "name": name, "table_name": table_name, "sql": sql}))?;
            continue;
        }
        if last_table.as_ref().is_some_and(|last| *last != table_name) {
            output.line("")?;
        }
        output.raw(&format!("{sql};\n"))?;
        last_table = Some(table_name);
    }
    Ok(())
}
