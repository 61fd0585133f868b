//! Which feeds and sitemaps a site may have, and which of those that it has is the one to follow. Pure: what to ask for
//! and what to make of the answers is decided here, the asking is the pipeline's.

use jiff::{SignedDuration, Timestamp};
use url::Url;

use crate::model::SourceKind;

/// Age of the newest entry from which a feed is taken for abandoned: quarterlies and the feeds of small sections come
/// out seldom, but hardly anything that is still cared for less often than this.
const STALE_AGE: SignedDuration = SignedDuration::from_hours(365 * 24);

/// Feeds named by the page that are asked for before anything else. The first is the site's own by custom; pages that
/// name more than a few name each section's.
const FIRST_ALTERNATES: usize = 4;

/// Links of the page that are asked for early.
const FIRST_LINKS: usize = 3;

/// Sitemaps out of robots.txt that are asked for early. Sites that list many list their archive.
const FIRST_SITEMAPS: usize = 2;

/// Where feeds are where nobody says where they are: few, since each costs a request and most will not be there.
const USUAL_FEEDS: [&str; 5] = ["/feed/", "/rss.xml", "/atom.xml", "/index.xml", "/feed.xml"];

/// Where the sitemap is by custom.
const USUAL_SITEMAP: &str = "/sitemap.xml";

/// Where those who make sites with a generator have their feed, by a word in the generator's name.
const GENERATORS: [(&str, &str); 11] = [
    ("wordpress", "/feed/"),
    ("ghost", "/rss/"),
    ("hugo", "/index.xml"),
    ("jekyll", "/feed.xml"),
    ("eleventy", "/feed.xml"),
    ("drupal", "/rss.xml"),
    ("blogger", "/feeds/posts/default"),
    ("substack", "/feed"),
    ("medium", "/feed"),
    ("typo3", "/rss.xml"),
    ("joomla", "/?format=feed&type=rss"),
];

/// Why an address was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// It was given.
    Given,
    /// The page names it by `link rel=alternate`.
    Alternate,
    /// The page links to it.
    Link,
    /// robots.txt names it.
    Robots,
    /// The site's sitemap index names it.
    Index,
    /// The site is made with a program that puts it there.
    Generator,
    /// It is there on many sites.
    Usual,
}

impl Reason {
    /// The evidence, for people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::Given => "the address itself",
            Reason::Alternate => "named by the page",
            Reason::Link => "linked on the page",
            Reason::Robots => "named by robots.txt",
            Reason::Index => "in the sitemap index",
            Reason::Generator => "usual for the program behind the site",
            Reason::Usual => "usual address",
        }
    }
}

/// An address that may be that of a feed or sitemap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The address.
    pub url: Url,
    /// Why it may be, the best reason first.
    pub reasons: Vec<Reason>,
}

/// What is known of a site before its feeds are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clues {
    /// Feeds that the page names, in its order.
    pub alternates: Vec<Url>,
    /// Links of the page that look like those of feeds, in its order.
    pub links: Vec<Url>,
    /// Sitemaps that robots.txt names.
    pub sitemaps: Vec<Url>,
    /// What the page was made with.
    pub generator: Option<String>,
}

/// A feed or sitemap that was asked for and read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its address, after redirects.
    pub url: Url,
    /// Other addresses with the same entries.
    pub also: Vec<Url>,
    /// What it is.
    pub kind: SourceKind,
    /// Its format: `rss 2.0`, `sitemap index`.
    pub format: &'static str,
    /// The title it gives itself.
    pub title: Option<String>,
    /// The language it says it is in.
    pub language: Option<String>,
    /// Entries in it; of an index its sitemaps.
    pub n_entries: usize,
    /// Entries that bring a text besides their summary.
    pub n_texts: usize,
    /// Whether it is a sitemap with the news extension.
    pub is_news_sitemap: bool,
    /// When its newest entry was published or changed.
    pub newest: Option<Timestamp>,
    /// Why it was asked for, the best reason first.
    pub reasons: Vec<Reason>,
}

