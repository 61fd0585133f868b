//! Whatever arrives in whatever order, and whatever a person changes in between, the tables of stories agree with each
//! other, and a pipeline that is started anew for each article decides as one that runs on.

use proptest::prelude::*;
use serde_json::json;

use crate::harness::Newsroom;

/// What happens to the stories.
#[derive(Clone, Debug)]
enum Step {
    /// An article comes in.
    Arrive(Arrival),
    /// Two of the stories there are become one; numbers count from the first and wrap around.
    Merge(usize, usize),
    /// Some of the articles there are become a story.
    Split(Vec<usize>),
}

#[derive(Clone, Debug)]
enum Arrival {
    /// A report of one of a few events: which, by whom, on which day, in what order of its sentences.
    Report { event: usize, publisher: usize, day: Option<u32>, turn: usize },
    /// A text of a make that has others: for whom, by whom, on which day.
    Routine { number: usize, publisher: usize, day: Option<u32>, is_short: bool },
    /// An earlier article, printed by somebody else.
    Copy { of: usize, publisher: usize, day: Option<u32> },
}

/// Invented events, by what can be said of each; the last two are of one place.
const EVENTS: [[&str; 6]; 4] = [
    [
        "A lorry struck the railing of Marlow Bridge on Sunday and hung above the river Ansel for three hours.",
        "Inspector Tamsin Vey closed the toll gate at Marlow Bridge until the crane had gone.",
        "The driver climbed out unhurt, Vey said, and asked for his sandwiches.",
        "A crane from Ansel harbour lifted the lorry back onto the bridge before dusk.",
        "Marlow Bridge had been repaired only in June, after another lorry broke its railing.",
        "Ferrymen on the Ansel took pedestrians across free of charge while the toll gate was shut.",
    ],
    [
        "Cellist Ludmila Sorge left the stage of the Ostrava Quartet in the middle of an encore.",
        "The Ostrava Quartet has played together for thirty years, twenty of them with Sorge.",
        "Violinist Jan Hruska finished the encore alone, and the concert hall rose to its feet.",
        "Sorge told the radio that she would not play another encore in her life.",
        "Tickets for the next evening of the quartet will be taken back, the concert hall wrote.",
        "A cellist from Brno is to stand in for Sorge until spring.",
    ],
    [
        "Pelham Dairy calls back forty tons of soft cheese, because listeria was found in two samples.",
        "Doctor Ngozi Adair, who leads the health office, warned expectant mothers of the cheese.",
        "The pasteuriser of Pelham Dairy had been out of order for a night, Adair said.",
        "Nobody has fallen ill from listeria so far; eleven people are being looked after.",
        "The dairy asks customers to throw the cheese away and pays without a receipt.",
        "Shops in six counties sold the soft cheese from Pelham since the ninth.",
    ],
    [
        "Pelham Council voted eleven to ten for a budget that closes the swimming pool in winter.",
        "Mayor Idris Colne called the vote the hardest of his years in Pelham Council.",
        "The library keeps its Saturdays, for which readers had collected four thousand names.",
        "Without the swimming pool, schools will drive their pupils to Garrick.",
        "Colne wants to talk about the budget again when the state has paid for the new road.",
        "Opponents of the budget left the chamber singing after the vote.",
    ],
];

const PUBLISHERS: [&str; 4] =
    ["tidewater.example", "northern-post.example", "harbour-times.example", "elsewhere.example"];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let day = || prop::option::weighted(0.9, 1..25u32);
    let report = (0..EVENTS.len(), 0..PUBLISHERS.len(), day(), 0..360usize)
        .prop_map(|(event, publisher, day, turn)| Arrival::Report { event, publisher, day, turn });
    let copy =
        (0..40usize, 0..PUBLISHERS.len(), day()).prop_map(|(of, publisher, day)| Arrival::Copy { of, publisher, day });
    let routine = (0..HOUSES.len(), 0..PUBLISHERS.len(), day(), any::<bool>())
        .prop_map(|(number, publisher, day, is_short)| Arrival::Routine { number, publisher, day, is_short });
    let step = prop_oneof![
        6 => report.prop_map(Step::Arrive),
        2 => copy.prop_map(Step::Arrive),
        3 => routine.prop_map(Step::Arrive),
        1 => (0..20usize, 0..20usize).prop_map(|(into, other)| Step::Merge(into, other)),
        1 => prop::collection::vec(0..40usize, 1..4).prop_map(Step::Split),
    ];
    prop::collection::vec(step, 4..16)
}

/// Who sells which house where, for how much, from what hour on.
const HOUSES: [(&str, &str, u32, u32); 5] = [
    ("Odo Lanyard", "Kettle Row", 412, 9),
    ("Pia Thorne", "Marlow Quay", 388, 10),
    ("Jens Aubrey", "Ansel Green", 275, 14),
    ("Tilda Moss", "Garrick Hill", 531, 11),
    ("Abel Finch", "Pelham Mews", 199, 16),
];

