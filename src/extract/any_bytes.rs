//! Tests with any bytes at all: no panic, bounded work, an article or a reason, and the same one every time.
//!
//! Real pages, where a folder of them stands beside the checkout, are spoiled too; without it the test says so.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use scraper::Html;

use super::page::{Page, Tree};
use super::tests::{described, document, extract, extractor, fixtures};
use super::*;
use crate::model::LinkHints;

/// Time for one page. No promise: debug builds are some twenty times slower than release builds and a test machine may
/// be busy. What is quadratic takes minutes and more.
const TIME_MAX: Duration = Duration::from_secs(30);

/// Spoiled pages of our own, and real ones, which are much larger.
const FIXTURE_CASES: u32 = 1000;
const REAL_CASES: u32 = 100;

/// Real pages beyond this size are left alone.
const REAL_BYTES_MAX: usize = 100_000;

/// A fault put into a page.
#[derive(Clone, Debug)]
enum Fault {
    Cut(usize),
    Remove(usize, usize),
    Repeat(usize, usize, usize),
    Insert(usize, &'static str),
    Flip(usize, u8),
    /// Two tags change places.
    SwapTags(usize, usize),
    /// A piece that opens something, many times over.
    Nest(usize, &'static str, usize),
}

fn fault() -> impl Strategy<Value = Fault> {
    const PIECES: [&str; 26] = [
        "<",
        ">",
        "\"",
        "='",
        "</div>",
        "</p>",
        "</a>",
        "<table>",
        "<tr><td>",
        "<!--",
        "-->",
        "<![CDATA[",
        "<script>",
        "<script type=application/ld+json>",
        "<title>",
        "<svg>",
        "<plaintext>",
        "<template>",
        "\0",
        "\u{feff}",
        "&#x110000;",
        "&#xd800;",
        "&notin",
        "<br><br>",
        "<a href=//[>",
        "\u{202e}",
    ];
    const NESTS: [&str; 8] =
        ["<div>", "<b id=x>", "<a>", "<table><tr><td>", "<ul><li>", "<svg><desc>", "<span class=article>", "<p><i>"];
    prop_oneof![
        any::<usize>().prop_map(Fault::Cut),
        (any::<usize>(), 0..400_usize).prop_map(|(at, length)| Fault::Remove(at, length)),
        (any::<usize>(), 0..4000_usize, 1..4_usize).prop_map(|(at, length, times)| Fault::Repeat(at, length, times)),
        (any::<usize>(), prop::sample::select(&PIECES[..])).prop_map(|(at, piece)| Fault::Insert(at, piece)),
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Fault::Flip(at, byte)),
        (any::<usize>(), any::<usize>()).prop_map(|(one, other)| Fault::SwapTags(one, other)),
        (any::<usize>(), prop::sample::select(&NESTS[..]), 1..600_usize)
            .prop_map(|(at, piece, times)| Fault::Nest(at, piece, times)),
    ]
}

fn spoil(page: &mut Vec<u8>, fault: &Fault) {
    let place = |at: usize| at % (page.len() + 1);
    match *fault {
        Fault::Cut(at) => page.truncate(place(at)),
        Fault::Remove(at, n_bytes) => {
            let at = place(at);
            page.drain(at..page.len().min(at + n_bytes));
        }
        Fault::Repeat(at, n_bytes, times) => {
            let at = place(at);
            let piece = page[at..page.len().min(at + n_bytes)].repeat(times);
            page.splice(at..at, piece);
        }
        Fault::Insert(at, piece) => {
            let at = place(at);
            page.splice(at..at, piece.bytes());
        }
        Fault::Flip(at, byte) => {
            let at = place(at);
            if let Some(target) = page.get_mut(at) {
                *target = byte;
            }
        }
        Fault::SwapTags(one, other) => {
            let (one, other) = (tag_from(page, place(one)), tag_from(page, place(other)));
            let (first, second) = if one.start < other.start { (one, other) } else { (other, one) };
            if first.end <= second.start {
                let (a, b) = (page[first.clone()].to_vec(), page[second.clone()].to_vec());
                page.splice(second, a);
                page.splice(first, b);
            }
        }
        Fault::Nest(at, piece, times) => {
            let at = place(at);
            page.splice(at..at, piece.repeat(times).into_bytes());
        }
    }
}

/// The next tag from a place on.
fn tag_from(page: &[u8], at: usize) -> std::ops::Range<usize> {
    let find = |byte: u8, from: usize| page[from..].iter().position(|b| *b == byte).map(|found| from + found);
    let start = find(b'<', at).unwrap_or(page.len());
    start..find(b'>', start).map_or(page.len(), |end| end + 1)
}

/// Spoils pages of a list in as many ways as asked for, and extracts each twice at one time.
fn check_spoiled(cases: u32, read: impl Fn(prop::sample::Index) -> Vec<u8>) {
    let settings = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let strategy = (any::<prop::sample::Index>(), prop::collection::vec(fault(), 1..8));
    let checked = TestRunner::new(settings).run(&strategy, |(case, faults)| {
        let mut page = read(case);
        for fault in &faults {
            spoil(&mut page, fault);
        }
        let started = Instant::now();
        let run = || extract(page.clone(), &LinkHints::default());
        let (here, there) = std::thread::scope(|scope| {
            let there = scope.spawn(run);
            (run(), there.join())
        });
        prop_assert!(started.elapsed() < TIME_MAX, "{:?}", started.elapsed());
        if let Ok(article) = &here {
            let is_line = |paragraph: &String| !paragraph.trim().is_empty() && !paragraph.contains('\n');
            prop_assert!(article.paragraphs.iter().all(is_line));
            prop_assert!(article.quality.score <= 100);
        }
        let there = there.map_err(|_| TestCaseError::fail("it panics on another thread"))?;
        prop_assert_eq!(described(&here), described(&there));
        let explained = extractor().explain(&document(page, "https://news.example/page"), &LinkHints::default());
        if let Ok(explanation) = explained {
            prop_assert_eq!(explanation.refusal.is_none(), here.is_ok());
            if here.is_ok() {
                prop_assert_eq!(described(&Ok(explanation.article)), described(&here));
            }
        }
        Ok(())
    });
    if let Err(failure) = checked {
        panic!("{failure}");
    }
}

#[test]
fn spoiled_pages_do_no_harm() {
    let pages: Vec<Vec<u8>> = fixtures().iter().map(|case| std::fs::read(case.join("page.html")).unwrap()).collect();
    check_spoiled(FIXTURE_CASES, |case| case.get(&pages).clone());
}

/// Pages as they were served, gzipped, beside the checkout.
fn real_pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/pages");
    let folders = ["aeb", "publishers", "segments"].map(|folder| std::fs::read_dir(root.join(folder)));
    let files = folders.into_iter().flatten().flatten().map(|entry| entry.unwrap().path());
    let mut pages: Vec<PathBuf> = files.filter(|file| file.to_string_lossy().ends_with(".html.gz")).collect();
    if pages.is_empty() {
        eprintln!("skipped: no real pages in {}", root.display());
    }
    pages.sort();
    pages
}

