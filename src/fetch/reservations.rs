//! What a publisher says against text mining and AI training, outside of the page: in headers and in robots.txt. Facts to be
//! stored with the article; nothing is decided by them here.

use reqwest::header::HeaderMap;

use super::robots_rules::RobotsRules;

/// Crawlers whose texts go into the training of models. Who shuts these out, and not everybody, speaks of that use.
const TRAINING_CRAWLERS: [&str; 6] =
    ["GPTBot", "CCBot", "Google-Extended", "ClaudeBot", "Applebot-Extended", "meta-externalagent"];

/// Words of a robots directive that speak of it.
const DIRECTIVES: [&str; 4] = ["noai", "noimageai", "noml", "notrain"];

/// The directives against it in a list such as `noindex, noai`.
pub(super) fn directives(list: &str) -> impl Iterator<Item = &'static str> {
    // A part may begin with the name of a crawler: `somebot: noai`.
    let words: Vec<&str> = list.split([',', ':', ' ']).map(str::trim).collect();
    DIRECTIVES.into_iter().filter(move |directive| words.iter().any(|word| word.eq_ignore_ascii_case(directive)))
}

/// What an answer's headers say: `x-robots-tag: noai`, `tdm-reservation: 1`.
pub(super) fn of_headers(headers: &HeaderMap) -> Vec<String> {
    let values = |name: &str| headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let mut facts: Vec<String> = Vec::new();
    for list in values("x-robots-tag") {
        facts.extend(directives(list).map(|directive| format!("x-robots-tag: {directive}")));
    }
    if values("tdm-reservation").any(|value| value.trim() == "1") {
        facts.push("tdm-reservation: 1".to_owned());
    }
    facts.sort();
    facts.dedup();
    facts
}

/// The crawlers for training that a robots.txt shuts out of the whole site: `robots.txt: GPTBot`.
pub(super) fn of_robots(bytes: &[u8]) -> Vec<String> {
    let is_refused = |token: &&str| !RobotsRules::parse(bytes, token).allows_path("/");
    TRAINING_CRAWLERS.into_iter().filter(is_refused).map(|token| format!("robots.txt: {token}")).collect()
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn headers_and_files_are_read_for_what_they_say_against_training() {
        let headers = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            of_headers(&headers)
        };
        assert_eq!(headers(&[("x-robots-tag", "noindex, noarchive")]), Vec::<String>::new());
        assert_eq!(
            headers(&[("x-robots-tag", "index"), ("x-robots-tag", "somebot: NoAI"), ("tdm-reservation", "1")]),
            ["tdm-reservation: 1", "x-robots-tag: noai"]
        );
        assert_eq!(headers(&[("tdm-reservation", "0")]), Vec::<String>::new());
        let robots = "User-agent: GPTBot\nUser-agent: CCBot\nDisallow: /\n\nUser-agent: *\nDisallow: /private";
        assert_eq!(of_robots(robots.as_bytes()), ["robots.txt: GPTBot", "robots.txt: CCBot"]);
        assert_eq!(of_robots(b""), Vec::<String>::new());
    }
}
