//! The headline, without the site's name.
//!
//! A page says its title several times: in structured data, for social networks, in its heading, in its head. They
//! differ on a third of all pages. Structured data is filled from the field of the newsroom's system that is called
//! headline; a wording for social networks is sometimes written for clicks; a heading may carry a kicker or be the
//! site's own; the head is written for search engines and adds the site's name. So they are trusted in that order, and
//! agreement only tells between near equals: a site that shows one wording in its heading and its head, and another
//! everywhere else, is as often right in the one as in the other.
//!
//! A site whose system has a field for social networks fills `og:title` and `twitter:title` from it. One that gives
//! `og:title` alone has no such field, and writes the headline of the newsroom there; its structured data and its head
//! are then rather the wording for search engines. That does not hold against the heading that readers see: where it
//! has another witness, in structured data or in the head, it wins.
//!
//! Where all that stands outside the page's body says the same, it is filled from one field for search engines, and the
//! only first-level heading is the headline. So it is without structured data, and with that of a blog, which the same
//! field fills; a newsroom's says what the newsroom calls it. On 693 pages of one collection that is right on 105 of
//! those where the two differ, and wrong on 41.

use std::collections::HashSet;

use url::Url;

use super::super::explanation::TitleVotes;
use super::super::fragment::fragment_paragraphs;
use super::super::page::Page;
use super::super::page::class_names::Marks;
use super::super::page::tags::Tag;
use super::super::text::{count_words, fold, key};
use super::declared::Declared;
use super::json_ld::StructuredArticle;
use super::title_cuts::{Cut, HEADLINE_WORDS_MIN, behind_site_name, cuts, without_short_ends, without_site_name};
use crate::model::{Evidence, LinkHints, NO_ADDRESS, Origin};
use crate::scripts::is_han_or_kana;

/// Lines of a page that are looked through for parts of its titles.
const LINES_MAX: usize = 1000;

/// Fewest words of a line that is text.
const TEXT_WORDS_MIN: usize = 15;

/// Keys of titles that are those of a template, or of no article.
const NO_TITLES: [&str; 12] = [
    "untitled",
    "untitleddocument",
    "notitle",
    "home",
    "homepage",
    "news",
    "index",
    "page",
    "article",
    "startseite",
    "accueil",
    "inicio",
];

/// What stands at the end of a title that was cut.
const ELLIPSES: [&str; 2] = ["…", "..."];

/// Longest headline; what is longer is a text.
const TITLE_BYTES_MAX: usize = 600;

/// First-level headings looked at.
const HEADINGS_MAX: usize = 20;

/// How much each place is trusted on its own, from the share of pages on which it was right where they differed.
const STRUCTURED_TRUST: u32 = 14;
const SOCIAL_TRUST: u32 = 10;
const ONLY_SOCIAL_TRUST: u32 = 17;
const HEADING_TRUST: u32 = 6;
const ONLY_HEADING_TRUST: u32 = 22;
const HEAD_TRUST: u32 = 6;
const ONE_OF_HEADINGS_TRUST: u32 = 3;
const HIDDEN_HEADING_TRUST: u32 = 2;
const NAME_TRUST: u32 = 9;
const HINT_TRUST: u32 = 4;

/// Another place with the same wording; the heading that readers see speaks louder than what they do not.
const AGREEMENT: u32 = 1;
const HEADING_AGREEMENT: u32 = 4;

/// Share of a heading's text that stands in the link which it is, in tenths.
const LINK_TENTHS_MIN: usize = 9;

/// All titles that the page gives itself, the best first, each with what speaks for it.
pub(super) fn candidates(
    page: &Page<'_>,
    declared: &Declared<'_>,
    structured: &StructuredArticle,
    hints: &LinkHints,
    site_names: &[String],
) -> Vec<(Evidence<String>, TitleVotes)> {
    let mut places = places_of(page, declared, structured, hints, site_names);
    for place in 0..places.len() {
        if let Some(whole) = whole_of(&places[place].title.value, &places) {
            places[place].title.value = whole;
        }
    }
    let lines = LineKeys::of(page, &places);
    let shorter: Vec<Option<String>> = places
        .iter()
        .map(|Place { title, .. }| {
            let shown = without_addition(&title.value, &places).or_else(|| lines.shown_part(&title.value));
            shown.or_else(|| without_short_ends(&title.value))
        })
        .collect();
    for (Place { title, .. }, shorter) in places.iter_mut().zip(shorter) {
        title.value = shorter.unwrap_or_else(|| std::mem::take(&mut title.value));
    }
    in_order(&places)
}

