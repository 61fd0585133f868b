//! Builds the tree of a page as the parser says.

use std::borrow::Cow;
use std::cell::RefCell;

use html5ever::interface::{ElemName, ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::StrTendril;
use html5ever::{Attribute, LocalName, Namespace, QualName, expanded_name, local_name, ns};

use super::tree::{self, Content, NodeId, Tree};

/// Takes the parser's orders.
#[derive(Debug)]
pub(in super::super) struct PageSink {
    tree: RefCell<Tree>,
}

/// By what the parser knows a node. It asks for the name of those that are open at every tag, so that a look into the tree
/// for each would be much.
#[derive(Clone, Debug)]
pub(in super::super) struct Handle {
    id: NodeId,
    name: Name,
}

/// The name of an element.
#[derive(Clone, Debug)]
pub(in super::super) struct Name {
    namespace: Namespace,
    local: LocalName,
}

impl ElemName for &Name {
    fn ns(&self) -> &Namespace {
        &self.namespace
    }

    fn local_name(&self) -> &LocalName {
        &self.local
    }
}

impl Handle {
    /// Of what is no element.
    fn unnamed(id: NodeId) -> Handle {
        Handle { id, name: Name { namespace: ns!(), local: local_name!("") } }
    }
}

impl PageSink {
    pub(in super::super) fn new() -> PageSink {
        PageSink { tree: RefCell::new(Tree::new()) }
    }
}

/// Attributes as they stand in the tree.
fn in_no_namespace(attributes: Vec<Attribute>) -> impl Iterator<Item = tree::Attribute> {
    let are_in_none = attributes.into_iter().filter(|attribute| attribute.name.ns == ns!());
    are_in_none.map(|attribute| (attribute.name.local, attribute.value))
}

impl TreeSink for PageSink {
    type Handle = Handle;
    type Output = Tree;
    type ElemName<'a> = &'a Name;

    fn finish(self) -> Tree {
        self.tree.into_inner()
    }

    fn parse_error(&self, _message: Cow<'static, str>) {}

    fn set_quirks_mode(&self, _mode: QuirksMode) {}

    fn get_document(&self) -> Handle {
        Handle::unnamed(NodeId::ROOT)
    }

    fn same_node(&self, one: &Handle, other: &Handle) -> bool {
        one.id == other.id
    }

    fn elem_name<'a>(&'a self, target: &'a Handle) -> &'a Name {
        &target.name
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _flags: ElementFlags) -> Handle {
        let mut tree = self.tree.borrow_mut();
        let is_template = name.expanded() == expanded_name!(html "template");
        let id = tree.add_element(name.local.clone(), in_no_namespace(attributes));
        if is_template {
            let contents = tree.add(Content::Root);
            tree.append(id, contents);
        }
        Handle { id, name: Name { namespace: name.ns, local: name.local } }
    }

    fn create_comment(&self, _text: StrTendril) -> Handle {
        Handle::unnamed(self.tree.borrow_mut().add(Content::Other))
    }

    fn create_pi(&self, _target: StrTendril, _data: StrTendril) -> Handle {
        Handle::unnamed(self.tree.borrow_mut().add(Content::Other))
    }

    fn append_doctype_to_document(&self, _name: StrTendril, _public_id: StrTendril, _system_id: StrTendril) {
        let mut tree = self.tree.borrow_mut();
        let declaration = tree.add(Content::Other);
        tree.append(NodeId::ROOT, declaration);
    }

    fn get_template_contents(&self, target: &Handle) -> Handle {
        let contents = self.tree.borrow().node(target.id).first_child().map(tree::Node::id);
        Handle::unnamed(contents.unwrap_or(target.id))
    }

    fn append(&self, parent: &Handle, child: NodeOrText<Handle>) {
        let mut tree = self.tree.borrow_mut();
        match child {
            NodeOrText::AppendNode(child) => tree.append(parent.id, child.id),
            NodeOrText::AppendText(text) => tree.append_text(parent.id, text),
        }
    }

    fn append_before_sibling(&self, sibling: &Handle, child: NodeOrText<Handle>) {
        let mut tree = self.tree.borrow_mut();
        if let NodeOrText::AppendNode(child) = &child {
            tree.detach(child.id);
        }
        if tree.node(sibling.id).parent().is_none() {
            return;
        }
        match child {
            NodeOrText::AppendNode(child) => tree.insert_before(sibling.id, child.id),
            NodeOrText::AppendText(text) => tree.insert_text_before(sibling.id, text),
        }
    }

    fn append_based_on_parent_node(&self, element: &Handle, previous: &Handle, child: NodeOrText<Handle>) {
        let has_parent = self.tree.borrow().node(element.id).parent().is_some();
        if has_parent {
            self.append_before_sibling(element, child);
        } else {
            self.append(previous, child);
        }
    }

    fn add_attrs_if_missing(&self, target: &Handle, attributes: Vec<Attribute>) {
        self.tree.borrow_mut().add_missing_attributes(target.id, in_no_namespace(attributes));
    }

    fn remove_from_parent(&self, target: &Handle) {
        self.tree.borrow_mut().detach(target.id);
    }

    fn reparent_children(&self, node: &Handle, new_parent: &Handle) {
        self.tree.borrow_mut().move_children(node.id, new_parent.id);
    }
}
