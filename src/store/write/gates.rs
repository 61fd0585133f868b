//! Gates: what stands before the articles of a publisher, a question for consent, a sign-in form, a bot check. One is known
//! by a sign (an address, the words of a page, most parts of its text) that several of the publisher's links lead to.
//!
//! A page that several links lead to is the article of none, also where it was taken for that of the first. Where they lead to
//! it one after the other, it is a gate: what stands behind it keeps its link, and no try of it counts. One link at a time is
//! tried, ever more seldom; when it leads to an article, the gate is open, and the others are due at once.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, ToSql, params};

use crate::config::ScheduleSettings;
use crate::model::{Candidate, LinkId, PageSigns, Retry};
use crate::schedule::backoff;
use crate::store::file::columns::{private_time, public_time};

/// Links that lead to what is no article of theirs by itself from which it is a gate.
const LINKS_MIN: usize = 2;

/// Fewest parts by which a text is known, and most that are kept.
const PARTS_MIN: usize = 4;
const PARTS_MAX: usize = 40;

/// For how long a look counts: some publishers bring few links a week.
const LOOK_HOURS: i64 = 7 * 24;

/// What became of a gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GateChange {
    /// It was found.
    Found {
        /// Whose articles stand behind it.
        publisher: String,
        /// What it is known by: `at` and an address, `text` or `part` and a hash.
        sign: String,
    },
    /// It is open.
    Opened {
        /// Whose articles stood behind it.
        publisher: String,
        /// Links that waited, and are due now.
        n_links: u64,
    },
}

/// A gate that a link was found to lead to.
pub(super) struct Gate {
    /// When the next link of the publisher is tried.
    pub(super) next_probe_at: Timestamp,
    /// Whether this link showed it.
    pub(super) change: Option<GateChange>,
}

/// What other links have a page in common with one.
#[derive(Default)]
pub(super) struct Company {
    sign: String,
    others: Vec<Look>,
    /// Whether they are enough: it is the article of none.
    pub(super) is_enough: bool,
    /// Whether they led there one after the other.
    is_in_row: bool,
}

impl Company {
    /// Whether another link leads there too.
    pub(super) fn is_some(&self) -> bool {
        !self.others.is_empty()
    }

    /// The articles that were made of the page.
    pub(super) fn articles(&self) -> BTreeSet<i64> {
        self.others.iter().filter_map(|look| look.article).collect()
    }
}

/// What another link led to.
struct Look {
    link: i64,
    place: String,
    links_min: usize,
    text_links_min: usize,
    is_refused: bool,
    is_past: bool,
    article: Option<i64>,
}

/// Looks for other links that led to the same page as this one. `is_refused` says whether it is known not to be its article.
pub(super) fn company(
    connection: &Connection,
    candidate: &Candidate,
    signs: &PageSigns,
    is_refused: bool,
    now: Timestamp,
) -> rusqlite::Result<Company> {
    let mut found = Company::default();
    let parts = part_signs(signs);
    let looks = Looks { connection, candidate, is_refused, now };
    for sign in named_signs(signs) {
        if is_to_the_letter(&sign) && looks.was_there_when_open(&sign)? {
            continue;
        }
        let mut others = looks.with_sign(&sign)?;
        if sign.starts_with("text") {
            others.retain(|other| other.place != signs.place);
        }
        found = found.or(judge(sign, others, signs, is_refused));
    }
    if parts.len() >= PARTS_MIN {
        let mut others = looks.with_parts(&parts)?;
        others.retain(|other| other.place != signs.place);
        found = found.or(judge(parts[0].clone(), others, signs, is_refused));
    }
    Ok(found)
}

impl Company {
    fn or(self, other: Company) -> Company {
        let worth = |company: &Company| (company.is_enough, company.is_in_row, company.is_some());
        if worth(&other) > worth(&self) { other } else { self }
    }
}

