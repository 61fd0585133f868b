//! What systemd hears of us (`sd_notify(3)`): readiness, figures, signs of life. Silent where nobody listens.

use std::time::Duration;

use sd_notify::NotifyState;

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

    /// Stopping on purpose.
    pub fn stopping(&self, status: &str) {
        self.send(&[NotifyState::Stopping, NotifyState::Status(status)]);
    }

    #[expect(clippy::unused_self, reason = "the way to the manager is in the environment, which only this type uses")]
    fn send(&self, states: &[NotifyState<'_>]) {
        // Where no manager listens there is nothing to tell, and nothing that could be done about a failure.
        let _ = sd_notify::notify(states);
    }
}
