//! The names of persons, apart from their mail addresses.

/// The names in a text that may hold mail addresses as well: `mail (Name)`, `Name <mail>`, and several of these with
/// commas or semicolons between. Without a mail address it is one name, commas and all.
pub(super) fn names_of_persons(text: &str) -> Vec<String> {
    if text.matches('@').nth(1).is_none() {
        return vec![name_of_person(text)];
    }
    text.split([',', ';']).map(name_of_person).filter(|name| !name.is_empty()).collect()
}

/// The name in a text that may hold a mail address as well. Without a name it is the text itself.
pub(super) fn name_of_person(text: &str) -> String {
    let text = text.trim();
    let Some(at) = text.find('@') else {
        return text.to_owned();
    };
    let is_mail = |c: char| c.is_alphanumeric() || "._%+-@".contains(c);
    let start = text[..at]
        .rfind(|c| !is_mail(c))
        .map_or(0, |before| before + text[before..].chars().next().map_or(1, char::len_utf8));
    let end = text[at..].find(|c| !is_mail(c)).map_or(text.len(), |behind| at + behind);
    let before = text[..start].trim_end_matches("mailto:");
    let (before, behind) = (unwrapped(before), unwrapped(&text[end..]));
    let longer = if before.len() >= behind.len() { before } else { behind };
    if longer.is_empty() { text[start..end].to_owned() } else { longer.to_owned() }
}

/// What is left of a name when the mail address beside it has been cut out, without the brackets and quotes that
/// parted the two.
pub(super) fn unwrapped(name: &str) -> &str {
    let name = name.trim_matches(|c: char| c.is_whitespace() || "<>[]\"',;:-–—".contains(c));
    let name = name.strip_suffix('(').or_else(|| name.strip_prefix(')')).unwrap_or(name).trim();
    match name.strip_prefix('(') {
        Some(inner) => inner.strip_suffix(')').unwrap_or(inner).trim(),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_person_is_found() {
        let check = |text: &str, expected: &str| assert_eq!(name_of_person(text), expected);
        check("jo@example.org (Jo Öst)", "Jo Öst");
        check("Jo Öst <jo@example.org>", "Jo Öst");
        check("Jo Öst (mailto:jo@example.org)", "Jo Öst");
        check("Öjo@example.org", "Öjo@example.org");
        check("jo@example.org", "jo@example.org");
        check(" Jo Öst (Example) ", "Jo Öst (Example)");
        check("jo@example.org - Jo Öst", "Jo Öst");
        check("Jo Öst, jo@example.org", "Jo Öst");
    }

    #[test]
    fn several_persons_are_told_apart() {
        let check = |text: &str, expected: &[&str]| assert_eq!(names_of_persons(text), expected);
        check("jo@example.org (Jo Öst), al@example.org (Al West)", &["Jo Öst", "Al West"]);
        check("Jo Öst <jo@example.org>; al@example.org", &["Jo Öst", "al@example.org"]);
        check("Öst, Jo", &["Öst, Jo"]);
        check("Öst, Jo (jo@example.org)", &["Öst, Jo"]);
    }
}
