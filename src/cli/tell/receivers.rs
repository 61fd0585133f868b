//! `newswire receivers`: who is told.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::config::{Config, Receiver, ReceiverKind};
use crate::store::{self, ReceiverState};
use crate::tell;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::terminal::logging::Manner;
use crate::cli::terminal::table::{number, text, time, whole};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire receivers ls
  newswire receivers test desk      whether it takes a message
  newswire receivers resume desk    after it was paused

A receiver is a section [receivers.NAME] of the settings.")]
pub(crate) struct ReceiversCommand {
    #[command(subcommand)]
    pub(crate) action: ReceiversAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ReceiversAction {
    /// List receivers, what waits for them, and whether they take it
    #[command(after_help = "\
Examples:
  newswire receivers ls
  newswire --json receivers ls | jq -r 'select(.paused_at) | .name'    those that are paused")]
    Ls,
    /// Send a receiver a message that says nothing, now
    #[command(after_help = "\
Examples:
  newswire receivers test desk")]
    Test {
        /// Name of the receiver
        name: String,
    },
    /// Send to a receiver again that was paused, what waits for it first
    #[command(after_help = "\
Examples:
  newswire receivers resume desk")]
    Resume {
        /// Name of the receiver
        name: String,
    },
}

pub(crate) fn run(context: &mut Context, command: &ReceiversCommand) -> Result<(), Failure> {
    match &command.action {
        ReceiversAction::Ls => list(context),
        ReceiversAction::Test { name } => test(context, name),
        ReceiversAction::Resume { name } => resume(context, name),
    }
}

fn list(context: &mut Context) -> Result<(), Failure> {
    let config = context.configure_for_reading()?;
    // Settings can be looked at before there is anything else.
    let states =
        if config.store.path.exists() { Context::reader(&config.store.path)?.receiver_states()? } else { Vec::new() };
    let mut names: Vec<&str> = config.receivers.iter().map(|receiver| receiver.name.as_str()).collect();
    names.extend(states.iter().map(|state| state.name.as_str()));
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        context.output.note("nobody is told of anything; a section [receivers.NAME] in the settings names a receiver");
    }
    let row = |name: &str| {
        let known = states.iter().find(|state| state.name == name).cloned();
        let state = known.unwrap_or_else(|| ReceiverState { name: name.to_owned(), ..ReceiverState::default() });
        let receiver = config.receivers.iter().find(|receiver| receiver.name == name);
        (value(receiver, &state), cells(receiver, &state))
    };
    let rows = names.into_iter().map(row).collect();
    let columns = [
        whole("name").kept(),
        whole("kind"),
        whole("state"),
        number("n_waiting").headed("waiting"),
        number("n_sent").headed("sent"),
        time("last_sent_at").headed("last"),
        time("failing_since").headed("failing since"),
        text("error"),
    ];
    context.output.list(&columns, rows)?;
    Ok(())
}

fn value(receiver: Option<&Receiver>, state: &ReceiverState) -> Value {
    json!({
        "name": state.name,
        "kind": receiver.map(kind),
        "state": state_of(receiver, state),
        "n_waiting": state.n_waiting,
        "n_sent": state.n_sent,
        "last_sent_at": state.last_sent_at,
        "failing_since": state.failing_since,
        "paused_at": state.paused_at,
        "error": state.error,
    })
}

fn cells(receiver: Option<&Receiver>, state: &ReceiverState) -> Vec<String> {
    vec![
        state.name.clone(),
        receiver.map(kind).unwrap_or_default().to_owned(),
        state_of(receiver, state).to_owned(),
        state.n_waiting.to_string(),
        state.n_sent.to_string(),
        state.last_sent_at.clone().unwrap_or_default(),
        state.failing_since.clone().unwrap_or_default(),
        state.error.clone().unwrap_or_default(),
    ]
}

fn kind(receiver: &Receiver) -> &'static str {
    match receiver.kind {
        ReceiverKind::Command { .. } => "command",
        ReceiverKind::Webhook { .. } => "webhook",
        ReceiverKind::Ntfy { .. } => "ntfy",
        ReceiverKind::Email(_) => "email",
    }
}

fn state_of(receiver: Option<&Receiver>, state: &ReceiverState) -> &'static str {
    match receiver {
        None => "not in the settings",
        Some(_) if state.paused_at.is_some() => "paused",
        Some(_) if state.failing_since.is_some() => "failing",
        Some(_) => "active",
    }
}

fn find<'c>(config: &'c Config, name: &str) -> Result<&'c Receiver, Failure> {
    let known = || config.receivers.iter().map(|receiver| receiver.name.as_str()).collect::<Vec<_>>().join(", ");
    let found = config.receivers.iter().find(|receiver| receiver.name == name);
    found.ok_or_else(|| match config.receivers.len() {
        0 => Failure::Usage("the settings have no receivers: a section [receivers.NAME] names one".to_owned()),
        _ => Failure::Usage(format!("the settings have no receiver {name}; they have {}", known())),
    })
}

fn test(context: &mut Context, name: &str) -> Result<(), Failure> {
    let config = context.configure(Manner::OneShot)?;
    let receiver = find(&config, name)?;
    let sent = Context::block_on(tell::send_test(&config, receiver))?;
    sent.map_err(|error| Failure::Failed(format!("receiver {name} did not take it: {error}")))?;
    let row = (json!({ "name": name, "sent": true }), vec![name.to_owned(), "has taken a message".to_owned()]);
    context.output.list(&[text("name"), text("what")], vec![row])?;
    Ok(())
}

fn resume(context: &mut Context, name: &str) -> Result<(), Failure> {
    let config = context.configure(Manner::OneShot)?;
    find(&config, name)?;
    drop(Context::reader_before_change(&config.store.path)?);
    let was_known = store::resume_receiver_beside(&config.store, name)?;
    let what = if was_known { "is sent to again by the daemon, within seconds" } else { "had not failed" };
    let row = (json!({ "name": name, "had_failed": was_known }), vec![name.to_owned(), what.to_owned()]);
    context.output.list(&[text("name"), text("what")], vec![row])?;
    Ok(())
}
