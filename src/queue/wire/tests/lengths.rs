//! How long a report is, and how long it takes: `cargo test --release --lib -- --ignored --nocapture wire::tests::lengths`.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::values;
use crate::model::{
    Alias, Article, ArticleResult, CanonicalUrl, Exchange, HostMemory, Meaning, PageRole, Purpose, ReadPage, Validators,
};
use crate::queue::wire::{ArticleDone, Assembly, Outcome, Report, VERSION, parts};

/// An article of so many words.
fn article(n_words: usize) -> Article {
    let article = values::article().new_tree(&mut TestRunner::deterministic()).unwrap().current();
    let syllables = ["ri", "ver", "fer", "ry", "town", "coun", "cil", "bridge", "said", "the", "of", "mar", "ket"];
    let mut state = 7_usize;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let mut body = String::new();
    for n in 0..n_words {
        (0..=next() % 3).for_each(|_| body.push_str(syllables[next() % syllables.len()]));
        body.push(if n % 60 == 59 { '\n' } else { ' ' });
    }
    Article {
        title: Some("The ferry goes back to its old place".to_owned()),
        authors: vec!["Ana Lorne".to_owned()],
        site_name: Some("The River Courier".to_owned()),
        meaning: Some(Meaning::from_bytes(&[7; 384])),
        body,
        ..article
    }
}

fn report(n_words: usize) -> Report {
    let now = Timestamp::from_second(1_700_000_000).unwrap();
    let url = "https://courier.example/2023/11/ferry-goes-back";
    let answered = CanonicalUrl::from_canonical(url::Url::parse(url).unwrap());
    let page = ReadPage {
        article: Box::new(article(n_words)),
        answered: Alias { url: answered, publisher: "courier.example".to_owned() },
        publisher: "courier.example".to_owned(),
        validators: Validators { etag: Some("\"5f-61\"".to_owned()), last_modified: None },
        role: PageRole::Own,
        further_pages: Vec::new(),
    };
    let exchange = Exchange {
        url: url.to_owned(),
        purpose: Purpose::Article,
        started_at: now,
        elapsed: Duration::from_millis(217),
        status: Some(200),
        bytes: 81_234,
        failure: None,
        redirected_to: None,
    };
    Report {
        version: VERSION,
        run: "r-1".to_owned(),
        ticket: "t-1".to_owned(),
        worker: "w-1".to_owned(),
        epoch: 3,
        hosts: HostMemory::default(),
        outcome: Outcome::Article(ArticleDone {
            exchanges: vec![exchange],
            finished_at: now,
            host_ready_at: now,
            result: ArticleResult::Article(page),
        }),
    }
}

#[test]
#[ignore = "a measurement"]
fn of_an_ordinary_article() {
    println!(
        "{:>8} {:>8} {:>8} {:>9} {:>9} {:>9} {:>9}",
        "words", "bytes", "sent", "encode", "parts", "assemble", "decode"
    );
    for n_words in [150, 600, 3000, 12_000] {
        let report = report(n_words);
        let bytes = report.encode();
        let sent = parts(bytes.clone(), 1 << 20);
        let micros = [
            time(|| drop(report.encode())),
            time(|| drop(parts(bytes.clone(), 1 << 20))),
            time(|| drop(Assembly::new(1 << 24, 4).take("it", &sent[0]).unwrap())),
            time(|| drop(Report::decode(&bytes).unwrap())),
        ];
        let [encode, cut, assemble, decode] = micros.map(|micros| format!("{micros:.1} us"));
        let n_sent: usize = sent.iter().map(Vec::len).sum();
        println!("{n_words:>8} {:>8} {n_sent:>8} {encode:>9} {cut:>9} {assemble:>9} {decode:>9}", bytes.len());
    }
}

/// Microseconds of one call: the least of some rounds.
fn time(call: impl Fn()) -> f64 {
    const CALLS: u32 = 50;
    let round = || {
        let start = Instant::now();
        (0..CALLS).for_each(|_| call());
        start.elapsed() / CALLS
    };
    (0..20).map(|_| round()).min().unwrap_or_default().as_secs_f64() * 1e6
}
