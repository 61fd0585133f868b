//! Handing out due work.

pub(in crate::store) mod claim;

pub(in crate::store) mod release;
