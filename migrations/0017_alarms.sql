-- What goes wrong of the intake, with its history, and what each source is used to, against which it is judged.

CREATE TABLE alarms (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,           -- never given again
    kind       TEXT NOT NULL,
    subject    TEXT,                                        -- a source's slug or a publisher; NULL: the database, or all of the intake
    source_id  INTEGER REFERENCES sources (id) ON DELETE SET NULL,
    since      TEXT,                                        -- when what is wrong began, where that is known
    opened_at  TEXT NOT NULL,                               -- when it was noticed
    closed_at  TEXT,                                        -- NULL: it is open
    why        TEXT NOT NULL,
    closed_why TEXT,
    confidence REAL                                         -- NULL: it is certain
) STRICT;

CREATE UNIQUE INDEX alarms_open ON alarms (kind, coalesce(subject, '')) WHERE closed_at IS NULL;

CREATE INDEX alarms_opened_at ON alarms (opened_at);

CREATE INDEX alarms_source ON alarms (source_id) WHERE source_id IS NOT NULL;

CREATE TABLE _habits (
    source_id INTEGER PRIMARY KEY REFERENCES sources (id) ON DELETE CASCADE,
    state     BLOB NOT NULL
) STRICT;

CREATE TABLE _alarm_state (
    id             INTEGER PRIMARY KEY CHECK (id = 1),
    looked_at      INTEGER,                                 -- when alarms were last looked for; NULL: never
    articles_up_to INTEGER NOT NULL                         -- the last article that habits have learned from
) STRICT;

INSERT INTO _alarm_state (id, articles_up_to) VALUES (1, -1);

INSERT INTO docs (table_name, column_name, text) VALUES
    ('alarms', NULL, 'Something of the intake that is wrong, or was: opened by the daemon when it is noticed, closed when it is over.'),
    ('alarms', 'id', 'Number of the alarm, never given to another one.'),
    ('alarms', 'kind', 'What is wrong: failing, gone, gate, gap, list, log, disk, clock, intake (nearly all sources silent at once), silent, fewer, quality, shorter or partial.'),
    ('alarms', 'subject', 'Slug of the source, or the publisher; NULL where it is the database or the intake as a whole.'),
    ('alarms', 'source_id', 'The source, if it is about one.'),
    ('alarms', 'since', 'When what is wrong began, RFC 3339 UTC; NULL where that is not known.'),
    ('alarms', 'opened_at', 'When it was noticed, RFC 3339 UTC.'),
    ('alarms', 'closed_at', 'When it was over, RFC 3339 UTC; NULL while it is open.'),
    ('alarms', 'why', 'What is wrong, in a sentence.'),
    ('alarms', 'closed_why', 'Why it is over.'),
    ('alarms', 'confidence', 'Probability that something is lost, by the habits of the source; NULL where it is certain.');
