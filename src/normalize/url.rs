//! What an address means: the one form in which addresses are compared.
//!
//! Folded, after RFC 3986, section 6, as far as it is safe on the web: case of scheme and host, a dot after the host,
//! default ports, credentials, fragments that are no route of their own, percent-encoding of unreserved characters, session ids in the path, an empty
//! query, and query parameters that only say where a reader came from; and caches of AMP pages, to the publisher's own
//! page. The order of parameters stays, since servers may mind it.

use url::Url;

use crate::model::{CanonicalUrl, Evidence, InvalidUrl, publisher_of};

use super::amp_cache;

/// Longest address we follow. Longer ones are traps or data; servers refuse them from about this size.
const URL_BYTES_MAX: usize = 4096;

/// Parameters that name a click, a campaign, a reader or a session, by their whole name: who adds them, and which.
///
/// They were gathered from what their makers document and from the lists of `ClearURLs`, `AdGuard` ("URL Tracking"), uBlock
/// Origin and courlan. Left out is what selects content somewhere: `id`, `cid`, `sid`, `campaign_id`, `page`.
const TRACKING_PARAMETERS: &[(&str, &[&str])] = &[
    (
        "Google",
        &["_ga", "_gl", "dclid", "gad_campaignid", "gad_source", "gbraid", "gclid", "gclsrc", "srsltid", "wbraid"],
    ),
    ("caches of AMP pages", &["__twitter_impression", "amp_gsa", "amp_js_v", "aoh", "usqp"]),
    (
        "Meta",
        &[
            "action_object_map",
            "action_ref_map",
            "action_type_map",
            "fb_action_ids",
            "fb_action_types",
            "fb_comment_id",
            "fb_ref",
            "fb_source",
            "fbclid",
            "igsh",
            "igshid",
            "mibextid",
        ],
    ),
    (
        "other networks and advertisers",
        &[
            "_openstat",
            "epik",
            "li_fat_id",
            "msclkid",
            "rdt_cid",
            "sccid",
            "ttclid",
            "twclid",
            "wickedid",
            "yclid",
            "ysclid",
        ],
    ),
    ("X", &["ref_src", "ref_url"]),
    ("HubSpot", &["__hsfp", "__hssc", "__hstc", "_hsenc", "_hsmi", "hsctatracking"]),
    (
        "Mailchimp, Marketo, Vero, Drip, Klaviyo, MailerLite, Omeda, Sailthru, Eloqua, dotdigital",
        &[
            "__s",
            "_ke",
            "_kx",
            "bxid",
            "dm_i",
            "elqaid",
            "elqat",
            "elqtrack",
            "elqtrackid",
            "mc_cid",
            "mc_eid",
            "mkt_tok",
            "ml_subscriber",
            "ml_subscriber_hash",
            "oly_anon_id",
            "oly_enc_id",
            "vero_conv",
            "vero_id",
        ],
    ),
    ("Outbrain and Taboola", &["dicbo", "obclid", "oborigurl", "tblci"]),
    (
        "Adobe, and the names that its customers give",
        &["adobe_mc", "cmpid", "ef_id", "icid", "intcid", "s_cid", "s_kwcid"],
    ),
    ("Piano, once AT Internet", &["xtor"]),
    ("Mapp, once Webtrekk", &["wt_mc", "wt_zmc", "wtrid"]),
    (
        "Echobox, Sprinklr, comScore",
        &["echobox", "linkid", "ns_campaign", "ns_fee", "ns_linkname", "ns_mchannel", "ns_source"],
    ),
    ("Alibaba", &["scm", "spm"]),
    ("Yahoo", &["guccounter", "guce_referrer", "guce_referrer_sig", "ncid", "soc_src", "soc_trk"]),
    (
        "single publishers and their groups",
        &[
            "cmp",
            "cndid",
            "esrc",
            "ftag",
            "itid",
            "ito",
            "mbid",
            "ocid",
            "reflink",
            "rss_id",
            "searchresultposition",
            "smid",
            "smprod",
            "smtyp",
            "sr_share",
            "taid",
            "tpcc",
            "traffic_source",
            "wprov",
        ],
    ),
    ("servers of pages, for sessions", &["cfid", "cftoken", "jsessionid", "phpsessid"]),
];

