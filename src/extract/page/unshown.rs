//! What of a page is not shown, by what its elements say of themselves.

use super::tree::Node;

/// Parts of classes by which frameworks hide a text from all but screen readers, in small letters and without what joins
/// words.
const SCREEN_READER_CLASSES: [&str; 9] = [
    "visuallyhidden",
    "hiddenvisually",
    "visuallyhide",
    "sronly",
    "screenreader",
    "a11yhidden",
    "elementinvisible",
    "offscreen",
    "assistivetext",
];

/// Classes that mean the same and are too short to be part of others.
const SCREEN_READER_NAMES: [&str; 2] = ["srtext", "gelsr"];

/// Classes with which frameworks leave an element out, likewise.
const LEAVING_OUT_CLASSES: [&str; 6] = ["dnone", "hidden", "hide", "ishidden", "uhidden", "displaynone"];

/// Bytes of a style that are looked at: those that hide are short.
const STYLE_BYTES_MAX: usize = 200;

/// Digits of a distance from which on it leads off the screen.
const DISTANCE_DIGITS_MIN: usize = 4;

/// Whether only screen readers say what an element holds, by its classes.
pub(super) fn is_for_screen_readers(element: Node<'_>) -> bool {
    let is_meant = |class: &str| {
        let squeezed = squeezed_class(class);
        SCREEN_READER_NAMES.contains(&squeezed.as_str())
            || SCREEN_READER_CLASSES.iter().any(|part| squeezed.contains(part))
    };
    // What is shown again on some screens is left alone.
    classes(element).any(is_meant) && !classes(element).any(|class| class.contains(':') || class.starts_with("not-"))
}

/// Whether an element's own attributes keep it from being shown. What is only hidden from screen readers is.
pub(super) fn is_hidden(element: Node<'_>) -> bool {
    element.attribute("hidden").is_some_and(|value| value != "until-found")
        || element.attribute("style").is_some_and(hides)
}

/// Whether a class leaves an element out, on screens of every size.
pub(super) fn is_left_out(element: Node<'_>) -> bool {
    let shows_somewhere = |class: &str| class.contains(':') || class.starts_with("d-") && class != "d-none";
    classes(element).any(|class| LEAVING_OUT_CLASSES.contains(&squeezed_class(class).as_str()))
        && !classes(element).any(shows_somewhere)
}

/// Whether a style keeps an element from being shown, or from being where anybody looks.
pub(super) fn hides(style: &str) -> bool {
    let bytes = style.bytes().filter(|byte| !byte.is_ascii_whitespace()).take(STYLE_BYTES_MAX);
    let mut squeezed = [0; STYLE_BYTES_MAX];
    let mut n_bytes = 0;
    for byte in bytes {
        squeezed[n_bytes] = byte.to_ascii_lowercase();
        n_bytes += 1;
    }
    squeezed[..n_bytes].split(|byte| *byte == b';').any(|declaration| {
        let mut parts = declaration.splitn(2, |byte| *byte == b':');
        let (Some(property), Some(value)) = (parts.next(), parts.next()) else { return false };
        match property {
            b"display" => value.starts_with(b"none"),
            b"visibility" => value.starts_with(b"hidden"),
            b"clip" => value.starts_with(b"rect(0") || value.starts_with(b"rect(1px"),
            b"clip-path" => value.starts_with(b"inset(50%") || value.starts_with(b"inset(100%"),
            b"left" | b"text-indent" | b"margin-left" => leads_off_screen(value),
            _ => false,
        }
    })
}

fn leads_off_screen(value: &[u8]) -> bool {
    let digits = value.strip_prefix(b"-").unwrap_or_default();
    digits.iter().take_while(|byte| byte.is_ascii_digit()).count() >= DISTANCE_DIGITS_MIN
}

fn classes(element: Node<'_>) -> impl Iterator<Item = &str> {
    element.attribute("class").unwrap_or_default().split_ascii_whitespace()
}

fn squeezed_class(class: &str) -> String {
    class.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_that_hide_are_told() {
        for style in [
            "display:none",
            "color: red; DISPLAY : none !important",
            "visibility:hidden",
            "position:absolute;clip:rect(0 0 0 0);width:1px",
            "position: absolute; left: -9999px",
            "text-indent:-10000em",
            "clip-path: inset(50%)",
        ] {
            assert!(hides(style), "{style}");
        }
        for style in
            ["", "display:block", "visibility:visible", "left:-10px", "opacity:0", "margin-left:-999px", "clip:auto"]
        {
            assert!(!hides(style), "{style}");
        }
    }
}
