//! How the weights came about: logistic regression over the lines of pages whose article is known.
//!
//! `cargo test --release --lib learn_weights -- --ignored --nocapture` reads the pages beside the checkout and prints
//! the table's two columns. Half of the publishers (by a hash of the file's name) is left out, to see what the weights
//! are worth on pages they have not seen. `NEWSWIRE_LEARN_HALF=1` leaves out half of every set.

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use scraper::Html;
use serde_json::Value;

use super::super::page::Page;
use super::super::text::{count_words, fold, hash, number};
use super::features::{COUNT, Features, NAMES};
use super::lines::{Look, Shingles};
use super::{context, lines, place};

/// Strength of the pull towards zero: weights that hardly help stay small.
const DECAY: f32 = 2e-5;

/// Passes over all lines.
const PASSES: usize = 60;

struct Example {
    features: Features,
    is_article: bool,
    weight: f32,
}

fn shared_pages() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?.join("shared/pages");
    root.is_dir().then_some(root)
}

/// Whether the page is in the half that is looked at.
fn is_seen(set: &str, file: &str) -> bool {
    let halves = std::env::var_os("NEWSWIRE_LEARN_HALF").is_some();
    (set != "publishers" && !halves) || hash(0, file.as_bytes()).is_multiple_of(2)
}

struct GoldPage {
    html: String,
    url: String,
    gold: Value,
}

fn gold_pages() -> Vec<GoldPage> {
    let Some(root) = shared_pages() else { return Vec::new() };
    let mut pages = Vec::new();
    for set in ["aeb", "publishers", "segments"] {
        let list = std::fs::read_to_string(root.join(set).join("gold.jsonl")).unwrap();
        for gold in list.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
            let file = gold["file"].as_str().unwrap();
            if !is_seen(set, file) {
                continue;
            }
            let packed = std::fs::File::open(root.join(set).join(format!("{file}.gz"))).unwrap();
            let mut bytes = Vec::new();
            flate2::read::GzDecoder::new(packed).read_to_end(&mut bytes).unwrap();
            let html = crate::charset::decode(&bytes, None).into_owned();
            let url = gold["url"].as_str().unwrap_or_default().to_owned();
            pages.push(GoldPage { html, url, gold });
        }
    }
    pages
}

/// Whether each line is part of the article by the gold; `None` where the gold does not say.
fn labels(gold: &Value, page: &Page<'_>, looks: &[Look]) -> Vec<Option<bool>> {
    let texts = |name: &str| -> Vec<String> {
        gold[name].as_array().into_iter().flatten().filter_map(Value::as_str).map(fold).collect()
    };
    if gold.get("with").is_some() {
        let (with, without) = (texts("with"), texts("without"));
        return page
            .lines
            .iter()
            .map(|line| {
                let holds = |passages: &[String]| passages.iter().any(|passage| line.text.contains(passage.as_str()));
                match (holds(&with), holds(&without)) {
                    (true, false) => Some(true),
                    (false, true) => Some(false),
                    _ => None,
                }
            })
            .collect();
    }
    let paragraphs = if gold.get("paras").is_some() {
        texts("paras")
    } else {
        gold["text"].as_str().unwrap_or_default().lines().map(fold).collect()
    };
    let all = paragraphs.join("\n");
    let known = Shingles::of(&all);
    page.lines
        .iter()
        .zip(looks)
        .map(|(line, _)| {
            if count_words(&line.text) < 6 {
                let is_whole = paragraphs.contains(&line.text);
                // One text without borders cannot tell whether a few words of it are this line.
                let unsure = gold.get("paras").is_none() && all.contains(&line.text);
                return if unsure && !is_whole { None } else { Some(is_whole) };
            }
            match known.share_of(&line.text) {
                share if share > 0.7 => Some(true),
                share if share < 0.3 => Some(false),
                _ => None,
            }
        })
        .collect()
}

