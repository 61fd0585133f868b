//! What reading a clean feed costs beside the parser alone.
//!
//! `cargo bench --bench feeds` makes twenty invented feeds of 100 to 500 entries (RSS as a blog and as a newspaper write
//! it, Atom with escaped HTML and with XHTML, JSON Feed), and reads each in turn with feed-rs alone and with
//! [`newswire::feed::read`], many times over, so that what else the machine does falls on both.
//!
//! Inside the measurement of ours: everything between the bytes of an answer and the list of links, which is the
//! encoding, the survey, feed-rs itself under its guard where the survey has not kept all there is to read, dates, authors,
//! titles as plain text and absolute addresses.
//! Texts of entries stay HTML, as in a poll; what makes plain text of them (`parse-feed`, extraction) is timed apart and
//! in neither figure. feed-rs alone runs with its own defaults, which read dates and make up missing identities.
//!
//! `--quick` takes few rounds. `--only=parser` and `--only=newswire` read every feed with one of the two, `--rounds=N`
//! times: for a profiler, or to count instructions on machines that are too busy to be timed
//! (`valgrind --tool=callgrind`).

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use newswire::config::{self, Config};
use newswire::feed;
use newswire::model::FetchedDocument;
use url::Url;

/// Feeds that are read.
const N_FEEDS: u64 = 20;

/// Times that each feed is read by each of the two. Medians of fewer wander by some percent on a shared machine.
const N_ROUNDS: usize = 31;

/// The same with `--quick`.
const N_QUICK_ROUNDS: usize = 3;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let value = |name: &str| arguments.iter().find_map(|argument| argument.strip_prefix(name));
    let settings = config::defaults();
    let feeds: Vec<Sample> = (0..N_FEEDS).map(Sample::new).collect();
    let n_rounds = value("--rounds=").and_then(|number| number.parse().ok());
    match value("--only=") {
        Some(reader) => read_only(reader, &feeds, n_rounds.unwrap_or(1), &settings),
        None => {
            compare(&feeds, n_rounds.unwrap_or(if has("--quick") { N_QUICK_ROUNDS } else { N_ROUNDS }), &settings);
        }
    }
}

/// Reads all feeds with one of the readers, for instruments that watch from outside.
fn read_only(reader: &str, feeds: &[Sample], n_rounds: usize, settings: &Config) {
    for feed in feeds.iter().cycle().take(feeds.len() * n_rounds) {
        match reader {
            "parser" => drop(black_box(parse_alone(feed))),
            "newswire" => drop(black_box(read(feed, settings))),
            _ => panic!("--only={reader}: it is `parser` or `newswire`"),
        }
    }
}

fn parse_alone(feed: &Sample) -> feed_rs::model::Feed {
    feed_rs::parser::parse(black_box(feed.document.body.as_slice())).expect("the feed is clean")
}

fn read(feed: &Sample, settings: &Config) -> feed::Listing {
    feed::read(black_box(&feed.document), &settings.feed).expect("the feed is clean")
}

/// Times of one feed, one a round.
#[derive(Default)]
struct Times {
    parser: Vec<Duration>,
    newswire: Vec<Duration>,
    plain_text: Vec<Duration>,
}

fn compare(feeds: &[Sample], n_rounds: usize, settings: &Config) {
    let mut times: Vec<Times> = feeds.iter().map(|_| Times::default()).collect();
    for feed in feeds {
        let listing = read(feed, settings);
        assert_eq!(listing.links.len(), feed.n_entries, "{}", feed.form.name());
        assert!(listing.problems.is_empty(), "{}: {:?}", feed.form.name(), listing.problems);
    }
    for round in 0..n_rounds {
        for (feed, times) in feeds.iter().zip(&mut times) {
            // Whoever comes second finds the bytes in the cache, so they take turns at it.
            for is_parser in [round % 2 == 0, round % 2 != 0] {
                let began = Instant::now();
                if is_parser {
                    drop(black_box(parse_alone(feed)));
                    times.parser.push(began.elapsed());
                } else {
                    let listing = black_box(read(feed, settings));
                    times.newswire.push(began.elapsed());
                    let began = Instant::now();
                    for link in &listing.links {
                        let text = &link.text;
                        black_box(text.content.as_ref().or(text.summary.as_ref()).map(|html| feed::text_of_html(html)));
                    }
                    times.plain_text.push(began.elapsed());
                }
            }
        }
    }
    println!(
        "{:<22} {:>5} {:>8} {:>6} {:>16} {:>16} {:>6} {:>16}",
        "form", "feeds", "entries", "MB", "feed-rs (1/s)", "newswire (1/s)", "ratio", "plain text (ms)"
    );
    for form in FORMS {
        report(form.name(), |feed| feed.form == form, feeds, &times);
    }
    report("all of xml", |feed| feed.form != Form::Json, feeds, &times);
    report("all", |_| true, feeds, &times);
}

