//! What a link says that it leads to: its relation, its type, its name.

use std::borrow::Cow;

use super::super::markup::Tag;

/// Relations by which a feed is announced. The second is a misspelling, the fourth from before Atom was a standard.
const RELATIONS: [&str; 6] = ["alternate", "alternative", "feed", "service.feed", "rss", "atom"];

/// Types that feeds are served with, and much else.
const GENERAL_TYPES: [&str; 5] = ["application/xml", "text/xml", "application/json", "text/json", "application/x-json"];

/// Words of which one must be in what a link to a feed is called.
const FEED_WORDS: [&str; 17] = [
    "rss",
    "rss2",
    "atom",
    "feed",
    "feeds",
    "rdf",
    "xml",
    "newsfeed",
    "newsfeeds",
    "webfeed",
    "syndication",
    "syndicate",
    "rss-feed",
    "rss-feeds",
    "atom-feed",
    "рсс",
    "フィード",
];

/// Words that may stand beside those.
const OTHER_WORDS: [&str; 41] = [
    "2.0",
    "1.0",
    "0.91",
    "0.92",
    "news",
    "subscribe",
    "subscription",
    "to",
    "our",
    "the",
    "via",
    "with",
    "by",
    "in",
    "a",
    "reader",
    "icon",
    "logo",
    "button",
    "site",
    "blog",
    "posts",
    "articles",
    "latest",
    "all",
    "full",
    "main",
    "entries",
    "channel",
    "this",
    "get",
    "follow",
    "us",
    "abonnieren",
    "als",
    "per",
    "de",
    "content",
    "link",
    "website",
    "json",
];

/// Most words of what a link is called that has `RSS` in it: such links need no more, and articles about it have more.
const RSS_WORDS_MAX: usize = 6;

/// What a link announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Announced {
    Feed,
    /// Something of a type that feeds have as well.
    Perhaps,
    Sitemap,
    Nothing,
}

/// What a link says of itself, in a page or in a header.
#[derive(Debug, Default)]
pub(super) struct Announcement<'t> {
    pub(super) href: Cow<'t, str>,
    pub(super) rel: Cow<'t, str>,
    pub(super) media_type: Cow<'t, str>,
    pub(super) title: Option<Cow<'t, str>>,
    /// Whether it leads to the same page in another language or for other screens.
    pub(super) is_variant: bool,
}

impl<'t> Announcement<'t> {
    pub(super) fn of_tag(tag: &Tag<'t>) -> Self {
        Announcement {
            href: tag.attribute("href").unwrap_or_default(),
            rel: tag.attribute("rel").unwrap_or_default(),
            media_type: tag.attribute("type").unwrap_or_default(),
            title: tag.attribute("title"),
            is_variant: tag.attribute("hreflang").is_some() || tag.attribute("media").is_some(),
        }
    }

    /// Whether its type is one that only feeds have.
    pub(super) fn is_of_feed_type(&self) -> bool {
        let media_type = self.media_type.to_ascii_lowercase();
        let (essence, parameters) = media_type.split_once(';').unwrap_or((&media_type, ""));
        // The entry of an article, by the Atom Publishing Protocol.
        let is_entry = parameters.replace(['"', ' '], "").contains("type=entry");
        !is_entry && ["rss", "atom", "rdf", "feed+json"].iter().any(|word| essence.contains(word))
    }

    pub(super) fn judge(&self) -> Announced {
        let says = |word: &str| self.rel.split_ascii_whitespace().any(|given| given.eq_ignore_ascii_case(word));
        let is_related = RELATIONS.iter().any(|relation| says(relation));
        let media_type = self.media_type.split(';').next().unwrap_or_default().trim();
        if says("stylesheet") || says("icon") {
            return Announced::Nothing;
        }
        if self.is_of_feed_type() && (is_related || self.rel.trim().is_empty()) {
            return Announced::Feed;
        }
        if says("sitemap") {
            return Announced::Sitemap;
        }
        let is_general = GENERAL_TYPES.iter().any(|general| general.eq_ignore_ascii_case(media_type));
        let is_untyped = media_type.is_empty();
        if !is_related || !(is_general || is_untyped) {
            return Announced::Nothing;
        }
        let is_called_feed = self.title.as_deref().is_some_and(is_label_of_feed) || self.is_address_of_feed();
        match (is_called_feed, says("feed")) {
            (_, true) => Announced::Feed,
            (true, _) if is_general || !self.is_variant => Announced::Feed,
            // JSON is the answer of an interface, a page without a type a translation.
            _ if media_type.ends_with("xml") => Announced::Perhaps,
            _ => Announced::Nothing,
        }
    }

    fn is_address_of_feed(&self) -> bool {
        let path = self.href.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
        let is_of_web = !path.contains(':') || path.starts_with("http") || path.starts_with("feed:");
        let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        is_of_web
            && last
                .split(['.', '-', '_'])
                .any(|word| matches!(word, "rss" | "rss2" | "atom" | "feed" | "feeds" | "rdf"))
    }
}

/// Whether a link that is called so leads to a feed: all the words are of this, and one of them is the word for it; or
/// one is `RSS`, and there are few.
pub(super) fn is_label_of_feed(label: &str) -> bool {
    let lower = label.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| c.is_whitespace() || "()[]:,/|»«›→".contains(c))
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|word| !word.is_empty())
        .take(RSS_WORDS_MAX + 1)
        .collect();
    let is_feed_word = |word: &&str| FEED_WORDS.contains(word);
    let has_rss = words.iter().any(|word| word.split('-').any(|part| part == "rss" || part == "rss2"));
    (has_rss && words.len() <= RSS_WORDS_MAX)
        || (words.len() <= RSS_WORDS_MAX
            && words.iter().any(is_feed_word)
            && words.iter().all(|word| is_feed_word(word) || OTHER_WORDS.contains(word)))
}

/// Whether a link that is called so leads to where one can subscribe, be it to a feed or to anything else.
pub(super) fn is_label_of_subscription(label: &str) -> bool {
    ["subscribe", "subscribe now", "abonnieren", "s'abonner", "suscribirse", "подписаться"]
        .iter()
        .any(|call| label.trim().to_lowercase() == *call)
}
