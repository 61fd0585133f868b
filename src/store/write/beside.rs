//! Writing beside a running daemon: a short transaction by a process that does not ingest.

use rusqlite::{Connection, TransactionBehavior};

use crate::config::StoreSettings;
use crate::store::file::error::{StoreError, explain};
use crate::store::file::open::open_for_writing;
use crate::store::write::articles::{elsewhere, full_text};

/// Runs `act` in a transaction of its own on a connection of its own. The daemon's writing thread waits meanwhile.
pub(in crate::store) fn beside<T>(
    settings: &StoreSettings,
    act: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> Result<T, StoreError> {
    let mut connection = open_for_writing(settings)?;
    let wrap = |error: rusqlite::Error| explain(&error, &settings.path);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(wrap)?;
    elsewhere::catch_up(&transaction).map_err(wrap)?;
    let outcome = act(&transaction).map_err(wrap)?;
    full_text::index_new(&transaction).map_err(wrap)?;
    transaction.commit().map_err(wrap)?;
    Ok(outcome)
}
