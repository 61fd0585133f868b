//! The index of kept shingles: which articles hold one.
//!
//! An article has some fifty kept shingles, anywhere in the range, and each must be found again among fifty million.
//! A row for each would take twice the room that is allowed, and adding an article would touch fifty pages. So what the
//! index holds lies in buckets, a row each, packed, six bytes an entry; and an article is first written to a log, in
//! one row, and to a table in memory, where it is found. With each article the next few buckets take in what the table
//! in memory holds for them, several entries at a time, so that the work is even and there is nothing to wait for. One
//! round through all buckets later its row in the log can go. After a restart the table in memory is filled from the
//! log. All of it belongs to the transaction that brings the article; the table in memory is a temporary one, so what
//! is rolled back is gone from it too.

use rusqlite::{Connection, OptionalExtension, params};

use crate::dedup::sketch::{HOLDERS_MAX, Postings, Sketch};

/// Buckets, by the upper half of a key. A million articles fill each with some four kilobytes.
const N_BUCKETS: i64 = 1 << 16;

/// Buckets that take in what waits for them, with each article. A round takes 8192 articles, of which the table in
/// memory then holds some ten megabytes, and a bucket takes in five entries at a time.
const BUCKETS_AT_ONCE: i64 = 8;

/// Bytes of an entry: the lower half of the key, the article.
const ENTRY_BYTES: usize = 6;

/// Of these, bytes of the key.
const REST_BYTES: usize = 2;

/// Looks up the articles that hold each shingle of a sketch, at most one more than [`HOLDERS_MAX`] of each.
pub(super) fn look_up(connection: &Connection, sketch: &Sketch) -> rusqlite::Result<Postings> {
    load(connection)?;
    let keys: Vec<u32> = sketch.keys().collect();
    let mut postings: Postings = vec![Vec::new(); keys.len()];
    // All keys in one statement: a statement for each takes longer than finding it.
    let mut statement = connection.prepare_cached(
        "SELECT bucket, postings FROM _shingle_buckets WHERE bucket IN (SELECT value FROM json_each(?1))",
    )?;
    let mut buckets: Vec<i64> = keys.iter().map(|key| bucket_of(*key)).collect();
    buckets.dedup();
    let mut rows = statement.query([as_list(buckets)])?;
    while let Some(row) = rows.next()? {
        let (bucket, packed): (i64, &[u8]) = (row.get(0)?, row.get_ref(1)?.as_blob()?);
        let start = keys.partition_point(|key| bucket_of(*key) < bucket);
        for (key, holders) in keys[start..].iter().zip(&mut postings[start..]) {
            if bucket_of(*key) != bucket {
                break;
            }
            let holds = entries(packed).filter(|(rest, _)| *rest == rest_of(*key));
            holders.extend(holds.map(|(_, id)| i64::from(id)));
        }
    }
    let mut statement = connection.prepare_cached(
        "SELECT key, article_id FROM temp.recent_shingles WHERE key IN (SELECT value FROM json_each(?1))",
    )?;
    let mut rows = statement.query([as_list(keys.iter().map(|key| i64::from(*key)))])?;
    while let Some(row) = rows.next()? {
        let found: u32 = row.get(0)?;
        let start = keys.partition_point(|key| *key < found);
        for (key, holders) in keys[start..].iter().zip(&mut postings[start..]) {
            if *key != found {
                break;
            }
            if holders.len() <= HOLDERS_MAX {
                holders.push(row.get(1)?);
            }
        }
    }
    Ok(postings)
}

/// Numbers as a list for `json_each`.
fn as_list(numbers: impl IntoIterator<Item = i64>) -> String {
    let mut list = String::from("[");
    for number in numbers {
        if list.len() > 1 {
            list.push(',');
        }
        list.push_str(&number.to_string());
    }
    list.push(']');
    list
}

