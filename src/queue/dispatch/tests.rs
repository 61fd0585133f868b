//! Workers of a few lines, by a clock that goes as the tests want it.

mod bounds;

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::task::JoinHandle;

use super::*;
use crate::model::{PollFacts, PollResult, Source};
use crate::queue::question::Committed;
use crate::queue::wire::{PollDone, Room};

/// A writer, with those who may ask it.
struct Desk {
    dispatcher: Dispatcher,
    elsewhere: mpsc::Sender<Question>,
    embedded: mpsc::Sender<Question>,
    reports: mpsc::Sender<Delivery>,
    is_away: Arc<AtomicBool>,
}

impl Desk {
    fn new() -> Desk {
        let rules = Rules { settings: "fetch:1 feed:1".to_owned(), n_entries_max: 100, lease: Duration::from_mins(10) };
        let dispatcher = Dispatcher::new("run", rules, &HostMemory::default());
        let ((elsewhere, asked), (embedded, asked_here)) = (mpsc::channel(8), mpsc::channel(8));
        let (reports, reported) = mpsc::channel(8);
        let is_away = Arc::new(AtomicBool::new(false));
        let looks = Arc::clone(&is_away);
        tokio::spawn(dispatcher.clone().answer(asked, asked_here, move || looks.load(Ordering::Relaxed)));
        tokio::spawn(dispatcher.clone().take_reports(reported));
        Desk { dispatcher, elsewhere, embedded, reports, is_away }
    }

    /// Has a source polled.
    fn poll(&self) -> JoinHandle<Result<Done<PollOutcome>, Lost>> {
        let dispatcher = self.dispatcher.clone();
        tokio::spawn(async move { dispatcher.poll("paper.example", due()).await })
    }

    async fn ask(&self, ask: Ask) -> Option<Answer> {
        Desk::ask_at(&self.elsewhere, ask).await
    }

    async fn ask_at(desk: &mpsc::Sender<Question>, ask: Ask) -> Option<Answer> {
        let (question, answer) = Question::new(ask.encode());
        desk.send(question).await.unwrap();
        Some(Answer::decode(&answer.await.ok()?).unwrap())
    }

    /// Reports a poll that found nothing new. Returns where it is heard that it is committed.
    async fn report(&self, job: &Job, worker: &str) -> Committed {
        self.deliver(report_of(job, worker).encode()).await
    }

    async fn deliver(&self, message: Vec<u8>) -> Committed {
        let (receipt, committed) = Receipt::new();
        self.reports.send(Delivery { message, receipt }).await.unwrap();
        committed
    }
}

fn report_of(job: &Job, worker: &str) -> Report {
    let result = PollResult::Postponed { until: Timestamp::UNIX_EPOCH };
    let done = PollDone { exchanges: Vec::new(), finished_at: Timestamp::UNIX_EPOCH, result, healing: None };
    Report {
        version: VERSION,
        run: "run".to_owned(),
        ticket: job.ticket.clone(),
        worker: worker.to_owned(),
        epoch: job.epoch,
        hosts: HostMemory::default(),
        outcome: Outcome::Poll(done),
    }
}

fn due() -> DueSource {
    let _ = PollFacts::default();
    let source = Source::new("paper".to_owned(), "https://paper.example/feed".parse().unwrap());
    DueSource { is_probe: false, ..DueSource::untried(&source) }
}

