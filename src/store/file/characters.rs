//! `articles_characters`: the full-text index of scripts that are written without blanks, by character.
//!
//! SQLite's own tokenizer takes a whole sentence of them for one word. A tokenizer of ours would find words, and no other program
//! could read the index; so texts are put in with a blank before and behind each such character, and a word is asked for as the
//! phrase of its characters.

use rusqlite::{Connection, params};
use unicode_normalization::char::is_combining_mark;

use crate::scripts::is_unspaced;

/// The name of the index.
pub(in crate::store) const INDEX: &str = "articles_characters";

/// A text with blanks around each character of a script without blanks; its marks stay with it. What has been put into an index can
/// only be taken out with the same words: whatever changes here takes a migration that builds the index again.
pub(in crate::store) fn spaced(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len() + text.len() / 2);
    let mut was_unspaced = false;
    for c in text.chars() {
        let is_mark = was_unspaced && is_combining_mark(c);
        let is_character = is_unspaced(c) && !is_mark;
        if is_character || (was_unspaced && !is_mark) {
            spaced.push(' ');
        }
        spaced.push(c);
        was_unspaced = is_character || is_mark;
    }
    spaced
}

/// Whether a text has characters of a script without blanks.
pub(in crate::store) fn has_some(text: &str) -> bool {
    // All of them take three bytes or four in UTF-8.
    text.bytes().any(|byte| byte >= 0xe0) && text.chars().any(is_unspaced)
}

/// An expression of FTS5 over words as one over characters: each word of a script without blanks is the phrase of its characters,
/// in quotes and out of them.
pub(in crate::store) fn by_character(expression: &str) -> String {
    let mut asked = String::with_capacity(2 * expression.len());
    for (position, part) in expression.split('"').enumerate() {
        if position > 0 {
            asked.push('"');
        }
        if position % 2 == 1 {
            asked.push_str(spaced(part).trim_start());
            continue;
        }
        let mut rest = part;
        while let Some(start) = rest.find(is_unspaced) {
            let (before, word) = rest.split_at(start);
            let end = word.find(|c: char| !is_unspaced(c) && !is_combining_mark(c)).unwrap_or(word.len());
            asked.push_str(before);
            asked.extend([" \"", spaced(&word[..end]).trim_start(), "\" "]);
            rest = &word[end..];
        }
        asked.push_str(rest);
    }
    asked
}

/// So many articles at a time are brought up to date: the rest waits for the next.
const DUE_MAX: u32 = 2000;

/// Puts articles behind a number into the index, those that have such characters. Returns how many.
pub(in crate::store) fn index_after(connection: &Connection, id: i64) -> rusqlite::Result<usize> {
    let mut articles = connection.prepare_cached("SELECT id, title, body FROM articles WHERE id > ?1 ORDER BY id")?;
    let mut rows = articles.query([id])?;
    let mut n_indexed = 0;
    while let Some(row) = rows.next()? {
        // A text that another program has damaged is in no index.
        let text = |column: usize| row.get_ref(column).map(|value| value.as_str().unwrap_or_default());
        n_indexed += usize::from(insert(connection, row.get(0)?, text(1)?, text(2)?)?);
    }
    Ok(n_indexed)
}

/// Builds the index anew.
pub(in crate::store) fn rebuild(connection: &Connection) -> rusqlite::Result<()> {
    let empty =
        "INSERT INTO articles_characters (articles_characters) VALUES ('delete-all'); DELETE FROM _characters_due";
    connection.execute_batch(empty)?;
    index_after(connection, 0).map(|_| ())
}

fn insert(connection: &Connection, id: i64, title: &str, body: &str) -> rusqlite::Result<bool> {
    let is_in = has_some(title) || has_some(body);
    if is_in {
        connection
            .prepare_cached("INSERT INTO articles_characters (rowid, title, body) VALUES (?1, ?2, ?3)")?
            .execute(params![id, spaced(title), spaced(body)])?;
    }
    Ok(is_in)
}

/// Brings the index up to date with articles that were changed or deleted, by whomever.
pub(in crate::store) fn catch_up(connection: &Connection) -> rusqlite::Result<()> {
    let mut due = connection.prepare_cached("SELECT article_id, title, body FROM _characters_due LIMIT ?1")?;
    let mut rows = due.query([DUE_MAX])?;
    let mut ids = Vec::new();
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        ids.push(id);
        if row.get_ref(2)? == rusqlite::types::ValueRef::Null {
            continue;
        }
        let text = |column: usize| row.get_ref(column).map(|value| value.as_str().unwrap_or_default());
        connection
            .prepare_cached(
                "INSERT INTO articles_characters (articles_characters, rowid, title, body) VALUES ('delete', ?1, ?2, ?3)",
            )?
            .execute(params![id, spaced(text(1)?), spaced(text(2)?)])?;
    }
    for id in ids {
        let mut article = connection.prepare_cached("SELECT title, body FROM articles WHERE id = ?1")?;
        let mut rows = article.query([id])?;
        if let Some(row) = rows.next()? {
            let text = |column: usize| row.get_ref(column).map(|value| value.as_str().unwrap_or_default());
            insert(connection, id, text(0)?, text(1)?)?;
        }
        connection.prepare_cached("DELETE FROM _characters_due WHERE article_id = ?1")?.execute([id])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_character_of_a_script_without_blanks_stands_alone() {
        assert_eq!(spaced("台風19号 in 東京"), " 台 風 19 号  in  東 京");
        assert_eq!(spaced("plain text"), "plain text");
        assert_eq!(spaced("ที่นี่"), " ที่ นี่");
    }

    #[test]
    fn words_are_asked_for_as_phrases() {
        assert_eq!(by_character("\"東京\" \"olympics\""), "\"東 京\" \"olympics\"");
        assert_eq!(by_character("title:東京 AND harbo*"), "title: \"東 京\"  AND harbo*");
        assert_eq!(by_character("iPhone発表"), "iPhone \"発 表\" ");
    }
}
