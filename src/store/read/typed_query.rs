//! What people type to find something, in the syntax of FTS5.

/// A query as people type it, in FTS5's syntax: each word quoted, so that `covid-19`, `O'Brien` and `U.S.` are words
/// and not syntax; what stands in double quotes is a phrase; a star at the end of a word stays outside of the quotes.
#[must_use]
pub fn expression_of(query: &str) -> String {
    let mut terms = Vec::new();
    for (position, part) in query.split(['"', '“', '”']).enumerate() {
        if position % 2 == 1 {
            if part.chars().any(char::is_alphanumeric) {
                terms.push(format!("\"{part}\""));
            }
            continue;
        }
        for word in part.split_whitespace() {
            let (stem, star) = word.strip_suffix('*').map_or((word, ""), |stem| (stem, "*"));
            if stem.chars().any(char::is_alphanumeric) {
                terms.push(format!("\"{stem}\"{star}"));
            }
        }
    }
    terms.join(" ")
}

/// What is said of a query in which something stands that elsewhere is an operator, and here is a word as any other.
#[must_use]
pub fn operators_taken_for_words(query: &str) -> Option<String> {
    let words = query.split(['"', '“', '”']).enumerate().flat_map(|(position, part)| {
        let is_quoted = position % 2 == 1;
        part.split_whitespace().filter(move |word| is_wildcard(word, is_quoted) || !is_quoted && is_like_operator(word))
    });
    let taken: Vec<&str> = words.collect();
    if taken.is_empty() {
        return None;
    }
    let (taken, all) = (taken.join(" "), expression_of(query));
    Some(format!(
        "{taken}: taken for words, since a query has no operators but \"a phrase\" and begin*; all must occur: {all}"
    ))
}

/// Whether a word has a wildcard where it is none: a beginning alone is looked for, and not within quotes.
fn is_wildcard(word: &str, is_quoted: bool) -> bool {
    let stem = word.strip_suffix('*').filter(|_| !is_quoted).unwrap_or(word);
    let is_within = |(at, _)| {
        let next = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        next(stem[..at].chars().next_back()) && next(stem[at + 1..].chars().next())
    };
    stem.contains('*') && stem.contains(char::is_alphanumeric) || stem.match_indices('?').any(is_within)
}

/// Whether a word is an operator in FTS5's syntax, or in that of the search engines that people know.
fn is_like_operator(word: &str) -> bool {
    let is_field = word.split_once(':').is_some_and(|(field, rest)| {
        let is_name = !field.is_empty() && field.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        is_name && (rest.is_empty() || rest.starts_with(char::is_alphanumeric))
    });
    let is_sign = word
        .strip_prefix(['-', '+', '!', '^'])
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_alphanumeric));
    let is_bracketed = word.starts_with('(') || word.ends_with(')') && !word.contains('(');
    matches!(word, "AND" | "OR" | "NOT" | "NEAR" | "|" | "||" | "&&")
        || word.starts_with("NEAR(")
        || is_field
        || is_sign
        || is_bracketed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_like_an_operator_is_told_to_be_a_word() {
        for (query, taken) in [
            ("storm OR harbour", "OR"),
            ("title:storm -calm", "title:storm -calm"),
            ("title:\"night train\" NOT bus", "title: NOT"),
            ("NEAR(storm harbour)", "NEAR(storm harbour)"),
            ("(storm | gale) +lorne", "(storm | gale) +lorne"),
            ("lo*rne *orne har?our", "lo*rne *orne har?our"),
            ("\"night tra*\" late*", "tra*"),
        ] {
            let told = operators_taken_for_words(query).unwrap_or_default();
            assert!(told.starts_with(&format!("{taken}: taken for words")), "{query}: {told}");
        }
        let told = operators_taken_for_words("storm OR harbo*").unwrap_or_default();
        assert!(told.ends_with("all must occur: \"storm\" \"OR\" \"harbo\"*"), "{told}");
        for query in [
            "storm or harbour",
            "\"storm OR harbour\"",
            "harbo*",
            "covid-19 O'Brien U.S.",
            "10:30 https://a.example/x",
            "C++ R&D",
            "東京",
        ] {
            assert_eq!(operators_taken_for_words(query), None, "{query}");
        }
    }

    #[test]
    fn words_are_quoted_so_that_they_are_no_syntax() {
        assert_eq!(expression_of("covid-19 O'Brien U.S."), "\"covid-19\" \"O'Brien\" \"U.S.\"");
        assert_eq!(expression_of("harbo* \"night train\" AND"), "\"harbo\"* \"night train\" \"AND\"");
        assert_eq!(expression_of("\"unclosed phrase"), "\"unclosed phrase\"");
        assert_eq!(expression_of(" - \" \" "), "");
    }
}
