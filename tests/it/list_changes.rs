//! `sources plan` and `apply`: lists of sources as a whole, as they lie in a repository.

use std::time::Duration;

use newswire::demo::web::Site;

use crate::harness::{Newsroom, Outcome, feed, web_of};

const PATIENCE: Duration = Duration::from_secs(30);

/// A source of a list: slug, address and further lines.
type Listed = (&'static str, &'static str, &'static str);

/// A list of sources.
fn list(sources: &[Listed]) -> String {
    sources.iter().fold("# ours\n".to_owned(), |list, (slug, url, more)| {
        format!("{list}[[source]]\nslug = \"{slug}\"\nurl = \"{url}\"\n{more}\n")
    })
}

/// What a plan says: change, slug and what of each line.
fn lines(outcome: &Outcome) -> Vec<String> {
    outcome.cells().iter().map(|cells| cells.join(" | ")).collect()
}

fn followed(room: &Newsroom) -> Vec<String> {
    room.column("SELECT slug FROM sources WHERE state = 'active' ORDER BY slug")
}

#[test]
fn a_plan_says_what_a_list_would_change_and_applying_it_does_that() {
    let mut room = Newsroom::new();
    let keys = "kind = \"page\"\ntags = [\"en\"]\nlinks = \"h2 a\"\nproxy = \"direct\"\ncredentials = \"daily\"";
    let steps: [(Vec<Listed>, Vec<&str>); 6] = [
        (
            vec![("one", "https://one.example/", ""), ("two", "https://two.example/", "")],
            vec!["add | one | https://one.example/", "add | two | https://two.example/"],
        ),
        (
            vec![("one", "https://one.example/", keys), ("two", "https://ana:zq7@two.example/", "")],
            vec![
                "change | one | kind: nothing → page; tags: [] → [\"en\"]; links: [] → [\"h2 a\"]; proxy: nothing → direct; \
                 credentials: nothing → daily",
                "change | two | url: https://two.example/ → https://two.example/ (with another login)",
            ],
        ),
        (
            vec![("one", "https://one.example/", ""), ("two", "https://two.example/feed", "full_text = \"feed\"")],
            vec![
                "change | one | tags: [\"en\"] → []; links: [\"h2 a\"] → []; proxy: direct → nothing; credentials: daily → nothing",
                "change | two | url: https://two.example/ → https://two.example/feed; full_text: auto → feed",
            ],
        ),
        (vec![("one", "https://one.example/", "")], vec!["remove | two | no longer followed, 0 articles kept"]),
        (
            vec![("two", "https://two.example/feed", "full_text = \"feed\""), ("one", "https://one.example/", "")],
            vec!["change | two | state: removed → active"],
        ),
        (
            vec![("one", "https://other.example/", "")],
            vec![
                "change | one | url: https://one.example/ → https://other.example/; kind: page → nothing",
                "remove | two | no longer followed, 0 articles kept",
            ],
        ),
    ];
    // The list of the settings, then one that they do not have.
    for is_own in [true, false] {
        for (sources, expected) in &steps {
            let file = if is_own {
                room.write_sources(&list(sources));
                "sources.toml".to_owned()
            } else {
                room.file("lists/ours.toml", list(sources))
            };
            let planned = room.run(&["sources", "plan", &file]).exits(0);
            assert_eq!(&lines(&planned), expected);
            assert!(!planned.stdout.contains("zq7"));
            room.run(&["sources", "plan", "--exit-code", &file]).exits(1);
            let json = room.run(&["--json", "sources", "plan", &file]).exits(0).json_lines();
            assert_eq!(json.len(), expected.len(), "{json:?}");
            let applied = room.run(&["sources", "apply", &file]).exits(0);
            assert_eq!(&lines(&applied), expected);
            let (of_plan, of_apply) = (counts(&planned.stderr), counts(&applied.stderr));
            assert_eq!(of_plan, of_apply, "{} {}", planned.stderr, applied.stderr);
            let again = room.run(&["sources", "plan", "--exit-code", &file]).exits(0);
            assert_eq!((again.stdout.as_str(), counts(&again.stderr)[..3].to_vec()), ("", vec![0, 0, 0]));
            room.run(&["sources", "apply", &file]).exits(0).says("0 added, 0 changed, 0 removed");
        }
        assert_eq!(followed(&room), ["one"]);
        room = Newsroom::new();
    }
}

/// The numbers of a summary.
fn counts(summary: &str) -> Vec<u32> {
    let last = summary.lines().last().unwrap_or_default();
    last.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse().ok()).collect()
}

#[test]
fn what_commands_have_added_stays_where_the_settings_have_a_list() {
    let mut room = Newsroom::new();
    let add = |room: &Newsroom, slug: &str| {
        room.run(&["sources", "add", "--force", "--slug", slug, &format!("https://{slug}.example/feed")]).exits(0);
    };
    add(&room, "mine");
    room.write_sources(&list(&[("one", "https://one.example/", "")]));
    room.run(&["sources", "apply", "sources.toml"]).exits(0).says("1 added, 0 changed, 0 removed");
    // A list that is not that of the settings can be looked at: what would be, were it there.
    let other = room.file("other.toml", list(&[("three", "https://three.example/", "")]));
    let planned = room.run(&["sources", "plan", &other]).exits(0);
    assert_eq!(
        lines(&planned),
        ["add | three | https://three.example/", "remove | one | no longer followed, 0 articles kept"]
    );
    room.run(&["sources", "apply", &other]).exits(1).says("is not the list of the settings").says("sources.toml");
    assert_eq!(followed(&room), ["mine", "one"]);
    // Without one in the settings it is all that is followed, also by a daemon that starts then.
    std::fs::remove_file(room.path("sources.toml")).expect("the file is there");
    room.run(&["sources", "apply", &other]).exits(0).says("1 added, 0 changed, 2 removed");
    assert_eq!(followed(&room), ["three"]);
    room.run(&["config", "check"]).exits(0);
}

