//! Rules for the pages of single sites, for pages that the general way of extraction reads badly.
//!
//! A rule is a few CSS selectors for one host: which elements hold the body, what in them is left out, where title, date
//! and authors stand. Rules are dated, so that a page fetched before a site was rebuilt can still be read. Here they
//! are read and checked; `extract` applies them.

use std::path::Path;

use jiff::civil::Date;
use scraper::Selector;
use scraper::error::SelectorErrorKind;
use toml::de::{DeTable, DeValue};
use url::Url;

use super::problem::Problem;
use super::tables::Tables;
use super::text::{NoText, read_text};

const KNOWN_KEYS: [&str; 9] = ["host", "path", "body", "drop", "title", "date", "authors", "valid_from", "valid_to"];

/// The rules for single sites.
#[derive(Clone, Debug, Default)]
pub struct SiteRules {
    /// The most specific first, so that the first that fits is the one that counts.
    rules: Vec<SiteRule>,
}

impl SiteRules {
    /// The rule for a page by its address and the day it was fetched: of those for its host the one with the longest
    /// path, and one for that very host before one for all below a domain.
    #[must_use]
    pub fn find(&self, address: &Url, fetched_on: Date) -> Option<&SiteRule> {
        let host = without_www(address.host_str()?);
        self.rules
            .iter()
            .find(|rule| rule.fits_host(host) && address.path().starts_with(&rule.path) && rule.is_valid_on(fetched_on))
    }

    /// The rules of one file that has no fault.
    #[cfg(test)]
    pub(crate) fn of_text(text: &str) -> SiteRules {
        let (rules, mut problems) = parse(text, "sites.toml");
        let rules = sorted(rules, &mut problems);
        assert_eq!(problems, []);
        rules
    }

