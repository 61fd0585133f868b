//! Sections `receivers.NAME`: who is told of what watches find, and how. They stand in the settings alone: nothing that the database has can
//! make a command run, or an address be asked.

use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use url::Url;

use crate::model::{Credential, LoginName};

use super::keyring::Keyring;
use super::reader::{RECEIVERS, Reader};
use super::settings::Network;

/// A receiver of messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receiver {
    /// Its name.
    pub name: String,
    /// How it is told.
    pub kind: ReceiverKind,
    /// The name under which what is secret is kept.
    pub credentials: Option<String>,
    /// Networks at which it may be though they are private.
    pub private_networks: Vec<Network>,
    /// Time for one message.
    pub timeout: Duration,
    /// When it is told; at once when absent.
    pub digest: Option<Digest>,
    /// Whether it is told of alarms too.
    pub alarms: bool,
}

/// How a receiver is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReceiverKind {
    /// A program is run, with the message on its standard input.
    Command {
        /// The program and its arguments.
        command: Vec<String>,
    },
    /// The message is posted, signed as the Standard Webhooks specification says.
    Webhook {
        /// Where to.
        url: Url,
    },
    /// A notification is published with ntfy.
    Ntfy {
        /// The server.
        url: Url,
        /// The topic.
        topic: String,
    },
    /// A mail is sent by SMTP.
    Email(Mailing),
}

impl ReceiverKind {
    /// Its name in the settings.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            ReceiverKind::Command { .. } => "command",
            ReceiverKind::Webhook { .. } => "webhook",
            ReceiverKind::Ntfy { .. } => "ntfy",
            ReceiverKind::Email(_) => "email",
        }
    }
}

/// How mails are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailing {
    /// The server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: SmtpSecurity,
    /// Who sends.
    pub from: String,
    /// Who is sent to.
    pub to: Vec<String>,
}

/// How a connection to a mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// TLS from the first byte on (RFC 8314).
    Tls,
    /// TLS after STARTTLS (RFC 3207), or nothing is sent.
    Starttls,
    /// Not at all.
    None,
}

/// The hours at which messages are sent together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// Times of day, rising.
    pub times: Vec<Time>,
    /// Whose day.
    pub zone: TimeZone,
}

impl Digest {
    /// The first of its hours after a time.
    #[must_use]
    pub fn next_after(&self, now: Timestamp) -> Timestamp {
        let today = now.to_zoned(self.zone.clone()).date();
        // An hour that a day leaves out, as clocks are set, is the one behind it.
        let days = (0..3).filter_map(|n_days| today.checked_add(n_days.days()).ok());
        let hours = days.flat_map(|day| self.times.iter().map(move |time| day.to_datetime(*time)));
        let mut instants =
            hours.filter_map(|hour| hour.to_zoned(self.zone.clone()).ok()).map(|zoned| zoned.timestamp());
        instants.find(|instant| *instant > now).unwrap_or(now)
    }
}

/// What signs or lets in, as far as a receiver needs something.
#[derive(Clone, PartialEq, Eq)]
pub enum ReceiverSecret {
    /// Nothing.
    None,
    /// The key of a webhook's signature.
    Key(String),
    /// User and password, or a token.
    Login(Credential),
}

impl Receiver {
    /// What it takes to be let in, or to sign.
    ///
    /// # Errors
    ///
    /// When it is not at hand, or is none.
    pub fn secret(&self, keyring: &Keyring) -> Result<ReceiverSecret, String> {
        let Some(name) = &self.credentials else { return Ok(ReceiverSecret::None) };
        if matches!(self.kind, ReceiverKind::Webhook { .. }) {
            return keyring.secret(name).map(ReceiverSecret::Key);
        }
        match keyring.get(name)?.as_slice() {
            [login @ (Credential::Basic { .. } | Credential::Header { .. })] => {
                Ok(ReceiverSecret::Login(login.clone()))
            }
            _ => Err("must be one line, `basic USER:PASSWORD` or `header NAME: VALUE`".to_owned()),
        }
    }

