//! Where messages go: text on a terminal, the journal's own fields under systemd, JSON where it is asked for. Always
//! stderr or the journal, never stdout.

use std::fs::File;
use std::io::IsTerminal;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use serde_json::json;
use tracing::field::Field;
use tracing_journald::{Priority, PriorityMappings};
use tracing_subscriber::fmt::format::{FormatFields, Writer, debug_fn};
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt};

use super::messages::{say, tell};
use crate::cli::terminal::progress::{self, AboveProgress};
use crate::config::{LogFormat, LogSettings};

/// How much to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verbosity {
    /// `-q`.
    Quiet,
    /// Neither.
    Normal,
    /// `-v`.
    Verbose,
    /// `-vv`.
    Everything,
}

/// What kind of command it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// The daemon: its log is all that is heard of it.
    Daemon,
    /// A one-shot command, which tells the user itself what failed.
    OneShot,
}

/// What a daemon's terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Screen {
    /// The log alone: it is no terminal, or a program reads it.
    Log,
    /// The log as it is asked for, and a line of totals.
    LogAndTotals,
    /// A line for what happens, and a line of totals.
    Lines,
}

/// What the terminal of a daemon shows with these settings.
pub(crate) fn screen(settings: &LogSettings, verbosity: Verbosity) -> Screen {
    let is_for_people = match settings.format {
        LogFormat::Json => false,
        LogFormat::Auto => !is_under_systemd(),
        LogFormat::Text => true,
    };
    if verbosity == Verbosity::Quiet || !is_for_people || !progress::can_redraw() {
        return Screen::Log;
    }
    // Whoever sets another level wants to see the log.
    if verbosity == Verbosity::Normal && settings.level == USUAL_LEVEL { Screen::Lines } else { Screen::LogAndTotals }
}

/// The level where nobody has chosen one.
const USUAL_LEVEL: &str = "info";

/// Whether the log is one of JSON lines that a program reads, to the last.
static IS_OF_JSON: AtomicBool = AtomicBool::new(false);

/// Starts logging. Later calls change nothing.
pub(crate) fn start(settings: &LogSettings, verbosity: Verbosity, manner: Manner) {
    if settings.format == LogFormat::Json && manner == Manner::Daemon {
        IS_OF_JSON.store(true, Ordering::Relaxed);
    }
    let filter = match (verbosity, manner) {
        (Verbosity::Everything, _) => "newswire=trace,info".to_owned(),
        (Verbosity::Verbose, Manner::Daemon) => "newswire=debug,info".to_owned(),
        (Verbosity::Verbose, Manner::OneShot) => "newswire=debug,warn".to_owned(),
        (Verbosity::Quiet, _) | (Verbosity::Normal, Manner::OneShot) => "off".to_owned(),
        // What the loop says of each poll and page is shown.
        (Verbosity::Normal, Manner::Daemon) if screen(settings, verbosity) == Screen::Lines => {
            format!("{},newswire::daemon::journal=off", settings.level)
        }
        (Verbosity::Normal, Manner::Daemon) => settings.level.clone(),
    };
    // What this crate says of a migration is that there was one, with a path of the machine that built it. How the connection to NATS is we say
    // ourselves, once a change.
    let filter = format!("{filter},rusqlite_migration=warn,rustls_platform_verifier=off,async_nats=off");
    let Ok(filter) = filter.parse::<EnvFilter>() else { return };
    let registry = tracing_subscriber::registry().with(filter);
    let writer = || AboveProgress;
    // An error means that logging has been started before.
    let _ = match settings.format {
        LogFormat::Json => registry.with(fmt::layer().json().with_writer(writer)).try_init(),
        LogFormat::Auto if is_under_systemd() => match tracing_journald::layer() {
            Ok(journal) => {
                let journal = journal.with_field_prefix(None).with_priority_mappings(journal_priorities());
                registry.with(journal).try_init()
            }
            // The journal knows the time of a line itself.
            Err(_) => {
                let text = fmt::layer().fmt_fields(message_alone()).without_time().with_ansi(false);
                registry.with(text.with_writer(writer)).try_init()
            }
        },
        LogFormat::Auto | LogFormat::Text => {
            let is_terminal = std::io::stderr().is_terminal() && console::colors_enabled_stderr();
            let text = fmt::layer().fmt_fields(message_alone()).with_timer(WholeSeconds).with_target(false);
            registry.with(text.with_ansi(is_terminal).with_writer(writer)).try_init()
        }
    };
}

