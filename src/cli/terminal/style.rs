//! Emphasis on a terminal.

/// Whether what is printed may be emphasized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Style {
    is_colored: bool,
}

impl Style {
    /// Without any.
    #[cfg(test)]
    pub(crate) const PLAIN: Style = Style { is_colored: false };

    pub(crate) fn new(is_colored: bool) -> Style {
        Style { is_colored }
    }

    /// What matters most.
    pub(crate) fn bold(self, text: &str) -> String {
        self.styled(text, "1")
    }

    /// What stands beside.
    pub(crate) fn faint(self, text: &str) -> String {
        self.styled(text, "2")
    }

    /// What one types to have more of it.
    pub(crate) fn id(self, text: &str) -> String {
        self.styled(text, "36")
    }

    /// What is gone.
    pub(crate) fn removed(self, text: &str) -> String {
        self.styled(text, "31")
    }

    /// What is well, or has come.
    pub(crate) fn good(self, text: &str) -> String {
        self.styled(text, "32")
    }

    /// What to look at.
    pub(crate) fn warning(self, text: &str) -> String {
        self.styled(text, "33")
    }

    fn styled(self, text: &str, code: &str) -> String {
        if self.is_colored && !text.is_empty() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
