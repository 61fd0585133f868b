//! Parting what was one story only because its articles are of one make: the next of that make shows it.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::dedup::story::terms::Terms;
use crate::store::file::change_seq::NEXT_CHANGE;
use crate::store::file::columns::public_time;
use crate::store::file::volumes::KNOWN_BODY;
use crate::store::write::stories::cache::{StoryCache, remembered_of};
use crate::store::write::stories::edits::{recount, set_part};

/// So many articles of a story are looked at. Others are when the next of their make comes.
const LOOKED_AT_MAX: i64 = 12;

/// An article of a make, in its story.
struct Member {
    article: i64,
    story: i64,
    part: i64,
    /// Whether likeness put it there, and not a person or its being a copy.
    is_alike: bool,
    terms: Terms,
}

/// Parts articles of one make that share a story and are not alike in what an article of their make does not say: the later ones
/// go to stories of their own, and what copies them goes along. What was put where it is by hand stays.
pub(super) fn part(
    connection: &Connection,
    stories: &mut StoryCache,
    terms: &Terms,
    of_its_make: &[i64],
    now: Timestamp,
) -> rusqlite::Result<()> {
    let mut ids = Vec::with_capacity(of_its_make.len());
    for id in of_its_make {
        ids.extend(routine_beside(connection, *id)?);
    }
    ids.sort_unstable();
    ids.dedup();
    if ids.len() < 2 {
        return Ok(());
    }
    let mut members = Vec::with_capacity(ids.len());
    for id in ids {
        members.extend(read(connection, id)?);
    }
    members.sort_by_key(|member| (member.part, member.article));
    for members in members.chunk_by(|left, right| left.part == right.part) {
        let Some((first, later)) = members.split_first() else { continue };
        for member in later.iter().filter(|member| member.is_alike) {
            if !member.terms.are_alike_beyond(&first.terms, terms, &stories.frequencies) {
                take_out(connection, stories, member, terms, now)?;
            }
        }
    }
    Ok(())
}

/// An article, and the latest of its part of a story of which others of their make are known.
fn routine_beside(connection: &Connection, article: i64) -> rusqlite::Result<Vec<i64>> {
    connection
        .prepare_cached(
            "SELECT other.article_id FROM story_members AS this
                 JOIN _story_signatures AS that USING (article_id)
                 JOIN story_members AS other ON other.story_id = this.story_id
                 JOIN _story_signatures AS known ON known.article_id = other.article_id AND known.part = that.part
             WHERE this.article_id = ?1 AND other.is_routine ORDER BY other.article_id DESC LIMIT ?2",
        )?
        .query_map([article, LOOKED_AT_MAX], |row| row.get(0))?
        .collect()
}

fn read(connection: &Connection, article: i64) -> rusqlite::Result<Option<Member>> {
    connection
        .prepare_cached(&format!(
            "SELECT story_members.story_id, part, reason IN ('alike', 'copy') AND duplicate_of IS NULL, title, {KNOWN_BODY}, language
             FROM story_members JOIN _story_signatures USING (article_id) JOIN articles ON articles.id = article_id
             WHERE article_id = ?1"
        ))?
        .query_row([article], |row| {
            let (title, language) = (row.get_ref(3)?.as_str_or_null()?, row.get_ref(5)?.as_str_or_null()?);
            let terms = Terms::of(title, row.get_ref(4)?.as_str()?, language);
            Ok(Member { article, story: row.get(0)?, part: row.get(1)?, is_alike: row.get(2)?, terms })
        })
        .optional()
}

/// Moves an article to a story of its own, known by what another of its make does not say.
fn take_out(
    connection: &Connection,
    stories: &mut StoryCache,
    member: &Member,
    other: &Terms,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let Member { article, story, part, terms, .. } = member;
    let new = connection
        .prepare_cached(
            "INSERT INTO stories (title_article_id, n_articles, n_sources, updated_at) VALUES (?1, 0, 0, ?2)",
        )?
        .insert(params![article, public_time(now)])?;
    let signature = terms.beyond(other).signature(&stories.frequencies);
    connection
        .prepare_cached("UPDATE _story_signatures SET signature = ?2 WHERE article_id = ?1")?
        .execute(params![article, signature.to_bytes()])?;
    for moved in with_copies(connection, *article, *story)? {
        connection
            .prepare_cached(&format!("UPDATE articles SET story_id = ?2, change_seq = {NEXT_CHANGE} WHERE id = ?1"))?
            .execute([moved, new])?;
        connection
            .prepare_cached(
                "UPDATE story_members SET story_id = ?2, score = NULL, terms = '[]',
                     reason = CASE WHEN article_id = ?3 THEN 'first' ELSE reason END
                 WHERE article_id = ?1",
            )?
            .execute([moved, new, *article])?;
        set_part(connection, moved, new)?;
    }
    recount(connection, *story)?;
    recount(connection, new)?;
    stories.active.replace(*part, remembered_of(connection, *story, *part)?);
    stories.active.replace(new, remembered_of(connection, new, new)?);
    Ok(())
}

/// An article, and what was put with it as its copy, directly or by way of another one.
pub(super) fn with_copies(connection: &Connection, article: i64, story: i64) -> rusqlite::Result<Vec<i64>> {
    connection
        .prepare_cached(
            "WITH RECURSIVE moved (id) AS (
                 VALUES (?1)
                 UNION SELECT articles.id FROM moved JOIN articles ON duplicate_of = moved.id
                     JOIN story_members ON article_id = articles.id
                 WHERE story_members.story_id = ?2 AND reason = 'copy')
             SELECT id FROM moved ORDER BY id",
        )?
        .query_map([article, story], |row| row.get(0))?
        .collect()
}
