//! Articles about one event come together as they arrive, and what a person changes by hand stays changed.

use newswire::demo::web::{Resource, Site};
use serde_json::{Value, json};

use crate::harness::{Newsroom, feed, web_of};
use crate::newsweb::faults;

/// Day of November, publisher, headline, paragraphs.
type Report = (u32, &'static str, &'static str, &'static str);

/// Two events in one town and an election elsewhere, as they came in.
const REPORTS: &[Report] = &[
    (
        2,
        "tidewater.example",
        "Fire destroys covered market in Velden",
        "A fire destroyed the covered market of Velden in the early hours of Sunday, the fire brigade said. Nobody was hurt.\n\
         Some ninety firefighters fought the flames until noon; the roof of the hall, built in 1887, fell in at about four.",
    ),
    (
        2,
        "northern-post.example",
        "Velden loses its market hall to a night fire",
        "Stallholders stood in tears before the ruins of Velden’s covered market on Sunday. The hall of 1887 burned down \
         overnight.\nFire chief Maren Holt said that ninety firefighters had been at work and that the roof could not be saved.",
    ),
    (
        3,
        "tidewater.example",
        "Liberals win council election in Osterby",
        "The Liberals won the council election in Osterby with 41 percent of the vote, ahead of the Greens with 28.\n\
         Turnout was higher than four years ago, the returning officer, Pia Lund, said on Monday.",
    ),
    (
        3,
        "harbour-times.example",
        "Holt: cause of market fire in Velden still unclear",
        "What set Velden’s covered market on fire is not known yet, the fire chief, Maren Holt, said on Monday.\n\
         Investigators could not enter the ruins of the hall before the walls were propped up, she said.",
    ),
    (
        4,
        "northern-post.example",
        "Osterby: Liberals seek partner after election victory",
        "After their victory in the council election of Osterby the Liberals talk to the Greens first.\n\
         Pia Lund, the returning officer, confirmed the result on Tuesday: 41 percent for the Liberals, 28 for the Greens.",
    ),
];

/// Puts reports into a file of JSON lines and imports it.
fn import(room: &Newsroom, name: &str, reports: &[Report]) {
    let lines: Vec<String> = reports
        .iter()
        .map(|(day, publisher, title, body)| {
            let slug = title.to_lowercase().replace([' ', ':', '’'], "-");
            json!({
                "url": format!("https://{publisher}/{slug}"),
                "title": title,
                "published": format!("2026-11-{day:02}T12:00:00Z"),
                "paragraphs": body.lines().collect::<Vec<_>>(),
            })
            .to_string()
        })
        .collect();
    let file = room.file(name, lines.join("\n"));
    room.run(&["import", &file]).exits(0);
}

fn stories_of(room: &Newsroom) -> Vec<String> {
    room.column("SELECT story_id FROM articles ORDER BY id")
}

#[test]
fn reports_of_an_event_are_one_story_whoever_prints_them() {
    let room = Newsroom::new();
    // In two runs: what the first knew is known to the second.
    import(&room, "first.jsonl", &REPORTS[..2]);
    import(&room, "second.jsonl", &REPORTS[2..]);
    assert_eq!(stories_of(&room), ["1", "1", "2", "1", "2"]);
    let stories = room.table(
        "SELECT n_articles, n_sources, first_published_at, last_published_at,
             title IN (SELECT title FROM articles WHERE story_id = stories.id)
         FROM stories ORDER BY id",
    );
    assert_eq!(stories[0], ["3", "3", "2026-11-02T12:00:00Z", "2026-11-03T12:00:00Z", "1"]);
    assert_eq!(stories[1], ["2", "2", "2026-11-03T12:00:00Z", "2026-11-04T12:00:00Z", "1"]);
    // Each says why it is there.
    let reasons = room.table("SELECT reason, score BETWEEN 0.2 AND 1, terms FROM story_members ORDER BY article_id");
    assert_eq!(reasons[0][0], "first");
    assert_eq!(reasons[3][..2], ["alike", "1"]);
    assert!(reasons[3][2].contains("Velden"), "{:?}", reasons[3]);

    let listed = room.run(&["stories", "--min-sources", "3"]).exits(0);
    let rows = listed.cells();
    assert_eq!((rows.len(), rows[0][0], rows[0][2], rows[0][3]), (1, "1", "3", "3"), "{rows:?}");
    assert!(room.run(&["stories", "--since", "2026-11-04"]).exits(0).cells()[0][0] == "2");
    let shown = room.run(&["--json", "stories", "show", "2"]).exits(0).json();
    assert_eq!(shown["articles"].as_array().map(Vec::len), Some(2), "{shown}");
    assert!(room.run(&["--json", "show", "4"]).exits(0).json()["story_id"] == 1);
    room.run(&["stories", "show", "9"]).exits(1).says("no story 9");
    room.assert_sound();
}

#[test]
fn a_copy_joins_the_story_of_its_original_and_is_no_source_of_its_own() {
    let room = Newsroom::new();
    import(&room, "first.jsonl", &REPORTS[..2]);
    let (_, _, title, body) = REPORTS[0];
    // A month later, when nobody tells of it any more.
    import(&room, "copy.jsonl", &[(30, "elsewhere.example", title, body)]);
    assert_eq!(stories_of(&room), ["1", "1", "1"]);
    assert_eq!(room.value("SELECT n_articles || ' ' || n_sources FROM stories ORDER BY id"), "3 2");
    assert_eq!(room.value("SELECT reason FROM story_members WHERE article_id = 3"), "copy");
}

#[test]
fn what_is_changed_by_hand_stays_and_later_articles_follow() {
    let room = Newsroom::new();
    import(&room, "first.jsonl", &REPORTS[..4]);
    room.run(&["stories", "merge", "1", "2"]).exits(0);
    assert_eq!(stories_of(&room), ["1", "1", "1", "1"]);
    assert_eq!(room.value("SELECT n_articles || ' ' || n_sources FROM stories WHERE id = 1"), "4 3");
    assert_eq!(room.column("SELECT id FROM stories"), ["1"]);
    assert_eq!(room.number("SELECT count(*) FROM articles WHERE change_seq > 4"), 1, "what moved is told as changed");
    // A day later: of two events that a person takes for one, an article resembles one.
    import(&room, "second.jsonl", &REPORTS[4..]);
    assert_eq!(stories_of(&room).last().map(String::as_str), Some("1"), "it follows what was merged");

    let taken_out: Value = room.run(&["--json", "stories", "split", "3", "5"]).exits(0).json();
    assert_eq!((&taken_out["id"], &taken_out["n_articles"]), (&json!(3), &json!(2)));
    assert_eq!(stories_of(&room), ["1", "1", "3", "1", "3"]);
    let more = (
        5,
        "harbour-times.example",
        "Greens say yes to Liberals in Osterby",
        "The Greens of Osterby will govern with the Liberals, who won the council election with 41 percent.",
    );
    import(&room, "third.jsonl", &[more]);
    assert_eq!(stories_of(&room).last().map(String::as_str), Some("3"), "it follows what was split");
    for (arguments, code, message) in [
        (vec!["stories", "merge", "1", "1"], 2, "is one already"),
        (vec!["stories", "merge", "1", "77"], 1, "no story 77"),
        (vec!["stories", "split", "77"], 1, "article 77 is in no story"),
    ] {
        room.run(&arguments).exits(code).says(message);
    }
    room.assert_sound();
}

#[test]
fn a_fetched_article_without_a_date_tells_of_its_story_when_it_is_first_seen() {
    let undated = faults::article_html("Mill in Velden grinds again").replace("published_time", "opinion");
    let web = web_of(vec![
        Site::new("paper.example").with("/feed", feed(&["http://paper.example/a"])).with("/a", Resource::html(undated)),
    ]);
    let mut room = Newsroom::reading(&web);
    room.follow("paper", "http://paper.example/feed", None);
    room.run(&["fetch", "--all"]).exits(0);
    let told = "SELECT count(*) FROM stories JOIN articles ON story_id = stories.id WHERE published_at IS NULL
        AND first_published_at = first_seen_at AND last_published_at = first_seen_at";
    assert_eq!(room.number(told), 1);
    room.run(&["stories", "split", "1"]).exits(0);
    assert_eq!(room.number(told), 1, "as well when the story is counted anew");
}

#[test]
fn a_story_can_be_written_as_a_bundle() {
    let room = Newsroom::new();
    import(&room, "first.jsonl", REPORTS);
    let folder = room.path("bundle").display().to_string();
    room.run(&["export", "--format", "bundle", "--story", "2", "--out", &folder]).exits(0).says("2 documents");
    room.run(&["export", "--format", "bundle", "--story", "8", "--out", &folder]).exits(1).says("no story 8");
}

/// Notices of one make: who has died, aged how much, of where, who is left, and when the service is.
const NOTICES: [(&str, u32, &str, &str, u32); 6] = [
    ("Odile Garnet", 71, "Kettle Row", "Bram", 14),
    ("Pelle Thorne", 88, "Marlow", "Edda", 9),
    ("Ivo Lanyard", 93, "Ansel Green", "Ruth", 11),
    ("Tilda Moss", 64, "Garrick Hill", "Jonas", 15),
    ("Abel Finch", 79, "Pelham", "Nora", 10),
    ("Wanda Crake", 85, "Quorn", "Silas", 16),
];

fn notice((name, age, town, left, hour): (&str, u32, &str, &str, u32), day: usize) -> String {
    let body = format!(
        "{name} of {town}, who kept bees for as long as anybody remembers, died on {day} November at the age of {age}.\n\
         The service will be held at {hour} on the day after next in the chapel of the Brothers Lindqvist, who see to all arrangements.\n\
         Mourners are led by {left}, and by friends from the choir of {town}; the family asks for no flowers, but for gifts to \
         the harbour hospice.\nWhoever wants to write a line finds the book of condolences with the Brothers Lindqvist."
    );
    json!({
        "url": format!("https://{}.example/{day}", ["tidewater", "northern-post", "harbour-times"][day % 3]),
        "title": format!("{name}, {age}"),
        "published": format!("2026-11-{day:02}T12:00:00Z"),
        "paragraphs": body.lines().collect::<Vec<_>>(),
    })
    .to_string()
}

#[test]
fn notices_of_one_make_are_neither_copies_nor_one_story() {
    let room = Newsroom::new();
    import(&room, "ordinary.jsonl", REPORTS);
    let lines: Vec<String> = (5..).zip(NOTICES).map(|(day, of)| notice(of, day)).collect();
    // In two runs: what the first knew is known to the second.
    for (name, lines) in [("first.jsonl", &lines[..3]), ("second.jsonl", &lines[3..])] {
        room.run(&["import", &room.file(name, lines.join("\n"))]).exits(0);
    }
    assert_eq!(room.value("SELECT count(DISTINCT story_id) FROM articles WHERE id > 5"), "6");
    assert_eq!(room.value("SELECT count(*) FROM articles WHERE duplicate_of IS NOT NULL"), "0");
    // The same notice in another paper is a copy, and of the same event.
    let again = notice(NOTICES[4], 9).replace("tidewater", "elsewhere");
    assert_ne!(again, lines[4], "it is printed elsewhere");
    room.run(&["import", &room.file("again.jsonl", again)]).exits(0);
    assert_eq!(room.value("SELECT duplicate_of FROM articles WHERE id = 12"), "10");
    assert_eq!(room.value("SELECT count(DISTINCT story_id) FROM articles WHERE id IN (10, 12)"), "1");
    room.assert_sound();
}

/// Notes on works at a road: where, when and for how long.
fn works((street, day, hour): (&str, u32, u32)) -> String {
    let body = format!(
        "Rails are mended in {street}, and nobody can drive there until {hour} in the evening.\n\
         Rails cannot be welded without dust and noise, and whoever lives there is asked for patience.\n\
         Bus 7 goes by way of Garrick Hill."
    );
    json!({
        "url": format!("https://{}.example/works-{day}", ["tidewater", "northern-post", "harbour-times"][day as usize % 3]),
        "title": "Rails mended",
        "published": format!("2026-11-{day:02}T12:00:00Z"),
        "paragraphs": body.lines().collect::<Vec<_>>(),
    })
    .to_string()
}

#[test]
fn what_was_one_story_for_its_make_is_parted_by_the_next_of_it() {
    let room = Newsroom::new();
    import(&room, "ordinary.jsonl", REPORTS);
    let of_works = || room.column("SELECT story_id FROM articles WHERE id > 5 ORDER BY id");
    let notes = [("Kettle Row", 6, 9), ("Marlow Quay", 7, 4), ("Ansel Green", 8, 11), ("Pelham Mews", 9, 6)];
    // Each in a run of its own: nothing is known but what is in the file.
    for (number, note) in notes.into_iter().enumerate() {
        if number == 2 {
            // Of two nobody can tell that they have a frame and not an event in common.
            assert_eq!(of_works(), ["3", "3"]);
        }
        room.run(&["import", &room.file("note.jsonl", works(note))]).exits(0);
    }
    assert_eq!(of_works(), ["3", "4", "5", "6"]);
    assert_eq!(room.value("SELECT count(*) FROM articles WHERE duplicate_of IS NOT NULL"), "0");
    assert_eq!(
        room.value("SELECT change_seq > (SELECT change_seq FROM articles WHERE id = 6) + 1 FROM articles WHERE id = 7"),
        "1",
        "whoever reads changes is told"
    );
    assert_eq!(room.column("SELECT n_articles || is_routine FROM stories WHERE id > 2"), ["11"; 4]);
    room.assert_sound();
}

#[test]
fn routine_is_told_and_can_be_left_out() {
    let room = Newsroom::new();
    import(&room, "ordinary.jsonl", REPORTS);
    let lines: Vec<String> = (5..).zip(NOTICES).map(|(day, of)| notice(of, day)).collect();
    room.run(&["import", &room.file("notices.jsonl", lines.join("\n"))]).exits(0);
    assert_eq!(room.value("SELECT group_concat(DISTINCT is_routine) FROM stories WHERE id <= 2"), "0");
    assert_eq!(room.value("SELECT group_concat(DISTINCT is_routine) FROM stories WHERE id > 2"), "1");
    let all = room.run(&["stories", "--min-articles", "1"]).exits(0);
    assert_eq!(all.cells().iter().filter(|cells| cells[4] == "routine").count(), NOTICES.len());
    let news = room.run(&["stories", "--min-articles", "1", "--no-routine"]).exits(0);
    assert_eq!(news.cells().len(), 2);
    assert_eq!(room.run(&["--json", "stories", "show", "3"]).exits(0).json()["is_routine"], true);
    // What is put together with news is news.
    room.run(&["stories", "merge", "1", "3"]).exits(0);
    assert_eq!(room.value("SELECT is_routine FROM stories WHERE id = 1"), "0");
    room.assert_sound();
}

/// A make of texts: its language, headline and paragraphs, and what stands in the places `{0}`, `{1}` and so on.
type Make = (&'static str, &'static str, &'static str, &'static [&'static [&'static str]]);

