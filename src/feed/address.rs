//! Addresses as feeds and pages write them.

use std::borrow::Cow;

use url::Url;

/// Whether a text is an address of the web, and not just relative to one.
pub(super) fn is_of_the_web(text: &str) -> bool {
    ["http://", "https://"]
        .iter()
        .any(|scheme| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
}

/// An absolute address of the web.
pub(super) fn resolve(href: &str, base: &Url) -> Option<Url> {
    let href = href.trim();
    if href.is_empty() {
        return None;
    }
    let href = meant(href);
    let url = base.join(&href).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

/// An address as it was meant: escaped once too often, or without its scheme.
pub(super) fn meant(href: &str) -> Cow<'_, str> {
    if href.contains("&amp;") {
        Cow::Owned(href.replace("&amp;", "&"))
    } else if href.get(.."www.".len()).is_some_and(|start| start.eq_ignore_ascii_case("www.")) {
        Cow::Owned(format!("//{href}"))
    } else {
        Cow::Borrowed(href)
    }
}
