//! Tests with the feeds among the fixtures, damaged in every place: nothing panics or hangs, and what came before the damage
//! survives it.

use std::time::{Duration, Instant};

use super::markup::{Scanner, Token};
use super::tests::{fixtures, read_bytes};
use super::*;
use crate::model::FoundLink;

/// Every so many bytes a document is cut off or a byte changed.
const STRIDE: usize = 7;

/// Far above what a document of some kilobytes takes without optimisation.
const LIMIT: Duration = Duration::from_secs(2);

/// Entries of the documents that are cut off, with all that an entry has.
const N_ENTRIES: usize = 6;

fn documents() -> Vec<(String, Vec<u8>)> {
    let read = |file: std::path::PathBuf| (file.display().to_string(), std::fs::read(&file).unwrap());
    fixtures().into_iter().map(read).collect()
}

fn check(name: &str, damage: &str, body: &[u8]) {
    let started = Instant::now();
    let _ = read_bytes(body);
    assert!(started.elapsed() < LIMIT, "{name}, {damage}: {:?}", started.elapsed());
}

#[test]
fn documents_cut_off_anywhere_are_read_in_time() {
    for (name, body) in documents() {
        for end in (0..body.len()).step_by(STRIDE) {
            check(&name, &format!("cut off at {end}"), &body[..end]);
        }
    }
}

#[test]
fn documents_with_a_byte_changed_are_read_in_time() {
    for (name, body) in documents() {
        for at in (0..body.len()).step_by(STRIDE) {
            // A bit of case, one that leaves ASCII, and all: `<` becomes a letter, letters become `<`.
            for mask in [0x20, 0x80, 0x5f, 0xff] {
                let mut changed = body.clone();
                changed[at] ^= mask;
                check(&name, &format!("byte {at} changed by {mask:#x}"), &changed);
            }
        }
    }
}

#[test]
fn documents_with_a_tag_gone_or_doubled_are_read_in_time() {
    for (name, body) in documents() {
        let text = String::from_utf8_lossy(&body);
        let mut scanner = Scanner::new(&text);
        while let Some(token) = scanner.next() {
            if matches!(token, Token::Open(_) | Token::Close(_)) {
                let (start, end) = (scanner.token_start(), scanner.position());
                let removed = [&text[..start], &text[end..]].concat();
                check(&name, &format!("tag at {start} removed"), removed.as_bytes());
                let doubled = [&text[..end], &text[start..]].concat();
                check(&name, &format!("tag at {start} doubled"), doubled.as_bytes());
            }
        }
    }
}

/// A sound document with the places where its entries end.
struct Sound {
    text: String,
    ends: Vec<usize>,
}

impl Sound {
    fn new(head: &str, entry: impl Fn(usize) -> String, tail: &str) -> Self {
        let mut text = head.to_owned();
        let ends = (0..N_ENTRIES)
            .map(|number| {
                text.push_str(&entry(number));
                text.len()
            })
            .collect();
        text.push_str(tail);
        Sound { text, ends }
    }
}

fn sound_documents() -> [Sound; 4] {
    let address = |number: usize| format!("https://reef.example/{number}?a=1&amp;b=2");
    [
        Sound::new(
            "<?xml version=\"1.0\"?><rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
             xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel><title>Reef</title>\
             <link>https://reef.example/</link><language>en</language>",
            |number| {
                format!(
                    "<item><title>Tide &amp; time {number}</title><link>{}</link><guid>reef-{number}</guid>\
                     <pubDate>Fri, 20 Nov 2026 10:0{number}:00 GMT</pubDate><dc:creator>Ina Höst</dc:creator>\
                     <description>&lt;p&gt;Teaser&lt;/p&gt;</description>\
                     <content:encoded><![CDATA[<p>Whole <b>text</b> {number}</p>]]></content:encoded></item>",
                    address(number)
                )
            },
            "</channel></rss>",
        ),
        Sound::new(
            "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>Reef</title><link href=\"https://reef.example/\"/>\
             <author><name>Ina Höst</name></author>",
            |number| {
                format!(
                    "<entry><title type=\"html\">Tide {number}</title><link href=\"{}\"/><id>reef-{number}</id>\
                     <updated>2026-11-20T10:0{number}:00Z</updated><content type=\"xhtml\">\
                     <div xmlns=\"http://www.w3.org/1999/xhtml\"><p>Whole <b>text</b></p></div></content></entry>",
                    address(number)
                )
            },
            "</feed>",
        ),
        Sound::new(
            "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://purl.org/rss/1.0/\">\
             <channel rdf:about=\"https://reef.example/\"><title>Reef</title></channel>",
            |number| {
                format!(
                    "<item rdf:about=\"reef-{number}\"><title>Tide {number}</title><link>{}</link></item>",
                    address(number)
                )
            },
            "</rdf:RDF>",
        ),
        Sound::new(
            "{\"version\": \"https://jsonfeed.org/version/1.1\", \"title\": \"Reef\", \"language\": \"en\", \"items\": [",
            |number| {
                let comma = if number == 0 { "" } else { "," };
                format!(
                    "{comma}{{\"id\": {number}, \"url\": \"https://reef.example/{number}\", \
                     \"title\": \"Tide \\\"{number}\\\" [\", \"authors\": [{{\"name\": \"Ina Höst\"}}]}}"
                )
            },
            "]}",
        ),
    ]
}

#[test]
fn entries_before_a_cut_survive() {
    for Sound { text, ends } in sound_documents() {
        let sound = read_bytes(text.as_bytes()).unwrap();
        assert_eq!((sound.links.len(), sound.problems.as_slice()), (N_ENTRIES, [].as_slice()), "{text}");
        for end in (0..text.len()).step_by(STRIDE) {
            let n_complete = ends.iter().filter(|entry_end| **entry_end <= end).count();
            match read_bytes(&text.as_bytes()[..end]) {
                Ok(listing) => {
                    assert_eq!(listing.links, sound.links[..n_complete], "cut off at {end}: {text}");
                    assert!(!listing.problems.is_empty() || n_complete > 0, "cut off at {end}: {text}");
                }
                Err(error) => assert_eq!(n_complete, 0, "cut off at {end}: {error}: {text}"),
            }
        }
    }
}

#[test]
fn entries_beside_a_broken_one_survive() {
    for Sound { text, ends } in sound_documents() {
        let sound = read_bytes(text.as_bytes()).unwrap();
        // The third entry loses each of its tags in turn. Without its own it is part of another, or none.
        let (start, end) = (ends[1], ends[2]);
        let mut scanner = Scanner::new(&text[start..end]);
        while let Some(token) = scanner.next() {
            let (Token::Open(Tag { name, .. }) | Token::Close(name)) = token else { continue };
            if ["item", "entry"].contains(&name) {
                continue;
            }
            let (from, to) = (start + scanner.token_start(), start + scanner.position());
            let listing = read_bytes([&text[..from], &text[to..]].concat().as_bytes()).unwrap();
            let without_third = |links: &[FoundLink]| [&links[..2], &links[3..]].concat();
            assert_eq!(listing.links.len(), N_ENTRIES, "{} gone", &text[from..to]);
            assert_eq!(without_third(&listing.links), without_third(&sound.links), "{} gone", &text[from..to]);
            assert_eq!(listing.links[2].guid, sound.links[2].guid, "{} gone", &text[from..to]);
        }
    }
}
