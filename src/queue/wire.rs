//! What workers and the writer say to each other, as bytes: JSON, in parts where it is long.
//!
//! What is written is a promise between programs that are not replaced in the same minute. So the model has no say in it: each value of it has a
//! form here, by which it is written and read. A field or variant that the model gets or loses stops the build at its form, and a form that
//! changes is caught by the messages on record in `tests/fixtures/wire`. Within a [`VERSION`] forms may get fields that can be left out; all
//! else is another version. Absent options are left out, and fields that nobody knows are passed over.
//!
//! Whoever writes may be broken or hostile: what comes is read by the constructors of the model, or refused. Passwords are not sent: a login
//! goes by its name, and a proxy and every address without credentials, which the settings of the worker have.
//!
//! * `ask`, `answer`, `report`, `turn`: the messages.
//! * `parts`: a long message in several, and together again. `bundle`: several short ones in one.
//! * `code`: a message to bytes and back; `error`: why that fails.
//! * `source`, `candidate`, `link`, `exchange`, `host`, `article`, `poll_result`, `article_result`: the forms of the model's values.
//! * `scalar`: those of values that stand in one text or number. `form`: what a form is.

mod answer;

mod article;

mod article_result;

mod ask;

mod bundle;

mod candidate;

mod code;

mod error;

mod exchange;

mod form;

mod host;

mod link;

mod parts;

mod poll_result;

mod report;

mod scalar;

mod source;

mod turn;

pub use answer::{Answer, Job, Task};
pub use ask::{Ask, Room, Share, Slots};
pub use bundle::{bundle, bundle_len, unbundle};
pub use code::VERSION;
pub use error::WireError;
pub use parts::{Assembly, parts};
pub use report::{ArticleDone, Outcome, PollDone, Report};
pub use turn::{HostWord, TurnAnswer, TurnAsk};

#[cfg(test)]
mod tests;
