//! From the news web into the database, by `newswire fetch`.

use std::collections::HashMap;

use newswire::demo::content::{ExpectedArticle, SOURCES};
use newswire::demo::web::{Resource, Site};

use crate::harness::{Newsroom, feed, web_of};

/// Articles that have the same text, by the address of the one that had it first in print.
fn copies(expected: &[ExpectedArticle]) -> HashMap<&str, Vec<&str>> {
    let mut groups: HashMap<&str, Vec<&str>> = HashMap::new();
    for copy in expected {
        if let Some(original) = &copy.copy_of {
            groups.entry(original).or_insert_with(|| vec![original]).push(&copy.url);
        }
    }
    groups
}

#[test]
fn everything_comes_in_as_it_was_printed_and_once() {
    let (room, web, content) = Newsroom::of_demo();
    let expected = content.expected();
    // One feed of the demo is broken: it is named, and the rest goes on.
    let outcome = room.run(&["fetch", "--all"]);
    assert!(outcome.stderr.contains("harbour-post-living"), "{}", outcome.stderr);
    let living = room.table("SELECT error, problems FROM source_health WHERE slug = 'harbour-post-living'");
    assert_ne!(living, [["NULL", "[]"]], "the broken feed has a problem");
    let code = if living[0][0] == "NULL" { 0 } else { 3 };
    let outcome = outcome.exits(code);
    assert_eq!(outcome.stdout.lines().count(), expected.len(), "a line for each article");

    assert_eq!(room.number("SELECT count(*) FROM articles"), i64::try_from(expected.len()).unwrap());
    for article in &expected {
        room.assert_stored(article);
    }
    room.assert_sound();

    // Copies point at the one that came first, directly; that one may be made from another.
    let groups = copies(&expected);
    let n_copies: usize = groups.values().map(|group| group.len() - 1).sum();
    assert!(n_copies > 0);
    for group in groups.values() {
        let urls: Vec<String> = group.iter().map(|url| format!("'{url}'")).collect();
        let rows = room.table(&format!(
            "SELECT id, duplicate_of, duplicate_kind FROM articles WHERE url IN ({}) ORDER BY id",
            urls.join(",")
        ));
        assert_eq!(rows.len(), group.len(), "{group:?}");
        assert_ne!(rows[0][2], "exact", "{group:?}");
        for row in &rows[1..] {
            assert_eq!(row[1..], [rows[0][0].as_str(), "exact"], "{group:?}");
        }
    }
    let n_marked = room.number("SELECT count(*) FROM articles WHERE duplicate_kind = 'exact'");
    assert_eq!(n_marked, i64::try_from(n_copies).unwrap());
    // What was made from an agency's report is in one line with it, whichever came first.
    let mut n_made = 0;
    for article in &expected {
        let Some(report) = &article.made_from else { continue };
        n_made += 1;
        let first_of = |url: &str| {
            room.value(&format!(
                "WITH RECURSIVE line (id, of) AS (
                     SELECT id, duplicate_of FROM articles WHERE url = '{url}'
                     UNION ALL SELECT articles.id, duplicate_of FROM line JOIN articles ON articles.id = of)
                 SELECT id FROM line WHERE of IS NULL"
            ))
        };
        assert_eq!(first_of(&article.url), first_of(report), "{} and {report}", article.url);
    }
    assert_eq!(room.number("SELECT count(*) FROM articles WHERE duplicate_kind = 'near'"), n_made);

    // What two feeds list is fetched once, is one row and was seen in both.
    let city = room.column(
        "SELECT article_id FROM sightings JOIN sources ON sources.id = source_id WHERE slug = 'harbour-post-city'",
    );
    assert!(!city.is_empty());
    let twice = room.column("SELECT article_id FROM sightings GROUP BY article_id HAVING count(*) = 2");
    assert_eq!(twice.len(), city.len());
    for article in &expected {
        let path = article.url.strip_prefix(&format!("http://{}", article.host)).expect("an address of its host");
        assert_eq!(web.stats(&article.host).count(path), 1, "{}", article.url);
    }

    // The title in the table of sources is that of the feed, and all but the broken one are well.
    let well = room.column("SELECT slug FROM source_health WHERE last_ok_at IS NOT NULL AND error IS NULL");
    let n_broken = SOURCES.iter().filter(|source| source.is_broken).count();
    assert!(well.len() >= SOURCES.len() - n_broken, "{well:?}");
}

