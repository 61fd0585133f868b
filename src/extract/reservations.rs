//! What a page's own `meta` tags say against text mining and AI training. A fact to be stored; nothing is decided by it.

use memchr::memmem;

/// `meta` tags stand in the head; what is farther into a page than this is its text.
const LOOKED_AT_BYTES: usize = 256 * 1024;

/// A tag longer than this holds no word of interest.
const TAG_BYTES_MAX: usize = 1024;

/// Words of a robots directive that speak of it.
const DIRECTIVES: [&str; 4] = ["noai", "noimageai", "noml", "notrain"];

/// The facts: `meta robots: noai`, `meta tdm-reservation: 1`.
#[must_use]
pub fn reservations(page: &[u8]) -> Vec<String> {
    let head = &page[..page.len().min(LOOKED_AT_BYTES)];
    let mut facts = Vec::new();
    for at in memmem::find_iter(head, b"<meta") {
        let tag = &head[at..(at + TAG_BYTES_MAX).min(head.len())];
        let Some(end) = memchr::memchr(b'>', tag) else { continue };
        let tag = String::from_utf8_lossy(&tag[..end]).to_ascii_lowercase();
        let (Some(name), Some(content)) = (attribute(&tag, "name"), attribute(&tag, "content")) else { continue };
        match name {
            "robots" => {
                let words: Vec<&str> = content.split([',', ' ']).collect();
                let said = DIRECTIVES.iter().filter(|directive| words.contains(directive));
                facts.extend(said.map(|directive| format!("meta robots: {directive}")));
            }
            "tdm-reservation" if content == "1" => facts.push("meta tdm-reservation: 1".to_owned()),
            _ => {}
        }
    }
    facts.sort();
    facts.dedup();
    facts
}

/// An attribute's value, in quotes or without.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let begins = |(at, _): &(usize, &str)| tag[..*at].ends_with(|c: char| c.is_ascii_whitespace() || "\"'".contains(c));
    let (at, _) = tag
        .match_indices(name)
        .find(|found| begins(found) && tag[found.0 + name.len()..].trim_start().starts_with('='))?;
    let value = tag[at + name.len()..].trim_start().strip_prefix('=')?.trim_start();
    let value = match value.chars().next()? {
        quote @ ('"' | '\'') => value[1..].split(quote).next()?,
        _ => value.split([' ', '\t', '\n', '/']).next()?,
    };
    Some(value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meta_tags_are_read() {
        let check = |html: &str, expected: &[&str]| assert_eq!(reservations(html.as_bytes()), expected, "{html}");
        check(
            "<meta name=\"robots\" content=\"index, noai, noimageai\">",
            &["meta robots: noai", "meta robots: noimageai"],
        );
        check("<META x><meta content='1' name='TDM-Reservation' />", &["meta tdm-reservation: 1"]);
        check("<meta name=robots content=noai>", &["meta robots: noai"]);
        check("<meta name=\"robots\" content=\"noindex\"><meta name=\"tdm-reservation\" content=\"0\">", &[]);
        check("<meta property=\"og:name\" content=\"noai\"><meta name=robots", &[]);
        check("<meta name content><meta name= content=><meta name=\"", &[]);
    }
}
