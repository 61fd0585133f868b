//! Which articles have the words of an expression, and which of them are the best.
//!
//! FTS5 ranks by BM25: of each hit it looks up the length of its text, and of each word it counts the articles that have it. The second takes
//! some thirty nanoseconds an article, the first a microsecond, and a word that stands in half of the articles has very many hits.
//! So the newest are ranked, no more than a bounded number, which FTS5 reads from the end of its lists without the others; and where words
//! are in very many articles, they are ranked by their texts.

use std::collections::{BTreeSet, HashMap};
use std::ops::RangeInclusive;
use std::rc::Rc;

use rusqlite::types::Value;
use rusqlite::{Connection, ToSql};

use crate::store::file::characters;
use crate::store::file::volumes::Month;
use crate::store::read::article_filter::{ArticleFilter, Parameters, UserCondition};
use crate::store::read::few::{chosen, few_by_condition, few_by_index};
use crate::store::read::hit::{Hit, Index};
use crate::store::read::ranking::Ranking;
use crate::store::read::reader::{ROWS_AT_ONCE, ids_of, list};
use crate::store::read::spellings::{spellings, words_of};
use crate::store::read::volume_hits::{Files, Wanted};

/// So many hits are ranked, or as many as are asked for: those that came in last.
pub const RANKED_MAX: u32 = 1000;

/// A choice of so many articles and fewer is looked up among the hits; of a larger one each hit is asked whether it belongs to it.
const FEW_ARTICLES: u32 = 20_000;

/// Of so many articles before a time it is seen which of them came in last: that takes some ten milliseconds.
const SEEN_MAX: u32 = 200_000;

/// Articles of a source, of which a list is made as the index has them; of fewer it is made with what was seen elsewhere first.
const MANY_OF_SOURCE: RangeInclusive<u32> = 2001..=100_000;

/// Names of the parameters for the words that stand in one piece, and for the spellings of each. With so many few texts have all by
/// chance, and the others are not looked for.
const NAMES: [[&str; 3]; 4] = [
    [":word0", ":word0a", ":word0b"],
    [":word1", ":word1a", ":word1b"],
    [":word2", ":word2a", ":word2b"],
    [":word3", ":word3a", ":word3b"],
];

/// So many hits of several words are looked up one by one.
const LOOKED_UP_MAX: usize = 100;

/// Of so many articles it is asked in which volumes they are; of more, all volumes may have some.
const PLACED_MAX: usize = 2000;

/// So many hits of a beginning are shown at a time where all are: for each lot all its words are gathered in each file.
const OF_BEGINNING_AT_ONCE: usize = 40_000;

/// BM25, where a match in the title counts five times as much.
const SCORE: &str = "bm25({table}, 5.0, 1.0)";

/// Where the rank of a hit is nothing to whoever asks: it is what takes most of the time.
const UNSCORED: &str = "0.0";

/// An expression, and what it is asked of.
pub(super) struct Asked {
    /// In the words of the index.
    expression: String,
    /// Where both have an article, it counts as found by the first.
    indexes: &'static [Index],
    /// Words that stand in one piece in what is found, in all their spellings: to the index of characters the end of a sentence or a
    /// paragraph is nothing.
    in_one_piece: Vec<Vec<String>>,
}

/// Whether words of scripts without blanks are to stand in one piece.
#[derive(Clone, Copy)]
enum Pieces {
    Whole,
    Any,
}

/// How hits are found again when they are to be shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// Whichever way is the shorter for what is one page or a few.
    AtOnce,
    /// As a part of very many: nothing is gone through for each part that the others need too.
    InParts,
}

/// Which hits are sought, and how many of them at most.
#[derive(Clone, Copy)]
struct Sought<'a> {
    choice: &'a Choice,
    pieces: Pieces,
    /// By what they are ranked, in SQL.
    score: &'a str,
    n_max: u32,
}

/// The hits of an expression in a choice of articles.
pub(super) struct Hits {
    /// The newest first.
    newest: Vec<Hit>,
    /// Whether there are no others.
    pub(super) are_all: bool,
}

