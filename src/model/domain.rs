//! Registrable domains, by the public suffix list: who publishes at a name.

/// The registrable domain of a host: its public suffix and the label before that. Absent where it is no longer than that, for an
/// address, and for a name of one label.
///
/// The list is the public suffix list with its private part, and a last label that it does not know counts as a suffix.
#[must_use]
pub fn registrable_domain(host: &str) -> Option<&str> {
    domain(host).and_then(|domain| std::str::from_utf8(domain.trim().as_bytes()).ok())
}

/// Whether a host has a registrable domain under a suffix that the list names.
#[must_use]
pub fn is_under_known_suffix(host: &str) -> bool {
    domain(host).is_some_and(|domain| domain.suffix().is_known())
}

/// The one place that asks the list: it is compiled code, half a megabyte of it wherever it is asked.
#[inline(never)]
fn domain(host: &str) -> Option<psl::Domain<'_>> {
    psl::domain(host.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_a_suffix_and_a_label() {
        for (host, expected, is_known) in [
            ("www.courier.example", Some("courier.example"), false),
            ("news.lorne.co.uk", Some("lorne.co.uk"), true),
            ("lorne.github.io", Some("lorne.github.io"), true),
            ("co.uk", None, false),
            ("localhost", None, false),
            ("", None, false),
            ("lorne.org.", Some("lorne.org"), true),
        ] {
            assert_eq!(registrable_domain(host), expected, "{host}");
            assert_eq!(is_under_known_suffix(host), is_known, "{host}");
        }
    }
}
