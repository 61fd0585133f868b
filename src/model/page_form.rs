//! Forms of a page: the same article once more for small screens, for AMP, for a printer. Sites name them in a few ways
//! that mean nothing else, so that their addresses are one to identity without a look at the page.

use std::borrow::Cow;

use super::domain::registrable_domain;

/// First labels of hosts of a form, before a registrable domain.
const HOST_LABELS: [&str; 3] = ["amp", "m", "mobile"];

/// Ends of paths of a form, behind a path that is not empty without them.
const PATH_ENDS: [&str; 2] = ["/amp", "/print"];

/// Parameters that ask for a form, or for none, by their name and one of the [`SWITCHES`].
const SWITCHED: [&str; 9] =
    ["amp", "isamp", "is_amp", "print", "printable", "printpage", "printview", "mobile", "mobileview"];

const SWITCHES: [&str; 9] = ["", "1", "0", "true", "false", "yes", "no", "y", "on"];

/// Parameters that ask for a form by its name, which is one of the [`FORMS`].
const CHOOSING: [&str; 12] = [
    "output",
    "outputtype",
    "view",
    "mode",
    "format",
    "layout",
    "tpl",
    "template",
    "display",
    "version",
    "platform",
    "pagewanted",
];

const FORMS: [&str; 8] =
    ["amp", "print", "printable", "printer", "printerfriendly", "printer-friendly", "print-friendly", "mobile"];

/// Parameters of a link that somebody gives away to be read without paying. The page is to be asked with them.
const GIFTS: [&str; 4] = ["unlocked_article_code", "pwapi_token", "giftcopy", "gift"];

/// A host without `www.` and without the label of a form. `m.example.org` is one of `example.org`; `m.example` is not.
pub(super) fn plain_host(host: &str) -> &str {
    let bare = host.strip_prefix("www.").unwrap_or(host);
    let Some((label, rest)) = bare.split_once('.') else { return bare };
    let rest = rest.strip_prefix("www.").unwrap_or(rest);
    if HOST_LABELS.contains(&label) && registrable_domain(rest) == Some(rest) { rest } else { bare }
}

/// A path without what names a form, and without slashes at its end.
pub(super) fn plain_path(path: &str) -> Cow<'_, str> {
    let path = path.trim_end_matches('/');
    if let Some(rest) = PATH_ENDS.iter().find_map(|end| path.strip_suffix(end)) {
        let rest = rest.trim_end_matches('/');
        return Cow::Borrowed(if rest.is_empty() { path } else { rest });
    }
    if let Some(rest) = path.strip_suffix(".amp.html") {
        return Cow::Owned(format!("{rest}.html"));
    }
    if let Some(rest) = path.strip_prefix("/amp/").filter(|rest| !rest.is_empty()) {
        return Cow::Owned(format!("/{rest}"));
    }
    Cow::Borrowed(path.strip_suffix(".amp").unwrap_or(path))
}

/// A query without what names a form; absent where nothing is left.
pub(super) fn plain_query(query: &str, path: &str) -> Option<String> {
    let kept: Vec<&str> = query.split('&').filter(|pair| !asks_for_form(pair, path)).collect();
    (!kept.is_empty()).then(|| kept.join("&"))
}

fn asks_for_form(pair: &str, path: &str) -> bool {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let (name, value) = (name.to_ascii_lowercase(), value.to_ascii_lowercase());
    let (name, value) = (name.as_str(), value.as_str());
    SWITCHED.contains(&name) && SWITCHES.contains(&value)
        || CHOOSING.contains(&name) && FORMS.contains(&value)
        || GIFTS.contains(&name)
        // Blogger's small form. Elsewhere an m is a month.
        || name == "m" && matches!(value, "0" | "1") && path.strip_suffix(".html").is_some()
}
