//! Which story a new article belongs to: decided and written inside the transaction that stores it. It is found before the article is
//! stored and written after it, so that the article's row, which holds the text, is written once.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::dedup;
use crate::dedup::frame::Frame;
use crate::dedup::lineage;
use crate::dedup::story::active::{Joining, Placement};
use crate::dedup::story::terms::{Rest, Signature, Terms};
use crate::dedup::text::ArticleText;
use crate::model::{Article, BodyKind, CanonicalUrl, SourceId, publisher_of};
use crate::store::file::columns::{json_list, public_time};
use crate::store::write::articles::texts::RecentTexts;
use crate::store::write::stories::cache::StoryCache;
use crate::store::write::stories::{part, translated, unite};
use crate::store::write::transaction::WriteTransaction;

/// Least likeness of an article to its story where it has a headline and no text. Less is a way of putting it: "what you need
/// to know", "photos of the day".
const HEADLINE_LIKENESS_MIN: f64 = 0.2;

/// And so much of that may be one word: "photos" is an event no more than "Monday" is.
const HEADLINE_WORD_SHARE_MAX: f64 = 0.7;

/// From this likeness on words alone say where an article belongs, whatever it means.
const WORDS_ALONE_MIN: f64 = 0.3;

/// And from this one on what it means says it against fewer words, or brings two stories together.
const MEANING_ALONE_MIN: f64 = 0.7;

/// So many times an article is placed anew because what it has in common with the likest tells nothing.
const ANEW_MAX: usize = 3;

/// An article that is about to be stored, or has just been.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Arrived<'a> {
    pub(in crate::store) id: i64,
    pub(in crate::store) article: &'a Article,
    pub(in crate::store) text: &'a ArticleText<'a>,
    /// Where it stands, which may be another address than its own.
    pub(in crate::store) url: Option<&'a CanonicalUrl>,
    pub(in crate::store) source: Option<SourceId>,
    /// Whether it was fetched, so that it arrives about when it is published.
    pub(in crate::store) is_fetched: bool,
    pub(in crate::store) first_seen_at: Timestamp,
    pub(in crate::store) now: Timestamp,
}

/// What comparing an article with earlier ones brought.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Compared<'a> {
    /// The one that it copies.
    pub(in crate::store) original: Option<i64>,
    /// What those of its make say too.
    pub(in crate::store) frame: &'a Frame,
}

/// The story that an article is to join, and what is written of that once the article is there: its row names the story.
pub(in crate::store) struct Joined {
    place: Place,
    /// The words in common that count most.
    words: Vec<String>,
    publisher: String,
    at: Option<Timestamp>,
    is_routine: bool,
    signature: Signature,
    translated: Option<dedup::story::translated::Told>,
}

/// Finds the story of an article: that of its original if it is a copy, otherwise the one that it is most like, otherwise a new one,
/// which is opened. A page without an article's text belongs to none.
pub(in crate::store) fn find(
    transaction: &WriteTransaction<'_>,
    arrived: &Arrived<'_>,
    compared: Compared<'_>,
) -> rusqlite::Result<Option<Joined>> {
    let Arrived { article, text, .. } = *arrived;
    if article.body_kind == BodyKind::Wall {
        return Ok(None);
    }
    let connection: &Connection = transaction;
    let Compared { original, frame } = compared;
    let all_terms = Terms::of_folded(text.folded(), article.language.as_deref());
    let cache = &mut *transaction.cache();
    let (stories, texts) = cache.stories_and_texts(connection, arrived.id)?;
    all_terms.note(&mut stories.frequencies);
    let at = told_at(arrived);
    let publisher = publisher_name(connection, arrived)?;
    let told = Told { article, text, publisher: &publisher, all_terms: &all_terms, at, original };
    let Some(found) = find_by_words(connection, stories, texts, &told, frame.clone())? else { return Ok(None) };
    let ByWords { terms, signature, place, frame, is_framed } = found;
    part::part(connection, stories, &all_terms, &frame.articles, arrived.now)?;
    // Those of a make come in many languages too, and mean the same each time.
    let told = if is_framed { None } else { translated::told(article, arrived.id, at.map(Timestamp::as_second)) };
    let across = match &told {
        Some(told) if place.as_ref().is_none_or(|place| place.reason == Reason::Alike) => {
            translated::place(connection, &stories.translated, told)?
        }
        _ => None,
    };
    let place = match (place, across) {
        (None, None) => Place::first(open(connection, at, is_framed, arrived)?),
        (None, Some((story, likeness))) => Place::translated(story, arrived.id, likeness),
        (Some(place), Some(across)) if place.is_outdone_by(across) => Place::translated(across.0, arrived.id, across.1),
        (Some(place), Some(across)) if !place.is_weak() && across.1 >= MEANING_ALONE_MIN => {
            Place { story: unite::unite(connection, stories, place.story, across)?, ..place }
        }
        (Some(place), _) => place,
    };
    let words = terms.spelled(&place.terms, article.title.as_deref(), &article.body);
    let words = words.into_iter().map(str::to_owned).collect();
    Ok(Some(Joined { place, words, publisher, at, is_routine: is_framed, signature, translated: told }))
}