/// A line on some of the feeds: the sums of their medians, and the median of their ratios.
fn report(name: &str, is_chosen: impl Fn(&Sample) -> bool, feeds: &[Sample], times: &[Times]) {
    let chosen: Vec<(&Sample, &Times)> = feeds.iter().zip(times).filter(|(feed, _)| is_chosen(feed)).collect();
    let seconds_of = |of: fn(&Times) -> &Vec<Duration>| -> Vec<f64> {
        chosen.iter().map(|(_, times)| median(of(times).iter().map(Duration::as_secs_f64).collect())).collect()
    };
    let parser = seconds_of(|times| &times.parser);
    let newswire = seconds_of(|times| &times.newswire);
    let plain_text = seconds_of(|times| &times.plain_text);
    let n_feeds = as_f64(chosen.len());
    println!(
        "{name:<22} {:>5} {:>8} {:>6.1} {:>16.0} {:>16.0} {:>6.2} {:>16.2}",
        chosen.len(),
        chosen.iter().map(|(feed, _)| feed.n_entries).sum::<usize>(),
        as_f64(chosen.iter().map(|(feed, _)| feed.document.body.len()).sum()) / 1e6,
        n_feeds / parser.iter().sum::<f64>(),
        n_feeds / newswire.iter().sum::<f64>(),
        median(parser.iter().zip(&newswire).map(|(alone, whole)| whole / alone).collect()),
        1e3 * plain_text.iter().sum::<f64>() / n_feeds,
    );
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn as_f64(number: usize) -> f64 {
    number as f64
}

/// How a feed is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// RSS with the whole text in `content:encoded`.
    RssBlog,
    /// RSS with a teaser and a picture.
    RssNewspaper,
    /// Atom with escaped HTML.
    AtomHtml,
    /// Atom with XHTML.
    AtomXhtml,
    /// JSON Feed 1.1.
    Json,
}

const FORMS: [Form; 5] = [Form::RssBlog, Form::RssNewspaper, Form::AtomHtml, Form::AtomXhtml, Form::Json];

impl Form {
    fn name(self) -> &'static str {
        match self {
            Form::RssBlog => "rss, whole texts",
            Form::RssNewspaper => "rss, teasers",
            Form::AtomHtml => "atom, escaped html",
            Form::AtomXhtml => "atom, xhtml",
            Form::Json => "json feed",
        }
    }

    fn of(number: u64) -> Form {
        // Of twenty feeds eight with teasers, five with whole texts, three and one of Atom, three of JSON.
        match number % 20 {
            0 | 3 | 6 | 9 | 12 | 15 | 17 | 19 => Form::RssNewspaper,
            1 | 4 | 7 | 10 | 13 => Form::RssBlog,
            2 | 8 | 14 => Form::AtomHtml,
            5 => Form::AtomXhtml,
            _ => Form::Json,
        }
    }
}

/// A feed as it came from its server.
struct Sample {
    form: Form,
    n_entries: usize,
    document: FetchedDocument,
}

impl Sample {
    fn new(number: u64) -> Self {
        let form = Form::of(number);
        let mut prose = Prose { state: number + 1 };
        let n_entries = 100 + prose.below(401);
        let site = format!("https://paper-{number}.example");
        let entries: Vec<Entry> = (0..n_entries).map(|place| Entry::new(&mut prose, &site, place)).collect();
        let text = match form {
            Form::RssBlog | Form::RssNewspaper => rss(form, &site, &entries),
            Form::AtomHtml | Form::AtomXhtml => atom(form, &site, &entries),
            Form::Json => json(&site, &entries),
        };
        let address = Url::parse(&format!("{site}/feed")).expect("an address");
        Sample { form, n_entries, document: FetchedDocument::from_file(text.into_bytes(), address) }
    }
}

