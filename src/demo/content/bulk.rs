//! Generated sites for benchmarks: pages of the size and make of real ones, every page different, the same on every
//! machine.
//!
//! The words come from the demo's own English articles, so frequent words are as frequent as they are in print. A text
//! follows them from word to word, and jumps often enough that no two texts share more than a few words in a row. But as in
//! print one in seven is another paper's, cut and edited, and one in four tells of an event that others tell of too, with its
//! names.

use std::collections::HashMap;
use std::fmt::Write as _;

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use super::story::{Paper, Story};
use super::template::Template;
use super::{boilerplate, feeds, markup, texts};
use crate::demo::web::{Resource, Site};

/// Bytes of a page: those of a light one, without its images.
const PAGE_BYTES: usize = 70_000;

/// What stands around the article, so that a page has some 700 elements and 120 links, the median of news pages.
const MENU_LINKS: usize = 60;
const FOOTER_LINKS: usize = 36;
const CARDS: usize = 36;

/// Entries of a feed.
const ENTRIES_PER_FEED: usize = 25;

/// Characters of a generated first paragraph, which is the summary in the feed.
const LEAD_CHARS: usize = 600;

/// Fewest and most paragraphs after the first.
const PARAGRAPHS: (u64, u64) = (6, 14);

/// Fewest and most words of a sentence.
const SENTENCE_WORDS: (u64, u64) = (7, 28);

/// One word in so many is followed by any word, and not by one that follows it in print.
const JUMP_ODDS: u64 = 4;

/// One word in so many is an invented name, of which real articles hold many that occur nowhere else.
const NAME_ODDS: u64 = 23;

/// One text in so many is a copy of one that another site has.
const COPY_ODDS: u64 = 7;

/// One text in so many is about an event that other sites have as well.
const EVENT_ODDS: u64 = 4;

/// Names of an event.
const NAMES_PER_EVENT: u64 = 7;

/// One name in so many of a text about an event is none of its.
const OTHER_NAME_ODDS: u64 = 4;

/// One paragraph in so many is left out of a copy, and one word in so many is another one.
const LEFT_OUT_ODDS: u64 = 5;
const EDITED_ODDS: u64 = 40;

/// What all generation starts from.
const SEED: u64 = 0x6e65_7773_7769_7265;

/// Publication of the newest generated article: 2026-01-15T12:00:00Z. Fixed, so that two runs serve the same bytes.
const NEWEST_S: i64 = 1_768_478_400;

/// Seconds between two articles of a site.
const ARTICLE_GAP_S: i64 = 1260;

/// Generated sites `bulk-0001.example` and on. Each lists its articles in feeds of twenty-five, `/feeds/1.xml` and on,
/// and keeps its resources compressed only. Pages of three templates take turns among the sites.
#[must_use]
pub fn bulk(n_sites: usize, n_articles_per_site: usize) -> Vec<Site> {
    let words = Words::read();
    let n_threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let numbers: Vec<usize> = (1..=n_sites).collect();
    let share = n_sites.div_ceil(n_threads).max(1);
    std::thread::scope(|scope| {
        let words = &words;
        let make_share = |numbers: &[usize]| -> Vec<Site> {
            numbers.iter().map(|number| site(words, *number, n_articles_per_site)).collect()
        };
        let workers: Vec<_> =
            numbers.chunks(share).map(|numbers| (numbers, scope.spawn(move || make_share(numbers)))).collect();
        // A worker that could not finish is made up for here, so that the sites are always all there.
        workers
            .into_iter()
            .flat_map(|(numbers, worker)| worker.join().unwrap_or_else(|_| make_share(numbers)))
            .collect()
    })
}

