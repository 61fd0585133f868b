use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::address::tests::changing;
use super::*;
use crate::config::{self, HostRule, Network};

/// A server that answers with each of these in turn, the last one for ever, and counts; each answer ends its connection.
fn server(address: &str, answers: &[&str]) -> (u16, Arc<AtomicUsize>) {
    let answer = |head: &&str| format!("HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
    verbatim_server(address, answers.iter().map(answer).collect(), Duration::ZERO)
}

/// As [`server`], byte for byte, and each connection stays open for a time.
fn verbatim_server(address: &str, answers: Vec<String>, stay: Duration) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(address).unwrap();
    let port = listener.local_addr().unwrap().port();
    let n_asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&n_asked);
    // Ends with the process: nothing waits for it.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let _ = stream.read(&mut [0; 4096]);
            let position = count.fetch_add(1, Ordering::SeqCst);
            let _ = stream.write_all(answers[position.min(answers.len() - 1)].as_bytes());
            std::thread::spawn(move || {
                std::thread::sleep(stay);
                drop(stream);
            });
        }
    });
    (port, n_asked)
}

fn settings() -> FetchSettings {
    FetchSettings {
        host_delay: Duration::ZERO,
        private_networks: vec![Network::parse("127.0.0.1/32").unwrap()],
        ..config::defaults().fetch
    }
}

async fn ask(fetcher: &Fetcher, url: &str) -> Result<Fetched, FetchError> {
    let url = Url::parse(url).unwrap();
    let request = FetchRequest { url: &url, purpose: Purpose::Poll, validators: &Validators::default() };
    fetcher.fetch(request).await.result
}

#[tokio::test]
async fn a_name_that_changes_its_address_gains_nothing() {
    let (port, n_outer) = server("127.0.0.1:0", &["200 OK"]);
    // Another address of the same machine, which no setting allows.
    let (_, n_inner) = server(&format!("127.0.0.2:{port}"), &["200 OK"]);
    let settings = settings();
    // Had the name been looked up once to be checked and once more to be connected to, the second request would arrive
    // at the inner server.
    let lookup = changing(&[&["127.0.0.1"], &["127.0.0.1"], &["127.0.0.2"]]);
    let addresses = AddressRules::new(&settings.private_networks, &[]).looking_up(lookup);
    let fetcher = Fetcher::with_addresses(&settings, addresses).unwrap();
    let url = format!("http://rebinding.example:{port}/feed");
    assert!(ask(&fetcher, &url).await.is_ok());
    assert!(ask(&fetcher, &url).await.is_ok());
    let refused = ask(&fetcher, &url).await.unwrap_err();
    assert!(matches!(refused, FetchError::Address(_)), "{refused}");
    assert_eq!((n_outer.load(Ordering::SeqCst), n_inner.load(Ordering::SeqCst)), (2, 0));
}

#[tokio::test]
async fn a_403_after_a_429_is_one_more_complaint() {
    let answers = ["403 No", "429 Slow", "403 No", "200 OK"];
    let (port, n_asked) = server("127.0.0.1:0", &answers);
    let fetcher = Fetcher::new(&settings()).unwrap();
    let url = format!("http://127.0.0.1:{port}/feed");
    let publisher = format!("127.0.0.1:{port}");
    let refused = ask(&fetcher, &url).await.unwrap_err();
    assert_eq!(refused, FetchError::Status { status: 403, retry_after: None });
    assert_eq!(refused.retry(), crate::model::Retry::WhileYoung);
    assert!(matches!(ask(&fetcher, &url).await, Err(FetchError::Status { status: 429, .. })));
    // In peace now, though it did not say for how long.
    assert!(matches!(ask(&fetcher, &url).await, Err(FetchError::HostBusy { .. })));
    assert_eq!(n_asked.load(Ordering::SeqCst), 2);
    fetcher.gate.forgive(&publisher);
    let limited = ask(&fetcher, &url).await.unwrap_err();
    assert_eq!(limited, FetchError::Limited { status: 403 });
    assert_eq!(limited.retry(), crate::model::Retry::Backoff);
    assert!(fetcher.gate.wait(&publisher) > Duration::from_secs(100), "the second complaint in a row");
    fetcher.gate.forgive(&publisher);
    assert!(ask(&fetcher, &url).await.is_ok());
}

#[tokio::test]
async fn a_host_with_a_pace_of_its_own_is_asked_at_it() {
    let (port, _) = server("127.0.0.1:0", &["200 OK"]);
    let delay = Some(Duration::from_millis(400));
    let hosts = vec![HostRule { name: "127.0.0.1".to_owned(), delay, connections: None, proxy: None }];
    let fetcher = Fetcher::new(&FetchSettings { hosts, ..settings() }).unwrap();
    let began = Instant::now();
    for _ in 0..2 {
        assert!(ask(&fetcher, &format!("http://127.0.0.1:{port}/")).await.is_ok());
    }
    assert!(began.elapsed() >= Duration::from_millis(400), "{:?}", began.elapsed());
}