/// Adds an article.
pub(super) fn add(connection: &Connection, article_id: i64, keys: &[u32]) -> rusqlite::Result<()> {
    // Ids are counted up from 1. Should there ever be more of them than an entry can name, the later ones are not found.
    if keys.is_empty() || u32::try_from(article_id).is_err() {
        return Ok(());
    }
    load(connection)?;
    let n_swept = n_swept(connection)?;
    let packed: Vec<u8> = keys.iter().flat_map(|key| key.to_le_bytes()).collect();
    connection
        .prepare_cached("INSERT OR REPLACE INTO _shingle_log (article_id, swept_before, keys) VALUES (?1, ?2, ?3)")?
        .execute(params![article_id, n_swept, packed])?;
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO temp.recent_shingles (key, article_id) SELECT value, ?2 FROM json_each(?1)",
        )?
        .execute(params![as_list(keys.iter().map(|key| i64::from(*key))), article_id])?;
    sweep(connection, n_swept)
}

/// Takes an article out; `keys` are all that it can have been added with.
pub(super) fn remove(
    connection: &Connection,
    article_id: i64,
    keys: impl Iterator<Item = u32>,
) -> rusqlite::Result<()> {
    load(connection)?;
    connection.prepare_cached("DELETE FROM _shingle_log WHERE article_id = ?1")?.execute([article_id])?;
    for key in keys {
        let n_recent = connection
            .prepare_cached("DELETE FROM temp.recent_shingles WHERE key = ?1 AND article_id = ?2")?
            .execute(params![key, article_id])?;
        if n_recent == 0
            && let Some(packed) = read_bucket(connection, bucket_of(key))?
        {
            let is_kept = |entry: &(u16, u32)| entry.0 != rest_of(key) || i64::from(entry.1) != article_id;
            let left: Vec<u8> = entries(&packed).filter(is_kept).flat_map(pack).collect();
            if left.len() < packed.len() {
                write_bucket(connection, bucket_of(key), &left)?;
            }
        }
    }
    Ok(())
}

/// Fills the table in memory from the log, once a connection.
fn load(connection: &Connection) -> rusqlite::Result<()> {
    let is_there =
        connection.prepare_cached("SELECT 1 FROM temp.sqlite_schema WHERE name = 'recent_shingles'")?.exists([])?;
    if is_there {
        return Ok(());
    }
    connection.execute_batch(
        "CREATE TABLE temp.recent_shingles (
             key        INTEGER NOT NULL,
             article_id INTEGER NOT NULL,
             PRIMARY KEY (key, article_id)
         ) STRICT, WITHOUT ROWID",
    )?;
    let n_swept = n_swept(connection)?;
    let mut waiting: Vec<(u32, i64)> = Vec::new();
    let mut log = connection.prepare("SELECT article_id, swept_before, keys FROM _shingle_log")?;
    let mut rows = log.query([])?;
    while let Some(row) = rows.next()? {
        let (article_id, swept_before): (i64, i64) = (row.get(0)?, row.get(1)?);
        let (keys, _) = row.get_ref(2)?.as_blob()?.as_chunks();
        let keys = keys.iter().map(|bytes| u32::from_le_bytes(*bytes));
        waiting.extend(keys.filter(|key| !was_swept(*key, swept_before, n_swept)).map(|key| (key, article_id)));
    }
    // In the order of the table, filling it takes half the time.
    waiting.sort_unstable();
    remember(connection, waiting.into_iter())
}

/// Adds to the table in memory.
fn remember(connection: &Connection, mut entries: impl Iterator<Item = (u32, i64)>) -> rusqlite::Result<()> {
    let mut insert =
        connection.prepare_cached("INSERT OR IGNORE INTO temp.recent_shingles (key, article_id) VALUES (?1, ?2)")?;
    entries.try_for_each(|(key, article_id)| insert.execute(params![key, article_id]).map(|_| ()))
}

