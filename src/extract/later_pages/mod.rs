//! An article on several pages of its site.
//!
//! * `next_page` and `further_pages`: which page the article goes on with, and what such pages add to it.
//! * `numbered_page`: where the first one is, where this is a later one.
//! * `page_address` knows page numbers in addresses, `page_links` the links between pages.

pub(super) mod further_pages;
pub(super) mod next_page;
pub(super) mod numbered_page;
mod page_address;
mod page_links;