    /// All rules, the most specific first.
    pub fn iter(&self) -> impl Iterator<Item = &SiteRule> {
        self.rules.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

/// What is known of the pages of one site.
#[derive(Clone, Debug)]
pub struct SiteRule {
    /// Where it stands: file and line.
    pub place: String,
    /// The host, without `www.`, which is the same site everywhere.
    host: String,
    /// Whether it is for all hosts below that one too.
    has_subdomains: bool,
    /// How the path of its pages begins; empty for all.
    path: String,
    /// The elements whose lines are the body.
    pub body: Vec<ElementSelector>,
    /// Elements in them that are left out.
    pub drop: Vec<ElementSelector>,
    /// Where the title stands; the first that is there counts.
    pub title: Vec<ElementSelector>,
    /// Where the date of publication stands, likewise.
    pub date: Vec<ElementSelector>,
    /// Where the authors stand; all that are there count.
    pub authors: Vec<ElementSelector>,
    valid_from: Option<Date>,
    valid_to: Option<Date>,
}

impl SiteRule {
    /// The pages that it is for, as a person would write it: `*.example.org/news/`.
    #[must_use]
    pub fn subject(&self) -> String {
        format!("{}{}{}", if self.has_subdomains { "*." } else { "" }, self.host, self.path)
    }

    /// The rest of it, as a TOML table on one line.
    #[must_use]
    pub fn written(&self) -> String {
        let lists = [
            ("body", &self.body),
            ("drop", &self.drop),
            ("title", &self.title),
            ("date", &self.date),
            ("authors", &self.authors),
        ];
        let lists = lists.into_iter().filter(|(_, selectors)| !selectors.is_empty()).map(|(key, selectors)| {
            let texts: Vec<String> = selectors.iter().map(|selector| format!("{:?}", selector.text)).collect();
            if let [text] = texts.as_slice() {
                format!("{key} = {text}")
            } else {
                format!("{key} = [{}]", texts.join(", "))
            }
        });
        let dates = [("valid_from", self.valid_from), ("valid_to", self.valid_to)];
        let dates = dates.into_iter().filter_map(|(key, date)| Some(format!("{key} = {}", date?)));
        format!("{{ {} }}", lists.chain(dates).collect::<Vec<_>>().join(", "))
    }

    fn fits_host(&self, host: &str) -> bool {
        host == self.host
            || self.has_subdomains && host.strip_suffix(&self.host).is_some_and(|below| below.ends_with('.'))
    }

    fn is_valid_on(&self, day: Date) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_to.is_none_or(|to| day <= to)
    }

    /// Whether another rule is for the same pages at the same time.
    fn rivals(&self, other: &SiteRule) -> bool {
        let starts_in_time = |one: &SiteRule, other: &SiteRule| match (one.valid_from, other.valid_to) {
            (Some(from), Some(to)) => from <= to,
            _ => true,
        };
        (&self.host, self.has_subdomains, &self.path) == (&other.host, other.has_subdomains, &other.path)
            && starts_in_time(self, other)
            && starts_in_time(other, self)
    }
}

/// A CSS selector, compiled, and what of its elements is meant: their text, or an attribute.
#[derive(Clone, Debug)]
pub struct ElementSelector {
    /// As it was written, `@attribute` included.
    pub text: String,
    /// The selector alone.
    pub selector: Selector,
    /// The attribute that is meant; the text when absent.
    pub attribute: Option<String>,
    /// Whether it looks through all siblings before an element (`a ~ b`), which takes long where there are many.
    pub looks_through_siblings: bool,
}

impl ElementSelector {
    /// Reads `selector` or `selector@attribute`.
    ///
    /// # Errors
    ///
    /// The rule that the text breaks.
    pub fn parse(text: &str) -> Result<Self, String> {
        let is_name = |name: &str| {
            name.starts_with(|c: char| c.is_ascii_alphabetic())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_:.".contains(&byte))
        };
        // An at sign may also stand in a selector, in quotes; what follows it then is no name.
        let (elements, attribute) = match text.rsplit_once('@') {
            Some((elements, name)) if is_name(name.trim()) => (elements, Some(name.trim().to_ascii_lowercase())),
            _ => (text, None),
        };
        let selector = Selector::parse(elements.trim())
            .map_err(|error| format!("must be a CSS selector: {}", reason_of(&error)))?;
        let mut after_tilde = elements.split('~').skip(1);
        let looks_through_siblings = after_tilde.any(|rest| !rest.starts_with('='));
        Ok(ElementSelector { text: text.trim().to_owned(), selector, attribute, looks_through_siblings })
    }
}

/// What the parser has to say, in words. Where it has none it names its kind of error as a type, `EmptySelector`.
fn reason_of(error: &SelectorErrorKind) -> String {
    let SelectorErrorKind::UnexpectedSelectorParseError(kind) = error else {
        return error.to_string().to_lowercase();
    };
    let named = format!("{kind:?}");
    let name = named.split(['(', ' ', '{']).next().unwrap_or_default();
    let mut words = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(c.to_ascii_lowercase());
    }
    words
}

/// Reads the rules of all files of a folder, in the order of their names. Rules without a fault are returned beside
/// the problems of the others.
///
/// # Errors
///
/// When the folder cannot be read.
pub(super) fn read_folder(folder: &Path) -> std::io::Result<(SiteRules, Vec<Problem>)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        // Editors leave hidden copies behind.
        let is_hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !is_hidden && path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort();
    let mut rules = Vec::new();
    let mut problems = Vec::new();
    for path in files {
        let place = path.display().to_string();
        match read_text(&path) {
            Ok(text) => {
                let (read, faults) = parse(&text, &place);
                rules.extend(read);
                problems.extend(faults);
            }
            Err(NoText::NotUtf8(problem)) => problems.push(problem),
            Err(NoText::Missing(told) | NoText::Unreadable(told)) => problems.push(Problem {
                place,
                subject: "site rules".to_owned(),
                rule: format!("cannot be read: {told}"),
            }),
        }
    }
    Ok((sorted(rules, &mut problems), problems))
}

