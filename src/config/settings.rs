//! The checked settings, a struct for each section. Where a number matters its reason stands in
//! `config/newswire.toml`, beside the default.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::model::{Proxy, Retention, Route};

use super::keyring::Keyring;
use super::reader::Reader;
use super::sites::SiteRules;

/// Section `store`.
#[derive(Clone, Debug)]
pub struct StoreSettings {
    /// The database file.
    pub path: PathBuf,
    /// Why no new database is made at that path: it would be another one than the service's. Nothing where one may be made.
    pub unplaced: Option<String>,
    /// Whether nobody named it, and its folder is this user's for data, which is made where it is missing.
    pub is_at_home: bool,
    /// Wait for another process that writes.
    pub busy_timeout: Duration,
    /// Commands in one transaction.
    pub batch_max: usize,
    /// Page cache of the writing connection, in MiB.
    pub cache_mib: u32,
    /// Age at which rows of `fetches` go, in days.
    pub fetches_keep_days: u32,
    /// Section `stories`.
    pub stories: StoriesSettings,
}

/// Section `stories`.
#[derive(Clone, Copy, Debug)]
pub struct StoriesSettings {
    /// Longest time between the last article of a story and the next, in seconds.
    pub window_s: u32,
    /// Articles among which stories are looked for: the latest.
    pub articles_max: usize,
}

/// Section `fetch`.
#[derive(Clone, Debug)]
pub struct FetchSettings {
    /// `newswire/VERSION (+CONTACT)`.
    pub user_agent: String,
    /// Pause between requests to one publisher.
    pub host_delay: Duration,
    /// Requests at one time to one publisher.
    pub host_connections: usize,
    /// Hosts and domains with a pace of their own.
    pub hosts: Vec<HostRule>,
    /// Longest wait for a host's turn before the request is given back.
    pub host_wait_max: Duration,
    /// Time to connect.
    pub connect_timeout: Duration,
    /// Silence that ends an exchange.
    pub read_timeout: Duration,
    /// Time for a whole exchange.
    pub total_timeout: Duration,
    /// Redirects followed.
    pub redirects_max: usize,
    /// Pages fetched of one article.
    pub article_pages_max: u32,
    /// Sitemaps fetched of one index in a poll.
    pub index_sitemaps_max: usize,
    /// Requests that finding the feeds of a site may take.
    pub discover_requests_max: usize,
    /// Largest page, decompressed.
    pub page_bytes_max: usize,
    /// Largest feed, decompressed.
    pub feed_bytes_max: usize,
    /// Whether robots.txt is obeyed for article pages.
    pub robots: bool,
    /// How long a robots.txt is believed.
    pub robots_cache: Duration,
    /// Longest `Crawl-delay` honoured.
    pub crawl_delay_max: Duration,
    /// How many robots.txt are remembered.
    pub robots_cache_max: usize,
    /// Networks allowed though they are private.
    pub private_networks: Vec<Network>,
    /// Fixed addresses for host names.
    pub resolve: Vec<(String, SocketAddr)>,
    /// By way of whom everything is fetched that no host rule excepts.
    pub proxy: Option<Proxy>,
    /// The proxies of listed sources.
    pub source_proxies: Vec<Proxy>,
    /// The credentials of sources.
    pub keyring: Keyring,
}

/// A host or a domain, with all hosts below it, that is asked at a pace of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostRule {
    /// The host or domain, in lower case. Its requests are counted under this name.
    pub name: String,
    /// Pause between requests; the usual one when absent.
    pub delay: Option<Duration>,
    /// Requests at one time; the usual number when absent.
    pub connections: Option<usize>,
    /// By way of whom; the usual way when absent.
    pub proxy: Option<Route>,
}

