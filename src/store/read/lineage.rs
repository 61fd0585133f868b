//! Lineage: which article had a text first, who copied how much of it, and where each paragraph comes from. Each article
//! was judged when it came in.

use rusqlite::params;

use crate::dedup::lineage::Span;
use crate::store::file::columns::spans_from_json;
use crate::store::file::error::StoreError;
use crate::store::read::cells::Cells;
use crate::store::read::reader::Reader;

/// Where an article's text comes from, and where it went.
#[derive(Clone, Debug, PartialEq)]
pub struct Lineage {
    /// What it is a copy of, what that one is a copy of, and so on. The last one had the text first.
    pub ancestors: Vec<Relative>,
    /// Share of its text that occurs in the first of them.
    pub share: f64,
    /// Share of that one's text that occurs in it.
    pub share_of_original: f64,
    /// Where each paragraph comes from; empty for an article that is no copy.
    pub spans: Vec<Span>,
    /// The articles that the spans name.
    pub sources: Vec<Relative>,
    /// Its copies and theirs, earliest first.
    pub descendants: Vec<Descendant>,
}

/// A copy of an article, or of one of its copies.
#[derive(Clone, Debug, PartialEq)]
pub struct Descendant {
    /// The copy.
    pub article: Relative,
    /// What it is a copy of.
    pub of: i64,
    /// `exact` or `near`.
    pub kind: Option<String>,
    /// Share of its text that occurs in that one.
    pub share: f64,
    /// Share of that one's text that occurs in it.
    pub share_of_original: f64,
}

/// An article that another one is related to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relative {
    /// Row id.
    pub id: i64,
    /// The source that had it first.
    pub source: Option<String>,
    /// Headline.
    pub title: Option<String>,
    /// First sighting.
    pub first_seen_at: String,
}

/// Longest chain of copies of copies that is followed. Longer ones do not occur; the bound is for damaged files.
const STEPS_MAX: u32 = 100;

impl Reader {
    /// The lineage of an article. What cannot be read of it is noted as damage.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn lineage(&self, article_id: i64) -> Result<Lineage, StoreError> {
        let name = || format!("whose copy article {article_id} is");
        let copy = self.readable_rows(
            "SELECT share, share_of_original, spans FROM _copies WHERE article_id = ?1",
            params![article_id],
            |_| name(),
            |cells| (cells.value(0), cells.value(1), cells.text(2)),
        );
        let copy = self.unless_damaged(copy, name)?;
        let (share, share_of_original, spans) = copy.into_iter().next().unwrap_or_default();
        let spans = spans_from_json(&spans);
        let related = || format!("what article {article_id} is related to");
        Ok(Lineage {
            ancestors: self.unless_damaged(self.ancestors(article_id), related)?,
            share,
            share_of_original,
            sources: self.unless_damaged(self.articles_named(&spans), related)?,
            spans,
            descendants: self.unless_damaged(self.descendants(article_id), related)?,
        })
    }

    fn ancestors(&self, article_id: i64) -> Result<Vec<Relative>, StoreError> {
        self.rows(
            "WITH RECURSIVE line (id, step) AS (
                 SELECT duplicate_of, 1 FROM articles WHERE id = ?1
                 UNION ALL
                 SELECT articles.duplicate_of, step + 1 FROM line JOIN articles ON articles.id = line.id
                 WHERE step < ?2)
             SELECT articles.id, slug, articles.title, first_seen_at
             FROM line JOIN articles ON articles.id = line.id LEFT JOIN sources ON sources.id = source_id ORDER BY step",
            params![article_id, STEPS_MAX],
            |row| Ok(relative(&Cells::new(row))),
        )
    }

    /// The articles from which paragraphs come, by id.
    fn articles_named(&self, spans: &[Span]) -> Result<Vec<Relative>, StoreError> {
        let mut named: Vec<i64> = spans.iter().filter_map(|span| span.from).collect();
        named.sort_unstable();
        named.dedup();
        let mut articles = Vec::new();
        for id in named {
            articles.extend(self.rows(
                "SELECT articles.id, slug, articles.title, first_seen_at
                 FROM articles LEFT JOIN sources ON sources.id = source_id WHERE articles.id = ?1",
                params![id],
                |row| Ok(relative(&Cells::new(row))),
            )?);
        }
        Ok(articles)
    }

    fn descendants(&self, article_id: i64) -> Result<Vec<Descendant>, StoreError> {
        // CROSS JOIN: SQLite would go through all articles, to have them in order without sorting those few.
        self.readable_rows(
            "WITH RECURSIVE line (id, step) AS (
                 SELECT id, 1 FROM articles WHERE duplicate_of = ?1
                 UNION ALL
                 SELECT articles.id, step + 1 FROM line JOIN articles ON articles.duplicate_of = line.id
                 WHERE step < ?2)
             SELECT articles.id, slug, articles.title, first_seen_at, duplicate_of, duplicate_kind,
                 coalesce(share, 0.0), coalesce(share_of_original, 0.0)
             FROM line CROSS JOIN articles ON articles.id = line.id LEFT JOIN sources ON sources.id = source_id
             LEFT JOIN _copies ON _copies.article_id = articles.id ORDER BY articles.id",
            params![article_id, STEPS_MAX],
            |descendant: &Descendant| format!("article {}", descendant.article.id),
            |cells| Descendant {
                article: relative(cells),
                of: cells.value(4),
                kind: cells.optional_text(5),
                share: cells.value(6),
                share_of_original: cells.value(7),
            },
        )
    }
}

/// Reads `id, slug, title, first_seen_at`; what cannot be read is replaced.
fn relative(cells: &Cells<'_, '_>) -> Relative {
    Relative {
        id: cells.value(0),
        source: cells.optional_text(1),
        title: cells.optional_text(2),
        first_seen_at: cells.text(3),
    }
}
