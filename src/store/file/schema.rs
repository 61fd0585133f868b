//! The schema: who made the file, its version and the migrations that bring it there.

use std::path::Path;

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};
use tracing::info;

use crate::store::file::error::{StoreError, explain};
use crate::store::file::volumes::Volumes;
use crate::store::file::{characters, hosts, logins};

/// `PRAGMA application_id` of our databases: "nwsw". `file` and this program recognise them by it.
pub const APPLICATION_ID: i32 = 0x6e77_7377;

/// `PRAGMA application_id` of a snapshot: "nwss". A daemon and other writers refuse a file by it.
pub const SNAPSHOT_APPLICATION_ID: i32 = 0x6e77_7373;

/// `PRAGMA user_version` of the files that this program makes: the number of migrations.
pub(in crate::store) const VERSION: usize = 28;

/// The first version whose tables answer every question: later ones have added what makes them faster, and triggers. Files of these are
/// read as they are, since one with damaged pages cannot be brought to the latest version.
pub(in crate::store) const READABLE: usize = 8;

/// Every migration, in order. Released ones are never edited: there are files that they have made.
fn migrations() -> Vec<M<'static>> {
    vec![
        M::up(include_str!("../../../migrations/0001_sources.sql")),
        M::up(include_str!("../../../migrations/0002_articles.sql")),
        M::up(include_str!("../../../migrations/0003_views.sql")),
        M::up(include_str!("../../../migrations/0004_docs.sql")),
        M::up(include_str!("../../../migrations/0005_other_programs.sql")),
        M::up_with_hook(include_str!("../../../migrations/0006_history.sql"), |transaction| {
            Ok(hosts::fill(transaction)?)
        }),
        M::up_with_hook(include_str!("../../../migrations/0007_characters.sql"), |transaction| {
            Ok(characters::index_after(transaction, 0).map(|_| ())?)
        }),
        M::up(include_str!("../../../migrations/0008_questions.sql")),
        M::up(include_str!("../../../migrations/0009_large_files.sql")),
        M::up_with_hook(include_str!("../../../migrations/0010_elsewhere.sql"), |transaction| {
            Ok(logins::take_out(transaction)?)
        }),
        M::up(include_str!("../../../migrations/0011_full_text.sql")),
        M::up(include_str!("../../../migrations/0012_credentials.sql")),
        M::up(include_str!("../../../migrations/0013_sources_and_days.sql")),
        M::up(include_str!("../../../migrations/0014_stories_follow.sql")),
        M::up(include_str!("../../../migrations/0015_pages.sql")),
        M::up(include_str!("../../../migrations/0016_followers.sql")),
        M::up(include_str!("../../../migrations/0017_alarms.sql")),
        M::up(include_str!("../../../migrations/0018_watches.sql")),
        M::up(include_str!("../../../migrations/0019_reading.sql")),
        M::up(include_str!("../../../migrations/0020_streams.sql")),
        M::up(include_str!("../../../migrations/0021_refused.sql")),
        M::up(include_str!("../../../migrations/0022_heirs.sql")),
        M::up(include_str!("../../../migrations/0023_followed_again.sql")),
        M::up(include_str!("../../../migrations/0024_volumes.sql")),
        M::up(include_str!("../../../migrations/0025_queue.sql")),
        M::up(include_str!("../../../migrations/0026_shingle_parts.sql")),
        M::up(include_str!("../../../migrations/0027_new_originals.sql")),
        M::up(include_str!("../../../migrations/0028_queue_errors.sql")),
    ]
}

/// Marks an open file as ours and applies the migrations that it lacks.
pub(in crate::store) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let found: usize =
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(|error| explain(&error, path))?;
    if (1..VERSION).contains(&found) {
        info!("{}: is brought from version {found} to {VERSION}, which may take minutes", path.display());
    }
    connection.pragma_update(None, "application_id", APPLICATION_ID).map_err(|error| explain(&error, path))?;
    Migrations::new(migrations()).to_latest(connection).map_err(|error| match error {
        rusqlite_migration::Error::RusqliteError { err, .. } => explain(&err, path),
        other => StoreError::Unusable { path: path.display().to_string(), reason: format!("migration: {other}") },
    })
}

/// An empty database of this program's schema, in memory.
pub(in crate::store) fn in_memory() -> Result<Connection, StoreError> {
    let mut connection = Connection::open_in_memory()?;
    migrate(&mut connection, Path::new(":memory:"))?;
    Volumes::attach_to_writer(&connection)?;
    Ok(connection)
}