/// Parameters that name a campaign or a session, by how their names begin: Google's form that all took over, Subscribe
/// with Google, Cxense, Piano, Webtrends, `HubSpot`'s advertisements, Matomo, Oracle, ASP.
const TRACKING_PREFIXES: &[&str] = &[
    "utm_",
    "gaa_",
    "cx_",
    "at_",
    "wt.",
    "hsa_",
    "pk_",
    "piwik_",
    "mtm_",
    "matomo_",
    "itm_",
    "otm_",
    "stm_",
    "aspsessionid",
];

/// Parameters that say where a reader came from, if their value says so; on other sites they carry meaning.
const REFERRER_PARAMETERS: &[&str] = &[
    "ref", "referer", "referrer", "source", "src", "from", "origin", "partner", "via", "feed", "medium", "campaign",
    "output", "emc", "share", "feature",
];

/// Values that make a [`REFERRER_PARAMETERS`] one a referrer.
const REFERRER_VALUES: &[&str] = &[
    "rss",
    "rss2",
    "feed",
    "rssfeed",
    "atom",
    "newsletter",
    "email",
    "mail",
    "social",
    "share",
    "twitter",
    "x",
    "facebook",
    "linkedin",
    "whatsapp",
    "telegram",
    "reddit",
    "pinterest",
    "tumblr",
    "pocket",
    "flipboard",
    "instagram",
    "bluesky",
    "mastodon",
    "threads",
    "vk",
    "xing",
    "googlenews",
    "google-news",
    "applenews",
    "apple-news",
    "smartnews",
];

/// A parameter of Dow Jones' papers that says from which place of which page a reader came. To scripts it may be the part
/// of the program that makes the page.
const PLACE_PARAMETER: &str = "mod";

