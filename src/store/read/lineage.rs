//! Who had an article first, who copied how much of it, and which paragraphs are whose: as it was judged when each came
//! in.

use rusqlite::{OptionalExtension, params};

use crate::store::file::columns::spans_from_json;
use crate::store::file::error::StoreError;
use crate::store::read::reader::Reader;
use crate::store::read::records::{Descendant, Lineage, Relative};

/// Steps up or down that are followed. Longer chains of copies of copies do not occur; the bound is for damaged files.
const STEPS_MAX: u32 = 100;

impl Reader {
    /// The lineage of an article.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn lineage(&self, article_id: i64) -> Result<Lineage, StoreError> {
        let relative = |row: &rusqlite::Row<'_>| {
            Ok(Relative { id: row.get(0)?, source: row.get(1)?, title: row.get(2)?, first_seen_at: row.get(3)? })
        };
        let ancestors = self.rows(
            "WITH RECURSIVE line (id, step) AS (
                 SELECT duplicate_of, 1 FROM articles WHERE id = ?1
                 UNION ALL
                 SELECT articles.duplicate_of, step + 1 FROM line JOIN articles ON articles.id = line.id
                 WHERE step < ?2)
             SELECT articles.id, slug, articles.title, first_seen_at
             FROM line JOIN articles ON articles.id = line.id LEFT JOIN sources ON sources.id = source_id ORDER BY step",
            params![article_id, STEPS_MAX],
            relative,
        )?;
        let copy = self
            .connection()
            .query_row(
                "SELECT share, share_of_original, spans FROM _copies WHERE article_id = ?1",
                [article_id],
                |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?)),
            )
            .optional()?;
        let (share, share_of_original, spans) = copy.unwrap_or((0.0, 0.0, String::new()));
        let spans = spans_from_json(&spans);
        let mut sources = Vec::new();
        let mut named: Vec<i64> = spans.iter().filter_map(|span| span.from).collect();
        named.sort_unstable();
        named.dedup();
        for id in named {
            let found = self.rows(
                "SELECT articles.id, slug, articles.title, first_seen_at
                 FROM articles LEFT JOIN sources ON sources.id = source_id WHERE articles.id = ?1",
                params![id],
                relative,
            )?;
            sources.extend(found);
        }
        let descendants = self.rows(
            "WITH RECURSIVE line (id, step) AS (
                 SELECT id, 1 FROM articles WHERE duplicate_of = ?1
                 UNION ALL
                 SELECT articles.id, step + 1 FROM line JOIN articles ON articles.duplicate_of = line.id
                 WHERE step < ?2)
             SELECT articles.id, slug, articles.title, first_seen_at, duplicate_of, duplicate_kind,
                 coalesce(share, 0.0), coalesce(share_of_original, 0.0)
             FROM line JOIN articles ON articles.id = line.id LEFT JOIN sources ON sources.id = source_id
             LEFT JOIN _copies ON _copies.article_id = articles.id ORDER BY articles.id",
            params![article_id, STEPS_MAX],
            |row| {
                Ok(Descendant {
                    article: relative(row)?,
                    of: row.get(4)?,
                    kind: row.get(5)?,
                    share: row.get(6)?,
                    share_of_original: row.get(7)?,
                })
            },
        )?;
        Ok(Lineage { ancestors, share, share_of_original, spans, sources, descendants })
    }
}
