//! The places of connections: so many are open at one time. When all are taken and another one comes, the peer that has stood still
//! longest gives its place up: whoever opens connections and takes no answer keeps nobody out.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// So long a peer stands still before its place goes to another. One that reads takes something within it, on a slow line too, and
/// one that only keeps a connection for its next request can open another one.
const STILL_MIN: Duration = Duration::from_secs(1);

/// Between two looks for one that stands still, while somebody waits.
const LOOK_PAUSE: Duration = Duration::from_millis(100);

/// All places.
#[derive(Debug)]
pub(super) struct Places {
    free: Arc<Semaphore>,
    taken: Mutex<Vec<Arc<Standing>>>,
}

impl Places {
    pub(super) fn new(n_places: usize) -> Arc<Places> {
        Arc::new(Places { free: Arc::new(Semaphore::new(n_places)), taken: Mutex::default() })
    }

    /// Waits for a place.
    pub(super) async fn take(self: &Arc<Self>) -> Place {
        let permit = loop {
            if let Ok(permit) = Arc::clone(&self.free).try_acquire_owned() {
                break permit;
            }
            self.close_stillest();
            let freed = tokio::time::timeout(LOOK_PAUSE, Arc::clone(&self.free).acquire_owned()).await;
            if let Ok(Ok(permit)) = freed {
                break permit;
            }
        };
        let standing = Arc::new(Standing::default());
        self.taken().push(Arc::clone(&standing));
        Place { standing, places: Arc::clone(self), _permit: permit }
    }

    fn close_stillest(&self) {
        let mut taken = self.taken();
        let still = taken.iter().enumerate().filter_map(|(at, standing)| Some((standing.still_for()?, at)));
        if let Some((_, at)) = still.filter(|(time, _)| *time >= STILL_MIN).max() {
            taken.swap_remove(at).leave.notify_one();
        }
    }

    fn taken(&self) -> MutexGuard<'_, Vec<Arc<Standing>>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place that a connection has, for as long as this lives.
#[derive(Debug)]
pub(super) struct Place {
    standing: Arc<Standing>,
    places: Arc<Places>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.taken().retain(|standing| !Arc::ptr_eq(standing, &self.standing));
    }
}

impl Place {
    /// How the peer of this connection stands.
    pub(super) fn standing(&self) -> &Arc<Standing> {
        &self.standing
    }
}

/// Whether a peer does anything, or is waited for.
#[derive(Debug)]
pub(super) struct Standing {
    began: Instant,
    /// Milliseconds from there to when a byte last went either way.
    moved_ms: AtomicU64,
    /// Whether it is the peer that waits.
    is_answering: AtomicBool,
    leave: Notify,
}

impl Default for Standing {
    fn default() -> Standing {
        Standing {
            began: Instant::now(),
            moved_ms: AtomicU64::new(0),
            is_answering: AtomicBool::new(false),
            leave: Notify::new(),
        }
    }
}

impl Standing {
    /// Waits until the place is needed for another.
    pub(super) async fn is_to_leave(&self) {
        self.leave.notified().await;
    }

    /// Makes an answer: whoever waits for it does not stand still.
    pub(super) async fn answering<T>(&self, answer: impl Future<Output = T>) -> T {
        self.is_answering.store(true, Ordering::Relaxed);
        let answer = answer.await;
        self.move_on();
        self.is_answering.store(false, Ordering::Relaxed);
        answer
    }

    fn move_on(&self) {
        let passed = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.moved_ms.store(passed, Ordering::Relaxed);
    }

    /// How long it has stood still; nothing where it waits for an answer.
    fn still_for(&self) -> Option<Duration> {
        let moved = Duration::from_millis(self.moved_ms.load(Ordering::Relaxed));
        (!self.is_answering.load(Ordering::Relaxed)).then(|| self.began.elapsed().saturating_sub(moved))
    }
}

/// A stream that tells how its peer stands.
#[derive(Debug)]
pub(super) struct Watched<S> {
    pub(super) stream: S,
    pub(super) standing: Arc<Standing>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let n_before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buf);
        if buf.filled().len() > n_before {
            self.standing.move_on();
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if matches!(written, Poll::Ready(Ok(1..))) {
            self.standing.move_on();
        }
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        if matches!(written, Poll::Ready(Ok(1..))) {
            self.standing.move_on();
        }
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    /// Time for what is to happen at once.
    const AT_ONCE: Duration = Duration::from_millis(50);

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_stands_still_gives_its_place_up_and_no_other_does() {
        let places = Places::new(3);
        let (still, moving, asking) = (places.take().await, places.take().await, places.take().await);
        let (mut here, mut there) = tokio::io::duplex(64);
        let answer = asking.standing().answering(std::future::pending::<()>());
        let busy = async {
            let mut stream = Watched { stream: &mut here, standing: Arc::clone(moving.standing()) };
            loop {
                stream.write_all(b"byte").await.unwrap();
                there.read_exact(&mut [0; 4]).await.unwrap();
                tokio::time::sleep(AT_ONCE).await;
            }
        };
        let waits = async {
            let begun = Instant::now();
            let told = async {
                still.standing().is_to_leave().await;
                assert!(begun.elapsed() >= STILL_MIN, "{:?}", begun.elapsed());
                drop(still);
            };
            let (_another, ()) = tokio::join!(places.take(), told);
            // The new one has just come, and the others are not waited for.
            let more = tokio::time::timeout(STILL_MIN / 2, places.take()).await;
            assert!(more.is_err());
            for place in [&moving, &asking] {
                assert!(tokio::time::timeout(AT_ONCE, place.standing().is_to_leave()).await.is_err());
            }
        };
        tokio::select! {
            () = waits => {}
            () = answer => unreachable!("it is never made"),
            () = busy => unreachable!("it goes on"),
        }
    }
}
