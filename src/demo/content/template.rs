//! The ways in which the demo's papers make their pages.

use jiff::Timestamp;

use super::story::{Paper, Story};
use super::texts::Text;
use super::{pages, wordpress};
use crate::demo::web::Resource;

/// How a paper's pages are made, and where they and its feed stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Template {
    HarbourPost,
    WordPress,
    Gazette,
    Asagiri,
    MeridianWire,
}

impl Template {
    pub(super) fn html(self, paper: &Paper, story: &Story, others: &[Story]) -> String {
        match self {
            Template::HarbourPost => pages::harbour_post(paper, story, others),
            Template::WordPress => wordpress::page(paper, story, others),
            Template::Gazette => pages::gazette(paper, story, others),
            Template::Asagiri => pages::asagiri(paper, story, others),
            Template::MeridianWire => pages::meridian_wire(paper, story, others),
        }
    }

    pub(super) fn page(self, paper: &Paper, story: &Story, others: &[Story]) -> Resource {
        let html = self.html(paper, story, others);
        let resource = match self {
            Template::Gazette => {
                let (body, _, _) = encoding_rs::WINDOWS_1252.encode(&html);
                Resource::new("text/html; charset=windows-1252", body.into_owned())
            }
            // Says its encoding in the page only.
            Template::Asagiri => Resource::new("text/html", html),
            Template::HarbourPost | Template::WordPress | Template::MeridianWire => Resource::html(html),
        };
        resource.last_modified(story.modified)
    }

    /// Where a story's page stands.
    pub(super) fn path(self, paper: &Paper, text: &Text, published: Timestamp) -> String {
        match self {
            Template::HarbourPost => format!("/{}/{}-{}", wordpress::slug(&text.section), text.slug, text.id),
            Template::WordPress => format!("/{}/{}/", paper.formatted(published, "%Y/%m"), text.slug),
            Template::Gazette => format!("/article/{}-{}.html", text.id, text.slug),
            Template::Asagiri => format!("/articles/{}.html", text.slug),
            Template::MeridianWire => format!("/story/mw-{}", text.id),
        }
    }

    /// Where the feed of all stories stands.
    pub(super) fn feed_path(self) -> &'static str {
        match self {
            Template::HarbourPost => "/rss/latest.xml",
            Template::WordPress => "/feed/",
            Template::Gazette => "/atom.xml",
            Template::Asagiri => "/sitemap-news.xml",
            Template::MeridianWire => "/feed.json",
        }
    }
}
