//! Rules for single sites: read from files, used by every way in which a page comes, taken up at a reload.

use std::time::Duration;

use newswire::demo::web::{Resource, Site};

use crate::harness::{Newsroom, web_of};

const URL: &str = "http://stubborn.example/a/7";

/// The text, of which the general way takes all: a page whose boxes look like its text.
const PARAGRAPHS: [&str; 2] = [
    "The lock at Weir Lane was emptied on Monday for the first time since the flood of nine years ago, in the rain.",
    "Divers found two bicycles, an anchor and a bell that nobody in the town claims to have missed in all that time.",
];
const BOX: &str = "A boat of your own is nearer than you think, and the whole family will be glad of it in the summer.";

const RULE: &str = "[[site]]\nhost = \"stubborn.example\"\nbody = \"[data-k=t]\"\ndrop = \"[data-k=b]\"\ntitle = \"#h\"\n\
                    date = \"#d@data-at\"\nauthors = \"#w\"\n";

fn page() -> String {
    let [first, second] = PARAGRAPHS;
    format!(
        "<!doctype html><html lang=en><head><title>Page</title><link rel=canonical href=\"{URL}\"></head><body>\
         <div id=h>Lock emptied</div><div id=w>By Ada Quill</div><div id=d data-at=2026-03-04T05:06:00Z></div>\
         <div data-k=t><p>{first}</p><p data-k=b>{BOX}</p><p>{second}</p></div></body></html>"
    )
}

fn room_reading(web: &newswire::demo::web::NewsWeb) -> Newsroom {
    let room = Newsroom::reading(web);
    room.file("sites/stubborn.toml", RULE);
    room
}

#[test]
fn a_rule_is_used_wherever_a_page_of_its_site_is_read() {
    let web = web_of(vec![Site::new("stubborn.example").with("/a/7", Resource::html(page()))]);
    let room = room_reading(&web);
    room.run(&["fetch", URL]).exits(0);
    let [first, second] = PARAGRAPHS;
    let row = ["Lock emptied", "20260304", "site-rule", "[\"Ada Quill\"]", &format!("{first}\n{second}")];
    assert_eq!(room.table("SELECT title, date, date_source, authors, body FROM articles"), [row]);

    let file = room.file("page.html", page());
    for input in [URL, &file] {
        let article = room.run(&["extract", input]).exits(0).json();
        assert_eq!(article["paragraphs"], serde_json::json!(PARAGRAPHS), "{input}");
        assert_eq!(article["title"], "Lock emptied", "{input}");
    }
    // A page that does not say where it stood can be told.
    let nameless = room.file("nameless.html", page().replace(URL, ""));
    let of = |arguments: &[&str]| room.run(arguments).exits(0).json()["paragraphs"].as_array().map_or(0, Vec::len);
    assert_eq!(of(&["extract", &nameless]), 3);
    assert_eq!(of(&["extract", "--url", URL, &nameless]), 2);
    room.run(&["import", &file]).exits(0);
    room.assert_sound();
}

#[test]
fn a_rule_that_no_longer_fits_is_told_and_does_no_harm() {
    let web = web_of(vec![Site::new("stubborn.example").with("/a/7", Resource::html(page()))]);
    let room = room_reading(&web);
    room.file("sites/stubborn.toml", RULE.replace("[data-k=t]", "div.story"));
    let outcome = room.run(&["-v", "fetch", URL]).exits(0);
    let outcome = outcome.says("stubborn.toml:1: body = \"div.story\" finds nothing");
    assert!(outcome.stderr.contains("stubborn.example"), "{}", outcome.stderr);
    let reasons = room.value("SELECT quality_reasons FROM articles");
    assert!(reasons.contains("site-rule-failed"), "{reasons}");
    assert_eq!(
        room.number("SELECT count(*) FROM articles WHERE body LIKE '%a boat%' OR body LIKE '%two bicycles%'"),
        1
    );
    // Without any text the rule is the more likely fault.
    assert!(web.put("stubborn.example", "/a/8", Resource::html("<p>Nothing.</p>")));
    room.run(&["extract", "http://stubborn.example/a/8"]).exits(1).says("body = \"div.story\" finds nothing");
}

#[test]
fn rules_are_checked_and_shown_with_the_settings() {
    let room = Newsroom::new();
    room.file("sites/b.toml", RULE);
    room.file("sites/a.toml", "[[site]]\nhost = \"*.a.example\"\npath = \"/news/\"\nbody = [\"main\", \"i.x\"]\n");
    let checked = room.run(&["config", "check"]).exits(0).stdout;
    assert!(checked.contains("sites") && checked.contains("(2 rules)"), "{checked}");
    let shown = room.run(&["config", "show"]).exits(0);
    let cells = shown.cells();
    let row = cells.iter().find(|cells| cells[0] == "site *.a.example/news/").expect("the rule");
    assert_eq!(row[1], "{ body = [\"main\", \"i.x\"] }");
    assert!(row[2].ends_with("a.toml:1"), "{row:?}");

    room.file(
        "sites/c.toml",
        "[[site]]\nhost = \"c d\"\nbody = \"p:\"\n\n[[site]]\nhost = \"stubborn.example\"\ntitel = \"h1\"\n",
    );
    room.file("sites/d.toml", format!("{RULE}valid_from = 2026-13-01\n"));
    room.file("sites/e.toml", RULE);
    for arguments in [&["config", "check"][..], &["extract", "x.html"], &["run"]] {
        let outcome = room.run(arguments).exits(78);
        for problem in [
            "c.toml:2: host = \"c d\": must be a host",
            "c.toml:3: body = \"p:\": must be a CSS selector",
            "c.toml:7: titel: unknown key",
            "c.toml:5: site: must have at least one of",
            "d.toml:8: ",
            "e.toml:1: host = \"stubborn.example\": has two rules for the same time, the first at",
        ] {
            assert!(outcome.stderr.contains(problem), "{problem} is not in {}", outcome.stderr);
        }
    }
}

#[test]
fn a_reload_takes_up_new_rules() {
    const PATIENCE: Duration = Duration::from_secs(20);
    let web = web_of(vec![Site::new("stubborn.example").with("/a/7", Resource::html(page()))]);
    let mut room = Newsroom::reading(&web);
    room.hurry();
    room.set(&[("schedule.article_interval_s", "1")]);
    room.follow("lock", URL, Some("article"));
    let daemon = room.start();
    room.wait_for(PATIENCE, "SELECT count(*) FROM articles WHERE body LIKE '%a boat%'", "1");
    // What cannot be used leaves the old settings in force.
    room.file("sites/stubborn.toml", "[[site]]\n");
    daemon.signal("HUP");
    daemon.wait_to_say("stubborn.toml:1: host: is missing");
    room.file("sites/stubborn.toml", RULE);
    daemon.signal("HUP");
    daemon.wait_to_say("settings reloaded");
    // The page itself is as it was; only another answer makes another reading of it.
    assert!(web.put("stubborn.example", "/a/7", Resource::html(page().replace("Monday", "Tuesday"))));
    room.wait_for(
        PATIENCE,
        "SELECT title FROM articles WHERE body LIKE '%Tuesday%' AND body NOT LIKE '%a boat%'",
        "Lock emptied",
    );
    daemon.stop().exits(0);
}