impl Asked {
    /// Articles with words of scripts without blanks are in the index of characters as a whole, and others are in that of words alone.
    /// In both is what stands between such words: there it has blanks beside it in the first index only.
    pub(super) fn of(expression: &str) -> Asked {
        if characters::has_some(expression) {
            let in_spelling = |spelling: &String| format!("({})", characters::by_character(spelling));
            let spellings: Vec<String> = spellings(expression).iter().map(in_spelling).collect();
            let in_one_piece = words_of(expression);
            Asked { expression: spellings.join(" OR "), indexes: &[Index::Characters], in_one_piece }
        } else {
            let indexes = &[Index::Words, Index::Characters];
            Asked { expression: expression.to_owned(), indexes, in_one_piece: Vec::new() }
        }
    }

    /// What stands behind `MATCH` so that words are found in one piece, and its parameters.
    fn in_one_piece(&self, table: &str) -> (String, Vec<(&'static str, &dyn ToSql)>) {
        let mut conditions = String::new();
        let mut parameters: Vec<(&'static str, &dyn ToSql)> = Vec::new();
        for (spellings, names) in self.in_one_piece.iter().zip(NAMES) {
            let mut alternatives = Vec::new();
            for (spelling, name) in spellings.iter().zip(names) {
                alternatives.push(format!("instr(title, {name}) > 0 OR instr(body, {name}) > 0"));
                parameters.push((name, spelling));
            }
            let alternatives = alternatives.join(" OR ");
            let this = format!(" AND EXISTS (SELECT 1 FROM articles WHERE id = {table}.rowid AND ({alternatives}))");
            conditions.push_str(&this);
        }
        (conditions, parameters)
    }

    /// The indexes that are asked.
    pub(super) fn indexes(&self) -> &'static [Index] {
        self.indexes
    }

    /// How many hits are shown at a time where very many are.
    pub(super) fn n_at_once(&self) -> usize {
        if self.has_beginning() { OF_BEGINNING_AT_ONCE } else { ROWS_AT_ONCE }
    }

    /// Whether there may be a beginning of words in it.
    fn has_beginning(&self) -> bool {
        self.expression.contains('*')
    }

    /// Whether so many hits are looked up one by one, or all that have the words are gone through from the oldest to the newest. That is slower
    /// where a word has many hits or is a beginning, whose words are gathered each time; but of two words FTS5 may go through very many
    /// articles that have one of them.
    fn is_looked_up(&self, n_hits: usize, again: Again) -> bool {
        let has_words = self.expression.contains(char::is_whitespace) && n_hits <= LOOKED_UP_MAX;
        !self.has_beginning() && (again == Again::InParts || has_words)
    }

    /// What stands before a number that is one of so many: a plus, where the hits are gone through rather than these looked up one by one.
    fn plus(&self, n_among: usize) -> &'static str {
        if n_among <= LOOKED_UP_MAX && !self.has_beginning() { "" } else { "+" }
    }

    /// The newest hits in a choice of articles, so many at most.
    pub(super) fn hits(&self, files: Files<'_>, filter: &ArticleFilter, n_max: u32) -> rusqlite::Result<Hits> {
        let connection = files.connection;
        // One more, to know whether there are others.
        let n_sought = n_max.saturating_add(1);
        let choice = self.choice(files, filter, n_max)?;
        let ranking = match self.indexes {
            // To read more texts takes longer than to weigh the words by all that have them.
            [Index::Words, ..] if n_max <= RANKED_MAX && files.has_volumes() => {
                Ranking::of_files(files, &self.expression)?
            }
            [Index::Words, ..] if n_max <= RANKED_MAX => Ranking::of(connection, &self.expression)?,
            _ => None,
        };
        let score = if ranking.is_some() { UNSCORED } else { SCORE };
        let of_time = match newest_before(connection, filter, &choice)? {
            Some(before) => {
                let sought = Sought { choice: &choice, pieces: Pieces::Whole, score, n_max: n_sought };
                self.newest_before(files, &before, sought, || last_before(connection, filter))?
            }
            None => None,
        };
        let mut newest = match of_time {
            Some(newest) => newest,
            None => self.newest(files, &choice, Pieces::Whole, score, n_sought)?,
        };
        let are_all = newest.len() <= n_max as usize;
        newest.truncate(n_max as usize);
        if let Some(ranking) = ranking {
            ranking.rank(connection, &mut newest)?;
        }
        Ok(Hits { newest, are_all })
    }

