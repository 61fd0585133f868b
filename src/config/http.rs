//! Section `http`: where questions are answered.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::reader::Reader;

/// Section `http`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpSettings {
    /// Where requests are taken; absent: nowhere.
    pub listen: Option<Listen>,
    /// Names by which it may be asked for besides those of the loopback device, in lower case.
    pub hosts: Vec<String>,
    /// Whether the daemon shows pages about what is stored there.
    pub pages: bool,
}

/// Where requests are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// At a port of the loopback device.
    Loopback(SocketAddr),
    /// At a Unix socket, which whoever may write it can ask.
    Unix(PathBuf),
    /// At the sockets with which the service manager started us (`sd_listen_fds(3)`).
    Activated,
}

impl Listen {
    /// Reads `127.0.0.1:8008`, `unix:/run/newswire/http.sock` or `systemd`.
    ///
    /// # Errors
    ///
    /// What it must be.
    pub fn parse(text: &str) -> Result<Listen, String> {
        if text == "systemd" {
            return Ok(Listen::Activated);
        }
        if let Some(path) = text.strip_prefix("unix:") {
            let path = PathBuf::from(path);
            return if path.is_absolute() {
                Ok(Listen::Unix(path))
            } else {
                Err("must have an absolute path behind unix:".to_owned())
            };
        }
        match text.parse::<SocketAddr>() {
            Ok(address) if address.ip().is_loopback() => Ok(Listen::Loopback(address)),
            Ok(_) => Err(
                "must be an address of this machine alone, such as 127.0.0.1:9464; for others put a server before it \
                     that asks who they are"
                    .to_owned(),
            ),
            Err(_) => Err("must be empty, ADDRESS:PORT, unix:/PATH or systemd".to_owned()),
        }
    }
}

impl HttpSettings {
    pub(super) fn read(reader: &mut Reader) -> HttpSettings {
        let listen = reader.text("http.listen");
        let listen = match listen.as_str() {
            "" => None,
            text => match Listen::parse(text) {
                Ok(listen) => Some(listen),
                Err(rule) => {
                    reader.problem("http.listen", &format!("{text:?}"), &rule);
                    None
                }
            },
        };
        let hosts = reader.list("http.hosts");
        for host in &hosts {
            let is_host =
                !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
            if !is_host {
                reader.problem("http.hosts", &format!("{host:?}"), "must be names of hosts, without a port");
            }
        }
        let hosts = hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
        HttpSettings { listen, hosts, pages: reader.flag("http.pages") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_listened_to() {
        for (text, expected) in [
            ("127.0.0.1:9464", Some(Listen::Loopback("127.0.0.1:9464".parse().unwrap()))),
            ("[::1]:0", Some(Listen::Loopback("[::1]:0".parse().unwrap()))),
            ("unix:/run/newswire/http.sock", Some(Listen::Unix("/run/newswire/http.sock".into()))),
            ("systemd", Some(Listen::Activated)),
            ("0.0.0.0:9464", None),
            ("192.0.2.1:80", None),
            ("unix:http.sock", None),
            ("localhost:9464", None),
            ("9464", None),
        ] {
            assert_eq!(Listen::parse(text).ok(), expected, "{text}");
        }
    }
}