fn unpack(file: &Path) -> Vec<u8> {
    let mut page = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(file).unwrap()).read_to_end(&mut page).unwrap();
    page
}

#[test]
fn spoiled_real_pages_do_no_harm() {
    let pages = real_pages();
    if pages.is_empty() {
        return;
    }
    check_spoiled(REAL_CASES, |case| {
        let from = case.index(pages.len());
        let small =
            pages[from..].iter().chain(&pages).map(|file| unpack(file)).find(|page| page.len() < REAL_BYTES_MAX);
        small.unwrap_or_default()
    });
}

/// Of the budget for parsing real pages take a small part, so that none is cut off.
#[test]
fn real_pages_are_far_from_the_budget() {
    let steps_max = crate::config::defaults().extract.parse_steps_max;
    for file in real_pages() {
        let page = unpack(&file);
        let text = crate::charset::decode(&page, None);
        let outline = |steps_max: usize| source::document::parse(&text, steps_max).outline();
        assert!(outline(steps_max / 4) == outline(usize::MAX), "{}", file.display());
    }
}

fn numbered(count: usize, one: impl Fn(usize) -> String) -> String {
    (0..count).map(one).collect()
}

/// Pages on which the standard's algorithm, its implementation or a careless extractor takes more than linear time.
fn hostile_pages() -> Vec<(&'static str, String)> {
    let attributes = numbered(60, |number| format!("a{number} "));
    vec![
        ("nested", "<div>".repeat(100_000)),
        ("nested and closed", "<div>".repeat(50_000) + "text" + &"</div>".repeat(50_000)),
        ("nested names that are nobody's", numbered(100_000, |number| format!("<x-{number}>"))),
        ("lists in lists", "<ul><li>".repeat(50_000)),
        ("tables in cells", "<table><tr><td>".repeat(30_000)),
        ("tables without cells", "<table>".repeat(100_000)),
        ("formatting left open", numbered(3000, |number| format!("<b id={number}><p>"))),
        ("formatting with attributes", numbered(3000, |number| format!("<b {attributes} id={number}><p>"))),
        ("formatting closed crosswise", "<b><i><u><s><em><tt><big><code><div></b>".repeat(10_000)),
        ("formatting closed far below", "<b>".repeat(3) + &"<div>".repeat(3000) + &"</b>".repeat(100_000)),
        ("links in links", "<a><div>".repeat(50_000)),
        ("links around tables", "<table><a><tr><td><a>".repeat(20_000)),
        ("text beside cells", "<table>".to_owned() + &"x<b>".repeat(100_000)),
        ("cells without rows", "<table><tr><td>x".repeat(50_000)),
        ("a row of cells", "<table><tr>".to_owned() + &"<td>x".repeat(200_000)),
        ("a tag of attributes", format!("<p {}>", numbered(100_000, |number| format!("a{number} ")))),
        ("bodies with attributes", numbered(100_000, |number| format!("<body a{}>", 900_000 - number))),
        ("character references", "&amp;&#39;&notin".repeat(330_000)),
        ("a reference without end", "&".to_owned() + &"a".repeat(1_000_000)),
        ("brackets", "<".repeat(1_000_000)),
        ("behind a comment", format!("<!-->{}", "<div>".repeat(50_000))),
        ("comments", "<!-->".repeat(200_000)),
        ("within a drawing", format!("<svg><title>{}", "<div>".repeat(50_000))),
        ("scripts in scripts", "<script><!--<script>".repeat(50_000)),
        ("titles without end", "<title>".to_owned() + &"</titl".repeat(150_000)),
        ("deep data", format!("<script type=application/ld+json>{}</script>", "[{\"a\":".repeat(100_000))),
        ("empty lines", "x<br><br>".repeat(100_000)),
        ("bylines in bylines", "<div class=author>".repeat(400) + &"<i class=author>By</i>".repeat(30_000)),
    ]
}

