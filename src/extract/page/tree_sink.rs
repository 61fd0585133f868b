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
    /// An empty list with room for the attributes of a tag.
    spare: RefCell<Vec<Attribute>>,
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
        PageSink { tree: RefCell::new(Tree::new()), spare: RefCell::default() }
    }

    fn add_element(&self, name: LocalName, mut attributes: Vec<Attribute>) -> NodeId {
        let id = self.tree.borrow_mut().add_element(name, in_no_namespace(&mut attributes));
        if attributes.capacity() > 0 {
            self.spare.replace(attributes);
        }
        id
    }
}

/// What builds a tree of tags and gives back the lists that their attributes came in.
pub(in super::super) trait SpareSink: TreeSink {
    /// An empty list for the attributes of the next tag.
    fn spare_list(&self) -> Vec<Attribute> {
        Vec::new()
    }
}

impl SpareSink for PageSink {
    fn spare_list(&self) -> Vec<Attribute> {
        self.spare.take()
    }
}

/// Attributes as they stand in the tree.
fn in_no_namespace(attributes: &mut Vec<Attribute>) -> impl Iterator<Item = tree::Attribute> {
    let are_in_none = attributes.drain(..).filter(|attribute| attribute.name.ns == ns!());
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
        let id = self.add_element(name.local.clone(), attributes);
        if name.expanded() == expanded_name!(html "template") {
            let mut tree = self.tree.borrow_mut();
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

    fn add_attrs_if_missing(&self, target: &Handle, mut attributes: Vec<Attribute>) {
        self.tree.borrow_mut().add_missing_attributes(target.id, in_no_namespace(&mut attributes));
    }

    fn remove_from_parent(&self, target: &Handle) {
        self.tree.borrow_mut().detach(target.id);
    }

    fn reparent_children(&self, node: &Handle, new_parent: &Handle) {
        self.tree.borrow_mut().move_children(node.id, new_parent.id);
    }
}
