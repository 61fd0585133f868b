//! Locks of the server, which outlive a panic.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A lock whose holders do not panic half-way; it is never held across an await.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
