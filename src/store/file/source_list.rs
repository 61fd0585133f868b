//! Lists of sources as a whole, as they are brought into the database.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use url::Url;

use crate::config::SLUG_BYTES_MAX;
use crate::model::{ListedSource, Route};
use crate::store::file::columns::{from_private_time, public_time};
use crate::store::file::hosts::host_of;

/// A list that loses more of its sources than half, and more than this, at one time is left as it is until somebody says that it is
/// meant so: whoever keeps it may have lost it, or a server may serve half of it. Of two sources one may go.
const LOST_AT_ONCE_MAX: usize = 2;

/// Who keeps the list of sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListKeeper {
    /// The sources file of the settings. What was added by command is not on it, and stays.
    SourcesFile,
    /// A command, where the settings have no list: what it is given is all that is followed.
    Command,
    /// Whoever keeps the list at an address that the settings name. What was added by command stays as it is, whatever that list says.
    Address,
}

impl ListKeeper {
    /// What `sources.origin` says of its sources.
    #[must_use]
    pub fn origin(self) -> &'static str {
        match self {
            ListKeeper::SourcesFile | ListKeeper::Address => "file",
            ListKeeper::Command => "command",
        }
    }

    /// Whether a source of this origin and state is no longer followed when the list does not have it.
    pub(in crate::store) fn removes(self, origin: &str, state: &str) -> bool {
        match self {
            ListKeeper::SourcesFile => origin == "file" && state != "removed",
            // The list itself is one that is polled by nobody.
            ListKeeper::Address => origin == "file" && !matches!(state, "removed" | "manual"),
            // What is only fetched by hand, or was imported, is followed by nobody.
            ListKeeper::Command => matches!(state, "active" | "paused" | "gone"),
        }
    }

    /// Whether a source of this state is left to commands, as it is, when the list does not have it: one that was paused here is to be paused
    /// still when the list has it again.
    pub(in crate::store) fn leaves_to_commands(self, state: &str) -> bool {
        self == ListKeeper::Address && state == "paused"
    }

    /// Whether a source that somebody else has listed becomes one of its own though all else is as it was.
    pub(in crate::store) fn takes_over(self, origin: &str) -> bool {
        self == ListKeeper::Command && origin == "file"
    }

    /// Whether what the list says of a source at an address counts for a stored one of its name, of this origin, state and address.
    pub(in crate::store) fn has_a_say(self, origin: &str, state: &str, stored_url: Option<&str>, url: &Url) -> bool {
        if self != ListKeeper::Address {
            return true;
        }
        match (origin, state) {
            // The list itself.
            ("file", "manual") => false,
            ("file", _) => true,
            // What was fetched once, or imported, is followed by nobody yet.
            (_, "manual") => stored_url.is_none_or(|stored| stored == url.as_str()),
            _ => false,
        }
    }
}

/// What names are given by, of a stored source.
#[derive(Clone, Debug)]
pub(in crate::store) struct StoredName {
    pub(in crate::store) slug: String,
    pub(in crate::store) url: Option<String>,
    pub(in crate::store) state: String,
    pub(in crate::store) origin: String,
    pub(in crate::store) credentials: Option<String>,
    pub(in crate::store) proxy: Option<Route>,
}

impl StoredName {
    fn heeds(&self, keeper: ListKeeper, url: &Url) -> bool {
        keeper.has_a_say(&self.origin, &self.state, self.url.as_deref(), url)
    }

    /// Whether it is at an address, be it in http or in https: a server that turns to https keeps its feeds.
    fn is_at(&self, url: &Url) -> bool {
        let without_scheme = |url: &str| url.split_once("://").map(|(_, rest)| rest.to_owned());
        self.url.as_deref().and_then(without_scheme) == without_scheme(url.as_str())
    }

    /// Which of several at one address is meant, the first of all first: the one that is followed, and of those the one that somebody has
    /// added by command.
    fn order_at_address(&self) -> u8 {
        match (self.state.as_str(), self.origin.as_str()) {
            ("removed", "file") => 4,
            ("removed", _) => 3,
            ("manual", _) => 2,
            (_, "file") => 1,
            _ => 0,
        }
    }
}