/// The places where the page gives itself a title, the most trusted kinds first.
fn places_of(
    page: &Page<'_>,
    declared: &Declared<'_>,
    structured: &StructuredArticle,
    hints: &LinkHints,
    site_names: &[String],
) -> Vec<Place> {
    // A page on markup may show its title with some.
    let shows_markup =
        page.top_headings.iter().take(HEADINGS_MAX).any(|heading| page.text_of(*heading).contains("<br"));
    let mut places = Places { site_names, shows_markup, found: Vec::new() };
    for headline in &structured.headlines {
        places.add(headline, Origin::JsonLd, STRUCTURED_TRUST, false);
    }
    if let Some(name) = &structured.other_name {
        places.add(name, Origin::JsonLd, NAME_TRUST, false);
    }
    let is_only = declared.first(&["og:title"]).is_some() && declared.first(&["twitter:title"]).is_none();
    if let Some(title) = declared.first(&["og:title", "twitter:title", "title", "parsely-title", "dc.title"]) {
        places.add(title, Origin::Meta, if is_only { ONLY_SOCIAL_TRUST } else { SOCIAL_TRUST }, false);
    }
    places.add_headings(page, declared, structured);
    if let Some(title) = &page.document_title {
        places.add(behind_site_name(title, site_names), Origin::Heading, HEAD_TRUST, false);
    }
    if let Some(title) = &hints.title {
        places.add(title, Origin::Feed, HINT_TRUST, false);
    }
    let mut places = places.found;
    // What a page with a logo for its heading calls itself may be the name of a section.
    let is_logo = |heading: &usize| site_names.contains(&key(&page.text_of(*heading)));
    let is_short = |place: &Place| !place.is_shown && count_words(&place.title.value) < HEADLINE_WORDS_MIN;
    let may_be_of_section = || places.iter().all(is_short) && page.top_headings.iter().take(HEADINGS_MAX).any(is_logo);
    if (places.is_empty() || may_be_of_section())
        && let Some(heading) = second_heading(page, site_names)
    {
        places = vec![Place { title: Evidence::new(heading, Origin::Heading), trust: HEADING_TRUST, is_shown: true }];
    }
    places
}

/// Places that give the page a title, as they are found.
struct Places<'a> {
    site_names: &'a [String],
    shows_markup: bool,
    found: Vec<Place>,
}

impl Places<'_> {
    fn add(&mut self, text: &str, origin: Origin, trust: u32, is_shown: bool) {
        let text = if self.shows_markup { fold(text) } else { without_markup(text) };
        let text = without_site_name(&text, self.site_names).to_owned();
        let key = key(&text);
        let is_title = !self.site_names.contains(&key) && !NO_TITLES.contains(&key.as_str());
        if !text.is_empty() && text.len() <= TITLE_BYTES_MAX && is_title {
            self.found.push(Place { title: Evidence::new(text, origin), trust, is_shown });
        }
    }

    fn add_headings(&mut self, page: &Page<'_>, declared: &Declared<'_>, structured: &StructuredArticle) {
        let headings = Headings::of(page, self.site_names, declared.first(&["og:title"]).is_none(), structured);
        let rival = headings.only().filter(|heading| {
            let fields = Fields::of(page, declared, structured, self.site_names);
            fields.are_for_search(heading)
        });
        let told = told_keys(page, declared, structured, self.site_names);
        for heading in headings.shown.iter().take(5) {
            let trust = match (headings.shown.len(), rival) {
                (1, Some(_)) => ONLY_HEADING_TRUST,
                (1, None) => HEADING_TRUST,
                _ => ONE_OF_HEADINGS_TRUST,
            };
            let bare = heading.bare(&told);
            self.add(bare.as_deref().unwrap_or(&heading.text), Origin::Heading, trust, true);
        }
        for heading in headings.doubtful.iter().take(1) {
            self.add(heading, Origin::Heading, HIDDEN_HEADING_TRUST, false);
        }
    }
}

/// The titles of all places, each once, the best first.
fn in_order(places: &[Place]) -> Vec<(Evidence<String>, TitleVotes)> {
    let keys: Vec<String> = places.iter().map(|place| key(&place.title.value)).collect();
    let mut voted: Vec<(TitleVotes, usize)> =
        (0..places.len()).map(|position| (votes(places, &keys, position), position)).collect();
    let worth = |votes: &TitleVotes| {
        votes.trust + AGREEMENT * votes.n_agreeing + if votes.is_seen { HEADING_AGREEMENT } else { 0 }
    };
    voted.sort_by_key(|(votes, position)| (std::cmp::Reverse(worth(votes)), *position));
    let mut seen: Vec<&String> = Vec::new();
    let mut ordered: Vec<(Evidence<String>, TitleVotes)> = Vec::new();
    for (votes, position) in voted {
        if seen.contains(&&keys[position]) {
            continue;
        }
        seen.push(&keys[position]);
        let same = (0..places.len()).filter(|other| keys[*other] == keys[position]);
        let best = same.rev().max_by_key(|other| worth_of_wording(&places[*other].title.value));
        let wording = places[best.unwrap_or(position)].title.value.clone();
        ordered.push((Evidence::new(wording, places[position].title.origin), votes));
    }
    ordered
}

