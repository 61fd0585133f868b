//! How a command fails, and the exit code that says so.

use std::fmt;
use std::io;

use crate::app::AppError;
use crate::cli::terminal::messages::say;
use crate::config::Problems;
use crate::daemon::EngineError;
use crate::serve::ListenError;
use crate::store::StoreError;

/// How a command fails.
#[derive(Debug)]
pub(crate) enum Failure {
    /// 1: it could not be done.
    Failed(String),
    /// 2: the command was used wrongly.
    Usage(String),
    /// 3: a part of it could not be done; the rest is.
    Partly(String),
    /// 75: another process does the same; try again.
    Busy(String),
    /// 77: refused by policy.
    Refused(String),
    /// 78: the configuration is wrong.
    Configuration(Problems),
    /// 1, 75 or 78, as the database says.
    Store(StoreError),
    /// As it says: what there is to say has been printed.
    Told(u8),
    /// 130 or 143: a signal ended it.
    Interrupted {
        /// The signal's number.
        signal: u8,
        /// How it goes on.
        text: String,
    },
    /// The reader of our output went away; not a failure.
    OutputClosed,
}

impl Failure {
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Failure::OutputClosed => 0,
            Failure::Failed(_) => 1,
            Failure::Usage(_) => 2,
            Failure::Partly(_) => 3,
            Failure::Busy(_) => 75,
            Failure::Refused(_) => 77,
            Failure::Configuration(_) => 78,
            Failure::Told(code) => *code,
            Failure::Interrupted { signal, .. } => exit_code_of(*signal),
            Failure::Store(error) => match error {
                StoreError::Busy { .. } => 75,
                StoreError::Newer { .. }
                | StoreError::Older { .. }
                | StoreError::NotOurs { .. }
                | StoreError::Snapshot { .. } => 78,
                StoreError::UserSql(_) | StoreError::NoSuchTable { .. } => 2,
                _ => 1,
            },
        }
    }
}

/// There is no article with a number, where this is the last one there is.
pub(crate) fn no_article(id: i64, last: i64) -> Failure {
    Failure::Failed(match last {
        0 => format!("no article {id}, and no other either; `newswire fetch URL` brings one"),
        _ if (1..=last).contains(&id) => format!("no article {id}: it was deleted; `newswire ls` lists what is there"),
        _ => format!("no article {id}: the newest is {last}; `newswire ls` lists what is there"),
    })
}

/// A failure with a file that was named and is not the database of the settings: where it is not there, no other has to be named for that.
pub(crate) fn with_file(error: StoreError) -> Failure {
    match error {
        StoreError::Missing { path } => Failure::Failed(format!("{path}: there is no such file, or no database in it")),
        error => error.into(),
    }
}

/// What becomes of a command that did the same with several things, when each failure is told: one alone is the command's own.
pub(crate) fn outcome_of_parts(
    mut failures: Vec<Failure>,
    n_done: usize,
    summary: impl FnOnce(usize) -> String,
) -> Result<(), Failure> {
    match failures.len() {
        0 => Ok(()),
        1 if n_done == 0 => failures.pop().map_or(Ok(()), Err),
        n_failed => {
            for failure in failures {
                say!("newswire: {failure}");
            }
            let message = summary(n_failed);
            Err(if n_done == 0 { Failure::Failed(message) } else { Failure::Partly(message) })
        }
    }
}

/// What becomes of a command that was to fetch things, of which some came and some did not.
pub(crate) fn outcome_of_fetching(n_done: u64, n_without: u64) -> Result<(), Failure> {
    match (n_done, n_without) {
        (_, 0) => Ok(()),
        (0, _) => Err(Failure::Failed("nothing could be fetched".to_owned())),
        (_, n_without) => Err(Failure::Partly(format!("{n_without} could not be fetched, the rest is stored"))),
    }
}

/// The exit code of a program that a signal ended, by custom that of the shells.
pub(crate) fn exit_code_of(signal: u8) -> u8 {
    128 + signal
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Failed(text)
            | Failure::Usage(text)
            | Failure::Partly(text)
            | Failure::Busy(text)
            | Failure::Refused(text)
            | Failure::Interrupted { text, .. } => f.write_str(text),
            Failure::Configuration(problems) => {
                let n_problems = problems.0.len();
                let noun = if n_problems == 1 { "problem" } else { "problems" };
                write!(f, "{n_problems} {noun} in the configuration\n{problems}")
            }
            Failure::Store(error) => error.fmt(f),
            Failure::Told(_) => Ok(()),
            Failure::OutputClosed => f.write_str("the output was closed"),
        }
    }
}

impl From<ListenError> for Failure {
    fn from(error: ListenError) -> Self {
        Failure::Failed(error.to_string())
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Failure::Configuration(problems)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Failure::Store(error)
    }
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Store(error) => Failure::Store(error),
            AppError::Stages(text) => Failure::Failed(text),
        }
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Store(error) => Failure::Store(error),
            EngineError::EndUnwritten { error: StoreError::Busy { .. }, .. } => Failure::Busy(error.to_string()),
            EngineError::EndUnwritten { .. } | EngineError::Queue(_) => Failure::Failed(error.to_string()),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::OutputClosed,
            io::ErrorKind::InvalidInput => Failure::Usage(error.to_string()),
            _ => Failure::Failed(error.to_string()),
        }
    }
}
