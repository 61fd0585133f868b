//! Tests that hold what the check has kept of a plain feed against what feed-rs reads in it: sound, and with its texts
//! damaged in every place. Of tags that are broken feed-rs makes less.

use std::fs;

use super::markup::{Scanner, Token};
use super::tests::fixtures;
use super::*;

/// What is put into documents: forms of text that one of the two may take otherwise, and elements that hold none.
const PIECES: [&str; 24] = [
    "&#x2019;",
    "&amp;",
    "&lt;b&gt;",
    "&nbsp;",
    "&",
    "&;",
    "&#0;",
    "&#150;",
    "&#+5;",
    "&#x;",
    "<!-- a; -->",
    "<![CDATA[<i>x</i>]]>",
    "<![CDATA[]]>",
    "<?a b?>",
    "\r\n",
    "<b>x</b>",
    "<br/>",
    "@",
    "]]>",
    " ",
    "<title/>",
    "<a xml:base=\"https://b.example/\"/>",
    "<dc:creator xmlns:dc=\"urn:another\">Ann Bell</dc:creator>",
    "<dc:date xmlns:dc=\"urn:another\">2026-01-01T00:00:00Z</dc:date>",
];

/// Both readings of a document of which only the check is needed. Nothing where feed-rs reads nothing in it: what it stumbles
/// over says nothing of the texts.
fn both(text: &str) -> Option<(Listing, Listing)> {
    let Root::Feed { dialect, tag, start, behind } = find_root(text) else { return None };
    let base = Url::parse("https://lighthouse.example/news/feed.xml").unwrap();
    let source = Source { dialect, tag, text, start, behind, base: &base, entries_max: 200 };
    let precheck = precheck::check(dialect, &source.tag, &text[behind..]);
    let language = precheck.channel.language.clone();
    let context = convert::Context { dialect, format: "rss 2.0", language, base: &base, entries_max: 200 };
    let plain = precheck.plain.filter(|_| precheck.flaw.is_none() && precheck.n_entries > 0)?;
    let plain = convert::listing_of_plain(plain, &context)?;
    Some((plain, clean(&source, behind + precheck.end, precheck.n_entries, &context)?))
}

fn plain_documents() -> Vec<String> {
    let texts = fixtures().into_iter().filter_map(|file| fs::read_to_string(file).ok());
    let documents: Vec<String> = texts.filter(|text| both(text).is_some()).collect();
    assert!(documents.len() >= 5, "{}", documents.len());
    documents
}

fn compare(text: &str) -> usize {
    let Some((plain, by_feed_rs)) = both(text) else { return 0 };
    assert_eq!(plain, by_feed_rs, "{text}");
    1
}

#[test]
fn plain_feeds_read_as_feed_rs_reads_them() {
    for text in plain_documents() {
        assert_eq!(compare(&text), 1);
    }
}

/// The tokens of a document, where they begin and end.
fn tokens(text: &str) -> Vec<(Token<'_>, usize, usize)> {
    let mut scanner = Scanner::new(text);
    std::iter::from_fn(|| scanner.next().map(|token| (token, scanner.token_start(), scanner.position()))).collect()
}

#[test]
fn with_anything_put_between_their_tags_they_do_too() {
    let mut n_compared = 0;
    for text in plain_documents() {
        for (number, (token, start, end)) in tokens(&text).into_iter().enumerate() {
            n_compared +=
                PIECES.iter().map(|piece| compare(&[&text[..start], piece, &text[start..]].concat())).sum::<usize>();
            if matches!(token, Token::Text(_) | Token::CData(_)) {
                for (at, piece) in (start..end).zip(PIECES.iter().cycle().skip(number)) {
                    if text.is_char_boundary(at) {
                        n_compared += compare(&[&text[..at], piece, &text[at..]].concat());
                    }
                }
            }
        }
    }
    assert!(n_compared > 1000, "{n_compared}");
}

#[test]
fn with_anything_taken_out_between_their_tags_they_do_too() {
    let mut n_compared = 0;
    for text in plain_documents() {
        for (token, start, end) in tokens(&text) {
            n_compared += compare(&[&text[..start], &text[end..]].concat());
            let places: Vec<usize> = (start..=end).filter(|at| text.is_char_boundary(*at)).collect();
            for pair in places.windows(4).filter(|_| matches!(token, Token::Text(_))) {
                n_compared += compare(&[&text[..pair[0]], &text[pair[3]..]].concat());
            }
        }
    }
    assert!(n_compared > 1000, "{n_compared}");
}
