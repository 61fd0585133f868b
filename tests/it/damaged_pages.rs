//! Pages that a bad disk or another program has damaged: what can be read comes out, what was lost is named, and what is made of the
//! tables alone is made anew.

use std::collections::BTreeSet;
use std::fs;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::exports::shuffled;
use crate::harness::Newsroom;

const N_ARTICLES: usize = 120;

/// Articles that take several pages, some of them in Chinese, some revised.
fn archive() -> Newsroom {
    let room = Newsroom::new();
    let line = |number: usize, version: usize| {
        let words: Vec<String> = (0..150).map(|word| format!("w{number}x{word}v{version}")).collect();
        let chinese = if number.is_multiple_of(5) { "台风过后港口关闭。" } else { "" };
        json!({
            "url": format!("https://paper.example/{number}"), "source": format!("paper-{}", number % 3),
            "title": format!("Ferry {number}"), "published": "2026-11-02", "text": format!("{} {chinese}", words.join(" ")),
            "modified_at": format!("2026-11-0{}T00:00:00Z", 3 + version),
        })
        .to_string()
    };
    let mut lines: Vec<String> = (1..=N_ARTICLES).map(|number| line(number, 0)).collect();
    lines.extend((1..=N_ARTICLES).step_by(7).map(|number| line(number, 1)));
    room.run(&["-q", "import", &room.file("all.jsonl", lines.join("\n"))]).exits(0);
    room
}

/// Writes over pages of tables or indexes, one in the middle of each.
fn damage(room: &Newsroom, names: &[&str]) {
    let connection = Connection::open(room.database()).expect("a database");
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).expect("a checkpoint");
    let mut bytes = fs::read(room.database()).expect("the file");
    for name in names {
        let pages: Vec<usize> = connection
            .prepare("SELECT pageno FROM dbstat WHERE name = ?1 AND pagetype = 'leaf' ORDER BY path")
            .and_then(|mut statement| statement.query_map([name], |row| row.get(0))?.collect())
            .expect("a list of pages");
        let at = (pages[pages.len() / 2] - 1) * 8192;
        bytes[at..at + 8192].fill(0xa5);
    }
    drop(connection);
    fs::write(room.database(), bytes).expect("the file");
}

/// The numbers of articles that a command writes, and those that it says are lost.
#[track_caller]
fn told_and_lost(room: &Newsroom, arguments: &[&str]) -> (BTreeSet<u64>, BTreeSet<u64>) {
    let outcome = room.run(arguments).exits(3);
    let told = outcome.json_lines().iter().filter_map(|line| line["id"].as_u64()).collect();
    let lost = outcome.stderr.lines().filter_map(|line| {
        let rest = line.strip_prefix("newswire: article ")?;
        assert!(!rest.contains("is left out") || rest.contains("(https://paper.example/"), "{line}");
        rest.split(' ').next()?.parse().ok()
    });
    (told, lost.collect())
}

#[test]
fn an_export_has_all_articles_but_those_of_the_damaged_page_and_names_them() {
    let room = archive();
    damage(&room, &["articles"]);
    let all: BTreeSet<u64> = (1..=N_ARTICLES as u64).collect();
    let (told, lost) = told_and_lost(&room, &["export"]);
    assert!(!lost.is_empty() && lost.len() < 20, "{lost:?}");
    assert_eq!(told.union(&lost).copied().collect::<BTreeSet<_>>(), all);
    assert!(told.is_disjoint(&lost));
    room.run(&["export", "--replace"]).exits(2).says("name it with --out");
    // By a choice, what is known of those that are lost is their number alone.
    let (chosen, _) = told_and_lost(&room, &["export", "--where", "id > 60"]);
    assert_eq!(chosen, told.iter().copied().filter(|id| *id > 60).collect());
    let file = room.path("all.parquet").display().to_string();
    room.run(&["export", "--format", "parquet", "--out", &file]).exits(3).says("left out");
    room.run(&["export", "--source", "paper-1", "--format", "csv"]).exits(3);
}

#[test]
fn an_export_around_a_damaged_page_keeps_the_order_of_times() {
    let room = shuffled(600);
    let before = room.run(&["export"]).exits(0).json_lines();
    damage(&room, &["articles"]);
    let after = room.run(&["export"]).exits(3).json_lines();
    assert!(after.len() > 400 && after.len() < before.len(), "{}", after.len());
    let times: Vec<_> =
        after.iter().map(|line| (line["published_at"].is_null(), line["published_at"].as_str())).collect();
    assert!(times.is_sorted(), "{times:?}");
}

