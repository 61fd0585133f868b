//! Data of scripts written out as a page, whose lines can be judged.

use super::data::Data;
use crate::extract::text::count_words;

/// Keys under which a block's type stands, in the formats of editors and content systems.
const TYPE_KEYS: [&str; 9] =
    ["type", "nodeType", "_type", "__typename", "blockType", "@type", "kind", "tag", "tagName"];

/// Keys under which the pieces of a paragraph stand.
const PIECE_KEYS: [&str; 11] =
    ["text", "value", "content", "children", "html", "nodes", "data", "leaves", "ranges", "spans", "body"];

/// Parts of keys whose texts say again what the article says, or are not shown.
const UNSHOWN_KEYS: [&str; 12] = [
    "alt",
    "description",
    "seo",
    "meta",
    "summary",
    "excerpt",
    "opengraph",
    "twitter",
    "url",
    "href",
    "classname",
    "style",
];

/// Keys of headlines: a text under them is a heading, be it ever so short.
const HEADING_KEYS: [&str; 5] = ["headline", "heading", "subheading", "title", "subtitle"];

/// Parts of types of blocks that are no text.
const TEXTLESS_TYPES: [&str; 9] =
    ["image", "photo", "picture", "video", "gallery", "embed", "iframe", "advert", "script"];

/// Fewest words of a text outside a paragraph: shorter ones are names and labels.
const WORDS_MIN: usize = 4;

/// Adds the data to the page.
pub(super) fn write(data: &Data, page: &mut String) {
    write_block(data, "", page);
}

fn write_block(data: &Data, key: &str, page: &mut String) {
    match data {
        Data::Text(text) => write_text(text, key, page),
        Data::List(items) => {
            if let Some((tag, props)) = as_element(items) {
                return write_element(tag, props, page, write_block);
            }
            open("div", &[key], page);
            for item in items {
                write_block(item, key, page);
            }
            page.push_str("</div>");
        }
        Data::Map(entries) => {
            let kind = type_of(data);
            let lower = kind.to_ascii_lowercase();
            if TEXTLESS_TYPES.iter().any(|textless| lower.contains(textless)) {
                return;
            }
            if let Some(tag) = tag_of(data, &lower) {
                open(tag, &[key], page);
                write_pieces(data, page);
                return close(tag, page);
            }
            open("div", &[key, kind], page);
            for (key, value) in entries {
                write_block(value, key, page);
            }
            page.push_str("</div>");
        }
    }
}

/// The element that a block is by its type.
fn tag_of(data: &Data, kind: &str) -> Option<&'static str> {
    let style = data.get("style").and_then(Data::as_text).unwrap_or_default();
    let is_level = |name: &str| matches!(name.as_bytes(), [b'h', b'1'..=b'6']);
    let has_own_text = PIECE_KEYS.iter().any(|key| data.get(key).is_some());
    if !has_own_text {
        return None;
    }
    if kind.contains("heading") || kind.contains("header") || is_level(kind) || is_level(style) {
        return Some("h3");
    }
    if kind.contains("listitem") || kind.contains("list-item") || kind.contains("list_item") || kind == "li" {
        return Some("li");
    }
    let is_paragraph = kind.contains("paragraph") || kind == "p" || kind == "block" && holds_spans(data);
    is_paragraph.then_some("p")
}

/// Whether a block is made of pieces of text, as in Portable Text.
fn holds_spans(data: &Data) -> bool {
    matches!(data.get("children"), Some(Data::List(items)) if items.iter().any(|item| item.get("text").is_some()))
}

/// The pieces of a paragraph.
fn write_pieces(data: &Data, page: &mut String) {
    match data {
        Data::Text(text) if is_markup(text) => page.push_str(text),
        Data::Text(text) => push_escaped(text, page),
        Data::List(items) => match as_element(items) {
            Some((tag, props)) => write_element(tag, props, page, |data, _, page| write_pieces(data, page)),
            None => items.iter().for_each(|item| write_pieces(item, page)),
        },
        Data::Map(entries) => {
            for (key, value) in entries {
                if PIECE_KEYS.contains(&key.as_str()) {
                    write_pieces(value, page);
                }
            }
        }
    }
}

/// An element as React's flight has it: `["$", tag, key, props]`.
fn as_element(items: &[Data]) -> Option<(&str, &Data)> {
    let [Data::Text(mark), Data::Text(tag), .., props @ Data::Map(_)] = items else { return None };
    (mark == "$").then_some((tag.as_str(), props))
}

fn write_element(tag: &str, props: &Data, page: &mut String, mut write: impl FnMut(&Data, &str, &mut String)) {
    let is_name = !tag.is_empty() && tag.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_silent = matches!(tag, "script" | "style" | "noscript" | "template" | "svg");
    if is_silent {
        return;
    }
    // What is no name is a reference to a component.
    let tag = if is_name { tag } else { "div" };
    open(tag, &[props.get("className").and_then(Data::as_text).unwrap_or_default()], page);
    match props.get("children") {
        Some(Data::Text(text)) if !text.starts_with('$') => push_escaped(text, page),
        Some(Data::Text(_)) => {}
        Some(Data::List(items)) if as_element(items).is_none() => {
            for item in items {
                match item {
                    Data::Text(text) if !text.starts_with('$') => push_escaped(text, page),
                    Data::Text(_) => {}
                    other => write(other, "", page),
                }
            }
        }
        Some(other) => write(other, "", page),
        None => {
            if let Data::Map(entries) = props {
                for (key, value) in entries {
                    write_block(value, key, page);
                }
            }
        }
    }
    if let Some(html) = props.get("dangerouslySetInnerHTML").and_then(|inner| inner.get("__html")) {
        page.push_str(html.as_text().unwrap_or_default());
    }
    close(tag, page);
}

fn write_text(text: &str, key: &str, page: &mut String) {
    let lower = key.to_ascii_lowercase();
    let is_unshown = UNSHOWN_KEYS.iter().any(|unshown| lower.contains(unshown));
    if is_unshown || text.starts_with("http") || text.starts_with('$') {
        return;
    }
    if is_markup(text) {
        open("div", &[key], page);
        page.push_str(text);
        return page.push_str("</div>");
    }
    if count_words(text) < WORDS_MIN || !text.contains(|c: char| c == ' ' || !c.is_ascii()) {
        return;
    }
    let tag = if HEADING_KEYS.contains(&lower.as_str()) { "h3" } else { "p" };
    for line in text.split('\n') {
        open(tag, &[key], page);
        push_escaped(line, page);
        close(tag, page);
    }
}

/// Whether a string is markup.
fn is_markup(text: &str) -> bool {
    text.contains("</") || text.contains("<br") || text.contains("<p>")
}

fn type_of(data: &Data) -> &str {
    TYPE_KEYS.iter().find_map(|key| data.get(key).and_then(Data::as_text)).unwrap_or_default()
}

fn open(tag: &str, names: &[&str], page: &mut String) {
    page.push('<');
    page.push_str(tag);
    let mut names = names.iter().filter(|name| !name.is_empty()).peekable();
    if names.peek().is_some() {
        page.push_str(" class=\"");
        for name in names {
            page.extend(name.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | ' ')));
            page.push(' ');
        }
        page.push('"');
    }
    page.push('>');
}

fn close(tag: &str, page: &mut String) {
    page.push_str("</");
    page.push_str(tag);
    page.push('>');
}

fn push_escaped(text: &str, page: &mut String) {
    for c in text.chars() {
        match c {
            '<' => page.push_str("&lt;"),
            '&' => page.push_str("&amp;"),
            c => page.push(c),
        }
    }
}
