//! The second reader: asks for what the client of the library cannot read, and reads the answer leniently.
//!
//! The library lets nobody between its connections and its parser, so this makes a connection of its own, for one request
//! in HTTP/1.1, by the same rules: to addresses that were checked, with the same authorities, within the same limits.

use std::collections::HashSet;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, HOST, HeaderValue, USER_AGENT};
use hyper_util::rt::TokioIo;
use reqwest::{Body, Request, Response};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::ConfigVerifierExt as _;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};
use tokio_rustls::TlsConnector;
use url::{Host, Position, Url};

use crate::config::FetchSettings;

use super::address::{AddressRefused, AddressRules};
use super::error::{Doing, FetchError, Phase};
use super::wire::{AnswerRewriter, FIELDS_MAX, Unreadable};

/// Hosts remembered that this reader is for. There are few; when there are more, all are forgotten, which costs each of
/// them one request that is made twice.
const HOSTS_MAX: usize = 1024;

/// How long an answer may be silent when it has one of several lengths that it tells. One that goes on does so at once; a
/// server that leaves the connection open would be waited for as long as one that sends slowly.
const LENGTHS_PATIENCE: Duration = Duration::from_secs(2);

/// Bytes that are read at once.
const READ_BYTES: usize = 16 * 1024;

/// Asks and reads leniently. Clones share what they remember.
#[derive(Clone, Debug)]
pub(super) struct LenientReader {
    addresses: AddressRules,
    settings: Arc<FetchSettings>,
    /// Made when it is first needed, since the certificates of all authorities are read for it.
    tls: Arc<OnceLock<Arc<ClientConfig>>>,
    /// Hosts, with their ports, whose answers the client could not read.
    hosts: Arc<Mutex<HashSet<String>>>,
}

impl LenientReader {
    pub(super) fn new(addresses: AddressRules, settings: Arc<FetchSettings>) -> Self {
        LenientReader { addresses, settings, tls: Arc::default(), hosts: Arc::default() }
    }

    /// The same reader with the memory of another.
    pub(super) fn recalling(self, other: &LenientReader) -> Self {
        LenientReader { hosts: other.hosts.clone(), ..self }
    }

    /// Notes that a host answers what the client cannot read, so that it is not asked twice each time.
    pub(super) fn note(&self, url: &Url) {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() == HOSTS_MAX {
            hosts.clear();
        }
        hosts.insert(url[Position::BeforeHost..Position::AfterPort].to_owned());
    }

    /// Whether a host is to be asked by this reader at once.
    pub(super) fn is_for(&self, url: &Url) -> bool {
        let hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.contains(&url[Position::BeforeHost..Position::AfterPort])
    }

    /// Sends a request, never by way of a proxy, and reads the head of its answer.
    pub(super) async fn send(&self, request: &Request, doing: &Doing<'_>) -> Result<Response, FetchError> {
        let url = request.url();
        let limit = self.settings.connect_timeout;
        let stream = tokio::time::timeout(limit, self.connect(url, doing)).await.unwrap_or_else(|_| {
            let phase = if doing.is_tls { Phase::ConnectTls } else { Phase::Connect };
            Err(FetchError::Timeout { host: doing.host.to_owned(), phase, limit })
        })?;
        let (reading, writing) = tokio::io::split(stream);
        let reading = Rewritten::new(reading, self.settings.read_timeout);
        let request = self.as_sent(request, doing)?;
        let (mut sender, connection) = http1::Builder::new()
            .max_headers(FIELDS_MAX + 1)
            .handshake(TokioIo::new(tokio::io::join(reading, writing)))
            .await
            .map_err(|error| FetchError::from_reader(&error, doing))?;
        // Ends with the answer, or when nobody waits for it any more. Its errors arrive with the answer too.
        tokio::spawn(connection);
        let answer = sender.send_request(request).await.map_err(|error| FetchError::from_reader(&error, doing))?;
        Ok(answer.map(Body::wrap).into())
    }

    /// The request as it goes over the wire.
    fn as_sent(&self, request: &Request, doing: &Doing<'_>) -> Result<hyper::Request<Empty<Bytes>>, FetchError> {
        let url = request.url();
        let unsendable =
            |_| FetchError::Connect(format!("{} cannot be asked for what stands in the address", doing.host));
        let mut sent = hyper::Request::get(&url[Position::BeforePath..Position::AfterQuery])
            .body(Empty::new())
            .map_err(unsendable)?;
        let headers = sent.headers_mut();
        headers.clone_from(request.headers());
        let host = &url[Position::BeforeHost..Position::AfterPort];
        for (name, value) in [(HOST, host), (USER_AGENT, &self.settings.user_agent)] {
            headers.insert(name, HeaderValue::from_str(value).map_err(|error| unsendable(error.into()))?);
        }
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        Ok(sent)
    }

