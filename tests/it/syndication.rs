//! The feeds of `newswire serve`, whatever is in the store: by the rules of RFC 4287, RFC 4151, JSON Feed 1.1 and OPML 2.0, as the W3C's
//! feed validator judges by them. What readers make of the feeds is seen by `tests/readers/run.sh`.

use std::collections::HashSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde_json::{Value, json};

use crate::harness::{Newsroom, wait_until};
use crate::pages::{Shown, paragraphs, room_with};
use crate::serving::{Answer, get};

/// An element of an XML document.
#[derive(Debug, Default)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Element>,
}

impl Element {
    fn of(start: &BytesStart<'_>) -> Element {
        let attribute = |attribute: quick_xml::events::attributes::Attribute<'_>| {
            let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).expect("an attribute");
            (attribute.key.as_ref().to_owned(), value.into_owned())
        };
        let attributes = start.attributes().map(|one| attribute(one.expect("an attribute"))).collect();
        Element { name: start.name().as_ref().to_owned(), attributes, ..Element::default() }
    }

    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    fn only(&self, name: &str) -> &Element {
        let mut found = self.children.iter().filter(|child| child.name == name);
        let (first, second) = (found.next(), found.next());
        assert!(second.is_none(), "several {name} in {self:#?}");
        first.unwrap_or_else(|| panic!("no {name} in {self:#?}"))
    }
}

/// The root of a document, which is well-formed.
fn document(xml: &str) -> Element {
    let mut reader = Reader::from_str(xml);
    let mut open = vec![Element::default()];
    loop {
        let close = |open: &mut Vec<Element>| {
            let done = open.pop().expect("an element");
            open.last_mut().expect("one around it").children.push(done);
        };
        let last = open.len() - 1;
        match reader.read_event().unwrap_or_else(|error| panic!("{error} in {xml}")) {
            Event::Start(start) => open.push(Element::of(&start)),
            Event::Empty(start) => {
                open.push(Element::of(&start));
                close(&mut open);
            }
            Event::End(_) => close(&mut open),
            Event::Text(piece) => {
                assert!(is_plain(&piece), "{piece:?}");
                open[last].text.push_str(&piece);
            }
            Event::GeneralRef(reference) => {
                let whole = format!("&{};", &*reference);
                open[last].text.push_str(&quick_xml::escape::unescape(&whole).expect("a known reference"));
            }
            Event::Decl(_) => {}
            Event::Eof => break,
            other => panic!("{other:?} in a feed"),
        }
    }
    let mut around = open.pop().expect("the root");
    assert!(open.is_empty() && around.children.len() == 1, "one root in {xml}");
    around.children.remove(0)
}

/// RFC 3986, section 2, and that it leads to the web.
fn assert_uri(uri: &str) {
    assert_allowed(uri);
    let rest = uri.strip_prefix("http://").or_else(|| uri.strip_prefix("https://")).unwrap_or_else(|| panic!("{uri}"));
    assert!(!rest.is_empty() && !rest.starts_with('/'), "{uri}");
    let behind_host = rest.find(['/', '?', '#']).map_or("", |at| &rest[at..]);
    assert!(!behind_host.contains(['[', ']']) && behind_host.matches('#').count() <= 1, "{uri}");
}

/// Characters of a URI, and escapes that are whole.
fn assert_allowed(uri: &str) {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(c);
    assert!(!uri.is_empty() && uri.chars().all(is_allowed), "{uri:?}");
    for escape in uri.split('%').skip(1) {
        assert!(escape.len() >= 2 && escape.bytes().take(2).all(|digit| digit.is_ascii_hexdigit()), "{uri:?}");
    }
}

/// RFC 4151: `tag:`, a name that somebody had on a day, and what is special about it.
fn assert_tag(id: &str) {
    assert_allowed(id);
    let tag = id.strip_prefix("tag:").unwrap_or_else(|| panic!("{id}"));
    let (entity, specific) = tag.split_once(':').unwrap_or_else(|| panic!("{id}"));
    let (authority, date) = entity.split_once(',').unwrap_or_else(|| panic!("{id}"));
    assert!(authority.contains('.') && authority.bytes().all(|b| b.is_ascii_lowercase() || b == b'.'), "{id}");
    assert!(date.len() == 4 && date.bytes().all(|digit| digit.is_ascii_digit()), "{id}");
    assert!(!specific.is_empty() && !specific.contains(['#', '[', ']']), "{id}");
}

/// RFC 3339, and not before what feed readers take for a mistake.
fn assert_date(date: &str) {
    assert!(date.parse::<Timestamp>().is_ok() && date.len() >= "1970-01-01T00:00:00Z".len(), "{date:?}");
    assert!(date.as_bytes()[10] == b'T' && date >= "1970", "{date:?}");
}

/// RFC 5646, as far as it goes without a register.
fn assert_language(language: &str) {
    let parts: Vec<&str> = language.split('-').collect();
    assert!((2..=8).contains(&parts[0].len()) && parts[0].bytes().all(|b| b.is_ascii_lowercase()), "{language:?}");
    assert!(parts[1..].iter().all(|part| (1..=8).contains(&part.len())), "{language:?}");
}

