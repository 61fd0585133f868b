//! Text in UTF-8 that somebody on the way took for Windows-1252, character by character: `Ã©` for `é`, be it so in the
//! bytes, as references (`&#195;&#169;`) or as names (`&Atilde;&copy;`).
//!
//! Hardly any such sequence is written by anyone who means it, but some are: `SLÅ»` is a word before a quote. So it is
//! asked of each sequence whether it could be meant, and of the doubtful ones, whether the text has any that could not.

use std::borrow::Cow;

use super::entities;

/// A character that stands for one byte beyond ASCII, and where it is.
#[derive(Clone, Copy)]
struct Found {
    byte: u8,
    start: usize,
    end: usize,
}

/// The characters of Windows-1252 from 0x80 to 0x9f that are not those of Unicode there.
const SPECIALS: [(char, u8); 27] = [
    ('€', 0x80),
    ('‚', 0x82),
    ('ƒ', 0x83),
    ('„', 0x84),
    ('…', 0x85),
    ('†', 0x86),
    ('‡', 0x87),
    ('ˆ', 0x88),
    ('‰', 0x89),
    ('Š', 0x8a),
    ('‹', 0x8b),
    ('Œ', 0x8c),
    ('Ž', 0x8e),
    ('‘', 0x91),
    ('’', 0x92),
    ('“', 0x93),
    ('”', 0x94),
    ('•', 0x95),
    ('–', 0x96),
    ('—', 0x97),
    ('˜', 0x98),
    ('™', 0x99),
    ('š', 0x9a),
    ('›', 0x9b),
    ('œ', 0x9c),
    ('ž', 0x9e),
    ('Ÿ', 0x9f),
];

/// Bytes of characters that close a quotation, and so stand behind letters.
const CLOSING: [u8; 4] = [0x92, 0x93, 0x94, 0xbb];

/// A plain text as it was meant.
pub(super) fn undone_in_text(text: String) -> String {
    match undone(&text, false) {
        Cow::Borrowed(_) => text,
        Cow::Owned(undone) => undone,
    }
}

/// HTML as it was meant; its references count as what they stand for.
pub(super) fn undone_in_html(html: String) -> String {
    match undone(&html, true) {
        Cow::Borrowed(_) => html,
        Cow::Owned(undone) => undone,
    }
}

fn undone(text: &str, is_html: bool) -> Cow<'_, str> {
    if !may_hold_any(text, is_html) {
        return Cow::Borrowed(text);
    }
    let sequences = sequences(text, is_html);
    let is_sure = sequences.iter().any(|sequence| sequence.is_sure);
    if !is_sure {
        return Cow::Borrowed(text);
    }
    let mut output = String::with_capacity(text.len());
    let mut clean_from = 0;
    for sequence in sequences {
        output.push_str(&text[clean_from..sequence.start]);
        output.push(sequence.meant);
        clean_from = sequence.end;
    }
    output.push_str(&text[clean_from..]);
    Cow::Owned(output)
}

/// A look at the bytes that spares most texts any other: a character that can lead a sequence, and behind it one that can
/// follow.
fn may_hold_any(text: &str, is_html: bool) -> bool {
    let bytes = text.as_bytes();
    let follows = |rest: &[u8]| {
        matches!(rest, [0xc2, 0x80..=0xbf, ..] | [0xc5 | 0xc6 | 0xcb | b'&', ..] | [0xe2, 0x80 | 0x82 | 0x84, ..])
    };
    memchr::memchr_iter(0xc3, bytes)
        .any(|at| matches!(bytes.get(at + 1), Some(0x82..=0xb4)) && follows(bytes.get(at + 2..).unwrap_or_default()))
        || (is_html && memchr::memchr_iter(b'&', bytes).skip_while(|at| *at == 0).any(|at| bytes[at - 1] == b';'))
}

struct Sequence {
    start: usize,
    end: usize,
    meant: char,
    is_sure: bool,
}

/// All that reads as UTF-8, in order.
fn sequences(text: &str, is_html: bool) -> Vec<Sequence> {
    let mut found = Vec::new();
    let mut run: Vec<Found> = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let Some(c) = rest.chars().next() else { break };
        let (c, length) =
            if c == '&' && is_html { entities::reference(rest).unwrap_or(('&', 1)) } else { (c, c.len_utf8()) };
        match byte_of(c) {
            Some(byte) => run.push(Found { byte, start: at, end: at + length }),
            None => {
                take_run(text, &run, &mut found);
                run.clear();
            }
        }
        at += length;
    }
    take_run(text, &run, &mut found);
    found
}

