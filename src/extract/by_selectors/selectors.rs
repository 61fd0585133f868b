//! The elements that CSS selectors choose on a page, and what it costs to find them.

use std::collections::HashSet;

use ego_tree::NodeId;
use ego_tree::iter::Edge;
use scraper::Html;

use crate::config::ElementSelector;

/// Steps that finding the elements may take: one for each ancestor, or sibling, that may have to be looked at. Real
/// pages need a hundredth of it; this many take about a second, and a page that needs more has been made to.
pub(super) const STEPS_MAX: usize = 100_000_000;

/// The elements that a selector chooses.
pub(super) fn elements(tree: &Html, selector: &ElementSelector) -> HashSet<NodeId> {
    tree.select(&selector.selector).map(|element| element.id()).collect()
}

/// How many steps it takes at most to find the elements of all selectors.
pub(super) fn n_steps<'s>(tree: &Html, selectors: impl Iterator<Item = &'s ElementSelector>) -> usize {
    let (mut n_ancestors, mut n_siblings) = (0_usize, 0_usize);
    // How many elements were seen on each level, from the root to the current one.
    let mut n_seen: Vec<usize> = vec![0];
    for edge in tree.tree.root().traverse() {
        match edge {
            Edge::Open(node) if node.value().is_element() => {
                n_ancestors += n_seen.len();
                if let Some(n_before) = n_seen.last_mut() {
                    n_siblings += *n_before;
                    *n_before += 1;
                }
                n_seen.push(0);
            }
            Edge::Close(node) if node.value().is_element() => {
                n_seen.pop();
            }
            _ => {}
        }
    }
    selectors
        .map(|selector| n_ancestors + if selector.looks_through_siblings { n_siblings } else { 0 })
        .fold(0, usize::saturating_add)
}
