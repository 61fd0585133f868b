//! A backup that is looked at before it gets its name.

use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;

use crate::store::check::finding::{Examining, ExaminingWatcher, Finding, Subject};
use crate::store::check::{contents, pages};
use crate::store::file::backup::back_up_with;
use crate::store::file::error::{StoreError, explain};
use crate::store::file::identity::is_snapshot;
use crate::store::file::new_file::{CopyPlan, CopyStage, CopyWatcher, FileCopy};
use crate::store::file::schema::VERSION;

/// What became of a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// The copy.
    pub copy: FileCopy,
    /// What is wrong in it, and can be mended; empty where nothing is, or where nobody looked.
    pub faults: Vec<Finding>,
}

/// Writes a copy of the database as it is at this moment, and looks at the copy from all sides unless it is told not to. One whose pages
/// are damaged does not get its name: it would take the place of a good one.
///
/// # Errors
///
/// [`StoreError::Damaged`] where the pages of the database are damaged, and otherwise as for any copy. Nothing is left behind then.
pub fn back_up(plan: CopyPlan<'_>, verifies: bool, watcher: &mut CopyWatcher<'_>) -> Result<Backup, StoreError> {
    let mut faults = Vec::new();
    let look_at = |copy: &Path| {
        if !verifies {
            return Ok(());
        }
        faults = faults_of(copy).map_err(|error| explain(&error, plan.database))?;
        match faults.iter().find(|finding| finding.subject == Subject::Pages) {
            None => Ok(()),
            Some(damage) => {
                Err(StoreError::Damaged { path: plan.database.display().to_string(), damage: damage.text.clone() })
            }
        }
    };
    let copy = {
        let mut tell = |stage| (watcher.tell)(stage);
        let mut inner = CopyWatcher { stop: watcher.stop.clone(), tell: &mut tell };
        back_up_with(plan, &mut inner, look_at)?
    };
    (watcher.tell)(CopyStage::Bytes { done: copy.file_bytes, total: copy.file_bytes });
    Ok(Backup { copy, faults })
}

fn faults_of(copy: &Path) -> rusqlite::Result<Vec<Finding>> {
    let connection = Connection::open(copy)?;
    let version: usize = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let mut faults = Vec::new();
    let mut tell = |finding: Finding| faults.extend((!finding.is_well).then_some(finding));
    // Of a snapshot, and of a file of another version, it is not known what else should be there.
    if version != VERSION || is_snapshot(&connection)? {
        tell(pages::look(&connection)?);
        return Ok(faults);
    }
    let mut tell = |stage| match stage {
        Examining::Found(finding) => tell(finding),
        Examining::LookingAt(_) => {}
    };
    contents::look(&connection, &mut ExaminingWatcher { stop: Arc::default(), tell: &mut tell })?;
    Ok(faults)
}