impl HostRule {
    /// Reads `rsshub.example delay_ms=200 connections=4`.
    fn parse(text: &str) -> Result<HostRule, String> {
        let mut words = text.split_whitespace();
        let name = words.next().unwrap_or_default().to_ascii_lowercase();
        let is_host =
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
        if !is_host {
            return Err("must begin with a host or domain".to_owned());
        }
        let mut rule = HostRule { name, delay: None, connections: None, proxy: None };
        for word in words {
            if let Some(proxy) = word.strip_prefix("proxy=") {
                rule.proxy = Some(proxy.parse().map_err(|rule| format!("proxy= {rule}"))?);
                continue;
            }
            match word.split_once('=').and_then(|(key, value)| Some((key, value.parse::<u64>().ok()?))) {
                Some(("delay_ms", delay_ms @ 0..=3_600_000)) => rule.delay = Some(Duration::from_millis(delay_ms)),
                Some(("connections", connections @ 1..=256)) => rule.connections = Some(size(connections)),
                _ => {
                    return Err(format!(
                        "{word:?} must be delay_ms=0 to 3600000, connections=1 to 256 or proxy=direct or proxy=URL"
                    ));
                }
            }
        }
        Ok(rule)
    }
}

impl FetchSettings {
    /// The rule for a host: its own, else that of the nearest domain above it.
    #[must_use]
    pub fn host_rule(&self, host: &str) -> Option<&HostRule> {
        let is_for = |rule: &&HostRule| {
            host.strip_suffix(rule.name.as_str()).is_some_and(|below| below.is_empty() || below.ends_with('.'))
        };
        self.hosts.iter().filter(is_for).max_by_key(|rule| rule.name.len())
    }

    /// By way of whom a host is asked: by that of the source which leads there, if it has one, else by the host's, else
    /// by the usual one. One whose address is fixed is asked there.
    #[must_use]
    pub fn proxy_for<'a>(&'a self, host: &str, of_source: Option<&'a Route>) -> Option<&'a Proxy> {
        if self.resolve.iter().any(|(name, _)| name == host) {
            return None;
        }
        match of_source.or_else(|| self.host_rule(host).and_then(|rule| rule.proxy.as_ref())) {
            Some(route) => route.proxy(),
            None => self.proxy.as_ref(),
        }
    }

    /// All proxies that the settings name, those of listed sources included.
    pub fn proxies(&self) -> impl Iterator<Item = &Proxy> {
        let of_hosts = self.hosts.iter().filter_map(|rule| rule.proxy.as_ref()?.proxy());
        self.proxy.iter().chain(of_hosts).chain(&self.source_proxies)
    }

    /// A proxy with the credentials that the settings have for its address.
    #[must_use]
    pub fn with_known_credentials(&self, proxy: &Proxy) -> Proxy {
        let address = proxy.without_credentials();
        let is_it = |known: &&Proxy| known.has_credentials() && known.without_credentials() == address;
        self.proxies().find(is_it).unwrap_or(proxy).clone()
    }
}

/// Section `schedule`.
#[derive(Clone, Debug)]
pub struct ScheduleSettings {
    /// Shortest time between polls, in seconds.
    pub poll_interval_min_s: u32,
    /// Longest time between polls, in seconds.
    pub poll_interval_max_s: u32,
    /// Time to the second poll, in seconds.
    pub poll_interval_first_s: u32,
    /// Time between polls of a source that brings an item an hour, in seconds.
    pub poll_interval_typical_s: u32,
    /// Time between looks at an article source, in seconds.
    pub article_interval_s: u32,
    /// Ages at which an article's page is looked at again, in seconds since it was first seen, rising; none for never.
    pub look_again_after_s: Vec<u32>,
    /// First wait after a failure, in seconds.
    pub backoff_min_s: u32,
    /// Longest wait after a failure, in seconds.
    pub backoff_max_s: u32,
    /// Tries for one article.
    pub article_attempts_max: u32,
    /// Seconds from its publication for which an article that is refused or not found is asked for again.
    pub article_young_s: u32,
    /// Spread of due times, in percent.
    pub jitter_percent: u32,
    /// How long a claim holds.
    pub lease: Duration,
}

