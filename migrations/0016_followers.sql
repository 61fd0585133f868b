-- What those who follow the database are told: in which sources a deleted article was seen, and by which names they know what stays.

CREATE TABLE _taken_back_sources (
    source_id  INTEGER NOT NULL REFERENCES sources (id),
    change_seq INTEGER NOT NULL,                            -- that of `_taken_back`
    PRIMARY KEY (source_id, change_seq)
) STRICT, WITHOUT ROWID;

INSERT INTO _taken_back_sources (source_id, change_seq)
SELECT source_id, change_seq FROM _taken_back WHERE source_id IN (SELECT id FROM sources);

CREATE TRIGGER sources_taken_back_delete AFTER DELETE ON sources BEGIN
    DELETE FROM _taken_back_sources WHERE source_id = old.id;
END;

-- What the database was called while numbers above these were given. It gets another name when it is put back from a copy: an article,
-- a story or a change that came after the copy was made has the number of one that is lost, and is not the same.
CREATE TABLE _names (
    name           TEXT PRIMARY KEY,
    after_article  INTEGER NOT NULL,
    after_story    INTEGER NOT NULL,
    after_change   INTEGER NOT NULL
) STRICT;

INSERT INTO _names (name, after_article, after_story, after_change) SELECT database, 0, 0, 0 FROM _change_state;

-- Where stories are that somebody has merged with others by hand. Whoever kept the address of one is led on.
CREATE TABLE _merged_stories (
    story_id INTEGER PRIMARY KEY,
    into_id  INTEGER NOT NULL
) STRICT;

-- What a source has listed, in the order in which that came in.
CREATE INDEX sightings_source ON sightings (source_id);
