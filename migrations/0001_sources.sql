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
    site_url   TEXT                                                          -- the page for people, where it is known
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
    children            TEXT                 -- JSON: the sitemaps of an index that were read last; NULL: none
) STRICT;

CREATE INDEX _source_schedule_due ON _source_schedule (next_due_at) WHERE next_due_at IS NOT NULL;

-- The process that ingests, at most one at a time; it writes a row here as a sign of life.
CREATE TABLE _daemon (
    id           INTEGER PRIMARY KEY CHECK (id = 1),
    pid          INTEGER NOT NULL,
    version      TEXT NOT NULL,
    started_at   INTEGER NOT NULL,
    heartbeat_at INTEGER NOT NULL,
    stopped_at   INTEGER                     -- NULL while it runs, and after it was killed
) STRICT;
