//! The keys as they were written, and their values as the settings want them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use config_crate::{File, FileFormat, Value, ValueKind};

use super::problem::Problem;
use super::proxy::without_credentials;
use super::sites::SiteRules;
use super::spelling::edit_distance;

/// The declaration of every key: names, defaults, reasons.
pub const DEFAULTS: &str = include_str!("../../config/newswire.toml");

/// One key, its value as TOML and where that value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// Dotted key; `site` and the pages that it is for of a site's rule.
    pub key: String,
    /// Value, written as TOML.
    pub value: String,
    /// `default`, a file's path, with the line of a site's rule, `environment` or the flag.
    pub origin: String,
}

/// What the keys of receivers begin with.
pub(super) const RECEIVERS: &str = "receivers.";

/// Takes values out of the merged keys, and notes what breaks a rule instead of stopping at it. A value that breaks
/// its rule is replaced by the lower bound of the rule, which is never used, since a problem means no `Config`.
pub(super) struct Reader {
    pub(super) values: BTreeMap<String, Value>,
    pub(super) problems: Vec<Problem>,
    /// Keys whose value is of no use: what breaks a rule in consequence is no problem of its own.
    faulty: BTreeSet<String>,
}

impl Reader {
    /// Every key with its value. Where something else stands in the place of a section, its keys have their defaults.
    pub(super) fn new(values: BTreeMap<String, Value>) -> Reader {
        let mut all = flatten(&parse_defaults());
        all.extend(values);
        Reader { values: all, problems: Vec::new(), faulty: BTreeSet::new() }
    }

    /// Whether a key has a value of no use, which was noted.
    pub(super) fn is_faulty(&self, key: &str) -> bool {
        self.faulty.contains(key)
    }

    /// Notes what is wrong with a value of no use.
    fn fault(&mut self, key: &str, value: &str, rule: &str) {
        self.problem(key, value, rule);
        self.faulty.insert(key.to_owned());
    }

    /// Notes that a number is larger than another one may be, unless one of both is none.
    pub(super) fn order(&mut self, key: &str, value: u64, other: &str, rule: &str) {
        if !self.is_faulty(key) && !self.is_faulty(other) {
            self.problem(key, &value.to_string(), &format!("{rule} {other}"));
        }
    }

    /// Writes down at which path a file is that a key names.
    pub(super) fn place_at(&mut self, key: &str, path: &Path) {
        if let Some(value) = self.values.get_mut(key) {
            value.kind = ValueKind::String(path.display().to_string());
        }
    }

    pub(super) fn reject_unknown_keys(&mut self) {
        let known = flatten(&parse_defaults());
        // Those of receivers are looked at by themselves: their names are the user's.
        let is_of_receiver = |key: &str| key.strip_prefix(RECEIVERS).is_some_and(|key| key.contains('.'));
        let is_unknown = |key: &&String| !known.contains_key(*key) && !is_of_receiver(key);
        let unknown: Vec<String> = self.values.keys().filter(is_unknown).cloned().collect();
        let mut misspelt: Vec<String> = Vec::new();
        for key in unknown {
            if let Some((section, name)) = meant_receiver(&key) {
                let subject = format!("[{section}.{name}]");
                // Once, and not for each of its keys.
                if !misspelt.contains(&subject) {
                    let rule = format!("unknown section, did you mean [{RECEIVERS}{name}]?");
                    self.problems.push(Problem { place: self.origin(&key), subject: subject.clone(), rule });
                    misspelt.push(subject);
                }
                continue;
            }
            // Nothing but a section may stand there, with something in it.
            if let Some(name) = key.strip_prefix(RECEIVERS) {
                let rule =
                    "must be a section with the kind of the receiver (command, webhook, ntfy or email), and its keys";
                let subject = format!("[{RECEIVERS}{name}]");
                self.problems.push(Problem { place: self.origin(&key), subject, rule: rule.to_owned() });
                continue;
            }
            let section = format!("{key}.");
            let nearest = known.keys().min_by_key(|candidate| edit_distance(candidate, &key));
            let rule = match nearest {
                _ if known.keys().any(|known| known.starts_with(&section)) => {
                    format!("is a section: write [{key}], and its keys below that")
                }
                Some(nearest) if edit_distance(nearest, &key) <= 3 => format!("unknown key, did you mean {nearest}?"),
                _ => "unknown key, `newswire config show` lists all".to_owned(),
            };
            let value = self.values.get(&key).map(written).unwrap_or_default();
            self.problem(&key, &value, &rule);
        }
    }

    pub(super) fn origin(&self, key: &str) -> String {
        let origin = self.values.get(key).and_then(Value::origin);
        match origin {
            None => "default".to_owned(),
            Some(text) if text.contains("environment") => "environment".to_owned(),
            Some(text) => text.to_owned(),
        }
    }

