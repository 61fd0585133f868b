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
        SELECT count(*) FROM sightings
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
    coalesce(title, '') || char(10) || coalesce(date, '') || char(10) || coalesce(url, '') || char(10)
        || body || CASE body WHEN '' THEN '' ELSE char(10) END AS text
FROM articles;
