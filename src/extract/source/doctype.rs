//! The declaration of a document's type, by which a parser knows how old the page is: in old ones a table stands within
//! a paragraph.
//!
//! By the states of the HTML standard (<https://html.spec.whatwg.org/#doctype-state>).

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::Doctype;

/// Reads what stands between `<!doctype` and its `>`, which is missing where the page ends before.
pub(super) fn read(text: &str, is_cut: bool) -> Doctype {
    let mut doctype = Doctype { force_quirks: is_cut, ..Doctype::default() };
    let text = text.trim_start_matches(is_blank);
    let (name, rest) = text.split_at(text.find(is_blank).unwrap_or(text.len()));
    if name.is_empty() {
        doctype.force_quirks = true;
        return doctype;
    }
    doctype.name = Some(owned(&name.to_ascii_lowercase()));
    let rest = rest.trim_start_matches(is_blank);
    if rest.is_empty() {
        return doctype;
    }
    let is_whole = match rest.get(.."public".len()).map(str::to_ascii_lowercase).as_deref() {
        Some("public") => read_public(&rest["public".len()..], &mut doctype),
        Some("system") => read_system(rest["system".len()..].trim_start_matches(is_blank), &mut doctype),
        _ => false,
    };
    doctype.force_quirks |= !is_whole;
    doctype
}

/// Whether the identifiers of a public type are as they ought to be.
fn read_public(text: &str, doctype: &mut Doctype) -> bool {
    let Some((id, is_closed, rest)) = quoted(text.trim_start_matches(is_blank)) else { return false };
    doctype.public_id = Some(owned(id));
    let rest = rest.trim_start_matches(is_blank);
    is_closed && (rest.is_empty() || read_system(rest, doctype))
}

fn read_system(text: &str, doctype: &mut Doctype) -> bool {
    let Some((id, is_closed, _)) = quoted(text) else { return false };
    doctype.system_id = Some(owned(id));
    is_closed
}

/// The text in quotes at the start of another, whether they are closed, and the rest.
fn quoted(text: &str) -> Option<(&str, bool, &str)> {
    let quote = text.chars().next().filter(|first| matches!(first, '"' | '\''))?;
    let inside = &text[1..];
    Some(inside.split_once(quote).map_or((inside, false, ""), |(id, rest)| (id, true, rest)))
}

fn is_blank(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\x0c' | ' ')
}

fn owned(text: &str) -> StrTendril {
    text.replace('\0', "\u{fffd}").as_str().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_are_read_as_the_standard_says() {
        let check = |text: &str, name: &str, public: Option<&str>, system: Option<&str>, force_quirks: bool| {
            let doctype = read(text, false);
            let found = (doctype.name.as_deref(), doctype.public_id.as_deref(), doctype.system_id.as_deref());
            let expected = (Some(name).filter(|name| !name.is_empty()), public, system);
            assert_eq!((found, doctype.force_quirks), (expected, force_quirks), "{text}");
        };
        check(" HTML", "html", None, None, false);
        check("html ", "html", None, None, false);
        check(" ", "", None, None, true);
        check(" html PUBLIC \"-//A\" 'b'", "html", Some("-//A"), Some("b"), false);
        check(" html public'-//A''b' x", "html", Some("-//A"), Some("b"), false);
        check(" html PUBLIC \"-//A\"", "html", Some("-//A"), None, false);
        check(" html SYSTEM 'about:legacy-compat'", "html", None, Some("about:legacy-compat"), false);
        check(" html PUBLIC \"-//A", "html", Some("-//A"), None, true);
        check(" html PUBLIC \"-//A\" b", "html", Some("-//A"), None, true);
        check(" html PUBLIC", "html", None, None, true);
        check(" html lang=en", "html", None, None, true);
        assert!(read(" html", true).force_quirks);
    }
}
