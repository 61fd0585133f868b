//! Questions for consent, sign-in forms and bot checks where articles should be: they are none, the feed's text stands in for
//! what is behind them, and when they open all of it comes.

use std::time::Duration;

use newswire::demo::web::{NewsWeb, Resource, Site};

use crate::harness::{Newsroom, web_of};

/// Longest wait for something that takes a second or two.
const PATIENCE: Duration = Duration::from_mins(1);

/// Headline, summary and text of three stories that have nothing in common.
const STORIES: [(&str, &str, &str); 3] = [
    (
        "Ferry returns after winter repairs",
        "The old ferry carries passengers across the river again, with new engines, a fresh coat of paint and the same crew \
         that has sailed her for twenty years.",
        "The old ferry carries passengers across the river again since Monday. She has new engines and a fresh coat of paint. \
         The crew is the one that has sailed her for twenty years, and the fare has not been raised.",
    ),
    (
        "Bakery wins national bread award",
        "A small bakery at the market won the first prize for its rye loaf, baked by three sisters who learned the recipe from \
         their grandmother in the hills.",
        "A small bakery at the market won the first prize of the guild for its rye loaf. Three sisters bake it by a recipe \
         that they learned from their grandmother. There was a queue on the morning after.",
    ),
    (
        "Library opens reading garden",
        "Behind the municipal library a garden with forty chairs opens on Sunday, planted by volunteers who have collected \
         books and shrubs for more than a year.",
        "Behind the municipal library a garden with forty chairs opens on Sunday. Volunteers planted it, and they have \
         collected books and shrubs for more than a year. It stays open until the lamps are lit.",
    ),
];

/// Wordings of gates, some of which read like articles.
const GATES: [(&str, &str); 3] = [
    (
        "Before you continue",
        "We and our 812 partners store and access information on your device, such as unique identifiers, to process personal \
         data for advertising and measurement. You may accept or manage your choices at any time by clicking below or in \
         the privacy policy. Your preferences will apply to this website only.",
    ),
    (
        "Checking your connection",
        "Please wait while we verify that you are human. This process is automatic, and your request will be forwarded to \
         the requested content shortly. Please allow up to five seconds, and make sure that scripts and cookies are enabled.",
    ),
    (
        "Welcome back",
        "Sign in with your account to keep reading. Subscribers have unlimited access to every issue, to the archive since \
         1987 and to all newsletters. New here? Create your account within a minute, the first month is free of charge and \
         you can cancel whenever you like.",
    ),
];

fn story_page((title, _, text): (&str, &str, &str)) -> Resource {
    let paragraphs = text.replace(". ", ".</p><p>");
    Resource::html(format!(
        "<!doctype html><html lang=\"en\"><head><title>{title}</title></head><body><article><h1>{title}</h1>\
         <p>{paragraphs}</p></article></body></html>"
    ))
}

fn gate_page((title, text): (&str, &str)) -> Resource {
    let paragraphs = text.replace(". ", ".</p><p>");
    Resource::html(format!(
        "<!doctype html><html lang=\"en\"><head><title>{title}</title></head><body><main><h1>{title}</h1>\
         <p>{paragraphs}</p></main></body></html>"
    ))
}

fn feed_of_stories() -> Resource {
    let items = STORIES.iter().enumerate().fold(String::new(), |items, (n, (title, summary, _))| {
        items
            + &format!(
                "<item><title>{title}</title><link>http://gated.example/story-{n}</link>\
                 <description>{summary}</description></item>"
            )
    });
    Resource::new(
        "application/rss+xml",
        format!("<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Gated</title>{items}</channel></rss>"),
    )
}

/// The site with a gate before its stories: at their own addresses, or at one that they send to.
fn gated(gate: (&str, &str), is_elsewhere: bool) -> NewsWeb {
    let site = Site::new("gated.example").with("/feed", feed_of_stories()).with("/gate", gate_page(gate));
    let site = (0..STORIES.len()).fold(site, |site, n| {
        let there =
            if is_elsewhere { Resource::redirect(302, &format!("/gate?back=story-{n}")) } else { gate_page(gate) };
        site.with(&format!("/story-{n}"), there)
    });
    let site = (0..STORIES.len()).fold(site, |site, n| site.with(&format!("/gate?back=story-{n}"), gate_page(gate)));
    web_of(vec![site])
}

#[test]
fn what_stands_before_articles_is_none_and_all_of_them_come_when_it_opens() {
    for gate in GATES {
        for is_elsewhere in [true, false] {
            let web = gated(gate, is_elsewhere);
            let mut room = Newsroom::reading(&web);
            room.hurry();
            room.follow("gated", "http://gated.example/feed", Some("feed"));
            let outcome = room.run(&["fetch", "--all"]);
            let told = outcome.stderr.matches("stand behind a gate").count();
            assert_eq!(told, 1, "{gate:?} {is_elsewhere}: {}", outcome.stderr);

            // The feed's words stand in for the stories, and nothing for the gate.
            let titles = room.column("SELECT title FROM articles ORDER BY title");
            let expected = [
                "Bakery wins national bread award",
                "Ferry returns after winter repairs",
                "Library opens reading garden",
            ];
            assert_eq!(titles, expected, "{gate:?} {is_elsewhere}");
            assert_eq!(room.column("SELECT DISTINCT body_kind FROM articles"), ["teaser"]);
            let health = room.table("SELECT error_class, error FROM source_health");
            assert_eq!(health[0][0], "gate");
            assert!(health[0][1].contains("gated.example stand behind a gate"), "{health:?}");

            for (n, story) in STORIES.into_iter().enumerate() {
                assert!(web.put("gated.example", &format!("/story-{n}"), story_page(story)));
            }
            let daemon = room.start();
            room.wait_for(PATIENCE, "SELECT count(*) FROM articles WHERE body_kind = 'full'", "3");
            daemon.stop().exits(0);
            assert_eq!(room.number("SELECT count(*) FROM articles"), 3);
            assert_eq!(room.number("SELECT count(*) FROM articles WHERE removed_at IS NOT NULL"), 0);
            assert_eq!(room.column("SELECT error FROM source_health"), ["NULL"]);
            room.assert_sound();
        }
    }
}

#[test]
fn a_gate_that_comes_later_takes_nothing_away() {
    let site = (0..STORIES.len()).fold(Site::new("gated.example").with("/feed", feed_of_stories()), |site, n| {
        site.with(&format!("/story-{n}"), story_page(STORIES[n]))
    });
    let web = web_of(vec![site]);
    let mut room = Newsroom::reading(&web);
    room.hurry();
    room.set(&[("schedule.look_again_after_s", "[1, 2, 3, 4, 5, 6, 7, 8]")]);
    room.follow("gated", "http://gated.example/feed", Some("feed"));
    room.run(&["fetch", "--all"]).exits(0);
    let before = room.table("SELECT title, body, revision, removed_at FROM articles ORDER BY id");
    assert_eq!(before.len(), 3);

    for n in 0..STORIES.len() {
        assert!(web.put("gated.example", &format!("/story-{n}"), gate_page(GATES[0])));
    }
    let daemon = room.start();
    let is_seen = "SELECT count(*) >= 6 FROM fetches WHERE url LIKE '%/story-%' AND error IS NOT NULL";
    room.wait_for(PATIENCE, is_seen, "1");
    daemon.stop().exits(0);
    assert_eq!(room.table("SELECT title, body, revision, removed_at FROM articles ORDER BY id"), before);
}