#[test]
fn what_can_be_read_comes_out_whatever_else_is_damaged() {
    let damaged = [
        "articles",
        "sightings",
        "revisions",
        "articles_url",
        "articles_first_seen_at",
        "articles_language",
        "articles_quality",
        "articles_published_at",
    ];
    let room = archive();
    let before = room.run(&["export"]).exits(0).json_lines();
    damage(&room, &damaged);
    let outcome = room.run(&["export"]).exits(3);
    let after = outcome.json_lines();
    assert!(after.len() > 80 && after.len() < N_ARTICLES, "{}", after.len());
    assert!(outcome.stderr.contains("what there is of the articles "), "{}", outcome.stderr);
    for line in &after {
        let text = |line: &Value| line["paragraphs"].clone();
        let as_it_was = before.iter().find(|article| article["id"] == line["id"]).expect("an article of before");
        assert_eq!(text(line), text(as_it_was));
    }
}

#[test]
fn a_damaged_file_of_an_earlier_version_is_read_as_it_is() {
    let room = archive();
    let earlier = Connection::open(room.database()).expect("a database");
    earlier.pragma_update(None, "user_version", 8).expect("it can be set");
    drop(earlier);
    room.run(&["ls"]).exits(0);
    damage(&room, &["articles"]);
    room.run(&["import", &room.file("none.jsonl", "")]).exits(1);
    assert!(room.run(&["doctor"]).exits(1).stdout.contains("merge DAMAGED.db"));
    assert!(room.run(&["export"]).exits(3).json_lines().len() > 80);
    let out = Newsroom::new();
    out.run(&["merge", &room.database().display().to_string()]).exits(3);
    assert!(out.number("SELECT count(*) FROM articles") > 80);
}

#[test]
fn a_file_that_was_cut_off_gives_out_what_is_left() {
    let room = archive();
    damage(&room, &[]);
    let file = fs::OpenOptions::new().write(true).open(room.database()).expect("the file");
    let n_bytes = file.metadata().expect("a size").len();
    file.set_len(n_bytes / 8192 * 8 / 10 * 8192).expect("it is cut off");
    room.run(&["doctor"]).exits(1);
    let n_told = room.run(&["export"]).exits(3).json_lines().len();
    assert!(n_told > 5 && n_told < N_ARTICLES, "{n_told}");
    let out = Newsroom::new();
    out.run(&["merge", &room.database().display().to_string()]).exits(3);
    assert_eq!(out.number("SELECT count(*) FROM articles"), i64::try_from(n_told).expect("a number"));
}

