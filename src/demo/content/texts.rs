//! Reads the texts that the demo serves.
//!
//! A file holds one paper's articles. A line that begins with `= ` starts an article and gives its slug; lines of
//! `key: value` follow up to an empty line, then the body, one paragraph a line. A line `~ edited` starts the body as
//! it reads after its correction. An article with `when: night` (or `dawn`, `morning`) is published later than those that say
//! how many `hours` old they are, and one with `wall: subscribers` shows only what stands there. Before the first article stand comments. In a paragraph `*words*` are emphasised,
//! and `[words](address)` are a link.

use super::act::Act;

/// An article as its file gives it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Text {
    pub(super) slug: String,
    pub(super) id: u32,
    pub(super) title: String,
    pub(super) authors: Vec<String>,
    pub(super) section: String,
    /// Where it is not the paper's.
    pub(super) language: Option<String>,
    /// How long before the moment of the demo it was published.
    pub(super) age_minutes: i64,
    /// When it is published, where that is later.
    pub(super) act: Option<Act>,
    /// Whether the page shows a beginning, and the rest to subscribers only.
    pub(super) is_for_subscribers: bool,
    /// Slug of the report whose body it repeats.
    pub(super) copy_of: Option<String>,
    /// Slug of the report that it was made from.
    pub(super) made_from: Option<String>,
    pub(super) paragraphs: Vec<String>,
    /// The body after its correction.
    pub(super) edited: Option<Vec<String>>,
}

/// All articles of a file. What breaks the format is left out; a test reads the files that there are.
pub(super) fn read(file: &str) -> Vec<Text> {
    let mut texts: Vec<Text> = Vec::new();
    let mut is_in_head = false;
    for line in file.lines() {
        if let Some(slug) = line.strip_prefix("= ") {
            texts.push(Text { slug: slug.to_owned(), ..Text::default() });
            is_in_head = true;
            continue;
        }
        let Some(text) = texts.last_mut() else { continue };
        if line.is_empty() {
            is_in_head = false;
        } else if is_in_head {
            read_head_line(text, line);
        } else if line == "~ edited" {
            text.edited = Some(Vec::new());
        } else {
            text.edited.as_mut().unwrap_or(&mut text.paragraphs).push(line.to_owned());
        }
    }
    texts
}

fn read_head_line(text: &mut Text, line: &str) {
    let Some((key, value)) = line.split_once(": ") else {
        return;
    };
    match key {
        "id" => text.id = value.parse().unwrap_or_default(),
        "title" => value.clone_into(&mut text.title),
        "authors" => text.authors = value.split("; ").map(str::to_owned).collect(),
        "section" => value.clone_into(&mut text.section),
        "language" => text.language = Some(value.to_owned()),
        "hours" => text.age_minutes = minutes(value),
        "when" => text.act = Act::named(value),
        "wall" => text.is_for_subscribers = value == "subscribers",
        "copy of" => text.copy_of = Some(value.to_owned()),
        "made from" => text.made_from = Some(value.to_owned()),
        _ => {}
    }
}

/// Hours with a decimal fraction, as minutes.
fn minutes(hours: &str) -> i64 {
    let (whole, fraction) = hours.split_once('.').unwrap_or((hours, "0"));
    let tenths = fraction.get(..1).and_then(|tenth| tenth.parse::<i64>().ok()).unwrap_or_default();
    whole.parse::<i64>().unwrap_or_default() * 60 + tenths * 6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_are_read_with_their_correction() {
        let file = "# comment\n\n= a-slug\nid: 7\ntitle: A: title\nauthors: A B; C\nhours: 1.5\n\nOne.\nTwo.\n\n\
                    ~ edited\n\nThree.\n\n= b\ncopy of: a-slug\nlanguage: ar\nsection: S\nmade from: c\nwhen: dawn\n\
                    wall: subscribers\n";
        let expected = [
            Text {
                slug: "a-slug".to_owned(),
                id: 7,
                title: "A: title".to_owned(),
                authors: vec!["A B".to_owned(), "C".to_owned()],
                age_minutes: 90,
                paragraphs: vec!["One.".to_owned(), "Two.".to_owned()],
                edited: Some(vec!["Three.".to_owned()]),
                ..Text::default()
            },
            Text {
                slug: "b".to_owned(),
                section: "S".to_owned(),
                language: Some("ar".to_owned()),
                copy_of: Some("a-slug".to_owned()),
                made_from: Some("c".to_owned()),
                act: Some(Act::Dawn),
                is_for_subscribers: true,
                ..Text::default()
            },
        ];
        assert_eq!(read(file), expected);
    }
}
