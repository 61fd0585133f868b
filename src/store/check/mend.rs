//! Mending what is wrong in a file, beside a running daemon: nothing is lost that could be read.

use rusqlite::{Connection, params, params_from_iter};

use crate::config::StoreSettings;
use crate::store::check::contents::{ASTRAY, MISCOUNTED, STRAY_COPIES, damaged_articles, lacking};
use crate::store::check::finding::Subject;
use crate::store::file::characters;
use crate::store::file::error::StoreError;
use crate::store::file::new_file::folder_of;
use crate::store::file::workshop;
use crate::store::write::beside::beside;

/// Mends one side of a database in one transaction.
///
/// # Errors
///
/// When the database cannot be written; [`StoreError::Busy`] when another transaction takes too long.
pub fn mend(settings: &StoreSettings, subject: Subject) -> Result<(), StoreError> {
    if subject == Subject::Leftovers {
        workshop::remove_leftovers(folder_of(&settings.path));
        return Ok(());
    }
    beside(settings, |connection| match subject {
        Subject::Schema => schema(connection),
        Subject::References => references(connection),
        Subject::FullText => full_text(connection),
        Subject::Characters => characters::rebuild(connection),
        Subject::Stories => stories(connection),
        Subject::Texts => texts(connection),
        Subject::Copies => {
            connection.execute(&format!("DELETE FROM _copies WHERE article_id IN ({STRAY_COPIES})"), []).map(|_| ())
        }
        _ => Ok(()),
    })
}

/// Makes anew what somebody has dropped; a table of ours is empty then.
fn schema(connection: &Connection) -> rusqlite::Result<()> {
    for (_, sql) in lacking(connection)? {
        connection.execute_batch(&sql)?;
    }
    Ok(())
}

/// Rows that belong to what is not there go; what only names it names nothing.
fn references(connection: &Connection) -> rusqlite::Result<()> {
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

fn full_text(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "INSERT INTO articles_fts (articles_fts) VALUES ('rebuild');
         UPDATE _fts_state SET indexed_up_to = coalesce((SELECT max(id) FROM articles), 0)",
    )
}

fn stories(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute(
        &format!(
            "UPDATE articles SET story_id = (SELECT story_id FROM story_members WHERE article_id = articles.id)
             WHERE id IN ({ASTRAY})"
        ),
        [],
    )?;
    connection.execute(&format!("INSERT INTO _recounted_stories (story_id) {MISCOUNTED}"), [])?;
    connection.execute("UPDATE _story_state SET generation = generation + 1", []).map(|_| ())
}

/// What is not UTF-8 in a text is replaced by the character for that, and a list that is none by an empty one.
fn texts(connection: &Connection) -> rusqlite::Result<()> {
    for (id, columns) in damaged_articles(connection)? {
        let sql = format!("SELECT {} FROM articles WHERE id = ?1", columns.join(", "));
        let mended: Vec<Option<String>> = connection.query_row(&sql, [id], |row| {
            let mend = |(position, name): (usize, &&str)| {
                if super::contents::LISTS.contains(name) {
                    return Ok(Some("[]".to_owned()));
                }
                let bytes = row.get_ref(position)?.as_bytes_or_null().ok().flatten();
                let text = bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned());
                Ok(if *name == "body" { Some(text.unwrap_or_default()) } else { text })
            };
            columns.iter().enumerate().map(mend).collect()
        })?;
        let settings: Vec<String> = columns.iter().map(|name| format!("{name} = ?")).collect();
        let sql = format!("UPDATE articles SET {} WHERE id = {id}", settings.join(", "));
        connection.execute(&sql, params_from_iter(mended))?;
    }
    Ok(())
}
