//! Base64, which Atom asks for around whatever is neither text nor XML.

/// What a text in base64 turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decoded {
    /// A text.
    Text(String),
    /// Bytes that are no text: a picture, for one.
    Bytes,
    /// It is no base64.
    Other,
}

/// Longest word of a text; lines of base64 are broken at 60 characters and more.
const WORD_MAX: usize = 40;

/// Decodes a text in base64 (RFC 4648, the URL alphabet as well), white space ignored and padding not insisted on.
pub(super) fn text(encoded: &str) -> Decoded {
    let mut bytes = Vec::with_capacity(encoded.len() / 4 * 3);
    let (mut bits, mut n_bits, mut n_digits, mut is_past_end) = (0_u32, 0_u32, 0_usize, false);
    for byte in encoded.bytes().filter(|byte| !byte.is_ascii_whitespace()) {
        let digit = match byte {
            b'=' => {
                is_past_end = true;
                continue;
            }
            _ if is_past_end => return Decoded::Other,
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return Decoded::Other,
        };
        bits = (bits << 6) | u32::from(digit);
        n_bits += 6;
        n_digits += 1;
        if n_bits >= 8 {
            n_bits -= 8;
            bytes.push(u8::try_from((bits >> n_bits) & 0xff).unwrap_or_default());
        }
    }
    // A digit alone is less than a byte: words, not base64.
    if n_digits % 4 == 1 {
        return Decoded::Other;
    }
    match String::from_utf8(bytes) {
        Ok(text) if !text.contains(|c: char| c.is_control() && !c.is_whitespace()) => Decoded::Text(text),
        // Words may be of the alphabet of base64, but are never as long as its lines.
        _ if encoded.trim().contains(' ') && encoded.split_whitespace().all(|word| word.len() <= WORD_MAX) => {
            Decoded::Other
        }
        _ => Decoded::Bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(encoded: &str, expected: &Decoded) {
        assert_eq!(text(encoded), *expected, "{encoded}");
    }

    #[test]
    fn base64_is_told_from_words() {
        check(" TGlnaHRo\n b3VzZXM= ", &Decoded::Text("Lighthouses".to_owned()));
        check("TGlnaHRob3VzZXM", &Decoded::Text("Lighthouses".to_owned()));
        check("w6k=", &Decoded::Text("é".to_owned()));
        check("iVBORw0KGgo=", &Decoded::Bytes);
        check("Harbour news today", &Decoded::Other);
        check("Harbour news, today", &Decoded::Other);
        check("", &Decoded::Text(String::new()));
    }
}
