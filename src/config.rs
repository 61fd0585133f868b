//! Settings, read once and checked whole.
//!
//! `config/newswire.toml`, compiled in, declares every key, its default and its type, so the documented defaults and
//! the real ones cannot drift. Over it come the user's file, the environment (`NEWSWIRE__SECTION__KEY`) and the
//! flags. [`load`] either gives a [`Config`] that the rest of the program can trust or every [`Problem`] at once.

mod http;

mod keyring;

mod places;

mod problem;

mod proxy;

mod queue;

mod reader;

mod receivers;

mod service;

mod settings;

mod sources;

mod sites;

mod spelling;

mod tables;

mod text;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use config_crate::{Environment, File, FileFormat, Value, ValueKind};
use url::Url;

use crate::access::{self, Wish};
use crate::model::{Retention, Route, Source, public_url};

pub(crate) use http::MUST_ASK;
pub use http::{HttpSecret, HttpSettings, Listen, Scheme};
pub use keyring::Keyring;
pub use places::Place;
pub use problem::{Problem, Problems};
pub use queue::QueueSettings;
pub use reader::{DEFAULTS, Provenance};
pub use receivers::{Digest, Mailing, Receiver, ReceiverKind, ReceiverSecret, SmtpSecurity};
pub use service::{SERVICE_SETTINGS, database_for};
pub use settings::{
    DaemonSettings, ExtractSettings, FeedSettings, FetchSettings, HostRule, LogFormat, LogSettings, Network,
    ScheduleSettings, StoreSettings, StoriesSettings,
};
pub use sites::{ElementSelector, SiteRule, SiteRules};
pub use sources::{
    SLUG_BYTES_MAX, check_credentials, check_link_selector, check_slug, listed_twice, slug_for, slug_for_name,
};
pub use spelling::meant_by;

use places::{FoundSettings, NamedBy, UserFolders};
use reader::{Reader, flatten, parse_defaults, written};
use text::{NoText, read_text};

/// A list of sources to start from, for `config init`.
pub const SOURCES_TEMPLATE: &str = include_str!("../config/sources.toml");

/// An example of rules for single sites, for `config init`.
pub const SITES_TEMPLATE: &str = include_str!("../config/sites/example.toml");

/// Everything the program needs to know, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// The database and its writer.
    pub store: StoreSettings,
    /// Requests and politeness.
    pub fetch: FetchSettings,
    /// When to come back.
    pub schedule: ScheduleSettings,
    /// Reading feeds.
    pub feed: FeedSettings,
    /// Reading pages.
    pub extract: ExtractSettings,
    /// The loops.
    pub daemon: DaemonSettings,
    /// Where questions about the daemon are answered.
    pub http: HttpSettings,
    /// Where work goes that other machines do.
    pub queue: QueueSettings,
    /// Who is told of what watches find, by the names of the settings.
    pub receivers: Vec<Receiver>,
    /// What the log says.
    pub log: LogSettings,
    /// How long what is stored is kept.
    pub retention: Retention,
    /// The sources listed in the sources file.
    pub sources: Vec<Source>,
    /// Where each of them is listed, by slug: file and line.
    pub source_places: HashMap<String, String>,
    /// Every key and every rule for a site with its value and origin, in the order of their names, for `config show`.
    pub provenance: Vec<Provenance>,
    /// Where settings, sources, rules for sites and the database were looked for, in this order, and what was found.
    pub places: Vec<Place>,
    /// The settings file that was read, if any.
    pub settings_file: Option<PathBuf>,
    /// The sources file that was read; absent when it does not exist.
    pub sources_file: Option<PathBuf>,
    /// Whether that file has nothing in it, not even a comment.
    pub sources_file_is_blank: bool,
    /// The list at an address that stands in place of that file.
    pub list_at_address: Option<ListAtAddress>,
    /// The folder whose rules for single sites were read; absent when it does not exist.
    pub sites_folder: Option<PathBuf>,
    /// The file of the sentence encoder, `stories.encoder`.
    pub encoder: Option<PathBuf>,
}

/// A list of sources at an address, `sources.url`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListAtAddress {
    /// Where it is.
    pub url: Url,
    /// Time between two requests for it.
    pub interval_s: u32,
}

