//! What has become of an address, in a sentence, and what can be done next. Decided from what is on record of it alone.

use jiff::Timestamp;

use crate::store::{ArticleRow, LinkHistory, SourceOfHost};

use super::evidence::{Diagnosis, Evidence};
use crate::forms::words::{counted, shell_word};

/// Sources of a publisher that are named.
const SOURCES_NAMED_MAX: usize = 3;

/// What has become of an address.
pub(super) fn diagnose(evidence: &Evidence<'_>) -> Diagnosis {
    match (&evidence.history.link, evidence.article) {
        (Some(link), Some(article)) => stored(evidence, link, article),
        (Some(LinkHistory { article_id: Some(id), .. }), None) => Diagnosis {
            state: "deleted",
            text: format!("it led to article {id}, which was deleted here; it does not come back as new"),
            next: Vec::new(),
        },
        (Some(link), None) => match link.due_at {
            Some(due_at) => waiting(evidence, link, due_at),
            None if link.failures_in_a_row > 0 => given_up(evidence, link),
            None => Diagnosis {
                state: "left out",
                text: "it was left out when its source was removed; a source that lists it brings it back".to_owned(),
                next: Vec::new(),
            },
        },
        (None, _) => never_listed(evidence),
    }
}

fn stored(evidence: &Evidence<'_>, link: &LinkHistory, article: &ArticleRow) -> Diagnosis {
    let ArticleRow { id, duplicate_of, body_kind, .. } = article;
    let mut next = vec![format!("`newswire show {id}` shows it")];
    let mut text = format!("stored as article {id}");
    if let Some(of) = duplicate_of {
        text = format!("{text}, a copy of {of}");
        next.push(format!("`newswire show {of}` shows what it is a copy of"));
    }
    if article.url.as_deref().is_some_and(|url| url != link.url) {
        text.push_str(", under another address");
    }
    if body_kind == "feed" {
        text.push_str(", with the text of its feed's entry");
    }
    if matches!(body_kind.as_str(), "wall" | "teaser" | "partial") {
        let what = match body_kind.as_str() {
            "wall" => ", without its text: a wall stood before it",
            "teaser" => ", of which there is a teaser only",
            _ => ", of which a part is missing",
        };
        text.push_str(what);
        next.push(evidence.explain());
    }
    Diagnosis { state: "stored", text, next }
}

fn waiting(evidence: &Evidence<'_>, link: &LinkHistory, due_at: Timestamp) -> Diagnosis {
    let n_failures = link.failures_in_a_row;
    let held_until = link.held_until.filter(|held_until| *held_until > evidence.now);
    let ready_at = link.publisher_ready_at.max(held_until).filter(|ready_at| *ready_at > evidence.now);
    let is_in_lease = link.is_claimed && due_at > evidence.now;
    let (state, text) = if is_in_lease && evidence.is_ingesting {
        ("in work", format!("it is being fetched; if that is lost, it is tried again at {due_at:.0}"))
    } else if is_in_lease {
        ("waiting", "it was being fetched by a process that has ended; the next one tries again".to_owned())
    } else if due_at > evidence.now && n_failures > 0 {
        let failures = counted(n_failures, "failed attempt");
        ("backing off", format!("it waits until {due_at:.0} after {failures}{}", evidence.because()))
    } else if due_at > evidence.now {
        ("waiting", format!("it waits until {due_at:.0}: its host was busy"))
    } else if let Some(ready_at) = ready_at {
        ("waiting", format!("it is due and waits for its turn: {} is asked again at {ready_at:.0}", evidence.publisher))
    } else {
        ("due", "it is due now".to_owned())
    };
    let before = match link.n_before {
        // Until its own time comes, whose turn is first does not matter.
        _ if due_at > evidence.now => String::new(),
        0 => String::new(),
        1 => format!("; 1 of {} comes before it", evidence.publisher),
        n => format!("; {n} of {} come before it", evidence.publisher),
    };
    let next = if evidence.is_ingesting {
        Vec::new()
    } else {
        let at_once = evidence.fetch("fetches it now");
        let some = "nothing ingests now: `newswire run` does so on and on, `newswire fetch --due` once".to_owned();
        // A host that is to be left in peace is not asked by hand either.
        std::iter::once(some).chain(Some(at_once).filter(|_| held_until.is_none())).collect()
    };
    Diagnosis { state, text: text + &before, next }
}

