-- What is asked of a file of many articles is looked up, and not counted out of all of them.

-- Stories that several newsrooms tell, those of most newsrooms first, and of some days: a choice by both is made in the index alone. Some
-- thirty bytes a story.
CREATE INDEX stories_sources ON stories (n_sources, n_articles, last_published_at);

-- Copies of a kind, and how many there are of each. Some two bytes an article.
CREATE INDEX articles_duplicate_kind ON articles (duplicate_kind) WHERE duplicate_kind IS NOT NULL;

-- Story by story, so that a choice of stories costs no more than these.
DROP VIEW first_in_story;

CREATE VIEW first_in_story AS
SELECT
    told.story_id,
    members.told_at,
    members.article_id,
    members.publisher,
    articles.title,
    articles.url,
    told.n_sources
FROM (
    SELECT
        stories.id AS story_id,
        stories.n_sources,
        (
            SELECT candidates.article_id FROM story_members AS candidates
            WHERE candidates.story_id = stories.id
            ORDER BY candidates.is_copy, candidates.told_at IS NULL, candidates.told_at, candidates.article_id LIMIT 1
        ) AS first_id
    FROM stories
) AS told
JOIN story_members AS members ON members.article_id = told.first_id
JOIN articles ON articles.id = members.article_id;
