//! The pages of a file, and whether each index has what its table has, as SQLite checks them.

use rusqlite::Connection;

use crate::store::check::finding::{Finding, Subject, listed};
use crate::store::check::index_rows;
use crate::store::check::page_faults::{PageFaults, find};

/// What to do where tables are damaged.
const OTHER_FILE: &str = "restore a backup (`newswire restore FILE`); without one, `newswire --db NEW.db merge DAMAGED.db` takes out what can be read";

/// Looks at the pages.
pub(super) fn look(connection: &Connection) -> rusqlite::Result<Finding> {
    let faults = find(connection)?;
    let Some(first) = faults.told.first() else {
        return Ok(Finding::well(Subject::Pages, "sound, and each index has what its table has"));
    };
    let PageFaults { indexes, tables, .. } = &faults;
    let [indexes, tables] = [indexes, tables].map(|names| names.iter().cloned().collect::<Vec<_>>());
    if faults.is_of_indexes_alone() {
        let names = indexes.join(", ");
        let text = if faults.are_pages_damaged {
            format!("damaged in what is made of the tables alone: {names} ({first})")
        } else {
            // The table is believed, and need not be right.
            let rows = listed(&rows_that_differ(connection, &faults));
            format!(
                "not as the tables are in what is made of the tables alone: {names} ({rows}). These are made anew from the tables, and what \
                 they had is gone then; where single rows differ it may be the table that has changed: note what the index has, and UPDATE \
                 the row after that"
            )
        };
        return Ok(Finding::mendable(Subject::Pages, text));
    }
    let named = [("tables", tables), ("indexes", indexes)];
    let named: Vec<String> = named
        .iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(kind, names)| format!("damaged {kind}: {}; ", names.join(", ")))
        .collect();
    Ok(Finding::wrong(Subject::Pages, format!("{}{}", named.concat(), listed(&faults.told)), OTHER_FILE))
}

/// The rows in which indexes differ from their tables, or the words of SQLite where that cannot be told. It counts rows, and has no numbers
/// of theirs.
fn rows_that_differ(connection: &Connection, faults: &PageFaults) -> Vec<String> {
    let of_indexes = faults.indexes.iter().map(|index| index_rows::differences(connection, index).unwrap_or_default());
    let rows: Vec<String> = of_indexes.flatten().collect();
    if rows.is_empty() { faults.told.clone() } else { rows }
}