fn given_up(evidence: &Evidence<'_>, link: &LinkHistory) -> Diagnosis {
    let last = evidence.last_failure();
    let class = last.and_then(|exchange| exchange.error_class.as_deref());
    let reason = last.and_then(|exchange| exchange.error.as_deref()).unwrap_or_default();
    let attempts = counted(link.failures_in_a_row, "attempt");
    let refused = |by: &str, remedy: &str| Diagnosis {
        state: "refused",
        text: format!("refused by {by}: {reason}; it is not tried again"),
        next: vec![format!("{remedy}; then {}", evidence.fetch("asks for it"))],
    };
    let given_up = |next: Vec<String>| Diagnosis {
        state: "given up",
        text: format!("given up after {attempts}{}; it is not tried again", evidence.because()),
        next,
    };
    match class {
        Some("robots") => {
            refused("its host", "where the host is yours, `fetch.robots = false` leaves robots.txt aside")
        }
        Some("address") => refused("the settings", "`fetch.private_networks` names networks that may be asked"),
        Some("too-large") => given_up(vec![format!(
            "`fetch.page_bytes_max` is the limit; with a larger one {}",
            evidence.fetch("tries again")
        )]),
        Some("not-article" | "empty" | "parse") => given_up(vec![evidence.explain(), evidence.fetch("tries again")]),
        None if link.full_text.as_deref() == Some("feed") => Diagnosis {
            state: "refused",
            text: format!(
                "refused by the settings: {} takes texts from its feed alone (`full_text = \"feed\"`), and the entry has none",
                link.source.as_deref().unwrap_or("its source")
            ),
            next: vec![format!(
                "with `full_text = \"auto\"` its page may be asked for; then {}",
                evidence.fetch("does so")
            )],
        },
        None => Diagnosis {
            state: "given up",
            text: format!(
                "given up after {attempts}; why is no longer on record (`store.fetches_keep_days = {}`)",
                evidence.keep_days
            ),
            next: vec![evidence.fetch("tries again")],
        },
        Some(_) => given_up(vec![evidence.fetch("tries again")]),
    }
}

