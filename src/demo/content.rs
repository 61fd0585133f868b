//! What the demo's news web serves: five invented newspapers with forty-four pages, of which four repeat an agency's
//! report word for word, and as many generated pages as a benchmark asks for.
//!
//! All times are given relative to a moment that is handed in, so that the news is fresh whenever it is read.

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use super::web::{NewsWeb, Resource, Site};

mod boilerplate;
mod bulk;
mod feeds;
mod markup;
mod pages;
mod story;
mod template;
mod texts;
pub mod wordpress;

pub use bulk::bulk;
pub use markup::plain;
pub use story::{Paper, Story};

use template::Template;
use texts::Text;

/// The host of the agency whose reports others repeat.
const AGENCY: &str = "meridian-wire.example";

/// A source that the demo follows, as `sources.toml` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DemoSource {
    /// Its stable name.
    pub slug: &'static str,
    /// Where it is.
    pub url: &'static str,
    /// What it is, by the word of `sources.toml`.
    pub kind: &'static str,
    /// Words for it.
    pub tags: &'static [&'static str],
    /// Whether it is broken and must be told as failed.
    pub is_broken: bool,
}

/// The sources of the demo.
pub const SOURCES: [DemoSource; 7] = [
    DemoSource {
        slug: "harbour-post",
        url: "http://harbour-post.example/rss/latest.xml",
        kind: "feed",
        tags: &["en", "daily"],
        is_broken: false,
    },
    DemoSource {
        slug: "harbour-post-city",
        url: "http://harbour-post.example/rss/city.xml",
        kind: "feed",
        tags: &["en", "daily"],
        is_broken: false,
    },
    DemoSource {
        slug: "harbour-post-living",
        url: "http://harbour-post.example/rss/living.xml",
        kind: "feed",
        tags: &["en", "daily"],
        is_broken: true,
    },
    DemoSource {
        slug: "valley-chronicle",
        url: "http://valley-chronicle.example/feed/",
        kind: "feed",
        tags: &["en", "weekly"],
        is_broken: false,
    },
    DemoSource {
        slug: "gazette-des-rives",
        url: "http://gazette-des-rives.example/atom.xml",
        kind: "feed",
        tags: &["fr", "daily"],
        is_broken: false,
    },
    DemoSource {
        slug: "asagiri",
        url: "http://asagiri-shimbun.example/sitemap-news.xml",
        kind: "sitemap",
        tags: &["ja", "daily"],
        is_broken: false,
    },
    DemoSource {
        slug: "meridian-wire",
        url: "http://meridian-wire.example/feed.json",
        kind: "feed",
        tags: &["en", "ar", "es", "agency"],
        is_broken: false,
    },
];

/// What reading an article of the demo must give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedArticle {
    /// Host of its site.
    pub host: String,
    /// Its canonical address.
    pub url: String,
    /// Headline.
    pub title: String,
    /// Names of the authors.
    pub authors: Vec<String>,
    /// Day of publication in the publisher's offset, `YYYYMMDD`.
    pub day: String,
    /// ISO 639-1 code.
    pub language: String,
    /// The body in normal form.
    pub paragraphs: Vec<String>,
    /// Address of the agency's report of which the body is a copy. Which of the two is stored as the duplicate
    /// depends on which is read first.
    pub copy_of: Option<String>,
    /// Address of the agency's report that it was made from; again either may be stored as the duplicate.
    pub made_from: Option<String>,
}

/// The demo's content at a moment.
#[derive(Clone, Debug)]
pub struct DemoContent {
    editions: Vec<Edition>,
}

/// A paper with its stories, newest first.
#[derive(Clone, Debug)]
struct Edition {
    host: &'static str,
    template: Template,
    paper: Paper,
    stories: Vec<Story>,
    /// For each story: the path of the agency's report that it repeats, and of the one that it was made from.
    sources: Vec<(Option<String>, Option<String>)>,
    /// What the edited story will read.
    edited: Option<(String, Vec<String>)>,
}

