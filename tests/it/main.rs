//! Integration tests: one binary, so that they link once.
//!
//! * `newsweb`: what the tests ask the loopback news web to do beyond serving the demo.
//! * All others are named after the sentence they test.

mod newsweb;

mod newsweb_serves;
