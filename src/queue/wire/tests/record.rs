//! Messages on record: a change of the format shows here. `UPDATE_FIXTURES=1` writes them anew, which is for another version.

use std::path::PathBuf;

use serde_json::Value;

use super::{READERS, Reader};

fn check(name: &str, read: Reader) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/wire").join(name);
    let recorded = std::fs::read(&path).unwrap();
    let written = read(&recorded).unwrap_or_else(|error| panic!("{name}: {error}"));
    let written: Value = serde_json::from_slice(&written).unwrap();
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::write(&path, format!("{}\n", serde_json::to_string_pretty(&written).unwrap())).unwrap();
        return;
    }
    // All that is on record is read, and nothing else is written.
    assert_eq!(written, serde_json::from_slice::<Value>(&recorded).unwrap(), "{name}");
}

#[test]
fn messages_on_record_are_read_and_written_as_they_were() {
    let [ask, answer, report, turn_ask, turn_answer] = READERS;
    check("ask.json", ask);
    check("answer-work.json", answer);
    check("answer-refused.json", answer);
    check("report-poll.json", report);
    check("report-article.json", report);
    check("report-obstructed.json", report);
    check("report-dropped.json", report);
    check("turn-begin.json", turn_ask);
    check("turn-end.json", turn_ask);
    check("turn-granted.json", turn_answer);
    check("turn-not-mine.json", turn_answer);
}
