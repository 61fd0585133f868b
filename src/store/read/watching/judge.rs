//! What watches have to tell of the changes behind a number.
//!
//! A story is told once of a watch: articles of stories that were told are remembered (`_told`), and a story that has one of them is none
//! that is new, whatever it was merged with or split from. It is as new as its articles are: one that was old when it came in, as an import
//! or a look back brings many, makes no story new.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::params;

use crate::model::{NEWS_AGE_MAX, WatchKind};
use crate::store::file::columns::public_time;
use crate::store::file::error::StoreError;
use crate::store::file::volumes::article_body;
use crate::store::read::article_records::ArticleDetails;
use crate::store::read::articles::RevisionRow;
use crate::store::read::passage;
use crate::store::read::reader::{Reader, list};
use crate::store::read::stories::{MemberRow, StoryRow};
use crate::store::read::typed_query::expression_of;

use super::book::{Past, WatchBook, WatchRow};

/// Articles of a story that are looked at. No event that was seen has had as many.
const MEMBERS_MAX: u32 = 2000;

/// Something to tell.
#[derive(Clone, Debug)]
pub struct WatchFinding {
    /// The watch that it is of.
    pub watch: WatchRow,
    /// What it is about: of one watch no two findings are about the same.
    pub subject: String,
    /// What of it will be the same if all is judged again in another state of the database: the address of the article, or its text; and
    /// which of its wordings it is, since one that is taken back reads as an earlier one did, or when it was removed, since it may be again.
    pub identity: String,
    /// The story, with its articles, earliest first.
    pub story: Option<(StoryRow, Vec<MemberRow>)>,
    /// Addresses of its articles, by their numbers.
    pub links: HashMap<i64, String>,
    /// The article by which it came about.
    pub article: ArticleDetails,
    /// Where the words of the query stand in it.
    pub passage: Option<String>,
    /// How the article read before, where its revision is what is told.
    pub earlier: Option<RevisionRow>,
}

/// What was found in some changes.
#[derive(Debug)]
pub struct WatchFindings {
    /// What is to be told, in the order of the changes.
    pub findings: Vec<WatchFinding>,
    /// Articles that watches were told of, and those of stories that they were told of, now or earlier: article and watch.
    pub told: Vec<(i64, i64)>,
    /// The last change that was judged.
    pub up_to: i64,
    /// How many articles have changed.
    pub n_changed: usize,
}

/// A changed article.
struct Changed {
    id: i64,
    story: Option<i64>,
    change_seq: i64,
    wording_seq: Option<i64>,
    revision: u32,
    is_revised: bool,
    is_removed: bool,
    is_own: bool,
    at: Option<Timestamp>,
    removed_at: Option<Timestamp>,
}

/// What has happened to an article: from which wording to which, if to another than it has now.
struct Step {
    earlier: Option<RevisionRow>,
    later: Option<RevisionRow>,
}

/// An article of a story, as far as it matters for whether the story is told.
struct Member {
    id: i64,
    publisher: String,
    /// Whether it is a report of its own, and there.
    is_own: bool,
    new_seq: Option<i64>,
    wording_seq: Option<i64>,
    is_news: bool,
}

/// A story that has what a watch looks for.
struct Candidate {
    watch: usize,
    /// The first of its articles that the watch looks for.
    first: usize,
    is_news: bool,
    /// Whether all that the watch looks for came in after it was added.
    is_new_to_watch: bool,
}

