//! Storing an article: as a new one, as a duplicate, as a new wording of a stored one, or not at all.

use std::borrow::Cow;

use crate::dedup::{self, Lookalikes};
use crate::model::{Article, CanonicalUrl, DuplicateKind, StoredArticle, Verdict};
use crate::store::write::articles::arrival::Arrival;
use crate::store::write::articles::copies::{self, Comparison};
use crate::store::write::articles::lookalikes;
use crate::store::write::articles::row::{self, ArticleRow};
use crate::store::write::articles::versions::{self, Version};
use crate::store::write::stories::join::{self, Arrived};
use crate::store::write::transaction::WriteTransaction;

/// What became of an article.
pub(super) struct Upserted {
    /// Where it is stored, and why.
    pub(super) stored: StoredArticle,
    /// The canonical address under which it is stored.
    pub(super) url: Option<CanonicalUrl>,
}

/// Looks for stored articles that this one may be, judges it, and stores it accordingly.
pub(super) fn upsert(
    transaction: &WriteTransaction<'_>,
    article: &Article,
    arrival: &Arrival<'_>,
) -> rusqlite::Result<Upserted> {
    let lookalikes = lookalikes::find(transaction, article, arrival)?;
    let article = with_known_title(article, &lookalikes);
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
    let judged = JudgedArticle { transaction, article: &article, url: url.as_ref(), arrival };
    let stored = match verdict {
        Verdict::New => judged.insert()?,
        Verdict::Duplicate { of, kind } => judged.insert_duplicate(of, kind)?,
        Verdict::Known { article_id } => StoredArticle { id: article_id, verdict: Verdict::Known { article_id } },
        Verdict::Revision { article_id } if arrival.answered.is_none() => {
            judged.add_version(article_id, lookalikes.by_wording)?
        }
        Verdict::Revision { article_id } => judged.revise(article_id, lookalikes.by_wording)?,
    };
    Ok(Upserted { stored, url })
}

/// Gives an article without a headline that of the stored one. A headline may come from the feed alone, and the feed no
/// longer lists the article.
fn with_known_title<'a>(article: &'a Article, lookalikes: &Lookalikes) -> Cow<'a, Article> {
    match lookalikes.by_link.as_ref().and_then(|known| known.title.clone()) {
        Some(title) if article.title.is_none() => Cow::Owned(Article { title: Some(title), ..article.clone() }),
        _ => Cow::Borrowed(article),
    }
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
        let comparison = Comparison::of(self.transaction, self.article, self.url, None)?;
        let original = comparison.as_ref().and_then(Comparison::original);
        let id = self.row(original.map(|of| (of, DuplicateKind::Near))).insert(self.transaction)?;
        lookalikes::remember_wording(self.transaction, self.article, id)?;
        if let Some(comparison) = comparison {
            comparison.record(self.transaction, id)?;
        }
        self.join_story(id, original)?;
        let verdict = match original {
            Some(of) => Verdict::Duplicate { of, kind: DuplicateKind::Near },
            None => Verdict::New,
        };
        Ok(StoredArticle { id, verdict })
    }

    /// Stores an article with the very text of an earlier one.
    fn insert_duplicate(&self, of: i64, kind: DuplicateKind) -> rusqlite::Result<StoredArticle> {
        let id = self.row(Some((of, kind))).insert(self.transaction)?;
        lookalikes::remember_wording(self.transaction, self.article, id)?;
        copies::record_exact(self.transaction, id, of, self.article.paragraphs().count())?;
        self.join_story(id, Some(of))?;
        Ok(StoredArticle { id, verdict: Verdict::Duplicate { of, kind } })
    }

    /// Puts a new wording in the place of the old one, which moves to `revisions`. The new one may copy other articles
    /// than the old one did, but only earlier ones: otherwise two articles could be copies of each other.
    fn revise(&self, id: i64, by_wording: Option<i64>) -> rusqlite::Result<StoredArticle> {
        let exact = by_wording.filter(|other| *other < id);
        let comparison = match exact {
            Some(_) => None,
            None => Comparison::of(self.transaction, self.article, self.url, Some(id))?,
        };
        let near = comparison.as_ref().and_then(Comparison::original);
        let duplicate = exact.map(|of| (of, DuplicateKind::Exact)).or(near.map(|of| (of, DuplicateKind::Near)));
        copies::forget(self.transaction, id)?;
        row::keep_revision(self.transaction, id)?;
        self.row(duplicate).update(self.transaction, id)?;
        if let Some(of) = exact {
            copies::record_exact(self.transaction, id, of, self.article.paragraphs().count())?;
        } else if let Some(comparison) = comparison {
            comparison.record(self.transaction, id)?;
        }
        join::update_title(self.transaction, id)?;
        lookalikes::replace_wording(self.transaction, self.article, id)?;
        Ok(StoredArticle { id, verdict: Verdict::Revision { article_id: id } })
    }

    /// Stores a version from a file: as the present wording or as an earlier one.
    fn add_version(&self, id: i64, by_wording: Option<i64>) -> rusqlite::Result<StoredArticle> {
        let Arrival { now, first_seen_at, .. } = *self.arrival;
        match versions::place(self.transaction, self.article, id, now)? {
            Version::Latest => self.revise(id, by_wording),
            Version::Earlier => {
                versions::insert_earlier(self.transaction, self.article, id, now, first_seen_at)?;
                Ok(StoredArticle { id, verdict: Verdict::Revision { article_id: id } })
            }
            Version::Known => Ok(StoredArticle { id, verdict: Verdict::Known { article_id: id } }),
        }
    }

    fn row(&self, duplicate: Option<(i64, DuplicateKind)>) -> ArticleRow<'_> {
        ArticleRow { article: self.article, url: self.url, arrival: self.arrival, duplicate }
    }

    fn join_story(&self, id: i64, original: Option<i64>) -> rusqlite::Result<()> {
        let Arrival { source, first_seen_at, now, answered, .. } = *self.arrival;
        let arrived = Arrived { id, source, is_fetched: answered.is_some(), first_seen_at, now };
        join::join(self.transaction, self.article, self.url, &arrived, original)
    }
}
