//! Standard output, through a pager where it is more than a screenful of a terminal.

use std::env;
use std::io::{self, Stdout, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tokio::signal::unix::{SignalKind, signal};

/// Standard output that may become that of a pager.
pub(crate) struct Paged {
    state: State,
}

enum State {
    /// All that comes goes to standard output.
    Direct(Stdout),
    /// It is held until it is known to be more than so many lines.
    Held { text: Vec<u8>, n_lines: usize, n_lines_max: usize, pager: String },
    /// All that comes goes to the pager.
    Pager(Child),
}

impl Paged {
    /// Standard output without a pager.
    pub(crate) fn direct() -> Paged {
        Paged { state: State::Direct(io::stdout()) }
    }

    /// From now on a pager is begun when more than a screenful of `rows` lines is written; nothing changes where there is no pager.
    pub(crate) fn page(&mut self, rows: usize) {
        if let (State::Direct(_), Some(pager)) = (&self.state, pager()) {
            // The last line is the prompt's.
            let n_lines_max = rows.saturating_sub(1);
            self.state = State::Held { text: Vec::new(), n_lines: 0, n_lines_max, pager };
        }
    }

    /// Writes out what is held, and waits until the pager was left.
    ///
    /// # Errors
    ///
    /// Standard output cannot be written to.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        match std::mem::replace(&mut self.state, State::Direct(io::stdout())) {
            State::Direct(mut out) => out.flush(),
            State::Held { text, .. } => {
                let mut out = io::stdout();
                out.write_all(&text)?;
                out.flush()
            }
            State::Pager(mut child) => {
                // Its end of input; after that it is only looked at.
                drop(child.stdin.take());
                child.wait().map(|_| ())
            }
        }
    }
}

impl Write for Paged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.state {
            State::Direct(out) => out.write(bytes),
            State::Pager(child) => child.stdin.as_mut().map_or(Ok(bytes.len()), |input| input.write(bytes)),
            State::Held { text, n_lines, n_lines_max, pager } => {
                text.extend_from_slice(bytes);
                *n_lines += memchr::memchr_iter(b'\n', bytes).count();
                if *n_lines > *n_lines_max {
                    let (text, started) = (std::mem::take(text), start(pager));
                    match started {
                        Ok(mut child) => {
                            let written = child.stdin.as_mut().map_or(Ok(()), |input| input.write_all(&text));
                            self.state = State::Pager(child);
                            written?;
                        }
                        Err(_) => {
                            let mut out = io::stdout();
                            out.write_all(&text)?;
                            self.state = State::Direct(out);
                        }
                    }
                }
                Ok(bytes.len())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.state {
            State::Direct(out) => out.flush(),
            State::Held { .. } => Ok(()),
            State::Pager(child) => child.stdin.as_mut().map_or(Ok(()), Write::flush),
        }
    }
}

/// The pager that the user has chosen, as git looks for it, or the usual one; none where it is `cat`, empty or not there.
fn pager() -> Option<String> {
    let chosen = ["NEWSWIRE_PAGER", "PAGER"].into_iter().find_map(env::var_os);
    let pager = match chosen {
        Some(pager) => pager.into_string().ok()?,
        None => "less".to_owned(),
    };
    let program = pager.split_whitespace().next().filter(|program| *program != "cat")?;
    is_there(program).then_some(pager)
}

fn is_there(program: &str) -> bool {
    let paths = env::var_os("PATH").unwrap_or_default();
    program.contains('/') && Path::new(program).exists()
        || env::split_paths(&paths).any(|folder| folder.join(program).is_file())
}

/// Starts a pager by the shell, since people give it with options. `less` takes colours as they are and leaves the text on the screen.
fn start(pager: &str) -> io::Result<Child> {
    let mut command = Command::new("sh");
    command.args(["-c", pager]).stdin(Stdio::piped());
    for (name, value) in [("LESS", "FRX"), ("LV", "-c")] {
        if env::var_os(name).is_none() {
            command.env(name, value);
        }
    }
    leave_interrupts();
    command.spawn()
}

/// Leaves SIGINT to the pager, which the terminal sends it to as well: we go on for as long as it reads.
fn leave_interrupts() {
    // Once there is a handler, tokio keeps it for the process. Without one an interrupt ends us, and the pager loses the terminal.
    if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() {
        let _ = runtime.block_on(async { signal(SignalKind::interrupt()) });
    }
}
