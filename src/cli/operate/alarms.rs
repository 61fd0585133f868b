//! `newswire alarms`: what of the intake is wrong, and what was.

use clap::Args;
use jiff::{SignedDuration, Timestamp};

use crate::forms;
use crate::forms::times::parse_time;
use crate::store::{Alarm, Reader, StoreError};

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::terminal::table::{number, text, time, whole};
use crate::cli::terminal::template::RowArguments;

/// A daemon looks every minute. One that has not for so long does not run, or is kept from it.
const LOOK_AGE_MAX: SignedDuration = SignedDuration::from_mins(5);

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire alarms                 what is wrong now
  newswire alarms --since 7d      also what was over in the last seven days
  newswire alarms --all --json    everything on record, an object a line

Kinds: failing, gone, gate, gap, list, log, disk, clock and receiver (one of `newswire receivers` takes nothing) are certain. Silent, fewer, \
quality, shorter and partial are judged by what the source is used to, which takes three weeks to learn, and say how sure they are; intake: \
nearly all sources are silent at once, or fail. The daemon \
judges them, every minute. Ends with 0 whatever is wrong: `newswire status --check` is for monitors.")]
pub(crate) struct AlarmsCommand {
    /// Also all that are over
    #[arg(long, conflicts_with = "since")]
    all: bool,

    /// Also those that were over at this time or later: 2026-11-20, 2d, 12h, yesterday
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = parse_time)]
    since: Option<Timestamp>,

    #[command(flatten)]
    rows: RowArguments,
}

pub(crate) fn run(context: &mut Context, command: &AlarmsCommand) -> Result<(), Failure> {
    let config = context.configure_for_reading()?;
    let reader = Context::reader(&config.store.path)?;
    let now = Timestamp::now();
    context.output.shape(&command.rows)?;
    context.output.page();
    let mut alarms = reader.alarms(now)?;
    let n_open = alarms.len();
    if command.all || command.since.is_some() {
        alarms.extend(reader.alarms_over(command.since)?);
    }
    let columns = [
        number("id"),
        whole("kind"),
        text("subject"),
        time("since"),
        time("closed_at").headed("over"),
        number("confidence").headed("sure"),
        text("why"),
    ];
    let rows = alarms.iter().map(|alarm| (forms::alarms::row(alarm), cells(alarm))).collect();
    context.output.list(&columns, rows)?;
    if n_open == 0 && context.output.is_decorated() {
        context.output.note("nothing is wrong");
    }
    if let Some(doubt) = doubt(&reader, now)? {
        context.output.note(doubt);
    }
    Ok(())
}

fn cells(alarm: &Alarm) -> Vec<String> {
    let Alarm { id, kind, subject, since, why, opened_at, closed_at, closed_why, confidence } = alarm;
    let why = closed_why.as_ref().map_or_else(|| why.clone(), |over| format!("{why}; over: {over}"));
    vec![
        id.map(|id| id.to_string()).unwrap_or_default(),
        kind.as_str().to_owned(),
        subject.clone().unwrap_or_default(),
        since.as_ref().or(opened_at.as_ref()).cloned().unwrap_or_default(),
        closed_at.clone().unwrap_or_default(),
        confidence.map(|sure| format!("{sure:.2}")).unwrap_or_default(),
        why,
    ]
}

/// What there is to say of alarms that nobody has looked for lately.
fn doubt(reader: &Reader, now: Timestamp) -> Result<Option<String>, StoreError> {
    if reader.is_snapshot()? {
        return Ok(Some("this is a snapshot: what is judged by habits stood so when it was taken".to_owned()));
    }
    Ok(match reader.looked_for_alarms_at()? {
        None => Some("no daemon has looked for alarms yet: what is judged by habits is not known".to_owned()),
        Some(looked_at) if now.duration_since(looked_at) > LOOK_AGE_MAX => {
            Some(format!("no daemon has looked since {looked_at:.0}: what is judged by habits stood so then"))
        }
        Some(_) => None,
    })
}
