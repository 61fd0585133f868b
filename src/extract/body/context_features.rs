//! What a line looks like in its surroundings: the features of the second and the third pass.

use std::collections::HashMap;

use super::super::page::Page;
use super::super::page::class_names::Marks;
use super::super::page::tags::Tag;
use super::super::text::number;
use super::features::{COUNT, Feature, Features, probability};
use super::line_features::LineProfile;
use super::place;

/// Lines on either side that make the surroundings.
const AROUND: usize = 3;

/// Lines before the place that may hold the lead and what belongs to the head of an article.
const NEAR_LINES: usize = 15;

/// Probability and words from which a line is surely text.
const SURE: f32 = 0.8;
const SURE_WORDS: usize = 12;

/// Lines on either side in which the nearest line that is surely text is looked for.
const NEAREST: usize = 6;

/// Words for each linked headline up to which an element is a card.
const CARD_WORDS_MAX: usize = 80;

/// Most words of a line that may head the next.
const HEADING_WORDS_MAX: usize = 14;

/// What stays the same from pass to pass.
#[derive(Debug)]
pub(super) struct Surroundings {
    /// What the first pass said of each line, as a logit.
    first_logits: Vec<f32>,
    /// For each list the share of its text that stands in links.
    lists: HashMap<usize, f32>,
    /// For every element whether it is, or stands in, a card.
    cards: Vec<bool>,
    makes: Makes,
}

impl Surroundings {
    pub(super) fn of(page: &Page<'_>, profiles: &[LineProfile], first_weights: &[f32; COUNT]) -> Surroundings {
        Surroundings {
            first_logits: profiles.iter().map(|profile| profile.features.logit(first_weights)).collect(),
            lists: links_in_lists(page),
            cards: cards(page, profiles),
            makes: Makes::of(page),
        }
    }

    /// How likely the first pass found each line to be part of the article.
    pub(super) fn first(&self) -> Vec<f32> {
        self.first_logits.iter().map(|logit| probability(*logit)).collect()
    }
}

/// What one more pass found.
#[derive(Debug)]
pub(super) struct Pass {
    /// The element in which the article stands.
    pub(super) place: usize,
    /// The features of each line.
    pub(super) features: Vec<Features>,
}

