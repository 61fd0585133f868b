//! Words are found, also in scripts that are written without blanks; whoever changed the articles.

use std::collections::BTreeSet;

use rusqlite::Connection;
use serde_json::json;

use crate::harness::Newsroom;
use crate::mcp_client::Client;

/// Language, headline, text: invented.
const ARTICLES: &[[&str; 3]] = &[
    [
        "ja",
        "台風で港の市場が休みに",
        "大型の台風が近づき、青浜港の魚市場は二日間休みになる。\n東京へ向かう船も三隻が欠航した。市場の組合は氷を配り、\
         図書館は避難所として夜も開いている。",
    ],
    [
        "zh",
        "青石镇图书馆重新开放",
        "关闭两年之后，青石镇的图书馆在星期一重新开放。\n新馆藏书三万册，还有一间供孩子们使用的阅览室。镇长说，iPhone也能借书。",
    ],
    [
        "th",
        "รถไฟสายเหนือกลับมาวิ่ง",
        "รถไฟสายเหนือกลับมาวิ่งอีกครั้งหลังจากหยุดไปสามเดือน\nชาวบ้านที่สถานีดอยแก้วนำข้าวและน้ำมาให้คนขับ ตั๋วราคาเท่าเดิม",
    ],
    [
        "en",
        "Library of Lorne opens at night",
        "The library of Lorne is open at night since Monday, and the tram goes there.",
    ],
];

fn newsroom() -> Newsroom {
    let room = Newsroom::new();
    let line = |(number, [language, title, body]): (usize, &[&str; 3])| {
        json!({
            "url": format!("https://paper.example/{number}"), "language": language, "title": title,
            "paragraphs": body.lines().collect::<Vec<_>>(), "published": "2026-11-02T12:00:00Z",
        })
        .to_string()
    };
    let lines: Vec<String> = ARTICLES.iter().enumerate().map(line).collect();
    room.run(&["import", &room.file("articles.jsonl", lines.join("\n"))]).exits(0);
    room
}

fn found(room: &Newsroom, arguments: &[&str]) -> Vec<i64> {
    let outcome = room.run(&[&["--json", "search"], arguments].concat()).exits(0);
    let mut ids: Vec<i64> = outcome.json_lines().iter().filter_map(|hit| hit["id"].as_i64()).collect();
    ids.sort_unstable();
    ids
}

/// The articles that have a word, by looking.
fn with(room: &Newsroom, word: &str) -> Vec<i64> {
    let sql = format!("SELECT id FROM articles WHERE instr(title || char(10) || body, '{word}') ORDER BY id");
    room.column(&sql).iter().filter_map(|id| id.parse().ok()).collect()
}

#[test]
fn a_word_is_found_in_each_of_its_spellings_and_not_across_the_end_of_a_sentence() {
    let room = newsroom();
    let more = [
        ["ja", "ｶﾞｽと港のﾊﾟｰﾃｨｰ", "青浜港のｶﾞｽﾀﾝｸは空になった。大石は去った。"],
        ["ja", "ガスの港", "港のガスタンクは修理された。"],
        ["th", "เรือกลับท่า", "ชาวบ้านนำน้\u{e4d}\u{e32}มาให้"],
    ];
    let lines: Vec<String> = more
        .iter()
        .map(|[language, title, body]| {
            json!({ "id": title, "language": language, "title": title, "text": body }).to_string()
        })
        .collect();
    room.run(&["import", &room.file("more.jsonl", lines.join("\n"))]).exits(0);
    for (query, expected) in [
        ("ガスタンク", &[5, 6][..]),
        ("ｶﾞｽﾀﾝｸ", &[5, 6]),
        ("パーティー", &[5]),
        ("น้ำ", &[3, 7]),
        ("น้\u{e4d}\u{e32}", &[3, 7]),
        ("た大石", &[]),
        ("る東京", &[]),
        ("大石", &[5]),
        ("ガス 大石", &[5]),
    ] {
        assert_eq!(found(&room, &[query]), expected, "{query}");
    }
    assert_eq!(found(&room, &["--raw", "ガス NOT 大石"]), [6]);
}

