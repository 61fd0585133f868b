//! Where work goes that other machines do.

use std::path::PathBuf;

use super::reader::Reader;

/// The queue between the writer and the workers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueSettings {
    /// The servers of NATS, any of which leads to all. Empty: all work is done in this process.
    pub servers: Vec<String>,
    /// What all names in it begin with: writers with databases of their own have others.
    pub prefix: String,
    /// A file with credentials: of NATS' own kind (`.creds`), or the seed of an `NKey` on one line.
    pub credentials_file: Option<PathBuf>,
    /// Certificates of who may sign the servers', where the system does not know them.
    pub ca_file: Option<PathBuf>,
    /// The certificate that is shown to the servers, and its key.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// On how many servers of a cluster each report and lease is kept.
    pub replicas: usize,
    /// Pages that the writer's process fetches at one time itself, and with which it goes on alone while the queue is away.
    pub embedded: usize,
}

impl QueueSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let servers = reader.list("queue.servers");
        for server in &servers {
            if let Err(rule) = check_server(server) {
                // It may hold a password.
                reader.problem("queue.servers", "…", &rule);
            }
        }
        let prefix = reader.text("queue.prefix");
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if prefix.is_empty() || prefix.len() > 60 || !prefix.bytes().all(is_name) {
            let rule = "must be of letters, digits, - and _, and not longer than 60";
            reader.problem("queue.prefix", &format!("{prefix:?}"), rule);
        }
        let mut path = |key: &str| Some(reader.text(key)).filter(|path| !path.is_empty()).map(PathBuf::from);
        let (credentials_file, ca_file) = (path("queue.credentials_file"), path("queue.ca_file"));
        let certificate = match (path("queue.certificate_file"), path("queue.key_file")) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            (Some(_), None) => {
                reader.problem("queue.certificate_file", "…", "needs its key in queue.key_file");
                None
            }
            (None, Some(_)) => {
                reader.problem("queue.key_file", "…", "is the key of queue.certificate_file, which names none");
                None
            }
        };
        let narrow = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let embedded = narrow(reader.integer("queue.embedded", 0, 1000));
        let replicas = narrow(reader.integer("queue.replicas", 1, 5));
        QueueSettings { servers, prefix, credentials_file, ca_file, certificate, replicas, embedded }
    }
}

/// Whether an address is one of a NATS server.
fn check_server(text: &str) -> Result<(), String> {
    let url = url::Url::parse(text).map_err(|_| "must be addresses such as nats://queue.example:4222".to_owned())?;
    match url.scheme() {
        "nats" | "tls" if url.host_str().is_some_and(|host| !host.is_empty()) => {}
        _ => return Err("must be addresses of servers, nats://HOST:PORT, or tls://HOST:PORT".to_owned()),
    }
    if url.password().is_some() || !url.username().is_empty() {
        return Err("must hold no name or password: queue.credentials_file names a file with credentials".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_an_address_without_a_password() {
        for good in ["nats://queue.example", "nats://127.0.0.1:4222", "tls://[::1]:4222"] {
            assert_eq!(check_server(good), Ok(()), "{good}");
        }
        for bad in [
            "queue.example",
            "queue.example:4222",
            "http://queue.example",
            "nats://",
            "nats://ana:secret@queue.example",
        ] {
            assert!(check_server(bad).is_err(), "{bad}");
        }
    }
}
