//! Where settings and database are looked for, what is said of it, and who may begin a database.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::harness::{Newsroom, Outcome, run_to_end};

/// An article to import.
const LINE: &str =
    r#"{"id": "1", "source": "wire", "title": "Ferry aground", "text": "A ferry ran aground off Lorne."}"#;

/// Folders of a user: a home, and a place to work in.
struct User {
    room: Newsroom,
}

impl User {
    fn new() -> User {
        let room = Newsroom::new();
        for folder in ["home", "work"] {
            std::fs::create_dir(room.path(folder)).expect("a folder can be made");
        }
        room.file("line.jsonl", LINE);
        User { room }
    }

    /// The program in the place to work, with no settings but those that it finds.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.room.command(arguments);
        command.env_remove("NEWSWIRE_CONFIG").env("HOME", self.room.path("home")).current_dir(self.room.path("work"));
        command
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        run_to_end(self.command(arguments), b"")
    }

    fn import(&self, more: &[&str]) -> Outcome {
        self.run(&[&["import", "../line.jsonl"], more].concat())
    }

    fn has(&self, name: &str) -> bool {
        self.room.path(name).exists()
    }

    /// What is in force, file by file, and why; paths from the folder of all.
    fn in_force(&self, command: Command) -> Vec<String> {
        let lines = run_to_end(command, b"").exits(0).json_lines();
        let root = self.room.folder().canonicalize().expect("a folder");
        let told = |line: &Value| {
            let text = |name: &str| line[name].as_str().expect("a text").to_owned();
            let path = text("path");
            let path = Path::new(&path).strip_prefix(&root).unwrap_or(Path::new(&path)).display().to_string();
            format!("{} {path}: {}", text("file"), text("reason"))
        };
        lines.iter().filter(|line| line["in_force"] == true).map(told).collect()
    }

    fn paths(&self) -> Vec<String> {
        self.in_force(self.command(&["--json", "config", "show", "--paths"]))
    }
}

const IN_DATA: &str = "home/.local/share/newswire/newswire.db";

#[test]
fn without_settings_the_database_is_the_one_of_the_folder_if_there_is_one_and_else_the_users() {
    let user = User::new();
    let database = format!("database {IN_DATA}: of this user, by HOME");
    assert_eq!(user.paths(), [database]);
    user.import(&[]).exits(0).says(&format!("{IN_DATA}: a new database, since there was none, nor at "));
    assert_eq!(user.run(&["ls"]).exits(0).cells().len(), 1);
    assert!(user.has(IN_DATA) && !user.has("work/newswire.db"));
    let mode = user.room.path("home/.local/share/newswire").metadata().expect("a folder").permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "for nobody else");
    // Another import begins none, and says nothing of it.
    assert!(!user.import(&[]).exits(0).stderr.contains("a new database"));

    std::fs::copy(user.room.path(IN_DATA), user.room.path("work/newswire.db")).expect("a copy");
    assert_eq!(user.paths(), ["database work/newswire.db: in this folder"]);
    std::fs::remove_file(user.room.path("work/newswire.db")).expect("a file");
    // A list of sources makes it a folder of its own: applied to the user's database, it would take out what that follows.
    user.room.file("work/sources.toml", "# none yet\n");
    assert_eq!(
        user.paths(),
        ["sources work/sources.toml: without settings", "database work/newswire.db: in this folder"]
    );
    user.import(&[]).exits(0).says("work/newswire.db: a new database, since there was none\n");
}

#[test]
fn settings_are_those_of_the_folder_then_the_users_and_the_database_goes_with_them() {
    let user = User::new();
    user.room.file("home/.config/newswire/newswire.toml", "[store]\npath = \"newswire.db\"\n");
    user.room.file("home/.config/newswire/sources.toml", "");
    let of_user = [
        "settings home/.config/newswire/newswire.toml: of this user, by HOME".to_owned(),
        "sources home/.config/newswire/sources.toml: beside the settings".to_owned(),
        format!("database {IN_DATA}: of this user, by HOME"),
    ];
    assert_eq!(user.paths(), of_user);
    // The list of these settings is not for whatever lies in a folder.
    user.room.file("work/newswire.db", "");
    assert_eq!(user.paths(), of_user);
    user.run(&["ls"]).exits(1).says("work/newswire.db (in this folder) does not count");
    std::fs::remove_file(user.room.path("work/newswire.db")).expect("a file");

    let mut command = user.command(&["--json", "config", "show", "--paths"]);
    command.env("XDG_CONFIG_HOME", user.room.path("else")).env("XDG_DATA_HOME", user.room.path("data"));
    user.room.file("else/newswire/newswire.toml", "[store]\npath = \"own.db\"\n");
    assert_eq!(
        user.in_force(command),
        [
            "settings else/newswire/newswire.toml: of this user, by XDG_CONFIG_HOME",
            "database data/newswire/own.db: store.path, in the folder of data by XDG_DATA_HOME"
        ]
    );

    user.room.file("work/config/newswire.toml", "");
    assert_eq!(
        user.paths(),
        ["settings work/config/newswire.toml: in config/ of this folder", "database work/newswire.db: in this folder"]
    );
    user.room.file("work/newswire.toml", "[store]\npath = \"data.db\"\n");
    let of_folder =
        ["settings work/newswire.toml: in this folder", "database work/data.db: store.path in newswire.toml"];
    assert_eq!(user.paths(), of_folder);
    let all = user.run(&["config", "show", "--paths"]).exits(0);
    let states: Vec<&str> = all.cells().iter().map(|cells| cells[1]).collect();
    assert_eq!(states[..3], ["counts", "there, does not count", "there, does not count"], "{}", all.stdout);
    assert_eq!(states[4..], ["not there", "not there", "counts, not there yet"], "{}", all.stdout);

    let shown = user.run(&["config", "show", "--db", "b.db"]).exits(0);
    let named = shown.cells().into_iter().find(|cells| cells[0] == "store.path").expect("the key");
    assert!(named[1].contains("b.db") && named[2] == "--db", "{named:?}");
}