    /// A connection to the host, with TLS where the address says so.
    async fn connect(&self, url: &Url, doing: &Doing<'_>) -> Result<Box<dyn Stream>, FetchError> {
        let host = doing.host.to_owned();
        let stream = self.connect_tcp(url, doing).await?;
        if !doing.is_tls {
            return Ok(Box::new(stream));
        }
        let untrusted = |reason: String| FetchError::Tls { host: host.clone(), reason };
        let config = self.tls().map_err(|error| untrusted(error.to_string()))?;
        let name = match url.host() {
            Some(Host::Ipv4(address)) => ServerName::from(std::net::IpAddr::from(address)),
            Some(Host::Ipv6(address)) => ServerName::from(std::net::IpAddr::from(address)),
            _ => ServerName::try_from(host.clone()).map_err(|error| untrusted(error.to_string()))?,
        };
        let stream = TlsConnector::from(config).connect(name, stream).await;
        Ok(Box::new(stream.map_err(|error| untrusted(error.to_string()))?))
    }

    async fn connect_tcp(&self, url: &Url, doing: &Doing<'_>) -> Result<TcpStream, FetchError> {
        let addresses = match url.host() {
            Some(Host::Domain(name)) => self.addresses.addresses_of(name).await.map_err(|error| {
                error.downcast_ref::<AddressRefused>().map_or_else(
                    || FetchError::Dns { host: doing.host.to_owned(), reason: error.to_string() },
                    |refused| FetchError::Address(refused.clone()),
                )
            })?,
            Some(Host::Ipv4(address)) => vec![(address, 0).into()],
            Some(Host::Ipv6(address)) => vec![(address, 0).into()],
            None => Vec::new(),
        };
        // One that does not answer leaves time for the others.
        let limit = self.settings.connect_timeout / u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
        let mut reason = "it has no address".to_owned();
        for mut address in addresses {
            // As the library does: a port that the user fixed for a name stands in for the usual one.
            if let Some(port) = url.port().or(url.port_or_known_default().filter(|_| address.port() == 0)) {
                address.set_port(port);
            }
            match tokio::time::timeout(limit, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => reason = error.to_string(),
                Err(_) => reason = format!("{address} does not answer"),
            }
        }
        Err(FetchError::Connect(format!("no connection to {}: {reason}", doing.host)))
    }

    fn tls(&self) -> Result<Arc<ClientConfig>, rustls::Error> {
        if let Some(config) = self.tls.get() {
            return Ok(config.clone());
        }
        let mut config = ClientConfig::with_platform_verifier()?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(self.tls.get_or_init(|| Arc::new(config)).clone())
    }
}

/// A connection, whether with TLS or without.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// What comes over a connection, as [`AnswerRewriter`] writes it.
struct Rewritten<S> {
    stream: S,
    rewriter: AnswerRewriter,
    read: Box<[u8]>,
    /// What has been written anew, and how much of it has been passed on.
    written: Vec<u8>,
    n_passed_on: usize,
    /// Whether nothing is read any more, and why, where that is not the end.
    is_ended: bool,
    failed: Option<Unreadable>,
    /// How long the other side may be silent, and the end of that time.
    silence_max: Duration,
    silence: Pin<Box<Sleep>>,
}

impl<S> Rewritten<S> {
    fn new(stream: S, silence_max: Duration) -> Self {
        Rewritten {
            stream,
            rewriter: AnswerRewriter::default(),
            read: vec![0; READ_BYTES].into(),
            written: Vec::new(),
            n_passed_on: 0,
            is_ended: false,
            failed: None,
            silence_max,
            silence: Box::pin(tokio::time::sleep(silence_max)),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Rewritten<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while this.n_passed_on == this.written.len() {
            if let Some(failed) = this.failed.take() {
                this.is_ended = true;
                return Poll::Ready(Err(io::Error::other(failed)));
            }
            if this.is_ended || this.rewriter.is_complete() {
                return Poll::Ready(Ok(()));
            }
            let mut read = ReadBuf::new(&mut this.read);
            match Pin::new(&mut this.stream).poll_read(context, &mut read) {
                Poll::Ready(Ok(())) => {}
                // A server that ends TLS without saying so. Whether that is the end of the answer is told by the answer.
                Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    ready!(this.silence.as_mut().poll(context));
                    if this.rewriter.may_be_complete() {
                        this.is_ended = true;
                        return Poll::Ready(Ok(()));
                    }
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
            }
            this.written.clear();
            this.n_passed_on = 0;
            let taken = if read.filled().is_empty() {
                this.is_ended = true;
                this.rewriter.end()
            } else {
                this.rewriter.take(read.filled(), &mut this.written)
            };
            // After what could still be written.
            this.failed = taken.err();
            let is_patient = !this.rewriter.may_be_complete();
            let silence_max = if is_patient { this.silence_max } else { this.silence_max.min(LENGTHS_PATIENCE) };
            this.silence.as_mut().reset(Instant::now() + silence_max);
        }
        let left = &this.written[this.n_passed_on..];
        let n_taken = left.len().min(into.remaining());
        into.put_slice(&left[..n_taken]);
        this.n_passed_on += n_taken;
        Poll::Ready(Ok(()))
    }
}
