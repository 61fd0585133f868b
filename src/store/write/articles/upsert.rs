//! Storing an article: as a new one, as a duplicate, as a new wording of a stored one, or not at all.

use std::borrow::Cow;

use rusqlite::{Connection, OptionalExtension, params};

use crate::dedup::frame::Frame;
use crate::dedup::reading::{self, PageForm, Reading};
use crate::dedup::text::ArticleText;
use crate::dedup::{self, Lookalikes};
use crate::model::{Article, CanonicalUrl, DuplicateKind, SourceId, StoredArticle, Verdict};
use crate::store::write::articles::arrival::Arrival;
use crate::store::write::articles::copies::{self, Comparison};
use crate::store::write::articles::lookalikes;
use crate::store::write::articles::row::{self, ArticleRow, NumberOfWording};
use crate::store::write::articles::text_pages::TextPage;
use crate::store::write::articles::versions::{self, Version};
use crate::store::write::removal::walk::TEXT_GONE;
use crate::store::write::stories::join::{self, Arrived, Compared, Joined};
use crate::store::write::transaction::WriteTransaction;

/// What became of an article.
pub(super) struct Upserted {
    /// Where it is stored, and why.
    pub(super) stored: StoredArticle,
    /// The canonical address under which it is stored.
    pub(super) url: Option<CanonicalUrl>,
    /// Whether the page showed a part of it, and the whole is kept.
    pub(super) is_cut_off: bool,
    /// Whether its text, or word of its changes, comes from this page from now on and came from another one before.
    pub(super) is_from_new_page: bool,
}

/// Looks for stored articles that this one may be, judges it, and stores it accordingly.
pub(super) fn upsert(
    transaction: &WriteTransaction<'_>,
    article: &Article,
    arrival: &Arrival<'_>,
) -> rusqlite::Result<Upserted> {
    let lookalikes = lookalikes::find(transaction, article, arrival)?;
    if let Some(id) = text_taken_away(transaction, &lookalikes)? {
        let url = article.url.clone();
        return Ok(Upserted { stored: known_article(id), url, is_cut_off: false, is_from_new_page: false });
    }
    let article = with_known_title(article, &lookalikes);
    let article = with_language_of_source(transaction, article, arrival.source)?;
    let judgement = dedup::judge(&article, &lookalikes);
    let url = match arrival.answered {
        Some(answered) if judgement.canonical_is_wrong => Some(answered.url.clone()),
        None if judgement.canonical_is_wrong => None,
        _ => article.url.clone(),
    };
    // In a file under an address that is another article's, it is known by its text, as one without an address is.
    let is_without_address = article.url.is_some() && url.is_none();
    let same_document = if is_without_address { lookalikes::find_same_document(transaction, &article)? } else { None };
    let verdict = same_document.map_or(judgement.verdict, |article_id| Verdict::Known { article_id });
    let page = arrival.asked.zip(arrival.answered).map(|(asked, answered)| {
        let is_own = url.as_ref().is_some_and(|url| url.page_key() == answered.url.page_key());
        TextPage::new(asked, &answered.url, &article, is_own)
    });
    let known = |id: i64| lookalikes.known(id).ok_or(rusqlite::Error::QueryReturnedNoRows);
    let mut reading = None;
    let judged = JudgedArticle { transaction, article: &article, url: url.as_ref(), arrival };
    let stored = match verdict {
        Verdict::New => judged.insert()?,
        Verdict::Duplicate { of, kind } => judged.insert_duplicate(of, kind)?,
        Verdict::Known { article_id }
            if page.is_some()
                && lookalikes.known(article_id).is_some_and(|known| dedup::is_whole_of(&article, known)) =>
        {
            judged.replace(article_id, lookalikes.by_wording)?
        }
        Verdict::Known { article_id } => known_article(article_id),
        Verdict::Revision { article_id } if arrival.answered.is_none() => {
            judged.add_version(article_id, lookalikes.by_wording)?
        }
        Verdict::Revision { article_id } => {
            let form = match &page {
                Some(page) => page.form(transaction, article_id)?,
                None => PageForm::OfText,
            };
            let read = reading::read(&article, known(article_id)?, form);
            reading = Some(read);
            match read {
                Reading::CutOff if !arrival.was_cut_off => known_article(article_id),
                Reading::OtherForm => known_article(article_id),
                Reading::Fuller => judged.replace(article_id, lookalikes.by_wording)?,
                Reading::CutOff | Reading::Revised => judged.revise(article_id, lookalikes.by_wording)?,
            }
        }
    };
    let is_kept = matches!(stored.verdict, Verdict::Known { .. });
    let is_cut_off = is_kept && reading == Some(Reading::CutOff);
    let is_from_new_page = match &page {
        Some(page) if !is_cut_off => {
            // A wall, or a page that gives less, is read over; one that says the same may have given the text as well.
            let gave_text = !is_kept || reading == Some(Reading::Fuller);
            let is_telling = gave_text || reading.is_some() || dedup::reads_the_same(&article, known(stored.id)?);
            is_telling && page.settle(transaction, stored.id, gave_text)?
        }
        _ => false,
    };
    Ok(Upserted { stored, url, is_cut_off, is_from_new_page })
}

