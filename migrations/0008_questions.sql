-- Views for what people ask, so that nobody must know how lists stand in columns, or count what is not there. DuckDB reads a view by
-- taking its text for SQL of its own and giving SQLite what it understood. So there is no `count(*)`, `char(10)`, `date(…, …)` or
-- `IS NOT` a value in them, and no recursion; those of before that had such are made anew.

DROP VIEW source_health;
DROP VIEW bundle_documents;

-- A source's pulse. It is asked at the address that it has moved to after five answers that agree: the number is that of
-- `schedule::address::CONSISTENT_ANSWERS`. One that was last polled in the future, by a clock that was ahead, is due;
-- none is due later than the longest wait.
CREATE VIEW source_health AS
SELECT
    sources.slug,
    strftime('%Y-%m-%dT%H:%M:%SZ', schedule.last_ok_at / 1000, 'unixepoch')          AS last_ok_at,
    strftime('%Y-%m-%dT%H:%M:%SZ', schedule.last_new_article_at / 1000, 'unixepoch') AS last_new_article_at,
    schedule.failures_in_a_row,
    strftime('%Y-%m-%dT%H:%M:%SZ',
        CASE WHEN schedule.last_polled_at / 1000 > CAST(strftime('%s', 'now', '+1 minute') AS INTEGER)
            THEN min(schedule.next_due_at / 1000, CAST(strftime('%s', 'now') AS INTEGER))
            ELSE min(schedule.next_due_at / 1000,
                CAST(strftime('%s', 'now') AS INTEGER) + (SELECT longest_s FROM _schedule_state)) END,
        'unixepoch')                                                                 AS next_due_at,
    (
        SELECT count(1) FROM sightings
        WHERE sightings.source_id = sources.id
          AND sightings.first_seen_at >= strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-7 days')
    )                                                                                AS articles_7d,
    coalesce(schedule.error, gate.told)                                              AS error,
    coalesce(schedule.error_class, iif(gate.told IS NULL, NULL, 'gate'))             AS error_class,
    schedule.problems,
    sources.id                                                                       AS source_id,
    sources.state,
    CASE WHEN schedule.n_moved >= 5 THEN schedule.moved_to END                       AS moved_to
FROM sources
JOIN _source_schedule AS schedule ON schedule.source_id = sources.id
LEFT JOIN (
    SELECT
        _links.source_id,
        'articles of ' || _gates.publisher || ' stand behind a gate since ' || min(_gates.since) || ' ('
            || _gates.sign || '): ' || count(DISTINCT _links.id) || ' wait for it to open' AS told
    FROM _gates
    JOIN _gate_looks ON _gate_looks.publisher = _gates.publisher AND is_refused AND NOT is_past
    JOIN _links ON _links.id = _gate_looks.link_id
    GROUP BY _links.source_id
) AS gate ON gate.source_id = sources.id;

-- An article as a document of the seed-bundle format; `name_hash` is the hash in its file's name.
CREATE VIEW bundle_documents AS
SELECT
    id                    AS article_id,
    story_id,
    substr(sha256, 1, 16) AS name_hash,
    coalesce(title, '') || newline || coalesce(date, '') || newline || coalesce(url, '') || newline
        || body || CASE body WHEN '' THEN '' ELSE newline END AS text
