//! The file of a volume: what it holds, writing it, and verifying it.
//!
//! It can be read by itself, by any program: an article has its title, its times and its address beside its text. What newswire tells of an
//! article is in the database; from here it takes texts alone.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use crate::bundle::hex;
use crate::store::file::characters;
use crate::store::file::error::StoreError;
use crate::store::file::new_file::{CopyPlan, NewFile, folder_of};
use crate::store::file::volumes::{self, Month, VOLUME_APPLICATION_ID, VOLUME_VERSION, file_of, folder_of_volumes};

/// The tables. The indexes are as those of the database, so that the same expression finds the same.
const SCHEMA: &str = r#"
CREATE TABLE volume (
    month    TEXT NOT NULL,
    token    TEXT NOT NULL,
    made_by  TEXT NOT NULL
) STRICT;

CREATE TABLE articles (
    id            INTEGER PRIMARY KEY,
    source        TEXT,
    title         TEXT,
    date          TEXT,
    published_at  TEXT,
    url           TEXT,
    language      TEXT,
    words         INTEGER NOT NULL,
    body          TEXT NOT NULL,
    authors       TEXT NOT NULL,
    first_seen_at TEXT NOT NULL,
    revision      INTEGER NOT NULL,
    sha256        TEXT NOT NULL
) STRICT;

CREATE TABLE revisions (
    row        INTEGER PRIMARY KEY,
    article_id INTEGER NOT NULL,
    revision   INTEGER NOT NULL,
    title      TEXT,
    body       TEXT NOT NULL,
    seen_at    TEXT NOT NULL
) STRICT;

CREATE INDEX revisions_article ON revisions (article_id);

CREATE VIRTUAL TABLE articles_fts USING fts5(
    title,
    body,
    content="articles",
    content_rowid="id",
    tokenize="unicode61 remove_diacritics 2"
);

CREATE VIRTUAL TABLE articles_characters USING fts5(
    title,
    body,
    content="",
    tokenize="unicode61 remove_diacritics 0 categories 'L* N* M* Co'"
);
"#;

/// The articles of a month whose texts are in the database.
const ARTICLES: &str = "SELECT id FROM articles WHERE first_seen_at >= ?1 AND first_seen_at < ?2 AND volume IS NULL AND body <> '' ORDER BY id";

const ARTICLE: &str = "SELECT articles.id, sources.slug, articles.title, date, published_at, articles.url, language, words, body, authors,
         first_seen_at, revision, sha256
     FROM articles LEFT JOIN sources ON sources.id = articles.source_id WHERE articles.id = ?1";

/// The earlier wordings of an article of the month, also of one whose present text is none or newer.
const REVISIONS: &str = "SELECT article_id, revisions.revision, revisions.title, revisions.body, seen_at
     FROM articles JOIN revisions ON article_id = id
     WHERE first_seen_at >= ?1 AND first_seen_at < ?2 AND revisions.volume IS NULL AND revisions.body <> ''
     ORDER BY article_id, revisions.revision";

/// What stands in a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) struct VolumeFigures {
    pub(in crate::store) n_articles: u64,
    pub(in crate::store) n_revisions: u64,
    pub(in crate::store) bytes: u64,
    /// SHA-256 of the file, in hex.
    pub(in crate::store) sha256: String,
    pub(in crate::store) last_id: Option<i64>,
}

/// Writes the texts of a month to its file, and verifies it. `go_on` is told how many articles are in it so far, and ends it by `false`. A
/// file that an earlier attempt with this token has written is verified, and stays as it is.
pub(in crate::store) fn write(
    source: &Connection,
    database: &Path,
    month: Month,
    token: &str,
    mut go_on: impl FnMut(u64) -> bool,
) -> Result<VolumeFigures, StoreError> {
    let folder = folder_of_volumes(database);
    make_folder(&folder, database).map_err(|error| unusable(&folder, &error.to_string()))?;
    let target = file_of(&folder, month);
    if target.exists() {
        volumes::open(&target, month, Some(token)).map_err(|_| {
            unusable(&target, "a file of that name is there, which this database has not written; move it away first")
        })?;
        // It may have got its name just before its writer was killed.
        File::open(&target).and_then(|file| file.sync_all()).map_err(|error| unusable(&target, &error.to_string()))?;
        sync_folder(&folder);
        return figures(&target, month, token);
    }
    let new = NewFile::begin(CopyPlan { database, target: &target, replaces: false })?;
    // One state of the database, whatever is written meanwhile.
    let moment = source.unchecked_transaction()?;
    let digest = fill(&moment, &new, month, token, &mut go_on)?;
    moment.finish()?;
    let failed = |error: std::io::Error| unusable(&target, &error.to_string());
    let owner = fs::metadata(database).map_err(failed)?;
    give_to(&new.path(), &owner).map_err(failed)?;
    // Read from the file itself, and not from what was meant to be in it.
    let read = volumes::open(&new.path(), month, Some(token))
        .and_then(|volume| digest_of(&volume).map_err(|error| error.to_string()));
    if read != Ok(digest) {
        return Err(unusable(
            &target,
            "what was written does not read as the texts do; nothing has been moved, and the disk may be damaged",
        ));
    }
    // Nobody is to write to it any more, its owner neither.
    new.finish(Some(owner.permissions().mode() & 0o444))?;
    figures(&target, month, token)
}

