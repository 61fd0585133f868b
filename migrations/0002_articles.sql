-- Articles, where they were seen, and the addresses that lead to them.

-- A story is one event, told by one article or more.
CREATE TABLE stories (
    id                 INTEGER PRIMARY KEY AUTOINCREMENT,   -- never given again
    title              TEXT,                                -- the headline nearest to all of it
    first_published_at TEXT,                                -- as far as its articles' times are known
    last_published_at  TEXT,
    n_articles         INTEGER NOT NULL,
    n_sources          INTEGER NOT NULL,                    -- publishers; those that print another one's report don't count
    title_article_id   INTEGER,                             -- whose headline it is
    updated_at         TEXT NOT NULL,                       -- when an article joined it or left it
    is_routine         INTEGER NOT NULL DEFAULT 0           -- whether all of its articles are of a make that has others
) STRICT;

CREATE INDEX stories_time ON stories (last_published_at);

CREATE TABLE articles (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,     -- never given again
    source_id        INTEGER REFERENCES sources (id),       -- that had it first
    title            TEXT,
    date             TEXT,                                  -- YYYYMMDD in the publisher's own offset, else UTC
    published_at     TEXT,                                  -- where only the day is known: its midnight
    url              TEXT,                                  -- canonical
    language         TEXT,
    words            INTEGER NOT NULL,
    body             TEXT NOT NULL,                         -- a paragraph a line
    authors          TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(authors)),
    body_kind        TEXT NOT NULL CHECK (body_kind IN ('full', 'partial', 'teaser', 'wall', 'feed')),
    quality          INTEGER NOT NULL CHECK (quality BETWEEN 0 AND 100),
    date_source      TEXT,
    duplicate_of     INTEGER REFERENCES articles (id),
    duplicate_kind   TEXT CHECK (duplicate_kind IN ('exact', 'near')),
    story_id         INTEGER REFERENCES stories (id),
    first_seen_at    TEXT NOT NULL,
    updated_at       TEXT NOT NULL,
    revision         INTEGER NOT NULL DEFAULT 1,
    sha256           TEXT NOT NULL,                         -- of the bundle document, in hex
    change_seq       INTEGER NOT NULL UNIQUE,               -- grows with every change to any article
    date_precision   TEXT CHECK (date_precision IN ('day', 'instant')),
    published_offset TEXT,                                  -- the publisher's, as +05:00
    modified_at      TEXT,                                  -- by the page's own word
    site_name        TEXT,
    section          TEXT,
    keywords         TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(keywords)),
    image_url        TEXT,
    quality_reasons  TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(quality_reasons)),
    reservations     TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(reservations)), -- against text mining and AI training
    removed_at       TEXT                                   -- when its publisher was seen to have taken it away; NULL: it is there
) STRICT;

-- Each for a question that people ask. An article has its text beside it, so that whatever reads all articles reads all texts: what
-- is counted by day, language and kind is counted in an index.
CREATE INDEX articles_date ON articles (date, language, words);
CREATE INDEX articles_published_at ON articles (published_at);
CREATE INDEX articles_source ON articles (source_id, published_at);
CREATE INDEX articles_url ON articles (url);
CREATE INDEX articles_language ON articles (language);
CREATE INDEX articles_body_kind ON articles (body_kind);
CREATE INDEX articles_time ON articles (coalesce(published_at, first_seen_at));
CREATE INDEX articles_first_seen_at ON articles (first_seen_at);
CREATE INDEX articles_duplicate_of ON articles (duplicate_of) WHERE duplicate_of IS NOT NULL;
CREATE INDEX articles_story ON articles (story_id) WHERE story_id IS NOT NULL;

-- What a reader's place among the changes stands on: whose they are, and that no number is given again, though the
-- article that had it is deleted.
CREATE TABLE _change_state (
    id            INTEGER PRIMARY KEY CHECK (id = 1),
    database      TEXT NOT NULL,                            -- a name that no other database has
    deleted_up_to INTEGER NOT NULL                          -- the largest `change_seq` of a deleted article
) STRICT;

INSERT INTO _change_state (id, database, deleted_up_to) VALUES (1, lower(hex(randomblob(16))), 0);

-- Articles that were none and are deleted, so that readers of changes hear of it: what they were called, as one more change.
CREATE TABLE _taken_back (
    change_seq INTEGER PRIMARY KEY,
    article_id INTEGER NOT NULL,
    source_id  INTEGER REFERENCES sources (id),
    title      TEXT,
    url        TEXT,
    at         TEXT NOT NULL
) STRICT;

