//! Keeps doing it: claims what is due, runs it through the pipeline, commits what comes out.
//!
//! One loop serves both `newswire run`, until it is told to stop, and `newswire fetch`, until nothing more is due.
//! Slots are counted before work is claimed: what is claimed has a slot or stands in a short stock for the next ones. A slot
//! ends when the outcome is with the store, so that pages are fetched and parsed while others are written. Every running piece
//! of work is in one `JoinSet`. On shutdown claiming stops, running work gets a grace period, and what is left is given back. `source_list` and
//! `alarms` go on beside it. `place` is where the work is done: here, or by workers. `worker` is the loop of one, with its `worker_parts`, and
//! `lines` are the two ends of the queue between them; `queue_watch` tells how it is.

mod alarms;

mod claims;

mod engine;

mod in_work;

mod journal;

mod lines;

mod notify;

mod pieces;

mod place;

mod pulse;

mod queue_watch;

mod source_list;

mod tally;

mod worker;

mod worker_parts;

pub use alarms::{AlarmWatch, look_for_alarms};
pub use engine::{Control, Engine, EngineError, Observer, Until, run_until_idle};
pub use in_work::{InWork, WorkNow};
pub use lines::{WorkerLine, WriterLine};
pub use notify::Notifier;
pub use pulse::Pulse;
pub use queue_watch::QueueWatch;
pub use source_list::{ask_for_due_source_list, follow_source_list, log_changes};
pub use tally::{Acquired, Event, Polled, Reading, Tally};
pub use worker::{Worker, WorkerTally};
pub use worker_parts::{Identity, WorkerParts};
