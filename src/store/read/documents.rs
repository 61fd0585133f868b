//! Articles with all that a document tells of them: one, or a choice in the order of a bundle.

use std::collections::{HashMap, HashSet};

use crate::store::file::error::StoreError;
use crate::store::file::volumes::article_body;
use crate::store::read::article_filter::{ArticleFilter, UserCondition};
use crate::store::read::article_records::{
    ARTICLE_COLUMNS, ArticleDetails, DETAIL_COLUMNS, N_ARTICLE_COLUMNS, N_DETAIL_COLUMNS, article_details,
};
use crate::store::read::articles::article_name;
use crate::store::read::cells::Cells;
use crate::store::read::reader::{Reader, list};
use crate::store::read::salvage::{self, Listed};

/// One article for an export.
#[derive(Clone, Debug)]
pub struct DocumentRow {
    /// All that is stored of it.
    pub article: ArticleDetails,
    /// The sources in which it was seen.
    pub sources: Vec<String>,
}

impl Reader {
    /// Passes every chosen article to `visit` in the order of a bundle: by publication time, unknown last, then by
    /// address. Where pages of the file are damaged the articles come that can be read, by their times alone or, where these cannot be
    /// read, by their numbers, and the others are noted as damage.
    ///
    /// All are of one state of the file. Some hundred of them are in memory at one time: of the others only the numbers are.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, the user's condition is wrong, or `visit` fails.
    pub fn for_each_document<E: From<StoreError>>(
        &self,
        filter: &ArticleFilter,
        mut visit: impl FnMut(DocumentRow) -> Result<(), E>,
    ) -> Result<(), E> {
        self.at_one_moment(|reader| {
            reader.pass_documents(filter, &mut visit).map_err(|ended| match ended {
                Ended::ByFile(error) => error.into(),
                Ended::ByVisitor(error) => error,
            })
        })
    }

    fn pass_documents<E>(
        &self,
        filter: &ArticleFilter,
        visit: &mut impl FnMut(DocumentRow) -> Result<(), E>,
    ) -> Result<(), Ended<E>> {
        let mut passed = Passed::default();
        let in_order = match self.numbers_by_time(filter).map_err(|error| filter.blame(error)) {
            Err(StoreError::Malformed { .. }) => None,
            answer => Some(answer.map_err(Ended::ByFile)?),
        };
        let others = match in_order.and_then(|numbers| Some((numbers.distinct()?, numbers))) {
            Some((ids, numbers)) => {
                for part in numbers.parts() {
                    self.pass_part(filter, part, &mut passed, visit)?;
                }
                if *filter == ArticleFilter::default() {
                    // The index that gave the order may have lost some of them, and the table others.
                    salvage::others(self.connection(), &ids)
                } else if passed.has_damage {
                    salvage::missing(self.connection(), &ids)
                } else {
                    Vec::new()
                }
            }
            None => {
                let listing = salvage::list(self.connection());
                listing.lost().for_each(|row| self.note_damage(row));
                listing.articles
            }
        };
        self.pass_one_by_one(filter, others.iter().map(Listed::id), &mut passed, visit)?;
        passed.lost.sort_unstable();
        for listed in salvage::named(self.connection(), &passed.lost) {
            self.note_damage(listed.lost());
        }
        Ok(())
    }

    /// Passes some articles, given by their times, in the order of a bundle.
    fn pass_part<E>(
        &self,
        filter: &ArticleFilter,
        ids: &[i64],
        passed: &mut Passed,
        visit: &mut impl FnMut(DocumentRow) -> Result<(), E>,
    ) -> Result<(), Ended<E>> {
        let in_order = match self.in_bundle_order(ids).map_err(StoreError::from) {
            Err(StoreError::Malformed { .. }) => ids.to_vec(),
            answer => answer.map_err(Ended::ByFile)?,
        };
        for ids in in_order.chunks(DOCUMENTS_AT_ONCE) {
            let mut documents = match self.documents_among(ids).map_err(StoreError::from) {
                Err(StoreError::Malformed { .. }) => HashMap::new(),
                answer => answer.map_err(Ended::ByFile)?,
            };
            for &id in ids {
                match documents.remove(&id) {
                    Some(document) => document.map_or(Ok(()), &mut *visit).map_err(Ended::ByVisitor)?,
                    // One that was asked for with others may have been sought on a page that belongs to something else.
                    None => self.pass_one_by_one(filter, [id], passed, visit)?,
                }
            }
        }
        Ok(())
    }

