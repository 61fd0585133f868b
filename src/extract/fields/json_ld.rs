//! What the page says of itself in structured data: schema.org as JSON-LD.
//!
//! Much of it is broken JSON, written by templates, and then read by a reader of our own (`lenient_json`).

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::{Map, Value};
use url::Url;

use super::super::fragment::fragment_paragraphs;
use super::super::text::{fold, key};
use super::lenient_json;

/// Nodes looked at in one page: graphs of real pages hold tens.
const NODES_MAX: usize = 2000;

/// Authors looked at: papers have hundreds, and nobody lists those of a news article.
const PARTIES_MAX: usize = 100;

/// Further descriptions of the page's article whose headlines are looked at.
const TWINS_MAX: usize = 4;

/// Schema.org types that are an article of some kind, beside those whose name ends in `Article`.
const ARTICLE_TYPES: [&str; 8] = [
    "NewsArticle",
    "BlogPosting",
    "LiveBlogPosting",
    "Report",
    "Review",
    "SocialMediaPosting",
    "DiscussionForumPosting",
    "Recipe",
];

/// Types of pages and recordings that carry an article's dates and names when there is no article node.
const PAGE_TYPES: [&str; 5] = ["WebPage", "ItemPage", "AboutPage", "VideoObject", "CreativeWork"];

/// Somebody named in structured data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Party {
    pub(in super::super) name: String,
    pub(in super::super) is_organization: bool,
}

/// The page's article by its structured data.
#[derive(Debug, Default)]
pub(in super::super) struct StructuredArticle {
    /// Wordings of the headline, the likeliest first: some pages describe their article twice, and differently.
    pub(in super::super) headlines: Vec<String>,
    /// What else the description calls the article: its name where that is not the headline.
    pub(in super::super) other_name: Option<String>,
    pub(in super::super) published: Option<String>,
    pub(in super::super) modified: Option<String>,
    pub(in super::super) authors: Vec<Party>,
    pub(in super::super) body: Option<String>,
    pub(in super::super) description: Option<String>,
    pub(in super::super) section: Option<String>,
    pub(in super::super) keywords: Vec<String>,
    pub(in super::super) image: Option<String>,
    pub(in super::super) language: Option<String>,
    pub(in super::super) publisher: Option<String>,
    /// Whether the page says that it is an article.
    pub(in super::super) is_article: bool,
    /// Whether it is described as a blog's, whose headline the field for search engines fills.
    pub(in super::super) is_blog: bool,
    /// Whether the page says that its text is behind a pay wall.
    pub(in super::super) is_paid: bool,
}

/// By what the page's own article is told from others that it describes.
#[derive(Clone, Copy, Debug, Default)]
pub(in super::super) struct Own<'a> {
    /// The addresses of the page.
    pub(in super::super) addresses: &'a [Url],
    /// The keys of what it calls itself, in its head and its headings.
    pub(in super::super) titles: &'a [String],
}

impl Own<'_> {
    /// Whether a text is a title of the page, or all of one but the name of the site.
    fn is_title(self, text: &str) -> bool {
        const KEY_BYTES_MIN: usize = 8;
        let key = key(text);
        key.len() >= KEY_BYTES_MIN && self.titles.iter().any(|title| title.contains(&key))
    }
}

/// Reads all scripts of a page.
pub(in super::super) fn read(scripts: &[String], own: Own<'_>) -> StructuredArticle {
    let documents: Vec<Value> = scripts.iter().flat_map(|script| parse(script)).collect();
    let mut nodes: Vec<&Map<String, Value>> = Vec::new();
    for document in &documents {
        collect_nodes(document, &mut nodes);
    }
    let by_id: HashMap<&str, &Map<String, Value>> = nodes
        .iter()
        .filter(|node| node.len() > 1)
        .filter_map(|node| Some((node.get("@id")?.as_str()?, *node)))
        .collect();
    let best = nodes
        .iter()
        .enumerate()
        .filter(|(_, node)| is_article(node))
        // The first of equals: a page lists others after its own.
        .max_by_key(|(position, node)| (worth(node, own), usize::MAX - position))
        .map(|(_, node)| *node);
    let mut article = StructuredArticle::default();
    if let Some(node) = best {
        article.is_article = true;
        fill(&mut article, node, &by_id);
        let is_own = |node: &Map<String, Value>| {
            let worth = worth(node, own);
            worth.has_address || worth.has_title
        };
        let twins = nodes.iter().copied().filter(|node| is_article(node) && is_own(node));
        article.headlines = headlines(node, twins.take(TWINS_MAX));
        let is_other = |name: &String| article.headlines.iter().all(|known| key(known) != key(name));
        article.other_name = text_of(node.get("name")).filter(is_other);
        article.is_blog = has_type(node, |name| name == "BlogPosting");
    }
    // The date of a recording is that of the article only where the page is about it, and nothing else is said of one.
    let is_recording = |node: &Map<String, Value>| has_type(node, |name| name == "VideoObject");
    let is_own = |node: &Map<String, Value>| text_of(node.get("name")).is_some_and(|name| own.is_title(&name));
    let is_of_page = |node: &Map<String, Value>| {
        has_type(node, |name| PAGE_TYPES.contains(&name)) && (!is_recording(node) || best.is_none() && is_own(node))
    };
    for node in nodes.iter().filter(|node| is_of_page(node)) {
        fill_dates(&mut article, node);
        if article.authors.is_empty() && best.is_none() {
            article.authors = parties(node.get("author"), &by_id);
        }
        if article.language.is_none() {
            article.language = text_of(node.get("inLanguage"));
        }
    }
    article
}