    /// The newest hits before a time: of a word in very many articles among the newest of these, and of one in fewer among all that came in before
    /// the last of them, which `last_of_all` tells where it can. `None`: there may be more than are found so.
    fn newest_before(
        &self,
        files: Files<'_>,
        before: &Before,
        sought: Sought<'_>,
        last_of_all: impl FnOnce() -> rusqlite::Result<Option<i64>>,
    ) -> rusqlite::Result<Option<Vec<Hit>>> {
        let Sought { pieces, score, n_max, .. } = sought;
        let among = Choice::Among(list(&before.newest));
        let newest = self.newest(files, &among, pieces, score, n_max)?;
        if newest.len() >= n_max as usize {
            return Ok(Some(newest));
        }
        if files.has_volumes() {
            return Ok(None);
        }
        let last_of_all = last_of_all()?;
        let last = last_of_all.unwrap_or(before.last);
        let mut newest = self.newest_here(files, sought, Some(&(i64::MIN..=last)))?;
        newest.sort_unstable_by_key(|hit| (std::cmp::Reverse(hit.id), hit.index));
        newest.dedup_by_key(|hit| hit.id);
        newest.truncate(n_max as usize);
        let are_enough = last_of_all.is_some() || newest.len() >= n_max as usize;
        Ok(are_enough.then_some(newest))
    }

    /// The numbers of the newest articles of a choice that have the words, so many at most.
    pub(super) fn newest_ids(
        &self,
        files: Files<'_>,
        filter: &ArticleFilter,
        n_max: u32,
    ) -> rusqlite::Result<Vec<i64>> {
        let choice = self.choice(files, filter, n_max)?;
        let hits = self.newest(files, &choice, Pieces::Whole, UNSCORED, n_max)?;
        Ok(hits.into_iter().map(|hit| hit.id).collect())
    }

    /// How hits in a choice of articles are told from others, of which so many are sought.
    fn choice(&self, files: Files<'_>, filter: &ArticleFilter, n_max: u32) -> rusqlite::Result<Choice> {
        let connection = files.connection;
        if *filter == ArticleFilter::default() {
            return Ok(Choice::existing());
        }
        // Among a few more is looked for what stands in one piece: for that texts are read. Of more than a list is made of, each is asked.
        let n_few = n_max.min(FEW_ARTICLES);
        let hits = self.newest(files, &Choice::existing(), Pieces::Any, UNSCORED, n_few + 1)?;
        if hits.len() <= n_few as usize {
            let ids: Vec<i64> = hits.iter().map(|hit| hit.id).collect();
            Ok(Choice::Among(list(&chosen(connection, filter, &ids)?)))
        } else {
            Choice::of(connection, filter)
        }
    }

    fn newest(
        &self,
        files: Files<'_>,
        choice: &Choice,
        pieces: Pieces,
        score: &str,
        n_max: u32,
    ) -> rusqlite::Result<Vec<Hit>> {
        let sought = Sought { choice, pieces, score, n_max };
        let mut hits = Vec::new();
        if matches!(choice, Choice::Among(ids) if ids.is_empty()) {
            return Ok(hits);
        }
        match files.last_in_volumes() {
            None => hits.extend(self.newest_here(files, sought, None)?),
            // Of what stands in volumes the database has the headlines, and each of those with the words would be looked at. The few articles
            // between them that are not in volumes are sought last, among those that are newer than the hits that there are by then.
            Some(last) => {
                hits.extend(self.newest_here(files, sought, Some(&(last + 1..=i64::MAX)))?);
                self.add_newest_in_volumes(files, choice, pieces, n_max, &mut hits)?;
                let oldest = oldest_of(&hits, n_max);
                hits.extend(self.newest_here(files, sought, Some(&(oldest..=last)))?);
            }
        }
        hits.sort_unstable_by_key(|hit| (std::cmp::Reverse(hit.id), hit.index));
        hits.dedup_by_key(|hit| hit.id);
        hits.truncate(n_max as usize);
        if score != UNSCORED {
            self.score_in_volumes(files, score, &mut hits);
        }
        Ok(hits)
    }

