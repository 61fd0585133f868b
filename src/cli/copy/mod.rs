//! Commands that copy what is stored to files.
//!
//! * `export`: bundles, JSON lines, CSV.
//! * `bundle_folder`: bundles that grow.
//! * `backup`: the database.
//! * `snapshot`: the public tables, to give away.

pub(crate) mod export;

pub(crate) mod bundle_folder;

pub(crate) mod backup;

pub(crate) mod snapshot;
