//! The fetcher: one request from its gates to its last byte.

use std::collections::HashSet;
use std::sync::Once;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, ETAG, EXPIRES, HeaderMap, HeaderName,
    HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION, RETRY_AFTER,
};
use reqwest::{Client, Response, redirect};
use tokio::time::Instant;
use url::Url;

use crate::config::FetchSettings;
use crate::model::{Exchange, Fetched, FetchedDocument, Purpose, Validators, publisher_of};

use super::address::AddressRules;
use super::error::FetchError;
use super::host_gate::{HostGate, Pace};
use super::reservations;
use super::robots::{self, RobotsCache, Rules};
use super::robots_rules::ROBOTS_BYTES_MAX;

/// Connections that are kept open though idle: long enough for the next article of a publisher at the usual pause.
const IDLE_CONNECTION_TIME: Duration = Duration::from_secs(15);

/// A buffer is not made larger than this on the word of a `Content-Length` alone.
const BUFFER_BYTES_MAX: usize = 1024 * 1024;

/// A `Retry-After` is believed up to this.
const RETRY_AFTER_MAX: Duration = Duration::from_hours(24);

const ACCEPT_FEED: HeaderValue = HeaderValue::from_static(
    "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, \
     application/json;q=0.8, text/html;q=0.5, */*;q=0.1",
);
const ACCEPT_PAGE: HeaderValue =
    HeaderValue::from_static("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.1");
const ACCEPT_ANY: HeaderValue = HeaderValue::from_static("text/plain, */*;q=0.1");

/// What is wanted.
#[derive(Clone, Copy, Debug)]
pub struct FetchRequest<'a> {
    /// The address.
    pub url: &'a Url,
    /// Why: article pages are subject to robots.txt, feeds that the user named are not.
    pub purpose: Purpose,
    /// Validators of the last answer, to make the request conditional.
    pub validators: &'a Validators,
}

/// What came of it.
#[derive(Debug)]
pub struct FetchReport {
    /// The exchanges that were made, robots.txt and redirects included, in order.
    pub exchanges: Vec<Exchange>,
    /// The answer.
    pub result: Result<Fetched, FetchError>,
    /// The earliest time at which the publisher may be asked again.
    pub host_ready_at: Timestamp,
}

/// The only way to the network. Cheap to clone: all clones share one client and one set of gates.
#[derive(Clone, Debug)]
pub struct Fetcher {
    client: Client,
    addresses: AddressRules,
    gate: HostGate,
    robots: RobotsCache,
    settings: std::sync::Arc<FetchSettings>,
}

impl Fetcher {
    /// Builds the client.
    ///
    /// # Errors
    ///
    /// A sentence, when TLS cannot be set up: no certificates of authorities on this machine, for one.
    pub fn new(settings: &FetchSettings) -> Result<Self, String> {
        Fetcher::with_addresses(settings, AddressRules::new(&settings.private_networks, &settings.resolve))
    }

    /// A client with other settings that goes on with what this one knows: whose turn it is, who asked to be left in
    /// peace, and what robots.txt files say. Work that still runs on this one counts.
    ///
    /// # Errors
    ///
    /// As [`Fetcher::new`].
    pub fn reconfigured(&self, settings: &FetchSettings) -> Result<Self, String> {
        let fresh = Fetcher::new(settings)?;
        let gate = self.gate.waiting_up_to(settings.host_wait_max);
        let robots = self.robots.believed_for(settings.robots_cache, settings.robots_cache_max);
        Ok(Fetcher { gate, robots, ..fresh })
    }

    fn with_addresses(settings: &FetchSettings, addresses: AddressRules) -> Result<Self, String> {
        install_tls();
        #[expect(clippy::disallowed_methods, reason = "this is the one place where requests are made")]
        let client = Client::builder()
            .user_agent(&settings.user_agent)
            .connect_timeout(settings.connect_timeout)
            .read_timeout(settings.read_timeout)
            // Redirects are followed here, hop by hop, so that each passes all gates.
            .redirect(redirect::Policy::none())
            // A proxy would resolve names itself, out of reach of the address rules.
            .no_proxy()
            .dns_resolver(addresses.clone())
            .pool_max_idle_per_host(settings.host_connections)
            .pool_idle_timeout(IDLE_CONNECTION_TIME)
            .build()
            .map_err(|error| format!("the HTTP client cannot be set up: {error:?}"))?;
        Ok(Fetcher {
            client,
            addresses,
            gate: HostGate::new(settings.host_wait_max),
            robots: RobotsCache::new(settings.robots_cache, settings.robots_cache_max),
            settings: std::sync::Arc::new(settings.clone()),
        })
    }