#[test]
fn a_second_time_nothing_is_new_and_an_edit_is_a_revision() {
    let (room, web, mut content) = Newsroom::of_demo();
    let first = room.run(&["fetch", "--all"]);
    let code = first.code.expect("an exit code");
    let before = room.table("SELECT id, sha256, revision, change_seq FROM articles ORDER BY id");

    let again = room.run(&["fetch", "--all"]).exits(code);
    assert_eq!(again.stdout, "");
    assert_eq!(room.table("SELECT id, sha256, revision, change_seq FROM articles ORDER BY id"), before);
    let n_not_modified: usize = content.sites().iter().map(|site| web.stats(site.host()).n_not_modified()).sum();
    let n_well = SOURCES.iter().filter(|source| !source.is_broken).count();
    assert!(n_not_modified >= n_well, "{n_not_modified} polls of {n_well} were answered by 304");
    assert!(again.stderr.contains(&format!("({n_not_modified} unchanged)")), "{}", again.stderr);

    let edited_at = jiff::Timestamp::now();
    let edited = content.edit_one(&web, edited_at).expect("an article that its publisher edits");
    let old_body = room.value(&format!("SELECT body FROM articles WHERE url = '{}'", edited.url));
    let outcome = room.run(&["fetch", "--all"]).exits(code);
    assert_eq!(outcome.cells().len(), 1, "{}", outcome.stdout);
    assert_eq!(outcome.cells()[0][1], "revised");
    room.assert_stored(&edited);
    let row = format!("SELECT id, revision FROM articles WHERE url = '{}'", edited.url);
    let row = room.table(&row).swap_remove(0);
    assert_eq!(row[1], "2");
    assert_eq!(
        room.table(&format!("SELECT revision, body FROM revisions WHERE article_id = {}", row[0])),
        [["1".to_owned(), old_body.clone()]]
    );
    assert_eq!(room.number("SELECT count(*) FROM revisions"), 1);
    let shown = room.run(&["show", &edited.url, "--revisions"]).exits(0);
    for paragraph in &edited.paragraphs {
        assert!(shown.stdout.contains(paragraph), "{paragraph}");
    }
    assert!(shown.stdout.contains("as it was first seen") && shown.stdout.contains("changed"), "{}", shown.stdout);
    let difference = room.run(&["show", &edited.url, "--diff", "1"]).exits(0);
    for paragraph in old_body.lines().filter(|paragraph| !edited.paragraphs.iter().any(|new| new == paragraph)) {
        let first_word = paragraph.split(' ').next().expect("a word");
        assert!(difference.stdout.contains(first_word), "{paragraph}");
    }
    // The index knows the new wording and no longer only the old.
    room.assert_sound();
}

/// An article with letters that encodings treat differently.
fn accented_html(meta: &str) -> String {
    let paragraph = "Le maire a reçu mardi les élèves de l’école des Étangs, où l’on fêtait “les cœurs vaillants” – une \
        tradition née à Noël 1931. « C’était hier », a-t-il assuré, ému, avant de promettre 40 € par élève pour la sortie.";
    let body = (1..=5).fold(String::new(), |body, n| body + &format!("<p>{n}. {paragraph}</p>\n"));
    format!(
        "<!doctype html><html lang=\"fr\"><head>{meta}<title>Fête à l’école</title></head><body><article>\
         <h1>Fête à l’école</h1>{body}</article></body></html>"
    )
}

fn encoded(text: &str, encoding: &'static encoding_rs::Encoding) -> Vec<u8> {
    encoding.encode(text).0.into_owned()
}

fn compressed(text: &str, how: &str) -> Vec<u8> {
    use std::io::{Read, Write};
    let mut out = Vec::new();
    let bytes = text.as_bytes();
    match how {
        "gzip" => {
            let mut encoder = flate2::write::GzEncoder::new(&mut out, flate2::Compression::default());
            encoder.write_all(bytes).expect("writing to memory");
        }
        "deflate" => {
            let mut encoder = flate2::write::ZlibEncoder::new(&mut out, flate2::Compression::default());
            encoder.write_all(bytes).expect("writing to memory");
        }
        _ => {
            brotli::CompressorReader::new(bytes, 4096, 5, 20).read_to_end(&mut out).expect("reading from memory");
        }
    }
    out
}