#[test]
fn every_word_of_two_characters_is_found_and_no_other() {
    let room = newsroom();
    let words = [
        "東京",
        "台風",
        "市場",
        "図書館",
        "港",
        "欠航",
        "青浜",
        "图书馆",
        "青石",
        "星期一",
        "阅览室",
        "รถไฟ",
        "เหนือ",
        "ดอยแก้ว",
        "น้ำ",
        "ตั๋ว",
        "京東",
        "風台",
        "นี้",
    ];
    for word in words {
        assert_eq!(found(&room, &[word]), with(&room, word), "{word}");
    }
    assert_eq!(found(&room, &["東京 台風"]), [1]);
    assert_eq!(found(&room, &["東京 图书馆"]), Vec::<i64>::new());
    assert_eq!(found(&room, &["iPhone 图书馆"]), [2]);
    // Words of another script between them, too.
    assert_eq!(found(&room, &["iphone"]), [2]);
    assert_eq!(found(&room, &["iPho*"]), [2]);
    assert_eq!(found(&room, &["--raw", "title:图书馆 OR title:台風"]), [1, 2]);
    assert_eq!(found(&room, &["--raw", "台風 NOT 東京"]), Vec::<i64>::new());
    // Nothing for others: an English text is not in the index by character.
    assert_eq!(room.number("SELECT count(*) FROM articles_characters_docsize"), 3);
    assert_eq!(found(&room, &["library"]), [4]);
    let hit = &room.run(&["--json", "search", "東京"]).exits(0).json_lines()[0];
    assert!(hit["snippet"].as_str().is_some_and(|snippet| snippet.contains("東京へ向かう船")), "{hit}");
}

#[test]
fn what_other_programs_change_is_found_as_it_reads_now() {
    let room = newsroom();
    let theirs = Connection::open(room.database()).expect("a database");
    let sql = "UPDATE articles SET body = replace(body, '東京', '大阪') WHERE id = 1;
         UPDATE articles SET body = body || char(10) || '山寺の鐘' WHERE id = 1;
         UPDATE articles SET title = '夜の図書室' WHERE id = 4;
         DELETE FROM articles WHERE id = 2";
    theirs.execute_batch(sql).expect("changes");
    drop(theirs);
    room.run(&["import", &room.file("none.jsonl", "")]).exits(0);
    for word in ["東京", "大阪", "山寺", "図書", "图书馆", "台風", "รถไฟ"] {
        assert_eq!(found(&room, &[word]), with(&room, word), "{word}");
    }
    assert_eq!(room.column("SELECT id FROM articles_characters_docsize ORDER BY id"), ["1", "3", "4"]);
    assert_eq!(room.number("SELECT count(*) FROM _characters_due"), 0);
    room.assert_sound();
}

#[test]
fn a_snapshot_finds_them_too() {
    let room = newsroom();
    let snapshot = room.path("given.db");
    let snapshot = snapshot.to_str().expect("a path");
    room.run(&["snapshot", snapshot]).exits(0);
    let hits = room.run(&["--db", snapshot, "--json", "search", "台風"]).exits(0).json_lines();
    assert_eq!(hits.len(), 1);
}

/// Numbered articles of two sources, a day apart, some of them copies: every one has `ferry`, every tenth `lantern`.
fn ferries(n_articles: usize) -> Newsroom {
    let room = Newsroom::new();
    let line = |number: usize| {
        let lantern = if number.is_multiple_of(10) { "A lantern hangs there." } else { "" };
        // The older one is, the oftener it has the word.
        let ferries = "The ferry sails. ".repeat(1 + (n_articles - number) * 20 / n_articles);
        let source = if number.is_multiple_of(2) { "coast" } else { "quay" };
        let published = jiff::Timestamp::from_second(1_700_000_000 + 86_400 * i64::try_from(number).expect("few"));
        json!({
            "url": format!("https://paper.example/{number}"), "title": format!("Report {number}"),
            "published": published.expect("a time").to_string(), "source": source,
            "text": format!("{ferries}{lantern} Pier {number} of {}", number % 7),
        })
        .to_string()
    };
    let lines: Vec<String> = (0..n_articles).map(line).collect();
    room.run(&["import", &room.file("articles.jsonl", lines.join("\n"))]).exits(0);
    room
}