/// What is best of equal wordings is the longest: a heading put together from several elements may have lost its blanks.
/// One in capitals has lost its own, and an ellipsis has nothing behind it.
fn worth_of_wording(title: &str) -> (bool, bool, usize) {
    let has_small = title.chars().any(char::is_lowercase);
    (has_small, !is_cut_off(title), title.chars().count())
}

/// Whether a title was cut.
fn is_cut_off(title: &str) -> bool {
    ELLIPSES.iter().any(|ellipsis| title.ends_with(ellipsis))
}

/// The title of another place that begins with one that was cut: `Council votes to…`.
fn whole_of(title: &str, places: &[Place]) -> Option<String> {
    let beginning = ELLIPSES.iter().find_map(|ellipsis| title.strip_suffix(ellipsis))?.trim_end();
    let begins_so = |other: &&str| other.len() > beginning.len() && other.starts_with(beginning);
    let is_whole = |other: &&str| !is_cut_off(other);
    let others = places.iter().map(|place| place.title.value.as_str());
    let is_long = count_words(beginning) >= HEADLINE_WORDS_MIN;
    others.filter(begins_so).find(is_whole).filter(|_| is_long).map(str::to_owned)
}

/// A place where the page gives itself a title.
struct Place {
    title: Evidence<String>,
    trust: u32,
    /// Whether it is a first-level heading that readers see.
    is_shown: bool,
}

/// What speaks for the title at one of the places, whose titles have these keys.
fn votes(places: &[Place], keys: &[String], position: usize) -> TitleVotes {
    let agreeing = || (0..keys.len()).filter(|other| *other != position && keys[*other] == keys[position]);
    TitleVotes {
        trust: places[position].trust,
        n_agreeing: u32::try_from(agreeing().count()).unwrap_or(0),
        is_seen: !places[position].is_shown && agreeing().any(|other| places[other].is_shown),
    }
}

/// The first-level headings of a page that may be headlines.
struct Headings {
    shown: Vec<ShownHeading>,
    /// Texts of those that are not shown, belong to a menu, or are rather the site's or a section's.
    doubtful: Vec<String>,
}

struct ShownHeading {
    text: String,
    key: String,
    /// Whether its names call it a headline.
    is_marked: bool,
    /// Whether it has fewer words than headlines have.
    is_short: bool,
    /// The texts of its elements, where it has several.
    pieces: Vec<String>,
}

impl ShownHeading {
    /// The heading without the kicker that is its first element, or the line below the headline that is its last, where
    /// the page says elsewhere that the rest is the title. A kicker with a mark behind it is read with the headline, and one
    /// that is told elsewhere, too.
    fn bare(&self, told: &[String]) -> Option<String> {
        let ([first, behind @ ..], [before @ .., _]) = (self.pieces.as_slice(), self.pieces.as_slice()) else {
            return None;
        };
        let has_mark = first.ends_with(is_mark) || behind.first().is_none_or(|next| next.starts_with(is_mark));
        let is_kicker = !has_mark && !told.contains(&self.key);
        let rests = [Some(before).filter(|before| !before.is_empty()), Some(behind).filter(|_| is_kicker)];
        let mut rests = rests.into_iter().flatten().map(|rest| rest.join(" "));
        rests.find(|rest| count_words(rest) >= HEADLINE_WORDS_MIN && told.contains(&key(rest)))
    }
}

fn is_mark(c: char) -> bool {
    !c.is_alphanumeric()
        && !matches!(c, '"' | '“' | '„' | '«' | '‘' | '\'' | '”' | '»' | '’' | '(' | ')' | '¿' | '¡' | '?' | '!')
}

/// Keys of what the page says outside its body that its title is.
fn told_keys(
    page: &Page<'_>,
    declared: &Declared<'_>,
    structured: &StructuredArticle,
    site_names: &[String],
) -> Vec<String> {
    let headlines = structured.headlines.iter().map(String::as_str);
    let others = [declared.first(&["og:title"]), page.document_title.as_deref()].into_iter().flatten();
    let mut keys = Vec::new();
    for title in headlines.chain(others).map(without_markup) {
        let bare = without_site_name(&title, site_names);
        keys.push(key(bare));
        keys.extend(without_short_ends(bare).as_deref().map(key));
    }
    keys
}