fn never_listed(evidence: &Evidence<'_>) -> Diagnosis {
    if let Some(SourceOfHost { slug, error, .. }) = evidence.itself {
        let failing = error.as_ref().map(|error| format!("; its last poll failed: {error}")).unwrap_or_default();
        return Diagnosis {
            state: "source",
            text: format!("it is the address of the source {slug}, and no article{failing}"),
            next: vec![format!("`newswire sources show {slug}` tells how it does")],
        };
    }
    if let Some(exchange) = evidence.history.exchanges.last() {
        let whence = match evidence.history.redirected_from.last() {
            Some(from) => format!("no source lists it; {from} led here"),
            None => "no source lists it, and it was asked for all the same".to_owned(),
        };
        let what = exchange.error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
        let next = evidence.history.redirected_from.last();
        let next = next.map(|from| format!("`newswire why {}` tells the rest", shell_word(from)));
        return Diagnosis { state: "passed through", text: whence + &what, next: next.into_iter().collect() };
    }
    let followed: Vec<_> = evidence.sources.iter().filter(|source| source.state != "removed").collect();
    let Some(first) = followed.first() else {
        return Diagnosis {
            state: "unknown",
            text: format!("unknown: no source lists it, and none of ours is at {}", evidence.publisher),
            next: vec![
                evidence.fetch("fetches it now"),
                format!("`newswire discover {}` finds feeds to follow", shell_word(evidence.publisher)),
            ],
        };
    };
    let named: Vec<_> = followed.iter().take(SOURCES_NAMED_MAX).map(|source| told(source)).collect();
    let more = followed.len().saturating_sub(SOURCES_NAMED_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let verb = if followed.len() == 1 { "has" } else { "have" };
    let mut next = vec![evidence.fetch("fetches it now")];
    next.push(match first.state.as_str() {
        "paused" | "gone" => format!("`newswire sources resume {0}` lets {0} be polled again", first.slug),
        _ => format!("`newswire sources test {}` shows what it lists now", first.slug),
    });
    let text = format!("unknown: no source lists it; {}{more} {verb} not", named.join(", "));
    Diagnosis { state: "unknown", text, next }
}

/// A source in a sentence.
fn told(source: &SourceOfHost) -> String {
    let SourceOfHost { slug, kind, state, last_ok_at, error, .. } = source;
    let kind = kind.as_deref().unwrap_or("source");
    let state = if state == "active" { String::new() } else { format!(", {state}") };
    let read = match (last_ok_at, error) {
        (_, Some(error)) => format!(", failing: {error}"),
        (Some(at), None) => format!(", read {at:.0}"),
        (None, None) => ", not read yet".to_owned(),
    };
    format!("{slug} ({kind}{state}{read})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::AddressHistory;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// A link that was listed and has not been asked for.
    fn link() -> LinkHistory {
        LinkHistory {
            url: "http://paper.example/a".to_owned(),
            source: Some("paper".to_owned()),
            full_text: Some("auto".to_owned()),
            article_id: None,
            first_seen_at: at("2026-11-20T08:00:00Z"),
            due_at: Some(at("2026-11-20T08:00:00Z")),
            is_claimed: false,
            failures_in_a_row: 0,
            revisit_at: None,
            gone_at: None,
            publisher_ready_at: None,
            held_until: None,
            n_before: 0,
        }
    }

    #[test]
    fn what_an_address_waits_for_is_told() {
        let later = Some(at("2026-11-20T08:05:00Z"));
        let check = |link: LinkHistory, is_ingesting: bool, state: &str, text: &str| {
            let history = AddressHistory {
                link: Some(link),
                sightings: Vec::new(),
                exchanges: Vec::new(),
                n_fetches: 0,
                redirected_from: Vec::new(),
            };
            let evidence = Evidence {
                url: "http://paper.example/a",
                publisher: "paper.example",
                history: &history,
                article: None,
                sources: &[],
                itself: None,
                is_ingesting,
                keep_days: 30,
                now: at("2026-11-20T08:01:00Z"),
            };
            let diagnosis = diagnose(&evidence);
            assert_eq!((diagnosis.state, diagnosis.text.as_str()), (state, text));
            assert_eq!(diagnosis.next.is_empty(), is_ingesting && diagnosis.state != "given up", "{diagnosis:?}");
        };
        check(link(), true, "due", "it is due now");
        check(LinkHistory { n_before: 3, ..link() }, false, "due", "it is due now; 3 of paper.example come before it");
        check(
            LinkHistory { publisher_ready_at: later, n_before: 1, ..link() },
            true,
            "waiting",
            "it is due and waits for its turn: paper.example is asked again at 2026-11-20T08:05:00Z; 1 of paper.example \
             comes before it",
        );
        check(
            LinkHistory { due_at: later, ..link() },
            true,
            "waiting",
            "it waits until 2026-11-20T08:05:00Z: its host was busy",
        );
        check(
            LinkHistory { due_at: later, failures_in_a_row: 2, ..link() },
            true,
            "backing off",
            "it waits until 2026-11-20T08:05:00Z after 2 failed attempts",
        );
        check(
            LinkHistory { due_at: later, is_claimed: true, ..link() },
            true,
            "in work",
            "it is being fetched; if that is lost, it is tried again at 2026-11-20T08:05:00Z",
        );
        check(
            LinkHistory { due_at: later, is_claimed: true, ..link() },
            false,
            "waiting",
            "it was being fetched by a process that has ended; the next one tries again",
        );
        check(LinkHistory { is_claimed: true, ..link() }, true, "due", "it is due now");
        check(
            LinkHistory { due_at: None, failures_in_a_row: 6, ..link() },
            true,
            "given up",
            "given up after 6 attempts; why is no longer on record (`store.fetches_keep_days = 30`)",
        );
    }
}