/// The sources of a list, each under the name that it has, or is to have, in the database: the one of what was added, or taken out, by
/// command at its address; else the one that the list gives; else the one that its address is stored with; else one made from its address,
/// with a number where that is another's. OPML has no word for credentials,
/// and from a list at an address no way is taken either: those that are stored stay, as long as the source is at the same server.
pub(in crate::store) fn named(
    listed: Vec<ListedSource>,
    stored: &[StoredName],
    keeper: ListKeeper,
) -> Result<Vec<ListedSource>, String> {
    let by_slug: HashMap<&str, &StoredName> = stored.iter().map(|row| (row.slug.as_str(), row)).collect();
    let mut by_address: HashMap<&str, &StoredName> = HashMap::new();
    for row in stored {
        let Some(url) = row.url.as_deref() else { continue };
        let meant = by_address.entry(url).or_insert(row);
        if row.order_at_address() <= meant.order_at_address() {
            *meant = row;
        }
    }
    let slug_given = |listed: &ListedSource| {
        let ListedSource { source, is_named, .. } = listed;
        let is_anothers = |row: &&StoredName| !row.heeds(keeper, &source.url);
        let is_settled = by_address.get(source.url.as_str()).is_some_and(is_anothers);
        let is_taken = by_slug.get(source.slug.as_str()).is_some_and(is_anothers);
        (*is_named && !is_settled && !is_taken).then(|| source.slug.clone())
    };
    let slug_at = |listed: &ListedSource| by_address.get(listed.source.url.as_str()).map(|row| row.slug.clone());
    let mut taken = HashSet::new();
    let mut slugs: Vec<Option<String>> = Vec::with_capacity(listed.len());
    for listed in &listed {
        let given = slug_given(listed);
        if let Some(twice) = given.as_ref().filter(|slug| taken.contains(slug.as_str())) {
            return Err(format!("has two sources {twice:?}"));
        }
        let slug = given.or_else(|| slug_at(listed).filter(|slug| !taken.contains(slug)));
        taken.extend(slug.clone());
        slugs.push(slug);
    }
    let is_free = |slug: &str, url: &Url, taken: &HashSet<String>| {
        !taken.contains(slug) && by_slug.get(slug).is_none_or(|row| row.heeds(keeper, url))
    };
    let mut numbers = HashMap::new();
    let mut settle = |(mut listed, slug): (ListedSource, Option<String>)| {
        let slug = slug.unwrap_or_else(|| {
            let slug = numbered(&listed.source.slug, &mut numbers, |slug| is_free(slug, &listed.source.url, &taken));
            taken.insert(slug.clone());
            slug
        });
        let is_at_its_server = |row: &&&StoredName| {
            let url = row.url.as_deref().and_then(|url| Url::parse(url).ok());
            url.is_some_and(|url| url.origin() == listed.source.url.origin())
        };
        if let Some(row) = by_slug.get(slug.as_str()).filter(is_at_its_server) {
            listed.source.credentials.clone_from(&row.credentials);
            if keeper == ListKeeper::Address {
                listed.source.proxy.clone_from(&row.proxy);
            }
        }
        listed.source.slug = slug;
        listed
    };
    Ok(listed.into_iter().zip(slugs).map(&mut settle).collect())
}

/// A name, with the first number with which it is free. `numbers` has those that were given last: of a thousand sources that would like
/// to have one name none is to try all before it.
fn numbered(wanted: &str, numbers: &mut HashMap<String, u64>, is_free: impl Fn(&str) -> bool) -> String {
    if is_free(wanted) {
        return wanted.to_owned();
    }
    let number = numbers.entry(wanted.to_owned()).or_insert(1);
    loop {
        *number += 1;
        let number = number.to_string();
        let start = wanted.floor_char_boundary(SLUG_BYTES_MAX - 1 - number.len());
        let slug = format!("{}-{number}", &wanted[..start]);
        if is_free(&slug) {
            return slug;
        }
    }
}

/// Why a list at an address is left as it is, though it could be read: it has lost too much at once, or put it at other addresses, which
/// is another list under known names.
pub(in crate::store) fn lost_too_much(stored: &[StoredName], listed: &[ListedSource]) -> Option<String> {
    let addresses: HashMap<&str, &Url> =
        listed.iter().map(|listed| (listed.source.slug.as_str(), &listed.source.url)).collect();
    let (mut n_before, mut n_removed, mut n_moved) = (0, 0, 0);
    for row in stored.iter().filter(|row| ListKeeper::Address.removes(&row.origin, &row.state)) {
        n_before += 1;
        match addresses.get(row.slug.as_str()) {
            None => n_removed += 1,
            Some(url) if !row.is_at(url) => n_moved += 1,
            Some(_) => {}
        }
    }
    if n_before > 0 && listed.is_empty() {
        return Some("it lists nothing any more".to_owned());
    }
    let n_lost = n_removed + n_moved;
    let is_too_much = n_lost > LOST_AT_ONCE_MAX && n_lost * 2 > n_before;
    let moved = if n_moved > 0 { format!(" and has {n_moved} at other addresses") } else { String::new() };
    is_too_much.then(|| format!("it has lost {n_removed} of its {n_before} sources at once{moved}"))
}

