//! `newswire config`: check, show, init.

use std::collections::HashMap;
use std::fs::{OpenOptions, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;

use crate::config::{self, Config, DEFAULTS, Problem, Problems, SITES_TEMPLATE, SOURCES_TEMPLATE};
use crate::model::{Source, public_url};
use crate::store::SourceRow;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::ingest::source_list;
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
  newswire --json config show              an object a line")]
    Show,
    /// Write newswire.toml, with every key explained, sources.toml and sites/example.toml
    #[command(after_help = "\
Examples:
  newswire config init                          here
  sudo newswire config init /etc/newswire       for the service

What is there already stays as it is.")]
    Init {
        /// Folder to write them to. In /etc/newswire, those of the service, whose database is /var/lib/newswire/newswire.db
        #[arg(default_value = ".")]
        folder: PathBuf,
    },
}

pub(crate) fn run(context: &mut Context, command: &ConfigCommand) -> Result<(), Failure> {
    match &command.action {
        ConfigAction::Check => check(context),
        ConfigAction::Show => show(context),
        ConfigAction::Init { folder } => init(folder),
    }
}

fn check(context: &mut Context) -> Result<(), Failure> {
    let config = config::load(&context.overrides)?;
    if let Some(rule) = source_list::lost_list(&config)? {
        let place = config.settings_file.as_ref().map_or("sources.toml".to_owned(), |path| path.display().to_string());
        let problem = Problem { place, subject: "sources.file".to_owned(), rule };
        return Err(Problems(vec![problem]).into());
    }
    let problems = problems_of_credentials(&config);
    if !problems.is_empty() {
        return Err(Problems(problems).into());
    }
    let warnings = warnings_of_sources(&config);
    for warning in &warnings {
        eprintln!("newswire: {warning}");
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
        eprintln!(
            "newswire: {} cannot be looked into from here: credentials of sources are not checked",
            folder.display()
        );
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

fn show(context: &mut Context) -> Result<(), Failure> {
    let config = config::load(&context.overrides)?;
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

/// Writes the files. What is there already is left alone.
fn init(folder: &Path) -> Result<(), Failure> {
    let failed = |path: &Path, error: &std::io::Error| Failure::Failed(format!("{}: {error}", path.display()));
    let database = config::database_for(folder);
    // The service reads them as another user than the one who writes them, whatever that one's umask is.
    let is_service = database.is_some();
    let (mut n_present, mut is_settings_new) = (0, false);
    let files = files(database.as_deref());
    let n_files = files.len();
    for (name, content) in files {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        make_folder(parent, is_service).map_err(|error| failed(parent, &error))?;
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                file.write_all(content.as_bytes()).map_err(|error| failed(&path, &error))?;
                if is_service {
                    file.set_permissions(Permissions::from_mode(0o644)).map_err(|error| failed(&path, &error))?;
                }
                eprintln!("{} written", path.display());
                is_settings_new |= name == "newswire.toml";
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                n_present += 1;
                eprintln!("{} is there already and stays as it is", path.display());
            }
            Err(error) => return Err(failed(&path, &error)),
        }
    }
    if let Some(database) = database.filter(|_| is_settings_new) {
        eprintln!("the database is {}; the first start of the service makes it", database.display());
    }
    match n_present {
        n if n == n_files => Err(Failure::Failed("nothing was written".to_owned())),
        _ => Ok(()),
    }
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
