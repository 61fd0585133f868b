//! Whole pages, as recorded: `tests/fixtures/pages/CASE/page.html` must give what stands in `article.json` beside it.
//! `UPDATE_FIXTURES=1` writes those files anew.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde_json::{Value, json};
use url::Url;

use super::*;
use crate::model::FeedText;

/// What the page says of its article, for tests that go on with the body.
pub(super) fn evidence_of(page: &Page<'_>, url: &str) -> body::Evidence {
    let hints = LinkHints::default();
    Found::read(page, &document(Vec::new(), url), &hints).evidence(&hints)
}

pub(super) fn document(body: Vec<u8>, url: &str) -> FetchedDocument {
    let url = Url::parse(url).unwrap_or_else(|_| Url::parse("https://news.example/").unwrap());
    FetchedDocument::from_file(body, url)
}

pub(super) fn extractor() -> Extractor {
    Extractor::new(&crate::config::defaults().extract)
}

fn extract(body: impl Into<Vec<u8>>, hints: &LinkHints) -> Result<ExtractedArticle, ExtractError> {
    extractor().extract(&document(body.into(), "https://news.example/page"), hints)
}

pub(super) fn fixtures() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pages");
    let mut cases: Vec<PathBuf> = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

pub(super) fn described(extracted: &Result<ExtractedArticle, ExtractError>) -> Value {
    let article = match extracted {
        Ok(article) => article,
        Err(error) => return json!({ "error": error.to_string(), "class": error.class().as_str() }),
    };
    let one = |evidence: &Option<Evidence<String>>| evidence.as_ref().map(|e| format!("{}: {}", e.origin, e.value));
    let all = |list: &[Evidence<String>]| list.iter().map(|e| format!("{}: {}", e.origin, e.value)).collect::<Vec<_>>();
    json!({
        "title": one(&article.title),
        "published": all(&article.published),
        "modified": one(&article.modified),
        "canonical_urls": all(&article.canonical_urls),
        "authors": all(&article.authors),
        "language": one(&article.language),
        "site_name": one(&article.site_name),
        "section": one(&article.section),
        "tags": article.tags,
        "image": one(&article.image),
        "body_kind": article.body_kind.as_str(),
        "quality": article.quality.score,
        "reasons": article.quality.reasons,
        "paragraphs": article.paragraphs,
    })
}

fn check(case: &Path) {
    let found = described(&extract(std::fs::read(case.join("page.html")).unwrap(), &LinkHints::default()));
    let recorded = case.join("article.json");
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::write(&recorded, format!("{}\n", serde_json::to_string_pretty(&found).unwrap())).unwrap();
        return;
    }
    let expected: Value = serde_json::from_slice(&std::fs::read(&recorded).unwrap()).unwrap();
    assert_eq!(found, expected, "{}", case.display());
}

#[test]
fn pages_extract_as_recorded() {
    for case in fixtures() {
        check(&case);
    }
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    for bytes in [b"\x89PNG\r\n\x1a\n\0\0\0".as_slice(), b"%PDF-1.7", b"PK\x03\x04\0\0"] {
        assert_eq!(extract(bytes, &LinkHints::default()).unwrap_err().class(), ErrorClass::Parse);
    }
    let mut image = document(b"<p>not really</p>".to_vec(), "https://news.example/a.jpg");
    image.content_type = Some("Image/JPEG".to_owned());
    assert!(matches!(extractor().extract(&image, &LinkHints::default()), Err(ExtractError::NotText(_))));
}

#[test]
fn an_empty_page_is_too_short() {
    for bytes in ["", "<html></html>", "<p>Three short words.</p>"] {
        let error = extract(bytes, &LinkHints::default()).unwrap_err();
        assert!(matches!(error, ExtractError::NoArticle(NoArticle::TooShort { .. })), "{error}");
    }
}

#[test]
fn the_feeds_own_text_stands_in_for_a_wall() {
    let wall = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pages/consent-wall/page.html"));
    let text = "<p>The mill at Weir Lane, empty since the flood, is to become a library.</p>\
                <p>The council voted nine to two for the plan on Tuesday evening, after a short debate.</p>";
    let hints = LinkHints {
        title: Some("Old mill to become a library".to_owned()),
        text: FeedText { content: Some(text.to_owned()), summary: None },
        ..LinkHints::default()
    };
    let article = extract(wall.unwrap(), &hints).unwrap();
    assert_eq!(article.body_kind, BodyKind::Feed);
    assert_eq!(article.paragraphs.len(), 2);
}

#[test]
fn fragments_fall_into_paragraphs() {
    let check = |html: &str, expected: &[&str]| assert_eq!(fragment_paragraphs(html), expected, "{html}");
    check("One line\n\n  another &amp; more ", &["One line", "another & more"]);
    check("<p>One <b>bold</b> line</p>bare text<div>boxed</div>", &["One bold line", "bare text", "boxed"]);
    check("One<br>and the same<br><br>another", &["One and the same", "another"]);
    check("<ul><li>first</li><li>second</li></ul>", &["first", "second"]);
    check("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", &["a b", "c"]);
    check("<script>no</script><style>no</style><p>\u{a0}</p>", &[]);
    check("", &[]);
}

