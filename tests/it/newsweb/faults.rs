//! Resources that misbehave the way servers on the net do.

use std::io::Write;
use std::time::Duration;

use flate2::{Compress, Compression, FlushCompress};
use hyper::body::Bytes;
use newswire::demo::web::{Behaviour, Refusal, Resource, Site};

/// A page that is an article, for faults that would be one if they were served whole. Some 2 KB of text in 12 KB.
pub(crate) fn article_html(title: &str) -> String {
    let paragraph = "The committee met in the afternoon and, having heard both sides, agreed to meet again. Those present \
        spoke of a useful exchange; those absent were, for once, not blamed. A report will be laid before the members in the \
        spring, with figures for each district and an account of what became of the last report.";
    let body = (1..=8).fold(String::new(), |body, n| body + &format!("<p>{n}. {paragraph}</p>\n"));
    let furniture = "<li><a href=\"/elsewhere\">Something else altogether</a></li>\n".repeat(150);
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta property=\"article:published_time\" content=\"2026-03-02T08:00:00Z\"></head><body><nav><ul>{furniture}</ul></nav>\
         <article><h1>{title}</h1>\n{body}</article></body></html>\n"
    )
}

/// Answers after a while.
pub(crate) fn slow(delay: Duration) -> Resource {
    Resource::html(article_html("A slow page")).delay(delay)
}

/// Sends a little, waits, sends a little more; never silent for longer than `pause`.
pub(crate) fn dripping(piece_bytes: usize, pause: Duration) -> Resource {
    Resource::html(article_html("A dripping page"))
        .behaviour(Behaviour::Drip { piece_bytes, pause })
        .without_compression()
}

/// Takes the request and never answers.
pub(crate) fn hanging() -> Resource {
    Resource::html("").behaviour(Behaviour::Hang)
}

/// Announces its full length and ends half-way.
pub(crate) fn cut_off() -> Resource {
    half_a_page(false)
}

/// Sends chunks and ends without the last one.
pub(crate) fn cut_off_in_chunks() -> Resource {
    half_a_page(true)
}

fn half_a_page(is_chunked: bool) -> Resource {
    let html = article_html("Half a page");
    let after_bytes = html.len() / 2;
    Resource::html(html).behaviour(Behaviour::CutOff { after_bytes, is_chunked }).without_compression()
}

/// Ends the connection without a byte.
pub(crate) fn closing_at_once() -> Resource {
    Resource::html("").behaviour(Behaviour::Verbatim(Bytes::new()))
}

/// Speaks something that is not HTTP.
pub(crate) fn not_http() -> Resource {
    Resource::html("")
        .behaviour(Behaviour::Verbatim(Bytes::from_static(b"\x16\x03\x01 220 mail ready, say HELO\r\n\r\n")))
}

/// Announces `announced` bytes whatever the length of its body, and closes.
pub(crate) fn announcing(announced: usize, body: &str) -> Resource {
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {announced}\r\nConnection: close\r\n\r\n{body}"
    );
    Resource::html("").behaviour(Behaviour::Verbatim(answer.into()))
}

/// Status and nothing of use, every time.
pub(crate) fn failing(status: u16) -> Resource {
    Resource::html(format!("<h1>{status}</h1>")).status(status)
}

/// 429 for the first `n_times` requests, then a page. `retry_after` is seconds or an HTTP date.
pub(crate) fn refusing_at_first(n_times: u32, retry_after: &str) -> Resource {
    refusing_with(429, n_times, Some(retry_after))
}

/// Another status for the first `n_times` requests, then a page.
pub(crate) fn refusing_with(status: u16, n_times: u32, retry_after: Option<&str>) -> Resource {
    let refusal = Refusal { status, retry_after: retry_after.map(str::to_owned), n_times };
    Resource::html(article_html("A busy page")).refusal(refusal)
}

/// Two paths that send the client to each other, and `/self`, which sends it to itself.
pub(crate) fn with_redirect_loop(site: Site) -> Site {
    site.with("/loop/a", Resource::redirect(302, "/loop/b"))
        .with("/loop/b", Resource::redirect(301, "/loop/a"))
        .with("/self", Resource::redirect(302, "/self"))
}

/// A page that never ends.
pub(crate) fn endless() -> Resource {
    let piece = Bytes::from("<p>And another thing.</p>\n".repeat(2500));
    Resource::html("<!doctype html><title>Endless</title><body>")
        .behaviour(Behaviour::Endless { piece })
        .without_compression()
}

/// A gzip stream of zeros that never ends: about a thousand bytes come out of each that goes in.
pub(crate) fn gzip_bomb() -> Resource {
    const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let (beginning, piece) = (deflated_zeros(1), deflated_zeros(1 << 20));
    Resource::new("text/html", [GZIP_HEADER.as_slice(), &beginning].concat())
        .header("content-encoding", "gzip")
        .behaviour(Behaviour::Endless { piece: piece.into() })
}

/// Deflate blocks that end on a whole byte, are not the last, and hence can stand one behind the other without end.
fn deflated_zeros(n_bytes: usize) -> Vec<u8> {
    let zeros = vec![0; n_bytes];
    let mut compressor = Compress::new(Compression::best(), false);
    let mut deflated = Vec::with_capacity(n_bytes / 500 + 1024);
    compressor.compress_vec(&zeros, &mut deflated, FlushCompress::Sync).expect("zeros can be compressed");
    assert_eq!(compressor.total_in(), n_bytes as u64, "the output had room for all");
    deflated
}

/// A gzip stream that ends early, in an answer that is whole as HTTP has it.
pub(crate) fn cut_gzip() -> Resource {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(article_html("A stream that ends early").as_bytes()).expect("writing to memory");
    let body = encoder.finish().expect("writing to memory");
    Resource::new("text/html", body[..body.len() * 4 / 5].to_vec()).header("content-encoding", "gzip")
}

/// A gzip body with a broken middle.
pub(crate) fn broken_gzip() -> Resource {
    let page = article_html("A broken stream");
    let (beginning, rest) = page.split_at(page.len() / 2);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(beginning.as_bytes()).expect("writing to memory");
    encoder.flush().expect("writing to memory");
    let middle = encoder.get_ref().len();
    encoder.write_all(rest.as_bytes()).expect("writing to memory");
    let mut body = encoder.finish().expect("writing to memory");
    // A block of a kind that there is not.
    body[middle] = 7;
    Resource::new("text/html; charset=utf-8", body).header("content-encoding", "gzip")
}

/// Bytes that are nothing, labelled as a page.
pub(crate) fn garbage() -> Resource {
    let mut state: u32 = 0x2545_f491;
    let mut next_byte = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[1]
    };
    let bytes: Vec<u8> = (0..20_000).map(|_| next_byte()).collect();
    Resource::html(bytes).without_compression()
}