    /// The numbers of the chosen articles by publication time, unknown last.
    fn numbers_by_time(&self, filter: &ArticleFilter) -> rusqlite::Result<NumbersByTime> {
        let (conditions, parameters) = filter.to_sql();
        // All of them stand in an index in this order. The numbers of a choice are sorted, however they are found.
        let order = if *filter == ArticleFilter::default() {
            "articles.published_at NULLS LAST, articles.id"
        } else {
            "articles.published_at IS NULL, articles.published_at, articles.id"
        };
        let sql = format!("SELECT articles.id, articles.published_at FROM articles {conditions} ORDER BY {order}");
        let mut statement = self.connection().prepare(&sql)?;
        let mut rows = statement.query(parameters.as_slice())?;
        let mut numbers = NumbersByTime::default();
        let mut last_time: Option<Vec<u8>> = None;
        while let Some(row) = rows.next()? {
            let time = row.get_ref(1)?.as_bytes_or_null().unwrap_or_default();
            if time != last_time.as_deref() {
                numbers.end_of_time();
                last_time = time.map(<[u8]>::to_vec);
            }
            numbers.ids.push(row.get(0)?);
        }
        Ok(numbers)
    }

    /// Articles in the order of a bundle; those that the table has not come last.
    fn in_bundle_order(&self, ids: &[i64]) -> rusqlite::Result<Vec<i64>> {
        let sql = "SELECT id FROM articles WHERE id IN rarray(?1)
             ORDER BY published_at IS NULL, published_at, url IS NULL, url, id";
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut in_order = statement.query_map([list(ids)], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
        if in_order.len() < ids.len() {
            let found: HashSet<i64> = in_order.iter().copied().collect();
            in_order.extend(ids.iter().filter(|id| !found.contains(id)));
        }
        Ok(in_order)
    }

    /// Those of some articles that can be read, by their numbers; without the document where its text stands in a volume that cannot be.
    /// Nothing is noted of the others.
    fn documents_among(&self, ids: &[i64]) -> rusqlite::Result<HashMap<i64, Option<DocumentRow>>> {
        let body = article_body(self.connection());
        let sql = format!(
            "SELECT {ARTICLE_COLUMNS}, {body} AS body, {DETAIL_COLUMNS}, {SEEN_IN}, articles.id AS number
             FROM articles LEFT JOIN sources ON sources.id = articles.source_id WHERE articles.id IN rarray(?1)"
        );
        let n_damaged_before = self.n_damaged();
        let mut documents = HashMap::with_capacity(ids.len());
        let mut statement = self.connection().prepare_cached(&sql)?;
        let mut rows = statement.query([list(ids)])?;
        loop {
            let n_damaged = self.n_damaged();
            match rows.next() {
                Ok(Some(row)) => match self.readable(row, document_name, document_row) {
                    None if self.n_damaged() > n_damaged => self.forget_damage_after(n_damaged),
                    document => _ = documents.insert(row.get("number")?, document),
                },
                Ok(None) => return Ok(documents),
                Err(error) => {
                    self.forget_damage_after(n_damaged_before);
                    return Err(error);
                }
            }
        }
    }

    /// Asks for each article by itself, so that a damaged page costs only those that lie on it.
    fn pass_one_by_one<E>(
        &self,
        filter: &ArticleFilter,
        ids: impl IntoIterator<Item = i64>,
        passed: &mut Passed,
        visit: &mut impl FnMut(DocumentRow) -> Result<(), E>,
    ) -> Result<(), Ended<E>> {
        for id in ids {
            passed.has_damage = true;
            let document = self.even_without_sources(id, |sources| self.document(filter, id, sources));
            match document {
                Ok(Some(document)) => visit(document).map_err(Ended::ByVisitor)?,
                Ok(None) if salvage::is_there(self.connection(), id) => {}
                Ok(None) | Err(StoreError::Malformed { .. }) => passed.lost.push(id),
                Err(error) => return Err(Ended::ByFile(error)),
            }
        }
        Ok(())
    }

    /// An article as an export has it; nothing where there is none, or where it cannot be read, which is noted as damage.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn exported(&self, id: i64) -> Result<Option<DocumentRow>, StoreError> {
        let document = self.even_without_sources(id, |sources| self.document(&ArticleFilter::default(), id, sources));
        self.unless_damaged(document, || format!("article {id}"))
    }