/// Time for one hostile page: debug builds are some twenty times slower than what is promised for release builds.
const HOSTILE_TIME_MAX: Duration = Duration::from_secs(30);

#[test]
fn hostile_pages_end_quickly() {
    let cases: [(&str, String); 8] = [
        ("nested", "<div>".repeat(100_000)),
        ("nested and closed", "<div>".repeat(50_000) + "text" + &"</div>".repeat(50_000)),
        ("formatting left open", (0..3000).map(|number| format!("<b id={number}><p>")).collect::<Vec<_>>().concat()),
        ("behind a comment", format!("<!-->{}", "<div>".repeat(50_000))),
        ("within a drawing", format!("<svg><title>{}", "<div>".repeat(50_000))),
        ("lists in lists", "<ul><li>".repeat(20_000)),
        (
            "a tag of attributes",
            format!("<p {}>", (0..50_000).map(|number| format!("a{number} ")).collect::<Vec<_>>().concat()),
        ),
        ("brackets", format!("<script type=application/ld+json>{}</script>", "[{\"a\":".repeat(100_000))),
    ];
    for (name, page) in cases {
        let started = Instant::now();
        let result = extract(page, &LinkHints::default());
        assert!(result.is_err(), "{name}");
        assert!(started.elapsed() < HOSTILE_TIME_MAX, "{name}: {:?}", started.elapsed());
    }
}

#[test]
fn a_page_of_ten_megabytes_ends_quickly() {
    let line = "<p>The ferry left at noon, with mail, milk and forty-one passengers who had slept in the hall.</p>\n";
    let started = Instant::now();
    let article = extract(line.repeat(10_000_000 / line.len()), &LinkHints::default());
    // One sentence a hundred thousand times is one sentence.
    assert!(article.is_err());
    assert!(started.elapsed() < HOSTILE_TIME_MAX, "{:?}", started.elapsed());
}

/// A fault put into a page.
#[derive(Clone, Debug)]
enum Fault {
    Cut(usize),
    Remove(usize, usize),
    Repeat(usize, usize),
    Insert(usize, &'static str),
    Flip(usize, u8),
}

fn fault() -> impl Strategy<Value = Fault> {
    const PIECES: [&str; 14] = [
        "<",
        ">",
        "</div>",
        "<table>",
        "<tr><td>",
        "<!--",
        "<script>",
        "<svg>",
        "\0",
        "\u{feff}",
        "&#x110000;",
        "<br><br>",
        "<a href=//[>",
        "\u{202e}",
    ];
    prop_oneof![
        any::<usize>().prop_map(Fault::Cut),
        (any::<usize>(), 0..400_usize).prop_map(|(at, length)| Fault::Remove(at, length)),
        (any::<usize>(), 0..400_usize).prop_map(|(at, length)| Fault::Repeat(at, length)),
        (any::<usize>(), prop::sample::select(&PIECES[..])).prop_map(|(at, piece)| Fault::Insert(at, piece)),
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Fault::Flip(at, byte)),
    ]
}

fn spoil(page: &mut Vec<u8>, fault: &Fault) {
    let length = page.len().max(1);
    match *fault {
        Fault::Cut(at) => page.truncate(at % length),
        Fault::Remove(at, n_bytes) => {
            let at = (at % length).min(page.len());
            page.drain(at..page.len().min(at + n_bytes));
        }
        Fault::Repeat(at, n_bytes) => {
            let at = (at % length).min(page.len());
            let piece = page[at..page.len().min(at + n_bytes)].repeat(3);
            page.splice(at..at, piece);
        }
        Fault::Insert(at, piece) => {
            let at = (at % length).min(page.len());
            page.splice(at..at, piece.bytes());
        }
        Fault::Flip(at, byte) => {
            if let Some(target) = page.get_mut(at % length) {
                *target = byte;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens to a page on its way: no panic, the same answer twice, and paragraphs as promised.
    #[test]
    fn spoiled_pages_do_no_harm(case in any::<prop::sample::Index>(), faults in prop::collection::vec(fault(), 1..8)) {
        let cases = fixtures();
        let mut page = std::fs::read(cases[case.index(cases.len())].join("page.html")).unwrap();
        for fault in &faults {
            spoil(&mut page, fault);
        }
        let first = extract(page.clone(), &LinkHints::default());
        if let Ok(article) = &first {
            prop_assert!(article.paragraphs.iter().all(|paragraph| !paragraph.trim().is_empty() && !paragraph.contains('\n')));
            prop_assert!(article.quality.score <= 100);
        }
        prop_assert_eq!(described(&first), described(&extract(page.clone(), &LinkHints::default())));
        if let Ok(explanation) = extractor().explain(&document(page, "https://news.example/page"), &LinkHints::default()) {
            prop_assert_eq!(explanation.refusal.is_none(), first.is_ok());
            if let Ok(article) = first {
                prop_assert_eq!(described(&Ok(explanation.article)), described(&Ok(article)));
            }
        }
    }

    /// Any text at all falls into paragraphs without harm.
    #[test]
    fn any_fragment_does_no_harm(html in "(<[a-z!/]{0,9}[ =\"'>]?|[a-z &;#0-9é字\n]{0,9}){0,40}") {
        prop_assert!(fragment_paragraphs(&html).iter().all(|paragraph| !paragraph.trim().is_empty()));
    }
}
