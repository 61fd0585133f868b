//! The numbers of changes: each is there once, and the next one can be given.

use rusqlite::{Connection, params};

use crate::store::check::finding::{Finding, Subject};

/// Numbers from here on are no count of changes: at a million a second it would take a hundred years.
pub(super) const NUMBER_MAX: i64 = 1 << 52;

/// Articles whose number is none, or one that another article has too.
const MISNUMBERED: &str = "SELECT id FROM articles NOT INDEXED WHERE change_seq NOT BETWEEN 1 AND ?1 OR change_seq IS NULL
    UNION SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY change_seq ORDER BY id) AS place FROM articles NOT INDEXED)
    WHERE place > 1";

/// Columns that name a change of before.
const NAMED: [(&str, &str); 4] =
    [("articles", "new_seq"), ("articles", "wording_seq"), ("articles", "removed_seq"), ("revisions", "change_seq")];

/// Looks at the numbers.
pub(super) fn look(connection: &Connection) -> rusqlite::Result<Finding> {
    let count = |sql: &str| -> rusqlite::Result<u64> { connection.query_row(sql, [NUMBER_MAX], |row| row.get(0)) };
    let n_articles = count(&format!("SELECT count(*) FROM ({MISNUMBERED})"))?;
    let mut n_elsewhere = 0;
    for sql in [
        "SELECT count(*) FROM _change_state WHERE deleted_up_to NOT BETWEEN 0 AND ?1",
        "SELECT count(*) FROM _taken_back WHERE change_seq NOT BETWEEN 0 AND ?1",
        "SELECT count(*) FROM _epochs WHERE began_after NOT BETWEEN 0 AND ?1",
    ] {
        n_elsewhere += count(sql)?;
    }
    for (table, column) in NAMED {
        n_elsewhere += count(&format!("SELECT count(*) FROM {table} WHERE {column} NOT BETWEEN 0 AND ?1"))?;
    }
    Ok(match (n_articles, n_elsewhere) {
        (0, 0) => {
            Finding::well(Subject::Changes, "every article has a number of its own, and the next one can be given")
        }
        _ => Finding::mendable(
            Subject::Changes,
            format!(
                "{n_articles} articles have a number that is none, or another's, and {n_elsewhere} rows name such a one"
            ),
        ),
    })
}

/// Takes away what are no numbers, and gives such articles the next ones.
pub(super) fn mend(connection: &Connection) -> rusqlite::Result<()> {
    let misnumbered: Vec<i64> =
        connection.prepare(MISNUMBERED)?.query_map([NUMBER_MAX], |row| row.get(0))?.collect::<Result<_, _>>()?;
    connection.execute("DELETE FROM _epochs WHERE began_after NOT BETWEEN 0 AND ?1", [NUMBER_MAX])?;
    connection.execute("DELETE FROM _taken_back WHERE change_seq NOT BETWEEN 0 AND ?1", [NUMBER_MAX])?;
    connection.execute(
        "UPDATE _change_state SET deleted_up_to = coalesce((SELECT max(change_seq) FROM _taken_back), 0)
         WHERE deleted_up_to NOT BETWEEN 0 AND ?1",
        [NUMBER_MAX],
    )?;
    for (table, column) in NAMED {
        let sql = format!("UPDATE {table} SET {column} = NULL WHERE {column} NOT BETWEEN 0 AND ?1");
        connection.execute(&sql, [NUMBER_MAX])?;
    }
    // Out of the way first: the largest number is where the next one is taken from.
    let last: i64 = connection.query_row(
        "SELECT coalesce(max(change_seq), 0) FROM articles NOT INDEXED WHERE change_seq BETWEEN 1 AND ?1",
        [NUMBER_MAX],
        |row| row.get(0),
    )?;
    for (place, id) in (1..).zip(&misnumbered) {
        connection.execute("UPDATE articles SET change_seq = ?2 WHERE id = ?1", params![id, last + place])?;
    }
    Ok(())
}
