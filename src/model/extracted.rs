//! The article as its page or file gives it.

use std::borrow::Cow;
use std::fmt;

use url::Url;

/// Where a value was found, from the most to the least trusted for a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A rule for the site, which somebody wrote who has looked.
    SiteRule,
    /// Structured data, schema.org as JSON-LD or microdata.
    JsonLd,
    /// A `meta` element.
    Meta,
    /// A `time` element.
    Time,
    /// The feed's entry.
    Feed,
    /// The sitemap's entry.
    Sitemap,
    /// The address.
    Url,
    /// The line under the title that names the author.
    Byline,
    /// The text of the page.
    Text,
    /// The title or heading element of the page.
    Heading,
    /// A `link` element.
    Link,
    /// The file that was imported.
    File,
    /// Found by looking at the words.
    Detected,
}

impl Origin {
    /// The word stored in `articles.date_source` and printed beside a value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Origin::SiteRule => "site-rule",
            Origin::JsonLd => "json-ld",
            Origin::Meta => "meta",
            Origin::Time => "time",
            Origin::Feed => "feed",
            Origin::Sitemap => "sitemap",
            Origin::Url => "url",
            Origin::Byline => "byline",
            Origin::Text => "text",
            Origin::Heading => "heading",
            Origin::Link => "link",
            Origin::File => "file",
            Origin::Detected => "detected",
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A value and where it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence<T> {
    /// The value, as the document has it.
    pub value: T,
    /// Where it stood.
    pub origin: Origin,
}

impl<T> Evidence<T> {
    /// A value with its origin.
    pub fn new(value: T, origin: Origin) -> Self {
        Evidence { value, origin }
    }
}

/// How much of the article the body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyKind {
    /// All of it.
    Full,
    /// Cut off before its end.
    Partial,
    /// A lead that invites to read on elsewhere.
    Teaser,
    /// Consent, login or paywall text stood where the article should.
    Wall,
    /// The feed's own full text.
    Feed,
}

impl BodyKind {
    /// The word stored in `articles.body_kind`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            BodyKind::Full => "full",
            BodyKind::Partial => "partial",
            BodyKind::Teaser => "teaser",
            BodyKind::Wall => "wall",
            BodyKind::Feed => "feed",
        }
    }
}

/// How far the extraction can be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quality {
    /// 0 (certainly not the article) to 100.
    pub score: u8,
    /// What speaks against it, as short fixed words such as `short` or `link-heavy`.
    pub reasons: Vec<Cow<'static, str>>,
}

impl Quality {
    /// The reason that stands for pages of an article that could not be had.
    pub const PAGES_MISSING: &'static str = "pages-missing";

    /// Whether pages of the article are known to be missing.
    #[must_use]
    pub fn lacks_pages(&self) -> bool {
        self.reasons.iter().any(|reason| reason == Quality::PAGES_MISSING)
    }
}

/// The article as its page or file gives it: strings are the document's own, entities resolved, not yet normalized.
#[derive(Clone, Debug)]
pub struct ExtractedArticle {
    /// The headline, without the site's name.
    pub title: Option<Evidence<String>>,
    /// Dates of publication, best first; the first that can be read counts.
    pub published: Vec<Evidence<String>>,
    /// Date of the last change.
    pub modified: Option<Evidence<String>>,
    /// Addresses the page gives itself (`rel=canonical`, `og:url`), best first, not yet checked for sanity.
    pub canonical_urls: Vec<Evidence<String>>,
    /// Names of people.
    pub authors: Vec<Evidence<String>>,
    /// Language tag that the page declares.
    pub language: Option<Evidence<String>>,
    /// Name of the publication.
    pub site_name: Option<Evidence<String>>,
    /// Section or rubric.
    pub section: Option<Evidence<String>>,
    /// Keywords.
    pub tags: Vec<String>,
    /// Address of the lead image.
    pub image: Option<Evidence<String>>,
    /// The body, lead first, in page order.
    pub paragraphs: Vec<String>,
    /// How much of the article that is.
    pub body_kind: BodyKind,
    /// How far to trust it.
    pub quality: Quality,
    /// What the rule for the site has not found on the page, each as a sentence that names rule and selector.
    pub rule_faults: Vec<String>,
    /// The page on which it goes on.
    pub next_page: Option<NextPage>,
    /// What it says of being one of several pages, where its address has the number of one.
    pub numbered_page: Option<NumberedPage>,
    /// Whether the page calls itself an article, in structured data or for social networks.
    pub says_article: bool,
}

/// The next page of an article that is spread over several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextPage {
    /// Its address.
    pub url: Url,
    /// Its number; that of the first page is 1, though it seldom says so.
    pub number: u32,
    /// Whether no more than the text of its link tells: it may be the next part of a list beside the article.
    pub is_by_number: bool,
}

/// A page that says that it is one of several of an article. Whether it is, the first page must confirm: of articles that
/// are numbered each may say the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedPage {
    /// Its number. Page 1 is one whose address says so.
    pub number: u32,
    /// Where the first page may be, best first; never empty.
    pub first_pages: Vec<Url>,
    /// Where the second page is, by the address of this one.
    pub second_page: Url,
    /// Whether it links to the first page, and the address of that is not only made from its own.
    pub names_first: bool,
    /// Whether it gives the address of the first page as its own.
    pub is_canonical: bool,
}