impl Headings {
    /// `asks_title` compares the only one with the title of the document.
    fn of(page: &Page<'_>, site_names: &[String], asks_title: bool, structured: &StructuredArticle) -> Headings {
        let name = structured.other_name.as_deref().map(key);
        let mut headings = Headings { shown: Vec::new(), doubtful: Vec::new() };
        for heading in page.top_headings.iter().copied().take(HEADINGS_MAX) {
            let text = page.text_of(heading);
            // A single word is a headline only where the page calls its article so.
            if count_words(&text) <= 1 && name.as_ref() != Some(&key(&text)) {
                continue;
            }
            let is_marked = page.elements[heading].marks.has(Marks::TITLE);
            let key = key(without_site_name(&text, site_names));
            if is_beside_text(page, heading) || leads_home(page, heading) {
                headings.doubtful.push(text);
            } else {
                let is_short = count_words(&text) < HEADLINE_WORDS_MIN;
                let pieces = page.pieces_of(heading);
                headings.shown.push(ShownHeading { text, key, is_marked, is_short, pieces });
            }
        }
        // Several first-level headings are of equal rank, and rather the headings of a list.
        if let [only] = headings.shown.as_slice()
            && asks_title
            && is_of_section(only, page)
        {
            headings.doubtful.extend(headings.shown.drain(..).map(|heading| heading.text));
        }
        headings
    }

    /// The only one, where there is one.
    fn only(&self) -> Option<&ShownHeading> {
        if let [only] = self.shown.as_slice() { Some(only) } else { None }
    }
}

/// Whether a heading that nothing calls a headline has no word in common with the title of the document.
fn is_of_section(heading: &ShownHeading, page: &Page<'_>) -> bool {
    let words_of = |text: &str| -> HashSet<String> { text.split_whitespace().map(key).collect() };
    let title = words_of(page.document_title.as_deref().unwrap_or_default());
    let is_unspaced = heading.text.contains(is_han_or_kana);
    !heading.is_marked
        && !is_unspaced
        && title.len() > HEADLINE_WORDS_MIN
        && title.is_disjoint(&words_of(&heading.text))
}

/// Whether a heading is a link to the site's front page: the site's name then.
fn leads_home(page: &Page<'_>, heading: usize) -> bool {
    let text_length = page.text_of(heading).len();
    let is_all = |link: &usize| page.text_of(*link).len() * 10 >= text_length * LINK_TENTHS_MIN;
    let around = page.elements_in(heading).chain(page.path_up(heading, 0));
    let mut links = around.filter(|element| page.elements[*element].tag == Tag::Link);
    links.find(is_all).and_then(|link| page.attribute(link, "href")).is_some_and(is_home)
}

/// Whether a heading is the site's name for a logo: it stands in the page's header, the title of the document begins or
/// ends with it, and the headline stands elsewhere before the text.
fn is_logo(page: &Page<'_>, heading: usize) -> bool {
    let is_frame = |above: usize| page.elements[above].tag == Tag::Header;
    let is_article = |above: usize| matches!(page.elements[above].tag, Tag::Article | Tag::Main);
    if page.elements[heading].marks.has(Marks::TITLE)
        || !page.path_up(heading, 0).any(is_frame)
        || page.path_up(heading, 0).any(is_article)
    {
        return false;
    }
    let Some(title) = page.document_title.as_deref() else { return false };
    let text = page.text_of(heading);
    let name = key(&text);
    let cuts = cuts(title);
    let behind_name = cuts.first().filter(|cut| key(cut.before) == name).map(|cut| cut.behind);
    let before_name = cuts.last().filter(|cut| key(cut.behind) == name).map(|cut| cut.before);
    let is_headline = |rest: &str| {
        let rest_key = key(rest);
        count_words(rest) >= HEADLINE_WORDS_MIN
            && count_words(rest) > count_words(&text)
            && page.lines.iter().take(LINES_MAX).any(|line| key(&line.text) == rest_key)
    };
    // Before the name may stand that of a section.
    let is_marked = |element: usize| page.elements[element].marks.has(Marks::TITLE);
    before_name.or(behind_name).is_some_and(is_headline)
        || before_name.is_some() && heading_before_text(page, &[name], is_marked).is_some()
}

/// Whether an address is that of a front page.
fn is_home(address: &str) -> bool {
    let path = match address.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |slash| &rest[slash..]),
        None => address,
    };
    matches!(path.split(['?', '#']).next(), Some("/" | "/index.html" | "/index.php"))
}

/// The keys of the titles that stand in fields outside the page's body.
struct Fields {
    structured: Option<String>,
    social: Option<String>,
    has_twitter: bool,
    head: Option<String>,
    is_blog: bool,
}

impl Fields {
    fn of(page: &Page<'_>, declared: &Declared<'_>, structured: &StructuredArticle, site_names: &[String]) -> Fields {
        let bare_key = |title: &str| key(without_site_name(&fold(title), site_names));
        Fields {
            structured: structured.headlines.first().map(|headline| bare_key(headline)),
            social: declared.first(&["og:title"]).map(bare_key),
            has_twitter: declared.first(&["twitter:title"]).is_some(),
            head: page.document_title.as_deref().map(bare_key),
            is_blog: structured.is_blog,
        }
    }

