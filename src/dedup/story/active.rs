//! The stories that are still being told.
//!
//! Kept in memory, and small: of each story the sum of its articles' signatures, the last few of these, and when it was
//! told. A story is found by its strongest terms, so that an article is compared with a few and not with all.
//!
//! How like a story is says little by itself: where many events of one topic are told at a time, an article resembles all of
//! them. So what it has in common with the stories next to the best one is taken off, as scores are normalised in topic
//! tracking (Fiscus, Doddington: Topic detection and tracking evaluation overview, 2002).
//!
//! A story that a person put together consists of parts: each is found and compared by itself, as it would be had it stayed
//! alone. Of two unlike events an article resembles at most half.

use std::collections::HashMap;

use super::super::hash::NumberMap;
use super::age::{left_by_distance, left_since_first};
use super::terms::{Compared, Signature, product};

/// How much more like a story an article must be than its background. Less joins events of one topic, more parts the reports of
/// those that are told in few words; between .12 and .16 the sum of both faults hardly changes.
const LIKENESS_MIN: f64 = 0.14;

/// So much more before anything is known of the language: which words are rare is known from the articles that have come, and where
/// none have, those of a kind of event ("rate", "governor") weigh as much as its names.
const LIKENESS_MORE_AT_FIRST: f64 = 0.04;

/// Half of that after so many articles.
const ARTICLES_HALF_KNOWN: f64 = 50.0;

/// What the likeness to the stories next to the best one counts. Without it (0) events of one topic and day run together; with
/// all of it (1) a story that fell apart once keeps its halves apart. Less of it than .8 joins more of the events of one day.
const BACKGROUND: f64 = 0.9;

/// So many of these stories.
const BACKGROUND_STORIES: usize = 3;

/// What the likeness to the whole story counts, the mean of those to all its articles; the rest is that to the articles that are
/// most like.
const WHOLE: f64 = 0.5;

/// So many of these.
const NEAREST: usize = 3;

/// So many articles of a story are looked into for the make of one that may join it.
const LOOKED_INTO_MAX: usize = 3;

/// Articles of a story that are kept for comparison: the last ones. What was said before is in the sum.
const ARTICLES_KEPT: usize = 12;

/// Terms of a story's sum that are kept.
const STORY_TERMS_MAX: usize = 192;

/// Terms that a story is found by: its strongest.
const FOUND_BY: usize = 24;

/// A term by which more stories could be found finds none: it is an agency's name or a month.
const STORIES_OF_TERM_MAX: usize = 1000;

/// So many stories are looked at by the terms that few of them have, before some are compared in full.
const GLANCES_MAX: usize = 5000;

/// Stories that an article is compared with in full.
const CANDIDATES_MAX: usize = 24;

/// Changes after which what is too much is forgotten, or a quarter as many as there are articles if that is more.
const CHANGES_UNTIL_ORDER: usize = 4096;

/// What no search has met has hits below 0.
const NOT_MET: f32 = -1.0;

/// Terms in common that are told as the reason.
const REASONS_MAX: usize = 8;

/// An article in a story.
#[derive(Clone, Debug)]
struct Member {
    article: i64,
    signature: Signature,
    /// When it was published, if that is known.
    at_s: Option<i64>,
    /// Whether it has a headline, and that not an original's.
    has_own_headline: bool,
}

/// A story, or what a person has put together with others to one.
#[derive(Clone, Debug, Default)]
struct Part {
    story: i64,
    /// Its place among the [`ActiveStories::ids`].
    row: usize,
    /// The last few.
    members: Vec<Member>,
    /// The sum of all signatures, by ascending term.
    sum: Vec<(u32, f32)>,
    n_articles: usize,
    /// Those of which others of their make are known.
    n_framed: usize,
    /// From when to when it was told, as far as that is known.
    told_s: Option<(i64, i64)>,
    /// The number of the latest article in the order of arrival.
    touched: u64,
}

/// An article on its way into a story.
#[derive(Clone, Debug)]
pub struct Joining {
    /// The story.
    pub story: i64,
    /// The part of it that it was found to be of: the number of the story that was opened with that.
    pub part: i64,
    /// The article.
    pub article: i64,
    /// What it is known by.
    pub signature: Signature,
    /// When it was published, in seconds, if that is known.
    pub at_s: Option<i64>,
    /// Whether it has a headline, and that not an original's.
    pub has_own_headline: bool,
    /// Whether others of its make are known.
    pub is_framed: bool,
}