fn site(words: &Words, number: usize, n_articles: usize) -> Site {
    let host = format!("bulk-{number:04}.example");
    let base_url = format!("http://{host}");
    let paper = Paper {
        canonical_base_url: base_url.clone(),
        base_url,
        name: format!("Bulk Courier {number}"),
        tagline: "Generated from end to end".to_owned(),
        language: "en".to_owned(),
        offset: Offset::UTC,
    };
    let template = [Template::HarbourPost, Template::WordPress, Template::MeridianWire][number % 3];
    let stories: Vec<Story> = (1..=n_articles).map(|article| story(words, number, article)).collect();

    let mut site = Site::new(&host);
    let (menu, footer) =
        (sections(words, number, "sections", MENU_LINKS), sections(words, number, "imprint", FOOTER_LINKS));
    for (i, story) in stories.iter().enumerate() {
        // What a page links to are its neighbours, as on real sites, and not the same few everywhere.
        let others = &stories[i.saturating_sub(8)..(i + 9).min(stories.len())];
        let neighbours = &stories[i.saturating_sub(CARDS / 2)..(i + CARDS).min(stories.len())];
        let cards = boilerplate::cards("more", &paper, story, neighbours, CARDS);
        let page = furnished(&template.html(&paper, story, others), &menu, &(cards + &footer));
        site.insert(&story.path, packed("text/html; charset=utf-8", &page, story.modified));
    }
    for (i, chunk) in stories.chunks(ENTRIES_PER_FEED).enumerate() {
        let entries: Vec<&Story> = chunk.iter().collect();
        let title = format!("{}, part {}", paper.name, i + 1);
        let newest = chunk.iter().map(|story| story.published).max().unwrap_or_default();
        let feed = feeds::rss(&paper, &title, &entries, "");
        site.insert(&format!("/feeds/{}.xml", i + 1), packed("application/rss+xml; charset=utf-8", &feed, newest));
    }
    site
}

/// The page with a menu above, what goes below it, and a script that makes it as large as it is to be.
fn furnished(page: &str, menu: &str, below: &str) -> String {
    let (head, body) = page.split_once("<body").unwrap_or((page, ""));
    let (body_tag, body) = body.split_once('>').unwrap_or(("", body));
    let (body, end) = body.rsplit_once("</body>").unwrap_or((body, ""));
    let mut html = format!("{head}<body{body_tag}>{menu}{body}{below}");
    let padding = PAGE_BYTES.saturating_sub(html.len() + end.len() + "<script></script></body>".len());
    let _ = write!(html, "<script>{}</script></body>{end}", boilerplate::script("bulkVendors", padding));
    html
}

/// A list of links to so many pages of a site.
fn sections(words: &Words, site_number: usize, class: &str, n_links: usize) -> String {
    let mut dice = Dice::new(site_number as u64, u64::MAX - n_links as u64);
    let labels: Vec<String> =
        (0..n_links).map(|_| words.vocabulary[dice.below(words.vocabulary.len())].clone()).collect();
    let hrefs: Vec<String> = labels.iter().map(|label| format!("/topics/{}/", super::wordpress::slug(label))).collect();
    let items: Vec<(&str, &str)> =
        hrefs.iter().zip(&labels).map(|(href, label)| (href.as_str(), label.as_str())).collect();
    boilerplate::menu(class, &items)
}

fn packed(content_type: &str, text: &str, last_modified: Timestamp) -> Resource {
    Resource::packed(content_type, text.as_bytes()).last_modified(last_modified)
}

/// What a text is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Make {
    Own,
    /// As other sites tell of it too.
    OfEvent(u64),
    /// By the text of that site and number.
    CopyOf(usize, usize),
}

impl Make {
    fn of(site_number: usize, number: usize) -> Make {
        let mut dice = Dice::new(site_number as u64, (number as u64) << 20);
        if dice.one_in(COPY_ODDS) && site_number > 1 {
            // Earlier by up to an hour.
            let original = (1 + dice.below(site_number - 1), number + dice.below(3));
            if !matches!(Make::of(original.0, original.1), Make::CopyOf(..)) {
                return Make::CopyOf(original.0, original.1);
            }
        }
        if dice.one_in(EVENT_ODDS) { Make::OfEvent(number as u64 / 3) } else { Make::Own }
    }
}

fn story(words: &Words, site_number: usize, number: usize) -> Story {
    let mut dice = Dice::new(site_number as u64, number as u64);
    let (title, paragraphs) = match Make::of(site_number, number) {
        Make::Own => text(words, &mut dice),
        Make::OfEvent(event) => {
            dice.names = names(event);
            text(words, &mut dice)
        }
        Make::CopyOf(site_number, number) => {
            let original = story(words, site_number, number);
            (words.headline(&mut dice), copy(words, &mut dice, &original.paragraphs))
        }
    };
    let sections = ["City", "Business", "World", "Culture", "Sport", "Science"];
    let section = sections[dice.below(sections.len())].to_owned();
    let authors = vec![format!("{} {}", dice.new_name(), dice.new_name())];
    let age_s = ARTICLE_GAP_S.saturating_mul(i64::try_from(number).unwrap_or(i64::MAX));
    let newest = Timestamp::from_second(NEWEST_S).unwrap_or_default();
    let published = newest.saturating_sub(SignedDuration::from_secs(age_s)).unwrap_or(newest);
    Story {
        id: u32::try_from(number).unwrap_or(u32::MAX),
        path: format!("/{}/{number:05}-{}", section.to_ascii_lowercase(), super::wordpress::slug(&title)),
        title,
        authors,
        section,
        language: "en".to_owned(),
        published,
        modified: published,
        paragraphs,
    }
}

