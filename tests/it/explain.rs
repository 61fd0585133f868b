//! `extract --explain` and `--html`: what they print and write, also of pages that mean harm.

use std::collections::BTreeSet;

use scraper::{Html, Selector};

use crate::harness::Newsroom;
use crate::newsweb::faults;

/// A page whose every name and text tries to leave its place in the explanation.
fn hostile_html() -> String {
    let text = "&lt;script&gt;prompt(1)&lt;/script&gt; &lt;/td&gt;&lt;/table&gt;&lt;img src=x onerror=prompt(2)&gt; \
        &amp;lt;b&amp;gt; \" ' ` \u{1b}[31m\u{9b}2J\u{7} and then the ferry left the harbour at noon, as it \
        always had. On board were the members of the committee, who had heard both sides and agreed to meet again, and a \
        report that was to be laid before them in the spring, with figures for each district and each of the islands. Those \
        who stayed behind spoke of a useful exchange, and those who had never come were, for once, not blamed for it.";
    let body = (1..=6).fold(String::new(), |body, n| {
        body + &format!("<p class='\"><script>prompt({n})</script>' id=\"x' onmouseover='prompt({n})\">{n}. {text}</p>")
    });
    format!(
        "<html lang='en\"><script>'><head><title>A &lt;script&gt;prompt(3)&lt;/script&gt; title&lt;/title&gt;</title>\
         <meta property='og:title' content='Other \"><script>prompt(4)</script>\u{1b}[2J title'>\
         <meta name='author' content='Ada \"onload=prompt(5) Quill'>\
         <meta name='date' content='2024-05-03 \"><script>'></head>\
         <body onload='prompt(6)'><h1>A &lt;script&gt;prompt(3)&lt;/script&gt; title&lt;/title&gt;</h1>\
         <article class='story </style><script>prompt(7)</script>'>{body}</article></body></html>"
    )
}

fn names(page: &Html) -> (BTreeSet<String>, BTreeSet<String>) {
    let elements: Vec<_> = page.tree.values().filter_map(|node| node.as_element()).collect();
    let attributes = elements.iter().flat_map(|element| element.attrs().map(|(name, _)| name.to_owned()));
    (elements.iter().map(|element| element.name().to_owned()).collect(), attributes.collect())
}

fn texts(page: &Html, selector: &str) -> Vec<String> {
    page.select(&Selector::parse(selector).unwrap()).map(|element| element.text().collect()).collect()
}

#[test]
fn lines_of_a_page_are_told_with_their_reasons() {
    let room = Newsroom::new();
    let file = room.file("page.html", faults::article_html("A saved page"));
    let told = room.run(&["extract", "--explain", &file]).exits(0);
    let rows = told.cells();
    assert_eq!(rows[0][..2], ["file", &file]);
    assert_eq!(rows[1][..2], ["outcome", "article"]);
    assert!(rows.contains(&vec!["title", "A saved page", "heading"]), "{rows:?}");
    assert!(rows.contains(&vec!["published", "2026-03-02T08:00:00Z", "meta"]), "{rows:?}");
    let lines: Vec<_> = rows.iter().filter(|row| row[0] == "line").collect();
    assert!(lines.iter().all(|line| line.len() == 8), "{lines:?}");
    let kept: Vec<_> = lines.iter().filter(|line| line[2] == "kept").collect();
    assert_eq!(kept.len(), 8);
    assert!(kept.iter().all(|line| line[6] == "article > p" && line[7].contains("The committee met")), "{kept:?}");
    assert!(kept.iter().all(|line| line[4].parse::<f32>().unwrap() > 0.5 && line[5].starts_with(['+', '-'])));

    let json = room.run(&["extract", "--explain", "--json", &file]).exits(0).json();
    let article = room.run(&["extract", &file]).exits(0).json();
    for key in ["file", "url", "words", "body_kind", "quality", "quality_reasons"] {
        assert_eq!(json[key], article[key], "{key}");
    }
    assert_eq!(json["title"], serde_json::json!({"value": "A saved page", "origin": "heading"}));
    assert_eq!(json["published"]["value"], article["published"]);
    let kept: Vec<_> = json["lines"].as_array().unwrap().iter().filter(|line| line["verdict"] == "kept").collect();
    let paragraphs: Vec<_> = kept.iter().map(|line| line["text"].clone()).collect();
    assert_eq!(&paragraphs, article["paragraphs"].as_array().unwrap());
    let strongest = &kept[0]["contributions"][0];
    assert!(strongest["meaning"].is_string() && strongest["contribution"].is_number(), "{strongest}");
    assert!(kept[0]["rule"].is_null() && kept[0]["first_look"].is_number());

    // For people: figures, reasons and paths, no line wider than the usual terminal.
    let decorated = room.run(&["--color", "always", "extract", "--explain", &file]).exits(0).stdout;
    assert!(decorated.contains("8 kept") && decorated.contains("article > p"), "{decorated}");
}

