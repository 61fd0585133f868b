-- The copies of an article that is deleted do not all become originals: what they have in common they have still, and the first of them takes
-- its place.

-- Within the statement that deletes an article: whose copies its copies are from then on. Rows are there for as long as that statement.
CREATE TABLE _new_originals (
    article_id INTEGER PRIMARY KEY,
    of_id      INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    is_row     INTEGER NOT NULL                             -- whether what was measured of the two holds of these too
) STRICT;

DROP TRIGGER articles_delete;

CREATE TRIGGER articles_delete AFTER DELETE ON articles BEGIN
    UPDATE _change_state SET deleted_up_to = max(deleted_up_to, old.change_seq);
    UPDATE _wordings SET article_id =
        (SELECT min(id) FROM articles WHERE duplicate_of = old.id AND duplicate_kind = 'exact'
            AND (body = old.body OR volume IS NOT NULL OR old.volume IS NOT NULL))
    WHERE article_id = old.id
        AND EXISTS (SELECT 1 FROM articles WHERE duplicate_of = old.id AND duplicate_kind = 'exact'
            AND (body = old.body OR volume IS NOT NULL OR old.volume IS NOT NULL));
    -- An earlier one with the very text is the nearest. Exact copies of two wordings of what is deleted have not the same text.
    INSERT INTO _new_originals (article_id, of_id, kind, is_row)
    SELECT id, of_id, 'exact', 1 FROM (
        SELECT id, (
            SELECT earlier.id FROM articles AS earlier
            WHERE earlier.duplicate_of = old.id AND earlier.duplicate_kind = 'exact' AND earlier.id < copy.id
                AND (earlier.body = copy.body OR earlier.volume IS NOT NULL OR copy.volume IS NOT NULL)
            ORDER BY earlier.id LIMIT 1) AS of_id
        FROM articles AS copy WHERE duplicate_of = old.id AND duplicate_kind = 'exact')
    WHERE of_id IS NOT NULL;
    -- What was made from its text was made from that of an earlier one that reads as it.
    INSERT INTO _new_originals (article_id, of_id, kind, is_row)
    SELECT id, of_id, 'near', 1 FROM (
        SELECT id, (
            SELECT earlier.id FROM articles AS earlier
            WHERE earlier.duplicate_of = old.id AND earlier.duplicate_kind = 'exact' AND earlier.id < copy.id
                AND (earlier.body = old.body OR earlier.volume IS NOT NULL OR old.volume IS NOT NULL)
            ORDER BY earlier.id LIMIT 1) AS of_id
        FROM articles AS copy WHERE duplicate_of = old.id AND duplicate_kind = 'near')
    WHERE of_id IS NOT NULL;
    -- Where it was a copy itself, what reads as it is that copy now.
    INSERT INTO _new_originals (article_id, of_id, kind, is_row)
    SELECT copy.id, of_id, old.duplicate_kind, 0 FROM articles AS copy, _copies AS own
    WHERE copy.duplicate_of = old.id AND copy.duplicate_kind = 'exact' AND copy.id NOT IN (SELECT article_id FROM _new_originals)
        AND (copy.body = old.body OR copy.volume IS NOT NULL OR old.volume IS NOT NULL)
        AND own.article_id = old.id AND own.of_id = old.duplicate_of AND own.of_id < copy.id;
    DELETE FROM _copies WHERE article_id IN (SELECT article_id FROM _new_originals WHERE NOT is_row);
    INSERT INTO _copies (article_id, of_id, share, share_of_original, spans)
    SELECT copy.article_id, copy.of_id, own.share, own.share_of_original, own.spans FROM _new_originals AS copy, _copies AS own
    WHERE NOT copy.is_row AND own.article_id = old.id;
    UPDATE _new_originals SET is_row = 1;
    -- Of a text of which one has three quarters and another three quarters, half stands in both for certain, if it was one wording that both
    -- were measured by. How much of their own texts that is nobody has measured.
    INSERT INTO _new_originals (article_id, of_id, kind, is_row)
    SELECT id, of_id, 'near', 0 FROM (
        SELECT id, coalesce(
            (SELECT own.of_id FROM _copies AS own
             WHERE own.article_id = old.id AND own.of_id = old.duplicate_of AND own.of_id < copy.id
                 AND own.share + measured.share_of_original >= 1.5),
            (SELECT earlier.id FROM articles AS earlier JOIN _copies AS its ON its.article_id = earlier.id
             WHERE earlier.duplicate_of = old.id AND earlier.id < copy.id AND its.of_id = old.id
                 AND its.share_of_original + measured.share_of_original >= 1.5
             ORDER BY earlier.id LIMIT 1)) AS of_id
        FROM articles AS copy JOIN _copies AS measured ON measured.article_id = copy.id AND measured.of_id = old.id
        WHERE duplicate_of = old.id AND old.revision = 1 AND copy.id NOT IN (SELECT article_id FROM _new_originals))
    WHERE of_id IS NOT NULL;
    UPDATE _copies SET
        of_id = (SELECT of_id FROM _new_originals AS copy WHERE copy.article_id = _copies.article_id),
        spans = (
            SELECT json_group_array(json_array(json_extract(value, '$[0]'), json_extract(value, '$[1]'),
                iif(json_extract(value, '$[2]') = old.id, copy.of_id, json_extract(value, '$[2]'))))
            FROM _new_originals AS copy, json_each(_copies.spans) WHERE copy.article_id = _copies.article_id)
    WHERE article_id IN (SELECT article_id FROM _new_originals WHERE is_row);
    DELETE FROM _copies WHERE article_id = old.id OR of_id = old.id AND article_id IN (SELECT id FROM articles WHERE duplicate_of = old.id);
    -- One statement for all: each has a number of a change of its own by articles_standing_update.
    UPDATE articles SET
        duplicate_of = (SELECT of_id FROM _new_originals WHERE article_id = articles.id),
        duplicate_kind = (SELECT kind FROM _new_originals WHERE article_id = articles.id)
    WHERE duplicate_of = old.id;
    DELETE FROM _new_originals;
    UPDATE fetches SET article_id = NULL WHERE article_id = old.id;
    DELETE FROM revisions WHERE article_id = old.id;
    DELETE FROM sightings WHERE article_id = old.id;
    DELETE FROM story_members WHERE article_id = old.id;
    DELETE FROM _text_pages WHERE article_id = old.id;
    DELETE FROM _wordings WHERE article_id = old.id;
END;