/// The first request for a list at an address since it could last be read, of those that are kept: its row and its time.
pub(in crate::store) fn first_in_vain(
    connection: &Connection,
    source_id: i64,
    url: &str,
    last_ok_at: Option<Timestamp>,
) -> rusqlite::Result<Option<(i64, String)>> {
    // By the host, for which there is an index.
    connection
        .prepare_cached(
            "SELECT id, started_at FROM fetches WHERE host = ?1 AND started_at > ?2 AND source_id = ?3 ORDER BY started_at LIMIT 1",
        )?
        .query_row(params![host_of(url), last_ok_at.map_or(String::new(), public_time), source_id], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()
}

/// The requests that say since when lists at addresses cannot be read, as a JSON list. They are kept for as long as that is so.
pub(in crate::store) fn telling_requests(connection: &Connection) -> rusqlite::Result<String> {
    let mut lists = connection.prepare_cached(
        "SELECT id, url, last_ok_at FROM sources JOIN _source_schedule ON source_id = sources.id
         WHERE origin = 'file' AND state = 'manual' AND error IS NOT NULL",
    )?;
    let mut rows = lists.query([])?;
    let mut ids = Vec::new();
    while let Some(row) = rows.next()? {
        let last_ok_at = row.get::<_, Option<i64>>(2)?.map(from_private_time);
        let first = first_in_vain(connection, row.get(0)?, &row.get::<_, String>(1)?, last_ok_at)?;
        ids.extend(first.map(|(id, _)| id));
    }
    Ok(serde_json::json!(ids).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::model::Source;

    /// Names a list (slug or nothing, address) beside what is stored (slug, address, state, origin).
    #[track_caller]
    fn check(
        listed: &[(Option<&str>, &str)],
        stored: &[(&str, &str, &str, &str)],
        keeper: ListKeeper,
        expected: Result<&[&str], &str>,
    ) {
        let url = |host: &str| Url::parse(&format!("https://{host}/feed")).unwrap();
        let entry = |(slug, host): &(Option<&str>, &str)| {
            let name = slug.map_or_else(|| config::slug_for(&url(host)), str::to_owned);
            ListedSource { source: Source::new(name, url(host)), is_paused: false, is_named: slug.is_some() }
        };
        let row = |(slug, host, state, origin): &(&str, &str, &str, &str)| StoredName {
            slug: (*slug).to_owned(),
            url: Some(url(host).to_string()),
            state: (*state).to_owned(),
            origin: (*origin).to_owned(),
            credentials: Some("key".to_owned()),
            proxy: None,
        };
        let stored: Vec<StoredName> = stored.iter().map(row).collect();
        let named = named(listed.iter().map(entry).collect(), &stored, keeper);
        let slugs =
            named.as_ref().map(|named| named.iter().map(|listed| listed.source.slug.as_str()).collect::<Vec<_>>());
        assert_eq!(slugs.as_deref().map_err(|reason| reason.as_str()), expected);
        for listed in named.into_iter().flatten() {
            let same = stored.iter().find(|row| row.slug == listed.source.slug);
            let is_kept = same.is_some_and(|row| row.url.as_deref() == Some(listed.source.url.as_str()));
            assert_eq!(listed.source.credentials.is_some(), is_kept, "{}", listed.source.slug);
        }
    }

    #[test]
    fn each_source_of_a_list_has_a_name_of_its_own() {
        use ListKeeper::{Address, Command};
        check(&[(None, "a.example"), (Some("b"), "b.example")], &[], Address, Ok(&["a.example-feed", "b"]));
        check(&[(Some("a"), "a.example"), (Some("a"), "b.example")], &[], Address, Err("has two sources \"a\""));
        // By the address that it is stored with, and by its name where the address is new.
        let stored = [("quay", "a.example", "active", "file"), ("b", "b.example", "active", "file")];
        check(&[(None, "a.example"), (Some("b"), "c.example")], &stored, Address, Ok(&["quay", "b"]));
        // A name that is made gives way to one that is given or known.
        let alike = [(None, "a.example"), (Some("a.example-feed"), "b.example")];
        check(&alike, &[], Address, Ok(&["a.example-feed-2", "a.example-feed"]));
        // Theirs is theirs: another source of its name gets a number, and keeps that.
        let theirs = [("a", "x.example", "active", "command"), ("a-2", "a.example", "active", "file")];
        check(&[(Some("a"), "a.example")], &theirs[..1], Address, Ok(&["a-2"]));
        check(&[(Some("a"), "a.example")], &theirs, Address, Ok(&["a-2"]));
        check(&[(Some("a"), "a.example")], &theirs, Command, Ok(&["a"]));
        // What was added, or taken out, by command at its address is it, whatever its name; what was fetched once is too.
        for state in ["active", "paused", "removed"] {
            let theirs = [("mine", "a.example", state, "command"), ("quay", "a.example", "removed", "file")];
            check(&[(Some("a"), "a.example")], &theirs, Address, Ok(&["mine"]));
            check(&[(Some("mine"), "b.example")], &theirs, Address, Ok(&["mine-2"]));
        }
        let once = [("a", "a.example", "manual", "command")];
        check(&[(Some("a"), "a.example")], &once, Address, Ok(&["a"]));
        check(&[(Some("a"), "b.example"), (None, "a.example")], &once, Address, Ok(&["a-2", "a"]));
        // Nor is the list itself one of its sources.
        let itself = [("ours", "lists.example", "manual", "file")];
        check(&[(Some("ours"), "a.example")], &itself, Address, Ok(&["ours-2"]));
    }

    #[test]
    fn thousands_of_sources_that_want_one_name_take_no_time() {
        let began = std::time::Instant::now();
        let entry = |number: usize| {
            let url = Url::parse(&format!("https://a.example/feed?n={number}")).unwrap();
            ListedSource { source: Source::new("a".to_owned(), url), is_paused: false, is_named: false }
        };
        let named = named((0..30_000).map(entry).collect(), &[], ListKeeper::Address).unwrap();
        assert_eq!(named[29_999].source.slug, "a-30000");
        assert!(began.elapsed() < std::time::Duration::from_secs(10), "{:?}", began.elapsed());
    }

    #[test]
    fn a_list_that_loses_most_of_its_sources_is_left_as_it_is() {
        // Of so many sources, so many stay, so many are at other addresses, and so many are new.
        let check = |n_before, n_same, n_moved, n_new, expected: Option<&str>| {
            let stored: Vec<StoredName> = (0..n_before)
                .map(|number| StoredName {
                    slug: format!("s{number}"),
                    url: Some(format!("http://s{number}.example/feed")),
                    state: "active".to_owned(),
                    origin: "file".to_owned(),
                    credentials: None,
                    proxy: None,
                })
                .collect();
            let entry = |slug: String, url: String| {
                let source = Source::new(slug, Url::parse(&url).unwrap());
                ListedSource { source, is_paused: false, is_named: true }
            };
            // A change of the scheme is none of the place.
            let same = (0..n_same).map(|number| entry(format!("s{number}"), format!("https://s{number}.example/feed")));
            let moved = (n_same..n_same + n_moved)
                .map(|number| entry(format!("s{number}"), format!("http://s{number}.other.example/feed")));
            let new = (0..n_new).map(|number| entry(format!("n{number}"), format!("http://n{number}.example/feed")));
            let listed: Vec<ListedSource> = same.chain(moved).chain(new).collect();
            assert_eq!(lost_too_much(&stored, &listed).as_deref(), expected, "{n_before} {n_same} {n_moved} {n_new}");
        };
        check(0, 0, 0, 0, None);
        check(1, 0, 0, 0, Some("it lists nothing any more"));
        check(2, 1, 0, 0, None);
        check(2, 0, 0, 2, None);
        check(3, 0, 0, 1, Some("it has lost 3 of its 3 sources at once"));
        check(10, 5, 0, 0, None);
        check(10, 4, 0, 0, Some("it has lost 6 of its 10 sources at once"));
        check(10, 4, 0, 396, Some("it has lost 6 of its 10 sources at once"));
        check(2, 0, 2, 0, None);
        check(3, 0, 3, 0, Some("it has lost 0 of its 3 sources at once and has 3 at other addresses"));
        check(10, 5, 5, 0, None);
        check(10, 4, 3, 0, Some("it has lost 3 of its 10 sources at once and has 3 at other addresses"));
    }
}
