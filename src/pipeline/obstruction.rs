//! What stands where an article should: by what it is recognised again, and what stands in for the article meanwhile.

use sha2::{Digest, Sha256};
use url::Url;

use crate::dedup::shingle::ShingledText;
use crate::dedup::sketch::Sketch;
use crate::feed;
use crate::model::{
    BodyKind, CanonicalUrl, ExtractedArticle, FetchedDocument, LinkHints, Origin, PageSigns, ReadPage, publisher_of,
};
use crate::normalize;

use super::address_words::{self, AddressWords};
use super::feed_text;
use super::gate_words;

/// Links that lead to a page without anything of an article from which it is a gate.
const LINKS_MIN: u32 = 2;

/// Links that lead to the same words, at an address each, from which these are none of an article though they do not say that
/// they are a gate's: that the site is being mended, that it is read in some countries only.
const UNSPOKEN_LINKS_MIN: u32 = 3;

/// Fewest words by which a page is known. Of pages with fewer many are alike by nature.
const WORDS_MIN: usize = 5;

/// Most words of a gate. A longer text is more likely an article.
const GATE_WORDS_MAX: usize = 300;

/// Whether a link was sent on to where visitors are stopped: to sign in, to consent, to prove that they are human.
pub(super) fn is_gate_address(asked: &Url, answered: &Url) -> bool {
    let is_named = |url: &Url| gate_name(url).is_some();
    is_named(answered) && !is_named(asked)
}

/// Whether a link was sent on to the front page of its site, where publishers send those who ask for what they have removed.
pub(super) fn is_front_page(asked: &Url, answered: &Url) -> bool {
    let depth = |url: &Url| steps(url).count();
    site_host(asked) == site_host(answered) && depth(answered) == 0 && depth(asked) > 0 && asked.query().is_none()
}

/// The host of an address, with or without `www.` in front the same.
fn site_host(url: &Url) -> &str {
    url.host_str().unwrap_or_default().trim_start_matches("www.")
}

/// The steps of a path.
fn steps(url: &Url) -> impl DoubleEndedIterator<Item = &str> {
    url.path().split('/').filter(|step| !step.is_empty())
}

/// The part of an address, up to its end, that names a gate: the last step of the path that is no number of one visit, or the
/// first label of the host where there is no path.
fn gate_name(url: &Url) -> Option<String> {
    let host = url.host_str().unwrap_or_default();
    let named: Vec<&str> = steps(url).collect();
    let is_of_visit = |step: &&str| step.len() > 3 && step.bytes().any(|byte| byte.is_ascii_digit());
    let n_steps = named.len() - named.iter().rev().take_while(|step| is_of_visit(step)).count();
    if named[..n_steps].last().is_some_and(|last| gate_words::is_name(last)) {
        return Some(format!("{host}/{}", named[..n_steps].join("/")));
    }
    let has_own_label = publisher_of(url) != host;
    let label = host.split('.').next().unwrap_or_default();
    (has_own_label && gate_words::is_name(label)).then(|| host.to_owned())
}

/// What is known of a page whose signs are asked for.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    /// The article that it seems to hold.
    pub(super) extracted: Option<&'a ExtractedArticle>,
    /// Whether something speaks against it.
    pub(super) is_doubted: bool,
    /// Whether a source listed the link that led to it.
    pub(super) is_listed: bool,
}

/// Signs of a page: several links that lead to something with the same sign are not led to their articles.
///
/// One against which nothing speaks and that does not speak to visitors is recognised by all it says to the letter: reports that are
/// written by a machine differ in their numbers. Where no source listed the link, somebody wants the page that it leads to, and
/// sees what it is.
pub(super) fn signs(asked: &CanonicalUrl, document: &FetchedDocument, seen: Seen<'_>) -> PageSigns {
    let Seen { extracted, is_doubted, is_listed } = seen;
    let (asked_url, answered) = (asked.as_url(), &document.final_url);
    let key = normalize::url::canonicalize(answered).map_or_else(|_| answered.to_string(), |url| url.key());
    let place = gate_name(answered).unwrap_or_else(|| place_of(asked_url, answered, &key));
    let is_moved = key != asked.key();
    let is_above = is_moved
        && site_host(asked_url) == site_host(answered)
        && steps(answered).count() < steps(asked_url).count()
        && steps(asked_url).zip(steps(answered)).all(|(asked, answered)| asked == answered);
    let n_marks = extracted.map_or(0, |article| n_marks(article, answered, asked));
    let links_min = LINKS_MIN + n_marks;
    let (text_links_min, is_to_the_letter) = match extracted {
        Some(article) if !speaks_to_visitors(article) => match (n_marks, is_doubted, is_listed) {
            (0, true, _) => (UNSPOKEN_LINKS_MIN, false),
            (0, false, true) => (UNSPOKEN_LINKS_MIN, true),
            _ => (PageSigns::NEVER, false),
        },
        _ => (links_min, false),
    };
    let html = String::from_utf8_lossy(&document.body);
    let text = feed::text_of_html(&html);
    let (text, parts) = if is_to_the_letter {
        let hash = hash_of(text.split_whitespace(), WORDS_MIN);
        (hash.map(|hash| PageSigns::TO_THE_LETTER.to_owned() + &hash), Vec::new())
    } else {
        (hash_of_words(&text, WORDS_MIN), parts(&html, &text, extracted))
    };
    PageSigns { address: is_moved.then(|| place.clone()), place, text, parts, links_min, text_links_min, is_above }
}

