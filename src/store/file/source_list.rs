//! Lists of sources as a whole, as they are brought into the database.

/// Who keeps the list of sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListKeeper {
    /// The sources file of the settings. What was added by command is not on it, and stays.
    SourcesFile,
    /// A command, where the settings have no list: what it is given is all that is followed.
    Command,
}

impl ListKeeper {
    /// What `sources.origin` says of its sources.
    #[must_use]
    pub fn origin(self) -> &'static str {
        match self {
            ListKeeper::SourcesFile => "file",
            ListKeeper::Command => "command",
        }
    }

    /// Whether a source of this origin and state is no longer followed when the list does not have it.
    pub(in crate::store) fn removes(self, origin: &str, state: &str) -> bool {
        match self {
            ListKeeper::SourcesFile => origin == "file" && state != "removed",
            // What is only fetched by hand, or was imported, is followed by nobody.
            ListKeeper::Command => matches!(state, "active" | "paused" | "gone"),
        }
    }

    /// Whether a source that somebody else has listed becomes one of its own though all else is as it was.
    pub(in crate::store) fn takes_over(self, origin: &str) -> bool {
        self == ListKeeper::Command && origin == "file"
    }
}
