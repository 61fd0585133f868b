//! How anything is said to a person or to a program, and heard from them.
//!
//! * `text`: pieces of text as a terminal, a field or a shell takes them.
//! * `style`: emphasis.
//! * `wrap`: running text in lines that fit.
//! * `table`: tables that fit.
//! * `pager`: standard output, through a pager where it is long.
//! * `delimited`: rows of fields between tabs or commas.
//! * `output`: standard output: tables, tab-separated lines, JSON.
//! * `template`: rows in the form that the user gives.
//! * `article_words`: an article in words.
//! * `messages`: what is said on stderr.
//! * `progress`: how far long work is.
//! * `logging`: where log lines go.
//! * `signals`: signals, as the loop understands them.

pub(crate) mod text;

pub(crate) mod style;

pub(crate) mod wrap;

pub(crate) mod table;

pub(crate) mod pager;

pub(crate) mod delimited;

pub(crate) mod output;

pub(crate) mod template;

pub(crate) mod article_words;

pub(crate) mod messages;

pub(crate) mod progress;

pub(crate) mod logging;

pub(crate) mod signals;
