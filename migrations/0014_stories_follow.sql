-- What a story says follows its articles, whoever changes these: its headline, its times and whom it counts. A story is told by one
-- article or more: one that has lost its last article goes.

DROP TRIGGER _recounted_stories_insert;

CREATE TRIGGER _recounted_stories_insert INSTEAD OF INSERT ON _recounted_stories BEGIN
    UPDATE story_members SET is_copy = EXISTS (
        SELECT 1 FROM articles JOIN story_members AS original ON original.article_id = articles.duplicate_of
        WHERE articles.id = story_members.article_id AND original.story_id = new.story_id)
    WHERE story_id = new.story_id;
    UPDATE stories SET
        title_article_id = (
            SELECT article_id FROM story_members JOIN articles ON articles.id = article_id
            WHERE story_members.story_id = new.story_id
            ORDER BY articles.title IS NULL,
                article_id IS NOT (SELECT title_article_id FROM stories AS told WHERE told.id = new.story_id), is_copy, article_id
            LIMIT 1),
        n_articles = (SELECT count(*) FROM story_members WHERE story_id = new.story_id),
        n_sources = (SELECT count(DISTINCT publisher) FROM story_members WHERE story_id = new.story_id AND NOT is_copy),
        is_routine = coalesce((SELECT min(is_routine) FROM story_members WHERE story_id = new.story_id), 0),
        (first_published_at, last_published_at) = (
            SELECT min(told_at), max(told_at) FROM story_members WHERE story_id = new.story_id),
        updated_at = iif(n_articles = (SELECT count(*) FROM story_members WHERE story_id = new.story_id),
            updated_at, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
    WHERE id = new.story_id;
    UPDATE stories SET title = (SELECT title FROM articles WHERE id = stories.title_article_id) WHERE id = new.story_id;
    DELETE FROM stories WHERE id = new.story_id AND n_articles = 0;
END;

-- What a story tells of an article that another program has changed: when it was published, who printed it, its headline. `host` is
-- made anew by a process of ours that finds another address, and is no change of ours either.
CREATE TRIGGER articles_told_update AFTER UPDATE OF title, published_at, host, source_id ON articles
WHEN new.change_seq = old.change_seq AND (new.title IS NOT old.title OR new.published_at IS NOT old.published_at
    OR new.host IS NOT old.host OR new.source_id IS NOT old.source_id) BEGIN
    UPDATE story_members SET
        told_at = iif(new.published_at IS old.published_at, told_at, coalesce(new.published_at,
            iif(EXISTS (SELECT 1 FROM _text_pages WHERE article_id = new.id), new.first_seen_at, NULL))),
        publisher = iif(new.host IS old.host AND new.source_id IS old.source_id, publisher,
            coalesce(new.host, (SELECT slug FROM sources WHERE id = new.source_id), publisher))
    WHERE article_id = new.id;
    UPDATE _story_signatures SET
        at_s = CAST(strftime('%s', (SELECT told_at FROM story_members WHERE article_id = new.id)) AS INTEGER)
    WHERE article_id = new.id AND new.published_at IS NOT old.published_at;
    UPDATE _story_state SET generation = generation + 1 WHERE new.published_at IS NOT old.published_at;
    INSERT INTO _recounted_stories (story_id)
    SELECT id FROM stories
    WHERE id = new.story_id AND new.title IS NOT old.title AND (title_article_id = new.id OR title IS NULL);
END;

-- A row that was put in the place of another may tell it otherwise. One of ours is not told of yet. Whose an address is, where its host
-- is not given, a process of ours finds out.
CREATE TRIGGER articles_told_insert AFTER INSERT ON articles
WHEN EXISTS (SELECT 1 FROM story_members WHERE article_id = new.id) BEGIN
    UPDATE story_members SET
        told_at = coalesce(new.published_at, iif(
            told_at = new.first_seen_at OR EXISTS (SELECT 1 FROM _text_pages WHERE article_id = new.id), new.first_seen_at, NULL)),
        publisher = coalesce(new.host,
            iif(new.url IS NULL, (SELECT slug FROM sources WHERE id = new.source_id), NULL), publisher)
    WHERE article_id = new.id;
    UPDATE _story_signatures SET
        at_s = CAST(strftime('%s', (SELECT told_at FROM story_members WHERE article_id = new.id)) AS INTEGER)
    WHERE article_id = new.id;
    UPDATE _story_state SET generation = generation + 1;
    INSERT INTO _recounted_stories (story_id) SELECT story_id FROM story_members WHERE article_id = new.id;
END;

-- Stories whose articles were changed before. A later wording of ours may give another date, and leaves the story when it was told.
UPDATE story_members SET told_at = coalesce(changed.published_at, told_at), publisher = coalesce(changed.host, publisher)
FROM (SELECT id, published_at, host FROM articles INDEXED BY articles_host) AS changed
WHERE changed.id = article_id
    AND ((changed.published_at IS NOT NULL AND told_at IS NOT changed.published_at)
        OR (changed.host IS NOT NULL AND publisher IS NOT changed.host))
    AND (SELECT revision FROM articles WHERE articles.id = article_id) = 1;

UPDATE _story_signatures SET at_s = told.at_s
FROM (SELECT article_id, CAST(strftime('%s', told_at) AS INTEGER) AS at_s FROM story_members) AS told
WHERE told.article_id = _story_signatures.article_id AND told.at_s IS NOT _story_signatures.at_s;

INSERT INTO _recounted_stories (story_id)
SELECT id FROM stories
WHERE n_articles = 0
    OR title IS NOT (SELECT title FROM articles WHERE articles.id = title_article_id)
    OR title_article_id IS NOT (
        SELECT article_id FROM story_members WHERE article_id = title_article_id AND story_members.story_id = stories.id);

-- A row that waits to be taken out of the full-text index, since another was put in its place, is in there with the texts that are
-- noted. Until then nothing else is taken out for it, and what is no longer in there is not noted.
DROP TRIGGER articles_fts_delete;

CREATE TRIGGER articles_fts_delete AFTER DELETE ON articles
WHEN old.id <= (SELECT indexed_up_to FROM _fts_state) AND old.id NOT IN (SELECT article_id FROM _replaced) BEGIN
    INSERT INTO articles_fts (articles_fts, rowid, title, body) VALUES ('delete', old.id, old.title, old.body);
END;

DROP TRIGGER articles_fts_update;

CREATE TRIGGER articles_fts_update AFTER UPDATE OF title, body ON articles
WHEN old.id <= (SELECT indexed_up_to FROM _fts_state) AND old.id NOT IN (SELECT article_id FROM _replaced WHERE is_replaced) BEGIN
    INSERT INTO articles_fts (articles_fts, rowid, title, body) VALUES ('delete', old.id, old.title, old.body);
    INSERT INTO articles_fts (rowid, title, body) VALUES (new.id, new.title, new.body);
    DELETE FROM _replaced WHERE article_id = old.id;
END;

CREATE TRIGGER articles_replaced_delete AFTER DELETE ON articles
WHEN old.id IN (SELECT article_id FROM _replaced) BEGIN
    UPDATE _replaced SET is_replaced = 1 WHERE article_id = old.id;
    INSERT INTO _changed_elsewhere (article_id) SELECT old.id WHERE old.id NOT IN (SELECT article_id FROM _changed_elsewhere);
END;

-- A row that another program put there, also where it has the largest number of all: its place was another row's, or that of one that
-- is gone. Those of ours have a number and a place that nothing had.
DROP TRIGGER articles_insert;

CREATE TRIGGER articles_insert AFTER INSERT ON articles
WHEN new.new_seq IS NOT new.change_seq OR new.change_seq < (SELECT max(change_seq) FROM articles)
    OR new.change_seq <= (SELECT deleted_up_to FROM _change_state) OR new.id <= (SELECT indexed_up_to FROM _fts_state) BEGIN
    UPDATE _replaced SET is_replaced = 1 WHERE article_id = new.id;
    INSERT INTO _characters_due (article_id, title, body)
    SELECT article_id, iif(is_in, title, NULL), iif(is_in, body, NULL)
    FROM _replaced, (SELECT EXISTS (SELECT 1 FROM articles_characters_docsize WHERE id = new.id) AS is_in)
    WHERE article_id = new.id AND article_id NOT IN (SELECT article_id FROM _characters_due);
    UPDATE articles SET
        story_id = (SELECT story_id FROM story_members WHERE article_id = new.id),
        day = substr(new.date, 1, 4) || '-' || substr(new.date, 5, 2) || '-' || substr(new.date, 7, 2),
        change_seq = iif(
            new.change_seq < (SELECT max(change_seq) FROM articles)
                OR new.change_seq <= (SELECT deleted_up_to FROM _change_state)
                OR new.id IN (SELECT article_id FROM _replaced),
            1 + max((SELECT max(change_seq) FROM articles), coalesce((SELECT deleted_up_to FROM _change_state), 0)),
            new.change_seq)
    WHERE id = new.id;
    INSERT INTO _changed_elsewhere (article_id) SELECT new.id WHERE new.id NOT IN (SELECT article_id FROM _changed_elsewhere);
END;

-- An article that was deleted and is put back is in no index.
CREATE TRIGGER articles_fts_insert AFTER INSERT ON articles
WHEN new.id <= (SELECT indexed_up_to FROM _fts_state) AND new.id NOT IN (SELECT article_id FROM _replaced)
    AND NOT EXISTS (SELECT 1 FROM articles_fts_docsize WHERE id = new.id) BEGIN
    INSERT INTO articles_fts (rowid, title, body) VALUES (new.id, new.title, new.body);
    INSERT INTO _characters_due (article_id, title, body)
    SELECT new.id, NULL, NULL WHERE new.id NOT IN (SELECT article_id FROM _characters_due);
END;

-- The clause of a statement for conflicts (OR REPLACE, ON CONFLICT) holds for what its triggers write too, whatever these say
-- themselves: what is noted once is not noted again.
DROP TRIGGER articles_update;

CREATE TRIGGER articles_update AFTER UPDATE OF
    source_id, title, date, published_at, url, language, body, authors, body_kind, quality, site_name, section, keywords, image_url
ON articles WHEN new.change_seq = old.change_seq BEGIN
    UPDATE articles SET change_seq = 1 + (
        SELECT max((SELECT max(change_seq) FROM articles), (SELECT deleted_up_to FROM _change_state)))
    WHERE id = new.id;
    INSERT INTO _changed_elsewhere (article_id) SELECT new.id WHERE new.id NOT IN (SELECT article_id FROM _changed_elsewhere);
END;

DROP TRIGGER articles_characters_delete;

CREATE TRIGGER articles_characters_delete AFTER DELETE ON articles
WHEN EXISTS (SELECT 1 FROM articles_characters_docsize WHERE id = old.id) BEGIN
    INSERT INTO _characters_due (article_id, title, body)
    SELECT old.id, old.title, old.body WHERE old.id NOT IN (SELECT article_id FROM _characters_due);
END;

DROP TRIGGER articles_characters_update;

CREATE TRIGGER articles_characters_update AFTER UPDATE OF title, body ON articles
WHEN new.title IS NOT old.title OR new.body IS NOT old.body BEGIN
    INSERT INTO _characters_due (article_id, title, body)
    SELECT old.id, iif(is_in, old.title, NULL), iif(is_in, old.body, NULL)
    FROM (SELECT EXISTS (SELECT 1 FROM articles_characters_docsize WHERE id = old.id) AS is_in)
    WHERE old.id <= (SELECT indexed_up_to FROM _fts_state) AND old.id NOT IN (SELECT article_id FROM _characters_due);
END;

-- Rows that were replaced before, and may have been changed or deleted since, when their texts were not taken out of the index as they
-- stand in it: that is made anew.
INSERT INTO _characters_due (article_id, title, body)
SELECT article_id, iif(is_in, title, NULL), iif(is_in, body, NULL)
FROM (SELECT *, article_id IN (SELECT id FROM articles_characters_docsize) AS is_in FROM _replaced WHERE is_replaced)
WHERE article_id NOT IN (SELECT article_id FROM _characters_due);

INSERT INTO articles_fts (articles_fts) SELECT 'rebuild' WHERE EXISTS (SELECT 1 FROM _replaced WHERE is_replaced);
UPDATE _fts_state SET indexed_up_to = coalesce((SELECT max(id) FROM articles), 0)
WHERE EXISTS (SELECT 1 FROM _replaced WHERE is_replaced);
DELETE FROM _replaced;