/// The stored article that this one is, by its link, its address or its GUID, where its text was taken away for its age: it does not
/// come back. Nor is one whose text stands in a volume that cannot be read taken for changed.
fn text_taken_away(connection: &Connection, lookalikes: &Lookalikes) -> rusqlite::Result<Option<i64>> {
    let Lookalikes { by_link, by_canonical_url, by_guid, .. } = lookalikes;
    for known in [by_link, by_canonical_url, by_guid].into_iter().flatten().filter(|known| known.body.is_empty()) {
        let is_taken: bool = connection
            .prepare_cached("SELECT instr(quality_reasons, ?2) > 0 OR volume IS NOT NULL FROM articles WHERE id = ?1")?
            .query_row(params![known.id, TEXT_GONE], |row| row.get(0))?;
        if is_taken {
            return Ok(Some(known.id));
        }
    }
    Ok(None)
}

fn known_article(id: i64) -> StoredArticle {
    StoredArticle { id, verdict: Verdict::Known { article_id: id } }
}

/// Gives an article without a headline that of the stored one. A headline may come from the feed alone, and the feed no
/// longer lists the article.
fn with_known_title<'a>(article: &'a Article, lookalikes: &Lookalikes) -> Cow<'a, Article> {
    match lookalikes.by_link.as_ref().and_then(|known| known.title.clone()) {
        Some(title) if article.title.is_none() => Cow::Owned(Article { title: Some(title), ..article.clone() }),
        _ => Cow::Borrowed(article),
    }
}

/// Latest articles of a source by which its language is told.
const ARTICLES_ASKED: u32 = 30;

/// Fewer articles say little of the language of their source.
const ARTICLES_IN_LANGUAGE_MIN: u32 = 3;

/// Gives a headline without a text the language of its source, where all that came from there lately is in one: a few words do not
/// tell their language by themselves.
fn with_language_of_source<'a>(
    connection: &Connection,
    article: Cow<'a, Article>,
    source: Option<SourceId>,
) -> rusqlite::Result<Cow<'a, Article>> {
    let Some(source) = source.filter(|_| article.language.is_none() && !dedup::has_own_text(article.words)) else {
        return Ok(article);
    };
    let language: Option<String> = connection
        .prepare_cached(
            "SELECT min(language) FROM (SELECT article_id FROM sightings WHERE source_id = ?1
                 ORDER BY first_seen_at DESC LIMIT ?2) JOIN articles ON id = article_id
             WHERE language IS NOT NULL HAVING count(*) >= ?3 AND min(language) = max(language)",
        )?
        .query_row(params![source.0, ARTICLES_ASKED, ARTICLES_IN_LANGUAGE_MIN], |row| row.get(0))
        .optional()?
        .flatten();
    Ok(match language {
        Some(language) => Cow::Owned(Article { language: Some(language), ..article.into_owned() }),
        None => article,
    })
}

/// An article that is to be stored.
struct JudgedArticle<'a> {
    transaction: &'a WriteTransaction<'a>,
    article: &'a Article,
    url: Option<&'a CanonicalUrl>,
    arrival: &'a Arrival<'a>,
}

