//! The sources file and the database: what is followed by the one, in the other.

use tracing::warn;

use crate::app::App;
use crate::config::Config;
use crate::store::{SourceRow, StoreError, SyncReport};

use crate::cli::context::Context;
use crate::cli::failure::Failure;

/// Makes the stored list of sources agree with the file's. Where there is no list (a file that is gone, or that was
/// emptied, by an editor or a full disk) those that it had are followed on, and the notice says so. A file with comments
/// alone is a list: somebody wants it empty. A list at an address is asked for by whoever polls.
pub(crate) async fn synchronize(app: &App) -> Result<(SyncReport, Option<String>), Failure> {
    let list_at_address = app.config.list_at_address.as_ref();
    app.store.forget_other_lists(list_at_address.map(|list| list.url.clone())).await?;
    if list_at_address.is_some() {
        return Ok((SyncReport::default(), None));
    }
    if let Some(notice) = lost_list(&app.config)? {
        return Ok((SyncReport::default(), Some(notice)));
    }
    for twice in app.config.sources_listed_twice() {
        warn!("{twice}");
    }
    Ok((app.store.synchronize_sources(app.config.sources.clone()).await?, None))
}

/// What is to be said where the list is not there and the database has sources that came from one.
pub(crate) fn lost_list(config: &Config) -> Result<Option<String>, Failure> {
    if config.has_source_list() || config.list_at_address.is_some() {
        return Ok(None);
    }
    let sources = match Context::reader(&config.store.path) {
        Ok(reader) => reader.sources()?,
        Err(StoreError::Missing { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let is_listed = |row: &&SourceRow| row.origin == "file" && !matches!(row.state.as_str(), "removed" | "manual");
    let n_listed = sources.iter().filter(is_listed).count();
    if n_listed == 0 {
        return Ok(None);
    }
    let what = match &config.sources_file {
        Some(path) => format!("{} is empty", path.display()),
        None => "there is no sources file".to_owned(),
    };
    let those = if n_listed == 1 { "the source that it had is" } else { "the sources that it had are" };
    Ok(Some(format!(
        "{what}; {those} followed on ({n_listed} in the database). Put the list back, or take them out with `newswire \
         sources rm`; a file with only a comment is an empty list"
    )))
}
