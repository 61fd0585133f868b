//! What there is to subscribe to, and how much of it is unread.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::question::Question;
use super::streams::{feed, label, state};
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

/// What is subscribed to.
pub(super) fn subscriptions(reader: &Reader) -> Result<Value, Miss> {
    let subscriptions = reader.subscriptions()?;
    let subscriptions = subscriptions.iter().map(|subscription| {
        let categories = subscription.tags.iter().map(|tag| json!({ "id": label(tag), "label": tag }));
        json!({
            "id": feed(subscription.source_id),
            "title": title(subscription),
            "categories": categories.collect::<Vec<_>>(),
            // One of them reads no list in which it is absent.
            "url": subscription.url.clone().unwrap_or_else(|| format!("urn:newswire:{}", subscription.slug)),
            "htmlUrl": page(subscription),
            "iconUrl": "",
        })
    });
    Ok(json!({ "subscriptions": subscriptions.collect::<Vec<_>>() }))
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
    let subscriptions = reader.subscriptions()?;
    let mut tags: Vec<&String> = subscriptions.iter().flat_map(|subscription| &subscription.tags).collect();
    tags.sort_unstable();
    tags.dedup();
    let starred = std::iter::once(json!({ "id": state("starred") }));
    let tags = starred.chain(tags.into_iter().map(|tag| json!({ "id": label(tag), "type": "folder" })));
    Ok(json!({ "tags": tags.collect::<Vec<_>>() }))
}

/// How much is unread: of each subscription, of each label, and in all.
pub(super) fn unread_counts(reader: &Reader) -> Result<Value, Miss> {
    let subscriptions = reader.subscriptions()?;
    let of_source: BTreeMap<i64, _> = reader.unread()?.into_iter().map(|unread| (unread.source_id, unread)).collect();
    let mut counts: BTreeMap<String, (u64, i64)> = BTreeMap::new();
    for subscription in &subscriptions {
        let Some(unread) = of_source.get(&subscription.source_id) else { continue };
        let labels = subscription.tags.iter().map(|tag| label(tag));
        for name in labels.chain([feed(subscription.source_id), state("reading-list")]) {
            let (n, newest) = counts.entry(name).or_default();
            *n += unread.n;
            *newest = (*newest).max(unread.newest_id);
        }
    }
    let max = counts.get(&state("reading-list")).map_or(0, |(n, _)| *n);
    let counts: Result<Vec<Value>, Miss> = counts
        .into_iter()
        .map(|(name, (n, newest))| {
            let newest = reader.arrived_at(newest)?.to_string();
            Ok(json!({ "id": name, "count": n, "newestItemTimestampUsec": newest }))
        })
        .collect();
    Ok(json!({ "max": max, "unreadcounts": counts? }))
}
