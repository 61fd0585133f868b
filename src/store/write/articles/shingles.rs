//! The shingle index: which articles have a given shingle.
//!
//! Of each article some fifty shingles are kept, anywhere in the range of keys. With a million articles each must be found
//! among fifty million. One row per shingle would take twice the space that is allowed, and adding an article would
//! change fifty pages. So the index has buckets, one row each, with packed entries of six bytes.
//!
//! A new article is first written to a log, in one row, and its entries wait in memory, where they are found too. With
//! each article the next few buckets take the entries that wait for them, several at a time. So the work is even, and no
//! article waits for a large merge. After one round through all buckets the article's row in the log is deleted. After a
//! restart the memory is filled from the log. All of this is part of the transaction that stores the article. After a
//! rollback the memory is dropped and filled again.
//!
//! A bucket that is full passes its entries on to its sixteen parts, rows of their own, by four more bits of their keys. So
//! what is written for an article stays the same however many there are, and a shingle is looked for in two rows of about a
//! page (as in a buffer tree: Arge, Algorithmica 37, 2003).

use std::ops::Range;
use std::rc::Rc;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params};

use crate::dedup::sketch::{HOLDERS_MAX, Postings, Sketch};

/// Buckets, one for each upper half of a key. Some seven hundred thousand articles fill them.
const N_BUCKETS: usize = 1 << 16;

/// Buckets that take their waiting entries with each article. A round takes 8192 articles. Memory then holds some five
/// megabytes, and a bucket takes about five entries at a time.
const BUCKETS_AT_ONCE: usize = 8;

/// Entries of a bucket that is full: with more, its row would not fit into a page.
const FULL_ENTRIES: usize = 640;

/// Parts of a bucket, by the upper bits of the lower half of a key. With ten million articles a part fills three quarters of a page.
const N_PARTS: usize = 1 << PART_BITS;
const PART_BITS: u32 = 4;

/// Bytes of an entry: the lower half of the key, then the article.
const ENTRY_BYTES: usize = 6;

/// Those of them that belong to the key.
const REST_BYTES: usize = 2;

/// The lower half of a key, and an article that has the shingle.
type Entry = (u16, u32);

/// The index, with the entries that wait for their bucket in memory.
#[derive(Debug)]
pub(in crate::store) struct RecentShingles {
    /// The waiting entries of each bucket, in the order in which they came.
    waiting: Vec<Vec<Entry>>,
    /// Turns of buckets since the index was empty.
    n_swept: usize,
    presence: Presence,
}

impl RecentShingles {
    /// Fills the memory from the log.
    pub(in crate::store) fn load(connection: &Connection) -> rusqlite::Result<RecentShingles> {
        let n_swept = connection.query_row("SELECT n_swept FROM _shingle_state", [], |row| row.get(0))?;
        let presence = Presence { of_bucket: vec![None; N_BUCKETS] };
        let mut recent = RecentShingles { waiting: vec![Vec::new(); N_BUCKETS], n_swept, presence };
        let mut log = connection.prepare("SELECT article_id, swept_before, keys FROM _shingle_log")?;
        let mut rows = log.query([])?;
        while let Some(row) = rows.next()? {
            let (article, swept_before): (u32, usize) = (row.get(0)?, row.get(1)?);
            let (keys, _) = row.get_ref(2)?.as_blob()?.as_chunks();
            for key in keys.iter().map(|bytes| u32::from_le_bytes(*bytes)) {
                if !was_swept(bucket_of(key), swept_before, n_swept) {
                    recent.remember(key, article);
                }
            }
        }
        Ok(recent)
    }

