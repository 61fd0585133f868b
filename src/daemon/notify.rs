//! What systemd hears of us (`sd_notify(3)`): readiness, figures, signs of life. Silent where nobody listens.

use std::time::{Duration, Instant};

use sd_notify::NotifyState;

/// Between two messages while the database is opened.
const OPENING_PAUSE: Duration = Duration::from_secs(1);

/// Without a message for so long then, it hangs: the longest step that SQLite takes without a look is to sort an index.
const OPENING_STEP_MAX: Duration = Duration::from_mins(5);

/// The way to the service manager.
#[derive(Clone, Copy, Debug)]
pub struct Notifier {
    watchdog: Option<Duration>,
}

impl Notifier {
    /// Looks at how we were started.
    #[must_use]
    pub fn from_environment() -> Self {
        Notifier { watchdog: sd_notify::watchdog_enabled() }
    }

    /// How often a sign of life is wanted: three times in the time after which we would be taken for dead.
    #[must_use]
    pub fn interval(&self) -> Duration {
        const WITHOUT_WATCHDOG: Duration = Duration::from_secs(10);
        self.watchdog.map_or(WITHOUT_WATCHDOG, |limit| (limit / 3).clamp(Duration::from_millis(100), WITHOUT_WATCHDOG))
    }

    /// Ready: settings read, database migrated, first work claimed.
    pub fn ready(&self, status: &str) {
        self.send(&[NotifyState::Ready, NotifyState::Status(status)]);
    }

    /// The line that `systemctl status` shows.
    pub fn status(&self, status: &str) {
        self.send(&[NotifyState::Status(status)]);
    }

    /// A sign of life.
    pub fn alive(&self) {
        self.send(&[NotifyState::Watchdog]);
    }

    /// To be called while the database is opened: says that it goes on, so that the start is not given up after a time that was meant for
    /// smaller ones.
    pub fn while_opening(self) -> impl FnMut() + Send + 'static {
        let began_at = Instant::now();
        let mut next_at = began_at + OPENING_PAUSE;
        move || {
            let now = Instant::now();
            if now >= next_at {
                next_at = now + OPENING_PAUSE;
                let status = format!("bringing the database to this version, for {} s", (now - began_at).as_secs());
                self.send(&[more_time(OPENING_STEP_MAX), NotifyState::Status(&status)]);
            }
        }
    }

    /// Stopping on purpose, which takes so long at most.
    pub fn stopping(&self, status: &str, time_max: Duration) {
        self.send(&[NotifyState::Stopping, more_time(time_max), NotifyState::Status(status)]);
    }

    #[expect(clippy::unused_self, reason = "the way to the manager is in the environment, which only this type uses")]
    fn send(&self, states: &[NotifyState<'_>]) {
        // Where no manager listens there is nothing to tell, and nothing that could be done about a failure.
        let _ = sd_notify::notify(states);
    }
}

/// Puts off the time after which a start or a stop is given up: until so long from now, if that is later.
fn more_time(time: Duration) -> NotifyState<'static> {
    NotifyState::ExtendTimeoutUsec(u32::try_from(time.as_micros()).unwrap_or(u32::MAX))
}
