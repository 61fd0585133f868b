-- Under which name the credentials of a source are kept. They themselves are not in here: the file is read by many.
CREATE TABLE _source_credentials (
    source_id INTEGER PRIMARY KEY REFERENCES sources (id) ON DELETE CASCADE,
    name      TEXT NOT NULL
) STRICT;