    /// The newest hits that the indexes of the database have, among all articles or those with some numbers.
    fn newest_here(
        &self,
        files: Files<'_>,
        Sought { choice, pieces, score, n_max }: Sought<'_>,
        ids: Option<&RangeInclusive<i64>>,
    ) -> rusqlite::Result<Vec<Hit>> {
        let mut hits = Vec::new();
        let bounds = match (ids, choice.bounds()) {
            (Some(ids), Some(bounds)) => Some(*ids.start().max(bounds.start())..=*ids.end().min(bounds.end())),
            (ids, bounds) => ids.cloned().or(bounds),
        };
        if bounds.as_ref().is_some_and(RangeInclusive::is_empty) {
            return Ok(hits);
        }
        for &index in self.indexes {
            let table = index.table();
            let (in_one_piece, words) = match pieces {
                Pieces::Whole => self.in_one_piece(table),
                Pieces::Any => (String::new(), Vec::new()),
            };
            let score = score.replace("{table}", table);
            let among = match bounds {
                Some(_) => format!("AND {table}.rowid BETWEEN :first AND :last"),
                None => String::new(),
            };
            let sql = format!(
                "SELECT rowid, {score} FROM {table} WHERE {table} MATCH :expression {among} {}{in_one_piece}
                 ORDER BY rowid DESC LIMIT {n_max}",
                choice.condition(self, index, files.has_volumes())
            );
            let mut statement = files.connection.prepare(&sql)?;
            let mut parameters: Vec<(&str, &dyn ToSql)> = vec![(":expression", &self.expression)];
            parameters.extend(choice.parameters());
            parameters.extend(words);
            if let Some(ids) = &bounds {
                parameters.extend([(":first", ids.start() as &dyn ToSql), (":last", ids.end())]);
            }
            let rows = statement.query_map(parameters.as_slice(), |row| {
                Ok(Hit { score: row.get(1)?, ..Hit::unscored(row.get(0)?, index) })
            })?;
            hits.extend(rows.collect::<rusqlite::Result<Vec<_>>>()?);
        }
        Ok(hits)
    }

    fn add_newest_in_volumes(
        &self,
        files: Files<'_>,
        choice: &Choice,
        pieces: Pieces,
        n_max: u32,
        hits: &mut Vec<Hit>,
    ) -> rusqlite::Result<()> {
        let mut parameters: Vec<(&str, &dyn ToSql)> = vec![(":expression", &self.expression)];
        if let Pieces::Whole = pieces {
            parameters.extend(self.in_one_piece("").1);
        }
        let among = match choice {
            Choice::Among(ids) => Some(files.by_volume(ids, PLACED_MAX)?),
            Choice::OneByOne { .. } => None,
        };
        let sql = |index: Index, n_among: Option<usize>| {
            let table = index.table();
            let in_one_piece = match pieces {
                Pieces::Whole => self.in_one_piece(table).0,
                Pieces::Any => String::new(),
            };
            let among = match n_among {
                Some(n_among) => {
                    let plus = self.plus(n_among);
                    format!("AND {table}.rowid >= :first AND {plus}{table}.rowid IN rarray(:ids)")
                }
                None => String::new(),
            };
            format!(
                "SELECT rowid FROM {table} WHERE {table} MATCH :expression AND {table}.rowid < :before {among}{in_one_piece}
                 ORDER BY rowid DESC LIMIT :limit"
            )
        };
        let choose = |month: Month, ids: &[i64]| choice.in_volume(files.connection, month, ids);
        let wanted = Wanted { indexes: self.indexes, n_max, among: among.as_ref() };
        files.add_newest(hits, wanted, sql, &parameters, choose)
    }

    /// Gives hits in volumes their ranks, those of their files.
    fn score_in_volumes(&self, files: Files<'_>, score: &str, hits: &mut [Hit]) {
        // The ranks of one volume at a time are in memory beside all hits.
        let asked = files.closed.iter().flat_map(|one| self.indexes.iter().map(|index| (one.month, *index)));
        for (month, index) in asked {
            let table = index.table();
            let sql = format!(
                "SELECT rowid, {} FROM {table} WHERE {table} MATCH :expression AND +rowid IN rarray(:ids)",
                score.replace("{table}", table)
            );
            let is_there = |hit: &Hit| hit.index == index && hit.volume == Some(month);
            let there: Vec<Hit> = hits.iter().copied().filter(is_there).collect();
            let scores: HashMap<i64, f64> = files.of_hits(&there, index, &sql, &[(":expression", &self.expression)]);
            for hit in hits.iter_mut().filter(|hit| is_there(hit)) {
                hit.score = scores.get(&hit.id).copied().unwrap_or(hit.score);
            }
        }
    }

