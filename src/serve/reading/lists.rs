//! What there is to subscribe to, and how much of it is unread.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::question::Question;
use super::streams::{Subscriptions, WATCHED, feed, label, state, watch_feed};
use crate::serve::miss::Miss;
use crate::serve::site::web_address;
use crate::store::{Reader, Subscription};

/// Why nobody subscribes to anything here.
pub(super) const NOT_HERE: &str = "subscriptions are the sources of newswire: its owner changes them by `newswire sources add`, by \
                                   `newswire sources rm` and in the list of sources";

/// Who reads: there is one.
pub(super) fn user() -> Value {
    json!({ "userId": "1", "userName": "newswire", "userProfileId": "1", "userEmail": "" })
}

/// The answer to whoever wants to subscribe to something.
pub(super) fn not_added(question: &Question) -> Value {
    json!({ "query": question.text("quickadd").unwrap_or_default(), "numResults": 0, "error": NOT_HERE })
}

/// What is subscribed to: sources, and watches behind them.
pub(super) fn subscriptions(reader: &Reader) -> Result<Value, Miss> {
    let Subscriptions { sources, watches } = Subscriptions::of(reader)?;
    let category = |tag: &str| json!({ "id": label(tag), "label": tag });
    let sources = sources.iter().map(|source| {
        json!({
            "id": feed(source.source_id),
            "title": title(source),
            "categories": source.tags.iter().map(|tag| category(tag)).collect::<Vec<_>>(),
            // One of them reads no list in which it is absent.
            "url": source.url.clone().unwrap_or_else(|| format!("urn:newswire:{}", source.slug)),
            "htmlUrl": page(source),
            "iconUrl": "",
        })
    });
    let watches = watches.iter().map(|watch| {
        json!({
            "id": watch_feed(watch.watch_id),
            "title": watch.name,
            "categories": [category(WATCHED)],
            "url": format!("urn:newswire:watch:{}", watch.watch_id),
            "htmlUrl": "",
            "iconUrl": "",
        })
    });
    Ok(json!({ "subscriptions": sources.chain(watches).collect::<Vec<_>>() }))
}

/// What a subscription is called.
pub(super) fn title(subscription: &Subscription) -> &str {
    subscription.title.as_deref().unwrap_or(&subscription.slug)
}

/// Its page for people; empty where none is known.
pub(super) fn page(subscription: &Subscription) -> String {
    let addresses = [&subscription.site_url, &subscription.url];
    addresses.into_iter().flatten().find_map(|address| web_address(address)).unwrap_or_default()
}

/// The labels that subscriptions have, and what is starred.
pub(super) fn labels(reader: &Reader) -> Result<Value, Miss> {
    let Subscriptions { sources, watches } = Subscriptions::of(reader)?;
    let mut tags: Vec<&str> = sources.iter().flat_map(|source| &source.tags).map(String::as_str).collect();
    tags.extend(watches.first().map(|_| WATCHED));
    tags.sort_unstable();
    tags.dedup();
    let starred = std::iter::once(json!({ "id": state("starred") }));
    let tags = starred.chain(tags.into_iter().map(|tag| json!({ "id": label(tag), "type": "folder" })));
    Ok(json!({ "tags": tags.collect::<Vec<_>>() }))
}

/// How much is unread: of each subscription, of each label, and in all. An article counts once in each, however often it stands there.
pub(super) fn unread_counts(reader: &Reader) -> Result<Value, Miss> {
    let subscriptions = Subscriptions::of(reader)?;
    let mut counts = Counts::default();
    let all = counts.place(state("reading-list"));
    let mut of_source: HashMap<i64, Vec<usize>> = HashMap::new();
    for source in &subscriptions.sources {
        let labels = source.tags.iter().map(|tag| label(tag));
        let names = labels.chain([feed(source.source_id)]);
        let places = names.map(|name| counts.place(name)).chain([all]).collect();
        of_source.insert(source.source_id, places);
    }
    let of_watch = subscriptions
        .watches
        .iter()
        .map(|watch| (watch.watch_id, [watch_feed(watch.watch_id), label(WATCHED)].map(|name| counts.place(name))));
    let of_watch: HashMap<i64, [usize; 2]> = of_watch.collect();
    let unread = reader.unread()?;
    let mut told = unread.by_watch.as_slice();
    for stands in unread.by_source.chunk_by(|left, right| left.0 == right.0) {
        let article = stands[0].0;
        let places: Vec<usize> =
            stands.iter().filter_map(|(_, source)| of_source.get(source)).flatten().copied().collect();
        let n_before = told.iter().take_while(|(other, _)| *other < article).count();
        let n_told = told[n_before..].iter().take_while(|(other, _)| *other == article).count();
        let (of_article, others) = told[n_before..].split_at(n_told);
        told = others;
        // What no source shows that is followed is not shown by a watch.
        if !places.is_empty() {
            let watches = of_article.iter().filter_map(|(_, watch)| of_watch.get(watch)).flatten().copied();
            places.into_iter().chain(watches).for_each(|place| counts.count(place, article));
        }
    }
    counts.told(reader)
}

/// Articles by name, each of which is counted with rising numbers.
#[derive(Debug, Default)]
struct Counts {
    places: BTreeMap<String, usize>,
    /// How many, and the last one.
    counted: Vec<(u64, i64)>,
}

impl Counts {
    /// Where what has this name is counted.
    fn place(&mut self, name: String) -> usize {
        let next = self.counted.len();
        let place = *self.places.entry(name).or_insert(next);
        if place == next {
            self.counted.push((0, 0));
        }
        place
    }

    fn count(&mut self, place: usize, article: i64) {
        let (n, last) = &mut self.counted[place];
        if *last != article {
            *n += 1;
            *last = article;
        }
    }

    fn told(&self, reader: &Reader) -> Result<Value, Miss> {
        let mut told = Vec::new();
        let mut max = 0;
        for (name, place) in &self.places {
            let (n, newest) = self.counted[*place];
            if n > 0 {
                let newest = reader.arrived_at(newest)?.to_string();
                told.push(json!({ "id": name, "count": n, "newestItemTimestampUsec": newest }));
            }
            max = max.max(n);
        }
        Ok(json!({ "max": max, "unreadcounts": told }))
    }
}
