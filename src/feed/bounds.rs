//! How much is kept of what a document says: a title of megabytes would stand in the database for as long as its link waits.
//!
//! What people read is cut, what identifies is left out: half an address is another one, and half a `guid` may be that of
//! many.

use url::Url;

use super::listing::Listing;
use super::markup::{Scanner, Token};
use crate::config::FeedSettings;
use crate::model::{FeedText, FoundLink};

/// Put behind what was cut.
const ELLIPSIS: &str = "…";

/// Brings a listing within its bounds, and notes once that something was cut.
pub fn bound(listing: &mut Listing, settings: &FeedSettings) {
    let mut bounds = Bounds { settings, n_cut: 0 };
    bounds.cut_title(&mut listing.title);
    bounds.leave_out(&mut listing.language);
    for link in &mut listing.links {
        bounds.link(link);
    }
    listing.children.retain(|child| bounds.is_within(child));
    if bounds.n_cut > 0 {
        let n_cut = bounds.n_cut;
        let (values, are) = if n_cut == 1 { ("value", "is") } else { ("values", "are") };
        listing.problems.push(format!(
            "{n_cut} {values} longer than feed.entry_title_bytes_max, entry_value_bytes_max, entry_authors_max or \
             entry_text_bytes_max {are} cut or left out"
        ));
    }
}

struct Bounds<'s> {
    settings: &'s FeedSettings,
    n_cut: usize,
}

impl Bounds<'_> {
    fn link(&mut self, link: &mut FoundLink) {
        let FoundLink { url, guid, title, published, updated, authors, language, text, is_recording: _ } = link;
        if url.as_ref().is_some_and(|url| !self.is_within(url)) {
            *url = None;
        }
        for value in [guid, published, updated, language] {
            self.leave_out(value);
        }
        self.cut_title(title);
        let n_before = authors.len();
        authors.truncate(self.settings.entry_authors_max);
        authors.retain(|author| author.len() <= self.settings.entry_value_bytes_max);
        self.n_cut += n_before - authors.len();
        let FeedText { content, summary, is_cut } = text;
        for html in [content, summary].into_iter().flatten() {
            if html.len() > self.settings.entry_text_bytes_max {
                cut_html(html, self.settings.entry_text_bytes_max);
                *is_cut = true;
                self.n_cut += 1;
            }
        }
    }

    fn is_within(&mut self, url: &Url) -> bool {
        let is_within = url.as_str().len() <= self.settings.entry_value_bytes_max;
        self.n_cut += usize::from(!is_within);
        is_within
    }

    fn leave_out(&mut self, value: &mut Option<String>) {
        if value.as_ref().is_some_and(|value| value.len() > self.settings.entry_value_bytes_max) {
            *value = None;
            self.n_cut += 1;
        }
    }

    fn cut_title(&mut self, title: &mut Option<String>) {
        let bytes_max = self.settings.entry_title_bytes_max;
        if let Some(title) = title.as_mut().filter(|title| title.len() > bytes_max) {
            title.truncate(title.floor_char_boundary(bytes_max - ELLIPSIS.len()));
            title.truncate(title.trim_end().len());
            title.push_str(ELLIPSIS);
            title.shrink_to_fit();
            self.n_cut += 1;
        }
    }
}

/// Cuts HTML in front of the token that goes beyond the bound, or within it if it is text.
fn cut_html(html: &mut String, bytes_max: usize) {
    let bytes_max = bytes_max - ELLIPSIS.len();
    let mut end = 0;
    let mut scanner = Scanner::new(html);
    while let Some(token) = scanner.next() {
        let (start, behind) = (scanner.token_start(), scanner.position());
        if behind <= bytes_max {
            end = behind;
            continue;
        }
        if let Token::Text(_) = token {
            end = html.floor_char_boundary(bytes_max);
            // Nor within a reference.
            let tail = &html.as_bytes()[start..end];
            if let Some(at) = memchr::memrchr(b'&', tail)
                && !tail[at..].contains(&b';')
                && tail.len() - at < 40
            {
                end = start + at;
            }
        }
        break;
    }
    html.truncate(end);
    html.push_str(ELLIPSIS);
    html.shrink_to_fit();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SourceKind;

    #[test]
    fn html_is_cut_between_its_tags_and_characters() {
        let check = |html: &str, bytes_max: usize, expected: &str| {
            let mut cut = html.to_owned();
            cut_html(&mut cut, bytes_max);
            assert_eq!(cut, expected);
            assert!(cut.len() <= bytes_max);
        };
        check("<p>One two three</p>", 11, "<p>One t…");
        check("<p>One</p><a href='https://a.example/'>x</a>", 20, "<p>One</p>…");
        check("<p>éééé</p>", 9, "<p>é…");
        check("<p>One &eacute;t&eacute;</p>", 14, "<p>One …");
        check("<!-- a long comment --><p>One</p>", 12, "…");
    }

    #[test]
    fn what_is_too_long_is_cut_or_left_out_and_told_once() {
        let settings = FeedSettings {
            entry_title_bytes_max: 12,
            entry_value_bytes_max: 30,
            entry_authors_max: 2,
            entry_text_bytes_max: 40,
            ..crate::config::defaults().feed
        };
        let long = |n_bytes: usize| Some("é".repeat(n_bytes / 2));
        let link = FoundLink {
            url: Url::parse(&format!("https://a.example/{}", "x".repeat(40))).ok(),
            guid: long(40),
            title: long(40),
            published: long(40),
            updated: Some("2026-11-20".to_owned()),
            authors: ["a", "b", "c"].map(str::to_owned).to_vec(),
            language: Some("fr".to_owned()),
            text: FeedText { content: long(60), summary: Some("short".to_owned()), is_cut: false },
            is_recording: false,
        };
        let mut listing = Listing::empty(SourceKind::Feed, "rss 2.0");
        listing.links = vec![link.clone(), link];
        bound(&mut listing, &settings);
        let link = &listing.links[1];
        assert_eq!((link.url.as_ref(), link.guid.as_ref(), link.published.as_ref()), (None, None, None));
        assert_eq!((link.title.as_deref(), link.authors.len()), (Some("éééé…"), 2));
        assert_eq!(link.text.content.as_ref().map(String::len), Some(39));
        assert!(link.text.is_cut);
        assert_eq!((link.updated.as_deref(), link.text.summary.as_deref()), (Some("2026-11-20"), Some("short")));
        assert_eq!(listing.problems.len(), 1, "{:?}", listing.problems);
        assert!(listing.problems[0].starts_with("12 values longer than"), "{:?}", listing.problems);
    }
}