-- Which story an article belongs to, and why.
CREATE TABLE story_members (
    article_id INTEGER PRIMARY KEY REFERENCES articles (id),
    story_id   INTEGER NOT NULL REFERENCES stories (id),
    reason     TEXT NOT NULL CHECK (reason IN ('first', 'alike', 'copy', 'translated', 'hand')),
    score      REAL,                                        -- likeness to the story as it was then, up to 1
    terms      TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(terms)),  -- words in common that count most
    told_at    TEXT,                                        -- published, or else first seen if it was fetched
    publisher  TEXT NOT NULL,                               -- registrable domain, or the source's slug
    is_copy    INTEGER NOT NULL,                            -- of an earlier article
    is_routine INTEGER NOT NULL                             -- of a make that has others: weather, results, notices
) STRICT;

CREATE INDEX story_members_story ON story_members (story_id, publisher);

-- What the latest articles are known by: six bytes a term.
CREATE TABLE _story_signatures (
    article_id INTEGER PRIMARY KEY REFERENCES articles (id),
    at_s       INTEGER,                                     -- when it was published, if that is known
    has_own_headline INTEGER NOT NULL,                      -- and not that of an original
    part       INTEGER NOT NULL,                            -- the story that was opened with what it was found to be like;
                                                            -- below 0: the article with which another language came in
    signature  BLOB NOT NULL
) STRICT;

-- What articles mean, to know those of an event in other languages. Empty without a sentence encoder.
CREATE TABLE _story_meanings (
    article_id INTEGER PRIMARY KEY REFERENCES articles (id),
    meaning    BLOB NOT NULL,                               -- a vector, a byte for each dimension
    numbers    BLOB NOT NULL                                -- the numbers in it, eight bytes each
) STRICT;

-- Grows when stories are changed by hand.
CREATE TABLE _story_state (generation INTEGER NOT NULL) STRICT;
INSERT INTO _story_state (generation) VALUES (0);

CREATE TABLE revisions (
    article_id INTEGER NOT NULL REFERENCES articles (id),
    revision   INTEGER NOT NULL,
    title      TEXT,
    body       TEXT NOT NULL,
    seen_at    TEXT NOT NULL,                               -- when this wording was first seen
    PRIMARY KEY (article_id, revision)
) STRICT;

CREATE TABLE sightings (
    article_id    INTEGER NOT NULL REFERENCES articles (id),
    source_id     INTEGER NOT NULL REFERENCES sources (id),
    guid          TEXT,
    url           TEXT,                                     -- as the source gave it
    first_seen_at TEXT NOT NULL,
    last_seen_at  TEXT NOT NULL,
    PRIMARY KEY (article_id, source_id)
) STRICT;

CREATE INDEX sightings_guid ON sightings (source_id, guid);
CREATE INDEX sightings_first_seen_at ON sightings (source_id, first_seen_at);

-- Every address that leads, or may lead, to an article, and the work that is due on it.
CREATE TABLE _links (
    id                INTEGER PRIMARY KEY,
    url_key           TEXT NOT NULL UNIQUE,                 -- what identity hangs on; where entries share an address, with a blank
                                                            -- and the entry's own behind it
    url               TEXT NOT NULL,
    host              TEXT NOT NULL,                        -- the publisher: registrable domain, or address
    source_id         INTEGER REFERENCES sources (id),      -- that listed it first; NULL: given by hand
    guid              TEXT,                                 -- as that source gave it
    url_as_given      TEXT,                                 -- likewise; NULL: as in url
    article_id        INTEGER,                              -- once known; it stays when the article is deleted, so that it does
                                                            -- not come back as new
    due_at            INTEGER,                              -- while claimed: when the lease runs out; NULL: no work
    claim_id          INTEGER,
    failures_in_a_row INTEGER NOT NULL DEFAULT 0,
    etag              TEXT,
    last_modified     TEXT,
    entry_updated_at  INTEGER,                              -- the newest date of change that a feed gave
    first_seen_at     INTEGER NOT NULL,
    look_at           INTEGER,                              -- when its article's page is looked at again; NULL: no more
    gone_at           INTEGER,                              -- when the article was first found missing, and not again since
    tried_at          INTEGER,                              -- when it last failed
    n_claims          INTEGER NOT NULL DEFAULT 0,           -- claims in a row that have not ended; more than one: a process died with it
    entry_title       TEXT,                                 -- the headline that its first source's entry had last
    entry_text        INTEGER,                              -- likewise a checksum of its text
    entry_look_at     INTEGER,                              -- the last time set for a look because of another headline
    cut_off_at        INTEGER,                              -- when its page first showed a part of the article, and not all of it since
    other_form        TEXT,                                 -- address of another form of its page, for where none is at url; NULL: unknown
    hints             TEXT                                  -- JSON: what the source said of it; NULL once it is used. Long, so last
) STRICT;

