//! Mending what is wrong in a file, beside a running daemon: nothing is lost that could be read.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::config::StoreSettings;
use crate::store::check::contents::{ASTRAY, MISTOLD, STRAY_COPIES};
use crate::store::check::finding::Subject;
use crate::store::check::{anew, changes, full_text, lineage, schema, state};
use crate::store::file::backup::copy_into;
use crate::store::file::characters;
use crate::store::file::damage;
use crate::store::file::error::{StoreError, explain};
use crate::store::file::new_file::{CopyWatcher, folder_of};
use crate::store::file::open::open_for_copying;
use crate::store::file::restore::{name_aside, take_over_rights};
use crate::store::file::schema_anew::write_schema_anew;
use crate::store::file::workshop;
use crate::store::write::articles::take_back::release_links;
use crate::store::write::beside::beside;

/// Keeps a copy of the file as it is beside it, before anything is taken away. Returns where it is.
///
/// # Errors
///
/// When the file cannot be read or the copy cannot be written.
pub fn keep_as_it_is(settings: &StoreSettings) -> Result<PathBuf, StoreError> {
    let path = &settings.path;
    let source = open_for_copying(path, settings.busy_timeout)?;
    let aside = name_aside(path);
    copy_into(&source, &aside, &mut CopyWatcher { stop: Arc::default(), tell: &mut |_| {} })
        .map_err(|error| explain(&error, path))?;
    take_over_rights(&aside, path, folder_of(path), path)
        .map_err(|error| StoreError::Unusable { path: aside.display().to_string(), reason: error.to_string() })?;
    Ok(aside)
}

/// Mends one side of a database in one transaction. Returns where the file is kept as it was, where another one has taken its place.
///
/// # Errors
///
/// When the database cannot be written; [`StoreError::Busy`] when another transaction takes too long.
pub fn mend(settings: &StoreSettings, subject: Subject) -> Result<Option<PathBuf>, StoreError> {
    if subject == Subject::Leftovers {
        workshop::remove_leftovers(folder_of(&settings.path));
        return Ok(None);
    }
    if subject == Subject::Pages {
        return anew::mend(settings).map(|()| None);
    }
    let mended = beside(settings, |connection| match subject {
        Subject::Schema => schema::mend(connection),
        Subject::State => state::mend(connection),
        Subject::Changes => changes::mend(connection),
        Subject::References => references(connection),
        Subject::FullText => full_text::rebuild(connection),
        Subject::Characters => characters::rebuild(connection),
        Subject::Stories => stories(connection),
        Subject::Texts => damage::ALL.iter().try_for_each(|readable| readable.mend(connection, None)),
        Subject::Copies => copies(connection),
        _ => Ok(()),
    });
    match mended {
        // Nobody can write to it as it is.
        Err(error @ StoreError::Malformed { .. }) if subject == Subject::Schema => {
            write_schema_anew(settings)?.ok_or(error).map(Some)
        }
        mended => mended.map(|()| None),
    }
}

/// Articles that are not there though nobody has deleted them: who does takes along what belongs to them, or leaves by what they are
/// known again.
const LOST: &str = "SELECT article_id FROM sightings UNION SELECT article_id FROM story_members
    UNION SELECT article_id FROM _text_pages UNION SELECT article_id FROM _wordings
    EXCEPT SELECT id FROM articles EXCEPT SELECT article_id FROM _deleted";

/// Rows that belong to what is not there go; what only names it names nothing. Articles that are lost may come again.
fn references(connection: &Connection) -> rusqlite::Result<()> {
    let lost: Vec<i64> = connection.prepare(LOST)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for id in lost {
        release_links(connection, id, Timestamp::now())?;
    }
    // The check that the transaction makes would count each row while it is mended.
    connection.execute_batch("PRAGMA defer_foreign_keys = ON")?;
    let mut statement = connection.prepare("SELECT \"table\", rowid, parent, fkid FROM pragma_foreign_key_check")?;
    let found: Vec<(String, Option<i64>, String, i64)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<Result<_, _>>()?;
    for (table, rowid, parent, key) in found {
        let column: String = connection.query_row(
            "SELECT \"from\" FROM pragma_foreign_key_list(?1) WHERE id = ?2",
            params![table, key],
            |row| row.get(0),
        )?;
        let is_required: bool = connection.query_row(
            "SELECT \"notnull\" OR pk FROM pragma_table_info(?1) WHERE name = ?2",
            params![table, column],
            |row| row.get(0),
        )?;
        let missing = format!("{column} IS NOT NULL AND {column} NOT IN (SELECT id FROM {parent})");
        // Tables without row ids are mended as a whole: they are small.
        let which = rowid.map_or(missing, |rowid| format!("rowid = {rowid}"));
        let sql = match (is_required, table.as_str(), column.as_str()) {
            (true, ..) => format!("DELETE FROM {table} WHERE {which}"),
            (false, "articles", "duplicate_of") => {
                format!("UPDATE articles SET duplicate_of = NULL, duplicate_kind = NULL WHERE {which}")
            }
            (false, ..) => format!("UPDATE {table} SET {column} = NULL WHERE {which}"),
        };
        connection.execute(&sql, [])?;
    }
    Ok(())
}

fn copies(connection: &Connection) -> rusqlite::Result<()> {
    lineage::open_circles(connection)?;
    connection.execute(&format!("DELETE FROM _copies WHERE article_id IN ({STRAY_COPIES})"), []).map(|_| ())
}

fn stories(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute(
        &format!(
            "UPDATE articles SET story_id = (SELECT story_id FROM story_members WHERE article_id = articles.id)
             WHERE id IN ({ASTRAY})"
        ),
        [],
    )?;
    connection.execute(&format!("INSERT INTO _recounted_stories (story_id) {MISTOLD}"), [])?;
    connection.execute("UPDATE _story_state SET generation = generation + 1", []).map(|_| ())
}