impl JudgedArticle<'_> {
    /// Stores an article that is not known. It may still be a near copy of an earlier one.
    fn insert(&self) -> rusqlite::Result<StoredArticle> {
        let text = ArticleText::of(self.article);
        let comparison = Comparison::of(self.transaction, self.article, &text, self.url, None)?;
        let original = comparison.as_ref().and_then(Comparison::original);
        let no_frame = Frame::default();
        let frame = comparison.as_ref().map_or(&no_frame, Comparison::frame);
        if let Some(comparison) = &comparison {
            comparison.take_copies_back(self.transaction)?;
        }
        let near = original.map(|of| (of, DuplicateKind::Near));
        let id = self.insert_with_story(near, &text, frame, |id| match &comparison {
            Some(comparison) => comparison.record(self.transaction, id),
            None => Ok(()),
        })?;
        let verdict = match original {
            Some(of) => Verdict::Duplicate { of, kind: DuplicateKind::Near },
            None => Verdict::New,
        };
        Ok(StoredArticle { id, verdict })
    }

    /// Stores an article with the very text of an earlier one.
    fn insert_duplicate(&self, of: i64, kind: DuplicateKind) -> rusqlite::Result<StoredArticle> {
        let text = ArticleText::of(self.article);
        let id = self.insert_with_story(Some((of, kind)), &text, &Frame::default(), |id| {
            copies::record_exact(self.transaction, id, of, self.article.paragraphs().count())
        })?;
        Ok(StoredArticle { id, verdict: Verdict::Duplicate { of, kind } })
    }

    /// Inserts the article's row, with the story that it belongs to, and what goes with it: `record_copy` writes what it has
    /// from earlier ones. Returns its id.
    fn insert_with_story(
        &self,
        duplicate: Option<(i64, DuplicateKind)>,
        text: &ArticleText<'_>,
        frame: &Frame,
        record_copy: impl FnOnce(i64) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<i64> {
        let id = row::next_id(self.transaction)?;
        let arrived = self.arrived(id, text);
        let compared = Compared { original: duplicate.map(|(of, _)| of), frame };
        let joined = join::find(self.transaction, &arrived, compared)?;
        self.row(duplicate).insert(self.transaction, id, joined.as_ref().map(Joined::story))?;
        lookalikes::remember_wording(self.transaction, self.article, id)?;
        record_copy(id)?;
        if let Some(joined) = joined {
            joined.record(self.transaction, &arrived)?;
        }
        Ok(id)
    }

    /// Puts a new wording in the place of the old one, which moves to `revisions`. The new one may copy other articles
    /// than the old one did, but only earlier ones: otherwise two articles could be copies of each other.
    fn revise(&self, id: i64, by_wording: Option<i64>) -> rusqlite::Result<StoredArticle> {
        row::keep_revision(self.transaction, id)?;
        self.put_wording(id, by_wording, NumberOfWording::Next)?;
        Ok(StoredArticle { id, verdict: Verdict::Revision { article_id: id } })
    }

    /// Puts a fuller form of the present wording in its place. The publisher has changed nothing, so it is no revision.
    fn replace(&self, id: i64, by_wording: Option<i64>) -> rusqlite::Result<StoredArticle> {
        self.put_wording(id, by_wording, NumberOfWording::Same)?;
        Ok(known_article(id))
    }

    fn put_wording(&self, id: i64, by_wording: Option<i64>, number: NumberOfWording) -> rusqlite::Result<()> {
        let exact = by_wording.filter(|other| *other < id);
        let text = ArticleText::of(self.article);
        let comparison = match exact {
            Some(_) => None,
            None => Comparison::of(self.transaction, self.article, &text, self.url, Some(id))?,
        };
        let near = comparison.as_ref().and_then(Comparison::original);
        let duplicate = exact.map(|of| (of, DuplicateKind::Exact)).or(near.map(|of| (of, DuplicateKind::Near)));
        let no_frame = Frame::default();
        let frame = comparison.as_ref().map_or(&no_frame, Comparison::frame);
        copies::forget(self.transaction, id)?;
        lookalikes::hand_wording_over(self.transaction, id)?;
        self.row(duplicate).update(self.transaction, id, number)?;
        if let Some(of) = exact {
            copies::record_exact(self.transaction, id, of, self.article.paragraphs().count())?;
        } else if let Some(comparison) = &comparison {
            comparison.take_copies_back(self.transaction)?;
            comparison.record(self.transaction, id)?;
        }
        join::update_title(self.transaction, id)?;
        lookalikes::replace_wording(self.transaction, self.article, id)?;
        if self.arrival.identity.is_unlike {
            let compared = Compared { original: duplicate.map(|(of, _)| of), frame };
            join::rejoin(self.transaction, &self.arrived(id, &text), compared)?;
        }
        Ok(())
    }

    /// Stores a version from a file: as the present wording or as an earlier one.
    fn add_version(&self, id: i64, by_wording: Option<i64>) -> rusqlite::Result<StoredArticle> {
        let Arrival { now, first_seen_at, .. } = *self.arrival;
        match versions::place(self.transaction, self.article, id, now)? {
            Version::Latest => self.revise(id, by_wording),
            Version::Earlier => {
                let version = versions::wording_of(self.article);
                versions::insert_earlier(self.transaction, version, id, now, first_seen_at)?;
                Ok(StoredArticle { id, verdict: Verdict::Revision { article_id: id } })
            }
            Version::Known => Ok(known_article(id)),
        }
    }

    fn row(&self, duplicate: Option<(i64, DuplicateKind)>) -> ArticleRow<'_> {
        ArticleRow { article: self.article, url: self.url, arrival: self.arrival, duplicate }
    }

    fn arrived<'a>(&'a self, id: i64, text: &'a ArticleText<'a>) -> Arrived<'a> {
        let Arrival { source, first_seen_at, now, answered, .. } = *self.arrival;
        let (article, url) = (self.article, self.url);
        Arrived { id, article, text, url, source, is_fetched: answered.is_some(), first_seen_at, now }
    }
}