/// Where an article belongs.
#[derive(Clone, Debug, PartialEq)]
pub struct Placement {
    /// The story.
    pub story: i64,
    /// The part of it.
    pub part: i64,
    /// How like it is: from the least that counts to 1.
    pub score: f64,
    /// Which share of the likeness the one term makes that counts most.
    pub strongest_share: f64,
    /// The terms in common that count most, those first.
    pub terms: Vec<u32>,
}

/// The stories that are still being told.
#[derive(Clone, Debug)]
pub struct ActiveStories {
    parts: NumberMap<i64, Part>,
    /// The parts of each story that has another than the one opened with it.
    put_together: HashMap<i64, Vec<i64>>,
    /// The rows of the parts that are found by a term.
    by_term: NumberMap<u32, Vec<usize>>,
    /// The parts by their rows; those that are forgotten too, until all rows are given anew.
    ids: Vec<i64>,
    /// What a search has found of each row: [`NOT_MET`] between two of them.
    hits: Vec<f32>,
    window_s: i64,
    articles_max: usize,
    n_articles: usize,
    n_arrived: u64,
    n_changes: usize,
}

impl ActiveStories {
    /// None yet. An article later than the last one of a story by more than the window does not belong to it; of
    /// articles, so many are remembered.
    #[must_use]
    pub fn new(window_s: u32, articles_max: usize) -> ActiveStories {
        ActiveStories {
            parts: NumberMap::default(),
            put_together: HashMap::new(),
            by_term: NumberMap::default(),
            ids: Vec::new(),
            hits: Vec::new(),
            window_s: i64::from(window_s.max(1)),
            articles_max: articles_max.max(1),
            n_articles: 0,
            n_arrived: 0,
            n_changes: 0,
        }
    }

    /// The story that an article belongs to. Its time is in seconds; where it is unknown, time does not count. `n_known` articles
    /// of its language have told which words are rare. Two texts of a make are of two events, unless one is a copy: an article of
    /// which others are known joins no story of nothing but such.
    #[must_use]
    pub fn place(
        &mut self,
        signature: &Signature,
        n_known: f64,
        at_s: Option<i64>,
        is_framed: bool,
    ) -> Option<Placement> {
        let mut likest: Vec<(i64, f64)> = Vec::new();
        let compared = Compared::new(signature);
        for id in self.candidates(signature) {
            let Some(part) = self.parts.get(&id) else { continue };
            if !(is_framed && part.n_framed == part.n_articles) {
                likest.push((id, part.likeness(&compared, at_s, self.window_s)));
            }
        }
        // Of two that are as like, the earlier one.
        likest.sort_unstable_by(|left, right| right.1.total_cmp(&left.1).then(left.0.cmp(&right.0)));
        let (part, score) = *likest.first()?;
        let story = self.parts.get(&part)?.story;
        let others = likest.iter().filter(|(id, _)| self.parts.get(id).is_some_and(|part| part.story != story));
        let background: f64 = others.take(BACKGROUND_STORIES).map(|(_, likeness)| likeness).sum();
        let more = LIKENESS_MORE_AT_FIRST * ARTICLES_HALF_KNOWN / (ARTICLES_HALF_KNOWN + n_known);
        if score - BACKGROUND * background / as_f64(BACKGROUND_STORIES) < LIKENESS_MIN + more {
            return None;
        }
        let (terms, strongest_share) = self.common_terms(part, signature);
        Some(Placement { story, part, score: score.min(1.0), strongest_share, terms })
    }

    /// The terms that an article has in common with a part of a story, those first that count most.
    #[must_use]
    pub fn in_common(&self, part: i64, signature: &Signature) -> Vec<u32> {
        self.common_terms(part, signature).0
    }