impl Joined {
    /// The story.
    pub(in crate::store) fn story(&self) -> i64 {
        self.place.story
    }

    /// Writes the article, which is there, as a member of its story, and has later ones find it.
    pub(in crate::store) fn record(
        self,
        transaction: &WriteTransaction<'_>,
        arrived: &Arrived<'_>,
    ) -> rusqlite::Result<()> {
        let connection: &Connection = transaction;
        self.record_member(connection, arrived)?;
        let Joined { place, at, is_routine, signature, translated, .. } = self;
        let cache = &mut *transaction.cache();
        let stories = cache.stories(connection, arrived.id)?;
        let joining = Joining {
            story: place.story,
            part: place.part,
            article: arrived.id,
            signature,
            at_s: at.map(Timestamp::as_second),
            has_own_headline: place.reason != Reason::Copy && arrived.article.title.is_some(),
            is_framed: is_routine,
        };
        record_signature(connection, &joining, stories.articles_max)?;
        stories.active.join(joining);
        if let Some(told) = translated.filter(|_| place.reason != Reason::Copy) {
            translated::record(connection, &told, stories.articles_max)?;
            stories.translated.add(told);
        }
        if place.reason != Reason::First
            && let Some(central) = stories.active.most_central(place.story)
        {
            set_title(connection, place.story, central)?;
        }
        if place.reason != Reason::First && arrived.article.title.is_some() {
            // An article that was none of those that are compared: a copy, say, of one without a headline.
            connection
                .prepare_cached(
                    "INSERT INTO _recounted_stories (story_id) SELECT id FROM stories WHERE id = ?1 AND title IS NULL",
                )?
                .execute([place.story])?;
        }
        Ok(())
    }

    /// Writes the member and counts it in its story. A first article was counted when its story was opened.
    fn record_member(&self, connection: &Connection, arrived: &Arrived<'_>) -> rusqlite::Result<()> {
        let Joined { place, words, publisher, at, is_routine, .. } = self;
        let Place { story, reason, score, .. } = place;
        let is_copy = *reason == Reason::Copy;
        if *reason == Reason::First {
            connection
                .prepare_cached("UPDATE stories SET title_article_id = ?2 WHERE id = ?1")?
                .execute([*story, arrived.id])?;
        } else {
            connection
                .prepare_cached(
                    "UPDATE stories SET n_articles = n_articles + 1, updated_at = ?2,
                         first_published_at = min(coalesce(first_published_at, ?3), coalesce(?3, first_published_at)),
                         last_published_at = max(coalesce(last_published_at, ?3), coalesce(?3, last_published_at)),
                         n_sources = n_sources + (NOT ?4 AND NOT EXISTS
                             (SELECT 1 FROM story_members WHERE story_id = ?1 AND publisher = ?5 AND NOT is_copy))
                     WHERE id = ?1",
                )?
                .execute(params![story, public_time(arrived.now), at.map(public_time), is_copy, publisher])?;
        }
        connection
            .prepare_cached(
                "INSERT INTO story_members (article_id, story_id, reason, score, terms, told_at, publisher, is_copy, is_routine)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                arrived.id,
                story,
                reason.as_str(),
                score,
                json_list(words),
                at.map(public_time),
                publisher,
                is_copy,
                is_routine
            ])?;
        if *reason != Reason::First {
            set_routine(connection, *story)?;
        }
        Ok(())
    }
}