    /// Whether they are rather wordings for search engines than the headline, on a page that has this heading, and no
    /// other of first level.
    fn are_for_search(&self, heading: &ShownHeading) -> bool {
        let Some(social) = &self.social else { return false };
        // The same with a kicker is no other wording, be it in the field or in the heading.
        let is_same = heading.key.ends_with(social.as_str()) || social.ends_with(heading.key.as_str());
        if is_same || heading.is_short || self.head.as_ref() == Some(&heading.key) {
            return false;
        }
        let is_one_field = self.head.as_ref() == Some(social);
        match &self.structured {
            None if is_one_field => !self.has_twitter || heading.is_marked,
            None => self.head.is_some(),
            Some(headline) => self.is_blog && is_one_field && headline == social,
        }
    }
}

/// Whether a heading is that of a menu or another part of the page, or is not shown.
fn is_beside_text(page: &Page<'_>, heading: usize) -> bool {
    let is_beside =
        |above: usize| matches!(page.elements[above].tag, Tag::Nav | Tag::Footer | Tag::Form | Tag::Control);
    page.elements[heading].marks.has(Marks::HIDDEN) || page.path_up(heading, 0).any(is_beside)
}

/// The first second-level heading before the text, for pages whose first-level one is the site's name, or else a
/// third-level one, or what names of elements call a headline.
fn second_heading(page: &Page<'_>, site_names: &[String]) -> Option<String> {
    heading_before_text(page, site_names, |element| page.elements[element].tag == Tag::Heading(2)).or_else(|| {
        heading_before_text(page, site_names, |element| {
            page.elements[element].tag == Tag::Heading(3) || page.elements[element].marks.has(Marks::TITLE)
        })
    })
}

/// The first such element before the text that may be a headline, without the name of the site.
fn heading_before_text(page: &Page<'_>, site_names: &[String], is_heading: impl Fn(usize) -> bool) -> Option<String> {
    const HEADLINE_LINES_MAX: usize = 2;
    const ELSEWHERE: Marks = Marks::any(&[Marks::ASIDE, Marks::RELATED, Marks::COMMENTS]);
    let text_start = page.lines.iter().position(|line| line.n_words >= TEXT_WORDS_MIN)?;
    let can_be_headline = |element: &usize| {
        let heading = &page.elements[*element];
        is_heading(*element)
            && heading.lines_start <= text_start
            && heading.lines_end <= heading.lines_start + HEADLINE_LINES_MAX
            && !is_beside_text(page, *element)
            && !page.path_up(*element, 0).any(|above| page.elements[above].marks.has(ELSEWHERE))
    };
    (0..page.elements.len())
        .filter(can_be_headline)
        .take(HEADINGS_MAX)
        .map(|heading| without_site_name(&page.text_of(heading), site_names).to_owned())
        .find(|heading| count_words(heading) >= HEADLINE_WORDS_MIN && !site_names.contains(&key(heading)))
}

/// A title with white space folded, and without the tags that it has where the headline was written with some.
pub(in crate::extract) fn without_markup(title: &str) -> String {
    if title.contains("</") || title.contains("<br") { fragment_paragraphs(title).join(" ") } else { fold(title) }
}

/// The lines of a page that may be parts of its titles, by their keys.
struct LineKeys(HashSet<String>);

impl LineKeys {
    fn of(page: &Page<'_>, places: &[Place]) -> LineKeys {
        let longest = places.iter().map(|place| place.title.value.len()).max().unwrap_or_default();
        let may_be_part = |text: &str| text.len() < longest && count_words(text) >= HEADLINE_WORDS_MIN;
        let lines = page.lines.iter().map(|line| line.text.as_str()).take(LINES_MAX);
        LineKeys(lines.filter(|text| may_be_part(text)).map(key).collect())
    }

    /// The larger part of a title, before a separator or behind a bar, that the page shows as a line of its own.
    fn shown_part(&self, title: &str) -> Option<String> {
        let is_most = |part: &str| part.len() * 2 > title.len() && self.0.contains(&key(part));
        let parts = cuts(title).into_iter().rev().find_map(|cut| {
            if is_most(cut.before) {
                Some(cut.before)
            } else {
                Some(cut.behind).filter(|behind| cut.is_bar && is_most(behind))
            }
        });
        parts.map(str::to_owned)
    }
}