/// The documents of a script: one, or of broken ones what can be read.
fn parse(script: &str) -> Vec<Value> {
    let script = script.trim();
    match serde_json::from_str(script) {
        // A text that holds the document.
        Ok(Value::String(inner)) => {
            serde_json::from_str(&inner).map_or_else(|_| lenient_json::read(&inner), |value| vec![value])
        }
        Ok(document) => vec![document],
        Err(_) => lenient_json::read(&with_quotes(script)),
    }
}

/// A script with the quotes that JSON has, where it has others instead: escaped for HTML or for a text in JavaScript, or
/// made typographic.
fn with_quotes(script: &str) -> Cow<'_, str> {
    const ESCAPED: [&str; 3] = ["&quot;", "&#34;", "&#x22;"];
    const TYPOGRAPHIC: [char; 3] = ['“', '”', '„'];
    let is_escaped_text = || script.starts_with("{\\\"") || script.starts_with("[{\\\"");
    if script.contains('"') {
        return if is_escaped_text() { Cow::Owned(script.replace("\\\"", "\"")) } else { Cow::Borrowed(script) };
    }
    match ESCAPED.iter().find(|quote| script.contains(**quote)) {
        Some(quote) => Cow::Owned(script.replace(quote, "\"").replace("&#39;", "'").replace("&amp;", "&")),
        None if script.contains(TYPOGRAPHIC) => Cow::Owned(script.replace(TYPOGRAPHIC, "\"")),
        None => Cow::Borrowed(script),
    }
}

/// All nodes of a document, in its order; nested ones only where they describe the page itself.
fn collect_nodes<'a>(document: &'a Value, nodes: &mut Vec<&'a Map<String, Value>>) {
    let mut waiting = vec![document];
    while let Some(value) = waiting.pop() {
        match value {
            Value::Array(values) => waiting.extend(values.iter().rev()),
            Value::Object(node) if nodes.len() < NODES_MAX => {
                nodes.push(node);
                for name in ["hasPart", "subjectOf", "mainEntity", "mainEntityOfPage", "@graph"] {
                    waiting.extend(node.get(name).filter(|value| value.is_object() || value.is_array()));
                }
            }
            _ => {}
        }
    }
}

fn has_type(node: &Map<String, Value>, accepts: impl Fn(&str) -> bool) -> bool {
    let is_accepted =
        |value: &Value| value.as_str().is_some_and(|name| accepts(name.rsplit(['/', ':', '#']).next().unwrap_or(name)));
    match node.get("@type").or_else(|| node.get("type")) {
        Some(Value::Array(names)) => names.iter().any(is_accepted),
        Some(name) => is_accepted(name),
        None => false,
    }
}

fn is_article(node: &Map<String, Value>) -> bool {
    has_type(node, |name| name.ends_with("Article") || ARTICLE_TYPES.contains(&name))
}

/// How likely a node is the page's own article, by what counts most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Worth {
    has_address: bool,
    has_title: bool,
    n_telling: usize,
}

fn worth(node: &Map<String, Value>, own: Own<'_>) -> Worth {
    let has_address = ["url", "@id", "mainEntityOfPage"].iter().any(|name| {
        let value = node.get(*name);
        let value = value.and_then(Value::as_str).or_else(|| value?.get("@id")?.as_str());
        value.is_some_and(|value| own.addresses.iter().any(|address| same_page(value, address.as_str())))
    });
    let telling = ["headline", "datePublished", "author", "articleBody"];
    let n_telling = telling.iter().filter(|name| node.contains_key(**name)).count();
    let has_title = text_of(node.get("headline")).is_some_and(|headline| own.is_title(&headline));
    Worth { has_address, has_title, n_telling }
}

