//! The fetcher: one request from its gates to its last byte.

use std::collections::HashSet;
use std::sync::Once;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HeaderValue, IF_MODIFIED_SINCE,
    IF_NONE_MATCH,
};
use reqwest::{Client, Response};
use tokio::time::Instant;
use url::Url;

use crate::config::FetchSettings;
use crate::model::{
    ErrorClass, Exchange, Fetched, FetchedDocument, HostMemory, LoginName, Proxy, Purpose, Route, Validators,
    publisher_of,
};

use super::address::AddressRules;
use super::coding::{self, Bounds, CodingError};
use super::cookies::ChainCookies;
use super::error::{Doing, FetchError, Phase, is_unexpected_end};
use super::headers::{self, lines_of, max_age_s, retry_after, text_of};
use super::host_gate::{Counted, HostGate};
use super::large_bodies::LargeBodies;
use super::lenient::LenientReader;
use super::login::{self, Login};
use super::pace::{Busy, Pace};
use super::permits::{HostWord, Lent, Permit, Permits};
use super::refresh;
use super::reservations;
use super::robots::{self, RobotsCache, Rules};
use super::robots_rules::ROBOTS_BYTES_MAX;
use super::route_clients::RouteClients;
use super::watcher::{FetchFigure, FetchWatcher, Watchers};

/// A buffer is not made larger than this on the word of a `Content-Length` alone.
const BUFFER_BYTES_MAX: usize = 1024 * 1024;

/// When to come again after the leave to ask a host was lost, or is nobody's to give.
const LEAVE_LOST_WAIT: Duration = Duration::from_secs(5);

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

