//! XML that is written: feeds, and lists of them.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// An XML document that is being written.
pub(super) struct Document {
    writer: Writer<Vec<u8>>,
}

impl Document {
    pub(super) fn new() -> Document {
        let mut document = Document { writer: Writer::new(Vec::new()) };
        document.event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)));
        document
    }

    pub(super) fn end(self) -> Vec<u8> {
        self.writer.into_inner()
    }

    /// Writing to memory does not fail.
    fn event(&mut self, event: Event<'_>) {
        let _ = self.writer.write_event(event);
    }

    pub(super) fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.event(Event::Start(start(name, attributes)));
    }

    pub(super) fn close(&mut self, name: &str) {
        self.event(Event::End(BytesEnd::new(name)));
    }

    pub(super) fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.event(Event::Empty(start(name, attributes)));
    }

    pub(super) fn leaf(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.open(name, attributes);
        self.event(Event::Text(BytesText::new(&without_controls(text))));
        self.close(name);
    }

    pub(super) fn author(&mut self, name: &str) {
        self.open("author", &[]);
        self.leaf("name", &[], name);
        self.close("author");
    }
}

fn start<'a>(name: &'a str, attributes: &[(&str, &'a str)]) -> BytesStart<'a> {
    let mut start = BytesStart::new(name);
    for &attribute in attributes {
        start.push_attribute(attribute);
    }
    start
}

/// XML 1.0 has no way to write most control characters (section 2.2).
pub(super) fn without_controls(text: &str) -> String {
    let is_allowed = |c: &char| matches!(c, '\t' | '\n' | ' '..) && !matches!(c, '\u{FFFE}' | '\u{FFFF}');
    text.chars().filter(is_allowed).collect()
}
