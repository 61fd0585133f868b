//! The cases lie in `tests/fixtures/feeds`: a document, and beside it what it reads as. `UPDATE_FIXTURES=1` writes
//! the latter again.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::listing::too_many;
use super::*;
use crate::model::{FoundLink, SourceKind};

const SETTINGS: FeedSettings = FeedSettings {
    entries_max: 200,
    entry_title_bytes_max: 4096,
    entry_value_bytes_max: 8192,
    entry_authors_max: 100,
    entry_text_bytes_max: 524_288,
};

fn document(body: Vec<u8>) -> FetchedDocument {
    let url = Url::parse("https://lighthouse.example/news/feed.xml").unwrap();
    FetchedDocument::from_file(body, url)
}

pub(super) fn read_bytes(body: &[u8]) -> Result<Listing, FeedError> {
    read(&document(body.to_vec()), &SETTINGS)
}

fn listing_as_json(listing: &Listing) -> Value {
    let Listing { kind, format, title, language, links, children, problems, ttl_s, is_cut: _ } = listing;
    let links: Vec<Value> = links.iter().map(link_as_json).collect();
    let children: Vec<&str> = children.iter().map(Url::as_str).collect();
    json!({
        "kind": kind.as_str(), "format": format, "title": title, "language": language, "ttl_s": ttl_s,
        "links": links, "children": children, "problems": problems,
    })
}

fn link_as_json(link: &FoundLink) -> Value {
    let FoundLink { url, guid, title, published, updated, authors, language, text, is_recording } = link;
    let mut value = json!({
        "url": url.as_ref().map(Url::as_str), "guid": guid, "title": title, "published": published,
        "updated": updated, "authors": authors, "language": language, "content": text.content,
        "summary": text.summary,
    });
    if *is_recording {
        value["is_recording"] = true.into();
    }
    value
}

pub(super) fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/feeds");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| !file.to_string_lossy().ends_with(".expected.json"));
    files.sort();
    assert!(!files.is_empty());
    files
}

fn check(file: &Path) {
    let document = document(fs::read(file).unwrap());
    let mut actual = match read(&document, &SETTINGS) {
        Ok(listing) => listing_as_json(&listing),
        Err(error) => json!({ "error": error.to_string(), "class": error.class().as_str() }),
    };
    if file.extension().is_some_and(|extension| extension == "html") {
        actual["as_page"] = listing_as_json(&read_page(&document, &SETTINGS));
        actual["feeds"] = feeds_of_page(&document).iter().map(Url::as_str).collect();
    }
    let expected_file = file.with_extension("expected.json");
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        fs::write(&expected_file, format!("{actual:#}\n")).unwrap();
    }
    let expected = fs::read_to_string(&expected_file).unwrap_or_else(|error| panic!("{expected_file:?}: {error}"));
    let expected: Value = serde_json::from_str(&expected).unwrap();
    assert_eq!(actual, expected, "{file:?}: got {actual:#}");
}

#[test]
fn documents_read_as_recorded() {
    for file in fixtures() {
        check(&file);
    }
}

#[test]
fn a_repaired_feed_reads_as_the_sound_one_did() {
    for name in ["rss2-clean.xml", "atom-clean.xml"] {
        let file = fixtures().into_iter().find(|file| file.ends_with(name)).unwrap();
        let sound = fs::read_to_string(file).unwrap();
        // An end tag too many goes past feed-rs only by way of the repair.
        let broken = sound.replacen("<title", "</stray><title", 1);
        assert_eq!(read_bytes(broken.as_bytes()), read_bytes(sound.as_bytes()), "{name}");
    }
}

/// What the numbers of a date leave open is decided by the other dates of the feed, then by the country of its site.
#[test]
fn an_english_date_in_numbers_is_that_of_its_feed_or_its_country() {
    let rss = |home: &str, other: &str| {
        let item = |date: &str| format!("<item><title>A</title><link>/a</link><pubDate>{date}</pubDate></item>");
        format!(
            "<rss version=\"2.0\"><channel><title>T</title><link>https://{home}/</link><language>en</language>{}{}</channel></rss>",
            item("04/11/2026 06:30"),
            item(other)
        )
    };
    let json = |home: &str, other: &str| {
        let item = |date: &str| json!({"id": date, "url": "/a", "title": "A", "date_published": date});
        let items = [item("04/11/2026 06:30"), item(other)];
        let home = format!("https://{home}/");
        json!({"version": "https://jsonfeed.org/version/1.1", "title": "T", "language": "en", "home_page_url": home, "items": items})
            .to_string()
    };
    for (home, other, expected) in [
        ("paper.example", "2026-11-03", None),
        ("paper.example", "25/11/2026 08:00", Some("2026-11-04T06:30:00Z")),
        ("paper.example", "11/25/2026 08:00", Some("2026-04-11T06:30:00Z")),
        ("paper.co.uk", "2026-11-03", Some("2026-11-04T06:30:00Z")),
        ("paper.example.us", "2026-11-03", Some("2026-04-11T06:30:00Z")),
        // What the feed itself shows goes before.
        ("paper.example.us", "25/11/2026 08:00", Some("2026-11-04T06:30:00Z")),
    ] {
        for feed in [rss(home, other), json(home, other)] {
            let listing = read_bytes(feed.as_bytes()).unwrap();
            assert_eq!(listing.links[0].published.as_deref(), expected, "{feed}");
            assert_eq!(listing.language.as_deref(), Some("en"));
        }
    }
}

