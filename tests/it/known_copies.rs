//! Articles whose copies are known, many of them: how many copies are recognised, and how many articles are taken for one.
//!
//! The articles lie beside the checkout; where they are absent there is nothing to measure.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use serde_json::Value;

use crate::harness::Newsroom;

/// What is known of an article: its place among all, its group of copies, its class.
struct Known {
    group: Option<String>,
    class: String,
}

/// Counts of right and wrong.
#[derive(Debug, Default)]
struct Count {
    right: u32,
    wrong: u32,
    missed: u32,
}

impl Count {
    fn precision(&self) -> f64 {
        f64::from(self.right) / f64::from((self.right + self.wrong).max(1))
    }

    fn f1(&self) -> f64 {
        2.0 * f64::from(self.right) / f64::from((2 * self.right + self.wrong + self.missed).max(1))
    }
}

#[test]
fn copies_are_recognised_and_independent_reports_are_left_alone() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/stories");
    let articles = folder.join("neardup-dev.jsonl");
    let Ok(labels) = std::fs::read_to_string(folder.join("neardup-dev.labels.jsonl")) else {
        eprintln!("skipped: {} is not there", articles.display());
        return;
    };
    let mut known: HashMap<String, Known> = HashMap::new();
    let mut unknown_pairs: HashSet<[String; 2]> = HashSet::new();
    for line in labels.lines() {
        let label: Value = serde_json::from_str(line).expect("a label");
        let text = |value: &Value| value.as_str().map(str::to_owned);
        if let Some(pair) = label["ignore"].as_array() {
            let mut pair = [text(&pair[0]).expect("an id"), text(&pair[1]).expect("an id")];
            pair.sort();
            unknown_pairs.insert(pair);
        } else {
            let class = text(&label["class"]).expect("a class");
            known.insert(text(&label["id"]).expect("an id"), Known { group: text(&label["dup_group"]), class });
        }
    }

    let room = Newsroom::new();
    room.run(&["import", &articles.display().to_string()]).exits(0);
    let links = room.table(
        "SELECT this.guid, that.guid FROM articles JOIN sightings AS this ON this.article_id = articles.id
         LEFT JOIN sightings AS that ON that.article_id = duplicate_of ORDER BY articles.id",
    );
    assert_eq!(links.len(), known.len());

    let are_copies = |a: &str, b: &str| known[a].group.is_some() && known[a].group == known[b].group;
    let is_counted = |a: &str, b: &str| {
        let mut pair = [a.to_owned(), b.to_owned()];
        pair.sort();
        !unknown_pairs.contains(&pair)
    };
    let mut direct = Count::default();
    let mut false_alarms: HashMap<&str, u32> = HashMap::new();
    let mut families: Vec<Vec<&str>> = Vec::new();
    let mut family_of: HashMap<&str, usize> = HashMap::new();
    for link in &links {
        let (this, that) = (link[0].as_str(), link[1].as_str());
        if that == "NULL" {
            family_of.insert(this, families.len());
            families.push(vec![this]);
            continue;
        }
        // A link points at an earlier article, so that one has its family.
        let family = family_of[that];
        family_of.insert(this, family);
        families[family].push(this);
        if are_copies(this, that) {
            direct.right += 1;
        } else if is_counted(this, that) {
            direct.wrong += 1;
            *false_alarms.entry(known[this].class.as_str()).or_default() += 1;
        }
    }
    let mut pairs = Count::default();
    for family in &families {
        for (position, a) in family.iter().enumerate() {
            for b in &family[..position] {
                if is_counted(a, b) {
                    *if are_copies(a, b) { &mut pairs.right } else { &mut pairs.wrong } += 1;
                }
            }
        }
    }
    let mut sizes: HashMap<&str, u32> = HashMap::new();
    known.values().filter_map(|known| known.group.as_deref()).for_each(|group| *sizes.entry(group).or_default() += 1);
    pairs.missed = sizes.values().map(|size| size * (size - 1) / 2).sum::<u32>() - pairs.right;

    let figures = format!("pairs {:.4}, links {:.4}, false alarms {false_alarms:?}", pairs.f1(), direct.precision());
    println!("{figures}");
    assert!(pairs.f1() >= 0.97, "{figures}");
    assert!(direct.precision() >= 0.98, "{figures}");
    assert!(!false_alarms.contains_key("neg:event"), "{figures}");
    assert!(!false_alarms.contains_key("neg:numbers"), "{figures}");
}
