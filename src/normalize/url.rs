//! What an address means: the one form in which addresses are compared.
//!
//! Folded, after RFC 3986, section 6, as far as it is safe on the web: case of scheme and host, a dot after the host,
//! default ports, credentials, fragments that are no route of their own, percent-encoding of unreserved characters, session ids in the path, an empty
//! query, and query parameters that only say where a reader came from. The order of parameters stays, since servers
//! may mind it.

use url::Url;

use crate::model::{CanonicalUrl, Evidence, InvalidUrl, publisher_of};

/// Longest address we follow. Longer ones are traps or data; servers refuse them from about this size.
const URL_BYTES_MAX: usize = 4096;

/// Parameters that name a campaign, a click or a referrer, by their whole name.
const TRACKING_PARAMETERS: &[&str] = &[
    "__twitter_impression",
    "_ga",
    "_gl",
    "_hsenc",
    "_hsmi",
    "at_campaign",
    "at_medium",
    "cmp",
    "cmpid",
    "dclid",
    "echobox",
    "fb_action_ids",
    "fb_action_types",
    "fb_ref",
    "fb_source",
    "fbclid",
    "ftag",
    "gaa_at",
    "gbraid",
    "gclid",
    "gclsrc",
    "guccounter",
    "guce_referrer",
    "guce_referrer_sig",
    "icid",
    "igsh",
    "igshid",
    "intcid",
    "li_fat_id",
    "mbid",
    "mc_cid",
    "mc_eid",
    "mibextid",
    "mkt_tok",
    "msclkid",
    "ncid",
    "ns_campaign",
    "ns_fee",
    "ns_linkname",
    "ns_mchannel",
    "ns_source",
    "ocid",
    "rss_id",
    "s_cid",
    "s_kwcid",
    "smid",
    "smtyp",
    "soc_src",
    "soc_trk",
    "spm",
    "sr_share",
    "srsltid",
    "taid",
    "ttclid",
    "twclid",
    "vero_id",
    "wbraid",
    "wt_mc",
    "wt_zmc",
    "wtrid",
    "xtor",
    "yclid",
];

/// Parameters that name a campaign, by how their names begin.
const TRACKING_PREFIXES: &[&str] = &["utm_", "hsa_", "pk_", "piwik_", "mtm_", "matomo_", "itm_", "stm_", "at_custom"];

/// Parameters that say where a reader came from, if their value says so; on other sites they carry meaning.
const REFERRER_PARAMETERS: &[&str] =
    &["ref", "source", "src", "from", "partner", "via", "feed", "medium", "campaign", "output"];

/// Values that make a [`REFERRER_PARAMETERS`] one a referrer.
const REFERRER_VALUES: &[&str] =
    &["rss", "rss2", "feed", "atom", "twitter", "facebook", "newsletter", "email", "social", "googlenews", "rssfeed"];

/// Brings an address into canonical form.
///
/// # Errors
///
/// When it is not one that can be followed: another scheme than http and https, no host, or far too long.
pub fn canonicalize(url: &Url) -> Result<CanonicalUrl, InvalidUrl> {
    let invalid =
        |reason: &str| InvalidUrl { url: url.as_str().chars().take(200).collect(), reason: reason.to_owned() };
    if !matches!(url.scheme(), "http" | "https") {
        return Err(invalid("it must begin with http:// or https://"));
    }
    if url.as_str().len() > URL_BYTES_MAX {
        return Err(invalid("it is longer than 4096 bytes"));
    }
    let host = url.host_str().map(|host| host.trim_end_matches('.').to_owned()).filter(|host| !host.is_empty());
    let Some(host) = host else {
        return Err(invalid("it names no host"));
    };

    let mut canonical = url.clone();
    canonical.set_fragment(url.fragment().filter(|fragment| is_route(fragment)));
    if url.host_str() != Some(host.as_str()) {
        canonical.set_host(Some(&host)).map_err(|error| invalid(&error.to_string()))?;
    }
    // Both fail only for addresses without a host.
    let _ = canonical.set_username("");
    let _ = canonical.set_password(None);
    let path = decode_unreserved(without_session_id(url.path()));
    if path != url.path() {
        canonical.set_path(&path);
    }
    if let Some(query) = url.query() {
        let kept: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty() && !is_tracking(pair)).collect();
        let kept = decode_unreserved(&kept.join("&"));
        canonical.set_query(Some(kept.as_str()).filter(|query| !query.is_empty()));
    }
    Ok(CanonicalUrl::from_canonical(canonical))
}