/// The byte that Windows-1252 has for a character beyond ASCII; the five that it has none for are those of Unicode.
fn byte_of(c: char) -> Option<u8> {
    match c {
        '\u{80}'..='\u{ff}' => u8::try_from(u32::from(c)).ok(),
        '\u{152}'..='\u{2122}' => SPECIALS.iter().find(|(special, _)| *special == c).map(|(_, byte)| *byte),
        _ => None,
    }
}

fn take_run(text: &str, run: &[Found], found: &mut Vec<Sequence>) {
    let first = found.len();
    let mut rest = run;
    let mut is_all_read = true;
    while let [lead, behind @ ..] = rest {
        let length = match lead.byte {
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => 1,
        };
        let meant = rest.get(..length).filter(|_| length > 1).and_then(|sequence| {
            let mut bytes = [0_u8; 4];
            for (byte, found) in bytes.iter_mut().zip(sequence) {
                *byte = found.byte;
            }
            let meant = std::str::from_utf8(bytes.get(..length)?).ok()?.chars().next()?;
            is_written(meant).then_some(meant)
        });
        let Some(meant) = meant else {
            is_all_read = false;
            rest = behind;
            continue;
        };
        let end = rest[length - 1].end;
        let is_sure = length > 2 || is_beyond_doubt(lead.byte, behind[0].byte, &text[..lead.start], &text[end..]);
        found.push(Sequence { start: lead.start, end, meant, is_sure });
        rest = &rest[length..];
    }
    // Several in a row, and nothing else: nobody writes that.
    if is_all_read && found.len() - first > 1 {
        for sequence in &mut found[first..] {
            sequence.is_sure = true;
        }
    }
}

/// Whether a character is one that texts are written in.
fn is_written(c: char) -> bool {
    match u32::from(c) {
        // Latin, Greek, Cyrillic, Armenian, Hebrew, Arabic. Not phonetics, nor the marks that are put on letters.
        // And the scripts of Asia with their signs, of the last row the broad forms, and pictures.
        0xa0..=0x24f
        | 0x386..=0x58f
        | 0x5d0..=0x5f4
        | 0x60c..=0x6ff
        | 0x900..=0xfaff
        | 0xfe00..=0xfe0f
        | 0xff00..=0xffef => true,
        code => code >= 0x1f000,
    }
}

/// Whether two characters of which the first is a letter stand beside one another by no intention.
fn is_beyond_doubt(lead: u8, second: u8, before: &str, behind: &str) -> bool {
    let is_behind_small_letter = before.ends_with(char::is_lowercase);
    let is_behind_letter = before.ends_with(char::is_alphabetic);
    match (lead, second) {
        // Between small letters stands no capital.
        _ if is_behind_small_letter => true,
        (_, second) if CLOSING.contains(&second) => false,
        // `Â` and `Ã` end words that are written in capitals all through.
        (0xc2 | 0xc3, 0xa0 | 0x85 | 0x96 | 0x97) => !is_behind_letter,
        (0xc2 | 0xc3, _) => true,
        _ => behind.starts_with(char::is_lowercase) && !matches!(second, 0xa0 | 0xab | 0x84 | 0x91 | 0x93),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(undone(text, false), expected);
    }

    #[test]
    fn text_that_was_taken_for_another_encoding_is_undone() {
        check("Le marchÃ© a Ã©tÃ© fermÃ© Ã\u{a0} Ã‰vreux", "Le marché a été fermé à Évreux");
        check("Itâ€™s â€œsoâ€\u{9d}", "It’s “so”");
        check("20Â°C, Â£5, fooÂ\u{a0}bar", "20°C, £5, foo\u{a0}bar");
        check("Ã–lands fÃ¤rja", "Ölands färja");
        check("ÐŸÑ€Ð¸Ð²ÐµÑ‚", "Привет");
        check("æ\u{9d}±äº¬", "東京");
        check("ðŸ˜€", "😀");
        check("PÅ™Ã\u{ad}liÅ¡ Å¾lutÃ½", "Příliš žlutý");
        // As control characters instead of those of Windows-1252.
        check("Itâ\u{80}\u{99}s", "It’s");
    }

    #[test]
    fn what_may_be_meant_stays() {
        for text in ["SLÅ»", "«SLÅ»", "”PÅ”", "AMANHû", "É»", "déjà vu — «é»", "Café… être", "PHÂ\u{a0}NÔM", "Größe"]
        {
            check(text, text);
        }
    }

    #[test]
    fn references_count_in_html() {
        assert_eq!(undone("<p>march&#195;&#169; ferm&Atilde;&copy;", true), "<p>marché fermé");
        assert_eq!(
            undone("&eacute;&agrave; &#233;&#224; it&#226;&#128;&#153;s", true),
            "&eacute;&agrave; &#233;&#224; it’s"
        );
        assert_eq!(undone("a&amp;&lt;b &eacute;&agrave;", true), "a&amp;&lt;b &eacute;&agrave;");
    }
}