#[test]
fn hostile_pages_end_quickly() {
    // An eighth of the budget, for an eighth of the time.
    let mut settings = crate::config::defaults().extract;
    settings.parse_steps_max /= 8;
    let extractor = Extractor::new(&settings);
    for (name, page) in hostile_pages() {
        let started = Instant::now();
        let result =
            extractor.extract(&document(page.into_bytes(), "https://news.example/page"), &LinkHints::default());
        assert!(started.elapsed() < TIME_MAX, "{name}: {:?}", started.elapsed());
        if let Ok(article) = result {
            assert!(article.paragraphs.len() <= settings.paragraphs_max, "{name}");
        }
    }
}

/// The time for hostile pages as users have it. `cargo test --release hostile_pages_timed -- --ignored --nocapture`
#[test]
#[ignore = "measures: wants a release build and a quiet machine"]
fn hostile_pages_timed() {
    for (name, page) in hostile_pages() {
        let started = Instant::now();
        let result = extract(page.repeat(8_000_000 / page.len()), &LinkHints::default());
        eprintln!("{:>6.0} ms  {name}, {}", started.elapsed().as_secs_f64() * 1000.0, result.is_ok());
    }
}

#[test]
fn a_page_of_ten_megabytes_ends_quickly() {
    let mut page = String::new();
    for number in 0..100_000 {
        let _ = writeln!(
            page,
            "<p>The ferry {number} left at noon, with mail, milk and passengers from hall {}.</p>",
            number / 7
        );
    }
    page.push_str(&"<p>One sentence a hundred thousand times is one sentence.</p>\n".repeat(50_000));
    let started = Instant::now();
    let article = extract(page, &LinkHints::default()).unwrap();
    assert!(started.elapsed() < TIME_MAX, "{:?}", started.elapsed());
    assert_eq!(article.paragraphs.len(), crate::config::defaults().extract.paragraphs_max);
}