impl Config {
    /// Whether there is a file with a list of sources, be it an empty one.
    #[must_use]
    pub fn has_source_list(&self) -> bool {
        self.sources_file.is_some() && !self.sources_file_is_blank
    }

    /// What is wrong with the credentials of the listed sources, and with those that are asked for over HTTP. It keeps nothing else from working: such a source fails, and
    /// who only reads the database need not be allowed to read them.
    #[must_use]
    pub fn problems_of_credentials(&self) -> Vec<Problem> {
        let mut problems: Vec<Problem> = Vec::new();
        for source in &self.sources {
            let Some(name) = source.credentials.as_deref() else { continue };
            let Err(rule) = self.fetch.keyring.get(name) else { continue };
            let place = self.source_places.get(&source.slug).cloned().unwrap_or_default();
            let subject = format!("credentials = {name:?}");
            // What many sources are let in by is missing once.
            match problems.iter_mut().find(|problem| problem.subject == subject) {
                Some(told) => {
                    let _ = write!(told.rule, "; also for {place}");
                }
                None => problems.push(Problem { place, subject, rule }),
            }
        }
        problems.extend(self.problem_of_password());
        for receiver in &self.receivers {
            let Err(rule) = receiver.check_secret(&self.fetch.keyring) else { continue };
            let key = format!("receivers.{}.credentials", receiver.name);
            problems.push(self.problem_of(&key, receiver.credentials.as_deref(), rule));
        }
        problems
    }

    /// Receivers whose programs are not there. As with credentials it keeps nothing else from working.
    #[must_use]
    pub fn problems_of_programs(&self) -> Vec<Problem> {
        let problem = |receiver: &Receiver| {
            let rule = receiver.check_program().err()?;
            let key = format!("receivers.{}.command", receiver.name);
            let entry = self.provenance.iter().find(|entry| entry.key == key);
            let (place, value) = entry.map(|entry| (entry.origin.clone(), entry.value.as_str())).unwrap_or_default();
            Some(Problem { place, subject: format!("{key} = {value}"), rule })
        };
        self.receivers.iter().filter_map(problem).collect()
    }

    /// Whether the password is at hand that those give who ask over HTTP: without it nobody is answered, and nothing need be begun.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn check_password(&self) -> Result<(), Problems> {
        self.problem_of_password().map_or(Ok(()), |problem| Err(Problems(vec![problem])))
    }

    fn problem_of_password(&self) -> Option<Problem> {
        let rule = self.http.secret(&self.fetch.keyring).err()?;
        Some(self.problem_of("http.credentials", self.http.credentials.as_deref(), rule))
    }

    /// What is wrong with credentials that a key names, at the place where it stands.
    fn problem_of(&self, key: &str, name: Option<&str>, rule: String) -> Problem {
        let place = self.provenance.iter().find(|entry| entry.key == key);
        let place = place.map(|entry| entry.origin.clone()).unwrap_or_default();
        Problem { place, subject: format!("{key} = {:?}", name.unwrap_or_default()), rule }
    }

    /// Whether the settings have a receiver of this name.
    #[must_use]
    pub fn has_receiver(&self, name: &str) -> bool {
        self.receivers.iter().any(|receiver| receiver.name == name)
    }

    /// Addresses that the sources file lists more than once. They are polled as often, which may be meant.
    #[must_use]
    pub fn sources_listed_twice(&self) -> Vec<Problem> {
        let place = |source: &Source| self.source_places.get(&source.slug).cloned().unwrap_or_default();
        let told = |(source, first): (&Source, &Source)| Problem {
            place: place(source),
            subject: format!("url = \"{}\"", public_url(&source.url)),
            rule: format!("is listed twice, first at {}, and polled for each", place(first)),
        };
        sources::listed_twice(&self.sources).into_iter().map(told).collect()
    }
}

/// What is asked for on the command line; it goes over everything else.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// This settings file and no search for one, with what named it: `--config` or `NEWSWIRE_CONFIG`.
    pub settings_file: Option<(PathBuf, &'static str)>,
    /// Keys set by flags: dotted key, value, the flag's name.
    pub flags: Vec<(&'static str, String, &'static str)>,
}

/// Reads files and environment and checks them whole.
///
/// # Errors
///
/// Every problem found, in the order of the keys.
pub fn load(overrides: &Overrides) -> Result<Config, Problems> {
    load_with(overrides, None)
}

