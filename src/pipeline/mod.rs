//! One unit of work from start to end. The one module that knows several stages; it holds no SQL, no channel and no
//! loop, and the daemon and the one-shot commands call the same functions.
//!
//! * `stages`: what all of it is done with; `progress`: what a piece of work is at, as its loop sees it.
//! * `poll`: a source to links. `listing` reads what was fetched for it, `sitemaps` follows an index, and `gap` looks for
//!   what was missed since the last poll.
//! * `acquire`: a link to an article. `page` makes an article of one page, `whole_article` of all its pages, with
//!   `first_page`, `further_pages` and the `visits` to them; `feed_text` takes the text of the feed's entry instead.
//!   `corroborate` tells whether a page is what its link promised, also by `address_words`, and `obstruction` what stands in
//!   its place.
//! * `meaning`: what an article means, for those who have a sentence encoder.
//! * `discover`: an address to the feeds and sitemaps of its site.
//! * `import`: files to articles; `opml`: lists of sources, both ways; `source_list`: one as a whole, also at an address.

mod acquire;

mod address_words;

mod corroborate;

mod discover;

mod feed_text;

mod first_page;

mod further_pages;

mod gap;

mod gate_words;

mod import;

mod listing;

mod meaning;

mod obstruction;

mod opml;

mod page;

mod poll;

mod progress;

mod sitemaps;

mod source_list;

mod stages;

mod visits;

mod whole_article;

pub use acquire::{acquire, read_fetched};
pub use discover::{DiscoverError, Discovered, Thoroughness, discover};
pub use feed_text::spares_page;
pub use import::{
    JsonArticle, WarcArticle, WarcPage, bundle_document, explain_html_page, html_page, json_line, json_record_id,
    warc_page, warc_record_counts,
};
pub use meaning::Meanings;
pub use opml::{OpmlSources, opml_sources, write_opml};
pub use page::{ExplainedPage, explain_page, read_page};
pub use poll::poll;
pub use progress::{AtWork, Progress, Step};
pub use source_list::{SourceList, poll_source_list, read_source_list};
pub use stages::Stages;
