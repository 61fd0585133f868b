//! An HTTP/1.1 server on 127.0.0.1 for any number of news sites.
//!
//! One listener serves all sites; which one is meant is told by the `Host` header. A client is led here by naming the
//! hosts' address, which is what [`NewsWeb::resolve_entries`] is for. A browser without such a setting reaches a site
//! through its name as first part of the path: `http://127.0.0.1:PORT/harbour-post.example/`.
//!
//! The server runs on a thread and runtime of its own, so it answers whatever its user's runtime is doing, and it ends
//! when the [`NewsWeb`] is dropped. Resources can be replaced while it runs.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, header};
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, oneshot};

mod answer;
mod body;
mod locked;
mod payload;
mod resource;
mod stats;

pub use resource::{Behaviour, Refusal, Resource};
pub use stats::{HostStats, LoggedRequest};

use answer::Asked;
use body::AnswerBody;
use locked::locked;
use stats::{Log, Visit};

/// Connections served at one time; more wait for one to end. Above what a client with a limit of its own opens, below
/// the usual limit of 1024 open files, which the client in the same process shares.
const CONNECTIONS_MAX: usize = 400;

/// Pause after a failed `accept`, which is mostly a want of file descriptors: long enough for one to come free.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// A site: a host name and what it serves at which path.
#[derive(Clone, Debug)]
pub struct Site {
    host: String,
    resources: HashMap<String, Resource>,
}

impl Site {
    /// A site without content, which answers 404 to everything, robots.txt included.
    #[must_use]
    pub fn new(host: &str) -> Site {
        Site { host: host.to_ascii_lowercase(), resources: HashMap::new() }
    }

    /// Adds a resource. `path` begins with a slash and stands as it does in a request, that is percent-encoded; a
    /// request whose path and query are not found is answered with what stands at its path alone.
    #[must_use]
    pub fn with(mut self, path: &str, resource: Resource) -> Site {
        self.insert(path, resource);
        self
    }

    /// As [`Site::with`], on a site that exists.
    pub fn insert(&mut self, path: &str, resource: Resource) {
        self.resources.insert(path.to_owned(), resource);
    }

    /// The host name.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The paths served, in no order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.resources.keys().map(String::as_str)
    }

    /// What stands at a path.
    #[must_use]
    pub fn resource(&self, path: &str) -> Option<&Resource> {
        self.resources.get(path)
    }
}

/// A running news web. Ends when dropped, requests under way included.
#[derive(Debug)]
pub struct NewsWeb {
    address: SocketAddr,
    hosts: Arc<Hosts>,
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

impl NewsWeb {
    /// Binds a free port of 127.0.0.1 and serves the sites.
    ///
    /// # Errors
    ///
    /// When no port, thread or runtime is to be had.
    pub fn start(sites: Vec<Site>) -> io::Result<NewsWeb> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let hosts = Arc::new(Hosts::new(sites));
        let (stop, stopped) = oneshot::channel();
        let served_hosts = Arc::clone(&hosts);
        let thread = std::thread::Builder::new().name("news-web".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    // The sender is never used: that it is gone is the message.
                    _ = stopped => {}
                    () = accept(listener, served_hosts) => {}
                }
            });
            // Dropping the runtime here drops every connection with it.
        })?;
        Ok(NewsWeb { address, hosts, stop: Some(stop), thread: Some(thread) })
    }

    /// The address of the listener.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `HOST=ADDRESS:PORT` for each site, as the setting `fetch.resolve` wants them, in alphabetical order.
    #[must_use]
    pub fn resolve_entries(&self) -> Vec<String> {
        let mut entries: Vec<String> = self.hosts.table.keys().map(|host| format!("{host}={}", self.address)).collect();
        entries.sort();
        entries
    }

    /// Puts a resource at a path of a site, in place of what stood there. False when there is no such site.
    #[must_use = "false is a misspelt host"]
    pub fn put(&self, host: &str, path: &str, resource: Resource) -> bool {
        let Some(host) = self.hosts.table.get(host) else {
            return false;
        };
        locked(&host.resources).insert(path.to_owned(), Served { resource: Arc::new(resource), n_asked: 0 });
        true
    }

    /// Takes a resource away, so that its path answers 404. False when there was none.
    #[must_use = "false is a misspelt host or path"]
    pub fn remove(&self, host: &str, path: &str) -> bool {
        self.hosts.table.get(host).is_some_and(|host| locked(&host.resources).remove(path).is_some())
    }

    /// What a site was asked so far; empty for an unknown site.
    #[must_use]
    pub fn stats(&self, host: &str) -> HostStats {
        self.hosts.table.get(host).map_or_else(HostStats::default, |host| locked(&host.log).stats())
    }

    /// The requests that all sites got so far.
    #[must_use]
    pub fn n_requests(&self) -> usize {
        self.hosts.table.values().map(|host| locked(&host.log).n_requests()).sum()
    }
}

impl Drop for NewsWeb {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // An error is a panic of the server's thread, which has been printed there.
            let _ = thread.join();
        }
    }
}