/// What to ask for, in this order.
#[must_use]
pub fn candidates(site: &Url, clues: &Clues) -> Vec<Candidate> {
    let mut ordered: Vec<(u32, Candidate)> = Vec::new();
    let mut add =
        |priority: u32, url: &Url, reason: Reason| match ordered.iter_mut().find(|(_, known)| known.url == *url) {
            Some((known_priority, known)) => {
                *known_priority = priority.min(*known_priority);
                if !known.reasons.contains(&reason) {
                    known.reasons.push(reason);
                }
            }
            None => ordered.push((priority, Candidate { url: url.clone(), reasons: vec![reason] })),
        };
    let (comments, alternates): (Vec<&Url>, Vec<&Url>) = clues.alternates.iter().partition(|url| is_of_comments(url));
    for (place, url) in alternates.iter().enumerate() {
        add(if place < FIRST_ALTERNATES { 0 } else { 5 }, url, Reason::Alternate);
    }
    let (news, others): (Vec<&Url>, Vec<&Url>) = clues.sitemaps.iter().partition(|url| is_named_news(url));
    for (place, url) in news.iter().enumerate() {
        add(if place < FIRST_SITEMAPS { 1 } else { 5 }, url, Reason::Robots);
    }
    if alternates.is_empty()
        && let Some(url) = usual_for(site, clues.generator.as_deref())
    {
        add(2, &url, Reason::Generator);
    }
    for (place, url) in clues.links.iter().filter(|url| !is_of_comments(url)).enumerate() {
        add(if place < FIRST_LINKS { 3 } else { 5 }, url, Reason::Link);
    }
    for (place, url) in others.iter().enumerate() {
        add(if place < FIRST_SITEMAPS { 4 } else { 5 }, url, Reason::Robots);
    }
    for url in comments {
        add(6, url, Reason::Alternate);
    }
    // Stable: within a priority the order of the page.
    ordered.sort_by_key(|(priority, _)| *priority);
    ordered.into_iter().map(|(_, candidate)| candidate).collect()
}

/// Whether a feed with news in it has been found, be it ever so old.
#[must_use]
pub fn has_feed(findings: &[Finding]) -> bool {
    let is_of_news = |finding: &Finding| finding.n_entries > 0 && !is_of_comments(&finding.url);
    findings.iter().any(|finding| finding.kind == SourceKind::Feed && is_of_news(finding))
}

/// How many requests are kept back for [`guesses`] as long as nothing that is named leads to a feed.
pub const N_GUESSES_MAX: usize = USUAL_FEEDS.len() + 2;

/// What to try where what the site says of itself has not led to a feed, or to any sitemap.
#[must_use]
pub fn guesses(site: &Url, generator: Option<&str>, findings: &[Finding]) -> Vec<Candidate> {
    let mut guesses: Vec<Candidate> = Vec::new();
    let mut guess = |url: Option<Url>, reason: Reason| {
        if let Some(url) = url.filter(|url| guesses.iter().all(|known| known.url != *url)) {
            guesses.push(Candidate { url, reasons: vec![reason] });
        }
    };
    if !has_feed(findings) {
        guess(usual_for(site, generator), Reason::Generator);
        for path in USUAL_FEEDS {
            guess(site.join(path).ok(), Reason::Usual);
        }
    }
    if !findings.iter().any(|finding| finding.kind == SourceKind::Sitemap) {
        guess(site.join(USUAL_SITEMAP).ok(), Reason::Usual);
    }
    guesses
}

