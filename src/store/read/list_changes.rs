//! What a list of sources would change, told before it does: the same questions that `write::sources::sync` asks.

use std::collections::{HashMap, HashSet};

use url::Url;

use crate::model::{ListedSource, Source, without_credentials};
use crate::store::file::columns::json_list;
use crate::store::file::source_list::{ListKeeper, StoredName, named};
use crate::store::read::sources::SourceRow;

/// A key of a source that changes, its values as they may be printed; empty where there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyChange {
    /// As in `sources.toml`; `state` and `origin` as in the table.
    pub key: &'static str,
    /// What is stored.
    pub from: String,
    /// What the list has.
    pub to: String,
}

/// What a list would change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListChanges {
    /// Sources that are not stored yet.
    pub added: Vec<Source>,
    /// Slugs of stored ones that would read otherwise, and how.
    pub changed: Vec<(String, Vec<KeyChange>)>,
    /// Stored ones that would no longer be followed. Their articles stay.
    pub removed: Vec<SourceRow>,
    /// How many of the list stay as they are.
    pub n_same: usize,
}

impl ListChanges {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }
}

/// The sources of a list under the names that they have in the database, or are to have.
///
/// # Errors
///
/// Why the list is none: it names two sources alike.
pub fn named_sources(
    listed: Vec<ListedSource>,
    stored: &[SourceRow],
    keeper: ListKeeper,
) -> Result<Vec<ListedSource>, String> {
    let name = |row: &SourceRow| StoredName {
        slug: row.slug.clone(),
        url: row.url.clone(),
        state: row.state.clone(),
        origin: row.origin.clone(),
        credentials: row.credentials.clone(),
        proxy: row.proxy.as_deref().and_then(|proxy| proxy.parse().ok()),
    };
    named(listed, &stored.iter().map(name).collect::<Vec<_>>(), keeper)
}

/// Compares a list with what is stored.
#[must_use]
pub fn list_changes(stored: &[SourceRow], listed: &[Source], keeper: ListKeeper) -> ListChanges {
    let mut changes = ListChanges::default();
    let by_slug: HashMap<&str, &SourceRow> = stored.iter().map(|row| (row.slug.as_str(), row)).collect();
    let slugs: HashSet<&str> = listed.iter().map(|source| source.slug.as_str()).collect();
    for source in listed {
        let row = by_slug.get(source.slug.as_str());
        match row.map(|row| {
            let has_a_say = keeper.has_a_say(&row.origin, &row.state, row.url.as_deref(), &source.url);
            if has_a_say { changed_keys(row, source, keeper) } else { Vec::new() }
        }) {
            None => changes.added.push(source.clone()),
            Some(keys) if keys.is_empty() => changes.n_same += 1,
            Some(keys) => changes.changed.push((source.slug.clone(), keys)),
        }
    }
    let is_gone = |row: &&SourceRow| keeper.removes(&row.origin, &row.state) && !slugs.contains(row.slug.as_str());
    for row in stored.iter().filter(is_gone) {
        if keeper.leaves_to_commands(&row.state) {
            let origin = KeyChange { key: "origin", from: row.origin.clone(), to: "command".to_owned() };
            changes.changed.push((row.slug.clone(), vec![origin]));
        } else {
            changes.removed.push(row.clone());
        }
    }
    changes
}

fn changed_keys(row: &SourceRow, source: &Source, keeper: ListKeeper) -> Vec<KeyChange> {
    let stored_url = row.url.as_deref().unwrap_or_default();
    let has_other_address = stored_url != source.url.as_str();
    // Without a word about it, the kind of another address is found out anew.
    let kind = match source.kind {
        Some(kind) => kind.to_string(),
        None if has_other_address => String::new(),
        None => row.kind.clone().unwrap_or_default(),
    };
    let comes_back = matches!(row.state.as_str(), "removed" | "manual") || has_other_address && row.state == "gone";
    let state = if comes_back { "active" } else { &row.state };
    let origin = if keeper.takes_over(&row.origin) { keeper.origin() } else { &row.origin };
    let proxy = source.proxy.as_ref().map(|route| route.without_credentials().to_string());
    let texts = |text: &Option<String>| text.clone().unwrap_or_default();
    let mut keys = vec![
        ("kind", texts(&row.kind), kind),
        ("tags", json_list(&row.tags), json_list(&source.tags)),
        ("full_text", row.full_text.clone(), source.full_text.to_string()),
        ("links", json_list(&row.link_selectors), json_list(&source.link_selectors)),
        ("proxy", texts(&row.proxy), texts(&proxy)),
        ("credentials", texts(&row.credentials), texts(&source.credentials)),
        ("state", row.state.clone(), state.to_owned()),
        ("origin", row.origin.clone(), origin.to_owned()),
    ];
    keys.retain(|(_, from, to)| from != to);
    let mut changes: Vec<KeyChange> = keys.into_iter().map(|(key, from, to)| KeyChange { key, from, to }).collect();
    if has_other_address {
        changes.insert(0, changed_address(stored_url, &source.url));
    }
    changes
}

/// Both addresses without their passwords, which may be all that is new.
fn changed_address(from: &str, to: &Url) -> KeyChange {
    let (from, to) = (without_credentials(from).into_owned(), without_credentials(to.as_str()).into_owned());
    let to = if from == to { format!("{to} (with another login)") } else { to };
    KeyChange { key: "url", from, to }
}
