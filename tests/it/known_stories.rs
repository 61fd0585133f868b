//! Articles whose events are known, many of them, among other news: how well stories agree with the events.
//!
//! The articles lie beside the checkout; where they are absent there is nothing to measure.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use crate::harness::Newsroom;

/// The agreement of clusters with events by the measure of Bagga and Baldwin (1998): for each article that is of an
/// event, which share of its story is of that event, and which share of the event is in its story.
fn b_cubed(stories: &[(Option<String>, String)]) -> f64 {
    let mut of_story: HashMap<&str, f64> = HashMap::new();
    let mut of_event: HashMap<&str, f64> = HashMap::new();
    let mut of_both: HashMap<(&str, &str), f64> = HashMap::new();
    for (event, story) in stories {
        *of_story.entry(story).or_default() += 1.0;
        if let Some(event) = event {
            *of_event.entry(event).or_default() += 1.0;
            *of_both.entry((event, story)).or_default() += 1.0;
        }
    }
    let (mut precision, mut recall, mut n_articles) = (0.0, 0.0, 0.0);
    for (event, story) in stories {
        let Some(event) = event else { continue };
        let both = of_both[&(event.as_str(), story.as_str())];
        precision += both / of_story[story.as_str()];
        recall += both / of_event[event.as_str()];
        n_articles += 1.0;
    }
    let (precision, recall) = (precision / n_articles, recall / n_articles);
    2.0 * precision * recall / (precision + recall)
}

#[test]
fn stories_are_events() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/stories");
    let Ok(labels) = std::fs::read_to_string(folder.join("stories-dev.labels.jsonl")) else {
        eprintln!("skipped: {} is not there", folder.display());
        return;
    };
    let articles = std::fs::read_to_string(folder.join("stories-dev.jsonl")).expect("articles beside their labels");
    let mut events: HashMap<String, Option<String>> = HashMap::new();
    for line in labels.lines() {
        let label: Value = serde_json::from_str(line).expect("a label");
        if let Some(id) = label["id"].as_str() {
            events.insert(id.to_owned(), label["story"].as_str().map(str::to_owned));
        }
    }
    for (has_dates, expected) in [(true, 0.965), (false, 0.92)] {
        let mut lines = String::new();
        for line in articles.lines() {
            let mut article: Value = serde_json::from_str(line).expect("an article");
            if !has_dates {
                article["published"] = Value::Null;
            }
            let _ = writeln!(lines, "{article}");
        }
        let room = Newsroom::new();
        let file = room.file("articles.jsonl", lines);
        room.run(&["import", &file]).exits(0);
        let found: Vec<(Option<String>, String)> = room
            .table(
                "SELECT guid, story_id FROM articles JOIN sightings ON article_id = articles.id ORDER BY articles.id",
            )
            .into_iter()
            .map(|mut row| {
                let story = row.pop().expect("two columns");
                (events[&row[0]].clone(), story)
            })
            .collect();
        assert_eq!(found.len(), events.len());
        let agreement = b_cubed(&found);
        println!("dates: {has_dates}, agreement {agreement:.3}");
        assert!(agreement >= expected, "dates: {has_dates}, agreement {agreement:.3}");
    }
}
