//! What is made from an earlier article is marked as its copy, and what only tells of the same is not.

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::harness::Newsroom;

const FERRY_TITLE: &str = "Night ferry runs aground off Selsa, all aboard are safe";

/// A wire report, a paragraph a line.
const FERRY: &str = "A ferry with 214 passengers aboard ran onto a sandbank in dense fog off the island of Selsa shortly after midnight on Tuesday, the coastguard said. Nobody was seriously hurt.
The “Aurélie”, on its way from Port Maron to the mainland, had left the fairway to make room for a tanker, according to its captain. It came to rest at a slight angle, four miles from the island’s lighthouse.
“There was a long groaning noise, then the coffee machine slid past me,” said Ines Corvo, a nurse who was on her way to a night shift. “After that it was strangely quiet, and everybody looked for a vest.”
Three lifeboats and a fishing trawler brought the passengers ashore until half past four. Eleven people were treated for bruises and cold at the island’s small hospital, its director, Tomé Alvar, said.
The operator, Linha do Norte, said the ship’s hull was intact and that tugs would try to pull it free with the evening tide. It offered travellers their fare back and a bed in one of two hotels.
Fog is common in these waters in November. The harbour authority had switched off one of two radar stations for repairs in September; whether that played a part is to be examined by the transport ministry.
A spokesman for the seamen’s union recalled that it had warned of the gap in a letter to the authority. “We were told that the fog would wait,” he said. The authority declined to comment.
The last accident on the route was in 2009, when a cargo ship lost its rudder in a storm and drifted for two days before it was taken in tow.";

/// Another paper's own report of it, with the same quotation.
const FERRY_ELSEWHERE: &str = "Passengers of a stranded ferry described hours in the dark yesterday after their ship hit sand near Selsa in thick fog.
Our correspondent met some of them in the school gymnasium of the village, wrapped in blankets. Most had been asleep when the engines stopped.
“There was a long groaning noise, then the coffee machine slid past me,” said Ines Corvo, who works in a clinic on the mainland. Her neighbour, a retired baker, had carried two children to the deck.
The vessel is still lying where it struck. Divers will look at it this morning, and the company hopes for the high water that is expected after sunset.
In the village shop there is only one subject. People here have long asked for the second radar, says the owner, and nobody believes that it was only the weather.
What remains is a mystery: why a captain with thirty years on this line left a channel that is marked by lights on either side. He is to be heard by the ministry on Friday.";

const WEATHER: &str = "Temperatures in the valley will reach 17 degrees on Monday, with winds of up to 35 kilometres an hour from the west. Showers will bring 4 millimetres of rain, most of it before noon.
On Tuesday it will be 19 degrees warm at best. The chance of rain is 20 percent, and the sun will shine for 6 hours.
In the mountains snow falls above 1800 metres, where 12 centimetres of it are expected. The danger of avalanches is at level 2 of 5.
The outlook for the rest of the week: changeable, with 14 to 18 degrees, and nights around 7 degrees.";

const BRIDGE_TITLE: &str = "新桥通车首日迎来三万市民";

const BRIDGE: &str = "横跨青河的新桥于周六上午正式通车，首日约有三万市民步行过桥。桥长一千二百米，连接老城与北岸新区，工程历时四年，比原计划提前两个月完成。
市长在仪式上表示，新桥将使两岸之间的通行时间从四十分钟缩短到八分钟，对沿岸商户和通勤者都是好消息。桥上设有自行车专用道，并为行人修建了四处观景平台。
据交通部门介绍，轮渡服务将保留到年底，之后是否继续运营取决于乘客数量。住在老城的退休教师王女士说，她等这座桥等了整整三十年，今天特地带着孙子来走一趟。
工程造价为十八亿元，其中三分之一来自省级财政。设计方说明，桥塔高度受附近机场限制，因此采用了较矮的双塔方案，主跨为五百二十米。";

