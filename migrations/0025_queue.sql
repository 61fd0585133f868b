-- How the queue is by which workers get the work of the daemon, as the daemon writes it with each sign of life.

-- There is no row where it works without one, and after it was stopped.
CREATE TABLE _queue (
    id                INTEGER PRIMARY KEY CHECK (id = 1),
    told_at           INTEGER NOT NULL,
    servers           TEXT NOT NULL,                        -- their addresses, without credentials
    server            TEXT,                                 -- the name of that which it is connected to, or was last
    is_away           INTEGER NOT NULL,
    since             INTEGER NOT NULL,                     -- when it was connected, or ceased to be
    error             TEXT,
    is_sole           INTEGER NOT NULL,                     -- whether the daemon works alone since it is away
    n_workers         INTEGER NOT NULL,
    n_refused         INTEGER NOT NULL,
    n_in_stock        INTEGER NOT NULL,
    n_out             INTEGER NOT NULL,
    n_shards          INTEGER NOT NULL,
    n_shards_held     INTEGER NOT NULL,
    unattended_since  INTEGER,                              -- NULL: each shard is looked after, or the queue is away
    epoch             INTEGER NOT NULL,
    n_reported        INTEGER NOT NULL,                     -- this and the next two since the daemon started
    n_lost            INTEGER NOT NULL,
    n_stale           INTEGER NOT NULL,
    n_reports_waiting INTEGER                               -- NULL: that is not known
) STRICT;

-- Workers that were heard of within the hour, at most some hundreds.
CREATE TABLE _queue_workers (
    worker          TEXT PRIMARY KEY,
    machine         TEXT NOT NULL,
    version         TEXT NOT NULL,
    n_poll_slots    INTEGER NOT NULL,
    n_article_slots INTEGER NOT NULL,
    n_in_work       INTEGER NOT NULL,
    n_shards        INTEGER NOT NULL,
    epoch           INTEGER NOT NULL,
    first_heard_at  INTEGER NOT NULL,
    heard_at        INTEGER NOT NULL,
    is_heard        INTEGER NOT NULL,                       -- 0: it is silent
    is_embedded     INTEGER NOT NULL,
    refused         TEXT                                    -- why it gets no work; NULL: it gets some
) STRICT, WITHOUT ROWID;

UPDATE docs SET text = replace(text, 'disk, clock, receiver', 'disk, clock, queue (it is away, or has no workers), receiver')
WHERE table_name = 'alarms' AND column_name = 'kind';
