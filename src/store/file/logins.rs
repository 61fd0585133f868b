//! Logins in what earlier versions of the program wrote down of exchanges: addresses with user and password.

use rusqlite::{Connection, params};

use crate::model::without_credentials;

/// Where they may stand. The lists of sources have theirs, to ask with.
const COLUMNS: [(&str, &str); 6] = [
    ("fetches", "url"),
    ("fetches", "redirected_to"),
    ("fetches", "error"),
    ("_source_schedule", "moved_to"),
    ("_source_schedule", "error"),
    ("_source_schedule", "problems"),
];

/// Takes them out.
pub(in crate::store) fn take_out(connection: &Connection) -> rusqlite::Result<()> {
    for (table, column) in COLUMNS {
        let mut update = connection.prepare(&format!("UPDATE {table} SET {column} = ?2 WHERE rowid = ?1"))?;
        let sql = format!("SELECT rowid, {column} FROM {table} WHERE {column} LIKE '%://%@%'");
        let found: Vec<(i64, Vec<u8>)> = connection
            .prepare(&sql)?
            .query_map([], |row| Ok((row.get(0)?, row.get_ref(1)?.as_bytes()?.to_vec())))?
            .collect::<Result<_, _>>()?;
        for (row, text) in found {
            // What another program wrote need not be text that can be read.
            let Ok(text) = String::from_utf8(text) else { continue };
            let public = without_credentials(&text);
            if public != text {
                update.execute(params![row, public])?;
            }
        }
    }
    Ok(())
}
