//! Turns at hosts of shards that other workers look after, asked of these; and those that are asked of this one.
//!
//! A turn is lent for a bounded time, which the borrower counts from when it *sent* its question and the owner from when it answered: so the
//! borrower's ends first. The owner lends nothing beyond its own tenure, and so a loan has ended before anybody else may look after the shard.
//! What gets lost costs time and nothing else: a loan of which nothing more is heard ends by itself.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use tracing::debug;

use crate::fetch::{Borrowing, Busy, Fetcher, HostWord, Leave, Lent, Loan, Pace, Permits};

use super::bus::Shared;
use super::holdings::Holdings;
use super::permission::Permission;
use super::question::Question;
use super::shard::shard_of;
use super::wire::{self, TurnAnswer, TurnAsk};

/// How long a turn is lent at one time. It is extended while the request goes on.
const LOAN: Duration = Duration::from_secs(10);

/// Added to that by whoever lends: clocks may differ by a part in a thousand.
const LOAN_MARGIN: Duration = Duration::from_millis(50);

/// A loan is extended this often.
const EXTENDED_EVERY: Duration = Duration::from_secs(4);

/// A loan shorter than this is none: the request would hardly end in it.
const LOAN_MIN: Duration = Duration::from_secs(2);

/// How long an answer is waited for beyond the time that the turn may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// When to come again where nobody looks after a shard, or its owner does not answer.
const NOBODY_WAIT: Duration = Duration::from_secs(5);

/// What others may ask for at most: names, a pause and its patience, requests at one time, and loans in all.
const NAME_BYTES_MAX: usize = 400;
const PAUSE_MAX: Duration = Duration::from_hours(1);
const PATIENCE_MAX: Duration = Duration::from_mins(1);
const AT_ONCE_MAX: usize = 64;
const LOANS_MAX: usize = 10_000;

/// Tries to give a loan back.
const GIVE_BACK_TRIES: u32 = 3;

/// Both sides of it in one worker. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Turns {
    holdings: Holdings,
    shared: Shared,
    permission: Permission,
    me: Arc<str>,
    n_loans: Arc<AtomicU64>,
}

impl Turns {
    /// The turns of a worker of that name.
    #[must_use]
    pub fn new(holdings: Holdings, shared: Shared, permission: Permission, me: &str) -> Turns {
        Turns { holdings, shared, permission, me: me.into(), n_loans: Arc::default() }
    }

    /// Lends turns of this fetcher to others, of the shards that this worker looks after, as long as the runtime lasts.
    pub fn lend_by(&self, fetcher: Fetcher) {
        let (holdings, shared) = (self.holdings.clone(), self.shared.clone());
        let supervisor = shared.supervisor().clone();
        supervisor.clone().spawn("lends turns", async move {
            let lender = Lender { fetcher, loans: Arc::default() };
            let mut changes = holdings.changes();
            let mut heard: HashMap<u8, tokio::task::JoinHandle<()>> = HashMap::new();
            loop {
                // Also those that are being given back, for the end of what is lent is to be heard.
                let held = holdings.held();
                heard.retain(|shard, hearing| {
                    let is_kept = held.contains(shard) && !hearing.is_finished();
                    if !is_kept {
                        hearing.abort();
                    }
                    is_kept
                });
                for shard in held {
                    if let Entry::Vacant(place) = heard.entry(shard) {
                        match shared.hear(shard).await {
                            Ok(questions) => {
                                place.insert(
                                    supervisor.spawn("answers who asks for turns", lender.clone().answer(questions)),
                                );
                            }
                            Err(error) => debug!("turns of shard {shard} cannot be asked for here: {error}"),
                        }
                    }
                }
                let _ = tokio::time::timeout(NOBODY_WAIT, changes.changed()).await;
            }
        });
    }

