//! One real article on its `WordPress` site, from feed or address to the bundle document, exact to the byte.

use newswire::demo::web::Resource;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::harness::{Newsroom, web_of};
use crate::newsweb::dailytimes::{self, ARTICLE_DAY, DailyTimes, FEED_URL, HOST};

/// Its place on the site, and in it what makes texts hard: quotes, dashes, an apostrophe, letters with marks.
const INVENTED_DOCUMENT: &str = "\
Harbour council to hear ferrymen’s appeal after “night of the nine tides”
20220103
https://dailytimes.com.pk/863190/harbour-council-to-hear-ferrymens-appeal/
The harbour council will hear the ferrymen’s appeal on Thursday, its secretary said, three weeks after nine tides in \
one night — a count that the observatory disputes — put half of the landing stages out of use.
“We’re not going to wait for a tenth,” said José Peña-Łukasz, who speaks for the forty-one crews. “Nobody who was there \
counts eight.”
The observatory’s director, Dr. Aoife Ní Bhriain, said that her instruments had registered 7.5 “events”; the half, she \
added, was “a courtesy to the fishermen”.
Repairs are put at £1.3m–£1.6m, of which the insurers have so far accepted a third. The rest is to come from a levy on \
freight that the chamber of commerce calls unlawful.
A decision is expected before the spring tides on 2 February.
";

/// A room that has read the article, and the article's row.
fn check_row(room: &Newsroom, site: &DailyTimes) {
    let rows = room.table(&format!(
        "SELECT title, date, url, body, authors FROM articles WHERE url LIKE '%/863190/%' OR title = '{}'",
        site.title.replace('\'', "''")
    ));
    // “Agencies Desk” is no person, but nobody else signs.
    let authors = r#"["Agencies Desk"]"#.to_owned();
    let expected =
        [site.title.clone(), ARTICLE_DAY.to_owned(), site.canonical_url.clone(), site.paragraphs.join("\n"), authors];
    assert_eq!(rows, [expected]);
}

/// What a bundle document of the article must be (bundle-format.md).
fn canonical_document(site: &DailyTimes) -> String {
    let DailyTimes { title, canonical_url, paragraphs, .. } = site;
    format!("{title}\n{ARTICLE_DAY}\n{canonical_url}\n{}\n", paragraphs.join("\n"))
}

fn name_hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(8).fold(String::new(), |hash, byte| hash + &format!("{byte:02x}"))
}

