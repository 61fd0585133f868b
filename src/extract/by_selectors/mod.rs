//! What the user's own CSS selectors choose on a page.
//!
//! * `selectors`: the elements that selectors choose.
//! * `site_rule`: what a rule for the site finds of an article.
//! * `chosen_links`: the links that a source's selectors choose on a page of links.

pub(super) mod chosen_links;
pub(super) mod selectors;
pub(super) mod site_rule;
