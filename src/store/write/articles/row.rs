//! An article's row in `articles`: its columns, its revisions, and the mark of a removed one.

use std::sync::OnceLock;

use jiff::Timestamp;
use rusqlite::{Connection, ToSql, params, params_from_iter};

use crate::bundle;
use crate::model::{Article, CanonicalUrl, DatePrecision, DuplicateKind, publisher_of};
use crate::store::file::change_seq::{NEXT_CHANGE, next_change};
use crate::store::file::columns::{iso_day, json_list, public_time};
use crate::store::write::articles::arrival::Arrival;

/// An article on its way into its row.
pub(super) struct ArticleRow<'a> {
    pub(super) article: &'a Article,
    /// The address that it is stored under.
    pub(super) url: Option<&'a CanonicalUrl>,
    pub(super) arrival: &'a Arrival<'a>,
    /// The article that it is a duplicate of.
    pub(super) duplicate: Option<(i64, DuplicateKind)>,
}

impl ArticleRow<'_> {
    /// Inserts the row under an id of [`next_id`], in a story.
    pub(super) fn insert(&self, connection: &Connection, id: i64, story: Option<i64>) -> rusqlite::Result<()> {
        static SQL: OnceLock<String> = OnceLock::new();
        let change = next_change(connection)?;
        let columns = self.columns(&Stays::default());
        let sql = SQL.get_or_init(|| insert_sql(&columns));
        // In the order in which the statement names them.
        let values = columns.iter().map(|column| &*column.value);
        let others: [&dyn ToSql; 3] = [&id, &story, &change];
        connection.prepare_cached(sql)?.execute(params_from_iter(values.chain(others))).map(|_| ())
    }

    /// Replaces the wording in the row of the article with this id.
    pub(super) fn update(&self, connection: &Connection, id: i64, number: NumberOfWording) -> rusqlite::Result<()> {
        static SQL: OnceLock<String> = OnceLock::new();
        let columns = self.columns(&self.stays(connection, id)?);
        let sql = SQL.get_or_init(|| update_sql(&columns));
        let counts_on = number == NumberOfWording::Next;
        let changing = columns.iter().filter(|column| column.in_revision != InRevision::Kept);
        let mut parameters: Vec<(&str, &dyn ToSql)> = changing.map(Column::parameter).collect();
        parameters.extend([(":id", &id as &dyn ToSql), (":counts_on", &counts_on)]);
        connection.prepare_cached(sql)?.execute(parameters.as_slice())?;
        Ok(())
    }

    /// Every column that a wording fills, once for both statements.
    fn columns(&self, stays: &Stays) -> [Column<'_>; 29] {
        use InRevision::{Kept, Replaced, ReplacedIfKnown, ReplacedIfListed};
        let ArticleRow { article, url, arrival, duplicate } = self;
        let published = article.published;
        let (duplicate_of, duplicate_kind) = duplicate.unzip();
        [
            column(":source_id", Kept, arrival.source.map(|id| id.0)),
            column(":title", Replaced, &article.title),
            column(":date", ReplacedIfKnown, published.map(|published| published.day())),
            column(":published_at", ReplacedIfKnown, published.map(|published| public_time(published.instant))),
            column(":url", ReplacedIfKnown, url.map(CanonicalUrl::as_str)),
            column(":language", Replaced, &article.language),
            column(":words", Replaced, article.words),
            column(":body", Replaced, &article.body),
            column(":authors", ReplacedIfListed, json_list(&article.authors)),
            column(":body_kind", Replaced, article.body_kind.as_str()),
            column(":quality", Replaced, article.quality.score.min(100)),
            column(":date_source", ReplacedIfKnown, published.map(|published| published.origin.as_str())),
            column(":duplicate_of", Replaced, duplicate_of),
            column(":duplicate_kind", Replaced, duplicate_kind.map(DuplicateKind::as_str)),
            column(":first_seen_at", Kept, public_time(arrival.first_seen_at)),
            column(":updated_at", Replaced, public_time(arrival.now)),
            column(":sha256", Replaced, self.sha256(stays)),
            column(":date_precision", ReplacedIfKnown, published.map(|date| precision_word(date.precision))),
            column(":published_offset", ReplacedIfKnown, published.map(|published| offset_text(published.offset))),
            column(":modified_at", Replaced, article.modified_at.map(public_time)),
            column(":site_name", Kept, &article.site_name),
            column(":section", Kept, &article.section),
            column(":keywords", Kept, json_list(&article.tags)),
            column(":image_url", Kept, &article.image_url),
            column(":quality_reasons", Replaced, json_list(&article.quality.reasons)),
            column(":reservations", Replaced, json_list(&article.reservations)),
            column(":host", ReplacedIfKnown, url.map(|url| publisher_of(url.as_url()))),
            column(":day", ReplacedIfKnown, published.map(|published| iso_day(&published.day()))),
            // Its text is here, wherever that of the wording before is.
            column(":volume", Replaced, None::<&str>),
        ]
    }

    /// What of the row with this id stays, since this wording has none.
    fn stays(&self, connection: &Connection, id: i64) -> rusqlite::Result<Stays> {
        if self.article.published.is_some() && self.url.is_some() {
            return Ok(Stays::default());
        }
        connection
            .prepare_cached("SELECT date, url FROM articles WHERE id = ?1")?
            .query_row([id], |row| Ok(Stays { day: row.get(0)?, url: row.get(1)? }))
    }

    /// SHA-256 of the bundle document.
    fn sha256(&self, stays: &Stays) -> String {
        let day = self.article.published.map(|published| published.day()).or_else(|| stays.day.clone());
        let url = self.url.map(CanonicalUrl::as_str).or(stays.url.as_deref());
        let text = bundle::document(self.article.title.as_deref(), day.as_deref(), url, &self.article.body);
        bundle::hex_sha256(text.as_bytes())
    }
}