    /// Fetches one document, following redirects.
    pub async fn fetch(&self, request: FetchRequest<'_>) -> FetchReport {
        let mut exchanges = Vec::new();
        let result = self.follow(request, &mut exchanges).await;
        let wait = SignedDuration::try_from(self.gate.wait(&self.whose_turn(request.url).0)).unwrap_or_default();
        let host_ready_at = Timestamp::now().checked_add(wait).unwrap_or(Timestamp::MAX);
        FetchReport { exchanges, result, host_ready_at }
    }

    async fn follow(&self, request: FetchRequest<'_>, exchanges: &mut Vec<Exchange>) -> Result<Fetched, FetchError> {
        let mut url = request.url.clone();
        let mut visited = HashSet::new();
        let mut moved_permanently = true;
        for hop in 0..=self.settings.redirects_max {
            visited.insert(url.clone());
            if matches!(request.purpose, Purpose::Article | Purpose::Discovery)
                && self.settings.robots
                && let Err(error) = self.check_robots(&url, exchanges).await
            {
                // That a page was not asked for is on record under its own address, with the reason. A host that is
                // busy is none: it is asked later.
                if !matches!(error, FetchError::HostBusy { .. }) {
                    let record = unasked(&url, request.purpose);
                    exchanges.push(Exchange { failure: Some(error.failure()), ..record });
                }
                return Err(error);
            }
            match self.exchange(&url, request, exchanges).await? {
                Answer::Document(document) => {
                    let moved_permanently = hop > 0 && moved_permanently;
                    let requested_url = request.url.clone();
                    let mut reservations = document.reservations;
                    if request.purpose == Purpose::Article && self.settings.robots {
                        reservations.extend(self.robots.reservations(&url).await);
                    }
                    return Ok(Fetched::Document(Box::new(FetchedDocument {
                        requested_url,
                        moved_permanently,
                        reservations,
                        ..*document
                    })));
                }
                Answer::NotModified { max_age_s } => {
                    let moved_to = Some(url).filter(|_| hop > 0 && moved_permanently);
                    return Ok(Fetched::NotModified { max_age_s, moved_to });
                }
                Answer::Redirect { to, is_permanent } => {
                    if visited.contains(&to) {
                        return Err(FetchError::Redirect(format!("the redirects run in a circle, back to {to}")));
                    }
                    moved_permanently &= is_permanent;
                    url = to;
                }
            }
        }
        Err(FetchError::Redirect(format!("more than {} redirects (fetch.redirects_max)", self.settings.redirects_max)))
    }

    /// One exchange: address, turn, request, answer. Writes it down, however it ends.
    async fn exchange(
        &self,
        url: &Url,
        request: FetchRequest<'_>,
        exchanges: &mut Vec<Exchange>,
    ) -> Result<Answer, FetchError> {
        let mut record = unasked(url, request.purpose);
        if let Err(refused) = self.addresses.check_literal(url) {
            let error = FetchError::Address(refused);
            record.failure = Some(error.failure());
            exchanges.push(record);
            return Err(error);
        }
        let (publisher, pace) = self.whose_turn(url);
        let turn = self.gate.turn(&publisher, pace).await.map_err(|busy| {
            let wait = SignedDuration::try_from(busy.wait).unwrap_or(SignedDuration::MAX);
            FetchError::HostBusy { until: Timestamp::now().checked_add(wait).unwrap_or(Timestamp::MAX) }
        })?;
        let began = Instant::now();
        record.started_at = Timestamp::now();
        let limit = self.settings.total_timeout;
        let answer = match tokio::time::timeout(limit, self.ask(url, request, &mut record)).await {
            Ok(answer) => answer,
            Err(_) => Err(FetchError::Timeout { limit }),
        };
        let answer = self.heed(&publisher, answer);
        drop(turn);
        record.elapsed = began.elapsed();
        // A host without a robots.txt has not failed: it allows everything.
        let is_answer = request.purpose == Purpose::Robots
            && matches!(answer, Err(FetchError::Status { status: 400..=428 | 430..=499, .. }));
        record.failure = answer.as_ref().err().filter(|_| !is_answer).map(FetchError::failure);
        if let Ok(Answer::Redirect { to, .. }) = &answer {
            record.redirected_to = Some(to.as_str().to_owned());
        }
        exchanges.push(record);
        answer
    }