/// Puts the most specific rules first, and notes those that are for the same pages at the same time.
fn sorted(rules: Vec<SiteRule>, problems: &mut Vec<Problem>) -> SiteRules {
    let mut kept: Vec<SiteRule> = Vec::with_capacity(rules.len());
    for rule in rules {
        match kept.iter().find(|known| known.rivals(&rule)) {
            Some(first) => problems.push(Problem {
                place: rule.place.clone(),
                subject: format!("host = {:?}", rule.subject()),
                rule: format!("has two rules for the same time, the first at {}", first.place),
            }),
            None => kept.push(rule),
        }
    }
    kept.sort_by_key(|rule| (rule.has_subdomains, std::cmp::Reverse((rule.host.len(), rule.path.len()))));
    SiteRules { rules: kept }
}

/// Reads one file.
fn parse(text: &str, place: &str) -> (Vec<SiteRule>, Vec<Problem>) {
    let mut tables = Tables::new(text, place);
    let rules = tables.read_each("site", read_rule);
    (rules, tables.problems)
}

fn read_rule(tables: &mut Tables<'_>, at: usize, table: &DeTable<'_>) -> Option<SiteRule> {
    let n_problems = tables.problems.len();
    tables.reject_unknown_keys(table, &KNOWN_KEYS);
    let host = read_host(tables, at, table);
    let path = read_path(tables, at, table);
    let [body, drop] = ["body", "drop"].map(|key| read_selectors(tables, table, key, false));
    let [title, date, authors] = ["title", "date", "authors"].map(|key| read_selectors(tables, table, key, true));
    let [valid_from, valid_to] = ["valid_from", "valid_to"].map(|key| read_date(tables, table, key));
    if !["body", "title", "date", "authors"].iter().any(|key| table.contains_key(*key)) {
        tables.problem(at, "site", "must have at least one of body, title, date, authors");
    }
    if table.contains_key("drop") && !table.contains_key("body") {
        tables.problem(start_of(table, "drop", at), "drop", "needs a body in which something is left out");
    }
    if let (Some(from), Some(to)) = (valid_from, valid_to)
        && from > to
    {
        let subject = format!("valid_from = {from}");
        tables.problem(start_of(table, "valid_from", at), &subject, &format!("must not be after valid_to = {to}"));
    }
    if tables.problems.len() > n_problems {
        return None;
    }
    let (host, has_subdomains) = host?;
    let place = tables.place(at);
    Some(SiteRule { place, host, has_subdomains, path, body, drop, title, date, authors, valid_from, valid_to })
}

fn start_of(table: &DeTable<'_>, key: &str, otherwise: usize) -> usize {
    table.get(key).map_or(otherwise, |value| value.span().start)
}

/// A host in the form that addresses have, and whether those below it are meant too.
fn read_host(tables: &mut Tables<'_>, at: usize, table: &DeTable<'_>) -> Option<(String, bool)> {
    let (at, text) = tables.text_of(at, table, "host", true)?;
    let (name, has_subdomains) = text.strip_prefix("*.").map_or((text.as_str(), false), |name| (name, true));
    match Url::parse(&format!("http://{name}/")) {
        Ok(url)
            if !name.is_empty() && url.port().is_none() && url.username().is_empty() && !name.contains(['/', '*']) =>
        {
            let host = url.host_str().unwrap_or_default().trim_end_matches('.');
            Some((without_www(host).to_owned(), has_subdomains))
        }
        _ => {
            let rule = "must be a host such as example.org, or *.example.org for all below it too";
            tables.problem(at, &format!("host = {text:?}"), rule);
            None
        }
    }
}

/// The beginning of a path, encoded as in addresses.
fn read_path(tables: &mut Tables<'_>, at: usize, table: &DeTable<'_>) -> String {
    let Some((at, text)) = tables.text_of(at, table, "path", false) else {
        return String::new();
    };
    if !text.starts_with('/') || text.contains(['?', '#']) {
        tables.problem(at, &format!("path = {text:?}"), "must be the begin of a path, such as /news/");
    }
    let mut url = Url::parse("http://path.invalid/").ok();
    if let Some(url) = &mut url {
        url.set_path(&text);
    }
    url.map(|url| url.path().to_owned()).filter(|path| path != "/").unwrap_or_default()
}

