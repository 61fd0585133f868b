-- What the store said earlier, what it holds no more, and whose an address is.

-- Files that were made before the schema was released lack indexes, and have a trigger that 0005 has made needless.
DROP TRIGGER IF EXISTS articles_change_delete;
DROP INDEX articles_date;
CREATE INDEX articles_date ON articles (date, language, words);
CREATE INDEX IF NOT EXISTS articles_published_at ON articles (published_at);
CREATE INDEX IF NOT EXISTS articles_source ON articles (source_id, published_at);
CREATE INDEX IF NOT EXISTS articles_url ON articles (url);
CREATE INDEX IF NOT EXISTS articles_language ON articles (language);
CREATE INDEX IF NOT EXISTS articles_body_kind ON articles (body_kind);

-- By these people sort: the longest, the best. Some twenty bytes an article together.
CREATE INDEX articles_words ON articles (words);
CREATE INDEX articles_quality ON articles (quality);

-- The registrable domain of an address, or the address of the host: SQL knows no list of public suffixes, so that the program that
-- migrates fills the columns.
ALTER TABLE articles ADD COLUMN host TEXT;
ALTER TABLE fetches ADD COLUMN host TEXT;

CREATE INDEX articles_host ON articles (host, published_at);
CREATE INDEX fetches_host ON fetches (host, started_at);

-- `date` as programs other than ours read a day.
ALTER TABLE articles ADD COLUMN day TEXT;
UPDATE articles SET day = substr(date, 1, 4) || '-' || substr(date, 5, 2) || '-' || substr(date, 7, 2) WHERE date IS NOT NULL;

CREATE INDEX articles_day ON articles (day);

CREATE TRIGGER articles_day_update AFTER UPDATE OF date ON articles
WHEN new.day IS NOT substr(new.date, 1, 4) || '-' || substr(new.date, 5, 2) || '-' || substr(new.date, 7, 2) BEGIN
    UPDATE articles SET day = substr(new.date, 1, 4) || '-' || substr(new.date, 5, 2) || '-' || substr(new.date, 7, 2)
    WHERE id = new.id;
END;

-- Which change brought the article, its present wording and its removal: `change_seq` tells of the last one only. Of articles of
-- before this migration it is not known (NULL).
ALTER TABLE articles ADD COLUMN new_seq INTEGER;
ALTER TABLE articles ADD COLUMN wording_seq INTEGER;
ALTER TABLE articles ADD COLUMN removed_seq INTEGER;
ALTER TABLE revisions ADD COLUMN change_seq INTEGER;

CREATE INDEX revisions_seen_at ON revisions (seen_at);

-- Who gave which numbers of changes: each process that ingests begins an epoch. A file that was put back from a copy has other epochs
-- than it had, though its name and its numbers may be the same; by that a reader's place among the changes is told to be of what is
-- no more.
CREATE TABLE _epochs (
    began_after INTEGER PRIMARY KEY,                        -- the last change before it
    token       TEXT NOT NULL                               -- that no other epoch has
) STRICT;

-- By what deleted articles are known again, where no link leads to them: `guid`, the source's number and the GUID; or `text` and
-- the SHA-256 of its folded words. Links keep the article that they led to.
CREATE TABLE _deleted (
    sign       TEXT PRIMARY KEY,
    article_id INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX _deleted_article ON _deleted (article_id);

CREATE TRIGGER articles_delete_signs BEFORE DELETE ON articles BEGIN
    INSERT OR IGNORE INTO _deleted (sign, article_id)
    SELECT 'guid ' || source_id || ' ' || guid, old.id FROM sightings WHERE article_id = old.id AND guid IS NOT NULL;
    INSERT OR IGNORE INTO _deleted (sign, article_id)
    SELECT 'text ' || lower(hex(wording)), old.id FROM _wordings WHERE article_id = old.id AND old.url IS NULL;
END;
