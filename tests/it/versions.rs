//! Several versions of one article from files, and articles that have no text of their own.

use crate::harness::Newsroom;

const ADDRESS: &str = "https://post.example/live/ines";

/// What a live page said at each full hour: its headline, and all of its posts so far, the last one first.
const POSTS: [(&str, &str); 3] = [
    ("Storm Ines live", "08:00 The ferry to Alder Bay is cancelled until noon, says the harbour office."),
    ("Storm Ines live: power is out", "10:00 Power is out in 40,000 homes, and crews wait for the wind to drop."),
    ("Storm Ines live: tree on tram line", "11:00 A tree has fallen on the tram line in Quay Street; nobody is hurt."),
];

fn version(number: usize, time: Option<&str>) -> String {
    let text: Vec<&str> = POSTS[..=number].iter().rev().map(|(_, post)| *post).collect();
    let mut line = serde_json::json!({ "url": ADDRESS, "title": POSTS[number].0, "text": text.join(" ") });
    if let Some(time) = time {
        line["published"] = time.into();
    }
    line.to_string()
}

/// The wordings of all articles in order: number and headline.
fn wordings(room: &Newsroom) -> Vec<Vec<String>> {
    room.table(
        "SELECT article_id, revision, title FROM revisions
         UNION ALL SELECT id, revision, title FROM articles ORDER BY 1, 2",
    )
}

fn expected() -> Vec<Vec<String>> {
    let wording =
        |(at, (title, _)): (usize, &(&str, &str))| vec!["1".to_owned(), (at + 1).to_string(), (*title).to_owned()];
    POSTS.iter().enumerate().map(wording).collect()
}

#[test]
fn versions_of_one_address_are_revisions_in_the_order_of_their_dates() {
    let times = ["2026-11-16T08:00:00Z", "2026-11-16T10:00:00Z", "2026-11-16T11:00:00Z"];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let room = Newsroom::new();
        let lines = order.map(|number| version(number, Some(times[number]))).join("\n");
        let file = room.file("versions.jsonl", lines);
        room.run(&["import", &file]).exits(0).says("1 new, 0 duplicates, 0 known, 2 revisions");
        assert_eq!(wordings(&room), expected(), "{order:?}");
        assert_eq!(room.table("SELECT url, first_seen_at FROM articles"), [[ADDRESS, times[0]]], "{order:?}");
        // The same file brings nothing new.
        room.run(&["import", &file]).exits(0).says("0 new, 0 duplicates, 3 known, 0 revisions");
        assert_eq!(wordings(&room), expected(), "{order:?}");
        room.assert_sound();
    }
}

#[test]
fn versions_without_dates_are_revisions_in_the_order_of_their_lines() {
    let same_day = Some("2026-11-16");
    for time in [None, same_day] {
        let room = Newsroom::new();
        let file = room.file("versions.jsonl", [0, 1, 2].map(|number| version(number, time)).join("\n"));
        room.run(&["import", &file]).exits(0).says("1 new, 0 duplicates, 0 known, 2 revisions");
        assert_eq!(wordings(&room), expected(), "{time:?}");
        room.run(&["import", &file]).exits(0).says("0 new, 0 duplicates, 3 known, 0 revisions");
        assert_eq!(wordings(&room), expected(), "{time:?}");
    }
}

#[test]
fn the_date_of_change_goes_before_that_of_publication() {
    let room = Newsroom::new();
    let line = |title: &str, modified: &str| {
        format!(
            "{{\"url\": \"{ADDRESS}\", \"title\": \"{title}\", \"text\": \"It reads: {title}.\", \
             \"published\": \"2026-11-16T08:00:00Z\", \"modified\": \"{modified}\"}}"
        )
    };
    let lines =
        [line("B", "2026-11-16T10:00:00Z"), line("C", "2026-11-16T11:00:00Z"), line("A", "2026-11-16T09:00:00Z")];
    let file = room.file("versions.jsonl", lines.join("\n"));
    room.run(&["import", &file]).exits(0).says("2 revisions");
    assert_eq!(wordings(&room), [["1", "1", "A"], ["1", "2", "B"], ["1", "3", "C"]]);
    // A text that is put back is a change.
    let file = room.file("back.jsonl", line("A", "2026-11-16T12:00:00Z"));
    room.run(&["import", &file]).exits(0).says("1 revision");
    assert_eq!(room.table("SELECT revision, title FROM articles"), [["4", "A"]]);
}

