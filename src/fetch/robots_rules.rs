//! What a robots.txt allows one crawler (RFC 9309). Pure.
//!
//! Where the RFC leaves something open, owners test their files against the parsers of the large search engines, so
//! those are followed: a rule with the longest pattern wins and a tie allows, `*` and `$` mean what they mean there, a
//! colon may be missing, common misspellings count, and an allowed `index.html` allows its folder.

use std::borrow::Cow;
use std::time::Duration;

use memchr::{memchr, memchr2, memmem};
use url::Url;

/// RFC 9309, section 2.5: at least 500 KiB of a robots.txt must be read; more need not be.
pub(super) const ROBOTS_BYTES_MAX: usize = 500 * 1024;

/// A line is cut at this: eight times the length that browsers give an address. Less loses real rules, more lets one line
/// be the whole file.
const LINE_BYTES_MAX: usize = 8 * 2083;

/// Addresses of sitemaps that are kept. A large site has some dozens.
const SITEMAPS_MAX: usize = 100;

/// The longest delay that is read as a number; what is longer is as good as this.
const CRAWL_DELAY_MAX_S: f64 = 86_400.0;

/// The rules of one file for one crawler.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RobotsRules {
    /// Longest pattern first, among equals those that allow first: the first that matches decides.
    rules: Vec<Rule>,
    crawl_delay: Option<Duration>,
    sitemaps: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
struct Rule {
    allows: bool,
    pattern: Pattern,
}

/// What a file says to one crawler, or to all.
#[derive(Default)]
struct Group {
    is_named: bool,
    rules: Vec<Rule>,
    crawl_delay: Option<Duration>,
}

impl RobotsRules {
    /// Reads a file for the crawler with this product token. Any bytes are a robots.txt, if one without rules.
    #[must_use]
    pub fn parse(bytes: &[u8], product_token: &str) -> RobotsRules {
        let bytes = &bytes[..bytes.len().min(ROBOTS_BYTES_MAX)];
        let (mut own, mut general) = (Group::default(), Group::default());
        let mut sitemaps = Vec::new();
        // Whether the lines that come now are for us, for all; and whether a rule has ended the list of names.
        let (mut is_own, mut is_general, mut has_rules) = (false, false, false);
        for line in lines(without_byte_order_mark(bytes)) {
            let Some((key, value)) = key_and_value(line) else { continue };
            match Key::of(key) {
                Key::UserAgent => {
                    if has_rules {
                        (is_own, is_general, has_rules) = (false, false, false);
                    }
                    if names_everyone(value) {
                        (is_general, general.is_named) = (true, true);
                    } else if !product_token.is_empty()
                        && token_of(value).eq_ignore_ascii_case(product_token.as_bytes())
                    {
                        (is_own, own.is_named) = (true, true);
                    }
                }
                Key::Rule { allows } => {
                    has_rules = true;
                    let groups = [(is_own, &mut own), (is_general, &mut general)];
                    for (_, group) in groups.into_iter().filter(|(is_meant, _)| *is_meant) {
                        group.add(value, allows);
                    }
                }
                // No rule of the RFC's, so it does not end a list of names; it counts for those named above it.
                Key::CrawlDelay => {
                    let delay = seconds(value);
                    let groups = [(is_own, &mut own), (is_general, &mut general)];
                    for (_, group) in groups.into_iter().filter(|(is_meant, _)| *is_meant) {
                        group.crawl_delay = group.crawl_delay.max(delay);
                    }
                }
                Key::Sitemap if sitemaps.len() < SITEMAPS_MAX => {
                    sitemaps.extend(std::str::from_utf8(value).ok().map(str::to_owned));
                }
                Key::Sitemap | Key::Other => {}
            }
        }
        let Group { mut rules, crawl_delay, .. } = if own.is_named { own } else { general };
        rules.sort_by_key(|rule| (std::cmp::Reverse(rule.pattern.length), !rule.allows));
        RobotsRules { rules, crawl_delay, sitemaps }
    }

    /// The rules where there is no robots.txt.
    #[must_use]
    pub fn allow_all() -> RobotsRules {
        RobotsRules::default()
    }

