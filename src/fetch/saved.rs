//! Answers that somebody else has fetched and kept, as archives have them: head and body in the bytes of HTTP/1.

use jiff::Timestamp;
use memchr::memmem;
use reqwest::header::{CONTENT_LANGUAGE, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING};
use url::Url;

use crate::model::FetchedDocument;

use super::coding::{self, Bounds, CodingError};
use super::headers::{lines_of, max_age_s, text_of, validators};
use super::reservations;
use super::wire::{AnswerRewriter, FIELDS_MAX, is_chunked};

/// Reads an answer that was kept: chunks and content codings are undone, as they are of one that is fetched. The body is what
/// follows the head, whatever the head says of its length: that may have been of another form.
///
/// # Errors
///
/// Why it is no answer, or its body cannot be had: it may be larger than `bytes_max`.
pub fn read_saved(bytes: &[u8], url: &Url, fetched_at: Timestamp, bytes_max: usize) -> Result<FetchedDocument, String> {
    let mut answer = AnswerRewriter::default();
    let mut head = Vec::new();
    let mut rest = bytes;
    // Interim answers come before the one that is meant.
    while head.is_empty() {
        let end = end_of_head(rest).ok_or("its head has no end")?;
        answer.take(&rest[..end], &mut head).map_err(|error| error.to_string())?;
        rest = &rest[end..];
    }
    let status = std::str::from_utf8(&head).ok().and_then(|head| head.get(9..12)?.parse().ok());
    let status: u16 = status.ok_or("its first line has no status")?;
    let is_in_chunks = has_chunks(&bytes[..bytes.len() - rest.len()]);
    let raw = if is_in_chunks { without_chunks(answer, rest)? } else { rest.to_vec() };
    let headers = header_map(&head);
    let bounds = Bounds { bytes_max, is_cut: false, keeps_files: false };
    if raw.len() > bytes_max {
        return Err(too_large(bytes_max));
    }
    let body = coding::undo(raw, &coding::declared(&headers), bounds).map_err(|error| match error {
        CodingError::TooLarge => too_large(bytes_max),
        CodingError::Broken(reason) => reason,
        CodingError::CutShort(_) => "what it packs ends early".to_owned(),
    })?;
    Ok(FetchedDocument {
        requested_url: url.clone(),
        final_url: url.clone(),
        moved_permanently: false,
        status,
        content_type: text_of(&headers, &CONTENT_TYPE),
        content_language: text_of(&headers, &CONTENT_LANGUAGE),
        link: lines_of(&headers, "link"),
        robots_tag: lines_of(&headers, "x-robots-tag"),
        reservations: reservations::of_headers(&headers),
        validators: validators(&headers),
        max_age_s: max_age_s(&headers, fetched_at),
        fetched_at,
        body,
        is_cut_short: false,
    })
}

fn too_large(bytes_max: usize) -> String {
    format!("its body is larger than {bytes_max} bytes")
}

/// Where the first empty line ends.
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'\n', bytes).find_map(|line_end| {
        let next = &bytes[line_end + 1..];
        let n_blank = if next.starts_with(b"\r\n") { 2 } else { 1 };
        (next.first() == Some(&b'\n') || n_blank == 2).then_some(line_end + 1 + n_blank)
    })
}

/// Whether a head says that the body is sent in chunks.
fn has_chunks(head: &[u8]) -> bool {
    head.split(|byte| *byte == b'\n').any(|line| {
        let mut parts = line.splitn(2, |byte| *byte == b':');
        let is_named = parts
            .next()
            .is_some_and(|name| name.trim_ascii().eq_ignore_ascii_case(TRANSFER_ENCODING.as_str().as_bytes()));
        is_named && parts.next().is_some_and(|value| value.split(|byte| *byte == b',').any(is_chunked))
    })
}

/// The body without the chunks that it was sent in. Many who keep answers undo them and leave the header as it was.
fn without_chunks(mut answer: AnswerRewriter, body: &[u8]) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    match answer.take(body, &mut out).and_then(|()| answer.end()) {
        Ok(()) => Ok(out),
        Err(_) if out.is_empty() && memmem::find(body, b"<").is_some() => Ok(body.to_vec()),
        Err(error) => Err(error.to_string()),
    }
}

/// The fields of a head in normal form.
fn header_map(head: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in head.split(|byte| *byte == b'\n').skip(1).take(FIELDS_MAX) {
        let mut parts = line.splitn(2, |byte| *byte == b':');
        let (Some(name), Some(value)) = (parts.next(), parts.next()) else { continue };
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value.trim_ascii())) {
            headers.append(name, value);
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> Result<FetchedDocument, String> {
        read_saved(bytes, &Url::parse("http://a.example/").unwrap(), Timestamp::UNIX_EPOCH, 1000)
    }

    fn body(head: &str, body: &[u8]) -> Result<String, String> {
        let answer = [format!("HTTP/1.1 200 OK\r\n{head}\r\n").as_bytes(), body].concat();
        read(&answer).map(|document| String::from_utf8_lossy(&document.body).into_owned())
    }

    #[test]
    fn framing_and_codings_are_undone_and_lengths_do_not_count() {
        let page = "<p>A page</p>";
        assert_eq!(body("", page.as_bytes()).unwrap(), page);
        assert_eq!(body("Content-Length: 3\r\n", page.as_bytes()).unwrap(), page);
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(page.as_bytes()).unwrap();
        let packed = encoder.finish().unwrap();
        assert_eq!(body("Content-Encoding: gzip\r\n", &packed).unwrap(), page);
        assert_eq!(body("Content-Encoding: gzip\r\n", page.as_bytes()).unwrap(), page);
        let chunks = [format!("{:x}\r\n", packed.len()).as_bytes(), &packed, b"\r\n0\r\n\r\n"].concat();
        assert_eq!(body("Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n", &chunks).unwrap(), page);
        // Undone already by whoever kept it.
        assert_eq!(body("transfer-encoding: chunked\r\n", page.as_bytes()).unwrap(), page);
        assert!(body("Transfer-Encoding: chunked\r\n", b"5\r\n<p>A ").unwrap_err().contains("last chunk"));
        assert!(body("", &[b'x'; 1001]).unwrap_err().contains("larger than 1000"));
    }

    #[test]
    fn what_the_head_says_is_kept() {
        let answer = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 404 Gone\nContent-Type: text/html; charset=utf-8\nX-Robots-Tag: noai\n\nx";
        let document = read(answer).unwrap();
        assert_eq!((document.status, document.content_type.as_deref()), (404, Some("text/html; charset=utf-8")));
        assert_eq!((document.reservations, document.body), (vec!["x-robots-tag: noai".to_owned()], b"x".to_vec()));
        assert!(read(b"").is_err() && read(b"<html>\n\n").is_err() && read(b"HTTP/1.1 200 OK\r\n").is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_answer_or_none(head in ".{0,80}", bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
            let _ = body(&format!("{head}\r\n"), &bytes);
            let _ = body("Transfer-Encoding: chunked\r\nContent-Encoding: br\r\n", &bytes).map(|_| ());
        }
    }
}
