//! What someone broken or hostile may say and do, and what becomes of it.

use super::*;
use crate::model::{CanonicalUrl, HostHold, KnownRobots, LinkHints, ListedLink, PollHints, SourceKind, Validators};

/// As many shards as there are.
fn all_shards(epoch: u64) -> Vec<(u8, u64)> {
    (0..=u8::MAX).map(|shard| (shard, epoch)).collect()
}

/// Waits until it is said that nobody waits for a report any more.
async fn settled(committed: Committed) {
    let settled = tokio::time::timeout(Duration::from_secs(5), committed).await;
    settled.expect("in time").expect("it is done with").send(Ok(())).unwrap();
}

async fn refusal(desk: &Desk, ask: Ask) -> String {
    match desk.ask(ask).await {
        Some(Answer::Refused { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn there_are_so_many_workers_at_most_and_room_for_others_when_they_are_silent() {
    let desk = Desk::new();
    // Those that are refused for other reasons are answered at once, and count as well.
    let stranger = |n: usize| Ask { program: "0.0.9".to_owned(), ..ask(&format!("w-{n}"), &[]) };
    for n in 0..WORKERS_MAX {
        assert!(refusal(&desk, stranger(n)).await.contains("it is newswire 0.0.9"));
    }
    let one_more = refusal(&desk, stranger(WORKERS_MAX)).await;
    assert!(one_more.contains("there are 512 workers already"), "{one_more}");
    assert_eq!(desk.dispatcher.state().workers.len(), WORKERS_MAX);
    // Who is known is known still.
    assert!(refusal(&desk, Ask { number: 1, ..stranger(7) }).await.contains("it is newswire 0.0.9"));
    // Whoever asks again keeps its place, and who is there no more leaves it to others, also while it counts as there.
    tokio::time::sleep(REPLACED_AFTER).await;
    refusal(&desk, Ask { number: 1, ..stranger(0) }).await;
    assert!(jobs(desk.ask(ask("pier", &[])).await).0.is_empty());
    let is_known = |name: &str| desk.dispatcher.state().workers.contains_key(name);
    assert!(is_known("pier") && is_known("w-0"));
    assert_eq!(desk.dispatcher.state().workers.len(), WORKERS_MAX);
    assert!(desk.dispatcher.figures().workers.iter().any(|seen| seen.worker == "pier"), "status tells of it");
    tokio::time::sleep(ALLOWED_AND_MORE).await;
    // The next that asks has all the silent forgotten, also where it is none of them.
    refusal(&desk, stranger(9999)).await;
    assert_eq!(desk.dispatcher.state().workers.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_has_work_leaves_its_place_to_nobody() {
    let desk = Desk::new();
    let poll = desk.poll();
    let (given, ..) = jobs(desk.ask(ask("pier", &[(shard(), 1)])).await);
    assert_eq!(given.len(), 1);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let stranger = |n: usize| Ask { program: "0.0.9".to_owned(), ..ask(&format!("w-{n}"), &[]) };
    for n in 1..WORKERS_MAX {
        refusal(&desk, stranger(n)).await;
    }
    tokio::time::sleep(REPLACED_AFTER).await;
    for n in WORKERS_MAX..2 * WORKERS_MAX {
        refusal(&desk, stranger(n)).await;
    }
    assert!(desk.dispatcher.state().workers.contains_key("pier") && !poll.is_finished());
}

#[tokio::test(start_paused = true)]
async fn what_a_worker_says_of_itself_is_cut_and_cleaned() {
    let desk = Desk::new();
    let red = "\u{1b}[31mpier\n\u{202e}\u{0}";
    let boaster = Ask {
        machine: format!("{red}{}", "m".repeat(5000)),
        program: format!("{red}{}", "p".repeat(5000)),
        settings: format!("{red}:1 {}", "s".repeat(5000)),
        slots: Slots { polls: u32::MAX, articles: u32::MAX },
        shards: (0..100_000).map(|n| (u8::MAX, n)).collect(),
        ..ask("boaster", &[])
    };
    let reason = refusal(&desk, boaster.clone()).await;
    let seen = desk.dispatcher.state().workers["boaster"].clone();
    assert_eq!(seen.slots, Slots { polls: SLOTS_MAX, articles: SLOTS_MAX });
    assert_eq!(seen.n_shards, N_SHARDS);
    for text in [&seen.machine, &seen.program, &reason] {
        assert!(!text.contains(['\u{1b}', '\n', '\u{202e}', '\u{0}']), "{text:?}");
    }
    for text in [&seen.machine, &seen.program] {
        assert_eq!(text.chars().count(), NAME_CHARS_MAX, "{text}");
    }
    assert!(reason.len() < 2 * NAME_CHARS_MAX, "{} bytes", reason.len());
    // The same where it is told which settings differ.
    let reason = refusal(&desk, Ask { number: 1, program: env!("CARGO_PKG_VERSION").to_owned(), ..boaster }).await;
    assert!(reason.starts_with("its settings of , [31mpier, feed, fetch, sss"), "{reason:?}");
    assert!(!reason.contains(char::is_control), "{reason:?}");
    assert!(reason.len() < 2 * NAME_CHARS_MAX, "{} bytes", reason.len());
    // A name by which it is known is not cut, or it would be that of another.
    let reason = refusal(&desk, ask(&"w".repeat(NAME_CHARS_MAX + 1), &[])).await;
    assert!(reason.contains("its name is too long") && desk.dispatcher.state().workers.len() == 1, "{reason}");
}

#[tokio::test(start_paused = true)]
async fn slots_that_no_machine_has_make_no_more_be_claimed_than_so_many() {
    let desk = Desk::new();
    let greedy = Ask { slots: Slots { polls: u32::MAX, articles: u32::MAX }, ..ask("greedy", &[]) };
    jobs(desk.ask(greedy).await);
    let claimed = SLOTS_MAX * u32::try_from(AHEAD).unwrap();
    assert_eq!(desk.dispatcher.room(Kind::Article), Share { sound: claimed, probes: claimed });
}

#[tokio::test(start_paused = true)]
async fn a_worker_with_room_for_everything_gets_an_answers_worth_at_a_time() {
    let desk = Desk::new();
    let polled: Vec<_> = (0..JOBS_MAX + 10).map(|_| desk.poll()).collect();
    let everything = Share { sound: u32::MAX, probes: u32::MAX };
    let room = Room { polls: everything, articles: everything };
    tokio::task::yield_now().await;
    let (first, ..) = jobs(desk.ask(Ask { room, ..ask("greedy", &all_shards(u64::MAX)) }).await);
    assert_eq!(first.len(), JOBS_MAX);
    // It frees slots as well, which are added to that.
    desk.report(&first[0], "greedy").await;
    let more = Ask { room, number: 1, heard: Some(0), ..ask("greedy", &all_shards(u64::MAX)) };
    assert_eq!(jobs(desk.ask(more).await).0.len(), 10);
    drop(polled);
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_of_a_worker_is_forgotten_with_it() {
    let desk = Desk::new();
    let robots = KnownRobots {
        origin: "https://paper.example".to_owned(),
        text: Ok(b"User-agent: *".to_vec()),
        expires_at: Timestamp::now() + Duration::from_hours(24),
    };
    let known = HostMemory { robots: vec![robots], holds: Vec::new() };
    desk.dispatcher.state().hosts.take_in(&known);
    let (first, second) = (desk.poll(), desk.poll());
    let two = Ask { heard: None, ..ask("a", &[(shard(), 1)]) };
    let (taken, ..) = jobs(desk.ask(two).await);
    assert_eq!(taken.iter().map(|job| job.hosts.robots.len()).collect::<Vec<_>>(), [1, 0], "it is told once");
    desk.report(&taken[0], "a").await;
    first.await.unwrap().unwrap().settling.committed();
    {
        let state = desk.dispatcher.state();
        assert_eq!((state.told["a"].len(), state.freed["a"]), (1, Slots { polls: 1, articles: 0 }));
    }
    // Of who is not known nothing is kept.
    desk.dispatcher.state().note_free_slot("nobody", Kind::Poll);
    tokio::time::sleep(ALLOWED_AND_MORE).await;
    jobs(desk.ask(ask("b", &[])).await);
    let state = desk.dispatcher.state();
    let kept = (state.workers.len(), state.told.len(), state.freed.len(), state.out.len());
    assert_eq!(kept, (1, 0, 0, 0), "{state:?}");
    drop((state, second));
}

#[tokio::test(start_paused = true)]
async fn work_that_nobody_waits_for_any_more_is_kept_nowhere() {
    let desk = Desk::new();
    let (with_worker, in_stock) = (desk.poll(), desk.poll());
    let one = Share { sound: 1, probes: 0 };
    let one = Ask { room: Room { polls: one, articles: Share::default() }, ..ask("a", &[(shard(), 1)]) };
    assert_eq!(jobs(desk.ask(one).await).0.len(), 1);
    with_worker.abort();
    in_stock.abort();
    let _ = (with_worker.await, in_stock.await);
    let asks_again = Ask { number: 1, heard: Some(0), ..ask("a", &[(shard(), 1)]) };
    assert!(jobs(desk.ask(asks_again).await).0.is_empty());
    let figures = desk.dispatcher.figures();
    assert_eq!((figures.n_in_stock, figures.n_out, figures.n_lost), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_question_that_is_older_than_the_last_changes_nothing() {
    let desk = Desk::new();
    let last = Ask { number: 9, heard: Some(8), ..ask("a", &[(shard(), 5)]) };
    jobs(desk.ask(last).await);
    let _polled = desk.poll();
    let old = Ask { number: 8, machine: "another".to_owned(), ..ask("a", &[(shard(), 70), (3, 70)]) };
    assert!(desk.ask(old).await.is_none(), "nobody waits for its answer");
    let figures = desk.dispatcher.figures();
    let seen = &figures.workers[0];
    assert_eq!((seen.machine.as_str(), seen.asked, figures.epoch, figures.n_shards, figures.n_out), ("a", 9, 5, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_report_that_nobody_waits_for_is_done_with_and_no_other_waits_for_that() {
    let desk = Desk::new();
    let polled = desk.poll();
    let (taken, ..) = jobs(desk.ask(ask("a", &[(shard(), 1)])).await);
    // No report at all, one of no ticket that there ever was, and one for a writer before this one.
    settled(desk.deliver(b"no report".to_vec()).await).await;
    settled(desk.report(&Job { ticket: "run-77".to_owned(), ..taken[0].clone() }, "a").await).await;
    assert_eq!((desk.dispatcher.figures().n_stale, desk.dispatcher.figures().n_out), (1, 1));
    // A thousand of them keep none that is waited for.
    let mut garbage = Vec::new();
    for n in 0..1000 {
        garbage.push(desk.deliver(vec![b'{'; n]).await);
    }
    let committed = desk.report(&taken[0], "a").await;
    polled.await.unwrap().expect("it came").settling.committed();
    settled(committed).await;
    for committed in garbage {
        settled(committed).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_report_for_another_run_does_not_count_and_its_work_is_lost_at_once() {
    let desk = Desk::new();
    let polled = desk.poll();
    let (taken, ..) = jobs(desk.ask(ask("a", &[(shard(), 1)])).await);
    let mut report = report_of(&taken[0], "a");
    report.run = "another run".to_owned();
    report.hosts.holds = vec![hold("paper.example", Timestamp::now() + Duration::from_hours(1))];
    let committed = desk.deliver(report.encode()).await;
    settled(committed).await;
    assert_eq!(polled.await.unwrap().unwrap_err(), Lost::Undone);
    assert_eq!((desk.dispatcher.figures().n_stale, desk.dispatcher.figures().n_reported), (1, 0));
    // What it says of hosts is believed as little.
    let _polled = desk.poll();
    let again = Ask { number: 1, heard: Some(0), ..ask("a", &[(shard(), 1)]) };
    assert!(jobs(desk.ask(again).await).0[0].hosts.holds.is_empty());
}

fn hold(publisher: &str, until: Timestamp) -> HostHold {
    HostHold {
        publisher: publisher.to_owned(),
        until,
        n_complaints: u32::MAX,
        complained_until: Some(until),
        is_borrowed: false,
    }
}

fn link() -> ListedLink {
    let address = "https://paper.example/a";
    ListedLink {
        url: CanonicalUrl::from_canonical(address.parse().unwrap()),
        publisher: "paper.example".to_owned(),
        updated_at: None,
        is_refetch: false,
        url_as_given: address.to_owned(),
        hints: LinkHints::default(),
        entry: None,
    }
}

#[tokio::test(start_paused = true)]
async fn of_ninety_thousand_links_in_a_report_so_many_are_taken_as_the_settings_say() {
    let desk = Desk::new();
    let polled = desk.poll();
    let (taken, ..) = jobs(desk.ask(ask("a", &[(shard(), 1)])).await);
    let links = vec![link(); 90_000];
    let listed = PollResult::Listed {
        kind: SourceKind::Feed,
        title: None,
        links: links.clone(),
        problems: vec![String::new(); 20_000],
        validators: Validators::default(),
        body_sha256: None,
        hints: PollHints::default(),
        children: Vec::new(),
        moved_to: None,
    };
    let mut report = report_of(&taken[0], "a");
    report.outcome = match report.outcome {
        Outcome::Poll(done) => Outcome::Poll(PollDone { result: listed, healing: Some(links), ..done }),
        other => other,
    };
    let _committed = desk.deliver(report.encode()).await;
    let outcome = polled.await.unwrap().expect("it came").outcome;
    let PollResult::Listed { links, problems, .. } = &outcome.result else { panic!("{outcome:?}") };
    // The rules of these tests say 100.
    let n_healing = outcome.healing.as_ref().map(Vec::len);
    assert_eq!((links.len(), n_healing, problems.len()), (100, Some(100), 10_000));
}