/// A file that was built anew ends with the newest pages of the list of its tables, and so does every backup.
#[test]
fn a_file_without_its_last_pages_says_so_everywhere_and_leads_to_a_new_one_with_all_articles() {
    let room = archive();
    let copy = room.path("copy.db").display().to_string();
    room.run(&["backup", &copy]).exits(0);
    let whole = fs::read(&copy).expect("the copy");
    rusqlite::Connection::open(&copy).and_then(|copy| copy.execute_batch("VACUUM")).expect("it is built anew");
    for side_file in ["-wal", "-shm", "-lock"] {
        let _ = fs::remove_file(format!("{copy}{side_file}"));
    }
    let n_bytes = fs::metadata(&copy).expect("the copy").len();
    fs::OpenOptions::new()
        .write(true)
        .open(&copy)
        .and_then(|file| file.set_len(n_bytes - 8192))
        .expect("it is cut off");
    let line = room.file("a.jsonl", r#"{"id": "1", "title": "Quay", "text": "The ferry left at dawn."}"#);
    let told = format!("the file is cut off: of {n_bytes} bytes {} are there", n_bytes - 8192);
    for arguments in [&["ls"][..], &["show", "1"], &["status"]] {
        let outcome = room.run(&[&["--db", &copy], arguments].concat()).says(&told).says("`newswire doctor`");
        assert!(!outcome.stdout.is_empty(), "{arguments:?}: {}", outcome.stderr);
    }
    let way = format!("`newswire --db NEW.db merge {copy}` takes what can be read into a new one");
    for arguments in [&["doctor"][..], &["doctor", "--fix"], &["import", &line], &["fetch", "--due"], &["run"]] {
        room.run(&[&["--db", &copy], arguments].concat()).exits(1).says(&told).says(&way);
    }
    let out = Newsroom::new();
    let merged = out.run(&["--json", "merge", &copy]).json();
    assert_eq!((&merged["failed"], &merged["lacking"]), (&0.into(), &0.into()), "{merged}");
    assert_eq!(out.number("SELECT count(*) FROM articles"), i64::try_from(N_ARTICLES).expect("a number"));
    out.run(&["doctor"]).exits(0);
    // Where there is a backup it is named first.
    let backups = room.path("backups");
    fs::create_dir(&backups).expect("a folder");
    fs::write(&copy, whole).expect("the whole copy");
    room.run(&["--db", &copy, "backup", "--keep", "2", &backups.display().to_string()]).exits(0);
    fs::OpenOptions::new()
        .write(true)
        .open(&copy)
        .and_then(|file| file.set_len(n_bytes - 8192))
        .expect("it is cut off");
    room.run(&["--db", &copy, "doctor"])
        .exits(1)
        .says("puts the newest backup in its place, and `newswire --db NEW.db merge");
}

/// SQLite takes a part of a page for a page: it reads zeros where nothing is, and would write to it.
#[test]
fn a_file_without_the_end_of_its_last_page_is_cut_off_too() {
    let room = archive();
    let copy = room.path("copy.db").display().to_string();
    room.run(&["backup", &copy]).exits(0);
    let n_bytes = fs::metadata(&copy).expect("the copy").len();
    let line = room.file("a.jsonl", r#"{"id": "1", "title": "Quay", "text": "The ferry left at dawn."}"#);
    for n_missing in [1, 4096, 8191] {
        let file = fs::OpenOptions::new().write(true).open(&copy).expect("the copy");
        file.set_len(n_bytes - n_missing).expect("it is cut off");
        let before = fs::read(&copy).expect("the copy");
        let told = format!("the file is cut off: of {n_bytes} bytes {} are there", n_bytes - n_missing);
        for arguments in [
            &["doctor"][..],
            &["doctor", "--fix"],
            &["import", &line],
            &["fetch", "--due"],
            &["rm", "1"],
            &["sources", "add", "http://paper.example/feed"],
        ] {
            room.run(&[&["--db", &copy], arguments].concat()).exits(1).says(&told).says("merge");
        }
        room.run(&["--db", &copy, "ls"]).says(&told);
        assert!(fs::read(&copy).expect("the copy") == before, "nothing is written to it");
        for side_file in ["-wal", "-shm", "-lock"] {
            assert!(!fs::exists(format!("{copy}{side_file}")).expect("an answer"), "{n_missing}: {side_file}");
        }
        Newsroom::new().run(&["merge", &copy]).says(&told);
    }
}

/// What a power failure leaves while pages go from the log to the file.
#[test]
fn a_file_whose_log_has_what_it_lacks_is_not_cut_off() {
    let room = archive();
    let theirs = Connection::open(room.database()).expect("a database");
    theirs.execute_batch("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA wal_autocheckpoint = 0; VACUUM").expect("a log");
    let torn = room.path("torn.db").display().to_string();
    for ending in ["", "-wal"] {
        fs::copy(format!("{}{ending}", room.database().display()), format!("{torn}{ending}")).expect("a copy");
    }
    drop(theirs);
    let file = fs::OpenOptions::new().write(true).open(&torn).expect("the copy");
    file.set_len(file.metadata().expect("a size").len() - 4096).expect("it is short");
    let line = room.file("a.jsonl", r#"{"id": "1", "title": "Quay", "text": "The ferry left at dawn."}"#);
    let outcome = room.run(&["--db", &torn, "import", &line]).exits(0);
    assert!(!outcome.stderr.contains("cut off"), "{}", outcome.stderr);
    room.run(&["--db", &torn, "doctor"]).exits(0);
}

#[test]
fn a_merge_into_a_new_file_takes_out_what_can_be_read() {
    let room = archive();
    room.run(&["rm", "3"]).exits(0);
    let all: BTreeSet<i64> =
        room.column("SELECT id FROM articles").iter().map(|id| id.parse().expect("a number")).collect();
    damage(&room, &["articles", "sightings"]);
    let doctor = room.run(&["doctor"]).exits(1).stdout;
    assert!(doctor.contains("newswire --db NEW.db merge DAMAGED.db"), "{doctor}");
    room.run(&["doctor", "--fix"]).exits(1);
    let out = Newsroom::new();
    let outcome = out.run(&["--json", "merge", &room.database().display().to_string()]).exits(3);
    let n_new = outcome.json()["new"].as_i64().expect("a number");
    let there: BTreeSet<i64> =
        out.column("SELECT id FROM articles").iter().map(|id| id.parse().expect("a number")).collect();
    assert_eq!(i64::try_from(there.len()), Ok(n_new));
    let lost: Vec<&i64> = all.difference(&there).collect();
    assert!(!lost.is_empty() && lost.len() < 20, "{lost:?}");
    // What is wrong with many is told once.
    let told: Vec<&str> = outcome.stderr.lines().filter(|line| line.contains("on damaged pages of the file")).collect();
    assert_eq!(told.len(), 1, "{}", outcome.stderr);
    assert!(told[0].contains(&format!("{} articles (", lost.len())), "{told:?}");
    for id in [lost[0], lost[lost.len() - 1]] {
        assert!(told[0].contains(&id.to_string()), "{id}: {told:?}");
    }
    assert!(outcome.stderr.contains("`newswire merge BACKUP` adds"), "{}", outcome.stderr);
    out.run(&["doctor"]).exits(0);
    out.assert_sound();
    assert!(out.number("SELECT count(*) FROM revisions") > 10);
    // What was deleted stays so.
    let again = json!({ "url": "https://paper.example/3", "title": "Ferry 3", "text": "It sails." }).to_string();
    out.run(&["import", &out.file("again.jsonl", again)]).exits(0);
    assert_eq!(out.number("SELECT count(*) FROM articles WHERE url = 'https://paper.example/3'"), 0);
    // The same once more changes nothing.
    out.run(&["--json", "merge", &room.database().display().to_string()]).exits(3);
    assert_eq!(out.number("SELECT count(*) FROM articles"), n_new);
}

#[test]
fn damaged_indexes_are_made_anew() {
    for names in [
        &["articles_url"][..],
        &["sqlite_autoindex_articles_1"],
        &["articles_fts_data"],
        &["articles_characters_data"],
        // Where a full-text index says of which kind it is: SQLite opens neither the index nor looks at anything else.
        &["articles_fts_config"],
        &["articles_characters_config"],
        &["articles_fts_config", "articles_characters_config", "articles_url", "sqlite_autoindex__links_1"],
        &["articles_day", "sqlite_autoindex__links_1", "articles_fts_docsize", "docs_subject"],
    ] {
        let room = archive();
        let before = room.table("SELECT id, url, title, body, change_seq FROM articles ORDER BY id");
        damage(&room, names);
        let doctor = room.run(&["doctor"]).exits(1).stdout;
        assert!(doctor.contains("pages\twrong") && doctor.contains("--fix"), "{names:?}: {doctor}");
        room.run(&["doctor", "--fix"]).exits(0).says("mended: pages");
        room.run(&["doctor"]).exits(0);
        room.assert_sound();
        assert_eq!(
            room.table("SELECT id, url, title, body, change_seq FROM articles ORDER BY id"),
            before,
            "{names:?}"
        );
        assert_eq!(room.run(&["--json", "search", "w33x7v0"]).exits(0).json_lines().len(), 1, "{names:?}");
        assert_eq!(room.run(&["--json", "search", "台风"]).exits(0).json_lines().len(), N_ARTICLES / 5, "{names:?}");
        let more =
            json!({ "url": "https://paper.example/new", "title": "A new one", "text": "It sails again." }).to_string();
        room.run(&["import", &room.file("more.jsonl", more)]).exits(0);
        room.run(&["prune", "--older", "1d", "--fetches", "--vacuum"]).exits(0);
        room.assert_sound();
    }
}

#[test]
fn questions_to_a_damaged_file_name_the_damage_and_what_to_do() {
    let room = archive();
    damage(&room, &["articles", "articles_fts_data", "sightings"]);
    for arguments in [
        &["search", "ferry"][..],
        &["search", "w33x7v0"],
        &["ls", "--where", "words > 1"],
        &["ls"],
        &["sql", "SELECT sum(length(body)) FROM articles"],
        &["sql", "SELECT body FROM articles"],
    ] {
        let outcome = room.run(arguments);
        if outcome.code != Some(0) {
            outcome.exits(1).says("is damaged (").says("newswire doctor");
        }
    }
    room.run(&["search", "ferry AND (", "--raw"]).exits(2);
    let copy = room.path("copy.db").display().to_string();
    room.run(&["backup", &copy]).exits(1).says("the file is damaged");
    room.run(&["backup", "--no-verify", &copy]).exits(0);
}

/// Changes a bit in each index that has rows, so that its pages are well formed still. Returns the names of those that have another row
/// now than their tables.
fn change_rows_of_indexes(room: &Newsroom) -> Vec<String> {
    let connection = Connection::open(room.database()).expect("a database");
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).expect("a checkpoint");
    let leaves: Vec<(String, usize)> = connection
        .prepare(
            "SELECT dbstat.name, max(pageno) FROM dbstat JOIN sqlite_schema USING (name)
             WHERE type = 'index' AND pagetype = 'leaf' AND ncell > 0 GROUP BY dbstat.name",
        )
        .and_then(|mut statement| statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
        .expect("a list of pages");
    drop(connection);
    let mut bytes = fs::read(room.database()).expect("the file");
    for (_, page) in &leaves {
        let (start, end) = ((page - 1) * 8192, page * 8192);
        // The first cell's last bytes are the row id; before them stands the text or number that is indexed.
        let cell = start + usize::from(u16::from_be_bytes([bytes[start + 8], bytes[start + 9]]));
        let n_payload = usize::from(bytes[cell]);
        assert!(n_payload < 128 && cell + n_payload < end, "a short one");
        bytes[cell + n_payload] ^= 1;
    }
    fs::write(room.database(), bytes).expect("the file");
    leaves.into_iter().map(|(name, _)| name).collect()
}

#[test]
fn an_index_that_has_another_row_than_its_table_is_named_and_made_anew() {
    let room = archive();
    let before = room.table("SELECT id, url, title, body, change_seq FROM articles ORDER BY id");
    let copy = room.path("copy.db").display().to_string();
    room.run(&["backup", "--no-verify", &copy]).exits(0);
    let indexes = change_rows_of_indexes(&room);
    assert!(indexes.len() > 25, "{indexes:?}");
    assert_eq!(room.value("PRAGMA quick_check"), "ok");
    let doctor = room.run(&["doctor"]).exits(1).stdout;
    let told = doctor.lines().find(|line| line.starts_with("pages\twrong")).expect("it is told");
    for index in &indexes {
        assert!(told.contains(index), "{index}: {told}");
    }
    assert!(told.contains("it may be the table that has changed"), "{told}");
    room.run(&["backup", "--force", &copy]).exits(1).says("the file is damaged (").says("index");
    room.run(&["backup", "--no-verify", "--force", &copy]).exits(0);
    room.run(&["restore", "--force", &copy]).exits(1).says("the backup is damaged").says("index");
    room.run(&["doctor", "--fix"]).exits(0).says("mended: pages");
    room.run(&["doctor"]).exits(0);
    room.assert_sound();
    assert_eq!(room.table("SELECT id, url, title, body, change_seq FROM articles ORDER BY id"), before);
    room.run(&["backup", "--force", &copy]).exits(0);
}

/// Where a page of a table, an index or a part of the full-text index begins, and its bytes.
fn with_page(room: &Newsroom, name: &str, change: impl FnOnce(&mut [u8])) {
    let connection = Connection::open(room.database()).expect("a database");
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).expect("a checkpoint");
    let sql =
        "SELECT pageno FROM dbstat WHERE name = ?1 AND pagetype = 'leaf' ORDER BY ncell > 1 DESC, pageno DESC LIMIT 1";
    let page: usize = connection.query_row(sql, [name], |row| row.get(0)).expect("a page");
    drop(connection);
    let mut bytes = fs::read(room.database()).expect("the file");
    change(&mut bytes[(page - 1) * 8192..page * 8192]);
    fs::write(room.database(), bytes).expect("the file");
}

/// Checks that a damage which is told in these words is that of what can be made anew, and mended at one go.
#[track_caller]
fn check_is_mended(name: &str, words: &str, change: impl FnOnce(&mut [u8])) {
    let room = archive();
    let before = room.table("SELECT id, url, title, body, change_seq FROM articles ORDER BY id");
    with_page(&room, name, change);
    let doctor = room.run(&["doctor"]).exits(1).stdout;
    assert!(doctor.contains(words) && doctor.contains("doctor --fix"), "{name}: {doctor}");
    room.run(&["doctor", "--fix"]).exits(0).says("mended: pages");
    room.run(&["doctor"]).exits(0);
    room.assert_sound();
    assert_eq!(room.table("SELECT id, url, title, body, change_seq FROM articles ORDER BY id"), before, "{name}");
}

#[test]
fn damage_within_a_page_of_an_index_is_the_index_s_and_is_mended_at_one_go() {
    // The second cell stands where the first does.
    let twice = |page: &mut [u8]| page.copy_within(8..10, 10);
    check_is_mended("articles_url", "Multiple uses for byte", twice);
    check_is_mended("sqlite_autoindex__links_1", "Multiple uses for byte", twice);
    check_is_mended("articles_fts_idx", "Multiple uses for byte", twice);
    check_is_mended("articles_fts_docsize", "articles_fts", twice);
    check_is_mended("articles_url", "Fragmentation of", |page| page[7] = 60);
    // Its row goes on on a page that there is not.
    check_is_mended("articles_fts_data", "Tree ", |page| {
        let cells = page[8..].chunks_exact(2).take(usize::from(page[4]));
        let mut cells = cells.map(|at| usize::from(u16::from_be_bytes([at[0], at[1]])));
        let large = cells.find(|cell| page[*cell] > 0x80 + 23).expect("one of 3000 bytes and more");
        page[large..large + 2].copy_from_slice(&[0xcf, 0x4f]);
    });
    // Its first bytes say what is where in it.
    check_is_mended("articles_fts_data", "articles_fts", |page| {
        let cell = usize::from(u16::from_be_bytes([page[8], page[9]]));
        page[cell + 12..cell + 60].fill(0xff);
    });
    // A value of a kind that there is not: SQLite gives up, and names nothing.
    let of_no_kind = |page: &mut [u8]| {
        let cell = usize::from(u16::from_be_bytes([page[8], page[9]]));
        page[cell + 2] = 11;
    };
    check_is_mended("articles_body_kind", "articles_body_kind", of_no_kind);
    check_is_mended("sqlite_autoindex_articles_1", "sqlite_autoindex_articles_1", of_no_kind);
    check_is_mended("articles_fts_idx", "articles_fts", of_no_kind);
    // A head of a row that ends beyond it: SQLite gives up before it has named anything at all.
    let without_end = |page: &mut [u8]| {
        let cell = usize::from(u16::from_be_bytes([page[8], page[9]]));
        page[cell + 1] = 0x7f;
    };
    check_is_mended("articles_url", "articles_url", without_end);
    check_is_mended("sqlite_autoindex_sightings_1", "sqlite_autoindex_sightings_1", without_end);
    check_is_mended("articles_fts_idx", "articles_fts (database disk image", without_end);
}

#[test]
fn a_full_text_index_that_cannot_be_opened_is_named_by_all_with_what_to_do() {
    // Its page, or the number of its rows.
    for change in [|page: &mut [u8]| page.fill(0xa5), |page: &mut [u8]| page[3..5].fill(0)] {
        let room = archive();
        with_page(&room, "articles_fts_config", change);
        let file =
            room.file("more.jsonl", r#"{"url": "https://paper.example/more", "title": "More", "text": "It sails."}"#);
        let copy = room.path("copy.db").display().to_string();
        for arguments in [&["import", &file][..], &["search", "ferry"], &["run"]] {
            room.run(arguments)
                .exits(1)
                .says("`newswire doctor --fix` makes the full-text index anew from the articles");
        }
        room.run(&["backup", &copy]).exits(1).says("articles_fts").says("`--fix` mends");
        let doctor = room.run(&["doctor"]).exits(1).stdout;
        assert!(doctor.contains("made of the tables alone: articles_fts (") && doctor.contains("--fix"), "{doctor}");
        room.run(&["doctor", "--fix"]).exits(0).says("mended: pages");
        room.run(&["backup", &copy]).exits(0);
        room.run(&["import", &file]).exits(0);
        room.assert_sound();
    }
}

#[test]
fn where_an_index_and_its_table_differ_row_column_and_both_values_are_told() {
    let room = archive();
    // The numbers of rows are no longer what can be counted.
    room.run(&["rm", "1", "2", "3"]).exits(0);
    with_page(&room, "articles_url", |page| {
        let cell = usize::from(u16::from_be_bytes([page[8], page[9]]));
        // Its last byte is the row id.
        page[cell + usize::from(page[cell]) - 1] = 0x1b;
    });
    let doctor = room.run(&["doctor"]).exits(1).stdout;
    let (_, told) = doctor.split_once("(articles ").expect("a row is told");
    let (told, _) = told.split_once(')').expect("an end");
    let (id, values) = told.split_once(": url is ").expect("a number");
    let (stored, indexed) = values.split_once(" in the table and ").expect("two values");
    let url = room.value(&format!("SELECT url FROM articles NOT INDEXED WHERE id = {id}"));
    assert_eq!(stored, format!("\"{url}\""));
    let changed = format!("\"{}\\\\u{{1b}}\" in articles_url", &url[..url.len() - 1]);
    assert_eq!(indexed, changed, "{doctor}");
    // Whoever knows that the index was right can still say so.
    room.run(&["doctor", "--fix"]).exits(0).says("mended: pages");
    let theirs = Connection::open(room.database()).expect("a database");
    let sql = format!("UPDATE articles SET url = 'https://paper.example/as-it-was' WHERE id = {id}");
    assert_eq!(theirs.execute(&sql, []), Ok(1));
    drop(theirs);
    room.run(&["doctor"]).exits(0);
}

#[test]
fn a_partial_index_that_has_entries_of_another_is_named_and_made_anew() {
    for (of, place) in [
        ("articles_story", "articles_duplicate_of"),
        ("articles_body_kind", "articles_duplicate_kind"),
        ("_links_article", "_links_host_claimed"),
    ] {
        let room = archive();
        let connection = Connection::open(room.database()).expect("a database");
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).expect("a checkpoint");
        let [of, at] = [of, place].map(|name| {
            let sql = "SELECT (pageno - 1) * 8192 FROM dbstat WHERE name = ?1";
            connection.query_row(sql, [name], |row| row.get::<_, usize>(0)).expect("one page")
        });
        drop(connection);
        let mut bytes = fs::read(room.database()).expect("the file");
        bytes.copy_within(of..of + 8192, at);
        fs::write(room.database(), bytes).expect("the file");
        // SQLite itself finds nothing.
        assert_eq!(room.value("PRAGMA integrity_check"), "ok");
        let doctor = room.run(&["doctor"]).exits(1).stdout;
        assert!(doctor.contains(&format!("made of the tables alone: {place} (")), "{doctor}");
        let copy = room.path("copy.db").display().to_string();
        room.run(&["backup", &copy]).exits(1).says(place);
        room.run(&["doctor", "--fix"]).exits(0).says("mended: pages");
        room.run(&["doctor"]).exits(0);
        room.run(&["backup", &copy]).exits(0);
    }
}

#[test]
fn an_empty_index_that_begins_on_a_page_of_a_table_is_named_and_made_anew() {
    let room = archive();
    let connection = Connection::open(room.database()).expect("a database");
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).expect("a checkpoint");
    let empty: Vec<usize> = connection
        .prepare(
            "SELECT pageno FROM dbstat JOIN sqlite_schema USING (name)
             WHERE type = 'index' AND tbl_name IN ('articles', '_links') GROUP BY name HAVING count(*) = 1 AND sum(ncell) = 0",
        )
        .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect())
        .expect("a list of pages");
    let sql = "SELECT pageno FROM dbstat WHERE name = 'articles' AND pagetype = 'leaf' LIMIT 1";
    let of_table: usize = connection.query_row(sql, [], |row| row.get(0)).expect("a page");
    drop(connection);
    assert!(empty.len() > 1, "{empty:?}");
    let mut bytes = fs::read(room.database()).expect("the file");
    let begin = |page: usize| (page - 1) * 8192;
    for page in empty {
        bytes.copy_within(begin(of_table)..begin(of_table) + 8192, begin(page));
    }
    fs::write(room.database(), bytes).expect("the file");
    room.run(&["doctor"]).exits(1);
    room.run(&["doctor", "--fix"]).exits(0).says("mended: pages");
    room.run(&["doctor"]).exits(0);
    assert_eq!(room.value("PRAGMA integrity_check"), "ok");
    let more =
        json!({ "url": "https://paper.example/new", "title": "A new one", "text": "It sails again." }).to_string();
    room.run(&["import", &room.file("more.jsonl", more)]).exits(0);
}

