//! Choices of few articles: which these are, where that is soon known.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::{Connection, ErrorCode};

use crate::store::read::article_filter::{ArticleFilter, Parameters, UserCondition};
use crate::store::read::newest::few_in_language;
use crate::store::read::reader::{ids_of, list};

/// Steps of SQLite between two looks at how many there were.
const STEPS_PER_LOOK: i32 = 1000;

/// So many looks are taken while the user's condition is asked by itself: in some ten milliseconds an index has told of all that it has by then,
/// and where none helps a few ten thousand articles were looked at.
const LOOKS_MAX: u32 = 200;

/// The articles of a choice with a condition of the user, where those that meet it are so many at most and soon found.
pub(super) fn few_by_condition(
    connection: &Connection,
    filter: &ArticleFilter,
    n_max: u32,
) -> rusqlite::Result<Option<Vec<i64>>> {
    let Some(condition) = &filter.condition else { return Ok(None) };
    let ids = that_meet(connection, condition, n_max)?;
    ids.map(|ids| chosen(connection, filter, &ids)).transpose()
}

/// The articles of a choice, where they are so many at most and an index of ours finds them.
pub(super) fn few_by_index(
    connection: &Connection,
    filter: &ArticleFilter,
    n_max: u32,
) -> rusqlite::Result<Option<Vec<i64>>> {
    let ArticleFilter { source_id, since, until, story_id, language, .. } = filter;
    if source_id.is_some() || since.is_some() || until.is_some() || story_id.is_some() {
        let (conditions, parameters) = filter.conditions(UserCondition::AsSubquery);
        let n_sought = n_max.saturating_add(1);
        let sql = format!("SELECT articles.id FROM articles WHERE {} LIMIT {n_sought}", conditions.join(" AND "));
        let ids = ids_of(connection, &sql, &parameters)?;
        if ids.len() <= n_max as usize {
            return Ok(Some(ids));
        }
    }
    if let (None, Some(language)) = (source_id, language)
        && let Some(ids) = few_in_language(connection, language)?
    {
        let ids = chosen(connection, filter, &ids)?;
        return Ok((ids.len() <= n_max as usize).then_some(ids));
    }
    Ok(None)
}

/// The articles that meet a condition of the user, where they are so many at most and soon found. What is wrong with a condition is told by whoever
/// asks it of fewer articles: of those it may be right.
fn that_meet(connection: &Connection, condition: &str, n_max: u32) -> rusqlite::Result<Option<Vec<i64>>> {
    // The line end closes a comment at the end of the condition.
    let sql = format!("SELECT id FROM articles WHERE ({condition}\n) LIMIT {}", n_max.saturating_add(1));
    let n_looks = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&n_looks);
    connection.progress_handler(STEPS_PER_LOOK, Some(move || counted.fetch_add(1, Ordering::Relaxed) >= LOOKS_MAX))?;
    let ids = ids_of(connection, &sql, &Parameters::new());
    connection.progress_handler(0, None::<fn() -> bool>)?;
    match ids {
        Ok(ids) => Ok((ids.len() <= n_max as usize).then_some(ids)),
        // Somebody else has ended the question.
        Err(error)
            if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted)
                && n_looks.load(Ordering::Relaxed) <= LOOKS_MAX =>
        {
            Err(error)
        }
        Err(_) => Ok(None),
    }
}

/// Those of some articles that a filter chooses, in ascending order.
pub(super) fn chosen(connection: &Connection, filter: &ArticleFilter, ids: &[i64]) -> rusqlite::Result<Vec<i64>> {
    let (mut conditions, mut parameters) = filter.conditions(UserCondition::RowByRow);
    conditions.push("articles.id IN rarray(:ids)".to_owned());
    parameters.push((":ids", Box::new(list(ids))));
    let sql = format!("SELECT articles.id FROM articles WHERE {} ORDER BY articles.id", conditions.join(" AND "));
    ids_of(connection, &sql, &parameters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::file::schema::in_memory;

    #[test]
    fn a_condition_is_asked_by_itself_as_far_as_that_is_soon_done() {
        let connection = in_memory().unwrap();
        rusqlite::vtab::array::load_module(&connection).unwrap();
        connection.pragma_update(None, "foreign_keys", false).unwrap();
        connection
            .execute_batch(
                "WITH numbers (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM numbers WHERE id < 60000)
                 INSERT INTO articles (id, title, language, words, body, body_kind, quality, first_seen_at, updated_at, sha256, change_seq, new_seq)
                 SELECT id, 'Report ' || id, iif(id % 2, 'en', 'de'), id % 10000, '', 'full', 90, '2026-01-15T00:00:00Z', '2026-01-15T00:00:00Z', '', id, id
                 FROM numbers",
            )
            .unwrap();
        let few_that = |condition: &str, language: Option<&str>| {
            let filter = ArticleFilter {
                condition: Some(condition.to_owned()),
                language: language.map(str::to_owned),
                ..ArticleFilter::default()
            };
            few_by_condition(&connection, &filter, 20).unwrap()
        };
        assert_eq!(few_that("words > 100000", None), Some(Vec::new()));
        assert_eq!(few_that("words = 7", None), Some(vec![7, 10007, 20007, 30007, 40007, 50007]));
        assert_eq!(few_that("words = 7 -- seven", Some("de")), Some(Vec::new()));
        // More than are few, no index that helps, and what is no condition.
        assert_eq!(few_that("words > 9000", None), None);
        assert_eq!(few_that("title || body || words = 'Report 590009000'", None), None);
        assert_eq!(few_that("wrods > 9000", None), None);
        // The next question is asked to its end.
        let n: u32 = connection
            .query_row("SELECT count(*) FROM articles WHERE title || body LIKE 'Report %'", [], |row| row.get(0))
            .unwrap();
        assert_eq!(n, 60000);
    }
}