/// Whether so many links at one page are too many.
fn judge(sign: String, others: Vec<Look>, signs: &PageSigns, is_refused: bool) -> Company {
    let n_refused = usize::from(is_refused) + others.iter().filter(|other| other.is_refused).count();
    // What a page has of an article speaks for it until it was refused twice for itself.
    let is_by_address = sign.starts_with("at");
    let links_min = |by_address: usize, by_text: usize| if is_by_address { by_address } else { by_text };
    let taken = others.iter().filter(|other| !other.is_refused);
    let taken = taken.map(|other| links_min(other.links_min, other.text_links_min));
    let own = (!is_refused).then(|| links_min(signs.links_min as usize, signs.text_links_min as usize));
    let n_needed = if n_refused >= LINKS_MIN { LINKS_MIN } else { taken.chain(own).max().unwrap_or(LINKS_MIN) };
    // Where a text stands at one address, it is one page, however many links lead there.
    let n_of = |others: &mut dyn Iterator<Item = &Look>| {
        if is_by_address { others.count() } else { others.map(|other| &other.place).collect::<BTreeSet<_>>().len() }
    };
    let n_all = 1 + n_of(&mut others.iter());
    let n_in_row = 1 + n_of(&mut others.iter().filter(|other| !other.is_past));
    let is_enough = n_all >= n_needed;
    let is_in_row = is_enough && n_in_row >= n_needed && !signs.is_above;
    Company { sign, others, is_enough, is_in_row }
}

/// Whether a sign is that of a text which speaks of no gate. It may be an article's at several addresses.
fn is_to_the_letter(sign: &str) -> bool {
    sign.strip_prefix("text ").is_some_and(|hash| hash.starts_with(PageSigns::TO_THE_LETTER))
}

/// The address and the words of a page, as signs.
fn named_signs(signs: &PageSigns) -> impl Iterator<Item = String> {
    let address = signs.address.as_ref().map(|address| format!("at {address}"));
    address.into_iter().chain(signs.text.as_ref().map(|text| format!("text {text}")))
}

fn part_signs(signs: &PageSigns) -> Vec<String> {
    signs.parts.iter().take(PARTS_MAX).map(|part| format!("part {part}")).collect()
}

/// The question for looks at other links of a publisher. A page that was taken for an article counts where the same source
/// lists both: another one may know the article by another address.
struct Looks<'a> {
    connection: &'a Connection,
    candidate: &'a Candidate,
    is_refused: bool,
    now: Timestamp,
}

impl Looks<'_> {
    fn with_sign(&self, sign: &str) -> rusqlite::Result<Vec<Look>> {
        self.find("sign = ?5", "TRUE", &sign)
    }

    /// Whether the link led to the same when it was last looked at, and the publisher has had an article since: it is no gate
    /// that opens.
    fn was_there_when_open(&self, sign: &str) -> rusqlite::Result<bool> {
        self.connection
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM _gate_looks JOIN _gate_signs USING (link_id)
                     WHERE link_id = ?1 AND is_past AND is_refused AND sign = ?2)",
            )?
            .query_row(params![self.candidate.link.0, sign], |row| row.get(0))
    }

    fn with_parts(&self, parts: &[String]) -> rusqlite::Result<Vec<Look>> {
        let list = serde_json::Value::from(parts.to_vec()).to_string();
        let n_alike = parts.len().div_ceil(2);
        self.find("sign IN (SELECT value FROM json_each(?5))", &format!("count(*) >= {n_alike}"), &list)
    }

    fn find(&self, is_sign: &str, is_alike: &str, sign: &dyn ToSql) -> rusqlite::Result<Vec<Look>> {
        let forgotten = self.now.checked_sub(SignedDuration::from_hours(LOOK_HOURS)).unwrap_or(Timestamp::MIN);
        self.connection
            .prepare_cached(&format!(
                "SELECT looks.link_id, place, links_min, text_links_min, is_refused, is_past, looks.article_id
                 FROM _gate_signs AS signs
                 JOIN _gate_looks AS looks ON looks.link_id = signs.link_id
                 JOIN _links ON _links.id = looks.link_id
                 WHERE signs.publisher = ?1 AND {is_sign} AND looks.link_id <> ?2 AND seen_at > ?3
                     AND (is_refused OR ?4 OR _links.source_id IS ?6)
                 GROUP BY looks.link_id HAVING {is_alike}"
            ))?
            .query_map(
                params![
                    self.candidate.publisher,
                    self.candidate.link.0,
                    private_time(forgotten),
                    self.is_refused,
                    sign,
                    self.candidate.source.map(|source| source.0)
                ],
                |row| {
                    Ok(Look {
                        link: row.get(0)?,
                        place: row.get(1)?,
                        links_min: row.get(2)?,
                        text_links_min: row.get(3)?,
                        is_refused: row.get(4)?,
                        is_past: row.get(5)?,
                        article: row.get(6)?,
                    })
                },
            )?
            .collect()
    }
}

