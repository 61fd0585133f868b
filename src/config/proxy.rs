//! Settings with the addresses of proxies in them, as they may be printed.

/// A text with `***` for what stands before the `@` of each address in it.
pub(super) fn without_credentials(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + "://".len());
        let end = after.find(['/', '"', ' ', ',']).unwrap_or(after.len());
        shown.push_str(before);
        rest = match after[..end].rfind('@') {
            Some(at) => {
                shown.push_str("***");
                &after[at..]
            }
            None => after,
        };
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_not_printed() {
        assert_eq!(
            without_credentials("[\"a.example proxy=http://a:b@c@d.example/\", \"http://e.example\", \"f@g.example\"]"),
            "[\"a.example proxy=http://***@d.example/\", \"http://e.example\", \"f@g.example\"]"
        );
    }
}
