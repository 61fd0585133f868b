//! `newswire tail`: articles in the order in which they came in or changed.

use std::future::pending;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::process::{Command, Stdio};
use std::time::Duration;

use clap::Args;
use tokio::io::Interest;
use tokio::net::unix::pipe::Sender;

use crate::cli::terminal::messages::say;
use crate::forms::changes::{change, value};
use crate::store::{ArticleFilter, ChangeRow, Reader};

use super::cursor::Cursor;
use super::damage::Damage;
use super::filter::FilterArguments;
use super::limit::{more_than, parse_count};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::terminal::article_words;
use crate::cli::terminal::logging::Verbosity;
use crate::cli::terminal::output::Output;
use crate::cli::terminal::signals;
use crate::cli::terminal::template::RowArguments;
use crate::cli::terminal::text::{counted, cut, one_line, padded, terminal_width, text_width, without_overrides};

/// Articles without `-n`, as with tail and journalctl.
const N_LAST: u32 = 10;

/// Articles that are read at one time: no view of the database is held while they are printed.
const PAGE_ROWS: u32 = 500;

/// Between two looks for more. A look that finds nothing new costs some microseconds.
const LOOK_PAUSE: Duration = Duration::from_secs(1);

/// How long a line may take to get out once the end is asked for: a reader that stands still must not keep us.
const END_TIME_MAX: Duration = Duration::from_secs(1);

/// The columns in a pipe.
const COLUMNS: [&str; 6] = ["id", "changed_at", "source", "change", "title", "url"];

/// Columns on a terminal.
const SOURCE_COLUMNS: usize = 18;
const TITLE_COLUMNS_MIN: usize = 20;

#[derive(Debug, Args)]
#[command(after_help = "\
An article that changed several times comes once, at its last change and as it reads now.

A cursor is a small file with the place behind the last article printed. NAME is a path if it holds a /, else the file is
kept in $XDG_STATE_HOME/newswire/cursors (~/.local/state/newswire/cursors). It belongs to one database, by a name in it
that its copies share; with another it is refused. It moves on only when a line has been written.

Examples:
  newswire tail                                     the last ten
  newswire tail -f --source wire                    and what comes in, until Ctrl-C
  newswire tail --json --cursor hourly | ./publish  what is new since the last time
  newswire tail -f --cursor site --exec ./publish   the cursor moves on only when ./publish has taken it

A command of --exec gets up to 500 changes on its standard input, a JSON object a line, and is run by sh. When it fails the
cursor stays before them, and they come again with the next call.")]
pub(crate) struct TailCommand {
    /// Go on as more comes in, until Ctrl-C, SIGTERM or the end of the pipe
    #[arg(short, long)]
    pub(crate) follow: bool,

    /// Begin behind the last article that an earlier call with this cursor printed; at first with the first
    #[arg(long, value_name = "NAME")]
    pub(crate) cursor: Option<String>,

    /// Hand the changes to this command, as JSON lines on its standard input, instead of printing them
    #[arg(long, value_name = "COMMAND", requires = "cursor")]
    pub(crate) exec: Option<String>,

    /// At most so many: the last [default: 10], with --cursor the next [default: all]
    #[arg(short = 'n', long, value_name = "N", allow_negative_numbers = true, value_parser = parse_count)]
    pub(crate) limit: Option<u32>,

    /// All there are
    #[arg(long, conflicts_with = "limit")]
    pub(crate) all: bool,

    #[command(flatten)]
    pub(crate) filter: FilterArguments,

    #[command(flatten)]
    pub(crate) rows: RowArguments,
}

pub(crate) fn run(context: &mut Context, command: &TailCommand) -> Result<(), Failure> {
    let limit = if command.all { Some(u32::MAX) } else { command.limit };
    if command.follow && command.cursor.is_some() && command.limit.is_some() {
        return Err(Failure::Usage("-n: with --cursor and -f all is printed, sooner or later".to_owned()));
    }
    let config = context.configure_for_reading()?;
    let reader = Context::reader(&config.store.path)?;
    let filter = command.filter.filter(context, &reader)?;
    let cursor = command.cursor.as_deref().map(|name| Cursor::open(name, &reader)).transpose()?;
    let exec = command.exec.clone();
    let mut tail = Tail { reader, filter, cursor, exec, after: 0, known: 0, version: None, damage: Damage::default() };
    context.output.shape(&command.rows)?;
    if tail.exec.is_none() {
        context.output.header(COLUMNS)?;
    }
    if command.follow {
        Context::runtime()?.block_on(follow(&mut tail, &mut context.output, limit))?;
    } else {
        tail.begin(&mut context.output, limit, &|| false)?;
        if context.verbosity != Verbosity::Quiet && limit != Some(0) {
            tail.tell_rest(limit)?;
        }
    }
    tail.damage.outcome()
}