#[test]
fn settings_that_are_named_have_their_database_beside_them_unless_the_folder_has_one() {
    let user = User::new();
    let settings = user.room.file("news/newswire.toml", "");
    let named = |by_variable: bool| {
        let mut command = user.command(&["--json", "config", "show", "--paths"]);
        if by_variable {
            command.env("NEWSWIRE_CONFIG", &settings).env("NEWSWIRE_DB", "c.db");
        } else {
            command.args(["--config", &settings]);
        }
        user.in_force(command)
    };
    assert_eq!(
        named(false),
        ["settings news/newswire.toml: --config", "database news/newswire.db: beside the settings"]
    );
    assert_eq!(named(true), ["settings news/newswire.toml: NEWSWIRE_CONFIG", "database work/c.db: NEWSWIRE_DB"]);
    user.import(&["--config", &settings]).exits(0).says("news/newswire.db: a new database");
    // As it was before settings had a database beside them.
    user.room.file("work/newswire.db", "");
    assert_eq!(named(false)[1], "database work/newswire.db: in this folder");
}

#[test]
fn what_makes_sense_on_an_old_database_alone_begins_none_and_says_where_it_looked() {
    let user = User::new();
    for arguments in [
        &["ls"][..],
        &["show", "1"],
        &["search", "ferry"],
        &["stories"],
        &["stories", "merge", "1", "2"],
        &["tail"],
        &["sql", "SELECT 1"],
        &["why", "https://paper.example/1"],
        &["status"],
        &["doctor"],
        &["doctor", "--fix"],
        &["rm", "1"],
        &["prune"],
        &["prune", "--vacuum"],
        &["backup", "b.db"],
        &["snapshot", "b.db"],
        &["export", "--format", "jsonl"],
        &["sources", "show", "wire"],
        &["sources", "pause", "wire"],
        &["sources", "resume", "wire"],
        &["sources", "rm", "wire"],
        &["sources", "retry", "wire"],
    ] {
        let told = user.run(arguments).exits(1);
        for part in [IN_DATA, "no database there yet", "work/newswire.db (in this folder)", "config show --paths"] {
            assert!(told.stderr.contains(part), "{arguments:?}: {}", told.stderr);
        }
        assert!(!user.has(IN_DATA) && !user.has("work/newswire.db"), "{arguments:?} has made a database");
    }
}

#[test]
fn what_begins_a_database_says_that_it_does_and_where() {
    let fresh = || {
        let user = User::new();
        let old = user.room.path("old.db").display().to_string();
        user.import(&["--db", &old]).exits(0).says("old.db: a new database");
        user.room.file(
            "list.opml",
            r#"<opml version="2.0"><body><outline xmlUrl="https://paper.example/f"/></body></opml>"#,
        );
        user
    };
    for arguments in [
        &["merge", "../old.db"][..],
        &["fetch", "--due"],
        &["sources", "add", "https://paper.example/feed", "--force"],
        &["sources", "import", "../list.opml"],
        &["sources", "apply", "../list.opml"],
    ] {
        let user = fresh();
        user.run(arguments).exits(0).says(&format!("{IN_DATA}: a new database, since there was none"));
        let user = fresh();
        let quiet = user.run(&[&["-q"], arguments].concat()).exits(0);
        assert!(!quiet.stderr.contains("a new database"), "{arguments:?}: {}", quiet.stderr);
    }
    // A backup is no new one.
    let user = fresh();
    let restored = user.run(&["restore", "../old.db"]).exits(0);
    assert!(user.has(IN_DATA) && !restored.stderr.contains("a new database"), "{}", restored.stderr);
}

#[test]
fn new_settings_come_with_three_steps_are_nobody_elses_and_have_no_rule_in_force() {
    let user = User::new();
    let told = user.run(&["config", "init"]).exits(0);
    for part in ["1. say in ./newswire.toml", "`newswire sources add URL`", "3. `newswire run`"] {
        assert!(told.stderr.contains(part), "{part} is not in {}", told.stderr);
    }
    for file in ["newswire.toml", "sources.toml"] {
        let mode = user.room.path("work").join(file).metadata().expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let rules = user.run(&["config", "show"]).exits(0);
    assert!(!rules.stdout.lines().any(|line| line.starts_with("site ")), "{}", rules.stdout);
    // Settings that are not found by themselves are named in the steps.
    user.run(&["config", "init", "../news"]).exits(0).says("`newswire --config ../news/newswire.toml run`");
    user.run(&["config", "init", "../home/.config/newswire"]).exits(0);
    let quiet = user.run(&["-q", "config", "init", "../quiet"]).exits(0);
    assert!(!quiet.stderr.contains("next:"), "{}", quiet.stderr);
}