/// Reads and canonicalizes an address, relative to `base` where there is one.
///
/// # Errors
///
/// As [`canonicalize`], and when the text is no address at all.
pub fn parse(text: &str, base: Option<&Url>) -> Result<CanonicalUrl, InvalidUrl> {
    let parsed = Url::options()
        .base_url(base)
        .parse(text.trim())
        .map_err(|error| InvalidUrl { url: text.chars().take(200).collect(), reason: error.to_string() })?;
    canonicalize(&parsed)
}

/// The address that a page goes by: the first that it gives itself and that can be believed, else the one that
/// answered.
///
/// Not believed is an address on another publisher's domain, since identity hangs on it and a page could pass itself
/// off as somebody else's article; the home page; and a section's front page, that is one that the answering address
/// lies below. All of these are common mistakes of templates.
///
/// # Errors
///
/// When the answering address itself cannot be followed.
pub fn choose_canonical(answered: &Url, candidates: &[Evidence<String>]) -> Result<CanonicalUrl, InvalidUrl> {
    let own = canonicalize(answered)?;
    let believed = candidates.iter().filter_map(|candidate| parse(&candidate.value, Some(answered)).ok()).find(|url| {
        publisher_of(url.as_url()) == publisher_of(own.as_url())
            && !is_home_page(url.as_url())
            && !lies_below(own.as_url(), url.as_url())
    });
    Ok(believed.unwrap_or(own))
}

/// The day in an address such as `/2026/11/20/` or `/2026-11-20-`, as `YYYY-MM-DD`.
#[must_use]
pub fn day_in_path(url: &Url) -> Option<String> {
    let numbers: Vec<&str> = url.path().split(|c: char| !c.is_ascii_digit()).collect();
    let day = |year: &str, month: &str, day: &str| {
        let in_range = |text: &str, least: u32, most: u32| {
            text.parse::<u32>().is_ok_and(|number| (least..=most).contains(&number))
        };
        (year.len() == 4
            && in_range(year, 1990, 2100)
            && (1..=2).contains(&month.len())
            && in_range(month, 1, 12)
            && (1..=2).contains(&day.len())
            && in_range(day, 1, 31))
        .then(|| format!("{year}-{month:0>2}-{day:0>2}"))
    };
    numbers.windows(3).find_map(|window| day(window[0], window[1], window[2])).or_else(|| {
        numbers
            .iter()
            .filter(|number| number.len() == 8)
            .find_map(|number| day(&number[..4], &number[4..6], &number[6..]))
    })
}

fn is_home_page(url: &Url) -> bool {
    url.query().is_none()
        && url.fragment().is_none()
        && matches!(url.path().trim_matches('/'), "" | "index.html" | "index.php" | "home")
}

/// Whether `inner` lies below `outer`, other than as a page number or a print or AMP form of it.
fn lies_below(inner: &Url, outer: &Url) -> bool {
    let Some(rest) = inner.path().strip_prefix(outer.path().trim_end_matches('/')) else {
        return false;
    };
    let rest = rest.trim_matches('/');
    let is_form_of_it = rest.split('/').all(|part| {
        part.bytes().all(|byte| byte.is_ascii_digit()) && part.len() <= 2
            || matches!(part, "amp" | "print" | "page" | "all" | "single" | "full")
    });
    outer.query().is_none()
        && outer.path() != inner.path()
        && inner.path()[..inner.path().len() - rest.len()].ends_with('/')
        && !rest.is_empty()
        && !is_form_of_it
}

/// Whether a fragment is the address of a page of its own, in a site that is one document to its server: `#!/a`, `#/a`.
fn is_route(fragment: &str) -> bool {
    let route = fragment.strip_prefix('!').unwrap_or(fragment);
    (fragment.starts_with('!') || fragment.starts_with('/')) && !route.trim_matches('/').is_empty()
}

fn is_tracking(pair: &str) -> bool {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let name = name.to_ascii_lowercase();
    TRACKING_PARAMETERS.contains(&name.as_str())
        || TRACKING_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || (REFERRER_PARAMETERS.contains(&name.as_str())
            && REFERRER_VALUES.contains(&value.to_ascii_lowercase().as_str()))
}

/// Cuts `;jsessionid=…` off a path.
fn without_session_id(path: &str) -> &str {
    let lowered = path.to_ascii_lowercase();
    [";jsessionid=", ";phpsessid=", ";sid="]
        .iter()
        .filter_map(|marker| lowered.find(marker))
        .min()
        .map_or(path, |at| &path[..at])
}

