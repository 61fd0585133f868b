//! Where titles may be cut, and what stands at their ends that is not theirs: the name of the site or of a section.

use super::super::text::{count_words, key};
use crate::scripts::is_han_or_kana;

/// Fewest words of a heading that can be a headline where nothing else says so.
pub(super) const HEADLINE_WORDS_MIN: usize = 3;

/// What stands between a title and the name of the site, or another addition.
const SEPARATORS: [char; 17] = ['|', '｜', '-', '–', '—', '―', '_', '«', '»', '‹', '›', '·', '•', ':', '：', '/', '~'];

/// What stands between a section's name and a title behind it; other separators stand in headlines, too.
const BARS: [char; 2] = ['|', '｜'];

/// Longest name behind a bar that is cut off though nothing else tells what it is, in characters.
const END_CHARACTERS_MAX: usize = 24;

/// Fewest bytes of a key that may be a part of a site's name without being all of it.
const NAME_PART_BYTES_MIN: usize = 4;

/// A place where a title may be cut in two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut<'t> {
    pub(super) before: &'t str,
    pub(super) behind: &'t str,
    /// Whether it is a bar, behind which sentences do not go on.
    pub(super) is_bar: bool,
}

/// The places where a title may be cut, in its order. Most separators count with blanks around them only, since they
/// stand within words and headlines as well; a script that writes no blanks between words has none there either.
pub(super) fn cuts(title: &str) -> Vec<Cut<'_>> {
    let mut cuts = Vec::new();
    let mut at = 0;
    while let Some(start) = title[at..].find(SEPARATORS).map(|length| at + length) {
        let run = title[start..].find(|c| !SEPARATORS.contains(&c)).unwrap_or(title.len() - start);
        let (mark, is_bar) = (&title[start..start + run], title[start..].starts_with(BARS));
        let (before, behind) = (&title[..start], &title[start + run..]);
        at = start + run;
        let is_unspaced = before.ends_with(is_han_or_kana) || behind.starts_with(is_han_or_kana);
        let has_blanks = before.ends_with(char::is_whitespace) && behind.starts_with(char::is_whitespace);
        let is_cut = match mark {
            // Nobody writes these within words.
            "：" | "_" | "--" => true,
            ":" => before.ends_with(char::is_whitespace),
            _ => is_bar || has_blanks || is_unspaced && !mark.starts_with(['«', '»', '‹', '›', '·', '/', '•']),
        };
        if is_cut {
            cuts.push(Cut { before: before.trim_end(), behind: behind.trim_start(), is_bar });
        }
    }
    cuts
}

/// Cuts the site's name off either end, as often as it stands there.
pub(super) fn without_site_name<'t>(title: &'t str, site_names: &[String]) -> &'t str {
    let mut title = before_exact_name(title, site_names);
    loop {
        let cuts = cuts(title);
        let is_exact = |name: &str| site_names.contains(&key(name));
        // What stands behind the whole name of the site says what the site is.
        let is_name_before = |pair: &&[Cut<'_>]| {
            let between = pair[0].behind.len().saturating_sub(pair[1].behind.len());
            let name = pair[0].behind.get(..between).unwrap_or_default();
            is_exact(name.trim_end_matches(|c: char| c.is_whitespace() || SEPARATORS.contains(&c)))
                && count_words(pair[0].before) >= HEADLINE_WORDS_MIN
        };
        if let Some(pair) = cuts.windows(2).find(is_name_before) {
            title = pair[0].before;
            continue;
        }
        // The last separator of all cuts the least.
        let end = cuts.last().filter(|cut| !cut.before.is_empty() && names_site(cut.behind, site_names));
        let start = cuts.first().filter(|cut| !cut.behind.is_empty() && names_site(cut.before, site_names));
        title = match (end, start) {
            (Some(cut), _) => cut.before,
            (None, Some(cut)) => cut.behind,
            (None, None) => return title,
        };
    }
}