/// A notice of an auction: all are of one make, and each is of an event of its own.
fn routine(number: usize) -> (String, Vec<String>) {
    let (owner, street, price, hour) = HOUSES[number];
    let first = format!(
        "A house in {street} that belongs to {owner} will be sold to whoever bids most on Friday from {hour} in the morning on."
    );
    let second = format!(
        "Bids begin at {price} thousand crowns, wrote the auctioneer for {owner}, and the keys are handed over within {hour} days."
    );
    let third = "Whoever wants to look at the rooms before may ring the bell; bring a lamp, as the current is cut off.";
    (format!("Auction in {street}"), vec![first, second, third.to_owned()])
}

/// A note of a make of which it takes three to tell it.
fn short_routine(number: usize) -> (String, Vec<String>) {
    let (_, street, _, hour) = HOUSES[number];
    let first = format!("Pipes are mended in {street}, and no water comes there until {hour} in the evening.");
    let second = "Pipes cannot be mended under pressure, and whoever lives there is asked for patience and a bucket.";
    let third = "Cart 7 stands at Garrick Hill.";
    ("Water off".to_owned(), vec![first, second.to_owned(), third.to_owned()])
}

/// Headline and paragraphs of a report: three of its event's sentences, in some order.
fn written(event: usize, turn: usize) -> (String, Vec<String>) {
    let mut left: Vec<&str> = EVENTS[event].to_vec();
    let mut paragraphs = Vec::new();
    let mut turn = turn;
    for _ in 0..3 {
        let chosen = turn % left.len();
        turn /= left.len();
        paragraphs.push(left.remove(chosen).to_owned());
    }
    let headline: Vec<&str> = paragraphs[turn % 3].split(' ').take(7).collect();
    (headline.join(" "), paragraphs)
}

/// Turns arrivals into lines of an import; what copies a later article, or none, is left out.
fn lines_of(steps: &[Step]) -> Vec<Option<String>> {
    let mut told: Vec<(String, Vec<String>)> = Vec::new();
    let mut lines = Vec::new();
    for step in steps {
        let Step::Arrive(arrival) = step else {
            lines.push(None);
            continue;
        };
        let (text, publisher, day) = match arrival {
            Arrival::Report { event, publisher, day, turn } => (Some(written(*event, *turn)), publisher, day),
            Arrival::Routine { number, publisher, day, is_short: true } => {
                (Some(short_routine(*number)), publisher, day)
            }
            Arrival::Routine { number, publisher, day, .. } => (Some(routine(*number)), publisher, day),
            Arrival::Copy { of, publisher, day } => (told.get(*of % told.len().max(1)).cloned(), publisher, day),
        };
        let line = text.map(|(title, paragraphs)| {
            let line = json!({
                "url": format!("https://{}/{}", PUBLISHERS[*publisher], told.len()),
                "title": title,
                "published": day.map(|day| format!("2026-11-{day:02}T12:00:00Z")),
                "paragraphs": paragraphs,
            });
            told.push((title, paragraphs));
            line.to_string()
        });
        lines.push(line);
    }
    lines
}

/// Does the steps, and checks the tables on the way; with `in_one_run`, articles between two changes by hand come in one
/// import, else each in one of its own. Returns the tables.
fn play(steps: &[Step], in_one_run: bool) -> Vec<Vec<Vec<String>>> {
    let room = Newsroom::new();
    let mut waiting: Vec<String> = Vec::new();
    let arrive = |waiting: &mut Vec<String>| {
        if !waiting.is_empty() {
            room.run(&["import", &room.file("articles.jsonl", waiting.join("\n"))]).exits(0);
            waiting.clear();
        }
    };
    for (step, line) in steps.iter().zip(lines_of(steps)) {
        waiting.extend(line);
        if in_one_run && matches!(step, Step::Arrive(_)) {
            continue;
        }
        arrive(&mut waiting);
        if !room.database().exists() {
            continue;
        }
        let chosen = |list: &[String], numbers: &[usize]| -> Vec<String> {
            let mut chosen: Vec<String> = numbers.iter().map(|number| list[number % list.len()].clone()).collect();
            chosen.sort();
            chosen.dedup();
            chosen
        };
        let (command, list, numbers) = match step {
            Step::Arrive(_) => continue,
            Step::Merge(into, other) => {
                ("merge", room.column("SELECT id FROM stories ORDER BY id"), vec![*into, *other])
            }
            Step::Split(articles) => ("split", room.column("SELECT article_id FROM story_members"), articles.clone()),
        };
        if list.is_empty() {
            continue;
        }
        let chosen = chosen(&list, &numbers);
        if command == "merge" && chosen.len() < 2 {
            continue;
        }
        let arguments: Vec<&str> = ["stories", command].into_iter().chain(chosen.iter().map(String::as_str)).collect();
        room.run(&arguments).exits(0);
        assert_tables_agree(&room);
    }
    arrive(&mut waiting);
    if !room.database().exists() {
        return Vec::new();
    }
    assert_tables_agree(&room);
    room.assert_sound();
    vec![
        room.table("SELECT article_id, story_id, reason, score, terms, told_at, publisher, is_copy, is_routine FROM story_members"),
        room.table(
            "SELECT id, title, title_article_id, n_articles, n_sources, first_published_at, last_published_at, is_routine
             FROM stories",
        ),
    ]
}

