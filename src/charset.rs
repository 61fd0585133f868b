//! Bytes to text.
//!
//! The order is that of the Encoding Standard (<https://encoding.spec.whatwg.org/>) with one addition that real
//! servers make necessary: a byte order mark wins; bytes that are valid UTF-8 and hold more than ASCII are UTF-8,
//! whatever a label says, since other encodings hardly ever produce such sequences by chance; then the transport's
//! label, then the document's own, then detection. Where the two labels differ, the one that fits the bytes counts; and a
//! document that was put together from texts in two encodings, one of them UTF-8, is read passage by passage.

mod detection;
mod mixed;

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use detection::{detect, is_mostly_utf8};

/// How many bytes at the start of a document are searched for its declaration. The HTML standard asks for 1,024;
/// pages with long comments or scripts before their `meta` need more.
const DECLARATION_WINDOW: usize = 4096;

/// Begins the shift sequences of ISO-2022-JP, which is made of ASCII bytes.
const ESCAPE: u8 = 0x1b;

/// Fewest letters beyond ASCII by which it is told that a text is in no language of Western Europe.
const FOREIGN_LETTERS_MIN: usize = 12;

/// Decodes a document. Malformed sequences become U+FFFD; a byte order mark is removed.
///
/// `content_type` is the transport's `Content-Type`, where there was a transport.
#[must_use]
pub fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    // The most common case by far needs no second look at the bytes.
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.starts_with('\u{feff}') && memchr::memchr2(0, ESCAPE, bytes).is_none() => Cow::Borrowed(text),
        Ok(_) => encoding_of(bytes, content_type).decode(bytes).0,
        Err(_) => {
            let encoding = encoding_of(bytes, content_type);
            mixed::decode(bytes, encoding).map_or_else(|| encoding.decode(bytes).0, Cow::Owned)
        }
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
    let label = |label: &str| Encoding::for_label(label.as_bytes());
    let transport = content_type.and_then(transport_label).and_then(label);
    let declared = declared_label(bytes).and_then(label);
    match fitting(bytes, transport, declared) {
        // Plain ASCII needs no guess. A UTF-8 label on bytes that are not UTF-8 is wrong, if only by a few bytes:
        // the detector says UTF-8 too when it is just those few.
        Some(encoding) if encoding == WINDOWS_1252 && is_not_western(bytes) => detect(bytes),
        Some(encoding) if encoding != UTF_8 => encoding,
        Some(encoding) if is_mostly_utf8(bytes) => encoding,
        _ => detect(bytes),
    }
}

/// Of the transport's label and the document's own the one that fits the bytes, which are not UTF-8. The transport goes
/// first: only, ISO-8859-1 is what servers say of all their files, and UTF-8 what they say of new ones.
fn fitting(
    bytes: &[u8],
    transport: Option<&'static Encoding>,
    declared: Option<&'static Encoding>,
) -> Option<&'static Encoding> {
    let (Some(transport), Some(declared)) = (transport, declared) else {
        return transport.or(declared);
    };
    if transport == declared {
        return Some(transport);
    }
    let is_clean =
        |encoding: &'static Encoding| encoding.decode_without_bom_handling_and_without_replacement(bytes).is_some();
    let is_possible = |encoding: &'static Encoding| {
        if encoding == UTF_8 { is_mostly_utf8(bytes) } else { encoding.is_ascii_compatible() && is_clean(encoding) }
    };
    match (is_possible(transport), is_possible(declared)) {
        (true, false) => return Some(transport),
        (false, true) => return Some(declared),
        _ => {}
    }
    let detected = detect(bytes);
    if detected == transport || (transport != WINDOWS_1252 && detected != declared) {
        Some(transport)
    } else {
        Some(declared)
    }
}

/// Whether a text is in no language of Western Europe, all of which have a letter beyond ASCII here and there: most of
/// its letters are, one beside the other.
fn is_not_western(bytes: &[u8]) -> bool {
    let is_letter = |byte: u8| byte >= 0xc0;
    let n_letters = bytes.iter().filter(|byte| is_letter(**byte)).count();
    let n_beside = bytes.windows(2).filter(|pair| is_letter(pair[0]) && is_letter(pair[1])).count();
    n_letters >= FOREIGN_LETTERS_MIN && n_beside * 2 > n_letters
}