CREATE INDEX _links_host_due ON _links (host, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX _links_host_look ON _links (host, look_at) WHERE look_at IS NOT NULL AND due_at IS NULL;
CREATE INDEX _links_host_claimed ON _links (host) WHERE claim_id IS NOT NULL;
CREATE INDEX _links_source_due ON _links (source_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX _links_given_up ON _links (host) WHERE due_at IS NULL AND article_id IS NULL AND failures_in_a_row > 0;
CREATE INDEX _links_article ON _links (article_id) WHERE article_id IS NOT NULL;

-- A row for each publisher that ever had a link that waited: when it may be asked for the next one, whose that one is, and
-- whether it answers. One that was never reached, is slow or fails waits in a lane of its own.
CREATE TABLE _hosts (
    host      TEXT PRIMARY KEY,
    ready_at  INTEGER,                                      -- NULL: nothing is due, nor to be looked at again
    source_id INTEGER NOT NULL DEFAULT 0,                   -- that listed the link whose turn is next; 0: given by hand
    is_sound  INTEGER NOT NULL DEFAULT 0                    -- its last answer came soon, and was one
) STRICT, WITHOUT ROWID;

CREATE INDEX _hosts_ready ON _hosts (is_sound, ready_at) WHERE ready_at IS NOT NULL;
CREATE INDEX _hosts_probe ON _hosts (source_id, ready_at) WHERE is_sound = 0 AND ready_at IS NOT NULL;

-- What a link led to when it was last looked at, where nothing tells that it is its article: other links of its publisher
-- may lead to it as well.
CREATE TABLE _gate_looks (
    link_id    INTEGER PRIMARY KEY REFERENCES _links (id) ON DELETE CASCADE,
    publisher  TEXT NOT NULL,
    place      TEXT NOT NULL,                               -- where it was found
    links_min  INTEGER NOT NULL,                            -- links that lead to it from which it is nobody's article
    text_links_min INTEGER NOT NULL,                        -- likewise where its words stand at different places
    is_refused INTEGER NOT NULL,                            -- it is not the article; 0: it was taken for it
    article_id INTEGER,                                     -- that was made of it
    doubted_id INTEGER,                                     -- that was made before of what may have been a notice
    is_past    INTEGER NOT NULL DEFAULT 0,                  -- a link has led to its own article since
    seen_at    INTEGER NOT NULL
) STRICT;

CREATE INDEX _gate_looks_publisher ON _gate_looks (publisher, is_past);
CREATE INDEX _gate_looks_article ON _gate_looks (article_id) WHERE article_id IS NOT NULL;

-- By what it is recognised.
CREATE TABLE _gate_signs (
    publisher TEXT NOT NULL,
    sign      TEXT NOT NULL,                                -- `at` and an address, `text` and a hash of its words, `part` and
                                                            -- one of a piece of its text
    link_id   INTEGER NOT NULL REFERENCES _gate_looks (link_id) ON DELETE CASCADE,
    PRIMARY KEY (publisher, sign, link_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX _gate_signs_link ON _gate_signs (link_id);

-- What stands before the articles of a publisher: several of its links led to the same page, one after the other.
CREATE TABLE _gates (
    publisher     TEXT PRIMARY KEY,
    sign          TEXT NOT NULL,
    since         TEXT NOT NULL,
    n_probes      INTEGER NOT NULL,                         -- tries since then that led to it again
    next_probe_at INTEGER NOT NULL                          -- when one of its links is tried again
) STRICT, WITHOUT ROWID;

-- Sightings, by further sources, of links whose article is not known yet; they move to `sightings` with it.
CREATE TABLE _pending_sightings (
    link_id       INTEGER NOT NULL REFERENCES _links (id) ON DELETE CASCADE,
    source_id     INTEGER NOT NULL REFERENCES sources (id),
    guid          TEXT,
    url           TEXT,
    first_seen_at TEXT NOT NULL,
    last_seen_at  TEXT NOT NULL,
    PRIMARY KEY (link_id, source_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX _pending_sightings_source ON _pending_sightings (source_id);

-- The page that gave the present text of an article, by eight bytes of SHA-256 each: the address that was asked, the one
-- that answered, and what it read when it was last read. Other pages are other forms of the article.
CREATE TABLE _text_pages (
    article_id INTEGER PRIMARY KEY REFERENCES articles (id),
    asked      INTEGER NOT NULL,
    answered   INTEGER NOT NULL,
    wording    INTEGER NOT NULL
) STRICT;

-- The first article with a wording, by the SHA-256 of its folded words.
CREATE TABLE _wordings (
    wording    BLOB PRIMARY KEY,
    article_id INTEGER NOT NULL REFERENCES articles (id)
) STRICT, WITHOUT ROWID;

CREATE INDEX _wordings_article ON _wordings (article_id);

-- What the copies among the articles are made from.
CREATE TABLE _copies (
    article_id        INTEGER PRIMARY KEY REFERENCES articles (id),
    of_id             INTEGER NOT NULL,                     -- as in `articles.duplicate_of`
    share             REAL NOT NULL,                        -- of its text, that stands in the other
    share_of_original REAL NOT NULL,                        -- of the other's text, that stands in it
    spans             TEXT NOT NULL CHECK (json_valid(spans))   -- [first paragraph, last, who had them or null], …
) STRICT;

-- The articles that hold a kept shingle. A bucket is the upper half of a shingle's key; an entry in it has six bytes:
-- the key's lower half and the article.
CREATE TABLE _shingle_buckets (
    bucket   INTEGER PRIMARY KEY,
    postings BLOB NOT NULL
) STRICT;

-- The shingles of the latest articles, until every bucket has had its turn to take in its own.
CREATE TABLE _shingle_log (
    article_id   INTEGER PRIMARY KEY,
    swept_before INTEGER NOT NULL,                          -- turns that buckets had had when it came in
    keys         BLOB NOT NULL                              -- four bytes each
) STRICT;

CREATE TABLE _shingle_state (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    n_swept INTEGER NOT NULL                                -- turns that buckets have had
) STRICT;

INSERT INTO _shingle_state (id, n_swept) VALUES (1, 0);

CREATE TABLE fetches (
    id          INTEGER PRIMARY KEY,
    url         TEXT NOT NULL,
    source_id   INTEGER REFERENCES sources (id),
    purpose     TEXT NOT NULL CHECK (purpose IN ('poll', 'article', 'robots', 'discovery')),
    started_at  TEXT NOT NULL,
    elapsed_ms  INTEGER NOT NULL,
    status      INTEGER,
    bytes       INTEGER NOT NULL,                           -- of the decoded body
    error_class TEXT,
    error       TEXT,
    article_id  INTEGER REFERENCES articles (id),
    redirected_to TEXT                                      -- where the answer sent us on to
) STRICT;

CREATE INDEX fetches_started_at ON fetches (started_at);
CREATE INDEX fetches_url ON fetches (url) WHERE purpose = 'article';
CREATE INDEX fetches_article ON fetches (article_id) WHERE article_id IS NOT NULL;
CREATE INDEX fetches_error ON fetches (error_class, started_at) WHERE error_class IS NOT NULL;

CREATE VIRTUAL TABLE articles_fts USING fts5(
    title,
    body,
    content="articles",
    content_rowid="id",
    tokenize="unicode61 remove_diacritics 2"
);

-- New articles enter the index at the end of the transaction that brought them, all at once: FTS5 writes out what it
-- has gathered at every savepoint, and a savepoint for each article would cost more than all the rest. Articles up to
-- this one are in the index.
CREATE TABLE _fts_state (
    id            INTEGER PRIMARY KEY CHECK (id = 1),
    indexed_up_to INTEGER NOT NULL
) STRICT;

INSERT INTO _fts_state (id, indexed_up_to) VALUES (1, 0);

CREATE TRIGGER articles_fts_delete AFTER DELETE ON articles
WHEN old.id <= (SELECT indexed_up_to FROM _fts_state) BEGIN
    INSERT INTO articles_fts (articles_fts, rowid, title, body) VALUES ('delete', old.id, old.title, old.body);
END;

CREATE TRIGGER articles_fts_update AFTER UPDATE OF title, body ON articles
WHEN old.id <= (SELECT indexed_up_to FROM _fts_state) BEGIN
    INSERT INTO articles_fts (articles_fts, rowid, title, body) VALUES ('delete', old.id, old.title, old.body);
    INSERT INTO articles_fts (rowid, title, body) VALUES (new.id, new.title, new.body);
END;
