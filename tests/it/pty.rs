//! A terminal for tests to sit at: a pseudo-terminal of a given size with a program on it.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::harness::wait_until;

const PATIENCE: Duration = Duration::from_mins(1);

/// A program on a terminal.
pub(crate) struct Terminal {
    child: Child,
    /// Without it the terminal is gone.
    _ours: File,
    written: Arc<Mutex<Vec<u8>>>,
}

impl Terminal {
    /// Starts a program on a terminal of so many columns and rows.
    pub(crate) fn start(mut command: Command, columns: u16, rows: u16) -> Terminal {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo-terminal");
        grantpt(&ours).expect("it is ours");
        unlockpt(&ours).expect("it is unlocked");
        let name = ptsname(&ours, Vec::new()).expect("it has a name").into_string().expect("a name of text");
        tcsetwinsize(&ours, Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).expect("a size");
        let open = || File::options().read(true).write(true).open(Path::new(&name)).expect("the other side of it");
        let child = command.stdin(open()).stdout(open()).stderr(open()).spawn().expect("the program starts");
        // The command holds the other side open, which the end of the program is seen by.
        drop(command);
        let ours = File::from(ours);
        let mut screen = ours.try_clone().expect("a second handle");
        let written = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&written);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // An error is the end of it: nobody has the other side open.
            while let Ok(n @ 1..) = screen.read(&mut bytes) {
                seen.lock().expect("no panic").extend_from_slice(&bytes[..n]);
            }
        });
        Terminal { child, _ours: ours, written }
    }

    /// All that was written so far, with its escapes.
    pub(crate) fn written(&self) -> String {
        String::from_utf8_lossy(&self.written.lock().expect("no panic")).into_owned()
    }

    /// Waits until a text has been written.
    pub(crate) fn wait_for(&self, text: &str) {
        assert!(wait_until(PATIENCE, || self.written().contains(text)), "{text:?} is not in {}", self.written());
    }

    /// The process on it.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the end of the program: its exit code, and all that was written.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let has_ended = wait_until(PATIENCE, || self.child.try_wait().expect("it can be waited for").is_some());
        if !has_ended {
            let _ = self.child.kill();
        }
        let status = self.child.wait().expect("it can be waited for");
        assert!(has_ended, "it does not end: {}", self.written());
        // What it wrote last is read by now, or within moments.
        let mut last = String::new();
        wait_until(PATIENCE, || {
            let before = std::mem::replace(&mut last, self.written());
            std::thread::sleep(Duration::from_millis(30));
            before == last && before == self.written()
        });
        (status.code(), last)
    }
}

/// What was written as it stands on the screen, for programs that only print: without escapes.
pub(crate) fn without_escapes(written: &str) -> String {
    let mut text = String::new();
    let mut rest = written;
    while let Some(at) = rest.find('\u{1b}') {
        text.push_str(&rest[..at]);
        let code = &rest[at + 1..];
        let end = code
            .strip_prefix('[')
            .and_then(|code| code.find(|c: char| c.is_ascii_alphabetic()))
            .map_or(1, |end| end + 2);
        rest = code.get(end..).unwrap_or_default();
    }
    text.push_str(rest);
    text.replace('\r', "")
}

/// The lines that a terminal shows, without colours, after it was sent a text: what was overwritten or erased is gone.
pub(crate) fn screen(sent: &str) -> Vec<String> {
    let mut lines = vec![Vec::new()];
    let (mut row, mut column) = (0, 0);
    let mut rest = sent.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\r' => column = 0,
            '\n' => {
                row += 1;
                column = 0;
                if row == lines.len() {
                    lines.push(Vec::new());
                }
            }
            '\u{1b}' if rest.next_if_eq(&'[').is_some() => {
                let mut number = String::new();
                while let Some(digit) = rest.next_if(|c| c.is_ascii_digit() || ";?".contains(*c)) {
                    number.push(digit);
                }
                match rest.next() {
                    Some('K') if number == "2" => lines[row].clear(),
                    Some('K') => lines[row].truncate(column),
                    Some('A') => row = row.saturating_sub(number.parse().unwrap_or(1)),
                    _ => {}
                }
            }
            c => {
                if lines[row].len() <= column {
                    lines[row].resize(column + 1, ' ');
                }
                lines[row][column] = c;
                column += 1;
            }
        }
    }
    lines.into_iter().map(|line| line.into_iter().collect::<String>().trim_end().to_owned()).collect()
}