/// Notes what a link led to: something that is not its article, or the article that was made of it, though nothing tells
/// that it is its own.
pub(super) fn note_look(
    connection: &Connection,
    candidate: &Candidate,
    signs: &PageSigns,
    article: Option<i64>,
    is_refused: bool,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let doubted: Option<i64> = match article {
        Some(_) => None,
        None => connection
            .prepare_cached(
                "SELECT CASE WHEN text_links_min < ?2 THEN coalesce(article_id, doubted_id) ELSE doubted_id END
                 FROM _gate_looks WHERE link_id = ?1",
            )?
            .query_row([candidate.link.0, i64::from(PageSigns::NEVER)], |row| row.get(0))
            .optional()?
            .flatten(),
    };
    forget_look(connection, candidate.link)?;
    connection
        .prepare_cached(
            "INSERT INTO _gate_looks (link_id, publisher, place, links_min, text_links_min, is_refused, article_id, doubted_id,
                 seen_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            candidate.link.0,
            candidate.publisher,
            signs.place,
            signs.links_min,
            signs.text_links_min,
            is_refused,
            article,
            doubted,
            private_time(now)
        ])?;
    for sign in named_signs(signs).chain(part_signs(signs)) {
        connection
            .prepare_cached("INSERT OR IGNORE INTO _gate_signs (publisher, sign, link_id) VALUES (?1, ?2, ?3)")?
            .execute(params![candidate.publisher, sign, candidate.link.0])?;
    }
    Ok(())
}

/// Forgets what a link led to: its article is known now.
pub(super) fn forget_look(connection: &Connection, link: LinkId) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM _gate_looks WHERE link_id = ?1")?.execute([link.0])?;
    Ok(())
}

/// Notes that an article reads otherwise than what was made of a page that nothing vouched for: that is no longer it.
pub(super) fn keep_article(connection: &Connection, article: i64) -> rusqlite::Result<()> {
    connection.prepare_cached("UPDATE _gate_looks SET article_id = NULL WHERE article_id = ?1")?.execute([article])?;
    connection
        .prepare_cached(
            "UPDATE _gate_looks SET doubted_id = NULL
             WHERE link_id IN (SELECT id FROM _links WHERE article_id = ?1) AND doubted_id IS NOT NULL",
        )?
        .execute([article])?;
    Ok(())
}

/// Whether nothing tells that an article is the one that its links promised.
pub(super) fn is_unvouched(connection: &Connection, article: i64) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM _gate_looks WHERE article_id = ?1)")?
        .query_row([article], |row| row.get(0))
}

/// Whether an article of which nothing tells that was made of a page without any mark of one, so that it may be a notice which
/// several links lead to.
pub(super) fn may_be_notice(connection: &Connection, article: i64) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM _gate_looks WHERE article_id = ?1 AND text_links_min < ?2) OR EXISTS (
                 SELECT 1 FROM _gate_looks JOIN _links ON _links.id = link_id
                 WHERE _links.article_id = ?1 AND doubted_id = ?1)",
        )?
        .query_row([article, i64::from(PageSigns::NEVER)], |row| row.get(0))
}

