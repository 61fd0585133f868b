//! Articles that another program has changed: what SQLite could not bring up to date.

use rusqlite::{Connection, params};

use crate::bundle;
use crate::store::file::hosts::host_of;

/// So many articles at a time: the rest waits for the next.
const ARTICLES_MAX: u32 = 2000;

/// Makes the checksums and hosts of articles that another program changed, and forgets the wordings that they had. A change by somebody
/// is no revision: that is what their publishers do.
pub(in crate::store) fn catch_up(connection: &Connection) -> rusqlite::Result<()> {
    // What another program writes need not be text that can be read: of this, the bytes count.
    let changed: Vec<(i64, Option<Vec<u8>>, Option<String>)> = connection
        .prepare_cached(
            "SELECT _changed_elsewhere.article_id, text, url FROM _changed_elsewhere
             LEFT JOIN bundle_documents USING (article_id) LEFT JOIN articles ON articles.id = article_id LIMIT ?1",
        )?
        .query_map([ARTICLES_MAX], |row| {
            let bytes = row.get_ref(1)?.as_bytes_or_null().ok().flatten().map(<[u8]>::to_vec);
            Ok((row.get(0)?, bytes, row.get_ref(2)?.as_str().ok().map(str::to_owned)))
        })?
        .collect::<Result<_, _>>()?;
    if changed.is_empty() {
        return Ok(());
    }
    // In one transaction, also where there is one already.
    connection.execute_batch("SAVEPOINT elsewhere")?;
    for (id, document, url) in changed {
        connection
            .prepare_cached("UPDATE articles SET host = ?2 WHERE id = ?1 AND host IS NOT ?2")?
            .execute(params![id, url.as_deref().and_then(host_of)])?;
        if let Some(document) = document {
            let sha256 = bundle::hex_sha256(&document);
            let sql = "UPDATE articles SET sha256 = ?2 WHERE id = ?1 AND sha256 <> ?2";
            if connection.prepare_cached(sql)?.execute(params![id, sha256])? > 0 {
                connection.prepare_cached("DELETE FROM _wordings WHERE article_id = ?1")?.execute([id])?;
            }
        }
        connection.prepare_cached("DELETE FROM _changed_elsewhere WHERE article_id = ?1")?.execute([id])?;
    }
    connection.execute_batch("RELEASE elsewhere")
}