/// Lets the next buckets take in what waits for them.
fn sweep(connection: &Connection, n_swept: i64) -> rusqlite::Result<()> {
    let first = n_swept % N_BUCKETS;
    let (from, to) = (first << 16, (first + BUCKETS_AT_ONCE) << 16);
    let waiting: Vec<(u32, u32)> = connection
        .prepare_cached("SELECT key, article_id FROM temp.recent_shingles WHERE key >= ?1 AND key < ?2")?
        .query_map([from, to], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for together in waiting.chunk_by(|left, right| bucket_of(left.0) == bucket_of(right.0)) {
        let bucket = bucket_of(together[0].0);
        let mut packed = read_bucket(connection, bucket)?.unwrap_or_default();
        for (key, article) in together {
            // One more than counts is enough to know that a shingle is in everybody's mouth.
            if entries(&packed).filter(|(rest, _)| *rest == rest_of(*key)).count() <= HOLDERS_MAX {
                packed.extend(pack((rest_of(*key), *article)));
            }
        }
        write_bucket(connection, bucket, &packed)?;
    }
    if !waiting.is_empty() {
        connection
            .prepare_cached("DELETE FROM temp.recent_shingles WHERE key >= ?1 AND key < ?2")?
            .execute([from, to])?;
    }
    let n_swept = n_swept + BUCKETS_AT_ONCE;
    connection.prepare_cached("UPDATE _shingle_state SET n_swept = ?1")?.execute([n_swept])?;
    if n_swept % N_BUCKETS == 0 {
        connection
            .prepare_cached("DELETE FROM _shingle_log WHERE swept_before <= ?1")?
            .execute([n_swept - N_BUCKETS])?;
    }
    Ok(())
}

/// Buckets that have taken in what waited for them, since the beginning.
fn n_swept(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("SELECT n_swept FROM _shingle_state")?.query_row([], |row| row.get(0))
}

/// Whether the bucket of a key has had its turn between two counts.
fn was_swept(key: u32, before: i64, now: i64) -> bool {
    let wait = (bucket_of(key) - before).rem_euclid(N_BUCKETS);
    before + wait < now
}

fn read_bucket(connection: &Connection, bucket: i64) -> rusqlite::Result<Option<Vec<u8>>> {
    connection
        .prepare_cached("SELECT postings FROM _shingle_buckets WHERE bucket = ?1")?
        .query_row([bucket], |row| row.get(0))
        .optional()
}

fn write_bucket(connection: &Connection, bucket: i64, packed: &[u8]) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO _shingle_buckets (bucket, postings) VALUES (?1, ?2)")?
        .execute(params![bucket, packed])?;
    Ok(())
}

fn bucket_of(key: u32) -> i64 {
    i64::from(key >> 16)
}

fn rest_of(key: u32) -> u16 {
    let [low, high, ..] = key.to_le_bytes();
    u16::from_le_bytes([low, high])
}

fn pack((rest, article): (u16, u32)) -> [u8; ENTRY_BYTES] {
    let mut packed = [0; ENTRY_BYTES];
    packed[..REST_BYTES].copy_from_slice(&rest.to_le_bytes());
    packed[REST_BYTES..].copy_from_slice(&article.to_le_bytes());
    packed
}