    /// Whether an address may be fetched.
    #[must_use]
    pub fn allows(&self, url: &Url) -> bool {
        match url.query() {
            Some(query) => self.allows_path(&format!("{}?{query}", url.path())),
            None => self.allows_path(url.path()),
        }
    }

    /// Whether a path with its query, percent-encoded as in a request, may be fetched.
    #[must_use]
    pub fn allows_path(&self, path: &str) -> bool {
        let path = if path.is_empty() { "/" } else { path };
        if path == "/robots.txt" {
            return true;
        }
        let as_sent = in_upper_case_escapes(path.as_bytes());
        let plain = without_needless_escapes(&as_sent);
        // RFC 9309, section 2.2.2, compares addresses with needless escapes undone; the large parsers do not. A rule that
        // disallows counts in both readings, one that allows in the common one.
        let matching = self.rules.iter().find(|rule| rule.pattern.matches(if rule.allows { &as_sent } else { &plain }));
        matching.is_none_or(|rule| rule.allows)
    }

    /// The pause between requests that the file asks for.
    #[must_use]
    pub fn crawl_delay(&self) -> Option<Duration> {
        self.crawl_delay
    }

    /// The sitemaps that the file names, for whomever, as written.
    #[must_use]
    pub fn sitemaps(&self) -> &[String] {
        &self.sitemaps
    }
}

impl Group {
    fn add(&mut self, value: &[u8], allows: bool) {
        // A rule without a pattern matches nothing.
        if value.is_empty() {
            return;
        }
        let escaped = escaped(value);
        if allows
            && let Some(folder_end) = memchr::memrchr(b'/', &escaped)
            && escaped[folder_end + 1..].starts_with(b"index.htm")
        {
            let folder = [&escaped[..=folder_end], b"$"].concat();
            self.rules.push(Rule { allows, pattern: Pattern::new(&folder) });
        }
        let pattern = Pattern::new(&if allows { escaped } else { without_needless_escapes(&escaped).into_owned() });
        // Which rule is longer is told as it is written, but for the escapes that bytes beyond ASCII need.
        self.rules.push(Rule { allows, pattern });
    }
}

/// A pattern, cut at its stars: each piece must follow somewhere after the one before it.
#[derive(Clone, Debug, PartialEq)]
struct Pattern {
    bytes: Box<[u8]>,
    is_anchored: bool,
    length: usize,
}

impl Pattern {
    fn new(text: &[u8]) -> Pattern {
        let is_anchored = text.ends_with(b"$");
        let bytes = if is_anchored { &text[..text.len() - 1] } else { text };
        Pattern { bytes: bytes.into(), is_anchored, length: text.len() }
    }

    /// In time linear in pattern and path: the leftmost place of each piece leaves the most room for those after it.
    fn matches(&self, path: &[u8]) -> bool {
        let mut pieces = self.bytes.split(|byte| *byte == b'*');
        let first = pieces.next().unwrap_or_default();
        let Some(mut rest) = path.strip_prefix(first) else { return false };
        let mut last = None;
        for piece in pieces {
            if let Some(piece) = last.replace(piece) {
                let Some(at) = find(rest, piece) else { return false };
                rest = &rest[at + piece.len()..];
            }
        }
        match last {
            None => !self.is_anchored || rest.is_empty(),
            Some(piece) if self.is_anchored => rest.ends_with(piece),
            Some(piece) => find(rest, piece).is_some(),
        }
    }
}

/// Most pieces are short and most paths as well: setting up a search costs more than the search.
fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    match needle {
        [] => Some(0),
        [byte] => memchr(*byte, haystack),
        _ => memmem::find(haystack, needle),
    }
}

enum Key {
    UserAgent,
    Rule { allows: bool },
    CrawlDelay,
    Sitemap,
    Other,
}

