//! What the demo's news web serves: five invented newspapers with forty-eight pages, of which four repeat an agency's report
//! word for word and four are made from one; two more that tell of the same events in their own words, and go on to publish
//! while the demo runs; and as many generated pages as a benchmark asks for.
//!
//! All times are given relative to a moment that is handed in, so that the news is fresh whenever it is read.

use std::collections::{HashSet, VecDeque};

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use super::web::{NewsWeb, Resource, Site};

mod act;
mod boilerplate;
mod bulk;
mod feeds;
mod markup;
mod pages;
mod story;
mod template;
mod texts;
pub mod wordpress;

pub use act::Act;
pub use bulk::bulk;
pub use markup::plain;
pub use story::{Paper, Story};

use act::moments;
use template::Template;
use texts::Text;

/// The host of the agency whose reports others repeat.
const AGENCY: &str = "meridian-wire.example";

/// The paper whose feed shows few entries.
const SHORT_FEED: (&str, usize) = ("saltmarket-mercury.example", 4);

/// The paper that asks for consent before it shows an article.
const ASKS_CONSENT: &str = "corran-islander.example";

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

/// The sources of the five papers.
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

/// The sources of the two papers that go on to publish.
pub const LATER_SOURCES: [DemoSource; 2] = [
    DemoSource {
        slug: "saltmarket-mercury",
        url: "http://saltmarket-mercury.example/rss/latest.xml",
        kind: "feed",
        tags: &["en", "daily"],
        is_broken: false,
    },
    DemoSource {
        slug: "corran-islander",
        url: "http://corran-islander.example/feed/",
        kind: "feed",
        tags: &["en", "weekly"],
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
    /// Address of the report of which the body is a copy. Which of the two is stored as the duplicate depends on which is
    /// read first.
    pub copy_of: Option<String>,
    /// Address of the report that it was made from; again either may be stored as the duplicate.
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
    /// For each story: the address of the report that it repeats, and of the one that it was made from.
    sources: Vec<(Option<String>, Option<String>)>,
    /// What edited stories will read, by their paths, in the order in which they are corrected.
    edited: VecDeque<(String, Vec<String>)>,
    /// Paths of stories whose pages show a beginning only.
    for_subscribers: HashSet<String>,
    /// What is published later.
    later: Vec<Text>,
    /// What others of them repeat, and where it is.
    reports: Vec<(String, Text)>,
}

impl DemoContent {
    /// The content as it stands at `now`: the newest article is an hour old, the oldest two days.
    #[must_use]
    pub fn new(now: Timestamp) -> DemoContent {
        let agency_texts = texts::read(include_str!("content/meridian_wire.txt"));
        let reports: Vec<(String, Text)> = agency_texts
            .into_iter()
            .map(|report| (format!("http://{AGENCY}/story/mw-{}", report.id), report))
            .collect();
        let edition = |host, template, name: &str, tagline: &str, language: &str, offset, file| {
            let paper = paper(host, name, tagline, language, offset);
            Edition::new(host, template, paper, texts::read(file), &reports, now)
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

    /// The same with two more papers, which have events of their own in common with the agency and go on to publish.
    #[must_use]
    pub fn that_goes_on(began_at: Timestamp) -> DemoContent {
        let mut content = DemoContent::new(began_at);
        // What the daily has made of the agency's reports is made use of in turn.
        let reports: Vec<(String, Text)> = content
            .editions
            .iter()
            .filter(|edition| edition.template == Template::HarbourPost)
            .flat_map(|edition| {
                texts::read(include_str!("content/harbour_post.txt")).into_iter().map(move |text| (edition, text))
            })
            .map(|(edition, text)| {
                let path = edition.template.path(&edition.paper, &text, began_at);
                (edition.paper.canonical_url(&path), text)
            })
            .collect();
        let edition = |host, template, name: &str, tagline: &str, offset, file| {
            let paper = paper(host, name, tagline, "en", offset);
            Edition::new(host, template, paper, texts::read(file), &reports, began_at)
        };
        content.editions.push(edition(
            SHORT_FEED.0,
            Template::HarbourPost,
            "Saltmarket Mercury",
            "The Lantern Coast, tide by tide",
            Offset::UTC,
            include_str!("content/saltmarket_mercury.txt"),
        ));
        content.editions.push(edition(
            ASKS_CONSENT,
            Template::WordPress,
            "The Corran Islander",
            "From Westerhaven to Nessay",
            Offset::UTC,
            include_str!("content/corran_islander.txt"),
        ));
        content
    }

    /// What happens in an act is published after `from`, until `until`. Sites that are served already have it when they are
    /// [put](DemoContent::put_on) again.
    pub fn go_on(&mut self, act: Act, from: Timestamp, until: Timestamp) {
        if act.has_correction() {
            self.correct(until);
        }
        for edition in &mut self.editions {
            edition.publish(act, from, until);
        }
    }

    /// Serves everything as it stands now.
    pub fn put_on(&self, web: &NewsWeb) {
        for site in self.sites() {
            for path in site.paths() {
                let Some(resource) = site.resource(path) else { continue };
                let is_there = web.put(site.host(), path, resource.clone());
                debug_assert!(is_there, "{} is not served", site.host());
            }
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
        let (edition, index) = self.correct(edited_at)?;
        let site = edition.site();
        for path in [edition.stories[index].path.as_str(), edition.template.feed_path()] {
            let resource = site.resource(path)?.clone();
            let is_there = web.put(edition.host, path, resource);
            debug_assert!(is_there, "{} is not served", edition.host);
        }
        edition.expected().into_iter().nth(index)
    }

    /// The next correction: its edition, and which story it is.
    fn correct(&mut self, edited_at: Timestamp) -> Option<(&Edition, usize)> {
        let edition = self.editions.iter_mut().find(|edition| !edition.edited.is_empty())?;
        let (path, paragraphs) = edition.edited.pop_front()?;
        let index = edition.stories.iter().position(|story| story.path == path)?;
        let story = &mut edition.stories[index];
        story.paragraphs = paragraphs;
        story.modified = edited_at;
        Some((edition, index))
    }
}

fn paper(host: &str, name: &str, tagline: &str, language: &str, offset: Offset) -> Paper {
    let base_url = format!("http://{host}");
    Paper {
        canonical_base_url: base_url.clone(),
        base_url,
        name: name.to_owned(),
        tagline: tagline.to_owned(),
        language: language.to_owned(),
        offset,
    }
}

impl Edition {
    fn new(
        host: &'static str,
        template: Template,
        paper: Paper,
        mut texts: Vec<Text>,
        reports: &[(String, Text)],
        now: Timestamp,
    ) -> Edition {
        texts.sort_by_key(|text| text.age_minutes);
        let (later, texts): (Vec<Text>, Vec<Text>) = texts.into_iter().partition(|text| text.act.is_some());
        let mut edition = Edition {
            host,
            template,
            paper,
            stories: Vec::new(),
            sources: Vec::new(),
            edited: VecDeque::new(),
            for_subscribers: HashSet::new(),
            later,
            reports: reports.to_vec(),
        };
        for text in texts {
            let age = SignedDuration::from_mins(text.age_minutes);
            let published = now.saturating_sub(age).unwrap_or(now);
            // Whole minutes, as papers give them.
            let published = Timestamp::from_second(published.as_second().div_euclid(60) * 60).unwrap_or(published);
            edition.add(edition.stories.len(), text, published);
        }
        edition
    }

    /// Adds a story at a place among the others.
    fn add(&mut self, place: usize, text: Text, published: Timestamp) {
        let report = |slug: &Option<String>| {
            let slug = slug.as_ref()?;
            self.reports.iter().find(|(_, report)| report.slug == *slug)
        };
        let url_of = |slug| report(slug).map(|(url, _)| url.clone());
        let path = self.template.path(&self.paper, &text, published);
        let sources = (url_of(&text.copy_of), url_of(&text.made_from));
        let paragraphs = report(&text.copy_of).map_or(&text, |(_, report)| report).paragraphs.clone();
        if text.is_for_subscribers {
            self.for_subscribers.insert(path.clone());
        }
        if let Some(edited) = text.edited {
            self.edited.push_back((path.clone(), edited));
        }
        self.sources.insert(place, sources);
        let story = Story {
            id: text.id,
            path,
            title: text.title,
            authors: text.authors,
            section: text.section,
            language: text.language.unwrap_or_else(|| self.paper.language.clone()),
            published,
            modified: published,
            paragraphs,
        };
        self.stories.insert(place, story);
    }

    /// Publishes what an act brings.
    fn publish(&mut self, act: Act, from: Timestamp, until: Timestamp) {
        let (of_act, later): (Vec<Text>, Vec<Text>) =
            std::mem::take(&mut self.later).into_iter().partition(|text| text.act == Some(act));
        self.later = later;
        for (moment, text) in moments(from, until, of_act.len()).into_iter().zip(of_act) {
            self.add(0, text, moment);
        }
    }

    /// The page of a story, as it is shown to somebody who comes without a cookie.
    fn page(&self, story: &Story) -> Resource {
        if self.host == ASKS_CONSENT {
            return Resource::html(pages::consent(&self.paper)).without_etag();
        }
        if self.for_subscribers.contains(&story.path) {
            let html = self.template.html(&self.paper, story, &self.stories);
            return Resource::html(pages::for_subscribers(&html)).last_modified(story.modified);
        }
        self.template.page(&self.paper, story, &self.stories)
    }

    fn site(&self) -> Site {
        let (paper, stories) = (&self.paper, &self.stories);
        let changed_at = stories.iter().map(|story| story.modified).max().unwrap_or_default();
        let feed = |content_type: &str, body: String| Resource::new(content_type, body).last_modified(changed_at);
        let robots = |disallowed: &[&str], sitemap| Resource::new("text/plain", feeds::robots(disallowed, sitemap));
        let mut site = Site::new(self.host);
        for story in stories {
            site.insert(&story.path, self.page(story));
        }
        let feed_path = self.template.feed_path();
        let (short, n_entries) = SHORT_FEED;
        let is_short = self.host == short;
        let all: Vec<&Story> = stories.iter().take(if is_short { n_entries } else { usize::MAX }).collect();
        let (site, feeds): (Site, &[_]) = match self.template {
            Template::HarbourPost => {
                let is_local = |story: &&&Story| ["City", "Environment"].contains(&story.section.as_str());
                let city: Vec<&Story> = all.iter().filter(is_local).copied().collect();
                let latest = feeds::rss(paper, &paper.name, &all, "utm_source=rss&utm_medium=feed&utm_campaign=latest");
                let city = feeds::rss(paper, "Harbour Post – City", &city, "utm_source=rss&utm_campaign=city");
                let living = feeds::broken_rss(paper, "Harbour Post – Living");
                let site = site
                    .with(feed_path, feed("application/rss+xml; charset=utf-8", latest))
                    .with("/rss/city.xml", feed("application/rss+xml; charset=utf-8", city))
                    .with("/rss/living.xml", feed("application/rss+xml; charset=utf-8", living))
                    .with("/robots.txt", robots(&["/account", "/search"], None));
                let site = if is_short {
                    let sitemap = "/sitemap-news.xml";
                    site.with(sitemap, feed("application/xml", feeds::news_sitemap(paper, stories)))
                        .with("/robots.txt", robots(&["/account"], Some(paper.url(sitemap))))
                } else {
                    site
                };
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
        let article = |(story, (copy_of, made_from)): (&Story, &(Option<String>, Option<String>))| ExpectedArticle {
            host: self.host.to_owned(),
            url: self.paper.canonical_url(&story.path),
            title: story.title.clone(),
            authors: story.authors.clone(),
            day: self.paper.day(story.published),
            language: story.language.chars().take_while(char::is_ascii_alphabetic).collect(),
            paragraphs: story.paragraphs.iter().map(|paragraph| markup::plain(paragraph)).collect(),
            copy_of: copy_of.clone(),
            made_from: made_from.clone(),
        };
        self.stories.iter().zip(&self.sources).map(article).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

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
