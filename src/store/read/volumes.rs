//! The volumes of a database: which there are, and whether their files are as they were written.

use rusqlite::params;

use crate::store::file::error::StoreError;
use crate::store::file::volume_file::fault_of;
use crate::store::file::volumes::{Month, file_of, folder_of_volumes, has_some};
use crate::store::read::reader::Reader;

/// A month whose texts stand in a file of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeRow {
    /// The month.
    pub month: Month,
    /// `writing`, `moving` or `closed`.
    pub state: String,
    /// By which its file is told from others of that name.
    pub(in crate::store) token: String,
    /// Articles in it; absent while it is written.
    pub n_articles: Option<u64>,
    /// Earlier wordings in it; absent while it is written.
    pub n_revisions: Option<u64>,
    /// Size of its file; absent while it is written.
    pub bytes: Option<u64>,
    /// SHA-256 of its file, in hex; absent while it is written.
    pub sha256: Option<String>,
    /// When it was closed.
    pub closed_at: Option<String>,
    /// Its file.
    pub path: String,
    /// Whether a file of that name is there.
    pub is_there: bool,
}

impl Reader {
    /// The volumes, in the order of their months. None in a file of an earlier version.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn volume_rows(&self) -> Result<Vec<VolumeRow>, StoreError> {
        if !has_some(self.connection()) {
            return Ok(Vec::new());
        }
        let folder = folder_of_volumes(self.path());
        let sql =
            "SELECT month, state, token, n_articles, n_revisions, bytes, sha256, closed_at FROM volumes ORDER BY month";
        let rows = self.rows(sql, params![], |row| {
            let month: String = row.get(0)?;
            let Ok(month) = month.parse::<Month>() else { return Ok(None) };
            let path = file_of(&folder, month);
            Ok(Some(VolumeRow {
                month,
                state: row.get(1)?,
                token: row.get(2)?,
                n_articles: row.get(3)?,
                n_revisions: row.get(4)?,
                bytes: row.get(5)?,
                sha256: row.get(6)?,
                closed_at: row.get(7)?,
                is_there: path.is_file(),
                path: path.display().to_string(),
            }))
        })?;
        Ok(rows.into_iter().flatten().collect())
    }
}

impl VolumeRow {
    /// What is wrong with its file, and what to do; nothing where all of it is as it was written, or it is not written yet. Reads all of it.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        if self.state == "writing" {
            return None;
        }
        fault_of(self.path.as_ref(), self.month, &self.token, self.sha256.as_deref())
    }
}