/// Section `feed`.
#[derive(Clone, Debug)]
pub struct FeedSettings {
    /// Entries read from one document.
    pub entries_max: usize,
    /// Longest title, in bytes.
    pub entry_title_bytes_max: usize,
    /// Longest address, `guid`, name, date or language tag, in bytes.
    pub entry_value_bytes_max: usize,
    /// Authors kept of one entry.
    pub entry_authors_max: usize,
    /// Longest content or summary, in bytes.
    pub entry_text_bytes_max: usize,
}

/// Section `extract`.
#[derive(Clone, Debug)]
pub struct ExtractSettings {
    /// Fewest words of an article.
    pub words_min: usize,
    /// Deepest nesting of elements that is looked at.
    pub depth_max: usize,
    /// Most paragraphs kept.
    pub paragraphs_max: usize,
    /// Most work for the parser, in steps.
    pub parse_steps_max: usize,
    /// Rules for single sites, out of the folder `extract.sites_folder`.
    pub site_rules: Arc<SiteRules>,
}

/// Section `daemon`.
#[derive(Clone, Debug)]
pub struct DaemonSettings {
    /// Polls at one time.
    pub poll_tasks: usize,
    /// Article fetches at one time.
    pub article_tasks: usize,
    /// Most of each that hosts keep waiting, beyond those.
    pub slow_tasks: usize,
    /// Pages parsed at one time; never 0.
    pub parse_tasks: usize,
    /// Time for running work on shutdown.
    pub grace_period: Duration,
    /// Longest sleep between looks for work.
    pub idle_max: Duration,
}

/// Section `log`.
#[derive(Clone, Debug)]
pub struct LogSettings {
    /// A level or a filter.
    pub level: String,
    /// How lines are written.
    pub format: LogFormat,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text, or the journal's native fields under systemd.
    Auto,
    /// Text.
    Text,
    /// A JSON object a line.
    Json,
}

/// An IP network in CIDR notation (RFC 4632).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix_bits: u8,
}

impl Network {
    /// Reads `10.0.0.0/8` or `::1/128`; a bare address is a network of one.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong.
    pub fn parse(text: &str) -> Result<Network, String> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| format!("{address:?} is no IP address"))?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix_bits = match bits {
            None => most,
            Some(bits) => bits
                .parse()
                .ok()
                .filter(|bits| *bits <= most)
                .ok_or_else(|| format!("the prefix length {bits:?} must be a number from 0 to {most}"))?,
        };
        Ok(Network { address, prefix_bits })
    }

    /// Whether the address lies in the network.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let shift = 32 - u32::from(self.prefix_bits);
                (u64::from(network.to_bits()) >> shift) == (u64::from(address.to_bits()) >> shift)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => match 128 - u32::from(self.prefix_bits) {
                128 => true,
                shift => (network.to_bits() >> shift) == (address.to_bits() >> shift),
            },
            _ => false,
        }
    }
}

const DAY_S: u64 = 86_400;

fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

impl StoreSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let path = reader.text("store.path");
        if path.trim().is_empty() && !reader.is_faulty("store.path") {
            reader.problem("store.path", &format!("{path:?}"), "must name a file");
        }
        StoreSettings {
            path: PathBuf::from(path),
            unplaced: None,
            is_at_home: false,
            busy_timeout: Duration::from_millis(reader.integer("store.busy_timeout_ms", 0, 600_000)),
            batch_max: size(reader.integer("store.batch_max", 1, 10_000)),
            cache_mib: narrow(reader.integer("store.cache_mib", 1, 65_536)),
            fetches_keep_days: narrow(reader.integer("store.fetches_keep_days", 1, 36_500)),
            stories: StoriesSettings {
                window_s: narrow(reader.integer("stories.window_days", 1, 365)) * 86_400,
                articles_max: size(reader.integer("stories.articles_max", 1, 10_000_000)),
            },
        }
    }
}

/// Section `retention`.
pub(super) fn read_retention(reader: &mut Reader) -> Retention {
    let mut days = |key: &str| Some(narrow(reader.integer(key, 0, 36_500))).filter(|days| *days > 0);
    Retention {
        articles_days: days("retention.articles_days"),
        texts_days: days("retention.texts_days"),
        revisions_days: days("retention.revisions_days"),
    }
}

