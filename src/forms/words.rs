//! Numbers in words.

use std::fmt::Display;

/// So many of a thing, whose plural is made with an s: `1 article`, `2 articles`.
pub(crate) fn counted(number: impl Display, thing: &str) -> String {
    let number = number.to_string();
    let plural = if number == "1" { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// A language as those of articles are written, or what one looks like: of any other there is nothing, and nobody would know.
pub(crate) fn language(text: &str) -> Result<String, String> {
    let text = text.trim();
    let is_code = matches!(text.len(), 2 | 3) && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    if is_code {
        Ok(text.to_ascii_lowercase())
    } else {
        Err("a language is two or three letters: en, de, ja".to_owned())
    }
}

/// A share of 1.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// A word as a shell takes it for one.
pub(crate) fn shell_word(text: &str) -> String {
    let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+:@%".contains(c));
    if is_plain && !text.is_empty() { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}