    /// Does what an answer asks for: a host that is asked too much is left in peace, and so is one that refuses shortly
    /// after it has said so.
    fn heed(&self, publisher: &str, answer: Result<Answer, FetchError>) -> Result<Answer, FetchError> {
        match answer {
            Err(FetchError::Status { status: 429, retry_after }) => self.gate.complaint(publisher, retry_after),
            Err(FetchError::Status { status: status @ 403, retry_after }) if self.gate.has_complained(publisher) => {
                self.gate.complaint(publisher, retry_after);
                if retry_after.is_none() {
                    return Err(FetchError::Limited { status });
                }
            }
            Err(FetchError::Status { retry_after: Some(delay), .. }) => self.gate.hold(publisher, delay),
            Ok(_) => self.gate.content(publisher),
            Err(_) => {}
        }
        answer
    }

    /// By whom the turns of an address's host are counted, and how it is to be asked: by the user's word for the host or
    /// a domain above it, else by the registrable domain.
    fn whose_turn(&self, url: &Url) -> (String, Pace) {
        let usual = Pace { pause: self.settings.host_delay, n_at_once: self.settings.host_connections };
        match url.host_str().and_then(|host| self.settings.host_rule(host)) {
            Some(rule) => {
                let pause = rule.delay.unwrap_or(usual.pause);
                (rule.name.clone(), Pace { pause, n_at_once: rule.connections.unwrap_or(usual.n_at_once) })
            }
            None => (publisher_of(url), usual),
        }
    }

    async fn ask(&self, url: &Url, request: FetchRequest<'_>, record: &mut Exchange) -> Result<Answer, FetchError> {
        let host = url.host_str().unwrap_or_default();
        let blame = |error: reqwest::Error| FetchError::from_client(&error, host, self.settings.read_timeout);
        let accept = match request.purpose {
            Purpose::Poll | Purpose::Discovery => ACCEPT_FEED,
            Purpose::Article => ACCEPT_PAGE,
            Purpose::Robots => ACCEPT_ANY,
        };
        let mut builder = self.client.get(url.clone()).header(ACCEPT, accept);
        for (name, value) in
            [(IF_NONE_MATCH, &request.validators.etag), (IF_MODIFIED_SINCE, &request.validators.last_modified)]
        {
            if let Some(value) = value.as_deref().and_then(|value| HeaderValue::from_str(value).ok()) {
                builder = builder.header(name, value);
            }
        }
        let response = builder.send().await.map_err(blame)?;
        let status = response.status().as_u16();
        record.status = Some(status);
        match status {
            200..=299 => {}
            304 if !request.validators.is_empty() => {
                return Ok(Answer::NotModified { max_age_s: max_age_s(response.headers(), Timestamp::now()) });
            }
            301 | 302 | 303 | 307 | 308 => return redirect_of(url, &response),
            _ => {
                return Err(FetchError::Status { status, retry_after: retry_after(response.headers()) });
            }
        }
        let is_robots = request.purpose == Purpose::Robots;
        let limit = match request.purpose {
            Purpose::Poll | Purpose::Discovery => self.settings.feed_bytes_max,
            Purpose::Article => self.settings.page_bytes_max,
            Purpose::Robots => ROBOTS_BYTES_MAX,
        };
        let headers = response.headers().clone();
        let body = read_body(response, limit, is_robots, record).await.map_err(|error| match error {
            BodyError::TooLarge => FetchError::TooLarge { limit },
            BodyError::Client(error) => blame(error),
        })?;
        let fetched_at = Timestamp::now();
        Ok(Answer::Document(Box::new(FetchedDocument {
            requested_url: url.clone(),
            final_url: url.clone(),
            moved_permanently: false,
            status,
            content_type: text_of(&headers, &CONTENT_TYPE),
            content_language: text_of(&headers, &CONTENT_LANGUAGE),
            link: lines_of(&headers, "link"),
            robots_tag: lines_of(&headers, "x-robots-tag"),
            reservations: reservations::of_headers(&headers),
            validators: Validators { etag: text_of(&headers, &ETAG), last_modified: text_of(&headers, &LAST_MODIFIED) },
            max_age_s: max_age_s(&headers, fetched_at),
            fetched_at,
            body,
        })))
    }

