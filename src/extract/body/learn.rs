//! How the weights came about: logistic regression and boosted trees over the lines of pages whose article is known.
//!
//! `cargo test --release --lib learn_weights -- --ignored --nocapture` reads the pages beside the checkout, tells what
//! weights learned on four fifths of the sites are worth on the last fifth, five times over, in three ways of parting the
//! sites, and prints the tables of `features` and `learned_trees` as learned on all pages. `LEARN_WITHOUT=Tiny,Caption` learns
//! without these features, to see what they are worth.

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use scraper::Html;
use serde_json::Value;

use super::super::page::Page;
use super::super::text::{count_words, fold, hash, number};
use super::context_features::Surroundings;
use super::decision_trees::Tree;
use super::features::{COUNT, Features, NAMES};
use super::known_texts::KnownTexts;
use super::line_features::LineProfile;
use super::shingles::{Shingles, shingles};
use super::{context_features, decision_trees, line_features};

mod boost;

/// Strength of the pull towards zero: weights that hardly help stay small.
const DECAY: f32 = 2e-5;

/// How the weight of a line grows with its words: less than evenly, since short lines are the harder ones.
const LENGTH_POWER: f32 = 0.6;

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

struct GoldPage {
    set: &'static str,
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
            let packed = std::fs::File::open(root.join(set).join(format!("{file}.gz"))).unwrap();
            let mut bytes = Vec::new();
            flate2::read::GzDecoder::new(packed).read_to_end(&mut bytes).unwrap();
            let html = crate::charset::decode(&bytes, None).into_owned();
            let url = gold["url"].as_str().unwrap_or_default().to_owned();
            pages.push(GoldPage { set, html, url, gold });
        }
    }
    pages.extend(own_pages());
    pages
}

/// The pages of our tests, which show what is easily told and must not be lost.
fn own_pages() -> Vec<GoldPage> {
    let recorded = |case: std::path::PathBuf| {
        let html = crate::charset::decode(&std::fs::read(case.join("page.html")).ok()?, None).into_owned();
        let mut gold: Value = serde_json::from_str(&std::fs::read_to_string(case.join("article.json")).ok()?).ok()?;
        gold["paras"] = gold.get("paragraphs")?.clone();
        gold["file"] = case.file_name()?.to_string_lossy().into_owned().into();
        Some(GoldPage { set: "own", html, url: "https://news.example/page".to_owned(), gold })
    };
    super::super::tests::fixtures().into_iter().filter_map(recorded).collect()
}

/// Whether each line is part of the article by the gold; `None` where the gold does not say.
fn labels(gold: &Value, page: &Page<'_>, profiles: &[LineProfile]) -> Vec<Option<bool>> {
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
        .zip(profiles)
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
    let left_out = left_out();
    let mut weights = [0.0_f32; COUNT];
    let mut squares = [1e-6_f32; COUNT];
    let mut order: Vec<usize> = (0..examples.len()).collect();
    for pass in 0..PASSES {
        order.sort_by_key(|index| hash(pass as u64, &index.to_le_bytes()));
        for &index in &order {
            let example = &examples[index];
            let target = f32::from(u8::from(example.is_article));
            let error = (example.features.probability(&weights) - target) * example.weight;
            let places = weights.iter_mut().zip(&mut squares).zip(&example.features.0).zip(&left_out);
            for (((weight, square), value), left_out) in places {
                if *value != 0.0 && !left_out {
                    let slope = error * value + DECAY * *weight;
                    *square += slope * slope;
                    *weight -= 0.15 * slope / square.sqrt();
                }
            }
        }
    }
    weights
}

/// A page that is ready to learn from.
struct Lesson<'a> {
    gold: &'a GoldPage,
    page: &'a Page<'a>,
    texts: &'a KnownTexts,
    profiles: Vec<LineProfile>,
    labels: Vec<Option<bool>>,
}

