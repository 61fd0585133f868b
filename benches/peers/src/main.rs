//! How fast newswire takes articles out of pages, beside building their tree alone and beside another extractor.
//!
//! `cargo run --release --manifest-path benches/peers/Cargo.toml -- FOLDER` reads the files of a folder (or of the one
//! that `NEWSWIRE_BENCH_PAGES` names), each a page as it was served. Without a folder the pages are generated ones.
//!
//! All run over the same pages, on one thread, in turns: one round is every page by the first, then every page by the
//! second and so on, so that a slow spell of the machine meets all of them. What counts is the median of the rounds.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use newswire::charset;
use newswire::config;
use newswire::demo::content;
use newswire::demo::web::NewsWeb;
use newswire::extract::Extractor;
use newswire::feed;
use newswire::fetch::{FetchRequest, Fetcher};
use newswire::model::{Fetched, FetchedDocument, LinkHints, Purpose, Validators};
use url::Url;

/// Rounds; an odd number has a median of its own.
const ROUNDS: usize = 9;

/// Generated pages, where no folder is given.
const N_SITES: usize = 3;
const N_PAGES_PER_SITE: usize = 50;

/// How many times faster than trafilatura 2.3.1 the tree alone was built, on 261 news pages and one core. Measured
/// once, elsewhere: what follows from it is derived, not measured.
const TREE_TO_TRAFILATURA: f64 = 17.7;

/// What is measured: its name, and what it does with a page. The number is of the text that it found, so that none
/// of the work can be left out.
type Contender<'a> = (&'a str, Box<dyn Fn(&Page) -> usize + 'a>);

/// A page, as bytes and as text: only newswire finds out the encoding by itself.
struct Page {
    document: FetchedDocument,
    text: String,
}

fn main() {
    let folder = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with("--"))
        .or_else(|| std::env::var("NEWSWIRE_BENCH_PAGES").ok());
    let pages = match folder {
        Some(folder) => read_pages(Path::new(&folder)),
        None => generated_pages(),
    };
    assert!(!pages.is_empty(), "there are no pages");
    let n_bytes: usize = pages.iter().map(|page| page.document.body.len()).sum();
    println!("{} pages, {:.1} MB, one thread, median of {ROUNDS} rounds", pages.len(), megabytes(n_bytes));

    let extractor = Extractor::new(&config::defaults().extract);
    let hints = LinkHints::default();
    let contenders: [Contender<'_>; 3] = [
        ("tree alone (scraper)", Box::new(|page| scraper::Html::parse_document(&page.text).tree.values().len())),
        (
            "newswire, from bytes",
            Box::new(|page| {
                let article = extractor.extract(&page.document, &hints);
                article.map_or(0, |article| article.paragraphs.iter().map(String::len).sum())
            }),
        ),
        ("dom_smoothie 0.19, from text", Box::new(|page| read_by_peer(&page.text))),
    ];
    let medians = measure(&contenders, &pages);
    let pages_s = |median: Duration| rate(pages.len(), median);
    for ((name, _), median) in contenders.iter().zip(medians) {
        let mb_s = megabytes(n_bytes) / median.as_secs_f64();
        println!("  {name:<30} {:>8.0} pages/s {mb_s:>8.1} MB/s", pages_s(median));
    }
    let [tree, ours, peer] = medians.map(|median| median.as_secs_f64());
    println!(
        "newswire runs at {:.2} x the speed of the tree alone, {:.2} x that of dom_smoothie",
        tree / ours,
        peer / ours
    );
    println!(
        "derived, not measured here: {:.1} x trafilatura, if the tree alone is {TREE_TO_TRAFILATURA} x",
        tree / ours * TREE_TO_TRAFILATURA
    );
}

/// Parse and extract as its documentation shows; 0 where it finds nothing.
fn read_by_peer(html: &str) -> usize {
    let settings = dom_smoothie::Config { text_mode: dom_smoothie::TextMode::Formatted, ..Default::default() };
    dom_smoothie::Readability::new(html, None, Some(settings))
        .and_then(|mut readability| readability.parse())
        .map_or(0, |article| article.text_content.len())
}

/// The median time of each over all pages.
fn measure<const N: usize>(contenders: &[Contender<'_>; N], pages: &[Page]) -> [Duration; N] {
    let mut rounds: [Vec<Duration>; N] = std::array::from_fn(|_| Vec::new());
    // The first round warms up and does not count.
    for round in 0..=ROUNDS {
        for ((_, work), times) in contenders.iter().zip(&mut rounds) {
            let began = Instant::now();
            for page in pages {
                black_box(work(black_box(page)));
            }
            if round > 0 {
                times.push(began.elapsed());
            }
        }
    }
    rounds.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2]
    })
}

fn read_pages(folder: &Path) -> Vec<Page> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("the folder can be read").path()).collect();
    files.retain(|file| file.is_file());
    files.sort();
    let address = Url::parse("https://news.example/").expect("an address");
    let read = |file: &PathBuf| std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    files.iter().map(|file| page(FetchedDocument::from_file(read(file), address.clone()))).collect()
}

/// Pages of the generated sites, fetched from the loopback device.
fn generated_pages() -> Vec<Page> {
    let web = NewsWeb::start(content::bulk(N_SITES, N_PAGES_PER_SITE)).expect("the news web starts");
    let mut settings = config::defaults();
    settings.fetch.host_delay = Duration::ZERO;
    let entries = web.resolve_entries();
    settings.fetch.resolve = entries
        .iter()
        .filter_map(|entry| entry.split_once('='))
        .map(|(host, address)| (host.to_owned(), address.parse().expect("an address")))
        .collect();
    let fetcher = Fetcher::new(&settings.fetch).expect("the client is set up");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("the runtime starts");
    let fetch = |url: &Url, purpose: Purpose| {
        let request = FetchRequest { url, purpose, validators: &Validators::default() };
        match runtime.block_on(fetcher.fetch(request)).result {
            Ok(Fetched::Document(document)) => *document,
            other => panic!("{url}: {other:?}"),
        }
    };
    let mut pages = Vec::new();
    for (host, _) in &settings.fetch.resolve {
        for number in 1..=N_PAGES_PER_SITE.div_ceil(25) {
            let url = Url::parse(&format!("http://{host}/feeds/{number}.xml")).expect("an address");
            let listing = feed::read(&fetch(&url, Purpose::Poll), &settings.feed).expect("a feed");
            let urls = listing.links.iter().filter_map(|link| link.url.as_ref());
            pages.extend(urls.map(|url| page(fetch(url, Purpose::Article))));
        }
    }
    pages
}

fn page(document: FetchedDocument) -> Page {
    let text = charset::decode(&document.body, document.content_type.as_deref()).into_owned();
    Page { document, text }
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn rate(count: usize, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64()
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn megabytes(n_bytes: usize) -> f64 {
    n_bytes as f64 / 1e6
}