/// Pieces of which the standard has something to say of its own.
const STRANGE: &[&str] = &[
    "<",
    ">",
    "/",
    "\"",
    "'",
    "=",
    "&",
    "&amp",
    "&lt;",
    "&notit;",
    "&#65",
    "&#x80;",
    "&#0;",
    "]]>",
    "-->",
    "--!>",
    "--",
    " ",
    "\n",
    "\r",
    "\r\n",
    "\t",
    "\0",
    "a",
    "B",
    "é",
    "x y",
    "<!",
    "<!-",
    "<!--",
    "<!-->",
    "<!doctype html>",
    "<!DOCTYPE html PUBLIC \"-//W3C//DTD HTML 3.2//EN\">",
    "<!doctype",
    "<![CDATA[",
    "<?",
    "</",
    "</>",
    "<p>",
    "</p>",
    "<p class=a id='b' CLASS=c>",
    "<a href=x?a=1&copy=2&lt=3&amp;b>",
    "<b>",
    "</b>",
    "<i class=x>",
    "</i>",
    "<table>",
    "<tr><td>",
    "</table>",
    "<caption>",
    "<svg>",
    "</svg>",
    "<svg/>",
    "<path d=x />",
    "<desc>",
    "<foreignObject>",
    "<math><mi>",
    "<annotation-xml encoding=text/html>",
    "<title>",
    "</title>",
    "<textarea>\n",
    "</textarea>",
    "<style>",
    "</style>",
    "<script>",
    "</script>",
    "</SCRIPT x>",
    "<!--<script>",
    "<template>",
    "</template>",
    "<select><option>",
    "<noscript>",
    "</noscript>",
    "<frameset>",
    "<frame>",
    "<plaintext>",
    "<pre>\n",
    "<body class=x>",
    "<html lang=a>",
    "<head>",
    "</head>",
    "</body>",
    "<form>",
    "<input type=hidden>",
    "<li>",
    "<br/>",
    "</br>",
    "<x-y z>",
    "<h1>",
    "<img a=\"",
];

/// Compares the tree of a page with the one that its parser makes of it alone.
fn check_tree(html: &str) -> Result<(), TestCaseError> {
    let alone = by_selectors::selectors::twin(&Html::parse_document(html)).0;
    prop_assert_eq!(source::document::parse_all(html).outline(), alone.outline());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any text at all falls into paragraphs without harm.
    #[test]
    fn any_fragment_does_no_harm(html in "(<[a-z!/]{0,9}[ =\"'>]?|[a-z &;#0-9é字\n]{0,9}){0,40}") {
        prop_assert!(fragment_paragraphs(&html).iter().all(|paragraph| !paragraph.trim().is_empty()));
    }

    /// What is left out of a page makes no difference to what is found in it.
    #[test]
    fn what_is_left_out_is_read_by_nobody(faults in prop::collection::vec(fault(), 1..6), case in any::<prop::sample::Index>()) {
        let cases = fixtures();
        let mut page = std::fs::read(case.get(&cases).join("page.html")).unwrap();
        for fault in &faults {
            spoil(&mut page, fault);
        }
        let text = crate::charset::decode(&page, None).into_owned();
        let texts_of = |tree: &Tree| {
            let page = Page::read(tree, 512);
            let lines: Vec<String> = page.lines.iter().map(|line| line.text.clone()).collect();
            let marks: Vec<(page::class_names::Marks, usize)> = page.elements.iter().map(|e| (e.marks, e.lines_end)).collect();
            (lines, marks, page.json_ld, page.document_title)
        };
        let whole = by_selectors::selectors::twin(&Html::parse_document(&text)).0;
        prop_assert_eq!(texts_of(&whole), texts_of(&source::document::parse(&text, usize::MAX)));
    }

    /// A page that is read whole gives the tree that its parser makes of it alone.
    #[test]
    fn the_tree_is_that_of_the_standard(faults in prop::collection::vec(fault(), 0..8), case in any::<prop::sample::Index>()) {
        let cases = fixtures();
        let mut page = std::fs::read(case.get(&cases).join("page.html")).unwrap();
        for fault in &faults {
            spoil(&mut page, fault);
        }
        check_tree(&crate::charset::decode(&page, None))?;
    }

    /// The same for markup at its strangest.
    #[test]
    fn the_tree_of_strange_markup_is_that_of_the_standard(pieces in prop::collection::vec(prop::sample::select(STRANGE), 0..30)) {
        check_tree(&pieces.concat())?;
    }
}