fn same_page(one: &str, other: &str) -> bool {
    let essence = |address: &str| {
        let address = address.split(['?', '#']).next().unwrap_or_default();
        let address = address.split_once("://").map_or(address, |(_, rest)| rest);
        address.trim_start_matches("www.").trim_end_matches('/').to_ascii_lowercase()
    };
    essence(one) == essence(other)
}

fn fill(article: &mut StructuredArticle, node: &Map<String, Value>, by_id: &HashMap<&str, &Map<String, Value>>) {
    fill_dates(article, node);
    article.authors = parties(node.get("author"), by_id);
    if article.authors.is_empty() {
        article.authors = parties(node.get("creator"), by_id);
    }
    article.body = node.get("articleBody").or_else(|| node.get("text")).and_then(Value::as_str).map(body_text);
    article.description = text_of(node.get("description"));
    article.section = match node.get("articleSection") {
        Some(Value::Array(sections)) => text_of(sections.first()),
        section => text_of(section),
    };
    article.keywords = match node.get("keywords") {
        Some(Value::Array(words)) => words.iter().take(PARTIES_MAX).filter_map(|word| text_of(Some(word))).collect(),
        Some(Value::String(words)) => words.split(',').map(fold).filter(|word| !word.is_empty()).collect(),
        _ => Vec::new(),
    };
    article.image = address_of(node.get("image")).or_else(|| address_of(node.get("thumbnailUrl")));
    article.language = text_of(node.get("inLanguage"));
    article.publisher = parties(node.get("publisher"), by_id).into_iter().next().map(|party| party.name);
    article.is_paid = match node.get("isAccessibleForFree") {
        Some(Value::Bool(free)) => !free,
        Some(Value::String(free)) => free.eq_ignore_ascii_case("false"),
        _ => false,
    };
}

/// What the chosen node and other descriptions of the same article give as its headline, each wording once.
///
/// A second title (`alternativeHeadline`) is none of them: most sites put the line below the headline there.
fn headlines<'a>(best: &'a Map<String, Value>, twins: impl Iterator<Item = &'a Map<String, Value>>) -> Vec<String> {
    let first = text_of(best.get("headline")).or_else(|| text_of(best.get("name")));
    let mut headlines: Vec<String> = Vec::new();
    for headline in first.into_iter().chain(twins.filter_map(|twin| text_of(twin.get("headline")))) {
        if !headlines.iter().any(|known| key(known) == key(&headline)) {
            headlines.push(headline);
        }
    }
    headlines
}

fn fill_dates(article: &mut StructuredArticle, node: &Map<String, Value>) {
    if article.published.is_none() {
        article.published =
            ["datePublished", "uploadDate", "dateCreated"].iter().find_map(|name| date_of(node.get(*name)));
    }
    if article.modified.is_none() {
        article.modified = date_of(node.get("dateModified"));
    }
}

/// A date as text; some write it as the number of seconds, or milliseconds, since 1970.
fn date_of(value: Option<&Value>) -> Option<String> {
    match value? {
        // Some have a fraction.
        Value::Number(number) => number.to_string().split('.').next().map(str::to_owned),
        value => text_of(Some(value)),
    }
}

/// Text in markup or out of it, entities resolved, line breaks kept, paragraphs that are written twice in a row told once.
fn body_text(text: &str) -> String {
    let looks_like_markup = text.contains("</") || text.contains("&lt;") || text.contains("<br") || text.contains('&');
    let text = if looks_like_markup { fragment_paragraphs(text).join("\n") } else { text.to_owned() };
    if n_doubled(&text) < DOUBLED_MIN {
        return text;
    }
    let mut lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.dedup();
    lines.join("\n")
}

/// Paragraphs that stand right behind themselves from which a template writes each twice. One may be a refrain.
const DOUBLED_MIN: usize = 2;

/// Fewest bytes of such a paragraph.
const DOUBLED_BYTES_MIN: usize = 40;

fn n_doubled(text: &str) -> usize {
    let mut before = "";
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.filter(|line| std::mem::replace(&mut before, line) == *line && line.len() >= DOUBLED_BYTES_MIN).count()
}

/// A short text: entities resolved (templates escape twice), white space folded.
fn text_of(value: Option<&Value>) -> Option<String> {
    let text = match value? {
        Value::String(text) => text,
        Value::Array(values) => return text_of(values.first()),
        Value::Object(node) => return text_of(node.get("@value").or_else(|| node.get("name"))),
        _ => return None,
    };
    let text = if text.contains('&') || text.contains('<') { fragment_paragraphs(text).join(" ") } else { fold(text) };
    (!text.is_empty()).then_some(text)
}