/// Adds to the features of the first pass those that follow from how good the lines were found to be by the pass
/// before. Nothing when no part of the page is any good.
pub(super) fn judge_again(
    page: &Page<'_>,
    profiles: &[LineProfile],
    surroundings: &Surroundings,
    before: &[f32],
) -> Option<Pass> {
    let Surroundings { first_logits, lists, cards, makes } = surroundings;
    let place = place::find(page, profiles, before)?;
    let inside = page.elements[place].lines_start..page.elements[place].lines_end;
    let is_sure = |line: usize| before[line] > SURE && profiles[line].n_words >= SURE_WORDS;
    let first_sure = inside.clone().find(|line| is_sure(*line)).unwrap_or(inside.start);
    let last_sure = inside.clone().rev().find(|line| is_sure(*line)).unwrap_or(inside.end);
    let groups = Groups::of(page, profiles, makes, before, inside.clone());
    let all_sure_words = (0..profiles.len()).filter(|line| is_sure(*line)).map(|line| profiles[line].n_words).sum();
    let parents = Goodness::of(page, profiles, before);
    let (page_links, page_words) = (links_on(page), logarithm(all_sure_words));
    let mut heading_above = HeadingAbove { goodness: 1.0, invites: 0.0 };
    let mut n_sure_words = 0;
    let mut all = Vec::with_capacity(profiles.len());
    for (position, profile) in profiles.iter().enumerate() {
        let line = &page.lines[position];
        let mut features = profile.features.clone();
        let is_inside = inside.contains(&position);
        features.mark(Feature::Inside, is_inside);
        features.mark(Feature::JustBefore, position < inside.start && position + NEAR_LINES >= inside.start);
        features.mark(Feature::FarBefore, position + NEAR_LINES < inside.start);
        features.mark(Feature::After, position >= inside.end);
        features.mark(Feature::BeforeFirst, is_inside && position < first_sure);
        features.mark(Feature::AfterLast, is_inside && position > last_sure);
        let previous = position.checked_sub(1).map_or(0.0, |previous| before[previous]);
        let next = before.get(position + 1).copied().unwrap_or(0.0);
        features.set(Feature::Previous, previous);
        features.set(Feature::Next, next);
        features.set(Feature::Around, around(before, position));
        let may_head = matches!(page.elements[line.block].tag, Tag::Heading(_))
            || profile.n_words <= HEADING_WORDS_MAX && profile.features.0[Feature::AllEmphasis as usize] > 0.0;
        features.mark(Feature::HeadingOfGood, may_head && next > 0.5);
        features.mark(Feature::HeadingOfBad, may_head && next <= 0.5);
        let (path_share, path_goodness) = groups.of_make(makes.of_line[position]);
        features.set(Feature::PathShare, path_share);
        features.set(Feature::PathGoodness, path_goodness);
        features.set(Feature::SameParent, groups.of_parent(page.elements[line.block].parent));
        let is_item = page.elements[line.block].tag == Tag::Item;
        features.mark(
            Feature::ListOfLinks,
            is_item && lists.get(&page.elements[line.block].parent).is_some_and(|l| *l > 0.6),
        );
        if is_inside {
            let marked =
                page.path_up(line.owner, place).any(|element| page.elements[element].marks.has(Marks::AGAINST));
            features.mark(Feature::MarkedInside, marked);
        }
        let sure_before = (position.saturating_sub(NEAREST)..position).rev().find(|line| is_sure(*line));
        let sure_behind = (position + 1..profiles.len().min(position + 1 + NEAREST)).find(|line| is_sure(*line));
        let parent = page.elements[line.block].parent;
        let parent_of = |line: usize| page.elements[page.lines[line].block].parent;
        let grandparent = page.elements[parent].parent;
        let is_sibling = |sure: Option<usize>| sure.is_some_and(|sure| parent_of(sure) == parent);
        let is_cousin =
            |sure: Option<usize>| sure.is_some_and(|sure| page.elements[parent_of(sure)].parent == grandparent);
        features.mark(Feature::SiblingOfSure, is_sibling(sure_before) || is_sibling(sure_behind));
        features.mark(Feature::CousinOfSure, is_cousin(sure_before) || is_cousin(sure_behind));
        let is_surrounded = sure_before.is_some() && sure_behind.is_some();
        features.mark(Feature::Surrounded, is_surrounded);
        features.mark(Feature::HeadingSurrounded, is_surrounded && may_head);
        features.mark(Feature::ShortSurrounded, is_surrounded && !may_head && profile.n_words < 10);
        features.mark(Feature::InCard, cards[line.block]);
        let is_nested =
            is_inside && page.path_up(line.owner, place).any(|element| page.elements[element].tag == Tag::Article);
        features.mark(Feature::InNestedArticle, is_nested);
        features.set(Feature::GapBefore, gap(position, sure_before));
        features.set(Feature::GapBehind, gap(position, sure_behind));
        let is_like = |other: usize| makes.of_line[other] == makes.of_line[position];
        features.mark(Feature::LikePrevious, position.checked_sub(1).is_some_and(is_like));
        features.mark(Feature::LikeNext, position + 1 < profiles.len() && is_like(position + 1));
        let next_links = profiles.get(position + 1).map_or(0.0, |next| next.features.0[Feature::LinkShare as usize]);
        features.set(Feature::NextLinks, next_links);
        features.set(Feature::Progress, super::super::text::share(n_sure_words, all_sure_words));
        if is_sure(position) {
            n_sure_words += profile.n_words;
        }
        let depth = page.elements[line.block].depth;
        features.set(Feature::Deeper, number(depth.saturating_sub(groups.depth).min(6) as usize));
        features.set(Feature::ParentGoodness, parents.under(parent));
        features.set(Feature::GrandparentGoodness, parents.under(grandparent));
        features.set(Feature::HeadingAbove, heading_above.goodness);
        features.set(Feature::UnderInvitation, heading_above.invites);
        features.set(Feature::PathLines, logarithm(makes.n_lines[makes.of_line[position]]));
        features.set(Feature::PageLinks, page_links);
        features.set(Feature::PageWords, page_words);
        match page.elements[line.block].tag {
            Tag::Heading(1) => heading_above = HeadingAbove { goodness: 1.0, invites: 0.0 },
            Tag::Heading(_) => {
                let invites = profile.features.0[Feature::Invites as usize];
                heading_above = HeadingAbove { goodness: before[position], invites };
            }
            _ => {}
        }
        features.set(Feature::FirstLook, first_logits[position].clamp(-8.0, 8.0) / 4.0);
        features.set(Feature::LookBefore, log_odds(before[position]) / 4.0);
        all.push(features);
    }
    Some(Pass { place, features: all })
}

