//! When to come back. Pure: from the result, the settings and `now`; the store only writes the answer down.

pub mod address;

pub mod backoff;

pub mod cadence;

pub mod gap;

pub mod horizon;

pub mod revisits;

pub mod rhythm;

pub mod validators;

mod jitter;

#[cfg(test)]
mod playback;
