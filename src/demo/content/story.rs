//! A paper and its stories, as the templates want them.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use super::markup;

/// A news site, as its pages and feeds speak of themselves.
#[derive(Clone, Debug)]
pub struct Paper {
    /// Scheme and host under which links are written, without a slash at the end.
    pub base_url: String,
    /// Scheme and host that pages declare as their canonical address; mostly the same.
    pub canonical_base_url: String,
    /// Name of the publication.
    pub name: String,
    /// What stands under the name.
    pub tagline: String,
    /// Language tag of the site.
    pub language: String,
    /// The publisher's own offset.
    pub offset: Offset,
}

impl Paper {
    /// The absolute address of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }

    /// The address that a page declares as its own.
    #[must_use]
    pub fn canonical_url(&self, path: &str) -> String {
        format!("{}{path}", self.canonical_base_url)
    }

    /// A time in the paper's offset, RFC 3339.
    #[must_use]
    pub fn rfc3339(&self, time: Timestamp) -> String {
        self.formatted(time, "%Y-%m-%dT%H:%M:%S%:z")
    }

    /// A time in the paper's offset, as RSS writes it.
    #[must_use]
    pub fn rfc822(&self, time: Timestamp) -> String {
        self.formatted(time, "%a, %d %b %Y %H:%M:%S %z")
    }

    /// The calendar day in the paper's offset, `YYYYMMDD`.
    #[must_use]
    pub fn day(&self, time: Timestamp) -> String {
        self.formatted(time, "%Y%m%d")
    }

    pub(super) fn formatted(&self, time: Timestamp, format: &str) -> String {
        time.to_zoned(TimeZone::fixed(self.offset)).strftime(format).to_string()
    }
}

/// An article with everything a template needs.
#[derive(Clone, Debug)]
pub struct Story {
    /// Its number at its paper.
    pub id: u32,
    /// Path of its page.
    pub path: String,
    /// Headline.
    pub title: String,
    /// Names of the authors.
    pub authors: Vec<String>,
    /// Section or rubric.
    pub section: String,
    /// Language tag of the text.
    pub language: String,
    /// When it was published.
    pub published: Timestamp,
    /// When it was last changed; the time of publication where it was not.
    pub modified: Timestamp,
    /// The body. `*words*` are emphasised and `[words](address)` are a link.
    pub paragraphs: Vec<String>,
}

impl Story {
    /// The first paragraph without its marks, cut at a word to `n_chars_max`.
    #[must_use]
    pub fn summary(&self, n_chars_max: usize) -> String {
        let lead = self.paragraphs.first().map(|paragraph| markup::plain(paragraph)).unwrap_or_default();
        let Some((cut, _)) = lead.char_indices().nth(n_chars_max) else {
            return lead;
        };
        let beginning = &lead[..cut];
        let at_word = beginning.rfind(' ').map_or(beginning, |space| &beginning[..space]);
        format!("{}…", at_word.trim_end_matches([',', ';', '—', ' ']))
    }

    /// The authors as one text.
    #[must_use]
    pub fn byline(&self, and: &str) -> String {
        match self.authors.split_last() {
            None => String::new(),
            Some((only, [])) => only.clone(),
            Some((last, others)) => format!("{}{and}{last}", others.join(", ")),
        }
    }

    /// Direction of the script, as HTML's `dir` wants it.
    #[must_use]
    pub fn direction(&self) -> &'static str {
        if ["ar", "fa", "he", "ur"].contains(&self.language.as_str()) { "rtl" } else { "ltr" }
    }
}