/// The same for who asks what is stored, and follows nothing: whatever is wrong with the list of sources and the rules for sites comes
/// beside it, and the sources and rules without a fault are in it.
///
/// # Errors
///
/// As [`load`], for all other settings.
pub fn load_for_reading(overrides: &Overrides) -> Result<(Config, Problems), Problems> {
    let (config, Aside { mut of_list, of_sites }) = load_apart(overrides, None)?;
    of_list.0.extend(of_sites.0);
    Ok((config, of_list))
}

/// The same for who reads pages, and follows nothing: what is wrong with the list of sources comes beside it.
///
/// # Errors
///
/// As [`load`], for all other settings.
pub fn load_for_pages(overrides: &Overrides) -> Result<(Config, Problems), Problems> {
    let (config, Aside { of_list, of_sites }) = load_apart(overrides, None)?;
    if of_sites.0.is_empty() { Ok((config, of_list)) } else { Err(of_sites) }
}

/// What is wrong in files without which some can do.
struct Aside {
    of_list: Problems,
    of_sites: Problems,
}

/// Where settings are looked for, also where they cannot be read.
#[must_use]
pub fn settings_places(overrides: &Overrides) -> Vec<Place> {
    let named = overrides.settings_file.as_ref().map(|(path, by)| (path.as_path(), *by));
    match (places::find_settings(named, &UserFolders::of(None)), named) {
        (Ok(found), _) => found.places,
        (Err(_), Some((path, by))) => {
            vec![Place { is_in_force: true, ..Place::new("settings", path.to_owned(), by) }]
        }
        (Err(_), None) => Vec::new(),
    }
}

/// Reads a list of sources by itself, as `sources.toml` has it.
///
/// # Errors
///
/// Every fault in it, with its line after `place`.
pub fn parse_source_list(text: &str, place: &str) -> Result<Vec<Source>, Problems> {
    let ((sources, _), problems) = sources::parse(text, place);
    if problems.is_empty() { Ok(sources) } else { Err(Problems(problems)) }
}

/// Where this user's programs keep what they remember from one call to the next: `XDG_STATE_HOME`, else `.local/state` in
/// the home folder. Nothing where neither is known; by the rules of that variable a relative path counts for none.
#[must_use]
pub fn state_folder() -> Option<PathBuf> {
    places::user_folder(|name| std::env::var_os(name), "XDG_STATE_HOME", ".local/state").map(|(folder, _)| folder)
}

/// The variables of this process, as far as they are texts.
fn own_environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// [`load`] with a given environment, for tests; `None` is the process's own.
///
/// # Errors
///
/// As [`load`].
#[expect(clippy::implicit_hasher, reason = "the settings library takes this very map")]
pub fn load_with(
    overrides: &Overrides,
    environment: Option<config_crate::Map<String, String>>,
) -> Result<Config, Problems> {
    let (config, Aside { mut of_list, of_sites }) = load_apart(overrides, environment)?;
    of_list.0.extend(of_sites.0);
    if of_list.0.is_empty() { Ok(config) } else { Err(of_list) }
}