/// A headline and paragraphs.
fn text(words: &Words, dice: &mut Dice) -> (String, Vec<String>) {
    let (few, many) = PARAGRAPHS;
    let n_paragraphs = dice.between(few, many);
    let mut paragraphs = vec![words.paragraph(dice, LEAD_CHARS)];
    for _ in 0..n_paragraphs {
        let n_chars = usize::try_from(dice.between(280, 760)).unwrap_or(280);
        paragraphs.push(words.paragraph(dice, n_chars));
    }
    (words.headline(dice), paragraphs)
}

/// Most of the paragraphs, here and there with another word, after a lead of their own.
fn copy(words: &Words, dice: &mut Dice, paragraphs: &[String]) -> Vec<String> {
    let mut copied = vec![words.paragraph(dice, LEAD_CHARS)];
    for paragraph in paragraphs {
        if dice.one_in(LEFT_OUT_ODDS) {
            continue;
        }
        let edited = paragraph.split(' ').map(|word| {
            if dice.one_in(EDITED_ODDS) { words.vocabulary[dice.below(words.vocabulary.len())].as_str() } else { word }
        });
        copied.push(edited.collect::<Vec<_>>().join(" "));
    }
    copied
}

/// The names of an event.
fn names(event: u64) -> Vec<String> {
    let mut dice = Dice::new(u64::from(u32::MAX), event);
    (0..NAMES_PER_EVENT).map(|_| dice.new_name()).collect()
}

/// The words of the demo's English articles, each with the places at which it stands in print.
struct Words {
    /// Words by place; each is an index into the other two.
    in_print: Vec<usize>,
    vocabulary: Vec<String>,
    places: Vec<Vec<usize>>,
}

impl Words {
    fn read() -> Words {
        let files =
            [include_str!("harbour_post.txt"), include_str!("valley_chronicle.txt"), include_str!("meridian_wire.txt")];
        let mut words = Words { in_print: Vec::new(), vocabulary: Vec::new(), places: Vec::new() };
        let mut indices: HashMap<String, usize> = HashMap::new();
        for text in files.into_iter().flat_map(texts::read).filter(|text| text.language.is_none()) {
            for paragraph in &text.paragraphs {
                let plain = markup::plain(paragraph);
                let is_of_word = |c: char| c.is_alphanumeric() || c == '’' || c == '-';
                let of_paragraph = plain.split(|c: char| !is_of_word(c)).map(|word| word.trim_matches(['’', '-']));
                for word in of_paragraph.filter(|word| !word.is_empty()).map(str::to_lowercase) {
                    words.add(word, &mut indices);
                }
            }
        }
        words
    }

    fn add(&mut self, word: String, indices: &mut HashMap<String, usize>) {
        let index = *indices.entry(word).or_insert_with_key(|word| {
            self.vocabulary.push(word.clone());
            self.places.push(Vec::new());
            self.vocabulary.len() - 1
        });
        self.places[index].push(self.in_print.len());
        self.in_print.push(index);
    }

    /// Sentences of at least `n_chars` together, cut to it at a word.
    fn paragraph(&self, dice: &mut Dice, n_chars: usize) -> String {
        let (short, long) = SENTENCE_WORDS;
        let mut text = String::with_capacity(n_chars + 200);
        let mut n_chars_written = 0;
        while n_chars_written < n_chars {
            if !text.is_empty() {
                text.push(' ');
            }
            let n_words = usize::try_from(dice.between(short, long)).unwrap_or(12);
            let sentence = self.sentence(dice, n_words);
            n_chars_written += sentence.chars().count() + 1;
            text.push_str(&sentence);
        }
        let end = text.char_indices().nth(n_chars.saturating_sub(1)).map_or(text.len(), |(end, _)| end);
        let end = text[..end].rfind(' ').unwrap_or(end);
        let mut cut = text[..end].trim_end_matches([',', '.', ' ']).to_owned();
        cut.push('.');
        cut
    }

