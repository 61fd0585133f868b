//! Paragraphs of a piece of HTML that is all text: a feed entry, a value of structured data.

use super::page::Page;
use super::source::bounds::STEPS_MAX;
use super::source::document;
use super::text::fold;

/// Deepest nesting looked at; a feed entry is flatter than any page.
const DEPTH_MAX: usize = 256;

/// The paragraphs of a feed entry's own HTML or plain text, by the rules that hold for pages: blocks, empty lines
/// made of `<br>`, table rows and list items are paragraphs of their own. In a text without any tags each line is a
/// paragraph. Nothing is judged: boilerplate in a feed's text is the feed's own.
#[must_use]
pub fn fragment_paragraphs(html: &str) -> Vec<String> {
    let has_tags = html.contains('<');
    if !has_tags && !html.contains('&') {
        return html.lines().map(fold).filter(|line| !line.is_empty()).collect();
    }
    if !has_tags {
        // Without tags line breaks are the only borders there are, and the parser would fold them away.
        return html.lines().flat_map(parsed_paragraphs).collect();
    }
    parsed_paragraphs(html)
}

fn parsed_paragraphs(html: &str) -> Vec<String> {
    if !html.contains(['<', '&']) {
        return Some(fold(html)).filter(|line| !line.is_empty()).into_iter().collect();
    }
    let tree = document::parse_fragment(html, STEPS_MAX);
    Page::read(&tree, DEPTH_MAX).lines.into_iter().map(|line| line.text).collect()
}
