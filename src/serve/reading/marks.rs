//! What is read and starred: what readers mark.

use jiff::Timestamp;

use super::item_ids::ItemIds;
use super::question::{Question, time_of};
use super::streams::{Stream, Subscriptions};
use crate::config::StoreSettings;
use crate::serve::miss::Miss;
use crate::store::{self, Marking, Reader, Standing};

/// Articles that are marked at one time.
const MARKED_MAX: usize = 10_000;

/// What is to be marked, found to be possible.
#[derive(Debug)]
pub(super) enum Order {
    Articles { ids: Vec<i64>, marking: Marking },
    All { shown: Vec<i64>, standing: Option<Standing>, up_to: i64 },
}

impl Order {
    /// Reads how articles are to be marked, and which.
    pub(super) fn to_mark(reader: &Reader, question: &Question) -> Result<Order, Miss> {
        let marking = marking(question)?;
        let item_ids = ItemIds::of(reader)?;
        let named: Result<Vec<Option<i64>>, Miss> = question.all("i").map(|text| item_ids.article(text)).collect();
        let named = named?;
        if named.is_empty() || named.len() > MARKED_MAX {
            return Err(Miss::Wrong(format!("mark one item at least (i), and {MARKED_MAX} at most at one time")));
        }
        // One that was deleted here, or is of another database, needs no mark; whoever sends it would go on to send it.
        Ok(Order::Articles { ids: named.into_iter().flatten().collect(), marking })
    }

    /// Reads up to where all of a stream is to be marked as read.
    pub(super) fn to_mark_all(reader: &Reader, question: &Question) -> Result<Order, Miss> {
        let name = question.one("s")?.ok_or_else(|| Miss::Wrong("s: names no stream".to_owned()))?;
        let stream = Stream::read(name)?;
        if matches!(stream, Stream::Read | Stream::Starred | Stream::Nothing) {
            return Err(Miss::Wrong(format!("{name} cannot be marked as a whole")));
        }
        let subscriptions = Subscriptions::of(reader)?;
        stream.must_be_there(&subscriptions)?;
        let (shown, standing) = (subscriptions.shown(), stream.standing(&subscriptions));
        let up_to = match question.number("ts")? {
            None | Some(0) => reader.last_article()?,
            Some(time) => reader.last_arrival_at(*time_of(time).end())?,
        };
        Ok(Order::All { shown, standing, up_to })
    }

    /// Does it, beside whoever else writes. Returns how many articles were marked.
    pub(super) fn carry_out(&self, settings: &StoreSettings) -> Result<usize, Miss> {
        let now = Timestamp::now();
        Ok(match self {
            Order::Articles { ids, marking } => store::mark_articles_beside(settings, ids, *marking, now)?,
            Order::All { shown, standing, up_to } => {
                store::mark_all_read_beside(settings, shown, standing.as_ref(), *up_to, now)?
            }
        })
    }
}

/// How articles are to be marked: states that are added (`a`) and taken away (`r`).
fn marking(question: &Question) -> Result<Marking, Miss> {
    let mut marking = Marking::default();
    let added = question.all("a").map(|name| (name, true));
    let taken = question.all("r").map(|name| (name, false));
    for (name, is_added) in added.chain(taken) {
        let (mark, value) = match Stream::read(name)? {
            Stream::Read => (&mut marking.read, is_added),
            // Whoever takes it away says besides that it is read.
            Stream::Unread if is_added => (&mut marking.read, false),
            Stream::Starred => (&mut marking.starred, is_added),
            _ => continue,
        };
        if mark.replace(value).is_some_and(|before| before != value) {
            return Err(Miss::Wrong("an item is marked in one way, and not in two at a time".to_owned()));
        }
    }
    if marking == Marking::default() {
        return Err(Miss::Wrong(
            "what is read and what is starred is kept here, and no other marks or labels".to_owned(),
        ));
    }
    Ok(marking)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_read_as_readers_write_them() {
        let read = |query: &str| {
            let query = query.replace('~', "user/-/state/com.google/");
            marking(&Question::new(&query, Vec::new(), String::new())).ok()
        };
        let of = |read, starred| Some(Marking { read, starred });
        for (query, expected) in [
            ("a=~read", of(Some(true), None)),
            ("r=~read", of(Some(false), None)),
            ("a=~read&r=~kept-unread", of(Some(true), None)),
            ("r=~read&a=~kept-unread&a=~tracking-kept-unread", of(Some(false), None)),
            ("a=~read&a=~starred", of(Some(true), Some(true))),
            ("r=~starred", of(None, Some(false))),
            ("a=~read&a=~kept-unread", None),
            ("a=~starred&r=~starred", None),
            ("a=~broadcast", None),
            ("a=user/-/label/later", None),
            ("a=read", None),
            ("", None),
        ] {
            assert_eq!(read(query), expected, "{query}");
        }
    }
}