/// The configuration, and beside it what is wrong with the list of sources and the rules for sites. Where something else is wrong too, all is an error.
fn load_apart(
    overrides: &Overrides,
    environment: Option<HashMap<String, String>>,
) -> Result<(Config, Aside), Problems> {
    let folders = UserFolders::of(environment.as_ref());
    let named = overrides.settings_file.as_ref().map(|(path, by)| (path.as_path(), *by));
    let FoundSettings { file: found_settings, mut places } = places::find_settings(named, &folders)?;
    let settings_file = found_settings.as_ref().map(|(path, _)| path.clone());
    let keyring = match &environment {
        Some(given) => Keyring::new(given.clone().into_iter(), settings_file.as_deref()),
        None => Keyring::new(own_environment(), settings_file.as_deref()),
    };
    let mut values = merged_values(settings_file.as_deref(), environment)?;
    for (key, value, flag) in &overrides.flags {
        let origin = (*flag).to_owned();
        values.insert((*key).to_owned(), Value::new(Some(&origin), ValueKind::String(value.clone())));
    }
    let mut reader = Reader::new(values);
    reader.reject_unknown_keys();

    let mut store = StoreSettings::read(&mut reader);
    let mut fetch = FetchSettings { keyring, ..FetchSettings::read(&mut reader) };
    let schedule = ScheduleSettings::read(&mut reader);
    let feed = FeedSettings::read(&mut reader);
    let mut extract = ExtractSettings::read(&mut reader);
    let daemon = DaemonSettings::read(&mut reader);
    let http = HttpSettings::read(&mut reader);
    let queue = QueueSettings::read(&mut reader);
    let receivers = receivers::read(&mut reader);
    let log = LogSettings::read(&mut reader);
    let retention = settings::read_retention(&mut reader);
    let n_before_list = reader.problems.len();
    let lists = find_list(&mut reader, settings_file.as_deref());
    let ((sources, source_places), sources_file, sources_file_is_blank) = read_sources(&mut reader, &lists);
    let list_at_address = read_list_at_address(&mut reader, &sources, sources_file.as_deref());
    // Without sources the file is no list: it may be as `config init` has written it.
    let sources_file = sources_file.filter(|_| list_at_address.is_none());
    take_proxies(&mut reader, &mut fetch, &sources, &source_places);
    let n_before_sites = reader.problems.len();
    let (site_rules, sites_folder) = read_site_rules(&mut reader, settings_file.as_deref());
    let aside = n_before_list..reader.problems.len();
    let encoder = read_encoder(&mut reader, settings_file.as_deref());

    if reader.problems.len() > aside.len() {
        return Err(Problems(reader.problems));
    }
    let of_sites = Problems(reader.problems.split_off(n_before_sites));
    let of_list = Problems(std::mem::take(&mut reader.problems));
    let origin = reader.origin("store.path");
    let named = named_by(&origin, overrides);
    let has_list_here = settings_file.is_none() && lists.iter().any(|place| place.is_there);
    let written = store.path.to_string_lossy().into_owned();
    let database = places::find_database(&written, named, found_settings.as_ref(), has_list_here, &folders);
    store.path.clone_from(&database.path);
    store.is_at_home = database.is_at_home;
    reader.place_at("store.path", &database.path);
    places.extend(lists);
    places.extend(place_of_sites(&mut reader, settings_file.as_deref()));
    places.extend(database.places);
    if !matches!(named, Some(NamedBy::Call(_))) {
        let (settings, is_named) = (settings_file.as_deref(), overrides.settings_file.is_some());
        let found = service::Found { settings, is_named, is_root: access::is_root() };
        store.unplaced = service::why_unplaced(&store.path, found, Path::new(SERVICE_SETTINGS));
    }
    let provenance = reader.provenance(&site_rules);
    extract.site_rules = Arc::new(site_rules);
    let config = Config {
        store,
        fetch,
        schedule,
        feed,
        extract,
        daemon,
        http,
        queue,
        receivers,
        log,
        retention,
        sources,
        source_places,
        provenance,
        places,
        settings_file,
        sources_file,
        sources_file_is_blank,
        list_at_address,
        sites_folder,
        encoder,
    };
    Ok((config, Aside { of_list, of_sites }))
}

/// The defaults with nothing over them, for tests and for the demo.
///
/// # Panics
///
/// Never: a test reads the compiled-in file.
#[must_use]
pub fn defaults() -> Config {
    let values = flatten(&parse_defaults());
    let mut reader = Reader::new(values);
    let config = Config {
        store: StoreSettings::read(&mut reader),
        fetch: FetchSettings::read(&mut reader),
        schedule: ScheduleSettings::read(&mut reader),
        feed: FeedSettings::read(&mut reader),
        extract: ExtractSettings::read(&mut reader),
        daemon: DaemonSettings::read(&mut reader),
        http: HttpSettings::read(&mut reader),
        queue: QueueSettings::read(&mut reader),
        receivers: Vec::new(),
        log: LogSettings::read(&mut reader),
        retention: settings::read_retention(&mut reader),
        sources: Vec::new(),
        source_places: HashMap::new(),
        provenance: reader.provenance(&SiteRules::default()),
        places: Vec::new(),
        settings_file: None,
        sources_file: None,
        sources_file_is_blank: false,
        list_at_address: None,
        sites_folder: None,
        encoder: None,
    };
    assert!(reader.problems.is_empty(), "the compiled-in defaults break a rule: {:?}", reader.problems);
    config
}