#[tokio::test]
async fn new_settings_do_not_forget_who_is_to_be_left_in_peace() {
    let (port, n_asked) = server("127.0.0.1:0", &["429 Slow"]);
    let fetcher = Fetcher::new(&settings()).unwrap();
    let url = format!("http://127.0.0.1:{port}/feed");
    assert!(matches!(ask(&fetcher, &url).await, Err(FetchError::Status { status: 429, .. })));
    let fetcher = fetcher.reconfigured(&FetchSettings { host_connections: 9, ..settings() }).unwrap();
    assert!(matches!(ask(&fetcher, &url).await, Err(FetchError::HostBusy { .. })));
    assert_eq!(n_asked.load(Ordering::SeqCst), 1);
}

const ODD_ANSWER: &str = "http/1.1  200 OK\r\nContent-Length: +2\r\n\r\nok";

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_asked_for_at_the_next_turn_and_its_host_is_known_from_then_on() {
    let (port, n_asked) = verbatim_server("127.0.0.1:0", vec![ODD_ANSWER.to_owned()], Duration::ZERO);
    let settings = FetchSettings { host_delay: Duration::from_millis(200), ..settings() };
    let fetcher = Fetcher::new(&settings).unwrap();
    let (url, validators) = (Url::parse(&format!("http://127.0.0.1:{port}/")).unwrap(), Validators::default());
    let request = FetchRequest { url: &url, purpose: Purpose::Poll, validators: &validators };
    let began = Instant::now();
    let report = fetcher.fetch(request).await;
    assert!(began.elapsed() >= Duration::from_millis(200), "{:?}", began.elapsed());
    let classes = report.exchanges.iter().map(|exchange| exchange.failure.as_ref().map(|failure| failure.class));
    assert_eq!(classes.collect::<Vec<_>>(), [Some(crate::model::ErrorClass::Header), None]);
    let Ok(Fetched::Document(document)) = report.result else { panic!("{:?}", report.result) };
    assert_eq!((document.status, document.body.as_slice()), (200, b"ok".as_slice()));
    assert_eq!(n_asked.load(Ordering::SeqCst), 2);
    for fetcher in [&fetcher, &fetcher.reconfigured(&settings).unwrap()] {
        assert_eq!(fetcher.fetch(request).await.exchanges.len(), 1);
    }
    assert_eq!(n_asked.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn the_second_request_goes_to_an_address_that_was_checked_too() {
    let (port, n_outer) = verbatim_server("127.0.0.1:0", vec![ODD_ANSWER.to_owned()], Duration::ZERO);
    let (_, n_inner) = server(&format!("127.0.0.2:{port}"), &["200 OK"]);
    let settings = settings();
    let lookup = changing(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let addresses = AddressRules::new(&settings.private_networks, &[]).looking_up(lookup);
    let fetcher = Fetcher::with_addresses(&settings, addresses).unwrap();
    let refused = ask(&fetcher, &format!("http://rebinding.example:{port}/feed")).await.unwrap_err();
    assert!(matches!(refused, FetchError::Address(_)), "{refused}");
    assert_eq!((n_outer.load(Ordering::SeqCst), n_inner.load(Ordering::SeqCst)), (1, 0));
}

#[tokio::test]
async fn the_second_request_has_the_same_limits() {
    let cases = [
        ("nothing", "", false),
        ("half a head", "http/1.1 200 OK\r\nContent-", false),
        ("half a body", "http/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", false),
        ("no end", "http/1.1 200 OK\r\n\r\nok", false),
        ("too much", &format!("http/1.1 200 OK\r\n\r\n{}", "x".repeat(2000)), true),
    ];
    for (name, answer, is_large) in cases {
        let answers = vec![ODD_ANSWER.to_owned(), answer.to_owned()];
        let (port, n_asked) = verbatim_server("127.0.0.1:0", answers, Duration::from_millis(600));
        let settings = FetchSettings { read_timeout: Duration::from_millis(300), feed_bytes_max: 1000, ..settings() };
        let error = ask(&Fetcher::new(&settings).unwrap(), &format!("http://127.0.0.1:{port}/")).await.unwrap_err();
        match error {
            FetchError::TooLarge { limit: 1000 } => assert!(is_large, "{name}"),
            FetchError::Timeout { phase: Phase::Read, .. } => assert!(!is_large, "{name}"),
            error => panic!("{name}: {error}"),
        }
        assert_eq!(n_asked.load(Ordering::SeqCst), 2, "{name}");
    }
}