/// Makes an empty file of a version, as one that has grown by the migrations, or as one that was built anew after them. Returns whether
/// there is such a version.
pub(in crate::store) fn make_version(
    path: &Path,
    version: usize,
    page_bytes: usize,
    is_built_anew: bool,
) -> rusqlite::Result<bool> {
    if !(READABLE..=VERSION).contains(&version) {
        return Ok(false);
    }
    let mut connection = Connection::open(path)?;
    connection.pragma_update(None, "page_size", page_bytes)?;
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    Migrations::new(migrations()).to_version(&mut connection, version).map_err(|error| match error {
        rusqlite_migration::Error::RusqliteError { err, .. } => err,
        other => rusqlite::Error::ToSqlConversionFailure(Box::new(other)),
    })?;
    if is_built_anew {
        connection.execute_batch("VACUUM")?;
    }
    connection.close().map_err(|(_, error)| error)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use super::*;
    use crate::config::StoreSettings;
    use crate::store::file::open::{open_for_reading, open_for_writing};

    fn settings(path: PathBuf) -> StoreSettings {
        StoreSettings { path, ..crate::config::defaults().store }
    }

    #[test]
    fn the_version_is_that_of_the_last_migration() {
        assert_eq!(VERSION, migrations().len());
    }

    #[test]
    fn migrations_give_the_schema_on_record() {
        let folder = tempfile::tempdir().unwrap();
        let connection = open_for_writing(&settings(folder.path().join("a.db"))).unwrap();
        let mut statement = connection
            .prepare(
                "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'articles_fts_%'
                 AND name NOT LIKE 'articles_characters_%' OR type = 'trigger' ORDER BY type, name",
            )
            .unwrap();
        let schema: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
        let schema = schema.join(";\n\n") + ";\n";
        let record = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/schema.sql");
        if std::env::var_os("UPDATE_FIXTURES").is_some() {
            std::fs::write(&record, &schema).unwrap();
        }
        let expected = std::fs::read_to_string(&record).unwrap();
        assert!(schema == expected, "the schema changed; UPDATE_FIXTURES=1 refreshes {}", record.display());
    }

    #[test]
    fn logins_that_earlier_versions_wrote_down_are_taken_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let mut earlier = Connection::open(&path).unwrap();
        earlier.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
        Migrations::new(migrations()).to_version(&mut earlier, 8).unwrap();
        let rows = "INSERT INTO sources (id, slug, url, state, origin, created_at)
                 VALUES (1, 'a', 'https://ana:secret@a.example/feed', 'active', 'command', '2026-11-20T00:00:00Z');
             INSERT INTO _source_schedule (source_id, moved_to) VALUES (1, 'https://ana:secret@a.example/new');
             INSERT INTO fetches (url, purpose, started_at, elapsed_ms, bytes, error) VALUES
                 ('https://ana:secret@a.example/feed', 'poll', '2026-11-20T00:00:00Z', 1, 1, 'https://b:c@d.example: 404'),
                 ('https://a.example/@ana', 'article', '2026-11-20T00:00:00Z', 1, 1, NULL)";
        earlier.execute_batch(rows).unwrap();
        drop(earlier);
        let connection = open_for_writing(&settings(path)).unwrap();
        let told: String = connection
            .query_row(
                "SELECT (SELECT group_concat(url || coalesce(' ' || error, ''), ', ') FROM fetches) || ', ' || moved_to || ', ' || url
                 FROM _source_schedule JOIN sources ON id = source_id",
                [],
                |row| row.get(0),
            )
            .unwrap();
        let expected = "https://a.example/feed https://d.example: 404, https://a.example/@ana, https://a.example/new, \
             https://ana:secret@a.example/feed";
        assert_eq!(told, expected);
    }

    #[test]
    fn files_of_earlier_versions_become_as_new_ones_are() {
        let dump = |connection: &Connection| -> Vec<String> {
            let sql = "SELECT name || coalesce(sql, '') FROM sqlite_schema UNION ALL SELECT text FROM docs ORDER BY 1";
            let mut statement = connection.prepare(sql).unwrap();
            statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
        };
        let expected = dump(&in_memory().unwrap());
        for version in 1..VERSION {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a.db");
            let mut earlier = Connection::open(&path).unwrap();
            earlier.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
            Migrations::new(migrations()).to_version(&mut earlier, version).unwrap();
            drop(earlier);
            let read = open_for_reading(&path, Duration::ZERO);
            if version < READABLE {
                assert!(matches!(read, Err(StoreError::Older { .. })), "{version}: {read:?}");
            } else {
                drop(read.unwrap());
            }
            assert_eq!(dump(&open_for_writing(&settings(path)).unwrap()), expected, "from version {version}");
        }
    }
}