fn learn(examples: &[Example]) -> [f32; COUNT] {
    let mut weights = [0.0_f32; COUNT];
    let mut squares = [1e-6_f32; COUNT];
    let mut order: Vec<usize> = (0..examples.len()).collect();
    for pass in 0..PASSES {
        order.sort_by_key(|index| hash(pass as u64, &index.to_le_bytes()));
        for &index in &order {
            let example = &examples[index];
            let target = f32::from(u8::from(example.is_article));
            let error = (example.features.probability(&weights) - target) * example.weight;
            for ((weight, square), value) in weights.iter_mut().zip(&mut squares).zip(&example.features.0) {
                if *value != 0.0 {
                    let slope = error * value + DECAY * *weight;
                    *square += slope * slope;
                    *weight -= 0.15 * slope / square.sqrt();
                }
            }
        }
    }
    weights
}

fn report(name: &str, examples: &[Example], weights: &[f32; COUNT]) {
    let (mut wrong, mut all, mut n_wrong) = (0.0, 0.0, 0_usize);
    for example in examples {
        let is_wrong = (example.features.probability(weights) > 0.5) != example.is_article;
        wrong += if is_wrong { example.weight } else { 0.0 };
        all += example.weight;
        n_wrong += usize::from(is_wrong);
    }
    println!("{name}: {} lines, {n_wrong} wrong, {:.4} of the weight", examples.len(), wrong / all);
}

#[test]
#[ignore = "learns for minutes; prints weights instead of checking anything"]
fn learn_weights() {
    let pages = gold_pages();
    if pages.is_empty() {
        eprintln!("no pages beside the checkout, nothing to learn from");
        return;
    }
    let trees: Vec<Html> = pages.iter().map(|page| Html::parse_document(&page.html)).collect();
    let read: Vec<(Page<'_>, super::Evidence)> = trees
        .iter()
        .zip(&pages)
        .map(|(tree, gold)| {
            let page = Page::read(tree, 512);
            let evidence = super::super::tests::evidence_of(&page, &gold.url);
            (page, evidence)
        })
        .collect();
    let looks: Vec<Vec<Look>> = read.iter().map(|(page, evidence)| lines::look(page, evidence)).collect();
    let known: Vec<Vec<Option<bool>>> =
        read.iter().zip(&looks).zip(&pages).map(|(((page, _), looks), gold)| labels(&gold.gold, page, looks)).collect();
    let weight = |look: &Look, gold: &GoldPage| {
        let set = if gold.gold.get("with").is_some() { 3.0 } else { 1.0 };
        (number(look.n_words).clamp(2.0, 80.0) / 10.0).sqrt() * set
    };
    let mut examples = Vec::new();
    for ((looks, known), gold) in looks.iter().zip(&known).zip(&pages) {
        for (look, label) in looks.iter().zip(known) {
            if let Some(is_article) = *label {
                examples.push(Example { features: look.features.clone(), is_article, weight: weight(look, gold) });
            }
        }
    }
    let first_weights = learn(&examples);
    report("first look", &examples, &first_weights);
    let mut examples = Vec::new();
    for (((page, _), looks), (known, gold)) in read.iter().zip(&looks).zip(known.iter().zip(&pages)) {
        let first: Vec<f32> = looks.iter().map(|look| look.features.probability(&first_weights)).collect();
        let Some(place) = place::find(page, looks, &first) else {
            continue;
        };
        let again = context::look_again(page, looks, &first, place, &first_weights);
        for ((features, label), look) in again.into_iter().zip(known).zip(looks) {
            if let Some(is_article) = *label {
                examples.push(Example { features, is_article, weight: weight(look, gold) });
            }
        }
    }
    let second_weights = learn(&examples);
    report("second look", &examples, &second_weights);
    let table: HashMap<&str, (f32, f32)> =
        NAMES.iter().enumerate().map(|(index, name)| (*name, (first_weights[index], second_weights[index]))).collect();
    println!("{}", serde_json::to_string(&table).unwrap());
}
