-- What feed readers on other devices have read and starred. Nothing is written here before one of them has logged in.

CREATE TABLE reading (
    article_id INTEGER PRIMARY KEY REFERENCES articles (id),
    source_id  INTEGER REFERENCES sources (id),             -- as in `articles`
    read_at    TEXT,                                        -- NULL: it is unread
    starred_at TEXT                                         -- NULL: it is not starred
) STRICT;

CREATE INDEX reading_unread ON reading (source_id, article_id) WHERE read_at IS NULL;

CREATE INDEX reading_starred ON reading (article_id) WHERE starred_at IS NOT NULL;

-- From which article on articles came in at which time, a row a second in which any did. The first row says that somebody reads.
CREATE TABLE _arrivals (
    first_id   INTEGER PRIMARY KEY,
    arrived_at INTEGER NOT NULL                             -- seconds since 1970; grows with the number, whatever the clock does
) STRICT;

CREATE TRIGGER reading_article_insert AFTER INSERT ON articles WHEN EXISTS (SELECT 1 FROM _arrivals) BEGIN
    INSERT INTO _arrivals (first_id, arrived_at)
    SELECT new.id, second FROM (SELECT CAST(strftime('%s', 'now') AS INTEGER) AS second)
    WHERE (SELECT new.id > first_id AND second > arrived_at FROM _arrivals ORDER BY first_id DESC LIMIT 1);
    INSERT INTO reading (article_id, source_id)
    SELECT new.id, new.source_id
    WHERE new.source_id IS NOT NULL AND new.duplicate_of IS NULL AND new.id NOT IN (SELECT article_id FROM reading);
END;

-- One that was fetched by hand, or imported without a source, is shown by the first source that lists it.
CREATE TRIGGER reading_sighting AFTER INSERT ON sightings
WHEN EXISTS (SELECT 1 FROM _arrivals)
    AND EXISTS (SELECT 1 FROM articles WHERE id = new.article_id AND source_id IS NULL AND duplicate_of IS NULL) BEGIN
    UPDATE reading SET source_id = new.source_id WHERE article_id = new.article_id AND source_id IS NULL;
    INSERT INTO reading (article_id, source_id)
    SELECT new.article_id, new.source_id WHERE new.article_id NOT IN (SELECT article_id FROM reading);
END;

-- A copy is not to be read again.
CREATE TRIGGER reading_article_copied AFTER UPDATE OF duplicate_of ON articles
WHEN new.duplicate_of IS NOT NULL AND old.duplicate_of IS NULL BEGIN
    DELETE FROM reading WHERE article_id = new.id AND read_at IS NULL AND starred_at IS NULL;
END;

CREATE TRIGGER reading_article_source AFTER UPDATE OF source_id ON articles WHEN new.source_id IS NOT old.source_id BEGIN
    UPDATE reading SET source_id = new.source_id WHERE article_id = new.id;
END;

CREATE TRIGGER reading_article_delete AFTER DELETE ON articles BEGIN
    DELETE FROM reading WHERE article_id = old.id;
END;

INSERT INTO docs (table_name, column_name, text) VALUES
('reading', NULL, 'What feed readers on other devices have read and starred: a row for each article that came in since the first of them logged in and is no copy, and for each that was marked by hand; what has no row counts as read.'),
('reading', 'article_id', 'The article (articles.id).'),
('reading', 'source_id', 'The source that had it first (sources.id), as in articles; where none did, the first that lists it.'),
('reading', 'read_at', 'When it was marked as read, RFC 3339 UTC; NULL while it is unread.'),
('reading', 'starred_at', 'When it was starred, RFC 3339 UTC; NULL where it is not.');
