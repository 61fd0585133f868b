//! The headline, without the site's name.
//!
//! A page says its title several times: in structured data, for social networks, in its heading, in its head. They
//! differ on a third of all pages. Structured data is filled from the field of the newsroom's system that is called
//! headline; a wording for social networks is sometimes written for clicks; a heading may carry a kicker or be the
//! site's own; the head is written for search engines and adds the site's name. So they are trusted in that order, and
//! agreement only tells between near equals: a site that shows one wording in its heading and its head, and another
//! everywhere else, is as often right in the one as in the other.
//!
//! A site whose system has a field for social networks fills `og:title` and `twitter:title` from it. One that gives
//! `og:title` alone has no such field, and writes the headline of the newsroom there; its structured data and its head
//! are then rather the wording for search engines. Where it says the same as the head, and there is no structured
//! data, both are filled from one field for search engines, and the only first-level heading is the headline: so on
//! forty pages of the 693 in one collection, right on 29 and wrong on 11.

use url::Url;

use super::declared::Declared;
use super::explanation::TitleVotes;
use super::json_ld::StructuredArticle;
use super::page::Page;
use super::text::{count_words, fold, key};
use crate::model::{Evidence, LinkHints, Origin};

/// What stands between a title and the name of the site.
const SEPARATORS: [&str; 12] = [" | ", " - ", " – ", " — ", " · ", " • ", " » ", " :: ", " / ", "｜", " ｜ ", "："];

/// What stands between a section's name and a title behind it; other separators stand in headlines, too.
const SECTION_SEPARATOR: &str = " | ";

/// Longest headline; what is longer is a text.
const TITLE_BYTES_MAX: usize = 600;

/// First-level headings looked at.
const HEADINGS_MAX: usize = 20;

/// How much each place is trusted on its own, from the share of pages on which it was right where they differed.
const STRUCTURED_TRUST: u32 = 14;
const SOCIAL_TRUST: u32 = 10;
const ONLY_SOCIAL_TRUST: u32 = 17;
const HEADING_TRUST: u32 = 6;
const ONLY_HEADING_TRUST: u32 = 22;
const HEAD_TRUST: u32 = 5;
const ONE_OF_HEADINGS_TRUST: u32 = 3;
const HINT_TRUST: u32 = 4;

/// Another place with the same wording.
const AGREEMENT: u32 = 1;

