//! The lease of a shard: at no time do two workers ask its hosts.
//!
//! A lease is a record in a key-value store that is written only by who names the revision that it replaces, as that of `JetStream` is. Nobody's time
//! of day is believed, neither a machine's nor the store's, and no clock is compared with another; clocks may go wrong in speed alone, and
//! by a known bound (Lamport's *Time, Clocks* tells why the rest is not to be had; Gray and Cheriton, *Leases*, 1989, the idea).
//!
//! * Who holds the lease may ask until `lasts` after it *sent* the last renewal that was stored.
//! * Who wants it has to see the same revision for `lasts` and the difference that clocks may make, and then replaces that revision. A renewal
//!   in the meantime has made another of it, and the attempt fails.
//!
//! So a renewal that was stored before an attempt hinders it, and one that was not was sent earlier than the attempt began to count. It matters
//! neither how long messages take, in which order they come, or whether they come twice, nor whether a read is old.
//!
//! What a program cannot know is that it stands still between a look at the clock and the sending of a request. That is why nothing is begun so
//! shortly before the end that it might not end in time, and why the look comes last.
//!
//! Pure: moments are the time since some start, by the clock of the machine that goes on while it sleeps.

use std::time::Duration;

/// What all workers must have agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// How long a lease lasts from the sending of its last renewal.
    pub lasts: Duration,
    /// How often it is renewed, and a foreign one looked at.
    pub renewed_every: Duration,
    /// How long an answer of the store is waited for.
    pub patience: Duration,
    /// What is asked for in the last of a lease might not end in time: nothing is begun then.
    pub last_request: Duration,
    /// By how many parts of a million a clock may be too fast or too slow.
    pub drift_ppm: u32,
}

impl Default for Terms {
    /// What workers of this version go by: a worker that dies is replaced within some twenty seconds.
    fn default() -> Terms {
        Terms {
            lasts: Duration::from_secs(15),
            renewed_every: Duration::from_secs(4),
            patience: Duration::from_secs(2),
            last_request: Duration::from_secs(2),
            drift_ppm: 1000,
        }
    }
}

impl Terms {
    /// How long a foreign lease is to be seen unchanged before it may be taken: as long as it lasts, by a clock that is too slow, seen from
    /// one that is too fast.
    #[must_use]
    pub fn waits(&self) -> Duration {
        let million = Duration::from_secs(1_000_000);
        let drift = Duration::from_secs(u64::from(self.drift_ppm));
        self.lasts.mul_f64((million + drift).div_duration_f64(million.saturating_sub(drift))) + Duration::from_millis(1)
    }
}

/// What is stored of a shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Who holds it: the name of a process, which no other has ever had. Nobody, where it was given back.
    pub owner: Option<String>,
    /// How often it has changed hands. Work that was given out under an earlier epoch is not done.
    pub epoch: u64,
}

/// A record, and which of its states it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The state.
    pub revision: u64,
    /// What it says.
    pub record: Record,
}

/// What is to be asked of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing before this moment.
    Wait(Duration),
    /// To be read.
    Read,
    /// To be written.
    Write(Write),
}

/// A record to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// By which its outcome is told from that of others.
    pub number: u64,
    /// The revision that it replaces; `None` where there is no record.
    pub replaces: Option<u64>,
    /// What is to stand there.
    pub record: Record,
}

/// What came of writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is stored as this revision.
    Stored(u64),
    /// Another revision stands there than was to be replaced.
    Refused,
}

/// One worker's view of the lease of a shard.
#[derive(Clone, Debug)]
pub struct Lease {
    me: String,
    terms: Terms,
    is_wanted: bool,
    state: State,
    /// When the record is read next, if it is to be read at all.
    next_look: Duration,
    n_writes: u64,
}

