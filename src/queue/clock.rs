//! A clock that goes on while the machine sleeps.

use std::time::Duration;

use tokio::time::Instant;

/// Where moments come from.
#[derive(Clone, Copy, Debug, Default)]
pub enum Clock {
    /// The machine: time since some moment before it was started. It never goes back, whatever is done to the time of day, and goes on in
    /// standby.
    #[default]
    Machine,
    /// Time since then, by the runtime's clock, which tests let go as they want it.
    Since(Instant),
    /// The same, and the milliseconds that the machine has slept.
    #[cfg(test)]
    Asleep(Instant, &'static std::sync::atomic::AtomicU64),
}

impl Clock {
    /// The moment.
    #[must_use]
    pub fn now(self) -> Duration {
        match self {
            Clock::Machine => machine_time(),
            Clock::Since(start) => start.elapsed(),
            #[cfg(test)]
            Clock::Asleep(start, slept) => {
                start.elapsed() + Duration::from_millis(slept.load(std::sync::atomic::Ordering::Relaxed))
            }
        }
    }
}

fn machine_time() -> Duration {
    #[cfg(target_os = "linux")]
    let clock = rustix::time::ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    let clock = rustix::time::ClockId::Monotonic;
    let time = rustix::time::clock_gettime(clock);
    let (seconds, nanoseconds) = (u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0));
    Duration::new(seconds, nanoseconds)
}