    fn headline(&self, dice: &mut Dice) -> String {
        let n_words = usize::try_from(dice.between(6, 12)).unwrap_or(6);
        let mut headline = self.sentence(dice, n_words);
        headline.pop();
        match dice.names.as_slice() {
            [] => headline,
            [first, ..] => format!("{first}: {headline}"),
        }
    }

    fn sentence(&self, dice: &mut Dice, n_words: usize) -> String {
        let mut sentence = String::new();
        let mut place = dice.below(self.in_print.len());
        for i in 0..n_words {
            // The word after the last one in print is the first.
            let index = self.in_print[place % self.in_print.len()];
            let word = &self.vocabulary[index];
            if i > 0 {
                sentence.push_str(if dice.below(13) == 0 { ", " } else { " " });
            }
            if dice.one_in(NAME_ODDS) {
                sentence.push_str(&dice.name());
            } else if i == 0 {
                let mut letters = word.chars();
                sentence.extend(letters.next().into_iter().flat_map(char::to_uppercase));
                sentence.push_str(letters.as_str());
            } else {
                sentence.push_str(word);
            }
            let places = &self.places[index];
            place = if dice.one_in(JUMP_ODDS) {
                dice.below(self.in_print.len())
            } else {
                places[dice.below(places.len())] + 1
            };
        }
        sentence.push('.');
        sentence
    }
}

/// Reproducible dice: the `SplitMix64` generator.
struct Dice {
    state: u64,
    /// The names of the event that is told of.
    names: Vec<String>,
}

impl Dice {
    fn new(site_number: u64, number: u64) -> Dice {
        let mut dice = Dice { state: SEED ^ (site_number << 32) ^ number, names: Vec::new() };
        dice.state = dice.next();
        dice
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number from `low` to `high`, both included.
    fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }

    /// An index into something of that length; 0 for something empty.
    fn below(&mut self, length: usize) -> usize {
        usize::try_from(self.next() % (length.max(1) as u64)).unwrap_or_default()
    }

    fn one_in(&mut self, odds: u64) -> bool {
        self.next().is_multiple_of(odds)
    }

    /// A name of the event that is told of, or else a new one.
    fn name(&mut self) -> String {
        if self.names.is_empty() || self.one_in(OTHER_NAME_ODDS) {
            return self.new_name();
        }
        let place = self.below(self.names.len());
        self.names[place].clone()
    }

    /// An invented name of two or three syllables.
    fn new_name(&mut self) -> String {
        const SYLLABLES: [&str; 32] = [
            "bar", "cor", "dan", "el", "fen", "gar", "hol", "is", "jor", "kel", "lin", "mar", "nor", "os", "pel",
            "quin", "ros", "sal", "tor", "ul", "ver", "wes", "yar", "zan", "bri", "cla", "dre", "fal", "gri", "har",
            "tem", "vis",
        ];
        let n_syllables = self.between(2, 3);
        let mut name = String::new();
        for _ in 0..n_syllables {
            name.push_str(SYLLABLES[self.below(SYLLABLES.len())]);
        }
        name.replace_range(..1, &name[..1].to_ascii_uppercase());
        name
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn generated_pages_are_of_real_size_and_all_differ() {
        let sites = bulk(2, 30);
        assert_eq!(sites.iter().map(Site::host).collect::<Vec<_>>(), ["bulk-0001.example", "bulk-0002.example"]);
        let mut bodies = HashSet::new();
        for site in &sites {
            let mut n_feeds = 0;
            for path in site.paths() {
                let body = site.resource(path).expect("a listed path").body();
                if path.starts_with("/feeds/") {
                    n_feeds += 1;
                    let is_full = path == "/feeds/1.xml";
                    assert!(!is_full || (24_000..31_000).contains(&body.len()), "{path}: {}", body.len());
                } else {
                    assert!((69_000..72_000).contains(&body.len()), "{path}: {}", body.len());
                }
                assert!(bodies.insert(body), "{path} repeats another");
            }
            assert_eq!(n_feeds, 2);
        }
        assert_eq!(bodies.len(), 64);
    }

    #[test]
    fn the_same_is_generated_every_time() {
        let body = || {
            let sites = bulk(1, 1);
            let path = sites[0].paths().find(|path| !path.starts_with("/feeds/")).expect("an article").to_owned();
            (path.clone(), sites[0].resource(&path).expect("a listed path").body())
        };
        assert_eq!(body(), body());
    }
}
