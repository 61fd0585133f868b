-- Months that are over, whose texts stand in files of their own beside the database.

-- A row is written before its file, and says how far it is: a process that was killed leaves it to the next one to go on.
CREATE TABLE volumes (
    month       TEXT PRIMARY KEY CHECK (month GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]'),
    state       TEXT NOT NULL CHECK (state IN (
                    'writing',   -- the file is not there yet, or not whole; all texts are here
                    'moving',    -- the file is whole; texts that it has are taken out here
                    'closed'
                )),
    token       TEXT NOT NULL,                              -- which the file has too, and no other
    n_articles  INTEGER,                                    -- in the file; NULL while it is written
    n_revisions INTEGER,
    bytes       INTEGER,
    sha256      TEXT,                                       -- of the file, in hex
    last_id     INTEGER,                                    -- the largest number of an article in it
    closed_at   TEXT
) STRICT;

-- NULL: the text is here.
ALTER TABLE articles ADD COLUMN volume TEXT;
ALTER TABLE revisions ADD COLUMN volume TEXT;
ALTER TABLE revisions ADD COLUMN volume_row INTEGER;

-- Empty as long as no month is closed.
CREATE INDEX articles_volume ON articles (volume) WHERE volume IS NOT NULL;
CREATE INDEX revisions_volume ON revisions (volume) WHERE volume IS NOT NULL;

-- A text that moves to a volume is no change.
DROP TRIGGER articles_update;

CREATE TRIGGER articles_update AFTER UPDATE OF
    source_id, title, date, published_at, url, language, body, authors, body_kind, quality, site_name, section, keywords, image_url
ON articles WHEN new.change_seq = old.change_seq AND (new.volume IS NULL OR new.volume IS old.volume) BEGIN
    UPDATE articles SET change_seq = 1 + (
        SELECT max((SELECT max(change_seq) FROM articles), (SELECT deleted_up_to FROM _change_state)))
    WHERE id = new.id;
    INSERT INTO _changed_elsewhere (article_id) SELECT new.id WHERE new.id NOT IN (SELECT article_id FROM _changed_elsewhere);
END;

-- Another program that gives an article of a volume a text means that one.
CREATE TRIGGER articles_volume_left AFTER UPDATE OF body ON articles
WHEN new.volume IS NOT NULL AND new.volume IS old.volume AND new.body <> '' BEGIN
    UPDATE articles SET volume = NULL WHERE id = new.id;
END;

-- Of what stands in a volume there is no text here to compare: what is marked as an exact copy is taken for one.
DROP TRIGGER articles_delete;

CREATE TRIGGER articles_delete AFTER DELETE ON articles BEGIN
    UPDATE _change_state SET deleted_up_to = max(deleted_up_to, old.change_seq);
    DELETE FROM _copies WHERE article_id = old.id OR article_id IN (SELECT id FROM articles WHERE duplicate_of = old.id);
    UPDATE _wordings SET article_id =
        (SELECT min(id) FROM articles WHERE duplicate_of = old.id AND duplicate_kind = 'exact'
            AND (body = old.body OR volume IS NOT NULL OR old.volume IS NOT NULL))
    WHERE article_id = old.id
        AND EXISTS (SELECT 1 FROM articles WHERE duplicate_of = old.id AND duplicate_kind = 'exact'
            AND (body = old.body OR volume IS NOT NULL OR old.volume IS NOT NULL));
    UPDATE articles SET duplicate_of = NULL, duplicate_kind = NULL WHERE duplicate_of = old.id;
    UPDATE fetches SET article_id = NULL WHERE article_id = old.id;
    DELETE FROM revisions WHERE article_id = old.id;
    DELETE FROM sightings WHERE article_id = old.id;
    DELETE FROM story_members WHERE article_id = old.id;
    DELETE FROM _text_pages WHERE article_id = old.id;
    DELETE FROM _wordings WHERE article_id = old.id;
END;

-- A document without its text is none.
DROP VIEW bundle_documents;

CREATE VIEW bundle_documents AS
SELECT
    id                    AS article_id,
    story_id,
    substr(sha256, 1, 16) AS name_hash,
    CASE WHEN volume IS NULL THEN
        coalesce(title, '') || newline || coalesce(date, '') || newline || coalesce(url, '') || newline
            || body || CASE body WHEN '' THEN '' ELSE newline END
    END AS text
FROM articles, (SELECT '
' AS newline);

UPDATE docs SET text = 'The text, one paragraph a line, in Unicode form NFC; empty where it stands in a volume.'
WHERE table_name = 'articles' AND column_name = 'body';

UPDATE docs SET text = 'Text as it was, one paragraph a line; empty where it stands in a volume.'
WHERE table_name = 'revisions' AND column_name = 'body';

UPDATE docs SET text = 'Text, as in articles.body: of articles in a volume the headline alone is in the index.'
WHERE table_name IN ('articles_fts', 'articles_characters') AND column_name = 'body';

UPDATE docs SET text = 'The document: title, date (YYYYMMDD) and address, a line each, then one paragraph a line; NULL where its text stands in a volume.'
WHERE table_name = 'bundle_documents' AND column_name = 'text';

INSERT INTO docs (table_name, column_name, text) VALUES
('volumes', NULL, 'A row is a month that is over, whose texts stand in a file of their own: the folder beside the database whose name ends in .volumes has it.'),
('volumes', 'month', 'The month in which its articles were first seen, YYYY-MM in UTC; its file is named so, with .db behind.'),
('volumes', 'state', 'writing (all texts are here), moving (the file is whole, and some of its texts are still here too) or closed.'),
('volumes', 'token', 'A name that its file has too, and no other.'),
('volumes', 'n_articles', 'Articles whose text it has; NULL while it is written.'),
('volumes', 'n_revisions', 'Earlier wordings that it has; NULL while it is written.'),
('volumes', 'bytes', 'Size of the file; NULL while it is written.'),
('volumes', 'sha256', 'SHA-256 of the file, in hex; NULL while it is written.'),
('volumes', 'last_id', 'The largest number (articles.id) of an article in it; NULL where there is none.'),
('volumes', 'closed_at', 'When it was closed, RFC 3339 UTC; NULL before.'),
('articles', 'volume', 'The month (volumes.month) whose file has the text, and body is empty; NULL: body has it.'),
('revisions', 'volume', 'The month (volumes.month) whose file has the text, and body is empty; NULL: body has it.'),
('revisions', 'volume_row', 'Where the text stands in that file: above 0 articles.id, below 0 revisions.row without its sign.');