    /// The same, and the share that the first of them has.
    fn common_terms(&self, part: i64, signature: &Signature) -> (Vec<u32>, f64) {
        let Some(part) = self.parts.get(&part) else { return (Vec::new(), 0.0) };
        let mut terms: Vec<(u32, f32)> = signature
            .weights
            .iter()
            .filter_map(|(term, weight)| {
                let at = part.sum.binary_search_by_key(term, |(term, _)| *term).ok()?;
                Some((*term, weight * part.sum[at].1))
            })
            .collect();
        terms.sort_by(|left, right| right.1.total_cmp(&left.1));
        let sum: f32 = terms.iter().map(|(_, product)| product).sum();
        let strongest_share = terms.first().map_or(0.0, |(_, product)| f64::from(product / sum));
        terms.truncate(REASONS_MAX);
        (terms.into_iter().map(|(term, _)| term).collect(), strongest_share)
    }

    /// The articles of a part that are most like an article, those first that are most so.
    #[must_use]
    pub fn nearest(&self, part: i64, signature: &Signature) -> Vec<i64> {
        let Some(part) = self.parts.get(&part) else { return Vec::new() };
        let compared = Compared::new(signature);
        let mut nearest: Vec<(f64, i64)> =
            part.members.iter().map(|member| (compared.likeness(&member.signature), member.article)).collect();
        nearest.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
        nearest.truncate(LOOKED_INTO_MAX);
        nearest.into_iter().map(|(_, article)| article).collect()
    }

    /// Puts articles into their stories, in the order in which they came.
    pub fn join_all(&mut self, articles: impl IntoIterator<Item = Joining>) {
        for joining in articles {
            self.take_in(joining);
        }
        self.put_in_order();
    }

    /// Puts an article into its story, which may be a new one.
    pub fn join(&mut self, joining: Joining) {
        let id = joining.part;
        let before = self.found_by(id);
        self.take_in(joining);
        self.find_by(id, &before);
        self.n_changes += 1;
        if self.n_changes >= CHANGES_UNTIL_ORDER.max(self.n_articles / 4) {
            self.put_in_order();
        }
    }

    /// Puts other articles in the place of those of a part, in the order in which they came: some have left it, or are known by
    /// other words now.
    pub fn replace(&mut self, part: i64, articles: impl IntoIterator<Item = Joining>) {
        let before = self.found_by(part);
        if let Some(forgotten) = self.forget(part) {
            self.find_no_longer(forgotten.row, before.iter());
        }
        for joining in articles {
            self.take_in(joining);
        }
        self.find_by(part, &[]);
    }

    fn take_in(&mut self, joining: Joining) {
        let Joining { story, part: id, article, signature, at_s, has_own_headline, is_framed } = joining;
        self.n_arrived += 1;
        self.n_articles += 1;
        if story != id {
            let parts = self.put_together.entry(story).or_default();
            if !parts.contains(&id) {
                parts.push(id);
            }
        }
        let part = self.parts.entry(id).or_insert_with(|| {
            self.ids.push(id);
            Part { row: self.ids.len() - 1, ..Part::default() }
        });
        part.story = story;
        part.add(&signature);
        if let Some(at_s) = at_s {
            let (first_s, last_s) = part.told_s.unwrap_or((at_s, at_s));
            part.told_s = Some((first_s.min(at_s), last_s.max(at_s)));
        }
        part.touched = self.n_arrived;
        part.n_articles += 1;
        part.n_framed += usize::from(is_framed);
        part.members.push(Member { article, signature, at_s, has_own_headline });
        if part.members.len() > ARTICLES_KEPT {
            // A copy says nothing that its original does not.
            let least = part.members.iter().position(|member| !member.has_own_headline).unwrap_or(0);
            part.members.remove(least);
        }
    }

    fn forget(&mut self, id: i64) -> Option<Part> {
        let part = self.parts.remove(&id)?;
        self.n_articles -= part.n_articles;
        if let Some(parts) = self.put_together.get_mut(&part.story) {
            parts.retain(|other| *other != id);
            if parts.is_empty() {
                self.put_together.remove(&part.story);
            }
        }
        Some(part)
    }

    /// Notes of an article in a part that others of its make are known now.
    pub fn note_framed(&mut self, part: i64) {
        if let Some(part) = self.parts.get_mut(&part) {
            part.n_framed = part.n_articles.min(part.n_framed + 1);
        }
    }