struct Entry {
    title: String,
    address: String,
    author: String,
    /// Minutes since the start of 2026.
    minute: usize,
    lead: String,
    html: String,
    section: &'static str,
}

impl Entry {
    fn new(prose: &mut Prose, site: &str, place: usize) -> Self {
        let n_words = 5 + prose.below(8);
        let mut title = prose.sentence(n_words);
        title.pop();
        if prose.below(8) == 0 {
            title.push_str(" & more");
        }
        let slug: String = title.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let n_words = 25 + prose.below(30);
        let lead = prose.sentence(n_words);
        let mut html = format!("<p><strong>{lead}</strong></p>\n");
        for paragraph in 0..4 + prose.below(8) {
            html.push_str("<p>");
            for _ in 0..2 + prose.below(4) {
                let n_words = 8 + prose.below(20);
                html.push_str(&prose.sentence(n_words));
                html.push(' ');
            }
            let word = prose.word();
            let _ = writeln!(html, "<a href=\"{site}/tag/{word}?from=feed&amp;at={paragraph}\">{word}</a>.</p>");
        }
        Entry {
            title,
            address: format!("{site}/2026/{}/{}", place + 1, slug.to_lowercase()),
            author: format!(
                "{} {}",
                GIVEN_NAMES[prose.below(GIVEN_NAMES.len())],
                SURNAMES[prose.below(SURNAMES.len())]
            ),
            minute: 300_000 - place * 37,
            lead,
            html,
            section: SECTIONS[prose.below(SECTIONS.len())],
        }
    }

    fn day(&self) -> jiff::Zoned {
        let start = jiff::civil::date(2026, 1, 1).at(0, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).expect("a time");
        start + jiff::SignedDuration::from_mins(i64::try_from(self.minute).expect("within a year"))
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn rss(form: Form, site: &str, entries: &[Entry]) -> String {
    let mut feed = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"\n\
         \txmlns:content=\"http://purl.org/rss/1.0/modules/content/\"\n\
         \txmlns:dc=\"http://purl.org/dc/elements/1.1/\"\n\
         \txmlns:atom=\"http://www.w3.org/2005/Atom\"\n\
         \txmlns:media=\"http://search.yahoo.com/mrss/\"\n\
         \txmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\">\n<channel>\n\
         \t<title>The Paper</title>\n\t<atom:link href=\"{site}/feed/\" rel=\"self\" type=\"application/rss+xml\" />\n\
         \t<link>{site}/</link>\n\t<description>All that happened</description>\n\
         \t<language>en-GB</language>\n\t<sy:updatePeriod>hourly</sy:updatePeriod>\n\
         \t<sy:updateFrequency>1</sy:updateFrequency>\n"
    );
    for (place, entry) in entries.iter().enumerate() {
        let date = entry.day().strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
        let _ = write!(
            feed,
            "\t<item>\n\t\t<title>{}</title>\n\t\t<link>{}</link>\n\t\t<dc:creator><![CDATA[{}]]></dc:creator>\n\
             \t\t<pubDate>{date}</pubDate>\n\t\t<category><![CDATA[{}]]></category>\n\
             \t\t<guid isPermaLink=\"false\">{site}/?p={place}</guid>\n",
            escaped(&entry.title),
            entry.address,
            entry.author,
            entry.section
        );
        if form == Form::RssBlog {
            let _ = write!(
                feed,
                "\t\t<description><![CDATA[<p>{} [&#8230;]</p>]]></description>\n\
                 \t\t<content:encoded><![CDATA[{}]]></content:encoded>\n",
                entry.lead, entry.html
            );
        } else {
            let _ = write!(
                feed,
                "\t\t<description>{}</description>\n\
                 \t\t<media:content url=\"{site}/images/{place}.jpg\" medium=\"image\" width=\"1200\" height=\"675\">\n\
                 \t\t\t<media:description type=\"plain\">{}</media:description>\n\t\t</media:content>\n",
                escaped(&entry.lead),
                escaped(&entry.title)
            );
        }
        feed.push_str("\t</item>\n");
    }
    feed.push_str("</channel>\n</rss>\n");
    feed
}

fn atom(form: Form, site: &str, entries: &[Entry]) -> String {
    let mut feed = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"en\">\n\
         <title>The Paper</title>\n<link rel=\"self\" href=\"{site}/feed\"/>\n<link href=\"{site}/\"/>\n\
         <id>{site}/</id>\n<updated>2026-07-28T10:00:00Z</updated>\n"
    );
    for entry in entries {
        let date = entry.day().strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string();
        let _ = write!(
            feed,
            "<entry>\n  <title>{}</title>\n  <link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>\n\
             \x20 <id>{}</id>\n  <published>{date}</published>\n  <updated>{date}</updated>\n\
             \x20 <author><name>{}</name></author>\n  <category term=\"{}\"/>\n  <summary>{}</summary>\n",
            escaped(&entry.title),
            entry.address,
            entry.address,
            entry.author,
            entry.section,
            escaped(&entry.lead)
        );
        if form == Form::AtomXhtml {
            let _ = writeln!(
                feed,
                "  <content type=\"xhtml\"><div xmlns=\"http://www.w3.org/1999/xhtml\">{}</div></content>",
                entry.html
            );
        } else {
            let _ = writeln!(feed, "  <content type=\"html\">{}</content>", escaped(&entry.html));
        }
        feed.push_str("</entry>\n");
    }
    feed.push_str("</feed>\n");
    feed
}

