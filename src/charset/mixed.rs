//! Documents that were put together from texts in two encodings: a template in one, articles in another. One of the two
//! is UTF-8, whose sequences nobody writes by chance; the other has one byte a character, or is a legacy of East Asia.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use super::detection::detect;

/// Fewest characters of a passage, beyond ASCII, by which it is told to be UTF-8 among passages that are not.
const UTF8_CHARACTERS_MIN: usize = 2;

/// Decodes a document that is not UTF-8 as a whole; `None` if it is in one encoding. `encoding` is that of the document
/// by its labels, or UTF-8.
pub(super) fn decode(bytes: &[u8], encoding: &'static Encoding) -> Option<String> {
    if encoding == UTF_8 {
        let legacy = detect(&bytes_beyond_utf8(bytes));
        let legacy = if legacy.is_single_byte() { legacy } else { WINDOWS_1252 };
        return Some(put_together(bytes, |passage| {
            if is_damaged_utf8(passage) { Reading::Utf8 { legacy } } else { Reading::Legacy(legacy) }
        }));
    }
    if !encoding.is_ascii_compatible() {
        return None;
    }
    let is_utf8 = |passage: &[u8]| {
        let text = std::str::from_utf8(passage).ok()?;
        let n_beyond = text.chars().filter(|c| !c.is_ascii()).count();
        (n_beyond >= UTF8_CHARACTERS_MIN && text.chars().all(|c| c.is_ascii() || fits(c, encoding))).then_some(())
    };
    // Most documents are in one encoding.
    passages(bytes).find(|passage| !passage.is_ascii() && is_utf8(passage).is_some())?;
    Some(put_together(bytes, |passage| match is_utf8(passage) {
        Some(()) => Reading::Utf8 { legacy: encoding },
        None => Reading::Legacy(encoding),
    }))
}

#[derive(Clone, Copy)]
enum Reading {
    /// With a byte of another encoding here and there.
    Utf8 {
        legacy: &'static Encoding,
    },
    Legacy(&'static Encoding),
}

fn put_together(bytes: &[u8], reading_of: impl Fn(&[u8]) -> Reading) -> String {
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 8);
    for passage in passages(bytes) {
        if passage.is_ascii() {
            text.push_str(&String::from_utf8_lossy(passage));
            continue;
        }
        match reading_of(passage) {
            Reading::Utf8 { legacy } => push_utf8(&mut text, passage, legacy),
            Reading::Legacy(encoding) => text.push_str(&encoding.decode_without_bom_handling(passage).0),
        }
    }
    text
}

/// The texts between tags and the lines of a document, in order, all of it.
fn passages(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split_inclusive(|byte| matches!(byte, b'>' | b'\n')).flat_map(|piece| {
        let at = memchr::memchr(b'<', piece).unwrap_or(piece.len());
        let (text, tag) = piece.split_at(at);
        [text, tag].into_iter().filter(|part| !part.is_empty())
    })
}

/// Whether a character is one that a text is written in, of which the label names the encoding.
fn fits(c: char, encoding: &'static Encoding) -> bool {
    let code = u32::from(c);
    let is_punctuation = matches!(code, 0xa0..=0xbf | 0x2010..=0x2044 | 0x20ac | 0x2116 | 0x2122 | 0x1f000..);
    let is_of_script = match encoding.name() {
        "windows-1251" | "KOI8-R" | "KOI8-U" | "IBM866" | "ISO-8859-5" | "x-mac-cyrillic" => {
            matches!(code, 0x400..=0x4ff)
        }
        "windows-1253" | "ISO-8859-7" => matches!(code, 0x386..=0x3ce),
        "windows-1255" | "ISO-8859-8" | "ISO-8859-8-I" => matches!(code, 0x5d0..=0x5ea),
        "windows-1256" | "ISO-8859-6" => matches!(code, 0x60c..=0x6d5),
        "windows-874" => matches!(code, 0xe01..=0xe5b),
        _ if encoding.is_single_byte() => matches!(code, 0xc0..=0x17f | 0x1e00..=0x1eff),
        // Rows of Han, Hangul and Kana; two bytes of theirs make letters of other scripts by chance, but not these.
        _ => matches!(code, 0x3000..=0x9fff | 0xac00..=0xd7a3 | 0xff00..=0xffef),
    };
    is_punctuation || is_of_script
}

/// Whether a passage that is not UTF-8 is so for the most part, rather than in another encoding.
fn is_damaged_utf8(passage: &[u8]) -> bool {
    let (mut n_characters, mut n_invalid) = (0_usize, 0_usize);
    for chunk in passage.utf8_chunks() {
        n_characters += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        n_invalid += usize::from(!chunk.invalid().is_empty());
    }
    // A text that was cut off, by those who count bytes, ends within a character.
    n_invalid <= n_characters || (n_invalid == 1 && is_cut_off(passage))
}

fn is_cut_off(passage: &[u8]) -> bool {
    let Some(chunk) = passage.utf8_chunks().find(|chunk| !chunk.invalid().is_empty()) else { return false };
    let behind = &passage[chunk.valid().len() + chunk.invalid().len()..];
    let is_lead = chunk.invalid().first().is_some_and(|byte| matches!(byte, 0xc2..=0xf4));
    is_lead && !behind.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b' ')
}

fn push_utf8(text: &mut String, passage: &[u8], legacy: &'static Encoding) {
    let mut rest = passage;
    for chunk in passage.utf8_chunks() {
        text.push_str(chunk.valid());
        rest = &rest[chunk.valid().len() + chunk.invalid().len()..];
        match chunk.invalid() {
            [] => {}
            [byte] if is_meant(*byte, text, rest) => {
                text.push_str(&legacy.decode_without_bom_handling(&[*byte]).0);
            }
            _ => text.push(char::REPLACEMENT_CHARACTER),
        }
    }
}

/// Whether a byte that is out of place in UTF-8 is a character of another encoding rather than damage: it stands within a
/// word, or is a sign that stands beside one.
fn is_meant(byte: u8, before: &str, behind: &[u8]) -> bool {
    let is_behind_letter = before.ends_with(|c: char| c.is_ascii_alphabetic());
    let is_before_letter = behind.first().is_some_and(u8::is_ascii_alphabetic);
    let is_sign = matches!(byte, 0x80 | 0x85 | 0x91..=0x97 | 0x99 | 0xa0..=0xbf);
    (is_behind_letter && is_before_letter) || (is_sign && (is_behind_letter || is_before_letter))
}

/// What of a document is not UTF-8, with the text around it, for telling what else it is.
fn bytes_beyond_utf8(bytes: &[u8]) -> Vec<u8> {
    passages(bytes).filter(|passage| std::str::from_utf8(passage).is_err()).collect::<Vec<_>>().concat()
}