fn entries(packed: &[u8]) -> impl Iterator<Item = (u16, u32)> {
    let (entries, _) = packed.as_chunks::<ENTRY_BYTES>();
    entries.iter().filter_map(|entry| {
        let (rest, article) = entry.split_first_chunk::<REST_BYTES>()?;
        let article = article.first_chunk()?;
        Some((u16::from_le_bytes(*rest), u32::from_le_bytes(*article)))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::config;
    use crate::dedup::shingle::ShingledText;
    use crate::store::schema;

    fn sketch(number: i64) -> Sketch {
        let words: Vec<String> = (0..60).map(|word| format!("w{}", number * 50 + word)).collect();
        Sketch::of(&ShingledText::new(None, &words.join(" ")))
    }

    fn holders(connection: &Connection, number: i64) -> HashSet<i64> {
        look_up(connection, &sketch(number)).unwrap().into_iter().flatten().collect()
    }

    #[test]
    fn every_article_is_found_at_any_time() {
        // A round through the buckets and some more, so that entries are in memory, in buckets, and on their way.
        const N_ARTICLES: i64 = 9000;
        let folder = tempfile::tempdir().unwrap();
        let mut settings = config::defaults().store;
        settings.path = folder.path().join("a.db");
        let mut connection = schema::open_for_writing(&settings).unwrap();
        for batch in 0..9 {
            let transaction = connection.transaction().unwrap();
            for id in batch * 1000 + 1..=(batch + 1) * 1000 {
                let keys: Vec<u32> = sketch(id).keys().collect();
                add(&transaction, id, &keys).unwrap();
            }
            assert!(holders(&transaction, batch * 1000 + 500).contains(&(batch * 1000 + 500)));
            transaction.commit().unwrap();
        }
        let check = |connection: &Connection| {
            for id in (1..=N_ARTICLES).step_by(97) {
                let expected = look_up(connection, &sketch(id)).unwrap();
                assert!(expected.iter().all(|holders| holders.contains(&id)), "{id}: {expected:?}");
                assert!(holders(connection, id).iter().all(|other| (other - id).abs() <= 1), "{id}");
            }
        };
        check(&connection);
        let n_logged: i64 = connection.query_row("SELECT count(*) FROM _shingle_log", [], |row| row.get(0)).unwrap();
        assert!(n_logged < N_ARTICLES + 1, "{n_logged}");
        drop(connection);
        let mut connection = schema::open_for_writing(&settings).unwrap();
        check(&connection);
        // What is taken out is gone, from a bucket and from memory, and stays gone.
        for id in [1, 4000, N_ARTICLES] {
            let transaction = connection.transaction().unwrap();
            remove(&transaction, id, sketch(id).keys()).unwrap();
            transaction.commit().unwrap();
        }
        for connection in [&connection, &schema::open_for_writing(&settings).unwrap()] {
            for id in [1, 4000, N_ARTICLES] {
                assert!(!holders(connection, id).contains(&id), "{id}");
            }
        }
        // What is rolled back is gone too.
        let transaction = connection.transaction().unwrap();
        let keys: Vec<u32> = sketch(20_000).keys().collect();
        add(&transaction, 20_000, &keys).unwrap();
        assert_eq!(holders(&transaction, 20_000), HashSet::from([20_000]));
        transaction.rollback().unwrap();
        assert_eq!(holders(&connection, 20_000), HashSet::new());
    }

    #[test]
    fn a_key_waits_until_its_bucket_has_had_its_turn() {
        for (bucket, before, now, expected) in [
            (0, 0, 0, false),
            (0, 0, 8, true),
            (8, 0, 8, false),
            (7, 8, N_BUCKETS, false),
            (7, 8, N_BUCKETS + 8, true),
            (9, 8, 16, true),
            (5, 3 * N_BUCKETS, 3 * N_BUCKETS + 8, true),
        ] {
            let key = u32::try_from((bucket << 16) + 77).unwrap();
            assert_eq!(was_swept(key, before, now), expected, "{bucket} {before} {now}");
        }
    }

    #[test]
    fn entries_survive_packing() {
        for entry in [(0, 0), (1, 2), (u16::MAX, u32::MAX)] {
            assert_eq!(entries(&pack(entry)).collect::<Vec<_>>(), [entry]);
        }
    }

    #[test]
    fn what_everybody_holds_takes_bounded_room() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = config::defaults().store;
        settings.path = folder.path().join("a.db");
        let mut connection = schema::open_for_writing(&settings).unwrap();
        let keys: Vec<u32> = sketch(1).keys().collect();
        let transaction = connection.transaction().unwrap();
        for id in 1..=200 {
            add(&transaction, id, &keys).unwrap();
        }
        // The sketch alone decides what to add, and stops at the bound; here the buckets do.
        transaction.execute("UPDATE _shingle_state SET n_swept = 0", []).unwrap();
        for turn in 0..N_BUCKETS / BUCKETS_AT_ONCE {
            sweep(&transaction, turn * BUCKETS_AT_ONCE).unwrap();
        }
        transaction.commit().unwrap();
        let longest: i64 =
            connection.query_row("SELECT max(length(postings)) FROM _shingle_buckets", [], |row| row.get(0)).unwrap();
        assert!(longest <= 2 * 6 * (i64::try_from(HOLDERS_MAX).unwrap() + 1), "{longest}");
        assert!(look_up(&connection, &sketch(1)).unwrap().iter().all(|holders| holders.len() == HOLDERS_MAX + 1));
    }
}