/// HTML that is well-formed, does nothing, loads nothing and leads to whole addresses alone. What it says as text.
fn assert_html(html: &str) -> String {
    let fragment = scraper::Html::parse_fragment(html);
    assert_eq!(fragment.errors, [""; 0], "{html}");
    let root = fragment.root_element();
    for element in root.descendent_elements().skip(1) {
        let name = element.value().name();
        assert!(["p", "h2", "ul", "li", "a", "del", "ins"].contains(&name), "<{name}> in {html}");
        for (attribute, value) in element.value().attrs() {
            match attribute {
                "href" if name == "a" => assert_uri(value),
                "class" | "dir" => {}
                other => panic!("{other}={value:?} in {html}"),
            }
        }
    }
    root.text().collect()
}

fn is_plain(text: &str) -> bool {
    text.chars().all(|c| !c.is_control() || c == '\n' || c == '\t')
}

/// An Atom feed that keeps the rules.
fn atom(shown: &Shown, path: &str) -> Element {
    let answer = shown.get(path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    assert!(answer.head.contains("content-type: application/atom+xml; charset=utf-8\r\n"), "{}", answer.head);
    let feed = document(&answer.body);
    assert_eq!((feed.name.as_str(), feed.attribute("xmlns")), ("feed", Some("http://www.w3.org/2005/Atom")));
    assert_tag(&feed.only("id").text);
    assert!(!feed.only("title").text.is_empty() && !feed.only("generator").text.is_empty());
    assert_date(&feed.only("updated").text);
    let known = ["id", "title", "updated", "link", "author", "generator", "entry"];
    assert!(feed.children.iter().all(|child| known.contains(&child.name.as_str())), "{feed:#?}");
    let first_entry = feed.children.iter().position(|child| child.name == "entry").unwrap_or(feed.children.len());
    assert!(feed.children[first_entry..].iter().all(|child| child.name == "entry"), "what is said of all stands first");
    assert_authors(&feed);
    assert_links(&feed, &[("self", &format!("http://localhost{path}"))]);
    let mut ids = HashSet::new();
    for entry in feed.all("entry") {
        let known = ["id", "title", "updated", "published", "link", "author", "content"];
        assert!(entry.children.iter().all(|child| known.contains(&child.name.as_str())), "{entry:#?}");
        let id = &entry.only("id").text;
        assert_tag(id);
        assert!(ids.insert(id.clone()), "{id} comes twice");
        assert!(!entry.only("title").text.trim().is_empty() && entry.only("title").attributes.is_empty(), "{entry:#?}");
        assert_date(&entry.only("updated").text);
        assert!(entry.only("updated").text <= feed.only("updated").text, "{path}: the feed is as new as its entries");
        for published in entry.all("published") {
            entry.only("published");
            assert_date(&published.text);
        }
        assert_authors(entry);
        assert_links(entry, &[]);
        entry.attribute("xml:lang").into_iter().for_each(assert_language);
        let content = entry.only("content");
        assert_eq!(content.attributes, [("type".to_owned(), "html".to_owned())]);
        assert!(!assert_html(&content.text).contains("&lt;"), "escaped once too often: {}", content.text);
    }
    feed
}

fn assert_authors(element: &Element) {
    assert!(element.all("author").next().is_some(), "no author in {element:#?}");
    for author in element.all("author") {
        assert!(author.children.len() == 1 && !author.only("name").text.trim().is_empty(), "{author:#?}");
    }
}

/// Links that are whole, none twice, and those that there must be.
fn assert_links(element: &Element, expected: &[(&str, &str)]) {
    let mut kinds = HashSet::new();
    for link in element.all("link") {
        let value = |name: &str| link.attribute(name).unwrap_or_else(|| panic!("no {name} in {link:?}"));
        assert_uri(value("href"));
        assert!(["self", "alternate", "related"].contains(&value("rel")), "{link:?}");
        assert!(["text/html", "application/atom+xml"].contains(&value("type")), "{link:?}");
        assert!(kinds.insert((value("rel"), value("type"), link.attribute("hreflang"))), "twice: {link:?}");
        assert!(link.text.is_empty() && link.children.is_empty(), "{link:?}");
    }
    assert!(kinds.iter().any(|(rel, _, _)| *rel == "alternate"), "{element:#?}");
    for (rel, href) in expected {
        let found = element.all("link").find(|link| link.attribute("rel") == Some(rel));
        assert_eq!(found.and_then(|link| link.attribute("href")), Some(*href));
    }
}

/// A JSON Feed that keeps the rules.
fn json_feed(shown: &Shown, path: &str) -> Value {
    let answer = shown.get(path);
    assert!(answer.head.contains("content-type: application/feed+json\r\n"), "{}", answer.head);
    let feed = shown.json(path);
    let says = |value: &Value| value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned();
    assert_eq!(feed["version"], "https://jsonfeed.org/version/1.1");
    assert_eq!(feed["feed_url"], format!("http://localhost{path}"));
    assert!(is_plain(&says(&feed["title"])));
    assert_uri(&says(&feed["home_page_url"]));
    let known = ["version", "title", "home_page_url", "feed_url", "items"];
    assert!(feed.as_object().expect("an object").keys().all(|key| known.contains(&key.as_str())), "{feed}");
    let mut ids = HashSet::new();
    for item in feed["items"].as_array().expect("items") {
        for (key, value) in item.as_object().expect("an object") {
            match key.as_str() {
                "id" => assert!(ids.insert(says(value)), "{value} comes twice"),
                "title" => assert!(is_plain(&says(value)) && !says(value).trim().is_empty(), "{value}"),
                "url" | "external_url" => assert_uri(&says(value)),
                "date_modified" | "date_published" => assert_date(&says(value)),
                "language" => assert_language(&says(value)),
                "content_html" => assert!(is_plain(&assert_html(&says(value)))),
                "authors" => {
                    for author in value.as_array().expect("authors") {
                        assert!(author["name"].as_str().is_some_and(|name| !name.trim().is_empty()), "{author}");
                    }
                }
                other => panic!("{other} is not in JSON Feed"),
            }
        }
        assert!(item.get("id").is_some() && item.get("content_html").is_some(), "{item}");
    }
    feed
}

/// Whatever tries to be more than a text, an address, a name, a language.
fn awkward_room() -> Newsroom {
    let fixture = |name: &str| format!("{}/tests/fixtures/hostile/{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let room = Newsroom::new();
    room.run(&["import", &fixture("first")]).exits(0);
    room.run(&["import", &fixture("second")]).exits(0);
    let more = [
        json!({ "url": "https://d.example/a|b/{c}^d?x=[1]&y=`z`|100%#e[f]", "title": "An address \u{1}\u{8}of its own", "source": "d",
                "language": "en", "authors": ["", " \u{1} ", "Ada\u{b} Marsh"], "paragraphs": paragraphs("Address \u{1}\u{ffff}") }),
        json!({ "url": "https://d.example/2", "source": "d", "paragraphs": ["&lt;b&gt; AT&T &amp;amp; ]]> <![CDATA[ <!-- "] }),
        json!({ "url": "https://d.example/3", "title": " ", "published": "2026-11-28T08:00:00+09:00", "source": "d",
                "paragraphs": paragraphs("No title") }),
    ];
    let lines: Vec<String> = more.iter().map(ToString::to_string).collect();
    let file = room.file("more.jsonl", lines.join("\n"));
    room.run(&["import", &file]).exits(0);
    // What an import would not let in, and other programs write.
    rusqlite::Connection::open(room.database())
        .and_then(|file| {
            file.execute_batch(
                "UPDATE articles SET language = 'no language!' WHERE id = 3;
                 UPDATE articles SET language = 'x' WHERE id = 2;
                 UPDATE articles SET title = title || char(1), body = body || char(11), authors = '[\"\", \" \", \"Ada Marsh\"]' WHERE id = 6;
                 UPDATE articles SET removed_at = '2026-11-26T08:00:00Z' WHERE id IN (1, 5);
                 UPDATE articles SET reservations = '[\"tdm-reservation\"]' WHERE id IN (1, 4);",
            )
        })
        .expect("it is written");
    room
}

/// Every list, and questions with everything that needs an escape.
const LISTS: [&str; 12] = [
    "/search?",
    "/search?body=lead",
    "/search?q=ferry",
    "/search?q=ferry+%26+%22quay%22%3Cb%3E&lang=en",
    "/search?q=%E5%9B%B3%E6%9B%B8%E9%A4%A8",
    "/search?source=d&copies=no",
    "/search?lang=xx",
    "/stories?",
    "/stories?min_sources=9",
    "/revised?",
    "/removed?",
    "/removed?body=lead&reserved=no",
];

#[test]
fn feeds_keep_the_rules_whatever_is_in_the_store() {
    let shown = Shown::of(awkward_room());
    let mut n_entries = 0;
    for list in LISTS {
        let (path, query) = list.split_once('?').expect("a question");
        let query = if query.is_empty() { String::new() } else { format!("?{query}") };
        let as_atom = atom(&shown, &format!("{path}.atom{query}"));
        let as_json = json_feed(&shown, &format!("{path}.feed.json{query}"));
        let ids: Vec<&str> = as_atom.all("entry").map(|entry| entry.only("id").text.as_str()).collect();
        let items = as_json["items"].as_array().expect("items");
        assert_eq!(ids, items.iter().map(|item| item["id"].as_str().expect("an id")).collect::<Vec<_>>(), "{list}");
        n_entries += ids.len();
        let read = feed_rs::parser::parse(as_json.to_string().as_bytes()).expect("it is a JSON Feed");
        assert_eq!(read.entries.iter().map(|entry| entry.id.as_str()).collect::<Vec<_>>(), ids);
    }
    assert!(n_entries > 30, "{n_entries}");
    // What is in them is what is stored.
    let feed = atom(&shown, "/search.atom?source=d");
    let entries: Vec<&Element> = feed.all("entry").collect();
    let of = |title: &str| {
        let found = entries.iter().find(|entry| entry.only("title").text == title);
        *found.unwrap_or_else(|| panic!("no {title} in {feed:#?}"))
    };
    let address = of("An address of its own");
    assert_eq!(
        address.all("link").next().and_then(|link| link.attribute("href")),
        Some("https://d.example/a%7Cb/%7Bc%7D%5Ed?x=%5B1%5D&y=%60z%60%7C100%25")
    );
    assert_eq!(
        address.all("author").map(|author| author.only("name").text.as_str()).collect::<Vec<_>>(),
        ["Ada Marsh"]
    );
    let untitled: Vec<String> = entries
        .iter()
        .filter(|entry| entry.only("title").text == "(no title)")
        .map(|entry| assert_html(&entry.only("content").text))
        .collect();
    assert!(untitled.iter().any(|text| text.contains("No title, part 1")), "{untitled:?}");
    shown.end();
}

#[test]
fn a_feed_is_the_same_however_it_is_asked_for() {
    let shown = Shown::of(awkward_room());
    let id = |path: &str| {
        let feed = document(&shown.get(path).body);
        feed.only("id").text.clone()
    };
    let first = id("/search.atom?q=ferry&lang=en&body=lead");
    for other in ["/search.atom?body=lead&lang=en&q=ferry", "/search.atom?lang=%65n&q=ferry&since=&body=lead"] {
        assert_eq!(id(other), first, "{other}");
    }
    assert_ne!(id("/search.atom?q=ferry&lang=en"), first);
    // The address of its own is the one that was asked, written as it must be.
    let own = "/search.atom?lang=&q=%66erry|quay";
    let body = shown.get(own).body;
    assert!(body.contains("href=\"http://localhost/search.atom?lang=&amp;q=%66erry%7Cquay\""), "{body:.900}");
    // Behind a server that speaks HTTPS links begin so.
    let behind = get(&shown.address, "/search.atom", "Host: localhost\r\nX-Forwarded-Proto: https\r\n").body;
    assert!(
        behind.contains("href=\"https://localhost/search.atom\"") && !behind.contains("http://localhost"),
        "{behind}"
    );
    shown.end();
}

#[test]
fn a_removal_is_another_entry_than_the_article() {
    let shown = Shown::of(awkward_room());
    let ids = |path: &str| -> HashSet<String> {
        atom(&shown, path).all("entry").map(|entry| entry.only("id").text.clone()).collect()
    };
    let (articles, removed) = (ids("/search.atom"), ids("/removed.atom"));
    assert_eq!((articles.len(), removed.len()), (9, 2));
    assert_eq!(articles.intersection(&removed).next(), None);
    shown.end();
}

#[test]
fn no_feed_has_more_of_an_article_than_is_asked_for() {
    let shown = Shown::of(awkward_room());
    let names = |path: &str| -> Vec<String> {
        let ids = atom(&shown, path).all("entry").map(|entry| entry.only("id").text.clone()).collect::<Vec<_>>();
        ids.iter().map(|id| id.split_once('/').expect("a name").1.to_owned()).collect()
    };
    for path in ["/search.atom", "/revised.atom", "/removed.atom", "/search.atom?q=ferry"] {
        let reserved = |names: &[String]| names.iter().any(|name| name.starts_with("articles/1"));
        assert!(reserved(&names(path)), "{path}");
        let without = format!("{path}{}reserved=no", if path.contains('?') { '&' } else { '?' });
        assert!(!reserved(&names(&without)), "{without}");
        let wrong = shown.get(&without.replace("=no", "=nein"));
        assert_eq!((wrong.status, wrong.body.trim()), (400, "reserved=nein: must be yes or no"));
    }
    let removed = shown.get("/removed.atom?body=lead").body;
    assert!(removed.contains("Quay, part 1") && !removed.contains("Quay, part 2"), "{removed}");
    shown.end();
}

/// So many that match better are more than a page looks at.
const MANY: usize = 600;

#[test]
fn a_feed_has_what_came_last_and_not_what_is_greatest() {
    let dated = (0..MANY).map(|n| {
        json!({ "url": format!("https://paper.example/{n}"), "title": format!("Ferry {n}"), "published": "2026-11-20T08:00:00Z",
                "source": "paper", "paragraphs": [format!("Ferry, ferry, ferry: the ferry {n} is a ferry, and {n} ferries are no fleet.")] })
    });
    let mut texts = paragraphs("Tide");
    texts.push("Nothing else is of any note. ".repeat(40));
    let undated =
        json!({ "url": "https://paper.example/last", "title": "Undated", "source": "paper", "paragraphs": texts });
    let room = room_with(&dated.chain([undated]).collect::<Vec<_>>());
    // Stories that many told, and one that two tell now.
    rusqlite::Connection::open(room.database())
        .and_then(|file| {
            file.execute_batch(
                "DELETE FROM story_members; DELETE FROM stories;
                 WITH RECURSIVE story (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM story WHERE n < 70)
                 INSERT INTO stories (title, first_published_at, last_published_at, n_articles, n_sources, updated_at)
                 SELECT 'Great ' || n, '2026-11-20T08:00:00Z', '2026-11-20T09:00:00Z', 9, 9, '2026-11-20T10:00:00Z' FROM story;
                 INSERT INTO stories (title, first_published_at, last_published_at, n_articles, n_sources, updated_at)
                 VALUES ('Grown late', '2026-11-19T08:00:00Z', '2026-11-19T09:00:00Z', 2, 2, '2026-11-21T10:00:00Z'),
                        ('Small and new', '2026-11-21T08:00:00Z', '2026-11-21T09:00:00Z', 2, 2, '2026-11-21T09:00:00Z');"
            )
        })
        .expect("it is written");
    let shown = Shown::of(room);
    let titles = |path: &str| -> Vec<String> {
        atom(&shown, path).all("entry").map(|entry| entry.only("title").text.clone()).collect()
    };
    for path in ["/search.atom", "/search.atom?q=ferry", "/search.atom?q=fer*"] {
        assert_eq!(titles(path).first().map(String::as_str), Some("Undated"), "{path}");
    }
    assert_eq!(titles("/stories.atom")[..2], ["Grown late", "Small and new"]);
    assert_eq!(titles("/stories.atom?min_sources=2&since=2026-11-21")[..], ["Small and new"]);
    assert_eq!(titles("/stories.atom?min_sources=3").len(), 60);
    // A page has those of the most sources first.
    assert_eq!(shown.json("/stories.json")[0]["n_sources"], 9);
    shown.end();
}

#[test]
fn a_story_that_grows_and_an_article_that_changes_keep_their_entries() {
    let article = |source: &str, text: &str, hour: u32| {
        let mut texts = paragraphs("Storm");
        texts.push(text.to_owned());
        json!({ "url": format!("https://{source}.example/1"), "title": "Storm", "published": format!("2026-11-20T{hour:02}:00:00Z"),
                "first_seen_at": format!("2026-11-2{}T{hour:02}:00:00Z", text.len() % 2 + 1), "source": source,
                "paragraphs": texts })
    };
    let shown = Shown::of(room_with(&[article("a", "One.", 8), article("b", "Two.", 9)]));
    let entries = |path: &str| -> Vec<(String, String, String)> {
        let said = |entry: &Element| {
            let text = |name: &str| entry.only(name).text.clone();
            (text("id"), text("updated"), text("content"))
        };
        atom(&shown, path).all("entry").map(said).collect()
    };
    let (stories, articles) = (entries("/stories.atom"), entries("/search.atom"));
    assert_eq!((stories.len(), articles.len()), (1, 2));
    let more = [article("c", "Three.", 10), article("a", "One, changed.", 8)].map(|one| one.to_string());
    let file = shown.room.file("more.jsonl", more.join("\n"));
    shown.room.run(&["import", &file]).exits(0).says("1 revision");
    let (stories_then, articles_then) = (entries("/stories.atom"), entries("/search.atom"));
    assert_eq!((stories_then.len(), articles_then.len()), (1, 3));
    let changed = |before: &(String, String, String), now: &[(String, String, String)]| {
        let now = now.iter().find(|now| now.0 == before.0).unwrap_or_else(|| panic!("no {} any more", before.0));
        (now.1 > before.1, now.2 != before.2)
    };
    assert_eq!(changed(&stories[0], &stories_then), (true, true));
    let first = articles.iter().find(|article| article.2.contains("One.")).expect("the first");
    assert_eq!(changed(first, &articles_then), (true, true));
    let second = articles.iter().find(|article| article.2.contains("Two.")).expect("the second");
    assert_eq!(changed(second, &articles_then), (false, false));
    shown.end();
}

#[test]
fn entries_outlast_a_restore_and_what_comes_after_it_is_another() {
    // Subjects that have nothing in common, so that each has a story of its own.
    let article = |n: u32| {
        let text = (0..60).map(|word| format!("w{n}x{word}")).collect::<Vec<_>>().join(" ");
        json!({ "url": format!("https://paper.example/{n}"), "title": format!("Report {n}"), "source": "paper",
                "published": format!("2026-11-20T{n:02}:00:00Z"), "text": text })
    };
    let ids = |shown: &Shown, path: &str| -> Vec<String> {
        let mut ids: Vec<_> = atom(shown, path).all("entry").map(|entry| entry.only("id").text.clone()).collect();
        ids.sort_unstable_by_key(|id| id.rsplit('/').next().and_then(|number| number.parse::<u32>().ok()));
        ids
    };
    let both =
        |shown: &Shown| ["/search.atom", "/stories.atom?min_articles=1&routine=yes"].map(|path| ids(shown, path));
    let import = |room: &Newsroom, n: u32| {
        let file = room.file("more.jsonl", article(n).to_string());
        room.run(&["import", &file]).exits(0);
    };
    let mut room = room_with(&[article(1), article(2)]);
    let backup = room.path("backup.db").display().to_string();
    room.run(&["backup", &backup]).exits(0);
    let mut known = Vec::new();
    // What was lost, and twice what took its number.
    for n in 3..=5 {
        if n > 3 {
            room.run(&["restore", "--force", &backup]).exits(0);
        }
        import(&room, n);
        let shown = Shown::of(room);
        known.push((atom(&shown, "/search.atom").only("id").text.clone(), both(&shown)));
        room = shown.end();
    }
    for list in 0..2 {
        let of = |time: usize| &known[time].1[list];
        assert_eq!([0, 1, 2].map(|time| of(time).len()), [3, 3, 3], "{known:#?}");
        assert!(of(0)[..2] == of(1)[..2] && of(0)[..2] == of(2)[..2], "{known:#?}");
        assert!(of(0)[2] != of(1)[2] && of(0)[2] != of(2)[2] && of(1)[2] != of(2)[2], "{known:#?}");
    }
    assert!(known.iter().all(|(feed, _)| *feed == known[0].0), "the feed itself stays");
}

/// The tag of an answer, without what says that it is a weak one.
fn tag_of(answer: &Answer) -> String {
    let tag = answer.head.lines().find_map(|line| line.strip_prefix("etag: w/")).expect("a tag");
    tag.trim().to_owned()
}

#[test]
fn readers_that_have_a_feed_already_are_told_so_in_every_way_in_which_they_ask() {
    let shown = Shown::of(awkward_room());
    let ask =
        |path: &str, header: &str| -> Answer { get(&shown.address, path, &format!("Host: localhost\r\n{header}\r\n")) };
    let answer = shown.get("/search.atom");
    let tag = tag_of(&answer);
    for (path, header, status) in [
        ("/search.atom", format!("If-None-Match: W/{tag}"), 304),
        ("/search.atom", format!("If-None-Match: {tag}"), 304),
        ("/search.atom", format!("If-None-Match: \"other\", W/\"another\",W/{tag}"), 304),
        ("/search.atom", format!("If-None-Match: \"other\"\r\nIf-None-Match: {tag}"), 304),
        ("/search.atom", "If-None-Match: *".to_owned(), 304),
        ("/search.feed.json", format!("If-None-Match: W/{tag}"), 304),
        ("/search.atom", "If-None-Match: \"other\"".to_owned(), 200),
        // There is no time of the last change that would be told, so nothing is known of what was had then.
        ("/search.atom", "If-Modified-Since: Fri, 27 Nov 2026 08:00:00 GMT".to_owned(), 200),
        ("/nowhere.atom", "If-None-Match: *".to_owned(), 404),
        ("/search.atom?source=nobody", "If-None-Match: *".to_owned(), 404),
        ("/articles/1.atom", "If-None-Match: *".to_owned(), 404),
    ] {
        let answer = ask(path, &header);
        assert_eq!(answer.status, status, "{path} {header}: {}", answer.body);
        if status == 304 {
            let kind = if path.contains(".atom") { "application/atom+xml" } else { "application/feed+json" };
            assert!(answer.body.is_empty() && answer.head.contains(kind), "{}", answer.head);
            assert!(
                answer.head.contains(&format!("etag: w/{}", tag.split('-').next().expect("its beginning"))),
                "{}",
                answer.head
            );
        }
    }
    shown.end();
}

#[test]
fn what_changes_elsewhere_sends_no_feed_again() {
    let article = |source: &str, n: usize| {
        json!({ "url": format!("https://{source}.example/{n}"), "title": format!("Part {n} of {source}"), "source": source,
                "published": "2026-11-20T08:00:00Z", "paragraphs": paragraphs(source) })
    };
    let shown = Shown::of(room_with(&[article("quiet", 1), article("busy", 1)]));
    let ask =
        |path: &str, tag: &str| get(&shown.address, path, &format!("Host: localhost\r\nIf-None-Match: {tag}\r\n"));
    let (quiet, busy) = ("/search.atom?source=quiet", "/search.atom?source=busy");
    let (quiet_tag, busy_tag) = (tag_of(&shown.get(quiet)), tag_of(&shown.get(busy)));
    let file = shown.room.file("more.jsonl", article("busy", 2).to_string());
    shown.room.run(&["import", &file]).exits(0);
    let unchanged = ask(quiet, &quiet_tag);
    assert_eq!((unchanged.status, unchanged.body.as_str()), (304, ""));
    assert_eq!(tag_of(&unchanged), quiet_tag);
    assert_eq!(ask(quiet, &quiet_tag).status, 304);
    assert_eq!(ask(busy, &busy_tag).status, 200);
    shown.end();
}

#[test]
fn a_feed_of_stories_is_sent_again_when_another_headline_in_a_story_is() {
    let article = |source: &str, hour: u32, title: &str| {
        let mut texts = paragraphs("Storm");
        texts.push(format!("So says {source}."));
        json!({ "url": format!("https://{source}.example/1"), "title": title, "source": source,
                "published": format!("2026-11-20T{hour:02}:00:00Z"), "paragraphs": texts })
    };
    let shown =
        Shown::of(room_with(&[article("a", 8, "Storm"), article("b", 9, "Storm at sea"), article("c", 9, "Storm")]));
    let path = "/stories.atom";
    let tag = tag_of(&shown.get(path));
    let ask = || get(&shown.address, path, &format!("Host: localhost\r\nIf-None-Match: {tag}\r\n"));
    assert_eq!(ask().status, 304);
    let before = shown.json("/stories.json");
    let file = shown.room.file("more.jsonl", article("b", 9, "Storm abates").to_string());
    shown.room.run(&["import", &file]).exits(0);
    assert_eq!(shown.json("/stories.json"), before, "the story says of itself what it said");
    let answer = ask();
    assert!(answer.status == 200 && answer.body.contains("Storm abates"), "{}: {}", answer.status, answer.body);
    shown.end();
}

#[test]
fn what_comes_into_a_feed_by_the_clock_is_no_less_new() {
    let soon = Timestamp::now() + SignedDuration::from_secs(3);
    let article = json!({ "url": "https://paper.example/1", "title": "Embargo", "source": "paper", "published": format!("{soon:.0}"),
                          "paragraphs": paragraphs("Tide") });
    let shown = Shown::of(room_with(&[article]));
    let path = "/search.atom?until=now";
    let before = shown.get(path);
    assert!(!before.body.contains("Embargo"), "{}", before.body);
    let ask = || get(&shown.address, path, &format!("Host: localhost\r\nIf-None-Match: {}\r\n", tag_of(&before)));
    assert!(wait_until(Duration::from_secs(20), || ask().body.contains("Embargo")));
    shown.end();
}

#[test]
fn the_list_of_feeds_is_one_that_readers_take() {
    let shown = Shown::of(awkward_room());
    let page = shown.get("/feeds").body;
    assert!(page.contains("href=\"/feeds.opml\""), "{page}");
    let answer = shown.get("/feeds.opml");
    assert!(answer.head.contains("content-type: text/x-opml; charset=utf-8\r\n"), "{}", answer.head);
    let opml = document(&answer.body);
    assert_eq!((opml.name.as_str(), opml.attribute("version")), ("opml", Some("2.0")));
    assert_eq!(opml.only("head").only("title").text, "Feeds");
    let outlines: Vec<&Element> = opml.only("body").all("outline").collect();
    assert_eq!(outlines.len(), shown.json("/feeds.json").as_array().map_or(0, Vec::len));
    let mut addresses = HashSet::new();
    for outline in outlines {
        let value = |name: &str| outline.attribute(name).unwrap_or_else(|| panic!("no {name} in {outline:?}"));
        assert_eq!(value("type"), "rss");
        assert!(!value("text").is_empty() && value("text") == value("title"));
        let path = |name: &str| value(name).strip_prefix("http://localhost").expect("a whole address").to_owned();
        atom(&shown, &path("xmlUrl"));
        assert!(addresses.insert(value("xmlUrl").to_owned()), "twice: {outline:?}");
        assert_eq!(shown.get(&path("htmlUrl")).status, 200);
    }
    // A feed is called the same in every list of feeds.
    let listed = shown.json("/feeds.json");
    for feed in listed.as_array().expect("a list") {
        let path = feed["atom"].as_str().expect("a path");
        assert_eq!(atom(&shown, path).only("title").text, shown_title(&feed["title"]), "{path}");
    }
    // Our own reader follows them all.
    let room = Newsroom::new();
    let file = room.file("feeds.opml", &answer.body);
    room.run(&["sources", "import", &file]).exits(0);
    let followed: HashSet<String> = room.column("SELECT url FROM sources").into_iter().collect();
    assert_eq!(followed, addresses);
    assert_eq!(shown.get("/search.opml").status, 404);
    shown.end();
}

/// A title without what XML cannot say.
fn shown_title(title: &Value) -> String {
    title.as_str().expect("a title").chars().filter(|c| !c.is_control()).collect()
}

#[test]
fn a_list_of_many_feeds_comes_in_pages_and_the_one_to_import_is_whole() {
    let article = json!({ "url": "https://paper.example/1", "title": "Tide", "source": "zebra", "paragraphs": paragraphs("Tide") });
    let room = room_with(&[article]);
    rusqlite::Connection::open(room.database())
        .and_then(|file| {
            file.execute_batch(
                "WITH numbers (n) AS (SELECT 100 UNION ALL SELECT n + 1 FROM numbers WHERE n < 520)
                 INSERT INTO sources (slug, kind, url, state, origin, created_at)
                 SELECT 's' || n, 'feed', 'https://s' || n || '.example/feed', iif(n = 107, 'removed', 'active'), 'file',
                     '2026-11-20T08:00:00Z' FROM numbers;
                 INSERT INTO _source_schedule (source_id) SELECT id FROM sources WHERE slug <> 'zebra';",
            )
        })
        .expect("it is written");
    let shown = Shown::of(room);
    let opml = document(&shown.get("/feeds.opml").body);
    let outlines = opml.only("body").all("outline");
    let whole: HashSet<String> = outlines.map(|one| one.attribute("title").expect("a title").to_owned()).collect();
    assert!(whole.contains("s520") && whole.contains("zebra") && !whole.contains("s107"), "{whole:?}");
    let mut titles: Vec<String> = Vec::new();
    let mut path = "/feeds".to_owned();
    let mut n_pages = 0;
    loop {
        n_pages += 1;
        let listed = shown.json(&path.replacen("/feeds", "/feeds.json", 1));
        let listed = listed.as_array().expect("a list");
        assert!(listed.len() <= 207, "{path}: {}", listed.len());
        titles.extend(listed.iter().map(|feed| feed["title"].as_str().expect("a title").to_owned()));
        let page = shown.get(&path).body;
        assert_eq!(page.contains("/search.atom?copies=no"), path == "/feeds", "{path}");
        assert!(page.contains("href=\"/feeds.opml\""), "{path}");
        match page.split("rel=\"next\" href=\"").nth(1).and_then(|rest| rest.split('"').next()) {
            Some(next) => path = next.to_owned(),
            None => break,
        }
    }
    assert_eq!((n_pages, titles.len()), (3, whole.len()));
    assert_eq!(titles.into_iter().collect::<HashSet<_>>(), whole);
    shown.end();
}

#[test]
fn an_article_that_comes_late_is_in_every_feed_that_it_belongs_to() {
    let article = |n: u32, at: &str, seen_at: &str| {
        json!({ "url": format!("https://paper.example/{n}"), "title": format!("Ferry {n}"), "published": at, "language": "en",
                "first_seen_at": seen_at, "source": if n.is_multiple_of(2) { "even" } else { "odd" }, "paragraphs": paragraphs(&format!("Ferry {n}")) })
    };
    let at = |n: u32| format!("2026-11-20T{:02}:{:02}:00Z", n / 60, n % 60);
    let many: Vec<Value> = (0..130).map(|n| article(n, &at(n), &at(n))).collect();
    let shown = Shown::of(room_with(&many));
    let titles = |path: &str| -> Vec<String> {
        atom(&shown, path).all("entry").map(|entry| entry.only("title").text.clone()).collect()
    };
    // It is older than all of them.
    let file = shown.room.file("late.jsonl", article(1000, "2026-11-01T08:00:00Z", "2026-11-21T08:00:00Z").to_string());
    let paths = [
        "/search.atom",
        "/search.atom?source=even",
        "/search.atom?lang=en",
        "/search.atom?lang=en&source=even",
        "/search.atom?copies=no",
        "/search.atom?q=ferry",
        "/search.atom?q=ferry&source=even",
        "/search.atom?reserved=no",
        "/search.atom?since=2026-10-01",
        "/search.atom?until=2026-11-30",
    ];
    let tags = paths.map(|path| tag_of(&shown.get(path)));
    shown.room.run(&["import", &file]).exits(0);
    for (path, tag) in paths.iter().zip(&tags) {
        let found = titles(path);
        assert_eq!((found.len(), found[0].as_str()), (50, "Ferry 1000"), "{path}: {found:?}");
        let headers = format!("Host: localhost\r\nIf-None-Match: {tag}\r\n");
        assert_eq!(get(&shown.address, path, &headers).status, 200, "{path}");
    }
    assert!(!titles("/search.atom?source=odd").contains(&"Ferry 1000".to_owned()));
    // An import that does not say when it was seen is as old as it says, and comes in now.
    let mut undated = article(1002, "2020-11-01T08:00:00Z", "");
    undated.as_object_mut().expect("an object").remove("first_seen_at");
    let file = shown.room.file("undated.jsonl", undated.to_string());
    shown.room.run(&["import", &file]).exits(0);
    for path in ["/search.atom", "/search.atom?source=even", "/search.atom?lang=en"] {
        assert_eq!(titles(path)[0], "Ferry 1002", "{path}");
    }
    // A source that lists later what another has had has it then.
    let again =
        shown.room.file("again.jsonl", article(3, &at(3), "2026-11-22T08:00:00Z").to_string().replace("odd", "even"));
    shown.room.run(&["import", &again]).exits(0);
    assert_eq!(titles("/search.atom?source=even")[0], "Ferry 3");
    // A page has the newest by their times.
    assert_eq!(shown.json("/search.json")["articles"][0]["title"], "Ferry 129");
    shown.end();
}

#[test]
fn pages_that_are_feeds_say_so() {
    let shown = Shown::of(awkward_room());
    for (path, feed) in [
        ("/search?q=ferry&lang=", Some("/search.atom?q=ferry")),
        ("/stories?min_sources=3", Some("/stories.atom?min_sources=3")),
        ("/revised", Some("/revised.atom")),
        ("/removed", Some("/removed.atom")),
        ("/articles/1", None),
        ("/sources", None),
    ] {
        let page = scraper::Html::parse_document(&shown.get(path).body);
        let link =
            scraper::Selector::parse("head > link[rel=alternate][type='application/atom+xml']").expect("a selector");
        let links: Vec<&str> = page.select(&link).filter_map(|link| link.attr("href")).collect();
        assert_eq!(links, feed.into_iter().collect::<Vec<_>>(), "{path}");
    }
    shown.end();
}