impl Key {
    fn of(name: &[u8]) -> Key {
        // A key may be longer than it should be: `disallow-all` begins a rule as `disallow` does.
        let begins = |keys: &[&str]| {
            keys.iter().any(|key| {
                name.get(..key.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(key.as_bytes()))
            })
        };
        if begins(&["user-agent", "useragent", "user agent"]) {
            Key::UserAgent
        } else if begins(&["disallow", "dissallow", "dissalow", "disalow", "diasllow", "disallaw"]) {
            Key::Rule { allows: false }
        } else if begins(&["allow"]) {
            Key::Rule { allows: true }
        } else if begins(&["crawl-delay", "crawldelay"]) {
            Key::CrawlDelay
        } else if begins(&["sitemap", "site-map"]) {
            Key::Sitemap
        } else {
            Key::Other
        }
    }
}

fn without_byte_order_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// Lines, however they end, cut at their greatest length.
fn lines(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        let line = &rest[..end.min(LINE_BYTES_MAX - 1)];
        rest = rest.get(end + 1..).unwrap_or_default();
        Some(line)
    })
}

/// A line's key and value, without its comment. Where the colon is missing, a blank between two words will do.
fn key_and_value(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let line = &line[..memchr(b'#', line).unwrap_or(line.len())];
    let (key, value) = match memchr(b':', line) {
        Some(colon) => (line[..colon].trim_ascii(), line[colon + 1..].trim_ascii()),
        None => {
            let line = line.trim_ascii();
            let blank = line.iter().position(u8::is_ascii_whitespace)?;
            let value = line[blank..].trim_ascii();
            if value.iter().any(u8::is_ascii_whitespace) {
                return None;
            }
            (&line[..blank], value)
        }
    };
    (!key.is_empty()).then_some((key, value))
}

fn names_everyone(value: &[u8]) -> bool {
    value.first() == Some(&b'*') && value.get(1).is_none_or(u8::is_ascii_whitespace)
}

/// The product token of a name as files give it: `newswire` of `newswire/1.0` and of `newswire (a crawler)`.
fn token_of(value: &[u8]) -> &[u8] {
    let end = value.iter().position(|byte| !(byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_')));
    &value[..end.unwrap_or(value.len())]
}

fn seconds(value: &[u8]) -> Option<Duration> {
    let number: f64 = std::str::from_utf8(value).ok()?.parse().ok()?;
    (number >= 0.0).then(|| Duration::from_secs_f64(number.min(CRAWL_DELAY_MAX_S)))
}

/// A pattern in the form in which addresses travel: bytes beyond ASCII escaped, escapes in upper case.
fn escaped(value: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut escaped = Vec::with_capacity(value.len());
    for byte in value {
        if byte.is_ascii() {
            escaped.push(*byte);
        } else {
            escaped.extend([b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        }
    }
    match in_upper_case_escapes(&escaped) {
        Cow::Owned(changed) => changed,
        Cow::Borrowed(_) => escaped,
    }
}

fn in_upper_case_escapes(text: &[u8]) -> Cow<'_, [u8]> {
    let is_lower = |at: usize| {
        let is_escape = escaped_byte(&text[at..]).is_some();
        is_escape && text[at + 1..at + 3].iter().any(u8::is_ascii_lowercase)
    };
    if !memchr::memchr_iter(b'%', text).any(is_lower) {
        return Cow::Borrowed(text);
    }
    let mut changed = text.to_vec();
    for at in memchr::memchr_iter(b'%', text) {
        if escaped_byte(&text[at..]).is_some() {
            changed[at + 1..at + 3].make_ascii_uppercase();
        }
    }
    Cow::Owned(changed)
}

/// Undoes the escapes of characters that need none (RFC 3986, section 2.3).
fn without_needless_escapes(text: &[u8]) -> Cow<'_, [u8]> {
    let needless = |at: usize| {
        escaped_byte(&text[at..])
            .filter(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~'))
    };
    if !memchr::memchr_iter(b'%', text).any(|at| needless(at).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        let undone = if *byte == b'%' { needless(at) } else { None };
        plain.push(undone.unwrap_or(*byte));
        at += if undone.is_some() { 3 } else { 1 };
    }
    Cow::Owned(plain)
}

/// The byte that an escape at the beginning of `text` stands for.
fn escaped_byte(text: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*text.get(at)?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    (text.first() == Some(&b'%')).then_some(())?;
    Some(digit(1)? << 4 | digit(2)?)
}

#[cfg(test)]
mod tests;
