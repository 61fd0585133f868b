//! Articles that another program has changed: what SQLite could not bring up to date.

use rusqlite::{Connection, params};

use crate::bundle;
use crate::scripts::count_words;
use crate::store::file::damage;
use crate::store::file::hosts::host_of;
use crate::store::file::volumes::ARTICLE_BODY;

/// So many articles at a time: the rest waits for the next.
const ARTICLES_MAX: u32 = 2000;

/// Makes the checksums, counts of words and hosts of articles that another program changed, mends what cannot be read in them, and
/// forgets the wordings that they had. A change by somebody is no revision: that is what their publishers do.
pub(in crate::store) fn catch_up(connection: &Connection) -> rusqlite::Result<()> {
    let changed: Vec<i64> = connection
        .prepare_cached("SELECT article_id FROM _changed_elsewhere LIMIT ?1")?
        .query_map([ARTICLES_MAX], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    if changed.is_empty() {
        return Ok(());
    }
    // In one transaction, also where there is one already.
    connection.execute_batch("SAVEPOINT elsewhere")?;
    for id in changed {
        // What another program writes need not be text that can be read.
        damage::ARTICLES.mend(connection, Some(id))?;
        let (document, url, body): (Option<String>, Option<String>, Option<String>) = connection
            .prepare_cached(&format!(
                "SELECT title, date, url, {ARTICLE_BODY} FROM (SELECT ?1 AS id) AS changed
                 LEFT JOIN articles ON articles.id = changed.id"
            ))?
            .query_row([id], |row| {
                let [title, day, url, body]: [Option<String>; 4] = [row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?];
                // Without the file of its volume it keeps the checksum that it has.
                let document = |body: &String| bundle::document(title.as_deref(), day.as_deref(), url.as_deref(), body);
                Ok((body.as_ref().map(document), url, body))
            })?;
        connection
            .prepare_cached("UPDATE articles SET host = ?2 WHERE id = ?1 AND host IS NOT ?2")?
            .execute(params![id, url.as_deref().and_then(host_of)])?;
        if let Some(document) = document {
            let sha256 = bundle::hex_sha256(document.as_bytes());
            let sql = "UPDATE articles SET sha256 = ?2 WHERE id = ?1 AND sha256 <> ?2";
            if connection.prepare_cached(sql)?.execute(params![id, sha256])? > 0 {
                connection.prepare_cached("DELETE FROM _wordings WHERE article_id = ?1")?.execute([id])?;
                connection
                    .prepare_cached("UPDATE articles SET words = ?2 WHERE id = ?1 AND words <> ?2")?
                    .execute(params![id, body.as_deref().map_or(0, count_words)])?;
            }
        }
        connection.prepare_cached("DELETE FROM _changed_elsewhere WHERE article_id = ?1")?.execute([id])?;
    }
    connection.execute_batch("RELEASE elsewhere")
}
