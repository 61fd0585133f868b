//! Progress on stderr: a bar on a terminal, a line now and then in a pipe.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar, or nothing where nobody watches.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    is_shown: bool,
}

impl Progress {
    /// A bar that does not know how much there is to do yet.
    pub(crate) fn start(what: &str, is_quiet: bool) -> Self {
        Progress::in_style(what, is_quiet, "{pos}/{len} {wide_msg}")
    }

    /// A bar whose length and position are bytes, with the time that is left.
    pub(crate) fn through_bytes(what: &str) -> Self {
        Progress::in_style(what, false, "{binary_bytes}/{binary_total_bytes}, {eta} left, {wide_msg}")
    }

    fn in_style(what: &str, is_quiet: bool, figures: &str) -> Self {
        let is_shown = std::io::stderr().is_terminal() && !is_quiet;
        let bar = ProgressBar::new(0);
        bar.set_draw_target(if is_shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() });
        let template = format!("{{spinner:.green}} {{prefix}} {{bar:28.green/dim}} {figures}");
        let style = ProgressStyle::with_template(&template)
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("━━╌");
        bar.set_style(style);
        bar.set_prefix(what.to_owned());
        if is_shown {
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        Progress { bar, is_shown }
    }

    /// How much there is to do, as far as is known.
    pub(crate) fn set_length(&self, length: u64) {
        self.bar.set_length(length);
    }

    /// There is so much more to do than was known.
    pub(crate) fn add_length(&self, more: u64) {
        self.bar.inc_length(more);
    }

    /// How long it has gone on.
    pub(crate) fn elapsed(&self) -> Duration {
        self.bar.elapsed()
    }

    /// How much is done.
    pub(crate) fn set_position(&self, position: u64) {
        self.bar.set_position(position);
    }

    /// What is going on.
    pub(crate) fn set_message(&self, message: String) {
        self.bar.set_message(message);
    }

    /// Tells something on stderr, above the bar.
    pub(crate) fn tell(&self, line: &str) {
        if self.is_shown {
            self.bar.suspend(|| eprintln!("{line}"));
        } else {
            eprintln!("{line}");
        }
    }

    /// Does something that writes to the terminal while the bar is out of the way.
    pub(crate) fn suspend<T>(&self, act: impl FnOnce() -> T) -> T {
        if self.is_shown { self.bar.suspend(act) } else { act() }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
