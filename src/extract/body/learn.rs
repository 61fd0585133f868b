//! How the weights came about: logistic regression and boosted trees over the lines of pages whose article is known.
//!
//! `cargo test --release --lib learn_weights -- --ignored --nocapture` reads the pages beside the checkout, tells what
//! weights learned on four fifths of the sites are worth on the last fifth, five times over, in three ways of parting the
//! sites, and prints the tables of `features` and `learned_trees` as learned on all pages. `LEARN_WITHOUT=Tiny,Caption` learns
//! without these features, to see what they are worth.

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;
use unicode_normalization::UnicodeNormalization;
use url::Url;

use super::super::extractor::Found;
use super::super::fields::dates;
use super::super::fields::layout::Layout;
use super::super::fields::metadata::Metadata;
use super::super::page::{self, Page};
use super::super::tests;
use super::super::text::{count_words, fold, hash, number, told_once};
use super::super::verdict::Findings;
use super::super::verdict::quality::Facts;
use super::context_features::Surroundings;
use super::decision_trees::Tree;
use super::features::{COUNT, Features, NAMES};
use super::known_texts::KnownTexts;
use super::line_features::LineProfile;
use super::shingles::{Shingles, shingles};
use super::{Body, context_features, decision_trees, features, line_features};
use crate::model::{LinkHints, publisher_of};

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

impl GoldPage {
    /// The set, which of pages without an article is the kind of page.
    fn name(&self) -> &'static str {
        match (self.set, self.gold["kind"].as_str()) {
            ("no-article", Some("listing" | "collection")) => "listings",
            ("no-article", _) => "other pages",
            _ => self.set,
        }
    }

    /// What a line of it weighs: passages are few on a page; articles of blogs and institutions are not what we read.
    fn weight(&self) -> f32 {
        match self.set {
            "segments" | "own" => 3.0,
            "wcxb" => 0.5,
            "no-article" => 0.0,
            _ => 1.7,
        }
    }
}

fn gold_pages() -> Vec<GoldPage> {
    let Some(root) = shared_pages() else { return Vec::new() };
    let mut pages = Vec::new();
    for set in ["aeb", "publishers", "segments", "wcxb", "no-article"] {
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
    if gold.get("none").is_some() {
        return vec![Some(false); profiles.len()];
    }
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

impl Lesson<'_> {
    /// The text that the page is read as with these lines, and, where it is an article, its quality and what that was
    /// told by.
    fn read_out(&self, body: &Body) -> (String, Option<(u8, Facts)>) {
        let hints = LinkHints::default();
        let document = tests::document(Vec::new(), &self.gold.url);
        let layout = Layout::of(self.page, &body.lines, &self.metadata.titles);
        let mut article = self.metadata.article(self.page, &layout, &document, &hints);
        dates::add_from_lines(&mut article.published, self.page, &layout, &body.lines);
        let (source, refusal) =
            tests::extractor().fill_body(&mut article, self.page, self.metadata, body, Found::default(), &hints);
        if refusal.is_some() {
            return (String::new(), None);
        }
        let findings = Findings {
            page: self.page,
            body,
            paragraphs: &article.paragraphs,
            n_words: article.paragraphs.iter().map(|paragraph| count_words(paragraph)).sum(),
            title: article.title.as_ref().map(|title| title.value.as_str()),
            has_date: dates::has_date(&article.published),
            says_article: article.says_article,
            says_paid: self.metadata.structured.is_paid,
            structured_words: count_words(told_once(self.metadata.structured.body.as_deref().unwrap_or_default())),
            source,
            address: article.canonical_urls.first().map(|url| url.value.as_str()),
            sureness: &body.sureness,
        };
        (article.paragraphs.join("\n"), Some((article.quality.score, findings.facts())))
    }
}

/// Logistic regression by steps along the slope at each line, the smaller the steeper it has been for a weight (Duchi
/// 2011). Most features of a line are zero, and only the others are looked at.
fn learn(examples: &[Example]) -> [f32; COUNT] {
    let left_out = left_out();
    let (mut values, mut ends): (Vec<(usize, f32)>, Vec<usize>) = (Vec::new(), vec![0]);
    for example in examples {
        let all = example.features.0.iter().copied().enumerate();
        values.extend(all.filter(|(feature, value)| *value != 0.0 && !left_out[*feature]));
        ends.push(values.len());
    }
    let mut weights = [0.0_f32; COUNT];
    let mut squares = [1e-6_f32; COUNT];
    let mut order: Vec<usize> = (0..examples.len()).collect();
    for pass in 0..PASSES {
        order.sort_by_key(|index| hash(pass as u64, &index.to_le_bytes()));
        for &index in &order {
            let (example, values) = (&examples[index], &values[ends[index]..ends[index + 1]]);
            let target = f32::from(u8::from(example.is_article));
            let logit: f32 = values.iter().map(|(feature, value)| weights[*feature] * value).sum();
            let error = (features::probability(logit) - target) * example.weight;
            for (feature, value) in values {
                let slope = error * value + DECAY * weights[*feature];
                squares[*feature] += slope * slope;
                weights[*feature] -= 0.15 * slope / squares[*feature].sqrt();
            }
        }
    }
    weights
}

/// A page that is ready to learn from.
struct Lesson<'a> {
    gold: &'a GoldPage,
    page: &'a Page<'a>,
    metadata: &'a Metadata<'a>,
    texts: &'a KnownTexts,
    profiles: Vec<LineProfile>,
    labels: Vec<Option<bool>>,
}

