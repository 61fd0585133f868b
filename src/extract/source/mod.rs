//! The bytes of a page to its tree, in linear time.
//!
//! * `decode`: the bytes as text, with what was encoded twice decoded (`double_encoding`).
//! * `document`: the tree of a text.
//! * `tokens`: hands the text to the parser without what nobody reads, from where `scan` says that tags begin and end, with
//!   `references` to characters resolved and the `doctype` read; `bounds` cuts off what could not be read in linear time.

pub(super) mod bounds;
pub(super) mod decode;
mod doctype;
pub(super) mod document;
mod double_encoding;
mod references;
mod scan;
mod tokens;