/// Decodes `%41` to `A` and so on for unreserved characters, and writes the hex digits of the others in upper case.
fn decode_unreserved(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let bytes = text.as_bytes();
    let mut decoded = String::with_capacity(text.len());
    let mut copied = 0;
    let mut at = 0;
    while at < bytes.len() {
        let byte = match bytes.get(at..at + 3) {
            Some([b'%', high, low]) => hex_value(*high).zip(hex_value(*low)).map(|(high, low)| high * 16 + low),
            _ => None,
        };
        let Some(byte) = byte else {
            at += 1;
            continue;
        };
        decoded.push_str(&text[copied..at]);
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            decoded.push(char::from(byte));
        } else {
            decoded.push_str(&text[at..at + 3].to_ascii_uppercase());
        }
        at += 3;
        copied = at;
    }
    decoded.push_str(&text[copied..]);
    decoded
}

fn hex_value(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Origin;

    fn check(from: &str, expected: &str) {
        assert_eq!(parse(from, None).unwrap().as_str(), expected);
    }

    #[test]
    fn addresses_are_folded() {
        check("HTTP://News.Example.ORG:80/a#top", "http://news.example.org/a");
        check("https://news.example.org.:443/a", "https://news.example.org/a");
        check("https://user:secret@news.example.org/a", "https://news.example.org/a");
        check("https://news.example.org/a?utm_source=x&id=7&fbclid=y", "https://news.example.org/a?id=7");
        check("https://news.example.org/a?utm_source=x", "https://news.example.org/a");
        check("https://news.example.org/a?ref=rss&ref=77", "https://news.example.org/a?ref=77");
        check("https://news.example.org/%61%2fb%e2%82%ac", "https://news.example.org/a%2Fb%E2%82%AC");
        check("https://news.example.org/#!/a", "https://news.example.org/#!/a");
        check("https://news.example.org/app#/a/7", "https://news.example.org/app#/a/7");
        check("https://news.example.org/app#!", "https://news.example.org/app");
        check("https://news.example.org/a#/", "https://news.example.org/a");
        check("https://news.example.org/a;jsessionid=AF09?x=1", "https://news.example.org/a?x=1");
    }

    #[test]
    fn the_key_ignores_scheme_www_and_a_slash_at_the_end() {
        let key = |text: &str| parse(text, None).unwrap().key();
        assert_eq!(key("http://www.example.org/a/"), key("https://example.org/a"));
        assert_ne!(key("https://example.org/a?id=1"), key("https://example.org/a?id=2"));
        assert_ne!(key("https://example.org/#!/a"), key("https://example.org/#!/b"));
        assert_ne!(key("https://example.org:8080/a"), key("https://example.org/a"));
    }

    #[test]
    fn what_cannot_be_followed_says_why() {
        assert!(parse("mailto:a@example.org", None).unwrap_err().reason.contains("http"));
        assert!(parse("no address", None).is_err());
    }

    #[test]
    fn a_page_is_believed_about_itself_within_reason() {
        let choose = |answered: &str, claimed: &str| {
            let candidates = [Evidence::new(claimed.to_owned(), Origin::Link)];
            choose_canonical(&Url::parse(answered).unwrap(), &candidates).unwrap().as_str().to_owned()
        };
        let page = "https://www.example.org/news/2026/storm?page=1";
        assert_eq!(choose(page, "/news/2026/storm"), "https://www.example.org/news/2026/storm");
        assert_eq!(choose(page, "https://m.example.org/storm-88"), "https://m.example.org/storm-88");
        assert_eq!(choose(page, "https://www.example.org/"), page, "home page");
        assert_eq!(choose(page, "https://www.example.org/news/"), page, "section front");
        assert_eq!(choose(page, "https://other.example/news/2026/storm"), page, "another publisher");
        assert_eq!(choose("https://e.org/a/b/2/", "https://e.org/a/b/"), "https://e.org/a/b/", "a page of it");
    }

    #[test]
    fn days_are_read_from_paths() {
        let day = |text: &str| day_in_path(&Url::parse(text).unwrap());
        assert_eq!(day("https://e.org/2026/11/20/storm").as_deref(), Some("2026-11-20"));
        assert_eq!(day("https://e.org/storm-2026-1-2.html").as_deref(), Some("2026-01-02"));
        assert_eq!(day("https://e.org/a/20261120/x").as_deref(), Some("2026-11-20"));
        assert_eq!(day("https://e.org/863190/x"), None);
    }
}