    /// Finds the articles that have each shingle of a sketch: at most one more than [`HOLDERS_MAX`] per shingle.
    pub(in crate::store) fn look_up(&mut self, connection: &Connection, sketch: &Sketch) -> rusqlite::Result<Postings> {
        let keys: Vec<u32> = sketch.keys().collect();
        let mut postings: Postings = vec![Vec::new(); keys.len()];
        let mut buckets: Vec<usize> =
            keys.iter().filter(|key| self.presence.may_be_there(**key)).map(|key| bucket_of(*key)).collect();
        buckets.dedup();
        let mut unread: Vec<usize> =
            buckets.iter().copied().filter(|bucket| !self.presence.is_known(*bucket)).collect();
        let mut parts: Vec<usize> = Vec::new();
        // One statement for all buckets: with one for each, most of the time would go into statements. The list leads: `IN` would
        // make an index of it first.
        let mut statement = connection.prepare_cached(
            "SELECT bucket, postings, n_passed FROM rarray(?1) CROSS JOIN _shingle_buckets ON bucket = value",
        )?;
        let mut rows = statement.query([as_list(buckets)])?;
        while let Some(row) = rows.next()? {
            let (bucket, packed): (usize, &[u8]) = (row.get(0)?, row.get_ref(1)?.as_blob()?);
            let has_parts = row.get::<_, i64>(2)? > 0;
            if let Ok(at) = unread.binary_search(&bucket) {
                unread.remove(at);
                self.presence.of_bucket[bucket] = if has_parts { None } else { bits_of(packed) };
            }
            if has_parts {
                parts.extend(keys[range_of(&keys, bucket_of, bucket)].iter().map(|key| part_of(*key)));
            }
            find(packed, range_of(&keys, bucket_of, bucket), &keys, &mut postings);
        }
        drop(rows);
        // What was asked for and is not there is empty.
        for bucket in unread {
            self.presence.of_bucket[bucket] = Some(Bits::default());
        }
        if !parts.is_empty() {
            parts.dedup();
            let mut statement = connection
                .prepare_cached("SELECT part, postings FROM rarray(?1) CROSS JOIN _shingle_parts ON part = value")?;
            let mut rows = statement.query([as_list(parts)])?;
            while let Some(row) = rows.next()? {
                let (part, packed): (usize, &[u8]) = (row.get(0)?, row.get_ref(1)?.as_blob()?);
                find(packed, range_of(&keys, part_of, part), &keys, &mut postings);
            }
        }
        for (key, holders) in keys.iter().zip(&mut postings) {
            let waiting = self.waiting[bucket_of(*key)].iter().filter(|(rest, _)| *rest == rest_of(*key));
            let n_more = (HOLDERS_MAX + 1).saturating_sub(holders.len());
            holders.extend(waiting.map(|(_, article)| i64::from(*article)).take(n_more));
        }
        Ok(postings)
    }

    /// Adds an article.
    pub(in crate::store) fn add(
        &mut self,
        connection: &Connection,
        article_id: i64,
        keys: &[u32],
    ) -> rusqlite::Result<()> {
        // An entry has room for 32 bits. Later articles, should there ever be so many, are not found.
        let Ok(article) = u32::try_from(article_id) else { return Ok(()) };
        if keys.is_empty() {
            return Ok(());
        }
        let packed: Vec<u8> = keys.iter().flat_map(|key| key.to_le_bytes()).collect();
        connection
            .prepare_cached("INSERT OR REPLACE INTO _shingle_log (article_id, swept_before, keys) VALUES (?1, ?2, ?3)")?
            .execute(params![article_id, self.n_swept, packed])?;
        for key in keys {
            self.remember(*key, article);
        }
        self.sweep(connection)
    }

    /// Removes an article. `keys` are all keys that it may have been added with.
    pub(in crate::store) fn remove(
        &mut self,
        connection: &Connection,
        article_id: i64,
        keys: impl Iterator<Item = u32>,
    ) -> rusqlite::Result<()> {
        connection.prepare_cached("DELETE FROM _shingle_log WHERE article_id = ?1")?.execute([article_id])?;
        for key in keys {
            let is_kept = |entry: &Entry| entry.0 != rest_of(key) || i64::from(entry.1) != article_id;
            let waiting = &mut self.waiting[bucket_of(key)];
            let n_waiting = waiting.len();
            waiting.retain(is_kept);
            if waiting.len() < n_waiting {
                continue;
            }
            let mut bucket = Bucket::read(connection, bucket_of(key))?;
            let left: Vec<u8> = entries(&bucket.packed).filter(is_kept).flat_map(pack).collect();
            if left.len() < bucket.packed.len() {
                bucket.packed = left;
                bucket.write(connection)?;
            }
            if bucket.n_passed > 0 {
                let packed = read_part(connection, part_of(key))?;
                let left: Vec<u8> = entries(&packed).filter(is_kept).flat_map(pack).collect();
                if left.len() < packed.len() {
                    write_part(connection, part_of(key), &left)?;
                }
            }
        }
        Ok(())
    }

