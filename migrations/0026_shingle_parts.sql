-- With millions of articles the row of each bucket of the shingle index became long, and eight of them were written anew with each article. Now a
-- bucket that is full passes its entries on to its parts, which are written once for hundreds of entries.

ALTER TABLE _shingle_buckets ADD COLUMN n_passed INTEGER NOT NULL DEFAULT 0;   -- entries that were passed on

-- Entries as those of the buckets. A part is a bucket and four more bits of a key: 16 * bucket + bits.
CREATE TABLE _shingle_parts (
    part     INTEGER PRIMARY KEY,
    postings BLOB NOT NULL
) STRICT;