fn address_of(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(address) => Some(address.trim().to_owned()).filter(|address| !address.is_empty()),
        Value::Array(values) => values.iter().find_map(|value| match value {
            Value::Array(_) => None,
            value => address_of(Some(value)),
        }),
        Value::Object(node) => ["url", "contentUrl", "@id"].iter().find_map(|name| {
            node.get(*name)?.as_str().map(|address| address.trim().to_owned()).filter(|address| !address.is_empty())
        }),
        _ => None,
    }
}

/// The parties a value names: one or several, as text, as nodes, or by reference.
fn parties(value: Option<&Value>, by_id: &HashMap<&str, &Map<String, Value>>) -> Vec<Party> {
    let mut parties: Vec<Party> = Vec::new();
    let values = match value {
        Some(Value::Array(values)) => values.as_slice(),
        Some(value) => match value.get("@list") {
            Some(Value::Array(values)) => values.as_slice(),
            _ => std::slice::from_ref(value),
        },
        None => &[],
    };
    for value in values.iter().take(PARTIES_MAX) {
        let node = value.as_object().map(|node| {
            let target = node.get("@id").and_then(Value::as_str).and_then(|id| by_id.get(id));
            if node.contains_key("name") { node } else { target.copied().unwrap_or(node) }
        });
        let is_organization = node.is_some_and(|node| has_type(node, |name| name.ends_with("Organization")));
        let names: Vec<String> = match node.map(|node| (node.get("name"), node)) {
            Some((Some(Value::Array(names)), _)) => names.iter().filter_map(|name| text_of(Some(name))).collect(),
            Some((None, node)) => full_name(node).into_iter().collect(),
            Some((name, _)) => text_of(name).into_iter().collect(),
            None => text_of(Some(value)).into_iter().collect(),
        };
        for name in names.into_iter().take(PARTIES_MAX) {
            if !parties.iter().any(|party| key(&party.name) == key(&name)) {
                parties.push(Party { name, is_organization });
            }
        }
    }
    parties
}

