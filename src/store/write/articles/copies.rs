//! Near copies: which earlier articles an article is made from. Found inside the transaction that stores it. The rows of
//! `_copies`.

use std::borrow::Cow;

use rusqlite::{Connection, OptionalExtension, params};

use crate::dedup;
use crate::dedup::earlier::Earlier;
use crate::dedup::frame::Frame;
use crate::dedup::hash::NumberMap;
use crate::dedup::lineage::{self, Copy, Span};
use crate::dedup::shingle::ShingledText;
use crate::dedup::sketch::{Lookup, Postings, Sketch};
use crate::dedup::text::ArticleText;
use crate::model::{Article, BodyKind, CanonicalUrl, publisher_of};
use crate::store::file::change_seq::NEXT_CHANGE;
use crate::store::file::columns::{spans_from_json, spans_to_json};
use crate::store::write::articles::texts::RecentTexts;
use crate::store::write::transaction::WriteTransaction;

/// Longest chain of copies of copies that is followed to the root of a lineage. Longer ones do not occur; the bound is for
/// damaged files.
const ANCESTORS_MAX: usize = 16;

/// The comparison of an article with earlier ones.
pub(super) struct Comparison {
    sketch: Sketch,
    postings: Postings,
    found: Option<(Copy, Vec<Span>)>,
    frame: Frame,
    /// Earlier articles of the frame that were taken for copies for what those of their make say.
    no_copies: Vec<i64>,
}

impl Comparison {
    /// Compares an article with all earlier ones; with those before `revised`, if it is a new wording of that one. Absent
    /// for a page without an article's text.
    pub(super) fn of(
        transaction: &WriteTransaction<'_>,
        article: &Article,
        text: &ArticleText<'_>,
        url: Option<&CanonicalUrl>,
        revised: Option<i64>,
    ) -> rusqlite::Result<Option<Comparison>> {
        if article.body_kind == BodyKind::Wall {
            return Ok(None);
        }
        if text.folded().is_empty() {
            return Ok(None);
        }
        let sketch = Sketch::of_folded(text.folded());
        let connection: &Connection = transaction;
        let cache = &mut *transaction.cache();
        let mut postings = cache.recent_shingles(connection)?.look_up(connection, &sketch)?;
        if let Some(revised) = revised {
            for holders in &mut postings {
                holders.retain(|holder| *holder < revised);
            }
        }
        let roots = cache.roots();
        let Lookup { candidates, common, of_one_make } =
            sketch.candidates(&postings, |id| root_of(connection, roots, id))?;
        let publisher = url.map(|url| publisher_of(url.as_url()));
        let own_day = article.published.map(|published| published.day());
        let mut earlier = Vec::with_capacity(candidates.len());
        for (id, n_hits) in candidates {
            let (words, day) = words_and_day(connection, id)?;
            let can_be_copy = dedup::has_own_text(words.min(article.words))
                && dedup::can_be_copy(words.max(article.words), own_day.as_deref(), day.as_deref());
            if can_be_copy && sketch.may_be_alike(n_hits, text.shingled().len(), words) {
                earlier.extend(cache.texts().read(connection, id, publisher.as_deref())?);
            }
        }
        let mut others = Vec::with_capacity(of_one_make.len());
        for id in of_one_make {
            others.extend(cache.texts().read(connection, id, publisher.as_deref())?);
        }
        if earlier.is_empty() && others.is_empty() {
            return Ok(Some(Comparison {
                sketch,
                postings,
                found: None,
                frame: Frame::default(),
                no_copies: Vec::new(),
            }));
        }
        let text = text.shingled();
        let frame = Frame::of(text, earlier.iter().chain(&others));
        let no_copies = no_copies(connection, cache.texts(), text, &frame, earlier.iter().chain(&others))?;
        let mut found = None;
        if !earlier.is_empty() {
            let mut text = Cow::Borrowed(text);
            if let Some(copy) = lineage::find_original(&mut text, &mut earlier, &common, &frame) {
                let spans = spans_of(connection, cache.texts(), &text, earlier, &copy)?;
                found = Some((copy, spans));
            }
        }
        Ok(Some(Comparison { sketch, postings, found, frame, no_copies }))
    }

    /// The article that it is made from.
    pub(super) fn original(&self) -> Option<i64> {
        self.found.as_ref().map(|(copy, _)| copy.of)
    }

    /// What it has in common with those of its make.
    pub(super) fn frame(&self) -> &Frame {
        &self.frame
    }

    /// Writes of earlier articles of the frame that they are no copies.
    pub(super) fn take_copies_back(&self, transaction: &WriteTransaction<'_>) -> rusqlite::Result<()> {
        for article in &self.no_copies {
            take_copy_back(transaction, *article)?;
            transaction.cache().roots().clear();
        }
        Ok(())
    }

    /// Writes the result under the id of the article, and adds the article to the index for later ones.
    pub(super) fn record(&self, transaction: &WriteTransaction<'_>, id: i64) -> rusqlite::Result<()> {
        let connection: &Connection = transaction;
        let cache = &mut *transaction.cache();
        let roots = cache.roots();
        let mut root = None;
        if let Some((copy, spans)) = &self.found {
            let row = CopyRow {
                of: copy.of,
                share: copy.likeness.share,
                share_of_original: copy.likeness.share_of_original,
                spans,
            };
            row.insert(connection, id)?;
            root = Some(root_of(connection, roots, copy.of)?);
        }
        let keys = self.sketch.keys_to_add(&self.postings, root, |holder| root_of(connection, roots, holder))?;
        cache.recent_shingles(connection)?.add(connection, id, &keys)
    }
}