#[test]
fn a_list_with_faults_changes_nothing() {
    let room = Newsroom::new();
    let good = room.file("good.toml", list(&[("one", "https://one.example/", "")]));
    room.run(&["sources", "apply", &good]).exits(0);
    let opml = |outlines: &str| format!("<opml version=\"2.0\"><body>\n{outlines}</body></opml>");
    let outline = "<outline text=\"A\" type=\"rss\" xmlUrl=\"https://a.example/\" newswire:slug=\"a\"/>\n";
    for (name, text, told) in [
        ("faulty.toml", list(&[("One", "ftp://one.example/", "")]), "faulty.toml:3: slug = \"One\": must be"),
        ("empty.toml", " \n".to_owned(), "is empty; a file with only a comment is an empty list"),
        ("broken.toml", "[[source".to_owned(), "broken.toml:1"),
        ("none.opml", "<html></html>".to_owned(), "not OPML"),
        ("faulty.opml", opml("<outline text=\"B\" type=\"rss\"/>\n"), "line 2: the outline \"B\""),
        ("twice.opml", opml(&(outline.to_owned() + &outline.replace("a.ex", "b.ex"))), "has two sources \"a\""),
    ] {
        let file = room.file(name, text);
        for command in ["plan", "apply"] {
            room.run(&["sources", command, &file]).exits(78).says(told);
        }
    }
    room.run(&["sources", "apply", "no-such-file"]).exits(78).says("no-such-file: list of sources: cannot be read");
    assert_eq!(followed(&room), ["one"]);
    let nothing = room.file("nothing.toml", "# none\n");
    room.run(&["sources", "apply", &nothing]).exits(0).says("1 removed");
    assert_eq!(followed(&room), Vec::<String>::new());
}

#[test]
fn lists_of_other_readers_keep_the_names_and_credentials_that_their_addresses_have() {
    let room = Newsroom::new();
    let add = ["sources", "add", "--force", "--slug", "quay", "--credentials", "quay", "https://quay.example/feed"];
    room.run(&add).exits(0);
    let exported = room.run(&["sources", "export"]).exits(0).stdout;
    let own = room.file("own.opml", &exported);
    room.run(&["sources", "plan", "--exit-code", &own])
        .exits(0)
        .says("0 to add, 0 to change, 0 to remove, 1 as they are");
    let foreign = "<opml version=\"1.0\"><body>\n<outline text=\"Quay\" type=\"rss\" xmlUrl=\"https://quay.example/feed\"/>\n\
        <outline text=\"New\" type=\"rss\" xmlUrl=\"https://new.example/feed\" newswire:state=\"paused\"/></body></opml>";
    let foreign = room.file("foreign.opml", foreign);
    let applied = room.run(&["sources", "apply", &foreign]).exits(0);
    assert!(
        lines(&applied).contains(&"add | new.example-feed | https://new.example/feed".to_owned()),
        "{}",
        applied.stdout
    );
    assert_eq!(
        room.table("SELECT slug, state FROM sources ORDER BY slug"),
        [["new.example-feed", "paused"], ["quay", "active"]]
    );
    assert_eq!(room.run(&["--json", "sources", "show", "quay"]).exits(0).json()["credentials"], "quay");
    let piped = room.run_with_input(&["sources", "plan", "-"], exported.as_bytes()).exits(0);
    assert_eq!(lines(&piped), ["remove | new.example-feed | no longer followed, 0 articles kept"]);
}

#[test]
fn a_running_daemon_takes_up_a_list_that_is_applied_and_history_stays() {
    let web = web_of(vec![
        Site::new("one.example").with("/feed", feed(&["http://one.example/a"])),
        Site::new("two.example").with("/feed", feed(&["http://two.example/a"])),
    ]);
    let mut room = Newsroom::reading(&web);
    room.hurry();
    room.write_sources(&list(&[("one", "http://one.example/feed", "")]));
    let daemon = room.start();
    room.wait_for(
        PATIENCE,
        "SELECT count(*) > 0 FROM fetches JOIN sources ON sources.id = source_id WHERE slug = 'one'",
        "1",
    );
    room.write_sources(&list(&[("two", "http://two.example/feed", "")]));
    room.run(&["sources", "apply", "sources.toml"]).exits(0).says("1 added, 0 changed, 1 removed");
    room.wait_for(
        PATIENCE,
        "SELECT count(*) > 0 FROM fetches JOIN sources ON sources.id = source_id WHERE slug = 'two'",
        "1",
    );
    daemon.stop().exits(0);
    assert_eq!(followed(&room), ["two"]);
    assert_eq!(room.value("SELECT state FROM sources WHERE slug = 'one'"), "removed");
}