    /// Among the articles with a headline of their own, the one whose words are nearest to those of the whole story.
    #[must_use]
    pub fn most_central(&self, story: i64) -> Option<i64> {
        let others = self.put_together.get(&story).into_iter().flatten();
        let parts: Vec<&Part> = std::iter::once(&story)
            .chain(others)
            .filter_map(|id| self.parts.get(id).filter(|part| part.story == story))
            .collect();
        let nearness =
            |member: &&Member| -> f64 { parts.iter().map(|part| product(&member.signature.weights, &part.sum)).sum() };
        let members = parts.iter().flat_map(|part| &part.members);
        let nearest = members.filter(|member| member.has_own_headline).max_by(|left, right| {
            // The earlier one of two.
            nearness(left).total_cmp(&nearness(right)).then(right.article.cmp(&left.article))
        });
        nearest.map(|member| member.article)
    }

    /// How many articles are remembered, and how many stories.
    #[must_use]
    pub fn len(&self) -> (usize, usize) {
        (self.n_articles, self.parts.len())
    }

    /// Whether nothing is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The stories worth a comparison, by the terms in common that they are found by.
    fn candidates(&mut self, signature: &Signature) -> Vec<i64> {
        self.hits.resize(self.ids.len(), NOT_MET);
        // Those that few stories have say most, and cost least.
        let mut lists: Vec<(&Vec<usize>, f32)> =
            signature.weights.iter().filter_map(|(term, weight)| Some((self.by_term.get(term)?, *weight))).collect();
        lists.retain(|(stories, _)| stories.len() <= STORIES_OF_TERM_MAX);
        lists.sort_by_key(|(stories, _)| stories.len());
        let mut met: Vec<usize> = Vec::new();
        let mut n_glances = 0;
        for (stories, weight) in lists {
            n_glances += stories.len();
            if n_glances > GLANCES_MAX {
                break;
            }
            for row in stories {
                let hits = &mut self.hits[*row];
                if *hits < 0.0 {
                    met.push(*row);
                    *hits = 0.0;
                }
                *hits += weight * weight;
            }
        }
        let hits = met.into_iter().map(|row| (self.ids[row], std::mem::replace(&mut self.hits[row], NOT_MET)));
        let mut hits: Vec<(i64, f32)> = hits.collect();
        if hits.len() > CANDIDATES_MAX {
            hits.select_nth_unstable_by(CANDIDATES_MAX, |left, right| {
                right.1.total_cmp(&left.1).then(left.0.cmp(&right.0))
            });
            hits.truncate(CANDIDATES_MAX);
        }
        hits.into_iter().map(|(story, _)| story).collect()
    }

    /// The terms that a part is found by.
    fn found_by(&self, part: i64) -> Vec<u32> {
        self.parts.get(&part).map(|part| strongest(&part.sum)).unwrap_or_default()
    }

    /// Has a part found by the terms that are its strongest now, and no longer by those that were.
    fn find_by(&mut self, part: i64, before: &[u32]) {
        let Some((row, now)) = self.parts.get(&part).map(|part| (part.row, strongest(&part.sum))) else { return };
        self.find_no_longer(row, before.iter().filter(|term| !now.contains(term)));
        for term in now.iter().filter(|term| !before.contains(term)) {
            let rows = self.by_term.entry(*term).or_default();
            if rows.len() <= STORIES_OF_TERM_MAX {
                rows.push(row);
            }
        }
    }

    /// Has a part found no longer by some terms.
    fn find_no_longer<'a>(&mut self, row: usize, terms: impl Iterator<Item = &'a u32>) {
        for term in terms {
            if let Some(rows) = self.by_term.get_mut(term) {
                rows.retain(|other| *other != row);
            }
        }
    }

    /// Forgets the stories that were added to longest ago, where there are too many articles.
    fn put_in_order(&mut self) {
        self.n_changes = 0;
        if self.n_articles > self.articles_max {
            let mut by_age: Vec<(u64, i64)> = self.parts.iter().map(|(id, part)| (part.touched, *id)).collect();
            by_age.sort_unstable();
            for (_, id) in by_age {
                if self.n_articles <= self.articles_max {
                    break;
                }
                self.forget(id);
            }
        }
        self.by_term.clear();
        self.ids = self.parts.keys().copied().collect();
        self.ids.sort_unstable();
        for (row, id) in self.ids.iter().enumerate() {
            let Some(part) = self.parts.get_mut(id) else { continue };
            part.row = row;
            for term in strongest(&part.sum) {
                let rows = self.by_term.entry(term).or_default();
                if rows.len() <= STORIES_OF_TERM_MAX {
                    rows.push(row);
                }
            }
        }
    }
}

