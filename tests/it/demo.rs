//! The first thing that people run.

use std::time::{Duration, Instant};

use crate::harness::{Newsroom, run_to_end};

#[test]
fn the_demo_ends_soon_and_names_three_commands_that_work() {
    let room = Newsroom::new();
    let folder = room.path("demo").display().to_string();
    let began = Instant::now();
    let outcome = room.run(&["demo", &folder]).exits(0);
    let elapsed = began.elapsed();
    assert!(elapsed < Duration::from_secs(12), "{elapsed:?}");
    for part in ["48 articles in 5 languages", "copy ", "edited ", "harbour-post-living"] {
        assert!(outcome.stdout.contains(part), "{part:?} is not in {}", outcome.stdout);
    }
    assert!(!outcome.stdout.contains('\u{1b}'), "{}", outcome.stdout);
    let (_, advice) = outcome.stdout.split_once("Try next\n").expect("advice");
    let commands: Vec<&str> = advice.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(commands.len(), 3, "{advice}");

    // As a person would, by copying the line into a shell that knows the program.
    let folder_of_program = std::path::Path::new(env!("CARGO_BIN_EXE_newswire")).parent().expect("a folder");
    for line in commands {
        if line.starts_with("sqlite3") && !std::path::Path::new("/usr/bin/sqlite3").exists() {
            eprintln!("skipped: there is no sqlite3");
            continue;
        }
        let mut command = std::process::Command::new("sh");
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", folder_of_program.display());
        command.env_clear().env("PATH", path).current_dir(room.folder()).args(["-c", line]);
        let outcome = run_to_end(command, b"").exits(0);
        assert!(!outcome.stdout.is_empty(), "{line} prints nothing");
    }
    // A second time it does not write over the first.
    room.run(&["demo", &folder]).exits(1).says("is there already");
}