/// The id of the next article: no number that one has had.
pub(super) fn next_id(connection: &Connection) -> rusqlite::Result<i64> {
    connection
        .prepare_cached(
            "SELECT 1 + max(coalesce((SELECT max(id) FROM articles), 0),
                 coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'articles'), 0))",
        )?
        .query_row([], |row| row.get(0))
}

/// What a wording that lacks it leaves as it is, and the bundle document has.
#[derive(Default)]
struct Stays {
    day: Option<String>,
    url: Option<String>,
}

/// The number of a wording that replaces another one in its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberOfWording {
    /// One more.
    Next,
    /// The same: it is no new one.
    Same,
}

/// What a new wording does to a column of its article.
#[derive(Clone, Copy, PartialEq, Eq)]
enum InRevision {
    /// The new value replaces the old one, even if it is absent.
    Replaced,
    /// The old value stays where the new one is absent.
    ReplacedIfKnown,
    /// The old list stays where the new one is empty.
    ReplacedIfListed,
    /// The first value stays.
    Kept,
}

/// A column of `articles` and the value for it.
struct Column<'a> {
    /// The name of the column behind a colon.
    parameter: &'static str,
    in_revision: InRevision,
    value: Box<dyn ToSql + 'a>,
}

fn column<'a>(parameter: &'static str, in_revision: InRevision, value: impl ToSql + 'a) -> Column<'a> {
    Column { parameter, in_revision, value: Box::new(value) }
}

impl Column<'_> {
    fn name(&self) -> &'static str {
        &self.parameter[1..]
    }

    fn parameter(&self) -> (&str, &dyn ToSql) {
        (self.parameter, &*self.value)
    }

    /// The column in the `SET` clause of a revision; absent where it keeps its value.
    fn assignment(&self) -> Option<String> {
        let (name, parameter) = (self.name(), self.parameter);
        match self.in_revision {
            InRevision::Replaced => Some(format!("{name} = {parameter}")),
            InRevision::ReplacedIfKnown => Some(format!("{name} = coalesce({parameter}, {name})")),
            InRevision::ReplacedIfListed => {
                Some(format!("{name} = CASE {parameter} WHEN '[]' THEN {name} ELSE {parameter} END"))
            }
            InRevision::Kept => None,
        }
    }
}

fn insert_sql(columns: &[Column<'_>]) -> String {
    let names: Vec<&str> = columns.iter().map(Column::name).collect();
    let parameters: Vec<&str> = columns.iter().map(|column| column.parameter).collect();
    let (names, parameters) = (names.join(", "), parameters.join(", "));
    // Not from a SELECT: such a statement may insert several rows, and SQLite then keeps a copy of every page that it touches.
    format!(
        "INSERT INTO articles ({names}, id, story_id, change_seq, new_seq, wording_seq)
         VALUES ({parameters}, ?{id}, ?{story}, ?{change}, ?{change}, ?{change})",
        id = columns.len() + 1,
        story = columns.len() + 2,
        change = columns.len() + 3
    )
}

fn update_sql(columns: &[Column<'_>]) -> String {
    let assignments: Vec<String> = columns.iter().filter_map(Column::assignment).collect();
    let assignments = assignments.join(", ");
    format!(
        "UPDATE articles SET {assignments}, revision = revision + :counts_on, (change_seq, wording_seq) =
             (SELECT next, iif(:counts_on, next, wording_seq) FROM (SELECT {NEXT_CHANGE} AS next))
         WHERE id = :id"
    )
}

/// Copies the present wording of an article to `revisions`, before a new one replaces it.
pub(super) fn keep_revision(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    // A row that another program put in the place of this one counts its wordings from one again.
    connection
        .prepare_cached(
            "UPDATE articles SET revision = 1 + (SELECT max(revision) FROM revisions WHERE article_id = ?1)
             WHERE id = ?1 AND revision <= (SELECT max(revision) FROM revisions WHERE article_id = ?1)",
        )?
        .execute([id])?;
    connection
        .prepare_cached(
            "INSERT INTO revisions (article_id, revision, title, body, seen_at, change_seq, volume, volume_row)
             SELECT id, revision, title, body, updated_at, wording_seq, volume, iif(volume IS NULL, NULL, id) FROM articles WHERE id = ?1",
        )?
        .execute([id])?;
    Ok(())
}

/// Marks an article that its publisher has removed. Its text stays, and later articles are still compared with it. Returns
/// whether it was not marked before.
pub(super) fn mark_removed(connection: &Connection, id: i64, at: Timestamp) -> rusqlite::Result<bool> {
    let n_marked = connection
        .prepare_cached(&format!(
            "UPDATE articles SET removed_at = ?2, (change_seq, removed_seq) = (SELECT next, next FROM (SELECT {NEXT_CHANGE} AS next))
             WHERE id = ?1 AND removed_at IS NULL"
        ))?
        .execute(params![id, public_time(at)])?;
    Ok(n_marked > 0)
}

/// Takes the mark away from an article that is there again.
pub(super) fn mark_present(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached(&format!(
            "UPDATE articles SET removed_at = NULL, removed_seq = NULL, change_seq = {NEXT_CHANGE}
             WHERE id = ?1 AND removed_at IS NOT NULL"
        ))?
        .execute([id])?;
    Ok(())
}

fn precision_word(precision: DatePrecision) -> &'static str {
    match precision {
        DatePrecision::Day => "day",
        DatePrecision::Instant => "instant",
    }
}

/// An offset from UTC as RFC 3339 writes it.
fn offset_text(offset: jiff::tz::Offset) -> String {
    let seconds = offset.seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.unsigned_abs() / 60;
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}