impl Part {
    /// How like an article is, as far as time leaves it. The age counts to each of the nearest articles, and to the first:
    /// an affair that is told of every day is many events.
    fn likeness(&self, compared: &Compared<'_>, at_s: Option<i64>, window_s: i64) -> f64 {
        let (by_age, since_first) = match (at_s, self.told_s) {
            (Some(at_s), Some((first_s, last_s))) => {
                let distance_s = (at_s - last_s).max(first_s - at_s).max(0);
                (left_by_distance(distance_s, window_s), left_since_first((at_s - first_s).abs()))
            }
            _ => (1.0, 1.0),
        };
        if by_age <= 0.0 {
            return 0.0;
        }
        let to_sum = compared.product(&self.sum);
        let whole = to_sum / as_f64(self.n_articles.max(1)) * by_age;
        // The sum of one is that one.
        let is_alone = self.n_articles == 1;
        let likeness = |member: &Member| {
            let distance_s = at_s.zip(member.at_s).map(|(at_s, told_s)| (at_s - told_s).abs());
            let by_age = distance_s.map_or(1.0, |distance_s| left_by_distance(distance_s, window_s));
            let likeness = if is_alone { to_sum } else { compared.likeness(&member.signature) };
            likeness * by_age
        };
        let nearest = mean_of_highest(self.members.iter().map(likeness));
        (WHOLE * whole + (1.0 - WHOLE) * nearest) * since_first
    }

    fn add(&mut self, signature: &Signature) {
        let mut sum = Vec::with_capacity(self.sum.len() + signature.weights.len());
        let (mut left, mut right) = (self.sum.iter().peekable(), signature.weights.iter().peekable());
        loop {
            match (left.peek(), right.peek()) {
                (Some((term, _)), Some((other, _))) if term < other => sum.extend(left.next()),
                (Some((term, _)), Some((other, _))) if term > other => sum.extend(right.next()),
                (Some((term, weight)), Some((_, more))) => {
                    sum.push((*term, weight + more));
                    left.next();
                    right.next();
                }
                (Some(_), None) => sum.extend(left.next()),
                (None, Some(_)) => sum.extend(right.next()),
                (None, None) => break,
            }
        }
        if sum.len() > STORY_TERMS_MAX {
            sum.select_nth_unstable_by(STORY_TERMS_MAX, |left, right| right.1.total_cmp(&left.1));
            sum.truncate(STORY_TERMS_MAX);
            sum.sort_unstable_by_key(|(term, _)| *term);
        }
        self.sum = sum;
    }
}

/// The mean of the [`NEAREST`] highest of some likenesses; 0 of none.
fn mean_of_highest(likenesses: impl Iterator<Item = f64>) -> f64 {
    // In descending order.
    let (mut highest, mut n_found) = ([0.0; NEAREST], 0);
    for likeness in likenesses {
        let at = highest[..n_found].partition_point(|other| *other >= likeness);
        if at < NEAREST {
            n_found = NEAREST.min(n_found + 1);
            highest[at..n_found].rotate_right(1);
            highest[at] = likeness;
        }
    }
    highest[..n_found].iter().sum::<f64>() / as_f64(n_found.max(1))
}

/// The terms of a sum that count most.
fn strongest(sum: &[(u32, f32)]) -> Vec<u32> {
    let mut sum = sum.to_vec();
    if sum.len() > FOUND_BY {
        sum.select_nth_unstable_by(FOUND_BY, |left, right| right.1.total_cmp(&left.1).then(left.0.cmp(&right.0)));
        sum.truncate(FOUND_BY);
    }
    sum.into_iter().map(|(term, _)| term).collect()
}