FROM articles, (SELECT '
' AS newline);

CREATE VIEW article_authors AS
SELECT articles.id AS article_id, listed.key + 1 AS position, listed.value AS author
FROM articles, json_each(articles.authors) AS listed;

CREATE VIEW article_keywords AS
SELECT articles.id AS article_id, listed.key + 1 AS position, listed.value AS keyword
FROM articles, json_each(articles.keywords) AS listed;

CREATE VIEW source_tags AS
SELECT sources.id AS source_id, sources.slug, listed.value AS tag
FROM sources, json_each(sources.tags) AS listed;

-- From the day on which a source was first seen to have something, to this one; days without are rows too. A list with an element for
-- each day stands in for a series.
CREATE VIEW source_days AS
SELECT
    source_id,
    slug,
    day,
    (
        SELECT count(1) FROM sightings
        WHERE sightings.source_id = days.source_id AND first_seen_at >= day
            AND first_seen_at < strftime('%Y-%m-%d', day, '+1 day')
    ) AS n_articles
FROM (
    SELECT source_id, slug, strftime('%Y-%m-%d', first_day, '+' || passed.key || ' days') AS day
    FROM (
        SELECT id AS source_id, slug, substr((SELECT min(first_seen_at) FROM sightings WHERE source_id = sources.id), 1, 10) AS first_day
        FROM sources
    ) AS began, json_each('[0' || replace(
        hex(zeroblob(CAST(julianday(strftime('%Y-%m-%d', 'now')) - julianday(first_day) AS INTEGER))), '00', ',0') || ']') AS passed
) AS days
WHERE day IS NOT NULL;

CREATE VIEW headline_changes AS
WITH wordings AS (
    SELECT article_id, revision, title, seen_at FROM revisions
    UNION ALL
    SELECT id, revision, title, updated_at FROM articles WHERE id IN (SELECT article_id FROM revisions)
)
SELECT later.article_id, later.revision, later.seen_at, earlier.title AS title_before, later.title AS title_after
FROM revisions AS earlier
JOIN wordings AS later ON later.article_id = earlier.article_id AND later.revision = earlier.revision + 1
WHERE later.title <> earlier.title OR (later.title IS NULL) <> (earlier.title IS NULL);

CREATE VIEW story_timeline AS
SELECT
    members.story_id,
    members.told_at,
    members.article_id,
    members.publisher,
    articles.title,
    articles.url,
    articles.language,
    members.is_copy,
    (strftime('%s', members.told_at) - strftime('%s', stories.first_published_at)) / 60 AS minutes_behind
FROM story_members AS members
JOIN stories ON stories.id = members.story_id
JOIN articles ON articles.id = members.article_id;

CREATE VIEW first_in_story AS
SELECT story_id, told_at, article_id, publisher, title, url, n_sources
FROM (
    SELECT
        members.story_id, members.told_at, members.article_id, members.publisher, articles.title, articles.url,
        stories.n_sources,
        row_number() OVER (
            PARTITION BY members.story_id ORDER BY members.is_copy, members.told_at IS NULL, members.told_at, members.article_id
        ) AS place
    FROM story_members AS members
    JOIN stories ON stories.id = members.story_id
    JOIN articles ON articles.id = members.article_id
)
WHERE place = 1;

-- Of the exchanges that are kept.
CREATE VIEW host_health AS
SELECT
    host,
    count(1)                                                         AS n_fetches,
    sum(error_class IS NOT NULL)                                     AS n_failed,
    max(started_at) FILTER (WHERE error_class IS NULL)               AS last_ok_at,
    max(started_at) FILTER (WHERE error_class IS NOT NULL)           AS last_failed_at,
    CAST(avg(elapsed_ms) FILTER (WHERE error_class IS NULL) AS INTEGER) AS mean_elapsed_ms,
    sum(bytes)                                                       AS bytes,
    count(1) FILTER (WHERE started_at >= strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-1 day')) AS n_fetches_24h,
    count(1) FILTER (WHERE error_class IS NOT NULL
        AND started_at >= strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-1 day')) AS n_failed_24h
FROM fetches WHERE host IS NOT NULL GROUP BY host;

CREATE VIEW change_epochs AS SELECT began_after, token FROM _epochs;

-- A source that has not said what it is called goes by its slug: programs show the title of what a row refers to.
CREATE TRIGGER sources_insert AFTER INSERT ON sources WHEN new.title IS NULL BEGIN
    UPDATE sources SET title = new.slug WHERE id = new.id;
END;

UPDATE sources SET title = slug WHERE title IS NULL;
UPDATE docs SET text = 'Its title, as it calls itself; its slug while that is unknown.' WHERE table_name = 'sources' AND column_name = 'title';

INSERT INTO docs (table_name, column_name, text) VALUES
('articles', 'host', 'Registrable domain of its address, such as example.org, or the address of the host; NULL without an address.'),
('articles', 'day', 'Day of publication as in date, YYYY-MM-DD.'),
('articles', 'new_seq', 'The change_seq with which it came in; NULL where that is not known.'),
('articles', 'wording_seq', 'The change_seq with which its present wording came; NULL where that is not known.'),
('articles', 'removed_seq', 'The change_seq with which it was told as removed; NULL while it is there, or where that is not known.'),
('revisions', 'change_seq', 'The change_seq (articles.change_seq) with which this wording came; NULL where that is not known.'),
('fetches', 'host', 'Registrable domain of the address that was asked, or the address of the host.'),

('articles_characters', NULL, 'Full-text index (FTS5) of articles with Chinese, Japanese, Thai, Lao, Khmer or Burmese in them, each such character a word, so that a word is asked for as the phrase of its characters, as in MATCH ''"東 京"''; its rowid is articles.id, and it has no copy of the texts.'),
('articles_characters', 'title', 'Headline, as in articles.title.'),
('articles_characters', 'body', 'Text, as in articles.body.'),

('change_epochs', NULL, 'A view of who gave which numbers of changes (articles.change_seq), one row for each process that wrote: a file that was put back from a copy goes on with other tokens.'),
('change_epochs', 'began_after', 'The last number that was given before it.'),
('change_epochs', 'token', 'A word that no other epoch has, in this database or another.'),

('article_authors', NULL, 'A view of the authors of each article, one row for each pair.'),
('article_authors', 'article_id', 'The article (articles.id).'),
('article_authors', 'position', 'Place of the author in the order of the page, 1 for the first.'),
('article_authors', 'author', 'Name of the author.'),

('article_keywords', NULL, 'A view of the keywords of each article, one row for each pair.'),
('article_keywords', 'article_id', 'The article (articles.id).'),
('article_keywords', 'position', 'Place of the keyword in the order of the page, 1 for the first.'),
('article_keywords', 'keyword', 'The keyword.'),

('source_tags', NULL, 'A view of the tags of each source, one row for each pair.'),
('source_tags', 'source_id', 'The source (sources.id).'),
('source_tags', 'slug', 'Name of the source (sources.slug).'),
('source_tags', 'tag', 'The tag.'),

('source_days', NULL, 'A view of what each source brought by day (UTC), from its first day to this one, one row for each pair; days without anything are rows too.'),
('source_days', 'source_id', 'The source (sources.id).'),
('source_days', 'slug', 'Name of the source (sources.slug).'),
('source_days', 'day', 'The day, YYYY-MM-DD.'),
('source_days', 'n_articles', 'Articles first seen in the source on that day, 0 on a day without.'),

('headline_changes', NULL, 'A view of the articles whose headline was changed, one row for each change.'),
('headline_changes', 'article_id', 'The article (articles.id).'),
('headline_changes', 'revision', 'Number of the wording that has the new headline.'),
('headline_changes', 'seen_at', 'When the new headline was first seen, RFC 3339 UTC.'),
('headline_changes', 'title_before', 'The headline before; NULL where there was none.'),
('headline_changes', 'title_after', 'The headline since.'),

('story_timeline', NULL, 'A view of who told each story when, one row for each of its articles.'),
('story_timeline', 'story_id', 'The story (stories.id).'),
('story_timeline', 'told_at', 'When it was published, or else first seen if it was fetched, RFC 3339 UTC; NULL while unknown.'),
('story_timeline', 'article_id', 'The article (articles.id).'),
('story_timeline', 'publisher', 'Who printed it, as in story_members.publisher.'),
('story_timeline', 'title', 'Headline of the article.'),
('story_timeline', 'url', 'Address of the article.'),
('story_timeline', 'language', 'Language of the article.'),
('story_timeline', 'is_copy', '1 where it is a copy of an earlier article, else 0.'),
('story_timeline', 'minutes_behind', 'Minutes behind the first article of the story; NULL where a time is unknown.'),

('first_in_story', NULL, 'A view of who told each story first in their own words, one row for each story.'),
('first_in_story', 'story_id', 'The story (stories.id).'),
('first_in_story', 'told_at', 'When it told it, RFC 3339 UTC, as in story_members.told_at.'),
('first_in_story', 'article_id', 'Its article (articles.id).'),
('first_in_story', 'publisher', 'Who printed it, as in story_members.publisher.'),
('first_in_story', 'title', 'Headline of that article.'),
('first_in_story', 'url', 'Address of that article.'),
('first_in_story', 'n_sources', 'How many publishers tell of the story, as in stories.n_sources.'),

('host_health', NULL, 'A view of how each host answers, by the exchanges that are kept, one row for each.'),
('host_health', 'host', 'Registrable domain, or the address of the host.'),
('host_health', 'n_fetches', 'Exchanges with it.'),
('host_health', 'n_failed', 'How many of them failed.'),
('host_health', 'last_ok_at', 'When the last one began that went well, RFC 3339 UTC; NULL: none did.'),
('host_health', 'last_failed_at', 'When the last one began that failed, RFC 3339 UTC; NULL: none did.'),
('host_health', 'mean_elapsed_ms', 'Mean of the milliseconds of those that went well.'),
('host_health', 'bytes', 'Bytes of all bodies, after decompression.'),
('host_health', 'n_fetches_24h', 'Exchanges within the last 24 hours.'),
('host_health', 'n_failed_24h', 'How many of those failed.');