#[test]
fn a_compressed_document_is_unpacked() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let sitemap = "<urlset><url><loc>https://lighthouse.example/1</loc></url></urlset>";
    encoder.write_all(sitemap.as_bytes()).unwrap();
    assert_eq!(read_bytes(&encoder.finish().unwrap()), read_bytes(sitemap.as_bytes()));
    assert!(matches!(read_bytes(b"\x1f\x8bno gzip"), Err(FeedError::Compressed { .. })));
}

#[test]
fn more_entries_than_allowed_are_left_unread() {
    let item = "<item><link>https://lighthouse.example/1</link></item>";
    for end in ["</channel></rss>", ""] {
        let feed = format!("<rss version=\"2.0\"><channel>{}{end}", item.repeat(SETTINGS.entries_max + 1));
        let listing = read_bytes(feed.as_bytes()).unwrap();
        assert_eq!(listing.links.len(), SETTINGS.entries_max);
        assert_eq!(listing.problems, [too_many(SETTINGS.entries_max)]);
    }
}

#[test]
fn of_a_title_of_megabytes_the_beginning_is_kept() {
    let item =
        format!("<item><title>{}</title><link>https://lighthouse.example/1</link></item>", "Tide ".repeat(800_000));
    let listing = read_bytes(format!("<rss version=\"2.0\"><channel>{item}</channel></rss>").as_bytes()).unwrap();
    let title = listing.links[0].title.as_deref().unwrap();
    assert!(title.len() <= SETTINGS.entry_title_bytes_max && title.ends_with('…'), "{} bytes", title.len());
    assert_eq!(listing.problems.len(), 1);
}

#[test]
fn of_a_long_sitemap_the_newest_are_read() {
    let record =
        |day: usize| format!("<url><loc>https://a.example/{day}</loc><lastmod>2026-01-{day:02}</lastmod></url>");
    let body: String = (1..=20).map(record).collect();
    let document = document(format!("<urlset>{body}</urlset>").into_bytes());
    let listing = read(&document, &FeedSettings { entries_max: 2, ..SETTINGS }).unwrap();
    let urls: Vec<&str> = listing.links.iter().map(|link| link.url.as_ref().unwrap().as_str()).collect();
    assert_eq!(urls, ["https://a.example/20", "https://a.example/19"]);
}

#[test]
fn hostile_documents_take_linear_time() {
    const SIZE: usize = 1 << 20;
    // Far above what is needed without optimisation, far below what anything quadratic takes.
    const LIMIT: Duration = Duration::from_secs(20);
    let head = "<rss version=\"2.0\"><channel>";
    let repeated = |piece: &str| piece.repeat(SIZE / piece.len());
    let item = |piece: &str| format!("{head}<item>{}</item></channel></rss>", repeated(piece));
    let many_attributes: String =
        (0..SIZE / 16).flat_map(|number| ["a".to_owned(), number.to_string(), "=\"\" ".to_owned()]).collect();
    let media = "xmlns:media=\"http://search.yahoo.com/mrss/\"";
    let bodies = [
        format!("{head}{}", repeated("<a>")),
        format!("{head}{}", repeated("<x>")),
        format!("{head}{}", repeated("<item>")),
        format!("{head}{}", repeated("<item><title>")),
        format!("{head}{}", repeated("<![>")),
        format!("{head}{}", repeated("<!doctype [>")),
        format!("{head}{}", repeated("<!--")),
        format!("{head}{}", repeated("<![CDATA[")),
        format!("{head}<item>{}]]>", repeated("<description><![CDATA[a</description>")),
        format!("{head}{}", repeated("<?")),
        format!("{head}{}", repeated("< /a ")),
        format!("<!DOCTYPE rss [{}]>{head}{}", "<!ENTITY a \"b\">".repeat(300), repeated("&a;&c;")),
        format!("<html>{head}{}", repeated("<rss>")),
        format!("{head}<item/>{}", repeated("<guid>")),
        format!("{head}<item>{}", repeated("a</guid>")),
        format!("{head}<item/>{}", repeated("<author>a@b.example, ")),
        format!("<feed><entry><content mode=\"base64\">{}</content></entry></feed>", repeated("QUJD")),
        format!("{head}{}", repeated("<a b=\"")),
        format!("{head}{}", repeated("<")),
        format!("{head}{}", repeated("&")),
        item("<title>"),
        item("<description><b><i>"),
        item("<author><name>"),
        item("</b>"),
        item("<unknown>"),
        format!("{head}<item><title>{}</title></item></channel></rss>", "&lt;script&gt;".repeat(SIZE / 14)),
        format!(
            "{head}<item><description>{}</description></item></channel></rss>",
            "&amp;lt;p&amp;gt;&amp;amp;".repeat(SIZE / 26)
        ),
        format!(
            "{head}<item><description>{}</description></item></channel></rss>",
            "&amp;#195;&amp;#169;".repeat(SIZE / 20)
        ),
        format!("<urlset>{}", repeated("<url>https://a.example/ ")),
        item("<description></x>"),
        format!("<rss version=\"2.0\" {media}><channel><item>{}", repeated("<media:group>")),
        format!("<rss version=\"2.0\" {media}><channel><item>{}", repeated("<media:group><media:title>")),
        format!("<rss {}><channel><item/></channel></rss>", repeated("a=\"\" ")),
        format!("<rss version=\"2.0\"><channel><item {many_attributes}/></channel></rss>"),
        format!("<feed xml:base=\"https://a.example/{}\">{}</feed>", "a".repeat(SIZE / 4), repeated("<entry/>")),
        repeated("{\"a\":"),
        repeated("<url>"),
        format!("<urlset>{}", repeated("<url><loc>")),
    ];
    for body in bodies {
        let started = Instant::now();
        let document = document(body.into_bytes());
        let _ = read(&document, &SETTINGS);
        let _ = read_page(&document, &SETTINGS);
        let elapsed = started.elapsed();
        let start = String::from_utf8_lossy(&document.body[..60]);
        assert!(elapsed < LIMIT, "{elapsed:?} for {start}");
    }
}

