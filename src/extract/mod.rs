//! Bytes of an HTML page to the article in it. Pure: same bytes, same article.
//!
//! ```text
//! bytes ─► source ─► tree ─► page ─┬─► fields: metadata ─► title ─┬─► layout ─► dates, authors
//!                                 └─► by_selectors or body ─► verdict ┘
//! ```
//!
//! * `extractor`: goes this way, and puts the article together.
//! * `source`: the bytes as text, and of that what the parser reads in linear time.
//! * `page`: one walk over the tree into flat arrays: elements and lines, with what an element is by its tag and names.
//! * `fields`: what the page says of its article outside the text, and which title, date and authors are believed.
//! * `by_selectors`: what a rule for the site finds, where there is one; it goes before all else, and what it does not
//!   find is found in the general way. Also the links that a source's own selectors choose on a page of links.
//! * `body`: which lines are the article; every line is judged by weighed features, in three passes.
//! * `script_text`: the text of an article that its page keeps for scripts.
//! * `later_pages`: which page the article goes on with, and of which one this is a later page.
//! * `verdict`: whether that is an article at all, how much of it, how far to trust it.
//! * `explain`: the same reading with its reasons, for people who ask why a page reads as it does; `explanation`: what
//!   is told them.
//! * `fragment`: the same paragraphs for HTML that is all text, a feed's entry.
//! * `reservations`: what a page says against text mining.
//! * `text`: words, sentences and keys of a text; `phrase_index`: finds many phrases in one reading; `demands`: those that ask
//!   to pay for the rest; `read_on`: those that invite to read it.
//!
//! Where the body in the page falls far short of the text in structured data, that text is taken; where a page that says
//! it is an article shows none, the text that its scripts hold; where the page
//! holds no article and the feed brought its text, the feed's. Deliberately absent: any reading of dates, addresses or
//! languages, which is for `normalize`.

mod body;
mod by_selectors;
mod demands;
mod error;
mod explain;
mod explanation;
mod extractor;
mod fields;
mod fragment;
mod later_pages;
mod page;
pub(crate) mod phrase_index;
mod read_on;
mod reservations;
mod script_text;
mod source;
mod text;
mod verdict;

#[cfg(test)]
mod any_bytes;
#[cfg(test)]
mod tests;

pub use by_selectors::chosen_links::ChosenLink;
pub use error::ExtractError;
pub use explanation::{Contribution, ExplainedLine, Explanation, Rule, TextSource, TitleVotes, Verdict};
pub use extractor::Extractor;
pub use fragment::fragment_paragraphs;
pub use later_pages::further_pages::FurtherPages;
pub use read_on::READ_ON;
pub use reservations::reservations;
pub use verdict::no_article::{NoArticle, Wall};
