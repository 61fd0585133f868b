//! Earlier articles, taken apart, as others are compared with them. An event's reports come one after another and each is compared with
//! the last few, so what was read lately is kept.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};

use crate::dedup::earlier::Earlier;
use crate::dedup::hash::NumberMap;
use crate::dedup::shingle::ShingledText;
use crate::model::publisher_of;
use crate::store::file::columns::stored_url;
use crate::store::file::volumes::KNOWN_BODY;

/// Words of the texts that one generation keeps: some four megabytes.
const WORDS_MAX: usize = 1 << 17;

/// Texts that were read lately. They are kept in two generations: the older one is dropped when the younger one is full, and what is
/// asked for in it moves on into the younger one.
#[derive(Debug, Default)]
pub(in crate::store) struct RecentTexts {
    young: NumberMap<i64, Kept>,
    old: NumberMap<i64, Kept>,
    /// Words in the younger generation.
    n_words: usize,
}

/// A text, and the number of the change of its article that it was read after.
#[derive(Clone, Debug)]
struct Kept {
    change_seq: i64,
    text: Arc<ShingledText>,
}

impl RecentTexts {
    /// Reads an article, for a comparison with one of this publisher.
    pub(in crate::store) fn read(
        &mut self,
        connection: &Connection,
        id: i64,
        publisher: Option<&str>,
    ) -> rusqlite::Result<Option<Earlier>> {
        let found = connection
            .prepare_cached(
                "SELECT url, change_seq, coalesce(is_routine, 0) FROM articles LEFT JOIN story_members ON article_id = id
                 WHERE id = ?1",
            )?
            .query_row([id], |row| {
                let is_same_publisher = match publisher {
                    Some(publisher) => {
                        let url = row.get_ref(0)?.as_str_or_null()?.and_then(stored_url);
                        url.is_some_and(|url| publisher_of(url.as_url()) == publisher)
                    }
                    None => false,
                };
                Ok((is_same_publisher, row.get(1)?, row.get(2)?))
            })
            .optional()?;
        let Some((is_same_publisher, change_seq, is_routine)) = found else { return Ok(None) };
        let text = match self.kept(id, change_seq) {
            Some(text) => text,
            None => self.keep(id, change_seq, taken_apart(connection, id)?),
        };
        Ok(Some(Earlier { id, text, is_same_publisher, is_routine }))
    }

    /// A text that was read, unless its article has changed since.
    fn kept(&mut self, id: i64, change_seq: i64) -> Option<Arc<ShingledText>> {
        let is_it = |kept: &&Kept| kept.change_seq == change_seq;
        if let Some(kept) = self.young.get(&id).filter(is_it) {
            return Some(Arc::clone(&kept.text));
        }
        let kept = self.old.remove(&id).as_ref().filter(is_it)?.clone();
        Some(self.keep(id, change_seq, kept.text))
    }

    /// Keeps the text of an article, as it is after a change. Returns it.
    fn keep(&mut self, id: i64, change_seq: i64, text: Arc<ShingledText>) -> Arc<ShingledText> {
        if self.n_words >= WORDS_MAX {
            self.old = std::mem::take(&mut self.young);
            self.n_words = 0;
        }
        self.n_words += text.n_words();
        self.young.insert(id, Kept { change_seq, text: Arc::clone(&text) });
        text
    }
}

fn taken_apart(connection: &Connection, id: i64) -> rusqlite::Result<Arc<ShingledText>> {
    let sql = format!("SELECT title, {KNOWN_BODY} FROM articles WHERE id = ?1");
    connection.prepare_cached(&sql)?.query_row([id], |row| {
        Ok(Arc::new(ShingledText::new(row.get_ref(0)?.as_str_or_null()?, row.get_ref(1)?.as_str()?)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::store::file::open::open_for_writing;

    const INSERT: &str = "INSERT INTO articles (id, words, body, body_kind, quality, first_seen_at, updated_at, sha256, change_seq, new_seq)
         VALUES (?1, 0, ?2, 'full', 50, '2026-11-27T05:00:00Z', '2026-11-27T05:00:00Z', '', ?1, ?1)";

    #[test]
    fn a_text_is_read_again_once_its_article_has_changed_and_not_all_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = config::defaults().store;
        settings.path = folder.path().join("a.db");
        let connection = open_for_writing(&settings).unwrap();
        let body = |number: usize| (0..1000).map(|word| format!("w{number}x{word}")).collect::<Vec<_>>().join(" ");
        for number in 1..=400_usize {
            connection.execute(INSERT, rusqlite::params![number, body(number)]).unwrap();
        }
        let mut texts = RecentTexts::default();
        let text = |texts: &mut RecentTexts, id: i64| texts.read(&connection, id, None).unwrap().unwrap().text;
        let first = text(&mut texts, 1);
        assert_eq!(*first, ShingledText::new(None, &body(1)));
        assert!(Arc::ptr_eq(&first, &text(&mut texts, 1)));
        connection.execute("UPDATE articles SET body = ?1 WHERE id = 1", [body(7)]).unwrap();
        assert_eq!(*text(&mut texts, 1), ShingledText::new(None, &body(7)));
        for id in 1..=400 {
            let _ = text(&mut texts, id);
            assert!(texts.young.len() + texts.old.len() <= 2 * (WORDS_MAX / 1000 + 1));
        }
        // What is asked for again and again stays.
        let last = text(&mut texts, 400);
        for id in 1..=399 {
            let _ = (text(&mut texts, id), text(&mut texts, 400));
        }
        assert!(Arc::ptr_eq(&last, &text(&mut texts, 400)));
        assert!(texts.read(&connection, 401, None).unwrap().is_none());
    }
}