/// The conformance data beside the checkout: each file gets an answer, and each of the broken feeds its entries.
#[test]
fn conformance_data_is_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/feeds");
    let Ok(expected) = fs::read_to_string(folder.join("broken.expected.jsonl")) else {
        eprintln!("skipped: {} is absent", folder.display());
        return;
    };
    for line in expected.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let name = case["file"].as_str().unwrap();
        let result = read_bytes(&fs::read(folder.join("broken").join(name)).unwrap());
        if case["must_error"] == true {
            let is_sitemap = result.as_ref().is_ok_and(|listing| listing.kind == SourceKind::Sitemap);
            assert!(result.is_err() || is_sitemap, "{name}");
        } else if case["any"] != true {
            assert_eq!(result.unwrap().links.len(), case["entries"].as_array().unwrap().len(), "{name}");
        }
    }
}

/// One way to spoil a document.
#[derive(Clone, Debug)]
enum Damage {
    Cut(usize),
    Delete(usize, usize),
    Insert(usize, &'static str),
    Flip(usize, u8),
}

fn damage() -> impl Strategy<Value = Damage> {
    let pieces = [
        "<",
        ">",
        "</",
        "&",
        "&#x110000;",
        "]]>",
        "<![CDATA[",
        "<item>",
        "</item>",
        "<entry/>",
        "\"",
        "é",
        "@",
        "<!",
        "<?",
    ];
    prop_oneof![
        any::<usize>().prop_map(Damage::Cut),
        (any::<usize>(), 1_usize..40).prop_map(|(at, length)| Damage::Delete(at, length)),
        (any::<usize>(), proptest::sample::select(pieces.to_vec())).prop_map(|(at, piece)| Damage::Insert(at, piece)),
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Damage::Flip(at, byte)),
    ]
}

fn apply(body: &mut Vec<u8>, damage: &Damage) {
    let place = |at: usize, length: usize| at % length.max(1);
    let length = body.len();
    match damage {
        Damage::Cut(at) => body.truncate(place(*at, length).max(length / 2)),
        Damage::Delete(at, number) => {
            let at = place(*at, length);
            body.drain(at..(at + number).min(length));
        }
        Damage::Insert(at, piece) => {
            let at = place(*at, length);
            body.splice(at..at, piece.bytes());
        }
        Damage::Flip(at, byte) => {
            if let Some(target) = body.get_mut(place(*at, length)) {
                *target = *byte;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn damaged_documents_never_panic(case in any::<usize>(), damages in proptest::collection::vec(damage(), 1..8)) {
        let files = fixtures();
        let mut body = fs::read(&files[case % files.len()]).unwrap();
        for damage in &damages {
            apply(&mut body, damage);
        }
        let document = document(body);
        let _ = read(&document, &SETTINGS);
        let _ = read_page(&document, &SETTINGS);
        let _ = feeds_of_page(&document);
    }

    #[test]
    fn any_text_reads_without_panic(text in "(<|>|</|/>|=|\"|'|&|;| |rss|item|title|link|feed|entry|é|[a-z]|<!\\[CDATA\\[|\\]\\]>|<!--|-->){0,60}") {
        let _ = read_bytes(text.as_bytes());
        let _ = text_of_html(&text);
    }
}
