-- For feed readers on other devices an article stands with every source that lists it, and with every watch that was told of its story.

CREATE INDEX sightings_source_article ON sightings (source_id, article_id);

CREATE INDEX _told_watch ON _told (watch_id, article_id);

-- What is unread is so wherever it stands.
DROP INDEX reading_unread;

CREATE INDEX reading_unread ON reading (article_id) WHERE read_at IS NULL;

-- The articles that feed readers show: those that a source lists which was not removed.
CREATE VIEW _shown (article_id) AS
SELECT article_id FROM sightings JOIN sources ON sources.id = source_id WHERE state <> 'removed';

-- Copies that are to be read, since nothing else is shown, or was read, that has their text: neither what they copy, nor what that copies,
-- nor an earlier copy of the same.
CREATE VIEW _stand_ins (article_id) AS
SELECT id FROM articles AS this
WHERE duplicate_of IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM _shown WHERE article_id = this.duplicate_of)
    AND NOT EXISTS (SELECT 1 FROM reading WHERE article_id = this.duplicate_of AND read_at IS NOT NULL)
    AND NOT EXISTS (
        SELECT 1 FROM articles AS copied JOIN _shown ON _shown.article_id = copied.duplicate_of WHERE copied.id = this.duplicate_of)
    AND NOT EXISTS (
        SELECT 1 FROM articles AS other JOIN _shown ON _shown.article_id = other.id
        WHERE other.duplicate_of = this.duplicate_of AND other.id < this.id);

DROP TRIGGER reading_article_insert;

CREATE TRIGGER reading_article_insert AFTER INSERT ON articles WHEN EXISTS (SELECT 1 FROM _arrivals) BEGIN
    INSERT INTO _arrivals (first_id, arrived_at)
    SELECT new.id, second FROM (SELECT CAST(strftime('%s', 'now') AS INTEGER) AS second)
    WHERE (SELECT new.id > first_id AND second > arrived_at FROM _arrivals ORDER BY first_id DESC LIMIT 1);
    INSERT INTO reading (article_id, source_id)
    SELECT new.id, new.source_id
    WHERE new.source_id IS NOT NULL AND new.id NOT IN (SELECT article_id FROM reading)
        AND (new.duplicate_of IS NULL OR EXISTS (SELECT 1 FROM _stand_ins WHERE article_id = new.id));
END;

-- One that was fetched by hand, or imported without a source, is shown by the first source that lists it; it is to be read unless a copy was
-- shown before.
DROP TRIGGER reading_sighting;

CREATE TRIGGER reading_sighting AFTER INSERT ON sightings
WHEN EXISTS (SELECT 1 FROM _arrivals) AND EXISTS (SELECT 1 FROM articles WHERE id = new.article_id AND source_id IS NULL) BEGIN
    UPDATE reading SET source_id = new.source_id WHERE article_id = new.article_id AND source_id IS NULL;
    INSERT INTO reading (article_id, source_id)
    SELECT id, new.source_id FROM articles
    WHERE id = new.article_id AND id NOT IN (SELECT article_id FROM reading)
        AND (duplicate_of IS NULL OR EXISTS (SELECT 1 FROM _stand_ins WHERE article_id = new.article_id))
        AND NOT EXISTS (
            SELECT 1 FROM articles AS copy JOIN _shown ON _shown.article_id = copy.id WHERE copy.duplicate_of = new.article_id);
END;

-- A copy is not to be read again, where what it copies is shown.
DROP TRIGGER reading_article_copied;

CREATE TRIGGER reading_article_copied AFTER UPDATE OF duplicate_of ON articles
WHEN new.duplicate_of IS NOT NULL AND old.duplicate_of IS NULL BEGIN
    DELETE FROM reading WHERE article_id = new.id AND read_at IS NULL AND starred_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM _stand_ins WHERE article_id = new.id);
END;

-- What was taken for a copy and is none is to be read, unless it came in before there was anything to read.
CREATE TRIGGER reading_article_no_copy AFTER UPDATE OF duplicate_of ON articles
WHEN new.duplicate_of IS NULL AND old.duplicate_of IS NOT NULL AND EXISTS (SELECT 1 FROM _arrivals) BEGIN
    INSERT INTO reading (article_id, source_id)
    SELECT new.id, coalesce(new.source_id, (SELECT source_id FROM sightings WHERE article_id = new.id ORDER BY first_seen_at LIMIT 1))
    WHERE new.id NOT IN (SELECT article_id FROM reading)
        AND EXISTS (SELECT 1 FROM reading WHERE article_id < new.id)
        AND EXISTS (SELECT 1 FROM articles WHERE id = old.duplicate_of)
        AND EXISTS (SELECT 1 FROM _shown WHERE article_id = new.id);
END;

-- What goes unread is to be read in a copy that stays: where an article is deleted, and where no source that lists it is left.
CREATE TRIGGER reading_article_going BEFORE DELETE ON articles
WHEN EXISTS (SELECT 1 FROM reading WHERE article_id = old.id AND read_at IS NULL) BEGIN
    INSERT INTO reading (article_id, source_id)
    SELECT id, source_id FROM articles
    WHERE id = (SELECT min(copy.id) FROM articles AS copy JOIN _shown ON _shown.article_id = copy.id WHERE copy.duplicate_of = old.id)
        AND id NOT IN (SELECT article_id FROM reading);
END;

CREATE TRIGGER reading_source_removed AFTER UPDATE OF state ON sources
WHEN new.state = 'removed' AND old.state <> 'removed' AND EXISTS (SELECT 1 FROM _arrivals) BEGIN
    INSERT INTO reading (article_id, source_id)
    SELECT id, source_id FROM articles WHERE id NOT IN (SELECT article_id FROM reading) AND id IN (
        SELECT min(copy.id) FROM sightings
            JOIN reading ON reading.article_id = sightings.article_id AND read_at IS NULL
            JOIN articles AS gone ON gone.id = sightings.article_id
            JOIN articles AS copy ON copy.duplicate_of IN (gone.id, gone.duplicate_of) AND copy.id <> gone.id
            JOIN _shown ON _shown.article_id = copy.id
        WHERE sightings.source_id = new.id
            AND NOT EXISTS (SELECT 1 FROM _shown AS still WHERE still.article_id = gone.id)
            AND NOT EXISTS (
                SELECT 1 FROM articles AS other JOIN reading AS known ON known.article_id = other.id
                    JOIN _shown AS elsewhere ON elsewhere.article_id = other.id
                WHERE other.duplicate_of IN (gone.id, gone.duplicate_of) AND other.id <> gone.id)
        GROUP BY gone.id);
END;

-- The articles that were revised or removed, of which watches told, beside those of stories.
INSERT OR IGNORE INTO _told (article_id, watch_id)
SELECT articles.id, watches.id FROM messages
    JOIN articles ON articles.id = messages.article_id JOIN watches ON watches.id = messages.watch_id
WHERE messages.kind IN ('revised', 'removed');

UPDATE docs SET text = 'What feed readers on other devices have read and starred: a row for each article that came in since the first of them logged in and is no copy of one that is shown there, and for each that was marked by hand; what has no row counts as read.'
WHERE table_name = 'reading' AND column_name IS NULL;

UPDATE docs SET text = 'The source that had it first (sources.id), as in articles; where none did, the first that lists it; an article is unread with every source that lists it (sightings).'
WHERE table_name = 'reading' AND column_name = 'source_id';
