//! Where messages go: text on a terminal, the journal's own fields under systemd, JSON where it is asked for. Always
//! stderr or the journal, never stdout.

use std::io::IsTerminal;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt};

use crate::config::{LogFormat, LogSettings};

/// How much to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verbosity {
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
pub(super) enum Manner {
    /// The daemon: its log is all that is heard of it.
    Daemon,
    /// A one-shot command, which tells the user itself what failed.
    OneShot,
}

/// Starts logging. Later calls change nothing.
pub(super) fn start(settings: &LogSettings, verbosity: Verbosity, manner: Manner) {
    let filter = match (verbosity, manner) {
        (Verbosity::Everything, _) => "newswire=trace,info".to_owned(),
        (Verbosity::Verbose, Manner::Daemon) => "newswire=debug,info".to_owned(),
        (Verbosity::Verbose, Manner::OneShot) => "newswire=debug,warn".to_owned(),
        (Verbosity::Quiet, _) | (Verbosity::Normal, Manner::OneShot) => "off".to_owned(),
        (Verbosity::Normal, Manner::Daemon) => settings.level.clone(),
    };
    let Ok(filter) = filter.parse::<EnvFilter>() else { return };
    let registry = tracing_subscriber::registry().with(filter);
    let writer = std::io::stderr;
    // An error means that logging has been started before.
    let _ = match settings.format {
        LogFormat::Json => registry.with(fmt::layer().json().with_writer(writer)).try_init(),
        LogFormat::Auto if is_under_systemd() => match tracing_journald::layer() {
            Ok(journal) => registry.with(journal.with_field_prefix(None)).try_init(),
            // The journal knows the time of a line itself.
            Err(_) => registry.with(fmt::layer().without_time().with_ansi(false).with_writer(writer)).try_init(),
        },
        LogFormat::Auto | LogFormat::Text => {
            let is_terminal = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
            registry.with(fmt::layer().with_target(false).with_ansi(is_terminal).with_writer(writer)).try_init()
        }
    };
}

/// Whether stderr goes to the journal (systemd.exec(5), `$JOURNAL_STREAM`).
fn is_under_systemd() -> bool {
    std::env::var_os("JOURNAL_STREAM").is_some() && !std::io::stderr().is_terminal()
}
