//! What bad hosts cost the good ones.
//!
//! `cargo bench --bench fairness` lets ten good sites bring two hundred articles, first alone, then beside several kinds of
//! badness, and tells how long it takes until the last of them is stored. The settings are those that everyone has, but for
//! the pause between requests to a host: the hosts are our own. Beside whatever hostile mix, good articles should take at most
//! twice their time alone. `--kind=N` measures one of the ways of being bad alone, `--quick` takes one round of each.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use newswire::app::App;
use newswire::config::{self, Config};
use newswire::daemon::{Acquired, Control, Engine, Event, Until};
use newswire::demo::content;
use newswire::demo::web::{Behaviour, NewsWeb, Refusal, Resource, Site};
use newswire::model::Source;
use newswire::store::Scope;
use tokio::sync::{mpsc, watch};
use url::Url;

const N_GOOD_SITES: usize = 10;
const N_GOOD_ARTICLES_PER_SITE: usize = 20;
const N_GOOD: usize = N_GOOD_SITES * N_GOOD_ARTICLES_PER_SITE;

/// Bad sources of the mix.
const N_HOSTILE: usize = 145;

/// Hosts that one bad feed names.
const N_HANGING: usize = 200;

/// Rounds of which the median is taken.
const N_ROUNDS: usize = 5;

/// No longer is waited for the good ones.
const PATIENCE: Duration = Duration::from_mins(5);

fn main() {
    let is_quick = std::env::args().any(|argument| argument == "--quick");
    let n_rounds = if is_quick { 1 } else { N_ROUNDS };
    if let Some(kind) = std::env::args().find_map(|argument| argument.strip_prefix("--kind=").map(str::to_owned)) {
        return of_kind(n_rounds, kind.parse().expect("a number"));
    }
    println!("{N_GOOD} good articles of {N_GOOD_SITES} sites, until the last one is stored (s; median of {n_rounds})");
    let alone = median(n_rounds, &Bad::default);
    println!("  alone                                        {alone:>7.2}");
    for (name, bad) in [
        ("one feed naming 200 hosts that hang", hanging_hosts as fn() -> Bad),
        ("145 sources that hang", || hostile(&[hang])),
        ("145 sources of all kinds", || hostile(&KINDS)),
        ("145 sources whose articles are of all kinds", || hostile_articles(&KINDS)),
    ] {
        let beside = median(n_rounds, &bad);
        println!("  beside {name:<44} {beside:>7.2}   {:.2} times", beside / alone);
    }
}

/// Measures one of the ways alone.
fn of_kind(n_rounds: usize, kind: usize) {
    let alone = median(n_rounds, &Bad::default);
    let beside =
        [median(n_rounds, &|| hostile(&[KINDS[kind]])), median(n_rounds, &|| hostile_articles(&[KINDS[kind]]))];
    let [sources, articles] = beside.map(|seconds| format!("{seconds:.2} s, {:.2} times", seconds / alone));
    println!("kind {kind}: alone {alone:.2} s; beside such sources {sources}; beside such articles {articles}");
}

