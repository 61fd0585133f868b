//! Whose each page of a large file is, by what SQLite notes of each page for moving it: no page of a table need be read for that.
//!
//! A file that gives free pages back (`auto_vacuum`) has a pointer map: five bytes for each page, with its kind and the page that points to it
//! (SQLite, Database File Format, section 1.8). From page to page that leads to the root of the table or index. Of a file of 27 GB these are
//! 17 MB, where `dbstat` reads all of it.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::store::file::identity::is_opened;

/// Of a smaller file `dbstat` tells as soon, and what waits in the log too.
const FILE_BYTES_MIN: u64 = 1024 * 1024 * 1024;

/// Bytes of an entry of the map.
const ENTRY_BYTES: usize = 5;

/// The page at this place of a file has nothing but locks.
const LOCKS_AT: u64 = 1024 * 1024 * 1024;

/// Kinds of pages: the root of a tree, and one that is free. Others name the page that points to them.
const ROOT: u8 = 1;
const FREE: u8 = 2;

/// No page.
const NOBODY: u32 = 0;

/// How many pages each tree of a file has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageOwners {
    by_root: BTreeMap<u32, u64>,
    page_bytes: u64,
}

impl PageOwners {
    /// Looks at a file that is large, as it lies: without what waits in its log. None where it has no such map, or cannot be read so, or
    /// SQLite has been given it in this process, whose locks would go: to be called before it is.
    #[must_use]
    pub fn read(path: &Path) -> Option<PageOwners> {
        if is_opened(path) {
            return None;
        }
        let file = File::open(path).ok()?;
        let file_bytes = file.metadata().ok()?.len();
        (file_bytes >= FILE_BYTES_MIN).then(|| PageOwners::of(&file, file_bytes)).flatten()
    }

    /// Bytes of a tree, by its root page. None of one that the file did not have.
    pub(in crate::store) fn bytes_of(&self, root: u32) -> Option<u64> {
        self.by_root.get(&root).map(|n_pages| n_pages * self.page_bytes)
    }

    fn of(file: &File, file_bytes: u64) -> Option<PageOwners> {
        let layout = Layout::of(file, file_bytes)?;
        let mut parents = layout.parents(file)?;
        let mut by_root: BTreeMap<u32, u64> = BTreeMap::new();
        // The first page is the root of the list of tables, and no entry says so.
        parents[1] = 1;
        let mut way = Vec::new();
        for page in 1..=layout.n_pages {
            let root = root_of(&mut parents, page, &mut way);
            if root != NOBODY {
                *by_root.entry(root).or_default() += 1;
            }
        }
        Some(PageOwners { by_root, page_bytes: layout.page_bytes })
    }
}

/// Follows a page to its root, which is its own parent, and notes that for all on the way. What leads nowhere, or in a circle, is nobody's.
fn root_of(parents: &mut [u32], page: u32, way: &mut Vec<u32>) -> u32 {
    way.clear();
    let mut at = page;
    let root = loop {
        let parent = parents.get(at as usize).copied().unwrap_or(NOBODY);
        if parent == at || parent == NOBODY {
            break parent;
        }
        way.push(at);
        // Whoever comes back to it has gone in a circle.
        parents[at as usize] = NOBODY;
        at = parent;
    };
    for page in way.iter() {
        parents[*page as usize] = root;
    }
    root
}

/// How a file is laid out.
struct Layout {
    page_bytes: u64,
    /// Entries on a page of the map.
    n_entries: u32,
    n_pages: u32,
}

impl Layout {
    /// By the header of a file (section 1.3). None of one without a map.
    fn of(file: &File, file_bytes: u64) -> Option<Layout> {
        let mut header = [0; 100];
        file.read_exact_at(&mut header, 0).ok()?;
        let has_map = header[52..56] != [0; 4];
        let page_bytes = match u64::from(u16::from_be_bytes([header[16], header[17]])) {
            1 => 65_536,
            page_bytes => page_bytes,
        };
        if !has_map || !header.starts_with(b"SQLite format 3\0") || page_bytes < 512 {
            return None;
        }
        let usable = usize::try_from(page_bytes).ok()? - usize::from(header[20]);
        let n_pages = u32::try_from(file_bytes / page_bytes).ok()?;
        Some(Layout { page_bytes, n_entries: u32::try_from(usable / ENTRY_BYTES).ok()?, n_pages })
    }

