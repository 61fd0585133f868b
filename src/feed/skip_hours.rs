//! The hours and days at which an RSS feed asks not to be polled: `skipHours` and `skipDays`.

use memchr::memmem;

/// Both stand before the entries; what is farther into a document than this is an entry's text.
const LOOKED_AT_BYTES: usize = 64 * 1024;

/// As RSS 2.0 names them, the first one first.
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// The hours after midnight UTC as bits, the lowest one first, and the days likewise, from Monday on. Zero where the
/// document skips none, or is not in an encoding in which they can be read as they stand.
#[must_use]
pub fn skips(document: &[u8]) -> (u32, u8) {
    let head = &document[..document.len().min(LOOKED_AT_BYTES)];
    if memmem::find(head, b"<skip").is_none() {
        return (0, 0);
    }
    let hours = words(between(head, b"<skipHours", b"</skipHours")).filter_map(|word| word.parse::<u32>().ok());
    // RSS 0.91 counts from 1 to 24, where 24 is midnight.
    let skip_hours = hours.filter(|hour| *hour <= 24).fold(0, |bits, hour| bits | 1 << (hour % 24));
    let days = words(between(head, b"<skipDays", b"</skipDays"));
    let known = days.filter_map(|word| DAYS.iter().position(|day| word.eq_ignore_ascii_case(day)));
    (skip_hours, known.fold(0, |bits, day| bits | 1 << day))
}

fn between<'a>(text: &'a [u8], begin: &[u8], end: &[u8]) -> &'a str {
    let inner = memmem::find(text, begin).map_or(&text[..0], |at| &text[at + begin.len()..]);
    let inner = memmem::find(inner, end).map_or(&inner[..0], |at| &inner[..at]);
    std::str::from_utf8(inner).unwrap_or_default()
}

/// What stands between tags: numbers and names.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split('<')
        .filter_map(|piece| piece.split_once('>'))
        .map(|(_, word)| word.trim())
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_and_days_are_read() {
        let check = |inner: &str, expected: (u32, u8)| {
            let document = format!("<rss version=\"2.0\"><channel><title>T</title>{inner}<item/></channel></rss>");
            assert_eq!(skips(document.as_bytes()), expected, "{inner}");
        };
        check("<skipHours><hour>0</hour>\n<hour> 3 </hour></skipHours>", (0b1001, 0));
        check("<skipHours><hour>24</hour><hour>99</hour><hour>x</hour></skipHours>", (1, 0));
        check("<skipDays><day>Saturday</day><day>SUNDAY</day><day>Caturday</day></skipDays>", (0, 0b110_0000));
        check("<skipHours/><skipDays></skipDays>", (0, 0));
        check("<skipHours><hour>1", (0, 0));
        check("", (0, 0));
    }
}
