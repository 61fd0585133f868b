//! What all pages are made with.

use std::sync::Arc;

use jiff::Timestamp;

use crate::config::{ScheduleSettings, StoreSettings};

/// The database, and the settings by which it is written.
#[derive(Debug)]
pub(super) struct Basis {
    pub(super) store: StoreSettings,
    pub(super) schedule: ScheduleSettings,
    /// Whether workers elsewhere may get its work.
    pub(super) has_queue: bool,
}

/// What all pages are made with.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) basis: Arc<Basis>,
    pub(super) now: Timestamp,
}

impl Frame {
    /// The database's name, for people.
    pub(super) fn database(&self) -> String {
        let name = self.basis.store.path.file_name();
        name.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    }
}