fn assert_tables_agree(room: &Newsroom) {
    let none = |what: &str, sql: &str| assert_eq!(room.table(sql), Vec::<Vec<String>>::new(), "{what}");
    none(
        "articles and members name the same story",
        "SELECT id, articles.story_id, story_members.story_id FROM articles LEFT JOIN story_members ON article_id = id
         WHERE articles.story_id IS NOT story_members.story_id",
    );
    none(
        "stories count their members",
        "SELECT id, n_articles, n_sources, first_published_at, last_published_at FROM stories WHERE
             n_articles <> (SELECT count(*) FROM story_members WHERE story_id = id)
             OR n_sources <> (SELECT count(DISTINCT publisher) FROM story_members WHERE story_id = id AND NOT is_copy)
             OR first_published_at IS NOT (SELECT min(told_at) FROM story_members WHERE story_id = id)
             OR last_published_at IS NOT (SELECT max(told_at) FROM story_members WHERE story_id = id)
             OR is_routine <> coalesce((SELECT min(is_routine) FROM story_members WHERE story_id = id), 0)",
    );
    none(
        "a story's title is that of one of its articles",
        "SELECT stories.id, stories.title, title_article_id FROM stories LEFT JOIN articles ON articles.id = title_article_id
         WHERE stories.title IS NOT articles.title OR (n_articles > 0 AND articles.story_id IS NOT stories.id)",
    );
    none(
        "whoever copies an article of the story is no source of it",
        "SELECT copy.article_id, copy.is_copy FROM story_members AS copy JOIN articles ON articles.id = copy.article_id
             LEFT JOIN story_members AS original ON original.article_id = articles.duplicate_of
         WHERE copy.is_copy <> (original.story_id IS copy.story_id AND original.story_id IS NOT NULL)",
    );
    none(
        "notices of one make are one story only by hand, or as copies",
        "SELECT left.article_id, right.article_id FROM story_members AS left
             JOIN story_members AS right ON right.story_id = left.story_id AND right.article_id > left.article_id
             JOIN articles AS one ON one.id = left.article_id JOIN articles AS other ON other.id = right.article_id
         WHERE (one.title LIKE 'Auction in %' OR one.title = 'Water off')
             AND (other.title LIKE 'Auction in %' OR other.title = 'Water off') AND one.body <> other.body
             AND 'hand' NOT IN (left.reason, right.reason) AND (SELECT is_routine FROM stories WHERE id = left.story_id)
             AND NOT EXISTS (SELECT 1 FROM story_members AS moved WHERE reason = 'hand' AND moved.story_id = left.story_id)",
    );
    none(
        "copies that nobody moved are with their originals",
        "SELECT copy.article_id FROM story_members AS copy JOIN articles ON articles.id = copy.article_id
             JOIN story_members AS original ON original.article_id = articles.duplicate_of
         WHERE copy.story_id <> original.story_id AND copy.reason <> 'hand' AND original.reason <> 'hand'",
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn stories_agree_with_their_articles_and_with_a_restart_after_each(steps in steps()) {
        prop_assert_eq!(play(&steps, true), play(&steps, false));
    }
}

#[test]
fn notices_of_a_make_are_parted_though_the_first_of_them_was_printed_three_times() {
    let short = |number, publisher, day| Step::Arrive(Arrival::Routine { number, publisher, day, is_short: true });
    let copy = |day| Step::Arrive(Arrival::Copy { of: 0, publisher: 0, day });
    let steps = [
        short(4, 0, None),
        copy(None),
        short(0, 0, None),
        Step::Arrive(Arrival::Report { event: 0, publisher: 0, day: None, turn: 0 }),
        copy(Some(11)),
        Step::Arrive(Arrival::Routine { number: 2, publisher: 0, day: Some(2), is_short: false }),
        short(3, 2, Some(23)),
    ];
    assert_eq!(play(&steps, true), play(&steps, false));
}
