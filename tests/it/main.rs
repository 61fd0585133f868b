//! Integration tests: one binary, so that they link once.
//!
//! * `newsweb`: what the tests ask the loopback news web to do beyond serving the demo.
//! * `harness`: a folder, settings and the real program in it.
//! * All others are named after their subject, their tests after the sentence they test.

mod addresses;
mod alarms;
mod archives;
mod asked;
mod backups;
mod commands;
mod conditional;
mod copies;
mod crash;
mod credentials;
mod dailytimes;
mod damaged_pages;
mod damaged_rows;
mod database;
mod demo;
mod doctor;
mod documentation;
mod entries;
mod explain;
mod exports;
mod faults;
mod feed_readers;
mod following;
mod forms;
mod further_pages;
mod gates;
mod harness;
mod help;
mod ingest;
mod interruptions;
mod known_copies;
mod known_stories;
mod later_pages;
mod layers;
mod left_in_peace;
mod list_changes;
mod lists_at_addresses;
mod live;
mod mcp;
mod mcp_client;
mod mcp_questions;
mod merges;
mod names;
mod newsweb;
mod newsweb_serves;
mod no_room;
mod other_programs;
mod page_changes;
mod page_rights;
mod pages;
mod passwords;
mod places;
mod plans;
mod playback;
mod policy;
mod proxies;
mod pty;
mod published;
mod random_stories;
mod removal;

mod queue;
mod queue_bounds;
mod queue_shown;
mod revisions;
mod search;
mod second_tries;
mod servers;
mod service;
mod serving;
mod site_rules;
mod slots;
mod source_lists;

mod sql;
mod stores;

mod stories;
mod swapped_pages;
mod syndication;
mod tail;
mod terminal;
mod translated;
mod versions;
mod volumes;
mod watches;
mod web_archives;
mod what_is_followed;
mod why;
mod workers;
mod wrong_words;
mod years;