/// Where a page was found. A query that tells where the visitor wanted to go is another one for each link.
fn place_of(asked: &Url, answered: &Url, key: &str) -> String {
    let wanted = steps(asked).next_back().unwrap_or_else(|| asked.host_str().unwrap_or_default());
    let tells_of_link = answered.query_pairs().any(|(_, value)| value.contains(wanted));
    let end = if tells_of_link { key.find('?') } else { None };
    key[..end.unwrap_or(key.len())].to_owned()
}

/// Whether a page calls itself the article at the address that was asked for, with its date: no gate does.
pub(super) fn is_declared(article: &ExtractedArticle, answered: &Url, asked: &CanonicalUrl) -> bool {
    article.says_article && has_declared_date(article) && names_asked(article, answered, asked)
}

/// Whether a value is meant for machines.
fn is_for_machines(origin: Origin) -> bool {
    matches!(origin, Origin::JsonLd | Origin::Meta | Origin::Time | Origin::SiteRule)
}

fn has_declared_date(article: &ExtractedArticle) -> bool {
    article.published.iter().any(|date| is_for_machines(date.origin))
}

/// Whether a page names the address that was asked for as its own.
fn names_asked(article: &ExtractedArticle, answered: &Url, asked: &CanonicalUrl) -> bool {
    let mut own_addresses = article.canonical_urls.iter().filter_map(|url| answered.join(&url.value).ok());
    own_addresses.any(|url| normalize::url::canonicalize(&url).is_ok_and(|url| url.key() == asked.key()))
}

/// What a page has of an article that gates have not, in their number: it calls itself one, tells its date or its authors to
/// machines, names the address that was asked for as its own, has the words of its headline in it, or a long text. Each asks
/// for one more link.
fn n_marks(article: &ExtractedArticle, answered: &Url, asked: &CanonicalUrl) -> u32 {
    let title = article.title.as_ref().map(|title| title.value.as_str());
    let n_words: usize = article.paragraphs.iter().map(|paragraph| paragraph.split_whitespace().count()).sum();
    let marks = [
        article.says_article,
        has_declared_date(article),
        article.authors.iter().any(|author| is_for_machines(author.origin)),
        names_asked(article, answered, asked),
        address_words::compare(answered, title.into_iter()) == AddressWords::Agree,
        n_words > GATE_WORDS_MAX,
    ];
    marks.into_iter().map(u32::from).sum()
}

/// Whether a page speaks to its visitors as gates do. Where the same text stands at several addresses without that, it is an
/// article and its copies, if it has anything else of an article.
fn speaks_to_visitors(article: &ExtractedArticle) -> bool {
    let title = article.title.as_ref().map(|title| title.value.as_str());
    gate_words::speaks_to_visitors(title.into_iter().chain(article.paragraphs.iter().map(String::as_str)))
}

/// The words of a text as a sign. Numbers and what is not text differ from one answer to the next.
fn hash_of_words(text: &str, words_min: usize) -> Option<String> {
    hash_of(text.split_whitespace().filter(|word| word.chars().all(|c| !c.is_ascii_digit())), words_min)
}

/// Words as a sign; nothing of fewer than so many.
fn hash_of<'a>(said: impl Iterator<Item = &'a str>, words_min: usize) -> Option<String> {
    let mut words = Sha256::new();
    let mut n_words = 0;
    for word in said {
        words.update(word.as_bytes());
        words.update(b" ");
        n_words += 1;
    }
    (n_words >= words_min).then(|| {
        let hash = words.finalize();
        hash.iter().take(8).fold(String::new(), |sign, byte| format!("{sign}{byte:02x}"))
    })
}

/// Parts of the text of a page, with its title: a sentence may be another one each time. Those of a page that seems to hold
/// an article are of that alone, since all pages of a site have much in common around it.
fn parts(html: &str, text: &str, extracted: Option<&ExtractedArticle>) -> Vec<String> {
    let (title, body) = match extracted {
        Some(article) => {
            let own_title = article.title.as_ref().filter(|title| title.origin != Origin::Feed);
            (own_title.map(|title| title.value.clone()).unwrap_or_default(), article.paragraphs.join("\n"))
        }
        None => (title_of(html), text.to_owned()),
    };
    if body.split_whitespace().count() > GATE_WORDS_MAX {
        return Vec::new();
    }
    let title = hash_of_words(&title, 0).unwrap_or_default();
    let sketch = Sketch::of(&ShingledText::new(None, &body));
    sketch.keys().map(|key| format!("{title}{key:08x}")).collect()
}

/// What stands in the title element of a page.
fn title_of(html: &str) -> String {
    let inner = html.split_once("<title").and_then(|(_, rest)| rest.split_once('>')).map(|(_, rest)| rest);
    feed::text_of_html(inner.and_then(|rest| rest.split_once("</title")).map_or("", |(title, _)| title))
}

/// Whether the entry that led to a page has a text of its own.
pub(super) fn has_text(hints: &LinkHints) -> bool {
    hints.text.content.is_some() || hints.text.summary.is_some()
}

/// An article as its entry has it, to stand in for its page. Where the entry is not known to have the whole text, it is a
/// teaser.
pub(super) fn stand_in(mut entry: ReadPage, hints: &LinkHints) -> ReadPage {
    if entry.article.body_kind == BodyKind::Feed && !feed_text::is_whole(&hints.text) {
        entry.article.body_kind = BodyKind::Teaser;
    }
    entry
}
