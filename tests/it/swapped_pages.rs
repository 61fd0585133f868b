//! Pages of one table that stand in the place of another's, as a disk leaves them that wrote to the wrong place: each row that cannot be
//! what it should be costs itself.

use std::collections::BTreeSet;
use std::fs;

use newswire::store::{ArticleFilter, DocumentRow, Reader, StoreError};
use rusqlite::Connection;
use serde_json::json;

use crate::harness::Newsroom;

const N_ARTICLES: usize = 24;
const PAGE: usize = 8192;

/// Articles of two sources on several pages; some are revised, some copies, some in one story, and some deleted.
fn archive() -> Newsroom {
    let room = Newsroom::new();
    let line = |number: usize, version: usize| {
        let topic = if number.is_multiple_of(4) { 4 } else { number };
        let words: Vec<String> = (0..120).map(|word| format!("w{topic}x{word}v{version}")).collect();
        json!({
            "url": format!("https://paper-{}.example/{number}", number % 3), "source": format!("paper-{}", number % 2),
            "title": format!("Ferry {topic}"), "published": "2026-11-02", "text": words.join(" "),
            "modified_at": format!("2026-11-0{}T00:00:00Z", 3 + version),
        })
        .to_string()
    };
    let mut lines: Vec<String> = (1..=N_ARTICLES + 2).map(|number| line(number, 0)).collect();
    lines.extend((1..=N_ARTICLES).step_by(5).map(|number| line(number, 1)));
    room.run(&["-q", "import", &room.file("all.jsonl", lines.join("\n"))]).exits(0);
    room.run(&["rm", &(N_ARTICLES + 1).to_string(), &(N_ARTICLES + 2).to_string()]).exits(0);
    let connection = Connection::open(room.database()).expect("a database");
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).expect("a checkpoint");
    room
}

/// A page in the middle of each table, of those whose rows have row ids.
fn pages(room: &Newsroom) -> Vec<(String, usize)> {
    let connection = Connection::open(room.database()).expect("a database");
    let leaves: Vec<(String, usize)> = connection
        .prepare(
            "SELECT dbstat.name, pageno FROM dbstat JOIN pragma_table_list AS listed ON listed.name = dbstat.name
             WHERE type = 'table' AND NOT wr AND pagetype = 'leaf' AND dbstat.name <> 'sqlite_schema' ORDER BY dbstat.name, path",
        )
        .and_then(|mut statement| statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
        .expect("a list of pages");
    let of_tables = leaves.chunk_by(|left, right| left.0 == right.0);
    of_tables.map(|leaves| leaves[leaves.len() / 2].clone()).collect()
}

/// Reads all that a merge, an export and a look at an article read. Returns how many articles an export has.
fn read_all(reader: &Reader) -> Result<usize, StoreError> {
    let unless_damaged = |outcome: Result<(), StoreError>| match outcome {
        Err(StoreError::Malformed { .. }) => Ok(()),
        outcome => outcome,
    };
    unless_damaged(reader.merged_sources().map(|_| ()))?;
    for id in reader.article_ids()? {
        unless_damaged(reader.article(id).map(|_| ()))?;
        reader.sightings(id)?;
        reader.revisions(id)?;
        reader.links_of(id)?;
        reader.lineage(id)?;
        reader.story_of(id)?;
    }
    unless_damaged(reader.deleted_identities().map(|_| ()))?;
    unless_damaged(reader.shared_stories().map(|_| ()))?;
    let mut n_exported = 0;
    let count = |_: DocumentRow| -> Result<(), StoreError> {
        n_exported += 1;
        Ok(())
    };
    reader.for_each_document(&ArticleFilter::default(), count)?;
    Ok(n_exported)
}

/// Puts a copy of one page in the place of another.
fn swapped(sound: &[u8], place: usize, page: usize) -> Vec<u8> {
    let mut bytes = sound.to_vec();
    bytes[(place - 1) * PAGE..place * PAGE].copy_from_slice(&sound[(page - 1) * PAGE..page * PAGE]);
    bytes
}

#[test]
fn any_table_s_page_in_any_other_s_place_costs_what_was_there_and_no_more() {
    let room = archive();
    let sound = fs::read(room.database()).expect("the file");
    let pages = pages(&room);
    assert!(pages.len() > 30, "{pages:?}");
    let copy = room.path("swapped.db");
    for (place_of, place) in &pages {
        for (page_of, page) in pages.iter().filter(|(page_of, _)| page_of != place_of) {
            fs::write(&copy, swapped(&sound, *place, *page)).expect("a copy");
            let what = format!("{page_of} in the place of {place_of}");
            let reader = Reader::open(&copy).unwrap_or_else(|error| panic!("{what}: {error}"));
            let n_exported = read_all(&reader).unwrap_or_else(|error| panic!("{what}: {error}"));
            let damage = reader.take_damage();
            if place_of == "articles" {
                let named: BTreeSet<&str> = damage.iter().filter_map(|row| row.name.split(' ').nth(1)).collect();
                assert!(n_exported < N_ARTICLES && n_exported + named.len() >= N_ARTICLES, "{what}: {damage:?}");
            } else {
                assert_eq!(n_exported, N_ARTICLES, "{what}: {damage:?}");
            }
        }
    }
}

#[test]
fn a_merge_and_an_export_of_such_a_file_end_with_what_can_be_read() {
    let room = archive();
    let sound = fs::read(room.database()).expect("the file");
    let pages = pages(&room);
    let page_of = |table: &str| pages.iter().find(|(name, _)| name == table).expect("it has a page").1;
    for (place, others) in [
        ("articles", ["_links", "revisions"]),
        ("sources", ["_links", "articles"]),
        ("_links", ["sources", "articles"]),
        ("sightings", ["sources", "stories"]),
        ("revisions", ["articles", "_links"]),
        ("story_members", ["_links", "sources"]),
    ] {
        for other in others {
            let what = format!("{other} in the place of {place}");
            fs::write(room.database(), swapped(&sound, page_of(place), page_of(other))).expect("a file");
            let exported = room.run(&["export"]);
            assert!(matches!(exported.code, Some(0 | 3)), "{what}: {exported:?}");
            let out = Newsroom::new();
            let merged = out.run(&["merge", &room.database().display().to_string()]);
            assert!(matches!(merged.code, Some(0 | 3)), "{what}: {merged:?}");
            let n_stored = out.number("SELECT count(*) FROM articles");
            let n_exported = i64::try_from(exported.json_lines().len()).expect("a number");
            assert_eq!(n_stored, n_exported, "{what}: {merged:?}");
            // What is lost was not deleted, and may come again.
            let of_lost = "SELECT count(*) FROM _links WHERE article_id NOT IN (SELECT id FROM articles)";
            assert!(out.number(of_lost) <= 2, "{what}");
            if place == "articles" {
                assert_eq!(merged.code, Some(3), "{what}");
            } else {
                assert_eq!(n_exported, i64::try_from(N_ARTICLES).expect("a number"), "{what}: {exported:?}");
            }
            out.run(&["doctor"]).exits(0);
            let snapshot = room.path("snapshot.db").display().to_string();
            let taken = room.run(&["snapshot", "--force", &snapshot]);
            assert!(matches!(taken.code, Some(0 | 3)), "{what}: {taken:?}");
            assert_eq!(room.run(&["--db", &snapshot, "--json", "ls"]).json_lines().len(), exported.json_lines().len());
        }
    }
}