#[test]
fn routes_within_one_document_are_addresses_of_their_own() {
    let room = Newsroom::new();
    let lines = ["#!/a", "#!/b", "#/c"].map(|route| {
        format!(
            "{{\"url\": \"https://app.example/{route}\", \"title\": \"Route {route}\", \"text\": \"This is {route}.\"}}"
        )
    });
    let file = room.file("routes.jsonl", lines.join("\n"));
    room.run(&["import", &file]).exits(0).says("3 new, 0 duplicates");
    let urls = ["https://app.example/#!/a", "https://app.example/#!/b", "https://app.example/#/c"];
    assert_eq!(room.column("SELECT url FROM articles ORDER BY id"), urls);
    let shown = room.run(&["show", urls[1]]).exits(0);
    assert!(shown.stdout.contains("Route #!/b"), "{}", shown.stdout);
}

/// Imports articles of a headline, a text and a day each, and checks that each is one, and a copy of none.
fn check_apart(articles: &[(&str, &str, &str)]) -> Newsroom {
    let room = Newsroom::new();
    let lines: Vec<String> = articles
        .iter()
        .enumerate()
        .map(|(number, (title, text, day))| {
            serde_json::json!({ "id": number, "title": title, "text": text, "published": day, "source": "paper" })
                .to_string()
        })
        .collect();
    let file = room.file("articles.jsonl", lines.join("\n"));
    let n_new = format!("{} new, 0 duplicates", articles.len());
    room.run(&["import", &file]).exits(0).says(&n_new);
    assert_eq!(room.number("SELECT count(*) FROM articles WHERE duplicate_of IS NOT NULL"), 0);
    room.run(&["import", &file]).exits(0).says("0 new, 0 duplicates");
    room
}

#[test]
fn articles_without_text_of_their_own_are_no_copies_of_each_other() {
    check_apart(&[
        ("Photos of the day", "", "2026-11-16"),
        ("Photos of the day", "", "2026-11-17"),
        ("Photos of the day", "", "2026-11-17"),
        ("The best photos of the day from all over the world", "", "2026-11-16"),
        ("The best photos of the day from all over the world", "", "2026-11-17"),
        ("Cartoon", "By our cartoonist Ana Ruiz.", "2026-11-16"),
        ("Cartoon", "By our cartoonist Ana Ruiz.", "2026-11-16"),
    ]);
    let caption = "A photo that our readers have sent us of the harbour of Alder Bay in the morning.";
    check_apart(&[("Photo of the day", caption, "2026-11-16"), ("Photo of the day", caption, "2026-11-17")]);
    // A short report is one.
    let room = Newsroom::new();
    let line = |id: &str, source: &str| {
        format!(
            "{{\"id\": \"{id}\", \"source\": \"{source}\", \"title\": \"Ferry is back\", \"published\": \"2026-11-16\", \
             \"text\": \"The ferry to Alder Bay runs again as of noon, the harbour office said on Monday.\"}}"
        )
    };
    let file = room.file("articles.jsonl", [line("1", "a"), line("2", "b")].join("\n"));
    room.run(&["import", &file]).exits(0).says("1 new, 1 duplicate");
}

#[test]
fn headlines_that_have_a_way_of_putting_it_in_common_are_no_story() {
    let room = check_apart(&[
        ("9 Things You Need To Know Before the Markets Open", "", "2026-11-16"),
        ("Lanternfall Is Out: What You Need to Know", "", "2026-11-16"),
        ("6 Things You Need To Know About Harbour Rents", "", "2026-11-16"),
    ]);
    assert_eq!(room.number("SELECT count(*) FROM stories"), 3);
}
