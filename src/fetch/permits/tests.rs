//! Requests of a process that may not ask everybody.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use url::Url;

use super::*;
use crate::config::{self, FetchSettings, Network};
use crate::fetch::{FetchError, FetchRequest, Fetcher};
use crate::model::{Fetched, Purpose, Validators};

/// A server that answers with this after a time, and counts who asks: the number of the requests at each moment.
fn server(head: &str, delay: Duration) -> (u16, Arc<Mutex<Vec<Instant>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let (told, answer) =
        (Arc::clone(&asked), format!("HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"));
    // Ends with the process: nothing waits for it.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let _ = stream.read(&mut [0; 4096]);
            told.lock().unwrap().push(Instant::now());
            std::thread::sleep(delay);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (port, asked)
}

/// Who may be asked by its own right, and who under a loan.
#[derive(Debug, Default)]
struct Fake {
    own: Mutex<HashMap<String, (Instant, watch::Sender<Instant>)>>,
    /// Loans last so long.
    lends_for: Option<Duration>,
    given_back: Arc<Mutex<Vec<(String, HostWord)>>>,
    borrowed: Mutex<Vec<(String, Pace)>>,
}

impl Fake {
    fn own(&self, port: u16, since: Instant, lasts: Duration) -> watch::Sender<Instant> {
        let until = watch::Sender::new(Instant::now() + lasts);
        self.own.lock().unwrap().insert(format!("127.0.0.1:{port}"), (since, until.clone()));
        until
    }
}

impl Permits for Fake {
    fn tenure_since(&self, publisher: &str) -> Option<Instant> {
        self.own.lock().unwrap().get(publisher).map(|(since, _)| *since)
    }

    fn begin(&self, publisher: &str) -> Option<Leave> {
        let own = self.own.lock().unwrap();
        let (since, until) = own.get(publisher)?;
        (*until.borrow() > Instant::now()).then(|| Leave {
            since: *since,
            until: vec![until.subscribe()],
            held: Box::new(()),
        })
    }

    fn borrow<'a>(&'a self, publisher: &'a str, pace: Pace, _: Duration) -> Borrowing<'a> {
        self.borrowed.lock().unwrap().push((publisher.to_owned(), pace));
        let Some(lasts) = self.lends_for else {
            return Box::pin(async { Err(Busy { wait: Duration::from_secs(3) }) });
        };
        let (publisher, given_back) = (publisher.to_owned(), Arc::clone(&self.given_back));
        let until = watch::Sender::new(Instant::now() + lasts);
        let tell = Box::new(move |word| given_back.lock().unwrap().push((publisher, word)));
        Box::pin(async move { Ok(Loan::new(until.subscribe(), tell)) })
    }
}

fn fetcher(permits: &Arc<Fake>, delay_ms: u64) -> Fetcher {
    let settings = FetchSettings {
        host_delay: Duration::from_millis(delay_ms),
        private_networks: vec![Network::parse("127.0.0.1/32").unwrap()],
        ..config::defaults().fetch
    };
    Fetcher::new(&settings).unwrap().under(Arc::<Fake>::clone(permits))
}

async fn ask(fetcher: &Fetcher, port: u16) -> Result<Fetched, FetchError> {
    let url = Url::parse(&format!("http://127.0.0.1:{port}/feed")).unwrap();
    let request = FetchRequest { url: &url, purpose: Purpose::Poll, validators: &Validators::default() };
    fetcher.fetch(request).await.result
}

#[tokio::test]
async fn who_has_just_begun_to_look_after_a_host_counts_it_as_asked_at_that_moment() {
    let (port, asked) = server("200 OK", Duration::ZERO);
    let permits = Arc::new(Fake::default());
    let since = Instant::now();
    let _until = permits.own(port, since, Duration::from_mins(1));
    assert!(ask(&fetcher(&permits, 400), port).await.is_ok());
    let first = asked.lock().unwrap()[0];
    assert!(first >= since + Duration::from_millis(400), "{:?}", first - since);
}

