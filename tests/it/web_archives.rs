//! Web archives (WARC): the pages in them become articles, what is none is counted, what is damaged costs itself.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::harness::Newsroom;

/// When the pages were fetched.
const FETCHED: &str = "2026-11-20T08:00:00Z";

fn record(kind: &str, target: &str, block: &[u8]) -> Vec<u8> {
    let head = format!(
        "WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:0>\r\nWARC-Target-URI: {target}\r\nWARC-Date: {FETCHED}\r\n\
         Content-Type: application/http; msgtype=response\r\nContent-Length: {}\r\n\r\n",
        block.len()
    );
    [head.as_bytes(), block, b"\r\n\r\n"].concat()
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("bytes can be packed");
    encoder.finish().expect("bytes can be packed")
}

fn answer(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 {status} As it is\r\n{headers}\r\n").as_bytes(), body].concat()
}

/// A page about what its headline says. No two have a sentence in common.
fn article_html(title: &str) -> String {
    let seed: usize = title.bytes().map(usize::from).sum();
    let words =
        ["keepers", "lanterns", "orchards", "tunnels", "markets", "ferries", "councils", "libraries", "mills", "quays"];
    let word = |n: usize| words[n * n % words.len()];
    let sentence = |n: usize| {
        format!(
            "On day {} the {} of quarter {} met the {} and counted {} of them.",
            n % 29,
            word(n),
            n * 7,
            word(n + 1),
            n * 3
        )
    };
    let body = (0..8).fold(String::new(), |body, n| {
        let text: Vec<String> = (0..3).map(|m| sentence(seed + 11 * n + m)).collect();
        body + &format!("<p>{}</p>\n", text.join(" "))
    });
    format!(
        "<html lang=\"en\"><head><title>{title}</title></head><body><article><h1>{title}</h1>\n{body}</article></body></html>"
    )
}

fn page(status: u16, title: &str) -> Vec<u8> {
    answer(status, "Content-Type: text/html; charset=utf-8\r\n", article_html(title).as_bytes())
}

fn packed_page_in_chunks(title: &str) -> Vec<u8> {
    let body = packed(article_html(title).as_bytes());
    let (left, right) = body.split_at(body.len() / 2);
    let mut chunks = Vec::new();
    for chunk in [left, right, b""] {
        chunks.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        chunks.extend_from_slice(chunk);
        chunks.extend_from_slice(b"\r\n");
    }
    answer(200, "Content-Type: text/html\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", &chunks)
}

/// Records of every kind; three of them hold articles.
fn records() -> Vec<Vec<u8>> {
    let a = "http://paper.example/2026/11/a";
    vec![
        record("warcinfo", "", b"software: invented\r\n"),
        record("request", a, b"GET /2026/11/a HTTP/1.1\r\nHost: paper.example\r\n\r\n"),
        record("response", &format!("<{a}>"), &page(200, "Ferries stay in port")),
        record("response", "http://paper.example/2026/11/b", &packed_page_in_chunks("Bridges are painted again")),
        record("response", "http://paper.example/gone", &page(404, "Not here any more")),
        record("response", "http://paper.example/a.png", &answer(200, "Content-Type: image/png\r\n", b"\x89PNG")),
        record("revisit", a, b"HTTP/1.1 200 OK\r\n\r\n"),
        record("response", "dns:paper.example", b"20261120 paper.example. 60 IN A 192.0.2.1"),
        record("metadata", a, b"fetchTimeMs: 12\r\n"),
        record("resource", "urn:x", b"bytes"),
        record("response", "http://paper.example/2026/11/c", &page(200, "Lanterns light the quay")),
    ]
}

fn urls(room: &Newsroom) -> Vec<String> {
    room.column("SELECT url FROM articles ORDER BY id")
}

#[test]
fn pages_of_an_archive_become_articles_as_of_when_they_were_fetched() {
    let records = records();
    let members: Vec<u8> = records.iter().flat_map(|record| packed(record)).collect();
    let forms = [("a.warc", records.concat()), ("a.warc.gz", members), ("whole.warc.gz", packed(&records.concat()))];
    for (name, bytes) in forms {
        let room = Newsroom::new();
        let file = room.path(name);
        std::fs::write(&file, bytes).expect("a file can be written");
        let file = file.display().to_string();
        let outcome = room.run(&["import", &file]).exits(0).says("3 new, 0 duplicates, 0 known");
        let passed_over = "passed over: 1 metadata, 1 not HTML, 1 request, 1 resource, 1 response, 1 revisit, 1 status 404, 1 warcinfo";
        let outcome = outcome.says(passed_over);
        assert!(!outcome.stderr.contains("━"), "no bar in a pipe: {}", outcome.stderr);
        let expected = ["a", "b", "c"].map(|name| format!("http://paper.example/2026/11/{name}"));
        assert_eq!(urls(&room), expected, "{name}");
        assert_eq!(room.column("SELECT DISTINCT first_seen_at FROM articles"), [FETCHED]);
        room.run(&["import", &file]).exits(0).says("0 new, 0 duplicates, 3 known");
        let told = room.run(&["--json", "import", &file]).exits(0).json();
        assert_eq!((&told["known"], &told["passed_over"]), (&3.into(), &8.into()));
        room.assert_sound();
    }
}

#[test]
fn what_is_damaged_in_an_archive_is_named_with_its_offset_and_costs_itself() {
    let room = Newsroom::new();
    let mut members: Vec<Vec<u8>> = records().iter().map(|record| packed(record)).collect();
    let middle = members[3].len() / 2;
    members[3][middle] ^= 0x55;
    let offset: usize = members[..3].iter().map(Vec::len).sum();
    let last = members.pop().expect("a last record");
    let end: usize = members.iter().map(Vec::len).sum();
    members.push(last[..last.len() / 2].to_vec());
    let file = room.path("damaged.warc.gz");
    std::fs::write(&file, members.concat()).expect("a file can be written");
    let file = file.display().to_string();
    room.run(&["import", &file])
        .exits(3)
        .says("1 new, 0 duplicates")
        .says(&format!("damaged.warc.gz at byte {offset}: "))
        .says(&format!("damaged.warc.gz at byte {end}: cut short"))
        .says("2 could not be imported, the rest is stored");
    assert_eq!(urls(&room), ["http://paper.example/2026/11/a"]);
}