    /// The page that points to each page: itself for a root, nobody for one that is free or part of the map.
    fn parents(&self, file: &File) -> Option<Vec<u32>> {
        let mut parents = vec![NOBODY; self.n_pages as usize + 1];
        let locks = u32::try_from(LOCKS_AT / self.page_bytes).ok()? + 1;
        let mut entries = vec![0; self.n_entries as usize * ENTRY_BYTES];
        // A page of the map, then those that it tells of.
        for first in (2..=self.n_pages).step_by(self.n_entries as usize + 1) {
            let map = if first == locks { first + 1 } else { first };
            if map >= self.n_pages {
                break;
            }
            file.read_exact_at(&mut entries, u64::from(map - 1) * self.page_bytes).ok()?;
            for (page, entry) in
                (map + 1..=self.n_pages.min(first + self.n_entries)).zip(entries.chunks_exact(ENTRY_BYTES))
            {
                parents[page as usize] = match entry {
                    [ROOT, ..] => page,
                    [FREE, ..] | [] => NOBODY,
                    [_, parent @ ..] => parent.try_into().map_or(NOBODY, u32::from_be_bytes),
                };
            }
        }
        if let Some(parent) = parents.get_mut(locks as usize) {
            *parent = NOBODY;
        }
        Some(parents)
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    /// A file with a table that has overflow pages and an index, small and large rows; its trees as SQLite tells them.
    fn told(page_bytes: u32) -> (PageOwners, BTreeMap<u32, u64>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let connection = Connection::open(&path).unwrap();
        connection
            .execute_batch(&format!(
                "PRAGMA page_size = {page_bytes}; PRAGMA auto_vacuum = INCREMENTAL;
                 CREATE TABLE a (x INTEGER PRIMARY KEY, y TEXT, z TEXT); CREATE INDEX a_z ON a (z);
                 CREATE TABLE b (x PRIMARY KEY) WITHOUT ROWID;
                 WITH n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 3000)
                 INSERT INTO a SELECT n, iif(n % 50 = 0, hex(zeroblob(20000)), n), 'a longer value of ' || n FROM n;
                 INSERT INTO b SELECT z FROM a; DELETE FROM a WHERE x < 400"
            ))
            .unwrap();
        let mut trees = connection
            .prepare(
                "SELECT tree.rootpage, sum(pgsize) FROM dbstat
                 JOIN (SELECT name, rootpage FROM sqlite_schema UNION ALL SELECT 'sqlite_schema', 1) AS tree USING (name)
                 GROUP BY 1",
            )
            .unwrap();
        let trees = trees.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
        let file = File::open(&path).unwrap();
        let file_bytes = file.metadata().unwrap().len();
        (PageOwners::of(&file, file_bytes).unwrap(), trees)
    }

    #[test]
    fn pages_are_told_as_sqlite_tells_them() {
        for page_bytes in [512, 8192] {
            let (owners, trees) = told(page_bytes);
            // The list of tables, two tables and an index.
            assert_eq!(trees.len(), 4, "{trees:?}");
            let found: BTreeMap<u32, u64> =
                owners.by_root.keys().map(|root| (*root, owners.bytes_of(*root).unwrap())).collect();
            assert_eq!(found, trees, "{page_bytes}");
        }
    }

    #[test]
    fn a_file_without_a_map_and_one_that_is_none_tell_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        Connection::open(&path).unwrap().execute_batch("PRAGMA auto_vacuum = NONE; CREATE TABLE a (x)").unwrap();
        let of = |path: &Path| {
            let file = File::open(path).unwrap();
            PageOwners::of(&file, file.metadata().unwrap().len())
        };
        assert_eq!(of(&path), None);
        std::fs::write(&path, vec![7; 5000]).unwrap();
        assert_eq!(of(&path), None);
    }

    #[test]
    fn what_leads_in_a_circle_is_nobodys() {
        let mut parents = [0, 1, 3, 2, 1, 4, 3];
        let mut way = Vec::new();
        let roots: Vec<u32> = (1..=6).map(|page| root_of(&mut parents, page, &mut way)).collect();
        assert_eq!(roots, [1, 0, 0, 1, 1, 0]);
    }
}