#[tokio::test]
async fn a_host_is_not_asked_without_leave_nor_after_it() {
    let (port, asked) = server("200 OK", Duration::ZERO);
    let permits = Arc::new(Fake::default());
    let fetcher = fetcher(&permits, 300);
    assert!(matches!(ask(&fetcher, port).await, Err(FetchError::HostBusy { .. })), "nobody looks after it");
    let _until = permits.own(port, Instant::now(), Duration::from_millis(100));
    assert!(
        matches!(ask(&fetcher, port).await, Err(FetchError::HostBusy { .. })),
        "it ends while the turn is waited for"
    );
    let _until = permits.own(port, Instant::now(), Duration::from_mins(1));
    let another = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        permits.own(port, Instant::now(), Duration::from_mins(1))
    };
    let (answer, _until) = tokio::join!(ask(&fetcher, port), another);
    assert!(matches!(answer, Err(FetchError::HostBusy { .. })), "it is another tenure than the turn was waited for in");
    assert!(asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_request_ends_with_its_leave_and_goes_on_where_that_is_renewed() {
    let (port, _) = server("200 OK", Duration::from_millis(600));
    let permits = Arc::new(Fake::default());
    let fetcher = fetcher(&permits, 0);
    let until = permits.own(port, Instant::now(), Duration::from_millis(300));
    let began = Instant::now();
    assert!(matches!(ask(&fetcher, port).await, Err(FetchError::HostBusy { .. })));
    assert!(began.elapsed() < Duration::from_millis(550), "{:?}", began.elapsed());
    tokio::time::sleep(Duration::from_millis(700)).await;
    until.send_replace(Instant::now() + Duration::from_millis(300));
    let renewing = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        until.send_replace(Instant::now() + Duration::from_mins(1));
    };
    let (answer, ()) = tokio::join!(ask(&fetcher, port), renewing);
    assert!(answer.is_ok(), "{answer:?}");
}

#[tokio::test]
async fn a_redirect_to_somebody_elses_host_goes_under_a_loan_and_what_it_said_goes_back() {
    let (far, _) = server("429 Slow\r\nRetry-After: 40", Duration::ZERO);
    let (near, _) = server(&format!("302 Found\r\nLocation: http://127.0.0.1:{far}/feed"), Duration::ZERO);
    let permits = Arc::new(Fake { lends_for: Some(Duration::from_secs(10)), ..Fake::default() });
    let _until = permits.own(near, Instant::now(), Duration::from_mins(1));
    let answer = ask(&fetcher(&permits, 0), near).await;
    assert!(matches!(answer, Err(FetchError::Status { status: 429, .. })), "{answer:?}");
    let word = HostWord { complaint: Some(Some(Duration::from_secs(40))), ..HostWord::default() };
    assert_eq!(*permits.given_back.lock().unwrap(), [(format!("127.0.0.1:{far}"), word)]);
}

#[tokio::test]
async fn a_turn_is_lent_as_it_is_taken_and_the_hosts_word_is_heeded() {
    let permits = Arc::new(Fake::default());
    let fetcher = fetcher(&permits, 0);
    let pace = Pace { pause: Duration::from_millis(100), n_at_once: 1 };
    let patience = Duration::from_millis(50);
    assert!(fetcher.lend("127.0.0.1:1", pace, patience).await.is_err(), "it does not look after that one");
    let since = Instant::now() - Duration::from_secs(1);
    let until = permits.own(1, since, Duration::from_mins(1));
    let lent = fetcher.lend("127.0.0.1:1", pace, patience).await.expect("it is free");
    assert_eq!(lent.until(), *until.borrow());
    assert!(fetcher.lend("127.0.0.1:1", pace, patience).await.is_err(), "one at a time");
    lent.ended(&HostWord { hold: Some(Duration::from_secs(40)), ..HostWord::default() });
    let busy = fetcher.lend("127.0.0.1:1", pace, patience).await.unwrap_err();
    assert!(busy.wait > Duration::from_secs(39), "{busy:?}");
}
