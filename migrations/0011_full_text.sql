-- What a transaction adds to a full-text index waits in memory until it is committed, up to this many bytes. With the megabyte that
-- FTS5 takes by itself, a transaction of some hundred long articles is written in several pieces, and these are merged at once: a
-- twelfth of what storing an article costs.
INSERT INTO articles_fts (articles_fts, rank) VALUES ('hashsize', 4194304);
INSERT INTO articles_characters (articles_characters, rank) VALUES ('hashsize', 4194304);
