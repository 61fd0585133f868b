//! Whether somebody sends: the daemon does, where one runs.

use crate::cli::failure::Failure;
use crate::store::{Reader, is_locked_by};

/// What is said of work that the daemon does, where none runs.
pub(super) const NOBODY: &str = "once a daemon runs (`newswire run`), which none does";

/// Whether a daemon runs that judges watches and sends.
pub(super) fn is_there(reader: &Reader) -> Result<bool, Failure> {
    let Some(holder) = is_locked_by(reader.path()) else { return Ok(false) };
    let sign = reader.daemon()?.filter(|sign| sign.stopped_at.is_none() && !sign.is_one_shot);
    Ok(sign.is_some_and(|sign| holder.ends_with(&format!(" {}", sign.pid))))
}