impl DemoContent {
    /// The content as it stands at `now`: the newest article is an hour old, the oldest two days.
    #[must_use]
    pub fn new(now: Timestamp) -> DemoContent {
        let agency_texts = texts::read(include_str!("content/meridian_wire.txt"));
        let edition = |host, template, name: &str, tagline: &str, language: &str, offset, file| {
            let base_url = format!("http://{host}");
            let paper = Paper {
                canonical_base_url: base_url.clone(),
                base_url,
                name: name.to_owned(),
                tagline: tagline.to_owned(),
                language: language.to_owned(),
                offset,
            };
            Edition::new(host, template, paper, texts::read(file), &agency_texts, now)
        };
        DemoContent {
            editions: vec![
                edition(
                    "harbour-post.example",
                    Template::HarbourPost,
                    "Harbour Post",
                    "News of Port Ellery & the estuary since 1871",
                    "en",
                    Offset::constant(-4),
                    include_str!("content/harbour_post.txt"),
                ),
                edition(
                    "valley-chronicle.example",
                    Template::WordPress,
                    "The Valley Chronicle",
                    "What happens in Brackenridge — and what doesn’t",
                    "en-GB",
                    Offset::constant(1),
                    include_str!("content/valley_chronicle.txt"),
                ),
                edition(
                    "gazette-des-rives.example",
                    Template::Gazette,
                    "La Gazette des Rives",
                    "Le quotidien de Saint-Aubrac et de ses vallées",
                    "fr",
                    Offset::constant(2),
                    include_str!("content/gazette_des_rives.txt"),
                ),
                edition(
                    "asagiri-shimbun.example",
                    Template::Asagiri,
                    "朝霧新聞デジタル",
                    "朝霧と霧谷のニュース",
                    "ja",
                    Offset::constant(9),
                    include_str!("content/asagiri_shimbun.txt"),
                ),
                edition(
                    AGENCY,
                    Template::MeridianWire,
                    "Meridian Wire",
                    "Short, checked, and on time",
                    "en",
                    Offset::UTC,
                    include_str!("content/meridian_wire.txt"),
                ),
            ],
        }
    }

    /// The sites, ready to be served.
    #[must_use]
    pub fn sites(&self) -> Vec<Site> {
        self.editions.iter().map(Edition::site).collect()
    }

    /// What reading all of it must give.
    #[must_use]
    pub fn expected(&self) -> Vec<ExpectedArticle> {
        self.editions.iter().flat_map(Edition::expected).collect()
    }

    /// Corrects one article: replaces its page and gives its entry in the feed a new `updated` date. Returns what
    /// reading it must give from now on.
    pub fn edit_one(&mut self, web: &NewsWeb, edited_at: Timestamp) -> Option<ExpectedArticle> {
        let edition = self.editions.iter_mut().find(|edition| edition.edited.is_some())?;
        let (path, paragraphs) = edition.edited.take()?;
        let index = edition.stories.iter().position(|story| story.path == path)?;
        let story = &mut edition.stories[index];
        story.paragraphs = paragraphs;
        story.modified = edited_at;
        let site = edition.site();
        for path in [path.as_str(), edition.template.feed_path()] {
            let resource = site.resource(path)?.clone();
            let is_there = web.put(edition.host, path, resource);
            debug_assert!(is_there, "{} is not served", edition.host);
        }
        edition.expected().into_iter().nth(index)
    }
}

impl Edition {
    fn new(
        host: &'static str,
        template: Template,
        paper: Paper,
        mut texts: Vec<Text>,
        agency_texts: &[Text],
        now: Timestamp,
    ) -> Edition {
        texts.sort_by_key(|text| text.age_minutes);
        let report = |slug: &Option<String>| {
            let slug = slug.as_ref()?;
            agency_texts.iter().find(|report| report.slug == *slug)
        };
        let story = |text: &Text| {
            let age = SignedDuration::from_mins(text.age_minutes);
            let published = now.saturating_sub(age).unwrap_or(now);
            // Whole minutes, as papers give them.
            let published = Timestamp::from_second(published.as_second().div_euclid(60) * 60).unwrap_or(published);
            Story {
                id: text.id,
                path: template.path(&paper, text, published),
                title: text.title.clone(),
                authors: text.authors.clone(),
                section: text.section.clone(),
                language: text.language.clone().unwrap_or_else(|| paper.language.clone()),
                published,
                modified: published,
                paragraphs: report(&text.copy_of).unwrap_or(text).paragraphs.clone(),
            }
        };
        let stories: Vec<Story> = texts.iter().map(story).collect();
        let path_of = |slug| report(slug).map(|report| format!("/story/mw-{}", report.id));
        let sources = texts.iter().map(|text| (path_of(&text.copy_of), path_of(&text.made_from))).collect();
        let edited =
            texts.iter().zip(&stories).find_map(|(text, story)| Some((story.path.clone(), text.edited.clone()?)));
        Edition { host, template, paper, stories, sources, edited }
    }

