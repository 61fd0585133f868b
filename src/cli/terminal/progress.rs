//! Progress on stderr, where that is a terminal: a bar for work that comes to an end, a line for work that goes on.
//!
//! What is written to stderr meanwhile goes through [`above`], so that neither tears the other.

use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use crate::cli::terminal::messages::say;
use crate::cli::terminal::output::ColorChoice;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

/// Work that ends sooner shows no bar: nobody could read it.
const SHOWN_AFTER: Duration = Duration::from_millis(500);

/// Between two pictures of a bar.
const TICK: Duration = Duration::from_millis(100);

/// Pictures of a line in a second, at most: it stays for days, also over slow connections.
const LINE_HZ: u8 = 4;

/// What takes longer than this is named.
const SLOW_AFTER: Duration = Duration::from_secs(3);

/// How long a process that is to end waits for its terminal.
const MOMENT: Duration = Duration::from_millis(200);

/// What is on the terminal now.
static ON_TERMINAL: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Whether stderr is a terminal on which something can be overwritten.
pub(crate) fn can_redraw() -> bool {
    io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|name| name != "dumb")
}

/// Writes to stderr above the bar or line that is there, if one is.
pub(crate) fn above<T>(act: impl FnOnce() -> T) -> T {
    let bar = ON_TERMINAL.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match bar {
        Some(bar) => bar.suspend(act),
        None => act(),
    }
}

/// Has bars, lines and the log on stderr follow what was asked for; `NO_COLOR` counts where nothing was.
pub(crate) fn choose_colors(choice: ColorChoice) {
    match choice {
        ColorChoice::Auto => {}
        ColorChoice::Always => console::set_colors_enabled_stderr(true),
        ColorChoice::Never => {
            console::set_colors_enabled(false);
            console::set_colors_enabled_stderr(false);
        }
    }
}

/// As [`above`], for who cannot wait: whoever has the terminal may be waiting for a reader.
pub(crate) fn tell_soon(line: &'static str) {
    soon(move || above(|| say!("{line}")));
}

/// Takes away what is on the terminal: the process ends.
pub(crate) fn take_away() {
    soon(|| {
        let bar = ON_TERMINAL.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
    });
}

/// Does something, and waits for its end for a moment only.
fn soon(act: impl FnOnce() + Send + 'static) {
    let (done, is_done) = mpsc::channel();
    std::thread::spawn(move || {
        act();
        // Nobody need be waiting any more.
        let _ = done.send(());
    });
    let _ = is_done.recv_timeout(MOMENT);
}

/// Standard error, whatever is on the terminal. Each call writes a whole line.
pub(crate) struct AboveProgress;

impl Write for AboveProgress {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        above(|| io::stderr().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// What is at work, and for how long: named where it is slow.
type AtWork = Arc<Mutex<Option<Box<dyn Fn() -> Option<(String, Duration)> + Send>>>>;

/// A bar, or nothing where nobody watches.
#[derive(Clone)]
pub(crate) struct Progress {
    bar: ProgressBar,
    is_shown: bool,
    at_work: AtWork,
}

impl Progress {
    /// A bar that does not know how much there is to do yet.
    pub(crate) fn start(what: &str, is_quiet: bool) -> Self {
        Progress::in_style(what, is_quiet, "{bar:20.green/dim} {pos}/{len}  {rate}  {left}{slow}{wide_msg}")
    }

    /// A bar whose length and position are bytes.
    pub(crate) fn through_bytes(what: &str, is_quiet: bool) -> Self {
        let figures =
            "{bar:20.green/dim} {binary_bytes}/{binary_total_bytes}  {binary_bytes_per_sec}  {left}{slow}{wide_msg}";
        Progress::in_style(what, is_quiet, figures)
    }

    /// A sign of life of work of which nobody knows how much there is.
    pub(crate) fn without_end(what: &str, is_quiet: bool) -> Self {
        Progress::in_style(what, is_quiet, "{elapsed:.dim}  {slow}{wide_msg}")
    }

    /// A line that stays at the bottom of the terminal, for work that goes on.
    pub(crate) fn line() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(LINE_HZ));
        bar.set_style(style("{wide_msg}"));
        show(&bar);
        Progress { bar, is_shown: true, at_work: AtWork::default() }
    }