impl Reader {
    /// What the watches of a book have to tell of the first changes behind a number. `now` is when it is told: what has happened too long
    /// before is not; without it whatever has happened counts, as if it had been told then.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn judge(
        &self,
        book: &mut WatchBook,
        after: i64,
        limit: u32,
        now: Option<Timestamp>,
    ) -> Result<WatchFindings, StoreError> {
        let changed = self.changed_after(after, limit)?;
        let n_changed = changed.len();
        let up_to = changed.last().map_or(after, |last| last.change_seq);
        let mut findings = WatchFindings { findings: Vec::new(), told: Vec::new(), up_to, n_changed };
        let mut by_story: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        for article in &changed {
            if let Some(story) = article.story {
                by_story.entry(story).or_default().push(article.id);
            }
        }
        // Each story once, at its first change.
        for article in &changed {
            if let Some((story, ids)) = article.story.and_then(|story| by_story.remove_entry(&story)) {
                self.judge_story(book, story, &ids, now, &mut findings)?;
            }
            self.judge_article(book, article, now, &mut findings)?;
        }
        Ok(findings)
    }

    /// The first change of the articles that came in since a time, less one: from there on changes are those since.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn change_before(&self, since: Timestamp) -> Result<i64, StoreError> {
        let sql = "SELECT coalesce(min(new_seq) - 1, (SELECT max(change_seq) FROM articles), 0) FROM articles WHERE first_seen_at >= ?1";
        Ok(self.connection().query_row(sql, [public_time(since)], |row| row.get(0))?)
    }

    fn changed_after(&self, after: i64, limit: u32) -> Result<Vec<Changed>, StoreError> {
        let sql = "SELECT id, story_id, change_seq, wording_seq, new_seq, removed_seq, revision, duplicate_of, updated_at, removed_at
             FROM articles WHERE change_seq > ?1 ORDER BY change_seq LIMIT ?2";
        self.rows(sql, params![after, limit], |row| {
            let (wording_seq, new_seq): (Option<i64>, Option<i64>) = (row.get(3)?, row.get(4)?);
            let is_after = |change: Option<i64>| change.is_some_and(|change| change > after);
            let revision: u32 = row.get(6)?;
            let is_later_wording = revision > 1 && wording_seq != new_seq;
            Ok(Changed {
                id: row.get(0)?,
                story: row.get(1)?,
                change_seq: row.get(2)?,
                wording_seq,
                revision,
                is_revised: is_later_wording && is_after(wording_seq),
                is_removed: is_after(row.get(5)?),
                is_own: row.get::<_, Option<i64>>(7)?.is_none(),
                at: time(row.get(8)?),
                removed_at: time(row.get(9)?),
            })
        })
    }

    fn judge_story(
        &self,
        book: &mut WatchBook,
        story: i64,
        changed: &[i64],
        now: Option<Timestamp>,
        findings: &mut WatchFindings,
    ) -> Result<(), StoreError> {
        if !book.watches.iter().any(|row| row.watch.kind.is_of_stories()) {
            return Ok(());
        }
        let Some(row) = self.story(story)? else { return Ok(()) };
        let members = self.members(story, now, book.past.as_ref())?;
        let mut candidates: BTreeMap<usize, Candidate> = BTreeMap::new();
        for (position, member) in members.iter().enumerate().filter(|(_, member)| member.is_own) {
            for watch in self.answers(book, member.id, member.wording_seq)?.iter().copied() {
                let WatchRow { watch: asked, begins_after, .. } = &book.watches[watch];
                if !asked.kind.is_of_stories() {
                    continue;
                }
                let is_new_to_watch = member.new_seq.is_some_and(|new_seq| new_seq > *begins_after);
                let candidate = candidates.entry(watch).or_insert(Candidate {
                    watch,
                    first: position,
                    is_news: false,
                    is_new_to_watch: true,
                });
                candidate.is_news |= member.is_news;
                candidate.is_new_to_watch &= is_new_to_watch;
            }
        }
        if candidates.is_empty() {
            return Ok(());
        }
        let told = self.told_of(members.iter().map(|member| member.id), now.is_some())?;
        let is_any_news = members.iter().any(|member| member.is_own && member.is_news);
        for candidate in candidates.into_values() {
            let row_of_watch = &book.watches[candidate.watch];
            let (watch_id, watch) = (row_of_watch.id, &row_of_watch.watch);
            if told.contains(&watch_id) {
                findings.told.extend(changed.iter().map(|article| (*article, watch_id)));
                continue;
            }
            let is_grown = row.n_sources >= watch.min_sources;
            let is_told = match watch.kind {
                WatchKind::StoryNew => {
                    let is_news = candidate.is_news || watch.min_sources > 1 && is_any_news;
                    candidate.is_new_to_watch && is_news
                }
                // Stories that had grown before are told ones. Where nothing is remembered, their articles say what they were like.
                _ if now.is_some() => is_any_news,
                _ => {
                    let earlier = members.iter().filter(|member| {
                        member.is_own && member.new_seq.is_none_or(|new_seq| new_seq <= row_of_watch.begins_after)
                    });
                    let newsrooms: HashSet<&str> = earlier.map(|member| member.publisher.as_str()).collect();
                    let was_grown = newsrooms.len() >= watch.min_sources as usize;
                    !was_grown && is_any_news
                }
            };
            if !is_told || !is_grown || row.is_routine {
                continue;
            }
            findings.told.extend(members.iter().map(|member| (member.id, watch_id)));
            let teller = members[candidate.first].id;
            let subject = format!("story {story}");
            findings.findings.extend(self.finding(
                row_of_watch,
                (subject, ""),
                Some(&row),
                teller,
                Step { earlier: None, later: None },
            )?);
        }
        Ok(())
    }

    fn judge_article(
        &self,
        book: &mut WatchBook,
        article: &Changed,
        now: Option<Timestamp>,
        findings: &mut WatchFindings,
    ) -> Result<(), StoreError> {
        let is_late = |at: Option<Timestamp>| match (now, at) {
            (Some(now), Some(at)) => now.duration_since(at) > NEWS_AGE_MAX,
            _ => false,
        };
        let happened = [
            (WatchKind::Revised, article.is_revised && !is_late(article.at)),
            (WatchKind::Removed, article.is_removed && !is_late(article.removed_at)),
        ];
        for (kind, _) in happened.into_iter().filter(|(_, has_happened)| *has_happened) {
            let is_watched = book.watches.iter().any(|row| row.watch.kind == kind);
            if !is_watched || !article.is_own || self.is_routine(article.id)? {
                continue;
            }
            let story = article.story.map(|story| self.story(story)).transpose()?.flatten();
            for step in self.steps(kind, article, book.past.as_ref())? {
                self.judge_step(book, kind, article, step, story.as_ref(), findings)?;
            }
        }
        Ok(())
    }

    /// What has happened to an article: one thing where it is told as it happens, and each of its wordings where they are looked at later.
    fn steps(&self, kind: WatchKind, article: &Changed, past: Option<&Past>) -> Result<Vec<Step>, StoreError> {
        if kind != WatchKind::Revised {
            return Ok(vec![Step { earlier: None, later: None }]);
        }
        let wordings = self.revisions(article.id)?;
        let mut steps = Vec::new();
        for pair in wordings.windows(2) {
            if past.is_some_and(|past| time(Some(pair[1].seen_at.clone())).is_some_and(|at| at >= past.since)) {
                steps.push(Step { earlier: Some(pair[0].clone()), later: Some(pair[1].clone()) });
            }
        }
        steps.push(Step { earlier: wordings.into_iter().next_back(), later: None });
        Ok(steps)
    }

    fn judge_step(
        &self,
        book: &mut WatchBook,
        kind: WatchKind,
        article: &Changed,
        Step { earlier, later }: Step,
        story: Option<&StoryRow>,
        findings: &mut WatchFindings,
    ) -> Result<(), StoreError> {
        let mut answered = match &later {
            Some(row) => self.answers_of_text(book, article.id, row.title.as_deref(), &row.body)?,
            None => self.answers(book, article.id, article.wording_seq)?.to_vec(),
        };
        // What a publisher has taken out was what somebody looked for.
        if let Some(row) = &earlier {
            answered.extend(self.answers_of_text(book, article.id, row.title.as_deref(), &row.body)?);
        }
        answered.sort_unstable();
        answered.dedup();
        let revision = later.as_ref().map_or(article.revision, |row| row.revision);
        let occasion = match kind {
            WatchKind::Revised => format!("revision {revision}"),
            _ => format!("removed {}", article.removed_at.map(public_time).unwrap_or_default()),
        };
        for watch in answered {
            let row = &book.watches[watch];
            let is_grown = story.map_or(1, |story| story.n_sources) >= row.watch.min_sources;
            let change = if kind == WatchKind::Revised { article.wording_seq } else { Some(article.change_seq) };
            let is_after = change.is_some_and(|change| change > row.begins_after);
            if row.watch.kind != kind || !is_after || !is_grown {
                continue;
            }
            let subject = format!("article {} {occasion}", article.id);
            let step = Step { earlier: earlier.clone(), later: later.clone() };
            findings.told.push((article.id, row.id));
            findings.findings.extend(self.finding(row, (subject, &occasion), story, article.id, step)?);
        }
        Ok(())
    }

    /// The watches, of whatever kind, that an article answers.
    fn answers(&self, book: &mut WatchBook, id: i64, wording: Option<i64>) -> Result<Arc<[usize]>, StoreError> {
        if let Some((known, answers)) = book.answers.get(&id)
            && *known == wording
        {
            return Ok(Arc::clone(answers));
        }
        let body = article_body(self.connection());
        let texts = self.readable_rows(
            &format!("SELECT title, {body} AS body FROM articles WHERE id = ?1"),
            [id],
            |_| format!("article {id}"),
            |cells| (cells.optional_text(0), cells.text(1)),
        )?;
        let answers: Arc<[usize]> = match texts.first() {
            Some((title, body)) => self.answers_of_text(book, id, title.as_deref(), body)?.into(),
            None => Arc::new([]),
        };
        book.keep(id, wording, &answers);
        Ok(answers)
    }

    /// The watches that an article answers with this text.
    fn answers_of_text(
        &self,
        book: &WatchBook,
        id: i64,
        title: Option<&str>,
        body: &str,
    ) -> Result<Vec<usize>, StoreError> {
        let mut answers = book.index.answered_by(title.unwrap_or_default(), body);
        answers.extend(&book.without_query);
        let asks_more = |watch: &usize| {
            let asked = &book.watches[*watch].watch;
            asked.source_id.is_some() || asked.language.is_some()
        };
        if !answers.iter().any(asks_more) {
            return Ok(answers);
        }
        let sql = "SELECT language FROM articles WHERE id = ?1";
        let language: Option<String> = self.rows(sql, [id], |row| row.get(0))?.pop().flatten();
        let sql = "SELECT source_id FROM sightings WHERE article_id = ?1
             UNION SELECT source_id FROM articles WHERE id = ?1 AND source_id IS NOT NULL";
        let sources: Vec<i64> = self.rows(sql, [id], |row| row.get(0))?;
        answers.retain(|watch| {
            let asked = &book.watches[*watch].watch;
            asked.source_id.is_none_or(|source| sources.contains(&source))
                && asked.language.as_ref().is_none_or(|asked| language.as_ref() == Some(asked))
        });
        Ok(answers)
    }

    fn members(&self, story: i64, now: Option<Timestamp>, past: Option<&Past>) -> Result<Vec<Member>, StoreError> {
        let sql = "SELECT article_id, publisher, is_copy OR story_members.is_routine OR duplicate_of IS NOT NULL OR removed_at IS NOT NULL,
                 new_seq, wording_seq, published_at, first_seen_at
             FROM story_members JOIN articles ON articles.id = article_id
             WHERE story_members.story_id = ?1 ORDER BY article_id LIMIT ?2";
        self.rows(sql, params![story, MEMBERS_MAX], |row| {
            let (published_at, first_seen_at) = (time(row.get(5)?), time(row.get(6)?));
            let was_news = match (published_at, first_seen_at) {
                (Some(published), Some(seen)) => seen.duration_since(published) <= NEWS_AGE_MAX,
                _ => true,
            };
            let id = row.get(0)?;
            let judged_at = now.or_else(|| past?.arrival(id));
            let is_still = match (judged_at, first_seen_at) {
                (Some(judged_at), Some(seen)) => judged_at.duration_since(seen) <= NEWS_AGE_MAX,
                _ => true,
            };
            Ok(Member {
                id,
                publisher: row.get(1)?,
                is_own: !row.get::<_, bool>(2)?,
                new_seq: row.get(3)?,
                wording_seq: row.get(4)?,
                is_news: was_news && is_still,
            })
        })
    }

    /// The watches that were told of a story with one of these articles.
    fn told_of(&self, articles: impl Iterator<Item = i64>, is_for_sending: bool) -> Result<HashSet<i64>, StoreError> {
        if !is_for_sending {
            return Ok(HashSet::new());
        }
        let articles: Vec<i64> = articles.collect();
        let sql = "SELECT DISTINCT watch_id FROM _told WHERE article_id IN rarray(?1)";
        let told = self.rows(sql, [list(&articles)], |row| row.get(0))?;
        Ok(told.into_iter().collect())
    }

    fn is_routine(&self, article: i64) -> Result<bool, StoreError> {
        let sql = "SELECT is_routine FROM story_members WHERE article_id = ?1";
        Ok(self.rows(sql, [article], |row| row.get(0))?.pop().unwrap_or(false))
    }

    /// What there is to tell, of a subject and of what has happened to the article more than once; nothing where the article cannot be read.
    fn finding(
        &self,
        row: &WatchRow,
        (subject, occasion): (String, &str),
        story: Option<&StoryRow>,
        article: i64,
        Step { earlier, later }: Step,
    ) -> Result<Option<WatchFinding>, StoreError> {
        let Some(mut article) = self.article(article)? else { return Ok(None) };
        if let Some(RevisionRow { revision, title, body, seen_at }) = later {
            (article.row.revision, article.row.title, article.body) = (revision, title, body);
            article.updated_at = seen_at;
        }
        let query = row.watch.query.as_deref().map(expression_of);
        let passage = query.map(|expression| {
            let marked = passage::best(&article.body, &passage::words_of(&expression), MARKS);
            marked.replace([MARKS.0, MARKS.1], "")
        });
        let story = match story {
            Some(story) => Some((story.clone(), self.story_members(story.id)?)),
            None => None,
        };
        let mut identity = article.row.url.clone().unwrap_or_else(|| article.sha256.clone());
        match row.watch.kind {
            WatchKind::Revised => identity = format!("{identity} {} {occasion}", article.sha256),
            WatchKind::Removed => identity = format!("{identity} {occasion}"),
            WatchKind::StoryNew | WatchKind::GrowsTo => {}
        }
        let sql = "SELECT article_id, url FROM story_members JOIN articles ON articles.id = article_id
             WHERE story_members.story_id = ?1 AND url IS NOT NULL";
        let links = match &story {
            Some((story, _)) => self.rows(sql, [story.id], |row| Ok((row.get(0)?, row.get(1)?)))?.into_iter().collect(),
            None => HashMap::new(),
        };
        Ok(Some(WatchFinding { watch: row.clone(), subject, identity, story, links, article, passage, earlier }))
    }
}

/// What stands around words in a passage until it is taken out again.
const MARKS: (char, char) = ('\u{2}', '\u{3}');

fn time(text: Option<String>) -> Option<Timestamp> {
    text.and_then(|text| text.parse().ok())
}
