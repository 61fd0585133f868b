//! Articles against the checksums that they were stored with: a disk can change a text and leave its page well formed.

use rusqlite::Connection;

use crate::bundle;
use crate::store::file::volumes;

/// An article that has another checksum than it was stored with.
pub(super) struct Changed {
    pub(super) id: i64,
    /// Whether SQLite noted the change, so that a program has made it: whoever writes next makes the checksum anew.
    pub(super) is_noted: bool,
}

/// The articles that have another checksum than they were stored with.
pub(super) fn changed(connection: &Connection) -> rusqlite::Result<Vec<Changed>> {
    // Texts in volumes have the checksums of their files.
    let is_here = if volumes::has_some(connection) { "volume IS NULL" } else { "TRUE" };
    let mut statement = connection.prepare(&format!(
        "SELECT id, sha256, text, id IN (SELECT article_id FROM _changed_elsewhere)
         FROM articles NOT INDEXED JOIN bundle_documents ON article_id = id WHERE {is_here} ORDER BY id"
    ))?;
    let mut rows = statement.query([])?;
    let mut changed = Vec::new();
    while let Some(row) = rows.next()? {
        let bytes = |column: usize| row.get_ref(column).map(|value| value.as_bytes().unwrap_or_default());
        if bundle::hex_sha256(bytes(2)?).as_bytes() != bytes(1)? {
            changed.push(Changed { id: row.get(0)?, is_noted: row.get(3)? });
        }
    }
    Ok(changed)
}
