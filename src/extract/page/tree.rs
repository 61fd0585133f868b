//! The tree of a page: all nodes in one array, with the attributes of all elements in another.
//!
//! It holds what is read of a page and no more: names without their namespaces, attributes without those of other
//! namespaces, and of comments and declarations only that they stand between two texts.

use std::num::NonZeroU32;
use std::ops::Range;

use html5ever::LocalName;
use html5ever::tendril::StrTendril;

use super::tags::Tag;

/// The tree of a page.
#[derive(Debug)]
pub(in super::super) struct Tree {
    slots: Vec<Slot>,
    attributes: Vec<Attribute>,
}

/// A name and the value.
pub(in super::super) type Attribute = (LocalName, StrTendril);

/// Which node of its tree it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in super::super) struct NodeId(NonZeroU32);

impl NodeId {
    /// The document itself.
    pub(super) const ROOT: NodeId = NodeId(NonZeroU32::MIN);

    fn position(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// A node and its place.
#[derive(Debug)]
struct Slot {
    content: Content,
    parent: Option<NodeId>,
    previous: Option<NodeId>,
    next: Option<NodeId>,
    first_child: Option<NodeId>,
    last_child: Option<NodeId>,
}

/// What a node is.
#[derive(Debug)]
pub(in super::super) enum Content {
    /// The document, or what a `template` holds.
    Root,
    Text(StrTendril),
    Element(Element),
    /// A comment and the like.
    Other,
}

/// An element without its content.
#[derive(Debug)]
pub(in super::super) struct Element {
    name: LocalName,
    tag: Tag,
    attributes: Range<u32>,
}

impl Element {
    /// What it is by its name.
    pub(super) fn tag(&self) -> Tag {
        self.tag
    }
}

impl Tree {
    /// A tree of nothing but its root.
    pub(in super::super) fn new() -> Tree {
        let mut tree = Tree { slots: Vec::new(), attributes: Vec::new() };
        tree.add(Content::Root);
        tree
    }

    /// The document itself.
    pub(in super::super) fn root(&self) -> Node<'_> {
        self.node(NodeId::ROOT)
    }

    pub(super) fn node(&self, id: NodeId) -> Node<'_> {
        Node { tree: self, id }
    }

    /// Adds a node that stands nowhere yet.
    pub(in super::super) fn add(&mut self, content: Content) -> NodeId {
        self.slots.push(Slot {
            content,
            parent: None,
            previous: None,
            next: None,
            first_child: None,
            last_child: None,
        });
        // As many nodes as do not fit take more memory than pages are read with.
        NodeId(u32::try_from(self.slots.len()).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MAX))
    }

    /// Adds an element that stands nowhere yet.
    pub(in super::super) fn add_element(
        &mut self,
        name: LocalName,
        attributes: impl Iterator<Item = Attribute>,
    ) -> NodeId {
        let attributes = self.add_attributes(attributes);
        let tag = Tag::of(&name);
        self.add(Content::Element(Element { name, tag, attributes }))
    }

    fn add_attributes(&mut self, attributes: impl Iterator<Item = Attribute>) -> Range<u32> {
        let position = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let start = position(self.attributes.len());
        self.attributes.extend(attributes);
        start..position(self.attributes.len())
    }

    /// Gives an element those attributes that it does not have yet.
    pub(super) fn add_missing_attributes(&mut self, id: NodeId, attributes: impl Iterator<Item = Attribute>) {
        let mut all = self.node(id).attributes().to_vec();
        for (name, value) in attributes {
            if all.iter().all(|(known, _)| *known != name) {
                all.push((name, value));
            }
        }
        let range = self.add_attributes(all.into_iter());
        if let Content::Element(element) = &mut self.slot_mut(id).content {
            element.attributes = range;
        }
    }

    fn slot(&self, id: NodeId) -> &Slot {
        &self.slots[id.position()]
    }

    fn slot_mut(&mut self, id: NodeId) -> &mut Slot {
        &mut self.slots[id.position()]
    }

    /// Puts a node that stands nowhere behind the children of another.
    pub(in super::super) fn append(&mut self, parent: NodeId, child: NodeId) {
        let last = self.slot_mut(parent).last_child.replace(child);
        match last {
            Some(last) => self.slot_mut(last).next = Some(child),
            None => self.slot_mut(parent).first_child = Some(child),
        }
        let slot = self.slot_mut(child);
        slot.parent = Some(parent);
        slot.previous = last;
    }

    /// Puts a text behind the children of a node: the last of them, if that is a text, goes on with it.
    pub(super) fn append_text(&mut self, parent: NodeId, text: StrTendril) {
        if let Some(text) = self.go_on_with(self.slot(parent).last_child, text) {
            let id = self.add(Content::Text(text));
            self.append(parent, id);
        }
    }

    /// Puts a node that stands nowhere before another one, which stands somewhere.
    pub(super) fn insert_before(&mut self, sibling: NodeId, child: NodeId) {
        let parent = self.slot(sibling).parent;
        let previous = self.slot_mut(sibling).previous.replace(child);
        match (previous, parent) {
            (Some(previous), _) => self.slot_mut(previous).next = Some(child),
            (None, Some(parent)) => self.slot_mut(parent).first_child = Some(child),
            (None, None) => {}
        }
        let slot = self.slot_mut(child);
        (slot.parent, slot.previous, slot.next) = (parent, previous, Some(sibling));
    }

    /// Puts a text before a node; what stands there, if that is a text, goes on with it.
    pub(super) fn insert_text_before(&mut self, sibling: NodeId, text: StrTendril) {
        if let Some(text) = self.go_on_with(self.slot(sibling).previous, text) {
            let id = self.add(Content::Text(text));
            self.insert_before(sibling, id);
        }
    }

    /// Adds a text to a node that is one too; gives it back where there is none.
    fn go_on_with(&mut self, before: Option<NodeId>, text: StrTendril) -> Option<StrTendril> {
        match before.map(|before| &mut self.slot_mut(before).content) {
            Some(Content::Text(known)) => {
                known.push_tendril(&text);
                None
            }
            _ => Some(text),
        }
    }

    /// Takes a node from where it stands.
    pub(super) fn detach(&mut self, id: NodeId) {
        let slot = self.slot_mut(id);
        let (parent, previous, next) = (slot.parent.take(), slot.previous.take(), slot.next.take());
        match (previous, parent) {
            (Some(previous), _) => self.slot_mut(previous).next = next,
            (None, Some(parent)) => self.slot_mut(parent).first_child = next,
            (None, None) => {}
        }
        match (next, parent) {
            (Some(next), _) => self.slot_mut(next).previous = previous,
            (None, Some(parent)) => self.slot_mut(parent).last_child = previous,
            (None, None) => {}
        }
    }

    /// Puts all children of a node behind those of another.
    pub(super) fn move_children(&mut self, from: NodeId, to: NodeId) {
        let slot = self.slot_mut(from);
        let (first, last) = (slot.first_child.take(), slot.last_child.take());
        let mut child = first;
        while let Some(id) = child {
            let slot = self.slot_mut(id);
            slot.parent = Some(to);
            child = slot.next;
        }
        let (Some(first), Some(last)) = (first, last) else { return };
        let before = self.slot_mut(to).last_child.replace(last);
        self.slot_mut(first).previous = before;
        match before {
            Some(before) => self.slot_mut(before).next = Some(first),
            None => self.slot_mut(to).first_child = Some(first),
        }
    }
}

