//! Handing out due work.

pub(in crate::store) mod claim;
