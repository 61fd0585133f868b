-- Of a text that is shown several times one article is unread: also where a source that was removed is followed again, and what stood in for
-- its articles meanwhile is shown beside them.

CREATE TRIGGER reading_source_back AFTER UPDATE OF state ON sources
WHEN old.state = 'removed' AND new.state <> 'removed' AND EXISTS (SELECT 1 FROM _arrivals) BEGIN
    -- What was read meanwhile is read.
    UPDATE reading SET read_at = (
        SELECT min(known.read_at) FROM articles AS back CROSS JOIN reading AS known
        WHERE back.id = reading.article_id AND known.article_id IN (
            SELECT back.duplicate_of UNION ALL SELECT id FROM articles WHERE duplicate_of = back.id
            UNION ALL SELECT id FROM articles WHERE duplicate_of = back.duplicate_of))
    WHERE read_at IS NULL AND article_id IN (SELECT article_id FROM sightings WHERE source_id = new.id)
        AND NOT EXISTS (
            SELECT 1 FROM sightings JOIN sources ON sources.id = source_id
            WHERE sightings.article_id = reading.article_id AND source_id <> new.id AND state <> 'removed');
    -- What is unread is so where it was before.
    DELETE FROM reading WHERE read_at IS NULL AND starred_at IS NULL AND article_id IN (
        SELECT other.id FROM sightings
            CROSS JOIN reading AS known ON known.article_id = sightings.article_id AND known.read_at IS NULL
            CROSS JOIN articles AS back ON back.id = sightings.article_id
            CROSS JOIN articles AS other ON other.id IN (
                SELECT back.duplicate_of UNION ALL SELECT id FROM articles WHERE duplicate_of = back.id
                UNION ALL SELECT id FROM articles WHERE duplicate_of = back.duplicate_of)
        WHERE sightings.source_id = new.id AND other.id <> back.id
            AND NOT EXISTS (SELECT 1 FROM sightings AS own WHERE own.article_id = other.id AND own.source_id = new.id)
            AND NOT EXISTS (
                SELECT 1 FROM sightings AS listed JOIN sources ON sources.id = listed.source_id
                WHERE listed.article_id = back.id AND listed.source_id <> new.id AND state <> 'removed'));
    -- What went when no copy of it was shown is to be read in the first that is.
    INSERT INTO reading (article_id, source_id)
    SELECT id, source_id FROM articles WHERE id NOT IN (SELECT article_id FROM reading) AND id IN (
        SELECT min(back.id) FROM sightings CROSS JOIN articles AS back ON back.id = sightings.article_id
        WHERE sightings.source_id = new.id
            AND EXISTS (
                SELECT 1 FROM reading AS known WHERE known.article_id IN (
                    SELECT back.duplicate_of UNION ALL SELECT id FROM articles WHERE duplicate_of = back.id
                    UNION ALL SELECT id FROM articles WHERE duplicate_of = back.duplicate_of))
            AND NOT EXISTS (
                SELECT 1 FROM reading AS known WHERE known.article_id IN (
                        SELECT back.duplicate_of UNION ALL SELECT id FROM articles WHERE duplicate_of = back.id
                        UNION ALL SELECT id FROM articles WHERE duplicate_of = back.duplicate_of)
                    AND (read_at IS NOT NULL OR EXISTS (SELECT 1 FROM _shown WHERE _shown.article_id = known.article_id)))
        GROUP BY coalesce(back.duplicate_of, back.id));
END;

-- What goes unread is to be read in what it copies too, and not in copies alone.
DROP TRIGGER reading_article_going;

CREATE TRIGGER reading_article_going BEFORE DELETE ON articles
WHEN EXISTS (SELECT 1 FROM reading WHERE article_id = old.id AND read_at IS NULL) BEGIN
    INSERT INTO reading (article_id, source_id)
    SELECT id, source_id FROM articles
    WHERE id = (
            SELECT min(other.id) FROM articles AS other
            WHERE other.id <> old.id AND EXISTS (SELECT 1 FROM _shown WHERE article_id = other.id) AND other.id IN (
                SELECT old.duplicate_of UNION ALL SELECT id FROM articles WHERE duplicate_of = old.id
                UNION ALL SELECT id FROM articles WHERE duplicate_of = old.duplicate_of))
        AND NOT EXISTS (
            SELECT 1 FROM reading AS known
            WHERE known.article_id <> old.id AND EXISTS (SELECT 1 FROM _shown WHERE _shown.article_id = known.article_id)
                AND known.article_id IN (
                    SELECT old.duplicate_of UNION ALL SELECT id FROM articles WHERE duplicate_of = old.id
                    UNION ALL SELECT id FROM articles WHERE duplicate_of = old.duplicate_of));
END;

DROP TRIGGER reading_source_removed;

CREATE TRIGGER reading_source_removed AFTER UPDATE OF state ON sources
WHEN new.state = 'removed' AND old.state <> 'removed' AND EXISTS (SELECT 1 FROM _arrivals) BEGIN
    INSERT INTO reading (article_id, source_id)
    SELECT id, source_id FROM articles WHERE id NOT IN (SELECT article_id FROM reading) AND id IN (
        SELECT min(other.id) FROM sightings
            CROSS JOIN reading AS unread ON unread.article_id = sightings.article_id AND unread.read_at IS NULL
            CROSS JOIN articles AS gone ON gone.id = sightings.article_id
            CROSS JOIN articles AS other ON other.id IN (
                SELECT gone.duplicate_of UNION ALL SELECT id FROM articles WHERE duplicate_of = gone.id
                UNION ALL SELECT id FROM articles WHERE duplicate_of = gone.duplicate_of)
        WHERE sightings.source_id = new.id AND other.id <> gone.id
            AND EXISTS (SELECT 1 FROM _shown WHERE _shown.article_id = other.id)
            AND NOT EXISTS (SELECT 1 FROM _shown WHERE _shown.article_id = gone.id)
            AND NOT EXISTS (
                SELECT 1 FROM reading AS known
                WHERE known.article_id <> gone.id AND EXISTS (SELECT 1 FROM _shown WHERE _shown.article_id = known.article_id)
                    AND known.article_id IN (
                        SELECT gone.duplicate_of UNION ALL SELECT id FROM articles WHERE duplicate_of = gone.id
                        UNION ALL SELECT id FROM articles WHERE duplicate_of = gone.duplicate_of))
        GROUP BY gone.id);
END;

UPDATE docs SET text = 'What feed readers on other devices have read and starred: a row for each article that came in since the first of them logged in, is no copy of one that is shown there and was not old when it was imported, and for each that was marked by hand; what has no row counts as read.'
WHERE table_name = 'reading' AND column_name IS NULL;
