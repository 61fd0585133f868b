//! Copies that go back to themselves: another program named one of two the copy of the other, and the other way round.

use std::collections::{BTreeSet, HashMap, HashSet};

use rusqlite::Connection;

/// One article of each circle, the first of it.
pub(super) fn circles(connection: &Connection) -> rusqlite::Result<Vec<i64>> {
    let mut statement = connection.prepare("SELECT id, duplicate_of FROM articles WHERE duplicate_of IS NOT NULL")?;
    let originals: HashMap<i64, i64> =
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    Ok(circles_in(&originals))
}

fn circles_in(originals: &HashMap<i64, i64>) -> Vec<i64> {
    let mut passed: HashSet<i64> = HashSet::new();
    let mut circles = BTreeSet::new();
    for start in originals.keys() {
        let mut line = Vec::new();
        let mut next = Some(*start);
        while let Some(id) = next.filter(|id| passed.insert(*id)) {
            line.push(id);
            next = originals.get(&id).copied();
        }
        // Where it ends is an original, a line of before, or a place in this one.
        let again = next.and_then(|id| line.iter().position(|passed| *passed == id));
        circles.extend(again.and_then(|begin| line[begin..].iter().min().copied()));
    }
    circles.into_iter().collect()
}

/// Makes the first article of each circle an original again.
pub(super) fn open_circles(connection: &Connection) -> rusqlite::Result<()> {
    for id in circles(connection)? {
        let sql = "UPDATE articles SET duplicate_of = NULL, duplicate_kind = NULL WHERE id = ?1";
        connection.execute(sql, [id])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_are_told_from_lines() {
        let check = |pairs: &[(i64, i64)], expected: &[i64]| {
            assert_eq!(circles_in(&pairs.iter().copied().collect()), expected, "{pairs:?}");
        };
        check(&[(2, 1), (3, 2), (4, 2)], &[]);
        check(&[(2, 2)], &[2]);
        check(&[(2, 3), (3, 2), (4, 3), (5, 4)], &[2]);
        check(&[(9, 7), (7, 8), (8, 9), (3, 4), (4, 3), (5, 9)], &[3, 7]);
    }
}
