//! Committing a poll: the links that it found, the source's validators and its next due time, in one transaction.

use jiff::Timestamp;
use rusqlite::{Connection, named_params, params};
use serde_json::Value;
use url::Url;

use crate::config::ScheduleSettings;
use crate::model::{
    ChildSitemap, DueSource, Failure, ListedLink, PollFacts, PollHints, PollOutcome, PollResult, SourceKind,
    Validators, public_url,
};
use crate::schedule::address::{self, Move};
use crate::schedule::cadence::{Pulse, next_poll, shares_nothing};
use crate::schedule::rhythm::Rhythm;
use crate::schedule::validators::{self, Earned};
use crate::store::file::columns::{children_to_json, from_private_time, private_time};
use crate::store::write::sources::gaps;
use crate::store::write::{fetches, links, publishers};

/// Most problems of one document that are kept.
const PROBLEMS_MAX: usize = 20;

/// What became of a poll.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PollCommit {
    /// Links that the source had not listed before.
    pub n_new: u32,
    /// Links that it had.
    pub n_known: u32,
    /// When it is due again; absent when it is not.
    pub next_due_at: Option<Timestamp>,
    /// The lease had run out and another poll has taken its place: only the exchanges were written.
    pub is_stale: bool,
}

/// Commits a poll.
pub(in crate::store) fn commit(
    connection: &Connection,
    outcome: &PollOutcome,
    schedule: &ScheduleSettings,
) -> rusqlite::Result<PollCommit> {
    let PollOutcome { source, exchanges, finished_at, result, healing } = outcome;
    let now = *finished_at;
    fetches::record(connection, exchanges, Some(source.id), None)?;
    let stored = StoredSchedule::read(connection, source)?;
    if stored.claim != Some(source.claim.0) {
        return Ok(PollCommit { is_stale: true, ..PollCommit::default() });
    }
    // Whether its articles can be had, its list does not tell: the publisher is not judged by it.
    if let Some(is_sound) = publishers::is_sound(exchanges).filter(|is_sound| *is_sound != stored.is_sound) {
        connection
            .prepare_cached("UPDATE _source_schedule SET is_sound = ?2 WHERE source_id = ?1")?
            .execute(params![source.id.0, is_sound])?;
    }
    // Before a gap that this poll leaves is written: that one is still open.
    let n_healed = match healing {
        Some(links) => gaps::heal(connection, source.id, links, schedule, now)?,
        None => 0,
    };
    let poll = Poll { connection, source, stored, schedule, now };
    let mut commit = match result {
        PollResult::Listed { kind, title, links, problems, validators, body_sha256, hints, moved_to, children } => {
            let document = Document { title: title.as_deref(), body_sha256, problems, children };
            let moved_to = moved_to.as_ref().map(public_url);
            let moved_to = moved_to.as_deref();
            let answer = Answer { kind: *kind, hints: *hints, moved_to, validators: Some(validators) };
            poll.commit_list(links, &answer, &document)?
        }
        PollResult::Unchanged { validators, hints, moved_to } => {
            let kind = source.kind.unwrap_or(SourceKind::Feed);
            let moved_to = moved_to.as_ref().map(public_url);
            let (moved_to, validators) = (moved_to.as_deref(), validators.as_ref());
            poll.commit_unchanged(&Answer { kind, hints: *hints, moved_to, validators })?
        }
        PollResult::Postponed { until } => poll.postpone(*until)?,
        PollResult::Failed { failure, retry_at, gone } => poll.commit_failure(failure, *retry_at, *gone)?,
    };
    commit.n_new += n_healed;
    Ok(commit)
}

/// The schedule of a source before a poll.
struct StoredSchedule {
    claim: Option<i64>,
    /// Whether it is polled by itself. Otherwise it has no next due time.
    is_active: bool,
    /// Whether its last answer came soon, and was one.
    is_sound: bool,
    rhythm: Rhythm,
    last_ok_at: Option<Timestamp>,
    moved: Move,
    n_vain: u32,
}

impl StoredSchedule {
    fn read(connection: &Connection, source: &DueSource) -> rusqlite::Result<StoredSchedule> {
        connection
            .prepare_cached(
                "SELECT claim_id, state = 'active', rhythm, last_ok_at, moved_to, n_moved, n_vain, is_sound
                 FROM _source_schedule JOIN sources ON sources.id = source_id WHERE source_id = ?1",
            )?
            .query_row([source.id.0], |row| {
                let rhythm = row.get_ref(2)?.as_blob_or_null()?.map(Rhythm::from_bytes);
                Ok(StoredSchedule {
                    claim: row.get(0)?,
                    is_active: row.get(1)?,
                    // Without a rhythm its address has changed. The time of the last poll says nothing then.
                    last_ok_at: row.get::<_, Option<i64>>(3)?.map(from_private_time).filter(|_| rhythm.is_some()),
                    rhythm: rhythm.unwrap_or_default(),
                    moved: Move { to: row.get(4)?, n_answers: row.get(5)? },
                    n_vain: row.get(6)?,
                    is_sound: row.get(7)?,
                })
            })
    }
}