/// The title that another place gives without what this one adds behind a separator, or before a bar.
fn without_addition(title: &str, places: &[Place]) -> Option<String> {
    let cuts = cuts(title);
    let shorter = places.iter().map(|place| place.title.value.as_str()).filter(|other| {
        let cut = |is_it: &dyn Fn(&Cut<'_>) -> bool| cuts.iter().any(is_it);
        !other.is_empty() && cut(&|cut| cut.before == *other || cut.is_bar && cut.behind == *other)
    });
    shorter.max_by_key(|other| other.len()).map(str::to_owned)
}

/// Keys of what a page calls itself for others, in its head, and in its first-level headings.
pub(super) fn own_keys(page: &Page<'_>, declared: &Declared<'_>) -> Vec<String> {
    let headings = page.top_headings.iter().take(HEADINGS_MAX).map(|heading| page.text_of(*heading));
    let titles = [declared.first(&["og:title"]), page.document_title.as_deref()].into_iter().flatten();
    titles.map(key).chain(headings.map(|heading| key(&heading))).collect()
}

/// Keys of the names by which the site may call itself: as it says, as its heading that leads to its front page says,
/// and the labels of its host.
pub(super) fn site_name_keys(
    page: &Page<'_>,
    declared: &Declared<'_>,
    structured: &StructuredArticle,
    addresses: &[Url],
) -> Vec<String> {
    // Some write the title where a name of the site should be.
    let title = declared.first(&["og:title"]).map(key);
    let others = ["application-name", "apple-mobile-web-app-title", "twitter:site"];
    let others = others.iter().filter_map(|name| declared.first(&[name])).chain(structured.publisher.as_deref());
    let mut keys: Vec<String> = declared.first(&["og:site_name"]).map(key).into_iter().collect();
    keys.extend(others.map(key).filter(|name| Some(name) != title.as_ref()));
    let is_of_site = |heading: &usize| leads_home(page, *heading) || is_logo(page, *heading);
    let headings = page.top_headings.iter().copied().take(HEADINGS_MAX).filter(is_of_site);
    keys.extend(headings.map(|heading| key(&page.text_of(heading))));
    let addresses = addresses.iter().filter(|address| !address.as_str().starts_with(NO_ADDRESS));
    for host in addresses.filter_map(Url::host_str) {
        let host = host.trim_start_matches("www.");
        keys.push(key(host));
        keys.extend(host.split('.').filter(|label| label.len() > 2).map(key));
    }
    keys.retain(|key| !key.is_empty());
    keys.dedup();
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::tests::extract;

    const TEXT: &str = "<p>The old mill on the Linde has a new owner. A cooperative of forty families paid for it.</p>\
        <p>They mean to grind again from next autumn, said Ada Quist, who leads them, and to bake on Saturdays.</p>";

    /// The title of a page with this head and these parts before its text.
    fn title_of(head: &str, before: &str) -> Option<String> {
        let page = format!("<html><head>{head}</head><body>{before}{TEXT}</body></html>");
        extract(page, &LinkHints::default()).expect("an article").title.map(|title| title.value)
    }

    #[test]
    fn additions_are_cut_off_where_the_page_shows_the_title_alone() {
        let check = |head: &str, shown: &str, expected: &str| {
            let head = format!("<title>{head}</title>");
            assert_eq!(title_of(&head, &format!("<div>{shown}</div>")).as_deref(), Some(expected), "{head}");
        };
        check(
            "Forty families buy the mill › Valley Notes",
            "Forty families buy the mill",
            "Forty families buy the mill",
        );
        check("四十户人家买下旧磨坊-河谷新闻网", "四十户人家买下旧磨坊", "四十户人家买下旧磨坊");
        check("四十户人家买下旧磨坊--时政--河谷网", "四十户人家买下旧磨坊", "四十户人家买下旧磨坊");
        check(
            "أربعون أسرة تشتري الطاحونة القديمة | صوت الوادي",
            "أربعون أسرة تشتري الطاحونة القديمة",
            "أربعون أسرة تشتري الطاحونة القديمة",
        );
        check("Local news | Forty families buy the mill", "Forty families buy the mill", "Forty families buy the mill");
        // Within words and headlines nothing is cut.
        check(
            "Forty families buy the mill-and its pond",
            "Forty families buy the mill",
            "Forty families buy the mill-and its pond",
        );
        check("Mill: forty families buy it", "forty families buy it", "Mill: forty families buy it");
    }

    #[test]
    fn a_title_that_was_cut_is_taken_from_where_it_is_whole() {
        let head =
            "<meta property='og:title' content='Forty families buy the…'><title>Forty families buy the...</title>";
        let title = title_of(head, "<h1>Forty families buy the mill</h1>");
        assert_eq!(title.as_deref(), Some("Forty families buy the mill"));
        let loud = r#"<script type="application/ld+json">{"@type": "NewsArticle", "headline": "FORTY FAMILIES BUY THE MILL"}</script>"#;
        let title = title_of(loud, "<h1>Forty families buy the mill</h1>");
        assert_eq!(title.as_deref(), Some("Forty families buy the mill"));
    }

    #[test]
    fn what_templates_call_every_page_is_no_title() {
        let headings = [
            "<h2>Forty families buy the mill</h2>",
            "<h3>Forty families buy the mill</h3>",
            "<p class='headline'>Forty families buy the mill</p>",
        ];
        for heading in headings {
            for head in ["<title>Untitled Document</title>", "<title>Home</title>", ""] {
                assert_eq!(title_of(head, heading).as_deref(), Some("Forty families buy the mill"), "{head}{heading}");
            }
        }
    }

    #[test]
    fn short_names_behind_bars_are_no_part_of_a_title() {
        let check = |head: &str, expected: &str| {
            assert_eq!(title_of(&format!("<title>{head}</title>"), "").as_deref(), Some(expected), "{head}");
        };
        check("Forty families buy the old mill | Opinion | Valley Notes", "Forty families buy the old mill");
        check("Mill | Pond | Weir", "Mill | Pond | Weir");
        check("Forty families buy the old mill | notes-of-the-valley.example", "Forty families buy the old mill");
    }

    #[test]
    fn a_heading_that_is_no_headline_gives_no_title() {
        let site = r#"<title>The Valley Post</title><meta property="og:site_name" content="The Valley Post">"#;
        let headings = "<h1>The Valley Post</h1><h2>Forty families buy the mill</h2>";
        assert_eq!(title_of(site, headings).as_deref(), Some("Forty families buy the mill"));
        let head = "<title>Forty families buy the mill</title>";
        assert_eq!(
            title_of(head, "<h1 class='element-invisible'>Main menu</h1>").as_deref(),
            Some("Forty families buy the mill")
        );
        assert_eq!(
            title_of(head, "<nav><h1>All our sections</h1></nav>").as_deref(),
            Some("Forty families buy the mill")
        );
    }

    #[test]
    fn the_only_heading_is_the_headline_where_one_field_fills_the_head() {
        let search = "<title>Mill for sale: what you need to know</title>\
            <meta property='og:title' content='Mill for sale: what you need to know'>";
        assert_eq!(title_of(search, "<h1>Forty families buy it</h1>").as_deref(), Some("Forty families buy it"));
        let heading =
            "<h1>Mill for sale: what you need to know<br><small>Forty families count their money</small></h1>";
        let title = title_of("<title>Mill for sale: what you need to know | Post</title>", heading);
        assert_eq!(title.as_deref(), Some("Mill for sale: what you need to know"));
        let with_kicker = "<h1><span>Valley</span> Mill for sale: what you need to know</h1>";
        assert_eq!(title_of(search, with_kicker).as_deref(), Some("Mill for sale: what you need to know"));
        let told = "<title>Mill for sale: what you need to know | Post</title>";
        assert_eq!(title_of(told, with_kicker).as_deref(), Some("Mill for sale: what you need to know"));
        let news = "<script type='application/ld+json'>{\"@type\": \"NewsArticle\", \"headline\": \"Forty families buy it\"}</script>";
        let whole = format!("{news}<meta property='og:title' content='Valley / Forty families buy it'>");
        let kicker = "<h1><span>Valley</span>Forty families buy it</h1>";
        assert_eq!(title_of(&whole, kicker).as_deref(), Some("Valley / Forty families buy it"));
    }

    #[test]
    fn a_logo_that_is_the_only_heading_is_no_headline() {
        let check = |head: &str, shown: &str| {
            let page = format!("<header><h1>The Valley Post</h1></header><div>{shown}</div>");
            assert_eq!(title_of(head, &page).as_deref(), Some("Forty families buy the mill"), "{head}{shown}");
        };
        let headline = "<div class='headline'>Forty families buy the mill</div>";
        check("<title>Forty families buy the mill - The Valley Post</title>", "<div>Forty families buy the mill</div>");
        check("<title>The Valley Post | Forty families buy the mill</title>", "<p>Forty families buy the mill</p>");
        check(
            "<title>Local - The Valley Post</title><meta property='og:title' content='The Valley Post - news'>",
            headline,
        );
    }

    #[test]
    fn tags_are_no_part_of_a_title() {
        let head = "<meta property='og:title' content='Forty families buy &lt;i&gt;the&lt;/i&gt; mill'>";
        assert_eq!(title_of(head, "").as_deref(), Some("Forty families buy the mill"));
        let head = "<title>Forty families&lt;br /&gt;buy the mill</title>";
        assert_eq!(title_of(head, "").as_deref(), Some("Forty families buy the mill"));
    }

    #[test]
    fn the_chosen_title_is_the_likeliest_of_all_places() {
        let check = |head: &str, heading: &str, expected: &str| {
            let page = format!("<html><head>{head}</head><body><h1>{heading}</h1>{TEXT}</body></html>");
            let article = extract(page, &LinkHints::default()).expect("an article");
            assert_eq!(article.title.map(|title| title.value).as_deref(), Some(expected), "{head}");
        };
        let structured = |headline: &str| {
            format!(
                r#"<script type="application/ld+json">
                {{"@type": "NewsArticle", "headline": "{headline}", "url": "https://news.example/page"}}
                </script>"#
            )
        };
        let mill = structured("Old mill sold");
        // A field for social networks fills both; without one, og:title is the newsroom's own.
        let social = r#"<meta property="og:title" content="You won't believe who buys the mill">"#;
        let both = format!(r#"{social}<meta name="twitter:title" content="You won't believe who buys the mill">"#);
        check(&format!("{mill}{both}"), "Old mill sold", "Old mill sold");
        check(&format!("{mill}{social}"), "The mill and its buyers", "You won't believe who buys the mill");
        // What the heading says too stands above both.
        check(&format!("{mill}{social}"), "Old mill sold", "Old mill sold");
        // The name of a section before a bar, where the page has the headline without it.
        let sectioned = r#"<meta property="og:title" content="Local | Old mill sold">"#;
        check(&format!("{mill}{sectioned}"), "Old mill sold", "Old mill sold");
        // An article described twice: what the reader sees decides between the two.
        let twice = format!("{}{mill}", structured("Mill sale: who bought it and when"));
        check(&twice, "Old mill sold", "Old mill sold");
    }
    #[test]
    fn the_heading_that_readers_see_is_the_stronger_witness() {
        let structured = |kind: &str, fields: &str| {
            format!("<script type='application/ld+json'>{{\"@type\": \"{kind}\", {fields}}}</script>")
        };
        let check = |head: &str, heading: &str, expected: &str| {
            assert_eq!(title_of(head, heading).as_deref(), Some(expected), "{head}");
        };
        let heading = "<h1 class='entry-title'>Forty families buy the old mill</h1>";
        // What readers see and are told by others outweighs what is told to search engines.
        let described = |headline: &str| structured("NewsArticle", &format!("\"headline\": \"{headline}\""));
        let news = described("Old mill sold: the 3 best buyers") + &described("Forty families buy the old mill");
        let told = "<title>Old mill sold: the 3 best buyers</title>\
            <meta property='og:title' content='Forty families buy the old mill'>\
            <meta name='twitter:title' content='Forty families buy the old mill'>";
        check(&format!("{news}{told}"), heading, "Forty families buy the old mill");
        // A description of the thing is no title where it has a name.
        let described = structured("Article", "\"name\": \"Linde mill\", \"headline\": \"mill on a river\"");
        check(&format!("{described}<title>Linde mill - Valley Wiki</title>"), "<h1>Linde mill</h1>", "Linde mill");
        let social = "<meta property='og:title' content='Guess who has bought a mill'>\
            <meta name='twitter:title' content='Guess who has bought a mill'>";
        check(
            &format!("{social}<title>Forty families buy the old mill | Post</title>"),
            heading,
            "Forty families buy the old mill",
        );
        // One field for search engines fills all that stands outside the body, in blogs the structured data, too.
        let field = "Old mill sold: the 3 best buyers";
        let search = format!(
            "<title>{field}</title><meta property='og:title' content='{field}'><meta name='twitter:title' content='{field}'>"
        );
        check(&search, heading, "Forty families buy the old mill");
        let headline = format!("\"headline\": \"{field}\"");
        check(&format!("{search}{}", structured("BlogPosting", &headline)), heading, "Forty families buy the old mill");
        check(&format!("{search}{}", structured("NewsArticle", &headline)), heading, field);
        check(&search, "<h1 class='entry-title'>The 3 best buyers</h1>", field);
    }

    #[test]
    fn a_heading_that_leads_home_is_the_sites_name() {
        let head = "<title>Forty families buy the mill</title>";
        let check = |headings: &str, expected: &str| assert_eq!(title_of(head, headings).as_deref(), Some(expected));
        check("<h1><a href='/'>Ada writes here</a></h1>", "Forty families buy the mill");
        check("<a href='https://ada.example'><h1>Ada writes here</h1></a>", "Forty families buy the mill");
        check("<h1>Information and resources</h1>", "Forty families buy the mill");
        check("<h1><a href='/mill'>Forty families and a mill</a></h1>", "Forty families and a mill");
        let named = "<title>Ada writes here: Forty families buy the mill</title>";
        let title = title_of(named, "<h1><a href='/'>Ada writes here</a></h1><h2>Forty families buy the mill</h2>");
        assert_eq!(title.as_deref(), Some("Forty families buy the mill"));
    }
    #[test]
    fn a_front_page_calls_itself_by_its_name_and_an_article_does_not_call_its_site_by_its_title() {
        let named = "<title>Ada writes here</title><meta property='og:title' content='Ada writes here'>\
            <meta property='og:site_name' content='Ada writes here'>";
        let headings = "<h1><a href='/'>Ada writes here</a></h1><h2>Forty families buy the mill</h2>";
        assert_eq!(title_of(named, headings).as_deref(), Some("Forty families buy the mill"));
        let misnamed = "<title>Forty families buy the mill</title>\
            <meta property='og:title' content='Forty families buy the mill'>\
            <meta name='application-name' content='Forty families buy the mill'>";
        let headings = "<h1><a href='/'>The Valley Post</a></h1><h1>Forty families buy the mill</h1>";
        assert_eq!(title_of(misnamed, headings).as_deref(), Some("Forty families buy the mill"));
    }
}
