//! The database file: what it holds, how it is opened and how it is copied.
//!
//! * `schema`: application id, version and migrations. `public_schema` describes the public tables and views,
//!   `datasette` does so for Datasette.
//! * `columns`: how values are written to columns; `change_seq`: the numbers of changes to articles; `hosts`: whose an address is;
//!   `machine`: the disk and the clock; `characters`: the full-text index by character; `damage`: what cannot be read; `logins`: takes them out of earlier files;
//!   `source_list`: who keeps the list of sources; `host_memory`: what hosts have said.
//! * `identity`, `lock`, `open`: whose file it is, who ingests into it, and connections to it; `log`: what waits beside it.
//! * `workshop`: where anything is written until it is whole, and what is done with what was left there.
//! * `new_file`: a file that appears under its name when it is complete. `backup` and `snapshot` write one,
//!   `backup_folder` has their names and keeps the newest;
//!   `restore` puts one in the place of the database, and
//!   `schema_anew` one whose list of tables is whole again. `integrity`: what SQLite says of the pages of a file, `index_parts`:
//!   of what an index is; `page_owners`: which tree has how many of them; `row_walk`: reads a table past damaged ones.
//! * `volumes`: the files with the texts of months that are over; `volume_file`: writing one.
//! * `standing`: with which sources and watches articles stand.
//! * `error`: what can go wrong.
//!
//! Knows neither `write` nor `read`; both build on it.

pub(super) mod schema;

pub(super) mod public_schema;

pub(super) mod datasette;

pub(super) mod columns;

pub(super) mod change_seq;

pub(super) mod characters;

pub(super) mod damage;

pub(super) mod hosts;

pub(super) mod host_memory;

pub(super) mod logins;

pub(super) mod source_list;

pub(super) mod identity;

pub(super) mod lock;

pub(super) mod open;

pub(super) mod workshop;

pub(super) mod new_file;

pub(super) mod log;

pub(super) mod machine;

pub(super) mod index_parts;

pub(super) mod integrity;

pub(super) mod page_owners;

pub(super) mod backup_folder;

pub(super) mod backup;

pub(super) mod restore;

pub(super) mod schema_anew;

pub(super) mod snapshot;

pub(super) mod row_walk;

pub(super) mod standing;

pub(super) mod volumes;

pub(super) mod volume_file;

pub(super) mod error;