fn merged_values(
    settings_file: Option<&Path>,
    environment: Option<HashMap<String, String>>,
) -> Result<BTreeMap<String, Value>, Problems> {
    let mut builder = config_crate::Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
    if let Some(path) = settings_file {
        check_syntax(path)?;
        builder = builder.add_source(File::from(path).format(FileFormat::Toml));
    }
    let environment = Environment::with_prefix("NEWSWIRE").prefix_separator("__").separator("__").source(environment);
    let merged = builder.add_source(environment).build().map_err(|error| {
        Problems(vec![Problem {
            place: settings_file.map_or_else(|| "environment".to_owned(), |path| path.display().to_string()),
            subject: "settings".to_owned(),
            rule: format!("cannot be read: {}", error.to_string().trim_end()),
        }])
    })?;
    Ok(flatten(&merged.cache))
}

/// Refuses settings that are no TOML, with the line of everything that makes them none: whoever merges them names only the first fault,
/// and takes bytes that are no text for other characters.
fn check_syntax(path: &Path) -> Result<(), Problems> {
    let place = path.display().to_string();
    let problems = match read_text(path) {
        Ok(text) => tables::syntax_problems(&text, &place),
        Err(NoText::NotUtf8(problem)) => vec![problem],
        Err(NoText::Missing(told) | NoText::Unreadable(told)) => {
            vec![Problem { place, subject: "settings".to_owned(), rule: format!("cannot be read: {told}") }]
        }
    };
    if problems.is_empty() { Ok(()) } else { Err(Problems(problems)) }
}

/// What named the database, if not the defaults.
fn named_by<'a>(origin: &'a str, overrides: &Overrides) -> Option<NamedBy<'a>> {
    match origin {
        "default" => None,
        "environment" => Some(NamedBy::Call("NEWSWIRE__STORE__PATH")),
        flag if overrides.flags.iter().any(|(key, ..)| *key == "store.path") => Some(NamedBy::Call(flag)),
        file => Some(NamedBy::Settings(file)),
    }
}

/// Where lists of sources are looked for.
fn find_list(reader: &mut Reader, settings_file: Option<&Path>) -> Vec<Place> {
    let named = reader.text("sources.file");
    let is_default = reader.origin("sources.file") == "default";
    places::find_list(settings_file, &named, is_default)
}

fn read_sources(reader: &mut Reader, lists: &[Place]) -> (sources::ListedSources, Option<PathBuf>, bool) {
    const KEY: &str = "sources.file";
    let nothing = || (sources::ListedSources::default(), None, false);
    // Where it cannot be told which file is meant, there is none to be read.
    let Some(place) = lists.iter().find(|place| place.is_in_force).filter(|_| !reader.is_faulty(KEY)) else {
        return nothing();
    };
    match read_text(&place.path) {
        Ok(text) => {
            let (list, problems) = sources::parse(&text, &place.path.display().to_string());
            reader.problems.extend(problems);
            let is_blank = text.trim_start_matches('\u{feff}').trim().is_empty();
            (list, Some(place.path.clone()), is_blank)
        }
        Err(NoText::NotUtf8(problem)) => {
            reader.problems.push(problem);
            nothing()
        }
        Err(NoText::Missing(told) | NoText::Unreadable(told)) => {
            let named = reader.text(KEY);
            reader.problem(KEY, &named, &format!("cannot be read: {told}"));
            nothing()
        }
    }
}

/// The list at an address, in place of the file: of two lists nobody could say which of them takes a source out.
fn read_list_at_address(reader: &mut Reader, listed: &[Source], sources_file: Option<&Path>) -> Option<ListAtAddress> {
    const KEY: &str = "sources.url";
    let written = reader.text(KEY);
    let interval_s = u32::try_from(reader.integer("sources.interval_s", 300, 2_592_000)).unwrap_or(u32::MAX);
    if written.is_empty() {
        return None;
    }
    let shown = format!("{written:?}");
    if let Some(file) = sources_file.filter(|_| !listed.is_empty()) {
        let file = file.display();
        reader.problem(
            KEY,
            &shown,
            &format!("stands in place of {file}, which lists sources too: take them out of one of the two"),
        );
    }
    match sources::parse_source_url(&written) {
        Ok(url) => Some(ListAtAddress { url, interval_s }),
        Err(rule) => {
            reader.problem(KEY, &shown, &rule);
            None
        }
    }
}

