//! The tools: a file for each kind of question.
//!
//! * `articles`: `search`, `article`, `diff`. `marks`: what is told of every article, wherever it is named. `counts`:
//!   how many rows there are.
//! * `stories`: `stories`, `story`.
//! * `changes`: what is new since a cursor.
//! * `intake`: `sources`, `alarms`, `why`.
//! * `tables`: `schema`, `sql`.

mod marks;

mod counts;

mod articles;

mod stories;

mod changes;

mod intake;

mod tables;

use super::definition::Definition;

/// All of them, in the order in which they are told.
pub(super) const TOOLS: [&Definition; 11] = [
    &articles::SEARCH,
    &articles::ARTICLE,
    &articles::DIFF,
    &stories::STORIES,
    &stories::STORY,
    &changes::CHANGES,
    &intake::SOURCES,
    &intake::ALARMS,
    &intake::WHY,
    &tables::SCHEMA,
    &tables::SQL,
];