/// All sites. Which sites there are is fixed; what they serve is not.
#[derive(Debug)]
struct Hosts {
    table: HashMap<String, Host>,
}

#[derive(Debug)]
struct Host {
    resources: Mutex<HashMap<String, Served>>,
    log: Arc<Mutex<Log>>,
}

/// A resource and how often it was asked for since it was put there.
#[derive(Debug)]
struct Served {
    resource: Arc<Resource>,
    n_asked: u32,
}

impl Hosts {
    fn new(sites: Vec<Site>) -> Hosts {
        let started_at = Instant::now();
        let host = |site: Site| {
            let resources = site.resources.into_iter();
            let served = resources.map(|(path, resource)| (path, Served { resource: Arc::new(resource), n_asked: 0 }));
            let log = Arc::new(Mutex::new(Log::new(started_at)));
            (site.host, Host { resources: Mutex::new(served.collect()), log })
        };
        Hosts { table: sites.into_iter().map(host).collect() }
    }

    /// The site a request means, and the path on it.
    fn route<'a>(&self, host: &str, target: &'a str) -> Option<(&Host, &'a str)> {
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        if let Some(host) = self.table.get(&name.to_ascii_lowercase()) {
            return Some((host, target));
        }
        let in_path = target.strip_prefix('/')?;
        let name_end = in_path.find('/').unwrap_or(in_path.len());
        let (name, rest) = in_path.split_at(name_end);
        Some((self.table.get(name)?, if rest.is_empty() { "/" } else { rest }))
    }
}

impl Host {
    /// The resource that answers to `target`, and how often it was asked for before.
    fn find(&self, target: &str) -> Option<(Arc<Resource>, u32)> {
        let mut resources = locked(&self.resources);
        let path = target.split('?').next().unwrap_or(target);
        let key = if resources.contains_key(target) { target } else { path };
        let served = resources.get_mut(key)?;
        let n_asked_before = served.n_asked;
        served.n_asked = n_asked_before.saturating_add(1);
        Some((Arc::clone(&served.resource), n_asked_before))
    }
}

async fn accept(listener: TcpListener, hosts: Arc<Hosts>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        return;
    };
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                let hosts = Arc::clone(&hosts);
                tokio::spawn(async move {
                    serve(stream, hosts).await;
                    drop(place);
                });
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

/// What a resource wants written to the connection in place of an HTTP answer, and the visit that ends with it.
type Verbatim = Arc<Mutex<Option<(Bytes, Visit)>>>;

async fn serve(stream: TcpStream, hosts: Arc<Hosts>) {
    // Small answers shall not wait for the acknowledgement of the last one; without it they are merely slower.
    let _ = stream.set_nodelay(true);
    let verbatim: Verbatim = Arc::default();
    let service = service_fn(|request| answer_boxed(Arc::clone(&hosts), request, Arc::clone(&verbatim)));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // Errors are a client that went away, or one of our faults that did what it was asked to.
    let _ = poll_fn(|context| connection.poll_without_shutdown(context)).await;
    let mut stream = connection.into_parts().io.into_inner();
    let left_to_say = locked(&verbatim).take();
    if let Some((bytes, visit)) = left_to_say {
        let _ = stream.write_all(&bytes).await;
        drop(visit);
    }
    let _ = stream.shutdown().await;
}

/// Ends a connection without an HTTP answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is to end without an answer")]
struct NoAnswer;

type Answer = Result<Response<AnswerBody>, NoAnswer>;

/// [`answer()`], in the form that lets the connection be taken back from hyper.
fn answer_boxed(
    hosts: Arc<Hosts>,
    request: Request<Incoming>,
    verbatim: Verbatim,
) -> Pin<Box<dyn Future<Output = Answer> + Send>> {
    Box::pin(answer(hosts, request, verbatim))
}

async fn answer(hosts: Arc<Hosts>, request: Request<Incoming>, verbatim: Verbatim) -> Answer {
    let asked = Asked::read(&request);
    let host_header = request.headers().get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let host_name = request.uri().host().unwrap_or(host_header);
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    let Some((host, path)) = hosts.route(host_name, target) else {
        return Ok(answer::not_found(None));
    };

    let mut visit = Visit::begin(&host.log, path, request.headers().get(header::USER_AGENT));
    let Some((resource, n_asked_before)) = host.find(path) else {
        return Ok(answer::not_found(Some(visit)));
    };
    if let Some(refusal) = resource.refusal.as_ref().filter(|refusal| n_asked_before < refusal.n_times) {
        return Ok(answer::refused(refusal, visit));
    }
    if !resource.delay.is_zero() {
        tokio::time::sleep(resource.delay).await;
    }
    match &resource.behaviour {
        Behaviour::Hang => std::future::pending().await,
        Behaviour::Verbatim(bytes) => {
            visit.answered(None);
            *locked(&verbatim) = Some((bytes.clone(), visit));
            Err(NoAnswer)
        }
        _ => Ok(answer::answered(&resource, &asked, visit)),
    }
}