    async fn ask_for(&self, publisher: &str, pace: Pace, patience: Duration) -> Result<Loan, Busy> {
        let nobody = Busy { wait: NOBODY_WAIT };
        let shard = shard_of(publisher);
        let loan = format!("{}-{}", self.me, self.n_loans.fetch_add(1, Ordering::Relaxed));
        let Pace { pause, n_at_once } = pace;
        let ask = TurnAsk::Begin { loan: loan.clone(), publisher: publisher.to_owned(), pause, n_at_once, patience };
        let sent_at = Instant::now();
        let answer = self.shared.ask_owner(shard, ask.encode(), patience + PATIENCE).await.map_err(|_| nobody)?;
        let lasts = match TurnAnswer::decode(&answer) {
            Ok(TurnAnswer::Granted { lasts }) => lasts,
            Ok(TurnAnswer::Busy { wait }) => return Err(Busy { wait }),
            Ok(TurnAnswer::NotMine | TurnAnswer::Unknown | TurnAnswer::Ended) | Err(_) => return Err(nobody),
        };
        let until = watch::Sender::new(sent_at + lasts);
        let receiver = until.subscribe();
        tokio::spawn(extend(self.shared.clone(), shard, loan.clone(), until));
        let bus = self.shared.clone();
        let give_back = move |word: HostWord| {
            tokio::spawn(async move {
                let word = wire::HostWord { complaint: word.complaint, hold: word.hold, is_content: word.is_content };
                let end = TurnAsk::End { loan, word }.encode();
                for _ in 0..GIVE_BACK_TRIES {
                    if bus.ask_owner(shard, end.clone(), PATIENCE).await.is_ok() {
                        return;
                    }
                }
            });
        };
        Ok(Loan::new(receiver, Box::new(give_back)))
    }
}

impl Permits for Turns {
    fn tenure_since(&self, publisher: &str) -> Option<Instant> {
        self.holdings.tenure(shard_of(publisher)).map(|holding| holding.since)
    }

    fn begin(&self, publisher: &str) -> Option<Leave> {
        let shard = shard_of(publisher);
        let in_use = self.holdings.begin_request(shard)?;
        // Looked at last: what is given now is not taken back.
        let holding = self.holdings.tenure(shard).filter(|_| self.permission.holds())?;
        let until = vec![holding.until, self.permission.until()];
        Some(Leave { since: holding.since, until, held: Box::new(in_use) })
    }

    fn borrow<'a>(&'a self, publisher: &'a str, pace: Pace, patience: Duration) -> Borrowing<'a> {
        Box::pin(self.ask_for(publisher, pace, patience))
    }
}

/// Extends a loan as long as somebody goes by it.
async fn extend(bus: Shared, shard: u8, loan: String, until: watch::Sender<Instant>) {
    loop {
        tokio::select! {
            () = until.closed() => return,
            () = tokio::time::sleep(EXTENDED_EVERY) => {}
        }
        let sent_at = Instant::now();
        let ask = TurnAsk::Extend { loan: loan.clone() };
        let Ok(answer) = bus.ask_owner(shard, ask.encode(), PATIENCE).await else { continue };
        match TurnAnswer::decode(&answer) {
            Ok(TurnAnswer::Granted { lasts }) => {
                until.send_modify(|until| *until = (*until).max(sent_at + lasts));
            }
            // It ends when it ends.
            Ok(_) | Err(_) => return,
        }
    }
}

/// The side of whoever lends.
#[derive(Clone)]
struct Lender {
    fetcher: Fetcher,
    loans: Arc<Mutex<HashMap<String, mpsc::Sender<Wish>>>>,
}

/// What is wished of a loan.
enum Wish {
    Extend(oneshot::Sender<TurnAnswer>),
    End(HostWord),
}

impl Lender {
    async fn answer(self, mut questions: mpsc::Receiver<Question>) {
        while let Some(question) = questions.recv().await {
            match TurnAsk::decode(&question.message) {
                Ok(ask) => {
                    let lender = self.clone();
                    tokio::spawn(async move {
                        let answer = lender.answer_to(ask, &question).await;
                        question.answer(answer.encode());
                    });
                }
                Err(error) => debug!("a question for a turn is not understood: {error}"),
            }
        }
    }

