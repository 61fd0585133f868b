//! What people see: tables and texts at several widths, colours, the pager.

use std::fmt::Write;
use std::process::Command;

use crate::harness::{Newsroom, run_to_end, send_signal};
use crate::pty::{Terminal, without_escapes};

/// Set it to have the committed screens written anew.
const REFRESH: &str = "UPDATE_FIXTURES";

const TEXT: &str = "The ferry to the outer islands sails again after four months on the slip, the harbour office said on Monday. \
                    It carries two hundred passengers and, for the first time, no cars.\\n\
                    Captain Ebba Lind, who has sailed it for nineteen years, called the new engine “quieter than my kitchen”.";

/// A database with articles in several scripts, a copy, a made-over copy, an earlier wording, a story and sources that fare well and badly,
/// all of it at times that do not pass.
fn archive() -> Newsroom {
    let mut room = Newsroom::new();
    room.follow("harbour-post", "http://harbour-post.example/feed", Some("feed"));
    room.follow("asagiri-shimbun", "http://asagiri.example/sitemap.xml", Some("sitemap"));
    let lines = [
        format!(r#"{{"url": "https://wire.example/ferry", "source": "wire", "title": "Ferry to the outer islands sails again after four months", "published": "2024-05-06T07:08:09Z", "language": "en", "authors": ["Ana Ruiz", "Bo Ek"], "text": "{TEXT}"}}"#),
        format!(r#"{{"url": "https://harbour-post.example/news/2024/05/06/the-ferry-sails-again", "source": "harbour-post", "title": "Ferry to the outer islands sails again after four months", "published": "2024-05-06T09:00:00Z", "language": "en", "text": "{TEXT}"}}"#),
        format!(r#"{{"url": "https://gazette.example/ferry", "source": "gazette", "title": "Back on the water", "published": "2024-05-06T11:30:00Z", "language": "en", "text": "On the quay they had waited since six.\n{TEXT}\nTickets are sold on board only."}}"#),
        r#"{"url": "https://asagiri.example/1", "source": "asagiri-shimbun", "title": "廃線の駅舎が図書館に 朝霧市、山あいの集落で開館、三十年ぶりに明かりがともる", "published": "2024-05-07", "language": "ja", "text": "二十年前に廃線となった旧霧谷駅の木造駅舎が図書館に生まれ変わり、きょう開館した。待合室の長いすはそのまま閲覧席となり、改札口には貸し出しカウンターが置かれている。"}"#.to_owned(),
        r#"{"url": "https://wire.example/qanat", "source": "wire", "title": "قرية جبلية تعيد الحياة إلى قناة مائية عمرها ثمانية قرون", "published": "2024-05-07T12:00:00Z", "language": "ar", "text": "أعاد سكان القرية الجبلية الحياة إلى قناة مائية عمرها ثمانية قرون بعد عامين من العمل."}"#.to_owned(),
        r#"{"url": "https://wire.example/thai", "source": "wire", "title": "เรือข้ามฟากกลับมาแล่นอีกครั้งหลังจากหยุดซ่อมสี่เดือน", "published": "2024-05-07T13:00:00Z", "language": "th", "text": "เรือข้ามฟากไปยังเกาะรอบนอกกลับมาแล่นอีกครั้งหลังจากหยุดซ่อมสี่เดือน สำนักงานท่าเรือกล่าวเมื่อวันจันทร์"}"#.to_owned(),
        r#"{"url": "https://wire.example/marks", "source": "wire", "title": "Cafe\u0301 👩‍👩‍👧 opens \u202enwod edispu\u001b[31m a house", "published": "2024-05-08T01:00:00Z", "language": "en", "text": "Short."}"#.to_owned(),
    ];
    let file = room.file("archive.jsonl", lines.join("\n"));
    room.run(&["import", &file]).exits(0);
    let again = r#"{"url": "https://wire.example/ferry", "source": "wire", "title": "Ferry to the outer islands sails again after five months", "published": "2024-05-06T07:08:09Z", "modified": "2024-05-06T20:00:00Z", "language": "en", "authors": ["Ana Ruiz", "Bo Ek"], "text": "The ferry to the outer islands sails again after five months on the slip, the harbour office said on Monday. It carries two hundred passengers and, for the first time, no cars.\nThe office had said four months before.\nCaptain Ebba Lind, who has sailed it for nineteen years, called the new engine “quieter than my kitchen”."}"#;
    let file = room.file("again.jsonl", again);
    room.run(&["import", &file]).exits(0);
    let database = rusqlite::Connection::open(room.database()).expect("the database");
    database
        .execute_batch(
            "UPDATE sources SET created_at = '2024-05-09T06:00:00Z';
             UPDATE articles SET first_seen_at = '2024-05-09T06:00:00Z', updated_at = '2024-05-09T06:00:00Z';
             UPDATE sightings SET first_seen_at = '2024-05-09T06:00:00Z', last_seen_at = '2024-05-09T06:00:00Z';
             UPDATE revisions SET seen_at = '2024-05-09T06:00:00Z';",
        )
        .expect("times that do not pass");
    drop(database);
    room
}

/// What people see is as it was when a person last looked at it.
#[test]
fn screens_are_as_they_were_looked_at() {
    let room = archive();
    let plan = room.file(
        "other.toml",
        "[[source]]\nslug = \"gazette\"\nurl = \"https://gazette.example/feed\"\ntags = [\"en\"]\n",
    );
    let commands: [&[&str]; 17] = [
        &["ls"],
        &["ls", "--utc"],
        &["search", "ferry islands"],
        &["show", "1"],
        &["show", "3"],
        &["show", "4", "--utc"],
        &["show", "6"],
        &["show", "1", "--revisions"],
        &["show", "1", "--diff", "1"],
        &["stories"],
        &["stories", "show", "1"],
        &["tail", "-n", "2"],
        &["sql", "SELECT id, title, words, url FROM articles LIMIT 2"],
        &["sources", "ls"],
        &["sources", "show", "harbour-post"],
        &["sources", "plan", &plan],
        &["why", "https://wire.example/ferry"],
    ];
    for columns in ["30", "40", "50", "80", "120"] {
        let mut screens = String::new();
        for arguments in commands {
            let mut command = room.command(&[&["--color", "always"], arguments].concat());
            command.env("COLUMNS", columns);
            let outcome = run_to_end(command, b"").exits(0);
            assert!(!outcome.stderr.contains("ICU"), "a script that nothing is known of: {}", outcome.stderr);
            let shown = without_escapes(&outcome.stdout);
            let typed = arguments.join(" ").replace(&room.folder().display().to_string(), "ROOM");
            writeln!(screens, "$ newswire {typed}\n{shown}").expect("a text");
        }
        check(&format!("tests/fixtures/screens/{columns}.txt"), &screens);
    }
}

fn check(path: &str, screens: &str) {
    let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os(REFRESH).is_some() {
        std::fs::write(&path, screens).expect("the screens are written");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = expected.lines().zip(screens.lines()).position(|(expected, shown)| expected != shown);
    assert!(
        expected == screens,
        "{path} differs from line {:?} on; look at what {REFRESH}=1 makes of it:\n{screens}",
        differs.map(|line| line + 1)
    );
}

fn on_terminal(room: &Newsroom, arguments: &[&str], variables: &[(&str, &str)], rows: u16) -> Terminal {
    let mut command: Command = room.command(arguments);
    command.env("TERM", "xterm-256color");
    for name in ["NO_COLOR", "COLUMNS", "PAGER", "NEWSWIRE_PAGER", "LESS"] {
        command.env_remove(name);
    }
    command.envs(variables.iter().copied());
    Terminal::start(command, 80, rows)
}

#[test]
fn colours_are_for_terminals_that_may_have_them() {
    let room = archive();
    let is_colored = |arguments: &[&str], variables: &[(&str, &str)]| {
        let (code, written) = on_terminal(&room, arguments, variables, 200).end();
        assert_eq!(code, Some(0), "{written}");
        assert!(written.contains("Ferry to the outer islands"), "{written}");
        written.contains("\u{1b}[")
    };
    assert!(is_colored(&["ls"], &[]));
    assert!(is_colored(&["--color", "always", "ls"], &[("NO_COLOR", "1")]), "the flag is over the environment");
    assert!(!is_colored(&["ls"], &[("NO_COLOR", "1")]));
    assert!(!is_colored(&["ls"], &[("TERM", "dumb")]));
    assert!(!is_colored(&["--color", "never", "ls"], &[]));
    assert!(!is_colored(&["--json", "ls"], &[]));
}

#[test]
fn more_than_a_screenful_goes_through_the_pager() {
    let room = archive();
    let shown = |arguments: &[&str], variables: &[(&str, &str)], rows: u16| {
        let (code, written) = on_terminal(&room, arguments, variables, rows).end();
        assert_eq!(code, Some(0), "{written}");
        without_escapes(&written)
    };
    let pager = ("PAGER", "sed s/^/paged:/");
    assert!(shown(&["show", "1"], &[pager], 5).starts_with("paged:Ferry"));
    assert!(shown(&["show", "1"], &[("PAGER", "cat -n"), ("NEWSWIRE_PAGER", pager.1)], 5).starts_with("paged:"));
    for (arguments, variables, rows) in [
        (&["show", "1"][..], &[pager][..], 100),
        (&["--no-pager", "show", "1"], &[pager], 5),
        (&["show", "1"], &[("PAGER", "cat")], 5),
        (&["show", "1"], &[("PAGER", "")], 5),
        (&["show", "1"], &[("PAGER", "no-such-pager -x")], 5),
    ] {
        let shown = shown(arguments, variables, rows);
        assert!(shown.starts_with("Ferry") && shown.contains("quieter than my kitchen"), "{variables:?}: {shown}");
    }
    // One who leaves early has had enough.
    assert!(shown(&["show", "1"], &[("PAGER", "head -n 1")], 5).starts_with("Ferry"));
    // What is said besides stands behind all of it.
    let listed = shown(&["ls", "-n", "4"], &[pager], 3);
    assert!(listed.trim_end().ends_with("3 more articles; -n N prints so many, --all prints all"), "{listed}");
    // In a pipe there is no pager.
    let mut command = room.command(&["show", "1"]);
    command.env("PAGER", pager.1);
    assert!(!run_to_end(command, b"").exits(0).stdout.contains("paged:"));
}

#[test]
fn an_interrupt_is_the_pagers() {
    let room = archive();
    let pager = ("PAGER", "sh -c 'cat > /dev/null; echo READY; sleep 1; echo DONE'");
    let terminal = on_terminal(&room, &["show", "1"], &[pager], 5);
    terminal.wait_for("READY");
    send_signal(terminal.id(), "INT");
    let (code, written) = terminal.end();
    assert!(code == Some(0) && written.contains("DONE"), "{code:?}: {written}");
}

#[test]
fn what_is_wrong_with_a_command_line_fits_the_terminal() {
    let room = Newsroom::new();
    for arguments in [&["ls", "--since", "soon"][..], &["serach"], &["demo", "--no-such-option-that-one-could-know"]] {
        let mut command = room.command(arguments);
        command.env("TERM", "xterm-256color").env_remove("COLUMNS");
        let (code, written) = Terminal::start(command, 40, 24).end();
        assert_eq!(code, Some(2), "{written}");
        let plain = without_escapes(&written);
        assert!(plain.lines().all(|line| line.trim_end().chars().count() <= 40), "{plain}");
    }
}
