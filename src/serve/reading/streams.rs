//! Which articles a reader means: streams, by their names.

use super::question::{Question, time_of};
use crate::serve::miss::Miss;
use crate::store::{ArrivalFilter, Reader, Standing, Subscription, WatchSubscription};

/// By these names the states of an article are known; `-` stands for whoever reads.
const STATES: &str = "user/-/state/com.google/";
const LABELS: &str = "user/-/label/";
const FEEDS: &str = "feed/";
const WATCHES: &str = "feed/watch:";

/// The label of watches. Sources may have it too.
pub(super) const WATCHED: &str = "Watches";

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
    /// The sources with a label, and the watches with theirs.
    Label(String),
    /// A source, by its number or its address.
    Source(String),
    /// A watch, by its number.
    Watch(i64),
}

/// What there is to subscribe to.
#[derive(Debug)]
pub(super) struct Subscriptions {
    pub(super) sources: Vec<Subscription>,
    pub(super) watches: Vec<WatchSubscription>,
}

impl Subscriptions {
    pub(super) fn of(reader: &Reader) -> Result<Subscriptions, Miss> {
        Ok(Subscriptions { sources: reader.subscriptions()?, watches: reader.watch_subscriptions()? })
    }

    /// The sources, by their numbers: what none of them lists is not shown.
    pub(super) fn shown(&self) -> Vec<i64> {
        self.sources.iter().map(|source| source.source_id).collect()
    }

    pub(super) fn source(&self, id: i64) -> Option<&Subscription> {
        self.sources.iter().find(|source| source.source_id == id)
    }

    pub(super) fn watch(&self, id: i64) -> Option<&WatchSubscription> {
        self.watches.iter().find(|watch| watch.watch_id == id)
    }
}

impl Stream {
    /// Reads its name.
    pub(super) fn read(name: &str) -> Result<Stream, Miss> {
        let unknown = || Miss::Wrong(format!("there is no stream {name}"));
        if let Some(watch) = name.strip_prefix(WATCHES) {
            return watch.parse().map(Stream::Watch).map_err(|_| unknown());
        }
        if let Some(source) = name.strip_prefix(FEEDS) {
            return Ok(Stream::Source(source.to_owned()));
        }
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

    /// Refuses a subscription that there is none of: nothing would be told of it for ever.
    pub(super) fn must_be_there(&self, all: &Subscriptions) -> Result<(), Miss> {
        let is_subscription = matches!(self, Stream::Source(_) | Stream::Watch(_));
        if is_subscription && self.standing(all).is_some_and(|standing| standing.is_empty()) {
            return Err(Miss::NotFound("there is no such subscription, or it was taken away".to_owned()));
        }
        Ok(())
    }

    /// With which subscriptions its articles stand; nothing where it is of all.
    pub(super) fn standing(&self, all: &Subscriptions) -> Option<Standing> {
        let sources = |is_of: &dyn Fn(&Subscription) -> bool| -> Vec<i64> {
            all.sources.iter().filter(|source| is_of(source)).map(|source| source.source_id).collect()
        };
        let watches = |is_of: &dyn Fn(&WatchSubscription) -> bool| -> Vec<i64> {
            all.watches.iter().filter(|watch| is_of(watch)).map(|watch| watch.watch_id).collect()
        };
        match self {
            Stream::All | Stream::Read | Stream::Unread | Stream::Starred => None,
            Stream::Nothing => Some(Standing::default()),
            Stream::Label(label) => Some(Standing {
                sources: sources(&|source| source.tags.contains(label)),
                watches: watches(&|_| label == WATCHED),
            }),
            Stream::Source(named) => Some(Standing {
                sources: sources(&|source| named.parse() == Ok(source.source_id) || source.url.as_ref() == Some(named)),
                watches: Vec::new(),
            }),
            Stream::Watch(id) => {
                Some(Standing { sources: Vec::new(), watches: watches(&|watch| watch.watch_id == *id) })
            }
        }
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

/// The name of a watch.
pub(super) fn watch_feed(watch_id: i64) -> String {
    format!("{WATCHES}{watch_id}")
}

/// What of a stream is asked for, so many articles at most.
pub(super) fn filter(
    reader: &Reader,
    subscriptions: &Subscriptions,
    stream: &Stream,
    question: &Question,
    limit_max: u32,
) -> Result<ArrivalFilter, Miss> {
    let (mut unread, mut starred) = (None, None);
    let (mut with, mut without) = (Vec::new(), Standing::default());
    let included = question.all("it").map(|name| (Stream::read(name), true));
    let excluded = question.all("xt").map(|name| (Stream::read(name), false));
    let own = std::iter::once((Ok(stream.clone()), true));
    let mut is_empty = false;
    for (stream, is_wanted) in own.chain(included).chain(excluded) {
        let stream = stream?;
        if is_wanted {
            stream.must_be_there(subscriptions)?;
        }
        let known = match stream {
            Stream::Read => Some((&mut unread, !is_wanted)),
            Stream::Unread => Some((&mut unread, is_wanted)),
            Stream::Starred => Some((&mut starred, is_wanted)),
            Stream::All | Stream::Nothing | Stream::Label(_) | Stream::Source(_) | Stream::Watch(_) => None,
        };
        if let Some((wanted, value)) = known {
            // Both at once there is nothing of.
            is_empty |= wanted.replace(value).is_some_and(|before| before != value);
            continue;
        }
        match stream.standing(subscriptions) {
            Some(standing) if is_wanted => with.push(standing),
            Some(Standing { sources, watches }) => {
                without.sources.extend(sources);
                without.watches.extend(watches);
            }
            None => is_empty |= !is_wanted,
        }
    }
    if is_empty {
        with = vec![Standing::default()];
    }
    let is_oldest_first = question.is_oldest_first()?;
    let (mut after, mut before) = (0, i64::MAX);
    if let Some(time) = question.number("ot")? {
        let since = time_of(time).start().saturating_sub(OVERLAP * MICROSECONDS);
        after = reader.last_arrival_at(since.saturating_sub(1))?;
    }
    if let Some(time) = question.number("nt")? {
        before = reader.last_arrival_at(*time_of(time).start())?.saturating_add(1);
    }
    if let Some(last) = question.number("c")? {
        if last < 1 {
            return Err(Miss::Wrong(format!("c={last}: must be the continuation of the page before")));
        }
        if is_oldest_first {
            after = after.max(last);
        } else {
            before = before.min(last);
        }
    }
    let limit = question.number("n")?.unwrap_or(LIMIT).min(i64::from(limit_max));
    if limit < 1 {
        return Err(Miss::Wrong(format!("n={limit}: must be 1 or more")));
    }
    Ok(ArrivalFilter {
        shown: subscriptions.shown(),
        with,
        without,
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
            ("feed/watch:7", Some(Stream::Watch(7))),
            ("feed/watch:floods", None),
            ("user/-/label/", None),
            ("user/-", None),
            ("splice/feed/7", None),
            ("", None),
        ] {
            assert_eq!(Stream::read(name).ok(), stream, "{name}");
        }
    }
}