#[expect(clippy::cast_precision_loss, reason = "small counts")]
fn as_f64(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::super::frequencies::Frequencies;
    use super::super::terms::Terms;
    use super::*;

    const DAY: i64 = 86_400;

    /// Articles of the language that came before.
    const N_KNOWN: f64 = 1000.0;

    fn signature(title: &str, body: &str) -> Signature {
        Terms::of(Some(title), body, Some("en")).signature(&Frequencies::default())
    }

    fn ferry() -> [Signature; 3] {
        [
            signature(
                "Ferry Maribel runs aground off Lorne",
                "The ferry Maribel ran aground on a sandbank off Lorne on Monday with 84 passengers aboard.\nNobody was hurt, \
                 the harbour master Ana Ruiz said.",
            ),
            signature(
                "84 taken off stranded ferry",
                "Lifeboats took 84 passengers off the Maribel, which had run aground near Lorne.\nRuiz, the harbour master, \
                 said that the tide would free the ferry.",
            ),
            signature(
                "Council votes on school roof",
                "The council of Thistle voted on Tuesday to mend the roof of the school.\nIt costs two million.",
            ),
        ]
    }

    fn join(
        stories: &mut ActiveStories,
        story: i64,
        article: i64,
        signature: Signature,
        at_s: Option<i64>,
        has_own_headline: bool,
    ) {
        stories.join(Joining { story, part: story, article, signature, at_s, has_own_headline, is_framed: false });
    }

    #[test]
    fn reports_of_an_event_are_one_story() {
        let [first, second, other] = ferry();
        let mut stories = ActiveStories::new(604_800, 1000);
        assert_eq!(stories.place(&first, N_KNOWN, Some(0), false), None);
        join(&mut stories, 1, 10, first.clone(), Some(0), true);
        let placed = stories.place(&second, N_KNOWN, Some(3600), false).expect("the same event");
        assert!(placed.story == 1 && placed.score >= LIKENESS_MIN && !placed.terms.is_empty(), "{placed:?}");
        assert_eq!(stories.place(&other, N_KNOWN, Some(3600), false), None);
        join(&mut stories, 1, 11, second.clone(), Some(3600), true);
        join(&mut stories, 2, 12, other, Some(3600), true);
        assert_eq!((stories.len(), stories.most_central(2)), ((3, 2), Some(12)));
        // Time parts what words do not.
        assert_eq!(stories.place(&second, N_KNOWN, Some(30 * DAY), false), None);
        assert_eq!(stories.place(&second, N_KNOWN, Some(-30 * DAY), false), None);
        assert!(stories.place(&second, N_KNOWN, None, false).is_some(), "what is unknown does not part them");
        let (soon, late) = (
            stories.place(&second, N_KNOWN, Some(DAY), false).unwrap(),
            stories.place(&second, N_KNOWN, Some(6 * DAY), false),
        );
        assert!(late.is_none_or(|late| late.score < soon.score));
    }

    /// How like the story of daily reports, on so many days before, is to one of the next day.
    fn likeness_after(n_days: i64) -> f64 {
        let report = |day: i64| {
            let body = format!(
                "Dockers of Lorne kept the harbour shut on the call of Ana Ruiz.\n{}",
                ["who", "where", "why", "how"].map(|said| format!("{said}{day}")).join(" ")
            );
            signature("Dockers of Lorne", &body)
        };
        let mut stories = ActiveStories::new(604_800, 1000);
        for day in 0..n_days {
            join(&mut stories, 1, day, report(day), Some(day * DAY), true);
        }
        stories.place(&report(n_days), N_KNOWN, Some(n_days * DAY), false).map_or(0.0, |placed| placed.score)
    }

    #[test]
    fn a_story_that_is_told_every_day_ages_nevertheless() {
        let [soon, late] = [1, 12].map(likeness_after);
        assert!(soon >= LIKENESS_MIN && late < 0.8 * soon, "{soon} {late}");
    }

    #[test]
    fn what_is_like_all_events_of_a_topic_is_of_none() {
        let trial = |[witness, seen]: [&str; 2]| {
            let body = format!("Before the court of Lorne, {witness} said on trial day that {seen}.");
            signature(&format!("Harbour trial: {witness} heard"), &body)
        };
        let days = [
            ["Ana Ruiz", "a crane stood unlit for weeks, with nobody to climb it"],
            ["Piet Anders", "invoices for paint had been written twice by a cousin"],
            ["Nell Garrow", "gulls nested where lifebelts ought to have hung"],
            ["Odo Lanyard", "his signature was forged under seven orders of coal"],
        ];
        let next = trial(["Pia Thorne", "divers warned of rust under water three winters ago"]);
        let mut stories = ActiveStories::new(604_800, 1000);
        join(&mut stories, 1, 1, trial(days[0]), Some(0), true);
        let alone = stories.place(&next, N_KNOWN, Some(0), false).expect("nothing else is like it").score;
        for (number, day) in (2..).zip(&days[1..]) {
            join(&mut stories, number, number, trial(*day), Some(0), true);
        }
        assert_eq!(stories.place(&next, N_KNOWN, Some(0), false), None, "{alone}");
        assert_eq!(stories.place(&trial(days[2]), N_KNOWN, Some(0), false).map(|placed| placed.story), Some(3));
    }

    #[test]
    fn where_nobody_knows_yet_what_is_rare_more_likeness_is_asked_for() {
        let trial = |witness: &str, seen: &str| {
            let body = format!("In court, {witness} said that {seen}.");
            signature(&format!("{witness} remembers"), &body)
        };
        let mut stories = ActiveStories::new(604_800, 1000);
        let first = trial("Ana Ruiz", "a crane stood unlit for weeks, with nobody to climb it after the storm");
        join(&mut stories, 1, 1, first, Some(0), true);
        let next = trial("Piet Anders", "invoices for paint had been written twice by a cousin of his who is abroad");
        let placed = [0.0, N_KNOWN].map(|n_known| stories.place(&next, n_known, Some(0), false));
        assert!(placed[0].is_none() && placed[1].as_ref().is_some_and(|placed| placed.score < 0.18), "{placed:?}");
    }

    #[test]
    fn parts_of_a_story_put_together_by_hand_are_found_by_themselves() {
        let [first, second, other] = ferry();
        let mut stories = ActiveStories::new(604_800, 1000);
        join(&mut stories, 1, 10, first, Some(0), true);
        let joining = Joining {
            story: 1,
            part: 2,
            article: 11,
            signature: other.clone(),
            at_s: Some(0),
            has_own_headline: true,
            is_framed: false,
        };
        stories.join(joining);
        let placed =
            [&second, &other].map(|signature| stories.place(signature, N_KNOWN, Some(DAY), false).expect("a part"));
        assert_eq!(placed.map(|placed| (placed.story, placed.part)), [(1, 1), (1, 2)]);
        assert!(stories.most_central(1).is_some());
    }

    #[test]
    fn the_most_central_article_is_no_copy() {
        let [first, second, _] = ferry();
        let mut stories = ActiveStories::new(604_800, 1000);
        join(&mut stories, 1, 10, second, Some(0), true);
        join(&mut stories, 1, 11, first.clone(), Some(0), false);
        join(&mut stories, 1, 12, first, Some(0), false);
        assert_eq!(stories.most_central(1), Some(10));
        assert_eq!(stories.most_central(2), None);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut stories = ActiveStories::new(604_800, 500);
        let total = 3 * CHANGES_UNTIL_ORDER;
        for number in 0..total {
            let signature = signature(&format!("Word{number} one{number} two{number}"), "");
            join(
                &mut stories,
                i64::try_from(number).unwrap(),
                i64::try_from(number).unwrap(),
                signature,
                Some(0),
                true,
            );
        }
        let (n_articles, n_stories) = stories.len();
        assert!(n_articles <= 500 + CHANGES_UNTIL_ORDER && n_articles == n_stories, "{n_articles} {n_stories}");
        assert!(stories.by_term.len() <= FOUND_BY * (500 + CHANGES_UNTIL_ORDER));
        // The latest are still found, the earliest are not.
        let mut find = |number: usize| {
            stories.place(&signature(&format!("Word{number} one{number} two{number}"), ""), N_KNOWN, None, false)
        };
        assert!(find(total - 1).is_some() && find(0).is_none());
        // One story of very many articles keeps a few.
        let mut stories = ActiveStories::new(604_800, 500);
        for article in 0..100 {
            join(&mut stories, 1, article, signature(&format!("Lorne{article} ferry"), "Maribel"), Some(article), true);
        }
        assert!(stories.parts[&1].members.len() == ARTICLES_KEPT && stories.parts[&1].sum.len() <= STORY_TERMS_MAX);
    }
}
