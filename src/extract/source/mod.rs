//! The bytes of a page as a text that the parser reads in linear time.
//!
//! * `decode`: the bytes as text, with what was encoded twice decoded (`double_encoding`).
//! * `bounds`: leaves out what nobody reads and cuts off what the parser could not read in linear time, from where
//!   `scan` says that tags begin and end.

pub(super) mod bounds;
pub(super) mod decode;
mod double_encoding;
mod scan;