#[test]
fn a_table_that_is_its_own_index_is_named_with_what_to_do() {
    let room = archive();
    Connection::open(room.database())
        .and_then(|connection| {
            connection.execute_batch(
                "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 5)
                 INSERT INTO _host_holds SELECT 'paper-' || n || '.example', 1, 1, NULL, 1 FROM numbers",
            )
        })
        .expect("hosts that wait");
    // The first two change places.
    with_page(&room, "_host_holds", |page| {
        let (first, second) = ([page[8], page[9]], [page[10], page[11]]);
        page[8..10].copy_from_slice(&second);
        page[10..12].copy_from_slice(&first);
    });
    let doctor = room.run(&["doctor"]).exits(1).stdout;
    assert!(doctor.contains("damaged tables: _host_holds") && doctor.contains("merge DAMAGED.db"), "{doctor}");
    room.run(&["doctor", "--fix"]).exits(1);
    let out = Newsroom::new();
    out.run(&["merge", &room.database().display().to_string()]).exits(0);
    assert_eq!(out.number("SELECT count(*) FROM articles"), i64::try_from(N_ARTICLES).expect("a number"));
}

#[test]
fn a_snapshot_has_what_can_be_read_and_names_the_rest() {
    let room = archive();
    damage(&room, &["articles", "sightings", "revisions", "articles_url", "_links", "articles_fts_data"]);
    let target = room.path("snapshot.db").display().to_string();
    let outcome =
        room.run(&["snapshot", &target]).exits(3).says("left out: what there is of the rows ").says(" of articles");
    assert!(outcome.stderr.contains("of sightings") && outcome.stderr.contains("of revisions"), "{}", outcome.stderr);
    let snapshot = Connection::open(&target).expect("a snapshot");
    let count = |sql: &str| snapshot.query_row(sql, [], |row| row.get::<_, usize>(0)).expect("a number");
    let n_articles = count("SELECT count(*) FROM articles");
    assert!(n_articles > 100 && n_articles < N_ARTICLES, "{n_articles}");
    assert_eq!(count("SELECT count(*) FROM articles_fts WHERE articles_fts MATCH 'ferry'"), n_articles);
    assert!(count("SELECT count(*) FROM sightings") > 0);
    assert_eq!(count("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"), 0);
    room.run(&["--db", &target, "ls"]).exits(0);
    room.run(&["--db", &target, "status"]).exits(0);
}

