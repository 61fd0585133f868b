//! How fast large bodies are read, all of them together.
//!
//! A body without an end keeps a processor busy for as long as it is read, and some dozens of them keep all. What goes beyond
//! the size of a page or feed is read at a pace that no ordinary line reaches, so that there is always time for the others.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// So much of each body is read as fast as it comes.
const FREE_BYTES: u64 = 512 * 1024;

/// The pace of all the rest, in bytes a second: half a gigabit.
const BYTES_PER_S: u64 = 64 * 1024 * 1024;

/// Delays shorter than this add up until they are worth a sleep.
const SLEEP_MIN: Duration = Duration::from_millis(2);

/// The pace of large bodies. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct LargeBodies {
    /// When all that has been read until now will have had its time.
    free_at: Arc<Mutex<Option<Instant>>>,
}

impl LargeBodies {
    /// Waits as long as the pace asks for, after so many bytes of a body of which `n_read` have come by now.
    pub(super) async fn keep_pace(&self, n_bytes: usize, n_read: u64) {
        if n_read > FREE_BYTES {
            let free_at = self.after(n_bytes, Instant::now());
            if free_at.saturating_duration_since(Instant::now()) >= SLEEP_MIN {
                tokio::time::sleep_until(free_at).await;
            }
        }
    }

    /// Takes the time for so many bytes. Returns when it ends.
    fn after(&self, n_bytes: usize, now: Instant) -> Instant {
        let n_bytes = u64::try_from(n_bytes).unwrap_or(u64::MAX);
        let time = Duration::from_nanos(n_bytes.saturating_mul(1_000_000_000) / BYTES_PER_S);
        let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        let begins_at = free_at.map_or(now, |free_at| free_at.max(now));
        *free_at.insert(begins_at + time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_beyond_a_page_is_read_at_a_pace_that_all_share() {
        let bodies = LargeBodies::default();
        let began = Instant::now();
        bodies.keep_pace(1 << 20, FREE_BYTES).await;
        assert_eq!(began.elapsed(), Duration::ZERO);
        let read = |bodies: LargeBodies| async move {
            for _ in 0..32 {
                bodies.keep_pace(1 << 20, u64::MAX).await;
            }
        };
        tokio::join!(read(bodies.clone()), read(bodies.clone()));
        // 64 MiB of both.
        assert!((990..1010).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
    }
}
