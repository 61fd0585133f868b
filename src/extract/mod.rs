//! Bytes of an HTML page to the article in it. Pure: same bytes, same article.
//!
//! ```text
//! bytes ─► decode ─► bounds ─► tree ─► page ─┬─► metadata: declared, json_ld ─► title ─┬─► layout ─► dates, authors
//!                                            └─► site_rule or body ─► verdict ────────┘
//! ```
//!
//! * `extractor`: goes this way, and puts the article together.
//! * `decode`: the bytes as text, with what was encoded twice decoded (`double_encoding`).
//! * `bounds`: leaves out what nobody reads and cuts off what the parser could not read in linear time, from where
//!   `scan` says that tags begin and end.
//! * `page`: one walk over the tree into flat arrays: elements and lines, with `tags` and `class_names` saying what an
//!   element is by its tag and by its names.
//! * `metadata`: what the page says of its article outside the text: `declared` in `meta` elements, `json_ld` in
//!   structured data, which `lenient_json` reads where it is broken; `title`, `dates` and `authors` know all places
//!   where each may stand, in the order of trust.
//! * `bylines`: the names in a byline, with `byline_words` for what stands around them.
//! * `layout`: where things stand in relation to headline and text; `visible_dates` and `date_labels`: what of the dates
//!   that a page shows is that of its publication.
//! * `site_rule`: what a rule for the site finds, where there is one; it goes before all else, and what it does not
//!   find is found in the general way.
//! * `body`: which lines are the article; every line is judged by weighed features, in three passes.
//! * `script_text`: the text of an article that its page keeps for scripts.
//! * `next_page` and `further_pages`: which page the article goes on with, and what such pages add to it; `numbered_page`:
//!   where the first one is, where this is a later one. `page_address` knows page numbers in addresses, `page_links` the
//!   links between pages.
//! * `verdict`: whether that is an article at all, how much of it, how far to trust it; `no_article`: why it is none;
//!   `wall_phrases`: what pages say that stand in an article's place, and `phrase_index`, which finds it.
//! * `explain`: the same reading with its reasons, for people who ask why a page reads as it does; `explanation`: what
//!   is told them.
//! * `chosen_links`: the links that a source's own selectors choose on a page of links; `selectors`: the elements that
//!   CSS selectors choose.
//! * `fragment`: the same paragraphs for HTML that is all text, a feed's entry.
//! * `reservations`: what a page says against text mining.
//!
//! Where the body in the page falls far short of the text in structured data, that text is taken; where a page that says
//! it is an article shows none, the text that its scripts hold; where the page
//! holds no article and the feed brought its text, the feed's. Deliberately absent: any reading of dates, addresses or
//! languages, which is for `normalize`.

mod authors;
mod body;
mod bounds;
mod byline_words;
mod bylines;
mod chosen_links;
mod class_names;
mod date_labels;
mod dates;
mod declared;
mod decode;
mod double_encoding;
mod error;
mod explain;
mod explanation;
mod extractor;
mod fragment;
mod further_pages;
mod json_ld;
mod layout;
mod lenient_json;
mod metadata;
mod next_page;
mod no_article;
mod numbered_page;
mod page;
mod page_address;
mod page_links;
mod phrase_index;
mod quality;
mod reservations;
mod scan;
mod script_text;
mod selectors;
mod site_rule;
mod tags;
mod text;
mod title;
mod verdict;
mod visible_dates;
mod wall_phrases;

#[cfg(test)]
mod any_bytes;
#[cfg(test)]
mod tests;

pub use chosen_links::ChosenLink;
pub use error::ExtractError;
pub use explanation::{Contribution, ExplainedLine, Explanation, Rule, TextSource, TitleVotes, Verdict};
pub use extractor::Extractor;
pub use fragment::fragment_paragraphs;
pub use further_pages::FurtherPages;
pub use no_article::{NoArticle, Wall};
pub use reservations::reservations;
