//! `newswire receivers`: who is told.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::config::{Config, Receiver};
use crate::store::{self, ReceiverState};
use crate::tell;

use super::sender;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::terminal::logging::Manner;
use crate::cli::terminal::table::{number, text, time, whole};
use crate::cli::terminal::text::counted;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire receivers ls
  newswire receivers test desk      whether it takes a message
  newswire receivers resume desk    after it was paused
  newswire receivers retry desk     what it has refused

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
    /// Send to a receiver again that was paused or fails, what waits for it first
    #[command(after_help = "\
Examples:
  newswire receivers resume desk")]
    Resume {
        /// Name of the receiver
        name: String,
    },
    /// Send what a receiver has refused to it again
    #[command(after_help = "\
Examples:
  newswire receivers retry desk
  newswire sql \"SELECT receiver, made_at, subject, error FROM messages WHERE state = 'refused'\"    what was refused, and why

A message that is refused eight times with an answer that leaves no hope (HTTP 4xx but 408, 425 and 429, SMTP 5xx), while its receiver takes others, \
is set aside, and kept for 30 days.")]
    Retry {
        /// Name of the receiver
        name: String,
    },
    /// Give up what waits for a receiver that is no longer in the settings
    #[command(after_help = "\
Examples:
  newswire receivers forget desk")]
    Forget {
        /// Name that the receiver had
        name: String,
    },
}

pub(crate) fn run(context: &mut Context, command: &ReceiversCommand) -> Result<(), Failure> {
    match &command.action {
        ReceiversAction::Ls => list(context),
        ReceiversAction::Test { name } => test(context, name),
        ReceiversAction::Resume { name } => resume(context, name),
        ReceiversAction::Retry { name } => retry(context, name),
        ReceiversAction::Forget { name } => forget(context, name),
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
        number("n_refused").headed("refused"),
    ];
    context.output.list(&columns, rows)?;
    Ok(())
}

fn value(receiver: Option<&Receiver>, state: &ReceiverState) -> Value {
    json!({
        "name": state.name,
        "kind": receiver.map(|receiver| receiver.kind.as_str()),
        "state": state_of(receiver, state),
        "n_waiting": state.n_waiting,
        "n_refused": state.n_refused,
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
        receiver.map(|receiver| receiver.kind.as_str()).unwrap_or_default().to_owned(),
        state_of(receiver, state).to_owned(),
        state.n_waiting.to_string(),
        state.n_sent.to_string(),
        state.last_sent_at.clone().unwrap_or_default(),
        state.failing_since.clone().unwrap_or_default(),
        state.error.clone().unwrap_or_default(),
        state.n_refused.to_string(),
    ]
}

/// The word for a receiver with which all is well.
pub(crate) const ACTIVE: &str = "active";

/// How a receiver is, in a word.
pub(crate) fn state_of(receiver: Option<&Receiver>, state: &ReceiverState) -> &'static str {
    match receiver {
        None => "not in the settings",
        Some(_) if state.paused_at.is_some() => "paused",
        Some(_) if state.failing_since.is_some() => "failing",
        Some(_) => ACTIVE,
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
    let reader = Context::reader_before_change(&config.store.path)?;
    let is_sent = sender::is_there(&reader)?;
    drop(reader);
    let was_known = store::resume_receiver_beside(&config.store, name)?;
    let what = if was_known { sent_again(is_sent) } else { "had not failed".to_owned() };
    let value = json!({ "name": name, "had_failed": was_known, "daemon_runs": is_sent });
    context.output.list(&[text("name"), text("what")], vec![(value, vec![name.to_owned(), what])])?;
    Ok(())
}

fn sent_again(is_sent: bool) -> String {
    if is_sent { "is sent to again within seconds".to_owned() } else { format!("is sent to again {}", sender::NOBODY) }
}

fn retry(context: &mut Context, name: &str) -> Result<(), Failure> {
    let config = context.configure(Manner::OneShot)?;
    find(&config, name)?;
    let reader = Context::reader_before_change(&config.store.path)?;
    let is_sent = sender::is_there(&reader)?;
    drop(reader);
    let n_retried = store::retry_refused_beside(&config.store, name)?;
    let what = match n_retried {
        0 => "has refused nothing that is set aside".to_owned(),
        _ if is_sent => format!("is sent {} again within seconds", counted(n_retried, "message")),
        _ => format!("is sent {} again {}", counted(n_retried, "message"), sender::NOBODY),
    };
    let value = json!({ "name": name, "n_retried": n_retried, "daemon_runs": is_sent });
    context.output.list(&[text("name"), text("what")], vec![(value, vec![name.to_owned(), what])])?;
    Ok(())
}

fn forget(context: &mut Context, name: &str) -> Result<(), Failure> {
    let config = context.configure(Manner::OneShot)?;
    if config.has_receiver(name) {
        let advice = "`newswire watch rm` takes away what it is told of";
        return Err(Failure::Usage(format!(
            "receiver {name} is in the settings, and what waits for it is sent; {advice}"
        )));
    }
    let reader = Context::reader_before_change(&config.store.path)?;
    let is_known = reader.receiver_states()?.iter().any(|state| state.name == name);
    let rows = reader.watches()?;
    drop(reader);
    let telling = rows.iter().filter(|row| row.watch.receivers.iter().any(|told| told == name));
    let telling: Vec<&str> = telling.map(|row| row.watch.name.as_str()).collect();
    if !is_known && telling.is_empty() {
        return Err(Failure::Failed(format!("there was no receiver {name}; `newswire receivers ls` lists them")));
    }
    let n_given_up = store::forget_receiver_beside(&config.store, name)?;
    let what = format!("{} given up", counted(n_given_up, "message"));
    let value = json!({ "name": name, "n_given_up": n_given_up, "watches": telling });
    context.output.list(&[text("name"), text("what")], vec![(value, vec![name.to_owned(), what])])?;
    if !telling.is_empty() {
        let telling = telling.join(" ");
        context.output.note(format!(
            "watches still tell {name}, and what they find will wait for it: `newswire watch rm {telling}`"
        ));
    }
    Ok(())
}
