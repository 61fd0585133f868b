//! What people read of a message: its subject and plain text.

use std::fmt::Write as _;

use serde_json::Value;

/// Characters of a subject.
const SUBJECT_CHARACTERS_MAX: usize = 150;

/// A line for the subject of a mail and the title of a notification.
pub(super) fn subject(payload: &Value) -> String {
    let title = payload["title"].as_str().unwrap_or("(no headline)");
    let what = match payload["kind"].as_str() {
        Some("story-new") => "New: ".to_owned(),
        Some("grows-to") => format!("{} newsrooms: ", payload["story"]["n_sources"]),
        Some("revised") => "Revised: ".to_owned(),
        Some("removed") => "Removed: ".to_owned(),
        Some("alarm-opened") => "Alarm: ".to_owned(),
        Some("alarm-closed") => "Over: ".to_owned(),
        _ => String::new(),
    };
    one_line(&format!("{what}{title}")).chars().take(SUBJECT_CHARACTERS_MAX).collect()
}

/// The text below it.
pub(super) fn body(payload: &Value) -> String {
    let mut text = String::new();
    match payload["messages"].as_array() {
        Some(messages) => {
            for message in messages {
                let _ = writeln!(text, "{}\n{}", subject(message), body(message));
            }
        }
        None => write_message(&mut text, payload),
    }
    text
}

/// The address that is opened from a notification.
pub(super) fn link(payload: &Value) -> Option<&str> {
    payload["article"]["url"].as_str().filter(|url| url.starts_with("https://") || url.starts_with("http://"))
}

fn write_message(text: &mut String, payload: &Value) {
    let mut line = |line: &str| {
        let _ = writeln!(text, "{}", one_line(line));
    };
    let alarm = &payload["alarm"];
    if let Some(why) = alarm["why"].as_str() {
        let sure =
            alarm["confidence"].as_f64().map(|sure| format!(" ({:.0} % sure)", 100.0 * sure)).unwrap_or_default();
        line(&format!("{why}{sure}"));
    }
    if let Some(since) = alarm["since"].as_str() {
        line(&format!("Since: {since}"));
    }
    if let Some(closed_at) = alarm["closed_at"].as_str() {
        line(&format!("Over: {closed_at}, {}", alarm["closed_why"].as_str().unwrap_or_default()));
    }
    if let Some(passage) = payload["passage"].as_str() {
        line(passage);
    }
    if let Some(change) = payload["revision"]["change"].as_str() {
        line(&format!("Changed: {change}"));
        if let Some(earlier) = payload["revision"]["earlier_title"].as_str() {
            line(&format!("Before: {earlier}"));
        }
    }
    let publishers: Vec<&str> = values(&payload["story"]["publishers"]).take(10).collect();
    if let Some((first, others)) = publishers.split_first() {
        let others = if others.is_empty() { String::new() } else { format!("; also {}", others.join(", ")) };
        line(&format!("First: {first}{others}"));
    }
    if let Some(url) = payload["article"]["url"].as_str() {
        line(url);
    }
    if let Some(watch) = payload["watch"]["name"].as_str() {
        line(&format!("Watch: {watch}"));
    }
}

fn values(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// A text without line breaks and other control characters.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_headline_ends_no_line() {
        let payload = json!({
            "kind": "grows-to", "title": "Storm\r\nBcc: all@example.org\u{2028}", "story": { "n_sources": 5, "publishers": ["a.example", "b.example"] },
            "passage": "one\ntwo", "article": { "url": "https://a.example/1" }, "watch": { "name": "storms" },
        });
        assert_eq!(subject(&payload), "5 newsrooms: Storm  Bcc: all@example.org ");
        assert_eq!(body(&payload), "one two\nFirst: a.example; also b.example\nhttps://a.example/1\nWatch: storms\n");
        let digest = json!({ "kind": "digest", "title": "1 messages", "messages": [payload] });
        assert!(body(&digest).starts_with("5 newsrooms: Storm  Bcc: all@example.org \none two\n"));
    }
}