impl Lesson<'_> {
    fn examples(&self, features: impl IntoIterator<Item = Features>) -> Vec<Example> {
        let set = self.gold.weight();
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

    /// The part of the cross-validation in which it is left out: all pages of a site are in the same, whichever set
    /// they are of.
    fn fold(&self, partition: u64) -> u64 {
        hash(partition, self.site().as_bytes()) % FOLDS
    }

    /// The registrable domain, where the page has an address.
    fn site(&self) -> String {
        let file = self.gold.gold["file"].as_str().unwrap_or_default();
        // Files of passages are named `www.example.com-page.html`, and have no other address.
        let host_end = file.find('.').and_then(|point| file[point..].find('-').map(|dash| point + dash));
        let named = || Url::parse(&format!("https://{}", &file[..host_end?])).ok();
        let url = Url::parse(&self.gold.url).ok().filter(Url::has_host).or_else(named);
        url.map_or_else(|| file.to_owned(), |url| publisher_of(&url))
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
    let lessons = lessons.filter(|lesson| lesson.gold.weight() > 0.0);
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

/// What the chosen lines of a page are worth against the gold.
struct PageScore {
    /// Share of the runs of four words that are right, absent where there are none, and share of those found.
    precision: Option<f32>,
    recall: f32,
    /// Passages kept that should be, kept that should not, and missed.
    passages: (f32, f32, f32),
    /// The page's own F1, of runs of words or of passages; none on a page without an article.
    f1: f32,
}

/// A text as two are compared: accents as one character with their letter, without what tells where a word may part.
fn comparable(text: &str) -> String {
    fold(&text.nfc().filter(|c| *c != '\u{ad}').collect::<String>())
}

fn page_score(gold: &Value, text: &str) -> PageScore {
    let text = comparable(text);
    if gold.get("with").is_some() {
        let count = |name: &str| -> (f32, f32) {
            let passages = gold[name].as_array().into_iter().flatten().filter_map(Value::as_str);
            passages.fold((0.0, 0.0), |(held, all), passage| {
                (held + f32::from(u8::from(text.contains(&comparable(passage)))), all + 1.0)
            })
        };
        let ((hit, wanted), (noise, _)) = (count("with"), count("without"));
        let f1 = if wanted + noise > 0.0 { 2.0 * hit / (hit + noise + wanted) } else { 1.0 };
        return PageScore { precision: None, recall: 0.0, passages: (hit, noise, wanted - hit), f1 };
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
    let (want, have) = (bag(&comparable(&expected)), bag(&text));
    let common: f32 = want.iter().map(|(shingle, n)| n.min(*have.get(shingle).unwrap_or(&0.0))).sum();
    let (n_want, n_have): (f32, f32) = (want.values().sum(), have.values().sum());
    PageScore {
        precision: (n_have > 0.0).then(|| common / n_have),
        recall: if n_want > 0.0 { common / n_want } else { 0.0 },
        passages: (0.0, 0.0, 0.0),
        f1: if n_want + n_have > 0.0 { 2.0 * common / (n_want + n_have) } else { 0.0 },
    }
}

/// By the measures of the field: mean precision and recall of runs of four words, their harmonic mean, the share of
/// pages that are as good as exact and of those that are bad; for passages one F1 over all and the share of pages
/// without a fault; of pages without an article on how many one is claimed, and on how many with trust.
#[derive(Default)]
struct Score {
    n_pages: f32,
    precision: (f32, f32),
    recall: f32,
    n_exact: f32,
    n_bad: f32,
    n_trusted_bad: f32,
    n_claims: f32,
    passages: (f32, f32, f32),
}

/// Quality above which a reader trusts a text.
const TRUSTED: u8 = 90;

impl Score {
    fn add(&mut self, page: &PageScore, quality: Option<u8>) {
        self.n_pages += 1.0;
        if let Some(precision) = page.precision {
            self.precision.0 += precision;
            self.precision.1 += 1.0;
        }
        self.recall += page.recall;
        let count = |holds: bool| f32::from(u8::from(holds));
        self.n_exact += count(page.f1 >= 0.99);
        self.n_bad += count(page.f1 < 0.8);
        self.n_trusted_bad += count(page.f1 < 0.8 && quality.is_some_and(|quality| quality > TRUSTED));
        self.n_claims += count(quality.is_some());
        let (hit, noise, missed) = page.passages;
        self.passages = (self.passages.0 + hit, self.passages.1 + noise, self.passages.2 + missed);
    }

    fn told(&self) -> String {
        let share = |n: f32| n / self.n_pages;
        let ends = format!("exact {:.3}, bad {:.3}", share(self.n_exact), share(self.n_bad));
        let claims = format!("claims {:.3}, trusted and bad {:.4}", share(self.n_claims), share(self.n_trusted_bad));
        if self.precision.1 > 0.0 && self.recall > 0.0 {
            let (precision, recall) = (self.precision.0 / self.precision.1, share(self.recall));
            let f1 = 2.0 * precision * recall / (precision + recall);
            return format!("F1 {f1:.4}, P {precision:.4}, R {recall:.4}, {ends}, {claims}");
        }
        let (hit, noise, missed) = self.passages;
        format!("F1 {:.4}, {ends}, {claims}", 2.0 * hit / (2.0 * hit + noise + missed))
    }
}

type Scores = std::collections::BTreeMap<&'static str, Score>;

fn add(scores: [&mut Scores; 2], lesson: &Lesson<'_>, learned: &Learned) {
    let weights = super::Weights { first: &learned.first, second: &learned.second, third: &learned.third };
    let body = super::choose_by(weights, lesson.profiles.clone(), lesson.page, lesson.texts, None);
    let (text, judged) = lesson.read_out(&body);
    let score = page_score(&lesson.gold.gold, &text);
    for scores in scores {
        scores.entry(lesson.gold.name()).or_default().add(&score, judged.as_ref().map(|(quality, _)| *quality));
    }
    if std::env::var_os("LEARN_PAGES").is_some()
        && let Some((quality, facts)) = judged
    {
        let (set, file) = (lesson.gold.name(), lesson.gold.gold["file"].as_str().unwrap_or_default());
        let facts: Vec<String> = facts.0.iter().map(|fact| format!("{fact:.4}")).collect();
        println!("page\t{set}\t{file}\t{}\t{:.4}\t{quality}\t{}", lesson.site(), score.f1, facts.join("\t"));
    }
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
    let trees: Vec<page::Tree> = pages.iter().map(|page| tests::parsed(&page.html)).collect();
    let read: Vec<Page<'_>> = trees.iter().map(|tree| Page::read(tree, 512)).collect();
    let known: Vec<(Metadata<'_>, KnownTexts)> = read
        .iter()
        .zip(&pages)
        .map(|(page, gold)| {
            let hints = LinkHints::default();
            let metadata = Metadata::read(page, &tests::document(Vec::new(), &gold.url), &hints);
            let texts = metadata.known_texts(&hints);
            (metadata, texts)
        })
        .collect();
    let lessons: Vec<Lesson<'_>> = read
        .iter()
        .zip(&known)
        .zip(&pages)
        .map(|((page, (metadata, texts)), gold)| {
            let profiles = line_features::profiles(page, texts);
            let labels = labels(&gold.gold, page, &profiles);
            Lesson { gold, page, metadata, texts, profiles, labels }
        })
        .collect();
    let mut scores = Scores::new();
    let n_partitions = std::env::var("LEARN_PARTITIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(PARTITIONS.len());
    for partition in PARTITIONS.into_iter().take(n_partitions) {
        let mut own = Scores::new();
        for fold in 0..FOLDS {
            let is_left_out = |lesson: &&Lesson<'_>| lesson.fold(partition) == fold;
            let learned = learn_all(lessons.iter().filter(|lesson| !is_left_out(lesson)));
            for lesson in lessons.iter().filter(is_left_out) {
                add([&mut scores, &mut own], lesson, &learned);
            }
        }
        // What differs from one to the next is noise.
        tell(&format!("partition {partition}"), &own);
    }
    tell("cross-validated", &scores);
    if std::env::var_os("LEARN_WITHOUT").is_some() {
        return;
    }
    let all = learn_all(lessons.iter());
    let mut scores = Scores::new();
    for lesson in &lessons {
        add([&mut scores, &mut Scores::new()], lesson, &all);
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
