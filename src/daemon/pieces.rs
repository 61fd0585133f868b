//! The pieces of work that are under way, and the slots that they take.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::Instant;
use url::Url;

use crate::config::DaemonSettings;
use crate::model::ClaimId;
use crate::pipeline::{Progress, Step};
use crate::store::Share;

use super::in_work::InWork;

/// What waits for its host longer than this takes no slot, since it costs next to nothing. Until then it does, so that not all
/// is asked at once.
const SLOW_AFTER: Duration = Duration::from_millis(50);

/// Which of the loop's slots a piece of work has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Poll,
    Article,
}

/// A piece of work that is under way.
struct Piece {
    slot: Slot,
    claim: ClaimId,
    started: Instant,
    /// Whether it asks somebody who was never reached, is slow or fails.
    is_probe: bool,
    progress: Progress,
    /// By which it is let go of, once it runs.
    task: Option<AbortHandle>,
}

impl Piece {
    /// Whether it takes a slot: it is at work, or was begun just now.
    fn takes_slot(&self, now: Instant) -> bool {
        match self.progress.step() {
            Step::AtWork => true,
            Step::Waiting => self.begun_just_now(now).is_some(),
            Step::HandedOver => false,
        }
    }

    /// Whether it waits for its host, and has done so for a while.
    fn is_slow(&self, now: Instant) -> bool {
        self.is_waiting() && self.begun_just_now(now).is_none()
    }

    fn is_waiting(&self) -> bool {
        self.progress.step() == Step::Waiting
    }

    /// How long it takes a slot though it merely waits; nothing where that time is over.
    fn begun_just_now(&self, now: Instant) -> Option<Duration> {
        SLOW_AFTER.checked_sub(now.duration_since(self.started)).filter(|left| !left.is_zero())
    }
}

/// What is under way, by the numbers of the tasks.
#[derive(Default)]
pub(super) struct Pieces {
    by_number: HashMap<u64, Piece>,
    n_begun: u64,
    /// The same for those who watch.
    in_work: InWork,
    /// Told when a piece is handed over to the store, which ends its slot.
    handed_over: Arc<Notify>,
}

impl Pieces {
    /// Writes down that a piece of work is begun. Returns its number, and where it says what it is at.
    pub(super) fn begin(&mut self, slot: Slot, claim: ClaimId, is_probe: bool, url: &Url) -> (u64, Progress) {
        self.n_begun += 1;
        self.in_work.begin(self.n_begun, slot == Slot::Poll, url);
        let progress = Progress::new(self.handed_over.clone());
        let piece = Piece { slot, claim, started: Instant::now(), is_probe, progress: progress.clone(), task: None };
        self.by_number.insert(self.n_begun, piece);
        (self.n_begun, progress)
    }

    /// Writes down by what a piece is let go of.
    pub(super) fn runs_as(&mut self, number: u64, task: AbortHandle) {
        if let Some(piece) = self.by_number.get_mut(&number) {
            piece.task = Some(task);
        }
    }

    /// Writes down that a piece has ended. Returns its claim.
    pub(super) fn end(&mut self, number: u64) -> Option<ClaimId> {
        self.in_work.end(number);
        self.by_number.remove(&number).map(|piece| piece.claim)
    }

    /// Shows from now on what is under way.
    pub(super) fn show(&mut self, in_work: InWork) {
        self.in_work = in_work;
    }

    /// How many there are.
    pub(super) fn n(&self) -> usize {
        self.by_number.len()
    }

    /// How many there are of a kind.
    pub(super) fn n_of(&self, slot: Slot) -> usize {
        self.by_number.values().filter(|piece| piece.slot == slot).count()
    }

    /// How many wait for their host.
    pub(super) fn n_waiting(&self) -> usize {
        self.by_number.values().filter(|piece| piece.is_waiting()).count()
    }

    /// How many pieces of a kind may be begun. Probes have slots of their own, so that they keep nobody waiting and nobody them.
    /// A piece that waits for its host takes no slot, but only so many may wait; one that is handed over takes none either.
    pub(super) fn room(&self, slot: Slot, settings: &DaemonSettings) -> Share {
        let n_slots = match slot {
            Slot::Poll => settings.poll_tasks,
            Slot::Article => settings.article_tasks,
        };
        let now = Instant::now();
        let room = |is_probe: bool| {
            let pieces = self.by_number.values().filter(|piece| piece.slot == slot && piece.is_probe == is_probe);
            let (n_in_slots, n_slow) = pieces.fold((0, 0), |(n_in_slots, n_slow), piece| {
                (n_in_slots + usize::from(piece.takes_slot(now)), n_slow + usize::from(piece.is_slow(now)))
            });
            if n_slow < settings.slow_tasks { n_slots.saturating_sub(n_in_slots) } else { 0 }
        };
        Share { n_sound: room(false), n_probes: room(true) }
    }

    /// When the next piece that is under way takes no slot any more, unless it ends before.
    pub(super) fn until_a_slot_is_free(&self) -> Option<Duration> {
        let now = Instant::now();
        let waiting = self.by_number.values().filter(|piece| piece.is_waiting());
        waiting.filter_map(|piece| piece.begun_just_now(now)).min()
    }

    /// Ends when a piece is handed over, or one was since this was last asked.
    pub(super) async fn handed_over(&self) {
        self.handed_over.notified().await;
    }

    /// Ends what waits for its host. What is at work has its whole answer and goes on, to its commit. Returns how many there
    /// were.
    pub(super) fn let_go_of_waiting(&mut self) -> usize {
        let n_before = self.by_number.len();
        let in_work = &self.in_work;
        self.by_number.retain(|number, piece| {
            let is_waiting = piece.is_waiting();
            if is_waiting && let Some(task) = &piece.task {
                task.abort();
            }
            if is_waiting {
                in_work.end(*number);
            }
            !is_waiting
        });
        n_before - self.by_number.len()
    }
}