    /// Passages of hits in volumes, or their whole texts where the index has none to cut them from.
    pub(super) fn passages_in_volumes(
        &self,
        files: Files<'_>,
        index: Index,
        hits: &[Hit],
        again: Again,
    ) -> HashMap<i64, String> {
        let expression: (&str, &dyn ToSql) = (":expression", &self.expression);
        match index {
            Index::Words => {
                let plus = if again == Again::InParts && !self.has_beginning() { "" } else { "+" };
                let sql = format!(
                    "SELECT rowid, snippet(articles_fts, -1, char(1), char(2), '…', 24) FROM articles_fts
                     WHERE articles_fts MATCH :expression AND {plus}rowid IN rarray(:ids)"
                );
                files.of_hits(hits, index, &sql, &[expression])
            }
            Index::Characters => {
                files.of_hits(hits, index, "SELECT id, body FROM articles WHERE id IN rarray(:ids)", &[])
            }
        }
    }

    /// Reads `what` (columns and tables) of the hits in an index of the database, in the order of their articles.
    pub(super) fn of_hits(
        &self,
        connection: &Connection,
        what: &str,
        index: Index,
        hits: &[Hit],
        again: Again,
        mut read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        let is_here = |hit: &&Hit| hit.index == index && hit.volume.is_none();
        let ids: Vec<i64> = hits.iter().filter(is_here).map(|hit| hit.id).collect();
        let (Some(oldest), Some(newest)) = (ids.iter().min(), ids.iter().max()) else { return Ok(()) };
        let table = index.table();
        // Behind a plus, articles are not looked up one by one.
        let plus = if self.is_looked_up(ids.len(), again) { "" } else { "+" };
        let sql = format!(
            "SELECT {what} WHERE {table} MATCH :expression AND {plus}{table}.rowid IN rarray(:ids)
                 AND {table}.rowid BETWEEN :oldest AND :newest"
        );
        let parameters: [(&str, &dyn ToSql); 4] =
            [(":expression", &self.expression), (":oldest", oldest), (":newest", newest), (":ids", &list(&ids))];
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query(parameters.as_slice())?;
        while let Some(row) = rows.next()? {
            read(row)?;
        }
        Ok(())
    }
}

impl Hits {
    /// How many they are.
    pub(super) fn len(&self) -> usize {
        self.newest.len()
    }

    /// The best of them, best first, and of two that are alike the older one.
    pub(super) fn best(mut self, n_max: u32) -> Vec<Hit> {
        self.newest.sort_unstable_by(|one, other| one.score.total_cmp(&other.score).then(one.id.cmp(&other.id)));
        self.newest.truncate(n_max as usize);
        self.newest
    }
}

/// The number of an article that is the last of so many hits, the newest first; of fewer any is older.
fn oldest_of(hits: &[Hit], n_max: u32) -> i64 {
    if hits.len() < n_max as usize {
        return i64::MIN;
    }
    let ids: BTreeSet<i64> = hits.iter().map(|hit| hit.id).collect();
    let last = usize::try_from(n_max).unwrap_or(usize::MAX).checked_sub(1);
    last.and_then(|last| ids.into_iter().rev().nth(last)).unwrap_or(i64::MIN)
}

/// How the hits in a choice of articles are told from others.
enum Choice {
    /// By looking at each: whether it was seen in a source, which indexes tell, and at its article for the conditions.
    OneByOne { is_of_source: bool, conditions: Vec<String>, parameters: Parameters },
    /// They are among these.
    Among(Rc<Vec<Value>>),
}

impl Choice {
    /// All articles. In the index of characters may be one that another program has deleted since.
    fn existing() -> Choice {
        Choice::OneByOne { is_of_source: false, conditions: Vec::new(), parameters: Vec::new() }
    }

