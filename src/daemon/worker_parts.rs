//! Who a worker is, and what it works by: its settings, and of these what it must have in common with the writer.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use sha2::{Digest as _, Sha256};

use crate::config::{Config, QueueSettings};
use crate::pipeline::Stages;

/// Keys of the settings that may differ from machine to machine though their sections may not: what a machine can do, and where its files are.
const OWN_KEYS: [&str; 6] = [
    "fetch.host_wait_max_ms",
    "fetch.robots_cache_max",
    "fetch.proxy",
    "fetch.proxy_credentials_file",
    "fetch.resolve",
    "fetch.private_networks",
];

/// Sections of the settings, and where the keys of each begin.
const COMMON: [(&str, &str); 4] = [("fetch", "fetch."), ("feed", "feed."), ("extract", "extract."), ("sites", "site ")];

/// Of a digest so much is enough: nobody forges settings to be given work.
const DIGEST_BYTES: usize = 8;

/// Who a worker is.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The name of its process, which no other has ever had.
    pub worker: String,
    /// Its machine, for people.
    pub machine: String,
}

impl Identity {
    /// That of this process.
    #[must_use]
    pub fn of_this_process() -> Identity {
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let machine = format!("{host}:{}", std::process::id());
        Identity { worker: format!("{machine}-{}", moment()), machine }
    }
}

/// What a worker works by, until it is told otherwise.
#[derive(Clone, Debug)]
pub struct WorkerParts {
    pub(super) config: Arc<Config>,
    pub(super) stages: Stages,
    /// What it must have in common with the writer.
    pub(super) settings: String,
}

impl WorkerParts {
    /// By these settings, and the stages that were made from them.
    #[must_use]
    pub fn new(config: Arc<Config>, stages: Stages) -> WorkerParts {
        WorkerParts { settings: settings_in_common(&config), config, stages }
    }

    /// Its way to the queue.
    #[must_use]
    pub fn queue(&self) -> &QueueSettings {
        &self.config.queue
    }

    /// The same by other settings: what is known of hosts, and who may ask them, stays as it is.
    ///
    /// # Errors
    ///
    /// When the HTTP client cannot be set up.
    pub fn reconfigured(&self, config: Arc<Config>) -> Result<WorkerParts, String> {
        let stages = self.stages.reconfigured(&config)?;
        Ok(WorkerParts::new(config, stages))
    }
}

/// A number that no process on this machine has had before: the time at which it asks for it.
pub(super) fn moment() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{:x}", since.as_nanos())
}

/// The settings that the writer and its workers must have in common: how hosts are asked, and how feeds and pages are read. Of each section its
/// digest, and of the sentence encoder its size, since what an article means is told by whoever reads it.
pub(super) fn settings_in_common(config: &Config) -> String {
    let of_section = |(name, start): (&str, &str)| {
        let mut digest = Sha256::new();
        for entry in &config.provenance {
            if entry.key.starts_with(start) && !OWN_KEYS.contains(&entry.key.as_str()) {
                digest.update(format!("{} = {}\n", entry.key, entry.value));
            }
        }
        let digest = digest.finalize();
        digest.iter().take(DIGEST_BYTES).fold(format!("{name}:"), |text, byte| text + &format!("{byte:02x}"))
    };
    let encoder = config.encoder.as_ref().and_then(|path| std::fs::metadata(path).ok());
    let encoder = format!("encoder:{}", encoder.map_or(0, |file| file.len()));
    let parts: Vec<String> = COMMON.into_iter().map(of_section).chain([encoder]).collect();
    parts.join(" ")
}
