//! `newswire config`: check, show, init.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use serde_json::json;

use crate::config::{self, DEFAULTS, SOURCES_TEMPLATE};

use super::Context;
use super::arguments::{ConfigAction, ConfigCommand};
use super::failure::Failure;
use super::output::text;

pub(super) fn run(context: &mut Context, command: &ConfigCommand) -> Result<(), Failure> {
    match &command.action {
        ConfigAction::Check => check(context),
        ConfigAction::Show => show(context),
        ConfigAction::Init { folder } => init(folder),
    }
}

fn check(context: &mut Context) -> Result<(), Failure> {
    let config = config::load(&context.overrides)?;
    let name = |path: &Option<std::path::PathBuf>| {
        path.as_ref().map_or("none found, defaults apply".to_owned(), |path| path.display().to_string())
    };
    let value = || {
        json!({
            "settings_file": config.settings_file,
            "sources_file": config.sources_file,
            "sources": config.sources.len(),
            "problems": [],
        })
    };
    context.output.one(value, |output| {
        output.field("settings", Some(&name(&config.settings_file)))?;
        output.field("sources", Some(&format!("{} ({} listed)", name(&config.sources_file), config.sources.len())))?;
        output.line("no problems")
    })?;
    Ok(())
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

/// Writes the two files. What is there already is left alone.
fn init(folder: &Path) -> Result<(), Failure> {
    let failed = |path: &Path, error: &std::io::Error| Failure::Failed(format!("{}: {error}", path.display()));
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    let mut n_present = 0;
    for (name, content) in [("newswire.toml", DEFAULTS), ("sources.toml", SOURCES_TEMPLATE)] {
        let path = folder.join(name);
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                file.write_all(content.as_bytes()).map_err(|error| failed(&path, &error))?;
                eprintln!("{} written", path.display());
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                n_present += 1;
                eprintln!("{} is there already and stays as it is", path.display());
            }
            Err(error) => return Err(failed(&path, &error)),
        }
    }
    match n_present {
        2 => Err(Failure::Failed("nothing was written".to_owned())),
        _ => Ok(()),
    }
}