    fn of(connection: &Connection, filter: &ArticleFilter) -> rusqlite::Result<Choice> {
        if let Some(ids) = few_by_condition(connection, filter, FEW_ARTICLES)? {
            return Ok(Choice::Among(list(&ids)));
        }
        let is_in_time = filter.since.is_some() || filter.until.is_some();
        if let Some(source_id) = filter.source_id
            && !is_in_time
            && filter.story_id.is_none()
            && has_many(connection, source_id)?
        {
            let others = ArticleFilter { source_id: None, ..filter.clone() };
            let (conditions, mut parameters) = others.conditions(UserCondition::RowByRow);
            parameters.push((":source", Box::new(source_id)));
            return Ok(Choice::OneByOne { is_of_source: true, conditions, parameters });
        }
        if let Some(ids) = few_by_index(connection, filter, FEW_ARTICLES)? {
            return Ok(Choice::Among(list(&ids)));
        }
        let (conditions, parameters) = filter.conditions(UserCondition::RowByRow);
        Ok(Choice::OneByOne { is_of_source: false, conditions, parameters })
    }

    /// Between which numbers its articles are, as far as that is known.
    fn bounds(&self) -> Option<RangeInclusive<i64>> {
        let Choice::Among(ids) = self else { return None };
        let numbers = || ids.iter().filter_map(|id| if let Value::Integer(id) = id { Some(*id) } else { None });
        Some(numbers().min()?..=numbers().max()?)
    }

    /// What stands behind `MATCH` in a query of an index of the database. What has its text in a volume is not found by its headline.
    fn condition(&self, asked: &Asked, index: Index, has_volumes: bool) -> String {
        let table = index.table();
        let (is_of_source, conditions) = match self {
            Choice::OneByOne { is_of_source, conditions, .. } => (is_of_source, conditions),
            Choice::Among(ids) => {
                let among = format!("AND {}{table}.rowid IN rarray(:ids)", asked.plus(ids.len()));
                let is_here = format!(
                    " AND EXISTS (SELECT 1 FROM articles WHERE articles.id = {table}.rowid AND volume IS NULL)"
                );
                return if has_volumes { among + &is_here } else { among };
            }
        };
        let mut sql = String::new();
        if *is_of_source {
            let seen = format!(
                "AND (+{table}.rowid IN (SELECT id FROM articles WHERE source_id = :source) OR EXISTS (SELECT 1 FROM sightings
                      WHERE sightings.article_id = {table}.rowid AND sightings.source_id = :source))"
            );
            sql.push_str(&seen);
        }
        if !conditions.is_empty() || index == Index::Characters || has_volumes {
            let belongs = format!("articles.id = {table}.rowid");
            let is_here = has_volumes.then_some("articles.volume IS NULL");
            let conditions: Vec<&str> =
                [belongs.as_str()].into_iter().chain(is_here).chain(conditions.iter().map(String::as_str)).collect();
            let exists = format!(" AND EXISTS (SELECT 1 FROM articles WHERE {})", conditions.join(" AND "));
            sql.push_str(&exists);
        }
        sql
    }

    /// Those of some articles that are in the choice, and have their text in a volume.
    fn in_volume(&self, connection: &Connection, month: Month, ids: &[i64]) -> rusqlite::Result<Vec<i64>> {
        let mut sql =
            "SELECT articles.id FROM articles WHERE articles.id IN rarray(:these) AND articles.volume = :month"
                .to_owned();
        let these = list(ids);
        let mut parameters: Vec<(&str, &dyn ToSql)> = vec![(":these", &these), (":month", &month)];
        match self {
            // The volume was asked for these alone.
            Choice::Among(_) => {}
            Choice::OneByOne { is_of_source, conditions, parameters: others } => {
                if *is_of_source {
                    sql.push_str(
                        " AND (articles.source_id = :source OR EXISTS (SELECT 1 FROM sightings
                             WHERE sightings.article_id = articles.id AND sightings.source_id = :source))",
                    );
                }
                for condition in conditions {
                    sql.push_str(" AND ");
                    sql.push_str(condition);
                }
                parameters.extend(others.iter().map(|(name, value)| (*name, &**value as &dyn ToSql)));
            }
        }
        let mut statement = connection.prepare_cached(&sql)?;
        let ids = statement.query_map(parameters.as_slice(), |row| row.get(0))?;
        ids.collect()
    }

    fn parameters(&self) -> Vec<(&'static str, &dyn ToSql)> {
        match self {
            Choice::Among(ids) => vec![(":ids", ids)],
            Choice::OneByOne { parameters, .. } => parameters.iter().map(|(name, value)| (*name, &**value)).collect(),
        }
    }
}