    fn site(&self) -> Site {
        let (paper, stories) = (&self.paper, &self.stories);
        let changed_at = stories.iter().map(|story| story.modified).max().unwrap_or_default();
        let feed = |content_type: &str, body: String| Resource::new(content_type, body).last_modified(changed_at);
        let robots = |disallowed: &[&str], sitemap| Resource::new("text/plain", feeds::robots(disallowed, sitemap));
        let mut site = Site::new(self.host);
        for story in stories {
            site.insert(&story.path, self.template.page(paper, story, stories));
        }
        let feed_path = self.template.feed_path();
        let all: Vec<&Story> = stories.iter().collect();
        let (site, feeds): (Site, &[_]) = match self.template {
            Template::HarbourPost => {
                let is_local = |story: &&&Story| ["City", "Environment"].contains(&story.section.as_str());
                let city: Vec<&Story> = all.iter().filter(is_local).copied().collect();
                let latest =
                    feeds::rss(paper, "Harbour Post", &all, "utm_source=rss&utm_medium=feed&utm_campaign=latest");
                let city = feeds::rss(paper, "Harbour Post – City", &city, "utm_source=rss&utm_campaign=city");
                let living = feeds::broken_rss(paper, "Harbour Post – Living");
                let site = site
                    .with(feed_path, feed("application/rss+xml; charset=utf-8", latest))
                    .with("/rss/city.xml", feed("application/rss+xml; charset=utf-8", city))
                    .with("/rss/living.xml", feed("application/rss+xml; charset=utf-8", living))
                    .with("/robots.txt", robots(&["/account", "/search"], None));
                (site, &[("application/rss+xml", "Latest"), ("application/rss+xml", "City")])
            }
            Template::WordPress => {
                let body = wordpress::feed(paper, stories, changed_at);
                let site = site
                    .with(feed_path, feed("application/rss+xml; charset=UTF-8", body))
                    .with("/robots.txt", robots(&["/wp-admin/"], None));
                (site, &[("application/rss+xml", "Feed")])
            }
            Template::Gazette => {
                // Has no robots.txt, as many have none.
                let site = site.with(feed_path, feed("application/atom+xml", feeds::atom(paper, stories, changed_at)));
                (site, &[("application/atom+xml", "Gazette")])
            }
            Template::Asagiri => {
                let body = feeds::news_sitemap(paper, stories);
                let site = site
                    .with(feed_path, feed("application/xml", body))
                    .with("/robots.txt", robots(&["/login/"], Some(paper.url(feed_path))));
                (site, &[])
            }
            Template::MeridianWire => {
                let site = site
                    .with(feed_path, feed("application/feed+json", feeds::json_feed(paper, stories)))
                    .with("/robots.txt", robots(&["/clients/"], None));
                (site, &[("application/feed+json", "Wire")])
            }
        };
        let feeds: Vec<_> = feeds
            .iter()
            .zip([feed_path, "/rss/city.xml"])
            .map(|(&(media_type, title), path)| (media_type, title, path))
            .collect();
        site.with("/", Resource::html(pages::front_page(paper, stories, &feeds)))
    }