#[derive(Clone, Debug)]
enum State {
    /// It is not held.
    Foreign { seen: Option<Seen>, attempt: Option<Sent> },
    /// It is held. In doubt, because a renewal was refused, it is read before the next.
    Held {
        epoch: u64,
        revision: u64,
        until: Duration,
        next_renewal: Duration,
        renewal: Option<Sent>,
        is_in_doubt: bool,
    },
    /// It was held, and is being given back.
    Leaving { epoch: u64, revision: u64 },
}

/// What stood there, and since when it is known to.
#[derive(Clone, Debug)]
struct Seen {
    entry: Option<Entry>,
    since: Duration,
}

/// A write whose outcome is not known yet.
#[derive(Clone, Copy, Debug)]
struct Sent {
    number: u64,
    at: Duration,
    epoch: u64,
}

impl Lease {
    /// One that is not held.
    #[must_use]
    pub fn new(me: String, terms: Terms) -> Lease {
        let state = State::Foreign { seen: None, attempt: None };
        Lease { me, terms, is_wanted: false, state, next_look: Duration::ZERO, n_writes: 0 }
    }

    /// Whether it is to be taken as soon as it may be. One that is held is kept.
    pub fn want(&mut self, is_wanted: bool) {
        self.is_wanted = is_wanted;
    }

    /// Gives it back. All requests under it have ended.
    pub fn leave(&mut self) {
        self.is_wanted = false;
        if let State::Held { epoch, revision, .. } = self.state {
            self.state = State::Leaving { epoch, revision };
        }
    }

    /// The epoch under which a request may begin, and the moment at which it is to have ended. To be asked last before it is sent.
    #[must_use]
    pub fn may_ask(&self, now: Duration) -> Option<(u64, Duration)> {
        match self.state {
            State::Held { epoch, until, .. } if now + self.terms.last_request <= until => Some((epoch, until)),
            _ => None,
        }
    }

    /// The epoch under which it is held, and until when as far as is known.
    #[must_use]
    pub fn held(&self) -> Option<(u64, Duration)> {
        match self.state {
            State::Held { epoch, until, .. } => Some((epoch, until)),
            State::Foreign { .. } | State::Leaving { .. } => None,
        }
    }

    /// The moment from which it may be taken, by what was read last; nothing where it is held, or nothing was read.
    #[must_use]
    pub fn free_from(&self) -> Option<Duration> {
        match &self.state {
            State::Foreign { seen: Some(seen), .. } => Some(self.may_take_from(seen)),
            _ => None,
        }
    }

    fn may_take_from(&self, seen: &Seen) -> Duration {
        match &seen.entry {
            Some(Entry { record: Record { owner: None, .. }, .. }) => seen.since,
            // An attempt of ours, of whose outcome nothing was heard: nobody asks under it.
            Some(Entry { record: Record { owner: Some(owner), .. }, .. }) if *owner == self.me => seen.since,
            _ => seen.since + self.terms.waits(),
        }
    }

