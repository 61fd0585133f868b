//! How many bytes of outcomes may wait for the writing thread.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::store::file::error::StoreError;

/// KiB of outcomes that may wait, those in the transaction that is under way among them: some thousand articles of the usual
/// length.
const KIB_MAX: u32 = 16 * 1024;

/// The room that is left. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Queue(Arc<Semaphore>);

/// Room that an outcome takes up, until this is dropped.
pub(super) type Room = OwnedSemaphorePermit;

impl Queue {
    pub(super) fn new() -> Queue {
        Queue(Arc::new(Semaphore::new(KIB_MAX as usize)))
    }

    /// Waits until there is room for so many bytes, and takes it. One that is larger than all of it has all of it.
    pub(super) async fn room_for(&self, n_bytes: usize) -> Result<Room, StoreError> {
        let n_kib = u32::try_from(n_bytes / 1024 + 1).unwrap_or(KIB_MAX).min(KIB_MAX);
        self.0.clone().acquire_many_owned(n_kib).await.map_err(|_| StoreError::Closed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_so_many_bytes_wait_and_one_that_is_larger_waits_alone() {
        let queue = Queue::new();
        let all = queue.room_for(usize::MAX).await.unwrap();
        assert!(tokio::time::timeout(std::time::Duration::from_millis(10), queue.room_for(1)).await.is_err());
        drop(all);
        let half = KIB_MAX as usize / 2 * 1024 - 1;
        let both = [queue.room_for(half).await.unwrap(), queue.room_for(half).await.unwrap()];
        assert_eq!(queue.0.available_permits(), 0);
        drop(both);
        assert_eq!(queue.0.available_permits(), KIB_MAX as usize);
    }
}
