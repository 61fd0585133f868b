//! What the data of scripts says of the article beside its text: when it was published, and by whom.

use super::data::Data;
use crate::dates;
use crate::extract::text::key;

/// Keys of headlines, and those under which a headline stands that has several wordings.
const TITLE_KEYS: [&str; 4] = ["headline", "headlines", "title", "name"];
const WORDING_KEYS: [&str; 5] = ["basic", "default", "main", "rendered", "text"];

/// Keys of the date of publication, in small letters and without what joins words, the most reliable first.
const DATE_KEYS: [&str; 13] = [
    "datepublished",
    "publishedat",
    "firstpublishdate",
    "firstpublished",
    "publishdate",
    "publicationdate",
    "publisheddate",
    "publishedtime",
    "published",
    "pubdate",
    "displaydate",
    "date",
    "createdat",
];

/// Keys of authors, likewise, and those under which the name of one stands.
const AUTHOR_KEYS: [&str; 7] = ["authors", "author", "byline", "bylines", "writers", "contributors", "credits"];
const NAME_KEYS: [&str; 6] = ["name", "fullname", "displayname", "by", "author", "node"];

/// Most names taken: lists of all authors of a site have more.
const NAMES_MAX: usize = 10;

/// What is said of the article.
#[derive(Debug, Default, PartialEq)]
pub(in super::super) struct ScriptFields {
    pub(in super::super) published: Option<String>,
    /// As they are written, one or several names in each.
    pub(in super::super) bylines: Vec<String>,
}

impl ScriptFields {
    /// What the first description of an article says that has one of these titles, given by their keys.
    pub(super) fn find(data: &Data, title_keys: &[String]) -> Option<ScriptFields> {
        match data {
            Data::Text(_) => None,
            Data::List(items) => items.iter().find_map(|item| ScriptFields::find(item, title_keys)),
            Data::Map(entries) => described(data, title_keys)
                .or_else(|| entries.iter().find_map(|(_, value)| ScriptFields::find(value, title_keys))),
        }
    }
}

/// What a map says, if it describes the article and says anything.
fn described(map: &Data, title_keys: &[String]) -> Option<ScriptFields> {
    let is_title = |text: &str| title_keys.contains(&key(text));
    let has_title = |value: &Data| match value {
        Data::Text(text) => is_title(text),
        value => WORDING_KEYS.iter().any(|name| value.get(name).and_then(Data::as_text).is_some_and(is_title)),
    };
    if !TITLE_KEYS.iter().filter_map(|name| map.get(name)).any(has_title) {
        return None;
    }
    let is_date = |text: &&str| dates::read(text).is_some();
    let published = of_keys(map, &DATE_KEYS).filter_map(Data::as_text).find(is_date).map(str::to_owned);
    let mut bylines = Vec::new();
    for value in of_keys(map, &AUTHOR_KEYS) {
        if bylines.is_empty() {
            add_names(value, &mut bylines);
        }
    }
    (published.is_some() || !bylines.is_empty()).then_some(ScriptFields { published, bylines })
}

/// The values of keys, in the order of the keys.
fn of_keys<'d>(map: &'d Data, names: &'d [&str]) -> impl Iterator<Item = &'d Data> {
    let entries = if let Data::Map(entries) = map { entries.as_slice() } else { &[] };
    let squeezed =
        |key: &str| -> String { key.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect() };
    names
        .iter()
        .flat_map(move |name| entries.iter().filter(move |(key, _)| squeezed(key) == **name).map(|(_, value)| value))
}

fn add_names(value: &Data, bylines: &mut Vec<String>) {
    match value {
        Data::Text(text) if bylines.len() < NAMES_MAX => bylines.push(text.clone()),
        Data::Text(_) => {}
        Data::List(items) => items.iter().for_each(|item| add_names(item, bylines)),
        map @ Data::Map(_) => {
            if let Some(name) = of_keys(map, &NAME_KEYS).next() {
                add_names(name, bylines);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_authors_are_those_of_the_article_with_the_title() {
        let check = |script: &str, published: Option<&str>, bylines: &[&str]| {
            let found = ScriptFields::find(&Data::read(script), &["weirtoberebuilt".to_owned()]).unwrap_or_default();
            assert_eq!(
                (found.published.as_deref(), found.bylines.as_slice()),
                (published, own(bylines).as_slice()),
                "{script}"
            );
        };
        let day = Some("2026-11-24T05:30:00.000Z");
        let other = "{\"title\":\"Another\",\"publishedAt\":\"2020-01-01\",\"author\":\"Ben Okri\"}";
        let article = "{\"headline\":\"Weir to be rebuilt\",\"publishedAt\":\"2026-11-24T05:30:00.000Z\",\
                       \"authors\":[{\"name\":\"Cleo Marsh\",\"slug\":\"x\"},{\"fullName\":\"Ada Quill\"}]}";
        check(&format!("x=[{other},{article}]"), day, &["Cleo Marsh", "Ada Quill"]);
        check(
            "y={\"headlines\":{\"basic\":\"Weir to be rebuilt\"},\"first_publish_date\":\"2026-11-24T05:30:00.000Z\",\
             \"credits\":{\"by\":[{\"type\":\"author\",\"name\":\"Cleo Marsh\"}]}}",
            day,
            &["Cleo Marsh"],
        );
        check(
            "{\"title\":\"Weir to be rebuilt\",\"byline\":\"By Cleo Marsh\",\"date\":\"soon\"}",
            None,
            &["By Cleo Marsh"],
        );
        check(other, None, &[]);
    }

    fn own(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }
}