/// All titles that the page gives itself, the best first, each with what speaks for it.
pub(super) fn candidates(
    page: &Page<'_>,
    declared: &Declared<'_>,
    structured: &StructuredArticle,
    hints: &LinkHints,
    site_names: &[String],
) -> Vec<(Evidence<String>, TitleVotes)> {
    let mut places: Vec<(Evidence<String>, u32)> = Vec::new();
    let mut add = |text: &str, origin: Origin, trust: u32| {
        let text = without_site_name(&fold(text), site_names);
        if !text.is_empty() && text.len() <= TITLE_BYTES_MAX && !site_names.contains(&key(&text)) {
            places.push((Evidence::new(text, origin), trust));
        }
    };
    for headline in &structured.headlines {
        add(headline, Origin::JsonLd, STRUCTURED_TRUST);
    }
    let is_only = declared.first(&["og:title"]).is_some() && declared.first(&["twitter:title"]).is_none();
    let bare_key = |title: &str| key(&without_site_name(&fold(title), site_names));
    let is_written_for_search = is_only
        && structured.headlines.is_empty()
        && declared.first(&["og:title"]).map(bare_key) == page.document_title.as_deref().map(bare_key);
    if let Some(title) = declared.first(&["og:title", "twitter:title", "title", "parsely-title", "dc.title"]) {
        add(title, Origin::Meta, if is_only { ONLY_SOCIAL_TRUST } else { SOCIAL_TRUST });
    }
    // Several first-level headings are of equal rank, and rather the headings of a list.
    let headings: Vec<String> =
        page.top_headings.iter().take(HEADINGS_MAX).map(|heading| page.text_of(*heading)).collect();
    let n_headings = headings.iter().filter(|heading| count_words(heading) > 1).count();
    for heading in headings.iter().filter(|heading| count_words(heading) > 1).take(5) {
        let trust = match n_headings {
            1 if is_written_for_search => ONLY_HEADING_TRUST,
            1 => HEADING_TRUST,
            _ => ONE_OF_HEADINGS_TRUST,
        };
        add(heading, Origin::Heading, trust);
    }
    if let Some(title) = &page.document_title {
        add(title, Origin::Heading, HEAD_TRUST);
    }
    if let Some(title) = &hints.title {
        add(title, Origin::Feed, HINT_TRUST);
    }
    let shorter: Vec<Option<String>> =
        places.iter().map(|(title, _)| without_addition(&title.value, &places)).collect();
    for ((title, _), shorter) in places.iter_mut().zip(shorter) {
        title.value = shorter.unwrap_or_else(|| std::mem::take(&mut title.value));
    }
    let keys: Vec<String> = places.iter().map(|(title, _)| key(&title.value)).collect();
    let mut voted: Vec<(TitleVotes, usize)> = places
        .iter()
        .enumerate()
        .map(|(position, (_, trust))| {
            let n_agreeing = keys.iter().filter(|other| **other == keys[position]).count() - 1;
            (TitleVotes { trust: *trust, n_agreeing: u32::try_from(n_agreeing).unwrap_or(0) }, position)
        })
        .collect();
    voted.sort_by_key(|(votes, position)| (std::cmp::Reverse(votes.trust + AGREEMENT * votes.n_agreeing), *position));
    let mut seen: Vec<&String> = Vec::new();
    let mut ordered: Vec<(Evidence<String>, TitleVotes)> = Vec::new();
    for (votes, position) in voted {
        if !seen.contains(&&keys[position]) {
            seen.push(&keys[position]);
            // Of equal wordings the longest: a heading put together from several elements may have lost its blanks.
            let same = (0..places.len()).filter(|other| keys[*other] == keys[position]);
            let longest = same.rev().max_by_key(|other| places[*other].0.value.chars().count());
            let wording = places[longest.unwrap_or(position)].0.value.clone();
            ordered.push((Evidence::new(wording, places[position].0.origin), votes));
        }
    }
    ordered
}

/// The title that another place gives without what this one adds behind a separator, or before a bar.
fn without_addition(title: &str, places: &[(Evidence<String>, u32)]) -> Option<String> {
    let shorter = places.iter().map(|(place, _)| place.value.as_str()).filter(|other| {
        let behind = title.strip_prefix(other);
        let before = title.strip_suffix(other);
        behind.is_some_and(|behind| SEPARATORS.iter().any(|separator| behind.starts_with(separator)))
            || before.is_some_and(|before| before.ends_with(SECTION_SEPARATOR))
    });
    shorter.max_by_key(|other| other.len()).map(str::to_owned)
}

/// Keys of the names by which the site may call itself: as it says, and the labels of its host.
pub(super) fn site_name_keys(
    declared: &Declared<'_>,
    structured: &StructuredArticle,
    addresses: &[Url],
) -> Vec<String> {
    let named = declared
        .first(&["og:site_name"])
        .into_iter()
        .chain(declared.first(&["application-name"]))
        .chain(declared.first(&["apple-mobile-web-app-title"]))
        .chain(declared.first(&["twitter:site"]))
        .chain(structured.publisher.as_deref());
    let mut keys: Vec<String> = named.map(key).collect();
    for host in addresses.iter().filter_map(|address| address.host_str()) {
        let host = host.trim_start_matches("www.");
        keys.push(key(host));
        keys.extend(host.split('.').filter(|label| label.len() > 2).map(key));
    }
    keys.retain(|key| !key.is_empty());
    keys.dedup();
    keys
}

