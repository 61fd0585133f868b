//! Bytes to text.
//!
//! The order is that of the Encoding Standard (<https://encoding.spec.whatwg.org/>) with one addition that real
//! servers make necessary: a byte order mark wins; bytes that are valid UTF-8 and hold more than ASCII are UTF-8,
//! whatever a label says, since other encodings hardly ever produce such sequences by chance; then the transport's
//! label, then the document's own, then detection.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// How many bytes at the start of a document are searched for its declaration. The HTML standard asks for 1,024;
/// pages with long comments or scripts before their `meta` need more.
const DECLARATION_WINDOW: usize = 4096;

/// Begins the shift sequences of ISO-2022-JP, which is made of ASCII bytes.
const ESCAPE: u8 = 0x1b;

/// How many bytes the detector is given: more does not change its mind, and costs time on large pages.
const DETECTION_WINDOW: usize = 64 * 1024;

/// Decodes a document. Malformed sequences become U+FFFD; a byte order mark is removed.
///
/// `content_type` is the transport's `Content-Type`, where there was a transport.
#[must_use]
pub fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    // The most common case by far needs no second look at the bytes.
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.starts_with('\u{feff}') && memchr::memchr2(0, ESCAPE, bytes).is_none() => Cow::Borrowed(text),
        _ => encoding_of(bytes, content_type).decode(bytes).0,
    }
}

/// The encoding that [`decode`] uses.
#[must_use]
pub fn encoding_of(bytes: &[u8], content_type: Option<&str>) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding;
    }
    if let Some(encoding) = utf16_without_mark(bytes) {
        return encoding;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.is_ascii() => return UTF_8,
        // A document that was cut off within a character.
        Err(error) if error.error_len().is_none() && !bytes[..error.valid_up_to()].is_ascii() => return UTF_8,
        _ => {}
    }
    let labelled = content_type.and_then(transport_label).or_else(|| declared_label(bytes));
    match labelled.and_then(|label| Encoding::for_label(label.as_bytes())) {
        // Plain ASCII needs no guess. A UTF-8 label on bytes that are not UTF-8 is wrong, if only by a few bytes:
        // the detector says UTF-8 too when it is just those few.
        Some(encoding) if encoding != UTF_8 => encoding,
        Some(encoding) if is_mostly_utf8(bytes) => encoding,
        _ => detect(bytes),
    }
}

/// UTF-16 as XML may be served, without a mark: every other byte of `<?` or of `<r` is zero.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes {
        [0, b'<', 0, second, ..] if *second != 0 => Some(encoding_rs::UTF_16BE),
        [b'<', 0, second, 0, ..] if *second != 0 => Some(encoding_rs::UTF_16LE),
        _ => None,
    }
}

/// Whether all but a few sequences are UTF-8: one broken byte, or a cut at the end, is damage and not another
/// encoding. In text of another encoding, most bytes beyond ASCII break the rules, and those that do not are chance.
fn is_mostly_utf8(bytes: &[u8]) -> bool {
    let (mut valid_multibyte, mut invalid) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        valid_multibyte += chunk.valid().bytes().filter(|byte| *byte >= 0xC0).count();
        invalid += usize::from(!chunk.invalid().is_empty());
    }
    invalid * 2 <= valid_multibyte
}

/// The `charset` parameter of a `Content-Type`.
fn transport_label(content_type: &str) -> Option<&str> {
    let at = find_ignoring_case(content_type.as_bytes(), b"charset=")?;
    let label = content_type[at + "charset=".len()..].trim_start_matches(['"', '\'', ' ']);
    let end = label.find(['"', '\'', ';', ' ', ',']).unwrap_or(label.len());
    Some(&label[..end])
}