#[test]
fn a_page_without_an_article_is_explained_and_one_that_is_no_text_is_not() {
    let room = Newsroom::new();
    let nothing = room.file("nothing.html", "<p>Nothing</p>");
    let picture = room.file("picture.html", b"\x89PNG\r\n\x1a\n\0\0\0");
    let told = room.run(&["extract", "--explain", &nothing]).exits(0);
    assert_eq!(told.cells()[1][..2], ["outcome", "no article"]);
    room.run(&["extract", "--explain", &picture]).exits(1).says("binary");
    let both = room.run(&["extract", "--explain", "--json", &picture, &nothing]).exits(3).json_lines();
    assert!(both[0]["error"].is_string() && both[1]["is_article"] == false, "{both:?}");
    room.run(&["extract", "--explain", "--format", "text", &nothing]).exits(2);
}

#[test]
fn what_a_hostile_page_says_stays_text() {
    let room = Newsroom::new();
    let file = room.file("<img src=x onerror=prompt(0)>.html", hostile_html());
    let out = room.path("why.html");
    let told = room.run(&["extract", &file, "--explain", "--html", out.to_str().unwrap()]).exits(0).says("why.html");
    assert!(!told.stdout.contains(|c: char| c.is_control() && c != '\n' && c != '\t'), "{:?}", told.stdout);
    let decorated = room.run(&["--color", "always", "extract", "--explain", &file]).exits(0).stdout;
    assert!(["\u{1b}[31m", "\u{1b}[2J", "\u{7}", "\u{9b}"].iter().all(|code| !decorated.contains(code)));

    let html = std::fs::read_to_string(&out).unwrap();
    assert!(!html.contains(|c: char| c.is_control() && c != '\n'), "control characters");
    let page = Html::parse_document(&html);
    let (elements, attributes) = names(&page);
    let expected = "b bdi body code div fieldset h1 h2 head html input label legend li meta p span style table tbody td \
        th title tr ul";
    assert_eq!(elements.iter().map(String::as_str).collect::<Vec<_>>().join(" "), expected);
    let expected = "charset checked class content dir http-equiv id lang name scope title type";
    assert_eq!(attributes.iter().map(String::as_str).collect::<Vec<_>>().join(" "), expected);
    for class in page.tree.values().filter_map(|node| node.as_element()?.attr("class")) {
        assert!(class.chars().all(|c| c.is_ascii_lowercase()), "{class}");
    }
    let policies: Vec<_> = page
        .select(&Selector::parse("meta[http-equiv='Content-Security-Policy']").unwrap())
        .filter_map(|meta| meta.attr("content"))
        .collect();
    assert!(policies.len() == 1 && policies[0].starts_with("default-src 'none'; style-src 'sha256-"), "{policies:?}");
    // The text is all there.
    let kept = texts(&page, "tr.kept .text");
    assert_eq!(kept.len(), 6, "{html}");
    assert!(kept[0].starts_with("1. <script>prompt(1)</script> </td></table><img src=x onerror=prompt(2)> &lt;b&gt;"));
    let paths = texts(&page, "tr.kept code");
    assert!(paths[0].contains("script"), "{paths:?}");
    assert!(texts(&page, ".file")[0].contains("<img src=x onerror=prompt(0)>"));
    assert_eq!(texts(&page, ".legend .kept"), ["6 kept"]);
}

#[test]
fn pages_for_a_browser_go_where_they_harm_nothing() {
    let room = Newsroom::new();
    let one = room.file("one.html", faults::article_html("One"));
    let other = room.file("other.html", faults::article_html("Other"));
    let run = |out: &str, pages: &[&str]| room.run(&[&["extract", "--html", out], pages].concat());
    let path = |name: &str| room.path(name).display().to_string();
    let exists = |name: &str| room.path(name).exists();

    let alone = run(&path("why.html"), &[&one]).exits(0).says("why.html");
    assert_eq!(alone.stdout, "");
    assert!(std::fs::read_to_string(room.path("why.html")).unwrap().contains("<title>Why it reads so: One</title>"));
    // Written anew; several pages need a folder, and one that is there.
    run(&path("why.html"), &[&other]).exits(0);
    assert!(std::fs::read_to_string(room.path("why.html")).unwrap().contains("<title>Why it reads so: Other</title>"));
    run(&path("why.html"), &[&one, &other]).exits(2).says("folder");
    run(&path("folder"), &[&one, &other]).exits(2).says("folder");
    assert!(!exists("folder"));
    // In the folder of the pages themselves their files are left alone.
    run(&room.folder().display().to_string(), &[&one, &other]).exits(0);
    assert!(exists("one.explained.html") && exists("other.explained.html"));
    assert_eq!(std::fs::read_to_string(&one).unwrap(), faults::article_html("One"));
    run(&one, &[&one]).exits(2).says("the page itself");
    assert_eq!(std::fs::read_to_string(&one).unwrap(), faults::article_html("One"));

    run(&path("no-such-folder/why.html"), &[&one]).exits(1).says("no-such-folder");
    run("/dev/null", &[&one]).exits(1).says("no plain file");
    assert!(run("-", &[&one]).exits(0).stdout.starts_with("<!doctype html>"));
    room.run(&["extract", "--explain", "--html", "-", &one]).exits(2);
    let nothing_left = room.folder().read_dir().unwrap().map(|entry| entry.unwrap().file_name());
    assert!(nothing_left.filter(|name| name.to_string_lossy().starts_with(".newswire")).count() == 0);
}