/// Cuts the site's name off either end, as often as it stands there.
fn without_site_name(title: &str, site_names: &[String]) -> String {
    let mut title = title;
    loop {
        let cut_end = SEPARATORS
            .iter()
            .filter_map(|separator| title.rsplit_once(separator))
            // The last separator of all cuts the least.
            .max_by_key(|(head, _)| head.len())
            .filter(|(head, name)| !head.trim().is_empty() && names_site(name, site_names));
        let cut_start = SEPARATORS
            .iter()
            .filter_map(|separator| title.split_once(separator))
            .min_by_key(|(name, _)| name.len())
            .filter(|(name, rest)| !rest.trim().is_empty() && names_site(name, site_names));
        title = match (cut_end, cut_start) {
            (Some((head, _)), _) => head.trim_end(),
            (None, Some((_, rest))) => rest.trim_start(),
            (None, None) => return title.to_owned(),
        };
    }
}

/// Fewest bytes of a key that may be a part of a site's name without being all of it.
const NAME_PART_BYTES_MIN: usize = 4;

fn names_site(name: &str, site_names: &[String]) -> bool {
    let key = key(name);
    site_names.iter().any(|site| {
        *site == key
            || key.len() >= NAME_PART_BYTES_MIN && count_words(name) <= 5 && site.contains(key.as_str())
            || site.len() >= NAME_PART_BYTES_MIN && count_words(name) <= 5 && key.contains(site.as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::tests::extract;

    const TEXT: &str = "<p>The old mill on the Linde has a new owner. A cooperative of forty families paid for it.</p>\
        <p>They mean to grind again from next autumn, said Ada Quist, who leads them, and to bake on Saturdays.</p>";

    #[test]
    fn site_names_are_cut_off() {
        let names = ["harbourpost".to_owned(), "harbourpostcom".to_owned()];
        let check = |title: &str, expected: &str| assert_eq!(without_site_name(title, &names), expected, "{title}");
        check("Ferries resume | The Harbour Post", "Ferries resume");
        check("Harbour Post – Ferries resume", "Ferries resume");
        check("Ferries resume - News - harbourpost.com", "Ferries resume - News");
        check("Storm - a diary", "Storm - a diary");
        check("Harbour Post", "Harbour Post");
    }

    #[test]
    fn the_chosen_title_is_the_likeliest_of_all_places() {
        let check = |head: &str, heading: &str, expected: &str| {
            let page = format!("<html><head>{head}</head><body><h1>{heading}</h1>{TEXT}</body></html>");
            let article = extract(page, &LinkHints::default()).expect("an article");
            assert_eq!(article.title.map(|title| title.value).as_deref(), Some(expected), "{head}");
        };
        let structured = |headline: &str| {
            format!(
                r#"<script type="application/ld+json">
                {{"@type": "NewsArticle", "headline": "{headline}", "url": "https://news.example/page"}}
                </script>"#
            )
        };
        let mill = structured("Old mill sold");
        // A field for social networks fills both; without one, og:title is the newsroom's own.
        let social = r#"<meta property="og:title" content="You won't believe who buys the mill">"#;
        let both = format!(r#"{social}<meta name="twitter:title" content="You won't believe who buys the mill">"#);
        check(&format!("{mill}{both}"), "Old mill sold", "Old mill sold");
        check(&format!("{mill}{social}"), "Old mill sold", "You won't believe who buys the mill");
        // The name of a section before a bar, where the page has the headline without it.
        let sectioned = r#"<meta property="og:title" content="Local | Old mill sold">"#;
        check(&format!("{mill}{sectioned}"), "Old mill sold", "Old mill sold");
        // An article described twice: what the reader sees decides between the two.
        let twice = format!("{}{mill}", structured("Mill sale: who bought it and when"));
        check(&twice, "Old mill sold", "Old mill sold");
    }
}