    /// Whether its program is there, if it has one.
    ///
    /// # Errors
    ///
    /// What is wrong, and what to do.
    pub fn check_program(&self) -> Result<(), String> {
        let ReceiverKind::Command { command } = &self.kind else { return Ok(()) };
        let program = command.first().map(String::as_str).unwrap_or_default();
        match std::fs::metadata(program) {
            Ok(file) if !file.is_file() => Err(format!("{program} is no program: name one by its whole path")),
            Ok(file) if file.permissions().mode() & 0o111 == 0 => {
                Err(format!("nobody may run {program}: `chmod +x {program}` lets them"))
            }
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                Err(format!("there is no {program}: install it, or name another program by its whole path"))
            }
            // Who may not look there need not be who runs it.
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Whether what is secret is at hand.
    ///
    /// # Errors
    ///
    /// As [`Receiver::secret`].
    pub fn check_secret(&self, keyring: &Keyring) -> Result<(), String> {
        self.secret(keyring).map(|_| ())
    }
}

/// The keys of all receivers, and those of each kind.
const KEYS_OF_ALL: [&str; 6] = ["kind", "timeout_s", "digest", "time_zone", "credentials", "alarms"];
const KEYS_OF_KINDS: [(&str, &[&str]); 4] = [
    ("command", &["command"]),
    ("webhook", &["url", "private_networks"]),
    ("ntfy", &["url", "topic", "private_networks"]),
    ("email", &["host", "port", "security", "from", "to", "private_networks"]),
];

/// Time for one message, where nobody says otherwise: a receiver that works answers at once, and the next message waits for it.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Reads all of them, and notes what is wrong with any.
pub(super) fn read(reader: &mut Reader) -> Vec<Receiver> {
    let keys = reader.values.keys().filter_map(|key| key.strip_prefix(RECEIVERS)?.split_once('.'));
    let mut names: Vec<String> = keys.map(|(name, _)| name.to_owned()).collect();
    names.dedup();
    names.iter().filter_map(|name| Section { reader, name }.read()).collect()
}

/// The section of a receiver.
struct Section<'r> {
    reader: &'r mut Reader,
    name: &'r str,
}