/// Writes over pages of the list of tables: one of them, or what the first page of the file has of it.
fn damage_list_of_tables(room: &Newsroom, kind: &str) {
    change_list_of_tables(room, kind, |page| page.fill(0xa5));
}

fn change_list_of_tables(room: &Newsroom, kind: &str, change: impl FnOnce(&mut [u8])) {
    let connection = Connection::open(room.database()).expect("a database");
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).expect("a checkpoint");
    let sql = "SELECT pageno FROM dbstat WHERE name = 'sqlite_schema' AND pagetype = ?1 ORDER BY path LIMIT 1";
    let page: usize = connection.query_row(sql, [kind], |row| row.get(0)).expect("a page");
    drop(connection);
    let mut bytes = fs::read(room.database()).expect("the file");
    let head = if page == 1 { 100 } else { 0 };
    change(&mut bytes[(page - 1) * 8192 + head..page * 8192]);
    fs::write(room.database(), bytes).expect("the file");
}

#[test]
fn a_list_of_tables_that_sqlite_reads_in_part_is_damaged_too() {
    let room = archive();
    // The page says that it has more rows than it has.
    change_list_of_tables(&room, "leaf", |page| page[4] = 0xff);
    room.run(&["export"]).exits(1).says("the list of its tables");
    room.run(&["doctor", "--fix"]).exits(0).says("mended: the list of tables");
    room.run(&["doctor"]).exits(0);
}