/// Endings of the paths of scripts.
const SCRIPTS: &[&str] = &[".php", ".asp", ".aspx", ".jsp", ".cgi", ".do", ".pl"];

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
    // What is cached may be given by the address of another cache; each is shorter than the one around it.
    if let Some(own) = amp_cache::own_address(url) {
        return canonicalize(&own);
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
        let kept: Vec<&str> =
            query.split('&').filter(|pair| !pair.is_empty() && !is_tracking(pair, url.path())).collect();
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

fn is_tracking(pair: &str, path: &str) -> bool {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let (name, value) = (name.to_ascii_lowercase(), value.to_ascii_lowercase());
    // Addresses that were escaped once too often.
    let name = ["amp;", "amp%3b"].iter().fold(name.as_str(), |name, escaped| name.trim_start_matches(escaped));
    TRACKING_PARAMETERS.iter().any(|(_, names)| names.contains(&name))
        || TRACKING_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || REFERRER_PARAMETERS.contains(&name) && (REFERRER_VALUES.contains(&value.as_str()) || is_host(&value))
        || name == PLACE_PARAMETER && !is_script(path)
        || is_of_social_flow(name, &value)
}

/// Whether a value is the name of a site, as in `ref=aggregator.example`: with a dot, and with letters behind the last one.
fn is_host(value: &str) -> bool {
    let labels: Vec<&str> = value.split('.').collect();
    let is_label =
        |label: &&str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let is_top = |label: &&str| label.len() >= 2 && label.bytes().all(|byte| byte.is_ascii_alphabetic());
    labels.len() >= 2 && labels.iter().all(is_label) && labels.last().is_some_and(is_top)
}

fn is_script(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    path == "/" || SCRIPTS.iter().any(|ending| path.ends_with(ending))
}

/// `sf` and the number of a post, as `SocialFlow` adds it.
fn is_of_social_flow(name: &str, value: &str) -> bool {
    let number = name.strip_prefix("sf").unwrap_or_default();
    value == "1" && number.len() >= 6 && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// Cuts `;jsessionid=…` off a path.
fn without_session_id(path: &str) -> &str {
    if !path.contains(';') {
        return path;
    }
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
        for parameter in [
            "amp%3Butm_medium=link",
            "amp;utm_medium=link",
            "ref_src=twsrc%5Etfw",
            "mod=rss_markets_main",
            "WT.mc_id=x",
            "obOrigUrl=true",
            "cx_testId=4",
            "oly_enc_id=7B",
            "linkId=8812",
            "PHPSESSID=ab12",
            "ref=aggregator.example",
            "smid=tw-share",
            "partner=rss",
            "cmpid=1",
            "ncid=2",
            "ocid=3",
            "xtor=AL-72",
            "at_medium=RSS",
            "mkt_tok=x",
            "_hsenc=y",
            "guccounter=1",
            "CMP=share_btn_tw",
            "ito=1490",
            "spm=a2",
            "share=twitter",
            "sf123456789=1",
            "gaa_n=x",
            "emc=rss",
            "via=t.co",
        ] {
            check(&format!("https://news.example.org/a?{parameter}&id=7"), "https://news.example.org/a?id=7");
        }
        for parameter in ["id=7", "ref=77", "cid=3", "sid=12", "source=agency", "share=2", "page=2", "ref=v1.2", "sf=1"]
        {
            let url = format!("https://news.example.org/a?{parameter}");
            check(&url, &url);
        }
        check("https://news.example.org/forum.php?mod=view&tid=7", "https://news.example.org/forum.php?mod=view&tid=7");
        check("https://news.example.org/%61%2fb%e2%82%ac", "https://news.example.org/a%2Fb%E2%82%AC");
        for cached in [
            "https://news-example-org.cdn.ampproject.org/c/s/news.example.org/a?amp_js_v=0.1&usqp=x#aoh=1",
            "https://www.google.com/amp/s/news-example-org.cdn.ampproject.org/v/s/news.example.org/a",
        ] {
            check(cached, "https://news.example.org/a");
        }
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
        let story = key("https://example.org/news/story");
        for form in [
            "https://example.org/news/story/amp",
            "https://example.org/news/story/amp/",
            "https://example.org/news/story.amp",
            "https://example.org/amp/news/story",
            "https://example.org/news/story?amp=1",
            "https://example.org/news/story?amp",
            "https://example.org/news/story?outputType=amp",
            "https://amp.example.org/news/story",
            "https://m.example.org/news/story",
            "https://mobile.example.org/news/story",
            "https://www.m.example.org/news/story",
            "https://example.org/news/story/print",
            "https://example.org/news/story?print=1",
            "https://example.org/news/story?view=print",
            "https://example.org/news/story?unlocked_article_code=1.x",
        ] {
            assert_eq!(key(form), story, "{form}");
            // It is fetched as it was given.
            assert_eq!(parse(form, None).unwrap().as_str(), form);
        }
        assert_eq!(key("https://example.org/story.amp.html"), key("https://example.org/story.html"));
        assert_eq!(
            key("https://paper.example.org/2026/11/a.html?m=1"),
            key("https://paper.example.org/2026/11/a.html")
        );
        for (form, other) in [
            ("https://example.org/amp", "https://example.org/"),
            ("https://m.example/story", "https://example/story"),
            ("https://m.news.example.org/story", "https://news.example.org/story"),
            ("https://example.org/a?amp=22", "https://example.org/a"),
            ("https://example.org/a?view=2", "https://example.org/a"),
            ("https://example.org/a?m=1", "https://example.org/a"),
            ("https://example.org/story-amp", "https://example.org/story"),
        ] {
            assert_ne!(key(form), key(other), "{form}");
        }
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
