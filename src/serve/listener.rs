//! Where requests come in: a port of the loopback device, a Unix socket, or what the service manager listens at for us.

use std::convert::Infallible;
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use listenfd::ListenFd;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::task::JoinSet;
use tracing::{debug, info, warn};

use crate::config::{Listen, MUST_ASK};

use super::answers::{Answers, Whence};
use super::places::{Place, Places, Standing, Watched};

/// Connections at one time; more wait, or take the place of one whose peer stands still.
const CONNECTIONS_MAX: usize = 256;

/// Time for one connection, which may bring several requests. Browsers open another one.
const CONNECTION_TIME_MAX: Duration = Duration::from_mins(1);

/// Time for the request that is being answered then.
const LAST_ANSWER_TIME_MAX: Duration = Duration::from_secs(30);

/// Time for the head of a request.
const HEAD_TIME_MAX: Duration = Duration::from_secs(2);

/// Pause after a failed `accept`, which is mostly a want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Who may ask at a Unix socket: the daemon's user and its group, as they may read the database.
const SOCKET_MODE: u32 = 0o660;

/// Why nothing can be listened at.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The system refuses.
    #[error("http.listen: {place}: {reason}")]
    Refused {
        /// The address or path.
        place: String,
        /// What the system says.
        reason: io::Error,
    },
    /// Others than this machine would be answered, and nobody is asked who they are.
    #[error("{place} {}", MUST_ASK)]
    Unguarded {
        /// The address.
        place: String,
    },
    /// The password that others must give.
    #[error("http.credentials = {name:?}: {rule}")]
    Password {
        /// The name under which it is kept.
        name: String,
        /// What is wrong with it.
        rule: String,
    },
    /// `systemd` is named, and it hands over no socket.
    #[error("http.listen is \"systemd\", and no socket was handed over: start newswire.socket, or name an address")]
    NothingHandedOver,
}

impl ListenError {
    /// Whether somebody else listens there.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        matches!(self, ListenError::Refused { reason, .. } if reason.kind() == io::ErrorKind::AddrInUse)
    }
}

/// Requests are taken for as long as this lives.
#[derive(Debug)]
pub struct Listening {
    tasks: JoinSet<()>,
    /// A socket's file, which goes with it.
    file: Option<PathBuf>,
    places: Vec<String>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.tasks.abort_all();
        if let Some(file) = &self.file {
            // Somebody else may have taken it away.
            let _ = std::fs::remove_file(file);
        }
    }
}

impl Listening {
    /// Begins to take requests.
    pub(super) fn begin(listen: &Listen, answers: &Arc<Answers>) -> Result<Listening, ListenError> {
        if let Listen::Tcp(address) = listen
            && !listen.is_local()
            && !answers.guard.asks()
        {
            return Err(ListenError::Unguarded { place: address.to_string() });
        }
        let (sockets, file) = open(listen)?;
        // What the service manager listens at is known now.
        let open = sockets.iter().find(|socket| !socket.is_local());
        if let Some(open) = open.filter(|_| !answers.guard.asks()) {
            return Err(ListenError::Unguarded { place: open.place() });
        }
        let places: Vec<String> = sockets.iter().map(Socket::place).collect();
        let free = Places::new(CONNECTIONS_MAX);
        let mut tasks = JoinSet::new();
        for socket in sockets {
            info!("requests are answered at {}", socket.place());
            tasks.spawn(accept(socket, Arc::clone(answers), Arc::clone(&free)));
        }
        Ok(Listening { tasks, file, places })
    }

    /// Where: addresses with their ports, paths of sockets.
    #[must_use]
    pub fn places(&self) -> &[String] {
        &self.places
    }
}

/// A socket that is listened at.
enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Socket {
    /// Whether nobody but processes of this machine can ask.
    fn is_local(&self) -> bool {
        match self {
            Socket::Tcp(listener) => listener.local_addr().is_ok_and(|at| at.ip().is_loopback()),
            Socket::Unix(_) => true,
        }
    }

    fn place(&self) -> String {
        match self {
            Socket::Tcp(listener) => {
                listener.local_addr().map_or_else(|_| "?".to_owned(), |at| format!("http://{at}/"))
            }
            Socket::Unix(listener) => {
                let address = listener.local_addr().ok();
                let path = address.as_ref().and_then(|address| address.as_pathname());
                path.map_or_else(|| "a Unix socket".to_owned(), |path| path.display().to_string())
            }
        }
    }
}