impl Section<'_> {
    fn read(mut self) -> Option<Receiver> {
        let n_before = self.reader.problems.len();
        if let Err(rule) = LoginName::check(self.name) {
            self.problem("kind", &rule.replace(": what is secret stands in the file of that name", ""));
            return None;
        }
        let kind_name = self.text("kind").unwrap_or_default();
        let Some((_, keys_of_kind)) = KEYS_OF_KINDS.iter().find(|(kind, _)| *kind == kind_name) else {
            self.problem("kind", "must be command, webhook, ntfy or email");
            return None;
        };
        self.reject_unknown(&kind_name, keys_of_kind);
        let kind = match kind_name.as_str() {
            "command" => self.command(),
            "webhook" => self.url().map(|url| ReceiverKind::Webhook { url }),
            "ntfy" => self.ntfy(),
            _ => Some(self.email()),
        };
        let credentials = self.text("credentials");
        if let Some(name) = &credentials
            && let Err(rule) = LoginName::check(name)
        {
            // What is no name may be the secret itself.
            let key = self.key("credentials");
            self.reader.problem(&key, "…", &rule);
        }
        if credentials.is_some() && kind_name == "command" {
            self.problem("credentials", "is of no use to a command");
        }
        if credentials.is_none() && kind_name == "webhook" {
            self.problem(
                "credentials",
                "must name the key of the signature, by which the receiver knows that a message is ours",
            );
        }
        let timeout = if self.has("timeout_s") {
            Duration::from_secs(self.reader.integer(&self.key("timeout_s"), 1, 600))
        } else {
            TIMEOUT
        };
        let private_networks = self.networks();
        let digest = self.digest();
        let alarms = self.has("alarms") && self.reader.flag(&self.key("alarms"));
        let receiver = Receiver {
            name: self.name.to_owned(),
            kind: kind?,
            credentials,
            private_networks,
            timeout,
            digest,
            alarms,
        };
        (self.reader.problems.len() == n_before).then_some(receiver)
    }

    fn key(&self, key: &str) -> String {
        format!("{RECEIVERS}{}.{key}", self.name)
    }

    fn has(&self, key: &str) -> bool {
        self.reader.has(&self.key(key))
    }

    fn text(&mut self, key: &str) -> Option<String> {
        let key = self.key(key);
        self.reader.has(&key).then(|| self.reader.text(&key))
    }

    fn list(&mut self, key: &str) -> Vec<String> {
        let key = self.key(key);
        if self.reader.has(&key) { self.reader.list(&key) } else { Vec::new() }
    }

    fn problem(&mut self, key: &str, rule: &str) {
        let key = self.key(key);
        let value = self.reader.values.get(&key).map(super::reader::written).unwrap_or_default();
        self.reader.problem(&key, &value, rule);
    }

    fn reject_unknown(&mut self, kind: &str, keys_of_kind: &[&str]) {
        let start = format!("{RECEIVERS}{}.", self.name);
        let keys = self.reader.values.keys().filter_map(|key| key.strip_prefix(&start));
        let is_unknown = |key: &&str| !KEYS_OF_ALL.contains(key) && !keys_of_kind.contains(key);
        let unknown: Vec<String> = keys.filter(is_unknown).map(str::to_owned).collect();
        let known = [&KEYS_OF_ALL[..], keys_of_kind].concat().join(", ");
        for key in unknown {
            self.problem(&key, &format!("unknown key: a receiver of kind {kind} has {known}"));
        }
    }

    fn command(&mut self) -> Option<ReceiverKind> {
        let command = self.list("command");
        let is_whole = command.first().is_some_and(|program| program.starts_with('/'))
            && !command.iter().any(|word| word.contains('\0'));
        if !is_whole {
            self.problem(
                "command",
                "must be a list: the whole path of a program, and its arguments; no shell reads it",
            );
            return None;
        }
        Some(ReceiverKind::Command { command })
    }

    fn url(&mut self) -> Option<Url> {
        let url = self.text("url").and_then(|text| Url::parse(&text).ok());
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        match url {
            Some(url) if url.username().is_empty() && url.password().is_none() => Some(url),
            Some(_) => {
                self.problem("url", "must be without user and password");
                None
            }
            None => {
                self.problem("url", "must be an address that begins with https:// or http://");
                None
            }
        }
    }

    fn ntfy(&mut self) -> Option<ReceiverKind> {
        let url = self.url();
        let topic = self.text("topic").unwrap_or_default();
        let is_topic = (1..=64).contains(&topic.len())
            && topic.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        if !is_topic {
            self.problem("topic", "must be 1 to 64 of A-Z, a-z, 0-9, '-' and '_'");
            return None;
        }
        Some(ReceiverKind::Ntfy { url: url?, topic })
    }

    fn email(&mut self) -> ReceiverKind {
        let host = self.text("host").unwrap_or_default().to_ascii_lowercase();
        let is_host =
            !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:".contains(&byte));
        if !is_host {
            self.problem("host", "must be the host of a mail server, without a port");
        }
        let security = match self.text("security").as_deref() {
            None | Some("starttls") => SmtpSecurity::Starttls,
            Some("tls") => SmtpSecurity::Tls,
            Some("none") => SmtpSecurity::None,
            Some(_) => {
                self.problem("security", "must be starttls, tls or none");
                SmtpSecurity::Starttls
            }
        };
        let usual = match security {
            SmtpSecurity::Tls => 465,
            SmtpSecurity::Starttls => 587,
            SmtpSecurity::None => 25,
        };
        let port = if self.has("port") { self.reader.integer(&self.key("port"), 1, 65_535) } else { usual };
        let from = self.text("from").unwrap_or_default();
        let to = self.list("to");
        let is_mailbox = |text: &String| text.parse::<lettre::message::Mailbox>().is_ok();
        if !is_mailbox(&from) {
            self.problem("from", "must be an address of mail");
        }
        if to.is_empty() || !to.iter().all(is_mailbox) {
            self.problem("to", "must be a list of addresses of mail");
        }
        let port = u16::try_from(port).unwrap_or(u16::MAX);
        ReceiverKind::Email(Mailing { host, port, security, from, to })
    }

    fn networks(&mut self) -> Vec<Network> {
        let mut networks = Vec::new();
        for text in self.list("private_networks") {
            match Network::parse(&text) {
                Ok(network) => networks.push(network),
                Err(rule) => self.problem("private_networks", &rule),
            }
        }
        networks
    }

    fn digest(&mut self) -> Option<Digest> {
        let zone = self.text("time_zone");
        let texts = self.list("digest");
        if texts.is_empty() {
            if self.has("digest") && !self.reader.is_faulty(&self.key("digest")) {
                self.problem(
                    "digest",
                    "names no hours, so that nothing would be sent: name some, as [\"07:00\"], or take it out to send each message at once",
                );
            } else if zone.is_some() {
                self.problem("time_zone", "is that of digest, which names no hours");
            }
            return None;
        }
        let mut times: Vec<Time> = Vec::new();
        for text in &texts {
            match Time::strptime("%H:%M", text) {
                Ok(time) => times.push(time),
                Err(_) => self.problem("digest", "must be a list of hours such as \"07:00\""),
            }
        }
        times.sort_unstable();
        times.dedup();
        let zone = match zone.as_deref().map(TimeZone::get) {
            None => TimeZone::UTC,
            Some(Ok(zone)) => zone,
            Some(Err(_)) => {
                self.problem("time_zone", "must be a zone such as Europe/Brussels");
                TimeZone::UTC
            }
        };
        Some(Digest { times, zone })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_due_at_its_next_hour() {
        let digest = Digest {
            times: vec![Time::constant(7, 0, 0, 0), Time::constant(18, 30, 0, 0)],
            zone: TimeZone::get("Europe/Brussels").unwrap(),
        };
        for (now, next) in [
            ("2026-11-20T05:59:59Z", "2026-11-20T06:00:00Z"),
            ("2026-11-20T06:00:00Z", "2026-11-20T17:30:00Z"),
            ("2026-11-20T20:00:00Z", "2026-11-21T06:00:00Z"),
            ("2026-07-01T20:00:00Z", "2026-07-02T05:00:00Z"),
        ] {
            assert_eq!(digest.next_after(now.parse().unwrap()), next.parse().unwrap(), "{now}");
        }
    }
}
