//! A small news web on the loopback device: what `newswire demo` reads, what the tests ask their questions of, and what
//! the benchmarks fetch from. All of it is invented.
//!
//! * [`web`]: the server. Sites are tables of resources, and a resource knows how to misbehave.
//! * [`content`]: what it serves: seven newspapers with some sixty articles, and as many generated ones as asked for.
//!
//! Nothing here leaves the machine, and nothing else in the crate but `cli` knows of it.

pub mod web;

pub mod content;