/// Takes over the proxies of the listed sources. The database has each without its credentials, so that an address must
/// tell them.
fn take_proxies(reader: &mut Reader, fetch: &mut FetchSettings, sources: &[Source], places: &HashMap<String, String>) {
    for source in sources {
        let Some(Route::Via(proxy)) = &source.proxy else { continue };
        let known = fetch.with_known_credentials(proxy);
        if proxy.has_credentials() && known.has_credentials() && known != *proxy {
            reader.problems.push(Problem {
                place: places.get(&source.slug).cloned().unwrap_or_default(),
                subject: format!("proxy = \"{proxy}\""),
                rule: "has other credentials elsewhere: a proxy is known by one pair".to_owned(),
            });
        }
        fetch.source_proxies.push(proxy.clone());
    }
}

/// The folder of rules for sites, and whether it is the one of the defaults: a settings file that `config init` wrote names it too, though
/// few have one. Without a settings file a folder called so is more likely somebody else's, and there is none.
fn find_sites(reader: &mut Reader, settings_file: Option<&Path>) -> Option<(PathBuf, bool)> {
    let named = reader.text(SITES_KEY);
    let is_default =
        flatten(&parse_defaults()).get(SITES_KEY).is_some_and(|value| written(value) == format!("{named:?}"));
    let is_nobodys = is_default && settings_file.is_none() || reader.is_faulty(SITES_KEY);
    (!is_nobodys).then(|| (beside(settings_file, &named), is_default))
}

const SITES_KEY: &str = "extract.sites_folder";

fn place_of_sites(reader: &mut Reader, settings_file: Option<&Path>) -> Option<Place> {
    let (path, is_default) = find_sites(reader, settings_file)?;
    let reason = if settings_file.is_some() { "beside the settings" } else { SITES_KEY };
    let place = Place::new("sites", path, reason);
    let is_in_force = place.is_there || !is_default;
    Some(Place { is_in_force, ..place })
}