fn read_selectors(
    tables: &mut Tables<'_>,
    table: &DeTable<'_>,
    key: &str,
    may_name_attribute: bool,
) -> Vec<ElementSelector> {
    let mut selectors = Vec::new();
    for (at, text) in tables.texts_of(table, key, "must be a selector in quotes, or a list of them") {
        let subject = format!("{key} = {text:?}");
        match ElementSelector::parse(&text) {
            Ok(selector) if selector.attribute.is_some() && !may_name_attribute => {
                tables.problem(at, &subject, "must choose elements, not an attribute");
            }
            Ok(selector) => selectors.push(selector),
            Err(rule) => tables.problem(at, &subject, &rule),
        }
    }
    selectors
}

/// A day, with or without quotes.
fn read_date(tables: &mut Tables<'_>, table: &DeTable<'_>, key: &str) -> Option<Date> {
    let value = table.get(key)?;
    let written = match value.get_ref() {
        DeValue::String(text) => format!("{text:?}"),
        DeValue::Datetime(date) => date.to_string(),
        _ => String::new(),
    };
    let date = written.trim_matches('"').parse::<Date>().ok().filter(|_| written.trim_matches('"').len() == 10);
    if date.is_none() {
        let subject = if written.is_empty() { key.to_owned() } else { format!("{key} = {written}") };
        tables.problem(value.span().start, &subject, "must be a date such as 2026-11-20");
    }
    date
}

