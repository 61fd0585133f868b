//! Why somebody who asks gets no answer.

use hyper::StatusCode;

use crate::store::StoreError;

/// Why somebody who asks gets no answer. Its text is what they read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Miss {
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// It is elsewhere now: what is said of it, and its path.
    #[error("{0}")]
    Moved(String, String),
    /// There was such a thing.
    #[error("{0}")]
    Gone(String),
    /// Too many ask at one time.
    #[error("too many ask here at one time; ask again in a while")]
    Crowded,
    /// The question is wrong.
    #[error("{0}")]
    Wrong(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It would take too long.
    #[error("this takes longer than {0} s, and was given up; ask for less")]
    TooLong(u64),
    /// The thread that was to answer has ended early.
    #[error("the answer was lost; the log says more")]
    Lost,
}

impl Miss {
    /// As HTTP has it.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Miss::NotFound(_) => StatusCode::NOT_FOUND,
            Miss::Moved(..) => StatusCode::SEE_OTHER,
            Miss::Gone(_) => StatusCode::GONE,
            Miss::Wrong(_) | Miss::Store(StoreError::UserSql(_)) => StatusCode::BAD_REQUEST,
            Miss::Store(_) | Miss::TooLong(_) | Miss::Crowded | Miss::Lost => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}
