//! The elements that CSS selectors choose on a page, and what it costs to find them.

use std::collections::{HashMap, HashSet};

use ego_tree::NodeId;
use ego_tree::iter::Edge;
use scraper::{Html, Node};

use super::super::page::{self, Content, Tree};
use super::super::source::document;
use crate::config::ElementSelector;

/// Steps that finding the elements may take: one for each ancestor, or sibling, that may have to be looked at. Real
/// pages need a hundredth of it; this many take about a second, and a page that needs more has been made to.
pub(super) const STEPS_MAX: usize = 100_000_000;

/// A page that selectors look through: its tree as they need it, and the same as everything else reads it.
#[derive(Debug)]
pub(in super::super) struct SelectablePage {
    html: Html,
    pub(in super::super) tree: Tree,
    /// Which node of the second tree one of the first is.
    twins: HashMap<NodeId, page::NodeId>,
}

impl SelectablePage {
    /// Parses a page with all that rules may ask for.
    pub(in super::super) fn parse(html: &str, steps_max: usize) -> SelectablePage {
        let html = document::parse_whole(html, steps_max);
        let (tree, twins) = twin(&html);
        SelectablePage { html, tree, twins }
    }

    /// The elements that a selector chooses.
    pub(super) fn elements(&self, selector: &ElementSelector) -> HashSet<page::NodeId> {
        elements(&self.html, selector).iter().filter_map(|id| self.twins.get(id).copied()).collect()
    }

    /// How many steps it takes at most to find the elements of all selectors.
    pub(super) fn n_steps<'s>(&self, selectors: impl Iterator<Item = &'s ElementSelector>) -> usize {
        n_steps(&self.html, selectors)
    }
}

/// The same tree again, and where in it each node is.
pub(in super::super) fn twin(html: &Html) -> (Tree, HashMap<NodeId, page::NodeId>) {
    let mut tree = Tree::new();
    let mut twins = HashMap::new();
    let root = html.tree.root();
    for node in root.descendants() {
        let twin = match node.value() {
            Node::Text(text) => tree.add(Content::Text(text.text.clone())),
            Node::Element(element) => {
                let attributes = element.attrs.iter().filter(|(name, _)| name.ns.is_empty());
                let attributes = attributes.map(|(name, value)| (name.local.clone(), value.clone()));
                tree.add_element(element.name.local.clone(), attributes)
            }
            _ if node.id() == root.id() => tree.root().id(),
            Node::Fragment => tree.add(Content::Root),
            _ => tree.add(Content::Other),
        };
        if let Some(parent) = node.parent().and_then(|parent| twins.get(&parent.id())) {
            tree.append(*parent, twin);
        }
        twins.insert(node.id(), twin);
    }
    (tree, twins)
}

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