#[test]
fn pages_are_read_in_every_encoding_they_come_in() {
    const HOST: &str = "accents.example";
    let plain = accented_html("");
    let labelled = |label: &str| accented_html(&format!("<meta charset=\"{label}\">"));
    let page = |content_type: &str, body: Vec<u8>| Resource::new(content_type, body).without_compression();
    let windows = encoding_rs::WINDOWS_1252;
    let cases = [
        ("/utf-8-by-header", page("text/html; charset=utf-8", plain.clone().into_bytes())),
        ("/utf-8-by-nothing", page("text/html", plain.clone().into_bytes())),
        ("/utf-8-by-mark", page("text/html", ["\u{feff}", plain.as_str()].concat().into_bytes())),
        ("/windows-by-header", page("text/html; charset=windows-1252", encoded(&plain, windows))),
        ("/windows-called-latin", page("text/html; charset=ISO-8859-1", encoded(&plain, windows))),
        ("/windows-by-page", page("text/html", encoded(&labelled("windows-1252"), windows))),
        ("/gzip", page("text/html; charset=utf-8", compressed(&plain, "gzip")).header("content-encoding", "gzip")),
        ("/brotli", page("text/html; charset=utf-8", compressed(&plain, "br")).header("content-encoding", "br")),
        (
            "/deflate",
            page("text/html; charset=utf-8", compressed(&plain, "deflate")).header("content-encoding", "deflate"),
        ),
    ];
    let paths: Vec<&str> = cases.iter().map(|(path, _)| *path).collect();
    let site = cases.into_iter().fold(Site::new(HOST), |site, (path, resource)| site.with(path, resource));
    let web = web_of(vec![site]);
    let room = Newsroom::reading(&web);
    let urls: Vec<String> = paths.iter().map(|path| format!("http://{HOST}{path}")).collect();
    let mut arguments = vec!["fetch"];
    arguments.extend(urls.iter().map(String::as_str));
    room.run(&arguments).exits(0);
    for url in &urls {
        let row = room.table(&format!("SELECT title, body FROM articles WHERE url = '{url}'"));
        assert_eq!(row.len(), 1, "{url}");
        assert_eq!(row[0][0], "Fête à l’école", "{url}");
        assert!(row[0][1].contains("où l’on fêtait “les cœurs vaillants” – une tradition"), "{url}: {}", row[0][1]);
        assert!(row[0][1].contains("40 € par élève"), "{url}: {}", row[0][1]);
    }
    // Nine addresses with one text: one article and eight copies of it.
    assert_eq!(room.number("SELECT count(*) FROM articles WHERE duplicate_of IS NULL"), 1);
}

#[test]
fn an_address_may_be_a_feed_a_site_or_an_article() {
    let (room, _web, content) = Newsroom::of_demo();
    let expected = content.expected();
    let gazette = "gazette-des-rives.example";
    let n_gazette = expected.iter().filter(|article| article.host == gazette).count();
    let one = expected.iter().find(|article| article.host == gazette).expect("an article");

    let outcome = room.run(&["fetch", &one.url]).exits(0);
    assert_eq!(outcome.cells().len(), 1, "{}", outcome.stdout);
    room.assert_stored(one);
    // The site's front page holds no article and names a feed, which is read to its articles.
    let outcome = room.run(&["fetch", &format!("http://{gazette}/")]).exits(0);
    assert_eq!(outcome.cells().len(), n_gazette - 1, "{}", outcome.stderr);
    // By slug, and dry: it is told and not stored.
    let dry = room.run(&["fetch", "--dry-run", "valley-chronicle"]).exits(0);
    assert!(!dry.stdout.is_empty());
    assert_eq!(room.number("SELECT count(*) FROM articles"), i64::try_from(n_gazette).unwrap());
    // Without a database, into files.
    let out = room.path("bundle");
    let out = out.display().to_string();
    room.run(&["fetch", "http://gazette-des-rives.example/atom.xml", "--out", &out]).exits(0);
    assert_eq!(std::fs::read_dir(&out).expect("a folder").count(), n_gazette);
    room.run(&["fetch", "no-such-source"]).exits(2).says("no-such-source");
}

#[test]
fn a_one_shot_run_polls_every_source_once_however_short_its_interval() {
    let web = web_of(vec![Site::new("paper.example").with("/feed", feed(&[]))]);
    let mut room = Newsroom::reading(&web);
    room.hurry();
    room.follow("paper", "http://paper.example/feed", Some("feed"));
    room.run(&["fetch", "--all"]).exits(0);
    assert_eq!(web.stats("paper.example").count("/feed"), 1);
}
