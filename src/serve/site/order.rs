//! What pages may be told to do: by forms, which send orders with POST.

use std::fmt;

use serde_json::{Value, json};

use super::asked::{Asked, DONE};
use super::views::source;
use crate::config::StoreSettings;
use crate::forms;
use crate::forms::words::counted;
use crate::model::SourceId;
use crate::serve::miss::Miss;
use crate::store::{self, Reader, SourceChange, SourceRow};

/// More than this is no form of ours: a story of a thousand articles, all of them marked, takes a quarter of it.
pub(super) const FORM_BYTES_MAX: usize = 64 * 1024;

/// What is to be done, found to be possible.
#[derive(Debug)]
pub(super) enum Order {
    Change { source: SourceRow, change: SourceChange },
    Poll(SourceRow),
    Retry(SourceRow),
    Merge { into: i64, others: Vec<i64> },
    Split(Vec<i64>),
}

impl Order {
    /// Reads an order, which is about what the path shows.
    pub(super) fn read(reader: &Reader, asked: &Asked, fields: &[(String, String)]) -> Result<Order, Miss> {
        let all =
            |name: &str| fields.iter().filter(|(known, _)| known == name).map(|(_, value)| value.trim()).collect();
        let deeds: Vec<&str> = all("do");
        let pieces: Vec<&str> = asked.pieces.iter().map(String::as_str).collect();
        match (pieces.as_slice(), deeds.as_slice()) {
            (["sources", slug], [deed]) => Order::about_source(source(reader, slug)?, deed),
            (["stories", id], ["merge"]) => {
                let into = number(id)?;
                let others = numbers(&all("story"))?;
                for story in std::iter::once(&into).chain(&others) {
                    reader.story(*story)?.ok_or_else(|| Miss::NotFound(format!("there is no story {story}")))?;
                }
                if others.iter().all(|other| *other == into) {
                    return Err(Miss::Wrong(format!("name another story to merge into story {into}")));
                }
                Ok(Order::Merge { into, others })
            }
            (["stories", id], ["split"]) => {
                let story = number(id)?;
                let mut articles = numbers(&all("article"))?;
                articles.sort_unstable();
                articles.dedup();
                for article in &articles {
                    if reader.story_of(*article)? != Some(story) {
                        return Err(Miss::Wrong(format!("article {article} is not in story {story}")));
                    }
                }
                let row = reader.story(story)?;
                let n_articles = row.map_or(0, |row| usize::try_from(row.n_articles).unwrap_or(usize::MAX));
                if articles.is_empty() || articles.len() >= n_articles {
                    return Err(Miss::Wrong("mark some articles of the story, and not all".to_owned()));
                }
                Ok(Order::Split(articles))
            }
            _ => Err(Miss::Wrong("there is no such order".to_owned())),
        }
    }

    fn about_source(source: SourceRow, deed: &str) -> Result<Order, Miss> {
        let refused = |source: &SourceRow, rule: String| Miss::Wrong(format!("{} {rule}", source.slug));
        let change = match deed {
            "pause" => SourceChange::Pause,
            "resume" => SourceChange::Resume,
            "poll" => {
                return match forms::sources::why_unpolled(&source, "the daemon") {
                    Some(rule) => Err(refused(&source, rule)),
                    None => Ok(Order::Poll(source)),
                };
            }
            "retry" => return Ok(Order::Retry(source)),
            _ => return Err(Miss::Wrong("there is no such order".to_owned())),
        };
        match forms::sources::why_unchangeable(&source, change) {
            Some(rule) => Err(refused(&source, rule)),
            None => Ok(Order::Change { source, change }),
        }
    }

    /// Does it, beside whoever else writes.
    pub(super) fn carry_out(self, settings: &StoreSettings) -> Result<Done, Miss> {
        Ok(match self {
            Order::Change { source, change } => {
                store::change_source_beside(settings, SourceId(source.id), change)?;
                let what = if change == SourceChange::Pause { What::Paused } else { What::Resumed };
                Done { page: format!("/sources/{}", source.slug), what, n: 1 }
            }
            Order::Poll(source) => {
                store::poll_source_beside(settings, SourceId(source.id))?;
                Done { page: format!("/sources/{}", source.slug), what: What::Due, n: 1 }
            }
            Order::Retry(source) => {
                let n = store::retry_links_beside(settings, Some(&[SourceId(source.id)]))?.len();
                Done { page: format!("/sources/{}", source.slug), what: What::Retried, n }
            }
            Order::Merge { into, others } => {
                let n = store::merge_stories_beside(settings, into, &others)?;
                Done { page: format!("/stories/{into}"), what: What::Merged, n }
            }
            Order::Split(articles) => {
                let new = store::split_story_beside(settings, &articles)?;
                Done { page: format!("/stories/{new}"), what: What::Split, n: articles.len() }
            }
        })
    }
}

fn numbers(words: &[&str]) -> Result<Vec<i64>, Miss> {
    let words = words.iter().flat_map(|word| word.split([' ', ','])).filter(|word| !word.is_empty());
    words.map(number).collect()
}

fn number(word: &str) -> Result<i64, Miss> {
    word.parse().map_err(|_| Miss::Wrong(format!("{word:?} is no number")))
}

/// What was done.
#[derive(Debug)]
pub(super) struct Done {
    /// The page that shows it.
    page: String,
    what: What,
    n: usize,
}

#[derive(Clone, Copy, Debug)]
enum What {
    Paused,
    Resumed,
    Due,
    Retried,
    Merged,
    Split,
}

/// By these names they stand in addresses.
const NAMES: [(&str, What); 6] = [
    ("paused", What::Paused),
    ("resumed", What::Resumed),
    ("due", What::Due),
    ("retried", What::Retried),
    ("merged", What::Merged),
    ("split", What::Split),
];

impl Done {
    fn name(&self) -> &'static str {
        let found = NAMES.iter().find(|(_, what)| std::mem::discriminant(what) == std::mem::discriminant(&self.what));
        found.map_or("", |(name, _)| name)
    }

    /// The address of the page that shows it, which tells it.
    pub(super) fn address(&self) -> String {
        format!("{}?{DONE}={}-{}", self.page, self.name(), self.n)
    }

    pub(super) fn value(&self) -> Value {
        json!({ "done": self.name(), "n": self.n, "page": self.page })
    }
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.page, sentence(self.what, self.n))
    }
}

/// What the page was called to show that was done, in a sentence. Nothing of the address itself is in it.
pub(super) fn told(asked: &Asked) -> Option<String> {
    let (name, n) = asked.text(DONE)?.split_once('-')?;
    let (_, what) = NAMES.iter().find(|(known, _)| *known == name)?;
    Some(sentence(*what, n.parse().ok()?))
}

fn sentence(what: What, n: usize) -> String {
    match what {
        What::Paused => "not polled until it is resumed".to_owned(),
        What::Resumed => "polled from now on".to_owned(),
        What::Due => "due now; the daemon polls it".to_owned(),
        What::Retried => format!("{} due again", counted(n, "article")),
        What::Merged => format!("{} came from other stories", counted(n, "article")),
        What::Split => format!("{} split off into this story", counted(n, "article")),
    }
}