/// The proxy, with the credentials that stand in a file of their own.
fn read_proxy(reader: &mut Reader) -> Option<Proxy> {
    let (text, file) = (reader.text("fetch.proxy"), reader.text("fetch.proxy_credentials_file"));
    if text.is_empty() {
        return None;
    }
    let proxy = match Proxy::parse(&text) {
        Ok(proxy) => proxy,
        Err(rule) => {
            // What is no address may have credentials anywhere in it.
            let shown = if text.contains('@') { "***".to_owned() } else { text };
            reader.problem("fetch.proxy", &format!("{shown:?}"), &rule);
            return None;
        }
    };
    if file.is_empty() {
        return Some(proxy);
    }
    let credentials = std::fs::read_to_string(&file).map_err(|error| format!("cannot be read: {error}"));
    match credentials.and_then(|text| proxy.with_credentials(&text)) {
        Ok(proxy) => Some(proxy),
        Err(rule) => {
            reader.problem("fetch.proxy_credentials_file", &format!("{file:?}"), &rule);
            None
        }
    }
}

impl FetchSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let contact = reader.text("fetch.contact");
        // The contact becomes part of a header, and a closing bracket would end the comment that it stands in.
        if contact.chars().any(|c| !(' '..='~').contains(&c) || "()".contains(c)) {
            reader.problem("fetch.contact", &format!("{contact:?}"), "must be plain ASCII without brackets");
        }
        let mut private_networks = Vec::new();
        for text in reader.list("fetch.private_networks") {
            match Network::parse(&text) {
                Ok(network) => private_networks.push(network),
                Err(rule) => reader.problem("fetch.private_networks", &format!("{text:?}"), &rule),
            }
        }
        let mut hosts = Vec::new();
        for text in reader.list("fetch.hosts") {
            match HostRule::parse(&text) {
                Ok(rule) => hosts.push(rule),
                Err(rule) => reader.problem("fetch.hosts", &format!("{text:?}"), &rule),
            }
        }
        let mut resolve = Vec::new();
        for text in reader.list("fetch.resolve") {
            match text.split_once('=').and_then(|(host, address)| Some((host.trim(), address.trim().parse().ok()?))) {
                Some((host, address)) if !host.is_empty() => resolve.push((host.to_ascii_lowercase(), address)),
                _ => reader.problem("fetch.resolve", &format!("{text:?}"), "must be HOST=ADDRESS:PORT"),
            }
        }
        let proxy = read_proxy(reader);
        let settings = FetchSettings {
            proxy,
            source_proxies: Vec::new(),
            // For `load` to fill: what is secret is no setting.
            keyring: Keyring::default(),
            user_agent: user_agent(&contact),
            host_delay: Duration::from_millis(reader.integer("fetch.host_delay_ms", 0, 3_600_000)),
            host_connections: size(reader.integer("fetch.host_connections", 1, 256)),
            hosts,
            host_wait_max: Duration::from_millis(reader.integer("fetch.host_wait_max_ms", 0, 600_000)),
            connect_timeout: seconds(reader.integer("fetch.connect_timeout_s", 1, 600)),
            read_timeout: seconds(reader.integer("fetch.read_timeout_s", 1, 600)),
            total_timeout: seconds(reader.integer("fetch.total_timeout_s", 1, 3600)),
            redirects_max: size(reader.integer("fetch.redirects_max", 0, 20)),
            article_pages_max: narrow(reader.integer("fetch.article_pages_max", 1, 999)),
            index_sitemaps_max: size(reader.integer("fetch.index_sitemaps_max", 1, 1000)),
            discover_requests_max: size(reader.integer("fetch.discover_requests_max", 2, 100)),
            page_bytes_max: size(reader.integer("fetch.page_bytes_max", 1024, 1 << 30)),
            feed_bytes_max: size(reader.integer("fetch.feed_bytes_max", 1024, 1 << 30)),
            robots: reader.flag("fetch.robots"),
            robots_cache: seconds(reader.integer("fetch.robots_cache_s", 1, DAY_S)),
            crawl_delay_max: seconds(reader.integer("fetch.crawl_delay_max_s", 0, DAY_S)),
            robots_cache_max: size(reader.integer("fetch.robots_cache_max", 1, 1_000_000)),
            private_networks,
            resolve,
        };
        if settings.read_timeout > settings.total_timeout {
            let value = settings.read_timeout.as_secs();
            reader.order("fetch.read_timeout_s", value, "fetch.total_timeout_s", "must not exceed");
        }
        settings
    }
}

