//! Epochs: who gave which numbers of changes. The rows of `_epochs`.

use rusqlite::Connection;

use crate::store::file::change_seq::NEXT_CHANGE;

/// Begins an epoch; one in which nothing was changed is replaced.
pub(super) fn begin(connection: &Connection) -> rusqlite::Result<()> {
    let sql = format!(
        "INSERT INTO _epochs (began_after, token) VALUES ({NEXT_CHANGE} - 1, lower(hex(randomblob(8))))
         ON CONFLICT (began_after) DO UPDATE SET token = excluded.token"
    );
    connection.execute(&sql, []).map(|_| ())
}
