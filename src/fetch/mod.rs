//! May we ask, and how: the only HTTP client, behind the rules that no caller can pass by.
//!
//! Every request, and every hop of a redirect, passes through the same gates: the address may be fetched from
//! (`address`), robots.txt allows it for article pages (`robots`), and it is the publisher's turn (`host_gate`), which other processes
//! may have to grant (`permits`). Sizes,
//! times and redirects are bounded. What the client cannot read (`client`) is asked for once more, through the same gates,
//! and read leniently (`lenient`, `wire`). `post` gives messages to their receivers, by the same rules of addresses.

mod address;

mod client;

mod coding;

mod cookies;

mod error;

mod handshake;

mod headers;

mod host_gate;

mod large_bodies;

mod lenient;

mod login;

mod pace;

mod permits;

mod post;

mod refresh;

mod reservations;

mod robots;

mod robots_rules;

mod route_clients;

mod saved;

mod watcher;

mod wire;

pub use address::is_public;
pub use client::{FetchReport, FetchRequest, Fetcher};
pub use error::{FetchError, Phase};
pub use pace::{Busy, Pace};
pub use permits::{Borrowing, HostWord, Leave, Lent, Loan, Permits};
pub use post::{PostAnswer, Poster};
pub use robots_rules::RobotsRules;
pub use saved::read_saved;
pub use watcher::{FetchFigure, FetchWatcher};
pub use wire::{AnswerRewriter, Unreadable};