/// What we call ourselves (RFC 9110, section 10.1.5): product, version, and how to reach whoever runs it.
fn user_agent(contact: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    if contact.is_empty() { format!("newswire/{version}") } else { format!("newswire/{version} (+{contact})") }
}

impl ScheduleSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let settings = ScheduleSettings {
            poll_interval_min_s: narrow(reader.integer("schedule.poll_interval_min_s", 1, 30 * DAY_S)),
            poll_interval_max_s: narrow(reader.integer("schedule.poll_interval_max_s", 1, 30 * DAY_S)),
            poll_interval_first_s: narrow(reader.integer("schedule.poll_interval_first_s", 1, 30 * DAY_S)),
            poll_interval_typical_s: narrow(reader.integer("schedule.poll_interval_typical_s", 1, 30 * DAY_S)),
            article_interval_s: narrow(reader.integer("schedule.article_interval_s", 1, 365 * DAY_S)),
            look_again_after_s: look_again_after_s(reader),
            backoff_min_s: narrow(reader.integer("schedule.backoff_min_s", 1, 30 * DAY_S)),
            backoff_max_s: narrow(reader.integer("schedule.backoff_max_s", 1, 30 * DAY_S)),
            article_attempts_max: narrow(reader.integer("schedule.article_attempts_max", 1, 100)),
            article_young_s: narrow(reader.integer("schedule.article_young_s", 0, 365 * DAY_S)),
            jitter_percent: narrow(reader.integer("schedule.jitter_percent", 0, 50)),
            lease: seconds(reader.integer("schedule.lease_s", 1, DAY_S)),
        };
        for (low, high, low_key, high_key) in [
            (
                settings.poll_interval_min_s,
                settings.poll_interval_max_s,
                "schedule.poll_interval_min_s",
                "schedule.poll_interval_max_s",
            ),
            (settings.backoff_min_s, settings.backoff_max_s, "schedule.backoff_min_s", "schedule.backoff_max_s"),
        ] {
            if low > high {
                reader.order(low_key, low.into(), high_key, "must not exceed");
            }
        }
        let longest_fetch_s = reader.integer("fetch.total_timeout_s", 1, 3600);
        if settings.lease.as_secs() <= longest_fetch_s {
            reader.order("schedule.lease_s", settings.lease.as_secs(), "fetch.total_timeout_s", "must exceed");
        }
        settings
    }
}

/// Ages in seconds, each greater than the one before.
fn look_again_after_s(reader: &mut Reader) -> Vec<u32> {
    const KEY: &str = "schedule.look_again_after_s";
    const LONGEST_S: u64 = 365 * DAY_S;
    let mut steps: Vec<u32> = Vec::new();
    for text in reader.list(KEY) {
        match text.parse::<u64>() {
            Ok(seconds @ 1..=LONGEST_S) if steps.last().is_none_or(|last| u64::from(*last) < seconds) => {
                steps.push(narrow(seconds));
            }
            Ok(1..=LONGEST_S) => reader.problem(KEY, &text, "must be greater than the one before it"),
            _ => reader.problem(KEY, &text, &format!("must be a whole number from 1 to {LONGEST_S}")),
        }
    }
    steps
}

impl FeedSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        FeedSettings {
            entries_max: size(reader.integer("feed.entries_max", 1, 100_000)),
            entry_title_bytes_max: size(reader.integer("feed.entry_title_bytes_max", 100, 65_536)),
            entry_value_bytes_max: size(reader.integer("feed.entry_value_bytes_max", 100, 65_536)),
            entry_authors_max: size(reader.integer("feed.entry_authors_max", 1, 1000)),
            // What is longer does not go into the database with its link.
            entry_text_bytes_max: size(reader.integer("feed.entry_text_bytes_max", 1000, 524_288)),
        }
    }
}

