//! `newswire` follows news sources and keeps their articles, deduplicated, in one SQLite file.
//!
//! Two straight lines meet in the store, and neither calls the other:
//!
//! ```text
//! POLL LINE      due source ──► fetch ──► feed ─────► normalize ────────► store   (new links)
//! ARTICLE LINE   due link ────► fetch ──► extract ──► normalize ────────► store   (dedup and story inside the commit)
//! IMPORT         files ───────► bundle or extract ──► normalize ────────► store
//! EXPORT         store ───────► bundle ─────────────► files
//! ```
//!
//! A line starts with a claim from the store and ends with one transaction that writes the outcome and releases the
//! claim. A poll leaves links as rows, the article line picks up rows. A crash loses nothing, because a claim is a
//! lease that runs out. A failure is a result too: it travels the same line, and the due time that the store writes
//! down with it is the only long retry.
//!
//! The modules, in the order in which an article meets them:
//! * [`model`]: the values that cross a stage border. Knows nobody, does no I/O.
//! * [`config`]: settings files and environment in, a checked [`config::Config`] out. Nobody else reads either.
//! * [`access`]: who may do what with a file, and whose it is.
//! * [`charset`] and [`dates`]: bytes to text and text to instants, for the stages that read documents.
//! * [`scripts`]: which characters stand without spaces between words.
//! * [`revision`]: what changed between two wordings of one article, and whether it counts.
//! * [`schedule`]: when to come back. Pure.
//! * [`fetch`]: may we ask, and how. Owns the only HTTP client.
//! * [`feed`]: bytes to links: feeds, sitemaps, pages of links. Pure.
//! * [`discover`]: which feeds a site may have, and which of those that it has is best. Pure.
//! * [`extract`]: bytes to the article in the page. Pure.
//! * [`normalize`]: what values mean: addresses, times, text, language. Pure.
//! * [`encode`]: what a text means, whatever its language, as a vector. Pure.
//! * [`dedup`]: seen before, or the same event in other words? Pure.
//! * [`bundle`]: the seed-bundle document, both ways. Pure.
//! * [`alarm`]: what a source is used to, and whether it is as it was. Pure.
//! * [`warc`]: web archives to records. Pure but for the file that it reads.
//! * [`store`]: all SQL, and the one thread that writes.
//! * `forms`: how what is stored is told to programs, in commands and pages by the same names. Pure.
//! * [`pipeline`]: one unit of work from start to end; the one module that knows several stages. Holds no SQL, no
//!   channel and no loop.
//! * [`queue`]: which worker asks which hosts, where there are several, and how work goes to them and comes back.
//! * [`daemon`]: keeps doing it: claims, concurrency, shutdown, readiness and watchdog.
//! * [`serve`]: answers over HTTP: pages and feeds, figures and health, and what feed readers on other devices ask and mark.
//! * [`tell`]: messages about what watches find, to the receivers of the settings.
//! * [`publish`]: what changes, as messages of a stream of NATS, to other programs that follow.
//! * [`mcp`]: answers about what is stored over a pair of streams, to agents: the Model Context Protocol. Only reads.
//! * [`app`]: builds all of the above from a `Config`.
//! * [`cli`]: one file a command; prints, decides nothing.
//! * [`demo`]: a small news web on the loopback device, for `newswire demo` and for the tests.
//!
//! Who may know whom (`tests/it/layers.rs` reads it off the files):
//! * `model`, `access`, `charset` and `scripts` know nobody. `config` knows `model` and `access`, `dates` knows `model`, `revision` knows `dates` and
//!   `scripts`.
//! * A stage (`schedule` to `warc`) knows those, of `config` its own part, but never another stage and never `store`.
//! * `store` knows what a stage knows, and `access`, and asks three of them, because their questions are only sound inside a
//!   transaction: `dedup`, `schedule`, and `bundle::document` for an article's hash. It alone holds SQL.
//! * `forms` knows `model`, `revision` and `store`, and of `config`, `schedule` and `normalize` what an account of an address takes.
//! * `pipeline` knows all stages that an article goes through, but not `store`. `app` knows both and builds them, `daemon` knows all three
//!   and runs them, asks `alarm`, which knows nobody, and `queue`, which knows what a stage knows and `fetch`. `serve` knows what `fetch`, `store` and `daemon`
//!   tell, and `forms`; `mcp` knows `config`, `model`, `store` and `forms`; `tell` knows those and `fetch`, by whose rules of addresses it sends;
//!   `publish` knows `queue`, `store` and `forms`.
//! * `cli` knows everybody, and nobody knows `cli` but `main`. `demo` knows nobody, and only `cli` knows it.
//! * Within a folder, no file knows one above it, and no files know one another in a circle. What two need stands in a
//!   file below both.
//!
//! Deliberately absent: a message queue between the lines (rows in the store do that), a second process, and any
//! state outside the database file. (How far somebody has read with `tail --cursor` is theirs, and stands in a file of theirs; texts of months that
//! are closed stand in files beside it, which never change.)

pub mod model;

pub mod access;

pub mod config;

pub mod charset;

pub mod scripts;

pub mod dates;

pub mod revision;

pub mod schedule;

pub mod fetch;

pub mod feed;

pub mod discover;

pub mod extract;

pub mod normalize;

pub mod encode;

pub mod dedup;

pub mod bundle;

pub mod alarm;

pub mod warc;

pub mod store;

mod forms;

pub mod pipeline;

pub mod queue;

pub mod daemon;

pub mod serve;

pub mod tell;

pub mod publish;

pub mod mcp;

pub mod app;

pub mod cli;

pub mod demo;
