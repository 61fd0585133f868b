//! The pages: a file each, with what it shows as HTML and as JSON, and as a feed where it is a list.

mod view;

mod alarms;

mod article;

mod diff;

mod feeds;

mod front;

mod gaps;

mod orders;

mod happened;

mod search;

mod sources;

mod stories;

mod why;

mod workers;

use crate::serve::miss::Miss;
use crate::store::Reader;

use super::asked::Asked;
use super::frame::Frame;
use happened::Kind;
pub(super) use view::{View, source};

/// Reads what a path shows.
pub(super) fn find(reader: &Reader, asked: &Asked, frame: &Frame) -> Result<Box<dyn View>, Miss> {
    let pieces: Vec<&str> = asked.pieces.iter().map(String::as_str).collect();
    Ok(match pieces.as_slice() {
        [] => Box::new(front::read(reader, frame.now)?),
        ["stories"] => Box::new(stories::read_list(reader, asked)?),
        ["stories", id] => Box::new(stories::read_one(reader, asked, number(id)?)?),
        ["articles", id] => Box::new(article::read(reader, number(id)?)?),
        ["articles", id, "diff", range] => Box::new(diff::read(reader, number(id)?, range)?),
        ["search"] => Box::new(search::read(reader, asked)?),
        ["sources"] => Box::new(sources::read_list(reader, asked)?),
        ["sources", slug] => Box::new(sources::read_one(reader, slug, frame.now)?),
        ["revised"] => Box::new(happened::read(reader, asked, Kind::Revised)?),
        ["removed"] => Box::new(happened::read(reader, asked, Kind::Removed)?),
        ["why"] => Box::new(why::read(reader, asked, frame)?),
        ["alarms"] => Box::new(alarms::read(reader, frame.now)?),
        ["workers"] => Box::new(workers::read(reader)?),
        ["gaps"] => Box::new(gaps::read(reader)?),
        ["feeds"] => Box::new(feeds::read(reader, asked)?),
        _ => return Err(nothing_at(&asked.path)),
    })
}

/// Whether what a path shows may change though no article does: what there was until an hour ago, and what of the intake is wrong.
pub(super) fn changes_by_itself(asked: &Asked) -> bool {
    asked.text("until").is_some() || asked.pieces == ["alarms"]
}

fn nothing_at(path: &str) -> Miss {
    Miss::NotFound(format!("there is no page at {path}"))
}

fn number(piece: &str) -> Result<i64, Miss> {
    piece.parse().map_err(|_| Miss::NotFound(format!("{piece:?} is no number")))
}