/// What an article has in common with earlier ones and tells nothing of its event.
#[derive(Default)]
struct Shared {
    /// With those of its make.
    frame: Frame,
    /// With those of its publisher: paragraphs, counted from 0.
    paragraphs: Vec<u32>,
    /// The heading of a column, "The week in pictures": the same headline, with no word of what stands under it.
    is_headline: bool,
}

impl Shared {
    /// With those of a story that it is most like.
    fn find(
        connection: &Connection,
        texts: &mut RecentTexts,
        told: &Told<'_>,
        nearest: &[i64],
    ) -> rusqlite::Result<Shared> {
        let Told { article, text, publisher, .. } = *told;
        let mut members = Vec::with_capacity(nearest.len());
        for id in nearest {
            members.extend(texts.read(connection, *id, Some(publisher))?);
        }
        let title = article.title.as_deref().unwrap_or_default();
        let text = text.shingled();
        let is_headline = dedup::has_own_text(article.words)
            && members.iter().any(|member| member.has_headline_of(text))
            && Terms::are_apart(title, &article.body, article.language.as_deref());
        let paragraphs = lineage::repeated_paragraphs(text, &members);
        Ok(Shared { frame: Frame::of_story(text, &members), paragraphs, is_headline })
    }

    /// Adds what else was found; whether there is any.
    fn extend(&mut self, other: Shared) -> bool {
        let n_before = (self.frame.articles.len(), self.paragraphs.len(), self.is_headline);
        self.frame.extend(other.frame);
        self.paragraphs.extend(other.paragraphs);
        self.paragraphs.sort_unstable();
        self.paragraphs.dedup();
        self.is_headline |= other.is_headline;
        n_before != (self.frame.articles.len(), self.paragraphs.len(), self.is_headline)
    }

    /// What the article says beyond that.
    fn rest_of(&self, told: &Told<'_>) -> Terms {
        let rest = Rest { is_without_title: self.is_headline, without_paragraphs: &self.paragraphs };
        let mut terms = Terms::of_rest(told.text.folded(), rest, told.article.language.as_deref());
        terms.leave_out(&self.frame);
        terms
    }
}

/// Lets an article that reads as another one now join the story that this belongs to, unless it was put where it is by hand.
/// Something else stood in its place when it was first read, or it was a wall and has no story yet.
pub(in crate::store) fn rejoin(
    transaction: &WriteTransaction<'_>,
    arrived: &Arrived<'_>,
    compared: Compared<'_>,
) -> rusqlite::Result<()> {
    let connection: &Connection = transaction;
    let membership: Option<(i64, bool)> = connection
        .prepare_cached("SELECT story_id, reason = 'hand' FROM story_members WHERE article_id = ?1")?
        .query_row([arrived.id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match membership {
        Some((_, true)) => return Ok(()),
        Some((_, false)) => {
            connection.prepare_cached("DELETE FROM story_members WHERE article_id = ?1")?.execute([arrived.id])?;
            // All later articles are there already.
            transaction.cache().stories(connection, i64::MAX)?;
        }
        None => {}
    }
    let Some(joined) = find(transaction, arrived, compared)? else { return Ok(()) };
    let story = joined.story();
    joined.record(transaction, arrived)?;
    // Now, since a row that names another story than the member does was edited by hand.
    connection
        .prepare_cached("UPDATE articles SET story_id = ?2 WHERE id = ?1")?
        .execute([arrived.id, story])
        .map(|_| ())
}

/// When an article is told: its publication time, or about then if it was fetched. An imported article without a date may
/// be of any time.
fn told_at(arrived: &Arrived<'_>) -> Option<Timestamp> {
    let published = arrived.article.published.map(|published| published.instant);
    published.or(arrived.is_fetched.then_some(arrived.first_seen_at))
}

/// Why an article is in its story: the word in `story_members.reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    First,
    Alike,
    Copy,
    Translated,
}

impl Reason {
    fn as_str(self) -> &'static str {
        match self {
            Reason::First => "first",
            Reason::Alike => "alike",
            Reason::Copy => "copy",
            Reason::Translated => "translated",
        }
    }
}

/// An article's place in a story.
struct Place {
    story: i64,
    part: i64,
    reason: Reason,
    score: Option<f64>,
    /// The terms in common that count most.
    terms: Vec<u32>,
}

impl Place {
    fn first(story: i64) -> Place {
        Place { story, part: story, reason: Reason::First, score: None, terms: Vec::new() }
    }