/// Brings findings into the order of their worth, the best first. What counts, in this order: that there is something in
/// it, and not readers' comments; that it is not abandoned; that it is a feed, which says more than a news sitemap, which
/// says more than any other; and how good the reason was to ask for it. What is equal stays in the order in which it was
/// found, since the first feed that a page names is mostly that of the whole site.
#[must_use]
pub fn rank(mut findings: Vec<Finding>, now: Timestamp) -> Vec<Finding> {
    findings.sort_by_key(|finding| {
        let emptiness = match finding.n_entries {
            0 => 2,
            _ if is_of_comments(&finding.url) => 1,
            _ => 0,
        };
        let is_stale = finding.newest.is_some_and(|newest| now.duration_since(newest) > STALE_AGE);
        let kind = match finding.kind {
            SourceKind::Feed => 0,
            _ if finding.is_news_sitemap => 1,
            _ => 2,
        };
        (emptiness, is_stale, kind, finding.reasons.first().copied().unwrap_or(Reason::Usual))
    });
    findings
}

/// Whether a finding is one to follow without asking: there is news in it, and somebody has said that it is there.
#[must_use]
pub fn is_sound(finding: &Finding, now: Timestamp) -> bool {
    let is_fresh = finding.newest.is_none_or(|newest| now.duration_since(newest) <= STALE_AGE);
    let brings_news = finding.kind == SourceKind::Feed || finding.is_news_sitemap;
    brings_news && is_fresh && finding.n_entries > 0 && !is_of_comments(&finding.url)
}

/// Of the sitemaps of an index the one that is for news, by its name.
#[must_use]
pub fn news_child(children: &[Url]) -> Option<&Url> {
    children.iter().find(|url| is_named_news(url))
}

/// Whether the last part of an address has the word news in it.
fn is_named_news(url: &Url) -> bool {
    let path = url.path().trim_end_matches('/').to_ascii_lowercase();
    path.rsplit('/').next().unwrap_or_default().contains("news")
}

/// Whether an address is that of readers' comments, as `WordPress` and others have it.
fn is_of_comments(url: &Url) -> bool {
    url.path_segments().is_some_and(|mut parts| parts.any(|part| part.eq_ignore_ascii_case("comments")))
}

