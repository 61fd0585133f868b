//! The line that is being read, until it ends.

use super::super::text::FoldedText;

/// The line being read.
#[derive(Debug, Default)]
pub(super) struct OpenLine {
    text: FoldedText,
    facts: LineFacts,
    /// The line as it stood when the current table cell began.
    at_cell: LineFacts,
    /// `<br>` since the last text.
    n_breaks: usize,
}

/// What is known of a line, or of its text up to some place.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LineFacts {
    /// Told where the line ends; of an open line its text knows.
    n_bytes: usize,
    /// The deepest element that holds all of it.
    pub(super) owner: usize,
    pub(super) link_bytes: usize,
    pub(super) emphasis_bytes: usize,
    pub(super) n_links: usize,
}

impl OpenLine {
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// What is known of the line, to be added to with its text.
    pub(super) fn facts_mut(&mut self) -> &mut LineFacts {
        &mut self.facts
    }

    /// Adds a piece of text; by how many bytes the line has grown.
    pub(super) fn push(&mut self, piece: &str) -> usize {
        let before = self.text.len();
        self.text.push(piece);
        let n_bytes = self.text.len() - before;
        if n_bytes > 0 {
            self.n_breaks = 0;
        }
        n_bytes
    }

    pub(super) fn push_border(&mut self) {
        self.text.push_border();
    }

    /// Adds a `<br>`; whether it makes an empty line with the one before.
    pub(super) fn push_break(&mut self) -> bool {
        self.n_breaks += 1;
        self.text.push_border();
        self.n_breaks == 2
    }

    pub(super) fn begin_cell(&mut self) {
        self.at_cell = self.so_far();
    }

    fn so_far(&self) -> LineFacts {
        LineFacts { n_bytes: self.text.len(), ..self.facts }
    }

    /// Ends the line; nothing where it has no text.
    pub(super) fn end(&mut self) -> Option<(String, LineFacts)> {
        let facts = self.so_far();
        let text = self.text.take();
        (self.facts, self.at_cell, self.n_breaks) = Default::default();
        (!text.is_empty()).then_some((text, facts))
    }

    /// Ends the line within a cell, as what the cells before gave and what this one has; nothing where only one of the
    /// two has text. `inside` is the current element.
    pub(super) fn end_in_cell(&mut self, inside: usize) -> Option<[(String, LineFacts); 2]> {
        let before = self.at_cell;
        if before.n_bytes == 0 || before.n_bytes >= self.text.len() {
            return None;
        }
        let (mut text, whole) = self.end()?;
        let rest = text.split_off(before.n_bytes);
        let after = LineFacts {
            n_bytes: rest.len(),
            owner: inside,
            link_bytes: whole.link_bytes - before.link_bytes,
            emphasis_bytes: whole.emphasis_bytes - before.emphasis_bytes,
            n_links: whole.n_links - before.n_links,
        };
        Some([(text, before), (rest.trim_start().to_owned(), after)])
    }
}
