//! What pages are made of: times, headlines, addresses.

use std::fmt::Write as _;

use jiff::Timestamp;
use maud::{Markup, html};
use url::Url;

use crate::forms::articles::time_of;
use crate::forms::times::relative;
use crate::store::{ArticleRow, MemberRow};

/// An instant or a day, as how long ago it was; the instant shows when one points at it.
pub(super) fn time(at: &str, now: Timestamp) -> Markup {
    html! { time datetime=(at) title=(at) { (relative(at, now)) } }
}

/// A headline that leads to a page of ours. Which way its letters run they say themselves.
pub(super) fn headline(path: &str, title: Option<&str>, language: Option<&str>) -> Markup {
    let title = shown(title);
    html! { a href=(path) lang=[language] dir="auto" { (title) } }
}

/// A title, or that there is none. One that is endless is cut: a page shows what can be read.
pub(super) fn shown(title: Option<&str>) -> String {
    match title.map(str::trim).filter(|title| !title.is_empty()) {
        None => "(no title)".to_owned(),
        Some(title) if title.len() <= TITLE_BYTES_MAX => title.to_owned(),
        Some(title) => {
            let end = (0..=TITLE_BYTES_MAX).rev().find(|at| title.is_char_boundary(*at)).unwrap_or(0);
            format!("{}…", &title[..end])
        }
    }
}

/// More of a headline is not shown.
const TITLE_BYTES_MAX: usize = 1000;

/// A link to somewhere else, if it is an address that a browser may follow.
pub(super) fn outward(address: &str, text: &str) -> Markup {
    match web_address(address) {
        Some(address) => html! { a href=(address) rel="noopener noreferrer external" { (text) } },
        None => html! { (text) },
    }
}

/// An address with which a link may be made: http or https, and nothing that runs.
pub(in crate::serve) fn web_address(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| as_uri(url.as_str()))
}

/// An address as RFC 3986 has it. Browsers take others too, feed readers need not.
pub(super) fn as_uri(address: &str) -> String {
    let host_at = address.find("://").map_or(0, |at| at + 3);
    let path_at = address[host_at..].find(['/', '?', '#']).map_or(address.len(), |length| host_at + length);
    let fragment_at = address.find('#');
    let mut uri = String::with_capacity(address.len());
    for (at, byte) in address.bytes().enumerate() {
        let is_allowed = match byte {
            // Around an IPv6 address.
            b'[' | b']' => at < path_at,
            b'#' => Some(at) == fragment_at,
            b'%' => address.as_bytes().get(at + 1..at + 3).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit)),
            _ => byte.is_ascii_alphanumeric() || b"-._~:/?@!$&'()*+,;=".contains(&byte),
        };
        if is_allowed {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

/// An article in a list: when, where, what, and what there is to say of it.
pub(super) fn article_item(row: &ArticleRow, now: Timestamp) -> Markup {
    item(&time_of(row), &format!("/articles/{}", row.id), row, now)
}

/// The same with another time, and the way to another page about it.
pub(super) fn item(at: &str, path: &str, row: &ArticleRow, now: Timestamp) -> Markup {
    let source = source_of(row);
    html! {
        li.item {
            span.when { @if !at.is_empty() { (time(at, now)) } }
            span.headline { (headline(path, row.title.as_deref(), row.language.as_deref())) }
            span.about {
                @for (position, note) in source.into_iter().chain(notes(row)).enumerate() {
                    @if position > 0 { " · " }
                    (note)
                }
            }
        }
    }
}

/// The source that had an article first, by what it is called; its slug shows when one points at it. A title is a publisher's, who may have
/// made it a sentence.
pub(super) fn source_of(row: &ArticleRow) -> Option<Markup> {
    let slug = row.source.as_deref()?;
    let title = row.source_title.as_deref().map(str::trim).filter(|title| !title.is_empty());
    let told = title.map_or_else(|| slug.to_owned(), |title| cut(title, SOURCE_CHARACTERS_MAX));
    Some(html! { a.source href={ "/sources/" (slug) } title=[title.map(|_| slug)] dir="auto" { (told) } })
}

/// More of a source's title does not stand beside a headline.
const SOURCE_CHARACTERS_MAX: usize = 48;

/// So many characters of a text at most.
fn cut(text: &str, n_max: usize) -> String {
    match text.char_indices().nth(n_max) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
    }
}

/// What there is to say of an article: whose copy it is, which wording, and what its text is if not the whole.
pub(super) fn notes(row: &ArticleRow) -> Vec<Markup> {
    let mut notes = Vec::new();
    if let Some(of) = row.duplicate_of {
        let word = if row.duplicate_kind.as_deref() == Some("near") { "made from" } else { "same as" };
        notes.push(html! { (word) " " a href={ "/articles/" (of) } { (of) } });
    }
    if row.revision > 1 {
        notes.push(html! { a href={ "/articles/" (row.id) "/diff/1.." (row.revision) } { "wording " (row.revision) } });
    }
    if row.body_kind != "full" {
        notes.push(html! { (row.body_kind) });
    }
    notes
}

