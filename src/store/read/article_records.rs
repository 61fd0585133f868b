//! Articles as answers show them, and the columns that they are read from.

use crate::store::read::cells::Cells;

/// An article in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArticleRow {
    /// Row id.
    pub id: i64,
    /// Publication time, RFC 3339; absent when unknown.
    pub published_at: Option<String>,
    /// `day` or `instant`.
    pub date_precision: Option<String>,
    /// Publication day, `YYYYMMDD`.
    pub date: Option<String>,
    /// The source that had it first.
    pub source: Option<String>,
    /// What that one is called, if that is not its slug.
    pub source_title: Option<String>,
    /// Language code.
    pub language: Option<String>,
    /// Words in the body.
    pub words: u32,
    /// Kind of body, such as `full`, `teaser` or `wall`.
    pub body_kind: String,
    /// Quality, 0 to 100.
    pub quality: u8,
    /// Headline.
    pub title: Option<String>,
    /// Canonical address.
    pub url: Option<String>,
    /// The earlier article that it duplicates.
    pub duplicate_of: Option<i64>,
    /// Kind of duplicate: `exact` or `near`.
    pub duplicate_kind: Option<String>,
    /// Number of the present wording, from 1.
    pub revision: u32,
}

/// All that is stored of an article.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArticleDetails {
    /// As in a list.
    pub row: ArticleRow,
    /// The body, one paragraph per line.
    pub body: String,
    /// Names of the authors.
    pub authors: Vec<String>,
    /// Where on the page the date was found.
    pub date_source: Option<String>,
    /// The publisher's offset from UTC.
    pub published_offset: Option<String>,
    /// Last change, as the page says.
    pub modified_at: Option<String>,
    /// Name of the publication.
    pub site_name: Option<String>,
    /// Section of the publication.
    pub section: Option<String>,
    /// Keywords.
    pub keywords: Vec<String>,
    /// Address of the lead image.
    pub image_url: Option<String>,
    /// Why the quality is not 100.
    pub quality_reasons: Vec<String>,
    /// First sighting.
    pub first_seen_at: String,
    /// Last change of the row.
    pub updated_at: String,
    /// SHA-256 of the bundle document.
    pub sha256: String,
    /// When it was found to be removed by its publisher.
    pub removed_at: Option<String>,
    /// What its publisher says against text mining and AI training.
    pub reservations: Vec<String>,
}

/// The columns of [`ArticleRow`], from `articles` joined with `sources`.
pub(in crate::store) const ARTICLE_COLUMNS: &str = "articles.id, articles.published_at, articles.date_precision, articles.date, sources.slug, \
     articles.language, articles.words, articles.body_kind, articles.quality, articles.title, articles.url, \
     articles.duplicate_of, articles.duplicate_kind, articles.revision, nullif(sources.title, sources.slug)";

/// How many they are.
pub(in crate::store) const N_ARTICLE_COLUMNS: usize = 15;

/// The further columns of [`ArticleDetails`], read behind [`ARTICLE_COLUMNS`] and the text as `body`.
pub(in crate::store) const DETAIL_COLUMNS: &str = "articles.authors, articles.date_source, articles.published_offset, \
     articles.modified_at, articles.site_name, articles.section, articles.keywords, articles.image_url, \
     articles.quality_reasons, articles.first_seen_at, articles.updated_at, articles.sha256, \
     articles.removed_at, articles.reservations";

/// How many they are, with the text.
pub(in crate::store) const N_DETAIL_COLUMNS: usize = 15;

/// Reads [`ARTICLE_COLUMNS`].
pub(in crate::store) fn article_row(cells: &Cells<'_, '_>) -> ArticleRow {
    ArticleRow {
        id: cells.value(0),
        published_at: cells.optional_text(1),
        date_precision: cells.optional_text(2),
        date: cells.optional_text(3),
        source: cells.text_of_other(4),
        source_title: cells.text_of_other(14),
        language: cells.optional_text(5),
        words: cells.value(6),
        body_kind: cells.text(7),
        quality: cells.value(8),
        title: cells.optional_text(9),
        url: cells.optional_text(10),
        duplicate_of: cells.value(11),
        duplicate_kind: cells.optional_text(12),
        revision: cells.value(13),
    }
}

/// Reads [`ARTICLE_COLUMNS`], the text and [`DETAIL_COLUMNS`].
pub(in crate::store) fn article_details(cells: &Cells<'_, '_>) -> ArticleDetails {
    let at = |offset: usize| N_ARTICLE_COLUMNS + offset;
    ArticleDetails {
        row: article_row(cells),
        body: cells.text(at(0)),
        authors: cells.list(at(1)),
        date_source: cells.optional_text(at(2)),
        published_offset: cells.optional_text(at(3)),
        modified_at: cells.optional_text(at(4)),
        site_name: cells.optional_text(at(5)),
        section: cells.optional_text(at(6)),
        keywords: cells.list(at(7)),
        image_url: cells.optional_text(at(8)),
        quality_reasons: cells.list(at(9)),
        first_seen_at: cells.text(at(10)),
        updated_at: cells.text(at(11)),
        sha256: cells.text(at(12)),
        removed_at: cells.optional_text(at(13)),
        reservations: cells.list(at(14)),
    }
}