/// Short ones, whose names are told by no capital letter, by their place or by the headline alone; and long ones, of which little
/// is another.
const MAKES: &[Make] = &[
    (
        "de",
        "Pegel in {0}: Wasser steigt langsam",
        "Am Pegel in {0} steigt das Wasser der Ilse seit dem Morgen langsam. Gemessen wurden am Mittag {1} Zentimeter.\n\
         Bis zum Abend rechnet die Warte mit {2} Zentimetern. Keller und Wege am Ufer sollten geräumt werden.",
        &[
            &["Oberau", "214", "230"],
            &["Niedertal", "187", "195"],
            &["Steinfurt", "305", "340"],
            &["Mühlbach", "98", "120"],
        ],
    ),
    (
        "lb",
        "D’Waasser zu {0} klëmmt",
        "Um Peegel zu {0} klëmmt d’Waasser vun der Äerenz zënter dem Moien lues. Gemooss goufen um Mëtteg {1} Zentimeter.\n\
         Bis den Owend rechent d’Waart mat {2} Zentimeter. Kelleren a Weeër um Ufer sollen eidel gemaach ginn.",
        &[&["Iewerau", "214", "230"], &["Nidderdall", "187", "195"], &["Steefort", "305", "340"]],
    ),
    (
        "ar",
        "منسوب النهر في {0} يرتفع",
        "يرتفع منسوب النهر في {0} ببطء منذ الصباح وقد بلغ عند الظهر {1} سنتيمترا.\n\
         ومن المتوقع أن يرتفع أكثر في المساء وينبغي إخلاء الأقبية والطرق على الضفة.",
        &[&["الرملة", "214"], &["الزهراء", "187"], &["العين", "305"]],
    ),
    (
        "en",
        "{0} takes the {1} cup",
        "{0} has taken the cup of {1} in Saturday’s regatta in {2} minutes, ahead of {3}, who needed {4}.\n\
         The wind in {1} was {5} knots, more than last year.",
        &[
            &["Nell Garrow", "Upper Ashby", "41", "Odo Lanyard", "43", "14.2"],
            &["Pia Thorne", "Quorn", "38", "Abel Finch", "39", "16.5"],
            &["Jan Moor", "Pelham Quay", "52", "Ruth Ansel", "57", "11.1"],
        ],
    ),
    (
        "en",
        "Keepers look for lost {0}, {1}, of {2}",
        "Keepers are looking for {3} {1}-year-old {0} which has been gone from {4} in {2} since {5} night.\n\
         It wears a {6} collar. Whoever sees it may ring.",
        &[
            &["otter", "11", "Quorn", "an", "its pool", "Thursday", "green"],
            &["tortoise", "80", "Pelham", "an", "a garden", "Friday", "yellow"],
        ],
    ),
    (
        "en",
        "{0} is awarded the Lanyard Medal",
        "The Guild of Rope Makers has awarded its medal for {1} to {0} of {2}. The medal comes with 40,000 crowns.\n\
         The Lanyard Medal was struck for the first time in 1911, when the guild moved to its hall in Quorn. It goes to makers whose \
         ropes have held for twenty winters or more, and who have taught their trade to at least three others.\n\
         “We had 57 names before us, and none of them was easy to pass over,” said Nell Garrow, who is the warden of the guild.\n\
         Names for next year may be sent in until 3 March. Nobody can name himself, and nobody can be named twice.",
        &[
            &["Ivo Brandt", "hemp", "Lorne"],
            &["Wanda Crake", "sisal", "Thistle"],
            &["Silas Moss", "wire", "Ansel Green"],
        ],
    ),
    (
        "en",
        "Five questions for {0}",
        "Before the guild votes, we have asked everybody who wants to be its warden the same questions, and print the answers as \
         they came.\nWhat would you mend first in the hall, now that rain comes through its roof in every storm?\n{1}\n\
         Who taught you the trade, and what would that person say about the ropes that are sold in the harbour today?\n{2}\n\
         The guild has lost sixty of its members in ten years. How would you bring young people to it again?\n{3}",
        &[
            &["Ivo Brandt", "The gutters, before anything.", "My aunt; she would laugh.", "With evening classes."],
            &["Wanda Crake", "I would sell it.", "Nobody did.", "By paying apprentices from the first day."],
            &["Silas Moss", "Slates by Easter.", "An old sailor, who would weep.", "They come when there is work."],
        ],
    ),
    (
        "en",
        "{0}: your tide today",
        "{0}, the tide favours {1} today. Keep an eye on {2}, and do not let a short rain spoil the walk.\n\
         Your stone is number {3}.",
        &[
            &["Heron", "nets", "a red boat", "4"],
            &["Curlew", "oars", "an old friend", "7"],
            &["Plover", "sails", "a letter", "9"],
        ],
    ),
];