    async fn answer_to(&self, ask: TurnAsk, question: &Question) -> TurnAnswer {
        match ask {
            TurnAsk::Begin { loan, publisher, pause, n_at_once, patience } => {
                let is_asked_in_earnest = publisher.len() <= NAME_BYTES_MAX && loan.len() <= NAME_BYTES_MAX;
                if !is_asked_in_earnest || self.loans().len() >= LOANS_MAX {
                    return TurnAnswer::Busy { wait: NOBODY_WAIT };
                }
                let pace = Pace { pause: pause.min(PAUSE_MAX), n_at_once: n_at_once.clamp(1, AT_ONCE_MAX) };
                // Noted before the turn is waited for, so that the same question, come twice, makes no second loan.
                let (wish, wishes) = mpsc::channel(4);
                let known = match self.loans().entry(loan.clone()) {
                    Entry::Occupied(known) => Some(known.get().clone()),
                    Entry::Vacant(free) => {
                        free.insert(wish);
                        None
                    }
                };
                if let Some(wishes) = known {
                    return extended(wishes).await;
                }
                let lent = self.fetcher.lend(&publisher, pace, patience.min(PATIENCE_MAX)).await;
                // Who waits no more does not ask the host either.
                let granted = match lent {
                    Ok(lent) if !question.is_forgotten() => self.grant(&loan, lent, wishes),
                    Ok(_) => Err(Busy { wait: NOBODY_WAIT }),
                    Err(busy) => Err(busy),
                };
                granted.unwrap_or_else(|Busy { wait }| {
                    self.loans().remove(&loan);
                    TurnAnswer::Busy { wait }
                })
            }
            TurnAsk::Extend { loan } => match self.of(&loan) {
                Some(wishes) => extended(wishes).await,
                None => TurnAnswer::Unknown,
            },
            TurnAsk::End { loan, word } => {
                let wire::HostWord { complaint, hold, is_content } = word;
                if let Some(wishes) = self.of(&loan) {
                    let _ = wishes.send(Wish::End(HostWord { complaint, hold, is_content })).await;
                }
                TurnAnswer::Ended
            }
        }
    }

    fn of(&self, loan: &str) -> Option<mpsc::Sender<Wish>> {
        self.loans().get(loan).cloned()
    }

    fn loans(&self) -> MutexGuard<'_, HashMap<String, mpsc::Sender<Wish>>> {
        self.loans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn grant(&self, loan: &str, lent: Lent, wishes: mpsc::Receiver<Wish>) -> Result<TurnAnswer, Busy> {
        let now = Instant::now();
        let lasts = lasts(&lent, now);
        if lasts < LOAN_MIN {
            return Err(Busy { wait: NOBODY_WAIT });
        }
        let (lender, loan) = (self.clone(), loan.to_owned());
        tokio::spawn(async move {
            lent_until_it_ends(lent, now + lasts, wishes).await;
            lender.loans().remove(&loan);
        });
        Ok(TurnAnswer::Granted { lasts })
    }
}

async fn extended(wishes: mpsc::Sender<Wish>) -> TurnAnswer {
    let (send, answer) = oneshot::channel();
    match wishes.send(Wish::Extend(send)).await {
        Ok(()) => answer.await.unwrap_or(TurnAnswer::Unknown),
        Err(_) => TurnAnswer::Unknown,
    }
}

/// For how long a turn can be lent from now: never beyond the tenure of whoever lends it.
fn lasts(lent: &Lent, now: Instant) -> Duration {
    LOAN.min(lent.until().saturating_duration_since(now))
}

