//! Whose pages and rows are wrong, from what SQLite says of a file.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension};

use crate::store::file::characters;
use crate::store::file::error::is_damage;
use crate::store::file::integrity;

/// The full-text indexes.
pub(super) const FULL_TEXT: [&str; 2] = ["articles_fts", characters::INDEX];

/// What is said of an index whose pages are well formed, and whose rows are not those of its table.
const OF_ROWS: [&str; 6] = [
    " missing from index ",
    " values differ from index ",
    "wrong # of entries in index ",
    "non-unique entry in index ",
    "rowid not at end-of-record for row ",
    " stores an imprecise floating-point value for row ",
];

/// What is wrong with a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PageFaults {
    /// In the words of SQLite.
    pub(super) told: Vec<String>,
    /// Indexes and full-text indexes that are damaged, or have other rows than their tables.
    pub(super) indexes: BTreeSet<String>,
    /// Tables that are damaged.
    pub(super) tables: BTreeSet<String>,
    /// Whether anything else is, which has no name.
    pub(super) is_elsewhere: bool,
    /// Whether pages are, and not only the rows of indexes.
    pub(super) are_pages_damaged: bool,
}

impl PageFaults {
    /// Whether nothing is wrong but in indexes, which can be made anew.
    pub(super) fn is_of_indexes_alone(&self) -> bool {
        self.tables.is_empty() && !self.is_elsewhere && !self.indexes.is_empty()
    }

    fn blame(&mut self, owner: Owner) {
        match owner {
            Owner::Index(name) => _ = self.indexes.insert(name),
            Owner::Table(name) => _ = self.tables.insert(name),
            Owner::Unknown => self.is_elsewhere = true,
        }
    }
}

/// Whose a page or a row is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Owner {
    Index(String),
    Table(String),
    Unknown,
}

/// Looks for all that is wrong.
pub(super) fn find(connection: &Connection) -> rusqlite::Result<PageFaults> {
    let verdict = integrity::check(connection)?;
    let mut faults = PageFaults::default();
    // Pages that are named without a tree, or as part of two, and whose they are said to be; and those whose trees are named.
    let mut pages: BTreeMap<i64, Owner> = BTreeMap::new();
    let mut owners: BTreeMap<i64, Owner> = BTreeMap::new();
    for line in &verdict.faults {
        faults.are_pages_damaged |= !OF_ROWS.iter().any(|said| line.contains(said));
        // Out of reach is what hangs on a page that is damaged, and named by itself.
        if line.ends_with("never used") {
            continue;
        }
        let owner = owner_named_in(connection, line)?;
        if let Some(page) = page_of_tree_in(line) {
            owners.entry(page).or_insert_with(|| owner.clone());
        }
        match page_named_in(line) {
            Some(page) if !matches!(owner, Owner::Index(_)) => _ = pages.entry(page).or_insert(owner),
            _ => faults.blame(owner),
        }
    }
    for (page, owner) in &mut pages {
        if *owner == Owner::Unknown
            && let Some(known) = owners.remove(page)
        {
            *owner = known;
        }
    }
    for owner in owners_of(connection, pages)? {
        faults.blame(owner);
    }
    faults.told = verdict.faults;
    if let Some(error) = verdict.error {
        faults.are_pages_damaged = true;
        faults.told.push(error);
        blame_those_that_fail(connection, &mut faults)?;
    }
    Ok(faults)
}

/// Blames the tables and full-text indexes whose checks end with an error, after that of all has.
fn blame_those_that_fail(connection: &Connection, faults: &mut PageFaults) -> rusqlite::Result<()> {
    let tables = names(connection, "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = ?1", "table")?;
    // Of which a full-text index is made.
    let parts = names(connection, "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = ?1", "shadow")?;
    let fails = |table: &str| match integrity::check_table(connection, table) {
        // A full-text index that cannot be opened.
        Err(error) if is_damage(&error) => Ok(true),
        verdict => Ok::<_, rusqlite::Error>(verdict?.error.is_some()),
    };
    for table in tables {
        if fails(&table)? {
            faults.blame(Owner::Table(table));
        } else if integrity::check_table_and_indexes(connection, &table)?.error.is_some() {
            // The table is sound, and one of its indexes is not: which, the error does not say.
            for index in
                names(connection, "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ?1", &table)?
            {
                faults.blame(Owner::Index(index));
            }
        }
    }
    for index in FULL_TEXT {
        let mut is_damaged = fails(index)?;
        for part in parts.iter().filter(|part| part.strip_prefix(index).is_some_and(|rest| rest.starts_with('_'))) {
            is_damaged |= fails(part)?;
        }
        if is_damaged {
            faults.blame(Owner::Index(index.to_owned()));
        }
    }
    Ok(())
}

