-- What other programs do to the file. SQLite minds foreign keys only where a connection asks for it, and sqlite3 does not: so what
-- belongs to a row goes with it by triggers, whoever deletes it, and what counts rows counts again.

-- No number of a change is given again, though the article that had it is deleted.
CREATE TRIGGER articles_delete AFTER DELETE ON articles BEGIN
    UPDATE _change_state SET deleted_up_to = max(deleted_up_to, old.change_seq);
    DELETE FROM _copies WHERE article_id = old.id OR article_id IN (SELECT id FROM articles WHERE duplicate_of = old.id);
    UPDATE articles SET duplicate_of = NULL, duplicate_kind = NULL WHERE duplicate_of = old.id;
    UPDATE fetches SET article_id = NULL WHERE article_id = old.id;
    DELETE FROM revisions WHERE article_id = old.id;
    DELETE FROM sightings WHERE article_id = old.id;
    DELETE FROM story_members WHERE article_id = old.id;
    DELETE FROM _text_pages WHERE article_id = old.id;
    DELETE FROM _wordings WHERE article_id = old.id;
END;

-- One for each row: a statement for many would give all the same number.
CREATE TRIGGER articles_original_gone AFTER UPDATE OF duplicate_of ON articles
WHEN old.duplicate_of IS NOT NULL AND new.duplicate_of IS NULL AND new.change_seq = old.change_seq BEGIN
    UPDATE articles SET change_seq = 1 + (
        SELECT max((SELECT max(change_seq) FROM articles), (SELECT deleted_up_to FROM _change_state)))
    WHERE id = new.id;
END;

-- An article that another program changed is a change to those who read changes. Our own statements give it a number themselves.
CREATE TRIGGER articles_update AFTER UPDATE OF
    source_id, title, date, published_at, url, language, body, authors, body_kind, quality, site_name, section, keywords, image_url
ON articles WHEN new.change_seq = old.change_seq BEGIN
    UPDATE articles SET change_seq = 1 + (
        SELECT max((SELECT max(change_seq) FROM articles), (SELECT deleted_up_to FROM _change_state)))
    WHERE id = new.id;
    INSERT OR IGNORE INTO _changed_elsewhere (article_id) VALUES (new.id);
END;

-- Articles whose checksum is still that of what they were before. SQLite cannot make it: the next process of ours that writes does.
CREATE TABLE _changed_elsewhere (article_id INTEGER PRIMARY KEY) STRICT;

-- Counts a story again: INSERT INTO _recounted_stories (story_id) VALUES (?). Its headline stays if the article stays; otherwise
-- its first article that is no copy gives one.
CREATE VIEW _recounted_stories (story_id) AS SELECT id FROM stories WHERE 0;

CREATE TRIGGER _recounted_stories_insert INSTEAD OF INSERT ON _recounted_stories BEGIN
    UPDATE story_members SET is_copy = EXISTS (
        SELECT 1 FROM articles JOIN story_members AS original ON original.article_id = articles.duplicate_of
        WHERE articles.id = story_members.article_id AND original.story_id = new.story_id)
    WHERE story_id = new.story_id;
    UPDATE stories SET
        title_article_id = (
            SELECT article_id FROM story_members JOIN articles ON articles.id = article_id
            WHERE story_members.story_id = new.story_id
            ORDER BY article_id IS NOT stories.title_article_id, articles.title IS NULL, is_copy, article_id
            LIMIT 1),
        n_articles = (SELECT count(*) FROM story_members WHERE story_id = new.story_id),
        n_sources = (SELECT count(DISTINCT publisher) FROM story_members WHERE story_id = new.story_id AND NOT is_copy),
        is_routine = coalesce((SELECT min(is_routine) FROM story_members WHERE story_id = new.story_id), 0),
        (first_published_at, last_published_at) = (
            SELECT min(told_at), max(told_at) FROM story_members WHERE story_id = new.story_id),
        updated_at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now')
    WHERE id = new.story_id;
    UPDATE stories SET title = (SELECT title FROM articles WHERE id = stories.title_article_id) WHERE id = new.story_id;
END;

-- What is known of an article only to find the stories of others goes too, and a process that has stories in memory reads them anew.
CREATE TRIGGER story_members_delete AFTER DELETE ON story_members BEGIN
    DELETE FROM _story_signatures WHERE article_id = old.article_id;
    DELETE FROM _story_meanings WHERE article_id = old.article_id;
    UPDATE articles SET story_id = NULL WHERE id = old.article_id AND story_id = old.story_id;
    INSERT INTO _recounted_stories (story_id) VALUES (old.story_id);
    UPDATE _story_state SET generation = generation + 1;
END;

CREATE TRIGGER stories_delete AFTER DELETE ON stories BEGIN
    DELETE FROM story_members WHERE story_id = old.id;
END;

-- The articles of a source stay, and are nobody's. A source that is listed comes back with the next reading of the list.
CREATE TRIGGER sources_delete AFTER DELETE ON sources BEGIN
    UPDATE articles SET source_id = NULL WHERE source_id = old.id;
    UPDATE fetches SET source_id = NULL WHERE source_id = old.id;
    UPDATE _links SET source_id = NULL WHERE source_id = old.id;
    UPDATE _taken_back SET source_id = NULL WHERE source_id = old.id;
    DELETE FROM sightings WHERE source_id = old.id;
    DELETE FROM gaps WHERE source_id = old.id;
    DELETE FROM _pending_sightings WHERE source_id = old.id;
    DELETE FROM _source_schedule WHERE source_id = old.id;
END;

-- A number stands for the same row for ever: other rows, addresses and readers' notes name it.
CREATE TRIGGER articles_id_stays BEFORE UPDATE OF id ON articles WHEN new.id IS NOT old.id BEGIN
    SELECT RAISE(ABORT, 'the id of an article cannot be changed');
END;

CREATE TRIGGER sources_id_stays BEFORE UPDATE OF id ON sources WHEN new.id IS NOT old.id BEGIN
    SELECT RAISE(ABORT, 'the id of a source cannot be changed');
END;

CREATE TRIGGER stories_id_stays BEFORE UPDATE OF id ON stories WHEN new.id IS NOT old.id BEGIN
    SELECT RAISE(ABORT, 'the id of a story cannot be changed');
END;