/// What is known of the nearest heading above a line.
struct HeadingAbove {
    goodness: f32,
    invites: f32,
}

/// How good the lines within elements are: words and likely words before each line.
struct Goodness<'a, 'b> {
    page: &'a Page<'b>,
    words_before: Vec<(f32, f32)>,
}

impl<'a, 'b> Goodness<'a, 'b> {
    fn of(page: &'a Page<'b>, profiles: &[LineProfile], before: &[f32]) -> Goodness<'a, 'b> {
        let mut sum = (0.0, 0.0);
        let mut words_before = Vec::with_capacity(profiles.len() + 1);
        words_before.push(sum);
        for (profile, probability) in profiles.iter().zip(before) {
            let words = number(profile.n_words.max(1));
            sum = (sum.0 + words, sum.1 + words * probability);
            words_before.push(sum);
        }
        Goodness { page, words_before }
    }

    /// The probability of the lines in an element, each by its words.
    fn under(&self, element: usize) -> f32 {
        let element = &self.page.elements[element];
        let (start, end) = (self.words_before[element.lines_start], self.words_before[element.lines_end]);
        (end.1 - start.1) / (end.0 - start.0).max(1.0)
    }
}

fn links_on(page: &Page<'_>) -> f32 {
    let sums = page.lines.iter().fold((0, 0), |sums, line| (sums.0 + line.link_bytes, sums.1 + line.text.len()));
    super::super::text::share(sums.0, sums.1)
}

fn logarithm(count: usize) -> f32 {
    number(count + 1).log2() / 8.0
}

/// Lines up to another one, of those that are looked at.
fn gap(position: usize, other: Option<usize>) -> f32 {
    number(other.map_or(NEAREST + 1, |other| position.abs_diff(other)))
}

fn log_odds(probability: f32) -> f32 {
    (probability / (1.0 - probability)).ln().clamp(-8.0, 8.0)
}

fn around(first: &[f32], position: usize) -> f32 {
    let from = position.saturating_sub(AROUND);
    let to = first.len().min(position + AROUND + 1);
    let sum: f32 = first[from..to].iter().sum();
    (sum - first[position]) / number(2 * AROUND)
}

/// Which lines are made alike: with the same tags above and the same class.
#[derive(Debug, Default)]
struct Makes {
    /// For each line a number that it shares with those.
    of_line: Vec<usize>,
    /// For each of these numbers how many lines have it.
    n_lines: Vec<usize>,
}

impl Makes {
    fn of(page: &Page<'_>) -> Makes {
        let mut makes = Makes::default();
        let mut known: HashMap<u64, usize> = HashMap::new();
        for line in &page.lines {
            let make = *known.entry(page.elements[line.block].path).or_insert(makes.n_lines.len());
            if make == makes.n_lines.len() {
                makes.n_lines.push(0);
            }
            makes.n_lines[make] += 1;
            makes.of_line.push(make);
        }
        makes
    }
}

