//! Advertisements for jobs: told by the letters for whom they are meant, which the law of several countries asks for, and
//! by structured data.

/// What stands between such letters.
const SEPARATORS: [char; 5] = ['/', '|', '*', ',', ' '];

/// The letters, for men, women and others in the languages of Europe.
const LETTERS: [&str; 13] = ["m", "w", "f", "d", "x", "h", "i", "v", "k", "n", "u", "a", "gn"];

/// Whether a headline ends with a mark for whom a job is meant, or has one in brackets: `Redakteur (m/w/d) in Mell`.
pub(super) fn is_headed(title: &str) -> bool {
    const OPEN: [char; 2] = ['(', '['];
    const CLOSE: [char; 2] = [')', ']'];
    let bracketed = title.split(OPEN).skip(1).filter_map(|part| part.split_once(CLOSE));
    let last_word = title.split_whitespace().next_back().unwrap_or_default();
    bracketed.map(|(inside, _)| inside).any(is_mark) || matches!(last_word, "m/w/d" | "w/m/d" | "m/f/d" | "H/F" | "F/H")
}

/// Whether a text is two letters or more for men, women and others.
fn is_mark(inside: &str) -> bool {
    let lower = inside.trim().to_lowercase();
    let parts = || lower.split(SEPARATORS).filter(|part| !part.is_empty());
    matches!(lower.as_str(), "all genders" | "gn")
        || (2..=4).contains(&parts().count()) && parts().all(|part| LETTERS.contains(&part))
}

/// Whether structured data describes a job.
pub(super) fn is_described(json_ld: &[String]) -> bool {
    json_ld.iter().any(|script| script.contains("\"JobPosting\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headline_tells_for_whom_a_job_is() {
        for title in [
            "Senior reporter (m/f/d)",
            "Redakteur (m/w/d) in Mell",
            "Redakteurin [w|m|x]",
            "Journaliste (H/F)",
            "Journaliste H/F",
            "Volontariat (all genders)",
        ] {
            assert!(is_headed(title), "{title}");
        }
        for title in
            ["Reporter finds ferry (video)", "Mill sold (again)", "Trains (and others) late", "A/B", "Plan (m)", ""]
        {
            assert!(!is_headed(title), "{title}");
        }
    }
}