fn without_www(host: &str) -> &str {
    host.strip_prefix("www.").unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SITES_TEMPLATE;

    fn rules_of(text: &str) -> (SiteRules, Vec<String>) {
        let (rules, mut problems) = parse(text, "s.toml");
        let rules = sorted(rules, &mut problems);
        (rules, problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_example_has_no_rule_in_force_and_no_fault_when_it_has() {
        let (rules, problems) = rules_of(SITES_TEMPLATE);
        assert_eq!((rules.len(), problems), (0, Vec::new()));
        let (_, commented) = SITES_TEMPLATE.split_once("\n\n").unwrap();
        let uncommented: String =
            commented.lines().map(|line| line.trim_start_matches("# ").to_owned() + "\n").collect();
        let lines: Vec<&str> = uncommented.lines().filter(|line| line.contains('=') || line.starts_with('[')).collect();
        let (rules, problems) = rules_of(&lines.join("\n"));
        assert_eq!((rules.len(), problems), (2, Vec::new()));
    }

    #[test]
    fn the_most_specific_rule_that_is_in_force_counts() {
        let (rules, problems) = rules_of(
            "[[site]]\nhost = \"*.example.org\"\nbody = \"a\"\n\
             [[site]]\nhost = \"www.Example.org\"\nbody = \"b\"\nvalid_to = 2024-12-31\n\
             [[site]]\nhost = \"example.org\"\nbody = \"c\"\nvalid_from = \"2025-01-01\"\n\
             [[site]]\nhost = \"example.org\"\npath = \"/größe/\"\nbody = [\"d\", \"e\"]\n\
             [[site]]\nhost = \"bücher.example\"\ntitle = \"h1\"\n",
        );
        assert_eq!(problems, [""; 0]);
        let check = |address: &str, day: &str, expected: Option<&str>| {
            let rule = rules.find(&Url::parse(address).unwrap(), day.parse().unwrap());
            assert_eq!(rule.map(SiteRule::written).as_deref(), expected, "{address} {day}");
        };
        check("https://example.org/x", "2024-06-01", Some("{ body = \"b\", valid_to = 2024-12-31 }"));
        check("https://www.example.org/x", "2024-12-31", Some("{ body = \"b\", valid_to = 2024-12-31 }"));
        check("https://example.org/x", "2025-01-01", Some("{ body = \"c\", valid_from = 2025-01-01 }"));
        check("https://example.org/gr%C3%B6%C3%9Fe/x", "2025-01-01", Some("{ body = [\"d\", \"e\"] }"));
        check("https://sport.example.org/x", "2025-01-01", Some("{ body = \"a\" }"));
        check("https://notexample.org/x", "2025-01-01", None);
        check("https://xn--bcher-kva.example/", "2025-01-01", Some("{ title = \"h1\" }"));
    }

    #[test]
    fn every_fault_has_its_line_and_the_good_ones_stay() {
        let (rules, problems) = rules_of(
            "[[site]]\nbody = \"p\"\n\
             [[site]]\nhost = \"https://example.org/\"\npath = \"news\"\nbody = [\"div..x\", \"p:hover\"]\ncolour = 1\n\
             [[site]]\nhost = \"example.org\"\ndate = \"time@datetime\"\nbody = \"p@class\"\nvalid_from = 2025-02-30\n\
             [[site]]\nhost = \"example.org\"\ntitle = 5\nvalid_from = \"2025-01-02\"\nvalid_to = 2025-01-01\n\
             [[site]]\nhost = \"example.org\"\ndrop = \"\"\n\
             [[site]]\nhost = \"a.example\"\nbody = \"p\"\nvalid_to = 2025-01-01\n\
             [[site]]\nhost = \"www.a.example\"\nbody = \"div\"\nvalid_from = 2025-01-01\n\
             [[site]]\nhost = \"a.example\"\nbody = \"div\"\nvalid_from = 2025-01-02\n",
        );
        for expected in [
            "s.toml:1: host: is missing",
            "s.toml:4: host = \"https://example.org/\": must be a host",
            "s.toml:5: path = \"news\": must be the begin of a path",
            "s.toml:6: body = \"div..x\": must be a CSS selector: ",
            "s.toml:6: body = \"p:hover\": must be a CSS selector: unsupported pseudo class or element",
            "s.toml:7: colour: unknown key, must be one of host, path, body",
            "s.toml:11: body = \"p@class\": must choose elements, not an attribute",
            "s.toml:15: title: must be a selector in quotes",
            "s.toml:16: valid_from = 2025-01-02: must not be after valid_to = 2025-01-01",
            "s.toml:18: site: must have at least one of body",
            "s.toml:20: drop = \"\": must be a CSS selector: empty selector",
            "s.toml:20: drop: needs a body",
            "s.toml:25: host = \"a.example\": has two rules for the same time, the first at s.toml:21",
        ] {
            assert!(problems.iter().any(|line| line.starts_with(expected)), "{expected} not in {problems:#?}");
        }
        assert!(problems.iter().any(|line| line.starts_with("s.toml:12")), "{problems:#?}");
        assert_eq!(rules.len(), 2, "{rules:?}");
        let (_, problems) = rules_of("[[site]]\nhost = \"a.example\"\nbody = \"p\"\n[other]\n");
        assert_eq!(problems, ["s.toml:4: other: unknown key, must be [[site]]"]);
    }

    #[test]
    fn a_selector_may_name_an_attribute() {
        let check = |text: &str, attribute: Option<&str>, looks_through_siblings: bool| {
            let selector = ElementSelector::parse(text).unwrap();
            assert_eq!(selector.attribute.as_deref(), attribute, "{text}");
            assert_eq!(selector.looks_through_siblings, looks_through_siblings, "{text}");
        };
        check("time@datetime", Some("datetime"), false);
        check("meta[name='x'] @ content", Some("content"), false);
        check("a[href='mailto:ada@news.example']", None, false);
        check("h2 ~ p", None, true);
        check("[class~=x]", None, false);
        for text in ["", "@datetime", "p::before", "p >", "<p>", "p, "] {
            assert!(ElementSelector::parse(text).is_err(), "{text}");
        }
    }
}