impl ExtractSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        ExtractSettings {
            words_min: size(reader.integer("extract.words_min", 1, 10_000)),
            depth_max: size(reader.integer("extract.depth_max", 16, 100_000)),
            paragraphs_max: size(reader.integer("extract.paragraphs_max", 1, 1_000_000)),
            parse_steps_max: size(reader.integer("extract.parse_steps_max", 100_000, 1 << 32)),
            // Files are for `load` to read.
            site_rules: Arc::default(),
        }
    }
}

impl DaemonSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let parse_tasks = match reader.integer("daemon.parse_tasks", 0, 256) {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            number => size(number),
        };
        DaemonSettings {
            poll_tasks: size(reader.integer("daemon.poll_tasks", 1, 1024)),
            article_tasks: size(reader.integer("daemon.article_tasks", 1, 1024)),
            slow_tasks: size(reader.integer("daemon.slow_tasks", 1, 4096)),
            parse_tasks,
            grace_period: seconds(reader.integer("daemon.grace_period_s", 0, 3600)),
            idle_max: seconds(reader.integer("daemon.idle_max_s", 1, 3600)),
        }
    }
}

impl LogSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let level = reader.text("log.level");
        if level.parse::<tracing_subscriber::EnvFilter>().is_err() {
            reader.problem(
                "log.level",
                &format!("{level:?}"),
                "must be error, warn, info, debug, trace or a filter such as \"info,newswire::fetch=debug\"",
            );
        }
        let name = reader.text("log.format");
        let format = match name.as_str() {
            "auto" => LogFormat::Auto,
            "text" => LogFormat::Text,
            "json" => LogFormat::Json,
            _ => {
                if !reader.is_faulty("log.format") {
                    reader.problem("log.format", &format!("{name:?}"), "must be auto, text or json");
                }
                LogFormat::Auto
            }
        };
        LogSettings { level, format }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_contain_what_their_prefix_says() {
        let inside = |network: &str, address: &str| Network::parse(network).unwrap().contains(address.parse().unwrap());
        assert!(inside("127.0.0.0/8", "127.255.0.1"));
        assert!(!inside("127.0.0.0/8", "128.0.0.1"));
        assert!(inside("0.0.0.0/0", "203.0.113.9"));
        assert!(inside("::/0", "2001:db8::1"));
        assert!(inside("2001:db8::/32", "2001:db8:ffff::1"));
        assert!(!inside("::1", "::2"));
        assert!(!inside("127.0.0.0/8", "::1"));
    }

    #[test]
    fn the_nearest_rule_for_a_host_holds() {
        let rules = ["example.org delay_ms=9", "news.example.org connections=2 delay_ms=0", "[::1] delay_ms=5"];
        let mut settings = crate::config::defaults().fetch;
        settings.hosts = rules.iter().map(|text| HostRule::parse(text).unwrap()).collect();
        let delay_ms = |host: &str| settings.host_rule(host).and_then(|rule| rule.delay).map(|delay| delay.as_millis());
        assert_eq!(delay_ms("example.org"), Some(9));
        assert_eq!(delay_ms("www.example.org"), Some(9));
        assert_eq!(delay_ms("a.news.example.org"), Some(0));
        assert_eq!(delay_ms("[::1]"), Some(5));
        assert_eq!(delay_ms("other-example.org"), None);
        for broken in ["", "a b.example", "a.example delay=4", "a.example connections=0", "a.example delay_ms=x", "a/b"]
        {
            assert!(HostRule::parse(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_broken_network_says_what_is_wrong() {
        assert_eq!(Network::parse("10.0.0/8").unwrap_err(), "\"10.0.0\" is no IP address");
        assert!(Network::parse("10.0.0.0/33").unwrap_err().contains("from 0 to 32"));
    }
}
