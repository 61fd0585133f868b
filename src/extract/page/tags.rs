//! What an element is, by its tag.

/// The part an element plays in cutting a page into lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Tag {
    /// `p`.
    Paragraph,
    /// `h1` to `h6`, with the level.
    Heading(u8),
    /// `li`, `dt`, `dd`.
    Item,
    /// `ul`, `ol`, `dl`, `menu`.
    List,
    /// `blockquote`, `q` as a block.
    Quote,
    /// `table`.
    Table,
    /// `tr`.
    Row,
    /// `td`, `th`.
    Cell,
    /// `figure`.
    Figure,
    /// `figcaption`, `caption`.
    Caption,
    /// `article`.
    Article,
    /// `main`.
    Main,
    /// `nav`.
    Nav,
    /// `aside`.
    Aside,
    /// `header`.
    Header,
    /// `footer`.
    Footer,
    /// `form`, `fieldset`.
    Form,
    /// `button`, `label`, `legend` and other controls with a text of their own.
    Control,
    /// `time`.
    Time,
    /// `address`.
    Address,
    /// `details`, `dialog` and custom elements included: whatever else begins a new line.
    Block,
    /// `br`.
    LineBreak,
    /// `a`.
    Link,
    /// `b`, `strong`, `em`, `i`: words set apart.
    Emphasis,
    /// Whatever else runs on in its line.
    Inline,
    /// `img`.
    Image,
    /// `input`, `textarea`, `select`: what a reader fills in.
    Input,
    /// `meta`.
    Meta,
    /// `link`.
    LinkRelation,
    /// `title` in the head.
    DocumentTitle,
    /// `script`.
    Script,
    /// Elements without text for readers: `style`, `noscript`, `template`, `svg`, `select` and so on.
    Silent,
}

impl Tag {
    /// The tag for an element's local name, which the parser gives in lower case.
    pub(in super::super) fn of(name: &str) -> Tag {
        match name {
            "div" | "section" | "center" | "body" | "html" | "head" | "hgroup" | "details" | "summary" | "dialog"
            | "hr" | "pre" | "tbody" | "thead" | "tfoot" | "listing" | "xmp" | "search" | "frameset" | "marquee"
            | "colgroup" => Tag::Block,
            "p" => Tag::Paragraph,
            "span" | "font" | "small" | "sup" | "sub" | "u" | "s" | "q" | "cite" | "code" | "abbr" | "mark" | "del"
            | "ins" | "bdi" | "bdo" | "big" | "tt" | "kbd" | "samp" | "var" | "dfn" | "wbr" | "ruby" | "rb"
            | "strike" | "acronym" | "data" | "nobr" | "picture" | "source" | "slot" => Tag::Inline,
            "a" => Tag::Link,
            "img" => Tag::Image,
            "input" | "textarea" | "select" => Tag::Input,
            "li" | "dt" | "dd" => Tag::Item,
            "b" | "strong" | "em" | "i" => Tag::Emphasis,
            "ul" | "ol" | "dl" | "menu" | "dir" => Tag::List,
            "br" => Tag::LineBreak,
            "h1" => Tag::Heading(1),
            "h2" => Tag::Heading(2),
            "h3" => Tag::Heading(3),
            "h4" => Tag::Heading(4),
            "h5" => Tag::Heading(5),
            "h6" => Tag::Heading(6),
            "blockquote" => Tag::Quote,
            "table" => Tag::Table,
            "tr" => Tag::Row,
            "td" | "th" => Tag::Cell,
            "figure" => Tag::Figure,
            "figcaption" | "caption" => Tag::Caption,
            "article" => Tag::Article,
            "main" => Tag::Main,
            "nav" => Tag::Nav,
            "aside" => Tag::Aside,
            "header" => Tag::Header,
            "footer" => Tag::Footer,
            "form" | "fieldset" => Tag::Form,
            "button" | "label" | "legend" | "output" | "progress" | "meter" => Tag::Control,
            "time" => Tag::Time,
            "address" => Tag::Address,
            "meta" => Tag::Meta,
            "link" => Tag::LinkRelation,
            "title" => Tag::DocumentTitle,
            "script" => Tag::Script,
            "style" | "noscript" | "template" | "svg" | "math" | "datalist" | "iframe" | "frame" | "noframes"
            | "noembed" | "object" | "embed" | "param" | "applet" | "video" | "audio" | "track" | "canvas" | "map"
            | "area" | "base" | "col" | "rp" | "rt" => Tag::Silent,
            // A custom element may be anything; most wrap blocks.
            other if other.contains('-') => Tag::Block,
            _ => Tag::Inline,
        }
    }

    /// Whether a line ends where the element begins and where it ends.
    pub(in super::super) fn breaks_line(self) -> bool {
        !matches!(
            self,
            Tag::Link
                | Tag::Emphasis
                | Tag::Inline
                | Tag::Image
                | Tag::Input
                | Tag::Time
                | Tag::LineBreak
                | Tag::Cell
                | Tag::Control
                | Tag::Meta
                | Tag::LinkRelation
                | Tag::DocumentTitle
                | Tag::Script
                | Tag::Silent
        )
    }

    /// Whether what stands inside is no text of the page.
    pub(in super::super) fn is_silent(self) -> bool {
        matches!(self, Tag::Meta | Tag::LinkRelation | Tag::DocumentTitle | Tag::Script | Tag::Silent | Tag::Input)
    }
}
