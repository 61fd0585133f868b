//! README, CONTRIBUTING and the pages of `docs/`: their queries have answers, their command lines are understood, and
//! their links lead somewhere.

use std::path::{Path, PathBuf};

use crate::harness::Newsroom;

/// A page with its text.
struct Page {
    path: PathBuf,
    text: String,
}

fn pages() -> Vec<Page> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = vec![root.join("README.md"), root.join("CONTRIBUTING.md")];
    let folder = std::fs::read_dir(root.join("docs")).expect("a folder").map(|entry| entry.expect("an entry").path());
    paths.extend(folder.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    let read = |path: PathBuf| Page { text: std::fs::read_to_string(&path).expect("a page"), path };
    paths.into_iter().map(read).collect()
}

/// The blocks of code on a page in a language.
fn blocks<'p>(page: &'p Page, language: &str) -> Vec<&'p str> {
    let opening = format!("```{language}\n");
    let behind = page.text.split(opening.as_str()).skip(1);
    behind.map(|rest| rest.split_once("```").expect("a block has an end").0).collect()
}

/// The commands of a block, each as its words, as far as the shell of these pages goes.
fn commands(block: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = block.chars().peekable();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (Some(mark), _) if c == mark => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            // The line goes on.
            (None, '\\') => drop(characters.next()),
            (None, '#') if word.is_none() => while characters.next_if(|c| *c != '\n').is_some() {},
            (None, ' ' | '\n' | '|' | '&' | '<' | '>') => {
                commands.last_mut().expect("one at least").extend(word.take());
                if c != ' ' {
                    commands.push(Vec::new());
                }
            }
            _ => word.get_or_insert_default().push(c),
        }
    }
    commands
}

/// A room with an article in its database.
fn archive() -> Newsroom {
    let room = Newsroom::new();
    let line = r#"{"url": "https://paper.example/1", "title": "Night library stays open", "text": "Until two.", "source": "p"}"#;
    room.run(&["import", &room.file("articles.jsonl", line)]).exits(0);
    room
}

#[test]
fn every_query_has_an_answer() {
    let room = archive();
    let mut n_queries = 0;
    for page in pages() {
        for query in blocks(&page, "sql").into_iter().flat_map(|block| block.split_inclusive(";\n")) {
            room.run_with_input(&["sql", "-"], query.as_bytes()).exits(0);
            n_queries += 1;
        }
    }
    assert!(n_queries > 8, "only {n_queries} queries are found");
}

#[test]
fn every_command_line_is_understood() {
    let room = archive();
    let mut n_commands = 0;
    for page in pages() {
        for words in blocks(&page, "sh").into_iter().flat_map(commands) {
            // Behind whatever runs it as another user.
            let Some(at) = words.iter().rposition(|word| word == "newswire") else { continue };
            let arguments: Vec<&str> = words[at + 1..].iter().map(String::as_str).collect();
            match arguments.as_slice() {
                ["sql", query] if *query != "-" => room.run(&["sql", query]).exits(0),
                _ => room.run(&[&arguments, &["--help"][..]].concat()).exits(0),
            };
            n_commands += 1;
        }
    }
    assert!(n_commands > 60, "only {n_commands} command lines are found");
    // It is the options that are looked at.
    room.run(&["ls", "--sinc", "yesterday", "--help"]).exits(2);
}

/// The name that a heading is linked by.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let pages = pages();
    for Page { path, text } in &pages {
        let folder = path.parent().expect("a folder");
        let links = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link);
        for link in links.filter(|link| !link.starts_with("https://")) {
            let (file, fragment) = link.split_once('#').map_or((link, None), |(file, fragment)| (file, Some(fragment)));
            let target = if file.is_empty() { path.clone() } else { folder.join(file) };
            let content = std::fs::read(&target);
            let content = content.unwrap_or_else(|error| panic!("{}: {link}: {error}", path.display()));
            // A picture has no headings.
            let content = String::from_utf8_lossy(&content);
            let mut headings = content.lines().filter_map(|line| line.strip_prefix('#'));
            let is_there =
                |fragment| headings.any(|heading| anchor(heading.trim_start_matches('#').trim()) == fragment);
            assert!(fragment.is_none_or(is_there), "{}: {link} is no heading", path.display());
        }
    }
    // And the README leads to each of them.
    let readme = &pages[0].text;
    for Page { path, .. } in &pages[1..] {
        let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).expect("a page of ours").display().to_string();
        assert!(readme.contains(&format!("]({name})")), "the README does not lead to {name}");
    }
}

#[test]
fn the_script_for_parquet_by_month_writes_the_months_in_which_something_changed() {
    let room = Newsroom::new();
    let import = |number: u32, day: &str, text: &str| {
        let url = format!("https://paper.example/{number}");
        let line =
            serde_json::json!({ "url": url, "source": "p", "title": "Night library", "text": text, "published": day });
        room.run(&["-q", "import", &room.file("articles.jsonl", line.to_string())]).exits(0);
    };
    import(1, "2026-08-31", "It closes at two.");
    import(2, "2026-09-01", "It opens at nine.");
    import(3, "2026-09-30", "It is full at noon.");
    let pages = pages();
    let scripts = || pages.iter().flat_map(|page| blocks(page, "sh")).filter(|block| block.starts_with("#!/bin/sh\n"));
    let [script] = scripts().collect::<Vec<_>>()[..] else { panic!("one script is expected") };
    let program = Path::new(env!("CARGO_BIN_EXE_newswire")).parent().expect("a folder");
    let run = || {
        let path = format!("{}:{}", program.display(), std::env::var("PATH").expect("a path"));
        let mut command = std::process::Command::new("sh");
        command.args(["-c", script]).current_dir(room.path(".")).env("PATH", path);
        let outcome = command.env("NEWSWIRE_CONFIG", room.path("newswire.toml")).output().expect("it runs");
        let told = String::from_utf8_lossy(&outcome.stderr).into_owned() + &String::from_utf8_lossy(&outcome.stdout);
        assert!(outcome.status.success(), "{told}");
        let mut written: Vec<String> = told.lines().map(str::to_owned).collect();
        written.sort();
        written
    };
    let line = |n_articles: &str, month: &str| format!("{n_articles} in lake/month={month}/articles.parquet");
    assert_eq!(run(), [line("1 article", "2026-08"), line("2 articles", "2026-09")]);
    assert_eq!(run(), Vec::<String>::new());
    import(2, "2026-09-01", "It opens at ten, and not at nine.");
    assert_eq!(run(), [line("2 articles", "2026-09")]);
}
