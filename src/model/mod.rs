//! The values that cross a stage border, one file a step.
//!
//! Nothing here does I/O and nothing here is serialized: what is written down (a column, a JSON line, a bundle
//! document) is decided where it is written, so that a field can be renamed without breaking a promise.

mod route;

mod credentials;

mod login;

mod source;

mod source_list;

mod exchange;

mod document;

mod page_form;

mod domain;

mod link;

mod extracted;

mod article;

mod outcome;

mod merging;

mod record;

mod host;

mod meaning;

mod retention;

mod watch;

mod told;

mod queue_state;

pub use article::{Article, DatePrecision, DuplicateKind, Fingerprint, NEWS_AGE_MAX, Published};
pub use credentials::{public_url, without_credentials};
pub use document::{Fetched, FetchedDocument, NO_ADDRESS, Validators};
pub use domain::{is_under_known_suffix, registrable_domain};
pub use exchange::{ErrorClass, Exchange, Failure, Purpose, Retry};
pub use extracted::{BodyKind, Evidence, ExtractedArticle, NextPage, NumberedPage, Origin, Quality};
pub use host::{HostHold, HostMemory, KnownRobots};
pub use link::{
    Candidate, CanonicalUrl, EntryMark, FeedText, FoundLink, InvalidUrl, LinkHints, ListedLink, publisher_of,
};
pub use login::{Credential, LoginName, parse_credentials};
pub use meaning::Meaning;
pub use merging::{DeletedIdentity, MergedMarks, MergedSource};
pub use outcome::{
    Absence, Alias, ArticleOutcome, ArticleResult, ClaimedWork, ImportedArticle, Obstruction, PageRole, PageSigns,
    PollFacts, PollHints, PollOutcome, PollResult, ReadPage, StoredArticle, Verdict,
};
pub use queue_state::{QueueState, QueueTrouble, QueueWorker};
pub use record::{ArticleRecord, Companions, RecordedAddress, RecordedLineage, RecordedSighting, RecordedWording};
pub use retention::Retention;
pub use route::{Proxy, Route};
pub use source::{ChildSitemap, ClaimId, DueSource, FullText, LinkId, Source, SourceId, SourceKind, TimeSpan};
pub use source_list::{KnownList, ListPoll, ListResult, ListedSource};
pub use told::{JudgedChanges, NewMessage, Sending, SendingEffect};
pub use watch::{Watch, WatchKind};