/// Articles before a time.
struct Before {
    /// Some of the newest.
    newest: Vec<i64>,
    /// That of these which came in last.
    last: i64,
}

/// The newest of the articles before a time, where each hit would be looked at otherwise: those that came in since are passed over one by one.
fn newest_before(connection: &Connection, filter: &ArticleFilter, choice: &Choice) -> rusqlite::Result<Option<Before>> {
    let times = ArticleFilter { since: filter.since, until: filter.until, ..ArticleFilter::default() };
    let is_by_time_alone =
        *filter == ArticleFilter { without_duplicates: filter.without_duplicates, ..times } && filter.until.is_some();
    if !is_by_time_alone || matches!(choice, Choice::Among(_)) {
        return Ok(None);
    }
    let (conditions, parameters) = filter.conditions(UserCondition::RowByRow);
    let sql = format!(
        "SELECT articles.id FROM articles INDEXED BY articles_time WHERE {}
         ORDER BY coalesce(articles.published_at, articles.first_seen_at) DESC LIMIT {FEW_ARTICLES}",
        conditions.join(" AND ")
    );
    let newest = ids_of(connection, &sql, &parameters)?;
    Ok(newest.iter().max().copied().map(|last| Before { newest, last }))
}

/// That of all articles in the time of a filter which came in last. `None`: they are too many to look at each.
fn last_before(connection: &Connection, filter: &ArticleFilter) -> rusqlite::Result<Option<i64>> {
    let times = ArticleFilter { since: filter.since, until: filter.until, ..ArticleFilter::default() };
    let (conditions, parameters) = times.conditions(UserCondition::RowByRow);
    let sql = format!(
        "SELECT max(id), count(*) FROM (
             SELECT articles.id FROM articles INDEXED BY articles_time WHERE {} LIMIT {})",
        conditions.join(" AND "),
        SEEN_MAX + 1
    );
    let parameters: Vec<(&str, &dyn ToSql)> = parameters.iter().map(|(name, value)| (*name, &**value)).collect();
    let (last, n_seen): (Option<i64>, u32) =
        connection.prepare(&sql)?.query_row(parameters.as_slice(), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(last.filter(|_| n_seen <= SEEN_MAX))
}

