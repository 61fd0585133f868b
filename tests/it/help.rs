//! What the program tells of itself: help, what it proposes where a word is misspelt, and what shells complete.

use std::path::Path;
use std::process::Command;

use crate::harness::{Newsroom, run_to_end};

#[test]
fn help_of_a_command_is_asked_for_in_four_ways() {
    let room = Newsroom::new();
    for words in [&[][..], &["fetch"], &["sources", "add"]] {
        let long = room.run(&[words, &["--help"]].concat()).exits(0).stdout;
        assert_eq!(room.run(&[&["help"], words].concat()).exits(0).stdout, long, "{words:?}");
        let short = room.run(&[words, &["-h"]].concat()).exits(0).stdout;
        assert!(short.lines().count() < long.lines().count(), "{words:?}: {short}");
        for help in [&long, &short] {
            assert_eq!(help.matches("Global options:").count(), 1, "{words:?}: {help}");
            let (own, global) = help.split_once("Global options:").expect("it stands there");
            assert!(!own.contains("--json") && global.contains("--json"), "{words:?}: {help}");
        }
    }
    // Below a command too, and whatever options stand before it.
    let add = room.run(&["sources", "add", "--help"]).exits(0).stdout;
    assert_eq!(room.run(&["sources", "help", "add"]).exits(0).stdout, add);
    assert_eq!(room.run(&["--db", "help", "sources", "--json", "help", "add"]).exits(0).stdout, add);
    let sources = room.run(&["sources", "--help"]).exits(0).stdout;
    assert_eq!(room.run(&["sources", "help"]).exits(0).stdout, sources);
    room.run(&["sources", "help", "ad"]).exits(2).says("'add'");
    // It fits the terminal.
    let mut narrow = room.command(&["help"]);
    let narrow = run_to_end(
        {
            narrow.env("COLUMNS", "40");
            narrow
        },
        b"",
    )
    .exits(0)
    .stdout;
    assert!(narrow.lines().all(|line| line.len() <= 40 || !line.trim().contains(' ')), "{narrow}");
}

#[test]
fn the_near_word_is_proposed_for_one_that_is_misspelt() {
    let room = Newsroom::new();
    for (words, near) in [
        (&["serch", "storm"][..], "'search'"),
        (&["sources", "lss"], "'ls'"),
        (&["stories", "shwo", "1"], "'show'"),
        (&["help", "expotr"], "'export'"),
        (&["help", "sources", "ad"], "'add'"),
        (&["ls", "--sinc", "2d"], "'--since'"),
        (&["sources", "ls", "--al"], "'--all'"),
        (&["--jsno", "ls"], "'--json'"),
    ] {
        room.run(words).exits(2).says(near);
    }
}

#[test]
fn without_a_command_it_tells_the_first_steps() {
    let room = Newsroom::new();
    for words in [&[][..], &["--json"]] {
        let told = room.run(words).exits(2).says("newswire sources add").says("newswire run").says("newswire --help");
        assert_eq!(told.stdout, "");
        assert!(told.stderr.lines().count() < 12, "{}", told.stderr);
    }
    assert!(!room.database().exists());
}