#[cfg(test)]
impl Tree {
    /// All of it for people: a line a node, set in by its depth.
    pub(in super::super) fn outline(&self) -> String {
        let lines = self.root().descendants().map(|node| {
            let depth = node.ancestors().count();
            let what = match node.content() {
                Content::Root => "root".to_owned(),
                Content::Text(text) => format!("{:?}", &**text),
                Content::Other => "-".to_owned(),
                Content::Element(element) => {
                    let mut attributes: Vec<String> =
                        node.attributes().iter().map(|(name, value)| format!(" {name}={:?}", &**value)).collect();
                    attributes.sort();
                    format!("<{}{}>", element.name, attributes.concat())
                }
            };
            format!("{depth} {what}\n")
        });
        lines.collect()
    }
}

/// A node in its tree.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Node<'a> {
    tree: &'a Tree,
    id: NodeId,
}

impl<'a> Node<'a> {
    pub(in super::super) fn id(self) -> NodeId {
        self.id
    }

    pub(super) fn content(self) -> &'a Content {
        &self.slot().content
    }

    fn slot(self) -> &'a Slot {
        self.tree.slot(self.id)
    }

    fn element(self) -> Option<&'a Element> {
        match self.content() {
            Content::Element(element) => Some(element),
            _ => None,
        }
    }

    pub(super) fn is_element(self) -> bool {
        self.element().is_some()
    }

    /// The text of a text node.
    pub(super) fn text(self) -> Option<&'a str> {
        match self.content() {
            Content::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The name of an element, in lower case; nothing for what is none.
    pub(in super::super) fn name(self) -> &'a str {
        self.element().map(|element| &*element.name).unwrap_or_default()
    }

    /// What an element is by its name.
    pub(super) fn tag(self) -> Option<Tag> {
        self.element().map(|element| element.tag)
    }

    /// The attributes of an element that are in no namespace.
    pub(super) fn attributes(self) -> &'a [Attribute] {
        let range = self.element().map(|element| element.attributes.start as usize..element.attributes.end as usize);
        range.map(|range| &self.tree.attributes[range]).unwrap_or_default()
    }

    /// The value of an attribute.
    pub(super) fn attribute(self, name: &str) -> Option<&'a str> {
        self.attributes().iter().find(|(known, _)| &**known == name).map(|(_, value)| &**value)
    }

    fn at(self, id: Option<NodeId>) -> Option<Node<'a>> {
        id.map(|id| self.tree.node(id))
    }

    pub(super) fn parent(self) -> Option<Node<'a>> {
        self.at(self.slot().parent)
    }

    pub(super) fn first_child(self) -> Option<Node<'a>> {
        self.at(self.slot().first_child)
    }

    pub(super) fn next_sibling(self) -> Option<Node<'a>> {
        self.at(self.slot().next)
    }

    /// The nodes right under it.
    pub(super) fn children(self) -> impl Iterator<Item = Node<'a>> {
        std::iter::successors(self.first_child(), |child| child.next_sibling())
    }

    /// The nodes above it, the nearest first.
    pub(super) fn ancestors(self) -> impl Iterator<Item = Node<'a>> {
        std::iter::successors(self.parent(), |above| above.parent())
    }

    /// The node itself and all within it, in document order.
    pub(super) fn descendants(self) -> impl Iterator<Item = Node<'a>> {
        std::iter::successors(Some(self), move |node| node.first_child().or_else(|| node.next_behind(self)))
    }

    /// The next node in document order, but those within it, up to the end of another one that it is in.
    pub(super) fn next_behind(self, within: Node<'a>) -> Option<Node<'a>> {
        let mut node = self;
        while node.id != within.id {
            if let Some(sibling) = node.next_sibling() {
                return Some(sibling);
            }
            node = node.parent()?;
        }
        None
    }
}