/// A title without the whole name of the site at its end, which may then be written on to it with any separator. One word
/// behind a hyphen is rather a part of another.
fn before_exact_name<'t>(title: &'t str, site_names: &[String]) -> &'t str {
    let is_name = |behind: &str| {
        let is_no_part = count_words(behind) > 1 || !behind.is_ascii();
        move |mark: char| is_no_part || !matches!(mark, '-' | '/')
    };
    let cut = title.char_indices().filter(|(_, c)| SEPARATORS.contains(c)).find(|(at, mark)| {
        let behind = title[at + mark.len_utf8()..].trim_start();
        *at > 0 && is_name(behind)(*mark) && site_names.contains(&key(behind))
    });
    match cut {
        Some((at, _)) => title[..at].trim_end_matches(|c: char| c.is_whitespace() || SEPARATORS.contains(&c)),
        None => title,
    }
}

/// The title of a document without the site's whole name and a colon in front, as blogs have it. Headlines may begin so
/// too, and then other places have them.
pub(super) fn behind_site_name<'t>(title: &'t str, site_names: &[String]) -> &'t str {
    let behind = title.split_once(": ").filter(|(before, _)| site_names.contains(&key(before)));
    behind.map_or(title, |(_, behind)| behind)
}

fn names_site(name: &str, site_names: &[String]) -> bool {
    let key = key(name);
    site_names.iter().any(|site| {
        *site == key
            || key.len() >= NAME_PART_BYTES_MIN && count_words(name) <= 5 && site.contains(key.as_str())
            || site.len() >= NAME_PART_BYTES_MIN && count_words(name) <= 5 && key.contains(site.as_str())
    })
}

/// A title without what stands behind bars at its end, where that is much shorter than the rest: the name of a section
/// or of a site that nothing else tells. Sentences are not written so.
pub(super) fn without_short_ends(title: &str) -> Option<String> {
    let mut rest = title;
    while let Some(cut) = cuts(rest).last().filter(|cut| cut.is_bar)
        && (cut.behind.chars().count() <= END_CHARACTERS_MAX && cut.behind.len() * 2 < cut.before.len()
            || is_host(cut.behind))
        && count_words(cut.before) > HEADLINE_WORDS_MIN
    {
        rest = cut.before;
    }
    (rest.len() < title.len()).then(|| rest.to_owned())
}

/// Whether a text is the name of a host: `valleynotes.example`.
fn is_host(text: &str) -> bool {
    text.contains('.') && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn site_names_are_cut_off() {
        let names = ["harbourpost".to_owned(), "harbourpostcom".to_owned()];
        let check = |title: &str, expected: &str| assert_eq!(without_site_name(title, &names), expected, "{title}");
        check("Ferries resume | The Harbour Post", "Ferries resume");
        check("Harbour Post – Ferries resume", "Ferries resume");
        check("Ferries resume - News - harbourpost.com", "Ferries resume - News");
        check("Storm - a diary", "Storm - a diary");
        check("Harbour Post", "Harbour Post");
        check("Ferries resume « Harbour Post", "Ferries resume");
        check("Ferries resume › Harbour Post", "Ferries resume");
        check("Ferries resume :Harbour Post", "Ferries resume");
        check("Ferries resume|Harbour Post", "Ferries resume");
        check("Ferries resume -- Harbour Post", "Ferries resume");
        check("渡船恢复通航_Harbour Post", "渡船恢复通航");
        check("Cross-Harbour ferries resume", "Cross-Harbour ferries resume");
        check("The harbour: ferries resume", "The harbour: ferries resume");
        check("Ferries resume-Harbour Post", "Ferries resume");
        check("Ferries resume—Harbour Post", "Ferries resume");
        check("Ferries resume: Harbour Post", "Ferries resume");
        check("Ferries resume at last - Harbour Post - News, sport and weather", "Ferries resume at last");
        let names = ["портовыйвестник".to_owned(), "صوتالوادي".to_owned(), "하버일보".to_owned(), "quay".to_owned()];
        let check = |title: &str, expected: &str| assert_eq!(without_site_name(title, &names), expected, "{title}");
        check("Паром снова ходит-Портовый вестник", "Паром снова ходит");
        check("العبارة تعود-صوت الوادي", "العبارة تعود");
        check("나룻배 다시 다닌다_하버일보", "나룻배 다시 다닌다");
        check("Ferries return to Old-Quay", "Ferries return to Old-Quay");
    }
}
