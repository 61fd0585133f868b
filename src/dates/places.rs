//! Where dates are written: the country of a site, where its language leaves open how the numbers of a date stand.

use std::borrow::Cow;

/// Top-level domains of countries with a press in English, and the country. Others are not: many a domain of a small island
/// is anybody's, and English on a site in a country of another language is written for whoever reads it.
const COUNTRIES: [(&str, &str); 37] = [
    ("ag", "AG"),
    ("au", "AU"),
    ("bb", "BB"),
    ("bd", "BD"),
    ("bs", "BS"),
    ("bw", "BW"),
    ("edu", "US"),
    ("fj", "FJ"),
    ("gh", "GH"),
    ("gov", "US"),
    ("gy", "GY"),
    ("hk", "HK"),
    ("ie", "IE"),
    ("in", "IN"),
    ("jm", "JM"),
    ("ke", "KE"),
    ("lk", "LK"),
    ("mil", "US"),
    ("mt", "MT"),
    ("mw", "MW"),
    ("my", "MY"),
    ("na", "NA"),
    ("ng", "NG"),
    ("nz", "NZ"),
    ("ph", "PH"),
    ("pk", "PK"),
    ("pr", "PR"),
    ("scot", "GB"),
    ("sg", "SG"),
    ("tt", "TT"),
    ("tz", "TZ"),
    ("ug", "UG"),
    ("uk", "GB"),
    ("us", "US"),
    ("za", "ZA"),
    ("zm", "ZM"),
    ("zw", "ZW"),
];

/// The language of a site, as a tag of BCP 47, with the country where its host is, if the language is English and its tag
/// names none: half of the English world writes 04/11/2026 for a day in November.
#[must_use]
pub fn language_at<'a>(language: &'a str, host: &str) -> Cow<'a, str> {
    let top = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    let country = COUNTRIES.iter().find(|(domain, _)| domain.eq_ignore_ascii_case(top));
    match country {
        Some((_, country)) if language.eq_ignore_ascii_case("en") => Cow::Owned(format!("en-{country}")),
        _ => Cow::Borrowed(language),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_is_that_of_the_country_of_the_host() {
        for (language, host, expected) in [
            ("en", "www.paper.co.uk", "en-GB"),
            ("EN", "paper.com.au", "en-AU"),
            ("en", "county.example.us", "en-US"),
            ("en", "news.state.gov.", "en-US"),
            ("en", "paper.example", "en"),
            ("en", "uk", "en-GB"),
            ("en", "uk.paper.com", "en"),
            ("en-US", "paper.co.uk", "en-US"),
            ("cy", "papur.co.uk", "cy"),
            ("en", "paper.io", "en"),
            ("en", "zeitung.de", "en"),
            ("en", "192.0.2.7", "en"),
            ("en", "", "en"),
        ] {
            assert_eq!(language_at(language, host), expected, "{language} at {host}");
        }
    }
}
