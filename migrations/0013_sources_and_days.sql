-- Questions about a source and about days look at what they ask for, and not at all that a source has had or at all days that there were.

-- What `ls --source` lists of a source whose articles have no dates. Some thirty bytes for each of these.
CREATE INDEX articles_source_undated ON articles (source_id, first_seen_at) WHERE published_at IS NULL;

-- From the day on which a source was first seen to have something, to this one; days without are rows too. The days of all sources are
-- made once, so that a choice of days is made before sources are asked. A list with an element for each day stands in for a series.
DROP VIEW source_days;

CREATE VIEW source_days AS
SELECT
    sources.id AS source_id,
    sources.slug,
    days.day,
    (
        SELECT count(1) FROM sightings
        WHERE sightings.source_id = sources.id AND first_seen_at >= days.day
            AND first_seen_at < strftime('%Y-%m-%d', days.day, '+1 day')
    ) AS n_articles
FROM (
    SELECT strftime('%Y-%m-%d', first_day, '+' || passed.key || ' days') AS day
    FROM (
        SELECT substr(min(began_at), 1, 10) AS first_day
        FROM (SELECT (SELECT min(first_seen_at) FROM sightings WHERE source_id = sources.id) AS began_at FROM sources)
    ) AS began, json_each('[0' || replace(
        hex(zeroblob(CAST(julianday(strftime('%Y-%m-%d', 'now')) - julianday(first_day) AS INTEGER))), '00', ',0') || ']') AS passed
) AS days CROSS JOIN sources
WHERE days.day >= substr((SELECT min(first_seen_at) FROM sightings WHERE source_id = sources.id), 1, 10);