/// Notes that a page is the article of none of the links that led to it, and returns the gate that it is, if they did so one
/// after the other.
pub(super) fn note_obstruction(
    connection: &Connection,
    candidate: &Candidate,
    company: &Company,
    schedule: &ScheduleSettings,
    now: Timestamp,
) -> rusqlite::Result<Option<Gate>> {
    let Company { sign, others, is_enough, is_in_row } = company;
    if *is_enough {
        for other in others {
            connection
                .prepare_cached("UPDATE _gate_looks SET is_refused = 1, article_id = NULL WHERE link_id = ?1")?
                .execute([other.link])?;
        }
    }
    if !is_in_row {
        return Ok(None);
    }
    let n_probes: Option<u32> = connection
        .prepare_cached("SELECT n_probes FROM _gates WHERE publisher = ?1")?
        .query_row([&candidate.publisher], |row| row.get(0))
        .optional()?;
    // The first that comes after the gate was found is tried at once: two may have been chance.
    let seed = candidate.link.0.unsigned_abs();
    let next_probe_at = match n_probes {
        None => now,
        Some(n_probes) => backoff::next_try(schedule, n_probes + 1, Retry::Backoff, seed, now).unwrap_or(now),
    };
    connection
        .prepare_cached(
            "INSERT INTO _gates (publisher, sign, since, n_probes, next_probe_at) VALUES (?1, ?2, ?3, 0, ?4)
             ON CONFLICT (publisher) DO UPDATE SET
                 sign = excluded.sign, n_probes = n_probes + 1, next_probe_at = excluded.next_probe_at",
        )?
        .execute(params![candidate.publisher, sign, public_time(now), private_time(next_probe_at)])?;
    // What a gate says is nothing of an article that was there.
    for other in others {
        connection.prepare_cached("UPDATE _links SET gone_at = NULL WHERE id = ?1")?.execute([other.link])?;
    }
    connection.prepare_cached("UPDATE _links SET gone_at = NULL WHERE id = ?1")?.execute([candidate.link.0])?;
    let change =
        n_probes.is_none().then(|| GateChange::Found { publisher: candidate.publisher.clone(), sign: sign.clone() });
    Ok(Some(Gate { next_probe_at, change }))
}

/// Notes that a page of a publisher held its article: what stood before it is open, and what waited behind it is due. The
/// commit of that article sets the publisher's next turn.
///
/// A gate may stand before a part of a site, so that it is opened by a link that it stood before. Another one shows that the
/// publisher need not wait, and no more; but where the gate does not speak as one, that it may be none. To be called before what the link led to is forgotten.
pub(super) fn note_article(
    connection: &Connection,
    candidate: &Candidate,
    now: Timestamp,
) -> rusqlite::Result<Option<GateChange>> {
    let publisher = &candidate.publisher;
    let (has_looks, opens): (bool, bool) = connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM _gate_looks WHERE publisher = ?1 AND is_past = 0),
                 EXISTS (SELECT 1 FROM _gate_looks WHERE link_id = ?2 AND is_past = 0 AND is_refused)
                 OR EXISTS (SELECT 1 FROM _gates WHERE publisher = ?1 AND sign LIKE 'text ' || ?3 || '%')",
        )?
        .query_row(params![publisher, candidate.link.0, PageSigns::TO_THE_LETTER], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    if !has_looks {
        return Ok(None);
    }
    if !opens {
        let n_gates = connection
            .prepare_cached("UPDATE _gates SET next_probe_at = min(next_probe_at, ?2) WHERE publisher = ?1")?
            .execute(params![publisher, private_time(now)])?;
        if n_gates > 0 {
            return Ok(None);
        }
    }
    let is_gate = connection.prepare_cached("DELETE FROM _gates WHERE publisher = ?1")?.execute([publisher])? > 0;
    let mut n_links = 0;
    if is_gate {
        // An article that stands in for its page has a link that is revisited; the others have none yet.
        n_links = connection
            .prepare_cached(
                "UPDATE _links SET due_at = CASE WHEN article_id IS NULL THEN ?2 END,
                     look_at = CASE WHEN article_id IS NULL THEN NULL ELSE ?2 END
                 WHERE claim_id IS NULL AND (due_at IS NOT NULL OR look_at IS NOT NULL)
                     AND id IN (SELECT link_id FROM _gate_looks WHERE publisher = ?1 AND is_past = 0 AND is_refused)",
            )?
            .execute(params![publisher, private_time(now)])?;
    }
    connection
        .prepare_cached("UPDATE _gate_looks SET is_past = 1 WHERE publisher = ?1 AND is_past = 0")?
        .execute([publisher])?;
    let n_links = u64::try_from(n_links).unwrap_or(u64::MAX);
    Ok(is_gate.then(|| GateChange::Opened { publisher: publisher.to_owned(), n_links }))
}

/// Forgets looks that are too old to count.
pub(super) fn prune(connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    let forgotten = now.checked_sub(SignedDuration::from_hours(LOOK_HOURS)).unwrap_or(Timestamp::MIN);
    connection
        .prepare_cached(
            "DELETE FROM _gate_looks
             WHERE seen_at <= ?1 AND NOT EXISTS (SELECT 1 FROM _gates WHERE _gates.publisher = _gate_looks.publisher)",
        )?
        .execute([private_time(forgotten)])?;
    Ok(())
}