impl Lesson<'_> {
    fn examples(&self, features: impl IntoIterator<Item = Features>) -> Vec<Example> {
        let set = if self.gold.gold.get("with").is_some() || self.gold.set == "own" { 3.0 } else { 1.0 };
        features
            .into_iter()
            .zip(&self.labels)
            .zip(&self.profiles)
            .filter_map(|((features, label), profile)| {
                let weight = (number(profile.n_words).clamp(2.0, 80.0) / 10.0).powf(LENGTH_POWER) * set;
                label.map(|is_article| Example { features, is_article, weight })
            })
            .collect()
    }

    /// The part of the cross-validation in which it is left out: all pages of a site are in the same.
    fn fold(&self, partition: u64) -> u64 {
        let file = self.gold.gold["file"].as_str().unwrap_or_default();
        let is_dated = |(at, _): &(usize, &str)| file[at + 1..].starts_with(|c: char| c.is_ascii_digit());
        let end = file.match_indices('_').find(is_dated).map_or(file.len(), |(at, _)| at);
        hash(partition, &file.as_bytes()[..end]) % FOLDS
    }
}

const FOLDS: u64 = 5;

/// The sites are parted so often, each time in another way: what one way of parting them gains by chance, another loses.
const PARTITIONS: [u64; 3] = [7, 11, 13];

/// Whether a feature is left out, to see what it is worth: `LEARN_WITHOUT=Tiny,Caption`.
fn left_out() -> [bool; COUNT] {
    let without = std::env::var("LEARN_WITHOUT").unwrap_or_default();
    NAMES.map(|name| without.split(',').any(|one| one == name))
}

struct Learned {
    first: [f32; COUNT],
    second: [f32; COUNT],
    third: Vec<Tree>,
}

fn learn_all<'a, 'b: 'a>(lessons: impl Iterator<Item = &'a Lesson<'b>> + Clone) -> Learned {
    let mut examples = Vec::new();
    for lesson in lessons.clone() {
        examples.extend(lesson.examples(lesson.profiles.iter().map(|profile| profile.features.clone())));
    }
    let first = learn(&examples);
    examples.clear();
    let mut seconds = Vec::new();
    for lesson in lessons {
        let surroundings = Surroundings::of(lesson.page, &lesson.profiles, &first);
        let pass = context_features::judge_again(lesson.page, &lesson.profiles, &surroundings, &surroundings.first());
        let Some(pass) = pass else { continue };
        examples.extend(lesson.examples(pass.features.clone()));
        seconds.push((lesson, surroundings, pass.features));
    }
    let second = learn(&examples);
    examples.clear();
    for (lesson, surroundings, features) in seconds {
        let before: Vec<f32> = features.iter().map(|features| features.probability(&second)).collect();
        let pass = context_features::judge_again(lesson.page, &lesson.profiles, &surroundings, &before);
        let third = pass.into_iter().flat_map(|pass| lesson.examples(pass.features));
        examples.extend(third.filter(|example| decision_trees::settled(&example.features).is_none()));
    }
    Learned { first, second, third: boost::boost(&examples) }
}

/// What the chosen lines are worth against the gold, by the measures of the field: mean precision and recall of runs
/// of four words, their harmonic mean, the share of pages that are as good as exact; for passages one F1 over all.
#[derive(Default)]
struct Score {
    n_pages: f32,
    precision: (f32, f32),
    recall: f32,
    n_exact: f32,
    passages: (f32, f32, f32),
}