/// What is written of an answer that could be read.
struct Answer<'a> {
    kind: SourceKind,
    hints: PollHints,
    moved_to: Option<&'a Url>,
    /// Validators to keep from now on; absent to keep the old ones.
    validators: Option<&'a Validators>,
}

/// What is kept of a document besides its links.
struct Document<'a> {
    title: Option<&'a str>,
    body_sha256: &'a Option<[u8; 32]>,
    problems: &'a [String],
    /// The sitemaps of an index that were read.
    children: &'a [ChildSitemap],
}

/// A poll whose claim still holds.
struct Poll<'a> {
    connection: &'a Connection,
    source: &'a DueSource,
    stored: StoredSchedule,
    schedule: &'a ScheduleSettings,
    now: Timestamp,
}

impl Poll<'_> {
    /// A list was read.
    fn commit_list(
        &self,
        links: &[ListedLink],
        answer: &Answer<'_>,
        document: &Document<'_>,
    ) -> rusqlite::Result<PollCommit> {
        let listed = links::record_listed(self.connection, self.source.id, links, self.schedule, self.now)?;
        // Unchanged sitemaps of an index hold known links, though they are not read again.
        let n_known = if document.children.is_empty() { listed.n_known } else { listed.n_known.max(1) };
        let facts = PollFacts {
            n_entries: listed.n_new + n_known,
            n_new: listed.n_new,
            hints: answer.hints,
            reaches_back: false,
        };
        let earned = if self.is_conditional() && listed.n_new == 0 { Earned::InVain } else { Earned::Nothing };
        let next_due_at = self.settle(answer, Some(document), facts, earned, links)?;
        self.note_kind_and_title(answer.kind, document.title)?;
        Ok(PollCommit { n_new: listed.n_new, n_known: listed.n_known, next_due_at, is_stale: false })
    }

    /// The list is as it was.
    fn commit_unchanged(&self, answer: &Answer<'_>) -> rusqlite::Result<PollCommit> {
        let earned = match answer.validators {
            None => Earned::NotModified,
            Some(_) if self.is_conditional() => Earned::InVain,
            Some(_) => Earned::Nothing,
        };
        let facts = PollFacts { hints: answer.hints, ..PollFacts::default() };
        let next_due_at = self.settle(answer, None, facts, earned, &[])?;
        Ok(PollCommit { next_due_at, ..PollCommit::default() })
    }

    /// The host was busy.
    fn postpone(&self, until: Timestamp) -> rusqlite::Result<PollCommit> {
        self.connection
            .prepare_cached(
                "UPDATE _source_schedule SET claim_id = NULL, n_claims = 0, next_due_at = ?2 WHERE source_id = ?1",
            )?
            .execute(params![self.source.id.0, private_time(until)])?;
        Ok(PollCommit { next_due_at: Some(until), ..PollCommit::default() })
    }

    /// The poll failed.
    fn commit_failure(&self, failure: &Failure, retry_at: Timestamp, is_gone: bool) -> rusqlite::Result<PollCommit> {
        // A source that is asked at a new address may be gone only there. It is asked at its listed address again.
        let is_gone = is_gone && self.stored.moved.in_force().is_none();
        let next_due_at = Some(retry_at).filter(|_| self.stored.is_active && !is_gone);
        self.connection
            .prepare_cached(
                "UPDATE _source_schedule SET claim_id = NULL, n_claims = 0, next_due_at = ?2, last_polled_at = ?3,
                     failures_in_a_row = failures_in_a_row + 1, error_class = ?4, error = ?5, moved_to = NULL, n_moved = 0
                 WHERE source_id = ?1",
            )?
            .execute(params![
                self.source.id.0,
                next_due_at.map(private_time),
                private_time(self.now),
                failure.class.as_str(),
                failure.reason,
            ])?;
        if is_gone {
            self.connection
                .prepare_cached("UPDATE sources SET state = 'gone' WHERE id = ?1 AND state = 'active'")?
                .execute([self.source.id.0])?;
        }
        Ok(PollCommit { next_due_at, ..PollCommit::default() })
    }

    /// Writes what a successful poll taught, and when the next one is due.
    fn settle(
        &self,
        answer: &Answer<'_>,
        document: Option<&Document<'_>>,
        mut facts: PollFacts,
        earned: Earned,
        links: &[ListedLink],
    ) -> rusqlite::Result<Option<Timestamp>> {
        let StoredSchedule { is_active, rhythm, last_ok_at, moved, n_vain, .. } = &self.stored;
        let pulse = Pulse { source_id: self.source.id.0, kind: answer.kind, last_ok_at: *last_ok_at, rhythm };
        facts.reaches_back = self.note_gap(pulse, facts, links)?;
        let next = next_poll(self.schedule, pulse, facts, self.now);
        let next_due_at = Some(next.due_at).filter(|_| *is_active);
        let is_known = document.is_none() || facts.n_new < facts.n_entries;
        let moved = moved.clone().after(address::Answer { moved_to: answer.moved_to, is_known });
        self.connection
            .prepare_cached(
                "UPDATE _source_schedule SET claim_id = NULL, n_claims = 0, next_due_at = :next_due_at, interval_s = :interval_s,
                     last_polled_at = :now,
                     last_ok_at = CASE WHEN :clears_error THEN :now ELSE last_ok_at END,
                     failures_in_a_row = CASE WHEN :clears_error THEN 0 ELSE failures_in_a_row END,
                     error_class = CASE WHEN :clears_error THEN NULL ELSE error_class END,
                     error = CASE WHEN :clears_error THEN NULL ELSE error END,
                     rhythm = :rhythm, moved_to = :moved_to, n_moved = :n_moved, n_vain = :n_vain,
                     etag = CASE WHEN :has_validators THEN :etag ELSE etag END,
                     last_modified = CASE WHEN :has_validators THEN :last_modified ELSE last_modified END,
                     body_sha256 = CASE WHEN :has_document THEN :body_sha256 ELSE body_sha256 END,
                     problems = coalesce(:problems, problems),
                     children = CASE WHEN :has_document THEN :children ELSE children END
                 WHERE source_id = :source_id",
            )?
            .execute(named_params! {
                ":source_id": self.source.id.0,
                ":next_due_at": next_due_at.map(private_time),
                ":interval_s": next.interval_s,
                ":now": private_time(self.now),
                // The errors of a single article are those of its page, which this poll did not fetch.
                ":clears_error": answer.kind != SourceKind::Article,
                ":rhythm": next.rhythm.to_bytes(),
                ":moved_to": moved.to,
                ":n_moved": moved.n_answers,
                ":n_vain": validators::after(*n_vain, earned),
                ":has_validators": answer.validators.is_some(),
                ":etag": answer.validators.and_then(|validators| validators.etag.as_ref()),
                ":last_modified": answer.validators.and_then(|validators| validators.last_modified.as_ref()),
                ":has_document": document.is_some(),
                ":body_sha256": document.and_then(|document| *document.body_sha256),
                ":problems": document.map(|document| problems_to_json(document.problems, &moved)),
                ":children": document.and_then(|document| children_to_json(document.children)),
            })?;
        Ok(next_due_at)
    }

    /// Notes what was missed since the last poll. Returns whether the list reaches back to it although none of its links
    /// is known: then their addresses have changed, and nothing was missed.
    fn note_gap(&self, pulse: Pulse<'_>, facts: PollFacts, links: &[ListedLink]) -> rusqlite::Result<bool> {
        let Some(last_ok_at) = pulse.last_ok_at.filter(|_| shares_nothing(pulse, facts)) else {
            return Ok(false);
        };
        let Some(gap) = gaps::missed(pulse.rhythm, last_ok_at, links, self.now) else {
            return Ok(true);
        };
        // Between polls that a user asks for one by one, nothing counts as missed.
        if self.stored.is_active {
            gaps::note(self.connection, self.source.id, gap, self.now)?;
        }
        Ok(false)
    }

    fn note_kind_and_title(&self, kind: SourceKind, title: Option<&str>) -> rusqlite::Result<()> {
        if self.source.kind != Some(kind) || title.is_some() {
            self.connection
                .prepare_cached(
                    "UPDATE sources SET kind = ?2, title = coalesce(?3, title)
                     WHERE id = ?1 AND (kind IS NOT ?2 OR title IS NOT coalesce(?3, title))",
                )?
                .execute(params![self.source.id.0, kind.as_str(), title])?;
        }
        Ok(())
    }

    fn is_conditional(&self) -> bool {
        !self.source.validators.is_empty()
    }
}

/// The problems that users see: those of the document, and that the source has moved.
fn problems_to_json(of_document: &[String], moved: &Move) -> String {
    let mut problems: Vec<String> = of_document.iter().take(PROBLEMS_MAX).cloned().collect();
    if let Some(to) = moved.in_force() {
        problems.push(format!("moved for good to {to}, where it is asked now"));
    }
    Value::from(problems).to_string()
}
