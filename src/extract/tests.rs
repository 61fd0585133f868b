//! Whole pages, as recorded: `tests/fixtures/pages/CASE/page.html` must give what stands in `article.json` beside it.
//! `UPDATE_FIXTURES=1` writes those files again.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use url::Url;

use super::body::KnownTexts;
use super::fields::metadata::Metadata;
use super::page::{Page, Tree};
use super::source::bounds::STEPS_MAX;
use super::source::document as source_document;
use super::*;
use crate::model::{BodyKind, ErrorClass, Evidence, ExtractedArticle, FeedText, FetchedDocument, LinkHints};

/// The paragraphs of an article, for tests of what stands around one.
pub(super) const WEIR: [&str; 4] = [
    "The weir below Harn Bridge will be rebuilt from next spring, eleven years after a flood tore a gap into it.",
    "The council of Mell voted for the plan on Tuesday evening, after a debate in which nobody was against it.",
    "Work will begin once the herons have left, which the warden of the reserve expects in the middle of August.",
    "The money comes from a fund for the old works of the river, into which every house has paid since spring.",
];

/// What the page says of its article, for tests that go on with the body.
pub(super) fn known_texts_of(page: &Page<'_>, url: &str) -> KnownTexts {
    let hints = LinkHints::default();
    Metadata::read(page, &document(Vec::new(), url), &hints).known_texts(&hints)
}

pub(super) fn document(body: Vec<u8>, url: &str) -> FetchedDocument {
    let url = Url::parse(url).unwrap_or_else(|_| Url::parse("https://news.example/").unwrap());
    FetchedDocument::from_file(body, url)
}

/// The tree of a page.
pub(super) fn parsed(html: &str) -> Tree {
    source_document::parse(html, STEPS_MAX)
}

pub(super) fn extractor() -> Extractor {
    Extractor::new(&crate::config::defaults().extract)
}

pub(super) fn extract(body: impl Into<Vec<u8>>, hints: &LinkHints) -> Result<ExtractedArticle, ExtractError> {
    extractor().extract(&document(body.into(), "https://news.example/page"), hints)
}

pub(super) fn fixtures() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pages");
    let mut cases: Vec<PathBuf> = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

/// A folder of HTML snippets that all say the text of its `expected.txt`: that text, and each snippet with its name.
pub(super) fn fixtures_in(folder: &str) -> (String, Vec<(String, String)>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(folder);
    let read = |path: PathBuf| std::fs::read_to_string(path).unwrap();
    let mut names: Vec<String> =
        std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name != "expected.txt");
    names.sort();
    let snippets = names.into_iter().map(|name| (name.clone(), read(root.join(name)))).collect();
    (read(root.join("expected.txt")), snippets)
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
        text: FeedText { content: Some(text.to_owned()), summary: None, is_cut: false },
        ..LinkHints::default()
    };
    let article = extract(wall.unwrap(), &hints).unwrap();
    assert_eq!(article.body_kind, BodyKind::Feed);
    assert_eq!(article.paragraphs.len(), 2);
}

#[test]
fn words_for_screen_readers_are_no_part_of_a_sentence() {
    let lines = |html: &str| -> Vec<String> {
        let tree = parsed(html);
        Page::read(&tree, 512).lines.into_iter().map(|line| line.text).collect()
    };
    let check = |html: &str, expected: &[&str]| assert_eq!(lines(html), expected, "{html}");
    check(
        "<p>The <a href=/m>mill<span class=\"sr-only\"> (opens in a new tab)</span></a> stands.",
        &["The mill stands."],
    );
    check("<p>At <span style=\"display: none\">09:30</span> nine", &["At nine"]);
    for unseen in [
        "class=\"x VisuallyHidden_root__aXk2\"",
        "class=a11y-hidden",
        "class=element-invisible",
        "class=u-hiddenVisually",
        "class=\"icon srOnly\"",
        "class=offscreen",
        "class=assistive-text",
        "class=d-none",
        "style=\"position:absolute;clip:rect(0,0,0,0)\"",
        "style=\"position: absolute; left: -10000px\"",
    ] {
        check(
            &format!("<p>The <a href=/m>mill<span {unseen}>, opens in a new window</span></a> stands."),
            &["The mill stands."],
        );
    }
    for seen in
        ["class=\"sr-only md:not-sr-only\"", "class=\"d-none d-md-inline\"", "class=not-sr-only", "aria-hidden=true"]
    {
        check(&format!("<p>The mill<span {seen}> of Mell</span> stands."), &["The mill of Mell stands."]);
    }
    check("<p>It has<span hidden>x</span> two wheels<span aria-hidden=true>.</span>", &["It has two wheels."]);
    let rest = "and one more, which had been under the bank since the flood and was dug out by the club".to_owned();
    check(&format!("<p>Two <span style=\"display:none\">{rest}</span>"), &[&format!("Two {rest}")]);
    check("<x-story><template shadowrootmode=open><p>In the shade</p></template></x-story>", &["In the shade"]);
    check("<template><p>Not shown</p></template><p>Shown", &["Shown"]);
}

#[test]
fn captions_are_the_text_of_a_gallery() {
    let captions = [
        "Lamps hang from the old bridge while the first boats come down from the locks at dusk.",
        "A drummer from Orrey rests on a coil of rope, with her drum beside her and soup in her hat.",
        "Children have put candles into walnut shells, of which nine reached the mill that night.",
    ];
    let figure = |caption: &str| {
        format!(
            "<figure><img src=a.jpg><figcaption><p>{caption}</p><small>Photo: Ida Holm</small></figcaption></figure>"
        )
    };
    let figures: String = captions.iter().map(|caption| figure(caption)).collect();
    let page = |text: &str| {
        format!("<title>Boats in the dark</title><article><h1>Boats in the dark</h1>{text}{figures}</article>")
    };
    assert_eq!(extract(page(""), &LinkHints::default()).unwrap().paragraphs, captions);
    let paragraph =
        "The feast of boats has been held since the year in which the weir was built, and nobody knows why.";
    let text = format!("<p>{paragraph}</p>")
        + "<p>Each year another guild of the town pays for the lamps, \
        and the others say what they would have done better with the money.</p>\
        <p>This year it was the turn of the bakers, who had to hire two boats from Mell because their own had sunk in \
           spring, and who did not mind at all.</p>";
    let article = extract(page(&text), &LinkHints::default()).unwrap();
    assert_eq!(article.paragraphs.len(), 3, "{:?}", article.paragraphs);
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