/// UTF-16 as XML may be served, without a mark: every other byte of `<?` or of `<r` is zero.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes {
        [0, b'<', 0, second, ..] if *second != 0 => Some(encoding_rs::UTF_16BE),
        [b'<', 0, second, 0, ..] if *second != 0 => Some(encoding_rs::UTF_16LE),
        _ => None,
    }
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
    fn the_label_that_fits_counts() {
        let (russian, _, _) = encoding_rs::WINDOWS_1251.encode("Привет, прибыл большой город");
        let feed = |declared: &str, text: &[u8]| {
            [format!("<?xml version=\"1.0\" encoding=\"{declared}\"?><a>").as_bytes(), text, b"</a>"].concat()
        };
        let check_feed = |declared: &str, text: &[u8], content_type: Option<&str>, expected: &str| {
            let decoded = decode(&feed(declared, text), content_type).into_owned();
            assert!(decoded.ends_with(&format!("?><a>{expected}</a>")), "{declared}, {content_type:?}: {decoded}");
        };
        let text = "Привет, прибыл большой город";
        for header in ["iso-8859-1", "us-ascii", "utf-8", "windows-1251"] {
            check_feed("windows-1251", &russian, Some(&format!("text/xml; charset={header}")), text);
        }
        check_feed("utf-8", &russian, Some("text/xml; charset=windows-1251"), text);
        check_feed("koi8-r", &russian, Some("text/xml; charset=windows-1251"), text);
        // Called Western all through, which no such text is.
        check_feed("iso-8859-1", &russian, None, text);
        let (polish, _, _) = encoding_rs::ISO_8859_2.encode("Zażółć gęślą jaźń");
        check_feed("iso-8859-2", &polish, Some("text/xml; charset=ISO-8859-1"), "Zażółć gęślą jaźń");
        let (japanese, _, _) = encoding_rs::EUC_JP.encode("東京の天気は晴れ");
        check_feed("euc-jp", &japanese, Some("text/xml; charset=Shift_JIS"), "東京の天気は晴れ");
    }

    #[test]
    fn a_document_in_two_encodings_is_read_passage_by_passage() {
        let both = |utf8: &str, other: &[u8]| [b"<a>", utf8.as_bytes(), b"</a><b>", other, b"</b>"].concat();
        check(
            &both("Le marché a été fermé", b"For\xeat prot\xe9g\xe9e"),
            Some("text/xml; charset=iso-8859-1"),
            "<a>Le marché a été fermé</a><b>Forêt protégée</b>",
        );
        check(
            &both("Le marché a été fermé — déjà", b"For\xeat prot\xe9g\xe9e \x93l\x92\xe9t\xe9\x94"),
            Some("text/xml; charset=utf-8"),
            "<a>Le marché a été fermé — déjà</a><b>Forêt protégée “l’été”</b>",
        );
        let (russian, _, _) = encoding_rs::WINDOWS_1251.encode("Страны НАТО» и США»");
        check(&both("Привет", &russian), Some("charset=windows-1251"), "<a>Привет</a><b>Страны НАТО» и США»</b>");
        check(&both("Привет, мир", &russian), Some("charset=utf-8"), "<a>Привет, мир</a><b>Страны НАТО» и США»</b>");
        // Chance, in the middle of the other encoding.
        check(b"<a>CAF\xc9\xbb</a><b>\xe9t\xe9</b>", Some("charset=iso-8859-1"), "<a>CAFÉ»</a><b>été</b>");
        // A character of the other one within a passage.
        check(
            "<a>Le marché a été</a><b>Déjà là, don?t</b>"
                .replace('?', "\u{1}")
                .into_bytes()
                .iter()
                .map(|byte| if *byte == 1 { 0x92 } else { *byte })
                .collect::<Vec<u8>>()
                .as_slice(),
            Some("charset=utf-8"),
            "<a>Le marché a été</a><b>Déjà là, don’t</b>",
        );
        check(b"<a>caf\xc3\xa9 \xc3\xa0 l\xc3...</a>", Some("charset=utf-8"), "<a>café à l\u{fffd}...</a>");
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
