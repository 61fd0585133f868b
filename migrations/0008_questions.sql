-- Views for what people ask, so that nobody must know how lists stand in columns, or count what is not there.

CREATE VIEW article_authors AS
SELECT articles.id AS article_id, listed.key + 1 AS position, listed.value AS author
FROM articles, json_each(articles.authors) AS listed;

CREATE VIEW article_keywords AS
SELECT articles.id AS article_id, listed.key + 1 AS position, listed.value AS keyword
FROM articles, json_each(articles.keywords) AS listed;

CREATE VIEW source_tags AS
SELECT sources.id AS source_id, sources.slug, listed.value AS tag
FROM sources, json_each(sources.tags) AS listed;

-- From the day on which a source was first seen to have something, to this one; days without are rows too.
CREATE VIEW source_days AS
WITH RECURSIVE days (source_id, slug, day) AS (
    SELECT id, slug, substr((SELECT min(first_seen_at) FROM sightings WHERE source_id = sources.id), 1, 10) FROM sources
    UNION ALL
    SELECT source_id, slug, date(day, '+1 day') FROM days WHERE day < date('now')
)
SELECT
    source_id,
    slug,
    day,
    (
        SELECT count(*) FROM sightings
        WHERE sightings.source_id = days.source_id AND first_seen_at >= day AND first_seen_at < date(day, '+1 day')
    ) AS n_articles
FROM days WHERE day IS NOT NULL;

CREATE VIEW headline_changes AS
WITH wordings AS (
    SELECT article_id, revision, title, seen_at FROM revisions
    UNION ALL
    SELECT id, revision, title, updated_at FROM articles WHERE revision > 1
)
SELECT later.article_id, later.revision, later.seen_at, earlier.title AS title_before, later.title AS title_after
FROM revisions AS earlier
JOIN wordings AS later ON later.article_id = earlier.article_id AND later.revision = earlier.revision + 1
WHERE later.title IS NOT earlier.title;

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
    count(*)                                                         AS n_fetches,
    sum(error_class IS NOT NULL)                                     AS n_failed,
    max(started_at) FILTER (WHERE error_class IS NULL)               AS last_ok_at,
    max(started_at) FILTER (WHERE error_class IS NOT NULL)           AS last_failed_at,
    CAST(avg(elapsed_ms) FILTER (WHERE error_class IS NULL) AS INTEGER) AS mean_elapsed_ms,
    sum(bytes)                                                       AS bytes,
    count(*) FILTER (WHERE started_at >= strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-1 day')) AS n_fetches_24h,
    count(*) FILTER (WHERE error_class IS NOT NULL
        AND started_at >= strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-1 day')) AS n_failed_24h
FROM fetches WHERE host IS NOT NULL GROUP BY host;

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