fn median(n_rounds: usize, bad: &dyn Fn() -> Bad) -> f64 {
    let mut seconds: Vec<f64> = (0..n_rounds).map(|_| round(bad()).as_secs_f64()).collect();
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

/// Bad sites. The first ones are followed, by their `/feed.xml`; the others are merely named by these.
#[derive(Default)]
struct Bad {
    sites: Vec<Site>,
    n_followed: usize,
}

/// Follows bad sites and good ones until the good articles are there.
fn round(bad: Bad) -> Duration {
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    // The bad ones come first, as their names do.
    let followed = bad.sites.iter().take(bad.n_followed);
    let mut urls: Vec<String> = followed.map(|site| format!("http://{}/feed.xml", site.host())).collect();
    let good = content::bulk(N_GOOD_SITES, N_GOOD_ARTICLES_PER_SITE);
    let hosts: Vec<String> = good.iter().map(|site| site.host().to_owned()).collect();
    urls.extend(hosts.iter().map(|host| format!("http://{host}/feeds/1.xml")));
    // Each with a server of its own: the good ones must not wait for what the bad ones send.
    let webs = [good, bad.sites].map(|sites| NewsWeb::start(sites).expect("the news web starts"));
    let resolve: Vec<String> = webs.iter().flat_map(NewsWeb::resolve_entries).collect();
    let config = Arc::new(settings(&resolve, folder.path(), &urls));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("the runtime starts");
    let elapsed = runtime.block_on(until_stored(&config, hosts));
    runtime.shutdown_background();
    elapsed
}

fn settings(resolve: &[String], folder: &Path, urls: &[String]) -> Config {
    let mut config = config::defaults();
    config.store.path = folder.join("news.db");
    config.fetch.host_delay = Duration::ZERO;
    config.fetch.resolve = resolve
        .iter()
        .filter_map(|entry| entry.split_once('='))
        .map(|(host, address)| (host.to_owned(), address.parse().expect("an address")))
        .collect();
    let source = |(n, url): (usize, &String)| Source::new(format!("source-{n}"), Url::parse(url).expect("an address"));
    config.sources = urls.iter().enumerate().map(source).collect();
    config.daemon.grace_period = Duration::from_millis(100);
    config
}

async fn until_stored(config: &Arc<Config>, good_hosts: Vec<String>) -> Duration {
    let app = App::build(config.clone()).expect("the database opens");
    app.store.synchronize_sources(config.sources.clone()).await.expect("the sources are stored");
    let (stop, stopped) = watch::channel(false);
    let (_reload, reload) = mpsc::channel(1);
    let mut n_missing = N_GOOD;
    let (done, is_done) = tokio::sync::oneshot::channel();
    let mut done = Some(done);
    let observe = Box::new(move |event: &Event| {
        if let Event::Acquired { url, outcome: Acquired::Stored { .. }, .. } = event
            && good_hosts.iter().any(|host| url.contains(host.as_str()))
        {
            n_missing -= 1;
            if let Some(done) = done.take_if(|_| n_missing == 0) {
                let _ = done.send(Instant::now());
            }
        }
    });
    let began = Instant::now();
    let engine = Engine::new(app.clone(), Scope::All, Until::Stopped, observe);
    let running = tokio::spawn(engine.run(Control { stop: stopped, reload }));
    let elapsed = match tokio::time::timeout(PATIENCE, is_done).await {
        Ok(Ok(ended)) => ended.duration_since(began),
        _ => PATIENCE,
    };
    let _ = stop.send(true);
    let _ = running.await;
    app.store.close().await.expect("the database closes");
    elapsed
}

/// A feed that names hosts of which none answers.
fn hanging_hosts() -> Bad {
    let hosts: Vec<String> = (0..N_HANGING).map(|n| format!("a-hanging-{n}.example")).collect();
    let urls: Vec<String> = hosts.iter().map(|host| format!("http://{host}/story")).collect();
    let sites = hosts.iter().map(|host| Site::new(host).with("/robots.txt", hang()).with("/story", hang()));
    let naming = Site::new("a-names-many.example").with("/feed.xml", feed_of(&urls));
    Bad { sites: std::iter::once(naming).chain(sites).collect(), n_followed: 1 }
}

/// Sources that are bad themselves, each in another of these ways.
fn hostile(kinds: &[fn() -> Resource]) -> Bad {
    let kinds: Vec<Resource> = kinds.iter().map(|kind| kind()).collect();
    let site =
        |n: usize| Site::new(&format!("a-hostile-{n}.example")).with("/feed.xml", kinds[n % kinds.len()].clone());
    Bad { sites: (0..N_HOSTILE).map(site).collect(), n_followed: N_HOSTILE }
}

/// Sources with proper feeds of twenty articles, each of which is bad in another of these ways.
fn hostile_articles(kinds: &[fn() -> Resource]) -> Bad {
    let kinds: Vec<Resource> = kinds.iter().map(|kind| kind()).collect();
    let sites = (0..N_HOSTILE)
        .map(|n| {
            let host = format!("a-hostile-{n}.example");
            let urls: Vec<String> = (0..20).map(|article| format!("http://{host}/{article}")).collect();
            let site = Site::new(&host).with("/feed.xml", feed_of(&urls));
            (0..20).fold(site, |site, article| {
                site.with(&format!("/{article}"), kinds[(n + article) % kinds.len()].clone())
            })
        })
        .collect();
    Bad { sites, n_followed: N_HOSTILE }
}

fn feed_of(urls: &[String]) -> Resource {
    let entries = urls.iter().fold(String::new(), |entries, url| {
        entries + &format!("<item><title>Of {url}</title><link>{url}</link></item>")
    });
    let feed = format!("<rss version=\"2.0\"><channel><title>A feed</title>{entries}</channel></rss>");
    Resource::new("application/rss+xml", feed)
}

/// The ways of being bad.
const KINDS: [fn() -> Resource; 12] = [
    hang,
    || page().delay(Duration::from_secs(8)),
    || page().behaviour(Behaviour::Drip { piece_bytes: 64, pause: Duration::from_millis(500) }).without_compression(),
    || page().behaviour(Behaviour::CutOff { after_bytes: 2_000, is_chunked: false }).without_compression(),
    || {
        page()
            .behaviour(Behaviour::Endless { piece: "<p>And another thing.</p>\n".repeat(2_500).into() })
            .without_compression()
    },
    || page().behaviour(Behaviour::Verbatim(b"220 mail ready, say HELO\r\n\r\n".as_slice().into())),
    || page().behaviour(Behaviour::Verbatim(Vec::new().into())),
    || page().status(500),
    || page().refusal(Refusal { status: 429, retry_after: Some("3600".to_owned()), n_times: u32::MAX }),
    || Resource::redirect(302, "/feed.xml"),
    || Resource::new("text/html", vec![0x9d_u8; 2_000_000]).without_compression(),
    || Resource::html("<div>".repeat(400_000)).without_compression(),
];

fn hang() -> Resource {
    Resource::html("").behaviour(Behaviour::Hang)
}

fn page() -> Resource {
    Resource::html(format!("<!doctype html><title>A page</title><p>{}</p>", "Words that say nothing. ".repeat(2_000)))
}