fn read_site_rules(reader: &mut Reader, settings_file: Option<&Path>) -> (SiteRules, Option<PathBuf>) {
    let Some((path, is_default)) = find_sites(reader, settings_file) else { return (SiteRules::default(), None) };
    match sites::read_folder(&path) {
        Ok((rules, problems)) => {
            reader.problems.extend(problems);
            (rules, Some(path))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && is_default => (SiteRules::default(), None),
        Err(error) => {
            let told = access::explained(&error, &path, Wish::Read);
            let named = reader.text(SITES_KEY);
            reader.problem(SITES_KEY, &format!("{named:?}"), &format!("cannot be read: {told}"));
            (SiteRules::default(), None)
        }
    }
}

/// The file of the sentence encoder. What is in it is read where it is used.
fn read_encoder(reader: &mut Reader, settings_file: Option<&Path>) -> Option<PathBuf> {
    const KEY: &str = "stories.encoder";
    let named = reader.text(KEY);
    if named.is_empty() {
        return None;
    }
    let path = beside(settings_file, &named);
    match std::fs::metadata(&path) {
        Ok(metadata) if metadata.is_file() => return Some(path),
        Ok(_) => reader.problem(KEY, &format!("{named:?}"), "is no file"),
        Err(error) => {
            let told = access::explained(&error, &path, Wish::Read);
            reader.problem(KEY, &format!("{named:?}"), &format!("cannot be read: {told}"));
        }
    }
    None
}

/// A path that a setting names: from the folder of the settings file, or from the current one where there is none.
fn beside(settings_file: Option<&Path>, named: &str) -> PathBuf {
    settings_file.and_then(Path::parent).unwrap_or(Path::new("")).join(named)
}

/// A checked configuration that many tasks read.
pub type SharedConfig = Arc<Config>;

#[cfg(test)]
mod tests {
    use super::*;

    fn load_text(settings: &str, environment: &[(&str, &str)]) -> Result<Config, Problems> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("newswire.toml");
        std::fs::write(&path, settings).unwrap();
        let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        load_with(&Overrides { settings_file: Some((path, "--config")), flags: Vec::new() }, Some(environment))
    }

    #[test]
    fn the_compiled_in_defaults_hold_their_own_rules() {
        assert_eq!(defaults().fetch.host_delay.as_millis(), 1000);
    }

    #[test]
    fn environment_goes_over_file_over_default() {
        let config = load_text(
            "[fetch]\nhost_delay_ms = 1500\nredirects_max = 3\n",
            &[("NEWSWIRE__FETCH__HOST_DELAY_MS", "2500")],
        )
        .unwrap();
        assert_eq!(config.fetch.host_delay.as_millis(), 2500);
        assert_eq!(config.fetch.redirects_max, 3);
        let origin = |key: &str| config.provenance.iter().find(|entry| entry.key == key).unwrap().origin.clone();
        assert_eq!(origin("fetch.host_delay_ms"), "environment");
        assert!(origin("fetch.redirects_max").ends_with("newswire.toml"));
        assert_eq!(origin("fetch.robots"), "default");
    }

    #[test]
    fn a_list_in_the_environment_is_separated_by_commas() {
        let config = load_text("", &[("NEWSWIRE__FETCH__PRIVATE_NETWORKS", "127.0.0.0/8, ::1/128")]).unwrap();
        assert_eq!(config.fetch.private_networks.len(), 2);
    }

    #[test]
    fn rules_for_sites_are_read_from_the_folder_beside_the_settings() {
        let folder = tempfile::tempdir().unwrap();
        let settings = folder.path().join("newswire.toml");
        let load_from = |text: &str| {
            std::fs::write(&settings, text).unwrap();
            load_with(
                &Overrides { settings_file: Some((settings.clone(), "--config")), flags: Vec::new() },
                Some(HashMap::new()),
            )
        };
        // There need not be any, unless somebody says where they are.
        assert!(load_from(DEFAULTS.replace("file = \"sources.toml\"", "").as_str()).unwrap().sites_folder.is_none());
        let problems = load_from("[extract]\nsites_folder = \"rules\"\n").unwrap_err().to_string();
        assert!(problems.contains("extract.sites_folder = \"rules\": cannot be read"), "{problems}");

        std::fs::create_dir(folder.path().join("sites")).unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join("sites").join(name), text).unwrap();
        write("a.toml", "[[site]]\nhost = \"a.example\"\nbody = \"div.story\"\n");
        write("b.toml", "[[site]]\nhost = \"*.b.example\"\npath = \"/news/\"\nauthors = [\"i\", \"b@title\"]\n");
        write("notes.txt", "not TOML");
        write(".a.toml.swp.toml", "not TOML");
        let config = load_from("").unwrap();
        assert_eq!(config.extract.site_rules.len(), 2);
        let shown = config.provenance.iter().find(|entry| entry.key == "site *.b.example/news/").unwrap();
        assert_eq!(shown.value, "{ authors = [\"i\", \"b@title\"] }");
        assert!(shown.origin.ends_with("b.toml:1"), "{}", shown.origin);

        write("c.toml", "[[site]]\nhost = \"a.example\"\nbody = \"p\"\n");
        write("d.toml", "host = 1\n");
        let problems = load_from("[log]\nlevel = 5\n").unwrap_err();
        assert_eq!(problems.0.len(), 3, "{problems}");
        assert!(problems.to_string().contains("has two rules for the same time, the first at"), "{problems}");
    }

    #[test]
    fn every_problem_is_reported_at_once_with_key_value_and_rule() {
        let problems = load_text(
            "[fetch]\nhost_dely_ms = 5\nredirects_max = -1\nrobots = \"perhaps\"\n[daemon]\npoll_tasks = 0\n",
            &[],
        )
        .unwrap_err();
        let text = problems.to_string();
        assert_eq!(problems.0.len(), 4, "{text}");
        assert!(text.contains("fetch.host_dely_ms = 5: unknown key, did you mean fetch.host_delay_ms?"), "{text}");
        assert!(text.contains("fetch.redirects_max = -1: must be a whole number from 0 to"), "{text}");
        assert!(text.contains("fetch.robots = \"perhaps\": must be true or false"), "{text}");
        assert!(text.contains("daemon.poll_tasks = 0: must be a whole number from 1 to"), "{text}");
    }
}
