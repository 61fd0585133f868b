//! A program of the settings is run, with the message as JSON on its standard input. Nothing of a message stands on its command line or in its
//! environment, and no shell reads anything.

use std::collections::HashSet;
use std::pin::pin;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use super::undelivered::Undelivered;

/// Bytes of standard error that are told.
const TOLD_BYTES_MAX: u64 = 1000;

/// Once a program has ended: what it has left running may hold its standard error for as long as it likes.
const REST_TIME: Duration = Duration::from_millis(200);

/// What a program may know of where it runs.
const VARIABLES: [&str; 5] = ["PATH", "HOME", "LANG", "TZ", "TMPDIR"];

pub(super) async fn run(command: &[String], payload: &Value, time_max: Duration) -> Result<(), Undelivered> {
    let failed = Undelivered::passing;
    let [program, arguments @ ..] = command else { return Err(failed("there is no program".to_owned())) };
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(std::env::vars_os().filter(|(name, _)| VARIABLES.iter().any(|known| name == known)))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        // What it starts ends with it.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(format!("{program}: {error}")))?;
    let mut group = Group(child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)));
    let (stdin, stderr) = (child.stdin.take(), child.stderr.take());
    let input = format!("{payload}\n");
    let feed = async move {
        if let Some(mut stdin) = stdin {
            // What it does not read it does not want.
            let _ = stdin.write_all(input.as_bytes()).await;
        }
    };
    let mut said = Vec::new();
    let hear = async {
        if let Some(mut stderr) = stderr {
            let _ = (&mut stderr).take(TOLD_BYTES_MAX).read_to_end(&mut said).await;
            // What it says beyond that is read too, so that it need not wait for a reader.
            let _ = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
        }
    };
    let ended = async {
        let mut talk = pin!(async { tokio::join!(feed, hear) });
        tokio::select! {
            status = child.wait() => {
                let _ = tokio::time::timeout(REST_TIME, &mut talk).await;
                status
            }
            // It has closed both.
            _ = &mut talk => child.wait().await,
        }
    };
    let Ok(status) = tokio::time::timeout(time_max, ended).await else {
        drop(group);
        return Err(failed(format!("{program} was ended after {} s", time_max.as_secs())));
    };
    // What it has left running on purpose runs on.
    group.0 = None;
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => {
            let said = String::from_utf8_lossy(&said);
            Err(failed(format!("{program}: {status} {}", said.trim()).trim_end().to_owned()))
        }
        Err(error) => Err(failed(format!("{program}: {error}"))),
    }
}

/// A program that has not ended, and what it has started: both end with this, however that comes.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        let Some(group) = self.0 else { return };
        // What has left the group is found by whose child it is, as long as that lives. Nobody stopped has another child.
        let mut found = HashSet::from([group.as_raw_pid()]);
        let _ = kill_process_group(group, Signal::STOP);
        loop {
            let new: Vec<i32> = children_of(&found).into_iter().filter(|child| !found.contains(child)).collect();
            if new.is_empty() {
                break;
            }
            for child in &new {
                signal(*child, Signal::STOP);
            }
            found.extend(new);
        }
        // Any of them may be gone already.
        let _ = kill_process_group(group, Signal::KILL);
        for process in found {
            signal(process, Signal::KILL);
        }
    }
}

fn signal(process: i32, signal: Signal) {
    if let Some(process) = Pid::from_raw(process) {
        let _ = kill_process(process, signal);
    }
}

/// The processes whose parents are among these.
fn children_of(parents: &HashSet<i32>) -> Vec<i32> {
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let child = |entry: std::fs::DirEntry| {
        let process: i32 = entry.file_name().to_str()?.parse().ok()?;
        let stat = std::fs::read(entry.path().join("stat")).ok()?;
        // The name, which may have anything in it, stands in brackets before; then the state and the parent.
        let behind = stat.rsplit(|byte| *byte == b')').next()?;
        let parent: i32 = std::str::from_utf8(behind).ok()?.split_whitespace().nth(1)?.parse().ok()?;
        parents.contains(&parent).then_some(process)
    };
    processes.filter_map(Result::ok).filter_map(child).collect()
}
