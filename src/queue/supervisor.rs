//! The tasks that go on for as long as a process works. Where one panics, or finds that the process must not go on, the process hears of it and
//! ends.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use tokio::sync::watch;
use tracing::error;

/// Why a process ends that was to go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A task has panicked, and nothing goes on without it: what it did, in a few words.
    #[error("the task that {0} has panicked, which the log tells more of; start newswire again")]
    Panicked(&'static str),
    /// Another process does what this one does: a sentence, with what to do.
    #[error("{0}")]
    Displaced(String),
}

/// Hears of faults. Cheap to clone: all clones hear of the same.
#[derive(Clone, Debug, Default)]
pub struct Supervisor {
    first: watch::Sender<Option<Fault>>,
}

impl Supervisor {
    /// The same task, which ends if it panics, and is heard of then by its name: what it does, in a few words.
    pub fn watched<T: Future<Output = ()>>(&self, name: &'static str, task: T) -> impl Future<Output = ()> + use<T> {
        let supervisor = self.clone();
        async move {
            // Nobody looks at what it has left: the process ends.
            if AssertUnwindSafe(task).catch_unwind().await.is_err() {
                error!("the task that {name} has panicked, and this process ends");
                supervisor.end_with(Fault::Panicked(name));
            }
        }
    }

    /// Has the process end with this, where it does not end already.
    pub fn end_with(&self, fault: Fault) {
        self.first.send_if_modified(|first| {
            let is_first = first.is_none();
            first.get_or_insert(fault);
            is_first
        });
    }

    /// Runs a task beside others, watched.
    pub fn spawn(
        &self,
        name: &'static str,
        task: impl Future<Output = ()> + Send + 'static,
    ) -> tokio::task::JoinHandle<()> {
        tokio::spawn(self.watched(name, task))
    }

    /// Waits until there is a fault, and tells the first.
    pub async fn fault(&self) -> Fault {
        let mut first = self.first.subscribe();
        // The sender lives as long as `self`.
        let fault = first.wait_for(Option::is_some).await.ok().and_then(|fault| fault.clone());
        match fault {
            Some(fault) => fault,
            None => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Fault, Supervisor};

    #[tokio::test(start_paused = true)]
    async fn a_task_that_panics_is_heard_of_and_one_that_ends_is_not() {
        let supervisor = Supervisor::default();
        supervisor.spawn("ends", async {}).await.unwrap();
        let aborted = supervisor.spawn("waits", std::future::pending());
        aborted.abort();
        assert!(aborted.await.is_err());
        assert!(tokio::time::timeout(Duration::from_secs(1), supervisor.fault()).await.is_err());
        let clone = supervisor.clone();
        let heard = tokio::spawn(async move { clone.fault().await });
        supervisor.spawn("falls", async { panic!("on purpose") }).await.expect("it is caught");
        supervisor.spawn("falls too", async { panic!("on purpose") }).await.expect("it is caught");
        supervisor.end_with(Fault::Displaced("another is there".to_owned()));
        assert_eq!(heard.await.unwrap(), Fault::Panicked("falls"));
        assert_eq!(supervisor.fault().await, Fault::Panicked("falls"), "also for who asks later");
    }
}
