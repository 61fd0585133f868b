//! What a page says of its article beside the text: title, time of publication, authors, addresses, language.
//!
//! * `metadata`: what the page says outside the text: `declared` in `meta` elements, `json_ld` in structured data, which
//!   `lenient_json` reads where it is broken.
//! * `title`, `dates` and `authors` know all places where each may stand, in the order of trust.
//! * `title_cuts`: where titles may be cut, and the names of sites at their ends.
//! * `layout`: where things stand in relation to headline and text.
//! * `visible_dates` and `date_labels`: which of the dates that a page shows is that of its publication.
//! * `bylines`: the names in a byline, with `byline_words` for what stands around them.

pub(super) mod authors;
mod byline_words;
mod bylines;
mod date_labels;
pub(super) mod dates;
pub(super) mod declared;
pub(super) mod json_ld;
pub(super) mod layout;
mod lenient_json;
pub(super) mod metadata;
pub(super) mod title;
mod title_cuts;
mod visible_dates;