    fn in_style(what: &str, is_quiet: bool, figures: &str) -> Self {
        let is_shown = can_redraw() && !is_quiet;
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
        let at_work = AtWork::default();
        let slow = at_work.clone();
        let style = style(&format!("{{spinner:.green}} {{prefix}} {figures}"))
            .with_key("left", |state: &ProgressState, line: &mut dyn std::fmt::Write| {
                if let Some(left) = time_left(state) {
                    let _ = write!(line, "{} left  ", span(left));
                }
            })
            .with_key("rate", |state: &ProgressState, line: &mut dyn std::fmt::Write| {
                let rate = state.per_sec();
                let digits = usize::from(rate < 10.0);
                let _ = write!(line, "{rate:.digits$}/s");
            })
            .with_key("slow", move |_: &ProgressState, line: &mut dyn std::fmt::Write| {
                let at_work = slow.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(text) = at_work.as_ref().and_then(|at_work| at_work()).and_then(told_if_slow) {
                    let _ = write!(line, "{text}  ");
                }
            });
        bar.set_style(style);
        bar.set_prefix(what.to_owned());
        if is_shown {
            let shown = bar.clone();
            std::thread::spawn(move || {
                std::thread::sleep(SHOWN_AFTER);
                if !shown.is_finished() {
                    shown.set_draw_target(ProgressDrawTarget::stderr());
                    shown.enable_steady_tick(TICK);
                    show(&shown);
                }
            });
        }
        Progress { bar, is_shown, at_work }
    }

    /// Names what is slow: `at_work` says what has been at work the longest, and for how long.
    pub(crate) fn watch(&self, at_work: impl Fn() -> Option<(String, Duration)> + Send + 'static) {
        *self.at_work.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(at_work));
    }

    /// Names what is at work now, if that takes long.
    pub(crate) fn set_at_work(&self, name: String) {
        let began_at = Instant::now();
        self.watch(move || Some((name.clone(), began_at.elapsed())));
    }

    /// Whether somebody watches.
    pub(crate) fn is_shown(&self) -> bool {
        self.is_shown
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
        self.suspend(|| say!("{line}"));
    }

    /// Does something that writes to the terminal while the bar is out of the way.
    pub(crate) fn suspend<T>(&self, act: impl FnOnce() -> T) -> T {
        if self.is_shown { self.bar.suspend(act) } else { act() }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        // What has been at work may hold on to more than its name.
        *self.at_work.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let mut on_terminal = ON_TERMINAL.lock().unwrap_or_else(PoisonError::into_inner);
        *on_terminal = None;
        self.bar.finish_and_clear();
    }
}

/// What is slow, in words.
pub(crate) fn told_if_slow((name, since): (String, Duration)) -> Option<String> {
    (since >= SLOW_AFTER).then(|| format!("{name} ({})", span(since)))
}

/// A span of time as people read it: `41 s`, `3 min 2 s`, `2 h 13 min`, `5 d 2 h`.
pub(crate) fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{minutes} min {} s", seconds % 60),
        3600..86_400 => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

/// How long the rest takes; nothing while nobody can know.
fn time_left(state: &ProgressState) -> Option<Duration> {
    let is_known = state.pos() > 0 && state.len().is_some_and(|length| length > state.pos());
    is_known.then(|| state.eta()).filter(|left| *left >= Duration::from_secs(1))
}

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    style.progress_chars("━━╌")
}

fn show(bar: &ProgressBar) {
    let mut on_terminal = ON_TERMINAL.lock().unwrap_or_else(PoisonError::into_inner);
    // It may have come to its end just now.
    if !bar.is_finished() {
        *on_terminal = Some(bar.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_told_in_two_units() {
        let check = |seconds: u64, expected: &str| assert_eq!(span(Duration::from_secs(seconds)), expected);
        check(0, "0 s");
        check(59, "59 s");
        check(182, "3 min 2 s");
        check(7_980, "2 h 13 min");
        check(439_200, "5 d 2 h");
    }

    #[test]
    fn only_what_is_slow_is_named() {
        let told = |seconds| told_if_slow(("slow.example".to_owned(), Duration::from_secs(seconds)));
        assert_eq!(told(2), None);
        assert_eq!(told(12).as_deref(), Some("slow.example (12 s)"));
    }
}