impl Score {
    fn add(&mut self, lesson: &Lesson<'_>, chosen: &[usize]) {
        let gold = &lesson.gold.gold;
        let text: Vec<&str> = chosen.iter().map(|line| lesson.page.lines[*line].text.as_str()).collect();
        let text = text.join("\n");
        if gold.get("with").is_some() {
            let text = fold(&text);
            let count = |name: &str| -> (f32, f32) {
                let passages = gold[name].as_array().into_iter().flatten().filter_map(Value::as_str);
                passages.fold((0.0, 0.0), |(held, all), passage| {
                    (held + f32::from(u8::from(text.contains(&fold(passage)))), all + 1.0)
                })
            };
            let ((hit, wanted), (noise, _)) = (count("with"), count("without"));
            self.passages.0 += hit;
            self.passages.1 += noise;
            self.passages.2 += wanted - hit;
            return;
        }
        let expected = gold["paras"].as_array().map_or_else(
            || gold["text"].as_str().unwrap_or_default().to_owned(),
            |paragraphs| paragraphs.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n"),
        );
        let bag = |text: &str| {
            let mut bag: HashMap<u64, f32> = HashMap::new();
            shingles(text).for_each(|shingle| *bag.entry(shingle).or_default() += 1.0);
            bag
        };
        let (want, have) = (bag(&expected), bag(&text));
        let common: f32 = want.iter().map(|(shingle, n)| n.min(*have.get(shingle).unwrap_or(&0.0))).sum();
        let (n_want, n_have): (f32, f32) = (want.values().sum(), have.values().sum());
        self.n_pages += 1.0;
        if n_have > 0.0 {
            self.precision.0 += common / n_have;
            self.precision.1 += 1.0;
        }
        self.recall += if n_want > 0.0 { common / n_want } else { 0.0 };
        self.n_exact += f32::from(u8::from(2.0 * common >= 0.99 * (n_want + n_have)));
    }

    fn told(&self) -> String {
        if self.n_pages > 0.0 {
            let (precision, recall) = (self.precision.0 / self.precision.1, self.recall / self.n_pages);
            let f1 = 2.0 * precision * recall / (precision + recall);
            format!("F1 {f1:.4}, P {precision:.4}, R {recall:.4}, exact {:.3}", self.n_exact / self.n_pages)
        } else {
            let (hit, noise, missed) = self.passages;
            format!("F1 {:.4}", 2.0 * hit / (2.0 * hit + noise + missed))
        }
    }
}

type Scores = std::collections::BTreeMap<&'static str, Score>;

fn add(scores: &mut Scores, lesson: &Lesson<'_>, learned: &Learned) {
    let weights = super::Weights { first: &learned.first, second: &learned.second, third: &learned.third };
    let body = super::choose_by(weights, lesson.profiles.clone(), lesson.page, lesson.texts, None);
    scores.entry(lesson.gold.set).or_default().add(lesson, &body.lines);
}

fn tell(name: &str, scores: &Scores) {
    for (set, score) in scores {
        println!("{name:<16} {set:<12} {}", score.told());
    }
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
    let read: Vec<(Page<'_>, KnownTexts)> = trees
        .iter()
        .zip(&pages)
        .map(|(tree, gold)| {
            let page = Page::read(tree, 512);
            let texts = super::super::tests::known_texts_of(&page, &gold.url);
            (page, texts)
        })
        .collect();
    let lessons: Vec<Lesson<'_>> = read
        .iter()
        .zip(&pages)
        .map(|((page, texts), gold)| {
            let profiles = line_features::profiles(page, texts);
            let labels = labels(&gold.gold, page, &profiles);
            Lesson { gold, page, texts, profiles, labels }
        })
        .collect();
    let mut scores = Scores::new();
    for partition in PARTITIONS {
        for fold in 0..FOLDS {
            let is_left_out = |lesson: &&Lesson<'_>| lesson.fold(partition) == fold;
            let learned = learn_all(lessons.iter().filter(|lesson| !is_left_out(lesson)));
            for lesson in lessons.iter().filter(is_left_out) {
                add(&mut scores, lesson, &learned);
            }
        }
    }
    tell("cross-validated", &scores);
    if std::env::var_os("LEARN_WITHOUT").is_some() {
        return;
    }
    let all = learn_all(lessons.iter());
    let mut scores = Scores::new();
    for lesson in &lessons {
        add(&mut scores, lesson, &all);
    }
    tell("all", &scores);
    let Learned { first, second, third } = all;
    for (name, (first, second)) in NAMES.iter().zip(first.iter().zip(&second)) {
        println!("    {name}: {first:.2}, {second:.2};");
    }
    println!("pub(super) static TREES: [Tree; {}] = [", third.len());
    for tree in &third {
        println!("    {}", boost::as_source(tree));
    }
    println!("];");
}
