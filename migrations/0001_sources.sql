-- What we follow, and when each is due.

CREATE TABLE sources (
    id         INTEGER PRIMARY KEY,
    slug       TEXT NOT NULL UNIQUE,
    kind       TEXT CHECK (kind IN ('feed', 'sitemap', 'page', 'article')),   -- NULL until the first poll found out
    url        TEXT,                                                         -- NULL for what was imported from files
    title      TEXT,                                                         -- as the source calls itself
    state      TEXT NOT NULL CHECK (state IN (
                   'active',    -- polled when due
                   'manual',    -- polled when asked for: addresses given to `fetch`, sources of imported files
                   'paused',    -- not polled, by the user's wish
                   'gone',      -- not polled, since its server said 410
                   'removed'    -- not polled, since it is no longer listed; its articles stay
               )),
    tags       TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(tags)),
    origin     TEXT NOT NULL CHECK (origin IN ('file', 'command')),          -- the sources file, or a command
    created_at TEXT NOT NULL,
    full_text  TEXT NOT NULL DEFAULT 'auto' CHECK (full_text IN ('auto', 'feed', 'page')),   -- where texts are taken from
    link_selectors TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(link_selectors)),            -- of a page's links, in CSS
    site_url   TEXT,                                                         -- the page for people, where it is known
    proxy      TEXT                                                          -- 'direct' or an address without credentials; NULL: the usual way
) STRICT;

-- Times in tables of our own are milliseconds since 1970 UTC.
CREATE TABLE _source_schedule (
    source_id           INTEGER PRIMARY KEY REFERENCES sources (id) ON DELETE CASCADE,
    next_due_at         INTEGER,             -- while claimed: when the lease runs out; NULL: not to be polled
    claim_id            INTEGER,             -- NULL: not claimed
    interval_s          INTEGER,
    failures_in_a_row   INTEGER NOT NULL DEFAULT 0,
    etag                TEXT,
    last_modified       TEXT,
    body_sha256         BLOB,
    last_polled_at      INTEGER,
    last_ok_at          INTEGER,
    last_new_article_at INTEGER,
    error_class         TEXT,                -- of the last poll; NULL when it went well
    error               TEXT,
    problems            TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(problems)),
    rhythm              BLOB,                -- when it brings items, and what it asked for; NULL before the first poll
    moved_to            TEXT,                -- where its server says that it is now
    n_moved             INTEGER NOT NULL DEFAULT 0,   -- answers in a row that said so; from some number on it is asked there
    n_vain              INTEGER NOT NULL DEFAULT 0,   -- conditional requests in a row that were answered in full, with nothing new
    children            TEXT,                -- JSON: the sitemaps of an index that were read last; NULL: none
    n_claims            INTEGER NOT NULL DEFAULT 0,   -- claims in a row that have not ended; more than one: a process died with it
    is_sound            INTEGER NOT NULL DEFAULT 0    -- its last answer came soon, and was one; others wait in a lane of their own
) STRICT;

-- The longest wait by the settings of the process that last opened the file to write: what is due later still was written
-- by a clock that was ahead. At first it is that of the settings as they come.
CREATE TABLE _schedule_state (
    id        INTEGER PRIMARY KEY CHECK (id = 1),
    longest_s INTEGER NOT NULL
) STRICT;

INSERT INTO _schedule_state (id, longest_s) VALUES (1, 1296000);

CREATE INDEX _source_schedule_lane ON _source_schedule (is_sound, next_due_at) WHERE next_due_at IS NOT NULL;

-- Stretches of time of which a source's items are missing: two polls that had nothing in common.
CREATE TABLE gaps (
    id         INTEGER PRIMARY KEY,
    source_id  INTEGER NOT NULL REFERENCES sources (id),
    began_at   TEXT NOT NULL,                -- when a poll last showed all there was
    ended_at   TEXT NOT NULL,                -- when the oldest item was published that we have since
    n_missed   INTEGER,                      -- about how many items; NULL where that cannot be told
    noticed_at TEXT NOT NULL,
    healed_at  TEXT,                         -- when the site's news sitemap was asked for them; NULL: not yet
    n_healed   INTEGER                       -- how many it brought
) STRICT;

CREATE INDEX gaps_source ON gaps (source_id, began_at);
CREATE INDEX gaps_open ON gaps (source_id, noticed_at) WHERE healed_at IS NULL;

-- What is believed still of robots.txt files, so that not every process asks for them anew; at most some thousands.
CREATE TABLE _robots (
    origin      TEXT PRIMARY KEY,            -- scheme, host and port
    text        BLOB NOT NULL,               -- as it was served; empty where there is none
    expires_at  INTEGER NOT NULL,
    error_class TEXT,                        -- of why it could not be read, which disallows everything; NULL: it could
    error       TEXT
) STRICT;

CREATE INDEX _robots_expiry ON _robots (expires_at);

-- Publishers that asked to be left in peace, by `Retry-After` or a 429; at most some thousands.
CREATE TABLE _host_holds (
    publisher        TEXT PRIMARY KEY,
    held_until       INTEGER NOT NULL,
    n_complaints     INTEGER NOT NULL,       -- in a row, without saying when to come back
    complained_until INTEGER,                -- until when the last one is remembered; NULL: there was none
    forgotten_at     INTEGER NOT NULL        -- the later of the two
) STRICT, WITHOUT ROWID;

CREATE INDEX _host_holds_end ON _host_holds (forgotten_at);

-- The process that ingests, at most one at a time; it writes a row here as a sign of life.
CREATE TABLE _daemon (
    id           INTEGER PRIMARY KEY CHECK (id = 1),
    pid          INTEGER NOT NULL,
    version      TEXT NOT NULL,
    started_at   INTEGER NOT NULL,
    heartbeat_at INTEGER NOT NULL,
    stopped_at   INTEGER                     -- NULL while it runs, and after it was killed
) STRICT;
