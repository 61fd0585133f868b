//! Questions that people ask the file, and their tools for them, are answered by an index: an article has its text beside it, and
//! whatever goes through all articles goes through all texts.

use std::fs;
use std::path::Path;

use crate::harness::Newsroom;

/// Checks that no article is read that the answer does not need. `what` tells where the query comes from.
fn check(room: &Newsroom, what: &str, sql: &str) {
    let plan: Vec<String> =
        room.table(&format!("EXPLAIN QUERY PLAN {sql}")).into_iter().map(|row| row[3].clone()).collect();
    // A page of a table in an order that is there.
    let is_page = !sql.contains("WHERE") && !sql.contains("GROUP BY") && plan.len() == 1 && sql.contains("LIMIT");
    let goes_through_all = |step: &&String| {
        ["SCAN articles", "SCAN original", "SCAN stories", "SCAN members", "SCAN story_members"].iter().any(|scan| step.starts_with(scan))
            && !step.contains(" USING COVERING INDEX ")
            && !step.contains(" VIRTUAL TABLE ")
            // They have the copies alone.
            && !step.ends_with(" articles_duplicate_of")
    };
    let faults: Vec<&String> = plan.iter().filter(goes_through_all).filter(|_| !is_page).collect();
    assert!(faults.is_empty(), "{what}: {sql}\n{}", plan.join("\n"));
}

/// The SQL in the blocks of a document, without comments.
fn queries_in(document: &str) -> Vec<String> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(document)).expect("a document");
    let blocks = text.split("```sql\n").skip(1).filter_map(|rest| rest.split_once("```")).map(|(block, _)| block);
    let lines = blocks.flat_map(str::lines).filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n");
    lines.split(';').map(str::trim).filter(|sql| !sql.is_empty()).map(str::to_owned).collect()
}

#[test]
fn the_queries_of_the_documents_read_what_they_tell() {
    let room = Newsroom::new();
    room.run(&["sources", "list"]);
    room.run(&["import", &room.file("none.jsonl", "")]);
    for document in ["README.md", "docs/querying.md"] {
        let queries = queries_in(document);
        assert!(!queries.is_empty(), "{document}");
        for sql in queries {
            check(&room, document, &sql);
        }
    }
}

#[test]
fn what_datasette_asks_of_a_table_reads_a_page_of_it() {
    let room = Newsroom::new();
    let metadata = room.run(&["schema", "--datasette"]).exits(0).json();
    room.run(&["import", &room.file("none.jsonl", "")]);
    for column in metadata["databases"]["news"]["tables"]["articles"]["sortable_columns"].as_array().expect("columns") {
        let column = column.as_str().expect("a name");
        for direction in ["", " DESC"] {
            check(&room, "sorted", &format!("SELECT * FROM articles ORDER BY {column}{direction} LIMIT 101"));
        }
    }
    for column in [
        "id",
        "source_id",
        "date",
        "published_at",
        "url",
        "language",
        "body_kind",
        "duplicate_of",
        "duplicate_kind",
        "story_id",
        "change_seq",
    ] {
        check(&room, "filtered", &format!("SELECT * FROM articles WHERE {column} = '5' ORDER BY id LIMIT 101"));
    }
    for column in ["source_id", "date", "language", "body_kind", "host", "day", "duplicate_kind"] {
        let sql = format!(
            "SELECT {column} AS value, count(*) AS count FROM (SELECT * FROM articles) WHERE {column} IS NOT NULL
             GROUP BY {column} ORDER BY count DESC, value LIMIT 31"
        );
        check(&room, "facet", &sql);
    }
    check(&room, "latest", "SELECT * FROM articles WHERE source_id = 5 ORDER BY published_at DESC LIMIT 101");
    check(&room, "count", "SELECT count(*) FROM articles");
}

#[test]
fn the_days_of_all_sources_are_made_once() {
    let room = Newsroom::new();
    room.run(&["import", &room.file("none.jsonl", "")]).exits(0);
    let sql = "EXPLAIN QUERY PLAN SELECT slug, day FROM source_days WHERE day >= '2026-11-01' AND n_articles = 0";
    let plan: Vec<String> = room.table(sql).into_iter().map(|row| row[3].clone()).collect();
    let last = |table: &str| plan.iter().rposition(|step| step.starts_with("SCAN") && step.contains(table));
    assert!(last(" passed ").is_some() && last(" passed ") < last(" sources "), "{}", plan.join("\n"));
}
