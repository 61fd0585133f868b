//! Under which names the credentials of sources are kept: the rows of `_source_credentials`.

use rusqlite::{Connection, OptionalExtension, params};

use crate::model::SourceId;

/// The name for a source, if it has one.
pub(super) fn name_of(connection: &Connection, source: SourceId) -> rusqlite::Result<Option<String>> {
    connection
        .prepare_cached("SELECT name FROM _source_credentials WHERE source_id = ?1")?
        .query_row([source.0], |row| row.get(0))
        .optional()
}

/// Notes the name for a source, or that it has none.
pub(super) fn note(connection: &Connection, source: SourceId, name: Option<&str>) -> rusqlite::Result<()> {
    match name {
        Some(name) => connection
            .prepare_cached("INSERT OR REPLACE INTO _source_credentials (source_id, name) VALUES (?1, ?2)")?
            .execute(params![source.0, name])?,
        None => {
            connection.prepare_cached("DELETE FROM _source_credentials WHERE source_id = ?1")?.execute([source.0])?
        }
    };
    Ok(())
}