fn json(site: &str, entries: &[Entry]) -> String {
    let items: Vec<serde_json::Value> = entries
        .iter()
        .map(|entry| {
            serde_json::json!({
                "id": entry.address,
                "url": entry.address,
                "title": entry.title,
                "summary": entry.lead,
                "content_html": entry.html,
                "date_published": entry.day().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
                "authors": [{ "name": entry.author }],
                "tags": [entry.section],
            })
        })
        .collect();
    serde_json::json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": "The Paper",
        "home_page_url": format!("{site}/"),
        "feed_url": format!("{site}/feed"),
        "items": items,
    })
    .to_string()
}

const GIVEN_NAMES: [&str; 8] = ["Ada", "Björn", "Chidi", "Dolores", "Emre", "Françoise", "Giulia", "Hana"];
const SURNAMES: [&str; 8] =
    ["Acheson", "Brännström", "Castellanos", "Dąbrowska", "Evans", "Ferreira", "Grant", "Hoang"];
const SECTIONS: [&str; 6] = ["World", "Business", "Culture", "Science", "Sport", "Opinion"];

/// What sentences are made of; a few with the letters and signs that keep texts from being plain ASCII.
const WORDS: [&str; 72] = [
    "the",
    "of",
    "to",
    "and",
    "a",
    "in",
    "that",
    "is",
    "was",
    "for",
    "on",
    "with",
    "said",
    "as",
    "by",
    "from",
    "council",
    "minister",
    "harbour",
    "bridge",
    "storm",
    "budget",
    "winter",
    "river",
    "station",
    "report",
    "committee",
    "voters",
    "engineers",
    "witnesses",
    "crossing",
    "timetable",
    "lighthouse",
    "ferry",
    "orchard",
    "museum",
    "strike",
    "verdict",
    "election",
    "parliament",
    "prices",
    "factory",
    "island",
    "teachers",
    "hospital",
    "rescue",
    "drought",
    "harvest",
    "after",
    "before",
    "while",
    "because",
    "three",
    "hundred",
    "million",
    "percent",
    "Tuesday",
    "November",
    "early",
    "later",
    "remains",
    "announced",
    "opened",
    "closed",
    "rejected",
    "café",
    "Zürich",
    "naïve",
    "—",
    "“quoted”",
    "it’s",
    "São Paulo",
];

/// Words in an order that depends on the seed alone.
struct Prose {
    state: u64,
}

impl Prose {
    /// A number below a bound (splitmix64).
    fn below(&mut self, bound: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) >> 33).unwrap_or(0) % bound
    }

    fn word(&mut self) -> &'static str {
        // Every other word is one of the sixteen most frequent.
        let bound = if self.below(2) == 0 { 16 } else { WORDS.len() };
        WORDS[self.below(bound)]
    }

    fn sentence(&mut self, n_words: usize) -> String {
        let mut sentence = String::new();
        for place in 0..n_words {
            if place > 0 {
                sentence.push(' ');
            }
            sentence.push_str(self.word());
        }
        sentence.push('.');
        sentence
    }
}
