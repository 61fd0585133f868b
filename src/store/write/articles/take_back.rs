//! Taking back what was no article: it was made of a page that several links lead to, or of one page of an article that has
//! several. Nothing of it stays, and the links that led to it have no article again.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::store::file::columns::private_time;
use crate::store::write::articles::copies;
use crate::store::write::publishers;
use crate::store::write::removal::delete;
use crate::store::write::transaction::WriteTransaction;

/// Deletes an article, and has the links that led to it tried again at this time.
pub(super) fn take_back(
    transaction: &WriteTransaction<'_>,
    id: i64,
    retry_at: Timestamp,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let connection: &Connection = transaction;
    give_sightings_back(connection, id)?;
    release_links(connection, id, retry_at)?;
    copies::forget(transaction, id)?;
    delete::tell(connection, id, now)?;
    connection.prepare_cached("DELETE FROM articles WHERE id = ?1")?.execute([id])?;
    // What stands at its links may yet be an article.
    delete::forget_signs(connection, id)?;
    // What was found to be a copy of it has its text, and the first of them takes its place. Of the shingles in memory those of the article
    // alone are gone; stories are read anew for their generation. A lineage may have had its root in it.
    transaction.cache().roots().clear();
    Ok(())
}

/// Gives the links that sources listed their sightings back. That of its first source stands in the link itself.
fn give_sightings_back(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO _pending_sightings (link_id, source_id, guid, url, first_seen_at, last_seen_at)
             SELECT _links.id, sightings.source_id, sightings.guid, sightings.url, sightings.first_seen_at,
                 sightings.last_seen_at
             FROM sightings
             JOIN _links ON _links.article_id = sightings.article_id
                 AND sightings.url IN (_links.url, _links.url_as_given)
             WHERE sightings.article_id = ?1 AND _links.source_id IS NOT sightings.source_id
             ON CONFLICT (link_id, source_id) DO NOTHING",
        )?
        .execute([id])?;
    Ok(())
}

/// Lets go of an article's links: those that a source listed or somebody asked for wait for another try, and what is only an
/// address that pages gave is forgotten.
pub(in crate::store) fn release_links(connection: &Connection, id: i64, retry_at: Timestamp) -> rusqlite::Result<()> {
    let is_wanted = "(source_id IS NOT NULL OR id IN (SELECT link_id FROM _gate_looks)
                      OR id IN (SELECT link_id FROM _pending_sightings) OR claim_id IS NOT NULL)";
    connection
        .prepare_cached(&format!("DELETE FROM _links WHERE article_id = ?1 AND NOT {is_wanted}"))?
        .execute([id])?;
    let publishers: BTreeSet<String> = connection
        .prepare_cached(
            "UPDATE _links SET article_id = NULL, look_at = NULL, gone_at = NULL, cut_off_at = NULL, etag = NULL,
                 last_modified = NULL, due_at = CASE WHEN claim_id IS NULL THEN ?2 ELSE due_at END,
                 failures_in_a_row = max(failures_in_a_row, 1)
             WHERE article_id = ?1 RETURNING host",
        )?
        .query_map(params![id, private_time(retry_at)], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for publisher in publishers {
        publishers::set_next_turn(connection, &publisher, Timestamp::UNIX_EPOCH)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::config;
    use crate::dedup::shingle::ShingledText;
    use crate::dedup::sketch::Sketch;
    use crate::store::file::open::open_for_writing;
    use crate::store::write::cache::Cache;

    #[test]
    fn what_is_remembered_of_other_articles_stays() {
        let folder = tempfile::tempdir().unwrap();
        let defaults = config::defaults();
        let mut settings = defaults.store;
        settings.path = folder.path().join("a.db");
        let mut connection = open_for_writing(&settings).unwrap();
        let cache = RefCell::new(Cache::new(settings.stories));
        let sql = connection.transaction().unwrap();
        let transaction = WriteTransaction::new(&sql, &cache);
        let sketch = |id: i64| {
            let words: Vec<String> = (0..60).map(|word| format!("w{id}x{word}")).collect();
            (Sketch::of(&ShingledText::new(None, &words.join(" "))), words.join(" "))
        };
        for id in [1, 2] {
            let (sketch, body) = sketch(id);
            sql.execute(
                "INSERT INTO articles (id, body, words, body_kind, quality, first_seen_at, updated_at, sha256, change_seq)
                 VALUES (?1, ?2, 60, 'full', 50, '2026-11-20T00:00:00Z', '2026-11-20T00:00:00Z', ?1, ?1)",
                params![id, body],
            )
            .unwrap();
            let keys: Vec<u32> = sketch.keys().collect();
            cache.borrow_mut().recent_shingles(&sql).unwrap().add(&sql, id, &keys).unwrap();
        }
        // Whoever reads it again from the file finds none of them.
        sql.execute("DELETE FROM _shingle_log WHERE article_id = 2", []).unwrap();
        take_back(&transaction, 1, Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH).unwrap();
        let holders = |id: i64| -> BTreeSet<i64> {
            let found = cache.borrow_mut().recent_shingles(&sql).unwrap().look_up(&sql, &sketch(id).0).unwrap();
            found.into_iter().flatten().collect()
        };
        assert_eq!((holders(1), holders(2)), (BTreeSet::new(), BTreeSet::from([2])));
        assert_eq!(sql.query_row("SELECT count(*) FROM articles", [], |row| row.get::<_, i64>(0)), Ok(1));
    }
}
