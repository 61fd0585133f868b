//! How much of a page can be parsed in linear time.
//!
//! The HTML standard's algorithm is quadratic on some inputs, and its implementation follows it: every start and end
//! tag may look through the stack of open elements, formatting elements left open are opened anew in every later
//! paragraph, and each attribute is compared with those before it in its tag. Nesting a hundred thousand elements,
//! or leaving a thousand `<b id=N>` open, takes minutes and gigabytes. So the page is looked through first, at a
//! small part of the cost of parsing it, adding up what its tags will cost; where the sum passes the budget the page
//! is cut off. No honest page comes near.

/// Steps the parser may take: one for each open element passed at each tag. 64 million take about a quarter of a
/// second; a real page of 10 MB with 200,000 tags at a depth of 30 needs 6 million. It allows a chain of 11,000
/// nested elements.
const STEPS_MAX: usize = 64 << 20;

/// Steps that reopening one formatting element costs: a node is made, with its attributes.
const REOPENING_STEPS: usize = 64;

/// The start of the page that is within the budget: all of it for any honest page.
pub(super) fn parseable_prefix(html: &str) -> &str {
    let bytes = html.as_bytes();
    let mut open = OpenNames::default();
    let (mut n_open, mut n_formatting, mut n_steps) = (0_usize, 0_usize, 0_usize);
    // Comments and scripts are passed over. Within SVG and MathML, and from the first CDATA section on, it cannot be
    // told without a parser where they end, and so everything counts.
    let mut skips = true;
    let mut at = 0;
    while let Some(start) = html[at..].find('<').map(|position| at + position) {
        if html[start..].starts_with("<![CDATA[") {
            skips = false;
        }
        let Some(tag) = read_tag(html, start).filter(|tag| skips || tag.name_len > 0) else {
            at = start + 1;
            continue;
        };
        at = tag.end;
        if tag.name_len == 0 {
            continue;
        }
        let name = name_code(&bytes[tag.name_start..tag.name_start + tag.name_len]);
        n_steps += n_open + n_formatting * REOPENING_STEPS + tag.n_attributes * tag.n_attributes / 2;
        if n_steps > STEPS_MAX {
            return &html[..start];
        }
        if is_closed_by_others(name) || tag.closes_itself && *open.count(name_code(b"svg")) > 0 {
            continue;
        }
        let is_formatting = is_formatting(name);
        let count = open.count(name);
        if !tag.is_end {
            *count += 1;
            n_open += 1;
            n_formatting += usize::from(is_formatting);
        } else if *count > 0 {
            *count -= 1;
            n_open -= 1;
            n_formatting -= usize::from(is_formatting);
        }
        let is_foreign = *open.count(name_code(b"svg")) > 0 || *open.count(name_code(b"math")) > 0;
        if !tag.is_end
            && skips
            && !is_foreign
            && let Some(end) = end_of_raw_text(html, at, name)
        {
            at = end;
        }
    }
    html
}

/// How many elements of each name are open. Names are few, and the one asked for was mostly asked for just before.
#[derive(Default)]
struct OpenNames {
    counts: Vec<(u64, usize)>,
    /// Shared by the names beyond the first [`NAMES_MAX`].
    others: usize,
}

/// Names counted one by one; real pages use some forty.
const NAMES_MAX: usize = 64;

impl OpenNames {
    fn count(&mut self, name: u64) -> &mut usize {
        match self.counts.iter().position(|(known, _)| *known == name) {
            Some(0) => &mut self.counts[0].1,
            Some(position) => {
                self.counts.swap(position, position - 1);
                &mut self.counts[position - 1].1
            }
            None if self.counts.len() < NAMES_MAX => {
                self.counts.push((name, 0));
                let last = self.counts.len() - 1;
                &mut self.counts[last].1
            }
            None => &mut self.others,
        }
    }
}

struct RawTag {
    name_start: usize,
    name_len: usize,
    is_end: bool,
    n_attributes: usize,
    /// Ends in `/>`, which counts inside `svg` only.
    closes_itself: bool,
    /// After the `>`.
    end: usize,
}

/// Reads the tag, comment or declaration that begins at `start`; a lone `<` is none.
fn read_tag(html: &str, start: usize) -> Option<RawTag> {
    let bytes = html.as_bytes();
    let mut at = start + 1;
    let is_end = bytes.get(at) == Some(&b'/');
    at += usize::from(is_end);
    let nothing =
        |end| RawTag { name_start: start, name_len: 0, is_end: false, n_attributes: 0, closes_itself: false, end };
    match bytes.get(at) {
        Some(b'!') if bytes[at..].starts_with(b"!--") => return Some(nothing(end_of_comment(html, at + 1))),
        Some(b'!' | b'?') => return Some(nothing(html[at..].find('>').map_or(bytes.len(), |end| at + end + 1))),
        Some(byte) if byte.is_ascii_alphabetic() => {}
        _ => return None,
    }
    let name_start = at;
    while at < bytes.len() && !matches!(bytes[at], b' ' | b'\t' | b'\n' | b'\r' | b'\x0c' | b'/' | b'>') {
        at += 1;
    }
    let name_len = at - name_start;
    let (mut n_attributes, mut after_blank) = (0, false);
    while at < bytes.len() {
        match bytes[at] {
            b'>' => {
                let closes_itself = bytes[at - 1] == b'/';
                return Some(RawTag { name_start, name_len, is_end, n_attributes, closes_itself, end: at + 1 });
            }
            b' ' | b'\t' | b'\n' | b'\r' | b'\x0c' | b'/' => after_blank = true,
            b'=' => {
                at += 1;
                while at < bytes.len() && bytes[at].is_ascii_whitespace() {
                    at += 1;
                }
                if let Some(quote @ (b'"' | b'\'')) = bytes.get(at) {
                    let quote = char::from(*quote);
                    at = html[at + 1..].find(quote).map_or(bytes.len(), |position| at + 1 + position);
                    // Another attribute may follow a closing quote without a blank.
                    after_blank = true;
                } else {
                    continue;
                }
            }
            _ => {
                n_attributes += usize::from(after_blank);
                after_blank = false;
            }
        }
        at += 1;
    }
    Some(RawTag { name_start, name_len, is_end, n_attributes, closes_itself: false, end: bytes.len() })
}