    /// Whether it is neither held nor wanted, so that there is nothing to ask of the store.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        !self.is_wanted && matches!(self.state, State::Foreign { attempt: None, .. })
    }

    /// What is to be asked of the store now. A write counts as sent with this.
    pub fn next(&mut self, now: Duration) -> Step {
        if let State::Held { until, .. } = self.state
            && now >= until
        {
            self.state = State::Foreign { seen: None, attempt: None };
            self.next_look = now;
        }
        let Terms { renewed_every, patience, .. } = self.terms;
        let may_take_from = self.free_from();
        let is_open = |sent: &Sent| now < sent.at + patience;
        let (replaces, epoch, owner) = match &mut self.state {
            State::Held { is_in_doubt: true, .. } => {
                if now < self.next_look {
                    return Step::Wait(self.next_look);
                }
                self.next_look = now + patience;
                return Step::Read;
            }
            State::Held { epoch, revision, next_renewal, renewal, .. } => {
                if let Some(sent) = renewal.filter(is_open) {
                    return Step::Wait(sent.at + patience);
                }
                if now < *next_renewal {
                    return Step::Wait(*next_renewal);
                }
                (Some(*revision), *epoch, Some(self.me.clone()))
            }
            State::Leaving { epoch, revision } => {
                let of_nobody = (Some(*revision), *epoch, None);
                // Should it get lost, others have to wait for as long as for one who died.
                self.state = State::Foreign { seen: None, attempt: None };
                of_nobody
            }
            State::Foreign { seen, attempt } => {
                if let Some(sent) = attempt.filter(is_open) {
                    return Step::Wait(sent.at + patience);
                }
                *attempt = None;
                match (may_take_from.filter(|_| self.is_wanted), seen) {
                    (Some(from), Some(Seen { entry, .. })) if from <= now => {
                        let epoch = entry.as_ref().map_or(0, |entry| entry.record.epoch) + 1;
                        (entry.as_ref().map(|entry| entry.revision), epoch, Some(self.me.clone()))
                    }
                    _ if self.next_look <= now => {
                        self.next_look = now + renewed_every;
                        return Step::Read;
                    }
                    (from, _) => return Step::Wait(from.map_or(self.next_look, |from| from.min(self.next_look))),
                }
            }
        };
        self.n_writes += 1;
        let sent = Sent { number: self.n_writes, at: now, epoch };
        match &mut self.state {
            State::Held { renewal, .. } => *renewal = Some(sent),
            State::Foreign { attempt, .. } if owner.is_some() => *attempt = Some(sent),
            _ => {}
        }
        Step::Write(Write { number: sent.number, replaces, record: Record { owner, epoch } })
    }

    /// What stood there when it was read.
    pub fn read(&mut self, now: Duration, entry: Option<Entry>) {
        match &mut self.state {
            State::Foreign { seen, .. } => {
                let is_other = seen.as_ref().is_none_or(|seen| seen.entry != entry);
                // An old answer that comes late changes nothing but that it has to be waited once more.
                if is_other {
                    *seen = Some(Seen { entry, since: now });
                }
            }
            State::Held { epoch, revision, is_in_doubt, .. } => match entry {
                // An old answer.
                Some(entry) if entry.revision <= *revision => {}
                // A renewal of ours, of whose outcome nothing was heard.
                Some(entry) if entry.record.owner.as_ref() == Some(&self.me) && entry.record.epoch == *epoch => {
                    *revision = entry.revision;
                    *is_in_doubt = false;
                }
                _ => self.state = State::Foreign { seen: Some(Seen { entry, since: now }), attempt: None },
            },
            State::Leaving { .. } => {}
        }
    }

    /// What came of a write. One that was refused has the record read next.
    pub fn written(&mut self, now: Duration, number: u64, outcome: Outcome) {
        let Terms { lasts, renewed_every, .. } = self.terms;
        match &mut self.state {
            State::Held { revision, until, next_renewal, renewal, is_in_doubt, .. } => {
                let Some(sent) = renewal.take_if(|sent| sent.number == number) else { return };
                match outcome {
                    Outcome::Stored(stored) => {
                        (*revision, *until, *next_renewal) = (stored, sent.at + lasts, sent.at + renewed_every);
                    }
                    Outcome::Refused => (*is_in_doubt, self.next_look) = (true, now),
                }
            }
            State::Foreign { seen, attempt } => {
                let Some(sent) = attempt.take_if(|sent| sent.number == number) else { return };
                match outcome {
                    Outcome::Stored(revision) => {
                        self.state = State::Held {
                            epoch: sent.epoch,
                            revision,
                            until: sent.at + lasts,
                            next_renewal: sent.at + renewed_every,
                            renewal: None,
                            is_in_doubt: false,
                        };
                    }
                    Outcome::Refused => (*seen, self.next_look) = (None, now),
                }
            }
            State::Leaving { .. } => {}
        }
    }
}

#[cfg(test)]
mod play;
