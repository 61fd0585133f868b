//! One database by several names: by a symbolic link all is done to the file behind it; a file with a second name is not worked on.

use std::os::unix::fs::symlink;
use std::path::Path;

use newswire::demo::web::{Resource, Site};

use crate::harness::{Newsroom, feed, web_of};
use crate::newsweb::faults;

/// The names of what lies in a folder, in order.
fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_link_leads_to_the_same_database_and_the_same_lock() {
    let web = web_of(vec![
        Site::new("paper.example")
            .with("/feed", feed(&["http://paper.example/1"]))
            .with("/1", Resource::html(faults::article_html("What the paper has"))),
    ]);
    let mut room = Newsroom::reading(&web);
    room.follow("paper", "http://paper.example/feed", None);
    let links = tempfile::tempdir().expect("a folder");
    let link = links.path().join("link.db");
    symlink(room.database(), &link).expect("a link");
    let link = link.to_str().expect("a path");
    // One that leads nowhere yet is where the database is made.
    let daemon = room.start_with(&["--db", link, "run"]);
    daemon.wait_to_say("1 new");
    assert!(room.database().exists());
    for database in [link, room.database().to_str().expect("a path")] {
        let status = room.run(&["--db", database, "status"]).exits(0);
        assert!(status.stdout.contains("ingesting\tdaemon"), "{}", status.stdout);
        room.run(&["--db", database, "run"]).exits(75);
        room.run(&["--db", database, "restore", "--force", link]).exits(1).says("this is the database itself");
        room.run(&["--db", database, "merge", link]).says("is the database itself");
    }
    daemon.stop().exits(0);
    assert_eq!(names_in(links.path()), ["link.db"], "all lies beside the file");
    assert!(std::fs::symlink_metadata(link).expect("it is there").is_symlink());
    room.assert_sound();
}

#[test]
fn a_file_with_a_second_name_is_not_worked_on_and_what_is_read_of_it_is_doubted() {
    let room = Newsroom::new();
    let articles = room
        .file("a.jsonl", r#"{"id": "1", "title": "Quay", "text": "The ferry left at dawn and nobody could say why."}"#);
    room.run(&["import", &articles]).exits(0);
    let second = room.path("second.db");
    std::fs::hard_link(room.database(), &second).expect("a second name");
    let second = second.to_str().expect("a path");
    let address = "http://paper.example/feed";
    for arguments in [
        &["import", &articles][..],
        &["run"],
        &["rm", "1"],
        &["prune", "--older", "1d"],
        &["sources", "add", address],
        &["sources", "pause", address],
    ] {
        let arguments = [&["--db", second], arguments].concat();
        let outcome = room.run(&arguments).exits(1).says("the file has 2 names (hard links)");
        assert_eq!(outcome.stderr.lines().count(), 1, "{arguments:?}: {}", outcome.stderr);
    }
    for (command, file) in [("backup", "backup.db"), ("snapshot", "snapshot.db")] {
        let copy = room.path(file).display().to_string();
        room.run(&["--db", second, command, &copy]).exits(0).says("the file has other names");
    }
    assert!(room.run(&["--db", second, "doctor"]).exits(1).stdout.contains("has 2 names (hard links)"));
    assert!(!room.path("second.db-lock").exists());
    room.run(&["--db", second, "ls"]).exits(0).says("the file has other names");
    std::fs::remove_file(second).expect("it can be removed");
    room.run(&["import", &articles]).exits(0);
    room.assert_sound();
}