#[test]
fn texts_of_a_make_are_events_of_their_own_in_any_language_and_length() {
    for (language, title, body, fillings) in MAKES {
        let room = Newsroom::new();
        import(&room, "ordinary.jsonl", REPORTS);
        let filled = |text: &str, filling: &[&str]| {
            (0..)
                .zip(filling)
                .fold(text.to_owned(), |text, (place, value)| text.replace(&format!("{{{place}}}"), value))
        };
        let line = |(hour, filling): (usize, &&[&str])| {
            json!({
                "url": format!("https://tidewater.example/make-{hour}"),
                "language": language,
                "title": filled(title, filling),
                "published": format!("2026-11-05T{hour:02}:00:00Z"),
                "paragraphs": filled(body, filling).lines().collect::<Vec<_>>(),
            })
            .to_string()
        };
        let mut lines: Vec<String> = fillings.iter().enumerate().map(line).collect();
        // The first is printed twice before others of its make come.
        lines.insert(1, lines[0].replace("tidewater", "harbour-times"));
        room.run(&["import", &room.file("make.jsonl", lines.join("\n"))]).exits(0);
        let of_make = "FROM articles JOIN story_members ON article_id = id WHERE id > 5";
        let counted = room.value(&format!(
            "SELECT count(DISTINCT story_members.story_id) || ' stories, ' || sum(is_routine) || ' routine, '
                 || count(duplicate_of) || ' copies ' {of_make}"
        ));
        let n = fillings.len();
        assert_eq!(counted.trim(), format!("{n} stories, {} routine, 1 copies", n + 1), "{title}");
        room.assert_sound();
    }
}