    fn remember(&mut self, key: u32, article: u32) {
        let waiting = &mut self.waiting[bucket_of(key)];
        if !waiting.contains(&(rest_of(key), article)) {
            waiting.push((rest_of(key), article));
        }
    }

    /// Gives the next buckets their waiting entries.
    fn sweep(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let first = self.n_swept % N_BUCKETS;
        for bucket in first..first + BUCKETS_AT_ONCE {
            let waiting = std::mem::take(&mut self.waiting[bucket]);
            if waiting.is_empty() {
                continue;
            }
            let mut bucket = Bucket::read(connection, bucket)?;
            for entry in waiting {
                // One more than `HOLDERS_MAX` is enough to know that a shingle is common.
                if entries(&bucket.packed).filter(|(rest, _)| *rest == entry.0).count() <= HOLDERS_MAX {
                    bucket.packed.extend(pack(entry));
                    self.presence.note(bucket.number, entry.0);
                }
            }
            if bucket.packed.len() > FULL_ENTRIES * ENTRY_BYTES {
                bucket.pass_on(connection)?;
                self.presence.of_bucket[bucket.number] = None;
            }
            bucket.write(connection)?;
        }
        self.n_swept += BUCKETS_AT_ONCE;
        connection.prepare_cached("UPDATE _shingle_state SET n_swept = ?1")?.execute([self.n_swept])?;
        if self.n_swept.is_multiple_of(N_BUCKETS) {
            connection
                .prepare_cached("DELETE FROM _shingle_log WHERE swept_before <= ?1")?
                .execute([self.n_swept - N_BUCKETS])?;
        }
        Ok(())
    }
}

/// Entries of a bucket from which hardly any bit is left out: then nothing is told of it.
const TOLD_ENTRIES_MAX: usize = 512;

/// A bit for each value of the lowest byte of a key.
type Bits = [u64; 4];

/// What the buckets in the file do not hold, as far as they were read since the start: most keys of an article are nobody's, and
/// most of their buckets need not be read. Some 2.6 megabytes. With a few hundred thousand articles the buckets hold so much that it
/// tells nothing any more.
///
/// What is removed from a bucket may still be told to be there, also by other processes; only this one adds.
#[derive(Debug)]
struct Presence {
    of_bucket: Vec<Option<Bits>>,
}

impl Presence {
    /// Whether a bucket may hold a key.
    fn may_be_there(&self, key: u32) -> bool {
        let (word, bit) = bit_of(rest_of(key));
        self.of_bucket[bucket_of(key)].is_none_or(|bits| bits[word] & bit != 0)
    }

    fn is_known(&self, bucket: usize) -> bool {
        self.of_bucket[bucket].is_some()
    }

    /// Notes that a bucket gets an entry.
    fn note(&mut self, bucket: usize, rest: u16) {
        if let Some(bits) = &mut self.of_bucket[bucket] {
            let (word, bit) = bit_of(rest);
            bits[word] |= bit;
        }
    }
}

/// What a bucket holds; nothing where that is nearly everything.
fn bits_of(packed: &[u8]) -> Option<Bits> {
    let mut bits = Bits::default();
    for (rest, _) in entries(packed) {
        let (word, bit) = bit_of(rest);
        bits[word] |= bit;
    }
    (packed.len() <= TOLD_ENTRIES_MAX * ENTRY_BYTES).then_some(bits)
}

