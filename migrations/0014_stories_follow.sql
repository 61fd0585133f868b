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

-- A row that was put in the place of another may tell it otherwise.
CREATE TRIGGER articles_told_insert AFTER INSERT ON articles
WHEN new.new_seq IS NOT new.change_seq AND EXISTS (SELECT 1 FROM story_members WHERE article_id = new.id) BEGIN
    UPDATE story_members SET told_at = coalesce(new.published_at, told_at) WHERE article_id = new.id;
    INSERT INTO _recounted_stories (story_id) SELECT story_id FROM story_members WHERE article_id = new.id;
END;

-- Stories whose articles were changed before.
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
