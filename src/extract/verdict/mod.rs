//! Whether what was found is an article at all, how much of it, how far to trust it.
//!
//! * `findings`: the verdict.
//! * `no_article`: why a page is none; `house_pages`: those on which a site tells of itself;
//!   `job_ads`: those that offer a job.
//! * `wall_phrases`: what pages say that stand in an article's place; `wall_topics`: what they speak of, whatever the words,
//!   by the stems in `topic_words`.
//! * `quality`: how far to trust the text, from facts weighed by a table.

mod findings;
mod house_pages;
mod job_ads;
pub(super) mod no_article;
pub(super) mod quality;
mod topic_words;
mod wall_phrases;
mod wall_topics;

pub(super) use findings::Findings;
