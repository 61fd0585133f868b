//! Which articles a reader means: streams, by their names.

use super::question::{Question, time_of};
use crate::serve::miss::Miss;
use crate::store::{ArrivalFilter, Reader, Subscription};

/// By these names the states of an article are known; `-` stands for whoever reads.
const STATES: &str = "user/-/state/com.google/";
const LABELS: &str = "user/-/label/";
const FEEDS: &str = "feed/";

/// What comes in while somebody asks may be stored a while after its time, and clocks differ: that much before a time counts as after it.
const OVERLAP: i64 = 300;

const MICROSECONDS: i64 = 1_000_000;

/// A stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    /// All there is.
    All,
    /// What was read since the first login.
    Read,
    /// What is unread.
    Unread,
    /// What is starred.
    Starred,
    /// What nobody keeps here, such as what was recommended to friends.
    Nothing,
    /// The subscriptions with a label.
    Label(String),
    /// A subscription, by its number or its address.
    Source(String),
}

impl Stream {
    /// Reads its name.
    pub(super) fn read(name: &str) -> Result<Stream, Miss> {
        if let Some(source) = name.strip_prefix(FEEDS) {
            return Ok(Stream::Source(source.to_owned()));
        }
        let unknown = || Miss::Wrong(format!("there is no stream {name}"));
        // Whoever reads may be named too.
        let (_, rest) = name.strip_prefix("user/").and_then(|rest| rest.split_once('/')).ok_or_else(unknown)?;
        if let Some(label) = rest.strip_prefix("label/").filter(|label| !label.is_empty()) {
            return Ok(Stream::Label(label.to_owned()));
        }
        match rest.strip_prefix("state/com.google/").ok_or_else(unknown)? {
            "reading-list" => Ok(Stream::All),
            "read" => Ok(Stream::Read),
            "unread" | "kept-unread" => Ok(Stream::Unread),
            "starred" => Ok(Stream::Starred),
            _ => Ok(Stream::Nothing),
        }
    }

    /// The subscriptions that it is of, by their numbers.
    pub(super) fn sources(&self, all: &[Subscription]) -> Vec<i64> {
        let is_of = |subscription: &&Subscription| match self {
            Stream::All | Stream::Read | Stream::Unread | Stream::Starred => true,
            Stream::Nothing => false,
            Stream::Label(label) => subscription.tags.contains(label),
            Stream::Source(source) => {
                source.parse() == Ok(subscription.source_id) || subscription.url.as_ref() == Some(source)
            }
        };
        all.iter().filter(is_of).map(|subscription| subscription.source_id).collect()
    }
}

/// The name of a state.
pub(super) fn state(name: &str) -> String {
    format!("{STATES}{name}")
}

/// The name of a label.
pub(super) fn label(tag: &str) -> String {
    format!("{LABELS}{tag}")
}

/// The name of a subscription.
pub(super) fn feed(source_id: i64) -> String {
    format!("{FEEDS}{source_id}")
}

/// What of a stream is asked for, so many articles at most.
pub(super) fn filter(
    reader: &Reader,
    subscriptions: &[Subscription],
    stream: &Stream,
    question: &Question,
    limit_max: u32,
) -> Result<ArrivalFilter, Miss> {
    let (mut unread, mut starred) = (None, None);
    let mut sources = stream.sources(subscriptions);
    let included = question.all("it").map(|name| (Stream::read(name), true));
    let excluded = question.all("xt").map(|name| (Stream::read(name), false));
    let own = std::iter::once((Ok(stream.clone()), true));
    let mut is_empty = false;
    for (stream, is_wanted) in own.chain(included).chain(excluded) {
        let stream = stream?;
        let known = match stream {
            Stream::Read => Some((&mut unread, !is_wanted)),
            Stream::Unread => Some((&mut unread, is_wanted)),
            Stream::Starred => Some((&mut starred, is_wanted)),
            Stream::All | Stream::Nothing | Stream::Label(_) | Stream::Source(_) => None,
        };
        if let Some((wanted, value)) = known {
            // Both at once there is nothing of.
            is_empty |= wanted.replace(value).is_some_and(|before| before != value);
        } else {
            let named = stream.sources(subscriptions);
            sources.retain(|source| named.contains(source) == is_wanted);
        }
    }
    if is_empty {
        sources.clear();
    }
    let is_oldest_first = question.one("r")? == Some("o");
    let (mut after, mut before) = (0, i64::MAX);
    if let Some(time) = question.number("ot")? {
        let since = time_of(time).start().saturating_sub(OVERLAP * MICROSECONDS);
        after = reader.last_arrival_at(since.saturating_sub(1))?;
    }
    if let Some(time) = question.number("nt")? {
        before = reader.last_arrival_at(*time_of(time).start())?.saturating_add(1);
    }
    if let Some(last) = question.number("c")? {
        if is_oldest_first {
            after = after.max(last);
        } else {
            before = before.min(last);
        }
    }
    let limit = question.number("n")?.unwrap_or(LIMIT).clamp(0, i64::from(limit_max));
    Ok(ArrivalFilter {
        is_of_all: sources.len() == subscriptions.len(),
        sources,
        unread,
        starred,
        after,
        before,
        is_oldest_first,
        limit: u32::try_from(limit).unwrap_or(limit_max),
    })
}

/// Articles where nobody says how many.
const LIMIT: i64 = 20;

/// Articles in their order, and behind which of them it goes on, if it does.
pub(super) fn page(reader: &Reader, filter: &ArrivalFilter) -> Result<(Vec<i64>, Option<i64>), Miss> {
    // One more, to know whether there are others.
    let mut ids = reader.arrivals(&ArrivalFilter { limit: filter.limit.saturating_add(1), ..filter.clone() })?;
    let are_more = ids.len() > filter.limit as usize;
    ids.truncate(filter.limit as usize);
    let last = ids.last().copied().filter(|_| are_more);
    Ok((ids, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_known_by_their_names() {
        for (name, stream) in [
            ("user/-/state/com.google/reading-list", Some(Stream::All)),
            ("user/1/state/com.google/read", Some(Stream::Read)),
            ("user/ana/state/com.google/starred", Some(Stream::Starred)),
            ("user/-/state/com.google/kept-unread", Some(Stream::Unread)),
            ("user/-/state/com.google/broadcast", Some(Stream::Nothing)),
            ("user/-/label/north sea/ports", Some(Stream::Label("north sea/ports".to_owned()))),
            ("feed/7", Some(Stream::Source("7".to_owned()))),
            ("feed/https://paper.example/feed", Some(Stream::Source("https://paper.example/feed".to_owned()))),
            ("user/-/label/", None),
            ("user/-", None),
            ("splice/feed/7", None),
            ("", None),
        ] {
            assert_eq!(Stream::read(name).ok(), stream, "{name}");
        }
    }
}