/// The folder belongs to whoever has the database, and is for those who may look into that.
fn make_folder(folder: &Path, database: &Path) -> std::io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let owner = fs::metadata(database)?;
    fs::create_dir(folder)?;
    let read = owner.permissions().mode() & 0o444;
    // Who may read a file may enter its folder.
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700 | read | read >> 2))?;
    give_to(folder, &owner)?;
    // Its files are as durable as its own name is.
    sync_folder(folder_of(folder));
    Ok(())
}

/// Some file systems cannot sync a folder; its names are there all the same.
fn sync_folder(folder: &Path) {
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

/// What root makes for a service belongs to the service.
fn give_to(path: &Path, owner: &fs::Metadata) -> std::io::Result<()> {
    let made = fs::metadata(path)?;
    if (made.uid(), made.gid()) == (owner.uid(), owner.gid()) {
        return Ok(());
    }
    chown(path, Some(owner.uid()), Some(owner.gid()))
}

/// Fills the file. Returns the digest of the texts that it is to have.
fn fill(
    source: &Connection,
    new: &NewFile,
    month: Month,
    token: &str,
    go_on: &mut impl FnMut(u64) -> bool,
) -> Result<[u8; 32], StoreError> {
    let wrap = |error: rusqlite::Error| new.explain(&error);
    let Some(whole) = new.path().to_str().map(str::to_owned) else {
        return Err(unusable(&new.path(), "the name of its folder is not UTF-8, which this needs"));
    };
    let volume = Connection::open(new.draft_path()).map_err(wrap)?;
    // Nobody sees the file before it is whole: it needs no journal, and one sync at the end.
    for (name, value) in [("journal_mode", "OFF"), ("synchronous", "OFF"), ("page_size", "8192")] {
        volume.pragma_update(None, name, value).map_err(wrap)?;
    }
    volume.pragma_update(None, "application_id", VOLUME_APPLICATION_ID).map_err(wrap)?;
    volume.pragma_update(None, "user_version", VOLUME_VERSION).map_err(wrap)?;
    volume.execute_batch("BEGIN").and_then(|()| volume.execute_batch(SCHEMA)).map_err(wrap)?;
    let made_by = concat!("newswire ", env!("CARGO_PKG_VERSION"));
    let about = "INSERT INTO volume (month, token, made_by) VALUES (?1, ?2, ?3)";
    volume.execute(about, params![month, token, made_by]).map_err(wrap)?;
    let times = [month, month.next()].map(|month| month.to_string());
    let mut digest = Sha256::new();
    let mut ids = source.prepare(ARTICLES)?;
    let ids: Vec<i64> = ids.query_map([&times[0], &times[1]], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut n_articles = 0;
    for id in ids {
        n_articles += u64::from(copy_article(source, &volume, id, &mut digest).map_err(wrap)?);
        if !go_on(n_articles) {
            return Err(new.stopped());
        }
    }
    copy_revisions(source, &volume, &times, &mut digest).map_err(wrap)?;
    let index = "INSERT INTO articles_fts (articles_fts) VALUES ('rebuild'); INSERT INTO articles_fts (articles_fts) VALUES ('optimize')";
    volume.execute_batch(index).map_err(wrap)?;
    characters::index_after(&volume, 0).map_err(wrap)?;
    volume
        .execute_batch("INSERT INTO articles_characters (articles_characters) VALUES ('optimize'); COMMIT")
        .map_err(wrap)?;
    volume.execute("INSERT INTO articles_fts (articles_fts, rank) VALUES ('integrity-check', 1)", []).map_err(wrap)?;
    let verdict: String = volume.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(wrap)?;
    // Without the pages that building the index has left free.
    volume.execute("VACUUM INTO ?1", [whole]).map_err(wrap)?;
    volume.close().map_err(|(_, error)| wrap(error))?;
    if verdict != "ok" {
        return Err(unusable(&new.path(), &format!("not written: {verdict}")));
    }
    Ok(digest.finalize().into())
}

/// A text that another program has damaged stays where it is, for `doctor` to mend. Returns whether it is copied.
fn copy_article(source: &Connection, volume: &Connection, id: i64, digest: &mut Sha256) -> rusqlite::Result<bool> {
    let mut article = source.prepare_cached(ARTICLE)?;
    let mut rows = article.query([id])?;
    let Some(row) = rows.next()? else { return Ok(false) };
    let Ok(body) = row.get_ref(8)?.as_str() else { return Ok(false) };
    let mut insert = volume.prepare_cached(
        "INSERT INTO articles (id, source, title, date, published_at, url, language, words, body, authors, first_seen_at, revision, sha256)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?;
    for index in 0..13 {
        insert.raw_bind_parameter(index + 1, rusqlite::types::ToSqlOutput::Borrowed(row.get_ref(index)?))?;
    }
    insert.raw_execute()?;
    digest_text(digest, id, body);
    Ok(true)
}

fn copy_revisions(
    source: &Connection,
    volume: &Connection,
    times: &[String; 2],
    digest: &mut Sha256,
) -> rusqlite::Result<()> {
    let mut revisions = source.prepare(REVISIONS)?;
    let mut rows = revisions.query([&times[0], &times[1]])?;
    let mut insert = volume.prepare(
        "INSERT INTO revisions (row, article_id, revision, title, body, seen_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let mut number = 0;
    while let Some(row) = rows.next()? {
        let ValueRef::Text(text) = row.get_ref(3)? else { continue };
        let Ok(body) = std::str::from_utf8(text) else { continue };
        number += 1;
        insert.raw_bind_parameter(1, number)?;
        for index in 0..5 {
            insert.raw_bind_parameter(index + 2, rusqlite::types::ToSqlOutput::Borrowed(row.get_ref(index)?))?;
        }
        insert.raw_execute()?;
        digest_text(digest, -number, body);
    }
    Ok(())
}

fn digest_text(digest: &mut Sha256, row: i64, body: &str) {
    digest.update(row.to_le_bytes());
    digest.update(body.len().to_le_bytes());
    digest.update(body.as_bytes());
}

/// The digest of the texts in a file.
fn digest_of(volume: &Connection) -> rusqlite::Result<[u8; 32]> {
    let mut digest = Sha256::new();
    for sql in ["SELECT id, body FROM articles ORDER BY id", "SELECT -row, body FROM revisions ORDER BY row"] {
        let mut texts = volume.prepare(sql)?;
        let mut rows = texts.query([])?;
        while let Some(row) = rows.next()? {
            digest_text(&mut digest, row.get(0)?, row.get_ref(1)?.as_str()?);
        }
    }
    Ok(digest.finalize().into())
}

/// Counts what is in a file, and reads all of it.
fn figures(path: &Path, month: Month, token: &str) -> Result<VolumeFigures, StoreError> {
    let volume = volumes::open(path, month, Some(token)).map_err(|fault| unusable(path, &fault))?;
    let counts =
        "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM revisions), (SELECT max(id) FROM articles)";
    let wrong = |error: rusqlite::Error| unusable(path, &error.to_string());
    let (n_articles, n_revisions, last_id) =
        volume.query_row(counts, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).map_err(wrong)?;
    let (bytes, sha256) = sha256_of(path).map_err(|error| unusable(path, &error.to_string()))?;
    Ok(VolumeFigures { n_articles, n_revisions, bytes, sha256, last_id })
}

/// The size of a file, and its SHA-256 in hex.
pub(in crate::store) fn sha256_of(path: &Path) -> std::io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let mut digest = Sha256::new();
    let mut part = vec![0; 1 << 20];
    let mut bytes = 0;
    loop {
        let n = file.read(&mut part)?;
        if n == 0 {
            return Ok((bytes, hex(&digest.finalize())));
        }
        bytes += n as u64;
        digest.update(&part[..n]);
    }
}

/// What is wrong with a volume; nothing where all of it is as it was written. A file that is not goes on to be read as far as it can be.
pub(in crate::store) fn fault_of(path: &Path, month: Month, token: &str, sha256: Option<&str>) -> Option<String> {
    let volume = match volumes::open(path, month, Some(token)) {
        Ok(volume) => volume,
        Err(fault) => return Some(fault),
    };
    match sha256_of(path) {
        Ok((_, read)) if sha256.is_none_or(|sha256| sha256 == read) => None,
        Ok(_) => {
            let verdict: rusqlite::Result<Option<String>> =
                volume.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).optional();
            let told = match verdict {
                Ok(Some(verdict)) if verdict != "ok" => format!(", and is damaged ({})", verdict.replace('\n', " ")),
                Err(error) => format!(", and is damaged ({error})"),
                Ok(_) => String::new(),
            };
            Some(format!("is not as it was written{told}; put it back from a copy"))
        }
        Err(error) => Some(format!("{error}; put it back from a copy")),
    }
}

fn unusable(path: &Path, reason: &str) -> StoreError {
    StoreError::Unusable { path: path.display().to_string(), reason: reason.to_owned() }
}
