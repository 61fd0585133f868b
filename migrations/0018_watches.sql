-- What somebody wants to be told of, and what there is to be told.

CREATE TABLE watches (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,         -- never given again
    name         TEXT NOT NULL UNIQUE,
    query        TEXT,                                      -- as it is typed for a search; NULL: whatever the rest says
    source_id    INTEGER REFERENCES sources (id),
    language     TEXT,
    kind         TEXT NOT NULL CHECK (kind IN ('story-new', 'grows-to', 'revised', 'removed')),
    min_sources  INTEGER NOT NULL DEFAULT 1 CHECK (min_sources >= 1),
    receivers    TEXT NOT NULL CHECK (json_valid(receivers)),
    state        TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused')),
    created_at   TEXT NOT NULL,
    begins_after INTEGER NOT NULL                           -- a change_seq: it is told of later changes
) STRICT;

CREATE TABLE messages (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    key         TEXT NOT NULL UNIQUE,                       -- the same however often it is sent
    watch_id    INTEGER,
    alarm_id    INTEGER,
    kind        TEXT NOT NULL,
    subject     TEXT NOT NULL,
    story_id    INTEGER,
    article_id  INTEGER,
    receiver    TEXT NOT NULL,
    payload     TEXT NOT NULL CHECK (json_type(payload) = 'object'),
    made_at     TEXT NOT NULL,
    state       TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent')),
    sent_at     TEXT,
    n_tries     INTEGER NOT NULL DEFAULT 0,
    next_try_at TEXT,
    error       TEXT,
    UNIQUE (watch_id, kind, subject, receiver)
) STRICT;

CREATE INDEX messages_waiting ON messages (receiver, next_try_at) WHERE state = 'waiting';

CREATE INDEX messages_sent ON messages (sent_at) WHERE state = 'sent';

CREATE INDEX messages_alarm ON messages (alarm_id) WHERE alarm_id IS NOT NULL;

CREATE INDEX alarms_closed_at ON alarms (closed_at) WHERE closed_at IS NOT NULL;

-- Up to which change all was judged.
CREATE TABLE _watch_state (judged_up_to INTEGER NOT NULL, generation INTEGER NOT NULL) STRICT;

INSERT INTO _watch_state (judged_up_to, generation)
SELECT max(coalesce((SELECT max(change_seq) FROM articles), 0), coalesce((SELECT deleted_up_to FROM _change_state), 0)), 0;

-- Whoever changes watches, the daemon reads them anew.
CREATE TRIGGER watches_insert AFTER INSERT ON watches BEGIN UPDATE _watch_state SET generation = generation + 1; END;

CREATE TRIGGER watches_update AFTER UPDATE ON watches BEGIN UPDATE _watch_state SET generation = generation + 1; END;

CREATE TRIGGER watches_delete AFTER DELETE ON watches BEGIN
    UPDATE _watch_state SET generation = generation + 1;
    DELETE FROM _told WHERE watch_id = old.id;
    DELETE FROM messages WHERE watch_id = old.id AND state = 'waiting';
END;

-- The articles of stories that a watch was told of: whatever story they come into, it is none that is new.
CREATE TABLE _told (
    article_id INTEGER NOT NULL,
    watch_id   INTEGER NOT NULL,
    PRIMARY KEY (article_id, watch_id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER articles_told_delete AFTER DELETE ON articles BEGIN DELETE FROM _told WHERE article_id = old.id; END;

-- Receivers that have failed, by their names in the settings.
CREATE TABLE _receivers (
    name          TEXT PRIMARY KEY,
    failing_since TEXT,
    paused_at     TEXT,
    error         TEXT
) STRICT, WITHOUT ROWID;

INSERT INTO docs (table_name, column_name, text) VALUES
('watches', NULL, 'A row is what somebody wants to be told of: a saved search, and what about it.'),
('watches', 'id', 'Number of the watch; never given again.'),
('watches', 'name', 'Its name.'),
('watches', 'query', 'What is looked for, as it is typed for a search; NULL: everything that the other columns allow.'),
('watches', 'source_id', 'The source whose articles count; NULL: any.'),
('watches', 'language', 'The language in which articles count; NULL: any.'),
('watches', 'kind', 'What is told: story-new (a story appears), grows-to (it grows to min_sources newsrooms), revised or removed (an article is).'),
('watches', 'min_sources', 'The newsrooms by which a story must be told; those that print another one''s report do not count.'),
('watches', 'receivers', 'The names of the receivers that are told, as the settings have them (JSON array).'),
('watches', 'state', 'active or paused.'),
('watches', 'created_at', 'When it was added, RFC 3339 UTC.'),
('watches', 'begins_after', 'The last change (articles.change_seq) before it was added; later ones are told.'),
('messages', NULL, 'A row is a message to a receiver, which is kept for 30 days after it was sent.'),
('messages', 'id', 'Number of the message.'),
('messages', 'key', 'Idempotency key: the same however often the message is sent.'),
('messages', 'watch_id', 'The watch that it is of; NULL: of none.'),
('messages', 'alarm_id', 'The alarm that it is of; NULL: of none.'),
('messages', 'kind', 'What is told: that of the watch, alarm-opened or alarm-closed.'),
('messages', 'subject', 'What it is about; of one watch no two messages of a kind are about the same.'),
('messages', 'story_id', 'The story that it is about, by its number then.'),
('messages', 'article_id', 'The article by which it came about.'),
('messages', 'receiver', 'The name of the receiver in the settings.'),
('messages', 'payload', 'What is told: a JSON object.'),
('messages', 'made_at', 'When it was made, RFC 3339 UTC.'),
('messages', 'state', 'waiting or sent.'),
('messages', 'sent_at', 'When its receiver took it, RFC 3339 UTC.'),
('messages', 'n_tries', 'How often it was tried.'),
('messages', 'next_try_at', 'When it is tried next, at the earliest, RFC 3339 UTC; NULL: at once.'),
('messages', 'error', 'Why the last try failed.');