    fn expected(&self) -> Vec<ExpectedArticle> {
        let report = |path: &Option<String>| path.as_ref().map(|path| format!("http://{AGENCY}{path}"));
        let article = |(story, (copy_of, made_from)): (&Story, &(Option<String>, Option<String>))| ExpectedArticle {
            host: self.host.to_owned(),
            url: self.paper.canonical_url(&story.path),
            title: story.title.clone(),
            authors: story.authors.clone(),
            day: self.paper.day(story.published),
            language: story.language.chars().take_while(char::is_ascii_alphabetic).collect(),
            paragraphs: story.paragraphs.iter().map(|paragraph| markup::plain(paragraph)).collect(),
            copy_of: report(copy_of),
            made_from: report(made_from),
        };
        self.stories.iter().zip(&self.sources).map(article).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;

    fn content() -> DemoContent {
        DemoContent::new("2026-03-02T09:17:42Z".parse().expect("a timestamp"))
    }

    #[test]
    fn the_texts_are_all_there_and_all_different() {
        let expected = content().expected();
        assert_eq!(expected.len(), 48);
        let originals: Vec<_> = expected.iter().filter(|article| article.copy_of.is_none()).collect();
        assert_eq!(originals.len(), 44);
        let bodies: HashSet<_> = originals.iter().map(|article| &article.paragraphs).collect();
        assert_eq!(bodies.len(), 44);
        let urls: HashSet<_> = expected.iter().map(|article| &article.url).collect();
        assert_eq!(urls.len(), 48);
        for article in &expected {
            assert!((4..=9).contains(&article.paragraphs.len()), "{}", article.url);
            assert!(!article.title.is_empty() && !article.authors.is_empty(), "{}", article.url);
            assert!(["20260228", "20260301", "20260302"].contains(&article.day.as_str()), "{}", article.day);
            assert!(article.paragraphs.iter().all(|paragraph| !paragraph.contains(['*', '[', '<', '\u{a0}'])));
        }
        let languages: HashSet<_> = expected.iter().map(|article| article.language.as_str()).collect();
        assert_eq!(languages, HashSet::from(["en", "fr", "ja", "ar", "es"]));
    }

    #[test]
    fn a_copy_has_the_body_of_its_original_and_another_host() {
        let expected = content().expected();
        let by_url: HashMap<_, _> = expected.iter().map(|article| (&article.url, article)).collect();
        let mut n_copies = 0;
        for copy in &expected {
            let Some(url) = &copy.copy_of else { continue };
            let original = by_url.get(url).expect("the original is served");
            assert_eq!(copy.paragraphs, original.paragraphs);
            assert_ne!(copy.host, original.host);
            n_copies += 1;
        }
        assert_eq!(n_copies, 4);
        let made: Vec<_> = expected.iter().filter_map(|article| article.made_from.as_ref()).collect();
        assert_eq!(made.len(), 4);
        assert!(made.iter().all(|url| by_url.contains_key(url)));
    }

    #[test]
    fn pages_have_the_weight_of_real_pages() {
        let content = content();
        let sites = content.sites();
        for article in content.expected() {
            let site = sites.iter().find(|site| site.host() == article.host).expect("the article's site");
            let path = article.url.strip_prefix(&format!("http://{}", article.host)).expect("the article's host");
            let body = site.resource(path).expect("the article's page").body();
            assert!((20_000..60_000).contains(&body.len()), "{}: {}", article.url, body.len());
        }
        for source in SOURCES {
            let (host, path) = source.url["http://".len()..].split_once('/').expect("an address with a path");
            let site = sites.iter().find(|site| site.host() == host).expect("the source's site");
            assert!(site.resource(&format!("/{path}")).is_some(), "{}", source.url);
        }
    }

    #[test]
    fn the_legacy_encoding_holds_every_letter() {
        // What windows-1252 lacks would be written as a numeric reference, which hides a slip in the text.
        let content = content();
        let sites = content.sites();
        let gazette = sites.iter().find(|site| site.host().starts_with("gazette")).expect("the French paper");
        for path in gazette.paths().filter(|path| path.starts_with("/article/")) {
            let body = gazette.resource(path).expect("a listed path").body();
            let (text, _, has_errors) = encoding_rs::WINDOWS_1252.decode(&body);
            assert!(!has_errors && !text.contains("&#"), "{path}");
        }
    }
}