/// The lines under every article of one paper.
const FOOTER: &str = "The Selsa Gazette is written by people who live here, and it is paid for by those who read it. Join two thousand neighbours, support independent reporting on the islands from one coin a week, and get our letter every Friday morning before breakfast.
Have we made a mistake, or do you know something that we should know as well? Write to the newsroom at any hour, or drop a note into the green letter box beside the harbour office; we never name our sources.";

fn lines(body: &str) -> Vec<String> {
    body.lines().map(str::to_owned).collect()
}

/// Changes every so many words into another.
fn edited(body: &str, every: usize) -> Vec<String> {
    let mut position = 0;
    let edit = |word| {
        position += 1;
        if position % every == 0 { "elsewhere" } else { word }
    };
    let words: Vec<&str> = body.split(' ').map(edit).collect();
    lines(&words.join(" "))
}

/// As an old system leaves it: ASCII alone.
fn stripped(text: &str) -> String {
    text.chars().filter_map(|c| if c == 'é' { Some('e') } else { c.is_ascii().then_some(c) }).collect()
}

/// Imports articles, a source each, and tells for each what it was found to be: `new`, or the kind and the number of the
/// one that it copies. An article may have a publisher, which is a part of its address.
fn judged_at(articles: &[(Option<&str>, &str, Vec<String>)]) -> (Newsroom, Vec<String>) {
    let room = Newsroom::new();
    let lines = articles.iter().enumerate().map(|(position, (publisher, title, paragraphs))| {
        let id = position + 1;
        let url = publisher.map(|publisher| format!("https://{publisher}.example/{id}"));
        let source = format!("paper-{id}");
        json!({ "id": id, "url": url, "source": source, "title": title, "paragraphs": paragraphs }).to_string()
    });
    let file = room.file("articles.jsonl", lines.collect::<Vec<_>>().join("\n"));
    room.run(&["import", &file]).exits(0);
    let found = room.column("SELECT coalesce(duplicate_kind || ' ' || duplicate_of, 'new') FROM articles ORDER BY id");
    (room, found)
}

fn judged(articles: &[(&str, Vec<String>)]) -> (Newsroom, Vec<String>) {
    let articles: Vec<_> = articles.iter().map(|(title, paragraphs)| (None, *title, paragraphs.clone())).collect();
    judged_at(&articles)
}

fn check(original: (&str, &str), other: &(&str, Vec<String>), expected: &str) {
    for is_swapped in [false, true] {
        let mut articles = vec![(original.0, lines(original.1)), other.clone()];
        if is_swapped {
            // Whichever comes first: the other one is the copy.
            articles.reverse();
        }
        let (_room, found) = judged(&articles);
        assert_eq!(found, ["new", expected], "{} (swapped: {is_swapped}): {:?}", other.0, other.1);
    }
}

#[test]
fn a_copy_is_known_whatever_was_done_to_it() {
    let ferry = (FERRY_TITLE, FERRY);
    let paragraphs = lines(FERRY);
    let own = lines(FERRY_ELSEWHERE);
    for (title, copy) in [
        (FERRY_TITLE, edited(FERRY, 15)),
        ("Ferry aground, passengers rescued in fog", paragraphs.clone()),
        (FERRY_TITLE, paragraphs[..4].to_vec()),
        ("Selsa: ferry stuck on a sandbank", [&paragraphs[..5], &own[3..5]].concat()),
        ("", [&own[..1], &paragraphs[1..], &own[4..]].concat()),
        ("Night ferry runs aground", paragraphs.iter().rev().cloned().collect()),
        (FERRY_TITLE, paragraphs.iter().map(|paragraph| stripped(paragraph)).collect()),
        ("In brief: ferry aground", paragraphs[..2].to_vec()),
        // A brief in a column of others.
        ("", [&lines(WEATHER)[2..3], &paragraphs[..2], &lines(WEATHER)[3..]].concat()),
    ] {
        // Under another headline the same words are the same words.
        let expected = if copy == paragraphs { "exact 1" } else { "near 1" };
        check(ferry, &(title, copy), expected);
    }
    check((BRIDGE_TITLE, BRIDGE), &("青河新桥开通", [&["本报讯".to_owned()], &lines(BRIDGE)[..3]].concat()), "near 1");
    let simplified = BRIDGE.replace("市民", "居民").replace("表示", "说").replace("据交通部门介绍", "交通部门称");
    check((BRIDGE_TITLE, BRIDGE), &(BRIDGE_TITLE, lines(&simplified)), "near 1");
}

