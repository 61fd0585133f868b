//! What stands between quotation marks: somebody else's words, which others print too without copying the report.

/// The quoted stretches of a paragraph, in bytes, in order. What is opened and not closed goes on to its end, as speech does that
/// fills several paragraphs.
///
/// Any double mark opens where nothing is open and closes where something is: they differ by language, and »so« stands beside
/// «so» and ”so”. Single marks count where they stand as quotation marks do, and not as an apostrophe.
pub(super) fn quoted(paragraph: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    // Most paragraphs have none.
    if !paragraph.bytes().any(|byte| matches!(byte, b'"' | b'\'') || !byte.is_ascii()) {
        return found;
    }
    let mut open: Option<(usize, char)> = None;
    let mut before = None;
    let mut characters = paragraph.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let after = characters.peek().map(|(_, next)| *next);
        match open {
            None if opens(character, before, after)
                && (!is_single(character) || is_closed(&paragraph[at..], character)) =>
            {
                open = Some((at, character));
            }
            Some((start, opening)) if closes(character, opening, before) => {
                found.push((start, at));
                open = None;
            }
            _ => {}
        }
        before = Some(character);
    }
    found.extend(open.map(|(start, _)| (start, paragraph.len())));
    found
}

fn is_double(character: char) -> bool {
    matches!(character, '"' | '“' | '”' | '„' | '‟' | '«' | '»' | '「' | '」' | '『' | '』' | '＂' | '〝' | '〞' | '〟')
}

fn is_single(character: char) -> bool {
    matches!(character, '\'' | '‘' | '’' | '‚' | '‹' | '›')
}

fn opens(character: char, before: Option<char>, after: Option<char>) -> bool {
    let is_apart = before.is_none_or(|before| !before.is_alphanumeric());
    is_double(character)
        || is_single(character) && character != '’' && is_apart && after.is_some_and(char::is_alphanumeric)
}

fn closes(character: char, opening: char, before: Option<char>) -> bool {
    match opening {
        // Of brackets within brackets only the outer ones count.
        '「' => character == '」',
        '『' => character == '』',
        '‹' | '›' => matches!(character, '‹' | '›'),
        _ if is_single(opening) => ends_single(character, before),
        _ => is_double(character),
    }
}

/// Whether a mark closes a quotation in single ones: it stands behind a sentence or a part of one, and an apostrophe does not.
fn ends_single(character: char, before: Option<char>) -> bool {
    matches!(character, '\'' | '’' | '‘') && before.is_some_and(|before| matches!(before, '.' | ',' | '!' | '?' | '…'))
}

/// Whether a single mark is closed by another: an apostrophe before a word, as in ’90s, is not.
fn is_closed(text: &str, opening: char) -> bool {
    let mut before = None;
    text.chars().skip(1).any(|character| {
        let is_end = closes(character, opening, before);
        before = Some(character);
        is_end
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_told_in_any_language() {
        for (paragraph, expected) in [
            ("He said: \"It is so.\" Nobody knew.", vec!["It is so."]),
            ("“It is so,” he said. “It was.” That was all.", vec!["It is so,", "It was."]),
            ("„So ist es“, sagte er, »und bleibt es«.", vec!["So ist es", "und bleibt es"]),
            ("«C’est ainsi», dit-il ; « et voilà ».", vec!["C’est ainsi", " et voilà "]),
            ("Hän sanoi: ”Näin on.” Muuta ei.", vec!["Näin on."]),
            ("市长说：「是这样。」他走了。", vec!["是这样。"]),
            ("‘It’s the boys’ own,’ he said.", vec!["It’s the boys’ own,"]),
            ("It's the '90s and the boys' own.", vec![]),
            ("“It goes on", vec!["It goes on"]),
            ("", vec![]),
        ] {
            let found: Vec<&str> = quoted(paragraph)
                .into_iter()
                .map(|(start, end)| {
                    paragraph[start..end].trim_start_matches(|character| is_double(character) || is_single(character))
                })
                .collect();
            assert_eq!(found, expected, "{paragraph}");
        }
    }
}