/// Text for people has the message alone: it names what the fields name, which are for the journal and for JSON.
fn message_alone() -> impl for<'w> FormatFields<'w> + Send + Sync + 'static {
    debug_fn(
        |writer: &mut Writer<'_>, field: &Field, value: &dyn std::fmt::Debug| {
            if field.name() == "message" { write!(writer, "{value:?}") } else { Ok(()) }
        },
    )
}

/// The time of a line, in UTC.
struct WholeSeconds;

impl FormatTime for WholeSeconds {
    fn format_time(&self, writer: &mut Writer<'_>) -> std::fmt::Result {
        write!(writer, "{:.0}", Timestamp::now())
    }
}

/// Tells on stderr why the program ends, as a line of the daemon's log where that is of JSON. The journal takes it as an error by the
/// mark before each line (sd-daemon(3)), not as information, which it takes stderr for.
pub(crate) fn tell_failure(text: &str) {
    if IS_OF_JSON.load(Ordering::Relaxed) {
        // As the lines before it, and also where these are off.
        let line = json!({
            "timestamp": Timestamp::now().to_string(), "level": "ERROR", "fields": { "message": text }, "target": module_path!(),
        });
        progress::above(|| say!("{line}"));
        return;
    }
    let text = format!("newswire: {text}");
    let mark = if is_under_systemd() { "<3>" } else { "" };
    for line in text.lines() {
        progress::above(|| tell(&format!("{mark}{line}")));
    }
}

/// A level's priority in the journal, so that `journalctl -p` means what log.level means. The layer's own choice makes
/// every `info` a notice, "unusual, but not an error", which journalctl prints in bold.
fn journal_priorities() -> PriorityMappings {
    PriorityMappings {
        error: Priority::Error,
        warn: Priority::Warning,
        info: Priority::Informational,
        debug: Priority::Debug,
        trace: Priority::Debug,
    }
}

/// Whether stderr goes to the journal (systemd.exec(5), `$JOURNAL_STREAM`). The variable alone does not tell: a shell
/// inherits it from the desktop's session, and so does what it starts with stderr in a file.
fn is_under_systemd() -> bool {
    let Some(stream) = std::env::var("JOURNAL_STREAM").ok() else { return false };
    let Ok(stderr) = std::io::stderr().as_fd().try_clone_to_owned() else { return false };
    let Ok(metadata) = File::from(stderr).metadata() else { return false };
    names_stream(&stream, metadata.dev(), metadata.ino())
}

/// Whether `$JOURNAL_STREAM` (`DEVICE:INODE`, in decimal) names this file.
fn names_stream(stream: &str, device: u64, inode: u64) -> bool {
    let numbers = stream.split_once(':').and_then(|(left, right)| Some((left.parse().ok()?, right.parse().ok()?)));
    numbers == Some((device, inode))
}

#[cfg(test)]
mod tests {
    use super::names_stream;

    #[test]
    fn a_stream_is_named_by_device_and_inode() {
        let check = |stream: &str, expected: bool| assert_eq!(names_stream(stream, 9, 48213), expected, "{stream:?}");
        check("9:48213", true);
        check("9:48214", false);
        check("8:48213", false);
        check("9", false);
        check("", false);
        check("9:48213:1", false);
        check("99999999999999999999:48213", false);
    }
}