/// The label in an XML declaration (`encoding="…"`) or in a `meta` element (`charset=…`), whichever comes first.
fn declared_label(bytes: &[u8]) -> Option<&str> {
    let window = &bytes[..bytes.len().min(DECLARATION_WINDOW)];
    let after = if window.trim_ascii_start().starts_with(b"<?xml") {
        let end = window.windows(2).position(|pair| pair == b"?>").unwrap_or(window.len());
        find_ignoring_case(&window[..end], b"encoding=").map(|at| at + b"encoding=".len())
    } else {
        None
    };
    let after = after.or_else(|| find_ignoring_case(window, b"charset=").map(|at| at + b"charset=".len()))?;
    let label = window[after..].trim_ascii_start();
    let label = label.strip_prefix(b"\"").or_else(|| label.strip_prefix(b"'")).unwrap_or(label);
    let end = label.iter().position(|byte| !(byte.is_ascii_alphanumeric() || b"-_:.".contains(byte)))?;
    std::str::from_utf8(&label[..end]).ok()
}

fn find_ignoring_case(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window.eq_ignore_ascii_case(needle))
}

fn detect(bytes: &[u8]) -> &'static Encoding {
    if bytes.is_ascii() {
        return UTF_8;
    }
    // The window begins where bytes beyond ASCII begin, so that a long head of markup does not use it up.
    let start = bytes.iter().position(|byte| !byte.is_ascii()).unwrap_or(0).saturating_sub(512);
    let window = &bytes[start..bytes.len().min(start + DETECTION_WINDOW)];
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(window, true);
    let guess = detector.guess(None, Utf8Detection::Allow);
    if guess == UTF_8 && !is_mostly_utf8(bytes) { WINDOWS_1252 } else { guess }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], content_type: Option<&str>, expected: &str) {
        assert_eq!(decode(bytes, content_type), expected);
    }

    #[test]
    fn a_byte_order_mark_wins_over_labels() {
        check(b"\xef\xbb\xbfna\xc3\xafve", Some("text/html; charset=iso-8859-1"), "naïve");
    }

    #[test]
    fn utf8_under_a_latin_1_label_is_still_utf8() {
        check("déjà vu".as_bytes(), Some("text/html; charset=ISO-8859-1"), "déjà vu");
    }

    #[test]
    fn the_transport_label_counts_before_the_declaration() {
        let page = b"<meta charset=\"koi8-r\">caf\xe9";
        check(page, Some("text/html; charset=\"windows-1252\""), "<meta charset=\"koi8-r\">café");
    }

    #[test]
    fn a_meta_declaration_is_found() {
        check(
            b"<html><meta charset=windows-1251><p>\xcf\xf0\xe8\xe2\xe5\xf2",
            None,
            "<html><meta charset=windows-1251><p>Привет",
        );
    }

    #[test]
    fn an_xml_declaration_is_found() {
        check(
            b"<?xml version='1.0' encoding='iso-8859-15'?><a>\xa4</a>",
            None,
            "<?xml version='1.0' encoding='iso-8859-15'?><a>€</a>",
        );
    }

    #[test]
    fn unlabelled_text_is_detected() {
        let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode("東京の天気は晴れ、明日は雨になる見込みです。");
        check(&bytes, None, "東京の天気は晴れ、明日は雨になる見込みです。");
    }

    #[test]
    fn one_broken_byte_does_not_make_utf8_something_else() {
        check(
            b"\xc3\xa9\xc3\xa8\xc3\xa0\xc3\xa9\xc3\xa8\xc3\xa0\xc3\xa9\xc3\xa8\xc3\xa0\xc3\xa9\xc3\xa8\xff",
            Some("charset=utf-8"),
            "éèàéèàéèàéè\u{fffd}",
        );
    }

    #[test]
    fn a_cut_within_a_character_does_not_make_utf8_something_else() {
        check(b"caf\xc3\xa9 caf\xc3", Some("iso-8859-1"), "café caf\u{fffd}");
    }

    #[test]
    fn utf16_without_a_mark_is_seen() {
        let bytes: Vec<u8> = "<?xml?><a>é</a>".encode_utf16().flat_map(u16::to_be_bytes).collect();
        check(&bytes, None, "<?xml?><a>é</a>");
    }
}
