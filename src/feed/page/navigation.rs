//! Which elements of a page lead around its site.

use super::super::markup::Tag;
use super::html::is;

/// Elements whose links lead around the site. Not `form`: there are programs that put whole pages into one.
const SIDE_ELEMENTS: [&str; 3] = ["nav", "footer", "dialog"];

/// Elements that may be such by their role, class or id.
const BOXES: [&str; 7] = ["div", "ul", "ol", "section", "aside", "td", "p"];

/// Words of which one in a class or id says so, if all others are of [`PLACE_WORDS`] or [`SIDE_WORDS`] too.
const SIDE_WORDS: [&str; 10] =
    ["nav", "navbar", "navigation", "menu", "footer", "breadcrumb", "breadcrumbs", "pagination", "pager", "mainmenu"];

/// Words that say where it stands.
const PLACE_WORDS: [&str; 17] = [
    "main",
    "site",
    "page",
    "top",
    "bottom",
    "side",
    "header",
    "primary",
    "secondary",
    "mobile",
    "global",
    "sub",
    "user",
    "wrapper",
    "container",
    "list",
    "links",
];

/// Whether an element holds links around the site: by its name, its role, or the words of its class and id.
pub(super) fn is_side(tag: &Tag<'_>) -> bool {
    if SIDE_ELEMENTS.iter().any(|name| is(tag, name)) {
        return true;
    }
    if !BOXES.iter().any(|name| is(tag, name)) {
        return false;
    }
    let has_role = tag.attribute("role").is_some_and(|role| {
        ["navigation", "contentinfo", "menu", "menubar", "search"]
            .iter()
            .any(|side| role.trim().eq_ignore_ascii_case(side))
    });
    has_role || [tag.attribute("class"), tag.attribute("id")].into_iter().flatten().any(|names| says_side(&names))
}

fn says_side(names: &str) -> bool {
    names.split_ascii_whitespace().any(|name| {
        let name = name.to_ascii_lowercase();
        let mut words = name.split(['-', '_']).filter(|word| !word.is_empty());
        let is_consent = name.contains("cookie") || name.contains("consent");
        is_consent
            || name.split(['-', '_']).any(|word| SIDE_WORDS.contains(&word))
                && words.all(|word| SIDE_WORDS.contains(&word) || PLACE_WORDS.contains(&word))
    })
}
