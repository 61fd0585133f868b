//! References to what a document declares for itself: `<!ENTITY site "news.example">`.
//!
//! feed-rs does not read document types. What is expanded here are names for plain text, and little of it: names for
//! names are how a kilobyte becomes a gigabyte, and names for files are how a parser is made to read them.

use super::markup::{Scanner, Token};

/// Most bytes that the references of a document may add to it.
const GROWTH_MAX: usize = 64 * 1024;

/// Most declarations that are kept; the lists of character names that some feeds carry along have 250.
const DECLARATIONS_MAX: usize = 256;

/// The document with its own references expanded, or `None` where there are none.
pub(super) fn expanded(document: &str) -> Option<String> {
    let mut scanner = Scanner::new(document);
    let mut declared = Vec::new();
    while declared.is_empty() {
        match scanner.next()? {
            Token::Other(inside) if inside.contains("<!ENTITY") => declared = declarations(inside),
            Token::Open(_) => return None,
            _ => {}
        }
    }
    let mut expanded = String::with_capacity(document.len() + GROWTH_MAX);
    expanded.push_str(&document[..scanner.position()]);
    let mut growth = 0_usize;
    while let Some(token) = scanner.next() {
        let written = &document[scanner.token_start()..scanner.position()];
        match token {
            Token::Text(_) | Token::Open(_) if written.contains('&') => {
                expand(&mut expanded, written, &declared, &mut growth);
            }
            _ => expanded.push_str(written),
        }
    }
    Some(expanded)
}

/// Name and text of the entities that stand for plain text.
fn declarations(document_type: &str) -> Vec<(&str, &str)> {
    document_type.split("<!ENTITY").skip(1).take(DECLARATIONS_MAX).filter_map(declaration).collect()
}

fn declaration(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.trim_ascii_start().split_once(|c: char| c.is_ascii_whitespace())?;
    let rest = rest.trim_ascii_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (value, _) = rest[1..].split_once(quote)?;
    let is_plain = !value.contains('<') && value.split('&').skip(1).all(|reference| reference.starts_with('#'));
    is_plain.then_some((name, value))
}

/// Appends a text with its references expanded.
fn expand(output: &mut String, text: &str, declared: &[(&str, &str)], growth: &mut usize) {
    let mut pieces = text.split('&');
    output.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let known = piece
            .split_once(';')
            .and_then(|(name, rest)| Some((declared.iter().find(|(known, _)| *known == name)?.1, rest)))
            .filter(|(value, _)| *growth + value.len() <= GROWTH_MAX);
        match known {
            Some((value, rest)) => {
                *growth += value.len();
                output.push_str(value);
                output.push_str(rest);
            }
            None => {
                output.push('&');
                output.push_str(piece);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(document_type: &str, text: &str, expected: Option<&str>) {
        let document = format!("<!DOCTYPE rss [{document_type}]><rss>{text}</rss>");
        let expected = expected.map(|text| format!("<!DOCTYPE rss [{document_type}]><rss>{text}</rss>"));
        assert_eq!(expanded(&document), expected, "{text}");
    }

    #[test]
    fn names_for_plain_text_are_expanded_outside_of_cdata() {
        let own = "<!ENTITY site \"harbour.example\"> <!ENTITY e '&#233;'>";
        check(
            own,
            "<a b='&site;'>caf&e; at &site; &amp; &other;<![CDATA[&site;]]></a>",
            Some("<a b='harbour.example'>caf&#233; at harbour.example &amp; &other;<![CDATA[&site;]]></a>"),
        );
    }

    #[test]
    fn names_for_names_markup_and_files_are_not() {
        check("<!ENTITY a SYSTEM \"file:///etc/passwd\">", "&a;", None);
        check("<!ENTITY a \"<b>\"><!ENTITY % c \"d\">", "&a;%c;", None);
        check("<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">", "&b;", Some("&b;"));
    }

    #[test]
    fn what_references_add_is_bounded() {
        let value = "v".repeat(1000);
        let document = format!("<!DOCTYPE rss [<!ENTITY a \"{value}\">]><rss>{}</rss>", "&a;".repeat(100_000));
        assert!(expanded(&document).unwrap().len() <= document.len() + GROWTH_MAX);
    }
}