fn check(make: impl Fn() -> DailyTimes) {
    let site = make();
    let page_url = format!("http://{HOST}{}", site.path);
    let web = web_of(vec![site.site.clone()]);

    // As an entry of the feed.
    let mut room = Newsroom::reading(&web);
    room.follow("dailytimes", FEED_URL, Some("feed"));
    room.run(&["fetch", "--all"]).exits(0).says("5 new articles");
    check_row(&room, &site);
    // And then as a page that is looked at for changes: still one row, seen in two sources.
    room.follow("dailytimes-863190", &page_url, Some("article"));
    let outcome = room.run(&["fetch", "dailytimes-863190"]).exits(0);
    assert_eq!(outcome.stdout, "", "it reads as it did");
    check_row(&room, &site);
    assert_eq!(room.number("SELECT count(*) FROM articles"), 5);
    let seen_in = "SELECT slug FROM sightings JOIN sources ON sources.id = sightings.source_id JOIN articles ON articles.id = article_id
                   WHERE articles.url LIKE '%/863190/%' ORDER BY slug";
    assert_eq!(room.column(seen_in), ["dailytimes", "dailytimes-863190"]);

    // As the one source of another database, of kind article, and as a bare address there.
    let mut alone = Newsroom::reading(&web);
    alone.follow("dailytimes-863190", &page_url, Some("article"));
    alone.run(&["fetch", "--all"]).exits(0).says("1 new article (");
    alone.run(&["fetch", &page_url]).exits(0);
    alone.run(&["fetch", &format!("{page_url}?utm_source=feed#comments")]).exits(0);
    check_row(&alone, &site);
    assert_eq!(alone.number("SELECT count(*) FROM articles"), 1);

    // Out again: the same bytes by the command, by the view, and from `extract`.
    let document = canonical_document(&site);
    let hash = name_hash(&document);
    let bundle = alone.path("bundle");
    alone.run(&["export", "--format", "bundle", "--out", &bundle.display().to_string()]).exits(0);
    let written = std::fs::read(bundle.join(format!("000_{hash}.txt"))).expect("the document, under its name");
    assert_eq!(String::from_utf8(written).expect("UTF-8"), document);
    assert_eq!(std::fs::read_dir(&bundle).expect("a folder").count(), 1);
    assert_eq!(alone.table("SELECT name_hash, text FROM bundle_documents"), [[hash.clone(), document.clone()]]);
    assert_eq!(alone.run(&["extract", &page_url, "--format", "bundle"]).exits(0).stdout, document);
    let html = site.site.resource(&site.path).expect("the page").body();
    let file = alone.file("page.html", &html);
    assert_eq!(alone.run(&["extract", &file, "--format", "bundle"]).exits(0).stdout, document);

    // The publisher corrects a word: revision 2, with the old wording beside it.
    let beginning = site.paragraphs[0].split(' ').take(3).collect::<Vec<_>>().join(" ");
    let corrected = String::from_utf8(html.to_vec()).expect("UTF-8").replace(&beginning, "Now it reads otherwise:");
    assert!(web.put(HOST, &site.path, Resource::html(corrected)));
    alone.run(&["fetch", "dailytimes-863190"]).exits(0).says("1 revised");
    assert_eq!(alone.table("SELECT revision, body LIKE 'Now it reads otherwise: %' FROM articles"), [["2", "1"]]);
    assert_eq!(alone.table("SELECT revision, body FROM revisions"), [["1".to_owned(), site.paragraphs.join("\n")]]);
}

#[test]
fn an_invented_article_of_the_site_is_stored_once_and_exactly() {
    check(|| dailytimes::site_of(INVENTED_DOCUMENT));
}

#[test]
fn the_real_article_of_the_site_is_stored_once_and_exactly() {
    let Some(site) = dailytimes::site() else { return };
    // What a person read in the document must be what the site is made of.
    let path = dailytimes::document_path().with_file_name("expected.jsonl");
    let list = match std::fs::read_to_string(&path) {
        Ok(list) => list,
        Err(error) => {
            eprintln!("skipped: {} cannot be read: {error}", path.display());
            return;
        }
    };
    let name = dailytimes::document_path().file_name().expect("a file").to_string_lossy().into_owned();
    let expected = list
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"))
        .find(|value| value["file"] == name.as_str())
        .expect("the document is on the list");
    assert_eq!(expected["title"], site.title);
    assert_eq!(expected["url"], site.canonical_url);
    assert_eq!(expected["published"].as_str().expect("a date").replace('-', ""), ARTICLE_DAY);
    let paragraphs: Vec<&str> =
        expected["paragraphs"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    assert_eq!(paragraphs, site.paragraphs);
    check(|| dailytimes::site().expect("it was there a moment ago"));
}

#[test]
fn the_seed_documents_are_imported_as_a_person_read_them() {
    let folder = dailytimes::document_path().parent().expect("a folder").to_owned();
    let Ok(list) = std::fs::read_to_string(folder.join("expected.jsonl")) else {
        eprintln!("skipped: {} cannot be read", folder.join("expected.jsonl").display());
        return;
    };
    let room = Newsroom::new();
    for line in list.lines() {
        let expected: Value = serde_json::from_str(line).expect("a line of JSON");
        let file = folder.join(expected["file"].as_str().expect("a name")).display().to_string();
        room.run(&["import", &file]).exits(0).says("1 new");
        let row = room.table("SELECT title, date, url, body FROM articles ORDER BY id DESC LIMIT 1").swap_remove(0);
        let text = |key: &str| expected[key].as_str().unwrap_or("NULL").to_owned();
        let paragraphs: Vec<&str> =
            expected["paragraphs"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
        assert_eq!(
            row,
            [text("title"), text("published").replace('-', ""), text("url"), paragraphs.join("\n")],
            "{file}"
        );
    }
}
