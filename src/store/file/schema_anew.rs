//! Writing the list of a file's tables anew, where its pages are damaged.
//!
//! What stands in it is known: the migrations make it, always in the same order. So do the pages follow on which each table and index
//! begins, in a file that has grown by them, and in one that was built anew (`VACUUM`) after that. The file's own list of who refers to
//! which page (SQLite file format, section 1.8) tells where the pages of the list are, and whether there are tables of others too.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, OpenFlags};

use crate::config::StoreSettings;
use crate::store::file::backup::copy_into;
use crate::store::file::error::{StoreError, explain};
use crate::store::file::identity::note_opened;
use crate::store::file::integrity;
use crate::store::file::lock::IngestLock;
use crate::store::file::new_file::{CopyWatcher, folder_of};
use crate::store::file::restore::exchange;
use crate::store::file::schema::make_version;
use crate::store::file::workshop::Workshop;

/// Bytes of the first page that are the head of the file.
const HEAD_BYTES: usize = 100;

/// Kinds of pages in the list of who refers to which: where a table or index begins, and a page below another one.
const BEGINS: u8 = 1;
const BELOW: u8 = 5;

/// The byte of a file whose page is never used, since SQLite locks it.
const LOCKED_BYTE: u64 = 0x4000_0000;

/// Puts a copy of the database in its place that has the list of tables of this program's, and is sound with it. Returns where the file is
/// kept as it was; nothing where no such list fits, and all is as it was then.
///
/// # Errors
///
/// [`StoreError::Busy`] while a process ingests, and whatever else keeps the copy from being written.
pub fn write_schema_anew(settings: &StoreSettings) -> Result<Option<PathBuf>, StoreError> {
    let lock = IngestLock::acquire(&settings.path)?;
    let written = write_anew(&settings.path);
    if !matches!(written, Ok(Some(_))) {
        lock.take_back();
    }
    written
}

fn write_anew(path: &Path) -> Result<Option<PathBuf>, StoreError> {
    let failed =
        |error: std::io::Error| StoreError::Unusable { path: path.display().to_string(), reason: error.to_string() };
    let wrap = |error: rusqlite::Error| explain(&error, path);
    let workshop = Workshop::make_in(folder_of(path)).map_err(failed)?;
    let whole = workshop.path().join("whole.db");
    note_opened(path);
    let source = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(wrap)?;
    copy_into(&source, &whole, &mut CopyWatcher { stop: Arc::default(), tell: &mut |_| {} }).map_err(wrap)?;
    drop(source);
    for is_built_anew in [false, true] {
        let model = workshop.path().join(format!("model-{is_built_anew}.db"));
        let is_written =
            Pages::of(&whole).and_then(|damaged| damaged.take_over(&model, is_built_anew)).map_err(failed)?;
        if is_written && is_sound(&whole).map_err(wrap)? {
            return exchange(&whole, path, path);
        }
    }
    Ok(None)
}

fn is_sound(whole: &Path) -> rusqlite::Result<bool> {
    let copy = Connection::open(whole)?;
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    let is_sound = integrity::check(&copy)?.first().is_none();
    copy.close().map_err(|(_, error)| error)?;
    Ok(is_sound)
}

/// A file as pages.
struct Pages {
    file: File,
    page_bytes: usize,
    /// The number of the last one.
    last: u64,
    head: [u8; HEAD_BYTES],
}

impl Pages {
    fn of(path: &Path) -> std::io::Result<Pages> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let mut head = [0; HEAD_BYTES];
        file.read_exact_at(&mut head, 0)?;
        // 65536 is written as 1.
        let page_bytes = match u16::from_be_bytes([head[16], head[17]]) {
            1 => 65_536,
            bytes => usize::from(bytes.max(512)),
        };
        let last = file.metadata()?.len() / page_bytes as u64;
        Ok(Pages { file, page_bytes, last, head })
    }

    fn number_at(&self, at: usize) -> u32 {
        u32::from_be_bytes([self.head[at], self.head[at + 1], self.head[at + 2], self.head[at + 3]])
    }

    fn page(&self, number: u64) -> std::io::Result<Vec<u8>> {
        let mut page = vec![0; self.page_bytes];
        self.file.read_exact_at(&mut page, (number - 1) * self.page_bytes as u64)?;
        Ok(page)
    }

    /// The pages on which tables and indexes begin, and those below the first page, which the list of them has.
    fn begins_and_list(&self) -> std::io::Result<(Vec<u64>, Vec<u64>)> {
        let (mut begins, mut list) = (Vec::new(), Vec::new());
        // Only files that give back free pages know who refers to which.
        if self.number_at(52) == 0 {
            return Ok((begins, list));
        }
        let n_entries = self.page_bytes as u64 / 5;
        let mut place = 2;
        while place <= self.last {
            let at = if place == LOCKED_BYTE / self.page_bytes as u64 + 1 { place + 1 } else { place };
            for (page, entry) in (at + 1..=self.last).zip(self.page(at)?.chunks_exact(5)) {
                match (entry[0], u32::from_be_bytes([entry[1], entry[2], entry[3], entry[4]])) {
                    (BEGINS, _) => begins.push(page),
                    (BELOW, 1) => list.push(page),
                    _ => {}
                }
            }
            place += n_entries + 1;
        }
        Ok((begins, list))
    }

    /// Writes the list of tables of a new file over this one's. Returns whether both have room for the same.
    fn take_over(&self, model: &Path, is_built_anew: bool) -> std::io::Result<bool> {
        let version = usize::try_from(self.number_at(60)).unwrap_or(usize::MAX);
        let made = make_version(model, version, self.page_bytes, is_built_anew);
        if !made.map_err(std::io::Error::other)? {
            return Ok(false);
        }
        let model = Pages::of(model)?;
        let (begins, list) = self.begins_and_list()?;
        let (of_model, places) = model.begins_and_list()?;
        if begins != of_model || list.len() != places.len() || list.is_empty() {
            return Ok(false);
        }
        let mut first = model.page(1)?;
        let moved = |number: &mut [u8]| {
            let before = u64::from(u32::from_be_bytes([number[0], number[1], number[2], number[3]]));
            let place = places.iter().position(|place| *place == before)?;
            number.copy_from_slice(&u32::try_from(list[place]).ok()?.to_be_bytes());
            Some(())
        };
        // A page whose cells begin with the pages below it, and one more behind them.
        let n_cells = usize::from(u16::from_be_bytes([first[HEAD_BYTES + 3], first[HEAD_BYTES + 4]]));
        let mut at: Vec<usize> = (0..n_cells)
            .map(|cell| HEAD_BYTES + 12 + 2 * cell)
            .map(|pointer| usize::from(u16::from_be_bytes([first[pointer], first[pointer + 1]])))
            .collect();
        at.push(HEAD_BYTES + 8);
        if at.into_iter().any(|at| first.get_mut(at..at + 4).and_then(&moved).is_none()) {
            return Ok(false);
        }
        for (place, page) in places.iter().zip(&list) {
            self.file.write_all_at(&model.page(*place)?, (page - 1) * self.page_bytes as u64)?;
        }
        self.file.write_all_at(&first[HEAD_BYTES..], HEAD_BYTES as u64)?;
        self.file.sync_all()?;
        Ok(true)
    }
}