async fn follow(tail: &mut Tail, output: &mut Output, limit: Option<u32>) -> Result<(), Failure> {
    let mut signals = signals::listen(2, None)?;
    let mut stop = signals.stop.clone();
    tokio::spawn(async move {
        if stop.changed().await.is_ok() {
            tokio::time::sleep(END_TIME_MAX).await;
            // The cursor stands behind the last line that got out.
            std::process::exit(0);
        }
    });
    let stop = signals.stop.clone();
    let is_stopped = || *stop.borrow();
    tail.begin(output, limit, &is_stopped)?;
    let mut output_closed = std::pin::pin!(output_closed());
    loop {
        tokio::select! {
            _ = signals.stop.changed() => return Ok(()),
            // The terminal is gone.
            _ = signals.hangup.recv() => return Ok(()),
            () = &mut output_closed => return Err(Failure::OutputClosed),
            () = tokio::time::sleep(LOOK_PAUSE) => tail.go_on(output, &is_stopped)?,
        }
    }
}

/// Waits until nobody reads our output any more, which else would show at the next line only.
async fn output_closed() {
    // Unchecked: it need be no pipe, and it is only watched, so that it may stay as it is, shared with other programs.
    let watched = io::stdout().as_fd().try_clone_to_owned().and_then(Sender::from_owned_fd_unchecked);
    match watched {
        Ok(stdout) => {
            let _ = stdout.ready(Interest::ERROR).await;
        }
        // A file, which nobody closes.
        Err(_) => pending().await,
    }
}

struct Tail {
    reader: Reader,
    filter: ArticleFilter,
    cursor: Option<Cursor>,
    /// Who gets the changes instead of standard output.
    exec: Option<String>,
    /// All changes up to this one are printed, or not wanted.
    after: i64,
    /// What changed up to this one is known to whoever reads what is printed next.
    known: i64,
    /// The database's version at the last look.
    version: Option<i64>,
    damage: Damage,
}

impl Tail {
    /// Prints what there is.
    fn begin(&mut self, output: &mut Output, limit: Option<u32>, is_stopped: &dyn Fn() -> bool) -> Result<(), Failure> {
        match &self.cursor {
            Some(cursor) => {
                self.after = cursor.position();
                self.print_all(output, limit.unwrap_or(u32::MAX), is_stopped)
            }
            None => {
                // The place first: what is written after it is seen by the next look.
                self.version = Some(self.reader.data_version()?);
                self.after = self.reader.last_change()?;
                let rows = self.reader.last_changes(&self.filter, limit.unwrap_or(N_LAST))?;
                if rows.is_empty() && output.is_decorated() && limit != Some(0) {
                    say!("no articles{}", if self.filter == ArticleFilter::default() { " yet" } else { " match" });
                }
                self.print(output, &rows, is_stopped)
            }
        }
    }

    /// Says how many more there are, where a limit has cut them off.
    fn tell_rest(&self, limit: Option<u32>) -> Result<(), Failure> {
        match (&self.cursor, limit) {
            (Some(_), None) => {}
            (Some(_), Some(_)) => {
                let n_more = self.reader.n_changes_after(&self.filter, self.after)?;
                if n_more > 0 {
                    say!("newswire: {n_more} more; the next call with this cursor goes on with them");
                }
            }
            (None, limit) => {
                let n_shown = u64::from(limit.unwrap_or(N_LAST));
                if let Some(more) = more_than(n_shown, |n_max| self.reader.n_articles_up_to(&self.filter, n_max))? {
                    say!("newswire: {more} earlier articles; -n N prints so many, --all prints all");
                }
            }
        }
        Ok(())
    }

    /// Prints what has come in since the last look.
    fn go_on(&mut self, output: &mut Output, is_stopped: &dyn Fn() -> bool) -> Result<(), Failure> {
        if self.version == Some(self.reader.data_version()?) {
            Ok(())
        } else {
            self.print_all(output, u32::MAX, is_stopped)
        }
    }

    /// Prints up to so many of those that were not printed yet.
    fn print_all(&mut self, output: &mut Output, limit: u32, is_stopped: &dyn Fn() -> bool) -> Result<(), Failure> {
        let version = self.reader.data_version()?;
        let last_change = self.reader.last_change()?;
        let mut n_left = limit;
        loop {
            let page = n_left.min(PAGE_ROWS);
            let rows = self.reader.changes_after(&self.filter, self.after, page)?;
            self.known = self.after;
            self.print(output, &rows, is_stopped)?;
            n_left -= u32::try_from(rows.len()).unwrap_or(page).min(page);
            if is_stopped() || n_left == 0 {
                return Ok(());
            }
            if rows.len() < page as usize {
                // What was left out is not looked at again.
                self.after = self.after.max(last_change);
                self.version = Some(version);
                return Ok(());
            }
        }
    }

