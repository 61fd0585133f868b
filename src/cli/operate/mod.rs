//! Commands for whoever runs it.
//!
//! * `status`: how it stands; `health`: whether that is well; `workers`: who works for it; `sizes`: what takes how much room.
//! * `alarms`: what of the intake is wrong.
//! * `doctor`: whether all is well, and mending.
//! * `rm`, `prune`: take away what is stored, by hand or by age.
//! * `volumes`: months that are over, in files of their own.
//! * `config`: the settings.
//! * `schema`: the tables and what they mean.
//! * `completions`: for a shell; `complete`: what it then asks for.
//! * `man`: the manual.

pub(crate) mod status;

mod health;

mod workers;

mod sizes;

pub(crate) mod alarms;

pub(crate) mod doctor;

pub(crate) mod rm;

pub(crate) mod prune;

pub(crate) mod volumes;

pub(crate) mod config;

pub(crate) mod schema;

pub(crate) mod completions;

pub(crate) mod complete;

pub(crate) mod man;
