//! Integration tests: one binary, so that they link once.
//!
//! * `newsweb`: what the tests ask the loopback news web to do beyond serving the demo.
//! * `harness`: a folder, settings and the real program in it.
//! * All others are named after their subject, their tests after the sentence they test.

mod newsweb;

mod newsweb_serves;

mod harness;

mod ingest;

mod crash;

mod conditional;

mod faults;

mod policy;

mod dailytimes;

mod database;

mod commands;

mod demo;

mod copies;

mod known_copies;
