//! All SQL, and the one thread that writes.
//!
//! [`Store`] is a handle to that thread: its methods send a unit of work and await the answer. The thread takes what
//! waits into one transaction and answers when it is durable; if a unit fails, each gets a transaction of its own.
//! Units are closures, which never leave this module: outside, the store speaks in the words of the domain.
//!
//! Two decisions are made here by asking pure functions of other modules, since the questions are only sound inside
//! the transaction: `dedup` (seen before?) and `schedule` (how much of a poll was new, and what follows from it?).
//!
//! [`Reader`] opens the file read-only, for commands that look, beside a running daemon or without one.

mod answers;

mod articles;

mod backup;

mod changes;

mod claims;

mod copies;

mod counts;

mod docs;

mod fetches;

mod gaps;

mod lineage;

mod links;

mod looks;

mod memory;

mod new_file;

mod polls;

mod read;

mod restore;

mod rows;

mod schema;

mod shingles;

mod snapshot;

mod source_changes;

mod sources;

mod stories;

mod story_changes;

mod story_lists;

mod user_query;

mod trail;

mod writer;

pub use answers::{
    ArticleDetails, ArticleFilter, ArticleRow, DaemonSign, Descendant, DocumentRow, FetchRow, Lineage, MATCH_MARKS,
    Relative, RevisionRow, SearchHit, SightingRow, SourceDetails, SourceRow, StatusReport, WaitingLink,
};
pub use backup::back_up;
pub use changes::ChangeRow;
pub use claims::{ClaimRequest, Scope};
pub use docs::{DocRow, SchemaEntry, docs, public_schema};
pub use new_file::{CopyPlan, CopyStage, CopyWatcher, FileCopy};
pub use polls::PollCommit;
pub use read::Reader;
pub use schema::{APPLICATION_ID, SNAPSHOT_APPLICATION_ID, StoreError, is_locked_by};
pub use snapshot::take_snapshot;
pub use source_changes::{ChangedSource, NewSource, SourceChange, add_sources_beside, change_source_beside};
pub use sources::{AddedSource, SyncReport};
pub use story_changes::{merge_stories_beside, split_story_beside};
pub use story_lists::{MemberRow, StoryFilter, StoryRow};
pub use trail::{ExchangeRow, LinkTrail, SourceOfHost, Trail};
pub use user_query::{QueryValue, UserQuery};
pub use writer::{ArticleCommit, Store};