/// How good the lines of each make are, and how much of the place's text they hold.
struct Groups {
    /// For each make: words of its likely lines in the place, its lines' probabilities summed up by words, its words.
    by_make: Vec<(f32, f32, f32)>,
    /// For each element the likely words in the place right under it.
    by_parent: Vec<f32>,
    all_words: f32,
    /// Depth at which most of the place's likely text stands.
    depth: u32,
}

impl Groups {
    fn of(
        page: &Page<'_>,
        profiles: &[LineProfile],
        makes: &Makes,
        first: &[f32],
        inside: std::ops::Range<usize>,
    ) -> Groups {
        let mut groups = Groups {
            by_make: vec![(0.0, 0.0, 0.0); makes.n_lines.len()],
            by_parent: vec![0.0; page.elements.len()],
            all_words: 0.0,
            depth: 0,
        };
        let mut depths: HashMap<u32, f32> = HashMap::new();
        for (position, line) in page.lines.iter().enumerate() {
            let block = &page.elements[line.block];
            let words = number(profiles[position].n_words) * (2.0 * first[position] - 1.0).max(0.0);
            let make = &mut groups.by_make[makes.of_line[position]];
            make.1 += first[position] * number(profiles[position].n_words);
            make.2 += number(profiles[position].n_words);
            if inside.contains(&position) {
                make.0 += words;
                groups.by_parent[block.parent] += words;
                groups.all_words += words;
                *depths.entry(block.depth).or_default() += words;
            }
        }
        groups.depth = depths
            .into_iter()
            .max_by(|one, other| one.1.total_cmp(&other.1).then(other.0.cmp(&one.0)))
            .map_or(0, |(depth, _)| depth);
        groups
    }

    fn of_make(&self, make: usize) -> (f32, f32) {
        let (words, probabilities, n_words) = self.by_make[make];
        (words / self.all_words.max(1.0), probabilities / n_words.max(1.0))
    }

    fn of_parent(&self, parent: usize) -> f32 {
        self.by_parent[parent] / self.all_words.max(1.0)
    }
}

/// For every element whether it is, or stands in, a card: a small element with a linked headline and little else.
fn cards(page: &Page<'_>, profiles: &[LineProfile]) -> Vec<bool> {
    let mut words_before = vec![0];
    let mut headlines_before = vec![0];
    for (line, profile) in page.lines.iter().zip(profiles) {
        let is_headline = profile.n_words >= 3 && line.link_bytes * 10 > line.text.len() * 9;
        words_before.push(words_before.last().copied().unwrap_or(0) + profile.n_words);
        headlines_before.push(headlines_before.last().copied().unwrap_or(0) + usize::from(is_headline));
    }
    let mut cards: Vec<bool> = Vec::with_capacity(page.elements.len());
    for element in &page.elements {
        let n_words = words_before[element.lines_end] - words_before[element.lines_start];
        let n_headlines = headlines_before[element.lines_end] - headlines_before[element.lines_start];
        let n_lines = element.lines_end - element.lines_start;
        let is_card = n_headlines > 0 && n_lines > 1 && n_words <= CARD_WORDS_MAX * n_headlines;
        cards.push(is_card || cards.get(element.parent).copied().unwrap_or(false));
    }
    cards
}

/// For each list the share of its text that stands in links.
fn links_in_lists(page: &Page<'_>) -> HashMap<usize, f32> {
    let mut lists: HashMap<usize, (usize, usize)> = HashMap::new();
    for line in &page.lines {
        if page.elements[line.block].tag == Tag::Item {
            let list = lists.entry(page.elements[line.block].parent).or_default();
            list.0 += line.link_bytes;
            list.1 += line.text.len();
        }
    }
    lists.into_iter().map(|(list, (links, all))| (list, super::super::text::share(links, all))).collect()
}