/// Near copies among the articles of a frame that are none by what this text, which is of the same make, does not say.
fn no_copies<'a>(
    connection: &Connection,
    texts: &mut RecentTexts,
    text: &ShingledText,
    frame: &Frame,
    earlier: impl Iterator<Item = &'a Earlier>,
) -> rusqlite::Result<Vec<i64>> {
    let mut found = Vec::new();
    if frame.is_empty() {
        return Ok(found);
    }
    let make = Frame::from_one(text);
    let sql = "SELECT duplicate_of FROM articles WHERE id = ?1 AND duplicate_kind = 'near'";
    for Earlier { id, text, .. } in earlier.filter(|earlier| frame.articles.contains(&earlier.id)) {
        let original: Option<i64> =
            connection.prepare_cached(sql)?.query_row([*id], |row| row.get(0)).optional()?.flatten();
        let Some(original) = original else { continue };
        let original = texts.read(connection, original, None)?;
        if original.is_some_and(|original| !make.leaves_alike(text, &original.text)) {
            found.push(*id);
        }
    }
    Ok(found)
}

/// Writes that an article is no copy.
fn take_copy_back(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM _copies WHERE article_id = ?1")?.execute([id])?;
    connection
        .prepare_cached(&format!(
            "UPDATE articles SET duplicate_of = NULL, duplicate_kind = NULL, change_seq = {NEXT_CHANGE} WHERE id = ?1"
        ))?
        .execute([id])?;
    Ok(())
}

/// The earlier article that this one would be a copy of. Nothing is written.
pub(in crate::store) fn original_of(
    transaction: &WriteTransaction<'_>,
    article: &Article,
) -> rusqlite::Result<Option<i64>> {
    let text = ArticleText::of(article);
    Ok(Comparison::of(transaction, article, &text, article.url.as_ref(), None)?.as_ref().and_then(Comparison::original))
}

/// Writes that an article has the very text of an earlier one. Its paragraphs come from where those of that one come from.
pub(super) fn record_exact(connection: &Connection, id: i64, of: i64, n_paragraphs: usize) -> rusqlite::Result<()> {
    let inherited: Option<String> = connection
        .prepare_cached("SELECT spans FROM _copies WHERE article_id = ?1")?
        .query_row([of], |row| row.get(0))
        .optional()?;
    let whole = Span { first: 1, last: u32::try_from(n_paragraphs).unwrap_or(u32::MAX), from: Some(of) };
    let mut spans = match inherited {
        Some(spans) => spans_from_json(&spans),
        None if n_paragraphs > 0 => vec![whole],
        None => Vec::new(),
    };
    for span in &mut spans {
        span.from = span.from.or(Some(of));
    }
    CopyRow { of, share: 1.0, share_of_original: 1.0, spans: &spans }.insert(connection, id)
}

/// Deletes what was written of an article, and takes it out of the index, before a new wording replaces it.
pub(super) fn forget(transaction: &WriteTransaction<'_>, id: i64) -> rusqlite::Result<()> {
    let connection: &Connection = transaction;
    let cache = &mut *transaction.cache();
    cache.roots().clear();
    connection.prepare_cached("DELETE FROM _copies WHERE article_id = ?1")?.execute([id])?;
    if let Some(Earlier { text, .. }) = cache.texts().read(connection, id, None)? {
        cache.recent_shingles(connection)?.remove(connection, id, Sketch::of(&text).keys())?;
    }
    Ok(())
}

/// Where each paragraph of a copy comes from: one of its sources, or an article that its original copies.
fn spans_of(
    connection: &Connection,
    texts: &mut RecentTexts,
    text: &ShingledText,
    mut earlier: Vec<Earlier>,
    copy: &Copy,
) -> rusqlite::Result<Vec<Span>> {
    earlier.retain(|earlier| copy.sources.contains(&earlier.id));
    for ancestor in ancestors(connection, copy.of)? {
        if earlier.iter().all(|earlier| earlier.id != ancestor) {
            earlier.extend(texts.read(connection, ancestor, None)?);
        }
    }
    Ok(lineage::spans(text, &earlier))
}

struct CopyRow<'a> {
    of: i64,
    share: f64,
    share_of_original: f64,
    spans: &'a [Span],
}

impl CopyRow<'_> {
    fn insert(&self, connection: &Connection, id: i64) -> rusqlite::Result<()> {
        connection
            .prepare_cached(
                "INSERT INTO _copies (article_id, of_id, share, share_of_original, spans) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![id, self.of, self.share, self.share_of_original, spans_to_json(self.spans)])?;
        Ok(())
    }
}

/// The first article of the lineage of an article.
fn root_of(connection: &Connection, roots: &mut NumberMap<i64, i64>, id: i64) -> rusqlite::Result<i64> {
    if let Some(root) = roots.get(&id) {
        return Ok(*root);
    }
    let root = ancestors(connection, id)?.last().copied().unwrap_or(id);
    roots.insert(id, root);
    Ok(root)
}

/// The article that an article copies, the one that that one copies, and so on.
fn ancestors(connection: &Connection, id: i64) -> rusqlite::Result<Vec<i64>> {
    let mut statement = connection.prepare_cached("SELECT of_id FROM _copies WHERE article_id = ?1")?;
    let mut ancestors = Vec::new();
    let mut next = id;
    while ancestors.len() < ANCESTORS_MAX
        && let Some(of) = statement.query_row([next], |row| row.get(0)).optional()?
    {
        ancestors.push(of);
        next = of;
    }
    Ok(ancestors)
}

fn words_and_day(connection: &Connection, id: i64) -> rusqlite::Result<(u32, Option<String>)> {
    let sql = "SELECT words, date FROM articles WHERE id = ?1";
    let found = connection.prepare_cached(sql)?.query_row([id], |row| Ok((row.get(0)?, row.get(1)?)));
    Ok(found.optional()?.unwrap_or_default())
}