fn bit_of(rest: u16) -> (usize, u64) {
    let [low, _] = rest.to_le_bytes();
    (usize::from(low / 64), 1 << (low % 64))
}

/// Whether a bucket has had its turn between two values of `n_swept`.
fn was_swept(bucket: usize, before: usize, now: usize) -> bool {
    let wait = (bucket + N_BUCKETS - before % N_BUCKETS) % N_BUCKETS;
    before + wait < now
}

/// A bucket as it stands in the file.
#[derive(Debug)]
struct Bucket {
    number: usize,
    packed: Vec<u8>,
    /// Entries that its parts have.
    n_passed: usize,
}

impl Bucket {
    fn read(connection: &Connection, number: usize) -> rusqlite::Result<Bucket> {
        let found = connection
            .prepare_cached("SELECT postings, n_passed FROM _shingle_buckets WHERE bucket = ?1")?
            .query_row([number], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (packed, n_passed) = found.unwrap_or_default();
        Ok(Bucket { number, packed, n_passed })
    }

    fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection
            .prepare_cached("INSERT OR REPLACE INTO _shingle_buckets (bucket, postings, n_passed) VALUES (?1, ?2, ?3)")?
            .execute(params![self.number, self.packed, self.n_passed])?;
        Ok(())
    }

    /// Gives the parts all entries.
    fn pass_on(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut of_parts: [Vec<u8>; N_PARTS] = Default::default();
        for entry in entries(&self.packed) {
            of_parts[usize::from(entry.0 >> (u16::BITS - PART_BITS))].extend(pack(entry));
            self.n_passed += 1;
        }
        for (at, more) in of_parts.iter().enumerate().filter(|(_, more)| !more.is_empty()) {
            let part = self.number * N_PARTS + at;
            let mut packed = read_part(connection, part)?;
            packed.extend(more);
            write_part(connection, part, &packed)?;
        }
        self.packed.clear();
        Ok(())
    }
}

fn read_part(connection: &Connection, part: usize) -> rusqlite::Result<Vec<u8>> {
    let found = connection
        .prepare_cached("SELECT postings FROM _shingle_parts WHERE part = ?1")?
        .query_row([part], |row| row.get(0))
        .optional()?;
    Ok(found.unwrap_or_default())
}

fn write_part(connection: &Connection, part: usize, packed: &[u8]) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO _shingle_parts (part, postings) VALUES (?1, ?2)")?
        .execute(params![part, packed])?;
    Ok(())
}

/// Row numbers, as a table to join with.
fn as_list(numbers: Vec<usize>) -> Rc<Vec<Value>> {
    Rc::new(numbers.into_iter().filter_map(|number| i64::try_from(number).ok()).map(Value::from).collect())
}

/// Which of ascending keys stand in a row.
fn range_of(keys: &[u32], row_of: fn(u32) -> usize, row: usize) -> Range<usize> {
    keys.partition_point(|key| row_of(*key) < row)..keys.partition_point(|key| row_of(*key) <= row)
}

/// Finds those who have some of the keys in a row.
fn find(packed: &[u8], range: Range<usize>, keys: &[u32], postings: &mut Postings) {
    for (key, holders) in keys[range.clone()].iter().zip(&mut postings[range]) {
        let holds = entries(packed).filter(|(rest, _)| *rest == rest_of(*key));
        holders.extend(holds.map(|(_, article)| i64::from(article)));
    }
}

fn bucket_of(key: u32) -> usize {
    let [_, _, low, high] = key.to_le_bytes();
    usize::from(u16::from_le_bytes([low, high]))
}

fn part_of(key: u32) -> usize {
    bucket_of(key) * N_PARTS + usize::from(rest_of(key) >> (u16::BITS - PART_BITS))
}

fn rest_of(key: u32) -> u16 {
    let [low, high, ..] = key.to_le_bytes();
    u16::from_le_bytes([low, high])
}

fn pack((rest, article): Entry) -> [u8; ENTRY_BYTES] {
    let mut packed = [0; ENTRY_BYTES];
    packed[..REST_BYTES].copy_from_slice(&rest.to_le_bytes());
    packed[REST_BYTES..].copy_from_slice(&article.to_le_bytes());
    packed
}