/// What a firm puts under all that it announces.
const ABOUT: &str = "About Lorne Ropes: Lorne Ropes twists and tars cordage for ships, mines and theatres in three yards on the \
                     Ilse. It was founded by two sisters in 1868, has 240 hands in winter and 310 in summer, and is owned by those \
                     who work in it.\nForecasts in this notice rest on what was known when it was written. Lorne Ropes is not bound \
                     to correct them, and takes no blame for losses of those who trade upon them.";

#[test]
fn what_a_publisher_puts_under_its_articles_and_the_heading_of_a_column_make_no_story() {
    let room = Newsroom::new();
    import(&room, "ordinary.jsonl", REPORTS);
    let notes = [
        (
            "Lorne Ropes appoints a treasurer",
            "Lorne Ropes has made Pia Thorne its treasurer, and Abel Finch goes to sea.",
        ),
        (
            "Order for a lightship won",
            "Two miles of hemp will hold the lightship at Quorn, for which Lorne Ropes got the order.",
        ),
    ];
    let notes = notes.map(|(title, lead)| (title, format!("{lead}\n{ABOUT}")));
    let line = |(day, (title, body)): (u32, &(&str, String))| {
        json!({
            "url": format!("https://wire.example/{day}"),
            "title": title,
            "published": format!("2026-11-{day:02}T12:00:00Z"),
            "paragraphs": body.lines().collect::<Vec<_>>(),
        })
        .to_string()
    };
    let lines: Vec<String> = (5..).zip(&notes).map(line).collect();
    room.run(&["import", &room.file("notes.jsonl", lines.join("\n"))]).exits(0);
    assert_eq!(room.value("SELECT count(DISTINCT story_id) FROM articles WHERE id > 5"), "2");

    let columns: &[Report] = &[
        (
            8,
            "tidewater.example",
            "Seven days in a glance",
            "Gulls on the quay, a calf aboard a ferry, snow upon the mill of Quorn, bakers with lanterns at dawn.",
        ),
        (
            8,
            "northern-post.example",
            "Seven days in a glance",
            "Nurses sang in the rain while a juror slept, lamps went out and a tram lost its bell near Aske.",
        ),
    ];
    import(&room, "columns.jsonl", columns);
    assert_eq!(room.value("SELECT count(DISTINCT story_id) FROM articles WHERE id > 7"), "2");
    room.assert_sound();
}