fn usual_for(site: &Url, generator: Option<&str>) -> Option<Url> {
    // The one host of many authors, each in a folder.
    if site.host_str() == Some("medium.com") {
        return site.join(&format!("/feed{}", site.path().trim_end_matches('/'))).ok();
    }
    let generator = generator?.to_ascii_lowercase();
    let (_, path) = GENERATORS.iter().find(|(word, _)| generator.contains(word))?;
    site.join(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse("https://paper.example/").unwrap().join(text).unwrap()
    }

    fn urls(texts: &[&str]) -> Vec<Url> {
        texts.iter().map(|text| url(text)).collect()
    }

    #[test]
    fn what_is_most_likely_is_asked_for_first() {
        let check = |clues: Clues, expected: &[(&str, &[Reason])]| {
            let found = candidates(&url("/"), &clues);
            let shown: Vec<(&str, &[Reason])> =
                found.iter().map(|candidate| (candidate.url.path(), candidate.reasons.as_slice())).collect();
            assert_eq!(shown, expected);
        };
        check(Clues::default(), &[]);
        check(
            Clues {
                alternates: urls(&["/comments/feed/", "/feed/", "/story/comments/feed", "/s1", "/s2", "/s3", "/s4"]),
                links: urls(&["/feed/", "/rss"]),
                sitemaps: urls(&["/sitemap.xml", "/sitemap-news.xml"]),
                generator: Some("WordPress 6.7".to_owned()),
            },
            &[
                ("/feed/", &[Reason::Alternate, Reason::Link]),
                ("/s1", &[Reason::Alternate]),
                ("/s2", &[Reason::Alternate]),
                ("/s3", &[Reason::Alternate]),
                ("/sitemap-news.xml", &[Reason::Robots]),
                ("/rss", &[Reason::Link]),
                ("/sitemap.xml", &[Reason::Robots]),
                ("/s4", &[Reason::Alternate]),
                ("/comments/feed/", &[Reason::Alternate]),
                ("/story/comments/feed", &[Reason::Alternate]),
            ],
        );
        // A generator is asked about only where the page names nothing.
        check(Clues { generator: Some("Ghost 5".to_owned()), ..Clues::default() }, &[("/rss/", &[Reason::Generator])]);
        check(Clues { generator: Some("Handmade".to_owned()), ..Clues::default() }, &[]);
    }

    fn finding(path: &str, kind: SourceKind, n_entries: usize, newest: Option<&str>, reason: Reason) -> Finding {
        Finding {
            url: url(path),
            also: Vec::new(),
            kind,
            format: "rss 2.0",
            title: None,
            language: None,
            n_entries,
            n_texts: 0,
            is_news_sitemap: path.contains("news"),
            newest: newest.map(|day| format!("{day}T08:00:00Z").parse().unwrap()),
            reasons: vec![reason],
        }
    }

    #[test]
    fn the_best_comes_first() {
        use SourceKind::{Feed, Sitemap};
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let fresh = Some("2026-11-19");
        let found = vec![
            finding("/empty", Feed, 0, None, Reason::Alternate),
            finding("/comments/feed/", Feed, 10, fresh, Reason::Alternate),
            finding("/sitemap.xml", Sitemap, 500, fresh, Reason::Robots),
            finding("/abandoned", Feed, 10, Some("2019-01-01"), Reason::Alternate),
            finding("/sitemap-news.xml", Sitemap, 90, fresh, Reason::Robots),
            finding("/guessed", Feed, 10, fresh, Reason::Usual),
            finding("/undated", Feed, 10, None, Reason::Alternate),
            finding("/section", Feed, 99, fresh, Reason::Alternate),
        ];
        let shown: Vec<bool> = found.iter().map(|finding| is_sound(finding, now)).collect();
        assert_eq!(shown, [false, false, false, false, true, true, true, true]);
        let ranked = rank(found, now);
        let paths: Vec<&str> = ranked.iter().map(|finding| finding.url.path()).collect();
        assert_eq!(
            paths,
            [
                "/undated",
                "/section",
                "/guessed",
                "/sitemap-news.xml",
                "/sitemap.xml",
                "/abandoned",
                "/comments/feed/",
                "/empty"
            ]
        );
    }

    #[test]
    fn little_is_guessed_and_only_what_is_missing() {
        let check = |findings: &[Finding], expected: &[&str]| {
            let guessed = guesses(&url("/news/today"), Some("Ghost 5"), findings);
            let paths: Vec<&str> = guessed.iter().map(|candidate| candidate.url.path()).collect();
            assert_eq!(paths, expected);
        };
        let feed = finding("/a", SourceKind::Feed, 1, None, Reason::Alternate);
        let sitemap = finding("/b", SourceKind::Sitemap, 1, None, Reason::Robots);
        check(&[], &["/rss/", "/feed/", "/rss.xml", "/atom.xml", "/index.xml", "/feed.xml", "/sitemap.xml"]);
        check(std::slice::from_ref(&feed), &["/sitemap.xml"]);
        check(std::slice::from_ref(&sitemap), &["/rss/", "/feed/", "/rss.xml", "/atom.xml", "/index.xml", "/feed.xml"]);
        // A feed in which there is nothing, or nothing but comments, is as good as none.
        let comments = finding("/comments/feed/", SourceKind::Feed, 9, None, Reason::Alternate);
        let empty = finding("/empty", SourceKind::Feed, 0, None, Reason::Alternate);
        check(
            &[comments, empty, sitemap.clone()],
            &["/rss/", "/feed/", "/rss.xml", "/atom.xml", "/index.xml", "/feed.xml"],
        );
        check(&[feed, sitemap], &[]);
        assert_eq!(news_child(&urls(&["/a/news/1.xml", "/b/news-1.xml"])).unwrap().path(), "/b/news-1.xml");
    }
}
