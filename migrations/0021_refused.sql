-- Messages that their receivers refuse and take others, which are set aside; and stories that had grown before somebody watched.

DROP TRIGGER watches_delete;

CREATE TABLE messages_anew (
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
    state       TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'refused')),
    sent_at     TEXT,
    n_tries     INTEGER NOT NULL DEFAULT 0,
    next_try_at TEXT,
    error       TEXT,
    n_refusals  INTEGER NOT NULL DEFAULT 0,
    refused_at  TEXT,                                       -- for the first time
    UNIQUE (watch_id, kind, subject, receiver)
) STRICT;

INSERT INTO messages_anew (id, key, watch_id, alarm_id, kind, subject, story_id, article_id, receiver, payload, made_at, state, sent_at, n_tries,
    next_try_at, error)
SELECT id, key, watch_id, alarm_id, kind, subject, story_id, article_id, receiver, payload, made_at, state, sent_at, n_tries, next_try_at, error
FROM messages;

-- Numbers of messages that were deleted are not given again.
DELETE FROM sqlite_sequence WHERE name = 'messages_anew';

UPDATE sqlite_sequence SET name = 'messages_anew' WHERE name = 'messages';

DROP TABLE messages;

ALTER TABLE messages_anew RENAME TO messages;

CREATE INDEX messages_waiting ON messages (receiver, next_try_at) WHERE state = 'waiting';

CREATE INDEX messages_sent ON messages (sent_at) WHERE state = 'sent';

CREATE INDEX messages_refused ON messages (receiver) WHERE state = 'refused';

CREATE INDEX messages_alarm ON messages (alarm_id) WHERE alarm_id IS NOT NULL;

CREATE TRIGGER watches_delete AFTER DELETE ON watches BEGIN
    UPDATE _watch_state SET generation = generation + 1;
    DELETE FROM _told WHERE watch_id = old.id;
    DELETE FROM messages WHERE watch_id = old.id AND state <> 'sent';
END;

-- A watch of growing stories knows those that had grown when it was added as if it had told them. Of one that there is it is too late to see
-- which they were; those that have not changed since all was judged are.
INSERT OR IGNORE INTO _told (article_id, watch_id)
SELECT article_id, watches.id FROM watches JOIN stories ON n_sources >= min_sources
    JOIN story_members ON story_members.story_id = stories.id
WHERE watches.kind = 'grows-to' AND NOT EXISTS (
    SELECT 1 FROM story_members AS member JOIN articles ON articles.id = member.article_id
    WHERE member.story_id = stories.id AND articles.change_seq > (SELECT judged_up_to FROM _watch_state));

UPDATE docs SET text = 'waiting, sent, or refused: its receiver has refused it again and again, and takes others.'
WHERE table_name = 'messages' AND column_name = 'state';

UPDATE docs SET text = 'A row is a message to a receiver, which is kept for 30 days after it was sent, or refused for the first time and set aside.'
WHERE table_name = 'messages' AND column_name IS NULL;

UPDATE docs SET text = replace(text, 'disk, clock, intake', 'disk, clock, receiver (a receiver of messages takes none), intake')
WHERE table_name = 'alarms' AND column_name = 'kind';

UPDATE docs SET text = replace(text, 'or the publisher;', 'the publisher, or the name of the receiver;')
WHERE table_name = 'alarms' AND column_name = 'subject';

INSERT INTO docs (table_name, column_name, text) VALUES
('messages', 'n_refusals', 'How often its receiver has said that it will not take it, whenever it is sent.'),
('messages', 'refused_at', 'When its receiver first said so, RFC 3339 UTC; NULL: it has not.');