/// Headlines without texts, each of another hour of one day.
fn import_headlines(room: &Newsroom, source: &str, headlines: &[&str]) {
    let lines: Vec<String> = headlines
        .iter()
        .enumerate()
        .map(|(hour, title)| {
            json!({
                "id": format!("{source}{hour}{title}"),
                "title": title,
                "text": "",
                "published": format!("2026-11-20T{hour:02}:00:00Z"),
                "source": source,
            })
            .to_string()
        })
        .collect();
    room.run(&["import", &room.file("headlines.jsonl", lines.join("\n"))]).exits(0);
}

#[test]
fn headlines_without_texts_are_told_by_what_they_name_and_not_by_how_they_put_it() {
    let room = Newsroom::new();
    import_headlines(
        &room,
        "tidewater",
        &[
            "5 Things You Need to Know About the Ferry Timetable",
            "What You Need to Know: Quinces Are Back",
            "7 Things You Need to Know Before You Paint a Boat",
            "Photos of the Day",
            "Lighthouse at Cape Orrin sold to a baker",
            "Baker buys the lighthouse of Cape Orrin",
            "Photos of the Week",
        ],
    );
    assert_eq!(stories_of(&room), ["1", "2", "3", "4", "5", "5", "6"]);
}

#[test]
fn a_headline_without_a_text_is_in_the_language_of_its_source() {
    let room = Newsroom::new();
    let line = |number: usize, body: &str| {
        json!({"id": number.to_string(), "title": format!("Nr. {number}"), "text": body, "source": "blatt"}).to_string()
    };
    let bodies = [
        "Der Rat der Stadt hat am Abend beschlossen, dass die alte Brücke über den Fluss im Frühjahr gestrichen werden soll.",
        "Die Fähre fährt seit gestern wieder, nachdem ein Taucher die Schraube von einem Netz befreit hatte, das dort hing.",
        "Niemand weiß, wem der Hund gehört, der seit drei Tagen vor dem Bäcker sitzt und auf jemanden zu warten scheint.",
    ];
    let lines: Vec<String> = bodies.iter().enumerate().map(|(number, body)| line(number, body)).collect();
    room.run(&["import", &room.file("texts.jsonl", lines.join("\n"))]).exits(0);
    room.run(&["import", &room.file("headline.jsonl", line(9, ""))]).exits(0);
    assert_eq!(room.column("SELECT coalesce(language, '') FROM articles"), ["de"; 4]);
    let elsewhere = line(9, "").replace("blatt", "elsewhere").replace("Nr. 9", "Nr. 10");
    room.run(&["import", &room.file("elsewhere.jsonl", elsewhere)]).exits(0);
    assert_eq!(room.value("SELECT language IS NULL FROM articles WHERE id = 5"), "1");
}

