//! Tables, views, indexes and triggers, against those that this program makes.

use rusqlite::{Connection, OptionalExtension};

use crate::store::check::finding::{Finding, Subject, listed};
use crate::store::file::schema::in_memory;

/// Something of ours that somebody has dropped or changed.
struct Altered {
    kind: String,
    name: String,
    /// What makes it.
    sql: String,
    is_there: bool,
}

/// What of ours is not there, and the indexes, views and triggers that are others. Tables may have further columns.
fn altered(connection: &Connection) -> rusqlite::Result<Vec<Altered>> {
    let model = in_memory().map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    let mut statement = model.prepare(
        "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'
             AND name NOT LIKE 'articles_fts_%' AND name NOT LIKE 'articles_characters_%' OR type = 'trigger' ORDER BY rowid",
    )?;
    let ours: Vec<(String, String, String)> =
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect::<Result<_, _>>()?;
    let mut altered = Vec::new();
    for (kind, name, sql) in ours {
        // As bytes: what is damaged need be no text.
        let is_same: Option<bool> = connection
            .prepare_cached("SELECT sql FROM sqlite_schema WHERE type = ?1 AND name = ?2")?
            .query_row([&kind, &name], |row| Ok(row.get_ref(0)?.as_bytes_or_null()? == Some(sql.as_bytes())))
            .optional()?;
        let is_there = is_same.is_some();
        if !is_there || (kind != "table" && is_same == Some(false)) {
            altered.push(Altered { kind, name, sql, is_there });
        }
    }
    Ok(altered)
}

/// Looks at the schema.
pub(super) fn look(connection: &Connection) -> rusqlite::Result<Finding> {
    // So it was opened because SQLite did not take it otherwise, which it never does for whoever writes.
    if connection.pragma_query_value(None, "writable_schema", |row| row.get(0))? {
        let text = "SQLite takes the list of the tables for malformed, so that nothing can be written";
        return Ok(Finding::mendable(Subject::Schema, text));
    }
    let altered = altered(connection)?;
    let told = |is_there: bool| -> Vec<String> {
        altered.iter().filter(|one| one.is_there == is_there).map(|one| one.name.clone()).collect()
    };
    let parts = [("not there", told(false)), ("not as this program makes it", told(true))];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(what, names)| format!("{what}: {}", listed(&names)))
        .collect();
    Ok(match parts.len() {
        0 => Finding::well(Subject::Schema, "all tables, views, indexes and triggers are as they should be"),
        _ => Finding::mendable(Subject::Schema, parts.join("; ")),
    })
}

/// Makes anew what somebody has dropped or changed; a table of ours is empty then.
pub(super) fn mend(connection: &Connection) -> rusqlite::Result<()> {
    for Altered { kind, name, sql, is_there } in altered(connection)? {
        if is_there {
            connection.execute_batch(&format!("DROP {kind} {name}"))?;
        }
        connection.execute_batch(&sql)?;
    }
    Ok(())
}
