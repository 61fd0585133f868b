//! Commands that copy what is stored to files.
//!
//! * `export`: bundles, and articles in one file (`article_files`): JSON lines, CSV, Parquet (`parquet_file`).
//! * `bundle_folder`: bundles that grow. `whole_folder`: folders that appear when they are whole.
//! * `selection`: which articles, and how they read. `manifest`, `dataset_card`: what stands beside an export.
//! * `backup`: the database, once or in a folder of such copies. `restore` puts a copy in its place.
//! * `snapshot`: the public tables, to give away.

pub(crate) mod export;

pub(crate) mod bundle_folder;

mod selection;

mod article_files;

mod manifest;

mod dataset_card;

mod parquet_file;

pub(crate) mod whole_folder;

pub(crate) mod backup;

pub(crate) mod restore;

pub(crate) mod snapshot;
