//! What Datasette needs to know to show a database well: its metadata, as one JSON document.
//!
//! Format: Datasette, "Metadata" and "Canned queries" (docs.datasette.io).

use serde_json::{Map, Value, json};

use crate::store::file::error::StoreError;
use crate::store::file::public_schema::docs;
use crate::store::file::schema::in_memory;

/// Searches both full-text indexes for a phrase: as it stands, and with its characters apart as `articles_characters` has them, the marks
/// of Thai, Lao, Burmese and Khmer beside theirs. Of a word that very many articles have, the newest are looked at.
const SEARCH: &str = "\
WITH RECURSIVE spelled (n, text) AS (
    SELECT 0, ''
    UNION ALL
    SELECT n + 1, text || CASE
        WHEN unicode(substr(:words, n + 1, 1)) IN (3633, 3761) OR unicode(substr(:words, n + 1, 1)) BETWEEN 3636 AND 3642
            OR unicode(substr(:words, n + 1, 1)) BETWEEN 3655 AND 3662 OR unicode(substr(:words, n + 1, 1)) BETWEEN 3764 AND 3772
            OR unicode(substr(:words, n + 1, 1)) BETWEEN 3784 AND 3790 OR unicode(substr(:words, n + 1, 1)) BETWEEN 4139 AND 4158
            OR unicode(substr(:words, n + 1, 1)) BETWEEN 6068 AND 6099
        THEN substr(:words, n + 1, 1)
        ELSE ' ' || substr(:words, n + 1, 1) END
    FROM spelled WHERE n < length(:words)
)
SELECT articles.id, published_at, sources.slug AS source, articles.title, articles.url
FROM articles LEFT JOIN sources ON sources.id = source_id
WHERE articles.id IN (
    SELECT rowid FROM (
        SELECT rowid FROM articles_fts WHERE articles_fts MATCH '\"' || replace(:words, '\"', ' ') || '\"'
        ORDER BY rowid DESC LIMIT 1000
    )
    UNION
    SELECT rowid FROM (
        SELECT rowid FROM articles_characters
        WHERE articles_characters MATCH '\"' || replace((SELECT text FROM spelled ORDER BY n DESC LIMIT 1), '\"', ' ') || '\"'
        ORDER BY rowid DESC LIMIT 1000
    )
)
ORDER BY published_at DESC LIMIT 100";

const STORIES: &str = "\
SELECT id, title, n_sources, n_articles, first_published_at, last_published_at FROM stories
WHERE n_sources >= CAST(coalesce(nullif(:newsrooms, ''), 2) AS INTEGER) AND NOT is_routine
ORDER BY last_published_at DESC LIMIT 100";

const FAILING: &str = "\
SELECT slug, failures_in_a_row, error, last_ok_at, last_new_article_at FROM source_health
WHERE error IS NOT NULL ORDER BY failures_in_a_row DESC";

const TIMELINE: &str = "\
SELECT told_at, minutes_behind, publisher, is_copy, title, url FROM story_timeline
WHERE story_id = :story ORDER BY told_at";

/// What articles can be sorted by within the second that Datasette allows, however many there are: what has an index.
const SORTABLE: [&str; 13] = [
    "id",
    "source_id",
    "date",
    "published_at",
    "url",
    "language",
    "words",
    "body_kind",
    "quality",
    "first_seen_at",
    "change_seq",
    "host",
    "day",
];

/// How pages look, as an address that holds a style sheet. The explanations of the columns leave the rows in sight; a text is cut after
/// some lines in a table, and stands in lines of a readable length, a paragraph each, on the page of its row; times stay in one piece.
const STYLE: &str = "data:text/css,\
dl.column-descriptions { max-height: 8em; overflow-y: auto; resize: vertical; border: 1px solid silver; padding: 0.5em } \
td[class*='_at type-'] { white-space: nowrap } \
td.col-title { min-width: 16em } \
td.col-body, td.col-text { min-width: 28em } \
body.table td.col-body, body.table td.col-text { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 4; overflow: hidden } \
body.row td.col-body, body.row td.col-text { min-width: 40em; white-space: pre-line }";

/// The metadata for a database of this name (its file's, without the ending): what tables and columns mean, how they are sorted and
/// counted at first, and questions that are often asked.
///
/// # Errors
///
/// When there is not enough memory to build the schema.
pub fn datasette_metadata(database: &str) -> Result<Value, StoreError> {
    let mut tables: Map<String, Value> = Map::new();
    for row in docs()? {
        let table = tables.entry(row.table_name).or_insert_with(|| json!({ "columns": {} }));
        match row.column_name {
            None => table["description"] = json!(row.text),
            Some(column) => table["columns"][column] = json!(row.text),
        }
    }
    for (name, shown) in [
        (
            "articles",
            json!({
                "label_column": "title",
                "sort_desc": "published_at",
                "sortable_columns": SORTABLE,
                "facets": ["source_id", "language", "body_kind"],
                "fts_table": "articles_fts",
                "fts_pk": "id",
            }),
        ),
        ("sources", json!({ "label_column": "title", "sort": "slug" })),
        ("stories", json!({ "label_column": "title", "sort_desc": "last_published_at" })),
        ("fetches", json!({ "sort_desc": "started_at", "facets": ["error_class"] })),
    ] {
        let table = tables.entry(name).or_insert_with(|| json!({}));
        for (key, value) in shown.as_object().into_iter().flatten() {
            table[key] = value.clone();
        }
    }
    for name in private_tables()? {
        tables.insert(name, json!({ "hidden": true }));
    }
    let query = |title: &str, description: &str, sql: &str| json!({ "title": title, "description": description, "sql": sql, "hide_sql": true });
    Ok(json!({
        "title": "newswire",
        "extra_css_urls": [STYLE],
        "databases": {
            database: {
                "tables": tables,
                "queries": {
                    "search": query("Search, in all scripts", "Articles with these words one after the other, the newest first: a hundred of the last thousand that came in.", SEARCH),
                    "stories": query("What several newsrooms tell", "Stories of so many newsrooms and more, without weather and the like; two if nothing is said.", STORIES),
                    "timeline": query("Who told a story when", "By the number of the story.", TIMELINE),
                    "failing": query("Sources that need attention", "Those whose last poll failed.", FAILING),
                },
            },
        },
    }))
}

/// Tables of ours that are private, and SQLite's own.
fn private_tables() -> Result<Vec<String>, StoreError> {
    let connection = in_memory()?;
    let mut statement = connection.prepare(
        "SELECT name FROM sqlite_schema
         WHERE type IN ('table', 'view') AND (substr(name, 1, 1) = '_' OR substr(name, 1, 7) = 'sqlite_') ORDER BY name",
    )?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}