    /// Whether few words in common brought the article here.
    fn is_weak(&self) -> bool {
        self.reason == Reason::Alike && self.score.is_some_and(|score| score < WORDS_ALONE_MIN)
    }

    /// Whether that is so, and the article means what stands in another story in another language: events of a kind share
    /// words, two rate decisions do.
    fn is_outdone_by(&self, (story, likeness): (i64, f64)) -> bool {
        self.is_weak() && story != self.story && likeness >= MEANING_ALONE_MIN
    }

    /// In a story that is told in other languages.
    fn translated(story: i64, article: i64, likeness: f64) -> Place {
        let part = translated::part_of(article);
        Place { story, part, reason: Reason::Translated, score: Some(likeness), terms: Vec::new() }
    }
}

/// What an article tells, and when.
struct Told<'a> {
    article: &'a Article,
    text: &'a ArticleText<'a>,
    publisher: &'a str,
    all_terms: &'a Terms,
    at: Option<Timestamp>,
    original: Option<i64>,
}

/// Where an article belongs by its words, without those that others of its make have too.
struct ByWords {
    terms: Terms,
    signature: Signature,
    place: Option<Place>,
    /// What is left out.
    frame: Frame,
    is_framed: bool,
}

/// Places an article by its words, and anew as long as more turns out to be in common with what it is most like that tells
/// nothing of an event. None where no words are left.
fn find_by_words(
    connection: &Connection,
    stories: &mut StoryCache,
    texts: &mut RecentTexts,
    told: &Told<'_>,
    frame: Frame,
) -> rusqlite::Result<Option<ByWords>> {
    let Told { article, at, original, .. } = *told;
    let is_original_framed = original.map_or(Ok(false), |original| is_framed(connection, original))?;
    let has_text = dedup::has_own_text(article.words);
    let mut shared = Shared { frame, ..Shared::default() };
    let mut terms = told.all_terms.clone();
    terms.leave_out(&shared.frame);
    let mut n_times = 0;
    loop {
        for other in &shared.frame.articles {
            note_framed(connection, stories, *other)?;
        }
        let signature = terms.signature(&stories.frequencies);
        if signature.is_empty() {
            return Ok(None);
        }
        let is_framed = !shared.frame.is_empty() || is_original_framed;
        let n_known = terms.n_known(&stories.frequencies);
        let placing = Placing { signature: &signature, n_known, at, original, has_text, is_framed };
        let place = find_place(connection, stories, &placing)?;
        let more = match &place {
            Some(place) if place.reason == Reason::Alike && n_times < ANEW_MAX => {
                n_times += 1;
                Shared::find(connection, texts, told, &stories.active.nearest(place.part, &signature))?
            }
            _ => Shared::default(),
        };
        if !shared.extend(more) {
            return Ok(Some(ByWords { terms, signature, place, frame: shared.frame, is_framed }));
        }
        terms = shared.rest_of(told);
    }
}

/// An article that looks for its place.
struct Placing<'a> {
    signature: &'a Signature,
    /// How many articles of its language are known.
    n_known: f64,
    at: Option<Timestamp>,
    original: Option<i64>,
    has_text: bool,
    is_framed: bool,
}

/// Finds the stored story that an article belongs to.
fn find_place(
    connection: &Connection,
    stories: &mut StoryCache,
    placing: &Placing<'_>,
) -> rusqlite::Result<Option<Place>> {
    let Placing { signature, n_known, at, original, has_text, is_framed } = *placing;
    let of_original = match original {
        Some(original) => story_and_part_of(connection, original)?,
        None => None,
    };
    if let Some((story, part)) = of_original {
        let terms = stories.active.in_common(part, signature);
        return Ok(Some(Place { story, part, reason: Reason::Copy, score: None, terms }));
    }
    let placement = stories.active.place(signature, n_known, at.map(Timestamp::as_second), is_framed);
    Ok(placement.filter(|placement| has_text || tells_event(placement)).map(|placement| Place {
        story: placement.story,
        part: placement.part,
        reason: Reason::Alike,
        score: Some(placement.score),
        terms: placement.terms,
    }))
}

/// Whether what a headline alone has in common with a story can be the event, and not how it is put.
fn tells_event(placement: &Placement) -> bool {
    placement.score >= HEADLINE_LIKENESS_MIN && placement.strongest_share <= HEADLINE_WORD_SHARE_MAX
}

