//! The `Link` header (RFC 8288).

use std::borrow::Cow;

use super::announcement::Announcement;

/// Most links that are read of one header.
const LINKS_MAX: usize = 100;

/// The links of a header: `<address>; rel="…"; type="…", <address>; …`. A comma or semicolon in quotes parts nothing.
pub(super) fn read(header: &str) -> Vec<Announcement<'_>> {
    let mut links = Vec::new();
    let mut rest = header;
    while let Some(start) = rest.find('<')
        && links.len() < LINKS_MAX
    {
        let Some((href, behind)) = rest[start + 1..].split_once('>') else { break };
        let mut link = Announcement { href: Cow::Borrowed(href), ..Announcement::default() };
        let mut parameters = behind;
        loop {
            let trimmed = parameters.trim_start();
            let Some(inside) = trimmed.strip_prefix(';') else {
                rest = trimmed;
                break;
            };
            let (name, value, behind) = parameter(inside.trim_start());
            take(&mut link, name, value);
            parameters = behind;
        }
        links.push(link);
    }
    links
}

/// A parameter, as its name, its value, and what is behind it.
fn parameter(text: &str) -> (&str, Cow<'_, str>, &str) {
    let end = text.find(['=', ';', ',']).unwrap_or(text.len());
    let (name, behind) = text.split_at(end);
    let name = name.trim();
    let Some(value) = behind.strip_prefix('=') else { return (name, Cow::Borrowed(""), behind) };
    let value = value.trim_start();
    let Some(inside) = value.strip_prefix('"') else {
        let end = value.find([';', ',']).unwrap_or(value.len());
        return (name, Cow::Borrowed(value[..end].trim()), &value[end..]);
    };
    let mut unescaped = String::new();
    let mut characters = inside.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return (name, Cow::Owned(unescaped), &inside[at + 1..]),
            '\\' => unescaped.extend(characters.next().map(|(_, escaped)| escaped)),
            _ => unescaped.push(c),
        }
    }
    (name, Cow::Owned(unescaped), "")
}

/// Of several parameters of one name the first counts (RFC 8288, section 3.3).
fn take<'t>(link: &mut Announcement<'t>, name: &str, value: Cow<'t, str>) {
    let is = |known: &str| name.eq_ignore_ascii_case(known);
    if is("rel") && link.rel.is_empty() {
        link.rel = value;
    } else if is("type") && link.media_type.is_empty() {
        link.media_type = value;
    } else if is("title") && link.title.is_none() {
        link.title = Some(value);
    } else if is("hreflang") || is("media") {
        link.is_variant = true;
    } else if is("anchor") {
        // It is about another page than this.
        link.rel = Cow::Borrowed("other");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_read_whatever_is_in_their_quotes() {
        let check = |header: &str, expected: &[[&str; 4]]| {
            let links = read(header);
            let shown: Vec<[&str; 4]> = links
                .iter()
                .map(|link| [&*link.href, &*link.rel, &*link.media_type, link.title.as_deref().unwrap_or_default()])
                .collect();
            assert_eq!(shown, expected, "{header}");
        };
        check(
            "</a,b>; rel=\"author\", </f;x>; rel=alternate ;type = \"text/xml; charset=utf-8\"; title=\"a, \\\"b\\\"\"",
            &[["/a,b", "author", "", ""], ["/f;x", "alternate", "text/xml; charset=utf-8", "a, \"b\""]],
        );
        check("<a>; REL=x; rel=y; crossorigin, <b>", &[["a", "x", "", ""], ["b", "", "", ""]]);
        check("<a>; rel=x; anchor=\"#foo\"", &[["a", "other", "", ""]]);
        for broken in ["", "<", "<a", "a; rel=x", "<a>; rel=\"x", "<a>;;;=", "<a>;"] {
            let _ = read(broken);
        }
    }
}