/// A database with articles, a story and sources.
fn archive() -> Newsroom {
    let room = Newsroom::new();
    let lines: Vec<String> = (1..=12)
        .map(|n| format!(r#"{{"id": "{n}", "source": "wire", "title": "Number {n}", "text": "Of {n}."}}"#))
        .collect();
    room.run(&["import", &room.file("articles.jsonl", lines.join("\n"))]).exits(0);
    for (slug, tag) in [("harbour-post", "en"), ("harbour-news", "en"), ("hill-gazette", "local")] {
        let url = format!("https://{slug}.example/feed");
        room.run(&["sources", "add", &url, "--force", "--slug", slug, "--tag", tag]).exits(0);
    }
    room.run(&["sources", "pause", "hill-gazette"]).exits(0);
    room
}

/// Command lines up to the cursor, and the words that may stand there, in their order.
const LINES: [(&str, &[&str]); 15] = [
    ("expo", &["export"]),
    ("sources pa", &["pause"]),
    ("help sources sh", &["show"]),
    ("ls --sin", &["--since"]),
    ("export --format j", &["jsonl"]),
    ("sources show h", &["harbour-news", "harbour-post", "hill-gazette"]),
    ("sources resume ", &["hill-gazette"]),
    ("fetch harbour-p", &["harbour-post"]),
    ("ls --source harbour-n", &["harbour-news"]),
    ("sources add https://a.example/ --tag ", &["en", "local"]),
    ("show 1", &["12", "11", "10", "1"]),
    ("stories split 3 1", &["12", "11", "10", "1"]),
    ("-q rm 12", &["12"]),
    ("backup newsw", &["newswire.toml"]),
    ("show x", &[]),
];

#[test]
fn what_may_stand_at_the_cursor_is_told_and_nothing_is_ever_wrong() {
    let room = archive();
    let complete = |words: &[&str]| room.run(&[&["__complete", "--"], words].concat()).exits(0).stdout;
    for (line, expected) in LINES {
        let answer = complete(&line.split(' ').collect::<Vec<_>>());
        let words: Vec<&str> = answer.lines().filter_map(|line| line.split('\t').next()).collect();
        if words != [":files"] {
            assert_eq!(words, expected, "{line}");
        }
    }
    assert_eq!(complete(&["show", "12"]), "12\tNumber 12\n", "with its headline");
    assert_eq!(complete(&["stories", "show", ""]).lines().next(), Some("12\tNumber 12"));
    assert_eq!(complete(&["ls", "--format", "{id} {publ"]), "{id} {published_at}\t\n");
    assert_eq!(complete(&["ls", "--source=harbour-p"]), "--source=harbour-post\t\n");
    // Neither of these is a place to say what is wrong, or to make anything.
    let elsewhere = room.path("none.db").display().to_string();
    for words in [&["--db", &elsewhere, "show", ""][..], &["--config", "none.toml", "show", ""], &["nonsense", ""], &[]]
    {
        let outcome = room.run(&[&["__complete", "--"], words].concat()).exits(0);
        assert_eq!(outcome.stderr, "", "{words:?}");
    }
    assert!(!Path::new(&elsewhere).exists());
    room.file("newswire.toml", "this is no setting");
    assert_eq!(complete(&["show", ""]), "");
    assert_eq!(complete(&["expo"]), "export\tWrite articles as a bundle, JSON lines, CSV or Parquet\n");
}

/// Runs what completes a command line in a shell, and gives the words that it has.
fn completed(room: &Newsroom, shell: &str, code: &str) -> String {
    let script = room.run(&["completions", shell]).exits(0).stdout;
    let folder = Path::new(env!("CARGO_BIN_EXE_newswire")).parent().expect("a folder");
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").expect("a path"));
    let mut command = Command::new(shell);
    // zsh has `compdef` where its completion system is loaded.
    let before = if shell == "zsh" { "compdef() {}\n" } else { "" };
    command.arg("-c").arg(format!("{before}{script}\n{code}")).env("PATH", path).env("HOME", room.folder());
    command.env("NEWSWIRE_CONFIG", room.path("newswire.toml")).current_dir(room.folder());
    run_to_end(command, b"").exits(0).stdout
}

#[test]
fn shells_complete_commands_options_and_what_is_stored() {
    let room = archive();
    for shell in ["bash", "zsh", "fish"] {
        if Command::new(shell).arg("--version").output().is_err() {
            eprintln!("skipped: {shell} is not installed");
            continue;
        }
        for (line, expected) in LINES {
            let words: Vec<String> = line.split(' ').map(|word| format!("'{word}'")).collect();
            let n_words = words.len();
            let words = words.join(" ");
            let code = match shell {
                "bash" => format!(
                    "COMP_WORDS=(newswire {words}); COMP_CWORD={n_words}; _newswire; printf '%s\\n' \"${{COMPREPLY[@]}}\""
                ),
                // The functions of the completion system, in so far as they are called.
                "zsh" => format!(
                    "_describe() {{ print -rl -- ${{${{(P)3}}%%:*}} }}; _files() {{ print -rl -- $PREFIX*(N) }}
                     words=(newswire {words}); CURRENT={}; PREFIX=${{words[CURRENT]}}; _newswire",
                    n_words + 1
                ),
                _ => format!("complete -C 'newswire {line}' | string replace -r '\\t.*' ''; true"),
            };
            let answer = completed(&room, shell, &code);
            let found: Vec<&str> = answer.lines().filter(|line| !line.is_empty()).collect();
            assert_eq!(found, expected, "{shell}: {line}");
        }
    }
}
