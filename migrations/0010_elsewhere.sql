-- What other programs UPDATE or REPLACE: whose copy an article is, its story, its removal are changes too, are told as such, and are
-- counted. Statements of ours give the number of the change themselves, or have the two tables agree; by that they are known here.

DROP TRIGGER articles_original_gone;

CREATE TRIGGER articles_standing_update AFTER UPDATE OF duplicate_of, duplicate_kind, removed_at, reservations ON articles
WHEN new.change_seq = old.change_seq AND (new.duplicate_of IS NOT old.duplicate_of OR new.duplicate_kind IS NOT old.duplicate_kind
    OR new.removed_at IS NOT old.removed_at OR new.reservations IS NOT old.reservations) BEGIN
    UPDATE articles SET (change_seq, removed_seq) = (
        SELECT next, iif(new.removed_at IS NULL, NULL, iif(old.removed_at IS NULL, next, removed_seq)) FROM (SELECT 1 + max(
            (SELECT max(change_seq) FROM articles), coalesce((SELECT deleted_up_to FROM _change_state), 0)) AS next))
    WHERE id = new.id;
    DELETE FROM _copies WHERE article_id = new.id AND of_id IS NOT new.duplicate_of;
    INSERT INTO _recounted_stories (story_id)
    SELECT story_id FROM story_members WHERE article_id = new.id AND new.duplicate_of IS NOT old.duplicate_of;
END;

-- An article that left its story. One that joins its first is told with what brought it.
CREATE TRIGGER articles_story_update AFTER UPDATE OF story_id ON articles
WHEN new.change_seq = old.change_seq AND new.story_id IS NOT old.story_id AND old.story_id IS NOT NULL BEGIN
    UPDATE articles SET change_seq = 1 + max(
        (SELECT max(change_seq) FROM articles), coalesce((SELECT deleted_up_to FROM _change_state), 0))
    WHERE id = new.id;
END;

-- Somebody says of an article which story it tells: it is there by hand, as by `stories merge` and `split`.
CREATE TRIGGER articles_story_given AFTER UPDATE OF story_id ON articles
WHEN new.change_seq = old.change_seq AND new.story_id IS NOT old.story_id
    AND new.story_id IS NOT (SELECT story_id FROM story_members WHERE article_id = new.id)
    AND (new.story_id IS NULL OR EXISTS (SELECT 1 FROM stories WHERE id = new.story_id)) BEGIN
    UPDATE articles SET change_seq = 1 + max(
        (SELECT max(change_seq) FROM articles), coalesce((SELECT deleted_up_to FROM _change_state), 0))
    WHERE id = new.id AND old.story_id IS NULL;
    DELETE FROM story_members WHERE article_id = new.id AND new.story_id IS NULL;
    UPDATE story_members SET story_id = new.story_id, reason = 'hand', score = NULL, terms = '[]' WHERE article_id = new.id;
    INSERT INTO story_members (article_id, story_id, reason, told_at, publisher, is_copy, is_routine)
    SELECT new.id, new.story_id, 'hand', new.published_at,
        coalesce(new.host, (SELECT slug FROM sources WHERE id = new.source_id), ''), 0, 0
    WHERE new.story_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM story_members WHERE article_id = new.id);
    UPDATE _story_signatures SET part = new.story_id WHERE article_id = new.id;
    INSERT INTO _recounted_stories (story_id) SELECT id FROM stories WHERE id IN (old.story_id, new.story_id);
    UPDATE _story_state SET generation = generation + 1;
END;

CREATE TRIGGER story_members_update AFTER UPDATE OF story_id ON story_members
WHEN new.story_id IS NOT old.story_id AND new.story_id IS NOT (SELECT story_id FROM articles WHERE id = new.article_id) BEGIN
    UPDATE story_members SET reason = 'hand' WHERE article_id = new.article_id AND reason = old.reason;
    UPDATE articles SET story_id = new.story_id, change_seq = 1 + max(
        (SELECT max(change_seq) FROM articles), coalesce((SELECT deleted_up_to FROM _change_state), 0))
    WHERE id = new.article_id;
    UPDATE _story_signatures SET part = new.story_id WHERE article_id = new.article_id;
    INSERT INTO _recounted_stories (story_id) SELECT id FROM stories WHERE id IN (old.story_id, new.story_id);
    UPDATE _story_state SET generation = generation + 1;
END;

CREATE TRIGGER story_members_publisher_update AFTER UPDATE OF publisher, told_at ON story_members
WHEN new.publisher IS NOT old.publisher OR new.told_at IS NOT old.told_at BEGIN
    INSERT INTO _recounted_stories (story_id) VALUES (new.story_id);
END;

-- REPLACE takes a row away without a word. What the full-text indexes have of it can only be taken out with its texts, which are kept
-- until a process of ours writes.
CREATE TABLE _replaced (
    article_id  INTEGER PRIMARY KEY,
    title       TEXT,
    body        TEXT NOT NULL,
    is_replaced INTEGER NOT NULL                            -- 0: it was to be, and another clause may have let it stay
) STRICT;

CREATE TRIGGER articles_insert_before BEFORE INSERT ON articles
WHEN new.id > 0 AND EXISTS (SELECT 1 FROM articles WHERE id = new.id) BEGIN
    DELETE FROM _replaced WHERE article_id = new.id AND NOT is_replaced;
    INSERT INTO _replaced (article_id, title, body, is_replaced)
    SELECT id, title, body, 0 FROM articles
    WHERE id = new.id AND id <= (SELECT indexed_up_to FROM _fts_state) AND id NOT IN (SELECT article_id FROM _replaced);
END;

-- A row that another program put there: ours are the latest change, and know that it brought them. One that has the largest number
-- keeps it, since those that come with it may have the next ones.
CREATE TRIGGER articles_insert AFTER INSERT ON articles
WHEN new.new_seq IS NOT new.change_seq OR new.change_seq < (SELECT max(change_seq) FROM articles) BEGIN
    UPDATE _replaced SET is_replaced = 1 WHERE article_id = new.id;
    UPDATE articles SET
        story_id = (SELECT story_id FROM story_members WHERE article_id = new.id),
        day = substr(new.date, 1, 4) || '-' || substr(new.date, 5, 2) || '-' || substr(new.date, 7, 2),
        change_seq = iif(
            new.change_seq < (SELECT max(change_seq) FROM articles) OR new.id IN (SELECT article_id FROM _replaced),
            1 + max((SELECT max(change_seq) FROM articles), coalesce((SELECT deleted_up_to FROM _change_state), 0)),
            new.change_seq)
    WHERE id = new.id;
    INSERT INTO _changed_elsewhere (article_id) SELECT new.id WHERE new.id NOT IN (SELECT article_id FROM _changed_elsewhere);
END;
