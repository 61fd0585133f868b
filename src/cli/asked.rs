//! What another process, mostly the daemon, was asked for through the database: waited for until it is done.

use std::collections::BTreeSet;
use std::time::Duration;

use clap::Args;
use jiff::{SignedDuration, Timestamp};

use crate::config::Config;
use crate::forms;
use crate::model::{LinkId, SourceId};
use crate::store::{self, AskedLink, AskedSource, Mark, Reader};

use super::failure::Failure;
use super::terminal::messages::say;
use super::terminal::progress::Progress;
use super::terminal::signals::{self, Interrupt};
use super::terminal::text::counted;

/// Between two looks at what is done: soon enough for whoever watches, and next to nothing for the database.
const LOOK_PAUSE: Duration = Duration::from_millis(200);

/// Whether to wait.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct WaitArguments {
    /// Beside a daemon: wait until it is done, for at most so many seconds [default: 60], and show what came of it
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "60")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=86_400))]
    wait: Option<u32>,
}

impl WaitArguments {
    /// For how long; nothing where nobody waits.
    pub(crate) fn patience(&self) -> Option<Duration> {
        self.wait.map(|seconds| Duration::from_secs(u64::from(seconds)))
    }
}

/// What was asked for.
pub(crate) struct Asked {
    pub(crate) mark: Mark,
    pub(crate) sources: Vec<SourceId>,
    pub(crate) links: BTreeSet<LinkId>,
}

/// Why the wait is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// All is done, or waits for its host for longer than anybody waits here.
    Done,
    /// The time has run out.
    OutOfTime,
    /// The process that was asked has ended, and no other has taken its place.
    Abandoned,
}

impl Asked {
    /// Nothing yet. To be called before anything is asked for.
    pub(crate) fn begin(reader: &Reader) -> Result<Asked, Failure> {
        Ok(Asked { mark: reader.mark()?, sources: Vec::new(), links: BTreeSet::new() })
    }

    /// Waits until all is done: the polls, and then the pages that they listed.
    pub(crate) fn wait(
        &mut self,
        config: &Config,
        reader: &Reader,
        patience: Duration,
        is_quiet: bool,
        interrupt: &Interrupt,
    ) -> Result<Ended, Failure> {
        let patience = SignedDuration::try_from(patience).unwrap_or(SignedDuration::MAX);
        let deadline = Timestamp::now().saturating_add(patience).unwrap_or(Timestamp::MAX);
        let progress = Progress::start("waiting", is_quiet);
        let mut to_poll = self.sources.clone();
        let mut to_do: Vec<LinkId> = self.links.iter().copied().collect();
        let ended = loop {
            // Before the look: what was done by then is seen.
            let is_abandoned = store::is_locked_by(&config.store.path).is_none();
            let mut still_to_poll = Vec::new();
            for source in std::mem::take(&mut to_poll) {
                match reader.asked_source(source, &self.mark)? {
                    Some(AskedSource { is_polled: true, .. }) => {
                        for link in reader.links_of_poll(source, &self.mark)? {
                            if self.links.insert(link) {
                                to_do.push(link);
                            }
                        }
                    }
                    Some(AskedSource { waits_until: Some(until), .. }) if until > deadline => {}
                    Some(_) => still_to_poll.push(source),
                    None => {}
                }
            }
            to_poll = still_to_poll;
            to_do = reader.links_in_work(&to_do, &self.mark, deadline)?;
            let n_left = to_poll.len() + to_do.len();
            if n_left == 0 {
                break Ended::Done;
            }
            if is_abandoned {
                break Ended::Abandoned;
            }
            if interrupt.is_stopped() {
                progress.finish();
                return Err(signals::interrupted(
                    "the process that was asked goes on with it, and nobody waits for that any more",
                ));
            }
            if Timestamp::now() >= deadline {
                break Ended::OutOfTime;
            }
            let n_all = self.sources.len() + self.links.len();
            progress.set_length(u64::try_from(n_all).unwrap_or(u64::MAX));
            progress.set_position(u64::try_from(n_all - n_left).unwrap_or(0));
            progress.set_message(match (to_poll.len(), to_do.len()) {
                (0, n) => counted(n, "page"),
                (n, 0) => counted(n, "source"),
                (n, m) => format!("{} and {}", counted(n, "source"), counted(m, "page")),
            });
            std::thread::sleep(LOOK_PAUSE);
        };
        progress.finish();
        Ok(ended)
    }

    /// How the links stand that were asked for, and those that the polls brought.
    pub(crate) fn links(&self, reader: &Reader) -> Result<Vec<AskedLink>, Failure> {
        let links: Vec<LinkId> = self.links.iter().copied().collect();
        Ok(reader.asked_links(&links, &self.mark)?)
    }

    /// How the sources stand that were asked for.
    pub(crate) fn sources(&self, reader: &Reader) -> Result<Vec<AskedSource>, Failure> {
        let sources = self.sources.iter().map(|source| reader.asked_source(*source, &self.mark));
        Ok(sources.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }
}

/// Says what keeps the workers of a daemon from what is handed over, if anything does.
pub(crate) fn tell_of_queue(reader: &Reader) -> Result<(), Failure> {
    let now = Timestamp::now();
    let queue = reader.queue_state()?.filter(|queue| !queue.is_sole && forms::queue::old_since(queue, now).is_none());
    if let Some(trouble) = queue.and_then(|queue| queue.trouble(now, SignedDuration::ZERO)) {
        say!("newswire: it may have to wait: {}", trouble.why);
    }
    Ok(())
}

impl Ended {
    /// What becomes of a command for which not all was done: what is left is named, and who does it.
    pub(crate) fn failure(self, holder: &str, patience: Duration, n_left: usize, n_done: u64) -> Option<Failure> {
        let text = match self {
            Ended::Done => return None,
            Ended::OutOfTime => {
                let seconds = patience.as_secs();
                format!("after {seconds} s {n_left} of what was asked for is not done; {holder} goes on with it")
            }
            Ended::Abandoned => format!(
                "{holder} has ended before {n_left} of what was asked for was done; the next `newswire run` or \
                 `newswire fetch --due` does it"
            ),
        };
        Some(match self {
            _ if n_done > 0 => Failure::Partly(text),
            Ended::OutOfTime => Failure::Busy(text),
            _ => Failure::Failed(text),
        })
    }
}
