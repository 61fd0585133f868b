//! What hosts have said, for the next process: the rows of `_robots` and `_host_holds`.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::model::HostMemory;
use crate::store::file::columns::private_time;
use crate::store::file::host_memory::ROWS_MAX;

/// Writes down what has changed.
pub(in crate::store) fn remember(connection: &Connection, news: &HostMemory) -> rusqlite::Result<()> {
    for robots in &news.robots {
        let failure = robots.text.as_ref().err();
        connection
            .prepare_cached(
                "INSERT INTO _robots (origin, text, expires_at, error_class, error) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (origin) DO UPDATE SET text = excluded.text, expires_at = excluded.expires_at,
                     error_class = excluded.error_class, error = excluded.error",
            )?
            .execute(params![
                robots.origin,
                robots.text.as_deref().unwrap_or_default(),
                private_time(robots.expires_at),
                failure.map(|failure| failure.class.as_str()),
                failure.map(|failure| &failure.reason),
            ])?;
    }
    for hold in &news.holds {
        let forgotten_at = hold.complained_until.map_or(hold.until, |until| until.max(hold.until));
        connection
            .prepare_cached(
                "INSERT INTO _host_holds (publisher, held_until, n_complaints, complained_until, forgotten_at)
                 VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (publisher) DO UPDATE SET
                     held_until = iif(?6, max(held_until, excluded.held_until), excluded.held_until),
                     n_complaints = iif(?6, n_complaints, excluded.n_complaints),
                     complained_until = iif(
                         ?6,
                         coalesce(
                             max(complained_until, excluded.complained_until), complained_until, excluded.complained_until
                         ),
                         excluded.complained_until
                     ),
                     forgotten_at = iif(?6, max(forgotten_at, excluded.forgotten_at), excluded.forgotten_at)",
            )?
            .execute(params![
                hold.publisher,
                private_time(hold.until),
                hold.n_complaints,
                hold.complained_until.map(private_time),
                private_time(forgotten_at),
                hold.is_borrowed,
            ])?;
    }
    Ok(())
}

/// Deletes what holds no longer, and what is beyond the bounds.
pub(super) fn prune(connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    for (table, key, end) in [("_robots", "origin", "expires_at"), ("_host_holds", "publisher", "forgotten_at")] {
        connection.prepare_cached(&format!("DELETE FROM {table} WHERE {end} <= ?1"))?.execute([private_time(now)])?;
        connection
            .prepare_cached(&format!(
                "DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} ORDER BY {end} DESC LIMIT -1 OFFSET ?1)"
            ))?
            .execute([ROWS_MAX])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::model::{ErrorClass, Failure, HostHold, KnownRobots};
    use crate::store::file::host_memory::load;
    use crate::store::file::open::open_for_writing;

    #[test]
    fn what_hosts_said_is_kept_for_its_time_and_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = config::defaults().store;
        settings.path = folder.path().join("a.db");
        let connection = open_for_writing(&settings).unwrap();
        let at = |second: i64| Timestamp::from_second(1_800_000_000 + second).unwrap();
        let robots = |name: &str, second| KnownRobots {
            origin: format!("https://{name}.example"),
            text: Ok(b"User-agent: *\nDisallow: /a\n".to_vec()),
            expires_at: at(second),
        };
        let unreadable = |name: &str, second| KnownRobots {
            text: Err(Failure { class: ErrorClass::Http5xx, reason: "the server answered 503".to_owned() }),
            ..robots(name, second)
        };
        let hold = |name: &str, second, complained: Option<i64>| HostHold {
            publisher: format!("{name}.example"),
            until: at(second),
            n_complaints: 3,
            complained_until: complained.map(at),
            is_borrowed: false,
        };
        let news = HostMemory {
            robots: vec![robots("a", 10), unreadable("b", 20), robots("a", 30)],
            holds: vec![hold("a", 10, Some(40)), hold("b", 10, None), hold("c", 40, None)],
        };
        remember(&connection, &news).unwrap();
        let known = load(&connection, at(15)).unwrap();
        assert_eq!(known.robots, [robots("a", 30), unreadable("b", 20)]);
        assert_eq!(known.holds.len(), 2, "{known:?}");
        assert!(known.holds.contains(&hold("a", 10, Some(40))) && known.holds.contains(&hold("c", 40, None)));
        // Who borrowed a turn counts nothing, and takes back nothing.
        let borrowed =
            |second, complained| HostHold { n_complaints: 0, is_borrowed: true, ..hold("a", second, complained) };
        let heard = vec![borrowed(5, None), borrowed(12, Some(20))];
        remember(&connection, &HostMemory { robots: Vec::new(), holds: heard }).unwrap();
        let known = load(&connection, at(15)).unwrap();
        assert!(known.holds.contains(&hold("a", 12, Some(40))), "{known:?}");
        let n_rows = || -> (u32, u32) {
            let count = "SELECT (SELECT count(*) FROM _robots), (SELECT count(*) FROM _host_holds)";
            connection.query_row(count, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
        };
        prune(&connection, at(25)).unwrap();
        assert_eq!(n_rows(), (1, 2));
        let many = (0..i64::from(ROWS_MAX) + 100).map(|n| robots(&format!("n{n}"), 1000 + n)).collect();
        remember(&connection, &HostMemory { robots: many, holds: Vec::new() }).unwrap();
        prune(&connection, at(25)).unwrap();
        assert_eq!(n_rows(), (ROWS_MAX, 2));
        assert_eq!(load(&connection, at(25)).unwrap().robots[0], robots(&format!("n{}", ROWS_MAX + 99), 1000 + 4099));
    }
}