/// Keeps a turn for whoever has it, until it is given back or its time is over.
async fn lent_until_it_ends(lent: Lent, mut until: Instant, mut wishes: mpsc::Receiver<Wish>) {
    loop {
        let wish = tokio::time::timeout_at(until + LOAN_MARGIN, wishes.recv()).await;
        match wish {
            Ok(Some(Wish::Extend(answer))) => {
                let now = Instant::now();
                let lasts = lasts(&lent, now);
                until = until.max(now + lasts);
                let _ = answer.send(TurnAnswer::Granted { lasts });
            }
            Ok(Some(Wish::End(word))) => return lent.ended(&word),
            Ok(None) | Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, FetchSettings};
    use crate::queue::clock::Clock;
    use crate::queue::lease::Terms;
    use crate::queue::memory::MemoryShared;

    /// A worker that looks after its share, and may ask for an hour.
    fn worker(shared: &Shared, me: &str) -> (Turns, Fetcher) {
        let clock = Clock::Since(Instant::now());
        let permission = Permission::new(clock);
        permission.renew(permission.asked_now(), Duration::from_hours(1), false);
        let holdings = Holdings::begin(shared.clone(), me.to_owned(), Terms::default(), clock);
        let turns = Turns::new(holdings, shared.clone(), permission, me);
        let settings = FetchSettings { host_delay: Duration::ZERO, ..config::defaults().fetch };
        let fetcher = Fetcher::new(&settings).unwrap().under(Arc::new(turns.clone()));
        turns.lend_by(fetcher.clone());
        (turns, fetcher)
    }

    /// Two workers who have parted the shards, and a publisher of the first.
    async fn two_workers() -> ((Turns, Fetcher), (Turns, Fetcher), String, Shared) {
        let shared = Shared::Memory(Arc::new(MemoryShared::default()));
        let (first, second) = (worker(&shared, "a"), worker(&shared, "b"));
        tokio::time::sleep(Duration::from_mins(1)).await;
        let names = (0..100).map(|number| format!("paper-{number}.example"));
        let publisher = names.into_iter().find(|name| first.0.tenure_since(name).is_some()).expect("half are its own");
        assert!(second.0.tenure_since(&publisher).is_none());
        (first, second, publisher, shared)
    }

    const PACE: Pace = Pace { pause: Duration::ZERO, n_at_once: 1 };
    const SOON: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn a_turn_is_lent_to_one_at_a_time_and_comes_back_with_the_hosts_word() {
        let ((_, owner), (borrower, _), publisher, _) = two_workers().await;
        let mut loan = borrower.borrow(&publisher, PACE, SOON).await.expect("the owner lends it");
        assert!(owner.lend(&publisher, PACE, SOON).await.is_err(), "it has that turn no more");
        let first_end = *loan.until.borrow();
        tokio::time::sleep(2 * LOAN).await;
        assert!(*loan.until.borrow() > first_end && *loan.until.borrow() > Instant::now(), "it is extended");
        assert!(owner.lend(&publisher, PACE, SOON).await.is_err());
        loan.word.hold = Some(Duration::from_secs(40));
        drop(loan);
        tokio::time::sleep(SOON).await;
        let busy = owner.lend(&publisher, PACE, SOON).await.expect_err("it wants to be left in peace");
        assert!(busy.wait > Duration::from_secs(30), "{busy:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_question_that_comes_twice_makes_one_loan_and_one_that_is_forgotten_none() {
        let ((_, owner), _, publisher, bus) = two_workers().await;
        let begin = |loan: &str| {
            let (loan, publisher, Pace { pause, n_at_once }) = (loan.to_owned(), publisher.clone(), PACE);
            TurnAsk::Begin { loan, publisher, pause, n_at_once, patience: 3 * SOON }.encode()
        };
        let shard = shard_of(&publisher);
        let held = owner.lend(&publisher, PACE, SOON).await.expect("it is free");
        let ask = |question| bus.ask_owner(shard, question, 5 * SOON);
        let freed = async {
            tokio::time::sleep(SOON).await;
            drop(held);
        };
        let (first, second, ()) = tokio::join!(ask(begin("b-1")), ask(begin("b-1")), freed);
        for answer in [first, second] {
            assert!(matches!(TurnAnswer::decode(&answer.unwrap()), Ok(TurnAnswer::Granted { .. })));
        }
        let end = TurnAsk::End { loan: "b-1".to_owned(), word: wire::HostWord::default() };
        ask(end.encode()).await.unwrap();
        tokio::time::sleep(SOON).await;
        let held = owner.lend(&publisher, PACE, SOON).await.expect("it was one loan, and it has ended");

        assert!(bus.ask_owner(shard, begin("b-2"), SOON / 2).await.is_err(), "it waits no longer");
        drop(held);
        tokio::time::sleep(SOON).await;
        assert!(owner.lend(&publisher, PACE, SOON).await.is_ok(), "nobody has it");
    }

    #[tokio::test(start_paused = true)]
    async fn a_loan_of_which_nothing_more_is_heard_ends_by_itself() {
        let ((_, owner), _, publisher, shared) = two_workers().await;
        let (loan, Pace { pause, n_at_once }) = ("b-1".to_owned(), PACE);
        let begin = TurnAsk::Begin { loan, publisher: publisher.clone(), pause, n_at_once, patience: SOON };
        shared.ask_owner(shard_of(&publisher), begin.encode(), SOON).await.unwrap();
        assert!(owner.lend(&publisher, PACE, SOON).await.is_err());
        tokio::time::sleep(LOAN).await;
        assert!(owner.lend(&publisher, PACE, SOON).await.is_ok());
    }
}
