//! The text of an article that a page keeps for its scripts: as state of the framework that draws it, in `noscript`, in
//! the entries of a live blog's structured data.
//!
//! What such data says is written out as a page: its maps and lists are blocks, named by their keys and types in the
//! words that templates use for classes, and its strings are paragraphs. The lines of that page are then judged as
//! those of any other. This is only done for pages that say they are an article and show none. Where the page tells no
//! date and no author either, those are taken that the data has beside the article's title (`fields`).

use super::body::{self, KnownTexts, Sureness};
use super::page::Page;
use super::source::document;
use super::text::count_words;
use crate::config::ExtractSettings;

mod data;
mod fields;
mod flight;
mod write_out;

use data::Data;
pub(super) use fields::ScriptFields;

/// Fewest bytes of a script that may hold an article.
const SCRIPT_BYTES_MIN: usize = 200;

/// A text that was found in scripts.
pub(super) struct ScriptText {
    pub(super) paragraphs: Vec<String>,
    /// How sure the passes were of its lines.
    pub(super) sureness: Sureness,
    /// What stands beside it.
    pub(super) fields: ScriptFields,
}

/// The text that the scripts of a page hold, with nothing where they hold none.
pub(super) fn read(html: &str, texts: &KnownTexts, settings: &ExtractSettings) -> Option<ScriptText> {
    let (written, fields) = written_out(html, &texts.title_keys)?;
    let tree = document::parse(&written, settings.parse_steps_max);
    let page = Page::read(&tree, settings.depth_max);
    let body = body::choose(&page, texts, None);
    let paragraphs: Vec<String> = body.lines.iter().map(|line| page.lines[*line].text.clone()).collect();
    let n_words: usize = paragraphs.iter().map(|paragraph| count_words(paragraph)).sum();
    (n_words >= settings.words_min).then_some(ScriptText { paragraphs, sureness: body.sureness, fields })
}

/// All that scripts and `noscript` elements hold, as a page, and what they say of the article with one of the titles.
fn written_out(html: &str, title_keys: &[String]) -> Option<(String, ScriptFields)> {
    let mut written = String::new();
    let mut fields = None;
    let mut write = |data: &Data, written: &mut String| {
        write_out::write(data, written);
        fields = fields.take().or_else(|| ScriptFields::find(data, title_keys));
    };
    let mut chunks = String::new();
    for (name, content) in raw_elements(html) {
        // The last chunk of a stream may be ever so short, and ends the text.
        if flight::is_chunk(content) {
            flight::collect(content, &mut chunks);
        } else if content.len() < SCRIPT_BYTES_MIN {
        } else if name == NOSCRIPT {
            written.push_str("<div>");
            written.push_str(content);
            written.push_str("</div>");
        } else {
            write(&Data::read(content), &mut written);
        }
    }
    for row in flight::rows(&chunks) {
        write(&row, &mut written);
    }
    (!written.is_empty()).then(|| (written, fields.unwrap_or_default()))
}

const SCRIPT: &str = "script";
const NOSCRIPT: &str = "noscript";

/// The contents of scripts and `noscript` elements, in page order.
fn raw_elements(html: &str) -> impl Iterator<Item = (&'static str, &str)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        while let Some(at) = memchr::memchr(b'<', &html.as_bytes()[from..]).map(|at| from + at) {
            from = at + 1;
            let Some(name) = [SCRIPT, NOSCRIPT].into_iter().find(|name| begins_with(&html[from..], name)) else {
                continue;
            };
            let start = from + memchr::memchr(b'>', &html.as_bytes()[from..])? + 1;
            let end = memchr::memchr_iter(b'<', &html.as_bytes()[start..])
                .map(|end| start + end)
                .find(|end| html[end + 1..].strip_prefix('/').is_some_and(|rest| begins_with(rest, name)))?;
            from = end + 1;
            return Some((name, &html[start..end]));
        }
        None
    })
}

fn begins_with(text: &str, name: &str) -> bool {
    text.as_bytes().get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{extract, fixtures_in};
    use crate::model::LinkHints;

    /// `tests/fixtures/scripts/NAME.html` holds a script; a page with it must be read as the article of `expected.txt`.
    #[test]
    fn texts_in_scripts_are_read() {
        let (expected, scripts) = fixtures_in("scripts");
        let paragraphs: Vec<&str> = expected.lines().collect();
        assert!(scripts.len() > 5);
        for (name, script) in scripts {
            let page = format!(
                "<html><head><title>Weir to be rebuilt | The Mell Echo</title><meta property=\"og:type\" \
                 content=\"article\"><meta property=\"og:title\" content=\"Weir to be rebuilt\"></head><body><nav><a \
                 href=/news>News</a><a href=/sport>Sport</a></nav><main><h1>Weir to be rebuilt</h1><div id=root></div>\
                 {script}</main><footer><p>© The Mell Echo, all rights reserved</p></footer></body></html>"
            );
            let article = extract(page, &LinkHints::default()).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(article.paragraphs, paragraphs, "{name}");
            assert!(article.quality.reasons.contains(&"from-script".into()), "{name}");
        }
    }

    #[test]
    fn an_article_with_a_text_is_not_replaced_by_another() {
        let other =
            "{\"teaser\":\"The council has let the old mill to a brewer from Orrey for ten years.\"},".repeat(20);
        let text = "The weir below Harn Bridge will be rebuilt from next spring, eleven years after a flood tore a gap of \
                    four metres into it.";
        let page = |script: &str| {
            format!(
                "<title>Weir to be rebuilt</title><meta property=\"og:type\" content=\"article\"><main><h1>Weir to be \
                 rebuilt</h1><p>{text}</p></main><script>x={script}</script>"
            )
        };
        let article = extract(page(&format!("[{other}]")), &LinkHints::default()).unwrap();
        assert_eq!(article.paragraphs, [text]);
        let (expected, scripts) = fixtures_in("scripts");
        let script = &scripts.iter().find(|(name, _)| name == "next-html.html").unwrap().1;
        let article = extract(page(&format!("0</script>{script}<script>")), &LinkHints::default()).unwrap();
        assert_eq!(article.paragraphs, expected.lines().collect::<Vec<_>>());
    }

    #[test]
    fn teasers_in_scripts_make_no_article_of_a_page_that_says_it_is_none() {
        let teasers =
            "{\"teaser\":\"The council has let the old mill to a brewer from Orrey for ten years.\"},".repeat(20);
        let page = format!("<title>Mell Echo</title><h1>News</h1><script>x={{\"list\":[{teasers}]}}</script>");
        assert!(extract(page, &LinkHints::default()).is_err());
    }
}
