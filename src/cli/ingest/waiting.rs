//! What one-shot work leaves undone, since its host is to be left in peace or processes died with it: told at the end, with
//! the time.

use std::collections::BTreeMap;

use jiff::Timestamp;
use url::Url;

use crate::cli::terminal::messages::say;
use crate::daemon::{Acquired, Event, Polled};
use crate::fetch::Fetcher;
use crate::model::publisher_of;
use crate::store::{WaitedForHost, WaitingAfterDeaths};

use crate::cli::terminal::text::{counted, shell_word};

/// Hosts that are named; the rest is counted.
const HOSTS_NAMED_MAX: usize = 5;

/// What was given back, by address, with the time at which its turn comes. What came after all is not in it.
#[derive(Debug, Default)]
pub(super) struct Postponed {
    pub(super) articles: BTreeMap<String, Timestamp>,
    pub(super) sources: BTreeMap<String, Timestamp>,
}

impl Postponed {
    pub(super) fn note(&mut self, event: &Event) {
        match event {
            Event::Polled { url, outcome, .. } => {
                let until = if let Polled::Postponed { until } = outcome { Some(*until) } else { None };
                set(&mut self.sources, url, until);
            }
            Event::Acquired { url, outcome, .. } => {
                let until = if let Acquired::Postponed { until } = outcome { Some(*until) } else { None };
                set(&mut self.articles, url, until);
            }
        }
    }
}

fn set(waiting: &mut BTreeMap<String, Timestamp>, url: &str, until: Option<Timestamp>) {
    match until {
        Some(until) => waiting.insert(url.to_owned(), until),
        None => waiting.remove(url),
    };
}

/// Tells of addresses that were named. `is_kept` says whether there is a database to ask for more.
pub(super) fn tell_named(waiting: &[(String, Timestamp)], is_kept: bool) {
    for (url, until) in waiting {
        let more = if is_kept { format!("; `newswire why {}` tells more", shell_word(url)) } else { String::new() };
        say!("newswire: {url}: its host is to be left in peace until {until:.0}{more}");
    }
}

/// Tells of what waits since processes died with it: it may be to blame, and is tried one after the other.
pub(super) fn tell_after_deaths(waiting: &WaitingAfterDeaths) {
    let WaitingAfterDeaths { n_links, n_sources, n_deaths, first_due_at, last_due_at } = waiting;
    let is_one = n_links + n_sources == 1;
    let (verb, were) = if is_one { ("waits", "it was") } else { ("wait", "they were") };
    let what = counts(*n_links, *n_sources);
    let until = if is_one { format!("{first_due_at:.0}") } else { format!("{first_due_at:.0} to {last_due_at:.0}") };
    let options = match (n_links, n_sources) {
        (_, 0) => "--retry",
        (0, _) => "--all",
        _ => "--all --retry",
    };
    say!(
        "newswire: {what} {verb} until {until}: newswire or a worker ended {n_deaths} times in a row while {were} in work; \
         `newswire fetch {options}` tries again now"
    );
}

/// `2 articles and 1 source`, without what there is none of.
fn counts(n_articles: u64, n_sources: u64) -> String {
    let kinds = [(n_articles, "article"), (n_sources, "source")];
    let counts: Vec<String> = kinds.iter().filter(|(n, _)| *n > 0).map(|(n, thing)| counted(n, thing)).collect();
    counts.join(" and ")
}

/// What waits, by who publishes it.
#[derive(Debug, Default)]
pub(super) struct Hosts(BTreeMap<String, Host>);

#[derive(Debug)]
struct Host {
    n_articles: u64,
    n_sources: u64,
    until: Timestamp,
}

impl Hosts {
    pub(super) fn add_articles(&mut self, articles: &[(String, Timestamp)]) {
        for (url, until) in articles {
            self.host(url, *until).n_articles += 1;
        }
    }

    pub(super) fn add_sources(&mut self, sources: BTreeMap<String, Timestamp>) {
        for (url, until) in sources {
            self.host(&url, until).n_sources += 1;
        }
    }

    /// Adds what the database has, as far as a host is waited for still.
    pub(super) fn add_waited_for(&mut self, hosts: Vec<WaitedForHost>, fetcher: &Fetcher) {
        let now = Timestamp::now();
        for WaitedForHost { publisher, n_links, url, held_until } in hosts {
            let until = held_until.or_else(|| Some(fetcher.ready_at(&Url::parse(&url).ok()?)));
            if let Some(until) = until.filter(|until| *until > now) {
                self.entry(publisher, until).n_articles += n_links;
            }
        }
    }

    fn host(&mut self, url: &str, until: Timestamp) -> &mut Host {
        let publisher = Url::parse(url).map_or_else(|_| url.to_owned(), |url| publisher_of(&url));
        self.entry(publisher, until)
    }

    /// Of several times the first counts: others are told a later one only so that they do not come all at once.
    fn entry(&mut self, publisher: String, until: Timestamp) -> &mut Host {
        let host = self.0.entry(publisher).or_insert(Host { n_articles: 0, n_sources: 0, until });
        host.until = host.until.min(until);
        host
    }

    /// Tells how many wait for which hosts, those with the most first.
    pub(super) fn tell(&self) {
        let mut hosts: Vec<(&String, &Host)> = self.0.iter().collect();
        hosts.sort_by_key(|(_, host)| std::cmp::Reverse(host.n_articles + host.n_sources));
        for (publisher, Host { n_articles, n_sources, until }) in hosts.iter().take(HOSTS_NAMED_MAX) {
            let counts = counts(*n_articles, *n_sources);
            say!("newswire: {publisher} is to be left in peace until {until:.0}; waiting: {counts}");
        }
        if hosts.len() > HOSTS_NAMED_MAX {
            say!("newswire: and of {} more", counted(hosts.len() - HOSTS_NAMED_MAX, "host"));
        }
    }
}
