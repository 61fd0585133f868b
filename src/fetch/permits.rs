//! Leave to ask publishers' hosts, where other processes ask hosts too: each publisher is asked by one process at a time.
//!
//! Who looks after a publisher has a *tenure* of it, which lasts as long as it is renewed. A request to somebody else's publisher (a redirect, its
//! robots.txt, a further page) goes under a *loan*: a turn of the other's gate, for a bounded time. No request holds two at once, so that no two
//! processes wait for each other.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::host_gate::{Counted, HostGate, Turn};
use super::pace::{Busy, Pace};

/// Who may ask whom. A publisher goes by the key by which its turns are counted.
pub trait Permits: fmt::Debug + Send + Sync {
    /// Since when this process looks after a publisher: nobody else has asked it after that. Nothing where it does not.
    fn tenure_since(&self, publisher: &str) -> Option<Instant>;

    /// Leave for one request to a publisher that it looks after. To be asked last before the request is sent: what is given then is not taken
    /// back, but ends.
    fn begin(&self, publisher: &str) -> Option<Leave>;

    /// Asks whoever looks after a publisher for a turn, which is waited for so long at most.
    fn borrow<'a>(&'a self, publisher: &'a str, pace: Pace, patience: Duration) -> Borrowing<'a>;
}

/// A turn that is asked for.
pub type Borrowing<'a> = Pin<Box<dyn Future<Output = Result<Loan, Busy>> + Send + 'a>>;

/// Leave for one request, from before it is sent until this is dropped.
pub struct Leave {
    /// The tenure that it is of.
    pub since: Instant,
    /// Until when the request must have ended, by each of those who have a say in it. These move on as the tenure is renewed.
    pub until: Vec<watch::Receiver<Instant>>,
    /// Kept while the request is under way.
    pub held: Box<dyn Any + Send + Sync>,
}

/// What a host said in a turn, for whoever counts its turns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostWord {
    /// That it is asked too much, and how long it wants to be left in peace, if it said so.
    pub complaint: Option<Option<Duration>>,
    /// How long it wants to be left in peace, without a complaint.
    pub hold: Option<Duration>,
    /// Whether it answered as it should.
    pub is_content: bool,
}

/// A turn that another process has granted. It is given back when this is dropped, with what the host said.
pub struct Loan {
    /// Until when the request must have ended. It moves on as the loan is extended.
    pub until: watch::Receiver<Instant>,
    /// What the host said.
    pub word: HostWord,
    give_back: Option<Box<dyn FnOnce(HostWord) + Send>>,
}

impl Loan {
    /// One that is given back in this way.
    #[must_use]
    pub fn new(until: watch::Receiver<Instant>, give_back: Box<dyn FnOnce(HostWord) + Send>) -> Loan {
        Loan { until, word: HostWord::default(), give_back: Some(give_back) }
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        if let Some(give_back) = self.give_back.take() {
            give_back(std::mem::take(&mut self.word));
        }
    }
}

/// A turn of this process's gate that another process has. It ends when this is dropped.
pub struct Lent {
    pub(super) gate: HostGate,
    pub(super) publisher: String,
    pub(super) turn: Turn,
    pub(super) leave: Leave,
}

impl Lent {
    /// Until when this process may lend it: its own tenure.
    #[must_use]
    pub fn until(&self) -> Instant {
        let until = self.leave.until.iter().map(|until| *until.borrow()).min();
        until.unwrap_or_else(Instant::now)
    }

    /// Ends it, and does what the host asks for.
    pub fn ended(self, word: &HostWord) {
        let Lent { gate, publisher, turn, leave } = self;
        if let Some(retry_after) = word.complaint {
            gate.complaint(&publisher, retry_after, Counted::Here);
        }
        if let Some(time) = word.hold {
            gate.hold(&publisher, time, Counted::Here);
        }
        if word.is_content {
            gate.content(&publisher);
        }
        drop((turn, leave));
    }
}

/// Leave to send one request.
pub(super) enum Permit {
    /// This process asks all hosts.
    Free(Turn),
    /// It looks after this one.
    Own(Turn, Leave),
    /// Another one does.
    Lent(Loan),
}

impl Permit {
    /// Ends when the request must have ended; never where this process asks all hosts.
    pub(super) fn over(&self) -> impl Future<Output = ()> + Send + use<> {
        let until = match self {
            Permit::Free(_) => Vec::new(),
            Permit::Own(_, leave) => leave.until.clone(),
            Permit::Lent(loan) => vec![loan.until.clone()],
        };
        async move {
            let mut passing: tokio::task::JoinSet<()> = tokio::task::JoinSet::new();
            for until in until {
                passing.spawn(passed(until));
            }
            if passing.join_next().await.is_none() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// It is for robots.txt.
    pub(super) fn is_for_robots(&mut self) {
        match self {
            Permit::Free(turn) | Permit::Own(turn, _) => turn.is_for_robots(),
            // Whoever lends it counts all alike.
            Permit::Lent(_) => {}
        }
    }

    /// What a host said, to go back to whoever lent the turn.
    pub(super) fn word(&mut self) -> Option<&mut HostWord> {
        match self {
            Permit::Lent(loan) => Some(&mut loan.word),
            Permit::Free(_) | Permit::Own(..) => None,
        }
    }
}

/// Ends when a moment has passed that may move on meanwhile.
async fn passed(mut until: watch::Receiver<Instant>) {
    loop {
        let moment = *until.borrow_and_update();
        tokio::select! {
            () = tokio::time::sleep_until(moment) => return,
            changed = until.changed() => {
                if changed.is_err() {
                    // Nobody extends it any more.
                    tokio::time::sleep_until(moment).await;
                    return;
                }
            }
        }
    }
}

impl fmt::Debug for Leave {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leave").field("since", &self.since).field("until", &self.until).finish_non_exhaustive()
    }
}

impl fmt::Debug for Loan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loan").field("until", &*self.until.borrow()).field("word", &self.word).finish_non_exhaustive()
    }
}

impl fmt::Debug for Lent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lent").field("publisher", &self.publisher).field("leave", &self.leave).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