/// The name of a person who has it in parts.
fn full_name(node: &Map<String, Value>) -> Option<String> {
    let parts: Vec<String> =
        ["givenName", "familyName"].iter().filter_map(|part| text_of(Some(node.get(*part)?))).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_script(script: &str) -> StructuredArticle {
        let addresses = [Url::parse("https://example.com/a").expect("an address")];
        read(&[script.to_owned()], Own { addresses: &addresses, titles: &["raindays|quay".to_owned()] })
    }

    fn headline_of(script: &str) -> Option<String> {
        read_script(script).headlines.into_iter().next()
    }

    #[test]
    fn broken_json_is_repaired() {
        let check = |script: &str| assert_eq!(headline_of(script).as_deref(), Some("Rain & sun"), "{script}");
        check(r#"{"@type": "NewsArticle", "headline": "Rain &amp; sun"}"#);
        check("{\"@type\": \"NewsArticle\", \"headline\": \"Rain\n &amp; sun\",}");
        check("/* by hand */ {\"@type\": \"NewsArticle\", // the type\n \"headline\": \"Rain & sun\", };");
        check("<!-- {\"@type\": [\"Thing\", \"http://schema.org/Article\"], \"headline\": \"Rain \\& sun\"} -->");
        check("{\"@type\": \"NewsArticle\"\n\"headline\": \"Rain & sun\"}");
        check(
            "{\"@type\": \"NewsArticle\", \"headline\": \"Rain & sun\", \"description\": \"The \"wet\" \"dry\" year\"}",
        );
        check(
            "{\"@type\": \"WebSite\", \"name\": \"Quay\"}\n{\"@type\": \"NewsArticle\", \"headline\": \"Rain & sun\"}",
        );
        check("{&quot;@type&quot;:&quot;Article&quot;,&quot;headline&quot;:&quot;Rain &amp; sun&quot;}");
        check("{&#34;@type&#34;:&#34;Article&#34;,&#34;headline&#34;:&#34;Rain &amp; sun&#34;}");
        check("{“@type”: “Article”, “headline”: “Rain & sun”}");
        check(r#"{\"@type\": \"Article\", \"headline\": \"Rain & sun\"}"#);
        check(r#""{\"@type\": \"Article\", \"headline\": \"Rain & sun\"}""#);
    }

    #[test]
    fn paragraphs_that_are_written_twice_in_a_row_are_told_once() {
        let (one, other) =
            ("The old mill on the Linde has been sold to forty families.", "It will grind from next autumn on.");
        let read = |text: &str| {
            let script = format!(r#"{{"@type": "NewsArticle", "headline": "Mill sold", "articleBody": "{text}"}}"#);
            read_script(&script).body
        };
        let long = format!("{other} So says who leads them.");
        let doubled = read(&format!(r"{one}\n{one}\n\n{long}\n{long}\nAda Quist."));
        assert_eq!(doubled.as_deref(), Some(format!("{one}\n{long}\nAda Quist.").as_str()));
        let refrain = read(&format!(r"{one}\n{one}\n{long}"));
        assert_eq!(refrain.as_deref(), Some(format!("{one}\n{one}\n{long}").as_str()));
    }

    #[test]
    fn dates_may_be_numbers_and_those_of_recordings_do_not_count() {
        let article = read_script(r#"[{"@type": "NewsArticle", "datePublished": 1777809600000}]"#);
        assert_eq!(article.published.as_deref(), Some("1777809600000"));
        let article = read_script(r#"{"@type": "NewsArticle", "datePublished": 1777809600.5}"#);
        assert_eq!(article.published.as_deref(), Some("1777809600"));
        let recording = |name: &str| {
            read_script(&format!(r#"{{"@type": "VideoObject", "name": "{name}", "uploadDate": "2026-05-03"}}"#))
                .published
        };
        assert_eq!(recording("Rain days").as_deref(), Some("2026-05-03"));
        assert_eq!(recording("A cat on a roof"), None);
        let article =
            read_script(r#"[{"@type": "NewsArticle"}, {"@type": "VideoObject", "uploadDate": "2020-01-01"}]"#);
        assert_eq!(article.published, None);
    }

    #[test]
    fn nonsense_is_passed_over() {
        for script in
            ["", "{", "[[[[", "null", "\"@type\"", "{\"@type\":\"Article\"", "\\", "/*", "{\"@graph\":{\"@graph\":1}}"]
        {
            assert_eq!(headline_of(script), None, "{script}");
        }
    }

    #[test]
    fn an_article_described_twice_has_the_headlines_of_both() {
        let script = r#"[
            {"@type": "NewsArticle", "headline": "Mill sold", "url": "https://example.com/a"},
            {"@type": "Article", "headline": "Elsewhere", "url": "https://example.com/b", "author": "Nobody"},
            {"@type": "NewsArticle", "headline": "Old mill finds a buyer", "alternativeHeadline": "At last",
             "url": "https://example.com/a", "datePublished": "2024-05-01"}]"#;
        let article = read_script(script);
        assert_eq!(article.headlines, ["Old mill finds a buyer", "Mill sold"]);
    }

    #[test]
    fn of_articles_without_an_address_the_one_with_the_title_of_the_page_is_its_own() {
        let script = r#"[
            {"@type": "NewsArticle", "headline": "Mill sold", "datePublished": "2026-05-03", "author": "Nobody"},
            {"@type": "NewsArticle", "headline": "Rain days", "datePublished": "2026-05-02"}]"#;
        assert_eq!(read_script(script).published.as_deref(), Some("2026-05-02"));
    }

    #[test]
    fn authors_may_be_in_a_list_of_linked_data() {
        let script = r#"{"@type": "Article", "author": {"@list": [{"@type": "Person", "name": "Anna Lind"}]}}"#;
        let names: Vec<String> = read_script(script).authors.into_iter().map(|party| party.name).collect();
        assert_eq!(names, ["Anna Lind"]);
    }

    #[test]
    fn the_article_of_this_page_is_chosen_and_references_resolved() {
        let script = r##"{"@graph": [
            {"@type": "NewsArticle", "headline": "Another", "url": "https://example.com/b", "author": "Nobody",
             "datePublished": "2020-01-01", "articleBody": "x"},
            {"@type": "NewsArticle", "headline": "This one", "url": "http://www.example.com/a/",
             "author": [{"@id": "#anna"}, {"@type": "NewsMediaOrganization", "name": "Agency"}, "Ben Okri"]},
            {"@id": "#anna", "@type": "Person", "name": "Anna Lind"},
            {"@type": "WebPage", "datePublished": "2024-05-01"}]}"##;
        let article = read_script(script);
        assert_eq!(article.headlines, ["This one"]);
        assert_eq!(article.published.as_deref(), Some("2024-05-01"));
        let names: Vec<(&str, bool)> = article.authors.iter().map(|p| (p.name.as_str(), p.is_organization)).collect();
        assert_eq!(names, [("Anna Lind", false), ("Agency", true), ("Ben Okri", false)]);
    }
}