fn ask(worker: &str, shards: &[(u8, u64)]) -> Ask {
    let share = Share { sound: 4, probes: 1 };
    Ask {
        version: VERSION,
        worker: worker.to_owned(),
        machine: worker.to_owned(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        settings: "feed:1 fetch:1".to_owned(),
        slots: Slots { polls: 4, articles: 4 },
        room: Room { polls: share, articles: share },
        shards: shards.to_vec(),
        number: 0,
        heard: None,
        n_in_work: 0,
        run: None,
    }
}

fn shard() -> u8 {
    shard_of("paper.example")
}

fn jobs(answer: Option<Answer>) -> (Vec<Job>, bool, Duration) {
    match answer {
        Some(Answer::Work { jobs, sole, lasts, .. }) => (jobs, sole, lasts),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn work_goes_to_who_looks_after_its_host_and_comes_back() {
    let desk = Desk::new();
    let polled = desk.poll();
    let other = shard().wrapping_add(1);
    assert!(jobs(desk.ask(ask("b", &[(other, 1)])).await).0.is_empty(), "another's shard");
    let (taken, is_sole, lasts) = jobs(desk.ask(ask("a", &[(shard(), 3)])).await);
    assert_eq!((taken.len(), taken[0].epoch, is_sole, lasts), (1, 3, false, ALLOWED_FOR));
    assert_eq!(desk.dispatcher.figures().n_out, 1);

    let committed = desk.report(&taken[0], "a").await;
    let done = polled.await.unwrap().expect("it came back");
    assert!(matches!(done.outcome.result, PollResult::Postponed { .. }));
    assert_eq!(done.outcome.source.slug, "paper");
    done.settling.committed();
    committed.await.expect("it is told to be committed").send(Ok(())).unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_got_lost_on_its_way_to_a_worker_is_given_back_when_it_asks_again() {
    let desk = Desk::new();
    let polled = desk.poll();
    let (taken, ..) = jobs(desk.ask(Ask { number: 4, ..ask("a", &[(shard(), 1)]) }).await);
    assert_eq!((taken.len(), desk.dispatcher.figures().n_out), (1, 1));
    // Others, and one that was sent before, say nothing of it.
    desk.ask(ask("b", &[])).await;
    assert!(desk.ask(Ask { number: 3, ..ask("a", &[(shard(), 1)]) }).await.is_none());
    // It has come.
    desk.ask(Ask { number: 5, heard: Some(4), ..ask("a", &[(shard(), 1)]) }).await;
    assert_eq!(desk.dispatcher.figures().n_out, 1);
    assert!(!polled.is_finished());
    let second = desk.poll();
    let (taken, ..) = jobs(desk.ask(Ask { number: 6, heard: Some(5), ..ask("a", &[(shard(), 1)]) }).await);
    assert_eq!((taken.len(), desk.dispatcher.figures().n_out), (1, 2));
    // That has not.
    desk.ask(Ask { number: 7, heard: Some(5), ..ask("a", &[(shard(), 1)]) }).await;
    assert_eq!((desk.dispatcher.figures().n_out, desk.dispatcher.figures().n_lost), (1, 1));
    assert!(second.await.unwrap().is_err() && !polled.is_finished());
}

#[tokio::test(start_paused = true)]
async fn a_slot_that_becomes_free_while_a_worker_waits_for_its_answer_is_filled() {
    let desk = Desk::new();
    let _first = desk.poll();
    let (taken, ..) = jobs(desk.ask(ask("a", &[(shard(), 1)])).await);
    let _second = desk.poll();
    let full = Ask { number: 1, heard: Some(0), room: Room::default(), n_in_work: 1, ..ask("a", &[(shard(), 1)]) };
    let asked_at = Instant::now();
    let (none, ..) = jobs(desk.ask(full.clone()).await);
    assert_eq!((none.len(), asked_at.elapsed()), (0, HELD_FOR_WHILE_BUSY));
    let asked_at = Instant::now();
    let (asking, _) = tokio::join!(desk.ask(Ask { number: 2, ..full }), desk.report(&taken[0], "a"));
    assert_eq!(jobs(asking).0.len(), 1);
    assert!(asked_at.elapsed() < HELD_FOR_WHILE_BUSY / 10, "{:?}", asked_at.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_is_not_committed_is_not_said_to_be_and_comes_again_in_vain() {
    let desk = Desk::new();
    let polled = desk.poll();
    let (taken, ..) = jobs(desk.ask(ask("a", &[(shard(), 1)])).await);
    let first = desk.report(&taken[0], "a").await;
    let done = polled.await.unwrap().unwrap();
    let twice = desk.report(&taken[0], "a").await;
    assert!(twice.await.is_err(), "while it is being committed the second is left where it is");
    // The database could not be written, say.
    drop(done);
    assert!(first.await.is_err());
    let again = desk.report(&taken[0], "a").await;
    again.await.expect("nobody waits for it any more").send(Ok(())).unwrap();
    assert_eq!(desk.dispatcher.figures().n_stale, 1);
}

#[tokio::test(start_paused = true)]
async fn what_was_given_out_under_an_earlier_epoch_is_lost_with_who_had_it() {
    let desk = Desk::new();
    // Who lives may report what it has, though another looks after the host now.
    let polled = desk.poll();
    let (taken, ..) = jobs(desk.ask(ask("a", &[(shard(), 1)])).await);
    assert!(jobs(desk.ask(ask("b", &[(shard(), 2)])).await).0.is_empty());
    let committed = desk.report(&taken[0], "a").await;
    polled.await.unwrap().unwrap().settling.committed();
    committed.await.unwrap().send(Ok(())).unwrap();

    let polled = desk.poll();
    let (taken, ..) = jobs(desk.ask(ask("b", &[(shard(), 2)])).await);
    let gone_at = Instant::now();
    assert!(jobs(desk.ask(ask("a", &[(shard(), 3)])).await).0.is_empty());
    assert_eq!(polled.await.unwrap().unwrap_err(), Lost::WithItsWorker);
    assert!((SILENT_AFTER..ALLOWED_FOR).contains(&gone_at.elapsed()), "{:?}", gone_at.elapsed());
    let late = desk.report(&taken[0], "b").await;
    late.await.expect("it counts for nothing").send(Ok(())).unwrap();

    jobs(desk.ask(ask("a", &[(shard(), 3)])).await);
    let polled = desk.poll();
    assert!(jobs(desk.ask(ask("b", &[(shard(), 2)])).await).0.is_empty(), "it looks after that host no more");
    assert_eq!(jobs(desk.ask(ask("a", &[(shard(), 3)])).await).0.len(), 1);
    drop(polled);
}

#[tokio::test(start_paused = true)]
async fn epochs_may_begin_anew_where_the_records_of_leases_were_lost() {
    let desk = Desk::new();
    let polled = desk.poll();
    assert_eq!(jobs(desk.ask(ask("a", &[(shard(), 57)])).await).0.len(), 1);
    let _other = desk.poll();
    assert!(jobs(desk.ask(ask("b", &[(shard(), 1)])).await).0.is_empty(), "it has lost that shard, as far as is known");
    tokio::time::sleep(SILENT_AFTER).await;
    assert_eq!(jobs(desk.ask(ask("b", &[(shard(), 1)])).await).0.len(), 1);
    assert_eq!(polled.await.unwrap().unwrap_err(), Lost::WithItsWorker);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_reports_is_lost_when_its_claim_has_run_out() {
    let desk = Desk::new();
    let polled = desk.poll();
    assert_eq!(jobs(desk.ask(ask("a", &[(shard(), 1)])).await).0.len(), 1);
    assert_eq!(polled.await.unwrap().unwrap_err(), Lost::WithItsWorker);
    desk.dispatcher.close();
    assert_eq!(desk.poll().await.unwrap().unwrap_err(), Lost::Undone, "nothing is handed out at the end");
}

#[tokio::test(start_paused = true)]
async fn this_process_goes_on_alone_once_nobody_elsewhere_may_ask_and_not_before() {
    let desk = Desk::new();
    let alone = |answer| jobs(answer).1;
    jobs(desk.ask(ask("a", &[(shard(), 1)])).await);
    let allowed_at = Instant::now();
    desk.is_away.store(true, Ordering::Relaxed);
    while !alone(Desk::ask_at(&desk.embedded, ask("here", &[])).await) {
        assert!(allowed_at.elapsed() < 2 * ALLOWED_AND_MORE, "it goes on at last");
    }
    assert!(allowed_at.elapsed() > ALLOWED_FOR, "{:?}", allowed_at.elapsed());
    let polled = desk.poll();
    assert_eq!(jobs(Desk::ask_at(&desk.embedded, ask("here", &[])).await).0.len(), 1, "any host");
    drop(polled);

    desk.is_away.store(false, Ordering::Relaxed);
    let last = Instant::now();
    let asked_at = loop {
        let asked_at = Instant::now();
        let (_, is_sole, lasts) = jobs(desk.ask(ask("a", &[(shard(), 2)])).await);
        assert!(!is_sole);
        if !lasts.is_zero() {
            break asked_at;
        }
    };
    assert!(asked_at + HELD_FOR - last > ALLOWED_FOR, "{:?}", asked_at - last);
}

#[tokio::test(start_paused = true)]
async fn who_cannot_work_with_this_writer_is_told_why() {
    let desk = Desk::new();
    for (other, word) in [
        (Ask { version: VERSION + 1, ..ask("a", &[]) }, "have the same newswire on all machines"),
        (Ask { program: "0.0.9".to_owned(), ..ask("d", &[]) }, "it is newswire 0.0.9, and the writer"),
        (
            Ask { settings: "feed:2 fetch:1 extract:1".to_owned(), ..ask("b", &[]) },
            "settings of extract, feed are others",
        ),
    ] {
        let (question, answer) = Question::new(other.encode());
        desk.elsewhere.send(question).await.unwrap();
        match Answer::decode(&answer.await.unwrap()) {
            Ok(Answer::Refused { reason, .. }) => assert!(reason.contains(word), "{reason}"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(desk.dispatcher.room(Kind::Article), Share { sound: 0, probes: 0 });
    let (question, answer) = Question::new(b"no question".to_vec());
    desk.elsewhere.send(question).await.unwrap();
    assert!(matches!(Answer::decode(&answer.await.unwrap()), Ok(Answer::Refused { .. })));
    jobs(desk.ask(ask("c", &[])).await);
    assert_eq!(desk.dispatcher.room(Kind::Article), Share { sound: 8, probes: 8 }, "twice its slots");
}
