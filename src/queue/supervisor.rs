//! The tasks that go on for as long as a process works. Where one panics the process hears of it, and ends rather than go on without.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use tokio::sync::watch;
use tracing::error;

/// A task has panicked, and nothing goes on without it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the task that {task} has panicked, which the log tells more of; start newswire again")]
pub struct TaskPanicked {
    /// What it did, in a few words.
    pub task: &'static str,
}

/// Hears of tasks that panic. Cheap to clone: all clones hear of the same.
#[derive(Clone, Debug, Default)]
pub struct Supervisor {
    panicked: watch::Sender<Option<&'static str>>,
}

impl Supervisor {
    /// The same task, which ends if it panics, and is heard of then by its name: what it does, in a few words.
    pub fn watched<T: Future<Output = ()>>(&self, name: &'static str, task: T) -> impl Future<Output = ()> + use<T> {
        let panicked = self.panicked.clone();
        async move {
            // Nobody looks at what it has left: the process ends.
            if AssertUnwindSafe(task).catch_unwind().await.is_err() {
                error!("the task that {name} has panicked, and this process ends");
                panicked.send_if_modified(|first| {
                    let is_first = first.is_none();
                    first.get_or_insert(name);
                    is_first
                });
            }
        }
    }

    /// Runs a task beside others, watched.
    pub fn spawn(
        &self,
        name: &'static str,
        task: impl Future<Output = ()> + Send + 'static,
    ) -> tokio::task::JoinHandle<()> {
        tokio::spawn(self.watched(name, task))
    }

    /// Waits until a task has panicked, and tells which was the first.
    pub async fn fault(&self) -> TaskPanicked {
        let mut panicked = self.panicked.subscribe();
        // The sender lives as long as `self`.
        let name = panicked.wait_for(Option::is_some).await.ok().and_then(|name| *name);
        match name {
            Some(task) => TaskPanicked { task },
            None => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Supervisor, TaskPanicked};

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
        assert_eq!(heard.await.unwrap(), TaskPanicked { task: "falls" });
        assert_eq!(supervisor.fault().await.task, "falls", "also for who asks later");
    }
}