/// Who told a story when, as marks on a line: full ones are reports of their own, hollow ones copies.
pub(super) fn time_line(members: &[MemberRow]) -> Markup {
    let instants: Vec<Option<i64>> =
        members.iter().map(|member| member.at.parse().ok().map(Timestamp::as_second)).collect();
    let known = || instants.iter().flatten().copied();
    let (Some(first), Some(last)) = (known().min(), known().max()) else { return html! {} };
    let span = (last - first).max(1);
    html! {
        svg.timeline viewBox={ "0 0 " (LINE_WIDTH) " 12" } aria-hidden="true" preserveAspectRatio="none" {
            line.axis x1="4" y1="6" x2=(LINE_WIDTH - 4) y2="6" {}
            @for (member, at) in members.iter().zip(&instants) {
                @if let Some(at) = at {
                    // The round end of a line without length is round however wide the whole becomes.
                    @let place = format!("M{} 6h.01", 4 + (at - first) * (LINE_WIDTH - 8) / span);
                    path.dot d=(place) {}
                    @if member.reason == "copy" { path.hole d=(place) {} }
                }
            }
        }
    }
}

const LINE_WIDTH: i64 = 240;

/// How long after the first: `+12 min`.
pub(super) fn after(first: &str, at: &str) -> Option<String> {
    let (first, at): (Timestamp, Timestamp) = (first.parse().ok()?, at.parse().ok()?);
    let minutes = at.duration_since(first).as_mins();
    Some(match minutes {
        ..1 => return None,
        1..120 => format!("+{minutes} min"),
        120..2880 => format!("+{} h", minutes / 60),
        _ => format!("+{} d", minutes / 1440),
    })
}

/// A sentence in which commands stand between backticks.
pub(super) fn commands(text: &str) -> Markup {
    html! { @for (at, piece) in text.split('`').enumerate() { @if at % 2 == 1 { code { (piece) } } @else { (piece) } } }
}

/// A passage with its matches marked. The marks are characters that no text has.
pub(super) fn passage(text: &str, marks: (char, char)) -> Markup {
    let mut pieces = text.split(marks.0);
    let before = pieces.next().unwrap_or_default();
    html! {
        (before)
        @for piece in pieces {
            @match piece.split_once(marks.1) {
                Some((matched, rest)) => { mark { (matched) } (rest) }
                None => { (piece) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_the_web_alone() {
        for (address, expected) in [
            ("https://a.example/x?y=\"z\"", Some("https://a.example/x?y=%22z%22")),
            ("http://a.example", Some("http://a.example/")),
            (
                "http://[::1]:8/x[1]|{y}^?q=[2]|`z`&p=100%#b#c",
                Some("http://[::1]:8/x%5B1%5D%7C%7By%7D%5E?q=%5B2%5D%7C%60z%60&p=100%25#b%23c"),
            ),
            ("http://a{b}.example/ü%C3%BC", Some("http://a%7Bb%7D.example/%C3%BC%C3%BC")),
            ("javascript:alert(1)", None),
            ("data:text/html,x", None),
            ("/relative", None),
        ] {
            assert_eq!(web_address(address).as_deref(), expected, "{address}");
        }
        assert_eq!(outward("javascript:alert(1)", "<b>").into_string(), "&lt;b&gt;");
    }

    #[test]
    fn matches_are_marked_and_markup_is_text() {
        let marked = passage("a \u{1}night\u{2} <i>train</i>", ('\u{1}', '\u{2}'));
        assert_eq!(marked.into_string(), "a <mark>night</mark> &lt;i&gt;train&lt;/i&gt;");
    }

    #[test]
    fn endless_titles_are_cut_between_characters() {
        let title = shown(Some(&"ü".repeat(5_000_000)));
        assert!(title.len() < 1010 && title.ends_with("ü…"), "{}", title.len());
        assert_eq!(shown(Some(" ")), "(no title)");
    }

    #[test]
    fn how_long_after_is_told_as_coarsely_as_one_would() {
        let told = |at: &str| after("2026-11-20T10:00:00Z", at);
        assert_eq!(told("2026-11-20T10:00:30Z"), None);
        assert_eq!(told("2026-11-20T11:30:00Z").as_deref(), Some("+90 min"));
        assert_eq!(told("2026-11-20T15:30:00Z").as_deref(), Some("+5 h"));
        assert_eq!(told("2026-11-25T10:00:00Z").as_deref(), Some("+5 d"));
    }
}
