//! Undoes UTF-8 that was taken for windows-1252 or Latin-1 and encoded again, in the text of a whole document.
//!
//! `’` then is `â€™`, and `à` is `Ã` and a no-break space, which is folded away with other blanks later: so it is undone
//! before anything else is done to the text. Documents have some of their texts so and others not. A sequence of such
//! characters stands in honest text by chance only, and a document in which there are several has been damaged.

use std::borrow::Cow;

use memchr::memchr_iter;

/// Fewest sequences by which a document is known to be damaged.
const SEQUENCES_MIN: usize = 5;

/// The first byte, in UTF-8, of the characters with which a sequence begins: U+00C2 to U+00F4.
const LEAD_BYTE: u8 = 0xc3;

/// The characters of windows-1252 from 0x80 to 0x9f; those that it does not have stand for themselves.
const SPECIALS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The text of a document with what was encoded twice decoded.
pub(super) fn undo(text: Cow<'_, str>) -> Cow<'_, str> {
    let mut repaired = String::new();
    let (mut kept, mut n_sequences) = (0, 0);
    for start in memchr_iter(LEAD_BYTE, text.as_bytes()) {
        // Most of these characters are letters with accents, and stand before a letter without.
        let may_begin = text.as_bytes().get(start + 2).is_some_and(|next| !next.is_ascii());
        if start < kept || !may_begin {
            continue;
        }
        if let Some((character, length)) = sequence(&text[start..])
            && !is_natural(&text[..start], &text[start..])
        {
            repaired.push_str(&text[kept..start]);
            repaired.push(character);
            n_sequences += 1;
            kept = start + length;
        }
    }
    if n_sequences < SEQUENCES_MIN {
        return text;
    }
    repaired.push_str(&text[kept..]);
    Cow::Owned(repaired)
}

/// The character that the characters at the start of a text encode, and their length.
fn sequence(text: &str) -> Option<(char, usize)> {
    let mut characters = text.chars();
    let lead = byte_of(characters.next()?)?;
    let n_bytes = match lead {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let mut bytes = [lead, 0, 0, 0];
    let mut length = 2;
    for byte in &mut bytes[1..n_bytes] {
        let character = characters.next()?;
        *byte = byte_of(character).filter(|byte| (0x80..=0xbf).contains(byte))?;
        length += character.len_utf8();
    }
    let character = std::str::from_utf8(&bytes[..n_bytes]).ok()?.chars().next()?;
    (!character.is_control()).then_some((character, length))
}

/// The byte of a character in windows-1252, or in Latin-1.
fn byte_of(character: char) -> Option<u8> {
    match u32::from(character) {
        code @ 0x80..=0xff => u8::try_from(code).ok(),
        _ => (0x80..).zip(SPECIALS).find(|(_, special)| *special == character).map(|(byte, _)| byte),
    }
}

/// Whether it is honest text all the same: a capital with an accent behind another, and then a quote or a dash: `IRMÃ”`.
fn is_natural(before: &str, sequence: &str) -> bool {
    let mut characters = sequence.chars();
    let (lead, next) = (characters.next(), characters.next());
    before.ends_with(char::is_uppercase)
        && lead.is_some_and(char::is_uppercase)
        && next.is_some_and(|c| matches!(c, '‘' | '’' | '“' | '”' | '–' | '—' | '…' | '›'))
}

#[cfg(test)]
mod tests {
    use encoding_rs::WINDOWS_1252;

    use super::*;

    fn encoded_twice(text: &str) -> String {
        WINDOWS_1252.decode_without_bom_handling(text.as_bytes()).0.into_owned()
    }

    #[test]
    fn what_was_encoded_twice_is_decoded() {
        for text in [
            "Les forêts brûlées à l’été, « près de Nîmes », à 62 km",
            "Река Ра впадает в море; Россия",
            "Źródło: „Kurier” – 5 € więcej, żółć",
            "東京の天気は晴れです",
        ] {
            let honest = " Größe, naïve, XVI», ça ";
            assert_eq!(
                undo(Cow::Owned(format!("{honest}{}{honest}", encoded_twice(text)))),
                format!("{honest}{text}{honest}")
            );
        }
        let latin: String = "l’été, l’hiver, l’âge, l’île".bytes().map(char::from).collect();
        assert_eq!(undo(Cow::Owned(latin)), "l’été, l’hiver, l’âge, l’île");
    }

    #[test]
    fn honest_text_stays() {
        for text in ["São Paulo: “NÃO”, “IRMÔ, À – É – Ã… â€", "Größe, Maß, naïve ½ Â°", "ÂÃÄ", ""]
        {
            assert_eq!(undo(Cow::Borrowed(text)), text);
        }
    }
}
