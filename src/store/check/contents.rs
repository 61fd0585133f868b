//! Whether what is in a file is as it should be. Everything is only read.

use std::collections::BTreeMap;

use rusqlite::{Connection, ErrorCode};

use crate::store::check::finding::{ExaminingWatcher, Finding, Subject, listed};
use crate::store::check::{changes, documents, full_text, lineage, pages, schema, state};
use crate::store::file::characters;
use crate::store::file::damage;

/// What times are written as: RFC 3339 UTC, by the second.
const TIME: &str = "'[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]*Z'";

/// The times of each table, with the row ids of its rows.
const TIMES: [(&str, &[&str]); 7] = [
    ("articles", &["published_at", "first_seen_at", "updated_at", "modified_at", "removed_at"]),
    ("sightings", &["first_seen_at", "last_seen_at"]),
    ("revisions", &["seen_at"]),
    ("stories", &["first_published_at", "last_published_at", "updated_at"]),
    ("story_members", &["told_at"]),
    ("fetches", &["started_at"]),
    ("reading", &["read_at", "starred_at"]),
];

/// A look at one side.
type Side<'a> = (Subject, &'a dyn Fn(&Connection) -> rusqlite::Result<Finding>);

/// Looks at one side of a file after the other, what is soon done first, and hands over what it finds. Where the pages themselves are
/// damaged the rest is not looked at: it would say the same in other words.
pub(in crate::store) fn look(connection: &Connection, watcher: &mut ExaminingWatcher<'_>) -> rusqlite::Result<()> {
    if !watcher.look_at(Subject::Pages, || pages::look(connection))? {
        return Ok(());
    }
    let is_whole = watcher.look_at(Subject::Schema, || schema::look(connection))?;
    let texts = |connection: &Connection| texts(connection, is_whole);
    let sides: [Side<'_>; 9] = [
        (Subject::State, &state::look),
        (Subject::Copies, &copies),
        (Subject::Changes, &changes::look),
        (Subject::References, &references),
        (Subject::Stories, &stories),
        (Subject::Values, &values),
        (Subject::Characters, &characters),
        (Subject::Texts, &texts),
        (Subject::FullText, &words),
    ];
    for (subject, look_at) in sides {
        match watcher.look_at(subject, || look_at(connection)) {
            Ok(_) => {}
            // A table is not there, which has been said.
            Err(error) if !is_whole && error.sqlite_error_code() != Some(ErrorCode::OperationInterrupted) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// What values of each table must be. SQLite checks it when it writes, unless a connection has that turned off, and does not look at
/// it again in a file that is open for reading.
const RULES: [(&str, &str); 3] = [
    (
        "articles",
        "quality BETWEEN 0 AND 100 AND body_kind IN ('full', 'partial', 'teaser', 'wall', 'feed')
             AND coalesce(duplicate_kind, 'near') IN ('exact', 'near') AND coalesce(date_precision, 'day') IN ('day', 'instant')",
    ),
    (
        "sources",
        "state IN ('active', 'manual', 'paused', 'gone', 'removed') AND coalesce(kind, 'feed') IN ('feed', 'sitemap', 'page', 'article')
             AND origin IN ('file', 'command') AND full_text IN ('auto', 'feed', 'page')",
    ),
    ("story_members", "reason IN ('first', 'alike', 'copy', 'translated', 'hand')"),
];

/// What to do about values that must not be.
const OTHER_VALUES: &str = "another program wrote it: UPDATE these rows";

fn values(connection: &Connection) -> rusqlite::Result<Finding> {
    let mut faults = Vec::new();
    for (table, rule) in RULES {
        let mut statement = connection.prepare(&format!("SELECT rowid FROM {table} WHERE NOT ({rule})"))?;
        let rows: Vec<i64> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        faults.extend(rows.into_iter().map(|row| format!("{table} {row}")));
    }
    for (table, columns) in TIMES {
        // Of a file of an earlier version, or where it is missing, which has been said.
        if !connection.table_exists(Some("main"), table)? {
            continue;
        }
        let is_none: Vec<String> = columns.iter().map(|column| format!("{column} NOT GLOB {TIME}")).collect();
        let mut statement = connection.prepare(&format!("SELECT rowid FROM {table} WHERE {}", is_none.join(" OR ")))?;
        let rows: Vec<i64> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        faults.extend(rows.into_iter().map(|row| format!("{table} {row} (a time)")));
    }
    Ok(match faults.len() {
        0 => Finding::well(Subject::Values, "all are what they may be"),
        _ => Finding::wrong(Subject::Values, format!("not what it may be: {}", listed(&faults)), OTHER_VALUES),
    })
}

fn references(connection: &Connection) -> rusqlite::Result<Finding> {
    let mut missing: BTreeMap<String, u64> = BTreeMap::new();
    let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        *missing.entry(format!("{} → {}", row.get::<_, String>(0)?, row.get::<_, String>(2)?)).or_default() += 1;
    }
    if missing.is_empty() {
        return Ok(Finding::well(Subject::References, "all rows that are referred to are there"));
    }
    let missing: Vec<String> = missing.into_iter().map(|(tables, number)| format!("{tables}: {number}")).collect();
    Ok(Finding::mendable(
        Subject::References,
        format!("rows refer to others that are not there ({})", missing.join(", ")),
    ))
}

fn words(connection: &Connection) -> rusqlite::Result<Finding> {
    let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, u64>(0));
    let missing = count(
        "SELECT count(*) FROM articles WHERE id NOT IN (SELECT id FROM articles_fts_docsize)
             AND id <= (SELECT indexed_up_to FROM _fts_state)",
    )?;
    let beyond = count(
        "SELECT count(*) FROM articles_fts_docsize WHERE id NOT IN (SELECT id FROM articles)
             AND id NOT IN (SELECT article_id FROM _replaced WHERE is_replaced)",
    )?;
    if missing + beyond > 0 {
        let text = format!("{missing} articles are not in it, and {beyond} are that are not there");
        return Ok(Finding::mendable(Subject::FullText, text));
    }
    let waiting = count(
        "SELECT (SELECT count(*) FROM _replaced WHERE is_replaced)
             + (SELECT count(*) FROM articles WHERE id > (SELECT indexed_up_to FROM _fts_state))",
    )?;
    Ok(match full_text::agrees(connection)? {
        Some(true) if waiting > 0 => Finding::well(
            Subject::FullText,
            format!(
                "it has what it should; {waiting} articles that another program wrote follow when newswire writes next"
            ),
        ),
        Some(true) => Finding::well(Subject::FullText, "every article is in it, with all of its words"),
        Some(false) => Finding::mendable(Subject::FullText, "it has other words than the texts have"),
        None => Finding {
            advice: Some("TMPDIR names a folder with more room"),
            ..Finding::well(
                Subject::FullText,
                "every article is in it; with which words was not looked at, for want of room for temporary files",
            )
        },
    })
}

fn characters(connection: &Connection) -> rusqlite::Result<Finding> {
    let beyond: u64 = connection.query_row(
        "SELECT count(*) FROM articles_characters_docsize
         WHERE id NOT IN (SELECT id FROM articles) AND id NOT IN (SELECT article_id FROM _characters_due)",
        [],
        |row| row.get(0),
    )?;
    let mut articles = connection.prepare(
        "SELECT title, body FROM articles WHERE id NOT IN (SELECT id FROM articles_characters_docsize)
             AND id NOT IN (SELECT article_id FROM _characters_due) AND id <= (SELECT indexed_up_to FROM _fts_state)",
    )?;
    let mut rows = articles.query([])?;
    let mut missing = 0_u64;
    while let Some(row) = rows.next()? {
        let has_some = |column: usize| row.get_ref(column).map(|text| text.as_str().is_ok_and(characters::has_some));
        missing += u64::from(has_some(0)? || has_some(1)?);
    }
    Ok(match (missing, beyond) {
        (0, 0) => Finding::well(Subject::Characters, "every article with such scripts is in the index"),
        _ => Finding::mendable(
            Subject::Characters,
            format!("{missing} articles are not in the index, and {beyond} are that are not there"),
        ),
    })
}

/// Stories that count something else than what is there, or have another headline or other times than their articles, or no article.
pub(super) const MISTOLD: &str = "SELECT id FROM stories
    WHERE (n_articles, first_published_at, last_published_at) IS NOT (
            SELECT count(*), min(told_at), max(told_at) FROM story_members WHERE story_id = stories.id)
        OR n_articles = 0
        OR n_sources <> (SELECT count(DISTINCT publisher) FROM story_members WHERE story_id = stories.id AND NOT is_copy)
        OR (title_article_id, title) IS NOT (
            SELECT article_id, articles.title FROM story_members JOIN articles ON articles.id = article_id
            WHERE article_id = title_article_id AND story_members.story_id = stories.id)";

/// Articles that say that they are in another story than the one that has them.
pub(super) const ASTRAY: &str = "SELECT articles.id FROM articles LEFT JOIN story_members ON article_id = articles.id
    WHERE articles.story_id IS NOT story_members.story_id";

/// Articles with a text that are in no story: somebody has taken them out of theirs, or nothing in them tells of an event.
const IN_NONE: &str =
    "SELECT id FROM articles WHERE body_kind <> 'wall' AND id NOT IN (SELECT article_id FROM story_members)";

/// That is no fault, and whoever did not mean it should see it.
fn all_are_counted(n_in_none: u64) -> String {
    match n_in_none {
        0 => "all tell what their articles do".to_owned(),
        number => format!(
            "all tell what their articles do; {number} articles with a text are in none (UPDATE articles SET story_id puts one into a story)"
        ),
    }
}

fn stories(connection: &Connection) -> rusqlite::Result<Finding> {
    let count =
        |sql: &str| connection.query_row(&format!("SELECT count(*) FROM ({sql})"), [], |row| row.get::<_, u64>(0));
    let (mistold, astray) = (count(MISTOLD)?, count(ASTRAY)?);
    Ok(match (mistold, astray) {
        (0, 0) => Finding::well(Subject::Stories, all_are_counted(count(IN_NONE)?)),
        _ => Finding::mendable(
            Subject::Stories,
            format!("{mistold} tell something else than their articles do, and {astray} articles name another story"),
        ),
    })
}

/// What to do about texts that are not what was stored.
const OTHER_TEXTS: &str = "nothing has noted a change, so the disk may have made it: a backup has them as they were \
    (`newswire --db BACKUP show ID`); where the text is right as it is, UPDATE articles SET body = body WHERE id = ID takes it for that";

fn texts(connection: &Connection, is_whole: bool) -> rusqlite::Result<Finding> {
    let changed = match documents::changed(connection) {
        Err(_) if !is_whole => Vec::new(),
        changed => changed?,
    };
    let unlike: Vec<String> =
        changed.iter().filter(|one| !one.is_noted).map(|one| format!("articles {}", one.id)).collect();
    let unlike = if unlike.is_empty() {
        String::new()
    } else {
        format!("not as they were stored, by their checksums: {}", listed(&unlike))
    };
    let mut damaged = Vec::new();
    for readable in damage::ALL {
        let rows = readable.damaged(connection, None)?;
        damaged.extend(rows.iter().map(|(id, columns)| format!("{} {id} ({})", readable.table, columns.join(", "))));
    }
    Ok(match (damaged.is_empty(), unlike.is_empty()) {
        (true, true) => Finding::well(Subject::Texts, "all can be read, and are as they were stored"),
        (true, false) => Finding::wrong(Subject::Texts, unlike, OTHER_TEXTS),
        (false, true) => Finding::mendable(Subject::Texts, format!("cannot be read whole: {}", listed(&damaged))),
        (false, false) => {
            Finding::mendable(Subject::Texts, format!("cannot be read whole: {}; {unlike}", listed(&damaged)))
        }
    })
}

/// What is known of copies whose original is not there, or is another one.
pub(super) const STRAY_COPIES: &str = "SELECT article_id FROM _copies WHERE of_id NOT IN (SELECT id FROM articles)";

fn copies(connection: &Connection) -> rusqlite::Result<Finding> {
    let stray: u64 = connection.query_row(&format!("SELECT count(*) FROM ({STRAY_COPIES})"), [], |row| row.get(0))?;
    let n_circles = lineage::circles(connection)?.len();
    Ok(match (stray, n_circles) {
        (0, 0) => Finding::well(Subject::Copies, "every original is there"),
        _ => Finding::mendable(
            Subject::Copies,
            format!(
                "{stray} repeat an article that is not there, and {n_circles} circles of articles repeat one another"
            ),
        ),
    })
}
