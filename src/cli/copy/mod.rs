//! Commands that copy what is stored to files.
//!
//! * `export`: bundles, JSON lines, CSV.
//! * `bundle_folder`: bundles that grow. `whole_folder`: folders that appear when they are whole.
//! * `backup`: the database. `restore` puts a copy in its place.
//! * `snapshot`: the public tables, to give away.

pub(crate) mod export;

pub(crate) mod bundle_folder;

pub(crate) mod whole_folder;

pub(crate) mod backup;

pub(crate) mod restore;

pub(crate) mod snapshot;
