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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_so_that_they_are_no_syntax() {
        assert_eq!(expression_of("covid-19 O'Brien U.S."), "\"covid-19\" \"O'Brien\" \"U.S.\"");
        assert_eq!(expression_of("harbo* \"night train\" AND"), "\"harbo\"* \"night train\" \"AND\"");
        assert_eq!(expression_of("\"unclosed phrase"), "\"unclosed phrase\"");
        assert_eq!(expression_of(" - \" \" "), "");
    }
}