/// A speech, as both papers quote it.
const SPEECH: &str = "The bridge stays shut until every bolt of it has been looked at, and I will not be hurried by anybody who has \
     never stood under it at low tide, because those who built it are dead and those who cross it are not";

#[test]
fn reports_that_quote_the_same_words_are_no_copies_and_a_reprinted_statement_is_one() {
    for (opening, closing) in [("“", "”"), ("\"", "\""), ("„", "“"), ("«", "»"), ("»", "«"), ("‘", ",’"), ("”", "”")]
    {
        let room = Newsroom::new();
        let quote = format!("{opening}{SPEECH}{closing}");
        let first = format!(
            "Tamsin Vey shut Marlow Bridge on Friday after a diver found rust under its third pier.\n{quote}, the inspector told \
             the council.\nTraders in the old town fear for their Christmas sales."
        );
        let second = format!(
            "Lorries queued for an hour at the ferry once Marlow Bridge was closed.\nInspector Vey defended it: {quote}.\n\
             The council meets again on Monday, when a firm from Ansel is to say what new bolts cost."
        );
        let statement = format!("Marlow Bridge: statement of the inspector.\n{quote}.");
        let reports = [
            (20, "tidewater.example", "Marlow Bridge shut", first.as_str()),
            (20, "northern-post.example", "Ferry full as Marlow Bridge is closed", second.as_str()),
        ];
        let lines = reports.map(|(day, publisher, title, body)| {
            json!({
                "url": format!("https://{publisher}/{day}"), "title": title, "paragraphs": body.lines().collect::<Vec<_>>(),
                "published": format!("2026-11-{day}T12:00:00Z"),
            })
            .to_string()
        });
        room.run(&["import", &room.file("reports.jsonl", lines.join("\n"))]).exits(0);
        assert_eq!(room.value("SELECT count(*) FROM articles WHERE duplicate_of IS NOT NULL"), "0", "{opening}");
        assert_eq!(room.column("SELECT n_sources FROM stories"), ["2"], "{opening}");
        let statements = ["elsewhere", "harbour-times"].map(|publisher| {
            json!({
                "url": format!("https://{publisher}.example/statement"), "title": "Statement on Marlow Bridge",
                "paragraphs": format!("{statement} {}", if publisher == "elsewhere" { "" } else { "More to follow." })
                    .lines().collect::<Vec<_>>(),
                "published": "2026-11-20T12:00:00Z",
            })
            .to_string()
        });
        let room = Newsroom::new();
        room.run(&["import", &room.file("statements.jsonl", statements.join("\n"))]).exits(0);
        assert_eq!(room.column("SELECT coalesce(duplicate_of, 0) FROM articles"), ["0", "1"], "{opening}");
    }
}

#[test]
fn a_story_takes_its_headline_from_the_first_article_that_has_one() {
    let room = Newsroom::new();
    let (day, publisher, title, body) = REPORTS[0];
    let untitled = json!({ "url": "https://copyist.example/1", "published": "2026-11-02T09:00:00Z", "text": body });
    room.run(&["import", &room.file("untitled.jsonl", untitled.to_string())]).exits(0);
    assert_eq!(room.value("SELECT title FROM stories"), "NULL");
    import(&room, "titled.jsonl", &[(day, publisher, title, body)]);
    assert_eq!(
        room.column("SELECT n_articles || ' ' || title_article_id || ' ' || title FROM stories"),
        [format!("2 2 {title}")]
    );
    room.run(&["doctor"]).exits(0);
}
