-- What has the very text of an article that is deleted is found by it instead: the first of its copies.

DROP TRIGGER articles_delete;

-- No number of a change is given again, though the article that had it is deleted.
CREATE TRIGGER articles_delete AFTER DELETE ON articles BEGIN
    UPDATE _change_state SET deleted_up_to = max(deleted_up_to, old.change_seq);
    DELETE FROM _copies WHERE article_id = old.id OR article_id IN (SELECT id FROM articles WHERE duplicate_of = old.id);
    UPDATE _wordings SET article_id =
        (SELECT min(id) FROM articles WHERE duplicate_of = old.id AND duplicate_kind = 'exact' AND body = old.body)
    WHERE article_id = old.id
        AND EXISTS (SELECT 1 FROM articles WHERE duplicate_of = old.id AND duplicate_kind = 'exact' AND body = old.body);
    UPDATE articles SET duplicate_of = NULL, duplicate_kind = NULL WHERE duplicate_of = old.id;
    UPDATE fetches SET article_id = NULL WHERE article_id = old.id;
    DELETE FROM revisions WHERE article_id = old.id;
    DELETE FROM sightings WHERE article_id = old.id;
    DELETE FROM story_members WHERE article_id = old.id;
    DELETE FROM _text_pages WHERE article_id = old.id;
    DELETE FROM _wordings WHERE article_id = old.id;
END;
