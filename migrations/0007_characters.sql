-- Words of scripts that are written without blanks: Chinese, Japanese, Thai, Lao, Khmer, Burmese. To `articles_fts` a whole sentence of
-- them is one word. Here articles that have such characters stand with a blank around each, so that a word is found as the phrase of
-- its characters. The index has no copy of the texts; SQLite's own tokenizer makes it readable for every program.
CREATE VIRTUAL TABLE articles_characters USING fts5(
    title,
    body,
    content="",
    tokenize="unicode61 remove_diacritics 0 categories 'L* N* M* Co'"
);

-- Articles that are in it, and read otherwise now or are deleted: as they stand in it, since without a copy of the texts only they
-- themselves can be taken out. What of ours writes next does so, and puts in what they read now.
CREATE TABLE _characters_due (
    article_id INTEGER PRIMARY KEY,
    title      TEXT,
    body       TEXT                                         -- NULL: it is not in the index
) STRICT;

CREATE TRIGGER articles_characters_delete AFTER DELETE ON articles
WHEN EXISTS (SELECT 1 FROM articles_characters_docsize WHERE id = old.id) BEGIN
    INSERT OR IGNORE INTO _characters_due (article_id, title, body) VALUES (old.id, old.title, old.body);
END;

CREATE TRIGGER articles_characters_update AFTER UPDATE OF title, body ON articles
WHEN new.title IS NOT old.title OR new.body IS NOT old.body BEGIN
    INSERT OR IGNORE INTO _characters_due (article_id, title, body)
    SELECT old.id, iif(is_in, old.title, NULL), iif(is_in, old.body, NULL)
    FROM (SELECT EXISTS (SELECT 1 FROM articles_characters_docsize WHERE id = old.id) AS is_in)
    WHERE old.id <= (SELECT indexed_up_to FROM _fts_state);
END;