fn end_of_comment(html: &str, start: usize) -> usize {
    let mut at = start;
    while let Some(dashes) = html[at..].find("--").map(|position| at + position) {
        let rest = &html[dashes + 2..];
        if rest.starts_with('>') {
            return dashes + "-->".len();
        }
        if rest.starts_with("!>") && dashes > start {
            return dashes + "--!>".len();
        }
        at = dashes + 1;
    }
    html.len()
}

/// Where the text of a `script` and the like ends, in which `<` begins no tag.
fn end_of_raw_text(html: &str, start: usize, name: u64) -> Option<usize> {
    const RAW: [&[u8]; 8] = [b"script", b"style", b"noscript", b"textarea", b"title", b"iframe", b"xmp", b"noframes"];
    let raw = RAW.into_iter().find(|raw| name_code(raw) == name)?;
    let mut at = start;
    while let Some(open) = html[at..].find('<').map(|position| at + position) {
        let rest = &html.as_bytes()[open + 1..];
        if rest.first() == Some(&b'/')
            && rest.len() > raw.len() + 1
            && rest[1..=raw.len()].eq_ignore_ascii_case(raw)
            && matches!(rest[raw.len() + 1], b' ' | b'\t' | b'\n' | b'\r' | b'\x0c' | b'/' | b'>')
        {
            return Some(open);
        }
        at = open + 1;
    }
    Some(html.len())
}

/// The first eight bytes of a name in lower case and its length, as a number.
const fn name_code(name: &[u8]) -> u64 {
    let mut code = name.len() as u64;
    let mut at = 0;
    while at < name.len() && at < 10 {
        code = (code << 6) ^ (code >> 58) ^ (name[at].to_ascii_lowercase() as u64);
        at += 1;
    }
    code
}

/// Void elements, and those whose end tag is implied by the next of their kind: they do not pile up.
fn is_closed_by_others(name: u64) -> bool {
    const NAMES: [&[u8]; 31] = [
        b"p",
        b"li",
        b"dt",
        b"dd",
        b"tr",
        b"td",
        b"th",
        b"tbody",
        b"thead",
        b"tfoot",
        b"caption",
        b"colgroup",
        b"option",
        b"optgroup",
        b"br",
        b"img",
        b"hr",
        b"input",
        b"meta",
        b"link",
        b"area",
        b"base",
        b"col",
        b"embed",
        b"param",
        b"source",
        b"track",
        b"wbr",
        b"html",
        b"head",
        b"body",
    ];
    const CODES: [u64; 31] = {
        let mut codes = [0; 31];
        let mut at = 0;
        while at < 31 {
            codes[at] = name_code(NAMES[at]);
            at += 1;
        }
        codes
    };
    CODES.contains(&name)
}

/// The formatting elements of the standard, which are opened anew where they were left open. `a` is closed by the
/// next `a`.
fn is_formatting(name: u64) -> bool {
    const NAMES: [&[u8]; 12] =
        [b"b", b"big", b"code", b"em", b"font", b"i", b"s", b"small", b"strike", b"strong", b"tt", b"u"];
    const CODES: [u64; 12] = {
        let mut codes = [0; 12];
        let mut at = 0;
        while at < 12 {
            codes[at] = name_code(NAMES[at]);
            at += 1;
        }
        codes
    };
    CODES.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn honest_pages_are_kept_whole() {
        let page = "<!doctype html><script>if (a<b) '<div>'</script><!-- <div> --><p class=\"a>b\">x<br>y".repeat(5000);
        assert_eq!(parseable_prefix(&page).len(), page.len());
    }

    #[test]
    fn unclosed_paragraphs_and_items_do_not_count() {
        let page = "<ul><li>one<li>two</ul><p>three".repeat(50_000);
        assert_eq!(parseable_prefix(&page).len(), page.len());
    }

    #[test]
    fn nesting_without_end_is_cut_off() {
        let page = "<div>".repeat(100_000);
        let kept = parseable_prefix(&page).len() / "<div>".len();
        assert!((10_000..13_000).contains(&kept), "{kept}");
    }

    #[test]
    fn formatting_left_open_is_cut_off() {
        let mut page = String::new();
        for number in 0..2000 {
            page.push_str("<b id=");
            page.push_str(&number.to_string());
            page.push_str("><p>");
        }
        assert!(parseable_prefix(&page).len() < page.len());
    }

    #[test]
    fn a_tag_of_a_hundred_thousand_attributes_is_cut_off() {
        let page = format!("<p>before<p {}>", (0..100_000).map(|n| format!("a{n} ")).collect::<Vec<_>>().concat());
        assert_eq!(parseable_prefix(&page), "<p>before");
    }

    #[test]
    fn cuts_fall_between_characters() {
        let page = "<div>ä".repeat(100_000);
        assert!(parseable_prefix(&page).len() < page.len());
    }
}