#[test]
fn a_damaged_list_of_tables_is_written_anew() {
    for (kind, is_built_anew) in [("leaf", false), ("internal", false), ("leaf", true)] {
        let room = archive();
        if is_built_anew {
            room.run(&["prune", "--older", "1d", "--fetches", "--vacuum"]).exits(0);
        }
        let before = room.table("SELECT id, url, title, body, change_seq FROM articles ORDER BY id");
        damage_list_of_tables(&room, kind);
        for arguments in [&["doctor"][..], &["export"], &["run"]] {
            room.run(arguments)
                .exits(1)
                .says("the list of its tables")
                .says("`newswire doctor --fix` writes that list anew");
        }
        let outcome = room.run(&["doctor", "--fix"]).exits(0).says("mended: the list of tables");
        let (_, aside) = outcome.stderr.trim_end().rsplit_once("is kept as ").expect("a path");
        assert!(fs::metadata(aside).is_ok(), "{aside}");
        assert_eq!(room.table("SELECT id, url, title, body, change_seq FROM articles ORDER BY id"), before);
        let line =
            json!({ "url": "https://paper.example/new", "title": "A new one", "text": "It sails again." }).to_string();
        room.run(&["import", &room.file("new.jsonl", line)]).exits(0);
        room.run(&["doctor"]).exits(0);
        room.assert_sound();
    }
}