/// The numbers of the hits, best first.
fn ranked(room: &Newsroom, arguments: &[&str]) -> Vec<String> {
    let hits = room.run(&[&["--json", "search"], arguments].concat()).exits(0).json_lines();
    hits.iter().map(|hit| hit["id"].to_string()).collect()
}

#[test]
fn a_search_ranks_as_the_index_does_in_any_choice_of_articles() {
    let room = ferries(60);
    for word in ["ferry", "lantern", "ferr*", "\"ferry sails\"", "pier lantern", "nowhere"] {
        for (arguments, condition) in [
            (&[][..], "1"),
            (&["--source", "quay"], "source_id = (SELECT id FROM sources WHERE slug = 'quay')"),
            (&["--since", "2023-12-05"], "published_at >= '2023-12-05T00:00:00Z'"),
            (&["--until", "2023-12-05"], "published_at < '2023-12-05T00:00:00Z'"),
            (&["--no-duplicates"], "duplicate_of IS NULL"),
            (&["--where", "words > 40"], "words > 40"),
            (
                &["--source", "quay", "--where", "words > 40"],
                "words > 40 AND source_id IN (SELECT id FROM sources WHERE slug = 'quay')",
            ),
        ] {
            let expected = room.column(&format!(
                "SELECT articles.id FROM articles_fts JOIN articles ON articles.id = articles_fts.rowid
                 WHERE articles_fts MATCH '{word}' AND {condition} ORDER BY bm25(articles_fts, 5.0, 1.0), articles.id"
            ));
            let found = ranked(&room, &[arguments, &["--", word]].concat());
            assert_eq!(found, expected, "{word} {arguments:?}");
        }
    }
}

#[test]
fn of_very_many_hits_the_newest_are_ranked_and_that_is_said() {
    let room = ferries(1100);
    let newest = room.column("SELECT id FROM articles ORDER BY id DESC LIMIT 1000");
    let outcome =
        room.run(&["--json", "search", "ferry", "-n", "3"]).exits(0).says("the best of the 1000 that came in last");
    let best: Vec<String> = outcome.json_lines().iter().map(|hit| hit["id"].to_string()).collect();
    // The oldest of them have the word most often.
    let expected = room.column(&format!(
        "SELECT rowid FROM articles_fts WHERE articles_fts MATCH 'ferry' AND +rowid IN ({})
         ORDER BY bm25(articles_fts, 5.0, 1.0), rowid LIMIT 3",
        newest.join(", ")
    ));
    assert_eq!(best, expected);
    // All of them are ranked where all are asked for, and where a choice leaves few.
    let all = room.run(&["--json", "search", "ferry", "--all"]).exits(0);
    assert_eq!((all.json_lines().len(), all.stderr.as_str()), (1100, ""));
    let oldest = all.json_lines()[0]["id"].clone();
    assert!(oldest.as_i64() <= Some(100), "{oldest}");
    let until = ["--json", "search", "ferry", "-n", "3", "--until", "2024-02-20"];
    let outcome = room.run(&until).exits(0).says("more articles; -n N prints so many");
    assert_eq!(outcome.json_lines()[0]["id"], oldest);
    let rare = room.run(&["--json", "search", "lantern", "-n", "3"]).exits(0).says("107 more articles");
    assert_eq!(rare.json_lines().len(), 3);
    // Pages of an answer to an agent are of the same thousand, and the last of them says that there are others.
    let mut client = Client::of(&room);
    let mut told = Vec::new();
    let mut asked = json!({ "query": "ferry", "limit": 200 });
    loop {
        let answer = client.call("search", asked.clone());
        told.extend(answer["articles"].as_array().expect("rows").iter().map(|row| row["id"].as_i64()));
        assert!(answer["notes"][0].as_str().is_some_and(|note| note.contains("the others are not told")), "{answer}");
        assert!(answer["n_found"].is_null() && answer["untrusted"].get("n_found").is_none(), "{answer}");
        if answer["more"] == false {
            break;
        }
        asked["offset"] = answer["next"]["offset"].clone();
    }
    let distinct: BTreeSet<_> = told.iter().collect();
    assert_eq!((told.len(), distinct.len()), (1000, 1000));
    client.end().exits(0);
}

