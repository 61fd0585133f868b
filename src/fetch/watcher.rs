//! Who hears of requests and of waits, and what of them.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::model::{ErrorClass, Purpose};

/// Something that happened on the way to the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchFigure {
    /// A request was made, and answered or not.
    Asked {
        /// Why.
        purpose: Purpose,
        /// How it failed, if it did.
        class: Option<ErrorClass>,
    },
    /// A request has waited for its host's turn, be it in vain.
    Waited(Duration),
}

/// Hears of each, in the midst of the work: it must not wait for anything.
pub type FetchWatcher = Box<dyn Fn(FetchFigure) + Send + Sync>;

/// Who hears of it. Clones are one.
#[derive(Clone, Default)]
pub(super) struct Watchers(Arc<OnceLock<FetchWatcher>>);

impl Watchers {
    /// Tells from now on; only the first who asks hears of it.
    pub(super) fn watch(&self, watcher: FetchWatcher) {
        // Whoever asked before goes on hearing.
        let _ = self.0.set(watcher);
    }

    pub(super) fn tell(&self, figure: FetchFigure) {
        if let Some(watcher) = self.0.get() {
            watcher(figure);
        }
    }
}

impl fmt::Debug for Watchers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watchers").finish_non_exhaustive()
    }
}