#[test]
fn where_more_than_the_list_of_tables_is_damaged_the_newest_backup_is_named() {
    let room = archive();
    let folder = room.path("backups").display().to_string();
    fs::create_dir(&folder).expect("a folder");
    room.run(&["backup", "--keep", "1", &folder]).exits(0);
    let backup = fs::read_dir(&folder).expect("a folder").next().expect("a backup").expect("an entry").path();
    damage(&room, &["articles"]);
    damage_list_of_tables(&room, "leaf");
    let damaged = fs::read(room.database()).expect("the file");
    let way = format!("`newswire restore --force {}`", backup.display());
    let file =
        room.file("more.jsonl", r#"{"url": "https://paper.example/more", "title": "More", "text": "It sails."}"#);
    for arguments in [&["doctor", "--fix"][..], &["export"], &["import", &file]] {
        room.run(arguments).exits(1).says("the list of its tables").says(&way);
    }
    assert!(fs::read(room.database()).expect("the file") == damaged, "it is as it was");
    let out = Newsroom::new();
    out.run(&["merge", &room.database().display().to_string()]).exits(1).says("also not by `merge`").says(&way);
    // The very beginning of the file.
    let without_beginning = [vec![0; 8192], damaged[8192..].to_vec()].concat();
    fs::write(room.database(), without_beginning).expect("the file");
    room.run(&["doctor"]).exits(78).says("not an SQLite file").says(&way);
    // Tables of others are in no list of ours, and are not to be lost.
    room.run(&["restore", "--force", &backup.display().to_string()]).exits(0);
    Connection::open(room.database())
        .and_then(|connection| {
            connection.execute_batch("CREATE TABLE notes (note TEXT); INSERT INTO notes VALUES ('Mine.')")
        })
        .expect("a table of one's own");
    damage_list_of_tables(&room, "leaf");
    room.run(&["doctor", "--fix"]).exits(1).says(&way);
    room.run(&["restore", "--force", &backup.display().to_string()]).exits(0);
    room.run(&["doctor"]).exits(0);
    assert_eq!(room.number("SELECT count(*) FROM articles"), i64::try_from(N_ARTICLES).expect("a number"));
}

#[test]
fn a_snapshot_comes_to_its_end_where_a_page_leads_back_and_the_next_one_is_damaged() {
    let room = archive();
    let connection = Connection::open(room.database()).expect("a database");
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).expect("a checkpoint");
    let pages: Vec<usize> = connection
        .prepare("SELECT pageno FROM dbstat WHERE name = 'articles' AND pagetype = 'leaf' ORDER BY path")
        .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect())
        .expect("a list of pages");
    drop(connection);
    let mut bytes = fs::read(room.database()).expect("the file");
    let begin = |place: usize| (pages[place] - 1) * 8192;
    bytes.copy_within(begin(2)..begin(2) + 8192, begin(6));
    bytes[begin(7)..begin(7) + 8192].fill(0xa5);
    fs::write(room.database(), bytes).expect("the file");
    let exported = room.run(&["export"]).exits(3).json_lines().len();
    assert!(exported > 80 && exported < N_ARTICLES, "{exported}");
    let target = room.path("snapshot.db").display().to_string();
    let outcome = room.run(&["snapshot", &target]).exits(3).says("left out: what there is of the rows ");
    assert!(!outcome.stderr.contains("constraint"), "{}", outcome.stderr);
    let listed = room.run(&["--db", &target, "--json", "ls"]).exits(0).json_lines().len();
    assert_eq!(listed, exported);
}
