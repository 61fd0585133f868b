//! Entries of feeds: those that are articles of their own though others have the same address, and those that say something
//! else than before. What is kept of them stands in the row of their link in `_links`.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};

use crate::model::{FullText, LinkHints, ListedLink, SourceId};
use crate::store::file::columns::{hints_to_json, private_time};

/// What stands between an address and the identity of an entry in a link's key. Addresses have none.
pub(in crate::store) const ENTRY_SIGN: char = ' ';

/// A page is looked at again because of its headline in the feed at most so often.
const LOOK_PAUSE: SignedDuration = SignedDuration::from_hours(1);

/// What is kept of the entry of a link.
pub(super) struct StoredEntry {
    pub(super) title: Option<String>,
    pub(super) text: Option<i64>,
    pub(super) look_at: Option<i64>,
    pub(super) guid: Option<String>,
    pub(super) is_gone: bool,
    /// Of its article.
    pub(super) body_kind: Option<String>,
    /// Likewise.
    pub(super) article_title: Option<String>,
}

impl StoredEntry {
    pub(super) fn read(connection: &Connection, link: i64) -> rusqlite::Result<StoredEntry> {
        connection
            .prepare_cached(
                "SELECT entry_title, entry_text, entry_look_at, guid, gone_at IS NOT NULL, articles.body_kind, articles.title
                 FROM _links LEFT JOIN articles ON articles.id = article_id WHERE _links.id = ?1",
            )?
            .query_row([link], |row| {
                Ok(StoredEntry {
                    title: row.get(0)?,
                    text: row.get(1)?,
                    look_at: row.get(2)?,
                    guid: row.get(3)?,
                    is_gone: row.get(4)?,
                    body_kind: row.get(5)?,
                    article_title: row.get(6)?,
                })
            })
    }
}

/// How an entry differs from what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EntryChange {
    /// It does not, or it was not known.
    None,
    /// Its article is made of it, and is to be made anew.
    Article,
    /// Its article is that of its page, and its headline says that this has changed.
    Headline,
    /// It says something else that tells nothing of its article.
    Other,
}

impl EntryChange {
    /// Compares the entry of a link with what it was.
    pub(super) fn of(stored: &StoredEntry, link: &ListedLink) -> EntryChange {
        let title = link.hints.title.as_deref();
        let Some(mark) = &link.entry else {
            return EntryChange::None;
        };
        let Some(text) = stored.text else {
            return EntryChange::Other;
        };
        let is_of_entry = matches!(stored.body_kind.as_deref(), Some("feed" | "teaser"));
        if text == mark.text && stored.title.as_deref() == title {
            EntryChange::None
        } else if mark.identity.is_some() && is_of_entry {
            EntryChange::Article
        } else if stored.body_kind.is_some() && !stored.is_gone && says_change(stored, title) {
            EntryChange::Headline
        } else {
            EntryChange::Other
        }
    }
}

/// Whether a headline says that the article has changed. Where the feed's headlines are not those of the articles, a number
/// in them may count the entries.
fn says_change(stored: &StoredEntry, title: Option<&str>) -> bool {
    let (Some(before), Some(title)) = (stored.title.as_deref(), title) else { return false };
    let article_title = stored.article_title.as_deref();
    let words = |title: &str| title.chars().filter(|c| !c.is_numeric() && !c.is_whitespace()).collect::<String>();
    title != before && article_title != Some(title) && (article_title == Some(before) || words(title) != words(before))
}

/// The key of a link as it stands in `_links`: that of its address, and where the entries at an address are articles of
/// their own, the entry's.
pub(super) fn key(connection: &Connection, link: &ListedLink) -> rusqlite::Result<String> {
    let address = link.url.key();
    if let Some((entry, identity)) = link.entry.and_then(|entry| Some((entry, entry.identity?)))
        && (entry.shares_address || is_shared(connection, &address)?)
    {
        return Ok(entry_key(&address, identity));
    }
    Ok(address)
}

/// The key of an entry that turns out to be another article than the one that was known at its address: it has another
/// GUID, headline and text. Absent where it is the same one.
pub(super) fn key_of_other(stored: &StoredEntry, link: &ListedLink) -> Option<String> {
    let entry = link.entry?;
    let identity = entry.identity?;
    let has_other_guid = stored.guid.is_some() && link.hints.guid.is_some() && stored.guid != link.hints.guid;
    let says_other = stored.title != link.hints.title && stored.text.is_some_and(|text| text != entry.text);
    (has_other_guid && says_other).then(|| entry_key(&link.url.key(), identity))
}

fn entry_key(address: &str, identity: i64) -> String {
    format!("{address}{ENTRY_SIGN}{identity:016x}")
}

/// Whether entries at an address are known to be articles of their own.
fn is_shared(connection: &Connection, address: &str) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM _links WHERE url_key > ?1 || ' ' AND url_key < ?1 || '!')")?
        .query_row([address], |row| row.get(0))
}

/// What is kept beside a link until its article is made: of an entry that shares its address the text is taken in any case,
/// since the page is not its own.
pub(super) fn hints(key: &str, link: &ListedLink) -> String {
    if key.contains(ENTRY_SIGN) {
        hints_to_json(&LinkHints { full_text: FullText::Feed, ..link.hints.clone() })
    } else {
        hints_to_json(&link.hints)
    }
}

/// Keeps what an entry says now. Not while its article is being made of what it said before: it would not be made anew.
pub(super) fn remember(connection: &Connection, stored: i64, link: &ListedLink) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE _links SET entry_title = ?2, entry_text = ?3 WHERE id = ?1 AND claim_id IS NULL")?
        .execute(params![stored, link.hints.title, link.entry.map(|entry| entry.text)])?;
    Ok(())
}

/// Keeps the GUID of an entry that says what it did under another one: a feed may renew them all.
pub(super) fn renew_guid(connection: &Connection, link: i64, guid: Option<&str>) -> rusqlite::Result<()> {
    connection.prepare_cached("UPDATE _links SET guid = ?2 WHERE id = ?1")?.execute(params![link, guid])?;
    Ok(())
}

/// Has a page looked at because its headline in the feed is another one.
pub(super) fn look_at_page(
    connection: &Connection,
    link: i64,
    last_set_at: Option<i64>,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let now = private_time(now);
    let pause = i64::try_from(LOOK_PAUSE.as_millis()).unwrap_or(i64::MAX);
    let look_at = last_set_at.map_or(now, |last| now.max(last.saturating_add(pause)));
    connection
        .prepare_cached(
            "UPDATE _links SET look_at = min(coalesce(look_at, ?2), ?2), entry_look_at = ?2
             WHERE id = ?1 AND due_at IS NULL AND claim_id IS NULL",
        )?
        .execute([link, look_at])?;
    Ok(())
}

/// Lets an article that is due, and not being made, be made of what its entry says now.
pub(super) fn renew_hints(connection: &Connection, link: i64, hints: &str, source: SourceId) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE _links SET hints = ?2
             WHERE id = ?1 AND source_id = ?3 AND hints IS NOT NULL AND due_at IS NOT NULL AND claim_id IS NULL",
        )?
        .execute(params![link, hints, source.0])?;
    Ok(())
}