fn open(listen: &Listen) -> Result<(Vec<Socket>, Option<PathBuf>), ListenError> {
    match listen {
        Listen::Tcp(address) => {
            let refused = |reason| ListenError::Refused { place: address.to_string(), reason };
            let listener = std::net::TcpListener::bind(address).map_err(refused)?;
            Ok((vec![tcp(listener).map_err(refused)?], None))
        }
        Listen::Unix(path) => {
            let refused = |reason| ListenError::Refused { place: path.display().to_string(), reason };
            Ok((vec![Socket::Unix(bind(path).map_err(refused)?)], Some(path.clone())))
        }
        Listen::Activated => {
            let refused = |reason| ListenError::Refused { place: "a socket of the service manager".to_owned(), reason };
            let sockets = handed_over().map_err(refused)?;
            if sockets.is_empty() { Err(ListenError::NothingHandedOver) } else { Ok((sockets, None)) }
        }
    }
}

fn tcp(listener: std::net::TcpListener) -> io::Result<Socket> {
    listener.set_nonblocking(true)?;
    Ok(Socket::Tcp(TcpListener::from_std(listener)?))
}

/// Binds a path. A socket that a dead process left there is taken away, and nothing else.
fn bind(path: &Path) -> io::Result<UnixListener> {
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket());
    if is_socket && std::os::unix::net::UnixStream::connect(path).is_err() {
        std::fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(SOCKET_MODE))?;
    Ok(listener)
}

/// The sockets with which the service manager started us.
fn handed_over() -> io::Result<Vec<Socket>> {
    let mut handed = ListenFd::from_env();
    let mut sockets = Vec::new();
    for index in 0..handed.len() {
        if let Ok(Some(listener)) = handed.take_tcp_listener(index) {
            sockets.push(tcp(listener)?);
        } else if let Some(listener) = handed.take_unix_listener(index)? {
            listener.set_nonblocking(true)?;
            sockets.push(Socket::Unix(UnixListener::from_std(listener)?));
        }
    }
    Ok(sockets)
}

/// A connection.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

async fn accept(socket: Socket, answers: Arc<Answers>, places: Arc<Places>) {
    let mut serving = JoinSet::new();
    loop {
        while serving.try_join_next().is_some() {}
        let accepted: io::Result<(Box<dyn Stream>, Whence)> = match &socket {
            Socket::Tcp(listener) => listener.accept().await.map(|(stream, _)| {
                let at = stream.local_addr().ok().map(|at| at.ip());
                (Box::new(stream) as Box<dyn Stream>, Whence::Tcp(at))
            }),
            Socket::Unix(listener) => {
                listener.accept().await.map(|(stream, _)| (Box::new(stream) as Box<dyn Stream>, Whence::Unix))
            }
        };
        match accepted {
            Ok((stream, whence)) => {
                // Only now is it known that somebody waits for a place.
                let place = places.take().await;
                serving.spawn(serve(stream, place, Arc::clone(&answers), whence));
            }
            Err(error) => {
                warn!("a request could not be taken: {error}");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Answers the requests of a connection. One that brings none for a while is closed, as one that takes its time over a head.
async fn serve(stream: Box<dyn Stream>, place: Place, answers: Arc<Answers>, whence: Whence) {
    let standing = Arc::clone(place.standing());
    tokio::select! {
        () = converse(stream, &standing, answers, whence) => {}
        () = standing.is_to_leave() => debug!("a connection that stood still was closed for another one"),
    }
}

async fn converse(stream: Box<dyn Stream>, standing: &Arc<Standing>, answers: Arc<Answers>, whence: Whence) {
    let service = service_fn(|request| {
        let (answers, standing) = (Arc::clone(&answers), Arc::clone(standing));
        async move { Ok::<_, Infallible>(standing.answering(answers.answer(request, whence)).await) }
    });
    let stream = Watched { stream, standing: Arc::clone(standing) };
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME_MAX)
        // Whoever has asked may say so, and still wants the answer.
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = match tokio::time::timeout(CONNECTION_TIME_MAX, &mut connection).await {
        Ok(ended) => Ok(ended),
        Err(_) => {
            connection.as_mut().graceful_shutdown();
            tokio::time::timeout(LAST_ANSWER_TIME_MAX, connection).await
        }
    };
    match ended {
        Ok(Ok(())) => {}
        Ok(Err(error)) => debug!("a request ended early: {error}"),
        Err(_) => debug!("a request took too long"),
    }
}