#[test]
fn what_only_tells_of_the_same_is_no_copy() {
    check(
        (FERRY_TITLE, FERRY),
        &("Hours in the dark: the passengers’ tale of the ferry", lines(FERRY_ELSEWHERE)),
        "new",
    );
    let numbers = [("17", "23"), ("35", "10"), ("19", "26"), ("20", "70"), ("1800", "2400"), ("12", "3"), ("14", "21")];
    let next_week = numbers.iter().fold(WEATHER.to_owned(), |text, (from, to)| text.replace(from, to));
    check(("The weather", WEATHER), &("The weather", lines(&next_week)), "new");
    let others = BRIDGE.replace("青河", "白水").replace("上", "下");
    let others: String = others.lines().map(|line| line.chars().rev().collect::<String>() + "\n").collect();
    check((BRIDGE_TITLE, BRIDGE), &(BRIDGE_TITLE, lines(&others)), "new");
}

#[test]
fn what_a_site_puts_under_each_article_makes_them_no_copies() {
    let (title, body): (Vec<&str>, Vec<&str>) = [
        ("Bakery moves", "The bakery in Mill Lane will move into the old fire station next spring, its owner said; the oven comes first, by barge, because the lane is too narrow for a lorry."),
        ("Goats escape", "Six goats left their pasture above the quarry on Sunday and were found in the sacristy, where they had eaten two hymn books and most of an altar cloth from 1921."),
        ("Choir wins", "The women’s choir came home from the capital with a silver cup and sore throats; they sang for eleven minutes and were called back twice by the jury of nine."),
        ("Library opens late", "From Monday the library is open until eight in the evening on three days, after a petition by pupils who say that the bus leaves them nowhere else to wait."),
        ("Pier closed", "The wooden pier stays closed over the winter since two of its posts are rotten; anglers may use the breakwater, at their own risk and not at spring tides."),
        ("Bakery hours", "During the move customers will find bread in the hall of the school, between seven and ten, and on Saturdays a van goes round the upper farms with rolls."),
        ("Goats again", "They were in the post office this time, said the constable, who has bought a rope; the quarry’s fence is to be mended by volunteers on the second weekend."),
        ("Choir rehearses", "Anyone who can hold a note is welcome on Thursdays in the parish room, the choir says; altos are wanted most of all, and there is soup after the first hour."),
    ]
    .into_iter()
    .unzip();
    let article =
        |(title, body): (&&'static str, &&str)| (Some("gazette"), *title, lines(&format!("{body}\n{FOOTER}")));
    let articles: Vec<_> = title.iter().zip(&body).map(article).collect();
    let (_room, found) = judged_at(&articles);
    assert_eq!(found, vec!["new"; articles.len()]);
    // And a copy of one of them is a copy of that one.
    let copy = |publisher| {
        (
            Some(publisher),
            "Goats in church",
            vec!["From our correspondent.".to_owned(), body[1].to_owned(), FOOTER.to_owned()],
        )
    };
    for publisher in ["gazette", "elsewhere"] {
        let (_room, found) = judged_at(&[articles.clone(), vec![copy(publisher)]].concat());
        assert_eq!(found.last().map(String::as_str), Some("near 2"), "{publisher}");
    }
}

#[test]
fn show_tells_whose_paragraphs_are_whose() {
    let ferry = lines(FERRY);
    let own = lines(FERRY_ELSEWHERE);
    let (room, found) = judged(&[
        (FERRY_TITLE, ferry.clone()),
        ("Weather", lines(WEATHER)),
        ("Ferry aground off Selsa", [&own[1..2], &ferry[..5], &own[4..5]].concat()),
        ("Weather, and a ferry aground", [&ferry[..3], &lines(WEATHER)[..]].concat()),
        ("Ferry: the same again", [&own[1..2], &ferry[..5], &own[4..5]].concat()),
    ]);
    assert_eq!(found, ["new", "new", "near 1", "near 2", "exact 3"]);

    let shown = room.run(&["show", "3"]).exits(0).stdout;
    for part in ["copy of\t~ 1 paper-1 · ", "paragraphs\t1, 7 own · 2-6 from 1 paper-1\n", "copied by\t= 5 paper-5\n"]
    {
        assert!(shown.contains(part), "{part:?} is not in {shown}");
    }
    let shown = room.run(&["show", "4"]).exits(0).stdout;
    assert!(shown.contains("paragraphs\t1-3 from 1 paper-1 · 4-7 from 2 paper-2\n"), "{shown}");
    let shown = room.run(&["show", "5"]).exits(0).stdout;
    for part in ["copy of\t= 3 paper-3\n", "first in\t1 paper-1 · "] {
        assert!(shown.contains(part), "{part:?} is not in {shown}");
    }
    let shown = room.run(&["show", "1"]).exits(0).stdout;
    let copies = shown.lines().find(|line| line.starts_with("copied by\t~ 3 paper-3 ")).expect("its copies");
    assert!(copies.ends_with(" · = 5 paper-5 of 3"), "{copies}");

    let lineage = &room.run(&["--json", "show", "3"]).exits(0).json()["lineage"];
    assert_eq!(lineage["copy_of"]["id"], 1);
    assert_eq!(lineage["copy_of"]["kind"], "near");
    let share = |value: &Value| value.as_f64().expect("a number");
    assert!((0.6..0.95).contains(&share(&lineage["copy_of"]["share"])), "{lineage}");
    assert!((0.5..0.9).contains(&share(&lineage["copy_of"]["share_of_original"])), "{lineage}");
    let spans = json!([
        { "first": 1, "last": 1, "from": null },
        { "first": 2, "last": 6, "from": 1 },
        { "first": 7, "last": 7, "from": null },
    ]);
    assert_eq!(lineage["paragraphs"], spans);
    assert_eq!(lineage["copies"][0]["id"], 5);
    assert_eq!(lineage["copies"].as_array().map(Vec::len), Some(1));
    room.assert_sound();
}

#[test]
fn a_new_wording_is_judged_anew_and_found_by_later_copies() {
    let room = Newsroom::new();
    let minute = std::cell::Cell::new(0);
    // Without a date of change, an earlier wording would be one that is known.
    let import = |url: &str, title: &str, body: &[String]| {
        minute.set(minute.get() + 1);
        let changed = format!("2026-11-20T08:{:02}:00Z", minute.get());
        let line = json!({ "url": url, "source": "paper", "title": title, "paragraphs": body, "modified": changed });
        let file = room.file("one.jsonl", line.to_string());
        room.run(&["import", &file]).exits(0);
    };
    let ferry = lines(FERRY);
    let brief = lines("A ferry is said to be in difficulties off Selsa. More follows.");
    import("https://a.example/1", FERRY_TITLE, &brief);
    import("https://b.example/2", "Weather", &lines(WEATHER));
    let found =
        || room.column("SELECT coalesce(duplicate_kind || ' ' || duplicate_of, 'new') FROM articles ORDER BY id");
    // The brief becomes the report; each command is a process of its own, so the index is found again in the file.
    import("https://a.example/1", FERRY_TITLE, &ferry);
    import("https://c.example/3", "Ferry aground", &ferry[..4]);
    assert_eq!(found(), ["new", "new", "near 1"]);
    // The copy becomes a text of its own, and the report what it was: neither is found by what it no longer says.
    import("https://c.example/3", "Ferry aground", &[&ferry[..1], &lines(FERRY_ELSEWHERE)].concat());
    import("https://a.example/1", FERRY_TITLE, &brief);
    import("https://d.example/4", "Ferry stuck off Selsa", &ferry[1..]);
    assert_eq!(found(), ["new", "new", "new", "new"]);
    assert_eq!(room.number("SELECT count(*) FROM _copies"), 0);
    // A revision never points at a later article, even if it takes its words.
    import("https://a.example/1", FERRY_TITLE, &ferry[1..]);
    assert_eq!(found()[0], "new");
    room.assert_sound();
}

#[test]
fn an_original_can_be_deleted_and_its_copies_stay() {
    let ferry = lines(FERRY);
    for foreign_keys in ["ON", "OFF"] {
        let (room, found) = judged(&[(FERRY_TITLE, ferry.clone()), ("Ferry aground", ferry[..5].to_vec())]);
        assert_eq!(found, ["new", "near 1"]);
        let connection = Connection::open(room.database()).expect("the database opens");
        let delete = format!("PRAGMA foreign_keys = {foreign_keys}; DELETE FROM articles WHERE id = 1");
        connection.execute_batch(&delete).expect("it may be deleted");
        let shown = room.run(&["show", "2"]).exits(0).stdout;
        assert!(shown.contains("Ferry aground") && !shown.contains("copy of"), "{shown}");
        // What comes later is compared with those that are there.
        let copy = json!({ "id": 3, "source": "paper-9", "title": "Stranded", "paragraphs": ferry[..4] });
        room.run(&["import", &room.file("copy.jsonl", copy.to_string())]).exits(0);
        assert_eq!(room.value("SELECT duplicate_of FROM articles WHERE id = 3"), "2", "foreign keys {foreign_keys}");
        room.assert_sound();
    }
}

#[test]
fn those_made_from_what_is_deleted_are_copies_of_each_other_where_that_is_certain() {
    let ferry = lines(FERRY);
    let texts = [
        ("Ferry aground off Selsa", ferry[1..].to_vec()),
        ("Ferry aground", ferry[..7].to_vec()),
        ("Aground, as in 2009", vec![ferry[0].clone(), ferry[7].clone()]),
        ("Ferry runs aground, all aboard are safe", ferry.clone()),
        ("Fog in November", [0, 2, 3, 5, 7].map(|at| ferry[at].clone()).to_vec()),
    ];
    let texts = [vec![(FERRY_TITLE, ferry.clone())], texts.to_vec()].concat();
    let (room, found) = judged(&texts);
    assert_eq!(found, ["new", "near 1", "near 1", "near 1", "exact 1", "near 1"]);
    room.run(&["rm", "1"]).exits(0);
    let copies = |room: &Newsroom| {
        room.column(
            "SELECT id || ' ' || coalesce(duplicate_kind || ' ' || duplicate_of, 'new') FROM articles ORDER BY id",
        )
    };
    // Of the first a tenth is missing and of the second another one. Of what the third has each of them has a half, which nobody knows;
    // the last was made of the text that the fifth has.
    assert_eq!(copies(&room), ["2 new", "3 near 2", "4 new", "5 near 2", "6 near 5"]);
    let measured = "SELECT count(*) FROM _copies WHERE share > 0 AND spans LIKE '%5]%' AND of_id = 5";
    assert_eq!(room.value(measured), "1");
    assert_eq!(room.value("SELECT count(*) FROM _copies"), "1");
    let shown = room.run(&["show", "3"]).exits(0).stdout;
    assert!(shown.contains("copy of") && shown.contains("~ 2 paper-2") && !shown.contains("of this text"), "{shown}");
    // One that was a copy itself leaves that to those that read as it.
    let texts =
        [(FERRY_TITLE, ferry.clone()), ("Ferry aground", ferry[..5].to_vec()), ("Aground", ferry[..5].to_vec())];
    let (room, found) = judged(&texts);
    assert_eq!(found, ["new", "near 1", "exact 2"]);
    let shares = "SELECT of_id || ' ' || share || ' ' || share_of_original || ' ' || spans FROM _copies ORDER BY article_id LIMIT 1";
    let before = room.value(shares);
    room.run(&["rm", "2"]).exits(0);
    assert_eq!(copies(&room), ["1 new", "3 near 1"]);
    assert_eq!(room.value(shares), before);
    room.assert_sound();
}
