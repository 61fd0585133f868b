//! Whether all is well with a database, and mending what can be mended.
//!
//! * `finding`: what was found, and whoever follows the look.
//! * `contents`: what is in the file; of it `pages`, `schema`, `state` (tables with one row), `changes` (their numbers), `full_text`,
//!   `lineage` (whose copy an article is) and `documents` (articles against their checksums) have a file each. `backup` asks the same of a copy.
//! * `page_faults`: whose the damaged pages are, for `pages`; `index_rows`: what an index has and its table has not, and the other way
//!   round.
//! * `surroundings`: what is beside it: log, readers, disk, clock, permissions, leftovers.
//! * `mend`: mends what `contents` finds; `anew`: makes indexes anew.
//! * `examine`: all of it; `backup`: a copy that is looked at before it gets its name.
//!
//! Uses `file` and what `write` has for transactions beside a daemon.

pub(in crate::store) mod finding;

mod full_text;

mod pages;

mod page_faults;

mod index_rows;

mod anew;

mod schema;

mod state;

mod changes;

mod lineage;

mod documents;

pub(in crate::store) mod contents;

pub(in crate::store) mod surroundings;

pub(in crate::store) mod mend;

pub(in crate::store) mod examine;

pub(in crate::store) mod backup;