#[test]
fn where_very_many_words_begin_so_the_newest_articles_with_one_come() {
    let room = Newsroom::new();
    let line = |number: usize| {
        let word = ["harbours", "Harbouring", "HARBOUR", "harbourmaster"][number % 4];
        let mut body = vec![format!("Report {number} of the quay."), [word; 3000].join(" ")];
        // In between Chinese characters it is a word too, and within another word it is none.
        match number {
            18 => body[1] = "码头harbour码头".to_owned(),
            19 => body[1] = "The unharboured ones.".to_owned(),
            _ => {}
        }
        let source = if number.is_multiple_of(5) { "quay" } else { "pier" };
        // Those that came in last were not published last.
        let published = format!("2026-11-{:02}T12:00:00Z", number * 7 % 20 + 1);
        json!({ "id": number, "title": format!("Number {number}"), "paragraphs": body, "source": source, "published": published })
            .to_string()
    };
    let lines: Vec<String> = (1..=20).map(line).collect();
    room.run(&["import", &room.file("articles.jsonl", lines.join("\n"))]).exits(0);
    let check = |arguments: &[&str], expected: &[i64], told: &str| {
        let outcome = room.run(&[&["--json", "search"], arguments].concat()).exits(0).says(told);
        let hits = outcome.json_lines();
        let ids: Vec<i64> = hits.iter().filter_map(|hit| hit["id"].as_i64()).collect();
        assert_eq!(ids, expected, "{arguments:?}");
        for hit in hits {
            assert!(hit["snippet"].as_str().expect("a text").to_lowercase().contains("harbour"), "{hit}");
        }
    };
    let newest = "very many words begin so, and these are the newest articles with one";
    check(&["harbo*", "-n", "4"], &[17, 14, 11, 8], newest);
    check(&["harbo*", "-n", "13"], &[17, 14, 11, 8, 5, 2, 16, 13, 10, 7, 4, 1, 18], newest);
    check(&["harbo*", "-n", "3", "--until", "2026-11-10"], &[4, 1, 18], newest);
    check(&["harbo*", "-n", "2", "--source", "quay"], &[5, 10], newest);
    check(&["harbourm*", "-n", "2", "--where", "id < 12"], &[3, 7], "");
    // Of a choice of few articles all are read.
    let all = "very many words begin so: these articles come newest first";
    check(&["harbo*", "-n", "9", "--where", "id IN (2, 17, 19)"], &[17, 2], all);
    check(&["harbo*", "-n", "1", "--where", "id IN (2, 17, 19)"], &[17], newest);
    for choice in [["--where", "id = 0"], ["--where", "id = 19"], ["--lang", "mt"], ["--since", "2027-01-01"]] {
        let outcome = room.run(&["search", "harbo*", "-n", "9", choice[0], choice[1]]).exits(0);
        assert!(outcome.stdout.is_empty() && !outcome.stderr.contains("newest"), "{choice:?}");
    }
    // Where there are no more than these, or all are asked for, they are ranked.
    let told = room.run(&["search", "harbo*", "-n", "5", "--source", "quay"]).exits(0).stderr;
    assert!(!told.contains("newest"), "{told}");
    assert_eq!(found(&room, &["harbo*"]).len(), 19);
    // In the syntax of FTS5 likewise.
    check(&["--raw", "\"harbo\"*", "-n", "1"], &[17], newest);
    // What is not in the index yet leaves no gap.
    let database = Connection::open(room.database()).expect("the database opens");
    let out_of_index = "INSERT INTO articles_fts (articles_fts, rowid, title, body) SELECT 'delete', id, title, body FROM articles WHERE id = 17";
    database.execute(out_of_index, []).expect("a row can be taken out");
    check(&["harbo*", "-n", "4"], &[14, 11, 8, 5], newest);
}
