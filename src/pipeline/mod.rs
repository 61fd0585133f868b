//! One unit of work from start to end. The one module that knows several stages; it holds no SQL, no channel and no
//! loop, and the daemon and the one-shot commands call the same functions.

mod acquire;

mod discover;

mod feed_text;

mod further_pages;

mod gap;

mod import;

mod listing;

mod opml;

mod page;

mod poll;

mod sitemaps;

mod stages;

pub use acquire::{acquire, read_fetched};
pub use discover::{DiscoverError, Discovered, Thoroughness, discover};
pub use feed_text::spares_page;
pub use import::{JsonArticle, bundle_document, explain_html_page, html_page, json_line};
pub use opml::{OpmlSource, OpmlSources, opml_sources, write_opml};
pub use page::{ExplainedPage, explain_page, read_page};
pub use poll::poll;
pub use stages::Stages;
