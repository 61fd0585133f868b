//! The story of an article in another language, for those who have a sentence encoder.

use rusqlite::{Connection, OptionalExtension, params};

use crate::dedup::story::translated::{Told, Translated, numbers_in};
use crate::model::{Article, Meaning};

/// Reads what is known of the articles that are remembered.
pub(super) fn load(connection: &Connection, articles_max: usize) -> rusqlite::Result<Translated> {
    let mut translated = Translated::new(articles_max);
    let mut statement = connection.prepare(
        "SELECT article_id, language, at_s, meaning, numbers
         FROM _story_meanings JOIN _story_signatures USING (article_id) JOIN articles ON id = article_id
         ORDER BY article_id",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let numbers = row.get_ref(4)?.as_blob()?.as_chunks().0.iter().map(|number| u64::from_le_bytes(*number));
        let meaning = Meaning::from_bytes(row.get_ref(3)?.as_blob()?);
        let language = row.get_ref(1)?.as_str_or_null()?;
        translated.add(Told::new(row.get(0)?, language, row.get(2)?, meaning, numbers.collect()));
    }
    Ok(translated)
}

/// What is known of an article that may be told of in another language.
pub(super) fn told(article: &Article, id: i64, at_s: Option<i64>) -> Option<Told> {
    let meaning = article.meaning.clone()?;
    let numbers = numbers_in(&[article.title.as_deref().unwrap_or_default(), &article.body]);
    Some(Told::new(id, article.language.as_deref(), at_s, meaning, numbers))
}

/// The story in which an article of another language tells of the same event, and how like that is.
pub(super) fn place(
    connection: &Connection,
    translated: &Translated,
    told: &Told,
) -> rusqlite::Result<Option<(i64, f64)>> {
    let Some((article, likeness)) = translated.nearest(told) else { return Ok(None) };
    // It may have left the story that it came into.
    let story: Option<i64> = connection
        .prepare_cached("SELECT story_id FROM story_members WHERE article_id = ?1")?
        .query_row([article], |row| row.get(0))
        .optional()?;
    Ok(story.map(|story| (story, likeness)))
}

/// The part of its story that an article opens whose story is told in other languages. Later articles in its language are
/// compared with that, as if it were a story by itself. No story has a number below 0.
pub(super) fn part_of(article: i64) -> i64 {
    -article
}

/// Writes what an article means, and deletes what those mean that are too old to be compared.
pub(super) fn record(connection: &Connection, told: &Told, articles_max: i64) -> rusqlite::Result<()> {
    let numbers: Vec<u8> = told.numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    connection
        .prepare_cached("INSERT INTO _story_meanings (article_id, meaning, numbers) VALUES (?1, ?2, ?3)")?
        .execute(params![told.article, told.meaning.to_bytes(), numbers])?;
    connection
        .prepare_cached("DELETE FROM _story_meanings WHERE article_id <= ?1")?
        .execute([told.article - articles_max])
        .map(|_| ())
}