fn names(connection: &Connection, sql: &str, parameter: &str) -> rusqlite::Result<Vec<String>> {
    connection.prepare(sql)?.query_map([parameter], |row| row.get(0))?.collect()
}

/// Whose a fault is by its words.
fn owner_named_in(connection: &Connection, fault: &str) -> rusqlite::Result<Owner> {
    if fault.contains("FTS5 table") || fault.starts_with("fts5: ") {
        let found = FULL_TEXT.iter().find(|name| fault.contains(**name));
        return Ok(found.map_or(Owner::Unknown, |name| Owner::Index((*name).to_owned())));
    }
    if let Some(rest) = fault.strip_prefix("Tree ") {
        let root = rest.split(' ').next().and_then(|root| root.parse::<i64>().ok());
        return owner(connection, "rootpage = ?1", root);
    }
    let behind = |words: &str| fault.rsplit_once(words).map(|(_, name)| name);
    let column = behind(" value in ").and_then(|column| column.rsplit_once('.')).map(|(table, _)| table);
    let imprecise = fault.strip_prefix("index ").and_then(|rest| rest.split(" stores an ").next());
    let name = imprecise.or(behind(" index ")).or(behind(" PRIMARY KEY order for ")).or(column);
    owner(connection, "name = ?1", name)
}

/// The page that is named where its tree is not, or is not the only one that has it.
fn page_named_in(fault: &str) -> Option<i64> {
    let is_one = fault.starts_with("Multiple uses for ") || fault.starts_with("Fragmentation of ");
    let (_, page) = fault.rsplit_once(if is_one { " page " } else { "2nd reference to page " })?;
    page.parse().ok()
}

/// The page that is named with its tree.
fn page_of_tree_in(fault: &str) -> Option<i64> {
    let (_, rest) = fault.strip_prefix("Tree ")?.split_once(" page ")?;
    rest.split([' ', ':']).next()?.parse().ok()
}

/// What has a name or a root page, if the schema has it: a part of a full-text index stands for that.
fn owner(connection: &Connection, which: &str, value: Option<impl rusqlite::ToSql>) -> rusqlite::Result<Owner> {
    let sql = format!("SELECT name, tbl_name, type FROM sqlite_schema WHERE {which}");
    let found = connection.prepare_cached(&sql)?.query_row([value], owner_in).optional()?;
    Ok(found.unwrap_or(Owner::Unknown))
}

fn owner_in(row: &rusqlite::Row<'_>) -> rusqlite::Result<Owner> {
    let (name, table, kind): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let is_part = |index: &&&str| table.strip_prefix(**index).is_some_and(|rest| rest.starts_with('_'));
    Ok(match FULL_TEXT.iter().find(is_part) {
        Some(index) => Owner::Index((*index).to_owned()),
        None if kind == "index" => Owner::Index(name),
        None => Owner::Table(name),
    })
}

/// Whose some pages are. One that an index and a table have is the index's: that can be made anew, and what is left is looked at again.
fn owners_of(connection: &Connection, mut pages: BTreeMap<i64, Owner>) -> rusqlite::Result<Vec<Owner>> {
    let mut owners = Vec::new();
    if pages.is_empty() {
        return Ok(owners);
    }
    let trees: Vec<(String, Owner)> = connection
        .prepare("SELECT name, tbl_name, type FROM sqlite_schema WHERE rootpage > 0")?
        .query_map([], |row| Ok((row.get(0)?, owner_in(row)?)))?
        .collect::<Result<_, _>>()?;
    let (indexes, tables): (Vec<_>, Vec<_>) =
        trees.into_iter().partition(|(_, owner)| matches!(owner, Owner::Index(_)));
    for (tree, owner) in indexes.into_iter().chain(tables) {
        let mut statement = connection.prepare_cached("SELECT pageno FROM dbstat WHERE name = ?1")?;
        // As far as it can be walked.
        let of_tree = statement.query_map([tree], |row| row.get(0))?.map_while(Result::ok);
        let mut is_among = false;
        of_tree.for_each(|page: i64| is_among |= pages.remove(&page).is_some());
        owners.extend(is_among.then_some(owner));
    }
    owners.extend(pages.into_values());
    Ok(owners)
}
