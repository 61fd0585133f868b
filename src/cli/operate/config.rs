//! `newswire config`: check, show, init.

use std::collections::HashMap;
use std::fs::{OpenOptions, Permissions};
use std::io::{ErrorKind, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;

use crate::cli::terminal::messages::say;
use crate::config::{
    self, Config, DEFAULTS, Place, Problem, Problems, Receiver, ReceiverKind, SITES_TEMPLATE, SOURCES_TEMPLATE,
};
use crate::fetch::is_public;
use crate::model::{Source, public_url};
use crate::store::SourceRow;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::ingest::source_list;
use crate::cli::terminal::logging::Verbosity;
use crate::cli::terminal::table::text;
use crate::cli::terminal::text::counted;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire config init      write them
  newswire config check     look whether they are right")]
pub(crate) struct ConfigCommand {
    #[command(subcommand)]
    pub(crate) action: ConfigAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigAction {
    /// Report everything that is wrong at once
    #[command(after_help = "\
Examples:
  newswire config check
  newswire --config /etc/newswire/newswire.toml config check")]
    Check,
    /// Every key with its value and where it came from
    #[command(after_help = "\
Examples:
  newswire config show
  newswire config show | grep '^fetch'     one section
  newswire --json config show              an object a line
  newswire config show --paths             which files count, and why")]
    Show(ShowArguments),
    /// Write newswire.toml, with every key explained, sources.toml and sites/example.toml
    #[command(after_help = "\
Examples:
  newswire config init                          here
  sudo newswire config init /etc/newswire       for the service

What is there already stays as it is.")]
    Init {
        /// Folder to write them to; ~/.config/newswire holds for you in whatever folder. In /etc/newswire, those of the service, whose database is /var/lib/newswire/newswire.db
        #[arg(default_value = ".")]
        folder: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    /// Which files count, why, and where they were looked for, in this order
    #[arg(long)]
    paths: bool,
}

pub(crate) fn run(context: &mut Context, command: &ConfigCommand) -> Result<(), Failure> {
    match &command.action {
        ConfigAction::Check => check(context),
        ConfigAction::Show(ShowArguments { paths: true }) => show_paths(context),
        ConfigAction::Show(_) => show(context),
        ConfigAction::Init { folder } => init(context, folder),
    }
}

/// Tells all that is wrong; with JSON asked for in a document too.
fn check(context: &mut Context) -> Result<(), Failure> {
    let outcome = check_whole(context);
    if let Err(Failure::Configuration(problems)) = &outcome
        && context.output.is_json()
    {
        let value =
            |Problem { place, subject, rule }: &Problem| json!({ "place": place, "subject": subject, "rule": rule });
        context.output.one(|| json!({ "problems": problems.0.iter().map(value).collect::<Vec<_>>() }), |_| Ok(()))?;
    }
    outcome
}

fn check_whole(context: &mut Context) -> Result<(), Failure> {
    let config = config::load(&context.overrides)?;
    if let Some(rule) = source_list::lost_list(&config)? {
        let place = config.settings_file.as_ref().map_or("sources.toml".to_owned(), |path| path.display().to_string());
        let problem = Problem { place, subject: "sources.file".to_owned(), rule };
        return Err(Problems(vec![problem]).into());
    }
    let mut problems = problems_of_credentials(&config);
    problems.extend(config.problems_of_programs());
    problems.extend(problems_of_addresses(&config));
    if !problems.is_empty() {
        return Err(Problems(problems).into());
    }
    let warnings = warnings_of_sources(&config);
    for warning in &warnings {
        say!("newswire: {warning}");
    }
    let name = |path: &Option<std::path::PathBuf>| {
        path.as_ref().map_or("none found, defaults apply".to_owned(), |path| path.display().to_string())
    };
    let value = || {
        json!({
            "settings_file": config.settings_file,
            "sources_file": config.sources_file,
            "sources": config.sources.len(),
            "sources_url": config.list_at_address.as_ref().map(|list| public_url(&list.url).to_string()),
            "sites_folder": config.sites_folder,
            "site_rules": config.extract.site_rules.len(),
            "problems": [],
            "warnings": warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })
    };
    context.output.one(value, |output| {
        output.field("settings", Some(&name(&config.settings_file)))?;
        let sources = match &config.list_at_address {
            Some(list) => format!("{} (asked for every {} s)", public_url(&list.url), list.interval_s),
            None => format!("{} ({} listed)", name(&config.sources_file), config.sources.len()),
        };
        output.field("sources", Some(&sources))?;
        if let Some(folder) = &config.sites_folder {
            let shown = format!("{} ({} rules)", folder.display(), config.extract.site_rules.len());
            output.field("sites", Some(&shown))?;
        }
        output.line(&match warnings.len() {
            0 => "no problems".to_owned(),
            n_warnings => format!("no problems, {}", counted(n_warnings, "warning")),
        })
    })?;
    Ok(())
}

/// What is followed more than once: listed twice, or listed and added by command too.
fn warnings_of_sources(config: &Config) -> Vec<Problem> {
    let mut warnings = config.sources_listed_twice();
    // As with credentials, there need be no database.
    let Ok(rows) = Context::reader(&config.store.path).and_then(|reader| reader.sources()) else { return warnings };
    let by_address: HashMap<&str, &Source> =
        config.sources.iter().map(|source| (source.url.as_str(), source)).collect();
    let is_by_command = |row: &&SourceRow| row.origin == "command" && matches!(row.state.as_str(), "active" | "paused");
    for row in rows.iter().filter(is_by_command) {
        let listed = row.url.as_deref().and_then(|url| by_address.get(url));
        if let Some(listed) = listed.filter(|listed| listed.slug != row.slug) {
            warnings.push(Problem {
                place: config.source_places.get(&listed.slug).cloned().unwrap_or_default(),
                subject: format!("url = \"{}\"", public_url(&listed.url)),
                rule: format!("was added by command too: `newswire sources rm {}` leaves it to the list", row.slug),
            });
        }
    }
    warnings
}

/// What is wrong with the credentials of sources: of those that are listed, and of those that were added by command. Before a reload the
/// service manager asks for a check without a view of what it gives to the service: who could say nothing of them must not refuse it.
fn problems_of_credentials(config: &Config) -> Vec<Problem> {
    if let Some(folder) = config.fetch.keyring.closed_folder() {
        say!("newswire: {} cannot be looked into from here: credentials of sources are not checked", folder.display());
        return Vec::new();
    }
    let mut problems = config.problems_of_credentials();
    // Who checks the settings need not be allowed to read the database, which there may not be yet.
    let Ok(rows) = Context::reader(&config.store.path).and_then(|reader| reader.sources()) else { return problems };
    let is_unlisted = |row: &&SourceRow| row.origin == "command" || config.list_at_address.is_some();
    for row in rows.iter().filter(is_unlisted).filter(|row| row.state != "removed") {
        let Some(name) = &row.credentials else { continue };
        if let Err(rule) = config.fetch.keyring.get(name) {
            let place = format!("source {}", row.slug);
            problems.push(Problem { place, subject: format!("credentials = {name:?}"), rule });
        }
    }
    problems
}

/// Receivers at addresses to which nothing is sent. Of names there is no telling before they are resolved, but of this machine's own.
fn problems_of_addresses(config: &Config) -> Vec<Problem> {
    let problem = |receiver: &Receiver| {
        let (key, host) = match &receiver.kind {
            ReceiverKind::Command { .. } => return None,
            ReceiverKind::Webhook { url } | ReceiverKind::Ntfy { url, .. } => ("url", url.host_str()?),
            ReceiverKind::Email(mailing) => ("host", mailing.host.as_str()),
        };
        let addresses: Vec<IpAddr> = match host.trim_start_matches('[').trim_end_matches(']').parse() {
            Ok(address) => vec![address],
            Err(_) if host == "localhost" => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
            Err(_) => return None,
        };
        let is_allowed = |address: &IpAddr| {
            is_public(*address) || receiver.private_networks.iter().any(|network| network.contains(*address))
        };
        if addresses.iter().any(is_allowed) {
            return None;
        }
        let key = format!("receivers.{}.{key}", receiver.name);
        let entry = config.provenance.iter().find(|entry| entry.key == key)?;
        Some(Problem {
            place: entry.origin.clone(),
            subject: format!("{key} = {}", entry.value),
            rule: format!(
                "nothing is sent to private and reserved addresses: put {0:?} into private_networks of the receiver, if it is yours",
                addresses[0].to_string()
            ),
        })
    };
    config.receivers.iter().filter_map(problem).collect()
}

fn show(context: &mut Context) -> Result<(), Failure> {
    let config = context.configure_for_reading()?;
    let rows = config
        .provenance
        .iter()
        .map(|entry| {
            let value = json!({"key": entry.key, "value": entry.value, "origin": entry.origin});
            (value, vec![entry.key.clone(), entry.value.clone(), entry.origin.clone()])
        })
        .collect();
    context.output.list(&[text("key"), text("value"), text("from")], rows)?;
    Ok(())
}

/// Where files were looked for. Nobody needs it more than who has settings that cannot be read: then it is told where those are.
fn show_paths(context: &mut Context) -> Result<(), Failure> {
    match context.configure_for_reading() {
        Ok(config) => list_places(context, &config.places),
        Err(failure) => {
            list_places(context, &config::settings_places(&context.overrides))?;
            Err(failure)
        }
    }
}

fn list_places(context: &mut Context, places: &[Place]) -> Result<(), Failure> {
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string();
    let rows = places
        .iter()
        .map(|place| {
            let path = absolute(&place.path);
            let state = match (place.is_in_force, place.is_there) {
                (true, true) => "counts",
                (true, false) => "counts, not there yet",
                (false, true) => "there, does not count",
                (false, false) => "not there",
            };
            let value = json!({
                "file": place.file, "path": path, "exists": place.is_there, "in_force": place.is_in_force, "reason": place.reason,
            });
            (value, vec![place.file.to_owned(), state.to_owned(), path, place.reason.clone()])
        })
        .collect();
    context.output.list(&[text("file"), text("state"), text("path"), text("why there")], rows)?;
    Ok(())
}

/// What a folder of settings begins with.
fn files(database: Option<&Path>) -> [(&'static str, String); 3] {
    let settings = match database {
        Some(path) => DEFAULTS.replacen(DEFAULT_PATH, &format!("path = {:?}", path.display().to_string()), 1),
        None => DEFAULTS.to_owned(),
    };
    [
        ("newswire.toml", settings),
        ("sources.toml", SOURCES_TEMPLATE.to_owned()),
        ("sites/example.toml", SITES_TEMPLATE.to_owned()),
    ]
}

/// The line of the settings that says where the database is.
const DEFAULT_PATH: &str = "path = \"newswire.db\"";

/// Who may do what with the settings of the service, which reads them as another user than the one who writes them, whatever that one's
/// umask is; and with anybody else's, since a proxy's password may stand in them.
const MODES: (u32, u32) = (0o644, 0o600);

/// Writes the files. What is there already is left alone.
fn init(context: &Context, folder: &Path) -> Result<(), Failure> {
    let failed = |path: &Path, error: &std::io::Error| Failure::Failed(format!("{}: {error}", path.display()));
    let database = config::database_for(folder);
    let is_service = database.is_some();
    let mode = if is_service { MODES.0 } else { MODES.1 };
    let (mut n_present, mut is_settings_new) = (0, false);
    let files = files(database.as_deref());
    let n_files = files.len();
    for (name, content) in files {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        make_folder(parent, is_service).map_err(|error| failed(parent, &error))?;
        match OpenOptions::new().write(true).create_new(true).mode(MODES.1).open(&path) {
            Ok(mut file) => {
                file.write_all(content.as_bytes()).map_err(|error| failed(&path, &error))?;
                file.set_permissions(Permissions::from_mode(mode)).map_err(|error| failed(&path, &error))?;
                say!("{} written", path.display());
                is_settings_new |= name == "newswire.toml";
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                n_present += 1;
                say!("{} is there already and stays as it is", path.display());
            }
            Err(error) => return Err(failed(&path, &error)),
        }
    }
    if let Some(database) = database.as_ref().filter(|_| is_settings_new) {
        say!("the database is {}; the first start of the service makes it", database.display());
    }
    if n_present == n_files {
        return Err(Failure::Failed("nothing was written".to_owned()));
    }
    if context.verbosity != Verbosity::Quiet {
        say!("{}", next_steps(folder, is_service, &option_for(context, folder)));
    }
    Ok(())
}

/// What takes commands to the settings of a folder: nothing where they find them by themselves.
fn option_for(context: &Context, folder: &Path) -> String {
    let settings = folder.join("newswire.toml");
    let real = |path: &Path| path.canonicalize().ok();
    let found = config::load_for_reading(&context.overrides).ok().and_then(|(config, _)| config.settings_file);
    let is_found = found.is_some_and(|found| real(&found).is_some_and(|found| Some(found) == real(&settings)));
    if is_found { String::new() } else { format!(" --config {}", settings.display()) }
}

/// The first three things to do with new settings.
fn next_steps(folder: &Path, is_service: bool, option: &str) -> String {
    let file = |name: &str| folder.join(name).display().to_string();
    let (settings, list) = (file("newswire.toml"), file("sources.toml"));
    let start = if is_service { "systemctl enable --now newswire".to_owned() } else { format!("newswire{option} run") };
    format!(
        "next:\n  1. say in {settings} how owners of sites reach you (contact in [fetch])\n  2. list sources in {list}, or \
         `newswire{option} sources add URL`; `newswire discover SITE` finds feeds\n  3. `{start}` polls them until it is stopped"
    )
}

/// Makes a folder, which others may look into where that is said.
fn make_folder(folder: &Path, is_for_all: bool) -> std::io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    std::fs::create_dir_all(folder)?;
    if is_for_all { std::fs::set_permissions(folder, Permissions::from_mode(0o755)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_the_service_say_where_its_database_is() {
        let [(_, here), ..] = files(None);
        assert_eq!(here, DEFAULTS);
        let [(_, service), ..] = files(Some(Path::new("/var/lib/newswire/newswire.db")));
        assert!(service.contains("\npath = \"/var/lib/newswire/newswire.db\"\n"), "{service}");
        assert_eq!(service.lines().count(), DEFAULTS.lines().count());
    }
}
