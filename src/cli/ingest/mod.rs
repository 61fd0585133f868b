//! Commands that bring articles in.
//!
//! * `run`: the daemon. `work`: a worker for one elsewhere.
//! * `live`: what the daemon shows on a terminal.
//! * `fetch`: once, now.
//! * `brought`: what was fetched, as it is listed and summed up.
//! * `hand_over`: what is named while another process ingests.
//! * `extract`: HTML in, article out.
//! * `pages`: pages that a command is given, read side by side.
//! * `explain`: why a page reads as it does.
//! * `explain_words`: what all forms of an explanation say alike.
//! * `explain_text`: on a terminal, in a pipe, as JSON.
//! * `explain_html`: as a page for a browser.
//! * `parse_feed`: feed in, JSON out.
//! * `import`: bundles, JSON lines, HTML files, web archives and OPML.
//! * `merge`: all of another database.
//! * `source_list`: the sources file and the database.
//! * `targets`: what a command is to fetch, from the command line, a file or standard input.
//! * `waiting`: what is left for later, since its host is to be left in peace.
//! * `discover`: the feeds of a site.
//! * `demo`: all of it on an invented news web.

pub(crate) mod run;

pub(crate) mod work;

mod live;

pub(crate) mod fetch;

mod brought;

pub(crate) mod hand_over;

pub(crate) mod extract;

pub(crate) mod pages;

pub(crate) mod explain;

pub(crate) mod explain_words;

pub(crate) mod explain_text;

pub(crate) mod explain_html;

pub(crate) mod parse_feed;

pub(crate) mod import;

pub(crate) mod merge;

pub(crate) mod source_list;

mod targets;

mod waiting;

pub(crate) mod discover;

pub(crate) mod demo;
