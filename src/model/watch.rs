//! A watch: what somebody wants to be told of.

/// What about a story or an article is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WatchKind {
    /// A story appears.
    StoryNew,
    /// A story grows to so many newsrooms.
    GrowsTo,
    /// An article has another wording.
    Revised,
    /// An article was taken away by its publisher.
    Removed,
}

impl WatchKind {
    /// All of them.
    pub const ALL: [WatchKind; 4] = [WatchKind::StoryNew, WatchKind::GrowsTo, WatchKind::Revised, WatchKind::Removed];

    /// Its name, in the database and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            WatchKind::StoryNew => "story-new",
            WatchKind::GrowsTo => "grows-to",
            WatchKind::Revised => "revised",
            WatchKind::Removed => "removed",
        }
    }

    /// The kind of a name.
    #[must_use]
    pub fn of(name: &str) -> Option<WatchKind> {
        WatchKind::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Whether it is about stories.
    #[must_use]
    pub fn is_of_stories(self) -> bool {
        matches!(self, WatchKind::StoryNew | WatchKind::GrowsTo)
    }
}

/// A watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// Its name.
    pub name: String,
    /// What is looked for, as it is typed for a search.
    pub query: Option<String>,
    /// Row id of the source whose articles count.
    pub source_id: Option<i64>,
    /// The language in which articles count.
    pub language: Option<String>,
    /// What is told.
    pub kind: WatchKind,
    /// The newsrooms by which a story must be told.
    pub min_sources: u32,
    /// The names of the receivers that are told.
    pub receivers: Vec<String>,
}