fn entries(packed: &[u8]) -> impl Iterator<Item = Entry> {
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
    use crate::store::file::open::open_for_writing;

    fn sketch(number: i64) -> Sketch {
        let words: Vec<String> = (0..60).map(|word| format!("w{}", number * 50 + word)).collect();
        Sketch::of(&ShingledText::new(None, &words.join(" ")))
    }

    fn open(folder: &tempfile::TempDir) -> (Connection, RecentShingles) {
        let mut settings = config::defaults().store;
        settings.path = folder.path().join("a.db");
        let connection = open_for_writing(&settings).unwrap();
        let recent = RecentShingles::load(&connection).unwrap();
        (connection, recent)
    }

    fn holders((connection, recent): &mut (Connection, RecentShingles), number: i64) -> HashSet<i64> {
        recent.look_up(connection, &sketch(number)).unwrap().into_iter().flatten().collect()
    }

    #[test]
    fn every_article_is_found_at_any_time() {
        // A round through the buckets and some more, so that entries are in memory, in buckets, and on their way.
        const N_ARTICLES: i64 = 9000;
        let folder = tempfile::tempdir().unwrap();
        let mut index = open(&folder);
        for batch in 0..9 {
            let transaction = index.0.transaction().unwrap();
            for id in batch * 1000 + 1..=(batch + 1) * 1000 {
                let keys: Vec<u32> = sketch(id).keys().collect();
                index.1.add(&transaction, id, &keys).unwrap();
            }
            transaction.commit().unwrap();
            assert!(holders(&mut index, batch * 1000 + 500).contains(&(batch * 1000 + 500)));
        }
        let check = |index: &mut (Connection, RecentShingles)| {
            for id in (1..=N_ARTICLES).step_by(97) {
                let expected = index.1.look_up(&index.0, &sketch(id)).unwrap();
                assert!(expected.iter().all(|holders| holders.contains(&id)), "{id}: {expected:?}");
                assert!(holders(index, id).iter().all(|other| (other - id).abs() <= 1), "{id}");
            }
        };
        check(&mut index);
        let n_logged: i64 = index.0.query_row("SELECT count(*) FROM _shingle_log", [], |row| row.get(0)).unwrap();
        assert!(n_logged < N_ARTICLES + 1, "{n_logged}");
        drop(index);
        let mut index = open(&folder);
        check(&mut index);
        // What is taken out is gone, from a bucket and from memory, and stays gone.
        for id in [1, 4000, N_ARTICLES] {
            index.1.remove(&index.0, id, sketch(id).keys()).unwrap();
        }
        for index in [&mut index, &mut open(&folder)] {
            for id in [1, 4000, N_ARTICLES] {
                assert!(!holders(index, id).contains(&id), "{id}");
            }
        }
        // What is rolled back is gone too, once the memory is filled anew.
        let transaction = index.0.transaction().unwrap();
        let keys: Vec<u32> = sketch(20_000).keys().collect();
        index.1.add(&transaction, 20_000, &keys).unwrap();
        let found = index.1.look_up(&transaction, &sketch(20_000)).unwrap();
        assert!(found.iter().all(|holders| *holders == [20_000]), "{found:?}");
        transaction.rollback().unwrap();
        index.1 = RecentShingles::load(&index.0).unwrap();
        assert_eq!(holders(&mut index, 20_000), HashSet::new());
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
            assert_eq!(was_swept(bucket, before, now), expected, "{bucket} {before} {now}");
        }
    }

    #[test]
    fn what_a_bucket_does_not_hold_is_known_once_it_was_read() {
        let folder = tempfile::tempdir().unwrap();
        let (connection, mut recent) = open(&folder);
        let keys: Vec<u32> = sketch(1).keys().collect();
        let n_asked = |recent: &RecentShingles| keys.iter().filter(|key| recent.presence.may_be_there(**key)).count();
        assert_eq!(n_asked(&recent), keys.len());
        recent.look_up(&connection, &sketch(1)).unwrap();
        assert_eq!(n_asked(&recent), 0);
        recent.add(&connection, 1, &keys).unwrap();
        for _ in 0..N_BUCKETS / BUCKETS_AT_ONCE {
            recent.sweep(&connection).unwrap();
        }
        assert_eq!(n_asked(&recent), keys.len());
        // A bucket that holds nearly everything is read each time.
        let full: Vec<u8> =
            (0..=TOLD_ENTRIES_MAX).flat_map(|article| pack((0, u32::try_from(article).unwrap()))).collect();
        assert_eq!(bits_of(&full), None);
    }

    #[test]
    fn a_bucket_that_is_full_passes_its_entries_on_and_all_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let (connection, mut recent) = open(&folder);
        let keys: Vec<u32> = sketch(1).keys().collect();
        let key = keys[0];
        // As an earlier program left it: longer than a bucket may be now, with other keys of all parts.
        let number = bucket_of(key);
        let others = (0..5000_u16).map(|n| (n.wrapping_mul(13) ^ rest_of(key) ^ 1 << 15, u32::from(n) + 1_000_000));
        let others: Vec<Entry> = others.filter(|(rest, _)| *rest != rest_of(key)).collect();
        let packed: Vec<u8> = others.iter().copied().chain([(rest_of(key), 7)]).flat_map(pack).collect();
        Bucket { number, packed, n_passed: 0 }.write(&connection).unwrap();
        let holders = |recent: &mut RecentShingles| {
            let mut found = recent.look_up(&connection, &sketch(1)).unwrap()[0].clone();
            found.sort_unstable();
            found
        };
        let sweep = |recent: &mut RecentShingles| {
            for _ in 0..N_BUCKETS / BUCKETS_AT_ONCE {
                recent.sweep(&connection).unwrap();
            }
        };
        assert_eq!(holders(&mut recent), [7]);
        recent.add(&connection, 8, &keys).unwrap();
        sweep(&mut recent);
        let bucket = Bucket::read(&connection, number).unwrap();
        assert_eq!((bucket.packed.len(), bucket.n_passed), (0, others.len() + 2));
        assert_eq!(holders(&mut recent), [7, 8]);
        recent.add(&connection, 9, &keys).unwrap();
        assert_eq!(holders(&mut recent), [7, 8, 9]);
        sweep(&mut recent);
        // One in a part, one in the bucket.
        assert_eq!(holders(&mut recent), [7, 8, 9]);
        assert_eq!(holders(&mut RecentShingles::load(&connection).unwrap()), [7, 8, 9]);
        for (id, left) in [(7, vec![8, 9]), (9, vec![8]), (8, vec![])] {
            recent.remove(&connection, id, keys.iter().copied()).unwrap();
            assert_eq!(holders(&mut recent), left);
        }
        let n_in_parts: usize =
            (0..N_PARTS).map(|at| read_part(&connection, number * N_PARTS + at).unwrap().len() / ENTRY_BYTES).sum();
        assert_eq!(n_in_parts, others.len());
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
        let (mut connection, mut recent) = open(&folder);
        let keys: Vec<u32> = sketch(1).keys().collect();
        let transaction = connection.transaction().unwrap();
        for id in 1..=200 {
            recent.add(&transaction, id, &keys).unwrap();
        }
        // The sketch alone decides what to add, and stops at the bound; here the buckets do.
        for _ in 0..N_BUCKETS / BUCKETS_AT_ONCE {
            recent.sweep(&transaction).unwrap();
        }
        transaction.commit().unwrap();
        let longest: i64 =
            connection.query_row("SELECT max(length(postings)) FROM _shingle_buckets", [], |row| row.get(0)).unwrap();
        assert!(longest <= 2 * 6 * (i64::try_from(HOLDERS_MAX).unwrap() + 1), "{longest}");
        let found = recent.look_up(&connection, &sketch(1)).unwrap();
        assert!(found.iter().all(|holders| holders.len() == HOLDERS_MAX + 1));
    }
}