    /// The sitemaps that a host's robots.txt names, as written there; none where it cannot be had.
    pub async fn sitemaps(&self, url: &Url, exchanges: &mut Vec<Exchange>) -> Vec<String> {
        match self.robots_of(url, exchanges).await {
            Ok(Rules::Known(known)) => known.rules.sitemaps().to_vec(),
            Ok(Rules::Unreachable(_)) | Err(_) => Vec::new(),
        }
    }

    /// Asks the host's robots.txt whether a page may be fetched.
    async fn check_robots(&self, url: &Url, exchanges: &mut Vec<Exchange>) -> Result<(), FetchError> {
        let host = url.host_str().unwrap_or_default().to_owned();
        match self.robots_of(url, exchanges).await? {
            Rules::Known(known) if known.rules.allows(url) => Ok(()),
            Rules::Known(_) => Err(FetchError::RobotsForbid { host, path: url.path().to_owned() }),
            Rules::Unreachable(reason) => Err(FetchError::RobotsUnreachable { host, reason }),
        }
    }

    /// What a host's robots.txt says, asked for where it is not known.
    async fn robots_of(&self, url: &Url, exchanges: &mut Vec<Exchange>) -> Result<Rules, FetchError> {
        let entry = self.robots.entry(url);
        let mut entry = entry.lock().await;
        match robots::fresh(entry.as_ref()) {
            Some(rules) => Ok(rules),
            None => {
                let rules = self.fetch_robots(url, exchanges).await?;
                if let Rules::Known(known) = &rules
                    && let Some(pause) = known.rules.crawl_delay()
                {
                    self.gate.set_pause(&self.whose_turn(url).0, pause.min(self.settings.crawl_delay_max));
                }
                let expiry = self.robots.expiry(&rules);
                let rules = robots::renewed(entry.as_ref(), rules);
                *entry = Some((rules.clone(), expiry));
                Ok(rules)
            }
        }
    }

    /// Fetches a robots.txt and takes its status as RFC 9309, section 2.3.1, says: an answer of 4xx allows everything,
    /// 5xx and no answer disallow everything for the time being.
    async fn fetch_robots(&self, page: &Url, exchanges: &mut Vec<Exchange>) -> Result<Rules, FetchError> {
        let mut url = page.clone();
        url.set_path("/robots.txt");
        url.set_query(None);
        url.set_fragment(None);
        let validators = Validators::default();
        for _ in 0..=self.settings.redirects_max {
            let request = FetchRequest { url: &url, purpose: Purpose::Robots, validators: &validators };
            match self.exchange(&url, request, exchanges).await {
                Ok(Answer::Document(document)) => return Ok(robots::parse(&document.body)),
                Ok(Answer::Redirect { to, .. }) => url = to,
                // The page would fare in the same way: say so rather than blame robots.txt.
                Err(
                    error @ (FetchError::HostBusy { .. }
                    | FetchError::Status { status: 429, .. }
                    | FetchError::Limited { .. }
                    | FetchError::Dns { .. }
                    | FetchError::Tls { .. }
                    | FetchError::Address(_)),
                ) => return Err(error),
                Ok(Answer::NotModified { .. })
                | Err(FetchError::Redirect(_) | FetchError::Status { status: 400..=499, .. }) => break,
                Err(error) => return Ok(Rules::Unreachable(error.to_string())),
            }
        }
        // RFC 9309, sections 2.3.1.2 and 2.3.1.3: what cannot be had, or only by too many redirects, allows everything.
        Ok(robots::allow_all())
    }
}

