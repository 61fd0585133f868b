-- What the pages ask for at each visit: the last polls of every source, the last revisions and the last removals, each without a look at
-- what is older.

CREATE INDEX fetches_polls ON fetches (source_id, started_at, status, error_class) WHERE purpose = 'poll';

CREATE INDEX articles_revised ON articles (wording_seq) WHERE revision > 1;

CREATE INDEX articles_removed ON articles (removed_at) WHERE removed_at IS NOT NULL;
