//! How anything is said to a person or to a program, and heard from them.
//!
//! * `text`: pieces of text as a terminal, a field or a shell takes them.
//! * `delimited`: rows of fields between tabs or commas.
//! * `output`: standard output: tables, tab-separated lines, JSON.
//! * `article_forms`: an article as JSON and as text.
//! * `times`: times as people give them.
//! * `progress`: how far long work is.
//! * `logging`: where log lines go.
//! * `signals`: signals, as the loop understands them.

pub(crate) mod text;

pub(crate) mod delimited;

pub(crate) mod output;

pub(crate) mod article_forms;

pub(crate) mod times;

pub(crate) mod progress;

pub(crate) mod logging;

pub(crate) mod signals;