    pub(super) fn problem(&mut self, key: &str, value: &str, rule: &str) {
        let place = self.origin(key);
        let subject = without_credentials(&format!("{key} = {value}"));
        self.problems.push(Problem { place, subject, rule: rule.to_owned() });
    }

    /// Whether somebody has set a key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    fn value(&self, key: &str) -> &Value {
        self.values.get(key).unwrap_or_else(|| panic!("key {key} is not declared in config/newswire.toml"))
    }

    /// A whole number within bounds.
    pub(super) fn integer(&mut self, key: &str, least: u64, most: u64) -> u64 {
        let value = self.value(key).clone();
        let is_number = !matches!(value.kind, ValueKind::Boolean(_) | ValueKind::Float(_));
        match value.clone().into_uint() {
            Ok(number) if is_number && (least..=most).contains(&number) => number,
            _ => {
                if !self.is_faulty(key) {
                    self.fault(key, &written(&value), &format!("must be a whole number from {least} to {most}"));
                }
                least
            }
        }
    }

    pub(super) fn flag(&mut self, key: &str) -> bool {
        let value = self.value(key).clone();
        // A number would count as true. The environment has texts.
        let is_flag = matches!(value.kind, ValueKind::Boolean(_) | ValueKind::String(_));
        match value.clone().into_bool() {
            Ok(flag) if is_flag => flag,
            _ => {
                self.fault(key, &written(&value), "must be true or false");
                false
            }
        }
    }

    pub(super) fn text(&mut self, key: &str) -> String {
        let value = self.value(key).clone();
        match value.kind {
            ValueKind::String(ref text) => text.clone(),
            _ => {
                if !self.is_faulty(key) {
                    self.fault(key, &written(&value), "must be a text in quotes");
                }
                String::new()
            }
        }
    }

    /// A list of texts. In the environment: one text with commas.
    pub(super) fn list(&mut self, key: &str) -> Vec<String> {
        let value = self.value(key).clone();
        let items = match &value.kind {
            ValueKind::Array(items) => items.iter().map(|item| item.clone().into_string()).collect(),
            ValueKind::String(text) => {
                Ok(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect())
            }
            _ => Err(config_crate::ConfigError::Message(String::new())),
        };
        items.unwrap_or_else(|_| {
            self.fault(key, &written(&value), "must be a list of texts");
            Vec::new()
        })
    }

    pub(super) fn provenance(&self, site_rules: &SiteRules) -> Vec<Provenance> {
        let keys = self.values.iter().map(|(key, value)| Provenance {
            key: key.clone(),
            value: written(value),
            origin: self.origin(key),
        });
        let rules = site_rules.iter().map(|rule| Provenance {
            key: format!("site {}", rule.subject()),
            value: rule.written(),
            origin: rule.place.clone(),
        });
        let mut provenance: Vec<Provenance> = keys.chain(rules).collect();
        provenance.sort_by(|left, right| left.key.cmp(&right.key));
        provenance
    }
}

/// A value as it would stand in a TOML file.
pub(super) fn written(value: &Value) -> String {
    match &value.kind {
        ValueKind::String(text) => format!("{:?}", without_credentials(text)),
        ValueKind::Array(items) => format!("[{}]", items.iter().map(written).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// The compiled-in declaration, parsed.
pub(super) fn parse_defaults() -> Value {
    let root = config_crate::Config::builder()
        .add_source(File::from_str(DEFAULTS, FileFormat::Toml))
        .build()
        .expect("the compiled-in defaults are TOML");
    root.cache
}

/// Dotted keys to leaf values. Arrays are leaves.
pub(super) fn flatten(root: &Value) -> BTreeMap<String, Value> {
    fn descend(prefix: &str, value: &Value, into: &mut BTreeMap<String, Value>) {
        if let ValueKind::Table(table) = &value.kind {
            // What is left out of a receiver is told where something of it stands.
            if table.is_empty() && prefix.starts_with(RECEIVERS) {
                into.insert(prefix.to_owned(), value.clone());
            }
            for (name, inner) in table {
                let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                descend(&key, inner, into);
            }
        } else {
            into.insert(prefix.to_owned(), value.clone());
        }
    }
    let mut leaves = BTreeMap::new();
    descend("", root, &mut leaves);
    leaves
}
/// The section and the name of a receiver whose section is misspelt, by one of its keys.
fn meant_receiver(key: &str) -> Option<(&str, &str)> {
    let (section, rest) = key.split_once('.')?;
    let (name, _) = rest.split_once('.')?;
    let is_near = section != "receivers" && edit_distance(section, "receivers") <= 2;
    is_near.then_some((section, name))
}