/// Updates the headline of a story whose headline comes from this article.
pub(in crate::store) fn update_title(connection: &Connection, article_id: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE stories SET title = (SELECT title FROM articles WHERE id = ?1)
             WHERE id = (SELECT story_id FROM articles WHERE id = ?1) AND title_article_id = ?1",
        )?
        .execute([article_id])?;
    Ok(())
}

/// Writes the signature of an article, and deletes those of articles that are too old to be compared.
fn record_signature(connection: &Connection, joining: &Joining, articles_max: i64) -> rusqlite::Result<()> {
    let Joining { part, article, signature, at_s, has_own_headline, .. } = joining;
    connection
        .prepare_cached(
            "INSERT INTO _story_signatures (article_id, at_s, has_own_headline, part, signature)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![article, at_s, has_own_headline, part, signature.to_bytes()])?;
    connection
        .prepare_cached("DELETE FROM _story_signatures WHERE article_id <= ?1")?
        .execute([article - articles_max])?;
    Ok(())
}

/// Notes of an earlier article, and of those that copy it, that another of its make has come.
fn note_framed(connection: &Connection, stories: &mut StoryCache, article: i64) -> rusqlite::Result<()> {
    let Some((story, _)) = story_and_part_of(connection, article)? else { return Ok(()) };
    if is_framed(connection, article)? {
        return Ok(());
    }
    for article in part::with_copies(connection, article, story)? {
        let n_changed = connection
            .prepare_cached("UPDATE story_members SET is_routine = 1 WHERE article_id = ?1 AND NOT is_routine")?
            .execute([article])?;
        if n_changed > 0
            && let Some((_, part)) = story_and_part_of(connection, article)?
        {
            stories.active.note_framed(part);
        }
    }
    set_routine(connection, story)
}

/// Tells a story as routine where all of its articles are.
fn set_routine(connection: &Connection, story: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE stories SET is_routine = NOT is_routine WHERE id = ?1 AND is_routine =
                 EXISTS (SELECT 1 FROM story_members WHERE story_id = ?1 AND NOT is_routine)",
        )?
        .execute([story])
        .map(|_| ())
}

fn is_framed(connection: &Connection, article: i64) -> rusqlite::Result<bool> {
    let sql = "SELECT is_routine FROM story_members WHERE article_id = ?1";
    Ok(connection.prepare_cached(sql)?.query_row([article], |row| row.get(0)).optional()?.unwrap_or(false))
}

/// Gives a story the headline of an article.
fn set_title(connection: &Connection, story: i64, article_id: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE stories SET title_article_id = ?2, title = (SELECT title FROM articles WHERE id = ?2)
             WHERE id = ?1 AND title_article_id IS NOT ?2 AND EXISTS (SELECT 1 FROM articles WHERE id = ?2)",
        )?
        .execute([story, article_id])?;
    Ok(())
}

/// Opens a story for this article, which may not be there yet. Returns its row id.
fn open(
    connection: &Connection,
    at: Option<Timestamp>,
    is_routine: bool,
    arrived: &Arrived<'_>,
) -> rusqlite::Result<i64> {
    connection
        .prepare_cached(
            "INSERT INTO stories (title, first_published_at, last_published_at, n_articles, n_sources, updated_at, is_routine)
             VALUES (?1, ?2, ?2, 1, 1, ?3, ?4)",
        )?
        .insert(params![arrived.article.title, at.map(public_time), public_time(arrived.now), is_routine])
}

/// The story of an article, and the part of it. What is no longer remembered is of the part that the story began with.
fn story_and_part_of(connection: &Connection, article_id: i64) -> rusqlite::Result<Option<(i64, i64)>> {
    connection
        .prepare_cached(
            "SELECT story_id, coalesce(part, story_id)
             FROM story_members LEFT JOIN _story_signatures USING (article_id) WHERE article_id = ?1",
        )?
        .query_row([article_id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// Who published an article: the publisher of its address, otherwise the slug of its source.
fn publisher_name(connection: &Connection, arrived: &Arrived<'_>) -> rusqlite::Result<String> {
    if let Some(url) = arrived.url {
        return Ok(publisher_of(url.as_url()));
    }
    let Some(source) = arrived.source else { return Ok(String::new()) };
    connection.prepare_cached("SELECT slug FROM sources WHERE id = ?1")?.query_row([source.0], |row| row.get(0))
}
