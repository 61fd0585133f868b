//! What is found in volumes: which of the articles with the words are in a choice, which the database makes.
//!
//! Each volume has an index of its own over the texts of its month; of these articles the database has the headlines alone in its index,
//! and none of them counts as found there. The hits of all files are put together by their numbers, the newest first, and ranked by BM25 as
//! each file gives it: a word is weighed by how rare it is in its own month.

use std::collections::{BTreeMap, HashMap, HashSet};

use rusqlite::types::FromSql;
use rusqlite::{Connection, ToSql};

use crate::store::file::volumes::{Closed, Month, Volumes};
use crate::store::read::hit::{Hit, Index};
use crate::store::read::reader::list;

/// So many hits of a volume are taken at a time, and those that are in the choice kept; twice as many each time, up to the second.
const TAKEN_AT_ONCE: u32 = 1000;
const TAKEN_AT_ONCE_MAX: u32 = 20_000;

/// The files in which words are looked for.
#[derive(Clone, Copy)]
pub(super) struct Files<'a> {
    /// The database.
    pub(super) connection: &'a Connection,
    pub(super) volumes: Option<&'a Volumes>,
    /// The one with the latest articles first.
    pub(super) closed: &'a [Closed],
}

impl Files<'_> {
    /// The database alone.
    #[cfg(test)]
    pub(super) fn of(connection: &Connection) -> Files<'_> {
        Files { connection, volumes: None, closed: &[] }
    }

    /// Whether texts stand in other files than the database.
    pub(super) fn has_volumes(self) -> bool {
        !self.closed.is_empty()
    }

    /// Says of hits in which volume their texts stand, where they do.
    pub(super) fn place(self, hits: &mut [Hit]) -> rusqlite::Result<()> {
        if !self.has_volumes() {
            return Ok(());
        }
        let ids: Vec<i64> = hits.iter().map(|hit| hit.id).collect();
        let sql = "SELECT id, volume FROM articles WHERE id IN rarray(?1) AND volume IS NOT NULL";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([list(&ids)], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
        let volumes: HashMap<i64, String> = rows.collect::<rusqlite::Result<_>>()?;
        for hit in hits {
            hit.volume = volumes.get(&hit.id).and_then(|month| month.parse().ok());
        }
        Ok(())
    }

    /// Adds the newest hits of the volumes to those of the database, until there are so many that all further ones are older; without ranks.
    /// `choose` keeps those of some numbers that are in the choice.
    pub(super) fn add_newest(
        self,
        hits: &mut Vec<Hit>,
        indexes: &[Index],
        n_max: u32,
        sql: impl Fn(Index) -> String,
        parameters: &[(&str, &dyn ToSql)],
        choose: impl Fn(Month, &[i64]) -> rusqlite::Result<Vec<i64>>,
    ) -> rusqlite::Result<()> {
        let Some(volumes) = self.volumes else { return Ok(()) };
        for Closed { month, last_id, .. } in self.closed {
            // Both indexes may have an article.
            let newer: HashSet<i64> = hits.iter().map(|hit| hit.id).filter(|id| id > last_id).collect();
            if newer.len() >= n_max as usize {
                break;
            }
            for &index in indexes {
                let (mut n_found, mut before, mut limit) = (0, i64::MAX, n_max.clamp(1, TAKEN_AT_ONCE));
                while n_found < n_max as usize {
                    let taken = volumes.ask(*month, 0, |volume| {
                        let mut parameters = parameters.to_vec();
                        parameters.extend([(":before", &before as &dyn ToSql), (":limit", &limit)]);
                        let mut statement = volume.prepare_cached(&sql(index))?;
                        let ids = statement.query_map(parameters.as_slice(), |row| row.get(0))?;
                        ids.collect::<rusqlite::Result<Vec<i64>>>()
                    });
                    // That a volume cannot be read is noted, and costs its hits alone.
                    let Some(taken) = taken else { break };
                    let Some(last) = taken.last() else { break };
                    before = *last;
                    let chosen = choose(*month, &taken)?;
                    n_found += chosen.len();
                    let hit = |id| Hit { volume: Some(*month), ..Hit::unscored(id, index) };
                    hits.extend(chosen.into_iter().map(hit));
                    if taken.len() < limit as usize {
                        break;
                    }
                    // Where few are in the choice, more are looked at.
                    limit = (2 * limit).min(TAKEN_AT_ONCE_MAX);
                }
            }
        }
        Ok(())
    }

    /// For each hit in a volume, what a column of its index or of its articles says.
    pub(super) fn of_hits<T: FromSql>(
        self,
        hits: &[Hit],
        index: Index,
        sql: &str,
        parameters: &[(&str, &dyn ToSql)],
    ) -> HashMap<i64, T> {
        let mut found = HashMap::new();
        let Some(volumes) = self.volumes else { return found };
        let mut by_month: BTreeMap<Month, Vec<i64>> = BTreeMap::new();
        for hit in hits.iter().filter(|hit| hit.index == index) {
            if let Some(month) = hit.volume {
                by_month.entry(month).or_default().push(hit.id);
            }
        }
        for (month, ids) in by_month {
            let texts = volumes.ask(month, ids.len() as u64, |volume| {
                let ids = list(&ids);
                let mut parameters = parameters.to_vec();
                parameters.push((":ids", &ids));
                let mut statement = volume.prepare_cached(sql)?;
                let rows = statement.query_map(parameters.as_slice(), |row| Ok((row.get(0)?, row.get(1)?)))?;
                rows.collect::<rusqlite::Result<Vec<(i64, T)>>>()
            });
            found.extend(texts.into_iter().flatten());
        }
        found
    }
}
