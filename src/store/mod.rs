//! All SQL, and the one thread that writes.
//!
//! * `write`: the writing thread and what runs inside its transactions. [`Store`] is the handle to it.
//! * `read`: read-only questions, asked beside a running daemon or without one. [`Reader`] answers them.
//! * `file`: schema, opening, backup and snapshot, and how values stand in columns.
//! * `check`: whether all is well, and mending.
//!
//! `write` and `read` build on `file` and know nothing of each other.
//!
//! Two decisions are made here by asking pure functions of other modules, since the questions are only sound inside
//! the transaction: `dedup` (seen before?) and `schedule` (how much of a poll was new, and what follows from it?).

mod write;

mod read;

mod file;

mod check;

pub use check::backup::{Backup, back_up};
pub use check::examine::examine;
pub use check::finding::{Examining, ExaminingWatcher, Finding, Subject};
pub use check::mend::{keep_as_it_is, mend};
pub use file::backup_folder::{backup_name, remove_older_backups};
pub use file::datasette::datasette_metadata;
pub use file::error::StoreError;
pub use file::lock::{has_other_names, is_locked_by, was_ingested_into};
pub use file::log::{LogReader, LogState, log_state};
pub use file::new_file::{CopyPlan, CopyStage, CopyWatcher, FileCopy, check_target};
pub use file::open::{OpeningWatcher, check_changeable, make_own_folder};
pub use file::page_owners::PageOwners;
pub use file::public_schema::{DocRow, SchemaEntry, docs, public_schema};
pub use file::restore::{Restored, restore};
pub use file::schema::{APPLICATION_ID, SNAPSHOT_APPLICATION_ID};
pub use file::schema_anew::write_schema_anew;
pub use file::snapshot::{Snapshot, take_snapshot};
pub use file::source_list::ListKeeper;
pub use file::standing::Standing;
pub use file::volumes::Month;
pub use file::workshop::{Workshop, is_unfinished, remove_leftovers, unfinished_file};
pub use read::address_history::{AddressHistory, ExchangeRow, LinkHistory};
pub use read::addresses::WaitingLink;
pub use read::alarms::{Alarm, AlarmKind};
pub use read::article_filter::ArticleFilter;
pub use read::article_records::{ArticleDetails, ArticleRow};
pub use read::articles::{ArticleMarks, RevisionRow};
pub use read::as_of::AsOf;
pub use read::asked::{AskedLink, AskedSource, AskedState, Mark};
pub use read::backlog::Backlog;
pub use read::cells::DamagedRow;
pub use read::changes::ChangeRow;
pub use read::counts::Count;
pub use read::documents::DocumentRow;
pub use read::earlier_state::EarlierState;
pub use read::gaps::GapRow;
pub use read::habits::{ArticleReading, KeptHabits, SourceEvent, WatchedSource};
pub use read::latest::{Happened, PollOutcome, PollRow};
pub use read::lineage::{Descendant, Lineage, Relative};
pub use read::list_changes::{KeyChange, ListChanges, list_changes, named_sources};
pub use read::messages::{ReceiverState, ReceiverTrouble, WaitingMessage};
pub use read::names::{Names, Numbered};
pub use read::reader::Reader;
pub use read::reading::{ArrivalFilter, ReadingMarks, Subscription, Unread, WatchSubscription};
pub use read::search::{CountedHit, Found, MATCH_MARKS, Order, RANKED_MAX, SearchHit};
pub use read::sightings::SightingRow;
pub use read::sizes::{SizeReport, SizesStage, TableSize, TextSize, VolumeSize};
pub use read::source_details::{FetchRow, HostState, SourceDetails, SourceHours};
pub use read::sources::{SourceOfHost, SourceRow};
pub use read::status::{DaemonSign, FailingList, StatusReport, WaitedForHost, WaitingAfterDeaths};
pub use read::stories::{MemberRow, StoryFilter, StoryRow};
pub use read::typed_query::{expression_of, operators_taken_for_words};
pub use read::user_query::{QueryValue, UserQuery};
pub use read::volumes::VolumeRow;
pub use read::watching::book::{WatchBook, WatchRow};
pub use read::watching::judge::{WatchFinding, WatchFindings};
pub use write::alarms::{AlarmChange, StandingAlarm};
pub use write::articles::fetch::ArticleCommit;
pub use write::claims::release::Claimant;
pub use write::claims::request::{ClaimRequest, Scope, Share};
pub use write::commits::{CommitFigures, CommitWatcher};
pub use write::daemon::Run;
pub use write::gates::GateChange;
pub use write::handle::{ImportOutcome, Store};
pub use write::reading::{Marking, begin_reading_beside, mark_all_read_beside, mark_articles_beside};
pub use write::removal::prune::{Pruning, Space, give_back_space, prune_beside, rebuild};
pub use write::removal::rm::{RemovedArticle, remove_articles_beside};
pub use write::removal::walk::{Pruned, RetentionRules};
pub use write::retries::{ask_for_beside, poll_source_beside, retry_links_beside};
pub use write::sources::add::AddedSource;
pub use write::sources::edits::{
    ChangedSource, SourceChange, add_looked_at_beside, add_sources_beside, apply_list_beside, change_source_beside,
};
pub use write::sources::list_at_address::{ListCommit, commit_list_beside};
pub use write::sources::polls::PollCommit;
pub use write::sources::sync::SyncReport;
pub use write::stories::edits::{merge_stories_beside, split_story_beside};
pub use write::volumes::{Closing, ClosingStage, close_month_beside};
pub use write::watches::{
    add_watch_beside, add_watches_beside, forget_receiver_beside, pause_watch_beside, remove_watch_beside,
    resume_receiver_beside, resume_watch_beside, retry_refused_beside,
};