/// The record of an exchange that has not taken place.
fn unasked(url: &Url, purpose: Purpose) -> Exchange {
    Exchange {
        url: url.as_str().to_owned(),
        purpose,
        started_at: Timestamp::now(),
        elapsed: Duration::ZERO,
        status: None,
        bytes: 0,
        failure: None,
        redirected_to: None,
    }
}

enum Answer {
    Document(Box<FetchedDocument>),
    NotModified { max_age_s: Option<u32> },
    Redirect { to: Url, is_permanent: bool },
}

enum BodyError {
    TooLarge,
    Client(reqwest::Error),
}

/// Reads a body as it is decompressed, and stops when it grows too large: a small answer may unpack to a huge one.
async fn read_body(
    mut response: Response,
    limit: usize,
    is_cut_at_limit: bool,
    record: &mut Exchange,
) -> Result<Vec<u8>, BodyError> {
    let announced =
        response.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let mut body = Vec::with_capacity(announced.unwrap_or(0).min(limit).min(BUFFER_BYTES_MAX));
    loop {
        let chunk = match response.chunk().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => break,
            Err(error) => return Err(BodyError::Client(error)),
        };
        let room = limit - body.len();
        record.bytes += u64::try_from(chunk.len()).unwrap_or(0);
        if chunk.len() > room {
            if !is_cut_at_limit {
                return Err(BodyError::TooLarge);
            }
            body.extend_from_slice(&chunk[..room]);
            break;
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn redirect_of(from: &Url, response: &Response) -> Result<Answer, FetchError> {
    let status = response.status().as_u16();
    let Some(location) = text_of(response.headers(), &LOCATION) else {
        return Err(FetchError::Redirect(format!("the server answered {status} without saying where to")));
    };
    match from.join(&location) {
        Ok(to) if matches!(to.scheme(), "http" | "https") => {
            Ok(Answer::Redirect { to, is_permanent: matches!(status, 301 | 308) })
        }
        _ => Err(FetchError::Redirect(format!("the server redirects to {location:?}, which cannot be followed"))),
    }
}

/// A header as text; bytes beyond ASCII are taken for Latin-1, as HTTP once said.
fn text_of(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let value = headers.get(name)?;
    let text: String = value.as_bytes().iter().map(|byte| char::from(*byte)).collect();
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// All lines of a header that may come several times.
fn lines_of(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines: Vec<&str> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}

/// How long the answer says it stays fresh (RFC 9111, section 4.2.1), in seconds.
fn max_age_s(headers: &HeaderMap, now: Timestamp) -> Option<u32> {
    let cache_control = text_of(headers, &CACHE_CONTROL).unwrap_or_default().to_ascii_lowercase();
    let mut directives = cache_control.split(',').map(str::trim);
    if directives.clone().any(|directive| directive == "no-cache" || directive == "no-store") {
        return None;
    }
    if let Some(seconds) = directives.find_map(|directive| directive.strip_prefix("max-age=")?.parse().ok()) {
        return Some(seconds);
    }
    let expires = text_of(headers, &EXPIRES).and_then(|text| http_date(&text))?;
    u32::try_from(expires.duration_since(now).as_secs()).ok()
}

/// `Retry-After` in both its forms (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = text_of(headers, &RETRY_AFTER)?;
    let delay = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => Duration::try_from(http_date(&text)?.duration_since(Timestamp::now())).unwrap_or_default(),
    };
    Some(delay.min(RETRY_AFTER_MAX))
}

fn http_date(text: &str) -> Option<Timestamp> {
    // An HTTP date ends in GMT, which RFC 2822 knows as an obsolete zone.
    jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp())
}

/// Chooses the TLS implementation, once for the process.
fn install_tls() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // An error means that somebody has chosen one before us, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

#[cfg(test)]
mod tests;