    /// One article for an export, if it is one of the choice and can be read; otherwise it is noted as damage.
    fn document(&self, filter: &ArticleFilter, id: i64, sources: &str) -> Result<Option<DocumentRow>, StoreError> {
        let seen_in = if sources == "sources" { SEEN_IN } else { "NULL" };
        let (mut conditions, mut parameters) = filter.conditions(UserCondition::RowByRow);
        conditions.push("articles.id = :id".to_owned());
        parameters.push((":id", Box::new(id)));
        let body = article_body(self.connection());
        let sql = format!(
            "SELECT {ARTICLE_COLUMNS}, {body} AS body, {DETAIL_COLUMNS}, {seen_in} FROM articles NOT INDEXED
             LEFT JOIN {sources} AS sources ON sources.id = articles.source_id WHERE {}",
            conditions.join(" AND ")
        );
        let blame = |error: rusqlite::Error| filter.blame(error);
        let mut statement = self.connection().prepare_cached(&sql).map_err(blame)?;
        let mut rows = statement.query(parameters.as_slice()).map_err(blame)?;
        let row = rows.next().map_err(blame)?;
        Ok(row.and_then(|row| self.readable(row, document_name, document_row)))
    }
}

/// The sources in which an article was seen, a line each.
const SEEN_IN: &str = "(SELECT group_concat(slug, char(10)) FROM (SELECT seen.slug FROM sightings
         JOIN sources AS seen ON seen.id = sightings.source_id
         WHERE sightings.article_id = articles.id ORDER BY seen.slug))";

/// Documents that are in memory at one time, with their texts.
const DOCUMENTS_AT_ONCE: usize = 200;

/// What an export met.
#[derive(Debug, Default)]
struct Passed {
    /// Articles of which nothing is known but that they should be there.
    lost: Vec<i64>,
    /// Whether some could not be read with others.
    has_damage: bool,
}

/// Numbers of articles in the order of their times.
#[derive(Debug, Default)]
struct NumbersByTime {
    ids: Vec<i64>,
    /// Where parts end. Those of one time are in one part, in which they are still to be brought into their order.
    ends: Vec<usize>,
}

impl NumbersByTime {
    /// What comes next is of another time.
    fn end_of_time(&mut self) {
        if self.ids.len() - self.ends.last().copied().unwrap_or_default() >= DOCUMENTS_AT_ONCE {
            self.ends.push(self.ids.len());
        }
    }

    /// The numbers in their own order; nothing where one comes twice, as in no sound index.
    fn distinct(&self) -> Option<Vec<i64>> {
        let mut ids = self.ids.clone();
        ids.sort_unstable();
        ids.is_sorted_by(|one, next| one < next).then_some(ids)
    }

    fn parts(&self) -> impl Iterator<Item = &[i64]> {
        let ends = self.ends.iter().copied().chain([self.ids.len()]);
        ends.scan(0, |start, end| self.ids.get(std::mem::replace(start, end)..end))
    }
}

/// Why the articles of a choice ended before the last.
enum Ended<E> {
    ByFile(StoreError),
    ByVisitor(E),
}

fn document_name(document: &DocumentRow) -> String {
    article_name(&document.article.row)
}

/// Reads [`ARTICLE_COLUMNS`], the text, [`DETAIL_COLUMNS`] and the sources, a line each.
fn document_row(cells: &Cells<'_, '_>) -> DocumentRow {
    let sources = cells.text_of_other(N_ARTICLE_COLUMNS + N_DETAIL_COLUMNS).unwrap_or_default();
    DocumentRow { article: article_details(cells), sources: sources.lines().map(str::to_owned).collect() }
}