/// The only way to the network. Cheap to clone: all clones share their clients and one set of gates.
#[derive(Clone, Debug)]
pub struct Fetcher {
    clients: RouteClients,
    /// The way of the source for which it asks, if that has one of its own.
    of_source: Option<Route>,
    /// The credentials of that source, if it asks for some.
    login: Option<Login>,
    lenient: LenientReader,
    large_bodies: LargeBodies,
    gate: HostGate,
    /// Who may ask whom, where other processes ask hosts too.
    permits: Option<std::sync::Arc<dyn Permits>>,
    robots: RobotsCache,
    watchers: Watchers,
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
        let lenient = fresh.lenient.recalling(&self.lenient);
        let (large_bodies, watchers) = (self.large_bodies.clone(), self.watchers.clone());
        let permits = self.permits.clone();
        Ok(Fetcher { lenient, large_bodies, gate, permits, robots, watchers, ..fresh })
    }

    /// The same for what a source leads to: in its own way, if it has one, and with its credentials where the address is of
    /// its own host. Hosts are told from each other and remembered as ever, however they are asked.
    #[must_use]
    pub fn for_source(&self, of_source: Option<&Route>, login: Option<&LoginName>) -> Self {
        let login = login.map(|login| Login::new(login, &self.settings.keyring));
        let of_source = of_source.map(|route| match route {
            Route::Via(proxy) => Route::Via(self.settings.with_known_credentials(proxy)),
            Route::Direct => Route::Direct,
        });
        Fetcher { of_source, login, ..self.clone() }
    }

    /// The same, asking hosts only as is allowed.
    #[must_use]
    pub fn under(&self, permits: std::sync::Arc<dyn Permits>) -> Self {
        Fetcher { permits: Some(permits), ..self.clone() }
    }

    /// Grants a turn of this process to another one: waits for it as any request does, so long at most. It ends when it is dropped.
    ///
    /// # Errors
    ///
    /// When the turn is too far off, or this process does not look after the publisher.
    pub async fn lend(&self, publisher: &str, pace: Pace, patience: Duration) -> Result<Lent, Busy> {
        let lost = Busy { wait: LEAVE_LOST_WAIT };
        let permits = self.permits.as_ref().ok_or(lost)?;
        let since = permits.tenure_since(publisher).ok_or(lost)?;
        let turn = self.gate.waiting_up_to(patience).turn(publisher, pace, Some(since)).await?;
        let leave = permits.begin(publisher).filter(|leave| leave.since == since).ok_or(lost)?;
        Ok(Lent { gate: self.gate.clone(), publisher: publisher.to_owned(), turn, leave })
    }

    /// By which key the turns of an address's host are counted.
    #[must_use]
    pub fn publisher_of_turn(&self, url: &Url) -> String {
        self.whose_turn(url).0
    }

    fn with_addresses(settings: &FetchSettings, addresses: AddressRules) -> Result<Self, String> {
        install_tls();
        let settings = std::sync::Arc::new(settings.clone());
        Ok(Fetcher {
            lenient: LenientReader::new(addresses.clone(), settings.clone()),
            large_bodies: LargeBodies::default(),
            clients: RouteClients::new(settings.clone(), addresses)?,
            of_source: None,
            login: None,
            gate: HostGate::new(settings.host_wait_max),
            permits: None,
            robots: RobotsCache::new(settings.robots_cache, settings.robots_cache_max),
            watchers: Watchers::default(),
            settings,
        })
    }

    /// Lets somebody hear of each request and each wait: the first who asks.
    pub fn watch(&self, watcher: FetchWatcher) {
        self.watchers.watch(watcher);
    }

    /// Takes up what hosts have said to an earlier process.
    pub fn recall(&self, memory: HostMemory) {
        self.gate.recall(memory.holds);
        self.robots.recall(memory.robots);
    }

    /// What hosts have said since this was last asked, and what a later process is to go by.
    #[must_use]
    pub fn host_news(&self) -> HostMemory {
        HostMemory { robots: self.robots.news(), holds: self.gate.news() }
    }

    /// Fetches one document, following redirects.
    pub async fn fetch(&self, request: FetchRequest<'_>) -> FetchReport {
        let mut exchanges = Vec::new();
        let result = self.follow(request, &mut exchanges).await;
        FetchReport { exchanges, result, host_ready_at: self.ready_at(request.url) }
    }

    /// The earliest time at which the publisher of an address may be asked.
    #[must_use]
    pub fn ready_at(&self, url: &Url) -> Timestamp {
        let wait = SignedDuration::try_from(self.gate.wait(&self.whose_turn(url).0)).unwrap_or_default();
        Timestamp::now().checked_add(wait).unwrap_or(Timestamp::MAX)
    }

    async fn follow(&self, request: FetchRequest<'_>, exchanges: &mut Vec<Exchange>) -> Result<Fetched, FetchError> {
        let mut url = request.url.clone();
        let mut cookies = ChainCookies::default();
        let mut visited = HashSet::new();
        let (mut moved_permanently, mut is_refreshed) = (true, false);
        for hop in 0..=self.settings.redirects_max {
            visited.insert((url.clone(), cookies.header_for(&url)));
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
            match self.exchange(&url, request, &mut cookies, exchanges).await? {
                Answer::Document(document) => {
                    let moved_permanently = hop > 0 && moved_permanently;
                    let requested_url = request.url.clone();
                    let mut reservations = document.reservations;
                    // The page that sends on would be asked with them, and could say that it has not changed.
                    let validators = if is_refreshed { Validators::default() } else { document.validators };
                    if request.purpose == Purpose::Article && self.settings.robots {
                        reservations.extend(self.robots.reservations(&url).await);
                    }
                    return Ok(Fetched::Document(Box::new(FetchedDocument {
                        requested_url,
                        moved_permanently,
                        reservations,
                        validators,
                        ..*document
                    })));
                }
                Answer::NotModified { max_age_s } => {
                    let moved_to = Some(url).filter(|_| hop > 0 && moved_permanently);
                    return Ok(Fetched::NotModified { max_age_s, moved_to });
                }
                Answer::Redirect { to, by } => {
                    // With another cookie than before it is a gate that may open now, and no circle.
                    if visited.contains(&(to.clone(), cookies.header_for(&to))) {
                        return Err(FetchError::Redirect(format!("the redirects run in a circle, back to {to}")));
                    }
                    moved_permanently &= by == Way::Permanent;
                    is_refreshed |= by == Way::Refresh;
                    url = to;
                }
            }
        }
        Err(FetchError::Redirect(format!("more than {} redirects (fetch.redirects_max)", self.settings.redirects_max)))
    }

    /// One exchange, and where its answer is none that the client can read, a second one that is read leniently. A proxy
    /// answers for others, so behind one there is no second.
    async fn exchange(
        &self,
        url: &Url,
        request: FetchRequest<'_>,
        cookies: &mut ChainCookies,
        exchanges: &mut Vec<Exchange>,
    ) -> Result<Answer, FetchError> {
        let proxy = self.proxy_for(url);
        let is_resolved_here = proxy.is_none_or(|proxy| !proxy.resolves_names());
        let route_client = self.clients.of(self.of_source.as_ref()).map_err(FetchError::Connect)?;
        let checked = route_client
            .addresses
            .check_literal(url)
            .and_then(|()| route_client.addresses.check_name(url, is_resolved_here));
        if let Err(refused) = checked {
            let error = FetchError::Address(refused);
            exchanges.push(Exchange { failure: Some(error.failure()), ..unasked(url, request.purpose) });
            return Err(error);
        }
        // What robots.txt says holds for all who ask, and is remembered for them.
        if request.purpose != Purpose::Robots
            && let Some(reason) = self.login.as_ref().and_then(|login| login.missing_for(url))
        {
            let error = FetchError::Credentials(reason.to_owned());
            exchanges.push(Exchange { failure: Some(error.failure()), ..unasked(url, request.purpose) });
            return Err(error);
        }
        let reader = match proxy {
            Some(_) => Reader::Client,
            None if self.lenient.is_for(url) => Reader::Lenient,
            None => Reader::ClientFirst,
        };
        let client = &route_client.client;
        match self.exchange_by(client, reader, url, request, cookies, exchanges).await {
            Err(FetchError::Header { .. } | FetchError::Framing { .. }) if reader == Reader::ClientFirst => {
                self.lenient.note(url);
                // Apart, since it is rare: every fetch would be twice as large to move.
                Box::pin(self.exchange_by(client, Reader::Lenient, url, request, cookies, exchanges)).await
            }
            answer => answer,
        }
    }

    /// One exchange with a host that may be asked: turn, request, answer. Writes it down, however it ends.
    async fn exchange_by(
        &self,
        client: &Client,
        reader: Reader,
        url: &Url,
        request: FetchRequest<'_>,
        cookies: &mut ChainCookies,
        exchanges: &mut Vec<Exchange>,
    ) -> Result<Answer, FetchError> {
        let mut record = unasked(url, request.purpose);
        let (publisher, pace) = self.whose_turn(url);
        if request.purpose != Purpose::Robots && self.robots.is_recalled(url) {
            // The pause that it asks for holds for what it is not asked about too.
            self.recall_robots(url, &mut *self.robots.entry(url).lock().await);
        }
        let came_at = Instant::now();
        let permit = self.permit(&publisher, pace).await.map_err(busy);
        let began = Instant::now();
        self.watchers.tell(FetchFigure::Waited(began.duration_since(came_at)));
        let mut permit = permit?;
        if request.purpose == Purpose::Robots {
            permit.is_for_robots();
        }
        record.started_at = Timestamp::now();
        let limit = self.settings.total_timeout;
        let asking = self.ask(client, reader, url, request, cookies, &mut record);
        let answer = tokio::select! {
            answer = tokio::time::timeout(limit, asking) => answer.unwrap_or_else(|_| {
                let host = url.host_str().unwrap_or_default().to_owned();
                Err(FetchError::Timeout { host, phase: Phase::Whole, limit })
            }),
            // Another process may ask that host now. With the request its connection is dropped.
            () = permit.over() => Err(busy(Busy { wait: LEAVE_LOST_WAIT })),
        };
        let answer = self.heed(&publisher, &mut permit, answer);
        drop(permit);
        record.elapsed = began.elapsed();
        // A host without a robots.txt has not failed: it allows everything.
        let is_answer = request.purpose == Purpose::Robots
            && matches!(answer, Err(FetchError::Status { status: 400..=428 | 430..=499, .. }));
        record.failure = answer.as_ref().err().filter(|_| !is_answer).map(FetchError::failure);
        let class = record.failure.as_ref().map(|failure| failure.class);
        self.watchers.tell(FetchFigure::Asked { purpose: request.purpose, class });
        if let Ok(Answer::Redirect { to, .. }) = &answer {
            record.redirected_to = Some(to.as_str().to_owned());
        }
        exchanges.push(record);
        answer
    }

    /// Leave to send one request to a publisher: its turn, and where other processes ask hosts too, the word of whoever looks after it. That is
    /// looked at last.
    async fn permit(&self, publisher: &str, pace: Pace) -> Result<Permit, Busy> {
        let Some(permits) = &self.permits else {
            return self.gate.turn(publisher, pace, None).await.map(Permit::Free);
        };
        if let Some(since) = permits.tenure_since(publisher) {
            let turn = self.gate.turn(publisher, pace, Some(since)).await?;
            let leave = permits.begin(publisher).filter(|leave| leave.since == since);
            return leave.map(|leave| Permit::Own(turn, leave)).ok_or(Busy { wait: LEAVE_LOST_WAIT });
        }
        let pause = self.gate.own_pause(publisher).unwrap_or_default().max(pace.pause);
        permits.borrow(publisher, Pace { pause, ..pace }, self.gate.patience()).await.map(Permit::Lent)
    }

    /// Does what an answer asks for: a host that is asked too much is left in peace, and so is one that refuses shortly
    /// after it has said so. Whoever lent the turn hears of it too.
    fn heed(
        &self,
        publisher: &str,
        permit: &mut Permit,
        answer: Result<Answer, FetchError>,
    ) -> Result<Answer, FetchError> {
        let mut unheard = HostWord::default();
        let (word, counted) = match permit.word() {
            Some(word) => (word, Counted::ByLender),
            None => (&mut unheard, Counted::Here),
        };
        match answer {
            Err(FetchError::Status { status: 429, retry_after }) => {
                self.gate.complaint(publisher, retry_after, counted);
                word.complaint = Some(retry_after);
            }
            Err(FetchError::Status { status: status @ 403, retry_after }) if self.gate.has_complained(publisher) => {
                self.gate.complaint(publisher, retry_after, counted);
                word.complaint = Some(retry_after);
                if retry_after.is_none() {
                    return Err(FetchError::Limited { status });
                }
            }
            Err(FetchError::Status { retry_after: Some(delay), .. }) => {
                self.gate.hold(publisher, delay, counted);
                word.hold = Some(delay);
            }
            Ok(_) => {
                if counted == Counted::Here {
                    self.gate.content(publisher);
                }
                word.is_content = true;
            }
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

    fn proxy_for(&self, url: &Url) -> Option<&Proxy> {
        self.settings.proxy_for(url.host_str().unwrap_or_default(), self.of_source.as_ref())
    }

    async fn ask(
        &self,
        client: &Client,
        reader: Reader,
        url: &Url,
        request: FetchRequest<'_>,
        cookies: &mut ChainCookies,
        record: &mut Exchange,
    ) -> Result<Answer, FetchError> {
        let doing = Doing {
            host: url.host_str().unwrap_or_default(),
            is_tls: url.scheme() == "https",
            proxy: self.proxy_for(url),
            settings: &self.settings,
            n_body_bytes: None,
        };
        let accept = match request.purpose {
            Purpose::Poll | Purpose::Discovery => ACCEPT_FEED,
            Purpose::Article => ACCEPT_PAGE,
            Purpose::Robots => ACCEPT_ANY,
        };
        let mut builder = client.get(url.clone()).header(ACCEPT, accept).header(ACCEPT_ENCODING, coding::ACCEPTED);
        let Validators { etag, last_modified } = request.validators;
        for (name, value) in [(IF_NONE_MATCH, etag), (IF_MODIFIED_SINCE, last_modified)] {
            if let Some(value) = value.as_deref().and_then(|value| HeaderValue::from_str(value).ok()) {
                builder = builder.header(name, value);
            }
        }
        builder = match (self.login.as_ref().and_then(|login| login.credentials_for(url)), cookies.header_for(url)) {
            (Some(credentials), set) => login::signed(builder, credentials, set),
            (None, Some(set)) => builder.header(COOKIE, set),
            (None, None) => builder,
        };
        let unanswered = |error| FetchError::from_client(&error, &doing);
        let response = match reader {
            Reader::Lenient => Box::pin(self.lenient.send(&builder.build().map_err(unanswered)?, &doing)).await?,
            Reader::Client | Reader::ClientFirst => builder.send().await.map_err(unanswered)?,
        };
        if reader == Reader::ClientFirst && headers::is_chunked_unawares(response.headers()) {
            let reason = "it is sent in chunks, which its Transfer-Encoding does not name last".to_owned();
            return Err(FetchError::Header { host: doing.host.to_owned(), reason });
        }
        cookies.keep(url, response.headers());
        let status = response.status().as_u16();
        record.status = Some(status);
        match status {
            200..=299 => {}
            304 if !request.validators.is_empty() => {
                return Ok(Answer::NotModified { max_age_s: max_age_s(response.headers(), Timestamp::now()) });
            }
            // The proxy's word, and not the host's.
            407 if let Some(proxy) = doing.proxy => {
                let reason = format!("the proxy {proxy} asks for other credentials: 407");
                return Err(FetchError::Connect(reason));
            }
            301 | 302 | 303 | 307 | 308 => return redirect_of(url, &response),
            _ => {
                return Err(FetchError::Status { status, retry_after: retry_after(response.headers()) });
            }
        }
        let limit = match request.purpose {
            Purpose::Poll | Purpose::Discovery => self.settings.feed_bytes_max,
            Purpose::Article => self.settings.page_bytes_max,
            Purpose::Robots => ROBOTS_BYTES_MAX,
        };
        let bounds = Bounds {
            bytes_max: limit,
            is_cut: request.purpose == Purpose::Robots,
            keeps_files: matches!(request.purpose, Purpose::Poll | Purpose::Discovery),
        };
        let headers = response.headers().clone();
        let raw = read_body(response, bounds, &self.large_bodies, doing, record).await?;
        let validators = headers::validators(&headers);
        let (body, validators, is_cut_short) = match coding::undone(raw, coding::declared(&headers), bounds).await {
            Ok(body) => (body, validators, false),
            // A part would be taken for the whole article.
            Err(CodingError::CutShort(_)) if request.purpose == Purpose::Article => {
                let reason = "what it packs ends early".to_owned();
                let host = url.host_str().unwrap_or_default().to_owned();
                return Err(FetchError::ShortBody { host, n_bytes: record.bytes, reason });
            }
            // Of a list there is what there is. By its validators the rest would never come.
            Err(CodingError::CutShort(body)) => (body, Validators::default(), true),
            Err(CodingError::TooLarge) => return Err(FetchError::TooLarge { limit }),
            Err(CodingError::Broken(reason)) => return Err(FetchError::Coding(reason)),
        };
        record.bytes = u64::try_from(body.len()).unwrap_or(u64::MAX);
        let content_type = text_of(&headers, &CONTENT_TYPE);
        if request.purpose != Purpose::Robots
            && let Some(to) = refresh::target(&headers, content_type.as_deref(), &body, url).await
        {
            return Ok(Answer::Redirect { to, by: Way::Refresh });
        }
        let fetched_at = Timestamp::now();
        Ok(Answer::Document(Box::new(FetchedDocument {
            requested_url: url.clone(),
            final_url: url.clone(),
            moved_permanently: false,
            status,
            content_type,
            content_language: text_of(&headers, &CONTENT_LANGUAGE),
            link: lines_of(&headers, "link"),
            robots_tag: lines_of(&headers, "x-robots-tag"),
            reservations: reservations::of_headers(&headers),
            validators,
            max_age_s: max_age_s(&headers, fetched_at),
            fetched_at,
            body,
            is_cut_short,
        })))
    }

    /// The sitemaps that a host's robots.txt names, as written there; none where it cannot be had.
    pub async fn sitemaps(&self, url: &Url, exchanges: &mut Vec<Exchange>) -> Vec<String> {
        match self.robots_of(url, exchanges).await {
            Ok(Rules::Known(known)) => known.rules.sitemaps().to_vec(),
            Ok(Rules::Unreachable(_)) | Err(_) => Vec::new(),
        }
    }

    /// Whether nobody speaks HTTP at an address: its robots.txt, which is asked for where it is not known, cannot be had for
    /// want of an answer.
    pub async fn is_deaf(&self, url: &Url) -> bool {
        let class = match self.robots_of(url, &mut Vec::new()).await {
            Ok(Rules::Known(_)) | Err(FetchError::HostBusy { .. }) => return false,
            Ok(Rules::Unreachable(failure)) => failure.class,
            Err(error) => error.class(),
        };
        matches!(class, ErrorClass::Connect | ErrorClass::Header | ErrorClass::Tls | ErrorClass::Timeout)
    }

    /// Asks the host's robots.txt whether a page may be fetched.
    async fn check_robots(&self, url: &Url, exchanges: &mut Vec<Exchange>) -> Result<(), FetchError> {
        let host = url.host_str().unwrap_or_default().to_owned();
        match self.robots_of(url, exchanges).await? {
            Rules::Known(known) if known.rules.allows(url) => Ok(()),
            Rules::Known(_) => Err(FetchError::RobotsForbid { host, path: url.path().to_owned() }),
            Rules::Unreachable(failure) => Err(FetchError::RobotsUnreachable { host, reason: failure.reason }),
        }
    }

    /// What a host's robots.txt says, asked for where it is not known.
    async fn robots_of(&self, url: &Url, exchanges: &mut Vec<Exchange>) -> Result<Rules, FetchError> {
        let entry = self.robots.entry(url);
        let mut entry = entry.lock().await;
        self.recall_robots(url, &mut entry);
        match robots::fresh(entry.as_ref()) {
            Some(rules) => Ok(rules),
            None => {
                let rules = self.fetch_robots(url, exchanges).await?;
                self.heed_delay(url, &rules);
                let expiry = self.robots.expiry(&rules);
                let rules = robots::renewed(entry.as_ref(), rules);
                if let Rules::Unreachable(failure) = &rules {
                    self.robots.note(url, Err(failure.clone()));
                }
                *entry = Some((rules.clone(), expiry));
                Ok(rules)
            }
        }
    }

    /// Takes up what an earlier process has read of a host's robots.txt, unless more is known.
    fn recall_robots(&self, url: &Url, entry: &mut Option<(Rules, std::time::Instant)>) {
        if entry.is_none()
            && let Some(recalled) = self.robots.recalled(url)
        {
            self.heed_delay(url, &recalled.0);
            *entry = Some(recalled);
        }
    }

    /// Keeps the pause that a robots.txt asks for.
    fn heed_delay(&self, url: &Url, rules: &Rules) {
        if let Rules::Known(known) = rules
            && let Some(pause) = known.rules.crawl_delay()
        {
            self.gate.set_pause(&self.whose_turn(url).0, pause.min(self.settings.crawl_delay_max));
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
        let mut cookies = ChainCookies::default();
        for _ in 0..=self.settings.redirects_max {
            let request = FetchRequest { url: &url, purpose: Purpose::Robots, validators: &validators };
            match self.exchange(&url, request, &mut cookies, exchanges).await {
                Ok(Answer::Document(document)) => {
                    let rules = robots::parse(&document.body);
                    self.robots.note(page, Ok(document.body));
                    return Ok(rules);
                }
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
                Err(error @ FetchError::Connect(_)) if self.proxy_for(&url).is_some() => return Err(error),
                Ok(Answer::NotModified { .. })
                | Err(FetchError::Redirect(_) | FetchError::Status { status: 400..=499, .. }) => break,
                Err(error) => return Ok(Rules::Unreachable(error.failure())),
            }
        }
        // RFC 9309, sections 2.3.1.2 and 2.3.1.3: what cannot be had, or only by too many redirects, allows everything.
        self.robots.note(page, Ok(Vec::new()));
        Ok(robots::allow_all())
    }
}

/// A host whose turn has not come.
fn busy(busy: Busy) -> FetchError {
    let wait = SignedDuration::try_from(busy.wait).unwrap_or(SignedDuration::MAX);
    FetchError::HostBusy { until: Timestamp::now().checked_add(wait).unwrap_or(Timestamp::MAX) }
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

/// Who reads an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// The client, whatever comes of it.
    Client,
    /// The client, and the lenient reader where that cannot.
    ClientFirst,
    Lenient,
}

enum Answer {
    Document(Box<FetchedDocument>),
    NotModified { max_age_s: Option<u32> },
    Redirect { to: Url, by: Way },
}

/// How an answer sends on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// 301 or 308.
    Permanent,
    /// Another status.
    Temporary,
    /// A page that says so.
    Refresh,
}

/// Reads a body as it is sent, and stops when it grows too large: packed it is no larger than unpacked.
async fn read_body(
    mut response: Response,
    bounds: Bounds,
    large_bodies: &LargeBodies,
    doing: Doing<'_>,
    record: &mut Exchange,
) -> Result<Vec<u8>, FetchError> {
    let limit = bounds.bytes_max;
    let ends_with_connection = headers::ends_with_connection(response.version(), response.headers());
    let announced =
        response.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let mut body = Vec::with_capacity(announced.unwrap_or(0).min(limit).min(BUFFER_BYTES_MAX));
    loop {
        let chunk = match response.chunk().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => break,
            // A server that ends TLS without a word. As no length was declared, this is the end, for browsers and curl too.
            Err(error) if ends_with_connection && is_unexpected_end(&error) => break,
            Err(error) => {
                return Err(FetchError::from_client(&error, &Doing { n_body_bytes: Some(record.bytes), ..doing }));
            }
        };
        let room = limit - body.len();
        record.bytes += u64::try_from(chunk.len()).unwrap_or(0);
        if chunk.len() > room {
            if !bounds.is_cut {
                return Err(FetchError::TooLarge { limit });
            }
            body.extend_from_slice(&chunk[..room]);
            break;
        }
        body.extend_from_slice(&chunk);
        large_bodies.keep_pace(chunk.len(), record.bytes).await;
    }
    Ok(body)
}

fn redirect_of(from: &Url, response: &Response) -> Result<Answer, FetchError> {
    let status = response.status().as_u16();
    let Some(location) = headers::location(response.headers()) else {
        return Err(FetchError::Redirect(format!("the server answered {status} without saying where to")));
    };
    match from.join(&location) {
        Ok(to) if matches!(to.scheme(), "http" | "https") => {
            let by = if matches!(status, 301 | 308) { Way::Permanent } else { Way::Temporary };
            Ok(Answer::Redirect { to, by })
        }
        _ => Err(FetchError::Redirect(format!("the server redirects to {location:?}, which cannot be followed"))),
    }
}

/// Chooses the TLS implementation, once for the process.
pub(super) fn install_tls() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // An error means that somebody has chosen one before us, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

#[cfg(test)]
mod tests;