    fn print(&mut self, output: &mut Output, rows: &[ChangeRow], is_stopped: &dyn Fn() -> bool) -> Result<(), Failure> {
        self.damage.name(&self.reader, |told| say!("{told}"));
        if let Some(command) = &self.exec {
            let Some(last) = rows.last().filter(|_| !is_stopped()) else { return Ok(()) };
            hand_over(command, rows, self.known)?;
            self.after = self.after.max(last.change_seq);
            return match &mut self.cursor {
                Some(cursor) => cursor.move_to(last.change_seq, &self.reader).and_then(|()| cursor.keep(&self.reader)),
                None => Ok(()),
            };
        }
        let printed = rows.iter().take_while(|_| !is_stopped()).try_for_each(|row| {
            line(output, row, self.known)?;
            if let Some(cursor) = &mut self.cursor {
                output.flush()?;
                cursor.move_to(row.change_seq, &self.reader)?;
            }
            self.after = self.after.max(row.change_seq);
            Ok::<_, Failure>(())
        });
        // Also when a line could not be written: those before it were.
        let kept = self.cursor.as_mut().map_or(Ok(()), |cursor| cursor.keep(&self.reader));
        printed?;
        output.flush()?;
        kept
    }
}

/// Runs a command with changes on its standard input, and waits for it.
fn hand_over(command: &str, rows: &[ChangeRow], known: i64) -> Result<(), Failure> {
    let failed = |what: String| {
        Failure::Failed(format!(
            "--exec {command:?} {what}; the cursor stands before the {} that it was given, and the next call gives them again",
            counted(rows.len(), "change")
        ))
    };
    let mut child = Command::new("/bin/sh")
        .args(["-c", command])
        .stdin(Stdio::piped())
        .spawn()
        .map_err(|error| failed(format!("cannot be started: {error}")))?;
    let mut lines = String::new();
    for row in rows {
        lines.push_str(&value(row, known).to_string());
        lines.push('\n');
    }
    // One that ends well without reading all has read what it wants.
    let written = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(lines.as_bytes()));
    let status = child.wait().map_err(|error| failed(error.to_string()))?;
    if !status.success() {
        return Err(failed(format!("failed ({status})")));
    }
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(failed(error.to_string())),
        _ => Ok(()),
    }
}

fn line(output: &mut Output, changed: &ChangeRow, known: i64) -> io::Result<()> {
    let ChangeRow { row, changed_at, .. } = changed;
    let [source, title, url] = [&row.source, &row.title, &row.url].map(|text| one_line(text.as_deref().unwrap_or("")));
    let id = row.id.to_string();
    if !output.is_decorated() {
        let cells = [&id, changed_at, source.as_ref(), change(changed, known), title.as_ref(), url.as_ref()];
        return output.record(&value(changed, known), cells);
    }
    // Day and minute, as in a log: how long ago it was would not be true for long.
    let short = || changed_at.get(5..16).unwrap_or(changed_at).replace('T', " ");
    let time = if output.is_utc() { changed_at.clone() } else { short() };
    let what = padded(change(changed, known), "removed".len());
    let what = match change(changed, known) {
        "removed" => output.removed(&what),
        "revised" | "changed" => output.warning(&what),
        _ => output.good(&what),
    };
    let source = padded(&without_overrides(&source), SOURCE_COLUMNS);
    let parts = [output.id(&format!("{id:>6}")), what, output.faint(&time), source];
    // What fits beside a title, in this order.
    let mut room = terminal_width().saturating_sub(TITLE_COLUMNS_MIN);
    let start: String = parts
        .into_iter()
        .take_while(|part| {
            let taken = text_width(part) + 2;
            let fits = taken <= room;
            room = room.saturating_sub(taken);
            fits
        })
        .map(|part| part + "  ")
        .collect();
    let copy = row.duplicate_of.map(|of| format!("  {} {of}", article_words::copy_mark(row.duplicate_kind.as_deref())));
    let copy = copy.unwrap_or_default();
    let columns = terminal_width().saturating_sub(text_width(&start) + copy.len()).max(TITLE_COLUMNS_MIN);
    let title = if title.is_empty() { "(no title)" } else { title.as_ref() };
    let copy = if copy.is_empty() { copy } else { output.faint(&copy) };
    output.raw(&format!("{start}{}{copy}\n", cut(&without_overrides(title), columns)))
}