/// Whether a source has more articles than are looked up one by one, and no more than are listed in some milliseconds. Of a source that has
/// more than these, each hit is looked at: it has enough of them soon.
fn has_many(connection: &Connection, source_id: i64) -> rusqlite::Result<bool> {
    let sql = "SELECT count(*) FROM (SELECT 1 FROM articles WHERE source_id = ?1 LIMIT ?2)";
    let n_articles: u32 = connection.query_row(sql, (source_id, MANY_OF_SOURCE.end() + 1), |row| row.get(0))?;
    Ok(MANY_OF_SOURCE.contains(&n_articles))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::file::schema::in_memory;

    /// Articles that all have `ferry`: every third is of source 1, every seventh was seen there, every fifth is a copy, the first half are older
    /// than the rest.
    fn articles(n_articles: u32) -> Connection {
        let connection = in_memory().unwrap();
        rusqlite::vtab::array::load_module(&connection).unwrap();
        connection.pragma_update(None, "foreign_keys", false).unwrap();
        connection
            .execute_batch(&format!(
                "INSERT INTO sources (id, slug, state, origin, created_at) VALUES (1, 'coast', 'manual', 'command', ''), (2, 'quay', 'manual', 'command', '');
                 WITH numbers (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM numbers WHERE id < {n_articles})
                 INSERT INTO articles (id, source_id, published_at, words, body, body_kind, quality, duplicate_of, first_seen_at, updated_at, sha256, change_seq)
                 SELECT id, iif(id % 3, 2, 1), iif(id <= {n_articles} / 2, '2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z'), id, 'The ferry sails.', 'full',
                     100, iif(id % 5, NULL, 1), '2026-02-01T00:00:00Z', '2026-02-01T00:00:00Z', '', id
                 FROM numbers;
                 INSERT INTO articles_fts (rowid, title, body) SELECT id, title, body FROM articles;
                 INSERT INTO sightings (article_id, source_id, first_seen_at, last_seen_at) SELECT id, 1, '', '' FROM articles WHERE id % 7 = 0",
            ))
            .unwrap();
        connection
    }

    fn at(day: &str) -> jiff::Timestamp {
        format!("{day}T00:00:00Z").parse().unwrap()
    }

    #[test]
    fn the_newest_hits_in_a_choice_are_found() {
        check(60);
        // Of those before a time, of which there are more than are looked up.
        let connection = check(2 * FEW_ARTICLES + 10);
        let until = ArticleFilter { until: Some(at("2026-02-01")), ..ArticleFilter::default() };
        let choice = Asked::of("\"ferry\"").choice(Files::of(&connection), &until, 9).unwrap();
        assert!(matches!(choice, Choice::OneByOne { .. }));
        let before = newest_before(&connection, &until, &choice).unwrap().unwrap();
        assert_eq!((before.newest.len(), before.last), (FEW_ARTICLES as usize, i64::from(FEW_ARTICLES) + 5));
        // Of a word that few of the newest have, those that came in before them are found too, and none that came in since.
        connection.execute_batch("UPDATE articles SET body = 'A rare ferry.' WHERE id % 40 = 0; INSERT INTO articles_fts (articles_fts) VALUES ('rebuild')").unwrap();
        let rare = Asked::of("\"rare\"");
        let of = |n_max, last| {
            let sought = Sought { choice: &choice, pieces: Pieces::Whole, score: UNSCORED, n_max };
            rare.newest_before(Files::of(&connection), &before, sought, || Ok(last)).unwrap()
        };
        let last = last_before(&connection, &until).unwrap();
        assert_eq!(last, Some(before.last));
        let ids = |n_max| of(n_max, last).unwrap().iter().map(|hit| hit.id).collect::<Vec<_>>();
        let all: Vec<i64> = (1..=i64::from(FEW_ARTICLES) + 5).rev().filter(|id| id % 40 == 0).collect();
        assert_eq!(ids(9), all[..9]);
        assert_eq!(ids(9000), all);
        assert!(of(9000, None).is_none());
        // Of a source with many articles.
        assert!(has_many(&check(6300), 1).unwrap());
    }

    fn check(n_articles: u32) -> Connection {
        let connection = articles(n_articles);
        let half = n_articles / 2;
        let asked = Asked::of("\"ferry\"");
        let all = ArticleFilter::default();
        for (filter, condition) in [
            (all.clone(), "1".to_owned()),
            (ArticleFilter { source_id: Some(1), ..all.clone() }, "id % 3 = 0 OR id % 7 = 0".to_owned()),
            (ArticleFilter { since: Some(at("2026-02-01")), ..all.clone() }, format!("id > {half}")),
            (ArticleFilter { until: Some(at("2026-02-01")), ..all.clone() }, format!("id <= {half}")),
            (ArticleFilter { without_duplicates: true, ..all.clone() }, "id % 5".to_owned()),
            (
                ArticleFilter { condition: Some("words > 20 -- and more".to_owned()), ..all.clone() },
                "id > 20".to_owned(),
            ),
            (
                ArticleFilter {
                    source_id: Some(1),
                    without_duplicates: true,
                    condition: Some("id < 50".to_owned()),
                    ..all
                },
                "(id % 3 = 0 OR id % 7 = 0) AND id % 5 AND id < 50".to_owned(),
            ),
        ] {
            let sql = format!("SELECT id FROM articles WHERE {condition} ORDER BY id DESC");
            let expected = ids_of(&connection, &sql, &Parameters::new()).unwrap();
            for n_max in [3, n_articles - 1, n_articles, u32::MAX] {
                let hits = asked.hits(Files::of(&connection), &filter, n_max).unwrap();
                let found: Vec<i64> = hits.newest.iter().map(|hit| hit.id).collect();
                let n_expected = expected.len().min(n_max as usize);
                assert_eq!(found, expected[..n_expected], "{filter:?}");
                assert_eq!(hits.are_all, n_expected == expected.len(), "{filter:?}, {n_max}");
            }
        }
        connection
    }
}
